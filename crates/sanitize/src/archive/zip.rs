//! Members of a ZIP archive.
//!
//! Owns: which members can be opened, passwords.
//! Leaves to others: reading the structure (`zip_reader`), expanding and deciphering (`bounded`).

use std::borrow::Cow;

use worker_protocol::{Reason, Threat};

use super::{Found, Packing, decode_name, permille};
use crate::bounded::Decryptor;
use crate::zip_reader::{self, Entry};
use crate::{Refusal, Work, mark};

pub(super) fn each(untrusted: &[u8], packing: &mut Packing, work: &mut Work<'_>) -> Result<(), Refusal> {
    let listing = zip_reader::read(untrusted, &work.budget.limits)?;
    work.budget.take_entries(listing.entries.len())?;
    match listing.comment.filter(|comment| mark::is_line(comment)) {
        Some(comment) => packing.mark = Some(comment),
        None if listing.has_foreign_bytes => work.findings.add(Threat::HiddenData, "zip#outside"),
        None => {}
    }
    let files: Vec<&Entry> = listing.entries.iter().filter(|e| !e.is_folder()).collect();
    for entry in listing.entries.iter().filter(|e| e.is_folder()) {
        packing.take_folder(&name_of(entry));
    }
    let mut decryptor = None;
    for (index, entry) in files.iter().enumerate() {
        let bytes = open(entry, untrusted, &mut decryptor, work).map(Cow::Owned);
        let untrusted_name = name_of(entry);
        packing.take(Found { untrusted_name, bytes, permille: permille(index + 1, files.len()) }, work)?;
    }
    Ok(())
}

fn open<'a>(
    entry: &Entry,
    untrusted: &'a [u8],
    decryptor: &mut Option<Decryptor<'a>>,
    work: &mut Work<'_>,
) -> Result<Vec<u8>, Refusal> {
    if entry.is_link {
        return Err(Refusal::held(Reason::UnknownKind));
    }
    if let Some(reason) = entry.trouble {
        let refuse = if reason == Reason::Bomb { Refusal::blocked } else { Refusal::held };
        return Err(refuse(reason));
    }
    if !entry.is_encrypted {
        return entry.expand(untrusted, work.budget);
    }
    if work.job.hint.passwords.is_empty() {
        return Err(Refusal::held(Reason::PasswordNeeded));
    }
    let opener = match decryptor {
        Some(opener) => opener,
        None => decryptor.insert(Decryptor::new(untrusted)?),
    };
    let bytes = opener.open(
        entry.header_start,
        entry.packed_bytes(),
        entry.expanded_bytes(),
        &work.job.hint.passwords,
        work.budget,
    )?;
    work.findings.add(Threat::Encryption, "zip");
    Ok(bytes)
}

fn name_of(entry: &Entry) -> String {
    if entry.name_is_utf8 {
        return String::from_utf8_lossy(&entry.untrusted_name).into_owned();
    }
    decode_name(&entry.untrusted_name)
}
