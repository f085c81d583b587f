//! The sanitiser's cell. Start reading here: it shuts itself in, then reads one job from standard input, hands
//! the bytes to `sanitize`, writes what comes back to standard output and ends.
//!
//! Owns: the order of these steps and the arguments.
//! Leaves to others: the bars (`cell`), the attempts to bend them (`probe`), the conversation on the pipe
//! (`serve`), sanitising (`sanitize`), starting and killing this process (`worker-client`).
//!
//! There is no clock, no file, no network and no other process here, and none can be had once the cell is shut.

mod cell;
mod probe;
mod serve;

use std::process::ExitCode;

/// Stack of the working thread in bytes. Documents nest; the parsers' own bounds are far below this, and the
/// page drawing of the preview needs the room.
const STACK_BYTES: usize = 64 << 20;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            // Nobody may be reading any more; then the exit code alone has to say it.
            let _ = std::io::Write::write_fmt(
                &mut std::io::stderr().lock(),
                format_args!("sekisho-worker: {error:#}\n"),
            );
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let (bounds, wants_probe) = arguments(std::env::args().skip(1))?;
    // Limits and Landlock are inherited by the thread that is started next; seccomp comes last, inside that
    // thread and for all threads at once, because afterwards no thread can be started any more.
    cell::close_files_and_limits(bounds)?;
    let worker =
        std::thread::Builder::new().name("cell".to_owned()).stack_size(STACK_BYTES).spawn(move || {
            cell::close_system_calls()?;
            if wants_probe { probe::run() } else { serve::run() }
        })?;
    match worker.join() {
        Ok(done) => done,
        Err(_) => anyhow::bail!("the sanitiser panicked"),
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> anyhow::Result<(cell::Bounds, bool)> {
    let mut bounds = cell::Bounds::default();
    let mut wants_probe = false;
    while let Some(argument) = given.next() {
        let mut number = || -> anyhow::Result<u64> {
            let value = given.next().ok_or_else(|| anyhow::anyhow!("{argument} needs a number"))?;
            value.parse().map_err(|_| anyhow::anyhow!("{argument} needs a number"))
        };
        match argument.as_str() {
            "--probe" => wants_probe = true,
            "--memory-bytes" => bounds.memory_bytes_max = number()?,
            "--cpu-seconds" => bounds.cpu_seconds_max = number()?,
            _ => anyhow::bail!(
                "unknown argument; usage: sekisho-worker [--memory-bytes N] [--cpu-seconds N] [--probe]"
            ),
        }
    }
    Ok((bounds, wants_probe))
}
