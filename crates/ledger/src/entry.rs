//! One entry of the ledger and what it commits to.
//!
//! Owns: the leaf text, the identity and kind of an entry, and the salted commitment that lets a payload be erased
//! while the tree still proves that it existed.
//! Leaves to others: hashing the leaf into the tree (`tree`), what a payload says (`app`), keeping payloads and salts
//! (`store-sql`).
//!
//! The leaf never holds personal data: it has an id, a time, a kind and a hash. Everything else is in the payload.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::hash::Hash;
use crate::time::{EntryTime, EntryTimeError};

/// The first line of every leaf: names this format and its version.
pub const LEAF_FORMAT: &str = "sekisho-evidence/v1";

/// Bytes of the longest leaf that this format can produce or accept. A tlog entry could have 65,535.
pub const LEAF_BYTES_MAX: usize = 20 + 37 + 25 + (KIND_BYTES_MAX + 1) + 65;

/// Bytes of the longest payload. What is longer belongs into the blob store, with its hash in the payload.
pub const PAYLOAD_BYTES_MAX: usize = 256 * 1024;

const KIND_BYTES_MAX: usize = 64;

/// Separates payload commitments from every other use of SHA-256.
const COMMITMENT_DOMAIN: &[u8] = b"sekisho-payload/v1\n";

/// What the ledger says about one act, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Identity of the entry, unique in the ledger.
    pub id: EntryId,
    /// When the act happened, by the clock of the server.
    pub time: EntryTime,
    /// What kind of act it was.
    pub kind: Kind,
    /// The salted hash of the payload.
    pub commitment: Commitment,
}

impl Entry {
    /// The bytes that go into the tree and into the entry bundle: five lines, each ended by a newline.
    #[must_use]
    pub fn to_leaf(&self) -> Vec<u8> {
        let Self { id, time, kind, commitment } = self;
        format!("{LEAF_FORMAT}\n{id}\n{time}\n{kind}\n{commitment}\n").into_bytes()
    }

    /// Reads a leaf. Exactly the bytes that [`Entry::to_leaf`] writes are accepted.
    ///
    /// # Errors
    /// [`LeafError`] names the first line that is wrong.
    pub fn parse_leaf(untrusted_leaf: &[u8]) -> Result<Self, LeafError> {
        if untrusted_leaf.len() > LEAF_BYTES_MAX {
            return Err(LeafError::TooLong(untrusted_leaf.len()));
        }
        let text = std::str::from_utf8(untrusted_leaf).map_err(|_| LeafError::Lines)?;
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(LeafError::Lines);
        if line()? != LEAF_FORMAT {
            return Err(LeafError::Format);
        }
        let entry = Self {
            id: line()?.parse()?,
            time: line()?.parse()?,
            kind: line()?.parse()?,
            commitment: line()?.parse()?,
        };
        // After the last newline there is nothing, and nothing after that.
        match (lines.next(), lines.next()) {
            (Some(""), None) => Ok(entry),
            _ => Err(LeafError::Lines),
        }
    }
}

