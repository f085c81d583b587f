//! A ZIP archive of files that we made ourselves, for taking a bundle home in one piece.
//!
//! Owns writing the stored (uncompressed) form of APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16; a bundle is hashes
//! and short JSON, which compressing would not make much smaller. Writing needs no library that reads archives:
//! those stay in the cell.

use ledger::bundle::BundleFile;

/// Bit 11: names are UTF-8.
const FLAGS: u16 = 0x0800;
const VERSION: u16 = 20;
/// 1980-01-01, the first day a ZIP can name: the entries carry their own times.
const DATE: u16 = 0x0021;

/// The archive is larger than this form can describe.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a bundle is larger than a ZIP without extensions can hold")]
pub(crate) struct TooLarge(#[from] std::num::TryFromIntError);

/// Puts the files into one archive, in their order.
pub(crate) fn write(files: &[BundleFile]) -> Result<Vec<u8>, TooLarge> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for file in files {
        let offset = u32::try_from(archive.len())?;
        let name_length = u16::try_from(file.path.len())?;
        let bytes = u32::try_from(file.bytes.len())?;
        // The fields that both headers share, in the order both have them.
        let mut shared = Vec::new();
        for half in [VERSION, FLAGS, 0, 0, DATE] {
            shared.extend(half.to_le_bytes());
        }
        for word in [crc32(&file.bytes), bytes, bytes] {
            shared.extend(word.to_le_bytes());
        }
        shared.extend(name_length.to_le_bytes());
        shared.extend(0_u16.to_le_bytes());

        archive.extend(0x0403_4b50_u32.to_le_bytes());
        archive.extend(&shared);
        archive.extend(file.path.as_bytes());
        archive.extend(&file.bytes);

        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend(VERSION.to_le_bytes());
        directory.extend(&shared);
        // Comment length, disk, internal attributes; external attributes.
        directory.extend([0; 6]);
        directory.extend([0; 4]);
        directory.extend(offset.to_le_bytes());
        directory.extend(file.path.as_bytes());
    }
    let count = u16::try_from(files.len())?;
    let start = u32::try_from(archive.len())?;
    let length = u32::try_from(directory.len())?;
    archive.extend(directory);
    archive.extend(0x0605_4b50_u32.to_le_bytes());
    archive.extend([0; 4]);
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(length.to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0; 2]);
    Ok(archive)
}

/// CRC-32 as ZIP has it (polynomial 0xEDB88320, reflected). Bit by bit: bundles are small.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            let carry = (crc & 1).wrapping_neg();
            (crc >> 1) ^ (0xEDB8_8320 & carry)
        })
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    proptest! {
        #[test]
        fn another_reader_finds_every_file(
            files in prop::collection::btree_map("[a-z/]{1,20}|証跡[0-9]{1,3}", prop::collection::vec(any::<u8>(), 0..300), 0..6)
        ) {
            let files: Vec<_> = files.into_iter().map(|(path, bytes)| BundleFile { path, bytes }).collect();
            let mut archive = zip::ZipArchive::new(Cursor::new(write(&files).unwrap())).unwrap();
            prop_assert_eq!(archive.len(), files.len());
            for (index, file) in files.iter().enumerate() {
                let mut entry = archive.by_index(index).unwrap();
                prop_assert_eq!(entry.name().unwrap(), file.path.as_str());
                let mut bytes = Vec::new();
                // The reader checks the sum at the end.
                entry.read_to_end(&mut bytes).unwrap();
                prop_assert_eq!(&bytes, &file.bytes);
            }
        }
    }
}
