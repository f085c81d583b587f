//! How words on slides look (MS-PPT 2.9): numbers behind masks that say which of them there are.
//!
//! Owns: reading each number and writing it again, for words, for levels of a master, for rulers, languages and bullets.
//! Leaves to others: the words (`words`).
//!
//! What a number leads to (fonts, pictures of bullets) must be there. Where a record ends before its numbers do, those that
//! were whole stay.

use super::super::bytes::Reader;

/// How many fonts there are, of both lists, and how many pictures of bullets.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) fonts: u16,
    pub(super) later_fonts: u16,
    pub(super) bullets: u16,
}

/// What stands behind a bit of a mask.
#[derive(Debug, Clone, Copy)]
enum Field {
    Two,
    Four,
    Font,
    LaterFont,
    Bullet,
    /// A count of tabulators, four bytes each.
    Tabs,
    /// A count of numbers that lead to tags of programs.
    Tags,
}

/// The bits behind any of which a number stands, what it is, and whether it stays.
type Fields = &'static [(u32, Field, bool)];

/// Paragraphs (TextPFException).
const PARAGRAPH: Fields = &[
    (0x0000_000F, Field::Two, true),
    (0x0000_0080, Field::Two, true),
    (0x0000_0010, Field::Font, true),
    (0x0000_0040, Field::Two, true),
    (0x0000_0020, Field::Four, true),
    (0x0000_0800, Field::Two, true),
    (0x0000_1000, Field::Two, true),
    (0x0000_2000, Field::Two, true),
    (0x0000_4000, Field::Two, true),
    (0x0000_0100, Field::Two, true),
    (0x0000_0400, Field::Two, true),
    (0x0000_8000, Field::Two, true),
    (0x0010_0000, Field::Tabs, true),
    (0x0001_0000, Field::Two, true),
    (0x000E_0000, Field::Two, true),
    (0x0020_0000, Field::Two, true),
];

/// Characters (TextCFException).
const CHARACTERS: Fields = &[
    (0x0000_FFFF, Field::Two, true),
    (0x0001_0000, Field::Font, true),
    (0x0020_0000, Field::Font, true),
    (0x0040_0000, Field::Font, true),
    (0x0080_0000, Field::Font, true),
    (0x0002_0000, Field::Two, true),
    (0x0004_0000, Field::Four, true),
    (0x0008_0000, Field::Two, true),
];

/// Bullets as pictures and numbers (TextPFException9), and what ties characters to them (TextCFException9).
const PARAGRAPH_9: Fields =
    &[(0x0080_0000, Field::Bullet, true), (0x0200_0000, Field::Two, true), (0x0100_0000, Field::Four, true)];
const CHARACTERS_9: Fields = &[(0x0010_0000, Field::Four, true)];

/// Fonts of a second list (TextCFException10).
const CHARACTERS_10: Fields = &[
    (0x0100_0000, Field::LaterFont, true),
    (0x0200_0000, Field::LaterFont, true),
    (0x0400_0000, Field::Four, true),
];

/// Languages (TextSIException). What was found when spelling was checked, and what programs tagged, goes.
const LANGUAGE: Fields = &[
    (0x0000_0001, Field::Two, false),
    (0x0000_0002, Field::Two, true),
    (0x0000_0004, Field::Two, true),
    (0x0000_0040, Field::Two, true),
    (0x0000_0020, Field::Four, false),
    (0x0000_0200, Field::Tags, false),
];

/// Rulers (TextRuler).
const RULER: Fields = &[
    (0x0000_0002, Field::Two, true),
    (0x0000_0001, Field::Two, true),
    (0x0000_0004, Field::Tabs, true),
    (0x0000_0008, Field::Two, true),
    (0x0000_0100, Field::Two, true),
    (0x0000_0010, Field::Two, true),
    (0x0000_0200, Field::Two, true),
    (0x0000_0020, Field::Two, true),
    (0x0000_0400, Field::Two, true),
    (0x0000_0040, Field::Two, true),
    (0x0000_0800, Field::Two, true),
    (0x0000_0080, Field::Two, true),
    (0x0000_1000, Field::Two, true),
];

