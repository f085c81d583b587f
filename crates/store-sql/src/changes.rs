//! What changed, for the indexes of words on the nodes.
//!
//! Owns the numbers of changes. They are written where a transaction ends ([`crate::tx`]), so no use case can forget it: for each
//! subject that its evidence names, for those that were written in bulk, and for what shows the name of a person who has another. Leaves what is found to `app`.
//!
//! A reader must never see a number before a smaller one that is still on its way. SQLite has one writer, which gives numbers in
//! the order of its commits. On PostgreSQL writers hold a shared lock from before they take numbers until they commit, and a
//! reader takes it alone: whoever it waits for is done with all but the commit.

use std::collections::BTreeSet;

use app::{
    finding::{
        FoundKind,
        ports::{ChangeStore, SubjectChange},
    },
    model::{NewEvidence, User},
    ports::StoreError,
};
use async_trait::async_trait;

use crate::{
    SqlStore,
    db::{Conn, Db, Row, Value, args, int},
    sql::changes as sql,
};

/// Changes that are given at once.
const CHANGES_MAX: u32 = 1_000;

/// Subjects that a transaction touched: the word of their kind and their id, in an order that all writers share.
pub(crate) type Touched = BTreeSet<(String, String)>;

/// Adds what the evidence of a transaction names.
pub(crate) fn touch(touched: &mut Touched, evidence: &[NewEvidence]) {
    let told = evidence.iter().filter(|e| FoundKind::is_told(&e.subject_kind));
    touched.extend(told.map(|e| (e.subject_kind.clone(), e.subject_id.clone())));
}

/// The things that are found by the name of a person who is about to have another one; nothing while it stays the same.
pub(crate) async fn renamed(conn: &mut Conn<'_>, user: &User) -> Result<Touched, StoreError> {
    let before = conn.row(&sql::NAME_OF, &args![&user.id]).await?;
    if before.map(|row| row.text("name")).transpose()?.is_none_or(|name| name == user.name) {
        return Ok(Touched::new());
    }
    let things = conn.rows(&sql::THINGS_WITH_NAME, &args![&user.id]).await?;
    things.iter().map(|row| Ok((row.text("kind")?, row.text("subject")?))).collect()
}

/// Writes the changes of a transaction that is about to end.
pub(crate) async fn note(conn: &mut Conn<'_>, touched: &Touched) -> Result<(), StoreError> {
    if touched.is_empty() {
        return Ok(());
    }
    if matches!(conn, Conn::Pg(..)) {
        conn.rows(&sql::CHANGES_SHARED, &[]).await?;
    }
    let taken = conn.rows(&sql::TAKE_CHANGES, &args![int(touched.len())?]).await?;
    let mut numbers = taken.iter().map(|row| row.int("seq")).collect::<Result<Vec<i64>, _>>()?;
    numbers.sort_unstable();
    let rows: Vec<Vec<Value<'_>>> = touched
        .iter()
        .zip(numbers)
        .map(|((kind, subject), seq)| args![kind, subject, seq].to_vec())
        .collect();
    conn.bulk(&sql::NOTE_CHANGES, &rows).await.map(|_| ())
}

/// Notes everything that is there as changed, for a database that was filled past [`note`].
pub(crate) async fn mark_all(conn: &mut Conn<'_>) -> Result<(), StoreError> {
    conn.run(&sql::FORGET_CHANGES, &[]).await?;
    conn.run(&sql::MARK_ALL, &[]).await?;
    conn.rows(&sql::CHANGES_CONTINUE, &[]).await.map(|_| ())
}

fn read(row: &Row) -> Result<SubjectChange, StoreError> {
    Ok(SubjectChange { kind: row.text("kind")?, subject: row.text("subject")?, seq: row.int("seq")? })
}

async fn behind(db: &Db, seq: i64, limit: u32) -> Result<Vec<SubjectChange>, StoreError> {
    let values = args![seq, limit.min(CHANGES_MAX)];
    let rows = match db {
        Db::Lite { .. } => db.reader().await?.conn().rows(&sql::CHANGES_BEHIND, &values).await?,
        Db::Pg(..) => {
            let mut alone = db.changes().await?;
            alone.conn().rows(&sql::CHANGES_ALONE, &[]).await?;
            let rows = alone.conn().rows(&sql::CHANGES_BEHIND, &values).await?;
            alone.commit().await?;
            rows
        }
    };
    rows.iter().map(read).collect()
}

#[async_trait]
impl ChangeStore for SqlStore {
    async fn change_head(&self) -> Result<(String, i64), StoreError> {
        let found = self.db.reader().await?.conn().row(&sql::CHANGE_HEAD, &[]).await?;
        let row = found.ok_or_else(|| StoreError::Corrupt("this database has no name".to_owned()))?;
        Ok((row.text("house")?, row.int("seq")?))
    }

    async fn changes_behind(&self, seq: i64, limit: u32) -> Result<Vec<SubjectChange>, StoreError> {
        behind(&self.db, seq, limit).await
    }
}
