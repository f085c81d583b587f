//! What several shells are made of.
//!
//! Owns: many named pieces in one input (a line `=== <name>` begins one), ZIPs of them, checksums, a small picture.
//! Leaves to others: what the pieces mean.

use std::io::{Cursor, Write};

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

const MARK: &[u8] = b"=== ";

/// The pieces of an input. What stands before the first mark has no name.
pub(crate) fn split(input: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut pieces = vec![(String::new(), Vec::new())];
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(MARK) {
            Some(name) => pieces.push((String::from_utf8_lossy(name).trim_end().to_owned(), Vec::new())),
            None => pieces.last_mut().expect("there is a first piece").1.extend(line),
        }
    }
    for (_, bytes) in &mut pieces {
        // The line end before a mark belongs to the mark.
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
    }
    if pieces[0].1.is_empty() {
        pieces.remove(0);
    }
    pieces
}

/// An input of these pieces.
pub(crate) fn join(choice: u8, pieces: &[(&str, &[u8])]) -> Vec<u8> {
    let mut input = vec![choice];
    for (number, (name, bytes)) in pieces.iter().enumerate() {
        if number > 0 || !name.is_empty() {
            input.extend([b"\n", MARK, name.as_bytes(), b"\n"].concat());
        }
        input.extend(*bytes);
    }
    input
}

/// A text behind its choice.
pub(crate) fn seed(choice: u8, text: impl AsRef<[u8]>) -> Vec<u8> {
    [&[choice], text.as_ref()].concat()
}

/// A package: pieces of the input, in place of or besides those that are there anyway. A piece without a name is the
/// main one; an empty piece takes away the one of its name.
pub(crate) fn package(usual: &[(&str, &[u8])], main: &str, input: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut members: Vec<(String, Vec<u8>)> =
        usual.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    for (name, bytes) in split(input) {
        let name = if name.is_empty() { main.to_owned() } else { name };
        match members.iter_mut().find(|(known, _)| *known == name) {
            Some(member) => member.1 = bytes,
            None => members.push((name, bytes)),
        }
    }
    members.retain(|(_, bytes)| !bytes.is_empty());
    members
}

/// A ZIP of these members, stored.
pub(crate) fn zip(members: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in members {
        // A name that the library does not write is no member.
        if writer.start_file(name, options).is_ok() {
            writer.write_all(bytes).expect("memory can be written");
        }
    }
    writer.finish().expect("an archive").into_inner()
}

pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("a stream")
}

/// Whether a compound file can hold a stream at this path: the library that writes them panics at names that do not fit.
pub(crate) fn is_stream_path(path: &str) -> bool {
    let fits = |name: &str| {
        !matches!(name, "" | "." | "..")
            && name.encode_utf16().count() <= 31
            && !name.chars().any(|c| c.is_control() || matches!(c, '\\' | ':' | '!'))
    };
    path.split('/').filter(|name| !name.is_empty()).all(fits)
        && path.split('/').any(fits)
        && !path.ends_with('/')
}

/// Three by two pixels.
pub(crate) fn png() -> Vec<u8> {
    picture(image::ImageFormat::Png, 3, 2)
}

pub(crate) fn picture(format: image::ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let pixels = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8 * 9, y as u8 * 20, 90]));
    let mut bytes = Vec::new();
    pixels.write_to(&mut Cursor::new(&mut bytes), format).expect("a picture");
    bytes
}

pub(crate) fn little(value: u32) -> [u8; 4] {
    value.to_le_bytes()
}

/// Four bytes as a number, or nothing beyond the end.
pub(crate) fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
}

/// Two bytes as a number, or nothing beyond the end.
pub(crate) fn short(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?)))
}

/// Puts bytes over others, if they are there.
pub(crate) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = at.checked_add(value.len()).and_then(|end| bytes.get_mut(at..end)) {
        place.copy_from_slice(value);
    }
}