/// No picture, and a font that is not in the list.
const NONE: u16 = 0xFFFF;

/// Levels of a master that are written before the words of its kinds (MS-PPT 2.9.35).
const KIND_WITH_LEVELS: u16 = 5;
const LEVELS_MAX: u16 = 5;

/// Reads a mask and what stands behind it, and writes both again.
fn put(reader: &mut Reader<'_>, fields: Fields, known: Known, out: &mut Vec<u8>) -> Option<()> {
    let mask = reader.u32()?;
    let (mut now, mut written) = (0u32, Vec::new());
    for (bits, field, stays) in fields {
        if mask & bits == 0 {
            continue;
        }
        let before = written.len();
        let mut two = |reader: &mut Reader<'_>, is_known: &dyn Fn(u16) -> bool, other: u16| {
            let number = reader.u16()?;
            let number = if is_known(number) { number } else { other };
            written.extend_from_slice(&number.to_le_bytes());
            Some(())
        };
        match field {
            Field::Two => two(reader, &|_| true, 0)?,
            Field::Font => two(reader, &|font| font < known.fonts || font == NONE, 0)?,
            Field::LaterFont => two(reader, &|font| font < known.later_fonts || font == NONE, NONE)?,
            Field::Bullet => two(reader, &|bullet| bullet < known.bullets, NONE)?,
            Field::Four => written.extend_from_slice(reader.take(4)?),
            Field::Tabs => {
                let count = reader.u16()?;
                written.extend_from_slice(&count.to_le_bytes());
                written.extend_from_slice(reader.take(usize::from(count) * 4)?);
            }
            Field::Tags => {
                let count = usize::try_from(reader.u32()?).ok()?;
                reader.take(count.checked_mul(4)?)?;
            }
        }
        if *stays {
            now |= mask & bits;
        } else {
            written.truncate(before);
        }
    }
    out.extend_from_slice(&now.to_le_bytes());
    out.extend_from_slice(&written);
    Some(())
}

/// As [`put`], but what is not whole is not written.
fn put_whole(
    reader: &mut Reader<'_>,
    parts: &[Fields],
    known: Known,
    before: &[u8],
    out: &mut Vec<u8>,
) -> Option<()> {
    let start = out.len();
    out.extend_from_slice(before);
    let all = parts.iter().try_for_each(|fields| put(reader, fields, known, out));
    if all.is_none() {
        out.truncate(start);
    }
    all
}

/// Runs of paragraphs and runs of characters, for so many characters and their end (StyleTextPropAtom). Where runs are
/// missing or cut off, one without looks of its own takes their place.
pub(super) fn of_words(body: &[u8], characters: usize, known: Known) -> Vec<u8> {
    let all = characters + 1;
    // Some programs count the end of the words in the runs of characters only.
    [all, characters]
        .into_iter()
        .map(|paragraphs| of_words_as(body, paragraphs, all, known))
        .find_map(|(written, is_whole)| is_whole.then_some(written))
        .unwrap_or_else(|| of_words_as(body, all, all, known).0)
}

/// The runs, and whether the body holds these and nothing else.
fn of_words_as(body: &[u8], paragraphs: usize, characters: usize, known: Known) -> (Vec<u8>, bool) {
    let mut reader = Reader::new(body);
    let (mut out, mut is_whole) = (Vec::new(), true);
    for (of, fields, level_bytes) in [(paragraphs, PARAGRAPH, 2), (characters, CHARACTERS, 0)] {
        let mut done = 0usize;
        while done < of {
            let run = is_whole.then(|| put_run(&mut reader, fields, level_bytes, known, &mut out)).flatten();
            match run {
                Some(count) => done = done.saturating_add(count),
                None => {
                    is_whole = false;
                    let left = u32::try_from(of - done).unwrap_or(u32::MAX);
                    out.extend_from_slice(&left.to_le_bytes());
                    out.extend_from_slice([0; 2].get(..level_bytes).unwrap_or_default());
                    out.extend_from_slice(&0u32.to_le_bytes());
                    done = of;
                }
            }
        }
    }
    (out, is_whole && reader.is_at_end())
}

