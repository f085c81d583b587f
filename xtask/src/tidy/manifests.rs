//! Packages lie one level deep under their own name and inherit everything from the workspace.
//!
//! Owns: where a package may lie, how it may be called, what its manifest must inherit.
//! Leaves to others: what it may depend on ([`super::rings`], [`super::links`]).

use super::Problem;
use super::house::{House, Package};

/// Names that say nothing about what a package owns.
const EMPTY_NAMES: [&str; 6] = ["common", "core", "helpers", "shared", "util", "utils"];

/// What every manifest takes from the workspace.
const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

const DEPENDENCY_TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Checks every package.
pub(crate) fn check(house: &House) -> Vec<Problem> {
    house.packages.iter().flat_map(package).collect()
}

fn package(package: &Package) -> Vec<Problem> {
    let file = format!("{}/Cargo.toml", package.folder);
    let mut problems = Vec::new();
    let places = [format!("crates/{}", package.name), format!("bins/{}", package.name), "xtask".to_owned()];
    if !places.contains(&package.folder) {
        problems.push(Problem::new(
            &file,
            format!("package {} lies in {}", package.name, package.folder),
            format!("put it into {} or {}: one level deep, folder = name", places[0], places[1]),
        ));
    }
    if package.name.split(['-', '_']).any(|part| EMPTY_NAMES.contains(&part)) {
        problems.push(Problem::new(
            &file,
            format!("the name {} does not say what the package owns", package.name),
            "name it for the noun it owns",
        ));
    }
    let own = package.manifest.get("package").and_then(toml::Value::as_table);
    for key in INHERITED {
        if !own.and_then(|own| own.get(key)).is_some_and(inherits) {
            problems.push(Problem::new(
                &file,
                format!("{key} is not inherited"),
                format!("write {key}.workspace = true under [package]"),
            ));
        }
    }
    if !package.manifest.get("lints").is_some_and(inherits) {
        problems.push(Problem::new(&file, "lints are not inherited", "write workspace = true under [lints]"));
    }
    dependencies(&package.manifest, &file, &mut problems);
    for target in package.manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten() {
        if let Some(table) = target.1.as_table() {
            dependencies(table, &file, &mut problems);
        }
    }
    problems
}

fn dependencies(table: &toml::Table, file: &str, problems: &mut Vec<Problem>) {
    for section in DEPENDENCY_TABLES {
        for (name, value) in table.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
            if !inherits(value) {
                problems.push(Problem::new(
                    file,
                    format!("{name} has a version of its own in [{section}]"),
                    format!("put it into [workspace.dependencies] and write {name}.workspace = true"),
                ));
            }
        }
    }
}

fn inherits(value: &toml::Value) -> bool {
    value.get("workspace").and_then(toml::Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::super::house::samples;
    use super::*;

    const GOOD: &str = "
        [package]
        name = 'ledger'
        version.workspace = true
        edition.workspace = true
        rust-version.workspace = true
        license.workspace = true
        publish.workspace = true
        [lints]
        workspace = true
        [dependencies]
        sha2.workspace = true
        serde = { workspace = true, features = ['rc'] }
    ";

    fn faults(name: &str, folder: &str, manifest: &str) -> Vec<String> {
        let mut package = samples::package(name, folder, &[]);
        package.manifest = toml::from_str(manifest).unwrap();
        samples::faults(&check(&House { packages: vec![package], ..House::default() }))
    }

    #[test]
    fn each_breach_is_found_and_nothing_else() {
        let own_version =
            GOOD.replace("version.workspace = true\n        edition", "version = '1.0.0'\n        edition");
        let no_lints =
            GOOD.replace("[lints]\n        workspace = true", "[lints]\n        workspace = false");
        let own_dependency = GOOD.replace("sha2.workspace = true", "sha2 = '0.11'");
        let for_target = format!("{GOOD}\n[target.'cfg(unix)'.dev-dependencies]\nlibc = '0.2'");
        let rows: [(&str, &str, &str, &[&str]); 9] = [
            ("ledger", "crates/ledger", GOOD, &[]),
            ("xtask", "xtask", GOOD, &[]),
            (
                "ledger",
                "crates/evidence",
                GOOD,
                &["crates/evidence/Cargo.toml: package ledger lies in crates/evidence"],
            ),
            (
                "ledger",
                "crates/a/ledger",
                GOOD,
                &["crates/a/ledger/Cargo.toml: package ledger lies in crates/a/ledger"],
            ),
            (
                "sekisho-common",
                "crates/sekisho-common",
                GOOD,
                &[
                    "crates/sekisho-common/Cargo.toml: the name sekisho-common does not say what the package owns",
                ],
            ),
            (
                "ledger",
                "crates/ledger",
                &own_version,
                &["crates/ledger/Cargo.toml: version is not inherited"],
            ),
            ("ledger", "crates/ledger", &no_lints, &["crates/ledger/Cargo.toml: lints are not inherited"]),
            (
                "ledger",
                "crates/ledger",
                &own_dependency,
                &["crates/ledger/Cargo.toml: sha2 has a version of its own in [dependencies]"],
            ),
            (
                "ledger",
                "crates/ledger",
                &for_target,
                &["crates/ledger/Cargo.toml: libc has a version of its own in [dev-dependencies]"],
            ),
        ];
        for (name, folder, manifest, expected) in rows {
            assert_eq!(faults(name, folder, manifest), expected, "{name} in {folder}");
        }
    }

    #[test]
    fn an_empty_manifest_misses_everything() {
        assert_eq!(faults("a", "crates/a", "").len(), INHERITED.len() + 1);
    }
}
