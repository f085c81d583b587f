//! Plans: many rows of one register added, changed and ended together, all or none.
//!
//! Owns trying a plan out, line by line, without changing anything, and applying it in one transaction with one entry of
//! evidence that names its digest and its counts. Leaves reading a file into a plan to whoever has the file.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Resource};
use policy::{Register, RegisterScope};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use workflow::{
    id::SectionId,
    register::{self, Cause, REASON_CHARS_MAX, ROWS_MAX, Refusal, Row, RowKey, Values},
};

use super::{
    AboutRows, any_class_unknown, too_many_rows,
    work::{Source, Work, form_problems, known},
};
use crate::{
    App,
    actor::Actor,
    error::{Error, FieldProblem, Result},
    evidence::{By, Kind},
};

/// Most lines of one plan.
pub const PLAN_LINES_MAX: usize = 50_000;
/// Longest name of where a plan comes from, in characters.
const SOURCE_CHARS_MAX: usize = 200;
/// Numbers of rows that evidence lists; of more it says how many there are.
const TOLD_MAX: usize = 1_000;

/// What a plan does, in one line. Values are as somebody typed them, by the column's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do", deny_unknown_fields)]
pub enum PlanLine {
    /// A row is added. Columns that are absent are empty.
    Add {
        /// The section it belongs to.
        section: Option<String>,
        /// What it says.
        values: BTreeMap<String, String>,
    },
    /// A row is changed. Columns that are absent stay as they are; an empty text empties one.
    Change {
        /// Its number.
        number: i64,
        /// The version that the plan was made from.
        seen: i64,
        /// The section it is to belong to; absent: the one it has.
        section: Option<String>,
        /// What is to be different.
        values: BTreeMap<String, String>,
    },
    /// A row ends.
    End {
        /// Its number.
        number: i64,
        /// The version that the plan was made from.
        seen: i64,
        /// The day.
        on: String,
        /// Why.
        reason: String,
    },
}

/// Many changes of one register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterPlan {
    /// Of which register.
    pub register: String,
    /// Where it comes from, such as the name of a file.
    pub source: String,
    /// Why, for the history of every row.
    pub reason: String,
    /// In order.
    pub lines: Vec<PlanLine>,
}

impl RegisterPlan {
    /// SHA-256 of the plan as JSON, in lower-case hex: what evidence names it by.
    #[must_use]
    pub fn digest(&self) -> String {
        // Texts and numbers only: writing it cannot fail, and an empty text would be no digest of any plan.
        let text = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::digest(&text))
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineProblem {
    /// Columns that cannot be taken.
    Columns(Vec<FieldProblem>),
    /// The section is not one, or absent.
    Section,
    /// There is no such row, or the person may not see it.
    NoRow,
    /// The row is changed by an earlier line.
    Twice,
    /// The row was changed since the plan was made.
    Stale,
    /// The row has ended.
    Ended,
    /// Nothing would be different.
    Same,
    /// The day of the end is none, or is still to come.
    EndDay,
    /// The end needs a reason.
    Reason,
    /// The person does not keep rows of this section.
    Denied,
}

impl LineProblem {
    /// The word for the catalogue and the API.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            LineProblem::Columns(_) => "columns",
            LineProblem::Section => "section",
            LineProblem::NoRow => "no-row",
            LineProblem::Twice => "twice",
            LineProblem::Stale => "stale",
            LineProblem::Ended => "ended",
            LineProblem::Same => "same",
            LineProblem::EndDay => "end-day",
            LineProblem::Reason => "reason",
            LineProblem::Denied => "denied",
        }
    }
}

/// What a plan would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trial {
    /// Rows added.
    pub added: usize,
    /// Rows changed.
    pub changed: usize,
    /// Rows ended.
    pub ended: usize,
    /// Lines after which nothing would be different; they are passed over.
    pub same: usize,
    /// Other rows that change with them.
    pub followed: usize,
    /// Rows that would wait for the manager to classify them.
    pub waiting: usize,
    /// Lines that cannot be done, by their place from 1. With any of them nothing is done.
    pub problems: Vec<(usize, LineProblem)>,
    /// The plan's digest.
    pub digest: String,
}

/// A plan that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// What it did.
    pub done: Trial,
    /// The numbers of the rows that were added, first and last, if any were.
    pub numbers: Option<(i64, i64)>,
}

/// A line after it was looked at.
struct Looked {
    before: Option<Row>,
    section: Option<SectionId>,
    classifies: bool,
}

impl App {
    /// What the plan would do now, with everything that is wrong, by line. Nothing changes.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a register that the person does not see, [`Error::Denied`] when he keeps none of its rows,
    /// [`Error::TooMany`].
    pub async fn try_plan(&self, actor: &Actor, plan: &RegisterPlan) -> Result<Trial> {
        let register = self.plan_register(actor, plan).await?;
        let mut work = Work::new(self, Some(actor.id()), self.now());
        self.put_together(actor, register, plan, &mut work, &mut Source::Store(self.store()), None).await
    }

