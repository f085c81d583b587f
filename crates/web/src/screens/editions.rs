//! 方針の版: editions of the policy, and what changed for the reader.
//!
//! Owns turning forms into use cases and comparisons into tables. Leaves every rule to `app` and ring 1. What is uploaded is
//! text, file by file; no archive is opened here.

use app::{
    Error,
    actor::Actor,
    editions::proposing::{Proposal, Proposed},
    editions::reading::ToRead,
    model::{Cursor, PageRequest},
};
use axum::{
    extract::{Multipart, Path, Query, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use policy::{
    DiffReport, DiffStatement, EDITION_BYTES_MAX, Effect, EffectKind, ItemDiff, KeyChange, Mechanism,
    RoleChange, SourceFile,
};
use workflow::{
    edition::{Edition, Stage},
    id::EditionId,
};

use super::{Pairs, form_of, one, view};
use crate::{
    dates::When,
    door::Signed,
    site::{Site, at_form, render, when},
    words::{Tone, editions as said},
};

const LIST_ROWS: u32 = 50;
const BASIS: &[Mechanism] = &[Mechanism::PolicyVersion, Mechanism::PolicyApproval];

/// Bytes of a proposal: the text of an edition, and a little for the form around each file.
pub(crate) const PROPOSAL_BYTES_MAX: usize = EDITION_BYTES_MAX + (1 << 20);

fn row(edition: &Edition) -> view::EditionRow {
    let (word, tone, _) = said::stage(edition.stage);
    view::EditionRow {
        href: format!("/editions/{}", view::path_part(edition.id.as_str())),
        id: edition.id.to_string(),
        label: edition.label.clone(),
        title: edition.title.clone(),
        state: view::Chip { word: word.to_owned(), tone },
        proposed: edition.proposed_by.as_ref().map(|_| when(edition.proposed_at)),
        effective: edition.adopted_at.or(edition.effective_from).map(when),
        published: edition.published_at.map(when),
    }
}

pub(crate) async fn list(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let after = one(&query, "after")
        .split_once('~')
        .and_then(|(at, id)| Some(Cursor { at: at.parse().ok()?, id: id.to_owned() }));
    let list = match site.app().editions(&who.actor, PageRequest { after, limit: LIST_ROWS }).await {
        Ok(list) => list,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let app = site.app();
    let pack = app.pack();
    render(&view::EditionsPage {
        frame: site.frame(Some(&who.actor), "方針の版", "/clauses", BASIS, one(&query, "done")),
        rows: list.page.rows.iter().map(row).collect(),
        next_href: list
            .page
            .next
            .map(|c| format!("/editions?after={}", view::query_part(&format!("{}~{}", c.at, c.id)))),
        from_folder: list.from_folder,
        running: format!("{} {}", pack.title(), pack.version()),
        may_propose: list.may_propose,
    })
}

pub(crate) async fn new_page(State(site): State<Site>, who: Signed) -> Response {
    new_form(&site, &who.actor, "", Vec::new(), &[])
}

fn new_form(
    site: &Site,
    actor: &Actor,
    note: &str,
    errors: Vec<view::FieldError>,
    problems: &[policy::Problem],
) -> Response {
    let bad = !errors.is_empty() || !problems.is_empty();
    let mut answer = render(&view::EditionNewPage {
        frame: site.frame(Some(actor), "新しい版を提案する", "/clauses", BASIS, ""),
        pack: site.app().pack().id().to_owned(),
        note: note.to_owned(),
        errors,
        problems: problems.iter().map(problem).collect(),
    });
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

pub(crate) fn problem(p: &policy::Problem) -> view::ProblemView {
    view::ProblemView {
        error: p.severity == policy::Severity::Error,
        place: format!("{}:{}:{}", p.file, p.line, p.column),
        message: p.message.clone(),
        instead: p.instead.clone(),
    }
}

pub(crate) async fn propose(State(site): State<Site>, who: Signed, mut parts: Multipart) -> Response {
    let mut note = String::new();
    let arrived = arrive(&mut parts, &mut note).await;
    if arrived.is_err() {
        crate::upload::read_on(&mut parts).await;
    }
    let proposed = match arrived {
        Ok(untrusted_files) => {
            let proposal = Proposal { untrusted_files, note: note.clone() };
            site.app().propose_edition(&who.actor, proposal).await
        }
        Err(error) => Err(error),
    };
    match proposed {
        Ok(Proposed::Draft { id, needs_restart, .. }) => proposed_draft(&id, needs_restart),
        Ok(Proposed::Refused(problems)) => new_form(&site, &who.actor, &note, Vec::new(), &problems),
        Err(error) => refused(&site, &who.actor, &error, |message| {
            new_form(&site, &who.actor, &note, vec![message], &[])
        }),
    }
}

/// On to the page of a new draft.
pub(crate) fn proposed_draft(id: &EditionId, needs_restart: bool) -> Response {
    done(id, if needs_restart { "proposed-restart" } else { "proposed" })
}

/// What can be put right at the form is told there; the rest has a page of its own.
fn refused(
    site: &Site,
    actor: &Actor,
    error: &Error,
    form: impl FnOnce(view::FieldError) -> Response,
) -> Response {
    match at_form(error) {
        Some(message) => form(message),
        None => match error {
            Error::Edition(_) | Error::CannotRun(_) => {
                let words = crate::failure::trouble(error);
                form(view::FieldError {
                    field: String::new(),
                    text: format!("{}{}{}", words.what, words.why, words.how),
                })
            }
            _ => site.fail(Some(actor), error),
        },
    }
}

/// The files of a form as text. Nothing is kept on disk: their sum is bounded.
async fn arrive(parts: &mut Multipart, note: &mut String) -> app::Result<Vec<SourceFile>> {
    let broken = |_| Error::Invalid { field: "files", problem: "unknown" };
    let mut files = Vec::new();
    let mut bytes_all: usize = 0;
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        let path = field.file_name().map(str::to_owned);
        let is_note = field.name() == Some("note");
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            bytes_all = bytes_all.saturating_add(chunk.len());
            if bytes_all > PROPOSAL_BYTES_MAX {
                return Err(Error::TooLarge {
                    limit_bytes: u64::try_from(EDITION_BYTES_MAX).unwrap_or(u64::MAX),
                });
            }
            bytes.extend_from_slice(&chunk);
        }
        let text =
            String::from_utf8(bytes).map_err(|_| Error::Invalid { field: "files", problem: "not-utf8" })?;
        match path {
            // A browser sends an empty part for a file field that was left alone.
            Some(path) if path.is_empty() => {}
            Some(path) => {
                if files.len() >= policy::FOLDER_FILES_MAX {
                    let limit = u32::try_from(policy::FOLDER_FILES_MAX).unwrap_or(u32::MAX);
                    return Err(Error::TooMany { limit });
                }
                files.push(SourceFile { path, text });
            }
            None if is_note => *note = text,
            None => {}
        }
    }
    Ok(files)
}

pub(crate) async fn page(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    edition(&site, &who.actor, &EditionId::new(id), one(&query, "done"), Vec::new()).await
}

async fn edition(
    site: &Site,
    actor: &Actor,
    id: &EditionId,
    done: &str,
    errors: Vec<view::FieldError>,
) -> Response {
    let page = match site.app().edition(actor, id).await {
        Ok(page) => page,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let e = &page.edition;
    let bad = !errors.is_empty();
    let (_, _, meaning) = said::stage(e.stage);
    let draft = e.stage == Stage::Draft && page.may_change;
    let may_apply = draft && page.in_use.is_empty() && (!e.needs_analysis || e.analysis.is_some());
    let mut answer = render(&view::EditionPage {
        frame: site.frame(Some(actor), &format!("方針の版 {}", e.label), "/clauses", BASIS, done),
        row: row(e),
        said: meaning.to_owned(),
        note: e.note.clone(),
        proposer: page.proposer.clone().unwrap_or_else(|| "(システム)".to_owned()),
        digest: e.digest.clone(),
        problems: page.findings.iter().map(problem).collect(),
        groups: page.diff.as_ref().map(groups).unwrap_or_default(),
        same: page.diff.as_ref().map_or(0, |d| d.statements.same),
        roles: page.roles.iter().map(role_group).collect(),
        compared: page.diff.is_some(),
        needs_restart: page.needs_restart,
        in_use: page.in_use.iter().map(said::in_use).collect(),
        needs_analysis: e.needs_analysis,
        analysis: e.analysis.as_ref().map(|a| (a.title.clone(), a.text.clone())),
        moments: moments(e),
        request_href: e.application.as_ref().map(|a| format!("/requests/{}", view::path_part(&a.request))),
        rates: page
            .readings
            .iter()
            .map(|r| view::RateView {
                section: site.app().section_name(&r.section),
                people: r.people,
                confirmed: r.confirmed,
                percent: (r.confirmed * 100).checked_div(r.people).unwrap_or(100),
            })
            .collect(),
        may_attach: draft,
        apply_href: may_apply.then(|| apply_href(site, EffectKind::AdoptRevision, e)).flatten(),
        publish_href: (e.stage == Stage::InForce && e.published_at.is_none() && page.may_change)
            .then(|| apply_href(site, EffectKind::Publish, e))
            .flatten(),
        may_withdraw: page.may_change && matches!(e.stage, Stage::Draft | Stage::Approved),
        errors,
    });
    if bad {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

/// The form of the request about an edition, if the pack has one with this effect.
fn apply_href(site: &Site, wanted: EffectKind, edition: &Edition) -> Option<String> {
    let app = site.app();
    app.pack().requests().iter().find_map(|form| {
        let field = form.effects.iter().filter(|e| e.kind() == wanted).find_map(|effect| match effect {
            Effect::AdoptRevision { edition, .. } | Effect::Publish { edition } => Some(edition),
            _ => None,
        })?;
        let (form, field) = (view::path_part(&form.id), view::query_part(field));
        Some(format!("/requests/new/{form}?answer.{field}={}", view::query_part(edition.id.as_str())))
    })
}

fn moments(e: &Edition) -> Vec<view::MomentView> {
    let mut all = vec![("提案", Some(e.proposed_at).filter(|_| e.proposed_by.is_some()))];
    all.push(("リスク分析の添付", e.analysis.as_ref().map(|a| a.at)));
    all.push(("改定の申請", e.application.as_ref().map(|a| a.at)));
    all.push(("承認", e.approved_at));
    all.push(("施行", e.adopted_at));
    all.push(("公表", e.published_at));
    all.push(("次の版に交替", e.superseded_at));
    all.push(("取下げ", e.withdrawn_at));
    all.into_iter()
        .filter_map(|(what, at)| Some(view::MomentView { what: what.to_owned(), at: when(at?) }))
        .collect()
}

const COMES: (&str, Tone) = ("加わる", Tone::Good);
const GOES: (&str, Tone) = ("なくなる", Tone::Bad);
const CHANGES: (&str, Tone) = ("変わる", Tone::Mixed);

fn chip((word, tone): (&str, Tone)) -> view::Chip {
    view::Chip { word: word.to_owned(), tone }
}

fn keys(heading: &str, changes: &[KeyChange]) -> Vec<view::KeyView> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(なし)".to_owned());
    changes
        .iter()
        .map(|k| view::KeyView { key: k.title_ja(heading).to_owned(), before: text(&k.a), after: text(&k.b) })
        .collect()
}

fn statement(what: (&str, Tone), s: &DiffStatement, keys: Vec<view::KeyView>) -> view::ChangeView {
    let roles: Vec<&str> = s.roles.iter().map(|r| r.title.as_str()).collect();
    view::ChangeView {
        what: chip(what),
        label: s.label.clone(),
        text: s.gist_ja.clone(),
        roles: if roles.is_empty() { "団体全体".to_owned() } else { roles.join("、") },
        keys,
    }
}

fn items(title: &str, diff: &ItemDiff) -> view::ChangeGroup {
    let bare = |what, id: &str, text: &str, keys| view::ChangeView {
        what: chip(what),
        label: id.to_owned(),
        text: text.to_owned(),
        roles: String::new(),
        keys,
    };
    let added = diff.added.iter().map(|i| bare(COMES, &i.id, &i.title, Vec::new()));
    let removed = diff.removed.iter().map(|i| bare(GOES, &i.id, &i.title, Vec::new()));
    let changed = diff.changed.iter().map(|i| bare(CHANGES, &i.id, &i.title, keys(title, &i.keys)));
    view::ChangeGroup { title: title.to_owned(), rows: added.chain(removed).chain(changed).collect() }
}

/// Everything that differs, kind by kind.
fn groups(diff: &DiffReport) -> Vec<view::ChangeGroup> {
    let s = &diff.statements;
    let added = s.added.iter().map(|d| statement(COMES, d, Vec::new()));
    let removed = s.removed.iter().map(|d| statement(GOES, d, Vec::new()));
    let changed = s.changed.iter().map(|c| statement(CHANGES, &c.b, keys("遵守事項", &c.keys)));
    let mut all = vec![view::ChangeGroup {
        title: "遵守事項".to_owned(),
        rows: added.chain(removed).chain(changed).collect(),
    }];
    for (title, of) in [
        ("定めるべき値", &diff.parameters),
        ("系", &diff.zones),
        ("通信路", &diff.channels),
        ("申請", &diff.requests),
        ("役割と職", &diff.roles),
        ("文書", &diff.documents),
        ("改定", &diff.revisions),
        ("実施事項", &diff.duties),
        ("閉庁日", &diff.closed_days),
        ("研修の講座", &diff.courses),
        ("お知らせ", &diff.notices),
    ] {
        all.push(items(title, of));
    }
    all.retain(|g| !g.rows.is_empty());
    all
}

/// What changes for whoever has a role.
fn role_group(change: &RoleChange) -> view::ChangeGroup {
    let added = change.added.iter().map(|d| statement(COMES, d, Vec::new()));
    let removed = change.removed.iter().map(|d| statement(GOES, d, Vec::new()));
    let changed = change.changed.iter().map(|d| {
        let mut keys = keys("遵守事項", &d.keys);
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(定めなし)".to_owned());
        keys.extend(d.values.iter().map(|v| view::KeyView {
            key: v.parameter.title.clone(),
            before: text(&v.a),
            after: text(&v.b),
        }));
        statement(CHANGES, &d.after, keys)
    });
    view::ChangeGroup {
        title: change.role.title.clone(),
        rows: added.chain(removed).chain(changed).collect(),
    }
}

pub(crate) async fn analysis(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let id = EditionId::new(id);
    let pairs = match form_of(request).await {
        Ok(pairs) => pairs,
        Err(answer) => return answer,
    };
    let (title, text) = (one(&pairs, "analysis-title"), one(&pairs, "analysis-text"));
    match site.app().attach_analysis(&who.actor, &id, title, text).await {
        Ok(()) => done(&id, "analysed"),
        Err(error) => failed(&site, &who.actor, &id, &error).await,
    }
}

pub(crate) async fn withdraw(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let id = EditionId::new(id);
    match site.app().withdraw_edition(&who.actor, &id).await {
        Ok(()) => done(&id, "edition-withdrawn"),
        Err(error) => failed(&site, &who.actor, &id, &error).await,
    }
}

fn done(id: &EditionId, what: &str) -> Response {
    Redirect::to(&format!("/editions/{}?done={what}", view::path_part(id.as_str()))).into_response()
}

async fn failed(site: &Site, actor: &Actor, id: &EditionId, error: &Error) -> Response {
    let mut message = None;
    let other = refused(site, actor, error, |m| {
        message = Some(m);
        StatusCode::OK.into_response()
    });
    match message {
        Some(message) => edition(site, actor, id, "", vec![message]).await,
        None => other,
    }
}

pub(crate) async fn compare(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let side = |name| Some(one(&query, name)).filter(|id| !id.is_empty()).map(EditionId::new);
    let (a, b) = (side("a"), side("b"));
    let compared = match site.app().compare_editions(&who.actor, a.as_ref(), b.as_ref()).await {
        Ok(compared) => compared,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let name = |side: &policy::DiffSide| format!("{} {}", side.title, side.version);
    render(&view::EditionComparePage {
        frame: site.frame(Some(&who.actor), "版の比較", "/clauses", BASIS, ""),
        a: name(&compared.diff.a),
        b: name(&compared.diff.b),
        groups: groups(&compared.diff),
        same: compared.diff.statements.same,
        roles: compared.roles.iter().map(role_group).collect(),
    })
}

pub(crate) async fn reading(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let id = EditionId::new(id);
    let mine = match site.app().my_changes(&who.actor, &id).await {
        Ok(mine) => mine,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let path = view::path_part(id.as_str());
    render(&view::ReadingPage {
        frame: site.frame(
            Some(&who.actor),
            "方針の変更",
            "/clauses",
            &[Mechanism::PolicyReading],
            one(&query, "done"),
        ),
        label: mine.edition.label.clone(),
        href: format!("/editions/{path}"),
        confirm_href: format!("/readings/{path}"),
        effective: mine.edition.adopted_at.map(when),
        due: mine.due_at.map(when),
        confirmed: mine.confirmed_at.map(when),
        roles: mine.roles.iter().map(role_group).collect(),
    })
}

pub(crate) async fn confirm(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let id = EditionId::new(id);
    match site.app().confirm_reading(&who.actor, &id).await {
        Ok(()) => Redirect::to("/?done=read").into_response(),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

/// The public page. Strangers may read it; whether there is one is the pack's to say.
pub(crate) async fn public_page(State(site): State<Site>) -> Response {
    match site.app().public_part().await {
        Ok(Some(published)) => render(&view::PublicPage {
            css_href: "/public/policy.css",
            json_href: "/public/policy.json",
            publication: &published.publication,
            published: Some(when(published.at)),
        }),
        Ok(None) => site.fail(None, &Error::NotFound),
        Err(error) => site.fail(None, &error),
    }
}

/// The style sheet of the public page: its own, so that it stands alone when it is taken elsewhere.
pub(crate) async fn public_css() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], crate::public::CSS).into_response()
}

pub(crate) async fn public_json(State(site): State<Site>) -> Response {
    match site.app().public_part().await {
        Ok(Some(published)) => {
            ([(header::CONTENT_TYPE, "application/json")], published.publication.to_json()).into_response()
        }
        Ok(None) => site.fail(None, &Error::NotFound),
        Err(error) => site.fail(None, &error),
    }
}

/// A task on the home page: what is to be read, and until when.
pub(crate) fn to_read(tasks: &[ToRead]) -> Vec<(String, String, Option<When>)> {
    let address = |t: &ToRead| format!("/readings/{}", view::path_part(t.edition.as_str()));
    tasks.iter().map(|t| (address(t), t.label.clone(), t.due_at.map(when))).collect()
}
