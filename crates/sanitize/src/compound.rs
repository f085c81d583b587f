//! Compound files (MS-CFB), in which old Office documents, messages, controls and locked packages lie.
//!
//! Owns: opening one, and what office programs forgive that the library does not.
//! Leaves to others: what stands in it (`legacy`, `mail`, `ooxml`, `inspect`), and what kind it is (`detect`).

use std::borrow::Cow;
use std::io::Cursor;

use worker_protocol::Reason;

use crate::Refusal;

pub(crate) type Compound<'a> = cfb::CompoundFile<Cursor<Cow<'a, [u8]>>>;

/// Places in the header: the size of a sector as a power of two, how many tables there are, where the list of them goes on,
/// and its beginning, with how many stand in the header itself.
const SHIFT_AT: usize = 30;
const COUNT_AT: usize = 44;
const LIST_AT: usize = 68;
const TABLES_AT: usize = 76;
const TABLES_IN_HEADER: usize = 109;

/// Numbers up to here are of sectors.
const SECTOR_MAX: u32 = 0xFFFF_FFFA;
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
const FREE: u32 = 0xFFFF_FFFF;

/// Opens a compound file for reading.
///
/// # Errors
/// Held when it is damaged.
pub(crate) fn open(untrusted: &[u8]) -> Result<Compound<'_>, Refusal> {
    cfb::CompoundFile::open(Cursor::new(sound(untrusted))).map_err(|_| Refusal::held(Reason::Damaged))
}

/// The file with a table of sectors that ends where its sectors end.
///
/// The table comes in whole sectors, and what is left over in the last one has to say that it is free (MS-CFB 2.3). SheetJS,
/// with which many web systems write workbooks and lock packages, says there that a chain ends. Nothing points to
/// these entries, so office programs never see them; the library would take the file for one that was cut off. A file that
/// really was has chains that lead on, and stays damaged.
pub(crate) fn sound(untrusted: &[u8]) -> Cow<'_, [u8]> {
    let mut sound = Cow::Borrowed(untrusted);
    for at in spare_entries(untrusted).unwrap_or_default() {
        if let Some(entry) = sound.to_mut().get_mut(at..at + 4) {
            entry.copy_from_slice(&FREE.to_le_bytes());
        }
    }
    sound
}

/// Where entries of the table stand that end a chain and belong to no sector of the file.
fn spare_entries(untrusted: &[u8]) -> Option<Vec<usize>> {
    let sector_bytes = match untrusted.get(SHIFT_AT..SHIFT_AT + 2)? {
        [9, 0] => 512,
        [12, 0] => 4096,
        _ => return None,
    };
    let sectors = untrusted.len().div_ceil(sector_bytes).checked_sub(1)?;
    let place_of = |sector: u32| {
        let sector = usize::try_from(sector).ok().filter(|sector| *sector < sectors)?;
        Some((sector + 1) * sector_bytes)
    };
    let in_sector = sector_bytes / 4;
    let tables_max = sectors / in_sector + 2;
    let mut tables: Vec<u32> = numbers(untrusted, TABLES_AT, TABLES_IN_HEADER).collect();
    let mut next = numbers(untrusted, LIST_AT, 1).next()?;
    // Each part of the list is a sector, so a list with more of them leads in circles.
    for _ in 0..tables_max {
        let Some(at) = place_of(next) else { break };
        tables.extend(numbers(untrusted, at, in_sector - 1));
        next = numbers(untrusted, at + sector_bytes - 4, 1).next()?;
    }
    // The list is filled up with what is no table, in some files with zeros.
    let count = usize::try_from(numbers(untrusted, COUNT_AT, 1).next()?).ok()?;
    while tables.last() == Some(&FREE)
        || tables.last() == Some(&0) && tables.len() > count.max(TABLES_IN_HEADER)
    {
        tables.pop();
    }
    if tables.len() > tables_max {
        return None;
    }
    let mut spare = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let at = place_of(*table)?;
        for (sector, entry) in (index * in_sector..).zip(numbers(untrusted, at, in_sector)) {
            if entry <= SECTOR_MAX && place_of(entry).is_none() {
                // Something did lie there.
                return None;
            }
            if sector >= sectors && entry == END_OF_CHAIN {
                spare.push(at + sector % in_sector * 4);
            }
        }
    }
    Some(spare)
}

