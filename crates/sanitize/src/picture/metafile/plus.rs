//! The newer records of enhanced metafiles (MS-EMFPLUS 2.3), which lie in comments between the older ones.
//!
//! Owns: taking the comments apart and writing them again, objects that are told in several pieces, and what all parts of
//! a drawing share: its table of objects and its texts.
//! Leaves to others: what a record holds (`records`), what an object holds (`objects` and what it calls).
//!
//! It is all or nothing. The records lean on each other: one that is left out shifts, hides or uncovers what the next
//! ones draw, and nobody would see that something is missing. So a record that is on no list, or that is not as long as
//! it says, makes all of them go.

mod brushes;
mod images;
mod objects;
mod paths;
mod records;

use worker_protocol::{Reason, Threat};

use super::{Fields, RECORDS_MAX, drop_record, set_long};
use crate::{Refusal, Work};
use objects::Sort;

/// Bytes of a record before its data.
const HEAD: usize = 12;

/// The longest record of an object. What is longer is told in pieces of this size, as Windows does it.
const OBJECT_RECORD_MAX: usize = 65_020;

/// A flag of a piece of an object. The last piece has it, too.
const IS_PIECE: u16 = 0x8000;

/// What every number of a record's kind has besides.
const KIND: u16 = 0x4000;

const HEADER: u16 = 0x01;
const COMMENT: u16 = 0x03;
const OBJECT: u16 = 0x08;

/// Numbers of objects.
const OBJECTS: usize = 64;

/// The newer records of a drawing, written anew.
#[derive(Default)]
pub(super) struct Plus {
    /// What stands in the place of each comment that was read, in their order.
    pub(super) comments: Vec<Comments>,
    /// Whether the drawing says that the older records do not draw the same.
    pub(super) is_alone: bool,
    pub(super) texts: Vec<String>,
}

/// Whole comments, one after the other.
#[derive(Default)]
pub(super) struct Comments {
    pub(super) bytes: Vec<u8>,
    pub(super) count: usize,
}

impl Comments {
    /// Adds one that holds these records.
    fn add(&mut self, records: &[u8]) {
        if records.is_empty() {
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[70, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        self.bytes.extend_from_slice(b"EMF+");
        self.bytes.extend_from_slice(records);
        let length = self.bytes.len() - start;
        set_long(&mut self.bytes, start + 4, length);
        set_long(&mut self.bytes, start + 8, length - HEAD);
        self.count += 1;
    }
}

pub(super) fn is_plus(comment: &[u8]) -> bool {
    comment.get(12..16) == Some(b"EMF+")
}

/// Writes the records in these comments anew; nothing when one of them cannot be. `depth` is how many drawings this one
/// lies in.
pub(super) fn rebuild<'a>(
    untrusted_comments: impl Iterator<Item = &'a [u8]>,
    place: &str,
    depth: usize,
    work: &mut Work<'_>,
) -> Result<Option<Plus>, Refusal> {
    // What is found in pictures that do not come out either is of no interest.
    let before = std::mem::take(&mut work.findings);
    let plus = Rewriting::new(place, depth, work).all(untrusted_comments);
    let found = std::mem::replace(&mut work.findings, before);
    match plus {
        Ok(plus) => {
            work.findings.append(found, |_| true);
            Ok(Some(plus))
        }
        Err(refusal) if matches!(refusal.reason, Reason::Bomb | Reason::TooComplex) => Err(refusal),
        Err(_) => Ok(None),
    }
}

fn damaged() -> Refusal {
    Refusal::held(Reason::Damaged)
}

/// What is left to be read of a record or an object.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn short(&mut self) -> Result<u16, Refusal> {
        Fields(self.take(2)?).short(0).ok_or_else(damaged)
    }

    fn long(&mut self) -> Result<u32, Refusal> {
        Fields(self.take(4)?).long(0).ok_or_else(damaged)
    }

    fn size(&mut self) -> Result<usize, Refusal> {
        usize::try_from(self.long()?).map_err(|_| damaged())
    }

    /// As many bytes as a number before them says.
    fn part(&mut self) -> Result<Reader<'a>, Refusal> {
        let length = self.size()?;
        self.take(length).map(Reader)
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

/// Hands on so many bytes.
fn copy(input: &mut Reader<'_>, length: usize, out: &mut Vec<u8>) -> Result<(), Refusal> {
    out.extend_from_slice(input.take(length)?);
    Ok(())
}

