//! Shells of documents of Word 97 that are sound but for one piece.
//!
//! Owns: the head, pages, text and parts around that piece.
//! Leaves to others: locks and streams that are not made anew (`legacy`), what must hold (`judge`).

use std::io::{Cursor, Write};

use super::pieces::{number, png, put, seed, short};
use super::{File, Target};

/// Text (variant 0), looks of characters (1), of paragraphs (2), of a section with page headers (3), parts by number (4), the data
/// stream (5), the drawings (6), the streams (7).
pub(super) const OLD_DOCUMENT: Target = Target {
    name: "old_document",
    shell: |variant, rest| {
        let bytes = match variant {
            0 => text(rest).file(),
            1 => of_characters(rest).file(),
            2 => of_paragraphs(rest).file(),
            3 => Document { section: rest.to_vec(), ..rich() }.file(),
            4 => with_parts(rest).file(),
            5 => with_data(rest).file(),
            6 => Document { drawings: rest.to_vec(), ..rich() }.file(),
            _ => {
                let length = |at: usize| number(rest, at).unwrap_or(0);
                let (main, rest) = cut(rest.get(8..).unwrap_or_default(), length(0));
                let (table, data) = cut(rest, length(4));
                file(main, table, data)
            }
        };
        File::new("a.doc", bytes)
    },
    seeds,
    words: &[
        "\x13",
        "\x14",
        "\x15",
        "\x01",
        "\x02",
        "\x05",
        "\x07\x07",
        "\x08",
        "\x0c",
        "HYPERLINK \"https://a.example/\"",
        "DDEAUTO ",
        "INCLUDEPICTURE ",
        "FORMTEXT",
        "FORMCHECKBOX",
        "FORMDROPDOWN",
        "QUOTE ",
        "REF ",
        "IF ",
        "EMBED ",
        // Where data stand, where looks stand, which row it is.
        "\x03\x6a\0\0\0\0",
        "\x06\x08\x01",
        "\x55\x08\x01",
        "\x46\x66\0\0\0\0",
        "\x45\x66\0\0\0\0",
        "\x6b\x64\0\0\0\0",
        // Columns, tabs, what holds under a condition, fonts, styles.
        "\x08\u{d6}\x06\0\x01\0\0\x01\0",
        "\x0d\u{c6}\x05\0\x01\x07\x07\0",
        "\x15\u{c6}\u{ff}\x01\x05\x05\x06\x06\x01\x07\x07\0",
        "\u{85}\u{ca}\x05\x01\0\x35\x08\x01",
        "\x4f\x4a\x01\0",
        "\x30\x4a\0\0",
        "\0\x46\0\0",
        "\0\x08\x01",
        "\x4d\u{c6}\x0a",
        "\x4e\u{c6}\x08",
        "\x12\u{d6}\x0a",
        "\x35\u{d6}\x05",
        "\x16\x24\x01\x17\x24\x01",
        "\x0a\x30\x01",
        "\u{ff}\u{ff}\u{ff}\u{ff}",
        "\u{ff}\u{ff}\x01\0\0\0",
        "\x44\0\x64\0",
        "\x44\0\x66\0",
        "\x44\0\x5e\0",
        "\0\u{f0}",
        "\x02\u{f0}",
        "\x03\u{f0}",
        "\x04\u{f0}",
        "\x06\u{f0}",
        "\x07\u{f0}",
        "\x0a\u{f0}",
        "\x0b\u{f0}",
        "\x0d\u{f0}",
        "\x10\u{f0}",
        "\x11\u{f0}",
        "\x1b\u{f0}",
        "\x1e\u{f0}",
    ],
};

/// Where the head names its parts, and how many it names.
const PARTS_AT: usize = 0x9A;
const PARTS: usize = 0xB7;

/// Behind the head: the picture that drawings show, and the text.
const PICTURE_AT: usize = 0x660;
const TEXT_AT: usize = 0x800;
const PAGE_BYTES: usize = 512;

