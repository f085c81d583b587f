//! What a process takes away from itself before it reads anything from outside.
//!
//! Owns: how the kernel is asked ([`kernel`]), the bars of a cell that only computes ([`cell`]), the order in which they close
//! ([`shut_in`]), and the attempts to bend them ([`probe`]).
//! Leaves to others: what is done inside (`sekisho-worker`, `sekisho-report`), and the bars of an office program, which needs
//! more (`sekisho-worker`).
//!
//! A package of its own because two programs stand on it that share nothing else: the sanitiser's cell and the cell that prints.

pub mod cell;
pub mod kernel;
pub mod probe;

use std::process::ExitCode;

pub use cell::Bounds;

/// Stack of the working thread in bytes. Documents nest; the parsers' own bounds are far below this, and drawing needs the room.
const STACK_BYTES: usize = 64 << 20;

/// Shuts this process in and does its work there, in a thread of its own.
///
/// Limits and Landlock are inherited by the thread that is started next. `prepare` runs in it before the last bar, for what has to
/// know its thread. Seccomp comes last, inside that thread and for all threads at once, because afterwards no thread can be started
/// any more.
///
/// # Errors
/// When the kernel does not enforce what was asked for: then nothing was read; what `prepare` or `work` fail with; or when `work`
/// panicked.
pub fn shut_in(
    bounds: Bounds,
    prepare: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
    work: impl FnOnce() -> anyhow::Result<ExitCode> + Send + 'static,
) -> anyhow::Result<ExitCode> {
    cell::close_files_and_limits(bounds)?;
    let worker =
        std::thread::Builder::new().name("cell".to_owned()).stack_size(STACK_BYTES).spawn(move || {
            prepare()?;
            cell::close_system_calls()?;
            work()
        })?;
    match worker.join() {
        Ok(done) => done,
        Err(_) => anyhow::bail!("the work in the cell panicked"),
    }
}
