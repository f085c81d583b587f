//! `sekisho policy`: checking, showing, covering, comparing, reading and importing packs; what leaves the house is in
//! `export_command` and `policy_out`.
//!
//! Owns the commands: what is read, which exit code. Leaves every rule of packs, and what is printed, to `policy`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use app::ports::Clock as _;
use clap::{Args, Subcommand};
use policy::{
    CheckReport, CoverageReport, CoverageStatus, DiffReport, GUIDELINE, Library, Pack, Problem,
    duties::DutyReport,
    search::{Index, ItemKind, Query},
};

use crate::{export_command, forms_command, import_command, packs, parameters_command, policy_out, world};

/// Nothing was found: no failure, and to be told apart by a script.
const NOTHING_FOUND: u8 = 3;

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
        /// 様式のひな形を、見本を渡して1つずつ印刷してみます(sekisho-report とフォントが要ります)
        #[arg(long)]
        forms: bool,
    },
    /// 様式を1つ、見本か渡したJSONでPDFにします。終了コード: 0、様式か方針パックに誤りがあれば 1
    Print(forms_command::Options),
    /// 遵守事項ごとに、それを守らせる仕組みがあるか、予定か、ないかを示します。終了コード: 0、方針パックに誤りがあれば 1
    Coverage {
        /// 層の名前(例: hoshimi)。省くと、あるすべての方針パックの遵守事項を1度ずつ
        id: Option<String>,
        /// 方針パックのフォルダー
        #[arg(long, default_value = "policies")]
        policies: PathBuf,
        /// JSONで表示します(形式は docs/format-pack.md)
        #[arg(long)]
        json: bool,
        /// この状況の遵守事項だけを並べます(合計は全体のまま)
        #[arg(long, value_parser = status)]
        only: Option<CoverageStatus>,
    },
    /// 2つの方針パック、または1つの2つの版の違いを示します。終了コード: 0、方針パックに誤りがあれば 1
    Diff {
        /// 層の名前(例: asahi)か、層のフォルダー(例: 旧版/asahi)
        a: String,
        /// 同じく、比べる相手
        b: String,
        /// 方針パックのフォルダー
        #[arg(long, default_value = "policies")]
        policies: PathBuf,
        /// JSONで表示します(形式は docs/format-pack.md)
        #[arg(long)]
        json: bool,
        /// この役割をもつ人にとっての違いだけを示します(役割の id)
        #[arg(long)]
        role: Option<String>,
    },
    /// 役割ごとに、方針が求めることを、いつ行うかに分けて示します。終了コード: 0、方針パックに誤りがあれば 1
    Duties {
        #[command(flatten)]
        which: Which,
        /// JSONで表示します(形式は docs/format-pack.md)
        #[arg(long)]
        json: bool,
        /// この役割だけを示します(役割の id)
        #[arg(long)]
        role: Option<String>,
    },
    /// 条項・遵守事項・用語・定めるべき値・文書・役割・注記から、ことばを探します。表記のゆれ(サーバとサーバー、強靱と強じん、全角と半角など)は同じものとみます。終了コード: 0 見つかった、3 見つからない、1 方針パックに誤り
    Search {
        /// 探すことば。いくつか書くと、すべてを含むものを探します
        #[arg(required = true)]
        words: Vec<String>,
        /// 層の名前(例: hoshimi)。省くと、あるすべての方針パックから
        #[arg(long)]
        pack: Option<String>,
        /// 方針パックのフォルダー
        #[arg(long, default_value = "policies")]
        policies: PathBuf,
        /// この種類だけ: term、statement、clause、parameter、role、document、annotation
        #[arg(long, value_parser = kind)]
        kind: Option<ItemKind>,
        /// 示す数の上限
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// JSONで表示します(形式は docs/format-pack.md)
        #[arg(long)]
        json: bool,
    },
    /// 団体の文書を読み、条項の木・遵守事項・近い遵守事項を示し、取込み案の方針パックを作ります。終了コード: 0 取り込んだ、3 取り込むものがない、2 使い方の誤り、1 失敗
    Import(import_command::Options),
    /// 方針パックをOSCAL(1.2.1)のJSONで書き出します(対応は docs/format-oscal.md)。終了コード: 0 書き出した、2 使い方の誤り、1 失敗
    Export(export_command::Options),
    /// 公開する文書だけを、HTML・スタイルシート・JSONとして書き出します。終了コード: 0、公開できないものを求めたら 1
    Publish(policy_out::PublishOptions),
    /// 定めるべき値を、定めていないもの、定めたもの、誰が承認したかに分けて示します。終了コード: 0、方針パックに誤りがあれば 1
    Parameters(parameters_command::Options),
    /// 版の提案を、POST /api/v1/editions に送るJSONにします(先に検査します)。この命令は関所に送りません。curl --data @ファイル などで、範囲 manage-policy のトークンを添えて送ってください。終了コード: 0、方針パックに誤りがあれば 1
    Propose(policy_out::ProposeOptions),
    /// 層を重ねた結果を、どのファイルの何行目に由来するかとともに表示します。版が施行された関所は、フォルダーではなく保存した版で動きます
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
        Command::Check { which, json, ready, forms } => check(which, *json, *ready, *forms),
        Command::Print(options) => world::run(forms_command::print(options)),
        Command::Show { which } => show(which),
        Command::Export(options) => export_command::run(options, &web::dates::iso(world::SystemClock.now())),
        Command::Publish(options) => policy_out::publish(options),
        Command::Parameters(options) => world::run(parameters_command::run(options)),
        Command::Propose(options) => policy_out::propose(options),
        Command::Import(options) => world::run(import_command::run(options)),
        Command::Coverage { id, policies, json, only } => coverage(id.as_deref(), policies, *json, *only),
        Command::Diff { a, b, policies, json, role } => diff([a, b], policies, *json, role.as_deref()),
        Command::Duties { which, json, role } => duties(which, *json, role.as_deref()),
        Command::Search { words, pack, policies, kind, limit, json } => {
            let found = match index(pack.as_deref(), policies)? {
                Ok(index) => index.find(&Query::new(&words.join(" ")), *kind, *limit),
                Err(refused) => return Ok(refused),
            };
            world::say(&if *json { found.to_json() } else { found.to_text() })?;
            Ok(if found.total > 0 { ExitCode::SUCCESS } else { ExitCode::from(NOTHING_FOUND) })
        }
    }
}

