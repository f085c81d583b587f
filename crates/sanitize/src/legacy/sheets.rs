//! What a workbook of Excel 97 and its forerunners says in its records (MS-XLS).
//!
//! Owns: sheets of macros, names that run, links to elsewhere, connections.
//! Leaves to others: storages (`compound`), encryption (`locked`), what the cells hold (`values`), what objects show (`objects`).

use worker_protocol::{Reason, Threat};

use super::bytes::{narrow, place_at, u16_at, wide};
use super::compound::Compound;
use super::objects::Objects;
use super::values::Values;
use crate::ooxml::KnownBook;
use crate::{Refusal, Work};

/// Records by number.
mod record {
    pub(super) const EXTERNAL_SHEET: u16 = 0x0017;
    pub(super) const NAME: u16 = 0x0018;
    pub(super) const PASSWORD: u16 = 0x002F;
    pub(super) const SOURCE: u16 = 0x0051;
    pub(super) const NAMED_SOURCE: u16 = 0x0052;
    pub(super) const SHEET: u16 = 0x0085;
    pub(super) const EXTERNAL_PIVOT: u16 = 0x00DC;
    pub(super) const BOOK: u16 = 0x01AE;
    pub(super) const QUERIES: [u16; 3] = [0x01AD, 0x0803, 0x0805];
    pub(super) const BEGIN: u16 = 0x0809;
}

/// The version that writes characters of two bytes.
pub(super) const SINCE_97: u16 = 0x0600;

/// Names that run when the workbook opens, closes, or a sheet is shown, as they are written (MS-XLS, section 2.5.114).
const RUNNING: [u8; 4] = [0x01, 0x02, 0x0A, 0x0B];

/// The main stream of a workbook, and its version.
fn stream(file: &mut Compound<'_>, work: &mut Work<'_>) -> Result<(Vec<u8>, u16), Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let book = match file.stream("/Workbook", work)? {
        Some(book) => book,
        None => file.stream("/Book", work)?.ok_or(damaged)?,
    };
    if u16_at(&book, 0) != Some(record::BEGIN) {
        return Err(damaged);
    }
    let version = u16_at(&book, 4).unwrap_or(SINCE_97);
    Ok((book, version))
}

/// The records of a stream: where each begins, its number and its body.
fn records(book: &[u8]) -> impl Iterator<Item = (usize, u16, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (start, number, length) = (at, u16_at(book, at)?, u16_at(book, at + 2)?);
        // The end of a stream that was cut off; the office program will say what it makes of that.
        let body = book.get(at + 4..at + 4 + usize::from(length))?;
        at += 4 + body.len();
        Some((start, number, body))
    })
}

/// What is known of the sheets that an office program would not tell.
pub(super) fn known(file: &mut Compound<'_>, work: &mut Work<'_>) -> Result<KnownBook, Refusal> {
    let (book, version) = stream(file, work)?;
    let mut values = Values::of(version);
    let mut objects = Objects::default();
    for (start, number, body) in records(&book) {
        values.record(start, number, body);
        if version >= SINCE_97 {
            objects.record(start + 4, number, body, values.sheet_being_read());
        }
        if number == record::SHEET && body.get(5) != Some(&6) {
            values.sheet(place_at(body, 0), sheet_name(body, version));
        }
    }
    let mut known = values.into_book();
    objects.put(&book, &mut known.sheets, work)?;
    Ok(known)
}

/// Reports what the records carry, and returns how many sheets there are.
pub(super) fn read(file: &mut Compound<'_>, work: &mut Work<'_>) -> Result<u64, Refusal> {
    let (book, version) = stream(file, work)?;
    let mut sheets = 0;
    for (_, number, body) in records(&book) {
        match number {
            record::PASSWORD => return Err(Refusal::held(Reason::PasswordNeeded)),
            record::SHEET => match body.get(5) {
                // The office program keeps it as a sheet like any other, whose cells run nothing.
                Some(1) => {
                    work.findings.add(Threat::MacroXlm, &sheet_name(body, version));
                    sheets += 1;
                }
                Some(6) => work.findings.add(Threat::MacroVba, &sheet_name(body, version)),
                _ => sheets += 1,
            },
            record::NAME if runs(body, version) => work.findings.add(Threat::MacroXlm, "names"),
            record::BOOK => report_link(work, elsewhere(body)),
            record::EXTERNAL_SHEET if version < SINCE_97 => report_link(work, elsewhere_before_97(body)),
            record::EXTERNAL_PIVOT => work.findings.add(Threat::DataConnection, "Workbook"),
            record::SOURCE if is_elsewhere(body.get(6..)) => {
                work.findings.add(Threat::DataConnection, "Workbook")
            }
            record::NAMED_SOURCE if is_elsewhere(after_string(body)) => {
                work.findings.add(Threat::DataConnection, "Workbook");
            }
            _ if record::QUERIES.contains(&number) => work.findings.add(Threat::DataConnection, "Workbook"),
            _ => {}
        }
    }
    Ok(sheets)
}

