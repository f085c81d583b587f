//! The kept cases of the fuzz targets of this package, run again by an ordinary test.
//!
//! Owns: that they hold. The last one named is the one that does not.
//! Leaves to others: what must hold (`fuzz/src/others`), finding new cases (`cargo xtask fuzz`).

#[path = "../../../../fuzz/src/kept.rs"]
mod kept;
#[path = "../../../../fuzz/src/others/oscal.rs"]
pub(crate) mod oscal;
#[path = "../../../../fuzz/src/others/pack.rs"]
mod pack;

#[test]
fn pack_holds() {
    for (case, input) in kept::cases("pack", pack::seeds()) {
        eprintln!("{case}");
        pack::check(&input);
    }
}

#[test]
fn oscal_holds() {
    for (case, input) in kept::cases("oscal", oscal::seeds()) {
        eprintln!("{case}");
        oscal::check(&input);
    }
}
