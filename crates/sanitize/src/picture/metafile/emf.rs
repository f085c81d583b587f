//! Enhanced metafiles (MS-EMF).
//!
//! Owns: the header and the order of records.
//! Leaves to others: which records may stay and what of each (`shapes`), the newer records in comments between these
//! (`plus`). Files that have those nearly always say the same in plain records, too; so where they cannot be written anew
//! they go, and the plain ones stay. A file that says it only there is held then.

mod shapes;

use worker_protocol::{Reason, Threat};

use super::{Drawing, Fields, RECORDS_MAX, drop_record, plus, set_long};
use crate::picture::Format;
use crate::{Refusal, Work};
use shapes::{Shape, is_drawn, shape, write};

/// Bytes before a record's own fields.
const HEAD: usize = 8;

/// The length of the header that is written, with its second extension.
const HEADER: usize = 108;

/// Kinds of records.
const END: u32 = 14;
const COMMENT: u32 = 70;

pub(super) fn rebuild(
    untrusted: &[u8],
    place: &str,
    depth: usize,
    work: &mut Work<'_>,
) -> Result<Drawing, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let header = Fields(untrusted);
    let header_bytes = header.size(4).filter(|size| *size >= 88 && size % 4 == 0).ok_or(damaged)?;
    let handles = header.short(56).ok_or(damaged)?;
    if header.long(60) != Some(0) {
        work.findings.add(Threat::Metadata, &format!("{place}#description"));
    }
    let mut out = new_header(header).ok_or(damaged)?;
    let mut texts = Vec::new();
    let mut at = header_bytes;
    let mut records = 1usize;
    let comments = || plus_comments(untrusted, header_bytes);
    let has_plus = comments().next().is_some();
    let plus = if has_plus { plus::rebuild(comments(), place, depth, work)? } else { None };
    if plus.is_none() && comments().any(says_only_plus) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let keeps_plus = plus.is_some();
    let plus::Plus { comments: plus_comments, is_alone, texts: plus_texts } = plus.unwrap_or_default();
    let mut plus_comments = plus_comments.into_iter();
    let mut draws = false;
    let mut path = Path::default();
    loop {
        let (kind, record) = record_at(untrusted, at).ok_or(damaged)?;
        at += record.len();
        if kind == END {
            break;
        }
        if kind == COMMENT {
            if plus::is_plus(record) {
                let comments = plus_comments.next().unwrap_or_default();
                out.extend_from_slice(&comments.bytes);
                records += comments.count;
            } else {
                report_comment(record, place, work);
            }
            continue;
        }
        let before = out.len();
        match write(kind, Fields(record), handles, &mut out, &mut texts, work) {
            Ok(Some(())) => {
                if out.len() > before {
                    out.resize(out.len().next_multiple_of(4), 0);
                    let length = out.len() - before;
                    set_long(&mut out, before + 4, length);
                    records += 1 + path.note(kind, before, &mut out);
                    draws |= is_drawn(kind);
                }
            }
            // A record that contradicts itself is not drawn by anything either; its neighbours may be.
            Ok(None) => {
                out.truncate(before);
                drop_record(Threat::Unknown, place, "record", work);
            }
            Err(refusal) if matches!(refusal.reason, Reason::Bomb | Reason::TooComplex) => {
                return Err(refusal);
            }
            Err(_) => {
                out.truncate(before);
                drop_record(Threat::Unknown, place, "bitmap", work);
            }
        }
        if let Shape::Drop(threat, what) = shape(kind) {
            drop_record(threat, place, what, work);
        }
        if records > RECORDS_MAX {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
    }
    if untrusted.get(at..).is_some_and(|rest| rest.iter().any(|b| *b != 0)) {
        work.findings.add(Threat::HiddenData, &format!("{place}#trailing"));
    }
    if has_plus && !keeps_plus {
        if !draws {
            // Whatever its flags say, there is nothing in plain records.
            return Err(Refusal::held(Reason::NotRebuilt));
        }
        work.findings.add(Threat::AuxiliaryPart, &format!("{place}#emf-plus"));
    }
    if is_alone || !draws {
        texts.extend(plus_texts);
    } else if letters(&plus_texts) > letters(&texts) {
        // Both say the same words, but plain records may do so by numbers of glyphs.
        texts = plus_texts;
    }
    for value in [END, 20, 0, 0, 20] {
        out.extend_from_slice(&value.to_le_bytes());
    }
    let length = out.len();
    set_long(&mut out, 48, length);
    set_long(&mut out, 52, records + 1);
    Ok(Drawing { clean: out, format: Format::Emf, texts, has_plus: keeps_plus })
}

