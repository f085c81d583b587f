//! The entry that stands for erased payloads.
//!
//! Owns: the kind of that entry and the one member of its payload that verification reads.
//! Leaves to others: when payloads are erased and by whose order (`app`), whether every erased payload is named by
//! such an entry (`bundle`).

use serde::Deserialize;

use crate::entry::{EntryId, EntryIdError};

/// Kind of the entry that records the erasure of payloads.
pub const ERASURE_KIND: &str = "payload-erased";

/// The entries that the payload of an erasure entry names in its member `entries`, an array of entry ids.
///
/// Other members (reason, order, retention rule) are the caller's and are not read here.
///
/// # Errors
/// [`ErasureError`] when the payload does not name at least one entry in this way.
pub fn erased_entries(untrusted_payload: &[u8]) -> Result<Vec<EntryId>, ErasureError> {
    #[derive(Deserialize)]
    struct Erasure {
        entries: Vec<String>,
    }
    let erasure: Erasure = serde_json::from_slice(untrusted_payload).map_err(|_| ErasureError::Shape)?;
    if erasure.entries.is_empty() {
        return Err(ErasureError::Empty);
    }
    erasure.entries.iter().map(|id| id.parse().map_err(ErasureError::Id)).collect()
}

/// Why a payload does not say which payloads were erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ErasureError {
    /// Not a JSON object with an array of strings under `entries`.
    #[error("erasure payload has no list of entries")]
    Shape,
    /// The list is empty.
    #[error("erasure payload names no entry")]
    Empty,
    /// A member of the list is not an id.
    #[error(transparent)]
    Id(EntryIdError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_named_entries() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let ok = format!(r#"{{"reason":"保存期間満了","entries":["{id}"]}}"#);
        assert_eq!(erased_entries(ok.as_bytes()), Ok(vec![id.parse().unwrap()]));
        for (json, error) in [
            ("{}", ErasureError::Shape),
            (r#"{"entries":"x"}"#, ErasureError::Shape),
            (r#"{"entries":[],"entries":[]}"#, ErasureError::Shape),
            (r#"{"entries":[]}"#, ErasureError::Empty),
            (r#"{"entries":["x"]}"#, ErasureError::Id(EntryIdError)),
        ] {
            assert_eq!(erased_entries(json.as_bytes()), Err(error), "{json}");
        }
    }
}
