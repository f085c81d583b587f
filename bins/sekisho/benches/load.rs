//! A city's working day on one server: many people open pages at once, over a database as large as after years.
//!
//! Everything runs in this process: the router on loopback, and clients with kept-alive connections and no pause
//! between requests. Prints a line of JSON for each measure; the peer of every page is `/healthz`, which the same
//! server answers under the same load without asking the database. Pages are read, nothing is sanitised.
//!
//! `SEKISHO_LOAD_TRANSFERS` (200000), `SEKISHO_LOAD_ASSETS` (20000), `SEKISHO_LOAD_PEOPLE` (200 clients) and
//! `SEKISHO_LOAD_SECONDS` (30 for the pages, a third of it for the peer) make it smaller. `SEKISHO_LOAD_TURN` (0 to 6, the arms of
//! `page`) lets everybody ask for one page only, which tells what that page costs. The database is kept in the target folder for the next run.

use std::{
    collections::BTreeMap,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
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
const PEOPLE: u64 = 6_300;
/// Entries of evidence of one transfer.
const ENTRIES: u64 = 10;
/// Turns until a person begins again.
const PAGES: u64 = 7;
const ZONE: &str = "lgwan";
const PASSWORD: &str = "load-test-of-pages-1";
const SECTIONS: [&str; 6] = ["general-affairs", "digital", "residents", "welfare", "planning", "water"];
const SECTIONS_COUNT: u64 = SECTIONS.len() as u64;
/// Milliseconds between two transfers of the database.
const STEP: Millis = 600_000;

#[derive(Clone, Copy)]
struct Size {
    transfers: u64,
    assets: u64,
    people: u64,
    seconds: u64,
    only: Only,
}

/// Which page everybody asks for.
#[derive(Clone, Copy)]
enum Only {
    Mixed,
    /// The turn whose page it is.
    Turn(u64),
}

#[expect(clippy::disallowed_methods, reason = "the bench is made smaller by the environment")]
fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn clock() -> Instant {
    Instant::now()
}

struct Machine;

impl Clock for Machine {
    #[expect(clippy::disallowed_methods, reason = "the clock of the bench")]
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
    }
}

/// Distinct, not secret.
struct Counter(AtomicU64);

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

fn main() -> Result<()> {
    let size = Size {
        transfers: setting("SEKISHO_LOAD_TRANSFERS", 200_000),
        assets: setting("SEKISHO_LOAD_ASSETS", 20_000).max(SECTIONS_COUNT),
        people: setting("SEKISHO_LOAD_PEOPLE", 200).max(10),
        seconds: setting("SEKISHO_LOAD_SECONDS", 30).max(3),
        only: match setting("SEKISHO_LOAD_TURN", PAGES) {
            turn if turn < PAGES => Only::Turn(turn),
            _ => Only::Mixed,
        },
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(size))
}

async fn run(size: Size) -> Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("load-{}-{}-{}", size.transfers, size.assets, size.people));
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

    let setting = ZoneSetting { zone: ZoneId::new(ZONE), tls: false, request_bytes_max: 1 << 20 };
    let service = web::router(app.clone(), setting, Streams::default())
        .into_make_service_with_connect_info::<SocketAddr>();
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    socket.set_nonblocking(true)?;
    let address = socket.local_addr()?;
    let server = tokio::spawn(axum_server::from_tcp(socket)?.serve(service));

    let mut clients = Vec::new();
    for n in 0..size.people {
        let door = Door { zone: ZoneId::new(ZONE), address: "127.0.0.1".to_owned() };
        let login = app.login(&door, &login(n), PASSWORD).await?;
        clients.push(format!("sekisho-{ZONE}={}", login.secret));
    }
    let pages = load(address, &clients, size.seconds, move |client, turn| page(size, client, turn)).await?;
    let peer =
        load(address, &clients, size.seconds.div_ceil(3), |_, _| ("healthz", "/healthz".to_owned())).await?;
    server.abort();
    report(&pages, &peer)
}

/// The page that a person opens on this turn, by name and path.
fn page(size: Size, client: u64, turn: u64) -> (&'static str, String) {
    let which = match size.only {
        Only::Mixed => turn % PAGES,
        Only::Turn(one) => one,
    };
    match which {
        0 => ("home", "/".to_owned()),
        4 => ("register", "/registers/assets".to_owned()),
        5 => ("register search", format!("/registers/assets?words=%E8%A8%98%E9%8C%B2%20{}", turn % 1_000)),
        // One of his own section.
        6 => {
            let each = size.assets / SECTIONS_COUNT;
            let first = (client + SECTIONS_COUNT - 1) % SECTIONS_COUNT * each;
            ("register row", format!("/registers/assets/{}", first + 1 + turn.wrapping_mul(7_919) % each))
        }
        1 => ("transfers", "/transfers".to_owned()),
        // One that he sent himself.
        2 => {
            let mine = (turn.wrapping_mul(7_919) % (size.transfers / size.people)) * size.people + client;
            ("transfer", format!("/transfers/{}", transfer_id(mine)))
        }
        _ if client.is_multiple_of(10) => ("evidence", "/evidence".to_owned()),
        _ => ("received", "/received".to_owned()),
    }
}

