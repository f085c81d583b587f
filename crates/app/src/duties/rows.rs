//! Tasks about rows of registers: one for each row, done by whom the row names.
//!
//! Owns which rows a duty has tasks for, and what becomes of the tasks when a row is added, changes hands or ends. Leaves
//! rows to [`crate::registers`], and the course of a task to `workflow`.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Resource};
use jiff::civil::Date;
use policy::{DutyRows, DutyType};
use serde_json::json;
use workflow::{
    Millis,
    calendar::day_of,
    duty::{RowScope, Scope},
    id::{SectionId, TaskId, UserId},
    register::{Row, Value},
};

use crate::{
    App,
    actor::Actor,
    error::Result,
    evidence::{By, Kind},
    model::{NewEvidence, PAGE_ROWS_MAX},
    ports::Tx,
    registers::{
        store::{RowQuery, RowSight, RowStage},
        work::Work,
    },
};

/// Longest reason that a task which ended with its row tells.
const REASON_CHARS_MAX: usize = 500;

/// For whom a duty has a task, and since when there is anything to do.
pub(super) struct Since {
    pub(super) scope: Scope,
    /// The day on which what it is about came; `None`: it was always there.
    pub(super) from: Option<Date>,
}

impl App {
    /// Every row in use for which a duty has tasks, with who answers for it.
    pub(super) async fn row_scopes(&self, of: &DutyRows) -> Result<Vec<Since>> {
        let mut scopes = Vec::new();
        let mut known = BTreeMap::new();
        let mut query = RowQuery {
            register: of.register.clone(),
            sight: RowSight::All,
            stage: RowStage::InUse,
            filters: Vec::new(),
            words: Vec::new(),
            after: None,
            limit: PAGE_ROWS_MAX,
        };
        loop {
            let page = self.store().row_list(&query).await?;
            for row in &page.rows {
                let scope = Scope::Row(self.row_scope(of, row, &mut known).await?);
                scopes.push(Since { scope, from: Some(day_of(row.created_at)) });
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(scopes),
            }
        }
    }

    /// Who answers for a row: whom its column names, as long as he has an open account; else whoever holds the duty's role
    /// for its section.
    async fn row_scope(
        &self,
        of: &DutyRows,
        row: &Row,
        known: &mut BTreeMap<UserId, bool>,
    ) -> Result<RowScope> {
        let text = |column: &Option<String>| {
            column.as_ref().and_then(|id| row.values.get(id)).and_then(Value::as_text).map(str::to_owned)
        };
        let mut person = text(&of.person).map(UserId::new);
        if let Some(id) = &person {
            let is_open = match known.get(id) {
                Some(is_open) => *is_open,
                None => {
                    let is_open = self.store().user(id).await?.is_some_and(|u| u.enabled);
                    known.insert(id.clone(), is_open);
                    is_open
                }
            };
            person = person.filter(|_| is_open);
        }
        let named = text(&of.section).filter(|id| self.pack().section(id).is_some()).map(SectionId::new);
        Ok(RowScope { row: row.key.clone(), section: named.or_else(|| row.section.clone()), person })
    }

    /// The row that somebody names when he says that a duty about rows was set off.
    pub(super) async fn row_started(
        &self,
        actor: &Actor,
        duty: &DutyType,
        untrusted: &str,
    ) -> Result<Option<Scope>> {
        let Some(of) = &duty.rows else { return Ok(None) };
        let Some(register) = self.pack().register(&of.register) else { return Ok(None) };
        let Some(number) = register.number_typed(untrusted) else { return Ok(None) };
        let key = workflow::register::RowKey::new(register.id.clone(), number);
        let row = self.store().row(&key).await?.filter(|row| row.end.is_none());
        let Some(row) = row else { return Ok(None) };
        let facts = self.row_facts(register, &key.to_string(), row.section.as_ref());
        if !self.may(actor, Action::ViewRow, &Resource::from(facts)) {
            return Ok(None);
        }
        Ok(Some(Scope::Row(self.row_scope(of, &row, &mut BTreeMap::new()).await?)))
    }

    /// What changes of rows mean for the tasks about them, in the transaction of the change: of a row that ended they end, of one
    /// that changed hands they go to whoever has it now. New rows get theirs with the next round of housekeeping.
    pub(crate) async fn tasks_of_rows(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        work: &Work<'_>,
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let duties = self.pack().duty_types();
        let is_watched = |register: &str| {
            duties.iter().filter_map(|d| d.rows.as_ref()).any(|rows| rows.register == register)
        };
        if work.new.iter().any(|e| is_watched(&e.row.key.register)) {
            self.look_for_tasks_again();
        }
        let mut known = BTreeMap::new();
        let mut dropped: BTreeMap<(String, String), BTreeSet<TaskId>> = BTreeMap::new();
        let mut moved: BTreeMap<String, BTreeSet<TaskId>> = BTreeMap::new();
        for entry in &work.changed {
            let row = &entry.row;
            if row.end.is_none() && !is_watched(&row.key.register) {
                continue;
            }
            for id in tx.open_tasks_of_row(&row.key).await? {
                let Some(mut task) = tx.task(&id).await? else { continue };
                let events = match &row.end {
                    Some(end) => {
                        let reason: String =
                            format!("台帳の登録が{}に終わりました: {}", policy::wareki(&end.on), end.reason)
                                .chars()
                                .take(REASON_CHARS_MAX)
                                .collect();
                        dropped.entry((task.duty.clone(), reason.clone())).or_default().insert(id.clone());
                        task.drop_for(&reason, now)?
                    }
                    None => {
                        let of = duties.iter().find(|d| d.id == task.duty).and_then(|d| d.rows.as_ref());
                        let Some(of) = of.filter(|of| of.register == row.key.register) else { continue };
                        let to = self.row_scope(of, row, &mut known).await?;
                        let events = task.move_to(to)?;
                        if !events.is_empty() {
                            moved.entry(task.duty.clone()).or_default().insert(id.clone());
                        }
                        events
                    }
                };
                if !events.is_empty() {
                    tx.update_task(&task).await?;
                }
            }
        }
        let ids = |tasks: &BTreeSet<TaskId>| tasks.iter().map(|t| t.as_str().to_owned()).collect::<Vec<_>>();
        let mut evidence = Vec::new();
        for ((duty, reason), tasks) in &dropped {
            let details = json!({ "reason": reason, "tasks": ids(tasks) });
            evidence.push(self.duty_entry(now, Kind::TasksDropped, by, ("duty", duty, duty), details)?);
        }
        for (duty, tasks) in &moved {
            let details = json!({ "tasks": ids(tasks) });
            evidence.push(self.duty_entry(now, Kind::TasksMoved, by, ("duty", duty, duty), details)?);
        }
        Ok(evidence)
    }

    /// Lets the next round of housekeeping look for tasks that are to be made, though it did today.
    fn look_for_tasks_again(&self) {
        *self.house.tasks_made_for.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }
}
