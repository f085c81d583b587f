//! An index of a city after years: 100,000 requests, 20,000 rows of registers, 200,000 transfers.
//!
//! Prints a line of JSON for each measure: making the index beside SHA-256 of the same texts and beside writing them to a file
//! as durably; questions, with the slowest of 200 beside their median; the size of the index as a ratio of the texts. What a
//! person waits for besides, reading and deciding each thing anew, is not in it.
//!
//! `SEKISHO_FIND_PERCENT` (100) makes it smaller.

use std::{
    fs,
    hint::black_box,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use app::finding::ports::{Document, IndexChange, IndexQuestion, IndexState, WordIndex as _};
use search::NodeIndex;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Documents that the server writes at once.
const BATCH: usize = 1_000;
const SECTIONS: u64 = 130;
const PEOPLE: u64 = 6_500;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const NOUNS: [&str; 24] = [
    "住民票",
    "戸籍",
    "固定資産税",
    "国民健康保険",
    "介護認定",
    "保育所",
    "見積書",
    "契約書",
    "仕様書",
    "議事録",
    "名簿",
    "図面",
    "端末",
    "サーバー",
    "ネットワーク",
    "記録媒体",
    "点検",
    "研修",
    "委託",
    "申請",
    "台帳",
    "統計",
    "予算",
    "決算",
];
const NAMES: [&str; 8] = ["佐藤", "鈴木", "高橋", "田中", "渡邊", "伊藤", "山本", "中村"];

#[expect(clippy::disallowed_methods, reason = "a bench measures time and is made smaller by the environment")]
fn main() -> Outcome<()> {
    let percent = std::env::var("SEKISHO_FIND_PERCENT").ok().and_then(|t| t.parse().ok()).unwrap_or(100_u64);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Not the system's temporary folder, which may be in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let kinds = [("request", 100_000), ("register-row", 20_000), ("transfer", 200_000)];
    let of = |(kind, count): (&'static str, u64)| (0..count * percent / 100).map(move |n| document(kind, n));
    let documents: Vec<Document> = kinds.into_iter().flat_map(of).collect();
    let texts: Vec<&str> = documents.iter().flat_map(|d| d.texts.iter().map(String::as_str)).collect();
    let bytes: usize = texts.iter().map(|t| t.len()).sum();
    measure("things", documents.len() as f64, "", None)?;

    let begun = Instant::now();
    let mut hash = Sha256::new();
    texts.iter().for_each(|t| hash.update(t));
    black_box(hash.finalize());
    let hashed = begun.elapsed();
    let begun = Instant::now();
    let mut file = std::io::BufWriter::new(fs::File::create(folder.path().join("plain"))?);
    for batch in texts.chunks(BATCH * 5) {
        batch.iter().try_for_each(|t| file.write_all(t.as_bytes()))?;
        file.flush()?;
        file.get_ref().sync_data()?;
    }
    let written = begun.elapsed();

    let path = folder.path().join("words");
    let index = NodeIndex::open(&path)?;
    let changes: Vec<IndexChange> = documents.iter().cloned().map(IndexChange::Put).collect();
    let begun = Instant::now();
    for (seq, batch) in (1..).zip(changes.chunks(BATCH)) {
        let state = IndexState { house: "bench".to_owned(), form: "1".to_owned(), seq };
        runtime.block_on(index.write(batch.to_vec(), &state))?;
    }
    let indexed = begun.elapsed();
    let seconds = |d: Duration| d.as_secs_f64();
    measure("indexing", seconds(indexed), "s", Some((seconds(hashed), "SHA-256 of the same texts")))?;
    measure("indexing, durable", seconds(indexed), "s", Some((seconds(written), "writing them to a file")))?;
    measure("size", size(&path)? as f64, "bytes", Some((bytes as f64, "the texts")))?;

    for (name, words, mine) in [
        ("one character", "税", false),
        ("one character, mine", "税", true),
        ("a word in many", "サーバ", false),
        ("a word in many, mine", "サーバ", true),
        ("a number", "令8-4242", false),
        ("three words", "固定資産税 佐藤 契約書", false),
        ("nothing", "存在しないことば", false),
    ] {
        let mut times = Vec::with_capacity(200);
        for n in 0..200_u64 {
            let question = question(words, mine.then_some(n % PEOPLE), n);
            let begun = Instant::now();
            black_box(runtime.block_on(index.find(question))?);
            times.push(seconds(begun.elapsed()) * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        let at = |part: usize| times.get(part).copied().unwrap_or(f64::NAN);
        measure(&format!("finding: {name}"), at(100), "ms", None)?;
        measure(&format!("finding: {name}, slowest of 200"), at(199), "ms", None)?;
    }
    Ok(())
}

/// A number that looks like chance and is the same in every run.
fn mixed(n: u64, salt: u64) -> usize {
    let spread = (n ^ salt.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    usize::try_from((spread ^ (spread >> 32)) % 1_000_003).unwrap_or(0)
}

fn pick<'a>(list: &[&'a str], n: u64, salt: u64) -> &'a str {
    list.get(mixed(n, salt) % list.len()).copied().unwrap_or_default()
}

fn document(kind: &'static str, n: u64) -> Document {
    let noun = |salt| pick(&NOUNS, n, salt);
    let person = |salt| format!("{} {}", pick(&NAMES, n, salt), mixed(n, salt) % 900);
    let section = n % SECTIONS;
    Document {
        kind,
        subject: format!("00000000-0000-7000-8000-{n:012}"),
        at: i64::try_from(n).unwrap_or(0) * 600_000,
        nth: u32::try_from(n).unwrap_or(u32::MAX),
        tokens: vec![
            format!("u:u-{:06}", n % PEOPLE),
            format!("m:u-{:06}", n % PEOPLE),
            format!("s:s-{section}"),
            "z:lgwan".to_owned(),
            format!("y:{}", 2020 + n % 6),
            format!("o:{}", n % 2),
        ],
        texts: vec![
            format!("{}の{}について", noun(1), noun(2)),
            format!("令8-{n}"),
            format!("第{section}課"),
            format!("{}{}({}).xlsx", noun(3), noun(4), n % 97),
            format!("{}と{}のため、{}を{}に渡します。", noun(5), noun(6), noun(7), noun(8)),
            person(9),
            person(10),
        ],
    }
}

fn question(words: &str, mine: Option<u64>, n: u64) -> IndexQuestion {
    let kind = ["transfer", "request", "register-row"].get(mixed(n, 3) % 3).copied().unwrap_or("transfer");
    let mut any = vec![vec!["z:lgwan".to_owned()]];
    if let Some(person) = mine {
        let sections = (0..6).map(|k| format!("s:s-{}", (person + k) % SECTIONS));
        any.push(std::iter::once(format!("u:u-{person:06}")).chain(sections).collect());
    }
    let words = words.split(' ').map(policy::folded).collect();
    IndexQuestion { kind, words, any, skip: 0, limit: 51 }
}

fn size(folder: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

fn measure(name: &str, value: f64, unit: &str, peer: Option<(f64, &str)>) -> Outcome<()> {
    let round = |value: f64| (value * 1_000.0).round() / 1_000.0;
    let mut line = json!({ "name": name, "value": round(value), "unit": unit });
    if let (Some((value, word)), Some(line)) = (peer, line.as_object_mut()) {
        line.insert("peer".to_owned(), json!(round(value)));
        line.insert("peer_name".to_owned(), json!(word));
    }
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}
