//! What happened to a transfer, as evidence.
//!
//! Owns turning each event of the state machine into an entry: its kind, its payload, and the statements in play there.
//! Leaves the form of entries to [`crate::evidence`], the commands that lead to events to their use cases.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use workflow::{
    Millis,
    id::{FileId, UserId},
    route::{self, Approval, Decision, Term, Vouch},
    transfer::{Event, FileState, State, Transfer},
};

use crate::{
    App,
    error::Result,
    evidence::{Act, By, Kind},
    model::NewEvidence,
    rules,
};

impl App {
    /// The evidence of what happened to a transfer.
    pub(crate) fn event_entries(
        &self,
        by: By<'_>,
        transfer: &Transfer,
        events: &[Event],
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let channel = self.pack().channel_by_id(&transfer.channel);
        let of_channel = channel.map_or(&[][..], |c| c.statements.as_slice());
        let mut entries = Vec::new();
        for event in events {
            let Some((kind, details, step)) = describe(transfer, event) else { continue };
            // A step is evidence for what asks for that step; anything else for what the whole route asks for.
            let mut in_play = match &step {
                Some(of_step) => of_step.clone(),
                None => transfer.approval.route.steps.iter().flat_map(|s| s.statements.clone()).collect(),
            };
            in_play.extend(of_channel.iter().cloned());
            let mut statements = step.unwrap_or_default();
            if let Some(asking) = self.inspection_statements(transfer, event) {
                in_play.extend(asking.iter().cloned());
                statements.extend(asking);
            }
            if matches!(
                kind,
                Kind::TransferSubmitted
                    | Kind::TransferResubmitted
                    | Kind::TransferReleased
                    | Kind::TransferRefused
            ) {
                statements.extend(of_channel.iter().cloned());
            }
            let act = Act {
                kind,
                by,
                subject: ("transfer", transfer.id.as_str()),
                details,
                statements: &statements,
            };
            entries.push(self.entry_at(now, &act, Some(&in_play))?);
            if let Event::Approval(route::Event::Decided(decision)) = event {
                for vouch in &decision.vouches {
                    entries.push(self.vouch_entry(by, transfer, decision, vouch, &in_play, now)?);
                }
            }
        }
        Ok(entries)
    }

    /// The statements that ask for the inspection of the file that an event is about, if it passes unchanged.
    fn inspection_statements(&self, transfer: &Transfer, event: &Event) -> Option<Vec<String>> {
        let file = match event {
            Event::FileDone { file, state: FileState::Inspected } | Event::OriginalOpened { file } => file,
            _ => return None,
        };
        self.asking_for_inspection(transfer, file)
    }

    fn asking_for_inspection(&self, transfer: &Transfer, file: &FileId) -> Option<Vec<String>> {
        let channel = self.pack().channel_by_id(&transfer.channel)?;
        let report = transfer.files.iter().find(|f| f.id == *file)?.report.as_ref()?;
        Some(rules::inspection_statements(channel, &rules::kinds_in(report)))
    }

    /// A person's word for one file, as an entry of its own beside the decision that it is part of.
    fn vouch_entry(
        &self,
        by: By<'_>,
        transfer: &Transfer,
        decision: &Decision,
        vouch: &Vouch,
        in_play: &[String],
        now: Millis,
    ) -> Result<NewEvidence> {
        let file = transfer.files.iter().find(|f| f.id == vouch.file);
        let asking = self.asking_for_inspection(transfer, &vouch.file).unwrap_or_default();
        let in_play = [in_play, &asking].concat();
        let act = Act {
            kind: Kind::FileVouched,
            by,
            subject: ("transfer", transfer.id.as_str()),
            details: json!({
                "file": vouch.file.as_str(),
                "name": file.map(|f| f.untrusted_name.as_str()),
                "original_sha256": vouch.sha256,
                "clean_sha256": file.and_then(|f| f.clean.as_ref()).map(|c| c.sha256.as_str()),
                "note": vouch.note,
                "opened_at": file.and_then(|f| transfer.opened_at(f, &decision.by)),
                "step": decision.step,
                "on_behalf_of": decision.on_behalf_of.as_ref().map(UserId::as_str),
                "content_hash": decision.content_hash,
            }),
            statements: &asking,
        };
        self.entry_at(now, &act, Some(&in_play))
    }
}

