//! 申請: the lists, choosing a form, and what waits on the first screen.
//!
//! Owns rows and the words that the other pages share. Leaves filling a form to `filling`, the page of a request to `page`.

mod filling;
mod page;

use app::{
    actor::Actor,
    model::PageRequest,
    requests::{
        RequestTray, RequestsAtHome,
        store::{ParameterChange, RequestRow},
    },
};
use axum::{
    extract::{Query, State},
    response::Response,
};
use policy::{FormFieldType, Mechanism, RequestType};
use workflow::request::{Permit, State as Stage};

use super::{Pairs, csv, one, show, taken, view};
use crate::{
    dates,
    door::Signed,
    site::{Site, render, when},
    words,
};

pub(crate) use filling::{
    apply, field_view, new_check, new_edit, new_page, resubmit, resubmit_check, resubmit_edit, resubmit_page,
    typed,
};
pub(crate) use page::{
    decide, decline, detail, file, give_back, give_up, pull_back, review, revoke, take_over, withdraw,
};

const LIST_ROWS: u32 = 30;
const BASIS: &[Mechanism] =
    &[Mechanism::ApprovalContent, Mechanism::ApprovalTwoPersons, Mechanism::EvidenceLedger];

/// The number of a request as people say it.
pub(crate) fn number_shown(number: i64, submitted_at: workflow::Millis) -> String {
    format!("申{}", dates::transfer_number(number, submitted_at))
}

pub(crate) fn state_chip(state: Stage) -> view::Chip {
    let (word, tone, _) = words::requests::state(state);
    view::Chip { word: word.to_owned(), tone }
}

fn permit_chip(permit: &Permit, now: workflow::Millis) -> view::Chip {
    let (word, tone) = words::requests::standing(permit.standing(now));
    view::Chip { word: word.to_owned(), tone }
}

pub(super) fn row(site: &Site, row: &RequestRow, action: &str) -> view::RequestRowView {
    let now = site.app().now();
    let due = row.due_at.filter(|_| row.state == Stage::Waiting);
    view::RequestRowView {
        href: format!("/requests/{}", view::path_part(row.id.as_str())),
        number: number_shown(row.number, row.submitted_at),
        title: row.title.clone(),
        about: row.about.clone(),
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
            "take-over",
            "引き継ぐもの",
            "異動・退職する人から受け取ったら、記録してください。",
            rows(&home.to_take_over, "受け取る"),
            "/handover",
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
    let app = site.app();
    let tray = match RequestTray::from_id(one(&query, "tray")) {
        Some(tray) => tray,
        // Who comes by the menu comes for what waits for him, if something does.
        None => {
            match app.requests(&who.actor, RequestTray::ToDecide, PageRequest { after: None, limit: 1 }).await
            {
                Ok(waiting) if waiting.rows.is_empty() => RequestTray::Mine,
                Ok(_) => RequestTray::ToDecide,
                Err(error) => return site.fail(Some(&who.actor), &error),
            }
        }
    };
    let list = list_taken(&site, &who.actor, tray);
    if let Some(answer) = taken::file_if_asked(&site, &who.actor, &query, list).await {
        return answer;
    }
    let after = show::cursor(one(&query, "after"));
    let later = after.is_some();
    let page = match app.requests(&who.actor, tray, PageRequest { after, limit: LIST_ROWS }).await {
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
        downloads: taken::Format::hrefs(&base),
        first_href: base,
        later,
    })
}

async fn list_taken(site: &Site, actor: &Actor, tray: RequestTray) -> app::Result<taken::Taken> {
    use workbook::Kind::{Moment, Text};
    let columns = [
        ("番号", Text),
        ("申請", Text),
        ("内容", Text),
        ("状態", Text),
        ("許可", Text),
        ("許可の終わり", Moment),
        ("所属", Text),
        ("申請した人", Text),
        ("申請の日時", Moment),
        ("決裁の期限", Moment),
    ];
    let now = site.app().now();
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = site.app().requests(actor, tray, PageRequest { after, limit: 200 }).await?;
        rows.extend(page.rows.iter().map(|r| {
            let permit = r.permit.as_ref();
            vec![
                number_shown(r.number, r.submitted_at),
                r.title.clone(),
                r.about.clone(),
                state_chip(r.state).word,
                permit.map(|p| permit_chip(p, now).word).unwrap_or_default(),
                permit.map(|p| dates::iso(p.terms.until)).unwrap_or_default(),
                site.app().section_name(&r.section),
                r.applicant_name.clone(),
                dates::iso(r.submitted_at),
                r.due_at.filter(|_| r.state == Stage::Waiting).map(dates::iso).unwrap_or_default(),
            ]
        }));
        after = page.next;
        if after.is_none() || rows.len() >= csv::ROWS_MAX {
            break;
        }
    }
    Ok(taken::Taken::new("requests", "申請の一覧", columns, rows))
}

/// Who audits reads only; what he may not do is not offered to him.
pub(crate) fn applies(actor: &Actor) -> bool {
    actor.roles().iter().all(|g| g.role != authz::role::AUDITOR)
}

/// The steps of a form that is not filled yet, each with what it depends on.
fn steps(form: &RequestType) -> Vec<String> {
    let of = |step: &policy::Step| {
        let persons = if step.persons > 1 { format!("({}人)", step.persons) } else { String::new() };
        let condition = step.only_when.as_ref().and_then(|when| Some((form.field(&when.field)?, &when.is)));
        let condition = match condition {
            Some((field, is)) if field.kind == FormFieldType::Flag => {
                format!("(「{}」が{}のとき)", field.title, if is == "true" { "はい" } else { "いいえ" })
            }
            Some((field, is)) => format!("(「{}」が「{is}」のとき)", field.title),
            None => String::new(),
        };
        format!("{}{persons}{condition}", step.title)
    };
    form.steps.iter().map(of).collect()
}

pub(crate) async fn forms(State(site): State<Site>, who: Signed) -> Response {
    let app = site.app();
    let mut groups: Vec<view::FormGroup> = Vec::new();
    for form in app.forms_for(&who.actor) {
        let title = form.group.as_deref().unwrap_or("そのほか");
        let choice = view::FormChoice {
            href: format!("/requests/new/{}", view::path_part(&form.id)),
            title: form.title.clone(),
            description: form.description.clone(),
            steps: steps(form),
            clauses: site.chips(&form.statements),
        };
        match groups.iter_mut().find(|g| g.title == title) {
            Some(group) => group.forms.push(choice),
            None => groups.push(view::FormGroup { title: title.to_owned(), forms: vec![choice] }),
        }
    }
    render(&view::FormsPage {
        groups,
        frame: site.frame(Some(&who.actor), "申請を選ぶ", "/requests", BASIS, ""),
    })
}

pub(crate) fn late_words(late_by: workflow::Millis) -> String {
    let hours = late_by / 3_600_000;
    if hours < 1 {
        "期限を1時間未満過ぎています。".to_owned()
    } else {
        format!("期限を{hours}時間過ぎています。")
    }
}

pub(crate) fn messages(problems: &[app::FieldProblem]) -> Vec<view::FieldError> {
    problems
        .iter()
        .map(|p| view::FieldError {
            field: p.field.clone(),
            text: format!("{}: {}", p.title, words::requests::problem(p)),
        })
        .collect()
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
            number_shown(change.number, change.approved_at),
        ),
    }
}
