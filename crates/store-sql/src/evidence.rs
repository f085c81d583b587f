//! Evidence and the ledger's head and tiles in the database.
//!
//! Owns their rows, and sealing as a compare-and-swap on the ledger's size. Leaves leaves, hashes and checkpoints to
//! `ledger`, and when to seal to `app`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use app::{
    model::{
        Cursor, EvidenceQuery, EvidenceRow, EvidenceTallies, EvidenceTally, LedgerHead, NewEvidence,
        PAGE_ROWS_MAX, Page,
    },
    ports::StoreError,
};
use workflow::{
    Millis,
    id::{EvidenceId, UserId, ZoneId},
};

use crate::{
    db::{Conn, Db, Row, Value, args, corrupt, int, json},
    lists::{cut, start},
    sql,
};

/// Entries that one call returns at most when it reads for the ledger.
const ENTRIES_MAX: u32 = 4_096;

/// Writes entries. `first` is the index of the first in the ledger when they are loaded as sealed; otherwise they
/// wait for the sealer.
pub(crate) async fn insert<'a>(
    conn: &mut Conn<'_>,
    entries: impl IntoIterator<Item = &'a NewEvidence>,
    first: Option<u64>,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    let mut statements = Vec::new();
    for (offset, e) in entries.into_iter().enumerate() {
        let seq = match first {
            Some(first) => Some(int(first)?.saturating_add(int(offset)?)),
            None => None,
        };
        rows.push(Vec::from(args![
            &e.id,
            e.at,
            &e.kind,
            e.actor.as_ref(),
            e.zone.as_ref(),
            &e.subject_kind,
            &e.subject_id,
            json(&e.statements)?,
            &e.payload,
            &e.salt,
            &e.leaf,
            e.erase_payload_at,
            seq,
        ]));
        for statement in e.statements.iter().collect::<BTreeSet<_>>() {
            statements.push(Vec::from(args![statement, e.at, &e.id]));
        }
    }
    conn.bulk(&sql::INSERT_EVIDENCE, &rows).await?;
    conn.bulk(&sql::INSERT_EVIDENCE_STATEMENTS, &statements).await.map(|_| ())
}

/// The list walks the index of the most selective condition; the others drop rows on the way.
pub(crate) async fn page(
    conn: &mut Conn<'_>,
    query: &EvidenceQuery,
) -> Result<Page<EvidenceRow>, StoreError> {
    let page = query.page.clone().unwrap_or_default();
    let limit = page.limit.clamp(1, PAGE_ROWS_MAX);
    let (at, id) = start(page.after.as_ref());
    let statement = if query.subject.is_some() {
        &sql::EVIDENCE_OF_SUBJECT
    } else if query.actor.is_some() {
        &sql::EVIDENCE_BY_ACTOR
    } else if query.statement.is_some() {
        &sql::EVIDENCE_FOR_STATEMENT
    } else if query.kind.is_some() {
        &sql::EVIDENCE_OF_KIND
    } else {
        &sql::EVIDENCE_ALL
    };
    let values = args![
        query.subject.as_ref().map(|(kind, _)| kind.as_str()),
        query.subject.as_ref().map(|(_, id)| id.as_str()),
        query.actor.as_ref(),
        query.statement.as_deref(),
        query.kind.as_deref(),
        at,
        id,
        limit + 1,
    ];
    let rows = conn.rows(statement, &values).await?;
    let rows = rows.iter().map(read_row).collect::<Result<Vec<_>, _>>()?;
    Ok(cut(rows, limit, |row| Cursor { at: row.entry.at, id: row.entry.id.as_str().to_owned() }))
}

pub(crate) async fn by_id(conn: &mut Conn<'_>, id: &EvidenceId) -> Result<Option<EvidenceRow>, StoreError> {
    conn.row(&sql::EVIDENCE_BY_ID, &args![id]).await?.map(|row| read_row(&row)).transpose()
}

pub(crate) async fn range(
    conn: &mut Conn<'_>,
    first: u64,
    limit: u32,
) -> Result<Vec<EvidenceRow>, StoreError> {
    let rows = conn.rows(&sql::EVIDENCE_RANGE, &args![int(first)?, limit.min(ENTRIES_MAX)]).await?;
    rows.iter().map(read_row).collect()
}