/// What an event says in evidence, with the statements of the step it belongs to. Events that only repeat another
/// one are not written twice.
fn describe(transfer: &Transfer, event: &Event) -> Option<(Kind, Value, Option<Vec<String>>)> {
    let step_statements =
        |index: usize| transfer.approval.route.steps.get(index).map(|s| s.statements.clone());
    let file = |id: &FileId| transfer.files.iter().find(|f| f.id == *id);
    Some(match event {
        Event::Submitted { round } => (
            if *round == 1 { Kind::TransferSubmitted } else { Kind::TransferResubmitted },
            json!({
                "round": round,
                "number": transfer.number,
                "channel": transfer.channel,
                "from": transfer.from_zone.as_str(),
                "to": transfer.to_zone.as_str(),
                "subject": transfer.subject,
                "purpose": transfer.purpose,
                "classification": transfer.classification,
                "personal_data": transfer.personal_data,
                "answers": transfer.answers,
                "recipients": transfer.recipients.iter().map(|r| r.user.as_str()).collect::<Vec<_>>(),
                "files": transfer.files.iter().map(|f| json!({
                    "id": f.id.as_str(),
                    "name": f.untrusted_name,
                    "sha256": f.original.as_ref().map(|o| o.sha256.as_str()),
                    "bytes": f.original.as_ref().map(|o| o.bytes),
                })).collect::<Vec<_>>(),
                "route": transfer.approval.route.steps.iter().map(|s| s.title.as_str()).collect::<Vec<_>>(),
                "pack": transfer.pack_version,
            }),
            None,
        ),
        Event::FileDone { file: id, state } => {
            let kind = match state {
                FileState::Clean | FileState::Partial | FileState::Queued => Kind::FileSanitised,
                FileState::Inspected => Kind::FileAwaitsInspection,
                FileState::Held => Kind::FileHeld,
                FileState::Blocked => Kind::FileRefused,
            };
            let entry = file(id)?;
            // A report of thousands of members would not fit into one payload; its hash stands for the rest.
            let report = entry.report.as_ref();
            (
                kind,
                json!({
                    "file": id.as_str(),
                    "name": entry.untrusted_name,
                    "state": state.id(),
                    "original_sha256": entry.original.as_ref().map(|o| o.sha256.as_str()),
                    "clean_sha256": entry.clean.as_ref().map(|c| c.sha256.as_str()),
                    "kind": report.and_then(|r| r.kind).map(worker_protocol::Kind::id),
                    "reason": report.and_then(|r| r.reason).map(worker_protocol::Reason::id),
                    "removals": report.map(removal_counts),
                    "rules": report.map(|r| r.rules_version.as_str()),
                }),
                None,
            )
        }
        Event::OriginalOpened { file: id } => {
            let entry = file(id)?;
            (
                Kind::OriginalOpened,
                json!({
                    "file": id.as_str(),
                    "name": entry.untrusted_name,
                    "original_sha256": entry.original.as_ref().map(|o| o.sha256.as_str()),
                    "bytes": entry.original.as_ref().map(|o| o.bytes),
                    "step": transfer.approval.step,
                }),
                step_statements(transfer.approval.step),
            )
        }
        Event::FileRequeued { file: id } => {
            (Kind::FileRequeued, json!({ "file": id.as_str(), "name": file(id)?.untrusted_name }), None)
        }
        Event::FileBlocked { file: id } => {
            (Kind::FileBlocked, json!({ "file": id.as_str(), "name": file(id)?.untrusted_name }), None)
        }
        Event::Approval(of) => {
            return describe_approval(&transfer.approval, transfer.term, &transfer.content_hash(), of);
        }
        Event::Released { due_at } => (
            Kind::TransferReleased,
            json!({
                "until": due_at,
                "files": transfer.passing().map(|f| {
                    let mut told = json!({
                        "file": f.id.as_str(),
                        "clean_sha256": f.clean.as_ref().map(|c| c.sha256.as_str()),
                    });
                    // Said only where it is so: older entries were written without it.
                    if let (FileState::Inspected, Some(told)) = (f.state, told.as_object_mut()) {
                        told.insert("inspected".to_owned(), Value::Bool(true));
                    }
                    told
                }).collect::<Vec<_>>(),
            }),
            None,
        ),
        Event::Received { by } => (Kind::TransferReceived, json!({ "recipient": by.as_str() }), None),
        Event::Moved { to, .. } => {
            let kind = match to {
                State::PulledBack => Kind::TransferPulledBack,
                State::Withdrawn => Kind::TransferWithdrawn,
                State::Refused | State::Rejected => Kind::TransferRefused,
                State::Expired => Kind::TransferExpired,
                // The others are said by the event that led to them.
                _ => return None,
            };
            (kind, json!({ "state": to.id() }), None)
        }
    })
}

