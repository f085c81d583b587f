//! Editions of the policy in the database, whole, and who has read what changed.
//!
//! Owns their rows. Leaves the life of an edition to `workflow`, and the meaning of its files to `policy`.

use app::{
    editions::{EditionStore, EditionTx, Reading, SectionReading},
    model::{Cursor, PAGE_ROWS_MAX, Page, PageRequest},
    ports::StoreError,
};
use async_trait::async_trait;
use policy::SourceFile;
use serde::{Deserialize, Serialize};
use workflow::{
    Millis,
    edition::{Analysis, Application, Edition, Stage},
    id::{EditionId, SectionId, UserId},
};

use crate::{
    SqlStore,
    db::{Conn, Row, Value, args, json},
    lists::cut,
    sql::{FIRST_AT, Sql, editions as sql},
    tx::{SqlTx, step},
};

/// Editions of one person that are listed as unread at most.
const UNREAD_MAX: i64 = 20;
/// Holders of one post that are looked at when it is asked whether anybody holds it.
const HOLDERS_MAX: i64 = 1_000;

/// [`Analysis`] inside a column.
#[derive(Serialize, Deserialize)]
struct AnalysisColumn {
    title: String,
    text: String,
    by: UserId,
    at: Millis,
}

/// [`Application`] inside a column.
#[derive(Serialize, Deserialize)]
struct ApplicationColumn {
    request: String,
    by: UserId,
    at: Millis,
    effective_from: Millis,
    against: String,
}

/// In the order of the columns of [`sql::INSERT_EDITION`]; [`sql::UPDATE_EDITION`] expects the same.
fn values(edition: &Edition) -> Result<Vec<Value<'_>>, StoreError> {
    let analysis = edition.analysis.as_ref().map(|a| {
        json(&AnalysisColumn { title: a.title.clone(), text: a.text.clone(), by: a.by.clone(), at: a.at })
    });
    let application = edition.application.as_ref().map(|a| {
        json(&ApplicationColumn {
            request: a.request.clone(),
            by: a.by.clone(),
            at: a.at,
            effective_from: a.effective_from,
            against: a.against.clone(),
        })
    });
    Ok(args![
        &edition.id,
        &edition.pack,
        &edition.title,
        &edition.label,
        &edition.digest,
        &edition.note,
        edition.needs_analysis,
        edition.stage.id(),
        edition.proposed_by.as_ref().map(UserId::as_str),
        edition.proposed_at,
        edition.before.as_ref().map(EditionId::as_str),
        analysis.transpose()?,
        application.transpose()?,
        edition.approved_at,
        edition.effective_from,
        edition.adopted_at,
        edition.superseded_at,
        edition.published_at,
        edition.withdrawn_at,
        edition.version,
    ]
    .into())
}

fn read(row: &Row) -> Result<Edition, StoreError> {
    let parsed = |column: &'static str| row.text_maybe(column).map(|text| text.map(|text| (column, text)));
    let corrupt =
        |column: &str| StoreError::Corrupt(format!("column `{column}` holds a value that is not understood"));
    let analysis = parsed("analysis")?
        .map(|(column, text)| {
            serde_json::from_str::<AnalysisColumn>(&text)
                .map(|a| Analysis { title: a.title, text: a.text, by: a.by, at: a.at })
                .map_err(|_| corrupt(column))
        })
        .transpose()?;
    let application = parsed("application")?
        .map(|(column, text)| {
            serde_json::from_str::<ApplicationColumn>(&text)
                .map(|a| Application {
                    request: a.request,
                    by: a.by,
                    at: a.at,
                    effective_from: a.effective_from,
                    against: a.against,
                })
                .map_err(|_| corrupt(column))
        })
        .transpose()?;
    Ok(Edition {
        id: EditionId::new(row.text("id")?),
        pack: row.text("pack")?,
        title: row.text("title")?,
        label: row.text("label")?,
        digest: row.text("digest")?,
        note: row.text("note")?,
        needs_analysis: row.flag("needs_analysis")?,
        stage: row.word("stage", Stage::from_id)?,
        proposed_by: row.text_maybe("proposed_by")?.map(UserId::new),
        proposed_at: row.int("proposed_at")?,
        before: row.text_maybe("before_id")?.map(EditionId::new),
        analysis,
        application,
        approved_at: row.int_maybe("approved_at")?,
        effective_from: row.int_maybe("effective_from")?,
        adopted_at: row.int_maybe("adopted_at")?,
        superseded_at: row.int_maybe("superseded_at")?,
        published_at: row.int_maybe("published_at")?,
        withdrawn_at: row.int_maybe("withdrawn_at")?,
        version: row.int("version")?,
    })
}

fn read_reading(row: &Row) -> Result<Reading, StoreError> {
    Ok(Reading {
        edition: EditionId::new(row.text("edition")?),
        due_at: row.int_maybe("due_at")?,
        confirmed_at: row.int_maybe("confirmed_at")?,
    })
}

async fn one(conn: &mut Conn<'_>, id: &EditionId) -> Result<Option<Edition>, StoreError> {
    conn.row(&sql::EDITION, &args![id]).await?.map(|row| read(&row)).transpose()
}

async fn at_stage(conn: &mut Conn<'_>, stage: Stage) -> Result<Option<Edition>, StoreError> {
    conn.row(&sql::EDITION_AT_STAGE, &args![stage.id()]).await?.map(|row| read(&row)).transpose()
}

async fn files(conn: &mut Conn<'_>, id: &EditionId) -> Result<Vec<SourceFile>, StoreError> {
    let rows = conn.rows(&sql::EDITION_FILES, &args![id]).await?;
    rows.iter().map(|r| Ok(SourceFile { path: r.text("path")?, text: r.text("body")? })).collect()
}

