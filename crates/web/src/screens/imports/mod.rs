//! 方針の取込み: upload, review, conflict, taking the draft out. Every form works without script.
//!
//! Owns turning a form into corrections. Leaves what the pages show to [`show`], and everything that is decided to
//! `app::imports`.

mod show;

use app::{
    Error,
    actor::{Actor, Prospect},
    editions::proposing::Proposed,
    imports::{
        ImportReview,
        arrive::{FILE_BYTES_MAX, NewImport},
        model::{ImportState, Step},
        propose::ProposeImport,
    },
    model::PageRequest,
};
use axum::{
    Form,
    extract::{Multipart, Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use policy::{
    Mechanism, Modality,
    import::{Correction, Review},
};

use super::{Pairs, all, one, view};
use crate::{
    door::Signed,
    failure,
    site::{Site, at_form, render},
    words,
};

const BASIS: &[Mechanism] = &[Mechanism::PolicyVersion, Mechanism::ParameterRegister];
const LIST_ROWS: u32 = 50;
/// Steps that the page of the draft lists.
const STEPS_SHOWN: usize = 50;

pub(crate) async fn list(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    list_page(&site, &who.actor, &query, None).await
}

async fn list_page(site: &Site, actor: &Actor, pairs: &Pairs, error: Option<&Error>) -> Response {
    let page = PageRequest { after: super::show::cursor(one(pairs, "after")), limit: LIST_ROWS };
    let found = match site.app().imports(actor, page).await {
        Ok(found) => found,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let packs = site.app().packs_to_compare().into_iter().map(|id| {
        let title = site.app().pack_named(&id).map_or_else(|| id.clone(), |p| p.title().to_owned());
        view::Choice { chosen: all(pairs, "against").any(|a| a == id), title, id }
    });
    let trouble = match error {
        Some(Error::Import(refusal)) => Some(words::imports::refusal(*refusal)),
        _ => None,
    };
    let prospect = site.app().editing_imports(actor);
    let mut answer = render(&view::ImportsPage {
        frame: site.frame(Some(actor), "方針の取込み", "/imports", BASIS, one(pairs, "done")),
        rows: found.rows.iter().map(show::row).collect(),
        next_href: found
            .next
            .as_ref()
            .map(|c| format!("/imports?after={}", view::query_part(&super::show::cursor_text(c)))),
        may_edit: prospect == Prospect::Now,
        factor_needed: prospect == Prospect::AfterSecondFactor,
        packs: packs.collect(),
        layer: one(pairs, "layer").to_owned(),
        file_max: view::size(FILE_BYTES_MAX),
        errors: error.filter(|_| trouble.is_none()).and_then(at_form).into_iter().collect(),
        trouble,
    });
    if let Some(error) = error {
        *answer.status_mut() = failure::status(error);
    }
    answer
}

pub(crate) async fn upload(State(site): State<Site>, who: Signed, mut parts: Multipart) -> Response {
    let mut pairs = Pairs::new();
    let app = site.app();
    let begin = |name: String| {
        let (app, actor) = (app.clone(), who.actor.clone());
        async move { app.begin_import(&actor, &name).await }
    };
    let arrived = crate::upload::one_file(&mut parts, &mut pairs, begin).await;
    let password = Some(one(&pairs, "password").to_owned()).filter(|p| !p.is_empty());
    pairs.retain(|(name, _)| name != "password");
    let made = match arrived {
        Ok(Some(upload)) => {
            let new = NewImport {
                layer: one(&pairs, "layer").trim().to_owned(),
                against: all(&pairs, "against").map(str::to_owned).collect(),
                password,
            };
            site.app().finish_import(&who.actor, upload, new).await
        }
        Ok(None) => Err(Error::Invalid { field: "file", problem: "empty" }),
        Err(error) => {
            crate::upload::read_on(&mut parts).await;
            Err(error)
        }
    };
    match made {
        Ok(id) => Redirect::to(&format!("/imports/{}?done=imported", view::path_part(&id))).into_response(),
        Err(error @ (Error::Import(_) | Error::Invalid { .. } | Error::TooLarge { .. })) => {
            list_page(&site, &who.actor, &pairs, Some(&error)).await
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn page(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    review_page(&site, &who.actor, &id, &query, None).await
}

async fn review_page(site: &Site, actor: &Actor, id: &str, query: &Pairs, error: Option<&Error>) -> Response {
    let made = match site.app().import_review(actor, id).await {
        Ok(review) => show::review(site, actor, &review, query, error),
        Err(error) => return site.fail(Some(actor), &error),
    };
    match made {
        Ok(page) => {
            let mut answer = render(&page);
            if let Some(error) = error {
                *answer.status_mut() = failure::status(error);
            }
            answer
        }
        Err(error) => site.fail(Some(actor), &error),
    }
}

/// What the forms of a review ask for, as corrections; also whether to go to the next undecided statement then.
fn corrections(form: &Pairs, review: &ImportReview) -> app::Result<Vec<Correction>> {
    let number = |name: &'static str| {
        one(form, name)
            .parse::<usize>()
            .map_err(|_| Error::Invalid { field: "correction", problem: "unknown" })
    };
    let words = |name: &str| one(form, name).trim().to_owned();
    let draft = &review.draft;
    Ok(match one(form, "do") {
        "confirm" | "confirm-next" => vec![Correction::Confirm { statement: number("statement")? }],
        "confirm-part" => {
            let node = number("node")?;
            let all = draft.import().statements.iter().zip(draft.reviews()).enumerate();
            all.filter(|(_, (found, review))| found.node == node && **review == Review::Open)
                .map(|(statement, _)| Correction::Confirm { statement })
                .collect()
        }
        "correct" => {
            let statement = number("statement")?;
            let found = draft.import().statements.get(statement).ok_or(Error::NotFound)?;
            let mut wanted = Vec::new();
            let roles: Vec<String> = all(form, "role").map(str::to_owned).collect();
            if roles.iter().any(|r| !found.roles.contains(r)) || roles.len() != found.roles.len() {
                wanted.push(Correction::Roles { statement, roles });
            }
            let modality = Modality::from_id(one(form, "modality"))
                .ok_or(Error::Invalid { field: "correction", problem: "unknown" })?;
            if modality != found.modality {
                wanted.push(Correction::Modality { statement, modality });
            }
            let same = match one(form, "same") {
                "" => None,
                "*" => Some(words("other")).filter(|o| !o.is_empty()),
                id => Some(id.to_owned()),
            };
            if same.as_deref() != draft.same(statement) {
                wanted.push(Correction::Same { statement, to: same });
            }
            let gist = words("gist");
            if !gist.is_empty() && draft.gist(statement) != Some(gist.as_str()) {
                wanted.push(Correction::Gist { statement, words: gist });
            }
            wanted.push(Correction::Confirm { statement });
            wanted
        }
        "drop" => vec![Correction::Drop { statement: number("statement")?, reason: words("reason") }],
        "split-statement" => {
            vec![Correction::SplitStatement { statement: number("statement")?, at: number("at")? }]
        }
        "merge-statements" => vec![Correction::MergeStatements { statement: number("statement")? }],
        "split-node" => {
            vec![Correction::SplitNode { node: number("node")?, at: number("at")?, label: words("label") }]
        }
        "merge-node" => vec![Correction::MergeNode { node: number("node")? }],
        "move" => vec![Correction::Move { node: number("node")?, parent: number("parent")? }],
        "name" => vec![Correction::Name {
            node: number("node")?,
            label: words("label"),
            title: Some(words("title")).filter(|t| !t.is_empty()),
        }],
        "annotate" => {
            vec![Correction::Annotate { node: number("node")?, quoted: words("quoted"), note: words("note") }]
        }
        _ => return Err(Error::Invalid { field: "correction", problem: "unknown" }),
    })
}

fn version(form: &Pairs) -> i64 {
    one(form, "version").parse().unwrap_or_default()
}

pub(crate) async fn step(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let (app, actor, seen) = (site.app(), &who.actor, version(&form));
    let review = match app.import_review(actor, &id).await {
        Ok(review) => review,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let wanted = match corrections(&form, &review) {
        Ok(wanted) => wanted,
        Err(error) => return review_page(&site, actor, &id, &form, Some(&error)).await,
    };
    let step = Step::Correct { corrections: wanted.clone() };
    match app.correct_import(actor, &id, seen, wanted).await {
        Ok(_) => match app.import_review(actor, &id).await {
            Ok(after) => Redirect::to(&show::next_place(&id, &form, &after)).into_response(),
            Err(error) => site.fail(Some(actor), &error),
        },
        Err(Error::Conflict) => conflict(&site, actor, &id, &form, words::imports::step(&step)).await,
        Err(error @ (Error::Import(_) | Error::Invalid { .. } | Error::TooMany { .. })) => {
            review_page(&site, actor, &id, &form, Some(&error)).await
        }
        Err(error) => site.fail(Some(actor), &error),
    }
}

async fn conflict(site: &Site, actor: &Actor, id: &str, form: &Pairs, wanted: String) -> Response {
    let steps = site.app().import_steps(actor, id, version(form)).await;
    let (head, steps) = match (site.app().import_review(actor, id).await, steps) {
        (Ok(review), Ok(steps)) => (review.head, steps),
        (Err(error), _) | (_, Err(error)) => return site.fail(Some(actor), &error),
    };
    let import = show::row(&head);
    let mut answer = render(&view::ImportConflictPage {
        frame: site.frame(Some(actor), "ほかの人が先に直していました", "/imports", BASIS, ""),
        steps: steps.iter().rev().take(STEPS_SHOWN).map(show::step).collect(),
        wanted,
        back_href: format!("{}?node={}", import.href, view::query_part(one(form, "node"))),
        import,
    });
    *answer.status_mut() = StatusCode::CONFLICT;
    answer
}

pub(crate) async fn undo(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let done = site.app().undo_import(&who.actor, &id, version(&form)).await.map(|_| ());
    let to = format!("/imports/{}?done=undone", view::path_part(&id));
    after(&site, &who.actor, &id, &form, done, &to, &Step::Undo).await
}

/// Where a step leads that is none of the corrections.
async fn after(
    site: &Site,
    actor: &Actor,
    id: &str,
    form: &Pairs,
    done: app::Result<()>,
    to: &str,
    step: &Step,
) -> Response {
    match done {
        Ok(()) => Redirect::to(to).into_response(),
        Err(Error::Conflict) => conflict(site, actor, id, form, words::imports::step(step)).await,
        Err(error @ (Error::Import(_) | Error::Invalid { .. })) => {
            if matches!(step, Step::Undo) {
                review_page(site, actor, id, form, Some(&error)).await
            } else {
                out_page(site, actor, id, "", Some(&error), None).await
            }
        }
        Err(error) => site.fail(Some(actor), &error),
    }
}

pub(crate) async fn confirm(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let done = site.app().confirm_import(&who.actor, &id, version(&form)).await.map(|_| ());
    let to = format!("/imports/{}/out?done=import-confirmed", view::path_part(&id));
    after(&site, &who.actor, &id, &form, done, &to, &Step::Confirm).await
}

pub(crate) async fn reopen(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let done = site.app().reopen_import(&who.actor, &id, version(&form)).await.map(|_| ());
    let to = format!("/imports/{}/out?done=import-reopened", view::path_part(&id));
    after(&site, &who.actor, &id, &form, done, &to, &Step::Reopen).await
}

pub(crate) async fn discard(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let reason = one(&form, "reason").to_owned();
    let done = site.app().discard_import(&who.actor, &id, version(&form), &reason).await;
    let step = Step::Discard { reason };
    after(&site, &who.actor, &id, &form, done, "/imports?done=import-discarded", &step).await
}

pub(crate) async fn out(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    out_page(&site, &who.actor, &id, one(&query, "done"), None, None).await
}

/// A proposal that was not kept: what was typed, and what is wrong with the text.
struct Again<'a> {
    label: &'a str,
    note: &'a str,
    problems: &'a [policy::Problem],
}

/// The form that proposes a confirmed review, for those who may.
fn proposal(site: &Site, actor: &Actor, again: Option<&Again<'_>>) -> Option<view::ImportProposal> {
    let prospect = site.app().proposing_imports(actor);
    if prospect == Prospect::Never {
        return None;
    }
    Some(view::ImportProposal {
        factor_needed: prospect == Prospect::AfterSecondFactor,
        pack: site.app().pack().title().to_owned(),
        replaces: site.app().layer_replaced().ok().flatten().unwrap_or_default(),
        label: again.map(|a| a.label.to_owned()).unwrap_or_default(),
        note: again.map(|a| a.note.to_owned()).unwrap_or_default(),
    })
}

/// Proposes the draft as an edition of what runs.
pub(crate) async fn propose(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let (label, note) = (one(&form, "label"), one(&form, "note"));
    let wanted = ProposeImport { seen: version(&form), note: note.to_owned(), label: label.to_owned() };
    match site.app().propose_import(&who.actor, &id, wanted).await {
        Ok(Proposed::Draft { id, needs_restart, .. }) => super::editions::proposed_draft(&id, needs_restart),
        Ok(Proposed::Refused(problems)) => {
            let again = Again { label, note, problems: &problems };
            let mut answer = out_page(&site, &who.actor, &id, "", None, Some(&again)).await;
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            answer
        }
        Err(
            error @ (Error::Import(_) | Error::Invalid { .. } | Error::CannotRun(_) | Error::TooLarge { .. }),
        ) => {
            let again = Again { label, note, problems: &[] };
            out_page(&site, &who.actor, &id, "", Some(&error), Some(&again)).await
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

async fn out_page(
    site: &Site,
    actor: &Actor,
    id: &str,
    done: &str,
    error: Option<&Error>,
    again: Option<&Again<'_>>,
) -> Response {
    let app = site.app();
    let (review, points, steps) = match (
        app.import_review(actor, id).await,
        app.import_points(actor, id).await,
        app.import_steps(actor, id, 1).await,
    ) {
        (Ok(review), Ok(points), Ok(steps)) => (review, points, steps),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => return site.fail(Some(actor), &error),
    };
    let files = match review.file_names() {
        Ok(files) => files,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let import = show::row(&review.head);
    let mut answer = render(&view::ImportOutPage {
        frame: site.frame(Some(actor), "書出しと残りの確認", "/imports", BASIS, done),
        version: review.head.version,
        may_edit: app.may_edit_imports(actor),
        is_open: review.head.state == ImportState::Open,
        proposing: (review.head.state == ImportState::Confirmed)
            .then(|| proposal(site, actor, again))
            .flatten(),
        problems: again
            .map(|a| a.problems.iter().map(super::editions::problem).collect())
            .unwrap_or_default(),
        points: points.iter().map(|p| show::points(&import.href, p)).collect(),
        files: files
            .iter()
            .map(|path| {
                let name = path.rsplit('/').next().unwrap_or(path);
                (format!("{}/files/{}", import.href, view::path_part(name)), path.clone())
            })
            .collect(),
        steps_more: steps.len().saturating_sub(STEPS_SHOWN),
        steps: steps.iter().rev().take(STEPS_SHOWN).map(show::step).collect(),
        errors: error.map(told).into_iter().collect(),
        import,
    });
    if let Some(error) = error {
        *answer.status_mut() = failure::status(error);
    }
    answer
}

pub(crate) async fn file(
    State(site): State<Site>,
    who: Signed,
    Path((id, name)): Path<(String, String)>,
) -> Response {
    match site.app().export_import(&who.actor, &id).await {
        Ok(files) => {
            let ending = format!("/{name}");
            match files.into_iter().find(|(path, _)| path.ends_with(&ending)) {
                Some((_, text)) => saved(&name, text),
                None => site.fail(Some(&who.actor), &Error::NotFound),
            }
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn bundle(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    match site.app().export_import(&who.actor, &id).await {
        Ok(files) => saved("draft.txt", bundled(&files)),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

/// What stands above a form, also for what is nobody's field.
fn told(error: &Error) -> view::FieldError {
    at_form(error)
        .unwrap_or_else(|| view::FieldError { field: String::new(), text: failure::trouble(error).line() })
}

/// Every file behind a line that names it. The line is a comment of TOML, so that a part can be pasted as it is.
pub(crate) fn bundled(files: &[(String, String)]) -> String {
    files.iter().map(|(path, text)| format!("# ==== {path}\n{}\n", text.trim_end())).collect()
}

/// An answer that a browser saves. Names of our own files are plain ASCII.
fn saved(name: &str, text: String) -> Response {
    let mut answer = ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response();
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"")) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::bundled;

    #[test]
    fn a_bundle_names_its_files() {
        let files =
            [("a/pack.toml".to_owned(), "x = 1\n".to_owned()), ("a/b.toml".to_owned(), "y = 2".to_owned())];
        assert_eq!(bundled(&files), "# ==== a/pack.toml\nx = 1\n# ==== a/b.toml\ny = 2\n");
    }
}
