//! Why a use case did not do what was asked.
//!
//! Owns one error for all use cases, with a stable code for the catalogue of words, the API and evidence.
//! Leaves the Japanese words to `web`. "Denied" and "held" are answers, not failures; only [`Error::Internal`],
//! [`Error::Unavailable`] and [`Error::StorageFull`] mean that something is broken.

use workflow::{
    Millis, duty, edition::Refusal as EditionRefusal, record, register, request, route, training,
    transfer::Refusal,
};

use crate::{
    editions::in_use::InUse,
    imports::ImportRefusal,
    ports::{BlobError, StoreError},
    printing::PrintFailure,
};

/// What use cases return.
pub type Result<T> = std::result::Result<T, Error>;

/// What is wrong with the answer to a field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's id.
    pub field: String,
    /// Its label.
    pub title: String,
    /// What is wrong; the words are those of [`FieldProblem::CODES`].
    pub problem: &'static str,
    /// The smallest and the largest number allowed, where that is what is wrong.
    pub bounds: Option<(u64, u64)>,
}

impl FieldProblem {
    /// Every word.
    pub const CODES: &'static [&'static str] = &[
        "empty",
        "too-long",
        "not-allowed",
        "not-a-number",
        "out-of-bounds",
        "no-date",
        "past",
        "future",
        "before-from",
        "before-covered",
        "too-long-period",
        "unknown",
        "not-a-flag",
        "length",
        "zero",
        "needed",
        "same",
        "out",
        "several",
        "not-a-row",
        "too-many-rows",
        "ended-row",
        "itself",
        "copy-of-copy",
        "has-copies",
        "taken-by-row",
        "twice-in-plan",
        "manager-classifies",
        "row-too-long",
        "no-column",
    ];
}

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
    /// The state of the request, or the rules of its approval, do not allow it.
    #[error(transparent)]
    RequestRefused(#[from] request::Refusal),
    /// The state of a task, or what it asks for, does not allow it.
    #[error(transparent)]
    Duty(#[from] duty::Refusal),
    /// How far somebody is with a course does not allow it.
    #[error(transparent)]
    Course(#[from] training::Refusal),
    /// The form of a request was changed since it was handed in, so that what was answered is not what is asked.
    #[error("the form was changed since")]
    FormChanged,
    /// A form was not filled rightly; each field that was not.
    #[error("{} fields cannot be taken", .0.len())]
    Form(Vec<FieldProblem>),
    /// A text is not imported, or its review does not go on.
    #[error(transparent)]
    Import(ImportRefusal),
    /// A row of a register is not changed.
    #[error(transparent)]
    Register(register::Refusal),
    /// A record whose retention ends is at another stage, or needs another person.
    #[error(transparent)]
    Record(record::Refusal),
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
    /// The stage of the edition, or what is around it, does not allow it.
    #[error(transparent)]
    Edition(#[from] EditionRefusal),
    /// The stage of a personnel change, or what is around it, does not allow it.
    #[error(transparent)]
    Roster(#[from] workflow::roster::life::Refusal),
    /// An edition would take away what is in use.
    #[error("{} things in use would be taken away", .0.len())]
    InUse(Vec<InUse>),
    /// A stored text of the policy cannot be read by this version.
    #[error("the text of the policy has {} problems", .0.len())]
    BrokenText(Vec<policy::Problem>),
    /// A text of the policy asks for what this version cannot do.
    #[error("this version cannot run it: {0}")]
    CannotRun(String),
    /// Nothing of it is public, or what was asked for is not.
    #[error(transparent)]
    NotPublic(policy::PublicationRefusal),
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
    /// A form was not printed.
    #[error(transparent)]
    Print(PrintFailure),
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
    Error::RequestRefused(
        request::Refusal::State(_) | request::Refusal::Approval(route::Refusal::NoStep),
    ) => "request-state",
    Error::RequestRefused(request::Refusal::Permit) => "permit-state",
    Error::RequestRefused(request::Refusal::NotTaken) => "not-taken",
    Error::RequestRefused(request::Refusal::Reason) => "reason-needed",
    Error::Duty(duty::Refusal::State(_)) => "task-state",
    Error::Duty(duty::Refusal::OwnReport) => "task-own-report",
    Error::Duty(duty::Refusal::Changed) => "task-changed",
    Error::Duty(duty::Refusal::TooEarly | duty::Refusal::Future) => "task-day",
    Error::Duty(duty::Refusal::Comment) => "task-comment",
    Error::Duty(duty::Refusal::TooMuch) => "task-too-much",
    Error::Duty(duty::Refusal::NoWaiver) => "task-no-waiver",
    Error::Course(training::Refusal::NoPage | training::Refusal::NoTest) => "course-none",
    Error::Course(training::Refusal::ReadFirst) => "course-read-first",
    Error::Course(training::Refusal::Passed) => "course-passed",
    Error::Course(training::Refusal::NoneLeft) => "course-no-try",
    Error::Course(training::Refusal::Wait(_)) => "course-wait",
    Error::Course(training::Refusal::NotBegun) => "course-not-begun",
    Error::Course(training::Refusal::Changed) => "course-changed",
    Error::Course(training::Refusal::Unanswered(_)) => "course-unanswered",
    Error::FormChanged => "form-changed",
    Error::Form(_) => "form",
    Error::Refused(Refusal::ContentChanged)
        | Error::RequestRefused(request::Refusal::Approval(route::Refusal::ContentChanged)) => "content-changed",
    Error::Refused(Refusal::OwnRequest)
        | Error::RequestRefused(request::Refusal::Approval(route::Refusal::OwnRequest)) => "own-request",
    Error::Refused(Refusal::SamePerson)
        | Error::RequestRefused(request::Refusal::Approval(route::Refusal::SamePerson)) => "same-person",
    Error::Refused(Refusal::NoDeputy)
        | Error::RequestRefused(request::Refusal::Approval(route::Refusal::NoDeputy)) => "no-deputy",
    Error::Refused(Refusal::NotInspected(_)) => "not-inspected",
    Error::Refused(Refusal::NotVouched(_)) => "not-vouched",
    Error::Refused(Refusal::Note(_)) => "note-needed",
    Error::Refused(Refusal::Comment)
        | Error::RequestRefused(request::Refusal::Approval(route::Refusal::Comment)) => "comment-needed",
    Error::Refused(Refusal::Field(_)) | Error::RequestRefused(request::Refusal::Field(_)) => "field",
    Error::Refused(Refusal::File)
        | Error::RequestRefused(request::Refusal::Approval(route::Refusal::NoReview)) => "file-state",
    Error::Refused(Refusal::NotRecipient) => "not-recipient",
    Error::Refused(Refusal::Overdue)
        | Error::RequestRefused(request::Refusal::Approval(route::Refusal::Overdue)) => "overdue",
    Error::Register(register::Refusal::Same) => "row-same",
    Error::Register(register::Refusal::Reason) => "row-reason",
    Error::Register(_) => "row-ended",
    Error::Import(_) => "import-refused",
    Error::Record(record::Refusal::SamePerson) => "record-same-person",
    Error::Record(record::Refusal::Early) => "record-early",
    Error::Record(_) => "record-stage",
    Error::NotFound => "not-found",
    Error::Invalid { .. } => "invalid",
    Error::Credentials => "credentials",
    Error::Locked { .. } => "locked",
    Error::SessionEnded => "session-ended",
    Error::ChannelDenied { .. } => "channel-denied",
    Error::NoApprover { .. } => "no-approver",
    Error::Edition(EditionRefusal::Stage(_)) => "edition-stage",
    Error::Edition(EditionRefusal::NoAnalysis) => "edition-no-analysis",
    Error::Edition(EditionRefusal::Errors(_)) => "edition-errors",
    Error::Edition(EditionRefusal::UnderWay(_)) => "edition-under-way",
    Error::Edition(EditionRefusal::Same) => "edition-same",
    Error::Edition(EditionRefusal::Past) => "edition-past",
    Error::Edition(EditionRefusal::OtherRequest) => "edition-other-request",
    Error::Edition(EditionRefusal::BaseChanged) => "edition-base-changed",
    Error::Edition(EditionRefusal::Early) => "edition-early",
    Error::Roster(workflow::roster::life::Refusal::Stage(_)) => "roster-stage",
    Error::Roster(workflow::roster::life::Refusal::OtherRequest) => "roster-other-request",
    Error::Roster(workflow::roster::life::Refusal::Late) => "roster-late",
    Error::InUse(_) => "edition-in-use",
    Error::BrokenText(_) => "broken-text",
    Error::CannotRun(_) => "cannot-run",
    Error::NotPublic(_) => "not-public",
    Error::TooLarge { .. } => "too-large",
    Error::TooMany { .. } => "too-many",
    Error::Print(PrintFailure::NotInstalled) => "print-not-installed",
    Error::Print(PrintFailure::TooLarge) => "print-too-large",
    Error::Print(PrintFailure::TooLong) => "print-too-long",
    Error::Print(PrintFailure::Template(_)) => "print-template",
    Error::Print(PrintFailure::Failed(_)) => "print-failed",
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
