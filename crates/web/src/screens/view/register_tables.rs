//! What the pages of tables in and out of a register show: the upload, the plan, the labels.

use askama::Template;

use super::{FieldError, Frame};
use crate::screens::label::Qr;
use crate::words::Trouble;

/// The page where a table is handed in.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "register_import.html")]
pub struct RegisterImportPage {
    /// Around it.
    pub frame: Frame,
    /// The register's title.
    pub title: String,
    /// The list of the register.
    pub list_href: String,
    /// Where the form goes.
    pub action: String,
    /// The empty table to fill, as a workbook.
    pub template_href: String,
    /// The headings that people fill, with what each takes.
    pub columns: Vec<(String, String)>,
    /// The largest file, in words.
    pub file_max: String,
    /// What was typed.
    pub sheet: String,
    /// What was typed.
    pub reason: String,
    /// What can be put right at the form.
    pub errors: Vec<FieldError>,
    /// Why the file was not taken.
    pub trouble: Option<Trouble>,
    /// What is wrong with its headings.
    pub headings: Vec<String>,
}

/// A line of the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlannedLineView {
    /// Its number in the file.
    pub line: u32,
    /// What it is called.
    pub name: String,
    /// The number of the row that is changed.
    pub number: String,
    /// What is wrong: column, words.
    pub problems: Vec<(String, String)>,
    /// What is different: title, old, new.
    pub changes: Vec<(String, String, String)>,
    /// What to look at.
    pub notes: Vec<(String, String)>,
}

/// The plan before it is applied.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "register_plan.html")]
pub struct RegisterPlanPage {
    /// Around it.
    pub frame: Frame,
    /// The register's title.
    pub title: String,
    /// The list of the register.
    pub list_href: String,
    /// Back to the upload.
    pub again_href: String,
    /// The file.
    pub file: String,
    /// The sheet; empty for a file without sheets.
    pub sheet: String,
    /// Sheets that were not read.
    pub other_sheets: Vec<String>,
    /// Headings that were not read.
    pub unknown: Vec<String>,
    /// Columns that the file does not have.
    pub absent: Vec<String>,
    /// How many rows are added.
    pub adds: usize,
    /// How many rows are changed.
    pub changes: usize,
    /// How many rows say it already.
    pub same: usize,
    /// How many lines cannot be taken.
    pub refusals: usize,
    /// Lines that cannot be taken, the first of them.
    pub refused: Vec<PlannedLineView>,
    /// Rows that are changed, the first of them.
    pub changed: Vec<PlannedLineView>,
    /// Rows that are added, the first of them.
    pub added: Vec<PlannedLineView>,
    /// Most lines of each kind that are shown.
    pub shown_max: usize,
    /// Where the plan is applied, and the digest of what is shown; none when it cannot be.
    pub apply: Option<(String, String)>,
}

/// One label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelView {
    /// The number of the row.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub section: String,
    /// Its classes, the strictest first.
    pub classes: Vec<String>,
    /// The code of the number.
    pub qr: Option<Qr>,
}

/// A sheet of labels.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "register_labels.html")]
pub struct RegisterLabelsPage {
    /// Around it.
    pub frame: Frame,
    /// The register's title.
    pub title: String,
    /// The name of the body, as it stands on each label.
    pub body: String,
    /// The list of the register.
    pub list_href: String,
    /// The labels.
    pub labels: Vec<LabelView>,
    /// The next sheets.
    pub next_href: Option<String>,
}
