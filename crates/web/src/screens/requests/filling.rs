//! The way of a form through its pages: filled, checked, confirmed with its files, handed in.
//!
//! Owns that each page carries what was typed, so that nothing is kept between them. Leaves what is right to `app`.

use std::collections::BTreeMap;

use app::{
    Error,
    actor::Actor,
    requests::{NewRequest, RequestDetail},
    uploads::ATTACHMENT_BYTES_MAX,
};
use axum::{
    Form,
    extract::{Multipart, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::{Attachments, FormFieldType};
use workflow::{
    id::{FileId, RequestId},
    route::Verdict,
};

use super::{BASIS, late_words, messages, number_shown, steps};
use crate::{
    door::Signed,
    screens::{Pairs, all, attached, one, view},
    site::{Site, at_form, render, when},
    words,
};

/// A form on its way: a new request, or one that is handed in again.
enum Way {
    New(String),
    Again(Box<RequestDetail>),
}

impl Way {
    fn form(&self) -> &str {
        match self {
            Way::New(form) => form,
            Way::Again(detail) => &detail.request.form,
        }
    }

    /// The address that the pages of this way begin with.
    fn base(&self) -> String {
        match self {
            Way::New(form) => format!("/requests/new/{}", view::path_part(form)),
            Way::Again(detail) => {
                format!("/requests/{}/resubmit", view::path_part(detail.request.id.as_str()))
            }
        }
    }

    fn back(&self) -> (String, String) {
        match self {
            Way::New(_) => ("/requests/new".to_owned(), "申請を選ぶ".to_owned()),
            Way::Again(detail) => {
                let r = &detail.request;
                (
                    format!("/requests/{}", view::path_part(r.id.as_str())),
                    number_shown(r.number, r.submitted_at),
                )
            }
        }
    }

    fn attached(&self) -> Vec<(String, String)> {
        match self {
            Way::New(_) => Vec::new(),
            Way::Again(detail) => detail
                .request
                .content
                .attachments
                .iter()
                .map(|a| (a.id.to_string(), a.untrusted_name.clone()))
                .collect(),
        }
    }
}

/// The way of a request that its applicant may hand in again, or the page that says why not.
async fn again(site: &Site, actor: &Actor, id: &str) -> Result<Way, Response> {
    match site.app().request(actor, &RequestId::new(id)).await {
        Ok(detail) if detail.may.resubmit => Ok(Way::Again(Box::new(detail))),
        Ok(_) => Err(Redirect::to(&format!("/requests/{}", view::path_part(id))).into_response()),
        Err(error) => Err(site.fail(Some(actor), &error)),
    }
}

pub(crate) fn typed(pairs: &Pairs) -> BTreeMap<String, String> {
    pairs
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("answer.")?.to_owned(), value.clone())))
        .collect()
}

pub(crate) fn field_view(
    site: &Site,
    fields: &[policy::FormField],
    field: &policy::FormField,
    typed: &BTreeMap<String, String>,
    errors: &[app::FieldProblem],
) -> view::FormFieldView {
    let condition = field.shown_when.as_ref().and_then(|when| {
        let asked = fields.iter().find(|f| f.id == when.field)?;
        let answer = match (asked.kind, when.is.as_str()) {
            (FormFieldType::Flag, "true") => "はい",
            (FormFieldType::Flag, _) => "いいえ",
            (_, other) => other,
        };
        Some(format!("「{}」が「{answer}」のとき。", asked.title))
    });
    let app = site.app();
    let choices = match field.kind {
        FormFieldType::Parameter => app
            .pack()
            .parameters()
            .iter()
            .map(|p| {
                let now = p.value.as_ref().map_or_else(|| "未設定".to_owned(), ToString::to_string);
                (p.id.clone(), format!("{}(いま: {now})", p.title))
            })
            .collect(),
        FormFieldType::Zone => app.pack().zones().iter().map(|z| (z.id.clone(), z.label.clone())).collect(),
        _ => field.choices.iter().map(|c| (c.clone(), c.clone())).collect(),
    };
    let help = match (field.kind, &field.help) {
        (FormFieldType::Edition, None) => "方針の版の画面から開くと、その版が入ります。".to_owned(),
        (FormFieldType::RosterPlan, None) => "人事異動の画面から開くと、その計画が入ります。".to_owned(),
        (FormFieldType::Person, None) => "職員番号(ログインID)か、氏名を入力してください。".to_owned(),
        (_, help) => help.clone().unwrap_or_default(),
    };
    view::FormFieldView {
        name: format!("answer.{}", field.id),
        id: field.id.clone(),
        title: field.title.clone(),
        help,
        when: condition.unwrap_or_default(),
        asked_by: field.shown_when.as_ref().map(|when| (format!("answer.{}", when.field), when.is.clone())),
        kind: field.kind.id(),
        required: field.required,
        choices,
        chars_max: field.chars_max,
        value: typed.get(&field.id).cloned().unwrap_or_default(),
        error: errors.iter().find(|e| e.field == field.id).map(words::requests::problem),
        found: None,
    }
}