/// Writes one run; returns how many characters it has.
fn put_run(
    reader: &mut Reader<'_>,
    fields: Fields,
    level_bytes: usize,
    known: Known,
    out: &mut Vec<u8>,
) -> Option<usize> {
    let before = reader.take(4 + level_bytes)?;
    let count = Reader::new(before).u32().and_then(|count| usize::try_from(count).ok())?;
    put_whole(reader, &[fields], known, before, out)?;
    Some(count)
}

/// Levels of one kind of words on a master (TextMasterStyleAtom, and those of later versions).
pub(super) fn of_levels(body: &[u8], kind: u16, sort: Sort, known: Known) -> Option<Vec<u8>> {
    let mut reader = Reader::new(body);
    let count = reader.u16().filter(|count| *count <= LEVELS_MAX)?;
    let mut out = count.to_le_bytes().to_vec();
    for _ in 0..count {
        let level = if sort == Sort::Levels && kind >= KIND_WITH_LEVELS { reader.take(2)? } else { &[] };
        put_whole(&mut reader, sort.fields(), known, level, &mut out)?;
    }
    Some(out)
}

/// What a record with masks says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Levels,
    Paragraph,
    Characters,
    Language,
    Ruler,
    Numbered,
    LaterFonts,
    /// For characters and for paragraphs (TextDefaults9Atom).
    NumberedUsual,
}

impl Sort {
    fn fields(self) -> &'static [Fields] {
        match self {
            Self::Levels => &[PARAGRAPH, CHARACTERS],
            Self::Paragraph => &[PARAGRAPH],
            Self::Characters => &[CHARACTERS],
            Self::Language => &[LANGUAGE],
            Self::Ruler => &[RULER],
            Self::Numbered => &[PARAGRAPH_9, CHARACTERS_9],
            Self::LaterFonts => &[CHARACTERS_10],
            Self::NumberedUsual => &[CHARACTERS_9, PARAGRAPH_9],
        }
    }
}

/// A record that says one thing. That of paragraphs has two bytes before it that say nothing (TextPFExceptionAtom).
pub(super) fn of_one(body: &[u8], sort: Sort, known: Known) -> Option<Vec<u8>> {
    let mut reader = Reader::new(body);
    let mut out = Vec::new();
    let before: &[u8] = if sort == Sort::Paragraph { reader.take(2).map(|_| &[0; 2])? } else { &[] };
    put_whole(&mut reader, sort.fields(), known, before, &mut out)?;
    Some(out)
}

/// Runs that each say how many characters they have (TextSpecialInfoAtom).
pub(super) fn of_languages(body: &[u8], known: Known) -> Vec<u8> {
    let mut reader = Reader::new(body);
    let mut out = Vec::new();
    while let Some(count) = reader.take(4) {
        if put_whole(&mut reader, &[LANGUAGE], known, count, &mut out).is_none() {
            break;
        }
    }
    out
}

/// Runs in the order of what refers to them: bullets (StyleTextProp9Atom) or fonts (StyleTextProp10Atom).
pub(super) fn of_runs(body: &[u8], sort: Sort, known: Known) -> Vec<u8> {
    let parts: &[Fields] =
        if sort == Sort::Numbered { &[PARAGRAPH_9, CHARACTERS_9, LANGUAGE] } else { sort.fields() };
    let mut reader = Reader::new(body);
    let mut out = Vec::new();
    while !reader.is_at_end() && put_whole(&mut reader, parts, known, &[], &mut out).is_some() {}
    out
}
