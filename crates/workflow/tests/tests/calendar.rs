//! Fiscal years, their parts, and the days on which an office is open.

use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;
use workflow::calendar::{
    Calendar, Closed, Every, HOLIDAYS_FROM, HOLIDAYS_UNTIL, begin_of, day_of, days_between, fiscal_year,
    fiscal_year_begins, holiday, plus,
};

const ALL: [Every; 5] = [Every::FiscalYear, Every::Half, Every::Quarter, Every::Month, Every::Week];

/// The holidays of years for which they are proclaimed or computed by others: month and day.
const KNOWN: &[(i16, &[(i8, i8)])] = &[
    (
        2020,
        &[
            (1, 1),
            (1, 13),
            (2, 11),
            (2, 23),
            (2, 24),
            (3, 20),
            (4, 29),
            (5, 3),
            (5, 4),
            (5, 5),
            (5, 6),
            (7, 23),
            (7, 24),
            (8, 10),
            (9, 21),
            (9, 22),
            (11, 3),
            (11, 23),
        ],
    ),
    (
        2021,
        &[
            (1, 1),
            (1, 11),
            (2, 11),
            (2, 23),
            (3, 20),
            (4, 29),
            (5, 3),
            (5, 4),
            (5, 5),
            (7, 22),
            (7, 23),
            (8, 8),
            (8, 9),
            (9, 20),
            (9, 23),
            (11, 3),
            (11, 23),
        ],
    ),
    (
        2024,
        &[
            (1, 1),
            (1, 8),
            (2, 11),
            (2, 12),
            (2, 23),
            (3, 20),
            (4, 29),
            (5, 3),
            (5, 4),
            (5, 5),
            (5, 6),
            (7, 15),
            (8, 11),
            (8, 12),
            (9, 16),
            (9, 22),
            (9, 23),
            (10, 14),
            (11, 3),
            (11, 4),
            (11, 23),
        ],
    ),
    (
        2025,
        &[
            (1, 1),
            (1, 13),
            (2, 11),
            (2, 23),
            (2, 24),
            (3, 20),
            (4, 29),
            (5, 3),
            (5, 4),
            (5, 5),
            (5, 6),
            (7, 21),
            (8, 11),
            (9, 15),
            (9, 23),
            (10, 13),
            (11, 3),
            (11, 23),
            (11, 24),
        ],
    ),
    (
        2026,
        &[
            (1, 1),
            (1, 12),
            (2, 11),
            (2, 23),
            (3, 20),
            (4, 29),
            (5, 3),
            (5, 4),
            (5, 5),
            (5, 6),
            (7, 20),
            (8, 11),
            (9, 21),
            (9, 22),
            (9, 23),
            (10, 12),
            (11, 3),
            (11, 23),
        ],
    ),
    (
        2027,
        &[
            (1, 1),
            (1, 11),
            (2, 11),
            (2, 23),
            (3, 21),
            (3, 22),
            (4, 29),
            (5, 3),
            (5, 4),
            (5, 5),
            (7, 19),
            (8, 11),
            (9, 20),
            (9, 23),
            (10, 11),
            (11, 3),
            (11, 23),
        ],
    ),
];

fn days_of(year: i16) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(date(year, 1, 1)), move |d| d.tomorrow().ok().filter(|d| d.year() == year))
}

#[test]
fn holidays_are_those_that_were_proclaimed() {
    for (year, known) in KNOWN {
        let found: Vec<(i8, i8)> =
            days_of(*year).filter(|d| holiday(*d).is_some()).map(|d| (d.month(), d.day())).collect();
        assert_eq!(found, *known, "{year}");
    }
    for (day, name) in [
        (date(2026, 9, 22), "国民の休日"),
        (date(2026, 5, 6), "振替休日"),
        (date(2027, 3, 22), "振替休日"),
        (date(2032, 9, 21), "国民の休日"),
        (date(2026, 7, 20), "海の日"),
        (date(2020, 7, 24), "スポーツの日"),
    ] {
        assert_eq!(holiday(day), Some(name), "{day}");
    }
    // The Monday that the Games took, and what no year has.
    for day in [date(2020, 7, 20), date(2021, 10, 11), date(2026, 5, 1), date(2026, 12, 25)] {
        assert_eq!(holiday(day), None, "{day}");
    }
}

#[test]
fn every_known_year_is_sound_and_others_have_no_holidays() {
    for year in HOLIDAYS_FROM..=HOLIDAYS_UNTIL {
        let found: Vec<Date> = days_of(year).filter(|d| holiday(*d).is_some()).collect();
        assert!((16..=22).contains(&found.len()), "{year}: {} holidays", found.len());
        // Who has a holiday on a Sunday has another day.
        for day in found.iter().filter(|d| d.weekday() == Weekday::Sunday) {
            let mut next = plus(*day, 1);
            while holiday(next).is_some_and(|name| name != "振替休日") {
                next = plus(next, 1);
            }
            assert_eq!(holiday(next), Some("振替休日"), "after {day}");
        }
    }
    for year in [1999, HOLIDAYS_FROM - 1, HOLIDAYS_UNTIL + 1] {
        assert!(days_of(year).all(|d| holiday(d).is_none()), "{year}");
    }
}

fn office() -> Calendar {
    Calendar::new(vec![Closed::Yearly { from: (12, 29), until: (1, 3) }, Closed::Once(date(2026, 7, 1))])
}

