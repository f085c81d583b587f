//! Content streams: pages, forms, patterns, glyph procedures.
//!
//! Owns: splitting them into instructions, keeping those whose operator is known (ISO 32000-2, annex A), bounds on
//! nesting, inline pictures, and counting the characters that are shown.
//! Leaves to others: the resources that instructions name (`copy`), compression (`stream`).
//!
//! What is kept is kept byte for byte: numbers are not written anew, so nothing moves by a rounding.

use std::collections::HashSet;
use std::ops::Range;

use worker_protocol::Reason;

use super::lexer::{Scan, Token, is_space, unescaped};
use crate::Refusal;

/// The deepest stack of graphics states or marked content; programs of writers stay below thirty.
const STATES_MAX: usize = 2_000;

/// The deepest nesting of lists in the operands.
const LISTS_MAX: u32 = 64;

/// What a content stream is after the unknown was taken out.
#[derive(Debug, Default)]
pub(super) struct Filtered {
    /// The bytes to write, unless they are those that were read.
    pub(super) changed: Option<Vec<u8>>,
    /// Instructions that were dropped because their operator is unknown.
    pub(super) unknown: u32,
    /// Comments that were dropped.
    pub(super) comments: u32,
    /// Pictures in the stream that were dropped.
    pub(super) pictures_dropped: u32,
    /// Pictures in the stream.
    pub(super) pictures: u64,
    /// Characters shown.
    pub(super) characters: u64,
    /// Graphics states that are still open at the end.
    pub(super) open_states: usize,
}

/// Bytes behind a picture in the stream that have to be text, or it has not ended.
const AFTER_PICTURE: usize = 12;

/// How often a stream is read again before it is given up.
const ROUNDS_MAX: u32 = 4;

/// Takes out what is not known. `wide_fonts` are the names of fonts whose characters have two bytes.
pub(super) fn filter(
    content: &[u8],
    wide_fonts: &HashSet<Vec<u8>>,
    pixels_max: u64,
) -> Result<Filtered, Refusal> {
    let mut result = filter_once(content, wide_fonts, pixels_max)?;
    // Where a picture in the stream ends is told by what follows, and what followed may be gone now.
    for _ in 0..ROUNDS_MAX {
        let Some(changed) = result.changed.as_deref().filter(|_| result.pictures > 0) else {
            return Ok(result);
        };
        let again = filter_once(changed, wide_fonts, pixels_max)?;
        if again.changed.is_none() {
            return Ok(result);
        }
        result = Filtered {
            changed: again.changed,
            unknown: result.unknown + again.unknown,
            comments: result.comments + again.comments,
            pictures_dropped: result.pictures_dropped + again.pictures_dropped,
            pictures: result.pictures,
            characters: result.characters,
            open_states: again.open_states,
        };
    }
    Err(Refusal::held(Reason::Damaged))
}

