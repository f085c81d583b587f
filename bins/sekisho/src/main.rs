//! The server and the command line of Sekisho.
//!
//! Owns choosing the command, and the life of a running house ([`run_house`]): its listeners and its background work.
//! Every listener belongs to one zone of the pack; the zone of a connection follows from the listener alone.
//! Leaves wiring to `house`, and everything that is decided to `app` and the packages it asks.
//!
//! To follow one request from here to its entry of evidence, read the routes in `crates/web/src/lib.rs`, the handler in
//! `crates/web/src/screens/send.rs`, the use case in `crates/app/src/transfers.rs`, the decision in
//! `crates/workflow/src/transfer.rs`, and the entry in `crates/app/src/evidence.rs`.

mod bundle;
mod catalog_command;
mod config;
mod demo;
mod export_command;
mod find_command;
mod forms_command;
mod house;
mod import_command;
mod keys;
mod ledger_command;
mod machine;
mod mail;
mod packs;
mod parameters_command;
mod people_command;
mod policy_command;
mod policy_out;
mod register_command;
mod sanitize;
mod serve;
mod setup;
mod world;

use std::{net::SocketAddr, path::Path, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use app::{App, notices::Mailer, sanitising::CellSettings};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use clap::{Parser, Subcommand};
use policy::Pack;
use tokio::{sync::watch, task::JoinSet};
use web::{Streams, ZoneSetting};
use workflow::id::ZoneId;

/// 関所(せきしょ): 情報セキュリティポリシーを、動く仕組みにします。
#[derive(Parser)]
#[command(name = "sekisho", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 架空の星見市を、この機械だけで動かします(平文HTTP、ループバックのみ)
    Demo(demo::Options),
    /// 本番の準備: 鍵とデータベースを作り、最初の管理者を登録します
    Init(serve::InitOptions),
    /// はじめての準備: 自分の団体の方針・設定・鍵・データベース・職員を、質問に答えて一度に作ります
    Setup(setup::Options),
    /// 本番として動かします(TLS、デモ利用者なし)
    Serve(serve::Options),
    /// ファイルやフォルダーを無害化します。終了コード: 0 すべて通った、3 遮断または保留あり、2 使い方の誤り、1 失敗
    Sanitize(sanitize::Options),
    /// 方針パックを検査し、表示します
    #[command(subcommand)]
    Policy(policy_command::Command),
    /// お知らせのメールを試します
    #[command(subcommand)]
    Mail(mail::Command),
    /// 証跡の台帳を見て、書き出し、検証します
    #[command(subcommand)]
    Ledger(ledger_command::Command),
    /// 台帳を見て、書き出し、確かめます
    #[command(subcommand)]
    Register(register_command::Command),
    /// 人事異動の表を確かめ、計画を見ます
    #[command(subcommand)]
    People(people_command::Command),
    /// 言葉で探します。終了コード: 0 見つかった、3 見つからない
    Find(find_command::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    world::start_log();
    let done = match arguments.command {
        Command::Demo(options) => world::run(demo::run(options)),
        Command::Init(options) => world::run(serve::init(options)),
        Command::Setup(options) => world::run(setup::run(options)),
        Command::Serve(options) => world::run(serve::run(options)),
        Command::Sanitize(options) => world::run(sanitize::run(options)),
        Command::Policy(command) => policy_command::run(&command),
        Command::Mail(mail::Command::Test(options)) => world::run(mail::test(options)),
        Command::Ledger(ledger_command::Command::Verify(options)) => return sekisho_verify::run(&options),
        Command::Ledger(command) => world::run(ledger_command::run(command)),
        Command::Register(command) => world::run(register_command::run(command)),
        Command::People(command) => world::run(people_command::run(command)),
        Command::Find(options) => world::run(find_command::run(options)),
    };
    done.unwrap_or_else(|error| {
        world::complain(&error);
        ExitCode::FAILURE
    })
}

/// A listener and its zone.
pub(crate) struct Listener {
    pub(crate) zone: ZoneId,
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<RustlsConfig>,
}

/// How long requests may take to finish once the house closes.
const CLOSING: Duration = Duration::from_secs(10);

/// Runs a house until `stop` resolves: listeners, cells, the sealer, housekeeping, mails where something sends them, the index of words, which lies in the folder
/// `words`. `opened` is called when every
/// listener is bound, with the addresses they got.
///
/// # Errors
/// When an address cannot be bound, or a listener ends by itself.
pub(crate) async fn run_house(
    app: App,
    listeners: Vec<Listener>,
    cells: usize,
    mailer: Option<Arc<dyn Mailer>>,
    words: &Path,
    opened: impl FnOnce(&[(ZoneId, SocketAddr)]) -> anyhow::Result<()>,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    // Before evidence says that the house opened: it does not when another program holds one of the addresses.
    let mut sockets = Vec::new();
    let mut bound = Vec::new();
    for Listener { zone, address, tls } in listeners {
        let socket = std::net::TcpListener::bind(address)
            .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
            .with_context(|| {
                format!("{zone} の待受け {address} を開けません。ほかのプログラムが使っていませんか")
            })?;
        bound.push((zone.clone(), socket.local_addr()?));
        sockets.push((zone, socket, tls));
    }
    // What was approved since the pack was written holds before the first connection.
    app.load_values().await.context("承認された値で動かせません")?;
    let app = app.current();
    app.load_organisation().await.context("組織を読み込めません")?;
    app.note_opening(env!("CARGO_PKG_VERSION")).await.context("証跡に書けません")?;
    // The lock on the folder of files says that no other process of this house runs: what is in a cell according to the
    // database was in one of a process that died.
    let released = app.release_cells().await.context("無害化の待ち行列を読めません")?;
    if released > 0 {
        tracing::warn!(
            released,
            "files were in a cell when the program ended last; they are sanitised again"
        );
    }

    let (closing, closed) = watch::channel(false);
    let until_closed = |mut closed: watch::Receiver<bool>| async move {
        // The sender lives until the end of this function; an error means that it is over.
        let _ = closed.wait_for(|is| *is).await;
    };
    let mut background = JoinSet::new();
    let settings = CellSettings { parallel: cells.max(1), alone: true, ..CellSettings::default() };
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
    if let Some(mailer) = mailer {
        let (app, end) = (app.clone(), until_closed(closed.clone()));
        background.spawn(async move { app.run_mails(mailer, end).await });
    }

    // Searching by words is a convenience: a disk that does not do keeps nobody from working.
    match search::NodeIndex::open(words) {
        Ok(index) => app.use_words(Arc::new(index)),
        Err(error) => {
            tracing::warn!(folder = %words.display(), %error, "nothing is found by words until the next start");
        }
    }
    {
        let (app, end) = (app.clone(), until_closed(closed.clone()));
        background.spawn(async move { app.run_indexing(end).await });
    }

    let handle = Handle::new();
    let streams = Streams::default();
    let mut servers = JoinSet::new();
    for (zone, socket, tls) in sockets {
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
    opened(&bound)?;

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
