//! Registers (台帳): typed tables of the body, as data.
//!
//! Owns: what a register and its columns are, and the questions that follow from a definition alone.
//! Leaves to others: rows and their changes (`workflow`), who sees and keeps them (`authz`), storage (`app`).

use super::mechanism::Mechanism;
use super::words::{Axis, ColumnType, Derivation, RegisterScope};
use crate::problem::Origin;

/// Most columns of one register.
pub const COLUMNS_MAX: usize = 60;

/// Longest text of a column, in characters, whatever the pack says.
pub const COLUMN_CHARS_MAX: u32 = 4_000;

/// A typed table with history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// Id.
    pub id: String,
    /// Title, such as 情報資産台帳.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What stands before the number of each row, such as `A-`.
    pub number: String,
    /// Whose rows it has: the body's, or each section its own.
    pub scope: RegisterScope,
    /// The role that keeps it: adds, changes and ends rows, and classifies what waits for it.
    pub manager: String,
    /// Roles that add, change and end rows besides.
    pub editors: Vec<String>,
    /// Who reads it besides those who keep it.
    pub readers: Readers,
    /// The zones at whose listeners it is seen and kept; empty: all that do not face the internet.
    pub zones: Vec<String>,
    /// The part of the software that this register is: its rows are evidence for the statements that name it.
    pub mechanism: Option<Mechanism>,
    /// The record class of its ended rows; absent: the usual one.
    pub record_class: Option<String>,
    /// Statements served.
    pub statements: Vec<String>,
    /// Statements served besides where a class of a row is left to the manager, or he gives it.
    pub statements_unknown: Vec<String>,
    /// Where it stands among registers, the smallest first.
    pub order: u32,
    /// At least one, in the order in which they are shown.
    pub columns: Vec<Column>,
    /// Where it was written.
    pub origin: Origin,
}

/// Who reads a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readers {
    /// Whoever has an account; of a register by section, the rows of his own.
    Everybody,
    /// Holders of these roles.
    Roles(Vec<String>),
}

/// A column of a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Id inside its register.
    pub id: String,
    /// Label.
    pub title: String,
    /// What it takes.
    pub kind: ColumnType,
    /// Whether it must be filled.
    pub required: bool,
    /// Values allowed when it is a choice.
    pub choices: Vec<String>,
    /// Longest text in characters.
    pub chars_max: u32,
    /// The least number.
    pub min: u64,
    /// The greatest number.
    pub max: u64,
    /// Of a level: which of the three; always there for that type.
    pub axis: Option<Axis>,
    /// Of a link: the register it leads to; always there for that type.
    pub to: Option<String>,
    /// Of a link: whether it may lead to several rows.
    pub many: bool,
    /// Whether lists can be narrowed by it.
    pub filter: bool,
    /// Whether no two rows that are in use have the same.
    pub unique: bool,
    /// Whether lists show it.
    pub shown_in_list: bool,
    /// Where its value comes from, when nobody types it.
    pub derived: Option<Derived>,
    /// Of a level: whether a row without one waits for the manager to classify it.
    pub unknown_to_manager: bool,
    /// Help under the label.
    pub help: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// Where the value of a column comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// How.
    pub how: Derivation,
    /// The link column over which other rows are looked at; always there but for [`Derivation::Handling`].
    pub over: Option<String>,
}

impl Register {
    /// The column with this id.
    #[must_use]
    pub fn column(&self, id: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.id == id)
    }

    /// The statements that something about it serves: with those about unknown classes, or without.
    #[must_use]
    pub fn statements_served(&self, unknown: bool) -> Vec<String> {
        let besides = if unknown { self.statements_unknown.as_slice() } else { &[] };
        self.statements.iter().chain(besides).cloned().collect()
    }

    /// The column whose value people call a row by: the first required line of text. A checked register has one.
    #[must_use]
    pub fn name_column(&self) -> Option<&Column> {
        self.columns.iter().find(|c| c.names_rows())
    }

    /// How people write the number of a row, such as `A-0012`.
    #[must_use]
    pub fn number_shown(&self, number: i64) -> String {
        format!("{}{number:04}", self.number)
    }

    /// The row's number in what somebody typed: with or without the prefix, zeros, and in full width.
    #[must_use]
    pub fn number_typed(&self, untrusted: &str) -> Option<i64> {
        let narrow: String = untrusted.trim().chars().map(narrow).collect();
        let digits = strip_prefix_of_any_case(&narrow, &self.number).unwrap_or(&narrow);
        let is_number = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| digits.parse().ok()).flatten().filter(|n| *n > 0)
    }

    /// Columns that take their value from other rows.
    pub fn derived_from_rows(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|c| c.derived.as_ref().is_some_and(|d| d.over.is_some()))
    }
}

impl Column {
    /// Whether people call a row by what stands here.
    #[must_use]
    pub fn names_rows(&self) -> bool {
        self.kind == ColumnType::Text && self.required && self.derived.is_none()
    }

    /// Whether nobody ever types it.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        // What is inherited is typed where there is nothing to inherit from.
        self.derived.as_ref().is_some_and(|d| d.how != Derivation::Inherited)
    }
}

impl Readers {
    /// The roles named, or none when everybody reads.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        match self {
            Readers::Everybody => &[],
            Readers::Roles(roles) => roles,
        }
    }
}

/// Offices type digits, letters and dashes in full width too.
fn narrow(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '‐' | '‑' | '–' | '—' | '―' | '−' | 'ー' => '-',
        other => other,
    }
}

fn strip_prefix_of_any_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    let rest = text.get(prefix.len()..)?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}
