//! Encrypted members of a package: opened with a password (ODF 1.3 part 2, section 4.8).
//!
//! Owns: deriving the key, AES in CBC mode, the checksum that tells a right password from a wrong one.
//! Leaves to others: where the parameters stand (`package`). Blowfish, which programs stopped writing with ODF 1.2,
//! is not opened; neither is what is encrypted for a key.

use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use worker_protocol::Reason;

use crate::{Refusal, Work};

/// The most rounds of key derivation that are done for one password: ten times what programs ask for.
const ROUNDS_MAX: u32 = 1_000_000;

/// Rounds that are done for one file, over all members and passwords.
const ROUNDS_TOTAL_MAX: u64 = 50_000_000;

/// Passwords that are tried.
const PASSWORDS_MAX: usize = 10;

/// How one member is encrypted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Encryption {
    size: Option<u64>,
    checksum_type: String,
    checksum: Vec<u8>,
    algorithm: String,
    start: Vec<u8>,
    derivation: String,
    salt: Vec<u8>,
    rounds: u32,
    key_bytes: Option<usize>,
    start_key: String,
}

impl Encryption {
    pub(super) fn of_size(size: Option<u64>) -> Self {
        Self { size, ..Self::default() }
    }

    pub(super) fn note_checksum(&mut self, kind: Option<&str>, value: Option<&str>) {
        self.checksum_type = last_step(kind);
        self.checksum = decoded(value);
    }

    /// Takes what an element of the manifest says.
    pub(super) fn note<'v>(&mut self, element: &str, of: &impl Fn(&str) -> Option<&'v str>) {
        match element {
            "algorithm" => {
                self.algorithm = last_step(of("algorithm-name"));
                self.start = decoded(of("initialisation-vector"));
            }
            "key-derivation" => {
                self.derivation = last_step(of("key-derivation-name"));
                self.salt = decoded(of("salt"));
                self.rounds = of("iteration-count").and_then(|n| n.parse().ok()).unwrap_or(0);
                self.key_bytes = of("key-size").and_then(|n| n.parse().ok());
            }
            _ => self.start_key = last_step(of("start-key-generation-name")),
        }
    }
}

/// The name of an algorithm without the place where it is defined.
fn last_step(name: Option<&str>) -> String {
    name.unwrap_or_default().rsplit(['#', '/']).next().unwrap_or_default().to_ascii_lowercase()
}

fn decoded(value: Option<&str>) -> Vec<u8> {
    STANDARD.decode(value.unwrap_or_default().trim()).unwrap_or_default()
}

/// Which of the user's passwords fits, once one did.
#[derive(Debug, Default)]
pub(super) struct Secret {
    fitting: Option<usize>,
    rounds: u64,
}

impl Secret {
    /// The member's bytes.
    ///
    /// # Errors
    /// Held for want of a password, or because the way it is encrypted is none that is known.
    pub(super) fn open(
        &mut self,
        encryption: &Encryption,
        packed: &[u8],
        work: &mut Work<'_>,
    ) -> Result<Vec<u8>, Refusal> {
        let needed = Refusal::held(Reason::PasswordNeeded);
        let passwords: Vec<&String> = work.job.hint.passwords.iter().take(PASSWORDS_MAX).collect();
        let order = self.fitting.into_iter().chain(0..passwords.len());
        for index in order {
            let Some(password) = passwords.get(index) else { continue };
            self.rounds += u64::from(encryption.rounds);
            if self.rounds > ROUNDS_TOTAL_MAX {
                return Err(Refusal::blocked(Reason::TooComplex));
            }
            let Some(deflated) = decrypt(encryption, password, packed)? else { continue };
            // The padding behind the stream is no part of it; the stream ends by itself.
            let size = encryption.size.ok_or(needed)?;
            let (bytes, _) = work.budget.inflate(&deflated, size)?;
            self.fitting = Some(index);
            return Ok(bytes);
        }
        Err(needed)
    }
}

/// The deflated bytes, or nothing when the password does not fit.
fn decrypt(encryption: &Encryption, password: &str, packed: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    let unknown = Refusal::held(Reason::PasswordNeeded);
    let is_known = encryption.derivation == "pbkdf2"
        && (1..=ROUNDS_MAX).contains(&encryption.rounds)
        && matches!(encryption.start_key.as_str(), "sha256" | "sha1" | "");
    if !is_known {
        return Err(unknown);
    }
    let start_key = match encryption.start_key.as_str() {
        "sha256" => Sha256::digest(password.as_bytes()).to_vec(),
        _ => Sha1::digest(password.as_bytes()).to_vec(),
    };
    let key_bytes = match encryption.algorithm.as_str() {
        "aes256-cbc" => 32,
        "aes128-cbc" => 16,
        _ => return Err(unknown),
    };
    if encryption.key_bytes.is_some_and(|stated| stated != key_bytes) {
        return Err(unknown);
    }
    let mut key = vec![0; key_bytes];
    pbkdf2::pbkdf2_hmac::<Sha1>(&start_key, &encryption.salt, encryption.rounds, &mut key);
    let mut bytes = packed.to_vec();
    let opened = if key_bytes == 32 {
        let decryptor = cbc::Decryptor::<aes::Aes256>::new_from_slices(&key, &encryption.start);
        decryptor.map_err(|_| unknown)?.decrypt_padded::<NoPadding>(&mut bytes).is_ok()
    } else {
        let decryptor = cbc::Decryptor::<aes::Aes128>::new_from_slices(&key, &encryption.start);
        decryptor.map_err(|_| unknown)?.decrypt_padded::<NoPadding>(&mut bytes).is_ok()
    };
    if !opened {
        return Err(Refusal::held(Reason::Damaged));
    }
    // The padding says its own length in the last byte (W3C XML Encryption, section 5.2).
    let padding = usize::from(bytes.last().copied().unwrap_or(0));
    let length = bytes.len().checked_sub(padding).filter(|_| (1..=16).contains(&padding));
    let Some(length) = length else { return Ok(None) };
    bytes.truncate(length);
    let checked = bytes.get(..1024).unwrap_or(&bytes);
    let fits = match encryption.checksum_type.as_str() {
        "sha256-1k" => Sha256::digest(checked).as_slice() == encryption.checksum,
        "sha1/1k" | "sha1-1k" | "1k" => Sha1::digest(checked).as_slice() == encryption.checksum,
        _ => return Err(unknown),
    };
    Ok(fits.then_some(bytes))
}
