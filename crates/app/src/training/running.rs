//! Opening and closing courses, who comes to them later, reminding, erasing answers.
//!
//! Owns for whom a course is opened, and that nobody gets it twice. Leaves who it is for to `workflow`, who was in the
//! room to `attendance`.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Place};
use jiff::civil::Date;
use policy::{Course, Occurs};
use serde_json::json;
use workflow::{
    Millis,
    calendar::{day_of, fiscal_year, plus},
    duty::{Covers, Report, Scope, State, Task},
    id::{SectionId, UserId},
    training::{self, Person, Standing},
};

use super::{goes_by_roles, is_opened, is_set_off, store::CourseRun};
use crate::{
    App,
    actor::Actor,
    duties::{
        Happened, recurrence,
        store::{TaskQuery, TaskView},
        within,
    },
    error::{Error, FieldProblem, Result},
    evidence::{By, Kind},
    model::{NewEvidence, PAGE_ROWS_MAX, PageRequest, User},
    ports::Tx,
    records::store::RecordKey,
    requests::days,
};

/// A course to be opened.
#[derive(Debug, Clone, Default)]
pub struct NewRun {
    /// The course.
    pub course: String,
    /// The day on which it is due, as it was typed; empty: as the pack says.
    pub due_on: String,
    /// For a course that something sets off: what happened.
    pub what: String,
}

/// Runs that are looked at; more are not open at once in any body.
const RUNS: u32 = 100;
/// Tasks that one transaction makes or changes.
const AT_ONCE: usize = 500;
/// Longest words about what happened or where.
const WORDS_CHARS_MAX: usize = 200;
/// Days that lie ahead of a due day at most.
const DUE_DAYS_MAX: i32 = 400;
pub(super) fn problem(field: &str, title: &str, problem: &'static str) -> FieldProblem {
    FieldProblem { field: field.to_owned(), title: title.to_owned(), problem, bounds: None }
}

pub(super) fn words(field: &str, title: &str, text: &str, needed: bool) -> Option<FieldProblem> {
    let text = text.trim();
    if needed && text.is_empty() {
        return Some(problem(field, title, "empty"));
    }
    if text.chars().count() > WORDS_CHARS_MAX {
        return Some(problem(field, title, "too-long"));
    }
    text.chars().any(char::is_control).then(|| problem(field, title, "not-allowed"))
}

impl App {
    /// Opens a course for everybody it is for. Its id.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::Form`], [`Error::Conflict`] when it is open for this time already.
    pub async fn open_course(&self, actor: &Actor, new: NewRun) -> Result<String> {
        let now = self.now();
        let today = day_of(now);
        let course = self.course_type(&new.course)?;
        let _allowed =
            self.permit(actor, Action::ManageCourse, &self.course_facts(course, Place::City)).await?;
        if !is_opened(course) {
            return Err(Error::NotFound);
        }
        let mut found = Vec::new();
        let (covers, by_rule) = match &course.occurs {
            Occurs::Every { .. } => {
                let rule = recurrence(&course.occurs).ok_or(Error::NotFound)?;
                let period = rule.every.period(today);
                let due = rule.slots(&period, &self.calendar()).last().map_or(period.last, |slot| slot.due);
                // Opened too late for that day, it is due at the end of the time.
                let due = if due < today { period.last } else { due };
                (Covers::Period(period), Some(due))
            }
            Occurs::On { .. } => {
                found.extend(words("what", "起きたこと", &new.what, true));
                let event = Covers::Event {
                    key: training::opened_key(today),
                    what: new.what.trim().to_owned(),
                    on: today,
                    zone: Some(actor.zone().clone()),
                };
                (event, within(&course.occurs).map(|w| w.due(today, &self.calendar())))
            }
        };
        let due_on = match (new.due_on.trim(), by_rule) {
            ("", Some(due)) => Ok(due),
            ("", None) => Err("empty"),
            (typed, _) => match days::begin_of(typed).map(day_of) {
                None => Err("no-date"),
                Some(day) if day < today => Err("past"),
                Some(day) if day > plus(today, DUE_DAYS_MAX) => Err("not-allowed"),
                Some(day) => Ok(day),
            },
        };
        if let Err(wrong) = due_on {
            found.push(problem("due-on", "期限", wrong));
        }
        let (true, Ok(due_on)) = (found.is_empty(), due_on) else { return Err(Error::Form(found)) };
        let run = CourseRun {
            id: CourseRun::id_of(&course.id, &covers),
            course: course.id.clone(),
            covers,
            due_on,
            opened_at: now,
            opened_by: actor.id().clone(),
            closed: None,
            version: 0,
        };
        let tasks: Vec<Task> = self
            .people_of_course(course, now)
            .await?
            .into_iter()
            .map(|p| self.course_task(course, &run.covers, Scope::Person(p.user, p.section), due_on, now))
            .collect();
        let details = json!({
            "course": course.id,
            "title": course.title,
            "covers": { "from": run.covers.first().to_string(), "until": run.covers.last().to_string() },
            "due_on": due_on.to_string(),
            "people": tasks.len(),
            "content": training::content_digest(course),
            "pack": self.pack().version(),
        });
        let subject = ("course", run.id.as_str(), course.id.as_str());
        let entry = self.course_entry(now, Kind::CourseOpened, By::Actor(actor), subject, details)?;
        let mut tx = self.store().begin().await?;
        tx.insert_course_run(&run).await?;
        for part in tasks.chunks(AT_ONCE) {
            tx.insert_tasks(part).await?;
        }
        self.commit(tx, vec![entry]).await?;
        Ok(run.id)
    }

