//! Finding the columns of a register in a sheet, by their headings.
//!
//! Owns: which row is the heading, what is said of headings that nobody knows or that are missing, and each line as what
//! somebody would have typed.
//! Leaves to others: what a cell means to its column (`cell`), what becomes of a line (the parent).

use std::collections::{BTreeMap, BTreeSet};

use policy::{Column, Register, RegisterScope, folded};
use worker_protocol::table::{Area, Row, Sheet, Value};

use super::cell::{CellNote, CellProblem, typed};
use super::{LINES_MAX, LineNote, LineProblem, NUMBER_TITLE};

/// The heading under which files name the section of a row.
pub const SECTION_TITLE: &str = "所属";

/// Headings that files written out have, and that nobody types.
const WRITTEN_OUT: [&str; 6] = ["分類待ち", "登録終了", "終了の理由", "終了日", "更新日", "版"];

/// How far down the heading is looked for: a title and a remark often stand above it.
const HEADING_ROW_MAX: usize = 20;

/// One heading of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Its column in the file, from 1.
    pub at: u32,
    /// What stands there.
    pub untrusted_title: String,
    /// The column of the register, by its id, if it is one that is read.
    pub column: Option<String>,
    /// Whether it was known.
    pub is_known: bool,
}

/// Why a sheet cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadingProblem {
    /// No row is the heading of this register.
    #[error("no row is a heading of this register")]
    None,
    /// The column that names rows is not there, so that it is another list.
    #[error("the column `{title}` is missing")]
    Missing {
        /// Its heading.
        title: String,
    },
    /// Two columns have the same heading.
    #[error("two columns are called `{title}`")]
    Twice {
        /// The heading.
        title: String,
        /// Both, from 1.
        at: (u32, u32),
    },
    /// A cell of the heading spans several columns, so that nobody knows what stands below.
    #[error("the heading `{title}` spans several columns")]
    Merged {
        /// The heading.
        title: String,
    },
    /// More lines than one plan has.
    #[error("more than {most} lines")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// Nothing stands below the heading.
    #[error("no lines below the heading")]
    Empty,
}

impl HeadingProblem {
    /// The word for the catalogue, the API and evidence.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            HeadingProblem::None => "none",
            HeadingProblem::Missing { .. } => "missing",
            HeadingProblem::Twice { .. } => "twice",
            HeadingProblem::Merged { .. } => "merged",
            HeadingProblem::TooMany { .. } => "too-many",
            HeadingProblem::Empty => "empty",
        }
    }
}

/// A sheet as it was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// The headings, from the left.
    pub headings: Vec<Heading>,
    /// The columns of the register that the file has, by id.
    pub columns: BTreeSet<String>,
    /// Columns that people fill and that the file does not have, by title: they stay as they are.
    pub absent: Vec<String>,
    /// Where the number of the row stands, from 1.
    pub number_at: Option<u32>,
    /// Where the section stands, from 1.
    pub section_at: Option<u32>,
    /// The lines that hold something.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub line: u32,
    /// The number of the row that it names.
    pub number: Option<i64>,
    /// Whether it names one that is none.
    pub number_is_wrong: bool,
    /// The section that it names.
    pub section: Option<String>,
    /// What stands in the columns, by id, as somebody would have typed it.
    pub typed: BTreeMap<String, String>,
    /// What cannot be taken.
    pub problems: Vec<LineProblem>,
    /// What is worth a look.
    pub notes: Vec<LineNote>,
}

/// What a column of the file is.
#[derive(Clone, Copy)]
enum Meaning<'r> {
    Number,
    Section,
    Column(&'r Column),
    /// Known, and not read: computed, or written out for people only.
    Passed,
}

/// Reads a sheet as lines of a register.
///
/// # Errors
/// Everything that keeps the sheet from being read at all.
pub fn lines(register: &Register, sheet: &Sheet) -> Result<Lines, Vec<HeadingProblem>> {
    lines_also_called(register, &[], sheet)
}

/// What else columns are called in tables: the column's id, and its other titles.
pub type OtherTitles<'t> = [(&'t str, &'t [&'t str])];

