//! What a file really is, and whether its name tells the truth.
//!
//! Owns: recognising content, and the table of which extensions agree with which kind.
//! Leaves to others: whether the kind may pass (the pack, in `lib`), and rebuilding it.

use worker_protocol::{Kind, Limits, Reason};

use crate::{Refusal, text, zip_reader};

/// Finds the kind from the content and compares it with the name.
///
/// # Errors
/// Executables are blocked. What is known but not rebuilt by this version, what is not known, and what
/// contradicts its name is held.
pub(crate) fn detect(untrusted: &[u8], untrusted_name: &str, limits: &Limits) -> Result<Kind, Refusal> {
    if untrusted.is_empty() {
        return Err(Refusal::held(Reason::Empty));
    }
    let extension = extension_of(untrusted_name).unwrap_or_default();
    let found = from_content(untrusted, &extension, limits)?;
    if extension.is_empty() || agrees(&extension, found) {
        Ok(found)
    } else {
        Err(Refusal::held(Reason::NameMismatch))
    }
}

fn from_content(untrusted: &[u8], extension: &str, limits: &Limits) -> Result<Kind, Refusal> {
    if is_executable(untrusted) {
        return Err(Refusal::blocked(Reason::Executable));
    }
    if untrusted.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Kind::Png);
    }
    if untrusted.starts_with(b"\xff\xd8\xff") {
        return Ok(Kind::Jpeg);
    }
    if [b"PK\x03\x04", b"PK\x05\x06"].iter().any(|magic| untrusted.starts_with(*magic)) {
        return from_zip(untrusted, extension, limits);
    }
    // Readers look for the header in the first 1024 bytes, so this must, too; a file that begins as something
    // else was recognised above.
    if contains(head(untrusted, 1024), b"%PDF-") {
        return Ok(Kind::Pdf);
    }
    if untrusted.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        // The name of the stream that holds an encrypted Office document, in the directory's UTF-16.
        let stream: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let reason = if contains(untrusted, &stream) { Reason::PasswordNeeded } else { Reason::UnknownKind };
        return Err(Refusal::held(reason));
    }
    if OTHER_MAGIC
        .iter()
        .any(|(offset, magic)| untrusted.get(*offset..).is_some_and(|rest| rest.starts_with(magic)))
    {
        return Err(Refusal::held(Reason::UnknownKind));
    }
    if NEVER_EXTENSIONS.contains(&extension) {
        return Err(Refusal::blocked(Reason::Executable));
    }
    if !extension.is_empty() && !is_text_extension(extension) {
        // Only text is left, and the name does not claim text: either it lies or it is text that a program
        // would do something with (HTML, SVG, mail, source code).
        let reason = if is_known_extension(extension) { Reason::NameMismatch } else { Reason::UnknownKind };
        return Err(Refusal::held(reason));
    }
    let start = untrusted.trim_ascii_start();
    if start.starts_with(b"ID;P") || start.starts_with(b"\xef\xbb\xbfID;P") {
        // Excel opens this as a SYLK workbook, macros and all, whatever the name says.
        return Err(Refusal::held(Reason::UnknownKind));
    }
    match text::decode(untrusted) {
        Some(_) if matches!(extension, "csv" | "tsv") => Ok(Kind::Csv),
        Some(_) => Ok(Kind::Text),
        None => Err(Refusal::held(Reason::UnknownKind)),
    }
}

fn from_zip(untrusted: &[u8], extension: &str, limits: &Limits) -> Result<Kind, Refusal> {
    let listing = zip_reader::read(untrusted, limits)?;
    if NEVER_EXTENSIONS.contains(&extension) {
        return Err(Refusal::blocked(Reason::Executable));
    }
    if OTHER_CONTAINERS.contains(&extension) {
        return Err(Refusal::held(Reason::UnknownKind));
    }
    let has = |name: &[u8]| listing.entries.iter().any(|e| e.untrusted_name.eq_ignore_ascii_case(name));
    let starts = |prefix: &[u8]| {
        let begins = |name: &[u8]| name.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix));
        listing.entries.iter().any(|e| begins(&e.untrusted_name))
    };
    if has(b"[Content_Types].xml") {
        // The main part's content type decides for good in `ooxml`; this only chooses the family.
        let claims = |kind| agrees(extension, kind);
        let families = [
            (Kind::Docx, b"word/".as_slice()),
            (Kind::Xlsx, b"xl/".as_slice()),
            (Kind::Pptx, b"ppt/".as_slice()),
        ];
        return families
            .iter()
            .find(|(kind, folder)| claims(*kind) && starts(folder))
            .or_else(|| families.iter().find(|(_, folder)| starts(folder)))
            .map(|(kind, _)| *kind)
            .or_else(|| families.iter().map(|f| f.0).find(|kind| claims(*kind)))
            .ok_or(Refusal::held(Reason::UnknownKind));
    }
    if has(b"AndroidManifest.xml")
        || has(b"classes.dex")
        || (has(b"META-INF/MANIFEST.MF") && extension != "zip")
    {
        return Err(Refusal::blocked(Reason::Executable));
    }
    if has(b"mimetype") && starts(b"META-INF/") {
        return Err(Refusal::held(Reason::UnknownKind));
    }
    Ok(Kind::Zip)
}

