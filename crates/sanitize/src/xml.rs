//! Small tools for XML that came from outside.
//!
//! Owns: decoding a part's bytes, reading and writing attribute values and character references.
//! Leaves to others: which elements stay (each format's `filter`).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use quick_xml::events::BytesRef;
use quick_xml::events::attributes::Attribute;
use worker_protocol::Reason;

use crate::Refusal;

/// A part as text. Only UTF-8 and UTF-16 are XML in a package (ECMA-376 Part 2); a filter that reads another
/// encoding than the viewer does is no filter, so anything else is refused.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, Refusal> {
    decode_borrowed(bytes).map(|text| known_characters(text).into_owned())
}

/// The same without a copy where the bytes are what is meant, and with every character that was there.
pub(crate) fn decode_borrowed(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    let (encoding, bom_length) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let body = bytes.get(bom_length..).unwrap_or_default();
    let damaged = Refusal::held(Reason::Damaged);
    let text = if encoding == UTF_8 {
        Cow::Borrowed(std::str::from_utf8(body).map_err(|_| damaged)?)
    } else {
        encoding.decode_without_bom_handling_and_without_replacement(body).ok_or(damaged)?
    };
    let declared = text
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split("?>").next())
        .and_then(|declaration| declaration.split("encoding").nth(1))
        .and_then(|rest| rest.split(['"', '\'']).nth(1))
        .unwrap_or(if encoding == UTF_8 { "utf-8" } else { "utf-16" })
        .to_ascii_lowercase();
    let agrees = match declared.as_str() {
        "utf-8" | "us-ascii" | "ascii" => encoding == UTF_8,
        "utf-16" | "utf-16le" | "utf-16be" => encoding != UTF_8,
        _ => false,
    };
    if agrees { Ok(text) } else { Err(Refusal::held(Reason::Damaged)) }
}

/// The text without characters that are none in XML.
///
/// They are never written, so they must go before anything is judged: `url&#1;(` is harmless, and what it is written as
/// is not.
pub(crate) fn known_characters(text: Cow<'_, str>) -> Cow<'_, str> {
    if has_strange_characters(&text) {
        return Cow::Owned(text.chars().filter(|c| is_xml_character(*c)).collect());
    }
    text
}

/// Whether there is a character in this that is none in XML.
pub(crate) fn has_strange_characters(text: &str) -> bool {
    text.bytes().any(|byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r'))
        || text.contains('\u{FFFE}')
        || text.contains('\u{FFFF}')
}

/// The value of an attribute as XML says a reader has to take it (XML 1.0, section 3.3.3), with its references resolved.
/// Only XML's own five entities exist here.
pub(crate) fn attribute_value(attribute: &Attribute<'_>) -> Result<String, Refusal> {
    quick_xml::escape::unescape(&with_blanks(&attribute.value))
        .map(|value| known_characters(value).into_owned())
        .map_err(|_| Refusal::held(Reason::Damaged))
}

/// A value as it stands in its tag, with a blank for each tab and line break. Those that are meant are written by their
/// number: one that came out so would be another character than came in, and drawings with it lose their points.
fn with_blanks(raw: &str) -> Cow<'_, str> {
    match raw.contains(['\t', '\n', '\r']) {
        true => Cow::Owned(raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ")),
        false => Cow::Borrowed(raw),
    }
}

/// The value of an attribute by what stands in its tag.
pub(crate) fn unescaped_value(raw: &str) -> Result<Cow<'_, str>, Refusal> {
    match with_blanks(raw) {
        Cow::Borrowed(raw) => unescaped(raw),
        Cow::Owned(raw) => Ok(Cow::Owned(unescaped(&raw)?.into_owned())),
    }
}

/// The character a reference stands for.
pub(crate) fn reference(reference: &BytesRef<'_>) -> Result<char, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    if let Some(character) = reference.resolve_char_ref().map_err(|_| damaged)? {
        return is_xml_character(character).then_some(character).ok_or(damaged);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(damaged),
    }
}

fn is_xml_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// What stands there with its references resolved.
pub(crate) fn unescaped(raw: &str) -> Result<Cow<'_, str>, Refusal> {
    if raw.contains('&') {
        let value = quick_xml::escape::unescape(raw).map_err(|_| Refusal::held(Reason::Damaged))?;
        // What is judged must be what is written, and no program reads these.
        if has_strange_characters(&value) { Err(Refusal::held(Reason::Damaged)) } else { Ok(value) }
    } else {
        Ok(Cow::Borrowed(raw))
    }
}

/// How an attribute's value is spelled in its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spelling {
    /// Whether there are references in it.
    pub(crate) has_reference: bool,
    /// Whether it may be written again as it stands, between double quotes.
    pub(crate) is_plain: bool,
}

