//! お知らせ: one's own, how they reach oneself, and how mails fare.
//!
//! Owns rows and forms. Leaves what a notice says to the pack, who sees what of it to `app`.

use std::collections::BTreeMap;

use app::{
    Error,
    actor::Actor,
    model::PageRequest,
    notices::{
        Choice, MailRoad, NoticeRow, NoticeTray,
        store::{Mail, MailState},
    },
};
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::{Mechanism, NoticeKind, Urgency};

use super::{Pairs, all, one, show, view};
use crate::{
    dates,
    door::Signed,
    live,
    site::{Site, at_form, render, when},
    words,
};

const LIST_ROWS: u32 = 30;
const BASIS: &[Mechanism] = &[Mechanism::NoticeMail, Mechanism::DecisionDeadline];

/// The number of a thing as people say it.
fn number(row: &NoticeRow) -> String {
    let Some(number) = row.number else { return String::new() };
    match row.kind {
        NoticeKind::SectionLate => format!("{number}件"),
        // Transfers and requests count in the fiscal year in which they were handed in, which a notice need not lie in.
        _ => format!("番号 {number}"),
    }
}

fn row(site: &Site, row: &NoticeRow) -> view::NoticeRowView {
    let now = site.app().now();
    view::NoticeRowView {
        id: row.id.clone(),
        title: row.title.clone(),
        wording: row.wording.clone().unwrap_or_default(),
        name: row.name.clone().unwrap_or_default(),
        number: number(row),
        href: row.path.clone(),
        elsewhere: row.elsewhere.iter().map(|z| site.zone_view(z)).collect(),
        due: row.due_at.map(dates::When::until),
        overdue: row.waits && row.due_at.is_some_and(|due| due <= now),
        made: when(row.made_at),
        unread: row.unread,
        done: !row.waits && row.kind.waits(),
    }
}

fn tray_of(pairs: &Pairs) -> NoticeTray {
    NoticeTray::from_id(one(pairs, "tray")).unwrap_or(NoticeTray::Waiting)
}

