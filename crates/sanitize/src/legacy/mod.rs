//! Office files of old formats: read for what they carry, and rebuilt; as what they are where that is done here (`book`, `document`, `show`), and
//! otherwise as what somebody outside converted them into.
//!
//! Owns: the order of these steps, and which of two reports about the same thing counts.
//! Leaves to others: passwords (`locked`, `locked_slides`, `obfuscated`), a number that LibreOffice stumbles over (`numbered`),
//! reading compound files (`compound`, and one module for each program), what objects show (`objects`), asking for the conversion (`converted`), and everything
//! about the converted file (`ooxml`, `pdf`): it is as untrusted as the old one.
//!
//! A file that is converted is read for its report only. What makes the result safe is that it is built anew from the converted
//! file.

mod book;
mod bytes;
mod compound;
mod document;
mod drawn;
mod fields;
mod locked;
mod locked_slides;
mod numbered;
mod obfuscated;
mod objects;
mod packed;
mod packed_values;
mod properties;
mod sheets;
mod show;
mod slides;
mod values;
mod words;

#[cfg(test)]
mod tests;

use worker_protocol::conversion::Conversion;
use worker_protocol::{Kind, Mark, Mode, Reason, Road, Threat};

pub(crate) use document::shown::{ShownLine, read as read_document};
pub(crate) use show::shown::read as read_show;

pub(crate) use book::shown::{Held, Pattern, ShownSheet, read as read_book};

use crate::converted::{append, convert, said_of_the_converted};
use crate::{Rebuilt, Refusal, Work, ooxml, pdf, preview, text};

/// Turns an old file into a current one.
///
/// # Errors
/// Held when it is damaged or encrypted, when nobody converts it, and when the mode cannot be done.
pub(crate) fn rebuild(
    untrusted: &[u8],
    kind: Kind,
    mode: Mode,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    let what = match mode {
        Mode::Rebuild | Mode::Strict | Mode::TextOnly => Conversion::to_current(kind),
        Mode::ImagePdf => Conversion::to_pages(kind),
        Mode::InspectOnly | Mode::Cells => None,
    };
    let what = what.ok_or(Refusal::held(Reason::NotRebuilt))?;
    let (unlocked, numbered, opened);
    let mut untrusted = untrusted;
    let seen = if kind == Kind::Xlsb {
        if untrusted.starts_with(b"\xd0\xcf\x11\xe0") {
            opened = ooxml::open_encrypted(untrusted, &work.job.hint.passwords, work.budget)?;
            work.findings.add(Threat::Encryption, "package");
            untrusted = &opened;
        }
        packed::read(untrusted, work)?;
        let book = packed_values::read(untrusted, work)?;
        let pages = (!book.sheets.is_empty()).then_some(book.sheets.len() as u64);
        compound::Seen { book, pages, ..compound::Seen::default() }
    } else {
        if let Some(bytes) = locked::open(untrusted, kind, work)? {
            unlocked = bytes;
            untrusted = &unlocked;
        }
        let mut seen = compound::read(untrusted, kind, work)?;
        // Where pages or another file are made of it, these bear the mark.
        let mark = match mode {
            Mode::Rebuild => work.job.mark.clone().or(seen.mark.clone()),
            _ => None,
        };
        if let Some(rebuilt) = rebuild_as_is(untrusted, kind, mark, &seen, work)? {
            match mode {
                Mode::TextOnly => {
                    let words = preview::whole_text(kind, &rebuilt.clean, &work.job.limits)?;
                    return Ok(text::written_down(words, work));
                }
                // The office program is given what is clean.
                Mode::ImagePdf | Mode::Strict => {
                    opened = rebuilt.clean;
                    untrusted = &opened;
                }
                _ => return Ok(rebuilt),
            }
        }
        if kind == Kind::Xls && what.to() == Kind::Xlsx {
            seen.book = compound::known_book(untrusted, work)?;
        }
        if kind == Kind::Ppt
            && let Some(mended) = numbered::mend(untrusted, work)?
        {
            numbered = mended;
            untrusted = &numbered;
        }
        seen
    };
    let converted = convert(what, untrusted, work)?;
    let converted = match what.to() {
        Kind::Xlsx => ooxml::restore(converted, &seen.book, work).map_err(said_of_the_converted)?,
        Kind::Docx => ooxml::restore_layout(converted, seen.layout, work).map_err(said_of_the_converted)?,
        _ => converted,
    };
    let found = std::mem::take(&mut work.findings);
    let rebuilt = match what.to() {
        Kind::Pdf => pdf::rebuild(&converted, mode, work),
        current => ooxml::rebuild(&converted, current, mode, work),
    };
    let carried_over = std::mem::replace(&mut work.findings, found);
    let told: Vec<Threat> = TOLD.iter().copied().filter(|threat| work.findings.has(*threat)).collect();
    append(carried_over, |threat| told.contains(&threat), work);
    let mut rebuilt = rebuilt.map_err(said_of_the_converted)?;
    if rebuilt.road == Road::Rebuilt {
        rebuilt.road = Road::Converted;
    }
    if let (Some(fidelity), Some(pages)) = (&mut rebuilt.fidelity, seen.pages) {
        fidelity.pages.before = pages;
    }
    Ok(rebuilt)
}

