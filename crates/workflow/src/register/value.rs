//! Values of a row.
//!
//! Owns: what a value is, how many bytes a row has, and the words under which it is found. Leaves what a column takes to `judge`.

use std::collections::BTreeMap;

use policy::{ColumnType, Pack, Register};
use serde::{Deserialize, Serialize};

/// One value; what its words mean is said by the type of its column. An empty column has none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Of a `bool`.
    Flag(bool),
    /// Of a `number`.
    Number(u64),
    /// Of a `link`: numbers of rows, in ascending order, each once, at least one.
    Rows(Vec<i64>),
    /// Of everything else: words, a day as `YYYY-MM-DD`, or the id of a choice, level, person, section or zone. Never empty.
    Text(String),
}

/// Values by the column's id.
pub type Values = BTreeMap<String, Value>;

impl Value {
    /// The words, if it is some.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The rows that a link leads to; none of what is no link.
    #[must_use]
    pub fn rows(&self) -> &[i64] {
        match self {
            Value::Rows(rows) => rows,
            _ => &[],
        }
    }

    /// The value as a key that lists are narrowed by: one for each row that a link leads to.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        match self {
            Value::Flag(flag) => vec![flag.to_string()],
            // All of one length, so that keys sort as numbers do.
            Value::Number(number) => vec![format!("{number:015}")],
            Value::Rows(rows) => rows.iter().map(ToString::to_string).collect(),
            Value::Text(text) => vec![text.clone()],
        }
    }
}

/// The words under which a row is found: its number, and its columns of text, choices, levels and zones as people read them,
/// in the form in which the spellings of one word are equal.
#[must_use]
pub fn words(pack: &Pack, register: &Register, number: i64, values: &Values) -> String {
    let mut parts = vec![register.number_shown(number)];
    for column in &register.columns {
        match (column.kind, values.get(&column.id)) {
            (ColumnType::Text | ColumnType::LongText | ColumnType::Choice, Some(Value::Text(text))) => {
                parts.push(text.clone());
            }
            (ColumnType::Level, Some(Value::Text(id))) => {
                parts.extend(pack.level(id).map(|l| l.title.clone()));
            }
            (ColumnType::Zone, Some(Value::Text(id))) => parts.extend(pack.zone(id).map(|z| z.label.clone())),
            (ColumnType::Number, Some(Value::Number(number))) => parts.push(number.to_string()),
            _ => {}
        }
    }
    policy::folded(&parts.join("\n"))
}
