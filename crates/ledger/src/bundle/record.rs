//! The records of a bundle: an entry with its content, packed by 256 or one in a file.
//!
//! Owns: the bytes of entry bundles (C2SP tlog-tiles), payload bundles and `entries/<index>.json`.
//! Leaves to others: whether leaf, content and proof belong together (`export`, `verify`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::manifest::canonical_json;
use crate::entry::{LEAF_BYTES_MAX, PAYLOAD_BYTES_MAX, Payload, Salt};
use crate::hash::{Hash, decode_hex};
use crate::tile::{IndexPath, TILE_WIDTH};

/// Bytes of the longest entry bundle of this format.
pub const ENTRY_BUNDLE_BYTES_MAX: usize = TILE_WIDTH * (2 + LEAF_BYTES_MAX);

/// Bytes of the longest payload bundle.
pub const PAYLOAD_BUNDLE_BYTES_MAX: usize = TILE_WIDTH * (1 + 32 + 4 + PAYLOAD_BYTES_MAX);

/// Bytes of the longest `entries/<index>.json`: base64 of leaf and payload, 64 proof hashes, and room for the rest.
pub const SELECTED_BYTES_MAX: usize = (LEAF_BYTES_MAX + PAYLOAD_BYTES_MAX) * 4 / 3 + 64 * 48 + 1024;

/// Hashes that a proof can have in a tree of 2⁴⁸ leaves, and then some.
const PROOF_HASHES_MAX: usize = 64;

const TAG_ERASED: u8 = 0;
const TAG_PRESENT: u8 = 1;

/// One entry as it goes into a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The bytes of the leaf.
    pub leaf: Vec<u8>,
    /// Its payload, unless that was erased.
    pub content: Content,
}

/// What is left of the content of an entry.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// Payload and salt are there.
    Present {
        /// The salt of the commitment.
        salt: Salt,
        /// The bytes of the payload. From outside they are unchecked until the commitment is.
        payload: Vec<u8>,
    },
    /// Payload and salt were erased.
    Erased,
}

impl Content {
    /// Content that is there.
    #[must_use]
    pub fn present(salt: Salt, payload: Payload) -> Self {
        Content::Present { salt, payload: payload.into_bytes() }
    }
}

// A payload may hold personal data: only its length prints.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Content::Present { payload, .. } => write!(f, "Present({} bytes)", payload.len()),
            Content::Erased => f.write_str("Erased"),
        }
    }
}

/// Why the bytes of a record file are not what the format says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The file ends in the middle of a record.
    #[error("file ends in the middle of record {0}")]
    Truncated(usize),
    /// A length is above what the format allows.
    #[error("record {0} is longer than the format allows")]
    TooLong(usize),
    /// The tag of a payload record is neither erased nor present.
    #[error("record {0} is neither present nor erased")]
    Tag(usize),
    /// Another number of records than the path says.
    #[error("file does not have {0} records")]
    Count(usize),
    /// Not JSON with the known fields, or not in its one spelling.
    #[error("entry file is not spelled as the format prescribes")]
    Json,
    /// A line of a proof is not base64 of 32 bytes, or there are too many lines.
    #[error("proof is not a list of base64 hashes")]
    Proof,
}

/// The path of the payload bundle that belongs to an entry bundle: `payload/<N>[.p/<W>]`.
#[must_use]
pub fn payload_path(index: u64, width: u16) -> String {
    format!("payload/{}", IndexPath { index, width })
}

/// Adds a leaf to an entry bundle: its length in two bytes, big-endian, and the leaf.
pub(crate) fn push_entry(bundle: &mut Vec<u8>, leaf: &[u8]) -> Result<(), RecordError> {
    let length = u16::try_from(leaf.len()).map_err(|_| RecordError::TooLong(0))?;
    bundle.extend(length.to_be_bytes());
    bundle.extend(leaf);
    Ok(())
}

/// Takes an entry bundle of `width` entries apart.
///
/// # Errors
/// [`RecordError`] names the record that is wrong.
pub fn parse_entry_bundle(untrusted_bundle: &[u8], width: usize) -> Result<Vec<&[u8]>, RecordError> {
    let (mut rest, mut leaves) = (untrusted_bundle, Vec::with_capacity(width.min(TILE_WIDTH)));
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<2>().ok_or(RecordError::Truncated(leaves.len()))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (leaf, tail) = tail.split_at_checked(length).ok_or(RecordError::Truncated(leaves.len()))?;
        if leaves.len() == width {
            return Err(RecordError::Count(width));
        }
        leaves.push(leaf);
        rest = tail;
    }
    if leaves.len() == width { Ok(leaves) } else { Err(RecordError::Count(width)) }
}

/// Adds the content of one entry to a payload bundle.
pub(crate) fn push_content(bundle: &mut Vec<u8>, content: &Content) -> Result<(), RecordError> {
    match content {
        Content::Erased => bundle.push(TAG_ERASED),
        Content::Present { salt, payload } => {
            let length = u32::try_from(payload.len()).map_err(|_| RecordError::TooLong(0))?;
            bundle.push(TAG_PRESENT);
            bundle.extend(salt.as_bytes());
            bundle.extend(length.to_be_bytes());
            bundle.extend(payload);
        }
    }
    Ok(())
}

