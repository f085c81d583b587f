//! What time makes of duties, and the course of a task.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use workflow::{
    calendar::{Calendar, Closed, Every, begin_of, plus},
    duty::{
        Covers, Due, Event, Recurrence, Refusal, Report, Scope, State, Tally, Task, Terms, Within,
        task::{Desk, NewTask, Word},
    },
    id::{SectionId, TaskId, UserId, ZoneId},
    request::Answer,
};

fn office() -> Calendar {
    Calendar::new(vec![Closed::Yearly { from: (12, 29), until: (1, 3) }])
}

fn rule(every: Every, times: u32, due: Due) -> Recurrence {
    Recurrence { every, times, due }
}

#[test]
fn tasks_are_due_on_the_day_that_is_written() {
    let rows = [
        (rule(Every::FiscalYear, 1, Due::BeforeEnd(0)), date(2026, 4, 1), date(2027, 3, 31)),
        (rule(Every::FiscalYear, 1, Due::Date { month: 6, day: 30 }), date(2026, 4, 1), date(2026, 6, 30)),
        // A Sunday, and the day before it is closed too.
        (rule(Every::FiscalYear, 1, Due::Date { month: 2, day: 28 }), date(2026, 4, 1), date(2027, 2, 26)),
        // The last day of a month that ends earlier.
        (rule(Every::FiscalYear, 1, Due::Date { month: 2, day: 29 }), date(2027, 4, 1), date(2028, 2, 29)),
        (rule(Every::FiscalYear, 1, Due::Date { month: 3, day: 31 }), date(2026, 4, 1), date(2027, 3, 31)),
        (rule(Every::Month, 1, Due::BusinessDay(10)), date(2026, 5, 20), date(2026, 5, 19)),
        (rule(Every::Month, 1, Due::AfterEnd(5)), date(2026, 4, 20), date(2026, 5, 12)),
        (rule(Every::Month, 1, Due::BeforeEnd(3)), date(2026, 12, 1), date(2026, 12, 28)),
        (rule(Every::Week, 1, Due::BeforeEnd(0)), date(2026, 5, 5), date(2026, 5, 8)),
    ];
    for (rule, day, due) in rows {
        let period = rule.every.period(day);
        let slots = rule.slots(&period, &office());
        assert_eq!(slots.len(), 1);
        assert_eq!(slots[0].due, due, "{rule:?} on {day}");
    }
    let twice = rule(Every::FiscalYear, 2, Due::BeforeEnd(0));
    let slots = twice.slots(&Every::FiscalYear.period(date(2026, 4, 1)), &office());
    assert_eq!(
        slots.iter().map(|s| (s.nth, s.from, s.due)).collect::<Vec<_>>(),
        [(1, date(2026, 4, 1), date(2026, 9, 29)), (2, date(2026, 9, 30), date(2027, 3, 31))]
    );
}

#[test]
fn events_are_due_within_days_of_either_kind() {
    let friday = date(2026, 5, 1);
    assert_eq!(Within::Calendar(3).due(friday, &office()), date(2026, 5, 4));
    assert_eq!(Within::Business(3).due(friday, &office()), date(2026, 5, 11));
    assert_eq!(Within::Business(0).due(friday, &office()), friday);
}

#[test]
fn a_duty_that_is_new_in_the_middle_does_not_begin_overdue() {
    let yearly = rule(Every::FiscalYear, 1, Due::Date { month: 6, day: 30 });
    let today = date(2026, 11, 22);
    let new = yearly.slots_until(None, today, &office());
    assert_eq!(new.iter().map(|s| s.due).collect::<Vec<_>>(), [date(2027, 3, 31)]);
    // Missed periods are made up for, and keep the day on which they were due.
    let monthly = rule(Every::Month, 1, Due::BeforeEnd(0));
    let made = monthly.slots_until(Some(date(2026, 8, 31)), today, &office());
    assert_eq!(
        made.iter().map(|s| s.period.key.as_str()).collect::<Vec<_>>(),
        ["2026-09", "2026-10", "2026-11"]
    );
    assert_eq!(made[0].due, date(2026, 9, 30));
}

