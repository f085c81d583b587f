//! A real cell, driven from here: started, given one file, and watched.
//!
//! Owns: the conversation on the pipe as a measure needs it, and the most memory the process had.
//! Leaves to others: pools, time limits and broken cells (`worker-client`, which is not linked here because it brings the
//! whole server).

use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use worker_protocol::frame::{self, Tag};
use worker_protocol::{Job, Reason, Report, conversion};

use super::{Failed, clock};

/// Pieces in which a file is sent, as the server sends it.
const PIECE_BYTES: usize = 256 << 10;

/// A process of another program.
#[expect(clippy::disallowed_methods, reason = "a bench measures cells and other programs")]
pub(crate) fn command(program: &Path) -> Command {
    Command::new(program)
}

/// Builds the worker as this bench was built.
pub(crate) fn worker() -> Result<PathBuf, Failed> {
    let built = command(env!("CARGO").as_ref())
        .args(["build", "--release", "--locked", "-p", "sekisho-worker", "--bin", "sekisho-worker"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .stdout(Stdio::null())
        .status()?;
    // The bench stands in `deps`, beside which the programs are.
    let worker = std::env::current_exe()?
        .parent()
        .and_then(Path::parent)
        .map(|folder| folder.join("sekisho-worker"))
        .filter(|worker| built.success() && worker.is_file());
    worker.ok_or_else(|| "the worker could not be built".into())
}

/// A cell that waits for its job.
pub(crate) struct Cell {
    process: Child,
}

/// What became of a file.
pub(crate) struct Ended {
    pub(crate) seconds: f64,
    pub(crate) peak_bytes: u64,
    /// None when the cell died.
    pub(crate) report: Option<Report>,
}

impl Cell {
    pub(crate) fn start(worker: &Path) -> Result<Self, Failed> {
        let mut process =
            command(worker).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        // It says so when it has taken its rights away; a file that comes earlier would wait for that.
        let mut payload = Vec::new();
        let from_cell = process.stdout.as_mut().ok_or("no pipe")?;
        match frame::read_frame(from_cell, &mut payload) {
            Ok(Tag::Ready) => Ok(Self { process }),
            _ => Err("the cell is not ready".into()),
        }
    }

    /// Sends one file through it.
    pub(crate) fn run(mut self, job: &Job, bytes: &[u8]) -> Result<Ended, Failed> {
        let to_cell = self.process.stdin.take().ok_or("no pipe")?;
        let mut from_cell = BufReader::new(self.process.stdout.take().ok_or("no pipe")?);
        let status = format!("/proc/{}/status", self.process.id());
        let job = serde_json::to_vec(job)?;
        let begun = clock();
        let (report, peak_bytes) = std::thread::scope(|scope| {
            let (ask, asked) = std::sync::mpsc::channel::<()>();
            let job = &job;
            scope.spawn(move || {
                let mut to_cell = BufWriter::new(to_cell);
                // A cell that refuses the rest closes the pipe; what it says then decides.
                let _ = frame::write_frame(&mut to_cell, Tag::Job, job);
                for piece in bytes.chunks(PIECE_BYTES) {
                    let _ = frame::write_frame(&mut to_cell, Tag::Data, piece);
                }
                let _ = frame::write_frame(&mut to_cell, Tag::End, &[]).and_then(|()| Ok(to_cell.flush()?));
                // Nobody converts old formats here; they end as they do without an office program.
                for () in asked {
                    let refusal = conversion::encode_refusal(Reason::NotRebuilt);
                    let _ = frame::write_frame(&mut to_cell, Tag::NotConverted, refusal)
                        .and_then(|()| Ok(to_cell.flush()?));
                }
            });
            let (stop, stopped) = std::sync::mpsc::channel::<()>();
            let watcher = scope.spawn(move || {
                let mut peak = 0;
                // Until the sender is dropped: the file is through.
                while stopped.recv_timeout(Duration::from_millis(1))
                    == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
                {
                    peak = peak.max(high_water(&status).unwrap_or(0));
                }
                peak
            });
            let (mut report, mut payload) = (None, Vec::new());
            loop {
                match frame::read_frame(&mut from_cell, &mut payload) {
                    Ok(Tag::Report) => report = serde_json::from_slice::<Report>(&payload).ok(),
                    Ok(Tag::ConvertEnd) => {
                        // The receiver lives as long as this sender.
                        let _ = ask.send(());
                    }
                    Ok(Tag::End) | Err(_) => break,
                    Ok(_) => {}
                }
            }
            drop((ask, stop));
            (report, watcher.join().unwrap_or(0))
        });
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Ended { seconds, peak_bytes, report })
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn high_water(status: &str) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
}
