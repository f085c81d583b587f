//! Tables into a register, for programs: first a plan, then applying exactly that.
//!
//! Owns the shapes. Who may do it, and what a plan is, is decided by `app`.

use app::{
    Error,
    register_imports::{TableInput, TablePlan, TableRefusal},
};
use axum::{
    Json,
    extract::{FromRequest as _, Multipart, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use workflow::register_plan::{Outcome, PlannedLine};

use super::{
    Api,
    caller::{Body, Caller, Named},
    errors::Failure,
};
use crate::{upload, words::register_tables as words};

/// A table with what is said about it, as parts of a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the document reads it")]
pub(crate) struct TableParts {
    /// The sheet to read; without it the first that fits.
    sheet: Option<String>,
    /// The password of an encrypted workbook.
    password: Option<String>,
    /// Why, for the history of every row.
    reason: Option<String>,
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What a table would do. Nothing has changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct TablePlanView {
    file: String,
    sheet: String,
    /// Sheets that hold something and were not read.
    other_sheets: Vec<String>,
    /// Headings that were not read.
    unknown_headings: Vec<String>,
    /// Columns that the file does not have; they stay as they are.
    absent_columns: Vec<String>,
    added: usize,
    changed: usize,
    same: usize,
    refused: usize,
    /// Every line, in the order of the file.
    lines: Vec<PlanLineView>,
    /// What is named to apply it; absent when it cannot be applied.
    plan: Option<String>,
    /// The digest of what was shown; absent when it cannot be applied.
    digest: Option<String>,
}

/// A line of the plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanLineView {
    /// Its number in the file, from 1.
    line: u32,
    name: String,
    /// `add`, `change`, `same` or `refused`.
    #[serde(rename = "do")]
    what: &'static str,
    /// The number of the row that is changed.
    number: Option<String>,
    /// Ids of the columns that are different.
    changes: Vec<String>,
    problems: Vec<LineProblemView>,
    notes: Vec<LineNoteView>,
}

/// What is wrong with a line.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineProblemView {
    /// The heading; empty when it is about the whole line.
    title: String,
    /// The column in the file, from 1.
    column: Option<u32>,
    /// The word for it.
    problem: &'static str,
    /// The same for people.
    words: String,
}

/// What is worth a look.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineNoteView {
    title: String,
    column: u32,
    /// `formula`, `counted`, `day-in-text` or `hidden-row`.
    note: &'static str,
}

/// A file that is no table of the register.
#[derive(Serialize, ToSchema)]
pub(crate) struct TableRefusedView {
    /// `held`, `too-much`, `no-sheet` or `headings`.
    refused: &'static str,
    /// Why, for people.
    words: String,
    /// What is wrong with the headings.
    headings: Vec<String>,
}

/// What was shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyForm {
    /// The digest of the plan.
    digest: String,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppliedView {
    added: usize,
    changed: usize,
    /// Other rows that changed with them.
    followed: usize,
    /// Rows that wait for the manager to classify them.
    waiting: usize,
    digest: String,
    /// The first and the last number of the rows that were added.
    numbers: Option<(i64, i64)>,
}

pub(crate) async fn plan(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    request: Request,
) -> Result<Response, Failure> {
    let mut parts = Multipart::from_request(request, &api).await.map_err(|_| Failure::media_type())?;
    let app = api.app();
    let mut pairs = Vec::new();
    let begin = |name: String| {
        let (app, actor, id) = (app.clone(), actor.clone(), id.clone());
        async move { app.begin_table(&actor, &id, &name).await }
    };
    let taken = match upload::one_file(&mut parts, &mut pairs, begin).await {
        Ok(Some(taken)) => taken,
        Ok(None) => return Err(Failure::invalid("file", "empty")),
        Err(error) => {
            upload::read_on(&mut parts).await;
            return Err(error.into());
        }
    };
    let mut input = TableInput::default();
    for (name, value) in pairs {
        match name.as_str() {
            "sheet" => input.sheet = Some(value),
            "password" => input.password = Some(value),
            "reason" => input.reason = value,
            _ => return Err(Failure::malformed("a part that is not known")),
        }
    }
    Ok(match app.finish_table(&actor, &id, taken, &input).await? {
        Ok(plan) => Json(shown(&app, &id, plan)?).into_response(),
        Err(refusal) => (StatusCode::UNPROCESSABLE_ENTITY, Json(refused(&refusal))).into_response(),
    })
}

pub(super) fn refused(refusal: &TableRefusal) -> TableRefusedView {
    let (word, headings) = match refusal {
        TableRefusal::Held(_) => ("held", Vec::new()),
        TableRefusal::TooMuch => ("too-much", Vec::new()),
        TableRefusal::NoSheet => ("no-sheet", Vec::new()),
        TableRefusal::Headings { problems, .. } => {
            ("headings", problems.iter().map(words::heading).collect())
        }
    };
    TableRefusedView { refused: word, words: words::refusal(refusal).line(), headings }
}

fn shown(app: &app::App, id: &str, read: TablePlan) -> Result<TablePlanView, Error> {
    let register = app.register(id)?;
    let counts = read.plan.counts();
    let unknown = read.lines.headings.iter().filter(|h| !h.is_known).map(|h| h.untrusted_title.clone());
    let (plan, digest) = read.kept.map(|kept| (kept.id, kept.digest)).unzip();
    Ok(TablePlanView {
        unknown_headings: unknown.collect(),
        absent_columns: read.lines.absent,
        added: counts.added,
        changed: counts.changed,
        same: counts.same,
        refused: counts.refused,
        lines: read.plan.lines.iter().map(|line| line_view(register, line)).collect(),
        file: read.file,
        sheet: read.sheet,
        other_sheets: read.other_sheets,
        plan,
        digest,
    })
}

fn line_view(register: &policy::Register, line: &PlannedLine) -> PlanLineView {
    let (what, number) = match &line.outcome {
        Outcome::Add { .. } => ("add", None),
        Outcome::Change { number, .. } => ("change", Some(*number)),
        Outcome::Same { number } => ("same", Some(*number)),
        Outcome::Refused { .. } => ("refused", None),
    };
    let changes = match &line.outcome {
        Outcome::Change { changes, .. } => changes.iter().map(|change| change.column.clone()).collect(),
        _ => Vec::new(),
    };
    let problems = match &line.outcome {
        Outcome::Refused { problems } => problems
            .iter()
            .map(|problem| LineProblemView {
                title: problem.title.clone(),
                column: problem.at,
                problem: problem.what.id(),
                words: words::cell(&problem.what),
            })
            .collect(),
        _ => Vec::new(),
    };
    let notes = line.notes.iter();
    PlanLineView {
        line: line.line,
        name: line.name.clone(),
        what,
        number: number.map(|number| register.number_shown(number)),
        changes,
        problems,
        notes: notes
            .map(|n| LineNoteView { title: n.title.clone(), column: n.at, note: n.what.id() })
            .collect(),
    }
}

pub(crate) async fn apply(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, plan)): Named<(String, String)>,
    Body(form): Body<ApplyForm>,
) -> Result<Json<AppliedView>, Failure> {
    let applied = api.app().apply_table(&actor, &id, &plan, &form.digest).await?;
    Ok(Json(AppliedView {
        added: applied.done.added,
        changed: applied.done.changed,
        followed: applied.done.followed,
        waiting: applied.done.waiting,
        digest: applied.done.digest,
        numbers: applied.numbers,
    }))
}
