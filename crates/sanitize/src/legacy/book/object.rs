//! What a shape is on a sheet of Excel 97, and the words in it (MS-XLS 2.4.181, 2.4.329).
//!
//! Owns: the parts of such a record, of which those that run or fetch something go.
//! Leaves to others: how the shape looks (`drawing`).

use worker_protocol::Threat;

use super::super::bytes::u16_at;
use super::records::{self, Reader, Record};
use super::sheet::Book;
use super::{Stop, formula};
use crate::Work;

/// Parts of the record by number.
mod part {
    pub(super) const END: u16 = 0x00;
    pub(super) const MACRO: u16 = 0x04;
    pub(super) const PICTURE: u16 = 0x08;
    pub(super) const PICTURE_FORMULA: u16 = 0x09;
    pub(super) const SCROLL_FORMULA: u16 = 0x0E;
    pub(super) const LIST: u16 = 0x13;
    pub(super) const CELL_FORMULA: u16 = 0x14;
    pub(super) const COMMON: u16 = 0x15;
}

/// Kinds of shapes.
mod kind {
    pub(super) const CHART: u16 = 0x05;
    pub(super) const PICTURE: u16 = 0x08;
    pub(super) const DROP_DOWN: u16 = 0x14;
    /// All but the frame of a box that only macros open.
    pub(super) const ALL: [u16; 22] = [
        0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x10, 0x11,
        0x12, 0x13, 0x14, 0x19, 0x1E,
    ];
}

/// Parts that hold numbers, and how many bytes of them.
const NUMBERS: [(u16, usize); 10] = [
    (0x05, 6),
    (0x06, 2),
    (0x07, 2),
    (0x0A, 12),
    (0x0B, 6),
    (0x0C, 20),
    (0x0D, 22),
    (0x0F, 6),
    (0x10, 8),
    (0x12, 8),
];
const OPTION: (u16, usize) = (0x11, 4);

const TEXT: u16 = 0x01B6;

/// The tokens of a table and of names elsewhere, by which a picture is an object or a control.
const LEADS: [u8; 4] = [0x02, 0x39, 0x59, 0x79];

/// A shape's record as it is written.
#[derive(Debug)]
pub(super) struct Object {
    bytes: Vec<u8>,
    kind: u16,
    was_object: bool,
}

impl Object {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn is_chart(&self) -> bool {
        self.kind == kind::CHART
    }

    /// Whether it was an object or a control, of which its picture stays.
    pub(super) fn was_object(&self) -> bool {
        self.was_object
    }
}

/// Reads the record of a shape.
pub(super) fn read(body: &[u8], book: &Book<'_>, sheet: &str, work: &mut Work<'_>) -> Result<Object, Stop> {
    let mut reader = Reader::new(body);
    let mut object = Object { bytes: Vec::new(), kind: u16::MAX, was_object: false };
    while !reader.is_at_end() {
        let (number, length) = reader.u16().zip(reader.u16()).ok_or(Stop::Other)?;
        if number == part::LIST {
            // The rest is the list; what is said of its length is something else.
            let rest = reader.left();
            if !is_list(rest, object.kind, book).unwrap_or(false) {
                return Err(Stop::Other);
            }
            put(&mut object.bytes, number, &[]);
            let at = object.bytes.len() - 2;
            if let Some(place) = object.bytes.get_mut(at..) {
                place.copy_from_slice(&length.to_le_bytes());
            }
            object.bytes.extend_from_slice(rest);
            return Ok(object);
        }
        let inside = reader.take(length.into()).ok_or(Stop::Other)?;
        match number {
            part::END => {
                put(&mut object.bytes, part::END, &[]);
                return Ok(object);
            }
            part::COMMON if object.bytes.is_empty() && inside.len() == 18 => {
                object.kind = u16_at(inside, 0).ok_or(Stop::Other)?;
                if !kind::ALL.contains(&object.kind) {
                    return Err(Stop::Other);
                }
                put(&mut object.bytes, number, inside);
            }
            _ if object.bytes.is_empty() => return Err(Stop::Other),
            part::MACRO => Book::tell(work, Threat::Action, sheet),
            part::PICTURE if inside.len() == 2 => {
                // How an object is stored, and that it is a control, goes with it; that it fits its frame stays.
                put(&mut object.bytes, number, &(u16_at(inside, 0).unwrap_or(0) & 1).to_le_bytes());
            }
            part::PICTURE_FORMULA => {
                // What is left is a picture: of an object, of a control, of some cells.
                let leads = inside.get(8).is_some_and(|token| LEADS.contains(token));
                object.was_object = object.kind == kind::PICTURE && leads;
                if object.kind != kind::PICTURE {
                    return Err(Stop::Other);
                }
            }
            part::SCROLL_FORMULA | part::CELL_FORMULA => {
                if is_formula(inside, book) {
                    put(&mut object.bytes, number, inside);
                }
            }
            _ if NUMBERS.contains(&(number, inside.len())) || OPTION == (number, inside.len()) => {
                put(&mut object.bytes, number, inside);
            }
            _ => return Err(Stop::Other),
        }
    }
    Err(Stop::Other)
}

