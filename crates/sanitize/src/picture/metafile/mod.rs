//! Windows drawings (EMF and WMF), record by record.
//!
//! Owns: what both share: which of the two a file is, the text they draw, the bitmaps inside (`dib`), how deep drawings
//! lie in each other.
//! Leaves to others: the records themselves (`emf`, `wmf`, and `plus` for the newer ones inside the first).
//!
//! A record that draws is written again from its fields, each as long as its counts say. Escapes to a printer, comments
//! (in which other programs hide whole files), device contexts of other libraries and records of unknown kind stay
//! behind. Programs still draw the result as lines and text, sharp at any size; drawing it into pixels here would need
//! the fonts of the reader's machine.

mod dib;
mod emf;
mod plus;
mod wmf;

use worker_protocol::{Reason, Threat};

use super::Format;
use crate::{Refusal, Work};

/// What became of a drawing.
pub(super) struct Drawing {
    pub(super) clean: Vec<u8>,
    pub(super) format: Format,
    /// Pieces of text, in drawing order.
    pub(super) texts: Vec<String>,
    /// Whether newer records are among the older ones.
    has_plus: bool,
}

/// Records of one drawing, beyond which it is a bomb.
const RECORDS_MAX: usize = 2_000_000;

/// How many drawings one may lie in.
const DEPTH_MAX: usize = 4;

pub(super) fn format_of(untrusted: &[u8]) -> Option<Format> {
    if untrusted.starts_with(b"\xd7\xcd\xc6\x9a")
        || [b"\x01\0\x09\0\0\x01", b"\x01\0\x09\0\0\x03", b"\x02\0\x09\0\0\x01", b"\x02\0\x09\0\0\x03"]
            .iter()
            .any(|magic| untrusted.starts_with(*magic))
    {
        return Some(Format::Wmf);
    }
    let is_emf = untrusted.starts_with(&[1, 0, 0, 0]) && untrusted.get(40..44) == Some(b" EMF");
    is_emf.then_some(Format::Emf)
}

pub(super) fn rebuild(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<Drawing, Refusal> {
    rebuild_inside(untrusted, place, 0, work)
}

/// A drawing that lies in so many others.
fn rebuild_inside(
    untrusted: &[u8],
    place: &str,
    depth: usize,
    work: &mut Work<'_>,
) -> Result<Drawing, Refusal> {
    if depth > DEPTH_MAX {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let format = format_of(untrusted).ok_or(Refusal::held(Reason::UnknownKind))?;
    work.budget.spend(untrusted.len() as u64)?;
    if format == Format::Wmf {
        let (clean, texts) = wmf::rebuild(untrusted, place, work)?;
        return Ok(Drawing { clean, format, texts, has_plus: false });
    }
    emf::rebuild(untrusted, place, depth, work)
}

/// Numbers out of a record, little-endian.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn short(self, at: usize) -> Option<u16> {
        self.0.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn long(self, at: usize) -> Option<u32> {
        self.0.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn size(self, at: usize) -> Option<usize> {
        usize::try_from(self.long(at)?).ok()
    }

    fn bytes(self, at: usize, length: usize) -> Option<&'a [u8]> {
        self.0.get(at..at.checked_add(length)?)
    }
}

fn set_long(out: &mut [u8], at: usize, value: usize) {
    if let (Some(slot), Ok(value)) = (out.get_mut(at..at + 4), u32::try_from(value)) {
        slot.copy_from_slice(&value.to_le_bytes());
    }
}

/// A text of 16-bit characters, as far as it can be read.
fn wide_text(bytes: &[u8]) -> String {
    let units =
        bytes.chunks_exact(2).map(|pair| pair.iter().rev().fold(0u16, |v, b| (v << 8) | u16::from(*b)));
    char::decode_utf16(units).filter_map(Result::ok).filter(|c| !c.is_control()).collect()
}

/// A text of bytes in the encoding that Japanese Windows uses, of which ASCII is a part.
fn narrow_text(bytes: &[u8]) -> String {
    encoding_rs::SHIFT_JIS.decode(bytes).0.chars().filter(|c| !c.is_control() && *c != '\u{FFFD}').collect()
}

/// Notes a record that stays behind.
fn drop_record(threat: Threat, place: &str, what: &str, work: &mut Work<'_>) {
    work.findings.add(threat, &format!("{place}#{what}"));
}

#[cfg(test)]
mod tests;
