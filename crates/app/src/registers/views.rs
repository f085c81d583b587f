//! What people see of registers: the list of them, lists of rows, the page of one.
//!
//! Owns who sees what, and the conditions and words of a list. Leaves values as people read them to `super::shown`, and every
//! change to its use case.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Resource};
use futures::try_join;
use policy::{Column, ColumnType, Pack, Register, RegisterScope};
use workflow::{
    id::{SectionId, UserId},
    register::{self, Change, END, Row, RowKey, SECTION, Value},
    request::Permit,
};

pub(crate) use super::shown::name_of;
pub use super::shown::{Shown, ShownLink, ShownRow};
use super::{
    store::{
        FILTERS_MAX, HistoryRow, RowFilter, RowPage, RowQuery, RowSight, RowStage, SavedFilter, WORDS_MAX,
    },
    work::key_of,
};
use crate::{
    App,
    actor::Actor,
    error::{Error, FieldProblem, Result},
    model::PAGE_ROWS_MAX,
    records::store::{Record, RecordKey},
    requests::rows::RowRequest,
};

/// Up to how many rows are counted.
const COUNT_MAX: u32 = 200_000;
/// Entries of a history that a page shows.
const HISTORY_ROWS: u32 = 100;
/// Rows that lead to a row, as far as its page names them.
const LINKING_ROWS: u32 = 100;
/// Longest words that are looked for, in characters.
const WORDS_CHARS_MAX: usize = 100;

/// A register as the first page of registers shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterSummary<'p> {
    /// The register.
    pub register: &'p Register,
    /// Rows in use that the person sees.
    pub in_use: u32,
    /// Those of them that wait to be classified.
    pub waiting: u32,
    /// Whether he may add rows.
    pub may_add: bool,
}

/// What somebody wants to see of a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowQuestion {
    /// Which rows.
    pub stage: RowStage,
    /// Only those of this section.
    pub section: Option<String>,
    /// By the column's id: what was typed or chosen. For a day: up to that day. `-`: the column is not filled.
    pub filters: BTreeMap<String, String>,
    /// Words.
    pub words: String,
    /// The number of the last row of the page before.
    pub after: Option<i64>,
    /// How many.
    pub limit: u32,
}

/// What stands for a column that is not filled.
pub const NOT_FILLED: &str = "-";

/// A list of rows.
#[derive(Debug, Clone)]
pub struct RowList<'p> {
    /// The register.
    pub register: &'p Register,
    /// Highest number first.
    pub rows: Vec<ShownRow>,
    /// Where the next page starts.
    pub next: Option<i64>,
    /// The sections whose rows the person sees, when those are not all or the register has none.
    pub sections: Vec<SectionId>,
    /// Whether he may add rows.
    pub may_add: bool,
    /// What he saved.
    pub saved: Vec<SavedFilter>,
}

/// What the person may do with a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowMay {
    /// Change and end it.
    pub keep: bool,
    /// Classify it when it waits.
    pub classify: bool,
}

/// An entry of a row's history as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownHistory {
    /// The entry.
    pub entry: HistoryRow,
    /// What is different: the column's title, what was there, what is there now.
    pub changes: Vec<(String, String, String)>,
    /// The row whose change it followed.
    pub followed: Option<ShownLink>,
}

/// A row that leads to the one that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linking {
    /// The title of its register.
    pub register_title: String,
    /// The title of the column that leads here.
    pub column_title: String,
    /// The row.
    pub link: ShownLink,
}

/// A row as its page shows it.
#[derive(Debug, Clone)]
pub struct RowDetail<'p> {
    /// Its register.
    pub register: &'p Register,
    /// The row.
    pub row: ShownRow,
    /// What happened, newest first.
    pub history: Vec<ShownHistory>,
    /// What leads here, as far as the person may see it.
    pub linking: Vec<Linking>,
    /// What he may do.
    pub may: RowMay,
    /// What of its values the rules of the register, which changed, would not take any more.
    pub breaks: Vec<FieldProblem>,
    /// The requests of this zone that name it, as far as he sees them, newest first.
    pub requests: Vec<RowRequest>,
    /// Who has it along, by a permit that is not given back yet.
    pub out: Vec<(String, Permit)>,
    /// The statements that the register serves.
    pub statements: Vec<String>,
    /// What became of it at the end of its retention.
    pub record: Option<Record>,
}

