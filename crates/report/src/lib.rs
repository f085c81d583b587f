//! Print forms: a template, its data and fonts in, the bytes of a PDF out.
//!
//! Owns: the little world in which a template is compiled ([`Paper`]), what stands for a character that no font has, and the
//! standards that the PDF keeps to.
//! Leaves to others: which templates there are (`policy`), what they are given (`web`), the process (`sekisho-report`).
//!
//! A template sees what it is given, as `sys.inputs`, and nothing else: it opens no file, loads no package, and asks no clock. The
//! same template, data and day give the same bytes.

mod glyphs;
mod world;

use typst::diag::{SourceDiagnostic, Warned};
use typst::foundations::{Datetime, Dict, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandards, Timestamp};

pub use world::Fonts;

/// What is printed.
#[derive(Debug, Clone)]
pub struct Paper<'a> {
    /// The text of the template.
    pub template: &'a str,
    /// What it is given as `sys.inputs`.
    pub data: serde_json::Map<String, serde_json::Value>,
    /// The day on which it is printed: year, month, day.
    pub day: (i32, u8, u8),
}

/// How far a PDF keeps to the standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    /// PDF/A-2b and PDF/UA-1.
    ArchiveAccessible,
    /// PDF/A-2b only.
    Archive,
}

/// A line of the template and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The line, from 1; 0 when it belongs to none.
    pub line: u32,
    /// What the compiler says, with its hints.
    pub message: String,
}

/// A PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// Its bytes.
    pub pdf: Vec<u8>,
    /// Number of pages.
    pub pages: usize,
    /// What it keeps to.
    pub standard: Standard,
    /// Characters that no font has, each once; each was printed as [`GETA`].
    pub unprintable: Vec<char>,
    /// What the compiler warned of.
    pub warnings: Vec<Complaint>,
}

/// What is printed for a character that no font has, as printers have done since lead type.
pub const GETA: char = '〓';

/// The key under which a template learns which characters were printed as [`GETA`].
pub const UNPRINTABLE_KEY: &str = "unprintable";

/// Why nothing was printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// There is no such day.
    #[error("there is no such day")]
    Day,
    /// The template does not compile with this data.
    #[error("the template does not compile")]
    Template(Vec<Complaint>),
}

/// Prints.
///
/// # Errors
/// [`PrintError`].
pub fn print(paper: Paper<'_>, fonts: &Fonts) -> Result<Printed, PrintError> {
    let (year, month, day) = paper.day;
    let today = Datetime::from_ymd(year, month, day).ok_or(PrintError::Day)?;
    // A PDF has a moment, not a day.
    let moment = Datetime::from_ymd_hms(year, month, day, 0, 0, 0).ok_or(PrintError::Day)?;
    let (inputs, unprintable) = inputs(paper.data, fonts)?;
    let world = world::Desk::new(paper.template, inputs, today, fonts);
    let Warned { output, warnings } = typst::compile(&world);
    let document: PagedDocument =
        output.map_err(|errors| PrintError::Template(complaints(&errors, &world)))?;
    let pages = document.pages().len();
    // Twelve hours before UTC it would be another day, so the zone is said.
    let timestamp = Timestamp::new_local(moment, JAPAN_MINUTES);
    let mut options = PdfOptions {
        // Otherwise the library names itself and its version, and the bytes change with it for no reason.
        creator: Smart::Custom(Some("Sekisho".to_owned())),
        timestamp,
        ..PdfOptions::default()
    };
    let mut refused = Vec::new();
    for (standard, list) in [
        (Standard::ArchiveAccessible, &[typst_pdf::PdfStandard::A_2b, typst_pdf::PdfStandard::Ua_1][..]),
        (Standard::Archive, &[typst_pdf::PdfStandard::A_2b][..]),
    ] {
        options.standards = PdfStandards::new(list).map_err(|e| {
            PrintError::Template(vec![Complaint { line: 0, message: e.message().to_string() }])
        })?;
        match typst_pdf::pdf(&document, &options) {
            Ok(pdf) => {
                let mut all = complaints(&warnings, &world);
                all.append(&mut refused);
                return Ok(Printed { pdf, pages, standard, unprintable, warnings: all });
            }
            Err(errors) => refused = complaints(&errors, &world),
        }
    }
    Err(PrintError::Template(refused))
}

/// Japan's distance from UTC.
const JAPAN_MINUTES: i32 = 9 * 60;

/// What the template is given, without characters that no font has.
fn inputs(
    mut data: serde_json::Map<String, serde_json::Value>,
    fonts: &Fonts,
) -> Result<(Dict, Vec<char>), PrintError> {
    let mut missing = std::collections::BTreeSet::new();
    data.values_mut().for_each(|value| glyphs::replace_in(value, fonts, &mut missing));
    let named: Vec<serde_json::Value> =
        missing.iter().map(|c| serde_json::Value::String(format!("U+{:04X}", u32::from(*c)))).collect();
    data.insert(UNPRINTABLE_KEY.to_owned(), serde_json::Value::Array(named));
    let inputs = serde_json::from_value(serde_json::Value::Object(data))
        .map_err(|e| PrintError::Template(vec![Complaint { line: 0, message: e.to_string() }]))?;
    Ok((inputs, missing.into_iter().collect()))
}

fn complaints(diagnostics: &[SourceDiagnostic], world: &world::Desk<'_>) -> Vec<Complaint> {
    diagnostics
        .iter()
        .map(|d| {
            let hints: String = d.hints.iter().map(|hint| format!("; {}", hint.v)).collect();
            Complaint { line: world.line(d.span), message: format!("{}{hints}", d.message) }
        })
        .collect()
}

#[cfg(test)]
mod tests;
