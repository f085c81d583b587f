//! The holidays of the law (国民の祝日に関する法律) from 2020 on.
//!
//! Owns: fixed days, days that are the n-th Monday of a month, the equinoxes, the day in the place of a Sunday (振替休日),
//! the day between two holidays (国民の休日), and the years in which a law moved some.
//! The equinoxes are computed, as published tables do; each is proclaimed the year before, and a change of the law
//! is a change of this table. A library was looked for: those on the registry are unmaintained or need a newer compiler than the
//! workspace.

use jiff::civil::{Date, Weekday};

/// The first year that is known.
pub const HOLIDAYS_FROM: i16 = 2020;
/// The last year for which the formula of the equinoxes is meant. After it no day is a holiday.
pub const HOLIDAYS_UNTIL: i16 = 2099;

/// How the law names a day.
enum Rule {
    /// This day of the month.
    Day(i8),
    /// This Monday of the month.
    Monday(i8),
    /// The vernal equinox.
    Spring,
    /// The autumnal equinox.
    Autumn,
}

/// Month, rule, name.
const RULES: &[(i8, Rule, &str)] = &[
    (1, Rule::Day(1), "元日"),
    (1, Rule::Monday(2), "成人の日"),
    (2, Rule::Day(11), "建国記念の日"),
    (2, Rule::Day(23), "天皇誕生日"),
    (3, Rule::Spring, "春分の日"),
    (4, Rule::Day(29), "昭和の日"),
    (5, Rule::Day(3), "憲法記念日"),
    (5, Rule::Day(4), "みどりの日"),
    (5, Rule::Day(5), "こどもの日"),
    (7, Rule::Monday(3), "海の日"),
    (8, Rule::Day(11), "山の日"),
    (9, Rule::Monday(3), "敬老の日"),
    (9, Rule::Autumn, "秋分の日"),
    (10, Rule::Monday(2), "スポーツの日"),
    (11, Rule::Day(3), "文化の日"),
    (11, Rule::Day(23), "勤労感謝の日"),
];

/// Years in which a law of its own moved a day: year, name, month, day.
const MOVED: &[(i16, &str, i8, i8)] = &[
    (2020, "海の日", 7, 23),
    (2020, "スポーツの日", 7, 24),
    (2020, "山の日", 8, 10),
    (2021, "海の日", 7, 22),
    (2021, "スポーツの日", 7, 23),
    (2021, "山の日", 8, 8),
];

const INSTEAD: &str = "振替休日";
const BETWEEN: &str = "国民の休日";

/// The name of the holiday on this day, if it is one. Years before [`HOLIDAYS_FROM`] and after [`HOLIDAYS_UNTIL`] have none.
#[must_use]
pub fn holiday(day: Date) -> Option<&'static str> {
    if !(HOLIDAYS_FROM..=HOLIDAYS_UNTIL).contains(&day.year()) {
        return None;
    }
    if let Some(name) = named(day) {
        return Some(name);
    }
    // The first day after a holiday on a Sunday that is no holiday itself: what lies between them are holidays.
    let mut before = day.yesterday().ok()?;
    while named(before).is_some() {
        if before.weekday() == Weekday::Sunday {
            return Some(INSTEAD);
        }
        before = before.yesterday().ok()?;
    }
    let (yesterday, tomorrow) = (day.yesterday().ok()?, day.tomorrow().ok()?);
    (named(yesterday).is_some() && named(tomorrow).is_some()).then_some(BETWEEN)
}

/// The holiday that the law names for this day.
fn named(day: Date) -> Option<&'static str> {
    if let Some((_, name, _, _)) =
        MOVED.iter().find(|(y, _, m, d)| (*y, *m, *d) == (day.year(), day.month(), day.day()))
    {
        return Some(name);
    }
    let is_moved = |name: &str| MOVED.iter().any(|(year, moved, _, _)| *year == day.year() && *moved == name);
    RULES
        .iter()
        .filter(|(month, _, name)| *month == day.month() && !is_moved(name))
        .find(|(_, rule, _)| match rule {
            Rule::Day(n) => day.day() == *n,
            Rule::Monday(n) => day.weekday() == Weekday::Monday && (day.day() - 1) / 7 + 1 == *n,
            Rule::Spring => i64::from(day.day()) == equinox(20_843_100, day.year()),
            Rule::Autumn => i64::from(day.day()) == equinox(23_248_800, day.year()),
        })
        .map(|(_, _, name)| *name)
}

/// The day of the month in millionths of a day in 1980, moved by the length of the year less the leap days: good for 1980 to
/// 2099.
fn equinox(in_1980: i64, year: i16) -> i64 {
    let years = i64::from(year) - 1980;
    (in_1980 + 242_194 * years) / 1_000_000 - years / 4
}