impl App {
    /// The registers that the person sees, in the order of the pack, with how many rows there are.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] while a one-time code is still to come.
    pub async fn registers(&self, actor: &Actor) -> Result<Vec<RegisterSummary<'_>>> {
        if actor.awaits_code() {
            return Err(Error::SessionEnded);
        }
        let mut summaries = Vec::new();
        for register in self.pack().registers() {
            let Some(sight) = self.sight(actor, register) else { continue };
            let count = |stage| self.store().count_rows(&register.id, &sight, stage, COUNT_MAX);
            summaries.push(RegisterSummary {
                register,
                in_use: count(RowStage::InUse).await?,
                waiting: count(RowStage::Waiting).await?,
                may_add: self.keeps(actor, register).is_some(),
            });
        }
        Ok(summaries)
    }

    /// How many rows wait for this person to classify them, by register.
    ///
    /// # Errors
    /// As [`App::registers`].
    pub async fn unclassified(&self, actor: &Actor) -> Result<Vec<(&Register, u32)>> {
        let mut waiting = Vec::new();
        for summary in self.registers(actor).await? {
            let facts = self.row_facts(summary.register, &summary.register.id, Some(&actor.user().section));
            if summary.waiting > 0 && self.may(actor, Action::ClassifyRow, &Resource::from(facts)) {
                waiting.push((summary.register, summary.waiting));
            }
        }
        Ok(waiting)
    }

    /// A list of rows.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a register that the person does not see, [`Error::Invalid`] for conditions that cannot be.
    pub async fn register_rows(
        &self,
        actor: &Actor,
        register: &str,
        question: &RowQuestion,
    ) -> Result<RowList<'_>> {
        let register = self.register(register)?;
        let sight = self.sight(actor, register).ok_or(Error::NotFound)?;
        let sections = match &sight {
            RowSight::Sections(sections) => sections.clone(),
            RowSight::All if register.scope == RegisterScope::Section => {
                self.pack().sections().iter().map(|s| SectionId::new(s.id.clone())).collect()
            }
            RowSight::All => Vec::new(),
        };
        let question = self.with_people(register, question).await?;
        let RowPage { rows, next } = match self.row_query(register, sight, &question)? {
            Some(query) => self.store().row_list(&query).await?,
            None => RowPage::default(),
        };
        let names = self.people_in(rows.iter()).await?;
        let shown =
            rows.into_iter().map(|row| self.shown_row(register, row, &names, &BTreeMap::new())).collect();
        Ok(RowList {
            register,
            rows: shown,
            next,
            sections,
            may_add: self.keeps(actor, register).is_some(),
            saved: self.store().saved_filters(actor.id(), &register.id).await?,
        })
    }

    /// The question with people by their ids: they are asked for by login, too.
    async fn with_people(&self, register: &Register, question: &RowQuestion) -> Result<RowQuestion> {
        let mut people = BTreeMap::new();
        self.look_up_people(register, &question.filters, &mut people).await?;
        let mut question = question.clone();
        for column in register.columns.iter().filter(|c| c.kind == ColumnType::Person) {
            if let Some(typed) = question.filters.get_mut(&column.id)
                && let Some(Some(id)) = people.get(typed.trim())
            {
                *typed = id.clone();
            }
        }
        Ok(question)
    }

    /// The question for the store; `None` when nothing can fit.
    fn row_query(
        &self,
        register: &Register,
        sight: RowSight,
        question: &RowQuestion,
    ) -> Result<Option<RowQuery>> {
        let wanted = question.section.as_deref().filter(|s| !s.is_empty());
        let sight = match (register.scope, wanted, sight) {
            (RegisterScope::Section, Some(wanted), RowSight::Sections(own)) => {
                RowSight::Sections(own.into_iter().filter(|s| s.as_str() == wanted).collect())
            }
            (RegisterScope::Section, Some(wanted), RowSight::All) => {
                RowSight::Sections(vec![SectionId::new(wanted)])
            }
            (_, _, sight) => sight,
        };
        if matches!(&sight, RowSight::Sections(sections) if sections.is_empty()) {
            return Ok(None);
        }
        let mut filters = Vec::new();
        for (id, typed) in question.filters.iter().filter(|(_, typed)| !typed.trim().is_empty()) {
            let unknown = Error::Invalid { field: "filter", problem: "unknown" };
            let column = register.column(id).filter(|c| c.filter).ok_or(unknown)?;
            filters.push(filter(self.pack(), column, typed.trim())?);
        }
        if filters.len() > FILTERS_MAX {
            return Err(Error::TooMany { limit: u32::try_from(FILTERS_MAX).unwrap_or(u32::MAX) });
        }
        if question.words.chars().count() > WORDS_CHARS_MAX {
            return Err(Error::Invalid { field: "words", problem: "too-long" });
        }
        let words: Vec<String> = question
            .words
            .split_whitespace()
            .map(policy::folded)
            .filter(|word| !word.is_empty() && !word.contains('\0'))
            .take(WORDS_MAX)
            .collect();
        Ok(Some(RowQuery {
            register: register.id.clone(),
            sight,
            stage: question.stage,
            filters,
            words,
            after: question.after,
            limit: question.limit.clamp(1, PAGE_ROWS_MAX),
        }))
    }

    /// A row as its page shows it.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for what the person may not see.
    pub async fn register_row(&self, actor: &Actor, key: &RowKey) -> Result<RowDetail<'_>> {
        let register = self.register(&key.register)?;
        let row = self.store().row(key).await?.ok_or(Error::NotFound)?;
        let resource = self.row_seen(actor, &row)?;
        let in_use = row.end.is_none();
        let may = RowMay {
            keep: in_use && self.may(actor, Action::KeepRow, &resource),
            classify: in_use && self.may(actor, Action::ClassifyRow, &resource),
        };
        let record_key = RecordKey::of_row(key);
        // What does not depend on each other is asked for at once: under load each question waits for its turn.
        let (history, linking) = try_join!(
            self.store().row_history(key, None, HISTORY_ROWS),
            self.store().rows_linking(key, LINKING_ROWS)
        )?;
        let mut wanted: BTreeSet<RowKey> = register::reads(register, &row.values).collect();
        for entry in &history {
            for change in &entry.entry.changes {
                let to = register.column(&change.column).and_then(|c| c.to.clone()).unwrap_or_default();
                let values = change.old.iter().chain(&change.new);
                wanted.extend(values.flat_map(Value::rows).map(|n| RowKey::new(to.clone(), *n)));
            }
            if let register::Cause::Followed { row } = &entry.entry.cause {
                wanted.insert(row.clone());
            }
        }
        wanted.extend(linking.iter().map(|(key, _)| key.clone()));
        let (links, names, breaks, requests, out, record) = try_join!(
            self.links_to(actor, wanted),
            self.people_in(std::iter::once(&row)),
            self.broken_rules(register, &row),
            self.requests_of_row(actor, key),
            self.who_has(key),
            self.record_of(&record_key)
        )?;
        let history = self.shown_history(register, history, &links).await?;
        let linking = linking
            .into_iter()
            .filter_map(|(key, column)| {
                let from = self.pack().register(&key.register)?;
                let link = links.get(&key).filter(|l| l.name.is_some())?.clone();
                let column_title = from.column(&column).map_or(column.clone(), |c| c.title.clone());
                Some(Linking { register_title: from.title.clone(), column_title, link })
            })
            .collect();
        let statements = register.statements_served(row.waits);
        Ok(RowDetail {
            register,
            breaks,
            row: self.shown_row(register, row, &names, &links),
            history,
            linking,
            may,
            requests,
            out,
            statements,
            record,
        })
    }

    /// That this person may see a row: for its page and whatever else tells of it.
    pub(crate) fn row_seen(&self, actor: &Actor, row: &Row) -> Result<Resource> {
        let register = self.register(&row.key.register)?;
        let resource = Resource::from(self.row_facts(register, &row.key.to_string(), row.section.as_ref()));
        if self.may(actor, Action::ViewRow, &resource) { Ok(resource) } else { Err(Error::NotFound) }
    }

    /// A row with its values as people read them, and without the names of rows that it leads to.
    pub(crate) async fn row_as_read(&self, register: &Register, row: Row) -> Result<ShownRow> {
        let names = self.people_in(std::iter::once(&row)).await?;
        Ok(self.shown_row(register, row, &names, &BTreeMap::new()))
    }

    /// A row with its values as its form shows them: as [`App::typed`], with persons by their login.
    ///
    /// # Errors
    /// As [`App::register_row`].
    pub async fn row_form(
        &self,
        actor: &Actor,
        key: &RowKey,
    ) -> Result<(RowDetail<'_>, BTreeMap<String, String>)> {
        let detail = self.register_row(actor, key).await?;
        let mut typed = self.typed(detail.register, &detail.row.row);
        for column in detail.register.columns.iter().filter(|c| c.kind == ColumnType::Person) {
            if let Some(value) = typed.get_mut(&column.id)
                && let Some(user) = self.store().user(&UserId::new(value.clone())).await?
            {
                *value = user.login;
            }
        }
        Ok((detail, typed))
    }

    /// What others did to a row since somebody looked at it: version `seen`. Newest first.
    ///
    /// # Errors
    /// As [`App::register_row`].
    pub async fn row_changes_since(
        &self,
        actor: &Actor,
        key: &RowKey,
        seen: i64,
    ) -> Result<Vec<ShownHistory>> {
        let detail = self.register_row(actor, key).await?;
        Ok(detail.history.into_iter().filter(|h| h.entry.entry.version > seen).collect())
    }

    async fn shown_history(
        &self,
        register: &Register,
        history: Vec<HistoryRow>,
        links: &BTreeMap<RowKey, ShownLink>,
    ) -> Result<Vec<ShownHistory>> {
        let persons: BTreeSet<UserId> = history
            .iter()
            .flat_map(|h| &h.entry.changes)
            .filter(|c| register.column(&c.column).is_some_and(|c| c.kind == ColumnType::Person))
            .flat_map(|c| c.old.iter().chain(&c.new))
            .filter_map(|v| v.as_text().map(UserId::new))
            .collect();
        let names = self.names_of(persons.iter().collect()).await?;
        let told = |change: &Change| {
            let shown = |value: &Option<Value>| match (value, change.column.as_str()) {
                (None, _) => String::new(),
                (Some(Value::Text(id)), SECTION) => self.section_name(&SectionId::new(id.clone())),
                (Some(Value::Text(day)), END) => policy::wareki(day),
                (Some(value), id) => {
                    register.column(id).map_or_else(String::new, |c| self.shown(c, value, &names, links).text)
                }
            };
            let title = match change.column.as_str() {
                SECTION => "所属".to_owned(),
                END => "登録終了".to_owned(),
                id => register.column(id).map_or_else(|| id.to_owned(), |c| c.title.clone()),
            };
            (title, shown(&change.old), shown(&change.new))
        };
        Ok(history
            .into_iter()
            .map(|entry| ShownHistory {
                changes: entry.entry.changes.iter().map(told).collect(),
                followed: match &entry.entry.cause {
                    register::Cause::Followed { row } => links.get(row).cloned(),
                    _ => None,
                },
                entry,
            })
            .collect())
    }
}

