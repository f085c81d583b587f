//! Evidence: the right kind with the right statements for every act, nothing secret in it, and a ledger that a
//! stranger can verify.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use app::{
    Error,
    evidence::Kind,
    model::{EvidenceQuery, PageRequest},
    people::NewPerson,
    ports::Store as _,
};
use expect_test::expect_file;
use ledger::{Checkpoint, Hash};
use workflow::{id::SectionId, route::Verdict, transfer::Content};

use test_city::password;

use crate::city::{City, content, door};
use test_city::doubles::{DAY, MINUTE};

/// Does everything that the house can do at least once.
async fn grand_tour() -> City {
    let mut city = City::open().await;
    let app = &city.app;
    app.note_opening("0.1.0").await.unwrap();

    // Accounts.
    let digital = city.at("digital", "lgwan").await;
    let new = NewPerson {
        login: "shinjin".to_owned(),
        name: "新人".to_owned(),
        kana: "しんじん".to_owned(),
        section: SectionId::new("residents"),
    };
    let (shinjin, first) = app.add_person(&digital, new).await.unwrap();
    city.keep_secret(&first);
    app.give_post(&digital, &shinjin, "staff", Some("residents")).await.unwrap();
    app.end_post(&digital, &shinjin, "staff", Some("residents")).await.unwrap();
    let opened = app.login(&door("lgwan"), "shinjin", &first).await.unwrap();
    city.keep_secret(&opened.secret);
    let actor = app.resume(&door("lgwan"), &opened.secret).await.unwrap();
    app.change_password(&actor, &opened.secret, &first, "Kiku-no-niwa-31").await.unwrap();
    city.keep_secret("Kiku-no-niwa-31");
    app.logout(&actor, &opened.secret).await.unwrap();
    app.set_enabled(&digital, &shinjin, false).await.unwrap();
    app.set_enabled(&digital, &shinjin, true).await.unwrap();
    city.keep_secret(&app.reset_password(&digital, &shinjin).await.unwrap());
    for n in 0..5 {
        let guess = format!("Guess-{n}-of-a-thief");
        city.keep_secret(&guess);
        app.login(&door("internet"), "shinjin", &guess).await.unwrap_err();
    }
    city.at("kacho", "lgwan").await;
    let half = city.login("kacho", "lgwan").await;
    app.second_factor(&door("lgwan"), &half.secret, "98").await.unwrap_err();
    let strong = app.second_factor(&door("lgwan"), &half.secret, &city.code("kacho")).await.unwrap();
    city.keep_secret(&strong);
    city.at("fukushi", "lgwan").await;
    app.reset_second_factor(&digital, &city.id("fukushi")).await.unwrap();

    // Tokens, refusals.
    let hanako = city.at("hanako", "internet").await;
    let (token, secret) = app.create_token(&hanako, "連携", &["read-transfers".to_owned()], 1).await.unwrap();
    city.keep_secret(&secret);
    app.revoke_token(&hanako, &token.id).await.unwrap();
    assert!(app.evidence(&hanako, EvidenceQuery::default()).await.is_err());

    // Another edition of the policy.
    crate::editions::tour(&city).await;

    // Duties.
    crate::duties::tour(&city).await;

    // Requests, for some weeks.
    crate::requests::tour(&city).await;

    // Files that are held, taken out, refused; a form that the policy denies.
    let to = [city.id("taro")];
    let mut form = city
        .form(&hanako, "internet-to-lgwan", content("c1", &to), &["locked tulip-2026 a", "held b"])
        .await
        .unwrap();
    form.passwords = vec!["orchid-1999".to_owned()];
    city.keep_secret("tulip-2026");
    city.keep_secret("orchid-1999");
    let id = app.submit(&hanako, form).await.unwrap();
    city.drain().await;
    let files: Vec<_> = city.stored(&id).await.files.into_iter().map(|f| f.id).collect();
    app.retry_file(&hanako, &id, &files[0], Some("tulip-2026".to_owned())).await.unwrap();
    city.drain().await;
    app.block_file(&hanako, &id, &files[1]).await.unwrap();
    let taro = city.at("taro", "lgwan").await;
    drop(app.download(&taro, &id, &files[0]).await.unwrap());
    city.inbound("c1", &["blocked a"]).await;
    let inside = city.at("hanako", "lgwan").await;
    city.submit(&inside, "lgwan-to-internet", content("c3", &to), &["clean a"]).await.unwrap_err();

    // Approvals: returned, submitted again, by a deputy, reviewed, pulled back, withdrawn, late.
    let kacho = city.at("kacho", "lgwan").await;
    let id = city.inbound("c2", &["clean returned"]).await;
    city.decide(&kacho, &id, Verdict::Return).await.unwrap();
    app.resubmit(&hanako, &id, content("c2", &to)).await.unwrap();
    app.set_absence(&kacho, city.now(), city.now() + DAY, "出張").await.unwrap();
    city.decide(&city.at("hosa", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    let absence = app.absences(&kacho).await.unwrap().remove(0);
    app.end_absence(&kacho, &absence.id).await.unwrap();
    app.review(&kacho, &id, 1).await.unwrap();
    let id = city.inbound("c2", &["clean withdrawn"]).await;
    app.pull_back(&hanako, &id).await.unwrap();
    app.withdraw(&hanako, &id).await.unwrap();
    city.inbound("c2", &["clean late"]).await;

    // What passes unchanged, on the manager's word.
    let id = city.inbound("c1", &["drawing seen"]).await;
    let outside = city.at("kacho", "internet").await;
    city.open_original(&outside, &id, 0).await.unwrap();
    city.decide(&outside, &id, Verdict::Approve).await.unwrap();

    // The manager's own request goes up; with nobody above it cannot be made.
    let own = city.at("kacho", "internet").await;
    city.submit(&own, "internet-to-lgwan", content("c2", &to), &["clean own"]).await.unwrap();
    city.drain().await;
    app.set_enabled(&digital, &city.id("fukushicho"), false).await.unwrap();
    city.submit(&own, "internet-to-lgwan", content("c2", &to), &["clean stuck"]).await.unwrap_err();
    app.set_enabled(&digital, &city.id("fukushicho"), true).await.unwrap();

    // For a while no cell can be started.
    city.inbound_without_cells().await;

    crate::importing::tour(&city).await;
    crate::registers::tour(&city).await;
    crate::row_duties::tour(&city).await;
    crate::request_rows::tour(&city).await;
    crate::training::tour(&city).await;
    crate::notices::tour(&city).await;
    crate::rosters::tour(&city).await;

    // What time brings, in the order in which it comes.
    city.upload(&hanako, "internet-to-lgwan", "never sent", b"clean never sent").await.unwrap();
    for pause in [2 * DAY, 20 * DAY, 20 * DAY] {
        city.pass(pause);
        city.tidy_all().await;
    }
    let mut export = Vec::new();
    while app.seal().await.unwrap() > 0 {}
    app.export_all(&city.at("kansa", "lgwan").await, |file| {
        export.push(file);
        Ok(())
    })
    .await
    .unwrap();
    let written = |_| "2026-04-01T09:00:00+09:00".to_owned();
    let kansa = city.at("kansa", "lgwan").await;
    app.export_policy(&kansa, policy::oscal::Model::Catalog, false, "0", written).await.unwrap();
    city.pass(6 * 366 * DAY);
    city.tidy_all().await;
    crate::records::settle(&mut city).await;
    crate::records::tour(&city).await;
    crate::together::tour(&mut city).await;
    city
}

#[tokio::test]
async fn every_act_is_evidence_for_its_statements_and_holds_no_secret() {
    let city = Box::pin(grand_tour()).await;
    // The payloads of the tour are erased by now; another tour that stops before that would differ only in them.
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let apart = crate::register_rules::tour().await;
    for row in city.evidence().await.into_iter().chain(apart.evidence().await) {
        let known = found.entry(row.entry.kind.clone()).or_default();
        known.extend(row.entry.statements);
    }
    let missing: Vec<_> = Kind::ALL.iter().map(|k| k.id()).filter(|k| !found.contains_key(*k)).collect();
    assert!(missing.is_empty(), "nothing in the tour leads to {missing:?}");
    let unserving: Vec<_> = found.iter().filter(|(_, s)| s.is_empty()).map(|(kind, _)| kind).collect();
    assert!(unserving.is_empty(), "evidence of {unserving:?} serves no statement");
    let mut table =
        String::from("Kinds of evidence, each with the statements of hoshimi that entries of it named.\n");
    for kind in Kind::ALL {
        writeln!(table, "\n{}", kind.id()).unwrap();
        for statement in &found[kind.id()] {
            writeln!(table, "  {statement}").unwrap();
        }
    }
    expect_file!["../statements.txt"].assert_eq(&table);
    // Every statement exists.
    for statement in found.values().flatten() {
        assert!(city.app.pack().statement(statement).is_some(), "{statement}");
    }
    let verification = city.verify().await;
    assert!(verification.erased > 50 && verification.erased == verification.erased_explained);
}

#[tokio::test]
async fn payloads_hold_no_secret() {
    let city = City::open().await;
    let (kacho, hanako) = (city.at("kacho", "lgwan").await, city.at("hanako", "internet").await);
    let digital = city.at("digital", "lgwan").await;
    city.keep_secret(&city.app.reset_password(&digital, &city.id("taro")).await.unwrap());
    let (_, token) = city.app.create_token(&hanako, "連携", &["read-transfers".to_owned()], 1).await.unwrap();
    city.keep_secret(&token);
    city.app.resume_token(&door("internet"), &token).await.unwrap();
    city.app.login(&door("lgwan"), "hanako", "Guess-of-a-thief").await.unwrap_err();
    city.keep_secret("Guess-of-a-thief");
    let opened = city.login("hosa", "lgwan").await;
    let hosa = city.app.resume(&door("lgwan"), &opened.secret).await.unwrap();
    city.app.change_password(&hosa, &opened.secret, &password("hosa"), "Kiku-no-niwa-31").await.unwrap();
    city.keep_secret("Kiku-no-niwa-31");
    let to = [city.id("taro")];
    let mut form = city
        .form(
            &hanako,
            "internet-to-lgwan",
            content("c1", &to),
            &["locked tulip-2026 a", "locked rose-2026 b"],
        )
        .await
        .unwrap();
    form.passwords = vec!["tulip-2026".to_owned()];
    let id = city.app.submit(&hanako, form).await.unwrap();
    city.drain().await;
    let file = city.stored(&id).await.files[1].id.clone();
    city.app.retry_file(&hanako, &id, &file, Some("rose-2026".to_owned())).await.unwrap();
    city.drain().await;
    drop(kacho);
    let mut secrets = city.secrets.lock().unwrap().clone();
    secrets.extend(["tulip-2026".to_owned(), "rose-2026".to_owned()]);
    assert!(secrets.len() > 20);
    let rows = city.evidence().await;
    for row in &rows {
        let text = String::from_utf8(row.entry.payload.clone()).unwrap();
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} in {text}");
        }
        // What was typed as a login may be a password that slipped into the wrong field; names and texts are whole.
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["kind"], row.entry.kind.as_str());
        assert_eq!(value["at"], row.entry.at);
        assert_eq!(value["statements"], serde_json::json!(row.entry.statements));
    }
}

