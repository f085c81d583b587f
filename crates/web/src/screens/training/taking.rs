//! One's own course: its page, reading, the test, the certificate.
//!
//! Owns what is shown when. What is right comes from `app` only after a try, so no page could give it away before.

use std::collections::{BTreeMap, BTreeSet};

use app::{
    Error,
    actor::Actor,
    training::{MyCourse, ShownPaper, store::Attempt},
};
use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use policy::PageBlock;
use workflow::{id::TaskId, training::Refusal};

use super::{BASIS, chip, facts};
use crate::{
    door::Signed,
    failure,
    screens::{Pairs, duties, one, view},
    site::{Site, render, when},
    words::{self, Tone},
};

fn href(id: &TaskId) -> String {
    format!("/training/mine/{}", view::path_part(id.as_str()))
}

fn page_href(id: &TaskId, number: usize) -> String {
    format!("{}/pages/{number}", href(id))
}

pub(crate) async fn course(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let app = site.app();
    let id = TaskId::new(id);
    let mine = match app.my_course(&who.actor, &id).await {
        Ok(mine) => mine,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let mut frame = site.frame(Some(&who.actor), &mine.course.title, "/training", BASIS, one(&query, "done"));
    if !mine.statements.is_empty() {
        frame.clauses = site.chips(&mine.statements);
    }
    let (_, _, said) = words::training::standing(mine.standing);
    let over = mine.standing.is_over() || mine.task.state != workflow::duty::State::Open;
    let is_read = |page: &str| mine.progress.pages.contains(page) || mine.progress.read_at.is_some();
    let pages = (1..).zip(&mine.course.pages);
    let next = pages.clone().find(|(_, page)| !is_read(&page.id)).map(|(number, _)| page_href(&id, number));
    let not_yet = match &mine.may_begin {
        Err(refusal) if !over => {
            let next = match refusal {
                Refusal::Wait(at) => when(*at).short,
                _ => String::new(),
            };
            words::training::not_yet(refusal, &next)
        }
        _ => String::new(),
    };
    let certificate = mine.course.certificate && mine.task.state == workflow::duty::State::Done;
    render(&view::MyCoursePage {
        frame,
        href: href(&id),
        title: mine.course.title.clone(),
        help: mine.course.help.clone(),
        state: chip(mine.standing),
        said: said.to_owned(),
        due: duties::on(mine.task.due_on),
        overdue: mine.task.is_overdue(app.now()),
        reminded: mine.progress.reminded_at.filter(|_| !over).map(when),
        facts: facts(&app, &mine.course),
        pages: pages.map(|(n, page)| (page_href(&id, n), page.title.clone(), is_read(&page.id))).collect(),
        material: super::materials::of_mine(&site, &mine.files, &href(&id)),
        next_href: next.filter(|_| !over),
        may_begin: mine.may_begin.is_ok() && !over,
        under_way: mine.progress.begun.is_some() && !over,
        not_yet,
        tries: mine.attempts.iter().map(attempt).collect(),
        marked: marked(&mine),
        certificate_href: certificate.then(|| format!("{}/certificate", href(&id))),
        excuse_action: mine.may_ask_excuse.then(|| format!("/tasks/{}/waiver", view::path_part(id.as_str()))),
    })
}

fn verdict(good: bool, words: [&str; 2]) -> view::Chip {
    let (word, tone) = if good { (words[0], Tone::Good) } else { (words[1], Tone::Mixed) };
    view::Chip { word: word.to_owned(), tone }
}

fn attempt(attempt: &Attempt) -> view::TryView {
    let mark = attempt.answers.as_ref().map(|answers| {
        let right = answers.rights.iter().filter(|right| **right).count();
        format!("{}問のうち{right}問", answers.rights.len())
    });
    view::TryView {
        nth: attempt.nth,
        at: when(attempt.ended_at),
        state: verdict(attempt.passed, ["合格", "合格に届かず"]),
        mark: mark.unwrap_or_default(),
    }
}

fn marked(mine: &MyCourse) -> Vec<view::MarkedView> {
    (1..)
        .zip(&mine.marked)
        .map(|(number, item)| view::MarkedView {
            number,
            text: item.text.clone(),
            state: verdict(item.right, ["正解", "不正解"]),
            choices: item.choices.clone(),
            why: item.why.clone(),
        })
        .collect()
}

pub(crate) async fn page(
    State(site): State<Site>,
    who: Signed,
    Path((id, number)): Path<(String, usize)>,
) -> Response {
    let id = TaskId::new(id);
    let mine = match site.app().my_course(&who.actor, &id).await {
        Ok(mine) => mine,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let of = mine.course.pages.len();
    let Some(page) = number.checked_sub(1).and_then(|place| mine.course.pages.get(place)) else {
        return site.fail(Some(&who.actor), &Error::Course(Refusal::NoPage));
    };
    let block = |block: &PageBlock| match block {
        PageBlock::Heading(text) => {
            view::CourseBlock { kind: "heading", text: text.clone(), items: Vec::new() }
        }
        PageBlock::Text(text) => view::CourseBlock { kind: "text", text: text.clone(), items: Vec::new() },
        PageBlock::List { numbered, items } => view::CourseBlock {
            kind: if *numbered { "numbered" } else { "list" },
            text: String::new(),
            items: items.clone(),
        },
    };
    let mut frame = site.frame(Some(&who.actor), &page.title, "/training", BASIS, "");
    if !mine.statements.is_empty() {
        frame.clauses = site.chips(&mine.statements);
    }
    render(&view::CourseReadingPage {
        frame,
        course: (mine.course.title.clone(), href(&id)),
        title: page.title.clone(),
        blocks: page.blocks.iter().map(block).collect(),
        number,
        of,
        action: page_href(&id, number),
        read: mine.progress.pages.contains(&page.id),
        before_href: (number > 1).then(|| page_href(&id, number - 1)),
        button: if number < of {
            "読みました。次のページへ"
        } else {
            "読みました。終える"
        }
        .to_owned(),
    })
}

pub(crate) async fn read(
    State(site): State<Site>,
    who: Signed,
    Path((id, number)): Path<(String, usize)>,
) -> Response {
    let id = TaskId::new(id);
    read_on(&site, &who.actor, &id, number).await.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

async fn read_on(site: &Site, actor: &Actor, id: &TaskId, number: usize) -> app::Result<Response> {
    let app = site.app();
    let before = app.my_course(actor, id).await?;
    let pages = &before.course.pages;
    let page = number.checked_sub(1).and_then(|place| pages.get(place)).ok_or(Refusal::NoPage)?;
    app.read_course_page(actor, id, &page.id).await?;
    let to = if number < pages.len() {
        page_href(id, number + 1)
    } else {
        let after = app.my_course(actor, id).await?;
        let done = match (before.progress.read_at, after.progress.read_at, after.progress.passed) {
            (None, Some(_), Some(_)) => "?done=course-passed",
            (None, Some(_), None) => "?done=course-read",
            _ => "",
        };
        format!("{}{done}", href(id))
    };
    Ok(Redirect::to(&to).into_response())
}

pub(crate) async fn begin(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let id = TaskId::new(id);
    match site.app().begin_test(&who.actor, &id).await {
        Ok(()) => Redirect::to(&format!("{}/test", href(&id))).into_response(),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn test_page(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let id = TaskId::new(id);
    match site.app().test_paper(&who.actor, &id).await {
        Ok(paper) => test_form(&site, &who.actor, &id, &paper, &BTreeMap::new(), &[]).await,
        // It is over, or was never begun: the course says how it stands.
        Err(Error::Course(_)) => Redirect::to(&href(&id)).into_response(),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

async fn test_form(
    site: &Site,
    actor: &Actor,
    id: &TaskId,
    paper: &ShownPaper,
    chosen: &BTreeMap<usize, BTreeSet<usize>>,
    missing: &[usize],
) -> Response {
    let mine = match site.app().my_course(actor, id).await {
        Ok(mine) => mine,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let items: Vec<view::TestItemView> = paper
        .items
        .iter()
        .enumerate()
        .map(|(place, item)| {
            let is_chosen = |choice: usize| chosen.get(&place).is_some_and(|c| c.contains(&choice));
            let choices = item.choices.iter().enumerate();
            view::TestItemView {
                number: place + 1,
                name: format!("q{place}"),
                text: item.text.clone(),
                several: item.several,
                choices: choices.map(|(n, words)| (n.to_string(), words.clone(), is_chosen(n))).collect(),
                missing: missing.contains(&place),
            }
        })
        .collect();
    let errors: Vec<view::FieldError> = items
        .iter()
        .filter(|item| item.missing)
        .map(|item| view::FieldError {
            field: item.name.clone(),
            text: format!("{}問目: 答えを選んでください。", item.number),
        })
        .collect();
    let bad = !errors.is_empty();
    let mut answer = render(&view::CourseTestPage {
        frame: site.frame(Some(actor), "理解度の確認", "/training", BASIS, ""),
        course: (mine.course.title.clone(), href(id)),
        action: format!("{}/test", href(id)),
        rule: words::training::test(&mine.course),
        items,
        errors,
    });
    if bad {
        *answer.status_mut() = failure::status(&Error::Course(Refusal::Unanswered(Vec::new())));
    }
    answer
}

/// What was chosen: fields `q0`, `q1` and so on, each with places on the paper.
fn chosen(pairs: &Pairs) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut chosen: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (name, value) in pairs {
        let item = name.strip_prefix('q').and_then(|n| n.parse().ok());
        if let (Some(item), Ok(choice)) = (item, value.parse()) {
            chosen.entry(item).or_default().insert(choice);
        }
    }
    chosen
}

pub(crate) async fn test(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let app = site.app();
    let id = TaskId::new(id);
    let chosen = chosen(&pairs);
    match app.end_test(&who.actor, &id, chosen.clone()).await {
        Ok(passed) => {
            let done = if passed { "course-passed" } else { "course-failed" };
            Redirect::to(&format!("{}?done={done}", href(&id))).into_response()
        }
        Err(Error::Course(Refusal::Unanswered(missing))) => match app.test_paper(&who.actor, &id).await {
            Ok(paper) => test_form(&site, &who.actor, &id, &paper, &chosen, &missing).await,
            Err(error) => site.fail(Some(&who.actor), &error),
        },
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn certificate(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let app = site.app();
    let id = TaskId::new(id);
    let certificate = match app.certificate(&who.actor, &id).await {
        Ok(certificate) => certificate,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let mut frame = site.frame(Some(&who.actor), "修了証", "/training", BASIS, "");
    if !certificate.statements.is_empty() {
        frame.clauses = site.chips(&certificate.statements);
    }
    render(&view::CertificatePage {
        frame,
        course_href: href(&id),
        body: app.pack().municipality().map_or_else(|| app.pack().title().to_owned(), |m| m.name.clone()),
        name: certificate.name,
        section: certificate.section,
        title: certificate.title,
        passed: when(certificate.passed_at),
        how: words::training::how(certificate.how).to_owned(),
        number: certificate.task.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_answer_is_passed_over() {
        let pairs: Pairs = [("q0", "1"), ("q0", "2"), ("q3", "x"), ("q-1", "0"), ("other", "1"), ("q2", "0")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        let wanted = BTreeMap::from([(0, BTreeSet::from([1, 2])), (2, BTreeSet::from([0]))]);
        assert_eq!(chosen(&pairs), wanted);
    }
}
