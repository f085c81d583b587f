//! Values of rows as people read them, and as they type them again.
//!
//! Owns the words of a value, how one row names another, and the names of people in rows. Leaves which rows are shown to
//! [`super::views`].

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Resource};
use policy::{Column, ColumnType, Derivation, Register};
use workflow::{
    id::{SectionId, UserId},
    register::{self, Row, RowKey, Value},
};

use crate::{App, actor::Actor, error::Result};

/// A value as people read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The words; empty where there is nothing.
    pub text: String,
    /// The rows that it leads to, with their numbers and, where the person may see them, their names.
    pub links: Vec<ShownLink>,
}

/// A row as another one names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLink {
    /// Which.
    pub key: RowKey,
    /// Its number as people write it.
    pub number: String,
    /// Its name; `None` where the person may not see it.
    pub name: Option<String>,
}

/// A row with its values as people read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRow {
    /// The row.
    pub row: Row,
    /// Its number.
    pub number: String,
    /// What it is called.
    pub name: String,
    /// The name of its section; empty in a register of the whole body.
    pub section_name: String,
    /// By the column's id.
    pub shown: BTreeMap<String, Shown>,
}

impl App {
    pub(super) async fn people_in(
        &self,
        rows: impl Iterator<Item = &Row>,
    ) -> Result<BTreeMap<UserId, String>> {
        let mut ids = BTreeSet::new();
        for row in rows {
            let Some(register) = self.pack().register(&row.key.register) else { continue };
            let persons = register.columns.iter().filter(|c| c.kind == ColumnType::Person);
            ids.extend(persons.filter_map(|c| row.values.get(&c.id)?.as_text()).map(UserId::new));
        }
        self.names_of(ids.iter().collect()).await
    }

    /// Rows as others name them; the names of those that the person may not see are left out.
    pub(crate) async fn links_to(
        &self,
        actor: &Actor,
        keys: BTreeSet<RowKey>,
    ) -> Result<BTreeMap<RowKey, ShownLink>> {
        let keys: Vec<RowKey> = keys.into_iter().collect();
        let rows = self.store().rows(&keys).await?;
        let mut names: BTreeMap<RowKey, String> = BTreeMap::new();
        for row in rows {
            let Some(register) = self.pack().register(&row.key.register) else { continue };
            let facts = self.row_facts(register, &row.key.to_string(), row.section.as_ref());
            if self.may(actor, Action::ViewRow, &Resource::from(facts)) {
                names.insert(row.key.clone(), name_of(register, &row));
            }
        }
        let link = |key: RowKey| {
            let register = self.pack().register(&key.register);
            let number = register.map_or_else(|| key.to_string(), |r| r.number_shown(key.number));
            (key.clone(), ShownLink { number, name: names.get(&key).cloned(), key })
        };
        Ok(keys.into_iter().map(link).collect())
    }

    pub(super) fn shown_row(
        &self,
        register: &Register,
        row: Row,
        names: &BTreeMap<UserId, String>,
        links: &BTreeMap<RowKey, ShownLink>,
    ) -> ShownRow {
        let mut shown: BTreeMap<String, Shown> = BTreeMap::new();
        for column in &register.columns {
            let is_handling = column.derived.as_ref().is_some_and(|d| d.how == Derivation::Handling);
            let one = if is_handling {
                let text = register::handling(self.pack(), register, &row.values).join("\n");
                Shown { text, links: Vec::new() }
            } else if let Some(value) = row.values.get(&column.id) {
                self.shown(column, value, names, links)
            } else {
                continue;
            };
            shown.insert(column.id.clone(), one);
        }
        ShownRow {
            number: register.number_shown(row.key.number),
            name: name_of(register, &row),
            section_name: row.section.as_ref().map_or_else(String::new, |s| self.section_name(s)),
            shown,
            row,
        }
    }

    /// A value as people read it.
    pub(crate) fn shown(
        &self,
        column: &Column,
        value: &Value,
        names: &BTreeMap<UserId, String>,
        links: &BTreeMap<RowKey, ShownLink>,
    ) -> Shown {
        let pack = self.pack();
        let text = match (column.kind, value) {
            (ColumnType::Level, Value::Text(id)) => {
                pack.level(id).map_or_else(|| id.clone(), |l| l.title.clone())
            }
            (ColumnType::Zone, Value::Text(id)) => {
                pack.zone(id).map_or_else(|| id.clone(), |z| z.label.clone())
            }
            (ColumnType::Section, Value::Text(id)) => self.section_name(&SectionId::new(id.clone())),
            (ColumnType::Person, Value::Text(id)) => {
                names.get(&UserId::new(id.clone())).cloned().unwrap_or_else(|| id.clone())
            }
            (ColumnType::Date, Value::Text(day)) => policy::wareki(day),
            (_, Value::Text(text)) => text.clone(),
            (_, Value::Number(number)) => number.to_string(),
            (_, Value::Flag(true)) => "有".to_owned(),
            (_, Value::Flag(false)) => "無".to_owned(),
            (_, Value::Rows(rows)) => {
                let to = column.to.as_deref().unwrap_or_default();
                let keys = rows.iter().map(|n| RowKey::new(to, *n));
                let shown: Vec<ShownLink> = keys
                    .map(|key| {
                        let number =
                            pack.register(to).map_or_else(|| key.to_string(), |r| r.number_shown(key.number));
                        links.get(&key).cloned().unwrap_or(ShownLink { key, number, name: None })
                    })
                    .collect();
                let words = |l: &ShownLink| match &l.name {
                    Some(name) => format!("{} {name}", l.number),
                    None => l.number.clone(),
                };
                let text = shown.iter().map(words).collect::<Vec<_>>().join("、");
                return Shown { text, links: shown };
            }
        };
        Shown { text, links: Vec::new() }
    }

    /// The values of a row as they stand in the fields of its form: what [`workflow::register::read`] reads again.
    #[must_use]
    pub fn typed(&self, register: &Register, row: &Row) -> BTreeMap<String, String> {
        let mut typed = BTreeMap::new();
        for column in &register.columns {
            let Some(value) = row.values.get(&column.id) else { continue };
            let text = match value {
                Value::Text(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Flag(flag) => flag.to_string(),
                Value::Rows(rows) => {
                    let to = column.to.as_deref().and_then(|id| self.pack().register(id));
                    let number = |n: &i64| to.map_or_else(|| n.to_string(), |r| r.number_shown(*n));
                    rows.iter().map(number).collect::<Vec<_>>().join(" ")
                }
            };
            typed.insert(column.id.clone(), text);
        }
        typed
    }
}

/// What people call a row.
pub(crate) fn name_of(register: &Register, row: &Row) -> String {
    let value = register.name_column().and_then(|c| row.values.get(&c.id));
    value.and_then(Value::as_text).unwrap_or_default().to_owned()
}
