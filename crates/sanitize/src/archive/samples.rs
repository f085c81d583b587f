//! Archives of every kind, made here for the tests.

use std::io::{Cursor, Write};

use sevenz_rust2::encoder_options::AesEncoderOptions;
use sevenz_rust2::{ArchiveEntry, ArchiveWriter, EncoderMethod, Password, SourceReader};

/// A solid 7z archive, with its table of contents encrypted, too, if there is a password.
pub(crate) fn seven_zip(members: &[(&str, &[u8])], method: EncoderMethod, password: Option<&str>) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
    let mut methods = vec![method.into()];
    if let Some(password) = password {
        methods.insert(0, AesEncoderOptions::new(Password::from(password)).into());
        writer.set_encrypt_header(true);
    }
    writer.set_content_methods(methods);
    let entries = members.iter().map(|(name, _)| ArchiveEntry::new_file(name)).collect();
    let readers = members.iter().map(|(_, bytes)| SourceReader::new(*bytes)).collect();
    writer.push_archive_entries(entries, readers).unwrap();
    writer.finish().unwrap().into_inner()
}

/// A 7z archive whose one block claims this method for these packed bytes, written byte by byte.
pub(crate) fn seven_zip_of_one_block(
    method: &[u8],
    properties: &[u8],
    packed: &[u8],
    members: &[(&str, &[u8])],
) -> Vec<u8> {
    let number = |value: usize| [&[0xFF], (value as u64).to_le_bytes().as_slice()].concat();
    let mut table = vec![0x01, 0x04, 0x06, 0, 1, 0x09];
    table.extend(number(packed.len()));
    table.extend([0, 0x07, 0x0B, 1, 0, 1, 0x20 | u8::try_from(method.len()).unwrap()]);
    table.extend(method);
    table.extend(number(properties.len()));
    table.extend(properties);
    table.push(0x0C);
    table.extend(number(members.iter().map(|(_, bytes)| bytes.len()).sum()));
    table.extend([0, 0x08, 0x0D]);
    table.extend(number(members.len()));
    table.push(0x09);
    // The size of the last follows from the others.
    for (_, bytes) in &members[..members.len() - 1] {
        table.extend(number(bytes.len()));
    }
    table.extend([0x0A, 1]);
    for (_, bytes) in members {
        table.extend(checksum(bytes).to_le_bytes());
    }
    table.extend([0, 0, 0x05]);
    table.extend(number(members.len()));
    let names: Vec<u8> = members
        .iter()
        .flat_map(|(name, _)| name.encode_utf16().chain(std::iter::once(0)).flat_map(u16::to_le_bytes))
        .collect();
    table.push(0x11);
    table.extend(number(names.len() + 1));
    table.push(0);
    table.extend(names);
    table.extend([0, 0]);
    let start = [
        (packed.len() as u64).to_le_bytes().as_slice(),
        &(table.len() as u64).to_le_bytes(),
        &checksum(&table).to_le_bytes(),
    ]
    .concat();
    let head = [&b"7z\xbc\xaf\x27\x1c\0\x04"[..], &checksum(&start).to_le_bytes(), &start].concat();
    [&head[..], packed, &table].concat()
}

pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// One member of an LHA archive with a header of level 0, 1 or 2; `name` is in the system's encoding.
pub(crate) fn lha_member(level: u8, method: &[u8; 5], name: &[u8], packed: &[u8], bytes: &[u8]) -> Vec<u8> {
    let (folder, name) = match name.iter().rposition(|byte| *byte == b'/') {
        Some(at) if level > 0 => (&name[..at], &name[at + 1..]),
        _ => (&[][..], name),
    };
    let folder: Vec<u8> = folder.iter().map(|byte| if *byte == b'/' { 0xFF } else { *byte }).collect();
    let mut extras = Vec::new();
    let fields = [(1u8, if level == 2 { name } else { &[] }), (2, &folder[..])];
    for (id, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        extras.extend(u16::try_from(value.len() + 3).unwrap().to_le_bytes());
        extras.push(id);
        extras.extend(value);
    }
    let packed_bytes = u32::try_from(packed.len()).unwrap();
    let mut head = method.to_vec();
    // In level 1 the extra headers count as packed.
    let skip = if level == 1 { packed_bytes + u32::try_from(extras.len()).unwrap() } else { packed_bytes };
    head.extend(skip.to_le_bytes());
    head.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    head.extend([0, 0, 0, 0, 0x20, level]);
    let checksum = crc16(bytes).to_le_bytes();
    if level == 2 {
        head.extend(checksum);
        head.push(b'M');
        let total = u16::try_from(2 + head.len() + extras.len() + 2).unwrap();
        return [&total.to_le_bytes(), &head[..], &extras, &[0, 0], packed].concat();
    }
    head.push(u8::try_from(name.len()).unwrap());
    head.extend(name);
    head.extend(checksum);
    if level == 1 {
        head.push(b'M');
        // The size of the first extra header belongs to the base header.
        extras.extend([0, 0]);
        head.extend(extras.drain(..2).collect::<Vec<u8>>());
    }
    let sum = head.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    [&[u8::try_from(head.len()).unwrap(), sum], &head[..], &extras, packed].concat()
}

/// A stream of `-lh5-` in which every byte is this one: its trees have one leaf each, so it takes no room at all.
pub(crate) fn lh5_of_one_byte(byte: u8, count: u16) -> Vec<u8> {
    let mut bits = String::new();
    for (width, value) in [(16, count), (5, 0), (5, 0), (9, 0), (9, u16::from(byte)), (4, 0), (4, 0)] {
        bits.push_str(&format!("{value:0width$b}", width = width));
    }
    bits.extend(std::iter::repeat_n('0', 64));
    bits.as_bytes()
        .chunks(8)
        .map(|chunk| chunk.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0')) << (8 - chunk.len()))
        .collect()
}

pub(crate) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    })
}

pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8], name: Option<&str>) -> Vec<u8> {
    let mut builder = flate2::GzBuilder::new();
    if let Some(name) = name {
        builder = builder.filename(name);
    }
    let mut encoder = builder.write(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
