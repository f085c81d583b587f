//! 分類をさがす for programs.
//!
//! Owns the shapes. Who may ask is decided by `app`.

use app::Error;
use axum::{Json, extract::State};
use policy::{Classifier, Next, QUESTIONS_MAX, Question};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    caller::{Caller, Named, Params},
    errors::Failure,
};

/// Every classifier.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClassifierList {
    items: Vec<ClassifierView>,
}

/// A classifier.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClassifierView {
    id: String,
    title: String,
    description: String,
    /// `confidentiality`, `integrity` or `availability`.
    axis: &'static str,
}

/// The answers so far.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassifyQuery {
    /// Each by its place among the answers of its question, from 1, with commas between: `3,2`.
    answers: Option<String>,
}

/// Where these answers lead.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClassifyView {
    classifier: ClassifierView,
    /// Most questions that are asked.
    questions_max: usize,
    answered: Vec<AnsweredItem>,
    /// The next question; absent once the level is found.
    question: Option<QuestionItem>,
    /// The level; absent while there is a question.
    found: Option<FoundItem>,
}

/// A question and its answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnsweredItem {
    question: String,
    answer: String,
}

/// A question.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuestionItem {
    id: String,
    text: String,
    help: Option<String>,
    /// In the order by which they are named.
    answers: Vec<String>,
}

/// A level that was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundItem {
    id: String,
    title: String,
    meaning: String,
    /// The id of the level in the policy in force.
    level: String,
    /// What other schemes call it.
    also: Vec<AlsoItem>,
}

/// The word of another scheme.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlsoItem {
    scheme: String,
    value: String,
}

impl From<&Classifier> for ClassifierView {
    fn from(c: &Classifier) -> Self {
        Self {
            id: c.id.clone(),
            title: c.title.clone(),
            description: c.description.clone(),
            axis: c.axis.id(),
        }
    }
}

impl From<&Question> for QuestionItem {
    fn from(q: &Question) -> Self {
        Self {
            id: q.id.clone(),
            text: q.text.clone(),
            help: q.help.clone(),
            answers: q.answers.iter().map(|answer| answer.say.clone()).collect(),
        }
    }
}

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<ClassifierList>, Failure> {
    let app = api.app();
    let items = app.classifiers(&actor).await?.iter().map(ClassifierView::from).collect();
    Ok(Json(ClassifierList { items }))
}

pub(crate) async fn walk(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Params(query): Params<ClassifyQuery>,
) -> Result<Json<ClassifyView>, Failure> {
    let app = api.app();
    let given = query.answers.unwrap_or_default();
    let given = given.split(',').filter(|part| !part.is_empty()).take(QUESTIONS_MAX + 1);
    let given: Option<Vec<usize>> = given.map(|part| part.trim().parse().ok()).collect();
    let given = given.ok_or(Error::Invalid { field: "answers", problem: "not-allowed" })?;
    let (classifier, standing) = app.classify(&actor, &id, &given).await?;
    let answered = standing.answered.iter().map(|(question, answer)| AnsweredItem {
        question: question.text.clone(),
        answer: answer.say.clone(),
    });
    let (question, found) = match standing.next {
        Next::Ask(question) => (Some(QuestionItem::from(question)), None),
        Next::Found(outcome) => {
            let also = outcome.also.iter();
            let found = FoundItem {
                id: outcome.id.clone(),
                title: outcome.title.clone(),
                meaning: outcome.meaning.clone(),
                level: outcome.level.clone(),
                also: also
                    .map(|(scheme, value)| AlsoItem { scheme: scheme.clone(), value: value.clone() })
                    .collect(),
            };
            (None, Some(found))
        }
    };
    Ok(Json(ClassifyView {
        classifier: classifier.into(),
        questions_max: QUESTIONS_MAX,
        answered: answered.collect(),
        question,
        found,
    }))
}
