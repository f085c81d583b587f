//! Courses among the records: what ends together, and what of it goes.
//!
//! Owns what becomes of a course at the end of its retention. Who took it, what was answered, who was in the room, who was told
//! to come and the files of material go; that it was held, for whom and how many of each section passed stays, in the counts of the store and in the evidence
//! of opening and closing, which name nobody who took it. Leaves the order of steps to `ending`, what a course is to
//! [`crate::training`].

use jiff::civil::Date;
use policy::Course;
use serde_json::json;
use workflow::{
    Millis,
    calendar::{fiscal_year, fiscal_year_begins},
    duty::{Covers, Tally},
    id::{EvidenceId, SectionId, TaskId, UserId, ZoneId},
    route::Scope,
    transfer::Stored,
};

use super::{
    ending::{NewRecord, of_files},
    store::{CoursePart, CourseTasks, RecordKey},
};
use crate::{
    App,
    error::Result,
    evidence::Kind,
    model::{EvidenceQuery, EvidenceRow, PageRequest},
    notices::store::About,
    training::store::CourseRun,
};

/// Tasks that are forgotten in one transaction.
const TASKS: u32 = 50;
/// Transactions of one round, so that everything else of a round comes as well while thousands of tasks go.
const TRANSACTIONS: usize = 20;

/// How far erasing a course has come.
pub(super) enum Emptied {
    /// The next round goes on.
    More,
    /// All of it is gone.
    Done {
        /// What stays of it, for the evidence that says so.
        numbers: serde_json::Value,
    },
}

impl App {
    /// Lists openings of this course that were closed, and years of one that begins by itself. How many.
    pub(super) async fn list_courses(&self, course: &Course, today: Date, limit: u32) -> Result<usize> {
        let Some(before) = self.ended_before_day(course.record_class.as_deref(), today) else {
            return Ok(0);
        };
        let mut listed = 0;
        let begin = workflow::calendar::begin_of(before);
        for id in self.store().unrecorded_runs(&course.id, begin, limit).await? {
            let Some(run) = self.store().course_run(&id).await? else { continue };
            listed += usize::from(self.record_run(course, &run).await?);
        }
        let years = self.store().unrecorded_course_years(&course.id, fiscal_year(before), limit).await?;
        // Nobody opened it: it is kept where the one is who answers for it.
        let runs = self.holders(&course.manager, &Scope::City, self.now()).await?;
        let section = match runs.first() {
            Some(user) => self.section_of(user).await?,
            None => None,
        };
        for year in years {
            let Some(next) = year.checked_add(1) else { continue };
            let Ok(ended_on) = fiscal_year_begins(next).yesterday() else { continue };
            let record = self.new_record(NewRecord {
                key: RecordKey::course_year(&course.id, year),
                label: format!("{year}年度"),
                title: course.title.clone(),
                form: course.id.clone(),
                section: section.clone(),
                zone: None,
                class: course.record_class.as_deref(),
                begun_on: fiscal_year_begins(year),
                ended_on,
            });
            listed += usize::from(self.insert_record(record).await?);
        }
        Ok(listed)
    }

    /// The section in which somebody is: what he ran is kept there, by who looks after records of it.
    async fn section_of(&self, user: &UserId) -> Result<Option<SectionId>> {
        Ok(self.store().user(user).await?.map(|user| user.section))
    }

    async fn record_run(&self, course: &Course, run: &CourseRun) -> Result<bool> {
        let Some((closed_at, _)) = &run.closed else { return Ok(false) };
        // Words about what happened were written in a zone; all else of a course is seen in each.
        let zone: Option<ZoneId> = match &run.covers {
            Covers::Event { zone, .. } => zone.clone(),
            Covers::Period(_) => None,
        };
        let record = self.new_record(NewRecord {
            key: RecordKey::course_run(&run.id),
            label: run.due_on.to_string(),
            title: course.title.clone(),
            form: course.id.clone(),
            section: self.section_of(&run.opened_by).await?,
            zone,
            class: course.record_class.as_deref(),
            begun_on: run.covers.first(),
            ended_on: workflow::calendar::day_of(*closed_at),
        });
        self.insert_record(record).await
    }

    /// Erases a part of a course: of some tasks the payloads of their evidence first, then the tasks themselves, so that what is
    /// still there says what is still to be done. When none is left, what evidence of the whole course says of persons.
    pub(super) async fn empty_course(&self, key: &RecordKey, now: Millis) -> Result<Emptied> {
        let Some(part) = key.course() else { return Ok(Emptied::Done { numbers: json!({}) }) };
        for _ in 0..TRANSACTIONS {
            let tasks = self.store().course_record_tasks(key, TASKS).await?;
            if tasks.is_empty() {
                self.empty_whole_course(key, &part, now).await?;
                return Ok(Emptied::Done { numbers: self.numbers_left(key).await? });
            }
            let mut ids = Vec::new();
            for task in &tasks {
                ids.extend(self.payloads_about(("task", task.as_str()), None, |_| true).await?);
            }
            self.erase_all_payloads(&ids, now).await?;
            self.forget_tasks(key, &tasks, now).await?;
        }
        Ok(Emptied::More)
    }