/// A document, a workbook or a presentation of Office 97 as what it is; nothing when it has to be converted. What
/// was found on the way is told when it has not.
fn rebuild_as_is(
    untrusted: &[u8],
    kind: Kind,
    mark: Option<Mark>,
    seen: &compound::Seen,
    work: &mut Work<'_>,
) -> Result<Option<Rebuilt>, Refusal> {
    let found = std::mem::take(&mut work.findings);
    let rebuilt = match kind {
        Kind::Doc => document::Streams::read(untrusted, work)
            .and_then(|streams| document::rebuild(streams, mark.as_ref(), seen.mark.as_ref(), work)),
        Kind::Xls => workbook(untrusted, work).and_then(|stream| book::rebuild(stream, mark.as_ref(), work)),
        Kind::Ppt => show::Streams::read(untrusted, work)
            .and_then(|streams| show::rebuild(streams, mark.as_ref(), seen.mark.is_some(), work)),
        _ => Err(Stop::Other),
    };
    let here = std::mem::replace(&mut work.findings, found);
    match rebuilt {
        Ok(rebuilt) => {
            work.findings.append(here, |_| true);
            Ok(Some(rebuilt))
        }
        Err(Stop::Other) => Ok(None),
        Err(Stop::Refused(refusal)) => Err(refusal),
    }
}

/// The stream of a workbook. Some programs call it as it was called before.
fn workbook(untrusted: &[u8], work: &mut Work<'_>) -> Result<Vec<u8>, Stop> {
    for name in ["/Workbook", "/Book"] {
        if let Some(stream) = compound::main_stream(untrusted, name, work)? {
            return Ok(stream);
        }
    }
    Err(Stop::Other)
}

/// The file without its encryption, when it had one.
///
/// # Errors
/// Held when no password that was given opens it.
pub(crate) fn unlocked(
    untrusted: &[u8],
    kind: Kind,
    work: &mut Work<'_>,
) -> Result<Option<Vec<u8>>, Refusal> {
    locked::open(untrusted, kind, work)
}

/// Why an old file is not rebuilt as what it is.
#[derive(Debug)]
enum Stop {
    /// The office program converts it.
    Other,
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What the old file was read for. When it was found there, the echo of it in the converted file is not told again.
const TOLD: [Threat; 11] = [
    Threat::MacroVba,
    Threat::MacroXlm,
    Threat::ActiveX,
    Threat::EmbeddedObject,
    Threat::ExternalTemplate,
    Threat::ExternalContent,
    Threat::DataConnection,
    Threat::DangerousField,
    Threat::Action,
    Threat::Multimedia,
    Threat::Signature,
];
