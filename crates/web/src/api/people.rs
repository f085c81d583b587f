//! People: accounts and posts, as an administrator handles them.
//!
//! Owns the shapes. Leaves who may do it and what follows to `app::people`.

use app::people::NewPerson;
use axum::{Json, extract::State, http::StatusCode};
use workflow::id::{SectionId, UserId};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    cursor,
    dto::{
        EnabledForm, FirstPassword, PeopleList, PeopleQuery, PersonForm, PersonMade, PersonView, PostForm,
        search_text,
    },
    errors::Failure,
};

/// Most people of one page, as `app` has it.
const ROWS_MAX: u32 = 100;

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<PeopleQuery>,
) -> Result<Json<PeopleList>, Failure> {
    let after = cursor::read_user(query.after.as_deref())?;
    let limit = cursor::limit(query.limit, ROWS_MAX);
    let people = api.app().people(&actor, search_text(query.text.as_deref())?, after.as_ref(), limit).await?;
    let full = u32::try_from(people.len()).is_ok_and(|n| n >= limit);
    let next = people.last().filter(|_| full).map(|p| cursor::user_text(&p.user.id));
    Ok(Json(PeopleList { rows: people.into_iter().map(Into::into).collect(), next }))
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<PersonView>, Failure> {
    Ok(Json(api.app().person(&actor, &UserId::new(id)).await?.into()))
}

pub(crate) async fn add(
    State(api): State<Api>,
    Caller(actor): Caller,
    Body(form): Body<PersonForm>,
) -> Result<(StatusCode, Json<PersonMade>), Failure> {
    let new = NewPerson {
        login: form.login,
        name: form.name,
        kana: form.kana,
        section: SectionId::new(form.section),
    };
    let (id, first_password) = api.app().add_person(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(PersonMade { id: id.to_string(), first_password })))
}

pub(crate) async fn set_enabled(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<EnabledForm>,
) -> Result<StatusCode, Failure> {
    api.app().set_enabled(&actor, &UserId::new(id), form.enabled).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn reset_password(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<FirstPassword>, Failure> {
    let first_password = api.app().reset_password(&actor, &UserId::new(id)).await?;
    Ok(Json(FirstPassword { first_password }))
}

pub(crate) async fn reset_factor(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().reset_second_factor(&actor, &UserId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn give_post(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<PostForm>,
) -> Result<StatusCode, Failure> {
    api.app().give_post(&actor, &UserId::new(id), &form.post, form.unit.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn end_post(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Params(form): Params<PostForm>,
) -> Result<StatusCode, Failure> {
    api.app().end_post(&actor, &UserId::new(id), &form.post, form.unit.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
