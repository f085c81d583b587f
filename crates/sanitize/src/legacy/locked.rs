//! Files of Office 2003 and before that a password protects (MS-OFFCRYPTO, MS-DOC, MS-XLS): RC4, with a key made by MD5 or by
//! the system's provider, and the obfuscation before it.
//!
//! Owns: finding out how a file is locked, trying passwords, and writing the file as it was before. So no other program is given
//! a password.
//! Leaves to others: the obfuscation (`obfuscated`), what of a presentation is locked (`locked_slides`), reading the file (`words`,
//! `sheets`, `slides`), packages in compound files (`ooxml`).

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use md5::Md5;
use rc4::{KeyInit, Rc4, StreamCipher};
use sha1::{Digest, Sha1};
use worker_protocol::{Kind, Reason, Threat};

use super::bytes::{place_at, u16_at, u32_at};
use super::obfuscated::Mask;
use super::{locked_slides, words};
use crate::ooxml::{DEFAULT_PASSWORD, PASSWORDS_MAX};
use crate::{Refusal, Work, compound};

/// Records of a workbook by number.
mod record {
    pub(super) const BEGIN: u16 = 0x0809;
    pub(super) const PASSWORD: u16 = 0x002F;
    pub(super) const SHEET: u16 = 0x0085;
    /// Says that Excel 2000 wrote the file; programs ignore it, and it may stand anywhere.
    pub(super) const IGNORED: u16 = 0x01C0;
    /// What is written in the clear: who has the file open, and who may see changes.
    pub(super) const CLEAR: [u16; 7] = [BEGIN, PASSWORD, 0x00E1, 0x0194, 0x0195, 0x0196, 0x0138];
}

/// A key serves for so many bytes.
const BOOK_BLOCK_BYTES: usize = 1024;
const DOCUMENT_BLOCK_BYTES: usize = 512;

/// The head of a document's main stream is written in the clear; before Word 97 it was shorter.
const HEAD_BYTES: usize = 68;
const HEAD_BYTES_BEFORE_97: usize = 52;

/// Where a workbook says that it is locked: among its first records, in its first bytes.
const START_BYTES: u64 = 8 << 10;

/// The method before RC4.
const IS_OBFUSCATED: u16 = 0x8000;

pub(super) type File = cfb::CompoundFile<Cursor<Vec<u8>>>;

/// The file as it was before it was locked; nothing when it is not.
///
/// # Errors
/// Held when no password fits, when it is locked in another way, or when it is damaged.
pub(super) fn open(untrusted: &[u8], kind: Kind, work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let damaged = |_| Refusal::held(Reason::Damaged);
    let mut seen = compound::open(untrusted)?;
    let is_locked = match kind {
        Kind::Doc => words::is_locked(&start(&mut seen, "/WordDocument")),
        Kind::Xls => {
            let name = book_name(&seen);
            lock_of_book(&start(&mut seen, name)).is_some()
        }
        _ => locked_slides::is_locked(&start(&mut seen, "/Current User")),
    };
    if !is_locked {
        return Ok(None);
    }
    drop(seen);
    work.budget.spend(untrusted.len() as u64)?;
    let mut file = File::open(Cursor::new(compound::sound(untrusted).into_owned())).map_err(damaged)?;
    let place = match kind {
        Kind::Doc => open_document(&mut file, work).map(|()| "WordDocument"),
        Kind::Xls => open_book(&mut file, work).map(|()| "Workbook"),
        _ => locked_slides::open(&mut file, work).map(|()| "PowerPoint Document"),
    }?;
    file.flush().map_err(damaged)?;
    work.findings.add(Threat::Encryption, place);
    Ok(Some(file.into_inner().into_inner()))
}

fn book_name<F>(file: &cfb::CompoundFile<F>) -> &'static str {
    if file.is_stream("/Workbook") { "/Workbook" } else { "/Book" }
}

