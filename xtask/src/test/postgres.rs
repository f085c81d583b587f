//! A PostgreSQL server of its own for one test run, made from the programs that Debian installs.
//!
//! Owns: the data directory, the free port, starting, waiting, stopping.
//! Leaves to others: databases inside it; each test creates and drops its own.
//!
//! The server runs with its usual durability (fsync on), because tests of lost power and of two writers
//! mean little without it. It is a child of this process and dies with it: when the run is stopped with
//! Ctrl-C the terminal tells both, when it is killed the kernel tells the server.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::shell::{self, Tool};

const READY_TRIES: u32 = 300;
const READY_PAUSE: Duration = Duration::from_millis(100);
const PORT_TRIES: u32 = 3;
const DIR_PREFIX: &str = "sekisho-postgres-";

/// A running server. Dropping it stops the server and removes its files.
#[derive(Debug)]
pub(crate) struct Server {
    programs: PathBuf,
    dir: PathBuf,
    child: Child,
    url: String,
}

/// The folder of the newest installed server's programs.
pub(crate) fn programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin)
}

impl Server {
    /// Makes an empty cluster and starts it on a free port of the loopback address.
    pub(crate) fn start() -> Result<Self> {
        let programs = programs().context("PostgreSQL is not installed")?;
        let temp = std::env::temp_dir();
        remove_leftovers(&temp);
        let dir = temp.join(format!("{DIR_PREFIX}{}", std::process::id()));
        let made = Self::start_in(programs, &dir);
        if made.is_err() {
            let _ = std::fs::remove_dir_all(&dir);
        }
        made
    }

    fn start_in(programs: PathBuf, dir: &Path) -> Result<Self> {
        std::fs::create_dir(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        if shell::is_root() {
            let (user, group) = account("postgres").context("there is no user postgres to run the server")?;
            std::os::unix::fs::chown(dir, Some(user), Some(group))
                .context("cannot hand over the directory")?;
        }
        let data = dir.join("data");
        let made = as_server_user(&programs.join("initdb"))
            .args([
                "--username",
                "sekisho",
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
                "--pgdata",
            ])
            .args([&data])
            .dir(dir)
            .capture()?;
        ensure!(made.ok, "initdb failed: {}", made.stderr.trim());
        for _ in 0..PORT_TRIES {
            let port = free_port()?;
            let log = dir.join("log");
            let child = as_server_user(&programs.join("postgres"))
                .args([Path::new("-D"), &data, Path::new("-k"), dir])
                .args([
                    "-p",
                    &port.to_string(),
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    "max_connections=200",
                ])
                .dir(dir)
                .background(&log)?;
            let mut server = Self {
                programs: programs.clone(),
                dir: dir.to_owned(),
                child,
                url: format!("postgres://sekisho@127.0.0.1:{port}/postgres"),
            };
            if server.wait_until_ready(port)? {
                return Ok(server);
            }
            // Another program may have taken the port in between: look at the log, then try the next.
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            shell::say(&format!("PostgreSQL did not start on port {port}: {}", said.trim()));
            // Its files are still needed for the next try.
            server.dir = PathBuf::new();
        }
        bail!("PostgreSQL did not start on {PORT_TRIES} ports")
    }

    /// True when it answers, false when it exited.
    fn wait_until_ready(&mut self, port: u16) -> Result<bool> {
        for _ in 0..READY_TRIES {
            if self.child.try_wait().context("lost sight of PostgreSQL")?.is_some() {
                return Ok(false);
            }
            let answer = Tool::new(self.programs.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
                .capture()?;
            if answer.ok {
                return Ok(true);
            }
            std::thread::sleep(READY_PAUSE);
        }
        bail!("PostgreSQL does not answer after {} s", READY_TRIES * 100 / 1000)
    }

    /// Where it listens; the user may create databases.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its version, as the folder of its programs is called.
    pub(crate) fn version(&self) -> String {
        let folder = self.programs.parent().and_then(Path::file_name).unwrap_or_default();
        folder.to_string_lossy().into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.dir.as_os_str().is_empty() {
            return;
        }
        // pg_ctl reads the id of this one server from its own data directory.
        let stopped = as_server_user(&self.programs.join("pg_ctl"))
            .args(["stop", "-w", "-t", "60", "-m", "fast", "-D"])
            .args([self.dir.join("data")])
            .capture();
        if !stopped.is_ok_and(|out| out.ok) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// The program, run as the user postgres when this is root, because PostgreSQL refuses to serve as root.
/// The kernel interrupts it when this process ends, however that happens.
fn as_server_user(program: &Path) -> Tool {
    let tool = Tool::new("setpriv").args(["--pdeathsig", "INT"]);
    let tool = if shell::is_root() {
        tool.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups"])
    } else {
        tool
    };
    tool.args([Path::new("--"), program])
}

/// A port that nothing listens on at this moment.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot find a free port")?;
    Ok(listener.local_addr().context("cannot find a free port")?.port())
}

/// User and group id of an account of this machine.
fn account(name: &str) -> Option<(u32, u32)> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// Removes the directories of runs that were killed: those whose process is gone.
fn remove_leftovers(temp: &Path) {
    for entry in std::fs::read_dir(temp).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let id = name
            .to_str()
            .and_then(|name| name.strip_prefix(DIR_PREFIX))
            .and_then(|id| id.parse::<u32>().ok());
        if id.is_some_and(|id| !Path::new(&format!("/proc/{id}")).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One cluster, made, asked and removed again: about two seconds.
    #[test]
    fn a_server_starts_answers_and_leaves_nothing_behind() {
        if programs().is_none() {
            eprintln!("skipped: PostgreSQL is not installed");
            return;
        }
        let server = Server::start().unwrap();
        let answer = Tool::new(server.programs.join("psql"))
            .args([
                server.url(),
                "-Atc",
                "select current_setting('fsync') || ' ' || current_setting('server_encoding')",
            ])
            .capture()
            .unwrap();
        assert_eq!((answer.ok, answer.stdout.trim()), (true, "on UTF8"), "{}", answer.stderr);
        let (dir, id) = (server.dir.clone(), server.child.id());
        drop(server);
        assert!(!dir.exists());
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }

    #[test]
    fn leftovers_of_dead_runs_are_removed_and_others_stay() {
        let temp = tempfile::tempdir().unwrap();
        // No process has an id above the kernel's limit of 2^22.
        let dead = temp.path().join(format!("{DIR_PREFIX}4294967295"));
        let alive = temp.path().join(format!("{DIR_PREFIX}{}", std::process::id()));
        let other = temp.path().join("sekisho-other-1");
        for dir in [&dead, &alive, &other] {
            std::fs::create_dir(dir).unwrap();
        }
        remove_leftovers(temp.path());
        assert_eq!((dead.exists(), alive.exists(), other.exists()), (false, true, true));
    }
}