/// Salt and payload of one entry, unchecked, or nothing where they were erased.
pub type PayloadRecord<'a> = Option<(&'a [u8; 32], &'a [u8])>;

/// Takes a payload bundle of `width` records apart: salt and payload of each, or nothing where it was erased.
///
/// # Errors
/// [`RecordError`] names the record that is wrong.
pub fn parse_payload_bundle(
    untrusted_bundle: &[u8],
    width: usize,
) -> Result<Vec<PayloadRecord<'_>>, RecordError> {
    let (mut rest, mut contents) = (untrusted_bundle, Vec::with_capacity(width.min(TILE_WIDTH)));
    while let Some((tag, tail)) = rest.split_first() {
        let at = contents.len();
        if at == width {
            return Err(RecordError::Count(width));
        }
        rest = match *tag {
            TAG_ERASED => {
                contents.push(None);
                tail
            }
            TAG_PRESENT => {
                let (salt, tail) = tail.split_first_chunk::<32>().ok_or(RecordError::Truncated(at))?;
                let (length, tail) = tail.split_first_chunk::<4>().ok_or(RecordError::Truncated(at))?;
                let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
                if length > PAYLOAD_BYTES_MAX {
                    return Err(RecordError::TooLong(at));
                }
                let (payload, tail) = tail.split_at_checked(length).ok_or(RecordError::Truncated(at))?;
                contents.push(Some((salt, payload)));
                tail
            }
            _ => return Err(RecordError::Tag(at)),
        };
    }
    if contents.len() == width { Ok(contents) } else { Err(RecordError::Count(width)) }
}

/// The text of a proof file: one base64 hash a line.
pub(crate) fn proof_bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| format!("{}\n", hash.to_base64()).into_bytes()).collect()
}

/// Reads a proof file. An empty file is the empty proof.
///
/// # Errors
/// [`RecordError::Proof`] when a line is not a hash.
pub fn parse_proof(untrusted_text: &[u8]) -> Result<Vec<Hash>, RecordError> {
    let text = std::str::from_utf8(untrusted_text).map_err(|_| RecordError::Proof)?;
    let hashes = text.split_terminator('\n').map(Hash::from_base64).take(PROOF_HASHES_MAX + 1);
    let proof = hashes.collect::<Option<Vec<_>>>().ok_or(RecordError::Proof)?;
    if proof.len() > PROOF_HASHES_MAX || proof_bytes(&proof) != untrusted_text {
        return Err(RecordError::Proof);
    }
    Ok(proof)
}

/// One entry of a selection with its inclusion proof: the file `entries/<index>.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedEntry {
    /// Place in the log, from 0.
    pub index: u64,
    /// Leaf and content.
    pub record: Record,
    /// Inclusion proof in the tree of the checkpoint of the bundle.
    pub proof: Vec<Hash>,
}

/// The fields of the file, in their order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Selected {
    index: u64,
    leaf: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    erased: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    proof: Vec<String>,
}

impl SelectedEntry {
    /// The path of the file of the entry at this place.
    #[must_use]
    pub fn path(index: u64) -> String {
        format!("entries/{index}.json")
    }

