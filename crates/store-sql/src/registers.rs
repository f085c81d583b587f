//! Registers in the database.
//!
//! Owns how a row is taken apart into what it is found by, its lists and its history. Leaves what may stand in a row to
//! `workflow`, and which columns are searched to `app`, which hands the keys in.

use std::collections::BTreeSet;

use app::{
    model::PAGE_ROWS_MAX,
    ports::StoreError,
    registers::store::{
        FILTERS_MAX, HistoryRow, RegisterStore, RegisterTx, RowEntry, RowFilter, RowPage, RowQuery, RowSight,
        RowStage, RulesMark, SavedFilter, WORDS_MAX,
    },
};
use async_trait::async_trait;
use workflow::{
    id::{RequestId, SectionId, UserId},
    register::{End, History, Row as RegisterRow, RowKey},
};

use crate::{
    SqlStore,
    db::{Conn, Db, Row, Value, args, corrupt, int, json},
    people::like_part,
    sql::{
        Sql,
        registers::{self as sql, ANY},
    },
    tx::{SqlTx, step},
};

/// Most saved conditions of one person for one register.
const SAVED_MAX: u32 = 50;

fn read_row(row: &Row) -> Result<RegisterRow, StoreError> {
    let end = match (row.text_maybe("end_on")?, row.text_maybe("end_reason")?) {
        (Some(on), Some(reason)) => Some(End { on, reason }),
        (None, None) => None,
        _ => return Err(corrupt("end_on")),
    };
    Ok(RegisterRow {
        key: RowKey::new(row.text("register_id")?, row.int("number")?),
        section: row.text_maybe("section")?.map(SectionId::new),
        values: row.json("content")?,
        waits: row.flag("waits")?,
        end,
        created_at: row.int("created_at")?,
        changed_at: row.int("changed_at")?,
        version: row.int("version")?,
    })
}

fn read_history(key: &RowKey, row: &Row) -> Result<HistoryRow, StoreError> {
    Ok(HistoryRow {
        entry: History {
            key: key.clone(),
            version: row.int("version")?,
            at: row.int("made_at")?,
            by: row.text_maybe("made_by")?.map(UserId::new),
            cause: row.json("cause")?,
            request: row.text_maybe("request_id")?.map(RequestId::new),
            reason: row.text("reason")?,
            changes: row.json("changes")?,
        },
        by_name: row.text_maybe("by_name")?,
    })
}

async fn read(conn: &mut Conn<'_>, statement: &Sql, key: &RowKey) -> Result<Option<RegisterRow>, StoreError> {
    conn.row(statement, &args![&key.register, key.number]).await?.map(|row| read_row(&row)).transpose()
}

/// The name under which a stage stands among the keys.
fn stage_column(stage: RowStage) -> String {
    format!("@{}", stage.id())
}

/// The values of [`sql::INSERT_ROWS`] and [`sql::UPDATE_ROW`].
fn row_values(row: &RegisterRow) -> Result<Vec<Value<'_>>, StoreError> {
    Ok(args![
        &row.key.register,
        row.key.number,
        row.section.as_ref().map(SectionId::as_str),
        json(&row.values)?,
        row.waits,
        row.end.as_ref().map(|end| end.on.as_str()),
        row.end.as_ref().map(|end| end.reason.as_str()),
        row.created_at,
        row.changed_at,
        row.version,
    ]
    .into())
}

/// Every condition that the row fits.
fn keys(entry: &RowEntry) -> BTreeSet<(String, String)> {
    let row = &entry.row;
    let mut keys: BTreeSet<(String, String)> = entry.keys.iter().cloned().collect();
    keys.insert((ANY.to_owned(), String::new()));
    let stages: &[RowStage] = match (&row.end, row.waits) {
        (Some(_), _) => &[RowStage::Ended],
        (None, true) => &[RowStage::InUse, RowStage::Waiting],
        (None, false) => &[RowStage::InUse],
    };
    for stage in stages {
        keys.insert((stage_column(*stage), String::new()));
        if let Some(section) = &row.section {
            keys.insert((stage_column(*stage), section.as_str().to_owned()));
        }
    }
    keys
}

