//! Duties and their tasks, as programs read and report them.
//!
//! Owns the endpoints and what goes in and out, which is the contract of these addresses. Files are handed in at the screen.
//! Leaves every decision to `app`.

use std::collections::BTreeMap;

use app::{
    Error,
    duties::{DutyYear, NewReport, NewStart, TaskDetail, TaskTray, store::TaskRow},
    model::{PAGE_ROWS_MAX, PageRequest},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use workflow::{
    duty::{Covers, Scope, Tally, task::Word},
    id::{FileId, TaskId},
};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    cursor,
    dto::{Made, time},
    errors::Failure,
};
use crate::attachment;

/// A duty of the policy.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyTypeView {
    id: String,
    title: String,
    help: String,
    /// The role that does it.
    owner: String,
    /// `body`, `section` or `person`.
    each: String,
    /// `fiscal-year`, `half`, `quarter`, `month` or `week`, for what recurs.
    every: Option<String>,
    /// What sets it off, for what does not.
    on: Option<String>,
    confirm_by: Option<String>,
    waiver_by: Option<String>,
    fields: Vec<DutyFieldView>,
    /// `none`, `optional` or `required`.
    note: String,
    /// The same for files.
    files: String,
    statements: Vec<String>,
}

/// A field of a report.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyFieldView {
    id: String,
    title: String,
    /// As for requests.
    #[serde(rename = "type")]
    kind: String,
    required: bool,
    choices: Vec<String>,
    chars_max: u32,
}

/// The duties of the policy.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyTypeList {
    duties: Vec<DutyTypeView>,
}

/// Which tasks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskListQuery {
    /// `mine` (default), `own`, `overdue` or `units`.
    tray: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows, 1 to 200.
    limit: Option<u32>,
}

/// What a task covers. That is another thing than the day on which it is done.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoversView {
    /// The first day, `2026-04-01`.
    first: String,
    /// The last day.
    last: String,
    /// What happened, for what was set off.
    event: Option<String>,
}

impl From<&Covers> for CoversView {
    fn from(covers: &Covers) -> Self {
        let event = match covers {
            Covers::Event { what, .. } => Some(what.clone()),
            Covers::Period(_) => None,
        };
        Self { first: covers.first().to_string(), last: covers.last().to_string(), event }
    }
}

/// A row of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskRowView {
    id: String,
    duty: String,
    title: String,
    /// None for the body's own.
    section: Option<String>,
    /// The person whose own task it is.
    person: Option<String>,
    covers: CoversView,
    nth: u32,
    times: u32,
    due_on: String,
    /// `open`, `reported`, `waiver-asked`, `done` or `waived`.
    state: String,
    /// Whether it was reported after it was due.
    late: bool,
    done_on: Option<String>,
}

impl From<TaskRow> for TaskRowView {
    fn from(row: TaskRow) -> Self {
        Self {
            id: row.id.to_string(),
            duty: row.duty,
            title: row.title,
            section: row.section.map(|s| s.to_string()),
            person: row.person.map(|(id, _)| id.to_string()),
            covers: (&row.covers).into(),
            nth: row.nth,
            times: row.times,
            due_on: row.due_on.to_string(),
            state: row.state.id().to_owned(),
            late: row.late,
            done_on: row.done_on.map(|d| d.to_string()),
        }
    }
}

/// A page of tasks.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskList {
    rows: Vec<TaskRowView>,
    next: Option<String>,
}

/// Something that was said about a task.
#[derive(Serialize, ToSchema)]
pub(crate) struct WordView {
    by: String,
    #[schema(format = DateTime)]
    at: String,
    comment: String,
}

impl From<Word> for WordView {
    fn from(word: Word) -> Self {
        Self { by: word.by.to_string(), at: time(word.at), comment: word.comment }
    }
}

/// An answer of a report.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportAnswerView {
    field: String,
    title: String,
    value: String,
    shown: String,
}

/// A file of a report.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportFileView {
    id: String,
    name: String,
    sha256: String,
    bytes: u64,
}

/// What was reported. Empty but for who and when in another zone than that in which it was written.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportView {
    by: String,
    #[schema(format = DateTime)]
    at: String,
    done_on: String,
    zone: String,
    answers: Vec<ReportAnswerView>,
    note: String,
    attachments: Vec<ReportFileView>,
    /// What a confirmation sends back.
    hash: String,
}

/// What the caller may do with a task.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskMayView {
    report: bool,
    ask_waiver: bool,
    confirm: bool,
    waive: bool,
}

/// A task.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskView {
    id: String,
    duty: String,
    title: String,
    /// `body`, `section` or `person`.
    scope: String,
    section: Option<String>,
    person: Option<String>,
    covers: CoversView,
    nth: u32,
    times: u32,
    due_on: String,
    state: String,
    late: bool,
    #[schema(format = DateTime)]
    made_at: String,
    report: Option<ReportView>,
    returned: Option<WordView>,
    confirmed: Option<WordView>,
    waiver: Option<WordView>,
    waived: Option<WordView>,
    statements: Vec<String>,
    may: TaskMayView,
}

