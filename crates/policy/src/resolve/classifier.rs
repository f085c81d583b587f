//! Reading classifiers: questions, answers, ends.
//!
//! Owns: which keys they have, and that each answer leads to one thing that there is.
//! Leaves to others: typed keys and references (`fields`), whether the questions come to an end (`check`).

use super::Reader;
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{Answer, Axis, Classifier, Leads, Outcome, Question};
use crate::problem::{Code, Sink, nearest};
use crate::written::Kind;

const ANSWERS: &str = "[{ say = \"はい\", outcome = \"…\" }, { say = \"いいえ\", question = \"…\" }]";
const ALSO: &str = "[{ scheme = \"…\", value = \"…\" }]";

impl Reader<'_> {
    pub(super) fn classifier(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Classifier {
        let s = &mut self.sink;
        let title = f.text("title", s);
        let description = f.text("description", s);
        let axis = f.word("axis", Axis::WORDS, Axis::Confidentiality, s);
        let statements = f.references("statements", Kind::Statement, s);
        let questions = f.tables("question", s);
        let outcomes: Vec<Outcome> =
            f.tables("outcome", s).into_iter().map(|(id, f)| outcome(id, f, s)).collect();
        let ids: Vec<String> = questions.iter().map(|(id, _)| id.clone()).collect();
        let questions: Vec<Question> =
            questions.into_iter().map(|(id, f)| question(id, f, &ids, &outcomes, s)).collect();
        for (key, is_missing) in [("question", questions.is_empty()), ("outcome", outcomes.len() < 2)] {
            if is_missing {
                let least = if key == "question" { "一つ" } else { "二つ" };
                s.push(
                    Code::MissingKey,
                    &f.at,
                    format!("{}の {key} が足りません。", f.what()),
                    format!("[[classifier.{key}]] を{least}以上書いてください。"),
                );
            }
        }
        Classifier {
            id: item.id.clone(),
            title,
            description,
            axis,
            questions,
            outcomes,
            statements,
            origin: item.at.clone(),
        }
    }
}

fn question(
    id: String,
    mut f: Fields<'_>,
    questions: &[String],
    outcomes: &[Outcome],
    s: &mut Sink,
) -> Question {
    let text = f.text("text", s);
    let help = f.text_opt("help", s);
    let rows = f.rows("answers", ANSWERS, s);
    if rows.len() < 2 {
        s.push(
            Code::MissingKey,
            &f.at_key("answers"),
            format!("{}の answers が足りません。", f.what()),
            format!("二つ以上の答えを書いてください。例: answers = {ANSWERS}"),
        );
    }
    let answers = rows.into_iter().filter_map(|f| answer(f, questions, outcomes, s)).collect();
    let origin = f.at.clone();
    f.finish(s);
    Question { id, text, help, answers, origin }
}

fn answer(mut f: Fields<'_>, questions: &[String], outcomes: &[Outcome], s: &mut Sink) -> Option<Answer> {
    let say = f.text("say", s);
    let question = f.text_opt("question", s);
    let outcome = f.text_opt("outcome", s);
    let unknown = |f: &Fields<'_>, key: &str, id: &str, known: Vec<&str>, s: &mut Sink| {
        let instead = match nearest(id, known.iter().copied()) {
            Some(near) => format!("「{near}」ではありませんか。"),
            None => format!("次のどれかを書いてください: {}", known.join("、")),
        };
        s.push(
            Code::UnknownReference,
            &f.at_key(key),
            format!("{}の「{key}」が指す「{id}」が、この classifier にありません。", f.what()),
            instead,
        );
    };
    let leads = match (question, outcome) {
        (Some(id), None) => {
            if !questions.contains(&id) {
                unknown(&f, "question", &id, questions.iter().map(String::as_str).collect(), s);
            }
            Some(Leads::Question(id))
        }
        (None, Some(id)) => {
            if !outcomes.iter().any(|o| o.id == id) {
                unknown(&f, "outcome", &id, outcomes.iter().map(|o| o.id.as_str()).collect(), s);
            }
            Some(Leads::Outcome(id))
        }
        (both, _) => {
            let how = if both.is_some() { "どちらもあります" } else { "どちらもありません" };
            s.push(
                Code::WrongValue,
                &f.at,
                format!("{}に question と outcome の{how}。", f.what()),
                "次の質問へ進むなら question、そこで決まるなら outcome の一方だけを書いてください。",
            );
            None
        }
    };
    f.finish(s);
    leads.map(|leads| Answer { say, leads })
}

fn outcome(id: String, mut f: Fields<'_>, s: &mut Sink) -> Outcome {
    let title = f.text("title", s);
    let meaning = f.text("meaning", s);
    let level = f.reference("level", Kind::Level, s);
    let mut also = Vec::new();
    for mut f in f.rows("also", ALSO, s) {
        also.push((f.text("scheme", s), f.text("value", s)));
        f.finish(s);
    }
    let origin = f.at.clone();
    f.finish(s);
    Outcome { id, title, meaning, level, also, origin }
}
