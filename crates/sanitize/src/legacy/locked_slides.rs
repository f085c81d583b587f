//! Presentations of PowerPoint 97 to 2003 that a password protects (MS-PPT): each object is locked for itself.
//!
//! Owns: which objects and pictures there are, and what says that they are locked.
//! Leaves to others: keys (`locked`), reading the presentation (`slides`).

use rc4::StreamCipher;
use worker_protocol::Reason;

use super::bytes::{place_at, u16_at, u32_at};
use super::locked::{self, File, Key, Lock};
use crate::{Refusal, Work};

pub(super) const CURRENT_USER: &str = "/Current User";
pub(super) const DOCUMENT: &str = "/PowerPoint Document";
const PICTURES: &str = "/Pictures";
const SUMMARY: &str = "/EncryptedSummary";

/// Where the stream about the user says whether the presentation is locked, and where its last edit stands.
const TOKEN: usize = 12;
pub(super) const LAST_EDIT: usize = 16;
const TOKEN_LOCKED: u32 = 0xF3D1_C4DF;
const TOKEN_OPEN: u32 = 0xE391_C05F;

/// Records by number.
pub(super) mod record {
    pub(in crate::legacy) const EDIT: u16 = 0x0FF5;
    pub(in crate::legacy) const DIRECTORY: u16 = 0x1772;
    pub(super) const LOCK: u16 = 0x2F14;
    pub(super) const METAFILES: std::ops::RangeInclusive<u16> = 0xF01A..=0xF01C;
}

pub(super) const HEAD_BYTES: usize = 8;

/// What an edit takes with the number of the lock, and without.
const EDIT_BYTES_LOCKED: u32 = 32;
const EDIT_BYTES: u32 = 28;

/// Kinds of pictures that carry a second number of theirs.
const WITH_SECOND_NUMBER: [u16; 8] = [0x217, 0x3D5, 0x46B, 0x543, 0x6E1, 0x6E3, 0x6E5, 0x7A9];

/// Whether the stream about the user that begins so says that the presentation is locked.
pub(super) fn is_locked(user: &[u8]) -> bool {
    u32_at(user, TOKEN) == Some(TOKEN_LOCKED)
}