/// A condition as the store knows it.
fn filter(pack: &Pack, column: &Column, typed: &str) -> Result<RowFilter> {
    let unknown = || Error::Invalid { field: "filter", problem: "unknown" };
    let one = |key: String| RowFilter { column: column.id.clone(), from: key.clone(), to: key };
    if typed == NOT_FILLED {
        return Ok(one(String::new()));
    }
    Ok(match column.kind {
        ColumnType::Date => {
            let day = policy::day_typed(typed).ok_or_else(unknown)?;
            // A column that is not filled has an empty key, which is no day.
            RowFilter { column: column.id.clone(), from: "0".to_owned(), to: day }
        }
        ColumnType::Number => {
            let number: u64 = typed.parse().map_err(|_| unknown())?;
            one(format!("{number:015}"))
        }
        ColumnType::Link => {
            let to = column.to.as_deref().and_then(|id| pack.register(id)).ok_or_else(unknown)?;
            one(to.number_typed(typed).ok_or_else(unknown)?.to_string())
        }
        ColumnType::Flag => match typed {
            "true" | "false" => one(typed.to_owned()),
            _ => return Err(unknown()),
        },
        ColumnType::Text
        | ColumnType::LongText
        | ColumnType::Choice
        | ColumnType::Level
        | ColumnType::Person
        | ColumnType::Section
        | ColumnType::Zone => {
            if typed.chars().any(char::is_control) || typed.chars().count() > 1_000 {
                return Err(unknown());
            }
            one(key_of(column, typed))
        }
    })
}
