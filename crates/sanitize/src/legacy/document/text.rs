//! The text of a document and how its parts are to look (MS-DOC 2.4.1 to 2.4.6, 2.8.25, 2.9.35, 2.9.181).
//!
//! Owns: putting the text together from its pieces, and which look each character and each paragraph of it has.
//! Leaves to others: what the looks say (`looks`), what may not stay (`fields`).

use std::collections::BTreeSet;
use std::ops::Range;

use super::header::{Header, part, story};
use crate::bounded::Budget;
use crate::legacy::Stop;
use crate::legacy::bytes::{place_at, u16_at, u32_at};

/// Characters that mean something besides themselves.
pub(super) mod sign {
    pub(in super::super) const PICTURE: u16 = 0x01;
    pub(in super::super) const CELL: u16 = 0x07;
    pub(in super::super) const SHAPE: u16 = 0x08;
    pub(in super::super) const PAGE: u16 = 0x0C;
    pub(in super::super) const PARAGRAPH: u16 = 0x0D;
    pub(in super::super) const TAB: u16 = 0x09;
    pub(in super::super) const LINE: u16 = 0x0B;
    pub(in super::super) const HYPHEN: u16 = 0x1E;
    /// What begins, divides and ends a field.
    pub(in super::super) const FIELDS: [u16; 3] = [0x13, 0x14, 0x15];
}

/// Looks are kept on pages of this many bytes, the last of which says how many there are.
pub(super) const PAGE_BYTES: usize = 512;
const PAGE_NUMBER: u32 = 0x003F_FFFF;

/// On a page of paragraphs, the bytes for each besides where it begins.
pub(super) const PARAGRAPH_ENTRY: usize = 13;

const CHARACTERS_MAX: u32 = 1 << 28;
const PIECES_MAX: usize = 1 << 20;

/// How something looks: where the file says it, and what a piece says besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look<'a> {
    pub(super) list: &'a [u8],
    pub(super) of_piece: &'a [u8],
}

/// A text, with looks that each end somewhere.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) units: Vec<u16>,
    pub(super) characters: Vec<(u32, Look<'a>)>,
    /// The looks of paragraphs begin with the number of their style.
    pub(super) paragraphs: Vec<(u32, Look<'a>)>,
    /// Where each story begins; the last of these is where the last one ends.
    pub(super) starts: [u32; story::COUNT + 1],
    /// Whether all of it stands there with one byte for a character.
    pub(super) is_narrow: bool,
}

impl Text<'_> {
    pub(super) fn story(&self, story: usize) -> Range<u32> {
        let at = |index: usize| self.starts.get(index).copied().unwrap_or(0);
        at(story)..at(story + 1)
    }

    pub(super) fn unit(&self, at: u32) -> Option<u16> {
        self.units.get(usize::try_from(at).ok()?).copied()
    }

    /// Where the text ends: behind all stories, there is one end of a paragraph more if there is another story than the first.
    pub(super) fn end(&self) -> u32 {
        let last = self.starts.last().copied().unwrap_or(0);
        let has_end = last > self.story(story::MAIN).end && self.unit(last) == Some(sign::PARAGRAPH);
        last + u32::from(has_end)
    }

    /// The characters of a range.
    pub(super) fn slice(&self, range: &Range<u32>) -> &[u16] {
        let (from, to) = (usize::try_from(range.start).ok(), usize::try_from(range.end).ok());
        from.zip(to).and_then(|(from, to)| self.units.get(from..to)).unwrap_or_default()
    }
}

/// Some text that stands in one place of the main stream.
struct Piece<'a> {
    count: u32,
    place: u32,
    width: u32,
    look: &'a [u8],
}

