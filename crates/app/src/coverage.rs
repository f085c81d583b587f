//! How the statements of the policy are kept today: what serves each, whether that works, what it left as evidence.
//!
//! Owns joining the pack's coverage with the evidence and with what this process knows of its cells.
//! Leaves what counts as kept to `policy`, and the counting of entries to the store.

use std::collections::HashMap;

use authz::{Action, Resource};
use policy::{Clause, CoverageStatus, CoverageTotals, Divergence, Mechanism, Statement};
use workflow::{Millis, id::EvidenceId};

use crate::{
    App,
    actor::Actor,
    error::Result,
    evidence::Kind,
    model::{EvidenceTallies, EvidenceTally},
};

/// The newest entry of evidence for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastEvidence {
    /// When it was written.
    pub at: Millis,
    /// Which it is; only for those who may see evidence of the whole body.
    pub id: Option<EvidenceId>,
}

/// A statement and how it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageRow<'p> {
    /// The clause it stands in.
    pub clause: Option<&'p Clause>,
    /// The statement.
    pub statement: &'p Statement,
    /// What the mechanisms make of it.
    pub status: CoverageStatus,
    /// Values that it leaves open and that are not what a guideline recommends.
    pub divergences: Vec<Divergence<'p>>,
    /// How many entries of evidence name it.
    pub evidence_count: u64,
    /// The newest of them.
    pub last: Option<LastEvidence>,
}

/// How a mechanism does today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MechanismState {
    /// This version does not have it yet.
    Planned,
    /// It cannot work now: no cell can be started, and what needs one waits.
    Stopped,
    /// It has left evidence.
    Seen,
    /// It has left no evidence yet.
    Unseen,
    /// It works without leaving entries of its own.
    Silent,
}

impl MechanismState {
    /// Every state with the word of the API.
    pub const WORDS: &'static [(&'static str, MechanismState)] = &[
        ("planned", Self::Planned),
        ("stopped", Self::Stopped),
        ("seen", Self::Seen),
        ("unseen", Self::Unseen),
        ("silent", Self::Silent),
    ];

    /// The word of the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Stopped => "stopped",
            Self::Seen => "seen",
            Self::Unseen => "unseen",
            Self::Silent => "silent",
        }
    }
}

/// A mechanism, how it does, and what it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MechanismRow {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// How many statements name it.
    pub statements: usize,
    /// How it does.
    pub state: MechanismState,
    /// How many entries its kinds of evidence have.
    pub evidence_count: u64,
    /// The newest of them.
    pub last: Option<LastEvidence>,
}

/// The whole policy and how it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage<'p> {
    /// How many statements have which status.
    pub totals: CoverageTotals,
    /// The statements in the order of the text.
    pub rows: Vec<CoverageRow<'p>>,
    /// Every mechanism that some statement names.
    pub mechanisms: Vec<MechanismRow>,
}

impl App {
    /// How every statement is kept. The rights are those of the pages of clauses.
    ///
    /// # Errors
    /// [`crate::Error::Denied`], [`crate::Error::Unavailable`].
    pub async fn coverage(&self, actor: &Actor) -> Result<Coverage<'_>> {
        let resource = Resource::Clause { id: "all".to_owned() };
        let _allowed = self.permit(actor, Action::ViewClause, &resource).await?;
        let sees = self.may(actor, Action::ViewEvidence, &crate::evidence::city_evidence("all"));
        let tallies = self.store().evidence_tallies().await?;
        let pack = self.pack();
        let divergences: Vec<Divergence<'_>> = pack.divergences().collect();
        let clauses: HashMap<&str, &Clause> = pack.clauses().iter().map(|c| (c.id.as_str(), c)).collect();
        let mut totals = CoverageTotals::default();
        let mut rows = Vec::with_capacity(pack.statements().len());
        for statement in pack.statements() {
            let status = statement.coverage();
            totals.add(status);
            let tally = tallies.statements.get(&statement.id);
            let concerns = |d: &&Divergence<'_>| statement.parameters.contains(&d.parameter.id);
            rows.push(CoverageRow {
                clause: clauses.get(statement.clause.as_str()).copied(),
                statement,
                status,
                divergences: divergences.iter().filter(concerns).copied().collect(),
                evidence_count: tally.map_or(0, |t| t.count),
                last: tally.and_then(|t| last(t, sees)),
            });
        }
        let stopped = self.cells_stopped(actor).is_some();
        let mut named: HashMap<Mechanism, Vec<&Statement>> = HashMap::new();
        for statement in pack.statements() {
            for mechanism in &statement.mechanisms {
                named.entry(*mechanism).or_default().push(statement);
            }
        }
        let mechanisms = Mechanism::WORDS
            .iter()
            .filter_map(|(_, mechanism)| Some((*mechanism, named.get(mechanism)?)))
            .map(|(mechanism, statements)| mechanism_row(mechanism, statements, &tallies, stopped, sees))
            .collect();
        Ok(Coverage { totals, rows, mechanisms })
    }
}

fn last(tally: &EvidenceTally, sees: bool) -> Option<LastEvidence> {
    tally.last.as_ref().map(|(at, id)| LastEvidence { at: *at, id: sees.then(|| id.clone()) })
}

fn mechanism_row(
    mechanism: Mechanism,
    statements: &[&Statement],
    tallies: &EvidenceTallies,
    cells_stopped: bool,
    sees: bool,
) -> MechanismRow {
    let kinds: Vec<Kind> =
        Kind::ALL.iter().copied().filter(|kind| kind.mechanisms().contains(&mechanism)).collect();
    let mut all = EvidenceTally::default();
    for tally in kinds.iter().filter_map(|kind| tallies.kinds.get(kind.id())) {
        all.count = all.count.saturating_add(tally.count);
        all.last = all.last.take().max(tally.last.clone());
    }
    // The kinds of requests are shared by all forms: what one form left is told by the statements it is evidence for.
    let is_form = |kind: &Kind| matches!(kind, Kind::RequestSubmitted);
    if kinds.iter().any(is_form) {
        let most = std::mem::take(&mut all).count;
        for tally in statements.iter().filter_map(|s| tallies.statements.get(&s.id)) {
            all.count = all.count.max(tally.count);
            all.last = all.last.take().max(tally.last.clone());
        }
        // Other mechanisms serve the same statements: without a request there is nothing of this one.
        if most == 0 {
            all = EvidenceTally::default();
        }
        all.count = all.count.min(most);
    }
    let state = if !mechanism.ships() {
        MechanismState::Planned
    } else if cells_stopped && kinds.contains(&Kind::FileSanitised) {
        MechanismState::Stopped
    } else if all.count > 0 {
        MechanismState::Seen
    } else if kinds.is_empty() {
        MechanismState::Silent
    } else {
        MechanismState::Unseen
    };
    MechanismRow {
        mechanism,
        statements: statements.len(),
        state,
        evidence_count: all.count,
        last: last(&all, sees),
    }
}
