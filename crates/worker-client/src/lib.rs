//! Starts sanitiser cells and speaks with them over a pipe.
//!
//! Owns: the processes ([`CellPool`]), how many run at once, the spare ones kept warm, the wall clock over each
//! job, and turning every way in which a cell can fail into a report that holds the file.
//! Leaves to others: what is on the pipe (`worker-protocol`), what happens in the cell (`sekisho-worker`,
//! `sanitize`; neither is linked here), where the bytes come from and go to (the caller).
//!
//! No file is ever whole in this process: bytes go from the caller's reader into the pipe and from the pipe into
//! the caller's writer in pieces of at most 1 MiB. A cell is used for one job and never again.
//!
//! A cell may ask for a file of an old format to be converted. That happens in another process, the cell of an office
//! program ([`OfficeConfig`]); this one carries the bytes between the two and believes neither. Print forms are made in cells of
//! their own program ([`Printer`]).

mod conversation;
mod office;
mod pool;
mod port;
mod printer;
mod scratch;

pub use conversation::{CellFailure, CellOutcome};
pub use office::OfficeConfig;
pub use pool::{CellConfig, CellPool};
pub use printer::{Printer, PrinterConfig};
