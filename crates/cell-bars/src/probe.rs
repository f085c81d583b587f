//! `--probe`: tries to get out of the closed cell and says how that went.
//!
//! Owns: the list of attempts and their JSON answer. Tests and operators read it; every attempt must be denied.
//! Leaves to others: the bars themselves (`cell`).

use std::io::Write;
use std::process::ExitCode;

/// Runs every attempt and prints `{"attempts":{"name":"denied"|"ALLOWED"},"closed":bool}`.
///
/// # Errors
/// When the answer cannot be written.
pub fn run() -> anyhow::Result<ExitCode> {
    report(&attempts())
}

/// Runs these attempts and prints how they went.
///
/// # Errors
/// When the answer cannot be written.
pub fn report(attempts: &[(&str, Attempt)]) -> anyhow::Result<ExitCode> {
    let mut closed = true;
    let mut answer = String::from("{\"attempts\":{");
    for (index, (name, attempt)) in attempts.iter().enumerate() {
        let denied = attempt().is_err_and(|error| !was_tried(&error));
        closed &= denied;
        if index > 0 {
            answer.push(',');
        }
        answer.push_str(&format!("\"{name}\":\"{}\"", if denied { "denied" } else { "ALLOWED" }));
    }
    answer.push_str(&format!("}},\"closed\":{closed}}}\n"));
    std::io::stdout().lock().write_all(answer.as_bytes())?;
    Ok(if closed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the system looked for the thing at all: then only the thing was missing, not the right to it.
fn was_tried(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{AlreadyExists, ConnectionRefused, NotFound};
    matches!(error.kind(), AlreadyExists | ConnectionRefused | NotFound)
}

/// Something that has to be refused.
pub type Attempt = fn() -> std::io::Result<()>;

fn attempts() -> [(&'static str, Attempt); 23] {
    [
        ("read-file", || std::fs::File::open("/etc/passwd").map(drop)),
        ("read-own-program", || std::fs::File::open("/proc/self/exe").map(drop)),
        ("write-file", || std::fs::File::create("/tmp/sekisho-worker-probe").map(drop)),
        ("list-directory", || std::fs::read_dir("/").map(drop)),
        ("stat-file", || std::fs::metadata("/etc/passwd").map(drop)),
        ("make-directory", || std::fs::create_dir("/tmp/sekisho-worker-probe-dir")),
        ("remove-file", || std::fs::remove_file("/tmp/sekisho-worker-probe")),
        ("change-directory", || std::env::set_current_dir("/")),
        ("duplicate-descriptor", || {
            std::os::fd::AsFd::as_fd(&std::io::stdin()).try_clone_to_owned().map(drop)
        }),
        ("tcp-listen", || std::net::TcpListener::bind("127.0.0.1:0").map(drop)),
        ("tcp-connect", || {
            let discard = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
            match std::net::TcpStream::connect_timeout(&discard, std::time::Duration::from_millis(50)) {
                // A refused connection means that the socket itself was had.
                Err(error) if error.kind() != std::io::ErrorKind::PermissionDenied => Ok(()),
                other => other.map(drop),
            }
        }),
        ("udp", || std::net::UdpSocket::bind("127.0.0.1:0").map(drop)),
        ("unix-socket", || std::os::unix::net::UnixStream::pair().map(drop)),
        ("unix-connect", || std::os::unix::net::UnixStream::connect("/run/dbus/system_bus_socket").map(drop)),
        ("unix-datagram", || std::os::unix::net::UnixDatagram::unbound().map(drop)),
        ("write-device", || std::fs::OpenOptions::new().write(true).open("/dev/null").map(drop)),
        ("hard-link", || std::fs::hard_link("/etc/passwd", "/tmp/sekisho-worker-probe-link")),
        ("symbolic-link", || std::os::unix::fs::symlink("/etc/passwd", "/tmp/sekisho-worker-probe-symlink")),
        ("rename", || std::fs::rename("/tmp/sekisho-worker-probe", "/tmp/sekisho-worker-probe-2")),
        ("change-root", || std::os::unix::fs::chroot("/")),
        ("process", start_process),
        ("other-program", become_another),
        ("thread", || std::thread::Builder::new().spawn(|| ()).map(drop)),
    ]
}

/// Comes back only when it was refused; otherwise this program is gone and no answer is ever printed.
#[expect(clippy::disallowed_methods, reason = "this is the attempt that has to fail")]
fn become_another() -> std::io::Result<()> {
    Err(std::os::unix::process::CommandExt::exec(&mut std::process::Command::new("/bin/true")))
}

/// Starts another program.
///
/// # Errors
/// When the bars hold.
#[expect(clippy::disallowed_methods, reason = "this is the attempt that has to fail")]
pub fn start_process() -> std::io::Result<()> {
    std::process::Command::new("/bin/true").spawn().map(drop)
}
