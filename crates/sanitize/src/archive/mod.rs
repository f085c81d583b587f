//! Archives: every member on its own, packed anew as a plain ZIP.
//!
//! Owns: what becomes of a member whichever archive it comes from ([`Packing`]): its path, its place in the report, the
//! note that stands where it was left out. One submodule per kind of archive finds the members.
//! Leaves to others: expanding (`bounded`), each member's content (`sanitise_one`, which comes back here for an archive
//! in an archive), the words of the notes (they come in with the job).
//!
//! A ZIP comes out whatever went in, because every office can open that without another program.

mod gzip;
mod lha;
mod seven_zip;
mod seven_zip_header;
mod tar;
mod zip;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashSet;

use encoding_rs::SHIFT_JIS;
use worker_protocol::frame::Stage;
use worker_protocol::{Kind, Member, PLACE_CHARS_MAX, Reason, Report, Road, Threat, Verdict};

use crate::{Rebuilt, Refusal, Work, clean_name, sanitise_one, zip_writer};

/// Rebuilds an archive of one of the kinds that can be opened.
pub(crate) fn rebuild(
    untrusted: &[u8],
    untrusted_name: &str,
    kind: Kind,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    if work.depth >= work.budget.limits.depth_max {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    let mut packing = Packing::default();
    match kind {
        Kind::Zip => zip::each(untrusted, &mut packing, work)?,
        Kind::SevenZip => seven_zip::each(untrusted, &mut packing, work)?,
        Kind::Lzh => lha::each(untrusted, &mut packing, work)?,
        Kind::Tar => tar::each(untrusted, &mut packing, work)?,
        Kind::Gzip => gzip::each(untrusted, untrusted_name, &mut packing, work)?,
        _ => return Err(Refusal::held(Reason::NotRebuilt)),
    }
    let road = if kind == Kind::Zip { Road::Rebuilt } else { Road::Converted };
    packing.finish(road)
}

/// A member as an archive of any kind gives it.
struct Found<'a> {
    untrusted_name: String,
    /// Its bytes, or why they cannot be had.
    bytes: Result<Cow<'a, [u8]>, Refusal>,
    /// How much of the archive is done with it.
    permille: u16,
}

/// What goes into the new archive.
#[derive(Default)]
struct Packing {
    members: Vec<Member>,
    kept: Vec<(String, Vec<u8>)>,
    notes: Vec<(String, Vec<u8>)>,
    taken_names: HashSet<String>,
    needs_password: bool,
}

impl Packing {
    /// Sanitises one member and keeps what came through.
    ///
    /// # Errors
    /// Only what condemns the whole archive; a member that cannot pass costs only itself.
    fn take(&mut self, found: Found<'_>, work: &mut Work<'_>) -> Result<(), Refusal> {
        let Found { untrusted_name, bytes, permille } = found;
        let (report, clean) = match bytes {
            Err(refusal) => {
                self.needs_password |= refusal.reason == Reason::PasswordNeeded;
                (refused(refusal, &untrusted_name), None)
            }
            Ok(bytes) => sanitise_one(
                work.job,
                &untrusted_name,
                &bytes,
                work.budget,
                work.depth + 1,
                work.converter,
                &mut |_, _| (),
            ),
        };
        // A bomb is no accident: the whole archive goes.
        if report.reason == Some(Reason::Bomb) {
            return Err(Refusal::blocked(Reason::Bomb));
        }
        if report.verdict != Verdict::Clean {
            work.findings.add(Threat::ArchiveMember, &untrusted_name);
        }
        match clean {
            Some(clean) => {
                let path = self.safe_path(&untrusted_name, &report.clean_name);
                self.kept.push((path, clean));
            }
            None => self.leave_note(&untrusted_name, &report, work),
        }
        self.members
            .push(Member { untrusted_name: untrusted_name.chars().take(PLACE_CHARS_MAX).collect(), report });
        if work.depth == 0 {
            (work.progress)(Stage::Rebuild, permille);
        }
        Ok(())
    }

    /// Puts a note where a member was, if the job brings words for it.
    fn leave_note(&mut self, untrusted_name: &str, report: &Report, work: &Work<'_>) {
        let notes = &work.job.notes;
        let Some(words) = report.reason.and_then(|reason| notes.reasons.get(&reason)) else { return };
        let name = clean_name(&format!("{}.{}", report.clean_name, notes.name_ending), "txt");
        let path = self.safe_path(untrusted_name, &name);
        // A byte order mark, because the reader is a person with whatever editor Windows has.
        let text = format!("\u{FEFF}{}", words.replace("{name}", &report.clean_name));
        self.notes.push((path, text.into_bytes()));
    }

    /// The folders of the untrusted name, each made safe, then the clean name; made unique by a number.
    fn safe_path(&mut self, untrusted_name: &str, member_clean_name: &str) -> String {
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
        while !self.taken_names.insert(candidate.to_lowercase()) {
            candidate = format!("{path}{stem} ({number}){ending}");
            number += 1;
        }
        candidate
    }

    fn finish(self, road: Road) -> Result<Rebuilt, Refusal> {
        if self.members.is_empty() {
            return Err(Refusal::held(Reason::Empty));
        }
        if self.kept.is_empty() {
            // Nothing could be opened for want of a password: then the password is what to ask for.
            let reason = if self.needs_password { Reason::PasswordNeeded } else { Reason::NothingLeft };
            return Err(Refusal::held(reason));
        }
        let all = self.kept.iter().chain(&self.notes);
        let clean = zip_writer::write(all.map(|(name, bytes)| (name, bytes.as_slice())))?;
        Ok(Rebuilt { members: self.members, road, ..Rebuilt::same(clean, Kind::Zip) })
    }
}

fn refused(refusal: Refusal, untrusted_name: &str) -> Report {
    let mut report = Report::refused(refusal.verdict, refusal.reason);
    report.clean_name = clean_name(untrusted_name, "");
    report
}

/// A name of which the encoding is not known is CP932 when a Japanese Windows wrote it, or UTF-8 when another system
/// did. The latter is practically never valid CP932 by accident and the former practically never valid UTF-8.
fn decode_name(untrusted: &[u8]) -> String {
    match std::str::from_utf8(untrusted) {
        Ok(name) => name.to_owned(),
        Err(_) => SHIFT_JIS.decode_without_bom_handling(untrusted).0.into_owned(),
    }
}

/// How far a place in the archive is from its end.
fn permille(done: usize, total: usize) -> u16 {
    let share = (done as u64).saturating_mul(1000) / (total as u64).max(1);
    u16::try_from(share.min(1000)).unwrap_or(1000)
}
