//! A table that somebody sent, as a plan for a register: which rows it adds, changes, leaves as they are, and which of it cannot
//! be taken, all of it before anything is written.
//!
//! Owns: finding the columns by their headings (`sheet`), what a cell of a table means to a column (`cell`), which row of the
//! register a line is about, and that a line is judged as if it had been typed.
//! Leaves to others: reading the file (a cell does), reading rows and people of the house (`app`), the rules of a
//! definition ([`crate::register`]), and applying the plan.

mod cell;
mod sheet;

use std::collections::{BTreeMap, BTreeSet};

use policy::{Pack, Register, RegisterScope};

use crate::id::SectionId;
use crate::register::{self, Change, Facts, Linked, Problem, Row, RowKey, Value, Values};

pub use cell::{CellNote, CellProblem};
pub use sheet::{Heading, HeadingProblem, Line, Lines, OtherTitles, SECTION_TITLE, lines, lines_also_called};

/// The heading under which files name the number of a row.
pub const NUMBER_TITLE: &str = "番号";

/// Most lines of one plan.
pub const LINES_MAX: usize = 20_000;

/// What the plan is made from, besides the lines.
#[derive(Debug, Clone, Copy)]
pub struct PlanFacts<'a> {
    /// The pack in force.
    pub pack: &'a Pack,
    /// The definition.
    pub register: &'a Register,
    /// Who is meant by what was written into columns for persons.
    pub people: &'a BTreeMap<String, String>,
    /// The rows that lines name by number or by a unique value, ended ones too.
    pub rows: &'a BTreeMap<i64, Row>,
    /// Which row that has not ended has a value of a unique column: column, then the value's key.
    pub owners: &'a BTreeMap<(String, String), i64>,
    /// Every row that exists and that a link of a line leads to.
    pub linked: &'a BTreeMap<RowKey, Linked>,
    /// Link columns over which other rows take their values from a row: by that row's number.
    pub heirs: &'a BTreeMap<i64, Vec<String>>,
    /// The sections whose rows the person keeps; `None`: all.
    pub sections: Option<&'a BTreeSet<SectionId>>,
    /// The section of a new row of which the file says none.
    pub own_section: Option<&'a SectionId>,
    /// Whether the person may classify what waits.
    pub classifies: bool,
}

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A row is added.
    Add {
        /// The section it belongs to.
        section: Option<SectionId>,
        /// What it says.
        values: Values,
        /// Whether it waits for the manager.
        waits: bool,
    },
    /// A row is changed.
    Change {
        /// Its number.
        number: i64,
        /// The version that is changed.
        version: i64,
        /// The section it belongs to from then on.
        section: Option<SectionId>,
        /// What it says from then on.
        values: Values,
        /// Whether it waits for the manager.
        waits: bool,
        /// Old and new, column by column.
        changes: Vec<Change>,
    },
    /// The row says that already.
    Same {
        /// Its number.
        number: i64,
    },
    /// The line cannot be taken.
    Refused {
        /// Everything that is wrong with it.
        problems: Vec<LineProblem>,
    },
}

/// Something that is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    /// The column's heading; empty when it is about the whole line.
    pub title: String,
    /// The column in the table, from 1, where it has one.
    pub at: Option<u32>,
    /// What is wrong.
    pub what: CellProblem,
}

/// Something that somebody should look at, and that is taken all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineNote {
    /// The column's heading.
    pub title: String,
    /// The column in the table, from 1.
    pub at: u32,
    /// What.
    pub what: CellNote,
}

/// One line of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedLine {
    /// The number of the line in the file, from 1.
    pub line: u32,
    /// What it is called: the value of the column that names rows.
    pub name: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// What to look at.
    pub notes: Vec<LineNote>,
}

/// The plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Every line that holds something, in the order of the file.
    pub lines: Vec<PlannedLine>,
}

/// How many lines come to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that are added.
    pub added: usize,
    /// Rows that are changed.
    pub changed: usize,
    /// Rows that say it already.
    pub same: usize,
    /// Lines that cannot be taken.
    pub refused: usize,
}

impl Plan {
    /// How many lines come to what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for line in &self.lines {
            match line.outcome {
                Outcome::Add { .. } => counts.added += 1,
                Outcome::Change { .. } => counts.changed += 1,
                Outcome::Same { .. } => counts.same += 1,
                Outcome::Refused { .. } => counts.refused += 1,
            }
        }
        counts
    }

    /// Whether it may be applied: every line can be taken, and something is different.
    #[must_use]
    pub fn is_applicable(&self) -> bool {
        let counts = self.counts();
        counts.refused == 0 && counts.added + counts.changed > 0
    }
}

