//! The kept cases of the fuzz targets of this package, run again by an ordinary test.
//!
//! Owns: that they hold. The last one named is the one that does not.
//! Leaves to others: what must hold (`fuzz/src/others`), finding new cases (`cargo xtask fuzz`).

#![cfg(test)]

#[path = "../../../fuzz/src/others/cell_table.rs"]
mod cell_table;
#[path = "../../../fuzz/src/kept.rs"]
mod kept;
#[path = "../../../fuzz/src/others/worker_frame.rs"]
mod worker_frame;

#[test]
fn worker_frame_holds() {
    for (case, input) in kept::cases("worker_frame", worker_frame::seeds()) {
        eprintln!("{case}");
        worker_frame::check(&input);
    }
}

#[test]
fn cell_table_holds() {
    for (case, input) in kept::cases("cell_table", cell_table::seeds()) {
        eprintln!("{case}");
        cell_table::check(&input);
    }
}
