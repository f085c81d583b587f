//! What crosses the pipe to the cell that prints: one job in, one line of JSON and the bytes of a PDF out.
//!
//! Owns: the shapes, and a bound on every length.
//! Leaves to others: what a template is given (`web`), compiling it (`report`), the process (`sekisho-report`, `worker-client`).
//!
//! The job is JSON from the first byte of standard input to its end. The answer is one line of JSON, [`PrintAnswer`], and for
//! [`PrintAnswer::Printed`] exactly as many bytes as it says, with nothing behind them.

use serde::{Deserialize, Serialize};

/// The longest job in bytes: template and data together.
pub const PRINT_JOB_BYTES_MAX: u64 = 24 << 20;

/// The longest PDF in bytes.
pub const PRINTED_BYTES_MAX: u64 = 64 << 20;

/// The longest first line of an answer in bytes.
pub const PRINT_ANSWER_BYTES_MAX: u64 = 256 << 10;

/// Most problems that an answer names.
pub const PRINT_PROBLEMS_MAX: usize = 20;

/// Most characters without a glyph that an answer names.
pub const UNPRINTABLE_MAX: usize = 100;

/// Something to print.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrintJob {
    /// The text of the template.
    pub template: String,
    /// What the template is given: an object, or the job is refused.
    pub data: serde_json::Value,
    /// The day on which it is printed, `YYYY-MM-DD`: the only day that the template can ask for.
    pub day: String,
}

/// How far the PDF keeps to the standards for archives and for readers who do not see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PdfStandard {
    /// PDF/A-2b and PDF/UA-1.
    ArchiveAccessible,
    /// PDF/A-2b. The template lacks something that PDF/UA-1 asks for, such as a title.
    Archive,
}

/// One thing that is wrong with a template, in the words of the compiler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintProblem {
    /// The line, from 1; 0 when it belongs to none.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum PrintAnswer {
    /// The PDF follows.
    Printed {
        /// How many bytes follow.
        bytes: u64,
        /// Number of pages.
        pages: u32,
        /// Which standards it keeps to.
        standard: PdfStandard,
        /// Characters that no font has, each once; each was printed as 〓.
        unprintable: Vec<char>,
        /// What the compiler warned of.
        warnings: Vec<PrintProblem>,
    },
    /// The template does not compile with this data, or the data is no object.
    Refused {
        /// Why.
        problems: Vec<PrintProblem>,
    },
}
