//! Arrows between packages point inward, and some libraries have only their declared users.
//!
//! Owns: the order of the rings and the two rules on what a manifest may name.
//! Leaves to others: what is linked further down ([`super::links`]).
//!
//! Dependencies for tests are left out of both rules: a use case may be tested on a real database, and the
//! test of the cell builds its own hostile archives.

use super::Problem;
use super::house::{House, LINKS};

/// The rings, innermost first; binaries, chores and what only tests link stand around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ring {
    Rules,
    UseCases,
    Edges,
    Binaries,
    Chores,
    Tests,
}

fn ring(house: &House, name: &str) -> Option<Ring> {
    let rings = &house.links.rings;
    let listed = |list: &[String]| list.iter().any(|n| n == name);
    let folder = house.packages.iter().find(|p| p.name == name).map_or("", |p| p.folder.as_str());
    if listed(&rings.rules) {
        Some(Ring::Rules)
    } else if listed(&rings.use_cases) {
        Some(Ring::UseCases)
    } else if listed(&rings.edges) {
        Some(Ring::Edges)
    } else if listed(&rings.tests) {
        Some(Ring::Tests)
    } else if folder.starts_with("bins/") {
        Some(Ring::Binaries)
    } else if folder == "xtask" {
        Some(Ring::Chores)
    } else {
        None
    }
}

/// Every package has a ring, every table entry a package, and no arrow points outward or sideways.
pub(crate) fn arrows(house: &House) -> Vec<Problem> {
    let mut problems = unknown_names(house);
    for package in &house.packages {
        let file = format!("{}/Cargo.toml", package.folder);
        let Some(from) = ring(house, &package.name) else {
            problems.push(Problem::new(
                file,
                format!("package {} has no ring", package.name),
                format!("put it under [rings] in {LINKS}"),
            ));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|d| d.house && !d.dev) {
            let Some(to) = ring(house, &dependency.name) else { continue };
            let declared =
                house.links.arrows.get(&package.name).is_some_and(|to| to.contains(&dependency.name));
            let fine = match from {
                Ring::Chores => false,
                Ring::Binaries => to < Ring::Binaries || declared,
                _ => to < from || (to == from && declared),
            };
            if fine {
                continue;
            }
            let instead = if to == Ring::Tests {
                "move it under [dev-dependencies]: it belongs into tests only".to_owned()
            } else if from == Ring::Chores {
                "let the chore start a binary instead of linking the product".to_owned()
            } else if to == from {
                format!(
                    "go through the ring inside, or declare the arrow in {LINKS} in a commit that says why"
                )
            } else {
                "turn it round: declare a trait inside and implement it outside".to_owned()
            };
            problems.push(Problem::new(
                &file,
                format!("{} ({from:?}) depends on {} ({to:?})", package.name, dependency.name),
                instead,
            ));
        }
    }
    problems
}

fn unknown_names(house: &House) -> Vec<Problem> {
    let links = &house.links;
    let arrows = links.arrows.iter().flat_map(|(from, to)| std::iter::once(from).chain(to));
    let binaries = links.binaries.iter().flat_map(|(name, limit)| std::iter::once(name).chain(&limit.house));
    let mut names: Vec<&String> = links.rings.rules.iter().collect();
    names.extend(links.rings.use_cases.iter().chain(&links.rings.edges).chain(&links.rings.tests));
    names.extend(arrows.chain(binaries).chain(links.only.values().flatten()));
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| !house.packages.iter().any(|p| &p.name == *name))
        .map(|name| {
            Problem::new(
                LINKS,
                format!("there is no package {name}"),
                "remove it, or add it on the day it is needed",
            )
        })
        .collect()
}

