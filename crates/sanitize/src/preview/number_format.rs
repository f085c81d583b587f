//! Number formats of a workbook as far as a number alone would say nothing without them: days and times.
//!
//! Owns: telling from a pattern whether it shows a day, a time or both, and writing a number so.
//! Leaves to others: which cell has which format (`office`, `old_book`).
//!
//! Days are written as ISO 8601 has them, whatever the workbook's own order of year, month and day: an approver must not
//! have to guess it.

/// What a number format shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// A number as it is.
    #[default]
    Number,
    Day,
    Time,
    DayAndTime,
}

const SECONDS_OF_DAY: i64 = 86_400;

/// How many days later those workbooks begin to count that begin in 1904.
pub(super) const DAYS_TO_1904: f64 = 1_462.0;

/// The last day that spreadsheets count, the end of the year 9999.
const DAY_MAX: f64 = 2_958_465.0;

impl Format {
    /// Reads a pattern such as `yyyy/m/d h:mm`.
    pub(super) fn read(pattern: &str) -> Self {
        // Only the part for positive numbers counts, and nothing in it that is shown as it stands.
        let mut letters = String::new();
        let mut rest = pattern.chars();
        while let Some(c) = rest.next() {
            match c {
                ';' => break,
                '\\' | '_' | '*' => {
                    rest.next();
                }
                '"' => {
                    rest.by_ref().find(|c| *c == '"');
                }
                '[' => {
                    let inside: String = rest.by_ref().take_while(|c| *c != ']').collect();
                    // Hours beyond a day stand in brackets, and so do colours and conditions.
                    if matches!(inside.to_ascii_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                        letters.push('?');
                    }
                }
                c => letters.push(c.to_ascii_lowercase()),
            }
        }
        // Time that adds up is no time of a day.
        if letters.contains("general") || letters.contains('?') {
            return Self::Number;
        }
        let has_time = letters.contains(['h', 's']);
        let has_day = letters.contains(['y', 'd']) || (letters.contains('m') && !has_time);
        match (has_day, has_time) {
            (true, true) => Self::DayAndTime,
            (true, false) => Self::Day,
            (false, true) => Self::Time,
            (false, false) => Self::Number,
        }
    }

    /// One of the formats that have a number of their own and no pattern.
    pub(super) fn built_in(number: u32) -> Self {
        match number {
            // From 27 on they are those of Japan.
            14..=17 | 27..=31 | 34..=36 | 50..=58 => Self::Day,
            18..=21 | 32 | 33 | 45 | 47 => Self::Time,
            22 => Self::DayAndTime,
            _ => Self::Number,
        }
    }

    /// The number as this format shows it, with days that begin so many days later; none when it is no day or the format is
    /// one of numbers.
    pub(super) fn shown(self, number: &str, days_later: f64) -> Option<String> {
        if self == Self::Number {
            return None;
        }
        let serial: f64 = number.parse().ok()?;
        let serial = if self == Self::Time { serial } else { serial + days_later };
        let least = if self == Self::Time { 0.0 } else { 1.0 };
        if !(least..=DAY_MAX).contains(&serial) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the number was just found to be a small one")]
        let (mut day, mut second) =
            (serial.floor() as i64, (serial.fract() * SECONDS_OF_DAY as f64).round() as i64);
        if second == SECONDS_OF_DAY {
            (day, second) = (day + 1, 0);
        }
        let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        match self {
            Self::Number => None,
            Self::Time if day > 0 => None,
            Self::Time => Some(time),
            Self::Day if second == 0 => date(day),
            // A time that the pattern leaves out is there all the same.
            Self::Day | Self::DayAndTime => Some(format!("{} {time}", date(day)?)),
        }
    }
}

/// The date of a day that is counted from the last day of 1899. The 60th is one that never was: the 29th of February 1900.
fn date(serial: i64) -> Option<String> {
    let days_since_1970 = match serial {
        60 => return None,
        ..60 => serial - 25_568,
        61.. => serial - 25_569,
    };
    // Years begin in March here, so that the odd day is their last; 400 of them are 146,097 days.
    let days = days_since_1970 + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_of_days_and_times_are_told_from_those_of_numbers() {
        let rows = [
            ("General", Format::Number),
            ("0.00E+00", Format::Number),
            ("#,##0_);[Red]\\(#,##0\\)", Format::Number),
            ("0\\d", Format::Number),
            ("0\" days\"", Format::Number),
            ("[h]:mm:ss", Format::Number),
            ("m/d/yy", Format::Day),
            ("mmm-yy", Format::Day),
            ("[$-411]ggge\"年\"m\"月\"d\"日\"", Format::Day),
            ("h:mm AM/PM", Format::Time),
            ("mm:ss", Format::Time),
            ("yyyy/m/d h:mm", Format::DayAndTime),
            ("\"never closed", Format::Number),
        ];
        for (pattern, expected) in rows {
            assert_eq!(Format::read(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn serials_are_days() {
        let rows = [
            (Format::Day, "1", Some("1900-01-01")),
            (Format::Day, "59", Some("1900-02-28")),
            (Format::Day, "60", None),
            (Format::Day, "61", Some("1900-03-01")),
            (Format::Day, "25569", Some("1970-01-01")),
            (Format::Day, "43890", Some("2020-02-29")),
            (Format::Day, "2958465", Some("9999-12-31")),
            (Format::Day, "2958466", None),
            (Format::Day, "43890.25", Some("2020-02-29 06:00:00")),
            (Format::Day, "0", None),
            (Format::Day, "-3", None),
            (Format::Day, "#N/A", None),
            (Format::Day, "nan", None),
            // This rounds up to midnight, which belongs to a day that a time does not show.
            (Format::Time, "0.999999", None),
            (Format::Time, "0.75", Some("18:00:00")),
            (Format::Time, "1.5", None),
            (Format::DayAndTime, "43890.5", Some("2020-02-29 12:00:00")),
            (Format::Number, "43890", None),
        ];
        for (format, number, expected) in rows {
            assert_eq!(format.shown(number, 0.0).as_deref(), expected, "{format:?} {number}");
        }
        assert_eq!(Format::Day.shown("0", DAYS_TO_1904).as_deref(), Some("1904-01-01"));
        assert_eq!(Format::Time.shown("0.5", DAYS_TO_1904).as_deref(), Some("12:00:00"));
    }

    proptest! {
        #[test]
        fn any_pattern_and_number_end(pattern in ".{0,20}", number in any::<f64>()) {
            Format::read(&pattern).shown(&number.to_string(), 0.0);
        }

        #[test]
        fn days_follow_each_other(serial in 61i64..2_958_465) {
            prop_assert!(date(serial).unwrap() < date(serial + 1).unwrap());
        }
    }
}
