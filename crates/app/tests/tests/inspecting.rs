//! 検査確認: files that pass unchanged, because somebody who is not the sender opened the original and vouches for it.

use std::sync::atomic::Ordering;

use app::{Error, deciding::Ballot};
use worker_protocol::Reason;
use workflow::{
    id::{FileId, TransferId},
    route::Verdict,
    transfer::{FileState, Refusal, State},
};

use crate::city::{City, content, door};
use test_city::doubles::{DAY, HOUR};

const DRAWING: &str = "drawing 配置図";

/// The payloads of one kind about a transfer, with the statements that they are evidence for.
async fn told(city: &City, id: &TransferId, kind: &str) -> Vec<(serde_json::Value, Vec<String>)> {
    let rows = city
        .evidence()
        .await
        .into_iter()
        .filter(|r| r.entry.subject_id == id.as_str() && r.entry.kind == kind);
    rows.map(|r| (serde_json::from_slice(&r.entry.payload).unwrap(), r.entry.statements)).collect()
}

#[tokio::test]
async fn a_drawing_passes_on_the_word_of_the_manager_who_opened_it() {
    let city = City::open().await;
    // What anybody may read waits for nobody; a drawing does.
    let id = city.inbound("c1", &["clean a", DRAWING]).await;
    let t = city.stored(&id).await;
    assert_eq!(
        (t.state, t.files[1].state, t.files[1].preview.is_none()),
        (State::AwaitingApproval, FileState::Inspected, true)
    );
    assert_eq!(t.files[1].clean.as_ref().unwrap().sha256, t.files[1].original.as_ref().unwrap().sha256);
    let kinds = city.kinds(id.as_str()).await;
    assert_eq!(kinds, ["transfer-submitted", "file-sanitised", "file-awaits-inspection", "step-opened"]);

    let (inside, outside) = (city.at("kacho", "lgwan").await, city.at("kacho", "internet").await);
    assert!(!city.app.transfer(&inside, &id).await.unwrap().may.inspect, "not where it goes");
    assert!(city.app.transfer(&outside, &id).await.unwrap().may.inspect);
    assert_eq!(city.app.home(&inside).await.unwrap().to_decide[0].inspected_count, 1);
    let blind = city.decide(&inside, &id, Verdict::Approve).await;
    assert!(
        matches!(blind, Err(Error::Refused(Refusal::NotInspected(ref f))) if *f == t.files[1].id),
        "{blind:?}"
    );

    let seen = city.open_original(&outside, &id, 1).await.unwrap();
    assert_eq!(seen, DRAWING.as_bytes());
    let opened = told(&city, &id, "original-opened").await;
    let [(payload, statements)] = &opened[..] else { panic!("{opened:?}") };
    assert_eq!(payload["actor"]["login"], "kacho");
    assert_eq!(payload["zone"], "internet");
    let sha256 = t.files[1].original.as_ref().unwrap().sha256.clone();
    assert_eq!(
        payload["details"],
        serde_json::json!({
            "file": t.files[1].id.as_str(), "name": "1.txt", "original_sha256": sha256,
            "bytes": DRAWING.len(), "step": 0
        })
    );
    assert_eq!(statements, &["base/inspect-inbound"]);

    // Opening is not vouching.
    let hash = city.stored(&id).await.content_hash();
    let silent = city.app.decide(&inside, &id, &Ballot::new(Verdict::Approve, "", &hash)).await;
    assert!(matches!(silent, Err(Error::Refused(Refusal::NotVouched(_)))), "{silent:?}");
    // Decided where the file goes to, on what was seen where it came from.
    city.decide(&inside, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.state(&id).await, State::Ready);
    let vouched = told(&city, &id, "file-vouched").await;
    let [(payload, statements)] = &vouched[..] else { panic!("{vouched:?}") };
    assert_eq!(
        payload["details"],
        serde_json::json!({
            "file": t.files[1].id.as_str(), "name": "1.txt", "original_sha256": sha256, "clean_sha256": sha256,
            "note": "開いて全体を見ました", "opened_at": city.now(), "step": 0, "on_behalf_of": null,
            "content_hash": hash
        })
    );
    assert_eq!(statements, &["base/inspect-inbound"]);
    let released = told(&city, &id, "transfer-released").await;
    assert_eq!(released[0].0["details"]["files"][0].get("inspected"), None);
    assert_eq!(released[0].0["details"]["files"][1]["inspected"], true);

    // The recipient takes exactly what came; the one who inspected it no longer opens anything.
    use tokio::io::AsyncReadExt as _;
    let taro = city.at("taro", "lgwan").await;
    let mut taken = Vec::new();
    let mut download = city.app.download(&taro, &id, &t.files[1].id).await.unwrap();
    download.reader.read_to_end(&mut taken).await.unwrap();
    assert_eq!(taken, DRAWING.as_bytes());
    assert!(city.open_original(&outside, &id, 1).await.is_err());
    city.verify().await;
}

