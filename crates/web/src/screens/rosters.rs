//! 人事異動: plans of personnel changes, from the table to the result, and a section's part of them.
//!
//! Owns turning forms into use cases and plans into pages. Leaves reading a table to a cell, and every rule to `app` and ring 1.

mod shown;

use app::{
    Error,
    actor::Actor,
    model::{Cursor, PageRequest},
    register_imports::{FILE_BYTES_MAX, TableRefusal},
    rosters::{
        ChosenKeeper, RosterDetail, RosterDraft, RosterInput, RosterLine, RosterPart,
        store::{OpenRequests, Outcome},
    },
};
use axum::{
    Form,
    extract::{Multipart, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use policy::{Mechanism, wareki};
use workflow::{
    id::{RequestId, RosterPlanId, SectionId},
    register::RowKey,
    roster::{self, Kind, life::RosterPlan},
};

use self::shown::{
    bars, chip, count_bars, counted, hand_bars, line_view, offered_view, plan_href, result_bars, sections,
    tabs, vacancy,
};
use super::{Pairs, one, view};
use crate::{
    door::Signed,
    failure,
    site::{Site, at_form, render},
    words::{register_tables, rosters as said},
};

const LIST_ROWS: u32 = 50;
/// Lines of one page of a plan.
const LINES: u32 = 50;
/// Problems that the page of a table shows.
const PROBLEMS_SHOWN: usize = 200;
const BASIS: &[Mechanism] =
    &[Mechanism::PersonnelChange, Mechanism::AccountRegister, Mechanism::PostRegister];

pub(crate) async fn list(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let after = one(&query, "after")
        .split_once('~')
        .and_then(|(at, id)| Some(Cursor { at: at.parse().ok()?, id: id.to_owned() }));
    let page = match site.app().rosters(&who.actor, &PageRequest { after, limit: LIST_ROWS }).await {
        Ok(page) => page,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let row = |plan: &RosterPlan| view::RosterRowView {
        href: plan_href(&plan.id),
        day: wareki(&plan.day),
        state: chip(said::stage(plan.stage)),
        changed: plan.counts.changed(),
        counts: counted(plan)
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| format!("{} {count}", said::kind(kind).0))
            .collect::<Vec<_>>()
            .join("、"),
        source: plan.source.split(" sha256:").next().unwrap_or_default().to_owned(),
    };
    render(&view::RostersPage {
        frame: site.frame(Some(&who.actor), "人事異動", "/personnel", BASIS, one(&query, "done")),
        rows: page.rows.iter().map(row).collect(),
        may_prepare: prepares(&who.actor),
        next_href: page
            .next
            .map(|c| format!("/personnel?after={}", view::query_part(&format!("{}~{}", c.at, c.id)))),
    })
}

/// Whether the buttons are shown; whether they work is decided by the use case.
fn prepares(actor: &Actor) -> bool {
    actor
        .roles()
        .iter()
        .any(|g| g.role == authz::role::SYSTEM_MANAGER || g.role == authz::role::SYSTEM_OPERATOR)
}

pub(crate) async fn new_page(State(site): State<Site>, who: Signed) -> Response {
    if !prepares(&who.actor) {
        return site.fail(Some(&who.actor), &Error::NotFound);
    }
    upload_page(&site, &who.actor, &Pairs::new(), None, None)
}

fn upload_page(
    site: &Site,
    actor: &Actor,
    pairs: &Pairs,
    error: Option<&Error>,
    refusal: Option<&TableRefusal>,
) -> Response {
    let chosen = roster::Form::from_id(one(pairs, "form")).unwrap_or(roster::Form::Changes);
    let has_domains = !site.app().pack().notice_hours().domains.is_empty();
    let headings = match refusal {
        Some(TableRefusal::Headings { problems, .. }) => {
            problems.iter().map(register_tables::heading).collect()
        }
        _ => Vec::new(),
    };
    let mut answer = render(&view::RosterNewPage {
        frame: site.frame(Some(actor), "人事異動の表を読み取る", "/personnel", BASIS, ""),
        day: one(pairs, "day").to_owned(),
        sheet: one(pairs, "sheet").to_owned(),
        forms: [roster::Form::Changes, roster::Form::Whole]
            .into_iter()
            .map(|form| view::Choice {
                id: form.id().to_owned(),
                title: said::form(form).to_owned(),
                chosen: form == chosen,
            })
            .collect(),
        columns: roster::TITLES
            .iter()
            // Mails go nowhere until the body says to which domains.
            .filter(|(id, ..)| *id != "mail" || has_domains)
            .map(|(_, title, others)| ((*title).to_owned(), others.join("、")))
            .collect(),
        kinds: roster::WORDS
            .iter()
            .filter_map(|(_, words)| words.split_first())
            .map(|(first, others)| ((*first).to_owned(), others.join("、")))
            .collect(),
        file_max: view::size(FILE_BYTES_MAX),
        errors: error.and_then(at_form).into_iter().collect(),
        trouble: refusal.map(register_tables::refusal),
        headings,
    });
    if let Some(error) = error {
        *answer.status_mut() = failure::status(error);
    } else if refusal.is_some() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    answer
}

pub(crate) async fn upload(State(site): State<Site>, who: Signed, mut parts: Multipart) -> Response {
    let app = site.app();
    let mut pairs = Pairs::new();
    let begin = |name: String| {
        let (app, actor) = (app.clone(), who.actor.clone());
        async move { app.begin_roster(&actor, &name).await }
    };
    let arrived = crate::upload::one_file(&mut parts, &mut pairs, begin).await;
    let typed = |name: &str| Some(one(&pairs, name).to_owned()).filter(|text| !text.trim().is_empty());
    let input = roster::Form::from_id(one(&pairs, "form"))
        .ok_or(Error::Invalid { field: "form", problem: "unknown" })
        .map(|form| RosterInput {
            form,
            untrusted_day: one(&pairs, "day").to_owned(),
            sheet: typed("sheet"),
            password: typed("password"),
        });
    pairs.retain(|(name, _)| name != "password");
    let read = match (arrived, input) {
        (Ok(Some(upload)), Ok(input)) => app.finish_roster(&who.actor, upload, &input).await,
        (Ok(None), _) => Err(Error::Invalid { field: "file", problem: "empty" }),
        (Ok(_), Err(error)) => Err(error),
        (Err(error), _) => {
            crate::upload::read_on(&mut parts).await;
            Err(error)
        }
    };
    match read {
        Ok(Ok(draft)) => match &draft.kept {
            Some(id) => Redirect::to(&format!("{}?done=roster-kept", plan_href(id))).into_response(),
            None => problems_page(&site, &who.actor, &draft),
        },
        Ok(Err(refusal)) => upload_page(&site, &who.actor, &pairs, None, Some(&refusal)),
        Err(error @ (Error::Invalid { .. } | Error::TooLarge { .. } | Error::TooMany { .. })) => {
            upload_page(&site, &who.actor, &pairs, Some(&error), None)
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

fn problems_page(site: &Site, actor: &Actor, draft: &RosterDraft) -> Response {
    let numbers = Kind::ALL
        .into_iter()
        .map(|kind| {
            let count = u32::try_from(draft.plan.count(kind)).unwrap_or(u32::MAX);
            (said::kind(kind).0.to_owned(), count, None)
        })
        .filter(|(_, count, _)| *count > 0)
        .collect();
    let problems = draft.plan.problems.iter().take(PROBLEMS_SHOWN).map(|problem| view::RosterProblemView {
        line: problem.line,
        title: said::column(&problem.title).to_owned(),
        words: said::line(&problem.what),
    });
    let unknown = draft.lines.headings.iter().filter(|h| !h.is_known).map(|h| h.untrusted_title.clone());
    let mut answer = render(&view::RosterProblemsPage {
        frame: site.frame(Some(actor), "人事異動の表を確かめる", "/personnel", BASIS, ""),
        file: draft.file.clone(),
        sheet: draft.sheet.clone(),
        other_sheets: draft.other_sheets.clone(),
        unknown: unknown.collect(),
        counts: bars(numbers),
        problems_count: draft.plan.problems.len(),
        problems: problems.collect(),
    });
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    answer
}

pub(crate) async fn show(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    plan_page(&site, &who.actor, &RosterPlanId::new(id), &query, None).await
}

fn part_of(word: &str) -> RosterPart {
    match (Kind::from_id(word), Outcome::from_id(word)) {
        (Some(kind), _) => RosterPart::Kind(kind),
        (_, Some(outcome)) => RosterPart::Outcome(outcome),
        _ => RosterPart::All,
    }
}

async fn plan_page(
    site: &Site,
    actor: &Actor,
    id: &RosterPlanId,
    query: &Pairs,
    error: Option<&Error>,
) -> Response {
    let app = site.app();
    let word = one(query, "part").to_owned();
    let after: u32 = one(query, "after").parse().unwrap_or_default();
    let detail = match app.roster(actor, id).await {
        Ok(detail) => detail,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let lines = match app.roster_lines(actor, id, &part_of(&word), after, LINES).await {
        Ok(lines) => lines,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let href = plan_href(id);
    let full = lines.len() >= usize::try_from(LINES).unwrap_or(usize::MAX);
    let more_href = lines
        .last()
        .filter(|_| full)
        .map(|last| format!("{href}?part={}&after={}#lines", view::query_part(&word), last.line.place));
    let plan = &detail.plan;
    let mut answer = render(&view::RosterPage {
        frame: site.frame(
            Some(actor),
            &format!("{}の人事異動", wareki(&plan.day)),
            "/personnel",
            BASIS,
            one(query, "done"),
        ),
        day: wareki(&plan.day),
        state: chip(said::stage(plan.stage)),
        next: said::next(plan.stage).to_owned(),
        made: format!("{} {}", detail.made_by_name, crate::dates::When::at(plan.made_at).short),
        source: plan.source.clone(),
        whole: plan.form == roster::Form::Whole,
        digest: plan.digest.clone(),
        counts: count_bars(plan, &href),
        unchanged: plan.counts.unchanged,
        results: result_bars(plan, &href),
        vacancies: detail.vacancies.iter().map(|v| vacancy(site, v)).collect(),
        hand: hand_bars(&detail),
        sections: sections(site, &detail.sections),
        tabs: tabs(plan, &href, &word),
        lines: lines.iter().map(|line| line_view(site, plan, line, detail.may.choose)).collect(),
        more_href,
        ask_href: ask_href(site, &detail),
        request_href: plan.request.as_ref().map(|id| format!("/requests/{}", view::path_part(id))),
        may_withdraw: detail.may.withdraw,
        may_print: detail.may.passwords,
        errors: error.and_then(at_form).into_iter().collect(),
        href,
    });
    if let Some(error) = error {
        *answer.status_mut() = failure::status(error);
    }
    answer
}

fn ask_href(site: &Site, detail: &RosterDetail) -> Option<String> {
    let app = site.app();
    let (form, field) = app.roster_form().filter(|_| detail.may.ask)?;
    let id = view::query_part(detail.plan.id.as_str());
    Some(format!("/requests/new/{}?answer.{}={id}", view::path_part(&form.id), view::query_part(field)))
}

async fn done(
    site: &Site,
    actor: &Actor,
    id: &RosterPlanId,
    part: &str,
    result: app::Result<()>,
) -> Response {
    match result {
        Ok(()) => {
            let part = view::query_part(part);
            Redirect::to(&format!("{}?part={part}&done=saved", plan_href(id))).into_response()
        }
        Err(error @ Error::Invalid { .. }) => {
            let query = vec![("part".to_owned(), part.to_owned())];
            plan_page(site, actor, id, &query, Some(&error)).await
        }
        Err(error) => site.fail(Some(actor), &error),
    }
}

pub(crate) async fn choose(
    State(site): State<Site>,
    who: Signed,
    Path((id, place)): Path<(String, u32)>,
    Form(form): Form<Pairs>,
) -> Response {
    let id = RosterPlanId::new(id);
    let requests = OpenRequests::from_id(one(&form, "requests")).unwrap_or_default();
    let successor = one(&form, "successor");
    let result = site.app().choose_successor(&who.actor, &id, place, successor, requests).await;
    done(&site, &who.actor, &id, one(&form, "part"), result).await
}

pub(crate) async fn choose_row(
    State(site): State<Site>,
    who: Signed,
    Path((id, place)): Path<(String, u32)>,
    Form(form): Form<Pairs>,
) -> Response {
    let id = RosterPlanId::new(id);
    let chosen = ChosenKeeper {
        row: RowKey::new(one(&form, "register"), one(&form, "number").parse().unwrap_or_default()),
        column: one(&form, "column").to_owned(),
        untrusted_successor: one(&form, "successor").to_owned(),
    };
    let result = site.app().choose_keeper(&who.actor, &id, place, &chosen).await;
    done(&site, &who.actor, &id, one(&form, "part"), result).await
}

pub(crate) async fn choose_permit(
    State(site): State<Site>,
    who: Signed,
    Path((id, place)): Path<(String, u32)>,
    Form(form): Form<Pairs>,
) -> Response {
    let id = RosterPlanId::new(id);
    let request = RequestId::new(one(&form, "request"));
    let successor = one(&form, "successor");
    let result = site.app().choose_permit_keeper(&who.actor, &id, place, &request, successor).await;
    done(&site, &who.actor, &id, one(&form, "part"), result).await
}

pub(crate) async fn withdraw(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let id = RosterPlanId::new(id);
    let result = site.app().withdraw_roster(&who.actor, &id).await;
    done(&site, &who.actor, &id, "", result).await
}

pub(crate) async fn passwords(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let id = RosterPlanId::new(id);
    let app = site.app();
    let made = match app.first_logins(&who.actor, &id).await {
        Ok(made) => made,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let plan = match app.roster(&who.actor, &id).await {
        Ok(detail) => detail.plan,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    // The passwords are in this one answer only: a redirect would have to keep them somewhere.
    render(&view::RosterPasswordsPage {
        frame: site.frame(Some(&who.actor), "初期パスワードの用紙", "/personnel", BASIS, ""),
        href: plan_href(&id),
        day: wareki(&plan.day),
        rows: made
            .into_iter()
            .map(|login| view::FirstLoginView {
                section: app.section_name(&login.section),
                name: login.name,
                login: login.login,
                password: login.password,
            })
            .collect(),
    })
}

pub(crate) async fn handover(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let app = site.app();
    let wanted = Some(one(&query, "section")).filter(|s| !s.is_empty()).map(SectionId::new);
    let sections = app.sections_for_handover(&who.actor);
    let offered = match app.permits_to_take_over(&who.actor).await {
        Ok(offered) => offered,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let shown = match app.handover(&who.actor, wanted.as_ref()).await {
        Ok(shown) => shown,
        // Whoever answers for no section sees what he is to take over himself.
        Err(_) if sections.is_empty() && !offered.is_empty() => Vec::new(),
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let own = sections.iter().find(|s| **s == who.actor.user().section).or(sections.first());
    let current = wanted.as_ref().or(own);
    let line = |plan: &RosterPlan, line: &RosterLine| line_view(&site, plan, line, false);
    render(&view::HandoverPage {
        frame: site.frame(Some(&who.actor), "引継ぎ", "/handover", BASIS, ""),
        section: current.map(|s| app.section_name(s)).unwrap_or_default(),
        sections: sections
            .iter()
            .map(|section| view::RosterTabView {
                href: format!("/handover?section={}", view::query_part(section.as_str())),
                label: app.section_name(section),
                current: current == Some(section),
            })
            .collect(),
        offered: offered.iter().map(offered_view).collect(),
        plans: shown
            .iter()
            .map(|of| view::HandoverView {
                day: wareki(&of.plan.day),
                state: chip(said::stage(of.plan.stage)),
                going: of.going.iter().map(|l| line(&of.plan, l)).collect(),
                coming: of.coming.iter().map(|l| line(&of.plan, l)).collect(),
            })
            .collect(),
    })
}
