//! What the comparison with another body's policy shows.

use askama::Template;

use super::{Chip, Choice, Frame, KeyView, PolicyBar};

/// Something that one of the two has, or both have otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BesideRow {
    /// `当方だけ`, `相手だけ` or `違う`.
    pub what: Chip,
    /// The text's number for it.
    pub label: String,
    /// What ours asks for; empty where it has no such thing.
    pub ours: String,
    /// What theirs asks for.
    pub theirs: String,
    /// Who is obliged.
    pub roles: String,
    /// What differs.
    pub keys: Vec<KeyView>,
}

/// Rows below one heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BesideGroup {
    /// The heading.
    pub title: String,
    /// The rows.
    pub rows: Vec<BesideRow>,
}

/// A comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// The other policy.
    pub title: String,
    /// Statements that are the same.
    pub same: usize,
    /// Statements that differ.
    pub differ: usize,
    /// Statements that only ours has.
    pub only_ours: usize,
    /// Statements that only theirs has.
    pub only_theirs: usize,
    /// Ours, chapter by chapter.
    pub chapters: Vec<BesideGroup>,
    /// What only theirs has, in their chapters.
    pub theirs: Vec<BesideGroup>,
    /// Values, zones and the rest, kind by kind.
    pub others: Vec<BesideGroup>,
}

impl Compared {
    /// Id, heading and groups of each part of the page.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, &'static str, &[BesideGroup]); 3] {
        [
            ("b2", "当方の章ごと", &self.chapters),
            ("b3", "相手だけにあるもの", &self.theirs),
            ("b4", "値・系・申請など", &self.others),
        ]
    }
}

/// 他団体との比較.
#[derive(Debug, Template)]
#[template(path = "beside.html")]
pub struct BesidePage {
    /// What surrounds it.
    pub frame: Frame,
    /// The pages of the policy.
    pub bar: PolicyBar,
    /// What runs.
    pub ours: String,
    /// What can be chosen to compare with.
    pub packs: Vec<Choice>,
    /// Roles that can be asked about.
    pub roles: Vec<Choice>,
    /// The comparison, once a pack is chosen.
    pub compared: Option<Compared>,
}
