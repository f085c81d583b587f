//! Records whose retention ends, in the database.
//!
//! Owns their rows and lists. Leaves the steps to `workflow`, and what is erased to `app`.

use app::{
    ports::StoreError,
    records::store::{Record, RecordKey, RecordKind, RecordQuery, RecordStore, RecordTx, RecordView},
};
use async_trait::async_trait;
use jiff::civil::Date;
use workflow::{
    Millis,
    duty::{Covers, Tally},
    id::{RequestId, SectionId, TaskId, UserId, ZoneId},
    record::{Disposal, Hold, Stage},
    register::RowKey,
};

use crate::{
    SqlStore,
    changes::Touched,
    course_records,
    db::{Conn, Row, Value, args, corrupt, json},
    sql::{Sql, records as sql, registers},
    tx::{SqlTx, step},
};

/// Rows of one list at most, the one more than asked for included.
const ROWS_MAX: u32 = 501;
/// A place before every text, and one behind every text that is an id.
const FIRST: &str = "";
const LAST: &str = "\u{10FFFF}";

fn date(row: &Row, column: &'static str) -> Result<Date, StoreError> {
    row.text(column)?.parse().map_err(|_| corrupt(column))
}

fn said(row: &Row, by: &str, at: &str) -> Result<Option<(UserId, Millis)>, StoreError> {
    Ok(row.text_maybe(by)?.map(UserId::new).zip(row.int_maybe(at)?))
}

fn read_key(row: &Row) -> Result<RecordKey, StoreError> {
    Ok(RecordKey { kind: row.word("kind", RecordKind::from_id)?, subject: row.text("subject")? })
}

fn read(row: &Row) -> Result<Record, StoreError> {
    let hold = match (said(row, "hold_by", "hold_at")?, row.text_maybe("hold_until")?) {
        (Some((by, at)), Some(until)) => Some(Hold {
            by,
            at,
            reason: row.text_maybe("hold_reason")?.unwrap_or_default(),
            until: until.parse().map_err(|_| corrupt("hold_until"))?,
        }),
        _ => None,
    };
    Ok(Record {
        key: read_key(row)?,
        label: row.text("label")?,
        title: row.text("title")?,
        form: row.text("form")?,
        section: row.text_maybe("section")?.map(SectionId::new),
        zone: Some(row.text("zone")?).filter(|zone| !zone.is_empty()).map(ZoneId::new),
        class: row.text("class")?,
        class_title: row.text("class_title")?,
        years: row.number("years")?,
        begun_on: date(row, "begun_on")?,
        ended_on: date(row, "ended_on")?,
        disposal: Disposal {
            stage: row.word("stage", Stage::from_id)?,
            destroyed_from: date(row, "destroyed_from")?,
            hold,
            proposed: said(row, "proposed_by", "proposed_at")?,
            decided: said(row, "decided_by", "decided_at")?,
            destroyed_at: row.int_maybe("destroyed_at")?,
        },
        version: row.int("version")?,
    })
}

/// From `stage` to `destroyed_at`, in the order of the columns; the first day goes before it.
fn way_out(disposal: &Disposal) -> Vec<Value<'_>> {
    let hold = disposal.hold.as_ref();
    let (proposed, decided) = (disposal.proposed.as_ref(), disposal.decided.as_ref());
    args![
        disposal.destroyed_from.to_string(),
        disposal.stage.id(),
        hold.map(|h| h.by.as_str()),
        hold.map(|h| h.at),
        hold.map(|h| h.reason.as_str()),
        hold.map(|h| h.until.to_string()),
        proposed.map(|(by, _)| by.as_str()),
        proposed.map(|(_, at)| *at),
        decided.map(|(by, _)| by.as_str()),
        decided.map(|(_, at)| *at),
        disposal.destroyed_at,
    ]
    .into()
}