    /// Closes a course: nobody comes to it any more. What is still open stays to be done.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::Conflict`] when it is closed already.
    pub async fn close_course(&self, actor: &Actor, id: &str) -> Result<()> {
        let now = self.now();
        let run = self.store().course_run(id).await?.ok_or(Error::NotFound)?;
        let course = self.course_type(&run.course)?;
        let _allowed =
            self.permit(actor, Action::ManageCourse, &self.course_facts(course, Place::City)).await?;
        let year = fiscal_year(run.covers.first());
        let months = self.store().task_months(year, None, now).await?;
        let duty = training::duty_of(&course.id);
        let mut sections: BTreeMap<&str, (u32, u32, u32)> = BTreeMap::new();
        for m in months.iter().filter(|m| m.duty == duty) {
            let section = m.section.as_ref().map_or("", SectionId::as_str);
            let sum = sections.entry(section).or_default();
            *sum = (sum.0 + m.all.asked, sum.1 + m.all.done, sum.2 + m.all.waived);
        }
        let all = sections.values().fold((0, 0, 0), |s, n| (s.0 + n.0, s.1 + n.1, s.2 + n.2));
        let told = |(asked, passed, excused): (u32, u32, u32)| json!({ "people": asked, "passed": passed, "excused": excused });
        let details = json!({
            "course": course.id,
            "fiscal_year": year,
            "all": told(all),
            "sections": sections.into_iter().map(|(s, n)| (s.to_owned(), told(n))).collect::<serde_json::Map<_, _>>(),
        });
        let subject = ("course", run.id.as_str(), course.id.as_str());
        let entry = self.course_entry(now, Kind::CourseClosed, By::Actor(actor), subject, details)?;
        let mut tx = self.store().begin().await?;
        let mut run = tx.course_run(id).await?.ok_or(Error::NotFound)?;
        if run.closed.is_some() {
            return Err(Error::Conflict);
        }
        run.closed = Some((now, actor.id().clone()));
        tx.update_course_run(&run).await?;
        self.commit(tx, vec![entry]).await
    }

    /// Everybody whom a course is for today.
    pub(super) async fn people_of_course(&self, course: &Course, now: Millis) -> Result<Vec<Person>> {
        let today = day_of(now);
        let mut roles: BTreeMap<UserId, BTreeSet<String>> = BTreeMap::new();
        if goes_by_roles(course) {
            for post in
                self.pack().posts().iter().filter(|p| p.roles.iter().any(|r| course.roles.contains(r)))
            {
                for (user, _) in self.store().people_of_post(&post.id, now).await? {
                    roles.entry(user).or_default().extend(post.roles.iter().cloned());
                }
            }
        }
        let mut people = Vec::new();
        let mut after: Option<UserId> = None;
        loop {
            let page = self.store().users("", after.as_ref(), PAGE_ROWS_MAX).await?;
            let last = page.last().map(|u| u.id.clone());
            people.extend(page.into_iter().filter(|u| u.enabled).map(|u| {
                let roles = roles.remove(&u.id).unwrap_or_default();
                person(u, roles)
            }));
            match last {
                Some(id) => after = Some(id),
                None => break,
            }
        }
        people.retain(|p| training::is_for(course, p, today));
        Ok(people)
    }

