//! Ends of retention, and the steps until something is destroyed.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use workflow::{
    id::UserId,
    record::{Disposal, Refusal, Stage, destroyed_from, listed_from},
};

fn user(id: &str) -> UserId {
    UserId::new(id)
}

#[test]
fn years_are_counted_from_the_first_of_april_after_the_end() {
    for (ended, years, from) in [
        // The last day of a fiscal year and the first of the next are a year apart.
        (date(2026, 3, 31), 1, date(2027, 4, 1)),
        (date(2026, 4, 1), 1, date(2028, 4, 1)),
        (date(2026, 12, 31), 5, date(2032, 4, 1)),
        (date(2027, 1, 1), 5, date(2032, 4, 1)),
        // A leap day, and a retention that ends in a leap year.
        (date(2028, 2, 29), 3, date(2031, 4, 1)),
        (date(2027, 3, 1), 10, date(2037, 4, 1)),
        (date(2026, 11, 20), 30, date(2057, 4, 1)),
        (date(2026, 11, 20), 0, date(2027, 4, 1)),
    ] {
        assert_eq!(destroyed_from(ended, years), Some(from), "{ended} {years}");
    }
    assert_eq!(destroyed_from(date(9999, 12, 31), 1), None);
    assert_eq!(listed_from(date(2027, 4, 1), 6), date(2026, 10, 1));
    assert_eq!(listed_from(date(2027, 4, 1), 0), date(2027, 4, 1));
}

proptest! {
    #[test]
    fn every_end_is_a_first_of_april_and_leaves_whole_years(days in 0i32..80_000, years in 0u16..=100) {
        let ended = date(1950, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let from = destroyed_from(ended, years).unwrap();
        prop_assert_eq!((from.month(), from.day()), (4, 1));
        // Never less than the years after the end, never more than one year longer.
        let whole = ended.checked_add(jiff::Span::new().years(years)).unwrap();
        prop_assert!(from > whole);
        prop_assert!(from <= whole.checked_add(jiff::Span::new().years(1).days(1)).unwrap());
        // A later end never gives an earlier one, nor do more years.
        let next = ended.checked_add(jiff::Span::new().days(1)).unwrap();
        prop_assert!(destroyed_from(next, years).unwrap() >= from);
        prop_assert!(destroyed_from(ended, years + 1).is_none_or(|later| later >= from));
    }

    #[test]
    fn a_list_never_begins_after_the_end(months in 0u8..60, year in 1990i16..2200) {
        let end = date(year, 4, 1);
        prop_assert!(listed_from(end, months) <= end);
    }

    /// Whatever people do, nothing is destroyed before its day, without two persons, or while it is held.
    #[test]
    fn nothing_is_destroyed_by_one_person_or_before_its_day(
        steps in proptest::collection::vec((0u8..6, 0u8..3, 0i32..1_200), 1..60),
    ) {
        let from = date(2027, 4, 1);
        let mut record = Disposal::listed(from);
        for (at, (step, person, day)) in (1_i64..).zip(steps) {
            let today = date(2026, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            let by = user(&format!("u{person}"));
            let before = record.clone();
            let done = match step {
                0 => record.hold(by, "裁判", plus(today, 30), today, at),
                1 => record.release(),
                2 => record.propose(by, today, at),
                3 => record.decide(by, today, at),
                4 => record.decline(),
                _ => record.destroy(at),
            };
            if done.is_err() {
                prop_assert_eq!(&record, &before, "a refused step changes nothing");
            } else if step == 2 || step == 3 {
                prop_assert!(today >= from);
            }
            prop_assert_eq!(record.hold.is_some(), record.stage == Stage::Held);
            if matches!(record.stage, Stage::Decided | Stage::Destroyed) {
                let (proposer, decider) = (record.proposed.clone().unwrap().0, record.decided.clone().unwrap().0);
                prop_assert_ne!(proposer, decider);
            }
        }
    }
}

fn plus(day: Date, days: i32) -> Date {
    day.checked_add(jiff::Span::new().days(days)).unwrap()
}

#[test]
fn holds_need_a_reason_and_a_day() {
    let today = date(2027, 4, 2);
    let mut record = Disposal::listed(date(2027, 4, 1));
    let mut hold = |reason: &str, until| record.hold(user("a"), reason, until, today, 1);
    assert_eq!(hold(" ", date(2028, 4, 1)), Err(Refusal::Reason));
    assert_eq!(hold(&"長".repeat(501), date(2028, 4, 1)), Err(Refusal::Reason));
    assert_eq!(hold("裁判", today), Err(Refusal::Day));
    assert_eq!(hold("裁判", date(2038, 1, 1)), Err(Refusal::Day));
    assert_eq!(hold("裁判", date(2028, 4, 1)), Ok(()));
    assert_eq!(record.propose(user("a"), today, 2), Err(Refusal::Stage(Stage::Held)));
    record.release().unwrap();
    assert_eq!(record.propose(user("a"), date(2027, 3, 31), 2), Err(Refusal::Early));
    record.propose(user("a"), today, 2).unwrap();
    assert_eq!(record.decide(user("a"), today, 3), Err(Refusal::SamePerson));
    record.decide(user("b"), today, 3).unwrap();
    assert_eq!(
        record.hold(user("c"), "裁判", date(2028, 4, 1), today, 4),
        Err(Refusal::Stage(Stage::Decided))
    );
    record.destroy(5).unwrap();
    assert_eq!(record.destroy(6), Err(Refusal::Stage(Stage::Destroyed)));
}
