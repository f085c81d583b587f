//! What a file really is, and whether its name tells the truth.
//!
//! Owns: recognising content.
//! Leaves to others: which extensions agree with which kind (`names`), whether the kind may pass (the pack, in `lib`),
//! and rebuilding it.

mod markup;
mod names;
mod polyglot;

use worker_protocol::{Kind, Limits, Reason};

use crate::{Refusal, text, zip_reader};

use names::{NEVER_EXTENSIONS, agrees, text_kind};
pub(crate) use names::{extension_of, final_extension, is_final_extension, is_known_extension};

/// Finds the kind from the content and compares it with the name.
///
/// # Errors
/// Executables are blocked. What is not known and what contradicts its name is held.
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
    if [b"PK\x03\x04", b"PK\x05\x06"].iter().any(|magic| untrusted.starts_with(*magic)) {
        return from_zip(untrusted, extension, limits);
    }
    if let Some(kind) = from_magic(untrusted, extension)? {
        if polyglot::is_two_kinds(untrusted, kind) {
            return Err(Refusal::held(Reason::Ambiguous));
        }
        return Ok(kind);
    }
    if NEVER_EXTENSIONS.contains(&extension) {
        return Err(Refusal::blocked(Reason::Executable));
    }
    from_text(untrusted, extension)
}

/// What the bytes at fixed places say, if they say anything.
fn from_magic(untrusted: &[u8], extension: &str) -> Result<Option<Kind>, Refusal> {
    if untrusted.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return from_compound(untrusted, extension).map(Some);
    }
    if PACKED.iter().any(|(at, magic)| untrusted.get(*at..).is_some_and(|rest| rest.starts_with(magic))) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    // Words may stand anywhere in a text; further on they mean something only among bytes that no text has.
    let is_binary = head(untrusted, 512).contains(&0) || untrusted.starts_with(b"RIFF");
    let by_magic = MAGIC.iter().find(|(offset, magic, _)| {
        (*offset == 0 || is_binary) && untrusted.get(*offset..).is_some_and(|rest| rest.starts_with(magic))
    });
    if let Some((_, _, kind)) = by_magic {
        return match kind {
            // One packed picture or drawing goes by a name of its own.
            Some(Kind::Gzip) if extension == "svgz" => Ok(Some(Kind::Svg)),
            Some(Kind::Gzip) if matches!(extension, "emz" | "wmz") => Ok(Some(Kind::Metafile)),
            Some(kind) => Ok(Some(*kind)),
            None => Err(Refusal::held(Reason::UnknownKind)),
        };
    }
    if crate::mail::is_envelope(untrusted) {
        return Ok(Some(Kind::Mail));
    }
    if is_bitmap(untrusted) {
        return Ok(Some(Kind::Bmp));
    }
    if is_lha(untrusted) && (is_binary || agrees(extension, Kind::Lzh)) {
        return Ok(Some(Kind::Lzh));
    }
    if is_plain_metafile(untrusted) {
        return Ok(Some(Kind::Metafile));
    }
    if is_old_tar(untrusted) {
        return Ok(Some(Kind::Tar));
    }
    // Readers look for the header in the first 1024 bytes, so this must, too; a file that begins as something
    // else was recognised above. A text that only speaks of PDF has no objects.
    let head = head(untrusted, 1024);
    if untrusted.starts_with(b"%PDF-") || (contains(head, b"%PDF-") && contains(untrusted, b"endobj")) {
        return Ok(Some(Kind::Pdf));
    }
    Ok(None)
}