/// What rows are found by, and their history, for rows that stand in their table already.
async fn insert_parts(conn: &mut Conn<'_>, entries: &[RowEntry], told_too: bool) -> Result<(), StoreError> {
    let (mut all_keys, mut links, mut unique, mut history) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        let (register, number) = (&entry.row.key.register, entry.row.key.number);
        for (column, value) in keys(entry) {
            all_keys.push(args![register, column, value, number].to_vec());
        }
        for (column, to) in &entry.links {
            links.push(args![register, number, column, &to.register, to.number].to_vec());
        }
        // What ended gives its values free.
        if entry.row.end.is_none() {
            for (column, value) in &entry.unique {
                unique.push(args![register, column, value, number].to_vec());
            }
        }
        let told = &entry.history;
        if !told_too {
            continue;
        }
        history.push(
            args![
                register,
                number,
                told.version,
                told.at,
                told.by.as_ref(),
                json(&told.cause)?,
                told.request.as_ref().map(RequestId::as_str),
                &told.reason,
                json(&told.changes)?,
            ]
            .to_vec(),
        );
    }
    conn.bulk(&sql::INSERT_KEYS, &all_keys).await?;
    conn.bulk(&sql::INSERT_LINKS, &links).await?;
    conn.bulk(&sql::INSERT_UNIQUE, &unique).await?;
    conn.bulk(&sql::INSERT_HISTORY, &history).await.map(|_| ())
}

/// Rows whose keys, links and history are written together: enough for few round trips, little enough for memory.
const ROWS_AT_ONCE: usize = 512;

async fn add(conn: &mut Conn<'_>, entries: &[RowEntry]) -> Result<(), StoreError> {
    // Rows may lead to each other, so all of them stand before any link does.
    for part in entries.chunks(ROWS_AT_ONCE) {
        let rows: Vec<Vec<Value<'_>>> = part.iter().map(|e| row_values(&e.row)).collect::<Result<_, _>>()?;
        conn.bulk(&sql::INSERT_ROWS, &rows).await?;
        let words: Vec<Vec<Value<'_>>> =
            part.iter().map(|e| args![&e.row.key.register, e.row.key.number, &e.words].to_vec()).collect();
        conn.bulk(&sql::INSERT_WORDS, &words).await?;
    }
    for part in entries.chunks(ROWS_AT_ONCE) {
        insert_parts(conn, part, true).await?;
    }
    Ok(())
}

/// What a row is found by, written anew.
async fn index(conn: &mut Conn<'_>, entry: &RowEntry, breaking: bool) -> Result<(), StoreError> {
    let (register, number) = (&entry.row.key.register, entry.row.key.number);
    conn.run_one(&sql::UPDATE_ROW_WORDS, &args![register, number, &entry.words]).await?;
    for remove in [&sql::REMOVE_ROW_KEYS, &sql::REMOVE_ROW_LINKS, &sql::REMOVE_ROW_UNIQUE] {
        conn.run(remove, &args![register, number]).await?;
    }
    insert_parts(conn, std::slice::from_ref(entry), false).await?;
    if !breaking {
        return Ok(());
    }
    let column = stage_column(RowStage::Breaking);
    let section = entry.row.section.as_ref().map(|section| section.as_str().to_owned());
    let values = std::iter::once(String::new()).chain(section);
    let marks: Vec<Vec<Value<'_>>> =
        values.map(|value| args![register, column.clone(), value, number].to_vec()).collect();
    conn.bulk(&sql::INSERT_KEYS, &marks).await.map(|_| ())
}

async fn change(conn: &mut Conn<'_>, entries: &[RowEntry]) -> Result<(), StoreError> {
    // Unique values may change hands among these rows: all are given free before any is taken.
    for entry in entries {
        let key = args![&entry.row.key.register, entry.row.key.number];
        conn.run_one(&sql::UPDATE_ROW, &row_values(&entry.row)?).await?;
        conn.run_one(
            &sql::UPDATE_ROW_WORDS,
            &args![&entry.row.key.register, entry.row.key.number, &entry.words],
        )
        .await?;
        for remove in [&sql::REMOVE_ROW_KEYS, &sql::REMOVE_ROW_LINKS, &sql::REMOVE_ROW_UNIQUE] {
            conn.run(remove, &key).await?;
        }
    }
    for part in entries.chunks(ROWS_AT_ONCE) {
        insert_parts(conn, part, true).await?;
    }
    Ok(())
}

/// One walk along the keys: the condition that it walks, and those that it looks up.
struct Walk {
    column: String,
    value: String,
    further: Vec<RowFilter>,
}

fn walks(query: &RowQuery) -> Vec<Walk> {
    let stage = stage_column(query.stage);
    let mut filters: Vec<RowFilter> = query.filters.iter().take(FILTERS_MAX).cloned().collect();
    match &query.sight {
        RowSight::Sections(sections) => {
            let sections: BTreeSet<&SectionId> = sections.iter().collect();
            let walk = |section: &SectionId| Walk {
                column: stage.clone(),
                value: section.as_str().to_owned(),
                further: filters.clone(),
            };
            sections.into_iter().map(walk).collect()
        }
        RowSight::All => match filters.iter().position(|f| f.from == f.to) {
            // One value of a column is fewer rows than all in use.
            Some(at) => {
                let chosen = filters.remove(at);
                filters.push(RowFilter { column: stage, from: String::new(), to: String::new() });
                vec![Walk { column: chosen.column, value: chosen.from, further: filters }]
            }
            None => vec![Walk { column: stage, value: String::new(), further: filters }],
        },
    }
}

