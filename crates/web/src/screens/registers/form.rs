//! The form of a row: a new one, and a change of one that is there.
//!
//! Owns the fields of a form by the columns of its register, and what the second of two editors is shown. Leaves what may stand in a
//! row to `app`.

use app::{Error, actor::Actor, registers::RowInput};
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::{Column, ColumnType, Register};
use workflow::register::RowKey;

use super::{
    BASIS, choices, href, key_href,
    row::{history, key},
};
use crate::{
    door::Signed,
    screens::{Pairs, one, view},
    site::{Site, at_form, render},
    words,
};

/// What the form brought.
fn input(pairs: &Pairs) -> RowInput {
    RowInput {
        section: Some(one(pairs, "section").to_owned()).filter(|s| !s.is_empty()),
        values: pairs
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("v.")?.to_owned(), value.clone())))
            .collect(),
        reason: one(pairs, "reason").chars().take(workflow::register::REASON_CHARS_MAX).collect(),
    }
}

/// What a form is for: a new row, or one that is changed.
struct Sheet<'a> {
    register: &'a Register,
    /// The row and the version that the person saw.
    row: Option<(RowKey, i64, String)>,
    input: RowInput,
    meanwhile: Vec<view::RowHistoryView>,
    problems: Vec<app::FieldProblem>,
    errors: Vec<view::FieldError>,
}

