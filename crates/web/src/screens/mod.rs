//! The screens: HTML pages for people. Every form works without script and answers with a redirect.
//!
//! Owns the handlers, one file for each noun, the page structs ([`view`]) and the way from use cases to pages
//! (`show`). Leaves decisions to `app` and ring 1.

pub(crate) mod account;
mod acts;
mod attached;
pub(crate) mod beside;
pub(crate) mod classify;
pub(crate) mod coverage;
pub(crate) mod csv;
pub(crate) mod duties;
pub(crate) mod editions;
pub(crate) mod find;
pub(crate) mod home;
pub(crate) mod imports;
pub mod label;
pub(crate) mod notices;
pub(crate) mod oscal;
pub(crate) mod parameters;
pub(crate) mod people;
pub(crate) mod policy;
pub(crate) mod reading;
pub(crate) mod records;
pub(crate) mod register_tables;
pub(crate) mod registers;
pub(crate) mod requests;
pub(crate) mod rosters;
pub(crate) mod send;
pub(crate) mod session;
pub(crate) mod show;
pub(crate) mod taken;
pub(crate) mod together;
pub(crate) mod training;
pub(crate) mod transfers;
pub mod view;

use axum::{
    Form,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};

/// Fields of a form or a query, as they came.
pub(crate) type Pairs = Vec<(String, String)>;

/// The first value with this name; empty if there is none.
pub(crate) fn one<'p>(pairs: &'p Pairs, name: &str) -> &'p str {
    pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
}

/// Every value with this name.
pub(crate) fn all<'p>(pairs: &'p Pairs, name: &'p str) -> impl Iterator<Item = &'p str> {
    pairs.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
}

pub(crate) async fn form_of(request: Request) -> Result<Pairs, Response> {
    Form::<Pairs>::from_request(request, &())
        .await
        .map(|Form(pairs)| pairs)
        .map_err(IntoResponse::into_response)
}