/// What was typed, with the rows that were picked among those that were found in their fields' place.
fn picked(pairs: &Pairs) -> Pairs {
    let mut pairs = pairs.clone();
    let picks: Vec<(String, String)> = pairs
        .iter()
        .filter_map(|(name, value)| Some((format!("answer.{}", name.strip_prefix("pick.")?), value.clone())))
        .collect();
    for (name, value) in picks {
        match pairs.iter_mut().find(|(known, _)| *known == name) {
            Some((_, typed)) => *typed = value,
            None => pairs.push((name, value)),
        }
    }
    pairs
}

/// The form with what was found in a register for one of its fields.
async fn found_page(site: &Site, actor: &Actor, way: &Way, pairs: &Pairs, field: &str) -> Response {
    let app = site.app();
    let form = app.forms().find(|f| f.id == way.form());
    let Some(asked) = form.and_then(|f| f.field(field)) else {
        return site.fail(Some(actor), &Error::NotFound);
    };
    let words = typed(pairs).remove(field).unwrap_or_default();
    match app.row_choices(actor, asked, &words).await {
        Ok(rows) => {
            let said = |row: &app::registers::views::ShownLink| {
                (row.number.clone(), format!("{} {}", row.number, row.name.clone().unwrap_or_default()))
            };
            let found = (field.to_owned(), rows.iter().map(said).collect());
            form_page_with(site, actor, way, pairs, &[], Some(found))
        }
        Err(error) => site.fail(Some(actor), &error),
    }
}

/// The page with the form, as it was typed so far.
fn form_page(
    site: &Site,
    actor: &Actor,
    way: &Way,
    pairs: &Pairs,
    problems: &[app::FieldProblem],
) -> Response {
    form_page_with(site, actor, way, pairs, problems, None)
}

/// Rows that were found for a field: its id, and value and words of each.
type Found = (String, Vec<(String, String)>);

