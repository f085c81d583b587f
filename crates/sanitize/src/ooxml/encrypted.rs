//! Office files that a password protects (MS-OFFCRYPTO): agile and standard encryption.
//!
//! Owns: finding the two streams in the compound file, deriving the key, taking the package out.
//! Leaves to others: the package, which is rebuilt like any other. Whether it was changed on its way is not asked (the
//! keyed checksum of agile encryption): it is treated as hostile either way.

use std::io::Read;

use aes::cipher::{Array, BlockCipherDecrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::events::Event;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use worker_protocol::Reason;

use super::xml;
use crate::Refusal;
use crate::bounded::Budget;
use crate::compound::{self, Compound};

/// The password of files that are encrypted without one: every program knows it.
pub(crate) const DEFAULT_PASSWORD: &str = "VelvetSweatshop";

/// Rounds of key derivation that are done for one password. Office does 100,000.
const ROUNDS_MAX: u32 = 1_000_000;

/// Passwords that are tried.
pub(crate) const PASSWORDS_MAX: usize = 10;

/// The longest description of an encryption, in bytes.
const DESCRIPTION_BYTES_MAX: u64 = 64 << 10;

const BLOCK_BYTES: usize = 16;
const SEGMENT_BYTES: usize = 4096;

/// The package inside an encrypted compound file.
///
/// # Errors
/// Held when no password fits, when the encryption is of another sort, or when the file is damaged.
pub(crate) fn open(untrusted: &[u8], passwords: &[String], budget: &mut Budget) -> Result<Vec<u8>, Refusal> {
    let mut file = compound::open(untrusted)?;
    let description = stream(&mut file, "/EncryptionInfo", DESCRIPTION_BYTES_MAX)?;
    let packed = stream(&mut file, "/EncryptedPackage", untrusted.len() as u64)?;
    drop(file);
    budget.spend(packed.len() as u64)?;
    let scheme = Scheme::read(&description)?;
    let given = passwords.iter().take(PASSWORDS_MAX).map(String::as_str);
    for password in std::iter::once(DEFAULT_PASSWORD).chain(given) {
        let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        if let Some(key) = scheme.key(&password)? {
            return scheme.take_out(packed, &key);
        }
    }
    Err(Refusal::held(Reason::PasswordNeeded))
}

fn stream(file: &mut Compound<'_>, name: &str, bytes_max: u64) -> Result<Vec<u8>, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let stream = file.open_stream(name).map_err(|_| damaged)?;
    if stream.len() > bytes_max {
        return Err(damaged);
    }
    let mut bytes = Vec::new();
    stream.take(bytes_max).read_to_end(&mut bytes).map_err(|_| damaged)?;
    Ok(bytes)
}

/// How a package is encrypted.
enum Scheme {
    Standard(Standard),
    Agile(Box<Agile>),
}

struct Standard {
    key_bytes: usize,
    salt: Vec<u8>,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
}

struct Agile {
    /// Of the package.
    data: Cipher,
    /// Of the key.
    password: Cipher,
    rounds: u32,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
    encrypted_key: Vec<u8>,
}

#[derive(Clone)]
struct Cipher {
    hash: Hash,
    key_bytes: usize,
    salt: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of(self, pieces: &[&[u8]]) -> Vec<u8> {
        fn digest<D: Digest>(pieces: &[&[u8]]) -> Vec<u8> {
            let mut hasher = D::new();
            for piece in pieces {
                hasher.update(piece);
            }
            hasher.finalize().to_vec()
        }
        match self {
            Hash::Sha1 => digest::<Sha1>(pieces),
            Hash::Sha256 => digest::<Sha256>(pieces),
            Hash::Sha384 => digest::<Sha384>(pieces),
            Hash::Sha512 => digest::<Sha512>(pieces),
        }
    }

    /// The hash that many rounds make of a password.
    fn stretched(self, salt: &[u8], password: &[u8], rounds: u32) -> Vec<u8> {
        let mut hash = self.of(&[salt, password]);
        for round in 0..rounds {
            hash = self.of(&[&round.to_le_bytes(), &hash]);
        }
        hash
    }
}

/// Cut or filled up to a length, as the specification has it.
fn sized(mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
    bytes.resize(length, 0x36);
    bytes
}

const VERIFIER_BLOCK: [u8; 8] = [0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79];
const VERIFIER_HASH_BLOCK: [u8; 8] = [0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e];
const KEY_BLOCK: [u8; 8] = [0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6];

impl Scheme {
    fn read(description: &[u8]) -> Result<Self, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let major = u16_at(description, 0).ok_or(damaged)?;
        let minor = u16_at(description, 2).ok_or(damaged)?;
        match (major, minor) {
            (4, 4) => {
                Agile::read(description.get(8..).unwrap_or_default()).map(|a| Scheme::Agile(Box::new(a)))
            }
            (2..=4, 2) => Standard::read(description).map(Scheme::Standard),
            _ => Err(Refusal::held(Reason::NotRebuilt)),
        }
    }

    /// The key of the package, when this password fits.
    fn key(&self, password: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        match self {
            Scheme::Standard(standard) => standard.key(password),
            Scheme::Agile(agile) => agile.key(password),
        }
    }

    fn take_out(&self, packed: Vec<u8>, key: &[u8]) -> Result<Vec<u8>, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let size =
            packed.get(..8).and_then(|size| size.try_into().ok()).map(u64::from_le_bytes).ok_or(damaged)?;
        let size = usize::try_from(size).map_err(|_| damaged)?;
        let mut package = packed;
        package.drain(..8);
        if size > package.len() {
            return Err(damaged);
        }
        // A part of a block at the end belongs to nothing.
        package.truncate(package.len() / BLOCK_BYTES * BLOCK_BYTES);
        match self {
            Scheme::Standard(_) => decrypt(key, None, &mut package)?,
            Scheme::Agile(agile) => {
                for (number, segment) in package.chunks_mut(SEGMENT_BYTES).enumerate() {
                    let number = u32::try_from(number).map_err(|_| damaged)?;
                    let start = agile.data.hash.of(&[&agile.data.salt, &number.to_le_bytes()]);
                    decrypt(key, Some(&sized(start, BLOCK_BYTES)), segment)?;
                }
            }
        }
        if size > package.len() {
            return Err(damaged);
        }
        package.truncate(size);
        Ok(package)
    }
}

