//! A route of approvals: the steps a matter must pass, what each person decided, and how long each may take.
//!
//! Owns the order of steps, the rule that each step is decided by a person who has not decided another one and
//! is not the submitter, deputising (代決) with its later review (後閲), and deadlines: everything that a transfer and a
//! request have in common. Each of them owns an [`Approval`] and a [`Term`]. Which steps are open, side by side too, and what
//! time brings to each of them is in `open`.
//! Leaves to others: who holds a role today (`app`), whether the person may act at all (`authz`), what comes of the
//! last decision ([`crate::transfer`], [`crate::request`]).

mod open;

use serde::{Deserialize, Serialize};

use crate::{
    Millis,
    id::{FileId, SectionId, UserId},
};

pub use open::{Escalation, Watch};

/// Where the holder of a step's role is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "in", content = "id")]
pub enum Scope {
    /// Anyone in the body who holds the role.
    City,
    /// Holders of the role for this department, or above.
    Department(String),
    /// Holders of the role for this section, or above.
    Section(SectionId),
}

impl Scope {
    /// One text for an indexed column: `*`, `d:` and the department's id, or `s:` and the section's.
    #[must_use]
    pub fn column(&self) -> String {
        match self {
            Scope::City => "*".to_owned(),
            Scope::Department(d) => format!("d:{d}"),
            Scope::Section(s) => format!("s:{s}"),
        }
    }
}

/// One step, as the pack had it when the request was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The pack's id of the step.
    pub id: String,
    /// What the screen calls it, such as 所属長承認.
    pub title: String,
    /// The role that decides.
    pub role: String,
    /// Where that role is looked for.
    pub scope: Scope,
    /// Hours until the step is overdue, counted from the moment it opens.
    pub deadline_hours: u32,
    /// Posts whose holders may decide while the approver is absent (代決), the first in line first.
    pub deputies: Vec<String>,
    /// The statements that ask for this step.
    pub statements: Vec<String>,
    /// The role that the pack asks for, when nobody in it may decide and the step is for one above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_from: Option<String>,
    /// 合議: neighbours of one group are open side by side, in no order among them, and all of them must agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What time brings to it.
    #[serde(default, skip_serializing_if = "Watch::is_empty")]
    pub watch: Watch,
}

/// The steps of one request in order. May be empty: nothing to approve.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// In order; a step opens when the one before it is approved, those of one group together.
    pub steps: Vec<Step>,
}

/// What a person may say at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// 承認: go on; at the last step this is the 決裁.
    Approve,
    /// 差戻し: back to the submitter, who may change it and submit again.
    Return,
    /// 否認: over.
    Reject,
}

impl Verdict {
    /// The word used in storage, evidence and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Verdict::Approve => "approve",
            Verdict::Return => "return",
            Verdict::Reject => "reject",
        }
    }

    /// The verdict with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        [Verdict::Approve, Verdict::Return, Verdict::Reject].into_iter().find(|v| v.id() == id)
    }
}

/// One decision, kept for ever. Rounds count submissions: a returned request starts its route again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Which submission of the request this belongs to, from 1.
    pub round: u32,
    /// Index of the step in the route.
    pub step: usize,
    /// Who decided.
    pub by: UserId,
    /// 代決: for whom, when the holder of the role was absent.
    pub on_behalf_of: Option<UserId>,
    /// What was decided.
    pub verdict: Verdict,
    /// Why. Required unless approving.
    pub comment: String,
    /// The hash of exactly what the person saw, such as [`crate::transfer::Transfer::content_hash`].
    pub content_hash: String,
    /// When.
    pub at: Millis,
    /// 後閲: when the person who was deputised for looked at it afterwards.
    pub reviewed_at: Option<Millis>,
    /// 検査確認: the files that pass unchanged on this person's word. Empty unless approving.
    pub vouches: Vec<Vouch>,
}

/// 検査確認: a person's word for one file that passes unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vouch {
    /// Which file.
    pub file: FileId,
    /// SHA-256 of the original that was opened and is vouched for, lower-case hex.
    pub sha256: String,
    /// How it was made sure: 1 to [`NOTE_CHARS_MAX`] characters.
    pub note: String,
}

/// Longest note of a vouch, in characters.
pub const NOTE_CHARS_MAX: usize = 500;

/// Longest comment of a decision, in characters.
pub const COMMENT_CHARS_MAX: usize = 2_000;

/// How far the decisions about one matter have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Which submission this is, from 1.
    pub round: u32,
    /// The steps it must pass, as the pack had them when it was submitted.
    pub route: Route,
    /// The step that is open while a decision is waited for: the first of those that are, side by side.
    pub step: usize,
    /// Every decision so far, of every round, oldest first.
    pub decisions: Vec<Decision>,
}