/// Reads a sheet whose headings may be other words for the columns.
///
/// # Errors
/// As [`lines`].
pub fn lines_also_called(
    register: &Register,
    others: &OtherTitles<'_>,
    sheet: &Sheet,
) -> Result<Lines, Vec<HeadingProblem>> {
    let Some(heading) = heading_row(register, others, sheet) else { return Err(vec![HeadingProblem::None]) };
    let mut problems = Vec::new();
    let mut out = Lines::default();
    let mut meanings: BTreeMap<u32, (String, Meaning<'_>)> = BTreeMap::new();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for cell in &heading.cells {
        let Value::Text(text) = &cell.value else { continue };
        let title = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let meaning = meaning(register, others, &title);
        if let Some(meaning) = meaning {
            // Two words for one column are one heading twice.
            let same = if let Meaning::Column(column) = meaning { key(&column.title) } else { key(&title) };
            if let Some(first) = seen.insert(same, cell.column) {
                problems.push(HeadingProblem::Twice { title: title.clone(), at: (first, cell.column) });
            }
            let spans = |area: &Area| {
                area.first_row <= heading.number
                    && heading.number <= area.last_row
                    && area.first_column == cell.column
                    && area.last_column > area.first_column
            };
            if sheet.merged.iter().any(spans) {
                problems.push(HeadingProblem::Merged { title: title.clone() });
            }
        }
        match meaning {
            Some(Meaning::Number) => out.number_at = Some(cell.column),
            Some(Meaning::Section) => out.section_at = Some(cell.column),
            Some(Meaning::Column(column)) => {
                out.columns.insert(column.id.clone());
            }
            Some(Meaning::Passed) | None => {}
        }
        out.headings.push(Heading {
            at: cell.column,
            untrusted_title: title.clone(),
            column: match meaning {
                Some(Meaning::Column(column)) => Some(column.id.clone()),
                _ => None,
            },
            is_known: meaning.is_some(),
        });
        meanings.insert(cell.column, (title, meaning.unwrap_or(Meaning::Passed)));
    }
    let typed_by_people = register.columns.iter().filter(|column| !column.is_computed());
    out.absent = typed_by_people.filter(|c| !out.columns.contains(&c.id)).map(|c| c.title.clone()).collect();
    if let Some(name) = register.name_column().filter(|c| !out.columns.contains(&c.id))
        && out.number_at.is_none()
    {
        problems.push(HeadingProblem::Missing { title: name.title.clone() });
    }
    let below: Vec<&Row> = sheet.rows.iter().filter(|row| row.number > heading.number).collect();
    if below.is_empty() {
        problems.push(HeadingProblem::Empty);
    }
    if below.len() > LINES_MAX {
        problems.push(HeadingProblem::TooMany { most: LINES_MAX });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let covering = Covering::new(&sheet.merged, heading.number);
    out.lines = below.into_iter().map(|row| line(register, row, &meanings, &covering)).collect();
    Ok(out)
}

/// The row, among the first ones, in which most headings are known; of equal ones the first.
fn heading_row<'s>(register: &Register, others: &OtherTitles<'_>, sheet: &'s Sheet) -> Option<&'s Row> {
    let known = |row: &Row| {
        let texts = row.cells.iter().filter_map(|cell| match &cell.value {
            Value::Text(text) => Some(text),
            _ => None,
        });
        texts.filter(|text| meaning(register, others, text).is_some()).count()
    };
    let mut best: Option<(&Row, usize)> = None;
    for row in sheet.rows.iter().take(HEADING_ROW_MAX) {
        let count = known(row);
        if count > best.map_or(0, |(_, count)| count) {
            best = Some((row, count));
        }
    }
    // One word of a line may be the title of a column by chance, unless the register has no more.
    let least = register.columns.len().min(2);
    best.filter(|(_, count)| *count >= least).map(|(row, _)| row)
}

/// A heading without what spellings of one word differ in: width, blanks, and the mark for what must be filled.
fn key(title: &str) -> String {
    let bare: String =
        title.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | '＊' | '※')).collect();
    folded(&bare)
}

