//! 申請: choosing a form, filling it, reading it once more, and what becomes of it.
//!
//! Owns the way of a form through its pages: filled, checked, confirmed with its files, handed in; each page carries what
//! was typed, so that nothing is kept between them. Leaves what is right to `app`.

use std::collections::BTreeMap;

use app::{
    Error,
    actor::Actor,
    model::PageRequest,
    requests::{
        NewRequest, RequestBallot, RequestDetail, RequestTray, RequestsAtHome,
        store::{ParameterChange, RequestRow},
    },
    uploads::{ATTACHMENT_BYTES_MAX, UploadedFile},
};
use axum::{
    Form,
    extract::{Multipart, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::{Attachments, FormFieldType, Mechanism, RequestType};
use workflow::{
    id::{FileId, RequestId, UserId},
    request::{ATTACHMENTS_MAX, Permit, Request, Standing, State as Stage},
    route::Verdict,
};

use super::{Pairs, all, one, send, show, view};
use crate::{
    attachment, dates,
    door::Signed,
    failure,
    site::{Site, at_form, render, when},
    words,
};

const LIST_ROWS: u32 = 30;
const BASIS: &[Mechanism] =
    &[Mechanism::ApprovalContent, Mechanism::ApprovalTwoPersons, Mechanism::EvidenceLedger];

/// The number of a request as people say it.
fn number(number: i64, submitted_at: workflow::Millis) -> String {
    format!("申{}", dates::transfer_number(number, submitted_at))
}

fn state_chip(state: Stage) -> view::Chip {
    let (word, tone, _) = words::requests::state(state);
    view::Chip { word: word.to_owned(), tone }
}

fn permit_chip(permit: &Permit, now: workflow::Millis) -> view::Chip {
    let (word, tone) = words::requests::standing(permit.standing(now));
    view::Chip { word: word.to_owned(), tone }
}

fn row(site: &Site, row: &RequestRow, action: &str) -> view::RequestRowView {
    let now = site.app().now();
    let due = row.due_at.filter(|_| row.state == Stage::Waiting);
    view::RequestRowView {
        href: format!("/requests/{}", view::path_part(row.id.as_str())),
        number: number(row.number, row.submitted_at),
        title: row.title.clone(),
        state: state_chip(row.state),
        permit: row.permit.as_ref().map(|p| permit_chip(p, now)),
        applicant: row.applicant_name.clone(),
        section: site.app().section_name(&row.section),
        submitted: when(row.submitted_at),
        due: due.map(when),
        overdue: due.is_some_and(|due| due < now),
        action: action.to_owned(),
    }
}

/// What waits for the person who looks, for the first screen; groups without rows are left out.
pub(crate) fn at_home(site: &Site, home: &RequestsAtHome) -> Vec<view::RequestGroup> {
    let rows =
        |rows: &[RequestRow], action: &str| rows.iter().map(|r| row(site, r, action)).collect::<Vec<_>>();
    let reviews: Vec<RequestRow> = home.reviews.iter().map(|(row, _)| row.clone()).collect();
    let group = |id, title: &str, hint: &str, rows, all_href: &str| view::RequestGroup {
        id,
        title: title.to_owned(),
        hint: hint.to_owned(),
        rows,
        all_href: all_href.to_owned(),
    };
    [
        group(
            "decide",
            "承認待ちの申請",
            "内容を見て、承認するか決めてください。",
            rows(&home.to_decide, "見て判断する"),
            "/requests?tray=to-decide",
        ),
        group(
            "returned",
            "戻ってきた申請",
            "直して再提出するか、取り下げてください。",
            rows(&home.with_me, "直す"),
            "/requests",
        ),
        group(
            "return",
            "返却",
            "持ち出したものを戻したら、返却を報告してください。",
            rows(&home.to_give_back, "返却する"),
            "/requests",
        ),
        group(
            "review",
            "申請の後閲",
            "あなたの不在中に代決されました。内容を見て、後閲を記録してください。",
            rows(&reviews, "後閲する"),
            "",
        ),
        group(
            "open",
            "判断を待っている申請",
            "あなたが出した申請です。",
            rows(&home.under_way, ""),
            "/requests",
        ),
    ]
    .into_iter()
    .filter(|group| !group.rows.is_empty())
    .collect()
}

fn tray_words(tray: RequestTray) -> (&'static str, &'static str, &'static str) {
    match tray {
        RequestTray::Mine => ("自分の申請", "あなたが出した申請です。", "まだ申請はありません。"),
        RequestTray::ToDecide => {
            ("承認待ち", "あなたの判断を待っている申請です。", "判断を待っているものはありません。")
        }
        RequestTray::Units => {
            ("課の申請", "役割によって見られる範囲の申請です。", "見られる申請はありません。")
        }
    }
}

pub(crate) async fn list(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let tray = RequestTray::from_id(one(&query, "tray")).unwrap_or(RequestTray::Mine);
    let after = show::cursor(one(&query, "after"));
    let later = after.is_some();
    let page = match site.app().requests(&who.actor, tray, PageRequest { after, limit: LIST_ROWS }).await {
        Ok(page) => page,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let (_, lead, empty) = tray_words(tray);
    let base = format!("/requests?tray={}", tray.id());
    render(&view::RequestsPage {
        frame: site.frame(Some(&who.actor), "申請", "/requests", BASIS, one(&query, "done")),
        tabs: RequestTray::ALL
            .into_iter()
            .map(|t| view::Tab {
                href: format!("/requests?tray={}", t.id()),
                label: tray_words(t).0.to_owned(),
                current: t == tray,
            })
            .collect(),
        lead: lead.to_owned(),
        may_apply: applies(&who.actor),
        rows: page.rows.iter().map(|r| row(&site, r, "")).collect(),
        empty: empty.to_owned(),
        next_href: page.next.as_ref().map(|c| format!("{base}&after={}", show::cursor_text(c))),
        first_href: base,
        later,
    })
}

/// Who audits reads only; what he may not do is not offered to him.
pub(crate) fn applies(actor: &Actor) -> bool {
    actor.roles().iter().all(|g| g.role != authz::role::AUDITOR)
}

fn steps(form: &RequestType) -> Vec<String> {
    form.steps.iter().map(|s| s.title.clone()).collect()
}

pub(crate) async fn forms(State(site): State<Site>, who: Signed) -> Response {
    let app = site.app();
    let forms = app.forms().map(|form| view::FormChoice {
        href: format!("/requests/new/{}", view::path_part(&form.id)),
        title: form.title.clone(),
        description: form.description.clone(),
        steps: steps(form),
        clauses: site.chips(&form.statements),
    });
    render(&view::FormsPage {
        forms: forms.collect(),
        frame: site.frame(Some(&who.actor), "申請を選ぶ", "/requests", BASIS, ""),
    })
}

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
                (format!("/requests/{}", view::path_part(r.id.as_str())), number(r.number, r.submitted_at))
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

fn typed(pairs: &Pairs) -> BTreeMap<String, String> {
    pairs
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("answer.")?.to_owned(), value.clone())))
        .collect()
}

