//! Texts that an auditor is handed: signed notes, checkpoints, keys, tile paths, leaves.
//!
//! Holds: what is accepted is written back byte for byte, so that two readers can never disagree about it, and
//! nothing is taken for signed by a key that did not sign it.

use std::sync::OnceLock;

use ledger::{Checkpoint, Entry, Note, SigningKey, TilePath, VerifierKey};

static KEY: OnceLock<SigningKey> = OnceLock::new();

/// Runs one input; a panic is the failure.
pub(crate) fn check(data: &[u8]) {
    let key =
        KEY.get_or_init(|| SigningKey::from_seed("fuzz.example.jp", &[7; 32]).expect("a key from a seed"));
    if Note::parse(data).is_ok() {
        assert!(Checkpoint::open(data, key.verifier()).is_err(), "a forged signature");
    }
    if let Ok(entry) = Entry::parse_leaf(data) {
        assert_eq!(entry.to_leaf(), data);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(checkpoint) = Checkpoint::parse_text(text) {
        assert_eq!(checkpoint.to_text(), text);
    }
    if let Ok(path) = text.parse::<TilePath>() {
        assert_eq!(path.to_string(), text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
}

/// Texts to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let key = SigningKey::from_seed("fuzz.example.jp", &[8; 32]).expect("a key from a seed");
    let checkpoint = Checkpoint::new(key.verifier(), 3, ledger::leaf_hash(b"leaf"));
    let note = checkpoint.sign(&key).expect("signed");
    let texts = [
        note,
        checkpoint.to_text(),
        "tile/0/000".to_owned(),
        "tile/1/x001/234.p/5".to_owned(),
        key.verifier().to_string(),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}