/// The first bytes of a stream; none when it is not there.
fn start(file: &mut compound::Compound<'_>, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(stream) = file.open_stream(name)
        && stream.take(START_BYTES).read_to_end(&mut bytes).is_err()
    {
        bytes.clear();
    }
    bytes
}

pub(super) fn whole(file: &mut File, name: &str, work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
    let damaged = |_| Refusal::held(Reason::Damaged);
    let mut stream = file.open_stream(name).map_err(damaged)?;
    work.budget.spend(stream.len())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(damaged)?;
    Ok(bytes)
}

pub(super) fn write(file: &mut File, name: &str, bytes: &[u8]) -> Result<(), Refusal> {
    let damaged = |_| Refusal::held(Reason::Damaged);
    let mut stream = file.open_stream(name).map_err(damaged)?;
    stream.seek(SeekFrom::Start(0)).map_err(damaged)?;
    stream.write_all(bytes).map_err(damaged)?;
    stream.flush().map_err(damaged)
}

/// Where the record that says how a workbook is locked has its content.
fn lock_of_book(book: &[u8]) -> Option<(usize, usize)> {
    records(book).find(|(number, ..)| *number == record::PASSWORD).map(|(_, from, to)| (from, to))
}

/// The records of a workbook: number, and where the content begins and ends.
fn records(book: &[u8]) -> impl Iterator<Item = (u16, usize, usize)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (number, length) = (u16_at(book, at)?, usize::from(u16_at(book, at + 2)?));
        let from = at + 4;
        at = from + length;
        (at <= book.len()).then_some((number, from, at))
    })
}

fn open_book(file: &mut File, work: &mut Work<'_>) -> Result<(), Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let name = book_name(file);
    let mut book = whole(file, name, work)?;
    let (from, to) = lock_of_book(&book).ok_or(damaged)?;
    let description = book.get(from..to).ok_or(damaged)?;
    let passwords = &work.job.hint.passwords;
    let mask = |at: usize| {
        let numbers = u16_at(description, at).zip(u16_at(description, at + 2)).ok_or(damaged)?;
        Ok(Hidden::Mask(Mask::fitting(passwords, numbers.0, numbers.1)?))
    };
    // Workbooks before Excel 97 do not say how, because there was one way.
    let hidden = match (description.len(), u16_at(description, 0)) {
        (7.., Some(1)) => {
            let key = Lock::read(description.get(2..).unwrap_or_default())?.fitting_key(passwords)?;
            Hidden::Stream(key.stream(BOOK_BLOCK_BYTES, book.len())?)
        }
        (6, Some(0)) => mask(2)?,
        (4, _) => mask(0)?,
        _ => return Err(Refusal::held(Reason::NotRebuilt)),
    };
    let places: Vec<_> = records(&book).collect();
    for (number, from, to) in places {
        let clear = match number {
            _ if record::CLEAR.contains(&number) => continue,
            // Where the sheet begins is said in the clear.
            record::SHEET => from + 4,
            _ => from,
        };
        match &hidden {
            Hidden::Stream(stream) => apply(&mut book, stream, clear, to),
            Hidden::Mask(mask) => mask.open_record(&mut book, from, clear, to),
        }
    }
    let number = record::IGNORED.to_le_bytes();
    book.get_mut(from - 4..from - 2).ok_or(damaged)?.copy_from_slice(&number);
    write(file, name, &book)
}

