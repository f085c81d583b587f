//! 職員: for administrators. The use case says whether a person may be seen or changed; this file only asks.

use app::{
    Error,
    actor::Actor,
    people::{NewPerson, Person},
};
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::Mechanism;
use workflow::id::{SectionId, UserId};

use super::{Pairs, csv, one, taken, view};
use crate::{
    door::Signed,
    site::{Site, at_form, render, when},
    words::{self, Tone},
};

const LIST_ROWS: u32 = 50;
/// People that are read at once for a list that is taken out.
const TAKEN_ROWS: u32 = 200;
const BASIS: &[Mechanism] = &[Mechanism::AccountRegister, Mechanism::PostRegister, Mechanism::RoleRights];

/// Whether the buttons are shown; whether they work is decided by the use case.
fn manages(actor: &Actor) -> bool {
    actor
        .roles()
        .iter()
        .any(|g| g.role == authz::role::SYSTEM_MANAGER || g.role == authz::role::SYSTEM_OPERATOR)
}

fn unit_name(site: &Site, id: &str) -> String {
    let app = site.app();
    let pack = app.pack();
    pack.section(id)
        .map(|s| s.name.clone())
        .or_else(|| pack.departments().iter().find(|d| d.id == id).map(|d| d.name.clone()))
        .unwrap_or_else(|| id.to_owned())
}

fn shown(site: &Site, person: &Person) -> view::PersonView {
    let user = &person.user;
    let now = site.app().now();
    let (word, tone) = if !user.enabled {
        ("停止中", Tone::Bad)
    } else if user.locked_until.is_some_and(|until| until > now) {
        ("一時停止(連続失敗)", Tone::Wait)
    } else if user.must_change_password {
        ("初回ログイン前", Tone::Wait)
    } else {
        ("利用中", Tone::Good)
    };
    view::PersonView {
        href: format!("/people/{}", view::path_part(user.id.as_str())),
        login: user.login.clone(),
        name: user.name.clone(),
        kana: user.kana.clone(),
        section: person.section_name.clone(),
        posts: person.posts.iter().map(|(_, title)| title.as_str()).collect::<Vec<_>>().join("、"),
        roles: person.roles.join("、"),
        state: view::Chip { word: word.to_owned(), tone },
        second_factor: user.totp_sealed.is_some(),
    }
}

pub(crate) async fn list(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let list = list_taken(&site, &who.actor, one(&query, "q").trim());
    if let Some(answer) = taken::file_if_asked(&site, &who.actor, &query, list).await {
        return answer;
    }
    people(&site, &who.actor, &query, &Pairs::new(), None).await
}

async fn list_taken(site: &Site, actor: &Actor, search: &str) -> app::Result<taken::Taken> {
    use workbook::Kind::Text;
    let columns = [
        ("ログインID", Text),
        ("氏名", Text),
        ("ふりがな", Text),
        ("所属", Text),
        ("職", Text),
        ("役割", Text),
        ("状態", Text),
        ("二要素認証", Text),
    ];
    let mut rows = Vec::new();
    let mut after: Option<UserId> = None;
    while rows.len() < csv::ROWS_MAX {
        let found = site.app().people(actor, search, after.as_ref(), TAKEN_ROWS).await?;
        rows.extend(found.iter().map(|person| {
            let shown = shown(site, person);
            let factor = if shown.second_factor { "登録済" } else { "未登録" };
            let state = shown.state.word;
            vec![
                shown.login,
                shown.name,
                shown.kana,
                shown.section,
                shown.posts,
                shown.roles,
                state,
                factor.to_owned(),
            ]
        }));
        after = found.last().map(|last| last.user.id.clone());
        if after.is_none() {
            break;
        }
    }
    Ok(taken::Taken::new("people", "職員の一覧", columns, rows))
}

