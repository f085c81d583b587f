//! The transaction behind [`app::ports::Tx`].
//!
//! Owns its one end, [`Tx::commit`] with evidence, and the rule that a transaction in which a call failed can only be
//! dropped: PostgreSQL demands it, and on SQLite half of a change must not become durable either.

use std::collections::{BTreeSet, HashMap};

use app::{
    imports::model::{ImportHead, ImportStep, ImportText},
    model::{Absence, ApiToken, NewEvidence, PostHolding, SanitiseJob, Section, Session, User},
    ports::{StoreError, Tx},
};
use async_trait::async_trait;
use workflow::{
    Millis,
    id::{EvidenceId, FileId, TokenId, TransferId, UserId},
    transfer::Transfer,
};

use crate::{
    access,
    changes::{self, Touched},
    db::{Changes, Conn},
    evidence, imports, jobs, people, transfers,
};

/// An open transaction.
pub(crate) struct SqlTx {
    pub(crate) changes: Changes,
    /// Transfers as they are stored now, of those that were read for change or written here. Nobody else can change
    /// them before the end, so an update can tell which rows differ without reading them again.
    known: HashMap<TransferId, Transfer>,
    /// What changed besides the subjects that the evidence will name: many at once, or a part of something.
    pub(crate) touched: Touched,
    /// Whose notices were changed here.
    pub(crate) noticed: BTreeSet<UserId>,
    /// Whether a call failed.
    pub(crate) broken: bool,
}

impl SqlTx {
    pub(crate) fn new(changes: Changes) -> Self {
        Self {
            changes,
            known: HashMap::new(),
            touched: Touched::new(),
            noticed: BTreeSet::new(),
            broken: false,
        }
    }

    pub(crate) fn conn(&mut self) -> Conn<'_> {
        self.changes.conn()
    }

    async fn read_transfer(&mut self, id: &TransferId) -> Result<Option<Transfer>, StoreError> {
        if let Some(known) = self.known.get(id) {
            return Ok(Some(known.clone()));
        }
        let found = transfers::read_to_change(&mut self.changes.conn(), id).await?;
        if let Some(transfer) = &found {
            self.known.insert(id.clone(), transfer.clone());
        }
        Ok(found)
    }

    async fn write_transfer(&mut self, transfer: &Transfer) -> Result<(), StoreError> {
        let before = self.read_transfer(&transfer.id).await?.ok_or(StoreError::Conflict)?;
        if before.version != transfer.version {
            return Err(StoreError::Conflict);
        }
        transfers::update(&mut self.changes.conn(), &before, transfer).await?;
        let mut after = transfer.clone();
        after.version += 1;
        self.known.insert(transfer.id.clone(), after);
        Ok(())
    }
}

pub(crate) fn broken() -> StoreError {
    StoreError::Corrupt("a call of this transaction failed before: begin again".to_owned())
}

/// Runs one call, unless one has failed before.
macro_rules! step {
    ($self:ident, $call:expr) => {{
        if $self.broken {
            return Err($crate::tx::broken());
        }
        // Broken until it is known to have succeeded: a call that is given up halfway counts as failed.
        $self.broken = true;
        let result = $call.await;
        $self.broken = result.is_err();
        result
    }};
}
pub(crate) use step;

#[async_trait]
impl Tx for SqlTx {
    async fn user(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        step!(self, people::user(&mut self.changes.conn(), id))
    }

    async fn insert_user(&mut self, user: &User) -> Result<(), StoreError> {
        self.touched.insert(("user".to_owned(), user.id.as_str().to_owned()));
        step!(self, people::insert_user(&mut self.changes.conn(), user))
    }

    async fn update_user(&mut self, user: &User) -> Result<(), StoreError> {
        self.touched.insert(("user".to_owned(), user.id.as_str().to_owned()));
        // What shows his name is found by the new one.
        let renamed = step!(self, changes::renamed(&mut self.changes.conn(), user))?;
        self.touched.extend(renamed);
        step!(self, people::update_user(&mut self.changes.conn(), user))
    }

    async fn put_sections(&mut self, sections: &[Section]) -> Result<(), StoreError> {
        step!(self, people::put_sections(&mut self.changes.conn(), sections))
    }

    async fn insert_post(&mut self, holding: &PostHolding) -> Result<(), StoreError> {
        self.touched.insert(("user".to_owned(), holding.user.as_str().to_owned()));
        step!(self, people::insert_post(&mut self.changes.conn(), holding))
    }

