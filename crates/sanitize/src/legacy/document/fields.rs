//! Fields of a document: which stay, and what goes of the others.
//!
//! Owns: the numbers of sorts of fields (MS-DOC 2.9.90), which characters go with a field, the data that fields of forms have.
//! Leaves to others: finding fields (`legacy/fields`), which are harmless (`ooxml`).

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use worker_protocol::{Mode, Threat};

use super::edit::merge;
use super::header::{Header, story};
use super::text::{Text, plc, sign};
use crate::legacy::fields::{Field, scan};
use crate::legacy::{Stop, words};
use crate::{Work, ooxml};

/// The lists of the fields of each story.
pub(super) const LISTS: [usize; story::COUNT] = [16, 18, 17, 19, 48, 57, 59];

/// What a list says about one character of a field: which it is, and its sort or flags.
const ENTRY_BYTES: usize = 2;

/// A field whose instruction is the name of a bookmark and nothing else.
const BOOKMARK: u8 = 0x02;
const NO_SORT: u8 = 0xFF;
const LINK: u8 = 0x58;

/// Fields of forms, whose data stand in the data stream.
const FORMS: [u8; 3] = [0x46, 0x47, 0x53];

/// Sorts by name.
const SORTS: [(&str, u8); 54] = [
    ("REF", 0x03),
    ("XE", 0x04),
    ("SET", 0x06),
    ("IF", 0x07),
    ("INDEX", 0x08),
    ("TC", 0x09),
    ("STYLEREF", 0x0A),
    ("SEQ", 0x0C),
    ("TOC", 0x0D),
    ("NUMPAGES", 0x1A),
    ("NUMWORDS", 0x1B),
    ("NUMCHARS", 0x1C),
    ("FILENAME", 0x1D),
    ("DATE", 0x1F),
    ("TIME", 0x20),
    ("PAGE", 0x21),
    ("=", 0x22),
    ("PAGEREF", 0x25),
    ("ASK", 0x26),
    ("FILLIN", 0x27),
    ("NEXT", 0x29),
    ("NEXTIF", 0x2A),
    ("SKIPIF", 0x2B),
    ("MERGEREC", 0x2C),
    ("EQ", 0x31),
    ("GOTOBUTTON", 0x32),
    ("AUTONUMOUT", 0x34),
    ("AUTONUMLGL", 0x35),
    ("AUTONUM", 0x36),
    ("SYMBOL", 0x39),
    ("MERGEFIELD", 0x3B),
    ("USERNAME", 0x3C),
    ("USERINITIALS", 0x3D),
    ("USERADDRESS", 0x3E),
    ("BARCODE", 0x3F),
    ("SECTION", 0x41),
    ("SECTIONPAGES", 0x42),
    ("FILESIZE", 0x45),
    ("FORMTEXT", 0x46),
    ("FORMCHECKBOX", 0x47),
    ("NOTEREF", 0x48),
    ("TOA", 0x49),
    ("TA", 0x4A),
    ("MERGESEQ", 0x4B),
    ("COMPARE", 0x50),
    ("FORMDROPDOWN", 0x53),
    ("ADVANCE", 0x54),
    ("HYPERLINK", LINK),
    ("LISTNUM", 0x5A),
    ("BIDIOUTLINE", 0x5C),
    ("ADDRESSBLOCK", 0x5D),
    ("GREETINGLINE", 0x5E),
    ("SHAPE", 0x5F),
    ("QUOTE", 0x23),
];

/// What becomes of the fields of a document.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Characters that go, one range after the other.
    pub(super) gone: Vec<Range<u32>>,
    /// Characters of fields that stay, by story, each with what the list of the story says about it.
    pub(super) kept: Vec<(u32, [u8; ENTRY_BYTES])>,
    /// Characters that stand for the data of a field of a form.
    pub(super) forms: HashSet<u32>,
    /// Where fields begin that were judged, and whether they stay.
    judged: Vec<(u32, bool)>,
}

