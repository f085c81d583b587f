//! `sekisho sanitize`: files through cells, without a house.
//!
//! Owns the command line, its exit codes and what is printed.
//! Leaves to others: one file (`one`), a folder of them (`folder`), and what sanitising means (the cell).
//!
//! Exit codes: 0 clean bytes were written for everything, 3 something was refused or held, 2 wrong usage, 1 failure.

mod folder;
mod one;

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _},
};
use serde_json::json;
use web::words;
use worker_client::{CellConfig, CellPool};
use worker_protocol::{
    FilePolicy, Hint, Job, Kind, Limits, LinkPolicy, MARK_CHARS_MAX, Mark, Mode, Report, Verdict,
};
use workflow::transfer::FileState;

use crate::{house, world};

/// `sekisho sanitize`.
#[derive(Args)]
pub(crate) struct Options {
    /// 無害化するファイルまたはフォルダー。「-」は標準入力
    input: PathBuf,
    /// 結果を書くファイル(入力がフォルダーのときはフォルダー)。「-」は標準出力。通らなかったファイルは作りません
    #[arg(short, long)]
    output: PathBuf,
    /// 標準入力から読むときのファイル名。拡張子と中身が合うかを確かめるのに使います
    #[arg(long, default_value = "")]
    name: String,
    /// 結果の報告をJSONで表示します(1ファイル1行。形式は docs/format-report.md)
    #[arg(long)]
    json: bool,
    /// 暗号化されたファイルのパスワード(10個まで)
    #[arg(long)]
    password: Vec<String>,
    /// 方法: rebuild 作り直し(既定)、strict より厳しく、text-only 文字だけ、image-pdf ページの画像
    #[arg(long, default_value = "rebuild", value_parser = modes())]
    mode: Mode,
    /// リンク先(http・https・mailto)も取り除きます
    #[arg(long)]
    remove_links: bool,
    /// 書き込む分類の表示(例: 機密性2)
    #[arg(long)]
    mark: Option<String>,
    /// 分類の id(例: c2)。--mark とともに、プログラムが読む印になります
    #[arg(long, requires = "mark")]
    mark_level: Vec<String>,
    /// 古い形式(doc・xlsbと一部のxls・ppt)の変換に使うLibreOfficeの場所。none なら使いません(既定は入っているものを探します)
    #[arg(long, value_name = "PATH|none")]
    office: Option<String>,
    /// フォルダーを処理するとき、同時に動かす数(既定はCPUの数)
    #[arg(long)]
    jobs: Option<usize>,
}

/// The modes that need nobody's word. The other one is known, so that its refusal can say why; see [`problem`].
fn modes() -> impl clap::builder::TypedValueParser<Value = Mode> {
    let value = |mode: &Mode| PossibleValue::new(mode.id()).hide(*mode == Mode::InspectOnly);
    PossibleValuesParser::new(Mode::ALL.iter().map(value)).map(|id| {
        // The parser before this one let nothing else through.
        Mode::ALL.iter().copied().find(|mode| mode.id() == id).unwrap_or(Mode::Strict)
    })
}

/// The exit code when something does not pass.
const NOT_PASSED: u8 = 3;

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or written, or the worker cannot be started.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let from_stdin = options.input.as_os_str() == "-";
    let to_stdout = options.output.as_os_str() == "-";
    if let Some(problem) = problem(&options, to_stdout) {
        world::complain(&anyhow::anyhow!(problem));
        return Ok(ExitCode::from(2));
    }
    let is_folder = !from_stdin
        && tokio::fs::metadata(&options.input)
            .await
            .with_context(|| format!("読めません: {}", options.input.display()))?
            .is_dir();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let running_max = if is_folder { options.jobs.unwrap_or(cores).max(1) } else { 1 };
    let pool = CellPool::new(CellConfig {
        // One spare for each that works hides the start of a cell.
        spare: if is_folder { running_max } else { 0 },
        running_max,
        notes: words::notes(),
        office: house::office(options.office.as_deref(), &std::env::temp_dir())?,
        ..CellConfig::new(house::worker_beside()?)
    });
    let passed = if is_folder {
        if to_stdout {
            world::complain(&anyhow::anyhow!(
                "フォルダーの結果は標準出力に書けません。-o にフォルダーを書いてください。"
            ));
            return Ok(ExitCode::from(2));
        }
        folder::run(&options, &pool, running_max).await?
    } else {
        one::run(&options, &pool, from_stdin, to_stdout).await?
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(NOT_PASSED) })
}

