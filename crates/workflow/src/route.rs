//! A route of approvals: the steps a request must pass, and what each person decided.
//!
//! Owns the order of steps, the rule that each step is decided by a person who has not decided an earlier one and
//! is not the requester, deputising (代決) with its later review (後閲), and deadlines.
//! Leaves to others: who holds a role today (`app`), whether the person may act at all (`authz`).

use serde::{Deserialize, Serialize};

use crate::{
    Millis,
    id::{FileId, SectionId, UserId},
};

/// Where the holder of a step's role is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "in", content = "id")]
pub enum Scope {
    /// Anyone in the body who holds the role.
    City,
    /// Holders of the role for this department, or above.
    Department(String),
    /// Holders of the role for this section, or above.
    Section(SectionId),
}

impl Scope {
    /// One text for an indexed column: `*`, `d:` and the department's id, or `s:` and the section's.
    #[must_use]
    pub fn column(&self) -> String {
        match self {
            Scope::City => "*".to_owned(),
            Scope::Department(d) => format!("d:{d}"),
            Scope::Section(s) => format!("s:{s}"),
        }
    }
}

/// One step, as the pack had it when the request was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The pack's id of the step.
    pub id: String,
    /// What the screen calls it, such as 所属長承認.
    pub title: String,
    /// The role that decides.
    pub role: String,
    /// Where that role is looked for.
    pub scope: Scope,
    /// Hours until the step is overdue, counted from the moment it opens.
    pub deadline_hours: u32,
    /// Posts whose holders may decide while the approver is absent (代決), the first in line first.
    pub deputies: Vec<String>,
    /// The statements that ask for this step.
    pub statements: Vec<String>,
    /// The role that the pack asks for, when nobody in it may decide and the step is for one above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_from: Option<String>,
}

/// The steps of one request in order. May be empty: nothing to approve.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// In order; a step opens when the one before it is approved.
    pub steps: Vec<Step>,
}

/// What a person may say at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// 承認: go on; at the last step this is the 決裁.
    Approve,
    /// 差戻し: back to the submitter, who may change it and submit again.
    Return,
    /// 否認: over.
    Reject,
}

impl Verdict {
    /// The word used in storage, evidence and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Verdict::Approve => "approve",
            Verdict::Return => "return",
            Verdict::Reject => "reject",
        }
    }

    /// The verdict with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        [Verdict::Approve, Verdict::Return, Verdict::Reject].into_iter().find(|v| v.id() == id)
    }
}

/// One decision, kept for ever. Rounds count submissions: a returned request starts its route again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Which submission of the request this belongs to, from 1.
    pub round: u32,
    /// Index of the step in the route.
    pub step: usize,
    /// Who decided.
    pub by: UserId,
    /// 代決: for whom, when the holder of the role was absent.
    pub on_behalf_of: Option<UserId>,
    /// What was decided.
    pub verdict: Verdict,
    /// Why. Required unless approving.
    pub comment: String,
    /// The hash of exactly what the person saw; see [`crate::transfer::Transfer::content_hash`].
    pub content_hash: String,
    /// When.
    pub at: Millis,
    /// 後閲: when the person who was deputised for looked at it afterwards.
    pub reviewed_at: Option<Millis>,
    /// 検査確認: the files that pass unchanged on this person's word. Empty unless approving.
    pub vouches: Vec<Vouch>,
}

/// 検査確認: a person's word for one file that passes unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vouch {
    /// Which file.
    pub file: FileId,
    /// SHA-256 of the original that was opened and is vouched for, lower-case hex.
    pub sha256: String,
    /// How it was made sure: 1 to [`NOTE_CHARS_MAX`] characters.
    pub note: String,
}

/// Longest note of a vouch, in characters.
pub const NOTE_CHARS_MAX: usize = 500;

/// Longest comment of a decision, in characters.
pub const COMMENT_CHARS_MAX: usize = 2_000;