/// Only text is left. What it is a text of is what it says itself, then what its name claims if the content does not
/// contradict.
fn from_text(untrusted: &[u8], extension: &str) -> Result<Kind, Refusal> {
    let start = untrusted.strip_prefix(b"\xef\xbb\xbf").unwrap_or(untrusted).trim_ascii_start();
    if start.starts_with(b"ID;P") || (extension == "slk" && contains(untrusted, b"\nC;")) {
        // Excel opens this as a workbook, macros and all, whatever the name says.
        return Ok(Kind::Sylk);
    }
    if let Some(kind) = crate::odf::flat_kind(untrusted) {
        return Ok(kind);
    }
    // Markup and mail name their encoding themselves and often break it; text does not and must not.
    let strict = text::decode(untrusted);
    let is_strict = strict.is_some();
    let decoded = match strict {
        Some(decoded) => decoded,
        None if contains(head(untrusted, 4096), &[0])
            && !is_page_with_zeros(untrusted, extension)
            && !is_mail_with_zeros(untrusted, extension) =>
        {
            return Err(Refusal::held(Reason::UnknownKind));
        }
        None => text::decode_declared(untrusted, None),
    };
    let claimed = text_kind(extension);
    let found = markup::kind_of(&decoded.text);
    let mail = match claimed {
        // A mail that someone saved as text is text; one in several parts is read by nobody as it stands.
        Some(Kind::Text | Kind::Csv) if !markup::is_multipart_mail(&decoded.text) => None,
        // A draft and a copy for those who are not named have no receiver either, just as a saved page.
        Some(Kind::Mail) => markup::mail_kind(&decoded.text).map(|_| Kind::Mail),
        _ => markup::mail_kind(&decoded.text),
    };
    match (found, claimed) {
        (Some(_), Some(Kind::Text | Kind::Csv)) if markup::is_page(&decoded.text) => {
            Err(Refusal::held(Reason::NameMismatch))
        }
        // Markup may be shown as the text that it is.
        (
            Some(Kind::Html | Kind::Xml | Kind::Svg | Kind::Dxf | Kind::Calendar | Kind::Contact),
            Some(Kind::Text | Kind::Csv),
        ) if is_strict => Ok(claimed.unwrap_or(Kind::Text)),
        // A page need not begin with an element that is known, and XHTML is either.
        (Some(Kind::Html | Kind::Xml), Some(kind @ (Kind::Html | Kind::Xml))) => Ok(kind),
        (Some(Kind::Svg), Some(Kind::Html)) => Ok(Kind::Html),
        (Some(kind), _) => Ok(kind),
        (None, _) if mail.is_some() => mail.ok_or(Refusal::held(Reason::UnknownKind)),
        (None, Some(Kind::Html)) => Ok(Kind::Html),
        // These say what they are, and this one does not.
        (
            None,
            Some(
                Kind::Xml
                | Kind::Svg
                | Kind::Calendar
                | Kind::Contact
                | Kind::Mhtml
                | Kind::Dxf
                | Kind::Sxf
                | Kind::OfficeXml,
            ),
        ) => Err(Refusal::held(Reason::NameMismatch)),
        (None, _) if !is_strict => Err(Refusal::held(Reason::UnknownKind)),
        (None, Some(kind)) => Ok(kind),
        (None, None) if extension.is_empty() => Ok(Kind::Text),
        // Old systems write tables of text under the name of a workbook.
        (None, None) if matches!(extension, "xls") && decoded.text.contains(['\t', ',']) => Ok(Kind::Csv),
        // Text under the name of a kind that is no text lies; under any other name it is text that some program
        // would do something with (source code, settings).
        (None, None) if is_known_extension(extension) => Err(Refusal::held(Reason::NameMismatch)),
        (None, None) => Err(Refusal::held(Reason::UnknownKind)),
    }
}

/// Whether a file of this kind would open as something else, too, however its kind was found.
pub(crate) fn is_second_file(untrusted: &[u8], kind: Kind) -> bool {
    polyglot::is_two_kinds(untrusted, kind)
}

/// Whether Windows runs a file of this name, whatever is in it.
pub(crate) fn is_run_by_name(untrusted_name: &str) -> bool {
    extension_of(untrusted_name).is_some_and(|extension| NEVER_EXTENSIONS.contains(&extension.as_str()))
}

/// Browsers skip zero bytes in a page, and hostile pages are made with them to get past those who do not.
fn is_page_with_zeros(untrusted: &[u8], extension: &str) -> bool {
    let zeros = untrusted.iter().filter(|byte| **byte == 0).count();
    agrees(extension, Kind::Html)
        && untrusted.trim_ascii_start().starts_with(b"<")
        && zeros * 50 <= untrusted.len()
}

