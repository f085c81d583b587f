//! Sending files through the cell.
//!
//! Owns the queue's other end: taking a file that waits, running a cell, storing what came back, and recording it.
//! A file leaves the queue only in the transaction that records its result, so a crash at any moment means that it
//! is done again, never that it is lost or passed.
//! Leaves the cell itself to the [`Sanitiser`](crate::ports::Sanitiser), what a result changes to `workflow`.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use authz::Action;
use policy::Passage;
use serde::{Deserialize, Serialize};
use tokio::{sync::Semaphore, task::JoinSet};
use worker_protocol::{FilePolicy, Hint, Job, Limits, Preview, RULES_VERSION, Reason, Report, Road, Verdict};
use workflow::{
    Millis,
    id::{FileId, TransferId, ZoneId},
    transfer::{Content, FileState, Refusal, State, Stored, Transfer},
};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::By,
    model::SanitiseJob,
    ports::{Progress, SanitiseError, Sanitised},
    rules,
};

/// The beginning of a preview blob; see [`crate::downloads`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewHead {
    pub(crate) preview: Preview,
    /// Bytes of each PNG that follows.
    pub(crate) page_bytes: Vec<u64>,
}

/// How the queue is worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellSettings {
    /// Cells at once.
    pub parallel: usize,
    /// How long a file belongs to the process that took it. Longer than a cell may run, so that no two cells have
    /// the same file; after a crash the file waits this long.
    pub lease: Millis,
    /// Whether no other process works on the same data. Then a file that was given up because the database went away
    /// need not wait for its lease to end.
    pub alone: bool,
}

impl Default for CellSettings {
    fn default() -> Self {
        Self { parallel: 2, lease: 180_000, alone: false }
    }
}

/// A cell that fails is tried again this often before its failure counts as the result.
const ATTEMPTS_MAX: u32 = 2;
/// Longest password of a file, in bytes.
pub(crate) const PASSWORD_BYTES_MAX: usize = 1_024;
/// How long to wait for work when nobody wakes us: another process may have queued it.
const IDLE: Duration = Duration::from_secs(2);

impl App {
    /// Works the queue off until `stop` resolves. Never gives up: while the database is away it waits.
    pub async fn run_cells(&self, settings: CellSettings, stop: impl Future<Output = ()>) {
        let slots = Arc::new(Semaphore::new(settings.parallel.max(1)));
        let mut running = JoinSet::new();
        // Set when files may be leased that nobody works on: a claim whose answer was lost, a result that could not be
        // recorded.
        let given_up = Arc::new(AtomicBool::new(false));
        tokio::pin!(stop);
        loop {
            let slot = tokio::select! {
                () = &mut stop => break,
                slot = slots.clone().acquire_owned() => match slot { Ok(slot) => slot, Err(_) => break },
            };
            while running.try_join_next().is_some() {}
            match self.claim(settings.lease).await {
                Ok(Some(job)) => {
                    let (app, given_up) = (self.current(), Arc::clone(&given_up));
                    running.spawn(async move {
                        if let Err(error) = app.sanitise(&job).await {
                            // The file is still queued and comes again: when its lease ends, or before.
                            if matches!(error, Error::Unavailable(_)) {
                                given_up.store(true, Ordering::Relaxed);
                            }
                            tracing::error!(%error, file = %job.file, "a file could not be sanitised now");
                        }
                        drop(slot);
                    });
                }
                Ok(None) => {
                    drop(slot);
                    // The database answers again. While nothing runs every lease is one of those.
                    if settings.alone && running.is_empty() && given_up.swap(false, Ordering::Relaxed) {
                        match self.release_cells().await {
                            Ok(released) => {
                                tracing::info!(released, "files that were given up are queued again")
                            }
                            Err(_) => given_up.store(true, Ordering::Relaxed),
                        }
                    }
                    tokio::select! {
                        () = &mut stop => break,
                        () = self.house.jobs.notified() => {}
                        () = tokio::time::sleep(IDLE) => {}
                    }
                }
                Err(error) => {
                    drop(slot);
                    tracing::warn!(%error, "the queue cannot be read; waiting");
                    given_up.store(true, Ordering::Relaxed);
                    tokio::select! {
                        () = &mut stop => break,
                        () = tokio::time::sleep(IDLE) => {}
                    }
                }
            }
        }
        // What runs is dropped, which ends its cells; the files stay queued.
        running.shutdown().await;
    }

