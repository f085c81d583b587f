//! Courses, as programs read and take them.
//!
//! Owns the endpoints. Marks are given to the person himself only, and what is right only after a try. Leaves every decision to
//! `app`, what goes in and out to `shapes`, files to `materials`.

mod materials;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};

use app::training::{NewAttendance, NewRun};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use workflow::id::{SectionId, TaskId};

use super::{
    Api,
    caller::{Body, Caller, Named, Params},
    dto::Made,
    errors::Failure,
};

pub(crate) use materials::*;
pub(crate) use shapes::*;

fn year_of(query: &CourseYearQuery) -> Result<Option<i16>, Failure> {
    match query.year {
        Some(year) if !(2000..=2200).contains(&year) => Err(Failure::invalid("year", "not-allowed")),
        year => Ok(year),
    }
}

pub(crate) async fn mine(State(api): State<Api>, Caller(actor): Caller) -> Result<Json<CourseList>, Failure> {
    let cards = api.app().my_courses(&actor).await?;
    Ok(Json(CourseList { courses: cards.into_iter().map(Into::into).collect() }))
}

pub(crate) async fn show(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<CourseDetailView>, Failure> {
    Ok(Json(api.app().my_course(&actor, &TaskId::new(id)).await?.into()))
}

pub(crate) async fn read(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, page)): Named<(String, String)>,
) -> Result<StatusCode, Failure> {
    api.app().read_course_page(&actor, &TaskId::new(id), &page).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn begin(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().begin_test(&actor, &TaskId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn paper(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<Json<PaperView>, Failure> {
    Ok(Json(api.app().test_paper(&actor, &TaskId::new(id)).await?.into()))
}

pub(crate) async fn answer(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<AnswerForm>,
) -> Result<Json<AnsweredView>, Failure> {
    let chosen: BTreeMap<usize, BTreeSet<usize>> =
        form.chosen.into_iter().enumerate().map(|(n, places)| (n, places.into_iter().collect())).collect();
    let passed = api.app().end_test(&actor, &TaskId::new(id), chosen).await?;
    Ok(Json(AnsweredView { passed }))
}

pub(crate) async fn overview(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<CourseYearQuery>,
) -> Result<Json<CourseOverviewView>, Failure> {
    Ok(Json(api.app().course_overview(&actor, year_of(&query)?).await?.into()))
}

pub(crate) async fn year(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Params(query): Params<CourseYearQuery>,
) -> Result<Json<CourseYearView>, Failure> {
    Ok(Json(api.app().course_year(&actor, &id, year_of(&query)?).await?.into()))
}

pub(crate) async fn section(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, section)): Named<(String, String)>,
    Params(query): Params<CourseYearQuery>,
) -> Result<Json<CourseSectionView>, Failure> {
    let section = SectionId::new(section);
    Ok(Json(api.app().course_section(&actor, &id, year_of(&query)?, &section).await?.into()))
}

pub(crate) async fn remind(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named((id, section)): Named<(String, String)>,
    Params(query): Params<CourseYearQuery>,
) -> Result<Json<RemindedView>, Failure> {
    let app = api.app();
    let current = || workflow::calendar::fiscal_year(workflow::calendar::day_of(app.now()));
    let year = year_of(&query)?.unwrap_or_else(current);
    let told = app.remind_course(&actor, &id, year, &SectionId::new(section)).await?;
    Ok(Json(RemindedView { people: told }))
}

pub(crate) async fn open(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<OpenForm>,
) -> Result<Response, Failure> {
    let new = NewRun { course: id.clone(), due_on: form.due_on, what: form.what };
    let run = api.app().open_course(&actor, new).await?;
    let location = HeaderValue::from_str(&format!("/api/v1/course-types/{id}"))
        .map_err(|e| app::Error::Internal(format!("location: {e}")))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(Made { id: run })).into_response())
}

pub(crate) async fn close(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
) -> Result<StatusCode, Failure> {
    api.app().close_course(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn attendance(
    State(api): State<Api>,
    Caller(actor): Caller,
    Named(id): Named<String>,
    Body(form): Body<AttendanceForm>,
) -> Result<Json<AttendedView>, Failure> {
    let new = NewAttendance { course: id, on: form.on, place: form.place, people: form.people.join("\n") };
    let noted = api.app().record_attendance(&actor, new).await?;
    Ok(Json(AttendedView { noted: noted.noted, passed: noted.passed, before: noted.before }))
}
