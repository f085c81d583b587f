//! Where the members of a ZIP lie, read strictly.
//!
//! Owns: finding the central directory, and comparing each local header with it. Two readers of one archive must
//! not see two different files, so where the two headers differ the member is marked and its bytes are refused.
//! Leaves to others: expanding (`bounded`), names (`archive`, `ooxml`).

use std::collections::HashMap;
use std::ops::Range;

use worker_protocol::{Limits, Reason};

use crate::Refusal;
use crate::bounded::Budget;

/// One archive's table of contents.
pub(crate) struct Listing {
    pub(crate) entries: Vec<Entry>,
    /// Bytes before the first member or after the end record: another file glued on.
    pub(crate) has_foreign_bytes: bool,
    /// The comment of the archive, when it is text and all that is foreign.
    pub(crate) comment: Option<String>,
}

/// One member as the central directory and the local header agree on it.
pub(crate) struct Entry {
    /// The bytes of its name; see [`Entry::name_is_utf8`].
    pub(crate) untrusted_name: Vec<u8>,
    pub(crate) name_is_utf8: bool,
    pub(crate) is_encrypted: bool,
    pub(crate) is_link: bool,
    /// Why its bytes may not be used, if so.
    pub(crate) trouble: Option<Reason>,
    pub(crate) header_start: u64,
    method: u16,
    checksum: u32,
    packed: Range<usize>,
    expanded_bytes: u64,
}

impl Entry {
    pub(crate) fn is_folder(&self) -> bool {
        matches!(self.untrusted_name.last(), Some(b'/' | b'\\'))
    }

    pub(crate) fn packed_bytes(&self) -> u64 {
        self.packed.len() as u64
    }

    pub(crate) fn expanded_bytes(&self) -> u64 {
        self.expanded_bytes
    }

    /// The member's bytes, unless it is encrypted.
    pub(crate) fn expand(&self, archive: &[u8], budget: &mut Budget) -> Result<Vec<u8>, Refusal> {
        self.expand_exactly(archive, budget).map(|(bytes, _)| bytes)
    }

    /// The member's bytes, and how it was packed when that is nothing but these bytes and can be written again as it is.
    pub(crate) fn expand_exactly<'a>(
        &self,
        archive: &'a [u8],
        budget: &mut Budget,
    ) -> Result<(Vec<u8>, Option<Packed<'a>>), Refusal> {
        if let Some(reason) = self.trouble {
            return Err(Refusal::held(reason));
        }
        if self.is_encrypted {
            return Err(Refusal::held(Reason::PasswordNeeded));
        }
        let packed = archive.get(self.packed.clone()).ok_or(Refusal::held(Reason::Damaged))?;
        let (bytes, is_exact) = match self.method {
            0 => (budget.copy(packed)?, false),
            8 => budget.inflate(packed, self.expanded_bytes)?,
            _ => return Err(Refusal::held(Reason::UnknownKind)),
        };
        let mut checksum = flate2::Crc::new();
        checksum.update(&bytes);
        if checksum.sum() != self.checksum || bytes.len() as u64 != self.expanded_bytes {
            return Err(Refusal::held(Reason::Damaged));
        }
        let packed = is_exact.then_some(Packed {
            deflated: packed,
            checksum: self.checksum,
            expanded_bytes: self.expanded_bytes,
        });
        Ok((bytes, packed))
    }
}

/// A deflate stream whose content was seen and whose checksum holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed<'a> {
    pub(crate) deflated: &'a [u8],
    pub(crate) checksum: u32,
    pub(crate) expanded_bytes: u64,
}

const END_BYTES: usize = 22;
const COMMENT_BYTES_MAX: usize = 65_535;

/// Reads the table of contents.
///
/// # Errors
/// Held as damaged when there is no sound central directory, blocked when there are more members than allowed.
pub(crate) fn read(archive: &[u8], limits: &Limits) -> Result<Listing, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let end = find_end(archive).ok_or(damaged)?;
    let directory = find_directory(archive, end).ok_or(damaged)?;
    if directory.count > limits.entries_max {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    let mut entries = Vec::new();
    let mut at = directory.start;
    for _ in 0..directory.count {
        let (entry, next) = read_entry(archive, at, directory.base).ok_or(damaged)?;
        entries.push(entry);
        at = next;
    }
    if at > end {
        return Err(damaged);
    }
    mark_overlaps(&mut entries);
    mark_duplicates(&mut entries);
    let comment = u16_at(archive, end + 20).map_or(0, usize::from);
    let first = entries.iter().map(|e| e.header_start).min().unwrap_or(directory.start as u64);
    let is_glued = first > 0 || archive.len() > end + END_BYTES + comment;
    let said = archive.get(end + END_BYTES..).filter(|said| !said.is_empty() && !is_glued);
    let said = said.and_then(|said| std::str::from_utf8(said).ok()).map(str::to_owned);
    Ok(Listing { entries, has_foreign_bytes: is_glued || comment > 0, comment: said })
}

