//! Courses of the fictional city: the one of the year is open, half of the body has passed it, two sections are behind.
//!
//! Owns the script. Every line goes through the same use cases as a person's click.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use app::{
    App,
    actor::Actor,
    training::{NewAttendance, NewRun, ShownPaper},
};
use policy::Course;
use workflow::id::TaskId;

const COURSE: &str = "security-yearly";
/// Who opens it.
const OFFICER: &str = "tsukishima";

/// Who has passed: of 都市計画課 one, of 上下水道課 nobody.
const PASSED: &[&str] = &[
    "hoshino",
    "amano",
    "kumoi",
    "akatsuki",
    "tomari",
    "isono",
    "wakaba",
    "himawari",
    "kaede",
    "yanagi",
    "suzuran",
    "izumi",
    "shimizu",
    "takigawa",
    "fuchigami",
    "oka",
];
/// Who has read a part of it.
const READING: &[&str] = &["sakura", "tanimura"];
/// Who was in the room and has not been tested yet.
const ROOM: &[&str] = &["kirishima", "sorano", "hibari"];
/// Who needed a second try.
const TWICE: &str = "suzuran";

/// Opens the course of the year and plays those who take it, in the LGWAN zone.
///
/// # Errors
/// When a scene cannot be played.
pub(crate) async fn play(
    app: &App,
    actor: impl AsyncFn(&str) -> anyhow::Result<Actor>,
    strong: impl AsyncFn(&str) -> anyhow::Result<Actor>,
    now: workflow::Millis,
) -> anyhow::Result<()> {
    let officer = strong(OFFICER).await?;
    let new = NewRun { course: COURSE.to_owned(), ..NewRun::default() };
    app.open_course(&officer, new).await.context("研修の開講")?;
    let room = NewAttendance {
        course: COURSE.to_owned(),
        on: super::requests::day(now),
        place: "市役所 大会議室".to_owned(),
        people: ROOM.join("\n"),
    };
    app.record_attendance(&officer, room).await.context("集合研修の出席")?;
    let course = app.pack().course(COURSE).context("講座がありません")?.clone();
    for login in READING {
        let (reader, task) = begun(app, actor(login).await?).await?;
        for page in course.pages.iter().take(3) {
            app.read_course_page(&reader, &task, &page.id).await?;
        }
    }
    for login in PASSED {
        let place = || format!("研修の受講({login})");
        let (reader, task) = begun(app, actor(login).await?).await.with_context(place)?;
        for page in &course.pages {
            app.read_course_page(&reader, &task, &page.id).await.with_context(place)?;
        }
        let tries: &[bool] = if *login == TWICE { &[false, true] } else { &[true] };
        for right in tries {
            app.begin_test(&reader, &task).await.with_context(place)?;
            let paper = app.test_paper(&reader, &task).await.with_context(place)?;
            let passed =
                app.end_test(&reader, &task, answers(&course, &paper, *right)).await.with_context(place)?;
            anyhow::ensure!(passed == *right, "{}: 合否が台本と違います", place());
        }
    }
    Ok(())
}

/// Somebody with his task of the course.
async fn begun(app: &App, actor: Actor) -> anyhow::Result<(Actor, TaskId)> {
    let cards = app.my_courses(&actor).await?;
    let card = cards.into_iter().find(|card| card.course == COURSE).context("受ける講座がありません")?;
    Ok((actor, card.task))
}

/// What is right on a paper, or everything else.
fn answers(course: &Course, paper: &ShownPaper, right: bool) -> BTreeMap<usize, BTreeSet<usize>> {
    let of = |item: &app::training::ShownItem| -> BTreeSet<usize> {
        let question = course.questions.iter().find(|q| q.text == item.text);
        let is_right = |words: &String| {
            question.is_some_and(|q| {
                q.choices.iter().position(|c| c == words).is_some_and(|place| q.answers.contains(&place))
            })
        };
        item.choices
            .iter()
            .enumerate()
            .filter(|(_, words)| is_right(words) == right)
            .map(|(n, _)| n)
            .collect()
    };
    paper.items.iter().enumerate().map(|(number, item)| (number, of(item))).collect()
}