impl Standard {
    fn read(description: &[u8]) -> Result<Self, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let header_bytes = u32_at(description, 8).ok_or(damaged)? as usize;
        let header = description.get(12..).and_then(|rest| rest.get(..header_bytes)).ok_or(damaged)?;
        let verifier = description.get(12 + header_bytes..).ok_or(damaged)?;
        let algorithm = u32_at(header, 8).ok_or(damaged)?;
        let key_bits = u32_at(header, 16).ok_or(damaged)?;
        let key_bytes = match (algorithm, key_bits) {
            (0x660e, 128) => 16,
            (0x660f, 192) => 24,
            (0x6610, 256) => 32,
            // RC4 in a package was never written by Office itself.
            _ => return Err(Refusal::held(Reason::NotRebuilt)),
        };
        let piece =
            |from: usize, length: usize| verifier.get(from..from + length).map(<[u8]>::to_vec).ok_or(damaged);
        if u32_at(verifier, 0) != Some(16) {
            return Err(damaged);
        }
        Ok(Self { key_bytes, salt: piece(4, 16)?, verifier: piece(20, 16)?, verifier_hash: piece(40, 32)? })
    }

    fn key(&self, password: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        let stretched = Hash::Sha1.stretched(&self.salt, password, 50_000);
        let hash = Hash::Sha1.of(&[&stretched, &0u32.to_le_bytes()]);
        let mut key = Vec::new();
        for fill in [0x36u8, 0x5c] {
            let mut block = vec![fill; 64];
            for (byte, with) in block.iter_mut().zip(&hash) {
                *byte ^= with;
            }
            key.extend(Hash::Sha1.of(&[&block]));
        }
        key.truncate(self.key_bytes);
        let (mut verifier, mut expected) = (self.verifier.clone(), self.verifier_hash.clone());
        decrypt(&key, None, &mut verifier)?;
        decrypt(&key, None, &mut expected)?;
        let fits = expected.get(..20) == Some(Hash::Sha1.of(&[&verifier]).as_slice());
        Ok(fits.then_some(key))
    }
}

