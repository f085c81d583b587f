//! The classification mark in RTF: a line at the top of each page and two properties.
//!
//! Owns: how they are written. A bookmark tells the line from other text, so that a later pass can replace it.
//! Leaves to others: finding and removing an earlier one (`mod`).

use std::fmt::Write as _;

use super::MARK;

/// The line, to stand first in a header where a character has this many fallback bytes.
pub(super) fn line(label: &str, fallback: usize) -> String {
    format!(
        "{{\\pard\\plain\\qr\\b\\fs20{{\\*\\bkmkstart {MARK}}}{}{{\\*\\bkmkend {MARK}}}\\par\n}}",
        escaped(label, fallback)
    )
}

/// A header that holds nothing else.
pub(super) fn header(label: &str) -> String {
    format!("{{\\header{}}}\n", line(label, 1))
}

pub(super) fn properties(properties: &[(String, String)]) -> String {
    let mut out = "{\\*\\userprops".to_owned();
    for (name, value) in properties {
        let _ = write!(
            out,
            "{{\\propname {}}}\\proptype30{{\\staticval {}}}",
            escaped(name, 1),
            escaped(value, 1)
        );
    }
    out + "}\n"
}

/// Text in ASCII, each other character by its number with one byte for old readers.
fn escaped(text: &str, mut fallback: usize) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\'5c"),
            '{' | '}' => {
                out.push('\\');
                out.push(character);
            }
            ' '..='~' => out.push(character),
            _ => {
                if fallback != 1 {
                    out.push_str("\\uc1");
                    fallback = 1;
                }
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{}?", i16::from_ne_bytes(unit.to_ne_bytes()));
                }
            }
        }
    }
    out
}
