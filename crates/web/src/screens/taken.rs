//! Lists that somebody takes out: as a workbook or as CSV.
//!
//! Owns which formats there are, their names in addresses, what a list is before a format is chosen, and the answer with its headers.
//! Leaves how a workbook looks to `workbook`, and characters and quotes of CSV to [`super::csv`].

use app::{Error, actor::Actor};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use workbook::{Column, List};

use super::{Pairs, csv, one, view::Downloads};
use crate::site::Site;

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

    /// The addresses of a list, whose other parameters stand in `base`, in every format.
    pub(crate) fn hrefs(base: &str) -> Downloads {
        let mark = if base.contains('?') { '&' } else { '?' };
        let [csv, cp932, workbook] = Self::WORDS.map(|(word, _)| format!("{base}{mark}format={word}"));
        Downloads { csv, cp932, workbook }
    }
}

/// A list that somebody takes out, whatever the format.
pub(crate) struct Taken {
    /// The name of the file: ASCII, without an ending.
    pub(crate) name: String,
    /// Its title.
    pub(crate) title: String,
    /// Its columns.
    pub(crate) columns: Vec<Column>,
    /// Its rows.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Taken {
    pub(crate) fn new(
        name: impl Into<String>,
        title: impl Into<String>,
        columns: impl IntoIterator<Item = (&'static str, workbook::Kind)>,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            columns: columns.into_iter().map(|(title, kind)| Column::new(title, kind)).collect(),
            rows: rows.into_iter().collect(),
        }
    }
}

/// The answer where an address is that of a list as a file, a workbook unless it says otherwise.
pub(crate) async fn file(
    site: &Site,
    actor: &Actor,
    query: &Pairs,
    list: impl Future<Output = app::Result<Taken>>,
) -> Response {
    let format = Format::of(query).unwrap_or(Format::Workbook);
    let made = match list.await {
        Ok(list) => answer(format, list, site.app().now()).await,
        Err(error) => Err(error),
    };
    made.unwrap_or_else(|error| site.fail(Some(actor), &error))
}

/// The same where a page shows the list, and its address with a format takes it out; `None` where the page itself is asked for.
pub(crate) async fn file_if_asked(
    site: &Site,
    actor: &Actor,
    query: &Pairs,
    list: impl Future<Output = app::Result<Taken>>,
) -> Option<Response> {
    // What is not asked for is never read: a future does nothing by itself.
    Format::of(query)?;
    Some(file(site, actor, query, list).await)
}

/// The list as a file. `made_at` is the time of the server.
///
/// # Errors
/// [`Error::TooMany`] when there are more rows than one workbook has.
async fn answer(format: Format, list: Taken, made_at: workflow::Millis) -> app::Result<Response> {
    let Taken { name, title, columns, rows } = list;
    if format != Format::Workbook {
        let heading: Vec<String> = columns.into_iter().map(|column| column.title).collect();
        let all: Vec<Vec<String>> = std::iter::once(heading).chain(rows).collect();
        return Ok(csv::answer(&name, &all, format == Format::Cp932));
    }
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
        assert_eq!(Format::hrefs("/a?b=c").workbook, "/a?b=c&format=xlsx");
        assert_eq!(Format::hrefs("/a").csv, "/a?format=csv");
    }
}
