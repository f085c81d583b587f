//! The number at the beginning of a line.
//!
//! Owns: the styles in which Japanese rules number their parts, reading one from the front of a line, and writing it
//! in one form.
//! Leaves to others: whether a label is meant as one where it stands, and its level (`tree`).

use serde::{Deserialize, Serialize};

use super::normal::is_blank;
use super::numeral::{
    digit, kana, kana_of, kanji, latin, next_char, one_of, read_digits, read_kanji, read_number, ring, roman,
    skip_blanks,
};

/// How a part is numbered. Two parts of one style in one list are siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// 第1編
    Part,
    /// 第1章
    Chapter,
    /// 第1節
    Section,
    /// 第1款
    Subsection,
    /// 第1条
    Article,
    /// 序, 別表, はじめに: a part with a name instead of a number.
    Named,
    /// 附則
    Supplementary,
    /// A heading of Markdown without a number, by its depth.
    Heading(u8),
    /// `1`, `1.2`, `1―2`, by the count of its numbers.
    Decimal(u8),
    /// (1) and ⑴
    Bracketed,
    /// 1)
    HalfBracketed,
    /// ①
    Circled,
    /// ア
    Katakana,
    /// (ア)
    BracketedKatakana,
    /// ア)
    HalfBracketedKatakana,
    /// ⅰ or i.
    Roman,
    /// (i)
    BracketedRoman,
    /// a.
    Latin,
    /// (a)
    BracketedLatin,
    /// 一
    Kanji,
    /// (一)
    BracketedKanji,
    /// ・
    Bullet,
}

impl Style {
    /// Styles with a fixed height: one of these ends every open part of its own height or below.
    pub(super) fn height(self) -> u8 {
        match self {
            Style::Part | Style::Named | Style::Supplementary => 0,
            Style::Chapter => 1,
            Style::Section => 2,
            Style::Subsection => 3,
            Style::Article => 4,
            _ => u8::MAX,
        }
    }
}

/// A label that a line may begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) style: Style,
    /// Its numbers, the outermost first: `1.2` is `[1, 2]`, 第3条の2 is `[3, 2]`.
    pub(super) numbers: Vec<u32>,
    /// Bytes of the line up to what it labels.
    pub(super) length: usize,
    /// Whether nothing but a label looks like this. Others are believed only where they fit into a list.
    pub(super) sure: bool,
}

impl Label {
    pub(super) fn last(&self) -> u32 {
        self.numbers.last().copied().unwrap_or(0)
    }
}

/// More numbers in a row than any text has are no label.
const NUMBERS_MAX: usize = 8;

/// What follows a measure, not a label.
const UNITS: &str = "倍万億千百個件人名台年月日時分秒以未割％文字階";

/// Every reading of the front of a line: イ is the second of アイウ and the first of イロハ.
pub(super) fn labels(words: &str) -> Vec<Label> {
    let mut found = Vec::new();
    let Some(first) = words.chars().next() else { return found };
    if first == '第' {
        found.extend(numbered_name(words));
    } else if let Some(number) = ring(first) {
        found.push(label(words, Style::Circled, vec![number], first.len_utf8(), true));
    } else if let Some(number) = one_of(first, '\u{2474}', 20) {
        found.push(label(words, Style::Bracketed, vec![number], first.len_utf8(), true));
    } else if let Some(number) = one_of(first, '\u{2170}', 12).or_else(|| one_of(first, '\u{2160}', 12)) {
        found.push(label(words, Style::Roman, vec![number], first.len_utf8(), true));
    } else if matches!(first, '(' | '（') {
        found.extend(bracketed(words));
    } else if digit(first).is_some() {
        found.extend(decimal(words));
    } else if matches!(first, '・' | '･' | '●' | '○' | '■' | '□' | '◆' | '◇' | '◎' | '•' | '※')
    {
        found.push(label(words, Style::Bullet, vec![0], first.len_utf8(), true));
    } else {
        found.extend(supplementary(words));
        found.extend(lettered(words));
    }
    found.retain(|l| {
        let rest = words.get(l.length..).unwrap_or("");
        !(l.sure && l.style != Style::Bullet && refers(rest))
    });
    found
}

