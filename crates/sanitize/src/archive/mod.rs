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
use std::collections::{BTreeSet, HashSet};

use encoding_rs::SHIFT_JIS;
use worker_protocol::frame::Stage;
use worker_protocol::{Kind, Member, PLACE_CHARS_MAX, Reason, Report, Road, Threat, Verdict};

use crate::name::{Names, last_part};
use crate::{Rebuilt, Refusal, Work, clean_name, detect, mark, sanitise_one, zip_writer};

/// Folders in folders.
const FOLDERS_MAX: usize = 32;

/// From a letter of ASCII to the one that is as wide as a Japanese character.
const WIDE_OFFSET: u32 = 0xFEE0;

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
    let read = match kind {
        Kind::Zip => zip::each(untrusted, &mut packing, work),
        Kind::SevenZip => seven_zip::each(untrusted, &mut packing, work),
        Kind::Lzh => lha::each(untrusted, &mut packing, work),
        Kind::Tar => tar::each(untrusted, &mut packing, work),
        Kind::Gzip => gzip::each(untrusted, untrusted_name, &mut packing, work),
        _ => Err(Refusal::held(Reason::NotRebuilt)),
    };
    let road = if kind == Kind::Zip { Road::Rebuilt } else { Road::Converted };
    let newer = work.job.mark.as_ref().map(mark::line);
    match read.and_then(|()| packing.written(newer.or_else(|| packing.mark.clone()))) {
        Ok(clean) => Ok(Rebuilt { members: packing.members, road, ..Rebuilt::same(clean, Kind::Zip) }),
        Err(refusal) => {
            // Why each member was left out says what to do about the whole.
            work.findings.keep_members(packing.members);
            Err(refusal)
        }
    }
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
    /// Folders that the archive names, with a slash at their end.
    folders: BTreeSet<String>,
    names: Names,
    /// The mark that the archive carries already.
    mark: Option<String>,
    needs_password: bool,
}

impl Packing {
    /// Sanitises one member and keeps what came through.
    ///
    /// # Errors
    /// Only what condemns the whole archive; a member that cannot pass costs only itself.
    fn take(&mut self, found: Found<'_>, work: &mut Work<'_>) -> Result<(), Refusal> {
        let Found { untrusted_name, bytes, permille } = found;
        let (mut report, clean) = match bytes {
            Err(refusal) => {
                self.needs_password |= refusal.reason == Reason::PasswordNeeded;
                (refused(refusal, &untrusted_name), None)
            }
            Ok(bytes) if bytes.is_empty() && !detect::is_run_by_name(&untrusted_name) => {
                (empty(&untrusted_name), Some(Vec::new()))
            }
            // The folders before the name are looked at below; for the member's own report they are no part of it.
            Ok(bytes) => sanitise_one(
                work.job,
                last_part(&untrusted_name),
                &bytes,
                work.budget,
                work.depth + 1,
                work.converter,
                &mut |_, _| (),
            ),
        };
        let is_bomb = report.reason == Some(Reason::Bomb);
        match (report.verdict, &clean) {
            (Verdict::Clean, Some(_)) => (),
            (_, Some(_)) => work.findings.add(Threat::MemberPart, &untrusted_name),
            (_, None) => work.findings.add(Threat::ArchiveMember, &untrusted_name),
        }
        match clean {
            Some(clean) => {
                let folder = self.safe_folder(&untrusted_name);
                let folder_is_kept = untrusted_name
                    .replace('\\', "/")
                    .strip_prefix(&folder)
                    .is_some_and(|rest| rest == last_part(&untrusted_name));
                if !folder_is_kept {
                    work.findings.add(Threat::FileName, &untrusted_name);
                }
                report.clean_name = self.names.file(&folder, &report.clean_name);
                self.kept.push((format!("{folder}{}", report.clean_name), clean));
            }
            None => self.leave_note(&untrusted_name, &report, work),
        }
        self.members
            .push(Member { untrusted_name: untrusted_name.chars().take(PLACE_CHARS_MAX).collect(), report });
        // A bomb is no accident: the whole archive goes.
        if is_bomb {
            return Err(Refusal::blocked(Reason::Bomb));
        }
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
        let folder = self.safe_folder(untrusted_name);
        let path = format!("{folder}{}", self.names.file(&folder, &name));
        let said = |name: &str| words.replace("{name}", name);
        // With some names in it the note would be taken for another file: for a PDF, `%PDF-` near its beginning is enough.
        let is_text =
            |said: &str| detect::detect(said.as_bytes(), "a.txt", &work.budget.limits) == Ok(Kind::Text);
        let said = Some(said(&report.clean_name)).filter(|said| is_text(said)).unwrap_or_else(|| {
            let wide = |c: char| match c {
                '!'..='~' => char::from_u32(u32::from(c) + WIDE_OFFSET).unwrap_or(c),
                c => c,
            };
            said(&report.clean_name.chars().map(wide).collect::<String>())
        });
        // A byte order mark, because the reader is a person with whatever editor Windows has.
        self.notes.push((path, format!("\u{FEFF}{said}").into_bytes()));
    }

