//! Bytes of a text file as characters.
//!
//! Owns: telling UTF-8, UTF-16, CP932, EUC-JP and ISO-2022-JP apart, and saying when bytes are no text at all.
//! Leaves to others: documents that are not plain text, which a cell turns into text first.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

use super::ImportError;

/// A text with the name of the encoding that it was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The characters.
    pub text: String,
    /// Name of the encoding, such as `UTF-8` or `Shift_JIS`.
    pub encoding: &'static str,
    /// Bytes that stood for no character and became U+FFFD.
    pub damaged: usize,
}

/// Reads the bytes of a text file.
///
/// # Errors
/// [`ImportError::NotText`] when they are not text in any encoding known here, [`ImportError::TooLong`] when there are
/// more of them than any text within the bound has.
pub fn decode(untrusted: &[u8]) -> Result<Decoded, ImportError> {
    if untrusted.len() > super::CHARS_MAX.saturating_mul(4) {
        return Err(ImportError::TooLong);
    }
    if let Some((encoding, mark)) = Encoding::for_bom(untrusted) {
        return Ok(with(encoding, untrusted.get(mark..).unwrap_or_default()));
    }
    if let Some(encoding) = utf_16_without_mark(untrusted) {
        return Ok(with(encoding, untrusted));
    }
    if untrusted.contains(&0) {
        return Err(ImportError::NotText);
    }
    let escapes: [&[u8]; 3] = [b"\x1b$B", b"\x1b$@", b"\x1b(J"];
    if untrusted.is_ascii() && escapes.iter().any(|e| untrusted.windows(3).any(|w| w == *e)) {
        return Ok(with(ISO_2022_JP, untrusted));
    }
    if std::str::from_utf8(untrusted).is_ok() {
        return Ok(with(UTF_8, untrusted));
    }
    // Neither has a mark. What reads as more Japanese with less damage is meant; a broken UTF-8 file competes, too.
    let best = [SHIFT_JIS, EUC_JP, UTF_8]
        .into_iter()
        .map(|encoding| with(encoding, untrusted))
        .max_by_key(|decoded| score(&decoded.text, decoded.damaged));
    match best {
        Some(decoded)
            if decoded.damaged.saturating_mul(20) < decoded.text.chars().count()
                && score(&decoded.text, decoded.damaged) > 0 =>
        {
            Ok(decoded)
        }
        _ => Err(ImportError::NotText),
    }
}

fn with(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let damaged = text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
    Decoded { text: text.into_owned(), encoding: encoding.name(), damaged }
}

/// How much a text looks like Japanese prose: hiragana speak for it, damage and half-width katakana against.
fn score(text: &str, damaged: usize) -> i64 {
    let mut score = 0_i64;
    for c in text.chars() {
        score += match c {
            'ぁ'..='ん' | '、' | '。' => 2,
            'ァ'..='ー' | '一'..='鿿' => 1,
            '｡'..='ﾟ' => -2,
            c if c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}') => -5,
            _ => 0,
        };
    }
    score - i64::try_from(damaged).unwrap_or(i64::MAX / 20).saturating_mul(10)
}

/// UTF-16 of Japanese text without a mark.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.len() < 4 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    // Only where something is zero: ASCII has its zeros on one side, the ideographic blank on the other.
    let begin = bytes.get(..bytes.len().min(8_000)).filter(|b| b.contains(&0))?;
    let judged = |encoding: &'static Encoding| {
        let decoded = with(encoding, begin);
        // Noise holds kanji, too, but never mostly.
        let half = i64::try_from(decoded.text.chars().count() / 2).unwrap_or(i64::MAX);
        (score(&decoded.text, decoded.damaged) - half, encoding)
    };
    let (low, high) = (judged(UTF_16LE), judged(UTF_16BE));
    let (best, encoding) = if low.0 >= high.0 { low } else { high };
    (best > 0).then_some(encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "第1条　職員は、情報資産を守らなければならない。\r\n第2条　表示する。\r\n";

    #[test]
    fn every_encoding_of_the_field() {
        let utf_16 = |big: bool| -> Vec<u8> {
            TEXT.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        let marked = |mark: &[u8], rest: Vec<u8>| [mark.to_vec(), rest].concat();
        for (bytes, encoding) in [
            (TEXT.as_bytes().to_vec(), "UTF-8"),
            (marked(b"\xef\xbb\xbf", TEXT.as_bytes().to_vec()), "UTF-8"),
            (SHIFT_JIS.encode(TEXT).0.into_owned(), "Shift_JIS"),
            (EUC_JP.encode(TEXT).0.into_owned(), "EUC-JP"),
            (ISO_2022_JP.encode(TEXT).0.into_owned(), "ISO-2022-JP"),
            (marked(b"\xff\xfe", utf_16(false)), "UTF-16LE"),
            (marked(b"\xfe\xff", utf_16(true)), "UTF-16BE"),
            (utf_16(false), "UTF-16LE"),
            (utf_16(true), "UTF-16BE"),
        ] {
            let decoded = decode(&bytes).unwrap();
            assert_eq!((decoded.text.as_str(), decoded.encoding, decoded.damaged), (TEXT, encoding, 0));
        }
    }

    #[test]
    fn what_is_no_text() {
        let noise: Vec<u8> = (0..4_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for bytes in [b"PK\x03\x04\0\0\0\0".to_vec(), b"\x7fELF\0\0".to_vec(), noise] {
            assert!(matches!(decode(&bytes), Err(ImportError::NotText)));
        }
        let mut broken = TEXT.repeat(20).into_bytes();
        broken.truncate(broken.len() - 4);
        let decoded = decode(&broken).unwrap();
        assert_eq!((decoded.encoding, decoded.damaged), ("UTF-8", 1), "a cut file is read as far as it goes");
    }
}
