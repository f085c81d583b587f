//! What is erased when its time is over, and what must not be.

use std::sync::atomic::Ordering;

use app::{ports::BlobStore as _, sanitising::CellSettings};
use workflow::{route::Verdict, transfer::State};

use crate::city::{City, content};
use test_city::doubles::{DAY, HOUR};

#[tokio::test]
async fn originals_and_results_end_with_their_periods() {
    let city = City::open().await;
    let id = city.inbound("c1", &["clean a"]).await;
    let before = city.stored(&id).await;
    let file = before.files[0].clone();
    let (original, clean, preview) = (file.original.unwrap(), file.clean.unwrap(), file.preview.unwrap());
    let taro = city.at("taro", "lgwan").await;
    drop(city.app.download(&taro, &id, &file.id).await.unwrap());
    city.pass(14 * DAY);
    assert_eq!(city.app.tidy().await.unwrap().erased, 0, "the last day");
    assert!(city.has_blob(&original).await);
    city.pass(1);
    assert_eq!(city.app.tidy().await.unwrap().erased, 1);
    let t = city.stored(&id).await;
    assert!(t.files[0].original.is_none() && t.files[0].original_erased_at == Some(city.now()));
    assert!(!city.has_blob(&original).await, "gone from the disk");
    assert!(city.has_blob(&clean).await && t.files[0].clean.is_some(), "results are kept longer");
    assert_eq!(t.content_hash(), before.content_hash(), "what was decided on is the same");

    city.pass(14 * DAY);
    assert_eq!(city.app.tidy().await.unwrap().erased, 1);
    let t = city.stored(&id).await;
    assert!(t.files[0].clean.is_none() && t.files[0].preview.is_none());
    assert!(!city.has_blob(&clean).await && !city.has_blob(&preview).await);
    let kinds = city.kinds(id.as_str()).await;
    assert!(kinds.ends_with(&["originals-erased".to_owned(), "results-erased".to_owned()]), "{kinds:?}");
    assert_eq!(city.app.tidy().await.unwrap().erased, 0, "once");
    assert_eq!(city.blobs.count().await, 0);
    city.verify().await;
}

/// Files of a return that nobody takes up again end as well.
#[tokio::test]
async fn nothing_is_kept_for_a_submitter_who_forgot() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    let returned = city.inbound("c2", &["clean a"]).await;
    city.decide(&kacho, &returned, Verdict::Return).await.unwrap();
    let pulled_back = city.inbound("c2", &["clean b"]).await;
    city.app.pull_back(&city.at("hanako", "internet").await, &pulled_back).await.unwrap();
    let held = city.inbound("c1", &["held c", "clean d"]).await;
    for _ in 0..4 {
        city.pass(15 * DAY);
        city.app.tidy().await.unwrap();
    }
    for id in [returned, pulled_back, held] {
        let t = city.stored(&id).await;
        assert_eq!(t.state, State::Expired);
        assert!(t.files.iter().all(|f| f.original.is_none() && f.clean.is_none() && f.preview.is_none()));
    }
    assert_eq!(city.blobs.count().await, 0);
}

#[tokio::test]
async fn equal_bytes_of_two_transfers_stay_until_the_last_needs_them() {
    let city = City::open().await;
    let first = city.inbound("c1", &["clean the same"]).await;
    city.pass(3 * DAY);
    let second = city.inbound("c1", &["clean the same"]).await;
    let (a, b) = (city.stored(&first).await, city.stored(&second).await);
    let original = a.files[0].original.clone().unwrap();
    assert_eq!(a.files[0].original, b.files[0].original, "one blob for both");
    let taro = city.at("taro", "lgwan").await;
    drop(city.app.download(&taro, &first, &a.files[0].id).await.unwrap());
    city.pass(14 * DAY + 1);
    city.app.tidy().await.unwrap();
    assert!(city.stored(&first).await.files[0].original.is_none());
    assert!(city.stored(&second).await.files[0].original.is_some());
    assert!(city.has_blob(&original).await, "the second still has it");
    for _ in 0..4 {
        city.pass(15 * DAY);
        city.app.tidy().await.unwrap();
    }
    assert!(!city.has_blob(&original).await);
    assert_eq!(city.blobs.count().await, 0);
}

