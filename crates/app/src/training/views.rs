//! What people see of courses: their own, those of a section, the whole body as rates, a certificate.
//!
//! Owns who sees what: one's own marks are one's own; whoever answers for a section sees who has passed and who has not; the
//! whole body is seen as rates. Leaves every change to its use case.

use std::collections::BTreeMap;

use authz::{Action, Place, Resource};
use jiff::civil::Date;
use policy::{Audience, Course};
use workflow::{
    Millis,
    calendar::{day_of, fiscal_year, fiscal_year_begins},
    duty::{State, Tally, Task},
    id::{SectionId, TaskId, UserId},
    training::{self, How, Paper, Progress, Refusal, Share, Standing},
};

use super::{
    CourseFiles, is_opened,
    running::is_missing,
    store::{Attempt, CourseRun},
};
use crate::{
    App,
    actor::Actor,
    duties::{
        SectionRate,
        store::{MonthTally, TaskQuery, TaskRow, TaskView},
    },
    error::{Error, Result},
    model::{PAGE_ROWS_MAX, PageRequest},
    records::store::{Record, RecordKey},
};

/// One's own course in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseCard {
    /// The task.
    pub task: TaskId,
    /// The course.
    pub course: String,
    /// Its title.
    pub title: String,
    /// How many minutes it takes.
    pub minutes: u32,
    /// When it is due.
    pub due_on: Date,
    /// How far one is.
    pub standing: Standing,
    /// Pages that were read, of how many.
    pub pages: (usize, usize),
    /// When it was passed.
    pub passed_at: Option<Millis>,
    /// When somebody told one to take it.
    pub reminded_at: Option<Millis>,
}

/// A question of a try that is over, with what was chosen and what is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedItem {
    /// What was asked.
    pub text: String,
    /// What could be chosen: words, whether it was chosen, whether it is right.
    pub choices: Vec<(String, bool, bool)>,
    /// Whether exactly what is right was chosen.
    pub right: bool,
    /// Why.
    pub why: String,
}

/// One's own course as its page shows it.
#[derive(Debug, Clone)]
pub struct MyCourse {
    /// The task.
    pub task: Task,
    /// The course.
    pub course: Course,
    /// How far one is.
    pub progress: Progress,
    /// The same in one word.
    pub standing: Standing,
    /// Whether a try may begin now.
    pub may_begin: std::result::Result<(), Refusal>,
    /// Whether one may ask to be let go.
    pub may_ask_excuse: bool,
    /// Files as material.
    pub files: CourseFiles,
    /// The tries, the newest first.
    pub attempts: Vec<Attempt>,
    /// The newest of them, question by question; empty once its answers are erased or the course was changed.
    pub marked: Vec<MarkedItem>,
    /// The statements it serves.
    pub statements: Vec<String>,
}

/// A certificate that somebody passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Who.
    pub name: String,
    /// His section.
    pub section: String,
    /// The course.
    pub title: String,
    /// When.
    pub passed_at: Millis,
    /// By a test, by reading, or in a room.
    pub how: How,
    /// The task: under this number evidence is found.
    pub task: TaskId,
    /// The statements it serves.
    pub statements: Vec<String>,
}

/// How far a body, or some sections, were in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearShare {
    /// The fiscal year.
    pub year: i16,
    /// What became of the courses of its people.
    pub tally: Tally,
}

/// All courses of a year.
#[derive(Debug, Clone)]
pub struct CourseOverview {
    /// The fiscal year.
    pub year: i16,
    /// Whether it is the whole body.
    pub whole_body: bool,
    /// Each course with its rate, and whether this person opens it.
    pub courses: Vec<(Course, Tally, bool)>,
    /// By audience.
    pub audiences: Vec<(Audience, Tally)>,
}

/// One course in a year.
#[derive(Debug, Clone)]
pub struct CourseYear {
    /// The course.
    pub course: Course,
    /// The fiscal year.
    pub year: i16,
    /// Whether it is the whole body.
    pub whole_body: bool,
    /// All of it.
    pub all: Tally,
    /// By section.
    pub sections: Vec<SectionRate>,
    /// The last years, the newest first.
    pub years: Vec<YearShare>,
    /// When it was opened, the newest first.
    pub runs: Vec<CourseRun>,
    /// What became of the records of those that were closed, by their ids.
    pub records: BTreeMap<String, Record>,
    /// For who runs it, the files of openings that are not destroyed, or of the year where it begins by itself: by the ids of their
    /// records.
    pub files: BTreeMap<String, CourseFiles>,
    /// Whether this person opens and closes it.
    pub may_manage: bool,
    /// Whether it is opened by people at all.
    pub is_opened: bool,
    /// The statements it serves.
    pub statements: Vec<String>,
}

