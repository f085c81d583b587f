//! Registers as programs read and keep them.
//!
//! Owns the endpoints and their shapes. Values go in as people write them, by the column's id, and come out as they are kept and as
//! people read them. Leaves every decision to `app`.

use std::collections::BTreeMap;

use app::{
    Error,
    model::PAGE_ROWS_MAX,
    registers::{
        RowInput,
        plan::{LineProblem, PlanLine, RegisterPlan, Trial},
        store::RowStage,
        views::{RowQuestion, ShownHistory, ShownRow},
    },
};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use policy::{Readers, Register};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use workflow::register::{RowKey, Value};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    cursor,
    dto::{Made, time},
    errors::Failure,
};

/// Bytes of a plan.
pub(crate) const PLAN_BYTES_MAX: usize = 32 << 20;

/// A column of a register.
#[derive(Serialize, ToSchema)]
pub(crate) struct ColumnView {
    id: String,
    title: String,
    /// `text`, `long-text`, `number`, `date`, `choice`, `bool`, `level`, `person`, `section`, `zone` or `link`.
    #[serde(rename = "type")]
    kind: String,
    required: bool,
    choices: Vec<String>,
    chars_max: u32,
    /// Of a level.
    axis: Option<String>,
    /// Of a link: the register it leads to, and whether to several rows.
    to: Option<String>,
    many: bool,
    /// Whether lists can be narrowed by it.
    filter: bool,
    unique: bool,
    /// `handling`, `highest-level` or `inherited`: nobody types it, or only where there is nothing to inherit from.
    derived: Option<String>,
}

/// A register.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisterView {
    id: String,
    title: String,
    description: String,
    /// What stands before the number of each row.
    number: String,
    /// `city` or `section`.
    scope: String,
    /// Ids of roles.
    manager: String,
    editors: Vec<String>,
    /// Ids of roles; empty: everybody.
    readers: Vec<String>,
    columns: Vec<ColumnView>,
    statements: Vec<String>,
    /// Rows in use that the caller sees.
    in_use: u32,
    /// Those of them that wait to be classified.
    waiting: u32,
    /// Whether the caller may add rows.
    may_add: bool,
}

/// The registers that the caller sees.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisterList {
    registers: Vec<RegisterView>,
}

/// Which rows.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowListQuery {
    /// `in-use` (default), `waiting`, `breaking` or `ended`.
    stage: Option<String>,
    /// Id of a section.
    section: Option<String>,
    /// Words, all of which a row must have.
    words: Option<String>,
    /// Conditions such as `confidentiality:c3;kept-until:2027-03-31`: column and value, at most four. For a day: up to that day; `-`: not
    /// filled.
    filter: Option<String>,
    /// `next` of the page before.
    after: Option<i64>,
    /// Rows, 1 to 200.
    limit: Option<u32>,
}

/// A value of a row.
#[derive(Serialize, ToSchema)]
pub(crate) struct CellView {
    /// As it is kept: a text or id, a number, `true` or `false`, or a list of numbers of rows.
    #[schema(value_type = Object)]
    value: Option<Value>,
    /// As people read it.
    shown: String,
}

/// A row.
#[derive(Serialize, ToSchema)]
pub(crate) struct RowView {
    register: String,
    number: i64,
    /// The number as people write it.
    shown: String,
    name: String,
    section: Option<String>,
    /// By the column's id; what is empty is left out.
    values: BTreeMap<String, CellView>,
    /// Whether it waits to be classified.
    waits: bool,
    /// The day and the reason of its end.
    ended_on: Option<String>,
    end_reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    changed_at: String,
    version: i64,
}

/// A page of rows, the highest number first.
#[derive(Serialize, ToSchema)]
pub(crate) struct RowListView {
    rows: Vec<RowView>,
    next: Option<i64>,
}

/// What a version of a row changed in one column; as people read it.
#[derive(Serialize, ToSchema)]
pub(crate) struct RowChangeView {
    title: String,
    before: String,
    after: String,
}

/// A version of a row.
#[derive(Serialize, ToSchema)]
pub(crate) struct RowVersionView {
    version: i64,
    /// `added`, `changed`, `ended`, `followed` or `planned`.
    cause: String,
    #[schema(format = DateTime)]
    at: String,
    /// Id and name of who made it; absent: the system.
    by: Option<String>,
    by_name: Option<String>,
    reason: String,
    changes: Vec<RowChangeView>,
}

/// A row that leads to another.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkingView {
    register: String,
    number: i64,
    column_title: String,
    name: String,
}

/// One row with its history.
#[derive(Serialize, ToSchema)]
pub(crate) struct RowDetailView {
    row: RowView,
    /// The newest first.
    history: Vec<RowVersionView>,
    /// What leads here, as far as the caller may see it.
    linking: Vec<LinkingView>,
    may_keep: bool,
    may_classify: bool,
}

/// A new row.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowForm {
    /// Where the register is kept by section.
    section: Option<String>,
    /// By the column's id, as people write them. What is absent is empty.
    values: BTreeMap<String, String>,
    #[serde(default)]
    reason: String,
}

