//! MAPI properties as Outlook writes them into messages: code pages, the text inside packed RTF.
//!
//! Owns: which encoding a code page is, unpacking RTF (MS-OXRTFCP), taking the words out of it (MS-OXRTFEX).
//! Leaves to others: where the properties lie (`tnef`, `outlook`).

use encoding_rs::Encoding;

use crate::{Refusal, Work, text};

/// The label of the encoding that Windows calls by this number.
pub(crate) fn label(code_page: u32) -> Option<&'static str> {
    Some(match code_page {
        932 => "shift_jis",
        50220..=50222 => "iso-2022-jp",
        51932 | 20932 => "euc-jp",
        65001 => "utf-8",
        936 | 54936 => "gb18030",
        949 | 51949 => "euc-kr",
        950 => "big5",
        874 => "windows-874",
        1250 => "windows-1250",
        1251 => "windows-1251",
        1252 | 28591 | 20127 => "windows-1252",
        1253 => "windows-1253",
        1254 => "windows-1254",
        1255 => "windows-1255",
        1256 => "windows-1256",
        1257 => "windows-1257",
        1258 => "windows-1258",
        _ => return None,
    })
}

/// What the window of the packing holds before anything was read (MS-OXRTFCP, section 2.1.3.1.1).
const DICTIONARY: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

const WINDOW_BYTES: usize = 4096;

/// Unpacks RTF. `None` when it is damaged.
pub(super) fn unpack_rtf(packed: &[u8], work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let word = |at: usize| {
        let bytes: [u8; 4] = packed.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes))
    };
    let (Some(raw_bytes), Some(kind)) = (word(4), word(8)) else { return Ok(None) };
    let content = packed.get(16..).unwrap_or_default();
    // "MELA": not packed at all.
    if kind == 0x414C_454D {
        return Ok(content.get(..raw_bytes as usize).map(<[u8]>::to_vec));
    }
    if kind != 0x7546_5A4C {
        return Ok(None);
    }
    let mut window = vec![b' '; WINDOW_BYTES];
    for (place, byte) in window.iter_mut().zip(DICTIONARY) {
        *place = *byte;
    }
    let mut at = DICTIONARY.len();
    let mut out: Vec<u8> = Vec::new();
    let mut input = content.iter().copied();
    'all: while out.len() < raw_bytes as usize {
        let Some(control) = input.next() else { break };
        // A run of at most 18 bytes for each two: this cannot grow beyond nine times its input.
        work.budget.spend(8 * 18)?;
        for bit in 0..8 {
            if control & (1 << bit) == 0 {
                let Some(byte) = input.next() else { break 'all };
                put(&mut window, &mut at, byte, &mut out);
                continue;
            }
            let (Some(high), Some(low)) = (input.next(), input.next()) else { break 'all };
            let reference = u16::from_be_bytes([high, low]);
            let from = usize::from(reference >> 4);
            if from == at % WINDOW_BYTES {
                break 'all;
            }
            for offset in 0..usize::from(reference & 0xF) + 2 {
                let byte = window.get((from + offset) % WINDOW_BYTES).copied().unwrap_or_default();
                put(&mut window, &mut at, byte, &mut out);
            }
        }
    }
    out.truncate(raw_bytes as usize);
    Ok(Some(out))
}

fn put(window: &mut [u8], at: &mut usize, byte: u8, out: &mut Vec<u8>) {
    if let Some(place) = window.get_mut(*at % WINDOW_BYTES) {
        *place = byte;
    }
    *at += 1;
    out.push(byte);
}

/// What RTF says: the web page that was wrapped into it, or its words.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Page(String),
    Words(String),
}

/// Groups in groups.
const GROUPS_MAX: usize = 1_000;

#[derive(Clone, Copy, Default)]
struct Group {
    /// Nothing in it is shown.
    is_hidden: bool,
    /// Text that only the RTF shows, beside the page that is wrapped.
    is_rtf_only: bool,
    /// Characters that stand for each one in Unicode.
    fallback: usize,
}