    /// Those who came to a body, or into an audience, since its courses were opened. How many there were.
    pub(crate) async fn enrol_latecomers(&self) -> Result<u64> {
        let now = self.now();
        let today = day_of(now);
        let mut came = 0;
        for run in self.store().open_course_runs(RUNS).await? {
            let Some(course) = self.pack().course(&run.course) else { continue };
            if run.covers.last() < today {
                continue;
            }
            let duty = training::duty_of(&course.id);
            let there = self.store().task_ids(&duty, run.covers.key(), 1).await?;
            let due_on = training::due_for_latecomer(run.due_on, today);
            let tasks: Vec<Task> = self
                .people_of_course(course, now)
                .await?
                .into_iter()
                .map(|p| self.course_task(course, &run.covers, Scope::Person(p.user, p.section), due_on, now))
                .filter(|task| !there.contains(&task.id))
                .collect();
            for part in tasks.chunks(AT_ONCE) {
                let mut tx = self.store().begin().await?;
                let new = tx.insert_tasks(part).await?;
                if new == 0 {
                    continue;
                }
                came += new;
                let details = json!({ "course": course.id, "due_on": due_on.to_string(), "tasks": new });
                let subject = ("course", run.id.as_str(), course.id.as_str());
                let entry = self.course_entry(now, Kind::TasksMade, By::System, subject, details)?;
                self.commit(tx, vec![entry]).await?;
            }
        }
        Ok(came)
    }

    /// The courses that something sets off for a person, in its transaction; their evidence.
    pub(crate) async fn set_off_courses(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        happened: &Happened<'_>,
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let (Some(id), Some(section)) = (happened.person, happened.section) else { return Ok(Vec::new()) };
        let mut evidence = Vec::new();
        for course in self.pack().courses().iter().filter(|c| is_set_off(c, happened.trigger)) {
            let Some(within) = within(&course.occurs) else { continue };
            let Some(user) = tx.user(id).await? else { continue };
            let mut roles = BTreeSet::new();
            if goes_by_roles(course) {
                let held = self.grants(&self.store().posts_of(id, now).await?);
                roles.extend(held.into_iter().map(|grant| grant.role));
            }
            let who = Person { section: section.clone(), ..person(user, roles) };
            if !training::is_for(course, &who, day_of(now)) {
                continue;
            }
            let covers = Covers::Event {
                key: format!("{}-{}", happened.trigger.id(), happened.subject),
                what: happened.what.clone(),
                on: day_of(now),
                zone: None,
            };
            let due_on = within.due(day_of(now), &self.calendar());
            let scope = Scope::Person(id.clone(), section.clone());
            let task = self.course_task(course, &covers, scope, due_on, now);
            if tx.insert_tasks(std::slice::from_ref(&task)).await? > 0 {
                let details = json!({
                    "trigger": happened.trigger.id(),
                    "course": course.id,
                    "person": id.as_str(),
                    "due_on": due_on.to_string(),
                    "tasks": 1,
                });
                let subject = ("task", task.id.as_str(), course.id.as_str());
                evidence.push(self.course_entry(now, Kind::TaskStarted, by, subject, details)?);
            }
        }
        Ok(evidence)
    }

    /// Lets the courses of somebody who left go, in the transaction in which he leaves; their evidence.
    pub(crate) async fn release_courses(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        user: &UserId,
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let mut evidence = Vec::new();
        for row in self.courses_of(user).await? {
            let (Some(course), false) = (training::course_of(&row.duty), row.state.is_final()) else {
                continue;
            };
            let Some(mut task) = tx.task(&row.id).await? else { continue };
            if task.release(now).is_empty() {
                continue;
            }
            tx.update_task(&task).await?;
            let details = json!({ "course": course, "reason": "left", "person": user.as_str() });
            let subject = ("task", task.id.as_str(), course);
            evidence.push(self.course_entry(now, Kind::TaskWaived, by, subject, details)?);
        }
        Ok(evidence)
    }

