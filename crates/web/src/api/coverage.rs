//! How the statements are kept, as programs read it.
//!
//! Owns the shapes. The rights are those of the statements themselves.

use app::coverage::LastEvidence;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Api, caller::Caller, errors::Failure};
use crate::dates;

/// The whole policy and how it is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoverageView {
    /// Rises when a field changes its meaning.
    format: u32,
    totals: TotalsView,
    /// In the order of the text.
    statements: Vec<CoveredView>,
    /// Every mechanism that some statement names.
    mechanisms: Vec<MechanismView>,
    /// Values that are not what the guideline layer recommends.
    divergences: Vec<DivergenceView>,
}

/// How many statements have which status; `kept`, `planned`, `defined` and `unbound` add up to all.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotalsView {
    statements: usize,
    kept: usize,
    /// Those included that are kept in part.
    planned: usize,
    /// Of the planned ones, those that are kept in part.
    partly: usize,
    defined: usize,
    unbound: usize,
}

/// A statement and how it is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoveredView {
    id: String,
    /// The layer that wrote it.
    layer: String,
    /// The text's number for it.
    label: String,
    title: String,
    gist_ja: String,
    /// What it asks for, such as `staff-rule`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// `must`, `should`, `may` or `must-not`.
    modality: &'static str,
    /// `gate`, `measure`, `attest` or `define`.
    assurance: &'static str,
    capability: String,
    /// Ids of the roles obliged; empty for the body as a whole.
    roles: Vec<String>,
    mechanisms: Vec<BindingView>,
    /// `kept`, `partly`, `planned`, `defined` or `unbound`.
    status: &'static str,
    evidence_count: u64,
    /// The newest entry that names it.
    last_evidence: Option<LastView>,
}

/// A mechanism as a statement names it.
#[derive(Serialize, ToSchema)]
pub(crate) struct BindingView {
    id: &'static str,
    title: &'static str,
    /// Whether this version has it.
    ships: bool,
}

/// A mechanism, how it does, and what it left.
#[derive(Serialize, ToSchema)]
pub(crate) struct MechanismView {
    id: &'static str,
    title: &'static str,
    ships: bool,
    /// Statements that name it.
    statements: usize,
    /// `planned`, `stopped`, `seen` (it left evidence), `unseen` (it left none yet) or `silent` (it leaves none).
    state: &'static str,
    evidence_count: u64,
    last_evidence: Option<LastView>,
}

/// The newest entry of evidence for something.
#[derive(Serialize, ToSchema)]
pub(crate) struct LastView {
    /// With the offset of Japan.
    at: String,
    /// Absent for those who may not see evidence of the whole body.
    id: Option<String>,
}

/// A value that is not what a guideline recommends.
#[derive(Serialize, ToSchema)]
pub(crate) struct DivergenceView {
    guideline: String,
    parameter: String,
    title: String,
    value: String,
    wanted: String,
    recommendation: String,
    reason: String,
    source: String,
}

impl From<LastEvidence> for LastView {
    fn from(last: LastEvidence) -> Self {
        Self { at: dates::iso(last.at), id: last.id.map(|id| id.as_str().to_owned()) }
    }
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<CoverageView>, Failure> {
    let app = api.app();
    let coverage = app.coverage(&actor).await?;
    let t = coverage.totals;
    let statement = |row: app::coverage::CoverageRow<'_>| {
        let s = row.statement;
        CoveredView {
            id: s.id.clone(),
            layer: s.origin.layer.to_string(),
            label: s.label.clone(),
            title: s.short().to_owned(),
            gist_ja: s.gist_ja.clone(),
            kind: s.kind.id(),
            modality: s.modality.id(),
            assurance: s.assurance.id(),
            capability: s.capability.clone(),
            roles: s.roles.clone(),
            mechanisms: s
                .mechanisms
                .iter()
                .map(|m| BindingView { id: m.id(), title: m.title_ja(), ships: m.ships() })
                .collect(),
            status: row.status.id(),
            evidence_count: row.evidence_count,
            last_evidence: row.last.map(Into::into),
        }
    };
    let mechanism = |row: app::coverage::MechanismRow| MechanismView {
        id: row.mechanism.id(),
        title: row.mechanism.title_ja(),
        ships: row.mechanism.ships(),
        statements: row.statements,
        state: row.state.id(),
        evidence_count: row.evidence_count,
        last_evidence: row.last.map(Into::into),
    };
    let divergence = |d: policy::Divergence<'_>| {
        let d = policy::DivergenceReport::from(d);
        DivergenceView {
            guideline: d.guideline,
            parameter: d.parameter,
            title: d.title,
            value: d.value,
            wanted: d.wanted,
            recommendation: d.recommendation,
            reason: d.reason,
            source: d.source,
        }
    };
    Ok(Json(CoverageView {
        format: 1,
        totals: TotalsView {
            statements: t.statements,
            kept: t.kept,
            planned: t.planned,
            partly: t.partly,
            defined: t.defined,
            unbound: t.unbound,
        },
        statements: coverage.rows.into_iter().map(statement).collect(),
        mechanisms: coverage.mechanisms.into_iter().map(mechanism).collect(),
        divergences: app.pack().divergences().map(divergence).collect(),
    }))
}
