//! Records of enhanced metafiles by their shape (MS-EMF 2.3).
//!
//! Owns: the list of records that may stay, how long each is, and writing it anew from its fields.
//! Leaves to others: the order of records and what surrounds them (`emf`), bitmaps (`dib`).

use worker_protocol::Threat;

use super::HEAD;
use crate::picture::metafile::{Fields, dib, narrow_text, set_long, wide_text};
use crate::{Refusal, Work};

/// How a record is laid out, counted from its beginning.
pub(super) enum Shape {
    /// Nothing but this many bytes.
    Fixed(usize),
    /// Bounds, a count, points of this many bytes.
    Points(usize),
    /// Bounds, counts, points of this many bytes.
    ManyPoints(usize),
    /// Points with a type for each.
    Drawn(usize),
    /// Fixed fields up to the first number; then bitmaps, each found by usage and a block of four numbers at these
    /// places.
    Bitmaps(usize, &'static [(usize, usize)]),
    /// Fixed fields, with the length of a region at the second place.
    Region(usize, usize),
    /// A string whose place and length stand in the record; bytes of a character.
    Text(usize),
    SmallText,
    Font,
    Pen,
    /// Colours, counted at this place in this many bytes.
    Colours(usize, usize),
    Gradient,
    /// Nothing of it stays.
    Drop(Threat, &'static str),
    /// Nothing of it stays, and nobody need know: it says nothing.
    Ignore,
}

pub(super) fn shape(kind: u32) -> Shape {
    use Shape::{
        Bitmaps, Colours, Drawn, Drop, Fixed, Font, Gradient, Ignore, ManyPoints, Pen, Points, Region,
        SmallText, Text,
    };
    match kind {
        28 | 33 | 52 | 59..=61 | 65 | 66 | 68 => Fixed(HEAD),
        16..=22 | 24 | 25 | 34 | 37 | 40 | 48 | 57 | 58 | 67 | 98 | 115 => Fixed(HEAD + 4),
        9..=13 | 26 | 27 | 51 | 54 | 120 => Fixed(HEAD + 8),
        15 => Fixed(HEAD + 12),
        29..=32 | 39 | 42 | 43 | 53 | 62..=64 => Fixed(HEAD + 16),
        38 | 41 => Fixed(HEAD + 20),
        23 | 35 | 44 => Fixed(HEAD + 24),
        36 => Fixed(HEAD + 28),
        45..=47 | 55 => Fixed(HEAD + 32),
        2..=6 => Points(8),
        85..=89 => Points(4),
        7 | 8 => ManyPoints(8),
        90 | 91 => ManyPoints(4),
        56 => Drawn(8),
        92 => Drawn(4),
        71 => Region(32, 24),
        72 => Region(40, 24),
        73 | 74 => Region(28, 24),
        75 => Region(16, 8),
        76 => Bitmaps(100, &[(80, 84)]),
        77 | 114 | 116 => Bitmaps(108, &[(80, 84)]),
        78 => Bitmaps(128, &[(80, 84), (108, 112)]),
        79 => Bitmaps(140, &[(92, 96), (120, 124)]),
        80 => Bitmaps(76, &[(64, 48)]),
        81 => Bitmaps(80, &[(64, 48)]),
        93 | 94 => Bitmaps(32, &[(12, 16)]),
        83 => Text(1),
        84 => Text(2),
        108 => SmallText,
        82 => Font,
        95 => Pen,
        49 => Colours(14, 2),
        50 => Colours(16, 4),
        118 => Gradient,
        105 | 106 | 110 => Drop(Threat::Action, "escape"),
        102 | 103 => Drop(Threat::Unknown, "gl"),
        96 | 97 => Drop(Threat::Unknown, "poly-text"),
        99..=101 | 104 | 107 | 109 | 111..=113 | 117 | 119 | 121 | 122 => Ignore,
        _ => Drop(Threat::Unknown, "record"),
    }
}

/// Whether a record leaves something to be seen.
pub(super) fn is_drawn(kind: u32) -> bool {
    matches!(kind, 2..=8 | 15 | 41..=47 | 53..=56 | 62..=64 | 71..=74 | 76..=81 | 83..=92 | 108 | 114 | 116 | 118)
}

/// Writes a record anew. Nothing when its fields contradict its size.
pub(super) fn write(
    kind: u32,
    record: Fields<'_>,
    handles: u16,
    out: &mut Vec<u8>,
    texts: &mut Vec<String>,
    work: &mut Work<'_>,
) -> Result<Option<()>, Refusal> {
    // What creates an object says first which; the table of objects is as long as the header claims.
    let creates = matches!(kind, 38 | 39 | 49 | 82 | 93..=95);
    if creates && record.size(8).is_none_or(|handle| handle == 0 || handle >= usize::from(handles)) {
        return Ok(None);
    }
    let start = out.len();
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    let done = match shape(kind) {
        Shape::Fixed(bytes) => copy(record, HEAD, bytes, out),
        Shape::Points(bytes) => points(record, bytes, out),
        Shape::ManyPoints(bytes) => many_points(record, bytes, out),
        Shape::Drawn(bytes) => drawn(record, bytes, out),
        Shape::Region(fixed, length_at) => region(record, fixed, length_at, start, out),
        Shape::Bitmaps(fixed, bitmaps) => {
            return write_bitmaps(kind, record, fixed, bitmaps, start, out, work);
        }
        Shape::Text(bytes) => text(record, bytes, start, out, texts),
        Shape::SmallText => small_text(record, out, texts),
        Shape::Font => font(record, out),
        Shape::Pen => return write_pen(record, start, out, work),
        Shape::Colours(count_at, bytes) => colours(record, count_at, bytes, out),
        Shape::Gradient => gradient(record, out),
        Shape::Drop(..) | Shape::Ignore => {
            out.truncate(start);
            Some(())
        }
    };
    Ok(done)
}

fn copy(record: Fields<'_>, from: usize, to: usize, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(record.bytes(from, to.checked_sub(from)?)?);
    Some(())
}

fn points(record: Fields<'_>, bytes: usize, out: &mut Vec<u8>) -> Option<()> {
    let count = record.size(24)?;
    copy(record, HEAD, 28usize.checked_add(count.checked_mul(bytes)?)?, out)
}

fn many_points(record: Fields<'_>, bytes: usize, out: &mut Vec<u8>) -> Option<()> {
    let (parts, count) = (record.size(24)?, record.size(28)?);
    let counts = parts.checked_mul(4)?;
    let mut total = 0usize;
    for part in record.bytes(32, counts)?.chunks_exact(4) {
        total = total.checked_add(Fields(part).size(0)?)?;
    }
    (total == count).then_some(())?;
    copy(record, HEAD, 32usize.checked_add(counts)?.checked_add(count.checked_mul(bytes)?)?, out)
}

fn drawn(record: Fields<'_>, bytes: usize, out: &mut Vec<u8>) -> Option<()> {
    let count = record.size(24)?;
    copy(record, HEAD, 28usize.checked_add(count.checked_mul(bytes.checked_add(1)?)?)?, out)
}

/// Rectangles of a region, after the fields before them.
fn region(record: Fields<'_>, fixed: usize, length_at: usize, start: usize, out: &mut Vec<u8>) -> Option<()> {
    copy(record, HEAD, fixed, out)?;
    if record.size(length_at)? == 0 {
        return Some(());
    }
    let rectangles = record.size(fixed + 8)?;
    let bytes = rectangles.checked_mul(16)?;
    out.extend_from_slice(&[32, 0, 0, 0, 1, 0, 0, 0]);
    out.extend_from_slice(&u32::try_from(rectangles).ok()?.to_le_bytes());
    out.extend_from_slice(&u32::try_from(bytes).ok()?.to_le_bytes());
    out.extend_from_slice(record.bytes(fixed + 16, 16)?);
    out.extend_from_slice(record.bytes(fixed + 32, bytes)?);
    set_long(out, start + length_at, 32 + bytes);
    Some(())
}

/// Fields, then each bitmap; its places are written as they are now.
fn write_bitmaps(
    kind: u32,
    record: Fields<'_>,
    fixed: usize,
    bitmaps: &[(usize, usize)],
    start: usize,
    out: &mut Vec<u8>,
    work: &mut Work<'_>,
) -> Result<Option<()>, Refusal> {
    // An older and shorter form of the record has no second bitmap.
    if copy(record, HEAD, fixed, out).is_none() {
        return Ok(None);
    }
    for (usage_at, block_at) in bitmaps {
        let rows = if kind == 80 { record.long(72) } else { None };
        if append_bitmap(record, *usage_at, *block_at, rows, start, out, work)?.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(()))
}

fn append_bitmap(
    record: Fields<'_>,
    usage_at: usize,
    block_at: usize,
    rows: Option<u32>,
    start: usize,
    out: &mut Vec<u8>,
    work: &mut Work<'_>,
) -> Result<Option<()>, Refusal> {
    let number = |index: usize| record.size(block_at + index * 4);
    let (Some(info_at), Some(info_bytes), Some(bits_at), Some(bits_bytes)) =
        (number(0), number(1), number(2), number(3))
    else {
        return Ok(None);
    };
    if info_bytes == 0 {
        for index in 0..4 {
            set_long(out, start + block_at + index * 4, 0);
        }
        return Ok(Some(()));
    }
    let (Some(info), Some(bits)) = (record.bytes(info_at, info_bytes), record.bytes(bits_at, bits_bytes))
    else {
        return Ok(None);
    };
    let clean = dib::clean(info, bits, record.long(usage_at).unwrap_or(0), rows, work)?;
    for (index, part) in [&clean.info, &clean.bits].into_iter().enumerate() {
        let at = out.len() - start;
        set_long(out, start + block_at + index * 8, at);
        set_long(out, start + block_at + index * 8 + 4, part.len());
        out.extend_from_slice(part);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    Ok(Some(()))
}

fn text(
    record: Fields<'_>,
    bytes: usize,
    start: usize,
    out: &mut Vec<u8>,
    texts: &mut Vec<String>,
) -> Option<()> {
    const FIXED: usize = 76;
    copy(record, HEAD, FIXED, out)?;
    let (count, string_at, options, gaps_at) =
        (record.size(44)?, record.size(48)?, record.long(52)?, record.size(72)?);
    let string = if count == 0 { &[][..] } else { record.bytes(string_at, count.checked_mul(bytes)?)? };
    set_long(out, start + 48, FIXED);
    out.extend_from_slice(string);
    out.resize(out.len().next_multiple_of(4), 0);
    // Distances between characters, in two directions when asked for.
    let gap_bytes = count.checked_mul(if options & 0x2000 != 0 { 8 } else { 4 })?;
    match record.bytes(gaps_at, gap_bytes).filter(|_| gaps_at >= FIXED && count > 0) {
        Some(gaps) => {
            let at = out.len() - start;
            set_long(out, start + 72, at);
            out.extend_from_slice(gaps);
        }
        None => set_long(out, start + 72, 0),
    }
    // Numbers of glyphs are no text.
    if options & 0x10 == 0 {
        texts.push(if bytes == 2 { wide_text(string) } else { narrow_text(string) });
    }
    Some(())
}

fn small_text(record: Fields<'_>, out: &mut Vec<u8>, texts: &mut Vec<String>) -> Option<()> {
    let (count, options) = (record.size(16)?, record.long(20)?);
    let fixed = if options & 0x100 != 0 { 36 } else { 52 };
    let bytes = if options & 0x200 != 0 { 1 } else { 2 };
    copy(record, HEAD, fixed, out)?;
    let string = record.bytes(fixed, count.checked_mul(bytes)?)?;
    out.extend_from_slice(string);
    if options & 0x10 == 0 {
        texts.push(if bytes == 2 { wide_text(string) } else { narrow_text(string) });
    }
    Some(())
}

/// The font's measures and its name up to the end of the name.
fn font(record: Fields<'_>, out: &mut Vec<u8>) -> Option<()> {
    const NAME_AT: usize = 40;
    copy(record, HEAD, NAME_AT, out)?;
    let mut is_over = false;
    for unit in record.bytes(NAME_AT, 64)?.chunks_exact(2) {
        is_over |= unit == [0, 0];
        out.extend_from_slice(if is_over { &[0, 0] } else { unit });
    }
    Some(())
}

fn write_pen(
    record: Fields<'_>,
    start: usize,
    out: &mut Vec<u8>,
    work: &mut Work<'_>,
) -> Result<Option<()>, Refusal> {
    let dashes =
        record.size(48).and_then(|count| count.checked_mul(4)).and_then(|bytes| bytes.checked_add(52));
    let Some(fixed) = dashes else { return Ok(None) };
    if copy(record, HEAD, fixed, out).is_none() {
        return Ok(None);
    }
    // A pen has no field that says how the bitmap's colours are given, other than its colour field.
    append_bitmap(record, 40, 12, None, start, out, work)
}

fn colours(record: Fields<'_>, count_at: usize, count_bytes: usize, out: &mut Vec<u8>) -> Option<()> {
    let count =
        if count_bytes == 2 { usize::from(record.short(count_at)?) } else { record.size(count_at)? };
    let entries = count_at + count_bytes;
    copy(record, HEAD, entries.checked_add(count.checked_mul(4)?)?, out)
}

fn gradient(record: Fields<'_>, out: &mut Vec<u8>) -> Option<()> {
    let (corners, shapes, mode) = (record.size(24)?, record.size(28)?, record.long(32)?);
    let each = if mode == 2 { 12 } else { 8 };
    let end = 36usize.checked_add(corners.checked_mul(16)?)?.checked_add(shapes.checked_mul(each)?)?;
    copy(record, HEAD, end, out)
}
