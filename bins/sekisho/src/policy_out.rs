//! `sekisho policy publish` and `sekisho policy propose`: what of a pack leaves a folder, for the public or for a server.
//!
//! Owns the commands: what is read and written, which exit code. Leaves what is public to `policy`, the page to `web`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::Args;
use policy::{EditionText, Publication, PublicationRefusal, Severity};
use serde_json::json;

use crate::{packs, policy_command, world};

/// `sekisho policy publish`.
#[derive(Args)]
pub(crate) struct PublishOptions {
    /// 層の名前(例: hoshimi)か、層のフォルダー
    pack: String,
    /// 書き出すフォルダー(まだないもの)
    #[arg(short, long)]
    output: PathBuf,
    /// この文書だけを書き出します(文書の id。何度でも)
    #[arg(long)]
    document: Vec<String>,
    /// 方針パックのフォルダー
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
}

/// `sekisho policy propose`.
#[derive(Args)]
pub(crate) struct ProposeOptions {
    /// 提案する層のフォルダー(例: policies/hoshimi)
    folder: PathBuf,
    /// 改定の理由
    #[arg(long)]
    note: String,
    /// 一緒に提案する下の層(例: base)。省いた層は、関所で動いているものになります
    #[arg(long)]
    with: Vec<String>,
    /// JSONを書き出すファイル。省くと標準出力
    #[arg(short, long)]
    output: Option<PathBuf>,
}

/// Writes the public part of a pack into a new folder.
///
/// # Errors
/// When the pack cannot be read or the folder cannot be written.
pub(crate) fn publish(options: &PublishOptions) -> anyhow::Result<ExitCode> {
    let (folder, id) = policy_command::located(&options.pack, &options.policies)?;
    let pack = match packs::text(&folder, &id)?.resolve() {
        Ok(resolved) => resolved.pack,
        Err(problems) => return policy_command::refuse(&id, problems),
    };
    let publication = match Publication::new(&pack, &options.document) {
        Ok(publication) => publication,
        Err(refusal) => bail!("{}", reason(&refusal)),
    };
    let page = web::public::page(&publication).context("ページを作れません")?;
    let out = &options.output;
    let about = || format!("書き出せません: {}", out.display());
    // A folder that is there already may hold what is no longer public.
    std::fs::create_dir(out).with_context(about)?;
    let files = [
        ("index.html", page.as_str()),
        ("policy.css", web::public::CSS),
        ("policy.json", &publication.to_json()),
    ];
    for (name, text) in files {
        std::fs::write(out.join(name), text).with_context(about)?;
    }
    let documents: Vec<&str> =
        publication.makers.iter().flat_map(|m| &m.documents).map(|d| d.title.as_str()).collect();
    world::say(&format!("{} に書き出しました: {}", out.display(), documents.join("、")))?;
    Ok(ExitCode::SUCCESS)
}

fn reason(refusal: &PublicationRefusal) -> String {
    match refusal {
        PublicationRefusal::NotPublic { id, title } => format!(
            "文書「{title}」({id})は公開しない文書です。方針パックの [[document]] が public = false としています。何も書き出していません"
        ),
        PublicationRefusal::Unknown(id) => {
            format!("文書「{id}」はありません。[[document]] の id を確かめてください。何も書き出していません")
        }
        PublicationRefusal::Nothing => {
            "公開する文書がありません。[[document]] の public を確かめてください。何も書き出していません"
                .to_owned()
        }
    }
}

/// Checks a folder and says what to send to a server.
///
/// # Errors
/// When the folder cannot be read or the file cannot be written.
pub(crate) fn propose(options: &ProposeOptions) -> anyhow::Result<ExitCode> {
    if options.note.trim().is_empty() {
        bail!("改定の理由(--note)が空です");
    }
    let (folder, id) = located(&options.folder)?;
    let text = packs::text(&folder, &id)?;
    let problems = text.findings();
    if problems.iter().any(|p| p.severity == Severity::Error) {
        return policy_command::refuse(&id, problems);
    }
    let body = body(&text, &id, &options.with, &options.note)?;
    match &options.output {
        Some(path) => {
            std::fs::write(path, &body).with_context(|| format!("書き出せません: {}", path.display()))?;
            world::say(&format!("{} に書き出しました。指紋 {}", path.display(), text.digest()))?;
        }
        None => world::say(&body)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn body(text: &EditionText, id: &str, with: &[String], note: &str) -> anyhow::Result<String> {
    let mut files = Vec::new();
    for layer in std::iter::once(id).chain(with.iter().map(String::as_str)) {
        let prefix = format!("{layer}/");
        let before = files.len();
        let of = text.files().iter().filter(|f| f.path.starts_with(&prefix));
        files.extend(of.map(|f| json!({ "path": f.path, "text": f.text })));
        if files.len() == before {
            bail!("層「{layer}」は、方針パック「{id}」の下にありません");
        }
    }
    Ok(json!({ "note": note, "files": files }).to_string())
}

fn located(path: &Path) -> anyhow::Result<(PathBuf, String)> {
    let whole = path.canonicalize().with_context(|| format!("フォルダーがありません: {}", path.display()))?;
    match (whole.parent(), whole.file_name()) {
        (Some(parent), Some(name)) if whole.is_dir() => {
            Ok((parent.to_owned(), name.to_string_lossy().into_owned()))
        }
        _ => bail!("方針パックのフォルダーではありません: {}", path.display()),
    }
}
