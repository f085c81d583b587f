//! Print forms (様式): the port behind which they are printed.
//!
//! Owns: what is asked of a printer, and what came of it. Whoever prints was shown the thing before, by a use case that decided
//! about it; printing itself changes nothing.
//! Leaves to others: what a form is (`policy`), what it is given (`web`), the process (`worker-client`).

use async_trait::async_trait;
use worker_protocol::print::{PdfStandard, PrintJob, PrintProblem};

use crate::App;

/// A PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedPdf {
    /// Its bytes. They come from a cell, and are handed on to a browser as a file.
    pub pdf: Vec<u8>,
    /// Number of pages.
    pub pages: u32,
    /// What it keeps to.
    pub standard: PdfStandard,
    /// Characters that no font has, each printed as 〓.
    pub unprintable: Vec<char>,
    /// What the compiler warned of.
    pub warnings: Vec<PrintProblem>,
}

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PrintFailure {
    /// The program that prints, or the fonts, are not installed.
    #[error("print forms are not installed")]
    NotInstalled,
    /// More than one job holds.
    #[error("too much for one file")]
    TooLarge,
    /// The template does not compile with what it was given.
    #[error("the template does not compile: {}", first(.0))]
    Template(Vec<PrintProblem>),
    /// It took too long, or more memory than it may have.
    #[error("the form took too long")]
    TooLong,
    /// The program died, or broke the protocol.
    #[error("the program that prints failed: {0}")]
    Failed(String),
}

fn first(problems: &[PrintProblem]) -> String {
    problems.first().map_or_else(String::new, |p| format!("line {}: {}", p.line, p.message))
}

/// What prints: template and data in, PDF out.
#[async_trait]
pub trait Printer: Send + Sync {
    /// Whether anything can be printed now. What is missing may be installed while the house is open.
    fn is_installed(&self) -> bool;

    /// Prints one job. Dropping the future ends the cell.
    async fn print(&self, job: &PrintJob) -> Result<PrintedPdf, PrintFailure>;
}

impl App {
    /// Whether forms can be printed here now.
    #[must_use]
    pub fn prints(&self) -> bool {
        self.house.ports.printer.as_ref().is_some_and(|printer| printer.is_installed())
    }

    /// Prints what its caller was shown by another use case.
    ///
    /// # Errors
    /// [`PrintFailure`].
    pub async fn print(&self, job: &PrintJob) -> Result<PrintedPdf, PrintFailure> {
        match &self.house.ports.printer {
            Some(printer) if printer.is_installed() => printer.print(job).await,
            _ => Err(PrintFailure::NotInstalled),
        }
    }
}
