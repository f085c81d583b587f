//! The papers around a policy.
//!
//! Owns: documents, who makes them, their revisions, the scope, terms, remarks on a text's slips.
//! Leaves to others: what the text asks for (`text`), publishing (whoever exports).

use super::words::{DocumentKind, ScopeKind};
use crate::problem::Origin;

/// A document of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Id.
    pub id: String,
    /// The body's own name for it.
    pub title: String,
    /// What it is.
    pub kind: DocumentKind,
    /// Whether anybody may read it. An export for the public refuses what is not.
    pub public: bool,
    /// Id of the maker.
    pub maker: Option<String>,
    /// The ordinance or rule it stands on, in words.
    pub legal_basis: Option<String>,
    /// A remark.
    pub note: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// Who makes policy in the body; several may, each for its own part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// Id.
    pub id: String,
    /// Title, such as 市長.
    pub title: String,
    /// A remark.
    pub note: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A day on which a text came into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Id.
    pub id: String,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// Id of the document, when it is one document's.
    pub document: Option<String>,
    /// A remark.
    pub note: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// Whom or what the policy covers, or leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeItem {
    /// Id.
    pub id: String,
    /// What it is about.
    pub kind: ScopeKind,
    /// Title.
    pub title: String,
    /// Whether the policy does not cover it.
    pub excluded: bool,
    /// Why not; present when it is left out.
    pub reason: Option<String>,
    /// The clause that says so.
    pub clause: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A word that the text defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Id.
    pub id: String,
    /// The word.
    pub word: String,
    /// What it means, in the pack's own words.
    pub meaning: String,
    /// The word of a lower layer that it equals.
    pub same_as: Option<String>,
    /// The clause that defines it.
    pub clause: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A slip or an oddity of a text, which stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Id.
    pub id: String,
    /// The clause it is in.
    pub clause: String,
    /// The few characters in question.
    pub quoted: Option<String>,
    /// The remark.
    pub note: String,
    /// Where it was written.
    pub origin: Origin,
}
