//! `cargo xtask fuzz`: builds fuzz targets, runs each for some minutes, and says in one table what came of it.
//!
//! Owns: how the targets are built (nightly, instrumented), where seeds, grown inputs and crashes lie, which cases are kept,
//! the table.
//! Leaves to others: the targets, their seeds and what must hold (`fuzz`), running the kept cases again (the tests of each
//! package).
//!
//! Grown inputs lie below cargo's target folder, so that `cargo clean` removes them; `--keep` chooses the few that the
//! repository keeps.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::shell::{self, Tool};

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these targets; all of them unless named.
    targets: Vec<String>,
    /// Minutes for each target.
    #[arg(long, default_value_t = 20.0)]
    minutes: f64,
    /// Processes for each target.
    #[arg(long, default_value_t = 1)]
    jobs: u32,
    /// A folder of sample documents whose parts become seeds as well. What grows from them is never kept.
    #[arg(long, value_name = "FOLDER", conflicts_with = "keep")]
    shared: Option<PathBuf>,
    /// Choose the cases that the repository keeps from what has grown.
    #[arg(long)]
    keep: bool,
    /// Name the targets and run none.
    #[arg(long)]
    list: bool,
}

/// What is kept of one target, in bytes: all of them together stay small beside the code.
const KEPT_BYTES_MAX: u64 = 48 << 10;

/// One kept case, in bytes.
const CASE_BYTES_MAX: u64 = 8 << 10;

/// Cases that are kept of one target, besides those with a name.
const CASES_MAX: usize = 120;

/// What makes code tell where it has been, as libFuzzer wants it.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// What a run told about itself.
#[derive(Debug, Default, Clone, PartialEq)]
struct Told {
    executions: u64,
    /// Places in the code that were reached.
    coverage: u64,
    crashes: u64,
    timeouts: u64,
    out_of_memory: u64,
    seconds: u64,
    troubles: BTreeSet<String>,
}

/// One row of the table.
struct Row {
    target: String,
    told: Told,
    kept: usize,
}

/// Where one target has its folders.
struct Places {
    seeds: PathBuf,
    grown: PathBuf,
    kept: PathBuf,
    artifacts: PathBuf,
}

/// Builds, runs and tells. True when nothing crashed.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let manifest =
        std::fs::read_to_string(root.join("fuzz/Cargo.toml")).context("cannot read fuzz/Cargo.toml")?;
    let known = targets(&manifest)?;
    if options.list {
        known.iter().for_each(|name| shell::result(name));
        return Ok(true);
    }
    if let Some(stranger) = options.targets.iter().find(|name| !known.contains(name)) {
        bail!("there is no target {stranger}; there are: {}", known.join(", "));
    }
    ensure!(options.minutes.is_finite() && options.minutes >= 0.0, "--minutes is no length of time");
    let chosen = if options.targets.is_empty() { known } else { options.targets.clone() };
    let home = shell::target_dir(root)?.join("fuzz");
    let binaries = build(root, &home, &chosen)?;
    let mut rows = Vec::new();
    for target in chosen {
        shell::say(&format!("\n=== {target}"));
        rows.push(one(root, &home, &binaries, &target, options)?);
    }
    table(&rows).iter().for_each(|line| shell::result(line));
    Ok(rows.iter().all(|row| row.told.crashes + row.told.timeouts + row.told.out_of_memory == 0))
}

/// The targets that the manifest names, in its order.
fn targets(manifest: &str) -> Result<Vec<String>> {
    let manifest: toml::Value = toml::from_str(manifest).context("cannot understand fuzz/Cargo.toml")?;
    let bins =
        manifest.get("bin").and_then(toml::Value::as_array).context("fuzz/Cargo.toml names no targets")?;
    let name = |bin: &toml::Value| bin.get("name").and_then(toml::Value::as_str).map(str::to_owned);
    Ok(bins.iter().filter_map(name).collect())
}

/// Builds the targets and gives the folder where they are.
fn build(root: &Path, home: &Path, targets: &[String]) -> Result<PathBuf> {
    // The versions that are shipped are the ones to look at.
    std::fs::copy(root.join("Cargo.lock"), root.join("fuzz/Cargo.lock"))
        .context("cannot write fuzz/Cargo.lock")?;
    let about = Tool::new("rustc").args(["+nightly", "-vV"]).capture()?;
    ensure!(
        about.ok,
        "the fuzz targets need a nightly compiler: rustup toolchain install nightly\n{}",
        about.stderr
    );
    let host = about.stdout.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("the nightly compiler names no host")?;
    // Through rustup's own cargo: the one that runs this chore has no nightly beside it.
    let mut tool =
        Tool::new("cargo").dir(&root.join("fuzz")).args(["+nightly", "build", "--release", "--target", host]);
    for target in targets {
        tool = tool.args(["--bin", target]);
    }
    // With a target named, build scripts and macros stay as they are.
    let tool = tool
        .set("RUSTFLAGS", INSTRUMENTED)
        .set("CARGO_TARGET_DIR", home)
        .unset("RUSTC")
        .unset("RUSTUP_TOOLCHAIN")
        .unset("CARGO");
    ensure!(tool.run()?, "the fuzz targets do not build");
    Ok(home.join(host).join("release"))
}

