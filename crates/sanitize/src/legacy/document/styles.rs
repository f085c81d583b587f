//! Styles (STSH, MS-DOC 2.9.271) and lists (2.9.147 to 2.9.150, 2.9.131 to 2.9.134).
//!
//! Owns: what stays of each.
//! Leaves to others: the properties in them (`looks`).

use super::looks::{self, Known, about};
use crate::legacy::Stop;
use crate::legacy::bytes::{Reader, place_at, u16_at, u32_at};

/// What the head of all styles says: how many, the length of a style's head, fonts; then what styles that are not there
/// look like, each in four bytes, and what holds where no style says it.
const HEAD_BYTES: usize = 18;
const HEAD_WITH_FONT: usize = 20;
const ABSENT_BYTES: usize = 4;

/// Styles and their lengths, at most.
const STYLES_MAX: u16 = 4_095;

/// The head of a style, and of one since Word 2000.
const STYLE_HEADS: [usize; 2] = [10, 18];

/// Sorts of styles.
const OF_PARAGRAPHS: u16 = 1;
const OF_CHARACTERS: u16 = 2;
const OF_TABLES: u16 = 3;
const OF_LISTS: u16 = 4;

/// The longest name of a style, in characters.
const NAME_MAX: usize = 255;

/// A style that has what it looked like before it was changed says so here; that goes.
const HAS_ORIGINAL: u16 = 0x0040;

/// What goes with the properties of a style.
const PARAGRAPHS: &[u16] = &[about::PARAGRAPHS];
const CHARACTERS: &[u16] = &[about::CHARACTERS];
const TABLES: &[u16] = &[about::TABLES, about::PARAGRAPHS, about::CHARACTERS];

/// How many styles there are.
pub(super) fn count(sheet: &[u8]) -> Result<u16, Stop> {
    u16_at(sheet, 2).filter(|count| *count <= STYLES_MAX).ok_or(Stop::Other)
}

/// Rebuilds the styles. Says whether something went that is not known.
pub(super) fn rebuilt(sheet: &[u8], known: Known) -> Result<(Vec<u8>, bool), Stop> {
    let mut reader = Reader::new(sheet);
    let length = reader.u16().map(usize::from).ok_or(Stop::Other)?;
    let head = reader.take(length).ok_or(Stop::Other)?;
    let mut is_unknown = false;
    let new_head = new_head(head, known, &mut is_unknown)?;
    let style_head = u16_at(head, 2).map(usize::from).ok_or(Stop::Other)?;
    if !STYLE_HEADS.contains(&style_head) {
        return Err(Stop::Other);
    }
    let mut out = u16::try_from(new_head.len()).map_err(|_| Stop::Other)?.to_le_bytes().to_vec();
    out.extend_from_slice(&new_head);
    for number in 0..known.styles {
        let length = reader.u16().map(usize::from).ok_or(Stop::Other)?;
        let style = reader.take(length).ok_or(Stop::Other)?;
        // Styles begin at even places, from the first one counted.
        if length % 2 == 1 {
            reader.take(1);
        }
        let written = match length {
            0 => Vec::new(),
            _ => style_rebuilt(style, style_head, number, known, &mut is_unknown)?,
        };
        out.extend_from_slice(&u16::try_from(written.len()).map_err(|_| Stop::Other)?.to_le_bytes());
        out.extend_from_slice(&written);
    }
    Ok((out, is_unknown))
}

/// The head of all styles.
fn new_head(head: &[u8], known: Known, is_unknown: &mut bool) -> Result<Vec<u8>, Stop> {
    let fixed = if head.len() >= HEAD_WITH_FONT { HEAD_WITH_FONT } else { HEAD_BYTES };
    let mut out = head.get(..fixed).ok_or(Stop::Other)?.to_vec();
    // Which fonts hold where nothing says it.
    for at in [12, 14, 16, 18] {
        if u16_at(&out, at).is_some_and(|font| font >= known.fonts) {
            out.get_mut(at..at + 2).ok_or(Stop::Other)?.fill(0);
        }
    }
    let rest = head.get(fixed..).unwrap_or_default();
    let absent = u16_at(head, 6).map(usize::from).ok_or(Stop::Other)? * ABSENT_BYTES;
    let has_absent = u16_at(rest, 0) == Some(ABSENT_BYTES as u16);
    let Some(own) = rest.get(..2 + absent).filter(|_| has_absent) else { return Ok(out) };
    out.extend_from_slice(own);
    let mut rest = rest.get(own.len()..).unwrap_or_default();
    for sorts in [CHARACTERS, PARAGRAPHS] {
        let Some(length) = place_at(rest, 0) else { return Ok(out) };
        let (list, behind) =
            rest.get(4..).and_then(|rest| rest.split_at_checked(length)).ok_or(Stop::Other)?;
        let mut kept = Vec::new();
        *is_unknown |= looks::put(list, sorts, known, &mut kept);
        out.extend_from_slice(&u32::try_from(kept.len()).map_err(|_| Stop::Other)?.to_le_bytes());
        out.extend_from_slice(&kept);
        rest = behind;
    }
    Ok(out)
}

