//! What records whose retention ends need from the store.
//!
//! Owns the contracts, whose comments are binding, and the shapes of lists. Leaves the implementation to `store-sql`.

use async_trait::async_trait;
use jiff::civil::Date;
use workflow::{
    Millis,
    calendar::fiscal_year,
    duty::{Covers, Tally},
    id::{RequestId, SectionId, TaskId, ZoneId},
    record::{Disposal, Stage},
    register::RowKey,
    training::is_of_run,
};

use crate::{ports::StoreError, training::store::CourseRun};

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKind {
    /// A request.
    Request,
    /// A task of a duty.
    Task,
    /// A row of a register.
    Row,
    /// A course with all who took it.
    Course,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [RecordKind; 4] =
        [RecordKind::Request, RecordKind::Task, RecordKind::Row, RecordKind::Course];

    /// The word in the store, the API and addresses; also the word for the subject of its evidence.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            RecordKind::Request => "request",
            RecordKind::Task => "task",
            RecordKind::Row => "register-row",
            RecordKind::Course => "course",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }
}

/// Which record: what it is, and its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordKey {
    /// What it is.
    pub kind: RecordKind,
    /// Its id among things of that kind.
    pub subject: String,
}

impl RecordKey {
    /// The record of a request.
    #[must_use]
    pub fn request(id: &RequestId) -> Self {
        Self { kind: RecordKind::Request, subject: id.as_str().to_owned() }
    }

    /// The record of a task.
    #[must_use]
    pub fn task(id: &TaskId) -> Self {
        Self { kind: RecordKind::Task, subject: id.as_str().to_owned() }
    }

    /// The record of a row.
    #[must_use]
    pub fn of_row(key: &RowKey) -> Self {
        Self { kind: RecordKind::Row, subject: key.to_string() }
    }

    /// The row that it is the record of.
    #[must_use]
    pub fn row(&self) -> Option<RowKey> {
        let (register, number) = self.subject.split_once('/').filter(|_| self.kind == RecordKind::Row)?;
        Some(RowKey::new(register, number.parse().ok()?))
    }

    /// The record of a course that was opened, by the id of that; any id of a record of a course is taken.
    #[must_use]
    pub fn course_run(id: &str) -> Self {
        Self { kind: RecordKind::Course, subject: id.to_owned() }
    }

    /// The record of a course that begins by itself: of all for whom it began in a fiscal year.
    #[must_use]
    pub fn course_year(course: &str, year: i16) -> Self {
        Self { kind: RecordKind::Course, subject: format!("{course}@{year}") }
    }

    /// The record that a person's task of a course belongs to.
    #[must_use]
    pub fn of_course(course: &str, covers: &Covers) -> Self {
        if is_of_run(covers) {
            Self::course_run(&CourseRun::id_of(course, covers))
        } else {
            Self::course_year(course, fiscal_year(covers.first()))
        }
    }

    /// Whose tasks it is the record of.
    #[must_use]
    pub fn course(&self) -> Option<CoursePart<'_>> {
        if self.kind != RecordKind::Course {
            return None;
        }
        if let Some((course, text)) = self.subject.split_once('@') {
            // One year, one id: what else would be read as it is none.
            let year = text.parse().ok().filter(|year: &i16| year.to_string() == text)?;
            return Some(CoursePart { course, of: CourseTasks::Year(year) });
        }
        // No id of a course has a full stop.
        let (course, covers) = self.subject.split_once('.')?;
        Some(CoursePart { course, of: CourseTasks::Run(covers) })
    }
}

/// The part of a course that one record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoursePart<'a> {
    /// The course.
    pub course: &'a str,
    /// Which of its tasks.
    pub of: CourseTasks<'a>,
}

/// Tasks of a course that make one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CourseTasks<'a> {
    /// Those of one opening, by the key of what it covers.
    Run(&'a str),
    /// Those that began by themselves in a fiscal year.
    Year(i16),
}

impl std::fmt::Display for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind.id(), self.subject)
    }
}

/// A record on the list or in the book: all that stays of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which.
    pub key: RecordKey,
    /// What people call it: its number, or the day for which it was due.
    pub label: String,
    /// The title of its form, duty, register or course.
    pub title: String,
    /// The request type, the duty, the register or the course.
    pub form: String,
    /// The section; none for what is the whole body's.
    pub section: Option<SectionId>,
    /// The zone in which it was written, or in which its register is kept; none for what nobody wrote in.
    pub zone: Option<ZoneId>,
    /// Its class, by id.
    pub class: String,
    /// The title of the class when it was listed.
    pub class_title: String,
    /// The years of the class when it was listed.
    pub years: u16,
    /// The day on which it began.
    pub begun_on: Date,
    /// The day on which it ended.
    pub ended_on: Date,
    /// How far it is on its way out.
    pub disposal: Disposal,
    /// Raised by every change.
    pub version: i64,
}

