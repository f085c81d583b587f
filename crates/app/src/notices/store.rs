//! What notices and mails need from the store.
//!
//! Owns the contracts, whose comments are binding, and the shapes of lists. Leaves the implementation to `store-sql`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::civil::Date;
use policy::{NoticeKind, Urgency};
use workflow::{
    Millis,
    id::{EditionId, SectionId, UserId},
    roster::MailAddress,
};

use crate::{
    model::{Page, PageRequest},
    ports::StoreError,
};

/// What a notice is about: the kind of thing and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// `transfer`, `request`, `task`, `edition`, `section`, `rows`, `import`, `account`.
    pub kind: String,
    /// Its id.
    pub id: String,
}

impl About {
    /// A thing.
    #[must_use]
    pub fn new(kind: &str, id: &str) -> Self {
        Self { kind: kind.to_owned(), id: id.to_owned() }
    }
}

/// What is the same in every notice about one thing of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The kind.
    pub kind: NoticeKind,
    /// The thing.
    pub about: About,
    /// Which time it is so: the same kind about the same thing tells a person once for each occasion.
    pub occasion: String,
    /// The zones in which it can be opened; none: in all of them.
    pub zones: Vec<String>,
    /// The name of the thing, shown in those zones only.
    pub title: String,
    /// Whether no mail says the name.
    pub unnamed: bool,
    /// Its number, if it has one.
    pub number: Option<i64>,
    /// Until when something is to be done, or the day it ends.
    pub due_at: Option<Millis>,
    /// When it is made.
    pub made_at: Millis,
}

/// How notices by one rule reach people who did not choose, and when mails go that are made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// For whoever did not choose.
    pub urgency: Urgency,
    /// The weakest that anybody may have chosen.
    pub least: Urgency,
    /// When a mail goes that goes at once.
    pub at_once_at: Millis,
    /// When the next digest goes.
    pub digest_at: Millis,
}

/// A new notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Whom it tells.
    pub person: UserId,
    /// What.
    pub told: Told,
    /// How.
    pub way: Way,
}

impl NewNotice {
    /// The id that such a notice has: no notice is made twice, whatever a program does.
    #[must_use]
    pub fn id(&self) -> String {
        let Told { kind, about, occasion, .. } = &self.told;
        format!("{}:{}:{}:{occasion}:{}", kind.id(), about.kind, about.id, self.person)
    }
}

/// A notice as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Id.
    pub id: String,
    /// Whom it tells.
    pub person: UserId,
    /// What.
    pub told: Told,
    /// Whether what it waits for is still to be done.
    pub waits: bool,
    /// Whether it was not looked at yet.
    pub unread: bool,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

/// Which notices of a person a list shows, newest first. Each is served by one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeView {
    /// Those that wait for something.
    Waiting,
    /// Those that do not, or no longer.
    News,
    /// Those of one kind.
    OfKind(NoticeKind),
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailState {
    /// Still to be sent.
    Waiting,
    /// The mail server took it.
    Sent,
    /// The mail server refused it for good.
    Refused,
    /// Everything in it had ended before it could go.
    Moot,
}

impl MailState {
    /// Every state.
    pub const ALL: [MailState; 4] =
        [MailState::Waiting, MailState::Sent, MailState::Refused, MailState::Moot];

    /// The word in the store and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            MailState::Waiting => "waiting",
            MailState::Sent => "sent",
            MailState::Refused => "refused",
            MailState::Moot => "moot",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.id() == id)
    }
}

/// A mail of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Id; part of the mail's own `Message-ID`, so that a mail that was taken twice is known again.
    pub id: String,
    /// To whom.
    pub person: UserId,
    /// His name, for those who look after mails.
    pub person_name: String,
    /// Whether it is the digest of a day.
    pub digest: bool,
    /// When it was made.
    pub made_at: Millis,
    /// State.
    pub state: MailState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_at: Option<Millis>,
    /// Why it could not be sent, by the last try.
    pub error: Option<String>,
}

/// How many mails there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailTally {
    /// Sent.
    pub sent: u64,
    /// Refused for good.
    pub refused: u64,
    /// Not needed any more.
    pub moot: u64,
}

