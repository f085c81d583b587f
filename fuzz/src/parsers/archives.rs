//! Shells of archives: bytes as they are, but with checksums that fit again.
//!
//! Owns: finding the checksums of ZIP, 7z, LHA and tar and mending them, so that a changed byte is read and not only noticed.
//! Leaves to others: samples of archives (shared with the sanitiser's own tests), what must hold.

#[path = "../../../crates/sanitize/src/archive/samples.rs"]
mod samples;

use sevenz_rust2::EncoderMethod;
use zip::CompressionMethod;

use super::pieces::{number, put, seed, short, zip};
use super::{File, Target};
use samples::{checksum, gzip, lh5_of_one_byte, lha_member, seven_zip, seven_zip_of_one_block, tar};

const MEMBERS: [(&str, &[u8]); 4] = [
    ("d/a.txt", b"hello"),
    ("b.csv", b"1,=cmd|' /c calc'!A0\r\n"),
    ("c.exe", b"MZ"),
    ("../d/a.txt", b"again"),
];

/// A ZIP whose checksums are mended (variant 0), or left alone (1).
pub(super) const ZIP: Target = Target {
    name: "zip",
    shell: |variant, rest| {
        let mut bytes = rest.to_vec();
        if variant == 0 {
            mend_zip(&mut bytes);
        }
        File::new("a.zip", bytes)
    },
    seeds: zip_seeds,
    words: &[
        "PK\x01\x02",
        "PK\x03\x04",
        "PK\x05\x06",
        "PK\x06\x06",
        "PK\x06\x07",
        "PK\x07\x08",
        "../",
        "up",
        "\x01\0\x08\0",
        "\x01\u{99}\x07\0",
    ],
};

/// A 7z whose table of contents has the checksum that the header claims.
pub(super) const SEVEN_ZIP: Target = Target {
    name: "seven_zip",
    shell: |_, rest| {
        let mut bytes = rest.to_vec();
        mend_seven_zip(&mut bytes);
        File::new("a.7z", bytes)
    },
    seeds: seven_zip_seeds,
    words: &[
        "7z\u{bc}",
        "\x03\x01\x01",
        "\x04\x01\x08",
        "\x04\x02\x02",
        "\x06\u{f1}\x07\x01",
        "\x03\x03\x01\x03",
        "\x21",
        "\x17\x06",
    ],
};

/// An LHA archive whose headers have their checksums.
pub(super) const LHA: Target = Target {
    name: "lha",
    shell: |_, rest| {
        let mut bytes = rest.to_vec();
        mend_lha(&mut bytes);
        File::new("a.lzh", bytes)
    },
    seeds: lha_seeds,
    words: &[
        "-lh0-", "-lh1-", "-lh4-", "-lh5-", "-lh6-", "-lh7-", "-lhd-", "-lhx-", "-lzs-", "-lz4-", "-lz5-",
        "-pm2-",
    ],
};

/// A tar whose headers have their checksums; also packed (variant 1), and one packed file (2: as it is).
pub(super) const TAR: Target = Target {
    name: "tar",
    shell: |variant, rest| {
        let mut bytes = rest.to_vec();
        match variant {
            2 => File::new("a.gz", bytes),
            3 => File::new("a.txt.gz", gzip(&bytes, Some("a.txt"))),
            1 => {
                mend_tar(&mut bytes);
                File::new("a.tgz", gzip(&bytes, None))
            }
            _ => {
                mend_tar(&mut bytes);
                File::new("a.tar", bytes)
            }
        }
    },
    seeds: tar_seeds,
    words: &[
        "ustar\x0000",
        "ustar  \0",
        "././@LongLink",
        "PaxHeader",
        "30 path=",
        "30 size=",
        "GNU.sparse.major=1",
        "./",
        "../",
    ],
};

