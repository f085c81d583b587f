//! The first of April: a roster of 6,500 persons previewed, and applied on its day, on an SQLite file.
//!
//! Of the persons 70 in 100 stay, 20 move, 5 leave and 5 join. The peer of applying writes the same number of persons and posts by plain
//! inserts, as many in a transaction; the peer of previewing reads everybody once. Both are measured in the same run, and printed
//! as lines of JSON. `SEKISHO_ROSTER_PEOPLE` sets another number of persons.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on says where")]

use std::{collections::BTreeMap, io::Write as _, sync::Arc, time::Instant};

use app::{
    App, PasswordCost, Ports,
    actor::{Actor, Door},
    model::{PostHolding, User},
    ports::{Clock as _, Store as _},
    requests::{NewRequest, RequestBallot},
    rosters::{RosterInput, store::RosterStore as _},
};
use ledger::SigningKey;
use store_sql::load::Loader;
use test_city::{Ground, code_at, doubles::GlassVault, pack, password};
use worker_protocol::table::{Cell, Row, Sheet, Table, Value};
use workflow::{
    id::{SectionId, UserId, ZoneId},
    roster::Form,
    route::Verdict,
};

const PEOPLE: u32 = 6_500;
const DAY: i64 = 86_400_000;

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn clock() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a bench is a program, and this is its setting")]
fn people_asked() -> u32 {
    std::env::var("SEKISHO_ROSTER_PEOPLE").ok().and_then(|n| n.parse().ok()).unwrap_or(PEOPLE)
}

fn main() {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(run());
}

async fn run() {
    let people = people_asked();
    let ground = Ground::open().await;
    let ports = Ports {
        store: Arc::new(ground.store.clone()),
        blobs: Arc::new(ground.blobs),
        sanitiser: ground.cell.clone(),
        clock: ground.clock.clone(),
        entropy: ground.entropy.clone(),
        vault: Arc::new(GlassVault),
        policies: test_city::policies().into(),
        printer: None,
    };
    let key = SigningKey::from_seed("hoshimi.example/log", &[9; 32]).unwrap();
    let app = App::open(ports, pack(), key, PasswordCost::WeakForTestPurposesOnly).unwrap();
    app.runs(test_city::text(), None);
    let sections: Vec<(String, String)> =
        app.pack().sections().iter().map(|s| (s.id.clone(), s.name.clone())).collect();
    fill(&app, &ground.store, people, &sections, ground.clock.now()).await;
    // Behind the bulk, which takes indices away and builds them again.
    test_city::settle(
        &app,
        &[
            ("digital", "digital", "it-manager", Some("digital")),
            ("somu", "general-affairs", "general-affairs-director", Some("general-affairs")),
        ],
    )
    .await;
    let digital = proven(&app, "digital", ground.clock.now()).await;
    let table = table(people, &sections);

    let begun = clock();
    let mut seen = 0;
    let mut after: Option<UserId> = None;
    loop {
        let part = ground.store.roster_people(after.as_ref(), ground.clock.now(), 1_000).await.unwrap();
        let Some((_, last)) = part.last() else { break };
        after = Some(last.id.clone());
        seen += part.len();
    }
    let read = begun.elapsed().as_secs_f64();
    assert!(seen > usize::try_from(people).unwrap());

    let begun = clock();
    let mut upload = app.begin_roster(&digital, "名簿.xlsx").await.unwrap();
    upload.write(&table).await.unwrap();
    let input = RosterInput {
        form: Form::Whole,
        untrusted_day: "2026-12-01".to_owned(),
        sheet: None,
        password: None,
    };
    let draft = app.finish_roster(&digital, upload, &input).await.unwrap().unwrap();
    let previewed = begun.elapsed().as_secs_f64();
    let id = draft.kept.expect("a plan without problems");

    let answers = [("plan", id.as_str()), ("reason", "定期異動")];
    let new = NewRequest {
        submission: "roster".to_owned(),
        form: "personnel-change".to_owned(),
        answers: answers.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        attachments: Vec::new(),
    };
    let request = app.apply(&digital, new).await.unwrap();
    let somu = proven(&app, "somu", ground.clock.now()).await;
    let hash = app.request(&somu, &request).await.unwrap().content_hash;
    let ballot = RequestBallot {
        verdict: Verdict::Approve,
        comment: "",
        seen_hash: &hash,
        stands_in_for: None,
        step: None,
    };
    app.decide_request(&somu, &request, &ballot).await.unwrap();
    ground.clock.pass(8 * DAY);
    let begun = clock();
    let applied = app.apply_due_rosters().await.unwrap();
    let took = begun.elapsed().as_secs_f64();
    let changed = ground.store.roster_plan(&id).await.unwrap().unwrap();
    assert_eq!(usize::try_from(changed.results.done).unwrap(), applied.people);

    let plain = plain_inserts(&ground.store, applied.people, ground.clock.now()).await;
    print(&format!("preview of {people} persons"), previewed, Some((read, "reading everybody once")));
    print(
        &format!("applying {} changes among {people} persons", applied.people),
        took,
        Some((plain, "the same number of persons and posts by plain inserts")),
    );
}

fn user(n: u32, section: &str, now: i64) -> User {
    User {
        id: UserId::new(format!("00000000-0000-7000-8000-{n:012}")),
        login: format!("{n:05}"),
        name: format!("職員 {n}"),
        kana: format!("しょくいん {n}"),
        section: SectionId::new(section),
        password_hash: "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".to_owned(),
        totp_sealed: None,
        totp_last_step: None,
        enabled: true,
        must_change_password: false,
        failures: 0,
        locked_until: None,
        created_at: now,
        version: 0,
    }
}

