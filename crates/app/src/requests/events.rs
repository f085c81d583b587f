//! What happened to a request, as evidence.
//!
//! Owns turning each event of the state machine into an entry: its kind, its payload, and the statements that the form
//! and its route serve. Leaves the form of entries to [`crate::evidence`].

use policy::Mechanism;
use serde_json::{Value, json};
use workflow::{
    Millis,
    id::UserId,
    request::{Event, Request, State},
};

use super::days;
use crate::{
    App,
    error::Result,
    events::describe_approval,
    evidence::{Act, By, Kind},
    model::NewEvidence,
};

impl App {
    /// The evidence of what happened to a request.
    pub(crate) fn request_entries(
        &self,
        by: By<'_>,
        request: &Request,
        events: &[Event],
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let form = self.pack().request(&request.form);
        let of_form = form.map_or(&[][..], |f| f.statements.as_slice());
        let mut entries = Vec::new();
        for event in events {
            let Some((kind, details, step)) = describe(request, event) else { continue };
            let mut in_play = match &step {
                Some(of_step) => of_step.clone(),
                None => request.approval.route.steps.iter().flat_map(|s| s.statements.clone()).collect(),
            };
            in_play.extend(of_form.iter().cloned());
            let mut statements = step.unwrap_or_default();
            if matches!(
                kind,
                Kind::RequestSubmitted
                    | Kind::RequestResubmitted
                    | Kind::RequestApproved
                    | Kind::RequestRejected
                    | Kind::RequestExpired
                    | Kind::PermitReturned
                    | Kind::PermitGivenUp
                    | Kind::PermitRevoked
                    | Kind::PermitOverdue
                    | Kind::PermitOffered
                    | Kind::PermitCalledIn
                    | Kind::PermitTakenOver
                    | Kind::PermitDeclined
            ) {
                statements.extend(of_form.iter().cloned());
            }
            let act =
                Act { kind, by, subject: ("request", request.id.as_str()), details, statements: &statements };
            let mechanisms = self.mechanisms_of(kind, form.and_then(|f| f.mechanism));
            entries.push(self.entry_by(now, &act, Some(&in_play), &mechanisms)?);
        }
        Ok(entries)
    }

    /// The mechanisms that an event of a request is evidence of. The kinds are shared by all forms, so that of forms only
    /// the request's own is meant; no channel has a part in it.
    fn mechanisms_of(&self, kind: Kind, own: Option<Mechanism>) -> Vec<Mechanism> {
        let of_forms = Kind::RequestSubmitted.mechanisms();
        let all = kind.mechanisms();
        let is_general = |m: &Mechanism| !of_forms.contains(m) && *m != Mechanism::ChannelApprove;
        let mut mechanisms: Vec<Mechanism> = all.iter().copied().filter(is_general).collect();
        if all.iter().any(|m| of_forms.contains(m)) {
            mechanisms.extend(own);
        }
        mechanisms
    }
}

/// The last day before that moment.
fn last_day(due_at: Option<Millis>) -> Option<String> {
    due_at.map(|due| days::date_of(due - 1))
}

/// What an event says in evidence, with the statements of the step it belongs to.
fn describe(request: &Request, event: &Event) -> Option<(Kind, Value, Option<Vec<String>>)> {
    Some(match event {
        Event::Submitted { round } => (
            if *round == 1 { Kind::RequestSubmitted } else { Kind::RequestResubmitted },
            json!({
                "round": round,
                "number": request.number,
                "form": request.form,
                "title": request.title,
                "answers": request.content.answers.iter().map(|a| json!({
                    "field": a.field,
                    "title": a.title,
                    "value": a.value,
                    "shown": a.shown,
                })).collect::<Vec<_>>(),
                "attachments": request.content.attachments.iter().map(|a| json!({
                    "id": a.id.as_str(),
                    "name": a.untrusted_name,
                    "sha256": a.stored.sha256,
                    "bytes": a.stored.bytes,
                })).collect::<Vec<_>>(),
                "late_by": request.content.late_by,
                "route": request.approval.route.steps.iter().map(|s| s.title.as_str()).collect::<Vec<_>>(),
                "pack": request.pack_version,
            }),
            None,
        ),
        Event::Approval(of) => {
            return describe_approval(&request.approval, request.term, &request.content_hash(), of);
        }
        Event::Approved => (
            Kind::RequestApproved,
            json!({
                "content_hash": request.content_hash(),
                "from": request.permit.as_ref().map(|p| days::date_of(p.terms.from)),
                // The end is the beginning of the day after.
                "until": request.permit.as_ref().map(|p| days::date_of(p.terms.until - 1)),
                "return_asked": request.permit.as_ref().map(|p| p.terms.return_asked),
            }),
            None,
        ),
        Event::Moved { to, .. } => {
            let kind = match to {
                State::PulledBack => Kind::RequestPulledBack,
                State::Withdrawn => Kind::RequestWithdrawn,
                State::Rejected => Kind::RequestRejected,
                State::Expired => Kind::RequestExpired,
                // The others are said by the event that led to them.
                State::Waiting | State::Returned | State::Approved => return None,
            };
            (kind, json!({ "state": to.id() }), None)
        }
        Event::HandedOver { from, to } => (
            Kind::RequestHandedOver,
            json!({ "from": UserId::as_str(from), "to": UserId::as_str(to), "number": request.number }),
            None,
        ),
        Event::PermitReturned { by, late } => {
            (Kind::PermitReturned, json!({ "by": UserId::as_str(by), "late": late }), None)
        }
        Event::PermitGivenUp { by } => (Kind::PermitGivenUp, json!({ "by": UserId::as_str(by) }), None),
        Event::PermitRevoked { by, reason } => {
            (Kind::PermitRevoked, json!({ "by": UserId::as_str(by), "reason": reason }), None)
        }
        Event::PermitOffered { from, to, due_at } => (
            Kind::PermitOffered,
            json!({ "from": UserId::as_str(from), "to": UserId::as_str(to), "due": last_day(*due_at) }),
            None,
        ),
        Event::PermitCalledIn { from, due_at } => {
            (Kind::PermitCalledIn, json!({ "from": UserId::as_str(from), "due": last_day(*due_at) }), None)
        }
        Event::PermitTakenOver { from, to } => {
            (Kind::PermitTakenOver, json!({ "from": UserId::as_str(from), "to": UserId::as_str(to) }), None)
        }
        Event::PermitDeclined { by, reason } => {
            (Kind::PermitDeclined, json!({ "by": UserId::as_str(by), "reason": reason }), None)
        }
        Event::PermitOverdue => (
            Kind::PermitOverdue,
            json!({ "until": request.permit.as_ref().map(|p| days::date_of(p.terms.until - 1)) }),
            None,
        ),
    })
}
