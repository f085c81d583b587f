//! Tasks of duties in the database.
//!
//! Owns how a task is taken apart into a row and put together again, its lists and counts. Leaves what may change to
//! `workflow`.

use std::collections::BTreeSet;

use app::{
    duties::store::{DutyStore, DutyTx, MonthTally, PeriodTally, TaskQuery, TaskRow, TaskView},
    model::{Cursor, PAGE_ROWS_MAX, Page},
    ports::StoreError,
};
use async_trait::async_trait;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use workflow::{
    Millis,
    calendar::fiscal_year,
    duty::{Covers, RowScope, Scope, State, Tally, Task},
    id::{SectionId, TaskId, UserId},
    register::RowKey,
};

use crate::{
    SqlStore,
    db::{Conn, Db, Row, Value, args, corrupt, int, json},
    lists::cut,
    sql::{FIRST_AT, Sql, duties as sql},
    tx::{SqlTx, step},
};

fn json_maybe<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<Option<T>, StoreError> {
    row.text_maybe(column)?.map(|text| serde_json::from_str(&text).map_err(|_| corrupt(column))).transpose()
}

fn date(row: &Row, column: &'static str) -> Result<Date, StoreError> {
    row.text(column)?.parse().map_err(|_| corrupt(column))
}

fn read_row_key(row: &Row) -> Result<Option<RowKey>, StoreError> {
    let (register, number) = (row.text_maybe("row_register")?, row.int_maybe("row_number")?);
    Ok(register.zip(number).map(|(register, number)| RowKey::new(register, number)))
}

fn read(row: &Row) -> Result<Task, StoreError> {
    let section = row.text_maybe("section")?.map(SectionId::new);
    let person = row.text_maybe("person")?.map(UserId::new);
    let scope = match (row.text("scope")?.as_str(), section, person) {
        ("body", None, None) => Scope::Body,
        ("section", Some(section), None) => Scope::Section(section),
        ("person", Some(section), Some(person)) => Scope::Person(person, section),
        ("row", section, person) => {
            let row = read_row_key(row)?.ok_or_else(|| corrupt("row_register"))?;
            Scope::Row(RowScope { row, section, person })
        }
        _ => return Err(corrupt("scope")),
    };
    Ok(Task {
        id: TaskId::new(row.text("id")?),
        duty: row.text("duty")?,
        title: row.text("title")?,
        scope,
        covers: row.json("covers")?,
        nth: row.number("nth")?,
        times: row.number("times")?,
        due_on: date(row, "due_on")?,
        terms: row.json("terms")?,
        made_at: row.int("made_at")?,
        state: row.word("state", State::from_id)?,
        report: json_maybe(row, "report")?,
        returned: json_maybe(row, "returned")?,
        confirmed: json_maybe(row, "confirmed")?,
        waiver: json_maybe(row, "waiver")?,
        dropped: row.text_maybe("dropped")?,
        ended_at: row.int_maybe("ended_at")?,
        reminded: row.number("reminded")?,
        overdue_at: row.int_maybe("overdue_at")?,
        escalated: row.number("escalated")?,
        version: row.int("version")?,
    })
}

/// What changes of a task, in the order of the columns: from `state` on.
fn changing(task: &Task) -> Result<Vec<Value<'_>>, StoreError> {
    let open = matches!(task.state, State::Open | State::WaiverAsked);
    Ok(args![
        task.state.id(),
        task.report.as_ref().map(json).transpose()?,
        task.returned.as_ref().map(json).transpose()?,
        task.confirmed.as_ref().map(json).transpose()?,
        task.waiver.as_ref().map(json).transpose()?,
        task.report.as_ref().map(|r| r.done_on.to_string()),
        task.is_late(),
        task.ended_at,
        task.reminded,
        task.overdue_at,
        task.escalated,
        task.desk().map(|d| d.to_string()),
        open.then(|| task.due_at()),
        task.alarm_at(),
        task.dropped.as_deref(),
    ]
    .into())
}

