//! A folder of files, several at a time.
//!
//! Owns walking it, mirroring its shape, names that collide, and the bar.
//! Leaves to others: options and words (`super`).
//!
//! Links are not followed: what they lead to was not named by the person who typed the command.

use std::{
    collections::{BTreeMap, HashSet},
    io::IsTerminal as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, task::JoinSet};
use worker_client::CellPool;
use worker_protocol::{Job, Report};

use super::{Options, Target, ended, job, passes};
use crate::world;

/// What happened to one file of the folder.
struct Done {
    /// Below the input folder.
    input: PathBuf,
    /// Below the output folder, if it passed.
    output: Option<PathBuf>,
    bytes_in: u64,
    bytes_out: u64,
    report: Report,
}

/// Sanitises every file below the input folder. Whether all of them passed.
pub(super) async fn run(options: &Options, pool: &CellPool, running_max: usize) -> anyhow::Result<bool> {
    let (from, to) = (options.input.canonicalize()?, &options.output);
    const INSIDE: &str = "出力先が入力フォルダーの中にあります。別の場所を指定してください。";
    // Asked before anything is made there, and again when links in the way are known.
    ensure!(!std::path::absolute(to)?.starts_with(&from), INSIDE);
    std::fs::create_dir_all(to).with_context(|| format!("書けません: {}", to.display()))?;
    let to = to.canonicalize()?;
    ensure!(!to.starts_with(&from), INSIDE);
    let bar = bar();
    let taken = Arc::new(Mutex::new(HashSet::new()));
    let mut tally: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut all_passed = true;
    let mut running = JoinSet::new();
    // The number is not known before the walk ends; it grows as files are found, so nothing is listed ahead.
    for entry in walkdir::WalkDir::new(&from).follow_links(false).sort_by_file_name() {
        let entry = entry.context("フォルダーを読めません")?;
        if !entry.file_type().is_file() {
            continue;
        }
        bar.inc_length(1);
        let relative = entry.path().strip_prefix(&from)?.to_owned();
        let name = entry.file_name().to_string_lossy().into_owned();
        let (pool, job, from, to, taken) =
            (pool.clone(), job(options, name), from.clone(), to.clone(), taken.clone());
        running.spawn(async move { one(&pool, &job, &from, &to, relative, &taken).await });
        if running.len() >= running_max * 2
            && let Some(done) = running.join_next().await
        {
            all_passed &= tell(options, &bar, done??, &mut tally)?;
        }
    }
    while let Some(done) = running.join_next().await {
        all_passed &= tell(options, &bar, done??, &mut tally)?;
    }
    bar.finish_and_clear();
    if !options.json {
        let counts: Vec<String> = tally.iter().map(|(word, count)| format!("{word} {count} 件")).collect();
        world::say(&format!("終わりました: {}", counts.join("、")))?;
    }
    Ok(all_passed)
}

/// Drawn on standard error, and only where a person looks at it.
fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} 件 {per_sec} 残り {eta} {wide_msg}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

async fn one(
    pool: &CellPool,
    job: &Job,
    from: &Path,
    to: &Path,
    input: PathBuf,
    taken: &Mutex<HashSet<String>>,
) -> anyhow::Result<Done> {
    let about = || format!("読めません: {}", input.display());
    let file = tokio::fs::File::open(from.join(&input)).await.with_context(about)?;
    let bytes_in = file.metadata().await.with_context(about)?.len();
    let folder = input.parent().unwrap_or(Path::new("")).to_owned();
    tokio::fs::create_dir_all(to.join(&folder))
        .await
        .with_context(|| format!("書けません: {}", to.join(&folder).display()))?;
    let target = Target::beside(&to.join(&input))?;
    let mut sink = target.open()?;
    let outcome = pool
        .run(job, file, &mut sink, &mut |_| {}, std::future::pending())
        .await
        .with_context(|| format!("無害化できません: {}", input.display()))?;
    sink.flush().await?;
    drop(sink);
    let output = if passes(&outcome.report) {
        let output = free_name(&folder, &outcome.report.clean_name, taken);
        target.finish(Some(&to.join(&output))).await?;
        Some(output)
    } else {
        None
    };
    Ok(Done { input, output, bytes_in, bytes_out: outcome.clean_bytes, report: outcome.report })
}

/// `a.docm` and `a.docx` both become `a.docx`: the second gets a number. Windows folds case, so this does, too.
fn free_name(folder: &Path, clean_name: &str, taken: &Mutex<HashSet<String>>) -> PathBuf {
    let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
    let (stem, ending) = match clean_name.rsplit_once('.') {
        Some((stem, ending)) => (stem, format!(".{ending}")),
        None => (clean_name, String::new()),
    };
    let mut path = folder.join(clean_name);
    let mut number = 2;
    while !taken.insert(path.to_string_lossy().to_lowercase()) {
        path = folder.join(format!("{stem} ({number}){ending}"));
        number += 1;
    }
    path
}

fn tell(
    options: &Options,
    bar: &ProgressBar,
    done: Done,
    tally: &mut BTreeMap<&'static str, u64>,
) -> anyhow::Result<bool> {
    bar.inc(1);
    let passed = done.output.is_some();
    let word = ended(&done.report);
    *tally.entry(word).or_default() += 1;
    if options.json {
        let line = json!({
            "passed": passed,
            "input": done.input.to_string_lossy(),
            "output": done.output.as_ref().map(|o| o.to_string_lossy().into_owned()),
            "bytes_in": done.bytes_in,
            "bytes_out": done.bytes_out,
            "report": done.report,
        });
        bar.suspend(|| world::say(&line.to_string()))?;
    } else if !passed || done.report.verdict == worker_protocol::Verdict::Partial {
        // Names come from outside: what a terminal would obey is not printed.
        let plain =
            |path: &Path| -> String { path.to_string_lossy().chars().filter(|c| !c.is_control()).collect() };
        let reason =
            done.report.reason.map(|r| format!(": {}", web::words::reason(r).what)).unwrap_or_default();
        bar.suspend(|| world::say(&format!("{word} {}{reason}", plain(&done.input))))?;
    }
    Ok(passed)
}