pub(crate) async fn counts(conn: &mut Conn<'_>) -> Result<Vec<(String, u64)>, StoreError> {
    let mut counts = BTreeMap::<String, u64>::new();
    for row in conn.rows(&sql::EVIDENCE_COUNTS, &[]).await? {
        match row.int("n")? {
            -1 => count(&mut counts, row.json("what")?),
            _ => *counts.entry(row.text("what")?).or_default() += row.number::<u64>("n")?,
        }
    }
    Ok(counts.into_iter().collect())
}

/// An entry counts once for each statement, however often it names it.
fn count(counts: &mut BTreeMap<String, u64>, statements: Vec<String>) {
    for statement in statements.into_iter().collect::<BTreeSet<_>>() {
        *counts.entry(statement).or_default() += 1;
    }
}

pub(crate) async fn tallies(conn: &mut Conn<'_>) -> Result<EvidenceTallies, StoreError> {
    let mut tallies = EvidenceTallies::default();
    for row in conn.rows(&sql::STATEMENT_TALLIES, &[]).await? {
        match row.int("n")? {
            -1 => {
                for statement in row.json::<Vec<String>>("what")?.into_iter().collect::<BTreeSet<_>>() {
                    tallied(&mut tallies.statements, statement, 1, &row)?;
                }
            }
            _ => tallied(&mut tallies.statements, row.text("what")?, row.number("n")?, &row)?,
        }
    }
    for row in conn.rows(&sql::KIND_TALLIES, &[]).await? {
        let n = if row.int("n")? == -1 { 1 } else { row.number("n")? };
        tallied(&mut tallies.kinds, row.text("what")?, n, &row)?;
    }
    Ok(tallies)
}

fn tallied(
    tallies: &mut HashMap<String, EvidenceTally>,
    what: String,
    n: u64,
    row: &Row,
) -> Result<(), StoreError> {
    // What was counted and is no longer there has no newest entry; nothing takes entries away, but a count must not be
    // able to take the page down.
    let last = match row.int_maybe("last_at")? {
        Some(at) => Some((at, EvidenceId::new(row.text("last_id")?))),
        None => None,
    };
    let tally = tallies.entry(what).or_default();
    tally.count = tally.count.saturating_add(n);
    tally.last = tally.last.take().max(last);
    Ok(())
}

pub(crate) async fn due_payloads(
    conn: &mut Conn<'_>,
    now: Millis,
    limit: u32,
) -> Result<Vec<EvidenceId>, StoreError> {
    let rows = conn.rows(&sql::DUE_PAYLOADS, &args![now, limit.min(ENTRIES_MAX)]).await?;
    rows.iter().map(|row| row.text("id").map(EvidenceId::new)).collect()
}

pub(crate) async fn erase_payload(
    conn: &mut Conn<'_>,
    id: &EvidenceId,
    at: Millis,
) -> Result<(), StoreError> {
    conn.run_one(&sql::ERASE_PAYLOAD, &args![id, at]).await
}

pub(crate) async fn unsealed(
    conn: &mut Conn<'_>,
    limit: u32,
) -> Result<Vec<(EvidenceId, Vec<u8>)>, StoreError> {
    let rows = conn.rows(&sql::UNSEALED, &args![limit.min(ENTRIES_MAX)]).await?;
    rows.iter().map(|row| Ok((EvidenceId::new(row.text("id")?), row.bytes("leaf")?))).collect()
}

pub(crate) async fn ledger_head(conn: &mut Conn<'_>) -> Result<Option<LedgerHead>, StoreError> {
    let row = conn.row(&sql::LEDGER_HEAD, &[]).await?;
    row.map(|row| Ok(LedgerHead { size: row.number("size")?, checkpoint: row.text("checkpoint")? }))
        .transpose()
}

pub(crate) async fn ledger_tiles(
    conn: &mut Conn<'_>,
    wanted: &[(u8, u64)],
) -> Result<Vec<((u8, u64), Vec<u8>)>, StoreError> {
    let mut tiles = Vec::with_capacity(wanted.len());
    for (level, index) in wanted {
        if let Some(row) = conn.row(&sql::LEDGER_TILE, &args![*level, int(*index)?]).await? {
            tiles.push(((*level, *index), row.bytes("bytes")?));
        }
    }
    Ok(tiles)
}

