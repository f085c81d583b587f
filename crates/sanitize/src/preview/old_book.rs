//! The text of clean workbooks of Excel 97 in reading order.
//!
//! Owns: turning their sheets into blocks, each within its bound.
//! Leaves to others: reading the workbook (`legacy`).

use worker_protocol::TextBlock;

use super::TextPreview;
use super::number_format::{DAYS_TO_1904, Format};
use crate::legacy::{Held, Pattern, ShownSheet, read_book};

/// Rows of one sheet and columns of one row that are shown, unless all of them are asked for.
const ROWS_MAX: usize = 200;
const COLUMNS_MAX: usize = 50;

/// What a cell takes besides its words.
const CELL_BYTES: usize = 24;

pub(super) fn sheets(mut preview: TextPreview, clean: &[u8]) -> Option<TextPreview> {
    let book = read_book(clean)?;
    let formats: Vec<Format> = book
        .patterns
        .iter()
        .map(|pattern| match pattern {
            Pattern::BuiltIn(number) => Format::built_in((*number).into()),
            Pattern::Own(pattern) => Format::read(pattern),
        })
        .collect();
    let days_later = if book.is_from_1904 { DAYS_TO_1904 } else { 0.0 };
    for sheet in &book.sheets {
        if !preview.push(TextBlock::Heading { text: sheet.name.clone() }) {
            break;
        }
        let room = preview.bytes_max.saturating_sub(preview.bytes + 64);
        let (rows, all) = rows(sheet, &formats, days_later, room, preview.is_whole);
        preview.truncated |= !all;
        if !rows.is_empty() && !preview.push(TextBlock::Table { rows }) {
            break;
        }
        let remarks = if preview.is_whole { sheet.remarks.as_slice() } else { &[] };
        for text in sheet.words.iter().chain(remarks) {
            if !preview.push(TextBlock::Paragraph { text: text.clone() }) {
                return Some(preview);
            }
        }
    }
    Some(preview)
}

/// The rows that hold something, as many as have room, and whether these are all.
fn rows(
    sheet: &ShownSheet,
    formats: &[Format],
    days_later: f64,
    room: usize,
    is_whole: bool,
) -> (Vec<Vec<String>>, bool) {
    let mut room = room;
    let mut all = true;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut last = None;
    for ((number, column), held) in &sheet.cells {
        let column = usize::from(*column);
        if column >= COLUMNS_MAX && !is_whole {
            all = false;
            continue;
        }
        let text = match held {
            Held::Words(words) if words.is_empty() => continue,
            Held::Words(words) => words.clone(),
            Held::Number(number, look) => {
                let plain = number.to_string();
                let format = formats.get(usize::from(*look)).copied().unwrap_or_default();
                format.shown(&plain, days_later).unwrap_or(plain)
            }
        };
        if last != Some(*number) {
            if rows.len() >= ROWS_MAX && !is_whole {
                return (rows, false);
            }
            rows.push(Vec::new());
            last = Some(*number);
        }
        let Some(row) = rows.last_mut() else { continue };
        let cells = column.saturating_sub(row.len()) + 1;
        let Some(left) = room.checked_sub(cells * CELL_BYTES + text.len()) else { return (rows, false) };
        room = left;
        row.resize(column, String::new());
        row.push(text);
    }
    (rows, all)
}
