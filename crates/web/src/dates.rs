//! Times as Japanese offices write them: era years, weekday, fiscal year; always Japan Standard Time.
//!
//! Owns every text that a time becomes on a screen or in a list that is taken out.
//! Leaves the eras to `policy` and the clock to `app`: times come in as milliseconds since 1970-01-01T00:00:00Z.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time, Weekday},
    tz::{Offset, TimeZone},
};
use workflow::Millis;

/// What stands where a time cannot be shown.
const NO_DATE: &str = "―";

/// A time in every form a page needs, so that templates only choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    /// `2026-11-21T12:34:00+09:00`, for the `datetime` attribute.
    pub iso: String,
    /// `令和8年(2026年)11月21日(土) 12:34`, for pages about one thing.
    pub full: String,
    /// `令和8年11月21日(土) 12:34`, for lists.
    pub short: String,
    /// `令和8年11月21日(土)`.
    pub day: String,
}

impl When {
    /// The forms of that moment.
    #[must_use]
    pub fn at(at: Millis) -> Self {
        Self::forms(at, true)
    }

    /// The forms of a deadline. What ends at midnight ends with the day before, as people say it, and tells no hour.
    #[must_use]
    pub fn until(at: Millis) -> Self {
        match local(at) {
            Some(local) if local.time() == Time::midnight() => {
                Self { iso: iso(at), ..Self::forms(at.saturating_sub(1), false) }
            }
            _ => Self::at(at),
        }
    }

    fn forms(at: Millis, with_time: bool) -> Self {
        let Some(local) = local(at) else {
            return Self {
                iso: String::new(),
                full: NO_DATE.into(),
                short: NO_DATE.into(),
                day: NO_DATE.into(),
            };
        };
        let date = local.date();
        let time =
            if with_time { format!(" {:02}:{:02}", local.hour(), local.minute()) } else { String::new() };
        let (weekday, rest) = (weekday(date.weekday()), format!("{}月{}日", date.month(), date.day()));
        let (year, western) = (era_year(date), format!("{}年", date.year()));
        // Before Meiji there is only the western year, and it is not repeated.
        let full_year = if year == western { year.clone() } else { format!("{year}({western})") };
        Self {
            iso: iso(at),
            full: format!("{full_year}{rest}({weekday}){time}"),
            short: format!("{year}{rest}({weekday}){time}"),
            day: format!("{year}{rest}({weekday})"),
        }
    }
}