/// Writes the presentation as it was before it was locked.
///
/// # Errors
/// Held when no password fits, when it is locked in another way, or when it is damaged.
pub(super) fn open(file: &mut File, work: &mut Work<'_>) -> Result<(), Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let mut user = locked::whole(file, CURRENT_USER, work)?;
    let mut document = locked::whole(file, DOCUMENT, work)?;
    let edit = place_at(&user, LAST_EDIT).ok_or(damaged)?;
    let body = content(&document, edit, record::EDIT).ok_or(damaged)?;
    let field = |at: usize| body.get(at..).and_then(|rest| u32_at(rest, 0)).ok_or(damaged);
    // What is locked is written anew as a whole, so there are no earlier edits.
    if body.len() != EDIT_BYTES_LOCKED as usize || field(8)? != 0 {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let number_of_lock = field(28)?;
    let directory =
        content(&document, place_at(body, 12).ok_or(damaged)?, record::DIRECTORY).ok_or(damaged)?;
    let objects = objects(directory);
    work.budget.take_entries(objects.len())?;
    let (_, lock_at) = *objects.iter().find(|(number, _)| *number == number_of_lock).ok_or(damaged)?;
    let description = content(&document, lock_at, record::LOCK).ok_or(damaged)?;
    let lock_length = description.len();
    let key = Lock::read(description)?.fitting_key(&work.job.hint.passwords)?;
    for (number, at) in objects.iter().filter(|(number, _)| *number != number_of_lock) {
        open_object(&mut document, *number, *at, &key, work)?;
    }
    let put = |bytes: &mut Vec<u8>, at: usize, value: &[u8]| {
        bytes.get_mut(at..at + value.len()).map(|place| place.copy_from_slice(value)).ok_or(damaged)
    };
    // A record without a number, of the same length, so that nothing moves.
    put(&mut document, lock_at, &[0; 4])?;
    put(&mut document, lock_at + HEAD_BYTES, &vec![0; lock_length])?;
    put(&mut document, edit + 4, &EDIT_BYTES.to_le_bytes())?;
    put(&mut user, TOKEN, &TOKEN_OPEN.to_le_bytes())?;
    locked::write(file, DOCUMENT, &document)?;
    locked::write(file, CURRENT_USER, &user)?;
    if file.is_stream(PICTURES) {
        let mut pictures = locked::whole(file, PICTURES, work)?;
        open_pictures(&mut pictures, &key, work)?;
        locked::write(file, PICTURES, &pictures)?;
    }
    // Title, author and the like; they do not stay in any case.
    if file.is_stream(SUMMARY) {
        file.remove_stream(SUMMARY).map_err(|_| damaged)?;
    }
    Ok(())
}

/// The content of the record that begins here, if it is one of this sort.
pub(super) fn content(document: &[u8], at: usize, number: u16) -> Option<&[u8]> {
    let head = document.get(at..at.checked_add(HEAD_BYTES)?)?;
    let length = place_at(head, 4)?;
    let from = at + HEAD_BYTES;
    (u16_at(head, 2)? == number).then(|| document.get(from..from.checked_add(length)?)).flatten()
}

/// The numbers of the objects and where they stand: runs of a first number, a count, and so many places.
pub(super) fn objects(directory: &[u8]) -> Vec<(u32, usize)> {
    let mut objects = Vec::new();
    let mut at = 0;
    while let Some(run) = u32_at(directory, at) {
        at += 4;
        for number in (run & 0xF_FFFF..).take((run >> 20) as usize) {
            let Some(place) = place_at(directory, at) else { return objects };
            objects.push((number, place));
            at += 4;
        }
    }
    objects
}

/// Opens the object of this number, a record that stands here.
fn open_object(
    document: &mut [u8],
    number: u32,
    at: usize,
    key: &Key,
    work: &mut Work<'_>,
) -> Result<(), Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let mut cipher = key.cipher(number)?;
    let rest = document.get_mut(at..).ok_or(damaged)?;
    let (head, rest) = rest.split_at_mut_checked(HEAD_BYTES).ok_or(damaged)?;
    cipher.apply_keystream(head);
    let length = place_at(head, 4).ok_or(damaged)?;
    // Objects may lie over each other, so that a small file takes much work.
    work.budget.spend(length as u64)?;
    cipher.apply_keystream(rest.get_mut(..length).ok_or(damaged)?);
    Ok(())
}

/// Opens the pictures: every field of each is locked with the same bytes from their beginning.
fn open_pictures(pictures: &mut [u8], key: &Key, work: &mut Work<'_>) -> Result<(), Refusal> {
    let mut rest = pictures;
    while rest.len() > HEAD_BYTES {
        work.budget.take_entries(1)?;
        let Some((head, after)) = rest.split_at_mut_checked(HEAD_BYTES) else { break };
        key.cipher(0)?.apply_keystream(head);
        let (form, kind) = (u16_at(head, 0).unwrap_or_default(), u16_at(head, 2).unwrap_or_default());
        let length = place_at(head, 4).unwrap_or(usize::MAX).min(after.len());
        let (mut body, next) = after.split_at_mut_checked(length).unwrap_or_default();
        let second = if WITH_SECOND_NUMBER.contains(&(form >> 4)) { 16 } else { 0 };
        let about = if record::METAFILES.contains(&kind) { 34 } else { 1 };
        for field in [16, second, about, usize::MAX] {
            let (piece, others) = body.split_at_mut_checked(field.min(body.len())).unwrap_or_default();
            key.cipher(0)?.apply_keystream(piece);
            body = others;
        }
        rest = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
