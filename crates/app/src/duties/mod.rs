//! Duties (実施事項): tasks that time and events make, how they are done, and how far everybody is.
//!
//! Owns what of the pack a task is made of, the facts that rights depend on, and evidence. Leaves making tasks and what time
//! brings to `making`, tasks about rows of registers to `rows`, reporting, confirming and letting go to `doing`, what people see to `views`, periods and states to
//! `workflow`.

mod doing;
mod leaving;
mod making;
mod rows;
pub mod store;
mod views;

use authz::{DutyStage, Place};
use policy::{ClosedDays, DutyType};
use serde_json::{Value, json};
use workflow::{
    Millis,
    calendar::{Calendar, Closed, Every},
    duty::{Covers, Due, Recurrence, Scope, State, Task, Terms, Within, task::NewTask},
    id::UserId,
};

use crate::{
    App,
    error::Result,
    evidence::{Act, By, Kind},
    model::NewEvidence,
};

pub use doing::{NewReport, NewStart};
pub(crate) use making::Happened;
pub(crate) use views::leave_out_event;
pub use views::{
    DutyCard, DutyMonth, DutyYear, SectionRate, TaskDetail, TaskMay, TaskTray, TasksAtHome, YearRow,
};

impl App {
    /// The days on which the body is open, by the policy in force.
    pub(crate) fn calendar(&self) -> Calendar {
        let narrow = |n: u8| i8::try_from(n).unwrap_or(1);
        let closed = self.pack().closed_days().iter().filter_map(|c| match &c.days {
            ClosedDays::Yearly { from, until } => Some(Closed::Yearly {
                from: (narrow(from.0), narrow(from.1)),
                until: (narrow(until.0), narrow(until.1)),
            }),
            // The pack was checked: a date in it is one.
            ClosedDays::Once(date) => date.parse().ok().map(Closed::Once),
        });
        Calendar::new(closed.collect())
    }

    /// What a task of this duty goes by.
    fn task_terms(&self, duty: &DutyType) -> Terms {
        let escalations: Vec<(u32, String)> =
            duty.escalations.iter().map(|e| (e.after_days, e.to.clone())).collect();
        let wide = std::iter::once(&duty.owner)
            .chain(&duty.confirm_by)
            .chain(&duty.waiver_by)
            .filter(|id| self.pack().role(id).is_some_and(|r| r.city_wide))
            .cloned()
            .collect();
        Terms {
            owner: duty.owner.clone(),
            confirm_by: duty.confirm_by.clone(),
            waiver_by: duty.waiver_by.clone(),
            wide,
            remind_days: duty.remind_days.clone(),
            escalations,
        }
    }

    /// The facts of a task that rights depend on.
    pub(crate) fn task_facts(&self, task: &Task) -> authz::DutyTask {
        let said = match task.state {
            State::Reported => task.report.as_ref().map(|r| (&r.by, &r.zone)),
            State::WaiverAsked => task.waiver.as_ref().map(|w| (&w.asked.by, &w.asked.zone)),
            // Whoever asks again is told that it is over, and not that he stands in the wrong zone.
            State::Done => task.report.as_ref().map(|r| (&r.by, &r.zone)),
            State::Waived => task.waiver.as_ref().map(|w| (&w.asked.by, &w.asked.zone)),
            State::Open | State::Dropped => None,
        };
        authz::DutyTask {
            id: task.id.as_str().to_owned(),
            place: task.scope.section().map_or(Place::City, |section| self.place(section)),
            person: task.scope.person().map(|user| user.as_str().to_owned()),
            // For a row, whoever answers for its section may do it too: who is named in it may be away.
            owner: match &task.scope {
                Scope::Person(..) => None,
                Scope::Body | Scope::Section(_) | Scope::Row(_) => Some(task.terms.owner.clone()),
            },
            confirmer: task.terms.confirm_by.clone(),
            waiver: task.terms.waiver_by.clone(),
            reported_by: said.map(|(by, _)| by.as_str().to_owned()),
            zone: said.map(|(_, zone)| zone.as_str().to_owned()),
            stage: match task.state {
                State::Open => DutyStage::Open,
                State::Reported => DutyStage::Reported,
                State::WaiverAsked => DutyStage::WaiverAsked,
                State::Done | State::Waived | State::Dropped => DutyStage::Ended,
            },
        }
    }