/// Whether what follows a number shows that the line speaks of the number: （１）の分類, 第3条に定める.
fn refers(rest: &str) -> bool {
    let mut chars = rest.chars();
    match chars.next() {
        Some('の' | 'に' | 'を' | 'は' | 'が' | 'と' | 'も' | 'へ') => {
            // のり…, には… begin words of their own only when kana go on; a reference is followed by a noun.
            chars.next().is_none_or(|c| !matches!(c, 'ぁ'..='ん') || c == 'は')
        }
        Some('、' | '，' | '及' | '又' | '若') => true,
        Some('か') => chars.next() == Some('ら'),
        Some('ま') => chars.next() == Some('で'),
        _ => false,
    }
}

fn label(words: &str, style: Style, numbers: Vec<u32>, length: usize, sure: bool) -> Label {
    let rest = words.get(length..).unwrap_or("");
    let length = length + (rest.len() - rest.trim_start_matches(is_blank).len());
    Label { style, numbers, length, sure }
}

/// 第１章, 第三条の二.
fn numbered_name(words: &str) -> Option<Label> {
    let mut at = '第'.len_utf8();
    let mut numbers = vec![read_number(words, &mut at)?];
    // 第 1 章 with spaced-out characters.
    skip_blanks(words, &mut at);
    let unit = next_char(words, at)?;
    at += unit.len_utf8();
    let style = match unit {
        '編' | '部' => Style::Part,
        '章' => Style::Chapter,
        '節' => Style::Section,
        '款' | '目' => Style::Subsection,
        '条' => Style::Article,
        _ => return None,
    };
    while next_char(words, at) == Some('の') && numbers.len() < NUMBERS_MAX {
        let mut behind = at + 'の'.len_utf8();
        let Some(branch) = read_number(words, &mut behind) else { break };
        numbers.push(branch);
        at = behind;
    }
    // 第3条第2項 is a reference, 第1章 alone or with a blank a heading.
    match next_char(words, at) {
        Some(c) if !is_blank(c) && !matches!(c, '(' | '（' | '「' | '：' | ':') => {
            let sure = false;
            (c != '第' && !refers(words.get(at..).unwrap_or("")))
                .then(|| label(words, style, numbers, at, sure))
        }
        _ => Some(label(words, style, numbers, at, true)),
    }
}

/// (1), (ア), (ⅰ), (a), (一).
fn bracketed(words: &str) -> Vec<Label> {
    let Some(open) = words.chars().next() else { return Vec::new() };
    let Some((inside, _)) = words.get(open.len_utf8()..).and_then(|rest| rest.split_once([')', '）']))
    else {
        return Vec::new();
    };
    let core = inside.trim_matches(is_blank);
    if core.is_empty() || core.chars().count() > 6 {
        return Vec::new();
    }
    let after = open.len_utf8() + inside.len();
    let length = after + next_char(words, after).map_or(0, char::len_utf8);
    let of = |style: Style, number: u32| label(words, style, vec![number], length, true);
    let mut found = Vec::new();
    let mut at = 0;
    if let Some(number) = read_digits(core, &mut at)
        && at == core.len()
    {
        found.push(of(Style::Bracketed, number));
    }
    at = 0;
    if let Some(number) = read_kanji(core, &mut at)
        && at == core.len()
    {
        found.push(of(Style::BracketedKanji, number));
    }
    let mut chars = core.chars();
    if let (Some(only), None) = (chars.next(), chars.next()) {
        found.extend(kana(only).into_iter().map(|n| of(Style::BracketedKatakana, n)));
        found.extend(one_of(only, '\u{2170}', 12).map(|n| of(Style::BracketedRoman, n)));
        found.extend(one_of(only, '\u{2160}', 12).map(|n| of(Style::BracketedRoman, n)));
        found.extend(latin(only).map(|n| of(Style::BracketedLatin, n)));
    }
    found.extend(roman(core).map(|n| of(Style::BracketedRoman, n)));
    found
}

