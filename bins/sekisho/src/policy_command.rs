//! `sekisho policy`: checking and showing packs.
//!
//! Owns the commands. Leaves every rule of packs to `policy`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use policy::{CheckReport, GUIDELINE, Library, Problem};

use crate::{packs, world};

/// Which pack.
#[derive(Args)]
pub(crate) struct Which {
    /// 層の名前(例: hoshimi)
    id: String,
    /// 方針パックのフォルダー
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
}

/// What can be done.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// 誤りを、ファイル・行・直し方とともにすべて報告します。終了コード: 0 誤りなし、1 誤りあり
    Check {
        #[command(flatten)]
        which: Which,
        /// JSONで表示します(形式は docs/format-pack.md)
        #[arg(long)]
        json: bool,
        /// 動かすのに要る値が定められているかも調べます(serve と同じ)
        #[arg(long)]
        ready: bool,
    },
    /// 層を重ねた結果を、どのファイルの何行目に由来するかとともに表示します
    Show {
        #[command(flatten)]
        which: Which,
    },
}

/// Runs a command.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check { which, json, ready } => check(which, *json, *ready),
        Command::Show { which } => show(which),
    }
}

fn check(which: &Which, json: bool, ready: bool) -> anyhow::Result<ExitCode> {
    let files = packs::load(&which.policies)?;
    let library = Library::new(&files);
    let report = if which.id == GUIDELINE {
        CheckReport::new(&which.id, library.check(&which.id).1)
    } else {
        match library.resolve(&which.id) {
            Ok(resolved) => {
                let problems =
                    if ready { resolved.findings_before_running() } else { resolved.warnings.clone() };
                CheckReport::new(&which.id, problems).with_divergences(&resolved.pack)
            }
            Err(problems) => CheckReport::new(&which.id, problems),
        }
    };
    finish(&report, json)
}

fn show(which: &Which) -> anyhow::Result<ExitCode> {
    let files = packs::load(&which.policies)?;
    match Library::new(&files).resolve(&which.id) {
        Ok(resolved) => {
            world::say(&resolved.show())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => refuse(&which.id, problems),
    }
}

/// Says what is wrong with a pack that something else was wanted of.
fn refuse(id: &str, problems: Vec<Problem>) -> anyhow::Result<ExitCode> {
    finish(&CheckReport::new(id, problems), false)
}

fn finish(report: &CheckReport, json: bool) -> anyhow::Result<ExitCode> {
    world::say(&if json { report.to_json() } else { report.to_text() })?;
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
