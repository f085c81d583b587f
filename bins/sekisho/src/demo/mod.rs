//! `sekisho demo`: a complete fictional city on an embedded database, on loopback only.
//!
//! Owns preparing the city ([`city`]: its people, [`week`]: its last seven days, [`registers`]: what it keeps) and telling the person at the
//! terminal where to go. Everything in it happened through the use cases and real cells; only the clock was moved.

mod city;
mod duties;
mod editions;
mod registers;
mod requests;
mod rosters;
mod training;
mod week;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::{Context as _, bail};
use app::{PasswordCost, ports::Clock};
use clap::Args;
use serde::Serialize;
use store_sql::{Config as StoreConfig, SqlStore};
use workflow::{Millis, id::ZoneId};

use crate::{
    Listener,
    house::{self, Parts},
    keys::Keys,
    mail, packs, run_house,
    world::{self, SystemClock},
};

/// Where the demo keeps its data unless told otherwise.
pub(crate) const DATA: &str = "sekisho-demo";
/// The name of the demo's ledger.
const LEDGER: &str = "hoshimi.example/sekisho-demo";
/// The demo's pack.
pub(crate) const PACK: &str = "hoshimi";
/// The one password of everybody in the demo.
const PASSWORD: &str = "tsuki-to-hoshi-2026";
/// Cells at once.
const CELLS: usize = 2;

/// `sekisho demo`.
#[derive(Args)]
pub(crate) struct Options {
    /// データのフォルダー。前のデモがあれば続きから始めます
    #[arg(long, default_value = DATA)]
    data: PathBuf,
    /// 最初の系のポート番号。ほかの系はその次から。0なら空いている番号
    #[arg(long, default_value_t = 8610)]
    port: u16,
    /// 方針パックのフォルダー
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
    /// 案内をJSONで表示します
    #[arg(long)]
    json: bool,
}

/// The clock of the demo: the machine's, moved into the past while the last week is prepared.
pub(crate) struct DemoClock {
    behind: AtomicI64,
}

impl Clock for DemoClock {
    fn now(&self) -> Millis {
        SystemClock.now() - self.behind.load(Ordering::Relaxed)
    }
}

impl DemoClock {
    /// Makes the house believe that it is that moment; time goes on from there.
    pub(crate) fn set(&self, moment: Millis) {
        self.behind.store((SystemClock.now() - moment).max(0), Ordering::Relaxed);
    }
}

/// What the demo says when it is open; with `--json` exactly this, as one line.
#[derive(Serialize)]
struct Invitation {
    zones: Vec<InvitedZone>,
    password: &'static str,
    users: Vec<city::Resident>,
    token: Option<String>,
    data: String,
}

#[derive(Serialize)]
struct InvitedZone {
    id: String,
    label: String,
    url: String,
}

/// The database, the folder of keys and the ledger's name of a demo's folder.
///
/// # Errors
/// When there is no demo.
pub(crate) fn place(data: &Path) -> anyhow::Result<(String, PathBuf, String)> {
    let keys = data.join("keys");
    if !Keys::exist(&keys) {
        bail!("{} にデモのデータがありません", data.display());
    }
    Ok((database(data), keys, LEDGER.to_owned()))
}

/// The folder of a demo's index of words.
pub(crate) fn words(data: &Path) -> PathBuf {
    data.join("words")
}

fn database(data: &Path) -> String {
    format!("sqlite:{}", data.join("sekisho.db").display())
}

