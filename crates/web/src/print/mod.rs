//! 様式: things of the house on paper, as PDF or as a workbook, in forms that a body can replace.
//!
//! Owns which forms a page offers, the addresses, and the answer with its name. Leaves what a form is given to `data`, the workbook's
//! layout to `sheet`, who may see the thing to the use case of its page, and printing itself to a cell behind `app`.

mod answer;
mod data;
mod samples;
mod sheet;

use app::{
    App, Error,
    actor::Actor,
    registers::{
        store::RowStage,
        views::{RowQuestion, ShownRow},
    },
};
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use policy::{PrintForm, PrintFormat, PrintOf};
use workflow::{
    id::{RequestId, TaskId, TransferId},
    register::RowKey,
};

pub use samples::sample;

use crate::{
    door::Signed,
    screens::{Pairs, one, registers::question},
    site::Site,
};

/// Most rows of a register on one printed list: some eighty pages. A workbook takes far more.
pub(crate) const PRINTED_ROWS_MAX: usize = 2_000;

/// A form that a page offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Its address.
    pub href: String,
    /// Number and title.
    pub title: String,
    /// `PDF` or `Excel`.
    pub format: &'static str,
    /// Whether it is a PDF, and PDFs cannot be printed here.
    pub absent: bool,
}

/// The forms for one thing, whose page has this address; `query` is what the address of the form carries on.
pub(crate) fn offers(app: &App, of: PrintOf, id: &str, href: &str, query: &str) -> Vec<Offer> {
    let forms = app.pack().print_forms().iter().filter(|form| form.fits(of, id));
    forms
        .map(|form| {
            let number = form.number.as_ref().map(|n| format!("{n} ")).unwrap_or_default();
            let is_pdf = form.format() == PrintFormat::Pdf;
            Offer {
                href: format!("{href}/print/{}{}{query}", form.id, if query.is_empty() { "" } else { "?" }),
                title: format!("{number}{}", form.title),
                format: if is_pdf { "PDF" } else { "Excel" },
                absent: is_pdf && !app.prints(),
            }
        })
        .collect()
}

/// The form of this id, if it prints such a thing.
fn form<'a>(app: &'a App, id: &str, of: PrintOf, thing: &str) -> app::Result<&'a PrintForm> {
    app.pack().print_form(id).filter(|form| form.fits(of, thing)).ok_or(Error::NotFound)
}

/// The form of a request, as a file.
///
/// # Errors
/// Those of looking at it; [`Error::NotFound`] when there is no such form; [`Error::Print`].
pub(crate) async fn of_request(app: &App, actor: &Actor, id: &str, form_id: &str) -> app::Result<Response> {
    let detail = app.request(actor, &RequestId::new(id)).await?;
    let form = form(app, form_id, PrintOf::Request, &detail.request.form)?;
    let name = crate::screens::requests::number_shown(detail.request.number, detail.request.submitted_at);
    answer::file(app, form, data::request(app, &detail), &name).await
}

/// The form of a task.
///
/// # Errors
/// As [`of_request`].
pub(crate) async fn of_task(app: &App, actor: &Actor, id: &str, form_id: &str) -> app::Result<Response> {
    let detail = app.task(actor, &TaskId::new(id)).await?;
    let form = form(app, form_id, PrintOf::Duty, &detail.task.duty)?;
    answer::file(app, form, data::task(app, &detail), &detail.task.title).await
}

/// The form of a transfer.
///
/// # Errors
/// As [`of_request`].
pub(crate) async fn of_transfer(app: &App, actor: &Actor, id: &str, form_id: &str) -> app::Result<Response> {
    let detail = app.transfer(actor, &TransferId::new(id)).await?;
    let form = form(app, form_id, PrintOf::Transfer, &detail.transfer.channel)?;
    let name = crate::dates::transfer_number(detail.transfer.number, detail.transfer.submitted_at);
    answer::file(app, form, data::transfer(app, &detail), &name).await
}

/// The form of a row.
///
/// # Errors
/// As [`of_request`].
pub(crate) async fn of_row(
    app: &App,
    actor: &Actor,
    register: &str,
    number: &str,
    form_id: &str,
) -> app::Result<Response> {
    let number = app.register(register)?.number_typed(number).ok_or(Error::NotFound)?;
    let detail = app.register_row(actor, &RowKey::new(register, number)).await?;
    let form = form(app, form_id, PrintOf::RegisterRow, register)?;
    answer::file(app, form, data::register_row(app, &detail), &detail.row.number).await
}

