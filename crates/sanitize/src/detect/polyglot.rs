//! Files that are two kinds at once, made so that two programs see two different things.
//!
//! Owns: asking a file of one kind whether it would open as another, too.
//! Leaves to others: what the file is in the first place.
//!
//! A word in a comment is no second file: each question asks for what a reader of the other kind cannot do without.

use worker_protocol::Kind;

/// The end record of a ZIP and its longest comment.
const END_BYTES: usize = 22;
const COMMENT_BYTES_MAX: usize = 0xFFFF;

/// Whether a file of this kind, found by its beginning, would open as something else, too.
pub(super) fn is_two_kinds(untrusted: &[u8], kind: Kind) -> bool {
    let is_package = matches!(
        kind,
        Kind::Zip
            | Kind::Docx
            | Kind::Xlsx
            | Kind::Pptx
            | Kind::Xlsb
            | Kind::Odt
            | Kind::Ods
            | Kind::Odp
            | Kind::Odg
            | Kind::Visio
            | Kind::Epub
            | Kind::Sxf
    );
    if is_package {
        return false;
    }
    ends_as_zip(untrusted)
        || (kind != Kind::Pdf && is_pdf_too(untrusted))
        || (kind == Kind::Pdf && pdf_begins_otherwise(untrusted))
}

/// Whether the file ends with the directory of a ZIP that leads back to members.
pub(super) fn ends_as_zip(untrusted: &[u8]) -> bool {
    let from = untrusted.len().saturating_sub(END_BYTES + COMMENT_BYTES_MAX);
    let tail = untrusted.get(from..).unwrap_or_default();
    let word = |at: usize, length: usize| {
        let bytes = untrusted.get(at..at.checked_add(length)?)?;
        Some(bytes.iter().rev().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte)))
    };
    tail.windows(4).enumerate().filter(|(_, w)| *w == b"PK\x05\x06").any(|(at, _)| {
        let end = from + at;
        let (Some(entries), Some(size), Some(comment)) =
            (word(end + 10, 2), word(end + 12, 4), word(end + 20, 2))
        else {
            return false;
        };
        let reaches_end = end + END_BYTES + comment == untrusted.len();
        let directory = end.checked_sub(size).and_then(|at| untrusted.get(at..));
        entries > 0 && reaches_end && directory.is_some_and(|bytes| bytes.starts_with(b"PK\x01\x02"))
    })
}

/// Readers of PDF look for the header in the first 1024 bytes and for the table of objects near the end.
fn is_pdf_too(untrusted: &[u8]) -> bool {
    let head = untrusted.get(..1024).unwrap_or(untrusted);
    let tail = untrusted.get(untrusted.len().saturating_sub(2048)..).unwrap_or_default();
    super::contains(head, b"%PDF-") && super::contains(tail, b"startxref")
}

/// A PDF whose first bytes are a program of another sort: a page of script, for one.
fn pdf_begins_otherwise(untrusted: &[u8]) -> bool {
    let start = untrusted.trim_ascii_start();
    let lower: Vec<u8> = start.iter().take(16).map(u8::to_ascii_lowercase).collect();
    [b"<html".as_slice(), b"<script", b"<!doctype", b"<?php", b"<svg", b"<hta"]
        .iter()
        .any(|mark| lower.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_file_is_found_and_a_word_is_not() {
        let zip = crate::zip_writer::write([("a.txt", b"x".as_slice())]).unwrap();
        let gif = b"GIF89a\x01\0\x01\0\0\0\0;".to_vec();
        let pdf = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n0\n%%EOF".to_vec();
        let rows: [(Vec<u8>, Kind, bool); 9] = [
            (gif.clone(), Kind::Gif, false),
            ([gif.clone(), zip.clone()].concat(), Kind::Gif, true),
            ([pdf.clone(), zip.clone()].concat(), Kind::Pdf, true),
            ([gif.clone(), pdf.clone()].concat(), Kind::Gif, true),
            ([b"<html>".to_vec(), pdf.clone()].concat(), Kind::Pdf, true),
            (pdf.clone(), Kind::Pdf, false),
            ([gif.clone(), b"%PDF- is a word, PK\x05\x06 too".to_vec()].concat(), Kind::Gif, false),
            ([gif.clone(), b"<html><script>".to_vec()].concat(), Kind::Gif, false),
            (zip, Kind::Zip, false),
        ];
        for (bytes, kind, expected) in rows {
            assert_eq!(
                is_two_kinds(&bytes, kind),
                expected,
                "{kind:?} {:?}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}