/// `2026-11-21T12:34:56+09:00`: for CSV, the `datetime` attribute and the API. Empty outside jiff's range of years.
#[must_use]
pub fn iso(at: Millis) -> String {
    local(at).map_or_else(String::new, |t| {
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+09:00",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    })
}

/// The fiscal year (4月1日 to 3月31日) in which that moment lies, such as `令和8年度`.
#[must_use]
pub fn fiscal_year(at: Millis) -> String {
    fiscal_end_of_year(at).map_or_else(|| NO_DATE.into(), |day| format!("{}度", era_year(day)))
}

/// The number that people say on the telephone: `令8-000123`, with the fiscal year of the submission.
#[must_use]
pub fn transfer_number(number: i64, submitted_at: Millis) -> String {
    match fiscal_end_of_year(submitted_at).and_then(|day| era_of(day).map(|(era, year)| (era.short, year))) {
        Some((short, year)) => format!("{short}{year}-{number:06}"),
        None => format!("{number:06}"),
    }
}

/// `8.11.20`: the day as a stamp has it, the year of the era without its name.
#[must_use]
pub fn stamp_day(at: Millis) -> String {
    let Some(date) = local(at).map(|t| t.date()) else { return NO_DATE.into() };
    let year = era_of(date).map_or_else(|| date.year().to_string(), |(_, year)| year.to_string());
    format!("{year}.{}.{}", date.month(), date.day())
}

/// The moment at which that day begins in Japan; the day is `2026-11-21` as a date field sends it.
#[must_use]
pub fn day_start(text: &str) -> Option<Millis> {
    let date: Date = text.trim().parse().ok()?;
    Some(date.at(0, 0, 0, 0).to_zoned(TimeZone::fixed(jst())).ok()?.timestamp().as_millisecond())
}

/// `2026-11-21`, as a date field wants it.
#[must_use]
pub fn day_field(at: Millis) -> String {
    local(at).map_or_else(String::new, |t| format!("{:04}-{:02}-{:02}", t.year(), t.month(), t.day()))
}

/// 31 December of the fiscal year: the year that offices name a fiscal year after, also when an era began in it.
fn fiscal_end_of_year(at: Millis) -> Option<Date> {
    let date = local(at)?.date();
    let year = if date.month() >= 4 { date.year() } else { date.year().checked_sub(1)? };
    Date::new(year, 12, 31).ok()
}

/// The civil time in Japan; `None` outside the years that there are.
pub(crate) fn local(at: Millis) -> Option<DateTime> {
    let timestamp = Timestamp::from_millisecond(at).ok()?;
    // The last hours of the largest year would leave the range of civil times: ask before adding.
    let shifted = timestamp.as_second().checked_add(i64::from(jst().seconds()))?;
    Timestamp::from_second(shifted).ok()?;
    Some(jst().to_datetime(timestamp))
}

fn jst() -> Offset {
    Offset::constant(9)
}

fn era_of(date: Date) -> Option<(&'static policy::Era, u32)> {
    let (year, month, day) = ymd(date);
    policy::era_of(year, month, day)
}

fn era_year(date: Date) -> String {
    let (year, month, day) = ymd(date);
    policy::era_year(year, month, day)
}

/// Months and days of a calendar are never negative.
fn ymd(date: Date) -> (i32, u32, u32) {
    (date.year().into(), date.month().unsigned_abs().into(), date.day().unsigned_abs().into())
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
        Weekday::Sunday => "日",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Millis {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_deadline_at_midnight_is_the_day_before() {
        for (at, short, full) in [
            ("2026-12-01T00:00:00+09:00", "令和8年11月30日(月)", "令和8年(2026年)11月30日(月)"),
            ("2026-11-30T23:59:00+09:00", "令和8年11月30日(月) 23:59", "令和8年(2026年)11月30日(月) 23:59"),
            ("2024-03-01T00:00:00+09:00", "令和6年2月29日(木)", "令和6年(2024年)2月29日(木)"),
        ] {
            let until = When::until(millis(at));
            assert_eq!((until.short.as_str(), until.full.as_str(), until.iso.as_str()), (short, full, at));
        }
        assert_eq!(When::until(Millis::MAX), When::at(Millis::MAX));
    }

    #[test]
    fn times_are_written_as_offices_write_them() {
        for (at, full, fiscal, number) in [
            ("2026-11-21T12:34:56+09:00", "令和8年(2026年)11月21日(土) 12:34", "令和8年度", "令8-000123"),
            ("2026-03-31T23:59:59+09:00", "令和8年(2026年)3月31日(火) 23:59", "令和7年度", "令7-000123"),
            ("2026-04-01T00:00:00+09:00", "令和8年(2026年)4月1日(水) 00:00", "令和8年度", "令8-000123"),
            ("2019-05-01T00:00:00+09:00", "令和元年(2019年)5月1日(水) 00:00", "令和元年度", "令1-000123"),
            ("2019-04-30T23:59:00+09:00", "平成31年(2019年)4月30日(火) 23:59", "令和元年度", "令1-000123"),
            ("1989-01-08T00:00:00+09:00", "平成元年(1989年)1月8日(日) 00:00", "昭和63年度", "昭63-000123"),
            ("1989-01-07T23:59:00+09:00", "昭和64年(1989年)1月7日(土) 23:59", "昭和63年度", "昭63-000123"),
            ("1926-12-25T00:00:00+09:00", "昭和元年(1926年)12月25日(土) 00:00", "昭和元年度", "昭1-000123"),
            ("1926-12-24T12:00:00+09:00", "大正15年(1926年)12月24日(金) 12:00", "昭和元年度", "昭1-000123"),
            ("1912-07-30T00:00:00+09:00", "大正元年(1912年)7月30日(火) 00:00", "大正元年度", "大1-000123"),
            ("1912-07-29T00:00:00+09:00", "明治45年(1912年)7月29日(月) 00:00", "大正元年度", "大1-000123"),
            ("1868-01-25T00:00:00+09:00", "明治元年(1868年)1月25日(土) 00:00", "1867年度", "000123"),
            ("1868-01-24T00:00:00+09:00", "1868年1月24日(金) 00:00", "1867年度", "000123"),
            // The day changes in Japan nine hours before it does in Greenwich.
            ("2026-11-20T15:00:00Z", "令和8年(2026年)11月21日(土) 00:00", "令和8年度", "令8-000123"),
        ] {
            let at = millis(at);
            assert_eq!(When::at(at).full, full);
            assert_eq!(fiscal_year(at), fiscal, "{full}");
            assert_eq!(transfer_number(123, at), number, "{full}");
        }
        for (at, stamp) in [
            ("2026-11-21T12:34:56+09:00", "8.11.21"),
            ("2019-05-01T00:00:00+09:00", "1.5.1"),
            ("2019-04-30T23:59:59+09:00", "31.4.30"),
            ("2026-03-31T15:00:00Z", "8.4.1"),
        ] {
            assert_eq!(stamp_day(millis(at)), stamp);
        }
    }

    #[test]
    fn a_day_field_and_its_moment_are_the_same_day() {
        let at = millis("2026-11-21T00:00:00+09:00");
        assert_eq!(day_start("2026-11-21"), Some(at));
        assert_eq!(day_field(at), "2026-11-21");
        for bad in ["", "2026-13-01", "令和8年", "2026-11-21T00:00"] {
            let _ = day_start(bad);
        }
        assert_eq!(day_start("2026-13-01"), None);
        assert_eq!(iso(millis("2026-11-21T12:34:56+09:00")), "2026-11-21T12:34:56+09:00");
    }

    proptest::proptest! {
        #[test]
        fn any_number_of_milliseconds_has_a_text(at in proptest::num::i64::ANY, number in proptest::num::i64::ANY) {
            let when = When::at(at);
            proptest::prop_assert!(!when.full.is_empty());
            let _ = (fiscal_year(at), transfer_number(number, at), iso(at), day_field(at));
        }
    }
}