/// Somebody who has to take a course. No mark: those are his own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoursePerson {
    /// His task.
    pub task: TaskId,
    /// Who.
    pub user: UserId,
    /// His name.
    pub name: String,
    /// How far he is.
    pub standing: Standing,
    /// When it is due for him.
    pub due_on: Date,
    /// When he passed.
    pub passed_at: Option<Millis>,
    /// Whether that was late.
    pub late: bool,
    /// When he was last told to take it.
    pub reminded_at: Option<Millis>,
}

/// The people of a section.
#[derive(Debug, Clone)]
pub struct CourseSection {
    /// The course.
    pub course: Course,
    /// The fiscal year.
    pub year: i16,
    /// The section.
    pub section: SectionId,
    /// Its name.
    pub name: String,
    /// Who has to take it, those who have not passed first.
    pub people: Vec<CoursePerson>,
    /// How many are how far.
    pub share: Share,
    /// What is left where who took it was destroyed with the record: how many that were.
    pub gone: Option<Tally>,
    /// Whether this person may tell them to take it.
    pub may_remind: bool,
    /// The statements it serves.
    pub statements: Vec<String>,
}

/// A person's task with what only courses know.
pub(super) struct CourseRow {
    pub(super) row: TaskRow,
    pub(super) progress: Progress,
    pub(super) standing: Standing,
}

/// Tries that one's own page shows.
const ATTEMPTS: u32 = 20;
/// Years that are told beside one.
const YEARS: i16 = 3;
/// Runs that are told.
const RUNS: u32 = 12;
/// Most people of one list: every section and every body has fewer.
const PEOPLE_MAX: usize = 20_000;