impl Agile {
    fn read(description: &[u8]) -> Result<Self, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let text = xml::decode(description)?;
        let mut reader = Reader::from_str(&text);
        let (mut data, mut key) = (None, None);
        loop {
            let event = reader.read_event().map_err(|_| damaged)?;
            match &event {
                Event::Start(start) | Event::Empty(start) => {
                    let attribute = |name: &str| {
                        let found = start.attributes().flatten().find(|a| a.key.as_ref() == name)?;
                        xml::attribute_value(&found).ok()
                    };
                    let bytes = |name: &str| STANDARD.decode(attribute(name)?.trim()).ok();
                    match start.local_name().as_ref() {
                        "keyData" if data.is_none() => data = Some(Cipher::read(&attribute, &bytes)?),
                        "encryptedKey" if key.is_none() => {
                            let rounds =
                                attribute("spinCount").and_then(|n| n.parse::<u32>().ok()).ok_or(damaged)?;
                            if rounds > ROUNDS_MAX {
                                return Err(Refusal::held(Reason::TooComplex));
                            }
                            let piece = |name: &str| {
                                bytes(name)
                                    .filter(|b| b.len() % BLOCK_BYTES == 0 && b.len() <= 256)
                                    .ok_or(damaged)
                            };
                            key = Some((
                                Cipher::read(&attribute, &bytes)?,
                                rounds,
                                piece("encryptedVerifierHashInput")?,
                                piece("encryptedVerifierHashValue")?,
                                piece("encryptedKeyValue")?,
                            ));
                        }
                        _ => {}
                    }
                }
                Event::DocType(_) => return Err(damaged),
                Event::Eof => break,
                _ => {}
            }
        }
        // A file for holders of a certificate alone has no key that a password opens.
        let (password, rounds, verifier, verifier_hash, encrypted_key) =
            key.ok_or(Refusal::held(Reason::PasswordNeeded))?;
        Ok(Self { data: data.ok_or(damaged)?, password, rounds, verifier, verifier_hash, encrypted_key })
    }

    fn key(&self, password: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        let hash = self.password.hash;
        let stretched = hash.stretched(&self.password.salt, password, self.rounds);
        let start = sized(self.password.salt.clone(), BLOCK_BYTES);
        let open = |block: &[u8], encrypted: &[u8]| -> Result<Vec<u8>, Refusal> {
            let key = sized(hash.of(&[&stretched, block]), self.password.key_bytes);
            let mut bytes = encrypted.to_vec();
            decrypt(&key, Some(&start), &mut bytes)?;
            Ok(bytes)
        };
        let mut verifier = open(&VERIFIER_BLOCK, &self.verifier)?;
        verifier.truncate(self.password.salt.len());
        let expected = open(&VERIFIER_HASH_BLOCK, &self.verifier_hash)?;
        if !expected.starts_with(&hash.of(&[&verifier])) {
            return Ok(None);
        }
        let mut key = open(&KEY_BLOCK, &self.encrypted_key)?;
        key.truncate(self.data.key_bytes);
        Ok(Some(key))
    }
}

impl Cipher {
    fn read(
        attribute: &dyn Fn(&str) -> Option<String>,
        bytes: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<Self, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let unknown = Refusal::held(Reason::NotRebuilt);
        if attribute("cipherAlgorithm").as_deref() != Some("AES")
            || attribute("cipherChaining").as_deref() != Some("ChainingModeCBC")
            || attribute("blockSize").as_deref() != Some("16")
        {
            return Err(unknown);
        }
        let hash = match attribute("hashAlgorithm").as_deref() {
            Some("SHA1" | "SHA-1") => Hash::Sha1,
            Some("SHA256" | "SHA-256") => Hash::Sha256,
            Some("SHA384" | "SHA-384") => Hash::Sha384,
            Some("SHA512" | "SHA-512") => Hash::Sha512,
            _ => return Err(unknown),
        };
        let key_bytes = match attribute("keyBits").as_deref() {
            Some("128") => 16,
            Some("192") => 24,
            Some("256") => 32,
            _ => return Err(unknown),
        };
        let salt = bytes("saltValue").filter(|salt| (1..=64).contains(&salt.len())).ok_or(damaged)?;
        Ok(Self { hash, key_bytes, salt })
    }
}

/// AES over whole blocks, chained when there is something to start from.
fn decrypt(key: &[u8], start: Option<&[u8]>, bytes: &mut [u8]) -> Result<(), Refusal> {
    fn run<C>(key: &[u8], start: Option<&[u8]>, bytes: &mut [u8]) -> Option<()>
    where
        C: BlockCipherDecrypt + KeyInit + aes::cipher::BlockSizeUser<BlockSize = aes::cipher::consts::U16>,
    {
        let cipher = C::new_from_slice(key).ok()?;
        let mut previous: [u8; BLOCK_BYTES] = start.unwrap_or(&[0; BLOCK_BYTES]).try_into().ok()?;
        for chunk in bytes.chunks_exact_mut(BLOCK_BYTES) {
            let encrypted: [u8; BLOCK_BYTES] = (&*chunk).try_into().ok()?;
            let mut block = Array::from(encrypted);
            cipher.decrypt_block(&mut block);
            if start.is_some() {
                for (byte, with) in block.iter_mut().zip(&previous) {
                    *byte ^= with;
                }
                previous = encrypted;
            }
            chunk.copy_from_slice(&block);
        }
        Some(())
    }
    let done = match key.len() {
        16 => run::<aes::Aes128>(key, start, bytes),
        24 => run::<aes::Aes192>(key, start, bytes),
        32 => run::<aes::Aes256>(key, start, bytes),
        _ => None,
    };
    done.ok_or(Refusal::held(Reason::Damaged))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
pub(in crate::ooxml) mod tests;
