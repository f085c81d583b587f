//! The shipped packs and a small pack that others are made from by changing one thing.

use policy::{CheckReport, Pack, Problem, Resolved, SourceFile};

macro_rules! shipped {
    ($($path:literal),+ $(,)?) => {
        pub(crate) fn shipped() -> Vec<SourceFile> {
            vec![$(SourceFile {
                path: $path.to_owned(),
                text: include_str!(concat!("../../../../policies/", $path)).to_owned(),
            }),+]
        }
    };
}

shipped! {
    "base/channels.toml",
    "base/classification.toml",
    "base/clauses.toml",
    "base/pack.toml",
    "base/parameters.toml",
    "base/posts.toml",
    "base/requests.toml",
    "base/roles.toml",
    "base/zones.toml",
    "guideline/pack.toml",
    "guideline/values.toml",
    "hoshimi/channels.toml",
    "hoshimi/clauses.toml",
    "hoshimi/pack.toml",
    "hoshimi/parameters.toml",
    "hoshimi/posts.toml",
    "hoshimi/sections.toml",
    "hoshimi/zones.toml",
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
