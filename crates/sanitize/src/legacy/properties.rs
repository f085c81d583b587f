//! The mark as properties of a compound file (MS-OLEPS, MS-OSHARED 2.3.3.2.3).
//!
//! Owns: the stream that says it to programs. It holds nothing else, so a later pass knows it by writing it again.
//! Leaves to others: what people see of the mark.

use worker_protocol::Mark;

use crate::legacy::bytes::{place_at, wide};
use crate::ooxml::{LABEL_PROPERTY, LEVELS_PROPERTY, is_sound_mark};

pub(super) const STREAM: &str = "/\u{5}DocumentSummaryInformation";

/// Sets of properties: those that every document has, and its own.
const COMMON: [u8; 16] =
    [0x02, 0xD5, 0xCD, 0xD5, 0x9C, 0x2E, 0x1B, 0x10, 0x93, 0x97, 0x08, 0x00, 0x2B, 0x2C, 0xF9, 0xAE];
const OWN: [u8; 16] =
    [0x05, 0xD5, 0xCD, 0xD5, 0x9C, 0x2E, 0x1B, 0x10, 0x93, 0x97, 0x08, 0x00, 0x2B, 0x2C, 0xF9, 0xAE];

/// Kinds of values.
const SHORT: u32 = 0x02;
const TEXT: u32 = 0x1F;

/// Properties of a set by number: what the others are called, and how texts are written.
const NAMES: u32 = 0;
const CODE_PAGE: u32 = 1;
const LABEL: u32 = 2;
const LEVELS: u32 = 3;

/// Texts of two bytes a character.
const UTF_16: u32 = 1200;

/// The stream that bears a mark.
pub(super) fn written(mark: &Mark) -> Vec<u8> {
    let code_page = (CODE_PAGE, [SHORT.to_le_bytes(), UTF_16.to_le_bytes()].concat());
    let common = set(std::slice::from_ref(&code_page));
    let mut names = 2u32.to_le_bytes().to_vec();
    for (number, name) in [(LABEL, LABEL_PROPERTY), (LEVELS, LEVELS_PROPERTY)] {
        names.extend_from_slice(&number.to_le_bytes());
        push_text(&mut names, name);
    }
    let value = |text: &str| {
        let mut value = TEXT.to_le_bytes().to_vec();
        push_text(&mut value, text);
        value
    };
    let own = set(&[
        (NAMES, names),
        code_page,
        (LABEL, value(&mark.label)),
        (LEVELS, value(&mark.levels.join(" "))),
    ]);
    // The order of bytes, a version, a system, no class, two sets.
    let mut out = vec![0xFE, 0xFF, 0, 0, 0x0A, 0, 2, 0];
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&2u32.to_le_bytes());
    let first = out.len() + 2 * 20;
    for (set, at) in [(COMMON, first), (OWN, first + common.len())] {
        out.extend_from_slice(&set);
        out.extend_from_slice(&u32::try_from(at).unwrap_or(0).to_le_bytes());
    }
    [out, common, own].concat()
}

/// A set: its length, how many properties it has, where each of them stands, the properties.
fn set(properties: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let number = |count: usize| u32::try_from(count).unwrap_or(0).to_le_bytes();
    let mut places = Vec::new();
    let mut at = 8 + properties.len() * 8;
    for (id, value) in properties {
        places.extend_from_slice(&id.to_le_bytes());
        places.extend_from_slice(&number(at));
        at += value.len();
    }
    let mut out = [number(at), number(properties.len())].concat();
    out.extend_from_slice(&places);
    properties.iter().for_each(|(_, value)| out.extend_from_slice(value));
    out
}

/// A text with its length in characters and an end, filled up to four bytes.
fn push_text(out: &mut Vec<u8>, text: &str) {
    let characters: Vec<u16> = text.encode_utf16().chain([0]).collect();
    out.extend_from_slice(&u32::try_from(characters.len()).unwrap_or(0).to_le_bytes());
    out.extend(characters.iter().flat_map(|character| character.to_le_bytes()));
    out.resize(out.len().next_multiple_of(4), 0);
}

/// The mark that a stream bears which says nothing else.
pub(super) fn read(stream: &[u8]) -> Option<Mark> {
    // Where both texts begin follows from what stands before them; whether they do is found out by writing them again.
    let own = place_at(stream, 28 + 20 + 16)?;
    let text_of = |index: usize| {
        let at = own.checked_add(place_at(stream, own.checked_add(8 + index * 8 + 4)?)?)?;
        let count = place_at(stream, at.checked_add(4)?)?.checked_sub(1)?;
        let from = at.checked_add(8)?;
        stream.get(from..from.checked_add(count.checked_mul(2)?)?).map(wide)
    };
    let mark = Mark {
        label: text_of(2)?,
        levels: text_of(3)?.split_ascii_whitespace().map(str::to_owned).collect(),
    };
    (is_sound_mark(&mark) && written(&mark) == stream).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial;

    #[test]
    fn a_mark_is_read_back_and_nothing_else_is() {
        for (label, levels) in [("機密性2", "c2"), ("a", "c"), ("機密性3 取扱注意", "c3")] {
            let mark = trial::mark(label, levels);
            let stream = written(&mark);
            assert_eq!(read(&stream), Some(mark));
            for at in 0..stream.len() {
                let mut other = stream.clone();
                other[at] ^= 0x41;
                // What was changed is another mark or none.
                assert!(read(&other).is_none_or(|mark| written(&mark) == other), "{at}");
                assert_eq!(read(&stream[..at]), None);
            }
        }
    }
}
