//! Courses whose retention ends, in the database.
//!
//! Owns which tasks a record of a course is about, and forgetting them with their counts left behind. Leaves the record itself to
//! [`crate::records`], and when it goes to `app`.

use app::{
    ports::StoreError,
    records::store::{CourseTasks, RecordKey},
};
use workflow::{
    Millis,
    duty::Tally,
    id::{SectionId, TaskId},
    training::duty_of,
};

use crate::{
    changes::Touched,
    db::{Conn, args, corrupt},
    duties::read_tally,
    sql::{course_records as sql, duties},
};

pub(crate) async fn unrecorded_runs(
    conn: &mut Conn<'_>,
    course: &str,
    before: Millis,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let rows = conn.rows(&sql::UNRECORDED_RUNS, &args![course, before, limit]).await?;
    rows.iter().map(|row| row.text("id")).collect()
}

pub(crate) async fn unrecorded_years(
    conn: &mut Conn<'_>,
    course: &str,
    before: i16,
    limit: u32,
) -> Result<Vec<i16>, StoreError> {
    let values = args![duty_of(course), i64::from(before), limit];
    let rows = conn.rows(&sql::UNRECORDED_COURSE_YEARS, &values).await?;
    rows.iter().map(|row| row.number("fiscal_year")).collect()
}

/// Notes that it is recorded; fails when it is already.
pub(crate) async fn recorded(conn: &mut Conn<'_>, key: &RecordKey) -> Result<(), StoreError> {
    let part = key.course().ok_or_else(|| corrupt("subject"))?;
    match part.of {
        CourseTasks::Run(_) => conn.run_one(&sql::RECORD_RUN, &args![key.subject.as_str()]).await,
        CourseTasks::Year(year) => {
            let values = args![duty_of(part.course), i64::from(year)];
            match conn.run(&sql::RECORD_COURSE_YEAR, &values).await? {
                0 => Err(StoreError::Conflict),
                _ => Ok(()),
            }
        }
    }
}

pub(crate) async fn tasks(
    conn: &mut Conn<'_>,
    key: &RecordKey,
    limit: u32,
) -> Result<Vec<TaskId>, StoreError> {
    let Some(part) = key.course() else { return Ok(Vec::new()) };
    let duty = duty_of(part.course);
    let rows = match part.of {
        CourseTasks::Run(covers) => conn.rows(&sql::TASKS_OF_RUN, &args![duty, covers, limit]).await?,
        CourseTasks::Year(year) => {
            conn.rows(&sql::TASKS_OF_COURSE_YEAR, &args![duty, i64::from(year), limit]).await?
        }
    };
    rows.iter().map(|row| row.text("id").map(TaskId::new)).collect()
}

pub(crate) async fn tallies(
    conn: &mut Conn<'_>,
    key: &RecordKey,
) -> Result<Vec<(SectionId, Tally)>, StoreError> {
    let rows = conn.rows(&sql::COURSE_RECORD_TALLIES, &args![key.subject.as_str()]).await?;
    let mut tallies: Vec<(SectionId, Tally)> = Vec::new();
    for row in &rows {
        let (section, tally) = (SectionId::new(row.text("section")?), read_tally(row)?);
        match tallies.last_mut() {
            // Of another month.
            Some((last, sum)) if *last == section => *sum = sum.and(tally),
            _ => tallies.push((section, tally)),
        }
    }
    Ok(tallies)
}

/// Forgets tasks and leaves their counts; of a key of another kind, or a task that is no course's, nothing.
pub(crate) async fn forget(
    conn: &mut Conn<'_>,
    key: &RecordKey,
    tasks: &[TaskId],
    touched: &mut Touched,
) -> Result<u64, StoreError> {
    let part = key.course().ok_or_else(|| corrupt("subject"))?;
    let duty = duty_of(part.course);
    let mut forgotten = 0;
    for task in tasks {
        // Locks it: who passes at this moment is counted as he stands.
        let Some(row) = conn.row(&duties::TASK_TO_CHANGE, &args![task.as_str()]).await? else { continue };
        if row.text("duty")? != duty {
            return Err(StoreError::Conflict);
        }
        conn.run(&sql::TALLY_TASK, &args![key.subject.as_str(), task.as_str()]).await?;
        for forget in [&sql::FORGET_ATTEMPTS, &sql::FORGET_PROGRESS, &duties::REMOVE_TASK_FILES] {
            conn.run(forget, &args![task.as_str()]).await?;
        }
        conn.run_one(&sql::FORGET_TASK, &args![task.as_str()]).await?;
        touched.insert(("task".to_owned(), task.as_str().to_owned()));
        forgotten += 1;
    }
    Ok(forgotten)
}
