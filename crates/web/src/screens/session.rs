//! Login, the one-time code, logout.

use app::Error;
use axum::{
    Form,
    extract::{Query, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::Mechanism;

use super::{Pairs, one, view};
use crate::{
    door::{Arriving, Signed, safe_next},
    failure::trouble,
    site::{Site, render, when},
};

pub(crate) async fn login_page(State(site): State<Site>, Query(query): Query<Pairs>) -> Response {
    login_form(&site, safe_next(one(&query, "next")), "", one(&query, "done"), None)
}

fn login_form(site: &Site, next: &str, login: &str, done: &str, error: Option<&Error>) -> Response {
    render(&view::LoginPage {
        frame: site.frame(None, "ログイン", "", &[Mechanism::Login, Mechanism::SessionZone], done),
        next: next.to_owned(),
        login: login.to_owned(),
        trouble: error.map(trouble),
        locked_until: match error {
            Some(Error::Locked { until }) => Some(when(*until)),
            _ => None,
        },
    })
}

pub(crate) async fn login(State(site): State<Site>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let door = site.door(&parts);
    let form = match super::form_of(Request::from_parts(parts, body)).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let next = safe_next(one(&form, "next"));
    match site.app().login(&door, one(&form, "login").trim(), one(&form, "password")).await {
        Ok(login) if login.needs_code => {
            let to = format!("/login/code?next={}", view::query_part(next));
            site.redirect_with(&to, Some(&login.secret))
        }
        Ok(login) if login.must_change_password => {
            site.redirect_with("/account/password", Some(&login.secret))
        }
        Ok(login) => site.redirect_with(next, Some(&login.secret)),
        Err(error @ (Error::Credentials | Error::Locked { .. } | Error::Denied { .. })) => {
            let page = login_form(&site, next, one(&form, "login"), "", Some(&error));
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
        Err(error) => site.fail(None, &error),
    }
}

pub(crate) async fn code_page(
    State(site): State<Site>,
    at: Arriving,
    Query(query): Query<Pairs>,
) -> Response {
    if !at.actor.awaits_code() {
        return Redirect::to("/").into_response();
    }
    code_form(&site, safe_next(one(&query, "next")), None)
}

fn code_form(site: &Site, next: &str, error: Option<&Error>) -> Response {
    render(&view::CodePage {
        frame: site.frame(None, "ワンタイムコードの確認", "", &[Mechanism::SecondFactor], ""),
        next: next.to_owned(),
        trouble: error.map(trouble),
    })
}

pub(crate) async fn code(State(site): State<Site>, at: Arriving, Form(form): Form<Pairs>) -> Response {
    let next = safe_next(one(&form, "next"));
    // Full-width digits are what a Japanese keyboard gives first.
    let code: String = one(&form, "code")
        .chars()
        .filter_map(|c| match c {
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
            '0'..='9' => Some(c),
            _ => None,
        })
        .collect();
    match site.app().second_factor(at.actor.door(), &at.secret, &code).await {
        Ok(secret) => site.redirect_with(next, Some(&secret)),
        Err(Error::SessionEnded) => site.redirect_with("/login", None),
        Err(error @ (Error::Credentials | Error::Locked { .. })) => {
            (StatusCode::UNAUTHORIZED, code_form(&site, next, Some(&error))).into_response()
        }
        Err(error) => site.fail(None, &error),
    }
}

pub(crate) async fn logout(State(site): State<Site>, at: Arriving) -> Response {
    match site.app().logout(&at.actor, &at.secret).await {
        Ok(()) | Err(Error::SessionEnded) => site.redirect_with("/login?done=bye", None),
        Err(error) => site.fail(None, &error),
    }
}

/// `GET /logout`: a person typed it; the form does the work.
pub(crate) async fn logout_page(_: Signed) -> Response {
    Redirect::to("/").into_response()
}
