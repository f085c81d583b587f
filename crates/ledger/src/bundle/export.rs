//! Writing a bundle, one file after the other.
//!
//! Owns: which files a bundle has and in which order they come, and refusing records that contradict the checkpoint.
//! Leaves to others: fetching the records in their order (`store-sql`), writing the files (`sekisho`).

use super::manifest::{Manifest, ManifestError};
use super::record::{
    Content, Record, RecordError, SelectedEntry, payload_path, proof_bytes, push_content, push_entry,
};
use super::{
    BundleFile, CHECKPOINT_PATH, CONSISTENCY_PATH, MANIFEST_PATH, PREVIOUS_PATH, README_PATH, VKEY_PATH,
};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::entry::{Commitment, Entry, LeafError, PAYLOAD_BYTES_MAX};
use crate::hash::{Hash, leaf_hash};
use crate::note::VerifierKey;
use crate::proof::{VerifyProofError, verify_consistency, verify_inclusion};
use crate::tile::{TILE_WIDTH, TileId, TilePath};
use crate::tree::{Frontier, TreeError, tile_bytes, tile_width};

const README: &str = "\
このフォルダーは、情報セキュリティの証跡(台帳)を書き出したものです。

・書き出した組織に頼らずに、次のコマンドで検証できます(ネットワークは不要です)。

    sekisho-verify このフォルダー --vkey-file 監査人が別途受け取った検証鍵のファイル

・検証鍵(vkey)は、このフォルダーの中のものではなく、別の経路で受け取ったものを指定してください。
・前回の監査で受け取った checkpoint があれば、--previous で指定すると、その後に過去の記録が
  書き換えられていないことを確かめられます。
・形式は C2SP tlog-tiles と tlog-checkpoint に従います。
・この README.txt は検証の対象ではありません。
";

/// What every bundle starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The public key of the log.
    pub vkey: VerifierKey,
    /// The signed checkpoint, as it was signed.
    pub checkpoint: Vec<u8>,
    /// An older checkpoint to which the bundle is to prove that it is a continuation.
    pub previous: Option<PreviousHead>,
}

/// An older checkpoint with the way from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousHead {
    /// The signed checkpoint, as it was signed.
    pub checkpoint: Vec<u8>,
    /// The consistency proof from there to the checkpoint of the bundle.
    pub proof: Vec<Hash>,
}

