//! `sekisho policy parameters`: what is set, what is not, and who decided it.
//!
//! Owns the command: where it looks, and printing. Works beside a house that runs or does not; it only reads.
//! Leaves what holds to `app`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use app::{
    parameters::{ParameterStanding, standing},
    ports::Clock as _,
    requests::store::{ParameterChange, RequestStore as _},
};
use clap::Args;
use policy::Pack;
use serde::Serialize;
use store_sql::{Config as StoreConfig, SqlStore};

use crate::{
    config::Config,
    demo, packs, policy_command,
    world::{self, SystemClock},
};

/// `sekisho policy parameters`.
#[derive(Args)]
pub(crate) struct Options {
    /// 層の名前(例: hoshimi)。書くと、フォルダーの文が定める値だけを見ます。書かないと関所の値を見ます
    id: Option<String>,
    /// 方針パックのフォルダー
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
    /// 本番の設定ファイル
    #[arg(long, conflicts_with_all = ["data", "id"])]
    config: Option<PathBuf>,
    /// デモのデータのフォルダー
    #[arg(long, conflicts_with = "id")]
    data: Option<PathBuf>,
    /// JSONで表示します(形式は docs/format-pack.md)
    #[arg(long)]
    json: bool,
}

/// What is printed; docs/format-pack.md describes it.
#[derive(Serialize)]
struct Report {
    format: u32,
    pack: String,
    title: String,
    version: String,
    /// The edition that is in force; absent where the folder's files are.
    edition: Option<String>,
    parameters: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    id: String,
    title: String,
    clause: Option<String>,
    value: Option<String>,
    needed: bool,
    decided: Option<String>,
    approval: Option<Approval>,
    to_come: Vec<Approval>,
}

#[derive(Serialize)]
struct Approval {
    value: Option<String>,
    from: String,
    approved_by: String,
    approved_at: String,
    request: i64,
}

impl From<&ParameterChange> for Approval {
    fn from(change: &ParameterChange) -> Self {
        Self {
            value: change.value.clone(),
            from: web::dates::iso(change.from),
            approved_by: change.approved_by_name.clone(),
            approved_at: web::dates::iso(change.approved_at),
            request: change.number,
        }
    }
}

impl From<ParameterStanding> for Line {
    fn from(p: ParameterStanding) -> Self {
        Self {
            approval: p.set_by.as_ref().map(Into::into),
            to_come: p.to_come.iter().map(Into::into).collect(),
            id: p.id,
            title: p.title,
            clause: p.clause,
            value: p.value,
            needed: p.needed,
            decided: p.decided,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When the house or the folder cannot be read.
pub(crate) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let (pack, edition, changes) = match &options.id {
        Some(id) => match packs::text(&options.policies, id)?.resolve() {
            Ok(resolved) => (resolved.pack, None, Vec::new()),
            Err(problems) => return policy_command::refuse(id, problems),
        },
        None => house(options).await?,
    };
    let lines = standing(&pack, &changes, SystemClock.now())?;
    let report = Report {
        format: 1,
        pack: pack.id().to_owned(),
        title: pack.title().to_owned(),
        version: pack.version().to_owned(),
        edition,
        parameters: lines.into_iter().map(Into::into).collect(),
    };
    world::say(&if options.json { serde_json::to_string_pretty(&report)? } else { text(&report) })?;
    Ok(ExitCode::SUCCESS)
}

/// The text of what a house runs, its edition, and every change that was approved.
async fn house(options: &Options) -> anyhow::Result<(Pack, Option<String>, Vec<ParameterChange>)> {
    let (database, folder, id) = match &options.config {
        Some(path) => {
            let config = Config::read(path)?;
            (config.database, config.policies, config.pack)
        }
        None => {
            let data = options.data.as_deref().unwrap_or(Path::new(demo::DATA));
            let (database, ..) = demo::place(data)
                .context("層の名前か --config 設定ファイルを書くと、デモでないものを見ます")?;
            (database, options.policies.clone(), demo::PACK.to_owned())
        }
    };
    let store =
        SqlStore::open(&database, StoreConfig::default()).await.context("データベースを開けません")?;
    let (text, edition) = match app::editions::in_force(&store).await.context("施行中の版を読めません")?
    {
        Some((edition, text)) => (text, Some(edition.label)),
        None => (packs::text(&folder, &id)?, None),
    };
    let changes = store.parameter_values().await.context("承認された値を読めません")?;
    store.close().await;
    match text.resolve() {
        Ok(resolved) => Ok((resolved.pack, edition, changes)),
        Err(problems) => {
            bail!("方針に誤りが {} 件あります。sekisho policy check で確かめてください", problems.len())
        }
    }
}

fn text(report: &Report) -> String {
    let (unset, set): (Vec<&Line>, Vec<&Line>) = report.parameters.iter().partition(|p| p.value.is_none());
    let edition = report.edition.as_ref().map_or_else(String::new, |label| format!("、施行中の版 {label}"));
    let mut out = vec![
        format!("{} {}({}{edition})", report.title, report.version, report.pack),
        format!("定めていない値 {} 件、定めた値 {} 件", unset.len(), set.len()),
    ];
    for (heading, lines) in [("■ 定めていない値", unset), ("■ 定めた値", set)] {
        if lines.is_empty() {
            continue;
        }
        out.push(heading.to_owned());
        for p in lines {
            let clause = p.clause.as_ref().map_or_else(String::new, |c| format!("({c})"));
            let value = p.value.as_ref().map_or_else(String::new, |v| format!(": {v}"));
            let needed =
                if p.needed && p.value.is_none() { " 関所を動かすのに要ります" } else { "" };
            out.push(format!("  {}{clause}{value}{needed}  [{}]", p.title, p.id));
            if let Some(decided) = &p.decided {
                out.push(format!("      {decided}"));
            }
            for change in &p.to_come {
                let to = change.value.as_deref().unwrap_or("定めない");
                out.push(format!(
                    "      {} から {to}(申請第{}号、{}が承認)",
                    change.from, change.request, change.approved_by
                ));
            }
        }
    }
    out.join("\n")
}
