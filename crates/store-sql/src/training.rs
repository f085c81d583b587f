//! Courses in the database.
//!
//! Owns how runs, progress and tries are taken apart into rows and put together again. Leaves what may change to `workflow`,
//! and a person's course as such to the tables of tasks.

use std::collections::BTreeMap;

use app::{
    model::PAGE_ROWS_MAX,
    ports::StoreError,
    training::store::{Attempt, CourseFile, CourseRun, StoredProgress, TrainingStore, TrainingTx},
};
use async_trait::async_trait;
use workflow::{
    Millis,
    id::{FileId, SectionId, TaskId, UserId},
};

use crate::{
    SqlStore,
    db::{Conn, Row, args, corrupt, int, json},
    requests::read_attachment,
    sql::training as sql,
    tx::{SqlTx, step},
};

fn read_run(row: &Row) -> Result<CourseRun, StoreError> {
    let closed = match (row.int_maybe("closed_at")?, row.text_maybe("closed_by")?) {
        (Some(at), Some(by)) => Some((at, UserId::new(by))),
        (None, None) => None,
        _ => return Err(corrupt("closed_at")),
    };
    Ok(CourseRun {
        id: row.text("id")?,
        course: row.text("course")?,
        covers: row.json("covers")?,
        due_on: row.text("due_on")?.parse().map_err(|_| corrupt("due_on"))?,
        opened_at: row.int("opened_at")?,
        opened_by: UserId::new(row.text("opened_by")?),
        closed,
        version: row.int("version")?,
    })
}

fn read_attempt(row: &Row) -> Result<Attempt, StoreError> {
    let answers = row.text_maybe("answers")?;
    Ok(Attempt {
        task: TaskId::new(row.text("task_id")?),
        nth: row.number("nth")?,
        begun_at: row.int("begun_at")?,
        ended_at: row.int("ended_at")?,
        passed: row.flag("passed")?,
        answers: answers
            .map(|text| serde_json::from_str(&text).map_err(|_| corrupt("answers")))
            .transpose()?,
        erase_at: row.int_maybe("erase_at")?,
    })
}

async fn run_of(conn: &mut Conn<'_>, id: &str) -> Result<Option<CourseRun>, StoreError> {
    conn.row(&sql::COURSE_RUN, &args![id]).await?.map(|row| read_run(&row)).transpose()
}

async fn progress_of(conn: &mut Conn<'_>, task: &TaskId) -> Result<Option<StoredProgress>, StoreError> {
    let found = conn.row(&sql::COURSE_PROGRESS, &args![task.as_str()]).await?;
    let read =
        |row: Row| Ok(StoredProgress { progress: row.json("progress")?, version: row.int("version")? });
    found.map(read).transpose()
}

async fn put(conn: &mut Conn<'_>, task: &TaskId, stored: &StoredProgress) -> Result<(), StoreError> {
    let text = json(&stored.progress)?;
    if stored.version == 0 {
        return conn.run_one(&sql::INSERT_COURSE_PROGRESS, &args![task.as_str(), text]).await;
    }
    conn.run_one(&sql::UPDATE_COURSE_PROGRESS, &args![task.as_str(), text, stored.version]).await
}

async fn insert_run(conn: &mut Conn<'_>, run: &CourseRun) -> Result<(), StoreError> {
    let values = args![
        &run.id,
        &run.course,
        json(&run.covers)?,
        run.due_on.to_string(),
        run.opened_at,
        &run.opened_by,
        run.closed.as_ref().map(|(at, _)| *at),
        run.closed.as_ref().map(|(_, by)| by.as_str()),
    ];
    match conn.run(&sql::INSERT_COURSE_RUN, &values).await? {
        1 => Ok(()),
        _ => Err(StoreError::Duplicate("course-run")),
    }
}

async fn insert_attempt(conn: &mut Conn<'_>, attempt: &Attempt) -> Result<(), StoreError> {
    let values = args![
        attempt.task.as_str(),
        attempt.nth,
        attempt.begun_at,
        attempt.ended_at,
        attempt.passed,
        attempt.answers.as_ref().map(json).transpose()?,
        attempt.erase_at,
    ];
    conn.run_one(&sql::INSERT_COURSE_ATTEMPT, &values).await
}

async fn update_run(conn: &mut Conn<'_>, run: &CourseRun) -> Result<(), StoreError> {
    let values = args![
        &run.id,
        run.closed.as_ref().map(|(at, _)| *at),
        run.closed.as_ref().map(|(_, by)| by.as_str()),
        run.version,
        json(&run.covers)?,
    ];
    conn.run_one(&sql::UPDATE_COURSE_RUN, &values).await
}

async fn files_of(conn: &mut Conn<'_>, record: &str) -> Result<Vec<CourseFile>, StoreError> {
    let rows = conn.rows(&sql::COURSE_FILES, &args![record]).await?;
    let read = |row: &Row| {
        Ok(CourseFile {
            place: row.number("place")?,
            file: read_attachment(row)?,
            added_at: row.int("added_at")?,
            added_by: UserId::new(row.text("added_by")?),
        })
    };
    rows.iter().map(read).collect()
}

