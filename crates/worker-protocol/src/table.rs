//! A table as the cell writes it down: sheets, rows and cells of a workbook or of a file of values, as plain data.
//!
//! Owns: its shape, its bounds, and how it stands on the pipe as the clean bytes of [`crate::Road::Cells`].
//! Leaves to others: reading workbooks (`sanitize`), and what the rows mean (`workflow`).
//!
//! It has been read from a file that somebody sent, so every word of it is untrusted; what is certain after
//! [`Table::decode`] is only that it is bounded and in order.

use serde::{Deserialize, Serialize};

/// The longest encoded table, in bytes.
pub const TABLE_BYTES_MAX: u64 = 64 << 20;

/// The most sheets.
pub const SHEETS_MAX: usize = 100;

/// The most rows that hold something, over all sheets.
pub const ROWS_MAX: usize = 100_000;

/// The last column that a cell may stand in. A workbook has 16,384; nobody keeps a register that wide.
pub const COLUMNS_MAX: u32 = 1_000;

/// The last row that a cell may stand in: the last one of a workbook.
pub const ROW_NUMBER_MAX: u32 = 1_048_576;

/// The most cells that hold something, over all sheets.
pub const CELLS_MAX: usize = 2_000_000;

/// The longest text of a cell, in characters: what a workbook holds.
pub const CELL_CHARS_MAX: usize = 32_767;

/// The most merged areas of a sheet that are told.
pub const AREAS_MAX: usize = 10_000;

/// The longest name of a sheet, in characters: twice what a workbook allows.
pub const SHEET_NAME_CHARS_MAX: usize = 62;

/// The longest number as text: the digits of the largest that a workbook can hold, and a sign and a point.
const NUMBER_BYTES_MAX: usize = 400;

/// All sheets, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// At least one, unless the workbook has only charts.
    pub sheets: Vec<Sheet>,
}

/// One sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Its name; empty for a file without sheets.
    pub untrusted_name: String,
    /// Whether a reader does not see it.
    pub hidden: bool,
    /// The rows that hold something, from the top.
    pub rows: Vec<Row>,
    /// Areas of several cells that were made one, at most [`AREAS_MAX`].
    pub merged: Vec<Area>,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its number as a reader sees it, from 1.
    pub number: u32,
    /// Whether a reader does not see it: hidden, or left out by a filter.
    pub hidden: bool,
    /// The cells that hold something, from the left. At least one.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Its column, from 1.
    pub column: u32,
    /// What stands in it; of a formula, what the program that saved the file had computed.
    pub value: Value,
    /// Whether it was computed by a formula.
    pub formula: bool,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// A formula of which no result was saved.
    Nothing,
    /// Words.
    Text(String),
    /// A number, as the shortest decimal that means it, so that nothing is lost on the pipe.
    Number(String),
    /// A day, `YYYY-MM-DD`, when the cell is shown as one. The time of day is not told.
    Date(String),
    /// True or false.
    Bool(bool),
    /// An error such as `#N/A`, by its code.
    Error(String),
}

/// A rectangle of cells, both corners inside. All numbers count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// The topmost row.
    pub first_row: u32,
    /// The leftmost column.
    pub first_column: u32,
    /// The last row.
    pub last_row: u32,
    /// The last column.
    pub last_column: u32,
}

/// Why bytes are no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// They are not written as one.
    #[error("not a table")]
    Malformed,
    /// Something in it is beyond its bound or out of order.
    #[error("a table beyond its bounds")]
    Unbounded,
}

impl Table {
    /// The bytes on the pipe.
    ///
    /// # Errors
    /// [`TableError::Unbounded`] when no reader would take it.
    pub fn encode(&self) -> Result<Vec<u8>, TableError> {
        if !self.is_bounded() {
            return Err(TableError::Unbounded);
        }
        let bytes = serde_json::to_vec(self).map_err(|_| TableError::Malformed)?;
        if bytes.len() as u64 > TABLE_BYTES_MAX { Err(TableError::Unbounded) } else { Ok(bytes) }
    }

