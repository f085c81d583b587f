//! Checkpoints: what the log signs (C2SP tlog-checkpoint).
//!
//! Owns: the text of a checkpoint, written and read, and opening a signed one.
//! Leaves to others: the signature itself (`note`), never signing two checkpoints that contradict each other
//! (`store-sql`, by compare-and-swap on the last one).

use crate::hash::Hash;
use crate::note::{Note, NoteError, SigningKey, VerifierKey, VerifyNoteError};
use crate::tree::SIZE_MAX;

/// The size and root of a log at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the name of its key.
    pub origin: String,
    /// Leaves in the tree.
    pub size: u64,
    /// Root of the tree of that size.
    pub root: Hash,
    /// Further lines that a log may add; ours adds none, and nothing here reads them.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// A checkpoint of the log that this key signs for.
    #[must_use]
    pub fn new(key: &VerifierKey, size: u64, root: Hash) -> Self {
        Self { origin: key.name().to_owned(), size, root, extensions: Vec::new() }
    }

    /// The text that is signed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64());
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Signs the checkpoint: the bytes of the file `checkpoint`.
    ///
    /// # Errors
    /// [`CheckpointError`] when it is not one that [`Checkpoint::open`] with the same key would accept.
    pub fn sign(&self, key: &SigningKey) -> Result<String, CheckpointError> {
        let text = self.to_text();
        if Self::parse_text(&text)? != *self {
            return Err(CheckpointError::Text);
        }
        if self.origin != key.verifier().name() {
            return Err(CheckpointError::Origin);
        }
        Ok(key.sign(&text)?)
    }

    /// Verifies a signed checkpoint with the key of the log and reads it.
    ///
    /// # Errors
    /// [`CheckpointError`] when the signature, the text or the origin is not right.
    pub fn open(untrusted_note: &[u8], key: &VerifierKey) -> Result<Self, CheckpointError> {
        let checkpoint = Self::parse_text(Note::parse(untrusted_note)?.verify(key)?)?;
        if checkpoint.origin == key.name() { Ok(checkpoint) } else { Err(CheckpointError::Origin) }
    }

    /// Reads the text of a checkpoint. Says nothing about who wrote it.
    ///
    /// # Errors
    /// [`CheckpointError::Text`] when a line is not as specified.
    pub fn parse_text(untrusted_text: &str) -> Result<Self, CheckpointError> {
        let lines = untrusted_text.strip_suffix('\n').ok_or(CheckpointError::Text)?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Text);
        };
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: size.parse().map_err(|_| CheckpointError::Text)?,
            root: Hash::from_base64(root).ok_or(CheckpointError::Text)?,
            extensions: lines.map(str::to_owned).collect(),
        };
        let has_empty_line = origin.is_empty() || checkpoint.extensions.iter().any(String::is_empty);
        // A plus sign or leading zeroes in the size show as a different spelling.
        if has_empty_line || checkpoint.size > SIZE_MAX || checkpoint.to_text() != untrusted_text {
            return Err(CheckpointError::Text);
        }
        if checkpoint.size == 0 && checkpoint.root != Hash::empty_root() {
            return Err(CheckpointError::Text);
        }
        Ok(checkpoint)
    }
}

/// Why a checkpoint is not believed or cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The file is not a signed note.
    #[error("checkpoint is not a signed note")]
    Note(#[from] NoteError),
    /// The expected key did not sign it.
    #[error("checkpoint is not signed by the key of the log")]
    Signature(#[from] VerifyNoteError),
    /// The text is not origin, size and root.
    #[error("checkpoint does not state origin, size and root")]
    Text,
    /// The origin is not the name of the key.
    #[error("checkpoint is of another log than the key")]
    Origin,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of the specification C2SP tlog-checkpoint, without its signature.
    const EXAMPLE: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn key() -> SigningKey {
        SigningKey::from_seed("example.lg.jp/ledger", &[7; 32]).unwrap()
    }

    #[test]
    fn the_example_of_the_specification_survives() {
        let checkpoint = Checkpoint::parse_text(EXAMPLE).unwrap();
        assert_eq!((checkpoint.size, checkpoint.to_text().as_str()), (20_852_163, EXAMPLE));
    }

    #[test]
    fn a_signed_checkpoint_opens_with_its_key_only() {
        let checkpoint = Checkpoint::new(key().verifier(), 3, Hash::from_bytes([5; 32]));
        let note = checkpoint.sign(&key()).unwrap();
        assert_eq!(Checkpoint::open(note.as_bytes(), key().verifier()), Ok(checkpoint.clone()));
        for (name, seed) in [("example.lg.jp/ledger", 8), ("other.lg.jp", 7)] {
            let other = SigningKey::from_seed(name, &[seed; 32]).unwrap();
            assert_eq!(
                Checkpoint::open(note.as_bytes(), other.verifier()),
                Err(CheckpointError::Signature(VerifyNoteError::Unsigned))
            );
        }
        let foreign = Checkpoint { origin: "other.lg.jp".into(), ..checkpoint };
        assert_eq!(foreign.sign(&key()), Err(CheckpointError::Origin));
        let note = key().sign(&foreign.to_text()).unwrap();
        assert_eq!(Checkpoint::open(note.as_bytes(), key().verifier()), Err(CheckpointError::Origin));
    }

    #[test]
    fn extension_lines_are_tolerated() {
        let text = format!("{EXAMPLE}timestamp 1\n");
        assert_eq!(Checkpoint::parse_text(&text).unwrap().extensions, ["timestamp 1"]);
        let mut checkpoint = Checkpoint::new(key().verifier(), 3, Hash::from_bytes([5; 32]));
        checkpoint.extensions.push("a\nb".into());
        assert_eq!(checkpoint.sign(&key()), Err(CheckpointError::Text));
    }

    #[test]
    fn other_spellings_are_refused() {
        for (from, to) in [
            ("20852163", "020852163"),
            ("20852163", "+20852163"),
            ("20852163", "-1"),
            ("20852163", "281474976710656"),
            ("20852163", "0"),
            ("q2I=\n", "q2J=\n"),
            ("q2I=\n", "q2I\n"),
            ("q2I=\n", "q2I="),
            ("q2I=\n", "q2I=\n\n"),
            ("example.com/behind-the-sofa", ""),
            ("CsUY", "CsU"),
        ] {
            assert!(EXAMPLE.contains(from));
            assert_eq!(
                Checkpoint::parse_text(&EXAMPLE.replace(from, to)),
                Err(CheckpointError::Text),
                "{from} → {to}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_canonical(text in "[a-c]{0,2}\n[0-9+]{0,3}\n(CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=)?\n{0,2}") {
            if let Ok(checkpoint) = Checkpoint::parse_text(&text) {
                prop_assert_eq!(checkpoint.to_text(), text);
            }
        }
    }
}
