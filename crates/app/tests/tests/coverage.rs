//! How the statements are kept today.

use std::sync::atomic::Ordering;

use app::{Error, coverage::MechanismState, sanitising::CellSettings};
use policy::{CoverageStatus, Mechanism};

use crate::city::{City, content};

/// The state of a mechanism for somebody, its entries, and whether he is told which the newest is.
async fn state(city: &City, login: &str, mechanism: Mechanism) -> (MechanismState, u64, Option<bool>) {
    let actor = city.at(login, "lgwan").await;
    let coverage = city.app.coverage(&actor).await.unwrap();
    let row = coverage.mechanisms.iter().find(|m| m.mechanism == mechanism).expect("some statement names it");
    (row.state, row.evidence_count, row.last.as_ref().map(|l| l.id.is_some()))
}

#[tokio::test]
async fn what_was_done_is_seen_at_its_statement_and_mechanism() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let before = city.app.coverage(&hanako).await.unwrap();
    let statement = |coverage: &app::coverage::Coverage<'_>, id: &str| {
        let row = coverage.rows.iter().find(|r| r.statement.id == id).expect("base has it").clone();
        (row.status, row.evidence_count, row.last.map(|l| l.at))
    };
    assert_eq!(statement(&before, "base/sanitise-inbound"), (CoverageStatus::Kept, 0, None));
    assert_eq!(state(&city, "hanako", Mechanism::ChannelSanitise).await, (MechanismState::Unseen, 0, None));
    assert_eq!(state(&city, "hanako", Mechanism::ChannelRules).await, (MechanismState::Silent, 0, None));

    let to = [city.id("taro")];
    city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    city.drain().await;
    let now = city.now();
    for sealed in [false, true] {
        if sealed {
            while city.app.seal().await.unwrap() > 0 {}
        }
        let after = city.app.coverage(&hanako).await.unwrap();
        let (status, count, last) = statement(&after, "base/sanitise-inbound");
        assert_eq!((status, last), (CoverageStatus::Kept, Some(now)), "sealed: {sealed}");
        assert!(count >= 1, "sealed: {sealed}");
        let (state, count, told) = state(&city, "hanako", Mechanism::MalwareFreeRebuild).await;
        assert_eq!((state, count, told), (MechanismState::Seen, 1, Some(false)), "sealed: {sealed}");
    }
    // The count of the list of clauses is the same.
    let after = city.app.coverage(&hanako).await.unwrap();
    let summaries = city.app.statements(&hanako).await.unwrap();
    for (row, summary) in after.rows.iter().zip(&summaries) {
        assert_eq!((&row.statement.id, row.evidence_count), (&summary.statement.id, summary.evidence_count));
    }
    let totals = after.totals;
    assert_eq!(totals.statements, city.app.pack().statements().len());
    // Which entry it is, is for those who may see evidence of the whole body.
    assert_eq!(state(&city, "kansa", Mechanism::MalwareFreeRebuild).await.2, Some(true));
}

#[tokio::test]
async fn what_cannot_work_now_says_so() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    city.cell.absent.store(true, Ordering::SeqCst);
    assert!(city.app.drain_cells(CellSettings::default()).await.is_err());
    assert_eq!(state(&city, "hanako", Mechanism::ChannelSanitise).await.0, MechanismState::Stopped);
    assert_eq!(state(&city, "hanako", Mechanism::Login).await.0, MechanismState::Seen);
}

#[tokio::test]
async fn a_store_that_fails_is_an_error_and_not_an_empty_page() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    city.store.faults.arm(0, 1_000);
    let answer = city.app.coverage(&hanako).await;
    city.store.faults.disarm();
    assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
}
