//! 研修: one's own courses, the rates of sections and of the body, opening, attendance, reminding.
//!
//! Owns the words and rows that its pages share. Leaves reading and tests to `taking`, files to `materials`.

mod materials;
mod taking;

use app::{
    Error,
    actor::Actor,
    training::{CourseCard, CourseYear, NewAttendance, NewRun},
};
use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use policy::{Course, Mechanism, Occurs};
use workflow::{
    calendar::{begin_of, day_of, fiscal_year_begins},
    duty::Tally,
    id::SectionId,
    training::{Share, Standing},
};

use super::{
    Pairs,
    acts::{self, Done},
    duties, one, taken, view,
};
use crate::{
    dates,
    door::Signed,
    failure,
    site::{Site, at_form, render, when},
    words,
};

pub(crate) use materials::{
    add as add_files, open as open_file, open_mine as open_own_file, remove as remove_file,
};
pub(crate) use taking::{begin, certificate, course, page, read, test, test_page};

const BASIS: &[Mechanism] = &[Mechanism::TrainingCourse];

fn chip(standing: Standing) -> view::Chip {
    let (word, tone, _) = words::training::standing(standing);
    view::Chip { word: word.to_owned(), tone }
}

fn course_href(id: &str) -> String {
    format!("/training/courses/{}", view::path_part(id))
}

/// The page of a course in a year.
pub(super) fn year_href(course: &str, year: i16) -> String {
    format!("{}?year={year}", course_href(course))
}

fn section_href(course: &str, section: &str, year: i16) -> String {
    format!("{}/sections/{}?year={year}", course_href(course), view::path_part(section))
}

fn year_name(year: i16) -> String {
    dates::fiscal_year(begin_of(fiscal_year_begins(year)))
}

/// The year that an address asks for; one that no calendar has is none.
fn year_of(pairs: &Pairs) -> Option<i16> {
    one(pairs, "year").parse::<i16>().ok().filter(|y| (2000..=2200).contains(y))
}

fn years(base: &str, year: i16) -> Vec<view::Tab> {
    [year - 1, year, year + 1]
        .map(|y| view::Tab { href: format!("{base}?year={y}"), label: year_name(y), current: y == year })
        .into()
}

/// A bar of how many people passed.
fn rate(name: &str, href: &str, tally: &Tally) -> view::DutyRate {
    duties::rate_in(name, href, tally, ["修了", "免除", "期限前", "期限超過"], "人")
}

/// The same of a section's people.
fn share_rate(name: &str, share: &Share) -> view::DutyRate {
    let tally = Tally {
        asked: share.all(),
        done: share.of(Standing::Passed),
        late: 0,
        waived: share.of(Standing::Excused),
        overdue: share.of(Standing::Overdue),
    };
    rate(name, "", &tally)
}

fn card(card: &CourseCard) -> view::CourseCardView {
    let (_, _, said) = words::training::standing(card.standing);
    let (read, of) = card.pages;
    let mut effort = format!("約{}分", card.minutes);
    if of > 0 && !card.standing.is_over() {
        effort = format!("{effort}、教材 {read}/{of}ページ");
    }
    view::CourseCardView {
        href: format!("/training/mine/{}", view::path_part(card.task.as_str())),
        title: card.title.clone(),
        state: chip(card.standing),
        said: said.to_owned(),
        due: duties::on(card.due_on),
        overdue: card.standing == Standing::Overdue,
        effort,
        reminded: card.reminded_at.filter(|_| !card.standing.is_over()).map(when),
        passed: card.passed_at.map(when),
        action: match card.standing {
            Standing::Passed | Standing::Excused | Standing::Confirming | Standing::ExcuseAsked => "",
            Standing::NotBegun => "受ける",
            _ => "続ける",
        }
        .to_owned(),
    }
}