fn duties(which: &Which, json: bool, role: Option<&str>) -> anyhow::Result<ExitCode> {
    let files = packs::load(&which.policies)?;
    let pack = match Library::new(&files).resolve(&which.id) {
        Ok(resolved) => resolved.pack,
        Err(problems) => return refuse(&which.id, problems),
    };
    let report = match role {
        None => DutyReport::new(&pack),
        Some(role) => DutyReport::for_role(&pack, role).with_context(|| {
            let ids: Vec<&str> = pack.roles().iter().map(|r| r.id.as_str()).collect();
            format!("役割「{role}」はありません。次のどれかを書いてください: {}", ids.join("、"))
        })?,
    };
    world::say(&if json { report.to_json() } else { report.to_text() })?;
    Ok(ExitCode::SUCCESS)
}

/// What can be found in one pack, or in all of a folder; the exit code where a pack is not right.
fn index(pack: Option<&str>, policies: &Path) -> anyhow::Result<Result<Index, ExitCode>> {
    let files = packs::load(policies)?;
    let library = Library::new(&files);
    let mut all: Vec<Pack> = Vec::new();
    for id in pack.map_or_else(|| library.packs().collect(), |id| vec![id]) {
        match library.resolve(id) {
            Ok(resolved) => all.push(resolved.pack),
            Err(problems) => return refuse(id, problems).map(Err),
        }
    }
    match all.as_slice() {
        [] => bail!("方針パックがありません: {}", policies.display()),
        [one] => Ok(Ok(Index::new(one))),
        several => Ok(Ok(Index::of_packs(several))),
    }
}

fn kind(word: &str) -> Result<ItemKind, String> {
    ItemKind::from_id(word).ok_or_else(|| {
        let all: Vec<&str> = ItemKind::WORDS.iter().map(|(id, _)| *id).collect();
        format!("次のどれかを書いてください: {}", all.join("、"))
    })
}

fn status(word: &str) -> Result<CoverageStatus, String> {
    CoverageStatus::from_id(word).ok_or_else(|| {
        let all: Vec<&str> = CoverageStatus::WORDS.iter().map(|(id, _)| *id).collect();
        format!("次のどれかを書いてください: {}", all.join("、"))
    })
}