fn field_view(
    site: &Site,
    form: &RequestType,
    field: &policy::FormField,
    typed: &BTreeMap<String, String>,
    errors: &[app::FieldProblem],
) -> view::FormFieldView {
    let condition = field.shown_when.as_ref().and_then(|when| {
        let asked = form.field(&when.field)?;
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
        _ => field.choices.iter().map(|c| (c.clone(), c.clone())).collect(),
    };
    let help = match (field.kind, &field.help) {
        (FormFieldType::Edition, None) => "方針の版の画面から開くと、その版が入ります。".to_owned(),
        (FormFieldType::Person, None) => "職員のログインIDを入力してください。".to_owned(),
        (_, help) => help.clone().unwrap_or_default(),
    };
    view::FormFieldView {
        name: format!("answer.{}", field.id),
        id: field.id.clone(),
        title: field.title.clone(),
        help,
        when: condition.unwrap_or_default(),
        kind: field.kind.id(),
        required: field.required,
        choices,
        chars_max: field.chars_max,
        value: typed.get(&field.id).cloned().unwrap_or_default(),
        error: errors.iter().find(|e| e.field == field.id).map(words::requests::problem),
    }
}

fn messages(problems: &[app::FieldProblem]) -> Vec<view::FieldError> {
    problems
        .iter()
        .map(|p| view::FieldError {
            field: p.field.clone(),
            text: format!("{}: {}", p.title, words::requests::problem(p)),
        })
        .collect()
}

/// The page with the form, as it was typed so far.
fn form_page(
    site: &Site,
    actor: &Actor,
    way: &Way,
    pairs: &Pairs,
    problems: &[app::FieldProblem],
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
    let mut answer = render(&view::RequestFormPage {
        frame: site.frame(Some(actor), &form.title, "/requests", BASIS, ""),
        back: way.back(),
        title: form.title.clone(),
        description: form.description.clone(),
        steps: steps(form),
        came_back,
        check_action: format!("{}/check", way.base()),
        fields: form.fields.iter().map(|f| field_view(site, form, f, &answers, problems)).collect(),
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
        steps: steps(form),
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

fn late_words(late_by: workflow::Millis) -> String {
    let hours = late_by / 3_600_000;
    if hours < 1 {
        "期限を1時間未満過ぎています。".to_owned()
    } else {
        format!("期限を{hours}時間過ぎています。")
    }
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
    let arrived = arrive(site, actor, way.form(), &mut parts, &mut pairs, &mut files).await;
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
            app.abandon(&files).await;
            crate::upload::read_on(&mut parts).await;
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

async fn arrive(
    site: &Site,
    actor: &Actor,
    form: &str,
    parts: &mut Multipart,
    pairs: &mut Pairs,
    files: &mut Vec<UploadedFile>,
) -> app::Result<()> {
    let broken = |_| Error::Invalid { field: "files", problem: "unknown" };
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(path) = field.file_name().map(str::to_owned) else {
            if pairs.len() >= send::FIELDS_MAX {
                return Err(Error::Invalid { field: "files", problem: "too-long" });
            }
            let value = send::text(&mut field).await?;
            pairs.push((name, value));
            continue;
        };
        // A browser sends an empty part for a file field that was left alone.
        if path.is_empty() {
            continue;
        }
        if files.len() >= ATTACHMENTS_MAX {
            return Err(Error::TooMany { limit: u32::try_from(ATTACHMENTS_MAX).unwrap_or(u32::MAX) });
        }
        let file = path.rsplit_once(['/', '\\']).map_or(path.as_str(), |(_, name)| name);
        let mut upload = site.app().begin_attachment(actor, form, file).await?;
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            upload.write(&chunk).await?;
        }
        files.push(upload.finish().await?);
    }
    Ok(())
}

pub(crate) async fn detail(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    detail_page(&site, &who.actor, &id, one(&query, "done"), "", None).await
}

async fn detail_page(
    site: &Site,
    actor: &Actor,
    id: &str,
    done: &str,
    comment: &str,
    error: Option<&Error>,
) -> Response {
    let app = site.app();
    let detail = match app.request(actor, &RequestId::new(id)).await {
        Ok(detail) => detail,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let r = &detail.request;
    let href = format!("/requests/{}", view::path_part(r.id.as_str()));
    let name = |id: &UserId| detail.names.get(id).cloned().unwrap_or_default();
    let (_, _, said) = words::requests::state(r.state);
    let due = r.term.due_at.filter(|_| r.state == Stage::Waiting);
    let mut frame = site.frame(Some(actor), &r.title, "/requests", BASIS, done);
    if !detail.statements.is_empty() {
        frame.clauses = site.chips(&detail.statements);
    }
    let mut answer = render(&view::RequestPage {
        frame,
        number: number(r.number, r.submitted_at),
        title: r.title.clone(),
        state: state_chip(r.state),
        said: said.to_owned(),
        overdue: due.is_some_and(|due| due < app.now()),
        due: due.map(when),
        stations: stations(&app, r, &name),
        applicant: format!("{} {}", detail.section_name, name(&r.applicant)),
        submitted: when(r.submitted_at),
        round: r.approval.round,
        answers: r.content.answers.iter().map(|a| (a.title.clone(), a.shown.clone())).collect(),
        late: r.content.late_by.map(late_words),
        attachments: r
            .content
            .attachments
            .iter()
            .map(|a| {
                let file = view::path_part(a.id.as_str());
                (format!("{href}/files/{file}"), a.untrusted_name.clone(), view::size(a.stored.bytes))
            })
            .collect(),
        permit: r.permit.as_ref().map(|p| {
            let became = match (&p.returned, &p.revoked) {
                (Some((at, by)), _) => format!("{} {}さんが返却を報告しました。", when(*at).short, name(by)),
                (None, Some((at, by))) => format!("{} {}さんが取り消しました。", when(*at).short, name(by)),
                (None, None) if p.terms.return_asked => "戻したら、返却を報告してください。".to_owned(),
                (None, None) => String::new(),
            };
            // The end is the beginning of the day after.
            (permit_chip(p, app.now()), when(p.terms.from), when(p.terms.until - 1), became)
        }),
        revoke_action: detail.may.revoke.then(|| format!("{href}/revoke")),
        decided: decided(r, &name),
        decide: decide_form(site, &detail, comment, &name),
        acts: acts(&detail, &href),
        timeline: detail.timeline.iter().rev().map(|item| show::happening(site, item)).collect(),
        errors: error.map(|e| at_decision(e)).into_iter().collect(),
        href,
    });
    if let Some(error) = error {
        *answer.status_mut() = failure::status(error);
    }
    answer
}

fn at_decision(error: &Error) -> view::FieldError {
    match error {
        Error::Form(problems) => {
            let all: Vec<String> = messages(problems).into_iter().map(|m| m.text).collect();
            view::FieldError {
                field: String::new(),
                text: format!("いまは決裁できません。{} 差し戻して、直してもらってください。", all.join(" ")),
            }
        }
        other => view::FieldError { field: String::new(), text: failure::trouble(other).line() },
    }
}

fn decided(r: &Request, name: &dyn Fn(&UserId) -> String) -> Vec<view::Decided> {
    let said = |d: &workflow::route::Decision| {
        let title = r.approval.route.steps.get(d.step).map(|s| s.title.clone()).unwrap_or_default();
        let tone = if d.verdict == Verdict::Approve { words::Tone::Good } else { words::Tone::Wait };
        let chip = view::Chip { word: words::verdict(d.verdict).to_owned(), tone };
        let deputy = if d.on_behalf_of.is_some() { "(代決)" } else { "" };
        (title, format!("{}{deputy}", name(&d.by)), chip, d.comment.clone(), when(d.at))
    };
    r.approval.decisions.iter().map(said).collect()
}

fn decide_form(
    site: &Site,
    detail: &RequestDetail,
    comment: &str,
    name: &dyn Fn(&UserId) -> String,
) -> Option<view::DecideForm> {
    let r = &detail.request;
    let step = r.open_step().filter(|_| detail.may.decide || detail.may.decide_for.is_some())?;
    let app = site.app();
    let title = |id: &str| app.pack().role_title(id).to_owned();
    // Deciding in one's own right comes before standing in for someone.
    let stands_in = detail.may.decide_for.as_ref().filter(|_| !detail.may.decide);
    Some(view::DecideForm {
        step: step.title.clone(),
        last: r.approval.step + 1 >= r.approval.route.steps.len(),
        deputy_of: stands_in.map(|id| (name(id), id.to_string())),
        raised: step.raised_from.as_ref().map(|from| (title(from), title(&step.role))),
        seen_hash: detail.content_hash.clone(),
        comment: comment.to_owned(),
        clauses: site.chips(&step.statements),
    })
}

fn stations(app: &app::App, r: &Request, name: &dyn Fn(&UserId) -> String) -> Vec<view::Station> {
    let station =
        |title: &str, who: String, standing| view::Station { title: title.to_owned(), who, standing };
    let mut all = vec![station("申請", name(&r.applicant), "done")];
    for (index, step) in r.approval.route.steps.iter().enumerate() {
        let of_step = |d: &&workflow::route::Decision| d.round == r.approval.round && d.step == index;
        let decision = r.approval.decisions.iter().rev().find(of_step);
        let standing = match decision.map(|d| d.verdict) {
            Some(Verdict::Approve) => "done",
            Some(Verdict::Return | Verdict::Reject) => "stop",
            None if r.state == Stage::Waiting && r.approval.step == index => "now",
            None => "todo",
        };
        let who = match decision {
            Some(d) if d.on_behalf_of.is_some() => format!("{}(代決)", name(&d.by)),
            Some(d) => name(&d.by),
            None => app.pack().role_title(&step.role).to_owned(),
        };
        all.push(station(&step.title, who, standing));
    }
    let (title, standing) = match r.state {
        Stage::Approved => ("決裁", "done"),
        Stage::Withdrawn => ("取下げ", "stop"),
        Stage::Expired => ("期限切れ", "stop"),
        Stage::Waiting | Stage::Returned | Stage::PulledBack | Stage::Rejected => ("決裁", "todo"),
    };
    all.push(station(title, String::new(), standing));
    all
}

fn acts(detail: &RequestDetail, href: &str) -> Vec<view::ActButton> {
    let act = |path: &str, label: &str, confirm: &str| view::ActButton {
        href: format!("{href}/{path}"),
        label: label.to_owned(),
        confirm: confirm.to_owned(),
        ..view::ActButton::default()
    };
    let may = &detail.may;
    let mut acts = Vec::new();
    for index in &may.review {
        acts.push(view::ActButton {
            main: true,
            value: index.to_string(),
            ..act("review", "後閲しました", "")
        });
    }
    if may.resubmit {
        acts.push(view::ActButton {
            main: true, link: true, ..act("resubmit", "直して再提出する", "")
        });
    }
    if may.give_back {
        let due = matches!(detail.standing, Some(Standing::ReturnDue | Standing::Overdue));
        acts.push(view::ActButton {
            main: due,
            ..act("return", "返却を報告する", "返却したことを記録します。")
        });
    }
    if may.pull_back {
        acts.push(act("pull-back", "引き戻す", "承認の手続を止めて引き戻します。よろしいですか。"));
    }
    if may.withdraw {
        acts.push(act("withdraw", "取り下げる", "取り下げると、元に戻せません。よろしいですか。"));
    }
    acts
}

/// After an act: back to the request's page, which says what was done, or why it was not.
async fn after(site: &Site, actor: &Actor, id: &str, done: &str, result: app::Result<()>) -> Response {
    match result {
        Ok(()) => Redirect::to(&format!("/requests/{}?done={done}", view::path_part(id))).into_response(),
        Err(error @ Error::RequestRefused(_)) => detail_page(site, actor, id, "", "", Some(&error)).await,
        Err(error) => site.fail(Some(actor), &error),
    }
}

pub(crate) async fn decide(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let Some(verdict) = Verdict::from_id(one(&form, "verdict")) else {
        return site.fail(Some(&who.actor), &Error::Invalid { field: "verdict", problem: "unknown" });
    };
    let holder = Some(one(&form, "as_deputy_of")).filter(|id| !id.is_empty()).map(UserId::new);
    let ballot = RequestBallot {
        verdict,
        comment: one(&form, "comment"),
        seen_hash: one(&form, "seen_hash"),
        stands_in_for: holder.as_ref(),
    };
    let done = match verdict {
        Verdict::Approve => "request-approved",
        Verdict::Return => "request-returned",
        Verdict::Reject => "request-rejected",
    };
    match site.app().decide_request(&who.actor, &RequestId::new(&*id), &ballot).await {
        Err(error @ (Error::RequestRefused(_) | Error::Form(_))) => {
            detail_page(&site, &who.actor, &id, "", one(&form, "comment"), Some(&error)).await
        }
        result => after(&site, &who.actor, &id, done, result).await,
    }
}

pub(crate) async fn review(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let result = match one(&form, "value").parse() {
        Ok(decision) => site.app().review_request(&who.actor, &RequestId::new(&*id), decision).await,
        Err(_) => Err(Error::Invalid { field: "decision", problem: "unknown" }),
    };
    after(&site, &who.actor, &id, "reviewed", result).await
}

pub(crate) async fn pull_back(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let result = site.app().pull_back_request(&who.actor, &RequestId::new(&*id)).await;
    after(&site, &who.actor, &id, "pulled-back", result).await
}

pub(crate) async fn withdraw(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let result = site.app().withdraw_request(&who.actor, &RequestId::new(&*id)).await;
    after(&site, &who.actor, &id, "request-withdrawn", result).await
}

pub(crate) async fn give_back(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let result = site.app().give_back(&who.actor, &RequestId::new(&*id)).await;
    after(&site, &who.actor, &id, "given-back", result).await
}

pub(crate) async fn revoke(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let result = site.app().revoke_permit(&who.actor, &RequestId::new(&*id), one(&form, "reason")).await;
    after(&site, &who.actor, &id, "permit-revoked", result).await
}

pub(crate) async fn file(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let opened = site.app().open_attachment(&who.actor, &RequestId::new(id), &FileId::new(file)).await;
    let answered = opened.and_then(|download| {
        let untrusted_name = download.name.clone();
        attachment::answer(download, &untrusted_name)
    });
    answered.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

/// A change of a value in words, for the pages of parameters.
pub(crate) fn change_view(change: &ParameterChange, now: workflow::Millis, holds: bool) -> view::ValueChange {
    view::ValueChange {
        value: change.value.clone().unwrap_or_else(|| "定めない".to_owned()),
        from: when(change.from),
        to_come: change.from > now,
        holds,
        by: change.approved_by_name.clone(),
        at: when(change.approved_at),
        request: (
            format!("/requests/{}", view::path_part(change.request.as_str())),
            number(change.number, change.approved_at),
        ),
    }
}
