//! What time brings: reminders, ends of periods, erasure.
//!
//! Owns everything that happens because a date passed. Each act is a use case of its own with evidence, so that a
//! crash in the middle leaves the rest for the next round.

use std::{sync::atomic::Ordering, time::Duration};

use ledger::ERASURE_KIND;
use serde_json::json;
use workflow::{
    Millis,
    id::{BlobId, EvidenceId, TransferId, ZoneId},
    transfer::Stored,
};

use crate::{
    App,
    error::Result,
    evidence::{Act, By, Kind},
    model::DueErasure,
};

/// Things done in one round of each kind.
const ROUND: u32 = 200;
/// Time between rounds.
const PAUSE: Duration = Duration::from_secs(60);

/// How long a blob may wait for a transfer: longer than any form stays open and any cell runs.
const UNCLAIMED: Millis = 86_400_000;

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Editions of the policy that came into force.
    pub adopted: usize,
    /// Transfers and requests whose approvers were reminded or that ended, and permits that were noted as overdue.
    pub overdue: usize,
    /// People who joined, moved or left because their day had come.
    pub people: usize,
    /// Rows of registers that were looked at because the rules of their registers changed.
    pub rows_looked_at: u64,
    /// Tasks of duties that were made.
    pub tasks_made: u64,
    /// Tasks whose owners were reminded, that were noted as overdue or told to somebody above.
    pub tasks_due: usize,
    /// Transfers whose originals or results were erased.
    pub erased: usize,
    /// Tries of tests whose answers were erased.
    pub answers: usize,
    /// Entries of evidence whose payload was erased.
    pub payloads: usize,
    /// Records that were put on the list of what ends.
    pub listed: usize,
    /// Records that were destroyed.
    pub destroyed: usize,
    /// Blobs that nothing referred to.
    pub swept: usize,
    /// Things whose notices were looked at again.
    pub looked_at: usize,
    /// Notices and mails that were old.
    pub notices_erased: u64,
}