/// Gives every member that is stored the checksum of its bytes.
fn mend_zip(bytes: &mut [u8]) {
    let places: Vec<usize> =
        (0..bytes.len().saturating_sub(3)).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect();
    for at in places {
        let (Some(method), Some(packed), Some(local)) =
            (short(bytes, at + 10), number(bytes, at + 20), number(bytes, at + 42))
        else {
            continue;
        };
        let (Some(name), Some(extra)) = (
            local.checked_add(26).and_then(|at| short(bytes, at)),
            local.checked_add(28).and_then(|at| short(bytes, at)),
        ) else {
            continue;
        };
        let start = local + 30 + name + extra;
        let Some(stored) = start.checked_add(packed).and_then(|end| bytes.get(start..end)) else { continue };
        let sum = match method {
            0 => checksum(stored),
            8 => match inflated(stored) {
                Some(expanded) => checksum(&expanded),
                None => continue,
            },
            _ => continue,
        };
        put(bytes, at + 16, &sum.to_le_bytes());
        put(bytes, local + 14, &sum.to_le_bytes());
    }
}

/// What a raw stream expands to, if it is no more than a shell needs.
fn inflated(packed: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(64 << 10);
    let mut inflater = flate2::Decompress::new(false);
    inflater.decompress_vec(packed, &mut out, flate2::FlushDecompress::Finish).ok()?;
    Some(out)
}

fn zip_seeds() -> Vec<Vec<u8>> {
    let members: Vec<(String, Vec<u8>)> =
        MEMBERS.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    let stored = zip(&members, CompressionMethod::Stored);
    let packed = zip(&members, CompressionMethod::Deflated);
    let nested = zip(
        &[("in.zip".to_owned(), stored.clone()), ("in.tar".to_owned(), tar(&MEMBERS[..2]))],
        CompressionMethod::Stored,
    );
    vec![
        seed(b'@', &stored),
        seed(b'B', &stored),
        seed(b'C', &stored),
        seed(b'D', &packed),
        seed(b'@', nested),
        seed(b'@', encrypted()),
        seed(b'H', [b"front".as_slice(), &stored, b"back"].concat()),
    ]
}

fn encrypted() -> Vec<u8> {
    use std::io::{Cursor, Write};
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        ::zip::write::SimpleFileOptions::default().with_aes_encryption(::zip::AesMode::Aes256, "secret");
    writer.start_file("a.txt", options).expect("a member");
    writer.write_all(b"hello").expect("memory can be written");
    writer.finish().expect("an archive").into_inner()
}

fn mend_seven_zip(bytes: &mut [u8]) {
    let (Some(offset), Some(length)) = (number(bytes, 12), number(bytes, 20)) else { return };
    let Some(start) = offset.checked_add(32) else { return };
    let Some(table) = start.checked_add(length).and_then(|end| bytes.get(start..end)) else { return };
    let sum = checksum(table);
    put(bytes, 28, &sum.to_le_bytes());
    let Some(head) = bytes.get(12..32) else { return };
    let sum = checksum(head);
    put(bytes, 8, &sum.to_le_bytes());
}

fn seven_zip_seeds() -> Vec<Vec<u8>> {
    let block = |method: &[u8], properties: &[u8], packed: &[u8]| {
        seed(b'@', seven_zip_of_one_block(method, properties, packed, &[("a.txt", b"hello")]))
    };
    vec![
        seed(b'@', seven_zip(&MEMBERS, EncoderMethod::COPY, None)),
        seed(b'@', seven_zip(&MEMBERS, EncoderMethod::LZMA2, None)),
        seed(b'@', seven_zip(&MEMBERS[..1], EncoderMethod::LZMA, None)),
        seed(b'@', seven_zip(&MEMBERS, EncoderMethod::BZIP2, None)),
        seed(b'@', seven_zip(&MEMBERS, EncoderMethod::LZMA, Some("secret"))),
        block(&[0], &[], b"hello"),
        block(EncoderMethod::ID_DEFLATE, &[], &[1, 5, 0, 0xFA, 0xFF, b'h', b'e', b'l', b'l', b'o']),
        block(&[3], &[1], b"hello"),
        block(&[4, 1, 9], &[], b"hello"),
    ]
}

