//! Lists as workbooks: bytes that a spreadsheet opens.
//!
//! Owns: how a list looks there (a heading that stays when the rest is scrolled and on every printed page, filters, widths) and the
//! type of each cell. Whatever a value looks like, it is never written as a formula or as a link.
//! Leaves to others: which lists there are and who may take them (`web`, `app`).
//!
//! A package of its own because of the library that it brings. The whole workbook is made in memory, within [`ROWS_MAX`]: the
//! library can also keep rows in files of the system's folder for such, where they would lie unencrypted.

pub mod form;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

/// Most rows of one workbook, the heading not counted.
pub const ROWS_MAX: usize = 50_000;

/// What a cell of a workbook holds at most, in characters.
pub const CELL_CHARS_MAX: usize = 32_767;

/// Longest name of a sheet, in characters.
const SHEET_NAME_CHARS_MAX: usize = 31;

/// Narrowest and widest column, in characters of half width.
const WIDTH: (usize, usize) = (6, 60);

/// Columns of long text are this wide, and their lines are broken.
const LONG_WIDTH: usize = 48;

/// A number beyond this many digits is changed by programs that know floating numbers only, so it is written as text.
const DIGITS_MAX: usize = 15;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line of text.
    Text,
    /// Several lines.
    LongText,
    /// Whole numbers.
    Number,
    /// Days, written `YYYY-MM-DD`.
    Day,
    /// Moments, written as ISO 8601 with a time; the zone is not shown.
    Moment,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// What it holds. A value that is none of it is written as text, as it is.
    pub kind: Kind,
}

impl Column {
    /// A column with this heading.
    #[must_use]
    pub fn new(title: impl Into<String>, kind: Kind) -> Self {
        Self { title: title.into(), kind }
    }
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<'a> {
    /// Its title: the name of the sheet and the title of the document.
    pub title: &'a str,
    /// The columns.
    pub columns: &'a [Column],
    /// The rows, each with a value for each column as people read it.
    pub rows: &'a [Vec<String>],
    /// When it was made, in seconds since 1970 and in the time of the clock on the wall.
    pub made_at: i64,
}

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// More rows than one workbook is made of.
    #[error("more than {ROWS_MAX} rows")]
    TooManyRows,
    /// The library could not write it.
    #[error("the workbook cannot be written")]
    Unwritable(#[from] XlsxError),
}

/// Writes a list.
///
/// # Errors
/// [`WorkbookError::TooManyRows`]; [`WorkbookError::Unwritable`] when the library refuses, which no list causes.
pub fn write(list: &List<'_>) -> Result<Vec<u8>, WorkbookError> {
    if list.rows.len() > ROWS_MAX {
        return Err(WorkbookError::TooManyRows);
    }
    let mut book = Workbook::new();
    // Otherwise the library asks the clock.
    let made = ExcelDateTime::from_timestamp(list.made_at)?;
    book.set_properties(&DocProperties::new().set_title(list.title).set_creation_datetime(&made));
    let sheet = book.add_worksheet();
    sheet.set_name(sheet_name(list.title))?;
    look(sheet, list)?;
    let heading = heading_format();
    for (at, column) in (0u16..).zip(list.columns) {
        sheet.write_string_with_format(0, at, fitting(&column.title), &heading)?;
    }
    let formats = Formats::new();
    for (row, values) in (1u32..).zip(list.rows) {
        for ((at, column), value) in (0u16..).zip(list.columns).zip(values) {
            write_cell(sheet, (row, at), column.kind, value, &formats)?;
        }
    }
    Ok(book.save_to_buffer()?)
}

/// The formats of cells, made once.
struct Formats {
    text: Format,
    long: Format,
    number: Format,
    day: Format,
    moment: Format,
}

impl Formats {
    fn new() -> Self {
        let top = || Format::new().set_align(FormatAlign::Top);
        Self {
            // As text also for whoever edits the cell afterwards: a 0012 stays one.
            text: top().set_num_format("@"),
            long: top().set_num_format("@").set_text_wrap(),
            number: top().set_num_format("0"),
            day: top().set_num_format("yyyy-mm-dd"),
            moment: top().set_num_format("yyyy-mm-dd hh:mm"),
        }
    }
}

fn heading_format() -> Format {
    Format::new()
        .set_bold()
        .set_background_color(0x00E8_F1FE_u32)
        .set_border_bottom(FormatBorder::Thin)
        .set_align(FormatAlign::Top)
        .set_text_wrap()
}

