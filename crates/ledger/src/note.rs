//! Signed notes with Ed25519 (C2SP signed-note).
//!
//! Owns: key names and ids, the verifier key text, signing a text, reading a note and verifying it.
//! Leaves to others: what the text says (`checkpoint`), where the seed of the signing key is kept (`sekisho`).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// Bytes of the longest note that is read.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;

/// Signature lines that a note may have. The specification asks for at least 16.
pub const NOTE_SIGNATURES_MAX: usize = 64;

/// Bytes of the longest key name.
pub const KEY_NAME_BYTES_MAX: usize = 255;

/// Signature type byte of plain Ed25519 (C2SP signed-note).
const TYPE_ED25519: u8 = 0x01;

/// A key that signs notes. It never prints its secret.
#[derive(Clone)]
pub struct SigningKey {
    verifier: VerifierKey,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// Makes the key from 32 secret bytes (RFC 8032 §5.1.5) and the name of the log.
    ///
    /// # Errors
    /// [`KeyError::Name`] for a name that is empty, too long, or has spaces, control characters or a plus sign.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        Ok(Self { verifier: VerifierKey::new(name, key.verifying_key())?, key })
    }

    /// The public half, to be given to auditors.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a text and returns the whole note: text, blank line, one signature line.
    ///
    /// # Errors
    /// [`NoteError`] when the text cannot be the text of a note.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        if !text.ends_with('\n') || text.chars().any(|c| c.is_ascii_control() && c != '\n') {
            return Err(NoteError::Text);
        }
        let mut bytes = self.verifier.id.to_vec();
        bytes.extend(self.key.sign(text.as_bytes()).to_bytes());
        let note = format!("{text}\n— {} {}\n", self.verifier.name, STANDARD.encode(bytes));
        if note.len() > NOTE_BYTES_MAX { Err(NoteError::TooLong(note.len())) } else { Ok(note) }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifier)
    }
}

/// A public key with its name, as an auditor pins it.
///
/// Its text is `<name>+<key id, 8 hexadecimal digits>+<base64 of 0x01 and the 32 bytes of the key>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        // Whoever can choose a key of small order can sign anything with it.
        if key.is_weak() {
            return Err(KeyError::Key);
        }
        let digest =
            Sha256::new().chain_update(name).chain_update([b'\n', TYPE_ED25519]).chain_update(key.as_bytes());
        let [a, b, c, d, ..] = digest.finalize().0;
        Ok(Self { name: name.to_owned(), id: [a, b, c, d], key })
    }

    /// The name, which for a log is also the origin of its checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The short id that stands in signature lines.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        self.id
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed = vec![TYPE_ED25519];
        typed.extend(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id), STANDARD.encode(typed))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(untrusted_text: &str) -> Result<Self, Self::Err> {
        let mut parts = untrusted_text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Shape);
        };
        let typed = STANDARD.decode(key).map_err(|_| KeyError::Shape)?;
        let Some((TYPE_ED25519, key)) = typed.split_first().map(|(t, key)| (*t, key)) else {
            return Err(KeyError::Type);
        };
        let key: &[u8; 32] = key.try_into().map_err(|_| KeyError::Key)?;
        let verifier = Self::new(name, VerifyingKey::from_bytes(key).map_err(|_| KeyError::Key)?)?;
        // Catches a mistyped key: the id must be the one that name and key give.
        if verifier.to_string() == untrusted_text { Ok(verifier) } else { Err(KeyError::Id) }
    }
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `name+id+key`.
    #[error("verifier key is not name+id+key")]
    Shape,
    /// The name is empty, too long, or has spaces, control characters or a plus sign.
    #[error("key name is empty, too long, or has a space, a control character or a plus sign")]
    Name,
    /// The type byte is not that of Ed25519.
    #[error("verifier key is not of type Ed25519")]
    Type,
    /// The 32 bytes are not a usable public key.
    #[error("verifier key is not a usable Ed25519 key")]
    Key,
    /// The id does not belong to the name and the key.
    #[error("verifier key does not match its own id")]
    Id,
}

fn is_key_name(name: &str) -> bool {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    !name.is_empty() && name.len() <= KEY_NAME_BYTES_MAX && name.chars().all(is_plain)
}

/// A note that was taken apart but not verified: its text must not be believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note<'a> {
    untrusted_text: &'a str,
    signatures: Vec<NoteSignature<'a>>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature<'a> {
    /// Name of the key that claims to have signed.
    pub name: &'a str,
    /// Id of that key.
    pub id: [u8; 4],
    /// The signature in the form of its algorithm.
    pub bytes: Vec<u8>,
}

