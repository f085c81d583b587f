//! What rebuilding a workbook of Excel 97 or a presentation of PowerPoint 97 costs: against reading its streams and writing
//! them into a new file, which any tool that writes it anew has to do.
//!
//! Run with `cargo bench -p sanitize --bench old_office`. The ratio of the two rows of a kind is the price of reading,
//! judging and writing every record.

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
