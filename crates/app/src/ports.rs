//! What the use cases need from the world: traits that the edges implement.
//!
//! Owns the contracts of storage, blobs, the cell, the clock, randomness and secrets; their comments are binding.
//! Leaves the implementations to `store-sql`, `store-blob`, `worker-client` and the binaries.

use async_trait::async_trait;
use tokio::io::AsyncRead;
use worker_protocol::{Job, Preview, Report};
use workflow::{
    Millis,
    id::{BlobId, EvidenceId, FileId, TokenId, TransferId, UserId, ZoneId},
    transfer::Transfer,
};

use crate::duties::store::{DutyStore, DutyTx};
use crate::editions::{EditionStore, EditionTx};
use crate::finding::ports::ChangeStore;
use crate::home::HomeStore;
use crate::notices::store::{NoticeStore, NoticeTx};
use crate::records::store::{RecordStore, RecordTx};
use crate::registers::store::{RegisterStore, RegisterTx};
use crate::requests::store::{RequestStore, RequestTx};
use crate::rosters::store::{RosterStore, RosterTx};
use crate::training::store::{TrainingStore, TrainingTx};

use crate::imports::model::{ImportHead, ImportStep, ImportText};
use crate::model::{
    Absence, ApiToken, DueErasure, EvidenceQuery, EvidenceRow, EvidenceTallies, LedgerHead, NewEvidence,
    Page, PageRequest, PostHolding, SanitiseJob, Section, Session, TransferQuery, TransferRow, User,
};

/// The time of day.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Millis;
}

/// Randomness and identity.
pub trait Entropy: Send + Sync {
    /// Fills the buffer from the operating system's generator.
    fn fill(&self, buffer: &mut [u8]);
    /// A new UUIDv7 text for that moment; later ones sort after earlier ones.
    fn id(&self, now: Millis) -> String;
}

/// Seals small secrets that must be kept, such as the secret of a second factor.
pub trait Vault: Send + Sync {
    /// Encrypts and authenticates, bound to `context`.
    ///
    /// # Errors
    /// [`VaultError`] when the secret is too large.
    fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, VaultError>;
    /// Undoes [`Vault::seal`] with the same context.
    ///
    /// # Errors
    /// [`VaultError`] when it was not sealed here for this context, or was changed.
    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError>;
}

/// A secret could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret cannot be sealed or opened with this key")]
pub struct VaultError;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer was faster: read again and decide again.
    #[error("changed by someone else meanwhile")]
    Conflict,
    /// Something unique exists already; the word says what (`login`, `submission`, `number`).
    #[error("`{0}` exists already")]
    Duplicate(&'static str),
    /// The database cannot be reached or has no room; the same call may succeed later.
    #[error("the database cannot be used now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored cannot be understood: a bug or tampering.
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
}

