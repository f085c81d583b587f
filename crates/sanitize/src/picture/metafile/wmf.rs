//! Windows metafiles (MS-WMF), with and without the header that says their size.
//!
//! Owns: the list of records that may stay and the shape of each. Escapes stay behind: one of them once ran code.
//! Leaves to others: bitmaps (`dib`).

use worker_protocol::{Reason, Threat};

use super::{Fields, RECORDS_MAX, dib, drop_record, narrow_text, set_long};
use crate::{Refusal, Work};

/// Bytes of the header that programs put before the standard's.
const PLACEABLE: usize = 22;

/// Bytes of the standard's header.
const HEADER: usize = 18;

/// Bytes of a record before its parameters.
const HEAD: usize = 6;

/// A brush that paints nothing. Objects are numbered in the order of their creation, so one that stays behind needs
/// another in its place.
const NO_BRUSH: [u8; 8] = [1, 0, 0, 0, 0, 0, 0, 0];
const CREATE_BRUSH: u16 = 0x02FC;

/// What of a record stays.
enum Written {
    /// These parameters.
    As(Vec<u8>),
    /// An object that paints nothing.
    Placeholder,
    Nothing,
}

pub(super) fn rebuild(
    untrusted: &[u8],
    place: &str,
    work: &mut Work<'_>,
) -> Result<(Vec<u8>, Vec<String>), Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let mut out = Vec::new();
    let mut at = 0;
    if untrusted.starts_with(b"\xd7\xcd\xc6\x9a") {
        out.extend_from_slice(b"\xd7\xcd\xc6\x9a\0\0");
        out.extend_from_slice(untrusted.get(6..16).ok_or(damaged)?);
        out.extend_from_slice(&[0; 4]);
        let checksum =
            out.chunks_exact(2).filter_map(|pair| Fields(pair).short(0)).fold(0u16, |sum, word| sum ^ word);
        out.extend_from_slice(&checksum.to_le_bytes());
        at = PLACEABLE;
    }
    let header = Fields(untrusted.get(at..).ok_or(damaged)?);
    if header.short(2) != Some(9) {
        return Err(damaged);
    }
    let header_at = out.len();
    out.extend_from_slice(&[1, 0, 9, 0, 0, 3, 0, 0, 0, 0]);
    out.extend_from_slice(header.bytes(10, 2).ok_or(damaged)?);
    out.resize(header_at + HEADER, 0);
    at += HEADER;
    let mut texts = Vec::new();
    let mut longest = 3usize;
    let mut records = 0usize;
    loop {
        let words = Fields(untrusted).size(at).ok_or(damaged)?;
        let function = Fields(untrusted).short(at + 4).ok_or(damaged)?;
        if function == 0 {
            at += HEAD;
            break;
        }
        let size = words.checked_mul(2).filter(|size| *size >= HEAD).ok_or(damaged)?;
        let record = untrusted.get(at + HEAD..at.checked_add(size).ok_or(damaged)?).ok_or(damaged)?;
        at += size;
        records += 1;
        if records > RECORDS_MAX {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        let written = match write(function, Fields(record), &mut texts, work) {
            Ok(Some(written)) => written,
            Err(refusal) if matches!(refusal.reason, Reason::Bomb | Reason::TooComplex) => {
                return Err(refusal);
            }
            Ok(None) | Err(_) => {
                let (threat, what) = match (function, Fields(record).short(0)) {
                    // A comment, which draws nothing.
                    (0x0626, Some(15)) => (Threat::HiddenData, "comment"),
                    (0x0626, _) => (Threat::Action, "escape"),
                    _ => (Threat::Unknown, "record"),
                };
                drop_record(threat, place, what, work);
                if creates(function) { Written::Placeholder } else { Written::Nothing }
            }
        };
        let (function, parameters) = match written {
            Written::As(parameters) => (function, parameters),
            Written::Placeholder => (CREATE_BRUSH, NO_BRUSH.to_vec()),
            Written::Nothing => continue,
        };
        let words = (HEAD + parameters.len()).div_ceil(2);
        longest = longest.max(words);
        out.extend_from_slice(&u32::try_from(words).map_err(|_| damaged)?.to_le_bytes());
        out.extend_from_slice(&function.to_le_bytes());
        out.extend_from_slice(&parameters);
        if parameters.len() % 2 == 1 {
            out.push(0);
        }
    }
    if untrusted.get(at..).is_some_and(|rest| rest.iter().any(|b| *b != 0)) {
        work.findings.add(Threat::HiddenData, &format!("{place}#trailing"));
    }
    out.extend_from_slice(&[3, 0, 0, 0, 0, 0]);
    let words = (out.len() - header_at) / 2;
    set_long(&mut out, header_at + 6, words);
    set_long(&mut out, header_at + 12, longest);
    Ok((out, texts))
}

fn creates(function: u16) -> bool {
    matches!(function, 0x00F7 | 0x0142 | 0x01F9 | 0x02FA..=0x02FC | 0x06FF | 0x00F8 | 0x02FD | 0x06FE)
}

/// How many words of parameters a record has that holds nothing but numbers.
fn fixed_words(function: u16) -> Option<usize> {
    Some(match function {
        0x001E | 0x0035 => 0,
        0x0102..=0x0108 | 0x0127 | 0x012A..=0x012E | 0x0139 | 0x0149 | 0x01F0 | 0x0234 => 1,
        0x0201 | 0x0209..=0x020F | 0x0211 | 0x0213 | 0x0214 | 0x0220 | 0x0228 | 0x0231 => 2,
        0x0410 | 0x0412 | 0x0415 | 0x0416 | 0x0418 | 0x0419 | 0x041B | 0x041F | 0x0429 | 0x02FC => 4,
        0x0548 | 0x02FA => 5,
        0x061C | 0x061D => 6,
        0x0817 | 0x081A | 0x0830 => 8,
        _ => return None,
    })
}

