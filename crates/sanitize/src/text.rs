//! Plain text: which encoding it is in, and which characters may stay.
//!
//! Owns: decoding strictly, dropping characters that act instead of being read, writing in the same encoding.
//! Leaves to others: cells and formulas (`csv`).

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use worker_protocol::{Fidelity, Kept, Kind, Mark, Mode, Reason, Road, Threat};

use crate::name::is_bidi_control;
use crate::{Rebuilt, Refusal, Work, mark};

/// A text and how its bytes were written.
pub(crate) struct Decoded {
    pub(crate) text: String,
    encoding: &'static Encoding,
    has_bom: bool,
}

/// Decodes text in any encoding that Japanese offices use; `None` when it is not text.
///
/// Strict: a single byte that the encoding does not know makes it another encoding, or no text. UTF-8 is tried
/// before CP932 because text in one is practically never valid in the other; CP932 and EUC-JP do overlap and are
/// told apart by what comes out.
pub(crate) fn decode(untrusted: &[u8]) -> Option<Decoded> {
    if let Some((encoding, bom_length)) = Encoding::for_bom(untrusted) {
        let body = untrusted.get(bom_length..)?;
        return strictly(encoding, body).map(|text| Decoded { text, encoding, has_bom: true });
    }
    let without_bom = |encoding| move |text| Decoded { text, encoding, has_bom: false };
    let shifts = [b"\x1b$".as_slice(), b"\x1b("];
    if shifts.iter().any(|shift| untrusted.windows(2).any(|w| w == *shift))
        && let Some(text) = strictly(ISO_2022_JP, untrusted)
    {
        return Some(without_bom(ISO_2022_JP)(text));
    }
    if untrusted.contains(&0) {
        // Of those without a mark only UTF-16 has zero bytes in text.
        return utf_16_without_mark(untrusted);
    }
    if let Some(text) = strictly(UTF_8, untrusted) {
        return Some(without_bom(UTF_8)(text));
    }
    if has_lone_letters_with_accents(untrusted)
        && let Some(text) = strictly(WINDOWS_1252, untrusted)
    {
        return Some(without_bom(WINDOWS_1252)(text));
    }
    match (strictly(SHIFT_JIS, untrusted), strictly(EUC_JP, untrusted)) {
        (Some(_), Some(as_euc)) if looks_japanese(&as_euc) => Some(without_bom(EUC_JP)(as_euc)),
        (Some(text), _) => Some(without_bom(SHIFT_JIS)(text)),
        (None, Some(text)) => Some(without_bom(EUC_JP)(text)),
        (None, None) if looks_western(untrusted) => {
            strictly(WINDOWS_1252, untrusted).map(without_bom(WINDOWS_1252))
        }
        (None, None) => None,
    }
}

/// Decodes what names its encoding itself, as markup and mail do; never fails, because readers do not either.
///
/// A mark at the beginning wins, then the name that is given if the bytes agree, then what [`decode`] finds. Only when
/// nothing fits are bytes replaced.
pub(crate) fn decode_declared(untrusted: &[u8], label: Option<&str>) -> Decoded {
    let named = label.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    if Encoding::for_bom(untrusted).is_none()
        && let Some(encoding) =
            named.filter(|encoding| !matches!(encoding.name(), "UTF-16LE" | "UTF-16BE" | "replacement"))
        && let Some(text) = strictly(encoding, untrusted)
    {
        // Seven-bit text under a one-byte label is what ISO-2022-JP looks like when its label was lost.
        let is_lost_label = encoding != ISO_2022_JP && text.contains("\u{1b}$");
        if !is_lost_label {
            return Decoded { text, encoding, has_bom: false };
        }
    }
    if let Some(decoded) = decode(untrusted) {
        return decoded;
    }
    let (encoding, bom_length) =
        Encoding::for_bom(untrusted).unwrap_or((named.unwrap_or_else(|| nearest(untrusted)), 0));
    let body = untrusted.get(bom_length..).unwrap_or_default();
    Decoded {
        text: encoding.decode_without_bom_handling(body).0.into_owned(),
        encoding,
        has_bom: bom_length > 0,
    }
}