#[tokio::test]
async fn each_entry_can_be_proven() {
    let city = City::open().await;
    city.inbound("c2", &["clean a"]).await;
    let kansa = city.at("kansa", "lgwan").await;
    let unsealed = city.evidence().await.pop().unwrap().entry.id;
    assert!(city.app.evidence_entry(&kansa, &unsealed).await.unwrap().proof.is_none());
    assert!(matches!(city.app.export_selection(&kansa, &[unsealed]).await, Err(Error::NotFound)));
    while city.app.seal().await.unwrap() > 0 {}
    let rows = city.evidence().await;
    assert!(rows.len() > 20);
    for row in &rows {
        let entry = city.app.evidence_entry(&kansa, &row.entry.id).await.unwrap();
        let proof = entry.proof.unwrap();
        let checkpoint = Checkpoint::open(proof.checkpoint.as_bytes(), city.app.vkey()).unwrap();
        let hashes: Vec<Hash> = proof.hashes.iter().map(|h| Hash::from_base64(h).unwrap()).collect();
        let leaf = ledger::leaf_hash(entry.leaf.as_bytes());
        ledger::verify_inclusion(proof.index, checkpoint.size, leaf, &hashes, checkpoint.root).unwrap();
        let other = ledger::leaf_hash(format!("{}x", entry.leaf).as_bytes());
        assert!(
            ledger::verify_inclusion(proof.index, checkpoint.size, other, &hashes, checkpoint.root).is_err()
        );
    }
    let some: Vec<_> = rows.iter().step_by(3).map(|r| r.entry.id.clone()).collect();
    let files = city.app.export_selection(&kansa, &some).await.unwrap();
    let files: BTreeMap<String, Vec<u8>> = files.into_iter().map(|f| (f.path, f.bytes)).collect();
    let trust = ledger::bundle::Trust { vkey: Some(city.app.vkey().clone()), previous: None };
    let verification = ledger::bundle::verify(&files, &trust).unwrap();
    assert!(verification.is_verified(), "{:?}", verification.problems);
    assert_eq!(verification.entries, some.len() as u64);
    for login in ["hanako", "kacho", "digital"] {
        let actor = city.at(login, "lgwan").await;
        assert!(
            matches!(city.app.export_selection(&actor, &some).await, Err(Error::Denied { .. })),
            "{login}"
        );
        assert_eq!(city.last_kind().await, "access-denied");
    }
}

