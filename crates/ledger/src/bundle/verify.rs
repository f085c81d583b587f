//! Verifying a bundle with nothing but the bundle and what the auditor brought along.
//!
//! Owns: every check there is, in one pass, and the list of problems it found.
//! Leaves to others: reading files (`sekisho-verify`), saying it in words (`sekisho-verify`).
//!
//! A problem does not stop the pass unless the rest cannot be judged without it, so that an auditor sees all of them.
//! Memory: one file at a time, and about 32 bytes for each entry to compare identities and erasures.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{BundleKind, MANIFEST_BYTES_MAX, Manifest, ManifestError};
use super::record::{
    Content, ENTRY_BUNDLE_BYTES_MAX, PAYLOAD_BUNDLE_BYTES_MAX, PayloadRecord, RecordError,
    SELECTED_BYTES_MAX, SelectedEntry, parse_entry_bundle, parse_payload_bundle, parse_proof, payload_path,
};
use super::{CHECKPOINT_PATH, CONSISTENCY_PATH, MANIFEST_PATH, PREVIOUS_PATH, README_PATH, VKEY_PATH};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::entry::{Commitment, Entry, EntryId, Kind, LeafError};
use crate::erasure::{ERASURE_KIND, ErasureError, erased_entries};
use crate::hash::{Hash, leaf_hash};
use crate::note::{KeyError, NOTE_BYTES_MAX, VerifierKey};
use crate::proof::{VerifyProofError, verify_consistency, verify_inclusion};
use crate::tile::{TILE_WIDTH, TileId, TilePath};
use crate::time::EntryTime;
use crate::tree::{Frontier, tile_bytes, tile_width};

/// Problems that are kept in full; the others are only counted.
const PROBLEMS_KEPT: usize = 200;

/// Bytes of the longest verifier key file.
const VKEY_BYTES_MAX: usize = 1024;

/// Bytes of the longest proof file.
const PROOF_BYTES_MAX: usize = 64 * 45;

/// Where the files of a bundle come from: a directory, an archive, memory.
pub trait BundleSource {
    /// Why a file that is there cannot be read.
    type Error: std::error::Error;

    /// The paths of all files, parts joined by `/`.
    ///
    /// # Errors
    /// When the bundle cannot be listed.
    fn paths(&self) -> Result<Vec<String>, Self::Error>;

    /// The bytes of a file, or nothing if there is none. Of a file longer than `bytes_max` at least one byte more
    /// than that, so that it is seen to be too long without being read to its end.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, Self::Error>;
}

impl BundleSource for BTreeMap<String, Vec<u8>> {
    type Error = std::convert::Infallible;

    fn paths(&self) -> Result<Vec<String>, Self::Error> {
        Ok(self.keys().cloned().collect())
    }

    fn read(&self, path: &str, _bytes_max: usize) -> Result<Option<Vec<u8>>, Self::Error> {
        Ok(self.get(path).cloned())
    }
}

/// What the auditor brought along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// The key of the log, received by another road. Without it the bundle's own claim is used.
    pub vkey: Option<VerifierKey>,
    /// A signed checkpoint kept from an earlier audit.
    pub previous: Option<Vec<u8>>,
}

/// Where an older checkpoint came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Previous {
    /// The auditor had kept it.
    Given,
    /// It was in the bundle.
    Bundled,
}

/// What was checked, what was counted, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// The kind of the bundle, once its manifest was read.
    pub kind: Option<BundleKind>,
    /// The key by which the checkpoint was verified.
    pub vkey: Option<VerifierKey>,
    /// Whether that key came from the auditor. If not, the bundle vouches for itself.
    pub key_is_pinned: bool,
    /// The checkpoint, once its signature was verified.
    pub checkpoint: Option<Checkpoint>,
    /// Older checkpoints of which this log was shown to be a continuation, with their sizes.
    pub continues: Vec<(Previous, u64)>,
    /// Entries that were checked.
    pub entries: u64,
    /// Payloads that were there.
    pub payloads: u64,
    /// Payloads that were erased.
    pub erased: u64,
    /// Erased payloads that an erasure entry in the bundle names.
    pub erased_explained: u64,
    /// Entries of each kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// The earliest and the latest time of an entry.
    pub times: Option<(EntryTime, EntryTime)>,
    /// Entries whose time is before that of the entry checked before. The log proves order, not clocks.
    pub times_backward: u64,
    /// Whether the pass reached its end. If not, the problem that broke it off is the last one.
    pub is_complete: bool,
    /// What is wrong: the first two hundred.
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub problems_total: u64,
}