/// The last end record whose comment reaches no further than the file.
fn find_end(archive: &[u8]) -> Option<usize> {
    let last = archive.len().checked_sub(END_BYTES)?;
    let first = last.saturating_sub(COMMENT_BYTES_MAX);
    (first..=last).rev().find(|at| {
        slice(archive, *at, 4) == Some(b"PK\x05\x06")
            && u16_at(archive, at + 20)
                .is_some_and(|comment| at + END_BYTES + usize::from(comment) <= archive.len())
    })
}

struct Directory {
    start: usize,
    count: u64,
    /// What every offset in the archive is off by, when something stands before it.
    base: u64,
}

fn find_directory(archive: &[u8], end: usize) -> Option<Directory> {
    let disks = (u16_at(archive, end + 4)?, u16_at(archive, end + 6)?);
    let mut count = u64::from(u16_at(archive, end + 10)?);
    let mut size = u64::from(u32_at(archive, end + 12)?);
    let mut offset = u64::from(u32_at(archive, end + 16)?);
    let mut directory_end = end;
    let locator = end.checked_sub(20).filter(|at| slice(archive, *at, 4) == Some(b"PK\x06\x07"));
    if let Some(locator) = locator {
        let claimed = usize::try_from(u64_at(archive, locator + 8)?).ok()?;
        let record = [claimed, locator.checked_sub(56)?]
            .into_iter()
            .find(|at| slice(archive, *at, 4) == Some(b"PK\x06\x06"))?;
        count = u64_at(archive, record + 32)?;
        size = u64_at(archive, record + 40)?;
        offset = u64_at(archive, record + 48)?;
        directory_end = record;
    } else if disks != (0, 0) {
        return None;
    }
    let start = (directory_end as u64).checked_sub(size)?;
    let base = start.checked_sub(offset)?;
    Some(Directory { start: usize::try_from(start).ok()?, count, base })
}

fn read_entry(archive: &[u8], at: usize, base: u64) -> Option<(Entry, usize)> {
    if slice(archive, at, 4)? != b"PK\x01\x02" {
        return None;
    }
    let flags = u16_at(archive, at + 8)?;
    let mut method = u16_at(archive, at + 10)?;
    let checksum = u32_at(archive, at + 16)?;
    let (name_length, extra_length, comment_length) =
        (u16_at(archive, at + 28)?, u16_at(archive, at + 30)?, u16_at(archive, at + 32)?);
    let name = slice(archive, at + 46, name_length.into())?;
    let extra = slice(archive, at + 46 + usize::from(name_length), extra_length.into())?;
    let mut sizes = Sizes {
        packed: u32_at(archive, at + 20)?.into(),
        expanded: u32_at(archive, at + 24)?.into(),
        offset: Some(u32_at(archive, at + 42)?.into()),
    };
    sizes.widen(extra)?;
    let header_start = sizes.offset?.checked_add(base)?;
    let local_at = usize::try_from(header_start).ok()?;
    let mut trouble = None;

    if slice(archive, local_at, 4)? != b"PK\x03\x04" {
        return None;
    }
    let local_flags = u16_at(archive, local_at + 6)?;
    let local_method = u16_at(archive, local_at + 8)?;
    let (local_name_length, local_extra_length) =
        (u16_at(archive, local_at + 26)?, u16_at(archive, local_at + 28)?);
    let local_name = slice(archive, local_at + 30, local_name_length.into())?;
    let local_extra =
        slice(archive, local_at + 30 + usize::from(local_name_length), local_extra_length.into())?;
    let mut local_sizes = Sizes {
        packed: u32_at(archive, local_at + 18)?.into(),
        expanded: u32_at(archive, local_at + 22)?.into(),
        offset: None,
    };
    local_sizes.widen(local_extra)?;
    // With a data descriptor the local sizes may be left at zero; a size that is there must be right.
    let has_descriptor = local_flags & 8 != 0;
    let fits = |local: u64, central: u64| local == central || (has_descriptor && local == 0);
    if local_name != name
        || local_method != method
        || (local_flags ^ flags) & 1 != 0
        || !fits(local_sizes.packed, sizes.packed)
        || !fits(local_sizes.expanded, sizes.expanded)
    {
        trouble = Some(Reason::Damaged);
    }
    if method == 99 {
        // AES: the real method is in the extra field. The cipher is opened by the library, which reads it again.
        method = extra_field(extra, 0x9901).and_then(|field| u16_at(field, 5)).unwrap_or(99);
    }
    let data_start = local_at + 30 + usize::from(local_name_length) + usize::from(local_extra_length);
    let data_end = data_start.checked_add(usize::try_from(sizes.packed).ok()?)?;
    if data_end > archive.len() {
        return None;
    }
    let unix_kind = (u32_at(archive, at + 38)? >> 16) & 0o170_000;
    let entry = Entry {
        untrusted_name: name.to_vec(),
        name_is_utf8: flags & 0x800 != 0,
        is_encrypted: flags & 1 != 0,
        is_link: !matches!(unix_kind, 0 | 0o100_000 | 0o040_000),
        trouble,
        header_start,
        method,
        checksum,
        packed: data_start..data_end,
        expanded_bytes: sizes.expanded,
    };
    Some((
        entry,
        at + 46 + usize::from(name_length) + usize::from(extra_length) + usize::from(comment_length),
    ))
}