/// Everything the use cases keep. Reads take a snapshot each; writes go through [`Tx`].
///
/// Every list is bound by an index; none reads a whole table.
#[async_trait]
pub trait Store:
    ChangeStore
    + DutyStore
    + EditionStore
    + HomeStore
    + NoticeStore
    + RecordStore
    + RegisterStore
    + RequestStore
    + RosterStore
    + TrainingStore
    + Send
    + Sync
{
    /// Opens a transaction that sees its own writes. Dropping it undoes everything.
    async fn begin(&self) -> Result<Box<dyn Tx>, StoreError>;

    /// Writes evidence that belongs to no other state. Calls that arrive together share one commit (group
    /// commit); returns when it is durable.
    async fn append(&self, evidence: Vec<NewEvidence>) -> Result<(), StoreError>;

    /// The person with this id.
    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError>;
    /// The person with this login.
    async fn user_by_login(&self, login: &str) -> Result<Option<User>, StoreError>;
    /// People by section then kana; `text` filters by a part of name, kana or login. `after` is the last id of the
    /// page before.
    async fn users(&self, text: &str, after: Option<&UserId>, limit: u32) -> Result<Vec<User>, StoreError>;
    /// The posts this person holds at that moment.
    async fn posts_of(&self, user: &UserId, at: Millis) -> Result<Vec<PostHolding>, StoreError>;
    /// The people who hold this post for this unit at that moment.
    async fn holders_of(&self, post: &str, unit: Option<&str>, at: Millis) -> Result<Vec<User>, StoreError>;
    /// The sections, by id.
    async fn sections(&self) -> Result<Vec<Section>, StoreError>;
    /// Absences of this person that end after that moment.
    async fn absences_of(&self, user: &UserId, after: Millis) -> Result<Vec<Absence>, StoreError>;

    /// The session with this hash.
    async fn session(&self, secret_hash: &str) -> Result<Option<Session>, StoreError>;
    /// The same with whom it belongs to and the posts that he holds at that moment, in one step: asked for every page.
    async fn session_person(
        &self,
        secret_hash: &str,
        at: Millis,
    ) -> Result<Option<(Session, User, Vec<PostHolding>)>, StoreError>;
    /// The token with this hash.
    async fn token(&self, secret_hash: &str) -> Result<Option<ApiToken>, StoreError>;
    /// The tokens of this person, newest first.
    async fn tokens_of(&self, user: &UserId) -> Result<Vec<ApiToken>, StoreError>;
    /// Notes that a session or token was used; not evidence, at most once a minute each.
    async fn touch(&self, secret_hash: &str, now: Millis) -> Result<(), StoreError>;

    /// A transfer with its files and decisions.
    async fn transfer(&self, id: &TransferId) -> Result<Option<Transfer>, StoreError>;
    /// A list of transfers.
    async fn transfers(&self, query: &TransferQuery) -> Result<Page<TransferRow>, StoreError>;
    /// How many transfers the query's view and states hold, counted up to `cap`.
    async fn count_transfers(&self, query: &TransferQuery, cap: u32) -> Result<u32, StoreError>;
    /// Decisions by deputies that wait for this person's review (後閲): transfer and index of the decision.
    async fn reviews_due(&self, user: &UserId, limit: u32) -> Result<Vec<(TransferRow, usize)>, StoreError>;
    /// Transfers whose reminder or end is due.
    async fn overdue(&self, now: Millis, limit: u32) -> Result<Vec<TransferId>, StoreError>;
    /// Transfers whose files' retention is over: originals of transfers that ended, or ended waiting, before
    /// `originals_before`; clean files of those whose end came before `results_before`.
    async fn due_erasures(
        &self,
        originals_before: Millis,
        results_before: Millis,
        limit: u32,
    ) -> Result<Vec<DueErasure>, StoreError>;
    /// Whether anything still refers to this blob: a file's original, clean bytes or preview, a file of a course, or an attachment
    /// of a request or of a report.
    async fn blob_in_use(&self, zone: &ZoneId, blob: &BlobId) -> Result<bool, StoreError>;

    /// The head of an import.
    async fn import(&self, id: &str) -> Result<Option<ImportHead>, StoreError>;
    /// Imports that were not given up, the newest first.
    async fn imports(&self, page: &PageRequest) -> Result<Page<ImportHead>, StoreError>;
    /// The text of an import and what was read in it; `None` once it was given up.
    async fn import_text(&self, id: &str) -> Result<Option<ImportText>, StoreError>;
    /// Every step of its review behind this version, in their order.
    async fn import_steps(&self, id: &str, behind: i64) -> Result<Vec<ImportStep>, StoreError>;

    /// A list of evidence.
    async fn evidence(&self, query: &EvidenceQuery) -> Result<Page<EvidenceRow>, StoreError>;
    /// One entry.
    async fn evidence_by_id(&self, id: &EvidenceId) -> Result<Option<EvidenceRow>, StoreError>;
    /// Entries by index, from `first`, in order.
    async fn evidence_range(&self, first: u64, limit: u32) -> Result<Vec<EvidenceRow>, StoreError>;
    /// How many entries each statement has.
    async fn evidence_counts(&self) -> Result<Vec<(String, u64)>, StoreError>;
    /// How many entries each statement and each kind has, sealed or waiting, and the newest of each: the last by time,
    /// of equal times the last by id. What has none is left out. Costs a step for each statement and kind, however many
    /// entries there are.
    async fn evidence_tallies(&self) -> Result<EvidenceTallies, StoreError>;
    /// Ids of entries whose payload's retention is over.
    async fn due_payloads(&self, now: Millis, limit: u32) -> Result<Vec<EvidenceId>, StoreError>;
    /// The head of the ledger; `None` before the first seal.
    async fn ledger_head(&self) -> Result<Option<LedgerHead>, StoreError>;
    /// Stored hash tiles: (level, index) → `width * 32` bytes. Missing ones are left out.
    async fn ledger_tiles(&self, wanted: &[(u8, u64)]) -> Result<Vec<((u8, u64), Vec<u8>)>, StoreError>;
    /// Entries that are written and not yet sealed, oldest first: id and leaf.
    async fn unsealed(&self, limit: u32) -> Result<Vec<(EvidenceId, Vec<u8>)>, StoreError>;
    /// Seals entries: gives them the indices `expected_size..`, stores the changed tiles and the new checkpoint, in
    /// one transaction.
    ///
    /// Fails with [`StoreError::Conflict`] when the ledger's size is not `expected_size`: one writer wins.
    async fn seal(
        &self,
        expected_size: u64,
        entries: &[EvidenceId],
        tiles: &[((u8, u64), Vec<u8>)],
        head: &LedgerHead,
    ) -> Result<(), StoreError>;

    /// Takes a file from the queue that nobody holds, until `lease_until`. Two callers never get the same.
    async fn claim_job(&self, now: Millis, lease_until: Millis) -> Result<Option<SanitiseJob>, StoreError>;
    /// Gives a claimed file back until `until`; the time it was taken does not count among its attempts. A file that
    /// is not in the queue stays out of it.
    async fn postpone_job(&self, file: &FileId, until: Millis) -> Result<(), StoreError>;
    /// Ends every lease, and says how many there were: for a process that knows that it is the only one, so that
    /// what a crash left behind need not wait for its lease to run out.
    async fn release_jobs(&self) -> Result<u64, StoreError>;
}