/// What the house has to look up before a plan can be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What was written into columns for persons.
    pub people: BTreeSet<String>,
    /// Numbers of rows of the register.
    pub numbers: BTreeSet<i64>,
    /// Values of unique columns: column, and the value's key.
    pub uniques: BTreeSet<(String, String)>,
    /// Rows that links lead to.
    pub linked: BTreeSet<RowKey>,
}

/// What has to be looked up for these lines. Which row a link column leads to does not depend on people, so one look is enough.
#[must_use]
pub fn wanted(pack: &Pack, register: &Register, lines: &Lines) -> Wanted {
    let nobody = BTreeMap::new();
    let mut wanted = Wanted::default();
    let of_persons: Vec<&str> = register
        .columns
        .iter()
        .filter(|column| column.kind == policy::ColumnType::Person)
        .map(|column| column.id.as_str())
        .collect();
    for line in &lines.lines {
        wanted.numbers.extend(line.number);
        let typed = of_persons.iter().filter_map(|id| line.typed.get(*id));
        wanted.people.extend(typed.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()));
        let read = register::read(pack, register, &nobody, &line.typed);
        wanted.linked.extend(register::reads(register, &read.values));
        wanted.uniques.extend(uniques(register, &read.values));
    }
    wanted
}

/// The values of unique columns, each by its key. Persons are not among them before they are known.
fn uniques<'a>(register: &'a Register, values: &'a Values) -> impl Iterator<Item = (String, String)> + 'a {
    let columns = register.columns.iter().filter(|column| column.unique);
    columns.filter_map(|column| {
        let key = values.get(&column.id)?.keys().into_iter().next()?;
        Some((column.id.clone(), key))
    })
}

/// Makes the plan. The same lines and the same facts always give the same plan.
#[must_use]
pub fn plan(facts: PlanFacts<'_>, lines: &Lines) -> Plan {
    let mut planner = Planner { facts, lines, numbers: BTreeMap::new(), taken: BTreeMap::new() };
    Plan { lines: lines.lines.iter().map(|line| planner.line(line)).collect() }
}

struct Planner<'a> {
    facts: PlanFacts<'a>,
    lines: &'a Lines,
    /// Rows that a line is about already, with that line.
    numbers: BTreeMap<i64, u32>,
    /// Values of unique columns that a line has already, with that line.
    taken: BTreeMap<(String, String), u32>,
}

impl<'a> Planner<'a> {
    fn line(&mut self, line: &Line) -> PlannedLine {
        let register = self.facts.register;
        let name = register.name_column().and_then(|column| line.typed.get(&column.id));
        let name = name.map(|name| name.trim().to_owned()).unwrap_or_default();
        let mut problems = line.problems.clone();
        let outcome = self.outcome(line, &mut problems);
        let outcome = match outcome {
            Some(outcome) if problems.is_empty() => outcome,
            _ => Outcome::Refused { problems },
        };
        PlannedLine { line: line.line, name, outcome, notes: line.notes.clone() }
    }

    fn outcome(&mut self, line: &Line, problems: &mut Vec<LineProblem>) -> Option<Outcome> {
        let PlanFacts { pack, register, people, .. } = self.facts;
        let read = register::read(pack, register, people, &line.typed);
        for problem in read.problems {
            problems.push(self.about(&problem.column, CellProblem::Column { problem: problem.problem }));
        }
        let before = self.row_of(line, &read.values, problems)?;
        if let Some(row) = before
            && let Some(first) = self.numbers.insert(row.key.number, line.line)
        {
            problems.push(self.whole(CellProblem::SameRow { line: first }));
        }
        for unique in uniques(register, &read.values) {
            if let Some(first) = self.taken.insert(unique.clone(), line.line) {
                problems.push(self.about(&unique.0, CellProblem::Twice { line: first }));
            }
        }
        let section = self.section(line, before, problems);
        // A column that the file does not have stays as it is; one that is there and empty is emptied.
        let mut typed = read.values;
        if let Some(row) = before {
            for (id, value) in row.values.iter().filter(|(id, _)| !self.lines.columns.contains(*id)) {
                typed.insert(id.clone(), value.clone());
            }
        }
        let taken: BTreeMap<String, i64> = uniques(register, &typed)
            .filter_map(|unique| Some((unique.0.clone(), *self.facts.owners.get(&unique)?)))
            .filter(|(_, owner)| before.is_none_or(|row| row.key.number != *owner))
            .collect();
        let none = Vec::new();
        let heirs = before.and_then(|row| self.facts.heirs.get(&row.key.number)).unwrap_or(&none);
        let judged = register::judge(
            Facts {
                pack,
                register,
                key: before.map(|row| &row.key),
                before: before.map(|row| &row.values),
                linked: self.facts.linked,
                taken: &taken,
                heirs,
                classifies: self.facts.classifies,
            },
            typed,
        );
        let values = match judged {
            Ok(values) => values,
            Err(found) => {
                // What could not be read is empty to the judge, which then says that it must be filled.
                let known: BTreeSet<String> = problems.iter().map(|p| p.title.clone()).collect();
                for problem in found {
                    let about = self.about(&problem.column, CellProblem::Column { problem: problem.problem });
                    let echoes = about.what == (CellProblem::Column { problem: Problem::Empty });
                    if !(echoes && known.contains(&about.title)) {
                        problems.push(about);
                    }
                }
                return None;
            }
        };
        let waits = register::waits(register, &values);
        let Some(row) = before else { return Some(Outcome::Add { section, values, waits }) };
        let mut changes = register::changes(&row.values, &values);
        if section != row.section {
            let said = |s: &Option<SectionId>| s.as_ref().map(|s| Value::Text(s.as_str().to_owned()));
            changes.push(Change {
                column: register::SECTION.to_owned(),
                old: said(&row.section),
                new: said(&section),
            });
        }
        let number = row.key.number;
        Some(match changes.is_empty() {
            true => Outcome::Same { number },
            false => Outcome::Change { number, version: row.version, section, values, waits, changes },
        })
    }

