//! Files for the tests: a document whose macro holds a mark that must never come out, and broken ones.

use std::io::{Cursor, Read as _, Write as _};

use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

const SURVEY: &[u8] = include_bytes!("../../samples/survey.docm");
const NOTICE: &[u8] = include_bytes!("../../samples/notice.docx");
const LOCKED: &[u8] = include_bytes!("../../samples/locked.zip");

/// What only unsanitised content holds.
pub(crate) const MARK: &[u8] = b"UNSANITISED-CONTENT-6f1d";

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

/// A Word document with a macro part that holds the mark as plain bytes. `salt` makes each one different.
pub(crate) fn with_macro(salt: &str) -> Vec<u8> {
    let mut from = ZipArchive::new(Cursor::new(SURVEY)).unwrap();
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    let mut marked = 0;
    for index in 0..from.len() {
        let mut part = from.by_index(index).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        let name = part.name().unwrap().into_owned();
        if name.ends_with("vbaProject.bin") {
            bytes.extend_from_slice(MARK);
            bytes.extend_from_slice(salt.as_bytes());
            marked += 1;
        }
        to.start_file(name, stored()).unwrap();
        to.write_all(&bytes).unwrap();
    }
    assert_eq!(marked, 1, "the sample has a macro");
    to.finish().unwrap().into_inner()
}

/// A table with a formula that a spreadsheet would run.
pub(crate) fn with_formula(salt: &str) -> Vec<u8> {
    format!("番号,名前\r\n1,=cmd|'/C calc'!A{salt}\r\n").into_bytes()
}

/// Text, nothing to remove.
pub(crate) fn text(salt: &str) -> Vec<u8> {
    format!("会議メモ {salt}\r\n持ち物: 筆記用具\r\n").into_bytes()
}

/// A document without anything active.
pub(crate) fn document() -> Vec<u8> {
    NOTICE.to_vec()
}

/// An archive with a password.
pub(crate) fn locked() -> Vec<u8> {
    LOCKED.to_vec()
}

/// An archive of an archive of zeros: a few kilobytes that would become gigabytes.
pub(crate) fn bomb() -> Vec<u8> {
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let zeros = vec![0_u8; 1 << 20];
    let mut inner = ZipWriter::new(Cursor::new(Vec::new()));
    inner.start_file("zeros.txt", deflated).unwrap();
    for _ in 0..64 {
        inner.write_all(&zeros).unwrap();
    }
    let inner = inner.finish().unwrap().into_inner();
    let mut outer = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..64 {
        outer.start_file(format!("{number}.zip"), deflated).unwrap();
        outer.write_all(&inner).unwrap();
    }
    outer.finish().unwrap().into_inner()
}

/// Why bytes that came out should not have, if so: the mark anywhere in them or in a part of an archive, or a cell of
/// a table that begins like a formula.
pub(crate) fn unclean(name: &str, bytes: &[u8]) -> Option<String> {
    let marked = |bytes: &[u8]| bytes.windows(MARK.len()).any(|w| w == MARK);
    if marked(bytes) {
        return Some(format!("{name} holds the mark"));
    }
    if bytes.starts_with(b"PK") {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string()).unwrap();
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).unwrap();
            let mut inside = Vec::new();
            part.read_to_end(&mut inside).unwrap();
            let inner = part.name().unwrap().into_owned();
            if marked(&inside) || inner.contains("vba") {
                return Some(format!("{inner} in {name} is the macro"));
            }
        }
    }
    let text = String::from_utf8_lossy(bytes);
    let formula = text.lines().flat_map(|l| l.split(',')).any(|c| c.trim_matches('"').starts_with("=cmd"));
    (name.ends_with(".csv") && formula).then(|| format!("{name} holds the formula"))
}

/// The oracle itself notices what it is for.
#[test]
fn unclean_files_are_noticed() {
    assert!(unclean("a.docm", &with_macro("1")).is_some());
    assert!(unclean("a.csv", &with_formula("1")).is_some());
    assert_eq!(unclean("a.txt", &text("1")), None);
    assert_eq!(unclean("a.docx", &document()), None);
}