/// Takes the page or the words out of RTF.
pub(super) fn said(rtf: &[u8]) -> Said {
    let is_page = rtf.windows(10).take(400).any(|w| w == b"\\fromhtml1");
    let mut out = String::new();
    let mut pending: Vec<u8> = Vec::new();
    let mut encoding: &'static Encoding = encoding_rs::WINDOWS_1252;
    let mut groups = vec![Group { fallback: 1, ..Group::default() }];
    let mut skip = 0usize;
    let mut at = 0;
    let mut depth_over = 0usize;
    let flush = |pending: &mut Vec<u8>, encoding: &'static Encoding, out: &mut String| {
        if !pending.is_empty() {
            out.push_str(&encoding.decode_without_bom_handling(pending).0);
            pending.clear();
        }
    };
    while let Some(byte) = rtf.get(at).copied() {
        at += 1;
        let group = groups.last().copied().unwrap_or_default();
        let is_shown = !group.is_hidden && !group.is_rtf_only;
        match byte {
            b'{' if groups.len() < GROUPS_MAX => {
                groups.push(group);
                let head = rtf.get(at..).unwrap_or_default();
                // Groups that begin with a star are for programs, but for the tags of a wrapped page.
                let hides = (head.starts_with(b"\\*") && !(is_page && head.starts_with(b"\\*\\htmltag")))
                    || [
                        b"\\fonttbl".as_slice(),
                        b"\\colortbl",
                        b"\\stylesheet",
                        b"\\info",
                        b"\\pict",
                        b"\\object",
                    ]
                    .iter()
                    .any(|name| head.starts_with(name));
                if let Some(group) = groups.last_mut() {
                    group.is_hidden |= hides;
                    if head.starts_with(b"\\*\\htmltag") {
                        group.is_rtf_only = false;
                    }
                }
            }
            b'{' => depth_over += 1,
            b'}' if depth_over > 0 => depth_over -= 1,
            b'}' => {
                if groups.len() > 1 {
                    groups.pop();
                }
            }
            b'\\' => {
                let Some(next) = rtf.get(at).copied() else { break };
                if next == b'\'' {
                    let hex = rtf.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
                    at += 3;
                    if skip > 0 {
                        skip -= 1;
                    } else if is_shown
                        && let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())
                    {
                        pending.push(byte);
                    }
                    continue;
                }
                if !next.is_ascii_alphabetic() {
                    at += 1;
                    if is_shown && skip == 0 {
                        match next {
                            b'\\' | b'{' | b'}' => pending.push(next),
                            b'~' => pending.push(b' '),
                            b'_' => pending.push(b'-'),
                            b'\n' | b'\r' if !is_page => pending.push(b'\n'),
                            _ => {}
                        }
                    }
                    skip = skip.saturating_sub(usize::from(matches!(next, b'\\' | b'{' | b'}')));
                    continue;
                }
                let rest = rtf.get(at..).unwrap_or_default();
                let letters = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
                let word = std::str::from_utf8(rest.get(..letters).unwrap_or_default()).unwrap_or_default();
                let tail = rest.get(letters..).unwrap_or_default();
                let digits = tail
                    .iter()
                    .enumerate()
                    .take_while(|(i, b)| b.is_ascii_digit() || (*i == 0 && **b == b'-'))
                    .count();
                let number = std::str::from_utf8(tail.get(..digits).unwrap_or_default())
                    .ok()
                    .and_then(|n| n.parse::<i32>().ok());
                at += letters + digits;
                if rtf.get(at) == Some(&b' ') {
                    at += 1;
                }
                match (word, number) {
                    ("ansicpg", Some(page)) => {
                        let page = u32::try_from(page).unwrap_or_default();
                        encoding = label(page)
                            .and_then(|label| Encoding::for_label(label.as_bytes()))
                            .unwrap_or(encoding);
                    }
                    ("htmlrtf", number) => {
                        if let Some(group) = groups.last_mut() {
                            group.is_rtf_only = is_page && number != Some(0);
                        }
                    }
                    ("uc", Some(count)) => {
                        if let Some(group) = groups.last_mut() {
                            group.fallback = usize::try_from(count).unwrap_or(1).min(16);
                        }
                    }
                    ("u", Some(code)) if is_shown => {
                        flush(&mut pending, encoding, &mut out);
                        let unit = u16::from_ne_bytes(i16::try_from(code).unwrap_or_default().to_ne_bytes());
                        push_unit(&mut out, unit);
                        skip = group.fallback;
                    }
                    ("par" | "line" | "row", _) if is_shown => pending.push(b'\n'),
                    ("tab" | "cell", _) if is_shown => pending.push(b'\t'),
                    ("lquote" | "rquote", _) if is_shown => pending.push(b'\''),
                    ("ldblquote" | "rdblquote", _) if is_shown => pending.push(b'"'),
                    ("bullet", _) if is_shown => pending.push(b'*'),
                    ("bin", Some(length)) => at += usize::try_from(length).unwrap_or_default(),
                    _ => {}
                }
            }
            b'\r' | b'\n' => {}
            byte => {
                if skip > 0 {
                    skip -= 1;
                } else if is_shown {
                    pending.push(byte);
                }
            }
        }
    }
    flush(&mut pending, encoding, &mut out);
    // Halves of characters that never met.
    let out: String = out.chars().filter(|c| !('\u{F0000}'..='\u{F07FF}').contains(c)).collect();
    if is_page { Said::Page(out) } else { Said::Words(text::without_controls(&out).0) }
}

/// Characters beyond the basic plane come in two halves; the first waits in a place where no text has characters.
fn push_unit(out: &mut String, unit: u16) {
    const WAITING: u32 = 0xF_0000;
    let waiting =
        out.chars().next_back().map(u32::from).and_then(|c| c.checked_sub(WAITING)).filter(|c| *c < 0x800);
    let character = match (unit, waiting) {
        (0xD800..=0xDBFF, _) => char::from_u32(WAITING + u32::from(unit - 0xD800)),
        (0xDC00..=0xDFFF, Some(first)) => {
            out.pop();
            char::from_u32(0x1_0000 + (first << 10) + u32::from(unit - 0xDC00))
        }
        _ => char::from_u32(u32::from(unit)),
    };
    out.extend(character);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_wrapped_page_and_words_are_taken_out() {
        let page = b"{\\rtf1\\ansi\\ansicpg932\\fromhtml1 {\\fonttbl{\\f0 MS Gothic;}}\\uc1\\htmlrtf x\\htmlrtf0 \
                     {\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 \\'8f\\'5a\\u27665 ?\\htmlrtf }\\htmlrtf0 {\\*\\htmltag72 </p>}}";
        assert_eq!(said(page), Said::Page("<p>住氡</p>".replace('氡', "\u{6C11}")));
        let words = b"{\\rtf1\\ansi\\ansicpg1252{\\info{\\author x}}Hello\\par \\{w\\'f6rld\\}\\u-10179 ?\\u-8704 ?{\\*\\x y}}";
        assert_eq!(said(words), Said::Words("Hello\n{wörld}\u{1F600}".to_owned()));
    }

    proptest! {
        #[test]
        fn any_rtf_is_read_to_an_end(rtf in "(\\{|\\}|\\\\|[a-z0-9 '*-]|\\\\htmlrtf|\\\\u5|\\\\bin9|\\\\fromhtml1){0,60}") {
            said(rtf.as_bytes());
        }
    }
}
