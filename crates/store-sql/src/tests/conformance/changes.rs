//! What changed, for indexes of words.

use app::finding::ports::{ChangeStore as _, SubjectChange};
use app::ports::{Store as _, StoreError};
use app::requests::store::RequestStore as _;
use futures::future::join_all;

use super::duties::task;
use crate::SqlStore;
use crate::tests::samples::{
    T0, commit, evidence, people, request, request_id, row_entry, transfer, user_id,
};
use crate::tests::{World, assert_matches, on_both};

on_both! { subjects_are_told_once, nothing_without_commit, many_writers, a_name_of_its_own, filled_past_it }

async fn behind(store: &SqlStore, seq: i64) -> Vec<SubjectChange> {
    let changes = store.changes_behind(seq, 1_000).await.unwrap();
    assert!(changes.windows(2).all(|two| two[0].seq < two[1].seq), "{changes:?}");
    changes
}

fn names(changes: &[SubjectChange]) -> Vec<String> {
    let mut names: Vec<_> = changes.iter().map(|c| format!("{} {}", c.kind, c.subject)).collect();
    names.sort();
    names
}

async fn subjects_are_told_once(world: &World) {
    let store = &world.store;
    people(store).await;
    let (_, start) = store.change_head().await.unwrap();
    assert!(start > 0, "people are found, too");
    let mut of_user = evidence(50);
    of_user.subject_kind = "user".to_owned();
    of_user.subject_id = user_id(3).as_str().to_owned();
    let mut of_system = evidence(51);
    of_system.subject_kind = "system".to_owned();
    let mut tx = store.begin().await.unwrap();
    tx.insert_transfer(&transfer(1), "key-1").await.unwrap();
    tx.insert_request(&request(1), "key-1").await.unwrap();
    tx.insert_tasks(&[task(0), task(1)]).await.unwrap();
    tx.add_rows(&[row_entry(1), row_entry(2)]).await.unwrap();
    tx.commit(vec![of_user, of_system]).await.unwrap();
    let changes = behind(store, start).await;
    let told = names(&changes);
    for wanted in ["transfer t-000001", "request r-000001", "register-row assets/1", "register-row assets/2"]
    {
        assert!(told.contains(&wanted.to_owned()), "{wanted}: {told:?}");
    }
    assert!(told.contains(&format!("user {}", user_id(3))), "{told:?}");
    assert_eq!(told.iter().filter(|t| t.starts_with("task ")).count(), 2);
    assert_eq!(told.len(), 7, "{told:?}");
    let (_, head) = store.change_head().await.unwrap();
    assert_eq!(changes.last().map(|c| c.seq), Some(head));
    assert!(behind(store, head).await.is_empty());

    // Again: the same subject with a later number, and only that.
    let again = store.request(&request_id(1)).await.unwrap().unwrap();
    commit(store, 2, async |tx| tx.update_request(&again).await.unwrap()).await;
    let later = behind(store, head).await;
    assert!(names(&later).contains(&"request r-000001".to_owned()), "{later:?}");
    let all = behind(store, 0).await;
    assert_eq!(all.iter().filter(|c| c.subject == "r-000001" && c.kind == "request").count(), 1);
    assert_eq!(store.changes_behind(0, 2).await.unwrap(), all[..2]);
}

async fn nothing_without_commit(world: &World) {
    let store = &world.store;
    people(store).await;
    let (_, before) = store.change_head().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.insert_transfer(&transfer(1), "key-1").await.unwrap();
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    tx.insert_transfer(&transfer(2), "key-2").await.unwrap();
    assert_matches!(tx.commit(Vec::new()).await, Err(StoreError::Corrupt(_)));
    assert!(behind(store, before).await.is_empty());
    // What changes nothing that is found is told to nobody.
    store.append(vec![evidence(1)]).await.unwrap();
    assert!(behind(store, before).await.is_empty());
}

/// While many write, a reader that goes on from the last number it saw misses none.
async fn many_writers(world: &World) {
    let store = &world.store;
    people(store).await;
    let (_, start) = store.change_head().await.unwrap();
    let writers = join_all((1..=24).map(|n| async move {
        let mut tx = store.begin().await.unwrap();
        tx.insert_transfer(&transfer(n), &format!("key-{n}")).await.unwrap();
        let mut entry = evidence(100 + n);
        entry.at = T0 + i64::from(n);
        tx.commit(vec![entry]).await.unwrap();
    }));
    let reader = async {
        let (mut at, mut seen) = (start, Vec::new());
        while seen.len() < 24 {
            let changes = behind(store, at).await;
            at = changes.last().map_or(at, |c| c.seq);
            seen.extend(changes.into_iter().filter(|c| c.kind == "transfer").map(|c| c.subject));
            seen.sort();
            seen.dedup();
            tokio::task::yield_now().await;
        }
        seen
    };
    let patience = std::time::Duration::from_secs(60);
    let (_, seen) = futures::join!(writers, tokio::time::timeout(patience, reader));
    assert_eq!(seen.expect("every change is seen").len(), 24);
}

async fn a_name_of_its_own(world: &World) {
    let (house, _) = world.store.change_head().await.unwrap();
    assert_eq!(house.len(), 32, "{house}");
    let other = World::sqlite().await;
    assert_ne!(other.store.change_head().await.unwrap().0, house);
    other.end().await;
}

async fn filled_past_it(world: &World) {
    let store = &world.store;
    let loader = crate::load::Loader::start(store).await.unwrap();
    loader.users((1..=9).map(crate::tests::samples::user)).await.unwrap();
    loader.transfers((1..=5).map(|n| (transfer(n), format!("key-{n}")))).await.unwrap();
    loader.finish().await.unwrap();
    let all = behind(store, 0).await;
    assert_eq!(all.iter().filter(|c| c.kind == "transfer").count(), 5);
    // Numbers go on behind.
    let (_, head) = store.change_head().await.unwrap();
    commit(store, 1, async |tx| tx.insert_transfer(&transfer(6), "key-6").await.unwrap()).await;
    let later = behind(store, head).await;
    assert!(names(&later).contains(&"transfer t-000006".to_owned()), "{later:?}");
}