#[tokio::test]
async fn who_may_not_open_an_original() {
    let city = City::open().await;
    let id = city.inbound("c1", &["clean a", DRAWING]).await;
    let t = city.stored(&id).await;
    let drawing = &t.files[1].id;
    let digital = city.at("digital", "internet").await;
    let rows = [
        ("hanako", "internet", "denied", "own-request or no role"),
        ("taro", "lgwan", "not-found", "the recipient, before it is released"),
        ("taro", "internet", "not-found", "a colleague"),
        ("fukushi", "internet", "not-found", "the manager of another section"),
        ("kacho", "lgwan", "denied", "the right person in the wrong zone"),
        ("kacho", "mynumber", "not-found", "a zone that does not learn of it"),
        ("hosa", "internet", "not-found", "a deputy while nobody is away"),
        ("digital", "internet", "denied", "who looks after the system"),
        ("kansa", "internet", "denied", "who audits"),
        ("fukushicho", "internet", "denied", "the top, who is not asked"),
    ];
    for (login, zone, code, who) in rows {
        let actor = city.at(login, zone).await;
        let refused = city.app.open_original(&actor, &id, drawing).await.err().unwrap();
        assert_eq!(refused.code(), code, "{who}: {refused}");
    }
    let wrong_zone =
        city.app.open_original(&city.at("kacho", "lgwan").await, &id, drawing).await.err().unwrap();
    assert!(matches!(wrong_zone, Error::Denied { reason: "wrong-zone", .. }), "{wrong_zone}");

    // The right person at the right door: not by a token, not for what was rebuilt, not for what is not there.
    let kacho = city.at("kacho", "internet").await;
    let scopes = ["read-transfers", "decide-transfers"].map(str::to_owned);
    let (_, secret) = city.app.create_token(&kacho, "機械", &scopes, 1).await.unwrap();
    city.keep_secret(&secret);
    let program = city.app.resume_token(&door("internet"), &secret).await.unwrap();
    let by_token = city.app.open_original(&program, &id, drawing).await.err().unwrap();
    assert!(matches!(by_token, Error::Denied { reason: "token-scope", .. }), "{by_token}");
    for (file, what) in [(&t.files[0].id, "rebuilt"), (&FileId::new("none"), "unknown")] {
        let refused = city.app.open_original(&kacho, &id, file).await.err().unwrap();
        assert!(matches!(refused, Error::Refused(Refusal::File)), "{what}: {refused}");
    }
    let unknown = city.app.open_original(&kacho, &TransferId::new("none"), drawing).await.err().unwrap();
    assert!(matches!(unknown, Error::NotFound));
    assert!(city.stored(&id).await.openings.is_empty(), "a refusal counts as opened");
    assert!(told(&city, &id, "original-opened").await.is_empty());
    // The role left him meanwhile.
    city.app.end_post(&digital, &city.id("kacho"), "section-manager", Some("residents")).await.unwrap();
    let left = city.at("kacho", "internet").await;
    assert!(city.app.open_original(&left, &id, drawing).await.is_err());
    city.verify().await;
}

/// The sender is the only manager: the word is for the role above, who must have seen it himself.
#[tokio::test]
async fn nobody_inspects_what_he_sent() {
    let city = City::open().await;
    let kacho = city.at("kacho", "internet").await;
    let to = [city.id("taro")];
    let id = city.submit(&kacho, "internet-to-lgwan", content("c1", &to), &[DRAWING]).await.unwrap();
    city.drain().await;
    let own = city.open_original(&kacho, &id, 0).await;
    assert!(matches!(own, Err(Error::Denied { .. })), "{own:?}");
    assert!(city.decide(&kacho, &id, Verdict::Approve).await.is_err());
    let ciso = city.at("fukushicho", "internet").await;
    assert!(matches!(
        city.decide(&ciso, &id, Verdict::Approve).await,
        Err(Error::Refused(Refusal::NotInspected(_)))
    ));
    city.open_original(&ciso, &id, 0).await.unwrap();
    city.decide(&ciso, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.state(&id).await, State::Ready);
}

#[tokio::test]
async fn a_deputy_opens_and_vouches_himself() {
    let city = City::open().await;
    let id = city.inbound("c1", &[DRAWING]).await;
    let kacho = city.at("kacho", "internet").await;
    // What the absent manager saw is not what his deputy saw.
    city.open_original(&kacho, &id, 0).await.unwrap();
    city.app.set_absence(&kacho, city.now(), city.now() + DAY, "出張").await.unwrap();
    let hosa = city.at("hosa", "internet").await;
    let unseen = city.decide(&hosa, &id, Verdict::Approve).await;
    assert!(matches!(unseen, Err(Error::Refused(Refusal::NotInspected(_)))), "{unseen:?}");
    assert!(city.app.transfer(&hosa, &id).await.unwrap().may.inspect);
    city.open_original(&hosa, &id, 0).await.unwrap();
    city.decide(&hosa, &id, Verdict::Approve).await.unwrap();
    let t = city.stored(&id).await;
    assert_eq!((t.state, &t.approval.decisions[0].by), (State::Ready, &city.id("hosa")));
    let vouched = told(&city, &id, "file-vouched").await;
    assert_eq!(vouched[0].0["details"]["on_behalf_of"], city.id("kacho").as_str());
    city.app.review(&city.at("kacho", "lgwan").await, &id, 0).await.unwrap();
}