/// Reads the text of a document.
pub(super) fn read<'a>(
    header: &Header,
    main: &'a [u8],
    table: &'a [u8],
    budget: &mut Budget,
) -> Result<Text<'a>, Stop> {
    let pieces = pieces(header.part(part::PIECES, table)?)?;
    let mut starts = [0u32; story::COUNT + 1];
    let mut at = 0u32;
    for (start, length) in starts.iter_mut().skip(1).zip(header.lengths) {
        at = at.checked_add(length).filter(|at| *at < CHARACTERS_MAX).ok_or(Stop::Other)?;
        *start = at;
    }
    let marks = pages(header, part::CHARACTERS, main, table, budget)?;
    let paragraphs = pages(header, part::PARAGRAPHS, main, table, budget)?;
    // A page break ends a paragraph where a look of paragraphs ends.
    let ends: BTreeSet<u32> = paragraphs.iter().map(|(range, _)| range.end).collect();
    let is_narrow = pieces.iter().all(|piece| piece.width == 1);
    let mut text =
        Text { units: Vec::new(), characters: Vec::new(), paragraphs: Vec::new(), starts, is_narrow };
    let mut count = 0u32;
    for piece in &pieces {
        let bytes = piece.count.checked_mul(piece.width).ok_or(Stop::Other)?;
        let end = piece.place.checked_add(bytes).ok_or(Stop::Other)?;
        let from = usize::try_from(piece.place).map_err(|_| Stop::Other)?;
        let to = usize::try_from(end).map_err(|_| Stop::Other)?;
        let own = main.get(from..to).ok_or(Stop::Other)?;
        // Pieces may lie over each other, so that a small file has much text.
        budget.spend(u64::from(piece.count) * 4)?;
        match piece.width {
            1 => {
                text.units.extend(encoding_rs::WINDOWS_1252.decode_without_bom_handling(own).0.encode_utf16())
            }
            _ => text.units.extend(own.chunks_exact(2).filter_map(|unit| u16_at(unit, 0))),
        }
        let character_at = |place: u32| count + (place.min(end) - piece.place) / piece.width;
        let mut reached = piece.place;
        while reached < end {
            let (next, list) = look_at(&marks, reached);
            let next = next.min(end);
            push(&mut text.characters, character_at(next), Look { list, of_piece: piece.look });
            reached = next;
        }
        for offset in 0..piece.count {
            let at = usize::try_from(count + offset).map_err(|_| Stop::Other)?;
            let unit = text.units.get(at).copied().ok_or(Stop::Other)?;
            let place = piece.place + offset * piece.width;
            let is_end = match unit {
                sign::PARAGRAPH | sign::CELL => true,
                sign::PAGE => ends.contains(&(place + piece.width)),
                _ => false,
            };
            if is_end {
                // A paragraph of which nothing is said looks as each program thinks.
                let known = paragraphs.partition_point(|(range, _)| range.end <= place);
                let known = paragraphs.get(known).filter(|(range, _)| range.start <= place);
                let (_, list) = known.ok_or(Stop::Other)?;
                text.paragraphs.push((count + offset + 1, Look { list, of_piece: piece.look }));
            }
        }
        count = count.checked_add(piece.count).filter(|count| *count < CHARACTERS_MAX).ok_or(Stop::Other)?;
    }
    text.characters = with_pictures_apart(&text);
    if usize::try_from(count).ok() != Some(text.units.len()) || count < text.story(story::COUNT - 1).end {
        return Err(Stop::Other);
    }
    Ok(text)
}

/// The looks of characters, cut where pictures begin and end: words may be in one run with them.
fn with_pictures_apart<'a>(text: &Text<'a>) -> Vec<(u32, Look<'a>)> {
    let mut all = Vec::with_capacity(text.characters.len());
    let mut from = 0;
    for (end, look) in &text.characters {
        let units = text.slice(&(from..*end));
        if units.len() > 1 && units.contains(&sign::PICTURE) {
            for (at, pair) in (from + 1..).zip(units.windows(2)) {
                if let [before, after] = pair
                    && (*before == sign::PICTURE) != (*after == sign::PICTURE)
                {
                    all.push((at, *look));
                }
            }
        }
        all.push((*end, *look));
        from = *end;
    }
    all
}

/// Adds a look that ends there. One that is the same as the one before goes on.
fn push<'a>(all: &mut Vec<(u32, Look<'a>)>, end: u32, look: Look<'a>) {
    match all.last_mut() {
        Some((last, before)) if *before == look => *last = end,
        _ => all.push((end, look)),
    }
}

/// The look at a place, and where the next one begins.
fn look_at<'a>(pages: &[(Range<u32>, &'a [u8])], place: u32) -> (u32, &'a [u8]) {
    let index = pages.partition_point(|(range, _)| range.end <= place);
    match pages.get(index) {
        Some((range, list)) if range.start <= place => (range.end, list),
        Some((range, _)) => (range.start, &[]),
        None => (u32::MAX, &[]),
    }
}

