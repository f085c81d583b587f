//! Reading pack files from disk.
//!
//! Owns finding and reading `*.toml` below a policies folder, bounded. Leaves their meaning to `policy`.

use std::path::Path;

use anyhow::{Context as _, bail};
use policy::{FILE_BYTES_MAX, FILES_MAX, Pack, Resolved, Severity, SourceFile};

/// Every pack file below a folder: `<layer>/<name>.toml`, sorted by path.
///
/// # Errors
/// When the folder cannot be read or holds more or larger files than packs have.
pub(crate) fn load(folder: &Path) -> anyhow::Result<Vec<SourceFile>> {
    let unreadable = || format!("方針パックのフォルダーを読めません: {}", folder.display());
    let mut files = Vec::new();
    for layer in std::fs::read_dir(folder).with_context(unreadable)? {
        let layer = layer.with_context(unreadable)?.path();
        if !layer.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&layer).with_context(unreadable)? {
            let path = file.with_context(unreadable)?.path();
            if path.extension().is_none_or(|e| e != "toml") {
                continue;
            }
            let about = || format!("方針パックのファイルを読めません: {}", path.display());
            if std::fs::metadata(&path).with_context(about)?.len() > FILE_BYTES_MAX as u64 {
                bail!("{}(1 MiB を超えています)", about());
            }
            let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            files.push(SourceFile {
                path: format!("{}/{}", name(&layer), name(&path)),
                text: std::fs::read_to_string(&path).with_context(about)?,
            });
            if files.len() > FILES_MAX {
                bail!("方針パックのファイルが多すぎます(上限 {FILES_MAX}): {}", folder.display());
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The pack of a body, without errors.
///
/// # Errors
/// With every error of the pack, one to a line.
pub(crate) fn resolve(folder: &Path, id: &str) -> anyhow::Result<Pack> {
    let Resolved { pack, .. } = Pack::resolve(&load(folder)?, id).map_err(|problems| {
        let errors: Vec<String> = problems
            .iter()
            .filter(|p| p.severity == Severity::Error)
            .map(|p| format!("{}:{}: {} {}", p.file, p.line, p.message, p.instead))
            .collect();
        anyhow::anyhow!("方針パック「{id}」に誤りがあります。\n{}", errors.join("\n"))
    })?;
    if pack.municipality().is_none() {
        bail!("方針パック「{id}」は団体のものではありません。団体の層(例: hoshimi)を指定してください");
    }
    Ok(pack)
}