pub(crate) async fn mine(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let app = site.app();
    let cards = match app.my_courses(&who.actor).await {
        Ok(cards) => cards,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let (over, open): (Vec<_>, Vec<_>) = cards.iter().partition(|c| c.standing.is_over());
    let sees = app.sees_courses_of_others(&who.actor);
    render(&view::CoursesPage {
        frame: site.frame(Some(&who.actor), "研修", "/training", BASIS, one(&query, "done")),
        open: open.into_iter().map(card).collect(),
        over: over.into_iter().map(card).collect(),
        overview_href: sees.then(|| "/training/overview".to_owned()),
    })
}

pub(crate) async fn overview(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let overview = match site.app().course_overview(&who.actor, year_of(&query)).await {
        Ok(overview) => overview,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let year = overview.year;
    let href = |course: &Course| year_href(&course.id, year);
    let held = overview.courses.iter().filter(|(_, tally, _)| tally.asked > 0);
    render(&view::CourseOverviewPage {
        frame: site.frame(Some(&who.actor), "研修の受講状況", "/training", BASIS, ""),
        year: year_name(year),
        years: years("/training/overview", year),
        whole_body: overview.whole_body,
        courses: held.map(|(c, tally, _)| rate(&c.title, &href(c), tally)).collect(),
        audiences: overview.audiences.iter().map(|(a, tally)| rate(a.title_ja(), "", tally)).collect(),
        opens: overview
            .courses
            .iter()
            .filter(|(_, _, opens)| *opens)
            .map(|(c, _, _)| (c.title.clone(), href(c)))
            .collect(),
    })
}

pub(crate) async fn year(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    year_page(&site, &who.actor, &id, &query, None).await
}

/// The page of a course; after an error with what was typed and what is wrong with it.
async fn year_page(site: &Site, actor: &Actor, id: &str, pairs: &Pairs, error: Option<&Error>) -> Response {
    let app = site.app();
    let of = match app.course_year(actor, id, year_of(pairs)).await {
        Ok(of) => of,
        Err(error) => return site.fail(Some(actor), &error),
    };
    let mut frame = site.frame(Some(actor), &of.course.title, "/training", BASIS, one(pairs, "done"));
    if !of.statements.is_empty() {
        frame.clauses = site.chips(&of.statements);
    }
    let href = course_href(id);
    let runs = of.runs.iter().map(|run| view::RunView {
        covers: duties::covers_words(&run.covers),
        opened: when(run.opened_at),
        due: duties::on(run.due_on),
        closed: run.closed.as_ref().map(|(at, _)| when(*at)),
        destroyed: of.records.get(&run.id).and_then(|record| record.disposal.destroyed_at).map(when),
        close: (of.may_manage && run.closed.is_none()).then(|| run.id.clone()),
    });
    let today = day_of(app.now()).to_string();
    let typed = |key: &str, before: &str| match one(pairs, key) {
        "" => before.to_owned(),
        typed => typed.to_owned(),
    };
    let mut answer = render(&view::CourseYearPage {
        frame,
        title: of.course.title.clone(),
        help: of.course.help.clone(),
        facts: facts(&app, &of.course),
        year: year_name(of.year),
        years: years(&href, of.year),
        all: rate("全体", "", &of.all),
        sections: section_rates(&of),
        history: of.years.iter().map(|y| rate(&year_name(y.year), "", &y.tally)).collect(),
        runs: runs.collect(),
        material: materials::of_year(site, &of),
        open: (of.may_manage && of.is_opened).then(|| view::OpenCourseForm {
            due_on: one(pairs, "due-on").to_owned(),
            what: matches!(of.course.occurs, Occurs::On { .. }).then(|| one(pairs, "what").to_owned()),
        }),
        attendance: (of.may_manage && of.all.asked > 0).then(|| view::AttendanceForm {
            on: typed("on", &today),
            place: one(pairs, "place").to_owned(),
            people: one(pairs, "people").to_owned(),
            suffices: of.course.lecture_suffices || of.course.questions.is_empty(),
        }),
        downloads: taken::Format::hrefs(&format!("{href}/table?year={}", of.year)),
        href,
        errors: error.map(at_course).unwrap_or_default(),
    });
    if let Some(error) = error {
        *answer.status_mut() = failure::status(error);
    }
    answer
}

fn section_rates(of: &CourseYear) -> Vec<view::DutyRate> {
    let rates = of.sections.iter().map(|s| {
        let section = s.section.as_ref().map_or("", SectionId::as_str);
        rate(&s.name, &section_href(&of.course.id, section, of.year), &s.tally)
    });
    rates.collect()
}

fn facts(app: &app::App, course: &Course) -> Vec<(String, String)> {
    let role = |id: &Option<String>| {
        id.as_ref().map_or_else(|| "なし".to_owned(), |id| app.pack().role_title(id).to_owned())
    };
    let mut facts = vec![
        ("対象".to_owned(), course.audience.title_ja().to_owned()),
        ("いつ".to_owned(), words::training::occurs(course)),
        ("かかる時間".to_owned(), format!("約{}分", course.minutes)),
        ("理解度の確認".to_owned(), words::training::test(course)),
        ("開講する役割".to_owned(), app.pack().role_title(&course.manager).to_owned()),
        ("免除を決める役割".to_owned(), role(&course.excuse_by)),
    ];
    if let Some(days) = course.answers_days.value {
        facts.push(("答えと点数の保存".to_owned(), format!("{days}日(修了したことは残る)")));
    }
    if let Some(class) = app.pack().record_class_of(course.record_class.as_deref()) {
        facts.push(("受講の記録の保存".to_owned(), class.title.clone()));
    }
    facts
}

fn at_course(error: &Error) -> Vec<view::FieldError> {
    match error {
        Error::Form(problems) => problems
            .iter()
            .map(|p| view::FieldError {
                field: p.field.clone(),
                text: format!("{}: {}", p.title, words::training::problem(p)),
            })
            .collect(),
        // A page may have several forms for files: what is wrong stands above all of them.
        other => {
            let text = at_form(other).map_or_else(|| failure::trouble(other).line(), |message| message.text);
            vec![view::FieldError { field: String::new(), text }]
        }
    }
}

/// The page after an act: once more with what is wrong, or as it is now.
async fn after(
    site: &Site,
    actor: &Actor,
    id: &str,
    done: &str,
    pairs: &Pairs,
    result: app::Result<()>,
) -> Response {
    let is_told =
        |error: &Error| matches!(error, Error::Form(_) | Error::Conflict) || at_form(error).is_some();
    let again = async |error: &Error| year_page(site, actor, id, pairs, Some(error)).await;
    acts::after(site, actor, Done { href: &course_href(id), word: done }, result, is_told, again).await
}

pub(crate) async fn open(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let text = |key: &str| one(&pairs, key).to_owned();
    let new = NewRun { course: id.clone(), due_on: text("due-on"), what: text("what") };
    let result = site.app().open_course(&who.actor, new).await.map(|_| ());
    after(&site, &who.actor, &id, "course-opened", &pairs, result).await
}

pub(crate) async fn close(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let result = site.app().close_course(&who.actor, one(&pairs, "run")).await;
    after(&site, &who.actor, &id, "course-closed", &pairs, result).await
}

pub(crate) async fn attendance(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let text = |key: &str| one(&pairs, key).to_owned();
    let new =
        NewAttendance { course: id.clone(), on: text("on"), place: text("place"), people: text("people") };
    let result = site.app().record_attendance(&who.actor, new).await.map(|_| ());
    after(&site, &who.actor, &id, "course-attended", &pairs, result).await
}

pub(crate) async fn section(
    State(site): State<Site>,
    who: Signed,
    Path((id, section)): Path<(String, String)>,
    Query(query): Query<Pairs>,
) -> Response {
    let app = site.app();
    let of = match app.course_section(&who.actor, &id, year_of(&query), &SectionId::new(section)).await {
        Ok(of) => of,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let mut frame = site.frame(
        Some(&who.actor),
        &format!("{}の受講状況", of.name),
        "/training",
        BASIS,
        one(&query, "done"),
    );
    if !of.statements.is_empty() {
        frame.clauses = site.chips(&of.statements);
    }
    let (year, section) = (of.year, of.section.as_str());
    let base = format!("{}/sections/{}", course_href(&id), view::path_part(section));
    let rows = of.people.iter().map(|p| view::CoursePersonView {
        name: p.name.clone(),
        state: chip(p.standing),
        due: duties::on(p.due_on),
        overdue: p.standing == Standing::Overdue,
        passed: p.passed_at.map(when),
        late: p.late,
        reminded: p.reminded_at.filter(|_| !p.standing.is_over()).map(when),
    });
    render(&view::CourseSectionPage {
        frame,
        course: (of.course.title.clone(), year_href(&id, year)),
        section: of.name.clone(),
        year: year_name(year),
        all: of.gone.as_ref().map_or_else(|| share_rate(&of.name, &of.share), |t| rate(&of.name, "", t)),
        gone: of.gone.is_some(),
        rows: rows.collect(),
        remind_action: of.may_remind.then(|| format!("{base}/remind?year={year}")),
        downloads: taken::Format::hrefs(&format!("{base}/table?year={year}")),
        made: when(app.now()),
    })
}

pub(crate) async fn remind(
    State(site): State<Site>,
    who: Signed,
    Path((id, section)): Path<(String, String)>,
    Query(query): Query<Pairs>,
) -> Response {
    let app = site.app();
    let year = year_of(&query).unwrap_or_else(|| workflow::calendar::fiscal_year(day_of(app.now())));
    let told = app.remind_course(&who.actor, &id, year, &SectionId::new(&*section)).await;
    match told {
        Ok(_) => {
            let href = section_href(&id, &section, year);
            Redirect::to(&format!("{href}&done=course-reminded")).into_response()
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}

/// The rates by section as a file.
pub(crate) async fn table(
    State(site): State<Site>,
    who: Signed,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    taken::file(&site, &who.actor, &query, rates(&site, &who.actor, &id, &query)).await
}

async fn rates(site: &Site, actor: &Actor, id: &str, query: &Pairs) -> app::Result<taken::Taken> {
    use workbook::Kind::{Number, Text};
    let app = site.app();
    let of = app.course_year(actor, id, year_of(query)).await?;
    let columns = [
        ("課", Text),
        ("対象", Number),
        ("修了", Number),
        ("免除", Number),
        ("期限超過", Number),
        ("修了率(%)", Number),
    ];
    let rows = of.sections.iter().map(|s| {
        let t = s.tally;
        let numbers = [t.asked, t.done, t.waived, t.overdue, t.permille() / 10];
        std::iter::once(s.name.clone()).chain(numbers.map(|n| n.to_string())).collect()
    });
    let name = format!("{}-{}", of.course.id, of.year);
    Ok(taken::Taken::new(name, &of.course.title, columns, rows))
}

/// The people of a section as a file.
pub(crate) async fn section_table(
    State(site): State<Site>,
    who: Signed,
    Path((id, section)): Path<(String, String)>,
    Query(query): Query<Pairs>,
) -> Response {
    let list = people(&site, &who.actor, (&id, &section), &query);
    taken::file(&site, &who.actor, &query, list).await
}

async fn people(
    site: &Site,
    actor: &Actor,
    (id, section): (&str, &str),
    query: &Pairs,
) -> app::Result<taken::Taken> {
    use workbook::Kind::{Day, Text};
    let app = site.app();
    let of = app.course_section(actor, id, year_of(query), &SectionId::new(section)).await?;
    let columns = [("課", Text), ("職員", Text), ("状態", Text), ("期限", Day), ("修了した日", Day)];
    let rows = of.people.iter().map(|p| {
        vec![
            of.name.clone(),
            p.name.clone(),
            words::training::standing(p.standing).0.to_owned(),
            p.due_on.to_string(),
            p.passed_at.map(|at| day_of(at).to_string()).unwrap_or_default(),
        ]
    });
    let name = format!("{}-{}-{}", of.course.id, of.year, of.section);
    let title = format!("{} {}", of.course.title, of.name);
    Ok(taken::Taken::new(name, title, columns, rows))
}
