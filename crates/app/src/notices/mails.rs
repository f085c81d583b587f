//! Mails about notices: what goes to whom and when, trying again, what those who look after the system see of it.
//!
//! Owns the port to whatever sends ([`Mailer`]), the rounds, and what a mail may say: titles that the policy wrote, numbers and
//! days, never what a person wrote, and no person. Leaves words around them and bytes to `mailer`.
//!
//! A mail that was taken by the mail server just before this program died goes a second time, with the same `Message-ID`. The other
//! order would lose one.

use std::time::Duration;

use async_trait::async_trait;
use authz::{Action, Resource};
use jiff::civil::Date;
use workflow::{
    Millis,
    calendar::{begin_of, day_of, plus},
};

use super::store::{Mail, MailState, MailTally, Notice};
use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    model::{Page, PageRequest},
};

/// How mails leave the house, for those who look after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailRoad {
    /// To a mail server: its name and port.
    Server(String),
    /// As files into a folder.
    Folder(String),
}

/// What a mail says of one notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterItem {
    /// What it is, in the policy's words.
    pub title: String,
    /// What to do, likewise.
    pub wording: Option<String>,
    /// The name of the form or duty, unless the policy keeps it out of mails.
    pub name: Option<String>,
    /// The number of the thing.
    pub number: Option<i64>,
    /// The day until which something is to be done: the last one on which it is not late.
    pub due_on: Option<Date>,
    /// The zone in which it is opened, by id; `None`: any.
    pub zone: Option<String>,
    /// The name of that zone.
    pub zone_label: Option<String>,
    /// The page, as a path of that zone's server.
    pub path: String,
}

/// A mail before it is bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// Names it among all mails of the house.
    pub id: String,
    /// When it was made.
    pub made_at: Millis,
    /// Whether it is the digest of a day.
    pub digest: bool,
    /// The name of the body.
    pub body: String,
    /// What it tells, at most [`ITEMS_MAX`].
    pub items: Vec<LetterItem>,
    /// How many more there are.
    pub more: usize,
}

/// Most notices that one mail names.
pub const ITEMS_MAX: usize = 50;

/// Why a mail was not sent. The texts may come from a mail server: they are shortened and shown as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The mail server cannot be reached, or does not let us in: nothing can be sent now.
    #[error("the mail server cannot be used: {0}")]
    Down(String),
    /// This mail cannot be sent now.
    #[error("refused for now: {0}")]
    Later(String),
    /// This mail can never be sent.
    #[error("refused: {0}")]
    Never(String),
}

/// Sends mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// How they leave the house.
    fn road(&self) -> MailRoad;
    /// How long to wait after each.
    fn pause(&self) -> Duration;
    /// Sends one. When this returns, somebody else is answerable for it.
    async fn send(&self, letter: &Letter) -> std::result::Result<(), MailError>;
}

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mailed {
    /// Mails that were made.
    pub made: usize,
    /// Mails that were sent.
    pub sent: usize,
    /// Mails that are tried again.
    pub later: usize,
    /// Mails that were refused for good.
    pub refused: usize,
    /// Mails in which everything had ended.
    pub moot: usize,
}

/// Why nothing is sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pause {
    until: Millis,
    failures: u32,
    why: String,
}

/// What those who look after the system see of mails.
#[derive(Debug, Clone)]
pub struct MailOverview {
    /// How mails leave; `None`: they do not.
    pub road: Option<MailRoad>,
    /// Why the mail server cannot be used, and when it is tried again.
    pub down: Option<(String, Millis)>,
    /// Whether the body wrote domains to which mails may go.
    pub has_domains: bool,
    /// How many wait, counted up to a thousand.
    pub waiting: u32,
    /// Those that wait, newest first.
    pub waiting_rows: Vec<Mail>,
    /// Those that were refused for good, newest first.
    pub refused: Page<Mail>,
    /// What became of those that ended today.
    pub today: MailTally,
}

/// How often somebody looks whether there is something to send.
const ROUND: Duration = Duration::from_secs(10);
/// How long a mail that was taken for sending is nobody else's.
const LEASE: Millis = 10 * 60_000;
/// People for whom mails are made, and mails that are sent, in one round.
const AT_ONCE_MAX: u32 = 200;
/// The first wait after a failure, which doubles.
const WAIT: Millis = 60_000;
/// The longest.
const WAIT_MAX: Millis = 4 * 3_600_000;
/// What should have gone so long ago is old: on the screen it stands still.
const LATE_MAX: Millis = 7 * 86_400_000;
/// Characters of a reason that are kept.
const ERROR_CHARS_MAX: usize = 200;
const WAITING_CAP: u32 = 1_000;
const WAITING_ROWS: u32 = 20;

