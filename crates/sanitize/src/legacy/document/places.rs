//! What is tied to places in the text (MS-DOC 2.8): sections, page headers, notes, comments, bookmarks, shapes, boxes, fields.
//!
//! Owns: the form of each list, and its places in the new text.
//! Leaves to others: where a place is afterwards (`edit`), how sections look (`looks`).

use std::collections::HashSet;

use super::edit::{Added, Edit};
use super::fields;
use super::header::{Header, part, story};
use super::looks::{self, Known, about};
use super::strings;
use super::text::{Text, plc};
use crate::legacy::Stop;
use crate::legacy::bytes::{Reader, place_at, u16_at, u32_at};

/// Notes: where they are referred to and their texts, with the story that they refer from and the one that they are in.
const NOTES: [(usize, usize, usize); 2] = [(2, 3, story::FOOTNOTES), (46, 47, story::ENDNOTES)];
const NOTE_BYTES: usize = 2;

/// Comments: where they are, and their texts.
const COMMENTS: (usize, usize) = (4, 5);
const COMMENT_BYTES: usize = 30;
const COMMENT_DATE_BYTES: usize = 18;
/// What stands behind the name of a commented place, which is empty.
const COMMENTED_BYTES: usize = 10;

const SECTION_BYTES: usize = 12;
const SECTIONS_MAX: usize = 4_096;
const SECTION_AT: usize = 2;
const NOWHERE: u32 = u32::MAX;

const BOOKMARK_BYTES: usize = 4;
const SHAPE_BYTES: usize = 26;
const SHAPES: [(usize, usize); 2] = [(part::SHAPES, story::MAIN), (part::HEADER_SHAPES, story::HEADERS)];

/// Boxes of words: their texts and where these break, in the text and in page headers.
const BOXES: [(usize, usize, usize); 2] =
    [(56, part::BOXES_BREAKS, story::BOXES), (58, part::HEADER_BOXES_BREAKS, story::HEADER_BOXES)];
const BOX_BYTES: usize = 22;
const BOX_UNDO_AT: usize = 18;
const BREAK_BYTES: usize = 6;

/// The longest name of somebody who commented, in characters.
const NAME_MAX: usize = 255;

/// Page headers of a section, and separators of notes that come before them all.
pub(super) const HEADERS_OF_SECTION: usize = 6;
pub(super) const SEPARATORS: usize = 6;

/// A document while its lists are written.
pub(super) struct Places<'a> {
    pub(super) header: &'a Header,
    pub(super) table: &'a [u8],
    pub(super) text: &'a Text<'a>,
    pub(super) edit: &'a Edit,
}

/// Parts that are written, by number.
pub(super) type Parts = Vec<(usize, Vec<u8>)>;

