//! `sekisho ledger`: looking at the ledger and taking evidence out, at the machine itself.
//!
//! Owns the commands. Works on a house that is not running or that is: reading never disturbs the writer.
//! Leaves where the house lies to [`crate::machine`], verification to `sekisho-verify`, which needs no house.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;
use workflow::id::EvidenceId;

use crate::{bundle::BundleFolder, machine::Place, world};

/// What can be done.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// 最新の署名済みチェックポイントを表示します
    Checkpoint {
        #[command(flatten)]
        at: Place,
        /// JSONで表示します
        #[arg(long)]
        json: bool,
    },
    /// 証跡1件の包含証明を、検証できるフォルダーとして書き出します
    Prove {
        #[command(flatten)]
        at: Place,
        /// 証跡のid(画面の証跡番号)
        id: String,
        /// 書き出すフォルダー(まだないもの)
        #[arg(short, long)]
        output: PathBuf,
    },
    /// 台帳の全部を、検証できるフォルダーとして書き出します
    Export {
        #[command(flatten)]
        at: Place,
        /// 書き出すフォルダー(まだないもの)
        #[arg(short, long)]
        output: PathBuf,
    },
    /// 書き出したフォルダーを検証します(sekisho-verify と同じ)
    Verify(sekisho_verify::Arguments),
}

/// Runs a command.
///
/// # Errors
/// With what could not be read or written.
pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Checkpoint { at, json } => {
            let house = open(&at).await?;
            let Some(checkpoint) = house.reader.checkpoint().await? else {
                anyhow::bail!("台帳はまだ空です");
            };
            if json {
                world::say(
                    &json!({ "checkpoint": checkpoint, "vkey": house.reader.vkey().to_string() }).to_string(),
                )?;
            } else {
                world::say(checkpoint.trim_end())?;
            }
        }
        Command::Prove { at, id, output } => {
            let house = open(&at).await?;
            let files = house.reader.prove(&[EvidenceId::new(id)]).await.context("証明を作れません")?;
            let folder = BundleFolder::create(&output)
                .with_context(|| format!("書き出せません: {}", output.display()))?;
            for file in &files {
                folder.put(file).with_context(|| format!("書き出せません: {}", output.display()))?;
            }
            world::say(&format!("{} に書き出しました。", output.display()))?;
        }
        Command::Export { at, output } => {
            let house = open(&at).await?;
            let folder = BundleFolder::create(&output)
                .with_context(|| format!("書き出せません: {}", output.display()))?;
            let size = house.reader.export(|file| folder.put(&file)).await.context("書き出せません")?;
            world::say(&format!("証跡 {size} 件を {} に書き出しました。", output.display()))?;
            world::say(&format!(
                "検証: sekisho-verify {} --vkey '{}'",
                output.display(),
                house.reader.vkey()
            ))?;
        }
        Command::Verify(_) => return Ok(ExitCode::FAILURE),
    }
    Ok(ExitCode::SUCCESS)
}

struct House {
    reader: app::sealing::LedgerReader,
}

async fn open(at: &Place) -> anyhow::Result<House> {
    let (store, keys, name) = at.ledger().await?;
    let signing = keys.signing(&name)?;
    Ok(House { reader: app::sealing::LedgerReader::new(Arc::new(store), signing.verifier().clone()) })
}
