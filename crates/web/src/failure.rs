//! What a failure of a use case is to whoever asked: the one table of statuses and words for screens and API.
//!
//! Owns the HTTP status, the words and the chain of causes. Leaves the catalogue itself to [`crate::words`], the error
//! page to [`crate::site`], the error body to [`crate::api`]. docs/format-api.md lists the statuses for programs.

use app::{Error, imports::ImportRefusal, printing::PrintFailure};
use axum::http::StatusCode;
use workflow::{duty, register, request, route, training, transfer::Refusal};

use crate::words::{self, Trouble};

/// The status of a failure.
pub(crate) fn status(error: &Error) -> StatusCode {
    match error {
        Error::Denied { .. } | Error::ChannelDenied { .. } => StatusCode::FORBIDDEN,
        Error::Refused(Refusal::Field(_) | Refusal::Comment | Refusal::NotVouched(_) | Refusal::Note(_))
        | Error::RequestRefused(
            request::Refusal::Field(_)
            | request::Refusal::Reason
            | request::Refusal::Approval(route::Refusal::Comment),
        )
        | Error::Duty(
            duty::Refusal::Comment | duty::Refusal::TooEarly | duty::Refusal::Future | duty::Refusal::TooMuch,
        )
        | Error::Course(training::Refusal::Unanswered(_))
        | Error::Form(_)
        | Error::Register(register::Refusal::Same | register::Refusal::Reason)
        | Error::Invalid { .. }
        | Error::CannotRun(_)
        | Error::TooMany { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Refused(_)
        | Error::RequestRefused(_)
        | Error::Duty(_)
        | Error::Course(_)
        | Error::Register(_)
        | Error::Record(_)
        | Error::FormChanged
        | Error::Conflict
        | Error::NoApprover { .. }
        | Error::Edition(_)
        | Error::Roster(_)
        | Error::InUse(_)
        | Error::BrokenText(_)
        | Error::NotPublic(_) => StatusCode::CONFLICT,
        Error::Import(
            ImportRefusal::Closed
            | ImportRefusal::Undecided(_)
            | ImportRefusal::NotConfirmed
            | ImportRefusal::NothingToUndo,
        ) => StatusCode::CONFLICT,
        Error::Import(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Credentials | Error::SessionEnded => StatusCode::UNAUTHORIZED,
        Error::Locked { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Print(PrintFailure::TooLarge) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Print(PrintFailure::NotInstalled | PrintFailure::TooLong) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Print(PrintFailure::Template(_) | PrintFailure::Failed(_)) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The words of a failure.
pub(crate) fn trouble(error: &Error) -> Trouble {
    match error {
        Error::Denied { reason, .. } => words::denial(reason).unwrap_or(words::DENIED),
        Error::Refused(refusal) => words::refusal(refusal),
        Error::RequestRefused(refusal) => words::requests::refusal(refusal),
        Error::Import(refusal) => words::imports::refusal(*refusal),
        other => words::error(other.code()).unwrap_or(words::INTERNAL),
    }
}

/// What a failure consists of, outermost first: for the log, never for an answer.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
