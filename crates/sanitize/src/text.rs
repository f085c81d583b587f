//! Plain text: which encoding it is in, and which characters may stay.
//!
//! Owns: decoding strictly, dropping characters that act instead of being read, writing in the same encoding.
//! Leaves to others: cells and formulas (`csv`).

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};
use worker_protocol::{Reason, Threat};

use crate::name::is_bidi_control;
use crate::{Refusal, Work};

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
        // No encoding without a mark has zero bytes in text.
        return None;
    }
    if let Some(text) = strictly(UTF_8, untrusted) {
        return Some(without_bom(UTF_8)(text));
    }
    match (strictly(SHIFT_JIS, untrusted), strictly(EUC_JP, untrusted)) {
        (Some(_), Some(as_euc)) if looks_japanese(&as_euc) => Some(without_bom(EUC_JP)(as_euc)),
        (Some(text), _) => Some(without_bom(SHIFT_JIS)(text)),
        (None, Some(text)) => Some(without_bom(EUC_JP)(text)),
        (None, None) => None,
    }
}

fn strictly(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into)
}

/// EUC-JP read as CP932 comes out as half-width kana, and the other way round as rare kanji. Real Japanese has
/// hiragana or full-width katakana in it.
fn looks_japanese(text: &str) -> bool {
    let wide = text.chars().filter(|c| !c.is_ascii()).count();
    let kana = text.chars().filter(|c| matches!(c, '\u{3041}'..='\u{30FC}')).count();
    kana * 5 > wide
}

impl Decoded {
    /// Drops characters that a screen does not show as themselves. Returns what was dropped.
    pub(crate) fn drop_controls(&mut self) -> Dropped {
        let mut dropped = Dropped::default();
        self.text.retain(|c| {
            let is_control = c.is_control() && !matches!(c, '\t' | '\r' | '\n');
            let is_bidi = is_bidi_control(c);
            dropped.controls |= is_control;
            dropped.bidi |= is_bidi;
            !is_control && !is_bidi
        });
        dropped
    }

    /// The bytes in the encoding they came in.
    pub(crate) fn encode(&self) -> Vec<u8> {
        if self.encoding == UTF_16LE || self.encoding == UTF_16BE {
            let to_bytes = if self.encoding == UTF_16LE { u16::to_le_bytes } else { u16::to_be_bytes };
            return std::iter::once(0xFEFF).chain(self.text.encode_utf16()).flat_map(to_bytes).collect();
        }
        let (body, _, _) = self.encoding.encode(&self.text);
        let bom: &[u8] = if self.has_bom { b"\xef\xbb\xbf" } else { b"" };
        [bom, &body].concat()
    }

    /// Whether every character can be written in the encoding it came in.
    pub(crate) fn is_writable(&self) -> bool {
        self.encoding == UTF_16LE || self.encoding == UTF_16BE || !self.encoding.encode(&self.text).2
    }
}

/// Kinds of characters that were dropped.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dropped {
    controls: bool,
    bidi: bool,
}

impl Dropped {
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
pub(crate) fn rebuild(untrusted: &[u8], work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
    let mut decoded = decode(untrusted).ok_or(Refusal::held(Reason::UnknownKind))?;
    decoded.drop_controls().report(work);
    if !decoded.is_writable() {
        return Err(Refusal::held(Reason::VerifyFailed));
    }
    Ok(decoded.encode())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn controls_are_dropped() {
        let mut decoded = decode("a\u{1b}[31mb\u{202E}c\t\r\n\u{85}d\u{7f}".as_bytes()).unwrap();
        assert_eq!(decoded.drop_controls(), Dropped { controls: true, bidi: true });
        assert_eq!(decoded.text, "a[31mbc\t\r\nd");
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
}