/// What a person says at the open step, and about what.
#[derive(Debug, Clone, Copy)]
pub struct Vote<'a> {
    /// Who. The caller has made sure that he holds the role, or is the deputy of whom he stands in for.
    pub by: &'a UserId,
    /// 代決: for whom.
    pub on_behalf_of: Option<&'a UserId>,
    /// 承認, 差戻し or 否認.
    pub verdict: Verdict,
    /// Why. Required unless approving.
    pub comment: &'a str,
    /// The hash of what he was shown.
    pub seen_hash: &'a str,
    /// Which of the steps that are open side by side; `None`: the first of them.
    pub step: Option<usize>,
}

/// Why nothing was decided. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No step waits for a decision.
    #[error("no step is open")]
    NoStep,
    /// What the person saw is not what there is now; look again and decide again.
    #[error("the content has changed since it was shown")]
    ContentChanged,
    /// Nobody decides his own request.
    #[error("the submitter may not decide")]
    OwnRequest,
    /// Someone who decided an earlier step of this round may not decide this one.
    #[error("the same person decided an earlier step")]
    SamePerson,
    /// This step may not be decided by a deputy, or not by this one.
    #[error("this step has no deputies")]
    NoDeputy,
    /// A comment is needed to return or reject, or it is too long.
    #[error("a comment of 1 to {COMMENT_CHARS_MAX} characters is needed")]
    Comment,
    /// The time for this has passed.
    #[error("the deadline has passed")]
    Overdue,
    /// That decision does not wait for the review of this person.
    #[error("no such decision waits for a review by this person")]
    NoReview,
}

/// What happened to an approval; `app` turns each into evidence and tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step opened.
    StepOpened {
        /// Which step.
        step: usize,
        /// Until when.
        due_at: Millis,
    },
    /// Nobody in a step's role may decide it; a role above does.
    StepRaised {
        /// Which step.
        step: usize,
        /// The role it was for.
        from: String,
        /// The role it is for now.
        to: String,
    },
    /// Nobody at all may decide a step; the submitter has it back.
    ApproverMissing {
        /// Which step.
        step: usize,
    },
    /// A step's deadline is near or passed, and its approvers were reminded.
    Reminded {
        /// Which step.
        step: usize,
    },
    /// A step is overdue for so long that another role may decide it as well.
    Escalated {
        /// Which step.
        step: usize,
        /// That role.
        to: String,
    },
    /// A person decided.
    Decided(Decision),
    /// A decision by a deputy waits for the review of the person deputised for.
    ReviewDue {
        /// Index of the decision.
        decision: usize,
        /// Who reviews.
        by: UserId,
    },
    /// That review took place.
    Reviewed {
        /// Index of the decision.
        decision: usize,
    },
}

impl Approval {
    /// Before the first step of the first round.
    #[must_use]
    pub fn new(route: Route) -> Self {
        Self { round: 1, route, step: 0, decisions: Vec::new() }
    }

    /// Submitted again: the route starts anew, and what was decided before is kept.
    pub fn restart(&mut self, route: Route) {
        self.route = route;
        self.round += 1;
        self.step = 0;
    }

    /// The step that is next to be decided; `None` when all are.
    #[must_use]
    pub fn next_step(&self) -> Option<&Step> {
        self.route.steps.get(self.step)
    }

    /// Whether this person decided a step of this round, himself or through a deputy.
    #[must_use]
    pub fn has_decided(&self, user: &UserId) -> bool {
        self.decisions
            .iter()
            .any(|d| d.round == self.round && (d.by == *user || d.on_behalf_of.as_ref() == Some(user)))
    }

    /// Whether the rules leave this person free to decide: he did not submit it and decided no step of this round.
    #[must_use]
    pub fn is_free_to_decide(&self, submitter: &UserId, user: &UserId) -> bool {
        user != submitter && !self.has_decided(user)
    }