/// What is set for the whole sheet.
fn look(sheet: &mut Worksheet, list: &List<'_>) -> Result<(), XlsxError> {
    // A4 across, as wide as the paper, with the heading on each page.
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_freeze_panes(1, 0)?;
    let last_row = u32::try_from(list.rows.len()).unwrap_or(u32::MAX);
    if let Some(last_column) = u16::try_from(list.columns.len()).ok().and_then(|count| count.checked_sub(1)) {
        sheet.autofilter(0, 0, last_row, last_column)?;
    }
    for (at, column) in list.columns.iter().enumerate() {
        let values = list.rows.iter().filter_map(|row| row.get(at));
        let widest = values.map(|value| width(value)).max().unwrap_or(0);
        let wanted = match column.kind {
            Kind::LongText => LONG_WIDTH,
            Kind::Day => 10,
            Kind::Moment => 16,
            Kind::Text | Kind::Number => widest,
        };
        // The heading's arrow of the filter takes room as well.
        let chars = wanted.max(width(&column.title) + 3).clamp(WIDTH.0, WIDTH.1);
        let chars = u16::try_from(chars).unwrap_or(u16::MAX);
        sheet.set_column_width(u16::try_from(at).unwrap_or(u16::MAX), f64::from(chars))?;
    }
    Ok(())
}

/// How wide the widest line of a text is, in characters of half width.
fn width(text: &str) -> usize {
    let of =
        |line: &str| line.chars().map(|c| if c.is_ascii() || ('｡'..='ﾟ').contains(&c) { 1 } else { 2 }).sum();
    text.lines().map(of).max().unwrap_or(0)
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    kind: Kind,
    value: &str,
    formats: &Formats,
) -> Result<(), XlsxError> {
    if value.is_empty() {
        return Ok(());
    }
    let typed = match kind {
        Kind::Number => number(value).map(|number| (number, &formats.number)),
        Kind::Day => day(value).map(|day| (day.to_excel(), &formats.day)),
        Kind::Moment => moment(value).map(|moment| (moment.to_excel(), &formats.moment)),
        Kind::Text | Kind::LongText => None,
    };
    match typed {
        Some((number, format)) => sheet.write_number_with_format(row, column, number, format)?,
        None => {
            let format = if kind == Kind::LongText { &formats.long } else { &formats.text };
            sheet.write_string_with_format(row, column, fitting(value), format)?
        }
    };
    Ok(())
}

/// A whole number that every program keeps as it is.
fn number(value: &str) -> Option<f64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_plain = (1..=DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (digits.len() == 1 || !digits.starts_with('0'));
    is_plain.then(|| value.parse().ok()).flatten()
}

/// A day that spreadsheets can count; they begin with 1900, and take a day in that year for none of ours.
fn day(value: &str) -> Option<ExcelDateTime> {
    let mut parts = value.split('-');
    let mut part = |length: usize| {
        let text = parts.next()?;
        let is_number = text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then_some(text)
    };
    let (year, month, day) = (part(4)?.parse().ok()?, part(2)?.parse().ok()?, part(2)?.parse().ok()?);
    let ends = parts.next().is_none();
    (ends && year > 1900).then(|| ExcelDateTime::from_ymd(year, month, day).ok()).flatten()
}

fn moment(value: &str) -> Option<ExcelDateTime> {
    let (date, time) = value.split_once('T')?;
    let mut parts = time.get(..5)?.split(':').map(|part| part.parse::<u16>().ok());
    let (hour, minute) = (parts.next()??, u8::try_from(parts.next()??).ok()?);
    (hour < 24 && minute < 60).then_some(())?;
    day(date)?.and_hms(hour, minute, 0).ok()
}

/// As much of a text as a cell holds, and a sign that there was more.
fn fitting(text: &str) -> String {
    if text.chars().count() <= CELL_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(CELL_CHARS_MAX - 1).chain(['…']).collect()
}

/// A name that a sheet may have.
fn sheet_name(title: &str) -> String {
    let fits = |c: &char| !c.is_control() && !"[]:*?/\\".contains(*c);
    let name: String = title.chars().filter(fits).take(SHEET_NAME_CHARS_MAX).collect();
    let name = name.trim().trim_matches('\'').trim();
    if name.is_empty() { "一覧".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
