//! Group commit: evidence that arrives together becomes durable together.
//!
//! Owns the queue and the one task that writes it. While a commit waits for the disk, the next batch gathers, so the
//! rate of entries does not depend on the rate of the disk's flushes. A caller returns only after the commit that
//! holds its entries.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use app::{model::NewEvidence, ports::StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::{
    db::{Changes, Db},
    evidence,
};

/// Entries of one commit at most. A single call with more is written alone.
pub(crate) const BATCH_ENTRIES_MAX: usize = 1_024;

/// Calls that may wait; further callers wait for a place in the queue.
const QUEUE_CALLS_MAX: usize = 4_096;

/// One call.
struct Waiting {
    entries: Vec<NewEvidence>,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// The end of the queue that callers hold. The task ends when all of them are gone.
#[derive(Debug, Clone)]
pub(crate) struct Appender {
    queue: mpsc::Sender<Waiting>,
    /// Commits so far, for the bench and the tests.
    pub(crate) commits: Arc<AtomicU64>,
}

impl Appender {
    /// Starts the task on the runtime of the caller.
    pub(crate) fn start(db: Db) -> Self {
        let (queue, calls) = mpsc::channel(QUEUE_CALLS_MAX);
        let commits = Arc::new(AtomicU64::new(0));
        tokio::spawn(work(db, calls, Arc::clone(&commits)));
        Self { queue, commits }
    }

    pub(crate) async fn append(&self, entries: Vec<NewEvidence>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let (done, result) = oneshot::channel();
        self.queue.send(Waiting { entries, done }).await.map_err(|_| gone())?;
        // When the task dies before it answers, nobody knows whether the entries are there: not a success.
        result.await.map_err(|_| gone())?
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the writer of evidence has ended".into())
}

async fn work(db: Db, mut calls: mpsc::Receiver<Waiting>, commits: Arc<AtomicU64>) {
    let mut left_over = None;
    loop {
        let first = match left_over.take() {
            Some(call) => call,
            None => match calls.recv().await {
                Some(call) => call,
                None => return,
            },
        };
        // The writer first, then the batch: everything that arrives during the wait goes along.
        let changes = db.changes().await;
        let mut size = first.entries.len();
        let mut batch = vec![first];
        while size < BATCH_ENTRIES_MAX {
            let Ok(call) = calls.try_recv() else { break };
            if size + call.entries.len() > BATCH_ENTRIES_MAX {
                left_over = Some(call);
                break;
            }
            size += call.entries.len();
            batch.push(call);
        }
        tracing::trace!(calls = batch.len(), entries = size, "evidence batch");
        let result = match changes {
            Ok(changes) => write(changes, batch.iter().flat_map(|call| &call.entries)).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(()) => {
                commits.fetch_add(1, Ordering::Relaxed);
                for call in batch {
                    // A caller that went away has its entries all the same.
                    let _ = call.done.send(Ok(()));
                }
            }
            Err(StoreError::Unavailable(error)) => {
                let reason = error.to_string();
                for call in batch {
                    let _ = call.done.send(Err(StoreError::Unavailable(reason.clone().into())));
                }
            }
            // One caller's entries were refused; the others must not suffer for it.
            Err(_) => {
                for call in batch {
                    let result = match db.changes().await {
                        Ok(changes) => write(changes, &call.entries).await,
                        Err(error) => Err(error),
                    };
                    let _ = call.done.send(result);
                }
            }
        }
    }
}

async fn write<'a>(
    mut changes: Changes,
    entries: impl IntoIterator<Item = &'a NewEvidence>,
) -> Result<(), StoreError> {
    evidence::insert(&mut changes.conn(), entries, None).await?;
    changes.commit().await
}
