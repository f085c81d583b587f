//! What the cell says about one file: how it ended, why, what it became, and its members.
//!
//! Owns: the report, its bounds, and what makes it agree with itself. Leaves to others: single removals
//! ([`crate::removal`]), and the words a person reads (`web`, `sekisho`).

use serde::{Deserialize, Serialize};

use crate::{FilePolicy, Inspection, Kind, Mode, Removal, closed_codes};

/// How the passage of one file ends in the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// 無害化済: clean bytes came back and nothing a reader would miss was removed.
    Clean,
    /// 一部無害化: clean bytes came back; visible or working content was removed or members were dropped.
    Partial,
    /// 保留: the file may be fine but this version or this input cannot be decided; no bytes come back.
    Held,
    /// 遮断: the pack forbids it or it is hostile; no bytes come back.
    Blocked,
}

/// What the cell says about one file. The clean bytes and previews travel beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// How it ended.
    pub verdict: Verdict,
    /// The type found from the content, if one was recognised.
    pub kind: Option<Kind>,
    /// What the clean bytes are: another kind when the file was converted. Set exactly when there are clean bytes.
    pub clean_kind: Option<Kind>,
    /// How the clean bytes were made. Set exactly when there are clean bytes.
    pub road: Option<Road>,
    /// The name the clean file should carry: one safe path part, NFC, extension agreeing with [`Report::clean_kind`].
    pub clean_name: String,
    /// Why no bytes came back. Set exactly when the verdict is [`Verdict::Held`] or [`Verdict::Blocked`].
    pub reason: Option<Reason>,
    /// Everything that was removed or changed, in document order, at most [`REMOVALS_MAX`].
    pub removals: Vec<Removal>,
    /// Removals beyond [`REMOVALS_MAX`] that were made but not listed.
    pub removals_unlisted: u64,
    /// Members of an archive, each with a report of its own.
    pub members: Vec<Member>,
    /// How much of the content came through, where it can be counted.
    pub fidelity: Option<Fidelity>,
    /// Version of the sanitiser's rules, so that a report can be read years later.
    pub rules_version: String,
}

/// The longest removal list of one report.
pub const REMOVALS_MAX: usize = 2_000;

/// The version of the rules that `sanitize` follows; raised whenever a rule changes.
pub const RULES_VERSION: &str = "2026.11.12";

impl Report {
    /// A report for a file from which no bytes come back.
    #[must_use]
    pub fn refused(verdict: Verdict, reason: Reason) -> Self {
        Self {
            verdict,
            kind: None,
            clean_kind: None,
            road: None,
            clean_name: String::new(),
            reason: Some(reason),
            removals: Vec::new(),
            removals_unlisted: 0,
            members: Vec::new(),
            fidelity: None,
            rules_version: RULES_VERSION.to_owned(),
        }
    }

    /// Whether clean bytes belong to this report.
    #[must_use]
    pub fn hands_over(&self) -> bool {
        matches!(self.verdict, Verdict::Clean | Verdict::Partial)
    }

    /// Whether the clean bytes hold something that passed unchanged, the file itself or a member: then a person must
    /// vouch for it (検査確認).
    #[must_use]
    pub fn is_inspected(&self) -> bool {
        self.road == Some(Road::Inspected) || self.members.iter().any(|m| m.report.is_inspected())
    }

    /// Whether exactly those kinds passed unchanged that the policy passes so, members included: what it wants inspected
    /// must not come back as if it had been rebuilt, nor the other way round.
    #[must_use]
    pub fn keeps_inspection(&self, policy: &FilePolicy) -> bool {
        let asked = self.kind.is_some_and(|kind| {
            kind.inspection() == Inspection::Whole && policy.modes.get(&kind) == Some(&Mode::InspectOnly)
        });
        (self.road.is_none() || asked == (self.road == Some(Road::Inspected)))
            && self.members.iter().all(|m| m.report.keeps_inspection(policy))
    }

