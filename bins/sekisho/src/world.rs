//! The one place where this program touches the clock, the operating system's randomness and its environment.
//!
//! Owns [`SystemClock`], [`SystemEntropy`], the async runtime, the log and what is printed.

use std::{
    io::Write as _,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use app::ports::{Clock, Entropy};
use workflow::Millis;

/// The machine's clock. It is set by the body's own time server; see docs/operations.md.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let now = SystemTime::now();
        // A clock before 1970 is broken; the ledger would refuse such times, so the earliest it takes is given.
        now.duration_since(UNIX_EPOCH).ok().and_then(|d| Millis::try_from(d.as_millis()).ok()).unwrap_or(0)
    }
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the source of randomness")]
        let filled = getrandom::fill(buffer);
        #[expect(clippy::panic, reason = "without randomness every key and session would be guessable")]
        if let Err(error) = filled {
            panic!("the operating system gives no randomness: {error}");
        }
    }

    fn id(&self, now: Millis) -> String {
        let mut random = [0_u8; 10];
        self.fill(&mut random);
        let millis = u64::try_from(now).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
    }
}

/// 32 bytes from the operating system.
pub(crate) fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    bytes
}

/// Chooses the one library for TLS; once in the life of the program.
pub(crate) fn prepare_tls() -> anyhow::Result<()> {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        anyhow::bail!("暗号の部品を2度用意しようとしました");
    }
    Ok(())
}

/// Runs a command that needs the async runtime.
pub(crate) fn run(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}

/// Starts the log on standard error. `SEKISHO_LOG` chooses what it says, as `tracing` directives.
pub(crate) fn start_log() {
    #[expect(clippy::disallowed_methods, reason = "the one variable of the environment that is read")]
    let wanted = std::env::var("SEKISHO_LOG").unwrap_or_else(|_| "warn,sekisho=info".to_owned());
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(wanted))
        .with_writer(std::io::stderr)
        // A log that cannot be written, on a full disk for instance, must not stop a request: reporting that on
        // standard error would fail in the same way, and panic.
        .log_internal_errors(false)
        .init();
}

/// Prints a line for the person at the terminal.
///
/// # Errors
/// When standard output is closed.
pub(crate) fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}

/// Prints a failure with its causes.
pub(crate) fn complain(error: &anyhow::Error) {
    // When standard error is closed too, the exit code still says it.
    let _ = writeln!(std::io::stderr().lock(), "sekisho: {error:#}");
}

/// Tells the person at the terminal something that is no result, on standard error.
pub(crate) fn note(text: &str) {
    // Who closed it does not want to know.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Listens from now on for the operator or the service manager to ask the program to stop, and resolves when one does. What is asked
/// before anybody waits for it is not lost: the program would otherwise be ended by the signal itself.
pub(crate) fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let listening = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        let (Ok(mut terminated), Ok(mut interrupted)) = listening else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    }
}

/// Shows how far something longer than a second has come, on one line of a terminal; silent elsewhere.
pub(crate) fn progress(what: &str, done: usize, all: usize) {
    use std::io::IsTerminal as _;
    let mut terminal = std::io::stderr().lock();
    if terminal.is_terminal() {
        let end = if done == all { "\n" } else { "" };
        // Losing it loses nothing.
        let _ = write!(terminal, "\r{what} {done}/{all}{end}").and_then(|()| terminal.flush());
    }
}