fn terms() -> Terms {
    Terms {
        owner: "manager".to_owned(),
        confirm_by: Some("officer".to_owned()),
        waiver_by: Some("officer".to_owned()),
        wide: Vec::new(),
        remind_days: vec![14, 3],
        escalations: vec![(7, "officer".to_owned()), (30, "ciso".to_owned())],
    }
}

fn task_with(terms: Terms) -> Task {
    let period = Every::FiscalYear.period(date(2026, 4, 1));
    Task::new(
        NewTask {
            duty: "self-inspection".to_owned(),
            title: "自己点検".to_owned(),
            scope: Scope::Section(SectionId::new("tax")),
            covers: Covers::Period(period),
            nth: 1,
            times: 1,
            due_on: date(2026, 9, 30),
            terms,
        },
        begin_of(date(2026, 4, 1)),
    )
}

fn word(by: &str, comment: &str, on: Date) -> Word {
    Word { by: UserId::new(by), at: begin_of(on), zone: ZoneId::new("lgwan"), comment: comment.to_owned() }
}

fn report(by: &str, done_on: Date, on: Date) -> Report {
    Report {
        by: UserId::new(by),
        at: begin_of(on) + 3_600_000,
        done_on,
        zone: ZoneId::new("lgwan"),
        answers: vec![Answer {
            field: "count".to_owned(),
            title: "人数".to_owned(),
            value: "12".to_owned(),
            shown: "12".to_owned(),
            row: None,
        }],
        note: "すべて確かめた".to_owned(),
        attachments: Vec::new(),
    }
}

#[test]
fn a_task_is_reported_and_confirmed_by_another_person() {
    let mut task = task_with(terms());
    assert_eq!(task.id, TaskId::new("self-inspection.2026.1.s-tax"));
    assert_eq!(task.desk().unwrap().to_string(), "r:manager@s:tax");
    let day = date(2026, 9, 10);
    let untouched = task.clone();
    let mut refused = |report: Report, why: Refusal| {
        assert_eq!(task.report(report, day), Err(why));
        assert_eq!(task, untouched, "a refused command changes nothing");
    };
    refused(report("m", date(2026, 9, 11), day), Refusal::Future);
    refused(report("m", date(2026, 3, 31), day), Refusal::TooEarly);
    refused(Report { note: "あ".repeat(4_001), ..report("m", day, day) }, Refusal::TooMuch);
    assert_eq!(task.report(report("m", date(2026, 9, 9), day), day), Ok(vec![Event::Reported]));
    assert_eq!((task.state, task.is_late()), (State::Reported, false));
    assert_eq!(task.desk(), Some(Desk::Role("officer", Some(&SectionId::new("tax")))));
    assert_eq!(task.report(report("m", day, day), day), Err(Refusal::State(State::Reported)));

    let hash = task.report.as_ref().unwrap().hash();
    assert_eq!(task.confirm(word("m", "", day), &hash), Err(Refusal::OwnReport));
    assert_eq!(task.confirm(word("o", "", day), "another"), Err(Refusal::Changed));
    assert_eq!(task.send_back(word("o", " ", day), &hash), Err(Refusal::Comment));
    assert_eq!(task.send_back(word("o", "数が合わない", day), &hash), Ok(vec![Event::SentBack]));
    assert_eq!(task.state, State::Open);
    assert_eq!(task.confirm(word("o", "", day), &hash), Err(Refusal::State(State::Open)));

    let late = date(2026, 10, 20);
    let again = Report { note: "直した".to_owned(), ..report("m", date(2026, 10, 19), late) };
    task.report(again, late).unwrap();
    assert!(task.is_late(), "covers the year, done in it, and reported after it was due");
    assert!(task.returned.is_none());
    let new_hash = task.report.as_ref().unwrap().hash();
    assert_ne!(new_hash, hash);
    assert_eq!(task.confirm(word("o", "", late), &hash), Err(Refusal::Changed), "what was seen before");
    assert_eq!(task.confirm(word("o", "", late), &new_hash), Ok(vec![Event::Confirmed]));
    assert_eq!((task.state, task.desk(), task.alarm_at()), (State::Done, None, None));
}

