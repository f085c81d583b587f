//! Members of a 7z archive.
//!
//! Owns: passwords, and what a block may ask for before it is expanded: memory for dictionaries and rounds of the key
//! derivation stand in the headers, so a small file could claim any of both.
//! Leaves to others: the structure and the methods (the `sevenz-rust2` library), the one look at the structure that has
//! to come before the library's (`seven_zip_header`), counting (`bounded`).

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Cursor;

use sevenz_rust2::{Archive, ArchiveEntry, Block, BlockDecoder, EncoderMethod, Error, Password};
use worker_protocol::{Reason, Threat};

use super::seven_zip_header::{self, Demand};
use super::{Found, Packing, permille};
use crate::{Refusal, Work};

/// Bytes at the start of the file, before everything that offsets count from.
const START_BYTES: u64 = 32;

pub(super) fn each(untrusted: &[u8], packing: &mut Packing, work: &mut Work<'_>) -> Result<(), Refusal> {
    let mut keys = Keys::default();
    let archive = open(untrusted, &mut keys, work)?;
    work.budget.take_entries(archive.files.len())?;
    if archive.files.iter().any(|entry| entry.is_anti_item) {
        work.findings.add(Threat::HiddenData, "7z#anti");
    }
    // Empty files lie in no block.
    for (index, entry) in archive.files.iter().enumerate() {
        if archive.stream_map.file_block_index.get(index).copied().flatten().is_none() {
            take(entry, Ok(Cow::Borrowed(&[])), 0, packing, work)?;
        }
    }
    for (index, block) in archive.blocks.iter().enumerate() {
        let done = permille(index + 1, archive.blocks.len());
        let each = BlockOf { archive: &archive, block, index, untrusted, permille: done };
        each.each(&mut keys, packing, work)?;
    }
    Ok(())
}

/// Reads the table of contents, with a password where it is encrypted, too.
fn open(untrusted: &[u8], keys: &mut Keys, work: &mut Work<'_>) -> Result<Archive, Refusal> {
    let start = seven_zip_header::check(untrusted)?;
    if start.has_foreign_bytes {
        work.findings.add(Threat::HiddenData, "7z#outside");
    }
    let Some(demand) = start.table else {
        return Archive::read(&mut Cursor::new(untrusted), &Password::empty())
            .map_err(|_| Refusal::held(Reason::Damaged));
    };
    work.budget.spend(demand.expanded_bytes)?;
    if demand.key.is_none() {
        return Archive::read(&mut Cursor::new(untrusted), &Password::empty()).map_err(in_words);
    }
    for password in work.job.hint.passwords.iter().take(10) {
        keys.pay(&demand, password, work)?;
        if let Ok(archive) = Archive::read(&mut Cursor::new(untrusted), &Password::from(password.as_str())) {
            work.findings.add(Threat::Encryption, "7z");
            return Ok(archive);
        }
    }
    Err(Refusal::held(Reason::PasswordNeeded))
}

fn in_words(error: Error) -> Refusal {
    Refusal::held(match error {
        Error::UnsupportedCompressionMethod(_) | Error::ExternalUnsupported | Error::Unsupported(_) => {
            Reason::NotRebuilt
        }
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Reason::PasswordNeeded,
        _ => Reason::Damaged,
    })
}

/// Derived keys that were paid for. The library keeps the last one.
#[derive(Default)]
struct Keys {
    paid: HashSet<(Vec<u8>, String)>,
}

impl Keys {
    /// A round hashes some bytes, so it is paid for like bytes; one key for a whole archive is paid for once.
    fn pay(&mut self, demand: &Demand, password: &str, work: &mut Work<'_>) -> Result<(), Refusal> {
        const ROUND_BYTES: u64 = 8;
        let Some(key) = &demand.key else { return Ok(()) };
        if self.paid.insert((key.salt.clone(), password.to_owned())) {
            work.budget.spend(key.rounds.saturating_mul(ROUND_BYTES))?;
        }
        Ok(())
    }
}