/// In the order of the columns of [`sql::INSERT_TASKS`].
fn whole(task: &Task) -> Result<Vec<Value<'_>>, StoreError> {
    let scope = match &task.scope {
        Scope::Body => "body",
        Scope::Section(_) => "section",
        Scope::Person(..) => "person",
        Scope::Row(_) => "row",
    };
    let due_on = task.due_on.to_string();
    let month: String = due_on.chars().take(7).collect();
    let mut values: Vec<Value<'_>> = args![
        task.id.as_str(),
        &task.duty,
        &task.title,
        scope,
        task.scope.section().map(SectionId::as_str),
        task.scope.person().map(UserId::as_str),
        json(&task.covers)?,
        task.covers.key(),
        matches!(task.covers, Covers::Period(_)),
        task.covers.first().to_string(),
        task.covers.last().to_string(),
        i64::from(fiscal_year(task.covers.first())),
        task.nth,
        task.times,
        due_on,
        month,
        task.due_at(),
        json(&task.terms)?,
        task.made_at,
        task.scope.row().map(|row| row.register.as_str()),
        task.scope.row().map(|row| row.number),
    ]
    .into();
    values.extend(changing(task)?);
    values.push(Value::from(task.version));
    Ok(values)
}

async fn insert(conn: &mut Conn<'_>, tasks: &[Task]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value<'_>>> = tasks.iter().map(whole).collect::<Result<_, _>>()?;
    conn.bulk(&sql::INSERT_TASKS, &rows).await.map(|came| u64::try_from(came.len()).unwrap_or(u64::MAX))
}

async fn update(conn: &mut Conn<'_>, task: &Task) -> Result<(), StoreError> {
    let mut values: Vec<Value<'_>> = args![task.id.as_str()].into();
    values.extend(changing(task)?);
    // A row may change hands.
    let section = task.scope.section().map(SectionId::as_str);
    let person = task.scope.person().map(UserId::as_str);
    values.extend(args![section, person, task.version]);
    conn.run_one(&sql::UPDATE_TASK, &values).await?;
    conn.run(&sql::REMOVE_TASK_FILES, &args![task.id.as_str()]).await?;
    let files = task.report.iter().flat_map(|r| &r.attachments).enumerate();
    let rows: Vec<Vec<Value<'_>>> = files
        .map(|(place, file)| {
            Ok(args![task.id.as_str(), int(place)?, &file.stored.zone, &file.stored.blob].into())
        })
        .collect::<Result<_, StoreError>>()?;
    conn.bulk(&sql::INSERT_TASK_FILES, &rows).await.map(|_| ())
}

/// The walks of a list, each along one index, and whether they go from the first due to the last.
fn walks(view: &TaskView) -> (Vec<(&'static Sql, Vec<Value<'_>>)>, bool) {
    let of = |sections: &BTreeSet<&SectionId>| -> Vec<String> {
        sections.iter().map(|s| s.as_str().to_owned()).collect()
    };
    match view {
        TaskView::Desks(desks) => {
            let desks: BTreeSet<&String> = desks.iter().collect();
            (desks.into_iter().map(|d| (&sql::TASKS_AT_DESK, vec![Value::from(d)])).collect(), true)
        }
        TaskView::Overdue(None, now) => (vec![(&sql::TASKS_OVERDUE, vec![Value::from(*now)])], true),
        TaskView::Overdue(Some(sections), now) => {
            let walk = |s| (&sql::TASKS_OVERDUE_OF_SECTION, vec![Value::from(s), Value::from(*now)]);
            (of(&sections.iter().collect()).into_iter().map(walk).collect(), true)
        }
        TaskView::OfSections(sections) => {
            let walk = |s| (&sql::TASKS_OF_SECTION, vec![Value::from(s)]);
            (of(&sections.iter().collect()).into_iter().map(walk).collect(), false)
        }
        TaskView::OfPerson(user) => (vec![(&sql::TASKS_OF_PERSON, vec![Value::from(user)])], false),
        TaskView::OfDuty(duty, None) => (vec![(&sql::TASKS_OF_DUTY, vec![Value::from(duty)])], false),
        TaskView::OfDuty(duty, Some(sections)) => {
            let walk = |s| (&sql::TASKS_OF_DUTY_SECTION, vec![Value::from(duty), Value::from(s)]);
            (of(&sections.iter().collect()).into_iter().map(walk).collect(), false)
        }
        TaskView::All => (vec![(&sql::TASKS_ALL, vec![])], false),
    }
}

