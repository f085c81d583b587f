//! The cell that prints, behind `app`'s port.
//!
//! Owns: starting it, one process for each job, how many at once, the wall clock, and believing nothing of the answer that is not
//! complete.
//! Leaves to others: what is on the pipe (`worker-protocol`), what happens in the cell (`sekisho-report`, `report`).

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use app::printing::{PrintFailure, PrintedPdf, Printer as Port};
use async_trait::async_trait;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use worker_protocol::print::{
    PRINT_ANSWER_BYTES_MAX, PRINT_JOB_BYTES_MAX, PRINTED_BYTES_MAX, PrintAnswer, PrintJob,
};

use crate::pool::{SIGXCPU, read_log};

/// Fonts that Debian brings, in the order in which they stand in for each other: one that is easy to read, one that has the
/// letters of names, two that have nearly all others.
const FONTS: [&str; 8] = [
    "/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf",
    "/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Bold.ttf",
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/ipamj-mincho/ipamjm.ttf",
    "/usr/share/fonts/truetype/ipamj-mincho/ipamjm.ttf",
];

/// How forms are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterConfig {
    /// Where the `sekisho-report` program is.
    pub program: PathBuf,
    /// Files with fonts, in the order in which they stand in for each other.
    pub fonts: Vec<PathBuf>,
    /// Jobs at the same time; further ones wait.
    pub running_max: usize,
    /// Wall-clock time for one job.
    pub time_max: Duration,
    /// Address space of one cell in bytes.
    pub memory_bytes_max: u64,
    /// Processor time of one cell in seconds.
    pub cpu_seconds_max: u64,
}

impl PrinterConfig {
    /// The usual bounds for a program at this path with the fonts of this machine. `None` when it has no font. The program itself
    /// may come later.
    #[must_use]
    pub fn find(program: &Path) -> Option<Self> {
        let fonts: Vec<PathBuf> = FONTS.iter().map(PathBuf::from).filter(|font| font.is_file()).collect();
        Self::new(program, fonts)
    }

    /// The same with fonts of one's own.
    #[must_use]
    pub fn new(program: &Path, fonts: Vec<PathBuf>) -> Option<Self> {
        (!fonts.is_empty()).then(|| Self {
            program: program.to_owned(),
            fonts,
            running_max: 2,
            time_max: Duration::from_secs(50),
            memory_bytes_max: 3 << 30,
            cpu_seconds_max: 60,
        })
    }

    /// Whether the program is there now.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.program.is_file()
    }
}

/// Prints forms, each in a cell of its own.
#[derive(Debug)]
pub struct Printer {
    config: PrinterConfig,
    turns: Semaphore,
}

impl Printer {
    /// A printer with these bounds. No process is started before the first job.
    #[must_use]
    pub fn new(config: PrinterConfig) -> Self {
        Self { turns: Semaphore::new(config.running_max.max(1)), config }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that starts cells that print")]
    fn start(&self) -> std::io::Result<Cell> {
        let mut command = tokio::process::Command::new(&self.config.program);
        for font in &self.config.fonts {
            command.arg("--font").arg(font);
        }
        let mut process = command
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
            .spawn()?;
        let missing = || std::io::Error::other("a pipe is missing");
        let to_cell = process.stdin.take().ok_or_else(missing)?;
        let from_cell = process.stdout.take().ok_or_else(missing)?;
        let log = tokio::spawn(read_log(process.stderr.take().ok_or_else(missing)?));
        Ok(Cell { process, to_cell, from_cell, log })
    }
}

#[async_trait]
impl Port for Printer {
    fn is_installed(&self) -> bool {
        self.config.is_installed()
    }