fn form_page_with(
    site: &Site,
    actor: &Actor,
    way: &Way,
    pairs: &Pairs,
    problems: &[app::FieldProblem],
    found: Option<Found>,
) -> Response {
    let app = site.app();
    let Some(form) = app.forms().find(|f| f.id == way.form()) else {
        return site.fail(Some(actor), &Error::NotFound);
    };
    let mut answers = typed(pairs);
    let came_back = match way {
        Way::New(_) => None,
        Way::Again(detail) => {
            if answers.is_empty() {
                answers.extend(
                    detail.request.content.answers.iter().map(|a| (a.field.clone(), a.value.clone())),
                );
            }
            let last = detail.request.approval.decisions.last();
            last.filter(|d| d.verdict == Verdict::Return).map(|d| {
                (detail.names.get(&d.by).cloned().unwrap_or_default(), d.comment.clone(), when(d.at))
            })
        }
    };
    let submission = match one(pairs, "submission") {
        "" => app.submission_key(),
        key => key.to_owned(),
    };
    let mut fields: Vec<view::FormFieldView> =
        form.fields.iter().map(|f| field_view(site, &form.fields, f, &answers, problems)).collect();
    if let Some((id, rows)) = found
        && let Some(field) = fields.iter_mut().find(|f| f.id == id)
    {
        field.found = Some(rows);
    }
    let mut answer = render(&view::RequestFormPage {
        frame: site.frame(Some(actor), &form.title, "/requests", BASIS, ""),
        back: way.back(),
        title: form.title.clone(),
        description: form.description.clone(),
        steps: steps(form),
        came_back,
        check_action: format!("{}/check", way.base()),
        fields,
        submission,
        errors: messages(problems),
    });
    if !problems.is_empty() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

/// The page on which it is read once more.
async fn confirm_page(
    site: &Site,
    actor: &Actor,
    way: &Way,
    pairs: &Pairs,
    errors: Vec<view::FieldError>,
) -> Response {
    let pairs = &picked(pairs);
    let looked_for = one(pairs, "find");
    if !looked_for.is_empty() {
        return found_page(site, actor, way, pairs, looked_for).await;
    }
    let app = site.app();
    let filled = match app.check_form(actor, way.form(), &typed(pairs)).await {
        Ok(filled) => filled,
        Err(Error::Form(problems)) => return form_page(site, actor, way, pairs, &problems),
        Err(error) => return site.fail(Some(actor), &error),
    };
    let Some(form) = app.forms().find(|f| f.id == way.form()) else {
        return site.fail(Some(actor), &Error::NotFound);
    };
    let bad = !errors.is_empty();
    let mut answer = render(&view::RequestConfirmPage {
        frame: site.frame(Some(actor), &format!("確認: {}", form.title), "/requests", BASIS, ""),
        title: form.title.clone(),
        steps: filled.steps.clone(),
        answers: filled.answers.iter().map(|a| (a.title.clone(), a.shown.clone())).collect(),
        late: filled.late_by.map(late_words),
        hidden: pairs
            .iter()
            .filter(|(name, _)| name == "submission" || name.starts_with("answer."))
            .cloned()
            .collect(),
        action: way.base(),
        edit_action: format!("{}/edit", way.base()),
        button: match way {
            Way::New(_) => "申請する".to_owned(),
            Way::Again(_) => "再提出する".to_owned(),
        },
        attachments: match form.attachments {
            Attachments::None => None,
            Attachments::Optional => Some(false),
            Attachments::Required => Some(way.attached().is_empty()),
        },
        attached: way.attached(),
        bytes_max: view::size(ATTACHMENT_BYTES_MAX),
        clauses: site.chips(&form.statements),
        errors,
    });
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

pub(crate) async fn new_page(
    State(site): State<Site>,
    who: Signed,
    Path(form): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    form_page(&site, &who.actor, &Way::New(form), &query, &[])
}

pub(crate) async fn new_edit(
    State(site): State<Site>,
    who: Signed,
    Path(form): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    form_page(&site, &who.actor, &Way::New(form), &pairs, &[])
}

pub(crate) async fn new_check(
    State(site): State<Site>,
    who: Signed,
    Path(form): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    confirm_page(&site, &who.actor, &Way::New(form), &pairs, Vec::new()).await
}

pub(crate) async fn apply(
    State(site): State<Site>,
    who: Signed,
    Path(form): Path<String>,
    parts: Multipart,
) -> Response {
    hand_in(&site, &who.actor, Way::New(form), parts).await
}

pub(crate) async fn resubmit_page(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    match again(&site, &who.actor, &id).await {
        Ok(way) => form_page(&site, &who.actor, &way, &Pairs::new(), &[]),
        Err(answer) => answer,
    }
}

pub(crate) async fn resubmit_edit(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    match again(&site, &who.actor, &id).await {
        Ok(way) => form_page(&site, &who.actor, &way, &pairs, &[]),
        Err(answer) => answer,
    }
}

pub(crate) async fn resubmit_check(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    match again(&site, &who.actor, &id).await {
        Ok(way) => confirm_page(&site, &who.actor, &way, &pairs, Vec::new()).await,
        Err(answer) => answer,
    }
}

pub(crate) async fn resubmit(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    parts: Multipart,
) -> Response {
    match again(&site, &who.actor, &id).await {
        Ok(way) => hand_in(&site, &who.actor, way, parts).await,
        Err(answer) => answer,
    }
}

/// Takes the fields, stores the files as they come, and hands the form in.
async fn hand_in(site: &Site, actor: &Actor, way: Way, mut parts: Multipart) -> Response {
    let mut pairs = Pairs::new();
    let mut files = Vec::new();
    let app = site.app();
    let begin = |name: String| {
        let (app, form) = (&app, way.form());
        async move { app.begin_attachment(actor, form, &name).await }
    };
    let arrived = attached::arrive(begin, &mut parts, &mut pairs, &mut files).await;
    let result = match arrived {
        Ok(()) => match &way {
            Way::New(form) => {
                let new = NewRequest {
                    submission: one(&pairs, "submission").to_owned(),
                    form: form.clone(),
                    answers: typed(&pairs),
                    attachments: files,
                };
                app.apply(actor, new).await
            }
            Way::Again(detail) => {
                let without: Vec<FileId> = all(&pairs, "without").map(FileId::new).collect();
                let id = detail.request.id.clone();
                app.resubmit_request(actor, &id, &typed(&pairs), files, &without).await.map(|()| id)
            }
        },
        Err(error) => {
            attached::let_go(site, &files, &mut parts).await;
            Err(error)
        }
    };
    match result {
        Ok(id) => {
            Redirect::to(&format!("/requests/{}?done=applied", view::path_part(id.as_str()))).into_response()
        }
        Err(Error::Form(problems)) if problems.iter().all(|p| p.field == "attachments") => {
            confirm_page(site, actor, &way, &pairs, messages(&problems)).await
        }
        Err(Error::Form(problems)) => form_page(site, actor, &way, &pairs, &problems),
        Err(error) => match at_form(&error) {
            Some(message) => {
                let message = view::FieldError { field: "attachments".to_owned(), ..message };
                confirm_page(site, actor, &way, &pairs, vec![message]).await
            }
            None => site.fail(Some(actor), &error),
        },
    }
}