    /// Applies a plan: all of it, or nothing.
    ///
    /// # Errors
    /// As [`App::try_plan`]; [`Error::Conflict`] when a line can no longer be done, which a new trial tells.
    pub async fn apply_plan(&self, actor: &Actor, plan: &RegisterPlan) -> Result<Applied> {
        let now = self.now();
        let register = self.plan_register(actor, plan).await?;
        let mut tx = self.store().begin().await?;
        let adding = plan.lines.iter().filter(|l| matches!(l, PlanLine::Add { .. })).count();
        let first = match u32::try_from(adding).map_err(|_| too_many_rows())? {
            0 => 0,
            count => tx.take_row_numbers(&register.id, count).await?,
        };
        let mut work = Work::new(self, Some(actor.id()), now);
        let done = self
            .put_together(actor, register, plan, &mut work, &mut Source::Tx(&mut *tx), Some(first))
            .await?;
        if !done.problems.is_empty() {
            return Err(Error::Conflict);
        }
        if done.added + done.changed + done.ended == 0 {
            return Err(Error::Register(Refusal::Same));
        }
        let of_tasks = self.keep_rows(&mut *tx, By::Actor(actor), &work, now).await?;
        let last = i64::try_from(adding).ok().and_then(|n| first.checked_add(n - 1)).unwrap_or(first);
        let numbers = (adding > 0).then_some((first, last));
        let touched: Vec<i64> = work
            .changed
            .iter()
            .filter(|e| e.row.key.register == register.id)
            .map(|e| e.row.key.number)
            .collect();
        let details = json!({
            "register": register.id,
            "title": register.title,
            "plan": done.digest,
            "source": plan.source,
            "reason": plan.reason.trim(),
            "added": done.added,
            "changed": done.changed,
            "ended": done.ended,
            "followed": done.followed,
            "waiting": done.waiting,
            "numbers": numbers.map(|(first, last)| [first, last]),
            "changed_numbers": touched.iter().take(TOLD_MAX).collect::<Vec<_>>(),
            "pack": self.pack().version(),
        });
        let subject = RowKey::new(register.id.clone(), 0);
        let by = By::Actor(actor);
        let unknown = any_class_unknown(register, work.new.iter().chain(&work.changed));
        let about = AboutRows { register, key: &subject, unknown };
        let entry = self.row_entry(now, by, Kind::RegisterPlanApplied, &about, details)?;
        self.commit(tx, std::iter::once(entry).chain(of_tasks).collect()).await?;
        Ok(Applied { done, numbers })
    }

    async fn plan_register(&self, actor: &Actor, plan: &RegisterPlan) -> Result<&Register> {
        let register = self.register(&plan.register)?;
        self.sight(actor, register).ok_or(Error::NotFound)?;
        if plan.lines.len() > PLAN_LINES_MAX {
            return Err(Error::TooMany { limit: u32::try_from(PLAN_LINES_MAX).unwrap_or(u32::MAX) });
        }
        if plan.source.chars().count() > SOURCE_CHARS_MAX || plan.source.chars().any(char::is_control) {
            return Err(Error::Invalid { field: "source", problem: "not-allowed" });
        }
        if plan.reason.chars().count() > REASON_CHARS_MAX {
            return Err(Error::Invalid { field: "reason", problem: "too-long" });
        }
        if self.keeps(actor, register).is_none() {
            // The refusal is evidence.
            let nobody = self.row_facts(register, &register.id, None);
            let _refused = self.permit(actor, Action::KeepRow, &Resource::from(nobody)).await?;
        }
        Ok(register)
    }

