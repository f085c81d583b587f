//! Dates as Japanese offices write them.
//!
//! Owns: the eras, from the words to `YYYY-MM-DD` and back. Packs store the latter and people read the former.
//! Leaves to others: days of the week and times of day (`web`).

/// The first year of each era as a year of the common era, and its first day.
const ERAS: [(&str, i32, &str); 5] = [
    ("令和", 2019, "2019-05-01"),
    ("平成", 1989, "1989-01-08"),
    ("昭和", 1926, "1926-12-25"),
    ("大正", 1912, "1912-07-30"),
    // The calendar of today begins in Meiji 6.
    ("明治", 1868, "1873-01-01"),
];

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
    let (first, rest) = ERAS.iter().find_map(|(era, first, _)| Some((*first, narrow.strip_prefix(era)?)))?;
    let (year, rest) = rest.split_once('年')?;
    let year: i32 = if year == "元" { 1 } else { year.parse().ok().filter(|y| (1..=99).contains(y))? };
    let Some((month, rest)) = rest.split_once('月') else { return Some(Err(NoDate::Incomplete)) };
    let month: u32 = month.parse().ok()?;
    if !(1..=12).contains(&month) {
        return Some(Err(NoDate::Month(month)));
    }
    let Some((day, _)) = rest.split_once('日') else { return Some(Err(NoDate::Incomplete)) };
    let day: u32 = day.parse().ok()?;
    let year = first + year - 1;
    if !(1..=days_of(year, month)).contains(&day) {
        return Some(Err(NoDate::Day(day)));
    }
    Some(Ok(format!("{year:04}-{month:02}-{day:02}")))
}

/// A date `YYYY-MM-DD` as 令和8年4月1日; as it is, when it is none or older than the eras.
#[must_use]
pub fn wareki(date: &str) -> String {
    let mut parts = date.splitn(3, '-').map(str::parse::<i32>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) = (parts.next(), parts.next(), parts.next()) else {
        return date.to_owned();
    };
    let Some((era, first, _)) = ERAS.iter().find(|(_, _, from)| date >= *from) else {
        return date.to_owned();
    };
    match year - first + 1 {
        1 => format!("{era}元年{month}月{day}日"),
        year => format!("{era}{year}年{month}月{day}日"),
    }
}

fn days_of(year: i32, month: u32) -> u32 {
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
            ("令和八年四月一日", None),
            ("2026-04-01", None),
            ("", None),
        ] {
            assert_eq!(read(text), date, "{text}");
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
            ("1800-01-01", "1800-01-01"),
            ("soon", "soon"),
        ] {
            assert_eq!(wareki(date), text, "{date}");
        }
    }
}