    /// Sanitises every file that waits, one after the other, and says how many there were.
    ///
    /// # Errors
    /// The first failure that is not a result of the file.
    pub async fn drain_cells(&self, settings: CellSettings) -> Result<usize> {
        let mut done = 0;
        while let Some(job) = self.claim(settings.lease).await? {
            self.sanitise(&job).await?;
            done += 1;
        }
        Ok(done)
    }

    /// Puts every file back into the queue that a cell of an earlier run had when its process died, and says how many.
    /// Only for a process that is alone on its data; otherwise two cells could have the same file.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn release_cells(&self) -> Result<u64> {
        Ok(self.store().release_jobs().await?)
    }

    async fn claim(&self, lease: Millis) -> Result<Option<SanitiseJob>> {
        let now = self.now();
        if self.house.outage.is_pausing(now) {
            return Ok(None);
        }
        Ok(self.store().claim_job(now, now.saturating_add(lease)).await?)
    }

    pub(crate) fn wake_cells(&self) {
        self.house.jobs.notify_one();
    }

    /// Keeps the passwords of a file until a cell asks for them.
    pub(crate) fn keep_passwords(&self, file: &FileId, passwords: Vec<String>) {
        let mut kept = self.house.file_passwords.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(file.clone(), passwords);
    }

    fn passwords_of(&self, file: &FileId) -> Vec<String> {
        let kept = self.house.file_passwords.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(file).cloned().unwrap_or_default()
    }

    pub(crate) fn forget_passwords(&self, file: &FileId) {
        self.house.file_passwords.lock().unwrap_or_else(PoisonError::into_inner).remove(file);
    }

    async fn sanitise(&self, job: &SanitiseJob) -> Result<()> {
        let Some(transfer) = self.store().transfer(&job.transfer).await? else { return Ok(()) };
        let waiting = transfer.files.iter().find(|f| f.id == job.file && f.state == FileState::Queued);
        let (State::Sanitising, Some(file)) = (transfer.state, waiting) else {
            // Withdrawn or done meanwhile: the transaction that did it took it out of the queue.
            return Ok(());
        };
        let original =
            file.original.clone().ok_or_else(|| Error::Internal("a queued file has no original".into()))?;
        let (report, clean, preview) =
            self.run_cell(&transfer, &file.id, &file.untrusted_name, &original, job).await?;
        let stored: Vec<Stored> = clean.iter().chain(&preview).cloned().collect();
        let recorded = self.record_result(job, report, clean, preview).await;
        self.live().done(&job.file);
        match recorded {
            Ok(true) => Ok(()),
            // Nobody wants the result any more, or it could not be recorded: then it will be made again.
            Ok(false) | Err(_) => {
                for blob in &stored {
                    if let Err(error) = self.erase_unused(blob).await {
                        tracing::warn!(%error, "a result nobody wants could not be erased yet");
                    }
                }
                recorded.map(|_| ())
            }
        }
    }

    /// Runs a cell on one file and stores what it gives back.
    async fn run_cell(
        &self,
        transfer: &Transfer,
        file: &FileId,
        untrusted_name: &str,
        original: &Stored,
        job: &SanitiseJob,
    ) -> Result<(Report, Option<Stored>, Option<Stored>)> {
        let Some(channel) = self.pack().channel_by_id(&transfer.channel) else {
            return Err(Error::Internal(format!("the policy has no channel {}", transfer.channel)));
        };
        let limits = Limits {
            input_bytes_max: channel.file_bytes_max.value.unwrap_or(0).max(original.bytes),
            ..Limits::default()
        };
        let (policy, mark) =
            rules::treatment(self.pack(), channel, &transfer.classification, transfer.personal_data);
        let ask = Job {
            hint: Hint { untrusted_name: untrusted_name.to_owned(), passwords: self.passwords_of(file) },
            policy: policy.clone(),
            limits,
            want_preview: true,
            mark,
            notes: worker_protocol::Notes::default(),
        };
        let live = self.live();
        let progress = |p: Progress| live.progress(&transfer.id, file, p.permille);
        let mut tries = 0;
        loop {
            tries += 1;
            let source = match self.blobs().open(&original.zone, &original.blob).await {
                Ok(source) => source,
                // A damaged original is a result: it can never pass.
                Err(crate::ports::BlobError::Damaged | crate::ports::BlobError::Missing) => {
                    return Ok((unreadable(untrusted_name), None, None));
                }
                Err(error) => return Err(error.into()),
            };
            let mut writer = self.blobs().create(&transfer.to_zone).await?;
            let answer = match self.cell().sanitise(ask.clone(), source, &mut *writer, &progress).await {
                Ok(answer) => {
                    self.cells_answered().await?;
                    answer
                }
                Err(SanitiseError::Source(error)) => {
                    tracing::error!(%error, %file, "the original cannot be read");
                    return Ok((unreadable(untrusted_name), None, None));
                }
                Err(SanitiseError::Sink(error)) => return Err(error.into()),
                Err(SanitiseError::Start(cause)) => {
                    self.cells_failed(job, &cause).await?;
                    return Err(Error::Internal(format!("no cell can be started: {cause}")));
                }
            };
            if answer.report.reason == Some(Reason::WorkerDied)
                && tries < ATTEMPTS_MAX
                && job.attempts <= ATTEMPTS_MAX
            {
                continue;
            }
            return self.keep_result(transfer, &policy, original, answer, writer, untrusted_name).await;
        }
    }

    async fn keep_result(
        &self,
        transfer: &Transfer,
        policy: &FilePolicy,
        original: &Stored,
        answer: Sanitised,
        writer: Box<dyn crate::ports::BlobWriter>,
        untrusted_name: &str,
    ) -> Result<(Report, Option<Stored>, Option<Stored>)> {
        let passes = matches!(answer.report.verdict, Verdict::Clean | Verdict::Partial);
        if !passes {
            drop(writer);
            return Ok((answer.report, None, None));
        }
        let broken = || Report { reason: Some(Reason::WorkerDied), ..unreadable(untrusted_name) };
        // A report that says clean without the bytes to their end is a broken cell, and so is one that calls something
        // rebuilt that the policy wants inspected, or the other way round.
        if !answer.clean_complete || !answer.report.keeps_inspection(policy) {
            drop(writer);
            return Ok((broken(), None, None));
        }
        let clean = stored(&transfer.to_zone, writer.finish().await?);
        // What a person opens and vouches for is the original: exactly that must be what passes.
        if answer.report.road == Some(Road::Inspected) && clean.sha256 != original.sha256 {
            self.erase_unused(&clean).await?;
            return Ok((broken(), None, None));
        }
        let preview = match answer.preview {
            Some(preview) => Some(self.keep_preview(&transfer.to_zone, preview, answer.preview_pages).await?),
            None => None,
        };
        Ok((answer.report, Some(clean), preview))
    }

    async fn keep_preview(&self, zone: &ZoneId, preview: Preview, pages: Vec<Vec<u8>>) -> Result<Stored> {
        let page_bytes = pages.iter().map(|p| u64::try_from(p.len()).unwrap_or(u64::MAX)).collect();
        let broken = |e: &dyn std::fmt::Display| Error::Internal(format!("preview: {e}"));
        let json = serde_json::to_vec(&PreviewHead { preview, page_bytes }).map_err(|e| broken(&e))?;
        let length = u32::try_from(json.len()).map_err(|e| broken(&e))?;
        let mut writer = self.blobs().create(zone).await?;
        writer.write(&length.to_be_bytes()).await?;
        writer.write(&json).await?;
        for page in &pages {
            writer.write(page).await?;
        }
        Ok(stored(zone, writer.finish().await?))
    }

    /// Writes a result with its evidence. `false` when the transfer no longer wants it.
    async fn record_result(
        &self,
        job: &SanitiseJob,
        report: Report,
        clean: Option<Stored>,
        preview: Option<Stored>,
    ) -> Result<bool> {
        let now = self.now();
        let _open = self.house.blob_gate.read().await;
        for stored in clean.iter().chain(&preview) {
            // Equal bytes of an older transfer may have been erased since these were finished.
            drop(self.blobs().open(&stored.zone, &stored.blob).await.map_err(|_| Error::Conflict)?);
        }
        let mut tx = self.store().begin().await?;
        let Some(mut transfer) = tx.transfer(&job.transfer).await? else { return Ok(false) };
        let pick_up = self.rules().pick_up;
        let last = transfer.files.iter().filter(|f| f.state == FileState::Queued).count() == 1;
        let mut facts = transfer.clone();
        if let Some(file) = facts.files.iter_mut().find(|f| f.id == job.file) {
            file.report = Some(report.clone());
        }
        let verdict = if last { self.route_for_contents(&mut transfer, &facts)? } else { Found::Nothing };
        let mut events = match transfer.file_done(&job.file, report, clean, preview, pick_up, now) {
            Ok(events) => events,
            Err(Refusal::State(_) | Refusal::File) => return Ok(false),
            Err(refusal) => return Err(refusal.into()),
        };
        if verdict == Found::Forbidden && !transfer.state.is_final() {
            // Nothing was released yet: the state machine opens at most an approval in file_done.
            events.retain(|e| matches!(e, workflow::transfer::Event::FileDone { .. }));
            events.extend(transfer.forbid(now)?);
        }
        self.save(tx, By::System, transfer, events, Vec::new(), now).await?;
        Ok(true)
    }

    /// What was found in the files may ask for more than was known at submission: rules by kind.
    fn route_for_contents(&self, transfer: &mut Transfer, facts: &Transfer) -> Result<Found> {
        let Some(channel) = self.pack().channel_by_id(&transfer.channel) else { return Ok(Found::Nothing) };
        let content = Content {
            subject: transfer.subject.clone(),
            purpose: transfer.purpose.clone(),
            classification: transfer.classification.clone(),
            personal_data: transfer.personal_data,
            answers: transfer.answers.clone(),
            recipients: transfer.recipients.iter().map(|r| r.user.clone()).collect(),
        };
        let kinds: BTreeSet<_> = rules::kinds_found(facts);
        match rules::passage(self.pack(), channel, &content, kinds) {
            Passage::Deny { .. } => Ok(Found::Forbidden),
            Passage::Pass(plan) => {
                let route = rules::route(self.pack(), &plan, &transfer.section)?;
                match transfer.set_route(route) {
                    // A transfer that was withdrawn meanwhile does not need one.
                    Ok(()) | Err(Refusal::State(_)) => Ok(Found::Nothing),
                    Err(refusal) => Err(refusal.into()),
                }
            }
        }
    }

    /// Sends a held file through the cell again, with a password if one is given.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Refused`], [`Error::NotFound`].
    pub async fn retry_file(
        &self,
        actor: &Actor,
        id: &TransferId,
        file: &FileId,
        password: Option<String>,
    ) -> Result<()> {
        let password = password.filter(|p| !p.is_empty());
        if password.as_ref().is_some_and(|p| p.len() > PASSWORD_BYTES_MAX) {
            return Err(Error::Invalid { field: "password", problem: "too-long" });
        }
        let mut kept = false;
        let retried = self
            .change(actor, id, Action::ResolveHeld, |t, now| {
                let events = t.retry_file(file, now)?;
                // Only now: who may not do this must not leave a password behind. And before the file is queued: a
                // cell may take it at once.
                if let Some(password) = password {
                    self.keep_passwords(file, vec![password]);
                    kept = true;
                }
                Ok(events)
            })
            .await;
        if retried.is_err() && kept {
            self.forget_passwords(file);
        }
        retried
    }

    /// Takes a held file out, so that the others can go on.
    ///
    /// # Errors
    /// As [`App::retry_file`].
    pub async fn block_file(&self, actor: &Actor, id: &TransferId, file: &FileId) -> Result<()> {
        let pick_up = self.rules().pick_up;
        self.change(actor, id, Action::ResolveHeld, |t, now| t.block_file(file, pick_up, now)).await
    }
}

/// What the contents of the files ask for beyond the submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Forbidden,
}

fn stored(zone: &ZoneId, blob: crate::ports::BlobInfo) -> Stored {
    Stored { zone: zone.clone(), blob: blob.id, sha256: blob.sha256, bytes: blob.bytes }
}

/// The report of an original that cannot be read any more.
fn unreadable(untrusted_name: &str) -> Report {
    Report {
        verdict: Verdict::Held,
        kind: None,
        clean_kind: None,
        road: None,
        clean_name: untrusted_name.chars().filter(|c| !c.is_control() && *c != '/' && *c != '\\').collect(),
        reason: Some(Reason::Damaged),
        removals: Vec::new(),
        removals_unlisted: 0,
        members: Vec::new(),
        fidelity: None,
        rules_version: RULES_VERSION.to_owned(),
    }
}
