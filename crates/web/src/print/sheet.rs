//! A form as a workbook: the layout of the pack filled with data.
//!
//! Owns writing a row once for each entry of its list, and finding fields. Leaves the workbook itself to `workbook`.

use app::Error;
use policy::{CellAlign, CellSays, Sheet, SheetCell};
use serde_json::Value;
use workbook::form::{Align, Form, FormCell};
use workflow::Millis;

use super::data::Data;

/// The time of the clock on the wall is so many seconds ahead of UTC.
const WALL_SECONDS: i64 = 9 * 3600;

/// The workbook.
///
/// # Errors
/// [`Error::TooMany`] when a list is longer than a sheet; [`Error::Internal`] when it cannot be written.
pub(super) fn write(layout: &Sheet, title: &str, data: &Data, now: Millis) -> app::Result<Vec<u8>> {
    let form = Form {
        title,
        landscape: layout.landscape,
        widths: &layout.widths,
        cells: &fill(layout, data),
        made_at: now.div_euclid(1000) + WALL_SECONDS,
    };
    workbook::form::write(&form).map_err(|error| match error {
        workbook::WorkbookError::TooManyRows => {
            Error::TooMany { limit: u32::try_from(workbook::ROWS_MAX).unwrap_or(u32::MAX) }
        }
        workbook::WorkbookError::Unwritable(_) => Error::Internal(format!("workbook: {error}")),
    })
}

/// The cells, with each row of a list as often as the list has entries. A list without any leaves one empty row.
fn fill(layout: &Sheet, data: &Data) -> Vec<FormCell> {
    let mut cells = Vec::new();
    let rows = layout.cells.iter().map(|c| c.row_last + 1).max().unwrap_or(0);
    // How far the rows below were pushed down.
    let mut down = 0;
    for row in 0..rows {
        let of_row: Vec<&SheetCell> = layout.cells.iter().filter(|c| c.row == row).collect();
        let Some(list) = of_row.iter().find_map(|c| c.each.as_deref()) else {
            cells.extend(of_row.iter().map(|c| cell(c, down, says(&c.says, None, data))));
            continue;
        };
        let entries =
            field(&Value::Object(data.clone()), list).and_then(Value::as_array).cloned().unwrap_or_default();
        for (n, entry) in (0u32..).zip(&entries) {
            cells.extend(of_row.iter().map(|c| cell(c, down + n, says(&c.says, Some(entry), data))));
        }
        if entries.is_empty() {
            cells.extend(of_row.iter().map(|c| cell(c, down, String::new())));
        }
        down += u32::try_from(entries.len().saturating_sub(1)).unwrap_or(u32::MAX);
    }
    cells
}

fn cell(layout: &SheetCell, down: u32, text: String) -> FormCell {
    FormCell {
        row: layout.row.saturating_add(down),
        column: layout.column,
        row_last: layout.row_last.saturating_add(down),
        column_last: layout.column_last,
        text,
        bold: layout.bold,
        border: layout.border,
        label: layout.label,
        size: layout.size,
        align: match layout.align {
            CellAlign::Start => Align::Start,
            CellAlign::Middle => Align::Middle,
            CellAlign::End => Align::End,
        },
        height: layout.height,
    }
}

fn says(says: &CellSays, entry: Option<&Value>, data: &Data) -> String {
    match says {
        CellSays::Words(words) => words.clone(),
        CellSays::Field(name) => {
            let own = entry.and_then(|entry| if name == "." { Some(entry) } else { field(entry, name) });
            own.map(text)
                .or_else(|| {
                    name.split_once('.')
                        .map_or_else(|| data.get(name), |(first, rest)| field(data.get(first)?, rest))
                        .map(text)
                })
                .unwrap_or_default()
        }
    }
}

/// What stands at `a.b.c`.
fn field<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |at, part| at.get(part))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join("、"),
        other => other.to_string(),
    }
}