fn is_executable(untrusted: &[u8]) -> bool {
    // A DOS header is two letters; a text may start with them, so ask for the header's size as well.
    let is_dos = untrusted.starts_with(b"MZ") && (untrusted.len() < 64 || head(untrusted, 512).contains(&0));
    is_dos || EXECUTABLE_MAGIC.iter().any(|magic| untrusted.starts_with(magic))
}

const EXECUTABLE_MAGIC: [&[u8]; 13] = [
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"L\0\0\0\x01\x14\x02\0",
    b"ITSF",
    b"FWS",
    b"CWS",
    b"ZWS",
    b"dex\n",
    b"#!",
];

/// Formats that are known by their first bytes and not rebuilt by this version.
const OTHER_MAGIC: [(usize, &[u8]); 22] = [
    (0, b"{\\rt"),
    (0, b"GIF8"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
    (0, b"RIFF"),
    (0, b"\xd7\xcd\xc6\x9a"),
    (40, b" EMF"),
    (0, b"\x1f\x8b"),
    (0, b"BZh"),
    (0, b"\xfd7zXZ\0"),
    (0, b"7z\xbc\xaf\x27\x1c"),
    (0, b"Rar!"),
    (2, b"-lh"),
    (0, b"MSCF"),
    (257, b"ustar"),
    (0, b"\x78\x9f\x3e\x22"),
    (4, b"ftyp"),
    (0, b"OggS"),
    (0, b"ID3"),
    (0, b"\x28\xb5\x2f\xfd"),
    (0, b"SQLite format 3\0"),
    (0, b"%!PS"),
];

/// Documents in a ZIP that this version cannot rebuild: the name tells the truth, so it is no mismatch.
const OTHER_CONTAINERS: [&str; 12] =
    ["xlsb", "odt", "ods", "odp", "odg", "ott", "ots", "otp", "epub", "vsdx", "vsdm", "thmx"];

/// Extensions that make Windows run a file. Text of this name never passes, whatever it says.
const NEVER_EXTENSIONS: [&str; 64] = [
    "exe",
    "dll",
    "scr",
    "com",
    "pif",
    "bat",
    "cmd",
    "ps1",
    "psm1",
    "psd1",
    "vbs",
    "vbe",
    "js",
    "jse",
    "wsf",
    "wsh",
    "wsc",
    "sct",
    "hta",
    "lnk",
    "url",
    "cpl",
    "msi",
    "msp",
    "mst",
    "jar",
    "reg",
    "inf",
    "scf",
    "chm",
    "hlp",
    "iqy",
    "slk",
    "xll",
    "application",
    "gadget",
    "appref-ms",
    "settingcontent-ms",
    "library-ms",
    "search-ms",
    "iso",
    "img",
    "vhd",
    "vhdx",
    "one",
    "ppam",
    "xlam",
    "wll",
    "diagcab",
    "ws",
    "ocx",
    "sys",
    "drv",
    "apk",
    "desktop",
    "sh",
    "py",
    "pl",
    "rb",
    "php",
    "vb",
    "msc",
    "job",
    "theme",
];

/// The part of a name after its last dot, lower case, if there is one.
pub(crate) fn extension_of(untrusted_name: &str) -> Option<String> {
    let last = untrusted_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let last = last.trim_end_matches(|c: char| c.is_whitespace() || c == '.' || c.is_control());
    let visible: String = last.chars().filter(|c| !crate::name::is_bidi_control(*c)).collect();
    let (stem, extension) = visible.rsplit_once('.')?;
    // A sentence with a dot in it has no extension.
    let is_extension = !stem.is_empty()
        && (1..=20).contains(&extension.chars().count())
        && extension.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    is_extension.then(|| extension.to_ascii_lowercase())
}

/// Whether a file of this kind may come in under this extension.
fn agrees(extension: &str, kind: Kind) -> bool {
    is_final_extension(extension, kind)
        || match kind {
            Kind::Docx => matches!(extension, "docm" | "dotx" | "dotm"),
            Kind::Xlsx => matches!(extension, "xlsm" | "xltx" | "xltm"),
            Kind::Pptx => matches!(extension, "pptm" | "ppsx" | "ppsm" | "potx" | "potm"),
            _ => false,
        }
}

/// Whether a clean file of this kind may keep this extension.
pub(crate) fn is_final_extension(extension: &str, kind: Kind) -> bool {
    match kind {
        Kind::Docx | Kind::Xlsx | Kind::Pptx | Kind::Pdf | Kind::Png | Kind::Zip => extension == kind.id(),
        Kind::Jpeg => matches!(extension, "jpg" | "jpeg" | "jpe" | "jfif"),
        Kind::Text => matches!(extension, "txt" | "text" | "log" | "md"),
        Kind::Csv => matches!(extension, "csv" | "tsv"),
    }
}

/// Whether any kind may come in under this extension, or it is one that never passes.
pub(crate) fn is_known_extension(extension: &str) -> bool {
    let extension = extension.to_ascii_lowercase();
    Kind::ALL.into_iter().any(|kind| agrees(&extension, kind))
}

fn is_text_extension(extension: &str) -> bool {
    is_final_extension(extension, Kind::Text) || is_final_extension(extension, Kind::Csv)
}

fn head(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use worker_protocol::Verdict;

    #[test]
    fn content_decides_and_the_name_must_agree() {
        let held = |reason| Err(Refusal { verdict: Verdict::Held, reason });
        let blocked = |reason| Err(Refusal { verdict: Verdict::Blocked, reason });
        let empty_zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let rows: [(&str, &[u8], Result<Kind, Refusal>); 25] = [
            ("a.zip", empty_zip, Ok(Kind::Zip)),
            ("a.xlsb", empty_zip, held(Reason::UnknownKind)),
            ("a.xlam", empty_zip, blocked(Reason::Executable)),
            ("a.png", b"\x89PNG\r\n\x1a\nrest", Ok(Kind::Png)),
            ("a.jpg", b"\x89PNG\r\n\x1a\nrest", held(Reason::NameMismatch)),
            ("a.JPEG", b"\xff\xd8\xff\xe0", Ok(Kind::Jpeg)),
            ("a", b"%PDF-1.7", Ok(Kind::Pdf)),
            ("a.docx", b"%PDF-1.7", held(Reason::NameMismatch)),
            ("a.txt", "こんにちは".as_bytes(), Ok(Kind::Text)),
            ("a.log", b"hello", Ok(Kind::Text)),
            ("a.csv", b"1,2", Ok(Kind::Csv)),
            ("a.csv", b"ID;PWXL;N;E", held(Reason::UnknownKind)),
            ("a.docx", b"hello", held(Reason::NameMismatch)),
            ("a.html", b"<html>", held(Reason::UnknownKind)),
            ("a.vbs", b"MsgBox 1", blocked(Reason::Executable)),
            ("a.txt.", b"hello", Ok(Kind::Text)),
            ("a.txt", b"#!/bin/sh\n", blocked(Reason::Executable)),
            ("a.txt", b"MZ\x90\0\x03\0\0\0", blocked(Reason::Executable)),
            ("a.pdf", b"\x7fELF", blocked(Reason::Executable)),
            ("a.txt", b"", held(Reason::Empty)),
            ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", held(Reason::UnknownKind)),
            ("a.rtf", b"{\\rtf1}", held(Reason::UnknownKind)),
            ("a.zip", b"PK\x03\x04garbage", held(Reason::Damaged)),
            ("a.txt", b"\xff\xff\xff\xff", held(Reason::UnknownKind)),
            ("x.exe\u{202E}fdp.txt", b"hello", Ok(Kind::Text)),
        ];
        for (name, bytes, expected) in rows {
            assert_eq!(detect(bytes, name, &Limits::default()), expected, "{name} {bytes:?}");
        }
    }
}
