//! Requests, their forms and the values that they set, as programs read and make them.
//!
//! Owns the shapes, which are the contract of these addresses. Handing in comes as parts: the form as JSON first, then the
//! files, which are stored as they arrive. Leaves every decision to `app`.

use std::collections::BTreeMap;

use app::{
    Error,
    actor::Actor,
    model::{PAGE_ROWS_MAX, PageRequest},
    parameters::ParameterRow,
    requests::{
        NewRequest, RequestBallot, RequestDetail, RequestTray,
        store::{ParameterChange, RequestRow},
    },
    uploads::UploadedFile,
};
use axum::{
    Json,
    extract::{FromRequest as _, Multipart, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use workflow::{
    id::{FileId, RequestId, UserId},
    request::{ATTACHMENTS_MAX, Permit, Standing},
    route::Verdict,
};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    cursor,
    dto::{Made, ReviewForm, time},
    errors::Failure,
    transfers::{Arrived, read_part, unread},
};
use crate::{attachment, upload};

/// A form that people apply with.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestTypeView {
    id: String,
    title: String,
    description: String,
    fields: Vec<RequestFieldView>,
    /// The titles of its steps in order.
    steps: Vec<String>,
    /// `none` or `period`.
    permit: String,
    /// `none`, `optional` or `required`.
    attachments: String,
    statements: Vec<String>,
}

/// A field of a form.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestFieldView {
    id: String,
    title: String,
    /// `text`, `long-text`, `date`, `choice`, `bool`, `number`, `parameter` or `person`.
    #[serde(rename = "type")]
    kind: String,
    /// Where it is asked for.
    required: bool,
    choices: Vec<String>,
    chars_max: u32,
    /// The earlier field and its answer without which it is not asked for.
    shown_when: Option<(String, String)>,
}

/// The forms.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestTypeList {
    types: Vec<RequestTypeView>,
}

/// Which requests.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestListQuery {
    /// `mine` (default), `to-decide` or `units`.
    tray: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows, 1 to 200.
    limit: Option<u32>,
}

/// A row of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestRowView {
    id: String,
    number: i64,
    form: String,
    title: String,
    state: String,
    applicant: String,
    applicant_name: String,
    section: String,
    #[schema(format = DateTime)]
    submitted_at: String,
    #[schema(format = DateTime)]
    changed_at: String,
    /// When somebody should have acted.
    due_at: Option<String>,
}

/// A page of requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestList {
    rows: Vec<RequestRowView>,
    next: Option<String>,
}

impl From<RequestRow> for RequestRowView {
    fn from(row: RequestRow) -> Self {
        Self {
            id: row.id.to_string(),
            number: row.number,
            form: row.form,
            title: row.title,
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
    request: NewRequestForm,
    /// Each file is a part of this name.
    #[schema(content_media_type = "application/octet-stream")]
    file: Vec<String>,
}

/// A filled form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequestForm {
    /// Chosen by the caller, 1 to 64 bytes: sent again, it gives the same request.
    submission: String,
    /// Id of the form.
    form: String,
    /// By the field's id. Days as `2026-04-01`, ticks as `true`, persons and parameters by id.
    answers: BTreeMap<String, String>,
}

/// A form that is handed in again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResubmitForm {
    /// By the field's id.
    answers: BTreeMap<String, String>,
    /// Ids of attachments to take off.
    #[serde(default)]
    without: Vec<String>,
}

/// Decides the open step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestDecisionForm {
    /// `approve`, `return` or `reject`.
    verdict: String,
    #[serde(default)]
    comment: String,
    /// `content_hash` of the request as it was read.
    seen_hash: String,
    /// 代決: the id of the absent person.
    #[serde(default)]
    stands_in_for: Option<String>,
}

/// Takes a permit back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevokeForm {
    /// Why.
    reason: String,
}

/// An answer as it was shown when it was given.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnswerView {
    field: String,
    title: String,
    value: String,
    /// As people read it.
    shown: String,
}

/// A file of a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttachmentView {
    id: String,
    name: String,
    bytes: u64,
    sha256: String,
}

/// A decision about a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestDecisionView {
    round: u32,
    step: usize,
    by: String,
    by_name: String,
    /// 代決: for whom.
    on_behalf_of: Option<String>,
    verdict: String,
    comment: String,
    content_hash: String,
    #[schema(format = DateTime)]
    at: String,
    reviewed_at: Option<String>,
}

/// What was permitted.
#[derive(Serialize, ToSchema)]
pub(crate) struct PermitView {
    /// `not-yet`, `in-force`, `return-due`, `overdue`, `returned`, `ended` or `revoked`.
    standing: String,
    #[schema(format = DateTime)]
    from: String,
    /// The end of its last day.
    #[schema(format = DateTime)]
    until: String,
    return_asked: bool,
    returned_at: Option<String>,
    revoked_at: Option<String>,
}

