//! `sekisho policy export`: packs in OSCAL.
//!
//! Owns the command line, the file or the folder that is written, and what is said about it.
//! Leaves to others: everything that stands in the files (`policy::oscal`).
//!
//! Exit codes: 0 written, 1 failure (also a pack with errors), 2 wrong usage.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use policy::oscal::{Export, ExportError, Links, Model, export, export_folder};
use policy::{Library, Pack};

use crate::{packs, policy_command, world};

/// `sekisho policy export`.
#[derive(Args)]
pub(crate) struct Options {
    /// 層の名前(例: hoshimi)
    id: String,
    /// OSCAL(1.2.1)のどのモデルで書き出すか
    #[arg(long, value_enum)]
    oscal: Which,
    /// 書き出すファイル(all ではフォルダー)。省くと標準出力
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// 公開用: 公開する文書に書かれたことだけにします
    #[arg(long)]
    public: bool,
    /// ファイルに書く最終更新日時(例: 2026-04-01T09:00:00+09:00)。省くと今
    #[arg(long, value_name = "日時")]
    last_modified: Option<String>,
    /// 方針パックのフォルダー
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// 条項・遵守事項・パラメータ(catalog)
    Catalog,
    /// 下の層から何を採り、何を定めたか(profile)
    Profile,
    /// どの仕組みがどの遵守事項に応えるか(component-definition)
    Component,
    /// 上のすべてを、互いに参照できるフォルダーに
    All,
}

/// Runs the command. `now` is the time at which it is run, with the offset of Japan.
///
/// # Errors
/// When a pack cannot be read or a file cannot be written.
pub(crate) fn run(options: &Options, now: &str) -> anyhow::Result<ExitCode> {
    if options.oscal == Which::All && options.output.is_none() {
        world::complain(&anyhow::anyhow!("--oscal all には -o フォルダー が要ります。"));
        return Ok(ExitCode::from(2));
    }
    if let Some(target) = options.output.as_ref().filter(|t| t.symlink_metadata().is_ok()) {
        bail!(
            "{} はすでにあります。上書きはしません。別の名前にするか、先に移してください",
            target.display()
        );
    }
    let files = packs::load(&options.policies)?;
    let library = Library::new(&files);
    let top = match library.resolve(&options.id) {
        Ok(resolved) => resolved.pack,
        Err(problems) => return policy_command::refuse(&options.id, problems),
    };
    let mut chain: Vec<Pack> = Vec::new();
    for layer in top.layers().iter().filter(|layer| layer.id != top.id()) {
        match library.resolve(&layer.id) {
            Ok(resolved) => chain.push(resolved.pack),
            Err(problems) => return policy_command::refuse(&layer.id, problems),
        }
    }
    chain.push(top);
    let how = policy::oscal::Options {
        public: options.public,
        last_modified: options.last_modified.as_deref().unwrap_or(now),
        software: env!("CARGO_PKG_VERSION"),
        links: if options.oscal == Which::All { Links::Workspace } else { Links::Relative },
    };
    match written(options, &chain, &how) {
        Ok(exports) => finish(options, &exports),
        Err(error @ (ExportError::NotForPublic | ExportError::Time)) => {
            world::complain(&anyhow::anyhow!(words(error)));
            Ok(ExitCode::from(2))
        }
        Err(error) => bail!(words(error)),
    }
}

fn written(
    options: &Options,
    chain: &[Pack],
    how: &policy::oscal::Options<'_>,
) -> Result<Vec<Export>, ExportError> {
    let [lower @ .., top] = chain else { return Ok(Vec::new()) };
    let model = match options.oscal {
        Which::Catalog => Model::Catalog,
        Which::Profile => Model::Profile,
        Which::Component => Model::Component,
        Which::All => return export_folder(&chain.iter().collect::<Vec<_>>(), how),
    };
    export(top, lower.last(), model, how).map(|export| vec![export])
}

fn words(error: ExportError) -> &'static str {
    match error {
        ExportError::NotForPublic => {
            "component は、仕組みの内情を含むので、公開用には書き出しません。--public を外すか、catalog か profile にしてください。"
        }
        ExportError::Time => "--last-modified は 2026-04-01T09:00:00+09:00 のように書いてください。",
        ExportError::BelowMissing => "下の層の方針パックがありません。",
    }
}

fn finish(options: &Options, exports: &[Export]) -> anyhow::Result<ExitCode> {
    match (&options.output, options.oscal) {
        (None, _) => {
            for export in exports {
                world::say(export.text.trim_end())?;
            }
        }
        (Some(folder), Which::All) => whole_folder(folder, exports)?,
        (Some(file), _) => {
            for export in exports {
                new_file(file, export.text.as_bytes())?;
            }
        }
    }
    if let Some(output) = &options.output {
        world::note(&format!("書き出しました: {}({} ファイル)", output.display(), exports.len()));
    }
    // Of the same documents in several files once.
    let mut internal: Vec<&str> = exports.iter().flat_map(|e| &e.internal).map(String::as_str).collect();
    internal.sort_unstable();
    internal.dedup();
    if !internal.is_empty() {
        world::note(&format!(
            "公開していない文書の内容を含みます: {}\n  外に出すときは --public を付けてください。",
            internal.join("、")
        ));
    }
    if let Some(left_out) = exports.last().map(|e| &e.left_out).filter(|l| l.statements > 0) {
        world::note(&format!(
            "公開していない文書にある遵守事項 {} 件は含めていません({})。",
            left_out.statements,
            left_out.documents.join("、")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// All files of the folder or none: it appears when it is complete.
fn whole_folder(target: &Path, exports: &[Export]) -> anyhow::Result<()> {
    let unwritable = || format!("書けません: {}", target.display());
    let above = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(above).with_context(unwritable)?;
    let part = tempfile::Builder::new().prefix(".sekisho-").tempdir_in(above).with_context(unwritable)?;
    for export in exports {
        let file = part.path().join(&export.path);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).with_context(unwritable)?;
        }
        std::fs::write(&file, &export.text).with_context(unwritable)?;
    }
    std::fs::rename(part.path(), target).with_context(unwritable)?;
    let _gone = part.keep();
    Ok(())
}

fn new_file(target: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let unwritable = || format!("書けません: {}", target.display());
    let mut file = std::fs::File::create_new(target).with_context(unwritable)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(unwritable)
}
