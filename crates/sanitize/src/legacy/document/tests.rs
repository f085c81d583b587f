//! Documents are made here part by part; what a converter would be asked is refused, so that the road taken shows.

use proptest::prelude::*;
use worker_protocol::{Job, Kind, LinkPolicy, Mode, Outcome, Reason, Road, TextBlock, Threat, Verdict};

use super::header::{Header, part, story};
use super::looks::{self, Known, about};
use super::shown::{self, ShownLine};
use super::text::{self, plc};
use crate::bounded::Budget;
use crate::legacy::tests::{atom, compound, stream_of, told};
use crate::trial;

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn shorts(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Where the text of a sample stands, which has room for a head before it.
const TEXT: usize = 0x800;

/// How many parts the head of a sample names.
const PARTS: usize = 0x88;

/// A document.
struct Sample {
    /// The stories one after the other.
    stories: [String; story::COUNT],
    /// Looks of characters up to some place; what follows has none.
    characters: Vec<(u32, Vec<u8>)>,
    /// Looks of paragraphs, in their order; the rest is plain. Without the number of a style.
    paragraphs: Vec<Vec<u8>>,
    parts: Vec<(usize, Vec<u8>)>,
    data: Vec<u8>,
    /// What else is in the main stream, behind its pages.
    behind: Vec<u8>,
}

impl Sample {
    fn new(text: &str) -> Self {
        let mut stories: [String; story::COUNT] = Default::default();
        stories[story::MAIN] = text.to_owned();
        Self {
            stories,
            characters: Vec::new(),
            paragraphs: Vec::new(),
            parts: vec![
                (part::STYLES, sheet(&[style(1, "標準", &[&[0x03, 0x24, 0], &[0x35, 0x08, 1]])])),
                (part::FONTS, fonts(&["ＭＳ 明朝", "Arial"])),
                (part::SETTINGS, vec![0; 544]),
                // One section.
                (part::SECTIONS, section_list(&[text.encode_utf16().count() as u32])),
            ],
            data: Vec::new(),
            behind: Vec::new(),
        }
    }

    fn with(mut self, number: usize, bytes: Vec<u8>) -> Self {
        self.parts.retain(|(known, _)| *known != number);
        self.parts.push((number, bytes));
        self
    }

    /// Looks of the first so many characters, and of so many after them.
    fn looks(mut self, characters: &[(u32, &[u8])]) -> Self {
        self.characters = characters.iter().map(|(end, look)| (*end, look.to_vec())).collect();
        self
    }

    fn units(&self) -> Vec<u16> {
        let mut units: Vec<u16> = self.stories.concat().encode_utf16().collect();
        if self.stories.iter().skip(1).any(|story| !story.is_empty()) {
            units.push(0x0D);
        }
        units
    }

    /// The main stream, the table, and where what is behind it stands.
    fn streams(&self) -> (Vec<u8>, Vec<u8>, u32) {
        let units = self.units();
        let mut main = vec![0; TEXT];
        main.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        let place = |at: u32| TEXT as u32 + at * 2;
        let count = units.len() as u32;
        let mut characters = self.characters.clone();
        characters.push((count, Vec::new()));
        let looks: Vec<(u32, Vec<u8>)> = characters
            .iter()
            .map(|(end, look)| {
                let own = [&[look.len() as u8], look.as_slice()].concat();
                (place(*end), if look.is_empty() { Vec::new() } else { own })
            })
            .collect();
        let characters = pages(&mut main, place(0), &looks, 1);
        let mut own = self.paragraphs.iter();
        let ends = (1..).zip(&units).filter(|(_, unit)| matches!(unit, 0x0D | 0x07)).map(|(end, _)| end);
        let looks: Vec<(u32, Vec<u8>)> = ends
            .map(|end| {
                let list = own.next().cloned().unwrap_or_default();
                let look = [&[0, 0], list.as_slice()].concat();
                let length = if look.len() % 2 == 1 {
                    vec![look.len().div_ceil(2) as u8]
                } else {
                    vec![0, (look.len() / 2) as u8]
                };
                (place(end), [length, look].concat())
            })
            .collect();
        let paragraphs = pages(&mut main, place(0), &looks, 13);
        let behind = main.len() as u32;
        main.extend_from_slice(&self.behind);
        let piece = [numbers(&[0, count]), vec![0; 2], numbers(&[TEXT as u32]), vec![0; 2]].concat();
        let pieces = [vec![2], numbers(&[piece.len() as u32]), piece].concat();
        let mut table = Vec::new();
        let mut put = |at: usize, bytes: &[u8]| main[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &shorts(&[0xA5EC, 0xC1, 0, 0x411, 0, 0x1200]));
        put(0x20, &shorts(&[14]));
        put(0x3E, &shorts(&[22]));
        put(0x98, &shorts(&[PARTS as u16]));
        for (at, story) in [0x4C, 0x50, 0x54, 0x5C, 0x60, 0x64, 0x68].into_iter().zip(&self.stories) {
            put(at, &numbers(&[story.encode_utf16().count() as u32]));
        }
        let fixed = [(part::CHARACTERS, characters), (part::PARAGRAPHS, paragraphs), (part::PIECES, pieces)];
        for (number, bytes) in fixed.iter().chain(&self.parts) {
            // The levels of lists are behind them, and not counted.
            let counted = if *number == part::LISTS { 2 + usize::from(bytes[0]) * 28 } else { bytes.len() };
            put(0x9A + number * 8, &numbers(&[table.len() as u32, counted as u32]));
            table.extend_from_slice(bytes);
        }
        (main, table, behind)
    }

    fn file(&self) -> Vec<u8> {
        let (main, table, _) = self.streams();
        whole(&main, &table, &self.data)
    }
}

fn whole(main: &[u8], table: &[u8], data: &[u8]) -> Vec<u8> {
    compound(&[
        ("/WordDocument", main),
        ("/1Table", table),
        ("/Data", data),
        ("/\u{5}SummaryInformation", b"author"),
    ])
}

/// One page of looks, and the list that has it.
fn pages(main: &mut Vec<u8>, first: u32, looks: &[(u32, Vec<u8>)], entry: usize) -> Vec<u8> {
    main.resize(main.len().next_multiple_of(512), 0);
    let mut page = [0; 512];
    let mut at = 511;
    let mut heads = numbers(&[first]);
    heads.extend(looks.iter().flat_map(|(end, _)| end.to_le_bytes()));
    for (_, look) in looks {
        at = (at - look.len()) & !1;
        page[at..at + look.len()].copy_from_slice(look);
        heads.push(if look.is_empty() { 0 } else { (at / 2) as u8 });
        heads.resize(heads.len() + entry - 1, 0xEE);
    }
    assert!(heads.len() <= at, "a sample has one page");
    page[..heads.len()].copy_from_slice(&heads);
    page[511] = looks.len() as u8;
    let number = (main.len() / 512) as u32;
    main.extend_from_slice(&page);
    numbers(&[first, looks.last().map_or(first, |(end, _)| *end), number])
}

/// A style with lists of properties.
fn style(sort: u16, name: &str, lists: &[&[u8]]) -> Vec<u8> {
    let mut style = shorts(&[0, 0xFFF0 | sort, lists.len() as u16, 0, 0]);
    style.extend(shorts(&[name.encode_utf16().count() as u16]));
    style.extend(wide(name));
    style.extend([0, 0]);
    for (index, list) in lists.iter().enumerate() {
        style.resize(style.len().next_multiple_of(2), 0);
        let head: &[u8] = if sort == 1 && index == 0 { &[0, 0] } else { &[] };
        style.extend(shorts(&[(head.len() + list.len()) as u16]));
        style.extend_from_slice(head);
        style.extend_from_slice(list);
    }
    style.resize(style.len().next_multiple_of(2), 0);
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

fn fonts(names: &[&str]) -> Vec<u8> {
    let mut list = shorts(&[names.len() as u16, 0]);
    for name in names {
        let font = [vec![0; 39], wide(name), vec![0; 2], b"rest".to_vec()].concat();
        list.push(font.len() as u8);
        list.extend(font);
    }
    list
}

/// Sections that end there, without looks.
fn section_list(ends: &[u32]) -> Vec<u8> {
    let entry = [vec![0; 2], numbers(&[u32::MAX]), vec![0; 6]].concat();
    [numbers(&[0]), numbers(ends), entry.repeat(ends.len())].concat()
}

fn strings(texts: &[&str], extra: usize) -> Vec<u8> {
    let mut list = shorts(&[0xFFFF, texts.len() as u16, extra as u16]);
    for text in texts {
        list.extend(shorts(&[text.encode_utf16().count() as u16]));
        list.extend(wide(text));
        list.resize(list.len() + extra, 0);
    }
    list
}

/// A text with its length before it and nothing behind it.
fn ended(text: &str) -> Vec<u8> {
    [shorts(&[text.encode_utf16().count() as u16]), wide(text), vec![0; 2]].concat()
}

/// A block of the data stream.
fn block(sort: u16, body: &[u8]) -> Vec<u8> {
    let mut head = [numbers(&[0x44 + body.len() as u32]), shorts(&[0x44, sort])].concat();
    head.resize(0x44, 0x5A);
    [head.as_slice(), body].concat()
}

/// A shape in the text that shows the picture after it.
fn shape(sort: u16, flags: u32) -> Vec<u8> {
    let inside = [
        atom(sort << 4 | 2, 0xF00A, &numbers(&[1025, flags])),
        atom(0x13, 0xF00B, &[&[0x04, 0x41], 3u32.to_le_bytes().as_slice()].concat()),
        atom(0, 0xF010, &[0, 0, 0, 0x80]),
    ];
    atom(0x0F, 0xF004, &inside.concat())
}

fn png() -> Vec<u8> {
    let bytes = [vec![0; 16], vec![0xFF], crate::picture::placeholder().unwrap()].concat();
    atom(0x6E00, 0xF01E, &bytes)
}

fn entry_with(picture: &[u8]) -> Vec<u8> {
    atom(0x62, 0xF007, &[vec![6, 6], vec![0; 22], vec![0; 12], picture.to_vec()].concat())
}

/// A picture or the data of a field stands there.
fn at_place(place: u32, is_data: bool) -> Vec<u8> {
    let data: &[u8] = if is_data { &[0x06, 0x08, 1] } else { &[] };
    [&[0x03, 0x6A], place.to_le_bytes().as_slice(), data, &[0x55, 0x08, 1]].concat()
}

fn run(bytes: &[u8]) -> Outcome {
    trial::run(&trial::job("a.doc"), bytes)
}

/// A clean document: its streams.
struct Clean {
    main: Vec<u8>,
    table: Vec<u8>,
    data: Vec<u8>,
}

fn clean(outcome: &Outcome) -> Clean {
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    assert_eq!(outcome.report.road, Some(Road::Rebuilt));
    assert_eq!(outcome.report.clean_kind, Some(Kind::Doc));
    Clean {
        main: stream_of(clean, "/WordDocument"),
        table: stream_of(clean, "/1Table"),
        data: stream_of(clean, "/Data"),
    }
}

impl Clean {
    fn part(&self, number: usize) -> Vec<u8> {
        Header::read(&self.main).unwrap().part(number, &self.table).unwrap().to_vec()
    }

    /// All text with its stories.
    fn text(&self) -> Vec<String> {
        let header = Header::read(&self.main).unwrap();
        let mut budget = Budget::new(worker_protocol::Limits::default());
        let text = text::read(&header, &self.main, &self.table, &mut budget).unwrap();
        (0..story::COUNT).map(|which| String::from_utf16_lossy(text.slice(&text.story(which)))).collect()
    }

    /// The looks of characters, from one to the next.
    fn looks(&self) -> Vec<(u32, Vec<u8>)> {
        let header = Header::read(&self.main).unwrap();
        let mut budget = Budget::new(worker_protocol::Limits::default());
        let text = text::read(&header, &self.main, &self.table, &mut budget).unwrap();
        text.characters.iter().map(|(end, look)| (*end, look.list.to_vec())).collect()
    }

    fn paragraphs(&self) -> Vec<Vec<u8>> {
        let header = Header::read(&self.main).unwrap();
        let mut budget = Budget::new(worker_protocol::Limits::default());
        let text = text::read(&header, &self.main, &self.table, &mut budget).unwrap();
        text.paragraphs.iter().map(|(_, look)| look.list.to_vec()).collect()
    }

    fn holds(&self, words: &[u8]) -> bool {
        [&self.main, &self.table, &self.data]
            .iter()
            .any(|stream| stream.windows(words.len()).any(|part| part == words))
    }
}

/// What is clean comes out as it is, and nothing is told of it.
fn assert_clean(outcome: &Outcome) {
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    let again = run(clean);
    assert_eq!((again.report.verdict, &again.report.removals), (Verdict::Clean, &Vec::new()));
    assert!(again.clean.as_ref() == Some(clean), "a second pass changes nothing");
}

#[test]
fn the_text_is_put_together_from_its_pieces() {
    let two = [style(1, "標準", &[&[], &[]]), style(1, "見出し", &[&[], &[]])];
    let sample =
        Sample::new("住民税の通知\r......\r").looks(&[(3, &[0x35, 0x08, 1])]).with(part::STYLES, sheet(&two));
    let (mut main, mut table, _) = sample.streams();
    // Words that were cut out stay in the stream; the second paragraph stands there in one byte a character.
    let second = TEXT + 7 * 2;
    main[second..second + 12].copy_from_slice(b"Plain words\r");
    main[0x4C] = 19;
    main.extend(wide("消した文"));
    main[0x0A] |= 0x04;
    let pieces = [
        vec![1],
        shorts(&[7]),
        vec![0x36, 0x08, 1, 0x00, 0x46, 1, 0],
        vec![2],
        numbers(&[28, 0, 7, 19]),
        vec![0; 2],
        numbers(&[TEXT as u32]),
        vec![0; 4],
        numbers(&[(second as u32 * 2) | 0x4000_0000]),
        vec![1, 0],
    ]
    .concat();
    let (at, length) = (table.len() as u32, pieces.len() as u32);
    table.extend(pieces);
    main[0x9A + part::PIECES * 8..][..8].copy_from_slice(&numbers(&[at, length]));
    let outcome = run(&whole(&main, &table, &[]));
    assert_eq!(told(&outcome), [Threat::HiddenData, Threat::Metadata]);
    assert_clean(&outcome);
    let clean = clean(&outcome);
    assert_eq!(clean.text()[0], "住民税の通知\rPlain words\r");
    assert!(!clean.holds(&wide("消した文")));
    // What a piece says holds for all of it, and for nothing else.
    assert_eq!(clean.looks(), [(3, vec![0x35, 0x08, 1]), (7, vec![]), (19, vec![0x36, 0x08, 1])]);
    assert_eq!(clean.paragraphs(), [vec![0, 0], vec![1, 0]]);
}

#[test]
fn fields_stay_by_what_they_do() {
    // The instruction, whether links stay, and what is left of "前{instruction|結果}後".
    let rows: &[(&str, LinkPolicy, &str)] = &[
        ("PAGE", LinkPolicy::Keep, "前\u{13}PAGE\u{14}結果\u{15}後\r"),
        ("= 1 + 1", LinkPolicy::Remove, "前\u{13}= 1 + 1\u{14}結果\u{15}後\r"),
        ("DDEAUTO cmd \"/c calc\"", LinkPolicy::Keep, "前結果後\r"),
        ("INCLUDEPICTURE \"http://a.example/x.png\"", LinkPolicy::Keep, "前結果後\r"),
        ("EMBED Excel.Sheet.8", LinkPolicy::Keep, "前結果後\r"),
        ("AUTHOR", LinkPolicy::Keep, "前結果後\r"),
        ("NOSUCHFIELD", LinkPolicy::Keep, "前結果後\r"),
        (
            "HYPERLINK \"https://www.city.example/\"",
            LinkPolicy::Keep,
            "前\u{13}HYPERLINK \"https://www.city.example/\"\u{14}結果\u{15}後\r",
        ),
        ("HYPERLINK \"https://www.city.example/\"", LinkPolicy::Remove, "前結果後\r"),
        ("HYPERLINK \"file:///C:/x.exe\"", LinkPolicy::Keep, "前結果後\r"),
        // What another field shows may be any sort of field, any address.
        ("\u{13}QUOTE D\u{14}DDE\u{15} c:\\x", LinkPolicy::Keep, "前結果後\r"),
        ("HYPERLINK \u{13}REF a\u{14}javascript:x\u{15}", LinkPolicy::Keep, "前結果後\r"),
        ("IF \u{13}DDE a\u{14}1\u{15} = 1", LinkPolicy::Keep, "前結果後\r"),
        (
            "IF \u{13}PAGE\u{14}1\u{15} = 1",
            LinkPolicy::Keep,
            "前\u{13}IF \u{13}PAGE\u{14}1\u{15} = 1\u{14}結果\u{15}後\r",
        ),
        // What ends or divides a field that was not begun.
        ("PAGE\u{14}1\u{15}\u{15}\u{14}", LinkPolicy::Keep, "前\u{13}PAGE\u{14}1\u{15}結果後\r"),
        // What a link knows besides its instruction is not looked at.
        (
            "HYPERLINK \u{1}\"https://www.city.example/\"",
            LinkPolicy::Keep,
            "前\u{13}HYPERLINK \"https://www.city.example/\"\u{14}結果\u{15}後\r",
        ),
    ];
    for (instruction, links, left) in rows {
        let sample = Sample::new(&format!("前\u{13}{instruction}\u{14}結果\u{15}後\r"));
        let mut job = trial::job("a.doc");
        job.policy.links = *links;
        let outcome = trial::run(&job, &sample.file());
        let clean = clean(&outcome);
        assert_eq!(clean.text()[0], *left, "{instruction}");
        // Each character of a field is on the list, and none that is not.
        let (places, entries) = (clean.part(16), clean.part(16));
        let (places, _) = plc(&places, 2).unwrap();
        let (_, entries) = plc(&entries, 2).unwrap();
        let signs: Vec<(u32, u8)> = (0..)
            .zip(left.encode_utf16())
            .filter(|(_, unit)| matches!(unit, 0x13..=0x15))
            .map(|(at, unit)| (at, unit as u8))
            .collect();
        let listed: Vec<(u32, u8)> =
            places.iter().zip(entries.chunks(2)).map(|(at, entry)| (*at, entry[0])).collect();
        assert_eq!(listed, signs, "{instruction}");
        let is_kept = left.contains('\u{13}');
        // That an object went is told where the object is.
        let is_told = !is_kept && !["EMBED Excel.Sheet.8", "AUTHOR"].contains(instruction);
        assert_eq!(told(&outcome).len(), 1 + usize::from(is_told), "{instruction}: {:?}", told(&outcome));
    }
}

#[test]
fn characters_of_fields_that_are_none_do_not_stay() {
    // What stands in the text, in a footnote, and what is left of the text.
    let rows = [
        ("一\u{13}DDE a\r", "注\u{14}b\u{15}\r", "一DDE a\r"),
        ("一\u{14}二\u{15}三\r", "\u{13}注\r", "一二三\r"),
        (
            "\u{13}PAGE\u{14}1\u{14}2\u{15}\u{13}\u{13}REF a\u{15}\r",
            "注\r",
            "\u{13}PAGE\u{14}12\u{15}\u{13}REF a\u{15}\r",
        ),
    ];
    for (main, note, left) in rows {
        let mut sample = Sample::new(main);
        sample.stories[story::FOOTNOTES] = note.to_owned();
        let outcome = run(&sample.file());
        assert_clean(&outcome);
        let text = clean(&outcome).text();
        assert_eq!(text[story::MAIN], left);
        let is_sign = |unit: u16| (0x13..=0x15).contains(&unit);
        assert!(!text[story::FOOTNOTES].encode_utf16().any(is_sign), "{main}");
    }
}

#[test]
fn the_end_behind_all_stories_comes_and_goes_with_them() {
    // Nothing but a picture that is not there stands in the only note.
    let mut sample = Sample::new("一\r");
    sample.stories[story::FOOTNOTES] = "\u{1}".to_owned();
    let outcome = run(&sample.file());
    assert_clean(&outcome);
    assert_eq!(clean(&outcome).looks().last().unwrap().0, 2);
    // A note without that end, which looks as the note does.
    let mut sample = Sample::new("一\r");
    sample.stories[story::FOOTNOTES] = "注\r".to_owned();
    let (mut main, table, _) = sample.streams();
    main[TEXT + 8..TEXT + 10].copy_from_slice(&wide("終"));
    let outcome = run(&whole(&main, &table, &[]));
    assert_clean(&outcome);
    assert_eq!(clean(&outcome).looks(), [(5, Vec::new())]);
}

#[test]
fn what_is_tied_to_the_text_moves_with_it() {
    let mut sample = Sample::new("一\u{13}DDE a\u{14}二\u{15}三\u{2}四\u{8}\r");
    sample.stories[story::FOOTNOTES] = "\u{2} 注\r".to_owned();
    sample.stories[story::COMMENTS] = "\u{5}意見\r".to_owned();
    let sample = sample
        .with(2, [numbers(&[11, 15]), shorts(&[1])].concat())
        .with(3, numbers(&[0, 4, 5]))
        .with(4, [numbers(&[12, 15]), vec![0; 30]].concat())
        .with(5, numbers(&[0, 4, 5]))
        .with(part::COMMENTERS, [shorts(&[2]), wide("山田")].concat())
        .with(part::BOOKMARK_NAMES, strings(&["しおり"], 0))
        .with(part::BOOKMARK_STARTS, [numbers(&[10, 24]), vec![0; 4]].concat())
        .with(part::BOOKMARK_ENDS, numbers(&[11, 24]))
        .with(part::SHAPES, [numbers(&[13, 15]), numbers(&[1025]), vec![0; 22]].concat())
        .with(part::REVISERS, strings(&["Unknown", "山田"], 0));
    let outcome = run(&sample.file());
    assert_clean(&outcome);
    let clean = clean(&outcome);
    let text = clean.text();
    assert_eq!(text[story::MAIN], "一二三\u{2}四\u{8}\r");
    assert_eq!(
        (text[story::FOOTNOTES].as_str(), text[story::COMMENTS].as_str()),
        ("\u{2} 注\r", "\u{5}意見\r")
    );
    let places = |number: usize, each: usize| plc(&clean.part(number), each).unwrap().0;
    assert_eq!(places(2, 2), [3, 7]);
    assert_eq!(places(3, 0), [0, 4, 4]);
    assert_eq!(places(4, 30), [4, 7]);
    assert_eq!(places(part::BOOKMARK_STARTS, 4)[0], 2);
    assert_eq!(places(part::BOOKMARK_ENDS, 0)[0], 3);
    assert_eq!(places(part::SHAPES, 26), [5, 7]);
    assert_eq!(places(part::SECTIONS, 12), [0, 7]);
}

#[test]
fn looks_are_written_as_they_were_read() {
    let known = Known { fonts: 2, styles: 3 };
    let all = [about::PARAGRAPHS, about::CHARACTERS, about::SECTIONS, about::TABLES];
    // A list, what is written of it, and whether something went that is not known.
    let rows: &[(&[u8], &[u8], bool)] = &[
        (&[0x35, 0x08, 1, 0x43, 0x4A, 24, 0], &[0x35, 0x08, 1, 0x43, 0x4A, 24, 0], false),
        // A font that there is, and one that there is not.
        (&[0x4F, 0x4A, 1, 0, 0x50, 0x4A, 2, 0], &[0x4F, 0x4A, 1, 0], true),
        (&[0x30, 0x4A, 2, 0, 0x30, 0x4A, 3, 0], &[0x30, 0x4A, 2, 0], true),
        // Which sitting wrote it.
        (&[0x16, 0x68, 1, 2, 3, 4, 0x36, 0x08, 1], &[0x36, 0x08, 1], false),
        // Places of data are written by whoever knows them.
        (&[0x03, 0x6A, 1, 2, 3, 4, 0x46, 0x66, 0, 0, 0, 0], &[], false),
        // Tabs: none go, one comes; and bytes behind them.
        (&[0x0D, 0xC6, 5, 0, 1, 7, 7, 0], &[0x0D, 0xC6, 5, 0, 1, 7, 7, 0], false),
        (&[0x0D, 0xC6, 7, 0, 1, 7, 7, 0, 9, 9], &[0x0D, 0xC6, 5, 0, 1, 7, 7, 0], false),
        (&[0x15, 0xC6, 0xFF, 1, 5, 5, 6, 6, 1, 7, 7, 0], &[0x15, 0xC6, 9, 1, 5, 5, 6, 6, 1, 7, 7, 0], false),
        (&[0x0D, 0xC6, 2, 9, 9], &[], true),
        // A shade has ten bytes.
        (
            &[0x4D, 0xC6, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x4D, 0xC6, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            false,
        ),
        (&[0x4D, 0xC6, 3, 1, 2, 3], &[], true),
        // Two columns without looks, and half a look behind them.
        (&[0x08, 0xD6, 8, 0, 2, 0, 0, 1, 0, 2, 0], &[0x08, 0xD6, 8, 0, 2, 0, 0, 1, 0, 2, 0], false),
        (&[0x08, 0xD6, 10, 0, 2, 0, 0, 1, 0, 2, 0, 9, 9], &[0x08, 0xD6, 8, 0, 2, 0, 0, 1, 0, 2, 0], false),
        (&[0x08, 0xD6, 4, 0, 9, 0, 0], &[], true),
        // Properties under a condition, and again under one.
        (&[0x85, 0xCA, 5, 1, 0, 0x35, 0x08, 1], &[0x85, 0xCA, 5, 1, 0, 0x35, 0x08, 1], false),
        (&[0x85, 0xCA, 7, 1, 0, 0x85, 0xCA, 2, 1, 0], &[0x85, 0xCA, 2, 1, 0], true),
        // A number that nobody knows, and a list that is cut off.
        (&[0xFF, 0xCB, 3, 1, 2, 3, 0x35, 0x08, 1], &[0x35, 0x08, 1], true),
        (&[0x35, 0x08, 1, 0x43, 0x4A, 24], &[0x35, 0x08, 1], false),
        (&[0x4D, 0xC6, 200, 1], &[], false),
    ];
    for (list, kept, is_unknown) in rows {
        let mut out = Vec::new();
        assert_eq!(looks::put(list, &all, known, &mut out), *is_unknown, "{list:x?}");
        assert_eq!(&out, kept, "{list:x?}");
    }
    // What is about something else does not stay.
    let mut out = Vec::new();
    looks::put(&[0x35, 0x08, 1, 0x03, 0x24, 2], &[about::PARAGRAPHS], known, &mut out);
    assert_eq!(out, [0x03, 0x24, 2]);
}

#[test]
fn pictures_are_rebuilt_and_those_elsewhere_leave_their_place() {
    let outside = [&[7], b"a:\\x.wm".as_slice(), &shape(75, 0x0A00), &entry_with(&png())].concat();
    // What stands in the data stream, whether a character for it stays, and what is told.
    let rows: Vec<(&str, Vec<u8>, bool, &[Threat])> = vec![
        (
            "a picture",
            block(0x64, &[shape(75, 0x0A00), entry_with(&png())].concat()),
            true,
            &[Threat::Metadata],
        ),
        ("by itself", block(0x64, &[shape(75, 0x0A00), png()].concat()), true, &[Threat::Metadata]),
        ("with a name", block(0x66, &outside), true, &[Threat::ExternalContent, Threat::Metadata]),
        ("elsewhere", block(0x5E, b"\x07a:\\x.wm"), true, &[Threat::ExternalContent, Threat::Metadata]),
        (
            "an object",
            block(0x64, &[shape(75, 0x0A10), entry_with(&png())].concat()),
            true,
            &[Threat::Metadata],
        ),
        ("an object without a picture", block(0x64, &shape(75, 0x0A10)), false, &[Threat::Metadata]),
        (
            "unreadable",
            block(0x64, &[shape(75, 0x0A00), entry_with(&atom(0x6E00, 0xF01E, &[9; 40]))].concat()),
            true,
            &[Threat::Metadata, Threat::Unknown],
        ),
        ("data", block(0, b"data"), false, &[Threat::Metadata]),
        ("nothing", Vec::new(), false, &[Threat::Metadata]),
    ];
    for (what, data, stays, threats) in rows {
        let look = at_place(0, false);
        let mut sample = Sample::new("前\u{1}後\r").looks(&[(1, &[]), (2, &look)]);
        sample.data = data;
        let outcome = run(&sample.file());
        assert_eq!(told(&outcome), threats, "{what}");
        assert_clean(&outcome);
        let clean = clean(&outcome);
        assert_eq!(clean.text()[0], if stays { "前\u{1}後\r" } else { "前後\r" }, "{what}");
        assert_eq!(!clean.data.is_empty(), stays, "{what}");
        assert!(!clean.holds(b"x.wm"), "{what}");
        // Between the sizes of a picture nothing stands.
        assert!(clean.data.get(12..28).is_none_or(|gap| gap == [0; 16]), "{what}");
    }
    // A picture of another form is converted.
    let look = at_place(0, false);
    let mut sample = Sample::new("前\u{1}後\r").looks(&[(1, &[]), (2, &look)]);
    sample.data = block(8, b"a picture of Windows 3");
    assert_eq!(run(&sample.file()).report.reason, Some(Reason::NotRebuilt));
}

#[test]
fn drawings_keep_their_pictures_in_the_main_stream() {
    let box_of_words = [
        atom(202 << 4 | 2, 0xF00A, &numbers(&[1025, 0x0A00])),
        atom(0, 0xF010, &[0; 4]),
        atom(0, 0xF011, &[1, 0, 0, 0]),
        atom(0, 0xF00D, &[0, 0, 1, 0]),
    ];
    let picture = [
        atom(75 << 4 | 2, 0xF00A, &numbers(&[1026, 0x0A00])),
        atom(0x13, 0xF00B, &[&[0x04, 0x41], 1u32.to_le_bytes().as_slice()].concat()),
        atom(0, 0xF010, &[0; 4]),
    ];
    // An object that shows nothing.
    let object = [atom(75 << 4 | 2, 0xF00A, &numbers(&[1027, 0x0A10])), atom(0, 0xF010, &[0; 4])];
    let patriarch = [atom(1, 0xF009, &[0; 16]), atom(2, 0xF00A, &numbers(&[1024, 5]))];
    let group: Vec<u8> = [patriarch.concat(), box_of_words.concat(), picture.concat(), object.concat()]
        .iter()
        .flat_map(|shape| atom(0x0F, 0xF004, shape))
        .collect();
    let drawing = [atom(0x10, 0xF008, &numbers(&[4, 1027])), atom(0x0F, 0xF003, &group)].concat();
    let mut sample = Sample::new("図\u{8}\u{8}\u{8}\r");
    sample.stories[story::BOXES] = "箱の中\r\r".to_owned();
    sample.behind = png();
    let (_, _, behind) = sample.streams();
    let entry = atom(0x62, 0xF007, &[vec![6, 6], vec![0; 18], numbers(&[0, 1, behind]), vec![0; 4]].concat());
    let common = [atom(0, 0xF006, &numbers(&[2048, 2, 4, 1, 1, 4])), atom(0x1F, 0xF001, &entry)];
    let drawings = [atom(0x0F, 0xF000, &common.concat()), vec![0], atom(0x0F, 0xF002, &drawing)].concat();
    let place = |number: u32| [numbers(&[number]), vec![0; 22]].concat();
    let sample = sample
        .with(part::DRAWINGS, drawings)
        .with(part::SHAPES, [numbers(&[1, 2, 3, 5]), place(1025), place(1026), place(1027)].concat())
        .with(56, [numbers(&[0, 4, 5]), vec![1; 22], vec![0; 22]].concat())
        .with(part::BOXES_BREAKS, [numbers(&[0, 4, 5]), vec![0; 12]].concat());
    let outcome = run(&sample.file());
    assert_clean(&outcome);
    let clean = clean(&outcome);
    assert_eq!(clean.text()[story::MAIN], "図\u{8}\u{8}\r");
    assert_eq!(clean.text()[story::BOXES], "箱の中\r\r");
    let shapes = clean.part(part::SHAPES);
    assert_eq!(plc(&shapes, 26).unwrap().0, [1, 2, 4]);
    // The entry of the picture leads to where it is in the main stream now.
    let drawings = clean.part(part::DRAWINGS);
    let at = drawings.windows(2).position(|two| two == 0xF007u16.to_le_bytes()).unwrap() + 6;
    let place = u32::from_le_bytes(drawings[at + 28..at + 32].try_into().unwrap()) as usize;
    assert_eq!(clean.main[place + 2..place + 4], 0xF01Eu16.to_le_bytes());
    let shown = shown::read(outcome.clean.as_ref().unwrap(), &worker_protocol::Limits::default()).unwrap();
    assert_eq!(shown.text, ["図", "箱の中"].map(|text| ShownLine::Paragraph(text.to_owned())));
}

#[test]
fn fields_of_forms_keep_what_they_ask_and_no_macros() {
    let field = |sort: u16, entry: &str| {
        let usual = if sort == 0 { ended("初期値") } else { shorts(&[1]) };
        let choices = if sort == 2 { strings(&["はい", "いいえ"], 0) } else { Vec::new() };
        let texts = ["", "ヘルプ", "状態", entry, ""].map(ended).concat();
        block(
            0,
            &[
                numbers(&[u32::MAX]),
                shorts(&[sort, 0, 20]),
                ended("欄"),
                usual,
                texts,
                choices,
                b"rest".to_vec(),
            ]
            .concat(),
        )
    };
    for (name, sort, entry) in [
        ("FORMTEXT", 0, ""),
        ("FORMTEXT", 0, "Macro1"),
        ("FORMCHECKBOX", 1, "Macro1"),
        ("FORMDROPDOWN", 2, "Macro1"),
    ] {
        let mut look = at_place(0, true);
        if entry.is_empty() {
            // It need not say that the character is a special one.
            look.truncate(9);
        }
        let begin = 1 + name.len() as u32;
        let mut sample = Sample::new(&format!("\u{13}{name}\u{1}\u{14}値\u{15}\r"))
            .looks(&[(begin, &[]), (begin + 1, &look)]);
        sample.data = field(sort, entry);
        let outcome = run(&sample.file());
        assert_eq!(told(&outcome).contains(&Threat::Action), !entry.is_empty(), "{name}");
        assert_clean(&outcome);
        let clean = clean(&outcome);
        assert!(!clean.holds(&wide("Macro1")) && !clean.holds(b"rest"), "{name} {:?}", clean.data);
        assert!(clean.holds(&wide("ヘルプ")), "{name}");
        assert_eq!(clean.holds(&wide("いいえ")), sort == 2);
        // Without what it knows, or with a picture in its place, it is a field all the same.
        let picture = block(0x64, &[shape(75, 0x0A00), entry_with(&png())].concat());
        for (data, look) in [(block(0, b"broken"), look), (picture, at_place(0, false))] {
            sample = sample.looks(&[(begin, &[]), (begin + 1, &look)]);
            sample.data = data;
            let outcome = run(&sample.file());
            assert_clean(&outcome);
            assert_eq!(self::clean(&outcome).text()[0], format!("\u{13}{name}\u{14}値\u{15}\r"));
        }
    }
}

#[test]
fn styles_lists_and_settings_keep_what_is_known() {
    let level = [
        vec![0; 24],
        vec![3, 3],
        vec![0; 2],
        vec![0x03, 0x24, 1],
        vec![0x35, 0x08, 1],
        shorts(&[2]),
        wide("\0."),
    ]
    .concat();
    let list = [shorts(&[1]), numbers(&[7, 8]), shorts(&[9; 9]), vec![1, 0], level].concat();
    let uses = [numbers(&[1]), numbers(&[7, 0x6D61_6372, 0x6F20_2020, 0]), numbers(&[0])].concat();
    let mut settings = vec![0; 544];
    settings[20..38].fill(0x77);
    settings[5] = 0x40;
    settings[7] = 0x80;
    let broken = style(1, "見出し", &[&[0x03, 0x24, 1, 0xFF, 0xCB, 2, 9, 9], &[0x4F, 0x4A, 7, 0]]);
    let sample = Sample::new("一\r")
        .with(
            part::STYLES,
            sheet(&[
                style(1, "標準", &[&[], &[]]),
                broken,
                style(2, "強調", &[&[0x35, 0x08, 1]]),
                Vec::new(),
            ]),
        )
        .with(part::LISTS, list)
        .with(part::LIST_USES, uses)
        .with(part::LIST_NAMES, strings(&["番号"], 0))
        .with(part::SETTINGS, settings)
        .with(part::TITLES, strings(&["", "\\\\server\\x.dot", "題名"], 0))
        .with(60, strings(&["変数"], 0))
        .with(99, wide("frame http://a.example/"))
        .with(71, strings(&["山田", "C:\\Users\\yamada"], 0));
    let outcome = run(&sample.file());
    assert_eq!(
        told(&outcome),
        [
            Threat::ExternalTemplate,
            Threat::ExternalContent,
            Threat::HiddenData,
            Threat::Metadata,
            Threat::Unknown
        ]
    );
    assert_clean(&outcome);
    let clean = clean(&outcome);
    let styles = clean.part(part::STYLES);
    let holds = |part: &[u8], words: &[u8]| part.windows(words.len()).any(|own| own == words);
    assert!(["標準", "見出し", "強調"].iter().all(|name| holds(&styles, &wide(name))));
    assert!(
        holds(&styles, &[0x03, 0x24, 1]) && !holds(&styles, &[0xFF, 0xCB]) && !holds(&styles, &[0x4F, 0x4A])
    );
    assert_eq!(clean.part(part::LIST_USES)[8..16], [0; 8]);
    let settings = clean.part(part::SETTINGS);
    assert_eq!((settings[20..38].iter().all(|byte| *byte == 0), settings[5], settings[7]), (true, 0, 0));
    for gone in ["server", "題名", "変数", "yamada", "a.example"] {
        assert!(!clean.holds(&wide(gone)), "{gone}");
    }
    assert!(clean.holds(&wide("番号")) && clean.holds(&wide("Arial")) && !clean.holds(b"rest"));
}

#[test]
fn long_looks_of_paragraphs_stand_in_the_data_stream() {
    // Borders of a table that the page has no room for, as a program writes them: somewhere else.
    let long: Vec<u8> = (0..60).flat_map(|_| [0x4E, 0xC6, 8, 1, 2, 3, 4, 5, 6, 7, 8]).collect();
    let row = [0x03, 0x24, 1];
    let elsewhere =
        |number: u16, place: u32| [number.to_le_bytes().as_slice(), &place.to_le_bytes()].concat();
    let mut sample = Sample::new("一\r二\r");
    sample.data = [shorts(&[long.len() as u16]), long.clone(), shorts(&[3]), row.to_vec()].concat();
    let second = (2 + long.len()) as u32;
    sample.paragraphs = vec![elsewhere(0x6646, 0), [elsewhere(0x646B, second), vec![0x16, 0x24, 1]].concat()];
    let outcome = run(&sample.file());
    assert_clean(&outcome);
    let clean = clean(&outcome);
    let paragraphs = clean.paragraphs();
    assert_eq!(paragraphs[0].len(), 8);
    let place = looks::find(&paragraphs[0][2..], 0x6646).unwrap() as usize;
    assert_eq!(clean.data[place..][..2], shorts(&[long.len() as u16]));
    assert_eq!(clean.data[place + 2..][..long.len()], long);
    let place = looks::find(&paragraphs[1][2..], 0x646B).unwrap() as usize;
    assert_eq!(clean.data[place..][..5], [3, 0, 0x03, 0x24, 1]);
    assert_eq!(paragraphs[1][8..], [0x16, 0x24, 1]);
}

#[test]
fn the_mark_stands_in_each_page_header_once() {
    let marked = |label: &str, bytes: &[u8]| {
        let mut job: Job = trial::job("a.doc");
        job.mark = Some(trial::mark(label, "c2"));
        trial::run(&job, bytes)
    };
    let headers = |outcome: &Outcome| -> Vec<String> {
        let clean = clean(outcome);
        let all: Vec<u16> = clean.text()[story::HEADERS].encode_utf16().collect();
        let (places, _) = plc(&clean.part(part::PAGE_HEADERS), 0).map(|(places, _)| (places, ())).unwrap();
        let places: Vec<usize> = places.into_iter().map(|at| at as usize).collect();
        places.windows(2).map(|pair| String::from_utf16_lossy(&all[pair[0]..pair[1]])).collect()
    };
    // Two sections: a header of odd pages in the first, none and a first page of its own in the second; even pages differ.
    let mut sample = Sample::new("一\r二\r");
    sample.stories[story::HEADERS] = "\u{3}\r頁\r\r\u{8}足\r\r\r".to_owned();
    let mut places = vec![0, 2, 2, 2, 2, 2, 2, 2, 5, 5, 9];
    places.resize(19, 9);
    places.push(10);
    sample.behind = [shorts(&[3]), vec![0x0A, 0x30, 1]].concat();
    let (_, _, behind) = sample.streams();
    let mut sections = section_list(&[2, 4]);
    sections[12 + 12 + 2..][..4].copy_from_slice(&behind.to_le_bytes());
    let mut settings = vec![0; 544];
    settings[0] = 1;
    let sample = sample
        .with(part::PAGE_HEADERS, numbers(&places))
        .with(part::SECTIONS, sections)
        .with(part::SETTINGS, settings);
    let plain = headers(&run(&sample.file()));
    let first = marked("機密性2", &sample.file());
    let expected = |label: &str| {
        let mut expected = plain.clone();
        expected[6] = format!("{label}\r\r");
        expected[7] = format!("{label}\r頁\r\r");
        expected[16] = format!("{label}\r\r");
        expected
    };
    assert_eq!(plain[7], "頁\r\r");
    assert_eq!(headers(&first), expected("機密性2"));
    // It stays without another one, and another one takes its place.
    let kept = run(first.clean.as_ref().unwrap());
    assert_eq!((&kept.report.removals, headers(&kept)), (&Vec::new(), expected("機密性2")));
    let other = marked("機密性3 <&>", kept.clean.as_ref().unwrap());
    assert_eq!(headers(&other), expected("機密性3 <&>"));
    for outcome in [&first, &kept, &other] {
        // It is none of what the document says.
        let kept = outcome.report.fidelity.as_ref().unwrap().characters;
        assert_eq!((kept.before, kept.after), (4, 4));
    }
    assert_eq!(clean(&other).text()[..2], ["一\r二\r", ""]);
    // A document that has no page headers.
    let bare = marked("機密性2", &Sample::new("一\r").file());
    let mut lines = vec![String::new(); 13];
    lines[7] = "機密性2\r\r".to_owned();
    lines[12] = "\r".to_owned();
    assert_eq!(headers(&bare), lines);
    assert_eq!(headers(&run(bare.clean.as_ref().unwrap())), lines);
    // What stands in a header like a mark in a file without one is somebody's.
    let mut sample = Sample::new("一\r");
    sample.stories[story::HEADERS] = "機密性2\r\r".to_owned();
    let mut places = vec![0; 8];
    places.resize(14, 5);
    let sample = sample.with(part::PAGE_HEADERS, numbers(&places));
    assert_eq!(headers(&marked("機密性2", &sample.file()))[7], "機密性2\r機密性2\r");
}

#[test]
fn words_are_read_in_their_order() {
    let mut sample =
        Sample::new("題\r甲\u{7}乙一\r乙二\u{7}\u{7}丙\u{7}\u{7}\u{7}\u{13}PAGE\u{14}1\u{15}\tと\u{b}消終\r");
    sample.stories[story::FOOTNOTES] = "注\r".to_owned();
    let cell = vec![0x16, 0x24, 1];
    let row = vec![0x16, 0x24, 1, 0x17, 0x24, 1];
    sample.paragraphs =
        vec![Vec::new(), cell.clone(), cell.clone(), cell.clone(), row.clone(), cell.clone(), cell, row];
    let count = sample.stories[0].encode_utf16().count() as u32;
    let sample = sample.looks(&[(count - 3, &[]), (count - 2, &[0x00, 0x08, 1])]);
    let outcome = run(&sample.file());
    let limits = worker_protocol::Limits::default();
    let (preview, _) = crate::preview::preview(Kind::Doc, outcome.clean.as_ref().unwrap(), &limits).unwrap();
    let worker_protocol::Preview::Text { blocks, .. } = preview else { panic!("text") };
    let rows = vec![vec!["甲".to_owned(), "乙一\n乙二".to_owned()], vec!["丙".to_owned(), String::new()]];
    let paragraph = |text: &str| TextBlock::Paragraph { text: text.to_owned() };
    assert_eq!(blocks, [paragraph("題"), TextBlock::Table { rows }, paragraph("1 と 終")]);
    let outcome = trial::run(&trial::job_in("a.doc", Mode::TextOnly), &sample.file());
    let words = String::from_utf8(outcome.clean.unwrap()).unwrap();
    assert_eq!(words.lines().last(), Some("注"));
}

#[test]
fn what_is_not_read_here_is_converted() {
    let plain = || Sample::new("一\r");
    let changed = |change: fn(&mut Vec<u8>, &mut Vec<u8>)| {
        let (mut main, mut table, _) = plain().streams();
        change(&mut main, &mut table);
        whole(&main, &table, &[])
    };
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("an older form", changed(|main, _| main[2] = 0x65)),
        ("another length", changed(|main, _| main[0x20] = 15)),
        ("text for macros", changed(|main, _| main[0x58] = 1)),
        ("no section", plain().with(part::SECTIONS, Vec::new()).file()),
        ("a section elsewhere", {
            let mut sections = section_list(&[2]);
            sections[10..14].copy_from_slice(&0x7FFF_FFFFu32.to_le_bytes());
            plain().with(part::SECTIONS, sections).file()
        }),
        ("settings of another length", plain().with(part::SETTINGS, vec![0; 40]).file()),
        ("styles that are cut off", plain().with(part::STYLES, shorts(&[18, 2, 10, 1])).file()),
        (
            "places that go back",
            plain()
                .with(part::BOOKMARK_NAMES, strings(&["a"], 0))
                .with(part::BOOKMARK_STARTS, [numbers(&[2, 1]), vec![0; 4]].concat())
                .file(),
        ),
        (
            "a paragraph of which nothing is said",
            changed(|main, _| main[0x9A + part::PARAGRAPHS * 8 + 4] = 0),
        ),
        ("more text than there is", changed(|main, _| main[0x4C] = 200)),
        (
            "a note in what goes",
            Sample::new("\u{13}DDE \u{2}\u{14}\u{15}\r")
                .with(2, [numbers(&[5, 8]), shorts(&[1])].concat())
                .file(),
        ),
        ("a cell in what goes", Sample::new("\u{13}DDE \u{7}\u{14}\u{15}\r").file()),
    ];
    for (what, file) in rows {
        let outcome = run(&file);
        assert_eq!(outcome.report.reason, Some(Reason::NotRebuilt), "{what}");
    }
    assert_clean(&run(&plain().file()));
}

proptest! {
    /// Whatever looks are: what was written is written again.
    #[test]
    fn any_looks_are_read_once(list in prop::collection::vec(prop_oneof![Just(0u8), 0u8..12, any::<u8>()], 0..60)) {
        let known = Known { fonts: 2, styles: 2 };
        let sorts = [about::PARAGRAPHS, about::CHARACTERS, about::TABLES, about::SECTIONS];
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        looks::put(&list, &sorts, known, &mut once);
        prop_assert!(!looks::put(&once, &sorts, known, &mut twice));
        prop_assert_eq!(once, twice);
    }

    /// Whatever is changed in a document: it goes another road, or what comes out stays what it is.
    #[test]
    fn any_change_is_read_to_an_end(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let look = at_place(0, false);
        let mut sample = Sample::new("一\u{13}PAGE\u{14}1\u{15}\u{1}\u{2}\r甲\u{7}\u{7}").looks(&[(8, &[0x35, 0x08, 1]), (9, &look)]);
        sample.stories[story::FOOTNOTES] = "\u{2}注\r".to_owned();
        sample.stories[story::HEADERS] = "頁\r\r".to_owned();
        sample.data = block(0x64, &[shape(75, 0x0A00), entry_with(&png())].concat());
        let mut places = vec![0; 8];
        places.resize(14, 3);
        let sample = sample
            .with(part::PAGE_HEADERS, numbers(&places))
            .with(2, [numbers(&[9, 14]), shorts(&[1])].concat())
            .with(3, numbers(&[0, 3, 4]))
            .with(16, [numbers(&[1, 6, 8, 14]), vec![0x13, 0x21, 0x14, 0xFF, 0x15, 0]].concat());
        let (mut main, mut table, _) = sample.streams();
        let mut data = sample.data.clone();
        for (at, byte) in changes {
            let at = at.index(main.len() + table.len() + data.len());
            let place = [&mut main, &mut table, &mut data].into_iter().try_fold(at, |at, stream| {
                match stream.get_mut(at) {
                    Some(place) => { *place = byte; Err(()) }
                    None => Ok(at - stream.len()),
                }
            });
            prop_assert!(place.is_err());
        }
        let outcome = run(&whole(&main, &table, &data));
        if outcome.clean.is_some() {
            assert_clean(&outcome);
            shown::read(outcome.clean.as_ref().unwrap(), &worker_protocol::Limits::default());
        }
    }
}
