//! Sessions: opening one with a password, proving its second factor, ending it.
//!
//! Owns the cookie that carries a session's secret. Leaves checking passwords and codes to `app::accounts`.

use app::{Error, actor::Door};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    Api,
    caller::{Anyone, Body, Visitor, cookie_name},
    dto::{CodeForm, LoginForm, SessionState},
    errors::Failure,
};

pub(crate) async fn log_in(
    State(api): State<Api>,
    visitor: Visitor,
    Body(form): Body<LoginForm>,
) -> Result<Response, Failure> {
    let login = api.app().login(&visitor.door, &form.login, &form.password).await?;
    let state = SessionState {
        zone: visitor.door.zone.to_string(),
        needs_code: login.needs_code,
        must_change_password: login.must_change_password,
    };
    Ok((cookie(&api, &visitor.door, Some(&login.secret))?, Json(state)).into_response())
}

pub(crate) async fn prove(
    State(api): State<Api>,
    anyone: Anyone,
    Body(form): Body<CodeForm>,
) -> Result<Response, Failure> {
    let door = anyone.actor.door();
    let fresh = api.app().second_factor(door, &anyone.secret, &form.code).await?;
    let state = SessionState {
        zone: door.zone.to_string(),
        needs_code: false,
        must_change_password: anyone.actor.must_change_password(),
    };
    Ok((cookie(&api, door, Some(&fresh))?, Json(state)).into_response())
}

pub(crate) async fn log_out(State(api): State<Api>, anyone: Anyone) -> Result<Response, Failure> {
    if anyone.actor.via_token() {
        // A token is taken back, not logged out.
        return Err(Error::Denied { action: "log-out", reason: "token-scope" }.into());
    }
    api.app().logout(&anyone.actor, &anyone.secret).await?;
    Ok((StatusCode::NO_CONTENT, cookie(&api, anyone.actor.door(), None)?).into_response())
}

/// The header that gives the browser a session's secret, or takes it away. Scripts cannot read it, and other sites
/// cannot make the browser send it.
fn cookie(
    api: &Api,
    door: &Door,
    secret: Option<&str>,
) -> Result<[(header::HeaderName, HeaderValue); 1], Failure> {
    let secure = if api.tls { "; Secure" } else { "" };
    let end = if secret.is_none() { "; Max-Age=0" } else { "" };
    let name = cookie_name(door);
    let text =
        format!("{name}={}; Path=/; HttpOnly; SameSite=Strict{secure}{end}", secret.unwrap_or_default());
    let value = HeaderValue::from_str(&text).map_err(|e| Error::Internal(format!("session cookie: {e}")))?;
    Ok([(header::SET_COOKIE, value)])
}
