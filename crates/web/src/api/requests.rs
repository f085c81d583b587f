//! Requests, their forms and the values that they set, as programs read and make them.
//!
//! Owns the endpoints. Handing in comes as parts: the form as JSON first, then the files, which are stored as they arrive.
//! Leaves every decision to `app`, what goes in and out to `shapes`.

mod shapes;

use app::{
    Error,
    actor::Actor,
    model::{PAGE_ROWS_MAX, PageRequest},
    requests::{NewRequest, RequestBallot, RequestTray},
    uploads::UploadedFile,
};
use axum::{
    Json,
    extract::{FromRequest as _, Multipart, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use workflow::{
    id::{FileId, RequestId, UserId},
    request::ATTACHMENTS_MAX,
    route::Verdict,
};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    cursor,
    dto::{Made, ReviewForm},
    errors::Failure,
    transfers::{Arrived, read_part, unread},
};
use crate::{attachment, upload};

pub(crate) use shapes::*;

pub(crate) async fn types(State(api): State<Api>, Caller(actor): Caller) -> Json<RequestTypeList> {
    let app = api.app();
    let types = app
        .forms_for(&actor)
        .map(|form| RequestTypeView {
            id: form.id.clone(),
            title: form.title.clone(),
            description: form.description.clone(),
            group: form.group.clone(),
            fields: form.fields.iter().map(Into::into).collect(),
            steps: form
                .steps
                .iter()
                .map(|s| RequestStepView {
                    id: s.id.clone(),
                    title: s.title.clone(),
                    role: s.approver.clone(),
                    persons: s.persons,
                    parallel: s.parallel.clone(),
                    only_when: s.only_when.as_ref().map(|w| (w.field.clone(), w.is.clone())),
                })
                .collect(),
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
) -> Result<Json<RequestDetailView>, Failure> {
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
    let begin = |name: String| {
        let (app, form) = (&app, &form.form);
        async move { app.begin_attachment(actor, form, &name).await }
    };
    arrived.take_files(parts, begin).await?;
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
        step: form.step,
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

pub(crate) async fn give_up(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().give_up_permit(&actor, &RequestId::new(id)).await?;
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

pub(crate) async fn take_over(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().take_over_permit(&actor, &RequestId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn decline(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<RevokeForm>,
) -> Result<StatusCode, Failure> {
    api.app().decline_permit(&actor, &RequestId::new(id), &form.reason).await?;
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
    Named((id, file)): Named<(String, String)>,
) -> Result<Response, Failure> {
    let opened = api.app().open_attachment(&actor, &RequestId::new(id), &FileId::new(file)).await;
    Ok(attachment::opened(opened)?)
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
