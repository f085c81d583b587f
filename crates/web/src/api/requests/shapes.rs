//! What programs send and get about requests, their forms and the values they set.
//!
//! Owns the shapes, which are the contract of these addresses.

use std::collections::BTreeMap;

use app::{
    parameters::ParameterRow,
    requests::{
        RequestDetail, Waiting, WaitingPerson,
        store::{ParameterChange, RequestRow},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use workflow::{
    id::UserId,
    request::{Permit, Standing},
};

use crate::api::{dto::time, forms::FormFieldView};

/// A form that people apply with.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestTypeView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) description: String,
    /// The heading under which people find it.
    pub(super) group: Option<String>,
    pub(super) fields: Vec<FormFieldView>,
    /// Its steps in order.
    pub(super) steps: Vec<RequestStepView>,
    /// `none` or `period`.
    pub(super) permit: String,
    /// `none`, `optional` or `required`.
    pub(super) attachments: String,
    pub(super) statements: Vec<String>,
}

/// A step of the route of a form.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestStepView {
    pub(super) id: String,
    pub(super) title: String,
    /// The role that decides.
    pub(super) role: String,
    /// How many of them must agree.
    pub(super) persons: u32,
    /// 合議: neighbours with the same word are decided side by side.
    pub(super) parallel: Option<String>,
    /// Asked for only where the field of this id has this answer.
    pub(super) only_when: Option<(String, String)>,
}

/// The forms.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestTypeList {
    pub(super) types: Vec<RequestTypeView>,
}

/// Which requests.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestListQuery {
    /// `mine` (default), `to-decide` or `units`.
    pub(super) tray: Option<String>,
    /// `next` of the page before.
    pub(super) after: Option<String>,
    /// Rows, 1 to 200.
    pub(super) limit: Option<u32>,
}

/// A row of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestRowView {
    pub(super) id: String,
    pub(super) number: i64,
    pub(super) form: String,
    pub(super) title: String,
    /// What it is about: its first answers, cut to one short line.
    pub(super) about: String,
    pub(super) state: String,
    pub(super) applicant: String,
    pub(super) applicant_name: String,
    pub(super) section: String,
    #[schema(format = DateTime)]
    pub(super) submitted_at: String,
    #[schema(format = DateTime)]
    pub(super) changed_at: String,
    /// When somebody should have acted.
    pub(super) due_at: Option<String>,
}

/// A page of requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestList {
    pub(super) rows: Vec<RequestRowView>,
    pub(super) next: Option<String>,
}

impl From<RequestRow> for RequestRowView {
    fn from(row: RequestRow) -> Self {
        Self {
            id: row.id.to_string(),
            number: row.number,
            form: row.form,
            title: row.title,
            about: row.about,
            state: row.state.id().to_owned(),
            applicant: row.applicant.to_string(),
            applicant_name: row.applicant_name,
            section: row.section.to_string(),
            submitted_at: time(row.submitted_at),
            changed_at: time(row.changed_at),
            due_at: row.due_at.map(time),
        }
    }
}

/// Handing in: `request` first, then the files.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document only; the handler reads the parts as a stream")]
pub(crate) struct RequestParts {
    /// As application/json, at most 512 KiB.
    pub(super) request: NewRequestForm,
    /// Each file is a part of this name.
    #[schema(content_media_type = "application/octet-stream")]
    pub(super) file: Vec<String>,
}

/// A filled form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequestForm {
    /// Chosen by the caller, 1 to 64 bytes: sent again, it gives the same request.
    pub(super) submission: String,
    /// Id of the form.
    pub(super) form: String,
    /// By the field's id. Days as `2026-04-01`, ticks as `true`, persons and parameters by id.
    pub(super) answers: BTreeMap<String, String>,
}

/// A form that is handed in again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResubmitForm {
    /// By the field's id.
    pub(super) answers: BTreeMap<String, String>,
    /// Ids of attachments to take off.
    #[serde(default)]
    pub(super) without: Vec<String>,
}

