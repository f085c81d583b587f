//! A path that a document names exists.
//!
//! Owns: which pieces of a document are meant as paths: link targets, and backticked words that look like
//! a file or folder of this repository. Fenced blocks show commands and layouts and are left alone.
//! Leaves to others: whether what the document says about the file is true.

use super::Problem;
use super::house::House;

/// Checks every document at the top of the checkout and under docs, fuzz and policies.
pub(crate) fn check(house: &House) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (document, text) in &house.files {
        let dir = document.rsplit_once('/').map_or("", |(dir, _)| dir);
        let read = dir.is_empty()
            || ["docs", "fuzz", "policies"]
                .iter()
                .any(|top| dir == *top || dir.starts_with(&format!("{top}/")));
        let (true, true, Some(text)) = (document.ends_with(".md"), read, text) else { continue };
        let mut fenced = false;
        for (index, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
                continue;
            }
            if fenced {
                continue;
            }
            let links = links(line).filter(|target| is_local(target));
            let names = backticked(line).filter(|name| looks_like_path(house, name));
            for name in links.chain(names) {
                if !exists(house, dir, name) {
                    problems.push(
                        Problem::new(
                            document,
                            format!("{name} does not exist"),
                            "name the file as it is called now, from the top of the checkout",
                        )
                        .at(index + 1),
                    );
                }
            }
        }
    }
    problems
}

/// The targets of `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

fn is_local(target: &str) -> bool {
    !target.is_empty() && !target.contains(':') && !target.starts_with('#')
}

/// What stands between single backticks.
fn backticked(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// A word with a slash whose first part is a folder at the top of this checkout, or the bare name of a
/// Rust source or a document. Patterns, placeholders, options and commands are none.
fn looks_like_path(house: &House, name: &str) -> bool {
    if name.is_empty()
        || name.contains([' ', '*', '<', '>', '{', '}', '$', '|', '…', '(', '"', '='])
        || name.contains("://")
    {
        return false;
    }
    match name.trim_start_matches("./").split_once('/') {
        Some((top, _)) => {
            let known = ["crates", "bins", "xtask", "docs", "policies", "fuzz", ".ci", ".config"];
            known.contains(&top)
                || house
                    .files
                    .keys()
                    .any(|file| file.strip_prefix(top).is_some_and(|rest| rest.starts_with('/')))
        }
        None => name.ends_with(".rs") || name.ends_with(".md"),
    }
}

fn exists(house: &House, dir: &str, name: &str) -> bool {
    let name = name.split_once('#').map_or(name, |(file, _)| file);
    // `lib.rs:12` names a line, `module.rs::item` an item.
    let name = name.split_once(':').map_or(name, |(file, _)| file).trim_end_matches('/');
    let from_here = join(dir, name);
    let from_top = join("", name);
    let is_file_or_folder = |path: &str| {
        path.is_empty()
            || house
                .files
                .keys()
                .any(|file| file == path || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    };
    let bare = !name.contains('/');
    is_file_or_folder(&from_here)
        || is_file_or_folder(&from_top)
        || (bare && house.files.keys().any(|file| file.ends_with(&format!("/{name}"))))
}

/// `name` seen from `dir`, with `.` and `..` worked out.
fn join(dir: &str, name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in dir.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::house::samples;
    use super::*;

    fn faults(document: &str, text: &str) -> Vec<String> {
        let house = samples::files(&[
            (document, text),
            ("crates/ledger/src/lib.rs", ""),
            ("docs/glossary.md", ""),
            ("docs/images/home.png", ""),
        ]);
        samples::faults(&check(&house))
    }

    #[test]
    fn paths_that_are_gone_are_found() {
        let rows: [(&str, &str, &[&str]); 19] = [
            ("README.md", "see `crates/ledger/src/lib.rs` and [words](docs/glossary.md#words)", &[]),
            ("README.md", "a folder: `crates/ledger/`, `crates/ledger`", &[]),
            ("README.md", "`crates/ledger/src/lib.rs:12` `lib.rs` `glossary.md`", &[]),
            (
                "README.md",
                "see `crates/ledger/src/gone.rs`",
                &["README.md:1: crates/ledger/src/gone.rs does not exist"],
            ),
            ("README.md", "\n[x](docs/gone.md)", &["README.md:2: docs/gone.md does not exist"]),
            ("README.md", "`gone.rs`", &["README.md:1: gone.rs does not exist"]),
            ("README.md", "![home](docs/images/home.png)", &[]),
            (
                "README.md",
                "![home](docs/images/away.png)",
                &["README.md:1: docs/images/away.png does not exist"],
            ),
            ("README.md", "`crates/gone`", &["README.md:1: crates/gone does not exist"]),
            ("README.md", "`policies/nowhere/`", &["README.md:1: policies/nowhere/ does not exist"]),
            ("docs/a.md", "[words](glossary.md) [code](../crates/ledger/src/lib.rs)", &[]),
            ("docs/a.md", "[x](../glossary.md)", &["docs/a.md:1: ../glossary.md does not exist"]),
            ("README.md", "`text/html`, `a/b`, `cargo xtask test`, `crates/*/src`, `docs/<name>.md`", &[]),
            ("README.md", "[web](https://example.jp/x) [here](#here) [mail](mailto:a@example.jp)", &[]),
            ("README.md", "```\ncrates/gone/src `docs/gone.md`\n```", &[]),
            ("README.md", "```\n```\n`docs/gone.md`", &["README.md:3: docs/gone.md does not exist"]),
            ("crates/ledger/README.md", "`docs/gone.md`", &[]),
            ("notes.txt", "`docs/gone.md`", &[]),
            ("README.md", "`/api/v1/transfers`", &[]),
        ];
        for (document, text, expected) in rows {
            assert_eq!(faults(document, text), expected, "{document}: {text}");
        }
    }
}
