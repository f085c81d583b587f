//! `cargo xtask test`: everything CI runs, in one order, each step timed.
//!
//! Owns: the steps, what each runs, the summary, and the final line `N passed, N failed`.
//! Leaves to others: what the machine must have ([`prerequisites`]), the database server ([`postgres`]),
//! what the tests are told through the environment ([`surroundings`]; [`oscal`] fetches the readers of exports), counting
//! results ([`tally`]).
//!
//! A step that fails does not stop the next one: one run tells everything that is wrong.

pub(crate) mod debian;
mod oscal;
mod postgres;
mod prerequisites;
mod surroundings;
mod tally;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::shell::{self, Tool};
use crate::tidy;
use surroundings::Surroundings;
use tally::Tally;

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only what takes a few minutes: format, tidy, lint, and the tests without browser and PostgreSQL.
    #[arg(long, conflicts_with = "only")]
    fast: bool,
    /// Only these steps, in the usual order; may be given more than once.
    #[arg(long, value_enum, value_name = "STEP")]
    only: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Find what the machine lacks; install it when this is root on Debian, else name the command.
    Prerequisites,
    /// `cargo fmt --check`.
    Format,
    /// The rules of the house.
    Tidy,
    /// `cargo clippy`, with warnings as errors.
    Lint,
    /// `cargo doc`, with broken links as errors.
    Docs,
    /// The binaries, which some tests start, and the tests themselves: one build with the same features for both.
    Build,
    /// Every test, on SQLite and PostgreSQL, with a real browser.
    Test,
    /// The examples in the documentation.
    Doctest,
    /// Licences, banned packages and sources of dependencies.
    Deny,
}

const STEPS: [Step; 9] = [
    Step::Prerequisites,
    Step::Format,
    Step::Tidy,
    Step::Lint,
    Step::Docs,
    Step::Build,
    Step::Test,
    Step::Doctest,
    Step::Deny,
];

const FAST: [Step; 4] = [Step::Format, Step::Tidy, Step::Lint, Step::Test];

/// How a step ended.
enum End {
    Passed,
    Failed,
    /// With the reason, so that a run never looks more complete than it was.
    Skipped(String),
}

impl End {
    fn of(ok: bool) -> Self {
        if ok { End::Passed } else { End::Failed }
    }
}

/// Runs the steps. True when none failed.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let steps: Vec<Step> = if options.fast {
        FAST.to_vec()
    } else if options.only.is_empty() {
        STEPS.to_vec()
    } else {
        STEPS.into_iter().filter(|step| options.only.contains(step)).collect()
    };
    let mut rows = Vec::new();
    let mut notes = Vec::new();
    let mut tally = Tally::default();
    for (index, step) in steps.iter().enumerate() {
        shell::say(&format!("\n=== {}/{} {}", index + 1, steps.len(), name(*step)));
        let watch = shell::stopwatch();
        let failed_before = tally.failed;
        let end = one(root, *step, options.fast, &mut tally, &mut notes).unwrap_or_else(|error| {
            shell::say(&format!("error: {error:#}"));
            End::Failed
        });
        // A step that broke without a failing test still must not read as "0 failed".
        if matches!(end, End::Failed) && tally.failed == failed_before {
            tally.failed += 1;
        }
        rows.push((*step, end, watch.elapsed()));
    }
    for line in summary(&rows, &notes, tally) {
        shell::result(&line);
    }
    Ok(!rows.iter().any(|(_, end, _)| matches!(end, End::Failed)))
}

