//! The one form in which the API says that something was not done.
//!
//! Owns the error schema; docs/format-api.md is its reference. Leaves deciding to `app`, status and words to
//! [`crate::failure`]. What is our own failure gets an incident number here, and its causes go to the log only.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use app::{App, Error};
use axum::{
    Json,
    extract::{Request, State, rejection::JsonRejection},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use workflow::{Millis, transfer::Refusal};

use crate::{failure, words};

/// Every error of the API has this body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// What went wrong.
    pub(crate) error: ErrorDetail,
}

/// What went wrong. Programs decide by `code`, people read `message`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ErrorDetail {
    /// A stable word.
    #[schema(value_type = String)]
    pub(crate) code: &'static str,
    /// In Japanese: what happened, why, what to do.
    pub(crate) message: String,
    /// Which field of the request, if one is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) field: Option<&'static str>,
    /// A stable word that says more: why the rights refuse, or what is wrong with the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) reason: Option<&'static str>,
    /// For programmers, in English: where a body could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// The limit in bytes that was passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit_bytes: Option<u64>,
    /// The limit in number that was passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<u32>,
    /// The statements of the policy that close the channel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) statements: Vec<String>,
    /// The number under which our own failure stands in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) incident: Option<String>,
}

/// What every handler gives back when it did not do it.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    detail: Box<ErrorDetail>,
    retry: Option<Retry>,
    /// For the log; never for the answer.
    cause: Option<String>,
}

/// When it is worth trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    Seconds(u32),
    At(Millis),
}

/// Codes that the API has besides those of `app`.
#[cfg(test)]
pub(crate) const OWN_CODES: [&str; 8] = [
    "unauthorised",
    "code-needed",
    "password-change-needed",
    "malformed",
    "media-type",
    "method-not-allowed",
    "too-many-streams",
    "interrupted",
];

/// Longest explanation for programmers, in characters: what the parser says may quote what was sent.
const DETAIL_CHARS_MAX: usize = 300;
const UNAVAILABLE_RETRY_SECONDS: u32 = 10;

impl Failure {
    fn new(status: StatusCode, code: &'static str) -> Self {
        let message = words::error(code).unwrap_or(words::INTERNAL).line();
        let detail = ErrorDetail { code, message, ..ErrorDetail::default() };
        Self { status, detail: Box::new(detail), retry: None, cause: None }
    }

    /// Nobody is logged in, or the session, token or zone does not fit.
    pub(crate) fn unauthorised() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised")
    }

    /// The one-time code of this session is still to come.
    pub(crate) fn code_needed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "code-needed")
    }

    /// A new password must be set before anything else.
    pub(crate) fn password_change_needed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "password-change-needed")
    }

    /// The request cannot be understood.
    pub(crate) fn malformed(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed").saying(detail)
    }

    /// The body is of another type.
    pub(crate) fn media_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type")
    }

    /// The address exists, but not with this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed")
    }

    /// The person has as many open event streams as are allowed.
    pub(crate) fn too_many_streams(limit: u32) -> Self {
        let mut failure = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-streams");
        failure.detail.limit = Some(limit);
        failure.retry = Some(Retry::Seconds(UNAVAILABLE_RETRY_SECONDS));
        failure
    }

    /// The connection ended in the middle of a body.
    pub(crate) fn interrupted() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "interrupted")
    }

    /// A body other than a file is larger than this.
    pub(crate) fn body_too_large(limit_bytes: u64) -> Self {
        Error::TooLarge { limit_bytes }.into()
    }

    /// A field cannot be taken.
    pub(crate) fn invalid(field: &'static str, problem: &'static str) -> Self {
        Error::Invalid { field, problem }.into()
    }

    fn saying(mut self, detail: &str) -> Self {
        self.detail.detail = Some(detail.chars().take(DETAIL_CHARS_MAX).collect());
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut failure = Self::new(failure::status(&error), error.code());
        let detail = &mut failure.detail;
        detail.message = failure::trouble(&error).line();
        match &error {
            Error::Denied { reason, .. } => {
                detail.reason = Some(reason);
            }
            Error::Invalid { field, problem } => {
                detail.field = Some(field);
                detail.reason = Some(problem);
                detail.message = format!("{}{}", detail.message, words::problem(problem));
            }
            Error::Form(problems) => {
                let all = problems.iter().map(|p| format!("{}: {}", p.title, words::requests::problem(p)));
                detail.message = format!("{}{}", detail.message, all.collect::<Vec<_>>().join(" "));
                let codes = problems.iter().map(|p| format!("{}: {}", p.field, p.problem));
                detail.detail = Some(codes.collect::<Vec<_>>().join(", "));
            }
            Error::InUse(taken) => {
                detail.message = format!("{}{}", detail.message, words::editions::all_in_use(taken));
                detail.reason = taken.first().map(app::editions::in_use::InUse::id);
            }
            Error::RequestRefused(workflow::request::Refusal::State(state)) => {
                detail.reason = Some(state.id())
            }
            Error::Refused(Refusal::Field(field)) => detail.field = Some(field),
            Error::Refused(Refusal::NotInspected(file) | Refusal::NotVouched(file) | Refusal::Note(file)) => {
                detail.field = Some("vouches");
                detail.detail = Some(format!("file {file}"));
            }
            Error::Import(refusal) => detail.reason = Some(refusal.id()),
            Error::Refused(Refusal::State(state)) => detail.reason = Some(state.id()),
            Error::ChannelDenied { statements, .. } => detail.statements.clone_from(statements),
            Error::TooLarge { limit_bytes } => detail.limit_bytes = Some(*limit_bytes),
            Error::TooMany { limit } => detail.limit = Some(*limit),
            Error::Locked { until } => failure.retry = Some(Retry::At(*until)),
            Error::Unavailable(_) => failure.retry = Some(Retry::Seconds(UNAVAILABLE_RETRY_SECONDS)),
            _ => {}
        }
        if failure.status.is_server_error() {
            failure.cause = Some(failure::chain(&error));
        }
        failure
    }
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::body_too_large(u64::try_from(super::BODY_BYTES_MAX).unwrap_or(u64::MAX))
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::media_type(),
            // Read, but not of the form: an unknown field, a missing one, a wrong type.
            StatusCode::UNPROCESSABLE_ENTITY => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "malformed").saying(&rejection.body_text())
            }
            _ => Self::malformed(&rejection.body_text()),
        }
    }
}

