//! What time and events make: tasks, reminders, what is overdue, escalations.
//!
//! Owns for whom a duty has tasks, and that each is made once: its id is made of the duty, what it covers and for whom it is.
//! Leaves which periods there are and what a task does when time passes to `workflow`.

use std::collections::{BTreeMap, BTreeSet};

use policy::{DutyEach, DutyTrigger, DutyType, Occurs};
use serde_json::json;
use workflow::{
    Millis,
    calendar::day_of,
    duty::{Covers, Event, Scope, Slot, Task, task::NewTask},
    id::{SectionId, TaskId, UserId},
};

use super::{covers_details, new_task, recurrence, rows::Since, within};
use crate::{
    App,
    error::Result,
    evidence::{By, Kind},
    model::NewEvidence,
    ports::Tx,
};

/// Tasks that one transaction makes or changes.
const AT_ONCE: usize = 500;

/// Something that sets off duties.
pub(crate) struct Happened<'a> {
    /// What kind of thing.
    pub(crate) trigger: DutyTrigger,
    /// Names it among those of its kind.
    pub(crate) subject: &'a str,
    /// What it was, in words.
    pub(crate) what: String,
    /// Whom it is about.
    pub(crate) person: Option<&'a UserId>,
    /// Where.
    pub(crate) section: Option<&'a SectionId>,
}

/// Whether a time of a period is asked of something that came later: nothing is asked of it for what lay behind it then.
fn is_asked(of: &Since, slot: &Slot, slots: &[Slot]) -> bool {
    let Some(from) = of.from else { return true };
    let is_next = |next: &&Slot| next.period == slot.period && next.nth == slot.nth + 1;
    let is_over = slots.iter().find(is_next).is_some_and(|next| next.from <= from);
    from <= slot.period.last && !is_over
}

impl App {
    /// Makes the tasks that can be done from today on and are not there yet. How many came.
    pub(crate) async fn make_tasks(&self) -> Result<u64> {
        let now = self.now();
        let today = day_of(now);
        let calendar = self.calendar();
        let mut made = 0;
        for duty in self.pack().duty_types() {
            let Some(recurrence) = recurrence(&duty.occurs) else { continue };
            let last = self.store().newest_period(&duty.id).await?;
            let slots = recurrence.slots_until(last, today, &calendar);
            let scopes = self.scopes(duty, now).await?;
            for slot in &slots {
                let due = scopes.iter().filter(|of| is_asked(of, slot, &slots)).map(|of| &of.scope);
                made += self.make_slot(duty, slot, &due.collect::<Vec<_>>(), now).await?;
            }
        }
        Ok(made + self.enrol_latecomers().await?)
    }

    async fn make_slot(&self, duty: &DutyType, slot: &Slot, scopes: &[&Scope], now: Millis) -> Result<u64> {
        let terms = self.task_terms(duty);
        let covers = Covers::Period(slot.period.clone());
        let there = self.store().task_ids(&duty.id, covers.key(), slot.nth).await?;
        let missing: Vec<Task> = scopes
            .iter()
            .filter(|scope| !there.contains(&Task::id_of(&duty.id, &covers, slot.nth, scope)))
            .map(|scope| {
                let new = new_task(duty, &terms, (*scope).clone(), covers.clone(), slot.due);
                Task::new(NewTask { nth: slot.nth, times: slot.times, ..new }, now)
            })
            .collect();
        let mut made = 0;
        for part in missing.chunks(AT_ONCE) {
            let mut tx = self.store().begin().await?;
            let came = tx.insert_tasks(part).await?;
            // Another process was faster.
            if came == 0 {
                continue;
            }
            made += came;
            let details = json!({
                "title": duty.title,
                "covers": covers_details(&covers),
                "nth": slot.nth,
                "times": slot.times,
                "due_on": slot.due.to_string(),
                "tasks": came,
                "pack": self.pack().version(),
            });
            let subject = ("duty", duty.id.as_str(), duty.id.as_str());
            let entry = self.duty_entry(now, Kind::TasksMade, By::System, subject, details)?;
            // One that is due soon is told at once: its reminder lies behind it.
            let soon: Vec<Task> = part.iter().filter(|t| t.reminded > 0).cloned().collect();
            Box::pin(self.tell_of_new_tasks(&mut *tx, &soon, now)).await?;
            self.commit(tx, vec![entry]).await?;
        }
        Ok(made)
    }