/// The pieces in their order, each with what it says about all looks in it.
fn pieces(mut rest: &[u8]) -> Result<Vec<Piece<'_>>, Stop> {
    let mut looks = Vec::new();
    while let [1, ..] = rest {
        let length = u16_at(rest, 1).map(usize::from).ok_or(Stop::Other)?;
        let (look, behind) =
            rest.get(3..).and_then(|rest| rest.split_at_checked(length)).ok_or(Stop::Other)?;
        looks.push(look);
        rest = behind;
    }
    let ([2, ..], Some(length)) = (rest, place_at(rest, 1)) else { return Err(Stop::Other) };
    let list = rest.get(5..).and_then(|list| list.get(..length)).ok_or(Stop::Other)?;
    let (ends, each) = plc(list, 8)?;
    if ends.len() > PIECES_MAX {
        return Err(Stop::Other);
    }
    let mut pieces = Vec::new();
    for (pair, own) in ends.windows(2).zip(each.chunks_exact(8)) {
        let [first, last] = pair else { return Err(Stop::Other) };
        let count = last.checked_sub(*first).ok_or(Stop::Other)?;
        let (place, look) = u32_at(own, 2).zip(u16_at(own, 6)).ok_or(Stop::Other)?;
        let is_narrow = place & 0x4000_0000 != 0;
        let place = place & 0x3FFF_FFFF;
        let look = match look {
            0 => &[],
            // The number of one of the looks above; otherwise it is one by itself, by a number of its own.
            look if look & 1 == 1 => *looks.get(usize::from(look >> 1)).ok_or(Stop::Other)?,
            _ => return Err(Stop::Other),
        };
        let (place, width) = if is_narrow { (place / 2, 1) } else { (place, 2) };
        pieces.push(Piece { count, place, width, look });
    }
    if ends.first() == Some(&0) { Ok(pieces) } else { Err(Stop::Other) }
}

/// A list of places, with something about what lies between one and the next (PLC).
pub(super) fn plc(list: &[u8], each: usize) -> Result<(Vec<u32>, &[u8]), Stop> {
    if list.is_empty() {
        return Ok((Vec::new(), &[]));
    }
    let count = list.len().checked_sub(4).ok_or(Stop::Other)? / (4 + each);
    let (places, own) = list.split_at_checked((count + 1) * 4).ok_or(Stop::Other)?;
    let places: Vec<u32> = places.chunks_exact(4).filter_map(|place| u32_at(place, 0)).collect();
    let own = own.get(..count * each).ok_or(Stop::Other)?;
    if places.is_sorted() { Ok((places, own)) } else { Err(Stop::Other) }
}

/// A part of the main stream, and how it is to look.
type Ranged<'a> = (Range<u32>, &'a [u8]);

/// The looks of characters or paragraphs, by where the text stands in the main stream.
fn pages<'a>(
    header: &Header,
    which: usize,
    main: &'a [u8],
    table: &[u8],
    budget: &mut Budget,
) -> Result<Vec<Ranged<'a>>, Stop> {
    let (_, numbers) = plc(header.part(which, table)?, 4)?;
    let mut all: Vec<Ranged<'a>> = Vec::new();
    for number in numbers.chunks_exact(4) {
        let number = u32_at(number, 0).map(|number| number & PAGE_NUMBER).ok_or(Stop::Other)?;
        let from = usize::try_from(number).ok().and_then(|number| number.checked_mul(PAGE_BYTES));
        let page = from.and_then(|from| main.get(from..from + PAGE_BYTES)).ok_or(Stop::Other)?;
        budget.spend(PAGE_BYTES as u64)?;
        let count = page.last().copied().map_or(0, usize::from);
        let entry = if which == part::CHARACTERS { 1 } else { PARAGRAPH_ENTRY };
        if (count + 1) * 4 + count * entry >= PAGE_BYTES {
            return Err(Stop::Other);
        }
        for index in 0..count {
            let range = u32_at(page, index * 4).zip(u32_at(page, index * 4 + 4));
            let range =
                range.filter(|(from, to)| from <= to).map(|(from, to)| from..to).ok_or(Stop::Other)?;
            let at = page.get((count + 1) * 4 + index * entry).copied().map_or(0, |at| usize::from(at) * 2);
            let list = match at {
                0 => &[],
                _ if which == part::CHARACTERS => of_length(page, at, 1, 1),
                // The length is in words, of which the first half counts; or nothing, and then in words that all count.
                _ if page.get(at) == Some(&0) => of_length(page, at + 1, 2, 1),
                _ => of_length(page, at, 2, 0),
            };
            if range.is_empty() {
                continue;
            }
            if all.last().is_some_and(|(before, _)| before.end > range.start) {
                return Err(Stop::Other);
            }
            all.push((range, list));
        }
    }
    Ok(all)
}

/// The bytes behind a length that counts so many bytes each; without the last one where the length takes its place.
fn of_length(page: &[u8], at: usize, unit: usize, whole: usize) -> &[u8] {
    let length = page.get(at).map_or(0, |length| usize::from(*length) * unit);
    let length = if whole == 0 { length.saturating_sub(1) } else { length };
    // The last byte of the page says how many there are on it.
    let end = (at + 1 + length).min(PAGE_BYTES - 1);
    page.get(at + 1..end).unwrap_or_default()
}
