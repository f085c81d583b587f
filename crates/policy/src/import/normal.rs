//! Text as it is compared, never as it is kept.
//!
//! Owns: the folding under which spellings of one word are equal (full and half width, blanks inside words,
//! 強靱/強靭/強じん, サーバ/サーバー, small kana), and the plain form that endings and subjects are read from.
//! Leaves to others: the text itself, which stays as it was.

use unicode_normalization::UnicodeNormalization as _;

/// What the reader of policies takes for a blank: also the ideographic one, marks of byte order, zero width.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{feff}' | '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{ad}')
}

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

/// The form in which words are equal.
pub(super) fn folded(text: &str) -> String {
    let plain = plain(text).replace("強じん", "強靭");
    let mut out = String::with_capacity(plain.len());
    let mut kana = 0_usize;
    for c in plain.chars() {
        let c = match c {
            '靱' => '靭',
            'ァ' => 'ア',
            'ィ' => 'イ',
            'ゥ' => 'ウ',
            'ェ' => 'エ',
            'ォ' => 'オ',
            'ヴ' => 'ブ',
            c => c,
        };
        let is_kana = matches!(c, 'ァ'..='ヺ' | 'ー');
        if !is_kana {
            end_of_katakana(&mut out, kana);
            kana = 0;
        } else {
            kana += 1;
        }
        if c != ' ' {
            out.extend(c.to_lowercase());
        }
    }
    end_of_katakana(&mut out, kana);
    out
}

/// サーバー and サーバ are one word; the rule of technical writing keeps the mark in short words only.
fn end_of_katakana(out: &mut String, length: usize) {
    if length >= 4 && out.ends_with('ー') {
        out.pop();
    }
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
    fn spellings_of_one_word_are_equal() {
        for (a, b) in [
            ("強靱性", "強靭性"),
            ("強じん性", "強靭性"),
            ("サーバー", "サーバ"),
            ("コンピューター室", "コンピュータ室"),
            ("ＬＧＷＡＮ 接続系", "LGWAN接続系"),
            ("ソフトウエア", "ソフトウェア"),
            ("目　次", "目次"),
            ("ﾈｯﾄﾜｰｸ", "ネットワーク"),
            ("，", "、"),
        ] {
            assert_eq!(folded(a), folded(b), "{a} {b}");
        }
        assert_ne!(folded("エラー"), folded("エラ"));
    }

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
