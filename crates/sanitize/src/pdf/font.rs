//! Font programs: whether they are what they say, and nothing besides.
//!
//! Owns: the three forms in which a PDF carries them: TrueType and OpenType, bare CFF, Type 1.
//! Leaves to others: the dictionaries around them (`schema`), drawing.
//!
//! Programs are kept as they are where they hold nothing unknown: municipal documents are full of characters that only
//! the embedded font has. Tables a viewer does not need to draw are left out.

use skrifa::raw::{FontRef, TableProvider};

/// What becomes of a font program.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Program {
    Kept,
    /// Written anew without what does not belong there.
    Changed(Vec<u8>),
    /// No font of this form.
    Bad,
}

/// Tables that a viewer needs to draw, and those that tell it which glyph belongs to which character.
const TABLES: [&[u8; 4]; 27] = [
    b"head", b"hhea", b"hmtx", b"maxp", b"loca", b"glyf", b"cvt ", b"fpgm", b"prep", b"cmap", b"name",
    b"post", b"OS/2", b"vhea", b"vmtx", b"VORG", b"CFF ", b"CFF2", b"gasp", b"GSUB", b"GDEF", b"GPOS",
    b"BASE", b"kern", b"hdmx", b"VDMX", b"LTSH",
];

/// Looks at a program by what it is; the key under which it stands is only a claim.
pub(super) fn check(program: &[u8]) -> Program {
    match program {
        [0, 1, 0, 0, ..] | [b't', b'r', b'u', b'e', ..] | [b'O', b'T', b'T', b'O', ..] => sfnt(program),
        [b't', b't', b'c', b'f', ..] => Program::Bad,
        [1, _, header, size, ..] if (1..=4).contains(size) => cff(program, usize::from(*header)),
        [b'%', b'!', ..] | [0x80, 1, ..] => type1(program),
        [b'\r' | b'\n' | b' ', ..] if program.trim_ascii_start().starts_with(b"%!") => type1(program),
        _ => Program::Bad,
    }
}

fn sfnt(program: &[u8]) -> Program {
    let Ok(font) = FontRef::new(program) else { return Program::Bad };
    let records = font.table_directory().table_records();
    if records.len() > 200 {
        return Program::Bad;
    }
    let mut kept: Vec<([u8; 4], &[u8])> = Vec::new();
    for record in records {
        let tag = record.tag().to_be_bytes();
        // A table that reaches beyond the end is none; programs pass over it, too.
        if TABLES.contains(&&tag)
            && let Some(data) = font.table_data(record.tag())
            && !kept.iter().any(|(known, _)| *known == tag)
        {
            kept.push((tag, data.as_bytes()));
        }
    }
    let has = |tag: &[u8; 4]| kept.iter().any(|(known, _)| known == tag);
    let has_outlines = has(b"CFF ") || has(b"CFF2") || (has(b"glyf") && has(b"loca"));
    let is_font = has_outlines && (has(b"CFF ") || (font.head().is_ok() && font.maxp().is_ok()));
    if !is_font {
        return Program::Bad;
    }
    let end = records
        .iter()
        .map(|record| u64::from(record.offset()) + u64::from(record.length()).next_multiple_of(4))
        .max()
        .unwrap_or(0);
    if kept.len() == records.len() && program.len() as u64 <= end {
        return Program::Kept;
    }
    Program::Changed(written(program.get(..4).unwrap_or_default(), &mut kept))
}