/// Files that are packed as one stream.
struct BlockOf<'a> {
    archive: &'a Archive,
    block: &'a Block,
    index: usize,
    untrusted: &'a [u8],
    permille: u16,
}

impl BlockOf<'_> {
    fn each(&self, keys: &mut Keys, packing: &mut Packing, work: &mut Work<'_>) -> Result<(), Refusal> {
        let coders = self.block.coders.iter().map(|coder| (coder.encoder_method_id(), coder.properties()));
        let demand = Demand::of(coders)?;
        let deflated = match self.block.coders.as_slice() {
            [only] => only.encoder_method_id() == EncoderMethod::ID_DEFLATE,
            _ => false,
        };
        if deflated {
            return self.each_deflated(packing, work);
        }
        let is_known = self.block.coders.iter().all(|coder| is_known(coder.encoder_method_id()));
        if !is_known {
            return self.refuse_all(Refusal::held(Reason::NotRebuilt), packing, work);
        }
        let mut password = Password::empty();
        if demand.key.is_some() {
            match self.find_password(&demand, keys, work)? {
                Some(found) => {
                    work.findings.add(Threat::Encryption, "7z");
                    password = found;
                }
                None => return self.refuse_all(Refusal::held(Reason::PasswordNeeded), packing, work),
            }
        }
        let mut stopped = None;
        let packed_bytes = self.untrusted.len() as u64;
        let mut source = Cursor::new(self.untrusted);
        let mut taken = 0;
        let whole = BlockDecoder::new(1, self.index, self.archive, &password, &mut source).for_each_entries(
            &mut |entry, reader| {
                let bytes = work.budget.take_all(reader, packed_bytes, entry.size).map(Cow::Owned);
                // What follows in the same stream cannot be found any more.
                let goes_on = bytes.is_ok();
                taken += 1;
                match take(entry, bytes, self.permille, packing, work) {
                    Ok(()) => Ok(goes_on),
                    Err(refusal) => {
                        stopped = Some(refusal);
                        Ok(false)
                    }
                }
            },
        );
        if let Some(refusal) = stopped {
            return Err(refusal);
        }
        let left = self.entries().skip(taken);
        let refusal = whole.err().map_or(Refusal::held(Reason::Damaged), in_words);
        for entry in left {
            take(entry, Err(refusal), self.permille, packing, work)?;
        }
        Ok(())
    }

    /// The one method that this house expands itself.
    fn each_deflated(&self, packing: &mut Packing, work: &mut Work<'_>) -> Result<(), Refusal> {
        let bytes = match self.packed() {
            Some(packed) => work.budget.inflate(packed, self.block.get_unpack_size()),
            None => Err(Refusal::held(Reason::Damaged)),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(refusal) => return self.refuse_all(refusal, packing, work),
        };
        let mut rest = bytes.0.as_slice();
        for entry in self.entries() {
            let length = usize::try_from(entry.size).unwrap_or(usize::MAX);
            let (own, next) = rest.split_at_checked(length).ok_or(Refusal::held(Reason::Damaged))?;
            rest = next;
            let mut checksum = flate2::Crc::new();
            checksum.update(own);
            let holds = !entry.has_crc || u64::from(checksum.sum()) == entry.crc;
            let own = if holds { Ok(Cow::Borrowed(own)) } else { Err(Refusal::held(Reason::Damaged)) };
            take(entry, own, self.permille, packing, work)?;
        }
        Ok(())
    }

    fn packed(&self) -> Option<&[u8]> {
        let map = &self.archive.stream_map;
        let stream = *map.block_first_pack_stream_index().get(self.index)?;
        let offset = START_BYTES
            .checked_add(self.archive.pack_pos())?
            .checked_add(*map.pack_stream_offsets().get(stream)?)?;
        let start = usize::try_from(offset).ok()?;
        let length = usize::try_from(*self.archive.pack_sizes().get(stream)?).ok()?;
        self.untrusted.get(start..start.checked_add(length)?)
    }

    fn entries(&self) -> impl Iterator<Item = &ArchiveEntry> {
        let blocks = &self.archive.stream_map.file_block_index;
        let own = move |(_, block): &(_, &Option<usize>)| **block == Some(self.index);
        self.archive.files.iter().zip(blocks).filter(own).map(|(entry, _)| entry)
    }

    fn refuse_all(
        &self,
        refusal: Refusal,
        packing: &mut Packing,
        work: &mut Work<'_>,
    ) -> Result<(), Refusal> {
        for entry in self.entries() {
            take(entry, Err(refusal), self.permille, packing, work)?;
        }
        Ok(())
    }

    /// The first password with which the first file of the block has the right checksum.
    fn find_password(
        &self,
        demand: &Demand,
        keys: &mut Keys,
        work: &mut Work<'_>,
    ) -> Result<Option<Password>, Refusal> {
        let packed_bytes = self.untrusted.len() as u64;
        for text in work.job.hint.passwords.iter().filter(|text| !text.is_empty()).take(10) {
            keys.pay(demand, text, work)?;
            let password = Password::from(text.as_str());
            let mut source = Cursor::new(self.untrusted);
            let mut first = None;
            let decoder = BlockDecoder::new(1, self.index, self.archive, &password, &mut source);
            let decoded = decoder.for_each_entries(&mut |entry, reader| {
                if !entry.has_stream || entry.size == 0 {
                    return Ok(true);
                }
                first = Some(work.budget.take_all(reader, packed_bytes, entry.size).map(drop));
                Ok(false)
            });
            match first {
                Some(Err(refusal)) if refusal.reason != Reason::Damaged => return Err(refusal),
                Some(Ok(())) => return Ok(Some(password)),
                _ => {}
            }
            if let Err(Error::UnsupportedCompressionMethod(_)) = decoded {
                return Ok(None);
            }
        }
        Ok(None)
    }
}