/// Decodes what may be in one of several encodings, of which the first that the bytes agree with wins.
pub(crate) fn decode_likeliest(untrusted: &[u8], labels: &[&str]) -> Decoded {
    let fits = |label: &&&str| {
        let encoding = Encoding::for_label(label.trim().as_bytes());
        encoding.is_some_and(|encoding| strictly(encoding, untrusted).is_some())
    };
    decode_declared(untrusted, labels.iter().find(fits).or(labels.first()).copied())
}

/// What these bytes say under a label without which they would be taken for something else. Western labels stand on texts of
/// any alphabet and no bytes contradict them, so they are not believed.
pub(crate) fn only_by_label(untrusted: &[u8], label: &str) -> Option<String> {
    let encoding = Encoding::for_label(label.trim().as_bytes())
        .filter(|encoding| *encoding != WINDOWS_1252 && encoding.is_ascii_compatible())?;
    let text = strictly(encoding, untrusted)?;
    decode(untrusted).is_none_or(|found| found.text != text).then_some(text)
}

/// The encoding under which the fewest bytes have to be replaced.
fn nearest(untrusted: &[u8]) -> &'static Encoding {
    let replaced = |encoding: &&'static Encoding| {
        let (text, _) = encoding.decode_without_bom_handling(untrusted);
        text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count()
    };
    [UTF_8, SHIFT_JIS, EUC_JP].into_iter().min_by_key(replaced).unwrap_or(UTF_8)
}

/// Text in UTF-16 whose mark was cut off: some characters of it are ASCII, and none is a control.
fn utf_16_without_mark(untrusted: &[u8]) -> Option<Decoded> {
    [UTF_16LE, UTF_16BE].into_iter().find_map(|encoding| {
        let text = strictly(encoding, untrusted)?;
        let is_text = !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n'));
        let plain = text.chars().filter(|c| c.is_ascii()).count();
        // The same bytes read the other way round are rare characters with hardly an ASCII one among them.
        (is_text && plain * 20 >= text.chars().count() && plain > 0).then_some(Decoded {
            text,
            encoding,
            has_bom: true,
        })
    })
}

/// Western text that CP932 could read, too: every byte beyond ASCII is a letter with an accent that stands alone among
/// small plain letters, and some stand inside a word. Characters of two bytes and half-width kana do not look like that
/// for long, and the leading bytes of kana and common kanji are no letters.
fn has_lone_letters_with_accents(untrusted: &[u8]) -> bool {
    let mut is_inside_word = false;
    for (at, byte) in untrusted.iter().enumerate().filter(|(_, byte)| **byte >= 0x80) {
        let before = at.checked_sub(1).and_then(|at| untrusted.get(at)).copied().unwrap_or(b' ');
        let after = untrusted.get(at + 1).copied().unwrap_or(b' ');
        let is_among_letters = before.is_ascii_lowercase() || after.is_ascii_lowercase();
        if *byte < 0xC0 || before >= 0x80 || after >= 0x80 || !is_among_letters {
            return false;
        }
        is_inside_word |= before.is_ascii_alphabetic();
    }
    is_inside_word && looks_western(untrusted)
}

/// Western European text: mostly ASCII, no controls, a letter with an accent here and there.
fn looks_western(untrusted: &[u8]) -> bool {
    let high = untrusted.iter().filter(|b| **b >= 0x80).count();
    let is_odd = |b: &u8| matches!(b, 0..=8 | 0x0B | 0x0E..=0x1F | 0x7F | 0x81 | 0x8D | 0x8F | 0x90 | 0x9D);
    high * 4 <= untrusted.len() && !untrusted.iter().any(is_odd)
}

fn strictly(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    if encoding == ISO_2022_JP {
        let plain = without_idle_shifts(bytes);
        return encoding.decode_without_bom_handling_and_without_replacement(&plain).map(Into::into);
    }
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into)
}