/// Hands on a count and that many items of this length.
fn copy_counted(input: &mut Reader<'_>, item: usize, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let count = input.size()?;
    let items = input.take(count.checked_mul(item).ok_or_else(damaged)?)?;
    put_size(count, out)?;
    out.extend_from_slice(items);
    Ok(())
}

/// Hands on a choice among those from nought to the highest.
fn copy_choice(input: &mut Reader<'_>, highest: u32, out: &mut Vec<u8>) -> Result<u32, Refusal> {
    let choice = input.long()?;
    if choice > highest {
        return Err(damaged());
    }
    put(choice, out);
    Ok(choice)
}

/// Hands on the number that objects begin with: a mark, and one of the two versions that there are.
fn copy_version(input: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let version = input.long()?;
    if !matches!(version, 0xDBC0_1001 | 0xDBC0_1002) {
        return Err(damaged());
    }
    put(version, out);
    Ok(())
}

fn put(value: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_size(value: usize, out: &mut Vec<u8>) -> Result<(), Refusal> {
    put(u32::try_from(value).map_err(|_| damaged())?, out);
    Ok(())
}

/// Writes something behind its length, filled up to whole numbers.
fn put_part(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut part = Vec::new();
    write(&mut part)?;
    part.resize(part.len().next_multiple_of(4), 0);
    put_size(part.len(), out)?;
    out.extend_from_slice(&part);
    Ok(())
}

/// An object of which not all pieces were read.
struct Pieces {
    /// Its sort and number, as the flags of each piece say them.
    name: u16,
    length: usize,
    bytes: Vec<u8>,
}

struct Rewriting<'c, 'w> {
    place: &'c str,
    depth: usize,
    work: &'c mut Work<'w>,
    /// What each number means at this point of the drawing.
    objects: [Option<Sort>; OBJECTS],
    pieces: Option<Pieces>,
    records: usize,
    has_header: bool,
    plus: Plus,
}

impl<'c, 'w> Rewriting<'c, 'w> {
    fn new(place: &'c str, depth: usize, work: &'c mut Work<'w>) -> Self {
        Self {
            place,
            depth,
            work,
            objects: [None; OBJECTS],
            pieces: None,
            records: 0,
            has_header: false,
            plus: Plus::default(),
        }
    }

    fn all<'a>(mut self, untrusted_comments: impl Iterator<Item = &'a [u8]>) -> Result<Plus, Refusal> {
        for comment in untrusted_comments {
            let comments = self.comment(comment)?;
            self.plus.comments.push(comments);
        }
        if self.pieces.is_some() || !self.has_header {
            return Err(damaged());
        }
        Ok(self.plus)
    }

    fn comment(&mut self, untrusted: &[u8]) -> Result<Comments, Refusal> {
        let mut whole = Reader(untrusted.get(8..).unwrap_or_default());
        let mut input = whole.part()?;
        input.take(4)?;
        self.leave(whole);
        let mut written = Comments::default();
        let mut records = Vec::new();
        while input.0.len() >= HEAD {
            let (kind, flags) = (input.short()?, input.short()?);
            let data_at = input.size()?.checked_sub(HEAD).ok_or_else(damaged)?;
            let length = input.size()?;
            let mut record = Reader(input.take(data_at)?);
            let data = Reader(record.take(length)?);
            self.leave(record);
            let kind = if kind & KIND != 0 { kind & !KIND } else { 0 };
            self.records += 1;
            if self.records > RECORDS_MAX {
                return Err(Refusal::blocked(Reason::TooComplex));
            }
            // Without it, these are comments like any other.
            self.has_header |= kind == HEADER;
            let goes_on = kind == OBJECT;
            if !self.has_header || (self.pieces.is_some() && !goes_on) {
                return Err(damaged());
            }
            match kind {
                COMMENT => drop_record(Threat::HiddenData, self.place, "comment", self.work),
                OBJECT => self.object(flags, data, &mut records, &mut written)?,
                _ => self.record(kind, flags, data, &mut records)?,
            }
        }
        self.leave(input);
        written.add(&records);
        Ok(written)
    }

    fn record(
        &mut self,
        kind: u16,
        flags: u16,
        data: Reader<'_>,
        records: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let mut clean = Vec::new();
        let flags = records::write(kind, flags, data, self, &mut clean)?;
        self.plus.is_alone |= kind == HEADER && flags & 1 == 0;
        put_record(kind, flags, &clean, records)
    }

    /// An object, or a piece of one. What was written before a long one is closed, so that its pieces lie in comments
    /// of their own.
    fn object(
        &mut self,
        flags: u16,
        data: Reader<'_>,
        records: &mut Vec<u8>,
        written: &mut Comments,
    ) -> Result<(), Refusal> {
        let name = flags & !IS_PIECE;
        let joined;
        let untrusted = if flags & IS_PIECE != 0 || self.pieces.is_some() {
            let Some(pieces) = self.join(flags, data)? else { return Ok(()) };
            joined = pieces;
            joined.as_slice()
        } else {
            data.0
        };
        let [number, sort] = name.to_le_bytes();
        let sort = Sort::of_number(sort).ok_or_else(damaged)?;
        let mut clean = Vec::new();
        let mut input = Reader(untrusted);
        objects::write(sort, &mut input, self, &mut clean)?;
        self.leave(input);
        *self.objects.get_mut(usize::from(number)).ok_or_else(damaged)? = Some(sort);
        clean.resize(clean.len().next_multiple_of(4), 0);
        if HEAD + clean.len() <= OBJECT_RECORD_MAX {
            return put_record(OBJECT, name, &clean, records);
        }
        written.add(records);
        records.clear();
        for piece in clean.chunks(OBJECT_RECORD_MAX - HEAD - 4) {
            let mut data = Vec::with_capacity(piece.len() + 4);
            put_size(clean.len(), &mut data)?;
            data.extend_from_slice(piece);
            let mut record = Vec::new();
            put_record(OBJECT, name | IS_PIECE, &data, &mut record)?;
            written.add(&record);
        }
        Ok(())
    }

    /// Adds a piece; gives the object once it is whole. A last piece may also come without its flag, and then it does
    /// not say how long the object is.
    fn join(&mut self, flags: u16, mut data: Reader<'_>) -> Result<Option<Vec<u8>>, Refusal> {
        let name = flags & !IS_PIECE;
        let length = if flags & IS_PIECE != 0 { Some(data.size()?) } else { None };
        let mut pieces = match (self.pieces.take(), length) {
            (Some(pieces), _) => pieces,
            (None, Some(length)) => Pieces { name, length, bytes: Vec::new() },
            (None, None) => return Err(damaged()),
        };
        if pieces.name != name || length.is_some_and(|length| length != pieces.length) {
            return Err(damaged());
        }
        let missing = pieces.length.saturating_sub(pieces.bytes.len());
        let piece = data.take(missing.min(data.0.len()))?;
        self.leave(data);
        pieces.bytes.extend_from_slice(piece);
        if piece.len() == missing {
            return Ok(Some(pieces.bytes));
        }
        if length.is_none() || piece.is_empty() {
            return Err(damaged());
        }
        self.pieces = Some(pieces);
        Ok(None)
    }

    /// Tells of bytes that no field explains. They stay behind. Windows fills records up to whole numbers with whatever
    /// its memory holds, so so few are not worth a word.
    fn leave(&mut self, rest: Reader<'_>) {
        if rest.0.len() >= 4 && rest.0.iter().any(|byte| *byte != 0) {
            drop_record(Threat::HiddenData, self.place, "trailing", self.work);
        }
    }

    /// Whether this number means an object of this sort here.
    fn check_object(&self, number: u32, sort: Sort) -> Result<(), Refusal> {
        let object = usize::try_from(number).ok().and_then(|number| self.objects.get(number));
        if object == Some(&Some(sort)) { Ok(()) } else { Err(damaged()) }
    }
}

fn put_record(kind: u16, flags: u16, data: &[u8], records: &mut Vec<u8>) -> Result<(), Refusal> {
    let length = data.len().next_multiple_of(4);
    records.extend_from_slice(&(kind | KIND).to_le_bytes());
    records.extend_from_slice(&flags.to_le_bytes());
    put_size(length + HEAD, records)?;
    put_size(length, records)?;
    let end = records.len() + length;
    records.extend_from_slice(data);
    records.resize(end, 0);
    Ok(())
}

#[cfg(test)]
mod tests;