    async fn forget_tasks(&self, key: &RecordKey, tasks: &[TaskId], now: Millis) -> Result<()> {
        let mut tx = self.store().begin().await?;
        for task in tasks {
            // Nobody is asked for it any more.
            tx.replace_notices(&About::new("task", task.as_str()), &[], None, now).await?;
        }
        let forgotten = tx.forget_course_tasks(key, tasks).await?;
        let entry = self.emptied(key, json!({ "files": [], "tasks": forgotten }), now)?;
        self.commit(tx, vec![entry]).await
    }

    /// Erases who was in the room and who was told to come, and what was said about what happened.
    async fn empty_whole_course(&self, key: &RecordKey, part: &CoursePart<'_>, now: Millis) -> Result<()> {
        let mut ids = Vec::new();
        self.empty_course_files(key, now).await?;
        for kind in [Kind::CourseAttended, Kind::CourseReminded] {
            let of_record = |row: &EvidenceRow| run_of(row).as_deref() == Some(key.subject.as_str());
            ids.extend(self.payloads_about(("course", part.course), Some(kind), of_record).await?);
        }
        // What evidence of opening and closing says stays; what files were called does not.
        for kind in [Kind::CourseFilesAdded, Kind::CourseFileRemoved, Kind::CourseFileOpened] {
            ids.extend(self.payloads_about(("course", &key.subject), Some(kind), |_| true).await?);
        }
        self.erase_all_payloads(&ids, now).await?;
        if let CourseTasks::Run(_) = part.of {
            let mut tx = self.store().begin().await?;
            if let Some(mut run) = tx.course_run(&key.subject).await?
                && let Covers::Event { what, .. } = &mut run.covers
                && !what.is_empty()
            {
                what.clear();
                let entry = self.emptied(key, json!({ "files": [], "tasks": 0 }), now)?;
                tx.update_course_run(&run).await?;
                self.commit(tx, vec![entry]).await?;
            }
        }
        Ok(())
    }

    /// Erases the files of a course: first that they belong to it, then the bytes.
    async fn empty_course_files(&self, key: &RecordKey, now: Millis) -> Result<()> {
        let files: Vec<Stored> = {
            let files = self.store().course_files(&key.subject).await?;
            if files.is_empty() {
                return Ok(());
            }
            let mut tx = self.store().begin().await?;
            for file in &files {
                tx.remove_course_file(&key.subject, &file.file.id).await?;
            }
            let stored: Vec<Stored> = files.into_iter().map(|f| f.file.stored).collect();
            let entry = self.emptied(key, of_files(&stored), now)?;
            self.commit(tx, vec![entry]).await?;
            stored
        };
        for stored in &files {
            self.erase_unused(stored).await?;
        }
        Ok(())
    }

    /// What stays: how many it was for and how many passed, of each section.
    async fn numbers_left(&self, key: &RecordKey) -> Result<serde_json::Value> {
        let tallies = self.store().course_record_tallies(key).await?;
        let told = |t: &Tally| json!({ "people": t.asked, "passed": t.done, "excused": t.waived });
        let all = tallies.iter().fold(Tally::default(), |sum, (_, t)| sum.and(*t));
        let sections: serde_json::Map<_, _> =
            tallies.iter().map(|(section, t)| (section.to_string(), told(t))).collect();
        Ok(json!({ "all": told(&all), "sections": sections }))
    }

    /// Evidence about this subject whose payload is still there, of this kind or of all.
    pub(super) async fn payloads_about(
        &self,
        (kind, id): (&str, &str),
        of_kind: Option<Kind>,
        wanted: impl Fn(&EvidenceRow) -> bool,
    ) -> Result<Vec<EvidenceId>> {
        let mut query = EvidenceQuery {
            subject: Some((kind.to_owned(), id.to_owned())),
            kind: of_kind.map(|kind| kind.id().to_owned()),
            page: Some(PageRequest { after: None, limit: super::ending::PAYLOADS }),
            ..EvidenceQuery::default()
        };
        let mut ids = Vec::new();
        loop {
            let page = self.store().evidence(&query).await?;
            let there = page.rows.iter().filter(|row| row.payload_erased_at.is_none() && wanted(row));
            ids.extend(there.map(|row| row.entry.id.clone()));
            match page.next {
                Some(next) => {
                    query.page = Some(PageRequest { after: Some(next), limit: super::ending::PAYLOADS });
                }
                None => return Ok(ids),
            }
        }
    }

    /// Erases these payloads, some at a time.
    pub(super) async fn erase_all_payloads(&self, ids: &[EvidenceId], now: Millis) -> Result<()> {
        for part in ids.chunks(usize::try_from(super::ending::PAYLOADS).unwrap_or(usize::MAX)) {
            self.erase_payloads(part, now).await?;
        }
        Ok(())
    }
}

/// The record that an entry about a course as a whole says it belongs to.
fn run_of(row: &EvidenceRow) -> Option<String> {
    let payload: serde_json::Value = serde_json::from_slice(&row.entry.payload).ok()?;
    payload.pointer("/details/run")?.as_str().map(str::to_owned)
}
