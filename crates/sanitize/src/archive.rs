//! ZIP archives: every member on its own, packed anew without encryption.
//!
//! Owns: names of members (UTF-8 or CP932), which members stay, passwords.
//! Leaves to others: reading the structure (`zip_reader`), expanding (`bounded`), each member's content
//! (`sanitise_one`, which comes back here for an archive in an archive).

use std::collections::HashSet;

use encoding_rs::SHIFT_JIS;
use worker_protocol::frame::Stage;
use worker_protocol::{Member, PLACE_CHARS_MAX, Reason, Report, Threat, Verdict};

use crate::bounded::Decryptor;
use crate::zip_reader::{self, Entry};
use crate::{Rebuilt, Refusal, Work, clean_name, sanitise_one, zip_writer};

pub(crate) fn rebuild(untrusted: &[u8], work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if work.depth >= work.budget.limits.depth_max {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    let listing = zip_reader::read(untrusted, &work.budget.limits)?;
    work.budget.take_entries(listing.entries.len())?;
    if listing.has_foreign_bytes {
        work.findings.add(Threat::HiddenData, "zip#outside");
    }
    let files: Vec<&Entry> = listing.entries.iter().filter(|e| !e.is_folder()).collect();
    if files.is_empty() {
        return Err(Refusal::held(Reason::Empty));
    }
    let mut decryptor = None;
    let mut members = Vec::new();
    let mut kept: Vec<(String, Vec<u8>)> = Vec::new();
    let mut taken_names = HashSet::new();
    let mut needs_password = false;
    for (index, entry) in files.iter().enumerate() {
        let untrusted_name = decode_name(entry);
        let opened = open(entry, untrusted, &mut decryptor, work);
        let (report, clean) = match opened {
            // A bomb is no accident: the whole archive goes.
            Err(refusal) if refusal.reason == Reason::Bomb => return Err(refusal),
            Err(refusal) => {
                needs_password |= refusal.reason == Reason::PasswordNeeded;
                (refused(refusal, &untrusted_name), None)
            }
            Ok(bytes) => {
                let one = sanitise_one(
                    work.job,
                    &untrusted_name,
                    &bytes,
                    work.budget,
                    work.depth + 1,
                    &mut |_, _| (),
                );
                if one.0.reason == Some(Reason::Bomb) {
                    return Err(Refusal::blocked(Reason::Bomb));
                }
                one
            }
        };
        match clean {
            Some(clean) => {
                let path = safe_path(&untrusted_name, &report.clean_name, &mut taken_names);
                if report.verdict == Verdict::Partial {
                    work.findings.add(Threat::ArchiveMember, &untrusted_name);
                }
                kept.push((path, clean));
            }
            None => work.findings.add(Threat::ArchiveMember, &untrusted_name),
        }
        members
            .push(Member { untrusted_name: untrusted_name.chars().take(PLACE_CHARS_MAX).collect(), report });
        if work.depth == 0 {
            let permille = u16::try_from((index + 1) * 1000 / files.len()).unwrap_or(1000);
            (work.progress)(Stage::Rebuild, permille);
        }
    }
    if kept.is_empty() {
        // Nothing could be opened for want of a password: then the password is what to ask for.
        let reason = if needs_password { Reason::PasswordNeeded } else { Reason::NothingLeft };
        return Err(Refusal::held(reason));
    }
    let clean = zip_writer::write(kept.iter().map(|(name, bytes)| (name, bytes.as_slice())))?;
    Ok(Rebuilt { clean, extension: "zip", members })
}

fn refused(refusal: Refusal, untrusted_name: &str) -> Report {
    let mut report = Report::refused(refusal.verdict, refusal.reason);
    report.clean_name = clean_name(untrusted_name, "");
    report
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

/// A name without the UTF-8 mark is CP932 when a Japanese Windows made it, or unmarked UTF-8 when a Mac did. The
/// latter is practically never valid CP932 by accident and the former practically never valid UTF-8.
fn decode_name(entry: &Entry) -> String {
    let bytes = &entry.untrusted_name;
    match std::str::from_utf8(bytes) {
        Ok(name) => name.to_owned(),
        Err(_) if entry.name_is_utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Err(_) => SHIFT_JIS.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// The folders of the untrusted name, each made safe, then the clean name; made unique by a number.
fn safe_path(untrusted_name: &str, member_clean_name: &str, taken: &mut HashSet<String>) -> String {
    let mut folders: Vec<&str> = untrusted_name.split(['/', '\\']).collect();
    folders.pop();
    let mut path = String::new();
    for folder in folders.into_iter().take(32) {
        let is_step = folder.is_empty() || folder == "." || folder == ".." || folder.ends_with(':');
        if !is_step {
            path.push_str(&clean_name(folder, ""));
            path.push('/');
        }
    }
    let (stem, ending) = match member_clean_name.rsplit_once('.') {
        Some((stem, ending)) => (stem, format!(".{ending}")),
        None => (member_clean_name, String::new()),
    };
    let mut candidate = format!("{path}{member_clean_name}");
    let mut number = 2;
    // Windows folds case, so two names that differ only in case would overwrite each other.
    while !taken.insert(candidate.to_lowercase()) {
        candidate = format!("{path}{stem} ({number}){ending}");
        number += 1;
    }
    candidate
}
