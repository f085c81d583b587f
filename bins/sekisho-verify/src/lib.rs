//! The auditor's verifier: checks an export bundle on any machine, without a server and without a network.
//!
//! Owns: the command line, the exit code, and what is printed.
//! Leaves to others: every check (`ledger::bundle::verify`), the files of the bundle (`directory`), the words
//! (`words`) and the machine-readable form (`json`).
//!
//! Exit codes: 0 verified, 1 not verified or not readable, 2 wrong usage.

mod directory;
mod json;
mod words;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Parser;
use ledger::bundle::{Trust, Verification, verify};
use ledger::{NOTE_BYTES_MAX, VerifierKey};

use crate::directory::Directory;

/// 台帳の書き出し(証跡)を、書き出した組織に頼らずに検証します。
///
/// 終了コード: 0 検証できた、1 検証できない、2 使い方の誤り
#[derive(Parser)]
#[command(name = "sekisho-verify", version)]
pub struct Arguments {
    /// 書き出しのフォルダー
    #[arg(value_name = "フォルダー")]
    bundle: PathBuf,
    /// 別の経路で受け取った検証鍵(名前+番号+鍵)
    #[arg(long, value_name = "検証鍵", conflicts_with = "vkey_file")]
    vkey: Option<String>,
    /// 検証鍵を書いたファイル
    #[arg(long, value_name = "ファイル")]
    vkey_file: Option<PathBuf>,
    /// 前回の監査で受け取った checkpoint のファイル
    #[arg(long, value_name = "ファイル")]
    previous: Option<PathBuf>,
    /// 結果を JSON で出す(形式は docs/format-ledger.md)
    #[arg(long)]
    json: bool,
}

/// Verifies and prints, and says how the process is to end. `sekisho ledger verify` is this as well.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let trust = match trust(arguments) {
        Ok(trust) => trust,
        Err(error) => return fail(2, &error),
    };
    let directory = match Directory::open(&arguments.bundle) {
        Ok(directory) => directory,
        Err(error) => return fail(2, &anyhow!(error)),
    };
    let outcome =
        verify(&directory, &trust).context("書き出しを最後まで読めませんでした。検証できていません");
    match outcome.and_then(|verification| print(&verification, arguments.json)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fail(1, &error),
    }
}

/// What the auditor brought along, from the command line.
fn trust(arguments: &Arguments) -> anyhow::Result<Trust> {
    let text = match (&arguments.vkey, &arguments.vkey_file) {
        (Some(text), _) => Some(text.clone()),
        (None, Some(path)) => {
            let bytes = read_small(path).context("検証鍵のファイルを読めません")?;
            Some(String::from_utf8(bytes).context("検証鍵のファイルが文字ではありません")?)
        }
        (None, None) => None,
    };
    let key = |text: String| text.trim().parse::<VerifierKey>();
    Ok(Trust {
        vkey: text
            .map(key)
            .transpose()
            .context("検証鍵が正しくありません。名前+番号+鍵 の形か確かめてください")?,
        previous: match &arguments.previous {
            Some(path) => Some(read_small(path).context("前回の checkpoint のファイルを読めません")?),
            None => None,
        },
    })
}

/// A file that is as short as a note; of a longer one, enough for the parser to refuse it.
fn read_small(path: &Path) -> anyhow::Result<Vec<u8>> {
    let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    let mut bytes = Vec::new();
    file.take(NOTE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| path.display().to_string())?;
    Ok(bytes)
}

/// Prints the result and says whether it is a good one.
fn print(verification: &Verification, as_json: bool) -> anyhow::Result<bool> {
    let text = if as_json { json::result(verification) } else { words::result(verification) };
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("結果を出力できません")?;
    Ok(verification.is_verified())
}

fn fail(code: u8, error: &anyhow::Error) -> ExitCode {
    let mut stderr = std::io::stderr().lock();
    // If even this cannot be written, the exit code still says it.
    let _ = writeln!(stderr, "sekisho-verify: {error:#}");
    ExitCode::from(code)
}
