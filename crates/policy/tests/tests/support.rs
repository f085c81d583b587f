//! The shipped packs, a small pack that others are made from by changing one thing, and what is said about those.

use std::fmt::Write as _;
use std::path::Path;

use expect_test::Expect;
use policy::{CheckReport, Pack, Problem, Resolved, SourceFile};

/// The folders of policies/ that are no real body's.
pub(crate) const OURS: [&str; 3] = ["base", "guideline", "hoshimi"];

/// The files of the fictional city and of what it stands on.
pub(crate) fn shipped() -> Vec<SourceFile> {
    folders(|folder| OURS.contains(&folder))
}

/// Every file below policies/.
pub(crate) fn everything() -> Vec<SourceFile> {
    folders(|_| true)
}

fn folders(wanted: impl Fn(&str) -> bool) -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        if !wanted(&name) || !folder.path().is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            files.push(SourceFile {
                path: format!("{name}/{}", entry.file_name().into_string().unwrap()),
                text: std::fs::read_to_string(entry.path()).unwrap(),
            });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The smallest pack in which everything occurs once.
pub(crate) const SMALL: &str = include_str!("small.toml");

pub(crate) fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

/// Every finding, whether the pack resolved or not.
pub(crate) fn findings(result: &Result<Resolved, Vec<Problem>>) -> Vec<Problem> {
    match result {
        Ok(resolved) => resolved.warnings.clone(),
        Err(problems) => problems.clone(),
    }
}

pub(crate) fn text_of(files: &[SourceFile], id: &str) -> String {
    CheckReport::new(id, findings(&Pack::resolve(files, id))).to_text()
}

/// Resolves, or fails the test with what was found.
pub(crate) fn resolved(files: &[SourceFile], id: &str) -> Resolved {
    match Pack::resolve(files, id) {
        Ok(resolved) => resolved,
        Err(problems) => panic!("{}", CheckReport::new(id, problems).to_text()),
    }
}

/// The small pack with `old` replaced by `new` where it first occurs.
pub(crate) fn small_with(old: &str, new: &str) -> Vec<SourceFile> {
    assert!(SMALL.contains(old), "the small pack has no {old:?}");
    vec![file("small/pack.toml", &SMALL.replacen(old, new, 1))]
}

/// A title, a text of the small pack, and what stands there instead.
pub(crate) type Row = (&'static str, &'static str, &'static str);

/// Everything said about the rows of one table.
pub(crate) fn check(rows: &[Row], expected: Expect) {
    let mut said = String::new();
    for (title, old, new) in rows {
        let text = text_of(&small_with(old, new), "small");
        assert!(!text.contains("に問題はありません"), "{title}: nothing was said");
        let _ = write!(said, "## {title}\n{text}\n");
    }
    expected.assert_eq(&said);
}