/// Reading and keeping notices and mails. What is changed here is no state that decides anything, and leaves no evidence of
/// its own; what does is in [`NoticeTx`], in the transaction of what it tells.
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// How many notices of this person are unread, counted up to `cap`.
    async fn unread_notices(&self, person: &UserId, cap: u32) -> Result<u32, StoreError>;
    /// A list of a person's notices.
    async fn notices(
        &self,
        person: &UserId,
        view: NoticeView,
        page: &PageRequest,
    ) -> Result<Page<Notice>, StoreError>;
    /// Notes that a person looked at these; others' are left alone. A mail that was still to name them does not.
    async fn read_notices(&self, person: &UserId, ids: &[String], now: Millis) -> Result<u64, StoreError>;
    /// The same for everything that is unread.
    async fn read_all_notices(&self, person: &UserId, now: Millis) -> Result<u64, StoreError>;
    /// As [`NoticeTx::replace_notices`], for what no change of state but the time or the absence of somebody brings.
    async fn renew_notices(
        &self,
        about: &About,
        wanted: &[NewNotice],
        look_again: Option<Millis>,
        now: Millis,
    ) -> Result<Vec<UserId>, StoreError>;
    /// Things whose notices are to be looked at again, the longest waiting first.
    async fn due_notice_looks(&self, now: Millis, limit: u32) -> Result<Vec<About>, StoreError>;
    /// Has everything looked at again of which a notice of one of these kinds waits.
    async fn look_at_waiting(&self, kinds: &[NoticeKind], now: Millis) -> Result<u64, StoreError>;
    /// Erases notices that have ended, and mails, that are older.
    async fn erase_notices(&self, before: Millis, limit: u32) -> Result<u64, StoreError>;
    /// How many tasks of a section are overdue.
    async fn overdue_of_section(&self, section: &SectionId, now: Millis) -> Result<u32, StoreError>;

    /// What a person chose, by kind.
    async fn notice_choices(&self, person: &UserId) -> Result<BTreeMap<NoticeKind, Urgency>, StoreError>;
    /// Where mails for a person go, and who wrote that.
    async fn mail_address(&self, person: &UserId) -> Result<Option<MailAddress>, StoreError>;

    /// People for whom a mail is to be made now.
    async fn due_mail_people(&self, now: Millis, limit: u32) -> Result<Vec<UserId>, StoreError>;
    /// Makes one mail of everything that is to be told to this person now: what is due, and with it whatever else goes at
    /// once. `today` has one digest: what would be another one waits until `next_digest`. False when there was nothing, also
    /// because another process was faster.
    async fn make_mail(
        &self,
        person: &UserId,
        id: &str,
        now: Millis,
        today: Date,
        next_digest: Millis,
    ) -> Result<bool, StoreError>;
    /// Nobody is to be mailed about what should have gone before this moment.
    async fn forget_late_mails(&self, before: Millis) -> Result<u64, StoreError>;
    /// Takes a mail that is due and that nobody holds, until `lease_until`. Two callers never get the same.
    async fn claim_mail(&self, now: Millis, lease_until: Millis) -> Result<Option<Mail>, StoreError>;
    /// The notices that a mail names.
    async fn notices_of_mail(&self, mail: &str) -> Result<Vec<Notice>, StoreError>;
    /// Notes what became of a mail that was claimed: `next_at` for one that is tried again.
    async fn mail_done(
        &self,
        mail: &str,
        state: MailState,
        next_at: Option<Millis>,
        error: Option<&str>,
        now: Millis,
    ) -> Result<(), StoreError>;
    /// Gives a claimed mail back until then: it was not tried.
    async fn postpone_mail(&self, mail: &str, until: Millis) -> Result<(), StoreError>;
    /// Mails in one of these states, newest first.
    async fn mails(&self, state: MailState, page: &PageRequest) -> Result<Page<Mail>, StoreError>;
    /// How many mails wait, counted up to `cap`.
    async fn mails_waiting(&self, cap: u32) -> Result<u32, StoreError>;
    /// Puts a refused mail, or one that waits for its next try, before the others. False when there is none such.
    async fn try_mail_again(&self, mail: &str, now: Millis) -> Result<bool, StoreError>;
    /// What became of the mails that ended in this time.
    async fn mail_tally(&self, from: Millis, until: Millis) -> Result<MailTally, StoreError>;
}

/// Making notices in the transaction of what they tell, whose end says whose are others now.
#[async_trait]
pub trait NoticeTx: Send {
    /// Ends the waiting notices about this thing that are not among these, makes those that are not there, and notes when to
    /// look at them again. One that ended and waits again is unread again.
    async fn replace_notices(
        &mut self,
        about: &About,
        wanted: &[NewNotice],
        look_again: Option<Millis>,
        now: Millis,
    ) -> Result<(), StoreError>;
    /// Makes notices about things that are new, so that nothing waits about them yet: thousands at once, in few statements. One that
    /// is there already stays as it is.
    async fn add_notices(&mut self, wanted: &[NewNotice]) -> Result<(), StoreError>;
    /// As [`NoticeStore::look_at_waiting`], with what gives reason for it.
    async fn look_at_waiting(&mut self, kinds: &[NoticeKind], now: Millis) -> Result<u64, StoreError>;
    /// Tells everybody who is to read this edition and has not, with a notice made of this one.
    async fn tell_readers(&mut self, edition: &EditionId, told: &Told, way: Way) -> Result<(), StoreError>;
    /// Ends the waiting notices about this thing for one person.
    async fn end_notices_of(&mut self, about: &About, person: &UserId, now: Millis)
    -> Result<(), StoreError>;
    /// Keeps what a person chose, in place of all that he chose before, and his address, which is his own unless it was there
    /// already.
    async fn put_notice_choices(
        &mut self,
        person: &UserId,
        choices: &BTreeMap<NoticeKind, Urgency>,
        address: Option<&str>,
    ) -> Result<(), StoreError>;
    /// Keeps where mails for a person go, which somebody else says, in place of what was kept before.
    async fn put_mail_address(&mut self, person: &UserId, address: &str) -> Result<(), StoreError>;
    /// Notes that the mails of this day are evidence. False when they are already.
    async fn note_mail_day(&mut self, day: Date) -> Result<bool, StoreError>;
}