    /// Keeps a folder, which may have nothing in it.
    fn take_folder(&mut self, untrusted_name: &str) {
        let folder = self.safe_folder(&format!("{}/", untrusted_name.trim_end_matches(['/', '\\'])));
        if !folder.is_empty() {
            self.folders.insert(folder);
        }
    }

    /// The folders of the untrusted name, each made safe.
    fn safe_folder(&mut self, untrusted_name: &str) -> String {
        let mut folders: Vec<&str> = untrusted_name.split(['/', '\\']).collect();
        folders.pop();
        let is_step =
            |folder: &&str| folder.is_empty() || matches!(*folder, "." | "..") || folder.ends_with(':');
        let safe: Vec<String> = folders
            .into_iter()
            .filter(|folder| !is_step(folder))
            .take(FOLDERS_MAX)
            .map(|folder| clean_name(folder, ""))
            .collect();
        self.names.folder(safe.iter().map(String::as_str))
    }

    /// The new archive, with a comment.
    fn written(&self, comment: Option<String>) -> Result<Vec<u8>, Refusal> {
        if self.members.is_empty() {
            return Err(Refusal::held(Reason::Empty));
        }
        if self.kept.is_empty() {
            // Nothing could be opened for want of a password: then the password is what to ask for.
            let reason = if self.needs_password { Reason::PasswordNeeded } else { Reason::NothingLeft };
            return Err(Refusal::held(reason));
        }
        let files = || self.kept.iter().chain(&self.notes);
        let filled: HashSet<&str> = files().flat_map(|(path, _)| folders_of(path)).collect();
        let bare = self.folders.iter().filter(|folder| !filled.contains(folder.as_str()));
        let bare = bare.map(|folder| (folder.as_str(), &[][..]));
        let all = files().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).chain(bare);
        let mut clean = zip_writer::write(all)?;
        if let Some(comment) = comment {
            // The length of the comment is the last field; none was written.
            let length = u16::try_from(comment.len()).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
            clean.truncate(clean.len() - 2);
            clean.extend_from_slice(&length.to_le_bytes());
            clean.extend_from_slice(comment.as_bytes());
        }
        Ok(clean)
    }
}

/// Every folder on the way to a file, with a slash at its end.
fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..=at))
}

/// The report of a member without content: there is nothing in it that could be unsafe, and it may be missed.
fn empty(untrusted_name: &str) -> Report {
    Report {
        verdict: Verdict::Clean,
        kind: Some(Kind::Text),
        clean_kind: Some(Kind::Text),
        road: Some(Road::Rebuilt),
        reason: None,
        clean_name: clean_name(untrusted_name, ""),
        ..Report::refused(Verdict::Clean, Reason::Empty)
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