/// Why a bundle is not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The checkpoint does not verify with the key.
    #[error("checkpoint does not verify")]
    Checkpoint(#[source] CheckpointError),
    /// The older checkpoint does not verify with the key.
    #[error("previous checkpoint does not verify")]
    Previous(#[source] CheckpointError),
    /// The log is not a continuation of the older checkpoint.
    #[error("log is not consistent with the previous checkpoint")]
    Consistency(#[source] VerifyProofError),
    /// The list of entries cannot be exported.
    #[error("entries cannot be selected")]
    Entries(#[source] ManifestError),
    /// The leaf of an entry is not one.
    #[error("entry {index} is malformed")]
    Leaf {
        /// Place in the log.
        index: u64,
        /// What is wrong.
        source: LeafError,
    },
    /// The payload is not the one that the leaf commits to.
    #[error("payload of entry {0} does not match its commitment")]
    Commitment(u64),
    /// The record is longer than the format allows.
    #[error("entry {index} does not fit the format")]
    Record {
        /// Place in the log.
        index: u64,
        /// What is wrong.
        source: RecordError,
    },
    /// The proof does not lead from the leaf to the checkpoint.
    #[error("inclusion proof of entry {index} does not verify")]
    Inclusion {
        /// Place in the log.
        index: u64,
        /// What is wrong.
        source: VerifyProofError,
    },
    /// Entries were given out of order, twice, or that were not announced.
    #[error("entry {0} is not the next one of the bundle")]
    Order(u64),
    /// Fewer entries were given than announced.
    #[error("bundle ends before entry {0}")]
    Incomplete(u64),
    /// The entries do not give the root that the checkpoint states.
    #[error("entries have root {computed}, checkpoint states {stated}")]
    Root {
        /// From the entries.
        computed: Hash,
        /// From the checkpoint.
        stated: Hash,
    },
    /// The tree cannot grow further.
    #[error("tree cannot be built")]
    Tree(#[source] TreeError),
}

/// Writes the whole log.
///
/// Records come in their order from index 0; each call returns the files that are complete, so memory stays at one
/// bundle of 256 entries and the hashes of the right edge.
#[derive(Debug)]
pub struct FullExport {
    checkpoint: Checkpoint,
    frontier: Frontier,
    entries: Vec<u8>,
    payloads: Vec<u8>,
}

impl FullExport {
    /// Starts a bundle and returns its first files.
    ///
    /// # Errors
    /// [`ExportError`] when the checkpoints do not verify.
    pub fn start(head: &Head) -> Result<(Self, Vec<BundleFile>), ExportError> {
        let (checkpoint, previous_size) = open_head(head)?;
        let files = head_files(head, &Manifest::full(&checkpoint, previous_size));
        let export =
            Self { checkpoint, frontier: Frontier::empty(), entries: Vec::new(), payloads: Vec::new() };
        Ok((export, files))
    }

    /// Takes the next record and returns the files it completed, if any.
    ///
    /// # Errors
    /// [`ExportError`] when the record would not verify, or there are more than the checkpoint covers.
    pub fn push(&mut self, record: &Record) -> Result<Vec<BundleFile>, ExportError> {
        let index = self.frontier.size();
        if index >= self.checkpoint.size {
            return Err(ExportError::Order(index));
        }
        check_record(index, record)?;
        let too_long = |source| ExportError::Record { index, source };
        push_entry(&mut self.entries, &record.leaf).map_err(too_long)?;
        push_content(&mut self.payloads, &record.content).map_err(too_long)?;
        let mut files = Vec::new();
        let on_full = |id, hashes: &[Hash]| {
            let path = TilePath::Hashes { id, width: TILE_WIDTH as u16 };
            files.push(BundleFile { path: path.to_string(), bytes: tile_bytes(hashes) });
        };
        self.frontier.push(leaf_hash(&record.leaf), on_full).map_err(ExportError::Tree)?;
        if self.frontier.size().is_multiple_of(TILE_WIDTH as u64) {
            files.extend(self.take_bundles(index / TILE_WIDTH as u64, TILE_WIDTH as u16));
        }
        Ok(files)
    }

    /// Ends the bundle and returns its last files.
    ///
    /// # Errors
    /// [`ExportError`] when entries are missing or do not give the signed root: then the files written so far are not
    /// a bundle, and what the store holds is not what was signed.
    pub fn finish(mut self) -> Result<Vec<BundleFile>, ExportError> {
        let size = self.frontier.size();
        if size != self.checkpoint.size {
            return Err(ExportError::Incomplete(size));
        }
        let (computed, stated) = (self.frontier.root(), self.checkpoint.root);
        if computed != stated {
            return Err(ExportError::Root { computed, stated });
        }
        let partial = |(id, bytes): (TileId, Vec<u8>)| {
            let path = TilePath::Hashes { id, width: tile_width(id, size) as u16 };
            BundleFile { path: path.to_string(), bytes }
        };
        let mut files: Vec<_> = self.frontier.partial_tiles().into_iter().map(partial).collect();
        let rest = (size % TILE_WIDTH as u64) as u16;
        if rest > 0 {
            files.extend(self.take_bundles(size / TILE_WIDTH as u64, rest));
        }
        Ok(files)
    }

    fn take_bundles(&mut self, index: u64, width: u16) -> [BundleFile; 2] {
        [
            BundleFile {
                path: TilePath::Entries { index, width }.to_string(),
                bytes: std::mem::take(&mut self.entries),
            },
            BundleFile { path: payload_path(index, width), bytes: std::mem::take(&mut self.payloads) },
        ]
    }
}

/// Writes some entries, each with its inclusion proof.
#[derive(Debug)]
pub struct SelectionExport {
    checkpoint: Checkpoint,
    /// Indexes not yet given, the next one last.
    awaited: Vec<u64>,
}

impl SelectionExport {
    /// Starts a bundle of the entries at these indexes, ascending, and returns its first files.
    ///
    /// # Errors
    /// [`ExportError`] when the checkpoints do not verify or the indexes are not in the log.
    pub fn start(head: &Head, indexes: &[u64]) -> Result<(Self, Vec<BundleFile>), ExportError> {
        let (checkpoint, previous_size) = open_head(head)?;
        let manifest = Manifest::selection(&checkpoint, previous_size, indexes.to_vec())
            .map_err(ExportError::Entries)?;
        let files = head_files(head, &manifest);
        Ok((Self { checkpoint, awaited: indexes.iter().rev().copied().collect() }, files))
    }

    /// Takes the next entry and returns its file.
    ///
    /// # Errors
    /// [`ExportError`] when it is not the next one, or would not verify.
    pub fn push(&mut self, selected: &SelectedEntry) -> Result<BundleFile, ExportError> {
        let index = selected.index;
        if self.awaited.last() != Some(&index) {
            return Err(ExportError::Order(index));
        }
        check_record(index, &selected.record)?;
        let Checkpoint { size, root, .. } = self.checkpoint;
        verify_inclusion(index, size, leaf_hash(&selected.record.leaf), &selected.proof, root)
            .map_err(|source| ExportError::Inclusion { index, source })?;
        self.awaited.pop();
        Ok(BundleFile { path: SelectedEntry::path(index), bytes: selected.to_bytes() })
    }

    /// Ends the bundle.
    ///
    /// # Errors
    /// [`ExportError::Incomplete`] when announced entries were not given.
    pub fn finish(self) -> Result<(), ExportError> {
        self.awaited.last().map_or(Ok(()), |index| Err(ExportError::Incomplete(*index)))
    }
}

fn open_head(head: &Head) -> Result<(Checkpoint, Option<u64>), ExportError> {
    let checkpoint = Checkpoint::open(&head.checkpoint, &head.vkey).map_err(ExportError::Checkpoint)?;
    let Some(previous) = &head.previous else { return Ok((checkpoint, None)) };
    let old = Checkpoint::open(&previous.checkpoint, &head.vkey).map_err(ExportError::Previous)?;
    verify_consistency(old.size, old.root, checkpoint.size, checkpoint.root, &previous.proof)
        .map_err(ExportError::Consistency)?;
    Ok((checkpoint, Some(old.size)))
}

fn head_files(head: &Head, manifest: &Manifest) -> Vec<BundleFile> {
    let mut files = vec![
        (README_PATH, README.as_bytes().to_vec()),
        (MANIFEST_PATH, manifest.to_bytes()),
        (VKEY_PATH, format!("{}\n", head.vkey).into_bytes()),
        (CHECKPOINT_PATH, head.checkpoint.clone()),
    ];
    if let Some(previous) = &head.previous {
        files.push((PREVIOUS_PATH, previous.checkpoint.clone()));
        files.push((CONSISTENCY_PATH, proof_bytes(&previous.proof)));
    }
    files.into_iter().map(|(path, bytes)| BundleFile { path: path.to_owned(), bytes }).collect()
}

fn check_record(index: u64, record: &Record) -> Result<(), ExportError> {
    let entry = Entry::parse_leaf(&record.leaf).map_err(|source| ExportError::Leaf { index, source })?;
    match &record.content {
        Content::Present { payload, .. } if payload.len() > PAYLOAD_BYTES_MAX => {
            Err(ExportError::Record { index, source: RecordError::TooLong(0) })
        }
        Content::Present { salt, payload }
            if Commitment::of_bytes(salt.as_bytes(), payload) != entry.commitment =>
        {
            Err(ExportError::Commitment(index))
        }
        _ => Ok(()),
    }
}