fn coverage(
    id: Option<&str>,
    policies: &Path,
    json: bool,
    only: Option<CoverageStatus>,
) -> anyhow::Result<ExitCode> {
    let files = packs::load(policies)?;
    let library = Library::new(&files);
    let report = match id {
        Some(id) => match library.resolve(id) {
            Ok(resolved) => CoverageReport::of_pack(&resolved.pack),
            Err(problems) => return refuse(id, problems),
        },
        None => {
            let mut all: Vec<Pack> = Vec::new();
            // A pack that cannot be read is never left out in silence.
            for id in library.packs() {
                match library.resolve(id) {
                    Ok(resolved) => all.push(resolved.pack),
                    Err(problems) => return refuse(id, problems),
                }
            }
            if all.is_empty() {
                bail!("方針パックがありません: {}", policies.display());
            }
            CoverageReport::of_all(&all)
        }
    };
    let report = match only {
        Some(status) => report.only(status),
        None => report,
    };
    world::say(&if json { report.to_json() } else { report.to_text() })?;
    Ok(ExitCode::SUCCESS)
}

fn diff(sides: [&str; 2], policies: &Path, json: bool, role: Option<&str>) -> anyhow::Result<ExitCode> {
    let mut packs: Vec<Pack> = Vec::new();
    for side in sides {
        let (folder, id) = located(side, policies)?;
        let files = packs::load(&folder)?;
        match Library::new(&files).resolve(&id) {
            Ok(resolved) => packs.push(resolved.pack),
            Err(problems) => return refuse(&id, problems),
        }
    }
    let [a, b] = packs.as_slice() else { bail!("比べる方針パックが2つ要ります") };
    let report = match role {
        None => DiffReport::new(a, b),
        Some(role) => DiffReport::for_role(a, b, role).with_context(|| {
            let ids: std::collections::BTreeSet<&str> =
                a.roles().iter().chain(b.roles()).map(|r| r.id.as_str()).collect();
            let ids: Vec<&str> = ids.into_iter().collect();
            format!("役割「{role}」はどちらにもありません。次のどれかを書いてください: {}", ids.join("、"))
        })?,
    };
    world::say(&if json { report.to_json() } else { report.to_text() })?;
    Ok(ExitCode::SUCCESS)
}

/// A layer's name, or a layer's folder elsewhere: another version of it, beside the layers that it stands on.
pub(crate) fn located(side: &str, policies: &Path) -> anyhow::Result<(PathBuf, String)> {
    if !side.contains(['/', std::path::MAIN_SEPARATOR]) {
        return Ok((policies.to_owned(), side.to_owned()));
    }
    let path = Path::new(side);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
    let parent = path.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p });
    match (parent, name) {
        (Some(parent), Some(name)) if path.is_dir() => Ok((parent.to_owned(), name)),
        _ => bail!("方針パックのフォルダーがありません: {side}"),
    }
}

fn check(which: &Which, json: bool, ready: bool, forms: bool) -> anyhow::Result<ExitCode> {
    let files = packs::load(&which.policies)?;
    let library = Library::new(&files);
    let report = if which.id == GUIDELINE {
        CheckReport::new(&which.id, library.check(&which.id).1)
    } else {
        match library.resolve(&which.id) {
            Ok(resolved) => {
                let mut problems =
                    if ready { resolved.findings_before_running() } else { resolved.warnings.clone() };
                if forms {
                    let mut found = Vec::new();
                    world::run(async {
                        found = forms_command::problems(&resolved.pack).await?;
                        Ok(ExitCode::SUCCESS)
                    })?;
                    problems.extend(found);
                }
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
            world::say("# フォルダーの文です。版が施行された関所は、これではなく保存した版で動きます。")?;
            world::say(&resolved.show())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => refuse(&which.id, problems),
    }
}

/// Says what is wrong with a pack that something else was wanted of.
pub(crate) fn refuse(id: &str, problems: Vec<Problem>) -> anyhow::Result<ExitCode> {
    finish(&CheckReport::new(id, problems), false)
}

fn finish(report: &CheckReport, json: bool) -> anyhow::Result<ExitCode> {
    world::say(&if json { report.to_json() } else { report.to_text() })?;
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
