//! Editions of the policy, as programs read and propose them.
//!
//! Owns the shapes. The rights are those of the use cases.

use app::{
    editions::{
        in_use::InUse,
        proposing::{Proposal, Proposed},
    },
    model::{PAGE_ROWS_MAX, PageRequest},
};
use axum::{Json, extract::State, http::StatusCode};
use policy::{Problem, SourceFile};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use workflow::{edition::Edition, id::EditionId};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    cursor, dto,
    errors::Failure,
};
use crate::{dates, words};

/// An edition in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditionSummary {
    id: String,
    title: String,
    /// Its version in the body's words.
    label: String,
    /// `draft`, `applied`, `approved`, `in-force`, `superseded` or `withdrawn`.
    stage: &'static str,
    /// SHA-256 as docs/format-pack.md defines it.
    digest: String,
    proposed_at: String,
    /// From when it is or was in force.
    effective_from: Option<String>,
    published_at: Option<String>,
}

impl From<&Edition> for EditionSummary {
    fn from(e: &Edition) -> Self {
        Self {
            id: e.id.to_string(),
            title: e.title.clone(),
            label: e.label.clone(),
            stage: e.stage.id(),
            digest: e.digest.clone(),
            proposed_at: dates::iso(e.proposed_at),
            effective_from: e.adopted_at.or(e.effective_from).map(dates::iso),
            published_at: e.published_at.map(dates::iso),
        }
    }
}

/// A part of the list.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditionList {
    editions: Vec<EditionSummary>,
    /// Whether the folder's files run, because no edition came into force yet.
    from_folder: bool,
    /// Where the next part begins.
    next: Option<String>,
}

/// One thing wrong with a text.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemView {
    /// A stable word; docs/format-pack.md lists them.
    code: &'static str,
    /// `error` or `warning`.
    severity: &'static str,
    file: String,
    line: u32,
    column: u32,
    message: String,
    instead: String,
}

impl From<&Problem> for ProblemView {
    fn from(p: &Problem) -> Self {
        Self {
            code: p.code.id(),
            severity: match p.severity {
                policy::Severity::Error => "error",
                policy::Severity::Warning => "warning",
            },
            file: p.file.clone(),
            line: p.line,
            column: p.column,
            message: p.message.clone(),
            instead: p.instead.clone(),
        }
    }
}

/// How many things come, go and change.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleChangeView {
    role: String,
    title: String,
    /// Ids of statements.
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<String>,
}

/// One edition.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditionView {
    #[serde(flatten)]
    summary: EditionSummary,
    note: String,
    /// Whether an analysis of the risks must be attached before it is applied for.
    needs_analysis: bool,
    has_analysis: bool,
    /// The request that decides about it.
    request: Option<String>,
    problems: Vec<ProblemView>,
    /// What changes for whom against what it replaces; empty when there is nothing to compare with.
    role_changes: Vec<RoleChangeView>,
    /// Whether its zones are others than those of what runs: it comes into force only when the house is started again with
    /// listeners for them.
    needs_restart: bool,
    /// What is in use and would be taken away: while there is any it is not applied for, and does not come into force.
    in_use: Vec<InUseView>,
    /// How many of each section have read it; empty for those who may not see it.
    readings: Vec<SectionReadingView>,
}

/// Something in use that an edition would take away.
#[derive(Serialize, ToSchema)]
pub(crate) struct InUseView {
    /// `channel`, `form` or `manager`.
    kind: &'static str,
    /// The channel or form.
    id: Option<String>,
    /// How many transfers or requests.
    count: Option<u32>,
    /// In Japanese: what it is, and what to do.
    message: String,
}

impl From<&InUse> for InUseView {
    fn from(taken: &InUse) -> Self {
        let (id, count) = match taken {
            InUse::Channel { id, transfers, .. } => (Some(id.clone()), Some(*transfers)),
            InUse::Form { id, requests, .. } => (Some(id.clone()), Some(*requests)),
            InUse::Manager { .. } => (None, None),
        };
        Self { kind: taken.id(), id, count, message: words::editions::in_use(taken) }
    }
}

/// How many of a section have read what changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct SectionReadingView {
    section: String,
    people: u32,
    confirmed: u32,
}

/// A file of a pack.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileForm {
    /// `name.toml`, or `folder/name.toml` for a layer.
    path: String,
    text: String,
}

