//! What a compound file (MS-CFB) of an old Office program carries, as far as storages and streams tell.
//!
//! Owns: walking the directory and knowing what stands where.
//! Leaves to others: the records inside the main stream (`words`, `sheets`, `slides`).

use std::io::Read;

use worker_protocol::{Kind, Mark, Reason, Threat};

use super::{properties, sheets, slides, words};
use crate::ooxml::{KnownBook, KnownLayout};
use crate::{Refusal, Work, compound};

/// What a file tells about itself.
#[derive(Default)]
pub(super) struct Seen {
    /// How many sheets or slides it has, if that can be told.
    pub(super) pages: Option<u64>,
    /// What is known of a workbook; of one of Excel 97 and before it is read when it is converted (`known_book`).
    pub(super) book: KnownBook,
    /// What is known of how a document is laid out.
    pub(super) layout: KnownLayout,
    /// The mark that an earlier pass has put on it.
    pub(super) mark: Option<Mark>,
}

/// Reads the file and reports what it carries.
///
/// # Errors
/// Held when it is damaged or encrypted; blocked when it is made of too many pieces.
pub(super) fn read(untrusted: &[u8], kind: Kind, work: &mut Work<'_>) -> Result<Seen, Refusal> {
    let mut file = Compound { file: compound::open(untrusted)? };
    let entries = file.entries();
    work.budget.take_entries(entries.len())?;
    let is_locked =
        |name: &str| ["EncryptedPackage", "EncryptedSummary"].iter().any(|n| n.eq_ignore_ascii_case(name));
    if entries.iter().any(|entry| entry.depth == 0 && is_locked(&entry.name)) {
        return Err(Refusal::held(Reason::PasswordNeeded));
    }
    let mark = match kind {
        Kind::Doc | Kind::Xls | Kind::Ppt => {
            file.stream(properties::STREAM, work)?.as_deref().and_then(properties::read)
        }
        _ => None,
    };
    for entry in &entries {
        if mark.is_some() && entry.path.eq_ignore_ascii_case(properties::STREAM) {
            continue;
        }
        if let Some(threat) = threat(entry, &entries, kind) {
            work.findings.add(threat, entry.path.trim_start_matches('/'));
        }
    }
    match kind {
        Kind::Doc => words::read(&mut file, work).map(|layout| Seen { layout, mark, ..Seen::default() }),
        Kind::Xls => {
            let pages = sheets::read(&mut file, work)?;
            Ok(Seen { pages: Some(pages), mark, ..Seen::default() })
        }
        _ => slides::read(&mut file, work).map(|pages| Seen { pages, mark, ..Seen::default() }),
    }
}

/// What is known of a workbook that was read before.
pub(super) fn known_book(untrusted: &[u8], work: &mut Work<'_>) -> Result<KnownBook, Refusal> {
    sheets::known(&mut Compound { file: compound::open(untrusted)? }, work)
}

/// A stream of a file that was read before.
pub(super) fn main_stream(
    untrusted: &[u8],
    path: &str,
    work: &mut Work<'_>,
) -> Result<Option<Vec<u8>>, Refusal> {
    Compound { file: compound::open(untrusted)? }.stream(path, work)
}

/// One storage or stream.
pub(super) struct Entry {
    /// From the root, with steps between slashes.
    path: String,
    name: String,
    is_storage: bool,
    depth: usize,
}

pub(super) struct Compound<'a> {
    file: compound::Compound<'a>,
}

impl Compound<'_> {
    fn entries(&self) -> Vec<Entry> {
        let all = self.file.walk().filter(|entry| !entry.is_root());
        all.map(|entry| Entry {
            path: entry.path().to_string_lossy().into_owned(),
            name: entry.name().to_owned(),
            is_storage: entry.is_storage(),
            depth: entry.path().components().count().saturating_sub(2),
        })
        .collect()
    }

    /// A stream, if it is there.
    pub(super) fn stream(&mut self, path: &str, work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
        if !self.file.is_stream(path) {
            return Ok(None);
        }
        let damaged = |_| Refusal::held(Reason::Damaged);
        let mut stream = self.file.open_stream(path).map_err(damaged)?;
        // Streams may share sectors, so a claim of length is not bounded by that of the file.
        work.budget.spend(stream.len())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).map_err(damaged)?;
        Ok(Some(bytes))
    }
}

/// What an entry is, unless it belongs to every file of this kind or to an entry above it.
fn threat(entry: &Entry, entries: &[Entry], kind: Kind) -> Option<Threat> {
    // Names are the same in capitals and small letters (MS-CFB 2.6.4), and programs write either.
    let name = entry.name.trim_start_matches(|c: char| c.is_control()).to_ascii_uppercase();
    let name = name.as_str();
    let has_child = |child: &str| {
        let wanted = format!("{}/{child}", entry.path);
        entries.iter().any(|other| other.path.eq_ignore_ascii_case(&wanted))
    };
    let is_below = |storage: &str| {
        let mut steps = entry.path.trim_start_matches('/').split('/');
        entry.depth > 0 && steps.next().is_some_and(|first| first.eq_ignore_ascii_case(storage))
    };
    if entry.is_storage {
        // A project is known by its own streams: it may be called anything and lie anywhere.
        if has_child("_VBA_PROJECT") || has_child("dir") && has_child("PROJECTwm") {
            return Some(Threat::MacroVba);
        }
        let is_control = has_child("\u{3}OCXNAME") || has_child("\u{3}OCXDATA");
        let is_object = match kind {
            Kind::Doc => is_below("ObjectPool") && entry.depth == 1,
            Kind::Xls => entry.depth == 0 && is_numbered(name, "MBD"),
            _ => false,
        };
        if is_control {
            return Some(Threat::ActiveX);
        }
        if is_object {
            return Some(Threat::EmbeddedObject);
        }
        if entry.depth > 0 {
            return None;
        }
        return match name {
            _ if is_numbered(name, "LNK") => Some(Threat::ExternalContent),
            "MSODATASTORE" => Some(Threat::Extension),
            "_XMLSIGNATURES" => Some(Threat::Signature),
            "MACROS" | "_VBA_PROJECT_CUR" | "OBJECTPOOL" | "_SX_DB_CUR" => None,
            _ => Some(Threat::HiddenData),
        };
    }
    if entry.depth > 0 {
        return None;
    }
    match name {
        "SUMMARYINFORMATION" | "DOCUMENTSUMMARYINFORMATION" => Some(Threat::Metadata),
        "_SIGNATURES" => Some(Threat::Signature),
        "CTLS" => Some(Threat::ActiveX),
        "XCB" => Some(Threat::Extension),
        "WORDDOCUMENT" if kind == Kind::Doc => None,
        "0TABLE" | "1TABLE" | "DATA" if kind == Kind::Doc => None,
        "WORKBOOK" | "BOOK" if kind == Kind::Xls => None,
        "POWERPOINT DOCUMENT" | "CURRENT USER" | "PICTURES" if kind == Kind::Ppt => None,
        // What says to other programs whose file this is.
        "COMPOBJ" | "OLE" | "OBJINFO" => None,
        // Another document, an earlier version, or something that nobody looks at.
        _ => Some(Threat::HiddenData),
    }
}

fn is_numbered(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix)
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_hexdigit()))
}