impl App {
    /// One's own courses, those to be taken first.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn my_courses(&self, actor: &Actor) -> Result<Vec<CourseCard>> {
        let own = Resource::OwnAccount { user: actor.id().as_str().to_owned() };
        let _allowed = self.permit(actor, Action::ViewHome, &own).await?;
        let now = self.now();
        let rows = self.courses_of(actor.id()).await?;
        let ids: Vec<TaskId> = rows.iter().map(|row| row.id.clone()).collect();
        let mut stored = self.store().course_progress(&ids).await?;
        let mut cards: Vec<CourseCard> = rows
            .into_iter()
            .filter_map(|row| {
                let id = training::course_of(&row.duty)?.to_owned();
                let progress = stored.remove(&row.id).unwrap_or_default().progress;
                let course = self.pack().course(&id);
                let read =
                    course.map_or(0, |c| c.pages.iter().filter(|p| progress.pages.contains(&p.id)).count());
                Some(CourseCard {
                    standing: Standing::of(row.state, row.due_at <= now, &progress),
                    minutes: course.map_or(0, |c| c.minutes),
                    pages: (read, course.map_or(0, |c| c.pages.len())),
                    passed_at: progress.passed.map(|(at, _)| at),
                    reminded_at: progress.reminded_at,
                    course: id,
                    title: row.title,
                    due_on: row.due_on,
                    task: row.id,
                })
            })
            .collect();
        cards.sort_by_key(|card| (card.standing.is_over(), card.due_on));
        Ok(cards)
    }

    /// One's own course.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for another's.
    pub async fn my_course(&self, actor: &Actor, id: &TaskId) -> Result<MyCourse> {
        let now = self.now();
        let (task, course) = self.own_course(actor, id).await?;
        let progress = self.progress(id).await?;
        let attempts = self.store().course_attempts(id, ATTEMPTS).await?;
        let marked = attempts.first().map(|a| marked(course, a)).unwrap_or_default();
        let facts = Resource::from(self.task_facts(&task));
        let files = self.course_files(actor, &RecordKey::of_course(&course.id, &task.covers), false).await?;
        Ok(MyCourse {
            files,
            standing: Standing::of(task.state, task.is_overdue(now), &progress),
            may_begin: progress.may_begin(course, now),
            may_ask_excuse: task.terms.waiver_by.is_some() && self.may(actor, Action::ReportTask, &facts),
            statements: self.statements_of_course(&course.id),
            course: course.clone(),
            attempts,
            marked,
            progress,
            task,
        })
    }

    async fn progress(&self, id: &TaskId) -> Result<Progress> {
        let mut stored = self.store().course_progress(std::slice::from_ref(id)).await?;
        Ok(stored.remove(id).unwrap_or_default().progress)
    }

    /// 修了証: that one has passed, where the course gives one.
    ///
    /// # Errors
    /// [`Error::NotFound`] before that, and for another's.
    pub async fn certificate(&self, actor: &Actor, id: &TaskId) -> Result<Certificate> {
        let (task, course) = self.own_course(actor, id).await?;
        let progress = self.progress(id).await?;
        let passed = progress.passed.filter(|_| course.certificate && task.state == State::Done);
        let (passed_at, how) = passed.ok_or(Error::NotFound)?;
        Ok(Certificate {
            name: actor.user().name.clone(),
            section: task.scope.section().map(|s| self.section_name(s)).unwrap_or_default(),
            title: course.title.clone(),
            passed_at,
            how,
            statements: self.statements_of_course(&course.id),
            task: task.id,
        })
    }

    /// The courses of a year as rates, for who answers for somebody; for the current one unless another is named.
    ///
    /// # Errors
    /// [`Error::Denied`] for who answers for nobody.
    pub async fn course_overview(&self, actor: &Actor, year: Option<i16>) -> Result<CourseOverview> {
        let year = year.unwrap_or_else(|| fiscal_year(day_of(self.now())));
        let seen = self.sections_of_courses(actor).await?;
        let months = self.store().task_months(year, seen.as_deref(), self.now()).await?;
        let courses: Vec<(Course, Tally, bool)> = self
            .pack()
            .courses()
            .iter()
            .map(|course| {
                let facts = self.course_facts(course, Place::City);
                let opens = is_opened(course) && self.may(actor, Action::ManageCourse, &facts);
                (course.clone(), of_course(&months, &course.id, None), opens)
            })
            .collect();
        let audiences = Audience::WORDS
            .iter()
            .map(|(_, audience)| {
                let theirs = courses.iter().filter(|(c, _, _)| c.audience == *audience);
                (*audience, theirs.fold(Tally::default(), |sum, (_, tally, _)| sum.and(*tally)))
            })
            .filter(|(_, tally)| tally.asked > 0)
            .collect();
        Ok(CourseOverview { year, whole_body: seen.is_none(), courses, audiences })
    }

    /// Whether this person sees more than his own courses.
    #[must_use]
    pub fn sees_courses_of_others(&self, actor: &Actor) -> bool {
        self.sees_tasks_of_others(actor)
    }

    /// The sections of which a person sees courses; `None` for all.
    async fn sections_of_courses(&self, actor: &Actor) -> Result<Option<Vec<SectionId>>> {
        match self.sections_seen(actor) {
            Some(seen) => Ok(seen),
            None => {
                let _refused = self.permit(actor, Action::ViewAllTasks, &Resource::City).await?;
                Err(Error::NotFound)
            }
        }
    }

    /// One course in a year: rates by section, and the years before.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`].
    pub async fn course_year(&self, actor: &Actor, id: &str, year: Option<i16>) -> Result<CourseYear> {
        let now = self.now();
        let year = year.unwrap_or_else(|| fiscal_year(day_of(now)));
        let course = self.course_type(id)?;
        let seen = self.sections_of_courses(actor).await?;
        let mut years = Vec::new();
        let mut of_year = Vec::new();
        for back in 0..YEARS {
            let Some(year) = year.checked_sub(back) else { break };
            let months = self.store().task_months(year, seen.as_deref(), now).await?;
            years.push(YearShare { year, tally: of_course(&months, id, None) });
            if back == 0 {
                of_year = months;
            }
        }
        let mut sections = Vec::new();
        for section in self.pack().sections() {
            let id_of = SectionId::new(section.id.clone());
            let tally = of_course(&of_year, id, Some(&id_of));
            if tally.asked > 0 {
                sections.push(SectionRate { section: Some(id_of), name: section.name.clone(), tally });
            }
        }
        let runs = self.store().course_runs(id, RUNS).await?;
        let mut records = BTreeMap::new();
        for run in runs.iter().filter(|run| run.closed.is_some()) {
            if let Some(record) = self.record_of(&RecordKey::course_run(&run.id)).await? {
                records.insert(run.id.clone(), record);
            }
        }
        let may_manage = self.may(actor, Action::ManageCourse, &self.course_facts(course, Place::City));
        let mut files = BTreeMap::new();
        if may_manage {
            let mut keys: Vec<RecordKey> = runs.iter().map(|run| RecordKey::course_run(&run.id)).collect();
            if !is_opened(course) {
                keys.push(RecordKey::course_year(id, year));
            }
            for key in keys {
                let of = self.course_files(actor, &key, true).await?;
                if of.may_change || !of.here.is_empty() || !of.elsewhere.is_empty() {
                    files.insert(key.subject, of);
                }
            }
        }
        Ok(CourseYear {
            all: of_course(&of_year, id, None),
            whole_body: seen.is_none(),
            runs,
            records,
            may_manage,
            files,
            is_opened: is_opened(course),
            statements: self.statements_of_course(id),
            course: course.clone(),
            year,
            sections,
            years,
        })
    }

    /// The people of a section: who has passed, and who has not.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for a section whose people one does not see.
    pub async fn course_section(
        &self,
        actor: &Actor,
        id: &str,
        year: Option<i16>,
        section: &SectionId,
    ) -> Result<CourseSection> {
        let year = year.unwrap_or_else(|| fiscal_year(day_of(self.now())));
        let course = self.course_type(id)?;
        let seen = self.sections_of_courses(actor).await?;
        let known = self.pack().section(section.as_str()).is_some();
        if !known || seen.is_some_and(|seen| !seen.contains(section)) {
            return Err(Error::NotFound);
        }
        let rows = self.course_rows(course, year, Some(section)).await?;
        let mut share = Share::default();
        let mut people: Vec<CoursePerson> = Vec::with_capacity(rows.len());
        for CourseRow { row, progress, standing } in rows {
            share.add(standing);
            let Some((user, name)) = row.person else { continue };
            people.push(CoursePerson {
                task: row.id,
                user,
                name,
                standing,
                due_on: row.due_on,
                passed_at: progress.passed.map(|(at, _)| at),
                late: row.late,
                reminded_at: progress.reminded_at,
            });
        }
        people.sort_by(|a, b| (!is_missing(a.standing), &a.name).cmp(&(!is_missing(b.standing), &b.name)));
        let facts = self.course_facts(course, self.place(section));
        let gone = if people.is_empty() {
            let months =
                self.store().task_months(year, Some(std::slice::from_ref(section)), self.now()).await?;
            Some(of_course(&months, id, None)).filter(|tally| tally.asked > 0)
        } else {
            None
        };
        Ok(CourseSection {
            gone,
            may_remind: people.iter().any(|p| is_missing(p.standing))
                && self.may(actor, Action::RemindCourse, &facts),
            statements: self.statements_of_course(id),
            name: self.section_name(section),
            section: section.clone(),
            course: course.clone(),
            year,
            people,
            share,
        })
    }

    /// The people of a section, or of the whole body, with how far they are.
    pub(super) async fn course_rows(
        &self,
        course: &Course,
        year: i16,
        section: Option<&SectionId>,
    ) -> Result<Vec<CourseRow>> {
        let now = self.now();
        let view = TaskView::OfDuty(training::duty_of(&course.id), section.map(|s| vec![s.clone()]));
        let mut page = PageRequest { after: None, limit: PAGE_ROWS_MAX };
        let mut rows = Vec::new();
        loop {
            let found = self.store().tasks(&TaskQuery { view: view.clone(), page: page.clone() }).await?;
            // Rows come by the day they are due: two years before, none of this year comes any more.
            let is_past =
                found.rows.last().is_some_and(|row| row.due_on < fiscal_year_begins(year.saturating_sub(1)));
            let of_year: Vec<TaskRow> =
                found.rows.into_iter().filter(|row| fiscal_year(row.covers.first()) == year).collect();
            let ids: Vec<TaskId> = of_year.iter().map(|row| row.id.clone()).collect();
            let mut stored = self.store().course_progress(&ids).await?;
            rows.extend(of_year.into_iter().map(|row| {
                let progress = stored.remove(&row.id).unwrap_or_default().progress;
                let standing = Standing::of(row.state, row.due_at <= now, &progress);
                CourseRow { row, progress, standing }
            }));
            match found.next {
                Some(next) if !is_past && rows.len() < PEOPLE_MAX => page.after = Some(next),
                _ => break,
            }
        }
        Ok(rows)
    }
}

