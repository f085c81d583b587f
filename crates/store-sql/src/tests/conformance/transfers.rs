//! One transfer, and those who change it at the same time.

use app::ports::{Store as _, StoreError};
use workflow::{
    route::Decision,
    transfer::{FileState, State},
};

use crate::tests::samples::{
    T0, commit, decision, evidence, opening, people, report, stored, transfer, transfer_id, user_id, vouch,
};
use crate::tests::{World, assert_matches, on_both};

on_both! { one_transfer, duplicates, stale_writers, two_approvers_at_once }

async fn one_transfer(world: &World) {
    let store = &world.store;
    people(store).await;
    assert_eq!(store.transfer(&transfer_id(1)).await.unwrap(), None);
    let mut t = transfer(1);
    commit(store, 1, async |tx| {
        assert_eq!(tx.transfer_of_submission("key-1").await.unwrap(), None);
        assert_eq!(tx.next_number().await.unwrap(), 1);
        assert_eq!(tx.next_number().await.unwrap(), 2);
        tx.insert_transfer(&t, "key-1").await.unwrap();
        assert_eq!(tx.transfer_of_submission("key-1").await.unwrap(), Some(t.id.clone()));
        assert_eq!(tx.transfer(&t.id).await.unwrap(), Some(t.clone()));
    })
    .await;
    assert_eq!(store.transfer(&t.id).await.unwrap(), Some(t.clone()));

    // Every part changes: a file is done, one is dropped, decisions come and are reviewed, recipients differ.
    let first = &mut t.files[0];
    first.clean = Some(stored("lgwan", 5));
    first.preview = Some(stored("internet", 6));
    first.state = FileState::Partial;
    first.report = Some(report());
    first.attempts = 1;
    t.state = State::AwaitingApproval;
    t.term.due_at = Some(T0 + 10);
    t.term.expires_at = Some(T0 + 20);
    t.approval.decisions.push(Decision { vouches: vec![vouch()], ..decision(4, Some(5), T0 + 3) });
    t.openings = vec![opening(4, T0 + 1), opening(6, T0 + 2)];
    commit(store, 2, async |tx| tx.update_transfer(&t).await.unwrap()).await;
    t.version = 1;
    assert_eq!(store.transfer(&t.id).await.unwrap(), Some(t.clone()));

    t.approval.decisions[0].reviewed_at = Some(T0 + 9);
    t.approval.decisions.push(decision(6, None, T0 + 4));
    t.openings.remove(0);
    t.files.remove(0);
    t.recipients.pop();
    t.recipients[0].received_at = Some(T0 + 11);
    commit(store, 3, async |tx| {
        assert_eq!(tx.next_number().await.unwrap(), 3);
        tx.update_transfer(&t).await.unwrap();
        t.version = 2;
        assert_eq!(tx.transfer(&t.id).await.unwrap(), Some(t.clone()));
        // Twice in one transaction.
        t.subject = "変更後".to_owned();
        tx.update_transfer(&t).await.unwrap();
        t.version = 3;
    })
    .await;
    assert_eq!(store.transfer(&t.id).await.unwrap(), Some(t));
}

async fn duplicates(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.insert_transfer(&transfer(1), "key").await.unwrap()).await;
    let mut same_number = transfer(2);
    same_number.number = 1;
    let mut same_file = transfer(2);
    same_file.files[1].id = transfer(1).files[0].id.clone();
    let mut same_id = transfer(2);
    same_id.id = transfer_id(1);
    for (t, key, word) in [
        (transfer(2), "key", "submission"),
        (same_number, "other", "number"),
        (same_file, "other", "file"),
        (same_id, "other", "transfer"),
    ] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(tx.insert_transfer(&t, key).await, Err(StoreError::Duplicate(w)) if *w == word);
    }
    let mut tx = store.begin().await.unwrap();
    let mut stranger = transfer(3);
    stranger.submitter = user_id(99);
    assert_matches!(tx.insert_transfer(&stranger, "other").await, Err(StoreError::Corrupt(_)));
}

async fn stale_writers(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.insert_transfer(&transfer(1), "key").await.unwrap()).await;
    commit(store, 2, async |tx| tx.update_transfer(&transfer(1)).await.unwrap()).await;
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.update_transfer(&transfer(1)).await, Err(StoreError::Conflict));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.update_transfer(&transfer(2)).await, Err(StoreError::Conflict));
}

async fn two_approvers_at_once(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.insert_transfer(&transfer(1), "key").await.unwrap()).await;
    // Both read before either decides, as two people with the page open do; each writes what he read.
    let seen = store.transfer(&transfer_id(1)).await.unwrap().unwrap();
    let approve = |n: u32| {
        let (store, mut t) = (store.clone(), seen.clone());
        tokio::spawn(async move {
            t.approval.decisions.push(decision(n, None, T0));
            let mut tx = store.begin().await.unwrap();
            tx.update_transfer(&t).await?;
            tx.commit(vec![evidence(n)]).await
        })
    };
    let results = [approve(4), approve(5), approve(6), approve(7)];
    let mut won = 0;
    for result in results {
        match result.await.unwrap() {
            Ok(_) => won += 1,
            Err(e) => assert!(matches!(e, StoreError::Conflict), "{e:?}"),
        }
    }
    assert_eq!(won, 1);
    let after = store.transfer(&transfer_id(1)).await.unwrap().unwrap();
    assert_eq!((after.version, after.approval.decisions.len()), (1, 1));

    // Those who read for change inside their transaction wait for each other instead.
    let count_up = |n: u32| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let mut t = tx.transfer(&transfer_id(1)).await.unwrap().unwrap();
            t.number += 10;
            tx.update_transfer(&t).await.unwrap();
            tx.commit(vec![evidence(n)]).await.unwrap();
        })
    };
    for task in (100..110).map(count_up).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(store.transfer(&transfer_id(1)).await.unwrap().unwrap().number, 101);
}
