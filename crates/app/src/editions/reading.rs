//! 既読: each person reads what changed for him, and says so.
//!
//! Owns the tasks of one person, his receipt, and its evidence, and the task of whoever comes to a role later. Who has to
//! read is noted when an edition comes into force ([`super::adopting`]).

use std::{collections::BTreeSet, sync::Arc};

use authz::{Action, Resource};
use policy::RoleChange;
use serde_json::json;
use workflow::{
    Millis,
    edition::{Edition, Stage},
    id::{EditionId, UserId},
};

use super::{
    adopting::{changed_roles, reading_ends},
    text_inside, text_of,
};
use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::{By, Kind},
    notices::store::About,
    ports::Tx,
};

/// What changed for one person by one edition.
#[derive(Debug, Clone)]
pub struct MyChanges {
    /// The edition.
    pub edition: Edition,
    /// Until when it is to be read.
    pub due_at: Option<Millis>,
    /// When it was.
    pub confirmed_at: Option<Millis>,
    /// What changed for the roles that he holds today.
    pub roles: Vec<RoleChange>,
}

/// A task: something to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToRead {
    /// The edition.
    pub edition: EditionId,
    /// Its version in the body's words.
    pub label: String,
    /// Until when.
    pub due_at: Option<Millis>,
}

/// For which roles an edition changed something.
pub(crate) type ChangedRoles = (EditionId, Arc<BTreeSet<String>>);

impl App {
    /// Somebody came to posts with these roles after an edition came into force: he is to read what it changed for them, as
    /// those before him. Inside the transaction that gives them, so that no edition comes in between. The edition, unless
    /// it is nothing to him or he is noted already.
    pub(crate) async fn add_late_reader(
        &self,
        tx: &mut dyn Tx,
        user: &UserId,
        roles: &[String],
        now: Millis,
    ) -> Result<Option<EditionId>> {
        let Some(edition) = tx.edition_at(Stage::InForce).await? else { return Ok(None) };
        let known =
            self.house.changed_roles.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let changed = match known.filter(|(id, _)| *id == edition.id) {
            Some((_, changed)) => changed,
            None => {
                let changed = Arc::new(self.roles_changed_by(tx, &edition).await?);
                *self.house.changed_roles.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                    Some((edition.id.clone(), Arc::clone(&changed)));
                changed
            }
        };
        if !roles.iter().any(|r| changed.contains(r)) {
            return Ok(None);
        }
        let due = reading_ends(self.pack(), now);
        if !tx.add_reader(&edition.id, user, due).await? {
            return Ok(None);
        }
        self.tell_readers(tx, &edition.id, &edition.label, due, now).await?;
        Ok(Some(edition.id))
    }

    async fn roles_changed_by(&self, tx: &mut dyn Tx, edition: &Edition) -> Result<BTreeSet<String>> {
        let Some(before) = &edition.before else { return Ok(BTreeSet::new()) };
        let before = tx.edition(before).await?.ok_or(Error::NotFound)?;
        let before = text_inside(tx, &before).await?.resolve();
        let after = text_inside(tx, edition).await?.resolve();
        // A text that this version cannot read any more changed nothing that could be told.
        Ok(match (before, after) {
            (Ok(before), Ok(after)) => changed_roles(&before.pack, &after.pack),
            _ => BTreeSet::new(),
        })
    }

    /// What an edition changed for this person.
    ///
    /// # Errors
    /// [`Error::NotFound`] when he was not asked to read it.
    pub async fn my_changes(&self, actor: &Actor, id: &EditionId) -> Result<MyChanges> {
        let own = Resource::OwnAccount { user: actor.id().as_str().to_owned() };
        let _allowed = self.permit(actor, Action::ViewHome, &own).await?;
        let reading = self.store().reading(id, actor.id()).await?.ok_or(Error::NotFound)?;
        let edition = self.store().edition(id).await?.ok_or(Error::NotFound)?;
        let after = text_of(self.store(), &edition).await?.resolve().map_err(Error::BrokenText)?.pack;
        let roles = match self.before(&edition).await? {
            Some(before) => policy::role_changes(&before, &after),
            None => Vec::new(),
        };
        Ok(MyChanges {
            edition,
            due_at: reading.due_at,
            confirmed_at: reading.confirmed_at,
            roles: roles.into_iter().filter(|c| actor.holds(&c.role.id)).collect(),
        })
    }

    /// He has read it. Saying so again changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when he was not asked to read it.
    pub async fn confirm_reading(&self, actor: &Actor, id: &EditionId) -> Result<()> {
        let own = Resource::OwnAccount { user: actor.id().as_str().to_owned() };
        let _allowed = self.permit(actor, Action::ConfirmReading, &own).await?;
        let now = self.now();
        let reading = self.store().reading(id, actor.id()).await?.ok_or(Error::NotFound)?;
        if reading.confirmed_at.is_some() {
            return Ok(());
        }
        let edition = self.store().edition(id).await?.ok_or(Error::NotFound)?;
        let roles: Vec<&str> = actor.roles().iter().map(|g| g.role.as_str()).collect();
        let details = json!({ "due_at": reading.due_at, "roles": roles });
        let entry = self.edition_entry(now, Kind::PolicyRead, By::Actor(actor), &edition, details)?;
        let mut tx = self.store().begin().await?;
        if tx.confirm_reading(id, actor.id(), now).await? {
            tx.end_notices_of(&About::new("edition", id.as_str()), actor.id(), now).await?;
            self.commit(tx, vec![entry]).await?;
        }
        Ok(())
    }
}