async fn page(db: &Db, query: &TaskQuery) -> Result<Page<TaskRow>, StoreError> {
    let limit = query.page.limit.clamp(1, PAGE_ROWS_MAX);
    let (walks, rising) = walks(&query.view);
    let first = if rising { i64::MIN } else { FIRST_AT };
    let (at, id) = query.page.after.as_ref().map_or((first, ""), |c| (c.at, c.id.as_str()));
    // Several walks must see one moment.
    let mut snapshot = db.snapshot().await?;
    let mut conn = snapshot.conn();
    let mut rows = Vec::new();
    for (list, mut values) in walks {
        // One more than wanted tells whether there is a next page.
        values.extend(args![at, id, limit + 1]);
        for row in conn.rows(list, &values).await? {
            rows.push(read_row(&row)?);
        }
    }
    if rising {
        rows.sort_unstable_by(|a, b| (a.due_at, &a.id).cmp(&(b.due_at, &b.id)));
    } else {
        rows.sort_unstable_by(|a, b| (b.due_at, &b.id).cmp(&(a.due_at, &a.id)));
    }
    Ok(cut(rows, limit, |row| Cursor { at: row.due_at, id: row.id.as_str().to_owned() }))
}

pub(crate) fn read_row(row: &Row) -> Result<TaskRow, StoreError> {
    let person = row.text_maybe("person")?.map(UserId::new);
    let name = row.text_maybe("person_name")?.unwrap_or_default();
    Ok(TaskRow {
        id: TaskId::new(row.text("id")?),
        duty: row.text("duty")?,
        title: row.text("title")?,
        section: row.text_maybe("section")?.map(SectionId::new),
        row: read_row_key(row)?,
        person: person.map(|person| (person, name)),
        covers: row.json("covers")?,
        nth: row.number("nth")?,
        times: row.number("times")?,
        due_on: date(row, "due_on")?,
        due_at: row.int("due_at")?,
        state: row.word("state", State::from_id)?,
        late: row.flag("late")?,
        done_on: row
            .text_maybe("done_on")?
            .map(|day| day.parse().map_err(|_| corrupt("done_on")))
            .transpose()?,
    })
}

pub(crate) fn read_tally(row: &Row) -> Result<Tally, StoreError> {
    Ok(Tally {
        asked: row.number("asked")?,
        done: row.number("done")?,
        late: row.number("late")?,
        waived: row.number("waived")?,
        overdue: row.number("overdue")?,
    })
}

