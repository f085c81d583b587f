//! The page of a task, and what people do there: report, confirm, let go; and saying that something happened.
//!
//! Owns what the page shows to whom. Leaves what may be done to `app`.

use app::{
    Error,
    actor::Actor,
    duties::{NewReport, NewStart, TaskDetail},
    uploads::ATTACHMENT_BYTES_MAX,
};
use axum::{
    Form,
    extract::{Multipart, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::{Attachments, PrintOf};
use workflow::{
    calendar::day_of,
    duty::{Scope, task::Word},
    id::{FileId, TaskId, UserId},
};

use super::{BASIS, chip, covers_words, nth_words, on};
use crate::{
    attachment,
    door::Signed,
    failure, print,
    screens::{
        Pairs,
        acts::{self, Done},
        all, attached, one, requests, show, view,
    },
    site::{Site, at_form, render, when},
    words,
};

fn href(id: &str) -> String {
    format!("/tasks/{}", view::path_part(id))
}

pub(crate) async fn detail(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    detail_page(&site, &who.actor, &id, one(&query, "done"), &Pairs::new(), None).await
}

/// The page; after an error with what was typed and what is wrong with it.
async fn detail_page(
    site: &Site,
    actor: &Actor,
    id: &str,
    done: &str,
    pairs: &Pairs,
    error: Option<&Error>,
) -> Response {
    let app = site.app();
    let detail = match app.task(actor, &TaskId::new(id)).await {
        Ok(detail) => detail,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let task = &detail.task;
    let is_own = matches!(&task.scope, Scope::Person(user, _) if user == actor.id());
    if is_own && detail.course.is_some() && task.state == workflow::duty::State::Open {
        return Redirect::to(&format!("/training/mine/{}", view::path_part(id))).into_response();
    }
    let overdue = task.is_overdue(app.now());
    let name = |id: &UserId| detail.names.get(id).cloned().unwrap_or_default();
    let said = |word: &Word| (name(&word.by), when(word.at), word.comment.clone());
    let mut frame = site.frame(Some(actor), &task.title, "/tasks", BASIS, done);
    if !detail.statements.is_empty() {
        frame.clauses = site.chips(&detail.statements);
    }
    frame.prints = print::offers(&app, PrintOf::Duty, &task.duty, &href(id), "");
    let for_whom = match &task.scope {
        Scope::Body => "全庁".to_owned(),
        Scope::Section(_) => detail.section_name.clone().unwrap_or_default(),
        Scope::Person(user, _) => {
            format!("{} {}", detail.section_name.clone().unwrap_or_default(), name(user))
        }
        Scope::Row(of) => {
            let section = detail.section_name.clone().unwrap_or_else(|| "全庁".to_owned());
            of.person.as_ref().map_or(section.clone(), |user| format!("{section} {}", name(user)))
        }
    };
    let role = |id: &str| app.pack().role_title(id).to_owned();
    let mut facts = vec![("対象".to_owned(), covers_words(&task.covers)), ("だれの".to_owned(), for_whom)];
    if detail.course.is_none() {
        facts.push(("行う役割".to_owned(), role(&task.terms.owner)));
    }
    let nth = nth_words(task.nth, task.times);
    if !nth.is_empty() {
        facts.insert(1, ("回".to_owned(), nth));
    }
    if let Some(reason) = &task.dropped {
        facts.push(("終わった理由".to_owned(), reason.clone()));
    }
    if let Some(confirmer) = &task.terms.confirm_by {
        facts.push(("確かめる役割".to_owned(), role(confirmer)));
    }
    let (_, _, means) = words::duties::state(task.state, overdue);
    let mut answer = render(&view::TaskPage {
        frame,
        gone: crate::screens::records::gone(detail.record.as_ref()),
        href: href(id),
        title: task.title.clone(),
        duty_href: detail.duty.as_ref().map(|d| format!("/tasks/duties/{}", view::path_part(&d.id))),
        state: chip(task.state, overdue),
        said: means.to_owned(),
        help: detail.duty.as_ref().map(|d| d.help.clone()).unwrap_or_default(),
        facts,
        row: detail.row.as_ref().map(crate::screens::registers::row_link),
        due: on(task.due_on),
        overdue,
        elsewhere: detail.written_in.as_deref().map(|zone| site.zone_view(zone).label),
        report: report_view(&detail, id, &name),
        returned: task.returned.as_ref().map(said),
        confirmed: task.confirmed.as_ref().map(said),
        waiver: task.waiver.as_ref().map(|w| said(&w.asked)),
        waived: task.waiver.as_ref().and_then(|w| w.granted.as_ref()).map(said),
        form: report_form(site, &detail, pairs, error),
        confirm: detail.may.confirm.then(|| detail.report_hash.clone()),
        decide_waiver: detail.may.waive,
        timeline: detail.timeline.iter().rev().map(|item| show::happening(site, item)).collect(),
        errors: error.map(at_task).unwrap_or_default(),
    });
    if let Some(error) = error {
        *answer.status_mut() = failure::status(error);
    }
    answer
}

fn at_task(error: &Error) -> Vec<view::FieldError> {
    match error {
        Error::Form(problems) => requests::messages(problems),
        other => match at_form(other) {
            Some(message) => vec![view::FieldError { field: "attachments".to_owned(), ..message }],
            None => {
                vec![view::FieldError { field: String::new(), text: failure::trouble(other).line() }]
            }
        },
    }
}

fn report_view(detail: &TaskDetail, id: &str, name: &dyn Fn(&UserId) -> String) -> Option<view::ReportView> {
    let report = detail.task.report.as_ref()?;
    let mut facts = vec![
        ("実施した日".to_owned(), on(report.done_on).day),
        ("報告した人".to_owned(), name(&report.by)),
        ("報告した日時".to_owned(), when(report.at).short),
    ];
    facts.extend(report.answers.iter().map(|a| (a.title.clone(), a.shown.clone())));
    let files = report.attachments.iter().map(|a| {
        let file = view::path_part(a.id.as_str());
        (format!("{}/files/{file}", href(id)), a.untrusted_name.clone(), view::size(a.stored.bytes))
    });
    Some(view::ReportView {
        facts,
        note: report.note.clone(),
        files: files.collect(),
        late: detail.task.is_late(),
    })
}

fn report_form(
    site: &Site,
    detail: &TaskDetail,
    pairs: &Pairs,
    error: Option<&Error>,
) -> Option<view::ReportForm> {
    if !detail.may.report {
        return None;
    }
    let before = detail.task.report.as_ref();
    let mut answers = requests::typed(pairs);
    if answers.is_empty() {
        answers.extend(before.iter().flat_map(|r| &r.answers).map(|a| (a.field.clone(), a.value.clone())));
    }
    let problems = match error {
        Some(Error::Form(problems)) => problems.as_slice(),
        _ => &[],
    };
    let fields = detail.duty.as_ref().map_or(&[][..], |d| d.fields.as_slice());
    let counted = detail.counted.clone().unwrap_or_default();
    let shown = |field: &&policy::FormField| counted.values.contains_key(&field.id);
    let field_view = |field: &policy::FormField| {
        let view = requests::field_view(site, fields, field, &answers, problems);
        let needed = counted.needed.as_ref() == Some(&field.id);
        view::FormFieldView { required: view.required || needed, ..view }
    };
    let asked = |what: Attachments| match what {
        Attachments::None => None,
        Attachments::Optional => Some(false),
        Attachments::Required => Some(true),
    };
    let (note, files) =
        detail.duty.as_ref().map_or((Attachments::Optional, Attachments::Optional), |d| (d.note, d.files));
    let typed = |key: &str, before: Option<String>| match one(pairs, key) {
        "" => before.unwrap_or_default(),
        typed => typed.to_owned(),
    };
    let today = day_of(site.app().now()).to_string();
    Some(view::ReportForm {
        counted: fields
            .iter()
            .filter(shown)
            .map(|f| (f.title.clone(), counted.values.get(&f.id).cloned().unwrap_or_default()))
            .collect(),
        fields: fields.iter().filter(|f| !shown(f)).map(field_view).collect(),
        done_on: typed("done-on", Some(before.map_or(today, |r| r.done_on.to_string()))),
        note: typed("note", before.map(|r| r.note.clone())),
        note_needed: asked(note),
        files_needed: asked(files),
        attached: before
            .iter()
            .flat_map(|r| &r.attachments)
            .map(|a| (a.id.to_string(), a.untrusted_name.clone()))
            .collect(),
        bytes_max: view::size(ATTACHMENT_BYTES_MAX),
        waiver: detail.may.ask_waiver,
    })
}

/// Takes the fields, stores the files as they come, and reports.
pub(crate) async fn report(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    mut parts: Multipart,
) -> Response {
    let app = site.app();
    let task = TaskId::new(&*id);
    let (mut pairs, mut files) = (Pairs::new(), Vec::new());
    let begin = |name: String| {
        let (app, actor, task) = (&app, &who.actor, &task);
        async move { app.begin_task_file(actor, task, &name).await }
    };
    let result = match attached::arrive(begin, &mut parts, &mut pairs, &mut files).await {
        Ok(()) => {
            let new = NewReport {
                done_on: one(&pairs, "done-on").to_owned(),
                answers: requests::typed(&pairs),
                note: one(&pairs, "note").to_owned(),
                attachments: files,
                without: all(&pairs, "without").map(FileId::new).collect(),
            };
            app.report_task(&who.actor, &task, new).await
        }
        Err(error) => {
            attached::let_go(&site, &files, &mut parts).await;
            Err(error)
        }
    };
    after(&site, &who.actor, &id, "task-reported", &pairs, result).await
}

/// The page after an act: once more with what is wrong, or as it is now.
async fn after(
    site: &Site,
    actor: &Actor,
    id: &str,
    done: &str,
    pairs: &Pairs,
    result: app::Result<()>,
) -> Response {
    let is_told =
        |error: &Error| matches!(error, Error::Form(_) | Error::Duty(_)) || at_form(error).is_some();
    let again = async |error: &Error| detail_page(site, actor, id, "", pairs, Some(error)).await;
    acts::after(site, actor, Done { href: &href(id), word: done }, result, is_told, again).await
}

pub(crate) async fn confirm(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let app = site.app();
    let (task, hash, comment) = (TaskId::new(&*id), one(&pairs, "seen_hash"), one(&pairs, "comment"));
    let (done, result) = match one(&pairs, "verdict") {
        "confirm" => ("task-confirmed", app.confirm_task(&who.actor, &task, hash, comment).await),
        "return" => ("task-sent-back", app.send_task_back(&who.actor, &task, hash, comment).await),
        _ => ("", Err(Error::Invalid { field: "verdict", problem: "unknown" })),
    };
    after(&site, &who.actor, &id, done, &pairs, result).await
}

pub(crate) async fn waiver(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let result = site.app().ask_waiver(&who.actor, &TaskId::new(&*id), one(&pairs, "reason")).await;
    after(&site, &who.actor, &id, "waiver-asked", &pairs, result).await
}

pub(crate) async fn waiver_decision(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let granted = match one(&pairs, "verdict") {
        "waive" => true,
        "refuse" => false,
        _ => {
            let unknown = Error::Invalid { field: "verdict", problem: "unknown" };
            return after(&site, &who.actor, &id, "", &pairs, Err(unknown)).await;
        }
    };
    let done = if granted { "waived" } else { "waiver-refused" };
    let task = TaskId::new(&*id);
    let result = site.app().decide_waiver(&who.actor, &task, granted, one(&pairs, "comment")).await;
    after(&site, &who.actor, &id, done, &pairs, result).await
}

pub(crate) async fn file(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let opened = site.app().open_task_file(&who.actor, &TaskId::new(id), &FileId::new(file)).await;
    attachment::opened(opened).unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

pub(crate) async fn start_page(
    State(site): State<Site>,
    who: Signed,
    Query(query): Query<Pairs>,
) -> Response {
    start_form(&site, &who.actor, &query, Vec::new())
}

fn start_form(site: &Site, actor: &Actor, pairs: &Pairs, errors: Vec<view::FieldError>) -> Response {
    let app = site.app();
    let bad = !errors.is_empty();
    let today = day_of(app.now()).to_string();
    let typed = |key: &str, before: String| match one(pairs, key) {
        "" => before,
        typed => typed.to_owned(),
    };
    let mut answer = render(&view::TaskStartPage {
        frame: site.frame(Some(actor), "事由による実施事項", "/tasks", BASIS, ""),
        duties: app
            .startable(actor)
            .into_iter()
            .map(|d| (d.id.clone(), d.title.clone(), words::duties::occurs(d)))
            .collect(),
        chosen: one(pairs, "duty").to_owned(),
        what: one(pairs, "what").to_owned(),
        on: typed("on", today),
        section: typed("section", actor.user().section.to_string()),
        person: one(pairs, "person").to_owned(),
        row: one(pairs, "row").to_owned(),
        sections: app.pack().sections().iter().map(|s| (s.id.clone(), s.name.clone())).collect(),
        submission: typed("submission", app.submission_key()),
        errors,
    });
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

pub(crate) async fn start(State(site): State<Site>, who: Signed, Form(pairs): Form<Pairs>) -> Response {
    let text = |key: &str| one(&pairs, key).to_owned();
    if text("duty").is_empty() {
        let text = "実施事項: 選んでください。".to_owned();
        let missing = view::FieldError { field: "duty".to_owned(), text };
        return start_form(&site, &who.actor, &pairs, vec![missing]);
    }
    let new = NewStart {
        submission: text("submission"),
        duty: text("duty"),
        what: text("what"),
        on: text("on"),
        section: text("section"),
        person: text("person"),
        row: text("row"),
    };
    match site.app().start_task(&who.actor, new).await {
        Ok(id) => Redirect::to(&format!("{}?done=task-started", href(id.as_str()))).into_response(),
        Err(Error::Form(problems)) => start_form(&site, &who.actor, &pairs, requests::messages(&problems)),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}