/// A font file of these tables.
fn written(version: &[u8], tables: &mut [([u8; 4], &[u8])]) -> Vec<u8> {
    tables.sort_by_key(|(tag, _)| *tag);
    let count = u16::try_from(tables.len()).unwrap_or(u16::MAX);
    let power = count.checked_ilog2().unwrap_or(0) as u16;
    let range = 16u16 << power;
    let mut out = version.to_vec();
    for number in [count, range, power, count.wrapping_mul(16).wrapping_sub(range)] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    let mut offset = 12 + 16 * tables.len();
    for (tag, data) in tables.iter() {
        let checksum = data.chunks(4).fold(0u32, |sum, word| {
            let mut bytes = [0; 4];
            bytes.iter_mut().zip(word).for_each(|(to, from)| *to = *from);
            sum.wrapping_add(u32::from_be_bytes(bytes))
        });
        out.extend_from_slice(tag);
        for number in [checksum, offset as u32, data.len() as u32] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        offset += data.len().next_multiple_of(4);
    }
    for (_, data) in tables.iter() {
        out.extend_from_slice(data);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

/// A bare CFF program: header, then four indexes that follow each other (Adobe technical note 5176).
fn cff(program: &[u8], header_bytes: usize) -> Program {
    let mut at = header_bytes.max(4);
    for index in 0..4 {
        let Some((next, count)) = skip_index(program, at) else { return Program::Bad };
        // One font, and one dictionary about it.
        if index < 2 && count == 0 {
            return Program::Bad;
        }
        at = next;
    }
    Program::Kept
}

/// Behind the index that begins here, and how many items it has.
fn skip_index(program: &[u8], at: usize) -> Option<(usize, usize)> {
    let count = usize::from(u16::from_be_bytes(program.get(at..at + 2)?.try_into().ok()?));
    if count == 0 {
        return Some((at + 2, 0));
    }
    let size = usize::from(*program.get(at + 2)?);
    if !(1..=4).contains(&size) {
        return None;
    }
    let offsets = program.get(at + 3..at + 3 + (count + 1) * size)?;
    let mut last = 1;
    for offset in offsets.chunks(size) {
        let offset = offset.iter().fold(0usize, |value, byte| value << 8 | usize::from(*byte));
        if offset < last {
            return None;
        }
        last = offset;
    }
    let end = (at + 3 + (count + 1) * size).checked_add(last - 1)?;
    (end <= program.len()).then_some((end, count))
}

/// A Type 1 program: text, an encrypted part, and padding. The text may set nothing but numbers as its matrix: viewers
/// have run what stood there (CVE-2024-4367).
fn type1(program: &[u8]) -> Program {
    let Some(eexec) = program.windows(5).position(|word| word == b"eexec") else { return Program::Bad };
    let Some(clear) = program.get(..eexec) else { return Program::Bad };
    let mut rest = clear;
    while let Some(found) = rest.windows(11).position(|word| word == b"/FontMatrix") {
        rest = rest.get(found + 11..).unwrap_or_default();
        let list =
            rest.iter().position(|byte| *byte == b'[' || *byte == b'{').and_then(|i| rest.get(i + 1..));
        let list = list.and_then(|list| {
            list.iter().position(|byte| matches!(byte, b']' | b'}')).and_then(|end| list.get(..end))
        });
        let is_numbers = list.and_then(|list| std::str::from_utf8(list).ok()).is_some_and(|list| {
            let numbers: Vec<&str> = list.split_ascii_whitespace().collect();
            numbers.len() == 6 && numbers.iter().all(|number| number.parse::<f64>().is_ok())
        });
        if !is_numbers {
            return Program::Bad;
        }
    }
    if program.len() > eexec + 8 { Program::Kept } else { Program::Bad }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(tag: &[u8; 4], at: usize, bytes: usize) -> Vec<u8> {
        let mut record = tag.to_vec();
        for number in [0u32, at as u32, bytes as u32] {
            record.extend_from_slice(&number.to_be_bytes());
        }
        record
    }

    #[test]
    fn tables_nobody_needs_are_left_out() {
        let (head, maxp) = (vec![0; 54], [&[0, 1, 0, 0][..], &[0; 28]].concat());
        let rows: Vec<([u8; 4], Vec<u8>)> = vec![
            (*b"SVG ", b"<svg onload=x>".to_vec()),
            (*b"glyf", vec![0; 4]),
            (*b"head", head),
            (*b"loca", vec![0; 4]),
            (*b"maxp", maxp),
        ];
        let mut at = 12 + 16 * rows.len();
        let mut font = vec![0, 1, 0, 0, 0, rows.len() as u8, 0, 64, 0, 2, 0, 16];
        for (tag, data) in &rows {
            font.extend(table(tag, at, data.len()));
            at += data.len().next_multiple_of(4);
        }
        for (_, data) in &rows {
            font.extend_from_slice(data);
            font.resize(font.len().next_multiple_of(4), 0);
        }
        let Program::Changed(clean) = check(&font) else { panic!("{:?}", check(&font)) };
        assert!(!clean.windows(4).any(|w| w == b"SVG " || w == b"<svg"));
        assert_eq!(check(&clean), Program::Kept);
        assert_eq!(check(&[clean.clone(), b"PK\x03\x04 glued".to_vec()].concat()), Program::Changed(clean));
    }

    #[test]
    fn what_is_no_font_is_told() {
        let type1 = |matrix: &str| {
            format!("%!PS-AdobeFont\n/FontMatrix [{matrix}] def\ncurrentfile eexec\n0123456789")
        };
        assert_eq!(check(type1("0.001 0 0 0.001 0 0").as_bytes()), Program::Kept);
        for program in [
            type1("1 2 3 4 5 (1); alert('x')").into_bytes(),
            type1("1 2 3").into_bytes(),
            b"MZ".to_vec(),
            b"%!PS (x) run".to_vec(),
            vec![0, 1, 0, 0],
            vec![1, 0, 4, 1, 0, 1, 1, 9, 1],
            vec![1, 0, 4, 1, 0xff, 0xff, 4],
            Vec::new(),
        ] {
            assert_eq!(check(&program), Program::Bad, "{program:?}");
        }
    }
}
