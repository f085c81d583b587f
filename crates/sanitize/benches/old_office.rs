//! What rebuilding a workbook of Excel 97, a presentation of PowerPoint 97 or a document of Word 97 costs: against reading its
//! streams and writing them into a new file, which any tool that writes it anew has to do.
//!
//! Run with `cargo bench -p sanitize --bench old_office`. The ratio of the two rows of a kind is the price of reading,
//! judging and writing every record, or every look of the text.

#![expect(clippy::unwrap_used, reason = "a bench that cannot make its file has nothing to measure")]

use std::io::{Cursor, Read, Write};
use std::sync::OnceLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use worker_protocol::{FilePolicy, Hint, Job, Limits, Road};

/// A sheet of Excel 97 has no more.
const ROWS: u16 = 65_000;

fn main() {
    divan::main();
}

fn record(out: &mut Vec<u8>, number: u16, body: &[u8]) {
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&u16::try_from(body.len()).unwrap().to_le_bytes());
    out.extend_from_slice(body);
}

fn file(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, stream) in streams {
        file.create_stream(name).unwrap().write_all(stream).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// A register of sixty-five thousand rows: a text that rows share, two amounts and a formula in each.
fn book() -> &'static [u8] {
    static BOOK: OnceLock<Vec<u8>> = OnceLock::new();
    BOOK.get_or_init(|| {
        let begin = |kind: u8| [&[0, 6, kind, 0][..], &[0; 12]].concat();
        let mut out = Vec::new();
        record(&mut out, 0x0809, &begin(5));
        record(&mut out, 0x0031, &[&[200, 0][..], &[0; 12], &[1, 0, b'A']].concat());
        record(&mut out, 0x00E0, &[0; 20]);
        let place = out.len() + 4;
        record(&mut out, 0x0085, &[0, 0, 0, 0, 0, 0, 1, 0, b'S']);
        let mut texts = [1_000u32.to_le_bytes(), 100u32.to_le_bytes()].concat();
        for number in 0..100 {
            let text: Vec<u8> =
                format!("申請者 {number} 番").encode_utf16().flat_map(u16::to_le_bytes).collect();
            texts.extend([&u16::try_from(text.len() / 2).unwrap().to_le_bytes()[..], &[1], &text].concat());
        }
        record(&mut out, 0x00FC, &texts);
        record(&mut out, 0x000A, &[]);
        let start = u32::try_from(out.len()).unwrap().to_le_bytes();
        out.get_mut(place..place + 4).unwrap().copy_from_slice(&start);
        record(&mut out, 0x0809, &begin(0x10));
        record(&mut out, 0x0014, &[]);
        for row in 0..ROWS {
            let cell = |column: u16| [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
            let amount = f64::from(row) * 1.1;
            record(&mut out, 0x00FD, &[&cell(0)[..], &u32::from(row % 100).to_le_bytes()].concat());
            record(&mut out, 0x0203, &[&cell(1)[..], &amount.to_le_bytes()].concat());
            record(&mut out, 0x027E, &[&cell(2)[..], &(u32::from(row) << 2 | 2).to_le_bytes()].concat());
            // The sum of the two beside it.
            let tokens =
                [&[0x44][..], &row.to_le_bytes(), &[1, 0xC0, 0x44], &row.to_le_bytes(), &[2, 0xC0, 0x03]];
            let tokens = tokens.concat();
            let count = u16::try_from(tokens.len()).unwrap().to_le_bytes();
            record(
                &mut out,
                0x0006,
                &[&cell(3)[..], &amount.to_le_bytes(), &[0; 6], &count, &tokens].concat(),
            );
        }
        record(&mut out, 0x000A, &[]);
        file(&[("/Workbook", &out)])
    })
}

/// A record of a presentation.
fn node(form: u16, number: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [&form.to_le_bytes()[..], &number.to_le_bytes(), &length, body].concat()
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A drawing with so many boxes, each with a sentence in two looks.
fn drawing(number: u16, boxes: u32) -> Vec<u8> {
    let first = u32::from(number) * 1024;
    let kind = |number: u32, flags: u32| node(202 << 4 | 2, 0xF00A, &numbers(&[number, flags]));
    let text: Vec<u8> =
        "担当課は、次の事項を確認すること。".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let count = u32::try_from(text.len() / 2 + 1).unwrap();
    let looks = [
        numbers(&[count]),
        vec![0, 0, 0, 8, 0, 0, 1, 0],
        numbers(&[5, 0x0002_0001]),
        vec![1, 0, 18, 0],
        numbers(&[count - 5, 0x0006_0000]),
        vec![24, 0, 0xC0, 0, 0, 0xFE],
    ];
    let words = [
        node(0, 0x0F9F, &numbers(&[4])),
        node(0, 0x0FA0, &text),
        node(0, 0x0FA1, &looks.concat()),
        node(0, 0x0FAA, &[numbers(&[count, 6]), vec![17, 4, 17, 4]].concat()),
    ];
    let one = |n: u32| {
        let properties = node(
            0x33,
            0xF00B,
            &[[0x81, 1, 0xFF, 0, 0, 8], [0xBF, 1, 1, 0, 1, 0], [0xFF, 1, 0, 0, 8, 0]].concat(),
        );
        let inside = [
            kind(first + n, 0x0A00),
            properties,
            node(0, 0xF010, &[0; 8]),
            node(0x0F, 0xF00D, &words.concat()),
        ];
        node(0x0F, 0xF004, &inside.concat())
    };
    let group = [node(1, 0xF009, &[0; 16]), kind(first, 5)].concat();
    let shapes: Vec<u8> =
        [node(0x0F, 0xF004, &group)].into_iter().chain((1..=boxes).map(one)).flatten().collect();
    let counts = node(number << 4, 0xF008, &numbers(&[boxes + 1, first + boxes]));
    node(0x0F, 0x040C, &node(0x0F, 0xF002, &[counts, node(0x0F, 0xF003, &shapes)].concat()))
}

/// A presentation of five hundred slides with twenty boxes each.
fn show() -> &'static [u8] {
    const SLIDES: u16 = 500;
    const MASTER: u32 = 0x8000_0000;
    static SHOW: OnceLock<Vec<u8>> = OnceLock::new();
    SHOW.get_or_init(|| {
        let slides = u32::from(SLIDES);
        let font = [&[b'A'][..], &[0; 67]].concat();
        let head = numbers(&[(slides + 2) * 1024, slides + 2, slides * 21, slides + 1]);
        let clusters = (1..slides + 2).flat_map(|drawing| numbers(&[drawing, 21]));
        let clusters: Vec<u8> = head.into_iter().chain(clusters).collect();
        let listed = |object: u32, own: u32| node(0, 0x03F3, &numbers(&[object, 4, 0, own, 0]));
        let list: Vec<u8> = (0..slides).flat_map(|n| listed(n + 3, n + 256)).collect();
        let document = [
            node(1, 0x03E9, &[numbers(&[5760, 4320]), vec![0; 32]].concat()),
            node(0x0F, 0x03F2, &node(0x0F, 0x07D5, &node(0, 0x0FB7, &font))),
            node(0x0F, 0x040B, &node(0x0F, 0xF000, &node(0, 0xF006, &clusters))),
            node(0x1F, 0x0FF0, &listed(2, MASTER)),
            node(0x0F, 0x0FF0, &list),
        ];
        let atom = |master: u32| node(2, 0x03EF, &[vec![0; 12], numbers(&[master, 0, 0])].concat());
        let master = node(0x0F, 0x03F8, &[atom(0), drawing(1, 0)].concat());
        let mut objects = vec![node(0x0F, 0x03E8, &document.concat()), master];
        objects.extend((0..SLIDES).map(|n| node(0x0F, 0x03EE, &[atom(MASTER), drawing(n + 2, 20)].concat())));
        let mut stream = Vec::new();
        let mut directory = numbers(&[1 | (slides + 2) << 20]);
        for object in objects {
            directory.extend(numbers(&[u32::try_from(stream.len()).unwrap()]));
            stream.extend(object);
        }
        let at = u32::try_from(stream.len()).unwrap();
        stream.extend(node(0, 0x1772, &directory));
        let edit = u32::try_from(stream.len()).unwrap();
        stream.extend(node(0, 0x0FF5, &numbers(&[0, 0x0300_0000, 0, at, 1, slides + 2, 1])));
        let user = node(0, 0x0FF6, &[numbers(&[20, 0xE391_C05F, edit]), vec![0; 12]].concat());
        file(&[("/Current User", &user), ("/PowerPoint Document", &stream)])
    })
}

/// Pages with how a text of two bytes a character looks: up to some character so, by number. Each page has all looks on it and so
/// many runs at most. Returns the list of the pages.
fn pages(
    main: &mut Vec<u8>,
    text: usize,
    runs: &[(usize, usize)],
    looks: &[Vec<u8>],
    entry: usize,
) -> Vec<u8> {
    let place = |at: usize| u32::try_from(text + at * 2).unwrap();
    let each = 400 / (4 + entry);
    let (mut starts, mut pages, mut from) = (Vec::new(), Vec::new(), 0);
    for runs in runs.chunks(each) {
        let mut page = [0; 512];
        let mut at = 511;
        let places: Vec<u8> = looks
            .iter()
            .map(|look| {
                at = (at - look.len()) & !1;
                page.get_mut(at..at + look.len()).unwrap().copy_from_slice(look);
                if look.is_empty() { 0 } else { u8::try_from(at / 2).unwrap() }
            })
            .collect();
        starts.push(place(from));
        let mut heads = numbers(&[place(from)]);
        heads.extend(runs.iter().flat_map(|(end, _)| place(*end).to_le_bytes()));
        for (_, look) in runs {
            heads.push(*places.get(*look).unwrap());
            heads.resize(heads.len() + entry - 1, 0);
        }
        assert!(heads.len() <= at, "looks have room beside the runs");
        page.get_mut(..heads.len()).unwrap().copy_from_slice(&heads);
        *page.last_mut().unwrap() = u8::try_from(runs.len()).unwrap();
        from = runs.last().unwrap().0;
        main.resize(main.len().next_multiple_of(512), 0);
        pages.push(u32::try_from(main.len() / 512).unwrap());
        main.extend_from_slice(&page);
    }
    starts.push(place(from));
    numbers(&[starts, pages].concat())
}

/// The text of a document with its looks, each up to some character and by number.
#[derive(Default)]
struct Words {
    units: Vec<u16>,
    characters: Vec<(usize, usize)>,
    paragraphs: Vec<(usize, usize)>,
}

impl Words {
    fn put(&mut self, text: &str, look: usize) {
        self.units.extend(text.encode_utf16());
        self.characters.push((self.units.len(), look));
    }

    fn end(&mut self, sign: u16, look: usize) {
        self.units.push(sign);
        self.characters.push((self.units.len(), 0));
        self.paragraphs.push((self.units.len(), look));
    }
}

/// A document of fifteen thousand paragraphs, with words in bold and in red in each, and two tables of a thousand rows.
fn report() -> &'static [u8] {
    const TEXT: usize = 0x800;
    static REPORT: OnceLock<Vec<u8>> = OnceLock::new();
    REPORT.get_or_init(|| {
        let mut words = Words::default();
        for part in 0..2 {
            for number in 0..7_500 {
                words.put("担当課は、次の事項を", 0);
                words.put("必ず確認", 1);
                words.put("し、その結果を", 0);
                words.put("三日以内", 2);
                words.put(&format!("に報告すること（第{part}部{number}項）。"), 0);
                words.end(0x0D, 0);
            }
            for row in 0..1_000 {
                for cell in [format!("{row}番"), "申請者の氏名".to_owned(), "受付済み".to_owned()]
                {
                    words.put(&cell, 0);
                    words.end(0x07, 1);
                }
                words.end(0x07, 2);
            }
        }
        words.end(0x0D, 0);
        let Words { units, characters, paragraphs } = words;
        let row = [&[0x16, 0x24, 1, 0x17, 0x24, 1, 0x08, 0xD6, 70, 0, 3][..], &[0; 68]].concat();
        let of_characters = [vec![], vec![3, 0x35, 0x08, 1], vec![6, 0x70, 0x68, 0xC0, 0, 0, 0]];
        // The number of a style comes first; the length is in words.
        let of_paragraphs = [&[0x03, 0x24, 0][..], &[0x16, 0x24, 1], &row].map(|look| {
            let look = [&[0, 0][..], look].concat();
            [&[u8::try_from(look.len().div_ceil(2)).unwrap()], look.as_slice()].concat()
        });
        let mut main = vec![0; TEXT];
        main.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        let count = u32::try_from(units.len()).unwrap();
        let place = u32::try_from(TEXT).unwrap();
        let shorts =
            |values: &[u16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let piece = [numbers(&[0, count]), vec![0; 2], numbers(&[place]), vec![0; 2]].concat();
        let style = [shorts(&[0, 0xFFF1, 2, 0, 0, 1]), shorts(&[0x41, 0, 2, 0, 0])].concat();
        let styles = [shorts(&[18, 1, 10, 1, 0, 0, 0, 0, 0, 0, 22]), style];
        let section = [numbers(&[0, count]), vec![0; 2], numbers(&[u32::MAX]), vec![0; 6]];
        let parts = [
            (1, styles.concat()),
            (6, section.concat()),
            (12, pages(&mut main, TEXT, &characters, &of_characters, 1)),
            (13, pages(&mut main, TEXT, &paragraphs, &of_paragraphs, 13)),
            (15, [shorts(&[1, 0]), vec![43], vec![0; 39], shorts(&[0x41, 0])].concat()),
            (31, vec![0; 544]),
            (33, [vec![2], numbers(&[u32::try_from(piece.len()).unwrap()]), piece].concat()),
        ];
        let mut put =
            |at: usize, bytes: &[u8]| main.get_mut(at..at + bytes.len()).unwrap().copy_from_slice(bytes);
        put(0, &shorts(&[0xA5EC, 0xC1, 0, 0x411, 0, 0x1200]));
        put(0x20, &shorts(&[14]));
        put(0x3E, &shorts(&[22]));
        put(0x4C, &numbers(&[count]));
        put(0x98, &shorts(&[0x88]));
        let mut table = Vec::new();
        for (number, bytes) in parts {
            let length = u32::try_from(bytes.len()).unwrap();
            put(0x9A + number * 8, &numbers(&[u32::try_from(table.len()).unwrap(), length]));
            table.extend(bytes);
        }
        file(&[("/WordDocument", &main), ("/1Table", &table)])
    })
}

/// Sanitises a file, which must come out as what it is.
fn rebuilt(bencher: Bencher<'_, '_>, name: &str, file: &'static [u8]) {
    let job = Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: worker_protocol::Notes::default(),
    };
    bencher.counter(BytesCount::of_slice(file)).with_inputs(|| file.to_vec()).bench_values(|bytes| {
        let outcome = sanitize::sanitise(black_box(&job), bytes, &mut |_, _| ());
        assert_eq!(outcome.report.road, Some(Road::Rebuilt), "{:?}", outcome.report);
        outcome
    });
}

