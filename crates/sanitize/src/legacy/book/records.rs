//! The records of a workbook of Excel 97 (MS-XLS 2.1.4): reading the stream into them, writing them.
//!
//! Owns: where records begin and end, which of them go on in others, text that goes on in another record.
//! Leaves to others: what a record means (the modules beside this one).

use super::Stop;
pub(super) use crate::legacy::bytes::Reader;
use crate::legacy::bytes::u16_at;

/// Records by number that tell where others belong.
pub(super) const BEGIN: u16 = 0x0809;
pub(super) const END: u16 = 0x000A;
pub(super) const CONTINUE: u16 = 0x003C;

/// Records that go on others which only later programs read (MS-XLS 2.4.59 to 2.4.63 and 2.4.72).
const LATER_CONTINUES: [u16; 4] = [0x0812, 0x0875, 0x087F, 0x089F];

/// The longest body of one record, in bytes (MS-XLS 2.1.4).
const BODY_BYTES_MAX: usize = 8224;

/// The body of a beginning, in bytes.
const BEGIN_BYTES: usize = 16;

/// Sheets of one workbook that are read.
const PARTS_MAX: usize = 10_000;

/// Charts on charts.
const DEPTH_MAX: usize = 4;

/// A record with those it goes on in.
#[derive(Debug, Clone)]
pub(super) struct Record<'a> {
    pub(super) number: u16,
    pub(super) body: &'a [u8],
    pub(super) more: Vec<&'a [u8]>,
}

impl<'a> Record<'a> {
    pub(super) fn new(number: u16, body: &'a [u8]) -> Self {
        Self { number, body, more: Vec::new() }
    }

    /// Its bytes and those of the records it goes on in, one after the other.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        std::iter::once(self.body).chain(self.more.iter().copied())
    }
}

/// What stands between a beginning and its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// Where it begins in the stream, by which a sheet is known; in its sheet for a chart.
    pub(super) start: usize,
    pub(super) begin: &'a [u8],
    inside: &'a [u8],
}

impl<'a> Part<'a> {
    /// What it is: a number that follows the version.
    pub(super) fn kind(&self) -> Option<u16> {
        u16_at(self.begin, 2)
    }

    /// What is in it. Nothing is kept of what was read: a workbook has as many records as cells.
    pub(super) fn items(&self) -> Items<'a> {
        Items { bytes: self.inside, at: 0 }
    }

    /// The records in it, without those of charts.
    pub(super) fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        self.items().filter_map(|item| match item {
            Item::Record(record) => Some(record),
            Item::Part(_) => None,
        })
    }

    /// How many bytes are in it.
    pub(super) fn len(&self) -> usize {
        self.inside.len()
    }

    /// Writes its beginning: version, what it is, and as what kind of program wrote it. Short ones have no more than that.
    pub(super) fn put_begin(&self, kind: u16, out: &mut Vec<u8>) -> Result<(), Stop> {
        let version = self.begin.get(..2).ok_or(Stop::Other)?;
        let rest = self.begin.get(4..self.begin.len().min(BEGIN_BYTES)).ok_or(Stop::Other)?;
        let mut body = [version, &kind.to_le_bytes(), rest].concat();
        body.resize(BEGIN_BYTES, 0);
        put(out, BEGIN, &body);
        Ok(())
    }
}

#[derive(Debug, Clone)]
pub(super) enum Item<'a> {
    Record(Record<'a>),
    /// A chart on a sheet.
    Part(Part<'a>),
}

/// Reads what is in a part, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Items<'a> {
    /// The next record by itself: where it begins, its number and its body.
    fn raw(&mut self) -> Option<(usize, u16, &'a [u8])> {
        let start = self.at;
        let (number, body) = raw(self.bytes, start)?;
        self.at = start + HEAD_BYTES + body.len();
        Some((start, number, body))
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let (start, number, body) = loop {
            let next = self.raw()?;
            // What they go on stays without them, or goes.
            if !LATER_CONTINUES.contains(&next.1) {
                break next;
            }
        };
        if number == BEGIN {
            let from = self.at;
            let mut depth = 1;
            while depth > 0 {
                let (end, number, _) = self.raw()?;
                match number {
                    BEGIN => depth += 1,
                    END => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    return Some(Item::Part(Part { start, begin: body, inside: self.bytes.get(from..end)? }));
                }
            }
        }
        let mut record = Record::new(number, body);
        while let Some((CONTINUE, more)) = raw(self.bytes, self.at) {
            record.more.push(more);
            self.at += HEAD_BYTES + more.len();
        }
        Some(Item::Record(record))
    }
}

/// The head of a record: its number and the length of its body.
const HEAD_BYTES: usize = 4;

