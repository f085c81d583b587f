//! Lists that somebody takes out: as a workbook or as CSV.
//!
//! Owns which formats there are, their names in addresses, and the answer with its headers.
//! Leaves how a workbook looks to `workbook`, and characters and quotes of CSV to [`super::csv`].

use app::Error;
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use workbook::{Column, List};

use super::{Pairs, csv, one};

/// The time of the clock on the wall is so many seconds ahead of UTC.
const WALL_SECONDS: i64 = 9 * 3600;

/// How a list is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// CSV in UTF-8 with a mark.
    Csv,
    /// CSV in CP932.
    Cp932,
    /// A workbook.
    Workbook,
}

impl Format {
    const WORDS: [(&'static str, Format); 3] =
        [("csv", Format::Csv), ("csv-cp932", Format::Cp932), ("xlsx", Format::Workbook)];

    /// The one that an address asks for, if it asks for one.
    pub(crate) fn of(query: &Pairs) -> Option<Self> {
        let asked = one(query, "format");
        Self::WORDS.iter().find(|(word, _)| *word == asked).map(|(_, format)| *format)
    }

    /// The addresses of a list, whose other parameters stand in `base`, in every format: UTF-8, CP932, workbook.
    pub(crate) fn hrefs(base: &str) -> [String; 3] {
        let mark = if base.contains('?') { '&' } else { '?' };
        Self::WORDS.map(|(word, _)| format!("{base}{mark}format={word}"))
    }
}

/// The list as a file of this name, which is ASCII and has no ending. `made_at` is the time of the server.
///
/// # Errors
/// [`Error::TooMany`] when there are more rows than one workbook has.
pub(crate) async fn answer(
    format: Format,
    name: &str,
    title: &str,
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    made_at: workflow::Millis,
) -> app::Result<Response> {
    if format != Format::Workbook {
        let heading: Vec<String> = columns.into_iter().map(|column| column.title).collect();
        let all: Vec<Vec<String>> = std::iter::once(heading).chain(rows).collect();
        return Ok(csv::answer(name, &all, format == Format::Cp932));
    }
    let title = title.to_owned();
    // Seconds of work for a long list.
    let written = tokio::task::spawn_blocking(move || {
        let made_at = made_at.div_euclid(1000) + WALL_SECONDS;
        workbook::write(&List { title: &title, columns: &columns, rows: &rows, made_at })
    });
    let bytes =
        written.await.map_err(|e| Error::Internal(format!("workbook: {e}")))?.map_err(
            |error| match error {
                workbook::WorkbookError::TooManyRows => {
                    Error::TooMany { limit: u32::try_from(workbook::ROWS_MAX).unwrap_or(u32::MAX) }
                }
                workbook::WorkbookError::Unwritable(_) => Error::Internal(format!("workbook: {error}")),
            },
        )?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let mut answer = ([(header::CONTENT_TYPE, kind)], bytes).into_response();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}.xlsx\""))
        .map_err(|e| Error::Internal(format!("workbook: {e}")))?;
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_their_format() {
        let query = |word: &str| vec![("format".to_owned(), word.to_owned())];
        assert_eq!(Format::of(&query("xlsx")), Some(Format::Workbook));
        assert_eq!(Format::of(&query("csv-cp932")), Some(Format::Cp932));
        assert_eq!(Format::of(&query("pdf")), None);
        assert_eq!(Format::of(&Vec::new()), None);
        assert_eq!(Format::hrefs("/a?b=c")[2], "/a?b=c&format=xlsx");
        assert_eq!(Format::hrefs("/a")[0], "/a?format=csv");
    }
}