/// Looks on a page, of characters and of paragraphs, have no more room than this.
const CHARACTERS_MAX: usize = 250;
const PARAGRAPHS_MAX: usize = 400;

/// Parts by number, as far as they have to be told apart here.
const SECTIONS: usize = 6;
const PIECES: usize = 33;
const DRAWINGS: usize = 50;
const LISTS: usize = 73;

/// The pieces of a document. Text has one byte for a character.
#[derive(Default)]
struct Document {
    /// The text, footnotes, page headers, comments, endnotes, boxes, boxes of page headers.
    stories: [Vec<u8>; 7],
    /// Looks up to some character; what follows has none.
    characters: Vec<(usize, Vec<u8>)>,
    paragraphs: Vec<(usize, Vec<u8>)>,
    of_piece: Vec<u8>,
    section: Vec<u8>,
    drawings: Vec<u8>,
    parts: Vec<(usize, Vec<u8>)>,
    data: Vec<u8>,
}

impl Document {
    fn text(&self) -> Vec<u8> {
        let mut text = self.stories.concat();
        if text.len() > self.stories[0].len() {
            text.push(b'\r');
        }
        text
    }

    /// The main stream and the table.
    fn streams(&self) -> (Vec<u8>, Vec<u8>) {
        let text = self.text();
        let mut main = vec![0; TEXT_AT];
        put(&mut main, PICTURE_AT, &pixels());
        main.extend_from_slice(&text);
        let characters: Vec<(usize, Vec<u8>)> = self
            .characters
            .iter()
            .map(|(end, look)| (*end, [&[look.len() as u8], look.as_slice()].concat()))
            .collect();
        let characters = page(&mut main, text.len(), &characters, 1);
        let mut paragraphs = self.paragraphs.clone();
        paragraphs.push((text.len(), Vec::new()));
        let paragraphs: Vec<(usize, Vec<u8>)> = paragraphs
            .iter()
            .map(|(end, look)| {
                // The number of a style comes first, and the whole is counted in words.
                let look = [&[0, 0], look.as_slice()].concat();
                let length = match look.len() % 2 {
                    0 => vec![0, (look.len() / 2) as u8],
                    _ => vec![look.len().div_ceil(2) as u8],
                };
                (*end, [length, look].concat())
            })
            .collect();
        let paragraphs = page(&mut main, text.len(), &paragraphs, 13);
        let section = main.len() as u32;
        main.extend(shorts(&[self.section.len() as u16]));
        main.extend_from_slice(&self.section);

        let count = text.len() as u32;
        let look = u16::from(!self.of_piece.is_empty());
        let piece = [
            numbers(&[0, count]),
            vec![0; 2],
            numbers(&[(TEXT_AT as u32 * 2) | 0x4000_0000]),
            shorts(&[look]),
        ];
        let piece = piece.concat();
        let mut pieces = Vec::new();
        if look > 0 {
            pieces = [vec![1], shorts(&[self.of_piece.len() as u16]), self.of_piece.clone()].concat();
        }
        pieces.extend([vec![2], numbers(&[piece.len() as u32]), piece].concat());
        let sections =
            [numbers(&[0, self.stories[0].len() as u32]), vec![0; 2], numbers(&[section]), vec![0; 6]];
        let fixed = [
            (12, characters),
            (13, paragraphs),
            (PIECES, pieces),
            (SECTIONS, sections.concat()),
            (DRAWINGS, self.drawings.clone()),
        ];

        let mut table = Vec::new();
        put(&mut main, 0, &shorts(&[0xA5EC, 0xC1, 0, 0x411, 0, 0x1200]));
        put(&mut main, 0x20, &shorts(&[14]));
        put(&mut main, 0x3E, &shorts(&[22]));
        put(&mut main, 0x98, &shorts(&[PARTS as u16]));
        for (at, story) in [0x4C, 0x50, 0x54, 0x5C, 0x60, 0x64, 0x68].into_iter().zip(&self.stories) {
            put(&mut main, at, &numbers(&[story.len() as u32]));
        }
        for (number, bytes) in fixed.iter().chain(&self.parts).filter(|(number, _)| *number < PARTS) {
            let counted = match *number {
                // The levels of lists are behind them, and not counted.
                LISTS => bytes.len().min(2 + short(bytes, 0).unwrap_or(0) * 28),
                _ => bytes.len(),
            };
            put(&mut main, PARTS_AT + number * 8, &numbers(&[table.len() as u32, counted as u32]));
            table.extend_from_slice(bytes);
        }
        (main, table)
    }