/// Judges the fields of all stories.
pub(super) fn judge(
    text: &Text<'_>,
    header: &Header,
    table: &[u8],
    work: &mut Work<'_>,
) -> Result<Fields, Stop> {
    let mut all = Fields::default();
    for (which, list) in LISTS.into_iter().enumerate() {
        let range = text.story(which);
        let (places, entries) = plc(header.part(list, table)?, ENTRY_BYTES)?;
        let known: HashMap<u32, u8> = places
            .iter()
            .zip(entries.chunks_exact(ENTRY_BYTES))
            .filter_map(|(at, entry)| Some((at.checked_add(range.start)?, *entry.get(1)?)))
            .collect();
        for field in scan(text.slice(&range)) {
            all.take(&field, range.start, &known, text, work)?;
        }
    }
    all.kept.sort_by_key(|(at, _)| *at);
    all.take_strays(text);
    all.gone.sort_by_key(|range| (range.start, range.end));
    let Fields { gone, kept, forms, .. } = &mut all;
    merge(gone);
    let is_gone = |at: u32| {
        let index = gone.partition_point(|range| range.end <= at);
        gone.get(index).is_some_and(|range| range.start <= at)
    };
    kept.retain(|(at, _)| !is_gone(*at));
    forms.retain(|at| !is_gone(*at));
    // What ends a cell or a section holds more than itself.
    let holds_more = |range: &Range<u32>| {
        text.slice(range).iter().any(|unit| [sign::CELL, sign::PAGE, sign::SHAPE].contains(unit))
    };
    if gone.iter().any(holds_more) { Err(Stop::Other) } else { Ok(all) }
}

impl Fields {
    /// Characters of fields that are not ended, or deeper than anybody looks, belong to none.
    fn take_strays(&mut self, text: &Text<'_>) {
        let mut kept = self.kept.iter().map(|(at, _)| *at).peekable();
        for (at, unit) in (0..text.end()).zip(&text.units) {
            while kept.next_if(|kept| *kept < at).is_some() {}
            if sign::FIELDS.contains(unit) && kept.peek() != Some(&at) {
                self.gone.push(at..at + 1);
            }
        }
    }

    fn take(
        &mut self,
        field: &Field,
        start: u32,
        known: &HashMap<u32, u8>,
        text: &Text<'_>,
        work: &mut Work<'_>,
    ) -> Result<(), Stop> {
        let place = |at: usize| u32::try_from(at).map(|at| start + at).map_err(|_| Stop::Other);
        let (begin, end) = (place(field.begin)?, place(field.end)?);
        let result = field.result.map(place).transpose()?;
        let is_strict = work.job.policy.modes.values().any(|mode| *mode == Mode::Strict);
        let danger = ooxml::field_danger(&field.instruction, work.job.policy.links, is_strict);
        if danger == Some(Threat::Hyperlink) {
            work.findings.add(Threat::Hyperlink, "WordDocument");
        }
        let sort = sort(&field.instruction).or_else(|| {
            let is_bookmark = known.get(&begin) == Some(&BOOKMARK);
            is_bookmark.then_some(BOOKMARK)
        });
        // What another field shows in an instruction was not judged as a part of it, and may be any address.
        let until = result.unwrap_or(end);
        let mut inside =
            self.judged.iter().rev().take_while(|(at, _)| *at > begin).filter(|(at, _)| *at < until);
        let is_whole = match sort {
            Some(LINK) => inside.next().is_none(),
            _ => inside.all(|(_, stays)| *stays),
        };
        let is_wanted = danger.is_none() && !field.is_named_by_field && is_whole;
        let Some(sort) = sort.filter(|_| is_wanted) else {
            if danger.is_none() && !words::is_object(&field.instruction) {
                work.findings.add(Threat::DangerousField, "WordDocument");
            }
            // What it shows stays.
            self.gone.push(begin..until + 1);
            self.gone.push(end..end + 1);
            self.judged.push((begin, false));
            return Ok(());
        };
        self.judged.push((begin, true));
        let flags = known.get(&end).copied().unwrap_or(0);
        self.kept.push((begin, [0x13, sort]));
        if let Some(result) = result {
            self.kept.push((result, [0x14, NO_SORT]));
        }
        self.kept.push((end, [0x15, flags]));
        // What a link knows besides says the same as its instruction, or something else.
        for at in begin + 1..until {
            if text.unit(at) != Some(sign::PICTURE) {
                continue;
            }
            match FORMS.contains(&sort) {
                true => {
                    self.forms.insert(at);
                }
                false => self.gone.push(at..at + 1),
            }
        }
        Ok(())
    }
}

/// The sort of a field by the first word of its instruction.
fn sort(instruction: &str) -> Option<u8> {
    let instruction = instruction.trim_start();
    let name = if instruction.starts_with('=') {
        "="
    } else {
        instruction.split([' ', '\t', '\r', '\n', '"', '\\', '\u{3000}', '\u{a0}']).next()?
    };
    SORTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, sort)| *sort)
}