pub(crate) async fn page(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let app = site.app();
    let tray = tray_of(&query);
    let kind = NoticeKind::from_id(one(&query, "kind"));
    let after = show::cursor(one(&query, "after"));
    let later = after.is_some();
    let page = PageRequest { after, limit: LIST_ROWS };
    let found = match app.notices(&who.actor, tray, kind, page).await {
        Ok(found) => found,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let (_, lead, empty) = words::notices::tray(tray);
    let narrowed = kind.map(|k| format!("&kind={}", k.id())).unwrap_or_default();
    let base = format!("/notices?tray={}{narrowed}", tray.id());
    let mut frame = site.frame(Some(&who.actor), "お知らせ", "/notices", BASIS, one(&query, "done"));
    if let Some(who) = &mut frame.who {
        // Counted after whatever just happened.
        who.unread = found.unread;
    }
    render(&view::NoticesPage {
        frame,
        tabs: NoticeTray::ALL
            .into_iter()
            .map(|t| view::Tab {
                href: format!("/notices?tray={}", t.id()),
                label: words::notices::tray(t).0.to_owned(),
                current: t == tray && kind.is_none(),
            })
            .collect(),
        lead: if kind.is_some() {
            "この種類の、待っているものと済んだものです。"
        } else {
            lead
        }
        .to_owned(),
        tray: tray.id().to_owned(),
        kinds: NoticeKind::WORDS
            .iter()
            .map(|(id, k)| view::Choice {
                id: (*id).to_owned(),
                title: k.title_ja().to_owned(),
                chosen: kind == Some(*k),
            })
            .collect(),
        rows: found.page.rows.iter().map(|r| row(&site, r)).collect(),
        unread: found.unread,
        empty: empty.to_owned(),
        next_href: found.page.next.as_ref().map(|c| format!("{base}&after={}", show::cursor_text(c))),
        first_href: base,
        later,
    })
}

/// How many are unread, for a page that stays open.
pub(crate) async fn events(State(site): State<Site>, who: Signed) -> Response {
    match live::unread(site.app(), site.streams(), who.actor.clone()).await {
        Ok(stream) => stream.into_response(),
        Err(live::Unopened::TooMany) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Err(live::Unopened::App(error)) => site.fail(Some(&who.actor), &error),
    }
}

async fn mark(site: &Site, actor: &Actor, form: &Pairs, ids: Option<&[String]>) -> Response {
    match site.app().read_notices(actor, ids).await {
        Ok(_) => {
            Redirect::to(&format!("/notices?tray={}&done=notices-read", tray_of(form).id())).into_response()
        }
        Err(error) => site.fail(Some(actor), &error),
    }
}

pub(crate) async fn read(State(site): State<Site>, who: Signed, Form(form): Form<Pairs>) -> Response {
    let ids: Vec<String> = all(&form, "id").map(str::to_owned).collect();
    mark(&site, &who.actor, &form, Some(&ids)).await
}

pub(crate) async fn read_all(State(site): State<Site>, who: Signed, Form(form): Form<Pairs>) -> Response {
    mark(&site, &who.actor, &form, None).await
}

fn choice(choice: &Choice) -> view::NoticeChoiceView {
    // What was chosen may be weaker than the policy asks for today.
    let now = choice.chosen.unwrap_or(choice.usual).max(choice.least);
    let ways: Vec<view::Choice> = Urgency::WORDS
        .iter()
        .rev()
        .filter(|(_, way)| *way >= choice.least)
        .map(|(id, way)| {
            let usual = if *way == choice.usual { "(ふつう)" } else { "" };
            view::Choice {
                id: (*id).to_owned(),
                title: format!("{}{usual}", words::notices::urgency(*way).0),
                chosen: *way == now,
            }
        })
        .collect();
    view::NoticeChoiceView {
        id: choice.kind.id().to_owned(),
        title: choice.kind.title_ja().to_owned(),
        fixed: ways.len() == 1,
        ways,
    }
}

pub(crate) async fn settings(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    settings_page(&site, &who.actor, one(&query, "done"), None, Vec::new()).await
}

async fn settings_page(
    site: &Site,
    actor: &Actor,
    done: &str,
    typed: Option<&str>,
    errors: Vec<view::FieldError>,
) -> Response {
    let settings = match site.app().notice_settings(actor).await {
        Ok(settings) => settings,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let bad = !errors.is_empty();
    let mut answer = render(&view::NoticeSettingsPage {
        frame: site.frame(Some(actor), "お知らせの届け方", "/account", BASIS, done),
        choices: settings.choices.iter().map(choice).collect(),
        address: typed.map_or_else(|| settings.address.clone().unwrap_or_default(), str::to_owned),
        mails_go_to: settings.mails_go_to.unwrap_or_default(),
        domains: settings.domains.iter().map(|d| format!("@{d}")).collect::<Vec<_>>().join("、"),
        meanings: Urgency::WORDS
            .iter()
            .rev()
            .map(|(_, way)| words::notices::urgency(*way))
            .map(|(word, meaning)| (word.to_owned(), meaning.to_owned()))
            .collect(),
        errors,
    });
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

pub(crate) async fn choose(State(site): State<Site>, who: Signed, Form(form): Form<Pairs>) -> Response {
    let mut choices = BTreeMap::new();
    for (name, value) in &form {
        let Some(word) = name.strip_prefix("u.") else { continue };
        let (Some(kind), Some(urgency)) = (NoticeKind::from_id(word), Urgency::from_id(value)) else {
            let error = Error::Invalid { field: "urgency", problem: "unknown" };
            let errors = at_form(&error).into_iter().collect();
            return settings_page(&site, &who.actor, "", Some(one(&form, "address")), errors).await;
        };
        choices.insert(kind, urgency);
    }
    match site.app().choose_notices(&who.actor, &choices, one(&form, "address")).await {
        Ok(()) => Redirect::to("/account/notices?done=notices-chosen").into_response(),
        Err(error) => match at_form(&error) {
            Some(message) => {
                settings_page(&site, &who.actor, "", Some(one(&form, "address")), vec![message]).await
            }
            None => site.fail(Some(&who.actor), &error),
        },
    }
}

fn mail(mail: &Mail) -> view::MailRowView {
    let (word, tone) = words::notices::mail_state(mail.state);
    view::MailRowView {
        id: mail.id.clone(),
        person: mail.person_name.clone(),
        what: if mail.digest { "1日1通のまとめ" } else { "すぐに送るもの" }.to_owned(),
        state: view::Chip { word: word.to_owned(), tone },
        made: when(mail.made_at),
        tries: mail.tries,
        next: mail.next_at.filter(|_| mail.state == MailState::Waiting).map(when),
        error: mail.error.as_deref().map(words::notices::mail_error).unwrap_or_default().to_owned(),
    }
}

pub(crate) async fn mails(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let after = show::cursor(one(&query, "after"));
    let later = after.is_some();
    let seen = match site.app().mails(&who.actor, PageRequest { after, limit: LIST_ROWS }).await {
        Ok(seen) => seen,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let (road, folder) = match seen.road {
        Some(MailRoad::Server(place)) => (place, false),
        Some(MailRoad::Folder(place)) => (place, true),
        None => (String::new(), false),
    };
    render(&view::MailsPage {
        frame: site.frame(
            Some(&who.actor),
            "メールの状況",
            "/mails",
            &[Mechanism::NoticeMail],
            one(&query, "done"),
        ),
        road,
        folder,
        has_domains: seen.has_domains,
        down: seen.down.map(|(why, until)| (why, dates::When::at(until))),
        waiting: seen.waiting,
        waiting_rows: seen.waiting_rows.iter().map(mail).collect(),
        refused_rows: seen.refused.rows.iter().map(mail).collect(),
        today: (seen.today.sent, seen.today.refused, seen.today.moot),
        next_href: seen.refused.next.as_ref().map(|c| format!("/mails?after={}", show::cursor_text(c))),
        first_href: "/mails".to_owned(),
        later,
    })
}

pub(crate) async fn again(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    match site.app().try_mail_again(&who.actor, &id).await {
        Ok(()) => Redirect::to("/mails?done=mail-again").into_response(),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}