fn one(root: &Path, home: &Path, binaries: &Path, target: &str, options: &Options) -> Result<Row> {
    // What grew from other people's files stands apart, because nothing of it may be kept.
    let side = if options.shared.is_some() { "shared" } else { "own" };
    let places = Places {
        seeds: home.join("seeds").join(side).join(target),
        grown: home.join("grown").join(side).join(target),
        kept: root.join("fuzz/corpus").join(target),
        artifacts: root.join("fuzz/artifacts").join(target),
    };
    for folder in [&places.seeds, &places.grown, &places.kept, &places.artifacts] {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let binary = binaries.join(target);
    let mut starting = Tool::new(&binary).args(["-runs=0"]).set("SEKISHO_FUZZ_SEEDS", &places.seeds);
    if let Some(shared) = &options.shared {
        starting = starting.set("SEKISHO_FUZZ_SHARED", shared);
    }
    let started = starting.capture()?;
    ensure!(started.ok, "{target} does not start:\n{}", started.stderr);
    let mut told = Told::default();
    let seconds = (options.minutes * 60.0).round();
    if seconds > 0.0 {
        let words = places.seeds.with_extension("words");
        let mut arguments = vec![
            format!("-fork={}", options.jobs.max(1)),
            "-ignore_crashes=1".to_owned(),
            "-ignore_timeouts=1".to_owned(),
            "-ignore_ooms=1".to_owned(),
            format!("-max_total_time={seconds}"),
            "-timeout=10".to_owned(),
            "-rss_limit_mb=2048".to_owned(),
            "-max_len=65536".to_owned(),
            format!("-artifact_prefix={}/", places.artifacts.display()),
        ];
        // Seeds without a word in them leave an empty list, and the fuzzer does not start with one.
        if words.metadata().is_ok_and(|list| list.len() > 0) {
            arguments.push(format!("-dict={}", words.display()));
        }
        let folders = [&places.grown, &places.kept, &places.seeds];
        let tool = Tool::new(&binary).args(arguments).args(folders);
        tool.watch(&mut |line| read(line, &mut told))?;
        ensure!(told.executions > 0 || seconds < 60.0, "{target} ran nothing in {seconds} seconds");
    }
    if options.keep {
        keep(&binary, &places)?;
    }
    let kept = std::fs::read_dir(&places.kept).map_or(0, Iterator::count);
    if kept == 0 {
        // A folder with nothing in it says nothing.
        let _ = std::fs::remove_dir(&places.kept);
    }
    Ok(Row { target: target.to_owned(), told, kept })
}

/// Reads a line of libFuzzer, such as
/// `#1234: cov: 567 ft: 890 corp: 12 exec/s: 34 oom/timeout/crash: 0/1/2 time: 5s job: 1 dft_time: 0`.
fn read(line: &str, told: &mut Told) {
    if let Some(trouble) =
        line.split("ERROR: ").nth(1).filter(|trouble| !trouble.starts_with("libFuzzer: deadly"))
    {
        // Numbers of processes and bytes differ each time, and a list of thousands tells no more than one of some.
        if told.troubles.len() < 50 {
            told.troubles.insert(trouble.chars().take(300).collect());
        }
    }
    let Some((executions, rest)) = line.strip_prefix('#').and_then(|rest| rest.split_once(':')) else {
        return;
    };
    let Ok(executions) = executions.trim().parse() else { return };
    let after = |label: &str| rest.split_once(label).and_then(|(_, after)| after.split_whitespace().next());
    let Some(coverage) = after("cov: ").and_then(|cov| cov.parse().ok()) else { return };
    told.executions = executions;
    told.coverage = told.coverage.max(coverage);
    if let Some(counts) = after("oom/timeout/crash: ") {
        let counts: Vec<u64> = counts.split('/').filter_map(|count| count.parse().ok()).collect();
        if let [out_of_memory, timeouts, crashes] = counts[..] {
            (told.out_of_memory, told.timeouts, told.crashes) = (out_of_memory, timeouts, crashes);
        }
    }
    if let Some(seconds) = after("time: ").and_then(|time| time.trim_end_matches('s').parse().ok()) {
        told.seconds = seconds;
    }
}

/// Chooses from what has grown, together with what is kept already, the few that reach what the seeds do not.
fn keep(binary: &Path, places: &Places) -> Result<()> {
    let chosen = places.grown.with_extension("chosen");
    // A merge adds to its first folder only what reaches further.
    let _ = std::fs::remove_dir_all(&chosen);
    std::fs::create_dir_all(&chosen).with_context(|| format!("cannot make {}", chosen.display()))?;
    let mut seeds = BTreeSet::new();
    for (name, bytes) in files(&places.seeds)? {
        std::fs::write(chosen.join(&name), bytes).context("cannot copy the seeds")?;
        seeds.insert(name);
    }
    let merged = Tool::new(binary)
        .args(["-merge=1", "-timeout=10", "-rss_limit_mb=2048", "-max_len=8192"])
        .args([&chosen, &places.kept, &places.grown])
        .capture()?;
    ensure!(merged.ok, "cannot choose the cases to keep:\n{}", merged.stderr);
    let further: Vec<(String, Vec<u8>)> =
        files(&chosen)?.into_iter().filter(|(name, _)| !seeds.contains(name)).collect();
    // A case with a name was put there by a person, for a fault that it found.
    for (name, _) in files(&places.kept)?.into_iter().filter(|(name, _)| is_grown(name)) {
        std::fs::remove_file(places.kept.join(name)).context("cannot replace the kept cases")?;
    }
    for (name, bytes) in small_enough(further) {
        std::fs::write(places.kept.join(name), bytes).context("cannot write a kept case")?;
    }
    Ok(())
}

/// Whether libFuzzer named this: by the checksum of its bytes.
fn is_grown(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The smallest cases, as many as have room.
fn small_enough(mut cases: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    cases.sort_by(|a, b| (a.1.len(), &a.0).cmp(&(b.1.len(), &b.0)));
    cases.truncate(CASES_MAX);
    let mut room = KEPT_BYTES_MAX;
    cases.retain(|(_, bytes)| {
        let bytes = bytes.len() as u64;
        let fits = bytes <= CASE_BYTES_MAX && bytes <= room;
        if fits {
            room -= bytes;
        }
        fits
    });
    cases
}

fn files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        files.push((entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path())?));
    }
    Ok(files)
}

