//! What is kept of an imported text: its head, its source with what was read in it, and the steps of its review.
//!
//! Owns the shapes only. The state of a review is never stored: it is what was read, with the steps made again in order.

use policy::import::Correction;
use serde::{Deserialize, Serialize};
use workflow::{Millis, id::UserId};

use super::ImportRefusal;
use crate::error::{Error, Result};

/// How far a review is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImportState {
    /// Under review.
    Open,
    /// Every statement was decided and somebody stands by the whole.
    Confirmed,
    /// Given up; its text is erased.
    Discarded,
}

impl ImportState {
    /// Every state with its word.
    pub const WORDS: &'static [(&'static str, ImportState)] =
        &[("open", Self::Open), ("confirmed", Self::Confirmed), ("discarded", Self::Discarded)];

    /// Its word.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Discarded => "discarded",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(word, _)| *word == id).map(|(_, state)| *state)
    }
}

/// What a list shows of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportHead {
    /// Id: UUIDv7 text.
    pub id: String,
    /// The name of the layer that it becomes.
    pub layer: String,
    /// The text's own title, or the file's name.
    pub title: String,
    /// Name of the file, to be shown only.
    pub file: String,
    /// SHA-256 of the file, lower-case hex.
    pub file_sha256: String,
    /// How it was read: an encoding or a kind of document.
    pub read_as: String,
    /// Characters that were lost before the text came here.
    pub damaged: u32,
    /// Characters of the text.
    pub chars: u32,
    /// The packs that it was compared with.
    pub against: Vec<String>,
    /// How far its review is.
    pub state: ImportState,
    /// Statements as they are now.
    pub statements: u32,
    /// Of these, the ones that somebody confirmed or dropped.
    pub decided: u32,
    /// Who imported it.
    pub by: UserId,
    /// When.
    pub created_at: Millis,
    /// When it was last changed.
    pub changed_at: Millis,
    /// The number of the last step; the import itself is step 1.
    pub version: i64,
}

/// The large part of an import, read only when a review is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportText {
    /// The text in UTF-8.
    pub source: Vec<u8>,
    /// What was read in it, as JSON of `policy::import::Import`. Kept and not made again: a newer program may read the same
    /// text otherwise, and the numbers in the steps are those of this reading.
    pub reading: Vec<u8>,
}

/// One step of a review as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportStep {
    /// Id of the import.
    pub import: String,
    /// Its number; the version that it led to.
    pub version: i64,
    /// Who made it.
    pub by: UserId,
    /// His name today.
    pub by_name: Option<String>,
    /// When.
    pub at: Millis,
    /// What, as JSON of [`Step`].
    pub step: String,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Corrections made together.
    Correct {
        /// In their order.
        corrections: Vec<Correction>,
    },
    /// The last step of corrections that stands is taken back.
    Undo,
    /// Somebody stands by the whole.
    Confirm,
    /// The review goes on after all.
    Reopen,
    /// It is given up.
    Discard {
        /// Why.
        reason: String,
    },
}

impl ImportStep {
    /// What it does.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is none that this program writes.
    pub fn read(&self) -> Result<Step> {
        serde_json::from_str(&self.step)
            .map_err(|e| Error::Internal(format!("step {} of import {}: {e}", self.version, self.import)))
    }
}

impl Step {
    pub(crate) fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|e| Error::Internal(format!("step of an import: {e}")))
    }
}

/// Which steps of corrections stand, by their number, once those that were undone are left out.
///
/// # Errors
/// [`Error::Internal`] when a step cannot be read.
pub fn standing(steps: &[ImportStep]) -> Result<Vec<(i64, Vec<Correction>)>> {
    let mut stack = Vec::new();
    for step in steps {
        match step.read()? {
            Step::Correct { corrections } => stack.push((step.version, corrections)),
            Step::Undo => {
                stack.pop();
            }
            Step::Confirm | Step::Reopen | Step::Discard { .. } => {}
        }
    }
    Ok(stack)
}

/// Refuses what only an open review takes.
pub(crate) fn must_be_open(head: &ImportHead) -> Result<()> {
    if head.state == ImportState::Open { Ok(()) } else { Err(ImportRefusal::Closed.into()) }
}
