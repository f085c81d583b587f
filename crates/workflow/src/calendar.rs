//! Days of a Japanese office: fiscal years and their parts, holidays, the days on which a body is open.
//!
//! Owns: the periods that duties cover, the holidays of the law (`holidays`), counting open days. Leaves to others: which
//! days a body is closed besides (the pack, through `app`), eras (`policy`), what day it is (`app`).
//!
//! Days are civil days of Japan; where one begins in time is for the caller to say.

mod holidays;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::Millis;

pub use holidays::{HOLIDAYS_FROM, HOLIDAYS_UNTIL, holiday};

/// Days on which a body is closed, besides weekends and holidays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// Every year from one day to another, each as month and day; the second may lie in the next year.
    Yearly {
        /// The first.
        from: (i8, i8),
        /// The last.
        until: (i8, i8),
    },
    /// One day.
    Once(Date),
}

impl Closed {
    fn covers(&self, day: Date) -> bool {
        match self {
            Closed::Once(one) => *one == day,
            Closed::Yearly { from, until } => {
                let here = (day.month(), day.day());
                if from <= until { (*from..=*until).contains(&here) } else { here >= *from || here <= *until }
            }
        }
    }
}

/// When a body is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    closed: Vec<Closed>,
}

/// Days that are looked at in search of an open one. A body that is closed longer is closed for good.
const SEARCH_DAYS: i32 = 60;

impl Calendar {
    /// The calendar of a body that is closed on these days, on weekends and on holidays.
    #[must_use]
    pub fn new(closed: Vec<Closed>) -> Self {
        Self { closed }
    }

    /// Whether the body is open on this day.
    #[must_use]
    pub fn is_open(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
            && holiday(day).is_none()
            && !self.closed.iter().any(|c| c.covers(day))
    }

    /// The last open day up to this one. A body that never opens keeps the day itself.
    #[must_use]
    pub fn open_until(&self, day: Date) -> Date {
        (0..SEARCH_DAYS).map(|n| plus(day, -n)).find(|d| self.is_open(*d)).unwrap_or(day)
    }

    /// The n-th open day from this one on, itself counted when it is open.
    #[must_use]
    pub fn nth_open(&self, from: Date, n: u32) -> Date {
        let mut left = n.max(1);
        let mut day = from;
        let mut closed_for = 0;
        loop {
            if self.is_open(day) {
                closed_for = 0;
                left -= 1;
                if left == 0 {
                    return day;
                }
            } else {
                closed_for += 1;
                if closed_for > SEARCH_DAYS {
                    return day;
                }
            }
            let next = plus(day, 1);
            if next == day {
                return day;
            }
            day = next;
        }
    }

    /// As many open days after this one.
    #[must_use]
    pub fn open_days_after(&self, day: Date, n: u32) -> Date {
        if n == 0 { day } else { self.nth_open(plus(day, 1), n) }
    }
}

/// Milliseconds that a day of Japan begins before the same day in UTC.
const JAPAN: Millis = 9 * 3_600_000;
const DAY: Millis = 86_400_000;
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// The moment at which a day begins in Japan.
#[must_use]
pub fn begin_of(day: Date) -> Millis {
    Millis::from(days_between(EPOCH, day)) * DAY - JAPAN
}

/// The day of Japan in which a moment lies. A moment outside of all calendars lies in their last day, or their first.
#[must_use]
pub fn day_of(at: Millis) -> Date {
    let days = at.saturating_add(JAPAN).div_euclid(DAY);
    let days = i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX });
    // A span holds fewer days than a number does.
    plus(EPOCH, days.clamp(-3_600_000, 3_600_000))
}

/// A day as many days later; the ends of the calendar are not passed.
#[must_use]
pub fn plus(day: Date, days: i32) -> Date {
    let span = jiff::Span::new().days(i64::from(days));
    day.saturating_add(span)
}

/// Days from one day to another.
#[must_use]
pub fn days_between(from: Date, until: Date) -> i32 {
    from.until(until).map(|span| span.get_days()).unwrap_or(0)
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Every {
    /// From 1 April to 31 March.
    FiscalYear,
    /// April to September, October to March.
    Half,
    /// Three months, counted from April.
    Quarter,
    /// A month.
    Month,
    /// From Monday to Sunday.
    Week,
}

/// The fiscal year (年度) that a day belongs to: that of the April in which it began.
#[must_use]
pub fn fiscal_year(day: Date) -> i16 {
    if day.month() >= 4 { day.year() } else { day.year() - 1 }
}

/// The first day of a fiscal year. Outside of all calendars it is the nearest there is.
#[must_use]
pub fn fiscal_year_begins(year: i16) -> Date {
    Date::new(year, 4, 1).unwrap_or(if year < 0 { Date::MIN } else { Date::MAX })
}

/// A period that a task covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    /// Names it: two periods of one length have different keys.
    pub key: String,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
}

impl Period {
    /// The fiscal year it is counted to: that of its first day.
    #[must_use]
    pub fn fiscal_year(&self) -> i16 {
        fiscal_year(self.first)
    }

    /// Whether the day lies in it.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        (self.first..=self.last).contains(&day)
    }
}

impl Every {
    /// The period of this length in which a day lies.
    #[must_use]
    pub fn period(self, day: Date) -> Period {
        let year = fiscal_year(day);
        // April is 0.
        let month = i32::from(day.month() - 4).rem_euclid(12);
        let (begin, months, key) = match self {
            Every::FiscalYear => (0, 12, format!("{year:04}")),
            Every::Half => (month / 6 * 6, 6, format!("{year:04}-h{}", month / 6 + 1)),
            Every::Quarter => (month / 3 * 3, 3, format!("{year:04}-q{}", month / 3 + 1)),
            Every::Month => (month, 1, format!("{:04}-{:02}", day.year(), day.month())),
            Every::Week => {
                let first = plus(day, -i32::from(day.weekday().to_monday_zero_offset()));
                let key = format!("{:04}-{:02}-{:02}w", first.year(), first.month(), first.day());
                return Period { key, first, last: plus(first, 6) };
            }
        };
        let first = month_begins(year, begin);
        Period { key, first, last: plus(month_begins(year, begin + months), -1) }
    }

    /// The one that follows.
    #[must_use]
    pub fn next(self, period: &Period) -> Period {
        self.period(plus(period.last, 1))
    }

    /// The periods that begin in a fiscal year, in order.
    #[must_use]
    pub fn of_fiscal_year(self, year: i16) -> Vec<Period> {
        let (begin, end) = (fiscal_year_begins(year), fiscal_year_begins(year.saturating_add(1)));
        let mut period = self.period(begin);
        if period.first < begin {
            period = self.next(&period);
        }
        let mut periods = Vec::new();
        // A year has at most 53 weeks; the bound ends it at the end of all calendars too.
        while period.first < end && periods.len() < 54 {
            let next = self.next(&period);
            periods.push(period);
            period = next;
        }
        periods
    }
}

/// The first day of the n-th month of a fiscal year, April being 0.
fn month_begins(year: i16, month: i32) -> Date {
    let months = jiff::Span::new().months(i64::from(month));
    fiscal_year_begins(year).saturating_add(months)
}
