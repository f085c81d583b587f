//! Members of an LHA archive.
//!
//! Owns: walking from header to header, names of all header levels.
//! Leaves to others: the headers themselves and the methods (the `delharc` library), counting (`bounded`).

use std::borrow::Cow;
use std::io::Read;

use delharc::decode::DecoderAny;
use delharc::header::LhaHeader;
use delharc::header::ext::{EXT_HEADER_FILENAME, EXT_HEADER_PATH};
use delharc::stub_io::Read as _;
use delharc::{CompressionMethod, LhaDecodeReader};
use worker_protocol::{Reason, Threat};

use super::{Found, Packing, decode_name, permille};
use crate::{Refusal, Work};

/// Name and folder in UTF-16, which some programs write besides those in the system's encoding.
const EXT_HEADER_WIDE_NAME: u8 = 0x44;
const EXT_HEADER_WIDE_PATH: u8 = 0x45;

pub(super) fn each(untrusted: &[u8], packing: &mut Packing, work: &mut Work<'_>) -> Result<(), Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let mut rest = untrusted;
    while !rest.is_empty() {
        let header = match LhaHeader::read(&mut rest) {
            Ok(Some(header)) => header,
            // The end is a zero in the place of a header.
            Ok(None) => break,
            Err(_) => return Err(damaged),
        };
        work.budget.take_entries(1)?;
        let length = usize::try_from(header.compressed_size).map_err(|_| damaged)?;
        let (packed, next) = rest.split_at_checked(length).ok_or(damaged)?;
        rest = next;
        let untrusted_name = name_of(&header);
        let is_link = header.compression == *b"-lhd-" && untrusted_name.contains('|');
        if header.is_directory() && !is_link {
            packing.take_folder(&untrusted_name);
            continue;
        }
        let bytes = if is_link {
            Err(Refusal::held(Reason::UnknownKind))
        } else {
            expand(header, packed, work).map(Cow::Owned)
        };
        let permille = permille(untrusted.len() - rest.len(), untrusted.len());
        packing.take(Found { untrusted_name, bytes, permille }, work)?;
    }
    if rest.iter().any(|byte| *byte != 0) {
        work.findings.add(Threat::HiddenData, "lha#outside");
    }
    Ok(())
}

fn expand(header: LhaHeader, packed: &[u8], work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
    if matches!(header.compression_method(), Err(_) | Ok(CompressionMethod::Lhx)) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let expanded_bytes = header.original_size;
    let decoder = DecoderAny::new_from_header(&header, packed);
    let mut reader = LhaDecodeReader::default();
    reader.begin_with_header_and_decoder(header, decoder);
    if !reader.is_decoder_supported() {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let mut reader = Decoded(reader);
    let bytes = work.budget.take_all(&mut reader, packed.len() as u64, expanded_bytes)?;
    if reader.0.crc_is_ok() { Ok(bytes) } else { Err(Refusal::held(Reason::Damaged)) }
}

/// The library without its clock has a reading trait of its own.
struct Decoded<'a>(LhaDecodeReader<&'a [u8]>);

impl Read for Decoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read_all(buffer).map_err(std::io::Error::other)
    }
}

/// The folder, whose parts are divided by 0xFF, and the name.
fn name_of(header: &LhaHeader) -> String {
    let (mut name, mut folder) = (None, None);
    let (mut wide_name, mut wide_folder) = (None, None);
    for field in header.iter_extra() {
        match field {
            [EXT_HEADER_FILENAME, text @ ..] => name = Some(decode_name(text)),
            [EXT_HEADER_PATH, text @ ..] => {
                let parts: Vec<String> = text.split(|byte| *byte == 0xFF).map(decode_name).collect();
                folder = Some(parts.join("/"));
            }
            [EXT_HEADER_WIDE_NAME, text @ ..] => wide_name = Some(decode_wide(text)),
            [EXT_HEADER_WIDE_PATH, text @ ..] => wide_folder = Some(decode_wide(text)),
            _ => {}
        }
    }
    let written = header.filename.split(|byte| *byte == 0).next().unwrap_or_default();
    let name = wide_name.or(name).unwrap_or_else(|| decode_name(written));
    match wide_folder.or(folder) {
        Some(folder) if !folder.is_empty() => format!("{}/{name}", folder.trim_end_matches(['/', '\\'])),
        _ => name,
    }
}

fn decode_wide(untrusted: &[u8]) -> String {
    let units = untrusted.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    char::decode_utf16(units.map(|unit| if unit == 0xFFFF { u16::from(b'/') } else { unit }))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .filter(|c| *c != '\0')
        .collect()
}
