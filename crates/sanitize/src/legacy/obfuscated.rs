//! The way of hiding a document that Office 95 and before knew, and later programs still write when asked to: sixteen bytes made
//! from the password, again and again (MS-OFFCRYPTO, section 2.3.7).
//!
//! Owns: telling whether a password fits, and taking the bytes away again.
//! Leaves to others: where in a file it begins and what stays in the clear (`locked`).

use encoding_rs::{SHIFT_JIS, WINDOWS_1252};
use worker_protocol::Reason;

use crate::Refusal;
use crate::ooxml::{DEFAULT_PASSWORD, PASSWORDS_MAX};

/// The longest password that this way knows, in bytes.
const PASSWORD_BYTES_MAX: usize = 15;

/// Where the key begins, by the length of the password.
const BEGINNINGS: [u16; PASSWORD_BYTES_MAX] = [
    0xE1F0, 0x1D0F, 0xCC9C, 0x84C0, 0x110C, 0x0E10, 0xF1CE, 0x313E, 0x1872, 0xE139, 0xD40F, 0x84F9, 0x280C,
    0xA96A, 0x4EC3,
];

/// What the lowest bit of each character adds to the key, counted from the end of the longest password. The next bits add what
/// follows from it.
const CHARACTERS: [u16; PASSWORD_BYTES_MAX] = [
    0xAEFC, 0x7B61, 0x4563, 0x0375, 0xD849, 0x6F45, 0xEB23, 0x47D3, 0xB861, 0x45A0, 0xAA51, 0x76B4, 0x3730,
    0x3331, 0x1021,
];

/// What fills up the sixteen bytes behind the password.
const PADDING: [u8; 15] =
    [0xBB, 0xFF, 0xFF, 0xBA, 0xFF, 0xFF, 0xB9, 0x80, 0x00, 0xBE, 0x0F, 0x00, 0xBF, 0x0F, 0x00];

/// The sixteen bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mask([u8; 16]);

impl Mask {
    /// The mask of the password that fits both numbers of the file.
    ///
    /// # Errors
    /// Held when none fits.
    pub(super) fn fitting(passwords: &[String], key: u16, proof: u16) -> Result<Self, Refusal> {
        let given = passwords.iter().take(PASSWORDS_MAX).map(String::as_str);
        for password in std::iter::once(DEFAULT_PASSWORD).chain(given) {
            for bytes in spellings(password) {
                if key_of(&bytes) == Some(key) && proof_of(&bytes) == proof {
                    return Ok(Self::of(&bytes, key));
                }
            }
        }
        Err(Refusal::held(Reason::PasswordNeeded))
    }

    fn of(password: &[u8], key: u16) -> Self {
        let mut mask = [0; 16];
        let filled = password.iter().chain(&PADDING);
        for ((place, byte), with) in mask.iter_mut().zip(filled).zip(key.to_le_bytes().into_iter().cycle()) {
            *place = (byte ^ with).rotate_right(1);
        }
        Self(mask)
    }

    /// Opens the part of a workbook's record that is hidden: what lies from `clear` to `to` of content that begins at `from`.
    pub(super) fn open_record(&self, book: &mut [u8], from: usize, clear: usize, to: usize) {
        let Some(hidden) = book.get_mut(clear..to) else { return };
        // The mask begins at another byte for each record: where the record ends.
        let first = (to + clear - from) % 16;
        for (byte, with) in hidden.iter_mut().zip(self.0.iter().cycle().skip(first)) {
            *byte = (*byte ^ with).rotate_right(5);
        }
    }

    /// Opens a stream of a document from this byte on.
    pub(super) fn open_stream(&self, stream: &mut [u8], from: usize) {
        for (byte, with) in stream.iter_mut().zip(self.0.iter().cycle()).skip(from) {
            // Zeros stay zeros, so what would become one was left as it was.
            if *byte != 0 && *byte != *with {
                *byte ^= with;
            }
        }
    }
}

