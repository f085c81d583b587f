//! What a document of Word 97 and its forerunners says in its main stream (MS-DOC).
//!
//! Owns: whether it is locked, fields that fetch or run, the template, changed menus.
//! Leaves to others: unlocking it (`locked`), storages (`compound`), which fields are harmless (`ooxml`).

use worker_protocol::{Mode, Reason, Threat};

use super::bytes::{narrow, place_at, u16_at, u32_at, wide};
use super::compound::Compound;
use super::fields::scan;
use crate::ooxml::KnownLayout;
use crate::{Refusal, Work, ooxml};

/// The first two bytes of the main stream, by version.
pub(super) const SINCE_97: u16 = 0xA5EC;
const BEFORE_97: [u16; 2] = [0xA5DC, 0xA59B];

pub(super) const IS_ENCRYPTED: u16 = 0x0100;
const IS_IN_TABLE_1: u16 = 0x0200;

/// Where the header (FibRgFcLcb97) says where something stands in the table stream: place, then length.
const COMMANDS: usize = 0x9A + 24 * 8;
const PROPERTIES: usize = 0x9A + 31 * 8;
const ASSOCIATED: usize = 0x9A + 32 * 8;
const TEXT: usize = 0x9A + 33 * 8;

/// Among the properties of a document since Word 2000, the second half of what makes it look as in other versions (Copts), and in
/// it that spaces between paragraphs add up.
const SETTINGS: usize = 500 + 8 + 4;
const ADDS_SPACES: u32 = 0x04;

/// Fields that stand where an object is; that is told of by its storage.
const OBJECTS: [&str; 3] = ["EMBED", "CONTROL", "SHAPE"];

/// Whether a main stream that begins so is locked.
pub(super) fn is_locked(main: &[u8]) -> bool {
    u16_at(main, 0x0A).is_some_and(|flags| flags & IS_ENCRYPTED != 0)
}

/// The stream that says where everything is in the main stream.
pub(super) fn table_name(flags: u16) -> &'static str {
    if flags & IS_IN_TABLE_1 != 0 { "/1Table" } else { "/0Table" }
}

/// Reports what the document carries, and returns what is known of how it is laid out.
pub(super) fn read(file: &mut Compound<'_>, work: &mut Work<'_>) -> Result<KnownLayout, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let main = file.stream("/WordDocument", work)?.ok_or(damaged)?;
    let identity = u16_at(&main, 0).ok_or(damaged)?;
    let flags = u16_at(&main, 0x0A).ok_or(damaged)?;
    if identity != SINCE_97 && !BEFORE_97.contains(&identity) {
        return Err(damaged);
    }
    if is_locked(&main) {
        return Err(Refusal::held(Reason::PasswordNeeded));
    }
    if identity != SINCE_97 {
        // Everything stands in the main stream in one piece.
        fields(&narrow(&main), work);
        return Ok(KnownLayout { adds_spaces: true });
    }
    let Some(table) = file.stream(table_name(flags), work)? else { return Ok(KnownLayout::default()) };
    let part = |header: usize| {
        let (from, length) = (place_at(&main, header)?, place_at(&main, header + 4)?);
        table.get(from..from.checked_add(length)?).filter(|part| !part.is_empty())
    };
    if let Some(text) = part(TEXT).and_then(|pieces| text(pieces, &main, work).transpose()) {
        fields(&text?, work);
    }
    if part(ASSOCIATED).and_then(template).is_some_and(|name| name.contains(['/', '\\', ':'])) {
        work.findings.add(Threat::ExternalTemplate, "WordDocument");
    }
    // Menus, keys and toolbars that were changed; a list of nothing ends at once.
    if part(COMMANDS).is_some_and(|commands| matches!(commands, [0xFF, first, ..] if *first != 0x40)) {
        work.findings.add(Threat::Extension, "WordDocument");
    }
    let settings = part(PROPERTIES).and_then(|properties| u32_at(properties, SETTINGS));
    // Before Word 2000 spaces were not counted in any other way.
    Ok(KnownLayout { adds_spaces: settings.is_none_or(|settings| settings & ADDS_SPACES != 0) })
}

/// The name of the template: the second of the strings that belong to the document (SttbfAssoc).
fn template(strings: &[u8]) -> Option<String> {
    if u16_at(strings, 0)? != 0xFFFF {
        return None;
    }
    let length_of = |at: usize| u16_at(strings, at).map(|chars| usize::from(chars) * 2);
    let second = 6 + 2 + length_of(6)?;
    let from = second + 2;
    Some(wide(strings.get(from..from.checked_add(length_of(second)?)?)?))
}

/// All text, put together from its pieces (Clx). Nothing when the list of them makes no sense.
fn text(pieces: &[u8], main: &[u8], work: &mut Work<'_>) -> Result<Option<String>, Refusal> {
    let mut rest = pieces;
    while let [1, ..] = rest {
        let Some(next) = u16_at(rest, 1).and_then(|length| rest.get(3 + usize::from(length)..)) else {
            return Ok(None);
        };
        rest = next;
    }
    let ([2, ..], Some(length)) = (rest, place_at(rest, 1)) else { return Ok(None) };
    let Some(list) = rest.get(5..).and_then(|list| list.get(..length)) else { return Ok(None) };
    let count = list.len().saturating_sub(4) / 12;
    let mut text = String::new();
    for index in 0..count {
        let ends = (place_at(list, index * 4), place_at(list, index * 4 + 4));
        let place = place_at(list, (count + 1) * 4 + index * 8 + 2);
        let ((Some(first), Some(last)), Some(place)) = (ends, place) else { return Ok(None) };
        let Some(chars) = last.checked_sub(first) else { return Ok(None) };
        let is_narrow = place & 0x4000_0000 != 0;
        let place = place & 0x3FFF_FFFF;
        let (from, bytes) = if is_narrow { (place / 2, chars) } else { (place, chars.saturating_mul(2)) };
        let Some(piece) = from.checked_add(bytes).and_then(|to| main.get(from..to)) else { continue };
        // Pieces may lie over each other, so that a small file has much text.
        work.budget.spend(piece.len() as u64)?;
        text.push_str(&if is_narrow { narrow(piece) } else { wide(piece) });
    }
    Ok(Some(text))
}

/// Reports the fields that do not stay.
fn fields(text: &str, work: &mut Work<'_>) {
    let is_strict = work.job.policy.modes.values().any(|mode| *mode == Mode::Strict);
    let links = work.job.policy.links;
    let units: Vec<u16> = text.encode_utf16().collect();
    for field in scan(&units) {
        if let Some(threat) = ooxml::field_danger(&field.instruction, links, is_strict)
            // Links are told of where they are taken away.
            && threat != Threat::Hyperlink
            && !is_object(&field.instruction)
        {
            work.findings.add(threat, "WordDocument");
        }
    }
}

/// Whether a field stands where an object is.
pub(super) fn is_object(instruction: &str) -> bool {
    instruction.split_whitespace().next().is_some_and(|word| OBJECTS.contains(&word))
}
