//! The time written in an entry.
//!
//! Owns: milliseconds since 1970 and their one text form, RFC 3339 in UTC.
//! Leaves to others: reading the clock (`app`), time zones and 和暦 (`web`, `sekisho-verify`).

use std::fmt;
use std::str::FromStr;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// A moment in UTC with milliseconds, from 1970 to the end of 9999.
///
/// Its text is always 24 bytes, `2026-11-20T09:30:00.000Z`, so that a leaf has one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryTime(i64);

impl EntryTime {
    /// 9999-12-31T23:59:59.999Z in milliseconds since 1970.
    const MAX_MILLIS: i64 = 253_402_300_799_999;

    /// Takes milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    ///
    /// # Errors
    /// [`EntryTimeError`] before 1970 or after 9999.
    pub fn from_unix_millis(millis: i64) -> Result<Self, EntryTimeError> {
        if (0..=Self::MAX_MILLIS).contains(&millis) { Ok(Self(millis)) } else { Err(EntryTimeError) }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.0
    }
}

/// The time is not one that an entry can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("time is not RFC 3339 in UTC with milliseconds between 1970 and 9999")]
pub struct EntryTimeError;

impl fmt::Display for EntryTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0 / MILLIS_PER_DAY);
        let of_day = self.0 % MILLIS_PER_DAY;
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, milli) = (of_day / 1_000 % 60, of_day % 1_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

impl FromStr for EntryTime {
    type Err = EntryTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Written out instead of formatted and compared, because a verifier reads millions of these.
        const SHAPE: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
        let fits = |(b, shape): (u8, &u8)| if *shape == b'0' { b.is_ascii_digit() } else { b == *shape };
        if text.len() != SHAPE.len() || !text.bytes().zip(SHAPE).all(fits) {
            return Err(EntryTimeError);
        }
        let field = |from: usize, to: usize| {
            let digits = text.as_bytes().get(from..to).unwrap_or_default();
            digits.iter().fold(0_i64, |value, b| value * 10 + i64::from(b - b'0'))
        };
        let (year, month, day) = (field(0, 4), field(5, 7), field(8, 10));
        let (hour, minute, second) = (field(11, 13), field(14, 16), field(17, 19));
        if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
            return Err(EntryTimeError);
        }
        let days = days_from_civil(year, month, day);
        let next_month = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        if day < 1 || days >= days_from_civil(next_month.0, next_month.1, 1) {
            return Err(EntryTimeError);
        }
        let of_day = ((hour * 60 + minute) * 60 + second) * 1_000 + field(20, 23);
        Self::from_unix_millis(days * MILLIS_PER_DAY + of_day)
    }
}

/// Days since 1970-01-01 of a Gregorian date. The year is counted from March, so that the leap day is its last day.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before_year = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 153 days are the five months March to July; the pattern repeats from August.
    let before_month = (153 * month + 2) / 5;
    before_year + before_month + day - 1 - 719_468
}

/// The Gregorian date of a day since 1970-01-01, for days from 1970 to 9999.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    // Average years give a guess that is at most one year off in either direction.
    let mut year = 1970 + days * 400 / 146_097;
    while days_from_civil(year, 1, 1) > days {
        year -= 1;
    }
    while days_from_civil(year + 1, 1, 1) <= days {
        year += 1;
    }
    let month = (2..=12).rev().find(|m| days_from_civil(year, *m, 1) <= days).unwrap_or(1);
    (year, month, days - days_from_civil(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_times() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_224_896_007, "2026-11-21T01:34:56.007Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (EntryTime::MAX_MILLIS, "9999-12-31T23:59:59.999Z"),
        ] {
            let time = EntryTime::from_unix_millis(millis).unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(text.parse(), Ok(time));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-02-29T00:00:00.000Z",
            "2026-02-30T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
            "2026-01-00T00:00:00.000Z",
            "2026-12-32T00:00:00.000Z",
            "2026-11-21T00:60:00.000Z",
            "2026-11-21T24:00:00.000Z",
            "2026-11-21T00:00:60.000Z",
            "2026-11-21T00:00:00Z",
            "2026-11-21T00:00:00.000+00:00",
            "2026-11-21t00:00:00.000z",
            "2026-11-21 00:00:00.000Z",
            "1969-12-31T23:59:59.999Z",
            "2026-11-21T00:00:00.000Z ",
            "２０２６-11-21T00:00:00.000Z",
        ] {
            assert_eq!(text.parse::<EntryTime>(), Err(EntryTimeError), "{text}");
        }
        assert!(EntryTime::from_unix_millis(-1).is_err());
        assert!(EntryTime::from_unix_millis(EntryTime::MAX_MILLIS + 1).is_err());
    }

    proptest! {
        #[test]
        fn every_time_survives_its_text(millis in 0..=EntryTime::MAX_MILLIS) {
            let time = EntryTime::from_unix_millis(millis).unwrap();
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }

        #[test]
        fn any_text_is_refused_or_canonical(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9][.][0-9]{3}Z") {
            if let Ok(time) = text.parse::<EntryTime>() {
                prop_assert_eq!(time.to_string(), text);
            }
        }
    }
}
