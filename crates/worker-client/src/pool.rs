//! The processes: started ahead of the work, one per job, killed when dropped.
//!
//! Owns: starting, the number at once, the spares, and the wall clock.
//! Leaves to others: the frames of one job (`conversation`).

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use worker_protocol::frame::Progress;
use worker_protocol::{Job, Notes, Reason, Report, Verdict};

use crate::conversation::{self, CellFailure, CellOutcome, Ended};
use crate::office::{Conversions, Office, OfficeConfig};

/// How cells are started and bounded.
#[derive(Debug, Clone)]
pub struct CellConfig {
    /// Where the `sekisho-worker` program is.
    pub worker_path: PathBuf,
    /// Cells that work at the same time; further jobs wait their turn. At least 1.
    pub running_max: usize,
    /// Cells that are started ahead and wait. 0 starts each cell when its job comes.
    pub spare: usize,
    /// Wall-clock time for one job, from the first byte in to the last byte out.
    pub job_time_max: Duration,
    /// Address space of one cell in bytes.
    pub memory_bytes_max: u64,
    /// Processor time of one cell in seconds.
    pub cpu_seconds_max: u64,
    /// The office program that turns old formats into current ones. Without one such files are held.
    pub office: Option<OfficeConfig>,
    /// The words for a job that brings none of its own. Whoever starts the pool speaks the reader's language; those
    /// who hand jobs to it speak in codes.
    pub notes: Notes,
}

impl CellConfig {
    /// The usual bounds for a worker at this path: two cells, one spare, two minutes, 2 GiB.
    #[must_use]
    pub fn new(worker_path: impl Into<PathBuf>) -> Self {
        Self {
            worker_path: worker_path.into(),
            running_max: 2,
            spare: 1,
            job_time_max: Duration::from_secs(120),
            memory_bytes_max: 2 << 30,
            cpu_seconds_max: 120,
            office: None,
            notes: Notes::default(),
        }
    }
}

/// Hands jobs to cells. Cheap to clone; all clones share the same cells.
#[derive(Debug, Clone)]
pub struct CellPool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: CellConfig,
    turns: Semaphore,
    /// Started and not yet given a job. Only [`Shared::take`] and [`Shared::refill`] touch it.
    spares: Mutex<VecDeque<Cell>>,
    office: Option<Office>,
}

/// A started cell that has no job yet. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) process: Child,
    pub(crate) to_cell: ChildStdin,
    pub(crate) from_cell: ChildStdout,
    log: JoinHandle<String>,
}

/// The longest log of one cell that is kept, in bytes. What it says beyond that is read and dropped.
const LOG_BYTES_MAX: usize = 16 << 10;

impl CellPool {
    /// A pool with these bounds. No process is started before [`CellPool::warm`] or the first job.
    #[must_use]
    pub fn new(config: CellConfig) -> Self {
        let turns = Semaphore::new(config.running_max.max(1));
        let office = config.office.clone().map(|office| Office::new(office, config.worker_path.clone()));
        Self { shared: Arc::new(Shared { config, turns, spares: Mutex::default(), office }) }
    }

    /// Starts the spare cells now, so that the first job does not wait for one, and removes what office programs of an
    /// earlier process left behind.
    ///
    /// # Errors
    /// [`CellFailure::NotStarted`] when the worker program cannot be run, or the folder for office programs cannot be
    /// had: a wrong path shows at start-up.
    pub fn warm(&self) -> Result<(), CellFailure> {
        if let Some(office) = &self.shared.office {
            office.scratch().map_err(CellFailure::NotStarted)?;
        }
        self.shared.refill()
    }

    /// Sends one file through a cell.
    ///
    /// `input` is read once to its end. Clean bytes go to `sink` as they come, after the report has arrived. If
    /// the outcome's verdict is not clean or partial, or an error comes back, whatever `sink` holds is worthless
    /// and the caller must throw it away. When `cancel` ends first the cell is killed.
    ///
    /// A cell that dies, runs out of time or memory, or breaks the protocol gives a report with
    /// [`Verdict::Held`], never an error: the file waits, and [`Reason::is_retryable`] says so.
    ///
    /// # Errors
    /// Only failures on this side of the pipe: the input or the sink failed, the cell could not be started, or
    /// the caller cancelled.
    pub async fn run(
        &self,
        job: &Job,
        input: impl AsyncRead + Unpin + Send,
        sink: &mut (dyn AsyncWrite + Unpin + Send),
        progress: &mut (dyn FnMut(Progress) + Send),
        cancel: impl Future<Output = ()> + Send,
    ) -> Result<CellOutcome, CellFailure> {
        let with_words = (job.notes == Notes::default())
            .then(|| Job { notes: self.shared.config.notes.clone(), ..job.clone() });
        let job = with_words.as_ref().unwrap_or(job);
        let work = async {
            let _turn = self.shared.turns.acquire().await.map_err(|_| CellFailure::Cancelled)?;
            let mut cell = self.shared.take()?;
            let time_max = self.shared.config.job_time_max;
            let conversions = Conversions::new(self.shared.office.as_ref());
            let talk =
                conversation::converse(&mut cell, job, input, sink, progress, conversions, time_max).await?;
            match talk {
                Ended::Delivered(outcome) => Ok(*outcome),
                Ended::Broken(detail) => Ok(held(cell.cause_of_death().await, &detail)),
                Ended::Late => Ok(held((Reason::TimedOut, String::new()), "wall clock")),
            }
        };
        tokio::select! {
            biased;
            () = cancel => Err(CellFailure::Cancelled),
            done = work => done,
        }
    }
}

