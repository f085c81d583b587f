//! What finding needs from the world: an index of words, and which subjects changed.
//!
//! Owns the contracts, whose comments are binding. Leaves the index to `search` and the numbers of changes to `store-sql`.

use async_trait::async_trait;
use workflow::Millis;

use crate::ports::StoreError;

/// What an index holds of one subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// The word of its kind.
    pub kind: &'static str,
    /// Its id.
    pub subject: String,
    /// Results are in this order, the newest first.
    pub at: Millis,
    /// Among those of one moment, such as the rows of one import, the highest first.
    pub nth: u32,
    /// Exact words: who sees it, and what it is narrowed by.
    pub tokens: Vec<String>,
    /// Texts in which words are looked for; a word never stands across two of them.
    pub texts: Vec<String>,
}

/// A subject as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexChange {
    /// This is what it holds.
    Put(Document),
    /// It is gone: kind and id.
    Remove(&'static str, String),
}

/// Which subjects are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexQuestion {
    /// Of this kind.
    pub kind: &'static str,
    /// With every one of these words, in the normal form of spellings; none of them empty.
    pub words: Vec<String>,
    /// With at least one token of each of these lists.
    pub any: Vec<Vec<String>>,
    /// Without as many of the newest.
    pub skip: usize,
    /// At most so many.
    pub limit: usize,
}

/// What an index knows of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexState {
    /// The database whose changes it holds; empty for a new one.
    pub house: String,
    /// What documents were made of: the form of documents and the version of the policy.
    pub form: String,
    /// The number of the last change that it holds.
    pub seq: i64,
}

/// Why an index did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// There is none.
    #[error("there is no index")]
    Missing,
    /// Its disk is full.
    #[error("the disk of the index is full")]
    Full,
    /// It is damaged: it is to be made anew.
    #[error("the index is damaged: {0}")]
    Damaged(String),
    /// Anything else.
    #[error("the index cannot be used: {0}")]
    Failed(String),
}

/// An index of words on this node. A cache: losing it costs the time to make it anew.
#[async_trait]
pub trait WordIndex: Send + Sync {
    /// What it holds.
    async fn state(&self) -> Result<IndexState, IndexError>;
    /// Writes these changes, and that it holds everything up to `state.seq`: all of it becomes durable together or not at all.
    /// Later questions see it.
    async fn write(&self, changes: Vec<IndexChange>, state: &IndexState) -> Result<(), IndexError>;
    /// The subjects that fit, the newest first, of equal times the one with the highest `nth`. A word fits only where all of its characters
    /// stand side by side.
    async fn find(&self, question: IndexQuestion) -> Result<Vec<String>, IndexError>;
    /// Begins anew with nothing; what was there is moved away when it cannot be read.
    async fn clear(&self) -> Result<(), IndexError>;
}

/// A subject that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectChange {
    /// The word of its kind.
    pub kind: String,
    /// Its id.
    pub subject: String,
    /// The number of its last change.
    pub seq: i64,
}

/// Reading which subjects changed. The store notes them by itself, in the transaction of the change.
#[async_trait]
pub trait ChangeStore: Send + Sync {
    /// The name that this database gave itself once and for all, and the number of the last change.
    async fn change_head(&self) -> Result<(String, i64), StoreError>;
    /// Subjects whose last change is behind this number, by number. No change with a smaller number than one of these becomes
    /// visible later.
    async fn changes_behind(&self, seq: i64, limit: u32) -> Result<Vec<SubjectChange>, StoreError>;
}
