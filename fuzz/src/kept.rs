//! The cases of a fuzz target that the repository keeps, for the tests that run them again.
//!
//! Owns: where they lie.
//! Leaves to others: what must hold (`parsers`, `others`), choosing them (`cargo xtask fuzz --keep`).

use std::path::Path;

/// The seeds of a target and its kept cases, each with a name for a failure to tell.
pub(crate) fn cases(target: &str, seeds: Vec<Vec<u8>>) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut cases: Vec<(String, Vec<u8>)> = seeds
        .into_iter()
        .enumerate()
        .map(|(number, seed)| (format!("{target}, seed {number}"), seed))
        .collect();
    // A target of which nothing is kept has no folder.
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry of the folder").path();
        cases.push((path.display().to_string(), std::fs::read(&path).expect("a kept case")));
    }
    cases
}