#[tokio::test]
async fn two_sealers_leave_no_gap() {
    let city = City::open().await;
    for round in 0..20 {
        city.app.note_opening(&round.to_string()).await.unwrap();
        let (a, b) = tokio::join!(city.app.seal(), city.app.seal());
        for result in [&a, &b] {
            assert!(matches!(result, Ok(_) | Err(Error::Conflict)), "{a:?} {b:?}");
        }
    }
    let verification = city.verify().await;
    assert_eq!(verification.entries, city.evidence().await.len() as u64);
}

/// A pack whose statements name kinds of evidence that no act leaves could not be run.
#[test]
fn every_pack_names_kinds_that_there_are() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root).unwrap().map(|f| f.unwrap()).filter(|f| f.path().is_dir()) {
        for file in std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap()) {
            files.push(policy::SourceFile {
                path: format!(
                    "{}/{}",
                    folder.file_name().to_string_lossy(),
                    file.file_name().to_string_lossy()
                ),
                text: std::fs::read_to_string(file.path()).unwrap(),
            });
        }
    }
    let library = policy::Library::new(&files);
    let (mut packs, mut acts) = (0, 0);
    for id in library.packs() {
        let pack = library.resolve(id).unwrap().pack;
        packs += 1;
        for (statement, act) in pack.statements().iter().flat_map(|s| s.acts.iter().map(move |a| (s, a))) {
            assert!(Kind::from_id(act).is_some(), "{id}: {} names {act}", statement.id);
            acts += 1;
        }
    }
    assert!(packs >= 7 && acts > 100, "{packs} packs, {acts} acts");
}