/// What the last layer needs to number a failure of ours.
#[derive(Debug, Clone)]
struct Unnumbered(Arc<str>, Box<ErrorDetail>);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self { status, detail, retry, cause } = self;
        let unnumbered = cause.map(|cause| Unnumbered(cause.into(), detail.clone()));
        let mut response = (status, Json(ErrorBody { error: *detail })).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"sekisho\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        let after = retry.and_then(|retry| match retry {
            Retry::Seconds(seconds) => Some(HeaderValue::from(seconds)),
            Retry::At(at) => http_date(at),
        });
        if let Some(after) = after {
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        if let Some(unnumbered) = unnumbered {
            response.extensions_mut().insert(unnumbered);
        }
        response
    }
}

/// A moment as HTTP writes it (RFC 9110, section 5.6.7).
fn http_date(at: Millis) -> Option<HeaderValue> {
    let utc = jiff::Timestamp::from_millisecond(at).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    HeaderValue::from_str(&utc.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

/// The last layer: numbers our own failures, logs their causes, and lets nothing be cached that says no otherwise.
pub(crate) async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    static INCIDENTS: AtomicU64 = AtomicU64::new(1);
    let mut response = next.run(request).await;
    if let Some(Unnumbered(cause, mut detail)) = response.extensions_mut().remove::<Unnumbered>() {
        // Unique within one run of the program; the time in front tells runs apart.
        let number = INCIDENTS.fetch_add(1, Ordering::Relaxed);
        let incident = format!("{}-{number}", app.now() / 1_000);
        tracing::error!(%incident, %cause, code = detail.code, "a request of the API failed");
        detail.incident = Some(incident);
        let mut numbered = (response.status(), Json(ErrorBody { error: *detail })).into_response();
        if let Some(after) = response.headers_mut().remove(header::RETRY_AFTER) {
            numbered.headers_mut().insert(header::RETRY_AFTER, after);
        }
        response = numbered;
    }
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_the_status_that_programs_expect() {
        let cases = [
            (Error::Denied { action: "x", reason: "wrong-zone" }, 403),
            (Error::NotFound, 404),
            (Error::Invalid { field: "days", problem: "unknown" }, 422),
            (Error::Conflict, 409),
            (Error::Refused(Refusal::ContentChanged), 409),
            (Error::Refused(Refusal::Comment), 422),
            (Error::Locked { until: 0 }, 429),
            (Error::TooLarge { limit_bytes: 1 }, 413),
            (Error::Unavailable("away".into()), 503),
            (Error::StorageFull, 507),
            (Error::Internal("secret of ours".into()), 500),
        ];
        for (error, expected) in cases {
            let code = error.code();
            let response = Failure::from(error).into_response();
            assert_eq!(response.status().as_u16(), expected, "{code}");
            let retries = response.headers().contains_key(header::RETRY_AFTER);
            assert_eq!(retries, matches!(expected, 429 | 503), "{code}");
        }
    }

    #[test]
    fn our_own_failures_say_nothing_of_their_cause() {
        let failure = Failure::from(Error::Internal("secret of ours".into()));
        assert!(!format!("{:?}", failure.detail).contains("secret"));
        assert_eq!(failure.cause.as_deref(), Some("internal failure: secret of ours"));
    }

    #[test]
    fn a_moment_is_written_as_http_does() {
        assert_eq!(http_date(784_111_777_000).unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