/// A transaction. State and the evidence for it become durable together or not at all.
#[async_trait]
pub trait Tx:
    DutyTx + EditionTx + NoticeTx + RecordTx + RegisterTx + RequestTx + TrainingTx + RosterTx + Send
{
    /// As [`Store::user`], inside the transaction.
    async fn user(&mut self, id: &UserId) -> Result<Option<User>, StoreError>;
    /// Inserts a person.
    async fn insert_user(&mut self, user: &User) -> Result<(), StoreError>;
    /// Replaces a person; [`StoreError::Conflict`] unless the stored version is `user.version`, which is raised.
    async fn update_user(&mut self, user: &User) -> Result<(), StoreError>;
    /// Inserts or renames sections.
    async fn put_sections(&mut self, sections: &[Section]) -> Result<(), StoreError>;
    /// Gives a post.
    async fn insert_post(&mut self, holding: &PostHolding) -> Result<(), StoreError>;
    /// Ends a holding.
    async fn end_post(&mut self, holding: &PostHolding, until: Millis) -> Result<(), StoreError>;
    /// Inserts an absence.
    async fn insert_absence(&mut self, absence: &Absence) -> Result<(), StoreError>;
    /// Ends an absence early.
    async fn end_absence(&mut self, id: &str, user: &UserId, until: Millis) -> Result<(), StoreError>;
    /// Inserts a session.
    async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError>;
    /// Removes a session.
    async fn remove_session(&mut self, secret_hash: &str) -> Result<(), StoreError>;
    /// Removes every session of a person.
    async fn remove_sessions_of(&mut self, user: &UserId) -> Result<(), StoreError>;
    /// Inserts a token.
    async fn insert_token(&mut self, token: &ApiToken) -> Result<(), StoreError>;
    /// Takes a token back.
    async fn revoke_token(&mut self, id: &TokenId, user: &UserId, at: Millis) -> Result<(), StoreError>;

    /// The next transfer number.
    async fn next_number(&mut self) -> Result<i64, StoreError>;
    /// The transfer that was made from this submission key, if one was.
    async fn transfer_of_submission(&mut self, key: &str) -> Result<Option<TransferId>, StoreError>;
    /// Inserts a transfer. `submission` makes a repeated submission recognisable:
    /// [`StoreError::Duplicate`]`("submission")`.
    async fn insert_transfer(&mut self, transfer: &Transfer, submission: &str) -> Result<(), StoreError>;
    /// A transfer as it is now, to be changed: nobody else changes it before this transaction ends.
    async fn transfer(&mut self, id: &TransferId) -> Result<Option<Transfer>, StoreError>;
    /// Replaces a transfer with its files, recipients and decisions; [`StoreError::Conflict`] unless the stored
    /// version is `transfer.version`, which is raised.
    async fn update_transfer(&mut self, transfer: &Transfer) -> Result<(), StoreError>;
    /// Puts a file into the cell's queue (again).
    async fn enqueue(&mut self, job: &SanitiseJob, now: Millis) -> Result<(), StoreError>;
    /// Takes a file out of the queue.
    async fn dequeue(&mut self, file: &FileId) -> Result<(), StoreError>;
    /// Inserts an import with its text.
    async fn insert_import(&mut self, head: &ImportHead, text: &ImportText) -> Result<(), StoreError>;
    /// Replaces what may change of an import; [`StoreError::Conflict`] unless the stored version is `head.version`, which
    /// is raised.
    async fn update_import(&mut self, head: &ImportHead) -> Result<(), StoreError>;
    /// Adds a step to its review.
    async fn insert_import_step(&mut self, step: &ImportStep) -> Result<(), StoreError>;
    /// Erases its text and what was read in it.
    async fn erase_import_text(&mut self, id: &str) -> Result<(), StoreError>;
    /// Erases the payload and salt of an entry; its leaf stays.
    async fn erase_payload(&mut self, id: &EvidenceId, at: Millis) -> Result<(), StoreError>;

    /// Writes the evidence and ends the transaction. There is no other way to end it, so no state changes without
    /// evidence; an empty list is refused with [`StoreError::Corrupt`]. Whose notices are others now, each once: only what is
    /// written may be told to open screens, and no use case can forget it.
    async fn commit(self: Box<Self>, evidence: Vec<NewEvidence>) -> Result<Vec<UserId>, StoreError>;
}

