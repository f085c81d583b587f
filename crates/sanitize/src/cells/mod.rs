//! What stands in the cells of a workbook or of a file of values, written down as data.
//!
//! Owns: which files have cells, the bounds on them, and how a value of a cell becomes one of
//! [`worker_protocol::table::Value`]. `workbook` reads workbooks, `values` reads files of values.
//! Leaves to others: what the rows mean, which is for the server to ask.
//!
//! A workbook is rebuilt first, as if it were to pass, and what was rebuilt is read: the library that reads it
//! unpacks only what was packed here, within the bounds of `bounded`. A workbook of Excel 97 is not packed at all.

mod values;
mod workbook;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use worker_protocol::table::{
    AREAS_MAX, Area, CELL_CHARS_MAX, CELLS_MAX, COLUMNS_MAX, Cell, ROWS_MAX, Row, SHEET_NAME_CHARS_MAX,
    SHEETS_MAX, Sheet, TABLE_BYTES_MAX, Table, TableError, Value,
};
use worker_protocol::{Fidelity, Kept, Kind, Mode, Reason, Road};

use crate::{Rebuilt, Refusal, Work, legacy, rebuild_as};

/// Writes down the cells of a file.
///
/// # Errors
/// Held when files of this kind have no cells or this one cannot be read, blocked when it has more than a table may have.
pub(crate) fn read(
    untrusted: &[u8],
    untrusted_name: &str,
    kind: Kind,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    let mut table = Tables::default();
    match kind {
        Kind::Csv => values::read(untrusted, &mut table, work)?,
        Kind::Xls => {
            let opened = legacy::unlocked(untrusted, kind, work)?;
            workbook::excel_97(opened.as_deref().unwrap_or(untrusted), &mut table)?;
        }
        Kind::Xlsx | Kind::Xlsb | Kind::Ods => {
            let rebuilt = rebuild_as(kind, Mode::Rebuild, untrusted, untrusted_name, work)?;
            match rebuilt.kind {
                Kind::Ods => workbook::open_document(&rebuilt.clean, &mut table)?,
                _ => workbook::current(&rebuilt.clean, &work.job.limits, &mut table)?,
            }
        }
        _ => return Err(Refusal::held(Reason::NotRebuilt)),
    }
    let cells = table.cells as u64;
    let clean = table.finish().encode().map_err(|error| match error {
        TableError::Unbounded => Refusal::blocked(Reason::TooComplex),
        TableError::Malformed => Refusal::held(Reason::VerifyFailed),
    })?;
    work.budget.spend(clean.len() as u64)?;
    let fidelity = Fidelity { cells: Kept { before: cells, after: cells }, ..Fidelity::default() };
    Ok(Rebuilt { clean, kind: Kind::Json, road: Road::Cells, members: Vec::new(), fidelity: Some(fidelity) })
}

/// A table in the making. Whatever is added is counted before it is kept.
#[derive(Default)]
struct Tables {
    sheets: Vec<Sheet>,
    /// The rows of the last sheet by number, because not every writer keeps their order.
    rows: BTreeMap<u32, BTreeMap<u32, Cell>>,
    row_count: usize,
    cells: usize,
    /// Bytes of all words: a short workbook may name one long string again and again.
    word_bytes: u64,
}

impl Tables {
    /// Begins a sheet.
    fn sheet(&mut self, untrusted_name: &str, hidden: bool) -> Result<(), Refusal> {
        self.end_sheet();
        if self.sheets.len() >= SHEETS_MAX {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        let untrusted_name = plain(untrusted_name).chars().take(SHEET_NAME_CHARS_MAX).collect();
        self.sheets.push(Sheet { untrusted_name, hidden, ..Sheet::default() });
        Ok(())
    }

    /// Adds a cell to the sheet; row and column count from 1.
    fn cell(&mut self, row: u32, column: u32, value: Value, formula: bool) -> Result<(), Refusal> {
        if value == Value::Nothing && !formula {
            return Ok(());
        }
        let too_much = Refusal::blocked(Reason::TooComplex);
        if let Value::Text(text) = &value {
            self.word_bytes = self.word_bytes.saturating_add(text.len() as u64);
        }
        if self.word_bytes > TABLE_BYTES_MAX || column > COLUMNS_MAX || self.cells >= CELLS_MAX {
            return Err(too_much);
        }
        let cells = self.rows.entry(row).or_insert_with(|| {
            self.row_count += 1;
            BTreeMap::new()
        });
        if self.row_count > ROWS_MAX {
            return Err(too_much);
        }
        // Of two cells in one place the first is shown.
        if let std::collections::btree_map::Entry::Vacant(place) = cells.entry(column) {
            place.insert(Cell { column, value, formula });
            self.cells += 1;
        }
        Ok(())
    }

    /// Tells that these cells are one.
    fn merged(&mut self, area: Area) -> Result<(), Refusal> {
        let Some(sheet) = self.sheets.last_mut() else { return Ok(()) };
        if sheet.merged.len() >= AREAS_MAX {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        if area.first_row < area.last_row || area.first_column < area.last_column {
            sheet.merged.push(area);
        }
        Ok(())
    }

    fn end_sheet(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        if let Some(sheet) = self.sheets.last_mut() {
            let row = |(number, cells): (u32, BTreeMap<u32, Cell>)| Row {
                number,
                hidden: false,
                cells: cells.into_values().collect(),
            };
            sheet.rows.extend(rows.into_iter().map(row));
        }
    }

    /// Marks rows of a sheet, by its place, that a reader does not see.
    fn hide(&mut self, sheet: usize, hidden: &std::collections::BTreeSet<u32>) {
        if let Some(sheet) = self.sheets.get_mut(sheet) {
            for row in sheet.rows.iter_mut().filter(|row| hidden.contains(&row.number)) {
                row.hidden = true;
            }
        }
    }

    fn finish(mut self) -> Table {
        self.end_sheet();
        Table { sheets: self.sheets }
    }
}

/// Words as a cell holds them: without characters that act instead of being read. Blanks alone are nothing.
fn words(untrusted: &str) -> Result<Value, Refusal> {
    let text = plain(untrusted);
    if text.trim().is_empty() {
        return Ok(Value::Nothing);
    }
    if text.chars().count() > CELL_CHARS_MAX {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    Ok(Value::Text(text))
}

fn plain(untrusted: &str) -> String {
    let newlines = untrusted.replace("\r\n", "\n").replace('\r', "\n");
    newlines
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !(c.is_control() || crate::name::is_bidi_control(*c)))
        .collect()
}

/// A number; one that is none, which no file should hold, is nothing.
fn number(value: f64) -> Value {
    if value.is_finite() { Value::Number(format!("{value}")) } else { Value::Nothing }
}
