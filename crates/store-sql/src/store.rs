//! [`Store`] for both databases: each call is passed to the module of its noun.
//!
//! Owns only how much a call needs of the database: one connection, a snapshot, or the writer.

use app::{
    imports::model::{ImportHead, ImportStep, ImportText},
    model::{
        Absence, ApiToken, DueErasure, EvidenceQuery, EvidenceRow, EvidenceTallies, LedgerHead, NewEvidence,
        Page, PageRequest, PostHolding, SanitiseJob, Section, Session, TransferQuery, TransferRow, User,
    },
    ports::{Store, StoreError, Tx},
};
use async_trait::async_trait;
use workflow::{
    Millis,
    id::{BlobId, EvidenceId, FileId, TransferId, UserId, ZoneId},
    transfer::Transfer,
};

use crate::{SqlStore, access, evidence, imports, jobs, lists, people, transfers, tx::SqlTx};

/// One read on a connection of its own.
macro_rules! read {
    ($self:ident, $($function:ident)::+ ($($value:expr),*)) => {
        $($function)::+(&mut $self.db.reader().await?.conn(), $($value),*).await
    };
}

#[async_trait]
impl Store for SqlStore {
    async fn begin(&self) -> Result<Box<dyn Tx>, StoreError> {
        Ok(Box::new(SqlTx::new(self.db.changes().await?)))
    }

    async fn append(&self, evidence: Vec<NewEvidence>) -> Result<(), StoreError> {
        self.appender.append(evidence).await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        read!(self, people::user(id))
    }

    async fn user_by_login(&self, login: &str) -> Result<Option<User>, StoreError> {
        read!(self, people::user_by_login(login))
    }

    async fn users(&self, text: &str, after: Option<&UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        read!(self, people::users(text, after, limit))
    }

    async fn posts_of(&self, user: &UserId, at: Millis) -> Result<Vec<PostHolding>, StoreError> {
        read!(self, people::posts_of(user, at))
    }

    async fn holders_of(&self, post: &str, unit: Option<&str>, at: Millis) -> Result<Vec<User>, StoreError> {
        read!(self, people::holders_of(post, unit, at))
    }

    async fn sections(&self) -> Result<Vec<Section>, StoreError> {
        read!(self, people::sections())
    }

    async fn absences_of(&self, user: &UserId, after: Millis) -> Result<Vec<Absence>, StoreError> {
        read!(self, people::absences_of(user, after))
    }

    async fn session(&self, secret_hash: &str) -> Result<Option<Session>, StoreError> {
        read!(self, access::session(secret_hash))
    }

    async fn session_person(
        &self,
        secret_hash: &str,
        at: Millis,
    ) -> Result<Option<(Session, User, Vec<PostHolding>)>, StoreError> {
        read!(self, access::session_person(secret_hash, at))
    }

    async fn token(&self, secret_hash: &str) -> Result<Option<ApiToken>, StoreError> {
        read!(self, access::token(secret_hash))
    }

    async fn tokens_of(&self, user: &UserId) -> Result<Vec<ApiToken>, StoreError> {
        read!(self, access::tokens_of(user))
    }

    async fn touch(&self, secret_hash: &str, now: Millis) -> Result<(), StoreError> {
        access::touch(&self.db, secret_hash, now).await
    }

    async fn transfer(&self, id: &TransferId) -> Result<Option<Transfer>, StoreError> {
        // Four statements, one moment.
        transfers::read(&mut self.db.snapshot().await?.conn(), id).await
    }

    async fn transfers(&self, query: &TransferQuery) -> Result<Page<TransferRow>, StoreError> {
        lists::page(&self.db, query).await
    }

    async fn count_transfers(&self, query: &TransferQuery, cap: u32) -> Result<u32, StoreError> {
        lists::count(&self.db, query, cap).await
    }

    async fn reviews_due(&self, user: &UserId, limit: u32) -> Result<Vec<(TransferRow, usize)>, StoreError> {
        read!(self, lists::reviews_due(user, limit))
    }

    async fn overdue(&self, now: Millis, limit: u32) -> Result<Vec<TransferId>, StoreError> {
        read!(self, lists::overdue(now, limit))
    }

    async fn due_erasures(
        &self,
        originals_before: Millis,
        results_before: Millis,
        limit: u32,
    ) -> Result<Vec<DueErasure>, StoreError> {
        read!(self, lists::due_erasures(originals_before, results_before, limit))
    }

    async fn blob_in_use(&self, zone: &ZoneId, blob: &BlobId) -> Result<bool, StoreError> {
        read!(self, lists::blob_in_use(zone, blob))
    }

    async fn import(&self, id: &str) -> Result<Option<ImportHead>, StoreError> {
        read!(self, imports::import(id))
    }

    async fn imports(&self, page: &PageRequest) -> Result<Page<ImportHead>, StoreError> {
        read!(self, imports::page(page))
    }

    async fn import_text(&self, id: &str) -> Result<Option<ImportText>, StoreError> {
        read!(self, imports::text(id))
    }

    async fn import_steps(&self, id: &str, behind: i64) -> Result<Vec<ImportStep>, StoreError> {
        read!(self, imports::steps(id, behind))
    }

    async fn evidence(&self, query: &EvidenceQuery) -> Result<Page<EvidenceRow>, StoreError> {
        read!(self, evidence::page(query))
    }

    async fn evidence_by_id(&self, id: &EvidenceId) -> Result<Option<EvidenceRow>, StoreError> {
        read!(self, evidence::by_id(id))
    }

    async fn evidence_range(&self, first: u64, limit: u32) -> Result<Vec<EvidenceRow>, StoreError> {
        read!(self, evidence::range(first, limit))
    }

    async fn evidence_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        read!(self, evidence::counts())
    }

    async fn evidence_tallies(&self) -> Result<EvidenceTallies, StoreError> {
        read!(self, evidence::tallies())
    }

    async fn due_payloads(&self, now: Millis, limit: u32) -> Result<Vec<EvidenceId>, StoreError> {
        read!(self, evidence::due_payloads(now, limit))
    }

    async fn ledger_head(&self) -> Result<Option<LedgerHead>, StoreError> {
        read!(self, evidence::ledger_head())
    }

    async fn ledger_tiles(&self, wanted: &[(u8, u64)]) -> Result<Vec<((u8, u64), Vec<u8>)>, StoreError> {
        read!(self, evidence::ledger_tiles(wanted))
    }

    async fn unsealed(&self, limit: u32) -> Result<Vec<(EvidenceId, Vec<u8>)>, StoreError> {
        read!(self, evidence::unsealed(limit))
    }

    async fn seal(
        &self,
        expected_size: u64,
        entries: &[EvidenceId],
        tiles: &[((u8, u64), Vec<u8>)],
        head: &LedgerHead,
    ) -> Result<(), StoreError> {
        evidence::seal(&self.db, expected_size, entries, tiles, head).await
    }

    async fn claim_job(&self, now: Millis, lease_until: Millis) -> Result<Option<SanitiseJob>, StoreError> {
        jobs::claim(&self.db, now, lease_until).await
    }

    async fn postpone_job(&self, file: &FileId, until: Millis) -> Result<(), StoreError> {
        jobs::postpone(&self.db, file, until).await
    }

    async fn release_jobs(&self) -> Result<u64, StoreError> {
        jobs::release(&self.db).await
    }
}
