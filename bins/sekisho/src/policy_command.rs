//! `sekisho policy`: checking and showing packs.
//!
//! Owns the commands. Leaves every rule of packs to `policy`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use policy::{CheckReport, Pack};

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
    let (Command::Check { which, .. } | Command::Show { which }) = command;
    let files = packs::load(&which.policies)?;
    let resolved = Pack::resolve(&files, &which.id);
    if let (Command::Show { .. }, Ok(resolved)) = (command, &resolved) {
        world::say(&resolved.show())?;
        return Ok(ExitCode::SUCCESS);
    }
    let problems = match resolved {
        Ok(resolved) => resolved.warnings,
        Err(problems) => problems,
    };
    let report = CheckReport::new(&which.id, problems);
    let as_json = matches!(command, Command::Check { json: true, .. });
    world::say(&if as_json { report.to_json() } else { report.to_text() })?;
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
