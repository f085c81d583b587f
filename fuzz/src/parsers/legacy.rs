//! Shells of Office files before 2007: workbooks by their records, also locked ones; documents and presentations by their streams.
//!
//! Owns: what stands around the records, and locking them with the password that the judge gives.
//! Leaves to others: what an office program would make of the file (`judge`), what must hold.

use std::io::{Cursor, Write};

use md5::{Digest, Md5};
use rc4::{KeyInit, Rc4, StreamCipher};

use super::pieces::{is_stream_path, join, seed, split};
use super::{File, Target};

/// Records of a workbook by number.
const BEGIN: u16 = 0x0809;
const PASSWORD: u16 = 0x002F;
const SHEET: u16 = 0x0085;

/// Records of one sheet (variant 0), obfuscated (1), locked with RC4 (2), behind any description of a lock (3); the whole stream
/// of a workbook (4); streams of a document (5), of a presentation (6); a whole compound file (7).
pub(super) const LEGACY: Target = Target {
    name: "legacy",
    shell: |variant, rest| match variant {
        0 => File::new("a.xls", compound(&[("Workbook", book(None, rest).0)])),
        1 => File::new("a.xls", compound(&[("Workbook", obfuscated(rest))])),
        2 => File::new("a.xls", compound(&[("Workbook", locked(rest))])),
        3 => {
            let (description, records) = rest.split_at(rest.len().min(60));
            File::new("a.xls", compound(&[("Workbook", book(Some(description), records).0)]))
        }
        4 => File::new("a.xls", compound(&[("Workbook", rest.to_vec())])),
        5 => File::new("a.doc", streams(rest)),
        6 => File::new("a.ppt", streams(rest)),
        _ => File::new("a.doc", rest.to_vec()),
    },
    seeds,
    words: &[
        "=== WordDocument\n",
        "=== 1Table\n",
        "=== 0Table\n",
        "=== Data\n",
        "=== PowerPoint Document\n",
        "=== Current User\n",
        "=== Macros/VBA/_VBA_PROJECT\n",
        "\x06\0\x16\0",
        "\x03\x02\x0e\0",
        "\x07\x02",
        "\x09\x08\x08\0",
        "\u{85}\0",
        "\x2f\0\x36\0",
        "\x42\0\x02\0",
        "\x0a\0\0\0",
        "\u{ec}\0",
        "\u{5d}\0",
        "\x04\u{f0}",
        "\x0b\u{f0}",
        "\x10\u{f0}",
        "\x11\u{f0}",
        "\u{ec}\u{a5}",
        "\u{e8}\x03",
        "\x13DDEAUTO \x14\x15",
    ],
};

fn record(number: u16, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX).to_le_bytes();
    [&number.to_le_bytes(), &length, content].concat()
}

/// A workbook of one sheet with these records, and where they begin.
fn book(lock: Option<&[u8]>, records: &[u8]) -> (Vec<u8>, usize) {
    let begin = |sort: u8| record(BEGIN, &[0, 6, sort, 0, 0, 0, 0, 0]);
    let mut out = begin(5);
    out.extend(lock.map(|lock| record(PASSWORD, lock)).unwrap_or_default());
    let at = out.len();
    let place = u32::try_from(at + 4 + 9 + 4).unwrap_or_default().to_le_bytes();
    out.extend(record(SHEET, &[&place[..], &[0, 0, 1, 0, b'A']].concat()));
    out.extend(record(0x000A, &[]));
    out.extend(begin(0x10));
    out.extend(records);
    out.extend(record(0x000A, &[]));
    (out, at)
}

/// The contents of the records that are hidden when a workbook is locked.
fn hidden(book: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(&[number, number_high, length, length_high]) = book.get(at..at + 4) {
        let number = u16::from_le_bytes([number, number_high]);
        let from = at + 4;
        at = from + usize::from(u16::from_le_bytes([length, length_high]));
        if at > book.len() {
            break;
        }
        if !matches!(number, BEGIN | PASSWORD | 0x00E1 | 0x0194 | 0x0195 | 0x0196 | 0x0138) {
            // The place of a sheet is not hidden, as far as there is one.
            places.push((from, if number == SHEET { at.min(from + 4) } else { from }, at));
        }
    }
    places
}

