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
use policy::{Pack, SourceFile};
use store_blob::{LocalBlobs, SecretVault};
use store_sql::SqlStore;
use worker_client::{CellConfig, CellPool, OfficeConfig};

use crate::{keys::Keys, world::SystemEntropy};

/// What a house is made of.
pub(crate) struct Parts {
    pub(crate) store: Arc<SqlStore>,
    pub(crate) blobs_folder: PathBuf,
    pub(crate) keys: Keys,
    pub(crate) ledger_name: String,
    pub(crate) pack: Pack,
    /// The folder of packs that it came from.
    pub(crate) policies: Vec<SourceFile>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) worker: PathBuf,
    pub(crate) cells: usize,
    /// What converts old formats, if anything does.
    pub(crate) office: Option<OfficeConfig>,
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
    let ports = Ports {
        store: parts.store,
        blobs: Arc::new(blobs),
        sanitiser: Arc::new(cells),
        clock: parts.clock,
        vault: Arc::new(SecretVault::new(parts.keys.master(), entropy.clone())),
        entropy,
        policies: parts.policies.into(),
    };
    let key = parts.keys.signing(&parts.ledger_name)?;
    App::open(ports, parts.pack, key, parts.password_cost).context("方針パックで動かせません")
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

/// The worker beside this program.
///
/// # Errors
/// When the operating system does not say where this program is.
pub(crate) fn worker_beside() -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe().context("このプログラムの場所が分かりません")?;
    Ok(me.with_file_name("sekisho-worker"))
}
