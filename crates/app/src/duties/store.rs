//! What tasks of duties need from the store.
//!
//! Owns the contracts, whose comments are binding, and the shapes of lists. Leaves the implementation to `store-sql`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::civil::Date;
use workflow::{
    Millis,
    duty::{Covers, State, Tally, Task},
    id::{SectionId, TaskId, UserId},
    register::RowKey,
};

use crate::{
    model::{Page, PageRequest},
    ports::StoreError,
};

/// Which tasks a list shows. Each variant is served by one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskView {
    /// Waiting at one of these desks (see [`workflow::duty::task::Desk`]), the first due first.
    Desks(Vec<String>),
    /// Overdue before this moment, of these sections; `None`: of the whole body. The longest overdue first.
    Overdue(Option<Vec<SectionId>>, Millis),
    /// Of these sections, the last due first.
    OfSections(Vec<SectionId>),
    /// One person's own, the last due first.
    OfPerson(UserId),
    /// Of one duty, of these sections or of the whole body, the last due first.
    OfDuty(String, Option<Vec<SectionId>>),
    /// All, the last due first.
    All,
}

/// A question for a list of tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskQuery {
    /// Which.
    pub view: TaskView,
    /// Which part. The moment of a cursor is that at which the task is due.
    pub page: PageRequest,
}

/// A row of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// Id.
    pub id: TaskId,
    /// The duty.
    pub duty: String,
    /// Its title.
    pub title: String,
    /// The section; none for the body's own.
    pub section: Option<SectionId>,
    /// The row of a register that it is about.
    pub row: Option<RowKey>,
    /// The person whose own task it is: id and name.
    pub person: Option<(UserId, String)>,
    /// What it covers.
    pub covers: Covers,
    /// Which of the times in the period.
    pub nth: u32,
    /// Of how many.
    pub times: u32,
    /// The day on which it is due.
    pub due_on: Date,
    /// The moment from which it is overdue.
    pub due_at: Millis,
    /// State.
    pub state: State,
    /// Whether it was reported after it was due.
    pub late: bool,
    /// The day on which it was done, by the last report.
    pub done_on: Option<Date>,
}

/// What became of the tasks of one duty and section that are due in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthTally {
    /// The duty.
    pub duty: String,
    /// The section; none for the body's own.
    pub section: Option<SectionId>,
    /// The month, `YYYY-MM`.
    pub month: String,
    /// Of all that are there.
    pub all: Tally,
}

/// What became of the tasks of one duty in one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodTally {
    /// The first day of what they cover.
    pub first: Date,
    /// The last.
    pub last: Date,
    /// Of all that are there.
    pub all: Tally,
}

/// Reading tasks.
#[async_trait]
pub trait DutyStore: Send + Sync {
    /// A task with its report.
    async fn task(&self, id: &TaskId) -> Result<Option<Task>, StoreError>;
    /// A list of tasks.
    async fn tasks(&self, query: &TaskQuery) -> Result<Page<TaskRow>, StoreError>;
    /// What became of the tasks that cover a time beginning in this fiscal year, by duty, section and month; `sections`
    /// asks only for these. What is due later than `now` is asked for and not overdue. Tasks of courses that were forgotten with
    /// their record count as they did then.
    async fn task_months(
        &self,
        fiscal_year: i16,
        sections: Option<&[SectionId]>,
        now: Millis,
    ) -> Result<Vec<MonthTally>, StoreError>;
    /// What became of a duty in its periods, the newest first.
    async fn task_periods(&self, duty: &str, now: Millis, limit: u32)
    -> Result<Vec<PeriodTally>, StoreError>;
    /// The last day of the newest period in which this duty has tasks.
    async fn newest_period(&self, duty: &str) -> Result<Option<Date>, StoreError>;
    /// The ids of the tasks that a duty has of one of the times in a period.
    async fn task_ids(&self, duty: &str, covers: &str, nth: u32) -> Result<BTreeSet<TaskId>, StoreError>;
    /// Everybody with an open account who holds this post at that moment: with the section he belongs to.
    async fn people_of_post(&self, post: &str, at: Millis) -> Result<Vec<(UserId, SectionId)>, StoreError>;
    /// Tasks about which time has something to say, the longest waiting first.
    async fn due_tasks(&self, now: Millis, limit: u32) -> Result<Vec<TaskId>, StoreError>;
}

/// Changing tasks inside a transaction.
#[async_trait]
pub trait DutyTx: Send {
    /// A task as it is now, to be changed: nobody else changes it before this transaction ends.
    async fn task(&mut self, id: &TaskId) -> Result<Option<Task>, StoreError>;
    /// Tasks about this row that are still to be done, by id.
    async fn open_tasks_of_row(&mut self, row: &RowKey) -> Result<Vec<TaskId>, StoreError>;
    /// Inserts tasks; those whose id is there already stay as they are. How many came.
    async fn insert_tasks(&mut self, tasks: &[Task]) -> Result<u64, StoreError>;
    /// Replaces a task with its report; [`StoreError::Conflict`] unless the stored version is `task.version`, which is
    /// raised.
    async fn update_task(&mut self, task: &Task) -> Result<(), StoreError>;
}
