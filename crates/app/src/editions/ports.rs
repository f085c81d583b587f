//! What the use cases about editions need of the store.
//!
//! Owns the contract; its comments are binding. Every list is bound by an index.

use async_trait::async_trait;
use policy::SourceFile;
use workflow::{
    Millis,
    edition::{Edition, Stage},
    id::{EditionId, SectionId, UserId},
};

use crate::{
    model::{Page, PageRequest},
    ports::StoreError,
};

/// Somebody who is to read what changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The edition that changed it.
    pub edition: EditionId,
    /// Until when; `None` where the body set no period.
    pub due_at: Option<Millis>,
    /// When he confirmed that he read it (既読).
    pub confirmed_at: Option<Millis>,
}

/// How many of a section have read what changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionReading {
    /// The section they belonged to when it came into force.
    pub section: SectionId,
    /// Who is to read it.
    pub people: u32,
    /// Who did.
    pub confirmed: u32,
}

/// Reading editions.
#[async_trait]
pub trait EditionStore: Send + Sync {
    /// The edition with this id, without its files.
    async fn edition(&self, id: &EditionId) -> Result<Option<Edition>, StoreError>;
    /// Editions by the time of their proposal, newest first.
    async fn editions(&self, page: &PageRequest) -> Result<Page<Edition>, StoreError>;
    /// The edition at this stage, the newest if there are several.
    async fn edition_at(&self, stage: Stage) -> Result<Option<Edition>, StoreError>;
    /// The edition whose public part was published last.
    async fn edition_published(&self) -> Result<Option<Edition>, StoreError>;
    /// Every file of an edition, by path; none when there is no such edition.
    async fn edition_files(&self, id: &EditionId) -> Result<Vec<SourceFile>, StoreError>;
    /// What this person has not confirmed yet, the oldest first, at most twenty.
    async fn readings_open(&self, user: &UserId) -> Result<Vec<Reading>, StoreError>;
    /// Whether this person is to read what an edition changed, and has.
    async fn reading(&self, edition: &EditionId, user: &UserId) -> Result<Option<Reading>, StoreError>;
    /// How many of each section have, by section.
    async fn reading_rates(&self, edition: &EditionId) -> Result<Vec<SectionReading>, StoreError>;
    /// How many transfers through this channel are under way: neither ended nor only waiting to be taken.
    async fn transfers_under_way(&self, channel: &str) -> Result<u32, StoreError>;
    /// How many requests of this form nobody has decided and nobody gave up.
    async fn requests_under_way(&self, form: &str) -> Result<u32, StoreError>;
    /// The units for which somebody with an open account holds this post at that moment, one for each of at most a
    /// thousand holders; `None` for the whole body.
    async fn post_units(&self, post: &str, at: Millis) -> Result<Vec<Option<String>>, StoreError>;
}

/// Changing editions.
#[async_trait]
pub trait EditionTx: Send {
    /// As [`EditionStore::edition`], inside the transaction.
    async fn edition(&mut self, id: &EditionId) -> Result<Option<Edition>, StoreError>;
    /// As [`EditionStore::edition_at`], inside the transaction.
    async fn edition_at(&mut self, stage: Stage) -> Result<Option<Edition>, StoreError>;
    /// As [`EditionStore::edition_files`], inside the transaction.
    async fn edition_files(&mut self, id: &EditionId) -> Result<Vec<SourceFile>, StoreError>;
    /// Inserts an edition with all its files. One edition is in force and one is on its way:
    /// [`StoreError::Duplicate`]`("edition-in-force")`, `("edition-under-way")`.
    async fn insert_edition(&mut self, edition: &Edition, files: &[SourceFile]) -> Result<(), StoreError>;
    /// Replaces what is known of an edition; its files never change. [`StoreError::Conflict`] unless the stored version is
    /// `edition.version`, which is raised. Duplicates as [`EditionTx::insert_edition`]: whoever takes a place leaves it
    /// first.
    async fn update_edition(&mut self, edition: &Edition) -> Result<(), StoreError>;
    /// Notes that everybody with an open account who holds this post at that moment is to read what the edition changed;
    /// who is noted already stays as he is. How many came.
    async fn add_readers(
        &mut self,
        edition: &EditionId,
        post: &str,
        now: Millis,
        due_at: Option<Millis>,
    ) -> Result<u64, StoreError>;
    /// Notes that this person is to read what the edition changed; false when he is noted already.
    async fn add_reader(
        &mut self,
        edition: &EditionId,
        user: &UserId,
        due_at: Option<Millis>,
    ) -> Result<bool, StoreError>;
    /// Notes that this person read it; false when he was not asked to, or did before.
    async fn confirm_reading(
        &mut self,
        edition: &EditionId,
        user: &UserId,
        at: Millis,
    ) -> Result<bool, StoreError>;
}