/// A changed row.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowChangeForm {
    /// `version` of the row as it was read.
    seen: i64,
    section: Option<String>,
    /// All columns: what is absent is empty.
    values: BTreeMap<String, String>,
    #[serde(default)]
    reason: String,
}

/// A row that ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowEndForm {
    /// `version` of the row as it was read.
    seen: i64,
    /// The day, up to today.
    on: String,
    reason: String,
}

/// A line of a plan.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "do", deny_unknown_fields)]
pub(crate) enum PlanLineForm {
    /// A row is added.
    Add {
        /// Where the register is kept by section.
        section: Option<String>,
        /// By the column's id.
        values: BTreeMap<String, String>,
    },
    /// A row is changed: only the columns that are named.
    Change {
        /// Its number.
        number: i64,
        /// The version that the plan was made from.
        seen: i64,
        /// Absent: the one it has.
        section: Option<String>,
        /// An empty text empties a column.
        values: BTreeMap<String, String>,
    },
    /// A row ends.
    End {
        /// Its number.
        number: i64,
        /// The version that the plan was made from.
        seen: i64,
        /// The day.
        on: String,
        /// Why.
        reason: String,
    },
}

/// Changes of many rows, all or none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanForm {
    /// `false`: only tried out, nothing changes.
    apply: bool,
    /// Where it comes from, such as the name of a file.
    #[serde(default)]
    source: String,
    #[serde(default)]
    reason: String,
    /// At most 50,000.
    lines: Vec<PlanLineForm>,
}

/// What is wrong with a line.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanProblemView {
    /// From 1.
    line: usize,
    /// `columns`, `section`, `no-row`, `twice`, `stale`, `ended`, `same`, `end-day`, `reason` or `denied`.
    problem: String,
    /// For `columns`: column and what is wrong with it.
    columns: Vec<(String, String)>,
}

/// What a plan did, or would do.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanResult {
    applied: bool,
    digest: String,
    added: usize,
    changed: usize,
    ended: usize,
    same: usize,
    /// Other rows that change with them.
    followed: usize,
    /// Rows that wait to be classified.
    waiting: usize,
    problems: Vec<PlanProblemView>,
    /// First and last number of the rows that were added.
    numbers: Option<(i64, i64)>,
}

fn row_view(row: ShownRow) -> RowView {
    let mut values: BTreeMap<String, CellView> = BTreeMap::new();
    for (id, shown) in row.shown {
        let value = row.row.values.get(&id).cloned();
        values.insert(id, CellView { value, shown: shown.text });
    }
    RowView {
        register: row.row.key.register.clone(),
        number: row.row.key.number,
        shown: row.number,
        name: row.name,
        section: row.row.section.as_ref().map(ToString::to_string),
        values,
        waits: row.row.waits,
        ended_on: row.row.end.as_ref().map(|e| e.on.clone()),
        end_reason: row.row.end.as_ref().map(|e| e.reason.clone()),
        created_at: time(row.row.created_at),
        changed_at: time(row.row.changed_at),
        version: row.row.version,
    }
}

fn version_view(item: ShownHistory) -> RowVersionView {
    let entry = item.entry.entry;
    RowVersionView {
        version: entry.version,
        cause: entry.cause.id().to_owned(),
        at: time(entry.at),
        by: entry.by.map(|id| id.to_string()),
        by_name: item.entry.by_name,
        reason: entry.reason,
        changes: item
            .changes
            .into_iter()
            .map(|(title, before, after)| RowChangeView { title, before, after })
            .collect(),
    }
}

fn register_view(register: &Register, in_use: u32, waiting: u32, may_add: bool) -> RegisterView {
    RegisterView {
        id: register.id.clone(),
        title: register.title.clone(),
        description: register.description.clone(),
        number: register.number.clone(),
        scope: register.scope.id().to_owned(),
        manager: register.manager.clone(),
        editors: register.editors.clone(),
        readers: match &register.readers {
            Readers::Everybody => Vec::new(),
            Readers::Roles(roles) => roles.clone(),
        },
        columns: register
            .columns
            .iter()
            .map(|c| ColumnView {
                id: c.id.clone(),
                title: c.title.clone(),
                kind: c.kind.id().to_owned(),
                required: c.required,
                choices: c.choices.clone(),
                chars_max: c.chars_max,
                axis: c.axis.map(|a| a.id().to_owned()),
                to: c.to.clone(),
                many: c.many,
                filter: c.filter,
                unique: c.unique,
                derived: c.derived.as_ref().map(|d| d.how.id().to_owned()),
            })
            .collect(),
        statements: register.statements_served(true),
        in_use,
        waiting,
        may_add,
    }
}

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> Result<Json<RegisterList>, Failure> {
    let app = api.app();
    let registers = app.registers(&actor).await?;
    let registers =
        registers.into_iter().map(|s| register_view(s.register, s.in_use, s.waiting, s.may_add)).collect();
    Ok(Json(RegisterList { registers }))
}

