//! Which notices a task of a duty asks for, and those of a section that is late.

use policy::NoticeKind;
use workflow::{
    Millis,
    calendar::day_of,
    duty::{self, Covers, Task, task::Desk},
    id::SectionId,
    route::Scope,
};

use super::{Wanted, himself, in_role};
use crate::{
    App,
    error::Result,
    notices::store::{About, Told},
    ports::Tx,
};

impl App {
    /// The notices that a task asks for now, and those that tell what just happened to it.
    pub(in crate::notices) async fn wanted_by_task(
        &self,
        task: &Task,
        events: &[duty::Event],
        now: Millis,
    ) -> Result<Wanted> {
        use duty::{Event, State};
        let mut wanted = Wanted::new("task", task.id.as_str());
        let title = self.task_named(task);
        let told = |kind, occasion: String| Told {
            kind,
            about: About::new("task", task.id.as_str()),
            occasion,
            // Whoever may see a task sees it in every zone, without what was written in others.
            zones: Vec::new(),
            title: title.clone(),
            unnamed: false,
            number: None,
            due_at: Some(task.due_at()),
            made_at: now,
        };
        let reporter = task.report.as_ref().map(|r| &r.by);
        let (kind, occasion) = match task.state {
            State::Open => match (&task.returned, task.overdue_at, task.reminded, &task.covers) {
                (Some(word), ..) => (Some(NoticeKind::TaskReturned), word.at.to_string()),
                (None, Some(_), ..) => (Some(NoticeKind::TaskOverdue), String::new()),
                (None, None, 1.., _) => (Some(NoticeKind::TaskDue), task.reminded.to_string()),
                (None, None, 0, Covers::Event { .. }) => (Some(NoticeKind::TaskNew), String::new()),
                (None, None, 0, Covers::Period(_)) => (None, String::new()),
            },
            State::Reported => {
                let at = task.report.as_ref().map_or(0, |r| r.at);
                (Some(NoticeKind::TaskConfirm), at.to_string())
            }
            State::WaiverAsked => {
                let at = task.waiver.as_ref().map_or(0, |w| w.asked.at);
                (Some(NoticeKind::TaskWaiver), at.to_string())
            }
            State::Done | State::Waived | State::Dropped => (None, String::new()),
        };
        if let (Some(kind), Some(desk)) = (kind, task.desk()) {
            let mut people = match desk {
                Desk::Person(person) => himself(person),
                Desk::Role(role, section) => {
                    let scope = section.map_or(Scope::City, |s| Scope::Section(s.clone()));
                    in_role(self.holders(role, &scope, now).await?, role)
                }
            };
            let asker = match task.state {
                State::Reported => reporter,
                State::WaiverAsked => task.waiver.as_ref().map(|w| &w.asked.by),
                _ => None,
            };
            // Nobody confirms his own report.
            people.retain(|(person, _)| Some(person) != asker);
            self.tell(&mut wanted, &told(kind, occasion), people);
        }
        if matches!(task.state, State::Open | State::WaiverAsked) {
            let made = usize::try_from(task.escalated).unwrap_or(usize::MAX);
            for (index, (_, role)) in task.terms.escalations.iter().take(made).enumerate() {
                let scope = task.scope.section().map_or(Scope::City, |s| Scope::Section(s.clone()));
                let people = in_role(self.holders(role, &scope, now).await?, role);
                self.tell(&mut wanted, &told(NoticeKind::TaskEscalated, index.to_string()), people);
            }
        }
        for event in events {
            let person = match event {
                Event::Confirmed => reporter,
                Event::WaiverGranted => task.waiver.as_ref().map(|w| &w.asked.by),
                _ => None,
            };
            if let Some(person) = person {
                let told = Told { due_at: None, ..told(NoticeKind::TaskEnded, String::new()) };
                self.tell(&mut wanted, &told, himself(person));
            }
        }
        Ok(wanted)
    }

    /// The title of a task with what tells it from its sisters: somebody may have one for each system that he looks after.
    fn task_named(&self, task: &Task) -> String {
        let of = match &task.scope {
            duty::Scope::Row(of) => {
                self.pack().register(&of.row.register).map(|register| register.number_shown(of.row.number))
            }
            duty::Scope::Section(section) => Some(self.section_name(section)),
            duty::Scope::Body | duty::Scope::Person(..) => None,
        };
        of.map_or_else(|| task.title.clone(), |of| format!("{}({of})", task.title))
    }

    /// The notices of a section with so many overdue tasks.
    pub(in crate::notices) async fn wanted_by_section(
        &self,
        section: &SectionId,
        overdue: u32,
        now: Millis,
    ) -> Result<Wanted> {
        let mut wanted = Wanted::new("section", section.as_str());
        if overdue > 0 {
            let week = workflow::calendar::Every::Week.period(day_of(now));
            let told = Told {
                kind: NoticeKind::SectionLate,
                about: About::new("section", section.as_str()),
                occasion: week.key,
                zones: Vec::new(),
                title: self.section_name(section),
                unnamed: false,
                number: Some(i64::from(overdue)),
                due_at: None,
                made_at: now,
            };
            let people = self.told_by_rule(NoticeKind::SectionLate, Some(section), now).await?;
            self.tell(&mut wanted, &told, people);
        }
        Ok(wanted)
    }

    /// Tells of a changed task, in its transaction.
    pub(crate) async fn tell_of_task(
        &self,
        tx: &mut dyn Tx,
        task: &Task,
        events: &[duty::Event],
        now: Millis,
    ) -> Result<()> {
        let wanted = self.wanted_by_task(task, events, now).await?;
        self.put(tx, &wanted, now).await
    }

    /// Tells of tasks that were just made, in the transaction that makes them.
    pub(crate) async fn tell_of_new_tasks(&self, tx: &mut dyn Tx, tasks: &[Task], now: Millis) -> Result<()> {
        let mut notices = Vec::new();
        for task in tasks {
            notices.extend_from_slice(self.wanted_by_task(task, &[], now).await?.notices());
        }
        if notices.is_empty() {
            return Ok(());
        }
        Ok(tx.add_notices(&notices).await?)
    }
}
