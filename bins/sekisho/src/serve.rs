//! Production: preparing a house once, and running it.
//!
//! Owns the order of checks before the first connection. A house that lacks something says what and does not start.

use std::{
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, bail};
use app::{App, PasswordCost, people::NewPerson};
use axum_server::tls_rustls::RustlsConfig;
use clap::Args;
use policy::Pack;
use store_sql::{Config as StoreConfig, SqlStore};
use workflow::id::{SectionId, UserId, ZoneId};

use crate::{
    Listener,
    config::Config,
    house::{self, Parts},
    keys::Keys,
    packs, run_house,
    world::{self, SystemClock},
};

/// `sekisho serve`.
#[derive(Args)]
pub(crate) struct Options {
    /// 設定ファイル(形式は docs/operations.md)
    #[arg(long)]
    pub(crate) config: PathBuf,
}

/// `sekisho init`.
#[derive(Args)]
pub(crate) struct InitOptions {
    /// 設定ファイル(形式は docs/operations.md)
    #[arg(long)]
    config: PathBuf,
    /// 最初の管理者のログイン名
    #[arg(long)]
    login: String,
    /// 最初の管理者の氏名
    #[arg(long)]
    name: String,
    /// 氏名のふりがな
    #[arg(long)]
    kana: String,
    /// 所属(方針パックの課のid)
    #[arg(long)]
    section: String,
    /// 管理者の職(方針パックの職のid。情報システム管理者の役割をもつもの)
    #[arg(long)]
    post: String,
}

/// Runs a house in production.
///
/// # Errors
/// With what is missing.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    world::prepare_tls()?;
    let config = Config::read(&options.config)?;
    let keys = Keys::read(&config.keys)?;
    let store = Arc::new(open_store(&config, false).await?);
    let policy = house::policy(&store, &config.policies, &config.pack).await?;
    let cells = config.cells;
    // Before anything opens: a mail server that was written wrongly is found by whoever starts the server.
    let mailer = config.mail.as_ref().map(crate::mail::MailConfig::open).transpose()?;
    let app = house::open(parts(config.clone(), policy, keys, store.clone())?)?;
    // An edition with other zones than those of what ran waits for a start with listeners for exactly them.
    let zones: Vec<ZoneId> = config.listeners.iter().map(|(zone, ..)| ZoneId::new(zone.clone())).collect();
    if app.adopt_at_start(&zones).await.context("承認された版を施行できません")? {
        world::say("施行日が来た版を施行しました。")?;
    }
    let app = app.current();
    let listeners = listeners(&config, app.pack()).await?;
    let opened = |bound: &[(ZoneId, SocketAddr)]| {
        for (zone, address) in bound {
            world::say(&format!("{zone} https://{address}/"))?;
        }
        world::say("関所を開きました。終えるときは SIGTERM を送ってください。").map_err(Into::into)
    };
    // Beside the files: it is of this machine as they are, and no backup needs it.
    let words = config.words();
    run_house(app, listeners, cells, mailer, &words, opened, world::asked_to_stop()).await?;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Prepares a house: keys, database, the first administrator.
///
/// # Errors
/// When one of them is there already.
pub(crate) async fn init(options: InitOptions) -> anyhow::Result<ExitCode> {
    let config = Config::read(&options.config)?;
    let pack = packs::resolve(&config.policies, &config.pack)?;
    let post = pack
        .post(&options.post)
        .with_context(|| format!("職「{}」は方針パックにありません", options.post))?;
    if !post.roles.iter().any(|r| r == authz_role()) {
        bail!("職「{}」は情報システム管理者の役割をもちません", post.title);
    }
    let unit = match post.scope {
        policy::Scope::City => None,
        policy::Scope::Section => Some(post.section.clone().unwrap_or_else(|| options.section.clone())),
        policy::Scope::Department => {
            post.department.clone().or_else(|| pack.section(&options.section).map(|s| s.department.clone()))
        }
    };
    if Keys::exist(&config.keys) {
        bail!("鍵がもうあります({})。準備は1度だけです", config.keys.display());
    }
    // Keys come last of what a slip in the configuration can stop, and go again if the first administrator is refused:
    // once they are there, this is not repeated.
    let store = Arc::new(open_store(&config, true).await?);
    let keys_folder = config.keys.clone();
    let keys = Keys::create(&keys_folder)?;
    let person = NewPerson {
        login: options.login.clone(),
        name: options.name,
        kana: options.kana,
        section: SectionId::new(options.section),
    };
    let policy = house::policy(&store, &config.policies, &config.pack).await?;
    let (app, id, password) = match first_person(config, policy, keys, store.clone(), person).await {
        Ok(made) => made,
        Err(error) => {
            Keys::discard(&keys_folder).context("使われなかった鍵を消せません")?;
            return Err(error);
        }
    };
    app.install_post(&id, &options.post, unit.as_deref()).await.context("管理者に職を与えられません")?;
    while app.seal().await? > 0 {}
    world::say(&format!("検証鍵(監査人に渡してください): {}", app.vkey()))?;
    world::say(&format!("ログイン名 {} の最初のパスワード: {password}", options.login))?;
    world::say("最初のログインで変更を求められます。この表示は2度と出ません。")?;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// The role that administers accounts, by the word that the rules of rights know it by.
fn authz_role() -> &'static str {
    "system-manager"
}

