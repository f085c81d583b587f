//! What the page 条項の遵守状況 shows.

use askama::Template;

use super::{Chip, Choice, ClauseChip, Frame, PolicyBar};
use crate::{dates::When, words::Tone};

/// A mechanism as a statement names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MechanismChip {
    /// Its title.
    pub title: String,
    /// Whether this version has it.
    pub ships: bool,
}

impl MechanismChip {
    /// The chip of a mechanism.
    #[must_use]
    pub fn of(mechanism: policy::Mechanism) -> Self {
        Self { title: mechanism.title_ja().to_owned(), ships: mechanism.ships() }
    }
}

/// One part of the bar, and the way to its statements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoveragePart {
    /// The word and its tone.
    pub chip: Chip,
    /// The code of the status.
    pub status: String,
    /// How many statements.
    pub count: usize,
    /// Where it begins, in thousandths of the bar.
    pub start: usize,
    /// How long it is, in thousandths.
    pub length: usize,
    /// The page with only these.
    pub href: String,
    /// Whether only these are shown.
    pub chosen: bool,
}

/// A statement and how it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverageRowView {
    /// The statement.
    pub clause: ClauseChip,
    /// The text's number for it.
    pub label: String,
    /// 義務を負う者.
    pub roles: String,
    /// What the mechanisms make of it.
    pub status: Chip,
    /// What serves it.
    pub mechanisms: Vec<MechanismChip>,
    /// Values of it that are not what a guideline recommends.
    pub divergences: usize,
    /// When it last left evidence.
    pub last: Option<When>,
    /// That entry, or the statement's own page for those who may not see it.
    pub last_href: String,
    /// How many entries.
    pub evidence: u64,
}

/// A section of the policy with its statements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverageSection {
    /// Its number and title.
    pub title: String,
    /// Its statements.
    pub rows: Vec<CoverageRowView>,
}

/// A mechanism and how it does today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MechanismRowView {
    /// Its title.
    pub title: String,
    /// How it does.
    pub state: Chip,
    /// How many statements name it.
    pub statements: usize,
    /// How many entries of evidence it left.
    pub evidence: u64,
    /// When it last left one.
    pub last: Option<When>,
    /// That entry, for those who may see it.
    pub last_href: Option<String>,
}

/// A value that is not what a guideline recommends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DivergenceView {
    /// Title of the parameter.
    pub title: String,
    /// The body's value.
    pub value: String,
    /// What is recommended.
    pub wanted: String,
    /// The recommendation in words.
    pub recommendation: String,
    /// Why.
    pub reason: String,
    /// The name of the guideline.
    pub source: String,
}

/// 条項の遵守状況.
#[derive(Debug, Template)]
#[template(path = "coverage.html")]
pub struct CoveragePage {
    /// What surrounds it.
    pub frame: Frame,
    /// The pages of the policy.
    pub bar: PolicyBar,
    /// Title of the policy.
    pub policy: String,
    /// How many statements there are.
    pub total: usize,
    /// The bar.
    pub parts: Vec<CoveragePart>,
    /// The bar in words.
    pub in_words: String,
    /// Statuses to filter by.
    pub statuses: Vec<Choice>,
    /// Areas of the product to filter by.
    pub capabilities: Vec<Choice>,
    /// Roles to filter by.
    pub roles: Vec<Choice>,
    /// What was searched for.
    pub search: String,
    /// How many statements are shown.
    pub shown: usize,
    /// The sections.
    pub sections: Vec<CoverageSection>,
    /// The mechanisms.
    pub mechanisms: Vec<MechanismRowView>,
    /// Values that are not what a guideline recommends.
    pub divergences: Vec<DivergenceView>,
}

/// The tone of a status. A definition asks for nothing, so that it is neither good nor bad.
#[must_use]
pub fn tone(status: policy::CoverageStatus) -> Tone {
    use policy::CoverageStatus as S;
    match status {
        S::Kept => Tone::Good,
        S::Partly => Tone::Mixed,
        S::Planned => Tone::Wait,
        S::Defined => Tone::Plain,
        S::Unbound => Tone::Bad,
    }
}

/// The chip of a status.
#[must_use]
pub fn status_chip(status: policy::CoverageStatus) -> Chip {
    Chip { word: status.title_ja().to_owned(), tone: tone(status) }
}
