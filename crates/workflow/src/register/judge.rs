//! Whether values may stand in a row.
//!
//! Owns: every rule of a definition, told by column, all at once. Leaves reading what was typed to `read`, and where derived
//! values come from to `derive`.

use std::collections::BTreeMap;

use policy::{Column, ColumnType, Derivation, Pack, Register};

use super::{ROW_BYTES_MAX, Row, RowKey, Value, Values, derive::derive};

/// What is wrong with a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It must be filled.
    Empty,
    /// More characters than the column takes.
    TooLong {
        /// How many it takes.
        most: u32,
    },
    /// Characters that are not allowed, or none of the choices.
    NotAllowed,
    /// No whole number.
    NotANumber,
    /// Outside of the column's bounds.
    OutOfBounds {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// No day of the calendar.
    NoDate,
    /// Neither yes nor no.
    NotAFlag,
    /// No such level, person, section, zone, or row.
    Unknown,
    /// Not the number of a row.
    NotARow,
    /// More rows than the link may lead to.
    TooMany {
        /// How many it may.
        most: usize,
    },
    /// The linked row has ended.
    Ended,
    /// The row itself.
    Itself,
    /// The linked row takes its own values from another: that one is meant.
    CopyOfCopy,
    /// Other rows take their values from this one, so it cannot take them from another.
    HasCopies,
    /// Another row has it.
    Taken {
        /// That row's number.
        by: i64,
    },
    /// Another line of the same plan has it.
    Twice {
        /// That line, from 1.
        line: usize,
    },
    /// It waits for the manager, who alone classifies it.
    ManagerClassifies,
    /// All values together are more than a row holds.
    RowTooLong,
    /// The register has no such column.
    NoColumn,
}

impl Problem {
    /// The word for the catalogue, the API and evidence.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Problem::Empty => "empty",
            Problem::TooLong { .. } => "too-long",
            Problem::NotAllowed => "not-allowed",
            Problem::NotANumber => "not-a-number",
            Problem::OutOfBounds { .. } => "out-of-bounds",
            Problem::NoDate => "no-date",
            Problem::NotAFlag => "not-a-flag",
            Problem::Unknown => "unknown",
            Problem::NotARow => "not-a-row",
            Problem::TooMany { .. } => "too-many-rows",
            Problem::Ended => "ended-row",
            Problem::Itself => "itself",
            Problem::CopyOfCopy => "copy-of-copy",
            Problem::HasCopies => "has-copies",
            Problem::Taken { .. } => "taken-by-row",
            Problem::Twice { .. } => "twice-in-plan",
            Problem::ManagerClassifies => "manager-classifies",
            Problem::RowTooLong => "row-too-long",
            Problem::NoColumn => "no-column",
        }
    }

    /// The smallest and largest number allowed, where that is what is wrong.
    #[must_use]
    pub fn bounds(&self) -> Option<(u64, u64)> {
        match self {
            Problem::OutOfBounds { min, max } => Some((*min, *max)),
            Problem::TooLong { most } => Some((0, u64::from(*most))),
            Problem::TooMany { most } => Some((0, u64::try_from(*most).unwrap_or(u64::MAX))),
            _ => None,
        }
    }
}

/// A column and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnProblem {
    /// The column's id.
    pub column: String,
    /// What is wrong.
    pub problem: Problem,
}

/// A row that a link leads to, as far as a judgement needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// What it says.
    pub values: Values,
    /// Whether it has ended.
    pub ended: bool,
}

impl From<&Row> for Linked {
    fn from(row: &Row) -> Self {
        Self { values: row.values.clone(), ended: row.end.is_some() }
    }
}

/// What a judgement needs to know besides the values.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The pack in force.
    pub pack: &'a Pack,
    /// The definition.
    pub register: &'a Register,
    /// The row's own key; `None` while it has no number.
    pub key: Option<&'a RowKey>,
    /// What it says now; `None` for a new row.
    pub before: Option<&'a Values>,
    /// Every row that its links lead to and that exists; see [`reads`].
    pub linked: &'a BTreeMap<RowKey, Linked>,
    /// Columns whose value must be unique and is that of another row that has not ended: the number of that row.
    pub taken: &'a BTreeMap<String, i64>,
    /// Link columns of its own register over which another row takes its values from this one.
    pub heirs: &'a [String],
    /// Whether whoever changes it may classify what waits.
    pub classifies: bool,
}

/// The rows that must be read before these values can be judged.
pub fn reads<'a>(register: &'a Register, values: &'a Values) -> impl Iterator<Item = RowKey> + 'a {
    let links = register.columns.iter().filter(|c| c.kind == ColumnType::Link);
    links.flat_map(|c| {
        let rows = values.get(&c.id).map_or(&[][..], Value::rows);
        let to = c.to.as_deref().unwrap_or_default();
        rows.iter().map(move |number| RowKey::new(to, *number))
    })
}

/// The typed values with everything that is derived, if they may stand in the row. `typed` are all columns that people fill: what
/// is not in it is empty.
///
/// # Errors
/// Everything that is wrong, in the order of the columns.
pub fn judge(facts: Facts<'_>, typed: Values) -> Result<Values, Vec<ColumnProblem>> {
    let Facts { pack, register, linked, .. } = facts;
    let typed: Values =
        typed.into_iter().filter(|(id, _)| register.column(id).is_some_and(|c| !c.is_computed())).collect();
    let mut problems = Vec::new();
    for column in &register.columns {
        for problem in column_problems(facts, column, &typed) {
            problems.push(ColumnProblem { column: column.id.clone(), problem });
        }
    }
    let judged = derive(pack, register, typed, linked);
    // Numbers, flags and texts only: writing them cannot fail.
    if serde_json::to_string(&judged).map_or(usize::MAX, |text| text.len()) > ROW_BYTES_MAX {
        let longest = register.name_column().map_or_else(String::new, |c| c.id.clone());
        problems.push(ColumnProblem { column: longest, problem: Problem::RowTooLong });
    }
    if problems.is_empty() { Ok(judged) } else { Err(problems) }
}