/// Writes the streams of a file into a new one.
fn copied(bencher: Bencher<'_, '_>, names: &[&str], bytes: &'static [u8]) {
    bencher.counter(BytesCount::of_slice(bytes)).with_inputs(|| bytes.to_vec()).bench_values(|bytes| {
        let mut old = cfb::CompoundFile::open(Cursor::new(black_box(bytes))).unwrap();
        let mut streams = Vec::new();
        for name in names {
            let mut stream = Vec::new();
            old.open_stream(name).unwrap().read_to_end(&mut stream).unwrap();
            streams.push((*name, stream));
        }
        file(&streams.iter().map(|(name, stream)| (*name, stream.as_slice())).collect::<Vec<_>>())
    });
}

#[divan::bench]
fn workbook(bencher: Bencher<'_, '_>) {
    rebuilt(bencher, "a.xls", book());
}

#[divan::bench]
fn workbook_copied(bencher: Bencher<'_, '_>) {
    copied(bencher, &["/Workbook"], book());
}

#[divan::bench]
fn presentation(bencher: Bencher<'_, '_>) {
    rebuilt(bencher, "a.ppt", show());
}

#[divan::bench]
fn presentation_copied(bencher: Bencher<'_, '_>) {
    copied(bencher, &["/Current User", "/PowerPoint Document"], show());
}

#[divan::bench]
fn document(bencher: Bencher<'_, '_>) {
    rebuilt(bencher, "a.doc", report());
}

#[divan::bench]
fn document_copied(bencher: Bencher<'_, '_>) {
    copied(bencher, &["/WordDocument", "/1Table"], report());
}
