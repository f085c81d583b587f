//! Dates as Japanese offices write them.
//!
//! Owns: the eras, for the whole house: their names, marks and first days, and the way from the words to `YYYY-MM-DD` and
//! back. Packs store the latter and people read the former.
//! Leaves to others: days of the week and times of day (`web`), finding dates in running text (`import`).

/// One era of Japan.
#[derive(Debug, PartialEq, Eq)]
pub struct Era {
    /// 令和.
    pub name: &'static str,
    /// Its first letter, for narrow places: 令.
    pub short: &'static str,
    /// The letter that forms use for it: R.
    pub letter: char,
    /// The one character that stands for it: ㋿.
    pub square: char,
    first: (i32, u32, u32),
}

/// The eras of the modern calendar, the newest first, so that the first one that has begun is the right one.
pub const ERAS: [Era; 5] = [
    Era { name: "令和", short: "令", letter: 'R', square: '㋿', first: (2019, 5, 1) },
    Era { name: "平成", short: "平", letter: 'H', square: '㍻', first: (1989, 1, 8) },
    Era { name: "昭和", short: "昭", letter: 'S', square: '㍼', first: (1926, 12, 25) },
    Era { name: "大正", short: "大", letter: 'T', square: '㍽', first: (1912, 7, 30) },
    // Its first five years had another calendar; their days are counted in today's.
    Era { name: "明治", short: "明", letter: 'M', square: '㍾', first: (1868, 1, 25) },
];

/// The last year that is read of an era that has not ended.
const YEARS_MAX: u32 = 99;

impl Era {
    /// The common year of a year of the era, counted from 1; `None` when it has no such year.
    #[must_use]
    pub fn common_year(&self, year: u32) -> Option<i32> {
        let next = ERAS.iter().rev().find(|era| era.first > self.first);
        let last = next.map_or(YEARS_MAX, |next| (next.first.0 - self.first.0).unsigned_abs() + 1);
        (1..=last).contains(&year).then(|| self.first.0 + i32::try_from(year).unwrap_or(0) - 1)
    }
}

/// The era of a day and the year of it; `None` for a day before them.
#[must_use]
pub fn era_of(year: i32, month: u32, day: u32) -> Option<(&'static Era, u32)> {
    let era = ERAS.iter().find(|era| (year, month, day) >= era.first)?;
    Some((era, (year - era.first.0).unsigned_abs() + 1))
}

/// The year of a day in words: 令和8年, 令和元年, or 1867年 before the eras.
#[must_use]
pub fn era_year(year: i32, month: u32, day: u32) -> String {
    match era_of(year, month, day) {
        Some((era, 1)) => format!("{}元年", era.name),
        Some((era, n)) => format!("{}{n}年", era.name),
        None => format!("{year}年"),
    }
}

/// Why words that begin like a date are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoDate {
    /// A month that no year has.
    Month(u32),
    /// A day that the month does not have.
    Day(u32),
    /// Year or year and month only.
    Incomplete,
}

/// A date written as 令和8年4月1日, also with full-width digits, blanks and 元年; `None` when it does not begin like one.
pub(crate) fn read(text: &str) -> Option<Result<String, NoDate>> {
    let narrow: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
            _ => c,
        })
        .collect();
    let (era, rest) = ERAS.iter().find_map(|era| Some((era, narrow.strip_prefix(era.name)?)))?;
    let (year, rest) = rest.split_once('年')?;
    let year = era.common_year(if year == "元" { 1 } else { year.parse().ok()? })?;
    let Some((month, rest)) = rest.split_once('月') else { return Some(Err(NoDate::Incomplete)) };
    let month: u32 = month.parse().ok()?;
    if !(1..=12).contains(&month) {
        return Some(Err(NoDate::Month(month)));
    }
    let Some((day, _)) = rest.split_once('日') else { return Some(Err(NoDate::Incomplete)) };
    let day: u32 = day.parse().ok()?;
    if !(1..=days_of(year, month)).contains(&day) {
        return Some(Err(NoDate::Day(day)));
    }
    Some(Ok(format!("{year:04}-{month:02}-{day:02}")))
}

/// The letters that forms use for eras.
const LETTERS: [(char, &str); 5] =
    [('R', "令和"), ('H', "平成"), ('S', "昭和"), ('T', "大正"), ('M', "明治")];