/// A library that is named in the table is named in no other manifest.
pub(crate) fn only(house: &House) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in &house.packages {
        for dependency in package.dependencies.iter().filter(|d| !d.house && !d.dev) {
            let Some(users) = house.links.only.get(&dependency.name) else { continue };
            if !users.contains(&package.name) {
                problems.push(Problem::new(
                    format!("{}/Cargo.toml", package.folder),
                    format!(
                        "{} uses {}, which belongs to {}",
                        package.name,
                        dependency.name,
                        users.join(" and ")
                    ),
                    format!(
                        "ask {} for it, or change [only] in {LINKS} in a commit that says why",
                        users.join(" or ")
                    ),
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::house::{Rings, samples};
    use super::*;

    fn list(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    /// A small house, with `dependencies` given to the package `who`.
    fn house(who: &str, dependencies: &[&str]) -> House {
        let mut house = House::default();
        for (name, folder) in [
            ("policy", "crates/policy"),
            ("workflow", "crates/workflow"),
            ("app", "crates/app"),
            ("web", "crates/web"),
            ("store-sql", "crates/store-sql"),
            ("sekisho", "bins/sekisho"),
            ("xtask", "xtask"),
            ("test-city", "crates/test-city"),
        ] {
            house.packages.push(samples::package(name, folder, if name == who { dependencies } else { &[] }));
        }
        house.links.rings = Rings {
            rules: list(&["policy", "workflow"]),
            use_cases: list(&["app"]),
            edges: list(&["web", "store-sql"]),
            tests: list(&["test-city"]),
        };
        house.links.arrows.insert("workflow".into(), list(&["policy"]));
        house.links.only.insert("sqlx".into(), list(&["store-sql"]));
        house
    }

    #[test]
    fn arrows_point_inward() {
        let rows: [(&str, &[&str], &[&str]); 14] = [
            ("app", &["dev:test-city"], &[]),
            ("test-city", &["app", "store-sql"], &[]),
            ("web", &["test-city"], &["crates/web/Cargo.toml: web (Edges) depends on test-city (Tests)"]),
            ("app", &["policy", "workflow", "~serde"], &[]),
            ("sekisho", &["app", "web", "store-sql", "policy"], &[]),
            ("workflow", &["policy"], &[]),
            ("app", &["dev:store-sql"], &[]),
            (
                "policy",
                &["workflow"],
                &["crates/policy/Cargo.toml: policy (Rules) depends on workflow (Rules)"],
            ),
            ("policy", &["app"], &["crates/policy/Cargo.toml: policy (Rules) depends on app (UseCases)"]),
            ("app", &["web"], &["crates/app/Cargo.toml: app (UseCases) depends on web (Edges)"]),
            ("web", &["store-sql"], &["crates/web/Cargo.toml: web (Edges) depends on store-sql (Edges)"]),
            ("web", &["sekisho"], &["crates/web/Cargo.toml: web (Edges) depends on sekisho (Binaries)"]),
            ("web", &["xtask"], &["crates/web/Cargo.toml: web (Edges) depends on xtask (Chores)"]),
            ("xtask", &["policy"], &["xtask/Cargo.toml: xtask (Chores) depends on policy (Rules)"]),
        ];
        for (who, dependencies, expected) in rows {
            assert_eq!(
                samples::faults(&arrows(&house(who, dependencies))),
                expected,
                "{who} → {dependencies:?}"
            );
        }
    }

    #[test]
    fn a_package_without_a_ring_and_a_ring_without_a_package_are_named() {
        let mut house = house("app", &[]);
        house.packages.push(samples::package("mail", "crates/mail", &[]));
        house.links.rings.rules.push("zones".into());
        assert_eq!(
            samples::faults(&arrows(&house)),
            [
                "xtask/links.toml: there is no package zones",
                "crates/mail/Cargo.toml: package mail has no ring"
            ]
        );
    }

    #[test]
    fn a_kept_library_has_only_its_users() {
        assert_eq!(samples::faults(&only(&house("store-sql", &["~sqlx"]))), Vec::<String>::new());
        assert_eq!(samples::faults(&only(&house("web", &["dev:~sqlx"]))), Vec::<String>::new());
        assert_eq!(
            samples::faults(&only(&house("web", &["~sqlx"]))),
            ["crates/web/Cargo.toml: web uses sqlx, which belongs to store-sql"]
        );
    }
}