/// Hidden with the numbers and the mask that belong to the password `secret`.
fn obfuscated(records: &[u8]) -> Vec<u8> {
    const MASK: [u8; 16] =
        [0x1f, 0x32, 0x17, 0xb9, 0x14, 0xba, 0x7b, 0x7f, 0x59, 0xdd, 0x59, 0x7f, 0x7a, 0xc0, 0xa6, 0xdf];
    let (mut book, _) = book(Some(&[0, 0, 0x4d, 0x01, 0xa7, 0xda]), records);
    for (from, clear, to) in hidden(&book) {
        for (at, byte) in book.iter_mut().enumerate().take(to).skip(clear) {
            *byte = byte.rotate_left(5) ^ MASK[(to + at - from) % 16];
        }
    }
    book
}

/// The salt, and what proves the password `secret`, as MS-OFFCRYPTO has it for a salt of the numbers from 0 to 15.
fn lock() -> Vec<u8> {
    const PROOF: [u8; 32] = [
        0x09, 0x4c, 0x9d, 0x8b, 0x23, 0xf3, 0x07, 0xe7, 0xec, 0x19, 0x2b, 0xb4, 0x5d, 0x3e, 0x77, 0xa8, 0x1b,
        0x5c, 0x68, 0x66, 0xb7, 0x97, 0xe4, 0x77, 0x45, 0xaa, 0x91, 0x92, 0x23, 0x2a, 0x5d, 0xdc,
    ];
    let salt: Vec<u8> = (0..16).collect();
    [&[1, 0, 1, 0, 1, 0][..], &salt, &PROOF].concat()
}

fn locked(records: &[u8]) -> Vec<u8> {
    const KEY: [u8; 5] = [0xf1, 0x4d, 0xc8, 0x73, 0x1b];
    let (mut book, _) = book(Some(&lock()), records);
    let mut stream = vec![0; book.len()];
    for (block, piece) in stream.chunks_mut(1024).enumerate() {
        let block = u32::try_from(block).expect("a small file").to_le_bytes();
        let key = Md5::digest([&KEY[..], &block].concat());
        Rc4::new_from_slice(&key).expect("a key of 16 bytes").apply_keystream(piece);
    }
    for (_, clear, to) in hidden(&book) {
        book[clear..to].iter_mut().zip(&stream[clear..to]).for_each(|(byte, with)| *byte ^= with);
    }
    book
}

fn compound(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file");
    for (name, bytes) in streams {
        let path = format!("/{}", name.trim_start_matches('/'));
        // A name that the library does not write is no stream.
        if !is_stream_path(&path) {
            continue;
        }
        if let Some((folder, _)) = path.rsplit_once('/')
            && !folder.is_empty()
            && file.create_storage_all(folder).is_err()
        {
            continue;
        }
        if let Ok(mut stream) = file.create_new_stream(&path) {
            stream.write_all(bytes).expect("memory can be written");
        }
    }
    file.into_inner().into_inner()
}

fn streams(rest: &[u8]) -> Vec<u8> {
    let pieces = split(rest);
    let pieces: Vec<(&str, Vec<u8>)> = pieces
        .iter()
        .map(|(name, bytes)| (if name.is_empty() { "WordDocument" } else { name.as_str() }, bytes.clone()))
        .collect();
    compound(&pieces)
}

/// A record of a drawing (MS-ODRAW 2.2.1).
fn drawn(form: u16, number: u16, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or_default().to_le_bytes();
    [&form.to_le_bytes()[..], &number.to_le_bytes(), &length, content].concat()
}

