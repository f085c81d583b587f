//! Characters that no font has.
//!
//! Owns: finding them in the data of a template, and what is printed instead. A PDF for archives may not hold a character without
//! its picture; a form that cannot be printed because of one name would be worse than one that shows the gap.

use std::collections::BTreeSet;

use crate::{GETA, world::Fonts};

/// Replaces, in every text of a value, what no font has.
pub(crate) fn replace_in(value: &mut serde_json::Value, fonts: &Fonts, missing: &mut BTreeSet<char>) {
    match value {
        serde_json::Value::String(text) => {
            if text.chars().any(|c| !is_fine(c, fonts)) {
                *text = text.chars().filter_map(|c| printable(c, fonts, missing)).collect();
            }
        }
        serde_json::Value::Array(list) => {
            list.iter_mut().for_each(|value| replace_in(value, fonts, missing));
        }
        serde_json::Value::Object(map) => {
            map.values_mut().for_each(|value| replace_in(value, fonts, missing));
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

fn is_fine(c: char, fonts: &Fonts) -> bool {
    matches!(c, '\n' | ' '..='~') || (!is_unseen(c) && !c.is_control() && fonts.have(c))
}

fn printable(c: char, fonts: &Fonts, missing: &mut BTreeSet<char>) -> Option<char> {
    if is_fine(c, fonts) {
        return Some(c);
    }
    if c == '\t' {
        return Some(' ');
    }
    // These have no picture of their own, so nothing is lost with them: the character before is printed in its usual form.
    if is_unseen(c) || c.is_control() {
        return None;
    }
    missing.insert(c);
    fonts.have(GETA).then_some(GETA).or(Some('?'))
}

/// Selectors of variants and other characters that only tell how others are written.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E0FFF}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{00AD}')
}
