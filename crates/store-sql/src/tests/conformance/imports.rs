//! Imported texts and the steps of their review.

use app::imports::model::{ImportHead, ImportState, ImportStep, ImportText};
use app::model::PageRequest;
use app::ports::{Store as _, StoreError};

use crate::tests::samples::{T0, commit, people, user, user_id};
use crate::tests::{World, assert_matches, on_both};

on_both! { reviews, lists, two_editors, giving_up }

fn head(n: u32) -> ImportHead {
    ImportHead {
        id: format!("i-{n:03}"),
        layer: format!("draft-{n}"),
        title: "星見市情報セキュリティ対策基準".to_owned(),
        file: "基準𠮷.docx".to_owned(),
        file_sha256: "ab".repeat(32),
        read_as: "docx".to_owned(),
        damaged: 1,
        chars: 25_000,
        against: vec!["base".to_owned(), "asahi".to_owned()],
        state: ImportState::Open,
        statements: 300,
        decided: 0,
        by: user_id(1),
        // Several share a time, so that the id decides.
        created_at: T0 + i64::from(n / 3),
        changed_at: T0,
        version: 1,
    }
}

fn text() -> ImportText {
    // What a text column of PostgreSQL could not hold.
    ImportText { source: "第一条\0\u{c}𠮷".as_bytes().to_vec(), reading: vec![0, 255, 128] }
}

fn step(version: i64, by: u32) -> ImportStep {
    ImportStep {
        import: "i-001".to_owned(),
        version,
        by: user_id(by),
        by_name: Some(user(by).name),
        at: T0 + version,
        step: "{\"step\":\"undo\"}".to_owned(),
    }
}

async fn reviews(world: &World) {
    let store = &world.store;
    people(store).await;
    assert_eq!(store.import("i-001").await.unwrap(), None);
    assert_eq!(store.import_text("i-001").await.unwrap(), None);
    commit(store, 1, async |tx| tx.insert_import(&head(1), &text()).await.unwrap()).await;
    assert_eq!(store.import("i-001").await.unwrap(), Some(head(1)));
    assert_eq!(store.import_text("i-001").await.unwrap(), Some(text()));
    assert_eq!(store.import_steps("i-001", 0).await.unwrap(), []);

    let changed = ImportHead {
        state: ImportState::Confirmed,
        statements: 301,
        decided: 301,
        changed_at: T0 + 9,
        ..head(1)
    };
    commit(store, 2, async |tx| {
        tx.update_import(&changed).await.unwrap();
        tx.insert_import_step(&step(2, 1)).await.unwrap();
    })
    .await;
    assert_eq!(store.import("i-001").await.unwrap(), Some(ImportHead { version: 2, ..changed.clone() }));
    let again = ImportHead { version: 2, ..changed };
    commit(store, 3, async |tx| {
        tx.update_import(&again).await.unwrap();
        tx.insert_import_step(&step(3, 2)).await.unwrap();
    })
    .await;
    assert_eq!(store.import_steps("i-001", 1).await.unwrap(), [step(2, 1), step(3, 2)]);
    assert_eq!(store.import_steps("i-001", 2).await.unwrap(), [step(3, 2)]);
    assert_eq!(store.import_steps("i-001", 3).await.unwrap(), []);
}

async fn lists(world: &World) {
    let store = &world.store;
    people(store).await;
    for n in 0..10 {
        commit(store, n, async |tx| tx.insert_import(&head(n), &text()).await.unwrap()).await;
    }
    let gone = ImportHead { state: ImportState::Discarded, ..head(4) };
    commit(store, 20, async |tx| tx.update_import(&gone).await.unwrap()).await;
    let expected: Vec<String> = (0..10).rev().filter(|n| *n != 4).map(|n| head(n).id).collect();
    for limit in [1, 4, 100] {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = store.imports(&PageRequest { after, limit }).await.unwrap();
            ids.extend(page.rows.into_iter().map(|head| head.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(ids, expected, "by {limit}");
    }
}

/// Of two that go on from the same version one wins, and the other leaves nothing.
async fn two_editors(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.insert_import(&head(1), &text()).await.unwrap()).await;
    commit(store, 2, async |tx| {
        tx.update_import(&head(1)).await.unwrap();
        tx.insert_import_step(&step(2, 1)).await.unwrap();
    })
    .await;
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.update_import(&head(1)).await, Err(StoreError::Conflict));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.insert_import_step(&step(2, 2)).await, Err(StoreError::Duplicate(_)));
    drop(tx);
    assert_eq!(store.import("i-001").await.unwrap().unwrap().version, 2);
    assert_eq!(store.import_steps("i-001", 0).await.unwrap(), [step(2, 1)]);
    let mut tx = store.begin().await.unwrap();
    assert_matches!(tx.insert_import(&head(1), &text()).await, Err(StoreError::Duplicate(_)));
}

async fn giving_up(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| tx.insert_import(&head(1), &text()).await.unwrap()).await;
    let gone = ImportHead { state: ImportState::Discarded, ..head(1) };
    for n in 2..4 {
        commit(store, n, async |tx| {
            tx.update_import(&ImportHead { version: i64::from(n) - 1, ..gone.clone() }).await.unwrap();
            tx.erase_import_text("i-001").await.unwrap();
        })
        .await;
        assert_eq!(store.import_text("i-001").await.unwrap(), None);
    }
    assert_eq!(store.import("i-001").await.unwrap().unwrap().state, ImportState::Discarded);
}
