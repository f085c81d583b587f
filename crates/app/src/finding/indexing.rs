//! Keeping the index of this node up to date.
//!
//! Owns the task that reads changes from the store and writes documents, in bounded batches, and what is known of the index's
//! health. An index of another database, of another form, or ahead of a database that was restored, is made anew.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use super::{
    FoundKind,
    ports::{IndexChange, IndexError, IndexState, WordIndex},
};
use crate::{App, error::Result};

/// Changes in one batch.
const BATCH: u32 = 1_000;
/// Between two looks for changes: how late a change is found.
const PAUSE: Duration = Duration::from_secs(1);
/// After a failure.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);
/// Raised when documents are made in another way, so that old indexes are made anew.
const FORM: &str = "2";

/// How the index of this node is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum IndexHealth {
    /// This process keeps none.
    #[default]
    None,
    /// It is being made: not everything is found yet. How many numbers of changes it is behind.
    Behind(i64),
    /// It holds everything but the last moments.
    Ready,
    /// Its disk is full.
    Full,
    /// It cannot be used.
    Failed,
}

/// The index that a house was given, and how it is.
#[derive(Default)]
pub(crate) struct Words {
    index: OnceLock<Arc<dyn WordIndex>>,
    health: Mutex<IndexHealth>,
}

/// Fewer changes behind than these count as none: they come with the next look.
const NEARLY: i64 = 1_000;

impl App {
    /// Gives the house the index of this node, once, before [`App::run_indexing`].
    pub fn use_words(&self, index: Arc<dyn WordIndex>) {
        if self.house.words.index.set(index).is_ok() {
            self.set_index_health(IndexHealth::Behind(0));
        }
    }

    pub(crate) fn words(&self) -> Option<&Arc<dyn WordIndex>> {
        self.house.words.index.get()
    }

    /// How the index of this node is.
    #[must_use]
    pub fn index_health(&self) -> IndexHealth {
        self.house.words.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_index_health(&self, health: IndexHealth) {
        *self.house.words.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }

    /// Notes what is wrong with the index, and begins it anew when it is damaged. A disk that damages it again is met with the
    /// long pause between rounds.
    pub(super) async fn mend_index(&self, error: &IndexError) {
        self.note_index_error(error);
        if let (IndexError::Damaged(_), Some(index)) = (error, self.words()) {
            tracing::warn!("the index of words is made anew");
            if let Err(error) = index.clear().await {
                self.note_index_error(&error);
            }
        }
    }

    fn note_index_error(&self, error: &IndexError) {
        let health = match error {
            IndexError::Missing => IndexHealth::None,
            IndexError::Full => IndexHealth::Full,
            IndexError::Damaged(_) | IndexError::Failed(_) => IndexHealth::Failed,
        };
        if health != self.index_health() {
            tracing::warn!(%error, "searching by words is not possible now; nothing else depends on it");
            self.set_index_health(health);
        }
    }

    /// Keeps the index up to date until `stop` resolves. Without an index it only waits.
    pub async fn run_indexing(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            let pause = match self.current().index_changes().await {
                Ok(true) => Duration::ZERO,
                Ok(false) => match self.index_health() {
                    IndexHealth::Full | IndexHealth::Failed => PAUSE_AFTER_FAILURE,
                    IndexHealth::None | IndexHealth::Behind(_) | IndexHealth::Ready => PAUSE,
                },
                Err(error) => {
                    tracing::warn!(%error, "the index of words could not be kept up to date; trying again");
                    PAUSE_AFTER_FAILURE
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Writes one batch of changes. Whether there may be more.
    ///
    /// # Errors
    /// Of the store. Troubles of the index are noted in its health: the next round tries again.
    pub async fn index_changes(&self) -> Result<bool> {
        let Some(index) = self.words() else { return Ok(false) };
        match self.index_batch(index.as_ref()).await? {
            Ok(more) => Ok(more),
            Err(error) => {
                self.mend_index(&error).await;
                Ok(false)
            }
        }
    }

    /// The outer error is the store's, the inner one the index's.
    async fn index_batch(&self, index: &dyn WordIndex) -> Result<std::result::Result<bool, IndexError>> {
        let (house, last) = self.store().change_head().await?;
        let form = format!("{FORM} {}", self.pack().version());
        let state = match index.state().await {
            Ok(state) => state,
            Err(error) => return Ok(Err(error)),
        };
        let known = IndexState { house, form, seq: state.seq };
        if state.house != known.house || state.form != known.form || state.seq > last {
            if !state.house.is_empty() {
                tracing::info!(
                    held = state.seq,
                    last,
                    "the index of words is not of this database as it is now"
                );
            }
            if let Err(error) = index.clear().await {
                return Ok(Err(error));
            }
            return Ok(index.write(Vec::new(), &IndexState { seq: 0, ..known }).await.map(|()| true));
        }
        if state.seq == last {
            self.set_index_health(IndexHealth::Ready);
            return Ok(Ok(false));
        }
        let changes = self.store().changes_behind(state.seq, BATCH).await?;
        let Some(seq) = changes.last().map(|c| c.seq) else { return Ok(Ok(false)) };
        let mut documents = Vec::with_capacity(changes.len());
        for change in changes {
            // A kind that this version does not know is one of a newer version.
            let Some(kind) = FoundKind::from_subject_kind(&change.kind) else { continue };
            documents.push(match self.document(kind, &change.subject).await? {
                Some(document) => IndexChange::Put(document),
                None => IndexChange::Remove(kind.subject_kind(), change.subject),
            });
        }
        let written = index.write(documents, &IndexState { seq, ..known }).await;
        if written.is_ok() {
            let behind = last.saturating_sub(seq);
            let ready = behind < NEARLY && self.index_health() == IndexHealth::Ready || behind == 0;
            self.set_index_health(if ready { IndexHealth::Ready } else { IndexHealth::Behind(behind) });
        }
        Ok(written.map(|()| true))
    }
}