#[async_trait]
impl DutyStore for SqlStore {
    async fn task(&self, id: &TaskId) -> Result<Option<Task>, StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::TASK, &args![id.as_str()]).await?;
        found.map(|row| read(&row)).transpose()
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<Page<TaskRow>, StoreError> {
        page(&self.db, query).await
    }

    async fn task_months(
        &self,
        fiscal_year: i16,
        sections: Option<&[SectionId]>,
        now: Millis,
    ) -> Result<Vec<MonthTally>, StoreError> {
        let year = i64::from(fiscal_year);
        let mut snapshot = self.db.snapshot().await?;
        let mut conn = snapshot.conn();
        let rows = match sections {
            None => conn.rows(&sql::TASK_MONTHS, &args![year, now]).await?,
            Some(sections) => {
                let sections: BTreeSet<_> = sections.iter().collect();
                let mut rows = Vec::new();
                for section in sections {
                    let values = args![section, year, now];
                    rows.extend(conn.rows(&sql::TASK_MONTHS_OF_SECTION, &values).await?);
                }
                rows
            }
        };
        let mut months = rows
            .iter()
            .map(|row| {
                Ok(MonthTally {
                    duty: row.text("duty")?,
                    section: row.text_maybe("section")?.map(SectionId::new),
                    month: row.text("due_month")?,
                    all: read_tally(row)?,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        months.sort_unstable_by(|a, b| (&a.duty, &a.section, &a.month).cmp(&(&b.duty, &b.section, &b.month)));
        // Some of them are there and some were forgotten.
        months.dedup_by(|next, kept| {
            let same = (&next.duty, &next.section, &next.month) == (&kept.duty, &kept.section, &kept.month);
            if same {
                kept.all = kept.all.and(next.all);
            }
            same
        });
        Ok(months)
    }

    async fn task_periods(
        &self,
        duty: &str,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<PeriodTally>, StoreError> {
        let values = args![duty, now, limit.min(PAGE_ROWS_MAX)];
        let rows = self.db.reader().await?.conn().rows(&sql::TASK_PERIODS, &values).await?;
        rows.iter()
            .map(|row| {
                Ok(PeriodTally {
                    first: date(row, "first_on")?,
                    last: date(row, "last_on")?,
                    all: read_tally(row)?,
                })
            })
            .collect()
    }

    async fn newest_period(&self, duty: &str) -> Result<Option<Date>, StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::NEWEST_PERIOD, &args![duty]).await?;
        found.map(|row| date(&row, "last_on")).transpose()
    }

    async fn task_ids(&self, duty: &str, covers: &str, nth: u32) -> Result<BTreeSet<TaskId>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::TASK_IDS, &args![duty, covers, nth]).await?;
        rows.iter().map(|row| row.text("id").map(TaskId::new)).collect()
    }

    async fn people_of_post(&self, post: &str, at: Millis) -> Result<Vec<(UserId, SectionId)>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::PEOPLE_OF_POST, &args![post, at]).await?;
        rows.iter()
            .map(|row| Ok((UserId::new(row.text("id")?), SectionId::new(row.text("section")?))))
            .collect()
    }

    async fn due_tasks(&self, now: Millis, limit: u32) -> Result<Vec<TaskId>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::DUE_TASKS, &args![now, limit]).await?;
        rows.iter().map(|row| row.text("id").map(TaskId::new)).collect()
    }
}

#[async_trait]
impl DutyTx for SqlTx {
    async fn task(&mut self, id: &TaskId) -> Result<Option<Task>, StoreError> {
        let row = step!(self, self.conn().row(&sql::TASK_TO_CHANGE, &args![id.as_str()]))?;
        row.map(|row| read(&row)).transpose()
    }

    async fn open_tasks_of_row(&mut self, row: &RowKey) -> Result<Vec<TaskId>, StoreError> {
        let values = args![&row.register, row.number];
        let rows = step!(self, self.conn().rows(&sql::OPEN_TASKS_OF_ROW, &values))?;
        rows.iter().map(|row| row.text("id").map(TaskId::new)).collect()
    }

    async fn insert_tasks(&mut self, tasks: &[Task]) -> Result<u64, StoreError> {
        // Those that are there already are read once more by the indexes, which is cheaper than telling them apart.
        self.touched.extend(tasks.iter().map(|t| ("task".to_owned(), t.id.as_str().to_owned())));
        step!(self, insert(&mut self.conn(), tasks))
    }

    async fn update_task(&mut self, task: &Task) -> Result<(), StoreError> {
        self.touched.insert(("task".to_owned(), task.id.as_str().to_owned()));
        step!(self, update(&mut self.conn(), task))
    }
}