/// 1, 1., 1.2, 1－2, 1) and 1、.
fn decimal(words: &str) -> Option<Label> {
    let mut at = 0;
    let mut numbers = vec![read_digits(words, &mut at)?];
    let mut dotted = false;
    while let Some(c @ ('.' | '．' | '-' | '－' | '―' | '‐' | '–' | '—' | '−' | 'ー')) = next_char(words, at)
    {
        at += c.len_utf8();
        dotted = matches!(c, '.' | '．');
        let Some(number) = read_digits(words, &mut at) else { break };
        numbers.push(number);
        dotted = false;
        if numbers.len() > NUMBERS_MAX {
            return None;
        }
    }
    let next = next_char(words, at);
    // 2026.3.24 is a day, 1.5倍 a measure.
    if numbers.first().is_some_and(|n| *n > 999) {
        return None;
    }
    let depth = u8::try_from(numbers.len()).ok()?;
    if depth == 1 && !dotted {
        return match next {
            Some(c @ (')' | '）')) => {
                Some(label(words, Style::HalfBracketed, numbers, at + c.len_utf8(), true))
            }
            Some(c @ ('、' | '：' | ':')) => {
                Some(label(words, Style::Decimal(1), numbers, at + c.len_utf8(), false))
            }
            Some(c) if is_blank(c) => Some(label(words, Style::Decimal(1), numbers, at, false)),
            _ => None,
        };
    }
    match next {
        None => Some(label(words, Style::Decimal(depth), numbers, at, false)),
        Some(c) if is_blank(c) || dotted => Some(label(words, Style::Decimal(depth), numbers, at, depth > 1)),
        Some(c) if depth > 1 && super::normal::is_japanese(c) && !UNITS.contains(c) => {
            Some(label(words, Style::Decimal(depth), numbers, at, false))
        }
        _ => None,
    }
}

/// ア, a., i), 一、: one letter with a blank or a stop behind it.
fn lettered(words: &str) -> Vec<Label> {
    let mut found = Vec::new();
    let Some(first) = words.chars().next() else { return found };
    let after = first.len_utf8();
    let stop = |at: usize| -> Option<(usize, bool)> {
        match next_char(words, at) {
            Some(c @ ('.' | '．' | '、' | '：' | ':')) => Some((at + c.len_utf8(), false)),
            Some(c @ (')' | '）')) => Some((at + c.len_utf8(), true)),
            Some(c) if is_blank(c) => Some((at, false)),
            None => Some((at, false)),
            _ => None,
        }
    };
    if let Some((length, half)) = stop(after) {
        let style = if half { Style::HalfBracketedKatakana } else { Style::Katakana };
        found.extend(kana(first).into_iter().map(|n| label(words, style, vec![n], length, half)));
        // A Latin letter before a blank is a word of English.
        if length > after
            && let Some(number) = latin(first)
        {
            found.push(label(words, Style::Latin, vec![number], length, false));
        }
    }
    let mut at = 0;
    if let Some(number) = read_kanji(words, &mut at)
        && let Some((length, _)) = stop(at)
    {
        found.push(label(words, Style::Kanji, vec![number], length, false));
    }
    let letters = words.bytes().take_while(|b| matches!(b, b'i' | b'v' | b'x' | b'I' | b'V' | b'X')).count();
    if letters > 0
        && let Some((length, _)) = stop(letters).filter(|(length, _)| *length > letters)
        && let Some(number) = words.get(..letters).and_then(roman)
    {
        found.push(label(words, Style::Roman, vec![number], length, false));
    }
    found
}

