//! Text as it is read, never as it is kept.
//!
//! Owns: the plain form that endings and subjects are read from.
//! Leaves to others: the form in which spellings of one word are equal (`spelling`), and the text itself, which stays as it was.

use unicode_normalization::UnicodeNormalization as _;

pub(super) use crate::spelling::{folded, is_blank};

/// Hiragana, katakana, kanji and the marks of Japanese sentences.
pub(super) fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff01}'..='\u{ff9f}' | '\u{20000}'..='\u{2ffff}')
}

/// The sentence without widths and blanks, with Japanese commas: what endings and subjects are looked for in.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkc() {
        match c {
            c if is_blank(c) => {
                // Between two Latin words a blank parts them; everywhere else it is layout.
                if out.ends_with(|c: char| c.is_ascii_alphanumeric()) {
                    out.push(' ');
                }
            }
            c => {
                if out.ends_with(' ') && !c.is_ascii_alphanumeric() {
                    out.pop();
                }
                out.push(if c == ',' { '、' } else { c });
            }
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// Without anything in round brackets. A bracket that is never closed hides nothing.
pub(super) fn without_brackets(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    // Where each open bracket stands in `out`.
    let mut open: Vec<usize> = Vec::new();
    for c in plain.chars() {
        match c {
            '(' | '（' | '【' => {
                open.push(out.len());
                out.push(c);
            }
            ')' | '）' | '】' => match open.pop() {
                Some(at) => out.truncate(at),
                None => out.push(c),
            },
            c => out.push(c),
        }
    }
    out
}

/// Without any blank: how 目　次 and 目次 are the same.
pub(super) fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c)).collect()
}

/// Columns on paper: a Latin letter takes one, a kanji two.
pub(super) fn width(text: &str) -> u32 {
    text.chars().map(|c| if c.is_ascii() || matches!(c, '\u{ff61}'..='\u{ff9f}') { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_taken_out_only_in_pairs() {
        for (text, out) in [
            ("職員等(以下「職員等」という。)は", "職員等は"),
            ("可用性)を維持", "可用性)を維持"),
            ("(開いたまま", "(開いたまま"),
            ("a(b(c)d)e", "ae"),
        ] {
            assert_eq!(without_brackets(text), out);
        }
        assert_eq!(plain("I S M S ,サーバ"), "I S M S、サーバ");
    }
}
