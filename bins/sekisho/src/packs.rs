//! Reading pack files from disk.
//!
//! Owns finding and reading `*.toml`, and `*.typ` for print forms, below a policies folder, bounded. Leaves their meaning to `policy`.

use std::path::Path;

use anyhow::{Context as _, bail};
use policy::{EditionText, FILE_BYTES_MAX, FILES_BYTES_MAX, FILES_MAX, Pack, Problem, Severity, SourceFile};

/// Every pack file below a folder: `<layer>/<name>.toml` and `<layer>/<name>.typ`, sorted by path.
///
/// # Errors
/// When the folder cannot be read or holds more or larger files than packs have.
pub(crate) fn load(folder: &Path) -> anyhow::Result<Vec<SourceFile>> {
    let unreadable = || format!("方針パックのフォルダーを読めません: {}", folder.display());
    let mut files = Vec::new();
    let mut bytes_all: usize = 0;
    for layer in std::fs::read_dir(folder).with_context(unreadable)? {
        let layer = layer.with_context(unreadable)?.path();
        if !layer.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&layer).with_context(unreadable)? {
            let path = file.with_context(unreadable)?.path();
            if path.extension().is_none_or(|e| e != "toml" && e != "typ") {
                continue;
            }
            let about = || format!("方針パックのファイルを読めません: {}", path.display());
            if std::fs::metadata(&path).with_context(about)?.len() > FILE_BYTES_MAX as u64 {
                bail!("{}(1 MiB を超えています)", about());
            }
            let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let bytes = std::fs::read(&path).with_context(about)?;
            let text = String::from_utf8(bytes).map_err(|e| anyhow::anyhow!(not_utf8(&about(), &e)))?;
            bytes_all = bytes_all.saturating_add(text.len());
            if bytes_all > FILES_BYTES_MAX {
                bail!(
                    "方針パックのファイルを合わせると大きすぎます(上限 {} MiB): {}",
                    FILES_BYTES_MAX >> 20,
                    folder.display()
                );
            }
            files.push(SourceFile { path: format!("{}/{}", name(&layer), name(&path)), text });
            if files.len() > FILES_MAX {
                bail!("方針パックのファイルが多すぎます(上限 {FILES_MAX}): {}", folder.display());
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// What to say about a file in another encoding: most often it was saved by an editor that prefers CP932.
fn not_utf8(about: &str, error: &std::string::FromUtf8Error) -> String {
    let sound = error.utf8_error().valid_up_to();
    let before = error.as_bytes().get(..sound).unwrap_or_default();
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    format!(
        "{about}({line}行目の文字が UTF-8 ではありません)。\
         Shift_JIS(CP932)などで保存されていませんか。メモ帳なら「名前を付けて保存」で文字コードに「UTF-8」を選び、保存し直してください"
    )
}

/// The pack of a body, without errors and with every value that a checkpoint needs.
///
/// # Errors
/// With every error of the pack, one to a line.
pub(crate) fn resolve(folder: &Path, id: &str) -> anyhow::Result<Pack> {
    runnable(&text(folder, id)?)
}

/// The whole text of a pack in a folder: its own files and those of the layers it stands on.
///
/// # Errors
/// When the folder cannot be read, or holds what no pack has.
pub(crate) fn text(folder: &Path, id: &str) -> anyhow::Result<EditionText> {
    text_of(load(folder)?, id).with_context(|| format!("場所: {}", folder.display()))
}

/// The same from the files of a folder that were read already.
///
/// # Errors
/// When they hold what no pack has.
pub(crate) fn text_of(files: Vec<SourceFile>, id: &str) -> anyhow::Result<EditionText> {
    EditionText::new(id, files, &[]).with_context(|| format!("方針パック「{id}」を読めません"))
}

/// The pack that a text is, as [`resolve`].
///
/// # Errors
/// As [`resolve`].
pub(crate) fn runnable(text: &EditionText) -> anyhow::Result<Pack> {
    let id = text.pack();
    let resolved = text.resolve().map_err(|problems| refused(id, "に誤りがあります", &problems))?;
    if resolved.pack.municipality().is_none() {
        bail!("方針パック「{id}」は団体のものではありません。団体の層(例: hoshimi)を指定してください");
    }
    let missing = resolved.readiness();
    if !missing.is_empty() {
        return Err(refused(id, "は、動かすのに要る値が定められていません", &missing));
    }
    Ok(resolved.pack)
}

fn refused(id: &str, why: &str, problems: &[Problem]) -> anyhow::Error {
    let errors: Vec<String> = problems
        .iter()
        .filter(|p| p.severity == Severity::Error)
        .map(|p| format!("{}:{}: {} {}", p.file, p.line, p.message, p.instead))
        .collect();
    anyhow::anyhow!("方針パック「{id}」{why}。\n{}", errors.join("\n"))
}
