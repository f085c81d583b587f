//! Editions (版) of the policy: proposing, deciding, putting into force, reading what changed, publishing.
//!
//! Owns every change of an edition, one file for each part of its life: [`proposing`] until the application, [`adopting`]
//! from the approval to the day it comes into force, [`in_use`] for what it must not take away, [`reading`] for those whose duties changed, [`publishing`] for
//! everybody outside. Leaves the life itself to `workflow`, the text and its comparison to `policy`, the route of the
//! approval to the request that carries it.

pub mod adopting;
pub mod in_use;
mod ports;
pub mod proposing;
pub mod publishing;
pub mod reading;

use std::sync::Arc;

use authz::{Action, Resource};
use policy::{DiffReport, EditionText, Pack, Problem, RoleChange, role_changes};
use workflow::{
    Millis,
    edition::{Edition, Stage},
    id::EditionId,
};

use in_use::{InUse, zones_differ};
pub use ports::{EditionStore, EditionTx, Reading, SectionReading};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    model::{Page, PageRequest},
    ports::{Store, Tx},
};

/// What runs, with its whole text.
#[derive(Debug)]
pub(crate) struct Running {
    /// The text.
    pub(crate) text: EditionText,
    /// Its digest.
    pub(crate) digest: String,
    /// The edition of the store, or `None` for the folder's files.
    pub(crate) edition: Option<EditionId>,
    /// Since when it runs.
    pub(crate) since: Millis,
}

/// An edition with what is to be said about it.
#[derive(Debug, Clone)]
pub struct EditionPage {
    /// The edition.
    pub edition: Edition,
    /// Who proposed it, by name.
    pub proposer: Option<String>,
    /// What `policy check` says of its text today.
    pub findings: Vec<Problem>,
    /// How it differs from what it replaces, replaced or is to replace; `None` when there is nothing to compare with, or
    /// when it cannot be read.
    pub diff: Option<DiffReport>,
    /// What that means for each role.
    pub roles: Vec<RoleChange>,
    /// Whether its zones are others than those of what runs, so that it comes into force only when the house is started
    /// again with listeners for them.
    pub needs_restart: bool,
    /// What is in use and would be taken away: while there is any it is not applied for, and does not come into force.
    pub in_use: Vec<InUse>,
    /// How many of each section have read what it changed; empty for those who may not see it.
    pub readings: Vec<SectionReading>,
    /// Whether the actor may change it.
    pub may_change: bool,
}

/// The list of editions.
#[derive(Debug, Clone)]
pub struct EditionList {
    /// The rows, newest first.
    pub page: Page<Edition>,
    /// Whether what runs is the folder's files, because no edition came into force yet.
    pub from_folder: bool,
    /// Whether the actor may propose one.
    pub may_propose: bool,
}

/// Two texts beside each other.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// How they differ.
    pub diff: DiffReport,
    /// What that means for each role.
    pub roles: Vec<RoleChange>,
}

/// The edition in force by the store with its text; `None` while the store has none and the folder's files are to run.
///
/// # Errors
/// [`Error::Internal`] when the stored text is not the one that was approved, [`Error::Unavailable`].
pub async fn in_force(store: &dyn Store) -> Result<Option<(Edition, EditionText)>> {
    let Some(edition) = store.edition_at(Stage::InForce).await? else { return Ok(None) };
    let text = text_of(store, &edition).await?;
    Ok(Some((edition, text)))
}

/// An edition's text, which must be the one that its digest was made of.
async fn text_of(store: &dyn Store, edition: &Edition) -> Result<EditionText> {
    whole_text(edition, store.edition_files(&edition.id).await?)
}

/// The same inside a transaction, which asks for no second connection.
async fn text_inside(tx: &mut dyn Tx, edition: &Edition) -> Result<EditionText> {
    whole_text(edition, tx.edition_files(&edition.id).await?)
}

fn whole_text(edition: &Edition, files: Vec<policy::SourceFile>) -> Result<EditionText> {
    let broken = |what: &str| Error::Internal(format!("edition {}: {what}", edition.id));
    let text = EditionText::new(&edition.pack, files, &[]).map_err(|e| broken(&e.to_string()))?;
    if text.digest() != edition.digest {
        return Err(broken("the stored files are not those of its digest"));
    }
    Ok(text)
}

impl App {
    /// Tells the house which text it runs: that of an edition, or the folder's files. Called once before the listeners open.
    pub fn runs(&self, text: EditionText, edition: Option<EditionId>) {
        let digest = text.digest();
        let running = Running { text, digest, edition, since: self.now() };
        *self.house.running.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some(Arc::new(running));
    }

    pub(crate) fn running(&self) -> Result<Arc<Running>> {
        let running = self.house.running.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        running
            .clone()
            .ok_or_else(|| Error::Internal("the house does not know the text that it runs".to_owned()))
    }

