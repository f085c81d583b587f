//! Files are locked here by the code that opens them; that it is the method of Office is told by proofs that another program
//! made.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use worker_protocol::{Job, Limits};

use super::super::obfuscated;
use super::*;
use crate::bounded::Budget;
use crate::findings::Findings;
use crate::{NoConverter, trial};

pub(in crate::legacy) const PASSWORD: &str = "合言葉";

const SALT: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// What proves the password, as another program encrypted it with that salt; and `next block` with the key of the second block.
const OLD: (&str, &str) =
    ("1dd322010fc32bc3cc4710e8946cab3eca6e9ac38420d7ffbb2d3fedef1e6e5f", "57775c71a4ef23358957");
const PROVIDER_40: (&str, &str) =
    ("7105b6c8447ca64f58ba6511b5c073db866240168dae3e702572d958bab7e926c1d09a37", "b1565f5d9dc1e222bfe5");
const PROVIDER_128: (&str, &str) =
    ("1dc8a826a619a5d161f8f4a82719749bf47ea4dc939282a7aa8532e4eb07e9185bb7cce5", "c81204f9a69f6997cdbc");

fn bytes_of(digits: &str) -> Vec<u8> {
    let values: Vec<u32> = digits.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
    values.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

pub(in crate::legacy) fn old() -> Vec<u8> {
    [&[1, 0, 1, 0], SALT.as_slice(), &bytes_of(OLD.0)].concat()
}

fn provider(key_bits: u32, proof: &str) -> Vec<u8> {
    let proof = bytes_of(proof);
    let mut out = vec![2, 0, 2, 0, 4, 0, 0, 0];
    let name: Vec<u8> = "Provider\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    out.extend((32 + name.len() as u32).to_le_bytes());
    for field in [4, 0, 0x6801, 0x8004, key_bits, 1, 0, 0] {
        out.extend(field.to_le_bytes());
    }
    out.extend(name);
    out.extend(16u32.to_le_bytes());
    out.extend(SALT);
    out.extend_from_slice(&proof[..16]);
    out.extend(20u32.to_le_bytes());
    out.extend_from_slice(&proof[16..]);
    out
}

pub(in crate::legacy) fn provider_128() -> Vec<u8> {
    provider(128, PROVIDER_128.0)
}

fn locks() -> [(Vec<u8>, &'static str); 4] {
    [
        (old(), OLD.1),
        (provider(40, PROVIDER_40.0), PROVIDER_40.1),
        (provider(0, PROVIDER_40.0), PROVIDER_40.1),
        (provider(128, PROVIDER_128.0), PROVIDER_128.1),
    ]
}

pub(in crate::legacy) fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, content) in streams {
        file.create_stream(path).unwrap().write_all(content).unwrap();
    }
    file.into_inner().into_inner()
}

