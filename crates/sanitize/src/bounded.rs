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

/// What is known about the size of what a stream expands to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// Nothing: it is spent, and much out of little is a bomb.
    Unknown,
    /// It is a picture whose claim of pixels was bounded before, and it is packed again at once. An empty page packs to
    /// next to nothing and a hundred scans are gigabytes, so neither ratio nor purse is asked.
    Picture,
}

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

    /// Expands a raw deflate stream that must come out at exactly `expanded_bytes`, and says whether it ends where the
    /// packed bytes end: only then are they nothing but the stream.
    pub(crate) fn inflate(&mut self, packed: &[u8], expanded_bytes: u64) -> Result<(Vec<u8>, bool), Refusal> {
        #[expect(clippy::disallowed_types, reason = "this is the counted place")]
        let mut decoder = flate2::bufread::DeflateDecoder::new(packed);
        let bytes = self.read_counted(&mut decoder, packed.len() as u64, expanded_bytes)?;
        Ok((bytes, decoder.total_in() == packed.len() as u64))
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

    /// Whether this is exactly one zlib stream, and how much comes out of it. Line ends after the stream are what PDF
    /// writers put there.
    pub(crate) fn zlib_is_whole(packed: &[u8], expanded_bytes_max: u64) -> Option<u64> {
        let (expanded_bytes, end) = Self::zlib_walked(packed, expanded_bytes_max, &mut |_| Some(()))?;
        let rest = packed.get(end..)?;
        let is_padding = rest.len() <= 2 && rest.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        is_padding.then_some(expanded_bytes)
    }

    /// Walks one zlib stream to its end, checksum and all, and shows what comes out piece by piece to `see`, which may
    /// end it. How much came out, and where the stream ends. Nothing of it is kept, so it is not spent;
    /// `expanded_bytes_max` is the bound.
    pub(crate) fn zlib_walked(
        packed: &[u8],
        expanded_bytes_max: u64,
        see: &mut dyn FnMut(&[u8]) -> Option<()>,
    ) -> Option<(u64, usize)> {
        let mut inflater = flate2::Decompress::new(true);
        let mut piece = vec![0; 64 << 10];
        loop {
            let read = usize::try_from(inflater.total_in()).ok()?;
            let before = inflater.total_out();
            let rest = packed.get(read..)?;
            let status = inflater.decompress(rest, &mut piece, flate2::FlushDecompress::None).ok()?;
            let end = usize::try_from(inflater.total_in()).ok()?;
            if inflater.total_out() > expanded_bytes_max {
                return None;
            }
            let came_out = usize::try_from(inflater.total_out() - before).ok()?;
            see(piece.get(..came_out)?)?;
            if status == flate2::Status::StreamEnd {
                return Some((inflater.total_out(), end));
            }
            if came_out == 0 && end == read {
                return None;
            }
        }
    }

    /// Expands a zlib stream as far as it goes, up to a bound, together with whether it was exactly one whole stream.
    pub(crate) fn zlib(
        &mut self,
        packed: &[u8],
        expanded_bytes_max: u64,
        size: Size,
    ) -> Result<(Vec<u8>, bool), Refusal> {
        let bound = expanded_bytes_max.min(self.bytes_left());
        let mut inflater = flate2::Decompress::new(true);
        let mut out = Vec::with_capacity(packed.len().saturating_mul(3).clamp(256, 1 << 20));
        let mut is_whole = false;
        loop {
            let read = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
            let Some(rest) = packed.get(read..) else { break };
            if out.capacity() - out.len() < 256 {
                out.reserve(out.len().max(4096));
            }
            let before = out.len();
            let status = inflater.decompress_vec(rest, &mut out, flate2::FlushDecompress::None);
            let is_bomb = size == Size::Unknown && self.is_bomb(packed.len() as u64, out.len() as u64);
            if out.len() as u64 > bound || is_bomb {
                return Err(Refusal::blocked(Reason::Bomb));
            }
            match status {
                Ok(flate2::Status::StreamEnd) => {
                    let end = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
                    let rest = packed.get(end..).unwrap_or_default();
                    is_whole = rest.len() <= 2 && rest.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
                    break;
                }
                Ok(_) if out.len() > before || inflater.total_in() as usize > read => {}
                _ => break,
            }
        }
        if size == Size::Unknown {
            self.spend(out.len() as u64)?;
        }
        Ok((out, is_whole))
    }

    /// Undoes the filters of a PDF stream that have nothing to do with pictures.
    pub(crate) fn unfilter(
        &mut self,
        stream: &lopdf::Stream,
        expanded_bytes_max: u64,
        size: Size,
    ) -> Result<Vec<u8>, Refusal> {
        let bound = expanded_bytes_max.min(self.bytes_left());
        let bound = usize::try_from(bound).unwrap_or(usize::MAX);
        let out = stream.get_plain_content_with_limit(bound).map_err(|error| match error {
            lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }) => {
                Refusal::blocked(Reason::Bomb)
            }
            _ => Refusal::held(Reason::Damaged),
        })?;
        if size == Size::Unknown {
            if self.is_bomb(stream.content.len() as u64, out.len() as u64) {
                return Err(Refusal::blocked(Reason::Bomb));
            }
            self.spend(out.len() as u64)?;
        }
        Ok(out)
    }

    /// Packs bytes the way PDF wants them.
    pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
        use std::io::Write as _;
        let packed = Vec::with_capacity(bytes.len() / 3 + 64);
        let mut encoder = flate2::write::ZlibEncoder::new(packed, flate2::Compression::default());
        // Writing to memory does not fail; if it did, the result would be short and the check would find it.
        let _ = encoder.write_all(bytes);
        encoder.finish().unwrap_or_default()
    }

    fn is_bomb(&self, packed_bytes: u64, expanded_bytes: u64) -> bool {
        expanded_bytes > RATIO_FREE_BYTES
            && expanded_bytes / packed_bytes.max(1) > self.limits.expansion_ratio_max
    }

    fn read_counted(
        &mut self,
        from: &mut dyn Read,
        packed_bytes: u64,
        expanded_bytes: u64,
    ) -> Result<Vec<u8>, Refusal> {
        // What a header claims is reserved only as far as it could be true of a harmless file.
        let reserved = expanded_bytes.min(packed_bytes.saturating_mul(32)).min(16 << 20);
        let mut out = Vec::with_capacity(usize::try_from(reserved).unwrap_or(0));
        let mut piece = vec![0; 64 << 10];
        loop {
            let length = from.read(&mut piece).map_err(|_| Refusal::held(Reason::Damaged))?;
            if length == 0 {
                break;
            }
            self.spend(length as u64)?;
            out.extend_from_slice(piece.get(..length).unwrap_or_default());
            let bytes = out.len() as u64;
            if self.is_bomb(packed_bytes, bytes) {
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
        assert_eq!(budget.inflate(&deflated(b"abc"), 3), Ok((b"abc".to_vec(), true)));
        let followed = [deflated(b"abc"), b"more".to_vec()].concat();
        assert_eq!(budget.inflate(&followed, 3), Ok((b"abc".to_vec(), false)));
    }

    #[test]
    fn the_purse_is_shared() {
        let mut budget = Budget::new(Limits { expanded_bytes_max: 5, ..Limits::default() });
        assert!(budget.copy(b"abc").is_ok());
        assert_eq!(budget.copy(b"abc"), Err(Refusal::blocked(Reason::Bomb)));
    }
}