/// What the caller may do with a request now.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "one answer for each button")]
pub(crate) struct RequestMayView {
    decide: bool,
    /// The absent person he may decide for.
    decide_for: Option<String>,
    pull_back: bool,
    withdraw: bool,
    resubmit: bool,
    give_back: bool,
    revoke: bool,
    /// Decisions that wait for his review.
    review: Vec<usize>,
}

/// A request.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestView {
    id: String,
    number: i64,
    form: String,
    title: String,
    zone: String,
    applicant: String,
    applicant_name: String,
    section: String,
    state: String,
    round: u32,
    /// The titles of its steps.
    steps: Vec<String>,
    /// The index of the step that is open.
    open_step: Option<usize>,
    answers: Vec<AnswerView>,
    attachments: Vec<AttachmentView>,
    decisions: Vec<RequestDecisionView>,
    permit: Option<PermitView>,
    /// By how many milliseconds an emergency was reported too late.
    late_by: Option<i64>,
    /// What a decision made now would sign.
    content_hash: String,
    due_at: Option<String>,
    statements: Vec<String>,
    #[schema(format = DateTime)]
    submitted_at: String,
    #[schema(format = DateTime)]
    changed_at: String,
    may: RequestMayView,
}

fn permit_view(permit: &Permit, standing: Option<Standing>) -> PermitView {
    PermitView {
        standing: standing.map(Standing::id).unwrap_or_default().to_owned(),
        from: time(permit.terms.from),
        until: time(permit.terms.until),
        return_asked: permit.terms.return_asked,
        returned_at: permit.returned.as_ref().map(|(at, _)| time(*at)),
        revoked_at: permit.revoked.as_ref().map(|(at, _)| time(*at)),
    }
}

impl From<RequestDetail> for RequestView {
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
                decide_for: detail.may.decide_for.as_ref().map(UserId::to_string),
                pull_back: detail.may.pull_back,
                withdraw: detail.may.withdraw,
                resubmit: detail.may.resubmit,
                give_back: detail.may.give_back,
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
    value: Option<String>,
    #[schema(format = DateTime)]
    from: String,
    request: String,
    number: i64,
    approved_by: String,
    approved_by_name: String,
    #[schema(format = DateTime)]
    approved_at: String,
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
    id: String,
    title: String,
    clause: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    min: Option<u64>,
    max: Option<u64>,
    choices: Vec<String>,
    /// As it would be typed; absent: nobody decided it.
    value: Option<String>,
    suggested: Option<String>,
    /// Whether the server cannot run without it.
    needed: bool,
    /// Who decided it and when, in words.
    decided: Option<String>,
    /// What requests set, the newest first; also what is still to come.
    history: Vec<ValueChangeView>,
}

/// All of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenValueList {
    parameters: Vec<OpenValueView>,
}

fn open_value(row: ParameterRow<'_>) -> OpenValueView {
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

pub(crate) async fn types(State(api): State<Api>, Caller(_actor): Caller) -> Json<RequestTypeList> {
    let app = api.app();
    let types = app
        .forms()
        .map(|form| RequestTypeView {
            id: form.id.clone(),
            title: form.title.clone(),
            description: form.description.clone(),
            fields: form
                .fields
                .iter()
                .map(|f| RequestFieldView {
                    id: f.id.clone(),
                    title: f.title.clone(),
                    kind: f.kind.id().to_owned(),
                    required: f.required,
                    choices: f.choices.clone(),
                    chars_max: f.chars_max,
                    shown_when: f.shown_when.as_ref().map(|w| (w.field.clone(), w.is.clone())),
                })
                .collect(),
            steps: form.steps.iter().map(|s| s.title.clone()).collect(),
            permit: form.permit.id().to_owned(),
            attachments: form.attachments.id().to_owned(),
            statements: form.statements.clone(),
        })
        .collect();
    Json(RequestTypeList { types })
}

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<RequestListQuery>,
) -> Result<Json<RequestList>, Failure> {
    let tray = query.tray.as_deref().map_or(Some(RequestTray::Mine), RequestTray::from_id);
    let tray = tray.ok_or_else(|| Failure::invalid("tray", "unknown"))?;
    let page = PageRequest {
        after: cursor::read(query.after.as_deref())?,
        limit: cursor::limit(query.limit, PAGE_ROWS_MAX),
    };
    let page = api.app().requests(&actor, tray, page).await?;
    Ok(Json(RequestList {
        rows: page.rows.into_iter().map(Into::into).collect(),
        next: page.next.as_ref().map(cursor::text),
    }))
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<RequestView>, Failure> {
    Ok(Json(api.app().request(&actor, &RequestId::new(id)).await?.into()))
}

pub(crate) async fn apply(
    State(api): State<Api>,
    Caller(actor): Caller,
    request: Request,
) -> Result<Response, Failure> {
    let mut parts = Multipart::from_request(request, &api).await.map_err(|_| Failure::media_type())?;
    let (form, mut arrived) = match arrive(&api, &actor, &mut parts).await {
        Ok(whole) => whole,
        Err(failure) => {
            upload::read_on(&mut parts).await;
            return Err(failure);
        }
    };
    let NewRequestForm { submission, form, answers } = form;
    let attachments: Vec<UploadedFile> = arrived.take();
    let new = NewRequest { submission, form, answers, attachments };
    let id = api.app().apply(&actor, new).await?;
    let location = HeaderValue::from_str(&format!("/api/v1/requests/{id}"))
        .map_err(|e| Error::Internal(format!("location: {e}")))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(Made { id: id.to_string() }))
        .into_response())
}

