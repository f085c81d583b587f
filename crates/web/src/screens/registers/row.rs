//! The page of a row, and its end.
//!
//! Owns what the page shows to whom. Leaves who may do what to `app`, changing a row to [`super::form`].

use app::{
    Error,
    actor::Actor,
    registers::views::{RowDetail, ShownHistory, ShownRow},
};
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::{Column, Derivation, PrintOf, Register};
use workflow::register::RowKey;

use super::{BASIS, href, key_href, row_link};
use crate::{
    dates,
    door::Signed,
    print,
    screens::{Pairs, one, requests, view},
    site::{Site, at_form, render, when},
    words,
};

/// The register and the row's number in an address.
pub(super) fn key(site: &Site, id: &str, number: &str) -> Option<RowKey> {
    let app = site.app();
    let register = app.pack().register(id)?;
    Some(RowKey::new(register.id.clone(), register.number_typed(number)?))
}

pub(crate) async fn detail(
    State(site): State<Site>,
    who: Signed,
    Path((id, number)): Path<(String, String)>,
    Query(query): Query<Pairs>,
) -> Response {
    let Some(key) = key(&site, &id, &number) else { return site.fail(Some(&who.actor), &Error::NotFound) };
    row_page(&site, &who.actor, &key, one(&query, "done"), Vec::new()).await
}

async fn row_page(
    site: &Site,
    actor: &Actor,
    key: &RowKey,
    done: &str,
    errors: Vec<view::FieldError>,
) -> Response {
    let app = site.app();
    let detail = match app.register_row(actor, key).await {
        Ok(detail) => detail,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let RowDetail { register, row, .. } = &detail;
    let (word, tone) = words::registers::standing(row.row.end.is_some(), row.row.waits);
    let bad = !errors.is_empty();
    let today: String = dates::iso(app.now()).chars().take(10).collect();
    let title = format!("{} {}", row.number, row.name);
    let mut frame = site.frame(Some(actor), &title, "/registers", BASIS, done);
    frame.prints = print::offers(&app, PrintOf::RegisterRow, &register.id, &key_href(key), "");
    let mut answer = render(&view::RowPage {
        frame,
        register: (href(register), register.title.clone()),
        href: key_href(key),
        number: row.number.clone(),
        name: if row.name.is_empty() { row.number.clone() } else { row.name.clone() },
        standing: view::Chip { word: word.to_owned(), tone },
        section: row.section_name.clone(),
        end: row.row.end.as_ref().map(|end| (policy::wareki(&end.on), end.reason.clone())),
        cells: register.columns.iter().map(|c| cell(register, c, row)).collect(),
        created: when(row.row.created_at),
        changed: when(row.row.changed_at),
        version: row.row.version,
        history: detail.history.iter().map(history).collect(),
        breaks: requests::messages(&detail.breaks).into_iter().map(|m| m.text).collect(),
        out: detail
            .out
            .iter()
            .map(|(who, permit)| {
                let (from, until) = (when(permit.terms.from), when(permit.terms.until - 1));
                (who.clone(), from, until, permit.terms.until <= app.now())
            })
            .collect(),
        requests: detail.requests.iter().map(|r| requests::row(site, &r.request, "")).collect(),
        linking: detail
            .linking
            .iter()
            .map(|l| (l.register_title.clone(), l.column_title.clone(), row_link(&l.link)))
            .collect(),
        edit_href: detail.may.keep.then(|| format!("{}/edit", key_href(key))),
        end_action: detail.may.keep.then(|| (format!("{}/end", key_href(key)), today)),
        may_classify: detail.may.classify,
        clauses: site.chips(&detail.statements),
        gone: crate::screens::records::gone(detail.record.as_ref()),
        errors,
    });
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

fn cell(register: &Register, column: &Column, row: &ShownRow) -> view::CellView {
    let shown = row.shown.get(&column.id).cloned().unwrap_or_default();
    let over = column.derived.as_ref().and_then(|d| d.over.as_deref()).and_then(|id| register.column(id));
    let filled = over.is_some_and(|link| row.row.values.contains_key(&link.id));
    let derived = match (column.derived.as_ref().map(|d| d.how), over) {
        (Some(Derivation::Handling), _) => "分類から決まります".to_owned(),
        (Some(Derivation::HighestLevel), Some(link)) => format!("「{}」のうち最も高い分類です", link.title),
        (Some(Derivation::Inherited), Some(link)) if filled => format!("「{}」と同じです", link.title),
        _ => String::new(),
    };
    view::CellView {
        title: column.title.clone(),
        links: shown.links.iter().map(row_link).collect(),
        waits: column.unknown_to_manager && shown.text.is_empty() && !filled && row.row.end.is_none(),
        text: shown.text,
        derived,
    }
}

pub(super) fn history(item: &ShownHistory) -> view::RowHistoryView {
    let entry = &item.entry.entry;
    view::RowHistoryView {
        what: words::registers::cause(&entry.cause).to_owned(),
        at: when(entry.at),
        who: item.entry.by_name.clone().unwrap_or_default(),
        reason: entry.reason.clone(),
        followed: item.followed.as_ref().map(row_link),
        request: entry.request.as_ref().map(|id| format!("/requests/{}", view::path_part(id.as_str()))),
        version: entry.version,
        changes: item.changes.clone(),
    }
}

pub(crate) async fn end(
    State(site): State<Site>,
    who: Signed,
    Path((id, number)): Path<(String, String)>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let app = site.app();
    let Some(key) = key(&site, &id, &number) else { return site.fail(Some(&who.actor), &Error::NotFound) };
    let seen: i64 = one(&pairs, "seen").parse().unwrap_or(0);
    match app.end_row(&who.actor, &key, seen, one(&pairs, "end_on"), one(&pairs, "reason")).await {
        Ok(()) => Redirect::to(&format!("{}?done=row-gone", key_href(&key))).into_response(),
        Err(error) => {
            let message = match &error {
                Error::Register(workflow::register::Refusal::Reason) => {
                    let words = words::registers::error("row-reason").map(|t| t.line()).unwrap_or_default();
                    Some(view::FieldError { field: "reason".to_owned(), text: words })
                }
                other => at_form(other),
            };
            match message {
                Some(message) => row_page(&site, &who.actor, &key, "", vec![message]).await,
                None => site.fail(Some(&who.actor), &error),
            }
        }
    }
}
