//! A register of 20,000 rows in SQLite: adding them by a plan, and the pages that people open.
//!
//! The peer of adding writes the same rows as lines of JSON into a file and flushes it once, as the transaction does; the peer of
//! each page reads one row by its number, the least that a page can ask. Prints the median as a line of JSON for each measure.

use std::{fs::File, io::Write as _, path::Path, time::Instant};

use app::{
    model::NewEvidence,
    ports::Store as _,
    registers::store::{RegisterStore as _, RowEntry, RowFilter, RowQuery, RowSight, RowStage},
};
use store_sql::{Config, SqlStore};
use workflow::{
    Millis,
    id::{EvidenceId, SectionId},
    register::{Cause, Change, History, Row, RowKey, Value},
};

const ROWS: i64 = 20_000;
const TURNS: usize = 30;
const NOW: Millis = 1_790_000_000_000;

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
    let rows: Vec<RowEntry> = (1..=ROWS).map(entry).collect();
    let begun = clock();
    let mut file = File::create(folder.join("rows"))?;
    for row in &rows {
        writeln!(file, "{} {} {}", row.row.key, serde_json::to_string(&row.row.values)?, row.words)?;
    }
    file.sync_data()?;
    let plain = ROWS as f64 / begun.elapsed().as_secs_f64();
    let begun = clock();
    let mut tx = store.begin().await?;
    tx.add_rows(&rows).await?;
    tx.commit(vec![evidence()]).await?;
    print("add", ROWS as f64 / begun.elapsed().as_secs_f64(), "rows/s", Some(("lines of a file", plain)))?;

    let mut alone = Vec::new();
    for turn in 0..TURNS {
        let begun = clock();
        let number = 1 + i64::try_from(turn * 613)? % ROWS;
        store.row(&RowKey::new("assets", number)).await?;
        alone.push(millis(begun));
    }
    let alone = median(alone);
    let one = |column: &str, key: &str| RowFilter {
        column: column.to_owned(),
        from: key.to_owned(),
        to: key.to_owned(),
    };
    let all = RowQuery {
        register: "assets".to_owned(),
        sight: RowSight::All,
        stage: RowStage::InUse,
        filters: Vec::new(),
        words: Vec::new(),
        after: None,
        limit: 50,
    };
    let words = |word: &str| RowQuery { words: vec![word.to_owned()], ..all.clone() };
    for (name, query) in [
        ("first page", all.clone()),
        ("last page", RowQuery { after: Some(60), ..all.clone() }),
        ("one section", RowQuery { sight: RowSight::Sections(vec![SectionId::new("s-3")]), ..all.clone() }),
        (
            "three conditions",
            RowQuery {
                filters: vec![one("class", "c3"), one("kind", "k-4"), one("flag", "true")],
                ..all.clone()
            },
        ),
        (
            "conditions that nothing fits",
            RowQuery { filters: vec![one("class", "c3"), one("kind", "k-9")], ..all.clone() },
        ),
        ("words of every row", words("情報資産")),
        ("words of one row", words("情報資産 1234")),
        ("words of no row", words("どこにもない")),
    ] {
        let mut times = Vec::new();
        for _ in 0..TURNS {
            let begun = clock();
            store.row_list(&query).await?;
            times.push(millis(begun));
        }
        print(name, median(times), "ms", Some(("one row", alone)))?;
    }
    let mut times = Vec::new();
    for _ in 0..TURNS {
        let begun = clock();
        store.count_rows("assets", &RowSight::All, RowStage::InUse, 200_000).await?;
        times.push(millis(begun));
    }
    print("count", median(times), "ms", Some(("one row", alone)))?;
    store.close().await;
    Ok(())
}

/// A row of the usual size.
fn entry(number: i64) -> RowEntry {
    let key = RowKey::new("assets", number);
    let text = |words: String| Value::Text(words);
    let row = Row {
        key: key.clone(),
        section: Some(SectionId::new(format!("s-{}", number % 40))),
        values: [
            ("name".to_owned(), text(format!("窓口の情報資産 {number}"))),
            ("kind".to_owned(), text(format!("k-{}", number % 5))),
            ("class".to_owned(), text(format!("c{}", 1 + number % 3))),
            ("flag".to_owned(), Value::Flag(number % 2 == 0)),
            ("place".to_owned(), text("本庁1階の共有ファイルサーバ".to_owned())),
            ("note".to_owned(), text("年度末に保存期限を確かめ、終わったものは廃棄の申請をする".to_owned())),
        ]
        .into(),
        waits: false,
        end: None,
        created_at: NOW,
        changed_at: NOW,
        version: 1,
    };
    RowEntry {
        keys: vec![
            ("kind".to_owned(), format!("k-{}", number % 5)),
            ("class".to_owned(), format!("c{}", 1 + number % 3)),
            ("flag".to_owned(), (number % 2 == 0).to_string()),
        ],
        links: Vec::new(),
        unique: vec![("serial".to_owned(), number.to_string())],
        words: format!("a-{number:04} 窓口の情報資産 {number} 本庁1階の共有ふぁいるさば"),
        history: History {
            key,
            version: 1,
            at: NOW,
            by: None,
            cause: Cause::Added,
            request: None,
            reason: String::new(),
            changes: vec![Change { column: "name".to_owned(), old: None, new: Some(Value::Flag(true)) }],
        },
        row,
    }
}

fn evidence() -> NewEvidence {
    NewEvidence {
        id: EvidenceId::new("e-1"),
        at: NOW,
        kind: "register-plan-applied".to_owned(),
        actor: None,
        zone: None,
        subject_kind: "register-row".to_owned(),
        subject_id: "assets/0".to_owned(),
        statements: vec!["base/assets-registered".to_owned()],
        payload: vec![b'x'; 400],
        salt: vec![7; 32],
        leaf: vec![9; 160],
        erase_payload_at: None,
    }
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1_000.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print(name: &str, value: f64, unit: &str, peer: Option<(&str, f64)>) -> std::io::Result<()> {
    let mut line = serde_json::json!({ "name": name, "value": value, "unit": unit });
    if let (Some((peer_name, peer)), Some(line)) = (peer, line.as_object_mut()) {
        line.insert("peer".to_owned(), peer.into());
        line.insert("peer_name".to_owned(), peer_name.into());
    }
    writeln!(std::io::stdout().lock(), "{line}")
}