fn open_document(file: &mut File, work: &mut Work<'_>) -> Result<(), Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let mut main = whole(file, "/WordDocument", work)?;
    let flags = u16_at(&main, 0x0A).ok_or(damaged)?;
    let is_before_97 = u16_at(&main, 0) != Some(words::SINCE_97);
    if is_before_97 || flags & IS_OBFUSCATED != 0 {
        return open_obfuscated(file, main, is_before_97, work);
    }
    let name = words::table_name(flags);
    let mut table = whole(file, name, work)?;
    // The table begins with how it is locked.
    let length = place_at(&main, 0x0E).ok_or(damaged)?;
    let lock = Lock::read(table.get(..length).ok_or(damaged)?)?;
    let key = lock.fitting_key(&work.job.hint.passwords)?;
    let longest = main.len().max(table.len());
    let mut stream = key.stream(DOCUMENT_BLOCK_BYTES, longest)?;
    let end = main.len();
    apply(&mut main, &stream, HEAD_BYTES, end);
    let end = table.len();
    apply(&mut table, &stream, length, end);
    let flags = flags & !words::IS_ENCRYPTED;
    main.get_mut(0x0A..0x0C).ok_or(damaged)?.copy_from_slice(&flags.to_le_bytes());
    main.get_mut(0x0E..0x12).ok_or(damaged)?.fill(0);
    write(file, "/WordDocument", &main)?;
    write(file, name, &table)?;
    if file.is_stream("/Data") {
        let mut data = whole(file, "/Data", work)?;
        if data.len() > stream.len() {
            stream = key.stream(DOCUMENT_BLOCK_BYTES, data.len())?;
        }
        let end = data.len();
        apply(&mut data, &stream, 0, end);
        write(file, "/Data", &data)?;
    }
    Ok(())
}

fn open_obfuscated(
    file: &mut File,
    mut main: Vec<u8>,
    is_before_97: bool,
    work: &mut Work<'_>,
) -> Result<(), Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let flags = u16_at(&main, 0x0A).ok_or(damaged)?;
    let (proof, key) = u16_at(&main, 0x0E).zip(u16_at(&main, 0x10)).ok_or(damaged)?;
    let mask = Mask::fitting(&work.job.hint.passwords, key, proof)?;
    mask.open_stream(&mut main, if is_before_97 { HEAD_BYTES_BEFORE_97 } else { HEAD_BYTES });
    let flags_then = flags & !(words::IS_ENCRYPTED | IS_OBFUSCATED);
    main.get_mut(0x0A..0x0C).ok_or(damaged)?.copy_from_slice(&flags_then.to_le_bytes());
    main.get_mut(0x0E..0x12).ok_or(damaged)?.fill(0);
    write(file, "/WordDocument", &main)?;
    for name in [words::table_name(flags), "/Data"] {
        if !is_before_97 && file.is_stream(name) {
            let mut bytes = whole(file, name, work)?;
            mask.open_stream(&mut bytes, 0);
            write(file, name, &bytes)?;
        }
    }
    Ok(())
}

/// What the records of a workbook are hidden with.
enum Hidden {
    Stream(Vec<u8>),
    Mask(Mask),
}