fn raw(bytes: &[u8], at: usize) -> Option<(u16, &[u8])> {
    let (number, length) = (u16_at(bytes, at)?, usize::from(u16_at(bytes, at + 2)?));
    Some((number, bytes.get(at + HEAD_BYTES..at + HEAD_BYTES + length)?))
}

/// The parts of a workbook in their order: what holds for all of it, then the sheets.
///
/// # Errors
/// Another road is taken when the records do not fit into each other.
pub(super) fn read(book: &[u8]) -> Result<Vec<Part<'_>>, Stop> {
    let mut parts = Vec::new();
    let mut all = Items { bytes: book, at: 0 };
    let mut begun = None;
    let mut depth = 0;
    while let Some((start, number, body)) = all.raw() {
        match number {
            BEGIN if depth >= DEPTH_MAX || parts.len() >= PARTS_MAX => return Err(Stop::Other),
            BEGIN => {
                depth += 1;
                begun = begun.or(Some((start, body, all.at)));
            }
            // A stream is filled up behind its last record.
            _ if depth == 0 => return if parts.is_empty() { Err(Stop::Other) } else { Ok(parts) },
            END => {
                depth -= 1;
                if depth == 0 {
                    let (at, begin, from) = begun.take().ok_or(Stop::Other)?;
                    let inside = book.get(from..start).ok_or(Stop::Other)?;
                    parts.push(Part { start: at, begin, inside });
                }
            }
            _ => {}
        }
    }
    // What is cut off ends in the middle of a part.
    if depth == 0 && !parts.is_empty() { Ok(parts) } else { Err(Stop::Other) }
}

/// Writes a record; what is longer than one holds goes on in others.
pub(super) fn put(out: &mut Vec<u8>, number: u16, body: &[u8]) {
    let mut number = number;
    let mut chunks = body.chunks(BODY_BYTES_MAX);
    let first = chunks.next().unwrap_or_default();
    for chunk in std::iter::once(first).chain(chunks) {
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&u16::try_from(chunk.len()).unwrap_or(0).to_le_bytes());
        out.extend_from_slice(chunk);
        number = CONTINUE;
    }
}

impl<'a> Reader<'a> {
    pub(super) fn of(record: &Record<'a>) -> Self {
        Self { piece: record.body, rest: record.more.clone().into_iter() }
    }

    /// Characters of one byte or two. Where they go on in another record, that says anew how wide they are (MS-XLS 2.5.293).
    pub(super) fn characters(&mut self, count: usize, is_wide: bool) -> Option<Vec<u16>> {
        let mut is_wide = is_wide;
        let mut characters = Vec::new();
        while characters.len() < count {
            if self.piece.is_empty() {
                self.piece = self.rest.next()?;
                is_wide = self.u8()? & 1 == 1;
            }
            let width = if is_wide { 2 } else { 1 };
            let some = (count - characters.len()).min(self.piece.len() / width);
            if some == 0 {
                return None;
            }
            for character in self.take(some * width)?.chunks_exact(width) {
                let high = character.get(1).copied().unwrap_or(0);
                characters.push(u16::from_le_bytes([character.first().copied()?, high]));
            }
        }
        Some(characters)
    }

    /// A text whose length has two bytes (XLUnicodeString).
    pub(super) fn text(&mut self) -> Option<Vec<u16>> {
        let count = usize::from(self.u16()?);
        let is_wide = self.u8()? & 1 == 1;
        self.characters(count, is_wide)
    }

    /// A text whose length has one byte (ShortXLUnicodeString).
    pub(super) fn short_text(&mut self) -> Option<Vec<u16>> {
        let count = usize::from(self.u8()?);
        let is_wide = self.u8()? & 1 == 1;
        self.characters(count, is_wide)
    }
}

/// Characters behind the byte that says how wide they are, as narrow as they can be.
pub(super) fn put_characters(out: &mut Vec<u8>, characters: &[u16]) {
    let is_wide = is_wide(characters);
    out.push(u8::from(is_wide));
    put_plain(out, characters, is_wide);
}

/// A text whose length has two bytes.
pub(super) fn put_text(out: &mut Vec<u8>, characters: &[u16]) {
    out.extend_from_slice(&u16::try_from(characters.len()).unwrap_or(0).to_le_bytes());
    put_characters(out, characters);
}

pub(super) fn is_wide(characters: &[u16]) -> bool {
    characters.iter().any(|character| *character > 0xFF)
}

pub(super) fn put_plain(out: &mut Vec<u8>, characters: &[u16], is_wide: bool) {
    for character in characters {
        let [low, high] = character.to_le_bytes();
        out.push(low);
        if is_wide {
            out.push(high);
        }
    }
}

pub(super) fn shown(characters: &[u16]) -> String {
    String::from_utf16_lossy(characters)
}