    /// Reads what a cell wrote.
    ///
    /// # Errors
    /// [`TableError`], and then nothing of it is known.
    pub fn decode(untrusted: &[u8]) -> Result<Self, TableError> {
        if untrusted.len() as u64 > TABLE_BYTES_MAX {
            return Err(TableError::Unbounded);
        }
        let table: Self = serde_json::from_slice(untrusted).map_err(|_| TableError::Malformed)?;
        if table.is_bounded() { Ok(table) } else { Err(TableError::Unbounded) }
    }

    fn is_bounded(&self) -> bool {
        let rows: usize = self.sheets.iter().map(|sheet| sheet.rows.len()).sum();
        let cells: usize = self.sheets.iter().flat_map(|sheet| &sheet.rows).map(|row| row.cells.len()).sum();
        self.sheets.len() <= SHEETS_MAX
            && rows <= ROWS_MAX
            && cells <= CELLS_MAX
            && self.sheets.iter().all(Sheet::is_bounded)
    }
}

impl Sheet {
    fn is_bounded(&self) -> bool {
        let rises = self.rows.is_sorted_by(|a, b| a.number < b.number);
        self.untrusted_name.chars().count() <= SHEET_NAME_CHARS_MAX
            && rises
            && self.rows.iter().all(Row::is_bounded)
            && self.merged.len() <= AREAS_MAX
            && self.merged.iter().all(Area::is_bounded)
    }
}

impl Row {
    fn is_bounded(&self) -> bool {
        (1..=ROW_NUMBER_MAX).contains(&self.number)
            && !self.cells.is_empty()
            && self.cells.is_sorted_by(|a, b| a.column < b.column)
            && self.cells.iter().all(|cell| (1..=COLUMNS_MAX).contains(&cell.column) && cell.is_bounded())
    }

    /// The cell in this column, counted from 1.
    #[must_use]
    pub fn cell(&self, column: u32) -> Option<&Cell> {
        let at = self.cells.binary_search_by_key(&column, |cell| cell.column).ok()?;
        self.cells.get(at)
    }
}

impl Cell {
    fn is_bounded(&self) -> bool {
        match &self.value {
            Value::Nothing => self.formula,
            Value::Text(text) => !text.is_empty() && text.chars().count() <= CELL_CHARS_MAX,
            Value::Number(text) => {
                text.len() <= NUMBER_BYTES_MAX
                    && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'))
                    && text.parse::<f64>().is_ok_and(f64::is_finite)
            }
            Value::Date(text) => is_day(text),
            Value::Bool(_) => true,
            Value::Error(code) => code.len() <= 20 && code.starts_with('#') && code.is_ascii(),
        }
    }
}

impl Area {
    fn is_bounded(&self) -> bool {
        self.first_row >= 1
            && self.first_column >= 1
            && self.first_row <= self.last_row
            && self.first_column <= self.last_column
            && self.last_row <= ROW_NUMBER_MAX
            && self.last_column <= 16_384
    }

    /// Whether a cell belongs to it without being its first, which is the one that holds what is shown.
    #[must_use]
    pub fn covers(&self, row: u32, column: u32) -> bool {
        (self.first_row..=self.last_row).contains(&row)
            && (self.first_column..=self.last_column).contains(&column)
            && (row, column) != (self.first_row, self.first_column)
    }
}