fn style_rebuilt(
    style: &[u8],
    head_bytes: usize,
    number: u16,
    known: Known,
    is_unknown: &mut bool,
) -> Result<Vec<u8>, Stop> {
    let mut reader = Reader::new(style);
    let head = reader.take(head_bytes).ok_or(Stop::Other)?;
    let word = |at| u16_at(head, at).ok_or(Stop::Other);
    let (sort, parent) = (word(2)? & 0x0F, word(2)? >> 4);
    let next = word(4)? >> 4;
    let lists: &[&[u16]] = match sort {
        OF_PARAGRAPHS => &[PARAGRAPHS, CHARACTERS],
        OF_CHARACTERS => &[CHARACTERS],
        OF_TABLES => &[TABLES, PARAGRAPHS, CHARACTERS],
        OF_LISTS => &[PARAGRAPHS],
        _ => return Err(Stop::Other),
    };
    if usize::from(word(4)? & 0x0F) < lists.len() {
        return Err(Stop::Other);
    }
    // A style that is its own parent, or whose parent is not there, has none.
    const NO_PARENT: u16 = 0x0FFF;
    let parent = if parent < known.styles && parent != number { parent } else { NO_PARENT };
    let next = if next < known.styles { next } else { number };
    let mut out = head.to_vec();
    let mut put = |at: usize, value: u16| {
        if let Some(place) = out.get_mut(at..at + 2) {
            place.copy_from_slice(&value.to_le_bytes());
        }
    };
    put(2, sort | parent << 4);
    put(4, u16::try_from(lists.len()).map_err(|_| Stop::Other)? | next << 4);
    put(8, word(8)? & !HAS_ORIGINAL);
    if head_bytes > 10 {
        // Which sitting made it.
        put(12, 0);
        put(14, 0);
    }
    let name_chars = reader.u16().map(usize::from).filter(|count| *count <= NAME_MAX).ok_or(Stop::Other)?;
    let name = reader.take(name_chars * 2).ok_or(Stop::Other)?;
    reader.take(2).ok_or(Stop::Other)?;
    out.extend_from_slice(&u16::try_from(name_chars).map_err(|_| Stop::Other)?.to_le_bytes());
    out.extend_from_slice(name);
    out.extend_from_slice(&[0; 2]);
    for sorts in lists {
        // What follows begins at an even place.
        if (style.len() - reader.left().len()) % 2 == 1 {
            reader.take(1);
        }
        let length = reader.u16().map(usize::from).unwrap_or(0);
        let mut list = reader.take(length).ok_or(Stop::Other)?;
        let mut kept = Vec::new();
        if *sorts == PARAGRAPHS {
            // The number of the style comes first.
            list = list.get(2..).unwrap_or_default();
            kept.extend_from_slice(&number.to_le_bytes());
        }
        *is_unknown |= looks::put(list, sorts, known, &mut kept);
        out.resize(out.len().next_multiple_of(2), 0);
        out.extend_from_slice(&u16::try_from(kept.len()).map_err(|_| Stop::Other)?.to_le_bytes());
        out.extend_from_slice(&kept);
    }
    // Programs do not agree on what follows a style of odd length.
    out.resize(out.len().next_multiple_of(2), 0);
    let length = u16::try_from(out.len()).map_err(|_| Stop::Other)?;
    if let Some(place) = out.get_mut(6..8) {
        place.copy_from_slice(&length.to_le_bytes());
    }
    Ok(out)
}

/// A list, one of its levels, and a use of a list.
const LIST_BYTES: usize = 28;
const LEVEL_BYTES: usize = 28;
const USE_BYTES: usize = 16;
const LEVELS: usize = 9;
const LISTS_MAX: usize = 1 << 14;

/// Where a list says that it has one level only.
const LIST_FLAGS: usize = 26;
const HAS_ONE_LEVEL: u8 = 0x01;

