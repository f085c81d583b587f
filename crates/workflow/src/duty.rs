//! Tasks of duties (実施事項): what time and events make of a duty, and the course of one task.
//!
//! Owns: which tasks a recurring duty has in a period and when each is due ([`Recurrence`]), the states of a task
//! ([`task`]), and whether "so many times" was done ([`Tally`]).
//! Leaves to others: what the pack says (`policy`), for whom there are tasks, reporting forms and rights (`app`, `authz`).

pub mod task;

use jiff::civil::Date;

use crate::calendar::{Calendar, Every, Period, days_between, plus};

pub use task::{Covers, Event, Refusal, Report, RowScope, Scope, State, Task, Terms, Waiver};

/// When a task of a period is due. A day on which the body is closed moves to the last open day before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The n-th open day of the period.
    BusinessDay(u32),
    /// A day of the fiscal year.
    Date {
        /// 1 to 12.
        month: i8,
        /// 1 to 31; 29 February is the 28th in other years.
        day: i8,
    },
    /// As many days before the last day.
    BeforeEnd(u32),
    /// The n-th open day after the period.
    AfterEnd(u32),
}

/// How a duty recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurrence {
    /// The period.
    pub every: Every,
    /// How often in it; at least once.
    pub times: u32,
    /// When the last of them is due.
    pub due: Due,
}

/// One of the times that a duty is to be done in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The period that it covers.
    pub period: Period,
    /// Which of them, from 1.
    pub nth: u32,
    /// Of how many.
    pub times: u32,
    /// The day from which it can be done.
    pub from: Date,
    /// The day on which it is due.
    pub due: Date,
}

/// Periods that are made up for at most, when no task was made for long.
const CATCH_UP_MAX: usize = 60;

impl Recurrence {
    /// The tasks of one period: it is cut into as many parts of about equal length.
    #[must_use]
    pub fn slots(&self, period: &Period, calendar: &Calendar) -> Vec<Slot> {
        let times = self.times.max(1);
        let days = days_between(period.first, period.last) + 1;
        let at = |n: u32| {
            let part = i64::from(days) * i64::from(n) / i64::from(times);
            plus(period.first, i32::try_from(part).unwrap_or(days))
        };
        (1..=times)
            .map(|nth| {
                let from = at(nth - 1);
                let due = if nth == times {
                    self.due_day(period, calendar)
                } else {
                    calendar.open_until(plus(at(nth), -1))
                };
                Slot { period: period.clone(), nth, times, from, due: due.max(from) }
            })
            .collect()
    }

    fn due_day(&self, period: &Period, calendar: &Calendar) -> Date {
        match self.due {
            Due::BusinessDay(n) => calendar.nth_open(period.first, n),
            Due::AfterEnd(n) => calendar.open_days_after(period.last, n),
            Due::BeforeEnd(n) => {
                calendar.open_until(plus(period.last, i32::try_from(n).map_or(i32::MIN, |n| -n)))
            }
            Due::Date { month, day } => {
                // The year in which that month lies inside the period.
                let year = if (month, day) >= (period.first.month(), period.first.day()) {
                    period.first.year()
                } else {
                    period.last.year()
                };
                let first = Date::new(year, month.clamp(1, 12), 1).unwrap_or(period.last);
                let day = first.days_in_month().min(day.max(1));
                calendar.open_until(Date::new(year, first.month(), day).unwrap_or(period.last))
            }
        }
    }

    /// The tasks that can be done today and, of the periods since `last`, all that could: those that are there already
    /// are among them, and are not made twice because their ids are the same. `last` is the last day of the newest
    /// period that has tasks; without one the duty begins with the period of today.
    ///
    /// A task that would be overdue on the day it is made is due at the end of its period instead, so that a duty
    /// which is new in the middle of a year does not begin with everybody late.
    #[must_use]
    pub fn slots_until(&self, last: Option<Date>, today: Date, calendar: &Calendar) -> Vec<Slot> {
        let current = self.every.period(today);
        let mut periods = Vec::new();
        // A clock that went back does not bring what is over.
        if last.is_some_and(|last| current.last < last) {
            return Vec::new();
        }
        if let Some(last) = last {
            let mut missed = self.every.period(plus(last, 1));
            while missed.last < current.first && periods.len() < CATCH_UP_MAX {
                let next = self.every.next(&missed);
                periods.push(missed);
                missed = next;
            }
        }
        periods.push(current);
        let mut slots: Vec<Slot> = periods
            .iter()
            .flat_map(|period| self.slots(period, calendar))
            .filter(|slot| slot.from <= today)
            .collect();
        for slot in &mut slots {
            if slot.due < today && slot.period.covers(today) {
                slot.due = calendar.open_until(slot.period.last).max(today);
            }
        }
        slots
    }
}

/// Which days are counted after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// All of them.
    Calendar(u32),
    /// Those on which the body is open.
    Business(u32),
}

impl Within {
    /// The day on which it is due when it happened on that day.
    #[must_use]
    pub fn due(self, on: Date, calendar: &Calendar) -> Date {
        match self {
            Within::Calendar(n) => plus(on, i32::try_from(n).unwrap_or(i32::MAX)),
            Within::Business(n) => calendar.open_days_after(on, n),
        }
    }
}

/// What became of the tasks that cover a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it was to be done.
    pub asked: u32,
    /// Done, and confirmed where that is asked for.
    pub done: u32,
    /// Of these: reported after they were due.
    pub late: u32,
    /// Let go for a reason that was accepted, or because what it was about is no more.
    pub waived: u32,
    /// Neither, and due already.
    pub overdue: u32,
}

impl Tally {
    /// Whether it was done as often as it is asked for; what was let go is not asked for any more.
    #[must_use]
    pub fn is_satisfied(&self) -> bool {
        self.done.saturating_add(self.waived) >= self.asked
    }

    /// Parts in a thousand that are done, of what is not let go. Nothing to do is all done.
    #[must_use]
    pub fn permille(&self) -> u32 {
        let wanted = u64::from(self.asked.saturating_sub(self.waived));
        if wanted == 0 {
            return 1_000;
        }
        u32::try_from((u64::from(self.done) * 1_000 / wanted).min(1_000)).unwrap_or(1_000)
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Tally) -> Tally {
        Tally {
            asked: self.asked.saturating_add(other.asked),
            done: self.done.saturating_add(other.done),
            late: self.late.saturating_add(other.late),
            waived: self.waived.saturating_add(other.waived),
            overdue: self.overdue.saturating_add(other.overdue),
        }
    }
}