struct Sizes {
    packed: u64,
    expanded: u64,
    offset: Option<u64>,
}

impl Sizes {
    /// Takes the 64-bit values from the ZIP64 extra field for those that are marked as too large for 32 bits.
    fn widen(&mut self, extra: &[u8]) -> Option<()> {
        const MARK: u64 = 0xFFFF_FFFF;
        let Some(field) = extra_field(extra, 1) else { return Some(()) };
        let mut at = 0;
        let slots = [Some(&mut self.expanded), Some(&mut self.packed), self.offset.as_mut()];
        for slot in slots.into_iter().flatten().filter(|slot| **slot == MARK) {
            *slot = u64_at(field, at)?;
            at += 8;
        }
        Some(())
    }
}

fn extra_field(mut extra: &[u8], wanted: u16) -> Option<&[u8]> {
    while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let field = slice(extra, 4, length.into())?;
        if id == wanted {
            return Some(field);
        }
        extra = extra.get(4 + usize::from(length)..)?;
    }
    None
}

/// Members whose bytes lie over each other are how a small file claims to be a huge one.
fn mark_overlaps(entries: &mut [Entry]) {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|i| entries.get(*i).map_or(0, |e| e.header_start));
    let mut reached = 0u64;
    for index in order {
        if let Some(entry) = entries.get_mut(index) {
            if entry.header_start < reached {
                entry.trouble = Some(Reason::Bomb);
            }
            reached = reached.max(entry.packed.end as u64);
        }
    }
}

/// Of two members with one name each reader takes another one, so neither is taken here.
fn mark_duplicates(entries: &mut [Entry]) {
    let mut seen: HashMap<Vec<u8>, u32> = HashMap::new();
    for entry in entries.iter() {
        *seen.entry(entry.untrusted_name.to_ascii_lowercase()).or_default() += 1;
    }
    for entry in entries {
        if seen.get(&entry.untrusted_name.to_ascii_lowercase()).is_some_and(|n| *n > 1) && !entry.is_folder()
        {
            entry.trouble = Some(Reason::Damaged);
        }
    }
}

fn slice(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(length)?)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(slice(bytes, at, 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(slice(bytes, at, 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(slice(bytes, at, 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zip_writer;
    use proptest::prelude::*;

    fn sample() -> Vec<u8> {
        zip_writer::write([("a.txt", b"hello".as_slice()), ("b/c.txt", &[b'x'; 5000])]).unwrap()
    }

    #[test]
    fn members_come_back() {
        let archive = sample();
        let listing = read(&archive, &Limits::default()).unwrap();
        let mut budget = Budget::new(Limits::default());
        let contents: Vec<_> =
            listing.entries.iter().map(|e| e.expand(&archive, &mut budget).unwrap().len()).collect();
        assert_eq!(contents, [5, 5000]);
        assert!(!listing.has_foreign_bytes);
    }

    #[test]
    fn a_local_name_that_differs_marks_the_member() {
        let mut archive = sample();
        let at = archive.windows(5).position(|w| w == b"a.txt").unwrap();
        archive[at] = b'z';
        let listing = read(&archive, &Limits::default()).unwrap();
        assert_eq!(
            listing.entries.iter().map(|e| e.trouble).collect::<Vec<_>>(),
            [Some(Reason::Damaged), None]
        );
    }

    #[test]
    fn bytes_before_and_after_are_seen() {
        for archive in [[b"MZ....".to_vec(), sample()].concat(), [sample(), b"tail".to_vec()].concat()] {
            assert!(read(&archive, &Limits::default()).unwrap().has_foreign_bytes);
        }
    }

    proptest! {
        #[test]
        fn damage_never_panics(at in 0usize..400, byte in any::<u8>(), cut in 0usize..400) {
            let mut archive = sample();
            let length = archive.len();
            archive[at % length] = byte;
            archive.truncate(length - cut % length);
            if let Ok(listing) = read(&archive, &Limits::default()) {
                let mut budget = Budget::new(Limits::default());
                for entry in &listing.entries {
                    if let Ok(bytes) = entry.expand(&archive, &mut budget) {
                        prop_assert_eq!(bytes.len() as u64, entry.expanded_bytes());
                    }
                }
            }
        }
    }
}
