//! The cell's queue.

use std::collections::BTreeSet;

use app::model::SanitiseJob;
use app::ports::Store as _;
use workflow::id::FileId;

use crate::tests::samples::{T0, commit, people, transfer, transfer_id};
use crate::tests::{World, on_both};

on_both! { the_queue, many_claimers }

async fn the_queue(world: &World) {
    let store = &world.store;
    people(store).await;
    let job = |n: u32, attempts| SanitiseJob {
        file: FileId::new(format!("f-{n}")),
        transfer: transfer_id(1),
        attempts,
    };
    assert_eq!(store.claim_job(T0, T0 + 10).await.unwrap(), None);
    commit(store, 1, async |tx| {
        tx.insert_transfer(&transfer(1), "key").await.unwrap();
        tx.enqueue(&job(2, 0), T0 + 1).await.unwrap();
        tx.enqueue(&job(1, 3), T0 + 2).await.unwrap();
    })
    .await;
    // The oldest first, each once.
    assert_eq!(store.claim_job(T0 + 3, T0 + 100).await.unwrap(), Some(job(2, 1)));
    assert_eq!(store.claim_job(T0 + 3, T0 + 200).await.unwrap(), Some(job(1, 4)));
    assert_eq!(store.claim_job(T0 + 99, T0 + 300).await.unwrap(), None);
    // A lease that ended is taken again; one that was given back at once too.
    assert_eq!(store.claim_job(T0 + 100, T0 + 300).await.unwrap(), Some(job(2, 2)));
    commit(store, 2, async |tx| tx.enqueue(&job(1, 4), T0 + 9).await.unwrap()).await;
    assert_eq!(store.claim_job(T0 + 101, T0 + 300).await.unwrap(), Some(job(1, 5)));
    commit(store, 3, async |tx| {
        tx.dequeue(&job(1, 0).file).await.unwrap();
        tx.dequeue(&job(1, 0).file).await.unwrap();
    })
    .await;
    assert_eq!(store.claim_job(T0 + 1_000, T0 + 2_000).await.unwrap(), Some(job(2, 3)));
    assert_eq!(store.claim_job(T0 + 1_000, T0 + 2_000).await.unwrap(), None);
    // Whoever knows that nobody else is there need not wait for the lease.
    assert_eq!(store.release_jobs().await.unwrap(), 1);
    assert_eq!(store.release_jobs().await.unwrap(), 0);
    assert_eq!(store.claim_job(T0 + 1_000, T0 + 2_000).await.unwrap(), Some(job(2, 4)));
    // Given back for a while, the attempt does not count; what is not queued does not come back.
    store.postpone_job(&job(2, 0).file, T0 + 1_500).await.unwrap();
    store.postpone_job(&job(1, 0).file, T0).await.unwrap();
    assert_eq!(store.claim_job(T0 + 1_499, T0 + 3_000).await.unwrap(), None);
    assert_eq!(store.claim_job(T0 + 1_500, T0 + 3_000).await.unwrap(), Some(job(2, 4)));
}

async fn many_claimers(world: &World) {
    let store = &world.store;
    people(store).await;
    commit(store, 1, async |tx| {
        tx.insert_transfer(&transfer(1), "key").await.unwrap();
        for n in 0..60 {
            let job =
                SanitiseJob { file: FileId::new(format!("f-{n}")), transfer: transfer_id(1), attempts: 0 };
            tx.enqueue(&job, T0 + n).await.unwrap();
        }
    })
    .await;
    let claim_all = |_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            // An empty answer may only mean that others hold the rows at this moment: ask until all are taken.
            let mut empty = 0;
            while empty < 5 {
                match store.claim_job(T0 + 100, T0 + 10_000).await.unwrap() {
                    Some(job) => mine.push(job),
                    None => empty += 1,
                }
            }
            mine
        })
    };
    let mut jobs = Vec::new();
    for task in (0..8).map(claim_all).collect::<Vec<_>>() {
        jobs.extend(task.await.unwrap());
    }
    assert_eq!(jobs.len(), 60);
    assert_eq!(jobs.iter().map(|j| j.file.clone()).collect::<BTreeSet<_>>().len(), 60);
    assert!(jobs.iter().all(|j| j.attempts == 1));
}
