//! What a transaction promises, whatever is in it.

use app::model::User;
use app::ports::{Store as _, StoreError};

use crate::migrate;
use crate::tests::samples::{commit, evidence, people, transfer, transfer_id, user, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { migrations, nothing_without_evidence, a_failed_call_ends_the_transaction, text_that_cannot_be_kept }

async fn migrations(world: &World) {
    // The world is migrated already; this goes on from there.
    migrate::checks::check(world.db()).await;
}

async fn nothing_without_evidence(world: &World) {
    let store = &world.store;
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(1)).await.unwrap();
    assert_matches!(tx.commit(Vec::new()).await, Err(StoreError::Corrupt(_)));
    assert_eq!(store.user(&user_id(1)).await.unwrap(), None, "refused");

    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(1)).await.unwrap();
    drop(tx);
    assert_eq!(store.user(&user_id(1)).await.unwrap(), None, "dropped");

    // Evidence that cannot be written takes the state with it.
    store.append(vec![evidence(7)]).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(1)).await.unwrap();
    assert_matches!(tx.commit(vec![evidence(8), evidence(7)]).await, Err(StoreError::Duplicate("evidence")));
    assert_eq!(store.user(&user_id(1)).await.unwrap(), None, "not half");
    assert_eq!(store.evidence_by_id(&evidence(8).id).await.unwrap(), None);

    commit(store, 9, async |tx| tx.insert_user(&user(1)).await.unwrap()).await;
    assert_eq!(store.user(&user_id(1)).await.unwrap(), Some(user(1)));
    assert_eq!(store.evidence_by_id(&evidence(9).id).await.unwrap().unwrap().entry, evidence(9));
}

async fn a_failed_call_ends_the_transaction(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(20)).await.unwrap();
    let same_id = User { login: "another".to_owned(), ..user(1) };
    assert_matches!(tx.insert_user(&same_id).await, Err(StoreError::Duplicate("user")));
    assert_matches!(tx.insert_user(&user(21)).await, Err(StoreError::Corrupt(_)));
    assert_matches!(tx.commit(vec![evidence(1)]).await, Err(StoreError::Corrupt(_)));
    assert_eq!(store.user(&user_id(20)).await.unwrap(), None);
}

async fn text_that_cannot_be_kept(world: &World) {
    let store = &world.store;
    people(store).await;
    let mut tx = store.begin().await.unwrap();
    let mut t = transfer(1);
    t.subject = "a\0b".to_owned();
    assert_matches!(tx.insert_transfer(&t, "key").await, Err(StoreError::Corrupt(_)));
    assert_eq!(
        store.user_by_login("\0").await.err().map(|e| matches!(e, StoreError::Corrupt(_))),
        Some(true)
    );
    assert!(store.users("\0", None, 10).await.is_ok(), "what is searched for is folded first");
    // Names of files are untrusted and kept as they are: the sample's holds U+0000.
    drop(tx);
    commit(store, 1, async |tx| tx.insert_transfer(&transfer(1), "key").await.unwrap()).await;
    assert!(store.transfer(&transfer_id(1)).await.unwrap().unwrap().files[0].untrusted_name.contains('\0'));
}