    fn file(&self) -> Vec<u8> {
        let (main, table) = self.streams();
        file(&main, &table, &self.data)
    }
}

/// A page of looks up to the end of the text, and the list of such pages.
fn page(main: &mut Vec<u8>, count: usize, looks: &[(usize, Vec<u8>)], entry: usize) -> Vec<u8> {
    main.resize(main.len().next_multiple_of(PAGE_BYTES), 0);
    let place = |at: usize| (TEXT_AT + at) as u32;
    let mut page = vec![0; PAGE_BYTES];
    let mut at = PAGE_BYTES - 1;
    let mut heads = numbers(&[place(0)]);
    let mut ends = looks.iter().map(|(end, _)| place((*end).min(count)));
    heads.extend(ends.clone().flat_map(u32::to_le_bytes));
    for (_, look) in looks {
        at = (at - look.len()) & !1;
        put(&mut page, at, look);
        heads.push((at / 2) as u8);
        heads.resize(heads.len() + entry - 1, 0);
    }
    put(&mut page, 0, &heads);
    page[PAGE_BYTES - 1] = looks.len() as u8;
    let list = numbers(&[place(0), ends.next_back().unwrap_or(place(0)), (main.len() / PAGE_BYTES) as u32]);
    main.extend_from_slice(&page);
    list
}

