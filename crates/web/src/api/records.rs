//! Records whose retention ends, for programs.
//!
//! Owns the shapes. Who sees and does what is decided by `app`; no token destroys anything.

use app::records::{
    RecordAct,
    store::{RecordKey, RecordKind},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    cursor,
    errors::Failure,
};
use crate::{dates, screens::records as screen};

/// Which records.
#[derive(Deserialize, IntoParams)]
pub(crate) struct RecordListQuery {
    /// `true`: those that were destroyed; otherwise those whose end comes or has come.
    book: Option<bool>,
    /// The place where the list goes on, as `next` said it.
    after: Option<String>,
    /// How many, at most 200.
    limit: Option<u32>,
}

/// A list of records.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordListView {
    rows: Vec<RecordView>,
    next: Option<String>,
}

/// A record: all that stays of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordView {
    /// `request`, `task`, `register-row` or `course`.
    kind: &'static str,
    /// The id of that.
    id: String,
    /// What people call it.
    label: String,
    title: String,
    section: Option<String>,
    class: String,
    years: u16,
    begun_on: String,
    ended_on: String,
    /// The first day on which it may be destroyed.
    destroyed_from: String,
    /// `listed`, `held`, `proposed`, `decided` or `destroyed`.
    stage: &'static str,
    hold_reason: Option<String>,
    hold_until: Option<String>,
    proposed_by: Option<String>,
    decided_by: Option<String>,
    destroyed_at: Option<String>,
}

/// What becomes of a record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, tag = "act", rename_all = "kebab-case")]
pub(crate) enum RecordActForm {
    /// Keep it longer.
    Hold {
        /// Why.
        reason: String,
        /// The first day on which it is listed again, `YYYY-MM-DD`.
        until: String,
    },
    /// End the hold.
    Release {},
    /// Propose that it be destroyed.
    Propose {},
    /// Decide so.
    Decide {},
    /// Do not follow the proposal.
    Decline {},
}

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<RecordListQuery>,
) -> Result<Json<RecordListView>, Failure> {
    let after = match query.after.as_deref() {
        Some(text) => Some(screen::cursor(text).ok_or_else(|| Failure::invalid("after", "unknown"))?),
        None => None,
    };
    let limit = cursor::limit(query.limit, 200);
    let list = api.app().records(&actor, query.book.unwrap_or(false), after, limit).await?;
    let rows = list.rows.into_iter().map(|row| {
        let record = row.record;
        let disposal = record.disposal;
        RecordView {
            kind: record.key.kind.id(),
            id: record.key.subject,
            label: record.label,
            title: record.title,
            section: record.section.map(|s| s.as_str().to_owned()),
            class: record.class,
            years: record.years,
            begun_on: record.begun_on.to_string(),
            ended_on: record.ended_on.to_string(),
            destroyed_from: disposal.destroyed_from.to_string(),
            stage: disposal.stage.id(),
            hold_reason: disposal.hold.as_ref().map(|h| h.reason.clone()),
            hold_until: disposal.hold.as_ref().map(|h| h.until.to_string()),
            proposed_by: disposal.proposed.map(|(by, _)| by.as_str().to_owned()),
            decided_by: disposal.decided.map(|(by, _)| by.as_str().to_owned()),
            destroyed_at: disposal.destroyed_at.map(dates::iso),
        }
    });
    Ok(Json(RecordListView { rows: rows.collect(), next: list.next.as_ref().map(screen::cursor_text) }))
}

pub(crate) async fn act(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((kind, id)): Named<(String, String)>,
    Body(form): Body<RecordActForm>,
) -> Result<StatusCode, Failure> {
    let kind = RecordKind::from_id(&kind).ok_or_else(|| Failure::from(app::Error::NotFound))?;
    let act = match form {
        RecordActForm::Hold { reason, until } => {
            let until = until.parse().map_err(|_| Failure::invalid("until", "not-allowed"))?;
            RecordAct::Hold { reason, until }
        }
        RecordActForm::Release {} => RecordAct::Release,
        RecordActForm::Propose {} => RecordAct::Propose,
        RecordActForm::Decide {} => RecordAct::Decide,
        RecordActForm::Decline {} => RecordAct::Decline,
    };
    api.app().act_on_record(&actor, &RecordKey { kind, subject: id }, &act).await?;
    Ok(StatusCode::NO_CONTENT)
}
