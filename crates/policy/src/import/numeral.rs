//! Figures and letters that count.
//!
//! Owns: reading numbers in digits of either width, kanji, circled figures, kana, Latin and Roman letters, and writing them.
//! Leaves to others: what is numbered with them (`label`).

use super::normal::is_blank;

const KATAKANA: &str =
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン";
const IROHA: &str =
    "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス";
const HALF_KATAKANA: &str = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝ";

pub(super) fn next_char(words: &str, at: usize) -> Option<char> {
    words.get(at..).and_then(|rest| rest.chars().next())
}

pub(super) fn skip_blanks(words: &str, at: &mut usize) {
    while let Some(c) = next_char(words, *at).filter(|c| is_blank(*c)) {
        *at += c.len_utf8();
    }
}

/// A number in digits of either width or in kanji, at most 4 characters.
pub(super) fn read_number(words: &str, at: &mut usize) -> Option<u32> {
    skip_blanks(words, at);
    read_digits(words, at).or_else(|| read_kanji(words, at))
}

pub(super) fn digit(c: char) -> Option<u32> {
    match c {
        '０'..='９' => Some(u32::from(c) - u32::from('０')),
        c => c.to_digit(10),
    }
}

pub(super) fn read_digits(words: &str, at: &mut usize) -> Option<u32> {
    let mut number: Option<u32> = None;
    let mut end = *at;
    let mut count = 0;
    while let Some((c, d)) = next_char(words, end).and_then(|c| Some((c, digit(c)?))) {
        number = Some(number.unwrap_or(0) * 10 + d);
        end += c.len_utf8();
        count += 1;
        if count > 4 {
            return None;
        }
    }
    *at = end;
    number
}

pub(super) fn read_kanji(words: &str, at: &mut usize) -> Option<u32> {
    let (mut total, mut unit, mut end, mut count) = (0_u32, 0_u32, *at, 0);
    while let Some(c) = next_char(words, end) {
        let digit = match c {
            '〇' => 0,
            '一' | '壱' => 1,
            '二' | '弐' => 2,
            '三' | '参' => 3,
            '四' => 4,
            '五' => 5,
            '六' => 6,
            '七' => 7,
            '八' => 8,
            '九' => 9,
            '十' => {
                total += unit.max(1) * 10;
                unit = 0;
                end += c.len_utf8();
                count += 1;
                continue;
            }
            '百' => {
                total += unit.max(1) * 100;
                unit = 0;
                end += c.len_utf8();
                count += 1;
                continue;
            }
            _ => break,
        };
        unit = unit * 10 + digit;
        end += c.len_utf8();
        count += 1;
        if count > 6 {
            return None;
        }
    }
    if count == 0 || count > 6 {
        return None;
    }
    *at = end;
    Some(total + unit)
}

pub(super) fn one_of(c: char, first: char, count: u32) -> Option<u32> {
    let offset = u32::from(c).checked_sub(u32::from(first))?;
    (offset < count).then_some(offset + 1)
}

/// ① to ㊿ and the black ones.
pub(super) fn ring(c: char) -> Option<u32> {
    one_of(c, '\u{2460}', 20)
        .or_else(|| one_of(c, '\u{3251}', 15).map(|n| n + 20))
        .or_else(|| one_of(c, '\u{32b1}', 15).map(|n| n + 35))
        .or_else(|| one_of(c, '\u{2776}', 10))
}

pub(super) fn kana(c: char) -> Vec<u32> {
    let place =
        |list: &str| list.chars().position(|k| k == c).and_then(|p| u32::try_from(p).ok()).map(|p| p + 1);
    // The other order counts from 101, so that ア-イ-ウ and イ-ロ-ハ are never taken for one list.
    let mut numbers: Vec<u32> = place(KATAKANA).or_else(|| place(HALF_KATAKANA)).into_iter().collect();
    numbers.extend(place(IROHA).map(|n| n + 100));
    numbers
}

pub(super) fn latin(c: char) -> Option<u32> {
    let c = match c {
        'ａ'..='ｚ' => char::from_u32(u32::from(c) - u32::from('ａ') + u32::from('a'))?,
        'Ａ'..='Ｚ' => char::from_u32(u32::from(c) - u32::from('Ａ') + u32::from('a'))?,
        c => c.to_ascii_lowercase(),
    };
    one_of(c, 'a', 26)
}

pub(super) fn roman(letters: &str) -> Option<u32> {
    const WORDS: [&str; 20] = [
        "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi",
        "xvii", "xviii", "xix", "xx",
    ];
    let lower = letters.to_ascii_lowercase();
    WORDS.iter().position(|w| *w == lower).and_then(|p| u32::try_from(p + 1).ok())
}

/// The kana of the first list that starts with this label: 101 is イ of イロハ.
pub(super) fn kana_of(number: u32) -> char {
    let (list, at) = if number > 100 { (IROHA, number - 100) } else { (KATAKANA, number) };
    usize::try_from(at).ok().and_then(|at| list.chars().nth(at.checked_sub(1)?)).unwrap_or('ア')
}

pub(super) fn kanji(number: u32) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |n: u32| usize::try_from(n).ok().and_then(|n| DIGITS.get(n)).copied().unwrap_or("");
    let unit = |n: u32, name: &str| match n {
        0 => String::new(),
        1 => name.to_owned(),
        n => format!("{}{name}", digit(n)),
    };
    if number > 999 {
        return number.to_string();
    }
    format!("{}{}{}", unit(number / 100, "百"), unit(number / 10 % 10, "十"), digit(number % 10))
}