fn problem(options: &Options, to_stdout: bool) -> Option<String> {
    // It would copy the bytes and call that sanitised: the word of a person is what this mode consists of.
    if options.mode == Mode::InspectOnly {
        return Some(
            "--mode inspect-only は使えません。検査確認は何も取り除かず、通信路で承認者が原本を開いて確かめることで\
             成り立つ方法なので、コマンドでは行いません。"
                .to_owned(),
        );
    }
    if options.password.len() > 10 {
        return Some("パスワードは10個までです。".to_owned());
    }
    if to_stdout && options.json {
        return Some("--json の報告は標準出力に出るので、-o にはファイルを書いてください。".to_owned());
    }
    let label = options.mark.as_deref().unwrap_or_default();
    if label.chars().count() > MARK_CHARS_MAX || label.chars().any(char::is_control) {
        return Some(format!("--mark は{MARK_CHARS_MAX}文字までで、改行などは使えません。"));
    }
    None
}

/// What the cell is asked for a file of this name.
fn job(options: &Options, untrusted_name: String) -> Job {
    Job {
        hint: Hint { untrusted_name, passwords: options.password.clone() },
        policy: FilePolicy {
            modes: Kind::ALL.iter().map(|kind| (*kind, options.mode)).collect(),
            links: if options.remove_links { LinkPolicy::Remove } else { LinkPolicy::Keep },
            ..FilePolicy::default()
        },
        limits: Limits::default(),
        want_preview: false,
        mark: options
            .mark
            .as_ref()
            .map(|label| Mark { label: label.clone(), levels: options.mark_level.clone() }),
        notes: worker_protocol::Notes::default(),
    }
}

/// A file that is written beside its target and gets its name when it is complete, so that a half-written one never
/// carries it. Dropped before, it leaves nothing behind.
struct Target {
    part: Option<tempfile::NamedTempFile>,
    path: PathBuf,
}

impl Target {
    fn beside(path: &Path) -> anyhow::Result<Self> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let part = tempfile::Builder::new()
            .prefix(".sekisho-")
            // As any program's output: what the person's umask leaves.
            .permissions(std::fs::Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .with_context(|| format!("書けません: {}", folder.display()))?;
        Ok(Self { part: Some(part), path: path.to_owned() })
    }

    fn open(&self) -> anyhow::Result<tokio::fs::File> {
        let part = self.part.as_ref().context("the target was finished")?;
        Ok(tokio::fs::File::from_std(part.reopen()?))
    }

    /// Makes the bytes durable and gives them this name.
    async fn finish(mut self, path: Option<&Path>) -> anyhow::Result<()> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let path = path.unwrap_or(&self.path).to_owned();
        tokio::task::spawn_blocking(move || {
            part.as_file().sync_all()?;
            part.persist(&path).map(drop).with_context(|| format!("書けません: {}", path.display()))
        })
        .await?
    }
}

fn passes(report: &Report) -> bool {
    report.hands_over()
}

/// The line of JSON for one file.
fn in_json(report: &Report) -> serde_json::Value {
    json!({ "passed": passes(report), "report": report })
}

/// The report for a person at the terminal, in the words of the screens.
fn in_words(report: &Report) -> String {
    let mut lines = vec![ended(report).to_owned()];
    if let Some(road) = report.road.filter(|road| *road != worker_protocol::Road::Rebuilt) {
        lines.push(format!("方法: {}", words::road(road)));
    }
    if let Some(reason) = report.reason {
        let words::Trouble { what, why, how } = words::reason(reason);
        lines.extend([what, why, how].map(ToOwned::to_owned));
    }
    let mut removals: Vec<_> = report.removals.iter().collect();
    removals.sort_by_key(|r| std::cmp::Reverse(r.what.severity()));
    for removal in removals {
        let (what, severity) = (words::threat(removal.what).0, words::severity(removal.what.severity()));
        let place = words::place(removal);
        let place = if place.is_empty() { String::new() } else { format!("({place})") };
        lines.push(format!("・[{severity}] {what} ×{}{place}", removal.count));
    }
    if report.removals_unlisted > 0 {
        lines.push(format!("・ほか {} 件", report.removals_unlisted));
    }
    lines.join("\n")
}

/// How it ended, in a word.
fn ended(report: &Report) -> &'static str {
    let state = match report.verdict {
        Verdict::Clean => FileState::Clean,
        Verdict::Partial => FileState::Partial,
        Verdict::Held => FileState::Held,
        Verdict::Blocked => FileState::Blocked,
    };
    words::file_state(state).0
}
