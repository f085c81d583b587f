//! Sessions and tokens.

use app::model::{ApiToken, Session, Strength};
use app::ports::{Store as _, StoreError};
use workflow::id::{TokenId, ZoneId};

use crate::tests::samples::{T0, commit, people, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { sessions, tokens }

async fn sessions(world: &World) {
    let store = &world.store;
    people(store).await;
    let session = |hash: &str, n| Session {
        secret_hash: hash.to_owned(),
        user: user_id(n),
        zone: ZoneId::new("lgwan"),
        strength: Strength::SecondFactor,
        created_at: T0,
        seen_at: T0,
        expires_at: T0 + 1_000_000,
        unread_notices: 0,
    };
    commit(store, 1, async |tx| {
        for (hash, n) in [("aa", 1), ("bb", 1), ("cc", 2)] {
            tx.insert_session(&session(hash, n)).await.unwrap();
        }
    })
    .await;
    assert_eq!(store.session("aa").await.unwrap(), Some(session("aa", 1)));
    assert_eq!(store.session("dd").await.unwrap(), None);
    for (now, seen) in [(T0 + 59_999, T0), (T0 + 60_000, T0 + 60_000), (T0 + 119_999, T0 + 60_000)] {
        store.touch("aa", now).await.unwrap();
        assert_eq!(store.session("aa").await.unwrap().unwrap().seen_at, seen);
    }
    store.touch("nobody", T0).await.unwrap();
    commit(store, 2, async |tx| {
        tx.remove_session("aa").await.unwrap();
        tx.remove_session("aa").await.unwrap();
    })
    .await;
    assert_eq!(store.session("aa").await.unwrap(), None);
    commit(store, 3, async |tx| tx.remove_sessions_of(&user_id(1)).await.unwrap()).await;
    assert_eq!(store.session("bb").await.unwrap(), None);
    assert_eq!(store.session("cc").await.unwrap(), Some(session("cc", 2)));
}

async fn tokens(world: &World) {
    let store = &world.store;
    people(store).await;
    let token = |id: &str, created_at| ApiToken {
        id: TokenId::new(id),
        secret_hash: format!("hash-{id}"),
        user: user_id(1),
        zone: ZoneId::new("internet"),
        name: "夜間連携".to_owned(),
        scopes: vec!["transfer:submit".to_owned(), "transfer:read".to_owned()],
        created_at,
        expires_at: T0 + 1_000_000,
        revoked_at: None,
        used_at: None,
    };
    let (old, new) = (token("a", T0), token("b", T0 + 1));
    commit(store, 1, async |tx| {
        tx.insert_token(&old).await.unwrap();
        tx.insert_token(&new).await.unwrap();
    })
    .await;
    assert_eq!(store.token("hash-a").await.unwrap(), Some(old.clone()));
    assert_eq!(store.tokens_of(&user_id(1)).await.unwrap(), [new, old.clone()]);
    for (now, used) in [(T0 + 5, T0 + 5), (T0 + 60_004, T0 + 5), (T0 + 60_005, T0 + 60_005)] {
        store.touch("hash-a", now).await.unwrap();
        assert_eq!(store.token("hash-a").await.unwrap().unwrap().used_at, Some(used));
    }
    commit(store, 2, async |tx| tx.revoke_token(&old.id, &user_id(1), T0 + 9).await.unwrap()).await;
    assert_eq!(store.token("hash-a").await.unwrap().unwrap().revoked_at, Some(T0 + 9));
    for (id, person) in [("a", 1), ("b", 2), ("c", 1)] {
        let mut tx = store.begin().await.unwrap();
        assert_matches!(
            tx.revoke_token(&TokenId::new(id), &user_id(person), T0 + 10).await,
            Err(StoreError::Conflict)
        );
    }
}