/// Why the blob store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no such blob.
    #[error("no such blob")]
    Missing,
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The bytes are not what was written: damaged or tampered with.
    #[error("the stored bytes are damaged")]
    Damaged,
    /// Anything else of the disk.
    #[error("the disk failed")]
    Io(#[source] std::io::Error),
}

/// A finished blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its address.
    pub id: BlobId,
    /// SHA-256 of the plain bytes, lower-case hex.
    pub sha256: String,
    /// Number of plain bytes.
    pub bytes: u64,
}

/// Bytes at rest, encrypted with the zone's key, addressed by their content.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Starts a blob. Dropping the writer leaves nothing behind.
    async fn create(&self, zone: &ZoneId) -> Result<Box<dyn BlobWriter>, BlobError>;
    /// Opens a blob for reading from its beginning. A damaged blob ends with an error, never with wrong bytes
    /// followed by a clean end.
    async fn open(&self, zone: &ZoneId, id: &BlobId) -> Result<Box<dyn AsyncRead + Send + Unpin>, BlobError>;
    /// The blobs of a zone whose address begins with this byte, with the moment each was last finished: a later
    /// writer of the same bytes makes a blob young again. For finding blobs that nothing refers to; a zone is listed
    /// in 256 parts, so that no list is long.
    async fn list(&self, zone: &ZoneId, shard: u8) -> Result<Vec<(BlobId, Millis)>, BlobError>;
    /// Erases a blob. Erasing what is not there succeeds.
    async fn erase(&self, zone: &ZoneId, id: &BlobId) -> Result<(), BlobError>;
}

/// A blob being written.
#[async_trait]
pub trait BlobWriter: Send {
    /// Adds bytes.
    async fn write(&mut self, chunk: &[u8]) -> Result<(), BlobError>;
    /// Ends it. When this returns, the blob survives a power cut.
    async fn finish(self: Box<Self>) -> Result<BlobInfo, BlobError>;
}

/// How far a cell has come, for the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Parts in a thousand.
    pub permille: u16,
}

/// What a cell gave back besides the clean bytes, which went to the sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sanitised {
    /// The report.
    pub report: Report,
    /// Whether clean bytes were written to the sink, to their end.
    pub clean_complete: bool,
    /// What the approver sees.
    pub preview: Option<Preview>,
    /// PNG pages of the preview.
    pub preview_pages: Vec<Vec<u8>>,
}

/// Why no cell could be asked at all. A cell that fails on the file is not this: it is a report.
#[derive(Debug, thiserror::Error)]
pub enum SanitiseError {
    /// The worker could not be started.
    #[error("the sanitiser cannot be started")]
    Start(#[source] std::io::Error),
    /// The original could not be read.
    #[error("the original cannot be read")]
    Source(#[source] std::io::Error),
    /// The clean bytes could not be stored.
    #[error("the clean bytes cannot be stored")]
    Sink(#[source] BlobError),
}

/// The cell: bytes in, clean bytes and a report out.
#[async_trait]
pub trait Sanitiser: Send + Sync {
    /// Sanitises one file. Dropping the future ends the cell. Time, memory and protocol failures of the cell come
    /// back as a report with [`worker_protocol::Verdict::Held`].
    async fn sanitise(
        &self,
        job: Job,
        untrusted: Box<dyn AsyncRead + Send + Unpin>,
        clean: &mut dyn BlobWriter,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Sanitised, SanitiseError>;
}

/// Unused page requests start here.
impl Default for PageRequest {
    fn default() -> Self {
        Self { after: None, limit: 50 }
    }
}
