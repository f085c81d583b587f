//! Rules of a sheet of Excel 97: what may be entered, what looks otherwise when, what a filter shows (MS-XLS 2.4.42, 2.4.56,
//! 2.4.89, 2.4.95, 2.4.6).
//!
//! Owns: reading them to their end, and dropping those whose formulas may not stay.
//! Leaves to others: judging formulas (`formula`).

use worker_protocol::Threat;

use super::super::bytes::u16_at;
use super::records::{self, CONTINUE, Item, Items, Reader, Record, put_plain, put_text};
use super::shapes::{AREA_BYTES, are_areas};
use super::sheet::{Book, record};
use super::{Stop, formula};
use crate::Work;

/// Characters of one text that stand in one record.
const CHARS_IN_RECORD: usize = 4000;

/// Writes a rule for looks with its conditions, which follow it.
pub(super) fn looks(
    record: &Record<'_>,
    behind: &mut Items<'_>,
    book: &Book<'_>,
    sheet: &str,
    work: &mut Work<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Stop> {
    let body = record.body;
    let count = u16_at(body, 0).map(usize::from).ok_or(Stop::Other)?;
    let areas = u16_at(body, 12).map(usize::from).ok_or(Stop::Other)?;
    if body.len() != 14 + areas * AREA_BYTES || !body.get(14..).is_some_and(are_areas) {
        return Err(Stop::Other);
    }
    let mut written = Vec::new();
    let mut gone = None;
    for _ in 0..count {
        let Some(Item::Record(condition)) = behind.next() else { return Err(Stop::Other) };
        if condition.number != record::LOOK {
            return Err(Stop::Other);
        }
        match look(condition.body, book)? {
            Ok(condition) => written.push(condition),
            Err(threat) => gone = Some(threat),
        }
    }
    match gone {
        Some(threat) => {
            Book::tell_at(work, threat, sheet, u16_at(body, 8).unwrap_or(0), u16_at(body, 4).unwrap_or(0))
        }
        None => {
            records::put(out, record::LOOKS, body);
            written.iter().for_each(|condition| records::put(out, record::LOOK, condition));
        }
    }
    Ok(())
}

/// One condition: what it compares, how cells look then, two formulas.
fn look(body: &[u8], book: &Book<'_>) -> Result<Result<Vec<u8>, Threat>, Stop> {
    let at = |place| u16_at(body, place).map(usize::from).ok_or(Stop::Other);
    let (first, second) = (at(2)?, at(4)?);
    let head = body.len().checked_sub(first + second).filter(|head| *head >= 6).ok_or(Stop::Other)?;
    let (head, tokens) = body.split_at_checked(head).ok_or(Stop::Other)?;
    if !is_look(head.get(6..).unwrap_or_default()).unwrap_or(false) {
        return Err(Stop::Other);
    }
    let (first, second) = tokens.split_at_checked(first).ok_or(Stop::Other)?;
    let mut out = head.to_vec();
    for tokens in [first, second] {
        match formula::judge(tokens, &[], &book.links, book.policy) {
            Ok(formula) => out.extend_from_slice(&formula.tokens),
            Err(threat) => return Ok(Err(threat)),
        }
    }
    Ok(Ok(out))
}

/// Whether this is how cells look: which of its parts there are, and these parts (MS-XLS 2.5.92).
fn is_look(bytes: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(bytes);
    let flags = reader.u32()?;
    let more = reader.u16()?;
    let has = |bit: u32| flags >> bit & 1 == 1;
    if has(25) {
        let is_own_text = more & 1 == 1;
        let length = if is_own_text { usize::from(reader.u16()?).checked_sub(2)? } else { 2 };
        reader.take(length)?;
    }
    for (bit, length) in [(26, 118), (27, 8), (28, 8), (29, 4), (30, 2)] {
        if has(bit) {
            reader.take(length)?;
        }
    }
    Some(reader.is_at_end())
}

/// Writes the rules for input, which follow their head.
pub(super) fn inputs(
    record: &Record<'_>,
    behind: &mut Items<'_>,
    book: &Book<'_>,
    sheet: &str,
    work: &mut Work<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Stop> {
    if record.body.len() != 18 {
        return Err(Stop::Other);
    }
    let mut written = Vec::new();
    loop {
        let here = behind.clone();
        let rule = match behind.next() {
            Some(Item::Record(rule)) if rule.number == record::INPUT => rule,
            _ => {
                *behind = here;
                break;
            }
        };
        match input(&rule, book).ok_or(Stop::Other)? {
            Ok(rule) => written.push(rule),
            Err(threat) => Book::tell(work, threat, sheet),
        }
    }
    let head = record.body.get(..14).ok_or(Stop::Other)?;
    let rules = u32::try_from(written.len()).map_err(|_| Stop::Other)?;
    records::put(out, record::INPUTS, &[head, &rules.to_le_bytes()].concat());
    written.iter().for_each(|rule| records::put(out, record::INPUT, rule));
    Ok(())
}

/// One rule: flags, four texts, two formulas, the cells it holds for.
fn input(rule: &Record<'_>, book: &Book<'_>) -> Option<Result<Vec<u8>, Threat>> {
    let mut reader = Reader::of(rule);
    let mut out = reader.take(4)?.to_vec();
    for _ in 0..4 {
        put_text(&mut out, &reader.text()?);
    }
    for _ in 0..2 {
        let count = reader.u16()?;
        let _unused = reader.u16()?;
        let tokens = reader.take_across(count.into())?;
        match formula::judge(&tokens, &[], &book.links, book.policy) {
            Ok(formula) => {
                out.extend_from_slice(&u16::try_from(formula.tokens.len()).ok()?.to_le_bytes());
                out.extend_from_slice(&[0, 0]);
                out.extend_from_slice(&formula.tokens);
            }
            Err(threat) => return Some(Err(threat)),
        }
    }
    let areas = reader.u16()?;
    out.extend_from_slice(&areas.to_le_bytes());
    let areas = reader.take_across(usize::from(areas) * AREA_BYTES)?;
    out.extend_from_slice(&areas);
    (reader.is_at_end() && are_areas(&areas)).then_some(Ok(out))
}

/// Whether this is what a filter shows: two comparisons, and the texts that they compare with.
pub(super) fn is_filter(body: &[u8]) -> bool {
    const TEXT: u8 = 6;
    let mut reader = Reader::new(body);
    let mut read = || {
        let _head = reader.take(4)?;
        let comparisons = [reader.take(10)?, reader.take(10)?];
        for comparison in comparisons {
            if comparison.first() == Some(&TEXT) {
                let is_wide = reader.u8()? & 1 == 1;
                reader.characters((*comparison.get(6)?).into(), is_wide)?;
            }
        }
        Some(reader.left().len() <= 1)
    };
    read().unwrap_or(false)
}

/// Writes a text that may be longer than one record holds; each record says anew how wide its characters are.
pub(super) fn put_long_text(out: &mut Vec<u8>, number: u16, text: &[u16]) {
    let is_wide = records::is_wide(text);
    let mut head = u16::try_from(text.len()).unwrap_or(0).to_le_bytes().to_vec();
    let mut number = number;
    let mut rest = text;
    loop {
        let (now, later) = rest.split_at(rest.len().min(CHARS_IN_RECORD));
        head.push(u8::from(is_wide));
        put_plain(&mut head, now, is_wide);
        records::put(out, number, &head);
        if later.is_empty() {
            return;
        }
        rest = later;
        number = CONTINUE;
        head.clear();
    }
}
