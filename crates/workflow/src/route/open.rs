//! The steps that are open, side by side too (合議), and what time brings to each: reminders, and another role that may decide as
//! well when nobody does.
//!
//! Owns which steps wait for a decision, until when, and the clock of each. Leaves who may decide to the caller, and the rules of
//! a vote to [`super`].

use serde::{Deserialize, Serialize};

use super::{Approval, DAY, Event, HOUR, Scope, Step, Term, Verdict, Vote};
use crate::Millis;

/// A role that may decide a step as well when it is overdue for so long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// Days after it was due.
    pub after_days: u32,
    /// The role.
    pub role: String,
    /// Where it is looked for.
    pub scope: Scope,
}

/// What time brings to a step, and how far that has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Watch {
    /// Days before it is due on which its approvers are reminded, the most first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remind_days: Vec<u32>,
    /// Who may decide it as well after how long, the earliest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<Escalation>,
    /// When it opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Millis>,
    /// Reminders that were given.
    #[serde(skip_serializing_if = "is_zero")]
    pub reminded: usize,
    /// Escalations that were made.
    #[serde(skip_serializing_if = "is_zero")]
    pub escalated: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl Watch {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Step {
    /// Every role that may decide it now, and where each is looked for: its own first, then those it was escalated to.
    pub fn desks(&self) -> impl Iterator<Item = (&str, &Scope)> {
        let escalated = self.watch.escalations.iter().take(self.watch.escalated);
        std::iter::once((self.role.as_str(), &self.scope))
            .chain(escalated.map(|e| (e.role.as_str(), &e.scope)))
    }

    /// Until when it should be decided, once it is open. Steps that opened before this was noted go by the term of the whole.
    fn due_at(&self, term: Term) -> Option<Millis> {
        let opened = self.watch.opened_at;
        opened.map(|at| at + Millis::from(self.deadline_hours) * HOUR).or(term.due_at)
    }

    /// The moments at which its approvers are reminded: before it is due as the pack says, and once it was.
    fn reminders(&self, due_at: Millis) -> impl Iterator<Item = Millis> {
        let before = self.watch.remind_days.iter().map(move |days| due_at - Millis::from(*days) * DAY);
        before.chain(std::iter::once(due_at))
    }

    fn next_escalation(&self, due_at: Millis) -> Option<(Millis, &str)> {
        let next = self.watch.escalations.get(self.watch.escalated)?;
        Some((due_at + Millis::from(next.after_days) * DAY, &next.role))
    }

    /// The next moment after which time has something to say about it.
    fn alarm_at(&self, term: Term) -> Option<Millis> {
        let due_at = self.due_at(term)?;
        let reminder = self.reminders(due_at).nth(self.watch.reminded);
        let escalation = self.next_escalation(due_at).map(|(at, _)| at);
        [reminder, escalation].into_iter().flatten().min()
    }
}

impl Approval {
    /// The places of the steps that wait for a decision: the next one, or those of its group that nobody has approved in this
    /// round. Empty when all are decided.
    #[must_use]
    pub fn open_steps(&self) -> Vec<usize> {
        let Some(next) = self.next_step() else { return Vec::new() };
        if next.group.is_none() {
            return vec![self.step];
        }
        let steps = self.route.steps.iter().enumerate().skip(self.step);
        let of_group = steps.take_while(|(_, step)| step.group == next.group).map(|(index, _)| index);
        of_group.filter(|index| !self.is_approved(*index)).collect()
    }

    fn is_approved(&self, index: usize) -> bool {
        let of_step = |d: &&super::Decision| d.round == self.round && d.step == index;
        self.decisions.iter().filter(of_step).any(|d| d.verdict == Verdict::Approve)
    }

    /// The step that a vote is about, if it is open.
    pub(super) fn voted(&self, vote: &Vote<'_>) -> Option<usize> {
        let open = self.open_steps();
        match vote.step {
            Some(step) => open.contains(&step).then_some(step),
            None => open.first().copied(),
        }
    }

    /// How many steps are still to be approved, the open ones among them.
    #[must_use]
    pub fn left(&self) -> usize {
        (self.step..self.route.steps.len()).filter(|index| !self.is_approved(*index)).count()
    }

    /// Begins with the first step again: what was decided before is not taken for what there is now.
    pub(crate) fn begin(&mut self) {
        self.step = 0;
        for step in &mut self.route.steps {
            step.watch =
                Watch { opened_at: None, reminded: 0, escalated: 0, ..std::mem::take(&mut step.watch) };
        }
    }

    /// Moves on to the first step that is still to be approved.
    pub(super) fn advance(&mut self) {
        let of_group = self.next_step().and_then(|step| step.group.clone());
        self.step = match of_group {
            None => self.step + 1,
            Some(_) => self.open_steps().first().copied().unwrap_or_else(|| {
                let rest = self.route.steps.iter().skip(self.step);
                self.step + rest.take_while(|step| step.group == of_group).count()
            }),
        };
    }

    /// Opens the next step, or those of its group, if they are not open yet: until when somebody is waited for, and what
    /// happened. `None` when nothing is left to decide.
    pub fn open(&mut self, grace_days: u32, now: Millis) -> Option<(Term, Vec<Event>)> {
        let open = self.open_steps();
        let mut events = Vec::new();
        for index in &open {
            let Some(step) = self.route.steps.get_mut(*index) else { continue };
            if step.watch.opened_at.is_some() {
                continue;
            }
            step.watch.opened_at = Some(now);
            let due_at = now + Millis::from(step.deadline_hours) * HOUR;
            // What would have been said before it opened is not said.
            step.watch.reminded = step.reminders(due_at).filter(|at| *at <= now).count();
            events.push(Event::StepOpened { step: *index, due_at });
        }
        self.term(grace_days).map(|term| (term, events))
    }

    /// Until when the open steps wait: due when the first of them is, over some days after the last of them was due.
    fn term(&self, grace_days: u32) -> Option<Term> {
        let open = self.open_steps();
        let steps = open.iter().filter_map(|index| self.route.steps.get(*index));
        let dues: Vec<Millis> = steps.filter_map(|step| step.due_at(Term::default())).collect();
        let (first, last) = (dues.iter().min()?, dues.iter().max()?);
        let expires_at = Some(last + Millis::from(grace_days) * DAY);
        Some(Term { due_at: Some(*first), reminded_at: None, expires_at })
    }

    /// What time brought to the open steps since it was last asked.
    pub(crate) fn pass(&mut self, term: &mut Term, now: Millis) -> Vec<Event> {
        let mut events = Vec::new();
        for index in self.open_steps() {
            let Some(step) = self.route.steps.get_mut(index) else { continue };
            let Some(due_at) = step.due_at(*term) else { continue };
            let passed = step.reminders(due_at).filter(|at| *at < now).count();
            if passed > step.watch.reminded {
                step.watch.reminded = passed;
                if due_at < now {
                    term.reminded_at = Some(now);
                }
                events.push(Event::Reminded { step: index });
            }
            while let Some((_, to)) = step.next_escalation(due_at).filter(|(at, _)| *at < now) {
                let to = to.to_owned();
                step.watch.escalated += 1;
                events.push(Event::Escalated { step: index, to });
            }
        }
        events
    }

    /// The next moment after which [`Approval::pass`] has something to say.
    pub(crate) fn alarm_at(&self, term: Term) -> Option<Millis> {
        let open = self.open_steps();
        open.iter().filter_map(|index| self.route.steps.get(*index)?.alarm_at(term)).min()
    }
}
