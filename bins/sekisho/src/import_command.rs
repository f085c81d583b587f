//! `sekisho policy import`: a body's own text as a draft pack.
//!
//! Owns the command line, where the text comes from (the file itself, or a cell that writes down the words of a document),
//! the folder that is written, and what is printed.
//! Leaves to others: everything that is read in the text (`policy::import`), catalogs in OSCAL (`catalog_command`), and
//! opening documents (the cell).
//!
//! Exit codes: 0 imported, 3 nothing to import (refused, held, no text, no policy), 2 wrong usage, 1 failure.

use std::{
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::Args;
use policy::import::{
    CHARS_MAX, DayKind, Draft, Found, Head, Import, ImportError, MATCH_SCORE_MIN, PackError, Verdict, decode,
    import,
};
use policy::{Library, Pack, Severity, SourceFile};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use worker_client::{CellConfig, CellPool};
use worker_protocol::{FilePolicy, Hint, Job, Kind, Limits, Mode, Notes, Reason, Road};

use crate::{catalog_command, house, packs, world};

/// `sekisho policy import`.
#[derive(Args)]
pub(crate) struct Options {
    /// 取り込む文書(テキスト、Markdown、Word、PDF など)か、OSCALの目録(JSON)
    file: PathBuf,
    /// 取込み案を置く方針パックのフォルダー(例: policies)。その下に --name のフォルダーを作ります
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// 取込み案の層の名前(英小文字・数字・ハイフン)
    #[arg(long, default_value = "draft", value_parser = name)]
    name: String,
    /// 近い遵守事項を探す層(何度でも書けます)。base はいつも比べます
    #[arg(long)]
    against: Vec<String>,
    /// 方針パックのフォルダー
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
    /// 暗号化された文書のパスワード(10個まで)
    #[arg(long)]
    password: Vec<String>,
    /// 結果のすべてをJSONで表示します(形式は docs/format-import.md)
    #[arg(long)]
    json: bool,
}

/// The exit code when there is nothing to import.
const NOTHING: u8 = 3;

/// The layer whose roles are looked for and on which a draft stands.
const BASE: &str = "base";

fn name(word: &str) -> Result<String, String> {
    let sound = (1..=40).contains(&word.len())
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    sound.then(|| word.to_owned()).ok_or_else(|| {
        "英小文字で始まり、英小文字・数字・ハイフンだけの 40 文字以内にしてください".to_owned()
    })
}

/// What was read of a file.
enum Text {
    /// The words, the encoding or the way they were got, and damaged characters.
    Words { text: String, how: String, damaged: usize },
    /// None, and what to say about it.
    None(String),
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or written, a pack has errors, or the worker cannot be started.
pub(crate) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.password.len() > 10 {
        world::complain(&anyhow::anyhow!("パスワードは10個までです。"));
        return Ok(ExitCode::from(2));
    }
    let target = options.output.as_ref().map(|folder| folder.join(&options.name));
    if let Some(target) = target.as_ref().filter(|t| t.symlink_metadata().is_ok()) {
        bail!(
            "{} はすでにあります。上書きはしません。--name で別の名前を付けるか、先に移してください",
            target.display()
        );
    }
    let files = packs::load(&options.policies)?;
    let others = others(&files, &options.against)?;
    let Some(base) = others.first() else { bail!("方針パック「{BASE}」がありません") };
    if let Some(untrusted) = catalog_command::json(&options.file)? {
        let draft = match catalog_command::read(&untrusted, &files, &others, options.json)? {
            Ok(draft) => draft,
            Err(why) => return nothing(&why),
        };
        return save(options, &draft, &files, target.as_deref());
    }
    let (text, how, damaged) = match read(options).await? {
        Text::Words { text, how, damaged } => (text, how, damaged),
        Text::None(why) => return nothing(&why),
    };
    let packs: Vec<&Pack> = others.iter().collect();
    let import = match import(&text, base, &packs) {
        Ok(import) => import,
        Err(error) => return nothing(&words(error)),
    };
    if options.json {
        let name = options.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let report = json!({
            "format": import.format,
            "source": { "name": name, "read_as": how, "bytes": text.len(), "damaged": damaged },
            "against": others.iter().map(Pack::id).collect::<Vec<_>>(),
            "import": import,
        });
        world::say(&serde_json::to_string_pretty(&report)?)?;
    } else {
        world::say(&summary(&import, &how, damaged))?;
    }
    if import.verdict == Verdict::NoRules {
        world::note(
            "これは規程の文書ではないようです(決まりを述べる文がほとんどありません)。取込み案は作りませんでした。\n別のファイルではないか、文字が正しく取り出せているかを確かめてください。",
        );
        return Ok(ExitCode::from(NOTHING));
    }
    save(options, &Draft::new(text, import), &files, target.as_deref())
}

/// Writes the draft where it was asked for.
fn save(
    options: &Options,
    draft: &Draft,
    files: &[SourceFile],
    target: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    if let Some(target) = target {
        let head = Head {
            id: options.name.clone(),
            title: None,
            extends: BASE.to_owned(),
            file: options.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        };
        let written = write(draft, &head, files, target)?;
        if !options.json {
            world::say(&format!(
                "\n取込み案を書きました: {}({written} ファイル)\n  次に: sekisho policy check {} --policies {}",
                target.display(),
                options.name,
                target.parent().unwrap_or(Path::new(".")).display()
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn nothing(why: &str) -> anyhow::Result<ExitCode> {
    world::note(why);
    Ok(ExitCode::from(NOTHING))
}

fn words(error: ImportError) -> String {
    let (what, instead) = error.words_ja();
    format!("{what}\n{instead}")
}

/// `base` and the packs asked for, each once.
fn others(files: &[SourceFile], against: &[String]) -> anyhow::Result<Vec<Pack>> {
    let library = Library::new(files);
    let mut packs: Vec<Pack> = Vec::new();
    for id in std::iter::once(BASE).chain(against.iter().map(String::as_str)) {
        if packs.iter().any(|p| p.id() == id) {
            continue;
        }
        match library.resolve(id) {
            Ok(resolved) => packs.push(resolved.pack),
            Err(problems) => {
                let first = problems.iter().find(|p| p.severity == Severity::Error);
                let first =
                    first.map(|p| format!("{}:{}: {}", p.file, p.line, p.message)).unwrap_or_default();
                bail!("方針パック「{id}」に誤りがあります。{first}\n  調べるには: sekisho policy check {id}");
            }
        }
    }
    Ok(packs)
}

/// The words of the file: its own when it is text, those that a cell writes down when it is a document.
async fn read(options: &Options) -> anyhow::Result<Text> {
    let about = || format!("読めません: {}", options.file.display());
    let mut file = std::fs::File::open(&options.file).with_context(about)?;
    if file.metadata().with_context(about)?.is_dir() {
        bail!("{}(フォルダーです。ファイルを指定してください)", about());
    }
    let bytes_max = (CHARS_MAX as u64).saturating_mul(4);
    let mut untrusted = Vec::new();
    (&mut file).take(bytes_max + 1).read_to_end(&mut untrusted).with_context(about)?;
    if !is_document(&untrusted) {
        match decode(&untrusted) {
            Ok(decoded) => {
                return Ok(Text::Words {
                    text: decoded.text,
                    how: decoded.encoding.to_owned(),
                    damaged: decoded.damaged,
                });
            }
            Err(ImportError::NotText) => {}
            Err(error) => return Ok(Text::None(words(error))),
        }
    }
    drop(untrusted);
    file.seek(SeekFrom::Start(0)).with_context(about)?;
    through_a_cell(options, file).await
}

/// Whether the bytes begin like a document that only a cell may open.
fn is_document(untrusted: &[u8]) -> bool {
    let marks: [&[u8]; 5] = [b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"<?xml"];
    let head = untrusted.strip_prefix(b"\xef\xbb\xbf").unwrap_or(untrusted);
    let lower = head.get(..15).map(<[u8]>::to_ascii_lowercase).unwrap_or_default();
    marks.iter().any(|mark| head.starts_with(mark))
        || lower.starts_with(b"<!doctype html")
        || lower.starts_with(b"<html")
}

async fn through_a_cell(options: &Options, file: std::fs::File) -> anyhow::Result<Text> {
    let pool = CellPool::new(CellConfig {
        spare: 0,
        running_max: 1,
        notes: web::words::notes(),
        ..CellConfig::new(house::worker_beside()?)
    });
    let name = options.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let job = Job {
        hint: Hint { untrusted_name: name, passwords: options.password.clone() },
        policy: FilePolicy {
            modes: Kind::ALL.iter().map(|kind| (*kind, Mode::TextOnly)).collect(),
            ..FilePolicy::default()
        },
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Notes::default(),
    };
    // A file without a name: what a cell writes down may be large, and goes when this ends.
    let mut kept = tempfile::tempfile().context("作業用のファイルを作れません")?;
    let mut sink = tokio::fs::File::from_std(kept.try_clone()?);
    let input = tokio::fs::File::from_std(file);
    let outcome = pool
        .run(&job, input, &mut sink, &mut |_| {}, std::future::pending())
        .await
        .context("文書から文字を取り出せません")?;
    sink.flush().await?;
    let report = outcome.report;
    if let Some(reason) = report.reason.filter(|_| !report.hands_over()) {
        if matches!(reason, Reason::Empty | Reason::NothingLeft | Reason::NoWords) {
            return Ok(Text::None(words(ImportError::Empty)));
        }
        let web::words::Trouble { what, why, how } = web::words::reason(reason);
        return Ok(Text::None(format!("この文書からは文字を取り出せませんでした。\n{what}\n{why}\n{how}")));
    }
    if report.road != Some(Road::Text) {
        return Ok(Text::None(
            "この種類のファイルは一つの文書ではないので、取り込めません。\nWord・PDF・テキストの文書を一つずつ指定してください。".to_owned(),
        ));
    }
    let bytes_max = (CHARS_MAX as u64).saturating_mul(4);
    let mut untrusted = Vec::new();
    kept.seek(SeekFrom::Start(0))?;
    kept.take(bytes_max + 1).read_to_end(&mut untrusted)?;
    match decode(&untrusted) {
        Ok(decoded) if decoded.text.trim().is_empty() => Ok(Text::None(words(ImportError::Empty))),
        Ok(decoded) => {
            let kind = report.kind.map(Kind::id).unwrap_or("document");
            Ok(Text::Words { text: decoded.text, how: kind.to_owned(), damaged: decoded.damaged })
        }
        Err(error) => Ok(Text::None(words(error))),
    }
}

/// Writes the draft's files into a new folder: all of them or none. How many.
fn write(draft: &Draft, head: &Head, known: &[SourceFile], target: &Path) -> anyhow::Result<usize> {
    let own = draft.pack(head).map_err(|error| match error {
        PackError::TooMany => anyhow::anyhow!(
            "条項か遵守事項が多すぎて、一つの方針パックに入りません。文書を分けて取り込んでください"
        ),
        PackError::Id => anyhow::anyhow!("層の名前「{}」は使えません", head.id),
    })?;
    // A draft that its own check refuses would be found out later by somebody who cannot know why.
    let other = format!("{}/", head.id);
    let mut all: Vec<SourceFile> = known.iter().filter(|f| !f.path.starts_with(&other)).cloned().collect();
    all.extend(own.iter().cloned());
    if let Err(problems) = Pack::resolve(&all, &head.id) {
        let first = problems.iter().find(|p| p.severity == Severity::Error);
        let first = first.map(|p| format!("{}:{}: {}", p.file, p.line, p.message)).unwrap_or_default();
        bail!("取込み案が方針パックの形になりませんでした({first})");
    }
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unwritable = || format!("書けません: {}", target.display());
    std::fs::create_dir_all(folder).with_context(unwritable)?;
    let part = tempfile::Builder::new().prefix(".sekisho-").tempdir_in(folder).with_context(unwritable)?;
    for file in &own {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        std::fs::write(part.path().join(name), &file.text).with_context(unwritable)?;
    }
    // A folder of somebody's with something in it makes this fail.
    std::fs::rename(part.path(), target).with_context(unwritable)?;
    let _gone = part.keep();
    Ok(own.len())
}

fn summary(import: &Import, how: &str, damaged: usize) -> String {
    let totals = import.totals;
    let mut lines = Vec::new();
    if let Some(title) = &import.title {
        lines.push(format!("題名: {}", title.chars().filter(|c| !c.is_control()).collect::<String>()));
    }
    let verdict = match import.verdict {
        Verdict::Policy => "情報セキュリティの規程",
        Verdict::OtherRules => "規程(情報セキュリティの言葉はほとんどありません)",
        Verdict::NoRules => "規程ではないようです",
    };
    lines.push(format!("種類: {verdict}"));
    lines.push(format!(
        "文字: {} 文字のうち {} 文字を条項に割り当てました(読み方: {how}、壊れた文字 {damaged})",
        totals.chars, totals.chars_accounted
    ));
    lines.push(format!("条項の木: {} 節点、{} 文", totals.nodes, totals.sentences));
    let of = |modality: policy::Modality| import.statements.iter().filter(|s| s.modality == modality).count();
    lines.push(format!(
        "遵守事項: {} 件(義務 {}、努力義務 {}、禁止 {}、許可 {})",
        totals.statements,
        of(policy::Modality::Must),
        of(policy::Modality::Should),
        of(policy::Modality::MustNot),
        of(policy::Modality::May)
    ));
    lines.push(format!(
        "近いものがある: {} 件、ない: {} 件(点数 {MATCH_SCORE_MIN:.2} 以上)",
        totals.matched, totals.unmatched
    ));
    let in_force: Vec<String> =
        import.days.iter().filter(|d| d.kind == DayKind::InForce).map(|d| policy::wareki(&d.date)).collect();
    if !in_force.is_empty() {
        lines.push(format!("施行日: {}", in_force.join("、")));
    }
    lines.push(format!("用語: {} 件、職と役割: {} 件", import.terms.len(), import.appointments.len()));
    if !import.local_roles.is_empty() {
        let names: Vec<&str> = import.local_roles.iter().map(|r| r.title.as_str()).collect();
        lines.push(format!("土台にない役割: {}", names.join("、")));
    }
    let leaning = import.statements.iter().filter(|s: &&Found| !s.roles.is_empty() && !s.roles_named).count();
    lines.push(format!("主語を前後から補った文: {leaning} 件"));
    if !import.findings.is_empty() {
        lines.push(format!("確かめる所: {} 件", import.findings.len()));
        for finding in import.findings.iter().take(20) {
            let label = import.nodes.get(finding.node).map_or("", |n| n.label.as_str());
            let words: String = finding.quoted.chars().filter(|c| !c.is_control()).collect();
            lines.push(format!("  {label} 「{words}」 {}", finding.kind.words_ja()));
        }
        if import.findings.len() > 20 {
            lines.push(format!("  ほか {} 件", import.findings.len() - 20));
        }
    }
    lines.join("\n")
}