/// The bytes that a password may be in the code pages of those times.
fn spellings(password: &str) -> Vec<Vec<u8>> {
    let low: Vec<u8> = password
        .encode_utf16()
        .map(|unit| if unit & 0xFF == 0 { unit >> 8 } else { unit & 0xFF } as u8)
        .collect();
    let mut spellings = vec![low];
    for encoding in [WINDOWS_1252, SHIFT_JIS] {
        let (bytes, _, is_partial) = encoding.encode(password);
        if !is_partial && !spellings.iter().any(|known| *known == *bytes) {
            spellings.push(bytes.into_owned());
        }
    }
    spellings.retain(|bytes| (1..=PASSWORD_BYTES_MAX).contains(&bytes.len()));
    spellings
}

fn key_of(password: &[u8]) -> Option<u16> {
    let mut key = *BEGINNINGS.get(password.len().checked_sub(1)?)?;
    for (byte, lowest) in password.iter().rev().zip(CHARACTERS.iter().rev()) {
        let mut adds = *lowest;
        for bit in 0..7 {
            if byte >> bit & 1 == 1 {
                key ^= adds;
            }
            adds = adds << 1 ^ if adds & 0x8000 != 0 { 0x1021 } else { 0 };
        }
    }
    Some(key)
}

fn proof_of(password: &[u8]) -> u16 {
    let mut proof = 0u16;
    let length = u16::try_from(password.len()).unwrap_or_default();
    for value in password.iter().rev().map(|byte| u16::from(*byte)).chain([length]) {
        proof = (proof >> 14 & 1 | proof << 1 & 0x7FFF) ^ value;
    }
    proof ^ 0xCE4B
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The two numbers of a password, and its mask.
    pub(in crate::legacy) fn lock(password: &str) -> (u16, u16, Mask) {
        let bytes = spellings(password).pop().unwrap();
        let key = key_of(&bytes).unwrap();
        (key, proof_of(&bytes), Mask::of(&bytes, key))
    }

    impl Mask {
        pub(in crate::legacy) fn hide_record(&self, book: &mut [u8], from: usize, clear: usize, to: usize) {
            let first = to + clear - from;
            for (at, byte) in book[clear..to].iter_mut().enumerate() {
                *byte = byte.rotate_left(5) ^ self.0[(first + at) % 16];
            }
        }
    }

    #[test]
    fn the_numbers_are_those_of_office() {
        // Published for these passwords.
        assert_eq!((key_of(b"abc"), proof_of(b"abc")), (Some(20810), 52250));
        assert_eq!(proof_of(b"password"), 0x83AF);
        assert_eq!(key_of(b""), None);
        assert_eq!(key_of(&[b'a'; 16]), None);
    }

    #[test]
    fn a_password_fits_however_it_was_spelt() {
        for password in ["abc", "Größe", "合言葉"] {
            let (key, proof, mask) = lock(password);
            let given = ["other".to_owned(), password.to_owned()];
            assert_eq!(Mask::fitting(&given, key, proof), Ok(mask), "{password}");
            let wrong = Mask::fitting(&given[..1], key, proof);
            assert_eq!(wrong.unwrap_err().reason, Reason::PasswordNeeded);
        }
        let long = ["a".repeat(16), String::new()];
        assert!(Mask::fitting(&long, 0, 0).is_err());
    }

    #[test]
    fn zeros_of_a_document_stay() {
        let (_, _, mask) = lock("abc");
        let plain: Vec<u8> = (0..=255).chain([0; 20]).collect();
        let mut stream = plain.clone();
        // Hiding and opening are the same.
        mask.open_stream(&mut stream, 3);
        assert_eq!((&stream[..3], &stream[256..]), (&plain[..3], &[0; 20][..]));
        assert_ne!(stream, plain);
        mask.open_stream(&mut stream, 3);
        assert_eq!(stream, plain);
    }
}
