//! What people do with their own account: password, second factor, tokens, absences.
//!
//! Owns the shapes of requests and answers. Leaves the rules to `app::accounts`.

use axum::{Json, extract::State, http::StatusCode};
use workflow::id::TokenId;

use super::{
    Api,
    caller::{Anyone, Body, Caller, Named},
    dto::{
        AbsenceForm, AbsenceList, EnrolmentForm, EnrolmentView, Me, PasswordForm, TokenForm, TokenList,
        TokenMade, moment,
    },
    errors::Failure,
};

pub(crate) async fn me(State(api): State<Api>, anyone: Anyone) -> Json<Me> {
    Json(Me::new(&api.app(), &anyone.actor))
}

pub(crate) async fn change_password(
    State(api): State<Api>,
    anyone: Anyone,
    Body(form): Body<PasswordForm>,
) -> Result<StatusCode, Failure> {
    api.app().change_password(&anyone.actor, &anyone.secret, &form.old, &form.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn begin_factor(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<EnrolmentView>, Failure> {
    Ok(Json(api.app().begin_second_factor(&actor).await?.into()))
}

pub(crate) async fn confirm_factor(
    State(api): State<Api>,
    anyone: Anyone,
    Body(form): Body<EnrolmentForm>,
) -> Result<StatusCode, Failure> {
    if anyone.actor.must_change_password() {
        return Err(Failure::password_change_needed());
    }
    api.app().confirm_second_factor(&anyone.actor, &anyone.secret, &form.sealed, &form.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn tokens(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<TokenList>, Failure> {
    let tokens = api.app().tokens(&actor).await?.into_iter().map(Into::into).collect();
    Ok(Json(TokenList { tokens }))
}

pub(crate) async fn make_token(
    State(api): State<Api>,
    Caller(actor): Caller,
    Body(form): Body<TokenForm>,
) -> Result<(StatusCode, Json<TokenMade>), Failure> {
    /// More than there are scopes: who sends more repeats some.
    const SCOPES_MAX: usize = 20;
    if form.scopes.len() > SCOPES_MAX {
        return Err(Failure::invalid("scopes", "not-allowed"));
    }
    let (token, secret) = api.app().create_token(&actor, &form.name, &form.scopes, form.days).await?;
    Ok((StatusCode::CREATED, Json(TokenMade { token: token.into(), secret })))
}

pub(crate) async fn revoke_token(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().revoke_token(&actor, &TokenId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn absences(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<AbsenceList>, Failure> {
    let absences = api.app().absences(&actor).await?.into_iter().map(Into::into).collect();
    Ok(Json(AbsenceList { absences }))
}

pub(crate) async fn set_absence(
    State(api): State<Api>,
    Caller(actor): Caller,
    Body(form): Body<AbsenceForm>,
) -> Result<StatusCode, Failure> {
    let (from, until) = (moment("from", &form.from)?, moment("until", &form.until)?);
    api.app().set_absence(&actor, from, until, &form.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn end_absence(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().end_absence(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