pub(crate) async fn rows(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Params(query): Params<RowListQuery>,
) -> Result<Json<RowListView>, Failure> {
    let stage = query.stage.as_deref().map_or(Some(RowStage::InUse), RowStage::from_id);
    let mut filters = BTreeMap::new();
    for condition in query.filter.as_deref().unwrap_or_default().split(';').filter(|c| !c.is_empty()) {
        let (column, value) =
            condition.split_once(':').ok_or_else(|| Failure::invalid("filter", "unknown"))?;
        filters.insert(column.to_owned(), value.to_owned());
    }
    let question = RowQuestion {
        stage: stage.ok_or_else(|| Failure::invalid("stage", "unknown"))?,
        section: query.section,
        filters,
        words: query.words.unwrap_or_default(),
        after: query.after,
        limit: cursor::limit(query.limit, PAGE_ROWS_MAX),
    };
    let app = api.app();
    let list = app.register_rows(&actor, &id, &question).await?;
    Ok(Json(RowListView { rows: list.rows.into_iter().map(row_view).collect(), next: list.next }))
}

/// The row that an address names; its number also as people write it.
fn key(api: &Api, id: &str, number: &str) -> Result<RowKey, Failure> {
    let app = api.app();
    let register = app.register(id)?;
    let number = register.number_typed(number).ok_or(Error::NotFound)?;
    Ok(RowKey::new(register.id.clone(), number))
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, number)): Named<(String, String)>,
) -> Result<Json<RowDetailView>, Failure> {
    let app = api.app();
    let detail = app.register_row(&actor, &key(&api, &id, &number)?).await?;
    Ok(Json(RowDetailView {
        row: row_view(detail.row),
        history: detail.history.into_iter().map(version_view).collect(),
        linking: detail
            .linking
            .into_iter()
            .map(|l| LinkingView {
                register: l.link.key.register,
                number: l.link.key.number,
                column_title: l.column_title,
                name: l.link.name.unwrap_or_default(),
            })
            .collect(),
        may_keep: detail.may.keep,
        may_classify: detail.may.classify,
    }))
}

pub(crate) async fn add(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<RowForm>,
) -> Result<Response, Failure> {
    let RowForm { section, values, reason } = form;
    check_reason(&reason)?;
    let key = api.app().add_row(&actor, &id, &RowInput { section, values, reason }).await?;
    let location = HeaderValue::from_str(&format!("/api/v1/registers/{}/rows/{}", key.register, key.number))
        .map_err(|e| Error::Internal(format!("location: {e}")))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(Made { id: key.number.to_string() }))
        .into_response())
}

fn check_reason(reason: &str) -> Result<(), Failure> {
    if reason.chars().count() > workflow::register::REASON_CHARS_MAX {
        return Err(Failure::invalid("reason", "too-long"));
    }
    Ok(())
}

pub(crate) async fn change(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, number)): Named<(String, String)>,
    Body(form): Body<RowChangeForm>,
) -> Result<StatusCode, Failure> {
    let RowChangeForm { seen, section, values, reason } = form;
    check_reason(&reason)?;
    let key = key(&api, &id, &number)?;
    api.app().change_row(&actor, &key, seen, &RowInput { section, values, reason }).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn end(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, number)): Named<(String, String)>,
    Body(form): Body<RowEndForm>,
) -> Result<StatusCode, Failure> {
    let key = key(&api, &id, &number)?;
    api.app().end_row(&actor, &key, form.seen, &form.on, &form.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn plan(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<PlanForm>,
) -> Result<Json<PlanResult>, Failure> {
    let line = |line| match line {
        PlanLineForm::Add { section, values } => PlanLine::Add { section, values },
        PlanLineForm::Change { number, seen, section, values } => {
            PlanLine::Change { number, seen, section, values }
        }
        PlanLineForm::End { number, seen, on, reason } => PlanLine::End { number, seen, on, reason },
    };
    let PlanForm { apply, source, reason, lines } = form;
    let plan = RegisterPlan { register: id, source, reason, lines: lines.into_iter().map(line).collect() };
    let app = api.app();
    let tried = app.try_plan(&actor, &plan).await?;
    // What cannot be done is told by line; it is no failure of the call.
    if !apply || !tried.problems.is_empty() {
        return Ok(Json(result(tried, false, None)));
    }
    let applied = app.apply_plan(&actor, &plan).await?;
    Ok(Json(result(applied.done, true, applied.numbers)))
}

fn result(done: Trial, applied: bool, numbers: Option<(i64, i64)>) -> PlanResult {
    let problem = |(line, problem): (usize, LineProblem)| PlanProblemView {
        line,
        problem: problem.id().to_owned(),
        columns: match problem {
            LineProblem::Columns(columns) => {
                columns.into_iter().map(|c| (c.field, c.problem.to_owned())).collect()
            }
            _ => Vec::new(),
        },
    };
    PlanResult {
        applied,
        digest: done.digest,
        added: done.added,
        changed: done.changed,
        ended: done.ended,
        same: done.same,
        followed: done.followed,
        waiting: done.waiting,
        problems: done.problems.into_iter().map(problem).collect(),
        numbers,
    }
}
