//! The page of a request, and what people do there: decide, review, take back, give back.
//!
//! Owns what the page shows to whom. Leaves what may be done to `app`.

use app::{
    Error,
    actor::Actor,
    requests::{RequestBallot, RequestDetail, Waiting, WaitingPerson},
};
use axum::{
    Form,
    extract::{Path, Query, State},
    response::Response,
};
use policy::PrintOf;
use workflow::{
    id::{FileId, RequestId, UserId},
    request::{Permit, Request, Standing, State as Stage},
    route::Verdict,
};

use super::{BASIS, late_words, messages, number_shown, permit_chip, state_chip};
use crate::{
    attachment,
    door::Signed,
    failure, print,
    screens::{
        Pairs,
        acts::{self, Done},
        one, show, view,
    },
    site::{Site, render, when},
    words,
};

pub(crate) async fn detail(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    detail_page(&site, &who.actor, &id, one(&query, "done"), "", None).await
}

async fn detail_page(
    site: &Site,
    actor: &Actor,
    id: &str,
    done: &str,
    comment: &str,
    error: Option<&Error>,
) -> Response {
    let app = site.app();
    let detail = match app.request(actor, &RequestId::new(id)).await {
        Ok(detail) => detail,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let r = &detail.request;
    let href = format!("/requests/{}", view::path_part(r.id.as_str()));
    let name = |id: &UserId| detail.names.get(id).cloned().unwrap_or_default();
    let (_, _, said) = words::requests::state(r.state);
    let due = r.term.due_at.filter(|_| r.state == Stage::Waiting);
    let mut frame = site.frame(Some(actor), &r.title, "/requests", BASIS, done);
    if !detail.statements.is_empty() {
        frame.clauses = site.chips(&detail.statements);
    }
    frame.prints = print::offers(&app, PrintOf::Request, &r.form, &href, "");
    let mut answer = render(&view::RequestPage {
        frame,
        number: number_shown(r.number, r.submitted_at),
        title: r.title.clone(),
        state: state_chip(r.state),
        said: said.to_owned(),
        gone: crate::screens::records::gone(detail.record.as_ref()),
        overdue: due.is_some_and(|due| due < app.now()),
        due: due.map(when),
        stations: stations(&app, r, &name),
        applicant: format!("{} {}", detail.section_name, name(&r.applicant)),
        submitted: when(r.submitted_at),
        round: r.approval.round,
        answers: r.content.answers.iter().map(|a| (a.title.clone(), a.shown.clone())).collect(),
        late: r.content.late_by.map(late_words),
        attachments: r
            .content
            .attachments
            .iter()
            .map(|a| {
                let file = view::path_part(a.id.as_str());
                (format!("{href}/files/{file}"), a.untrusted_name.clone(), view::size(a.stored.bytes))
            })
            .collect(),
        permit: r.permit.as_ref().map(|p| {
            let became = became(p, &name);
            // The end is the beginning of the day after.
            (permit_chip(p, app.now()), when(p.terms.from), when(p.terms.until - 1), became)
        }),
        revoke_action: detail.may.revoke.then(|| format!("{href}/revoke")),
        decline_action: detail.may.take_over.then(|| format!("{href}/decline")),
        waiting: detail.waiting.iter().map(waiting).collect(),
        rows: detail.rows.iter().map(crate::screens::registers::row_link).collect(),
        decided: decided(r, &name),
        decide: decide_form(site, &detail, comment, &name),
        acts: acts(&detail, &href),
        timeline: detail.timeline.iter().rev().map(|item| show::happening(site, item)).collect(),
        errors: error.map(at_decision).into_iter().collect(),
        href,
    });
    if let Some(error) = error {
        *answer.status_mut() = failure::status(error);
    }
    answer
}

/// What became of a permit, in sentences.
fn became(p: &Permit, name: &dyn Fn(&UserId) -> String) -> String {
    let mut said = Vec::new();
    match (&p.returned, &p.revoked) {
        (Some((at, by)), _) => {
            said.push(format!("{} {}さんが返却を報告しました。", when(*at).short, name(by)))
        }
        (None, Some((at, by))) => {
            said.push(format!("{} {}さんが取り消しました。", when(*at).short, name(by)))
        }
        (None, None) if p.terms.return_asked => said.push("戻したら、返却を報告してください。".to_owned()),
        (None, None) => {}
    }
    if let Some(keeper) = &p.keeper {
        said.push(format!("{}さんが引き継いでいます。", name(keeper)));
    }
    if let Some(handover) = p.open_handover() {
        let until = handover.due_at.map_or_else(String::new, |due| format!("{}までに", when(due - 1).day));
        let from = name(&handover.from);
        said.push(match &handover.to {
            Some(to) => {
                format!(
                    "{from}さんの異動・退職により、{}さんが引き継ぎます。{until}受取りを記録してください。",
                    name(to)
                )
            }
            None => format!("{from}さんの異動・退職により、{until}返却してください。"),
        });
    }
    said.join(" ")
}

fn at_decision(error: &Error) -> view::FieldError {
    match error {
        Error::Form(problems) => {
            let all: Vec<String> = messages(problems).into_iter().map(|m| m.text).collect();
            view::FieldError {
                field: String::new(),
                text: format!("いまは決裁できません。{} 差し戻して、直してもらってください。", all.join(" ")),
            }
        }
        other => view::FieldError { field: String::new(), text: failure::trouble(other).line() },
    }
}

/// Who can decide a step now, in sentences.
fn waiting(of: &Waiting) -> view::WaitingView {
    let person = |p: &WaitingPerson| match p.away_until {
        Some(until) => format!("{}({}まで不在)", p.name, when(until - 1).day),
        None => p.name.clone(),
    };
    let mut roles = vec![of.role.clone()];
    roles.extend(of.escalated.iter().map(|role| format!("{role}(期限を過ぎたため)")));
    view::WaitingView {
        step: of.title.clone(),
        together: of.together,
        roles: roles.join("、"),
        people: of.people.iter().map(person).collect(),
        deputies: of.deputies.clone(),
    }
}

fn decided(r: &Request, name: &dyn Fn(&UserId) -> String) -> Vec<view::Decided> {
    let said = |d: &workflow::route::Decision| {
        let title = r.approval.route.steps.get(d.step).map(|s| s.title.clone()).unwrap_or_default();
        let tone = if d.verdict == Verdict::Approve { words::Tone::Good } else { words::Tone::Wait };
        let chip = view::Chip { word: words::verdict(d.verdict).to_owned(), tone };
        let deputy = if d.on_behalf_of.is_some() { "(代決)" } else { "" };
        (title, format!("{}{deputy}", name(&d.by)), chip, d.comment.clone(), when(d.at))
    };
    r.approval.decisions.iter().map(said).collect()
}

fn decide_form(
    site: &Site,
    detail: &RequestDetail,
    comment: &str,
    name: &dyn Fn(&UserId) -> String,
) -> Option<view::DecideForm> {
    let r = &detail.request;
    // Deciding in one's own right comes before standing in for someone.
    let mine: Vec<usize> = match detail.may.decide_at.first() {
        Some(_) => detail.may.decide_at.clone(),
        None => detail.may.decide_for_at.into_iter().collect(),
    };
    let steps = &r.approval.route.steps;
    let step = steps.get(*mine.first()?)?;
    let app = site.app();
    let title = |id: &str| app.pack().role_title(id).to_owned();
    let stands_in = detail.may.decide_for.as_ref().filter(|_| !detail.may.decide);
    Some(view::DecideForm {
        step: step.title.clone(),
        steps: mine
            .iter()
            .filter_map(|index| Some((index.to_string(), steps.get(*index)?.title.clone())))
            .collect(),
        last: r.approval.left() <= 1,
        deputy_of: stands_in.map(|id| (name(id), id.to_string())),
        raised: step.raised_from.as_ref().map(|from| (title(from), title(&step.role))),
        seen_hash: detail.content_hash.clone(),
        comment: comment.to_owned(),
        clauses: site.chips(&step.statements),
    })
}

fn stations(app: &app::App, r: &Request, name: &dyn Fn(&UserId) -> String) -> Vec<view::Station> {
    let station =
        |title: &str, who: String, standing| view::Station { title: title.to_owned(), who, standing };
    let mut all = vec![station("申請", name(&r.applicant), "done")];
    for (index, step) in r.approval.route.steps.iter().enumerate() {
        let of_step = |d: &&workflow::route::Decision| d.round == r.approval.round && d.step == index;
        let decision = r.approval.decisions.iter().rev().find(of_step);
        let standing = match decision.map(|d| d.verdict) {
            Some(Verdict::Approve) => "done",
            Some(Verdict::Return | Verdict::Reject) => "stop",
            None if r.open_steps().iter().any(|(open, _)| *open == index) => "now",
            None => "todo",
        };
        let who = match decision {
            Some(d) if d.on_behalf_of.is_some() => format!("{}(代決)", name(&d.by)),
            Some(d) => name(&d.by),
            None => app.pack().role_title(&step.role).to_owned(),
        };
        all.push(station(&step.title, who, standing));
    }
    let (title, standing) = match r.state {
        Stage::Approved => ("決裁", "done"),
        Stage::Withdrawn => ("取下げ", "stop"),
        Stage::Expired => ("期限切れ", "stop"),
        Stage::Waiting | Stage::Returned | Stage::PulledBack | Stage::Rejected => ("決裁", "todo"),
    };
    all.push(station(title, String::new(), standing));
    all
}

fn acts(detail: &RequestDetail, href: &str) -> Vec<view::ActButton> {
    let act = |path: &str, label: &str, confirm: &str| view::ActButton {
        href: format!("{href}/{path}"),
        label: label.to_owned(),
        confirm: confirm.to_owned(),
        ..view::ActButton::default()
    };
    let may = &detail.may;
    let mut acts = Vec::new();
    acts.extend(may.decide_after_factor.then(show::factor_first));
    for index in &may.review {
        acts.push(view::ActButton {
            main: true,
            value: index.to_string(),
            ..act("review", "後閲しました", "")
        });
    }
    if may.resubmit {
        acts.push(view::ActButton {
            main: true, link: true, ..act("resubmit", "直して再提出する", "")
        });
    }
    if may.give_back {
        let due = matches!(detail.standing, Some(Standing::ReturnDue | Standing::Overdue));
        acts.push(view::ActButton {
            main: due,
            ..act("return", "返却を報告する", "返却したことを記録します。")
        });
    }
    if may.take_over {
        acts.push(view::ActButton {
            main: true,
            ..act(
                "take-over",
                "受け取りました",
                "受け取ったことを記録します。これからは、あなたが返却まで受け持ちます。",
            )
        });
    }
    if may.give_up {
        acts.push(act("give-up", "使わないことにする", "この許可を使わずに終わりにします。よろしいですか。"));
    }
    if may.pull_back {
        acts.push(act("pull-back", "引き戻す", "承認の手続を止めて引き戻します。よろしいですか。"));
    }
    if may.withdraw {
        acts.push(act("withdraw", "取り下げる", "取り下げると、元に戻せません。よろしいですか。"));
    }
    acts
}

/// After an act: back to the request's page, which says what was done, or why it was not.
async fn after(site: &Site, actor: &Actor, id: &str, done: &str, result: app::Result<()>) -> Response {
    let href = format!("/requests/{}", view::path_part(id));
    let is_told = |error: &Error| matches!(error, Error::RequestRefused(_) | Error::Form(_));
    let again = async |error: &Error| detail_page(site, actor, id, "", "", Some(error)).await;
    acts::after(site, actor, Done { href: &href, word: done }, result, is_told, again).await
}

pub(crate) async fn decide(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let Some(verdict) = Verdict::from_id(one(&form, "verdict")) else {
        return site.fail(Some(&who.actor), &Error::Invalid { field: "verdict", problem: "unknown" });
    };
    let holder = Some(one(&form, "as_deputy_of")).filter(|id| !id.is_empty()).map(UserId::new);
    let ballot = RequestBallot {
        verdict,
        comment: one(&form, "comment"),
        seen_hash: one(&form, "seen_hash"),
        stands_in_for: holder.as_ref(),
        step: one(&form, "step").parse().ok(),
    };
    let done = match verdict {
        Verdict::Approve => "request-approved",
        Verdict::Return => "request-returned",
        Verdict::Reject => "request-rejected",
    };
    match site.app().decide_request(&who.actor, &RequestId::new(&*id), &ballot).await {
        Err(error @ (Error::RequestRefused(_) | Error::Form(_))) => {
            detail_page(&site, &who.actor, &id, "", one(&form, "comment"), Some(&error)).await
        }
        result => after(&site, &who.actor, &id, done, result).await,
    }
}

pub(crate) async fn review(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let result = match one(&form, "value").parse() {
        Ok(decision) => site.app().review_request(&who.actor, &RequestId::new(&*id), decision).await,
        Err(_) => Err(Error::Invalid { field: "decision", problem: "unknown" }),
    };
    after(&site, &who.actor, &id, "reviewed", result).await
}

pub(crate) async fn pull_back(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let result = site.app().pull_back_request(&who.actor, &RequestId::new(&*id)).await;
    after(&site, &who.actor, &id, "pulled-back", result).await
}

pub(crate) async fn withdraw(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let result = site.app().withdraw_request(&who.actor, &RequestId::new(&*id)).await;
    after(&site, &who.actor, &id, "request-withdrawn", result).await
}

pub(crate) async fn give_back(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let result = site.app().give_back(&who.actor, &RequestId::new(&*id)).await;
    after(&site, &who.actor, &id, "given-back", result).await
}

pub(crate) async fn give_up(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let result = site.app().give_up_permit(&who.actor, &RequestId::new(&*id)).await;
    after(&site, &who.actor, &id, "given-up", result).await
}

pub(crate) async fn take_over(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let result = site.app().take_over_permit(&who.actor, &RequestId::new(&*id)).await;
    after(&site, &who.actor, &id, "taken-over", result).await
}

pub(crate) async fn decline(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let result = site.app().decline_permit(&who.actor, &RequestId::new(&*id), one(&form, "reason")).await;
    after(&site, &who.actor, &id, "take-over-declined", result).await
}

pub(crate) async fn revoke(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let result = site.app().revoke_permit(&who.actor, &RequestId::new(&*id), one(&form, "reason")).await;
    after(&site, &who.actor, &id, "permit-revoked", result).await
}

pub(crate) async fn file(
    State(site): State<Site>,
    who: Signed,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let opened = site.app().open_attachment(&who.actor, &RequestId::new(id), &FileId::new(file)).await;
    attachment::opened(opened).unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}