/// Records of a sheet on which a control shows a picture of Windows, and an object one in pixels.
fn objects() -> Vec<u8> {
    let numbers = |list: &[u16]| list.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let metafile =
        [[0; 16].to_vec(), vec![9; 32], vec![0, 0xfe], vec![0x78, 0x9c, 3, 0, 0, 0, 0, 1]].concat();
    let metafile = [&[0; 36][..], &drawn(0x2160, 0xF01B, &metafile)].concat();
    let pixels = [&[0; 36][..], &drawn(0x6E00, 0xF01E, b"0123456789abcdef\xff\x89PNG\r\n\x1a\n")].concat();
    let list = [drawn(0x32, 0xF007, &metafile), drawn(0x62, 0xF007, &pixels)].concat();
    let pictures = drawn(0x0F, 0xF000, &drawn(0x2F, 0xF001, &list));
    let shape = |picture: u8| {
        let properties =
            [[4, 0x41, picture, 0, 0, 0], [0xbf, 1, 0x10, 0, 0x10, 0], [0xff, 1, 8, 0, 8, 0]].concat();
        let inside = [
            drawn(0x33, 0xF00B, &properties),
            drawn(0, 0xF010, &numbers(&[2, 1, 512, 2, 128, 3, 0, 4, 9])),
            drawn(0, 0xF011, &[]),
        ];
        drawn(0x0F, 0xF004, &inside.concat())
    };
    let drawing = drawn(0x0F, 0xF002, &drawn(0x0F, 0xF003, &[shape(1), shape(2)].concat()));
    let object = numbers(&[0x15, 4, 8, 1, 0x09, 9, 7, 5, 0, 0, 2, 0, 0]);
    [
        record(0x0031, &[&[220, 0][..], &[0; 12], &[1, 0, b'A']].concat()),
        record(0x00E0, &[0; 20]),
        record(0x0055, &[8, 0]),
        record(0x007D, &numbers(&[1, 3, 2816, 0, 0])),
        record(0x0208, &numbers(&[2, 0, 0, 300])),
        record(0x00EB, &pictures[..60]),
        record(0x003C, &pictures[60..]),
        record(0x00EC, &drawing),
        record(0x005D, &object),
        record(0x005D, &object),
    ]
    .concat()
}

fn seeds() -> Vec<Vec<u8>> {
    let number =
        record(0x0203, &[&[0, 0, 0, 0, 0, 0][..], &1.000_000_000_000_000_2_f64.to_le_bytes()].concat());
    let formula = |result: [u8; 8]| {
        record(0x0006, &[&[0, 0, 1, 0, 0, 0][..], &result, &[0, 0, 0, 0, 0, 0, 3, 0, 0x1e, 1, 0]].concat())
    };
    let text = record(0x0207, &[3, 0, 0, b'a', b'b', b'c']);
    let records = [
        number,
        formula(2.5f64.to_le_bytes()),
        formula([0, 0, 0, 0, 0, 0, 0xff, 0xff]),
        text,
        formula([1, 0, 1, 0, 0, 0, 0xff, 0xff]),
        formula([2, 0, 0x2a, 0, 0, 0, 0xff, 0xff]),
    ]
    .concat();
    let main = {
        let mut main = vec![0u8; 0x300];
        main[..2].copy_from_slice(&0xA5ECu16.to_le_bytes());
        main
    };
    let before_97 = {
        let mut main = vec![0u8; 0x60];
        main[..2].copy_from_slice(&0xA5DCu16.to_le_bytes());
        main.extend(b"\x13DDEAUTO a b\x14c\x15");
        main
    };
    let hidden_document = {
        let mut main = main.clone();
        main[0x0A..0x12].copy_from_slice(&[0, 0x81, 0, 0, 0xa7, 0xda, 0x4d, 0x01]);
        main
    };
    let locked_document = {
        let mut main = main.clone();
        main[0x0A..0x12].copy_from_slice(&[0, 0x01, 0, 0, 52, 0, 0, 0]);
        main
    };
    let whole = compound(&[("WordDocument", main.clone()), ("0Table", vec![0; 8])]);
    let slides = [&[0x0f, 0, 0xe8, 3, 8, 0, 0, 0][..], &[0x0f, 0, 0xf0, 0x0f, 0, 0, 0, 0]].concat();
    vec![
        seed(b'@', &records),
        seed(b'@', objects()),
        seed(b'C', &records),
        seed(b'H', &records),
        seed(b'P', &records),
        seed(b'X', [&lock()[..], &[0; 6], &records].concat()),
        seed(b'X', [&[0u8, 0, 0x4d, 0x01, 0xa7, 0xda][..], &records].concat()),
        seed(b'`', book(None, &records).0),
        seed(b'`', locked(&records)),
        join(b'h', &[("WordDocument", &main), ("0Table", &[0; 8])]),
        join(b'h', &[("WordDocument", &before_97)]),
        join(b'h', &[("WordDocument", &hidden_document), ("0Table", &[1; 40]), ("Data", &[2; 20])]),
        join(b'h', &[("WordDocument", &locked_document), ("0Table", &lock()[2..])]),
        join(b'p', &[("PowerPoint Document", &slides), ("Current User", &[0; 20])]),
        seed(b'x', whole),
    ]
}
