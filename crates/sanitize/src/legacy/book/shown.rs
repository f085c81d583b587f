//! What a reader sees in a clean workbook of Excel 97: its cells and the words in its shapes.
//!
//! Owns: reading them sheet by sheet.
//! Leaves to others: how a number looks with its format (`preview`), making the workbook clean (the modules beside this one).

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use super::super::bytes::{u16_at, u32_at};
use super::records::{self, Item, Part, Reader, Record, shown};
use super::sheet::record;
use super::strings::Strings;
use crate::compound;

/// Records that matter here besides those of cells.
mod more {
    pub(super) const FROM_1904: u16 = 0x0022;
    pub(super) const OBJECT: u16 = 0x005D;
    pub(super) const SHEET: u16 = 0x0085;
    pub(super) const CELL_FORMAT: u16 = 0x00E0;
    pub(super) const STRINGS: u16 = 0x00FC;
    pub(super) const WORDS: u16 = 0x01B6;
    pub(super) const PATTERN: u16 = 0x041E;
    pub(super) const WORDS_OF_CHART: u16 = 0x100D;
}

/// What a shape is that holds a remark on a cell.
const REMARK: u16 = 0x19;

/// Cells of one sheet that are read.
const CELLS_MAX: usize = 1 << 20;

/// How numbers look.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    /// By number, which every program knows.
    BuiltIn(u16),
    Own(String),
}

/// What a cell holds.
#[derive(Debug, Clone)]
pub(crate) enum Held {
    Words(String),
    /// A number, and which of the book's looks it has.
    Number(f64, u16),
}

/// A sheet as its reader sees it.
#[derive(Debug, Default)]
pub(crate) struct ShownSheet {
    pub(crate) name: String,
    /// By row and column, both from zero.
    pub(crate) cells: BTreeMap<(u16, u16), Held>,
    /// What stands in shapes and charts.
    pub(crate) words: Vec<String>,
    pub(crate) remarks: Vec<String>,
}

/// A workbook as its reader sees it.
#[derive(Debug, Default)]
pub(crate) struct ShownBook {
    pub(crate) sheets: Vec<ShownSheet>,
    /// How numbers look, by the number of the look.
    pub(crate) patterns: Vec<Pattern>,
    /// Whether days are counted from 1904.
    pub(crate) is_from_1904: bool,
}

/// Reads a clean workbook.
pub(crate) fn read(clean: &[u8]) -> Option<ShownBook> {
    let mut stream = Vec::new();
    compound::open(clean).ok()?.open_stream("/Workbook").ok()?.read_to_end(&mut stream).ok()?;
    let parts = records::read(&stream).ok()?;
    let (globals, sheets) = parts.split_first()?;
    let mut book = ShownBook::default();
    let mut own = HashMap::new();
    let mut strings = Strings::default();
    let mut names = Vec::new();
    for record in globals.records() {
        let at = |place| u16_at(record.body, place);
        match record.number {
            more::FROM_1904 => book.is_from_1904 = at(0) == Some(1),
            more::PATTERN => {
                let mut reader = Reader::new(record.body);
                own.extend(reader.u16().zip(reader.text().map(|text| shown(&text))));
            }
            more::CELL_FORMAT => {
                let number = at(2)?;
                book.patterns.push(own.get(&number).cloned().map_or(Pattern::BuiltIn(number), Pattern::Own));
            }
            more::SHEET => {
                let mut reader = Reader::new(record.body.get(6..)?);
                names.push((u32_at(record.body, 0)?, shown(&reader.short_text()?)));
            }
            more::STRINGS => strings = Strings::read(&record, usize::from(u16::MAX)).ok()?,
            _ => {}
        }
    }
    for (start, name) in names {
        let part = sheets.iter().find(|part| u32::try_from(part.start) == Ok(start))?;
        let mut sheet = ShownSheet { name, ..ShownSheet::default() };
        read_sheet(part, &strings, &mut sheet);
        book.sheets.push(sheet);
    }
    Some(book)
}