fn put(out: &mut Vec<u8>, number: u16, inside: &[u8]) {
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&u16::try_from(inside.len()).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(inside);
}

/// Whether this is the formula of a control, which stays: its length, the formula, what fills it up.
fn is_formula(bytes: &[u8], book: &Book<'_>) -> bool {
    let mut reader = Reader::new(bytes);
    let mut read = || {
        let length = usize::from(reader.u16()?);
        let mut inside = Reader::new(reader.take(length)?);
        if length == 0 {
            return Some(true);
        }
        let count = usize::from(inside.u16()? & 0x7FFF);
        let _unused = inside.take(4)?;
        let tokens = inside.take(count)?;
        let judged = formula::judge(tokens, &[], &book.links, book.policy).ok()?;
        // It stays as it is, so nothing in it may have another number now.
        Some(judged.tokens == tokens && inside.left().len() <= 1)
    };
    read().unwrap_or(false) && reader.left().len() <= 1
}

/// Whether this is the list of a control (MS-XLS 2.5.146).
fn is_list(bytes: &[u8], kind: u16, book: &Book<'_>) -> Option<bool> {
    const HAS_LINES: u16 = 0x02;
    const SELECTS_SEVERAL: u16 = 0x30;
    if bytes.is_empty() {
        return Some(true);
    }
    let mut reader = Reader::new(bytes);
    let length = usize::from(u16_at(bytes, 0)?);
    if !is_formula(reader.take(2 + length)?, book) {
        return Some(false);
    }
    let lines = reader.u16()?;
    let _selected = reader.u16()?;
    let flags = reader.u16()?;
    let _field = reader.u16()?;
    if kind == kind::DROP_DOWN {
        let _look = reader.take(6)?;
        let before = reader.left().len();
        let _text = reader.text()?;
        if (before - reader.left().len()) % 2 == 1 {
            reader.take(1.min(reader.left().len()))?;
        }
    }
    if flags & HAS_LINES != 0 {
        for _ in 0..lines {
            reader.text()?;
        }
    }
    if flags & SELECTS_SEVERAL != 0 {
        reader.take(lines.into())?;
    }
    Some(reader.left().len() <= 4)
}

/// The words of a shape with the records that go on them, as they are written; and what goes on the drawing behind them.
pub(super) fn text<'a>(record: &Record<'a>, fonts: usize) -> Result<(Vec<u8>, Vec<&'a [u8]>), Stop> {
    let body = record.body.get(..18).ok_or(Stop::Other)?;
    let at = |place| u16_at(body, place).map(usize::from).ok_or(Stop::Other);
    let (count, run_bytes) = (at(10)?, at(12)?);
    let mut out = Vec::new();
    let mut more = record.more.as_slice();
    let mut head = body.to_vec();
    // A text that is that of a cell is what it was last.
    if let Some(formula) = head.get_mut(16..18) {
        formula.fill(0);
    }
    records::put(&mut out, TEXT, &head);
    if count == 0 {
        return Ok((out, more.to_vec()));
    }
    let mut left = count;
    while left > 0 {
        let (piece, rest) = more.split_first().ok_or(Stop::Other)?;
        let (form, characters) = piece.split_first().ok_or(Stop::Other)?;
        let width = 1 + usize::from(form & 1);
        let here = characters.len() / width;
        if here == 0 || here > left || characters.len() % width != 0 || *form > 1 {
            return Err(Stop::Other);
        }
        left -= here;
        records::put(&mut out, records::CONTINUE, piece);
        more = rest;
    }
    let (runs, rest) = more.split_first().ok_or(Stop::Other)?;
    if runs.len() != run_bytes || run_bytes % 8 != 0 {
        return Err(Stop::Other);
    }
    let last = runs.len().saturating_sub(8);
    let mut written = Vec::new();
    for (place, run) in (0..).step_by(8).zip(runs.chunks_exact(8)) {
        let font = u16_at(run, 2).map(usize::from).ok_or(Stop::Other)?;
        // The last one only says where the text ends.
        if place != last && font > fonts {
            return Err(Stop::Other);
        }
        written.extend_from_slice(run.get(..4).unwrap_or_default());
        written.extend_from_slice(&[0; 4]);
    }
    records::put(&mut out, records::CONTINUE, &written);
    Ok((out, rest.to_vec()))
}
