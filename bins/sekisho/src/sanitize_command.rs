//! `sekisho sanitize`: one file through one cell, without a house.
//!
//! Owns the command and its exit codes: 0 clean bytes were written, 3 refused or held, 2 wrong usage, 1 failure.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use web::words;
use worker_client::{CellConfig, CellPool};
use worker_protocol::{FilePolicy, Hint, Job, Limits, Report, Verdict};
use workflow::transfer::FileState;

use crate::{house, world};

/// `sekisho sanitize`.
#[derive(Args)]
pub(crate) struct Options {
    /// 無害化するファイル
    input: PathBuf,
    /// 結果を書くファイル。通らなかったときは作りません
    #[arg(short, long)]
    output: PathBuf,
    /// 結果の報告をJSONで表示します(形式は docs/format-report.md)
    #[arg(long)]
    json: bool,
    /// 暗号化されたファイルのパスワード(10個まで)
    #[arg(long)]
    password: Vec<String>,
}

/// The exit code of a file that does not pass.
const NOT_PASSED: u8 = 3;

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or written, or the worker cannot be started.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let input = tokio::fs::File::open(&options.input)
        .await
        .with_context(|| format!("読めません: {}", options.input.display()))?;
    let name = options.input.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let job = Job {
        hint: Hint { untrusted_name: name, passwords: options.password },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: worker_protocol::Notes::default(),
    };
    // Written beside the target and renamed at the end: a half-written file never carries the target's name.
    let folder = options.output.parent().filter(|p| !p.as_os_str().is_empty());
    let part = options.output.with_extension("sekisho-part");
    let about = || format!("書けません: {}", folder.unwrap_or(&options.output).display());
    let mut sink = tokio::fs::File::create(&part).await.with_context(about)?;
    let pool = CellPool::new(CellConfig {
        spare: 0,
        running_max: 1,
        notes: words::notes(),
        ..CellConfig::new(house::worker_beside()?)
    });
    let outcome = pool.run(&job, input, &mut sink, &mut |_| {}, std::future::pending()).await;
    let passes =
        outcome.as_ref().is_ok_and(|o| matches!(o.report.verdict, Verdict::Clean | Verdict::Partial));
    if passes {
        sink.sync_all().await.with_context(about)?;
        drop(sink);
        tokio::fs::rename(&part, &options.output).await.with_context(about)?;
    } else {
        drop(sink);
        tokio::fs::remove_file(&part).await.with_context(about)?;
    }
    let report = outcome.context("無害化できません")?.report;
    if options.json {
        world::say(&json!({ "passed": passes, "report": report }).to_string())?;
    } else {
        world::say(&in_words(&report))?;
    }
    Ok(if passes { ExitCode::SUCCESS } else { ExitCode::from(NOT_PASSED) })
}

/// The report for a person at the terminal, in the words of the screens.
fn in_words(report: &Report) -> String {
    let ended = match report.verdict {
        Verdict::Clean => FileState::Clean,
        Verdict::Partial => FileState::Partial,
        Verdict::Held => FileState::Held,
        Verdict::Blocked => FileState::Blocked,
    };
    let mut lines = vec![words::file_state(ended).0.to_owned()];
    if let Some(reason) = report.reason {
        let words::Trouble { what, why, how } = words::reason(reason);
        lines.extend([what, why, how].map(ToOwned::to_owned));
    }
    for removal in &report.removals {
        let what = words::threat(removal.what).0;
        lines.push(format!("・{what} ×{}({})", removal.count, words::place(removal)));
    }
    if report.removals_unlisted > 0 {
        lines.push(format!("・ほか {} 件", report.removals_unlisted));
    }
    lines.join("\n")
}
