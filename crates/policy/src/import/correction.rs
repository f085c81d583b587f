//! What a person corrects in an import, as a value that can be kept and made again.
//!
//! Owns: the list of corrections, their JSON, and why one is not made.
//! Leaves to others: making them (`draft`).

use serde::{Deserialize, Serialize};

use super::result::{modality_of_word, word_of_modality};
use crate::model::Modality;

/// One thing that a person corrects. Its JSON, `{"do": "confirm", "statement": 3}`, is what is kept of a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Correction {
    /// The statement is right as shown.
    Confirm {
        /// Number of the statement.
        statement: usize,
    },
    /// It is no statement.
    Drop {
        /// Number of the statement.
        statement: usize,
        /// Why.
        reason: String,
    },
    /// Others are obliged.
    Roles {
        /// Number of the statement.
        statement: usize,
        /// Ids of the roles; none means the body.
        roles: Vec<String>,
    },
    /// It binds otherwise.
    Modality {
        /// Number of the statement.
        statement: usize,
        /// How.
        #[serde(serialize_with = "word_of_modality", deserialize_with = "modality_of_word")]
        modality: Modality,
    },
    /// It is the same as this statement of another pack, or as none.
    Same {
        /// Number of the statement.
        statement: usize,
        /// Id of the other, or none.
        to: Option<String>,
    },
    /// A gist in words of one's own.
    Gist {
        /// Number of the statement.
        statement: usize,
        /// The words.
        words: String,
    },
    /// One statement holds two duties: cut it at a byte of the source inside it.
    SplitStatement {
        /// Number of the statement.
        statement: usize,
        /// The first byte of the second half.
        at: usize,
    },
    /// A statement and the next one of the same node are one.
    MergeStatements {
        /// Number of the first.
        statement: usize,
    },
    /// A part begins inside another: cut the node's own text at a byte of the source.
    SplitNode {
        /// Number of the node.
        node: usize,
        /// The first byte of the new part.
        at: usize,
        /// Where the new part stands, such as `2.2(3)`.
        label: String,
    },
    /// A part is no part: its words go to the node whose words stand before it.
    MergeNode {
        /// Number of the node; not the document.
        node: usize,
    },
    /// A part belongs elsewhere.
    Move {
        /// Number of the node; not the document.
        node: usize,
        /// Number of its new parent.
        parent: usize,
    },
    /// A part has another label or title.
    Name {
        /// Number of the node; not the document.
        node: usize,
        /// Where it stands.
        label: String,
        /// Its heading.
        title: Option<String>,
    },
    /// A note about the text, which itself stays as it is.
    Annotate {
        /// Number of the node.
        node: usize,
        /// The words in question, at most 20 characters.
        quoted: String,
        /// The note.
        note: String,
    },
}

/// Why a correction is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionError {
    /// No node has the number, or it is the document.
    #[error("no such node")]
    NoSuchNode,
    /// No statement has the number.
    #[error("no such statement")]
    NoSuchStatement,
    /// The byte lies outside of it, at its edge, or inside a character.
    #[error("the place is not inside")]
    NotInside,
    /// The node would be a part of itself.
    #[error("a part cannot belong to itself")]
    Circle,
    /// Nothing to merge with.
    #[error("there is nothing to merge with")]
    NothingNext,
    /// Empty or too long words.
    #[error("the words are empty or too long")]
    Words,
}