/// Reads a sheet, and the charts on it.
fn read_sheet(part: &Part<'_>, strings: &Strings, sheet: &mut ShownSheet) {
    let mut is_remark = false;
    let mut awaiting = None;
    for item in part.items() {
        let record = match item {
            Item::Record(record) => record,
            Item::Part(chart) => {
                read_sheet(&chart, strings, sheet);
                continue;
            }
        };
        if sheet.cells.len() >= CELLS_MAX {
            return;
        }
        match record.number {
            more::OBJECT => is_remark = u16_at(record.body, 4) == Some(REMARK),
            more::WORDS => {
                if let Some(words) = words(&record).filter(|words| !words.trim().is_empty()) {
                    if is_remark { sheet.remarks.push(words) } else { sheet.words.push(words) }
                }
            }
            more::WORDS_OF_CHART => {
                let text = Reader::new(record.body.get(2..).unwrap_or_default()).short_text();
                sheet.words.extend(text.map(|text| shown(&text)).filter(|text| !text.is_empty()));
            }
            // Values that a chart keeps are those of cells.
            _ if part.kind() == Some(super::CHART) => {}
            record::RESULT => {
                if let Some((place, text)) = awaiting.take().zip(Reader::of(&record).text()) {
                    sheet.cells.insert(place, Held::Words(shown(&text)));
                }
            }
            record::FORMULA => awaiting = formula(record.body, sheet),
            _ => {
                cell(&record, strings, sheet);
            }
        }
    }
}

fn cell(record: &Record<'_>, strings: &Strings, sheet: &mut ShownSheet) -> Option<()> {
    let body = record.body;
    let place = (u16_at(body, 0)?, u16_at(body, 2)?);
    let look = || u16_at(body, 4);
    let held = match record.number {
        record::NUMBER => Held::Number(f64::from_le_bytes(body.get(6..14)?.try_into().ok()?), look()?),
        record::SMALL_NUMBER => Held::Number(small_number(u32_at(body, 6)?), look()?),
        record::NUMBERS => {
            for (column, each) in (place.1..).zip(body.get(4..body.len().checked_sub(2)?)?.chunks_exact(6)) {
                let number = small_number(u32_at(each, 2)?);
                sheet.cells.insert((place.0, column), Held::Number(number, u16_at(each, 0)?));
            }
            return Some(());
        }
        record::SHARED_TEXT => Held::Words(shown(strings.text(u32_at(body, 6)? as usize)?)),
        record::TRUTH => Held::Words(truth(*body.get(6)?, *body.get(7)? == 1).to_owned()),
        _ => return None,
    };
    sheet.cells.insert(place, held);
    Some(())
}

/// What a formula came to; its cell, when that is a text that follows.
fn formula(body: &[u8], sheet: &mut ShownSheet) -> Option<(u16, u16)> {
    let place = (u16_at(body, 0)?, u16_at(body, 2)?);
    let held = match body.get(6..14)? {
        [0, _, _, _, _, _, 0xFF, 0xFF] => return Some(place),
        [sort @ (1 | 2), _, value, _, _, _, 0xFF, 0xFF] => Held::Words(truth(*value, *sort == 2).to_owned()),
        [_, _, _, _, _, _, 0xFF, 0xFF] => return None,
        number => Held::Number(f64::from_le_bytes(number.try_into().ok()?), u16_at(body, 4)?),
    };
    sheet.cells.insert(place, held);
    None
}

fn truth(value: u8, is_error: bool) -> &'static str {
    match (value, is_error) {
        (0, false) => "FALSE",
        (_, false) => "TRUE",
        (0x00, true) => "#NULL!",
        (0x07, true) => "#DIV/0!",
        (0x0F, true) => "#VALUE!",
        (0x17, true) => "#REF!",
        (0x1D, true) => "#NAME?",
        (0x24, true) => "#NUM!",
        (_, true) => "#N/A",
    }
}

/// A number in four bytes: whole or the upper half of one with a point, and whether it counts hundredths (MS-XLS 2.5.217).
fn small_number(bytes: u32) -> f64 {
    let value = match bytes & 2 {
        0 => f64::from_bits(u64::from(bytes & !3) << 32),
        _ => f64::from(bytes.cast_signed() >> 2),
    };
    if bytes & 1 == 1 { value / 100.0 } else { value }
}

/// The words of a shape.
fn words(record: &Record<'_>) -> Option<String> {
    let count = usize::from(u16_at(record.body, 10)?);
    let (first, rest) = record.more.split_first()?;
    let (form, _) = first.split_first()?;
    let mut text = Record::new(record.number, first.get(1..)?);
    rest.iter().for_each(|piece| text.more.push(piece));
    Reader::of(&text).characters(count, form & 1 == 1).map(|text| shown(&text))
}