/// Whoever reads the ledger from outside, tile by tile, sees what was signed.
#[tokio::test]
async fn tiles_are_public_and_bounded() {
    let city = City::open().await;
    assert!(matches!(city.app.tile("tile/0/000.p/1").await, Err(Error::NotFound)), "nothing is sealed");
    while city.app.seal().await.unwrap() > 0 {}
    let head = city.store.real.ledger_head().await.unwrap().unwrap();
    assert!(head.size < 256);
    let hashes = city.app.tile(&format!("tile/0/000.p/{}", head.size)).await.unwrap();
    assert_eq!(hashes.len() as u64, head.size * 32);
    city.app.tile(&format!("tile/entries/000.p/{}", head.size)).await.unwrap();
    let shorter = city.app.tile("tile/0/000.p/3").await.unwrap();
    assert_eq!(shorter, hashes[..96]);
    for path in
        ["tile/0/000", "tile/entries/000", "tile/1/000", "tile/0/x999/999", "../city.db", "", "checkpoint"]
    {
        assert!(matches!(city.app.tile(path).await, Err(Error::NotFound)), "{path}");
    }
}

#[tokio::test]
async fn the_page_of_a_statement_shows_its_evidence() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean a"]).await;
    city.decide(&city.at("kacho", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    while city.app.seal().await.unwrap() > 0 {}
    let kansa = city.at("kansa", "lgwan").await;
    let all = city.app.statements(&kansa).await.unwrap();
    let counted = all.iter().find(|s| s.statement.id == "base/manager-decides").unwrap().evidence_count;
    let page = city.app.statement(&kansa, "base/manager-decides", PageRequest::default()).await.unwrap();
    let shown = page.evidence.unwrap().rows;
    assert!(counted > 0 && counted == shown.len() as u64);
    assert!(shown.iter().any(|e| e.kind == "step-decided" && e.subject_id == id.as_str()));
    let hanako = city.at("hanako", "lgwan").await;
    let page = city.app.statement(&hanako, "base/manager-decides", PageRequest::default()).await.unwrap();
    assert!(page.evidence.is_none(), "staff read the policy, not what others did");
    assert!(matches!(city.app.statement(&hanako, "x", PageRequest::default()).await, Err(Error::NotFound)));
    city.pass(MINUTE);
    let personal = Content { personal_data: true, ..content("c1", &[city.id("taro")]) };
    let hanako = city.at("hanako", "internet").await;
    city.submit(&hanako, "internet-to-lgwan", personal, &["clean b"]).await.unwrap();
}
