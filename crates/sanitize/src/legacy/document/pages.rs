//! The pages on which a document keeps how its text looks (FKP, MS-DOC 2.9.33 and 2.9.175).
//!
//! Owns: laying looks out on pages, and the list of these.
//! Leaves to others: what looks say (`looks`), reading pages (`text`).

use std::collections::HashMap;

use super::edit::{Looks, Written};
use super::text::{PAGE_BYTES, PARAGRAPH_ENTRY};
use crate::legacy::Stop;

/// Looks of paragraphs that are longer than this, with the number of their style, stand in the data stream.
pub(super) const PARAGRAPH_MAX: usize = 480;

/// Which looks are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Characters,
    Paragraphs,
}

/// The page that is being filled.
struct Page {
    bytes: [u8; PAGE_BYTES],
    /// Where each run begins, and the place of its look in words.
    runs: Vec<(u32, u8)>,
    /// Looks that stand on the page.
    places: HashMap<usize, u8>,
    /// Where the looks begin; they fill the page from its end.
    used: usize,
}

impl Page {
    fn new() -> Self {
        Self { bytes: [0; PAGE_BYTES], runs: Vec::new(), places: HashMap::new(), used: PAGE_BYTES - 1 }
    }

    /// Adds a run. Says whether there was room.
    fn add(&mut self, from: u32, number: usize, look: &[u8], of: Of) -> Result<bool, Stop> {
        let entry = if of == Of::Characters { 1 } else { PARAGRAPH_ENTRY };
        let heads = (self.runs.len() + 2) * 4 + (self.runs.len() + 1) * entry;
        let place = match self.places.get(&number) {
            Some(place) if heads <= self.used => *place,
            Some(_) => return Ok(false),
            None => {
                let written = with_length(look, of)?;
                let at = self.used.checked_sub(written.len()).map(|at| at & !1).filter(|at| *at >= heads);
                let Some(at) = at else { return Ok(false) };
                let place =
                    if written.is_empty() { 0 } else { u8::try_from(at / 2).map_err(|_| Stop::Other)? };
                if !written.is_empty() {
                    let room = self.bytes.get_mut(at..at + written.len()).ok_or(Stop::Other)?;
                    room.copy_from_slice(&written);
                    self.used = at;
                }
                self.places.insert(number, place);
                place
            }
        };
        self.runs.push((from, place));
        Ok(true)
    }

    fn written(mut self, end: u32, of: Of) -> [u8; PAGE_BYTES] {
        let entry = if of == Of::Characters { 1 } else { PARAGRAPH_ENTRY };
        let count = self.runs.len();
        let ends = self.runs.iter().map(|(from, _)| *from).chain([end]);
        let mut heads: Vec<u8> = ends.flat_map(u32::to_le_bytes).collect();
        for (_, place) in &self.runs {
            heads.push(*place);
            // Heights of lines, which programs find out.
            heads.resize(heads.len() + entry - 1, 0);
        }
        if let Some(room) = self.bytes.get_mut(..heads.len()) {
            room.copy_from_slice(&heads);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last = u8::try_from(count).unwrap_or(0);
        }
        self.bytes
    }
}

/// A look with its length before it.
fn with_length(look: &[u8], of: Of) -> Result<Vec<u8>, Stop> {
    let byte = |length: usize| u8::try_from(length).map_err(|_| Stop::Other);
    Ok(match of {
        Of::Characters if look.is_empty() => Vec::new(),
        Of::Characters => [&[byte(look.len())?], look].concat(),
        // In words with the length itself, or in words behind it.
        Of::Paragraphs if look.len() % 2 == 1 => [&[byte(look.len().div_ceil(2))?], look].concat(),
        Of::Paragraphs => [&[0, byte(look.len() / 2)?], look].concat(),
    })
}

/// Lays looks out at the end of the main stream, and returns the list of the pages; `place` says where a character stands there.
pub(super) fn put(
    main: &mut Vec<u8>,
    written: &Written,
    of: Of,
    place: impl Fn(u32) -> Result<u32, Stop>,
) -> Result<Vec<u8>, Stop> {
    let (runs, looks): (_, &Looks) = match of {
        Of::Characters => (&written.characters, &written.looks),
        Of::Paragraphs => (&written.paragraphs, &written.looks),
    };
    main.resize(main.len().next_multiple_of(PAGE_BYTES), 0);
    let mut starts = Vec::new();
    let mut numbers = Vec::new();
    let mut page = Page::new();
    let mut from = place(0)?;
    starts.push(from);
    let close = |page: Page, end: u32, main: &mut Vec<u8>, numbers: &mut Vec<u32>| {
        numbers.push(u32::try_from(main.len() / PAGE_BYTES).map_err(|_| Stop::Other)?);
        main.extend_from_slice(&page.written(end, of));
        Ok::<(), Stop>(())
    };
    for (end, number) in runs {
        let look = looks.get(*number);
        if !page.add(from, *number, look, of)? {
            close(std::mem::replace(&mut page, Page::new()), from, main, &mut numbers)?;
            starts.push(from);
            if !page.add(from, *number, look, of)? {
                return Err(Stop::Other);
            }
        }
        from = place(*end)?;
    }
    close(page, from, main, &mut numbers)?;
    starts.push(from);
    Ok(starts.into_iter().chain(numbers).flat_map(u32::to_le_bytes).collect())
}
