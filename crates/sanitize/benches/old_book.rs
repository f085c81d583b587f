//! What rebuilding a workbook of Excel 97 costs: against reading its streams and writing them into a new file, which any tool
//! that writes it anew has to do.
//!
//! Run with `cargo bench -p sanitize --bench old_book`. The ratio of the two rows is the price of reading, judging and
//! writing every record.

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

fn file(stream: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream("/Workbook").unwrap().write_all(stream).unwrap();
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
        file(&out)
    })
}

#[divan::bench]
fn workbook(bencher: Bencher<'_, '_>) {
    let job = Job {
        hint: Hint { untrusted_name: "a.xls".to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: worker_protocol::Notes::default(),
    };
    bencher.counter(BytesCount::of_slice(book())).with_inputs(|| book().to_vec()).bench_values(|bytes| {
        let outcome = sanitize::sanitise(black_box(&job), bytes, &mut |_, _| ());
        assert_eq!(outcome.report.road, Some(Road::Rebuilt), "{:?}", outcome.report);
        outcome
    });
}

#[divan::bench]
fn workbook_copied(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_slice(book())).with_inputs(|| book().to_vec()).bench_values(|bytes| {
        let mut stream = Vec::new();
        let mut old = cfb::CompoundFile::open(Cursor::new(black_box(bytes))).unwrap();
        old.open_stream("/Workbook").unwrap().read_to_end(&mut stream).unwrap();
        file(&stream)
    });
}
