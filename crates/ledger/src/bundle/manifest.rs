//! `manifest.json`: what kind of bundle this is and of which log.
//!
//! Owns: its fields and their one spelling.
//! Leaves to others: comparing it with the checkpoint (`verify`).
//!
//! Nothing in it is believed by itself: each field repeats something that is signed or proved elsewhere.

use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;

/// Format and version of a bundle.
pub const BUNDLE_FORMAT: &str = "sekisho-ledger-bundle/v1";

/// Entries that a selection may hold. What needs more is a full bundle.
pub const SELECTION_ENTRIES_MAX: usize = 100_000;

/// Bytes of the longest manifest: the indexes of a selection, and room for the rest.
pub const MANIFEST_BYTES_MAX: usize = SELECTION_ENTRIES_MAX * 16 + 4096;

/// The two kinds of bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BundleKind {
    /// The whole log up to the checkpoint.
    Full,
    /// Some entries, each with its proof. Says nothing about the entries it leaves out.
    Selection,
}

impl BundleKind {
    /// The word in the manifest.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            BundleKind::Full => "full",
            BundleKind::Selection => "selection",
        }
    }
}

/// What `manifest.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    /// Which kind of bundle.
    pub kind: BundleKind,
    /// Origin of the checkpoint.
    pub origin: String,
    /// Size of the checkpoint.
    pub size: u64,
    /// Root of the checkpoint, in hexadecimal.
    root: String,
    /// Size of the older checkpoint, if the bundle has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_size: Option<u64>,
    /// Indexes of the entries of a selection, ascending. A full bundle has none of this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<u64>>,
}

impl Manifest {
    /// The manifest of a full bundle.
    #[must_use]
    pub fn full(checkpoint: &Checkpoint, previous_size: Option<u64>) -> Self {
        Self {
            format: BUNDLE_FORMAT.to_owned(),
            kind: BundleKind::Full,
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            root: checkpoint.root.to_hex(),
            previous_size,
            entries: None,
        }
    }

    /// The manifest of a selection of the entries at `indexes`.
    ///
    /// # Errors
    /// [`ManifestError::Entries`] unless the indexes ascend, are below the size and not too many.
    pub fn selection(
        checkpoint: &Checkpoint,
        previous_size: Option<u64>,
        indexes: Vec<u64>,
    ) -> Result<Self, ManifestError> {
        let manifest = Self {
            kind: BundleKind::Selection,
            entries: Some(indexes),
            ..Self::full(checkpoint, previous_size)
        };
        manifest.check_entries()?;
        Ok(manifest)
    }

    /// Root of the checkpoint, if the manifest spells it as a hash.
    #[must_use]
    pub fn root(&self) -> Option<Hash> {
        Hash::from_hex(&self.root)
    }

    /// The bytes of the file: compact JSON and a newline.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical_json(self)
    }

    /// Reads the file. Exactly the bytes that [`Manifest::to_bytes`] writes are accepted.
    ///
    /// # Errors
    /// [`ManifestError`] says what is wrong first.
    pub fn parse(untrusted_json: &[u8]) -> Result<Self, ManifestError> {
        if untrusted_json.len() > MANIFEST_BYTES_MAX {
            return Err(ManifestError::Shape);
        }
        #[derive(Deserialize)]
        struct Versioned {
            format: String,
        }
        // The version comes first: a later one may have fields that this version does not know.
        let Versioned { format } =
            serde_json::from_slice(untrusted_json).map_err(|_| ManifestError::Shape)?;
        if format != BUNDLE_FORMAT {
            return Err(ManifestError::Format);
        }
        let manifest: Self = serde_json::from_slice(untrusted_json).map_err(|_| ManifestError::Shape)?;
        if manifest.to_bytes() != untrusted_json {
            return Err(ManifestError::Spelling);
        }
        manifest.check_entries()?;
        Ok(manifest)
    }

    fn check_entries(&self) -> Result<(), ManifestError> {
        let is_right = match (self.kind, &self.entries) {
            (BundleKind::Full, None) => true,
            (BundleKind::Selection, Some(indexes)) => {
                indexes.len() <= SELECTION_ENTRIES_MAX
                    && indexes.is_sorted_by(|a, b| a < b)
                    && indexes.last().is_none_or(|last| *last < self.size)
            }
            _ => false,
        };
        if is_right { Ok(()) } else { Err(ManifestError::Entries) }
    }
}

/// Why bytes are not a manifest of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not a JSON object with the known fields, or too long.
    #[error("manifest is not a JSON object with the known fields")]
    Shape,
    /// Another format or version.
    #[error("manifest is not of format {BUNDLE_FORMAT}")]
    Format,
    /// The same meaning in other bytes.
    #[error("manifest is not spelled as the format prescribes")]
    Spelling,
    /// The list of entries does not fit the kind, does not ascend, or names entries outside the log.
    #[error("manifest has a wrong list of entries")]
    Entries,
}

/// Compact JSON and a newline: the one spelling of our JSON files.
pub(crate) fn canonical_json(value: &impl Serialize) -> Vec<u8> {
    // Our values have string keys only and write to memory, so this cannot fail; if it did, the empty file would be
    // refused by whoever reads it.
    let mut json = serde_json::to_vec(value).unwrap_or_default();
    json.push(b'\n');
    json
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: "example.lg.jp".into(),
            size: 9,
            root: Hash::from_bytes([1; 32]),
            extensions: vec![],
        }
    }

    #[test]
    fn manifests_survive() {
        for manifest in [
            Manifest::full(&checkpoint(), None),
            Manifest::full(&checkpoint(), Some(3)),
            Manifest::selection(&checkpoint(), None, vec![]).unwrap(),
            Manifest::selection(&checkpoint(), Some(3), vec![0, 8]).unwrap(),
        ] {
            assert_eq!(Manifest::parse(&manifest.to_bytes()), Ok(manifest));
        }
        for indexes in [vec![9], vec![1, 1], vec![2, 1], (0..100_001).collect()] {
            assert_eq!(Manifest::selection(&checkpoint(), None, indexes), Err(ManifestError::Entries));
        }
    }

    #[test]
    fn wrong_manifests_are_named() {
        let json =
            String::from_utf8(Manifest::selection(&checkpoint(), Some(3), vec![0, 8]).unwrap().to_bytes())
                .unwrap();
        for (from, to, error) in [
            ("bundle/v1", "bundle/v2", ManifestError::Format),
            ("{", "", ManifestError::Shape),
            ("\"size\"", "\"sizes\"", ManifestError::Shape),
            ("\"selection\"", "\"other\"", ManifestError::Shape),
            ("{", "{\"new\":1,", ManifestError::Shape),
            ("{", "{ ", ManifestError::Spelling),
            ("\n", "", ManifestError::Spelling),
            ("\"selection\"", "\"full\"", ManifestError::Entries),
            ("[0,8]", "[0,9]", ManifestError::Entries),
            ("[0,8]", "[8,0]", ManifestError::Entries),
            (",\"entries\":[0,8]", "", ManifestError::Entries),
        ] {
            assert!(json.contains(from));
            assert_eq!(Manifest::parse(json.replacen(from, to, 1).as_bytes()), Err(error), "{from} → {to}");
        }
    }

    proptest! {
        #[test]
        fn changed_manifests_are_refused_or_canonical(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut json = Manifest::selection(&checkpoint(), Some(3), vec![0, 8]).unwrap().to_bytes();
            let at = at.index(json.len());
            json[at] = byte;
            if let Ok(manifest) = Manifest::parse(&json) {
                prop_assert_eq!(manifest.to_bytes(), json);
            }
        }
    }
}
