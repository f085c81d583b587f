//! While no cell can be started.
//!
//! Owns noticing it, the growing pauses between attempts, the evidence of its beginning and end (once each, not once
//! for each attempt), and what people are told about it. A file is never let pass because of it.
//! Leaves the queue to [`crate::sanitising`]. What it knows is this process's own: a restart looks anew.

use std::sync::{Mutex, PoisonError};

use serde_json::json;
use workflow::{Millis, transfer::State};

use crate::{
    App,
    actor::Actor,
    error::Result,
    evidence::{Act, By, Kind},
    model::{PAGE_ROWS_MAX, PageRequest, SanitiseJob, TransferQuery, TransferView},
};

/// The first pause after a failure; each further one is twice as long.
const PAUSE_FIRST: Millis = 2_000;
/// The longest pause: whoever has repaired it should not wait longer for the files to go on.
const PAUSE_MAX: Millis = 120_000;

/// That no cell can be started now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellsStopped {
    /// Since when.
    pub since: Millis,
    /// When the next attempt is due.
    pub next_try: Millis,
    /// What the operating system says; only for those who can repair it.
    pub cause: Option<String>,
}

#[derive(Debug, Clone)]
struct Down {
    since: Millis,
    next_try: Millis,
    failures: u32,
    cause: String,
    /// Whether its beginning is in evidence: the database may have been away as well.
    noted: bool,
}

/// What this process knows of its cells.
#[derive(Debug, Default)]
pub(crate) struct Outage(Mutex<Option<Down>>);

impl Outage {
    fn with<T>(&self, read: impl FnOnce(&mut Option<Down>) -> T) -> T {
        // A panic while holding it cannot leave it half changed.
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether it is too early for the next attempt.
    pub(crate) fn is_pausing(&self, now: Millis) -> bool {
        self.with(|down| down.as_ref().is_some_and(|d| now < d.next_try))
    }

    /// Notes a failed attempt.
    fn failed(&self, cause: String, now: Millis) -> Down {
        self.with(|slot| {
            let failures = slot.as_ref().map_or(0, |d| d.failures).saturating_add(1);
            let pause = PAUSE_FIRST.saturating_mul(1 << (failures - 1).min(16)).min(PAUSE_MAX);
            let (since, noted) = slot.as_ref().map_or((now, false), |d| (d.since, d.noted));
            let down = Down { since, next_try: now.saturating_add(pause), failures, cause, noted };
            *slot = Some(down.clone());
            down
        })
    }
}

impl App {
    /// Whether no cell can be started now, for a screen. The cause is told to those who look after the system.
    #[must_use]
    pub fn cells_stopped(&self, actor: &Actor) -> Option<CellsStopped> {
        let repairs = actor.holds(authz::role::SYSTEM_MANAGER) || actor.holds(authz::role::SYSTEM_OPERATOR);
        self.house.outage.with(|down| {
            down.as_ref().map(|d| CellsStopped {
                since: d.since,
                next_try: d.next_try,
                cause: repairs.then(|| d.cause.clone()),
            })
        })
    }

    /// No cell could be started for this file: it goes back to the queue, and the attempt does not count as its own.
    pub(crate) async fn cells_failed(&self, job: &SanitiseJob, cause: &std::io::Error) -> Result<()> {
        let now = self.now();
        let down = self.house.outage.failed(cause.to_string(), now);
        tracing::error!(%cause, failures = down.failures, "no cell can be started; files wait");
        self.store().postpone_job(&job.file, down.next_try).await?;
        if !down.noted {
            let act = Act {
                kind: Kind::CellsStopped,
                by: By::System,
                subject: ("system", "cells"),
                details: json!({ "cause": down.cause }),
                statements: &[],
            };
            self.note(now, &act).await?;
            self.house.outage.with(|d| d.iter_mut().for_each(|d| d.noted = true));
            self.tell_waiting().await?;
        }
        Ok(())
    }

    /// A cell was there. If none was before, that is over.
    pub(crate) async fn cells_answered(&self) -> Result<()> {
        let Some(down) = self.house.outage.with(|d| d.take()) else { return Ok(()) };
        tracing::info!(failures = down.failures, "cells can be started again");
        if down.noted {
            let act = Act {
                kind: Kind::CellsRestored,
                by: By::System,
                subject: ("system", "cells"),
                details: json!({ "since": down.since, "failures": down.failures }),
                statements: &[],
            };
            if let Err(error) = self.note(self.now(), &act).await {
                // Its end is told with the next file; the next failure would begin another one.
                self.house.outage.with(|slot| {
                    slot.get_or_insert(Down { next_try: 0, ..down });
                });
                return Err(error);
            }
        }
        self.tell_waiting().await
    }

    /// Asks the open pages of everything that is in the queue to look again.
    async fn tell_waiting(&self) -> Result<()> {
        let query = TransferQuery {
            view: TransferView::All,
            states: vec![State::Sanitising],
            page: PageRequest { after: None, limit: PAGE_ROWS_MAX },
        };
        for row in self.store().transfers(&query).await?.rows {
            self.changed(&row.id);
        }
        Ok(())
    }
}