impl<'a> Note<'a> {
    /// Takes a note apart.
    ///
    /// # Errors
    /// [`NoteError`] when the bytes do not have the form of a note or exceed its bounds.
    pub fn parse(untrusted_note: &'a [u8]) -> Result<Self, NoteError> {
        if untrusted_note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong(untrusted_note.len()));
        }
        let note = std::str::from_utf8(untrusted_note).map_err(|_| NoteError::Text)?;
        if note.chars().any(|c| c.is_ascii_control() && c != '\n') {
            return Err(NoteError::Text);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Shape)?;
        // The newline before the blank line belongs to the text.
        let untrusted_text = note.get(..text.len() + 1).ok_or(NoteError::Shape)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Shape)?;
        if lines.split('\n').count() > NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        let signatures = lines.split('\n').map(NoteSignature::parse).collect::<Option<_>>();
        Ok(Self { untrusted_text, signatures: signatures.ok_or(NoteError::Signature)? })
    }

    /// The signature lines, none of them verified.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature<'a>] {
        &self.signatures
    }

    /// Returns the text if the key signed it. Signatures of other keys (witnesses, a successor) are passed over.
    ///
    /// # Errors
    /// [`VerifyNoteError`] when the key did not sign, or one of its signatures is wrong.
    pub fn verify(&self, key: &VerifierKey) -> Result<&'a str, VerifyNoteError> {
        let mut is_signed = false;
        for signature in self.signatures.iter().filter(|s| s.name == key.name && s.id == key.id) {
            let bytes = signature.bytes.as_slice().try_into().map_err(|_| VerifyNoteError::Wrong)?;
            key.key
                .verify_strict(self.untrusted_text.as_bytes(), &Signature::from_bytes(bytes))
                .map_err(|_| VerifyNoteError::Wrong)?;
            is_signed = true;
        }
        if is_signed { Ok(self.untrusted_text) } else { Err(VerifyNoteError::Unsigned) }
    }
}

impl<'a> NoteSignature<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, base64) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = STANDARD.decode(base64).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        if !is_key_name(name) || signature.is_empty() {
            return None;
        }
        Some(Self { name, id: *id, bytes: signature.to_vec() })
    }
}

/// Why bytes are not a note, or a text cannot become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More than [`NOTE_BYTES_MAX`].
    #[error("note has {0} bytes, more than {NOTE_BYTES_MAX}")]
    TooLong(usize),
    /// Not UTF-8, with control characters, or without a newline at the end.
    #[error("note is not plain text of lines")]
    Text,
    /// No blank line between text and signatures, or no newline at the end.
    #[error("note has no text and signatures separated by a blank line")]
    Shape,
    /// A signature line is not an em dash, a key name and base64.
    #[error("note has a malformed signature line")]
    Signature,
    /// More than [`NOTE_SIGNATURES_MAX`].
    #[error("note has more than {NOTE_SIGNATURES_MAX} signatures")]
    TooManySignatures,
}