#[test]
fn an_office_is_open_on_the_other_days() {
    let office = office();
    for (day, open) in [
        (date(2026, 4, 1), true),
        (date(2026, 4, 4), false),
        (date(2026, 4, 5), false),
        (date(2026, 4, 29), false),
        (date(2026, 12, 28), true),
        (date(2026, 12, 29), false),
        (date(2027, 1, 3), false),
        (date(2027, 1, 4), true),
        (date(2026, 7, 1), false),
        (date(2027, 7, 1), true),
    ] {
        assert_eq!(office.is_open(day), open, "{day}");
    }
    for (from, n, day) in [
        (date(2026, 4, 1), 1, date(2026, 4, 1)),
        (date(2026, 4, 1), 10, date(2026, 4, 14)),
        (date(2026, 5, 1), 2, date(2026, 5, 7)),
        (date(2027, 1, 1), 1, date(2027, 1, 4)),
        (date(2026, 4, 4), 0, date(2026, 4, 6)),
    ] {
        assert_eq!(office.nth_open(from, n), day, "the {n}th from {from}");
    }
    assert_eq!(office.open_days_after(date(2026, 4, 30), 1), date(2026, 5, 1));
    assert_eq!(office.open_days_after(date(2026, 5, 1), 1), date(2026, 5, 7), "golden week");
    assert_eq!(office.open_days_after(date(2026, 5, 2), 0), date(2026, 5, 2));
    assert_eq!(office.open_until(date(2027, 1, 3)), date(2026, 12, 28));
    assert_eq!(office.open_until(date(2026, 9, 23)), date(2026, 9, 18));
}

#[test]
fn an_office_that_never_opens_ends_the_search() {
    let never = Calendar::new(vec![Closed::Yearly { from: (1, 1), until: (12, 31) }]);
    let day = date(2026, 4, 1);
    assert_eq!(never.open_until(day), day);
    assert!(never.nth_open(day, 5) > day);
}

#[test]
fn fiscal_years_begin_in_april() {
    for (day, year) in [
        (date(2026, 3, 31), 2025),
        (date(2026, 4, 1), 2026),
        (date(2027, 3, 31), 2026),
        (date(2028, 2, 29), 2027),
    ] {
        assert_eq!(fiscal_year(day), year, "{day}");
    }
    for (every, count) in
        [(Every::FiscalYear, 1), (Every::Half, 2), (Every::Quarter, 4), (Every::Month, 12), (Every::Week, 52)]
    {
        assert_eq!(every.of_fiscal_year(2026).len(), count, "{every:?}");
    }
    let quarter = Every::Quarter.period(date(2027, 2, 14));
    assert_eq!(
        (quarter.key.as_str(), quarter.first, quarter.last),
        ("2026-q4", date(2027, 1, 1), date(2027, 3, 31))
    );
    let leap = Every::Month.period(date(2028, 2, 29));
    assert_eq!((leap.key.as_str(), leap.last), ("2028-02", date(2028, 2, 29)));
    let week = Every::Week.period(date(2027, 3, 31));
    assert_eq!((week.first, week.last, week.fiscal_year()), (date(2027, 3, 29), date(2027, 4, 4), 2026));
}

fn any_day() -> impl Strategy<Value = Date> {
    (0..60_000_i32).prop_map(|n| plus(date(1970, 1, 1), n))
}

proptest! {
    /// No gap and no overlap: each day lies in exactly one period of each length, and the next begins the day after.
    #[test]
    fn periods_tile_the_days(day in any_day(), every in proptest::sample::select(&ALL[..])) {
        let period = every.period(day);
        prop_assert!(period.covers(day));
        prop_assert_eq!(&every.period(period.first), &period);
        prop_assert_eq!(&every.period(period.last), &period);
        let next = every.next(&period);
        prop_assert_eq!(next.first, plus(period.last, 1));
        prop_assert!(next.key != period.key);
        let before = every.period(plus(period.first, -1));
        prop_assert_eq!(before.last, plus(period.first, -1));
    }

    /// The periods of a fiscal year are those that begin in it, in order and without a gap.
    #[test]
    fn a_fiscal_year_is_made_of_its_periods(year in 1990..2150_i16, every in proptest::sample::select(&ALL[..])) {
        let periods = every.of_fiscal_year(year);
        for pair in periods.windows(2) {
            prop_assert_eq!(pair[1].first, plus(pair[0].last, 1));
        }
        prop_assert!(periods.iter().all(|p| p.fiscal_year() == year));
        let (begin, end) = (fiscal_year_begins(year), fiscal_year_begins(year + 1));
        let before = periods.first().map(|p| plus(p.first, -1)).unwrap();
        prop_assert!(periods[0].first >= begin && every.period(before).first < begin);
        prop_assert!(periods.last().unwrap().last >= plus(end, -1));
    }

    #[test]
    fn days_begin_at_midnight_in_japan(day in any_day(), inside in 0..86_400_000_i64) {
        prop_assert_eq!(day_of(begin_of(day)), day);
        prop_assert_eq!(day_of(begin_of(day) + inside), day);
        prop_assert_eq!(begin_of(plus(day, 1)) - begin_of(day), 86_400_000);
        prop_assert_eq!(days_between(day, plus(day, 400)), 400);
    }

    /// Whatever the clock says, there is a day.
    #[test]
    fn no_moment_has_no_day(at in any::<i64>()) {
        let _day = day_of(at);
    }
}