fn numbers(untrusted: &[u8], at: usize, count: usize) -> impl Iterator<Item = u32> + '_ {
    let bytes = untrusted.get(at..).unwrap_or_default().chunks_exact(4).take(count);
    bytes.filter_map(|bytes| bytes.try_into().ok().map(u32::from_le_bytes))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use cfb::Version;
    use proptest::prelude::*;

    use super::*;

    /// A file with one stream of this length, and the size of its sectors.
    fn file(version: Version, length: usize) -> (Vec<u8>, usize) {
        let mut file = cfb::CompoundFile::create_with_version(version, Cursor::new(Vec::new())).unwrap();
        file.create_stream("/Workbook").unwrap().write_all(&vec![7; length]).unwrap();
        (file.into_inner().into_inner(), version.sector_len())
    }

    /// Where the last table stands, which is the sector that says of itself that it is one.
    fn last_table(file: &[u8], sector_bytes: usize) -> (usize, usize) {
        let sectors = file.len() / sector_bytes - 1;
        let index = (sectors - 1) / (sector_bytes / 4);
        let at = if index < TABLES_IN_HEADER {
            numbers(file, TABLES_AT + index * 4, 1).next().unwrap()
        } else {
            let list = numbers(file, LIST_AT, 1).next().unwrap() as usize;
            numbers(file, (list + 1) * sector_bytes + (index - TABLES_IN_HEADER) * 4, 1).next().unwrap()
        };
        ((at as usize + 1) * sector_bytes, sectors - index * (sector_bytes / 4))
    }

    /// The table filled up as SheetJS does it.
    fn filled(mut file: Vec<u8>, sector_bytes: usize) -> Vec<u8> {
        let (at, used) = last_table(&file, sector_bytes);
        for entry in file[at..at + sector_bytes].chunks_exact_mut(4).skip(used) {
            entry.copy_from_slice(&END_OF_CHAIN.to_le_bytes());
        }
        file
    }

    #[test]
    fn entries_of_no_sector_are_free_whatever_they_say() {
        // The last one has more tables than the header lists.
        let rows = [(Version::V3, 5), (Version::V4, 5), (Version::V3, 70_000), (Version::V3, 7_300_000)];
        for (version, length) in rows {
            let (plain, sector_bytes) = file(version, length);
            assert!(matches!(sound(&plain), Cow::Borrowed(_)), "{length}");
            let filled = filled(plain.clone(), sector_bytes);
            assert!(cfb::CompoundFile::open(Cursor::new(&filled)).is_err(), "{length}");
            assert_eq!(*sound(&filled), plain, "{length}");
            let mut bytes = Vec::new();
            open(&filled).unwrap().open_stream("/WORKBOOK").unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, vec![7; length]);
        }
    }

    #[test]
    fn a_file_that_was_cut_off_stays_damaged() {
        for version in [Version::V3, Version::V4] {
            let (plain, sector_bytes) = file(version, 70_000);
            let filled = filled(plain, sector_bytes);
            for lost in 1..filled.len() / sector_bytes {
                let cut = &filled[..filled.len() - lost * sector_bytes];
                let read = open(cut).and_then(|mut file| {
                    let damaged = |_| Refusal::held(Reason::Damaged);
                    let mut bytes = Vec::new();
                    let mut stream = file.open_stream("/Workbook").map_err(damaged)?;
                    stream.read_to_end(&mut bytes).map_err(damaged)
                });
                assert_eq!(read, Err(Refusal::held(Reason::Damaged)), "{lost}");
            }
        }
    }

    #[test]
    fn lists_that_lead_in_circles_end() {
        let (plain, sector_bytes) = file(Version::V3, 70_000);
        let mut circle = filled(plain, sector_bytes);
        // A sector of the stream, which is full of sevens, is given for the rest of the list; then the list's own end.
        for first in [7u32, 20, 0xFFFF_FFF0] {
            circle[LIST_AT..LIST_AT + 4].copy_from_slice(&first.to_le_bytes());
            let _ = open(&circle);
        }
        let at = 21 * sector_bytes;
        circle[at..at + sector_bytes].fill(0);
        circle[at + sector_bytes - 4..at + sector_bytes].copy_from_slice(&20u32.to_le_bytes());
        circle[LIST_AT..LIST_AT + 4].copy_from_slice(&20u32.to_le_bytes());
        assert!(open(&circle).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Whatever the header and the table say: only ends of chains become free, and nothing panics.
        #[test]
        fn any_bytes_are_read_to_an_end(
            changes in proptest::collection::vec((0usize..3_000, any::<u8>()), 0..12),
            length in 0usize..3_000,
            is_whole in any::<bool>(),
        ) {
            let (plain, sector_bytes) = file(Version::V3, 600);
            let mut bytes = filled(plain, sector_bytes);
            let end = bytes.len();
            for (at, byte) in changes {
                bytes[at % end] = byte;
            }
            if !is_whole {
                bytes.truncate(length);
            }
            let sound = sound(&bytes);
            let pairs = bytes.chunks(4).zip(sound.chunks(4));
            for (before, after) in pairs.filter(|(before, after)| before != after) {
                prop_assert_eq!(before, END_OF_CHAIN.to_le_bytes());
                prop_assert_eq!(after, FREE.to_le_bytes());
            }
            let _ = open(&bytes);
        }
    }
}
