//! Whether the questions of a classifier come to an end, and to one that fits.
//!
//! Owns: the longest way through the questions, questions and ends that nobody comes to, and the axis of the levels.
//! Leaves to others: that what an answer leads to is there (`resolve`).

use std::collections::BTreeSet;

use crate::model::{Classifier, Leads, Pack, QUESTIONS_MAX};
use crate::problem::{Code, Sink};

pub(super) fn check(pack: &Pack, sink: &mut Sink) {
    for classifier in &pack.classifiers {
        check_levels(pack, classifier, sink);
        check_ways(classifier, sink);
    }
}

fn check_levels(pack: &Pack, classifier: &Classifier, sink: &mut Sink) {
    for outcome in &classifier.outcomes {
        let Some(level) = pack.level(&outcome.level).filter(|level| level.axis != classifier.axis) else {
            continue;
        };
        sink.push(
            Code::WrongValue,
            &outcome.origin,
            format!(
                "classifier「{}」の outcome「{}」の level「{}」は{}の分類です。",
                classifier.id,
                outcome.id,
                level.id,
                level.axis.title_ja()
            ),
            format!("{}の level の id を書いてください。", classifier.axis.title_ja()),
        );
    }
}

/// Follows every way. A way that is longer than anybody is asked is not followed further, so a circle ends as well.
fn check_ways(classifier: &Classifier, sink: &mut Sink) {
    let Some(first) = classifier.questions.first() else { return };
    let (mut asked, mut found) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![vec![first]];
    let mut is_told = false;
    while let Some(way) = open.pop() {
        let Some(question) = way.last() else { continue };
        asked.insert(question.id.as_str());
        for answer in &question.answers {
            match &answer.leads {
                Leads::Outcome(id) => {
                    found.insert(id.as_str());
                }
                Leads::Question(id) => {
                    let Some(next) = classifier.question(id) else { continue };
                    if way.len() < QUESTIONS_MAX {
                        open.push(way.iter().copied().chain([next]).collect());
                    } else if !is_told {
                        is_told = true;
                        let ids: Vec<&str> = way.iter().map(|q| q.id.as_str()).chain([id.as_str()]).collect();
                        sink.push(
                            Code::ClassifierTooLong,
                            &question.origin,
                            format!(
                                "classifier「{}」は、{QUESTIONS_MAX}回の質問で決まらないことがあります({})。",
                                classifier.id,
                                ids.join(" → ")
                            ),
                            format!(
                                "どの答え方でも{QUESTIONS_MAX}回までに outcome に着くようにしてください。"
                            ),
                        );
                    }
                }
            }
        }
    }
    if is_told {
        return;
    }
    let questions =
        classifier.questions.iter().map(|q| ("question", &q.id, &q.origin, asked.contains(q.id.as_str())));
    let outcomes =
        classifier.outcomes.iter().map(|o| ("outcome", &o.id, &o.origin, found.contains(o.id.as_str())));
    for (key, id, origin, _) in questions.chain(outcomes).filter(|(.., is_reached)| !is_reached) {
        sink.push(
            Code::NoEffect,
            origin,
            format!("classifier「{}」の {key}「{id}」に着く答えがありません。", classifier.id),
            "どれかの answers から指すか、消してください。",
        );
    }
}