impl Verification {
    /// Whether everything was checked and nothing is wrong.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.is_complete && self.problems_total == 0
    }
}

/// One thing that is wrong, with the file or entry that it is about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "`path` is the file and `index` the place in the log in every variant")]
pub enum Problem {
    /// A file that must be there is not.
    #[error("{path} is missing")]
    Missing { path: String },
    /// A file is longer than the format allows.
    #[error("{path} is longer than the format allows")]
    TooLarge { path: String },
    /// A file does not belong to the bundle, so nothing vouches for it.
    #[error("{path} does not belong to the bundle")]
    Unexpected { path: String },
    /// The manifest cannot be read.
    #[error("manifest: {0}")]
    Manifest(ManifestError),
    /// The manifest says something else than what is signed.
    #[error("manifest contradicts the checkpoint in {0}")]
    ManifestContradicts(&'static str),
    /// The key file cannot be read.
    #[error("vkey: {0}")]
    Key(KeyError),
    /// The key in the bundle is not the one the auditor brought.
    #[error("vkey is not the pinned key")]
    KeyDiffers,
    /// The checkpoint is not one of this log.
    #[error("checkpoint: {0}")]
    Checkpoint(CheckpointError),
    /// An older checkpoint is not one of this log.
    #[error("previous checkpoint ({which:?}): {error}")]
    Previous { which: Previous, error: CheckpointError },
    /// The older checkpoint has more entries than the bundle: the log shrank, or the bundle is older.
    #[error("previous checkpoint has {previous} entries, the bundle {size}")]
    PreviousIsLarger { previous: u64, size: u64 },
    /// The selection has no proof that starts from the auditor's checkpoint.
    #[error("bundle has no proof from the previous checkpoint of size {previous}")]
    PreviousNotCovered { previous: u64 },
    /// The log is not a continuation of the older checkpoint: the past was changed.
    #[error("log is not a continuation of the previous checkpoint ({which:?}) of size {previous}")]
    PreviousInconsistent { which: Previous, previous: u64 },
    /// The consistency proof does not lead to the checkpoint.
    #[error("consistency proof: {0}")]
    Consistency(VerifyProofError),
    /// A file of records is malformed.
    #[error("{path}: {error}")]
    Record { path: String, error: RecordError },
    /// A leaf is malformed.
    #[error("entry {index}: {error}")]
    Leaf { index: u64, error: LeafError },
    /// A hash tile does not hold the hashes of the entries.
    #[error("{path} does not match the entries")]
    Tile { path: String },
    /// The entries do not give the signed root.
    #[error("entries have root {computed}, checkpoint states {stated}")]
    Root { computed: Hash, stated: Hash },
    /// An entry is not in the tree of the checkpoint.
    #[error("entry {index} is not in the log: {error}")]
    Inclusion { index: u64, error: VerifyProofError },
    /// A payload is not the one that was recorded.
    #[error("payload of entry {index} does not match its commitment")]
    Commitment { index: u64 },
    /// Two entries have the same id.
    #[error("entry {index} has the id of entry {first}")]
    DuplicateId { index: u64, first: u64 },
    /// An erasure entry does not say what was erased.
    #[error("erasure entry {index}: {error}")]
    Erasure { index: u64, error: ErasureError },
    /// The payload of an erasure entry was itself erased.
    #[error("payload of erasure entry {index} was erased")]
    ErasureErased { index: u64 },
    /// An erasure entry names an entry that is not before it in the log.
    #[error("erasure entry {index} names {id}, which is not an earlier entry")]
    ErasureUnknown { index: u64, id: EntryId },
    /// A payload that was recorded as erased is still there.
    #[error("payload of entry {index} is there although entry {erasure} records its erasure")]
    ErasureUndone { index: u64, erasure: u64 },
    /// A payload is gone and no entry says why.
    #[error("payload of entry {index} is erased and no entry records it")]
    ErasedUnexplained { index: u64 },
}

impl Problem {
    /// The word for this problem in machine-readable output.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Problem::Missing { .. } => "missing",
            Problem::TooLarge { .. } => "too-large",
            Problem::Unexpected { .. } => "unexpected",
            Problem::Manifest(_) => "manifest",
            Problem::ManifestContradicts(_) => "manifest-contradicts",
            Problem::Key(_) => "key",
            Problem::KeyDiffers => "key-differs",
            Problem::Checkpoint(_) => "checkpoint",
            Problem::Previous { .. } => "previous",
            Problem::PreviousIsLarger { .. } => "previous-is-larger",
            Problem::PreviousNotCovered { .. } => "previous-not-covered",
            Problem::PreviousInconsistent { .. } => "previous-inconsistent",
            Problem::Consistency(_) => "consistency",
            Problem::Record { .. } => "record",
            Problem::Leaf { .. } => "leaf",
            Problem::Tile { .. } => "tile",
            Problem::Root { .. } => "root",
            Problem::Inclusion { .. } => "inclusion",
            Problem::Commitment { .. } => "commitment",
            Problem::DuplicateId { .. } => "duplicate-id",
            Problem::Erasure { .. } => "erasure",
            Problem::ErasureErased { .. } => "erasure-erased",
            Problem::ErasureUnknown { .. } => "erasure-unknown",
            Problem::ErasureUndone { .. } => "erasure-undone",
            Problem::ErasedUnexplained { .. } => "erased-unexplained",
        }
    }

    /// The file that the problem is about.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Problem::Missing { path }
            | Problem::TooLarge { path }
            | Problem::Unexpected { path }
            | Problem::Record { path, .. }
            | Problem::Tile { path } => Some(path),
            Problem::Manifest(_) | Problem::ManifestContradicts(_) => Some(MANIFEST_PATH),
            Problem::Key(_) | Problem::KeyDiffers => Some(VKEY_PATH),
            Problem::Checkpoint(_) | Problem::Root { .. } => Some(CHECKPOINT_PATH),
            Problem::Consistency(_) => Some(CONSISTENCY_PATH),
            Problem::Previous { which: Previous::Bundled, .. } => Some(PREVIOUS_PATH),
            _ => None,
        }
    }

    /// The place in the log of the entry that the problem is about.
    #[must_use]
    pub fn index(&self) -> Option<u64> {
        match self {
            Problem::Leaf { index, .. }
            | Problem::Inclusion { index, .. }
            | Problem::Commitment { index }
            | Problem::DuplicateId { index, .. }
            | Problem::Erasure { index, .. }
            | Problem::ErasureErased { index }
            | Problem::ErasureUnknown { index, .. }
            | Problem::ErasureUndone { index, .. }
            | Problem::ErasedUnexplained { index } => Some(*index),
            _ => None,
        }
    }
}

