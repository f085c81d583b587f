//! The whole body on the first screen of those who answer for it.

use super::Chip;
use crate::dates::When;

/// A number with the page behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fact {
    /// What is counted.
    pub label: String,
    /// The number.
    pub count: String,
    /// Whether somebody should act.
    pub act: bool,
    /// The page behind it.
    pub href: String,
}

/// Overdue tasks of a section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OverdueBar {
    /// The section.
    pub name: String,
    /// How many.
    pub count: u32,
    /// Of the longest bar, in thousandths.
    pub length: u64,
}

/// The whole body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OverviewView {
    /// Numbers.
    pub facts: Vec<Fact>,
    /// Overdue tasks by section, the most first.
    pub overdue: Vec<OverdueBar>,
    /// Those of all other sections together.
    pub overdue_rest: u32,
    /// Whether there are more than were counted.
    pub overdue_more: bool,
    /// Exceptions in force: the page, what, until when.
    pub exceptions: Vec<(String, String, Option<When>)>,
    /// Editions on their way: the page, the version, the stage.
    pub editions: Vec<(String, String, Chip)>,
}
