//! Evidence: lists, entries with their proofs, bundles to take home.
//!
//! Owns the shapes and packing a bundle into one file. Leaves proofs to `app::sealing` and `ledger`.

use app::{
    Error,
    evidence::Kind,
    model::{EvidenceQuery, PAGE_ROWS_MAX, PageRequest},
};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use workflow::id::{EvidenceId, UserId};

use super::{
    Api,
    caller::{Caller, Named, Params},
    cursor,
    dto::{EvidenceEntryView, EvidenceList, EvidenceListQuery},
    errors::Failure,
};

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<EvidenceListQuery>,
) -> Result<Json<EvidenceList>, Failure> {
    if query.kind.as_deref().is_some_and(|kind| Kind::from_id(kind).is_none()) {
        return Err(Failure::invalid("kind", "unknown"));
    }
    let subject = match (query.subject_kind, query.subject_id) {
        (Some(kind), Some(id)) => Some((kind, id)),
        (None, None) => None,
        // Half a name would silently be another question.
        (Some(_), None) => return Err(Failure::invalid("subject_id", "empty")),
        (None, Some(_)) => return Err(Failure::invalid("subject_kind", "empty")),
    };
    let question = EvidenceQuery {
        statement: query.statement,
        subject,
        kind: query.kind,
        actor: query.actor.map(UserId::new),
        page: Some(PageRequest {
            after: cursor::read(query.after.as_deref())?,
            limit: cursor::limit(query.limit, PAGE_ROWS_MAX),
        }),
    };
    Ok(Json(api.app().evidence(&actor, question).await?.into()))
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<EvidenceEntryView>, Failure> {
    Ok(Json(api.app().evidence_entry(&actor, &EvidenceId::new(id)).await?.into()))
}

pub(crate) async fn bundle(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Response, Failure> {
    let files = api.app().export_selection(&actor, &[EvidenceId::new(id)]).await?;
    let archive = crate::archive::write(&files).map_err(|e| Error::Internal(format!("bundle: {e}")))?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"evidence.zip\""),
    ];
    Ok((headers, archive).into_response())
}
