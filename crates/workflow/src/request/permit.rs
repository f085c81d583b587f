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
    /// Who took it over from the applicant, or from another who had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeper: Option<UserId>,
    /// The last time that whoever had it left its section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<HandOver>,
}

/// 引継ぎ: whoever has what was permitted leaves the section that it was permitted to. Somebody takes it over, or it is given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// Who had it.
    pub from: UserId,
    /// Who is to say that he took it over; none: it is to be given back.
    pub to: Option<UserId>,
    /// Since when.
    pub asked_at: Millis,
    /// The moment from which it is too late; none where nobody set one.
    pub due_at: Option<Millis>,
    /// When it was taken over or given back, or nothing was to be done any more.
    pub settled_at: Option<Millis>,
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
        Self { terms, returned: None, revoked: None, overdue_noted_at: None, keeper: None, handover: None }
    }

    /// Who has what was permitted to this applicant.
    #[must_use]
    pub fn holder<'a>(&'a self, applicant: &'a UserId) -> &'a UserId {
        self.keeper.as_ref().unwrap_or(applicant)
    }

    /// The handing over that waits for somebody.
    #[must_use]
    pub fn open_handover(&self) -> Option<&HandOver> {
        self.handover.as_ref().filter(|handover| handover.settled_at.is_none())
    }

    /// Whether it waits for this person's word on whether he took it over.
    #[must_use]
    pub fn is_offered_to(&self, person: &UserId, now: Millis) -> bool {
        self.is_in_hand(now)
            && self.open_handover().is_some_and(|handover| handover.to.as_ref() == Some(person))
    }

    /// Whether something was permitted that has not ended, or something is still to be given back.
    #[must_use]
    pub fn is_in_hand(&self, now: Millis) -> bool {
        let standing = self.standing(now);
        standing.permits() || standing == Standing::NotYet || self.owes_return()
    }

    /// From when it is too late to give something back: its last day, or the day that was set when whoever had it left.
    fn late_from(&self) -> Millis {
        let called_in = self.open_handover().filter(|handover| handover.to.is_none());
        called_in
            .and_then(|handover| handover.due_at)
            .map_or(self.terms.until, |due| due.min(self.terms.until))
    }

    fn settle(&mut self, now: Millis) {
        if let Some(handover) = self.handover.as_mut().filter(|handover| handover.settled_at.is_none()) {
            handover.settled_at = Some(now);
        }
    }

    /// What becomes of an open handing over once nothing is permitted any more: nobody takes that over.
    fn call_in(&mut self, now: Millis) {
        if !self.owes_return() {
            self.settle(now);
        } else if let Some(handover) = self.handover.as_mut() {
            handover.to = None;
        }
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
        (self.owes_return() && self.overdue_noted_at.is_none()).then_some(self.late_from())
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
        let late = now >= permit.late_from();
        permit.returned = Some((now, by.clone()));
        permit.settle(now);
        self.changed_at = now;
        Ok(vec![Event::PermitReturned { by: by.clone(), late }])
    }

    /// 取りやめ: the applicant does without it, before its first day.
    ///
    /// # Errors
    /// [`Refusal::Permit`] unless it is still to come.
    pub fn give_up(&mut self, by: &UserId, now: Millis) -> Result<Vec<Event>, Refusal> {
        let to_come = |p: &&mut Permit| p.standing(now) == Standing::NotYet;
        let permit = self.permit.as_mut().filter(to_come).ok_or(Refusal::Permit)?;
        permit.revoked = Some((now, by.clone()));
        permit.settle(now);
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
        permit.call_in(now);
        self.changed_at = now;
        Ok(vec![Event::PermitRevoked { by: by.clone(), reason: reason.to_owned() }])
    }

    /// 引継ぎ: whoever has it leaves the section. It goes on for the one who takes it over, once he says that he did; without one it
    /// ends, and what was taken along is to be given back. `by` and `reason` say who arranged that and why.
    ///
    /// # Errors
    /// [`Refusal::Permit`] when nothing is in hand, [`Refusal::Field`] when it is that person's already, [`Refusal::Reason`].
    pub fn hand_on(
        &mut self,
        to: Option<&UserId>,
        by: &UserId,
        reason: &str,
        due_at: Option<Millis>,
        now: Millis,
    ) -> Result<Vec<Event>, Refusal> {
        let permit = self.permit.as_ref().filter(|p| p.is_in_hand(now)).ok_or(Refusal::Permit)?;
        let from = permit.holder(&self.applicant).clone();
        if to == Some(&from) {
            return Err(Refusal::Field("to"));
        }
        let (lives, standing) = (permit.standing(now).permits(), permit.standing(now));
        let mut events = Vec::new();
        if to.is_none() && (lives || standing == Standing::NotYet) {
            events = self.revoke(by, reason, now)?;
        }
        let Some(permit) = self.permit.as_mut() else { return Err(Refusal::Permit) };
        if to.is_some() || permit.owes_return() {
            let (asked_at, settled_at) = (now, None);
            permit.handover =
                Some(HandOver { from: from.clone(), to: to.cloned(), asked_at, due_at, settled_at });
            events.push(match to {
                Some(to) => Event::PermitOffered { from, to: to.clone(), due_at },
                None => Event::PermitCalledIn { from, due_at },
            });
        }
        self.changed_at = now;
        Ok(events)
    }

    /// 受取り: who was named has it now, and answers for it from here on.
    ///
    /// # Errors
    /// [`Refusal::Permit`] unless it waits for exactly his word.
    pub fn take_over(&mut self, by: &UserId, now: Millis) -> Result<Vec<Event>, Refusal> {
        let permit = self.permit.as_mut().filter(|p| p.is_in_hand(now)).ok_or(Refusal::Permit)?;
        let open = permit.open_handover().filter(|h| h.to.as_ref() == Some(by)).ok_or(Refusal::Permit)?;
        let from = open.from.clone();
        permit.keeper = Some(by.clone());
        permit.settle(now);
        self.changed_at = now;
        Ok(vec![Event::PermitTakenOver { from, to: by.clone() }])
    }

    /// Who was named did not get it, or does not take it: it ends, and what was taken along is to be given back.
    ///
    /// # Errors
    /// [`Refusal::Permit`] unless it waits for exactly his word, [`Refusal::Reason`].
    pub fn decline(&mut self, by: &UserId, reason: &str, now: Millis) -> Result<Vec<Event>, Refusal> {
        let permit = self.permit.as_ref().filter(|p| p.is_in_hand(now)).ok_or(Refusal::Permit)?;
        if permit.open_handover().and_then(|h| h.to.as_ref()) != Some(by) {
            return Err(Refusal::Permit);
        }
        let reason = reason.trim();
        if !(1..=COMMENT_CHARS_MAX).contains(&reason.chars().count()) {
            return Err(Refusal::Reason);
        }
        let mut events = vec![Event::PermitDeclined { by: by.clone(), reason: reason.to_owned() }];
        match self.revoke(by, reason, now) {
            Ok(revoked) => events.extend(revoked),
            // It had ended already, and something is owed.
            Err(_) => {
                if let Some(permit) = self.permit.as_mut() {
                    permit.call_in(now);
                }
            }
        }
        self.changed_at = now;
        Ok(events)
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
