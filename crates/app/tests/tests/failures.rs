//! The database or the disk failing at each call in turn: no use case leaves half a change, and repeating it succeeds.

use std::{sync::atomic::Ordering, time::Duration};

use app::{Error, deciding::Ballot, sanitising::CellSettings, transfers::NewTransfer};
use workflow::{
    id::TransferId,
    route::Verdict,
    transfer::{State, Transfer},
};

use crate::city::{City, content};
use test_city::doubles::{DAY, HOUR};

/// What one use case may change: everything about transfers and evidence, as one comparable value.
async fn picture(city: &City, id: Option<&TransferId>) -> (Option<Transfer>, usize) {
    let transfer = match id {
        Some(id) => Some(city.stored(id).await),
        None => None,
    };
    (transfer, city.evidence().await.len())
}

/// Runs a use case with the store failing at its first call, its second, and so on, until it gets through. Each
/// failure must change nothing.
macro_rules! fail_at_each_call {
    ($city:ident, $id:expr, $call:expr) => {{
        let mut calls = 0;
        loop {
            let before = picture(&$city, $id).await;
            $city.store.faults.arm(calls, 1);
            let result = $call.await;
            if $city.store.faults.disarm() {
                // It needed no more calls than that.
                assert!(result.is_ok(), "{:?}", result.err());
                break;
            }
            assert!(matches!(result, Err(Error::Unavailable(_))), "call {calls}: {:?}", result.err());
            assert_eq!(picture(&$city, $id).await, before, "call {calls} left something behind");
            calls += 1;
        }
        assert!(calls > 0, "no call could fail");
        calls
    }};
}

#[tokio::test]
async fn no_use_case_leaves_half_a_change() {
    let city = City::open().await;
    let (hanako, taro) = (city.at("hanako", "internet").await, city.at("taro", "lgwan").await);
    let (kacho, digital) = (city.at("kacho", "lgwan").await, city.at("digital", "lgwan").await);
    let to = [city.id("taro")];

    // The upload of a submission that failed is gone, so each try brings the file again, as a browser does.
    let key = "the-same-form".to_owned();
    let mut calls = 0;
    let id = loop {
        let form = city.form(&hanako, "internet-to-lgwan", content("c2", &to), &["clean a"]).await.unwrap();
        let form = NewTransfer { submission: key.clone(), ..form };
        let before = city.evidence().await.len();
        city.store.faults.arm(calls, 1);
        let result = city.app.submit(&hanako, form).await;
        let through = city.store.faults.disarm();
        match result {
            Ok(id) => {
                assert!(through);
                break id;
            }
            Err(error) => assert!(matches!(error, Error::Unavailable(_)), "{error}"),
        }
        assert_eq!(city.evidence().await.len(), before);
        assert_eq!(city.drain().await, 0, "a file without a transfer was queued");
        calls += 1;
    };
    assert!(calls > 5);
    city.drain().await;
    let seen = city.stored(&id).await.content_hash();

    fail_at_each_call!(
        city,
        Some(&id),
        city.app.decide(&kacho, &id, &Ballot::new(Verdict::Return, "直す", &seen))
    );
    fail_at_each_call!(city, Some(&id), city.app.resubmit(&hanako, &id, content("c2", &to)));
    fail_at_each_call!(city, Some(&id), city.app.pull_back(&hanako, &id));
    fail_at_each_call!(city, Some(&id), city.app.resubmit(&hanako, &id, content("c2", &to)));
    let seen = city.stored(&id).await.content_hash();
    fail_at_each_call!(
        city,
        Some(&id),
        city.app.decide(&kacho, &id, &Ballot::new(Verdict::Approve, "", &seen))
    );
    let file = city.stored(&id).await.files[0].id.clone();
    fail_at_each_call!(city, Some(&id), city.app.download(&taro, &id, &file));
    fail_at_each_call!(city, Some(&id), city.app.download(&taro, &id, &file));

    let held = city.inbound("c1", &["held a", "clean b"]).await;
    let file = city.stored(&held).await.files[0].id.clone();
    fail_at_each_call!(city, Some(&held), city.app.retry_file(&hanako, &held, &file, None));
    city.drain().await;
    fail_at_each_call!(city, Some(&held), city.app.block_file(&hanako, &held, &file));

    // What passes unchanged: opened with its evidence or not at all, and released with every word or not at all.
    let drawing = city.inbound("c1", &["drawing d"]).await;
    let manager = city.at("kacho", "internet").await;
    let file = city.stored(&drawing).await.files[0].id.clone();
    fail_at_each_call!(city, Some(&drawing), city.app.open_original(&manager, &drawing, &file));
    let before = city.stored(&drawing).await;
    let (seen, vouches) = (before.content_hash(), city.vouches(&before));
    let ballot = Ballot { vouches: &vouches, ..Ballot::new(Verdict::Approve, "", &seen) };
    fail_at_each_call!(city, Some(&drawing), city.app.decide(&kacho, &drawing, &ballot));
    let kinds = city.kinds(drawing.as_str()).await;
    assert_eq!(kinds.iter().filter(|k| *k == "original-opened").count(), 1);
    assert_eq!(kinds.iter().filter(|k| *k == "file-vouched").count(), 1);

    fail_at_each_call!(city, None, city.app.set_absence(&kacho, city.now(), city.now() + DAY, "休暇"));
    fail_at_each_call!(city, None, city.app.set_enabled(&digital, &city.id("hosa"), false));
    fail_at_each_call!(
        city,
        None,
        city.app.give_post(&digital, &city.id("taro"), "chief", Some("residents"))
    );
    fail_at_each_call!(city, None, city.app.end_post(&digital, &city.id("taro"), "chief", Some("residents")));
    fail_at_each_call!(city, None, city.app.create_token(&hanako, "x", &["read-transfers".to_owned()], 1));
    fail_at_each_call!(
        city,
        None,
        city.app.login(&crate::city::door("lgwan"), "hanako", &test_city::password("hanako"))
    );
    fail_at_each_call!(city, None, city.app.seal());

    let withdrawn = city.inbound("c2", &["clean c"]).await;
    fail_at_each_call!(city, Some(&withdrawn), city.app.withdraw(&hanako, &withdrawn));
    city.verify().await;
}

