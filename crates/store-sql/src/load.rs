//! Filling a database quickly, for load tests and benches.
//!
//! Owns the bulk road: large transactions, many rows in a statement, and on SQLite no flush before the end. It writes
//! people and transfers without evidence, so it is for an empty database that nobody serves yet, never for a city's
//! own data: a crash in the middle loses the file. Leaves what the rows hold, and the ledger's hashes, to the caller.
//!
//! Order: [`users`], [`transfers`], [`sealed_evidence`] from index 0, [`ledger`] with the head and tiles for the same
//! entries, then [`finish`].

use std::collections::{BTreeMap, BTreeSet};

use app::{
    model::{LedgerHead, NewEvidence, User},
    ports::StoreError,
};
use workflow::transfer::Transfer;

use crate::{
    SqlStore,
    db::{Changes, Db},
    evidence, people, sql, transfers as rows,
};

/// Rows of one transaction.
const CHUNK_ROWS: usize = 16_384;

/// Inserts people.
///
/// # Errors
/// [`StoreError`]; the rows of earlier chunks stay.
pub async fn users(store: &SqlStore, users: impl IntoIterator<Item = User>) -> Result<(), StoreError> {
    let mut users = users.into_iter();
    while let Some(chunk) = next_chunk(&mut users) {
        let values: Vec<_> = chunk.iter().map(people::user_values).collect();
        let mut changes = begin(store).await?;
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
    store: &SqlStore,
    transfers: impl IntoIterator<Item = (Transfer, String)>,
) -> Result<(), StoreError> {
    let mut transfers = transfers.into_iter();
    while let Some(chunk) = next_chunk(&mut transfers) {
        let borrowed: Vec<_> = chunk.iter().map(|(transfer, key)| (transfer, key.as_str())).collect();
        let highest = chunk.iter().map(|(transfer, _)| transfer.number).max().unwrap_or_default();
        let mut changes = begin(store).await?;
        rows::insert(&mut changes.conn(), &borrowed).await?;
        rows::raise_number(&mut changes.conn(), highest).await?;
        changes.commit().await?;
    }
    Ok(())
}

/// Inserts entries of evidence that are sealed already: the first gets the index `first`, the others follow. The
/// caller makes the leaves (in [`NewEvidence::leaf`]) and gives the tree over them to [`ledger`].
///
/// Returns the index after the last.
///
/// # Errors
/// [`StoreError`]; the rows of earlier chunks stay.
pub async fn sealed_evidence(
    store: &SqlStore,
    first: u64,
    entries: impl IntoIterator<Item = NewEvidence>,
) -> Result<u64, StoreError> {
    let mut entries = entries.into_iter();
    let mut next = first;
    while let Some(chunk) = next_chunk(&mut entries) {
        let mut counts = BTreeMap::<String, u64>::new();
        for entry in &chunk {
            for statement in entry.statements.iter().collect::<BTreeSet<_>>() {
                *counts.entry(statement.clone()).or_default() += 1;
            }
        }
        let mut changes = begin(store).await?;
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
    store: &SqlStore,
    tiles: impl IntoIterator<Item = ((u8, u64), Vec<u8>)>,
    head: &LedgerHead,
) -> Result<(), StoreError> {
    let mut tiles = tiles.into_iter();
    while let Some(chunk) = next_chunk(&mut tiles) {
        let mut changes = begin(store).await?;
        evidence::put_tiles(&mut changes.conn(), &chunk).await?;
        changes.commit().await?;
    }
    let mut changes = begin(store).await?;
    evidence::move_head(&mut changes.conn(), 0, head).await?;
    changes.commit().await
}

/// Flushes everything to the disk and makes commits durable again. PostgreSQL also looks at what it holds, as it does
/// by itself in the course of time; SQLite keeps to the numbers of its first migration.
///
/// # Errors
/// [`StoreError`].
pub async fn finish(store: &SqlStore) -> Result<(), StoreError> {
    let mut link = store.db.writer().await?;
    match &store.db {
        Db::Lite { .. } => {
            link.conn().script("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE);").await
        }
        Db::Pg(_) => link.conn().script("VACUUM ANALYZE").await,
    }
}

async fn begin(store: &SqlStore) -> Result<Changes, StoreError> {
    if let Db::Lite { .. } = &store.db {
        store.db.writer().await?.conn().script("PRAGMA synchronous = OFF").await?;
    }
    store.db.changes().await
}

fn next_chunk<T>(items: &mut impl Iterator<Item = T>) -> Option<Vec<T>> {
    let chunk: Vec<T> = items.by_ref().take(CHUNK_ROWS).collect();
    (!chunk.is_empty()).then_some(chunk)
}
