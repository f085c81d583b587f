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

/// The value of an attribute with its references resolved. Only XML's own five entities exist here.
pub(crate) fn attribute_value(attribute: &Attribute<'_>) -> Result<String, Refusal> {
    quick_xml::escape::unescape(&attribute.value)
        .map(|value| known_characters(value).into_owned())
        .map_err(|_| Refusal::held(Reason::Damaged))
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

/// A value as it is written between double quotes.
pub(crate) fn escape_attribute(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
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
    out
}

/// Appends text as it is written between tags.
pub(crate) fn push_text(out: &mut String, text: &str) {
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
pub(crate) fn unescape_own(written: &str) -> String {
    quick_xml::escape::unescape(written).map(|text| text.into_owned()).unwrap_or_default()
}