/// A part of a message may be bytes as they are (RFC 3030); the fields before them are not.
fn is_mail_with_zeros(untrusted: &[u8], extension: &str) -> bool {
    let fields = untrusted.split(|byte| *byte == 0).next().unwrap_or_default();
    let is_whole = contains(fields, b"\n\n") || contains(fields, b"\n\r\n");
    extension == "eml" && is_whole && markup::mail_kind(&String::from_utf8_lossy(fields)) == Some(Kind::Mail)
}

fn from_zip(untrusted: &[u8], extension: &str, limits: &Limits) -> Result<Kind, Refusal> {
    let listing = zip_reader::read(untrusted, limits)?;
    if NEVER_EXTENSIONS.contains(&extension) {
        return Err(Refusal::blocked(Reason::Executable));
    }
    let has = |name: &[u8]| listing.entries.iter().any(|e| e.untrusted_name.eq_ignore_ascii_case(name));
    let starts = |prefix: &[u8]| {
        let begins = |name: &[u8]| name.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix));
        listing.entries.iter().any(|e| begins(&e.untrusted_name))
    };
    if has(b"[Content_Types].xml") {
        // The main part's content type decides for good in `ooxml`; this only chooses the family.
        if has(b"xl/workbook.bin") {
            return Ok(Kind::Xlsb);
        }
        let claims = |kind| agrees(extension, kind);
        let families = [
            (Kind::Docx, b"word/".as_slice()),
            (Kind::Xlsx, b"xl/".as_slice()),
            (Kind::Pptx, b"ppt/".as_slice()),
            (Kind::Visio, b"visio/".as_slice()),
        ];
        return families
            .iter()
            .find(|(kind, folder)| claims(*kind) && starts(folder))
            .or_else(|| families.iter().find(|(_, folder)| starts(folder)))
            .map(|(kind, _)| *kind)
            .or_else(|| families.iter().map(|f| f.0).find(|kind| claims(*kind)))
            // A package of another vocabulary is an archive like any other.
            .or((extension == "zip").then_some(Kind::Zip))
            .ok_or(Refusal::held(Reason::UnknownKind));
    }
    if has(b"AndroidManifest.xml")
        || has(b"classes.dex")
        || (has(b"META-INF/MANIFEST.MF") && extension != "zip")
    {
        return Err(Refusal::blocked(Reason::Executable));
    }
    if has(b"mimetype") && starts(b"META-INF/") {
        return from_open_document(untrusted, &listing, extension, limits);
    }
    if extension != "zip" && has(b"META-INF/manifest.xml") && has(b"content.xml") {
        return from_manifest(untrusted, &listing, limits);
    }
    if matches!(extension, "sfz" | "p2z") {
        return Ok(Kind::Sxf);
    }
    Ok(Kind::Zip)
}

/// A package that says what it is in a member of its own (ODF 1.3 part 2, section 3.3; EPUB OCF).
fn from_open_document(
    untrusted: &[u8],
    listing: &zip_reader::Listing,
    extension: &str,
    limits: &Limits,
) -> Result<Kind, Refusal> {
    let entry = listing
        .entries
        .iter()
        .find(|e| e.untrusted_name.eq_ignore_ascii_case(b"mimetype"))
        .ok_or(Refusal::held(Reason::UnknownKind))?;
    let media_type = entry.expand(untrusted, &mut crate::Budget::new(*limits))?;
    match media_type.trim_ascii() {
        b"application/epub+zip" => Ok(Kind::Epub),
        // A package that no office program would open is an archive like any other.
        media_type if extension == "zip" && !media_type.starts_with(b"application/vnd.") => Ok(Kind::Zip),
        media_type => of_media_type(media_type).ok_or(Refusal::held(Reason::UnknownKind)),
    }
}

