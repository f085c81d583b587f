//! The cells of workbooks: Excel of today and of 1997, OpenDocument.
//!
//! Owns: asking the library that reads them, and what it says that is no value of ours: times, durations, errors.
//! Leaves to others: making the workbook safe to unpack (the caller), which rows are hidden (`preview`, which knows the
//! parts).

use std::io::Cursor;

use calamine::{
    CellErrorType, Data, DataRef, Dimensions, ExcelDateTime, Ods, OdsError, Reader, SheetType, SheetVisible,
    Xls, XlsError, Xlsx,
};
use worker_protocol::table::{Area, Value};
use worker_protocol::{Limits, Reason};

use super::{Tables, number, words};
use crate::{Refusal, preview};

const DAMAGED: Refusal = Refusal { verdict: worker_protocol::Verdict::Held, reason: Reason::Damaged };

/// A workbook of today, which was rebuilt.
pub(super) fn current(clean: &[u8], limits: &Limits, table: &mut Tables) -> Result<(), Refusal> {
    let mut book = Xlsx::new(Cursor::new(clean)).map_err(|_| DAMAGED)?;
    let sheets: Vec<(String, bool)> = seen(book.sheets_metadata());
    for (name, hidden) in &sheets {
        table.sheet(name, *hidden)?;
        let mut cells = book.worksheet_cells_reader(name).map_err(|_| DAMAGED)?;
        while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|_| DAMAGED)? {
            let (row, column) = cell.pos;
            let value = of_reference(cell.value)?;
            table.cell(row.saturating_add(1), column.saturating_add(1), value, cell.formula.is_some())?;
        }
        drop(cells);
        for area in book.merge_cells_by_sheet_name(name).map_err(|_| DAMAGED)? {
            table.merged(of_area(&area))?;
        }
    }
    table.end_sheet();
    let hidden = preview::hidden_rows(clean, limits);
    for (at, (name, _)) in sheets.iter().enumerate() {
        if let Some(rows) = hidden.get(name) {
            table.hide(at, rows);
        }
    }
    Ok(())
}

/// A workbook of Excel 97 and its forerunners, without its password.
pub(super) fn excel_97(untrusted: &[u8], table: &mut Tables) -> Result<(), Refusal> {
    let mut book = Xls::new(Cursor::new(untrusted)).map_err(|error| match error {
        XlsError::Password => Refusal::held(Reason::PasswordNeeded),
        _ => DAMAGED,
    })?;
    for (name, hidden) in seen(book.sheets_metadata()) {
        table.sheet(&name, hidden)?;
        ranges(&mut book, &name, table)?;
        for area in book.merge_cells_by_sheet_name(&name).unwrap_or_default() {
            table.merged(of_area(&area))?;
        }
    }
    Ok(())
}

/// An OpenDocument spreadsheet, which was rebuilt.
pub(super) fn open_document(clean: &[u8], table: &mut Tables) -> Result<(), Refusal> {
    let mut book = Ods::new(Cursor::new(clean)).map_err(|error| match error {
        OdsError::Password => Refusal::held(Reason::PasswordNeeded),
        _ => DAMAGED,
    })?;
    for (name, hidden) in seen(book.sheets_metadata()) {
        table.sheet(&name, hidden)?;
        ranges(&mut book, &name, table)?;
    }
    Ok(())
}

/// The sheets that hold cells, and whether each is hidden.
fn seen(sheets: &[calamine::Sheet]) -> Vec<(String, bool)> {
    let with_cells = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    with_cells.map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible)).collect()
}

/// Values and formulas of a sheet that the library reads as a whole.
fn ranges<'b>(
    book: &mut impl Reader<Cursor<&'b [u8]>>,
    name: &str,
    table: &mut Tables,
) -> Result<(), Refusal> {
    let values = book.worksheet_range(name).map_err(|_| DAMAGED)?;
    let formulas = book.worksheet_formula(name).map_err(|_| DAMAGED)?;
    let place = |start: Option<(u32, u32)>, row: usize, column: usize| {
        let (first_row, first_column) = start.unwrap_or((0, 0));
        let at = |first: u32, further: usize| {
            first.saturating_add(u32::try_from(further).unwrap_or(u32::MAX)).saturating_add(1)
        };
        (at(first_row, row), at(first_column, column))
    };
    let is_formula = |row: u32, column: u32| {
        let found = formulas.get_value((row - 1, column - 1));
        found.is_some_and(|formula| !formula.is_empty())
    };
    for (row, column, value) in values.used_cells() {
        let (row, column) = place(values.start(), row, column);
        table.cell(row, column, of_value(value)?, is_formula(row, column))?;
    }
    for (row, column, _) in formulas.used_cells().filter(|(.., formula)| !formula.is_empty()) {
        let (row, column) = place(formulas.start(), row, column);
        // Where there is a value, it is there already.
        table.cell(row, column, Value::Nothing, true)?;
    }
    Ok(())
}

fn of_reference(value: DataRef<'_>) -> Result<Value, Refusal> {
    match value {
        DataRef::SharedString(text) => words(text),
        other => of_value(&Data::from(other)),
    }
}

fn of_value(value: &Data) -> Result<Value, Refusal> {
    Ok(match value {
        Data::Int(value) => Value::Number(value.to_string()),
        Data::Float(value) => number(*value),
        Data::String(text) | Data::DurationIso(text) => words(text)?,
        Data::Bool(value) => Value::Bool(*value),
        Data::DateTime(moment) => of_moment(moment),
        Data::DateTimeIso(text) => match text.split(['T', ' ']).next() {
            Some(day) if is_day(day) => Value::Date(day.to_owned()),
            _ => words(text)?,
        },
        Data::Error(error) => Value::Error(code(error).to_owned()),
        Data::Empty => Value::Nothing,
    })
}

/// A day, or a time of day in words when the cell says no day.
fn of_moment(moment: &ExcelDateTime) -> Value {
    let (year, month, day, hour, minute, ..) = moment.to_ymd_hms_milli();
    if moment.is_duration() {
        let minutes = (moment.as_f64() * 1440.0).round();
        let (hours, minutes) = ((minutes / 60.0).floor(), minutes.rem_euclid(60.0));
        return Value::Text(format!("{hours}:{minutes:02}"));
    }
    if (0.0..1.0).contains(&moment.as_f64()) {
        return Value::Text(format!("{hour}:{minute:02}"));
    }
    Value::Date(format!("{year:04}-{month:02}-{day:02}"))
}

fn is_day(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() })
}

fn code(error: &CellErrorType) -> &'static str {
    match error {
        CellErrorType::Div0 => "#DIV/0!",
        CellErrorType::NA => "#N/A",
        CellErrorType::Name => "#NAME?",
        CellErrorType::Null => "#NULL!",
        CellErrorType::Num => "#NUM!",
        CellErrorType::Ref => "#REF!",
        CellErrorType::Value => "#VALUE!",
        CellErrorType::GettingData => "#GETTING_DATA",
    }
}

fn of_area(area: &Dimensions) -> Area {
    Area {
        first_row: area.start.0.saturating_add(1),
        first_column: area.start.1.saturating_add(1),
        last_row: area.end.0.saturating_add(1),
        last_column: area.end.1.saturating_add(1),
    }
}
