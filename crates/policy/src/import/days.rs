//! Days and words that a text gives a meaning.
//!
//! Owns: reading 令和8年3月24日, R8.3.24 and 2026年3月24日 in either width, and whether a calendar has them; terms.
//! Leaves to others: what a day does (`pack_text` writes revisions).

use super::normal::{is_blank, plain};
use super::numeral::{next_char, read_number};
use crate::wareki::{ERAS, Era, days_of};

/// A day in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Bytes of the text.
    pub(super) start: usize,
    pub(super) end: usize,
    /// `YYYY-MM-DD` or `YYYY-MM`; none when no calendar has it.
    pub(super) date: Option<String>,
}

/// Every day of the text.
pub(super) fn days(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut before = ' ';
    while let Some(c) = next_char(text, at) {
        let glued = before.is_ascii_alphanumeric() || ('０'..='９').contains(&before);
        match (!glued).then(|| day(text, at)).flatten() {
            Some(day) => {
                at = day.end;
                before = ' ';
                found.push(day);
            }
            None => {
                at += c.len_utf8();
                before = c;
            }
        }
    }
    found
}

fn day(text: &str, start: usize) -> Option<Found> {
    let rest = text.get(start..)?;
    let found = named(rest);
    let (era, is_letter) = (found.map(|f| f.era), found.is_some_and(|f| f.letter));
    let mut at = start + found.map_or(0, |f| f.bytes);
    if era.is_none() && !rest.starts_with(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c)) {
        return None;
    }
    let of_era = skip(text, at, is_blank);
    let first = text.get(of_era..).is_some_and(|t| t.starts_with('元'));
    let year = if first && era.is_some() {
        at = of_era + '元'.len_utf8();
        1
    } else {
        at = of_era;
        read_number(text, &mut at)?
    };
    // 3年1か月 is a length of time.
    if era.is_none() && year < 1_868 {
        return None;
    }
    let separated = |at: &mut usize, unit: char| -> bool {
        let probe = skip(text, *at, is_blank);
        match next_char(text, probe) {
            Some(c) if c == unit => {
                *at = probe + c.len_utf8();
                true
            }
            Some(c @ ('.' | '．' | '/' | '／')) if is_letter || (era.is_none() && year > 1_900) => {
                *at = probe + c.len_utf8();
                true
            }
            _ => false,
        }
    };
    if !separated(&mut at, '年') {
        return None;
    }
    let mut next = at;
    let month = read_number(text, &mut next)?;
    at = next;
    if !separated(&mut at, '月') {
        return None;
    }
    let mut next = at;
    let day = read_number(text, &mut next);
    if day.is_some() {
        at = next;
        if next_char(text, skip(text, at, is_blank)) == Some('日') {
            at = skip(text, at, is_blank) + '日'.len_utf8();
        } else if !is_letter && era.is_some() {
            // 令和8年3月24 without 日 is cut off; the month stands.
            return Some(Found { start, end: at, date: None });
        }
    }
    let year = match era {
        Some(era) => era.common_year(year),
        None => i32::try_from(year).ok().filter(|year| (1_868..=2_200).contains(year)),
    };
    let year = year.filter(|year| {
        (1..=12).contains(&month) && day.is_none_or(|d| (1..=days_of(*year, month)).contains(&d))
    });
    let date = year.map(|year| match day {
        Some(day) => format!("{year:04}-{month:02}-{day:02}"),
        None => format!("{year:04}-{month:02}"),
    });
    Some(Found { start, end: at, date })
}

fn skip(text: &str, at: usize, what: fn(char) -> bool) -> usize {
    let rest = text.get(at..).unwrap_or("");
    at + rest.len() - rest.trim_start_matches(what).len()
}

/// An era at the start of a text.
#[derive(Clone, Copy)]
struct Named {
    era: &'static Era,
    bytes: usize,
    /// Whether it is a letter, after which points part the figures.
    letter: bool,
}

/// 令和, R in either width, ㋿.
fn named(text: &str) -> Option<Named> {
    let first = text.chars().next()?;
    ERAS.iter().find_map(|era| {
        let wide = char::from_u32(u32::from(era.letter) + 0xfee0);
        if text.starts_with(era.name) {
            return Some(Named { era, bytes: era.name.len(), letter: false });
        }
        let letter = first == era.letter || Some(first) == wide;
        (letter || first == era.square).then(|| Named { era, bytes: first.len_utf8(), letter })
    })
}

/// Words given a meaning inside a sentence: 「X」とは、…をいう and （以下「X」という。）.
pub(super) fn inline_terms(sentence: &str) -> Vec<(String, String)> {
    let text = plain(sentence);
    let mut found = Vec::new();
    for (at, _) in text.match_indices("以下") {
        let rest = text.get(at + "以下".len()..).unwrap_or("").trim_start_matches('、');
        let Some(inside) = rest.strip_prefix('「') else { continue };
        let Some((word, tail)) = inside.split_once('」') else { continue };
        if !tail.starts_with("という") && !tail.starts_with("と言う") && !tail.starts_with("と略") {
            continue;
        }
        let before = text.get(..at).unwrap_or("").trim_end_matches(['(', '（']);
        let meant = before.rsplit(['、', '。', '(', '（']).next().unwrap_or("");
        if is_word(word) && !meant.is_empty() {
            found.push((word.to_owned(), meant.to_owned()));
        }
    }
    if let Some((head, meaning)) = text.split_once("とは、") {
        let word = head.rsplit(['、', '。']).next().unwrap_or("").trim_matches(['「', '」']);
        if is_word(word) && !meaning.is_empty() {
            found.push((word.to_owned(), meaning.to_owned()));
        }
    }
    found
}

pub(super) fn is_word(word: &str) -> bool {
    (1..=60).contains(&word.chars().count()) && !word.contains('。')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_every_form() {
        for (text, date) in [
            ("令和8年3月24日から", Some(Some("2026-03-24"))),
            ("平成２５年６月１日", Some(Some("2013-06-01"))),
            ("令和元年5月1日", Some(Some("2019-05-01"))),
            ("昭和二十五年十二月十三日", Some(Some("1950-12-13"))),
            ("R8.3.24", Some(Some("2026-03-24"))),
            ("Ｈ２５．６．１", Some(Some("2013-06-01"))),
            ("㋿8年3月24日", Some(Some("2026-03-24"))),
            ("㍼64年1月7日", Some(Some("1989-01-07"))),
            ("2026年4月1日", Some(Some("2026-04-01"))),
            ("2026/4/1", Some(Some("2026-04-01"))),
            ("令和8年3月", Some(Some("2026-03"))),
            ("令和　８ 年 ３ 月 １ 日", Some(Some("2026-03-01"))),
            ("令和元年13月1日", Some(None)),
            ("令和7年2月29日", Some(None)),
            ("平成35年1月1日", Some(None)),
            ("3年1月", None),
            ("毎年度1回", None),
            ("2.3.4", None),
            ("1年間保存", None),
        ] {
            let found = days(text);
            assert_eq!(found.first().map(|d| d.date.as_deref()), date, "{text}");
        }
    }

    #[test]
    fn words_with_a_meaning() {
        assert_eq!(
            inline_terms("職員、非常勤職員等（以下「職員等」という。）は、守る。"),
            [("職員等".to_owned(), "非常勤職員等".to_owned())]
        );
        assert_eq!(inline_terms("管理区域とは、機器を置く部屋をいう。").len(), 1);
        assert_eq!(inline_terms("以下の対策を講じる。"), []);
    }
}