/// ISO-2022-JP without shifts that another shift follows at once. Mail programs write them where two pieces meet, and the
/// decoder takes them for an attack.
fn without_idle_shifts(bytes: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let is_shift = |at: usize| matches!(bytes.get(at..at + 3), Some([0x1B, b'(' | b'$', _]));
    if !bytes.windows(4).enumerate().any(|(at, w)| w.first() == w.get(3) && is_shift(at) && is_shift(at + 3))
    {
        return std::borrow::Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if is_shift(at) && is_shift(at + 3) {
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    std::borrow::Cow::Owned(out)
}

/// EUC-JP read as CP932 comes out as half-width kana, and the other way round as rare kanji. Real Japanese has
/// hiragana or full-width katakana in it.
fn looks_japanese(text: &str) -> bool {
    let wide = text.chars().filter(|c| !c.is_ascii()).count();
    let kana = text.chars().filter(|c| matches!(c, '\u{3041}'..='\u{30FC}')).count();
    kana * 5 > wide
}

impl Decoded {
    /// Drops characters that a screen does not show as themselves, and the commands of terminals as a whole. Returns
    /// what was dropped.
    pub(crate) fn drop_controls(&mut self) -> Dropped {
        let (text, dropped) = without_controls(&self.text);
        if dropped != Dropped::default() {
            self.text = text;
        }
        dropped
    }

    /// The bytes in the encoding they came in, unless every reader would then take them for another one.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let bytes = self.encode_as_it_came();
        // Without a byte that was dropped, what was CP932 may be UTF-8, and letters may be what turns text around.
        if decode(&bytes).is_some_and(|again| again.text == self.text) {
            return bytes;
        }
        [b"\xef\xbb\xbf", self.text.as_bytes()].concat()
    }

    fn encode_as_it_came(&self) -> Vec<u8> {
        if self.encoding == UTF_16LE || self.encoding == UTF_16BE {
            let to_bytes = if self.encoding == UTF_16LE { u16::to_le_bytes } else { u16::to_be_bytes };
            return std::iter::once(0xFEFF).chain(self.text.encode_utf16()).flat_map(to_bytes).collect();
        }
        let (body, _, _) = self.encoding.encode(&self.text);
        let bom: &[u8] = if self.has_bom { b"\xef\xbb\xbf" } else { b"" };
        [bom, &body].concat()
    }

    /// The bytes with a mark in the first line; none when the encoding has no characters for it, or a reader would take
    /// the marked text for one in another encoding.
    fn marked(&self, mark: &Mark) -> Option<Vec<u8>> {
        let marked = Self { text: mark::on_top(&self.text, mark), ..*self };
        let bytes = marked.encode();
        (marked.is_writable() && decode(&bytes).is_some_and(|again| again.text == marked.text))
            .then_some(bytes)
    }

    pub(crate) fn encoding_name(&self) -> &'static str {
        self.encoding.name()
    }

    /// Whether every character can be written in the encoding it came in.
    pub(crate) fn is_writable(&self) -> bool {
        self.can_say(&self.text)
    }

    /// Whether these words can be written in the encoding of this text.
    pub(crate) fn can_say(&self, words: &str) -> bool {
        self.encoding == UTF_16LE || self.encoding == UTF_16BE || !self.encoding.encode(words).2
    }
}

/// The text without controls, and which sorts of them were dropped.
pub(crate) fn without_controls(text: &str) -> (String, Dropped) {
    let mut dropped = Dropped::default();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\t' | '\r' | '\n' | '\u{c}' => out.push(c),
            '\u{1b}' | '\u{9b}' | '\u{9d}' => {
                dropped.controls = true;
                skip_command(c, &mut rest);
            }
            c if c.is_control() => dropped.controls = true,
            c if is_bidi_control(c) => dropped.bidi = true,
            c => out.push(c),
        }
    }
    (out, dropped)
}

/// The longest command of a terminal that is taken for one.
const COMMAND_CHARS_MAX: usize = 64;

/// Skips what follows an escape character (ECMA-48, section 5): parameters up to a final letter, or a string up to its
/// end. What does not look like a command stays.
fn skip_command(first: char, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let introducer = match (first, rest.peek()) {
        ('\u{9b}', _) => '[',
        ('\u{9d}', _) => ']',
        (_, Some(c @ ('[' | ']'))) => *c,
        _ => return,
    };
    let mut ahead = rest.clone();
    if first == '\u{1b}' {
        ahead.next();
    }
    for _ in 0..COMMAND_CHARS_MAX {
        let Some(c) = ahead.next() else { return };
        let ends = match introducer {
            '[' => match c {
                '0'..='?' | ' '..='/' => false,
                '@'..='~' => true,
                _ => return,
            },
            _ => match c {
                '\u{7}' | '\u{9c}' => true,
                '\u{1b}' if ahead.peek() == Some(&'\\') => {
                    ahead.next();
                    true
                }
                '\r' | '\n' => return,
                _ => false,
            },
        };
        if ends {
            *rest = ahead;
            return;
        }
    }
}