async fn list(db: &Db, query: &RowQuery) -> Result<RowPage, StoreError> {
    let limit = query.limit.clamp(1, PAGE_ROWS_MAX);
    let before = query.after.unwrap_or(i64::MAX);
    // Several walks must see one moment.
    let mut snapshot = db.snapshot().await?;
    let mut conn = snapshot.conn();
    let mut rows = Vec::new();
    for walk in walks(query) {
        // One more than wanted tells whether there is a next page.
        let mut values: Vec<Value<'_>> =
            args![&query.register, &walk.column, &walk.value, before, limit + 1].into();
        let statement = if walk.further.is_empty() && query.words.is_empty() {
            &sql::ROWS
        } else {
            for place in 0..FILTERS_MAX {
                match walk.further.get(place) {
                    Some(f) => values.extend(args![&f.column, &f.from, &f.to]),
                    None => values.extend(args![ANY, "", ""]),
                }
            }
            if query.words.is_empty() {
                &sql::ROWS_NARROWED
            } else {
                for place in 0..WORDS_MAX {
                    values.push(Value::from(query.words.get(place).map_or("%".to_owned(), |w| like_part(w))));
                }
                &sql::ROWS_WITH_WORDS
            }
        };
        for row in conn.rows(statement, &values).await? {
            rows.push(read_row(&row)?);
        }
    }
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.key.number));
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let next = if more { rows.last().map(|row| row.key.number) } else { None };
    Ok(RowPage { rows, next })
}

#[async_trait]
impl RegisterStore for SqlStore {
    async fn row(&self, key: &RowKey) -> Result<Option<RegisterRow>, StoreError> {
        read(&mut self.db.reader().await?.conn(), &sql::ROW, key).await
    }

    async fn rows(&self, keys: &[RowKey]) -> Result<Vec<RegisterRow>, StoreError> {
        let mut link = self.db.reader().await?;
        let mut conn = link.conn();
        let mut rows = Vec::new();
        for key in keys {
            rows.extend(read(&mut conn, &sql::ROW, key).await?);
        }
        Ok(rows)
    }

    async fn row_list(&self, query: &RowQuery) -> Result<RowPage, StoreError> {
        list(&self.db, query).await
    }

    async fn count_rows(
        &self,
        register: &str,
        sight: &RowSight,
        stage: RowStage,
        cap: u32,
    ) -> Result<u32, StoreError> {
        let column = stage_column(stage);
        let values: BTreeSet<&str> = match sight {
            RowSight::All => BTreeSet::from([""]),
            RowSight::Sections(sections) => sections.iter().map(SectionId::as_str).collect(),
        };
        let mut link = self.db.reader().await?;
        let mut conn = link.conn();
        let mut found = 0_u32;
        for value in values {
            if found < cap
                && let Some(row) =
                    conn.row(&sql::COUNT_ROWS, &args![register, &column, value, cap - found]).await?
            {
                found = found.saturating_add(row.number("n")?);
            }
        }
        Ok(found)
    }

    async fn row_history(
        &self,
        key: &RowKey,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<HistoryRow>, StoreError> {
        let values = args![&key.register, key.number, before.unwrap_or(i64::MAX), limit.min(PAGE_ROWS_MAX)];
        let rows = self.db.reader().await?.conn().rows(&sql::ROW_HISTORY, &values).await?;
        rows.iter().map(|row| read_history(key, row)).collect()
    }

    async fn rows_linking(&self, key: &RowKey, limit: u32) -> Result<Vec<(RowKey, String)>, StoreError> {
        let values = args![&key.register, key.number, limit.min(PAGE_ROWS_MAX)];
        let rows = self.db.reader().await?.conn().rows(&sql::ROWS_LINKING, &values).await?;
        rows.iter()
            .map(|row| {
                Ok((RowKey::new(row.text("register_id")?, row.int("number")?), row.text("column_id")?))
            })
            .collect()
    }

    async fn rows_linking_over(
        &self,
        to: &RowKey,
        register: &str,
        column: &str,
        limit: u32,
    ) -> Result<Vec<i64>, StoreError> {
        linking_over(&mut self.db.reader().await?.conn(), to, register, column, limit).await
    }

    async fn unique_owner(&self, register: &str, column: &str, key: &str) -> Result<Option<i64>, StoreError> {
        owner(&mut self.db.reader().await?.conn(), register, column, key).await
    }

    async fn rules_mark(&self, register: &str) -> Result<Option<RulesMark>, StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::RULES_MARK, &args![register]).await?;
        found
            .map(|row| Ok(RulesMark { rules: row.text("rules")?, after: row.int_maybe("after_number")? }))
            .transpose()
    }

    async fn begin_rules(&self, register: &str, rules: &str) -> Result<(), StoreError> {
        let values = args![register, rules];
        self.db.writer().await?.conn().run(&sql::BEGIN_RULES, &values).await.map(|_| ())
    }

    async fn saved_filters(&self, user: &UserId, register: &str) -> Result<Vec<SavedFilter>, StoreError> {
        let values = args![user, register, SAVED_MAX];
        let rows = self.db.reader().await?.conn().rows(&sql::SAVED_FILTERS, &values).await?;
        rows.iter()
            .map(|row| {
                Ok(SavedFilter {
                    user: user.clone(),
                    register: register.to_owned(),
                    name: row.text("name")?,
                    query: row.text("query")?,
                    saved_at: row.int("saved_at")?,
                })
            })
            .collect()
    }

    async fn save_filter(&self, f: &SavedFilter) -> Result<(), StoreError> {
        let values = args![&f.user, &f.register, &f.name, &f.query, f.saved_at];
        self.db.writer().await?.conn().run_one(&sql::SAVE_FILTER, &values).await
    }

    async fn forget_filter(&self, user: &UserId, register: &str, name: &str) -> Result<(), StoreError> {
        let values = args![user, register, name];
        self.db.writer().await?.conn().run(&sql::FORGET_FILTER, &values).await.map(|_| ())
    }
}

