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
    /// Which of the steps that are open side by side, by its place in the route; `None`: the first that he may decide.
    pub step: Option<usize>,
}

impl<'a> From<&'a Request> for Matter<'a> {
    fn from(request: &'a Request) -> Self {
        Self {
            submitter: &request.applicant,
            section: &request.section,
            approval: &request.approval,
            open_steps: request.open_steps(),
        }
    }
}

impl App {
    /// Decides an open step of a request. With the last approval what the form says comes about, in the same
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
        let RequestBallot { verdict, comment, seen_hash, stands_in_for, step } = *ballot;
        let request = self.store().request(id).await?.ok_or(Error::NotFound)?;
        let step = if let Some(holder) = stands_in_for {
            let found = self.deputised_holder(&(&request).into(), actor.id(), self.now()).await?;
            let (at, _) = found
                .filter(|(_, found)| found == holder)
                .ok_or(Error::Invalid { field: "stands_in_for", problem: "unknown" })?;
            Some(at)
        } else {
            let mine = self.steps_to_decide(actor, &request, self.now()).await?;
            match step {
                Some(step) if !mine.is_empty() && !mine.contains(&step) => {
                    return Err(Error::Invalid { field: "step", problem: "unknown" });
                }
                Some(step) => Some(step),
                None => mine.first().copied(),
            }
        };
        let action = if stands_in_for.is_some() { Action::DeputiseRequest } else { Action::DecideRequest };
        let patience = self.patience();
        self.change_request_at(actor, id, action, step, |request, now| {
            let vote =
                Vote { by: actor.id(), on_behalf_of: stands_in_for, verdict, comment, seen_hash, step };
            request.decide(&vote, patience, now)
        })
        .await
    }

    /// The open steps that this person may decide in his own right, by their places in the route.
    pub(crate) async fn steps_to_decide(
        &self,
        actor: &Actor,
        request: &Request,
        now: Millis,
    ) -> Result<Vec<usize>> {
        let mut mine = Vec::new();
        for (index, _) in request.open_steps() {
            let facts = self.request_facts_at(request, Some(index), now).await?;
            if self.may(actor, Action::DecideRequest, &Resource::from(facts)) {
                mine.push(index);
            }
        }
        Ok(mine)
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
        evidence.extend(self.handover_tasks(&mut *tx, by, &request, &events, now).await?);
        let approved = events.contains(&Event::Approved);
        evidence.extend(self.carry_edition(&mut *tx, &request, &events).await?);
        if approved {
            evidence.extend(self.bring_about(&mut *tx, by, &request, now).await?);
        }
        if super::rows::came_back(&request, &events) {
            evidence.extend(self.rows_came_back(&mut *tx, by, &request, now).await?);
        }
        if evidence.is_empty() {
            // Nothing happened, so nothing is written.
            return Ok(());
        }
        tx.update_request(&request).await?;
        Box::pin(self.tell_of_request(&mut *tx, &request, &events, now)).await?;
        self.commit(tx, evidence).await?;
        if approved && let Err(error) = self.load_values().await {
            // It is written and will be in force with the next round of housekeeping.
            tracing::error!(%error, "an approved value is not in force yet");
        }
        Ok(())
    }

    /// After steps opened, one of several was decided, or nobody decided in time: as [`App::find_approver`] for a transfer.
    pub(crate) async fn find_request_approver(
        &self,
        request: &mut Request,
        events: &mut Vec<Event>,
        now: Millis,
    ) -> Result<()> {
        // Whoever decided one of the steps that are open side by side may not decide the others.
        let decided = |of: &route::Event| matches!(of, route::Event::Decided(_));
        if !events.iter().any(|e| matches!(e, Event::Approval(of) if asks(of) || decided(of))) {
            return Ok(());
        }
        let open: Vec<usize> = request.open_steps().into_iter().map(|(index, _)| index).collect();
        for index in open {
            let matter = Matter::from(&*request);
            let Some((_, step)) = matter.open_steps.iter().find(|(at, _)| *at == index) else { continue };
            match self.approver_at(&matter, step, now).await? {
                Approver::Holder => {}
                Approver::Above(role, scope) => {
                    let asked = |e: &Event| {
                        matches!(e, Event::Approval(route::Event::StepOpened { step, .. }
                            | route::Event::Reminded { step }) if *step == index)
                    };
                    let at = events.iter().position(asked).unwrap_or(events.len());
                    events.insert(at, request.raise_step(index, role, scope, now)?);
                }
                Approver::Nobody => {
                    events.retain(|e| !matches!(e, Event::Approval(route::Event::StepOpened { .. })));
                    events.extend(request.return_undecidable(index, self.patience(), now)?);
                    break;
                }
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
        let done = request.expire(now).or_else(|_| request.pass(now)).or_else(|_| request.note_overdue(now));
        // Decided meanwhile.
        let Ok(events) = done else { return Ok(false) };
        self.save_request(tx, By::System, request, events, now).await?;
        Ok(true)
    }
}