/// The form of a list of rows.
///
/// # Errors
/// As [`of_request`]; [`Error::TooMany`] when there are more rows than a printed list has.
pub(crate) async fn of_list(
    app: &App,
    actor: &Actor,
    register: &str,
    form_id: &str,
    query: &Pairs,
) -> app::Result<Response> {
    let form = form(app, form_id, PrintOf::RegisterList, register)?;
    let register = app.register(register)?;
    let mut asked = RowQuestion { after: None, ..question(query, 200) };
    let mut rows: Vec<ShownRow> = Vec::new();
    loop {
        let page = app.register_rows(actor, &register.id, &asked).await?;
        rows.extend(page.rows);
        if rows.len() > PRINTED_ROWS_MAX {
            return Err(Error::TooMany { limit: u32::try_from(PRINTED_ROWS_MAX).unwrap_or(u32::MAX) });
        }
        asked.after = page.next;
        if asked.after.is_none() {
            break;
        }
    }
    let conditions = conditions(app, register, &asked);
    let stage: RowStage = asked.stage;
    answer::file(app, form, data::register_list(app, register, stage, &conditions, &rows), &register.title)
        .await
}

fn conditions(app: &App, register: &policy::Register, asked: &RowQuestion) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(section) = &asked.section {
        said.push(format!("課: {}", app.section_name(&workflow::id::SectionId::new(section.clone()))));
    }
    for (column, value) in &asked.filters {
        let title = register.column(column).map_or(column.as_str(), |c| c.title.as_str());
        said.push(format!("{title}: {value}"));
    }
    if !asked.words.is_empty() {
        said.push(format!("言葉: {}", asked.words));
    }
    said
}

/// The form of a fiscal year.
///
/// # Errors
/// As [`of_request`].
pub(crate) async fn of_year(
    app: &App,
    actor: &Actor,
    year: Option<i16>,
    form_id: &str,
) -> app::Result<Response> {
    let form = form(app, form_id, PrintOf::FiscalYear, "")?;
    let year = app.duty_year(actor, year).await?;
    answer::file(app, form, data::fiscal_year(&year), &year.year.to_string()).await
}

/// The form of the book of what was destroyed.
///
/// # Errors
/// As [`of_list`].
pub(crate) async fn of_book(app: &App, actor: &Actor, form_id: &str) -> app::Result<Response> {
    let form = form(app, form_id, PrintOf::RecordBook, "")?;
    let list = crate::screens::records::whole(app, actor, true, PRINTED_ROWS_MAX).await?;
    answer::file(app, form, data::record_book(app, &list), "").await
}

pub(crate) async fn book(State(site): State<Site>, who: Signed, Path(form): Path<String>) -> Response {
    let printed = of_book(&site.app(), &who.actor, &form).await;
    printed.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

pub(crate) async fn request(
    State(site): State<Site>,
    who: Signed,
    Path((id, form)): Path<(String, String)>,
) -> Response {
    let printed = of_request(&site.app(), &who.actor, &id, &form).await;
    printed.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

pub(crate) async fn task(
    State(site): State<Site>,
    who: Signed,
    Path((id, form)): Path<(String, String)>,
) -> Response {
    let printed = of_task(&site.app(), &who.actor, &id, &form).await;
    printed.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

pub(crate) async fn transfer(
    State(site): State<Site>,
    who: Signed,
    Path((id, form)): Path<(String, String)>,
) -> Response {
    let printed = of_transfer(&site.app(), &who.actor, &id, &form).await;
    printed.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

pub(crate) async fn row(
    State(site): State<Site>,
    who: Signed,
    Path((id, number, form)): Path<(String, String, String)>,
) -> Response {
    let printed = of_row(&site.app(), &who.actor, &id, &number, &form).await;
    printed.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

pub(crate) async fn list(
    State(site): State<Site>,
    who: Signed,
    Path((id, form)): Path<(String, String)>,
    Query(query): Query<Pairs>,
) -> Response {
    let printed = of_list(&site.app(), &who.actor, &id, &form, &query).await;
    printed.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

pub(crate) async fn year(
    State(site): State<Site>,
    who: Signed,
    Path(form): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let asked = one(&query, "year").parse::<i16>().ok().filter(|y| (2000..=2200).contains(y));
    let printed = of_year(&site.app(), &who.actor, asked, &form).await;
    printed.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

#[cfg(test)]
mod tests;