fn records_of(list: &[(u16, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, body) in list {
        out.extend(number.to_le_bytes());
        out.extend((body.len() as u16).to_le_bytes());
        out.extend_from_slice(body);
    }
    out
}

/// A workbook that is locked in this way, and the same as it was before.
pub(in crate::legacy) fn book(description: &[u8], more: &[(u16, &[u8])]) -> (Vec<u8>, Vec<u8>) {
    let begin: &[u8] = &[0, 6, 5, 0, 0, 0, 0, 0];
    let lock = [&[1, 0], description].concat();
    let all = |number: u16| {
        let head = records_of(&[(record::BEGIN, begin), (number, &lock)]);
        [head, records_of(more)].concat()
    };
    let open = all(record::IGNORED);
    let mut locked = all(record::PASSWORD);
    let key = Lock::read(description).unwrap().key(PASSWORD).unwrap().unwrap();
    let stream = key.stream(BOOK_BLOCK_BYTES, locked.len()).unwrap();
    let places: Vec<_> = records(&locked).collect();
    for (number, from, to) in places {
        let from = if number == record::SHEET { from + 4 } else { from };
        if !record::CLEAR.contains(&number) {
            apply(&mut locked, &stream, from, to);
        }
    }
    (compound(&[("/Workbook", &locked)]), open)
}

fn document(description: &[u8], data: &[u8]) -> Vec<u8> {
    let mut main = vec![7; 700];
    main[..2].copy_from_slice(&words::SINCE_97.to_le_bytes());
    main[0x0A..0x0C].copy_from_slice(&0x0300u16.to_le_bytes());
    main[0x0E..0x12].copy_from_slice(&(description.len() as u32).to_le_bytes());
    let mut table = [description, &[8; 600]].concat();
    let mut data = data.to_vec();
    let key = Lock::read(description).unwrap().key(PASSWORD).unwrap().unwrap();
    let stream = key.stream(DOCUMENT_BLOCK_BYTES, 4096).unwrap();
    apply(&mut main, &stream, HEAD_BYTES, 700);
    let end = table.len();
    apply(&mut table, &stream, description.len(), end);
    let end = data.len();
    apply(&mut data, &stream, 0, end);
    compound(&[("/WordDocument", &main), ("/1Table", &table), ("/Data", &data)])
}

fn job(passwords: &[&str]) -> Job {
    let mut job = trial::job("a.doc");
    job.hint.passwords = passwords.iter().map(|password| (*password).to_owned()).collect();
    job
}

pub(in crate::legacy) fn unlock(
    bytes: &[u8],
    kind: Kind,
    passwords: &[&str],
) -> Result<Option<Vec<u8>>, Refusal> {
    let job = job(passwords);
    let mut budget = Budget::new(Limits::default());
    let mut work = Work {
        job: &job,
        budget: &mut budget,
        findings: Findings::default(),
        depth: 0,
        converter: &mut NoConverter,
        progress: &mut |_, _| (),
    };
    let opened = open(bytes, kind, &mut work)?;
    assert_eq!(work.findings.has(Threat::Encryption), opened.is_some());
    Ok(opened)
}

pub(in crate::legacy) fn stream_of(file: &[u8], name: &str) -> Vec<u8> {
    let mut file = cfb::CompoundFile::open(Cursor::new(file)).unwrap();
    let mut bytes = Vec::new();
    file.open_stream(name).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn the_method_is_that_of_office() {
    for (description, next) in locks() {
        let lock = Lock::read(&description).unwrap();
        assert!(lock.key("other").unwrap().is_none());
        let key = lock.key(PASSWORD).unwrap().unwrap();
        let mut block = bytes_of(next);
        key.cipher(1).unwrap().apply_keystream(&mut block);
        assert_eq!(block, b"next block", "{description:?}");
    }
}

#[test]
fn workbooks_and_documents_open_with_their_password() {
    let wrong = Some(Reason::PasswordNeeded);
    for (description, _) in locks() {
        let text = [b"\x02\0\0".as_slice(), &[b'x'; 1500]].concat();
        let (locked, open) = book(
            &description,
            &[
                (record::SHEET, b"\x09\x08\x07\x06\0\0\x01\0A"),
                (0x00E1, &[1, 2]),
                (0x0204, &text),
                (0x000A, b""),
            ],
        );
        assert_eq!(unlock(&locked, Kind::Xls, &["other"]).err().map(|r| r.reason), wrong);
        let opened = unlock(&locked, Kind::Xls, &["other", PASSWORD]).unwrap().unwrap();
        assert_eq!(stream_of(&opened, "/Workbook"), open, "{description:?}");
        assert!(unlock(&opened, Kind::Xls, &[]).unwrap().is_none());

        for data in [b"".as_slice(), &[9; 3000]] {
            let locked = document(&description, data);
            assert_eq!(unlock(&locked, Kind::Doc, &[]).err().map(|r| r.reason), wrong);
            let opened = unlock(&locked, Kind::Doc, &[PASSWORD]).unwrap().unwrap();
            let main = stream_of(&opened, "/WordDocument");
            assert_eq!(main[0x0A..0x12], [0, 2, 7, 7, 0, 0, 0, 0]);
            assert!(main[0x12..].iter().all(|byte| *byte == 7));
            assert!(stream_of(&opened, "/1Table").ends_with(&[8; 600]));
            assert_eq!(stream_of(&opened, "/Data"), data);
            assert!(unlock(&opened, Kind::Doc, &[]).unwrap().is_none());
        }
    }
}

#[test]
fn what_is_obfuscated_opens_with_its_password() {
    let (key, proof, mask) = obfuscated::tests::lock(PASSWORD);
    let numbers = [key.to_le_bytes(), proof.to_le_bytes()].concat();
    for description in [[&[0, 0], numbers.as_slice()].concat(), numbers.clone()] {
        let all = |number: u16| {
            let sheet = b"\x09\x08\x07\x06\0\0\x01\0A";
            records_of(&[
                (record::BEGIN, &[0, 6, 5, 0]),
                (number, &description),
                (record::SHEET, sheet),
                (0x00E1, &[1, 2]),
                (0x0204, &[b'x'; 300]),
                (0x000A, b""),
            ])
        };
        let mut locked = all(record::PASSWORD);
        let places: Vec<_> = records(&locked).collect();
        for (number, from, to) in places.into_iter().filter(|place| !record::CLEAR.contains(&place.0)) {
            mask.hide_record(&mut locked, from, if number == record::SHEET { from + 4 } else { from }, to);
        }
        let locked = compound(&[("/Workbook", &locked)]);
        let wrong = unlock(&locked, Kind::Xls, &["other"]).unwrap_err();
        assert_eq!(wrong.reason, Reason::PasswordNeeded);
        let opened = unlock(&locked, Kind::Xls, &[PASSWORD]).unwrap().unwrap();
        assert_eq!(stream_of(&opened, "/Workbook"), all(record::IGNORED), "{description:?}");
        assert!(unlock(&opened, Kind::Xls, &[]).unwrap().is_none());
    }
    for (identity, head) in [(words::SINCE_97, HEAD_BYTES), (0xA5DC, HEAD_BYTES_BEFORE_97)] {
        let mut main = vec![7; 200];
        main[..2].copy_from_slice(&identity.to_le_bytes());
        main[0x0A..0x0C].copy_from_slice(&0x8100u16.to_le_bytes());
        main[0x0E..0x12].copy_from_slice(&[proof.to_le_bytes(), key.to_le_bytes()].concat());
        mask.open_stream(&mut main, head);
        let mut table = vec![8; 100];
        if identity == words::SINCE_97 {
            mask.open_stream(&mut table, 0);
        }
        let locked = compound(&[("/WordDocument", &main), ("/0Table", &table)]);
        assert_eq!(unlock(&locked, Kind::Doc, &[]).unwrap_err().reason, Reason::PasswordNeeded);
        let opened = unlock(&locked, Kind::Doc, &[PASSWORD]).unwrap().unwrap();
        let main = stream_of(&opened, "/WordDocument");
        assert_eq!(main[0x0A..0x12], [0, 0, 7, 7, 0, 0, 0, 0]);
        assert!(main[0x12..].iter().all(|byte| *byte == 7));
        assert_eq!(stream_of(&opened, "/0Table"), [8; 100]);
    }
}

#[test]
fn what_is_locked_in_another_way_or_broken_is_held() {
    let held = |reason| Some(Refusal::held(reason));
    let begin: &[u8] = &[0, 6, 5, 0, 0, 0, 0, 0];
    let of = |lock: &[u8]| compound(&[("/Workbook", &records_of(&[(0x809, begin), (0x2F, lock)]))]);
    let mut long_header = provider(128, PROVIDER_128.0);
    long_header[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    let mut other_cipher = provider(128, PROVIDER_128.0);
    other_cipher[20..24].copy_from_slice(&0x660Eu32.to_le_bytes());
    let rows = [
        // Obfuscated, since 97 and before, with another password.
        (of(&[0, 0, 1, 2, 3, 4]), held(Reason::PasswordNeeded)),
        (of(&[1, 2, 3, 4]), held(Reason::PasswordNeeded)),
        (of(&[1, 2, 3]), held(Reason::NotRebuilt)),
        (of(&[2, 0, 1, 2, 3, 4]), held(Reason::NotRebuilt)),
        (of(&[[1, 0].as_slice(), &[9; 60]].concat()), held(Reason::NotRebuilt)),
        (of(&[[1, 0].as_slice(), &old()[..40]].concat()), held(Reason::Damaged)),
        (of(&[[1, 0].as_slice(), &long_header].concat()), held(Reason::Damaged)),
        (of(&[[1, 0].as_slice(), &other_cipher].concat()), held(Reason::NotRebuilt)),
        (of(&[[1, 0].as_slice(), &provider(136, PROVIDER_128.0)].concat()), held(Reason::NotRebuilt)),
    ];
    for (bytes, expected) in rows {
        assert_eq!(unlock(&bytes, Kind::Xls, &[PASSWORD]).err(), expected);
    }
    // A document that says it is locked and has no word about how.
    let mut main = vec![0; 100];
    main[..2].copy_from_slice(&words::SINCE_97.to_le_bytes());
    main[0x0B] = 0x01;
    for (flags, expected) in [(0x01u8, Reason::Damaged), (0x81, Reason::PasswordNeeded)] {
        main[0x0B] = flags;
        let bytes = compound(&[("/WordDocument", &main), ("/0Table", b"")]);
        assert_eq!(unlock(&bytes, Kind::Doc, &[PASSWORD]).err(), held(expected));
    }
    assert_eq!(unlock(b"no compound file", Kind::Doc, &[]).err(), held(Reason::Damaged));
}

proptest! {
    #[test]
    fn any_description_is_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..120), sort in 0..3usize) {
        let description = match sort {
            0 => bytes,
            1 => [&[1, 0, 1, 0], bytes.as_slice()].concat(),
            _ => [&provider(128, PROVIDER_128.0)[..28], &bytes].concat(),
        };
        if let Ok(lock) = Lock::read(&description) {
            let _ = lock.key(PASSWORD);
        }
        let _ = unlock(&compound(&[("/Workbook", &description)]), Kind::Xls, &[PASSWORD]);
    }
}
