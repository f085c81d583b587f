//! What the pages of 方針の取込み show.

use askama::Template;

use super::{Chip, Choice, FieldError, Frame, ProblemView};
use crate::{dates::When, words::Trouble};

/// The form that proposes a confirmed review as an edition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportProposal {
    /// Whether the person must prove himself with a second factor first.
    pub factor_needed: bool,
    /// The title of what runs.
    pub pack: String,
    /// The layer whose place the draft takes.
    pub replaces: String,
    /// The name of the new version, as typed.
    pub label: String,
    /// Why, as typed.
    pub note: String,
}

/// An import in the list and at the head of its pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportRow {
    /// Its page.
    pub href: String,
    /// The text's title.
    pub title: String,
    /// The name of the layer that it becomes.
    pub layer: String,
    /// The file's name.
    pub file: String,
    /// How the file was read.
    pub read_as: String,
    /// How far its review is.
    pub state: Chip,
    /// Statements that were decided, and all of them.
    pub decided: u32,
    /// All of them.
    pub statements: u32,
    /// When it was imported.
    pub at: When,
}

/// 方針の取込み: the list and the form.
#[derive(Debug, Template)]
#[template(path = "imports.html")]
pub struct ImportsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Imports, the newest first.
    pub rows: Vec<ImportRow>,
    /// The next page.
    pub next_href: Option<String>,
    /// Whether the form is shown.
    pub may_edit: bool,
    /// Whether it would be after a login with a second factor.
    pub factor_needed: bool,
    /// Packs to compare with.
    pub packs: Vec<Choice>,
    /// The name that was typed.
    pub layer: String,
    /// Largest file, in words.
    pub file_max: String,
    /// What was wrong with the file, in its three parts.
    pub trouble: Option<Trouble>,
    /// What was wrong with the form.
    pub errors: Vec<FieldError>,
}

/// A row of the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreeRow {
    /// How deep it stands, at most 8.
    pub depth: usize,
    /// Its page.
    pub href: String,
    /// Its number.
    pub label: String,
    /// Its heading or first words.
    pub title: String,
    /// Whether it is the one shown.
    pub current: bool,
    /// Undecided statements in it and below it.
    pub open: usize,
    /// Statements in it and below it.
    pub statements: usize,
}

/// A stretch of the source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceRun {
    /// Its characters as they were.
    pub text: String,
    /// Whether it belongs to the part shown.
    pub here: bool,
    /// The number of the statement that begins with it, as shown.
    pub begins: Option<usize>,
}

/// A statement of another pack that this one may equal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatchView {
    /// Its id.
    pub id: String,
    /// What it asks for.
    pub gist: String,
    /// The score in hundredths.
    pub score: u32,
    /// Whether the score is one that proposes it; lower ones are shown with a doubt.
    pub near: bool,
    /// Whether a person chose it.
    pub chosen: bool,
}

/// A statement under review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewedView {
    /// Its number in the draft.
    pub number: usize,
    /// Its sentence.
    pub text: String,
    /// What was decided.
    pub state: Chip,
    /// Why it was dropped.
    pub dropped: Option<String>,
    /// Who is obliged, in words.
    pub roles: String,
    /// Whether the roles are a guess.
    pub roles_unsure: bool,
    /// How strongly it binds, in words.
    pub modality: String,
    /// Roles to choose from.
    pub role_choices: Vec<Choice>,
    /// Modalities to choose from.
    pub modality_choices: Vec<Choice>,
    /// The nearest statements, best first.
    pub matches: Vec<MatchView>,
    /// The gist a person gave.
    pub gist: String,
    /// Values to settle, exceptions, references, conditions: name and words.
    pub facts: Vec<(String, String)>,
    /// Where it can be cut.
    pub cuts: Vec<Choice>,
    /// Whether the next statement stands in the same part.
    pub may_merge: bool,
    /// Whether it is one of those that were filtered for.
    pub wanted: bool,
}

impl ReviewedView {
    /// The number as people count.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.number + 1
    }

    /// Whether a person said what it equals.
    #[must_use]
    pub fn has_same(&self) -> bool {
        self.matches.iter().any(|m| m.chosen)
    }

    /// The best match, chosen or proposed.
    #[must_use]
    pub fn best(&self) -> Option<&MatchView> {
        self.matches.iter().find(|m| m.chosen).or(self.matches.first())
    }
}

