//! Office programs: where they are, and one conversion in a cell of its own.
//!
//! Owns: finding the program, how many run at once, the wall clock over each conversion, and carrying its bytes between
//! the cell that asked and the cell that converts.
//! Leaves to others: the bars (`sekisho-worker`), the folders (`scratch`), the frames' form (`worker-protocol`).
//!
//! A cell that was taken over can ask for whatever it likes: it gets a converter that is closed in as well, a bounded
//! number of times, and nothing of this process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinHandle;
use worker_protocol::Reason;
use worker_protocol::conversion::{self, CONVERSION_BYTES_MAX, CONVERSIONS_MAX, Conversion};
use worker_protocol::frame::{FrameError, Header, Tag};

use crate::conversation::read_frame;
use crate::pool::read_log;
use crate::scratch::{Desk, Scratch};

/// An office program and its bounds.
#[derive(Debug, Clone)]
pub struct OfficeConfig {
    /// The program itself (`soffice.bin`), not a script that starts it.
    pub program: PathBuf,
    /// Below which folder it works. What lies there is unsanitised and short-lived, so memory is best.
    pub place: PathBuf,
    /// Conversions at the same time; further ones wait their turn. At least 1.
    pub running_max: usize,
    /// Wall-clock time for one conversion.
    pub time_max: Duration,
    /// Address space of the program in bytes.
    pub memory_bytes_max: u64,
    /// Processor time of the program in seconds.
    pub cpu_seconds_max: u64,
}

impl OfficeConfig {
    /// The usual bounds for the program at this path: one at a time, a minute, 4 GiB, in memory if there is such a place.
    ///
    /// The path may be that of the script or link by which people start the program.
    ///
    /// # Errors
    /// When there is no office program.
    pub fn new(path: &Path, place: PathBuf) -> std::io::Result<Self> {
        let real = path.canonicalize()?;
        let program = real.with_file_name("soffice.bin");
        if !program.is_file() {
            return Err(std::io::Error::new(std::io::ErrorKind::NotFound, "no soffice.bin beside it"));
        }
        Ok(Self {
            program,
            place,
            running_max: 1,
            time_max: Duration::from_secs(60),
            memory_bytes_max: 4 << 30,
            cpu_seconds_max: 60,
        })
    }

    /// The program in one of the places where packages put it, if it is installed.
    #[must_use]
    pub fn find(place: PathBuf) -> Option<Self> {
        let usual = ["/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program"].map(PathBuf::from);
        let mut own: Vec<PathBuf> = std::fs::read_dir("/opt")
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("libreoffice"))
            .map(|entry| entry.path().join("program"))
            .collect();
        // The highest version of several.
        own.sort();
        own.reverse();
        let mut found = usual.into_iter().chain(own).map(|folder| folder.join("soffice.bin"));
        found.find_map(|program| Self::new(&program, place.clone()).ok())
    }

    /// Where unsanitised files lie best for a moment: in memory, else in this folder.
    #[must_use]
    pub fn place_or(folder: &Path) -> PathBuf {
        let memory = Path::new("/dev/shm");
        if takes_folders(memory) { memory.to_owned() } else { folder.to_owned() }
    }
}

/// Whether a folder can be made there.
fn takes_folders(place: &Path) -> bool {
    let path = place.join(format!(".sekisho-{}", std::process::id()));
    std::fs::create_dir(&path).and_then(|()| std::fs::remove_dir(&path)).is_ok()
}

/// Office programs of one pool.
#[derive(Debug)]
pub(crate) struct Office {
    config: OfficeConfig,
    worker_path: PathBuf,
    turns: Semaphore,
    scratch: OnceLock<Arc<Scratch>>,
}

impl Office {
    pub(crate) fn new(config: OfficeConfig, worker_path: PathBuf) -> Self {
        let turns = Semaphore::new(config.running_max.max(1));
        Self { config, worker_path, turns, scratch: OnceLock::new() }
    }

