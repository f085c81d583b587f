//! `sekisho-worker convert --probe`: a program in the bars of the office program that tries to get out.
//!
//! Owns: the list of attempts and their JSON answer. Tests and operators read it; every attempt must be denied.
//! Leaves to others: the bars themselves (`bars`), whose unit tests ask the filter about what cannot be tried from here.
//!
//! One attempt is of another sort, `own-folder`: it has to work, or the bars prove nothing but a broken machine.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use cell_bars::probe::{Attempt, report, start_process};

/// Runs every attempt and prints the answer in the form of the other probe.
///
/// # Errors
/// When the answer cannot be written, or the folder that is the program's own is closed to it as well.
pub(crate) fn run(folder: &Path) -> anyhow::Result<ExitCode> {
    let inside = folder.join("attempt");
    std::fs::write(&inside, b"x")?;
    anyhow::ensure!(std::fs::read(&inside)? == b"x", "the folder does not keep what is written");
    std::fs::remove_file(&inside)?;
    report(&ATTEMPTS)
}

const ATTEMPTS: [(&str, Attempt); 27] = [
    ("read-file", || std::fs::File::open("/etc/passwd").map(drop)),
    ("read-home", || std::fs::read_dir("/root").map(drop)),
    ("list-root", || std::fs::read_dir("/").map(drop)),
    ("list-processes", || std::fs::read_dir("/proc").map(drop)),
    ("read-own-memory", || std::fs::File::open("/proc/self/mem").map(drop)),
    ("read-parent-memory", || {
        std::fs::File::open(format!("/proc/{}/mem", std::os::unix::process::parent_id())).map(drop)
    }),
    ("write-file", || std::fs::File::create("/tmp/sekisho-office-probe").map(drop)),
    ("write-beside-folder", || std::fs::File::create("../sekisho-office-probe").map(drop)),
    ("write-library", || std::fs::File::create("/usr/lib/sekisho-office-probe").map(drop)),
    ("make-directory", || std::fs::create_dir("/tmp/sekisho-office-probe-dir")),
    // Never empty, so that a broken bar breaks nothing else.
    ("remove-directory", || std::fs::remove_dir("/usr/lib")),
    ("symbolic-link", || std::os::unix::fs::symlink("/etc/passwd", "link")),
    ("hard-link", || std::fs::hard_link("/usr/bin/env", "hard-link")),
    ("change-root", || std::os::unix::fs::chroot("/")),
    ("tcp-listen", || std::net::TcpListener::bind("127.0.0.1:0").map(drop)),
    ("tcp-connect", || tcp("127.0.0.1:9")),
    ("tcp-connect-6", || tcp("[::1]:9")),
    ("udp", || std::net::UdpSocket::bind("127.0.0.1:0").map(drop)),
    ("unix-connect", || std::os::unix::net::UnixStream::connect("/run/dbus/system_bus_socket").map(drop)),
    ("unix-datagram", || std::os::unix::net::UnixDatagram::unbound().map(drop)),
    ("process", start_process),
    ("other-program", become_another),
    ("trace", || nix::sys::ptrace::traceme().map_err(Into::into)),
    ("signal-parent", || nix::sys::signal::kill(nix::unistd::getppid(), None).map_err(Into::into)),
    ("mount", || {
        let nothing: Option<&str> = None;
        nix::mount::mount(Some("tmpfs"), ".", Some("tmpfs"), nix::mount::MsFlags::empty(), nothing)
            .map_err(Into::into)
    }),
    ("namespace", || nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUSER).map_err(Into::into)),
    ("session", || nix::unistd::setsid().map(drop).map_err(Into::into)),
];

/// A refused connection means that the socket itself was had.
fn tcp(address: &str) -> io::Result<()> {
    let address = address.parse().map_err(io::Error::other)?;
    match std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_millis(50)) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM | libc::EACCES)) => {
            Err(error)
        }
        other => other.map(drop).or(Ok(())),
    }
}

/// Comes back only when it was refused; otherwise this program is gone and no answer is ever printed.
#[expect(clippy::disallowed_methods, reason = "this is the attempt that has to fail")]
fn become_another() -> io::Result<()> {
    Err(std::os::unix::process::CommandExt::exec(&mut std::process::Command::new("/bin/true")))
}
