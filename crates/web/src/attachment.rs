//! An answer of bytes that a browser must save and never show: clean files, and originals that somebody inspects.
//!
//! Owns its headers, and that HEAD hands nothing over. Leaves what may be taken, and that it is evidence, to `app`.

use app::{Error, downloads::Download};
use axum::{
    body::Body,
    handler::Handler,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use tokio_util::io::ReaderStream;

/// The answer that hands a file over under this name.
///
/// # Errors
/// [`Error::Internal`] when a header cannot be written, which no name causes.
pub(crate) fn answer(download: Download, untrusted_name: &str) -> app::Result<Response> {
    let unfit = |e: &dyn std::fmt::Display| Error::Internal(format!("download: {e}"));
    let disposition = HeaderValue::from_str(&disposition(untrusted_name)).map_err(|e| unfit(&e))?;
    let tag = HeaderValue::from_str(&format!("\"sha256-{}\"", download.sha256)).map_err(|e| unfit(&e))?;
    let headers = [
        // Never a type that a browser would open by itself: the file is saved and opened by its own program.
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (header::CONTENT_LENGTH, HeaderValue::from(download.bytes)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::ETAG, tag),
    ];
    // A damaged file ends the stream with an error before its length is reached, which every client notices.
    Ok((headers, Body::from_stream(ReaderStream::new(download.reader))).into_response())
}

/// The same for a file that carries its own name, or what kept it from being opened.
///
/// # Errors
/// As it was opened, and as [`answer`].
pub(crate) fn opened(download: app::Result<Download>) -> app::Result<Response> {
    let download = download?;
    let untrusted_name = download.name.clone();
    answer(download, &untrusted_name)
}

/// A page that hands something over, where that is evidence: only GET does, for headers alone take nothing.
pub(crate) fn taking<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    only_taken(get(handler))
}

/// The same for an address that answers GET already.
pub(crate) fn only_taken<S>(handed: MethodRouter<S>) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    // Without this HEAD would run what GET does.
    handed.head(not_by_headers)
}

async fn not_by_headers() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response()
}

/// RFC 6266: the name in UTF-8, percent-encoded as RFC 8187 says; an ASCII name for those who cannot read that.
pub(crate) fn disposition(untrusted_name: &str) -> String {
    let mut encoded = String::new();
    for byte in untrusted_name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    // Some programs take this one even where they could read the other, so it says what it can.
    let is_plain = |text: &str| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || b" -._()".contains(&b)) && !text.starts_with('.')
    };
    let ending = untrusted_name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let fallback = if is_plain(untrusted_name) && !untrusted_name.is_empty() {
        untrusted_name.to_owned()
    } else if (1..=10).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric()) {
        format!("download.{ending}")
    } else {
        "download".to_owned()
    };
    format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::disposition;

    #[test]
    fn names_are_written_for_old_and_new_readers() {
        for (name, expected) in [
            ("a.docx", "attachment; filename=\"a.docx\"; filename*=UTF-8''a.docx"),
            (".x", "attachment; filename=\"download.x\"; filename*=UTF-8''.x"),
            ("a (2).pdf", "attachment; filename=\"a (2).pdf\"; filename*=UTF-8''a%20%282%29.pdf"),
            ("税.pdf", "attachment; filename=\"download.pdf\"; filename*=UTF-8''%E7%A8%8E.pdf"),
            ("x\"\r\n.p\"f", "attachment; filename=\"download\"; filename*=UTF-8''x%22%0D%0A.p%22f"),
            ("", "attachment; filename=\"download\"; filename*=UTF-8''"),
        ] {
            assert_eq!(disposition(name), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_name_breaks_out_of_the_header(name in ".*") {
            let header = disposition(&name);
            prop_assert!(header.bytes().all(|b| b.is_ascii_graphic() || b == b' '));
            prop_assert_eq!(header.matches('"').count(), 2);
        }
    }
}
