//! Duties and their tasks, as programs read and report them.
//!
//! Owns the endpoints. Files are handed in at the screen. Leaves every decision to `app`, what goes in and out to `shapes`.

mod shapes;

use app::{
    Error,
    duties::{NewReport, NewStart, TaskTray},
    model::{PAGE_ROWS_MAX, PageRequest},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use workflow::id::{FileId, TaskId};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    cursor,
    dto::Made,
    errors::Failure,
};
use crate::attachment;

pub(crate) use shapes::*;

pub(crate) async fn types(State(api): State<Api>, Caller(_actor): Caller) -> Json<DutyTypeList> {
    let app = api.app();
    let view = |d: &policy::DutyType| {
        let (every, on) = match &d.occurs {
            policy::Occurs::Every { every, .. } => (Some(every.id().to_owned()), None),
            policy::Occurs::On { on, .. } => (None, Some(on.id().to_owned())),
        };
        DutyTypeView {
            id: d.id.clone(),
            title: d.title.clone(),
            help: d.help.clone(),
            owner: d.owner.clone(),
            each: d.each.id().to_owned(),
            register: d.rows.as_ref().map(|rows| rows.register.clone()),
            every,
            on,
            confirm_by: d.confirm_by.clone(),
            waiver_by: d.waiver_by.clone(),
            fields: d.fields.iter().map(Into::into).collect(),
            note: d.note.id().to_owned(),
            files: d.files.id().to_owned(),
            statements: d.statements.clone(),
        }
    };
    Json(DutyTypeList { duties: app.pack().duty_types().iter().map(view).collect() })
}

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<TaskListQuery>,
) -> Result<Json<TaskList>, Failure> {
    let tray = query.tray.as_deref().map_or(Some(TaskTray::Mine), TaskTray::from_id);
    let tray = tray.ok_or_else(|| Failure::invalid("tray", "unknown"))?;
    let page = PageRequest {
        after: cursor::read(query.after.as_deref())?,
        limit: cursor::limit(query.limit, PAGE_ROWS_MAX),
    };
    let page = api.app().tasks(&actor, tray, page).await?;
    Ok(Json(TaskList {
        rows: page.rows.into_iter().map(Into::into).collect(),
        next: page.next.as_ref().map(cursor::text),
    }))
}

pub(crate) async fn start(
    State(api): State<Api>,
    Caller(actor): Caller,
    Body(form): Body<StartForm>,
) -> Result<Response, Failure> {
    let StartForm { submission, duty, what, on, section, person, row } = form;
    let new = NewStart { submission, duty, what, on, section, person, row };
    let id = api.app().start_task(&actor, new).await?;
    let location = HeaderValue::from_str(&format!("/api/v1/tasks/{id}"))
        .map_err(|e| Error::Internal(format!("location: {e}")))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(Made { id: id.to_string() }))
        .into_response())
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<TaskView>, Failure> {
    Ok(Json(api.app().task(&actor, &TaskId::new(id)).await?.into()))
}

pub(crate) async fn report(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<ReportForm>,
) -> Result<StatusCode, Failure> {
    let new = NewReport {
        done_on: form.done_on,
        answers: form.answers,
        note: form.note,
        attachments: Vec::new(),
        without: form.without.into_iter().map(FileId::new).collect(),
    };
    api.app().report_task(&actor, &TaskId::new(id), new).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn decide(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<TaskDecisionForm>,
) -> Result<StatusCode, Failure> {
    let (app, id) = (api.app(), TaskId::new(id));
    match form.verdict.as_str() {
        "confirm" => app.confirm_task(&actor, &id, &form.seen_hash, &form.comment).await?,
        "return" => app.send_task_back(&actor, &id, &form.seen_hash, &form.comment).await?,
        _ => return Err(Failure::invalid("verdict", "unknown")),
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn ask_waiver(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<WaiverForm>,
) -> Result<StatusCode, Failure> {
    api.app().ask_waiver(&actor, &TaskId::new(id), &form.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn decide_waiver(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<WaiverDecisionForm>,
) -> Result<StatusCode, Failure> {
    api.app().decide_waiver(&actor, &TaskId::new(id), form.granted, &form.comment).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn attachment(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, file)): Named<(String, String)>,
) -> Result<Response, Failure> {
    let opened = api.app().open_task_file(&actor, &TaskId::new(id), &FileId::new(file)).await;
    Ok(attachment::opened(opened)?)
}

pub(crate) async fn year(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<YearQuery>,
) -> Result<Json<DutyYearView>, Failure> {
    if query.year.is_some_and(|y| !(2000..=2200).contains(&y)) {
        return Err(Failure::invalid("year", "not-allowed"));
    }
    Ok(Json(api.app().duty_year(&actor, query.year).await?.into()))
}