    /// Whether this vote may be recorded at the open step of a matter with this content.
    ///
    /// # Errors
    /// Every [`Refusal`] but [`Refusal::NoReview`].
    pub fn check(
        &self,
        vote: &Vote<'_>,
        submitter: &UserId,
        content_hash: &str,
        term: Term,
        now: Millis,
    ) -> Result<(), Refusal> {
        let index = self.voted(vote).ok_or(Refusal::NoStep)?;
        let step = self.route.steps.get(index).ok_or(Refusal::NoStep)?;
        if term.is_over(now) {
            return Err(Refusal::Overdue);
        }
        let Vote { by, on_behalf_of, .. } = *vote;
        if by == submitter || on_behalf_of == Some(submitter) {
            return Err(Refusal::OwnRequest);
        }
        // Nobody is his own deputy: he would review himself.
        if on_behalf_of.is_some() && (step.deputies.is_empty() || on_behalf_of == Some(by)) {
            return Err(Refusal::NoDeputy);
        }
        if self.has_decided(by) || on_behalf_of.is_some_and(|o| self.has_decided(o)) {
            return Err(Refusal::SamePerson);
        }
        let length = vote.comment.trim().chars().count();
        if length > COMMENT_CHARS_MAX || (length == 0 && vote.verdict != Verdict::Approve) {
            return Err(Refusal::Comment);
        }
        if content_hash != vote.seen_hash {
            return Err(Refusal::ContentChanged);
        }
        Ok(())
    }

    /// Records a vote that [`Approval::check`] let pass. An approval moves on to the next step; what comes of the other
    /// verdicts is the owner's matter.
    pub fn record(&mut self, vote: &Vote<'_>, vouches: Vec<Vouch>, now: Millis) -> Vec<Event> {
        let decision = Decision {
            round: self.round,
            step: self.voted(vote).unwrap_or(self.step),
            by: vote.by.clone(),
            on_behalf_of: vote.on_behalf_of.cloned(),
            verdict: vote.verdict,
            comment: vote.comment.trim().to_owned(),
            content_hash: vote.seen_hash.to_owned(),
            at: now,
            reviewed_at: None,
            vouches,
        };
        let mut events = vec![Event::Decided(decision.clone())];
        if let Some(holder) = vote.on_behalf_of {
            events.push(Event::ReviewDue { decision: self.decisions.len(), by: holder.clone() });
        }
        self.decisions.push(decision);
        if vote.verdict == Verdict::Approve {
            self.advance();
        }
        events
    }

    /// Puts an open step before a role above its own, because nobody in its own is free to decide. The deputies of
    /// the step stand in for its own role, not for one above.
    ///
    /// # Errors
    /// [`Refusal::NoStep`] unless it is open.
    pub fn raise(&mut self, index: usize, role: String, scope: Scope) -> Result<Event, Refusal> {
        if !self.open_steps().contains(&index) {
            return Err(Refusal::NoStep);
        }
        let step = self.route.steps.get_mut(index).ok_or(Refusal::NoStep)?;
        let from = std::mem::replace(&mut step.role, role.clone());
        step.raised_from.get_or_insert_with(|| from.clone());
        step.scope = scope;
        step.deputies.clear();
        Ok(Event::StepRaised { step: index, from, to: role })
    }

    /// 後閲: the person deputised for has looked at the decision.
    ///
    /// # Errors
    /// [`Refusal::NoReview`].
    pub fn review(&mut self, decision: usize, by: &UserId, now: Millis) -> Result<Event, Refusal> {
        let entry = self
            .decisions
            .get_mut(decision)
            .filter(|d| d.on_behalf_of.as_ref() == Some(by) && d.reviewed_at.is_none())
            .ok_or(Refusal::NoReview)?;
        entry.reviewed_at = Some(now);
        Ok(Event::Reviewed { decision })
    }
}

/// Until when somebody is waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Term {
    /// When the person who acts next should have acted. Present exactly where [`Term::expires_at`] is.
    pub due_at: Option<Millis>,
    /// 督促: when that passed and he was reminded.
    pub reminded_at: Option<Millis>,
    /// When the waiting ends by itself. What is overdue may still be done until then.
    pub expires_at: Option<Millis>,
}

impl Term {
    /// Ends some days from now, without a reminder before.
    #[must_use]
    pub fn days(days: u32, now: Millis) -> Self {
        let end = Some(now + Millis::from(days) * DAY);
        Self { due_at: end, reminded_at: None, expires_at: end }
    }

    /// Whether the end has passed.
    #[must_use]
    pub fn is_over(&self, now: Millis) -> bool {
        self.expires_at.is_some_and(|end| now > end)
    }

    /// Notes that a reminder was given, if one is due: once, after the moment it was due.
    pub fn remind(&mut self, now: Millis) -> bool {
        let is_due = self.reminded_at.is_none() && self.due_at.is_some_and(|due| now > due);
        if is_due {
            self.reminded_at = Some(now);
        }
        is_due
    }
}

/// An hour.
pub const HOUR: Millis = 3_600_000;
/// A day.
pub const DAY: Millis = 24 * HOUR;
