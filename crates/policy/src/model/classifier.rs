//! Classifiers (分類をさがす): a few questions that lead to a level.
//!
//! Owns: what a classifier is, and the way from answers to the next question or to an end.
//! Leaves to others: that its questions come to an end (`check`), the screen (`web`).

use super::words::Axis;
use crate::problem::Origin;

/// Most questions that anybody is asked. Whoever is asked more guesses.
pub const QUESTIONS_MAX: usize = 3;

/// Questions that lead to a level of one axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classifier {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Which of the three it finds.
    pub axis: Axis,
    /// The first is asked first. At least one.
    pub questions: Vec<Question>,
    /// Where answers end. At least two.
    pub outcomes: Vec<Outcome>,
    /// Statements served.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Id inside its classifier.
    pub id: String,
    /// The question.
    pub text: String,
    /// What to think of.
    pub help: Option<String>,
    /// At least two.
    pub answers: Vec<Answer>,
    /// Where it was written.
    pub origin: Origin,
}

/// One answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What a person says.
    pub say: String,
    /// Where it leads.
    pub leads: Leads,
}

/// Where an answer leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// To a question, by its id.
    Question(String),
    /// To an end, by its id.
    Outcome(String),
}

/// One end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Id inside its classifier.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What belongs there.
    pub meaning: String,
    /// The level of the body's own scheme, by its id.
    pub level: String,
    /// What other schemes call it: the scheme, and its word.
    pub also: Vec<(String, String)>,
    /// Where it was written.
    pub origin: Origin,
}

/// Where somebody stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'c> {
    /// The questions that were answered, each with its answer.
    pub answered: Vec<(&'c Question, &'c Answer)>,
    /// What comes next.
    pub next: Next<'c>,
}

/// What comes after some answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next<'c> {
    /// A question.
    Ask(&'c Question),
    /// The end.
    Found(&'c Outcome),
}

impl Classifier {
    /// The question with this id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|q| q.id == id)
    }

    /// The end with this id.
    #[must_use]
    pub fn outcome(&self, id: &str) -> Option<&Outcome> {
        self.outcomes.iter().find(|o| o.id == id)
    }

    /// Where somebody stands who gave these answers, each by its place among the answers of its question, from 1. `None` for an
    /// answer that there is not, and for more answers than there are questions.
    #[must_use]
    pub fn walk(&self, untrusted_answers: &[usize]) -> Option<Standing<'_>> {
        let mut answered = Vec::new();
        let mut next = Next::Ask(self.questions.first()?);
        for given in untrusted_answers {
            let Next::Ask(question) = next else { return None };
            if answered.len() >= QUESTIONS_MAX {
                return None;
            }
            let answer = question.answers.get(given.checked_sub(1)?)?;
            answered.push((question, answer));
            next = match &answer.leads {
                Leads::Question(id) => Next::Ask(self.question(id)?),
                Leads::Outcome(id) => Next::Found(self.outcome(id)?),
            };
        }
        Some(Standing { answered, next })
    }
}