/// Whether this is written like a day. That the month has it is for the reader to see.
fn is_day(text: &str) -> bool {
    let is_number = |part: Option<&str>, length: usize| {
        part.is_some_and(|part| part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut parts = text.split('-');
    is_number(parts.next(), 4)
        && is_number(parts.next(), 2)
        && is_number(parts.next(), 2)
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(column: u32, value: Value) -> Cell {
        Cell { column, value, formula: false }
    }

    fn of(cells: Vec<Cell>) -> Table {
        let row = Row { number: 1, hidden: false, cells };
        Table { sheets: vec![Sheet { rows: vec![row], ..Sheet::default() }] }
    }

    #[test]
    fn what_is_out_of_order_or_beyond_a_bound_is_no_table() {
        let text = |length: usize| Value::Text("あ".repeat(length));
        let fine = of(vec![cell(1, text(1)), cell(2, Value::Number("-1.5".to_owned()))]);
        assert_eq!(Table::decode(&fine.encode().unwrap()), Ok(fine.clone()));
        let changed = |change: fn(&mut Table)| {
            let mut table = fine.clone();
            change(&mut table);
            table
        };
        let bad = [
            of(vec![]),
            of(vec![cell(0, text(1))]),
            of(vec![cell(COLUMNS_MAX + 1, text(1))]),
            of(vec![cell(2, text(1)), cell(1, text(1))]),
            of(vec![cell(1, text(1)), cell(1, text(1))]),
            of(vec![cell(1, text(0))]),
            of(vec![cell(1, text(CELL_CHARS_MAX + 1))]),
            of(vec![cell(1, Value::Nothing)]),
            of(vec![cell(1, Value::Number("1e999".to_owned()))]),
            of(vec![cell(1, Value::Number("NaN".to_owned()))]),
            of(vec![cell(1, Value::Number("1,5".to_owned()))]),
            of(vec![cell(1, Value::Number(String::new()))]),
            of(vec![cell(1, Value::Date("2026-4-1".to_owned()))]),
            of(vec![cell(1, Value::Date("2026-04-01-".to_owned()))]),
            of(vec![cell(1, Value::Error("N/A".to_owned()))]),
            changed(|table| table.sheets[0].rows[0].number = 0),
            changed(|table| table.sheets[0].rows[0].number = ROW_NUMBER_MAX + 1),
            changed(|table| {
                let row = table.sheets[0].rows[0].clone();
                table.sheets[0].rows.push(row);
            }),
            changed(|table| table.sheets[0].untrusted_name = "あ".repeat(SHEET_NAME_CHARS_MAX + 1)),
            changed(|table| table.sheets = vec![Sheet::default(); SHEETS_MAX + 1]),
            changed(|table| {
                let area = Area { first_row: 2, first_column: 1, last_row: 1, last_column: 1 };
                table.sheets[0].merged = vec![area];
            }),
            changed(|table| {
                let area = Area { first_row: 1, first_column: 1, last_row: 1, last_column: 1 };
                table.sheets[0].merged = vec![area; AREAS_MAX + 1];
            }),
        ];
        for table in bad {
            assert_eq!(table.encode(), Err(TableError::Unbounded), "{table:?}");
            let written = serde_json::to_vec(&table).unwrap();
            assert_eq!(Table::decode(&written), Err(TableError::Unbounded), "{table:?}");
        }
    }

    #[test]
    fn what_is_not_written_as_a_table_is_none() {
        for bad in [
            "",
            "[]",
            "{}",
            "{\"sheets\":[],\"more\":1}",
            "{\"sheets\":[{}]}",
            "{\"sheets\":[{\"untrusted_name\":\"\",\"hidden\":false,\"rows\":[{\"number\":1,\"hidden\":false,\
             \"cells\":[{\"column\":1,\"value\":{\"page\":\"x\"},\"formula\":false}]}],\"merged\":[]}]}",
        ] {
            assert_eq!(Table::decode(bad.as_bytes()), Err(TableError::Malformed), "{bad}");
        }
        assert_eq!(Table::decode(b"{\"sheets\":[]}"), Ok(Table::default()));
        let long = vec![b' '; usize::try_from(TABLE_BYTES_MAX).unwrap() + 1];
        assert_eq!(Table::decode(&long), Err(TableError::Unbounded));
    }

    #[test]
    fn an_area_covers_all_but_its_first_cell() {
        let area = Area { first_row: 2, first_column: 3, last_row: 4, last_column: 3 };
        let covered: Vec<(u32, u32)> = (1..6)
            .flat_map(|row| (1..6).map(move |column| (row, column)))
            .filter(|(row, column)| area.covers(*row, *column))
            .collect();
        assert_eq!(covered, [(3, 3), (4, 3)]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(untrusted in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Table::decode(&untrusted);
        }

        #[test]
        fn what_is_read_is_written_the_same(number in any::<i32>(), text in "\\PC{1,20}", column in 1u32..=COLUMNS_MAX) {
            let table = of(vec![cell(column, Value::Text(text))]);
            prop_assert_eq!(Table::decode(&table.encode().unwrap()), Ok(table));
            let table = of(vec![Cell { column, value: Value::Number(number.to_string()), formula: true }]);
            prop_assert_eq!(Table::decode(&table.encode().unwrap()), Ok(table));
        }
    }
}
