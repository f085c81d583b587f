//! What group commit gives: entries of evidence that are durable on an SQLite file in a second, written by one, by some
//! and by many people at once, against bare flushes of the same disk.
//!
//! Each caller appends one entry and waits for it before the next, as a use case does. The peer overwrites a block of a
//! file that has its size already and flushes its data: no program can make anything durable more often. Both are
//! measured in turns, and the median of the turns is printed, as a line of JSON for each measure.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use app::{model::NewEvidence, ports::Store as _};
use store_sql::{Config, SqlStore};
use workflow::{
    Millis,
    id::{EvidenceId, UserId, ZoneId},
};

/// Callers at once.
const CALLERS: [u64; 4] = [1, 16, 64, 256];
const TURNS: u64 = 5;
/// One measure of one turn.
const MEASURE: Duration = Duration::from_millis(800);
/// Blocks of the file that the peer overwrites, as large as a page of SQLite.
const BLOCKS: u64 = 1_024;
const BLOCK_BYTES: usize = 4_096;

type Failed = Box<dyn std::error::Error + Send + Sync>;

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn clock() -> Instant {
    Instant::now()
}

fn main() -> Result<(), Failed> {
    // Not the system's temporary folder, which may be in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(folder.path()))
}

async fn run(folder: &Path) -> Result<(), Failed> {
    let url = format!("sqlite:{}", folder.join("city.db").display());
    let store = SqlStore::open(&url, Config { create_if_missing: true, ..Config::default() }).await?;
    store.migrate().await?;
    let mut disk = prepared(&folder.join("blocks"))?;
    let mut flushes = Vec::new();
    let mut entries = vec![Vec::new(); CALLERS.len()];
    let mut shared = vec![Vec::new(); CALLERS.len()];
    for turn in 0..TURNS {
        flushes.push(flush_rate(&mut disk)?);
        for ((callers, rates), shared) in CALLERS.iter().zip(&mut entries).zip(&mut shared) {
            let commits = store.append_commits();
            let (count, rate) = append_rate(&store, turn, *callers).await?;
            rates.push(rate);
            shared.push(count / (store.append_commits().saturating_sub(commits).max(1)) as f64);
        }
    }
    store.close().await;
    let flushes = median(flushes);
    for ((callers, rates), shared) in CALLERS.iter().zip(entries).zip(shared) {
        print(&format!("append by {callers}"), median(rates), "entries/s", Some(flushes))?;
        print(&format!("append by {callers}: entries in a commit"), median(shared), "", None)?;
    }
    Ok(())
}

fn prepared(path: &Path) -> std::io::Result<File> {
    let mut file = File::create(path)?;
    for _ in 0..BLOCKS {
        file.write_all(&[1; BLOCK_BYTES])?;
    }
    file.sync_all()?;
    Ok(file)
}

/// Blocks that were written and flushed in a second, one after the other.
fn flush_rate(file: &mut File) -> std::io::Result<f64> {
    let begun = clock();
    let mut count = 0_u64;
    while begun.elapsed() < MEASURE {
        if count.is_multiple_of(BLOCKS) {
            file.seek(SeekFrom::Start(0))?;
        }
        file.write_all(&[2; BLOCK_BYTES])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

/// How many entries became durable, and how many in a second.
async fn append_rate(store: &SqlStore, turn: u64, callers: u64) -> Result<(f64, f64), Failed> {
    let begun = clock();
    let mut people = tokio::task::JoinSet::new();
    for caller in 0..callers {
        let store = store.clone();
        people.spawn(async move {
            let mut count = 0_u64;
            while begun.elapsed() < MEASURE {
                store.append(vec![entry(&format!("{turn}-{callers}-{caller}-{count}"))]).await?;
                count += 1;
            }
            Ok::<u64, Failed>(count)
        });
    }
    let mut count = 0;
    while let Some(done) = people.join_next().await {
        count += done??;
    }
    Ok((count as f64, count as f64 / begun.elapsed().as_secs_f64()))
}

/// An entry of the usual size.
fn entry(id: &str) -> NewEvidence {
    let at: Millis = 1_790_000_000_000;
    NewEvidence {
        id: EvidenceId::new(id),
        at,
        kind: "transfer-submitted".to_owned(),
        actor: Some(UserId::new("u-000001")),
        zone: Some(ZoneId::new("internet")),
        subject_kind: "transfer".to_owned(),
        subject_id: "t-000001".to_owned(),
        statements: vec!["base/sanitise-inbound".to_owned(), "base/keep-evidence".to_owned()],
        payload: vec![b'x'; 400],
        salt: vec![7; 32],
        leaf: vec![9; 160],
        erase_payload_at: Some(at + 1_000_000),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print(name: &str, value: f64, unit: &str, flushes: Option<f64>) -> std::io::Result<()> {
    let mut line = serde_json::json!({ "name": name, "value": value, "unit": unit });
    if let (Some(peer), Some(line)) = (flushes, line.as_object_mut()) {
        line.insert("peer".to_owned(), peer.into());
        line.insert("peer_name".to_owned(), "flushes of a block".into());
    }
    writeln!(std::io::stdout().lock(), "{line}")
}