impl From<TaskDetail> for TaskView {
    fn from(detail: TaskDetail) -> Self {
        let hash = detail.report_hash;
        let may = TaskMayView {
            report: detail.may.report,
            ask_waiver: detail.may.ask_waiver,
            confirm: detail.may.confirm,
            waive: detail.may.waive,
        };
        let task = detail.task;
        let late = task.is_late();
        let (scope, person) = match &task.scope {
            Scope::Body => ("body", None),
            Scope::Section(_) => ("section", None),
            Scope::Person(user, _) => ("person", Some(user.to_string())),
        };
        let (asked, granted) = task.waiver.map_or((None, None), |w| (Some(w.asked), w.granted));
        let report = task.report.map(|r| ReportView {
            by: r.by.to_string(),
            at: time(r.at),
            done_on: r.done_on.to_string(),
            zone: r.zone.to_string(),
            answers: r
                .answers
                .into_iter()
                .map(|a| ReportAnswerView { field: a.field, title: a.title, value: a.value, shown: a.shown })
                .collect(),
            note: r.note,
            attachments: r
                .attachments
                .into_iter()
                .map(|a| ReportFileView {
                    id: a.id.to_string(),
                    name: a.untrusted_name,
                    sha256: a.stored.sha256,
                    bytes: a.stored.bytes,
                })
                .collect(),
            hash,
        });
        Self {
            id: task.id.to_string(),
            duty: task.duty,
            title: task.title,
            scope: scope.to_owned(),
            section: task.scope.section().map(ToString::to_string),
            person,
            covers: (&task.covers).into(),
            nth: task.nth,
            times: task.times,
            due_on: task.due_on.to_string(),
            state: task.state.id().to_owned(),
            late,
            made_at: time(task.made_at),
            report,
            returned: task.returned.map(Into::into),
            confirmed: task.confirmed.map(Into::into),
            waiver: asked.map(Into::into),
            waived: granted.map(Into::into),
            statements: detail.statements,
            may,
        }
    }
}

/// A report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportForm {
    /// The day on which it was done, `2026-04-01`.
    done_on: String,
    /// By the field's id, as for requests.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    #[serde(default)]
    note: String,
    /// Ids of files of the report that was sent back, to be left out.
    #[serde(default)]
    without: Vec<String>,
}

/// A word on a report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskDecisionForm {
    /// `confirm` or `return`.
    verdict: String,
    /// The hash of the report that was seen.
    seen_hash: String,
    #[serde(default)]
    comment: String,
}

/// A wish to let a task go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverForm {
    reason: String,
}

/// A word on it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverDecisionForm {
    granted: bool,
    #[serde(default)]
    comment: String,
}

/// Something that happened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartForm {
    /// Chosen by the caller, 1 to 64 letters, digits and hyphens: sent again, it gives the same task.
    submission: String,
    duty: String,
    /// What happened.
    what: String,
    /// The day, `2026-04-01`.
    on: String,
    /// For a duty of sections: which; absent: the caller's.
    #[serde(default)]
    section: String,
    /// For a duty of persons: whose, by login; absent: the caller's own.
    #[serde(default)]
    person: String,
}

/// Which fiscal year.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct YearQuery {
    /// The year of its April; absent: the current one.
    year: Option<i16>,
}

/// What became of tasks.
#[derive(Serialize, ToSchema)]
pub(crate) struct TallyView {
    asked: u32,
    done: u32,
    late: u32,
    waived: u32,
    overdue: u32,
    /// Whether it was done as often as it is asked for.
    satisfied: bool,
}

impl From<Tally> for TallyView {
    fn from(t: Tally) -> Self {
        Self {
            asked: t.asked,
            done: t.done,
            late: t.late,
            waived: t.waived,
            overdue: t.overdue,
            satisfied: t.is_satisfied(),
        }
    }
}

/// How far a section is.
#[derive(Serialize, ToSchema)]
pub(crate) struct SectionRateView {
    /// None for the body's own tasks.
    section: Option<String>,
    name: String,
    tally: TallyView,
}

/// A duty in a fiscal year.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyRateView {
    duty: String,
    title: String,
    /// Twelve months from April; none where nothing is due.
    months: Vec<Option<TallyView>>,
    tally: TallyView,
}

/// A fiscal year.
#[derive(Serialize, ToSchema)]
pub(crate) struct DutyYearView {
    year: i16,
    /// Whether it is the whole body, or only the units that the caller answers for.
    whole_body: bool,
    tally: TallyView,
    sections: Vec<SectionRateView>,
    duties: Vec<DutyRateView>,
}

impl From<DutyYear> for DutyYearView {
    fn from(year: DutyYear) -> Self {
        Self {
            year: year.year,
            whole_body: year.whole_body,
            tally: year.all.into(),
            sections: year
                .sections
                .into_iter()
                .map(|s| SectionRateView {
                    section: s.section.map(|s| s.to_string()),
                    name: s.name,
                    tally: s.tally.into(),
                })
                .collect(),
            duties: year
                .rows
                .into_iter()
                .map(|r| DutyRateView {
                    duty: r.duty,
                    title: r.title,
                    months: r.months.into_iter().map(|m| m.map(|m| m.tally.into())).collect(),
                    tally: r.all.into(),
                })
                .collect(),
        }
    }
}

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
            every,
            on,
            confirm_by: d.confirm_by.clone(),
            waiver_by: d.waiver_by.clone(),
            fields: d
                .fields
                .iter()
                .map(|f| DutyFieldView {
                    id: f.id.clone(),
                    title: f.title.clone(),
                    kind: f.kind.id().to_owned(),
                    required: f.required,
                    choices: f.choices.clone(),
                    chars_max: f.chars_max,
                })
                .collect(),
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
    let StartForm { submission, duty, what, on, section, person } = form;
    let new = NewStart { submission, duty, what, on, section, person };
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
    method: Method,
    Named((id, file)): Named<(String, String)>,
) -> Result<Response, Failure> {
    if method == Method::HEAD {
        return Err(Failure::method_not_allowed());
    }
    let download = api.app().open_task_file(&actor, &TaskId::new(id), &FileId::new(file)).await?;
    let untrusted_name = download.name.clone();
    Ok(attachment::answer(download, &untrusted_name)?)
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