    pub(crate) fn sees_drafts(&self, actor: &Actor) -> bool {
        self.may(actor, Action::ViewEditions, &Resource::City)
    }

    /// What everybody in the house may see: what is or was in force, and what will be.
    pub(crate) fn is_open(stage: Stage) -> bool {
        matches!(stage, Stage::Approved | Stage::InForce | Stage::Superseded)
    }

    /// Editions, newest first. Drafts and what is being decided are for those who look after the policy.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unavailable`].
    pub async fn editions(&self, actor: &Actor, page: PageRequest) -> Result<EditionList> {
        let _allowed =
            self.permit(actor, Action::ViewClause, &Resource::Clause { id: "all".to_owned() }).await?;
        let mut found = self.store().editions(&page).await?;
        if !self.sees_drafts(actor) {
            found.rows.retain(|e| Self::is_open(e.stage));
        }
        Ok(EditionList {
            page: found,
            from_folder: self.running()?.edition.is_none(),
            may_propose: self.may(actor, Action::ProposeEdition, &Resource::City),
        })
    }

    /// The edition, if this person may know of it.
    pub(crate) async fn edition_for(&self, actor: &Actor, id: &EditionId) -> Result<Edition> {
        let _allowed =
            self.permit(actor, Action::ViewClause, &Resource::Clause { id: "all".to_owned() }).await?;
        let edition = self.store().edition(id).await?.ok_or(Error::NotFound)?;
        if Self::is_open(edition.stage) || self.sees_drafts(actor) {
            Ok(edition)
        } else {
            Err(Error::NotFound)
        }
    }

    /// One edition: what is wrong with it, how it differs, what changes for whom.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::Unavailable`].
    pub async fn edition(&self, actor: &Actor, id: &EditionId) -> Result<EditionPage> {
        let edition = self.edition_for(actor, id).await?;
        let text = text_of(self.store(), &edition).await?;
        let proposer = match &edition.proposed_by {
            Some(user) => self.store().user(user).await?.map(|u| u.name),
            None => None,
        };
        let (pack, findings) = match text.resolve() {
            Ok(resolved) => {
                let findings = resolved.findings_before_running();
                (Some(resolved.pack), findings)
            }
            Err(problems) => (None, problems),
        };
        let before = self.before(&edition).await?;
        let compared = pack.as_ref().zip(before.as_ref());
        let diff = compared.map(|(after, before)| DiffReport::new(before, after));
        let roles = compared.map(|(after, before)| role_changes(before, after)).unwrap_or_default();
        let sees = self.sees_drafts(actor);
        let readings = if sees { self.store().reading_rates(&edition.id).await? } else { Vec::new() };
        let (mut needs_restart, mut in_use) = (false, Vec::new());
        if let (Some(after), Some(before), Stage::Draft | Stage::Applied | Stage::Approved) =
            (&pack, &before, edition.stage)
        {
            needs_restart = zones_differ(before, after);
            in_use = self.taken_away(before, after, self.now()).await?;
        }
        Ok(EditionPage {
            needs_restart,
            in_use,
            may_change: self.may(actor, Action::ProposeEdition, &Resource::City),
            edition,
            proposer,
            findings,
            diff,
            roles,
            readings,
        })
    }

    /// What an edition replaced, or is to replace.
    async fn before(&self, edition: &Edition) -> Result<Option<Pack>> {
        let before = match (&edition.before, edition.stage) {
            (Some(before), _) => self.store().edition(before).await?,
            (None, Stage::Draft | Stage::Applied | Stage::Approved | Stage::Withdrawn) => {
                let running = self.running()?;
                return Ok(running.text.resolve().ok().map(|r| r.pack));
            }
            (None, Stage::InForce | Stage::Superseded) => None,
        };
        let Some(before) = before else { return Ok(None) };
        Ok(text_of(self.store(), &before).await?.resolve().ok().map(|r| r.pack))
    }

    /// Two editions beside each other; `None` stands for what runs.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::BrokenText`] when one cannot be read any more.
    pub async fn compare_editions(
        &self,
        actor: &Actor,
        a: Option<&EditionId>,
        b: Option<&EditionId>,
    ) -> Result<Comparison> {
        let _allowed =
            self.permit(actor, Action::ViewClause, &Resource::Clause { id: "all".to_owned() }).await?;
        let mut packs = Vec::new();
        for side in [a, b] {
            let text = match side {
                Some(id) => text_of(self.store(), &self.edition_for(actor, id).await?).await?,
                None => self.running()?.text.clone(),
            };
            packs.push(text.resolve().map_err(Error::BrokenText)?.pack);
        }
        let [a, b] = packs.as_slice() else { return Err(Error::NotFound) };
        Ok(Comparison { diff: DiffReport::new(a, b), roles: role_changes(a, b) })
    }
}