fn shorts(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A text with its length before it and an end behind it.
fn ended(text: &str) -> Vec<u8> {
    [shorts(&[text.encode_utf16().count() as u16]), wide(text), vec![0; 2]].concat()
}

fn cut(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    bytes.split_at(at.min(bytes.len()))
}

/// Places in a text where this character stands.
fn places_of(text: &[u8], sign: u8) -> Vec<usize> {
    (0..).zip(text).filter(|(_, own)| **own == sign).map(|(at, _)| at).collect()
}

/// A list of places with something about each.
fn list(places: &[usize], end: usize, entry: &[u8]) -> Vec<u8> {
    let ends = places.iter().chain([&end]).flat_map(|at| (*at as u32).to_le_bytes());
    ends.chain(entry.repeat(places.len())).collect()
}

/// A document of one section with nothing tied to its text.
fn plain(text: &[u8]) -> Document {
    let mut document = Document { parts: usual(), ..Document::default() };
    document.stories[0] = text.to_vec();
    document.section = vec![0x0A, 0x30, 1];
    document
}

/// What every document has: styles, fonts, settings.
fn usual() -> Vec<(usize, Vec<u8>)> {
    let first = style(1, "Normal", &[&[0, 0, 0x03, 0x24, 0], &[0x35, 0x08, 1]]);
    vec![(1, sheet(&[first, style(2, "Strong", &[&[0x35, 0x08, 1]])])), (15, fonts()), (31, vec![0; 544])]
}

fn style(sort: u16, name: &str, lists: &[&[u8]]) -> Vec<u8> {
    let mut style = [shorts(&[0, 0xFFF0 | sort, lists.len() as u16, 0, 0]), ended(name)].concat();
    for list in lists {
        style.extend(shorts(&[list.len() as u16]));
        style.extend_from_slice(list);
        style.resize(style.len().next_multiple_of(2), 0);
    }
    style
}

fn sheet(styles: &[Vec<u8>]) -> Vec<u8> {
    let mut sheet = shorts(&[18, styles.len() as u16, 10, 1, 0, 0, 0, 0, 0, 0]);
    for style in styles {
        sheet.extend(shorts(&[style.len() as u16]));
        sheet.extend_from_slice(style);
    }
    sheet
}

fn fonts() -> Vec<u8> {
    let font = |name: &str| {
        let font = [vec![0; 39], wide(name), vec![0; 2]].concat();
        [&[font.len() as u8], font.as_slice()].concat()
    };
    [shorts(&[2, 0]), font("Arial"), font("Times")].concat()
}

/// A list of texts, each with so many bytes behind it.
fn strings(texts: &[&str], extra: usize) -> Vec<u8> {
    let mut list = shorts(&[0xFFFF, texts.len() as u16, extra as u16]);
    for text in texts {
        list.extend(shorts(&[text.encode_utf16().count() as u16]));
        list.extend(wide(text));
        list.resize(list.len() + extra, 0);
    }
    list
}

/// Stories with a zero between them.
fn text(rest: &[u8]) -> Document {
    let mut document = plain(&[]);
    for (story, own) in document.stories.iter_mut().zip(rest.split(|byte| *byte == 0)) {
        *story = own.to_vec();
    }
    if document.stories[0].last() != Some(&b'\r') {
        document.stories[0].push(b'\r');
    }
    let (count, look) = (document.text().len(), [&[0x03, 0x6A][..], &[0; 4], &[0x06, 0x08, 1]].concat());
    let signs = places_of(&document.stories[0], 0x13);
    document.characters = vec![(count, look)];
    // That it is locked, and no sort: what the text says counts.
    document.parts.push((16, list(&signs, document.stories[0].len(), &[0x13, 0])));
    document.data = form();
    document
}

/// Every character looks so. What has no room on the page is said by the piece.
fn of_characters(rest: &[u8]) -> Document {
    let mut document = plain(b"a\x01\x13FORMTEXT\x01\x14b\x15c\r");
    let (look, more) = cut(rest, CHARACTERS_MAX);
    document.characters = vec![(usize::MAX, look.to_vec())];
    document.of_piece = more.to_vec();
    document.data = [block(0x64, &shown()), form()].concat();
    document
}

/// Every paragraph but the last looks so. What has no room on the page stands in the data stream, where the same stands anyway.
fn of_paragraphs(rest: &[u8]) -> Document {
    let mut document = plain(b"a\x07b\rc\x07\x07d\x0ce\r");
    let look = match rest.len() {
        ..PARAGRAPHS_MAX => rest.to_vec(),
        _ => vec![0x46, 0x66, 0, 0, 0, 0],
    };
    document.paragraphs = vec![(document.stories[0].len() - 2, look)];
    document.data = [shorts(&[rest.len().min(0xFFFF) as u16]), rest.to_vec()].concat();
    document
}

/// Parts, each with its number and length before it, in place of or besides those that are there.
fn with_parts(mut rest: &[u8]) -> Document {
    let mut document = rich();
    while let [part, length @ ..] = rest {
        let (own, next) = cut(length.get(2..).unwrap_or_default(), short(length, 0).unwrap_or(0));
        document.parts.push((usize::from(*part), own.to_vec()));
        rest = next;
    }
    document
}

/// Pictures and the data of a form's field, all at the beginning of the data stream.
fn with_data(rest: &[u8]) -> Document {
    let mut document = plain(b"a\x01b\x13FORMTEXT\x01\x14c\x15d\x01\r");
    let at = |place: u32| [&[0x03, 0x6A][..], &place.to_le_bytes(), &[0x55, 0x08, 1]].concat();
    let form = [&at(0)[..], &[0x06, 0x08, 1]].concat();
    // The last picture stands behind the first block.
    let next = at(number(rest, 0).and_then(|length| u32::try_from(length).ok()).unwrap_or(0));
    document.characters = vec![(3, at(0)), (16, form), (usize::MAX, next)];
    document.data = rest.to_vec();
    document
}

/// A document with something of each sort tied to its text.
fn rich() -> Document {
    let mut document = plain(b"a\x02b\x02c\x05d\x08\x08\x13PAGE\x14e\x15\x07\x07f\r");
    document.stories[1..].clone_from_slice(
        &[&b"\x02g\r"[..], b"\x03\rh\r\r", b"\x05i\r", b"\x02j\r", b"k\r\r", b"l\r\r"].map(<[u8]>::to_vec),
    );
    document.paragraphs = vec![(20, vec![0x16, 0x24, 1]), (21, vec![0x16, 0x24, 1, 0x17, 0x24, 1])];
    let main = document.stories[0].clone();
    let [notes, comment, shapes] = [2, 5, 8].map(|sign| places_of(&main, sign));
    let whole = document.text().len();
    let mut headers = vec![0, 2, 2, 2, 2, 2, 2];
    headers.resize(12, 2);
    headers[8..].fill(5);
    let fields = [&list(&[9, 14, 16], main.len(), &[])[..], &[0x13, 0x21, 0x14, 0xFF, 0x15, 0]].concat();
    let shape = |at: usize, shape: u32| [&list(&[at], main.len(), &[])[..], &with_rest(shape)].concat();
    let over = [list(&shapes, main.len(), &[]), with_rest(1025), with_rest(1026)];
    let own = [
        (2, list(&notes[..1], main.len(), &[1, 0])),
        (3, numbers(&[0, 3, 4])),
        (46, list(&notes[1..], main.len(), &[1, 0])),
        (47, numbers(&[0, 3, 4])),
        (4, list(&comment, main.len(), &[0; 30])),
        (5, numbers(&[0, 3, 4])),
        (36, [shorts(&[1]), wide("A")].concat()),
        (37, strings(&[""], 10)),
        (42, list(&[1], whole, &[0; 4])),
        (43, list(&[3], whole, &[])),
        (112, vec![0; 18]),
        (21, strings(&["mark"], 0)),
        (22, list(&[2], whole, &[0; 4])),
        (23, list(&[4], whole, &[])),
        (16, fields),
        (11, list(&headers, 6, &[])),
        (40, over.concat()),
        (41, shape(2, 2049)),
        (56, list(&[0], 2, &[0; 22])),
        (75, list(&[0], 2, &[0; 6])),
        (58, list(&[0], 2, &[0; 22])),
        (76, list(&[0], 2, &[0; 6])),
        (LISTS, lists()),
        (74, uses()),
        (91, strings(&["list"], 0)),
        (51, strings(&["Unknown", "A"], 0)),
        (32, strings(&["", "t"], 0)),
    ];
    document.parts.extend(own);
    document.drawings = drawings();
    document
}

/// The number of a shape, and where it is.
fn with_rest(shape: u32) -> Vec<u8> {
    [numbers(&[shape]), vec![0; 22]].concat()
}

/// A list with one level.
fn lists() -> Vec<u8> {
    [shorts(&[1]), numbers(&[7, 8]), shorts(&[9; 9]), vec![1, 0], level()].concat()
}

fn level() -> Vec<u8> {
    [&[0; 24][..], &[3, 3, 0, 0, 0x03, 0x24, 1, 0x35, 0x08, 1, 2, 0, 0, 0, b'.', 0]].concat()
}

/// A use of that list, whose level is otherwise.
fn uses() -> Vec<u8> {
    [numbers(&[1, 7, 0, 0, 1]), numbers(&[u32::MAX]), numbers(&[0, 0x20]), level()].concat()
}

fn record(form: u16, number: u16, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or_default().to_le_bytes();
    [&form.to_le_bytes()[..], &number.to_le_bytes(), &length, content].concat()
}

fn pixels() -> Vec<u8> {
    record(0x6E00, 0xF01E, &[&[0; 16][..], &[0xFF], &png()].concat())
}

/// A box of words and a picture over the text, a box over the page headers.
fn drawings() -> Vec<u8> {
    let kind =
        |sort: u16, number: u32, flags: u32| record((sort << 4) | 2, 0xF00A, &numbers(&[number, flags]));
    let anchor = record(0, 0xF010, &[0; 4]);
    let boxed = |number: u32| {
        let tied = [record(0, 0xF011, &[1, 0, 0, 0]), record(0, 0xF00D, &[0, 0, 1, 0])].concat();
        [kind(202, number, 0x0A00), anchor.clone(), tied].concat()
    };
    let picture = [kind(75, 1026, 0x0A00), record(0x13, 0xF00B, &[4, 0x41, 1, 0, 0, 0]), anchor.clone()];
    let drawing = |number: u32, shapes: &[Vec<u8>]| {
        let patriarch = [record(1, 0xF009, &[0; 16]), kind(0, number * 1024, 5)].concat();
        let all = [&[patriarch], shapes].concat();
        let group: Vec<u8> = all.iter().flat_map(|shape| record(0x0F, 0xF004, shape)).collect();
        let counts = numbers(&[all.len() as u32, number * 1024 + shapes.len() as u32]);
        let inside = [record((number as u16) << 4, 0xF008, &counts), record(0x0F, 0xF003, &group)].concat();
        record(0x0F, 0xF002, &inside)
    };
    let length = pixels().len() as u32;
    let entry = [vec![6, 6], vec![0; 18], numbers(&[length, 1, PICTURE_AT as u32, 0])].concat();
    let clusters = record(0, 0xF006, &numbers(&[3072, 3, 5, 2, 1, 3, 2, 2]));
    let common = [clusters, record(0x1F, 0xF001, &record(0x62, 0xF007, &entry))].concat();
    let (main, headers) = (drawing(1, &[boxed(1025), picture.concat()]), drawing(2, &[boxed(2049)]));
    [record(0x0F, 0xF000, &common), vec![0], main, vec![1], headers].concat()
}

/// A block of the data stream.
fn block(sort: u16, body: &[u8]) -> Vec<u8> {
    let mut head = [numbers(&[0x44 + body.len() as u32]), shorts(&[0x44, sort])].concat();
    head.resize(0x44, 0);
    [head.as_slice(), body].concat()
}

/// A picture in the text.
fn shown() -> Vec<u8> {
    let shape = [
        record((75 << 4) | 2, 0xF00A, &numbers(&[1025, 0x0A00])),
        record(0x13, 0xF00B, &[4, 0x41, 1, 0, 0, 0]),
        record(0, 0xF010, &[0, 0, 0, 0x80]),
    ];
    let entry = [vec![6, 6], vec![0; 34], pixels()].concat();
    [record(0x0F, 0xF004, &shape.concat()), record(0x62, 0xF007, &entry)].concat()
}

/// What a field of a form knows that has lines to choose from.
fn form() -> Vec<u8> {
    let texts = ["", "help", "", "Macro", ""].map(ended).concat();
    let fixed = [numbers(&[u32::MAX]), shorts(&[2, 0, 20]), ended("name"), shorts(&[1])].concat();
    block(0, &[fixed, texts, strings(&["yes", "no"], 0)].concat())
}

fn seeds() -> Vec<Vec<u8>> {
    let fields = b"a\x13HYPERLINK \"https://a.example/\"\x14b\x15\x13 DDEAUTO c d \x14e\x15\r\
        \x13IF \x13PAGE\x14\x31\x15 = 1\x14f\x15\x13FORMDROPDOWN \x01\x14g\x15\x13REF h\x15\r\0\x02i\r\0\0\x05j\r";
    let looks = [
        &[0x35, 0x08, 1, 0x43, 0x4A, 24, 0, 0x4F, 0x4A, 1, 0, 0x30, 0x4A, 1, 0, 0x16, 0x68, 1, 2, 3, 4][..],
        &[0x03, 0x6A, 0, 0, 0, 0, 0x55, 0x08, 1, 0x85, 0xCA, 5, 1, 0, 0x36, 0x08, 1, 0x71, 0xCA, 10],
        &[0; 10],
    ]
    .concat();
    let tabs = [0x0D, 0xC6, 5, 0, 1, 7, 7, 0, 0x15, 0xC6, 0xFF, 1, 5, 5, 6, 6, 1, 7, 7, 0];
    let table = [
        &[0x03, 0x24, 1, 0x16, 0x24, 1, 0x17, 0x24, 1, 0, 0x46, 0, 0, 0x08, 0xD6, 28, 0, 1, 0, 0, 1, 0][..],
        &[0; 20],
        &[0x4D, 0xC6, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x35, 0xD6, 5, 0, 1, 3, 9, 0],
    ]
    .concat();
    let borders = [0x4E, 0xC6, 8, 1, 2, 3, 4, 5, 6, 7, 8].repeat(46);
    let page = [0x0A, 0x30, 1, 0x1F, 0xB0, 0xE0, 0x2E, 0x09, 0x30, 2, 0x34, 0xD2, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    let apart = |parts: &[(u8, Vec<u8>)]| -> Vec<u8> {
        let part = |(part, own): &(u8, Vec<u8>)| [&[*part][..], &shorts(&[own.len() as u16]), own].concat();
        parts.iter().flat_map(part).collect()
    };
    // The first paragraph looks otherwise, the second has two bytes for a character.
    let piece = |place: u32, look: u16| [vec![0; 2], numbers(&[place]), shorts(&[look])].concat();
    let narrow = (TEXT_AT as u32 * 2) | 0x4000_0000;
    let text = rich().text().len() as u32;
    let pieces = [numbers(&[0, 2, text - 2, text]), piece(narrow, 1), piece(narrow + 4, 0), piece(0, 0)];
    let pieces = pieces.concat();
    let pieces = [vec![1, 3, 0, 0x36, 0x08, 1, 2], numbers(&[pieces.len() as u32]), pieces].concat();
    let based = style(1, "Heading", &[&[1, 0, 0x03, 0x24, 1, 0xFF, 0xCB, 2, 9, 9], &[0x4F, 0x4A, 7, 0]]);
    let of_table = style(3, "Table", &[&[0x03, 0x54, 0, 0], &[0, 0], &[0x35, 0x08, 1]]);
    let styles = sheet(&[style(1, "Normal", &[&[0, 0], &[]]), based, of_table, Vec::new()]);
    let settings = [&[1, 0, 0, 0, 0, 0x40, 0, 0x80][..], &[7; 592]].concat();
    let (main, table_of_parts) = rich().streams();
    let lengths = numbers(&[main.len() as u32, table_of_parts.len() as u32]);
    let whole = [lengths, main, table_of_parts].concat();
    vec![
        seed(b'@', b"One\rtwo.\r"),
        seed(b'@', fields),
        seed(b'H', looks),
        seed(b'P', table),
        seed(b'P', [&tabs[..], &[0x46, 0x66, 0, 0, 0, 0, 0x6B, 0x64, 0, 0, 0, 0]].concat()),
        seed(b'P', borders),
        seed(b'X', page),
        seed(b'\\', page),
        seed(b'`', apart(&[(PIECES as u8, pieces)])),
        seed(b'`', apart(&[(1, styles), (15, fonts()), (31, settings)])),
        seed(b'`', apart(&[(LISTS as u8, lists()), (74, uses())])),
        seed(b'`', apart(&[(21, strings(&["a"], 0)), (22, list(&[1], 9, &[0; 4])), (23, numbers(&[3, 9]))])),
        seed(
            b'`',
            apart(&[(2, list(&[1], 9, &[1, 0])), (56, list(&[0], 2, &[9; 22])), (71, strings(&["A"], 0))]),
        ),
        seed(b'd', apart(&[(11, list(&[0; 13], 6, &[])), (41, list(&[3], 6, &with_rest(2049)))])),
        seed(b'h', [block(0x64, &shown()), form()].concat()),
        seed(b'h', form()),
        seed(b'h', block(0x66, &[&[7], &b"a:\\x.wm"[..], &shown()].concat())),
        seed(b'p', drawings()),
        seed(b'x', whole),
    ]
}

fn file(main: &[u8], table: &[u8], data: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file");
    for (name, bytes) in [("/WordDocument", main), ("/1Table", table), ("/Data", data)] {
        let mut part = file.create_stream(name).expect("a stream");
        part.write_all(bytes).expect("memory can be written");
    }
    file.into_inner().into_inner()
}