fn filter_once(content: &[u8], wide_fonts: &HashSet<Vec<u8>>, pixels_max: u64) -> Result<Filtered, Refusal> {
    let mut scan = Scan { bytes: content, at: 0 };
    let mut result = Filtered::default();
    let mut kept = Kept { bytes: content, pieces: Vec::new() };
    let mut operands = Operands::default();
    let (mut states, mut marks) = (0usize, 0usize);
    let mut is_wide = false;
    let mut start = None;
    // Operands before a comment, until it is known whether their instruction is kept.
    let mut waiting: Vec<Range<usize>> = Vec::new();
    while let Some((token, range)) = scan.next() {
        let begin = *start.get_or_insert(range.start);
        let operator = match token {
            Token::Comment => {
                result.comments += 1;
                if begin < range.start {
                    waiting.push(begin..range.start);
                }
                start = None;
                continue;
            }
            Token::Keyword => content.get(range.clone()).unwrap_or_default(),
            Token::Open => {
                operands.lists += 1;
                if operands.lists > LISTS_MAX {
                    return Err(Refusal::blocked(Reason::TooComplex));
                }
                continue;
            }
            Token::Close => {
                operands.lists = operands.lists.saturating_sub(1);
                continue;
            }
            Token::Text(bytes) => {
                operands.text_bytes += bytes;
                continue;
            }
            Token::Name => {
                if operands.lists == 0 {
                    operands.last_name = range;
                }
                continue;
            }
            Token::Number => continue,
        };
        if operands.lists > 0 && matches!(operator, b"true" | b"false" | b"null") {
            continue;
        }
        start = None;
        let shown = std::mem::take(&mut operands);
        let before = std::mem::take(&mut waiting);
        let is_kept = match operator {
            b"true" | b"false" | b"null" => {
                start = Some(begin);
                operands = shown;
                waiting = before;
                continue;
            }
            b"q" => {
                states += 1;
                true
            }
            b"Q" => {
                let is_open = states > 0;
                states = states.saturating_sub(1);
                if !is_open {
                    // Closes nothing; programs pass over it, and a page that is wrapped must not be opened by it.
                    kept.skip();
                    continue;
                }
                true
            }
            b"BMC" | b"BDC" => {
                marks += 1;
                true
            }
            b"EMC" => {
                marks = marks.saturating_sub(1);
                true
            }
            b"Tf" => {
                let name = content.get(shown.last_name.clone()).unwrap_or_default();
                is_wide = wide_fonts.contains(&unescaped(name.get(1..).unwrap_or_default()));
                true
            }
            b"Tj" | b"TJ" | b"'" | b"\"" => {
                result.characters += shown.text_bytes / if is_wide { 2 } else { 1 };
                true
            }
            b"BI" => match inline_picture(&mut scan, pixels_max) {
                Some(is_kept) => {
                    result.pictures += 1;
                    if !is_kept {
                        result.pictures_dropped += 1;
                        kept.skip();
                        continue;
                    }
                    true
                }
                // It never ends: nothing after it can be told apart from its data.
                None => {
                    result.pictures += 1;
                    result.pictures_dropped += 1;
                    scan.at = content.len();
                    kept.skip();
                    continue;
                }
            },
            operator => is_known(operator),
        };
        if states > STATES_MAX || marks > STATES_MAX {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        if is_kept {
            before.into_iter().for_each(|piece| kept.add(piece));
            kept.add(begin..scan.at);
        } else {
            result.unknown += 1;
            kept.skip();
        }
    }
    // Operands without an operator at the end do nothing.
    result.open_states = states;
    result.changed = kept.finish(result.comments > 0);
    Ok(result)
}

#[derive(Default)]
struct Operands {
    lists: u32,
    text_bytes: u64,
    last_name: Range<usize>,
}

/// The pieces that are kept; the gaps between them are white space unless something was skipped.
struct Kept<'a> {
    bytes: &'a [u8],
    pieces: Vec<Range<usize>>,
}

impl Kept<'_> {
    fn add(&mut self, piece: Range<usize>) {
        match self.pieces.last_mut() {
            Some(last)
                if last.start < last.end && Self::only_space_between(self.bytes, last.end, piece.start) =>
            {
                last.end = piece.end;
            }
            _ => self.pieces.push(piece),
        }
    }

    fn only_space_between(bytes: &[u8], from: usize, to: usize) -> bool {
        bytes.get(from..to).is_some_and(|gap| gap.iter().all(|byte| is_space(*byte)))
    }

    /// Marks that what stands here is left out.
    fn skip(&mut self) {
        self.pieces.push(0..0);
    }

    fn finish(self, must_change: bool) -> Option<Vec<u8>> {
        let is_whole = match self.pieces.as_slice() {
            [] => self.bytes.iter().all(|byte| is_space(*byte)),
            [one] => {
                Self::only_space_between(self.bytes, 0, one.start)
                    && Self::only_space_between(self.bytes, one.end, self.bytes.len())
            }
            _ => false,
        };
        if is_whole && !must_change {
            return None;
        }
        let mut out = Vec::with_capacity(self.bytes.len());
        for piece in self.pieces.into_iter().filter(|piece| piece.start < piece.end) {
            let piece = self.bytes.get(piece).unwrap_or_default();
            out.extend_from_slice(piece);
            // What comes next was not what stood behind this picture; it still has to end here.
            if piece.ends_with(b"EI") {
                out.extend_from_slice(&[b' '; AFTER_PICTURE]);
            }
            out.push(b'\n');
        }
        Some(out)
    }
}