/// What became of a course, in a section or in all of them.
fn of_course(months: &[MonthTally], course: &str, section: Option<&SectionId>) -> Tally {
    months
        .iter()
        .filter(|m| training::course_of(&m.duty) == Some(course))
        .filter(|m| section.is_none() || m.section.as_ref() == section)
        .fold(Tally::default(), |sum, m| sum.and(m.all))
}

/// A try that is over, question by question; nothing once its answers are erased or the course is another one.
fn marked(course: &Course, attempt: &Attempt) -> Vec<MarkedItem> {
    let Some(answers) = &attempt.answers else { return Vec::new() };
    if answers.content != training::content_digest(course) {
        return Vec::new();
    }
    let paper = Paper::draw(course, &answers.seed);
    let marked = paper.items.iter().enumerate().filter_map(|(number, item)| {
        let question = course.questions.get(item.question)?;
        let chosen = answers.chosen.get(&number)?;
        let choices = item.choices.iter().enumerate().filter_map(|(place, choice)| {
            let words = question.choices.get(*choice)?.clone();
            Some((words, chosen.contains(&place), question.answers.contains(choice)))
        });
        Some(MarkedItem {
            text: question.text.clone(),
            choices: choices.collect(),
            right: answers.rights.get(number).copied().unwrap_or(false),
            why: question.why.clone(),
        })
    });
    marked.collect()
}
