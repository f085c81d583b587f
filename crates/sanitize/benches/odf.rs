//! What rebuilding an OpenDocument sheet costs: against unpacking and packing the same file, which any tool that writes it
//! anew has to do.
//!
//! Run with `cargo bench -p sanitize --bench odf`. The ratio of a row to its `repack` is the price of reading, judging
//! and writing every element.

#![expect(clippy::unwrap_used, reason = "a bench that cannot make its file has nothing to measure")]

mod prose;
mod repack;

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::sync::OnceLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use worker_protocol::{FilePolicy, Hint, Job, Limits};
use zip::write::SimpleFileOptions;

const ROWS: u32 = 10_000;

fn main() {
    divan::main();
}

fn pack(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A register of ten thousand rows, as an office keeps one: texts, dates, amounts and a formula in each.
fn sheet() -> &'static [u8] {
    static SHEET: OnceLock<Vec<u8>> = OnceLock::new();
    SHEET.get_or_init(|| {
        let oasis = "urn:oasis:names:tc:opendocument:xmlns";
        let mut content = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content xmlns:office=\"{oasis}:office:1.0\" xmlns:table=\"{oasis}:table:1.0\" xmlns:text=\"{oasis}:text:1.0\" xmlns:of=\"{oasis}:of:1.2\" office:version=\"1.2\"><office:body><office:spreadsheet><table:table table:name=\"台帳\">");
        for row in 1..=ROWS {
            write!(
                content,
                "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>成田 {row} 丁目 申請者 {}</text:p></table:table-cell><table:table-cell office:value-type=\"date\" office:date-value=\"2026-04-{:02}\"><text:p>{}日</text:p></table:table-cell><table:table-cell office:value-type=\"float\" office:value=\"{row}\"><text:p>{row}</text:p></table:table-cell><table:table-cell table:formula=\"of:=[.C{row}]*1.1\" office:value-type=\"float\" office:value=\"{}\"><text:p>{}</text:p></table:table-cell></table:table-row>",
                row.wrapping_mul(2_654_435_761),
                row % 28 + 1,
                row % 28 + 1,
                row * 11,
                row * 11,
            )
            .unwrap();
        }
        content.push_str("</table:table></office:spreadsheet></office:body></office:document-content>");
        let manifest = "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
        pack(&[
            ("mimetype".to_owned(), b"application/vnd.oasis.opendocument.spreadsheet".to_vec()),
            ("content.xml".to_owned(), content.into_bytes()),
            ("META-INF/manifest.xml".to_owned(), manifest.into()),
        ])
    })
}

/// Half a megabyte of words in paragraphs, as a text of a few hundred pages.
fn letter() -> &'static [u8] {
    static LETTER: OnceLock<Vec<u8>> = OnceLock::new();
    LETTER.get_or_init(|| {
        let oasis = "urn:oasis:names:tc:opendocument:xmlns";
        let mut content = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-content xmlns:office=\"{oasis}:office:1.0\" xmlns:text=\"{oasis}:text:1.0\" office:version=\"1.3\"><office:scripts/><office:body><office:text>");
        let mut noise = prose::Noise::new(9);
        for line in prose::text(&mut noise, 600_000).lines() {
            let middle = line.char_indices().nth(line.chars().count() / 2).map_or(0, |(at, _)| at);
            let (start, rest) = line.split_at(middle);
            let style = noise.next() % 9;
            write!(
                content,
                "<text:p text:style-name=\"P{style}\">{start}<text:span text:style-name=\"T{style}\">{rest}</text:span></text:p>"
            )
            .unwrap();
        }
        content.push_str("</office:text></office:body></office:document-content>");
        let manifest = "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
        pack(&[
            ("mimetype".to_owned(), b"application/vnd.oasis.opendocument.text".to_vec()),
            ("content.xml".to_owned(), content.into_bytes()),
            ("META-INF/manifest.xml".to_owned(), manifest.into()),
        ])
    })
}

fn rebuild(bencher: Bencher<'_, '_>, name: &str, bytes: &'static [u8]) {
    let job = Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    };
    bencher.counter(BytesCount::of_slice(bytes)).with_inputs(|| bytes.to_vec()).bench_values(|bytes| {
        let outcome = sanitize::sanitise(&job, black_box(bytes), &mut |_, _| ());
        assert!(outcome.clean.is_some());
        outcome
    });
}

fn repack(bencher: Bencher<'_, '_>, bytes: &'static [u8]) {
    bencher.counter(BytesCount::of_slice(bytes)).bench(|| repack::repack(black_box(bytes)).unwrap());
}

#[divan::bench]
fn sheet_rebuild(bencher: Bencher<'_, '_>) {
    rebuild(bencher, "a.ods", sheet());
}

#[divan::bench]
fn sheet_repack(bencher: Bencher<'_, '_>) {
    repack(bencher, sheet());
}

#[divan::bench]
fn letter_rebuild(bencher: Bencher<'_, '_>) {
    rebuild(bencher, "a.odt", letter());
}

#[divan::bench]
fn letter_repack(bencher: Bencher<'_, '_>) {
    repack(bencher, letter());
}