/// A path that is being written.
#[derive(Default)]
struct Path {
    /// The two records before, the nearer one last.
    kinds: [u32; 2],
    /// Where the nearer one begins.
    at: usize,
}

impl Path {
    /// Takes note of a record that was just written. What is seen through a path is bounded by closed figures, whether or
    /// not their last line is drawn; some programs lose a corner unless it is, so it is said. How many records that took.
    fn note(&mut self, kind: u32, at: usize, out: &mut Vec<u8>) -> usize {
        const END: u32 = 60;
        const CLOSE: [u8; 8] = [61, 0, 0, 0, 8, 0, 0, 0];
        const CLIP: u32 = 67;
        let [before, nearest] = self.kinds;
        let is_open = matches!(before, 5 | 6 | 54..=56 | 88 | 89 | 92);
        let closes = kind == CLIP && nearest == END && is_open;
        if closes {
            out.splice(self.at..self.at, CLOSE);
        }
        (self.kinds, self.at) = ([nearest, kind], if closes { at + CLOSE.len() } else { at });
        usize::from(closes)
    }
}

fn letters(texts: &[String]) -> usize {
    texts.iter().flat_map(|text| text.chars()).filter(|c| !c.is_whitespace()).count()
}

/// The record that begins here, and its kind.
fn record_at(untrusted: &[u8], at: usize) -> Option<(u32, &[u8])> {
    let (kind, size) = (Fields(untrusted).long(at)?, Fields(untrusted).size(at.checked_add(4)?)?);
    let is_sound = size >= HEAD && size % 4 == 0;
    Some((kind, Fields(untrusted).bytes(at, size).filter(|_| is_sound)?))
}

/// The comments that hold newer records.
fn plus_comments(untrusted: &[u8], mut at: usize) -> impl Iterator<Item = &[u8]> {
    let records = std::iter::from_fn(move || {
        let (kind, record) = record_at(untrusted, at).filter(|(kind, _)| *kind != END)?;
        at += record.len();
        Some((kind, record))
    });
    records.filter(|(kind, record)| *kind == COMMENT && plus::is_plus(record)).map(|(_, record)| record)
}

/// Bounds, frame and device; no description, no pixel format.
fn new_header(old: Fields<'_>) -> Option<Vec<u8>> {
    let mut out = vec![1, 0, 0, 0, 0, 0, 0, 0];
    set_long(&mut out, 4, HEADER);
    out.extend_from_slice(old.bytes(8, 32)?);
    out.extend_from_slice(b" EMF\0\0\x01\0");
    out.resize(56, 0);
    out.extend_from_slice(old.bytes(56, 2)?);
    out.resize(72, 0);
    out.extend_from_slice(old.bytes(72, 16)?);
    out.resize(100, 0);
    let has_micrometres = old.size(4)? >= HEADER;
    let micrometres = if has_micrometres {
        old.bytes(100, 8)?.to_vec()
    } else {
        let side = |at| old.long(at).map(|mm| mm.saturating_mul(1000).to_le_bytes());
        [side(80)?, side(84)?].concat()
    };
    out.extend_from_slice(&micrometres);
    Some(out)
}

/// The header of the newer records says whether the plain ones draw the same.
fn says_only_plus(record: &[u8]) -> bool {
    Fields(record).short(16) == Some(0x4001) && Fields(record).short(18).is_some_and(|flags| flags & 1 == 0)
}

fn report_comment(record: &[u8], place: &str, work: &mut Work<'_>) {
    let public = (record.get(12..16) == Some(b"GDIC")).then(|| Fields(record).long(16)).flatten();
    match public {
        // Groups say where something begins and ends.
        Some(2 | 3) => {}
        // The same drawing once more, for older programs.
        Some(0x8000_0001) => drop_record(Threat::AuxiliaryPart, place, "wmf", work),
        Some(_) => drop_record(Threat::EmbeddedObject, place, "comment", work),
        None if Fields(record).size(8).unwrap_or(0) == 0 => {}
        None => drop_record(Threat::HiddenData, place, "comment", work),
    }
}
