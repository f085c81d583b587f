//! Parts of other people's files as seeds.
//!
//! Owns: taking a sample file apart into what a target's shell puts together.
//! Leaves to others: where the files come from. What grows from them stays on the machine.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// Larger files teach a fuzzer little and cost it much.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Seeds for this target out of a folder of sample files.
pub(crate) fn seeds(target: &str, folder: PathBuf) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    list(&folder, &mut paths);
    paths.sort();
    let mut seeds: Vec<Vec<u8>> = paths
        .iter()
        .filter_map(|path| {
            let extension = path.extension()?.to_str()?.to_ascii_lowercase();
            let bytes = std::fs::read(path).ok()?;
            taken_apart(target, &extension, &bytes)
        })
        .flatten()
        .filter(|seed| seed.len() < 60_000)
        .collect();
    seeds.sort_by_key(Vec::len);
    seeds.dedup();
    seeds
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(&path, paths);
        } else if entry.metadata().is_ok_and(|about| about.len() < FILE_BYTES_MAX) {
            paths.push(path);
        }
    }
}

/// The seeds in one file, if it is one for this target.
fn taken_apart(target: &str, extension: &str, bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let behind = |choice: u8, magic: usize| Some(vec![[&[choice], bytes.get(magic..)?].concat()]);
    match (target, extension) {
        ("pdf_objects", "pdf") => behind(b'P', 0),
        ("pdf_content", "pdf") => {
            Some(streams(bytes).into_iter().map(|s| [&b"@"[..], &s].concat()).collect())
        }
        ("ooxml", "docx" | "dotx") => parts(b'@', bytes, "word/"),
        ("ooxml", "xlsx" | "xltx") => parts(b'H', bytes, "xl/"),
        ("ooxml", "pptx" | "potx") => parts(b'P', bytes, "ppt/"),
        ("ooxml", "docm") => parts(b'X', bytes, "word/"),
        ("ooxml", "xlsm") => parts(b'`', bytes, "xl/"),
        ("ooxml", "pptm") => parts(b'h', bytes, "ppt/"),
        ("odf", "odt") => parts(b'@', bytes, ""),
        ("odf", "ods") => parts(b'H', bytes, ""),
        ("odf", "odp") => parts(b'P', bytes, ""),
        ("odf_flat", "fodt") => behind(b'@', 0),
        ("odf_flat", "fods") => behind(b'H', 0),
        ("odf_flat", "fodp") => behind(b'P', 0),
        ("zip", "zip") | ("seven_zip", "7z") | ("lha", "lzh" | "lha") | ("tar", "tar") => behind(b'@', 0),
        ("tar", "gz" | "tgz") => behind(b'P', 0),
        ("mail", "eml") | ("xml", "xml") | ("json", "json") | ("table", "csv") | ("text", "txt") => {
            behind(b'@', 0)
        }
        ("old_book", "xls" | "xlt") => {
            let mut stream = Vec::new();
            let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).ok()?;
            file.open_stream("/Workbook").ok()?.read_to_end(&mut stream).ok()?;
            Some(vec![[&b"x"[..], &stream].concat()])
        }
        ("old_document", "doc" | "dot") => {
            let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).ok()?;
            let mut stream = |name: &str| {
                let mut stream = Vec::new();
                file.open_stream(name).ok()?.read_to_end(&mut stream).ok()?;
                Some(stream)
            };
            // Few have their parts in the other table.
            let (main, table) = (stream("/WordDocument")?, stream("/1Table")?);
            let lengths = [&main, &table].map(|own| u32::try_from(own.len()).unwrap_or(0).to_le_bytes());
            let data = stream("/Data").unwrap_or_default();
            Some(vec![[&b"x"[..], lengths.as_flattened(), &main, &table, &data].concat()])
        }
        ("old_show", "ppt" | "pps" | "pot") => {
            let mut stream = Vec::new();
            let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).ok()?;
            file.open_stream("/PowerPoint Document").ok()?.read_to_end(&mut stream).ok()?;
            Some(vec![[&b"x"[..], &stream].concat()])
        }
        ("outlook", "msg") => behind(b'H', 0),
        ("rtf", "rtf") => behind(b'H', 4),
        ("svg", "svg") | ("emf", "emf") | ("wmf", "wmf") | ("mhtml", "mht" | "mhtml") => behind(b'H', 0),
        ("png", "png") => behind(b'@', 8),
        ("jpeg", "jpg" | "jpeg") => behind(b'@', 3),
        ("gif", "gif") => behind(b'@', 6),
        ("bmp", "bmp") => behind(b'@', 2),
        ("tiff", "tif" | "tiff") => behind(b'@', 0),
        ("webp", "webp") => behind(b'@', 15),
        ("html", "html" | "htm") => behind(b'@', 0),
        ("office_xml", "xml") => behind(b'P', 0),
        ("vobject", "ics") => behind(b'P', 0),
        ("vobject", "vcf") => behind(b'X', 0),
        ("table", "tsv") => behind(b'H', 0),
        ("ooxml_encrypted", "docx" | "xlsx" | "pptx") if bytes.starts_with(b"\xd0\xcf\x11\xe0") => {
            behind(b'H', 0)
        }
        _ => None,
    }
}

/// The parts of a package that are markup, those in `folder` alone as well.
fn parts(choice: u8, bytes: &[u8], folder: &str) -> Option<Vec<Vec<u8>>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut whole = vec![choice];
    let mut seeds = Vec::new();
    for index in 0..archive.len() {
        let Ok(mut member) = archive.by_index(index) else { continue };
        let name = member.name().ok()?.into_owned();
        let mut content = Vec::new();
        let is_markup = [".xml", ".rels"].iter().any(|end| name.ends_with(end));
        if !is_markup || member.by_ref().take(FILE_BYTES_MAX).read_to_end(&mut content).is_err() {
            continue;
        }
        let piece = [b"\n=== ", name.as_bytes(), b"\n", &content].concat();
        if name.starts_with(folder) {
            seeds.push([&[choice], piece.as_slice()].concat());
        }
        whole.extend(piece);
    }
    seeds.push(whole);
    Some(seeds)
}

/// What lies packed in the streams of a PDF and reads as operators.
fn streams(bytes: &[u8]) -> Vec<Vec<u8>> {
    let Ok(document) = lopdf::Document::load_mem(bytes) else { return Vec::new() };
    let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
    streams
        .filter(|stream| !stream.dict.has(b"Subtype") && !stream.dict.has(b"Type"))
        .filter_map(|stream| stream.get_plain_content().ok())
        .filter(|content| content.is_ascii())
        .collect()
}
