//! Append-only evidence that a stranger can verify.
//!
//! Owns: what an entry commits to ([`Entry`], [`Payload`], [`Salt`]), the RFC 6962 tree kept as C2SP `tlog-tiles`
//! ([`Frontier`], [`append`], [`TilePath`]), proofs ([`inclusion_proof`], [`verify_inclusion`], …), signed checkpoints
//! ([`Checkpoint`], [`SigningKey`], [`VerifierKey`]) and the export bundle with its verification ([`bundle`]).
//! Leaves to others: where tiles and payloads are kept (`store-sql`), when an entry is written and what its payload
//! says (`app`), files and words (`sekisho`, `sekisho-verify`).
//!
//! Nothing here does I/O, reads a clock or draws randomness: salts, times, ids and tiles are arguments. An operation
//! that needs tiles first says which ([`tiles_needed_for_append`] and its relatives), so that any store, synchronous
//! or not, can fetch them and then call the pure function.
//!
//! The bytes are specified in `docs/format-ledger.md`.

pub mod bundle;
mod checkpoint;
mod entry;
mod erasure;
mod hash;
mod note;
mod proof;
mod tile;
mod time;
mod tree;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use entry::{
    Commitment, Entry, EntryId, EntryIdError, Kind, KindError, LEAF_BYTES_MAX, LEAF_FORMAT, LeafError,
    PAYLOAD_BYTES_MAX, Payload, PayloadError, Salt,
};
pub use erasure::{ERASURE_KIND, ErasureError, erased_entries};
pub use hash::{Hash, leaf_hash, node_hash};
pub use note::{
    KEY_NAME_BYTES_MAX, KeyError, NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, Note, NoteError, NoteSignature,
    SigningKey, VerifierKey, VerifyNoteError,
};
pub use proof::{
    ProofError, VerifyProofError, consistency_proof, inclusion_proof, tiles_needed_for_consistency,
    tiles_needed_for_inclusion, verify_consistency, verify_inclusion,
};
pub use tile::{TILE_WIDTH, TileId, TilePath, TilePathError};
pub use time::{EntryTime, EntryTimeError};
pub use tree::{
    Appended, Frontier, SIZE_MAX, TileSource, TreeError, append, tile_width, tiles_needed_for_append,
};
