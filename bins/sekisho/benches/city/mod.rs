//! A city's database as large as after years, the house on it, and a client: what the benches of pages have in common.
//!
//! Owns filling and opening. Leaves what is asked, and what is said of it, to the benches.

use std::{
    collections::BTreeMap,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime},
};

use anyhow::{Context as _, Result, ensure};
use app::{
    App, PasswordCost, Ports,
    actor::Door,
    model::{LedgerHead, NewEvidence, User},
    people::NewPerson,
    ports::{Clock, Entropy, Store as _},
    registers::plan::{PlanLine, RegisterPlan},
};
use ledger::{Checkpoint, Hash, SigningKey, TileId};
use policy::{Pack, SourceFile};
use serde_json::json;
use store_blob::{LocalBlobs, MasterSecret, SecretVault};
use store_sql::{Config, SqlStore, load::Loader};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};
use web::{Streams, ZoneSetting};
use worker_client::{CellConfig, CellPool};
use workflow::{
    Millis,
    id::{EvidenceId, SectionId, TransferId, UserId, ZoneId},
    route::{Approval, Route, Term},
    transfer::{Recipient, State, Transfer},
};

/// People with accounts, besides those who are logged in.
pub(crate) const PEOPLE: u64 = 6_300;
/// Entries of evidence of one transfer.
const ENTRIES: u64 = 10;
pub(crate) const ZONE: &str = "lgwan";
pub(crate) const PASSWORD: &str = "load-test-of-pages-1";
pub(crate) const SECTIONS: [&str; 6] =
    ["general-affairs", "digital", "residents", "welfare", "planning", "water"];
pub(crate) const SECTIONS_COUNT: u64 = SECTIONS.len() as u64;
/// Milliseconds between two transfers of the database.
pub(crate) const STEP: Millis = 600_000;

#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) transfers: u64,
    pub(crate) assets: u64,
    pub(crate) people: u64,
}

#[expect(clippy::disallowed_methods, reason = "the bench is made smaller by the environment")]
pub(crate) fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub(crate) fn clock() -> Instant {
    Instant::now()
}

pub(crate) struct Machine;

impl Clock for Machine {
    #[expect(clippy::disallowed_methods, reason = "the clock of the bench")]
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
    }
}

/// Distinct, not secret.
pub(crate) struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        for piece in buffer.chunks_mut(8) {
            // A step of Weyl's sequence, spread by a multiplication: distinct for 2^64 steps.
            let n = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            let spread = n.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ (n >> 29);
            for (to, from) in piece.iter_mut().zip(spread.to_be_bytes()) {
                *to = from;
            }
        }
    }

    fn id(&self, now: Millis) -> String {
        let mut random = [0; 10];
        self.fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(u64::try_from(now).unwrap_or(0), &random)
            .into_uuid()
            .to_string()
    }
}

/// The database of that size, filled if it is not there, and the house on it.
pub(crate) async fn open(name: &str, size: Size) -> Result<(App, SqlStore)> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("{name}-{}-{}-{}", size.transfers, size.assets, size.people));
    let finished = folder.join("finished");
    let is_new = !finished.exists();
    if is_new {
        // What an interrupted run left is no database.
        std::fs::remove_dir_all(&folder).or_else(|e| if folder.exists() { Err(e) } else { Ok(()) })?;
        std::fs::create_dir_all(&folder)?;
    }
    let url = format!("sqlite:{}", folder.join("city.db").display());
    let store = SqlStore::open(&url, Config { create_if_missing: is_new, ..Config::default() }).await?;
    store.migrate().await?;
    let app = app(Arc::new(store.clone()), &folder)?;
    app.load_organisation().await?;
    if is_new {
        let begun = clock();
        fill(&app, &store, size).await.context("the database cannot be filled")?;
        measure("filling", begun.elapsed().as_secs_f64(), "s", None)?;
        std::fs::write(&finished, "")?;
    }
    Ok((app, store))
}

/// The house at the inner zone's door, on a port of its own.
pub(crate) fn serve(app: &App) -> Result<(SocketAddr, tokio::task::JoinHandle<std::io::Result<()>>)> {
    let setting = ZoneSetting { zone: ZoneId::new(ZONE), tls: false, request_bytes_max: 1 << 20 };
    let service = web::router(app.clone(), setting, Streams::default())
        .into_make_service_with_connect_info::<SocketAddr>();
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    socket.set_nonblocking(true)?;
    let address = socket.local_addr()?;
    Ok((address, tokio::spawn(axum_server::from_tcp(socket)?.serve(service))))
}

/// The door that everybody comes in at.
pub(crate) fn door() -> Door {
    Door { zone: ZoneId::new(ZONE), address: "127.0.0.1".to_owned() }
}

