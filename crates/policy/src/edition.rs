//! The whole text of one edition (版) of a pack: every file that it is made of, and its digest.
//!
//! Owns: which files belong to an edition, their bounds, the canonical digest, filling up what a proposal left out, and
//! reading an edition as a pack that can be run.
//! Leaves to others: the life of an edition (`workflow`), keeping it (`app` and its store).
//!
//! An edition holds the pack's own folder, every layer below it, and the guideline layer beside it. A later change of a
//! layer in somebody's folder therefore changes no edition: what was approved is what runs.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use crate::layers;
use crate::problem::{Problem, Severity, Sink};
use crate::{FOLDER_FILES_MAX, GUIDELINE, Library, Resolved, SourceFile};

/// The most bytes of all files of an edition.
pub const EDITION_BYTES_MAX: usize = 16 << 20;

/// What the digest begins with, so that it is the digest of nothing else.
const DOMAIN: &[u8] = b"sekisho-edition/1\n";

/// Every file of an edition, sorted by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionText {
    pack: String,
    files: Vec<SourceFile>,
}

/// Why files make no edition. Nothing was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedText {
    /// There is no file.
    #[error("there is no file")]
    Empty,
    /// More files than a folder may have, or more bytes than an edition may have.
    #[error("more than {limit} {unit}")]
    TooLarge {
        /// How many.
        limit: usize,
        /// Of what: `files` or `bytes`.
        unit: &'static str,
    },
    /// A path that is no `folder/name.toml`, or one that comes twice.
    #[error("the path `{0}` cannot be in an edition")]
    Path(String),
}

impl EditionText {
    /// An edition of the pack `pack` out of what was proposed; folders that were not are taken from `below`, such as the
    /// edition in force. Folders that the pack does not stand on are left out.
    ///
    /// # Errors
    /// [`RefusedText`].
    pub fn new(pack: &str, proposed: Vec<SourceFile>, below: &[SourceFile]) -> Result<Self, RefusedText> {
        if proposed.is_empty() {
            return Err(RefusedText::Empty);
        }
        if !is_plain(pack) {
            return Err(RefusedText::Path(pack.to_owned()));
        }
        let mut folders: BTreeMap<String, usize> = BTreeMap::new();
        for file in &proposed {
            let folder = folder_of(&file.path).ok_or_else(|| RefusedText::Path(file.path.clone()))?;
            let count = folders.entry(folder.to_owned()).or_default();
            *count += 1;
            if *count > FOLDER_FILES_MAX {
                return Err(RefusedText::TooLarge { limit: FOLDER_FILES_MAX, unit: "files" });
            }
        }
        let theirs =
            below.iter().filter(|f| folder_of(&f.path).is_some_and(|folder| !folders.contains_key(folder)));
        let mut files: Vec<SourceFile> = proposed.iter().chain(theirs).cloned().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut seen = BTreeSet::new();
        if let Some(twice) = files.iter().find(|f| !seen.insert(f.path.as_str())) {
            return Err(RefusedText::Path(twice.path.clone()));
        }
        let wanted = folders_of(&files, pack);
        files.retain(|f| folder_of(&f.path).is_some_and(|folder| wanted.contains(folder)));
        let bytes: usize = files.iter().map(|f| f.text.len()).sum();
        if bytes > EDITION_BYTES_MAX {
            return Err(RefusedText::TooLarge { limit: EDITION_BYTES_MAX, unit: "bytes" });
        }
        Ok(Self { pack: pack.to_owned(), files })
    }

    /// The pack's id.
    #[must_use]
    pub fn pack(&self) -> &str {
        &self.pack
    }

    /// Every file, by path.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// SHA-256 in lower-case hex over the line `sekisho-edition/1`, the pack's id, and every file in the order of its
    /// path: its path, the number of its bytes in decimal, and its bytes, each ended by a line feed.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash.update(self.pack.as_bytes());
        hash.update(b"\n");
        for file in &self.files {
            hash.update(file.path.as_bytes());
            hash.update(format!("\n{}\n", file.text.len()).as_bytes());
            hash.update(file.text.as_bytes());
            hash.update(b"\n");
        }
        hex::encode(hash.finalize())
    }

    /// Reads it as a pack.
    ///
    /// # Errors
    /// As [`crate::Pack::resolve`].
    pub fn resolve(&self) -> Result<Resolved, Vec<Problem>> {
        Library::new(&self.files).resolve(&self.pack)
    }

    /// Everything that is to be said of it before it may run: errors, values that a checkpoint needs, warnings.
    #[must_use]
    pub fn findings(&self) -> Vec<Problem> {
        match self.resolve() {
            Ok(resolved) => resolved.findings_before_running(),
            Err(problems) => problems,
        }
    }

    /// Whether nothing of [`EditionText::findings`] is an error.
    #[must_use]
    pub fn can_run(&self) -> bool {
        self.findings().iter().all(|p| p.severity != Severity::Error)
    }
}

/// The folder of a path of the form `folder/name.toml`, or `folder/name.typ` for the template of a print form.
fn folder_of(path: &str) -> Option<&str> {
    let (folder, name) = path.split_once('/')?;
    let sound = is_plain(folder)
        && is_plain(name)
        && [".toml", ".typ"].iter().any(|ending| name.strip_suffix(ending).is_some_and(|n| !n.is_empty()));
    sound.then_some(folder)
}

/// Whether a part of a path is nothing but a name.
fn is_plain(part: &str) -> bool {
    !part.is_empty()
        && !part.starts_with('.')
        && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && part.chars().count() <= 80
}

/// The folders that a pack is made of and the one beside it. When its layers cannot be followed, every folder: the check
/// that comes later then says why.
fn folders_of(files: &[SourceFile], pack: &str) -> BTreeSet<String> {
    let library = Library::new(files);
    let mut sink = Sink::default();
    match layers::find(&library, pack, &mut sink) {
        Some(found) => found.iter().map(|w| w.layer.to_string()).chain([GUIDELINE.to_owned()]).collect(),
        None => library.folders().map(ToOwned::to_owned).collect(),
    }
}