    /// Looks at every line in order and puts the changes together. Without numbers for new rows nothing is kept of them.
    async fn put_together(
        &self,
        actor: &Actor,
        register: &Register,
        plan: &RegisterPlan,
        work: &mut Work<'_>,
        source: &mut Source<'_>,
        mut next: Option<i64>,
    ) -> Result<Trial> {
        let mut done = Trial { digest: plan.digest(), ..Trial::default() };
        let cause = Cause::Planned { digest: done.digest.clone() };
        let looked = self.look(actor, register, plan, work, source, &mut done).await?;
        let mut people = BTreeMap::new();
        let mut changed: Vec<RowKey> = Vec::new();
        for (at, (line, looked)) in (1..).zip(plan.lines.iter().zip(looked)) {
            let Some(Looked { before, section, classifies }) = looked else { continue };
            work.line = at;
            let (values, is_change) = match line {
                PlanLine::End { on, reason, .. } => {
                    let Some(before) = before else { continue };
                    match self.day_of_end(on, self.now()) {
                        Err(_) => done.problems.push((at, LineProblem::EndDay)),
                        Ok(on) => {
                            let key = before.key.clone();
                            match work.ended(register, before, &on, reason, cause.clone()) {
                                Ok(_) => {
                                    done.ended += 1;
                                    changed.push(key);
                                }
                                Err(Refusal::Reason) => done.problems.push((at, LineProblem::Reason)),
                                Err(_) => done.problems.push((at, LineProblem::Ended)),
                            }
                        }
                    }
                    continue;
                }
                PlanLine::Add { values, .. } => (values, false),
                PlanLine::Change { values, .. } => (values, true),
            };
            self.look_up_people(register, values, &mut people).await?;
            let mut reading = register::read(self.pack(), register, &known(&people), values);
            if let (true, Some(before)) = (is_change, &before) {
                reading.values = merged(register, &before.values, values, reading.values);
            }
            let judged = work.judge_all(source, register, before.as_ref(), reading, classifies).await?;
            let judged = match judged {
                Ok(judged) => judged,
                Err(problems) => {
                    let columns = form_problems(register, &problems);
                    done.problems.push((at, LineProblem::Columns(columns)));
                    continue;
                }
            };
            let waits = register::waits(register, &judged);
            match before {
                Some(before) => {
                    let key = before.key.clone();
                    match work.changed(register, before, section, judged, cause.clone(), &plan.reason) {
                        Ok(_) => {
                            done.changed += 1;
                            done.waiting += usize::from(waits);
                            changed.push(key);
                        }
                        Err(Refusal::Same) => done.same += 1,
                        Err(_) => done.problems.push((at, LineProblem::Ended)),
                    }
                }
                None => {
                    done.added += 1;
                    done.waiting += usize::from(waits);
                    if let Some(number) = next {
                        if number > ROWS_MAX {
                            return Err(too_many_rows());
                        }
                        let key = RowKey::new(register.id.clone(), number);
                        work.added(register, key, section, judged, cause.clone(), &plan.reason);
                        next = number.checked_add(1);
                    }
                }
            }
        }
        done.problems.sort_by_key(|(at, _)| *at);
        // What follows is found once, when every row is as it will be.
        if done.problems.is_empty() {
            let mut followed = BTreeSet::new();
            for key in &changed {
                followed.extend(work.follow(source, key).await?);
            }
            done.followed = followed.iter().filter(|key| !changed.contains(key)).count();
        }
        Ok(done)
    }

    /// The rows that the lines are about, whether the person may change them, and which values they give up.
    async fn look(
        &self,
        actor: &Actor,
        register: &Register,
        plan: &RegisterPlan,
        work: &mut Work<'_>,
        source: &mut Source<'_>,
        done: &mut Trial,
    ) -> Result<Vec<Option<Looked>>> {
        let mut rights: BTreeMap<Option<SectionId>, (bool, bool)> = BTreeMap::new();
        let mut may = |section: &Option<SectionId>| {
            *rights.entry(section.clone()).or_insert_with(|| {
                let facts = self.row_facts(register, &register.id, section.as_ref());
                let place = Resource::from(facts);
                (self.may(actor, Action::KeepRow, &place), self.may(actor, Action::ClassifyRow, &place))
            })
        };
        let mut looked = Vec::with_capacity(plan.lines.len());
        let mut seen_rows = BTreeSet::new();
        for (at, line) in (1..).zip(&plan.lines) {
            let found = match line {
                PlanLine::Add { section, .. } => match self.section_named(register, section.as_deref()) {
                    Err(_) => Err(LineProblem::Section),
                    Ok(section) => match may(&section) {
                        (true, classifies) => Ok(Looked { before: None, section, classifies }),
                        (false, _) => Err(LineProblem::Denied),
                    },
                },
                PlanLine::Change { number, seen, .. } | PlanLine::End { number, seen, .. } => {
                    let key = RowKey::new(register.id.clone(), *number);
                    let named = match line {
                        PlanLine::Change { section, .. } => section.as_deref(),
                        _ => None,
                    };
                    match work.row(source, &key).await? {
                        _ if !seen_rows.insert(*number) => Err(LineProblem::Twice),
                        None => Err(LineProblem::NoRow),
                        Some(row) if row.end.is_some() => Err(LineProblem::Ended),
                        Some(row) if row.version != *seen => Err(LineProblem::Stale),
                        Some(row) => {
                            let section = match (register.scope, named) {
                                (RegisterScope::Section, Some(_)) => self.section_named(register, named),
                                _ => Ok(row.section.clone()),
                            };
                            match section {
                                Err(_) => Err(LineProblem::Section),
                                Ok(section) => {
                                    let ((here, classifies), (there, _)) = (may(&row.section), may(&section));
                                    if here && there {
                                        work.frees(register, &row);
                                        Ok(Looked { before: Some(row), section, classifies })
                                    } else {
                                        Err(LineProblem::Denied)
                                    }
                                }
                            }
                        }
                    }
                }
            };
            looked.push(match found {
                Ok(found) => Some(found),
                Err(problem) => {
                    done.problems.push((at, problem));
                    None
                }
            });
        }
        Ok(looked)
    }
}

/// What a changed row says: of the columns that the plan names what was read, of the others what is there.
fn merged(register: &Register, before: &Values, named: &BTreeMap<String, String>, read: Values) -> Values {
    let mut values: Values = before
        .iter()
        .filter(|(id, _)| !named.contains_key(*id) && register.column(id).is_some())
        .map(|(id, value)| (id.clone(), value.clone()))
        .collect();
    values.extend(read);
    values
}
