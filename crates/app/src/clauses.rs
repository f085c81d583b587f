//! The policy as its readers see it: statements with what serves them and what was recorded for them.
//!
//! Owns joining the pack with the evidence. Leaves both to their owners.

use std::collections::HashMap;

use authz::{Action, Resource};
use policy::{Clause, Parameter, Statement};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::EvidenceItem,
    model::{EvidenceQuery, Page, PageRequest},
};

/// A statement in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementSummary<'p> {
    /// The clause it stands in.
    pub clause: Option<&'p Clause>,
    /// The statement.
    pub statement: &'p Statement,
    /// How many entries of evidence name it.
    pub evidence_count: u64,
}

/// The page of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementPage<'p> {
    /// The statement, its clause, and its count.
    pub summary: StatementSummary<'p>,
    /// The titles of the roles obliged; empty for the body as a whole.
    pub roles: Vec<&'p str>,
    /// What the text leaves open, with the values the body set.
    pub parameters: Vec<&'p Parameter>,
    /// Its evidence, newest first; `None` for those who may not see evidence of the whole body.
    pub evidence: Option<Page<EvidenceItem>>,
}

impl App {
    /// Every statement in the order of the text.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unavailable`].
    pub async fn statements(&self, actor: &Actor) -> Result<Vec<StatementSummary<'_>>> {
        let _allowed =
            self.permit(actor, Action::ViewClause, &Resource::Clause { id: "all".to_owned() }).await?;
        let counts: HashMap<String, u64> = self.store().evidence_counts().await?.into_iter().collect();
        Ok(self
            .pack()
            .statements()
            .iter()
            .map(|s| self.summary(s, counts.get(&s.id).copied().unwrap_or(0)))
            .collect())
    }

    fn summary<'p>(&'p self, statement: &'p Statement, evidence_count: u64) -> StatementSummary<'p> {
        StatementSummary { clause: self.pack().clause(&statement.clause), statement, evidence_count }
    }

    /// One statement with its evidence.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`].
    pub async fn statement(&self, actor: &Actor, id: &str, page: PageRequest) -> Result<StatementPage<'_>> {
        let resource = Resource::Clause { id: id.to_owned() };
        let _allowed = self.permit(actor, Action::ViewClause, &resource).await?;
        let pack = self.pack();
        let statement = pack.statement(id).ok_or(Error::NotFound)?;
        let counts = self.store().evidence_counts().await?;
        let count = counts.into_iter().find(|(s, _)| s == id).map_or(0, |(_, n)| n);
        let sees = self.may(actor, Action::ViewEvidence, &crate::evidence::city_evidence(id));
        let evidence = if sees {
            let query = EvidenceQuery {
                statement: Some(id.to_owned()),
                page: Some(page),
                ..EvidenceQuery::default()
            };
            Some(self.evidence_items(&query).await?)
        } else {
            None
        };
        Ok(StatementPage {
            summary: self.summary(statement, count),
            roles: statement.roles.iter().map(|r| pack.role_title(r)).collect(),
            parameters: statement.parameters.iter().filter_map(|p| pack.parameter(p)).collect(),
            evidence,
        })
    }
}