/// Prepares the city if it is not there, and runs it until interrupted.
///
/// # Errors
/// With what cannot be used.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let data = options.data.as_path();
    let keys_folder = data.join("keys");
    let is_new = !Keys::exist(&keys_folder);
    if is_new {
        // Before anything is made: a policy with a slip leaves nothing behind.
        packs::resolve(&options.policies, PACK)?;
    }
    std::fs::create_dir_all(data).with_context(|| format!("フォルダーを作れません: {}", data.display()))?;
    let keys = if is_new { Keys::create(&keys_folder)? } else { Keys::read(&keys_folder)? };
    let settings = StoreConfig { create_if_missing: is_new, ..StoreConfig::default() };
    let store =
        Arc::new(SqlStore::open(&database(data), settings).await.context("データベースを開けません")?);
    store.migrate().await.context("データベースを今の版に直せません")?;

    let mut policy = house::policy(&store, &options.policies, PACK).await?;
    let text = policy.text.files().to_vec();
    if is_new {
        // The folder's text comes into force in the days that are played.
        policy = editions::before(&policy)?;
    }
    let clock = Arc::new(DemoClock { behind: AtomicI64::new(0) });
    let app = house::open(Parts {
        store: store.clone(),
        blobs_folder: data.join("files"),
        keys,
        ledger_name: LEDGER.to_owned(),
        policy,
        clock: clock.clone(),
        worker: house::worker_beside()?,
        cells: CELLS,
        office: house::office(None, &data.join("office"))?,
        printer: house::printer(None, &[])?,
        // Forty people and every test log in again and again; nothing here is secret.
        password_cost: PasswordCost::WeakForTestPurposesOnly,
    })?;
    // Every zone has a listener here: what is due is in force from the start, also with other zones.
    app.adopt_due_with_its_zones().await.context("承認された版を施行できません")?;
    let app = app.current();
    let pack = app.pack();
    let addresses = addresses(options.port, pack.zones().len())?;
    let zones: Vec<InvitedZone> = pack
        .zones()
        .iter()
        .zip(&addresses)
        .map(|(zone, address)| InvitedZone {
            id: zone.id.clone(),
            label: zone.label.clone(),
            url: format!("http://{address}/"),
        })
        .collect();

    // Nothing leaves the machine: what would be sent lies in a folder.
    let urls = zones.iter().map(|zone| (zone.id.clone(), zone.url.trim_end_matches('/').to_owned()));
    let home = zones.get(1).or(zones.first()).map(|zone| zone.id.clone());
    let mailer = mail::into_folder(data.join("outbox"), urls, home)?;

    // A folder whose preparation was interrupted is not a demo; the mark is written last.
    let mark = data.join("prepared.json");
    let prepared = if is_new {
        let prepared =
            week::prepare(&app, &clock, PASSWORD, &text).await.context("星見市を用意できません")?;
        std::fs::write(&mark, serde_json::to_vec(&prepared)?).context("デモの記録を書けません")?;
        prepared
    } else {
        let text = std::fs::read(&mark).with_context(|| {
            format!("デモの用意が途中で終わっています。{} を消してやり直してください", data.display())
        })?;
        serde_json::from_slice::<city::Prepared>(&text).context("デモの記録を読めません")?
    };

    let listeners = zones
        .iter()
        .zip(addresses)
        .map(|(zone, address)| Listener { zone: ZoneId::new(zone.id.clone()), address, tls: None })
        .collect();
    let invitation = Invitation {
        zones,
        password: PASSWORD,
        users: prepared.residents,
        token: prepared.token,
        data: data.display().to_string(),
    };
    let as_json = options.json;
    let opened = move |_: &[(ZoneId, SocketAddr)]| say(&invitation, as_json);
    run_house(app, listeners, CELLS, Some(mailer), &words(data), opened, world::asked_to_stop()).await?;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Loopback addresses for the zones.
fn addresses(port: u16, zones: usize) -> anyhow::Result<Vec<SocketAddr>> {
    if port == 0 {
        // The system chooses; the sockets are held until all are known, so that no number comes twice.
        let held = (0..zones)
            .map(|_| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .collect::<Result<Vec<_>, _>>()
            .context("空いているポートがありません")?;
        return held.iter().map(|socket| socket.local_addr().context("ポート番号が分かりません")).collect();
    }
    (0..zones)
        .map(|i| {
            let port = u16::try_from(i).ok().and_then(|i| port.checked_add(i));
            match port {
                Some(port) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
                None => bail!("ポート番号が大きすぎます"),
            }
        })
        .collect()
}

fn say(invitation: &Invitation, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        world::say(&serde_json::to_string(invitation)?)?;
        return Ok(());
    }
    world::say("\n星見市の関所が開きました(架空の市です。この機械の中だけで動いています)。\n")?;
    for zone in &invitation.zones {
        world::say(&format!("  {:<24} {}", zone.url, zone.label))?;
    }
    world::say(&format!("\n  パスワードは全員  {}\n", invitation.password))?;
    for user in invitation.users.iter().filter(|u| u.guide.is_some()) {
        let guide = user.guide.as_deref().unwrap_or_default();
        world::say(&format!("  {:<12} {}({})  {guide}", user.login, user.name, user.section))?;
    }
    if let Some(token) = &invitation.token {
        world::say(&format!("\n  APIトークン(LGWAN側、読取り): {token}"))?;
    }
    world::say("\n  まず公開系に staff の人で入り、ファイルを送ってみてください。終えるときは Ctrl-C。\n")?;
    Ok(())
}