async fn arrive(
    api: &Api,
    actor: &Actor,
    parts: &mut Multipart,
) -> Result<(NewRequestForm, Arrived), Failure> {
    let form: NewRequestForm = match parts.next_field().await.map_err(unread)? {
        Some(field) if field.name() == Some("request") => read_part(field, "request").await?,
        _ => return Err(Failure::invalid("request", "not-first")),
    };
    let app = api.app();
    let mut arrived = Arrived::new(app.clone());
    while let Some(mut field) = parts.next_field().await.map_err(unread)? {
        if field.name() != Some("file") {
            return Err(Failure::malformed("a part is neither `request` nor `file`"));
        }
        if arrived.len() >= ATTACHMENTS_MAX {
            return Err(Error::TooMany { limit: u32::try_from(ATTACHMENTS_MAX).unwrap_or(u32::MAX) }.into());
        }
        let path = field.file_name().unwrap_or_default().to_owned();
        let name = path.rsplit_once(['/', '\\']).map_or(path.as_str(), |(_, name)| name);
        let mut upload = app.begin_attachment(actor, &form.form, name).await?;
        while let Some(chunk) = field.chunk().await.map_err(unread)? {
            upload.write(&chunk).await?;
        }
        arrived.push(upload.finish().await?);
    }
    Ok((form, arrived))
}

pub(crate) async fn decide(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<RequestDecisionForm>,
) -> Result<StatusCode, Failure> {
    let verdict = Verdict::from_id(&form.verdict).ok_or_else(|| Failure::invalid("verdict", "unknown"))?;
    let stands_in_for = form.stands_in_for.map(UserId::new);
    let ballot = RequestBallot {
        verdict,
        comment: &form.comment,
        seen_hash: &form.seen_hash,
        stands_in_for: stands_in_for.as_ref(),
    };
    api.app().decide_request(&actor, &RequestId::new(id), &ballot).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn review(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<ReviewForm>,
) -> Result<StatusCode, Failure> {
    api.app().review_request(&actor, &RequestId::new(id), form.decision).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn pull_back(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().pull_back_request(&actor, &RequestId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn withdraw(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().withdraw_request(&actor, &RequestId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn resubmit(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<ResubmitForm>,
) -> Result<StatusCode, Failure> {
    if form.without.len() > ATTACHMENTS_MAX {
        return Err(Failure::invalid("without", "too-long"));
    }
    let without: Vec<FileId> = form.without.into_iter().map(FileId::new).collect();
    let id = RequestId::new(id);
    api.app().resubmit_request(&actor, &id, &form.answers, Vec::new(), &without).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn give_back(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().give_back(&actor, &RequestId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn revoke(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<RevokeForm>,
) -> Result<StatusCode, Failure> {
    api.app().revoke_permit(&actor, &RequestId::new(id), &form.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn attachment(
    State(api): State<Api>,
    Caller(actor): Caller,
    method: Method,
    Named((id, file)): Named<(String, String)>,
) -> Result<Response, Failure> {
    if method == Method::HEAD {
        return Err(Failure::method_not_allowed());
    }
    let download = api.app().open_attachment(&actor, &RequestId::new(id), &FileId::new(file)).await?;
    let untrusted_name = download.name.clone();
    Ok(attachment::answer(download, &untrusted_name)?)
}

pub(crate) async fn parameters(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<OpenValueList>, Failure> {
    let app = api.app();
    let parameters = app.parameters(&actor).await?.into_iter().map(open_value).collect();
    Ok(Json(OpenValueList { parameters }))
}

pub(crate) async fn parameter(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<OpenValueView>, Failure> {
    let app = api.app();
    let row = app.parameter(&actor, &id).await?;
    Ok(Json(open_value(row)))
}
