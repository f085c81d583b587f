//! Filling a database quickly, for load tests and benches.
//!
//! Owns the bulk road: large transactions, many rows in a statement, indices built at the end, and no flush before
//! it. It writes people and transfers without evidence, so it is for a migrated, empty database that nobody serves
//! yet, never for a city's own data: whoever stops in the middle throws the database away. Leaves what the rows hold,
//! and the ledger's hashes, to the caller.

use app::{
    model::{LedgerHead, NewEvidence, User},
    ports::StoreError,
};
use sqlx::AssertSqlSafe;
use workflow::transfer::Transfer;

use crate::{
    SqlStore,
    db::{Changes, Db},
    evidence, people, sql, transfers,
};

/// Rows of one transaction.
const CHUNK_ROWS: usize = 16_384;

/// A database being filled: [`Loader::users`], [`Loader::transfers`], [`Loader::sealed_evidence`] from index 0,
/// [`Loader::ledger`] with the head and tiles over the same entries, then [`Loader::finish`].
#[derive(Debug)]
#[must_use = "without `finish` the database has no indices"]
pub struct Loader<'a> {
    store: &'a SqlStore,
    /// What makes each index that was dropped.
    indices: Vec<String>,
}

impl<'a> Loader<'a> {
    /// Takes the indices away that are not constraints.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn start(store: &'a SqlStore) -> Result<Self, StoreError> {
        let mut link = store.db.writer().await?;
        let mut conn = link.conn();
        if let Db::Lite { .. } = &store.db {
            // Dropping an index drops what was written down about it: that is kept aside.
            conn.script(
                "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -262144; \
                 CREATE TEMP TABLE kept_stat AS SELECT tbl, idx, stat FROM sqlite_stat1;",
            )
            .await?;
        }
        let mut indices = Vec::new();
        for row in conn.rows(&sql::INDICES, &[]).await? {
            // Both come from the catalogue of the database, which holds what the migrations made.
            conn.script(AssertSqlSafe(format!("DROP INDEX {}", row.text("name")?))).await?;
            indices.push(row.text("definition")?);
        }
        Ok(Self { store, indices })
    }

    /// Inserts people.
    ///
    /// # Errors
    /// [`StoreError`]; the rows of earlier chunks stay.
    pub async fn users(&self, users: impl IntoIterator<Item = User>) -> Result<(), StoreError> {
        let mut users = users.into_iter();
        while let Some(chunk) = next_chunk(&mut users) {
            let values: Vec<_> = chunk.iter().map(people::user_values).collect();
            let mut changes = self.begin().await?;
            changes.conn().bulk(&sql::INSERT_USERS, &values).await?;
            changes.commit().await?;
        }
        Ok(())
    }

    /// Inserts transfers, each with its submission key. The next number given by the store goes on after the highest.
    ///
    /// # Errors
    /// [`StoreError`]; the rows of earlier chunks stay.
    pub async fn transfers(
        &self,
        transfers: impl IntoIterator<Item = (Transfer, String)>,
    ) -> Result<(), StoreError> {
        let mut items = transfers.into_iter();
        while let Some(chunk) = next_chunk(&mut items) {
            let borrowed: Vec<_> = chunk.iter().map(|(transfer, key)| (transfer, key.as_str())).collect();
            let highest = chunk.iter().map(|(transfer, _)| transfer.number).max().unwrap_or_default();
            let mut changes = self.begin().await?;
            transfers::insert(&mut changes.conn(), &borrowed).await?;
            transfers::raise_number(&mut changes.conn(), highest).await?;
            changes.commit().await?;
        }
        Ok(())
    }

    /// Inserts entries of evidence that are sealed already: the first gets the index `first`, the others follow. The
    /// caller makes the leaves (in [`NewEvidence::leaf`]) and gives the tree over them to [`Loader::ledger`].
    ///
    /// Returns the index after the last.
    ///
    /// # Errors
    /// [`StoreError`]; the rows of earlier chunks stay.
    pub async fn sealed_evidence(
        &self,
        first: u64,
        entries: impl IntoIterator<Item = NewEvidence>,
    ) -> Result<u64, StoreError> {
        let mut entries = entries.into_iter();
        let mut next = first;
        while let Some(chunk) = next_chunk(&mut entries) {
            let mut counts = evidence::Counts::default();
            for entry in &chunk {
                counts.add(entry.kind.clone(), entry.statements.clone());
            }
            let mut changes = self.begin().await?;
            evidence::insert(&mut changes.conn(), &chunk, Some(next)).await?;
            evidence::add_counts(&mut changes.conn(), &counts).await?;
            changes.commit().await?;
            next = next.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        }
        Ok(next)
    }

    /// Stores tiles and the first head of the ledger.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is a head already.
    pub async fn ledger(
        &self,
        tiles: impl IntoIterator<Item = ((u8, u64), Vec<u8>)>,
        head: &LedgerHead,
    ) -> Result<(), StoreError> {
        let mut tiles = tiles.into_iter();
        while let Some(chunk) = next_chunk(&mut tiles) {
            let mut changes = self.begin().await?;
            evidence::put_tiles(&mut changes.conn(), &chunk).await?;
            changes.commit().await?;
        }
        let mut changes = self.begin().await?;
        evidence::move_head(&mut changes.conn(), 0, head).await?;
        changes.commit().await
    }

    /// Builds the indices, flushes everything to the disk and makes commits durable again. PostgreSQL also looks at
    /// what it holds, as it does by itself in the course of time; SQLite keeps to the numbers of its first migration.
    ///
    /// # Errors
    /// [`StoreError`]: the rows break a rule that an index guards, or the database fails; throw it away.
    pub async fn finish(self) -> Result<(), StoreError> {
        let mut changes = self.begin().await?;
        if let Db::Lite { .. } = &self.store.db {
            // Before the indices: readers look at it again when the set of indices changes.
            changes
                .conn()
                .script(
                    "DELETE FROM sqlite_stat1; \
                     INSERT INTO sqlite_stat1 (tbl, idx, stat) SELECT tbl, idx, stat FROM kept_stat;",
                )
                .await?;
        }
        for definition in self.indices {
            changes.conn().script(AssertSqlSafe(definition)).await?;
        }
        crate::changes::mark_all(&mut changes.conn()).await?;
        changes.commit().await?;
        let mut link = self.store.db.writer().await?;
        match &self.store.db {
            Db::Lite { .. } => {
                let settled = "DROP TABLE kept_stat; ANALYZE sqlite_schema; PRAGMA cache_size = -32768; \
                               PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; \
                               PRAGMA wal_checkpoint(TRUNCATE);";
                link.conn().script(settled).await
            }
            Db::Pg(..) => link.conn().script("VACUUM ANALYZE").await,
        }
    }

    async fn begin(&self) -> Result<Changes, StoreError> {
        let mut changes = self.store.db.changes().await?;
        if let Db::Pg(..) = &self.store.db {
            changes.conn().script("SET LOCAL synchronous_commit = off").await?;
        }
        Ok(changes)
    }
}

fn next_chunk<T>(items: &mut impl Iterator<Item = T>) -> Option<Vec<T>> {
    let chunk: Vec<T> = items.by_ref().take(CHUNK_ROWS).collect();
    (!chunk.is_empty()).then_some(chunk)
}
