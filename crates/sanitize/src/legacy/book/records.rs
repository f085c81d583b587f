//! The records of a workbook of Excel 97 (MS-XLS 2.1.4): reading the stream into them, writing them.
//!
//! Owns: where records begin and end, which of them go on in others, text that goes on in another record.
//! Leaves to others: what a record means (the modules beside this one).

use super::super::bytes::u16_at;
use super::Stop;

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

/// Records of one workbook that are read.
const RECORDS_MAX: usize = 4_000_000;

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
    /// Its bytes and those of the records it goes on in, one after the other.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        std::iter::once(self.body).chain(self.more.iter().copied())
    }
}

/// What stands between a beginning and its end.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    /// Where it begins in the stream, by which a sheet is known.
    pub(super) start: usize,
    pub(super) begin: &'a [u8],
    pub(super) items: Vec<Item<'a>>,
}

impl Part<'_> {
    /// What it is: a number that follows the version.
    pub(super) fn kind(&self) -> Option<u16> {
        u16_at(self.begin, 2)
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

/// The parts of a workbook in their order: what holds for all of it, then the sheets.
///
/// # Errors
/// Another road is taken when the records do not fit into each other.
pub(super) fn read(book: &[u8]) -> Result<Vec<Part<'_>>, Stop> {
    let mut parts = Vec::new();
    let mut open: Vec<Part<'_>> = Vec::new();
    let mut at = 0;
    let mut count = 0;
    while let (Some(number), Some(length)) = (u16_at(book, at), u16_at(book, at + 2)) {
        let start = at;
        let end = at + 4 + usize::from(length);
        let body = book.get(at + 4..end).ok_or(Stop::Other)?;
        at = end;
        count += 1;
        if count > RECORDS_MAX {
            return Err(Stop::Other);
        }
        let depth = open.len();
        match (number, open.last_mut()) {
            // A stream is filled up behind its last record.
            (_, None) if number != BEGIN => break,
            (BEGIN, _) if depth >= DEPTH_MAX => return Err(Stop::Other),
            (BEGIN, _) => open.push(Part { start, begin: body, items: Vec::new() }),
            (END, _) => {
                let Some(part) = open.pop() else { return Err(Stop::Other) };
                match open.last_mut() {
                    Some(around) => around.items.push(Item::Part(part)),
                    None => parts.push(part),
                }
            }
            (CONTINUE, Some(part)) => match part.items.last_mut() {
                Some(Item::Record(record)) => record.more.push(body),
                // Behind a chart, a drawing goes on.
                Some(Item::Part(_)) => {
                    part.items.push(Item::Record(Record { number, body, more: Vec::new() }))
                }
                None => return Err(Stop::Other),
            },
            // What they go on stays without them, or goes.
            (number, _) if LATER_CONTINUES.contains(&number) => {}
            (number, Some(part)) => {
                part.items.push(Item::Record(Record { number, body, more: Vec::new() }));
            }
            (_, None) => return Err(Stop::Other),
        }
    }
    if open.is_empty() && !parts.is_empty() { Ok(parts) } else { Err(Stop::Other) }
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

/// Reads numbers and text one after the other.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    piece: &'a [u8],
    rest: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { piece: bytes, rest: Vec::new().into_iter() }
    }

    pub(super) fn of(record: &Record<'a>) -> Self {
        Self { piece: record.body, rest: record.more.clone().into_iter() }
    }

    /// So many bytes of this piece. Nothing but text is cut between records.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        if self.piece.is_empty() && count > 0 {
            self.piece = self.rest.next()?;
        }
        let (taken, rest) = self.piece.split_at_checked(count)?;
        self.piece = rest;
        Some(taken)
    }

    /// So many bytes, however they are cut.
    pub(super) fn take_across(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let some = (count - taken.len()).min(self.piece.len());
            if some == 0 {
                self.piece = self.rest.next()?;
                continue;
            }
            taken.extend_from_slice(self.take(some)?);
        }
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// What is left of this piece.
    pub(super) fn left(&self) -> &'a [u8] {
        self.piece
    }

    /// Whether nothing is left at all.
    pub(super) fn is_at_end(&self) -> bool {
        self.piece.is_empty() && self.rest.as_slice().iter().all(|piece| piece.is_empty())
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