/// 附則, 序, 別表第1 and their like, which stand at the front of a line or alone on it.
fn supplementary(words: &str) -> Option<Label> {
    let (squeezed, end) = leading_word(words);
    let is_end = end == words.len();
    if matches!(squeezed.as_str(), "附則" | "付則") {
        return Some(label(words, Style::Supplementary, vec![0], end, true));
    }
    for word in ["附則", "付則"] {
        if squeezed.starts_with(word) && squeezed.chars().nth(2).is_some_and(|c| matches!(c, '(' | '（')) {
            let length = words.find(['(', '（']).unwrap_or(end);
            return Some(label(words, Style::Supplementary, vec![0], length, true));
        }
    }
    let alone =
        matches!(squeezed.as_str(), "前文" | "はじめに" | "おわりに" | "まえがき" | "用語集" | "参考資料");
    if alone && is_end {
        return Some(label(words, Style::Named, vec![0], end, true));
    }
    if squeezed == "序" || squeezed == "序章" || squeezed == "序文" {
        return Some(label(words, Style::Named, vec![0], end, true));
    }
    for word in ["別表", "別紙", "別添", "様式", "付録"] {
        let Some(rest) = squeezed.strip_prefix(word) else { continue };
        let core = rest.strip_prefix('第').unwrap_or(rest);
        let mut at = 0;
        let number = read_number(core, &mut at);
        let tail = core.get(at..).unwrap_or("");
        if (rest.is_empty() || number.is_some()) && matches!(tail, "" | "号") {
            return Some(label(words, Style::Named, vec![number.unwrap_or(0)], end, true));
        }
    }
    None
}

/// The first word of a line with the blanks inside it taken out: `附　則` is 附則. A word of single characters with
/// blanks between them counts as one.
fn leading_word(words: &str) -> (String, usize) {
    let mut out = String::new();
    let mut end = 0;
    for part in words.split_inclusive(is_blank) {
        let core = part.trim_end_matches(is_blank);
        let chars = core.chars().count();
        if !out.is_empty() && (chars != 1 || out.chars().count() > 4 || out == "序") {
            break;
        }
        out.push_str(core);
        end += core.len();
        if chars > 1 {
            break;
        }
        end += part.len() - core.len();
    }
    (out, end.min(words.trim_end_matches(is_blank).len()))
}

/// Whether a list begins with this number.
pub(super) fn is_first(style: Style, number: u32) -> bool {
    match style {
        Style::Katakana | Style::BracketedKatakana | Style::HalfBracketedKatakana => {
            matches!(number, 1 | 101)
        }
        _ => number <= 1,
    }
}

