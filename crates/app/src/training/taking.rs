//! Reading a course and being tested on it.
//!
//! Owns these use cases: a person and his own course, nobody else's. No answer of the pack leaves before the try is over. Leaves
//! what may follow what to `workflow`.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Resource};
use policy::Course;
use serde_json::json;
use workflow::{
    Millis,
    calendar::day_of,
    duty::{Scope, State, Task},
    id::TaskId,
    training::{self, Refusal},
};

use super::{
    running::complete,
    store::{Answers, Attempt},
};
use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::{By, Kind},
};

/// A question as it stands on a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownItem {
    /// What is asked.
    pub text: String,
    /// What can be chosen, in the order of this paper.
    pub choices: Vec<String>,
    /// Whether several are right.
    pub several: bool,
}

/// The paper of a try that is under way. Nothing of it says what is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownPaper {
    /// The questions.
    pub items: Vec<ShownItem>,
    /// When the try was begun.
    pub begun_at: Millis,
    /// Which try it is.
    pub nth: u32,
}

/// Bytes from which a paper is drawn.
const SEED_BYTES: usize = 16;
/// Milliseconds of a day.
const DAY: Millis = 86_400_000;

impl App {
    /// One's own course. Nobody opens another's: it says what he answered.
    pub(super) async fn own_course(&self, actor: &Actor, id: &TaskId) -> Result<(Task, &Course)> {
        let task = self.store().task(id).await?.ok_or(Error::NotFound)?;
        let is_own = matches!(&task.scope, Scope::Person(user, _) if user == actor.id());
        if !is_own {
            return Err(Error::NotFound);
        }
        let _allowed = self.permit(actor, Action::ViewTask, &Resource::from(self.task_facts(&task))).await?;
        let course = training::course_of(&task.duty).ok_or(Error::NotFound)?;
        let course = self.course_type(course)?;
        Ok((task, course))
    }

    /// Confirms that a page was read. With the last one the course was read, and is done where nothing is asked.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Course`], [`Error::Denied`], [`Error::Conflict`].
    pub async fn read_course_page(&self, actor: &Actor, id: &TaskId, page: &str) -> Result<()> {
        let now = self.now();
        let (task, course) = self.own_course(actor, id).await?;
        if task.state.is_final() {
            // Read once more by somebody who is done with it: there is nothing to note.
            return if course.pages.iter().any(|p| p.id == page) {
                Ok(())
            } else {
                Err(Refusal::NoPage.into())
            };
        }
        let _allowed =
            self.permit(actor, Action::ReportTask, &Resource::from(self.task_facts(&task))).await?;
        let stored = self.store().course_progress(std::slice::from_ref(id)).await?;
        let mut bookmark = stored.get(id).cloned().unwrap_or_default();
        if !bookmark.progress.read(course, page, now)? {
            self.store().put_bookmark(id, &bookmark).await?;
            return Ok(());
        }
        let mut tx = self.store().begin().await?;
        let mut task = tx.task(id).await?.ok_or(Error::NotFound)?;
        let mut stored = tx.progress_of(id).await?;
        if !stored.progress.read(course, page, now)? {
            return Err(Error::Conflict);
        }
        let details = json!({ "course": course.id, "title": course.title, "pages": course.pages.len(), "content": training::content_digest(course) });
        let subject = ("task", id.as_str(), course.id.as_str());
        let mut evidence =
            vec![self.course_entry(now, Kind::CourseRead, By::Actor(actor), subject, details)?];
        if stored.progress.passed.is_some() {
            complete(&mut task, actor, day_of(now), now)?;
            tx.update_task(&task).await?;
            let details = passed_details(course, &task, "read");
            evidence.push(self.course_entry(now, Kind::CoursePassed, By::Actor(actor), subject, details)?);
        }
        tx.put_progress(id, &stored).await?;
        self.commit(tx, evidence).await
    }

