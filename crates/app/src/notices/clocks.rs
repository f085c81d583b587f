//! What time and people's absence bring to notices, and the end of old ones.
//!
//! Owns the rounds: things that are looked at again, sections that are late, once a day everything that waits for a decision.
//! These change no state and leave no evidence; what they find was evidence where it happened.

use policy::NoticeKind;
use serde_json::json;
use workflow::{
    Millis,
    calendar::{begin_of, day_of, plus},
    id::{RequestId, SectionId, TaskId, TransferId},
};

use super::{making::Wanted, store::About};
use crate::{
    App,
    error::Result,
    evidence::{Act, By, Kind},
    ports::Tx,
};

/// Notices for which it matters who is here today.
const BY_PRESENCE: &[NoticeKind] = &[NoticeKind::Decide, NoticeKind::DecideLate];

/// How often a thing that changes while it is looked at is looked at again.
const LOOKS_MAX: usize = 4;

/// Days whose mails are counted, if nobody did while the program did not run.
const MAIL_DAYS: i32 = 7;

const DAY: Millis = 86_400_000;

impl App {
    /// One round. How many things were looked at, and how many notices and mails were erased.
    pub(crate) async fn pass_notices(&self, limit: u32) -> Result<(usize, u64)> {
        let now = self.now();
        let today = day_of(now);
        let seen = || self.house.notices_seen_on.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let first_today = *seen() != Some(today);
        if first_today {
            self.store().look_at_waiting(BY_PRESENCE, now).await?;
            self.tell_sections(now).await?;
            for wanted in self.rows_that_wait(now).await? {
                self.renew(&wanted, now).await?;
            }
            for before in 1..=MAIL_DAYS {
                self.note_mails_of(plus(today, -before)).await?;
            }
        }
        let due = self.store().due_notice_looks(now, limit).await?;
        for about in &due {
            self.look_at(about, now).await?;
        }
        let kept = self.pack().notice_hours().keep_days.value;
        let erased = match kept.and_then(|days| Millis::try_from(days).ok()) {
            Some(days) => self.store().erase_notices(now.saturating_sub(days * DAY), limit).await?,
            None => 0,
        };
        // Only now: what failed is tried again with the next round.
        *seen() = Some(today);
        Ok((due.len(), erased))
    }

    /// Has everything that waits for a decision looked at again with the next round: somebody is away, or back, or gone. In
    /// the transaction that says so.
    pub(crate) async fn presence_changes(&self, tx: &mut dyn Tx, now: Millis) -> Result<()> {
        tx.look_at_waiting(BY_PRESENCE, now).await?;
        Ok(())
    }

    /// Works out the notices of one thing anew.
    async fn look_at(&self, about: &About, now: Millis) -> Result<()> {
        // Whoever changes the thing meanwhile puts notices too; after the last word its state is read once more.
        let mut before = None;
        for _ in 0..LOOKS_MAX {
            let (wanted, version) = match about.kind.as_str() {
                "transfer" => match self.store().transfer(&TransferId::new(about.id.clone())).await? {
                    Some(transfer) => {
                        (Some(self.wanted_by_transfer(&transfer, &[], now).await?), transfer.version)
                    }
                    None => (None, 0),
                },
                "request" => match self.store().request(&RequestId::new(about.id.clone())).await? {
                    Some(request) => {
                        (Some(self.wanted_by_request(&request, &[], now).await?), request.version)
                    }
                    None => (None, 0),
                },
                "task" => match self.store().task(&TaskId::new(about.id.clone())).await? {
                    Some(task) => (Some(self.wanted_by_task(&task, &[], now).await?), task.version),
                    None => (None, 0),
                },
                _ => (None, 0),
            };
            if before == Some(version) {
                return Ok(());
            }
            before = Some(version);
            match wanted {
                Some(wanted) => self.renew(&wanted, now).await?,
                // A thing that is gone waits for nobody.
                None => {
                    let people = self.store().renew_notices(about, &[], None, now).await?;
                    self.noticed(&people);
                }
            }
        }
        Ok(())
    }

    async fn renew(&self, wanted: &Wanted, now: Millis) -> Result<()> {
        let people =
            self.store().renew_notices(wanted.about(), wanted.notices(), wanted.look_again(), now).await?;
        self.noticed(&people);
        Ok(())
    }

    /// Tells the heads of sections once a week what their sections are late with.
    async fn tell_sections(&self, now: Millis) -> Result<()> {
        for section in self.pack().sections() {
            let id = SectionId::new(section.id.clone());
            let overdue = self.store().overdue_of_section(&id, now).await?;
            let wanted = self.wanted_by_section(&id, overdue, now).await?;
            self.renew(&wanted, now).await?;
        }
        Ok(())
    }

    /// How many mails went on a day, as evidence: single mails would be thousands of entries that say nothing but what the
    /// entry of the change already says.
    async fn note_mails_of(&self, day: jiff::civil::Date) -> Result<()> {
        let (from, until) = (begin_of(day), begin_of(plus(day, 1)));
        let tally = self.store().mail_tally(from, until).await?;
        if tally.sent == 0 && tally.refused == 0 {
            return Ok(());
        }
        let now = self.now();
        let mut tx = self.store().begin().await?;
        if !tx.note_mail_day(day).await? {
            return Ok(());
        }
        let act = Act {
            kind: Kind::NoticesMailed,
            by: By::System,
            subject: ("mails", &day.to_string()),
            details: json!({
                "day": day.to_string(),
                "sent": tally.sent,
                "refused": tally.refused,
                "moot": tally.moot,
            }),
            statements: &[],
        };
        let entry = self.entry(now, &act)?;
        self.commit(tx, vec![entry]).await
    }
}