#[test]
fn a_task_without_a_second_person_ends_with_its_report() {
    let mut task = task_with(Terms { confirm_by: None, ..terms() });
    let day = date(2026, 9, 30);
    task.report(report("m", day, day), day).unwrap();
    assert_eq!((task.state, task.ended_at.is_some(), task.is_late()), (State::Done, true, false));
}

#[test]
fn a_task_is_let_go_by_another_person_for_a_reason() {
    let day = date(2026, 5, 1);
    let mut kept = task_with(Terms { waiver_by: None, ..terms() });
    assert_eq!(kept.ask_waiver(word("m", "休止中", day)), Err(Refusal::NoWaiver));
    let mut task = task_with(terms());
    assert_eq!(task.ask_waiver(word("m", "", day)), Err(Refusal::Comment));
    task.ask_waiver(word("m", "課が休止中", day)).unwrap();
    assert_eq!(task.decide_waiver(word("m", "", day), true), Err(Refusal::OwnReport));
    assert_eq!(task.decide_waiver(word("o", "", day), false), Err(Refusal::Comment));
    let refused = task.decide_waiver(word("o", "できるはず", day), false).unwrap();
    assert_eq!(refused, [Event::WaiverRefused { comment: "できるはず".to_owned() }]);
    assert_eq!((task.state, task.waiver.is_none()), (State::Open, true));
    task.ask_waiver(word("m", "課が休止中", day)).unwrap();
    assert_eq!(task.decide_waiver(word("o", "", day), true), Ok(vec![Event::WaiverGranted]));
    assert_eq!(task.state, State::Waived);
}

#[test]
fn time_reminds_then_notes_then_tells_those_above() {
    let mut task = task_with(terms());
    let mut said = Vec::new();
    let mut day = date(2026, 4, 1);
    while day < date(2026, 12, 1) {
        // Each alarm is the first moment at which there is something to say.
        if let Some(alarm) = task.alarm_at() {
            assert!(task.clone().pass(alarm - 1).is_empty(), "too early on {day}");
        }
        said.extend(task.pass(begin_of(day)).into_iter().map(|event| (day, event)));
        day = plus(day, 1);
    }
    let to = |role: &str| Event::Escalated { to: role.to_owned() };
    assert_eq!(
        said,
        [
            (date(2026, 9, 17), Event::Reminded),
            (date(2026, 9, 28), Event::Reminded),
            (date(2026, 10, 1), Event::Overdue),
            (date(2026, 10, 8), to("officer")),
            (date(2026, 10, 31), to("ciso")),
        ]
    );
    assert_eq!(task.alarm_at(), None);
}

#[test]
fn a_long_sleep_says_everything_once() {
    let mut task = task_with(terms());
    let woke = begin_of(date(2027, 1, 1));
    let events = task.pass(woke);
    assert_eq!(events.len(), 3, "overdue and two above; no reminder of what is past: {events:?}");
    assert_eq!(task.pass(woke), []);
    // Made when one reminder had passed: it is not given.
    let period = Every::FiscalYear.period(date(2026, 4, 1));
    let new = NewTask {
        duty: "d".to_owned(),
        title: "t".to_owned(),
        scope: Scope::Body,
        covers: Covers::Period(period),
        nth: 1,
        times: 1,
        due_on: date(2026, 9, 30),
        terms: terms(),
    };
    let mut late = Task::new(new, begin_of(date(2026, 9, 25)));
    assert_eq!(late.pass(begin_of(date(2026, 9, 25))), []);
    assert_eq!(late.pass(begin_of(date(2026, 9, 29))), [Event::Reminded]);
}

