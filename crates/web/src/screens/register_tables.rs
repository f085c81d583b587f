//! Tables in and out of a register: upload, plan, applying it; the list as a workbook; labels to print.
//!
//! Owns turning the form into a use case and the plan into a page. Leaves reading the file to a cell and the plan to
//! `workflow`, the list itself to the screens of registers.

use std::collections::BTreeMap;

use app::{
    Error,
    actor::Actor,
    register_imports::{FILE_BYTES_MAX, ShownChange, TableInput, TablePlan, TableRefusal},
    registers::views::{RowQuestion, ShownRow},
};
use axum::{
    Form,
    extract::{Multipart, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::{Column, ColumnType, Mechanism, Register, RegisterScope};
use workflow::{
    register::Value,
    register_plan::{NUMBER_TITLE, Outcome, PlannedLine, SECTION_TITLE},
};

use super::{Pairs, csv, label, one, registers::question, taken, view};
use crate::{
    door::Signed,
    failure,
    site::{Site, at_form, render},
    words::register_tables as words_of,
};

/// Lines of each kind that the page of a plan shows.
const LINES_SHOWN: usize = 100;
/// Labels of one page: four sheets.
const LABELS: u32 = 96;

fn basis(register: &Register) -> Vec<Mechanism> {
    register.mechanism.into_iter().collect()
}

fn list_href(register: &str) -> String {
    format!("/registers/{}", view::path_part(register))
}

pub(crate) async fn import_page(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    upload_page(&site, &who.actor, &id, &Pairs::new(), None)
}

/// What stands above the form when a file was not taken.
enum Wrong<'e> {
    Error(&'e Error),
    Table(&'e TableRefusal),
}

fn upload_page(site: &Site, actor: &Actor, id: &str, pairs: &Pairs, wrong: Option<&Wrong<'_>>) -> Response {
    let app = site.app();
    let register = match app.register(id) {
        Ok(register) => register,
        Err(error) => return site.fail(Some(actor), &error),
    };
    if app.keeps(actor, register).is_none() {
        return site.fail(Some(actor), &Error::NotFound);
    }
    let typed = register.columns.iter().filter(|column| !column.is_computed());
    let mut columns = vec![(NUMBER_TITLE.to_owned(), "変更する行の番号。新しい行は空にします".to_owned())];
    columns.extend(typed.map(|column| (column.title.clone(), words_of::takes(column))));
    if register.scope == RegisterScope::Section {
        columns.push((
            SECTION_TITLE.to_owned(),
            "課の名前。空なら、新しい行はあなたの課の行になります".to_owned(),
        ));
    }
    let (trouble, headings) = match wrong {
        Some(Wrong::Table(refusal)) => {
            let headings = match refusal {
                TableRefusal::Headings { problems, .. } => problems.iter().map(words_of::heading).collect(),
                _ => Vec::new(),
            };
            (Some(words_of::refusal(refusal)), headings)
        }
        _ => (None, Vec::new()),
    };
    let error = match wrong {
        Some(Wrong::Error(error)) => Some(*error),
        _ => None,
    };
    let title = format!("{}の取込み", register.title);
    let mut answer = render(&view::RegisterImportPage {
        frame: site.frame(Some(actor), &title, "/registers", &basis(register), ""),
        title: register.title.clone(),
        list_href: list_href(id),
        action: format!("{}/import", list_href(id)),
        template_href: format!("{}/table?format=xlsx", list_href(id)),
        columns,
        file_max: view::size(FILE_BYTES_MAX),
        sheet: one(pairs, "sheet").to_owned(),
        reason: one(pairs, "reason").to_owned(),
        errors: error.and_then(at_form).into_iter().collect(),
        trouble,
        headings,
    });
    if let Some(error) = error {
        *answer.status_mut() = failure::status(error);
    } else if wrong.is_some() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

pub(crate) async fn upload(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    mut parts: Multipart,
) -> Response {
    let app = site.app();
    let mut pairs = Pairs::new();
    let begin = |name: String| {
        let (app, actor, id) = (app.clone(), who.actor.clone(), id.clone());
        async move { app.begin_table(&actor, &id, &name).await }
    };
    let arrived = crate::upload::one_file(&mut parts, &mut pairs, begin).await;
    let said = |name: &str| Some(one(&pairs, name).to_owned()).filter(|text| !text.trim().is_empty());
    let input = TableInput {
        sheet: said("sheet"),
        password: said("password"),
        reason: one(&pairs, "reason").trim().to_owned(),
    };
    pairs.retain(|(name, _)| name != "password");
    let read = match arrived {
        Ok(Some(upload)) => app.finish_table(&who.actor, &id, upload, &input).await,
        Ok(None) => Err(Error::Invalid { field: "file", problem: "empty" }),
        Err(error) => {
            crate::upload::read_on(&mut parts).await;
            Err(error)
        }
    };
    match read {
        Ok(Ok(plan)) => plan_page(&site, &who.actor, &id, &plan).await,
        Ok(Err(refusal)) => upload_page(&site, &who.actor, &id, &pairs, Some(&Wrong::Table(&refusal))),
        Err(error @ (Error::Invalid { .. } | Error::TooLarge { .. } | Error::TooMany { .. })) => {
            upload_page(&site, &who.actor, &id, &pairs, Some(&Wrong::Error(&error)))
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

async fn plan_page(site: &Site, actor: &Actor, id: &str, read: &TablePlan) -> Response {
    let app = site.app();
    let shown = match app.shown_plan(id, &read.plan, LINES_SHOWN).await {
        Ok(shown) => shown,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let register = match app.register(id) {
        Ok(register) => register,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let counts = read.plan.counts();
    let of = |wanted: fn(&Outcome) -> bool| {
        let lines = read.plan.lines.iter().filter(|line| wanted(&line.outcome)).take(LINES_SHOWN);
        lines.map(|line| planned(register, line, &shown)).collect()
    };
    let title = format!("{}の取込み", register.title);
    let unknown = read.lines.headings.iter().filter(|h| !h.is_known).map(|h| h.untrusted_title.clone());
    render(&view::RegisterPlanPage {
        frame: site.frame(Some(actor), &title, "/registers", &basis(register), ""),
        title: register.title.clone(),
        list_href: list_href(id),
        again_href: format!("{}/import", list_href(id)),
        file: read.file.clone(),
        sheet: read.sheet.clone(),
        other_sheets: read.other_sheets.clone(),
        unknown: unknown.collect(),
        absent: read.lines.absent.clone(),
        adds: counts.added,
        changes: counts.changed,
        same: counts.same,
        refusals: counts.refused,
        refused: of(|outcome| matches!(outcome, Outcome::Refused { .. })),
        changed: of(|outcome| matches!(outcome, Outcome::Change { .. })),
        added: of(|outcome| matches!(outcome, Outcome::Add { .. })),
        shown_max: LINES_SHOWN,
        apply: read.kept.as_ref().map(|kept| {
            (format!("{}/import/{}", list_href(id), view::path_part(&kept.id)), kept.digest.clone())
        }),
    })
}

fn planned(
    register: &Register,
    line: &PlannedLine,
    shown: &BTreeMap<u32, Vec<ShownChange>>,
) -> view::PlannedLineView {
    let problems = match &line.outcome {
        Outcome::Refused { problems } => problems
            .iter()
            .map(|problem| {
                let title = match problem.at {
                    Some(at) if !problem.title.is_empty() => {
                        format!("{}({})", problem.title, words_of::column_letters(at))
                    }
                    Some(at) => words_of::column_letters(at),
                    None => problem.title.clone(),
                };
                (title, words_of::cell(&problem.what))
            })
            .collect(),
        _ => Vec::new(),
    };
    view::PlannedLineView {
        line: line.line,
        name: line.name.clone(),
        number: match line.outcome {
            Outcome::Change { number, .. } => register.number_shown(number),
            _ => String::new(),
        },
        problems,
        changes: shown.get(&line.line).cloned().unwrap_or_default(),
        notes: line.notes.iter().map(|n| (n.title.clone(), words_of::note(n.what).to_owned())).collect(),
    }
}

pub(crate) async fn apply(
    State(site): State<Site>,
    who: Signed,
    Path((id, plan)): Path<(String, String)>,
    Form(pairs): Form<Pairs>,
) -> Response {
    match site.app().apply_table(&who.actor, &id, &plan, one(&pairs, "digest")).await {
        Ok(_) => Redirect::to(&format!("{}?done=table-imported", list_href(&id))).into_response(),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn table(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    taken::file(&site, &who.actor, &query, whole_table(&site, &who.actor, &id, &query)).await
}

async fn whole_table(site: &Site, actor: &Actor, id: &str, query: &Pairs) -> app::Result<taken::Taken> {
    let app = site.app();
    let register = app.register(id)?;
    let mut columns = vec![workbook::Column::new(NUMBER_TITLE, workbook::Kind::Text)];
    columns.extend(register.columns.iter().map(|c| workbook::Column::new(c.title.clone(), kind(c))));
    if register.scope == RegisterScope::Section {
        columns.push(workbook::Column::new(SECTION_TITLE, workbook::Kind::Text));
    }
    let mut rows = Vec::new();
    let mut question = RowQuestion { after: None, ..question(query, 200) };
    loop {
        let page = app.register_rows(actor, id, &question).await?;
        for row in &page.rows {
            let typed = app.typed(register, &row.row);
            let mut cells = vec![row.number.clone()];
            cells.extend(register.columns.iter().map(|column| cell(column, row, &typed)));
            if register.scope == RegisterScope::Section {
                cells.push(row.section_name.clone());
            }
            rows.push(cells);
        }
        question.after = page.next;
        if question.after.is_none() || rows.len() >= csv::ROWS_MAX {
            break;
        }
    }
    Ok(taken::Taken { name: register.id.clone(), title: register.title.clone(), columns, rows })
}

fn kind(column: &Column) -> workbook::Kind {
    match column.kind {
        ColumnType::LongText => workbook::Kind::LongText,
        ColumnType::Number => workbook::Kind::Number,
        ColumnType::Date => workbook::Kind::Day,
        _ => workbook::Kind::Text,
    }
}

/// A value so that it is read again as the same: days and numbers plain, rows by number, the rest as people read it.
fn cell(column: &Column, row: &ShownRow, typed: &BTreeMap<String, String>) -> String {
    let as_typed = match column.kind {
        ColumnType::Date | ColumnType::Number | ColumnType::Link => typed.get(&column.id),
        _ => None,
    };
    as_typed.or_else(|| row.shown.get(&column.id).map(|shown| &shown.text)).cloned().unwrap_or_default()
}

pub(crate) async fn labels(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let app = site.app();
    let actor = &who.actor;
    let mut asked = question(&query, LABELS);
    // One row by itself: the one behind the number above it.
    if let Ok(number) = one(&query, "row").parse::<i64>() {
        asked = RowQuestion { after: number.checked_add(1), limit: 1, ..asked };
    }
    let (register, list) = match (app.register(&id), app.register_rows(actor, &id, &asked).await) {
        (Ok(register), Ok(list)) => (register, list),
        (Err(error), _) | (_, Err(error)) => return site.fail(Some(actor), &error),
    };
    let wanted = one(&query, "row").parse::<i64>().ok();
    let rows = list.rows.iter().filter(|row| wanted.is_none_or(|number| row.row.key.number == number));
    let labels = rows.map(|row| label_of(register, row)).collect();
    let base = format!("{}/labels?section={}", list_href(&id), view::query_part(one(&query, "section")));
    let title = format!("{}のラベル", register.title);
    render(&view::RegisterLabelsPage {
        frame: site.frame(Some(actor), &title, "/registers", &basis(register), ""),
        title: register.title.clone(),
        body: app.pack().municipality().map_or_else(String::new, |m| m.name.clone()),
        list_href: list_href(&id),
        labels,
        next_href: list.next.filter(|_| wanted.is_none()).map(|next| format!("{base}&after={next}")),
    })
}

fn label_of(register: &Register, row: &ShownRow) -> view::LabelView {
    let levels = register.columns.iter().filter(|column| column.kind == ColumnType::Level);
    let classes = levels.filter_map(|column| match row.row.values.get(&column.id) {
        Some(Value::Text(_)) => row.shown.get(&column.id).map(|shown| shown.text.clone()),
        _ => None,
    });
    view::LabelView {
        number: row.number.clone(),
        name: row.name.clone(),
        section: row.section_name.clone(),
        classes: classes.collect(),
        qr: label::qr(&row.number),
    }
}
