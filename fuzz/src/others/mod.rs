//! Parsers of the house that are not the sanitiser's, each with what must hold.
//!
//! Owns: the table of them.
//! Leaves to others: running kept cases again, which the tests of each package do with the same file.

mod cell_table;
mod checkpoint;
mod ledger_bundle;
mod oscal;
mod pack;
mod worker_frame;

/// A parser, by the name of its target.
pub(crate) struct Other {
    pub(crate) name: &'static str,
    /// Panics when something does not hold.
    pub(crate) check: fn(&[u8]),
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

pub(crate) const OTHERS: &[Other] = &[
    Other { name: "cell_table", check: cell_table::check, seeds: cell_table::seeds },
    Other { name: "checkpoint", check: checkpoint::check, seeds: checkpoint::seeds },
    Other { name: "ledger_bundle", check: ledger_bundle::check, seeds: ledger_bundle::seeds },
    Other { name: "oscal", check: oscal::check, seeds: oscal::seeds },
    Other { name: "pack", check: pack::check, seeds: pack::seeds },
    Other { name: "worker_frame", check: worker_frame::check, seeds: worker_frame::seeds },
];
