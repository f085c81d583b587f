//! The policy in OSCAL, for programs of others.
//!
//! Owns the address. Who may take what is decided by `app`.

use app::Error;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use policy::oscal::Model;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Api,
    caller::{Caller, Named, Params},
    errors::Failure,
};
use crate::dates;

/// For whom.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct OscalQuery {
    /// Only what may be published.
    public: Option<bool>,
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(model): Named<String>,
    Params(query): Params<OscalQuery>,
) -> Result<Response, Failure> {
    let model = Model::from_id(&model).ok_or(Error::NotFound)?;
    let public = query.public.unwrap_or(false);
    let file = api.app.export_policy(&actor, model, public, env!("CARGO_PKG_VERSION"), dates::iso).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], file.text).into_response())
}