/// What an event of an approval says, whatever is decided about.
pub(crate) fn describe_approval(
    approval: &Approval,
    term: Term,
    content_hash: &str,
    event: &route::Event,
) -> Option<(Kind, Value, Option<Vec<String>>)> {
    let at = |index: usize| approval.route.steps.get(index);
    let title = |index: usize| at(index).map(|s| s.title.as_str());
    let role = |index: usize| at(index).map(|s| s.role.as_str());
    let statements = |index: usize| at(index).map(|s| s.statements.clone());
    Some(match event {
        route::Event::StepOpened { step, due_at } => (
            Kind::StepOpened,
            json!({
                "step": step,
                "title": title(*step),
                "role": role(*step),
                "due": due_at,
                "content_hash": content_hash,
            }),
            statements(*step),
        ),
        route::Event::StepRaised { step, from, to } => (
            Kind::StepRaised,
            json!({ "step": step, "title": title(*step), "from": from, "to": to }),
            statements(*step),
        ),
        route::Event::ApproverMissing { step } => (
            Kind::ApproverMissing,
            json!({ "step": step, "title": title(*step), "role": role(*step) }),
            statements(*step),
        ),
        route::Event::Escalated { step, to } => (
            Kind::StepEscalated,
            json!({ "step": step, "title": title(*step), "role": role(*step), "to": to, "due": term.due_at }),
            statements(*step),
        ),
        route::Event::Reminded { step } => {
            (Kind::StepReminded, json!({ "step": step, "due": term.due_at }), statements(*step))
        }
        route::Event::Decided(decision) => (
            if decision.on_behalf_of.is_some() { Kind::StepDecidedByDeputy } else { Kind::StepDecided },
            json!({
                "step": decision.step,
                "title": title(decision.step),
                "verdict": decision.verdict.id(),
                "comment": decision.comment,
                "on_behalf_of": decision.on_behalf_of.as_ref().map(UserId::as_str),
                "content_hash": decision.content_hash,
            }),
            statements(decision.step),
        ),
        route::Event::Reviewed { decision } => {
            let step = approval.decisions.get(*decision).map(|d| d.step);
            (Kind::DeputyReviewed, json!({ "decision": decision, "step": step }), step.and_then(statements))
        }
        // Said by the decision and by the task on the home screen.
        route::Event::ReviewDue { .. } => return None,
    })
}

/// How many of each thing were removed, members of archives included.
fn removal_counts(report: &worker_protocol::Report) -> BTreeMap<&'static str, u64> {
    fn add(report: &worker_protocol::Report, counts: &mut BTreeMap<&'static str, u64>) {
        for removal in &report.removals {
            *counts.entry(removal.what.id()).or_default() += u64::from(removal.count);
        }
        for member in &report.members {
            add(&member.report, counts);
        }
    }
    let mut counts = BTreeMap::new();
    add(report, &mut counts);
    counts
}