    /// Begins a try; one that is under way goes on.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Course`], [`Error::Denied`], [`Error::Conflict`].
    pub async fn begin_test(&self, actor: &Actor, id: &TaskId) -> Result<()> {
        let now = self.now();
        let (task, course) = self.own_course(actor, id).await?;
        let _allowed =
            self.permit(actor, Action::ReportTask, &Resource::from(self.task_facts(&task))).await?;
        let mut seed = [0_u8; SEED_BYTES];
        self.entropy().fill(&mut seed);
        let mut tx = self.store().begin().await?;
        // Locks it: two windows begin one try, and none once it was let go.
        still_open(&tx.task(id).await?.ok_or(Error::NotFound)?)?;
        let mut stored = tx.progress_of(id).await?;
        if !stored.progress.begin(course, hex::encode(seed), now)? {
            return Ok(());
        }
        tx.put_progress(id, &stored).await?;
        let details = json!({ "course": course.id, "attempt": stored.progress.attempts });
        let subject = ("task", id.as_str(), course.id.as_str());
        let entry = self.course_entry(now, Kind::CourseTestBegun, By::Actor(actor), subject, details)?;
        self.commit(tx, vec![entry]).await
    }

    /// The paper of the try that is under way.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Course`].
    pub async fn test_paper(&self, actor: &Actor, id: &TaskId) -> Result<ShownPaper> {
        let (_, course) = self.own_course(actor, id).await?;
        let stored = self.store().course_progress(std::slice::from_ref(id)).await?;
        let progress = stored.get(id).map(|s| s.progress.clone()).unwrap_or_default();
        let paper = progress.paper(course)?;
        let items = paper
            .items
            .iter()
            .filter_map(|item| {
                let question = course.questions.get(item.question)?;
                Some(ShownItem {
                    text: question.text.clone(),
                    choices: item.choices.iter().filter_map(|c| question.choices.get(*c).cloned()).collect(),
                    several: question.answers.len() > 1,
                })
            })
            .collect();
        let begun_at = progress.begun.map_or(0, |begun| begun.at);
        Ok(ShownPaper { items, begun_at, nth: progress.attempts })
    }

    /// Ends the try that is under way with what was chosen, as it stands on its paper. Whether it was passed.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Course`] also for questions without an answer, [`Error::Denied`], [`Error::Conflict`].
    pub async fn end_test(
        &self,
        actor: &Actor,
        id: &TaskId,
        chosen: BTreeMap<usize, BTreeSet<usize>>,
    ) -> Result<bool> {
        let now = self.now();
        let (task, course) = self.own_course(actor, id).await?;
        let _allowed =
            self.permit(actor, Action::ReportTask, &Resource::from(self.task_facts(&task))).await?;
        let mut tx = self.store().begin().await?;
        let mut task = tx.task(id).await?.ok_or(Error::NotFound)?;
        still_open(&task)?;
        let mut stored = tx.progress_of(id).await?;
        let (begun, mark, passed) = stored.progress.end(course, &chosen, now)?;
        let nth = stored.progress.attempts;
        // A number that nobody set yet keeps nothing longer than until the next round.
        let kept = course.answers_days.value.and_then(|n| i64::try_from(n).ok()).unwrap_or(0);
        tx.insert_attempt(&Attempt {
            task: id.clone(),
            nth,
            begun_at: begun.at,
            ended_at: now,
            passed,
            answers: Some(Answers { seed: begun.seed, content: begun.content, chosen, rights: mark.rights }),
            erase_at: Some(now.saturating_add(kept.saturating_mul(DAY))),
        })
        .await?;
        tx.put_progress(id, &stored).await?;
        let subject = ("task", id.as_str(), course.id.as_str());
        // What was right is nobody's business but his: evidence says only whether it was enough.
        let entry = if passed {
            complete(&mut task, actor, day_of(now), now)?;
            tx.update_task(&task).await?;
            let details = passed_details(course, &task, "test");
            self.course_entry(now, Kind::CoursePassed, By::Actor(actor), subject, details)?
        } else {
            let details = json!({ "course": course.id, "attempt": nth });
            self.course_entry(now, Kind::CourseTestFailed, By::Actor(actor), subject, details)?
        };
        self.commit(tx, vec![entry]).await?;
        Ok(passed)
    }
}

/// Whether a task is still to be done: the right was decided on what was there before it was locked.
fn still_open(task: &Task) -> Result<()> {
    if task.state == State::Open { Ok(()) } else { Err(Error::Conflict) }
}

fn passed_details(course: &Course, task: &Task, how: &str) -> serde_json::Value {
    json!({
        "course": course.id,
        "title": course.title,
        "covers": { "from": task.covers.first().to_string(), "until": task.covers.last().to_string() },
        "how": how,
        "late": task.is_late(),
        "content": training::content_digest(course),
    })
}
