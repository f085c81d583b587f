//! What a presentation of PowerPoint 97 says in its records (MS-PPT).
//!
//! Owns: encryption, macros and objects inside the main stream, links to elsewhere, actions, movies and sounds.
//! Leaves to others: storages (`compound`).
//!
//! A file that was saved several times holds the document several times; the last one counts, and that there are others
//! is told.

use worker_protocol::{Reason, Threat};

use super::bytes::{place_at, u16_at, u32_at};
use super::compound::Compound;
use crate::{Refusal, Work};

/// Records by number.
mod record {
    pub(super) const PROJECT: u16 = 0x0400;
    pub(super) const DOCUMENT: u16 = 0x03E8;
    pub(super) const SLIDE_OF_LIST: u16 = 0x03F3;
    pub(super) const LIST: u16 = 0x0FF0;
    pub(super) const EMBEDDED: u16 = 0x0FCC;
    pub(super) const LINKED: u16 = 0x0FCE;
    pub(super) const CONTROL: u16 = 0x0FEE;
    pub(super) const ACTION: u16 = 0x0FF3;
    pub(super) const MEDIA: [u16; 7] = [0x1005, 0x1006, 0x1007, 0x100D, 0x100E, 0x100F, 0x1010];
    pub(super) const SOUND: u16 = 0x07E6;
    pub(super) const ENCRYPTION: u16 = 0x2F14;
}

/// What stands in the second stream when the first is encrypted.
const IS_ENCRYPTED: u32 = 0xF3D1_C4DF;

/// Reports what the records carry, and returns how many slides there are, if one list of them tells.
pub(super) fn read(file: &mut Compound<'_>, work: &mut Work<'_>) -> Result<Option<u64>, Refusal> {
    let user = file.stream("/Current User", work)?.unwrap_or_default();
    if u32_at(&user, 12) == Some(IS_ENCRYPTED) {
        return Err(Refusal::held(Reason::PasswordNeeded));
    }
    let stream = file.stream("/PowerPoint Document", work)?.ok_or(Refusal::held(Reason::Damaged))?;
    // What stands in the last document, and what stands outside of any.
    let (mut inside, mut outside) = (Found::default(), Found::default());
    let mut documents = 0;
    // Ends of the records that are open, and what they are.
    let mut open: Vec<(usize, u16)> = Vec::new();
    let mut at = 0;
    while let (Some(form), Some(number), Some(length)) =
        (u16_at(&stream, at), u16_at(&stream, at + 2), place_at(&stream, at + 4))
    {
        let body = at + 8;
        open.retain(|(end, _)| *end > at);
        if open.len() > usize::try_from(work.budget.limits.nesting_max).unwrap_or(usize::MAX) {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        if number == record::ENCRYPTION {
            return Err(Refusal::held(Reason::PasswordNeeded));
        }
        let is_container = form & 0xF == 0xF;
        if number == record::DOCUMENT && is_container && open.is_empty() {
            documents += 1;
            inside = Found::default();
        }
        let is_inside = open.first().is_some_and(|(_, outermost)| *outermost == record::DOCUMENT);
        let found = if is_inside { &mut inside } else { &mut outside };
        found.threats.extend(threat(number, stream.get(body..).unwrap_or_default()));
        // An instance of 0 lists slides, 1 masters, 2 notes.
        if number == record::LIST && form >> 4 == 0 {
            found.slides = Some(0);
            open.push((body.saturating_add(length), LIST_OF_SLIDES));
        } else if is_container {
            open.push((body.saturating_add(length), number));
        }
        if number == record::SLIDE_OF_LIST && open.last().is_some_and(|(_, kind)| *kind == LIST_OF_SLIDES) {
            found.slides = found.slides.map(|slides| slides + 1);
        }
        at = if is_container { body } else { body.saturating_add(length) };
    }
    for threat in inside.threats.into_iter().chain(outside.threats) {
        work.findings.add(threat, "PowerPoint Document");
    }
    if documents > 1 {
        work.findings.add(Threat::HiddenData, "PowerPoint Document");
    }
    Ok(inside.slides)
}

/// Stands for the one list that counts, among the numbers of open records; no record has it.
const LIST_OF_SLIDES: u16 = 0;

#[derive(Default)]
struct Found {
    threats: Vec<Threat>,
    slides: Option<u64>,
}

fn threat(number: u16, body: &[u8]) -> Option<Threat> {
    match number {
        // Every file has a place for a project; a number says whether there is one.
        record::PROJECT => (u32_at(body, 4)? != 0).then_some(Threat::MacroVba),
        record::EMBEDDED => Some(Threat::EmbeddedObject),
        record::LINKED => Some(Threat::ExternalContent),
        record::CONTROL => Some(Threat::ActiveX),
        record::SOUND => Some(Threat::Multimedia),
        record::ACTION => action(body.get(8)),
        _ if record::MEDIA.contains(&number) => Some(Threat::Multimedia),
        _ => None,
    }
}

/// What a click or a passing mouse does: a macro, a program, a verb of an object. Jumps and links are told of in the
/// converted file.
fn action(what: Option<&u8>) -> Option<Threat> {
    matches!(what, Some(1 | 2 | 5)).then_some(Threat::Action)
}