/// Why bytes are not a leaf of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// More than [`LEAF_BYTES_MAX`].
    #[error("leaf has {0} bytes, more than {LEAF_BYTES_MAX}")]
    TooLong(usize),
    /// The first line is not [`LEAF_FORMAT`].
    #[error("leaf does not start with {LEAF_FORMAT}")]
    Format,
    /// Not five lines of UTF-8, each ended by a newline.
    #[error("leaf is not five lines of text")]
    Lines,
    /// The second line is not an id.
    #[error(transparent)]
    Id(#[from] EntryIdError),
    /// The third line is not a time.
    #[error(transparent)]
    Time(#[from] EntryTimeError),
    /// The fourth line is not a kind.
    #[error(transparent)]
    Kind(#[from] KindError),
    /// The fifth line is not a commitment.
    #[error("commitment is not 64 lower-case hexadecimal digits")]
    Commitment,
}

/// Identity of an entry: the 128 bits of a UUID of any version.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId([u8; 16]);

impl EntryId {
    /// Takes the bytes of a UUID, most significant first.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes of the UUID, most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryId({self})")
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for EntryId {
    type Err = EntryIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hyphen_at = |i| matches!(i, 8 | 13 | 18 | 23);
        if text.len() != 36 || !text.bytes().enumerate().all(|(i, b)| is_hyphen_at(i) == (b == b'-')) {
            return Err(EntryIdError);
        }
        let mut digits = text.bytes().filter(|b| *b != b'-').map(|b| match b {
            b'0'..=b'9' => Ok(b - b'0'),
            b'a'..=b'f' => Ok(b - b'a' + 10),
            _ => Err(EntryIdError),
        });
        let mut digit = || digits.next().unwrap_or(Err(EntryIdError));
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            *byte = digit()? << 4 | digit()?;
        }
        Ok(Self(bytes))
    }
}

/// The text is not a lower-case hyphenated UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry id is not a lower-case hyphenated UUID")]
pub struct EntryIdError;

/// The kind of an act in kebab words, such as `transfer-submitted`.
///
/// One to 64 bytes: words of `a-z` and `0-9` joined by single hyphens, the first starting with a letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(String);

impl Kind {
    /// Takes a kind from code or from a leaf.
    ///
    /// # Errors
    /// [`KindError`] when it is not in kebab words.
    pub fn new(text: impl Into<String>) -> Result<Self, KindError> {
        let text = text.into();
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let is_kebab = text.len() <= KIND_BYTES_MAX
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.split('-').all(is_word);
        if is_kebab { Ok(Self(text)) } else { Err(KindError) }
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

/// The kind is not in kebab words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("kind is not 1 to 64 bytes of lower-case words joined by hyphens")]
pub struct KindError;

/// 32 random bytes that keep a payload from being guessed from its commitment.
///
/// It is drawn anew for each entry, kept beside the payload and erased with it: who has only the commitment learns
/// nothing even about a payload that has few possible values.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// Takes 32 bytes from the caller's random source.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be stored beside the payload.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

// A salt in a log would undo an erasure, so it never prints.
impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// The content of an entry: one JSON object as the caller wrote it.
///
/// The bytes are hashed as they are and never written again from their meaning, so any JSON writer will do.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(Vec<u8>);

impl Payload {
    /// Takes the bytes of one JSON object.
    ///
    /// # Errors
    /// [`PayloadError`] when they are too many or not one JSON object.
    pub fn new(json: impl Into<Vec<u8>>) -> Result<Self, PayloadError> {
        let json = json.into();
        if json.len() > PAYLOAD_BYTES_MAX {
            return Err(PayloadError::TooLong(json.len()));
        }
        let is_object =
            json.first() == Some(&b'{') && serde_json::from_slice::<serde::de::IgnoredAny>(&json).is_ok();
        if is_object { Ok(Self(json)) } else { Err(PayloadError::NotAnObject) }
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, given away.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

// A payload may hold personal data: only its length prints.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

/// Why bytes are not a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// More than [`PAYLOAD_BYTES_MAX`].
    #[error("payload has {0} bytes, more than {PAYLOAD_BYTES_MAX}")]
    TooLong(usize),
    /// Not one JSON object starting at the first byte.
    #[error("payload is not one JSON object")]
    NotAnObject,
}

/// The salted hash by which a leaf is bound to its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment(Hash);

impl Commitment {
    /// SHA-256(`"sekisho-payload/v1\n"` ‖ salt ‖ payload).
    #[must_use]
    pub fn new(salt: &Salt, payload: &Payload) -> Self {
        Self::of_bytes(&salt.0, &payload.0)
    }

    /// The same over bytes that come from a bundle and are not yet a [`Payload`].
    pub(crate) fn of_bytes(salt: &[u8; 32], payload: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(COMMITMENT_DOMAIN).chain_update(salt).chain_update(payload);
        Self(Hash::from_bytes(digest.finalize().into()))
    }

    /// Takes a commitment that was computed before.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Hash::from_bytes(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Commitment {
    type Err = LeafError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Hash::from_hex(text).map(Self).ok_or(LeafError::Commitment)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEAF: &str = "sekisho-evidence/v1\n\
        01890a5d-ac96-774b-bcce-b302099a8057\n\
        2026-11-21T01:34:56.007Z\n\
        transfer-submitted\n\
        4c9a2d1f00000000000000000000000000000000000000000000000000000000\n";

    #[test]
    fn a_leaf_survives_parsing() {
        let entry = Entry::parse_leaf(LEAF.as_bytes()).unwrap();
        assert_eq!(entry.kind.as_str(), "transfer-submitted");
        assert_eq!(entry.to_leaf(), LEAF.as_bytes());
    }

    #[test]
    fn the_longest_leaf_fits() {
        let mut entry = Entry::parse_leaf(LEAF.as_bytes()).unwrap();
        entry.kind = Kind::new("k".repeat(64)).unwrap();
        let leaf = entry.to_leaf();
        assert_eq!(leaf.len(), LEAF_BYTES_MAX);
        assert_eq!(Entry::parse_leaf(&leaf), Ok(entry));
        assert_eq!(
            Entry::parse_leaf(&[&leaf[..], b"\n"].concat()),
            Err(LeafError::TooLong(LEAF_BYTES_MAX + 1))
        );
    }

    #[test]
    fn wrong_leaves_are_named() {
        for (from, to, error) in [
            ("evidence/v1", "evidence/v2", LeafError::Format),
            ("01890a5d-", "01890a5D-", LeafError::Id(EntryIdError)),
            ("01890a5d-", "01890a5d", LeafError::Id(EntryIdError)),
            ("T01:", " 01:", LeafError::Time(EntryTimeError)),
            ("transfer-submitted", "Transfer", LeafError::Kind(KindError)),
            ("4c9a", "4C9a", LeafError::Commitment),
            ("4c9a", "4c9", LeafError::Commitment),
            ("0000\n", "0000", LeafError::Lines),
            ("0000\n", "0000\n\n", LeafError::Lines),
            ("0000\n", "0000\r\n", LeafError::Commitment),
        ] {
            assert!(LEAF.contains(from));
            assert_eq!(Entry::parse_leaf(LEAF.replacen(from, to, 1).as_bytes()), Err(error), "{from} → {to}");
        }
        assert_eq!(Entry::parse_leaf(b""), Err(LeafError::Format));
        assert_eq!(Entry::parse_leaf(b"\xff"), Err(LeafError::Lines));
    }

    #[test]
    fn kinds_are_kebab_words() {
        for text in ["a", "transfer-submitted", "login2-failed", &"x".repeat(64)] {
            assert!(Kind::new(text).is_ok(), "{text}");
        }
        for text in ["", "-", "a-", "-a", "a--b", "2a", "A", "a_b", "a b", "申請", &"x".repeat(65)] {
            assert_eq!(Kind::new(text), Err(KindError), "{text}");
        }
    }

    #[test]
    fn payloads_are_json_objects() {
        assert!(Payload::new(*b"{}").is_ok());
        assert!(Payload::new("{\"a\":\"受付\"}").is_ok());
        for json in ["", "[]", "null", " {}", "{} {}", "{", "{a:1}"] {
            assert_eq!(Payload::new(json), Err(PayloadError::NotAnObject), "{json}");
        }
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(PAYLOAD_BYTES_MAX));
        assert_eq!(Payload::new(long.clone()), Err(PayloadError::TooLong(long.len())));
    }

    #[test]
    fn a_commitment_depends_on_salt_and_payload() {
        let payload = Payload::new(*b"{}").unwrap();
        let other = Payload::new(*b"{ }").unwrap();
        let (a, b) = (Salt::from_bytes([0; 32]), Salt::from_bytes([1; 32]));
        assert_ne!(Commitment::new(&a, &payload), Commitment::new(&b, &payload));
        assert_ne!(Commitment::new(&a, &payload), Commitment::new(&a, &other));
        assert_eq!(format!("{a:?} {payload:?}"), "Salt(..) Payload(2 bytes)");
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_canonical(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(entry) = Entry::parse_leaf(&bytes) {
                prop_assert_eq!(entry.to_leaf(), bytes);
            }
        }

        #[test]
        fn a_changed_leaf_is_refused_or_canonical(at in 0..LEAF.len(), byte in any::<u8>()) {
            let mut bytes = LEAF.as_bytes().to_vec();
            bytes[at] = byte;
            if let Ok(entry) = Entry::parse_leaf(&bytes) {
                prop_assert_eq!(entry.to_leaf(), bytes);
            }
        }

        #[test]
        fn every_entry_survives(
            id in any::<[u8; 16]>(),
            millis in 0..253_402_300_799_999_i64,
            kind in "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,4}",
            commitment in any::<[u8; 32]>(),
        ) {
            let entry = Entry {
                id: EntryId::from_bytes(id),
                time: EntryTime::from_unix_millis(millis).unwrap(),
                kind: Kind::new(kind).unwrap(),
                commitment: Commitment::from_bytes(commitment),
            };
            prop_assert_eq!(Entry::parse_leaf(&entry.to_leaf()), Ok(entry));
        }
    }
}
