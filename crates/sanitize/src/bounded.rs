//! The one place that expands anything.
//!
//! Owns: the budget of a job (expanded bytes, ratio, members, depth) and the decompressors that spend it.
//! Leaves to others: where the packed bytes lie (`zip_reader`) and what they mean.
//!
//! The budget belongs to the whole job: an archive in an archive spends from the same purse, so nesting buys a
//! bomb nothing.

use std::io::{Cursor, Read};

use worker_protocol::{Limits, Reason};

use crate::Refusal;

/// Output that no ratio is asked of, in bytes: small files of zeros are common.
const RATIO_FREE_BYTES: u64 = 10 << 20;

/// What one job may still expand.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    expanded_bytes: u64,
    entries: u64,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, expanded_bytes: 0, entries: 0 }
    }

    /// Counts the members of one more archive.
    pub(crate) fn take_entries(&mut self, count: usize) -> Result<(), Refusal> {
        self.entries = self.entries.saturating_add(count as u64);
        if self.entries > self.limits.entries_max {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        Ok(())
    }

    /// Expands a raw deflate stream that must come out at exactly `expanded_bytes`.
    pub(crate) fn inflate(&mut self, packed: &[u8], expanded_bytes: u64) -> Result<Vec<u8>, Refusal> {
        #[expect(clippy::disallowed_types, reason = "this is the counted place")]
        let mut decoder = flate2::read::DeflateDecoder::new(packed);
        self.read_counted(&mut decoder, packed.len() as u64, expanded_bytes)
    }

    /// Takes a member that is stored as it is.
    pub(crate) fn copy(&mut self, stored: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.read_counted(&mut &*stored, stored.len() as u64, stored.len() as u64)
    }

    /// Takes all that a reader of another module gives, which must be exactly `expanded_bytes`.
    pub(crate) fn take_all(
        &mut self,
        from: &mut dyn Read,
        packed_bytes: u64,
        expanded_bytes: u64,
    ) -> Result<Vec<u8>, Refusal> {
        self.read_counted(from, packed_bytes, expanded_bytes)
    }

    /// Expands a gzip file, whose parts may follow each other (RFC 1952, section 2.2).
    pub(crate) fn gunzip(&mut self, packed: &[u8]) -> Result<Gunzipped, Refusal> {
        let mut inside = Gunzipped { bytes: Vec::new(), untrusted_name: None, has_foreign_bytes: false };
        let mut rest = packed;
        let mut piece = vec![0; 64 << 10];
        while rest.starts_with(b"\x1f\x8b") {
            #[expect(clippy::disallowed_types, reason = "this is the counted place")]
            let mut decoder = flate2::bufread::GzDecoder::new(rest);
            loop {
                let length = decoder.read(&mut piece).map_err(|_| Refusal::held(Reason::Damaged))?;
                if length == 0 {
                    break;
                }
                self.spend(length as u64)?;
                inside.bytes.extend_from_slice(piece.get(..length).unwrap_or_default());
                let bytes = inside.bytes.len() as u64;
                if bytes > RATIO_FREE_BYTES
                    && bytes / (packed.len() as u64).max(1) > self.limits.expansion_ratio_max
                {
                    return Err(Refusal::blocked(Reason::Bomb));
                }
            }
            if inside.untrusted_name.is_none() {
                inside.untrusted_name = decoder.header().and_then(|h| h.filename()).map(<[u8]>::to_vec);
            }
            rest = decoder.into_inner();
        }
        // Tapes are filled up with zeros.
        inside.has_foreign_bytes = rest.iter().any(|byte| *byte != 0);
        Ok(inside)
    }

    /// Spends bytes that a library expanded under a bound of its own.
    pub(crate) fn spend(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.expanded_bytes = self.expanded_bytes.saturating_add(bytes);
        if self.expanded_bytes > self.limits.expanded_bytes_max {
            return Err(Refusal::blocked(Reason::Bomb));
        }
        Ok(())
    }

    /// What may still be expanded, in bytes.
    pub(crate) fn bytes_left(&self) -> u64 {
        self.limits.expanded_bytes_max.saturating_sub(self.expanded_bytes)
    }

    fn read_counted(
        &mut self,
        from: &mut dyn Read,
        packed_bytes: u64,
        expanded_bytes: u64,
    ) -> Result<Vec<u8>, Refusal> {
        let mut out = Vec::new();
        let mut piece = vec![0; 64 << 10];
        loop {
            let length = from.read(&mut piece).map_err(|_| Refusal::held(Reason::Damaged))?;
            if length == 0 {
                break;
            }
            self.spend(length as u64)?;
            out.extend(piece.iter().take(length));
            let bytes = out.len() as u64;
            if bytes > RATIO_FREE_BYTES && bytes / packed_bytes.max(1) > self.limits.expansion_ratio_max {
                return Err(Refusal::blocked(Reason::Bomb));
            }
            if bytes > expanded_bytes {
                // More than the header claims: a header that lies is how a bomb gets past a scanner.
                return Err(Refusal::held(Reason::Damaged));
            }
        }
        if out.len() as u64 != expanded_bytes {
            return Err(Refusal::held(Reason::Damaged));
        }
        Ok(out)
    }
}