/// Why a note is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyNoteError {
    /// No signature line is of this key.
    #[error("note is not signed by the expected key")]
    Unsigned,
    /// A signature line claims this key and does not verify.
    #[error("note has a wrong signature of the expected key")]
    Wrong,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A key and a note made by another implementation (Python `cryptography`, seed 00 01 … 1f).
    const FOREIGN: &str = "kansa.example.lg.jp+4da3e277+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
    const FOREIGN_NOTE: &str = "別の実装が署名した文。\n\n空行を含む。\n\n\
        — kansa.example.lg.jp TaPidyI17LRHF7joNQfJ82/QSYfxtkHqC4jQSKNLHobmoa9RfnztxC6J3pGzDK2AW/Xs9pIOW3tGK13lMZwqJd5PZAk=\n";

    fn key() -> SigningKey {
        SigningKey::from_seed("example.lg.jp/ledger", &[7; 32]).unwrap()
    }

    #[test]
    fn a_note_of_another_implementation_verifies() {
        let key: VerifierKey = FOREIGN.parse().unwrap();
        assert_eq!(key.to_string(), FOREIGN);
        let text = Note::parse(FOREIGN_NOTE.as_bytes()).unwrap().verify(&key).unwrap();
        assert!(text.starts_with("別の実装") && text.ends_with("含む。\n"));
    }

    #[test]
    fn what_is_signed_verifies_and_survives_foreign_signatures() {
        let note = key().sign("一行目\n\n三行目\n").unwrap();
        assert_eq!(Note::parse(note.as_bytes()).unwrap().verify(key().verifier()), Ok("一行目\n\n三行目\n"));
        // Same name with another id, another name with the same id, and an algorithm that we do not know.
        let line = note.lines().last().unwrap();
        let renamed = line.replace("example.lg.jp", "witness.example");
        let foreign = format!("{note}{renamed}\n— example.lg.jp/ledger {}\n", STANDARD.encode([9; 50]));
        let parsed = Note::parse(foreign.as_bytes()).unwrap();
        assert_eq!(parsed.signatures().len(), 3);
        assert!(parsed.verify(key().verifier()).is_ok());
    }

    #[test]
    fn doubtful_notes_are_refused() {
        let note = key().sign("text\n").unwrap();
        let other = SigningKey::from_seed("example.lg.jp/ledger", &[8; 32]).unwrap();
        let parsed = Note::parse(note.as_bytes()).unwrap();
        assert_eq!(parsed.verify(other.verifier()), Err(VerifyNoteError::Unsigned));
        let changed = note.replace("text", "test");
        assert_eq!(
            Note::parse(changed.as_bytes()).unwrap().verify(key().verifier()),
            Err(VerifyNoteError::Wrong)
        );
        // One right signature does not excuse a wrong one of the same key.
        let mut bytes = key().verifier().id().to_vec();
        bytes.extend([0; 64]);
        let both = format!("{note}— example.lg.jp/ledger {}\n", STANDARD.encode(bytes));
        assert_eq!(
            Note::parse(both.as_bytes()).unwrap().verify(key().verifier()),
            Err(VerifyNoteError::Wrong)
        );
    }

    #[test]
    fn malformed_notes_are_named() {
        let note = key().sign("text\n").unwrap();
        let line = note.lines().last().unwrap();
        for (bytes, error) in [
            (String::new(), NoteError::Shape),
            ("text\n".into(), NoteError::Shape),
            (note.trim_end().into(), NoteError::Shape),
            (note.replace("text", "te\tt"), NoteError::Text),
            (note.replace("\n— ", "\n- "), NoteError::Signature),
            (note.replace("ledger ", "ledger+ "), NoteError::Signature),
            (format!("text\n\n{}", format!("{line}\n").repeat(65)), NoteError::TooManySignatures),
            ("x".repeat(NOTE_BYTES_MAX + 1), NoteError::TooLong(NOTE_BYTES_MAX + 1)),
        ] {
            assert_eq!(Note::parse(bytes.as_bytes()), Err(error), "{bytes}");
        }
        for text in ["", "text", "te\u{1}t\n"] {
            assert_eq!(key().sign(text), Err(NoteError::Text));
        }
    }

    #[test]
    fn wrong_keys_are_named() {
        let weak = format!("n+00000000+{}", STANDARD.encode([&[1, 1][..], &[0; 31]].concat()));
        for (text, error) in [
            ("", KeyError::Shape),
            ("kansa.example.lg.jp+4da3e277", KeyError::Shape),
            ("kansa.example.lg.jp+4da3e276+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", KeyError::Id),
            ("kansa.example.lg.jp+4DA3E277+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", KeyError::Id),
            ("kansa+4da3e277+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", KeyError::Id),
            ("kansa example+4da3e277+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", KeyError::Name),
            ("kansa.example.lg.jp+4da3e277+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", KeyError::Type),
            ("kansa.example.lg.jp+4da3e277+AQOh", KeyError::Key),
            (&weak, KeyError::Key),
        ] {
            assert_eq!(text.parse::<VerifierKey>(), Err(error), "{text}");
        }
        for name in ["", "a b", "a+b", "a\u{3000}b", "a\nb", &"x".repeat(256)] {
            assert_eq!(SigningKey::from_seed(name, &[0; 32]).err(), Some(KeyError::Name), "{name}");
        }
        assert!(!format!("{:?}", key()).contains(&STANDARD.encode([7; 32])));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Note::parse(&bytes);
            let _ = String::from_utf8_lossy(&bytes).parse::<VerifierKey>();
        }

        #[test]
        fn no_flip_goes_unseen(at in 0..FOREIGN_NOTE.len(), bit in 0..8_u8) {
            let mut bytes = FOREIGN_NOTE.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let key: VerifierKey = FOREIGN.parse().unwrap();
            prop_assert!(Note::parse(&bytes).is_err() || Note::parse(&bytes).unwrap().verify(&key).is_err());
        }
    }
}