    /// For whom a recurring duty has tasks today.
    async fn scopes(&self, duty: &DutyType, now: Millis) -> Result<Vec<Since>> {
        let scopes = match duty.each {
            DutyEach::Body => vec![Scope::Body],
            DutyEach::Section => {
                self.pack().sections().iter().map(|s| Scope::Section(SectionId::new(s.id.clone()))).collect()
            }
            DutyEach::Person => {
                let mut people: BTreeMap<UserId, SectionId> = BTreeMap::new();
                for post in self.pack().posts().iter().filter(|p| p.roles.contains(&duty.owner)) {
                    people.extend(self.store().people_of_post(&post.id, now).await?);
                }
                people.into_iter().map(|(user, section)| Scope::Person(user, section)).collect()
            }
            DutyEach::Register => match &duty.rows {
                Some(rows) => return self.row_scopes(rows).await,
                None => Vec::new(),
            },
        };
        Ok(scopes.into_iter().map(|scope| Since { scope, from: None }).collect())
    }

    /// The tasks that something that happened sets off, written in its transaction; their evidence.
    pub(crate) async fn set_off(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        happened: &Happened<'_>,
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let mut evidence = Vec::new();
        for duty in self.pack().duty_types() {
            if !matches!(&duty.occurs, Occurs::On { on, .. } if *on == happened.trigger) {
                continue;
            }
            let scopes = match (duty.each, happened.person, happened.section) {
                (DutyEach::Body, _, _) => vec![Scope::Body],
                (DutyEach::Section, _, Some(section)) => vec![Scope::Section(section.clone())],
                (DutyEach::Person, Some(person), Some(section)) => {
                    vec![Scope::Person(person.clone(), section.clone())]
                }
                // Who left does nothing here any more.
                (DutyEach::Person, None, Some(_)) => continue,
                // What concerns everybody is for everybody whom the duty is for.
                (DutyEach::Section | DutyEach::Person | DutyEach::Register, _, _) => {
                    self.scopes(duty, now).await?.into_iter().map(|of| of.scope).collect()
                }
            };
            let event = Covers::Event {
                key: format!("{}-{}", happened.trigger.id(), happened.subject),
                what: happened.what.clone(),
                on: day_of(now),
                zone: None,
            };
            let tasks = self.tasks_of_event(duty, scopes, &event, now);
            for part in tasks.chunks(AT_ONCE) {
                if tx.insert_tasks(part).await? == 0 {
                    continue;
                }
                for task in part.iter().take(1) {
                    let details = json!({ "trigger": happened.trigger.id(), "tasks": part.len() });
                    evidence.push(self.task_entry(now, Kind::TaskStarted, by, task, details)?);
                }
                Box::pin(self.tell_of_new_tasks(tx, part, now)).await?;
            }
        }
        evidence.extend(self.set_off_courses(tx, by, happened, now).await?);
        Ok(evidence)
    }

    /// The tasks of one duty that an event sets off. None while the pack leaves open within how many days.
    pub(super) fn tasks_of_event(
        &self,
        duty: &DutyType,
        scopes: Vec<Scope>,
        event: &Covers,
        now: Millis,
    ) -> Vec<Task> {
        let Some(within) = within(&duty.occurs) else { return Vec::new() };
        let due = within.due(event.first(), &self.calendar());
        let terms = self.task_terms(duty);
        scopes
            .into_iter()
            .map(|scope| Task::new(new_task(duty, &terms, scope, event.clone(), due), now))
            .collect()
    }

    /// What time brings to tasks: one part of those it concerns. How many there were.
    pub(crate) async fn pass_tasks(&self, limit: u32) -> Result<usize> {
        let now = self.now();
        let due = self.store().due_tasks(now, limit).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let mut tx = self.store().begin().await?;
        let mut changed = 0;
        // By duty and by what happened: one entry names all of them, for a whole body may be reminded in one night.
        let mut told: BTreeMap<(String, Kind, Option<String>), BTreeSet<TaskId>> = BTreeMap::new();
        for id in &due {
            let Some(mut task) = tx.task(id).await? else { continue };
            let events = task.pass(now);
            tx.update_task(&task).await?;
            if !events.is_empty() {
                Box::pin(self.tell_of_task(&mut *tx, &task, &events, now)).await?;
            }
            changed += 1;
            for event in events {
                let (kind, to) = match event {
                    Event::Reminded => (Kind::TasksReminded, None),
                    Event::Overdue => (Kind::TasksOverdue, None),
                    Event::Escalated { to } => (Kind::TasksEscalated, Some(to)),
                    _ => continue,
                };
                told.entry((task.duty.clone(), kind, to)).or_default().insert(id.clone());
            }
        }
        let mut evidence = Vec::new();
        for ((duty, kind, to), tasks) in told {
            let tasks: Vec<&str> = tasks.iter().map(TaskId::as_str).collect();
            let details = json!({ "to": to, "tasks": tasks });
            evidence.push(self.duty_entry(now, kind, By::System, ("duty", &duty, &duty), details)?);
        }
        if evidence.is_empty() {
            // Only the clocks moved on; that is said with the next thing that happens, and found again until then.
            return Ok(0);
        }
        self.commit(tx, evidence).await?;
        Ok(changed)
    }
}