fn one(root: &Path, step: Step, fast: bool, tally: &mut Tally, notes: &mut Vec<String>) -> Result<End> {
    let cargo = || Tool::cargo(root);
    Ok(match step {
        Step::Prerequisites => End::of(prerequisites::run()?),
        Step::Format => End::of(cargo().args(["fmt", "--all", "--check"]).run()?),
        Step::Tidy => End::of(tidy::run(root)?),
        Step::Lint => End::of(
            cargo()
                .args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
                .run()?,
        ),
        Step::Docs => End::of(
            cargo()
                .args(["doc", "--workspace", "--no-deps", "--locked"])
                .set("RUSTDOCFLAGS", "-D warnings -D rustdoc::broken_intra_doc_links")
                .run()?,
        ),
        Step::Build => {
            End::of(cargo().args(["build", "--workspace", "--bins", "--tests", "--locked"]).run()?)
        }
        Step::Test => {
            let surroundings = Surroundings::prepare(root, fast)?;
            notes.extend(surroundings.missing.iter().cloned());
            End::of(tests(root, &surroundings, tally)?)
        }
        Step::Doctest => {
            let ok = cargo()
                .args(["test", "--workspace", "--doc", "--locked", "--no-fail-fast"])
                .watch(&mut |line| tally.read(line))?;
            End::of(ok)
        }
        Step::Deny if cargo_has("deny") => {
            End::of(cargo().args(["deny", "check", "licenses", "bans", "sources"]).run()?)
        }
        Step::Deny => End::Skipped("cargo-deny is not installed (cargo install --locked cargo-deny)".into()),
    })
}

fn tests(root: &Path, surroundings: &Surroundings, tally: &mut Tally) -> Result<bool> {
    let mut tool = Tool::cargo(root);
    tool = if cargo_has("nextest") {
        tool.args(["nextest", "run", "--workspace", "--locked", "--no-fail-fast", "--no-tests", "pass"])
    } else {
        shell::say("cargo-nextest is not installed: cargo test runs the packages one after another");
        tool.args(["test", "--workspace", "--lib", "--bins", "--tests", "--locked", "--no-fail-fast"])
    };
    for name in surroundings::NAMES {
        tool = match surroundings.variables.get(name) {
            Some(value) => tool.set(name, value),
            None => tool.unset(name),
        };
    }
    tool.watch(&mut |line| tally.read(line))
}

fn cargo_has(subcommand: &str) -> bool {
    let name = format!("cargo-{subcommand}");
    let home = shell::env("CARGO_HOME")
        .map(std::path::PathBuf::from)
        .or_else(|| shell::env("HOME").map(|home| Path::new(&home).join(".cargo")));
    shell::find(&name).is_some() || home.is_some_and(|home| home.join("bin").join(&name).is_file())
}

fn name(step: Step) -> String {
    step.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// What to print at the end. The last line is for programs, the others for people.
fn summary(rows: &[(Step, End, Duration)], notes: &[String], tally: Tally) -> Vec<String> {
    let mut lines = vec!["\n=== summary".to_owned()];
    let mut whole = Duration::ZERO;
    for (step, end, took) in rows {
        whole += *took;
        let word = match end {
            End::Passed => "passed".to_owned(),
            End::Failed => "FAILED".to_owned(),
            End::Skipped(why) => format!("skipped: {why}"),
        };
        lines.push(format!("{:>14}  {:>8}  {word}", name(*step), minutes(*took)));
    }
    lines.extend(notes.iter().map(|note| format!("{:>14}  {:>8}  skipped: {note}", "", "")));
    lines.push(format!("{:>14}  {:>8}", "all", minutes(whole)));
    lines.push(tally.line());
    lines
}

fn minutes(took: Duration) -> String {
    let tenths = took.as_millis() / 100;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_minutes_and_seconds() {
        for (millis, expected) in [(0, "0:00.0"), (950, "0:00.9"), (61_000, "1:01.0"), (3_600_000, "60:00.0")]
        {
            assert_eq!(minutes(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn the_summary_tells_each_step_and_ends_with_the_count() {
        let rows = [
            (Step::Format, End::Passed, Duration::from_secs(1)),
            (Step::Test, End::Failed, Duration::from_secs(120)),
            (Step::Deny, End::Skipped("not there".into()), Duration::ZERO),
        ];
        let lines = summary(&rows, &["browser tests: no browser".into()], Tally { passed: 7, failed: 2 });
        assert_eq!(
            lines,
            [
                "\n=== summary",
                "        format    0:01.0  passed",
                "          test    2:00.0  FAILED",
                "          deny    0:00.0  skipped: not there",
                "                          skipped: browser tests: no browser",
                "           all    2:01.0",
                "7 passed, 2 failed",
            ]
        );
    }
}
