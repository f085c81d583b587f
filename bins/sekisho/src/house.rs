//! A house that runs: the use cases wired to a store, a disk, cells and listeners.
//!
//! Owns the wiring and the life of background work. Every listener belongs to one zone of the pack; the zone of a
//! connection follows from the listener alone.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use app::{
    App, PasswordCost, Ports,
    ports::{Clock, Entropy},
    sanitising::CellSettings,
};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use policy::Pack;
use store_blob::{LocalBlobs, SecretVault};
use store_sql::SqlStore;
use tokio::{sync::watch, task::JoinSet};
use web::{Streams, ZoneSetting};
use worker_client::{CellConfig, CellPool};
use workflow::id::ZoneId;

use crate::{keys::Keys, world::SystemEntropy};

/// What a house is made of.
pub(crate) struct Parts {
    pub(crate) store: Arc<SqlStore>,
    pub(crate) blobs_folder: PathBuf,
    pub(crate) keys: Keys,
    pub(crate) ledger_name: String,
    pub(crate) pack: Pack,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) worker: PathBuf,
    pub(crate) cells: usize,
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
    let cells = CellPool::new(CellConfig {
        running_max: parts.cells.max(1),
        spare: parts.cells.max(1),
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
    };
    let key = parts.keys.signing(&parts.ledger_name)?;
    App::open(ports, parts.pack, key, parts.password_cost).context("方針パックで動かせません")
}

/// The worker beside this program.
///
/// # Errors
/// When the operating system does not say where this program is.
pub(crate) fn worker_beside() -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe().context("このプログラムの場所が分かりません")?;
    Ok(me.with_file_name("sekisho-worker"))
}

/// A listener and its zone.
pub(crate) struct Listener {
    pub(crate) zone: ZoneId,
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<RustlsConfig>,
}

/// How long requests may take to finish once the house closes.
const CLOSING: Duration = Duration::from_secs(10);

/// Runs a house until `stop` resolves: listeners, cells, the sealer, housekeeping. `opened` is called when every
/// listener is bound.
///
/// # Errors
/// When an address cannot be bound, or a listener ends by itself.
pub(crate) async fn run(
    app: App,
    listeners: Vec<Listener>,
    cells: usize,
    opened: impl FnOnce() -> anyhow::Result<()>,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    app.load_organisation().await.context("組織を読み込めません")?;
    app.note_opening(env!("CARGO_PKG_VERSION")).await.context("証跡に書けません")?;

    let (closing, closed) = watch::channel(false);
    let until_closed = |mut closed: watch::Receiver<bool>| async move {
        // The sender lives until the end of this function; an error means that it is over.
        let _ = closed.wait_for(|is| *is).await;
    };
    let mut background = JoinSet::new();
    let settings = CellSettings { parallel: cells.max(1), ..CellSettings::default() };
    {
        let (app, end) = (app.clone(), until_closed(closed.clone()));
        background.spawn(async move { app.run_cells(settings, end).await });
    }
    {
        let (app, end) = (app.clone(), until_closed(closed.clone()));
        background.spawn(async move { app.run_sealer(end).await });
    }
    {
        let (app, end) = (app.clone(), until_closed(closed.clone()));
        background.spawn(async move { app.run_housekeeping(end).await });
    }

    let handle = Handle::new();
    let streams = Streams::default();
    let mut servers = JoinSet::new();
    for Listener { zone, address, tls } in listeners {
        let socket = std::net::TcpListener::bind(address)
            .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
            .with_context(|| {
                format!("{zone} の待受け {address} を開けません。ほかのプログラムが使っていませんか")
            })?;
        let setting =
            ZoneSetting { zone, tls: tls.is_some(), request_bytes_max: request_bytes_max(app.pack()) };
        let service = web::router(app.clone(), setting, streams.clone())
            .into_make_service_with_connect_info::<SocketAddr>();
        let handle = handle.clone();
        match tls {
            Some(tls) => {
                let server = axum_server::from_tcp_rustls(socket, tls)?.handle(handle);
                servers.spawn(async move { server.serve(service).await });
            }
            None => {
                let server = axum_server::from_tcp(socket)?.handle(handle);
                servers.spawn(async move { server.serve(service).await });
            }
        }
    }
    opened()?;

    let outcome = tokio::select! {
        () = stop => Ok(()),
        Some(ended) = servers.join_next() => Err(match ended {
            Ok(Ok(())) => anyhow::anyhow!("待受けが終わりました"),
            Ok(Err(error)) => anyhow::Error::new(error).context("待受けが止まりました"),
            Err(error) => anyhow::Error::new(error).context("待受けが止まりました"),
        }),
    };
    handle.graceful_shutdown(Some(CLOSING));
    while servers.join_next().await.is_some() {}
    closing.send_replace(true);
    while background.join_next().await.is_some() {}
    outcome
}

/// One submission: every file of the largest channel, and a little for the form.
fn request_bytes_max(pack: &Pack) -> u64 {
    const FORM_BYTES: u64 = 1 << 20;
    let of = |c: &policy::Channel| {
        let (bytes, files) = (c.file_bytes_max.value.unwrap_or(0), c.files_max.value.unwrap_or(0));
        bytes.saturating_mul(files)
    };
    pack.channels().iter().map(of).max().unwrap_or(0).saturating_add(FORM_BYTES)
}
