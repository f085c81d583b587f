//! A row of a register (台帳): typed values under a number, with every change that was ever made to them.
//!
//! Owns: what a row is, what a change of one needs, what is derived from levels and linked rows, and what a change says of
//! old and new. Each command checks everything first and tells all that is wrong at once; a refused one leaves the row as it was.
//! Leaves to others: which registers and columns there are (`policy`), who may keep them (`authz`), reading the rows that a
//! link leads to (`app`), time, storage, evidence.

mod derive;
mod judge;
mod read;
mod value;

use serde::{Deserialize, Serialize};

use crate::{
    Millis,
    id::{RequestId, SectionId, UserId},
};

pub use derive::{derive, handling, waits};
pub use judge::{ColumnProblem, Facts, Linked, Problem, breaks, judge, reads};
pub use read::{Reading, read};
pub use value::{Value, Values, words};

/// Most rows that one link column of a row leads to.
pub const LINKS_MAX: usize = 200;
/// Most bytes of the values of one row, as JSON.
pub const ROW_BYTES_MAX: usize = 32 << 10;
/// Most rows of one register.
pub const ROWS_MAX: i64 = 200_000;
/// Most rows that take a value from a row that changes.
pub const FOLLOWERS_MAX: usize = 1_000;
/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 400;

/// Which row: a register and the number in it. Numbers are never used again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowKey {
    /// Id of the register.
    pub register: String,
    /// Number of the row in it, from 1.
    pub number: i64,
}

impl RowKey {
    /// The row with this number.
    #[must_use]
    pub fn new(register: impl Into<String>, number: i64) -> Self {
        Self { register: register.into(), number }
    }
}

impl std::fmt::Display for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.register, self.number)
    }
}

/// Why and when a row ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The day, `YYYY-MM-DD`.
    pub on: String,
    /// Why.
    pub reason: String,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub key: RowKey,
    /// The section it belongs to; `None` in a register of the whole body.
    pub section: Option<SectionId>,
    /// What it says, derived values too.
    pub values: Values,
    /// Whether it waits for the manager to classify it.
    pub waits: bool,
    /// When and why it ended.
    pub end: Option<End>,
    /// When it was added.
    pub created_at: Millis,
    /// When it was last changed.
    pub changed_at: Millis,
    /// Rises by one with each change; the first is 1.
    pub version: i64,
}

/// What led to a change of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Cause {
    /// Somebody added it.
    Added,
    /// Somebody changed it.
    Changed,
    /// Somebody ended it.
    Ended,
    /// A row from which it takes a value changed.
    Followed {
        /// That row.
        row: RowKey,
    },
    /// A plan was applied, such as an import.
    Planned {
        /// The plan's digest.
        digest: String,
    },
    /// A request was approved, or what it permitted was given back; the entry names it.
    Requested,
    /// The rules of the register changed, and what nobody types was found anew.
    Rederived {
        /// The version of the policy that changed them.
        pack: String,
    },
}

impl Cause {
    /// The word in storage and for programs.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Cause::Added => "added",
            Cause::Changed => "changed",
            Cause::Ended => "ended",
            Cause::Followed { .. } => "followed",
            Cause::Planned { .. } => "planned",
            Cause::Requested => "requested",
            Cause::Rederived { .. } => "rederived",
        }
    }
}

/// One column of a change: what was there and what is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The column's id; [`SECTION`] and [`END`] for what every row has.
    pub column: String,
    /// What was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// What is there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// The name under which a change of the section is told. No column has it: ids of columns begin with a letter.
pub const SECTION: &str = "@section";
/// The name under which the day of the end is told.
pub const END: &str = "@end";

/// One entry of a row's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The row.
    pub key: RowKey,
    /// The version that it made.
    pub version: i64,
    /// When.
    pub at: Millis,
    /// Who; `None`: the system itself.
    pub by: Option<UserId>,
    /// What led to it.
    pub cause: Cause,
    /// The request that asked for it, if one did.
    pub request: Option<RequestId>,
    /// Why, if it was said.
    pub reason: String,
    /// What is different.
    pub changes: Vec<Change>,
}

