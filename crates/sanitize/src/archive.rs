//! ZIP archives: every member on its own, packed anew without encryption.
//!
//! Owns: names of members (UTF-8 or CP932), which members stay, passwords.
//! Leaves to others: reading the structure (`zip_reader`), expanding (`bounded`), each member's content
//! (`sanitise_one`, which comes back here for an archive in an archive).

use std::collections::HashSet;

use encoding_rs::SHIFT_JIS;
use worker_protocol::frame::Stage;
use worker_protocol::{Kind, Member, PLACE_CHARS_MAX, Reason, Report, Threat, Verdict};

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
    Ok(Rebuilt { members, ..Rebuilt::same(clean, Kind::Zip) })
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read, Write};
    use worker_protocol::{FilePolicy, Hint, Job, Limits, Outcome};
    use zip::write::SimpleFileOptions;

    fn run(bytes: Vec<u8>, passwords: &[&str]) -> Outcome {
        let hint = Hint {
            untrusted_name: "a.zip".to_owned(),
            passwords: passwords.iter().map(|p| (*p).to_owned()).collect(),
        };
        let limits = Limits::default();
        let job = Job { hint, policy: FilePolicy::default(), limits, want_preview: false, mark: None };
        let outcome = crate::sanitise(&job, bytes, &mut |_, _| ());
        assert!(outcome.report.is_consistent());
        outcome
    }

    fn contents(outcome: &Outcome) -> Vec<(String, Vec<u8>)> {
        let mut archive = zip::ZipArchive::new(Cursor::new(outcome.clean.as_ref().unwrap())).unwrap();
        (0..archive.len())
            .map(|i| {
                let mut member = archive.by_index(i).unwrap();
                let mut bytes = Vec::new();
                member.read_to_end(&mut bytes).unwrap();
                (member.name().unwrap().into_owned(), bytes)
            })
            .collect()
    }

    #[test]
    fn names_are_made_safe_and_unique() {
        let bytes = zip_writer::write([
            ("../../etc/a.txt", b"1".as_slice()),
            ("C:\\x\\b.txt", b"2"),
            ("/abs/CON.txt", b"3"),
            ("d/c.txt", b"4"),
            ("./d/c\u{202E}.txt", b"5"),
        ]);
        let outcome = run(bytes.unwrap(), &[]);
        let names: Vec<String> = contents(&outcome).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["etc/a.txt", "x/b.txt", "abs/_CON.txt", "d/c.txt", "d/c (2).txt"]);
        assert_eq!(outcome.report.members.len(), 5);
    }

    #[test]
    fn a_name_in_cp932_is_read() {
        // The library writes UTF-8 only, so a name of the same length is put in its place afterwards.
        let mut bytes = zip_writer::write([("0123456789.txt", b"x".as_slice())]).unwrap();
        let name = SHIFT_JIS.encode("住民票台帳.txt").0;
        while let Some(at) = bytes.windows(14).position(|w| w == b"0123456789.txt") {
            bytes[at..at + 14].copy_from_slice(&name);
        }
        assert_eq!(contents(&run(bytes, &[]))[0].0, "住民票台帳.txt");
    }

    #[test]
    fn what_may_not_pass_is_left_out_and_reported() {
        let bytes = zip_writer::write([
            ("a.exe", b"MZ".as_slice()),
            ("b.txt", b"ok"),
            ("c.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ]);
        let outcome = run(bytes.unwrap(), &[]);
        assert_eq!(outcome.report.verdict, Verdict::Partial);
        assert_eq!(contents(&outcome), [("b.txt".to_owned(), b"ok".to_vec())]);
        let reasons: Vec<_> = outcome.report.members.iter().map(|m| m.report.reason).collect();
        assert_eq!(reasons, [Some(Reason::Executable), None, Some(Reason::UnknownKind)]);
        let nothing = run(zip_writer::write([("a.exe", b"MZ".as_slice())]).unwrap(), &[]);
        assert_eq!(nothing.report.reason, Some(Reason::NothingLeft));
    }

    #[test]
    fn archives_in_archives_end() {
        let mut bytes = zip_writer::write([("a.txt", b"x".as_slice())]).unwrap();
        for _ in 0..4 {
            bytes = zip_writer::write([("in.zip", bytes.as_slice())]).unwrap();
        }
        assert_eq!(run(bytes.clone(), &[]).report.verdict, Verdict::Clean);
        let deeper = zip_writer::write([("in.zip", bytes.as_slice())]).unwrap();
        assert_eq!(run(deeper, &[]).report.reason, Some(Reason::NothingLeft));
    }

    #[test]
    fn the_old_cipher_is_opened_too() {
        use zip::unstable::write::FileOptionsExt;
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().with_deprecated_encryption(b"secret").unwrap();
        writer.start_file("a.txt", options).unwrap();
        writer.write_all(b"hello").unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert_eq!(run(bytes.clone(), &["wrong"]).report.reason, Some(Reason::PasswordNeeded));
        let opened = run(bytes, &["wrong", "secret"]);
        assert_eq!(contents(&opened), [("a.txt".to_owned(), b"hello".to_vec())]);
        assert_eq!(opened.report.removals[0].what, Threat::Encryption);
    }
}
