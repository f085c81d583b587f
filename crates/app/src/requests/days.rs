//! Days as forms and permits speak of them: always of Japan.
//!
//! Owns reading `YYYY-MM-DD`, and where a day begins. Leaves eras and weekdays to `web`.

use jiff::{Timestamp, civil::Date, tz::Offset};
use workflow::Millis;

const JAPAN: Offset = jiff::tz::offset(9);

/// The beginning of a day that was typed as `YYYY-MM-DD`; `None` when there is no such day.
pub(crate) fn begin_of(untrusted: &str) -> Option<Millis> {
    let mut parts = untrusted.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    let begin = JAPAN.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok()?;
    Some(begin.as_millisecond())
}

/// The day in which a moment lies, as `YYYY-MM-DD`. Empty for a moment outside of all calendars.
pub(crate) fn date_of(at: Millis) -> String {
    Timestamp::from_millisecond(at)
        .map(|t| JAPAN.to_datetime(t).date())
        .map(|d| format!("{:04}-{:02}-{:02}", d.year(), d.month(), d.day()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{begin_of, date_of};

    #[test]
    fn days_begin_at_midnight_in_japan() {
        for (typed, begin) in [
            ("1970-01-01", Some(-9 * 3_600_000)),
            ("2026-11-24", Some(1_795_446_000_000)),
            ("2028-02-29", Some(1_835_362_800_000)),
            ("2027-02-29", None),
            ("2026-13-01", None),
            ("2026-00-10", None),
            ("2026-1-1", None),
            ("26-11-24", None),
            ("2026-11-24-1", None),
            ("+026-11-24", None),
            ("令和8年11月24日", None),
            ("", None),
        ] {
            assert_eq!(begin_of(typed), begin, "{typed}");
            if let Some(begin) = begin {
                assert_eq!(date_of(begin), typed);
                assert_eq!(date_of(begin + 86_399_999), typed);
                assert_ne!(date_of(begin - 1), typed);
            }
        }
    }
}
