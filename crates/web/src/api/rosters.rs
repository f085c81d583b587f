//! Personnel changes for programs: from a table to a plan, what it would do, who takes what, giving it up.
//!
//! Owns the shapes. Applying for a plan is a request like any other; who may do what is decided by `app`.

use app::{
    Error,
    model::PageRequest,
    rosters::{
        RosterDraft, RosterInput, RosterLine, RosterPart,
        store::{OpenRequests, Outcome, Thing},
    },
};
use axum::{
    Json,
    extract::{FromRequest as _, Multipart, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use workflow::{
    id::{RequestId, RosterPlanId},
    roster::{Form, Kind, life::RosterPlan},
};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    cursor,
    dto::PageQuery,
    errors::Failure,
    register_tables::refused,
};
use crate::{upload, words::rosters as words};

/// Most rows of one page, as `app` has it.
const ROWS_MAX: u32 = 100;

/// A table with what is said about it, as parts of a form. Whatever is said stands before the file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the document reads it")]
pub(crate) struct RosterParts {
    /// `changes` for a table of those who change, `whole` for a roster of everybody: who is not in it leaves.
    form: String,
    /// The day on which it is to be applied.
    day: String,
    /// The sheet to read; without it the first that fits.
    sheet: Option<String>,
    /// The password of an encrypted workbook.
    password: Option<String>,
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// How many people of each kind.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterCounts {
    joins: u32,
    moves: u32,
    leaves: u32,
    suspended: u32,
    resumed: u32,
    renamed: u32,
    unchanged: u32,
}

/// A line of a table that cannot be taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterProblem {
    /// Its number in the file, from 1.
    line: u32,
    /// The heading of the column; empty when it is about the whole line.
    title: String,
    /// The word for it.
    problem: &'static str,
    /// The same for people.
    words: String,
}

/// What nobody would hold any more.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterVacancy {
    post: String,
    unit: Option<String>,
    /// The role that nobody has then; absent where only a deputy is missing.
    role: Option<String>,
}

/// What a table would do. Nobody was changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterMade {
    file: String,
    sheet: String,
    other_sheets: Vec<String>,
    /// Headings that were not read.
    unknown_headings: Vec<String>,
    day: String,
    counts: RosterCounts,
    vacancies: Vec<RosterVacancy>,
    problems: Vec<RosterProblem>,
    /// The plan that was kept; absent when a line cannot be taken or nothing is different.
    plan: Option<String>,
}

/// A plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterView {
    id: String,
    day: String,
    /// `draft`, `asked`, `approved`, `running`, `done` or `withdrawn`.
    stage: &'static str,
    form: &'static str,
    source: String,
    digest: String,
    counts: RosterCounts,
    /// The request that carries it.
    request: Option<String>,
    /// Once the day has come: changed, stood so already, were changed meanwhile, could not be changed.
    done: u32,
    already: u32,
    differs: u32,
    failed: u32,
}

/// Plans, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterList {
    rows: Vec<RosterView>,
    next: Option<String>,
}

/// A plan with what stands in its way and what is in hand.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterDetailView {
    plan: RosterView,
    vacancies: Vec<RosterVacancy>,
    /// Requests of leavers that nobody has decided.
    requests_in_hand: usize,
    /// Permits of leavers, and of movers to another section.
    permits_in_hand: usize,
    /// Of these, with something to give back.
    permits_to_give_back: usize,
    tasks_in_hand: usize,
    transfers_in_hand: usize,
    rows_in_hand: usize,
}

/// Which lines.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RosterLinesQuery {
    /// A kind (`join`, `move`, `leave`, `suspend`, `resume`, `rename`) or an outcome (`done`, `already`, `differs`, `failed`);
    /// absent: all.
    part: Option<String>,
    /// The place of the last line of the page before.
    after: Option<u32>,
    /// At most so many; 50 unless said, never more than 100.
    limit: Option<u32>,
}

/// How somebody stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterStanding {
    name: String,
    section: String,
    enabled: bool,
    /// Post, and the unit behind `@` where it has one.
    posts: Vec<String>,
}

/// Something in hand.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterThing {
    /// `request`, `permit`, `task`, `transfer` or `row`.
    kind: &'static str,
    id: String,
    title: String,
    /// Of a row and of a permit: who takes it, by name.
    successor: Option<String>,
}

/// A line of a plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterLineView {
    place: u32,
    login: String,
    person: Option<String>,
    kind: &'static str,
    before: Option<RosterStanding>,
    after: RosterStanding,
    /// Where mails for him are to go, where that is different.
    mail: Option<String>,
    /// Where they went until then.
    mail_before: Option<String>,
    /// Whether he wrote that himself; absent where nobody noted it.
    mail_before_own: Option<bool>,
    /// The lines of the table that say so.
    lines: Vec<u32>,
    successor: Option<String>,
    requests: &'static str,
    things: Vec<RosterThing>,
    outcome: Option<&'static str>,
    why: Vec<String>,
}

