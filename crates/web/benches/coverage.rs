//! What the page of how statements are kept costs, over 520 statements and 100,000 entries of evidence: against the list of
//! clauses, which is the same walk over the pack without the newest entries and the mechanisms.
//!
//! Run with `cargo bench -p web`. The slowest of the samples stands for what the last of a hundred people waits for.

#![expect(clippy::unwrap_used, reason = "a bench that cannot make its city has nothing to measure")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use app::{
    App, PasswordCost, Ports,
    actor::Door,
    evidence::Kind,
    model::{LedgerHead, NewEvidence},
    ports::Store,
};
use axum::{Router, body::Body, extract::Request};
use divan::{Bencher, black_box};
use ledger::SigningKey;
use policy::{Mechanism, Pack, SourceFile};
use test_city::{Ground, Row, doubles::GlassVault, password};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use web::{ZoneSetting, live::Streams};
use workflow::id::{EvidenceId, ZoneId};

const STATEMENTS: usize = 520;
const ENTRIES: usize = 100_000;
const ZONE: &str = "lgwan";
const PEOPLE: &[Row] = &[("hanako", "residents", "staff", Some("residents"))];

fn main() {
    divan::main();
}

/// The shipped city with as many statements of its own as are missing.
fn pack() -> Pack {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = Vec::new();
    for layer in ["base", "guideline", "hoshimi"] {
        for entry in std::fs::read_dir(policies.join(layer)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{layer}/{}", entry.file_name().to_string_lossy());
            files.push(SourceFile { path, text: std::fs::read_to_string(entry.path()).unwrap() });
        }
    }
    let shipped = Pack::resolve(&files, "hoshimi").unwrap().pack.statements().len();
    let mut text = "format = 1\n[pack]\nid = \"large\"\nextends = \"hoshimi\"\ntitle = \"大きな市の方針\"\nversion = \"1\"\n".to_owned();
    for chapter in 0..40 {
        write!(
            text,
            "[[clause]]\nid = \"large/{chapter}\"\nsection = \"{chapter}\"\ntitle = \"第{chapter}の定め\"\n"
        )
        .unwrap();
    }
    for n in 0..STATEMENTS.saturating_sub(shipped) {
        let others = Mechanism::WORDS.iter().filter(|(id, _)| *id != "attestation");
        let mechanism = others.cycle().nth(n).unwrap().0;
        write!(
            text,
            "[[statement]]\nid = \"large/{n}\"\nclause = \"large/{}\"\nlabel = \"{n}\"\nascii = \"large-{n}\"\n\
             type = \"staff-rule\"\nroles = [\"staff\"]\nmodality = \"must\"\ngist_ja = \"定めた手順で取り扱い、記録を残す({n})\"\n\
             gist_en = \"Handle by the procedure\"\nassurance = \"attest\"\ncapability = \"assets\"\n\
             mechanisms = [\"{mechanism}\", \"attestation\"]\n",
            n / 15
        )
        .unwrap();
    }
    files.push(SourceFile { path: "large/pack.toml".to_owned(), text });
    Pack::resolve(&files, "large").unwrap().pack
}

fn entry(pack: &Pack, n: usize) -> NewEvidence {
    let all = pack.statements();
    let named = (0..3).map(|k| all.iter().cycle().nth((n * 7 + k * 131) % all.len()).unwrap().id.clone());
    NewEvidence {
        id: EvidenceId::new(format!("e-{n:07}")),
        at: 1_790_000_000_000 + i64::try_from(n).unwrap(),
        kind: Kind::ALL.iter().cycle().nth(n % Kind::ALL.len()).unwrap().id().to_owned(),
        actor: None,
        zone: Some(ZoneId::new(ZONE)),
        subject_kind: "transfer".to_owned(),
        subject_id: format!("t-{}", n / 10),
        statements: named.collect(),
        payload: b"{}".to_vec(),
        salt: vec![7; 32],
        leaf: vec![1; 40],
        erase_payload_at: None,
    }
}

struct World {
    runtime: Runtime,
    site: Router,
    cookie: String,
    // The folder of the database goes with it.
    _ground: tempfile::TempDir,
}

async fn open() -> (Router, String, tempfile::TempDir) {
    let Ground { dir, clock, entropy, cell, store, blobs } = Ground::open().await;
    let pack = pack();
    assert_eq!(pack.statements().len(), STATEMENTS);
    let mut size = 0;
    for start in (0..ENTRIES).step_by(4_000) {
        store.append((start..start + 4_000).map(|n| entry(&pack, n)).collect()).await.unwrap();
        let ids: Vec<EvidenceId> =
            store.unsealed(4_000).await.unwrap().into_iter().map(|(id, _)| id).collect();
        let next = size + u64::try_from(ids.len()).unwrap();
        let head = LedgerHead { size: next, checkpoint: "bench".to_owned() };
        store.seal(size, &ids, &[], &head).await.unwrap();
        size = next;
    }
    let ports = Ports {
        store: Arc::new(store),
        blobs: Arc::new(blobs),
        sanitiser: cell,
        clock,
        entropy,
        vault: Arc::new(GlassVault),
        policies: test_city::policies().into(),
        printer: None,
    };
    let key = SigningKey::from_seed("hoshimi.example/log", &[9; 32]).unwrap();
    let app = App::open(ports, pack, key, PasswordCost::WeakForTestPurposesOnly).unwrap();
    test_city::settle(&app, PEOPLE).await;
    let door = Door { zone: ZoneId::new(ZONE), address: "192.0.2.7".to_owned() };
    let login = app.login(&door, "hanako", &password("hanako")).await.unwrap();
    let setting = ZoneSetting { zone: ZoneId::new(ZONE), tls: false, request_bytes_max: 1 << 20 };
    let site = web::router(app, setting, Streams::default());
    (site, format!("sekisho-{ZONE}={}", login.secret), dir)
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let runtime = Runtime::new().unwrap();
        let (site, cookie, ground) = runtime.block_on(open());
        World { runtime, site, cookie, _ground: ground }
    })
}

fn get(path: &str) -> usize {
    let world = world();
    world.runtime.block_on(async {
        let request = Request::get(path).header("cookie", &world.cookie).body(Body::empty()).unwrap();
        let answer = world.site.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        axum::body::to_bytes(answer.into_body(), 64 << 20).await.unwrap().len()
    })
}

#[divan::bench(sample_count = 200)]
fn coverage_1_page(bencher: Bencher<'_, '_>) {
    world();
    bencher.bench_local(|| black_box(get("/coverage")));
}

#[divan::bench(sample_count = 200)]
fn coverage_2_clauses_page(bencher: Bencher<'_, '_>) {
    world();
    bencher.bench_local(|| black_box(get("/clauses")));
}

#[divan::bench(sample_count = 200)]
fn programs_1_coverage(bencher: Bencher<'_, '_>) {
    world();
    bencher.bench_local(|| black_box(get("/api/v1/coverage")));
}

#[divan::bench(sample_count = 200)]
fn programs_2_statements(bencher: Bencher<'_, '_>) {
    world();
    bencher.bench_local(|| black_box(get("/api/v1/statements")));
}
