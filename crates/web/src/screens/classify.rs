//! 分類をさがす: at most three questions, each answered by following a link.
//!
//! Owns the answers in the address, and nothing else: nobody keeps them. Leaves the way through the questions to `policy`.

use app::Error;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use policy::{Classifier, Mechanism, Next, QUESTIONS_MAX};

use super::{Pairs, all, view};
use crate::{
    door::Signed,
    site::{Site, render},
};

const BASIS: &[Mechanism] = &[Mechanism::ClassificationMark];

pub(crate) async fn list(State(site): State<Site>, who: Signed) -> Response {
    let app = site.app();
    match app.classifiers(&who.actor).await {
        Ok(classifiers) => render(&view::ClassifiersPage {
            frame: site.frame(Some(&who.actor), "分類をさがす", "/classify", BASIS, ""),
            items: classifiers.iter().map(link).collect(),
        }),
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

pub(crate) async fn page(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let app = site.app();
    // One more than are ever asked, so that too many are refused and not passed over.
    let given = all(&query, "a").take(QUESTIONS_MAX + 1).map(|a| a.parse::<usize>().unwrap_or(0));
    let given: Vec<usize> = given.collect();
    let (classifier, standing) = match app.classify(&who.actor, &id, &given).await {
        Ok(found) => found,
        // An address that somebody shortened or that an older policy made.
        Err(Error::Invalid { .. }) => return site.fail(Some(&who.actor), &Error::NotFound),
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let answered = standing.answered.iter().enumerate().map(|(at, (question, answer))| view::AnsweredView {
        question: question.text.clone(),
        answer: answer.say.clone(),
        back_href: href(classifier, given.get(..at).unwrap_or_default()),
    });
    let pack = app.pack();
    let (question, found) = match standing.next {
        Next::Ask(question) => {
            let answers = question.answers.iter().enumerate().map(|(at, answer)| {
                let with_this: Vec<usize> = given.iter().copied().chain([at + 1]).collect();
                (answer.say.clone(), href(classifier, &with_this))
            });
            let shown = view::QuestionView {
                number: given.len() + 1,
                text: question.text.clone(),
                help: question.help.clone(),
                answers: answers.collect(),
            };
            (Some(shown), None)
        }
        Next::Found(outcome) => {
            let level = pack.level(&outcome.level);
            let shown = view::FoundLevelView {
                level: level.map(|l| l.title.clone()).unwrap_or_default(),
                level_meaning: level.map(|l| l.meaning.clone()).unwrap_or_default(),
                title: outcome.title.clone(),
                meaning: outcome.meaning.clone(),
                handling: level.map(|l| l.handling.clone()).unwrap_or_default(),
                also: outcome.also.clone(),
            };
            (None, Some(shown))
        }
    };
    render(&view::ClassifyPage {
        frame: site.frame(Some(&who.actor), &classifier.title, "/classify", BASIS, ""),
        title: classifier.title.clone(),
        description: classifier.description.clone(),
        questions_max: QUESTIONS_MAX,
        answered: answered.collect(),
        question,
        found,
        restart_href: href(classifier, &[]),
        others: pack.classifiers().iter().filter(|other| other.id != classifier.id).map(link).collect(),
    })
}

fn link(classifier: &Classifier) -> view::ClassifierLink {
    view::ClassifierLink {
        href: href(classifier, &[]),
        title: classifier.title.clone(),
        description: classifier.description.clone(),
    }
}

fn href(classifier: &Classifier, answers: &[usize]) -> String {
    let query: Vec<String> = answers.iter().map(|answer| format!("a={answer}")).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/classify/{}{mark}{}", view::path_part(&classifier.id), query.join("&"))
}