/// Verifies a bundle.
///
/// # Errors
/// Only when the source cannot be read; whatever is wrong with the bundle is in [`Verification::problems`].
pub fn verify<S: BundleSource>(source: &S, trust: &Trust) -> Result<Verification, S::Error> {
    let unread = source.paths()?.into_iter().collect();
    let mut run = Run { source, unread, out: Verification::default(), entries: EntryChecks::default() };
    run.unread.remove(README_PATH);
    run.bundle(trust)?;
    // If the pass broke off, files are unread because of that and the reason is already a problem.
    if run.out.is_complete {
        for path in std::mem::take(&mut run.unread) {
            run.problem(Problem::Unexpected { path });
        }
    }
    Ok(run.out)
}

/// One pass over a bundle.
struct Run<'a, S> {
    source: &'a S,
    /// Files that nothing has asked for yet.
    unread: BTreeSet<String>,
    out: Verification,
    entries: EntryChecks,
}

/// What must be remembered of each entry until the end.
#[derive(Default)]
struct EntryChecks {
    /// Id, place and whether the payload was erased.
    seen: Vec<(EntryId, u64, bool)>,
    /// Ids named by erasure entries, with the place of that entry.
    named: Vec<(EntryId, u64)>,
    last_time: Option<EntryTime>,
}

/// An older checkpoint that the log must continue.
#[derive(Clone, Copy)]
struct Target {
    which: Previous,
    size: u64,
    root: Hash,
}

