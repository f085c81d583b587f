//! What somebody typed into the columns of a row, as values.
//!
//! Owns: which spellings each type of column takes. Forms, the API and files come in through it, so that a day, a class or a
//! number of a row is written the same way everywhere.
//! Leaves to others: whether the values may stand in the row (`judge`), and who a person is (`app`, which looks the names up).

use std::collections::BTreeMap;

use policy::{Column, ColumnType, Pack, Register, day_typed};

use super::{ColumnProblem, LINKS_MAX, Problem, Value, Values};

/// What was read, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Values of the columns that were filled and could be read.
    pub values: Values,
    /// The others.
    pub problems: Vec<ColumnProblem>,
}

/// Reads what was typed, by the column's id. Columns that nobody types are left out, whatever stands there; an id of no column is
/// a problem. `people` says who is meant by each text typed into a column for persons.
#[must_use]
pub fn read(
    pack: &Pack,
    register: &Register,
    people: &BTreeMap<String, String>,
    untrusted: &BTreeMap<String, String>,
) -> Reading {
    let mut reading = Reading::default();
    for column in register.columns.iter().filter(|c| !c.is_computed()) {
        let Some(typed) = untrusted.get(&column.id) else { continue };
        let typed = typed.trim();
        if typed.is_empty() {
            continue;
        }
        match read_one(pack, column, people, typed) {
            Ok(value) => {
                reading.values.insert(column.id.clone(), value);
            }
            Err(problem) => reading.problems.push(ColumnProblem { column: column.id.clone(), problem }),
        }
    }
    for id in untrusted.keys().filter(|id| register.column(id).is_none()) {
        reading.problems.push(ColumnProblem { column: id.clone(), problem: Problem::NoColumn });
    }
    reading
}

fn read_one(
    pack: &Pack,
    column: &Column,
    people: &BTreeMap<String, String>,
    typed: &str,
) -> Result<Value, Problem> {
    let text = |words: &str| Ok(Value::Text(words.to_owned()));
    let one_of = |found: Option<&str>| found.map_or(Err(Problem::Unknown), text);
    match column.kind {
        ColumnType::Text if typed.chars().any(char::is_control) => Err(Problem::NotAllowed),
        ColumnType::LongText if typed.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)) => {
            Err(Problem::NotAllowed)
        }
        ColumnType::Text => text(typed),
        // Line ends of forms are those of one system, whatever system sent them.
        ColumnType::LongText => text(&typed.replace("\r\n", "\n")),
        ColumnType::Number => number(typed).map(Value::Number).ok_or(Problem::NotANumber),
        ColumnType::Date => day_typed(typed).map_or(Err(Problem::NoDate), |day| text(&day)),
        ColumnType::Choice => {
            let found = column.choices.iter().find(|c| *c == typed).map(String::as_str);
            found.map_or(Err(Problem::NotAllowed), text)
        }
        ColumnType::Flag => flag(typed).map(Value::Flag).ok_or(Problem::NotAFlag),
        ColumnType::Level => {
            let of_axis = pack.levels().iter().filter(|l| Some(l.axis) == column.axis);
            one_of(of_axis.into_iter().find(|l| l.id == typed || l.title == typed).map(|l| l.id.as_str()))
        }
        ColumnType::Person => one_of(people.get(typed).map(String::as_str)),
        ColumnType::Section => {
            let is = |s: &&policy::Section| s.id == typed || s.code == typed || s.name == typed;
            one_of(pack.sections().iter().find(is).map(|s| s.id.as_str()))
        }
        ColumnType::Zone => {
            let is = |z: &&policy::Zone| z.id == typed || z.label == typed || z.short == typed;
            one_of(pack.zones().iter().find(is).map(|z| z.id.as_str()))
        }
        ColumnType::Link => links(pack, column, typed),
    }
}

fn links(pack: &Pack, column: &Column, typed: &str) -> Result<Value, Problem> {
    let to = column.to.as_deref().and_then(|id| pack.register(id)).ok_or(Problem::NoColumn)?;
    let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | '、' | '，' | ';' | '；');
    let parts: Vec<&str> = typed.split(is_between).filter(|part| !part.is_empty()).collect();
    let most = if column.many { LINKS_MAX } else { 1 };
    if parts.len() > most {
        return Err(Problem::TooMany { most });
    }
    let mut rows: Vec<i64> =
        parts.iter().map(|part| to.number_typed(part)).collect::<Option<_>>().ok_or(Problem::NotARow)?;
    rows.sort_unstable();
    rows.dedup();
    if rows.is_empty() { Err(Problem::NotARow) } else { Ok(Value::Rows(rows)) }
}

/// A whole number, also in full width and with the commas of thousands.
fn number(typed: &str) -> Option<u64> {
    let digits: String = typed
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
            '，' => ',',
            other => other,
        })
        .collect();
    let grouped = digits.contains(',');
    let sound = !grouped || {
        let mut groups = digits.split(',');
        let first = groups.next().unwrap_or_default();
        (1..=3).contains(&first.len()) && groups.all(|g| g.len() == 3)
    };
    let plain: String = digits.chars().filter(|c| *c != ',').collect();
    let is_number = sound && (1..=18).contains(&plain.len()) && plain.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| plain.parse().ok()).flatten()
}

fn flag(typed: &str) -> Option<bool> {
    const YES: [&str; 9] = ["true", "有", "あり", "はい", "○", "◯", "〇", "1", "TRUE"];
    const NO: [&str; 8] = ["false", "無", "なし", "いいえ", "×", "0", "FALSE", "-"];
    if YES.contains(&typed) {
        Some(true)
    } else if NO.contains(&typed) {
        Some(false)
    } else {
        None
    }
}
