//! The one form in which the API says that something was not done.
//!
//! Owns the error schema, its HTTP status and its Japanese words; docs/format-api.md is its reference.
//! Leaves deciding to `app`. What is our own failure gets an incident number here, and its causes go to the log only.

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
        let detail = ErrorDetail { code, message: message(code, None).to_owned(), ..ErrorDetail::default() };
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
        let mut failure = Self::new(status(&error), error.code());
        let detail = &mut failure.detail;
        match &error {
            Error::Denied { reason, .. } => {
                detail.reason = Some(reason);
                detail.message = message("denied", Some(reason)).to_owned();
            }
            Error::Invalid { field, problem } => {
                detail.field = Some(field);
                detail.reason = Some(problem);
                detail.message = format!("{}{}", detail.message, problem_words(problem));
            }
            Error::Refused(Refusal::Field(field)) => detail.field = Some(field),
            Error::Refused(Refusal::State(state)) => detail.reason = Some(state.id()),
            Error::ChannelDenied { statements, .. } => detail.statements.clone_from(statements),
            Error::TooLarge { limit_bytes } => detail.limit_bytes = Some(*limit_bytes),
            Error::TooMany { limit } => detail.limit = Some(*limit),
            Error::Locked { until } => failure.retry = Some(Retry::At(*until)),
            Error::Unavailable(_) => failure.retry = Some(Retry::Seconds(UNAVAILABLE_RETRY_SECONDS)),
            _ => {}
        }
        if failure.status.is_server_error() {
            failure.cause = Some(chain(&error));
        }
        failure
    }
}

/// What a failure consists of, outermost first.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
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