async fn insert(conn: &mut Conn<'_>, record: &Record) -> Result<(), StoreError> {
    // Fails when it is recorded already, also by another process.
    match record.key.kind {
        RecordKind::Request => {
            conn.run_one(&sql::RECORD_REQUEST, &args![record.key.subject.as_str()]).await?;
        }
        RecordKind::Task => conn.run_one(&sql::RECORD_TASK, &args![record.key.subject.as_str()]).await?,
        RecordKind::Row => {
            let row = record.key.row().ok_or_else(|| corrupt("subject"))?;
            conn.run_one(&sql::RECORD_ROW, &args![&row.register, row.number]).await?;
        }
        RecordKind::Course => course_records::recorded(conn, &record.key).await?,
    }
    let mut values: Vec<Value<'_>> = args![
        record.key.kind.id(),
        record.key.subject.as_str(),
        record.label.as_str(),
        record.title.as_str(),
        record.form.as_str(),
        record.section.as_ref().map(SectionId::as_str),
        record.zone.as_ref().map_or("", ZoneId::as_str),
        record.class.as_str(),
        record.class_title.as_str(),
        i64::from(record.years),
        record.begun_on.to_string(),
        record.ended_on.to_string(),
    ]
    .into();
    values.extend(way_out(&record.disposal));
    values.push(Value::from(record.version));
    conn.run_one(&sql::INSERT_RECORD, &values).await
}

async fn update(conn: &mut Conn<'_>, record: &Record) -> Result<(), StoreError> {
    let mut values: Vec<Value<'_>> = args![record.key.kind.id(), record.key.subject.as_str()].into();
    values.extend(way_out(&record.disposal));
    values.push(Value::from(record.version));
    conn.run_one(&sql::UPDATE_RECORD, &values).await
}

/// What is unique went with the end of the row.
async fn empty_row(conn: &mut Conn<'_>, key: &RowKey) -> Result<(), StoreError> {
    let values = args![&key.register, key.number];
    conn.run_one(&sql::EMPTY_ROW, &values).await?;
    conn.run_one(&sql::EMPTY_ROW_WORDS, &values).await?;
    for clear in [&sql::EMPTY_ROW_KEYS, &registers::REMOVE_ROW_LINKS, &sql::EMPTY_ROW_HISTORY] {
        conn.run(clear, &values).await?;
    }
    Ok(())
}

async fn one(conn: &mut Conn<'_>, statement: &Sql, key: &RecordKey) -> Result<Option<Record>, StoreError> {
    let row = conn.row(statement, &args![key.kind.id(), key.subject.as_str()]).await?;
    row.as_ref().map(read).transpose()
}

/// What is in none of the zones is in a walk of its own.
fn zones(query: &RecordQuery) -> [&str; 2] {
    [query.zone.as_str(), ""]
}

#[async_trait]
impl RecordStore for SqlStore {
    async fn unrecorded_requests(
        &self,
        form: &str,
        before: Millis,
        limit: u32,
    ) -> Result<Vec<RequestId>, StoreError> {
        let values = args![form, before, limit];
        let rows = self.db.reader().await?.conn().rows(&sql::UNRECORDED_REQUESTS, &values).await?;
        rows.iter().map(|row| row.text("id").map(RequestId::new)).collect()
    }

    async fn unrecorded_tasks(
        &self,
        duty: &str,
        before: Millis,
        limit: u32,
    ) -> Result<Vec<TaskId>, StoreError> {
        let values = args![duty, before, limit];
        let rows = self.db.reader().await?.conn().rows(&sql::UNRECORDED_TASKS, &values).await?;
        rows.iter().map(|row| row.text("id").map(TaskId::new)).collect()
    }

    async fn unrecorded_rows(
        &self,
        register: &str,
        before: Date,
        limit: u32,
    ) -> Result<Vec<RowKey>, StoreError> {
        let values = args![register, before.to_string(), limit];
        let rows = self.db.reader().await?.conn().rows(&sql::UNRECORDED_ROWS, &values).await?;
        rows.iter().map(|row| Ok(RowKey::new(register, row.int("number")?))).collect()
    }

    async fn unrecorded_runs(
        &self,
        course: &str,
        before: Millis,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        course_records::unrecorded_runs(&mut self.db.reader().await?.conn(), course, before, limit).await
    }

    async fn unrecorded_course_years(
        &self,
        course: &str,
        before: i16,
        limit: u32,
    ) -> Result<Vec<i16>, StoreError> {
        course_records::unrecorded_years(&mut self.db.reader().await?.conn(), course, before, limit).await
    }

    async fn course_record_tasks(&self, key: &RecordKey, limit: u32) -> Result<Vec<TaskId>, StoreError> {
        course_records::tasks(&mut self.db.reader().await?.conn(), key, limit).await
    }

