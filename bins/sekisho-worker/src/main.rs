//! The sanitiser's cell. Start reading here: it shuts itself in, then reads one job from standard input, hands
//! the bytes to `sanitize`, writes what comes back to standard output and ends.
//!
//! Owns: the order of these steps and the arguments.
//! Leaves to others: the bars and the attempts to bend them (`cell-bars`), the conversation on the pipe
//! (`serve`), sanitising (`sanitize`), starting and killing this process (`worker-client`).
//!
//! There is no clock, no file, no network and no other process here, and none can be had once the cell is shut.
//!
//! Started as `sekisho-worker convert`, the program is the cell of an office program instead (`office`), in bars of its own.

mod office;
mod serve;

use std::process::ExitCode;

use cell_bars::{Bounds, shut_in};

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
    let mut given = std::env::args().skip(1).peekable();
    match given.peek().map(String::as_str) {
        Some("convert") => return convert(given.skip(1)),
        // The inner process of a conversion, and what tries its bars; nobody types these.
        Some("office") => return office::become_office(given.skip(1)),
        Some("office-attempts") => {
            return office::attempts(std::path::Path::new(&given.nth(1).unwrap_or_default()));
        }
        _ => {}
    }
    let (bounds, wants_probe) = arguments(given)?;
    shut_in(bounds, || Ok(()), move || if wants_probe { cell_bars::probe::run() } else { serve::run() })
}

/// `sekisho-worker convert`: one file through an office program.
fn convert(mut given: impl Iterator<Item = String>) -> anyhow::Result<ExitCode> {
    const USAGE: &str = "usage: sekisho-worker convert --office PROGRAM --folder EMPTY [--memory-bytes N] \
                         [--cpu-seconds N] [--file-bytes N] [--probe]";
    let (mut office, mut folder) = (None, None);
    let mut bounds = office::Bounds::default();
    let mut wants_probe = false;
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or_else(|| anyhow::anyhow!("{argument} needs a value; {USAGE}"));
        match argument.as_str() {
            "--office" => office = Some(std::path::PathBuf::from(value()?)),
            "--folder" => folder = Some(std::path::PathBuf::from(value()?)),
            "--memory-bytes" => bounds.memory_bytes_max = value()?.parse()?,
            "--cpu-seconds" => bounds.cpu_seconds_max = value()?.parse()?,
            "--file-bytes" => bounds.file_bytes_max = value()?.parse()?,
            "--probe" => wants_probe = true,
            _ => anyhow::bail!("unknown argument; {USAGE}"),
        }
    }
    let (Some(office), Some(folder)) = (office, folder) else { anyhow::bail!(USAGE) };
    let setting = office::Setting { office, folder, bounds };
    if wants_probe { office::try_bars(&setting) } else { office::serve(&setting) }
}

fn arguments(mut given: impl Iterator<Item = String>) -> anyhow::Result<(Bounds, bool)> {
    let mut bounds = Bounds::default();
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