/// The cell's result: whatever call fails, the file stays queued and is done after its lease.
#[tokio::test]
async fn a_result_that_cannot_be_recorded_is_made_again() {
    let city = City::open().await;
    let to = [city.id("taro")];
    let mut calls = 0;
    loop {
        let hanako = city.at("hanako", "internet").await;
        let text = format!("clean {calls}");
        let id = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &[&text]).await.unwrap();
        let before = city.blobs.count().await;
        city.store.faults.arm(calls, 1);
        let result = city.app.drain_cells(Default::default()).await;
        if city.store.faults.disarm() {
            assert_eq!(result.unwrap(), 1);
            assert_eq!(city.state(&id).await, State::Ready);
            break;
        }
        assert!(result.is_err(), "call {calls}");
        let t = city.stored(&id).await;
        if t.state == State::Sanitising {
            // What could not be recorded is not left on the disk.
            assert_eq!(city.blobs.count().await, before, "call {calls}");
            city.pass(HOUR);
            assert_eq!(city.drain().await, 1);
        }
        assert_eq!(city.state(&id).await, State::Ready, "call {calls}");
        calls += 1;
    }
    assert!(calls > 4);
    city.verify().await;
}

/// A file that was given up because the database went away is done soon after it is back, by a process that is alone:
/// the clock stands still here, so no lease ends.
#[tokio::test]
async fn a_file_that_was_given_up_does_not_wait_for_its_lease() {
    let settings = CellSettings { alone: true, ..CellSettings::default() };
    // Side by side, because each that fails waits for the next look at the queue.
    let cities = (0..10).map(async |calls| {
        let city = City::open().await;
        let hanako = city.at("hanako", "internet").await;
        let to = [city.id("taro")];
        let id = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
        city.store.faults.arm(calls, 1);
        let until_ready = async {
            while city.state(&id).await != State::Ready {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        city.app.run_cells(settings, until_ready).await;
        !city.store.faults.disarm()
    });
    let failed = futures::future::join_all(cities).await.into_iter().filter(|failed| *failed).count();
    assert!(failed > 2, "only {failed} calls could fail");
}

#[tokio::test]
async fn housekeeping_goes_on_after_a_failure() {
    let city = City::open().await;
    let id = city.inbound("c1", &["clean a"]).await;
    let late = city.inbound("c2", &["clean b"]).await;
    for pause in [DAY + 1, 14 * DAY + 1, 15 * DAY, 15 * DAY] {
        city.pass(pause);
        let mut calls = 0;
        loop {
            city.store.faults.arm(calls, 1);
            let result = city.app.tidy().await;
            if city.store.faults.disarm() {
                result.unwrap();
                break;
            }
            assert!(result.is_err(), "call {calls}");
            calls += 1;
        }
    }
    // A blob whose erasure was interrupted is found by the sweep.
    city.tidy_all().await;
    assert_eq!(city.blobs.count().await, 0);
    for id in [id, late] {
        assert_eq!(city.state(&id).await, State::Expired);
    }
    city.verify().await;
}

/// The change happened and its answer was lost: sending the same form again finds the transfer.
#[tokio::test]
async fn a_lost_answer_does_not_submit_twice() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let form = city.form(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    city.store.faults.lose_answer.store(true, Ordering::SeqCst);
    let lost = city.app.submit(&hanako, form.clone()).await;
    assert!(matches!(lost, Err(Error::Unavailable(_))));
    let id = city.app.submit(&hanako, form).await.unwrap();
    assert_eq!(city.kinds(id.as_str()).await, ["transfer-submitted"]);
    assert_eq!(city.drain().await, 1);
    assert_eq!(city.state(&id).await, State::Ready, "its file was not erased after the lost answer");
}

#[tokio::test]
async fn a_full_disk_is_said_and_leaves_nothing() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    for call in 0..2 {
        city.blobs.faults.arm(call, 1);
        let full = city.upload(&hanako, "internet-to-lgwan", "a.txt", b"clean a").await;
        assert!(matches!(full, Err(Error::StorageFull)), "call {call}");
        assert_eq!(city.blobs.count().await, 0);
    }
    // In the cell: two writes and the end of the clean file, three writes and the end of the preview.
    let to = [city.id("taro")];
    let mut calls = 0;
    loop {
        let hanako = city.at("hanako", "internet").await;
        let text = format!("clean {calls}");
        let id = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &[&text]).await.unwrap();
        city.blobs.faults.arm(calls, 1);
        let result = city.app.drain_cells(Default::default()).await;
        if city.blobs.faults.disarm() {
            result.unwrap();
            break;
        }
        assert!(matches!(result, Err(Error::StorageFull)), "call {calls}: {result:?}");
        assert_eq!(city.state(&id).await, State::Sanitising);
        city.pass(HOUR);
        assert_eq!(city.drain().await, 1, "room again");
        assert_eq!(city.state(&id).await, State::Ready);
        calls += 1;
    }
    assert!(calls >= 5);
    // What was finished before the disk was full and then not needed goes with the sweep.
    for _ in 0..3 {
        city.pass(15 * DAY);
        city.tidy_all().await;
    }
    assert_eq!(city.blobs.count().await, 0);
}
