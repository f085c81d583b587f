//! 台帳: the list of registers, lists of rows, CSV.
//!
//! Owns turning addresses into questions, and rows into lists. Leaves the page of a row to [`row`], its form to [`form`], who sees
//! and keeps what, and every rule of a column, to `app`.

mod form;
mod row;

use std::collections::BTreeMap;

use app::{
    Error,
    actor::Actor,
    registers::{
        store::RowStage,
        views::{NOT_FILLED, RowList, RowQuestion, ShownLink},
    },
};
use axum::{
    Form,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use policy::{Column, ColumnType, Mechanism, PrintOf, Register, RegisterScope};
use workflow::{id::SectionId, register::RowKey};

pub(crate) use form::{add, change, edit_page, new_page};
pub(crate) use row::{detail, end};

use super::{Pairs, csv as lines, one, taken, view};
use crate::{
    door::Signed,
    print,
    site::{Site, render, when},
    words,
};

const BASIS: &[Mechanism] = &[Mechanism::EvidenceLedger];
const LIST_ROWS: u32 = 50;
/// Rows that are read at once for a file.
const CSV_ROWS: u32 = 200;

/// The page of a row, by the id under which evidence knows it: the register, a slash, the number; of a plan that of the register.
pub(crate) fn row_href(subject: &str) -> String {
    match subject.rsplit_once('/') {
        Some((register, "0")) => format!("/registers/{}", view::path_part(register)),
        _ => format!("/registers/{}", view::path_part(subject)),
    }
}

fn href(register: &Register) -> String {
    format!("/registers/{}", view::path_part(&register.id))
}

fn key_href(key: &RowKey) -> String {
    row_href(&key.to_string())
}

pub(super) fn row_link(link: &ShownLink) -> view::RowLink {
    match &link.name {
        Some(name) => (Some(key_href(&link.key)), format!("{} {name}", link.number)),
        None => (None, link.number.clone()),
    }
}

pub(crate) async fn all_registers(State(site): State<Site>, who: Signed) -> Response {
    let app = site.app();
    let summaries = match app.registers(&who.actor).await {
        Ok(summaries) => summaries,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let registers = summaries
        .iter()
        .map(|s| view::RegisterCard {
            href: href(s.register),
            title: s.register.title.clone(),
            description: s.register.description.clone(),
            scope: s.register.scope.title_ja().to_owned(),
            manager: app.pack().role_title(&s.register.manager).to_owned(),
            in_use: s.in_use,
            waiting: s.waiting,
            waiting_href: format!("{}?stage={}", href(s.register), RowStage::Waiting.id()),
            new_href: s.may_add.then(|| format!("{}/new", href(s.register))),
            clauses: site.chips(&s.register.statements_served(true)),
        })
        .collect();
    render(&view::RegistersPage {
        frame: site.frame(Some(&who.actor), "台帳", "/registers", BASIS, ""),
        registers,
    })
}

/// The conditions of an address.
pub(crate) fn question(query: &Pairs, limit: u32) -> RowQuestion {
    let filters = query
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("f.")?.to_owned(), value.trim().to_owned())))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    RowQuestion {
        stage: RowStage::from_id(one(query, "stage")).unwrap_or(RowStage::InUse),
        section: Some(one(query, "section").to_owned()).filter(|s| !s.is_empty()),
        filters,
        words: one(query, "words").trim().to_owned(),
        after: one(query, "after").parse().ok(),
        limit,
    }
}

/// The same as an address, without the page.
fn address(question: &RowQuestion) -> String {
    let mut parts = vec![format!("stage={}", question.stage.id())];
    if !question.words.is_empty() {
        parts.push(format!("words={}", view::query_part(&question.words)));
    }
    if let Some(section) = &question.section {
        parts.push(format!("section={}", view::query_part(section)));
    }
    for (column, value) in &question.filters {
        parts.push(format!("f.{}={}", view::query_part(column), view::query_part(value)));
    }
    parts.join("&")
}

