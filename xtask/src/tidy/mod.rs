//! `cargo xtask tidy`: the rules of the house that the compiler and clippy cannot see.
//!
//! Owns: the order of the rules and how a breach is told: the file, what is wrong, what to do instead.
//! Leaves to others: gathering the facts ([`house`]) and each rule, which is a pure function over those
//! facts: [`manifests`], [`rings`], [`links`], [`sources`], [`documents`], [`migrations`].

mod documents;
mod house;
mod links;
mod manifests;
mod migrations;
mod rings;
mod sources;

use std::fmt;
use std::path::Path;

use anyhow::Result;

use crate::shell;
use house::House;

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// The file to open, relative to the checkout.
    pub(crate) file: String,
    /// The line in it, counted from 1, where one can be named.
    pub(crate) line: Option<usize>,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do instead.
    pub(crate) instead: String,
}

impl Problem {
    fn new(file: impl Into<String>, what: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, what: what.into(), instead: instead.into() }
    }

    fn at(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}\n    instead: {}", self.what, self.instead)
    }
}

type Rule = fn(&House) -> Vec<Problem>;

const RULES: [(&str, Rule); 8] = [
    ("packages lie flat and inherit from the workspace", manifests::check),
    ("arrows point inward", rings::arrows),
    ("libraries have only their declared users", rings::only),
    ("rules and binaries link what they may", links::check),
    ("sources open with what they own", sources::openings),
    ("words", sources::words),
    ("paths named in documents exist", documents::check),
    ("migrations exist for both databases", migrations::check),
];

/// Checks every rule and prints every breach. True when there is none.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let house = House::read(root)?;
    let mut found = 0_usize;
    for (name, rule) in RULES {
        let mut problems = rule(&house);
        problems.sort();
        found += problems.len();
        shell::say(&format!("{} {name}", if problems.is_empty() { "ok  " } else { "FAIL" }));
        for problem in problems {
            shell::say(&format!("  {problem}"));
        }
    }
    shell::say(&format!(
        "tidy: {} packages, {} files, {found} problem{}",
        house.packages.len(),
        house.files.len(),
        if found == 1 { "" } else { "s" }
    ));
    Ok(found == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_file_line_fault_and_remedy() {
        let problem = Problem::new("a/b.rs", "is wrong", "do right").at(7);
        assert_eq!(problem.to_string(), "a/b.rs:7: is wrong\n    instead: do right");
    }

    /// The facts come from tools whose output changes with their versions: look at a few that must be there.
    #[test]
    fn the_facts_of_this_checkout_are_gathered() {
        let house = House::read(&shell::root()).unwrap();
        let xtask = house.packages.iter().find(|p| p.name == "xtask").unwrap();
        assert_eq!(xtask.folder, "xtask");
        assert!(xtask.dependencies.iter().any(|d| d.name == "toml" && !d.house && !d.dev));
        assert!(xtask.dependencies.iter().any(|d| d.name == "tempfile" && d.dev));
        let worker = house.closures.get("sekisho-worker").unwrap();
        assert!(worker.contains("sanitize") && worker.contains("landlock") && worker.contains("libc"));
        assert!(house.files.get(house::LINKS).is_some_and(Option::is_some));
    }
}
