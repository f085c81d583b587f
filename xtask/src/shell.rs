//! The one place of the chores that starts processes, reads the environment and looks at the clock.
//!
//! Owns: [`Tool`] (a command that can be shown, run, captured, watched line by line, or become this process).
//! Leaves to others: which tools, in which order, and what their output means.

#![expect(
    clippy::disallowed_methods,
    reason = "chores are tools for developers: they exist to start other programs, and nothing they do is evidence"
)]

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// A program with its arguments, before it runs.
#[derive(Debug)]
pub(crate) struct Tool {
    command: Command,
}

/// What a captured program left behind.
#[derive(Debug)]
pub(crate) struct Captured {
    /// Whether it exited with 0.
    pub(crate) ok: bool,
    /// Its standard output, as text.
    pub(crate) stdout: String,
    /// Its standard error, as text.
    pub(crate) stderr: String,
}

impl Tool {
    /// The program with this name or path.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self { command: Command::new(program) }
    }

    /// Cargo: the one that runs this chore, else the one on the path.
    pub(crate) fn cargo(root: &Path) -> Self {
        Self::new(env("CARGO").unwrap_or_else(|| "cargo".into())).dir(root)
    }

    /// Adds arguments.
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets one environment variable for the program.
    pub(crate) fn set(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes one environment variable away from the program.
    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs the program in this directory.
    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// The command line as a person would type it.
    pub(crate) fn shown(&self) -> String {
        let program = Path::new(self.command.get_program()).file_name().unwrap_or_default();
        std::iter::once(program)
            .chain(self.command.get_args())
            .map(|part| part.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Runs with the terminal of this process; true when it exited with 0.
    pub(crate) fn run(mut self) -> Result<bool> {
        let shown = self.shown();
        let status = self.command.status().with_context(|| format!("cannot start: {shown}"))?;
        Ok(status.success())
    }

    /// Runs without input and keeps what it prints.
    pub(crate) fn capture(mut self) -> Result<Captured> {
        let shown = self.shown();
        let out =
            self.command.stdin(Stdio::null()).output().with_context(|| format!("cannot start: {shown}"))?;
        Ok(Captured {
            ok: out.status.success(),
            stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
        })
    }

    /// Runs without input and output; its exit code, or nothing when a signal ended it.
    pub(crate) fn code(mut self) -> Result<Option<i32>> {
        let shown = self.shown();
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = self.command.status().with_context(|| format!("cannot start: {shown}"))?;
        Ok(status.code())
    }

    /// Runs, passes each line of both outputs on to our standard error, and shows it to `each` as well.
    pub(crate) fn watch(mut self, each: &mut dyn FnMut(&str)) -> Result<bool> {
        let shown = self.shown();
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start: {shown}"))?;
        let (send, lines) = mpsc::channel::<String>();
        let mut readers = Vec::new();
        if let Some(stream) = child.stdout.take() {
            readers.push(send_lines(stream, send.clone()));
        }
        if let Some(stream) = child.stderr.take() {
            readers.push(send_lines(stream, send));
        }
        for line in lines {
            say(&line);
            each(&line);
        }
        for reader in readers {
            // A reader that died has only lost lines of a report; the exit status below still decides.
            let _ = reader.join();
        }
        Ok(child.wait().with_context(|| format!("lost sight of: {shown}"))?.success())
    }

    /// Starts in the background with both outputs written to `log`.
    pub(crate) fn background(mut self, log: &Path) -> Result<Child> {
        let shown = self.shown();
        let out = std::fs::File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let err = out.try_clone().context("cannot share the log")?;
        self.command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .with_context(|| format!("cannot start: {shown}"))
    }

    /// Becomes the program. Returns only when that failed, so signals reach the program and nothing waits.
    pub(crate) fn become_it(mut self) -> anyhow::Error {
        let shown = self.shown();
        anyhow::Error::new(self.command.exec()).context(format!("cannot start: {shown}"))
    }
}

fn send_lines(stream: impl Read + Send + 'static, send: mpsc::Sender<String>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n') {
            let Ok(line) = line else { break };
            if send.send(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()).is_err() {
                break;
            }
        }
    })
}

/// The environment variable, unless it is unset or empty.
pub(crate) fn env(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Now, for telling a developer how long a step took.
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}

/// Prints a line on standard error. A closed terminal is no reason to stop a chore.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Prints a line on standard output: the result of a chore, as opposed to its progress.
pub(crate) fn result(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// The checkout. Cargo names it at run time; a directly started binary falls back on where it was built.
pub(crate) fn root() -> PathBuf {
    let own =
        env("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().map_or_else(|| own.clone(), Path::to_path_buf)
}

/// Where cargo builds; tools that chores fetch are kept below it, so that `cargo clean` removes them.
pub(crate) fn target_dir(root: &Path) -> Result<PathBuf> {
    let out =
        Tool::cargo(root).args(["metadata", "--format-version", "1", "--no-deps", "--locked"]).capture()?;
    ensure!(out.ok, "cargo metadata failed:\n{}", out.stderr);
    let metadata: serde_json::Value =
        serde_json::from_str(&out.stdout).context("cannot understand cargo metadata")?;
    let dir = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    Ok(dir.context("cargo metadata names no target directory")?.into())
}

/// The full path of a program on the search path, or in the places where Debian keeps what is not on it.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/bin", "/usr/sbin", "/usr/lib/chromium"].map(PathBuf::from))
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

/// Whether this process runs as root, as the kernel tells it.
pub(crate) fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .and_then(|ids| ids.split_whitespace().nth(1))
        .is_some_and(|effective| effective == "0")
}

/// Removes the colour codes a terminal understands, so that a line can be read by a program.
pub(crate) fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            // A control sequence ends with its first letter.
            for inner in chars.by_ref() {
                if inner.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_removed_and_text_stays() {
        assert_eq!(plain("\u{1b}[32;1m     Summary\u{1b}[0m [ 0.1s] 関所"), "     Summary [ 0.1s] 関所");
        assert_eq!(plain("no colours"), "no colours");
        assert_eq!(plain("cut \u{1b}[3"), "cut ");
    }

    #[test]
    fn both_outputs_are_watched_and_the_exit_status_is_kept() {
        let mut seen = Vec::new();
        let ok = Tool::new("sh")
            .args(["-c", "echo out; echo err >&2; exit 3"])
            .watch(&mut |line| seen.push(line.to_owned()))
            .unwrap();
        seen.sort();
        assert!(!ok);
        assert_eq!(seen, ["err", "out"]);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Tool::new("no-such-program-here").args(["--now"]).run().unwrap_err();
        assert_eq!(error.to_string(), "cannot start: no-such-program-here --now");
    }
}
