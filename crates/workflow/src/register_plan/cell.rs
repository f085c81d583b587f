//! What a cell of a table means to a column of a register.
//!
//! Owns: days that a spreadsheet counts, what a formula leaves, and what is wrong with a cell or worth a look.
//! Leaves to others: the spellings that a column takes (`register::read`).

use policy::{Column, ColumnType};
use worker_protocol::table::{Cell, Value};

use crate::register::Problem;

/// Why a cell or a line cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellProblem {
    /// The definition does not take it.
    Column {
        /// Why.
        problem: Problem,
    },
    /// It belongs to cells that were made one, so that nobody knows whose value it is.
    Merged,
    /// It shows an error.
    ShowsError {
        /// Which.
        code: String,
    },
    /// A formula whose result is not in the file.
    NoResult,
    /// Something stands where no heading is.
    NoHeading,
    /// No number of a row.
    NotANumberOfARow,
    /// There is no row with this number, or the person does not keep it.
    NoRow,
    /// The row has ended.
    EndedRow,
    /// The row belongs to a section that the person does not keep.
    NotKept,
    /// Another line is about the same row.
    SameRow {
        /// That line.
        line: u32,
    },
    /// Another line has the same value, and only one row may.
    Twice {
        /// That line.
        line: u32,
    },
}

impl CellProblem {
    /// The word for the catalogue, the API and evidence.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            CellProblem::Column { problem } => problem.id(),
            CellProblem::Merged => "merged",
            CellProblem::ShowsError { .. } => "shows-error",
            CellProblem::NoResult => "no-result",
            CellProblem::NoHeading => "no-heading",
            CellProblem::NotANumberOfARow => "not-a-number-of-a-row",
            CellProblem::NoRow => "no-row",
            CellProblem::EndedRow => "ended",
            CellProblem::NotKept => "not-kept",
            CellProblem::SameRow { .. } => "same-row",
            CellProblem::Twice { .. } => "twice",
        }
    }

    /// Every word of its own, for catalogues that must cover them all; the others are those of [`Problem`].
    pub const IDS: &'static [&'static str] = &[
        "merged",
        "shows-error",
        "no-result",
        "no-heading",
        "not-a-number-of-a-row",
        "no-row",
        "ended",
        "not-kept",
        "same-row",
        "twice",
    ];
}

/// What is worth a look in a cell that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CellNote {
    /// The result of a formula was taken, not the formula.
    Formula,
    /// A number was taken as the day that a spreadsheet counts so.
    Counted,
    /// A spreadsheet made a day of what may have been a number of its own, such as 1-2.
    DayInText,
    /// The row is hidden in the file, and was taken all the same.
    HiddenRow,
}

impl CellNote {
    /// Every note.
    pub const ALL: [CellNote; 4] =
        [CellNote::Formula, CellNote::Counted, CellNote::DayInText, CellNote::HiddenRow];

    /// The word for the catalogue and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            CellNote::Formula => "formula",
            CellNote::Counted => "counted",
            CellNote::DayInText => "day-in-text",
            CellNote::HiddenRow => "hidden-row",
        }
    }
}

/// What somebody would have typed to say the same, and what is worth a look. `column` is none for the number of a row.
pub(super) fn typed(column: Option<&Column>, cell: &Cell) -> Result<(String, Vec<CellNote>), CellProblem> {
    let mut notes = Vec::new();
    let kind = column.map(|column| column.kind);
    let text = match &cell.value {
        Value::Nothing => return Err(CellProblem::NoResult),
        Value::Error(code) => return Err(CellProblem::ShowsError { code: code.clone() }),
        Value::Text(text) => text.clone(),
        Value::Bool(true) => "true".to_owned(),
        Value::Bool(false) => "false".to_owned(),
        Value::Date(day) => {
            if matches!(kind, Some(ColumnType::Text | ColumnType::LongText | ColumnType::Choice)) {
                notes.push(CellNote::DayInText);
            }
            day.clone()
        }
        Value::Number(digits) => match day_counted(digits).filter(|_| kind == Some(ColumnType::Date)) {
            Some(day) => {
                notes.push(CellNote::Counted);
                day
            }
            None => digits.clone(),
        },
    };
    if cell.formula {
        notes.push(CellNote::Formula);
    }
    Ok((text, notes))
}

/// The last day that spreadsheets count: 9999-12-31.
const DAYS_MAX: i64 = 2_958_465;
/// The day that spreadsheets believe in and no calendar has: 1900-02-29.
const NO_DAY: i64 = 60;

/// The day that a spreadsheet counts as this number, 1 being 1900-01-01; a time of day behind the point is dropped.
fn day_counted(digits: &str) -> Option<String> {
    let whole = digits.split('.').next().unwrap_or_default();
    let count: i64 = whole.parse().ok().filter(|count| (1..=DAYS_MAX).contains(count) && *count != NO_DAY)?;
    // Days since 1970-01-01. Behind the day that is none, everything is counted one too high.
    let since_1970 = count - if count > NO_DAY { 25_569 } else { 25_568 };
    let (year, month, day) = civil(since_1970);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// The day of the calendar that is so many days after 1970-01-01, by eras of 400 years, which all have the same length.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years begin in March here, so that the day of a leap year comes last.
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_spreadsheets_count_them() {
        for (digits, day) in [
            ("1", Some("1900-01-01")),
            ("59", Some("1900-02-28")),
            ("60", None),
            ("61", Some("1900-03-01")),
            ("36526", Some("2000-01-01")),
            ("36585", Some("2000-02-29")),
            ("46113", Some("2026-04-01")),
            ("46113.75", Some("2026-04-01")),
            ("46812", Some("2028-02-29")),
            ("2958465", Some("9999-12-31")),
            ("2958466", None),
            ("0", None),
            ("-1", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(day_counted(digits).as_deref(), day, "{digits}");
        }
    }
}