impl App {
    /// Does rounds until `stop` resolves.
    pub async fn run_housekeeping(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            if let Err(error) = self.tidy().await {
                tracing::warn!(%error, "housekeeping could not finish; trying again in a minute");
            }
            tokio::select! {
                () = &mut stop => break,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// One round. Of the blobs it looks through one part in 256; the next round takes the next part.
    ///
    /// # Errors
    /// The first failure; what was done before it stays done.
    pub async fn tidy(&self) -> Result<Tidied> {
        // An edition may come into force today. First, so that what follows goes by what is in force; one that cannot run
        // keeps nothing else from being done.
        let adopted = self.current().adopt_due().await;
        // A value may begin to hold today.
        self.load_values().await?;
        let mut tidied = self.current().tidy_now().await?;
        tidied.adopted = usize::from(adopted?);
        Ok(tidied)
    }

    async fn tidy_now(&self) -> Result<Tidied> {
        let now = self.now();
        // First, so that what follows is for those who are there today; a plan that cannot go on keeps nothing else from being done.
        let moved = self.apply_due_rosters().await;
        let mut tidied = Tidied { tasks_made: self.make_todays_tasks().await?, ..Tidied::default() };
        tidied.tasks_due = self.pass_tasks(ROUND).await?;
        tidied.rows_looked_at = self.rows_to_rules().await?;
        for id in self.store().overdue_requests(now, ROUND).await? {
            if self.request_overdue(&id, now).await? {
                tidied.overdue += 1;
            }
        }
        for id in self.store().overdue(now, ROUND).await? {
            if self.remind_or_expire(&id, now).await? {
                tidied.overdue += 1;
            }
        }
        let (originals, results) = (now - self.rules().originals_kept, now - self.rules().results_kept);
        for due in self.store().due_erasures(originals, results, ROUND).await? {
            self.erase_files(&due, now).await?;
            tidied.erased += 1;
        }
        tidied.answers = self.erase_due_answers(ROUND).await?;
        let payloads = self.store().due_payloads(now, ROUND).await?;
        if !payloads.is_empty() {
            self.erase_payloads(&payloads, now).await?;
            tidied.payloads = payloads.len();
        }
        (tidied.looked_at, tidied.notices_erased) = self.pass_notices(ROUND).await?;
        (tidied.listed, tidied.destroyed) = self.pass_records(ROUND).await?;
        let shard = self.house.next_shard.fetch_add(1, Ordering::Relaxed);
        tidied.swept = self.sweep(shard, now).await?;
        tidied.people = moved?.people;
        Ok(tidied)
    }

    /// Makes the tasks of the day once a day, and again when the policy changed. After a start it looks again: nothing is
    /// made twice.
    async fn make_todays_tasks(&self) -> Result<u64> {
        let mark = (workflow::calendar::day_of(self.now()), self.pack().version().to_owned());
        let made_for = || self.house.tasks_made_for.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if made_for().as_ref() == Some(&mark) {
            return Ok(0);
        }
        let made = self.make_tasks().await?;
        *made_for() = Some(mark);
        Ok(made)
    }

    async fn remind_or_expire(&self, id: &TransferId, now: Millis) -> Result<bool> {
        let mut tx = self.store().begin().await?;
        let Some(mut transfer) = tx.transfer(id).await? else { return Ok(false) };
        let events = match transfer.expire(now) {
            Ok(events) => events,
            Err(_) => match transfer.remind(now) {
                Ok(events) => events,
                // Decided meanwhile.
                Err(_) => return Ok(false),
            },
        };
        self.save(tx, By::System, transfer, events, Vec::new(), now).await?;
        Ok(true)
    }

    /// Erases the files of a transfer whose retention is over: first the record that they are gone, then the bytes.
    /// In the other order a crash between the two would leave a record of files that are not there.
    async fn erase_files(&self, due: &DueErasure, now: Millis) -> Result<()> {
        let mut tx = self.store().begin().await?;
        let Some(mut transfer) = tx.transfer(&due.transfer).await? else { return Ok(()) };
        let mut blobs: Vec<Stored> = Vec::new();
        let mut files = Vec::new();
        for file in &mut transfer.files {
            let taken = if due.originals {
                file.original_erased_at.get_or_insert(now);
                file.original.take().into_iter().collect::<Vec<_>>()
            } else {
                file.clean_erased_at.get_or_insert(now);
                file.clean.take().into_iter().chain(file.preview.take()).collect()
            };
            for stored in taken {
                files.push(json!({ "file": file.id.as_str(), "sha256": stored.sha256 }));
                blobs.push(stored);
            }
        }
        let kind = if due.originals { Kind::OriginalsErased } else { Kind::ResultsErased };
        let entry = self.entry(
            now,
            &Act {
                kind,
                by: By::System,
                subject: ("transfer", transfer.id.as_str()),
                details: json!({ "files": files }),
                statements: &[],
            },
        )?;
        tx.update_transfer(&transfer).await?;
        self.commit(tx, vec![entry]).await?;
        for stored in &blobs {
            self.erase_unused(stored).await?;
        }
        self.changed(&transfer.id);
        Ok(())
    }

    /// Erases a blob unless a file still refers to it.
    pub(crate) async fn erase_unused(&self, stored: &Stored) -> Result<()> {
        self.erase_blob(&stored.zone, &stored.blob).await.map(|_| ())
    }

    async fn erase_blob(&self, zone: &ZoneId, blob: &BlobId) -> Result<bool> {
        let _alone = self.house.blob_gate.write().await;
        if self.store().blob_in_use(zone, blob).await? {
            return Ok(false);
        }
        self.blobs().erase(zone, blob).await?;
        Ok(true)
    }

    /// Erases payloads of evidence. Their leaves stay, so every proof still holds; which were erased is itself
    /// evidence, in the form that `ledger` defines.
    pub(crate) async fn erase_payloads(&self, ids: &[EvidenceId], now: Millis) -> Result<()> {
        debug_assert_eq!(ERASURE_KIND, Kind::PayloadErased.id());
        let _alone = self.house.payload_gate.write().await;
        let mut tx = self.store().begin().await?;
        for id in ids {
            tx.erase_payload(id, now).await?;
        }
        let erased: Vec<&str> = ids.iter().map(EvidenceId::as_str).collect();
        let entry = self.entry(
            now,
            &Act {
                kind: Kind::PayloadErased,
                by: By::System,
                subject: ("ledger", "payloads"),
                details: json!({ "entries": erased }),
                statements: &[],
            },
        )?;
        self.commit(tx, vec![entry]).await?;
        self.seal_all().await
    }

    /// Erases the blobs of one part that have been there for a day and that nothing refers to: uploads whose form was
    /// never sent, and what a crash left between storing a blob and recording it.
    async fn sweep(&self, shard: u8, now: Millis) -> Result<usize> {
        let mut swept = 0;
        for zone in self.pack().zones() {
            let zone = ZoneId::new(&*zone.id);
            let mut gone: u32 = 0;
            for (blob, finished) in self.blobs().list(&zone, shard).await? {
                if finished < now.saturating_sub(UNCLAIMED) && self.erase_blob(&zone, &blob).await? {
                    gone += 1;
                }
            }
            if gone > 0 {
                let act = Act {
                    kind: Kind::UploadsSwept,
                    by: By::System,
                    subject: ("zone", zone.as_str()),
                    details: json!({ "blobs": gone }),
                    statements: &[],
                };
                self.note(now, &act).await?;
                swept += usize::try_from(gone).unwrap_or(usize::MAX);
            }
        }
        Ok(swept)
    }
}