/// The parameters of a record, written anew. Nothing when it may not stay or contradicts itself.
fn write(
    function: u16,
    record: Fields<'_>,
    texts: &mut Vec<String>,
    work: &mut Work<'_>,
) -> Result<Option<Written>, Refusal> {
    if let Some(words) = fixed_words(function) {
        return Ok(record.bytes(0, words * 2).map(|bytes| Written::As(bytes.to_vec())));
    }
    let bitmap = |fixed: usize, usage: Option<usize>, rows: Option<u32>, work: &mut Work<'_>| {
        let usage = usage.and_then(|at| record.short(at)).map_or(0, u32::from);
        bitmap(record, fixed, usage, rows, work)
    };
    let words = record.0.len() / 2;
    let done = match function {
        0x0324 | 0x0325 => record.short(0).and_then(|count| take(record, 2 + usize::from(count) * 4)),
        0x0538 => many_points(record),
        0x0521 => text(record, texts),
        0x0A32 => extended_text(record, texts),
        0x02FB => font(record),
        0x00F7 | 0x0037 | 0x0436 => {
            record.short(2).and_then(|count| take(record, 4 + usize::from(count) * 4))
        }
        0x06FF => region(record),
        // Without a bitmap of their own these copy from what is drawn already.
        0x0940 | 0x0922 if words == 9 => take(record, 18),
        0x0B41 | 0x0B23 if words == 11 => take(record, 22),
        0x0940 => return bitmap(16, None, None, work),
        0x0B41 => return bitmap(20, None, None, work),
        0x0F43 => return bitmap(22, Some(4), None, work),
        0x0D33 => return bitmap(18, Some(0), record.short(2).map(u32::from), work),
        0x0142 => return bitmap(4, Some(2), None, work),
        _ => None,
    };
    Ok(done.map(Written::As))
}

fn take(record: Fields<'_>, bytes: usize) -> Option<Vec<u8>> {
    record.bytes(0, bytes).map(<[u8]>::to_vec)
}

fn many_points(record: Fields<'_>) -> Option<Vec<u8>> {
    let parts = usize::from(record.short(0)?);
    let mut points = 0usize;
    for part in 0..parts {
        points += usize::from(record.short(2 + part * 2)?);
    }
    take(record, 2 + parts * 2 + points * 4)
}

fn text(record: Fields<'_>, texts: &mut Vec<String>) -> Option<Vec<u8>> {
    let count = usize::from(record.short(0)?);
    let padded = count.next_multiple_of(2);
    let mut out = record.bytes(0, 2 + count)?.to_vec();
    out.resize(2 + padded, 0);
    out.extend_from_slice(record.bytes(2 + padded, 4)?);
    texts.push(narrow_text(record.bytes(2, count)?));
    Some(out)
}

fn extended_text(record: Fields<'_>, texts: &mut Vec<String>) -> Option<Vec<u8>> {
    let count = usize::from(record.short(4)?);
    let has_rectangle = record.short(6)? & 6 != 0;
    let string_at = if has_rectangle { 16 } else { 8 };
    // Programs draw what is there when the count says more.
    let count = count.min(record.0.len().checked_sub(string_at)?);
    let mut out = record.bytes(0, string_at)?.to_vec();
    if let (Some(slot), Ok(count)) = (out.get_mut(4..6), u16::try_from(count)) {
        slot.copy_from_slice(&count.to_le_bytes());
    }
    let string = record.bytes(string_at, count)?;
    out.extend_from_slice(string);
    let padded = count.next_multiple_of(2);
    out.resize(string_at + padded, 0);
    // Distances between characters may be left out.
    if let Some(gaps) = record.bytes(string_at + padded, count * 2) {
        out.extend_from_slice(gaps);
    }
    if record.short(6)? & 0x10 == 0 {
        texts.push(narrow_text(string));
    }
    Some(out)
}

/// Measures, then the name up to its end.
fn font(record: Fields<'_>) -> Option<Vec<u8>> {
    let mut out = record.bytes(0, 18)?.to_vec();
    let name = record.0.get(18..)?;
    let length = name.iter().take(31).position(|b| *b == 0).unwrap_or(name.len().min(31));
    out.extend_from_slice(name.get(..length)?);
    out.push(0);
    if out.len() % 2 == 1 {
        out.push(0);
    }
    Some(out)
}

/// Rows of a region: how many ends, top, bottom, the ends, how many again.
fn region(record: Fields<'_>) -> Option<Vec<u8>> {
    let rows = usize::from(record.short(10)?);
    let mut at = 22usize;
    for _ in 0..rows {
        let ends = usize::from(record.short(at)?);
        at += 8 + ends * 2;
    }
    take(record, at)
}

fn bitmap(
    record: Fields<'_>,
    fixed: usize,
    usage: u32,
    rows: Option<u32>,
    work: &mut Work<'_>,
) -> Result<Option<Written>, Refusal> {
    let Some(mut out) = take(record, fixed) else { return Ok(None) };
    let whole = record.0.get(fixed..).unwrap_or_default();
    let Some(length) = dib::info_length(whole, usage).filter(|length| *length <= whole.len()) else {
        return Ok(None);
    };
    let (info, bits) = whole.split_at(length);
    let clean = dib::clean(info, bits, usage, rows, work)?;
    out.extend_from_slice(&clean.info);
    out.extend_from_slice(&clean.bits);
    Ok(Some(Written::As(out)))
}