fn held((reason, log): (Reason, String), detail: &str) -> CellOutcome {
    tracing::warn!(reason = reason.id(), detail, log, "a cell failed; the file is held");
    CellOutcome {
        report: Report::refused(Verdict::Held, reason),
        clean_bytes: 0,
        preview: None,
        preview_pages: Vec::new(),
    }
}

impl Shared {
    /// A spare cell that is still alive, or a new one; and a new spare in its place.
    fn take(self: &Arc<Self>) -> Result<Cell, CellFailure> {
        let cell = loop {
            let Some(mut cell) = self.next_spare() else { return self.start() };
            // One that has died while it waited is passed over.
            if matches!(cell.process.try_wait(), Ok(None)) {
                break cell;
            }
        };
        let shared = Arc::clone(self);
        // The replacement is started beside the job, not before it: that is the point of a spare.
        tokio::spawn(async move {
            if let Err(error) = shared.refill() {
                tracing::warn!(%error, "no spare cell could be started");
            }
        });
        Ok(cell)
    }

    fn next_spare(&self) -> Option<Cell> {
        self.spares().pop_front()
    }

    fn refill(&self) -> Result<(), CellFailure> {
        while self.spares().len() < self.config.spare {
            let cell = self.start()?;
            self.spares().push_back(cell);
        }
        Ok(())
    }

    fn spares(&self) -> MutexGuard<'_, VecDeque<Cell>> {
        // A panic while the lock was held leaves a queue that is still a queue.
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that starts cells")]
    fn start(&self) -> Result<Cell, CellFailure> {
        let mut process = tokio::process::Command::new(&self.config.worker_path)
            .arg("--memory-bytes")
            .arg(self.config.memory_bytes_max.to_string())
            .arg("--cpu-seconds")
            .arg(self.config.cpu_seconds_max.to_string())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(CellFailure::NotStarted)?;
        let missing = || CellFailure::NotStarted(std::io::Error::other("a pipe is missing"));
        let to_cell = process.stdin.take().ok_or_else(missing)?;
        let from_cell = process.stdout.take().ok_or_else(missing)?;
        let stderr = process.stderr.take().ok_or_else(missing)?;
        Ok(Cell { process, to_cell, from_cell, log: tokio::spawn(read_log(stderr)) })
    }
}

/// Reads the log to its end so that a talkative cell never blocks, and keeps the start of it.
pub(crate) async fn read_log(mut stderr: impl AsyncRead + Unpin) -> String {
    let mut kept = Vec::new();
    let mut piece = [0; 1024];
    while let Ok(length @ 1..) = stderr.read(&mut piece).await {
        let room = LOG_BYTES_MAX.saturating_sub(kept.len());
        kept.extend(piece.iter().take(length.min(room)));
    }
    String::from_utf8_lossy(&kept).into_owned()
}

impl Cell {
    /// Ends the process and says why it broke off, with the start of its log.
    async fn cause_of_death(mut self) -> (Reason, String) {
        // It usually ended by itself, which is what broke the conversation; its status may need a moment. If it
        // lives on it broke the protocol.
        let patience = Duration::from_millis(500);
        let status = match tokio::time::timeout(patience, self.process.wait()).await {
            Ok(Ok(status)) => Some(status),
            _ => {
                // A failed kill means that it ended in between.
                let _ = self.process.kill().await;
                None
            }
        };
        let log = tokio::time::timeout(patience, &mut self.log).await;
        let log = log.ok().and_then(Result::ok).unwrap_or_default();
        let signal = status.and_then(|s| std::os::unix::process::ExitStatusExt::signal(&s));
        let reason = if log.contains("memory allocation of ") {
            // What Rust's runtime writes before it aborts.
            Reason::OutOfMemory
        } else if signal == Some(SIGXCPU) {
            Reason::TimedOut
        } else {
            Reason::WorkerDied
        };
        (reason, log)
    }
}

/// The kernel's signal for spent processor time, the same on every Linux architecture that Rust's tier 1 has.
pub(crate) const SIGXCPU: i32 = 24;