    /// The tasks of courses that a person has, the last due first: one page of his tasks, which holds years.
    pub(super) async fn courses_of(&self, user: &UserId) -> Result<Vec<crate::duties::store::TaskRow>> {
        let page = PageRequest { after: None, limit: PAGE_ROWS_MAX };
        let query = TaskQuery { view: TaskView::OfPerson(user.clone()), page };
        let mut rows = self.store().tasks(&query).await?.rows;
        rows.retain(|row| training::course_of(&row.duty).is_some());
        Ok(rows)
    }

    /// 督促: tells everybody of a section who has not passed to take the course. How many that were.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`].
    pub async fn remind_course(
        &self,
        actor: &Actor,
        id: &str,
        year: i16,
        section: &SectionId,
    ) -> Result<usize> {
        let now = self.now();
        let course = self.course_type(id)?;
        let facts = self.course_facts(course, self.place(section));
        let _allowed = self.permit(actor, Action::RemindCourse, &facts).await?;
        let rows = self.course_rows(course, year, Some(section)).await?;
        let mut tx = self.store().begin().await?;
        let mut told: BTreeMap<RecordKey, Vec<String>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.row.state == State::Open).take(AT_ONCE) {
            // Locks it: who passes meanwhile is not told.
            let Some(task) = tx.task(&row.row.id).await?.filter(|t| t.state == State::Open) else { continue };
            let mut stored = tx.progress_of(&task.id).await?;
            stored.progress.reminded_at = Some(now);
            tx.put_progress(&task.id, &stored).await?;
            told.entry(RecordKey::of_course(&course.id, &task.covers)).or_default().push(task.id.to_string());
        }
        if told.is_empty() {
            return Ok(0);
        }
        let count = told.values().map(Vec::len).sum();
        let mut evidence = Vec::new();
        // One entry for each record that it belongs to: it is erased with that one.
        for (key, tasks) in told {
            let details = json!({ "course": course.id, "run": key.subject, "section": section.as_str(), "tasks": tasks });
            let subject = ("course", course.id.as_str(), course.id.as_str());
            evidence.push(self.course_entry(
                now,
                Kind::CourseReminded,
                By::Actor(actor),
                subject,
                details,
            )?);
        }
        self.commit(tx, evidence).await?;
        Ok(count)
    }

    /// Erases what was answered longer ago than the pack keeps it. How many tries that were.
    pub(crate) async fn erase_due_answers(&self, limit: u32) -> Result<usize> {
        let now = self.now();
        let due = self.store().due_answers(now, limit).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let mut tx = self.store().begin().await?;
        for (task, nth) in &due {
            tx.erase_answers(task, *nth).await?;
        }
        let attempts: Vec<String> = due.iter().map(|(task, nth)| format!("{task}#{nth}")).collect();
        let act = crate::evidence::Act {
            kind: Kind::CourseAnswersErased,
            by: By::System,
            subject: ("course", "answers"),
            details: json!({ "attempts": attempts }),
            statements: &[],
        };
        let entry = self.entry(now, &act)?;
        self.commit(tx, vec![entry]).await?;
        Ok(due.len())
    }
}

fn person(user: User, roles: BTreeSet<String>) -> Person {
    Person { joined_on: day_of(user.created_at), user: user.id, section: user.section, roles }
}

/// Ends a person's task of a course: done, or waiting for a second person where the pack asks for one.
pub(super) fn complete(task: &mut Task, by: &Actor, on: Date, now: Millis) -> Result<()> {
    let report = Report {
        by: by.id().clone(),
        at: now,
        // A course that was opened after the lecture is done on its first day.
        done_on: on.max(task.covers.first()),
        zone: by.zone().clone(),
        answers: Vec::new(),
        note: String::new(),
        attachments: Vec::new(),
    };
    task.report(report, day_of(now))?;
    Ok(())
}

/// Whether somebody has to be told: neither done nor let go.
pub(super) fn is_missing(standing: Standing) -> bool {
    !standing.is_over() && standing != Standing::Confirming
}
