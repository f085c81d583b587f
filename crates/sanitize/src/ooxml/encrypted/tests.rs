//! Compound files encrypted here, and damaged ones.

use std::io::{Cursor, Write};

use aes::cipher::BlockCipherEncrypt;
use proptest::prelude::*;
use worker_protocol::Limits;

use super::*;

fn encrypt(key: &[u8], start: Option<&[u8]>, bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out.resize(out.len().div_ceil(BLOCK_BYTES) * BLOCK_BYTES, 0);
    let mut previous = start.map_or(vec![0; BLOCK_BYTES], <[u8]>::to_vec);
    for chunk in out.chunks_exact_mut(BLOCK_BYTES) {
        if start.is_some() {
            chunk.iter_mut().zip(&previous).for_each(|(byte, with)| *byte ^= with);
        }
        let mut block = Array::from(<[u8; BLOCK_BYTES]>::try_from(&*chunk).unwrap());
        match key.len() {
            16 => aes::Aes128::new_from_slice(key).unwrap().encrypt_block(&mut block),
            _ => aes::Aes256::new_from_slice(key).unwrap().encrypt_block(&mut block),
        }
        chunk.copy_from_slice(&block);
        previous = block.to_vec();
    }
    out
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn compound(description: &[u8], package: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream("/EncryptionInfo").unwrap().write_all(description).unwrap();
    file.create_stream("/EncryptedPackage").unwrap().write_all(package).unwrap();
    file.into_inner().into_inner()
}

/// Agile encryption with AES-256 and SHA-512, as Office writes it but for the number of rounds.
pub(in crate::ooxml) fn agile(package: &[u8], password: &str, rounds: u32) -> Vec<u8> {
    let (salt, data_salt, key, verifier) = ([7u8; 16], [9u8; 16], [3u8; 32], [5u8; 16]);
    let hash = Hash::Sha512;
    let stretched = hash.stretched(&salt, &utf16(password), rounds);
    let close = |block: &[u8], bytes: &[u8]| {
        let key = sized(hash.of(&[&stretched, block]), 32);
        STANDARD.encode(encrypt(&key, Some(&salt), bytes))
    };
    let common = "saltSize=\"16\" blockSize=\"16\" keyBits=\"256\" hashSize=\"64\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA512\"";
    let xml = format!(
        "<encryption xmlns=\"http://schemas.microsoft.com/office/2006/encryption\" xmlns:p=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><keyData {common} saltValue=\"{}\"/><keyEncryptors><keyEncryptor><p:encryptedKey spinCount=\"{rounds}\" {common} saltValue=\"{}\" encryptedVerifierHashInput=\"{}\" encryptedVerifierHashValue=\"{}\" encryptedKeyValue=\"{}\"/></keyEncryptor></keyEncryptors></encryption>",
        STANDARD.encode(data_salt),
        STANDARD.encode(salt),
        close(&VERIFIER_BLOCK, &verifier),
        close(&VERIFIER_HASH_BLOCK, &hash.of(&[&verifier])),
        close(&KEY_BLOCK, &key),
    );
    let description = [&[4, 0, 4, 0, 0x40, 0, 0, 0], xml.as_bytes()].concat();
    let mut packed = (package.len() as u64).to_le_bytes().to_vec();
    for (number, segment) in package.chunks(SEGMENT_BYTES).enumerate() {
        let start = sized(hash.of(&[&data_salt, &u32::try_from(number).unwrap().to_le_bytes()]), BLOCK_BYTES);
        packed.extend(encrypt(&key, Some(&start), segment));
    }
    compound(&description, &packed)
}

/// Standard encryption with AES-128, as Office 2007 writes it.
fn standard(package: &[u8], password: &str) -> Vec<u8> {
    let mut scheme =
        Standard { key_bytes: 16, salt: vec![1; 16], verifier: vec![2; 16], verifier_hash: vec![0; 32] };
    // The key does not depend on the verifier, so it can be found with one that fits nothing.
    let stretched = Hash::Sha1.stretched(&scheme.salt, &utf16(password), 50_000);
    let hash = Hash::Sha1.of(&[&stretched, &[0; 4]]);
    let block: Vec<u8> = (0..64).map(|i| 0x36 ^ hash.get(i).copied().unwrap_or(0)).collect();
    let key = &Hash::Sha1.of(&[&block])[..16];
    scheme.verifier_hash = encrypt(key, None, &Hash::Sha1.of(&[&scheme.verifier]));
    let mut description = vec![3, 0, 2, 0, 0x24, 0, 0, 0];
    let mut header = Vec::new();
    for field in [0x24u32, 0, 0x660e, 0x8004, 128, 0x18, 0, 0] {
        header.extend(field.to_le_bytes());
    }
    header.extend(utf16("AES\0"));
    description.extend(u32::try_from(header.len()).unwrap().to_le_bytes());
    description.extend(header);
    description.extend(16u32.to_le_bytes());
    description.extend(&scheme.salt);
    description.extend(encrypt(key, None, &scheme.verifier));
    description.extend(20u32.to_le_bytes());
    description.extend(&scheme.verifier_hash);
    let packed = [&(package.len() as u64).to_le_bytes()[..], &encrypt(key, None, package)].concat();
    compound(&description, &packed)
}

fn run(file: &[u8], passwords: &[&str]) -> Result<Vec<u8>, Refusal> {
    let passwords: Vec<String> = passwords.iter().map(|p| (*p).to_owned()).collect();
    open(file, &passwords, &mut Budget::new(Limits::default()))
}

#[test]
fn a_password_opens_and_a_wrong_one_does_not() {
    let package: Vec<u8> = (0..10_000u32).map(|i| i as u8).collect();
    let needed = Err(Refusal::held(Reason::PasswordNeeded));
    for file in [agile(&package, "パスワード", 100), standard(&package, "パスワード")] {
        assert_eq!(run(&file, &["x", "パスワード"]), Ok(package.clone()));
        assert_eq!(run(&file, &["x"]), needed);
        assert_eq!(run(&file, &[]), needed);
    }
    assert_eq!(run(&agile(&package, DEFAULT_PASSWORD, 10), &[]), Ok(package.clone()));
    assert_eq!(run(&agile(b"", "a", 0), &["a"]), Ok(Vec::new()));
}

#[test]
fn lies_are_refused() {
    let held = |reason| Err(Refusal::held(reason));
    let xml = |from: &str, to: &str| {
        let file = agile(b"x", "a", 10);
        let mut compound_file = cfb::CompoundFile::open(Cursor::new(file)).unwrap();
        let mut description = Vec::new();
        compound_file.open_stream("/EncryptionInfo").unwrap().read_to_end(&mut description).unwrap();
        let text = String::from_utf8(description[8..].to_vec()).unwrap().replace(from, to);
        compound(&[&description[..8], text.as_bytes()].concat(), &[0; 24])
    };
    let rows = [
        ("no streams", compound(b"", b""), Reason::Damaged),
        ("too many rounds", xml("spinCount=\"10\"", "spinCount=\"99999999\""), Reason::TooComplex),
        ("unknown cipher", xml("\"AES\"", "\"RC2\""), Reason::NotRebuilt),
        ("no key for a password", xml("p:encryptedKey", "p:other"), Reason::PasswordNeeded),
        ("a DTD", xml("<encryption ", "<!DOCTYPE x><encryption "), Reason::Damaged),
        ("unknown version", compound(&[9, 0, 9, 0], b""), Reason::NotRebuilt),
        ("another sort of file", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), Reason::Damaged),
    ];
    for (name, file, reason) in rows {
        assert_eq!(run(&file, &["a"]), held(reason), "{name}");
    }
    // A package that claims to be longer than it is.
    let key = [3u8; 32];
    let Ok(scheme) = Scheme::read(&standard_description()) else { panic!() };
    assert_eq!(scheme.take_out(vec![0xFF; 8 + 32], &key), held(Reason::Damaged));
    assert_eq!(scheme.take_out(vec![0; 7], &key), held(Reason::Damaged));
}

fn standard_description() -> Vec<u8> {
    let mut file = cfb::CompoundFile::open(Cursor::new(standard(b"x", "a"))).unwrap();
    let mut description = Vec::new();
    file.open_stream("/EncryptionInfo").unwrap().read_to_end(&mut description).unwrap();
    description
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damage_never_panics(at in 0usize..8000, byte in any::<u8>(), cut in 0usize..4000) {
        let mut file = agile(b"package", "a", 1);
        let length = file.len();
        file[at % length] = byte;
        file.truncate(length - cut % length);
        let _ = run(&file, &["a"]);
    }
}