/// Why a row is not changed. Answers, not failures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has ended.
    #[error("the row has ended")]
    Ended,
    /// It was changed since it was looked at.
    #[error("the row is at version {now}, not {seen}")]
    Stale {
        /// What the person saw.
        seen: i64,
        /// What there is.
        now: i64,
    },
    /// Nothing is different.
    #[error("nothing is different")]
    Same,
    /// The reason is absent or too long.
    #[error("a reason is needed")]
    Reason,
    /// Columns that cannot be taken; all of them.
    #[error("{} columns cannot be taken", .0.len())]
    Columns(Vec<ColumnProblem>),
}

/// What is different between two sets of values, in the order of the columns' ids.
#[must_use]
pub fn changes(before: &Values, after: &Values) -> Vec<Change> {
    let columns: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    columns
        .into_iter()
        .filter(|c| before.get(*c) != after.get(*c))
        .map(|c| Change { column: c.clone(), old: before.get(c).cloned(), new: after.get(c).cloned() })
        .collect()
}

/// The values as they were before these changes: what a reader of an older version saw.
#[must_use]
pub fn undone(mut values: Values, changes: &[Change]) -> Values {
    for change in changes {
        match &change.old {
            Some(old) => values.insert(change.column.clone(), old.clone()),
            None => values.remove(&change.column),
        };
    }
    values
}

fn text(words: &str) -> Value {
    Value::Text(words.to_owned())
}

impl Row {
    /// A new row with values that [`judge`] gave, and what its history begins with.
    #[must_use]
    pub fn add(
        key: RowKey,
        section: Option<SectionId>,
        judged: Values,
        waits: bool,
        now: Millis,
    ) -> (Self, Vec<Change>) {
        let mut told = changes(&Values::new(), &judged);
        if let Some(section) = &section {
            told.push(Change { column: SECTION.to_owned(), old: None, new: Some(text(section.as_str())) });
        }
        let row = Self {
            key,
            section,
            values: judged,
            waits,
            end: None,
            created_at: now,
            changed_at: now,
            version: 1,
        };
        (row, told)
    }

    /// Refuses unless the row is still what the person saw, and has not ended.
    ///
    /// # Errors
    /// [`Refusal::Ended`], [`Refusal::Stale`].
    pub fn must_be(&self, seen: i64) -> Result<(), Refusal> {
        if self.end.is_some() {
            Err(Refusal::Ended)
        } else if self.version != seen {
            Err(Refusal::Stale { seen, now: self.version })
        } else {
            Ok(())
        }
    }

    /// Takes values that [`judge`] gave, and the section. What is different.
    ///
    /// # Errors
    /// [`Refusal::Ended`], [`Refusal::Same`].
    pub fn change(
        &mut self,
        section: Option<SectionId>,
        judged: Values,
        waits: bool,
        now: Millis,
    ) -> Result<Vec<Change>, Refusal> {
        if self.end.is_some() {
            return Err(Refusal::Ended);
        }
        let mut told = changes(&self.values, &judged);
        if section != self.section {
            let said = |s: &Option<SectionId>| s.as_ref().map(|s| text(s.as_str()));
            told.push(Change { column: SECTION.to_owned(), old: said(&self.section), new: said(&section) });
        }
        if told.is_empty() {
            return Err(Refusal::Same);
        }
        (self.section, self.values, self.waits) = (section, judged, waits);
        self.changed_at = now;
        self.version += 1;
        Ok(told)
    }

    /// Ends the row on a day, for a reason. What is different.
    ///
    /// # Errors
    /// [`Refusal::Ended`], [`Refusal::Reason`].
    pub fn end(&mut self, on: &str, reason: &str, now: Millis) -> Result<Vec<Change>, Refusal> {
        if self.end.is_some() {
            return Err(Refusal::Ended);
        }
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
            return Err(Refusal::Reason);
        }
        self.end = Some(End { on: on.to_owned(), reason: reason.to_owned() });
        self.waits = false;
        self.changed_at = now;
        self.version += 1;
        Ok(vec![Change { column: END.to_owned(), old: None, new: Some(text(on)) }])
    }
}
