//! The kept cases of the fuzz targets of this package, run again by an ordinary test.
//!
//! Owns: that they hold. The last one named is the one that does not.
//! Leaves to others: what must hold (`fuzz/src/others`), finding new cases (`cargo xtask fuzz`).

#[path = "../../../../fuzz/src/others/checkpoint.rs"]
mod checkpoint;
#[path = "../../../../fuzz/src/kept.rs"]
mod kept;
#[path = "../../../../fuzz/src/others/ledger_bundle.rs"]
mod ledger_bundle;

#[test]
fn checkpoint_holds() {
    for (case, input) in kept::cases("checkpoint", checkpoint::seeds()) {
        eprintln!("{case}");
        checkpoint::check(&input);
    }
}

#[test]
fn ledger_bundle_holds() {
    for (case, input) in kept::cases("ledger_bundle", ledger_bundle::seeds()) {
        eprintln!("{case}");
        ledger_bundle::check(&input);
    }
}