/// The part that is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartView {
    /// Its number in the draft.
    pub number: usize,
    /// Its label.
    pub label: String,
    /// Its heading.
    pub title: String,
    /// The way to it: label and page.
    pub crumbs: Vec<(String, String)>,
    /// Whether it is the whole document, which cannot be moved or named.
    pub is_document: bool,
    /// Where a new part can begin.
    pub cuts: Vec<Choice>,
    /// Where it can be moved to.
    pub parents: Vec<Choice>,
    /// What is odd about it, and what people noted.
    pub notes: Vec<String>,
    /// The part before and behind it.
    pub before_href: Option<String>,
    /// Behind it.
    pub next_href: Option<String>,
}

/// A review.
#[derive(Debug, Template)]
#[template(path = "import.html")]
pub struct ImportPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The import.
    pub import: ImportRow,
    /// The version that the forms speak of.
    pub version: i64,
    /// Whether the forms are shown.
    pub may_edit: bool,
    /// Characters of the text, and those that have a place in the tree.
    pub chars: usize,
    /// Those that have a place.
    pub chars_accounted: usize,
    /// Characters that were lost before.
    pub damaged: u32,
    /// Whether the text speaks of other things than the security of information.
    pub other_rules: bool,
    /// Filters with their counts.
    pub filters: Vec<(Choice, usize)>,
    /// The filter chosen; empty for none.
    pub filter: String,
    /// The tree, or the parts that the filter leaves.
    pub tree: Vec<TreeRow>,
    /// Rows that are not shown.
    pub tree_more: usize,
    /// The part shown.
    pub part: PartView,
    /// The source around it.
    pub source: Vec<SourceRun>,
    /// Its statements.
    pub statements: Vec<ReviewedView>,
    /// Statements to name as equal: id and gist.
    pub known: Vec<(String, String)>,
    /// The next part with something to decide.
    pub next_open: Option<String>,
    /// The step that can be taken back: who, when, what.
    pub undo: Option<(String, When, String)>,
    /// What was wrong with a form.
    pub errors: Vec<FieldError>,
}

impl ImportPage {
    /// Undecided statements of the part shown.
    #[must_use]
    pub fn open_here(&self) -> usize {
        self.statements.iter().filter(|s| s.state.word == UNDECIDED).count()
    }
}

/// The word of a statement that nobody decided.
pub const UNDECIDED: &str = "未確認";

/// A step that somebody made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepView {
    /// Who.
    pub by: String,
    /// When.
    pub at: When,
    /// What.
    pub what: String,
}

/// Somebody else was faster.
#[derive(Debug, Template)]
#[template(path = "import_conflict.html")]
pub struct ImportConflictPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The import.
    pub import: ImportRow,
    /// What others did meanwhile.
    pub steps: Vec<StepView>,
    /// What this person wanted and was not done.
    pub wanted: String,
    /// Back to the part.
    pub back_href: String,
}

/// Open points of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PointsView {
    /// The heading.
    pub title: String,
    /// What to do.
    pub how: String,
    /// How many there are.
    pub count: usize,
    /// The first of them: page, label, words.
    pub rows: Vec<(String, String, String)>,
}

/// 書出しと残りの確認.
#[derive(Debug, Template)]
#[template(path = "import_out.html")]
pub struct ImportOutPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The import.
    pub import: ImportRow,
    /// The version that the forms speak of.
    pub version: i64,
    /// Whether the forms are shown.
    pub may_edit: bool,
    /// Whether everybody may still correct it.
    pub is_open: bool,
    /// The form that proposes it as an edition; absent until it is confirmed.
    pub proposing: Option<ImportProposal>,
    /// What is wrong with the text that was proposed.
    pub problems: Vec<ProblemView>,
    /// What is still open.
    pub points: Vec<PointsView>,
    /// The files: address and name.
    pub files: Vec<(String, String)>,
    /// The steps of the review, the newest first.
    pub steps: Vec<StepView>,
    /// Steps that are not shown.
    pub steps_more: usize,
    /// What was wrong with a form.
    pub errors: Vec<FieldError>,
}