/// Lines of a plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct RosterLines {
    rows: Vec<RosterLineView>,
    /// Where the next page starts.
    next: Option<u32>,
}

/// Who takes what a person has in hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuccessorForm {
    /// Login or a name that only one person has; empty: nobody.
    successor: String,
    /// `withdraw` or `hand-over`.
    requests: String,
}

/// Who takes over a permit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PermitKeeperForm {
    /// The request that gave it.
    request: String,
    /// Login or a name that only one person has; empty: it is given back.
    successor: String,
}

fn counts(plan: &RosterPlan) -> RosterCounts {
    let c = &plan.counts;
    RosterCounts {
        joins: c.join,
        moves: c.moved,
        leaves: c.leave,
        suspended: c.suspend,
        resumed: c.resume,
        renamed: c.rename,
        unchanged: c.unchanged,
    }
}

fn view(plan: &RosterPlan) -> RosterView {
    RosterView {
        id: plan.id.to_string(),
        day: plan.day.clone(),
        stage: plan.stage.id(),
        form: plan.form.id(),
        source: plan.source.clone(),
        digest: plan.digest.clone(),
        counts: counts(plan),
        request: plan.request.clone(),
        done: plan.results.done,
        already: plan.results.already,
        differs: plan.results.differs,
        failed: plan.results.failed,
    }
}

fn vacancy(vacancy: workflow::roster::Vacancy) -> RosterVacancy {
    RosterVacancy { post: vacancy.post.post, unit: vacancy.post.unit, role: vacancy.role }
}

fn made(draft: RosterDraft) -> RosterMade {
    let count = |kind| u32::try_from(draft.plan.count(kind)).unwrap_or(u32::MAX);
    let problem = |p: &workflow::roster::LineProblem| RosterProblem {
        line: p.line,
        title: words::column(&p.title).to_owned(),
        problem: p.what.id(),
        words: words::line(&p.what),
    };
    let unknown = draft.lines.headings.iter().filter(|h| !h.is_known).map(|h| h.untrusted_title.clone());
    RosterMade {
        unknown_headings: unknown.collect(),
        counts: RosterCounts {
            joins: count(Kind::Join),
            moves: count(Kind::Move),
            leaves: count(Kind::Leave),
            suspended: count(Kind::Suspend),
            resumed: count(Kind::Resume),
            renamed: count(Kind::Rename),
            unchanged: u32::try_from(draft.plan.unchanged).unwrap_or(u32::MAX),
        },
        problems: draft.plan.problems.iter().map(problem).collect(),
        vacancies: draft.vacancies.into_iter().map(vacancy).collect(),
        plan: draft.kept.map(|id| id.to_string()),
        file: draft.file,
        sheet: draft.sheet,
        other_sheets: draft.other_sheets,
        day: draft.day,
    }
}

pub(crate) async fn list(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<PageQuery>,
) -> Result<Json<RosterList>, Failure> {
    let after = cursor::read(query.after.as_deref())?;
    let page = PageRequest { after, limit: cursor::limit(query.limit, ROWS_MAX) };
    let page = api.app().rosters(&actor, &page).await?;
    Ok(Json(RosterList {
        rows: page.rows.iter().map(view).collect(),
        next: page.next.as_ref().map(cursor::text),
    }))
}

