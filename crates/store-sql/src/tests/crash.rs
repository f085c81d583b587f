//! What is left when the machine stops or the database goes away: everything that was committed, nothing half.

use app::ports::{Store as _, StoreError};

use super::{
    World, open,
    samples::{commit, evidence, people, transfer, transfer_id, user},
};
use crate::{Config, OpenError, SqlStore};

/// The files as they are at this moment, without any goodbye of the program: what a power cut leaves, given that
/// commits are flushed.
fn copy(world: &World, name: &str) -> String {
    let to = world.dir().join(name);
    std::fs::create_dir(&to).unwrap();
    for file in ["city.db", "city.db-wal"] {
        std::fs::copy(world.dir().join(file), to.join(file)).unwrap();
    }
    format!("sqlite:{}", to.join("city.db").display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_at_any_moment_reopens() {
    let world = World::sqlite().await;
    let store = &world.store;
    people(store).await;
    for n in 1..=5_u32 {
        commit(store, n, async |tx| tx.insert_transfer(&transfer(n), &format!("key-{n}")).await.unwrap())
            .await;
        // One more is under way: state without evidence, which must not survive.
        let mut open_tx = store.begin().await.unwrap();
        open_tx.insert_transfer(&transfer(n + 100), "open").await.unwrap();
        let url = copy(&world, &format!("copy-{n}"));
        drop(open_tx);

        let after = open(&url).await;
        after.migrate().await.unwrap();
        for k in 1..=5 {
            let expected = (k <= n).then(|| transfer(k));
            assert_eq!(after.transfer(&transfer_id(k)).await.unwrap(), expected, "{k} of {n}");
            assert_eq!(after.evidence_by_id(&evidence(k).id).await.unwrap().is_some(), k <= n);
        }
        assert_eq!(after.transfer(&transfer_id(n + 100)).await.unwrap(), None);
        // And it goes on from there.
        commit(&after, 500, async |tx| tx.insert_user(&user(50)).await.unwrap()).await;
        after.close().await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_writer_gives_up_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("city.db").display());
    // Also how long opening may take, and that asks a busy disk for more than a moment.
    let config =
        Config { create_if_missing: true, wait_max: std::time::Duration::from_secs(4), ..Config::default() };
    let store = SqlStore::open(&url, config).await.unwrap();
    store.migrate().await.unwrap();
    let mut holder = store.begin().await.unwrap();
    holder.insert_user(&user(1)).await.unwrap();
    let (begun, appended) = tokio::join!(store.begin(), store.append(vec![evidence(1)]));
    assert!(matches!(begun.err(), Some(StoreError::Unavailable(_))));
    assert!(matches!(appended, Err(StoreError::Unavailable(_))), "{appended:?}");
    // Readers do not wait, and see the last commit.
    assert_eq!(store.user(&user(1).id).await.unwrap(), None);
    holder.commit(vec![evidence(2)]).await.unwrap();
    assert_eq!(store.user(&user(1).id).await.unwrap(), Some(user(1)));
    store.append(vec![evidence(1)]).await.unwrap();
    store.close().await;
    assert!(matches!(store.user(&user(1).id).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.append(vec![evidence(3)]).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn slips_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let missing = format!("sqlite:{}", dir.path().join("none.db").display());
    let open = |url: String| async move { SqlStore::open(&url, Config::default()).await.err() };
    assert!(matches!(open(missing).await, Some(OpenError::Missing(_))));
    for url in ["", "sqlite:", "mysql://x/y", "city.db"] {
        assert!(matches!(open(url.to_owned()).await, Some(OpenError::Url)), "{url}");
    }
    let text = dir.path().join("text.db");
    std::fs::write(&text, "これはデータベースではない".repeat(200)).unwrap();
    let error = open(format!("sqlite:{}", text.display())).await;
    assert!(matches!(error, Some(OpenError::Connect(_))), "{error:?}");

    // Damage is an error, not an answer.
    let path = dir.path().join("city.db");
    let url = format!("sqlite:{}", path.display());
    let store = super::open(&url).await;
    store.migrate().await.unwrap();
    people(&store).await;
    store.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0xAA);
    std::fs::write(&path, bytes).unwrap();
    let error = open(url).await;
    assert!(matches!(error, Some(OpenError::Connect(_))), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_is_no_answer() {
    let Some(world) = World::postgres().await else { return };
    let store = &world.store;
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(1)).await.unwrap();
    world.cut_connections().await;
    let lost = tx.commit(vec![evidence(1)]).await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    // It is back at once: the pool finds out by itself.
    assert_eq!(store.user(&user(1).id).await.unwrap(), None);
    store.append(vec![evidence(2)]).await.unwrap();
    commit(store, 3, async |tx| tx.insert_user(&user(1)).await.unwrap()).await;
    world.end().await;
}

/// Nothing tells a server that vanished from one that is slow, so the test uses one that is slow: it waits for a lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_does_not_come_frees_its_place() {
    let Some(world) = World::postgres().await else { return };
    // Short, but long enough for the answers of a busy machine that are to come.
    let impatient =
        Config { connections_max: 2, answer_max: std::time::Duration::from_secs(2), ..Config::default() };
    let store = SqlStore::open(&world.url().unwrap(), impatient).await.unwrap();
    let mut holder = world.store.begin().await.unwrap();
    holder.insert_user(&user(1)).await.unwrap();
    // More often than there are connections: each must have been given up.
    for _ in 0..3 {
        let mut waiting = store.begin().await.unwrap();
        let late = waiting.insert_user(&user(1)).await;
        assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    }
    holder.commit(vec![evidence(1)]).await.unwrap();
    assert_eq!(store.user(&user(1).id).await.unwrap(), Some(user(1)));
    commit(&store, 2, async |tx| tx.insert_user(&user(2)).await.unwrap()).await;
    store.close().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_keeps() {
    let world = World::sqlite().await;
    let store = &world.store;
    people(store).await;
    let limit_pages = async |pages: &'static str| {
        world.db().writer().await.unwrap().conn().script(pages).await.unwrap();
    };
    // As if no page more fitted on the disk. It holds for a connection, and one that failed is replaced.
    limit_pages("PRAGMA max_page_count = 1").await;
    let mut written = 0_u32;
    let refused = loop {
        let chunk = (written..written + 50).map(evidence).collect();
        match store.append(chunk).await {
            Ok(()) => written += 50,
            Err(error) => break error,
        }
        assert!(written < 10_000, "the limit has no effect");
    };
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    limit_pages("PRAGMA max_page_count = 1").await;
    let mut tx = store.begin().await.unwrap();
    let mut large = user(20);
    large.name = "あ".repeat(100_000);
    let refused = tx.insert_user(&large).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    drop(tx);

    assert_eq!(store.user(&large.id).await.unwrap(), None);
    assert_eq!(store.evidence_by_id(&evidence(written).id).await.unwrap(), None, "none of the refused");
    store.append((written..written + 50).map(evidence).collect()).await.unwrap();
    commit(store, 20_000, async |tx| tx.insert_user(&large).await.unwrap()).await;
    world.end().await;
}