    /// The statements that a task of this duty is evidence for: those that it names, and those that name its mechanism, unless
    /// they belong to another duty. Empty for a duty that the pack no longer has.
    pub(crate) fn statements_of_duty(&self, duty: &str) -> Vec<String> {
        if let Some(course) = workflow::training::course_of(duty) {
            return self.statements_of_course(course);
        }
        let Some(duty) = self.pack().duty_type(duty) else { return Vec::new() };
        let mut statements = duty.statements.clone();
        let is_anothers = |id: &String| self.pack().duty_types().iter().any(|d| d.statements.contains(id));
        let by_mechanism = duty.mechanism.into_iter().flat_map(|m| self.pack().served_by(m));
        statements.extend(by_mechanism.map(|s| s.id.clone()).filter(|id| !is_anothers(id)));
        statements.sort();
        statements.dedup();
        statements
    }

    /// Evidence about a task, or about the tasks of a duty.
    pub(crate) fn duty_entry(
        &self,
        now: Millis,
        kind: Kind,
        by: By<'_>,
        (subject, id, duty): (&'static str, &str, &str),
        details: Value,
    ) -> Result<NewEvidence> {
        let statements = self.statements_of_duty(duty);
        let act = Act { kind, by, subject: (subject, id), details, statements: &statements };
        // The statements are exactly these: a kind is shared by all duties, and so are mechanisms.
        self.entry_by(now, &act, None, &[])
    }

    /// Evidence about one task.
    fn task_entry(
        &self,
        now: Millis,
        kind: Kind,
        by: By<'_>,
        task: &Task,
        details: Value,
    ) -> Result<NewEvidence> {
        let mut told = json!({
            "duty": task.duty,
            "title": task.title,
            "scope": scope_details(&task.scope),
            "covers": covers_details(&task.covers),
            "nth": task.nth,
            "times": task.times,
            "due_on": task.due_on.to_string(),
        });
        if let (Some(told), Value::Object(details)) = (told.as_object_mut(), details) {
            told.extend(details);
        }
        self.duty_entry(now, kind, by, ("task", task.id.as_str(), &task.duty), told)
    }
}

fn scope_details(scope: &Scope) -> Value {
    match scope {
        Scope::Body => json!({ "kind": "body" }),
        Scope::Section(section) => json!({ "kind": "section", "section": section.as_str() }),
        Scope::Person(user, section) => {
            json!({ "kind": "person", "person": UserId::as_str(user), "section": section.as_str() })
        }
        Scope::Row(of) => json!({
            "kind": "row",
            "row": of.row.to_string(),
            "section": of.section.as_ref().map(|s| s.as_str()),
            "person": of.person.as_ref().map(UserId::as_str),
        }),
    }
}

fn covers_details(covers: &Covers) -> Value {
    match covers {
        Covers::Period(period) => {
            json!({ "from": period.first.to_string(), "until": period.last.to_string() })
        }
        Covers::Event { what, on, .. } => json!({ "event": what, "on": on.to_string() }),
    }
}

/// How a duty or a course recurs, in the words of the rules; `None` for one that is set off, or whose number nobody set.
pub(crate) fn recurrence(occurs: &policy::Occurs) -> Option<Recurrence> {
    let policy::Occurs::Every { every, times, due } = occurs else { return None };
    Some(Recurrence {
        every: match every {
            policy::Every::FiscalYear => Every::FiscalYear,
            policy::Every::Half => Every::Half,
            policy::Every::Quarter => Every::Quarter,
            policy::Every::Month => Every::Month,
            policy::Every::Week => Every::Week,
        },
        times: u32::try_from(times.value?).unwrap_or(1).clamp(1, 366),
        due: match *due {
            policy::DueRule::BusinessDay(n) => Due::BusinessDay(n),
            policy::DueRule::Date { month, day } => {
                Due::Date { month: i8::try_from(month).unwrap_or(1), day: i8::try_from(day).unwrap_or(1) }
            }
            policy::DueRule::BeforeEnd(n) => Due::BeforeEnd(n),
            policy::DueRule::AfterEnd(n) => Due::AfterEnd(n),
        },
    })
}

/// Within how many days a duty or a course is to be done once it is set off.
pub(crate) fn within(occurs: &policy::Occurs) -> Option<Within> {
    let policy::Occurs::On { within_days, days, .. } = occurs else { return None };
    let n = u32::try_from(within_days.value?).unwrap_or(u32::MAX);
    Some(match days {
        policy::DayCount::Calendar => Within::Calendar(n),
        policy::DayCount::Business => Within::Business(n),
    })
}

/// What a new task of a duty is made of.
fn new_task(
    duty: &DutyType,
    terms: &Terms,
    scope: Scope,
    covers: Covers,
    due_on: jiff::civil::Date,
) -> NewTask {
    NewTask {
        duty: duty.id.clone(),
        title: duty.title.clone(),
        scope,
        covers,
        nth: 1,
        times: 1,
        due_on,
        terms: terms.clone(),
    }
}