    /// The row that a line is about: by its number, or else by the first unique value that a row has. `Some(None)` is a new row.
    fn row_of(
        &self,
        line: &Line,
        values: &Values,
        problems: &mut Vec<LineProblem>,
    ) -> Option<Option<&'a Row>> {
        if line.number_is_wrong {
            return None;
        }
        let owner = || uniques(self.facts.register, values).find_map(|unique| self.facts.owners.get(&unique));
        let Some(number) = line.number.or_else(|| owner().copied()) else { return Some(None) };
        let rows: &'a BTreeMap<i64, Row> = self.facts.rows;
        let row = rows.get(&number).filter(|row| self.keeps(row.section.as_ref()));
        let about = |what| LineProblem { title: NUMBER_TITLE.to_owned(), at: self.lines.number_at, what };
        match row {
            Some(row) if row.end.is_some() => {
                problems.push(about(CellProblem::EndedRow));
                None
            }
            Some(row) => Some(Some(row)),
            None if line.number.is_none() => {
                // Another section's row has it. Which one is not said; that it is taken is.
                problems.push(self.whole(CellProblem::NotKept));
                None
            }
            None => {
                problems.push(about(CellProblem::NoRow));
                None
            }
        }
    }

    /// The section that the row belongs to once the line is taken.
    fn section(
        &self,
        line: &Line,
        before: Option<&Row>,
        problems: &mut Vec<LineProblem>,
    ) -> Option<SectionId> {
        if self.facts.register.scope != RegisterScope::Section {
            return None;
        }
        let about = |what| LineProblem { title: SECTION_TITLE.to_owned(), at: self.lines.section_at, what };
        let said = line.section.as_deref().map(str::trim).filter(|said| !said.is_empty());
        let section = match said {
            Some(said) => {
                let mut sections = self.facts.pack.sections().iter();
                let found = sections.find(|s| s.name == said || s.code == said || s.id == said);
                match found {
                    Some(section) => Some(SectionId::new(section.id.clone())),
                    None => {
                        problems.push(about(CellProblem::Column { problem: Problem::Unknown }));
                        return None;
                    }
                }
            }
            None => before.map_or(self.facts.own_section.cloned(), |row| row.section.clone()),
        };
        match &section {
            None => problems.push(about(CellProblem::Column { problem: Problem::Empty })),
            Some(section) if !self.keeps(Some(section)) => problems.push(about(CellProblem::NotKept)),
            Some(_) => {}
        }
        section
    }

    fn keeps(&self, section: Option<&SectionId>) -> bool {
        match (self.facts.sections, section) {
            (Some(kept), Some(section)) => kept.contains(section),
            _ => true,
        }
    }

    /// A problem of a column, by its id.
    fn about(&self, column: &str, what: CellProblem) -> LineProblem {
        let title = self.facts.register.column(column).map_or(column, |c| c.title.as_str()).to_owned();
        let at = self.lines.headings.iter().find(|h| h.column.as_deref() == Some(column)).map(|h| h.at);
        LineProblem { title, at, what }
    }

    fn whole(&self, what: CellProblem) -> LineProblem {
        LineProblem { title: String::new(), at: None, what }
    }
}
