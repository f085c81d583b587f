//! The export bundle: what an auditor takes away and checks without a server.
//!
//! Owns: the layout of the directory ([`Manifest`], [`BundleFile`]), its records ([`Record`]), writing it
//! ([`FullExport`], [`SelectionExport`]) and verifying it ([`verify()`]).
//! Leaves to others: choosing entries and fetching them (`app`, `store-sql`), the file system (`sekisho`,
//! `sekisho-verify`), the words for problems (`sekisho-verify`).
//!
//! A **full** bundle is the whole log as `tlog-tiles`, with payloads beside it; it can be any size, so writing and
//! verifying hold one tile at a time. A **selection** holds some entries, each with its own inclusion proof.

mod export;
mod manifest;
mod record;
mod verify;

pub use export::{ExportError, FullExport, Head, PreviousHead, SelectionExport};
pub use manifest::{
    BUNDLE_FORMAT, BundleKind, MANIFEST_BYTES_MAX, Manifest, ManifestError, SELECTION_ENTRIES_MAX,
};
pub use record::{
    Content, ENTRY_BUNDLE_BYTES_MAX, PAYLOAD_BUNDLE_BYTES_MAX, PayloadRecord, Record, RecordError,
    SELECTED_BYTES_MAX, SelectedEntry, parse_entry_bundle, parse_payload_bundle, parse_proof, payload_path,
};
pub use verify::{BundleSource, Previous, Problem, Trust, Verification, verify};

/// Words for a person who opens the directory. Not verified.
pub const README_PATH: &str = "README.txt";
/// What kind of bundle it is.
pub const MANIFEST_PATH: &str = "manifest.json";
/// The key by which the bundle wants to be verified: a claim until the auditor has pinned it.
pub const VKEY_PATH: &str = "vkey";
/// The signed checkpoint.
pub const CHECKPOINT_PATH: &str = "checkpoint";
/// An older signed checkpoint, to which the bundle proves to be a continuation.
pub const PREVIOUS_PATH: &str = "previous-checkpoint";
/// The consistency proof between the two, one base64 hash a line.
pub const CONSISTENCY_PATH: &str = "consistency-proof";

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleFile {
    /// Where it goes below the root of the bundle, parts joined by `/`.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}
