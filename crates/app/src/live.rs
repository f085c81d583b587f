//! What is happening right now, for screens that are open.
//!
//! Owns a broadcast of notices inside this process. Notices are hints to look again, never the truth itself: one
//! that is lost costs a delay, nothing else.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::broadcast;
use workflow::id::{FileId, TransferId, UserId};

/// A hint that something about a transfer changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which transfer.
    pub transfer: TransferId,
    /// What.
    pub what: Change,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Its state, files or decisions.
    State,
    /// A cell came further with a file.
    Progress {
        /// Which file.
        file: FileId,
        /// Parts in a thousand.
        permille: u16,
    },
}

/// The broadcast, and the last progress of each file that is in a cell.
#[derive(Debug)]
pub struct Live {
    sender: broadcast::Sender<Notice>,
    /// Whose notices (お知らせ) changed.
    told: broadcast::Sender<UserId>,
    // Held for the time of one map operation, never across an await.
    progress: Mutex<HashMap<FileId, u16>>,
}

/// Notices kept for a slow reader; one that falls further behind is told to look again.
const BACKLOG: usize = 1_024;

impl Default for Live {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(BACKLOG).0,
            told: broadcast::channel(BACKLOG).0,
            progress: Mutex::default(),
        }
    }
}

impl Live {
    /// Listens from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.sender.subscribe()
    }

    /// Listens from now on for whose notices (お知らせ) change.
    #[must_use]
    pub fn subscribe_told(&self) -> broadcast::Receiver<UserId> {
        self.told.subscribe()
    }

    /// Says that a person's notices (お知らせ) changed.
    pub fn told(&self, person: &UserId) {
        let _ = self.told.send(person.clone());
    }

    /// Says that a transfer changed.
    pub fn changed(&self, transfer: &TransferId) {
        // Nobody listening is the normal case.
        let _ = self.sender.send(Notice { transfer: transfer.clone(), what: Change::State });
    }

    /// Says how far a cell has come.
    pub fn progress(&self, transfer: &TransferId, file: &FileId, permille: u16) {
        self.lock().insert(file.clone(), permille);
        let what = Change::Progress { file: file.clone(), permille };
        let _ = self.sender.send(Notice { transfer: transfer.clone(), what });
    }

    /// Forgets a file that left its cell.
    pub fn done(&self, file: &FileId) {
        self.lock().remove(file);
    }

    /// How far a file has come, if a cell of this process has it.
    #[must_use]
    pub fn progress_of(&self, file: &FileId) -> Option<u16> {
        self.lock().get(file).copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<FileId, u16>> {
        // A panic while holding it cannot leave the map half changed.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