fn meaning<'r>(register: &'r Register, others: &OtherTitles<'_>, title: &str) -> Option<Meaning<'r>> {
    let wanted = key(title);
    let is = |title: &str| key(title) == wanted;
    // A column of the register comes before what every file has: it may have the same title.
    if let Some(column) = register.columns.iter().find(|column| is(&column.title) || column.id == title) {
        return Some(if column.is_computed() { Meaning::Passed } else { Meaning::Column(column) });
    }
    let other = others.iter().find(|(_, titles)| titles.iter().any(|title| is(title)));
    if let Some(column) = other.and_then(|(id, _)| register.column(id)) {
        return Some(Meaning::Column(column));
    }
    if is(NUMBER_TITLE) {
        return Some(Meaning::Number);
    }
    if is(SECTION_TITLE) && register.scope == RegisterScope::Section {
        return Some(Meaning::Section);
    }
    WRITTEN_OUT.iter().any(|title| is(title)).then_some(Meaning::Passed)
}

/// Which cells belong to another one, by row, so that a long sheet with many areas is read in one go.
struct Covering {
    by_row: BTreeMap<u32, Vec<Area>>,
    /// Areas that span more rows than are worth being listed for each.
    tall: Vec<Area>,
}

impl Covering {
    const TALL_ROWS: u32 = 100;

    fn new(areas: &[Area], heading: u32) -> Self {
        let mut covering = Self { by_row: BTreeMap::new(), tall: Vec::new() };
        for area in areas.iter().filter(|area| area.last_row > heading) {
            if area.last_row - area.first_row >= Self::TALL_ROWS {
                covering.tall.push(*area);
                continue;
            }
            for row in area.first_row..=area.last_row {
                covering.by_row.entry(row).or_default().push(*area);
            }
        }
        covering
    }

    /// Whether somebody made one of this cell and others: then its value may be meant for all of them, or for one.
    fn is_part(&self, row: u32, column: u32) -> bool {
        let near = self.by_row.get(&row).into_iter().flatten();
        near.chain(&self.tall).any(|area| {
            (area.first_row..=area.last_row).contains(&row)
                && (area.first_column..=area.last_column).contains(&column)
        })
    }
}

fn line(
    register: &Register,
    row: &Row,
    meanings: &BTreeMap<u32, (String, Meaning<'_>)>,
    covering: &Covering,
) -> Line {
    let mut line = Line { line: row.number, ..Line::default() };
    let problem = |line: &mut Line, title: &str, at: u32, what: CellProblem| {
        line.problems.push(LineProblem { title: title.to_owned(), at: Some(at), what });
    };
    for (at, (title, meaning)) in meanings {
        if matches!(meaning, Meaning::Passed) {
            continue;
        }
        if covering.is_part(row.number, *at) {
            problem(&mut line, title, *at, CellProblem::Merged);
            continue;
        }
        let Some(cell) = row.cell(*at) else { continue };
        let column = if let Meaning::Column(column) = meaning { Some(*column) } else { None };
        let (text, notes) = match typed(column, cell) {
            Ok(read) => read,
            Err(what) => {
                problem(&mut line, title, *at, what);
                continue;
            }
        };
        line.notes.extend(notes.into_iter().map(|what| LineNote { title: title.clone(), at: *at, what }));
        match meaning {
            Meaning::Number => match register.number_typed(&text) {
                Some(number) => line.number = Some(number),
                None => {
                    line.number_is_wrong = true;
                    problem(&mut line, title, *at, CellProblem::NotANumberOfARow);
                }
            },
            Meaning::Section => line.section = Some(text),
            Meaning::Column(column) => {
                line.typed.insert(column.id.clone(), text);
            }
            Meaning::Passed => {}
        }
    }
    for cell in row.cells.iter().filter(|cell| !meanings.contains_key(&cell.column)) {
        problem(&mut line, "", cell.column, CellProblem::NoHeading);
    }
    if row.hidden {
        let at = row.cells.first().map_or(1, |cell| cell.column);
        line.notes.push(LineNote { title: String::new(), at, what: CellNote::HiddenRow });
    }
    line
}
