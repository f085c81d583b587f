//! The permit that an approved request gives: from a day until a day, perhaps with something to be given back.
//!
//! Owns how a permit stands at a moment, giving back, taking back, and what is overdue.
//! Leaves to others: who may do these (`authz`), what a day is (`app`: times come in as the beginning of days).

use serde::{Deserialize, Serialize};

use super::{Event, Refusal, Request};
use crate::{
    Millis,
    id::UserId,
    route::{COMMENT_CHARS_MAX, DAY},
};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The beginning of the first day.
    pub from: Millis,
    /// The end of the last day.
    pub until: Millis,
    /// Whether something is to be given back.
    pub return_asked: bool,
}

/// What was permitted, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permit {
    /// As asked for.
    pub terms: Terms,
    /// When it was reported as given back, and by whom.
    pub returned: Option<(Millis, UserId)>,
    /// When it was taken back, and by whom.
    pub revoked: Option<(Millis, UserId)>,
    /// When it was noted that nothing was given back in time.
    pub overdue_noted_at: Option<Millis>,
}

/// How a permit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Its first day is still to come.
    NotYet,
    /// 有効.
    InForce,
    /// In force, and today something is to be given back.
    ReturnDue,
    /// Its last day has passed and nothing was given back.
    Overdue,
    /// 返却済.
    Returned,
    /// 終了: its last day has passed, and nothing is owed.
    Ended,
    /// 取消: taken back before its end. What was taken along is still to be given back.
    Revoked,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Standing; 7] = [
        Standing::NotYet,
        Standing::InForce,
        Standing::ReturnDue,
        Standing::Overdue,
        Standing::Returned,
        Standing::Ended,
        Standing::Revoked,
    ];

    /// The word used in the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Standing::NotYet => "not-yet",
            Standing::InForce => "in-force",
            Standing::ReturnDue => "return-due",
            Standing::Overdue => "overdue",
            Standing::Returned => "returned",
            Standing::Ended => "ended",
            Standing::Revoked => "revoked",
        }
    }

    /// Whether what was permitted may be done now.
    #[must_use]
    pub fn permits(self) -> bool {
        matches!(self, Standing::InForce | Standing::ReturnDue)
    }
}

impl Permit {
    pub(super) fn new(terms: Terms) -> Self {
        Self { terms, returned: None, revoked: None, overdue_noted_at: None }
    }

    /// How it stands at that moment.
    #[must_use]
    pub fn standing(&self, now: Millis) -> Standing {
        let Terms { from, until, return_asked } = self.terms;
        if self.returned.is_some() {
            Standing::Returned
        } else if self.revoked.is_some() {
            Standing::Revoked
        } else if now < from {
            Standing::NotYet
        } else if now >= until {
            if return_asked { Standing::Overdue } else { Standing::Ended }
        } else if return_asked && now >= until - DAY {
            Standing::ReturnDue
        } else {
            Standing::InForce
        }
    }

    /// Whether something is still to be given back. What was taken back before its first day was never taken along.
    #[must_use]
    pub fn owes_return(&self) -> bool {
        let never_began = self.revoked.as_ref().is_some_and(|(at, _)| *at < self.terms.from);
        self.terms.return_asked && self.returned.is_none() && !never_began
    }

    /// Whether somebody may have along, at some moment between these two, what this permit lets him take along.
    #[must_use]
    pub fn holds(&self, from: Millis, until: Millis, now: Millis) -> bool {
        // What is overdue is out until it is back.
        let end = if now >= self.terms.until { Millis::MAX } else { self.terms.until };
        self.owes_return() && self.terms.from < until && from < end
    }

    /// From when it is overdue and that was not noted yet.
    pub(super) fn overdue_from(&self) -> Option<Millis> {
        (self.owes_return() && self.overdue_noted_at.is_none()).then_some(self.terms.until)
    }
}

impl Request {
    /// 返却: what was permitted was given back.
    ///
    /// # Errors
    /// [`Refusal::Permit`] unless something is to be given back, [`Refusal::NotTaken`] before its first day.
    pub fn give_back(&mut self, by: &UserId, now: Millis) -> Result<Vec<Event>, Refusal> {
        let permit = self.permit.as_mut().filter(|p| p.owes_return()).ok_or(Refusal::Permit)?;
        if now < permit.terms.from {
            return Err(Refusal::NotTaken);
        }
        permit.returned = Some((now, by.clone()));
        let late = now >= permit.terms.until;
        self.changed_at = now;
        Ok(vec![Event::PermitReturned { by: by.clone(), late }])
    }

    /// 取りやめ: the applicant does without it, before its first day.
    ///
    /// # Errors
    /// [`Refusal::Permit`] unless it is still to come.
    pub fn give_up(&mut self, by: &UserId, now: Millis) -> Result<Vec<Event>, Refusal> {
        let to_come = |p: &&mut Permit| p.standing(now) == Standing::NotYet;
        self.permit.as_mut().filter(to_come).ok_or(Refusal::Permit)?.revoked = Some((now, by.clone()));
        self.changed_at = now;
        Ok(vec![Event::PermitGivenUp { by: by.clone() }])
    }

    /// 取消: the permit is taken back before its end.
    ///
    /// # Errors
    /// [`Refusal::Permit`] unless it is in force or still to come, [`Refusal::Reason`].
    pub fn revoke(&mut self, by: &UserId, reason: &str, now: Millis) -> Result<Vec<Event>, Refusal> {
        let reason = reason.trim();
        let permit = self
            .permit
            .as_mut()
            .filter(|p| p.standing(now).permits() || p.standing(now) == Standing::NotYet)
            .ok_or(Refusal::Permit)?;
        if !(1..=COMMENT_CHARS_MAX).contains(&reason.chars().count()) {
            return Err(Refusal::Reason);
        }
        permit.revoked = Some((now, by.clone()));
        self.changed_at = now;
        Ok(vec![Event::PermitRevoked { by: by.clone(), reason: reason.to_owned() }])
    }

    /// Notes once that the last day passed and nothing was given back.
    ///
    /// # Errors
    /// [`Refusal::Permit`] when that is not so, or was noted.
    pub fn note_overdue(&mut self, now: Millis) -> Result<Vec<Event>, Refusal> {
        let permit = self.permit.as_mut().filter(|p| p.overdue_from().is_some_and(|from| now >= from));
        permit.ok_or(Refusal::Permit)?.overdue_noted_at = Some(now);
        self.changed_at = now;
        Ok(vec![Event::PermitOverdue])
    }
}
