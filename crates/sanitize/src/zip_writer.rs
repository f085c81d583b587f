//! Writes ZIP archives whose bytes depend on nothing but their content.
//!
//! Owns: one way to pack: deflate or stored, UTF-8 names, no times, no extra fields.
//! Leaves to others: what is in it.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use worker_protocol::Reason;

use crate::Refusal;
use crate::zip_reader::Packed;

/// What a member is written from.
pub(crate) enum Content<'a> {
    /// Bytes to be packed.
    Plain(&'a [u8]),
    /// Bytes that packing would not make smaller, such as pictures.
    Dense(&'a [u8]),
    /// A stream that is packed already.
    Packed(Packed<'a>),
}

/// The bytes of a member until it is written.
pub(crate) enum Body<'a> {
    /// To be packed.
    Plain(Vec<u8>),
    /// Packing would not make them smaller.
    Dense(Vec<u8>),
    /// As they were packed. What comes out of the stream is byte for byte what would be packed here: the stream was
    /// expanded to its end and to its last byte, its checksum held, and what came out was read and found to need no
    /// change.
    Packed(Packed<'a>),
}

impl Body<'_> {
    pub(crate) fn content(&self) -> Content<'_> {
        match self {
            Body::Plain(bytes) => Content::Plain(bytes),
            Body::Dense(bytes) => Content::Dense(bytes),
            Body::Packed(packed) => Content::Packed(*packed),
        }
    }
}

/// Packs these members in this order, behind one that is stored as it is, so that it can be read at a fixed place.
#[cfg(test)]
pub(crate) fn write_after_stored<'a, N: AsRef<str>>(
    first: (&str, &[u8]),
    members: impl IntoIterator<Item = (N, &'a [u8])>,
) -> Result<Vec<u8>, Refusal> {
    let mut writer = Writer::default();
    writer.add(first.0, &Content::Dense(first.1))?;
    for (name, bytes) in members {
        writer.add(name.as_ref(), &Content::Plain(bytes))?;
    }
    writer.finish()
}

/// Packs these members in this order.
pub(crate) fn write<'a, N: AsRef<str>>(
    members: impl IntoIterator<Item = (N, &'a [u8])>,
) -> Result<Vec<u8>, Refusal> {
    let mut writer = Writer::default();
    for (name, bytes) in members {
        writer.add(name.as_ref(), &Content::Plain(bytes))?;
    }
    writer.finish()
}

/// An archive in the making.
#[derive(Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
    directory: Vec<u8>,
    count: u64,
}

/// 1980-01-01, the earliest day the format can say.
const NO_DATE: u16 = 0x21;
/// Version 2.0 of the format: deflate and folders.
const VERSION: u16 = 20;
/// The name is UTF-8. Not said of plain ASCII, which every reader takes.
const UTF8_FLAG: u16 = 0x800;
/// What has to be 32 bits wide without ZIP64.
const OFFSET_MAX: u64 = 0xFFFF_FFFE;

impl Writer {
    /// Adds one member.
    pub(crate) fn add(&mut self, name: &str, content: &Content<'_>) -> Result<(), Refusal> {
        let failed = |_| Refusal::held(Reason::VerifyFailed);
        let deflated;
        let (method, checksum, expanded_bytes, packed): (u16, u32, u64, &[u8]) = match content {
            Content::Packed(packed) => (8, packed.checksum, packed.expanded_bytes, packed.deflated),
            Content::Dense(bytes) => (0, checksum(bytes), bytes.len() as u64, bytes),
            Content::Plain(bytes) => {
                let mut encoder =
                    DeflateEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::default());
                encoder.write_all(bytes).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
                deflated = encoder.finish().map_err(|_| Refusal::held(Reason::VerifyFailed))?;
                if deflated.len() < bytes.len() {
                    (8, checksum(bytes), bytes.len() as u64, deflated.as_slice())
                } else {
                    (0, checksum(bytes), bytes.len() as u64, *bytes)
                }
            }
        };
        let name_bytes = u16::try_from(name.len()).map_err(failed)?;
        let packed_bytes = u32::try_from(packed.len()).map_err(failed)?;
        let expanded_bytes = u32::try_from(expanded_bytes).map_err(failed)?;
        let offset = u32::try_from(self.out.len()).map_err(failed)?;
        let mut common = Vec::with_capacity(26);
        let flags = if name.is_ascii() { 0 } else { UTF8_FLAG };
        for field in [VERSION, flags, method, 0, NO_DATE] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        for field in [checksum, packed_bytes, expanded_bytes] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        common.extend_from_slice(&name_bytes.to_le_bytes());
        common.extend_from_slice(&[0, 0]);

        self.out.extend_from_slice(b"PK\x03\x04");
        self.out.extend_from_slice(&common);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(packed);

        self.directory.extend_from_slice(b"PK\x01\x02");
        self.directory.extend_from_slice(&VERSION.to_le_bytes());
        self.directory.extend_from_slice(&common);
        // No comment, first disk, no attributes.
        self.directory.extend_from_slice(&[0; 10]);
        self.directory.extend_from_slice(&offset.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.count += 1;
        Ok(())
    }

    /// The archive.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Refusal> {
        let failed = Refusal::held(Reason::VerifyFailed);
        let start = self.out.len() as u64;
        if start + self.directory.len() as u64 > OFFSET_MAX {
            return Err(failed);
        }
        let count = u16::try_from(self.count).map_err(|_| failed)?;
        let size = u32::try_from(self.directory.len()).map_err(|_| failed)?;
        let start = u32::try_from(start).map_err(|_| failed)?;
        self.out.append(&mut self.directory);
        self.out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        self.out.extend_from_slice(&count.to_le_bytes());
        self.out.extend_from_slice(&count.to_le_bytes());
        self.out.extend_from_slice(&size.to_le_bytes());
        self.out.extend_from_slice(&start.to_le_bytes());
        self.out.extend_from_slice(&[0, 0]);
        Ok(self.out)
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut checksum = flate2::Crc::new();
    checksum.update(bytes);
    checksum.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounded::Budget;
    use crate::zip_reader;
    use proptest::prelude::*;
    use worker_protocol::Limits;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(members in proptest::collection::vec(("[a-zあ-ん]{1,9}/[0-9]{1,9}", proptest::collection::vec(any::<u8>(), 0..300)), 0..6)) {
            let mut members = members;
            members.sort();
            members.dedup_by(|a, b| a.0 == b.0);
            let archive = write(members.iter().map(|(name, bytes)| (name, bytes.as_slice()))).unwrap();
            // Another reader must see the same.
            let other = zip::ZipArchive::new(std::io::Cursor::new(&archive)).unwrap();
            prop_assert_eq!(other.len(), members.len());
            let listing = zip_reader::read(&archive, &Limits::default()).unwrap();
            prop_assert!(!listing.has_foreign_bytes);
            let mut budget = Budget::new(Limits::default());
            let mut again = Writer::default();
            for (entry, (name, bytes)) in listing.entries.iter().zip(&members) {
                let (read, packed) = entry.expand_exactly(&archive, &mut budget).unwrap();
                prop_assert_eq!(&read, bytes);
                prop_assert_eq!(&entry.untrusted_name, name.as_bytes());
                let content = packed.map_or(Content::Dense(bytes), Content::Packed);
                again.add(name, &content).unwrap();
            }
            prop_assert_eq!(again.finish().unwrap(), archive);
        }
    }
}