/// A text that is proposed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposalForm {
    /// Why.
    note: String,
    /// Every file of the pack's folder. Layers that are absent are those of what is in force.
    files: Vec<FileForm>,
}

/// What became of a proposal.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProposalResult {
    /// Whether it is a draft now.
    kept: bool,
    /// The draft.
    id: Option<String>,
    /// With errors nothing is kept.
    problems: Vec<ProblemView>,
    /// Whether its zones are others than those of what runs: it comes into force only when the house is started again with
    /// listeners for them.
    needs_restart: bool,
}

impl From<Proposed> for ProposalResult {
    fn from(proposed: Proposed) -> Self {
        let (id, problems, needs_restart) = match proposed {
            Proposed::Draft { id, findings, needs_restart } => {
                (Some(id.to_string()), findings, needs_restart)
            }
            Proposed::Refused(problems) => (None, problems, false),
        };
        Self { kept: id.is_some(), id, problems: problems.iter().map(Into::into).collect(), needs_restart }
    }
}

/// An analysis of the risks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnalysisForm {
    title: String,
    text: String,
}

/// Something to read.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadingView {
    edition: String,
    label: String,
    due_at: Option<String>,
}

/// What is to be read.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadingList {
    readings: Vec<ReadingView>,
}

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<dto::PageQuery>,
) -> Result<Json<EditionList>, Failure> {
    let page = PageRequest {
        after: cursor::read(query.after.as_deref())?,
        limit: cursor::limit(query.limit, PAGE_ROWS_MAX),
    };
    let list = api.app.editions(&actor, page).await?;
    Ok(Json(EditionList {
        editions: list.page.rows.iter().map(Into::into).collect(),
        from_folder: list.from_folder,
        next: list.page.next.as_ref().map(cursor::text),
    }))
}

pub(crate) async fn propose(
    State(api): State<Api>,
    Caller(actor): Caller,
    Body(form): Body<ProposalForm>,
) -> Result<(StatusCode, Json<ProposalResult>), Failure> {
    let untrusted_files = form.files.into_iter().map(|f| SourceFile { path: f.path, text: f.text }).collect();
    let proposal = Proposal { untrusted_files, note: form.note };
    Ok((StatusCode::OK, Json(api.app.propose_edition(&actor, proposal).await?.into())))
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<EditionView>, Failure> {
    let page = api.app.edition(&actor, &EditionId::new(id)).await?;
    let ids = |list: &[policy::DiffStatement]| list.iter().map(|s| s.id.clone()).collect();
    Ok(Json(EditionView {
        summary: (&page.edition).into(),
        note: page.edition.note.clone(),
        needs_analysis: page.edition.needs_analysis,
        has_analysis: page.edition.analysis.is_some(),
        request: page.edition.application.as_ref().map(|a| a.request.clone()),
        problems: page.findings.iter().map(Into::into).collect(),
        role_changes: page
            .roles
            .iter()
            .map(|c| RoleChangeView {
                role: c.role.id.clone(),
                title: c.role.title.clone(),
                added: ids(&c.added),
                removed: ids(&c.removed),
                changed: c.changed.iter().map(|d| d.after.id.clone()).collect(),
            })
            .collect(),
        needs_restart: page.needs_restart,
        in_use: page.in_use.iter().map(Into::into).collect(),
        readings: page
            .readings
            .iter()
            .map(|r| SectionReadingView {
                section: r.section.to_string(),
                people: r.people,
                confirmed: r.confirmed,
            })
            .collect(),
    }))
}

pub(crate) async fn attach(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<AnalysisForm>,
) -> Result<StatusCode, Failure> {
    api.app.attach_analysis(&actor, &EditionId::new(id), &form.title, &form.text).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn withdraw(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app.withdraw_edition(&actor, &EditionId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn to_read(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<ReadingList>, Failure> {
    let tasks = api.app.to_read(&actor).await?;
    let one = |t: app::editions::reading::ToRead| ReadingView {
        edition: t.edition.to_string(),
        label: t.label,
        due_at: t.due_at.map(dates::iso),
    };
    Ok(Json(ReadingList { readings: tasks.into_iter().map(one).collect() }))
}

pub(crate) async fn confirm(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app.confirm_reading(&actor, &EditionId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