    /// The folder of this pool. Asking for it the first time sweeps what earlier processes left.
    pub(crate) fn scratch(&self) -> std::io::Result<Arc<Scratch>> {
        if let Some(scratch) = self.scratch.get() {
            return Ok(Arc::clone(scratch));
        }
        let made = Arc::new(Scratch::open(&self.config.place)?);
        // Of two that are made at once the second goes again.
        Ok(Arc::clone(self.scratch.get_or_init(|| made)))
    }

    /// Waits for a turn and starts a converter.
    async fn start(&self, what: Conversion) -> Result<Running<'_>, Failed> {
        let died = |error: std::io::Error| Failed { reason: Reason::WorkerDied, detail: error.to_string() };
        let turn = self.turns.acquire().await.map_err(|error| died(std::io::Error::other(error)))?;
        let desk = self.scratch().and_then(|scratch| scratch.desk()).map_err(died)?;
        let mut running = self.spawn(desk, turn).map_err(died)?;
        match tokio::time::timeout(self.config.time_max, read_frame(&mut running.from_office)).await {
            Ok(Ok((Tag::Ready, _))) => {}
            _ => return Err(running.failed(Reason::WorkerDied, "it does not start").await),
        }
        if running.send(Tag::Convert, &what.encode()).await.is_err() {
            return Err(running.failed(Reason::WorkerDied, "it does not listen").await);
        }
        Ok(running)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that starts the cells of office programs"
    )]
    fn spawn<'a>(&'a self, desk: Desk, turn: SemaphorePermit<'a>) -> std::io::Result<Running<'a>> {
        let mut process = tokio::process::Command::new(&self.worker_path)
            .arg("convert")
            .arg("--office")
            .arg(&self.config.program)
            .arg("--folder")
            .arg(desk.path())
            .arg("--memory-bytes")
            .arg(self.config.memory_bytes_max.to_string())
            .arg("--cpu-seconds")
            .arg(self.config.cpu_seconds_max.to_string())
            .env_clear()
            .current_dir(desk.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let missing = || std::io::Error::other("a pipe is missing");
        let to_office = process.stdin.take().ok_or_else(missing)?;
        let from_office = process.stdout.take().ok_or_else(missing)?;
        let log = tokio::spawn(read_log(process.stderr.take().ok_or_else(missing)?));
        Ok(Running { process, to_office, from_office, log, desk, _turn: turn })
    }
}

/// What a job may still ask for, and the programs that answer.
pub(crate) struct Conversions<'a> {
    office: Option<&'a Office>,
    left: u32,
}

/// Why nothing was converted. The cell is told the reason, the log the rest.
struct Failed {
    reason: Reason,
    detail: String,
}

impl<'a> Conversions<'a> {
    pub(crate) fn new(office: Option<&'a Office>) -> Self {
        Self { office, left: CONVERSIONS_MAX }
    }

    /// Serves the request whose first frame has just come.
    ///
    /// # Errors
    /// When the cell breaks the protocol or its pipe fails. A conversion that fails is an answer.
    pub(crate) async fn serve(
        &mut self,
        request: &[u8],
        from_cell: &mut (impl AsyncRead + Unpin),
        to_cell: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), FrameError> {
        let what = Conversion::decode(request)?;
        let mut running = match self.office {
            _ if self.left == 0 => {
                Err(Failed::new(Reason::TooComplex, "more conversions than a job may ask for"))
            }
            None => Err(Failed::new(Reason::NotRebuilt, "no office program")),
            Some(office) => office.start(what).await,
        };
        self.left = self.left.saturating_sub(1);
        let mut bytes = 0;
        loop {
            let (tag, payload) = read_frame(from_cell).await?;
            bytes += payload.len() as u64;
            if !matches!(tag, Tag::ConvertData | Tag::ConvertEnd) {
                return Err(FrameError::OutOfOrder);
            }
            if bytes > CONVERSION_BYTES_MAX {
                return Err(FrameError::TooLong);
            }
            running = match running {
                Ok(mut office) => match office.send(tag, &payload).await {
                    Ok(()) => Ok(office),
                    Err(_) => Err(office.failed(Reason::WorkerDied, "it stopped listening").await),
                },
                // Nobody listens; the cell is let finish its sentence.
                failed => failed,
            };
            if tag == Tag::ConvertEnd {
                break;
            }
        }
        let failed = match (running, self.office) {
            (Ok(running), Some(office)) => running.answer(to_cell, office.config.time_max).await?,
            (Err(failed), _) => Some(failed),
            (Ok(_), None) => None,
        };
        if let Some(Failed { reason, detail }) = failed {
            tracing::info!(reason = reason.id(), detail, kind = what.from().id(), "a file was not converted");
            send(to_cell, Tag::NotConverted, conversion::encode_refusal(reason)).await?;
        }
        Ok(())
    }
}