/// Kinds of characters that were dropped.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dropped {
    controls: bool,
    bidi: bool,
}

impl Dropped {
    /// Takes what was dropped elsewhere, too.
    pub(crate) fn join(&mut self, other: Self) {
        self.controls |= other.controls;
        self.bidi |= other.bidi;
    }

    pub(crate) fn report(self, work: &mut Work<'_>) {
        if self.controls {
            work.findings.add(Threat::HiddenData, "control-characters");
        }
        if self.bidi {
            work.findings.add(Threat::HiddenData, "bidi-controls");
        }
    }
}

/// Plain text with nothing but visible characters and line breaks.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if matches!(mode, Mode::ImagePdf | Mode::InspectOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let mut decoded = decode(untrusted).ok_or(Refusal::held(Reason::UnknownKind))?;
    let before = visible_characters(&decoded.text);
    decoded.drop_controls().report(work);
    if mode == Mode::TextOnly {
        return Ok(written_down(decoded.text, work));
    }
    if !decoded.is_writable() {
        return Err(Refusal::held(Reason::VerifyFailed));
    }
    let characters = Kept { before, after: visible_characters(&decoded.text) };
    let fidelity = Some(Fidelity { characters, ..Fidelity::default() });
    let clean = match &work.job.mark {
        Some(mark) => decoded.marked(mark).unwrap_or_else(|| {
            work.findings.add(Threat::MarkNotPossible, decoded.encoding.name());
            decoded.encode()
        }),
        None => decoded.encode(),
    };
    Ok(Rebuilt { fidelity, ..Rebuilt::same(clean, Kind::Text) })
}

/// The words of a file as plain text in UTF-8.
pub(crate) fn written_down(words: String, work: &mut Work<'_>) -> Rebuilt {
    let (plain, dropped) = without_controls(&words);
    dropped.report(work);
    let count = visible_characters(&words);
    let characters = Kept { before: count, after: visible_characters(&plain) };
    let fidelity = Some(Fidelity { characters, ..Fidelity::default() });
    let kind = Kind::Text;
    Rebuilt { clean: plain.into_bytes(), kind, road: Road::Text, members: Vec::new(), fidelity }
}

