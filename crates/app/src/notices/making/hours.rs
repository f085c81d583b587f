//! When mails about notices go, and how a kind of notice reaches people.
//!
//! Owns the hours of the body. Leaves what a person chose to the store.

use jiff::{civil::Date, tz::Offset};
use policy::{NoticeKind, NoticeRule};
use workflow::{
    Millis,
    calendar::{begin_of, day_of, plus},
};

use super::{HOUR, MINUTE};
use crate::{App, notices::store::Way};

/// How long a mail that goes at once waits for others to go with it.
pub(in crate::notices) const BUNDLE: Millis = MINUTE;

impl App {
    /// The hour of the day in Japan.
    fn hour_of(at: Millis) -> u8 {
        const JAPAN: Offset = jiff::tz::offset(9);
        jiff::Timestamp::from_millisecond(at)
            .ok()
            .and_then(|t| u8::try_from(JAPAN.to_datetime(t).hour()).ok())
            .unwrap_or(0)
    }

    /// The first moment from this one on at which mails may go.
    pub(in crate::notices) fn out_of_quiet(&self, at: Millis) -> Millis {
        let hours = self.pack().notice_hours();
        if !hours.is_quiet(Self::hour_of(at)) {
            return at;
        }
        let until = Millis::from(hours.quiet_until) * HOUR;
        let today = begin_of(day_of(at)).saturating_add(until);
        if today > at { today } else { begin_of(plus(day_of(at), 1)).saturating_add(until) }
    }

    /// The next moment after this one at which the digest goes: at its hour of an open day.
    pub(in crate::notices) fn next_digest(&self, after: Millis) -> Millis {
        let at = |day: Date| {
            begin_of(day).saturating_add(Millis::from(self.pack().notice_hours().digest_hour) * HOUR)
        };
        let today = day_of(after);
        let first = if at(today) > after { today } else { plus(today, 1) };
        at(self.calendar().nth_open(first, 1))
    }

    /// How a notice reaches people by the rule for it; `None` where the body makes none.
    pub(in crate::notices) fn way(&self, kind: NoticeKind, role: Option<&str>, now: Millis) -> Option<Way> {
        let rule: &NoticeRule = self.pack().notice_rule(kind, role)?;
        Some(Way {
            urgency: rule.urgency,
            least: if rule.binding { rule.urgency } else { policy::Urgency::ScreenOnly },
            at_once_at: self.out_of_quiet(now.saturating_add(BUNDLE)),
            digest_at: self.next_digest(now),
        })
    }
}