/// Opens the house for the first time and registers its first person, with the password for the first login.
async fn first_person(
    config: Config,
    policy: house::Policy,
    keys: Keys,
    store: Arc<SqlStore>,
    person: NewPerson,
) -> anyhow::Result<(App, UserId, String)> {
    let app = house::open(parts(config, policy, keys, store)?)?;
    app.load_organisation().await?;
    let password = app.first_password();
    let id = app.install_person(person, &password, true).await.context("管理者を登録できません")?;
    Ok((app, id, password))
}

pub(crate) async fn open_store(config: &Config, create: bool) -> anyhow::Result<SqlStore> {
    let about = || "データベースを開けません";
    let settings = StoreConfig { create_if_missing: create, ..StoreConfig::default() };
    let store = SqlStore::open(&config.database, settings).await.with_context(about)?;
    store.migrate().await.context("データベースを今の版に直せません")?;
    Ok(store)
}

pub(crate) fn parts(
    config: Config,
    policy: house::Policy,
    keys: Keys,
    store: Arc<SqlStore>,
) -> anyhow::Result<Parts> {
    Ok(Parts {
        store,
        blobs_folder: config.blobs,
        keys,
        ledger_name: config.ledger,
        policy,
        clock: Arc::new(SystemClock),
        worker: match config.worker {
            Some(path) => path,
            None => house::worker_beside()?,
        },
        cells: config.cells,
        office: house::office(config.office.as_deref(), &config.office_folder)?,
        printer: house::printer(config.report.as_deref(), &config.fonts)?,
        password_cost: PasswordCost::Strong,
    })
}

/// A listener with TLS for each zone of the pack, no more and no fewer.
async fn listeners(config: &Config, pack: &Pack) -> anyhow::Result<Vec<Listener>> {
    for zone in pack.zones() {
        if !config.listeners.iter().any(|(id, ..)| *id == zone.id) {
            bail!("系「{}」の待受け [listener.{}] が設定ファイルにありません", zone.label, zone.id);
        }
    }
    let mut listeners = Vec::new();
    for (zone, address, certificate, private_key) in &config.listeners {
        if pack.zone(zone).is_none() {
            bail!("[listener.{zone}] の系は方針パックにありません");
        }
        refuse_loose_key(private_key)?;
        let tls = RustlsConfig::from_pem_file(certificate, private_key).await.with_context(|| {
            format!(
                "{zone} の証明書または鍵を使えません: {} と {}",
                certificate.display(),
                private_key.display()
            )
        })?;
        listeners.push(Listener { zone: ZoneId::new(zone.clone()), address: *address, tls: Some(tls) });
    }
    Ok(listeners)
}

/// Whoever can read the key of a listener can pretend to be it.
fn refuse_loose_key(path: &Path) -> anyhow::Result<()> {
    let about = || format!("待受けの鍵を読めません: {}", path.display());
    let mode = std::fs::metadata(path).with_context(about)?.permissions().mode();
    if mode & 0o007 != 0 {
        bail!("待受けの鍵をほかの利用者も読めます。chmod o= {} で直してください", path.display());
    }
    Ok(())
}