async fn linking_over(
    conn: &mut Conn<'_>,
    to: &RowKey,
    register: &str,
    column: &str,
    limit: u32,
) -> Result<Vec<i64>, StoreError> {
    let values = args![&to.register, to.number, register, column, limit];
    let rows = conn.rows(&sql::ROWS_LINKING_OVER, &values).await?;
    rows.iter().map(|row| row.int("number")).collect()
}

async fn owner(
    conn: &mut Conn<'_>,
    register: &str,
    column: &str,
    key: &str,
) -> Result<Option<i64>, StoreError> {
    let row = conn.row(&sql::UNIQUE_OWNER, &args![register, column, key]).await?;
    row.map(|row| row.int("number")).transpose()
}

#[async_trait]
impl RegisterTx for SqlTx {
    async fn take_row_numbers(&mut self, register: &str, count: u32) -> Result<i64, StoreError> {
        let name = format!("register:{register}");
        let row = step!(self, self.conn().row(&sql::TAKE_ROW_NUMBERS, &args![&name, count]))?;
        let last = row.ok_or(StoreError::Conflict)?.int("value")?;
        Ok(last - int(count)? + 1)
    }

    async fn row(&mut self, key: &RowKey) -> Result<Option<RegisterRow>, StoreError> {
        step!(self, read(&mut self.conn(), &sql::ROW_TO_CHANGE, key))
    }

    async fn rows_linking_over(
        &mut self,
        to: &RowKey,
        register: &str,
        column: &str,
        limit: u32,
    ) -> Result<Vec<i64>, StoreError> {
        step!(self, linking_over(&mut self.conn(), to, register, column, limit))
    }

    async fn unique_owner(
        &mut self,
        register: &str,
        column: &str,
        key: &str,
    ) -> Result<Option<i64>, StoreError> {
        step!(self, owner(&mut self.conn(), register, column, key))
    }

    async fn rows_wait(&mut self, register: &str, section: Option<&SectionId>) -> Result<bool, StoreError> {
        let column = stage_column(RowStage::Waiting);
        let values = args![register, &column, section.map_or("", SectionId::as_str), 1_i64];
        let row = step!(self, self.conn().row(&sql::COUNT_ROWS, &values))?;
        Ok(row.map_or(Ok(0), |row| row.int("n"))? > 0)
    }

    async fn add_rows(&mut self, rows: &[RowEntry]) -> Result<(), StoreError> {
        self.touched.extend(rows.iter().map(|r| ("register-row".to_owned(), r.row.key.to_string())));
        step!(self, add(&mut self.conn(), rows))
    }

    async fn change_rows(&mut self, rows: &[RowEntry]) -> Result<(), StoreError> {
        self.touched.extend(rows.iter().map(|r| ("register-row".to_owned(), r.row.key.to_string())));
        step!(self, change(&mut self.conn(), rows))
    }

    async fn index_row(&mut self, row: &RowEntry, breaking: bool) -> Result<(), StoreError> {
        step!(self, index(&mut self.conn(), row, breaking))
    }

    async fn set_rules_mark(&mut self, register: &str, mark: &RulesMark) -> Result<(), StoreError> {
        let values = args![register, &mark.rules, mark.after];
        step!(self, self.conn().run_one(&sql::SET_RULES_MARK, &values))
    }
}