/// What a load gave: by page, how long each answer took in milliseconds; and how long it lasted.
struct Load {
    pages: BTreeMap<&'static str, Vec<f64>>,
    seconds: f64,
}

async fn load(
    address: SocketAddr,
    clients: &[String],
    seconds: u64,
    page: impl Fn(u64, u64) -> (&'static str, String) + Clone + Send + 'static,
) -> Result<Load> {
    let begun = clock();
    let mut people = tokio::task::JoinSet::new();
    for (client, cookie) in (0_u64..).zip(clients) {
        let (cookie, page) = (cookie.clone(), page.clone());
        people.spawn(async move {
            let mut stream = BufReader::new(TcpStream::connect(address).await?);
            let mut taken = Vec::new();
            // Each begins with another page, so that not all want the same one at once.
            for turn in client.. {
                if begun.elapsed() > Duration::from_secs(seconds) {
                    break;
                }
                let (name, path) = page(client, turn);
                let asked = clock();
                get(&mut stream, &path, &cookie).await.with_context(|| path.clone())?;
                taken.push((name, asked.elapsed().as_secs_f64() * 1_000.0));
            }
            anyhow::Ok(taken)
        });
    }
    let mut pages = BTreeMap::<_, Vec<f64>>::new();
    while let Some(taken) = people.join_next().await {
        for (name, millis) in taken?? {
            pages.entry(name).or_default().push(millis);
        }
    }
    Ok(Load { pages, seconds: begun.elapsed().as_secs_f64() })
}

/// One request on a connection that stays open. Anything but 200 is a failure of the bench.
async fn get(stream: &mut BufReader<TcpStream>, path: &str, cookie: &str) -> Result<()> {
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
    Ok(())
}

fn report(pages: &Load, peer: &Load) -> Result<()> {
    let of = |times: &[f64], part: f64| {
        let mut sorted = times.to_vec();
        sorted.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index of a short list"
        )]
        let index = (sorted.len() as f64 * part) as usize;
        sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    };
    let rate = |load: &Load| load.pages.values().map(Vec::len).sum::<usize>() as f64 / load.seconds;
    let alone = peer.pages.get("healthz").context("the peer was not measured")?;
    for (name, times) in &pages.pages {
        for (part, word) in [(0.5, "p50"), (0.99, "p99")] {
            measure(&format!("{name} {word}"), of(times, part), "ms", Some((of(alone, part), word)))?;
        }
    }
    measure("all pages", rate(pages), "1/s", Some((rate(peer), "rate")))
}

fn measure(name: &str, value: f64, unit: &str, peer: Option<(f64, &str)>) -> Result<()> {
    // More digits than that are noise.
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let mut line = json!({ "name": name, "value": round(value), "unit": unit });
    if let (Some((value, word)), Some(line)) = (peer, line.as_object_mut()) {
        line.insert("peer".to_owned(), json!(round(value)));
        line.insert("peer_name".to_owned(), json!(format!("healthz {word}")));
    }
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}

// ---------------------------------------------------------------- the database

fn app(store: Arc<SqlStore>, folder: &Path) -> Result<App> {
    let entropy = Arc::new(Counter(AtomicU64::new(u64::try_from(Machine.now()).unwrap_or(1))));
    let secret = || MasterSecret::new([7; 32]);
    let ports = Ports {
        store,
        blobs: Arc::new(LocalBlobs::open(&folder.join("files"), secret(), entropy.clone())?),
        // Never started: nothing waits for a cell.
        sanitiser: Arc::new(CellPool::new(CellConfig::new("sekisho-worker"))),
        clock: Arc::new(Machine),
        vault: Arc::new(SecretVault::new(secret(), entropy.clone())),
        policies: Arc::new([]),
        printer: None,
        entropy,
    };
    Ok(App::open(ports, pack()?, key()?, PasswordCost::WeakForTestPurposesOnly)?)
}

fn key() -> Result<SigningKey> {
    Ok(SigningKey::from_seed("hoshimi.example/load", &[9; 32])?)
}

fn pack() -> Result<Pack> {
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

fn login(n: u64) -> String {
    format!("person{n:05}")
}

fn transfer_id(n: u64) -> TransferId {
    TransferId::new(format!("00000000-0000-7000-8000-{n:012}"))
}

fn section(n: u64) -> SectionId {
    let index = usize::try_from(n).unwrap_or(0) % SECTIONS.len();
    SectionId::new(SECTIONS.get(index).copied().unwrap_or("residents"))
}

async fn fill(app: &App, store: &SqlStore, size: Size) -> Result<()> {
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
async fn assets(app: &App, size: Size) -> Result<()> {
    let door = Door { zone: ZoneId::new(ZONE), address: "127.0.0.1".to_owned() };
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

fn transfer(n: u64, from: UserId, to: UserId, first: Millis) -> Transfer {
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
fn leaf(n: u64) -> Vec<u8> {
    format!("load {n}").into_bytes()
}

fn evidence(n: u64, by: UserId, first: Millis) -> NewEvidence {
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