pub(super) fn apply(bytes: &mut [u8], stream: &[u8], from: usize, to: usize) {
    let (Some(bytes), Some(stream)) = (bytes.get_mut(from..to), stream.get(from..to)) else { return };
    for (byte, with) in bytes.iter_mut().zip(stream) {
        *byte ^= with;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// The first way: 40 bits, MD5.
    Old,
    /// By the system's provider: SHA-1, and so many bytes of it.
    Provider { key_bytes: usize },
}

/// How a file is locked.
#[derive(Debug)]
pub(super) struct Lock {
    sort: Sort,
    salt: [u8; 16],
    /// What proves a password, and its hash, both encrypted.
    proof: Vec<u8>,
}

/// What a password that fits makes the keys from.
pub(super) struct Key {
    sort: Sort,
    base: Vec<u8>,
}

impl Lock {
    pub(super) fn read(description: &[u8]) -> Result<Self, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let piece = |from: usize, length: usize| -> Result<&[u8], Refusal> {
            let to = from.checked_add(length).ok_or(damaged)?;
            description.get(from..to).ok_or(damaged)
        };
        let salt = |from: usize| piece(from, 16)?.try_into().map_err(|_| damaged);
        match (u16_at(description, 0), u16_at(description, 2)) {
            (Some(1), Some(1)) => {
                Ok(Self { sort: Sort::Old, salt: salt(4)?, proof: piece(20, 32)?.to_vec() })
            }
            (Some(2..=4), Some(2)) => {
                let header_bytes = place_at(description, 8).filter(|bytes| *bytes <= 4096).ok_or(damaged)?;
                let bits = match u32_at(description, 28) {
                    Some(0) => 40,
                    Some(bits @ 40..=128) if bits % 8 == 0 => bits,
                    _ => return Err(Refusal::held(Reason::NotRebuilt)),
                };
                if u32_at(description, 20) != Some(0x6801) {
                    return Err(Refusal::held(Reason::NotRebuilt));
                }
                let verifier = 12 + header_bytes;
                if (u32_at(description, verifier), u32_at(description, verifier + 36)) != (Some(16), Some(20))
                {
                    return Err(damaged);
                }
                let proof = [piece(verifier + 20, 16)?, piece(verifier + 40, 20)?].concat();
                let sort = Sort::Provider { key_bytes: (bits / 8) as usize };
                Ok(Self { sort, salt: salt(verifier + 4)?, proof })
            }
            (None, _) | (_, None) => Err(damaged),
            _ => Err(Refusal::held(Reason::NotRebuilt)),
        }
    }

    pub(super) fn fitting_key(&self, passwords: &[String]) -> Result<Key, Refusal> {
        let given = passwords.iter().take(PASSWORDS_MAX).map(String::as_str);
        for password in std::iter::once(DEFAULT_PASSWORD).chain(given) {
            if let Some(key) = self.key(password)? {
                return Ok(key);
            }
        }
        Err(Refusal::held(Reason::PasswordNeeded))
    }

    /// The key, when this password fits.
    pub(super) fn key(&self, password: &str) -> Result<Option<Key>, Refusal> {
        let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let base = match self.sort {
            Sort::Old => {
                let hash = Md5::digest(&password);
                let once = [hash.get(..5).unwrap_or_default(), &self.salt].concat();
                Md5::digest(once.repeat(16)).get(..5).unwrap_or_default().to_vec()
            }
            Sort::Provider { .. } => Sha1::digest([self.salt.as_slice(), &password].concat()).to_vec(),
        };
        let key = Key { sort: self.sort, base };
        let mut proof = self.proof.clone();
        key.cipher(0)?.apply_keystream(&mut proof);
        let (verifier, hash) = proof.split_at_checked(16).unwrap_or_default();
        let fits = match self.sort {
            Sort::Old => Md5::digest(verifier).as_slice() == hash,
            Sort::Provider { .. } => Sha1::digest(verifier).as_slice() == hash,
        };
        Ok(fits.then_some(key))
    }
}

impl Key {
    pub(super) fn cipher(&self, block: u32) -> Result<Rc4, Refusal> {
        let seed = [self.base.as_slice(), &block.to_le_bytes()].concat();
        let key = match self.sort {
            Sort::Old => Md5::digest(&seed).to_vec(),
            Sort::Provider { key_bytes } => {
                let mut key = Sha1::digest(&seed).to_vec();
                key.truncate(key_bytes);
                if key_bytes == 5 {
                    // A key of 40 bits is filled up with zeros.
                    key.resize(16, 0);
                }
                key
            }
        };
        Rc4::new_from_slice(&key).map_err(|_| Refusal::held(Reason::Damaged))
    }

    /// What so many bytes are combined with.
    fn stream(&self, block_bytes: usize, length: usize) -> Result<Vec<u8>, Refusal> {
        let mut stream = vec![0; length];
        for (block, chunk) in stream.chunks_mut(block_bytes).enumerate() {
            let block = u32::try_from(block).map_err(|_| Refusal::held(Reason::TooLarge))?;
            self.cipher(block)?.apply_keystream(chunk);
        }
        Ok(stream)
    }
}

#[cfg(test)]
pub(super) mod tests;