    /// Whether the fields agree with each other and stay in their bounds. The server asks this before it
    /// believes anything in a report.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.is_consistent_at(0)
    }

    fn is_consistent_at(&self, depth: u32) -> bool {
        let name = &self.clean_name;
        let name_is_one_part = name.len() <= NAME_BYTES_MAX
            && !name.chars().any(|c| c.is_control() || c == '/' || c == '\\')
            && name != "."
            && name != "..";
        depth <= MEMBER_DEPTH_MAX
            && name_is_one_part
            && self.hands_over() == self.reason.is_none()
            && (!self.hands_over() || (!name.is_empty() && self.kind.is_some()))
            && self.hands_over() == self.road.is_some()
            && self.hands_over() == self.clean_kind.is_some()
            && (self.road != Some(Road::Inspected) || self.clean_kind == self.kind)
            && self.removals.len() <= REMOVALS_MAX
            && self.removals.iter().all(Removal::is_bounded)
            && self.rules_version.len() <= 40
            && self.members.iter().all(|m| {
                m.untrusted_name.chars().count() <= PLACE_CHARS_MAX && m.report.is_consistent_at(depth + 1)
            })
    }
}

/// The longest clean name in UTF-8 bytes: what common file systems hold.
pub const NAME_BYTES_MAX: usize = 240;

/// The longest place of a removal or name of a member, in characters.
pub const PLACE_CHARS_MAX: usize = 200;

/// The deepest nesting of member reports that the server believes.
pub const MEMBER_DEPTH_MAX: u32 = 16;

closed_codes! {
    /// How a clean file was made.
    Road {
        /// Rebuilt as what it was.
        Rebuilt = "rebuilt",
        /// Converted to a current format by an office program in its own cell, then rebuilt.
        Converted = "converted",
        /// Written down as plain text.
        Text = "text",
        /// The cells of its tables, written down as data ([`crate::table::Table`]).
        Cells = "cells",
        /// Drawn, page by page.
        Pictures = "pictures",
        /// Not changed; a person vouches for it.
        Inspected = "inspected",
    }
}

/// One member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name inside the archive, decoded; still untrusted.
    pub untrusted_name: String,
    /// What became of it.
    pub report: Report,
}

/// How much of the content came through, counted on both sides by the same reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fidelity {
    /// Characters of text that a reader sees.
    pub characters: Kept,
    /// Cells that hold something.
    pub cells: Kept,
    /// Pages, sheets or slides.
    pub pages: Kept,
    /// Pictures.
    pub pictures: Kept,
}

/// A count before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// In the file as it came.
    pub before: u64,
    /// In the clean file.
    pub after: u64,
}

closed_codes! {
    /// Why no clean bytes came back. Rows of the message catalogue give each its Japanese words.
    Reason {
        /// Nothing in it.
        Empty = "empty",
        /// The content is not what the name says.
        NameMismatch = "name-mismatch",
        /// The content is of no kind that is known.
        UnknownKind = "unknown-kind",
        /// The kind is known, and there is no way to make it safe in the mode the pack asks for.
        NotRebuilt = "not-rebuilt",
        /// The content is two kinds of file at once.
        Ambiguous = "ambiguous",
        /// The kind is known, and the pack does not let it pass.
        KindNotAllowed = "kind-not-allowed",
        /// Cut off or damaged.
        Damaged = "damaged",
        /// Encrypted, and no password that was given opens it.
        PasswordNeeded = "password-needed",
        /// Larger than the limit as it came.
        TooLarge = "too-large",
        /// Expands beyond the limit.
        Bomb = "bomb",
        /// Containers too deep, too many members, pages, pixels or nested elements.
        TooComplex = "too-complex",
        /// An executable or another kind that never passes.
        Executable = "executable",
        /// Every member of the archive was dropped, or all that the file holds.
        NothingLeft = "nothing-left",
        /// Only its words may pass, and it has none.
        NoWords = "no-words",
        /// The rebuilt file did not pass its own check.
        VerifyFailed = "verify-failed",
        /// The office program could not turn the file into a current format.
        ConversionFailed = "conversion-failed",
        /// The cell used more time than allowed.
        TimedOut = "timed-out",
        /// The cell used more memory than allowed.
        OutOfMemory = "out-of-memory",
        /// The cell died or broke the protocol.
        WorkerDied = "worker-died",
    }
}

impl Reason {
    /// Whether trying the same bytes again could end differently: failures of the cell, not of the file.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Reason::TimedOut | Reason::OutOfMemory | Reason::WorkerDied)
    }
}
