//! Record classes (文書の保存区分): how long what the house keeps is kept.
//!
//! Owns: the class, and who looks after what ends.
//! Leaves to others: counting years (`workflow`), erasing (`app`).

use crate::problem::Origin;

/// The most years of a class.
pub const RECORD_YEARS_MAX: u32 = 100;

/// How long a record is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordClass {
    /// Id.
    pub id: String,
    /// Title, such as 5年保存.
    pub title: String,
    /// Years from the 1 April after the end; `None`: for ever.
    pub years: Option<u32>,
    /// What it is founded on.
    pub basis: String,
    /// Whether it is the class of whatever names none.
    pub is_usual: bool,
    /// Statements served.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// Who looks after records whose retention ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsOffice {
    /// The role that sees the list, holds records and proposes their destruction.
    pub manager: String,
    /// The role that decides it.
    pub decider: String,
    /// How many months before its end a record stands on the list.
    pub notice_months: u32,
}
