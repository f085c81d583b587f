//! Print forms for programs: which there are, and a thing as a file.
//!
//! Owns the endpoints. What a form is given, and the file, are those of the screens ([`crate::print`]).

use axum::{Json, extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    caller::{Caller, Named, Params},
    errors::Failure,
};
use crate::print;

/// The forms of the policy in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct PrintFormList {
    /// Whether PDFs can be printed here.
    pdf: bool,
    forms: Vec<PrintFormView>,
}

/// A form.
#[derive(Serialize, ToSchema)]
pub(crate) struct PrintFormView {
    id: String,
    title: String,
    /// The number that the body gave it.
    number: Option<String>,
    /// `request`, `register-list`, `register-row`, `duty`, `transfer`, `fiscal-year` or `record-book`.
    of: &'static str,
    /// The request types, registers or duties that it is for; empty: each.
    only: Vec<String>,
    /// `pdf` or `xlsx`.
    format: &'static str,
}

/// Which fiscal year.
#[derive(Deserialize, IntoParams)]
pub(crate) struct PrintYearQuery {
    /// The year in which it begins; the current one if left out.
    year: Option<i16>,
}

pub(crate) async fn forms(State(api): State<Api>, Caller(_actor): Caller) -> Json<PrintFormList> {
    let app = api.app();
    let forms = app.pack().print_forms().iter().map(|form| PrintFormView {
        id: form.id.clone(),
        title: form.title.clone(),
        number: form.number.clone(),
        of: form.of.id(),
        only: form.only.clone(),
        format: form.format().id(),
    });
    Json(PrintFormList { pdf: app.prints(), forms: forms.collect() })
}

pub(crate) async fn request(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, form)): Named<(String, String)>,
) -> Result<Response, Failure> {
    Ok(print::of_request(&api.app(), &actor, &id, &form).await?)
}

pub(crate) async fn task(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, form)): Named<(String, String)>,
) -> Result<Response, Failure> {
    Ok(print::of_task(&api.app(), &actor, &id, &form).await?)
}

pub(crate) async fn transfer(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, form)): Named<(String, String)>,
) -> Result<Response, Failure> {
    Ok(print::of_transfer(&api.app(), &actor, &id, &form).await?)
}

pub(crate) async fn row(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, number, form)): Named<(String, String, String)>,
) -> Result<Response, Failure> {
    Ok(print::of_row(&api.app(), &actor, &id, &number, &form).await?)
}

pub(crate) async fn rows(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, form)): Named<(String, String)>,
    Params(query): Params<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    Ok(print::of_list(&api.app(), &actor, &id, &form, &query).await?)
}

pub(crate) async fn year(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(form): Named<String>,
    Params(query): Params<PrintYearQuery>,
) -> Result<Response, Failure> {
    let asked = query.year.filter(|year| (2000..=2200).contains(year));
    Ok(print::of_year(&api.app(), &actor, asked, &form).await?)
}

pub(crate) async fn book(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(form): Named<String>,
) -> Result<Response, Failure> {
    Ok(print::of_book(&api.app(), &actor, &form).await?)
}