#[test]
fn so_many_times_is_satisfied_or_not() {
    let tally = |asked, done, waived| Tally { asked, done, late: 0, waived, overdue: 0 };
    for (tally, satisfied, permille) in [
        (tally(2, 1, 0), false, 500),
        (tally(2, 2, 0), true, 1_000),
        (tally(2, 1, 1), true, 1_000),
        (tally(0, 0, 0), true, 1_000),
        (tally(3, 0, 3), true, 1_000),
        (tally(3, 1, 0), false, 333),
    ] {
        assert_eq!((tally.is_satisfied(), tally.permille()), (satisfied, permille), "{tally:?}");
    }
    assert_eq!(tally(2, 1, 0).and(tally(1, 1, 0)), tally(3, 2, 0));
}

fn any_rule() -> impl Strategy<Value = Recurrence> {
    let every = proptest::sample::select(
        &[Every::FiscalYear, Every::Half, Every::Quarter, Every::Month, Every::Week][..],
    );
    let due = prop_oneof![
        (1..15_u32).prop_map(Due::BusinessDay),
        (0..25_u32).prop_map(Due::BeforeEnd),
        (1..20_u32).prop_map(Due::AfterEnd),
        (1..=12_i8, 1..=31_i8).prop_map(|(month, day)| Due::Date { month, day }),
    ];
    (every, 1..5_u32, due).prop_map(|(every, times, due)| Recurrence { every, times, due })
}

proptest! {
    /// The slots of a period cut it without a gap, and none is due before it can be done.
    #[test]
    fn slots_cut_their_period(rule in any_rule(), n in 0..20_000_i32) {
        let period = rule.every.period(plus(date(2000, 1, 1), n));
        let slots = rule.slots(&period, &office());
        prop_assert_eq!(slots.len(), usize::try_from(rule.times).unwrap());
        prop_assert_eq!(slots[0].from, period.first);
        for (nth, slot) in (1..).zip(&slots) {
            prop_assert_eq!((slot.nth, slot.times), (nth, rule.times));
            prop_assert!(slot.due >= slot.from);
            prop_assert!(period.covers(slot.from));
        }
        prop_assert!(slots.windows(2).all(|pair| pair[0].from <= pair[1].from));
    }

    /// However the clock runs, also backwards, each time of each period that passed is made once and none is left out.
    #[test]
    fn a_wandering_clock_makes_each_task_once(
        rule in any_rule(),
        steps in proptest::collection::vec(-20..60_i32, 1..40),
    ) {
        let mut today = date(2026, 4, 1);
        let mut latest: Option<Date> = None;
        let mut made: BTreeSet<TaskId> = BTreeSet::new();
        let (mut first, mut last): (Option<Date>, Option<Date>) = (None, None);
        for step in steps {
            today = plus(today, step);
            first.get_or_insert(today);
            latest = latest.max(Some(today));
            for slot in rule.slots_until(last, today, &office()) {
                let covers = Covers::Period(slot.period.clone());
                made.insert(Task::id_of("d", &covers, slot.nth, &Scope::Body));
                last = Some(last.map_or(slot.period.last, |l| l.max(slot.period.last)));
            }
        }
        // Every period from the first look to the latest has its tasks, and no other has.
        let mut wanted = BTreeSet::new();
        let mut period = rule.every.period(first.unwrap());
        while Some(period.first) <= latest {
            wanted.insert(period.key.clone());
            period = rule.every.next(&period);
        }
        let keys: BTreeSet<String> =
            made.iter().map(|id| id.as_str().split('.').nth(1).unwrap().to_owned()).collect();
        prop_assert_eq!(&keys, &wanted);
        prop_assert!(made.len() <= wanted.len() * usize::try_from(rule.times).unwrap());
    }
}