#[tokio::test]
async fn an_inspection_is_void_after_a_new_submission() {
    let city = City::open().await;
    let id = city.inbound("c1", &[DRAWING]).await;
    let (kacho, hanako) = (city.at("kacho", "internet").await, city.at("hanako", "internet").await);
    let to = [city.id("taro")];
    for class in ["c1", "c2"] {
        city.open_original(&kacho, &id, 0).await.unwrap();
        let old = city.stored(&id).await.content_hash();
        city.app.pull_back(&hanako, &id).await.unwrap();
        assert!(city.open_original(&kacho, &id, 0).await.is_err(), "while it is with its sender");
        city.app.resubmit(&hanako, &id, content(class, &to)).await.unwrap();
        city.drain().await;
        let t = city.stored(&id).await;
        assert_eq!((t.state, t.openings.len()), (State::AwaitingApproval, 0), "{class}");
        let vouches = city.vouches(&t);
        let ballot = Ballot { vouches: &vouches, ..Ballot::new(Verdict::Approve, "", &old) };
        let stale = city.app.decide(&kacho, &id, &ballot).await;
        assert!(matches!(stale, Err(Error::Refused(Refusal::ContentChanged))), "{stale:?}");
        let unseen = city.decide(&kacho, &id, Verdict::Approve).await;
        assert!(matches!(unseen, Err(Error::Refused(Refusal::NotInspected(_)))), "{class}: {unseen:?}");
    }
    assert_eq!(city.cell.runs.load(Ordering::SeqCst), 2, "another class is treated again");
    // Classified and unchanged: the approval for the class is given by the same person, who inspects.
    city.open_original(&kacho, &id, 0).await.unwrap();
    city.decide(&kacho, &id, Verdict::Approve).await.unwrap();
    let vouched = told(&city, &id, "file-vouched").await;
    assert_eq!(vouched[0].1, ["base/inspect-inbound"], "whichever request decided");
    // Sent back, nothing was vouched for.
    let returned = city.inbound("c1", &["drawing x"]).await;
    city.decide(&kacho, &returned, Verdict::Return).await.unwrap();
    assert!(told(&city, &returned, "file-vouched").await.is_empty());
}

#[tokio::test]
async fn an_archive_is_opened_as_it_came() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let mut form =
        city.form(&hanako, "internet-to-lgwan", content("c1", &[city.id("taro")]), &[]).await.unwrap();
    form.files = vec![city.upload(&hanako, "internet-to-lgwan", "一式.zip", b"drawings 2").await.unwrap()];
    let id = city.app.submit(&hanako, form).await.unwrap();
    city.drain().await;
    let t = city.stored(&id).await;
    assert_eq!((t.state, t.files[0].state), (State::AwaitingApproval, FileState::Inspected));
    assert_ne!(t.files[0].clean.as_ref().unwrap().sha256, t.files[0].original.as_ref().unwrap().sha256);
    let kacho = city.at("kacho", "internet").await;
    let original = city.app.open_original(&kacho, &id, &t.files[0].id).await.unwrap();
    assert_eq!((original.name.as_str(), original.bytes), ("一式.zip", 10));
    city.decide(&kacho, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.state(&id).await, State::Ready);
}

/// A cell that says one thing and hands over another is a broken cell: the file is held.
#[tokio::test]
async fn the_word_of_the_cell_is_checked() {
    let city = City::open().await;
    for lie in ["forged bytes", "hidden as rebuilt", "unasked for"] {
        let before = city.blobs.count().await;
        let id = city.inbound("c1", &[lie]).await;
        let file = &city.stored(&id).await.files[0];
        assert_eq!(file.state, FileState::Held, "{lie}");
        assert_eq!(file.report.as_ref().unwrap().reason, Some(Reason::WorkerDied), "{lie}");
        assert_eq!(city.blobs.count().await, before + 1, "{lie}: only the original stays");
    }
    // Where the channel does not name the kind, nobody's word helps.
    let outbound = city.at("hanako", "lgwan").await;
    let to = [city.id("taro")];
    let id = city.submit(&outbound, "lgwan-to-internet", content("c1", &to), &[DRAWING]).await.unwrap();
    city.drain().await;
    assert_eq!(city.state(&id).await, State::Refused);
}

#[tokio::test]
async fn what_nobody_inspects_is_reminded_of_and_ends() {
    let city = City::open().await;
    let id = city.inbound("c1", &[DRAWING]).await;
    city.pass(24 * HOUR + 1);
    assert_eq!(city.app.tidy().await.unwrap().overdue, 1);
    assert_eq!(city.last_kind().await, "step-reminded");
    let kacho = city.at("kacho", "internet").await;
    city.open_original(&kacho, &id, 0).await.unwrap();
    city.pass(14 * DAY);
    let kacho = city.at("kacho", "internet").await;
    assert!(matches!(city.open_original(&kacho, &id, 0).await, Err(Error::Refused(Refusal::Overdue))));
    assert_eq!(city.app.tidy().await.unwrap().overdue, 1);
    assert_eq!(city.state(&id).await, State::Expired);
}