#[tokio::test]
async fn uploads_that_were_never_submitted_are_swept_after_a_day() {
    let city = City::open().await;
    let kept = city.inbound("c1", &["clean kept"]).await;
    let hanako = city.at("hanako", "internet").await;
    let old = city.upload(&hanako, "internet-to-lgwan", "a", b"clean forgotten").await.unwrap();
    city.pass(24 * HOUR);
    let young = city.at("hanako", "internet").await;
    let young = city.upload(&young, "internet-to-lgwan", "b", b"clean just now").await.unwrap();
    assert_eq!(city.tidy_all().await.swept, 0, "the last hour");
    city.pass(1);
    assert_eq!(city.tidy_all().await.swept, 1);
    assert!(city.evidence().await.iter().any(|r| r.entry.kind == "uploads-swept"));
    let t = city.stored(&kept).await;
    assert!(city.has_blob(t.files[0].original.as_ref().unwrap()).await);
    assert!(city.has_blob(t.files[0].clean.as_ref().unwrap()).await);

    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let mut form = city.form(&hanako, "internet-to-lgwan", content("c1", &to), &[]).await.unwrap();
    form.files = vec![old];
    let late = city.app.submit(&hanako, form).await;
    assert!(matches!(late, Err(app::Error::Conflict)), "its bytes are gone: {late:?}");
    let mut form = city.form(&hanako, "internet-to-lgwan", content("c1", &to), &[]).await.unwrap();
    form.files = vec![young];
    city.app.submit(&hanako, form).await.unwrap();
}

/// A result whose equal was erased between the cell and the record is made again, never recorded without bytes.
#[tokio::test]
async fn a_result_that_vanished_is_made_again() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let id = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    city.blobs.vanish.store(true, Ordering::SeqCst);
    let settings = CellSettings::default();
    assert!(matches!(city.app.drain_cells(settings).await, Err(app::Error::Conflict)));
    assert_eq!(city.state(&id).await, State::Sanitising);
    city.pass(settings.lease);
    assert_eq!(city.drain().await, 1);
    let t = city.stored(&id).await;
    assert_eq!(t.state, State::Ready);
    assert!(city.has_blob(t.files[0].clean.as_ref().unwrap()).await);
}

#[tokio::test]
async fn an_original_that_is_not_there_never_passes() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let id = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    let original = city.stored(&id).await.files[0].original.clone().unwrap();
    city.blobs.erase(&original.zone, &original.blob).await.unwrap();
    city.drain().await;
    let t = city.stored(&id).await;
    assert_eq!(t.state, State::Held);
    assert_eq!(t.files[0].report.as_ref().unwrap().reason, Some(worker_protocol::Reason::Damaged));
}

#[tokio::test]
async fn payloads_of_evidence_end_and_proofs_still_hold() {
    let city = City::open().await;
    city.inbound("c2", &["clean a"]).await;
    city.verify().await;
    for round in 1..=3 {
        city.pass(5 * 366 * DAY + DAY);
        let tidied = city.app.tidy().await.unwrap();
        assert!(tidied.payloads > 0, "{round}");
        // The acts of the round itself are new evidence; the record of an erasure is never erased.
        let verification = city.verify().await;
        assert!(verification.erased > 0 && verification.erased == verification.erased_explained);
    }
    let rows = city.evidence().await;
    for row in rows.iter().filter(|r| r.payload_erased_at.is_some()) {
        assert!(row.entry.payload.is_empty() && row.entry.salt.is_empty());
        assert_ne!(row.entry.kind, "payload-erased");
    }
    let kansa = city.at("kansa", "lgwan").await;
    while city.app.seal().await.unwrap() > 0 {}
    let first = &rows[0].entry.id;
    let entry = city.app.evidence_entry(&kansa, first).await.unwrap();
    assert!(entry.payload.is_none() && entry.salt.is_none() && entry.proof.is_some());
    assert!(entry.item.payload.is_none() && entry.item.erased_at.is_some());
}