impl Places<'_> {
    fn list(&self, number: usize, each: usize) -> Result<(Vec<u32>, &[u8]), Stop> {
        plc(self.header.part(number, self.table)?, each)
    }

    /// Where a story begins afterwards. What comes, comes into the page headers.
    fn start(&self, which: usize) -> u32 {
        let start = self.text.story(which).start;
        if which <= story::HEADERS { self.edit.kept(start) } else { self.edit.place(start) }
    }

    /// How long each story is afterwards.
    pub(super) fn lengths(&self) -> [u32; story::COUNT] {
        let mut lengths = [0; story::COUNT];
        for (which, length) in lengths.iter_mut().enumerate() {
            *length = self.end(which) - self.start(which);
        }
        lengths
    }

    fn end(&self, which: usize) -> u32 {
        match which {
            story::HEADER_BOXES => self.edit.place(self.text.story(which).end),
            _ => self.start(which + 1),
        }
    }

    /// Where a place in a story is afterwards, from the beginning of the story. One behind its end is its end.
    fn place(&self, which: usize, at: u32) -> u32 {
        let range = self.text.story(which);
        match range.start.checked_add(at) {
            Some(at) if at < range.end => self.edit.place(at) - self.start(which),
            _ => self.end(which) - self.start(which),
        }
    }

    /// Where a place of the whole text is afterwards.
    fn anywhere(&self, at: u32) -> u32 {
        let last = self.text.starts.last().copied().unwrap_or(0);
        self.edit.place(at.min(last))
    }

    /// A list whose entries are tied to characters of the main text, none of which may go: something else counts them.
    fn tied(&self, number: usize, each: usize) -> Result<Vec<u8>, Stop> {
        let (places, _) = self.list(number, each)?;
        let start = self.text.story(story::MAIN).start;
        let mut own = places.iter().take(places.len().saturating_sub(1));
        if own.any(|at| self.edit.drops(start.saturating_add(*at))) {
            return Err(Stop::Other);
        }
        self.parted(number, story::MAIN, each)
    }

    /// A list that says where parts of a story begin.
    fn parted(&self, number: usize, which: usize, each: usize) -> Result<Vec<u8>, Stop> {
        let (places, entries) = self.list(number, each)?;
        Ok(put(places.into_iter().map(|at| self.place(which, at)), entries))
    }

    /// Notes, comments, boxes, bookmarks and fields.
    pub(super) fn common(&self, kept: &[(u32, [u8; 2])], parts: &mut Parts) -> Result<(), Stop> {
        for (from, to, which) in NOTES {
            parts.push((from, self.tied(from, NOTE_BYTES)?));
            parts.push((to, self.parted(to, which, 0)?));
        }
        self.comments(parts)?;
        for (texts, breaks, which) in BOXES {
            let mut own = self.parted(texts, which, BOX_BYTES)?;
            let heads = own.len().saturating_sub(4) / (4 + BOX_BYTES);
            for index in 0..heads {
                let at = (heads + 1) * 4 + index * BOX_BYTES + BOX_UNDO_AT;
                own.get_mut(at..at + 4).ok_or(Stop::Other)?.fill(0);
            }
            parts.push((texts, own));
            parts.push((breaks, self.parted(breaks, which, BREAK_BYTES)?));
        }
        let names = strings::read(self.header.part(part::BOOKMARK_NAMES, self.table)?, 0)?;
        if !names.is_empty() {
            let (starts, ends) =
                (self.ranges(part::BOOKMARK_STARTS, BOOKMARK_BYTES)?, self.ranges(part::BOOKMARK_ENDS, 0)?);
            parts.push((part::BOOKMARK_NAMES, strings::written(&names, 0)?));
            parts.push((part::BOOKMARK_STARTS, starts));
            parts.push((part::BOOKMARK_ENDS, ends));
        }
        for (which, list) in fields::LISTS.into_iter().enumerate() {
            let range = self.text.story(which);
            let own = kept.iter().filter(|(at, _)| range.contains(at));
            let entries: Vec<u8> = own.clone().flat_map(|(_, entry)| *entry).collect();
            if !entries.is_empty() {
                let places = own.map(|(at, _)| at - range.start).chain([NOWHERE]);
                parts.push((list, put(places.map(|at| self.place(which, at)), &entries)));
            }
        }
        Ok(())
    }

    /// A list of ranges of the whole text.
    fn ranges(&self, number: usize, each: usize) -> Result<Vec<u8>, Stop> {
        let (places, entries) = self.list(number, each)?;
        Ok(put(places.into_iter().map(|at| self.anywhere(at)), entries))
    }

    fn comments(&self, parts: &mut Parts) -> Result<(), Stop> {
        let (refs, texts) = COMMENTS;
        if !self.header.has(refs) {
            return Ok(());
        }
        let count = self.list(refs, COMMENT_BYTES)?.0.len().saturating_sub(1);
        parts.push((refs, self.tied(refs, COMMENT_BYTES)?));
        parts.push((texts, self.parted(texts, story::COMMENTS, 0)?));
        parts.push((part::COMMENTERS, names(self.header.part(part::COMMENTERS, self.table)?)?));
        let dates = self.header.part(part::COMMENT_DATES, self.table)?;
        if dates.len() == count * COMMENT_DATE_BYTES {
            parts.push((part::COMMENT_DATES, dates.to_vec()));
        }
        let commented = strings::read(self.header.part(part::COMMENT_NAMES, self.table)?, COMMENTED_BYTES)?;
        if !commented.is_empty() {
            parts.push((part::COMMENT_NAMES, strings::written(&commented, COMMENTED_BYTES)?));
            parts.push((part::COMMENT_STARTS, self.ranges(part::COMMENT_STARTS, BOOKMARK_BYTES)?));
            parts.push((part::COMMENT_ENDS, self.ranges(part::COMMENT_ENDS, 0)?));
        }
        Ok(())
    }

    /// Where shapes are.
    pub(super) fn shapes(&self, dropped: &HashSet<u32>, parts: &mut Parts) -> Result<(), Stop> {
        for (number, which) in SHAPES {
            let (places, entries) = self.list(number, SHAPE_BYTES)?;
            let all = places.iter().zip(entries.chunks_exact(SHAPE_BYTES));
            let kept: Vec<(u32, &[u8])> = all
                .filter(|(_, entry)| u32_at(entry, 0).is_some_and(|shape| !dropped.contains(&shape)))
                .map(|(at, entry)| (*at, entry))
                .collect();
            if !kept.is_empty() {
                let places = kept.iter().map(|(at, _)| *at).chain([NOWHERE]);
                let own: Vec<u8> = kept.iter().flat_map(|(_, entry)| *entry).copied().collect();
                parts.push((number, put(places.map(|at| self.place(which, at)), &own)));
            }
        }
        Ok(())
    }

    /// Sections, whose looks are put at the end of the main stream.
    pub(super) fn sections(
        &self,
        sections: &Sections,
        known: Known,
        main: &mut Vec<u8>,
        parts: &mut Parts,
    ) -> Result<bool, Stop> {
        let mut is_unknown = false;
        let mut entries = Vec::new();
        for look in &sections.looks {
            let mut kept = Vec::new();
            is_unknown |= looks::put(look, &[about::SECTIONS], known, &mut kept);
            let at = u32::try_from(main.len()).map_err(|_| Stop::Other)?;
            main.extend_from_slice(&u16::try_from(kept.len()).map_err(|_| Stop::Other)?.to_le_bytes());
            main.extend_from_slice(&kept);
            main.resize(main.len().next_multiple_of(2), 0);
            entries.extend_from_slice(&[0; SECTION_AT]);
            entries.extend_from_slice(&at.to_le_bytes());
            entries.extend_from_slice(&[0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        }
        let places = sections.places.iter().map(|at| self.place(story::MAIN, *at));
        parts.push((part::SECTIONS, put(places, &entries)));
        Ok(is_unknown)
    }

    /// Page headers, with what comes into each.
    pub(super) fn page_headers(&self, headers: &[u32], added: &[Added], parts: &mut Parts) {
        if headers.is_empty() {
            return;
        }
        let start = self.text.story(story::HEADERS).start;
        let base = self.start(story::HEADERS);
        let mut places = Vec::new();
        let mut added = added.iter().peekable();
        let mut before = 0;
        for (index, at) in headers.iter().enumerate() {
            let at = start.saturating_add(*at).min(self.text.story(story::HEADERS).end);
            while let Some(paragraph) = added.next_if(|paragraph| paragraph.header < index) {
                before += paragraph.len();
            }
            places.push(self.edit.kept(at) + before - base);
        }
        parts.push((part::PAGE_HEADERS, put(places.into_iter(), &[])));
    }
}

/// Sections of a document: where each ends, and how it looks.
pub(super) struct Sections {
    places: Vec<u32>,
    looks: Vec<Vec<u8>>,
}

impl Sections {
    pub(super) fn read(header: &Header, main: &[u8], table: &[u8]) -> Result<Self, Stop> {
        let (places, entries) = plc(header.part(part::SECTIONS, table)?, SECTION_BYTES)?;
        let mut looks = Vec::new();
        for entry in entries.chunks_exact(SECTION_BYTES) {
            let at = u32_at(entry, SECTION_AT).ok_or(Stop::Other)?;
            let look = match at {
                NOWHERE => &[],
                _ => {
                    let rest =
                        place_at(entry, SECTION_AT).and_then(|at| main.get(at..)).ok_or(Stop::Other)?;
                    let length = u16_at(rest, 0).map(usize::from).ok_or(Stop::Other)?;
                    rest.get(2..2 + length).ok_or(Stop::Other)?
                }
            };
            looks.push(look.to_vec());
        }
        if looks.is_empty() || looks.len() > SECTIONS_MAX {
            Err(Stop::Other)
        } else {
            Ok(Self { places, looks })
        }
    }

    pub(super) fn looks(&self) -> &[Vec<u8>] {
        &self.looks
    }
}

/// Characters that stand for shapes which are no more.
pub(super) fn of_shapes(
    header: &Header,
    table: &[u8],
    text: &Text<'_>,
    dropped: &HashSet<u32>,
) -> Result<Vec<u32>, Stop> {
    let mut all = Vec::new();
    for (number, which) in SHAPES {
        let start = text.story(which).start;
        let (places, entries) = plc(header.part(number, table)?, SHAPE_BYTES)?;
        for (at, entry) in places.iter().zip(entries.chunks_exact(SHAPE_BYTES)) {
            if u32_at(entry, 0).is_some_and(|shape| dropped.contains(&shape)) {
                all.push(start.checked_add(*at).ok_or(Stop::Other)?);
            }
        }
    }
    Ok(all)
}

/// Writes a list of places.
fn put(places: impl Iterator<Item = u32>, entries: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = places.flat_map(u32::to_le_bytes).collect();
    out.extend_from_slice(entries);
    out
}

/// Names of those who commented, one after the other.
fn names(list: &[u8]) -> Result<Vec<u8>, Stop> {
    let mut reader = Reader::new(list);
    while !reader.is_at_end() {
        let length = reader.u16().map(usize::from).filter(|length| *length <= NAME_MAX).ok_or(Stop::Other)?;
        reader.take(length * 2).ok_or(Stop::Other)?;
    }
    Ok(list.to_vec())
}