/// A package without that member, which should have it and need not: its list of members says so as well (ODF 1.3 part 2,
/// section 4.2), and office programs believe that.
fn from_manifest(untrusted: &[u8], listing: &zip_reader::Listing, limits: &Limits) -> Result<Kind, Refusal> {
    let manifest = listing.entries.iter().find(|e| e.untrusted_name == b"META-INF/manifest.xml");
    let bytes = manifest.and_then(|entry| entry.expand(untrusted, &mut crate::Budget::new(*limits)).ok());
    let kind = bytes.and_then(|bytes| of_media_type(markup::media_type_of_package(&bytes)?.as_bytes()));
    // An archive may hold a folder of that name for another reason.
    Ok(kind.unwrap_or(Kind::Zip))
}

fn of_media_type(media_type: &[u8]) -> Option<Kind> {
    const BASE: &[u8] = b"application/vnd.oasis.opendocument.";
    match media_type.strip_prefix(BASE)? {
        b"text" | b"text-template" | b"text-master" | b"text-web" => Some(Kind::Odt),
        b"spreadsheet" | b"spreadsheet-template" => Some(Kind::Ods),
        b"presentation" | b"presentation-template" => Some(Kind::Odp),
        b"graphics" | b"graphics-template" => Some(Kind::Odg),
        _ => None,
    }
}

/// A compound file (MS-CFB) says by the streams of its directory what it holds.
fn from_compound(untrusted: &[u8], extension: &str) -> Result<Kind, Refusal> {
    if NEVER_EXTENSIONS.contains(&extension) {
        return Err(Refusal::blocked(Reason::Executable));
    }
    // Names stand as UTF-16 at the beginning of entries of the directory, which are all of one length; a whole name ends
    // with a zero. Capitals and small letters are the same (MS-CFB 2.6.4), and programs write either.
    let has = |stream: &str| {
        let wanted: Vec<u8> =
            stream.encode_utf16().chain(std::iter::once(0)).flat_map(u16::to_le_bytes).collect();
        let mut names = untrusted.chunks(ENTRY_BYTES).filter_map(|entry| entry.get(..wanted.len()));
        names.any(|name| name.eq_ignore_ascii_case(&wanted))
    };
    let streams: [(&str, Kind); 9] = [
        ("WordDocument", Kind::Doc),
        ("PowerPoint Document", Kind::Ppt),
        ("Workbook", Kind::Xls),
        ("Book", Kind::Xls),
        ("__properties_version1.0", Kind::OutlookMessage),
        ("VisioDocument", Kind::Visio),
        ("DocumentText", Kind::Ichitaro),
        ("JSRV_SegmentInformation", Kind::Ichitaro),
        // jtdc and jttc: the whole document packed into one stream.
        ("JSCompDocument", Kind::Ichitaro),
    ];
    if has("EncryptedPackage") {
        return match names::kind_of_extension(extension) {
            Some(kind @ (Kind::Docx | Kind::Xlsx | Kind::Pptx | Kind::Xlsb)) => Ok(kind),
            _ => Err(Refusal::held(Reason::PasswordNeeded)),
        };
    }
    let claimed = names::kind_of_extension(extension);
    let mut found = streams.iter().filter(|(stream, _)| has(stream)).map(|(_, kind)| *kind);
    let first = found.next();
    // Hanako is of the same house as Ichitaro and keeps its streams in the same way.
    if first == Some(Kind::Ichitaro) && claimed == Some(Kind::Hanako) {
        return Ok(Kind::Hanako);
    }
    // A workbook inside a message or a document is that document's; the name then says which is the outer one. Some names
    // go with several kinds.
    match first {
        Some(first) => {
            Ok(std::iter::once(first).chain(found).find(|kind| agrees(extension, *kind)).unwrap_or(first))
        }
        None if matches!(claimed, Some(Kind::Hanako | Kind::Ichitaro | Kind::DocuWorks)) => {
            claimed.ok_or(Refusal::held(Reason::UnknownKind))
        }
        None => Err(Refusal::held(Reason::UnknownKind)),
    }
}

/// The length of an entry in the directory of a compound file.
const ENTRY_BYTES: usize = 128;

