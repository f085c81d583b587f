//! What courses need from the store. A person's course is a task: lists, clocks and counts are those of tasks.
//!
//! Owns the contracts, whose comments are binding. Leaves the implementation to `store-sql`.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use workflow::{
    Millis,
    duty::Covers,
    id::{FileId, SectionId, TaskId, UserId},
    request::Attachment,
    training::Progress,
};

use crate::ports::StoreError;

/// A course that was opened for a time, or after something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseRun {
    /// Made of the course and what it covers: no course is opened twice for the same.
    pub id: String,
    /// The course.
    pub course: String,
    /// What it covers.
    pub covers: Covers,
    /// The day on which it is due for those who are there when it is opened.
    pub due_on: Date,
    /// When it was opened.
    pub opened_at: Millis,
    /// Who opened it.
    pub opened_by: UserId,
    /// When it was closed, and by whom.
    pub closed: Option<(Millis, UserId)>,
    /// Raised by every change.
    pub version: i64,
}

impl CourseRun {
    /// The id that such a run has.
    #[must_use]
    pub fn id_of(course: &str, covers: &Covers) -> String {
        format!("{course}.{}", covers.key())
    }
}

/// How far somebody is, with the version that a change of it names; version 0 is not stored yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredProgress {
    /// How far.
    pub progress: Progress,
    /// Raised by every change.
    pub version: i64,
}

/// What was answered in a try; gone when its retention is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// What the paper was made of.
    pub seed: String,
    /// The course as it was, see [`workflow::training::content_digest`].
    pub content: String,
    /// What was chosen, as it stood on the paper, by the item's number.
    pub chosen: BTreeMap<usize, BTreeSet<usize>>,
    /// Of each item, whether it was right.
    pub rights: Vec<bool>,
}

/// A try that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Whose.
    pub task: TaskId,
    /// Which, from 1.
    pub nth: u32,
    /// When it was begun.
    pub begun_at: Millis,
    /// When it ended.
    pub ended_at: Millis,
    /// Whether it was passed. Stays when the answers are erased.
    pub passed: bool,
    /// What was answered; `None` once erased.
    pub answers: Option<Answers>,
    /// When the answers are to be erased.
    pub erase_at: Option<Millis>,
}

/// A file as material of a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseFile {
    /// Its place among the files of its record, from 0; what bounds how many there are.
    pub place: u32,
    /// The file.
    pub file: Attachment,
    /// When it was handed in.
    pub added_at: Millis,
    /// By whom.
    pub added_by: UserId,
}

/// Reading courses.
#[async_trait]
pub trait TrainingStore: Send + Sync {
    /// A run.
    async fn course_run(&self, id: &str) -> Result<Option<CourseRun>, StoreError>;
    /// The runs of a course, the newest first.
    async fn course_runs(&self, course: &str, limit: u32) -> Result<Vec<CourseRun>, StoreError>;
    /// The runs that are not closed, the oldest first.
    async fn open_course_runs(&self, limit: u32) -> Result<Vec<CourseRun>, StoreError>;
    /// How far people are, by task; who has not begun is left out. Costs a step for each.
    async fn course_progress(&self, tasks: &[TaskId])
    -> Result<BTreeMap<TaskId, StoredProgress>, StoreError>;
    /// The tries of a person, the newest first.
    async fn course_attempts(&self, task: &TaskId, limit: u32) -> Result<Vec<Attempt>, StoreError>;
    /// Tries whose answers are to be erased by now, the longest waiting first.
    async fn due_answers(&self, now: Millis, limit: u32) -> Result<Vec<(TaskId, u32)>, StoreError>;
    /// The files of what is recorded under this subject, by place; see [`crate::records::store::RecordKey::course`].
    async fn course_files(&self, record: &str) -> Result<Vec<CourseFile>, StoreError>;
    /// Keeps on which page somebody is. No evidence: a bookmark; that all was read is written in a transaction.
    /// [`StoreError::Conflict`] unless the stored version is that of `progress`.
    async fn put_bookmark(&self, task: &TaskId, progress: &StoredProgress) -> Result<(), StoreError>;
}

/// Changing courses inside a transaction. Whoever changes somebody's progress has read his task in it, which locks both.
#[async_trait]
pub trait TrainingTx: Send {
    /// A run, to be changed.
    async fn course_run(&mut self, id: &str) -> Result<Option<CourseRun>, StoreError>;
    /// Inserts a run; [`StoreError::Duplicate`]`("course-run")` when there is one of this id.
    async fn insert_course_run(&mut self, run: &CourseRun) -> Result<(), StoreError>;
    /// Replaces what changes of a run: its end, and what it covers once the words about what happened are to go; [`StoreError::Conflict`] unless the stored version is `run.version`, which is raised.
    async fn update_course_run(&mut self, run: &CourseRun) -> Result<(), StoreError>;
    /// How far somebody is.
    async fn progress_of(&mut self, task: &TaskId) -> Result<StoredProgress, StoreError>;
    /// Keeps it; [`StoreError::Conflict`] unless the stored version is that of `progress`.
    async fn put_progress(&mut self, task: &TaskId, progress: &StoredProgress) -> Result<(), StoreError>;
    /// Adds a try.
    async fn insert_attempt(&mut self, attempt: &Attempt) -> Result<(), StoreError>;
    /// Erases what was answered in a try. That it was, and whether it was passed, stays.
    async fn erase_answers(&mut self, task: &TaskId, nth: u32) -> Result<(), StoreError>;
    /// Adds a file; [`StoreError::Conflict`] when its place is taken.
    async fn add_course_file(&mut self, record: &str, file: &CourseFile) -> Result<(), StoreError>;
    /// Takes a file away; [`StoreError::Conflict`] when it is not there.
    async fn remove_course_file(&mut self, record: &str, file: &FileId) -> Result<(), StoreError>;
    /// Counts what a person still has to do of courses to another section. How many tasks that were.
    async fn move_courses(&mut self, user: &UserId, section: &SectionId) -> Result<u64, StoreError>;
}