/// Which records a list shows. Each is served by one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordView {
    /// Not destroyed, and to be destroyed on this day or before. The first due first.
    Ending(Date),
    /// 廃棄簿: destroyed. The last first.
    Book,
}

/// A place in a list of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCursor {
    /// The first day on which the last row could be destroyed; for the book the moment at which it was, in milliseconds.
    pub at: String,
    /// The last row.
    pub key: RecordKey,
}

/// A question for a list of records that were written in this zone or in none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordQuery {
    /// The zone.
    pub zone: ZoneId,
    /// Which.
    pub view: RecordView,
    /// After which row.
    pub after: Option<RecordCursor>,
    /// How many.
    pub limit: u32,
}

/// Reading records.
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// Requests of this form that ended before this moment and are not recorded yet, the oldest first.
    async fn unrecorded_requests(
        &self,
        form: &str,
        before: Millis,
        limit: u32,
    ) -> Result<Vec<RequestId>, StoreError>;
    /// Tasks of this duty, in the same way.
    async fn unrecorded_tasks(
        &self,
        duty: &str,
        before: Millis,
        limit: u32,
    ) -> Result<Vec<TaskId>, StoreError>;
    /// Rows of this register that ended before this day and are not recorded yet, the first ended first.
    async fn unrecorded_rows(
        &self,
        register: &str,
        before: Date,
        limit: u32,
    ) -> Result<Vec<RowKey>, StoreError>;
    /// Openings of this course that were closed before this moment and are not recorded yet, the first closed first.
    async fn unrecorded_runs(
        &self,
        course: &str,
        before: Millis,
        limit: u32,
    ) -> Result<Vec<String>, StoreError>;
    /// Fiscal years before this one in which this course began by itself for somebody and that are not recorded yet, the first first.
    async fn unrecorded_course_years(
        &self,
        course: &str,
        before: i16,
        limit: u32,
    ) -> Result<Vec<i16>, StoreError>;
    /// Tasks that are still there of the course that this is the record of, in no order; empty for a record of another kind.
    async fn course_record_tasks(&self, key: &RecordKey, limit: u32) -> Result<Vec<TaskId>, StoreError>;
    /// What is left of the tasks of such a record that were forgotten, by section.
    async fn course_record_tallies(&self, key: &RecordKey) -> Result<Vec<(SectionId, Tally)>, StoreError>;
    /// One record.
    async fn record(&self, key: &RecordKey) -> Result<Option<Record>, StoreError>;
    /// A list of records; a row more than asked for tells that there is a next page.
    async fn records(&self, query: &RecordQuery) -> Result<Vec<Record>, StoreError>;
    /// Records at this stage about which something is to be done: those decided, the first decided first; those held whose day has
    /// come. Empty for every other stage.
    async fn records_to_do(
        &self,
        stage: Stage,
        today: Date,
        limit: u32,
    ) -> Result<Vec<RecordKey>, StoreError>;
}

/// Changing records inside a transaction.
#[async_trait]
pub trait RecordTx: Send {
    /// Inserts a record and notes at its request, task, row or course that it is recorded; [`StoreError::Conflict`] when it is
    /// already.
    async fn insert_record(&mut self, record: &Record) -> Result<(), StoreError>;
    /// A record as it is now, to be changed: nobody else changes it before this transaction ends.
    async fn record(&mut self, key: &RecordKey) -> Result<Option<Record>, StoreError>;
    /// Replaces its way out; [`StoreError::Conflict`] unless the stored version is `record.version`, which is raised.
    async fn update_record(&mut self, record: &Record) -> Result<(), StoreError>;
    /// Erases what a row that has ended says, why it ended, and what its history says of values and reasons. It stays with its
    /// number, its section and its days, and so do the versions of its history with who and when.
    async fn empty_row(&mut self, key: &RowKey) -> Result<(), StoreError>;
    /// Forgets tasks of the course that this is the record of, with how far each person was and his tries. How many there were, done,
    /// late, let go and never done stays for each section and month, and counts in [`crate::duties::store::DutyStore::task_months`]
    /// as before. What is gone already is passed over. How many were forgotten.
    async fn forget_course_tasks(&mut self, key: &RecordKey, tasks: &[TaskId]) -> Result<u64, StoreError>;
    /// Replaces what a task covers, once the words about what set it off are to go.
    async fn replace_covers(&mut self, task: &TaskId, covers: &Covers) -> Result<(), StoreError>;
}