/// Decides the open step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestDecisionForm {
    /// `approve`, `return` or `reject`.
    pub(super) verdict: String,
    #[serde(default)]
    pub(super) comment: String,
    /// `content_hash` of the request as it was read.
    pub(super) seen_hash: String,
    /// 代決: the id of the absent person.
    #[serde(default)]
    pub(super) stands_in_for: Option<String>,
    /// Which of the steps that are open side by side, by its place; absent: the first that the caller may decide.
    #[serde(default)]
    pub(super) step: Option<usize>,
}

/// Takes a permit back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevokeForm {
    /// Why.
    pub(super) reason: String,
}

/// An answer as it was shown when it was given.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnswerView {
    pub(super) field: String,
    pub(super) title: String,
    pub(super) value: String,
    /// As people read it.
    pub(super) shown: String,
}

/// A file of a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttachmentView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) bytes: u64,
    sha256: String,
}

/// A decision about a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestDecisionView {
    pub(super) round: u32,
    pub(super) step: usize,
    pub(super) by: String,
    pub(super) by_name: String,
    /// 代決: for whom.
    pub(super) on_behalf_of: Option<String>,
    pub(super) verdict: String,
    pub(super) comment: String,
    pub(super) content_hash: String,
    #[schema(format = DateTime)]
    pub(super) at: String,
    pub(super) reviewed_at: Option<String>,
}

/// What was permitted.
#[derive(Serialize, ToSchema)]
pub(crate) struct PermitView {
    /// `not-yet`, `in-force`, `return-due`, `overdue`, `returned`, `ended` or `revoked`.
    pub(super) standing: String,
    #[schema(format = DateTime)]
    pub(super) from: String,
    /// The end of its last day.
    #[schema(format = DateTime)]
    pub(super) until: String,
    pub(super) return_asked: bool,
    pub(super) returned_at: Option<String>,
    pub(super) revoked_at: Option<String>,
    /// Who took it over from the applicant.
    pub(super) keeper: Option<String>,
    /// The handing over that waits for somebody.
    pub(super) handover: Option<HandOverView>,
}

/// Whoever has what was permitted leaves the section.
#[derive(Serialize, ToSchema)]
pub(crate) struct HandOverView {
    pub(super) from: String,
    /// Who is to take it over; absent: it is to be given back.
    pub(super) to: Option<String>,
    #[schema(format = DateTime)]
    pub(super) asked_at: String,
    /// From when it is too late.
    #[schema(format = DateTime)]
    pub(super) due_at: Option<String>,
}

/// What the caller may do with a request now.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "one answer for each button")]
pub(crate) struct RequestMayView {
    pub(super) decide: bool,
    /// The places of the open steps that he may decide in his own right.
    pub(super) decide_at: Vec<usize>,
    /// The absent person he may decide for.
    pub(super) decide_for: Option<String>,
    pub(super) pull_back: bool,
    pub(super) withdraw: bool,
    pub(super) resubmit: bool,
    pub(super) give_back: bool,
    /// Say that one took over what was permitted to another, or did not.
    pub(super) take_over: bool,
    /// Do without what was permitted, before its first day.
    pub(super) give_up: bool,
    pub(super) revoke: bool,
    /// Decisions that wait for his review.
    pub(super) review: Vec<usize>,
}

/// An open step and who can decide it now.
#[derive(Serialize, ToSchema)]
pub(crate) struct WaitingView {
    /// Its place in the route.
    pub(super) step: usize,
    pub(super) title: String,
    /// The title of the role that decides.
    pub(super) role: String,
    /// The titles of roles that may decide it as well because it is overdue.
    pub(super) escalated: Vec<String>,
    pub(super) people: Vec<WaitingPersonView>,
    /// The names of those who may stand in while all of them are away.
    pub(super) deputies: Vec<String>,
}

