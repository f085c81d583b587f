//! Enhanced metafiles (MS-EMF).
//!
//! Owns: the list of records that may stay and the shape of each.
//! Leaves to others: bitmaps (`dib`), the newer records in comments between these (`plus`). Files that have those nearly
//! always say the same in plain records, too; so where they cannot be written anew they go, and the plain ones stay. A
//! file that says it only there is held then.

use worker_protocol::{Reason, Threat};

use super::{Drawing, Fields, RECORDS_MAX, dib, drop_record, narrow_text, plus, set_long, wide_text};
use crate::picture::Format;
use crate::{Refusal, Work};

/// Bytes before a record's own fields.
const HEAD: usize = 8;

/// The length of the header that is written, with its second extension.
const HEADER: usize = 108;

/// Kinds of records.
const END: u32 = 14;
const COMMENT: u32 = 70;

/// How a record is laid out, counted from its beginning.
enum Shape {
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

fn shape(kind: u32) -> Shape {
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
        // Otherwise the plain records say the same words.
        texts.extend(plus_texts);
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

/// Whether a record leaves something to be seen.
fn is_drawn(kind: u32) -> bool {
    matches!(kind, 2..=8 | 15 | 41..=47 | 53..=56 | 62..=64 | 71..=74 | 76..=81 | 83..=92 | 108 | 114 | 116 | 118)
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

/// Writes a record anew. Nothing when its fields contradict its size.
fn write(
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