/// What of a row's values may not stand in it by the rules as they are now: a choice that is no longer offered, a value of
/// another type, a column that is gone, one that must be filled by now. What ended after it was linked stays linked.
#[must_use]
pub fn breaks(
    pack: &Pack,
    register: &Register,
    key: &RowKey,
    values: &Values,
    linked: &BTreeMap<RowKey, Linked>,
) -> Vec<ColumnProblem> {
    let is_choice = |id: &str| register.column(id).is_some_and(|c| c.kind == ColumnType::Choice);
    let before: Values = values
        .iter()
        .filter(|(id, _)| !is_choice(id))
        .map(|(id, value)| (id.clone(), value.clone()))
        .collect();
    let facts = Facts {
        pack,
        register,
        key: Some(key),
        before: Some(&before),
        linked,
        taken: &BTreeMap::new(),
        heirs: &[],
        classifies: true,
    };
    let mut found = judge(facts, values.clone()).err().unwrap_or_default();
    let gone = values.keys().filter(|id| register.column(id).is_none());
    found.extend(gone.map(|id| ColumnProblem { column: id.clone(), problem: Problem::Unknown }));
    found
}

fn column_problems(facts: Facts<'_>, column: &Column, typed: &Values) -> Vec<Problem> {
    let mut found = Vec::new();
    let value = typed.get(&column.id);
    let inherits = inherits(column, typed);
    if column.required && value.is_none() && !inherits {
        found.push(Problem::Empty);
    }
    let was_waiting = facts.before.is_some_and(|before| {
        column.unknown_to_manager && !self::inherits(column, before) && !before.contains_key(&column.id)
    });
    if was_waiting && value.is_some() && !inherits && !facts.classifies {
        found.push(Problem::ManagerClassifies);
    }
    let Some(value) = value else { return found };
    match (column.kind, value) {
        (ColumnType::Text | ColumnType::LongText, Value::Text(text)) => {
            if text.chars().count() > usize::try_from(column.chars_max).unwrap_or(usize::MAX) {
                found.push(Problem::TooLong { most: column.chars_max });
            }
        }
        (ColumnType::Number, Value::Number(number)) => {
            if !(column.min..=column.max).contains(number) {
                found.push(Problem::OutOfBounds { min: column.min, max: column.max });
            }
        }
        (ColumnType::Link, Value::Rows(rows)) => found.extend(link_problems(facts, column, rows)),
        (ColumnType::Choice, Value::Text(choice)) => {
            // What was chosen before the pack changed may stay until somebody chooses again.
            let stays = facts.before.and_then(|b| b.get(&column.id)) == Some(value);
            if !stays && !column.choices.contains(choice) {
                found.push(Problem::NotAllowed);
            }
        }
        (ColumnType::Level, Value::Text(id)) => {
            if facts.pack.level(id).is_none_or(|l| Some(l.axis) != column.axis) {
                found.push(Problem::Unknown);
            }
        }
        (ColumnType::Flag, Value::Flag(_)) => {}
        (ColumnType::Date | ColumnType::Person | ColumnType::Section | ColumnType::Zone, Value::Text(_)) => {}
        // A value that the column cannot have: its type was changed by the pack, or a caller is wrong.
        _ => found.push(Problem::NotAllowed),
    }
    if let Some(by) = facts.taken.get(&column.id).filter(|_| column.unique) {
        found.push(Problem::Taken { by: *by });
    }
    found
}

/// Whether the column takes its value from another row, because its link is filled.
pub(super) fn inherits(column: &Column, values: &Values) -> bool {
    let Some(derived) = column.derived.as_ref().filter(|d| d.how == Derivation::Inherited) else {
        return false;
    };
    derived.over.as_ref().is_some_and(|over| values.contains_key(over))
}

fn link_problems(facts: Facts<'_>, column: &Column, rows: &[i64]) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut add = |problem: Problem| {
        if !found.contains(&problem) {
            found.push(problem);
        }
    };
    let most = if column.many { super::LINKS_MAX } else { 1 };
    if rows.len() > most {
        add(Problem::TooMany { most });
    }
    let to = column.to.as_deref().unwrap_or_default();
    let inside = to == facts.register.id;
    // Over such a link rows inherit inside one register.
    let copies = inside
        && facts.register.derived_from_rows().any(|c| {
            c.derived.as_ref().is_some_and(|d| {
                d.how == Derivation::Inherited && d.over.as_deref() == Some(column.id.as_str())
            })
        });
    let before = facts.before.and_then(|b| b.get(&column.id)).map_or(&[][..], Value::rows);
    for number in rows {
        let key = RowKey::new(to, *number);
        if facts.key == Some(&key) {
            add(Problem::Itself);
            continue;
        }
        match facts.linked.get(&key) {
            None => add(Problem::Unknown),
            // What ended after it was linked stays linked: the row tells what was.
            Some(linked) if linked.ended && !before.contains(number) => add(Problem::Ended),
            Some(linked) if copies && linked.values.contains_key(&column.id) => add(Problem::CopyOfCopy),
            Some(_) => {}
        }
    }
    if copies && facts.heirs.contains(&column.id) {
        add(Problem::HasCopies);
    }
    found
}