fn is_known(operator: &[u8]) -> bool {
    matches!(
        operator,
        b"b" | b"B"
            | b"b*"
            | b"B*"
            | b"BT"
            | b"BX"
            | b"c"
            | b"cm"
            | b"CS"
            | b"cs"
            | b"d"
            | b"d0"
            | b"d1"
            | b"Do"
            | b"DP"
            | b"ET"
            | b"EX"
            | b"f"
            | b"F"
            | b"f*"
            | b"G"
            | b"g"
            | b"gs"
            | b"h"
            | b"i"
            | b"j"
            | b"J"
            | b"K"
            | b"k"
            | b"l"
            | b"m"
            | b"M"
            | b"MP"
            | b"n"
            | b"re"
            | b"RG"
            | b"rg"
            | b"ri"
            | b"s"
            | b"S"
            | b"SC"
            | b"sc"
            | b"SCN"
            | b"scn"
            | b"sh"
            | b"T*"
            | b"Tc"
            | b"Td"
            | b"TD"
            | b"TL"
            | b"Tm"
            | b"Tr"
            | b"Ts"
            | b"Tw"
            | b"Tz"
            | b"v"
            | b"w"
            | b"W"
            | b"W*"
            | b"y"
    )
}

/// Reads on behind BI, to the end of the picture. Whether it may stay, or `None` if it does not end.
fn inline_picture(scan: &mut Scan<'_>, pixels_max: u64) -> Option<bool> {
    let mut values: Vec<(Token, Range<usize>)> = Vec::new();
    loop {
        let (token, range) = scan.next()?;
        if token == Token::Keyword && scan.bytes.get(range.clone()) == Some(b"ID") {
            break;
        }
        if values.len() > 200 {
            return None;
        }
        values.push((token, range));
    }
    let text = |range: &Range<usize>| scan.bytes.get(range.clone()).unwrap_or_default();
    let (mut width, mut height, mut bits) = (0u64, 0u64, 8u64);
    let mut channels = None;
    let (mut has_filter, mut is_known) = (false, true);
    let mut key: &[u8] = b"";
    let mut is_key = true;
    let mut depth = 0u32;
    for (token, range) in &values {
        let value = text(range);
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ if is_key && depth == 0 => {
                key = value;
                is_key = false;
                is_known &= matches!(
                    key,
                    b"/BPC"
                        | b"/BitsPerComponent"
                        | b"/CS"
                        | b"/ColorSpace"
                        | b"/D"
                        | b"/Decode"
                        | b"/DP"
                        | b"/DecodeParms"
                        | b"/F"
                        | b"/Filter"
                        | b"/H"
                        | b"/Height"
                        | b"/IM"
                        | b"/ImageMask"
                        | b"/Intent"
                        | b"/I"
                        | b"/Interpolate"
                        | b"/W"
                        | b"/Width"
                        | b"/L"
                        | b"/Length"
                );
                continue;
            }
            _ => {}
        }
        let number = || std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
        match key {
            b"/W" | b"/Width" => width = number().unwrap_or(u64::MAX),
            b"/H" | b"/Height" => height = number().unwrap_or(u64::MAX),
            b"/BPC" | b"/BitsPerComponent" => bits = number().unwrap_or(8).min(16),
            b"/IM" | b"/ImageMask" if value == b"true" => (bits, channels) = (1, Some(1)),
            b"/CS" | b"/ColorSpace" if depth == 0 => {
                channels = match value {
                    b"/G" | b"/DeviceGray" | b"/CalGray" => Some(1),
                    b"/RGB" | b"/DeviceRGB" | b"/CalRGB" => Some(3),
                    b"/CMYK" | b"/DeviceCMYK" => Some(4),
                    _ => None,
                };
            }
            b"/F" | b"/Filter" if *token == Token::Name => {
                has_filter = true;
                is_known &= matches!(
                    value,
                    b"/AHx"
                        | b"/ASCIIHexDecode"
                        | b"/A85"
                        | b"/ASCII85Decode"
                        | b"/LZW"
                        | b"/LZWDecode"
                        | b"/Fl"
                        | b"/FlateDecode"
                        | b"/RL"
                        | b"/RunLengthDecode"
                        | b"/CCF"
                        | b"/CCITTFaxDecode"
                        | b"/DCT"
                        | b"/DCTDecode"
                );
            }
            _ => {}
        }
        if depth == 0 {
            is_key = true;
        }
    }
    let data = scan.at + 1;
    let expected = channels.filter(|_| !has_filter).map(|channels: u64| {
        let row_bytes = width.saturating_mul(channels).saturating_mul(bits).div_ceil(8);
        usize::try_from(row_bytes.saturating_mul(height)).unwrap_or(usize::MAX)
    });
    let from = data.saturating_add(expected.unwrap_or(0)).min(scan.bytes.len());
    let end = end_of_picture(scan.bytes, from).or_else(|| end_of_picture(scan.bytes, data))?;
    scan.at = end;
    let is_small = width.saturating_mul(height) <= pixels_max && width > 0 && height > 0;
    Some(is_known && is_small)
}