pub(crate) async fn seal(
    db: &Db,
    expected_size: u64,
    entries: &[EvidenceId],
    tiles: &[((u8, u64), Vec<u8>)],
    head: &LedgerHead,
) -> Result<(), StoreError> {
    if expected_size.checked_add(u64::try_from(entries.len()).unwrap_or(u64::MAX)) != Some(head.size) {
        return Err(StoreError::Corrupt("the new head does not count the sealed entries".to_owned()));
    }
    let mut changes = db.changes().await?;
    let mut conn = changes.conn();
    // The head first: of two sealers the slower one waits here, and then finds that the size has moved.
    move_head(&mut conn, expected_size, head).await?;
    let mut rows = Vec::with_capacity(entries.len());
    for (offset, id) in entries.iter().enumerate() {
        rows.push(Vec::from(args![id, int(expected_size)?.saturating_add(int(offset)?)]));
    }
    let sealed = conn.bulk(&sql::SEAL, &rows).await?;
    if sealed.len() != entries.len() {
        return Err(StoreError::Corrupt(
            "an entry to be sealed is missing or has an index already".to_owned(),
        ));
    }
    let mut counts = Counts::default();
    for row in &sealed {
        counts.add(row.text("kind")?, row.json("statements")?);
    }
    add_counts(&mut conn, &counts).await?;
    put_tiles(&mut conn, tiles).await?;
    changes.commit().await
}

pub(crate) async fn move_head(
    conn: &mut Conn<'_>,
    expected_size: u64,
    head: &LedgerHead,
) -> Result<(), StoreError> {
    let moved =
        conn.run(&sql::MOVE_HEAD, &args![int(head.size)?, &head.checkpoint, int(expected_size)?]).await?;
    if moved == 1 {
        return Ok(());
    }
    if expected_size != 0 {
        return Err(StoreError::Conflict);
    }
    conn.run_one(&sql::FIRST_HEAD, &args![int(head.size)?, &head.checkpoint]).await
}

pub(crate) async fn put_tiles(conn: &mut Conn<'_>, tiles: &[((u8, u64), Vec<u8>)]) -> Result<(), StoreError> {
    // A statement may not touch the same row twice; of a repeated tile the last is meant.
    let tiles: BTreeMap<_, _> = tiles.iter().map(|(place, bytes)| (*place, bytes)).collect();
    let mut rows = Vec::with_capacity(tiles.len());
    for ((level, index), bytes) in tiles {
        rows.push(Vec::from(args![level, int(index)?, bytes]));
    }
    conn.bulk(&sql::PUT_TILES, &rows).await.map(|_| ())
}

/// Entries by what the pages of the policy count them by.
#[derive(Default)]
pub(crate) struct Counts {
    statements: BTreeMap<String, u64>,
    kinds: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn add(&mut self, kind: String, statements: Vec<String>) {
        count(&mut self.statements, statements);
        *self.kinds.entry(kind).or_default() += 1;
    }
}

pub(crate) async fn add_counts(conn: &mut Conn<'_>, counts: &Counts) -> Result<(), StoreError> {
    for (bulk, counts) in [(&sql::ADD_COUNTS, &counts.statements), (&sql::ADD_KIND_COUNTS, &counts.kinds)] {
        let mut rows: Vec<Vec<Value<'_>>> = Vec::with_capacity(counts.len());
        for (what, n) in counts {
            rows.push(Vec::from(args![what, int(*n)?]));
        }
        conn.bulk(bulk, &rows).await?;
    }
    Ok(())
}

fn read_row(row: &Row) -> Result<EvidenceRow, StoreError> {
    let payload_erased_at = row.int_maybe("payload_erased_at")?;
    let index =
        row.int_maybe("seq")?.map(|seq| u64::try_from(seq).map_err(|_| corrupt("seq"))).transpose()?;
    Ok(EvidenceRow {
        entry: NewEvidence {
            id: EvidenceId::new(row.text("id")?),
            at: row.int("happened_at")?,
            kind: row.text("kind")?,
            actor: row.text_maybe("actor")?.map(UserId::new),
            zone: row.text_maybe("zone")?.map(ZoneId::new),
            subject_kind: row.text("subject_kind")?,
            subject_id: row.text("subject_id")?,
            statements: row.json("statements")?,
            payload: row.bytes_maybe("payload")?.unwrap_or_default(),
            salt: row.bytes_maybe("salt")?.unwrap_or_default(),
            leaf: row.bytes("leaf")?,
            erase_payload_at: row.int_maybe("erase_payload_at")?,
        },
        index,
        payload_erased_at,
        actor_name: row.text_maybe("actor_name")?,
    })
}
