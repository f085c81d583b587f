//! Keys: one master secret, two keys for each zone, one key for each file.
//!
//! Owns the derivation, which docs/format-blob.md describes. Leaves keeping and backing up the master secret to the
//! binary and its operator: without it no blob can be read again.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What everything in a store is encrypted from. Wiped from memory when dropped; shows nothing of itself.
pub struct MasterSecret(Zeroizing<[u8; 32]>);

impl MasterSecret {
    /// Takes 32 bytes that came from a good generator once and are kept ever since.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The keys of a zone. Keys of different zones are unrelated, so that equal files in two zones have unrelated
    /// addresses and unrelated bytes.
    pub(crate) fn zone(&self, zone: &str) -> ZoneKeys {
        ZoneKeys { address: self.derive(b"address", zone), files: self.derive(b"files", zone) }
    }

    /// Key and nonce of one sealed secret. The salt is random for each, so no nonce meets a key twice.
    pub(crate) fn seal_key(&self, salt: &[u8; 32]) -> (Zeroizing<[u8; 32]>, [u8; 12]) {
        let mut bytes = Zeroizing::new([0; 44]);
        let hkdf = Hkdf::<Sha256>::new(Some(salt), self.0.as_slice());
        expand(&hkdf, &[b"sekisho vault 1"], bytes.as_mut_slice());
        let (mut key, mut nonce) = (Zeroizing::new([0; 32]), [0; 12]);
        let (first, rest) = bytes.split_at(32);
        key.copy_from_slice(first);
        nonce.copy_from_slice(rest);
        (key, nonce)
    }

    fn derive(&self, purpose: &[u8], zone: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        let parts = [b"sekisho blob 1".as_slice(), b"\0", purpose, b"\0", zone.as_bytes()];
        expand(&Hkdf::<Sha256>::new(None, self.0.as_slice()), &parts, key.as_mut_slice());
        key
    }
}

impl std::fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterSecret(..)")
    }
}

/// The keys of one zone.
pub(crate) struct ZoneKeys {
    address: Zeroizing<[u8; 32]>,
    files: Zeroizing<[u8; 32]>,
}

/// What one file is sealed with.
pub(crate) struct FileKey {
    pub(crate) key: Zeroizing<[u8; 32]>,
    /// The first seven bytes of each nonce; the STREAM counter and the last-chunk flag follow.
    pub(crate) nonce_prefix: [u8; 7],
}

impl ZoneKeys {
    /// Starts computing an address over plain bytes. Keyed: who sees an address cannot test a guess of the content.
    pub(crate) fn addressing(&self) -> Addressing {
        Addressing(keyed(self.address.as_slice()))
    }

    /// The key of the file with this salt. The salt is random for each file, so no nonce meets a key twice.
    pub(crate) fn file(&self, salt: &[u8; 32]) -> FileKey {
        let mut bytes = Zeroizing::new([0; 39]);
        let hkdf = Hkdf::<Sha256>::new(Some(salt), self.files.as_slice());
        expand(&hkdf, &[b"sekisho blob 1 file"], bytes.as_mut_slice());
        let (mut key, mut nonce_prefix) = (Zeroizing::new([0; 32]), [0; 7]);
        let (first, rest) = bytes.split_at(32);
        key.copy_from_slice(first);
        nonce_prefix.copy_from_slice(rest);
        FileKey { key, nonce_prefix }
    }
}

/// An address being computed.
pub(crate) struct Addressing(Hmac<Sha256>);

impl Addressing {
    pub(crate) fn update(&mut self, plain: &[u8]) {
        self.0.update(plain);
    }

    /// The address: 64 lower-case hex digits.
    pub(crate) fn finish(self) -> String {
        hex::encode(self.0.finalize().into_bytes())
    }
}

#[expect(
    clippy::expect_used,
    reason = "HKDF-SHA256 fails only above 8,160 bytes of output; 44 is the most asked for"
)]
fn expand(hkdf: &Hkdf<Sha256>, info: &[&[u8]], out: &mut [u8]) {
    hkdf.expand_multi_info(info, out).expect("the output is short");
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("any length is a key")
}