/// Somebody who can decide a step.
#[derive(Serialize, ToSchema)]
pub(crate) struct WaitingPersonView {
    pub(super) name: String,
    /// Until when he is away, if he is.
    pub(super) away_until: Option<String>,
}

impl From<&Waiting> for WaitingView {
    fn from(of: &Waiting) -> Self {
        let person = |p: &WaitingPerson| WaitingPersonView {
            name: p.name.clone(),
            away_until: p.away_until.map(time),
        };
        Self {
            step: of.step,
            title: of.title.clone(),
            role: of.role.clone(),
            escalated: of.escalated.clone(),
            people: of.people.iter().map(person).collect(),
            deputies: of.deputies.clone(),
        }
    }
}

/// A request.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestDetailView {
    pub(super) id: String,
    pub(super) number: i64,
    pub(super) form: String,
    pub(super) title: String,
    pub(super) zone: String,
    pub(super) applicant: String,
    pub(super) applicant_name: String,
    pub(super) section: String,
    pub(super) state: String,
    pub(super) round: u32,
    /// The titles of its steps.
    pub(super) steps: Vec<String>,
    /// The index of the step that is open: the first of those that are open side by side.
    pub(super) open_step: Option<usize>,
    /// The open steps, with who can decide each now.
    pub(super) waiting: Vec<WaitingView>,
    /// The rows of registers that the answers name, as `register/number`.
    pub(super) rows: Vec<String>,
    pub(super) answers: Vec<AnswerView>,
    pub(super) attachments: Vec<AttachmentView>,
    pub(super) decisions: Vec<RequestDecisionView>,
    pub(super) permit: Option<PermitView>,
    /// By how many milliseconds an emergency was reported too late.
    pub(super) late_by: Option<i64>,
    /// What a decision made now would sign.
    pub(super) content_hash: String,
    pub(super) due_at: Option<String>,
    pub(super) statements: Vec<String>,
    #[schema(format = DateTime)]
    pub(super) submitted_at: String,
    #[schema(format = DateTime)]
    pub(super) changed_at: String,
    pub(super) may: RequestMayView,
}

fn permit_view(permit: &Permit, standing: Option<Standing>) -> PermitView {
    PermitView {
        standing: standing.map(Standing::id).unwrap_or_default().to_owned(),
        from: time(permit.terms.from),
        until: time(permit.terms.until),
        return_asked: permit.terms.return_asked,
        returned_at: permit.returned.as_ref().map(|(at, _)| time(*at)),
        revoked_at: permit.revoked.as_ref().map(|(at, _)| time(*at)),
        keeper: permit.keeper.as_ref().map(UserId::to_string),
        handover: permit.open_handover().map(|handover| HandOverView {
            from: handover.from.to_string(),
            to: handover.to.as_ref().map(UserId::to_string),
            asked_at: time(handover.asked_at),
            due_at: handover.due_at.map(time),
        }),
    }
}