    async fn print(&self, job: &PrintJob) -> Result<PrintedPdf, PrintFailure> {
        let failed = |error: &dyn std::fmt::Display| PrintFailure::Failed(error.to_string());
        let job = serde_json::to_vec(job).map_err(|error| failed(&error))?;
        if job.len() as u64 > PRINT_JOB_BYTES_MAX {
            return Err(PrintFailure::TooLarge);
        }
        let work = async {
            let _turn = self.turns.acquire().await.map_err(|error| failed(&error))?;
            let cell = self.start().map_err(|error| failed(&error))?;
            cell.print(job).await
        };
        match tokio::time::timeout(self.config.time_max, work).await {
            Ok(done) => done,
            Err(_) => Err(PrintFailure::TooLong),
        }
    }
}

/// A started cell. Dropping it kills the process.
struct Cell {
    process: Child,
    to_cell: ChildStdin,
    from_cell: ChildStdout,
    log: JoinHandle<String>,
}

impl Cell {
    async fn print(mut self, job: Vec<u8>) -> Result<PrintedPdf, PrintFailure> {
        let mut to_cell = self.to_cell;
        let send = async {
            // A closed pipe is the cell's business, and its answer tells.
            let _ = to_cell.write_all(&job).await;
            let _ = to_cell.shutdown().await;
            drop(to_cell);
        };
        let ((), answer) = tokio::join!(send, take(self.from_cell));
        let detail = match answer {
            Ok(answer) => match answer {
                (PrintAnswer::Refused { problems }, _) => return Err(PrintFailure::Template(problems)),
                (PrintAnswer::Printed { pages, standard, unprintable, warnings, .. }, pdf) => {
                    return Ok(PrintedPdf { pdf, pages, standard, unprintable, warnings });
                }
            },
            Err(detail) => detail,
        };
        let patience = Duration::from_millis(500);
        let status = tokio::time::timeout(patience, self.process.wait()).await.ok().and_then(Result::ok);
        let log =
            tokio::time::timeout(patience, self.log).await.ok().and_then(Result::ok).unwrap_or_default();
        let signal = status.and_then(|s| std::os::unix::process::ExitStatusExt::signal(&s));
        // What Rust's runtime writes before it aborts.
        if log.contains("memory allocation of ") || signal == Some(SIGXCPU) {
            return Err(PrintFailure::TooLong);
        }
        Err(PrintFailure::Failed(format!("{detail} {log}")))
    }
}

/// The answer, complete; otherwise what is wrong with it, for the log.
async fn take(from_cell: ChildStdout) -> Result<(PrintAnswer, Vec<u8>), String> {
    let mut from_cell = BufReader::new(from_cell);
    let mut line = Vec::new();
    let head = (&mut from_cell).take(PRINT_ANSWER_BYTES_MAX).read_until(b'\n', &mut line).await;
    head.map_err(|error| error.to_string())?;
    let answer: PrintAnswer = match line.strip_suffix(b"\n") {
        Some(line) => serde_json::from_slice(line).map_err(|_| "the answer is not readable".to_owned())?,
        None => return Err("there is no answer".to_owned()),
    };
    let expected = match &answer {
        PrintAnswer::Refused { .. } => 0,
        PrintAnswer::Printed { bytes, .. } => *bytes,
    };
    if expected > PRINTED_BYTES_MAX {
        return Err("the PDF is too long".to_owned());
    }
    let mut pdf = Vec::new();
    from_cell.take(expected + 1).read_to_end(&mut pdf).await.map_err(|error| error.to_string())?;
    let is_whole = pdf.len() as u64 == expected;
    if !is_whole || (expected > 0 && !pdf.starts_with(b"%PDF-")) {
        return Err("the PDF is not whole".to_owned());
    }
    Ok((answer, pdf))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A printer whose program is to lie there. The font is only named: nothing here gets as far as reading it.
    fn printer(program: &Path) -> Printer {
        Printer::new(PrinterConfig::new(program, vec![PathBuf::from("font.ttf")]).unwrap())
    }

    #[test]
    fn nothing_prints_without_a_font() {
        assert_eq!(PrinterConfig::new(Path::new("sekisho-report"), Vec::new()), None);
    }

    /// The demo opens before the program that prints is built: forms are printed as soon as it is there, and no sooner.
    #[test]
    fn the_program_may_come_after_the_house_has_opened() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("sekisho-report");
        let printer = printer(&program);
        assert!(!printer.is_installed());
        std::fs::create_dir(&program).unwrap();
        assert!(!printer.is_installed(), "a folder is not a program");
        std::fs::remove_dir(&program).unwrap();
        std::fs::write(&program, b"a program").unwrap();
        assert!(printer.is_installed());
    }

    #[tokio::test]
    async fn a_job_without_the_program_fails_and_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let job =
            PrintJob { template: String::new(), data: serde_json::json!({}), day: "2026-04-01".to_owned() };
        let failure = printer(&folder.path().join("sekisho-report")).print(&job).await.unwrap_err();
        assert!(matches!(&failure, PrintFailure::Failed(why) if why.contains("No such file")), "{failure:?}");
    }
}
