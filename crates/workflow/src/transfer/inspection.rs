//! 検査確認: files that pass unchanged, because those who let them pass opened the originals and vouch for them.
//!
//! Owns who opened what, the word that goes with a decision, and that nothing passes unchanged without one.
//! Leaves to others: finding out that a file can only pass so (`sanitize`), who may open it (`authz`).

use serde::{Deserialize, Serialize};
use worker_protocol::{Reason, Verdict as FileVerdict};

use super::{Event, File, FileState, Refusal, State, Transfer};
use crate::{
    Millis,
    id::{FileId, UserId},
    route::{Decision, NOTE_CHARS_MAX, Verdict, Vouch},
};

/// 検査: somebody opened the original of a file that passes only on the word of those who decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Which file.
    pub file: FileId,
    /// Who.
    pub by: UserId,
    /// SHA-256 of exactly the bytes that were handed to him, lower-case hex.
    pub sha256: String,
    /// When he last did.
    pub at: Millis,
}

impl Transfer {
    /// Records that the original of a file that passes unchanged was handed to somebody who may decide the open step.
    /// Each time is an event; the last one counts.
    ///
    /// # Errors
    /// [`Refusal::State`] unless an approval is open, [`Refusal::Overdue`], [`Refusal::OwnRequest`] for the submitter,
    /// [`Refusal::SamePerson`] for whoever decided before, [`Refusal::File`] unless such an original is there.
    pub fn open_original(&mut self, file: &FileId, by: &UserId, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::AwaitingApproval])?;
        if self.term.is_over(now) {
            return Err(Refusal::Overdue);
        }
        if *by == self.submitter {
            return Err(Refusal::OwnRequest);
        }
        if self.approval.has_decided(by) {
            return Err(Refusal::SamePerson);
        }
        let entry = self.files.iter().find(|f| f.id == *file && f.state == FileState::Inspected);
        let original = entry.and_then(|f| f.original.as_ref()).ok_or(Refusal::File)?;
        let opening =
            Opening { file: file.clone(), by: by.clone(), sha256: original.sha256.clone(), at: now };
        self.openings.retain(|o| (&o.file, &o.by) != (file, by));
        self.openings.push(opening);
        self.changed_at = now;
        Ok(vec![Event::OriginalOpened { file: file.clone() }])
    }

    /// When this person last opened exactly the original that is there.
    #[must_use]
    pub fn opened_at(&self, file: &File, by: &UserId) -> Option<Millis> {
        let original = file.original.as_ref()?;
        let opening = |o: &&Opening| o.file == file.id && o.by == *by && o.sha256 == original.sha256;
        self.openings.iter().find(opening).map(|o| o.at)
    }

    /// The vouches of this round for a file, with the decisions they are part of, oldest first.
    pub fn vouches_of<'a>(&'a self, file: &'a FileId) -> impl Iterator<Item = (&'a Decision, &'a Vouch)> {
        self.approval
            .decisions
            .iter()
            .filter(|d| d.round == self.approval.round && d.verdict == Verdict::Approve)
            .flat_map(move |d| d.vouches.iter().filter(move |v| v.file == *file).map(move |v| (d, v)))
    }

    /// Checks that whoever lets the files pass has opened each original that passes unchanged, and vouches for exactly
    /// these. The notes come back trimmed, in the order of the files.
    pub(super) fn check_vouches(&self, by: &UserId, vouches: &[Vouch]) -> Result<Vec<Vouch>, Refusal> {
        let inspected = || self.files.iter().filter(|f| f.state == FileState::Inspected);
        if vouches.iter().any(|v| inspected().all(|f| f.id != v.file)) {
            return Err(Refusal::File);
        }
        inspected()
            .map(|file| {
                if self.opened_at(file, by).is_none() {
                    return Err(Refusal::NotInspected(file.id.clone()));
                }
                let sha256 = file.original.as_ref().map(|o| o.sha256.as_str());
                let vouch = vouches
                    .iter()
                    .find(|v| v.file == file.id && Some(v.sha256.as_str()) == sha256)
                    .ok_or_else(|| Refusal::NotVouched(file.id.clone()))?;
                let note = vouch.note.trim();
                if !(1..=NOTE_CHARS_MAX).contains(&note.chars().count()) {
                    return Err(Refusal::Note(file.id.clone()));
                }
                Ok(Vouch { note: note.to_owned(), ..vouch.clone() })
            })
            .collect()
    }

    /// Holds every file that would pass unchanged without anybody's word: the pack that asked for the word may have
    /// changed while the files were in the cell, and with it the route. Whether there was one.
    pub(super) fn hold_unvouched(&mut self, events: &mut Vec<Event>) -> bool {
        let unvouched: Vec<FileId> = self
            .files
            .iter()
            .filter(|f| f.state == FileState::Inspected && self.vouches_of(&f.id).next().is_none())
            .map(|f| f.id.clone())
            .collect();
        for file in self.files.iter_mut().filter(|f| unvouched.contains(&f.id)) {
            file.state = FileState::Held;
            (file.clean, file.preview) = (None, None);
            if let Some(report) = &mut file.report {
                report.verdict = FileVerdict::Held;
                report.reason = Some(Reason::NotRebuilt);
                (report.road, report.clean_kind) = (None, None);
            }
            events.push(Event::FileDone { file: file.id.clone(), state: FileState::Held });
        }
        !unvouched.is_empty()
    }
}