/// Lists, and what follows them: their levels, which programs do not count as a part of them.
pub(super) fn lists(lists: &[u8], more: &[u8], known: Known) -> Result<(Vec<u8>, Vec<u8>, bool), Stop> {
    let count = u16_at(lists, 0).map(usize::from).filter(|count| *count <= LISTS_MAX).ok_or(Stop::Other)?;
    let own = lists.get(2..2 + count * LIST_BYTES).ok_or(Stop::Other)?;
    let mut out = lists.get(..2).unwrap_or_default().to_vec();
    let mut levels = Vec::new();
    // Some programs count the levels as a part of the lists.
    let inside = lists.get(2 + own.len()..).unwrap_or_default();
    let mut reader = Reader::new(if inside.is_empty() { more } else { inside });
    let mut is_unknown = false;
    for list in own.chunks_exact(LIST_BYTES) {
        let mut head = list.to_vec();
        for at in (8..8 + LEVELS * 2).step_by(2) {
            if u16_at(list, at).is_some_and(|style| style >= known.styles) {
                head.get_mut(at..at + 2).ok_or(Stop::Other)?.copy_from_slice(&NO_STYLE.to_le_bytes());
            }
        }
        out.extend_from_slice(&head);
        let flags = list.get(LIST_FLAGS).copied().unwrap_or(0);
        let count = if flags & HAS_ONE_LEVEL != 0 { 1 } else { LEVELS };
        for _ in 0..count {
            is_unknown |= put_level(&mut reader, known, &mut levels)?;
        }
    }
    Ok((out, levels, is_unknown))
}

/// No style belongs to a level.
const NO_STYLE: u16 = 0x0FFF;

/// The most characters of a number with what stands around it.
const NUMBER_MAX: usize = 255;

fn put_level(reader: &mut Reader<'_>, known: Known, out: &mut Vec<u8>) -> Result<bool, Stop> {
    let head = reader.take(LEVEL_BYTES).ok_or(Stop::Other)?;
    let length = |at: usize| head.get(at).copied().map(usize::from).ok_or(Stop::Other);
    let (of_characters, of_paragraphs) = (length(24)?, length(25)?);
    let mut paragraphs = Vec::new();
    let mut characters = Vec::new();
    let mut is_unknown =
        looks::put(reader.take(of_paragraphs).ok_or(Stop::Other)?, PARAGRAPHS, known, &mut paragraphs);
    is_unknown |=
        looks::put(reader.take(of_characters).ok_or(Stop::Other)?, CHARACTERS, known, &mut characters);
    let count = reader.u16().map(usize::from).filter(|count| *count <= NUMBER_MAX).ok_or(Stop::Other)?;
    let number = reader.take(count * 2).ok_or(Stop::Other)?;
    let mut own = head.to_vec();
    for (at, list) in [(24, &characters), (25, &paragraphs)] {
        *own.get_mut(at).ok_or(Stop::Other)? = u8::try_from(list.len()).map_err(|_| Stop::Other)?;
    }
    out.extend_from_slice(&own);
    out.extend_from_slice(&paragraphs);
    out.extend_from_slice(&characters);
    out.extend_from_slice(&u16::try_from(count).map_err(|_| Stop::Other)?.to_le_bytes());
    out.extend_from_slice(number);
    Ok(is_unknown)
}

/// Uses of lists, each with levels that are otherwise there.
pub(super) fn list_uses(uses: &[u8], known: Known) -> Result<(Vec<u8>, bool), Stop> {
    let count = u32_at(uses, 0).and_then(|count| usize::try_from(count).ok());
    let count = count.filter(|count| *count <= LISTS_MAX).ok_or(Stop::Other)?;
    let mut out = uses.get(..4).unwrap_or_default().to_vec();
    let heads = uses.get(4..4 + count * USE_BYTES).ok_or(Stop::Other)?;
    for head in heads.chunks_exact(USE_BYTES) {
        let mut own = head.to_vec();
        // Nothing stands between its number and how many levels it has.
        own.get_mut(4..12).ok_or(Stop::Other)?.fill(0);
        out.extend_from_slice(&own);
    }
    let mut reader = Reader::new(uses.get(4 + heads.len()..).unwrap_or_default());
    let mut is_unknown = false;
    for head in heads.chunks_exact(USE_BYTES) {
        let levels = head.get(12).copied().map(usize::from).filter(|levels| *levels <= LEVELS);
        let levels = levels.ok_or(Stop::Other)?;
        // Nothing is counted of it yet. Some programs leave the last ones out.
        out.extend_from_slice(&[0xFF; 4]);
        if reader.take(4).is_none() && levels > 0 {
            return Err(Stop::Other);
        }
        for _ in 0..levels {
            let own = reader.take(8).ok_or(Stop::Other)?;
            out.extend_from_slice(own);
            /// A flag that says that the level itself follows.
            const HAS_LEVEL: u32 = 0x20;
            if u32_at(own, 4).is_some_and(|flags| flags & HAS_LEVEL != 0) {
                is_unknown |= put_level(&mut reader, known, &mut out)?;
            }
        }
    }
    Ok((out, is_unknown))
}
