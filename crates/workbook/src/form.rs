//! Forms as workbooks: cells at their places, on one sheet of paper.
//!
//! Owns: how a form looks there. Every cell is text, whatever it looks like: a form is read, not calculated with.
//! Leaves to others: which cells there are and what they say (`policy`, `web`).

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::{ROWS_MAX, WorkbookError, fitting, sheet_name};

/// How a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At its beginning.
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

/// One cell, or several that are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormCell {
    /// Its row, from 0.
    pub row: u32,
    /// Its column, from 0.
    pub column: u32,
    /// The last row of those that are one.
    pub row_last: u32,
    /// The last column.
    pub column_last: u32,
    /// What stands in it.
    pub text: String,
    /// Thick letters.
    pub bold: bool,
    /// Whether it has a border.
    pub border: bool,
    /// A background that tells a label from a value.
    pub label: bool,
    /// Size of the letters in points.
    pub size: Option<u32>,
    /// How it stands.
    pub align: Align,
    /// Height of its row in points; a row is as high as the highest of its cells asks for, or as its lines need.
    pub height: Option<u32>,
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form<'a> {
    /// The name of the sheet and the title of the document.
    pub title: &'a str,
    /// Whether the paper lies across.
    pub landscape: bool,
    /// Widths of the columns in characters of half width, from the first.
    pub widths: &'a [u32],
    /// The cells.
    pub cells: &'a [FormCell],
    /// When it was made, in seconds since 1970 and in the time of the clock on the wall.
    pub made_at: i64,
}

/// Width of a column for which none is said, in characters.
const WIDTH: u32 = 9;
/// Height of a line in points, for letters of the usual size.
const LINE_POINTS: u32 = 17;
/// The highest row that programs take, in points.
const HEIGHT_MAX: u32 = 400;

/// Writes a form.
///
/// # Errors
/// [`WorkbookError::TooManyRows`]; [`WorkbookError::Unwritable`] when the library refuses, such as cells that overlap.
pub fn write(form: &Form<'_>) -> Result<Vec<u8>, WorkbookError> {
    if form.cells.iter().any(|cell| usize::try_from(cell.row_last).is_ok_and(|row| row >= ROWS_MAX)) {
        return Err(WorkbookError::TooManyRows);
    }
    let mut book = Workbook::new();
    // Otherwise the library asks the clock.
    let made = ExcelDateTime::from_timestamp(form.made_at)?;
    book.set_properties(&DocProperties::new().set_title(form.title).set_creation_datetime(&made));
    let sheet = book.add_worksheet();
    sheet.set_name(sheet_name(form.title))?;
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0).set_margins(0.6, 0.5, 0.6, 0.6, 0.3, 0.3);
    sheet.set_screen_gridlines(false);
    if form.landscape {
        sheet.set_landscape();
    }
    for (at, width) in (0u16..).zip(form.widths) {
        sheet.set_column_width(at, f64::from(*width))?;
    }
    let mut heights = std::collections::BTreeMap::new();
    for cell in form.cells {
        write_cell(sheet, cell)?;
        if cell.row == cell.row_last {
            let wanted =
                cell.height.unwrap_or(LINE_POINTS).max(lines(form, cell).saturating_mul(LINE_POINTS));
            let height = heights.entry(cell.row).or_insert(0);
            *height = wanted.min(HEIGHT_MAX).max(*height);
        }
    }
    for (row, height) in heights {
        sheet.set_row_height(row, f64::from(height))?;
    }
    Ok(book.save_to_buffer()?)
}

/// How many lines a text takes in its cell.
fn lines(form: &Form<'_>, cell: &FormCell) -> u32 {
    let width = |column: u32| {
        let at = usize::try_from(column).unwrap_or(usize::MAX);
        form.widths.get(at).copied().unwrap_or(WIDTH)
    };
    let room = (cell.column..=cell.column_last).map(width).sum::<u32>().max(1);
    let room = usize::try_from(room).unwrap_or(1);
    let of_line = |line: &str| crate::width(line).div_ceil(room).max(1);
    u32::try_from(cell.text.lines().map(of_line).sum::<usize>().max(1)).unwrap_or(u32::MAX)
}

fn write_cell(sheet: &mut Worksheet, cell: &FormCell) -> Result<(), XlsxError> {
    let mut format = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::VerticalCenter);
    format = match cell.align {
        Align::Start => format.set_align(FormatAlign::Left),
        Align::Middle => format.set_align(FormatAlign::Center),
        Align::End => format.set_align(FormatAlign::Right),
    };
    if cell.bold {
        format = format.set_bold();
    }
    if cell.border {
        format = format.set_border(FormatBorder::Thin);
    }
    if cell.label {
        format = format.set_background_color(0x00F0_F0F0_u32);
    }
    if let Some(size) = cell.size {
        format = format.set_font_size(f64::from(size));
    }
    let column = |column: u32| u16::try_from(column).unwrap_or(u16::MAX);
    let text = fitting(&cell.text);
    if (cell.row, cell.column) == (cell.row_last, cell.column_last) {
        sheet.write_string_with_format(cell.row, column(cell.column), text, &format)?;
    } else {
        let (first, last) = ((cell.row, column(cell.column)), (cell.row_last, column(cell.column_last)));
        sheet.merge_range(first.0, first.1, last.0, last.1, &text, &format)?;
    }
    Ok(())
}