fn section(sections: &[(String, String)], n: u32) -> &(String, String) {
    let at = usize::try_from(n).unwrap() % sections.len();
    sections.get(at).unwrap()
}

async fn fill(app: &App, store: &store_sql::SqlStore, people: u32, sections: &[(String, String)], now: i64) {
    let loader = Loader::start(store).await.unwrap();
    loader.users((0..people).map(|n| user(n, &section(sections, n).0, now))).await.unwrap();
    loader.finish().await.unwrap();
    app.load_organisation().await.unwrap();
    for n in 0..people {
        // Posts by the ordinary road would write evidence for each: this is what stood there before.
        let id = user(n, "", now).id;
        app.install_post(&id, "staff", Some(&section(sections, n).0)).await.unwrap();
    }
}

/// Of a hundred five are absent, twenty are in the next section, and five more are new.
fn table(people: u32, sections: &[(String, String)]) -> Vec<u8> {
    let text = |column: u32, text: String| Cell { column, value: Value::Text(text), formula: false };
    let line = |number: u32, login: String, name: String, section: &str| Row {
        number,
        hidden: false,
        cells: vec![
            text(1, login),
            text(2, name),
            text(3, "しょくいん".to_owned()),
            text(4, section.to_owned()),
            text(5, "課員".to_owned()),
        ],
    };
    let mut rows = vec![Row {
        number: 1,
        hidden: false,
        cells: (1..)
            .zip(["職員番号", "氏名", "ふりがな", "所属", "職"])
            .map(|(column, title)| text(column, title.to_owned()))
            .collect(),
    }];
    let mut number = 2;
    for n in (0..people).filter(|n| n % 100 >= 5) {
        let moved = u32::from(n % 100 < 25);
        let mut row = line(number, format!("{n:05}"), format!("職員 {n}"), &section(sections, n + moved).1);
        if let Some(cell) = row.cells.get_mut(2) {
            cell.value = Value::Text(format!("しょくいん {n}"));
        }
        rows.push(row);
        number += 1;
    }
    for n in 0..people / 20 {
        rows.push(line(number, format!("n{n:05}"), format!("新人 {n}"), &section(sections, n).1));
        number += 1;
    }
    for (login, section) in [("digital", "デジタル推進課"), ("somu", "総務課")] {
        let post = if login == "digital" { "デジタル推進課長" } else { "総務部長" };
        let mut row = line(number, login.to_owned(), format!("{login}さん"), section);
        for (at, value) in [(2, login), (4, post)] {
            if let Some(cell) = row.cells.get_mut(at) {
                cell.value = Value::Text(value.to_owned());
            }
        }
        rows.push(row);
        number += 1;
    }
    let sheet = Sheet { untrusted_name: "名簿".to_owned(), rows, ..Sheet::default() };
    [b"cells ".to_vec(), Table { sheets: vec![sheet] }.encode().unwrap()].concat()
}

/// Somebody with a second factor.
async fn proven(app: &App, login: &str, now: i64) -> Actor {
    let door = Door { zone: ZoneId::new("lgwan"), address: "192.0.2.7".to_owned() };
    let opened = app.login(&door, login, &password(login)).await.unwrap();
    let actor = app.resume(&door, &opened.secret).await.unwrap();
    let enrolment = app.begin_second_factor(&actor).await.unwrap();
    let code = code_at(&enrolment.secret_base32, now);
    app.confirm_second_factor(&actor, &opened.secret, &enrolment.sealed, &code).await.unwrap();
    app.resume(&door, &opened.secret).await.unwrap()
}

/// Seconds for as many persons with a post each, a hundred in a transaction, each with an entry of evidence.
async fn plain_inserts(store: &store_sql::SqlStore, people: usize, now: i64) -> f64 {
    let page = app::model::EvidenceQuery {
        page: Some(app::model::PageRequest { after: None, limit: 1 }),
        ..app::model::EvidenceQuery::default()
    };
    let sample = store.evidence(&page).await.unwrap().rows.into_iter().next().unwrap().entry;
    let all: Vec<u32> = (0..u32::try_from(people).unwrap()).map(|n| 1_000_000 + n).collect();
    let begun = clock();
    for part in all.chunks(100) {
        let mut tx = store.begin().await.unwrap();
        let mut evidence = Vec::new();
        for n in part {
            let user = user(*n, "residents", now);
            tx.insert_user(&user).await.unwrap();
            let holding = PostHolding {
                user: user.id.clone(),
                post: "staff".to_owned(),
                unit: Some("residents".to_owned()),
                from: now,
                until: None,
            };
            tx.insert_post(&holding).await.unwrap();
            let mut entry = sample.clone();
            entry.id = workflow::id::EvidenceId::new(format!("plain-{n}"));
            evidence.push(entry);
        }
        tx.commit(evidence).await.unwrap();
    }
    begun.elapsed().as_secs_f64()
}

fn print(name: &str, seconds: f64, peer: Option<(f64, &str)>) {
    let mut line: BTreeMap<&str, serde_json::Value> =
        BTreeMap::from([("name", name.into()), ("value", seconds.into()), ("unit", "s".into())]);
    if let Some((peer, name)) = peer {
        line.insert("peer", peer.into());
        line.insert("peer_name", name.into());
    }
    let line = serde_json::to_string(&line).unwrap();
    writeln!(std::io::stdout().lock(), "{line}").unwrap();
}