fn form_page(site: &Site, actor: &Actor, sheet: &Sheet<'_>) -> Response {
    let app = site.app();
    let register = sheet.register;
    let kept = app.keeps(actor, register).unwrap_or_default();
    let chosen = sheet.input.section.clone().unwrap_or_else(|| actor.user().section.as_str().to_owned());
    let base = href(register);
    let (title, back, action) = match &sheet.row {
        Some((key, _, number)) => {
            (format!("{number}を変更"), key_href(key), format!("{}/edit", key_href(key)))
        }
        None => (format!("{}に登録", register.title), base.clone(), format!("{base}/new")),
    };
    let messages = sheet.problems.iter().map(|p| view::FieldError {
        field: p.field.clone(),
        text: format!("{}: {}", p.title, words::requests::problem(p)),
    });
    let bad = !sheet.problems.is_empty() || !sheet.errors.is_empty();
    let mut answer = render(&view::RowFormPage {
        frame: site.frame(Some(actor), &title, "/registers", BASIS, ""),
        register: (base, register.title.clone()),
        has_levels: register.columns.iter().any(|c| c.kind == ColumnType::Level && !c.is_computed()),
        title,
        back,
        action,
        sections: kept
            .iter()
            .map(|id| view::Choice {
                id: id.as_str().to_owned(),
                title: app.section_name(id),
                chosen: id.as_str() == chosen,
            })
            .collect(),
        fields: register
            .columns
            .iter()
            .filter(|c| !c.is_computed())
            .map(|c| field(site, register, c, sheet))
            .collect(),
        reason: sheet.input.reason.clone(),
        seen: sheet.row.as_ref().map(|(_, seen, _)| *seen),
        meanwhile: sheet.meanwhile.clone(),
        errors: messages.chain(sheet.errors.iter().cloned()).collect(),
    });
    if !sheet.meanwhile.is_empty() {
        *answer.status_mut() = StatusCode::CONFLICT;
    } else if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

fn field(site: &Site, register: &Register, column: &Column, sheet: &Sheet<'_>) -> view::FormFieldView {
    let app = site.app();
    let chosen = choices(site, column);
    let help = match (column.kind, &column.help) {
        (_, Some(help)) => help.clone(),
        (ColumnType::Person, None) => "職員番号(ログインID)か、氏名を入力してください。".to_owned(),
        (ColumnType::Link, None) => {
            let to = column.to.as_deref().and_then(|id| app.pack().register(id));
            let (title, example) = to.map_or_else(Default::default, |r| (r.title.clone(), r.number_shown(1)));
            let several = if column.many { "。複数のときは空白で区切ります" } else { "" };
            format!("{title}の番号(例: {example}){several}")
        }
        _ => String::new(),
    };
    let over = column.derived.as_ref().and_then(|d| d.over.as_deref()).and_then(|id| register.column(id));
    view::FormFieldView {
        name: format!("v.{}", column.id),
        id: column.id.clone(),
        title: column.title.clone(),
        when: over
            .map(|link| format!("「{}」を書いたときは、その行と同じになります。", link.title))
            .unwrap_or_default(),
        asked_by: None,
        help,
        kind: match (&chosen, column.kind) {
            (Some(_), _) => "choice",
            (None, kind) => kind.id(),
        },
        required: column.required,
        choices: chosen.unwrap_or_default(),
        chars_max: match column.kind {
            ColumnType::Text | ColumnType::LongText => column.chars_max,
            _ => 1_000,
        },
        value: sheet.input.values.get(&column.id).cloned().unwrap_or_default(),
        error: sheet.problems.iter().find(|p| p.field == column.id).map(words::requests::problem),
        found: None,
    }
}

pub(crate) async fn new_page(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let app = site.app();
    let register = match app.register(&id) {
        Ok(register) => register,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    if app.keeps(&who.actor, register).is_none() {
        return Redirect::to(&href(register)).into_response();
    }
    form_page(
        &site,
        &who.actor,
        &Sheet {
            register,
            row: None,
            input: RowInput::default(),
            meanwhile: Vec::new(),
            problems: Vec::new(),
            errors: Vec::new(),
        },
    )
}

pub(crate) async fn add(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let app = site.app();
    let input = input(&pairs);
    let (problems, errors) = match app.add_row(&who.actor, &id, &input).await {
        Ok(key) => return Redirect::to(&format!("{}?done=row-added", key_href(&key))).into_response(),
        Err(Error::Form(problems)) => (problems, Vec::new()),
        Err(error) => match at_form(&error) {
            Some(message) => (Vec::new(), vec![message]),
            None => return site.fail(Some(&who.actor), &error),
        },
    };
    match app.register(&id) {
        Ok(register) => form_page(
            &site,
            &who.actor,
            &Sheet { register, row: None, input, meanwhile: Vec::new(), problems, errors },
        ),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn edit_page(
    State(site): State<Site>,
    who: Signed,
    Path((id, number)): Path<(String, String)>,
) -> Response {
    let app = site.app();
    let Some(key) = key(&site, &id, &number) else { return site.fail(Some(&who.actor), &Error::NotFound) };
    let (detail, values) = match app.row_form(&who.actor, &key).await {
        Ok(found) => found,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    if !detail.may.keep {
        return Redirect::to(&key_href(&key)).into_response();
    }
    let row = &detail.row.row;
    form_page(
        &site,
        &who.actor,
        &Sheet {
            register: detail.register,
            row: Some((key, row.version, detail.row.number.clone())),
            input: RowInput {
                section: row.section.as_ref().map(|s| s.as_str().to_owned()),
                values,
                reason: String::new(),
            },
            meanwhile: Vec::new(),
            problems: Vec::new(),
            errors: Vec::new(),
        },
    )
}

pub(crate) async fn change(
    State(site): State<Site>,
    who: Signed,
    Path((id, number)): Path<(String, String)>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let app = site.app();
    let Some(key) = key(&site, &id, &number) else { return site.fail(Some(&who.actor), &Error::NotFound) };
    let input = input(&pairs);
    let seen: i64 = one(&pairs, "seen").parse().unwrap_or(0);
    let (mut now, mut meanwhile, mut problems, mut errors) = (seen, Vec::new(), Vec::new(), Vec::new());
    match app.change_row(&who.actor, &key, seen, &input).await {
        Ok(()) => return Redirect::to(&format!("{}?done=row-changed", key_href(&key))).into_response(),
        Err(Error::Form(found)) => problems = found,
        // The second of two: he sees what the first did, and keeps what he typed.
        Err(error @ Error::Conflict) => match app.row_changes_since(&who.actor, &key, seen).await {
            Ok(since) => {
                let Some(newest) = since.first() else { return site.fail(Some(&who.actor), &error) };
                now = newest.entry.entry.version;
                meanwhile = since.iter().map(history).collect();
            }
            Err(error) => return site.fail(Some(&who.actor), &error),
        },
        Err(Error::Register(workflow::register::Refusal::Same)) => {
            let words = words::registers::error("row-same").map(|t| t.line()).unwrap_or_default();
            errors.push(view::FieldError { field: String::new(), text: words });
        }
        Err(error) => match at_form(&error) {
            Some(message) => errors.push(message),
            None => return site.fail(Some(&who.actor), &error),
        },
    }
    match app.register(&key.register) {
        Ok(register) => {
            let number = register.number_shown(key.number);
            let row = Some((key, now, number));
            form_page(&site, &who.actor, &Sheet { register, row, input, meanwhile, problems, errors })
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}
