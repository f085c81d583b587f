//! Why a use case did not do what was asked.
//!
//! Owns one error for all use cases, with a stable code for the catalogue of words, the API and evidence.
//! Leaves the Japanese words to `web`. "Denied" and "held" are answers, not failures; only [`Error::Internal`],
//! [`Error::Unavailable`] and [`Error::StorageFull`] mean that something is broken.

use workflow::{Millis, transfer::Refusal};

use crate::{
    imports::ImportRefusal,
    ports::{BlobError, StoreError},
};

/// What use cases return.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a use case did not do what was asked. Nothing has changed, except that the attempt is evidence.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rights do not allow it.
    #[error("denied: {action} ({reason})")]
    Denied {
        /// The word of the action.
        action: &'static str,
        /// The reason's word; see `authz`.
        reason: &'static str,
    },
    /// The state of the transfer does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A text is not imported, or its review does not go on.
    #[error(transparent)]
    Import(ImportRefusal),
    /// There is no such thing, or the person may not know of it.
    #[error("not found")]
    NotFound,
    /// Something that was typed cannot be taken.
    #[error("`{field}`: {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong: `empty`, `too-long`, `too-short`, `unknown`, `not-allowed`, `weak`, `taken`, `mismatch`.
        problem: &'static str,
    },
    /// Wrong login, password or code; deliberately not said which.
    #[error("wrong credentials")]
    Credentials,
    /// Too many wrong attempts.
    #[error("locked")]
    Locked {
        /// Until when.
        until: Millis,
    },
    /// There is no such session at this door, or it has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The channel of the pack lets nothing pass.
    #[error("the channel `{channel}` is closed by the policy")]
    ChannelDenied {
        /// Which channel.
        channel: String,
        /// The statements that say so.
        statements: Vec<String>,
    },
    /// Nobody but the submitter could decide a step of the route, up to the top.
    #[error("nobody may decide for the role `{role}`")]
    NoApprover {
        /// The role that the step asks for.
        role: String,
    },
    /// A file is larger than the channel takes.
    #[error("larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// More things than allowed at once.
    #[error("more than {limit}")]
    TooMany {
        /// The limit.
        limit: u32,
    },
    /// Someone else was faster: look again.
    #[error("changed by someone else meanwhile")]
    Conflict,
    /// The database cannot be reached.
    #[error("the database cannot be used now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The disk is full.
    #[error("the disk is full")]
    StorageFull,
    /// A failure of ours.
    #[error("internal failure: {0}")]
    Internal(String),
}

macro_rules! codes {
    ($($pattern:pat => $code:literal),+ $(,)?) => {
        impl Error {
            /// The word for the catalogue and the API.
            #[must_use]
            pub fn code(&self) -> &'static str { match self { $($pattern => $code),+ } }
            /// Every code, for catalogues and tests that must cover them all.
            pub const CODES: &'static [&'static str] = &[$($code),+];
        }
    };
}

codes! {
    Error::Denied { .. } => "denied",
    Error::Refused(Refusal::State(_)) => "refused-state",
    Error::Refused(Refusal::ContentChanged) => "content-changed",
    Error::Refused(Refusal::OwnRequest) => "own-request",
    Error::Refused(Refusal::SamePerson) => "same-person",
    Error::Refused(Refusal::NoDeputy) => "no-deputy",
    Error::Refused(Refusal::NotInspected(_)) => "not-inspected",
    Error::Refused(Refusal::NotVouched(_)) => "not-vouched",
    Error::Refused(Refusal::Note(_)) => "note-needed",
    Error::Refused(Refusal::Comment) => "comment-needed",
    Error::Refused(Refusal::Field(_)) => "field",
    Error::Refused(Refusal::File) => "file-state",
    Error::Refused(Refusal::NotRecipient) => "not-recipient",
    Error::Refused(Refusal::Overdue) => "overdue",
    Error::Import(_) => "import-refused",
    Error::NotFound => "not-found",
    Error::Invalid { .. } => "invalid",
    Error::Credentials => "credentials",
    Error::Locked { .. } => "locked",
    Error::SessionEnded => "session-ended",
    Error::ChannelDenied { .. } => "channel-denied",
    Error::NoApprover { .. } => "no-approver",
    Error::TooLarge { .. } => "too-large",
    Error::TooMany { .. } => "too-many",
    Error::Conflict => "conflict",
    Error::Unavailable(_) => "unavailable",
    Error::StorageFull => "storage-full",
    Error::Internal(_) => "internal",
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Error::Conflict,
            StoreError::Duplicate("login") => Error::Invalid { field: "login", problem: "taken" },
            StoreError::Duplicate(_) => Error::Conflict,
            StoreError::Unavailable(source) => Error::Unavailable(source),
            StoreError::Corrupt(what) => Error::Internal(format!("stored data: {what}")),
        }
    }
}

impl From<BlobError> for Error {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Full => Error::StorageFull,
            BlobError::Missing => Error::NotFound,
            BlobError::Damaged => Error::Internal("a stored file is damaged".to_owned()),
            BlobError::Io(source) => Error::Internal(format!("disk: {source}")),
        }
    }
}
