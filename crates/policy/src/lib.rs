//! A municipality's security policy as data.
//!
//! Owns: the meaning of a pack ([`Pack`] and the types around it), reading it from TOML text with the place of
//! every value, laying a municipality's folder over `base`, checking the whole, and answering the questions the
//! checkpoints ask ([`Pack::passage`], [`Pack::days`], [`Pack::served_by`]).
//! Leaves to others: reading folders (the binary hands in [`SourceFile`]s), what is done with an answer (`app`,
//! `workflow`), and who may act (`authz`).
//!
//! The road of a value has three types, one module each: what one folder wrote (`written`), the folders laid
//! over each other (`merged`), the checked pack (`model`, made by `resolve`). Everything on it knows the layer,
//! file and line it comes from ([`Origin`]), so that a problem, a screen or an auditor can point there.
//!
//! No I/O, no clock: a pack with `effective_from` in the future resolves like any other.

mod answers;
mod check;
mod coverage;
mod diff;
pub mod duties;
mod edition;
mod fields;
mod guideline;
pub mod import;
mod layers;
mod library;
mod material;
mod merged;
mod model;
pub mod oscal;
pub mod outline;
mod problem;
mod publication;
mod rebase;
mod resolve;
pub mod search;
mod settings;
pub mod setup;
mod show;
mod spelling;
mod toml_text;
mod values;
mod wareki;
mod written;

pub use answers::{Facts, ParameterError, Passage, Plan};
pub use coverage::{
    Binding, CoverageGroup, CoverageReport, CoverageTotals, CoveredPack, CoveredStatement, MechanismUse,
    Titled,
};
pub use diff::{
    DiffReport, DiffSide, DiffStatement, DutyChange, ItemChange, ItemDiff, KeyChange, RoleChange,
    StatementChange, StatementDiff, ValueChange, role_changes,
};
pub use edition::{EDITION_BYTES_MAX, EditionText, RefusedText};
pub use guideline::{Divergence, Guideline};
pub use library::Library;
pub use model::{
    Afterwards, Annotation, Answer, AnswerIs, Assurance, Attachments, Audience, Axis, COLUMN_CHARS_MAX,
    COLUMNS_MAX, CellAlign, CellSays, Channel, ChannelMode, Classifier, Clause, ClosedDay, ClosedDays,
    Column, ColumnType, Counterparty, CounterpartyAct, Course, CourseCount, CourseNumbers, CoursePage,
    CourseQuestion, CoverageStatus, DayCount, Department, Derivation, Derived, Document, DocumentKind,
    DueRule, DutyEach, DutyRows, DutyTrigger, DutyType, Effect, EffectAt, EffectKind, Escalation, Every,
    FormField, FormFieldType, Layer, Leads, Level, Maker, Mechanism, Modality, Municipality, Next,
    NoticeHours, NoticeKind, NoticeRule, Occurs, Outcome, Pack, PageBlock, Parameter, ParameterType,
    ParameterValue, Period, Permit, Post, PrintForm, PrintFormat, PrintLook, PrintOf, QUESTIONS_MAX,
    Question, RECORD_YEARS_MAX, Readers, RecordClass, RecordsOffice, Register, RegisterScope, Relation,
    RelationKind, RequestType, Retention, Revision, RevisionNeed, Role, Rule, RuleAction, SHEET_COLUMNS_MAX,
    SHEET_ROWS_MAX, Scope, ScopeItem, ScopeKind, Section, Setting, Sheet, SheetCell, Standing, Statement,
    StatementType, Step, Taken, Term, Treatment, Urgency, Zone, ZoneKind, is_mail_address,
};
pub use problem::{CheckReport, Code, DivergenceReport, Origin, Problem, Severity};
pub use publication::{
    Publication, PublicationRefusal, PublishedBody, PublishedClause, PublishedDocument, PublishedMaker,
    PublishedParameter, PublishedStatement, PublishedTerm,
};
pub use rebase::{layer_below, rebase};
pub use spelling::folded;
pub use values::{SetValue, VALUE_CHARS_MAX, ValueError};
pub use wareki::{ERAS, Era, day_typed, era_of, era_year, wareki};

/// One file of a policies folder, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path below the policies folder with `/` between its parts, such as `base/roles.toml`. The first part
    /// is the layer.
    pub path: String,
    /// The whole text. Files beyond [`FILE_BYTES_MAX`] are refused.
    pub text: String,
}

/// Whether a file is the template of a print form, which is text of its own and no TOML.
#[must_use]
pub fn is_template(path: &str) -> bool {
    path.ends_with(".typ")
}

/// The largest pack file in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// The most files of one layer.
pub const FOLDER_FILES_MAX: usize = 500;

/// The most files of all layers: a prefecture keeps the packs of its bodies in one folder.
pub const FILES_MAX: usize = 10_000;

/// The most bytes of all files together.
pub const FILES_BYTES_MAX: usize = 256 << 20;

/// The layer that is set beside every pack and compared with it, never part of one.
pub const GUIDELINE: &str = "guideline";

/// The most items of one kind in one pack.
pub const ITEMS_MAX: usize = 5_000;

/// The most problems that are collected; reading stops being useful long before.
pub const PROBLEMS_MAX: usize = 500;

/// The newest `format = …` this version reads.
pub const FORMAT: u64 = 1;

/// What resolving gives when nothing is wrong.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The pack.
    pub pack: Pack,
    /// What may be a slip and does not stop anybody; all of [`Severity::Warning`].
    pub warnings: Vec<Problem>,
    merged: merged::Merged,
}

impl Resolved {
    /// What stops the pack from being run although its text is right: parameters without which a checkpoint cannot
    /// work. All of [`Severity::Error`]; empty when it can be run.
    #[must_use]
    pub fn readiness(&self) -> Vec<Problem> {
        self.pack.readiness()
    }

    /// The warnings together with [`Resolved::readiness`], each thing told once, in the order of file and line.
    #[must_use]
    pub fn findings_before_running(&self) -> Vec<Problem> {
        let missing = self.readiness();
        let told = |w: &&Problem| {
            w.code != Code::ParameterUnset
                || !missing.iter().any(|m| (&m.file, m.line, m.column) == (&w.file, w.line, w.column))
        };
        let mut all: Vec<Problem> = self.warnings.iter().filter(told).chain(&missing).cloned().collect();
        all.sort_by(|a, b| (&a.file, a.line, a.column, a.code).cmp(&(&b.file, b.line, b.column, b.code)));
        all
    }

    /// The pack as one TOML text, with the file and line of each item and each overridden value as comments.
    /// Read again as a single layer it gives the same pack.
    #[must_use]
    pub fn show(&self) -> String {
        show::show(&self.pack, &self.merged)
    }
}

impl Pack {
    /// Reads the layer `id` and everything below it from `files`, lays the layers over each other and checks
    /// the whole. Of other folders only the guideline layer is read, and statements that relations point at. Whoever
    /// resolves several packs of one folder uses a [`Library`], which reads every file once.
    ///
    /// # Errors
    /// Every problem that was found, errors and warnings, in the order of file and line. At least one is an
    /// error.
    pub fn resolve(files: &[SourceFile], id: &str) -> Result<Resolved, Vec<Problem>> {
        Library::new(files).resolve(id)
    }
}
