//! MAPI properties as Outlook writes them into messages: code pages, the text inside packed RTF.
//!
//! Owns: which encoding a code page is, unpacking RTF (MS-OXRTFCP), taking the words out of it (MS-OXRTFEX).
//! Leaves to others: where the properties lie (`tnef`, `outlook`).

use std::collections::HashMap;

use encoding_rs::Encoding;

use crate::{Refusal, Work, rtf, text};

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
        1252 | 28591 | ASCII => "windows-1252",
        1253 => "windows-1253",
        1254 => "windows-1254",
        1255 => "windows-1255",
        1256 => "windows-1256",
        1257 => "windows-1257",
        1258 => "windows-1258",
        20866 => "koi8-r",
        21866 => "koi8-u",
        28592 => "iso-8859-2",
        28594 => "iso-8859-4",
        28595 => "iso-8859-5",
        28596 => "iso-8859-6",
        28597 => "iso-8859-7",
        28598 => "iso-8859-8",
        38598 => "iso-8859-8-i",
        28599 => "windows-1254",
        28605 => "iso-8859-15",
        _ => return None,
    })
}

/// Seven bits. Whoever names it says nothing about the rest of a byte.
const ASCII: u32 = 20127;

/// Western letters, which programs also name for a text that has none.
const WESTERN: u32 = 1252;

/// What a message says about the bytes of its texts.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Named {
    /// The code page of its strings.
    pub(super) strings: Option<u32>,
    /// The one in which it goes over the network, and in which its page is.
    pub(super) network: Option<u32>,
    /// The language of whoever wrote it.
    pub(super) locale: Option<u32>,
}

impl Named {
    /// Encodings in which its strings may be, the likeliest first. Old programs name the code page of strings only in the
    /// other two ways: strings stay in the one that Windows has for the alphabet, whatever goes over the network.
    pub(super) fn of_strings(self) -> Vec<&'static str> {
        let network = self.network.map(windows_page);
        let locale = self.locale.and_then(page_of_locale);
        let pages = match network {
            Some(WESTERN) => [self.strings, locale, network],
            _ => [self.strings, network, locale],
        };
        pages.into_iter().flatten().filter(|page| *page != ASCII).filter_map(label).collect()
    }

    /// Encodings in which its page may be, when the page itself names this one.
    pub(super) fn of_page(self, in_page: Option<&str>) -> Vec<&str> {
        let network = self.network.filter(|page| *page != ASCII);
        let is_western = network.is_some_and(|page| windows_page(page) == WESTERN);
        let network = network.and_then(label);
        let first = if is_western { [in_page, network] } else { [network, in_page] };
        first.into_iter().flatten().chain(self.of_strings()).collect()
    }
}

/// The code page in which Windows itself keeps the alphabet that goes over the network in this one.
fn windows_page(code_page: u32) -> u32 {
    match code_page {
        50220..=50222 | 51932 | 20932 => 932,
        51949 | 50225 => 949,
        52936 | 50227 | 54936 => 936,
        20866 | 21866 | 28595 => 1251,
        28592 => 1250,
        28597 => 1253,
        28599 => 1254,
        28598 | 38598 => 1255,
        28596 => 1256,
        28594 => 1257,
        28591 | 28605 => WESTERN,
        other => other,
    }
}

