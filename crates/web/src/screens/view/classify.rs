//! What the pages of 分類をさがす show.

use askama::Template;

use super::Frame;

/// A classifier in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassifierLink {
    /// Where it begins.
    pub href: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: String,
}

/// The list of classifiers.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "classifiers.html")]
pub struct ClassifiersPage {
    /// Around it.
    pub frame: Frame,
    /// In the order of the pack.
    pub items: Vec<ClassifierLink>,
}

/// A question that was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnsweredView {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// Back to the question.
    pub back_href: String,
}

/// The question that is asked now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuestionView {
    /// Which it is, from 1.
    pub number: usize,
    /// The question.
    pub text: String,
    /// What to think of.
    pub help: Option<String>,
    /// The answers, each with where it leads.
    pub answers: Vec<(String, String)>,
}

/// The level that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundLevelView {
    /// The level's title in the body's own scheme.
    pub level: String,
    /// What the level means.
    pub level_meaning: String,
    /// What belongs there.
    pub title: String,
    /// Examples.
    pub meaning: String,
    /// How such information is handled.
    pub handling: Vec<String>,
    /// What other schemes call it: scheme, word.
    pub also: Vec<(String, String)>,
}

/// A step through a classifier.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "classify.html")]
pub struct ClassifyPage {
    /// Around it.
    pub frame: Frame,
    /// The classifier's title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Most questions that are asked.
    pub questions_max: usize,
    /// What was answered so far.
    pub answered: Vec<AnsweredView>,
    /// The question, unless the level is found.
    pub question: Option<QuestionView>,
    /// The level, once it is found.
    pub found: Option<FoundLevelView>,
    /// From the beginning.
    pub restart_href: String,
    /// The other classifiers.
    pub others: Vec<ClassifierLink>,
}