/// What was in a gzip file.
pub(crate) struct Gunzipped {
    pub(crate) bytes: Vec<u8>,
    /// The name in the first header.
    pub(crate) untrusted_name: Option<Vec<u8>>,
    /// Bytes behind the last part.
    pub(crate) has_foreign_bytes: bool,
}

/// Opens encrypted members of a ZIP with the passwords a user gave.
pub(crate) struct Decryptor<'a> {
    archive: zip::ZipArchive<Cursor<&'a [u8]>>,
    /// Offset of a member's local header → its index in `archive`.
    index_at: std::collections::HashMap<u64, usize>,
}

impl<'a> Decryptor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let damaged = |_| Refusal::held(Reason::Damaged);
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        let mut index_at = std::collections::HashMap::new();
        for index in 0..archive.len() {
            index_at.insert(archive.by_index_raw(index).map_err(damaged)?.header_start(), index);
        }
        Ok(Self { archive, index_at })
    }

    /// The bytes of the member whose local header is at `header_start`, opened with the first password that fits.
    pub(crate) fn open(
        &mut self,
        header_start: u64,
        packed_bytes: u64,
        expanded_bytes: u64,
        passwords: &[String],
        budget: &mut Budget,
    ) -> Result<Vec<u8>, Refusal> {
        let index = *self.index_at.get(&header_start).ok_or(Refusal::held(Reason::Damaged))?;
        for password in passwords.iter().take(10) {
            // Japanese passwords are CP932 bytes when Windows made the archive.
            let (in_cp932, _, unmappable) = encoding_rs::SHIFT_JIS.encode(password);
            let spellings = [Some(password.as_bytes()), (!unmappable).then_some(&*in_cp932)];
            for spelling in spellings.into_iter().flatten() {
                let Ok(mut member) = self.archive.by_index_decrypt(index, spelling) else { continue };
                // The check of the old cipher lets one wrong password in 256 pass; the checksum at the end of
                // the member finds it.
                match budget.read_counted(&mut member, packed_bytes, expanded_bytes) {
                    Ok(bytes) => return Ok(bytes),
                    Err(refusal) if refusal.reason == Reason::Damaged => {}
                    Err(refusal) => return Err(refusal),
                }
            }
        }
        Err(Refusal::held(Reason::PasswordNeeded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use worker_protocol::Verdict;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_bomb_stops_at_the_ratio_and_a_lie_at_the_claim() {
        let zeros = vec![0; 32 << 20];
        let packed = deflated(&zeros);
        let mut budget = Budget::new(Limits::default());
        let refusal = budget.inflate(&packed, zeros.len() as u64).unwrap_err();
        assert_eq!((refusal.verdict, refusal.reason), (Verdict::Blocked, Reason::Bomb));
        assert!(budget.expanded_bytes < 11 << 20, "stopped at {}", budget.expanded_bytes);
        assert_eq!(budget.inflate(&deflated(b"abc"), 2), Err(Refusal::held(Reason::Damaged)));
        assert_eq!(budget.inflate(&deflated(b"abc"), 4), Err(Refusal::held(Reason::Damaged)));
        assert_eq!(budget.inflate(&deflated(b"abc"), 3), Ok(b"abc".to_vec()));
    }

    #[test]
    fn the_purse_is_shared() {
        let mut budget = Budget::new(Limits { expanded_bytes_max: 5, ..Limits::default() });
        assert!(budget.copy(b"abc").is_ok());
        assert_eq!(budget.copy(b"abc"), Err(Refusal::blocked(Reason::Bomb)));
    }
}
