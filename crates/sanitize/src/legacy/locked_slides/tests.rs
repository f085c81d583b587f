//! Presentations that are locked here, by the keys whose method other tests hold to that of Office.

use std::io::Cursor;

use super::super::locked::tests::{PASSWORD, compound, provider_128, stream_of, unlock};
use super::*;
use proptest::prelude::*;
use worker_protocol::Kind;

fn record(form: u16, number: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [&form.to_le_bytes(), &number.to_le_bytes(), &length[..], body].concat()
}

/// The streams of a locked presentation, and its objects and pictures as they were.
struct Show {
    user: Vec<u8>,
    document: Vec<u8>,
    pictures: Vec<u8>,
    objects: Vec<u8>,
    open_pictures: Vec<u8>,
}

fn show() -> Show {
    let description = provider_128();
    let key = Lock::read(&description).unwrap().key(PASSWORD).unwrap().unwrap();
    let plain = [record(0x0F, 0x03E8, &[5; 700]), record(0x0F, 0x03EE, &[6; 90])];
    let mut document = Vec::new();
    let mut places = Vec::new();
    for (object, number) in plain.iter().zip(1u32..) {
        places.push(document.len() as u32);
        let mut object = object.clone();
        key.cipher(number).unwrap().apply_keystream(&mut object);
        document.extend(object);
    }
    places.push(document.len() as u32);
    document.extend(record(0x0F, record::LOCK, &description));
    let directory = document.len() as u32;
    let run = 1u32 | 3 << 20;
    let entries: Vec<u8> = [run].iter().chain(&places).flat_map(|value| value.to_le_bytes()).collect();
    document.extend(record(0, record::DIRECTORY, &entries));
    let edit = document.len() as u32;
    let fields = [0, 0x0300_1C2B, 0, directory, 1, 3, 1, 3u32];
    document.extend(record(0, record::EDIT, &fields.map(u32::to_le_bytes).concat()));
    let user = [
        &[0, 0, 0xF6, 0x0F, 0x14, 0, 0, 0, 0x14, 0, 0, 0][..],
        &TOKEN_LOCKED.to_le_bytes(),
        &edit.to_le_bytes(),
    ]
    .concat();
    let (mut pictures, mut open_pictures) = (Vec::new(), Vec::new());
    for (form, kind, fields) in [
        (0x46A << 4, 0xF01Du16, &[16usize, 1, 300][..]),
        (0x217 << 4, 0xF01B, &[16, 16, 34, 50]),
        (0x6E0 << 4, 0xF01E, &[16, 1, 0]),
    ] {
        let body: Vec<u8> = (0..fields.iter().sum::<usize>()).map(|at| at as u8).collect();
        let whole = record(form, kind, &body);
        open_pictures.extend(&whole);
        let mut rest = whole.as_slice();
        for field in [8].iter().chain(fields) {
            let (piece, others) = rest.split_at(*field);
            let mut piece = piece.to_vec();
            key.cipher(0).unwrap().apply_keystream(&mut piece);
            pictures.extend(piece);
            rest = others;
        }
    }
    Show { user, document, pictures, objects: plain.concat(), open_pictures }
}

fn file(show: &Show) -> Vec<u8> {
    compound(&[
        ("/Current User", &show.user),
        ("/PowerPoint Document", &show.document),
        ("/Pictures", &show.pictures),
        ("/EncryptedSummary", b"x"),
    ])
}

#[test]
fn a_presentation_opens_with_its_password() {
    let show = show();
    let locked = file(&show);
    for passwords in [&[][..], &["other"]] {
        assert_eq!(unlock(&locked, Kind::Ppt, passwords).unwrap_err().reason, Reason::PasswordNeeded);
    }
    let opened = unlock(&locked, Kind::Ppt, &["other", PASSWORD]).unwrap().unwrap();
    let document = stream_of(&opened, "/PowerPoint Document");
    assert!(document.starts_with(&show.objects));
    assert_eq!(document.len(), show.document.len());
    assert_eq!(document[show.objects.len()..][..4], [0; 4]);
    assert_eq!(stream_of(&opened, "/Pictures"), show.open_pictures);
    assert!(!is_locked(&stream_of(&opened, "/Current User")));
    assert!(!cfb::CompoundFile::open(Cursor::new(opened.as_slice())).unwrap().exists("/EncryptedSummary"));
    assert!(unlock(&opened, Kind::Ppt, &[]).unwrap().is_none());
}

#[test]
fn what_is_broken_is_held() {
    let reason = |change: &dyn Fn(&mut Show)| {
        let mut show = show();
        change(&mut show);
        unlock(&file(&show), Kind::Ppt, &[PASSWORD]).err().map(|refusal| refusal.reason)
    };
    let end = show().document.len();
    assert_eq!(reason(&|_| ()), None);
    assert_eq!(reason(&|show| show.user.truncate(18)), Some(Reason::Damaged));
    assert_eq!(reason(&|show| show.user[16] ^= 1), Some(Reason::Damaged));
    assert_eq!(reason(&|show| show.document.truncate(end - 1)), Some(Reason::Damaged));
    // An earlier edit, a lock that is not there, an object that is longer than the file.
    assert_eq!(reason(&|show| show.document[end - 24] = 1), Some(Reason::NotRebuilt));
    assert_eq!(reason(&|show| show.document[end - 4] = 9), Some(Reason::Damaged));
    assert_eq!(reason(&|show| show.document[6] ^= 0xFF), Some(Reason::Damaged));
    assert_eq!(reason(&|show| show.pictures.truncate(30)), None);
}

proptest! {
    #[test]
    fn any_damage_ends(stream in 0usize..3, at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let mut show = show();
        let streams = [&mut show.user, &mut show.document, &mut show.pictures];
        let bytes = streams.into_iter().nth(stream).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = value;
        let _ = unlock(&file(&show), Kind::Ppt, &[PASSWORD]);
    }
}