pub(crate) async fn make(
    State(api): State<Api>,
    Caller(actor): Caller,
    request: Request,
) -> Result<Response, Failure> {
    let mut parts = Multipart::from_request(request, &api).await.map_err(|_| Failure::media_type())?;
    let app = api.app();
    let mut pairs = Vec::new();
    let begin = |name: String| {
        let (app, actor) = (app.clone(), actor.clone());
        async move { app.begin_roster(&actor, &name).await }
    };
    let taken = match upload::one_file(&mut parts, &mut pairs, begin).await {
        Ok(Some(taken)) => taken,
        Ok(None) => return Err(Failure::invalid("file", "empty")),
        Err(error) => {
            upload::read_on(&mut parts).await;
            return Err(error.into());
        }
    };
    let (mut form, mut day, mut sheet, mut password) = (None, String::new(), None, None);
    for (name, value) in pairs {
        match name.as_str() {
            "form" => form = Form::from_id(&value),
            "day" => day = value,
            "sheet" => sheet = Some(value),
            "password" => password = Some(value),
            _ => return Err(Failure::malformed("a part that is not known")),
        }
    }
    let form = form.ok_or_else(|| Failure::invalid("form", "unknown"))?;
    let input = RosterInput { form, untrusted_day: day, sheet, password };
    Ok(match app.finish_roster(&actor, taken, &input).await? {
        Ok(draft) => {
            let status =
                if draft.kept.is_some() { StatusCode::CREATED } else { StatusCode::UNPROCESSABLE_ENTITY };
            (status, Json(made(draft))).into_response()
        }
        Err(refusal) => (StatusCode::UNPROCESSABLE_ENTITY, Json(refused(&refusal))).into_response(),
    })
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<RosterDetailView>, Failure> {
    let detail = api.app().roster(&actor, &RosterPlanId::new(id)).await?;
    Ok(Json(RosterDetailView {
        plan: view(&detail.plan),
        vacancies: detail.vacancies.into_iter().map(vacancy).collect(),
        requests_in_hand: detail.hand.requests,
        permits_in_hand: detail.hand.permits,
        permits_to_give_back: detail.hand.to_give_back,
        tasks_in_hand: detail.hand.tasks,
        transfers_in_hand: detail.hand.transfers,
        rows_in_hand: detail.hand.rows,
    }))
}

pub(crate) async fn lines(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Params(query): Params<RosterLinesQuery>,
) -> Result<Json<RosterLines>, Failure> {
    let part = match query.part.as_deref() {
        None | Some("") => RosterPart::All,
        Some(word) => match (Kind::from_id(word), Outcome::from_id(word)) {
            (Some(kind), _) => RosterPart::Kind(kind),
            (_, Some(outcome)) => RosterPart::Outcome(outcome),
            _ => return Err(Failure::invalid("part", "unknown")),
        },
    };
    let limit = cursor::limit(query.limit, ROWS_MAX);
    let after = query.after.unwrap_or_default();
    let lines = api.app().roster_lines(&actor, &RosterPlanId::new(id), &part, after, limit).await?;
    let full = u32::try_from(lines.len()).is_ok_and(|n| n >= limit);
    let next = lines.last().filter(|_| full).map(|line| line.line.place);
    Ok(Json(RosterLines { rows: lines.iter().map(line_view).collect(), next }))
}

fn standing(standing: &workflow::roster::Standing) -> RosterStanding {
    let posts = standing.posts.iter().map(|post| match &post.unit {
        Some(unit) => format!("{}@{unit}", post.post),
        None => post.post.clone(),
    });
    RosterStanding {
        name: standing.name.clone(),
        section: standing.section.to_string(),
        enabled: standing.enabled,
        posts: posts.collect(),
    }
}

fn line_view(shown: &RosterLine) -> RosterLineView {
    let line = &shown.line;
    let thing = |of: &app::rosters::ShownThing| {
        let (kind, id) = match &of.thing {
            Thing::Request(id, ..) => ("request", id.to_string()),
            Thing::Permit(id, ..) => ("permit", id.to_string()),
            Thing::Task(id, _) => ("task", id.to_string()),
            Thing::Transfer(id, ..) => ("transfer", id.to_string()),
            Thing::Row(key, _) => ("row", key.to_string()),
        };
        RosterThing { kind, id, title: of.title.clone(), successor: of.successor.clone() }
    };
    RosterLineView {
        place: line.place,
        login: line.entry.login.clone(),
        person: line.entry.person.as_ref().map(ToString::to_string),
        kind: line.entry.kind.id(),
        before: line.entry.before.as_ref().map(standing),
        after: standing(&line.entry.after),
        mail: line.entry.mail.clone(),
        mail_before: line.entry.mail_before.as_ref().map(|before| before.address.clone()),
        mail_before_own: line.entry.mail_before.as_ref().and_then(|before| before.own),
        lines: line.entry.lines.clone(),
        successor: shown.successor_name.clone(),
        requests: line.choice.requests.id(),
        things: shown.things.iter().map(thing).collect(),
        outcome: line.outcome.map(Outcome::id),
        why: line.why.lines().map(ToOwned::to_owned).collect(),
    }
}

pub(crate) async fn choose(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, place)): Named<(String, u32)>,
    Body(form): Body<SuccessorForm>,
) -> Result<StatusCode, Failure> {
    let requests = OpenRequests::from_id(&form.requests)
        .ok_or(Error::Invalid { field: "requests", problem: "unknown" })?;
    let id = RosterPlanId::new(id);
    api.app().choose_successor(&actor, &id, place, &form.successor, requests).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn choose_permit(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, place)): Named<(String, u32)>,
    Body(form): Body<PermitKeeperForm>,
) -> Result<StatusCode, Failure> {
    let (id, request) = (RosterPlanId::new(id), RequestId::new(form.request));
    api.app().choose_permit_keeper(&actor, &id, place, &request, &form.successor).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn withdraw(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().withdraw_roster(&actor, &RosterPlanId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