/// One written form of a label, as used in paths: `(2)` for （２） and ⑵, `②`, `ア`, `ⅰ`.
pub(super) fn written(style: Style, numbers: &[u32]) -> String {
    let last = numbers.last().copied().unwrap_or(0);
    let joined = |by: &str| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(by);
    let from = |first: char, count: u32| {
        (1..=count).contains(&last).then(|| char::from_u32(u32::from(first) + last - 1)).flatten()
    };
    match style {
        Style::Part => format!("第{}編", joined("の")),
        Style::Chapter => format!("第{}章", joined("の")),
        Style::Section => format!("第{}節", joined("の")),
        Style::Subsection => format!("第{}款", joined("の")),
        Style::Article => match numbers {
            [number] => format!("第{number}条"),
            [number, branches @ ..] => {
                format!(
                    "第{number}条の{}",
                    branches.iter().map(u32::to_string).collect::<Vec<_>>().join("の")
                )
            }
            [] => String::new(),
        },
        Style::Supplementary => "附則".to_owned(),
        Style::Named | Style::Heading(_) | Style::Bullet => String::new(),
        Style::Decimal(_) => joined("."),
        Style::Bracketed => format!("({last})"),
        Style::HalfBracketed => format!("{last})"),
        Style::Circled => from('①', 20)
            .or_else(|| {
                last.checked_sub(20).filter(|n| (1..=15).contains(n)).and_then(|n| char::from_u32(0x3250 + n))
            })
            .or_else(|| {
                last.checked_sub(35).filter(|n| (1..=15).contains(n)).and_then(|n| char::from_u32(0x32b0 + n))
            })
            .map_or_else(|| format!("<{last}>"), String::from),
        Style::Katakana => kana_of(last).to_string(),
        Style::BracketedKatakana => format!("({})", kana_of(last)),
        Style::HalfBracketedKatakana => format!("{})", kana_of(last)),
        Style::Roman => from('ⅰ', 12).map_or_else(|| format!("<{last}>"), String::from),
        Style::BracketedRoman => from('ⅰ', 12).map_or_else(|| format!("<{last}>"), |c| format!("({c})")),
        Style::Latin => from('a', 26).map_or_else(String::new, String::from),
        Style::BracketedLatin => from('a', 26).map_or_else(String::new, |c| format!("({c})")),
        Style::Kanji => kanji(last),
        Style::BracketedKanji => format!("({})", kanji(last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_of_the_field() {
        use Style as S;
        let rows: &[(&str, S, &[u32], &str)] = &[
            ("第1条　目的", S::Article, &[1], "目的"),
            ("第三条の二 罰則", S::Article, &[3, 2], "罰則"),
            ("第１章 総則", S::Chapter, &[1], "総則"),
            ("第 二 節　組織", S::Section, &[2], "組織"),
            ("第二十一条（目的）", S::Article, &[21], "（目的）"),
            ("１ 目的", S::Decimal(1), &[1], "目的"),
            ("2. 目的", S::Decimal(1), &[2], "目的"),
            ("1.1. 目的", S::Decimal(2), &[1, 1], "目的"),
            ("２．１０　目的", S::Decimal(2), &[2, 10], "目的"),
            ("1―1 目的", S::Decimal(2), &[1, 1], "目的"),
            ("１－２－３　目的", S::Decimal(3), &[1, 2, 3], "目的"),
            ("(1) 範囲", S::Bracketed, &[1], "範囲"),
            ("（１０）範囲", S::Bracketed, &[10], "範囲"),
            ("⑴ 範囲", S::Bracketed, &[1], "範囲"),
            ("1) 範囲", S::HalfBracketed, &[1], "範囲"),
            ("①ネットワーク", S::Circled, &[1], "ネットワーク"),
            ("㉑ 記録", S::Circled, &[21], "記録"),
            ("ア 職員は", S::Katakana, &[1], "職員は"),
            ("ｲ　職員は", S::Katakana, &[2], "職員は"),
            ("(ｱ) 職員は", S::BracketedKatakana, &[1], "職員は"),
            ("エ）職員は", S::HalfBracketedKatakana, &[4], "職員は"),
            ("ⅱ 職員は", S::Roman, &[2], "職員は"),
            ("(iii) 職員は", S::BracketedRoman, &[3], "職員は"),
            ("a. 職員は", S::Latin, &[1], "職員は"),
            ("(b) 職員は", S::BracketedLatin, &[2], "職員は"),
            ("二、職員は", S::Kanji, &[2], "職員は"),
            ("十一　職員は", S::Kanji, &[11], "職員は"),
            ("（三）職員は", S::BracketedKanji, &[3], "職員は"),
            ("・私物の禁止", S::Bullet, &[0], "私物の禁止"),
            ("附　則", S::Supplementary, &[0], ""),
            ("附則（令和5年3月1日改正）", S::Supplementary, &[0], "（令和5年3月1日改正）"),
            ("序 構成", S::Named, &[0], "構成"),
            ("別表第2", S::Named, &[2], ""),
        ];
        for (words, style, numbers, rest) in rows {
            let found = labels(words);
            let hit = found.iter().find(|l| l.style == *style && l.numbers == *numbers);
            let Some(hit) = hit else { panic!("{words}: {found:?}") };
            assert_eq!(words.get(hit.length..), Some(*rest), "{words}");
        }
    }

    #[test]
    fn what_only_looks_like_one() {
        for words in [
            "第3条の規定により",
            "第３条第２項に定める",
            "（１）の分類に従い",
            "①及び②",
            "2026.3.24",
            "１階に設けない",
            "4文字以上とする",
            "一般の職員",
            "イントラネット",
            "1.5倍",
            "12.5%",
            "(以下「職員」という。)",
            "",
            "第一に",
        ] {
            assert_eq!(labels(words), [], "{words}");
        }
    }

    #[test]
    fn written_in_one_form() {
        for (style, numbers, out) in [
            (Style::Article, vec![3, 2], "第3条の2"),
            (Style::Bracketed, vec![12], "(12)"),
            (Style::Circled, vec![21], "㉑"),
            (Style::Katakana, vec![103], "ハ"),
            (Style::Kanji, vec![21], "二十一"),
            (Style::Decimal(3), vec![1, 2, 3], "1.2.3"),
            (Style::Roman, vec![4], "ⅳ"),
        ] {
            assert_eq!(written(style, &numbers), out);
        }
    }
}