async fn add_file(conn: &mut Conn<'_>, record: &str, of: &CourseFile) -> Result<(), StoreError> {
    let stored = &of.file.stored;
    let values = args![
        record,
        of.place,
        of.file.id.as_str(),
        of.file.untrusted_name.as_bytes(),
        &stored.zone,
        &stored.blob,
        &stored.sha256,
        int(stored.bytes)?,
        of.added_at,
        &of.added_by,
    ];
    conn.run_one(&sql::INSERT_COURSE_FILE, &values).await
}

#[async_trait]
impl TrainingStore for SqlStore {
    async fn course_run(&self, id: &str) -> Result<Option<CourseRun>, StoreError> {
        run_of(&mut self.db.reader().await?.conn(), id).await
    }

    async fn course_runs(&self, course: &str, limit: u32) -> Result<Vec<CourseRun>, StoreError> {
        let values = args![course, limit.min(PAGE_ROWS_MAX)];
        let rows = self.db.reader().await?.conn().rows(&sql::COURSE_RUNS, &values).await?;
        rows.iter().map(read_run).collect()
    }

    async fn open_course_runs(&self, limit: u32) -> Result<Vec<CourseRun>, StoreError> {
        let values = args![limit.min(PAGE_ROWS_MAX)];
        let rows = self.db.reader().await?.conn().rows(&sql::OPEN_COURSE_RUNS, &values).await?;
        rows.iter().map(read_run).collect()
    }

    async fn course_progress(
        &self,
        tasks: &[TaskId],
    ) -> Result<BTreeMap<TaskId, StoredProgress>, StoreError> {
        // One moment for all of them.
        let mut snapshot = self.db.snapshot().await?;
        let mut conn = snapshot.conn();
        let mut found = BTreeMap::new();
        for task in tasks {
            if let Some(progress) = progress_of(&mut conn, task).await? {
                found.insert(task.clone(), progress);
            }
        }
        Ok(found)
    }

    async fn course_attempts(&self, task: &TaskId, limit: u32) -> Result<Vec<Attempt>, StoreError> {
        let values = args![task.as_str(), limit.min(PAGE_ROWS_MAX)];
        let rows = self.db.reader().await?.conn().rows(&sql::COURSE_ATTEMPTS, &values).await?;
        rows.iter().map(read_attempt).collect()
    }

    async fn due_answers(&self, now: Millis, limit: u32) -> Result<Vec<(TaskId, u32)>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::DUE_ANSWERS, &args![now, limit]).await?;
        rows.iter().map(|row| Ok((TaskId::new(row.text("task_id")?), row.number("nth")?))).collect()
    }

    async fn course_files(&self, record: &str) -> Result<Vec<CourseFile>, StoreError> {
        files_of(&mut self.db.reader().await?.conn(), record).await
    }

    async fn put_bookmark(&self, task: &TaskId, progress: &StoredProgress) -> Result<(), StoreError> {
        put(&mut self.db.writer().await?.conn(), task, progress).await
    }
}

#[async_trait]
impl TrainingTx for SqlTx {
    async fn course_run(&mut self, id: &str) -> Result<Option<CourseRun>, StoreError> {
        step!(self, run_of(&mut self.conn(), id))
    }

    async fn insert_course_run(&mut self, run: &CourseRun) -> Result<(), StoreError> {
        step!(self, insert_run(&mut self.conn(), run))
    }

    async fn update_course_run(&mut self, run: &CourseRun) -> Result<(), StoreError> {
        step!(self, update_run(&mut self.conn(), run))
    }

    async fn progress_of(&mut self, task: &TaskId) -> Result<StoredProgress, StoreError> {
        let found = step!(self, progress_of(&mut self.conn(), task))?;
        Ok(found.unwrap_or_default())
    }

    async fn put_progress(&mut self, task: &TaskId, progress: &StoredProgress) -> Result<(), StoreError> {
        step!(self, put(&mut self.conn(), task, progress))
    }

    async fn insert_attempt(&mut self, attempt: &Attempt) -> Result<(), StoreError> {
        step!(self, insert_attempt(&mut self.conn(), attempt))
    }

    async fn erase_answers(&mut self, task: &TaskId, nth: u32) -> Result<(), StoreError> {
        step!(self, self.conn().run_one(&sql::ERASE_ANSWERS, &args![task.as_str(), nth]))
    }

    async fn add_course_file(&mut self, record: &str, file: &CourseFile) -> Result<(), StoreError> {
        step!(self, add_file(&mut self.conn(), record, file))
    }

    async fn remove_course_file(&mut self, record: &str, file: &FileId) -> Result<(), StoreError> {
        step!(self, self.conn().run_one(&sql::REMOVE_COURSE_FILE, &args![record, file.as_str()]))
    }

    async fn move_courses(&mut self, user: &UserId, section: &SectionId) -> Result<u64, StoreError> {
        step!(self, self.conn().run(&sql::MOVE_COURSES, &args![user, section]))
    }
}