    /// The bytes of the file: compact JSON and a newline.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (erased, salt, payload) = match &self.record.content {
            Content::Erased => (Some(true), None, None),
            Content::Present { salt, payload } => {
                (None, Some(hex::encode(salt.as_bytes())), Some(STANDARD.encode(payload)))
            }
        };
        let proof = self.proof.iter().map(Hash::to_base64).collect();
        let leaf = STANDARD.encode(&self.record.leaf);
        canonical_json(&Selected { index: self.index, leaf, erased, salt, payload, proof })
    }

    /// Reads the file. Exactly the bytes that [`SelectedEntry::to_bytes`] writes are accepted.
    ///
    /// # Errors
    /// [`RecordError::Json`] for anything else, [`RecordError::TooLong`] beyond the bounds of the format.
    pub fn parse(untrusted_json: &[u8]) -> Result<Self, RecordError> {
        if untrusted_json.len() > SELECTED_BYTES_MAX {
            return Err(RecordError::TooLong(0));
        }
        let fields: Selected = serde_json::from_slice(untrusted_json).map_err(|_| RecordError::Json)?;
        let content = match (fields.erased, fields.salt, fields.payload) {
            (Some(true), None, None) => Content::Erased,
            (None, Some(salt), Some(payload)) => Content::Present {
                salt: Salt::from_bytes(decode_hex(&salt).ok_or(RecordError::Json)?),
                payload: STANDARD.decode(payload).map_err(|_| RecordError::Json)?,
            },
            _ => return Err(RecordError::Json),
        };
        let leaf = STANDARD.decode(fields.leaf).map_err(|_| RecordError::Json)?;
        let proof = fields.proof.iter().map(|hash| Hash::from_base64(hash)).collect::<Option<_>>();
        let proof = proof.ok_or(RecordError::Json)?;
        let entry = Self { index: fields.index, record: Record { leaf, content }, proof };
        if entry.to_bytes() == untrusted_json { Ok(entry) } else { Err(RecordError::Json) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn present(payload: &[u8]) -> Content {
        Content::Present { salt: Salt::from_bytes([3; 32]), payload: payload.to_vec() }
    }

    fn contents() -> impl Strategy<Value = Vec<Content>> {
        let bytes = prop::collection::vec(any::<u8>(), 0..40);
        prop::collection::vec(
            prop::option::of(bytes).prop_map(|b| b.map_or(Content::Erased, |b| present(&b))),
            0..6,
        )
    }

    #[test]
    fn malformed_bundles_are_named() {
        for (bytes, width, error) in [
            (&b"\x00"[..], 1, RecordError::Truncated(0)),
            (b"\x00\x02a", 1, RecordError::Truncated(0)),
            (b"\x00\x01a\x00", 2, RecordError::Truncated(1)),
            (b"\x00\x01a", 2, RecordError::Count(2)),
            (b"\x00\x01a\x00\x01b", 1, RecordError::Count(1)),
            (b"", 1, RecordError::Count(1)),
        ] {
            assert_eq!(parse_entry_bundle(bytes, width), Err(error), "{bytes:?}");
        }
        let long = [&[1][..], &[0; 32], &[0, 4, 0, 1]].concat();
        for (bytes, width, error) in [
            (&b"\x02"[..], 1, RecordError::Tag(0)),
            (b"\x00\x01", 2, RecordError::Truncated(1)),
            (&long[..34], 1, RecordError::Truncated(0)),
            (&long, 1, RecordError::TooLong(0)),
            (b"\x00\x00", 1, RecordError::Count(1)),
            (b"\x00", 2, RecordError::Count(2)),
        ] {
            assert_eq!(parse_payload_bundle(bytes, width), Err(error), "{bytes:?}");
        }
    }

    #[test]
    fn selected_entries_have_one_spelling() {
        let proof = vec![Hash::from_bytes([9; 32])];
        for content in [Content::Erased, present(b"{}")] {
            let entry = SelectedEntry {
                index: 7,
                record: Record { leaf: b"leaf".to_vec(), content },
                proof: proof.clone(),
            };
            let json = String::from_utf8(entry.to_bytes()).unwrap();
            assert_eq!(SelectedEntry::parse(json.as_bytes()), Ok(entry));
            for (from, to) in [
                ("{", "{ "),
                ("{", "{\"new\":1,"),
                ("bGVhZg==", "bGVhZg"),
                ("bGVhZg==", "bGVhZh=="),
                ("true", "false"),
                ("\"erased\":true,", ""),
                ("\"salt\":\"03", "\"salt\":\"3"),
                ("0303", "0A03"),
                ("\n", ""),
            ] {
                if json.contains(from) {
                    assert_eq!(
                        SelectedEntry::parse(json.replacen(from, to, 1).as_bytes()),
                        Err(RecordError::Json),
                        "{from}"
                    );
                }
            }
        }
        assert_eq!(SelectedEntry::parse(&vec![b' '; SELECTED_BYTES_MAX + 1]), Err(RecordError::TooLong(0)));
    }

    #[test]
    fn the_largest_entry_fits_its_file() {
        let entry = SelectedEntry {
            index: crate::tree::SIZE_MAX,
            record: Record { leaf: vec![0; LEAF_BYTES_MAX], content: present(&vec![0; PAYLOAD_BYTES_MAX]) },
            proof: vec![Hash::from_bytes([9; 32]); 48],
        };
        assert_eq!(SelectedEntry::parse(&entry.to_bytes()), Ok(entry));
    }

    proptest! {
        #[test]
        fn bundles_survive(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6), contents in contents()) {
            let mut bundle = Vec::new();
            leaves.iter().for_each(|leaf| push_entry(&mut bundle, leaf).unwrap());
            prop_assert_eq!(parse_entry_bundle(&bundle, leaves.len()).unwrap(), leaves);
            let mut bundle = Vec::new();
            contents.iter().for_each(|content| push_content(&mut bundle, content).unwrap());
            let parsed = parse_payload_bundle(&bundle, contents.len()).unwrap();
            let back: Vec<_> = parsed.into_iter().map(|c| c.map_or(Content::Erased, |(_, payload)| present(payload))).collect();
            prop_assert_eq!(back, contents);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..120), width in 0..5_usize) {
            let _ = parse_entry_bundle(&bytes, width);
            let _ = parse_payload_bundle(&bytes, width);
            if let Ok(proof) = parse_proof(&bytes) {
                prop_assert_eq!(proof_bytes(&proof), bytes.clone());
            }
            if let Ok(entry) = SelectedEntry::parse(&bytes) {
                prop_assert_eq!(entry.to_bytes(), bytes);
            }
        }

        #[test]
        fn proofs_survive(hashes in prop::collection::vec(any::<[u8; 32]>(), 0..65)) {
            let proof: Vec<_> = hashes.into_iter().map(Hash::from_bytes).collect();
            prop_assert_eq!(parse_proof(&proof_bytes(&proof)), Ok(proof));
        }
    }
}