    async fn end_post(&mut self, holding: &PostHolding, until: Millis) -> Result<(), StoreError> {
        self.touched.insert(("user".to_owned(), holding.user.as_str().to_owned()));
        step!(self, people::end_post(&mut self.changes.conn(), holding, until))
    }

    async fn insert_absence(&mut self, absence: &Absence) -> Result<(), StoreError> {
        step!(self, people::insert_absence(&mut self.changes.conn(), absence))
    }

    async fn end_absence(&mut self, id: &str, user: &UserId, until: Millis) -> Result<(), StoreError> {
        step!(self, people::end_absence(&mut self.changes.conn(), id, user, until))
    }

    async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError> {
        step!(self, access::insert_session(&mut self.changes.conn(), session))
    }

    async fn remove_session(&mut self, secret_hash: &str) -> Result<(), StoreError> {
        step!(self, access::remove_session(&mut self.changes.conn(), secret_hash))
    }

    async fn remove_sessions_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        step!(self, access::remove_sessions_of(&mut self.changes.conn(), user))
    }

    async fn insert_token(&mut self, token: &ApiToken) -> Result<(), StoreError> {
        step!(self, access::insert_token(&mut self.changes.conn(), token))
    }

    async fn revoke_token(&mut self, id: &TokenId, user: &UserId, at: Millis) -> Result<(), StoreError> {
        step!(self, access::revoke_token(&mut self.changes.conn(), id, user, at))
    }

    async fn next_number(&mut self) -> Result<i64, StoreError> {
        step!(self, transfers::next_number(&mut self.changes.conn()))
    }

    async fn transfer_of_submission(&mut self, key: &str) -> Result<Option<TransferId>, StoreError> {
        step!(self, transfers::of_submission(&mut self.changes.conn(), key))
    }

    async fn insert_transfer(&mut self, transfer: &Transfer, submission: &str) -> Result<(), StoreError> {
        self.touched.insert(("transfer".to_owned(), transfer.id.as_str().to_owned()));
        step!(self, transfers::insert(&mut self.changes.conn(), &[(transfer, submission)]))?;
        self.known.insert(transfer.id.clone(), transfer.clone());
        Ok(())
    }

    async fn transfer(&mut self, id: &TransferId) -> Result<Option<Transfer>, StoreError> {
        step!(self, self.read_transfer(id))
    }

    async fn update_transfer(&mut self, transfer: &Transfer) -> Result<(), StoreError> {
        self.touched.insert(("transfer".to_owned(), transfer.id.as_str().to_owned()));
        step!(self, self.write_transfer(transfer))
    }

    async fn enqueue(&mut self, job: &SanitiseJob, now: Millis) -> Result<(), StoreError> {
        step!(self, jobs::enqueue(&mut self.changes.conn(), job, now))
    }

    async fn dequeue(&mut self, file: &FileId) -> Result<(), StoreError> {
        step!(self, jobs::dequeue(&mut self.changes.conn(), file))
    }

    async fn insert_import(&mut self, head: &ImportHead, text: &ImportText) -> Result<(), StoreError> {
        step!(self, imports::insert(&mut self.changes.conn(), head, text))
    }

    async fn update_import(&mut self, head: &ImportHead) -> Result<(), StoreError> {
        step!(self, imports::update(&mut self.changes.conn(), head))
    }

    async fn insert_import_step(&mut self, made: &ImportStep) -> Result<(), StoreError> {
        step!(self, imports::insert_step(&mut self.changes.conn(), made))
    }

    async fn erase_import_text(&mut self, id: &str) -> Result<(), StoreError> {
        step!(self, imports::erase_text(&mut self.changes.conn(), id))
    }

    async fn erase_payload(&mut self, id: &EvidenceId, at: Millis) -> Result<(), StoreError> {
        step!(self, evidence::erase_payload(&mut self.changes.conn(), id, at))
    }

    async fn commit(mut self: Box<Self>, evidence: Vec<NewEvidence>) -> Result<Vec<UserId>, StoreError> {
        if evidence.is_empty() {
            return Err(StoreError::Corrupt("a change without evidence was refused".to_owned()));
        }
        step!(self, evidence::insert(&mut self.changes.conn(), &evidence, None))?;
        // The one place where a change of state becomes a change for the indexes of words.
        changes::touch(&mut self.touched, &evidence);
        let touched = std::mem::take(&mut self.touched);
        step!(self, changes::note(&mut self.changes.conn(), &touched))?;
        self.changes.commit().await?;
        Ok(self.noticed.into_iter().collect())
    }
}