fn table(rows: &[Row]) -> Vec<String> {
    let mut lines = vec![
        "| target | minutes | executions | coverage | crashes | timeouts | out of memory | kept cases |"
            .to_owned(),
        "|---|---:|---:|---:|---:|---:|---:|---:|".to_owned(),
    ];
    for Row { target, told, kept } in rows {
        lines.push(format!(
            "| {target} | {:.1} | {} | {} | {} | {} | {} | {kept} |",
            told.seconds as f64 / 60.0,
            told.executions,
            told.coverage,
            told.crashes,
            told.timeouts,
            told.out_of_memory,
        ));
    }
    for row in rows {
        lines.extend(row.told.troubles.iter().map(|trouble| format!("{}: {trouble}", row.target)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_libfuzzer_are_read() {
        let mut told = Told::default();
        for line in [
            "INFO: Running with entropic power schedule (0xFF, 100).",
            "#10: cov: 70 ft: 100 corp: 5 exec/s: 3 oom/timeout/crash: 0/0/0 time: 4s job: 1 dft_time: 0",
            "ERROR: trouble in tar: panicked at crates/sanitize/src/archive/tar.rs:7:9",
            "==7== ERROR: libFuzzer: deadly signal",
            "==7== ERROR: libFuzzer: timeout after 11 seconds",
            "#2500: cov: 65 ft: 120 corp: 9 exec/s: 30 oom/timeout/crash: 1/2/3 time: 90s job: 2 dft_time: 0",
            "#not a number: cov: 1",
            "# a comment",
        ] {
            read(line, &mut told);
        }
        let troubles = [
            "libFuzzer: timeout after 11 seconds",
            "trouble in tar: panicked at crates/sanitize/src/archive/tar.rs:7:9",
        ];
        let troubles = troubles.map(str::to_owned).into();
        assert_eq!(
            told,
            Told {
                executions: 2500,
                coverage: 70,
                crashes: 3,
                timeouts: 2,
                out_of_memory: 1,
                seconds: 90,
                troubles
            }
        );
        let lines = table(&[Row { target: "tar".into(), told, kept: 4 }]);
        assert_eq!(lines[2], "| tar | 1.5 | 2500 | 70 | 3 | 2 | 1 | 4 |");
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn small_cases_are_kept_first_and_there_is_an_end() {
        let case = |name: &str, bytes: usize| (name.to_owned(), vec![0; bytes]);
        let kept = small_enough(vec![case("huge", 9 << 10), case("b", 8 << 10), case("a", 3)]);
        assert_eq!(kept.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let many = (0..100).map(|number| case(&number.to_string(), 1 << 10)).collect();
        assert_eq!(small_enough(many).len(), 48);
        let tiny = (0..1000).map(|number| case(&number.to_string(), 1)).collect();
        assert_eq!(small_enough(tiny).len(), CASES_MAX);
        assert!(
            is_grown("01a641b6fdb221903b91d5c0261361c435324370") && !is_grown("control-before-a-bracket")
        );
    }

    #[test]
    fn the_manifest_names_the_targets() {
        let manifest = std::fs::read_to_string(shell::root().join("fuzz/Cargo.toml")).unwrap();
        let names = targets(&manifest).unwrap();
        assert!(names.iter().any(|name| name == "sanitise"));
        for name in names {
            assert!(shell::root().join(format!("fuzz/fuzz_targets/{name}.rs")).is_file(), "{name}");
        }
        assert!(targets("a = 1").is_err());
    }
}