/// Two letters may begin any text, so the size of the header that follows is asked for as well.
fn is_bitmap(untrusted: &[u8]) -> bool {
    untrusted.starts_with(b"BM")
        && untrusted
            .get(14..18)
            .is_some_and(|size| matches!(size, [12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

/// LHA puts its method five bytes long after the size and checksum of the header.
fn is_lha(untrusted: &[u8]) -> bool {
    matches!(untrusted.get(2..7), Some([b'-', b'l', b'h' | b'z', b'0'..=b'9' | b'd' | b's', b'-']))
}

/// A Windows metafile without the header that places it: type, size of the header, version.
fn is_plain_metafile(untrusted: &[u8]) -> bool {
    matches!(untrusted.get(..6), Some([1 | 2, 0, 9, 0, 0, 1 | 3])) && untrusted.len() >= 18
}

/// Before POSIX a tar archive had no mark; its headers carry a checksum, though.
fn is_old_tar(untrusted: &[u8]) -> bool {
    let Some(header) = untrusted.get(..512) else { return false };
    let field = header.get(148..156).unwrap_or_default();
    let digits: Vec<u8> =
        field.iter().copied().skip_while(|b| *b == b' ').take_while(u8::is_ascii_digit).collect();
    let Some(claimed) =
        std::str::from_utf8(&digits).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok())
    else {
        return false;
    };
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { u32::from(b' ') } else { u32::from(*byte) })
        .sum();
    header.first().is_some_and(|first| *first != 0) && sum == claimed
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

/// What stands at the beginning of a file, and the kind that it means; `None` for what is known to be nothing that is
/// passed on.
const MAGIC: &[(usize, &[u8], Option<Kind>)] = &[
    (0, b"\x89PNG\r\n\x1a\n", Some(Kind::Png)),
    (0, b"\xff\xd8\xff", Some(Kind::Jpeg)),
    (0, b"GIF87a", Some(Kind::Gif)),
    (0, b"GIF89a", Some(Kind::Gif)),
    (0, b"II*\0", Some(Kind::Tiff)),
    (0, b"MM\0*", Some(Kind::Tiff)),
    (0, b"II+\0", Some(Kind::Tiff)),
    (0, b"MM\0+", Some(Kind::Tiff)),
    (8, b"WEBPVP8", Some(Kind::Webp)),
    (0, b"RIFF", None),
    (0, b"{\\rt", Some(Kind::Rtf)),
    (0, b"\xd7\xcd\xc6\x9a", Some(Kind::Metafile)),
    (40, b" EMF", Some(Kind::Metafile)),
    (0, b"\x1f\x8b", Some(Kind::Gzip)),
    (0, b"7z\xbc\xaf\x27\x1c", Some(Kind::SevenZip)),
    (0, b"Rar!", Some(Kind::Rar)),
    (2, b"-lzs-", Some(Kind::Lzh)),
    (2, b"-lz4-", Some(Kind::Lzh)),
    (2, b"-lz5-", Some(Kind::Lzh)),
    (0, b"MSCF", Some(Kind::Cab)),
    (257, b"ustar", Some(Kind::Tar)),
    (4, b"ftyphei", Some(Kind::Heif)),
    (4, b"ftyphev", Some(Kind::Heif)),
    (4, b"ftypmif1", Some(Kind::Heif)),
    (4, b"ftypmsf1", Some(Kind::Heif)),
    (4, b"ftypavi", Some(Kind::Heif)),
    (4, b"ftyp", None),
    (0, b"\x60\x0e\x82\x01", Some(Kind::DocuWorks)),
    (0, b"JwwData.", Some(Kind::Jww)),
    (0, b"AC10", Some(Kind::Dwg)),
    (0, b"AutoCAD Binary DXF", Some(Kind::Dxf)),
    (0, b"ISO-10303-21;", Some(Kind::Sxf)),
    (0, b"\x78\x9f\x3e\x22", Some(Kind::OutlookMessage)),
    (0, b"OggS", None),
    (0, b"ID3", None),
    (0, b"SQLite format 3\0", None),
    (0, b"%!PS", None),
];

/// Packed files and images of discs that nothing here opens: what they are is known, and that is all.
const PACKED: [(usize, &[u8]); 5] =
    [(0, b"BZh"), (0, b"\xfd7zXZ\0"), (0, b"\x28\xb5\x2f\xfd"), (0, b"LZIP"), (0x8001, b"CD001")];

fn head(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}

pub(crate) fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
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
        let rows: [(&str, &[u8], Result<Kind, Refusal>); 65] = [
            ("a.json", b"[\"-lh5-\"]", Ok(Kind::Json)),
            ("a.txt", b"\x20\x10-lh5-\0\0", held(Reason::NameMismatch)),
            ("a.txt", b"Drawings of Windows are of two kinds the EMF and the WMF.", Ok(Kind::Text)),
            ("a.txt", b"The ftyp box comes first.", Ok(Kind::Text)),
            ("a.txt", b"\0\0\0\x18ftypmp42", held(Reason::UnknownKind)),
            (
                "a.txt",
                b"\x01\0\0\0\x6c\0\0\0..............................\0\0 EMF",
                held(Reason::NameMismatch),
            ),
            ("a.zip", empty_zip, Ok(Kind::Zip)),
            ("a.xlsb", empty_zip, held(Reason::NameMismatch)),
            ("a.xlam", empty_zip, blocked(Reason::Executable)),
            ("a.png", b"\x89PNG\r\n\x1a\nrest", Ok(Kind::Png)),
            ("a.jpg", b"\x89PNG\r\n\x1a\nrest", held(Reason::NameMismatch)),
            ("a.JPEG", b"\xff\xd8\xff\xe0", Ok(Kind::Jpeg)),
            ("a", b"%PDF-1.7", Ok(Kind::Pdf)),
            ("a.docx", b"%PDF-1.7", held(Reason::NameMismatch)),
            ("a.txt", "こんにちは".as_bytes(), Ok(Kind::Text)),
            ("a.log", b"hello", Ok(Kind::Text)),
            ("a.csv", b"1,2", Ok(Kind::Csv)),
            ("a.csv", b"ID;PWXL;N;E", Ok(Kind::Sylk)),
            ("a.docx", b"ID;PWXL;N;E", held(Reason::NameMismatch)),
            ("a.docx", b"hello", held(Reason::NameMismatch)),
            ("a.html", b"<html>", Ok(Kind::Html)),
            ("a.html", b"words only", Ok(Kind::Html)),
            ("a.txt", b"<html>", held(Reason::NameMismatch)),
            ("a.txt", b"<p> is an element", Ok(Kind::Text)),
            ("a.xml", b"<a/>", Ok(Kind::Xml)),
            ("a.xml", b"words", held(Reason::NameMismatch)),
            ("a.xml", b"<svg/>", held(Reason::NameMismatch)),
            ("a.doc", b"<html><body>", Ok(Kind::Html)),
            ("a.doc", b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n", Ok(Kind::Mhtml)),
            (
                "a.doc",
                b"<?xml version='1.0'?><?mso-application progid='Word.Document'?><a/>",
                Ok(Kind::OfficeXml),
            ),
            ("a.xls", b"a\tb\n1\t2\n", Ok(Kind::Csv)),
            ("a.doc", b"words", held(Reason::NameMismatch)),
            ("a.eml", b"From: a\nTo: b\n\nx", Ok(Kind::Mail)),
            ("a.txt", b"From: a\nTo: b\n\nx", Ok(Kind::Text)),
            ("a.msg", b"From: a\nTo: b\n\nx", Ok(Kind::Mail)),
            (
                "a.eml",
                b"From: a\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n",
                Ok(Kind::Mail),
            ),
            ("a.eml", b"From: a\nTo: b\n\nx\0y\0", Ok(Kind::Mail)),
            ("a.eml", b"From: a\nTo: b\0\n\nx", held(Reason::UnknownKind)),
            ("a.txt", b"From: a\nTo: b\n\nx\0y\0zz", held(Reason::UnknownKind)),
            ("a.json", b"{}", Ok(Kind::Json)),
            ("a.ics", b"BEGIN:VCALENDAR\r\n", Ok(Kind::Calendar)),
            ("a.ics", b"words", held(Reason::NameMismatch)),
            ("a.vcf", b"BEGIN:VCARD\r\n", Ok(Kind::Contact)),
            ("a.dxf", b"  0\nSECTION\n  2\nHEADER\n", Ok(Kind::Dxf)),
            ("a.dxf", b"words", held(Reason::NameMismatch)),
            ("a.p21", b"ISO-10303-21;\nHEADER;", Ok(Kind::Sxf)),
            ("a.lzh", b"\x20\x10-lh5-", Ok(Kind::Lzh)),
            ("a.txt", b"a -lh is no archive", Ok(Kind::Text)),
            ("a.wmf", b"\x01\0\x09\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0", Ok(Kind::Metafile)),
            ("a.txt", b"how %PDF- begins", Ok(Kind::Text)),
            ("a.ini", b"[x]", held(Reason::UnknownKind)),
            ("a.gif", b"GIF89a\x01\0\x01\0", Ok(Kind::Gif)),
            ("a.jww", b"JwwData.", Ok(Kind::Jww)),
            ("a.heic", b"\0\0\0\x18ftypheic", Ok(Kind::Heif)),
            ("a.vbs", b"MsgBox 1", blocked(Reason::Executable)),
            ("a.txt.", b"hello", Ok(Kind::Text)),
            ("a.txt", b"#!/bin/sh\n", blocked(Reason::Executable)),
            ("a.txt", b"MZ\x90\0\x03\0\0\0", blocked(Reason::Executable)),
            ("a.pdf", b"\x7fELF", blocked(Reason::Executable)),
            ("a.txt", b"", held(Reason::Empty)),
            ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", held(Reason::UnknownKind)),
            ("a.rtf", b"{\\rtf1}", Ok(Kind::Rtf)),
            ("a.zip", b"PK\x03\x04garbage", held(Reason::Damaged)),
            ("a.txt", b"\xff\xff\xff\xff", held(Reason::UnknownKind)),
            ("x.exe\u{202E}fdp.txt", b"hello", Ok(Kind::Text)),
        ];
        for (name, bytes, expected) in rows {
            assert_eq!(detect(bytes, name, &Limits::default()), expected, "{name} {bytes:?}");
        }
    }

    #[test]
    fn a_tar_without_its_mark_is_known_by_its_checksum() {
        let mut header = vec![0; 1024];
        header[..5].copy_from_slice(b"a.txt");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert_eq!(detect(&header, "a.tar", &Limits::default()), Ok(Kind::Tar));
        header[0] = b'b';
        assert!(detect(&header, "a.tar", &Limits::default()).is_err());
    }

    #[test]
    fn a_package_of_another_vocabulary_is_an_archive_like_any_other() {
        let held = |reason| Err(Refusal::held(reason));
        let rows: [(&str, &[u8], Result<Kind, Refusal>); 6] = [
            ("a.zip", b"", Ok(Kind::Zip)),
            ("a.zip", b"text/plain", Ok(Kind::Zip)),
            // Office programs go by this member, whatever the name says.
            ("a.zip", b"application/vnd.sun.xml.writer", held(Reason::UnknownKind)),
            ("a.zip", b"application/vnd.oasis.opendocument.text", held(Reason::NameMismatch)),
            ("a.odt", b"", held(Reason::UnknownKind)),
            ("a.epub", b"application/epub+zip", Ok(Kind::Epub)),
        ];
        for (name, media_type, expected) in rows {
            let package =
                crate::zip_writer::write([("mimetype", media_type), ("META-INF/manifest.xml", b"<a/>")])
                    .unwrap();
            assert_eq!(detect(&package, name, &Limits::default()), expected, "{name} {media_type:?}");
        }
    }

    #[test]
    fn two_files_in_one_are_held() {
        let zip = crate::zip_writer::write([("a.txt", b"x".as_slice())]).unwrap();
        let both = [b"\xff\xd8\xff\xe0picture".to_vec(), zip].concat();
        assert_eq!(detect(&both, "a.jpg", &Limits::default()), Err(Refusal::held(Reason::Ambiguous)));
    }
}