async fn count(conn: &mut Conn<'_>, statement: &Sql, of: &str) -> Result<u32, StoreError> {
    conn.row(statement, &args![of]).await?.map_or(Ok(0), |row| row.number("n"))
}

async fn page(conn: &mut Conn<'_>, page: &PageRequest) -> Result<Page<Edition>, StoreError> {
    let limit = page.limit.clamp(1, PAGE_ROWS_MAX);
    let (at, id) = page.after.as_ref().map_or((FIRST_AT, ""), |c| (c.at, c.id.as_str()));
    let found = conn.rows(&sql::EDITIONS, &args![at, id, limit + 1]).await?;
    let rows = found.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(cut(rows, limit, |e| Cursor { at: e.proposed_at, id: e.id.as_str().to_owned() }))
}

#[async_trait]
impl EditionStore for SqlStore {
    async fn edition(&self, id: &EditionId) -> Result<Option<Edition>, StoreError> {
        one(&mut self.db.reader().await?.conn(), id).await
    }

    async fn editions(&self, request: &PageRequest) -> Result<Page<Edition>, StoreError> {
        page(&mut self.db.reader().await?.conn(), request).await
    }

    async fn edition_at(&self, stage: Stage) -> Result<Option<Edition>, StoreError> {
        at_stage(&mut self.db.reader().await?.conn(), stage).await
    }

    async fn edition_published(&self) -> Result<Option<Edition>, StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::EDITION_PUBLISHED, &[]).await?;
        found.map(|row| read(&row)).transpose()
    }

    async fn edition_files(&self, id: &EditionId) -> Result<Vec<SourceFile>, StoreError> {
        files(&mut self.db.reader().await?.conn(), id).await
    }

    async fn readings_open(&self, user: &UserId) -> Result<Vec<Reading>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::READINGS_OPEN, &args![user, UNREAD_MAX]).await?;
        rows.iter().map(read_reading).collect()
    }

    async fn reading(&self, edition: &EditionId, user: &UserId) -> Result<Option<Reading>, StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::READING, &args![edition, user]).await?;
        found.map(|row| read_reading(&row)).transpose()
    }

    async fn reading_rates(&self, edition: &EditionId) -> Result<Vec<SectionReading>, StoreError> {
        let rows = self.db.reader().await?.conn().rows(&sql::READING_RATES, &args![edition]).await?;
        rows.iter()
            .map(|r| {
                Ok(SectionReading {
                    section: SectionId::new(r.text("section")?),
                    people: r.number("people")?,
                    confirmed: r.number("confirmed")?,
                })
            })
            .collect()
    }

    async fn transfers_under_way(&self, channel: &str) -> Result<u32, StoreError> {
        count(&mut self.db.reader().await?.conn(), &sql::TRANSFERS_UNDER_WAY, channel).await
    }

    async fn requests_under_way(&self, form: &str) -> Result<u32, StoreError> {
        count(&mut self.db.reader().await?.conn(), &sql::REQUESTS_UNDER_WAY, form).await
    }

    async fn post_units(&self, post: &str, at: Millis) -> Result<Vec<Option<String>>, StoreError> {
        let rows =
            self.db.reader().await?.conn().rows(&sql::POST_UNITS, &args![post, at, HOLDERS_MAX]).await?;
        rows.iter().map(|row| row.text_maybe("unit")).collect()
    }
}

#[async_trait]
impl EditionTx for SqlTx {
    async fn edition(&mut self, id: &EditionId) -> Result<Option<Edition>, StoreError> {
        step!(self, one(&mut self.changes.conn(), id))
    }

    async fn edition_at(&mut self, stage: Stage) -> Result<Option<Edition>, StoreError> {
        step!(self, at_stage(&mut self.changes.conn(), stage))
    }

    async fn edition_files(&mut self, id: &EditionId) -> Result<Vec<SourceFile>, StoreError> {
        step!(self, files(&mut self.changes.conn(), id))
    }

    async fn insert_edition(&mut self, edition: &Edition, files: &[SourceFile]) -> Result<(), StoreError> {
        self.touched.insert(("edition".to_owned(), edition.id.as_str().to_owned()));
        step!(self, async {
            let mut conn = self.changes.conn();
            conn.run_one(&sql::INSERT_EDITION, &values(edition)?).await?;
            for file in files {
                conn.run_one(&sql::INSERT_EDITION_FILE, &args![&edition.id, &file.path, &file.text]).await?;
            }
            Ok(())
        })
    }

    async fn update_edition(&mut self, edition: &Edition) -> Result<(), StoreError> {
        self.touched.insert(("edition".to_owned(), edition.id.as_str().to_owned()));
        step!(self, async { self.changes.conn().run_one(&sql::UPDATE_EDITION, &values(edition)?).await })
    }

    async fn add_readers(
        &mut self,
        edition: &EditionId,
        post: &str,
        now: Millis,
        due_at: Option<Millis>,
    ) -> Result<u64, StoreError> {
        step!(self, async {
            self.changes.conn().run(&sql::ADD_READERS, &args![edition, due_at, post, now]).await
        })
    }

    async fn add_reader(
        &mut self,
        edition: &EditionId,
        user: &UserId,
        due_at: Option<Millis>,
    ) -> Result<bool, StoreError> {
        step!(self, async {
            let added = self.changes.conn().run(&sql::ADD_READER, &args![edition, due_at, user]).await?;
            Ok(added > 0)
        })
    }

    async fn confirm_reading(
        &mut self,
        edition: &EditionId,
        user: &UserId,
        at: Millis,
    ) -> Result<bool, StoreError> {
        step!(self, async {
            let changed = self.changes.conn().run(&sql::CONFIRM_READING, &args![edition, user, at]).await?;
            Ok(changed > 0)
        })
    }
}