/// The cookie of somebody who is logged in.
pub(crate) async fn enter(app: &App, n: u64) -> Result<String> {
    let login = app.login(&door(), &login(n), PASSWORD).await?;
    Ok(format!("sekisho-{ZONE}={}", login.secret))
}

/// One request on a connection that stays open, and what was answered. Anything but 200 is a failure of the bench.
pub(crate) async fn get(stream: &mut BufReader<TcpStream>, path: &str, cookie: &str) -> Result<Vec<u8>> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n\r\n");
    stream.get_mut().write_all(request.as_bytes()).await?;
    let mut status = String::new();
    stream.read_line(&mut status).await?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    ensure!(status.contains(" 200 ") && length > 0, "{} {}", status.trim(), String::from_utf8_lossy(&body));
    Ok(body)
}

/// Prints a measure, and its peer of the same run.
pub(crate) fn measure(name: &str, value: f64, unit: &str, peer: Option<(f64, &str)>) -> Result<()> {
    // More digits than that are noise.
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let mut line = json!({ "name": name, "value": round(value), "unit": unit });
    if let (Some((value, word)), Some(line)) = (peer, line.as_object_mut()) {
        line.insert("peer".to_owned(), json!(round(value)));
        line.insert("peer_name".to_owned(), json!(word));
    }
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}

pub(crate) fn app(store: Arc<SqlStore>, folder: &Path) -> Result<App> {
    let entropy = Arc::new(Counter(AtomicU64::new(u64::try_from(Machine.now()).unwrap_or(1))));
    let secret = || MasterSecret::new([7; 32]);
    let ports = Ports {
        store,
        blobs: Arc::new(LocalBlobs::open(&folder.join("files"), secret(), entropy.clone())?),
        // Started for a workbook that comes in, and for nothing else.
        sanitiser: Arc::new(CellPool::new(CellConfig::new(worker()))),
        clock: Arc::new(Machine),
        vault: Arc::new(SecretVault::new(secret(), entropy.clone())),
        policies: Arc::new([]),
        printer: None,
        entropy,
    };
    Ok(App::open(ports, pack()?, key()?, PasswordCost::WeakForTestPurposesOnly)?)
}

/// The program of the cells, beside the house's own.
pub(crate) fn worker() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_sekisho")).with_file_name("sekisho-worker")
}

pub(crate) fn key() -> Result<SigningKey> {
    Ok(SigningKey::from_seed("hoshimi.example/load", &[9; 32])?)
}

pub(crate) fn pack() -> Result<Pack> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = Vec::new();
    for layer in ["base", "hoshimi"] {
        for entry in std::fs::read_dir(root.join(layer))? {
            let entry = entry?;
            let path = format!("{layer}/{}", entry.file_name().to_string_lossy());
            files.push(SourceFile { path, text: std::fs::read_to_string(entry.path())? });
        }
    }
    Ok(Pack::resolve(&files, "hoshimi").map_err(|p| anyhow::anyhow!("{p:?}"))?.pack)
}

pub(crate) fn login(n: u64) -> String {
    format!("person{n:05}")
}

pub(crate) fn transfer_id(n: u64) -> TransferId {
    TransferId::new(format!("00000000-0000-7000-8000-{n:012}"))
}

pub(crate) fn section(n: u64) -> SectionId {
    let index = usize::try_from(n).unwrap_or(0) % SECTIONS.len();
    SectionId::new(SECTIONS.get(index).copied().unwrap_or("residents"))
}

pub(crate) async fn fill(app: &App, store: &SqlStore, size: Size) -> Result<()> {
    let mut people = Vec::new();
    for n in 0..size.people {
        let person = NewPerson {
            login: login(n),
            name: format!("試験 {n:05}"),
            kana: format!("しけん {n:05}"),
            section: section(n),
        };
        let id = app.install_person(person, PASSWORD, false).await?;
        // Every tenth may look at evidence.
        match n.is_multiple_of(10) {
            true => app.install_post(&id, "auditor", None).await?,
            false => app.install_post(&id, "staff", Some(section(n).as_str())).await?,
        }
        people.push(id);
    }
    assets(app, size).await?;
    let model = store.user_by_login(&login(0)).await?.context("the first person is gone")?;
    let first = Machine.now() - STEP * Millis::try_from(size.transfers)?;

    let loader = Loader::start(store).await?;
    loader
        .users((0..PEOPLE).map(|n| User {
            id: UserId::new(format!("u-{n:06}")),
            login: format!("resident{n:05}"),
            name: format!("職員 {n:05}"),
            kana: format!("しょくいん {n:05}"),
            section: section(n),
            ..model.clone()
        }))
        .await?;
    let person = |n: u64| {
        let index = usize::try_from(n % size.people).unwrap_or(0);
        people.get(index).cloned().unwrap_or_else(|| model.id.clone())
    };
    loader
        .transfers(
            (0..size.transfers).map(|n| (transfer(n, person(n), person(n + 1), first), format!("load-{n}"))),
        )
        .await?;
    let entries = size.transfers * ENTRIES;
    loader.sealed_evidence(0, (0..entries).map(|n| evidence(n, person(n / ENTRIES), first))).await?;
    let leaves: Vec<Hash> = (0..entries).map(|n| ledger::leaf_hash(&leaf(n))).collect();
    let grown = ledger::append(0, &BTreeMap::<TileId, Vec<u8>>::new(), &leaves)
        .map_err(|e| anyhow::anyhow!("the tree: {e}"))?;
    let key = key()?;
    let checkpoint = Checkpoint::new(key.verifier(), grown.size, grown.root).sign(&key)?;
    let tiles = grown.tiles.into_iter().map(|(id, bytes)| ((id.level, id.index), bytes));
    loader.ledger(tiles, &LedgerHead { size: grown.size, checkpoint }).await?;
    loader.finish().await?;
    while app.seal().await? > 0 {}
    Ok(())
}

