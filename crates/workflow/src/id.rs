//! Identifiers: one type for each noun, so that a user is never looked up as a transfer.
//!
//! Owns the types only; new ids are made by the edge that owns randomness.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is; whether it exists is for the store to say.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self { Self(text.into()) }
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
    )+};
}

ids! {
    /// A person with an account: UUIDv7 text.
    UserId,
    /// A section (課) of the organisation, as the pack names it.
    SectionId,
    /// A zone (系), as the pack names it.
    ZoneId,
    /// One transfer: UUIDv7 text.
    TransferId,
    /// One request: UUIDv7 text.
    RequestId,
    /// One file of a transfer or of a request: UUIDv7 text.
    FileId,
    /// One entry of evidence: UUIDv7 text.
    EvidenceId,
    /// A blob's address in its zone: 64 lower-case hex digits.
    BlobId,
    /// One edition of the policy: UUIDv7 text.
    EditionId,
    /// One task of a duty. Made of the duty, what it covers and for whom it is, so that no task is made twice.
    TaskId,
    /// One plan of a personnel change (人事異動): UUIDv7 text.
    RosterPlanId,
    /// An API token (its public id, not its secret): UUIDv7 text.
    TokenId,
}
