//! アカウント: one's own password, second factor, tokens and absences.

use app::{Error, accounts::Enrolment, actor::Actor};
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::Mechanism;
use workflow::id::TokenId;

use super::{Pairs, all, one, view};
use crate::{
    dates,
    door::{Arriving, Signed, safe_next},
    site::{Site, at_form, render, when},
    words::{self, Tone},
};

const DAY: i64 = 86_400_000;
const BASIS: &[Mechanism] = &[Mechanism::PasswordRules, Mechanism::SecondFactor, Mechanism::DeputyReview];

/// What one answer shows besides the account itself.
#[derive(Default)]
struct Extra {
    enrolment: Option<Enrolment>,
    new_token: Option<String>,
    error: Option<view::FieldError>,
}

pub(crate) async fn page(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    account(&site, &who.actor, one(&query, "done"), Extra::default()).await
}

async fn account(site: &Site, actor: &Actor, done: &str, extra: Extra) -> Response {
    let app = site.app();
    let now = app.now();
    let tokens = match app.tokens(actor).await {
        Ok(tokens) => tokens,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let absences = match app.absences(actor).await {
        Ok(absences) => absences,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let settings = match app.notice_settings(actor).await {
        Ok(settings) => settings,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let pack = app.pack();
    let titles: Vec<String> = actor
        .posts()
        .iter()
        .map(|h| pack.post(&h.post).map_or_else(|| h.post.clone(), |p| p.title.clone()))
        .chain(actor.roles().iter().map(|g| pack.role_title(&g.role).to_owned()))
        .collect();
    let scope_words = |id: &str| words::token_scope(id).unwrap_or(id).to_owned();
    let bad = extra.error.is_some();
    let mut answer = render(&view::AccountPage {
        frame: site.frame(Some(actor), "アカウント", "/account", BASIS, done),
        login: actor.user().login.clone(),
        posts: if titles.is_empty() { "職員".to_owned() } else { titles.join("、") },
        second_factor: actor.user().totp_sealed.is_some(),
        second_factor_used: !actor.lacks_second_factor(),
        enrolment: extra.enrolment.map(|e| view::EnrolmentView {
            secret: e
                .secret_base32
                .as_bytes()
                .chunks(4)
                .map(String::from_utf8_lossy)
                .collect::<Vec<_>>()
                .join(" "),
            uri: e.uri,
            sealed: e.sealed,
        }),
        tokens: tokens
            .iter()
            .map(|token| {
                let (word, tone) = if token.revoked_at.is_some() {
                    ("取消済", Tone::Plain)
                } else if token.expires_at <= now {
                    ("期限切れ", Tone::Plain)
                } else {
                    ("有効", Tone::Good)
                };
                view::TokenView {
                    id: token.id.to_string(),
                    name: token.name.clone(),
                    scopes: token.scopes.iter().map(|s| scope_words(s)).collect::<Vec<_>>().join("、"),
                    expires: when(token.expires_at),
                    used: token.used_at.map(when),
                    state: view::Chip { word: word.to_owned(), tone },
                    live: tone == Tone::Good,
                }
            })
            .collect(),
        scopes: authz::TokenScope::ALL
            .iter()
            .map(|s| view::Choice { id: s.id().to_owned(), title: scope_words(s.id()), chosen: false })
            .collect(),
        new_token: extra.new_token,
        absences: absences
            .iter()
            .map(|a| view::AbsenceView {
                id: a.id.clone(),
                from: when(a.from),
                // An absence ends at the last moment of its last day.
                until: when(a.until.saturating_sub(1)),
                reason: a.reason.clone(),
            })
            .collect(),
        deputies: deputies(site, actor),
        mails_go_to: settings.mails_go_to.unwrap_or_default(),
        today: dates::day_field(now),
        errors: extra.error.into_iter().collect(),
    });
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

/// The posts that may decide in this person's place, by rank, as the pack's routes name them.
fn deputies(site: &Site, actor: &Actor) -> Vec<(String, String)> {
    let app = site.app();
    let pack = app.pack();
    let mut posts: Vec<&str> = Vec::new();
    for step in pack.requests().iter().flat_map(|r| &r.steps) {
        if actor.roles().iter().any(|g| g.role == step.approver) {
            for post in &step.deputies {
                if !posts.contains(&post.as_str()) {
                    posts.push(post);
                }
            }
        }
    }
    posts
        .iter()
        .enumerate()
        .map(|(index, id)| {
            let title = pack.post(id).map_or_else(|| (*id).to_owned(), |p| p.title.clone());
            (format!("第{}代決者", index + 1), title)
        })
        .collect()
}

/// A failure shown at its part of the page, or as a page of its own.
async fn failed(site: &Site, actor: &Actor, part: &str, error: &Error) -> Response {
    match at_form(error) {
        Some(message) => {
            let error = Some(view::FieldError { field: part.to_owned(), text: message.text });
            account(site, actor, "", Extra { error, ..Extra::default() }).await
        }
        None => site.fail(Some(actor), error),
    }
}

pub(crate) async fn password_page(
    State(site): State<Site>,
    at: Arriving,
    Query(query): Query<Pairs>,
) -> Response {
    if at.actor.awaits_code() {
        return Redirect::to("/login/code").into_response();
    }
    password_form(&site, &at.actor, one(&query, "next"), Vec::new())
}

fn password_form(site: &Site, actor: &Actor, next: &str, errors: Vec<view::FieldError>) -> Response {
    let forced = actor.must_change_password();
    let bad = !errors.is_empty();
    let mut answer = render(&view::PasswordPage {
        frame: site.frame(
            Some(actor).filter(|_| !forced),
            "パスワードの変更",
            "/account",
            &[Mechanism::PasswordRules],
            "",
        ),
        forced,
        chars_min: site.app().password_chars_min(),
        next: safe_next(next).to_owned(),
        errors,
    });
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

pub(crate) async fn password(State(site): State<Site>, at: Arriving, Form(form): Form<Pairs>) -> Response {
    let next = one(&form, "next");
    if one(&form, "new") != one(&form, "again") {
        let error = view::FieldError {
            field: "again".into(),
            text: "新しいパスワードと確認が違います。同じものを入力してください。".into(),
        };
        return password_form(&site, &at.actor, next, vec![error]);
    }
    match site.app().change_password(&at.actor, &at.secret, one(&form, "old"), one(&form, "new")).await {
        Ok(()) => {
            let to = if at.actor.must_change_password() { safe_next(next) } else { "/account?done=password" };
            Redirect::to(to).into_response()
        }
        Err(error) => match at_form(&error) {
            Some(message) => password_form(&site, &at.actor, next, vec![message]),
            None => site.fail(Some(&at.actor), &error),
        },
    }
}

pub(crate) async fn begin_factor(State(site): State<Site>, who: Signed) -> Response {
    match site.app().begin_second_factor(&who.actor).await {
        Ok(enrolment) => {
            account(&site, &who.actor, "", Extra { enrolment: Some(enrolment), ..Extra::default() }).await
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn confirm_factor(
    State(site): State<Site>,
    who: Signed,
    Form(form): Form<Pairs>,
) -> Response {
    let code = one(&form, "code").trim();
    match site.app().confirm_second_factor(&who.actor, &who.secret, one(&form, "sealed"), code).await {
        Ok(()) => Redirect::to("/account?done=factor").into_response(),
        Err(error) => failed(&site, &who.actor, "totp", &error).await,
    }
}

pub(crate) async fn create_token(State(site): State<Site>, who: Signed, Form(form): Form<Pairs>) -> Response {
    let scopes: Vec<String> = all(&form, "scope").map(str::to_owned).collect();
    let days = one(&form, "days").parse().unwrap_or(0);
    match site.app().create_token(&who.actor, one(&form, "name").trim(), &scopes, days).await {
        Ok((_, secret)) => {
            account(&site, &who.actor, "", Extra { new_token: Some(secret), ..Extra::default() }).await
        }
        Err(error) => failed(&site, &who.actor, "token", &error).await,
    }
}

pub(crate) async fn revoke_token(State(site): State<Site>, who: Signed, Form(form): Form<Pairs>) -> Response {
    match site.app().revoke_token(&who.actor, &TokenId::new(one(&form, "id"))).await {
        Ok(()) => Redirect::to("/account?done=revoked").into_response(),
        Err(error) => failed(&site, &who.actor, "token", &error).await,
    }
}

pub(crate) async fn set_absence(State(site): State<Site>, who: Signed, Form(form): Form<Pairs>) -> Response {
    let day = |name| dates::day_start(one(&form, name));
    let (Some(from), Some(last)) = (day("from"), day("until")) else {
        return failed(&site, &who.actor, "absence", &Error::Invalid { field: "from", problem: "unknown" })
            .await;
    };
    let until = last.saturating_add(DAY);
    match site.app().set_absence(&who.actor, from, until, one(&form, "reason").trim()).await {
        Ok(()) => Redirect::to("/account?done=absence").into_response(),
        Err(error) => failed(&site, &who.actor, "absence", &error).await,
    }
}

pub(crate) async fn end_absence(State(site): State<Site>, who: Signed, Form(form): Form<Pairs>) -> Response {
    match site.app().end_absence(&who.actor, one(&form, "id")).await {
        Ok(()) => Redirect::to("/account?done=absence-ended").into_response(),
        Err(error) => failed(&site, &who.actor, "absence", &error).await,
    }
}