/// Walks the members as their headers claim them.
fn mend_lha(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(level) = bytes.get(at + 20).copied() {
        let Some(packed) = number(bytes, at + 7) else { return };
        let is_stored = bytes.get(at + 2..at + 7) == Some(b"-lh0-");
        let (start, crc_at) = if level == 2 {
            let Some(total) = short(bytes, at) else { return };
            (at + total, at + 21)
        } else {
            let length = usize::from(bytes[at]);
            let Some(head) = bytes.get(at + 2..at + 2 + length) else { return };
            let sum = head.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
            let name = usize::from(head.get(19).copied().unwrap_or(0));
            bytes[at + 1] = sum;
            (at + 2 + length, at + 22 + name)
        };
        let Some(end) = start.checked_add(packed).filter(|end| *end > at) else { return };
        if is_stored && level != 1 {
            let Some(stored) = bytes.get(start..end) else { return };
            let crc = samples::crc16(stored).to_le_bytes();
            put(bytes, crc_at, &crc);
            if level == 0 {
                // The checksum of the header counts the one of the content.
                let length = usize::from(bytes[at]);
                let Some(head) = bytes.get(at + 2..at + 2 + length) else { return };
                bytes[at + 1] = head.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
            }
        }
        at = end;
    }
}

fn lha_seeds() -> Vec<Vec<u8>> {
    let lh5 = lh5_of_one_byte(b'a', 300);
    let of = |level: u8| {
        let stored: Vec<u8> = MEMBERS
            .iter()
            .flat_map(|(name, bytes)| lha_member(level, b"-lh0-", name.as_bytes(), bytes, bytes))
            .collect();
        [stored, lha_member(level, b"-lh5-", b"e.txt", &lh5, &[b'a'; 300]), vec![0]].concat()
    };
    let mut seeds: Vec<Vec<u8>> = (0..3).map(|level| seed(b'@', of(level))).collect();
    for method in [b"-lh1-", b"-lh4-", b"-lh6-", b"-lh7-", b"-lzs-", b"-lz5-", b"-lhd-"] {
        seeds.push(seed(b'@', lha_member(0, method, b"e.txt", &lh5, &[b'a'; 300])));
    }
    seeds
}

fn mend_tar(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(header) = bytes.get(at..at + 512) {
        let size = header[124..136].iter().take_while(|byte| byte.is_ascii_digit());
        let size =
            size.fold(0usize, |size, byte| size.saturating_mul(8).saturating_add(usize::from(byte - b'0')));
        if header[0] != 0 {
            let sum: u32 = header
                .iter()
                .enumerate()
                .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
                .sum();
            put(bytes, at + 148, format!("{sum:06o}\0 ").as_bytes());
        }
        let Some(next) = size.checked_next_multiple_of(512).and_then(|size| at.checked_add(512 + size))
        else {
            return;
        };
        at = next;
    }
}

fn tar_seeds() -> Vec<Vec<u8>> {
    let mut builder = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_ustar();
    header.set_entry_type(::tar::EntryType::Symlink);
    header.set_size(0);
    header.set_cksum();
    builder.append_link(&mut header, "link", "/etc/passwd").expect("a link");
    let mut header = ::tar::Header::new_gnu();
    header.set_size(5);
    header.set_cksum();
    builder
        .append_data(&mut header, "長い名前/".repeat(12) + "a.txt", b"hello".as_slice())
        .expect("a member");
    builder.append_pax_extensions([("path", b"d/b.txt".as_slice())]).expect("extensions");
    let odd = builder.into_inner().expect("an archive");
    vec![
        seed(b'@', tar(&MEMBERS[..3])),
        seed(b'@', &odd),
        seed(b'C', tar(&MEMBERS[..1])),
        seed(b'H', tar(&MEMBERS[..2])),
        seed(b'P', gzip(&tar(&MEMBERS[..1]), Some("a.tar"))),
        seed(b'P', [gzip(b"hel", None), gzip(b"lo", Some("x"))].concat()),
        seed(b'X', b"hello"),
    ]
}