/// Behind the first EI from here on that cannot be data: white space around it, and text after it.
fn end_of_picture(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from.saturating_sub(1);
    loop {
        let rest = bytes.get(at..)?;
        let found = rest.windows(2).position(|pair| pair == b"EI")?;
        let begin = at + found;
        let before = begin.checked_sub(1).and_then(|i| bytes.get(i));
        let after = bytes.get(begin + 2..).unwrap_or_default();
        let is_alone = before.is_none_or(|byte| is_space(*byte) || begin == from)
            && after.first().is_none_or(|byte| is_space(*byte));
        let is_text = after
            .iter()
            .take(AFTER_PICTURE)
            .all(|byte| is_space(*byte) && *byte != 0 || (32..127).contains(byte));
        if is_alone && is_text {
            return Some(begin + 2);
        }
        at = begin + 2;
    }
}

/// Whether a PostScript calculator function is one: numbers, braces and the operators of ISO 32000-2, 7.10.5.
pub(super) fn is_calculator(program: &[u8]) -> bool {
    let mut scan = Scan { bytes: program, at: 0 };
    let mut depth = 0u32;
    while let Some((token, range)) = scan.next() {
        match token {
            Token::Number | Token::Comment => {}
            Token::Keyword => match program.get(range).unwrap_or_default() {
                b"{" => depth += 1,
                b"}" if depth > 0 => depth -= 1,
                b"abs" | b"add" | b"atan" | b"ceiling" | b"cos" | b"cvi" | b"cvr" | b"div" | b"exp"
                | b"floor" | b"idiv" | b"ln" | b"log" | b"mod" | b"mul" | b"neg" | b"round" | b"sin"
                | b"sqrt" | b"sub" | b"truncate" | b"and" | b"bitshift" | b"eq" | b"false" | b"ge"
                | b"gt" | b"le" | b"lt" | b"ne" | b"not" | b"or" | b"true" | b"xor" | b"if" | b"ifelse"
                | b"copy" | b"dup" | b"exch" | b"index" | b"pop" | b"roll" => {}
                _ => return false,
            },
            _ => return false,
        }
        if depth > LISTS_MAX {
            return false;
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(content: &[u8]) -> (String, Filtered) {
        let wide = HashSet::from([b"W".to_vec()]);
        let filtered = filter(content, &wide, 1_000_000).unwrap();
        let out = filtered.changed.clone().unwrap_or_else(|| content.to_vec());
        (String::from_utf8_lossy(&out).into_owned(), filtered)
    }

    #[test]
    fn the_known_stays_byte_for_byte() {
        for content in [
            "q 1 0 0 1 .5 -3. cm BT /F1 12 Tf (a\\)b(c)) Tj [(x) -20 <4142>] TJ ET Q",
            "/P << /MCID 0 /A [1 (]) true] >> BDC EMC",
            "BI /W 2 /H 2 /BPC 8 /CS /G ID abcd EI Q q",
            "  \n",
        ] {
            let (out, filtered) = run(content.as_bytes());
            if content.contains("EI Q") {
                // A Q that closes nothing goes.
                assert_eq!(out, "BI /W 2 /H 2 /BPC 8 /CS /G ID abcd EI            \nq\n");
            } else {
                assert_eq!(filtered.changed, None, "{content}");
            }
            assert_eq!(filtered.unknown, 0);
        }
    }

    #[test]
    fn the_unknown_goes_with_its_operands() {
        let rows = [
            ("1 0 0 rg (x) evil 2 w", "1 0 0 rg\n2 w\n", 1),
            ("q %comment Q\n1 w Q", "q\n1 w Q\n", 0),
            ("{ 1 w }", "1 w\n", 2),
            ("BI /W 2 /H 2 /X (y) ID abcd EI 1 w", "1 w\n", 0),
            ("BI /W 9999999 /H 9999999 /F /Fl ID abcd EI 1 w", "1 w\n", 0),
            ("1 w BI /W 2 /H 2 ID never ends", "1 w\n", 0),
            // What comes next does not keep the picture from ending.
            ("BI /W 2 /H 1 ID EI\n BIW/  /H 1ÿ \"", "BI /W 2 /H 1 ID EI            \n/  /H 1ÿ \"\n", 1),
        ];
        for (content, expected, unknown) in rows {
            let (out, filtered) = run(content.as_bytes());
            assert_eq!((out.as_str(), filtered.unknown), (expected, unknown), "{content}");
        }
    }

    #[test]
    fn characters_are_counted_by_their_width() {
        assert_eq!(run(b"/F 1 Tf (ab\\051\\n) Tj /W 1 Tf <00410042> Tj").1.characters, 6);
    }

    #[test]
    fn nesting_is_bounded() {
        let refusal = Refusal::blocked(Reason::TooComplex);
        for content in ["q ".repeat(5000), "[".repeat(5000), "/x BMC ".repeat(5000)] {
            assert_eq!(filter(content.as_bytes(), &HashSet::new(), 1).unwrap_err(), refusal);
        }
    }

    #[test]
    fn calculators_are_told_from_programs() {
        assert!(is_calculator(b"{ 1 exch sub dup 0.5 gt { pop 1 } { } ifelse }"));
        for program in [&b"{ (x) run }"[..], b"{ 1", b"{ /x exec }", b"}"] {
            assert!(!is_calculator(program));
        }
    }

    proptest! {
        #[test]
        fn filtering_twice_changes_nothing_more(
            content in "([qQ01 /A-Za-z\\[\\]()<>{}%\n]{0,200}|(BI|ID|EI|/W 2|/H 1|evil|w|Q|\"|ÿ|[ \n]){0,60})",
        ) {
            if let Ok(first) = filter(content.as_bytes(), &HashSet::new(), 1000)
                && let Some(out) = first.changed
            {
                let second = filter(&out, &HashSet::new(), 1000).unwrap();
                let again = second.changed.unwrap_or_else(|| out.clone());
                prop_assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&out));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(content in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = filter(&content, &HashSet::new(), 1000);
        }
    }
}