/// Characters that a reader sees, without white space.
pub(crate) fn visible_characters(text: &str) -> u64 {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !is_bidi_control(*c)).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_dropped_makes_no_other_text_of_the_rest() {
        // Not UTF-8 because of one byte that no screen shows; without it, an override of the direction.
        let turned = b"a\xe2\x80\xae\x80b";
        let mut decoded = decode(turned).unwrap();
        assert!(!decoded.text.contains('\u{202E}'));
        decoded.drop_controls();
        let written = decoded.encode();
        assert_eq!(decode(&written).map(|again| again.text), Some(decoded.text));
        assert!(decode(b"a\xe2\x80\xaeb").unwrap().text.contains('\u{202E}'));
    }

    #[test]
    fn the_encoding_is_found_and_kept() {
        let text = "住民票の写しを２通　申請します。\r\nカタカナ ｶﾅ ①㈱髙\r\n";
        let plain = "住民票の写しを申請します。ありがとう";
        let rows: [(&'static Encoding, &[u8], &str); 5] = [
            (UTF_8, b"", text),
            (UTF_8, b"\xef\xbb\xbf", text),
            (SHIFT_JIS, b"", text),
            (EUC_JP, b"", plain),
            (ISO_2022_JP, b"", plain),
        ];
        for (encoding, bom, text) in rows {
            let bytes = [bom, &encoding.encode(text).0].concat();
            let decoded = decode(&bytes).unwrap();
            assert_eq!((decoded.encoding.name(), decoded.text.as_str()), (encoding.name(), text));
            assert_eq!(decoded.encode(), bytes);
        }
        let utf16: Vec<u8> =
            [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16).unwrap().encode(), utf16);
    }

    #[test]
    fn half_width_kana_alone_is_cp932() {
        let bytes = SHIFT_JIS.encode("ｱｲｳｴｵ ﾔﾏﾀﾞ ﾀﾛｳ").0;
        assert_eq!(decode(&bytes).unwrap().encoding.name(), "Shift_JIS");
    }

    #[test]
    fn western_letters_are_not_taken_for_rare_kanji() {
        let western = b"Die Fr\xf6sche fragten \xfcber den See: \xe9t\xe9?";
        assert_eq!(decode(western).unwrap().text, "Die Frösche fragten über den See: été?");
        for japanese in
            ["id,name\r\n1,鵺\r\n", "a,ﾃｽﾄ,b,c,d,e,f,g,h,i\r\n", "code=ﾃ, value=1, next=2, last=3"]
        {
            let bytes = SHIFT_JIS.encode(japanese).0;
            assert_eq!(decode(&bytes).unwrap().text, japanese);
        }
    }

    #[test]
    fn controls_are_dropped() {
        let mut decoded = decode("a\u{1b}[31mb\u{202E}c\t\r\n\u{85}d\u{7f}".as_bytes()).unwrap();
        assert_eq!(decoded.drop_controls(), Dropped { controls: true, bidi: true });
        assert_eq!(decoded.text, "abc\t\r\nd");
        let rows = [
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]8;;http://x\u{1b}\\b", "ab"),
            ("a\u{1b}[2Jb\u{9b}1;2Hc", "abc"),
            ("a\u{1b}(Bb", "a(Bb"),
            ("a\u{1b}[ァ", "a[ァ"),
            ("a\u{1b}", "a"),
        ];
        for (given, expected) in rows {
            assert_eq!(without_controls(given).0, expected, "{given:?}");
        }
    }

    #[test]
    fn what_names_its_encoding_is_read_so() {
        let japanese = "庁舎の開庁時間";
        let sjis = SHIFT_JIS.encode(japanese).0.into_owned();
        let rows: [(&[u8], Option<&str>, &str); 6] = [
            (&sjis, Some("shift_jis"), japanese),
            (&sjis, Some("x-sjis"), japanese),
            // A label that the bytes contradict is not believed.
            (&sjis, Some("utf-8"), japanese),
            (&ISO_2022_JP.encode(japanese).0, Some("us-ascii"), japanese),
            (b"f\xfcr", Some("iso-8859-1"), "f\u{fc}r"),
            (b"\xff\xff\xff", None, "\u{fffd}\u{fffd}\u{fffd}"),
        ];
        for (bytes, label, expected) in rows {
            assert_eq!(decode_declared(bytes, label).text, expected, "{label:?}");
        }
    }

    #[test]
    fn utf_16_without_its_mark_is_read_and_marked() {
        let bytes: Vec<u8> = "a,住民,b\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let decoded = decode(&bytes).unwrap();
        assert_eq!(
            (decoded.text.as_str(), decoded.encode().get(..2)),
            ("a,住民,b\r\n", Some([0xFF, 0xFE].as_slice()))
        );
        assert!(decode(b"\0\x01\x02\x03").is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_not(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(mut decoded) = decode(&bytes) {
                decoded.drop_controls();
                if decoded.is_writable() {
                    let again = decode(&decoded.encode());
                    prop_assert!(decoded.text.is_empty() || again.is_some());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_same_words_come_out_in_every_encoding(
            words in "[ぁ-んァ-ヶ一-龠a-zA-Z0-9、。 ]{4,60}",
            which in 0usize..6,
        ) {
            let text = format!("これは文書です。{words}\r\n");
            let bytes = match which {
                0 => text.clone().into_bytes(),
                1 => [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat(),
                2 => SHIFT_JIS.encode(&text).0.into_owned(),
                3 => EUC_JP.encode(&text).0.into_owned(),
                4 => ISO_2022_JP.encode(&text).0.into_owned(),
                _ => std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
            };
            // Characters outside an encoding are written as references, which are other words.
            prop_assume!(which < 2 || which == 5 || ![SHIFT_JIS, EUC_JP, ISO_2022_JP][which - 2].encode(&text).2);
            let mut decoded = decode(&bytes).unwrap();
            decoded.drop_controls();
            prop_assert_eq!(&decoded.text, &text);
            prop_assert_eq!(&decode(&decoded.encode()).unwrap().text, &text);
        }
    }
}