/// The day that somebody typed, as `YYYY-MM-DD`: 2026-04-01, 2026/4/1, 2026.4.1, 2026年4月1日, 令和8年4月1日, R8.4.1, also in full
/// width and with blanks. `None` for anything else, and for a day that no calendar has.
#[must_use]
pub fn day_typed(untrusted: &str) -> Option<String> {
    if untrusted.chars().count() > 30 {
        return None;
    }
    if let Some(read) = read(untrusted) {
        return read.ok();
    }
    let narrow: String = untrusted
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            _ => c,
        })
        .map(|c| if matches!(c, '/' | '.' | '年' | '月' | '−' | '‐') { '-' } else { c })
        .collect();
    let plain = narrow.strip_suffix('日').unwrap_or(&narrow);
    let initial = plain.chars().next().map(|c| c.to_ascii_uppercase());
    let named = LETTERS.iter().find(|(letter, _)| Some(*letter) == initial);
    let era = named.and_then(|(_, name)| ERAS.iter().find(|era| era.name == *name));
    let rest = if era.is_some() { plain.get(1..)? } else { plain };
    let mut parts = rest.split('-');
    let mut part = |length: std::ops::RangeInclusive<usize>| {
        let text = parts.next()?;
        let is_number = length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse::<u32>().ok()).flatten()
    };
    let year = match era {
        Some(era) => era.common_year(part(1..=2)?)?,
        None => i32::try_from(part(4..=4)?).ok()?,
    };
    let (month, day) = (part(1..=2)?, part(1..=2)?);
    let ends = parts.next().is_none();
    let is_day =
        ends && year >= 1868 && (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    is_day.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// A date `YYYY-MM-DD` as 令和8年4月1日; as it is, when it is none or older than the eras.
#[must_use]
pub fn wareki(date: &str) -> String {
    let mut parts = date.splitn(3, '-').map(str::parse::<u32>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) = (parts.next(), parts.next(), parts.next()) else {
        return date.to_owned();
    };
    match i32::try_from(year) {
        Ok(year) if era_of(year, month, day).is_some() => {
            format!("{}{month}月{day}日", era_year(year, month, day))
        }
        _ => date.to_owned(),
    }
}

/// How many days a month has.
pub(crate) fn days_of(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_dates() {
        for (text, date) in [
            ("令和8年4月1日", Some(Ok("2026-04-01".to_owned()))),
            ("令和 ８ 年 ４ 月 １ 日", Some(Ok("2026-04-01".to_owned()))),
            ("令和元年5月1日", Some(Ok("2019-05-01".to_owned()))),
            ("平成16年2月29日", Some(Ok("2004-02-29".to_owned()))),
            ("平成17年2月29日", Some(Err(NoDate::Day(29)))),
            ("令和元年13月", Some(Err(NoDate::Month(13)))),
            ("令和元年13月1日", Some(Err(NoDate::Month(13)))),
            ("令和8年3月", Some(Err(NoDate::Incomplete))),
            ("令和8年", Some(Err(NoDate::Incomplete))),
            ("令和0年1月1日", None),
            ("平成31年4月30日", Some(Ok("2019-04-30".to_owned()))),
            ("平成32年1月1日", None),
            ("昭和64年1月7日", Some(Ok("1989-01-07".to_owned()))),
            ("令和八年四月一日", None),
            ("2026-04-01", None),
            ("", None),
        ] {
            assert_eq!(read(text), date, "{text}");
        }
    }

    #[test]
    fn what_people_type_becomes_a_day() {
        for (typed, day) in [
            ("2026-04-01", Some("2026-04-01")),
            (" 2026/4/1 ", Some("2026-04-01")),
            ("２０２６．４．１", Some("2026-04-01")),
            ("2026年4月1日", Some("2026-04-01")),
            ("令和8年4月1日", Some("2026-04-01")),
            ("R8.4.1", Some("2026-04-01")),
            ("r08/04/01", Some("2026-04-01")),
            ("Ｈ３１．４．３０", Some("2019-04-30")),
            ("H32.1.1", None),
            ("R0.1.1", None),
            ("2027-02-29", None),
            ("2028-02-29", Some("2028-02-29")),
            ("2026-13-01", None),
            ("2026-04-00", None),
            ("2026-04-01-1", None),
            ("26/4/1", None),
            ("1600-01-01", None),
            ("46113", None),
            ("R", None),
            ("令和", None),
            ("+2026-4-1", None),
            ("", None),
        ] {
            assert_eq!(day_typed(typed).as_deref(), day, "{typed}");
        }
    }

    #[test]
    fn dates_become_words() {
        for (date, text) in [
            ("2026-03-24", "令和8年3月24日"),
            ("2019-05-01", "令和元年5月1日"),
            ("2019-04-30", "平成31年4月30日"),
            ("1989-01-07", "昭和64年1月7日"),
            ("1873-01-01", "明治6年1月1日"),
            ("1868-01-25", "明治元年1月25日"),
            ("1868-01-24", "1868-01-24"),
            ("1800-01-01", "1800-01-01"),
            ("2026-04", "2026-04"),
            ("soon", "soon"),
        ] {
            assert_eq!(wareki(date), text, "{date}");
        }
    }

    #[test]
    fn an_era_ends_where_the_next_begins() {
        for (name, year, common) in [
            ("令和", 1, Some(2019)),
            ("令和", 99, Some(2117)),
            ("令和", 100, None),
            ("平成", 31, Some(2019)),
            ("平成", 32, None),
            ("昭和", 64, Some(1989)),
            ("大正", 15, Some(1926)),
            ("大正", 16, None),
            ("明治", 45, Some(1912)),
            ("明治", 0, None),
        ] {
            let era = ERAS.iter().find(|era| era.name == name).unwrap();
            assert_eq!(era.common_year(year), common, "{name}{year}");
        }
    }
}