impl Failed {
    fn new(reason: Reason, detail: &str) -> Self {
        Self { reason, detail: detail.to_owned() }
    }
}

/// A converter at work. Dropping it kills its process, and with that the kernel the program.
struct Running<'a> {
    // In this order: the process ends before its folder goes.
    process: Child,
    to_office: ChildStdin,
    from_office: ChildStdout,
    log: JoinHandle<String>,
    desk: Desk,
    _turn: SemaphorePermit<'a>,
}

impl Running<'_> {
    async fn send(&mut self, tag: Tag, payload: &[u8]) -> Result<(), FrameError> {
        send(&mut self.to_office, tag, payload).await
    }

    /// Carries the answer to the cell; the failure if there is none.
    async fn answer(
        mut self,
        to_cell: &mut (impl AsyncWrite + Unpin),
        time_max: Duration,
    ) -> Result<Option<Failed>, FrameError> {
        match tokio::time::timeout(time_max, self.carry(to_cell)).await {
            Ok(Ok(None)) => {
                self.end().await;
                Ok(None)
            }
            Ok(Ok(Some(failed))) => Ok(Some(self.failed(failed.reason, &failed.detail).await)),
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(Some(self.failed(Reason::TimedOut, "wall clock").await)),
        }
    }

    async fn carry(&mut self, to_cell: &mut (impl AsyncWrite + Unpin)) -> Result<Option<Failed>, FrameError> {
        let broken = || Ok(Some(Failed::new(Reason::WorkerDied, "it broke the protocol")));
        let mut bytes = 0;
        loop {
            let Ok((tag, payload)) = read_frame(&mut self.from_office).await else { return broken() };
            bytes += payload.len() as u64;
            match tag {
                _ if bytes > CONVERSION_BYTES_MAX => {
                    return Ok(Some(Failed::new(Reason::Bomb, "the result is too long")));
                }
                Tag::Converted => send(to_cell, tag, &payload).await?,
                Tag::ConvertedEnd => {
                    send(to_cell, tag, &payload).await?;
                    return Ok(None);
                }
                Tag::NotConverted => {
                    return match conversion::decode_refusal(&payload) {
                        Ok(reason) => Ok(Some(Failed::new(reason, "it says so"))),
                        Err(_) => broken(),
                    };
                }
                _ => return broken(),
            }
        }
    }

    /// Ends the process and its folder, and says why.
    async fn failed(self, reason: Reason, detail: &str) -> Failed {
        let log = self.end().await;
        Failed { reason, detail: format!("{detail} {log}") }
    }

    /// Ends the process, which may have ended by itself, and its folder.
    async fn end(mut self) -> String {
        let patience = Duration::from_millis(500);
        if tokio::time::timeout(patience, self.process.wait()).await.is_err() {
            // A failed kill means that it ended in between.
            let _ = self.process.kill().await;
        }
        let log = tokio::time::timeout(patience, &mut self.log).await;
        // The program below may need a moment to die, and until then it may still write.
        for _ in 0..20 {
            if self.desk.clear() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        log.ok().and_then(Result::ok).unwrap_or_default()
    }
}

async fn send(pipe: &mut (impl AsyncWrite + Unpin), tag: Tag, payload: &[u8]) -> Result<(), FrameError> {
    pipe.write_all(&Header::new(tag, payload.len())?.encode()).await?;
    pipe.write_all(payload).await?;
    pipe.flush().await?;
    Ok(())
}
