//! A house: the use cases wired to a store, a disk and cells.
//!
//! Owns the wiring. Leaves listeners and background work to `main`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use app::{
    App, PasswordCost, Ports,
    ports::{Clock, Entropy},
};
use policy::{EditionText, Pack, SourceFile};
use store_blob::{LocalBlobs, SecretVault};
use store_sql::SqlStore;
use worker_client::{CellConfig, CellPool, OfficeConfig, Printer, PrinterConfig};
use workflow::id::EditionId;

use crate::{keys::Keys, packs, world::SystemEntropy};

/// What a house runs, and where it is from.
pub(crate) struct Policy {
    pub(crate) pack: Pack,
    pub(crate) text: EditionText,
    /// The edition of the store; `None` for the folder's files.
    pub(crate) edition: Option<EditionId>,
    /// Every file of the folder of packs: what imported texts are compared with.
    pub(crate) policies: Vec<SourceFile>,
}

/// The edition in force by the store; the folder's files only while the store has none.
///
/// # Errors
/// When it cannot be read by this version, or the folder cannot.
pub(crate) async fn policy(store: &SqlStore, folder: &Path, id: &str) -> anyhow::Result<Policy> {
    let (text, edition, policies) = match app::editions::in_force(store)
        .await
        .context("施行中の版を読めません")?
    {
        Some((edition, text)) => {
            if text.pack() != id {
                bail!(
                    "設定の方針パックは「{id}」ですが、施行中の版は「{}」のものです。設定を直してください",
                    text.pack()
                );
            }
            tracing::info!(edition = %edition.id, digest = %edition.digest, "the policy is the edition in force; the folder's files are not used");
            // What runs does not need the folder, and must not stop for it.
            let policies = packs::load(folder).unwrap_or_else(|error| {
                tracing::warn!(folder = %folder.display(), error = format!("{error:#}"), "imported texts are compared with nothing");
                Vec::new()
            });
            (text, Some(edition.id), policies)
        }
        None => {
            tracing::info!(folder = %folder.display(), "no edition is in force yet: the policy is that of the folder's files");
            let policies = packs::load(folder)?;
            (packs::text_of(policies.clone(), id)?, None, policies)
        }
    };
    Ok(Policy { pack: packs::runnable(&text)?, text, edition, policies })
}

/// What a house is made of.
pub(crate) struct Parts {
    pub(crate) store: Arc<SqlStore>,
    pub(crate) blobs_folder: PathBuf,
    pub(crate) keys: Keys,
    pub(crate) ledger_name: String,
    pub(crate) policy: Policy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) worker: PathBuf,
    pub(crate) cells: usize,
    /// What converts old formats, if anything does.
    pub(crate) office: Option<OfficeConfig>,
    /// What prints forms, if anything does.
    pub(crate) printer: Option<PrinterConfig>,
    pub(crate) password_cost: PasswordCost,
}

/// Wires a house together. Nothing runs yet.
///
/// # Errors
/// When the disk, the worker or the pack cannot be used; the message says which.
pub(crate) fn open(parts: Parts) -> anyhow::Result<App> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let blobs = LocalBlobs::open(&parts.blobs_folder, parts.keys.master(), entropy.clone())
        .with_context(|| format!("ファイル置場を開けません: {}", parts.blobs_folder.display()))?;
    if !parts.worker.is_file() {
        bail!(
            "無害化プログラムが見つかりません: {}。sekisho と同じ場所に置いてください",
            parts.worker.display()
        );
    }
    match &parts.office {
        Some(office) => tracing::info!(program = %office.program.display(), "old formats are converted"),
        None => tracing::info!("no office program; files of old formats are held"),
    }
    let cells = CellPool::new(CellConfig {
        running_max: parts.cells.max(1),
        spare: parts.cells.max(1),
        notes: web::words::notes(),
        office: parts.office,
        ..CellConfig::new(parts.worker)
    });
    cells.warm().context("無害化プログラムを起動できません")?;
    match &parts.printer {
        Some(printer) if printer.is_installed() => {
            tracing::info!(program = %printer.program.display(), "forms are printed as PDF");
        }
        Some(printer) => tracing::info!(
            program = %printer.program.display(),
            "forms are printed as PDF as soon as this program is there; as workbooks until then"
        ),
        None => tracing::info!("no font to print with; forms are offered as workbooks only"),
    }
    let Policy { pack, text, edition, policies } = parts.policy;
    let ports = Ports {
        store: parts.store,
        blobs: Arc::new(blobs),
        sanitiser: Arc::new(cells),
        clock: parts.clock,
        vault: Arc::new(SecretVault::new(parts.keys.master(), entropy.clone())),
        entropy,
        policies: policies.into(),
        printer: parts
            .printer
            .map(|config| Arc::new(Printer::new(config)) as Arc<dyn app::printing::Printer>),
    };
    let key = parts.keys.signing(&parts.ledger_name)?;
    let app = App::open(ports, pack, key, parts.password_cost).context("方針パックで動かせません")?;
    app.runs(text, edition);
    Ok(app)
}

/// The office program that was asked for: the one at a path, none, or what is installed. When no place in memory can be
/// had, it works below this folder.
///
/// # Errors
/// When there is none at the path.
pub(crate) fn office(asked: Option<&str>, folder: &Path) -> anyhow::Result<Option<OfficeConfig>> {
    match asked {
        Some("none") => Ok(None),
        None => Ok(OfficeConfig::find(OfficeConfig::place_or(folder))),
        Some(path) => OfficeConfig::new(Path::new(path), OfficeConfig::place_or(folder))
            .map(Some)
            .with_context(|| format!("オフィスソフト(LibreOffice)が見つかりません: {path}")),
    }
}

/// The program that prints and the fonts that were asked for: those at a path, none, or what is installed.
///
/// # Errors
/// When a program or a font that was named is not there.
pub(crate) fn printer(asked: Option<&str>, fonts: &[PathBuf]) -> anyhow::Result<Option<PrinterConfig>> {
    let program = match asked {
        Some("none") => return Ok(None),
        Some(path) => PathBuf::from(path),
        None => beside("sekisho-report")?,
    };
    if let Some(font) = fonts.iter().find(|font| !font.is_file()) {
        bail!("フォントが見つかりません: {}", font.display());
    }
    if asked.is_some() && !program.is_file() {
        bail!("印刷のプログラムが見つかりません: {}", program.display());
    }
    Ok(if fonts.is_empty() {
        PrinterConfig::find(&program)
    } else {
        PrinterConfig::new(&program, fonts.to_vec())
    })
}

/// The worker beside this program.
///
/// # Errors
/// When the operating system does not say where this program is.
pub(crate) fn worker_beside() -> anyhow::Result<PathBuf> {
    beside("sekisho-worker")
}

fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe().context("このプログラムの場所が分かりません")?;
    Ok(me.with_file_name(name))
}