fn sheet_name(body: &[u8], version: u16) -> String {
    let chars = body.get(6).copied().map_or(0, usize::from);
    let name = match (version >= SINCE_97, body.get(7)) {
        (true, Some(1)) => body.get(8..8 + chars * 2).map(wide),
        (true, _) => body.get(8..8 + chars).map(narrow),
        (false, _) => body.get(7..7 + chars).map(narrow),
    };
    name.unwrap_or_default()
}

/// Whether a defined name makes something run by itself.
fn runs(body: &[u8], version: u16) -> bool {
    let (Some(flags), Some(chars)) = (u16_at(body, 0), body.get(3).copied().map(usize::from)) else {
        return false;
    };
    let is_built_in = flags & 0x0020 != 0;
    let name = match (version >= SINCE_97, body.get(14)) {
        (true, Some(1)) => body.get(15..15 + chars * 2).map(wide),
        (true, _) => body.get(15..15 + chars).map(narrow),
        (false, _) => body.get(14..14 + chars).map(narrow),
    };
    let name = name.unwrap_or_default();
    if is_built_in {
        return name.chars().next().is_some_and(|c| RUNNING.iter().any(|code| char::from(*code) == c));
    }
    runs_by_name(&name)
}

/// Whether a name is one that makes something run by itself.
pub(super) fn runs_by_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auto_open", "auto_close", "auto_activate", "auto_deactivate"].iter().any(|auto| name.starts_with(auto))
}

fn report_link(work: &mut Work<'_>, threat: Option<Threat>) {
    if let Some(threat) = threat {
        work.findings.add(threat, "Workbook");
    }
}

/// What a record that names another workbook leads to; nothing when it means this one or an add-in.
pub(super) fn elsewhere(body: &[u8]) -> Option<Threat> {
    let chars = u16_at(body, 2)?;
    if matches!(chars, 0x0401 | 0x3A01) {
        return None;
    }
    let chars = usize::from(chars);
    let path = match body.get(4)? {
        1 => wide(body.get(5..5 + chars * 2)?),
        _ => narrow(body.get(5..5 + chars)?),
    };
    if chars <= 1 {
        return None;
    }
    // Another program and its subject, with that character between them (DDE and linked objects).
    let is_program = path.chars().skip(1).any(|c| c == '\u{3}') && !path.starts_with('\u{1}');
    Some(if is_program { Threat::DangerousField } else { Threat::ExternalContent })
}

/// Whether data that is summed up or pivoted comes from another file; a sheet of this one has another code before its name.
fn is_elsewhere(file: Option<&[u8]>) -> bool {
    let Some(file) = file else { return false };
    let length = u16_at(file, 0).unwrap_or(0);
    // Before Excel 97 the length has one byte and no form follows.
    length > 0 && (file.get(3) == Some(&1) || file.get(1) == Some(&1) && file.get(2) != Some(&2))
}

/// What follows a string with its length and form before it.
fn after_string(body: &[u8]) -> Option<&[u8]> {
    let chars = usize::from(u16_at(body, 0)?);
    let bytes = if body.get(2)? & 1 == 1 { chars * 2 } else { chars };
    body.get(3 + bytes..)
}

fn elsewhere_before_97(body: &[u8]) -> Option<Threat> {
    match body.get(1..)? {
        [1, ..] => Some(Threat::ExternalContent),
        [2 | 3, ..] => None,
        path if path.contains(&3) => Some(Threat::DangerousField),
        _ => None,
    }
}