impl Spelling {
    pub(crate) fn of(raw: &str) -> Self {
        let (mut has_reference, mut is_odd, mut has_last) = (false, false, false);
        for byte in raw.bytes() {
            has_reference |= byte == b'&';
            is_odd |= byte < b' ' || matches!(byte, b'<' | b'>' | b'"');
            has_last |= byte == 0xEF;
        }
        let is_odd = is_odd || (has_reference && raw.contains("&#")) || (has_last && has_no_character(raw));
        Self { has_reference, is_plain: !is_odd }
    }
}

/// The two code points beyond the surrogates that are no characters of XML.
fn has_no_character(text: &str) -> bool {
    text.contains(['\u{FFFE}', '\u{FFFF}'])
}

/// Whether all of this are characters that XML knows.
pub(crate) fn has_only_characters(text: &str) -> bool {
    !has_controls(text) && !has_no_character(text)
}

/// Whether there are control characters that XML does not know.
pub(crate) fn has_controls(text: &str) -> bool {
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    // Asked block by block, so that the compiler can look at many bytes at once.
    text.as_bytes().chunks(4096).any(|block| block.iter().fold(false, |found, byte| found | is_control(byte)))
}

/// Whether [`push_text`] would write this as it stands.
pub(crate) fn is_plain_text(text: &str) -> bool {
    let (mut is_odd, mut has_last) = (false, false);
    for byte in text.bytes() {
        is_odd |= (byte < b' ' && !matches!(byte, b'\t' | b'\n')) || matches!(byte, b'&' | b'<' | b'>');
        has_last |= byte == 0xEF;
    }
    !(is_odd || (has_last && has_no_character(text)))
}

/// A value as it is written between double quotes.
pub(crate) fn escape_attribute(value: &str) -> Cow<'_, str> {
    let spelling = Spelling::of(value);
    if spelling.is_plain && !spelling.has_reference {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len() + 16);
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c if is_xml_character(c) => out.push(c),
            _ => {}
        }
    }
    Cow::Owned(out)
}

/// Appends text as it is written between tags.
pub(crate) fn push_text(out: &mut String, text: &str) {
    if is_plain_text(text) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            c if is_xml_character(c) => out.push(c),
            _ => {}
        }
    }
}

/// Text as it was before [`push_text`]. Only for what this crate wrote itself.
pub(crate) fn unescape_own(written: &str) -> Cow<'_, str> {
    unescaped(written).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tabs_and_line_breaks_in_a_tag_are_blanks_unless_they_are_meant() {
        for (raw, expected) in [
            ("1,2 \t", "1,2  "),
            ("a\r\nb\nc\rd", "a b c d"),
            ("a&#9;b&#10;c&#13;d", "a\tb\nc\rd"),
            ("a\n&lt;&#10;", "a <\n"),
            ("あ b", "あ b"),
        ] {
            assert_eq!(unescaped_value(raw).unwrap(), expected, "{raw:?}");
            let attribute = Attribute { key: quick_xml::name::QName("a"), value: Cow::Borrowed(raw) };
            assert_eq!(attribute_value(&attribute).unwrap(), expected, "{raw:?}");
            // What is written reads the same.
            assert_eq!(unescaped_value(&escape_attribute(expected)).unwrap(), expected, "{raw:?}");
        }
        assert!(unescaped_value("a\t&b;").is_err() && unescaped_value("\n&#1;").is_err());
    }

    proptest! {
        /// What is taken for plain is what is written when every character is looked at.
        #[test]
        fn plain_is_what_stays_as_it_is(text in "[a-z&<>\"'\u{0}-\u{20}あ\u{FFFD}-\u{FFFF}\u{10000}]{0,12}") {
            let by_character = |in_tag: bool| -> String {
                text.chars().filter(|c| is_xml_character(*c)).map(|c| match c {
                    '&' => "&amp;".to_owned(),
                    '<' => "&lt;".to_owned(),
                    '>' => "&gt;".to_owned(),
                    '\r' => "&#13;".to_owned(),
                    '"' if in_tag => "&quot;".to_owned(),
                    '\t' if in_tag => "&#9;".to_owned(),
                    '\n' if in_tag => "&#10;".to_owned(),
                    c => c.to_string(),
                }).collect()
            };
            let mut written = String::new();
            push_text(&mut written, &text);
            prop_assert_eq!(&written, &by_character(false));
            prop_assert_eq!(&*escape_attribute(&text), &by_character(true));
            prop_assert_eq!(has_only_characters(&text), text.chars().all(is_xml_character));
            let spelling = Spelling::of(&text);
            prop_assert_eq!(spelling.has_reference, text.contains('&'));
            prop_assert!(!spelling.is_plain || spelling.has_reference || text == by_character(true));
        }
    }
}
