//! The way in: who stands at this listener, and what every answer carries.
//!
//! Owns the session cookie, the extractor [`Signed`] and the headers of answers.
//! Leaves proving identity to `app`. The zone comes from the listener, never from the request.

use std::net::SocketAddr;

use app::{
    Error,
    actor::{Actor, Door},
};
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;

use crate::{screens::view::query_part, site::Site};

/// Someone who is logged in and has nothing to settle first. Others are sent where they can settle it.
pub(crate) struct Signed {
    pub(crate) actor: Actor,
    pub(crate) secret: String,
}

/// Someone with a session, whatever is still to be settled.
pub(crate) struct Arriving {
    pub(crate) actor: Actor,
    pub(crate) secret: String,
}

impl Site {
    pub(crate) fn door(&self, parts: &Parts) -> Door {
        let address = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or_else(|| "unknown".to_owned(), |ConnectInfo(peer)| peer.ip().to_string());
        Door { zone: self.setting().zone.clone(), address }
    }

    fn cookie_name(&self) -> String {
        format!("sekisho-{}", self.setting().zone)
    }

    /// The `Set-Cookie` value that opens a session in the browser; without a secret it ends one.
    pub(crate) fn cookie(&self, secret: Option<&str>) -> Option<HeaderValue> {
        let secure = if self.setting().tls { "; Secure" } else { "" };
        let end = if secret.is_none() { "; Max-Age=0" } else { "" };
        HeaderValue::from_str(&format!(
            "{}={}; Path=/; HttpOnly; SameSite=Strict{secure}{end}",
            self.cookie_name(),
            secret.unwrap_or_default()
        ))
        .ok()
    }

    pub(crate) fn redirect_with(&self, to: &str, secret: Option<&str>) -> Response {
        let mut answer = Redirect::to(to).into_response();
        if let Some(cookie) = self.cookie(secret) {
            answer.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        answer
    }
}

/// A path of this server that a redirect may go to; anything else becomes the home page.
pub(crate) fn safe_next(next: &str) -> &str {
    let own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.starts_with("/login")
        && !next.starts_with("/logout")
        && next.len() <= 1_000
        && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if own { next } else { "/" }
}

async fn arrive(parts: &Parts, site: &Site) -> Result<Arriving, Response> {
    // After an interrupted GET the person comes back to the same page; an interrupted POST cannot be repeated.
    let wanted = if parts.method == Method::GET {
        parts.uri.path_and_query().map_or("/", |p| p.as_str())
    } else {
        "/"
    };
    let to_login = || Redirect::to(&format!("/login?next={}", query_part(safe_next(wanted)))).into_response();
    let jar = CookieJar::from_headers(&parts.headers);
    let secret = jar.get(&site.cookie_name()).map(|c| c.value().to_owned()).ok_or_else(to_login)?;
    match site.app().resume(&site.door(parts), &secret).await {
        Ok(actor) => Ok(Arriving { actor, secret }),
        Err(Error::SessionEnded) => Err(to_login()),
        Err(error) => Err(site.fail(None, &error)),
    }
}

impl FromRequestParts<Site> for Arriving {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        arrive(parts, site).await
    }
}

impl FromRequestParts<Site> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let Arriving { actor, secret } = arrive(parts, site).await?;
        if actor.awaits_code() {
            return Err(Redirect::to("/login/code").into_response());
        }
        if actor.must_change_password() {
            return Err(Redirect::to("/account/password").into_response());
        }
        Ok(Self { actor, secret })
    }
}

/// A change was asked for by a page of another site.
#[derive(Debug, thiserror::Error)]
#[error("a request that changes something came from another site")]
struct FromElsewhere;

/// Refuses changes that a page of another site asked for. Browsers say where a request comes from; whoever says
/// nothing is no browser, holds no cookie of a person and is let through to be asked who he is.
pub(crate) async fn same_site(State(site): State<Site>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) && !is_same_site(request.headers()) {
        let words = crate::words::error("cross-site").unwrap_or(crate::words::DENIED);
        return site.fail_as(None, StatusCode::FORBIDDEN, words, &FromElsewhere);
    }
    next.run(request).await
}

pub(crate) fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    // Over plain HTTP to an address browsers leave Sec-Fetch-Site out: then Origin must name this very host.
    match (text("origin"), text("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (Some(_), None) => false,
    }
}

/// Puts the door into a request for the API, which does not know listeners.
pub(crate) async fn stand(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let door = site.door(&parts);
    let mut request = Request::from_parts(parts, body);
    request.extensions_mut().insert(door);
    next.run(request).await
}

/// Headers of every answer. Pages are never kept by a cache: the next person at the same machine must not see them.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    // What a browser only saves says more strictly what it may do.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_from_our_own_pages() {
        for (fields, ours) in [
            (&[("sec-fetch-site", "same-origin"), ("origin", "http://elsewhere")][..], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://city:8080"), ("host", "city:8080")], true),
            (&[("origin", "http://city:8081"), ("host", "city:8080")], false),
            (&[("origin", "null"), ("host", "city:8080")], false),
            (&[("host", "city:8080")], true),
        ] {
            let headers: HeaderMap = fields
                .iter()
                .map(|(n, v)| (n.parse::<header::HeaderName>().unwrap(), HeaderValue::from_static(v)))
                .collect();
            assert_eq!(is_same_site(&headers), ours, "{fields:?}");
        }
    }

    #[test]
    fn a_redirect_never_leaves_this_server() {
        for (next, goes) in [
            ("/transfers/1?x=2", "/transfers/1?x=2"),
            ("//elsewhere", "/"),
            ("https://elsewhere", "/"),
            ("/\\elsewhere", "/"),
            ("/login?next=/login", "/"),
            ("/logout", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("", "/"),
        ] {
            assert_eq!(safe_next(next), goes, "{next}");
        }
    }
}