impl From<RequestDetail> for RequestDetailView {
    fn from(detail: RequestDetail) -> Self {
        let name = |id: &UserId| detail.names.get(id).cloned().unwrap_or_default();
        let r = &detail.request;
        Self {
            id: r.id.to_string(),
            number: r.number,
            form: r.form.clone(),
            title: r.title.clone(),
            zone: r.zone.to_string(),
            applicant: r.applicant.to_string(),
            applicant_name: name(&r.applicant),
            section: r.section.to_string(),
            state: r.state.id().to_owned(),
            round: r.approval.round,
            steps: r.approval.route.steps.iter().map(|s| s.title.clone()).collect(),
            open_step: r.open_step().map(|_| r.approval.step),
            waiting: detail.waiting.iter().map(WaitingView::from).collect(),
            rows: detail.rows.iter().map(|link| link.key.to_string()).collect(),
            answers: r
                .content
                .answers
                .iter()
                .map(|a| AnswerView {
                    field: a.field.clone(),
                    title: a.title.clone(),
                    value: a.value.clone(),
                    shown: a.shown.clone(),
                })
                .collect(),
            attachments: r
                .content
                .attachments
                .iter()
                .map(|a| AttachmentView {
                    id: a.id.to_string(),
                    name: a.untrusted_name.clone(),
                    bytes: a.stored.bytes,
                    sha256: a.stored.sha256.clone(),
                })
                .collect(),
            decisions: r
                .approval
                .decisions
                .iter()
                .map(|d| RequestDecisionView {
                    round: d.round,
                    step: d.step,
                    by: d.by.to_string(),
                    by_name: name(&d.by),
                    on_behalf_of: d.on_behalf_of.as_ref().map(UserId::to_string),
                    verdict: d.verdict.id().to_owned(),
                    comment: d.comment.clone(),
                    content_hash: d.content_hash.clone(),
                    at: time(d.at),
                    reviewed_at: d.reviewed_at.map(time),
                })
                .collect(),
            permit: r.permit.as_ref().map(|p| permit_view(p, detail.standing)),
            late_by: r.content.late_by,
            content_hash: detail.content_hash.clone(),
            due_at: r.term.due_at.map(time),
            statements: detail.statements.clone(),
            submitted_at: time(r.submitted_at),
            changed_at: time(r.changed_at),
            may: RequestMayView {
                decide: detail.may.decide,
                decide_at: detail.may.decide_at.clone(),
                decide_for: detail.may.decide_for.as_ref().map(UserId::to_string),
                pull_back: detail.may.pull_back,
                withdraw: detail.may.withdraw,
                resubmit: detail.may.resubmit,
                give_back: detail.may.give_back,
                take_over: detail.may.take_over,
                give_up: detail.may.give_up,
                revoke: detail.may.revoke,
                review: detail.may.review.clone(),
            },
        }
    }
}

/// A value that a request gave a parameter.
#[derive(Serialize, ToSchema)]
pub(crate) struct ValueChangeView {
    /// As it was typed; absent: not set any more.
    pub(super) value: Option<String>,
    #[schema(format = DateTime)]
    pub(super) from: String,
    pub(super) request: String,
    pub(super) number: i64,
    pub(super) approved_by: String,
    pub(super) approved_by_name: String,
    #[schema(format = DateTime)]
    pub(super) approved_at: String,
}

impl From<ParameterChange> for ValueChangeView {
    fn from(change: ParameterChange) -> Self {
        Self {
            value: change.value,
            from: time(change.from),
            request: change.request.to_string(),
            number: change.number,
            approved_by: change.approved_by.to_string(),
            approved_by_name: change.approved_by_name,
            approved_at: time(change.approved_at),
        }
    }
}

/// A value that the policy leaves to the body.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenValueView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) clause: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
    pub(super) choices: Vec<String>,
    /// As it would be typed; absent: nobody decided it.
    pub(super) value: Option<String>,
    pub(super) suggested: Option<String>,
    /// Whether the server cannot run without it.
    pub(super) needed: bool,
    /// Who decided it and when, in words.
    pub(super) decided: Option<String>,
    /// What requests set, the newest first; also what is still to come.
    pub(super) history: Vec<ValueChangeView>,
}

/// All of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenValueList {
    pub(super) parameters: Vec<OpenValueView>,
}

pub(super) fn open_value(row: ParameterRow<'_>) -> OpenValueView {
    let p = row.parameter;
    OpenValueView {
        id: p.id.clone(),
        title: p.title.clone(),
        clause: p.clause.clone(),
        kind: p.kind.id().to_owned(),
        min: p.min,
        max: p.max,
        choices: p.choices.clone(),
        value: p.value.as_ref().map(policy::ParameterValue::typed),
        suggested: p.suggested.as_ref().map(policy::ParameterValue::typed),
        needed: p.needed,
        decided: p.decided.clone(),
        history: row.history.into_iter().map(Into::into).collect(),
    }
}
