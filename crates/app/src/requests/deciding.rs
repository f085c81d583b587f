//! Decisions about requests, and what time brings to them.
//!
//! Owns deciding, reviewing afterwards, taking permits back, reminders and ends, and the one way in which a changed request
//! is written. Leaves who holds a role to [`crate::deciding`], the rules to `workflow`.

use authz::{Action, Principal, Resource, Strength};
use workflow::{
    Millis,
    id::{RequestId, UserId},
    request::{Event, Request},
    route::{self, Verdict, Vote},
};

use crate::{
    App,
    actor::Actor,
    deciding::{Approver, Matter, asks},
    error::{Error, Result},
    evidence::By,
    ports::Tx,
};

/// What a person says at a step.
#[derive(Debug, Clone, Copy)]
pub struct RequestBallot<'a> {
    /// 承認, 差戻し or 否認.
    pub verdict: Verdict,
    /// Why.
    pub comment: &'a str,
    /// The hash of what he was shown.
    pub seen_hash: &'a str,
    /// 代決: for whom.
    pub stands_in_for: Option<&'a UserId>,
}

impl<'a> From<&'a Request> for Matter<'a> {
    fn from(request: &'a Request) -> Self {
        Self {
            submitter: &request.applicant,
            section: &request.section,
            approval: &request.approval,
            open_step: request.open_step(),
        }
    }
}

impl App {
    /// Decides the open step of a request. With the last approval what the form says comes about, in the same
    /// transaction.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::RequestRefused`], [`Error::NotFound`], [`Error::Conflict`] when another approver was
    /// faster, [`Error::Form`] when what was asked for can no longer come about.
    pub async fn decide_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        ballot: &RequestBallot<'_>,
    ) -> Result<()> {
        let RequestBallot { verdict, comment, seen_hash, stands_in_for } = *ballot;
        if let Some(holder) = stands_in_for {
            let request = self.store().request(id).await?.ok_or(Error::NotFound)?;
            let found = self.deputised_holder((&request).into(), actor.id(), self.now()).await?;
            if found.as_ref() != Some(holder) {
                return Err(Error::Invalid { field: "stands_in_for", problem: "unknown" });
            }
        }
        let action = if stands_in_for.is_some() { Action::DeputiseRequest } else { Action::DecideRequest };
        let patience = self.patience();
        self.change_request(actor, id, action, |request, now| {
            let vote = Vote { by: actor.id(), on_behalf_of: stands_in_for, verdict, comment, seen_hash };
            request.decide(&vote, patience, now)
        })
        .await
    }

    /// 後閲: notes that the person stood in for has looked at the decision.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::RequestRefused`], [`Error::NotFound`].
    pub async fn review_request(&self, actor: &Actor, id: &RequestId, decision: usize) -> Result<()> {
        self.change_request(actor, id, Action::ReviewRequest, |r, now| r.review(decision, actor.id(), now))
            .await
    }

    /// 取消: takes a permit back before its end.
    ///
    /// # Errors
    /// As [`App::review_request`].
    pub async fn revoke_permit(&self, actor: &Actor, id: &RequestId, reason: &str) -> Result<()> {
        self.change_request(actor, id, Action::RevokePermit, |r, now| r.revoke(actor.id(), reason, now)).await
    }

    /// Finds who decides what opened, writes a changed request with its evidence and what it brings about, and puts that in
    /// force.
    pub(crate) async fn save_request(
        &self,
        mut tx: Box<dyn Tx>,
        by: By<'_>,
        mut request: Request,
        mut events: Vec<Event>,
        now: Millis,
    ) -> Result<()> {
        self.find_request_approver(&mut request, &mut events, now).await?;
        let mut evidence = self.request_entries(by, &request, &events, now)?;
        let approved = events.contains(&Event::Approved);
        evidence.extend(self.carry_edition(&mut *tx, &request, &events).await?);
        if approved {
            evidence.extend(self.bring_about(&mut *tx, by, &request, now).await?);
        }
        if evidence.is_empty() {
            // Nothing happened, so nothing is written.
            return Ok(());
        }
        tx.update_request(&request).await?;
        self.commit(tx, evidence).await?;
        if approved && let Err(error) = self.load_values().await {
            // It is written and will be in force with the next round of housekeeping.
            tracing::error!(%error, "an approved value is not in force yet");
        }
        Ok(())
    }

    /// After a step opened, or nobody decided it in time: as [`App::find_approver`] for a transfer.
    pub(crate) async fn find_request_approver(
        &self,
        request: &mut Request,
        events: &mut Vec<Event>,
        now: Millis,
    ) -> Result<()> {
        let Some(at) = events.iter().position(|e| matches!(e, Event::Approval(of) if asks(of))) else {
            return Ok(());
        };
        match self.approver_now((&*request).into(), now).await? {
            Approver::Holder => {}
            Approver::Above(role, scope) => events.insert(at, request.raise_step(role, scope, now)?),
            Approver::Nobody => {
                events.retain(|e| !matches!(e, Event::Approval(route::Event::StepOpened { .. })));
                events.extend(request.return_undecidable(self.patience(), now)?);
            }
        }
        Ok(())
    }

    /// Whether the open step of this request waits for this person, himself or as a deputy: exactly what `authz` says
    /// of him once he has proven himself as strongly as deciding asks for.
    pub(crate) async fn awaits_request(&self, actor: &Actor, id: &RequestId, now: Millis) -> Result<bool> {
        let Some(request) = self.store().request(id).await? else { return Ok(false) };
        let resource = Resource::from(self.request_facts(&request, now).await?);
        let proven = Principal { strength: Strength::SecondFactor, ..actor.principal().clone() };
        Ok([Action::DecideRequest, Action::DeputiseRequest]
            .into_iter()
            .any(|action| self.authorizer().allows(&proven, action, &resource)))
    }

    /// What time brings to a request: its end, a reminder, a permit that is overdue. Whether there was anything.
    pub(crate) async fn request_overdue(&self, id: &RequestId, now: Millis) -> Result<bool> {
        let mut tx = self.store().begin().await?;
        let Some(mut request) = tx.request(id).await? else { return Ok(false) };
        let done =
            request.expire(now).or_else(|_| request.remind(now)).or_else(|_| request.note_overdue(now));
        // Decided meanwhile.
        let Ok(events) = done else { return Ok(false) };
        self.save_request(tx, By::System, request, events, now).await?;
        Ok(true)
    }
}