    async fn course_record_tallies(&self, key: &RecordKey) -> Result<Vec<(SectionId, Tally)>, StoreError> {
        course_records::tallies(&mut self.db.reader().await?.conn(), key).await
    }

    async fn record(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        one(&mut self.db.reader().await?.conn(), &sql::RECORD, key).await
    }

    async fn records(&self, query: &RecordQuery) -> Result<Vec<Record>, StoreError> {
        let limit = query.limit.saturating_add(1).min(ROWS_MAX);
        // Several walks must see one moment.
        let mut snapshot = self.db.snapshot().await?;
        let mut conn = snapshot.conn();
        let mut found = Vec::new();
        let after = query.after.as_ref();
        match query.view {
            RecordView::Ending(until) => {
                let (at, kind, subject) = after.map_or((FIRST.to_owned(), FIRST, FIRST), |cursor| {
                    (cursor.at.clone(), cursor.key.kind.id(), cursor.key.subject.as_str())
                });
                let until = until.to_string();
                for zone in zones(query) {
                    for stage in Stage::ALL.iter().filter(|stage| **stage != Stage::Destroyed) {
                        let values =
                            args![zone, stage.id(), until.as_str(), at.as_str(), kind, subject, limit];
                        found.extend(conn.rows(&sql::RECORDS_ENDING, &values).await?);
                    }
                }
                let mut records: Vec<Record> = found.iter().map(read).collect::<Result<_, _>>()?;
                records.sort_unstable_by(|a, b| {
                    (a.disposal.destroyed_from, &a.key).cmp(&(b.disposal.destroyed_from, &b.key))
                });
                records.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
                Ok(records)
            }
            RecordView::Book => {
                let (at, kind, subject) = match after {
                    Some(cursor) => {
                        let at: Millis = cursor.at.parse().unwrap_or(Millis::MAX);
                        (at, cursor.key.kind.id(), cursor.key.subject.as_str())
                    }
                    None => (Millis::MAX, LAST, LAST),
                };
                for zone in zones(query) {
                    found.extend(conn.rows(&sql::RECORD_BOOK, &args![zone, at, kind, subject, limit]).await?);
                }
                let mut records: Vec<Record> = found.iter().map(read).collect::<Result<_, _>>()?;
                records.sort_unstable_by(|a, b| {
                    (b.disposal.destroyed_at, &b.key).cmp(&(a.disposal.destroyed_at, &a.key))
                });
                records.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
                Ok(records)
            }
        }
    }

    async fn records_to_do(
        &self,
        stage: Stage,
        today: Date,
        limit: u32,
    ) -> Result<Vec<RecordKey>, StoreError> {
        let mut reader = self.db.reader().await?;
        let rows = match stage {
            Stage::Decided => reader.conn().rows(&sql::RECORDS_DECIDED, &args![limit]).await?,
            Stage::Held => reader.conn().rows(&sql::HOLDS_OVER, &args![today.to_string(), limit]).await?,
            Stage::Listed | Stage::Proposed | Stage::Destroyed => Vec::new(),
        };
        rows.iter().map(read_key).collect()
    }
}

#[async_trait]
impl RecordTx for SqlTx {
    async fn insert_record(&mut self, record: &Record) -> Result<(), StoreError> {
        step!(self, insert(&mut self.conn(), record))
    }

    async fn record(&mut self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        step!(self, one(&mut self.conn(), &sql::RECORD_TO_CHANGE, key))
    }

    async fn update_record(&mut self, record: &Record) -> Result<(), StoreError> {
        step!(self, update(&mut self.conn(), record))
    }

    async fn empty_row(&mut self, key: &RowKey) -> Result<(), StoreError> {
        self.touched.insert(("register-row".to_owned(), key.to_string()));
        step!(self, empty_row(&mut self.conn(), key))
    }

    async fn forget_course_tasks(&mut self, key: &RecordKey, tasks: &[TaskId]) -> Result<u64, StoreError> {
        let mut touched = Touched::new();
        let forgotten = step!(self, course_records::forget(&mut self.conn(), key, tasks, &mut touched))?;
        self.touched.extend(touched);
        Ok(forgotten)
    }

    async fn replace_covers(&mut self, task: &TaskId, covers: &Covers) -> Result<(), StoreError> {
        let covers = json(covers)?;
        step!(self, self.conn().run_one(&sql::CLEAR_EVENT, &args![task.as_str(), covers]))
    }
}