/// The code page of Windows for a language (MS-LCID). English is written in all of them, and on machines of every country.
fn page_of_locale(locale: u32) -> Option<u32> {
    let (language, whole) = (locale & 0x3FF, locale & 0xFFFF);
    Some(match (language, whole) {
        (0x11, _) => 932,
        (0x12, _) => 949,
        (0x04, 0x0804 | 0x1004) => 936,
        (0x04, _) => 950,
        (0x1E, _) => 874,
        (_, 0x0C1A | 0x1C1A | 0x201A | 0x082C | 0x0843) => 1251,
        (0x02 | 0x19 | 0x22 | 0x23 | 0x28 | 0x2F | 0x3F | 0x40 | 0x44 | 0x50, _) => 1251,
        (0x05 | 0x0E | 0x15 | 0x18 | 0x1A | 0x1B | 0x1C | 0x24, _) => 1250,
        (0x08, _) => 1253,
        (0x1F | 0x2C | 0x43, _) => 1254,
        (0x0D, _) => 1255,
        (0x01 | 0x20 | 0x29, _) => 1256,
        (0x25..=0x27, _) => 1257,
        (0x2A, _) => 1258,
        (0x03 | 0x06 | 0x07 | 0x0A..=0x0C | 0x0F | 0x10 | 0x13 | 0x14 | 0x16 | 0x17 | 0x1D, _) => WESTERN,
        (0x21 | 0x2D | 0x36 | 0x38 | 0x3E | 0x56, _) => WESTERN,
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
    /// It lists the fonts.
    is_font_table: bool,
    /// The alphabet of its font, when that is another one than the document's.
    alphabet: Option<&'static Encoding>,
}

/// Fonts of one text whose alphabet is looked up.
const FONTS_MAX: usize = 5_000;

/// Takes the page or the words out of RTF.
pub(super) fn said(rtf: &[u8]) -> Said {
    let is_page = rtf.windows(10).take(400).any(|w| w == b"\\fromhtml1");
    let mut out = String::new();
    let mut pending: Vec<u8> = Vec::new();
    let mut encoding: &'static Encoding = encoding_rs::WINDOWS_1252;
    let mut pending_encoding = encoding;
    let mut fonts: HashMap<i32, &'static Encoding> = HashMap::new();
    let mut declared = 0;
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
        // A Japanese name in a Western text is in the alphabet of its font.
        let current = group.alphabet.unwrap_or(encoding);
        if current != pending_encoding {
            flush(&mut pending, pending_encoding, &mut out);
            pending_encoding = current;
        }
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
                    group.is_font_table |= head.starts_with(b"\\fonttbl");
                    if head.starts_with(b"\\*\\htmltag") {
                        group.is_rtf_only = false;
                        // Tags have no font.
                        group.alphabet = None;
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
                    ("f", Some(font)) if group.is_font_table => declared = font,
                    // The first of the sets is only the document's own again.
                    ("fcharset", Some(set)) if group.is_font_table && set > 0 => {
                        if let Some(encoding) = rtf::charset(set).filter(|_| fonts.len() < FONTS_MAX) {
                            fonts.insert(declared, encoding);
                        }
                    }
                    ("f", Some(font)) => {
                        if let Some(group) = groups.last_mut() {
                            group.alphabet = fonts.get(&font).copied();
                        }
                    }
                    ("plain", _) => {
                        if let Some(group) = groups.last_mut() {
                            group.alphabet = None;
                        }
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
                        flush(&mut pending, pending_encoding, &mut out);
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
    flush(&mut pending, pending_encoding, &mut out);
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
        let fonts = b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 {\\fonttbl{\\f0\\fcharset0 x;}{\\f1\\fcharset128 y;}{\\f2\\fcharset204 z;}}\\f0 {\\*\\htmltag <p>}\\'e9{\\f1 \\'8f\\'5a{\\*\\htmltag <b title=\\'e9>}}\\'e9\\f2\\'cf\\plain\\'e9}";
        assert_eq!(said(fonts), Said::Page("<p>é住<b title=é>éПé".to_owned()));
        assert_eq!(said(words), Said::Words("Hello\n{wörld}\u{1F600}".to_owned()));
    }

    #[test]
    fn strings_are_in_what_the_message_names() {
        let named = |strings, network, locale| Named { strings, network, locale };
        let rows: [(Named, &[&str]); 13] = [
            (named(None, None, None), &[]),
            (named(Some(932), Some(65001), Some(1031)), &["shift_jis", "utf-8", "windows-1252"]),
            // What goes over the network is another one than what lies in the file.
            (named(None, Some(50220), Some(1033)), &["shift_jis"]),
            (named(None, Some(20866), Some(1049)), &["windows-1251", "windows-1251"]),
            (named(None, Some(65001), Some(1031)), &["utf-8", "windows-1252"]),
            (named(None, Some(65001), Some(1041)), &["utf-8", "shift_jis"]),
            // The language knows better than a name that is given to every plain text.
            (named(None, Some(28591), Some(1041)), &["shift_jis", "windows-1252"]),
            (named(None, Some(20127), Some(1041)), &["shift_jis"]),
            (named(None, Some(20127), Some(1033)), &[]),
            (named(None, None, Some(0x0404)), &["big5"]),
            (named(None, None, Some(0x0804)), &["gb18030"]),
            (named(None, None, Some(0x0C1A)), &["windows-1251"]),
            (named(Some(1200), Some(7), Some(u32::MAX)), &[]),
        ];
        for (named, expected) in rows {
            assert_eq!(named.of_strings(), expected, "{named:?}");
        }
        assert_eq!(
            named(None, Some(20866), None).of_page(Some("utf-8")),
            ["koi8-r", "utf-8", "windows-1251"]
        );
        assert_eq!(
            named(None, Some(1252), None).of_page(Some("utf-8")),
            ["utf-8", "windows-1252", "windows-1252"]
        );
    }

    proptest! {
        #[test]
        fn any_rtf_is_read_to_an_end(rtf in "(\\{|\\}|\\\\|[a-z0-9 '*-]|\\\\htmlrtf|\\\\u5|\\\\bin9|\\\\fromhtml1){0,60}") {
            said(rtf.as_bytes());
        }
    }
}
