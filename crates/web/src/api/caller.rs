//! Who calls: the extractors that every endpoint starts with, and reading what came with the call.
//!
//! Owns [`Caller`] (somebody who may act), [`Anyone`] (somebody who logged in but has something to do first), and the
//! bounded readers of bodies and queries. Leaves proving identity to `app`; the [`Door`] is put into the request by the
//! listener, so nothing in the request can choose its zone.

use app::{
    Error,
    actor::{Actor, Door},
};
use axum::{
    Extension, Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{header, request::Parts},
};
use axum_extra::extract::CookieJar;
use serde::de::DeserializeOwned;

use super::{Api, errors::Failure};

/// Somebody whose identity was proven and who may act.
pub(crate) struct Caller(pub(crate) Actor);

/// Somebody whose password was right; a code or a new password may still be missing.
pub(crate) struct Anyone {
    pub(crate) actor: Actor,
    /// The session's secret; empty for tokens, which have none, so that nothing is found under it.
    pub(crate) secret: String,
}

/// The door the request came in by, and the session's secret if it has one: for endpoints that open sessions.
pub(crate) struct Visitor {
    pub(crate) door: Door,
    pub(crate) secret: Option<String>,
}

impl FromRequestParts<Api> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _api: &Api) -> Result<Self, Failure> {
        let Extension(door) = Extension::<Door>::from_request_parts(parts, &())
            .await
            .map_err(|_| Error::Internal("the listener did not say which zone it is".to_owned()))?;
        let name = cookie_name(&door);
        let secret = CookieJar::from_headers(&parts.headers).get(&name).map(|c| c.value().to_owned());
        Ok(Self { door, secret })
    }
}

/// The name of a session's cookie. One for each zone: the listeners of a machine share its cookies.
pub(crate) fn cookie_name(door: &Door) -> String {
    format!("sekisho-{}", door.zone)
}

impl FromRequestParts<Api> for Anyone {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let Visitor { door, secret } = Visitor::from_request_parts(parts, api).await?;
        let ended = |error: Error| match error {
            Error::SessionEnded => Failure::unauthorised(),
            other => other.into(),
        };
        // A header that is there decides, also when it is wrong: falling back to a cookie would hide the mistake.
        if let Some(authorization) = parts.headers.get(header::AUTHORIZATION) {
            let token = authorization.to_str().ok().and_then(bearer).ok_or_else(Failure::unauthorised)?;
            let actor = api.app().resume_token(&door, token).await.map_err(ended)?;
            return Ok(Self { actor, secret: String::new() });
        }
        let secret = secret.ok_or_else(Failure::unauthorised)?;
        let actor = api.app().resume(&door, &secret).await.map_err(ended)?;
        Ok(Self { actor, secret })
    }
}

/// Longest token that is looked at.
const TOKEN_BYTES_MAX: usize = 512;

/// The token of a header `Bearer …` (RFC 6750; the word in any case).
fn bearer(untrusted: &str) -> Option<&str> {
    let (scheme, token) = untrusted.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= TOKEN_BYTES_MAX)
        .then_some(token)
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let Anyone { actor, .. } = Anyone::from_request_parts(parts, api).await?;
        if actor.awaits_code() {
            return Err(Failure::code_needed());
        }
        if actor.must_change_password() {
            return Err(Failure::password_change_needed());
        }
        Ok(Self(actor))
    }
}

/// A JSON body of the bounded size that the router sets.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let Json(value) = Json::<T>::from_request(request, api).await?;
        Ok(Self(value))
    }
}

/// The query of the address.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let Query(value) = Query::<T>::from_request_parts(parts, api)
            .await
            .map_err(|rejection| Failure::malformed(&rejection.body_text()))?;
        Ok(Self(value))
    }
}

/// The parts of the address that name things.
pub(crate) struct Named<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Named<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        // What is no text names nothing.
        let Path(value) =
            Path::<T>::from_request_parts(parts, api).await.map_err(|_| Failure::from(Error::NotFound))?;
        Ok(Self(value))
    }
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn a_bearer_header_is_read_strictly() {
        let long = format!("Bearer {}", "x".repeat(513));
        for (header, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("Bearer  abc", Some("abc")),
            ("Bearer ", None),
            ("Bearer", None),
            ("Basic abc", None),
            ("", None),
            (long.as_str(), None),
        ] {
            assert_eq!(bearer(header), expected, "{header}");
        }
    }
}
