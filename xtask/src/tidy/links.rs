//! What ring 1 and each binary link, however far down.
//!
//! Owns: comparing what `cargo tree` says with the table of what may be linked.
//! Leaves to others: what a manifest may name directly ([`super::rings`]), licences (`deny.toml`).

use std::collections::BTreeSet;

use super::Problem;
use super::house::{House, LINKS};

/// Ring 1 stays free of I/O and async; a binary links what its row allows and no more.
pub(crate) fn check(house: &House) -> Vec<Problem> {
    let mut problems = Vec::new();
    let ours: BTreeSet<&str> = house.packages.iter().map(|p| p.name.as_str()).collect();
    for name in &house.links.rings.rules {
        let Some(linked) = house.closures.get(name) else { continue };
        for library in house.links.rules.deny.iter().filter(|l| linked.contains(*l)) {
            problems.push(Problem::new(
                manifest(house, name),
                format!("{name} is in ring 1 and links {library}"),
                format!(
                    "find the way with `cargo tree -p {name} -i {library}` and cut it: ring 1 does no I/O"
                ),
            ));
        }
    }
    for package in house.packages.iter().filter(|p| p.folder.starts_with("bins/")) {
        let file = format!("{}/Cargo.toml", package.folder);
        let (Some(limit), Some(linked)) =
            (house.links.binaries.get(&package.name), house.closures.get(&package.name))
        else {
            problems.push(Problem::new(
                file,
                format!("nothing says what {} may link", package.name),
                format!("give it a table [binaries.{}] in {LINKS}", package.name),
            ));
            continue;
        };
        for other in linked.iter().filter(|l| ours.contains(l.as_str()) && !limit.house.contains(*l)) {
            problems.push(Problem::new(
                &file,
                format!("{} links {other} of this house", package.name),
                format!(
                    "cut it, or allow it in [binaries.{}] of {LINKS} in a commit that says why",
                    package.name
                ),
            ));
        }
        if let Some(direct) = &limit.direct {
            for other in
                package.dependencies.iter().filter(|d| !d.house && !d.dev && !direct.contains(&d.name))
            {
                problems.push(Problem::new(
                    &file,
                    format!("{} names {}", package.name, other.name),
                    format!("do without, or allow it under direct in [binaries.{}] of {LINKS}", package.name),
                ));
            }
        }
        for library in limit.deny.iter().filter(|l| linked.contains(*l)) {
            problems.push(Problem::new(
                &file,
                format!("{} links {library}", package.name),
                format!("find the way with `cargo tree -p {} -i {library}` and cut it", package.name),
            ));
        }
    }
    problems
}

fn manifest(house: &House, name: &str) -> String {
    let folder = house.packages.iter().find(|p| p.name == name).map_or("", |p| p.folder.as_str());
    format!("{folder}/Cargo.toml")
}

#[cfg(test)]
mod tests {
    use super::super::house::{BinaryLimit, samples};
    use super::*;

    fn list<T: FromIterator<String>>(names: &[&str]) -> T {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    fn faults(direct: &[&str], worker_links: &[&str], sanitize_links: &[&str]) -> Vec<String> {
        let packages = vec![
            samples::package("sanitize", "crates/sanitize", &[]),
            samples::package("app", "crates/app", &[]),
            samples::package("sekisho-worker", "bins/sekisho-worker", direct),
        ];
        let mut house = House { packages, ..House::default() };
        house.links.rings.rules = list(&["sanitize"]);
        house.links.rules.deny = list(&["tokio"]);
        house.links.binaries.insert(
            "sekisho-worker".into(),
            BinaryLimit {
                house: list(&["sanitize"]),
                direct: Some(list(&["landlock"])),
                deny: list(&["tokio", "clap"]),
            },
        );
        house.closures.insert("sekisho-worker".into(), list(worker_links));
        house.closures.insert("sanitize".into(), list(sanitize_links));
        samples::faults(&check(&house))
    }

    #[test]
    fn each_forbidden_link_is_found() {
        // What the worker's manifest names, what it links, what sanitize links, the faults.
        type Row = [&'static [&'static str]; 4];
        let rows: [Row; 6] = [
            [&["sanitize", "~landlock"], &["sanitize", "landlock", "libc"], &["libc"], &[]],
            [&[], &["tokio"], &[], &["bins/sekisho-worker/Cargo.toml: sekisho-worker links tokio"]],
            [&[], &["app"], &[], &["bins/sekisho-worker/Cargo.toml: sekisho-worker links app of this house"]],
            [&["~clap"], &[], &[], &["bins/sekisho-worker/Cargo.toml: sekisho-worker names clap"]],
            [&["dev:~clap"], &[], &[], &[]],
            [&[], &[], &["tokio"], &["crates/sanitize/Cargo.toml: sanitize is in ring 1 and links tokio"]],
        ];
        for [direct, worker, sanitize, expected] in rows {
            assert_eq!(faults(direct, worker, sanitize), expected, "{direct:?} {worker:?} {sanitize:?}");
        }
    }

    #[test]
    fn a_binary_without_a_row_is_named() {
        let house =
            House { packages: vec![samples::package("sekisho", "bins/sekisho", &[])], ..House::default() };
        assert_eq!(
            samples::faults(&check(&house)),
            ["bins/sekisho/Cargo.toml: nothing says what sekisho may link"]
        );
    }
}