impl<S: BundleSource> Run<'_, S> {
    fn problem(&mut self, problem: Problem) {
        self.out.problems_total += 1;
        if self.out.problems.len() < PROBLEMS_KEPT {
            self.out.problems.push(problem);
        }
    }

    /// The bytes of a file that must be there; if it is not or is too long, that is a problem.
    fn read(&mut self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, S::Error> {
        self.unread.remove(path);
        match self.source.read(path, bytes_max)? {
            Some(bytes) if bytes.len() <= bytes_max => return Ok(Some(bytes)),
            Some(_) => self.problem(Problem::TooLarge { path: path.to_owned() }),
            None => self.problem(Problem::Missing { path: path.to_owned() }),
        }
        Ok(None)
    }

    fn bundle(&mut self, trust: &Trust) -> Result<(), S::Error> {
        let Some(json) = self.read(MANIFEST_PATH, MANIFEST_BYTES_MAX)? else { return Ok(()) };
        let manifest = match Manifest::parse(&json) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.problem(Problem::Manifest(error));
                return Ok(());
            }
        };
        self.out.kind = Some(manifest.kind);
        let Some(vkey) = self.key(trust)? else { return Ok(()) };
        let Some(note) = self.read(CHECKPOINT_PATH, NOTE_BYTES_MAX)? else { return Ok(()) };
        let checkpoint = match Checkpoint::open(&note, &vkey) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                self.problem(Problem::Checkpoint(error));
                return Ok(());
            }
        };
        self.out.checkpoint = Some(checkpoint.clone());
        for (field, agrees) in [
            ("origin", manifest.origin == checkpoint.origin),
            ("size", manifest.size == checkpoint.size),
            ("root", manifest.root() == Some(checkpoint.root)),
        ] {
            if !agrees {
                self.problem(Problem::ManifestContradicts(field));
            }
        }
        let bundled = self.bundled_previous(&manifest, &checkpoint, &vkey)?;
        let given = self.given_previous(trust, &checkpoint, &vkey);
        self.out.is_complete = match &manifest.entries {
            None => self.full(&checkpoint, [bundled, given].into_iter().flatten().collect())?,
            Some(indexes) => {
                self.given_by_proof(given, bundled, &checkpoint);
                self.out.continues.extend(bundled.map(|target| (target.which, target.size)));
                self.selection(indexes, &checkpoint)?;
                true
            }
        };
        // With entries unseen, an erasure without its entry would be a guess.
        if self.out.is_complete {
            self.identities_and_erasures(manifest.kind);
        }
        Ok(())
    }

    /// The key to verify with: the auditor's, else the bundle's own.
    fn key(&mut self, trust: &Trust) -> Result<Option<VerifierKey>, S::Error> {
        self.out.key_is_pinned = trust.vkey.is_some();
        self.out.vkey.clone_from(&trust.vkey);
        let Some(bytes) = self.read(VKEY_PATH, VKEY_BYTES_MAX)? else { return Ok(trust.vkey.clone()) };
        let text = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_suffix('\n'));
        match (text.ok_or(KeyError::Shape).and_then(str::parse::<VerifierKey>), &trust.vkey) {
            (Ok(claimed), Some(pinned)) if claimed != *pinned => self.problem(Problem::KeyDiffers),
            (Ok(claimed), None) => self.out.vkey = Some(claimed),
            (Ok(_), Some(_)) => {}
            (Err(error), _) => self.problem(Problem::Key(error)),
        }
        Ok(self.out.vkey.clone())
    }

    /// The older checkpoint in the bundle, if its proof leads to the checkpoint.
    fn bundled_previous(
        &mut self,
        manifest: &Manifest,
        checkpoint: &Checkpoint,
        vkey: &VerifierKey,
    ) -> Result<Option<Target>, S::Error> {
        // If the manifest announces none, such a file is left over and reported as not belonging here.
        let Some(announced) = manifest.previous_size else { return Ok(None) };
        let note = self.read(PREVIOUS_PATH, NOTE_BYTES_MAX)?;
        let proof = self.read(CONSISTENCY_PATH, PROOF_BYTES_MAX)?;
        let (Some(note), Some(proof)) = (note, proof) else { return Ok(None) };
        let which = Previous::Bundled;
        let old = match Checkpoint::open(&note, vkey) {
            Ok(old) => old,
            Err(error) => {
                self.problem(Problem::Previous { which, error });
                return Ok(None);
            }
        };
        if old.size != announced {
            self.problem(Problem::ManifestContradicts("previous_size"));
        }
        let proof = match parse_proof(&proof) {
            Ok(proof) => proof,
            Err(error) => {
                self.problem(Problem::Record { path: CONSISTENCY_PATH.to_owned(), error });
                return Ok(None);
            }
        };
        if let Err(error) = verify_consistency(old.size, old.root, checkpoint.size, checkpoint.root, &proof) {
            self.problem(Problem::Consistency(error));
            return Ok(None);
        }
        Ok(Some(Target { which, size: old.size, root: old.root }))
    }

    /// The auditor's older checkpoint, if it can be one of this log.
    fn given_previous(
        &mut self,
        trust: &Trust,
        checkpoint: &Checkpoint,
        vkey: &VerifierKey,
    ) -> Option<Target> {
        let which = Previous::Given;
        match Checkpoint::open(trust.previous.as_deref()?, vkey) {
            Ok(old) if old.size > checkpoint.size => {
                self.problem(Problem::PreviousIsLarger { previous: old.size, size: checkpoint.size });
                None
            }
            Ok(old) => Some(Target { which, size: old.size, root: old.root }),
            Err(error) => {
                self.problem(Problem::Previous { which, error });
                None
            }
        }
    }

    /// In a selection, the auditor's checkpoint must be the one that the bundle's proof starts from.
    fn given_by_proof(&mut self, given: Option<Target>, bundled: Option<Target>, checkpoint: &Checkpoint) {
        let Some(given) = given else { return };
        let current = Target { which: Previous::Given, size: checkpoint.size, root: checkpoint.root };
        let empty = Target { which: Previous::Given, size: 0, root: Hash::empty_root() };
        let known =
            [Some(current), Some(empty), bundled].into_iter().flatten().find(|t| t.size == given.size);
        match known {
            Some(known) if known.root == given.root => self.out.continues.push((given.which, given.size)),
            Some(_) => {
                self.problem(Problem::PreviousInconsistent { which: given.which, previous: given.size });
            }
            None => self.problem(Problem::PreviousNotCovered { previous: given.size }),
        }
    }

    /// The whole log: builds the tree from the entries and compares everything with it. Says whether it came to the end.
    fn full(&mut self, checkpoint: &Checkpoint, mut targets: Vec<Target>) -> Result<bool, S::Error> {
        let mut frontier = Frontier::empty();
        self.compare_targets(&mut targets, &frontier);
        while frontier.size() < checkpoint.size {
            let first = frontier.size();
            let bundle = TileId { level: 0, index: first / TILE_WIDTH as u64 };
            let width = tile_width(bundle, checkpoint.size);
            let entries_path = TilePath::Entries { index: bundle.index, width: width as u16 }.to_string();
            let Some(entries) = self.read(&entries_path, ENTRY_BUNDLE_BYTES_MAX)? else { return Ok(false) };
            let leaves = match parse_entry_bundle(&entries, width) {
                Ok(leaves) => leaves,
                Err(error) => {
                    self.problem(Problem::Record { path: entries_path, error });
                    return Ok(false);
                }
            };
            let payloads_path = payload_path(bundle.index, width as u16);
            let payloads = self.read(&payloads_path, PAYLOAD_BUNDLE_BYTES_MAX)?;
            let contents = match payloads.as_ref().map(|bytes| parse_payload_bundle(bytes, width)) {
                Some(Ok(contents)) => Some(contents),
                Some(Err(error)) => {
                    self.problem(Problem::Record { path: payloads_path, error });
                    None
                }
                None => None,
            };
            if let Some(contents) = contents {
                for ((index, leaf), content) in (first..).zip(&leaves).zip(contents) {
                    self.entry(index, leaf, content);
                }
            }
            let mut full_tiles = Vec::new();
            for leaf in leaves {
                let on_full = |id, hashes: &[Hash]| full_tiles.push((id, tile_bytes(hashes)));
                if frontier.push(leaf_hash(leaf), on_full).is_err() {
                    // The checkpoint states at most SIZE_MAX, so its tree never outgrows the bound.
                    return Ok(false);
                }
                self.compare_targets(&mut targets, &frontier);
            }
            for (id, bytes) in full_tiles {
                self.tile(id, &bytes)?;
            }
        }
        for (id, bytes) in frontier.partial_tiles() {
            self.tile(id, &bytes)?;
        }
        let (computed, stated) = (frontier.root(), checkpoint.root);
        if computed != stated {
            self.problem(Problem::Root { computed, stated });
        }
        Ok(true)
    }

    /// Settles the older checkpoints that have exactly the size reached.
    fn compare_targets(&mut self, targets: &mut Vec<Target>, frontier: &Frontier) {
        for target in targets.extract_if(.., |target| target.size == frontier.size()) {
            if target.root == frontier.root() {
                self.out.continues.push((target.which, target.size));
            } else {
                self.problem(Problem::PreviousInconsistent { which: target.which, previous: target.size });
            }
        }
    }

    /// Compares a hash tile with the hashes computed from the entries.
    fn tile(&mut self, id: TileId, computed: &[u8]) -> Result<(), S::Error> {
        let path = TilePath::Hashes { id, width: (computed.len() / Hash::LEN) as u16 }.to_string();
        if self.read(&path, computed.len())?.is_some_and(|bytes| bytes != computed) {
            self.problem(Problem::Tile { path });
        }
        Ok(())
    }

    fn selection(&mut self, indexes: &[u64], checkpoint: &Checkpoint) -> Result<(), S::Error> {
        for index in indexes.iter().copied() {
            let path = SelectedEntry::path(index);
            let Some(json) = self.read(&path, SELECTED_BYTES_MAX)? else { continue };
            let selected = match SelectedEntry::parse(&json) {
                Ok(selected) if selected.index == index => selected,
                Ok(_) => {
                    self.problem(Problem::Record { path, error: RecordError::Json });
                    continue;
                }
                Err(error) => {
                    self.problem(Problem::Record { path, error });
                    continue;
                }
            };
            let leaf = &selected.record.leaf;
            let (size, root) = (checkpoint.size, checkpoint.root);
            if let Err(error) = verify_inclusion(index, size, leaf_hash(leaf), &selected.proof, root) {
                self.problem(Problem::Inclusion { index, error });
            }
            match &selected.record.content {
                Content::Erased => self.entry(index, leaf, None),
                Content::Present { salt, payload } => {
                    self.entry(index, leaf, Some((salt.as_bytes(), payload)))
                }
            }
        }
        Ok(())
    }

    /// Checks what can be said of one entry by itself, and remembers what needs the others.
    fn entry(&mut self, index: u64, leaf: &[u8], content: PayloadRecord<'_>) {
        self.out.entries += 1;
        match content {
            Some(_) => self.out.payloads += 1,
            None => self.out.erased += 1,
        }
        let entry = match Entry::parse_leaf(leaf) {
            Ok(entry) => entry,
            Err(error) => return self.problem(Problem::Leaf { index, error }),
        };
        let is_erasure = entry.kind.as_str() == ERASURE_KIND;
        match content {
            Some((salt, payload)) => {
                if Commitment::of_bytes(salt, payload) != entry.commitment {
                    self.problem(Problem::Commitment { index });
                } else if is_erasure {
                    match erased_entries(payload) {
                        Ok(ids) => self.entries.named.extend(ids.into_iter().map(|id| (id, index))),
                        Err(error) => self.problem(Problem::Erasure { index, error }),
                    }
                }
            }
            None if is_erasure => self.problem(Problem::ErasureErased { index }),
            None => {}
        }
        self.entries.seen.push((entry.id, index, content.is_none()));
        self.count(entry);
    }

    fn count(&mut self, entry: Entry) {
        let time = entry.time;
        self.out.times = match self.out.times {
            None => Some((time, time)),
            Some((first, last)) => Some((first.min(time), last.max(time))),
        };
        if self.entries.last_time.replace(time).is_some_and(|before| time < before) {
            self.out.times_backward += 1;
        }
        *self.out.kinds.entry(entry.kind).or_default() += 1;
    }

    /// Compares all entries with each other: ids are unique, and erased payloads and erasure entries agree.
    fn identities_and_erasures(&mut self, kind: BundleKind) {
        let EntryChecks { mut seen, named, .. } = std::mem::take(&mut self.entries);
        seen.sort_unstable();
        for pair in seen.array_windows::<2>() {
            let [(first_id, first, _), (id, index, _)] = *pair;
            if first_id == id {
                self.problem(Problem::DuplicateId { index, first });
            }
        }
        let mut explained = BTreeSet::new();
        for (id, erasure) in named {
            let at = seen.partition_point(|(other, ..)| *other < id);
            match seen.get(at).filter(|(other, ..)| *other == id) {
                Some((_, index, true)) if *index < erasure => {
                    explained.insert(*index);
                }
                Some((_, index, false)) if *index < erasure => {
                    self.problem(Problem::ErasureUndone { index: *index, erasure });
                }
                // A selection may leave out the entry that is named, a full bundle may not.
                None if kind == BundleKind::Selection => {}
                _ => self.problem(Problem::ErasureUnknown { index: erasure, id }),
            }
        }
        self.out.erased_explained = explained.len() as u64;
        if kind == BundleKind::Full {
            for (_, index, is_erased) in seen {
                if is_erased && !explained.contains(&index) {
                    self.problem(Problem::ErasedUnexplained { index });
                }
            }
        }
    }
}