fn status(error: &Error) -> StatusCode {
    match error {
        Error::Denied { .. } | Error::ChannelDenied { .. } => StatusCode::FORBIDDEN,
        Error::Refused(Refusal::Field(_) | Refusal::Comment)
        | Error::Invalid { .. }
        | Error::TooMany { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Refused(_) | Error::Conflict => StatusCode::CONFLICT,
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Credentials | Error::SessionEnded => StatusCode::UNAUTHORIZED,
        Error::Locked { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
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

fn problem_words(problem: &str) -> &'static str {
    match problem {
        "empty" => "値が空です。",
        "too-long" => "長すぎます。",
        "too-short" => "短すぎます。",
        "unknown" => "そのような値はありません。",
        "not-allowed" => "ここでは使えない値です。",
        "weak" => "推測されやすい値です。",
        "taken" => "すでに使われています。",
        "same" => "前と同じ値です。",
        "mismatch" => "値が合いません。",
        "not-first" => "ファイルより前に送ってください。",
        _ => "",
    }
}

/// What, why, what to do.
fn message(code: &str, reason: Option<&str>) -> &'static str {
    match (code, reason) {
        ("denied", Some("wrong-zone")) => {
            "この系からは行えません。操作ごとに行える系が方針で決まっています。正しい系の接続口から行ってください。"
        }
        ("denied", Some("role-missing")) => {
            "この操作を行う役割がありません。行える役割は方針で決まっています。その役割の人に依頼してください。"
        }
        ("denied", Some("not-your-section")) => {
            "ほかの所属のものです。その所属の担当者だけが行えます。その所属に依頼してください。"
        }
        ("denied", Some("own-request")) => {
            "自分の申請は判断できません。申請者と判断者は別の人と決まっています。ほかの承認者に依頼してください。"
        }
        ("denied", Some("own-account")) => {
            "自分のアカウントは管理できません。別の管理者が行うと決まっています。ほかの管理者に依頼してください。"
        }
        ("denied", Some("already-decided")) => {
            "前の段階をあなたが判断しています。段階ごとに別の人が判断します。ほかの承認者に依頼してください。"
        }
        ("denied", Some("token-scope")) => {
            "このトークンでは行えません。許可した範囲に含まれないか、画面からだけ行える操作です。範囲を選び直して作り直すか、画面から行ってください。"
        }
        ("denied", Some("second-factor-needed")) => {
            "ワンタイムコードでの確認が要ります。役割または系が二要素認証を求めています。登録してログインし直してください。"
        }
        ("denied", Some("read-only")) => {
            "閲覧だけができる役割です。監査人は変更を行えません。担当の所属に依頼してください。"
        }
        ("denied", Some("account-disabled")) => {
            "このアカウントは停止されています。管理者が利用を止めています。情報システム担当に連絡してください。"
        }
        ("denied", _) => {
            "この操作は認められていません。行える人と場所は方針で決まっています。必要なときは所属の情報セキュリティ管理者に相談してください。"
        }
        ("unauthorised", _) => {
            "認証されていません。トークンまたはセッションがないか、この系のものではありません。この系のものを付けてください。"
        }
        ("session-ended", _) => {
            "ログインが終わっています。時間が過ぎたか、ログアウトしました。もう一度ログインしてください。"
        }
        ("credentials", _) => {
            "確認できませんでした。ログインID、パスワード、コードのいずれかが違います。入力を確かめてください。"
        }
        ("locked", _) => {
            "しばらく受け付けません。続けて間違えたため止めています。Retry-Afterの時刻を過ぎてから試してください。"
        }
        ("code-needed", _) => {
            "ワンタイムコードがまだです。パスワードの次にコードの確認が要ります。/session/codeへ送ってください。"
        }
        ("password-change-needed", _) => {
            "パスワードの変更が先に要ります。最初のパスワードのままです。/me/passwordで変更してください。"
        }
        ("not-found", _) => {
            "見つかりません。存在しないか、あなたがこの系で見られる範囲にありません。番号とアドレスを確かめてください。"
        }
        ("malformed", _) => {
            "要求を読み取れません。書式が仕様と違います。openapi.jsonの定義に合わせてください。"
        }
        ("media-type", _) => {
            "本文の種類が違います。JSONの要求にはContent-Type: application/jsonが要ります。ヘッダを直してください。"
        }
        ("method-not-allowed", _) => {
            "この方法では呼べません。アドレスに対するメソッドが違います。openapi.jsonで確かめてください。"
        }
        ("interrupted", _) => {
            "受信が途中で終わりました。接続が切れたか、本文の区切りが壊れています。何も提出されていません。もう一度送ってください。"
        }
        ("invalid", _) => {
            "入力を受け付けられません。決められた範囲を外れた項目があります。fieldの項目を直してください。"
        }
        ("field", _) => {
            "入力を受け付けられません。長さまたは数が範囲を外れた項目があります。fieldの項目を直してください。"
        }
        ("channel-denied", _) => {
            "この通信路は通れません。方針が通過を認めていません。statementsの条項を確かめ、必要なら情報システム管理者に相談してください。"
        }
        ("too-large", _) => "大きすぎます。上限はlimit_bytesバイトです。分けるか小さくしてください。",
        ("too-many", _) => "数が多すぎます。上限はlimit個です。分けて送ってください。",
        ("too-many-streams", _) => {
            "同時に開けるイベントの数を超えました。1人limit本までです。使っていないものを閉じてください。"
        }
        ("conflict", _) => {
            "ほかの操作と重なりました。先に変更されたため、行っていません。読み直してからもう一度行ってください。"
        }
        ("content-changed", _) => {
            "見た内容と違います。表示の後に内容が変わりました。読み直し、確かめてから判断してください。"
        }
        ("refused-state", _) => {
            "いまの状態では行えません。ほかの操作や期限で状態が変わっています。読み直してください。"
        }
        ("own-request", _) => message("denied", Some("own-request")),
        ("same-person", _) => message("denied", Some("already-decided")),
        ("no-deputy", _) => {
            "代決はできません。この段階に代決者が決められていません。本来の承認者に依頼してください。"
        }
        ("comment-needed", _) => {
            "コメントを受け付けられません。差戻しと否認には理由が要り、長さに上限があります。commentを直してください。"
        }
        ("file-state", _) => {
            "このファイルには行えません。ファイルがないか、保留ではありません。授受を読み直してください。"
        }
        ("not-recipient", _) => {
            "受取人ではありません。宛先に選ばれた人だけが受け取れます。送った人に確かめてください。"
        }
        ("overdue", _) => "期限を過ぎています。決められた期間が終わりました。必要なら新しく送ってください。",
        ("unavailable", _) => {
            "いま使えません。データベースにつながりません。Retry-Afterの秒数を待って試してください。"
        }
        ("storage-full", _) => {
            "保存できません。サーバの空き容量がありません。incidentの番号を情報システム担当に知らせてください。"
        }
        _ => {
            "内部の誤りです。安全のため処理を止めました。incidentの番号を情報システム担当に知らせてください。"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_words_of_its_own() {
        let internal = message("internal", None);
        for code in Error::CODES.iter().chain(&OWN_CODES).filter(|c| **c != "internal") {
            assert_ne!(message(code, None), internal, "{code}");
            assert!(message(code, None).matches('。').count() >= 3, "{code} says what, why, what to do");
        }
    }

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
