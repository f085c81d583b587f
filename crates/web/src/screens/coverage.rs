//! 条項の遵守状況: every statement with what keeps it today, filtered.

use std::collections::BTreeSet;

use app::coverage::{Coverage, CoverageRow, MechanismRow};
use axum::{
    extract::{Query, State},
    response::Response,
};
use policy::{
    CoverageStatus, Divergence, Mechanism, Pack,
    search::{Index, ItemKind, Query as Words},
};

use super::{Pairs, one, view};
use crate::{
    door::Signed,
    site::{Site, render, when},
    words,
};

/// Thousandths that the bar is long.
const BAR: usize = 1_000;

/// What was asked to be shown. Words that mean nothing here filter nothing away.
struct Filter<'q> {
    status: Option<CoverageStatus>,
    capability: &'q str,
    role: &'q str,
    search: &'q str,
    /// The statements that hold the words.
    found: BTreeSet<&'q str>,
}

impl<'q> Filter<'q> {
    fn of(query: &'q Pairs, index: &'q Index) -> Self {
        let search = one(query, "q").trim();
        Self {
            status: CoverageStatus::from_id(one(query, "status")),
            capability: one(query, "capability"),
            role: one(query, "role"),
            search,
            found: index.ids(&Words::new(search), ItemKind::Statement),
        }
    }

    fn shows(&self, row: &CoverageRow<'_>) -> bool {
        let s = row.statement;
        let others = s.counterparties.iter().flat_map(|c| &c.roles);
        self.status.is_none_or(|status| status == row.status)
            && (self.capability.is_empty() || s.capability == self.capability)
            && (self.role.is_empty() || s.roles.iter().chain(others).any(|r| r == self.role))
            && (self.search.is_empty() || self.found.contains(s.id.as_str()))
    }
}

pub(crate) async fn page(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let app = site.app();
    let coverage = match app.coverage(&who.actor).await {
        Ok(coverage) => coverage,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let pack = app.pack();
    let filter = Filter::of(&query, app.index());
    let mut sections: Vec<view::CoverageSection> = Vec::new();
    for row in coverage.rows.iter().filter(|row| filter.shows(row)) {
        let title = row.clause.map(|c| format!("{} {}", c.section, c.title)).unwrap_or_default();
        let shown = row_view(pack, row);
        // Statements stand in the order of the text, so that those of one clause follow each other.
        match sections.last_mut().filter(|s| s.title == title) {
            Some(section) => section.rows.push(shown),
            None => sections.push(view::CoverageSection { title, rows: vec![shown] }),
        }
    }
    let parts = parts(&coverage, filter.status);
    let in_words: Vec<String> = parts.iter().map(|p| format!("{} {}件", p.chip.word, p.count)).collect();
    render(&view::CoveragePage {
        frame: site.frame(
            Some(&who.actor),
            "条項の遵守状況",
            "/clauses",
            &[Mechanism::PolicyVersion, Mechanism::ParameterRegister],
            "",
        ),
        bar: view::PolicyBar::at("/coverage"),
        policy: pack.title().to_owned(),
        total: coverage.rows.len(),
        in_words: in_words.join("、"),
        parts,
        statuses: choices(
            CoverageStatus::WORDS.iter().map(|(id, s)| (*id, s.title_ja())),
            filter.status.map_or("", CoverageStatus::id),
        ),
        capabilities: {
            let all: BTreeSet<&str> = pack.statements().iter().map(|s| s.capability.as_str()).collect();
            choices(all.into_iter().map(|c| (c, c)), filter.capability)
        },
        roles: choices(pack.roles().iter().map(|r| (r.id.as_str(), r.title.as_str())), filter.role),
        search: filter.search.to_owned(),
        shown: sections.iter().map(|s| s.rows.len()).sum(),
        sections,
        mechanisms: coverage.mechanisms.iter().map(mechanism).collect(),
        divergences: pack.divergences().map(divergence).collect(),
    })
}

fn choices<'c>(all: impl Iterator<Item = (&'c str, &'c str)>, chosen: &str) -> Vec<view::Choice> {
    all.map(|(id, title)| view::Choice { id: id.to_owned(), title: title.to_owned(), chosen: id == chosen })
        .collect()
}

/// The parts of the bar, each at least as long as a thousandth when it has anything.
fn parts(coverage: &Coverage<'_>, chosen: Option<CoverageStatus>) -> Vec<view::CoveragePart> {
    let t = &coverage.totals;
    let mut start = 0;
    let mut parts = Vec::new();
    for (_, status) in CoverageStatus::WORDS {
        let count = match status {
            CoverageStatus::Kept => t.kept,
            CoverageStatus::Partly => t.partly,
            // The totals count what is kept in part as planned; the bar shows it apart.
            CoverageStatus::Planned => t.planned.saturating_sub(t.partly),
            CoverageStatus::Defined => t.defined,
            CoverageStatus::Unbound => t.unbound,
        };
        let length = (count * BAR).checked_div(t.statements).unwrap_or(0).max(usize::from(count > 0));
        parts.push(view::CoveragePart {
            chip: view::status_chip(*status),
            status: status.id().to_owned(),
            count,
            start,
            length,
            href: format!("/coverage?status={}", status.id()),
            chosen: chosen == Some(*status),
        });
        start += length;
    }
    parts
}

fn row_view(pack: &Pack, row: &CoverageRow<'_>) -> view::CoverageRowView {
    let s = row.statement;
    let clause = view::ClauseChip::of(s);
    let entry = row.last.as_ref().and_then(|l| l.id.as_ref());
    view::CoverageRowView {
        label: s.label.clone(),
        roles: if s.roles.is_empty() {
            "団体全体".to_owned()
        } else {
            s.roles.iter().map(|r| pack.role_title(r)).collect::<Vec<_>>().join("、")
        },
        status: view::status_chip(row.status),
        mechanisms: s.mechanisms.iter().map(|m| view::MechanismChip::of(*m)).collect(),
        divergences: row.divergences.len(),
        last: row.last.as_ref().map(|l| when(l.at)),
        last_href: entry
            .map_or_else(|| clause.href(), |id| format!("/evidence/{}", view::path_part(id.as_str()))),
        evidence: row.evidence_count,
        clause,
    }
}

fn mechanism(row: &MechanismRow) -> view::MechanismRowView {
    let (word, tone) = words::mechanism_state(row.state);
    let entry = row.last.as_ref().and_then(|l| l.id.as_ref());
    view::MechanismRowView {
        title: row.mechanism.title_ja().to_owned(),
        state: view::Chip { word: word.to_owned(), tone },
        statements: row.statements,
        evidence: row.evidence_count,
        last: row.last.as_ref().map(|l| when(l.at)),
        last_href: entry.map(|id| format!("/evidence/{}", view::path_part(id.as_str()))),
    }
}

/// A value that is not what a guideline recommends, for this page and the clause's own.
pub(crate) fn divergence(d: Divergence<'_>) -> view::DivergenceView {
    view::DivergenceView {
        title: d.parameter.title.clone(),
        value: d.value.to_string(),
        wanted: d.guideline.wanted_ja(),
        recommendation: d.guideline.title.clone(),
        reason: d.guideline.reason.clone(),
        source: d.guideline.source.clone(),
    }
}
