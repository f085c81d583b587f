//! The directories of a TIFF, as numbers.
//!
//! Owns: walking from page to page under a bound, in classic and big files of either byte order.
//! Leaves to others: what the tags mean.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use worker_protocol::Reason;

use crate::Refusal;

/// The file's shape.
pub(super) struct File {
    pub(super) directories: Vec<Directory>,
}

/// One page's tags.
pub(super) struct Directory {
    is_little: bool,
    is_big: bool,
    entries: BTreeMap<u16, Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: u16,
    count: u64,
    /// Where the values lie.
    at: usize,
}

fn number(bytes: &[u8], at: usize, length: usize, is_little: bool) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    let join = |value: u64, byte: &u8| (value << 8) | u64::from(*byte);
    Some(if is_little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) })
}

/// Bytes of one value of this type; 0 for a type that does not exist.
fn type_bytes(kind: u16) -> usize {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 0,
    }
}

impl File {
    pub(super) fn read(untrusted: &[u8], pages_max: usize) -> Result<Self, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let is_little = untrusted.starts_with(b"II");
        let is_big = number(untrusted, 2, 2, is_little) == Some(43);
        let (mut at, count_bytes, entry_bytes, offset_bytes) = if is_big {
            (number(untrusted, 8, 8, is_little), 8, 20, 8)
        } else {
            (number(untrusted, 4, 4, is_little), 2, 12, 4)
        };
        let mut seen = HashSet::new();
        let mut directories = Vec::new();
        loop {
            let here = at.and_then(|at| usize::try_from(at).ok()).ok_or(damaged)?;
            if here == 0 {
                break;
            }
            if !seen.insert(here) {
                return Err(damaged);
            }
            if directories.len() >= pages_max {
                return Err(Refusal::blocked(Reason::TooComplex));
            }
            let count = number(untrusted, here, count_bytes, is_little).ok_or(damaged)?;
            let count = usize::try_from(count).ok().filter(|c| *c <= 4096).ok_or(damaged)?;
            let mut entries = BTreeMap::new();
            for index in 0..count {
                let from = here + count_bytes + index * entry_bytes;
                let field =
                    |at: usize, length: usize| number(untrusted, from + at, length, is_little).ok_or(damaged);
                let (tag, kind) = (field(0, 2)?, field(2, 2)?);
                let (tag, kind) = (u16::try_from(tag).unwrap_or(0), u16::try_from(kind).unwrap_or(0));
                let count = field(4, offset_bytes)?;
                let value_at = from + 4 + offset_bytes;
                let bytes = count.saturating_mul(type_bytes(kind) as u64);
                let at = if bytes <= offset_bytes as u64 {
                    value_at
                } else {
                    let there = number(untrusted, value_at, offset_bytes, is_little).ok_or(damaged)?;
                    usize::try_from(there).map_err(|_| damaged)?
                };
                entries.entry(tag).or_insert(Entry { kind, count, at });
            }
            directories.push(Directory { is_little, is_big, entries });
            at = number(untrusted, here + count_bytes + count * entry_bytes, offset_bytes, is_little);
        }
        if directories.is_empty() { Err(damaged) } else { Ok(Self { directories }) }
    }

    /// The file with palette pages declared as shades of grey: the library reads indices under that name only.
    pub(super) fn with_palettes_as_grey<'a>(&self, untrusted: &'a [u8]) -> Cow<'a, [u8]> {
        let mut patched = Cow::Borrowed(untrusted);
        for directory in self.directories.iter().filter(|d| d.number(untrusted, 262, 0) == Some(3)) {
            let Some(entry) = directory.entries.get(&262) else { continue };
            let low =
                if directory.is_little { entry.at } else { entry.at + type_bytes(entry.kind).max(1) - 1 };
            if let Some(byte) = patched.to_mut().get_mut(low) {
                *byte = 1;
            }
        }
        patched
    }
}

impl Directory {
    pub(super) fn tags(&self) -> impl Iterator<Item = u16> {
        self.entries.keys().copied()
    }

    /// How many values a tag has; none when it is absent.
    pub(super) fn count(&self, tag: u16) -> usize {
        self.entries.get(&tag).map_or(0, |e| usize::try_from(e.count).unwrap_or(usize::MAX))
    }

    /// One whole number of a tag.
    pub(super) fn number(&self, untrusted: &[u8], tag: u16, index: usize) -> Option<u64> {
        let entry = self.entries.get(&tag)?;
        let bytes = match entry.kind {
            1 | 7 => 1,
            3 => 2,
            4 | 13 => 4,
            16 | 18 if self.is_big => 8,
            _ => return None,
        };
        (index < self.count(tag)).then_some(())?;
        number(untrusted, entry.at.checked_add(index.checked_mul(bytes)?)?, bytes, self.is_little)
    }

    /// Real numbers of a tag.
    pub(super) fn reals(&self, untrusted: &[u8], tag: u16) -> Option<Vec<f64>> {
        self.entries.get(&tag).filter(|e| e.kind == 12)?;
        let values = self.bytes(untrusted, tag)?.chunks_exact(8).filter_map(|v| <[u8; 8]>::try_from(v).ok());
        Some(
            values
                .map(|v| if self.is_little { f64::from_le_bytes(v) } else { f64::from_be_bytes(v) })
                .collect(),
        )
    }

    /// A fraction.
    pub(super) fn ratio(&self, untrusted: &[u8], tag: u16) -> Option<f64> {
        let entry = self.entries.get(&tag).filter(|e| e.kind == 5)?;
        let part = |at: usize| {
            number(untrusted, entry.at + at, 4, self.is_little).and_then(|v| u32::try_from(v).ok())
        };
        Some(f64::from(part(0)?) / f64::from(part(4)?))
    }

    /// The values of a tag as they lie in the file.
    pub(super) fn bytes<'a>(&self, untrusted: &'a [u8], tag: u16) -> Option<&'a [u8]> {
        let entry = self.entries.get(&tag)?;
        let length = usize::try_from(entry.count).ok()?.checked_mul(type_bytes(entry.kind))?;
        untrusted.get(entry.at..entry.at.checked_add(length)?)
    }

    /// The colours of a palette page: all reds, then all greens, then all blues, 16 bits each.
    pub(super) fn palette(&self, untrusted: &[u8], depth: u8) -> Option<Vec<[u8; 4]>> {
        let colours = 1usize << depth;
        let value = |index: usize| self.number(untrusted, 320, index);
        // Some writers use only the low byte.
        let is_narrow = (0..colours * 3).all(|i| value(i).is_none_or(|v| v < 256));
        let byte = |index: usize| {
            let value = value(index)?;
            u8::try_from(if is_narrow { value } else { value >> 8 }).ok()
        };
        (0..colours).map(|i| Some([byte(i)?, byte(colours + i)?, byte(2 * colours + i)?, 255])).collect()
    }

    /// Where the tables of a JPEG page stand: in a tag of their own or at the head of its first strip.
    pub(super) fn jpeg_tables(&self, untrusted: &[u8]) -> Vec<u8> {
        let own = self.bytes(untrusted, 347).unwrap_or_default();
        let first = self.number(untrusted, 273, 0).or_else(|| self.number(untrusted, 324, 0));
        let first = first.and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX);
        let first = untrusted.get(first..).map_or(&[][..], |rest| rest.get(..2048).unwrap_or(rest));
        [own, first].concat()
    }
}
