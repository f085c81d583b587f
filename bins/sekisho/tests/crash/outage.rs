//! The database goes away while people work, and comes back: nobody is told that something was done which was not, what
//! had been answered holds, and the files that waited go on by themselves.
//!
//! `SEKISHO_OUTAGE_SECONDS` says for how long (3 unless told otherwise; the longer, the more of the patience is tried).

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tokio::runtime::Runtime;

use crate::{
    files,
    house::{House, Person, can_run, inbound, setting, text},
    http::{self, Answer},
    production::{Authority, Office},
    proxy::{Proxy, State},
};

const SECONDS: u64 = 3;
/// The store waits this long for a connection, the writer or a lock.
const STORE_WAITS: u64 = 10;
/// After the database is back everything must go on within this.
const BACK_SECONDS: u32 = 60;

fn seconds() -> u64 {
    setting("SEKISHO_OUTAGE_SECONDS").unwrap_or(SECONDS)
}

#[expect(clippy::disallowed_methods, reason = "the test measures how long the database was away")]
fn now() -> Instant {
    Instant::now()
}

/// A database of its own on the server that the tests may use.
pub(crate) struct Database {
    runtime: Runtime,
    server: String,
    name: String,
}

impl Database {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by the environment")]
    pub(crate) fn create(word: &str) -> Option<Self> {
        let Ok(server) = std::env::var("SEKISHO_TEST_POSTGRES") else {
            eprintln!("skipped: SEKISHO_TEST_POSTGRES is not set");
            return None;
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let database = Self { runtime, server, name: format!("sekisho_{word}_{}", std::process::id()) };
        database.say(format!("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", database.name));
        Some(database)
    }

    fn say(&self, statement: String) {
        self.runtime.block_on(async {
            let mut connection = sqlx::PgConnection::connect(&self.server).await.unwrap();
            connection.execute(AssertSqlSafe(statement)).await.unwrap();
            connection.close().await.unwrap();
        });
    }

    /// User, `host:port` and the rest of the server's URL.
    fn parts(&self) -> (&str, &str) {
        let (_, rest) = self.server.split_once("://").unwrap();
        let (user, rest) = rest.split_once('@').unwrap();
        (user, rest.split_once('/').unwrap().0)
    }

    /// The database itself.
    pub(crate) fn address(&self) -> String {
        let (user, host) = self.parts();
        format!("postgres://{user}@{host}/{}", self.name)
    }

    fn road(&self, tls: Option<(&Authority, &str)>) -> Proxy {
        Proxy::start(self.parts().1, tls)
    }

    /// The database through a proxy.
    fn url(&self, proxy: &Proxy, options: &str) -> String {
        format!("postgres://{}@{}/{}{options}", self.parts().0, proxy.address, self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.say(format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

/// A submission that the sender remembers.
type Sent = (Value, Vec<(Vec<u8>, Vec<u8>)>);

fn submission(key: &str, recipient: &str) -> Sent {
    (inbound(key, "c1", recipient), vec![("調査票.docm".into(), files::with_macro(key))])
}

/// The words for everybody, whichever way he asked.
fn says_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.text().contains("データベースにつながりません"), "{}", answer.text());
}

/// All of them are one transfer each, and come to rest released and with evidence.
fn all_arrive(sender: &Person, sent: &[(Sent, Option<String>)]) {
    for ((form, files), answered) in sent {
        let id = sender.submit(form, files).unwrap().with(201)["id"].as_str().unwrap().to_owned();
        if let Some(answered) = answered {
            assert_eq!(*answered, id, "what was answered became another transfer");
        }
        let transfer = sender.transfer_at_rest(&id, BACK_SECONDS);
        assert_eq!(transfer["state"], "ready", "{transfer}");
        let kinds: Vec<_> = transfer["timeline"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
        assert!(kinds.iter().any(|kind| *kind == "transfer-released"), "{kinds:?}");
    }
}

fn back(person: &Person, house: &House) {
    for _ in 0..BACK_SECONDS * 10 {
        if person.api("/home").is_ok_and(|answer| answer.status == 200) {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("the house did not come back: {}", house.log());
}

#[test]
fn a_server_that_goes_away_and_comes_back_costs_nothing_but_time() {
    let Some(database) = can_run().then(|| Database::create("outage")).flatten() else { return };
    let proxy = database.road(None);
    let office = Office::new(Some(&database.url(&proxy, "")));
    let password = office.prepare();
    let house = office.open();
    let (sender, recipient, to) = Office::staff(&house, &password);
    let mut sent: Vec<(Sent, Option<String>)> = Vec::new();
    for n in 0..6 {
        let one = submission(&format!("before-{n}"), &to);
        let id = sender.submit(&one.0, &one.1).unwrap().with(201)["id"].as_str().unwrap().to_owned();
        sent.push((one, Some(id)));
    }
    let checkpoint = house.checkpoint();

    // Files are in the cells and in the queue at this moment.
    proxy.set(State::Cut);
    let begun = now();
    let lost = submission("while-away", &to);
    says_unavailable(&sender.submit(&lost.0, &lost.1).unwrap());
    let answer = sender.api("/home").unwrap();
    says_unavailable(&answer);
    assert_eq!(answer.json()["error"]["code"], "unavailable");
    assert!(answer.header("retry-after").is_some());
    says_unavailable(&sender.get("/").unwrap());
    // Nobody gets in, and the process itself is well.
    let form = br#"{"login":"sakura","password":"wrong"}"#;
    let json = [("content-type", "application/json")];
    says_unavailable(&http::send(sender.road(), "POST", "/api/v1/session", &json, form).unwrap());
    assert_eq!(sender.get("/healthz").unwrap().status, 200);
    sleep(Duration::from_secs(seconds() / 3).saturating_sub(begun.elapsed()));
    // Nobody listens: the store is patient, since a restart of the server takes seconds.
    proxy.set(State::Gone);
    if seconds() > 2 * STORE_WAITS {
        says_unavailable(&sender.api("/home").unwrap());
    }
    sleep(Duration::from_secs(seconds()).saturating_sub(begun.elapsed()));
    proxy.set(State::Open);
    eprintln!("the database was away for {} ms", begun.elapsed().as_millis());
    back(&sender, &house);
    sent.push((lost, None));
    all_arrive(&sender, &sent);

    // A server that only stops answering: those who ask wait, at most as long as the store does.
    proxy.set(State::Silent);
    let begun = now();
    let silent = submission("while-silent", &to);
    std::thread::scope(|threads| {
        let waits = threads.spawn(|| sender.submit(&silent.0, &silent.1));
        sleep(Duration::from_secs(seconds().min(20)).saturating_sub(begun.elapsed()));
        proxy.set(State::Open);
        let answer = waits.join().unwrap().unwrap();
        assert!([201, 503].contains(&answer.status), "{}", answer.text());
    });
    back(&sender, &house);
    sent.push((silent, None));
    all_arrive(&sender, &sent);

    let home = recipient.api("/home").unwrap().with(200);
    assert_eq!(home["to_receive"].as_array().map(Vec::len), Some(sent.len()), "{home}");
    office.verify(&checkpoint);
    assert!(!house.log().contains("panicked"), "{}", house.log());
    house.ask_to_end();
    assert_eq!(house.wait(), Some(0));
}

#[test]
fn a_file_that_another_process_locks_is_waited_for() {
    if !can_run() {
        return;
    }
    let office = Office::new(None);
    let password = office.prepare();
    let house = office.open();
    let (sender, _recipient, to) = Office::staff(&house, &password);
    let before = submission("before", &to);
    let id = sender.submit(&before.0, &before.1).unwrap().with(201)["id"].as_str().unwrap().to_owned();
    let checkpoint = house.checkpoint();

    // As a backup that does not go on, or a tool that somebody forgot.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("sqlite:{}", office.path("data/sekisho.db").display());
    let mut locker = runtime.block_on(sqlx::SqliteConnection::connect(&url)).unwrap();
    runtime.block_on(locker.execute("PRAGMA busy_timeout = 30000; BEGIN IMMEDIATE")).unwrap();
    let during = submission("during", &to);
    let answer = std::thread::scope(|threads| {
        let waits = threads.spawn(|| sender.submit(&during.0, &during.1));
        // Who only reads is not disturbed.
        sender.api(&format!("/transfers/{id}")).unwrap().with(200);
        sleep(Duration::from_secs(seconds()));
        runtime.block_on(locker.execute("ROLLBACK")).unwrap();
        waits.join().unwrap().unwrap()
    });
    if seconds() > 2 * STORE_WAITS {
        says_unavailable(&answer);
    } else {
        answer.with(201);
    }
    all_arrive(&sender, &[(before, Some(id)), (during, None)]);
    office.verify(&checkpoint);
    house.ask_to_end();
    assert_eq!(house.wait(), Some(0));
}

#[test]
fn the_database_proves_who_it_is() {
    let Some(database) = can_run().then(|| Database::create("tls")).flatten() else { return };
    let (ours, other) = (Authority::new(), Authority::new());
    let office = |proxy: &Proxy, mode: &str| {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("authority.pem");
        std::fs::write(&root, &ours.pem).unwrap();
        let options = format!("?sslmode={mode}&sslrootcert={}", root.display());
        (Office::new(Some(&database.url(proxy, &options))), folder)
    };
    let plain = database.road(None);
    let (good, stranger) = (Some((&ours, "127.0.0.1")), Some((&other, "127.0.0.1")));
    let elsewhere = Some((&ours, "elsewhere.example"));
    for (road, what) in [
        (database.road(stranger), "a certificate of another authority"),
        (database.road(elsewhere), "a certificate for another name"),
        (plain, "a server without TLS"),
    ] {
        let (office, _folder) = office(&road, "verify-full");
        let refused = office.init("digital");
        assert_eq!(refused.status.code(), Some(1), "{what}");
        let said = text(&refused);
        assert!(said.contains("データベースを開けません") && !said.contains("panicked"), "{what}: {said}");
        assert!(!office.path("data/keys/master.key").exists(), "{what}: keys were made");
    }
    let road = database.road(good);
    let (office, _folder) = office(&road, "verify-full");
    office.prepare();
    let house = office.open();
    house.ask_to_end();
    assert_eq!(house.wait(), Some(0));
}