/// The register of information, put in section by section as an import does it.
pub(crate) async fn assets(app: &App, size: Size) -> Result<()> {
    let door = door();
    // The first of each section who is no auditor.
    for n in 1..=SECTIONS_COUNT {
        let secret = app.login(&door, &login(n), PASSWORD).await?.secret;
        let actor = app.resume(&door, &secret).await?;
        let lines = (0..size.assets / SECTIONS_COUNT).map(|k| {
            let values = [
                ("name", format!("窓口業務の記録 {n}-{k}")),
                ("kind", "電子データ".to_owned()),
                ("confidentiality", format!("c{}", 1 + k % 3)),
                ("integrity", format!("i{}", 1 + k % 2)),
                ("availability", format!("a{}", 1 + k % 2)),
                ("personal-data", k.is_multiple_of(2).to_string()),
                ("place", format!("共有ファイルサーバ {}", k % 100)),
                ("keeper", login(n)),
            ];
            let values = values.into_iter().map(|(column, value)| (column.to_owned(), value)).collect();
            PlanLine::Add { section: Some(section(n).as_str().to_owned()), values }
        });
        let plan = RegisterPlan {
            register: "assets".to_owned(),
            source: "load".to_owned(),
            reason: String::new(),
            lines: lines.collect(),
        };
        let begun = clock();
        app.apply_plan(&actor, &plan).await?;
        let rate = f64::from(u32::try_from(plan.lines.len())?) / begun.elapsed().as_secs_f64();
        measure("rows by a plan", rate, "1/s", None)?;
    }
    Ok(())
}

pub(crate) fn transfer(n: u64, from: UserId, to: UserId, first: Millis) -> Transfer {
    let at = first + STEP * Millis::try_from(n).unwrap_or(0);
    Transfer {
        id: transfer_id(n),
        number: i64::try_from(n).unwrap_or(0) + 1,
        channel: "internet-to-lgwan".to_owned(),
        from_zone: ZoneId::new("internet"),
        to_zone: ZoneId::new(ZONE),
        submitter: from,
        section: section(n),
        subject: format!("負荷試験の授受 {n}"),
        purpose: "負荷試験".to_owned(),
        classification: "c1".to_owned(),
        personal_data: false,
        answers: BTreeMap::new(),
        recipients: vec![Recipient { user: to, received_at: (!n.is_multiple_of(50)).then_some(at + 60_000) }],
        // Erased after their retention, as nearly all are in an old database.
        files: Vec::new(),
        state: if n.is_multiple_of(50) { State::Expired } else { State::Received },
        approval: Approval::new(Route::default()),
        openings: Vec::new(),
        term: Term::default(),
        pack_version: "2026.1".to_owned(),
        submitted_at: at,
        changed_at: at + 60_000,
        version: 1,
    }
}

/// Pages never open leaves, so these need not be entries of the format.
pub(crate) fn leaf(n: u64) -> Vec<u8> {
    format!("load {n}").into_bytes()
}

pub(crate) fn evidence(n: u64, by: UserId, first: Millis) -> NewEvidence {
    let of = n / ENTRIES;
    NewEvidence {
        id: EvidenceId::new(format!("00000000-0000-7000-9000-{n:012}")),
        at: first + STEP * Millis::try_from(of).unwrap_or(0) + Millis::try_from(n % ENTRIES).unwrap_or(0),
        kind: "transfer-submitted".to_owned(),
        actor: Some(by),
        zone: Some(ZoneId::new("internet")),
        subject_kind: "transfer".to_owned(),
        subject_id: transfer_id(of).to_string(),
        statements: vec!["base/sanitise-inbound".to_owned()],
        payload: json!({ "details": { "number": n, "subject": "負荷試験の授受" } }).to_string().into_bytes(),
        salt: vec![7; 32],
        leaf: leaf(n),
        erase_payload_at: None,
    }
}
