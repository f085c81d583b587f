//! Words of the policy that are near a word that it does not have.
//!
//! Owns: which runs of characters count as words, and how near two of them are.
//! Leaves to others: when this is asked (`search`).

use std::collections::{BTreeSet, HashMap};

use crate::spelling::folded;

/// The most words that are proposed.
pub(super) const WORDS_MAX: usize = 5;

/// Shorter runs say too little, longer ones are sentences.
const WORD_CHARS: std::ops::RangeInclusive<usize> = 2..=16;

/// Two words are near when at least this share of their pairs is common, in hundredths.
const SHARED_PERCENT_MIN: usize = 40;

/// Stands before and behind a word, so that its ends count.
const EDGE: char = '\u{0}';

type Pair = (char, char);

#[derive(Debug)]
struct Word {
    shown: String,
    folded: String,
    count: u32,
    pairs: usize,
}

/// The words of one or more packs.
#[derive(Debug)]
pub(super) struct Near {
    words: Vec<Word>,
    /// The words that hold a pair, in order.
    holders: HashMap<Pair, Vec<u32>>,
}

impl Near {
    pub(super) fn new<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut words: Vec<Word> = Vec::new();
        for run in texts.flat_map(runs) {
            let folded = folded(run);
            if !WORD_CHARS.contains(&folded.chars().count()) {
                continue;
            }
            let number = *numbers.entry(folded.clone()).or_insert_with(|| {
                let pairs = pairs(&folded).len();
                words.push(Word { shown: run.to_owned(), folded, count: 0, pairs });
                words.len() - 1
            });
            if let Some(word) = words.get_mut(number) {
                word.count += 1;
            }
        }
        let mut holders: HashMap<Pair, Vec<u32>> = HashMap::new();
        for (number, word) in (0_u32..).zip(&words) {
            for pair in pairs(&word.folded) {
                holders.entry(pair).or_default().push(number);
            }
        }
        Self { words, holders }
    }

    /// The nearest words, the nearest first: those that look alike, then those that are a part of it.
    pub(super) fn to(&self, word: &str) -> Vec<String> {
        let asked = pairs(word);
        let mut shared: HashMap<u32, usize> = HashMap::new();
        for number in asked.iter().filter_map(|pair| self.holders.get(pair)).flatten() {
            *shared.entry(*number).or_default() += 1;
        }
        let mut alike: Vec<(usize, &Word)> = Vec::new();
        let mut inside: Vec<&Word> = Vec::new();
        for (number, common) in shared {
            let Some(known) = usize::try_from(number).ok().and_then(|n| self.words.get(n)) else { continue };
            let percent = 200 * common / (asked.len() + known.pairs);
            if percent >= SHARED_PERCENT_MIN {
                alike.push((percent, known));
            } else if word.contains(&known.folded) {
                inside.push(known);
            }
        }
        alike.sort_by(|(a, x), (b, y)| (b, y.count, &x.folded).cmp(&(a, x.count, &y.folded)));
        inside
            .sort_by(|x, y| (y.folded.len(), y.count, &x.folded).cmp(&(x.folded.len(), x.count, &y.folded)));
        let all = alike.into_iter().map(|(_, word)| word).chain(inside);
        all.take(WORDS_MAX).map(|word| word.shown.clone()).collect()
    }
}

fn pairs(word: &str) -> BTreeSet<Pair> {
    let before = std::iter::once(EDGE).chain(word.chars());
    before.zip(word.chars().chain(std::iter::once(EDGE))).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Kanji,
    Katakana,
    Latin,
    Other,
}

fn script(c: char) -> Script {
    match c {
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '々' => Script::Kanji,
        'ァ'..='ヺ' | 'ー' | '\u{ff66}'..='\u{ff9f}' => Script::Katakana,
        c if c.is_ascii_alphabetic() || ('Ａ'..='Ｚ').contains(&c) || ('ａ'..='ｚ').contains(&c) => {
            Script::Latin
        }
        _ => Script::Other,
    }
}

/// Runs of one script, and runs of kanji and katakana together: 情報, セキュリティ, 情報セキュリティ.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let same = text.split(|c| script(c) == Script::Other).filter(|run| !run.is_empty());
    same.flat_map(|whole| {
        let mut parts: Vec<&str> = vec![whole];
        let mut start = 0;
        let mut before: Option<Script> = None;
        for (at, c) in whole.char_indices() {
            if before.is_some_and(|b| b != script(c)) {
                parts.extend(whole.get(start..at));
                start = at;
            }
            before = Some(script(c));
        }
        if start > 0 {
            parts.extend(whole.get(start..));
        }
        parts
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_one_script_and_of_several() {
        let all: Vec<&str> = runs("情報セキュリティ管理者はUSBメモリを、ｻｰﾊﾞ室に置く").collect();
        assert_eq!(
            all,
            [
                "情報セキュリティ管理者",
                "情報",
                "セキュリティ",
                "管理者",
                "USBメモリ",
                "USB",
                "メモリ",
                "ｻｰﾊﾞ室",
                "ｻｰﾊﾞ",
                "室",
                "置"
            ]
        );
    }

    #[test]
    fn a_slip_of_one_character_is_near_and_another_word_is_not() {
        let near = Near::new(["機密性と完全性を守る", "ネットワークの分離", "職員は端末を使う"].into_iter());
        for (word, first) in [
            ("機蜜性", Some("機密性")),
            ("ネットーワク", Some("ネットワーク")),
            ("ネットワク", Some("ネットワーク")),
            ("端末装置", Some("端末")),
            ("宇宙飛行士", None),
            ("", None),
        ] {
            assert_eq!(near.to(&folded(word)).first().map(String::as_str), first, "{word}");
        }
    }
}
