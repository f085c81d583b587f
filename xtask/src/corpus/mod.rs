//! `cargo xtask corpus DIR`: the sanitiser over a folder of real files, judged by programs that are not ours.
//!
//! Owns: the order of the work (sanitise, sanitise the results again, judge, read) and the table at the end.
//! Leaves to others: sanitising (`sekisho sanitize`), the independent checker and the readers (`judge`), what is counted
//! (`table`).
//!
//! Nothing here decides whether the numbers are good; `docs/sanitiser.md` says what they should be.

mod drawn;
mod judge;
mod table;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::Value;

use crate::shell::{self, Tool};
use judge::Judge;
use table::Table;

/// Which folder, and how thoroughly.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A folder of files; those of each folder directly below it become one row.
    folder: PathBuf,
    /// Only these rows.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Where the results are kept. Default: below the target folder, emptied first.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Also compare the drawn pages before and after; some seconds for each file.
    #[arg(long)]
    render: bool,
    /// The checker: a Python program that answers to `judge BEFORE AFTER` and `visual BEFORE AFTER` with a line of JSON.
    /// Default: `oracle.py` beside the folder.
    #[arg(long, value_name = "FILE")]
    judge: Option<PathBuf>,
    /// Build optimised, for the seconds to mean something.
    #[arg(long)]
    release: bool,
    /// Write what was found for each file as lines of JSON.
    #[arg(long, value_name = "FILE")]
    lines: Option<PathBuf>,
}

/// One file and everything that is known about it.
#[derive(Debug, Default)]
struct Case {
    /// The folder directly below the corpus.
    row: String,
    /// Below the corpus.
    input: String,
    /// Below the folder of results, if it passed.
    output: Option<String>,
    bytes_in: u64,
    bytes_out: u64,
    /// As the sanitiser wrote it.
    report: Value,
    /// The report about the result, sanitised again.
    again: Option<Value>,
    /// What the checker said of the two.
    judged: Option<Value>,
    /// Where words are missing: which part of them is there when one program draws both, from 0 to 1.
    drawn_recall: Option<f64>,
    /// How alike the drawn pages are, from 0 to 1.
    similarity: Option<f64>,
    /// Programs that read the original without complaint and not the result.
    complaints: Vec<String>,
}

impl Case {
    fn text<'a>(report: &'a Value, key: &str) -> &'a str {
        report.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn verdict(&self) -> &str {
        Self::text(&self.report, "verdict")
    }

    fn reason(&self) -> &str {
        Self::text(&self.report, "reason")
    }
}

/// Runs the whole and prints the table. False when a cell died or active content is left.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    ensure!(options.folder.is_dir(), "{} is no folder", options.folder.display());
    let profile: &[&str] = if options.release { &["--release"] } else { &[] };
    let built = Tool::cargo(root)
        .args(["build", "--locked", "--package", "sekisho", "--package", "sekisho-worker"])
        .args(profile)
        .run()?;
    if !built {
        return Ok(false);
    }
    let target = shell::target_dir(root)?;
    let program = target.join(if options.release { "release" } else { "debug" }).join("sekisho");
    let out = options.out.clone().unwrap_or_else(|| target.join("corpus"));
    let mut cases = Vec::new();
    let mut seconds = HashMap::new();
    for row in rows(options)? {
        let (first, second) = (out.join("first").join(&row), out.join("second").join(&row));
        for folder in [&first, &second] {
            if folder.exists() {
                std::fs::remove_dir_all(folder)
                    .with_context(|| format!("cannot empty {}", folder.display()))?;
            }
        }
        shell::say(&format!("{row}: sanitising"));
        let watch = shell::stopwatch();
        let mut found = sanitise(&program, &options.folder.join(&row), &first, &row)?;
        seconds.insert(row.clone(), watch.elapsed().as_secs_f64());
        // What is clean must stay clean: a second pass that finds something has found what the first left or made.
        let again = sanitise(&program, &first, &second, &row)?;
        let mut again: HashMap<String, Value> = again.into_iter().map(|c| (c.input, c.report)).collect();
        for case in &mut found {
            case.again = case.output.as_ref().and_then(|output| again.remove(output));
        }
        cases.extend(found);
    }
    match Judge::find(options)? {
        Some(judge) => judge.all(&options.folder, &out.join("first"), &out.join("drawn"), &mut cases),
        None => shell::say(
            "no checker: neither --judge nor oracle.py beside the folder; leaks and recall stay open",
        ),
    }
    if let Some(path) = &options.lines {
        let lines: Vec<String> = cases.iter().map(|case| table::line(case).to_string()).collect();
        std::fs::write(path, lines.join("\n") + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let table = Table::of(&cases, &seconds);
    for line in table.lines() {
        shell::result(line);
    }
    Ok(table.is_safe())
}

/// The folders directly below the corpus, by name.
fn rows(options: &Options) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(&options.folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && (options.only.is_empty() || options.only.contains(&name)) {
            rows.push(name);
        }
    }
    rows.sort();
    ensure!(!rows.is_empty(), "{} has no folder below it to make a row of", options.folder.display());
    Ok(rows)
}

fn sanitise(program: &Path, from: &Path, to: &Path, row: &str) -> Result<Vec<Case>> {
    let done = Tool::new(program).args(["sanitize", "--json"]).args([from, Path::new("-o"), to]).capture()?;
    let cases: Result<Vec<Case>> = done
        .stdout
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).context("sekisho sanitize printed no JSON")?;
            let text = |key| Case::text(&line, key).to_owned();
            let number = |key| line.get(key).and_then(Value::as_u64).unwrap_or_default();
            Ok(Case {
                row: row.to_owned(),
                input: text("input"),
                output: line.get("output").and_then(Value::as_str).map(str::to_owned),
                bytes_in: number("bytes_in"),
                bytes_out: number("bytes_out"),
                report: line.get("report").cloned().unwrap_or_default(),
                ..Case::default()
            })
        })
        .collect();
    let cases = cases?;
    ensure!(
        done.ok || !cases.is_empty() || done.stderr.is_empty(),
        "sekisho sanitize failed:\n{}",
        done.stderr
    );
    Ok(cases)
}
