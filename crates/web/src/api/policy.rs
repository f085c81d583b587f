//! The policy as programs read it.
//!
//! Owns the shapes. The text of a policy is public within the body: whoever is logged in may read it.

use app::model::{PAGE_ROWS_MAX, PageRequest};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Api,
    caller::{Caller, Named, Params},
    cursor,
    dto::{PageQuery, PolicyView, StatementList, StatementView},
    errors::Failure,
};

pub(crate) async fn show(State(api): State<Api>, Caller(_actor): Caller) -> Json<PolicyView> {
    Json(api.app().pack().into())
}

/// What is asked about.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareQuery {
    /// Only what concerns this role.
    role: Option<String>,
}

pub(crate) async fn compare(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(pack): Named<String>,
    Params(query): Params<CompareQuery>,
) -> Result<Response, Failure> {
    let beside = api.app().beside(&actor, &pack, query.role.as_deref()).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], beside.diff.to_json()).into_response())
}

pub(crate) async fn statements(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<StatementList>, Failure> {
    let statements = api.app().statements(&actor).await?.iter().map(Into::into).collect();
    Ok(Json(StatementList { statements }))
}

pub(crate) async fn statement(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<StatementView>, Failure> {
    let page = PageRequest {
        after: cursor::read(query.after.as_deref())?,
        limit: cursor::limit(query.limit, PAGE_ROWS_MAX),
    };
    Ok(Json(api.app().statement(&actor, &id, page).await?.into()))
}