fn take(
    entry: &ArchiveEntry,
    bytes: Result<Cow<'_, [u8]>, Refusal>,
    permille: u16,
    packing: &mut Packing,
    work: &mut Work<'_>,
) -> Result<(), Refusal> {
    if entry.is_anti_item {
        return Ok(());
    }
    if entry.is_directory {
        packing.take_folder(&entry.name);
        return Ok(());
    }
    // Unix kinds stand in the upper half when the mark of the other systems' attributes is set.
    const UNIX: u32 = 0x8000;
    let unix_kind = (entry.windows_attributes >> 16) & 0o170_000;
    const WINDOWS_LINK: u32 = 0x400;
    let is_link = entry.has_windows_attributes
        && (entry.windows_attributes & WINDOWS_LINK != 0
            || (entry.windows_attributes & UNIX != 0 && !matches!(unix_kind, 0 | 0o100_000)));
    let bytes = if is_link { Err(Refusal::held(Reason::UnknownKind)) } else { bytes };
    packing.take(Found { untrusted_name: entry.name.clone(), bytes, permille }, work)
}

/// Methods whose memory `Demand` knows.
fn is_known(method: &[u8]) -> bool {
    [
        EncoderMethod::ID_COPY,
        EncoderMethod::ID_LZMA,
        EncoderMethod::ID_LZMA2,
        EncoderMethod::ID_BZIP2,
        EncoderMethod::ID_AES256_SHA256,
        EncoderMethod::ID_DELTA,
        EncoderMethod::ID_BCJ_X86,
        EncoderMethod::ID_BCJ2,
        EncoderMethod::ID_BCJ_ARM,
        EncoderMethod::ID_BCJ_ARM64,
        EncoderMethod::ID_BCJ_ARM_THUMB,
        EncoderMethod::ID_BCJ_PPC,
        EncoderMethod::ID_BCJ_IA64,
        EncoderMethod::ID_BCJ_SPARC,
        EncoderMethod::ID_BCJ_RISCV,
    ]
    .contains(&method)
}