pub(crate) async fn list(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let app = site.app();
    let asked = question(&query, LIST_ROWS);
    let (list, errors) = match app.register_rows(&who.actor, &id, &asked).await {
        Ok(list) => (list, Vec::new()),
        // Conditions that cannot be: the list is shown without them, and says so.
        Err(error @ (Error::Invalid { .. } | Error::TooMany { .. })) => {
            let plain = RowQuestion { filters: BTreeMap::new(), words: String::new(), ..asked.clone() };
            match app.register_rows(&who.actor, &id, &plain).await {
                Ok(list) => (list, vec![condition_error(&error)]),
                Err(error) => return site.fail(Some(&who.actor), &error),
            }
        }
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let bad = !errors.is_empty();
    let mut answer = render(&list_page(&site, &who.actor, &list, &asked, one(&query, "done"), errors));
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

fn condition_error(error: &Error) -> view::FieldError {
    let text = match error {
        Error::TooMany { limit } => format!("条件は{limit}件までです。条件を減らしてください。"),
        _ => "条件が正しくありません。日付や番号を確かめてください。".to_owned(),
    };
    view::FieldError { field: "words".to_owned(), text }
}

fn list_page(
    site: &Site,
    actor: &Actor,
    list: &RowList<'_>,
    asked: &RowQuestion,
    done: &str,
    errors: Vec<view::FieldError>,
) -> view::RegisterPage {
    let register = list.register;
    let base = href(register);
    let name = register.name_column().map(|c| c.id.clone()).unwrap_or_default();
    let columns: Vec<&Column> = register.columns.iter().filter(|c| c.shown_in_list && c.id != name).collect();
    let by_section = register.scope == RegisterScope::Section;
    let section = |id: &SectionId| view::Choice {
        id: id.as_str().to_owned(),
        title: site.app().section_name(id),
        chosen: asked.section.as_deref() == Some(id.as_str()),
    };
    let query = address(asked);
    let mut frame = site.frame(Some(actor), &register.title, "/registers", BASIS, done);
    frame.prints = print::offers(&site.app(), PrintOf::RegisterList, &register.id, &base, &query);
    view::RegisterPage {
        frame,
        title: register.title.clone(),
        description: register.description.clone(),
        new_href: list.may_add.then(|| format!("{base}/new")),
        tabs: RowStage::ALL
            .into_iter()
            .map(|stage| view::Tab {
                href: format!("{base}?{}", address(&RowQuestion { stage, ..asked.clone() })),
                label: words::registers::stage(stage).to_owned(),
                current: stage == asked.stage,
            })
            .collect(),
        stage: asked.stage.id(),
        words: asked.words.clone(),
        sections: if list.sections.len() > 1 {
            list.sections.iter().map(section).collect()
        } else {
            Vec::new()
        },
        filters: register.columns.iter().filter(|c| c.filter).map(|c| filter_view(site, c, asked)).collect(),
        conditions: asked.filters.len(),
        saved: list
            .saved
            .iter()
            .map(|s| view::SavedView { name: s.name.clone(), href: format!("{base}?{}", s.query) })
            .collect(),
        heads: columns.iter().map(|c| c.title.clone()).collect(),
        by_section,
        rows: list
            .rows
            .iter()
            .map(|row| view::RegisterRowView {
                href: key_href(&row.row.key),
                number: row.number.clone(),
                name: if row.name.is_empty() { row.number.clone() } else { row.name.clone() },
                waits: row.row.waits,
                cells: columns
                    .iter()
                    .map(|c| {
                        (c.title.clone(), row.shown.get(&c.id).map(|s| s.text.clone()).unwrap_or_default())
                    })
                    .collect(),
                section: row.section_name.clone(),
                changed: when(row.row.changed_at),
            })
            .collect(),
        empty: match (asked.stage, asked.filters.is_empty() && asked.words.is_empty()) {
            (_, false) => "当てはまる行はありません。条件を変えてください。",
            (RowStage::InUse, true) => "まだ行はありません。",
            (RowStage::Waiting, true) => "分類を待っている行はありません。",
            (RowStage::Breaking, true) => "いまの規則に合わない行はありません。",
            (RowStage::Ended, true) => "登録を終えた行はありません。",
        }
        .to_owned(),
        downloads: view::Downloads {
            csv: format!("{base}/rows.csv?{query}"),
            ..taken::Format::hrefs(&format!("{base}/table?{query}"))
        },
        labels_href: format!("{base}/labels?{query}"),
        import_href: list.may_add.then(|| format!("{base}/import")),
        next_href: list.next.map(|after| format!("{base}?{query}&after={after}")),
        first_href: format!("{base}?{query}"),
        later: asked.after.is_some(),
        query,
        href: base,
        errors,
    }
}

/// What can be chosen in a column; `None` where it is typed.
fn choices(site: &Site, column: &Column) -> Option<Vec<(String, String)>> {
    let app = site.app();
    let pack = app.pack();
    Some(match column.kind {
        ColumnType::Choice => column.choices.iter().map(|c| (c.clone(), c.clone())).collect(),
        ColumnType::Flag => vec![("true".to_owned(), "有".to_owned()), ("false".to_owned(), "無".to_owned())],
        ColumnType::Level => pack
            .levels()
            .iter()
            .filter(|l| Some(l.axis) == column.axis)
            .map(|l| (l.id.clone(), l.title.clone()))
            .collect(),
        ColumnType::Section => pack.sections().iter().map(|s| (s.id.clone(), s.name.clone())).collect(),
        ColumnType::Zone => pack.zones().iter().map(|z| (z.id.clone(), z.label.clone())).collect(),
        _ => return None,
    })
}

fn filter_view(site: &Site, column: &Column, asked: &RowQuestion) -> view::FilterView {
    let value = asked.filters.get(&column.id).cloned().unwrap_or_default();
    let choices = choices(site, column);
    let kind = match (&choices, column.kind) {
        (Some(_), _) => "choice",
        (None, ColumnType::Date) => "date",
        (None, _) => "text",
    };
    let not_filled = (NOT_FILLED.to_owned(), "(空欄)".to_owned());
    view::FilterView {
        name: format!("f.{}", column.id),
        id: format!("filter-{}", column.id),
        title: match column.kind {
            ColumnType::Person => format!("{}(ログインID)", column.title),
            _ => column.title.clone(),
        },
        kind,
        choices: choices
            .map(|all| {
                all.into_iter()
                    .chain([not_filled])
                    .map(|(id, title)| view::Choice { chosen: id == value, id, title })
                    .collect()
            })
            .unwrap_or_default(),
        value: if kind == "date" { policy::day_typed(&value).unwrap_or_default() } else { value },
    }
}

pub(crate) async fn save_filter(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let app = site.app();
    let query = one(&pairs, "query");
    match app.save_filter(&who.actor, &id, one(&pairs, "name"), query).await {
        Ok(()) => Redirect::to(&format!("/registers/{}?{query}&done=filter-saved", view::path_part(&id)))
            .into_response(),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn forget_filter(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    match site.app().forget_filter(&who.actor, &id, one(&pairs, "name")).await {
        Ok(()) => Redirect::to(&format!("/registers/{}?done=filter-forgotten", view::path_part(&id)))
            .into_response(),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

/// The list as CSV, part by part, so that no register is too long for it.
pub(crate) async fn csv(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let app = site.app();
    let asked = RowQuestion { after: None, ..question(&query, CSV_ROWS) };
    // What cannot be asked is told before the first byte.
    let first = match app.register_rows(&who.actor, &id, &asked).await {
        Ok(list) => part(&list, true),
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let rest = futures::stream::unfold((app.clone(), who.actor, asked, first.1), move |state| {
        let id = id.clone();
        async move {
            let (app, actor, mut asked, next) = state;
            asked.after = Some(next?);
            let (text, next) = match app.register_rows(&actor, &id, &asked).await {
                Ok(list) => part(&list, false),
                // A file that breaks off must not look whole.
                Err(error) => {
                    return Some((Err(std::io::Error::other(error.to_string())), (app, actor, asked, None)));
                }
            };
            Some((Ok(text), (app, actor, asked, next)))
        }
    });
    let whole = futures::StreamExt::chain(futures::stream::iter([Ok(format!("\u{feff}{}", first.0))]), rest);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"register.csv\"")),
    ];
    (headers, Body::from_stream(whole)).into_response()
}

/// Lines of a part of a list, and where the next begins.
fn part(list: &RowList<'_>, is_first: bool) -> (String, Option<i64>) {
    let register = list.register;
    let by_section = register.scope == RegisterScope::Section;
    let mut text = String::new();
    if is_first {
        let mut head = vec!["番号".to_owned()];
        if by_section {
            head.push("所属".to_owned());
        }
        head.extend(register.columns.iter().map(|c| c.title.clone()));
        head.extend(["分類待ち", "登録終了", "終了の理由"].map(str::to_owned));
        text.push_str(&lines::row_text(&head));
    }
    for row in &list.rows {
        let mut cells = vec![row.number.clone()];
        if by_section {
            cells.push(row.section_name.clone());
        }
        for column in &register.columns {
            // Days as programs read them; everything else as people do.
            let day = row.row.values.get(&column.id).filter(|_| column.kind == ColumnType::Date);
            let shown = row.shown.get(&column.id).map(|s| s.text.clone()).unwrap_or_default();
            cells.push(day.and_then(|d| d.as_text()).map_or(shown, str::to_owned));
        }
        cells.push(if row.row.waits { "待ち".to_owned() } else { String::new() });
        cells.push(row.row.end.as_ref().map(|e| e.on.clone()).unwrap_or_default());
        cells.push(row.row.end.as_ref().map(|e| e.reason.clone()).unwrap_or_default());
        text.push_str(&lines::row_text(&cells));
    }
    (text, list.next)
}