async fn people(site: &Site, actor: &Actor, query: &Pairs, typed: &Pairs, error: Option<&Error>) -> Response {
    let search = one(query, "q").trim();
    let after = Some(one(query, "after")).filter(|a| !a.is_empty()).map(UserId::new);
    let found = match site.app().people(actor, search, after.as_ref(), LIST_ROWS).await {
        Ok(found) => found,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let full = found.len() >= usize::try_from(LIST_ROWS).unwrap_or(usize::MAX);
    let next_href = found.last().filter(|_| full).map(|last| {
        format!("/people?q={}&after={}", view::query_part(search), view::query_part(last.user.id.as_str()))
    });
    let section = one(typed, "section");
    let mut answer = render(&view::PeoplePage {
        frame: site.frame(Some(actor), "職員", "/people", BASIS, one(query, "done")),
        search: search.to_owned(),
        rows: found.iter().map(|p| shown(site, p)).collect(),
        next_href,
        downloads: taken::Format::hrefs(&format!("/people?q={}", view::query_part(search))),
        may_manage: manages(actor),
        sections: site
            .app()
            .pack()
            .sections()
            .iter()
            .map(|s| view::Choice { id: s.id.clone(), title: s.name.clone(), chosen: s.id == section })
            .collect(),
        typed: (one(typed, "login").to_owned(), one(typed, "name").to_owned(), one(typed, "kana").to_owned()),
        errors: error.and_then(at_form).into_iter().collect(),
    });
    if error.is_some() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

pub(crate) async fn add(State(site): State<Site>, who: Signed, Form(form): Form<Pairs>) -> Response {
    let new = NewPerson {
        login: one(&form, "login").trim().to_owned(),
        name: one(&form, "name").trim().to_owned(),
        kana: one(&form, "kana").trim().to_owned(),
        section: SectionId::new(one(&form, "section")),
    };
    match site.app().add_person(&who.actor, new).await {
        // The password is in this one answer only: a redirect would have to keep it somewhere.
        Ok((id, password)) => person_page(&site, &who.actor, &id, "saved", Some(password), None).await,
        Err(error @ Error::Invalid { .. }) => {
            people(&site, &who.actor, &Pairs::new(), &form, Some(&error)).await
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn person(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    person_page(&site, &who.actor, &UserId::new(id), one(&query, "done"), None, None).await
}

async fn person_page(
    site: &Site,
    actor: &Actor,
    id: &UserId,
    done: &str,
    password: Option<String>,
    error: Option<&Error>,
) -> Response {
    let person = match site.app().person(actor, id).await {
        Ok(person) => person,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let app = site.app();
    let (held, changed) = match app.person_history(actor, id).await {
        Ok(history) => history,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let history = held
        .into_iter()
        .map(|h| {
            let until = h.until.map(|until| when(until).day).unwrap_or_default();
            let title = app.post_shown(&workflow::roster::Post { post: h.post, unit: h.unit });
            (title, format!("{} から {until}", when(h.from).day).trim_end().to_owned())
        })
        .collect();
    let changes = changed
        .into_iter()
        .map(|of| {
            let became = of.outcome.map_or("反映待ち", |outcome| words::rosters::outcome(outcome).0);
            let kind = words::rosters::kind(of.entry.kind).0;
            (policy::wareki(&of.plan.day), kind.to_owned(), became.to_owned())
        })
        .collect();
    let pack = app.pack();
    let choice =
        |id: &str, title: &str| view::Choice { id: id.to_owned(), title: title.to_owned(), chosen: false };
    let mut answer = render(&view::PersonPage {
        frame: site.frame(Some(actor), &person.user.name, "/people", BASIS, done),
        person: shown(site, &person),
        may_manage: manages(actor) && actor.id() != id,
        enabled: person.user.enabled,
        posts: person
            .posts
            .iter()
            .map(|(holding, title)| view::PostView {
                id: holding.post.clone(),
                title: match &holding.unit {
                    Some(unit) => format!("{title}({})", unit_name(site, unit)),
                    None => title.clone(),
                },
                unit: holding.unit.clone().unwrap_or_default(),
                from: when(holding.from),
            })
            .collect(),
        post_choices: pack.posts().iter().map(|p| choice(&p.id, &p.title)).collect(),
        units: pack
            .departments()
            .iter()
            .map(|d| choice(&d.id, &d.name))
            .chain(pack.sections().iter().map(|s| choice(&s.id, &s.name)))
            .collect(),
        history,
        changes,
        password,
        errors: error.and_then(at_form).into_iter().collect(),
    });
    if error.is_some() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

async fn done(site: &Site, actor: &Actor, id: &UserId, result: app::Result<()>) -> Response {
    match result {
        Ok(()) => {
            Redirect::to(&format!("/people/{}?done=saved", view::path_part(id.as_str()))).into_response()
        }
        Err(error @ Error::Invalid { .. }) => person_page(site, actor, id, "", None, Some(&error)).await,
        Err(error) => site.fail(Some(actor), &error),
    }
}

pub(crate) async fn enable(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let id = UserId::new(id);
    let result = site.app().set_enabled(&who.actor, &id, true).await;
    done(&site, &who.actor, &id, result).await
}

pub(crate) async fn disable(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let id = UserId::new(id);
    let result = site.app().set_enabled(&who.actor, &id, false).await;
    done(&site, &who.actor, &id, result).await
}

pub(crate) async fn password(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let id = UserId::new(id);
    match site.app().reset_password(&who.actor, &id).await {
        Ok(password) => person_page(&site, &who.actor, &id, "", Some(password), None).await,
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn second_factor(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let id = UserId::new(id);
    let result = site.app().reset_second_factor(&who.actor, &id).await;
    done(&site, &who.actor, &id, result).await
}

pub(crate) async fn give_post(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let id = UserId::new(id);
    let unit = Some(one(&form, "unit")).filter(|u| !u.is_empty());
    let result = site.app().give_post(&who.actor, &id, one(&form, "post"), unit).await;
    done(&site, &who.actor, &id, result).await
}

pub(crate) async fn end_post(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let id = UserId::new(id);
    let unit = Some(one(&form, "unit")).filter(|u| !u.is_empty());
    let result = site.app().end_post(&who.actor, &id, one(&form, "post"), unit).await;
    done(&site, &who.actor, &id, result).await
}