/// How long to wait after so many failures.
fn wait_after(failures: u32) -> Millis {
    WAIT.saturating_mul(1 << failures.saturating_sub(1).min(12)).min(WAIT_MAX)
}

fn shortened(untrusted: &str) -> String {
    untrusted.chars().map(|c| if c.is_control() { ' ' } else { c }).take(ERROR_CHARS_MAX).collect()
}

impl App {
    /// Makes and sends mails until `stop` resolves.
    pub async fn run_mails(&self, mailer: std::sync::Arc<dyn Mailer>, stop: impl Future<Output = ()>) {
        *self.mail_road() = Some(mailer.road());
        tokio::pin!(stop);
        loop {
            let work = async {
                if let Err(error) = self.current().mail_round(&*mailer).await {
                    tracing::warn!(%error, "mails could not be sent; trying again soon");
                }
                tokio::time::sleep(ROUND).await;
            };
            tokio::select! {
                () = &mut stop => break,
                () = work => {}
            }
        }
    }

    fn mail_road(&self) -> std::sync::MutexGuard<'_, Option<MailRoad>> {
        self.house.mail_road.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn mail_pause(&self) -> std::sync::MutexGuard<'_, Option<Pause>> {
        self.house.mail_pause.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// One round: makes the mails that are due and sends what waits. In quiet hours neither.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn mail_round(&self, mailer: &dyn Mailer) -> Result<Mailed> {
        let mut mailed = Mailed::default();
        let now = self.now();
        if self.out_of_quiet(now) > now {
            return Ok(mailed);
        }
        self.store().forget_late_mails(now.saturating_sub(LATE_MAX)).await?;
        for person in self.store().due_mail_people(now, AT_ONCE_MAX).await? {
            let id = self.entropy().id(now);
            let next_digest = self.next_digest(now);
            if self.store().make_mail(&person, &id, now, day_of(now), next_digest).await? {
                mailed.made += 1;
            }
        }
        for _ in 0..AT_ONCE_MAX {
            let now = self.now();
            let paused = self.mail_pause().as_ref().is_some_and(|p| now < p.until);
            if paused {
                break;
            }
            let Some(mail) = self.store().claim_mail(now, now.saturating_add(LEASE)).await? else { break };
            if !self.send_one(mailer, &mail, &mut mailed).await? {
                break;
            }
            tokio::time::sleep(mailer.pause()).await;
        }
        Ok(mailed)
    }

    /// Whether others may be tried.
    async fn send_one(&self, mailer: &dyn Mailer, mail: &Mail, mailed: &mut Mailed) -> Result<bool> {
        let letter = match self.letter(mail).await? {
            Ok(letter) => letter,
            Err((state, why)) => {
                self.store().mail_done(&mail.id, state, None, why, self.now()).await?;
                match state {
                    MailState::Refused => mailed.refused += 1,
                    _ => mailed.moot += 1,
                }
                return Ok(true);
            }
        };
        let sent = mailer.send(&letter).await;
        let now = self.now();
        match sent {
            Ok(()) => {
                *self.mail_pause() = None;
                self.store().mail_done(&mail.id, MailState::Sent, None, None, now).await?;
                mailed.sent += 1;
            }
            Err(MailError::Later(why)) => {
                let next = now.saturating_add(wait_after(mail.tries.saturating_add(1)));
                let why = shortened(&why);
                self.store().mail_done(&mail.id, MailState::Waiting, Some(next), Some(&why), now).await?;
                mailed.later += 1;
            }
            Err(MailError::Never(why)) => {
                let why = shortened(&why);
                tracing::warn!(mail = %mail.id, why, "a mail was refused for good");
                self.store().mail_done(&mail.id, MailState::Refused, None, Some(&why), now).await?;
                mailed.refused += 1;
            }
            Err(MailError::Down(why)) => {
                // It was not this mail's fault: it is not counted against it.
                self.store().postpone_mail(&mail.id, now).await?;
                let why = shortened(&why);
                let failures = self.mail_pause().as_ref().map_or(0, |p| p.failures).saturating_add(1);
                tracing::warn!(why, failures, "the mail server cannot be used");
                *self.mail_pause() =
                    Some(Pause { until: now.saturating_add(wait_after(failures)), failures, why });
                mailed.later += 1;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a mail says now; or what becomes of it instead.
    async fn letter(
        &self,
        mail: &Mail,
    ) -> Result<std::result::Result<Letter, (MailState, Option<&'static str>)>> {
        let notices = self.store().notices_of_mail(&mail.id).await?;
        // What ended meanwhile is not told any more; news are told also when nobody waits for anything.
        let live: Vec<&Notice> = notices.iter().filter(|n| n.unread).collect();
        let Some(user) = self.store().user(&mail.person).await?.filter(|u| u.enabled) else {
            return Ok(Err((MailState::Moot, None)));
        };
        if live.is_empty() {
            return Ok(Err((MailState::Moot, None)));
        }
        let written = self.store().mail_address(&mail.person).await?;
        let Some(to) = self.mails_go_to(&user.login, written.map(|w| w.address).as_deref()) else {
            return Ok(Err((MailState::Refused, Some("no-address"))));
        };
        let items: Vec<LetterItem> = live.iter().take(ITEMS_MAX).map(|n| self.letter_item(n)).collect();
        Ok(Ok(Letter {
            to,
            id: mail.id.clone(),
            made_at: mail.made_at,
            digest: mail.digest,
            body: self
                .pack()
                .municipality()
                .map_or_else(|| self.pack().title(), |m| m.name.as_str())
                .to_owned(),
            more: live.len().saturating_sub(items.len()),
            items,
        }))
    }

    fn letter_item(&self, notice: &Notice) -> LetterItem {
        let told = &notice.told;
        let rule = self.rule_of(told.kind);
        let zone = told.zones.first();
        LetterItem {
            title: rule.map_or_else(|| told.kind.title_ja().to_owned(), |r| r.title.clone()),
            wording: rule.and_then(|r| r.wording.clone()),
            name: Some(told.title.clone()).filter(|name| !told.unnamed && !name.is_empty()),
            number: told.number.filter(|_| !told.unnamed || told.about.kind == "transfer"),
            // A moment at which something ends is the first at which it is late.
            due_on: told.due_at.map(|at| day_of(at.saturating_sub(1))),
            zone_label: zone
                .map(|z| self.pack().zone(z).map_or_else(|| z.clone(), |zone| zone.label.clone())),
            zone: zone.cloned(),
            path: super::views::path_of(told),
        }
    }

    /// How mails fare, for those who look after the system.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn mails(&self, actor: &Actor, page: PageRequest) -> Result<MailOverview> {
        let _allowed = self.permit(actor, Action::LookAfterMails, &Resource::City).await?;
        let now = self.now();
        let today = day_of(now);
        let waiting = PageRequest { after: None, limit: WAITING_ROWS };
        let pause = self.mail_pause().clone();
        let road = self.mail_road().clone();
        Ok(MailOverview {
            road,
            down: pause.map(|p| (p.why, p.until)),
            has_domains: !self.pack().notice_hours().domains.is_empty(),
            waiting: self.store().mails_waiting(WAITING_CAP).await?,
            waiting_rows: self.store().mails(MailState::Waiting, &waiting).await?.rows,
            refused: self.store().mails(MailState::Refused, &page).await?,
            today: self.store().mail_tally(begin_of(today), begin_of(plus(today, 1))).await?,
        })
    }

    /// Tries a mail again at once: one that was refused, or one that waits for its next try.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`].
    pub async fn try_mail_again(&self, actor: &Actor, id: &str) -> Result<()> {
        let _allowed = self.permit(actor, Action::LookAfterMails, &Resource::City).await?;
        if !self.store().try_mail_again(id, self.now()).await? {
            return Err(Error::NotFound);
        }
        // Whoever says so has put something right.
        *self.mail_pause() = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{WAIT_MAX, shortened, wait_after};

    #[test]
    fn waits_grow_up_to_four_hours() {
        let minutes: Vec<i64> = (1..=10).map(|n| wait_after(n) / 60_000).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]);
        assert_eq!(wait_after(u32::MAX), WAIT_MAX);
    }

    #[test]
    fn what_a_mail_server_says_is_one_short_line() {
        assert_eq!(shortened("550 no\r\nsuch user"), "550 no  such user");
        assert_eq!(shortened(&"あ".repeat(999)).chars().count(), 200);
    }
}
