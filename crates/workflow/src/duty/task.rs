//! One task: open → reported → done, or let go for a reason.
//!
//! Owns: the states and every permitted change between them, what a second person confirms and signs, and what time brings:
//! reminders, being overdue, escalations. Each command checks first and changes afterwards.
//! Leaves to others: who may act (`authz`), whether a form is filled rightly (`app`), storage and evidence.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    Millis,
    calendar::{Period, begin_of, plus},
    id::{SectionId, TaskId, UserId, ZoneId},
    register::RowKey,
    request::{ATTACHMENTS_MAX, Answer, Attachment},
    route::COMMENT_CHARS_MAX,
};

const DAY: Millis = 86_400_000;

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident = $id:literal),+ $(,)?) => {
        /// Where a task stands; each state says who acts next.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum State { $($(#[$doc])* $name),+ }
        impl State {
            /// Every state.
            pub const ALL: &'static [State] = &[$(State::$name),+];
            /// The word in the store, the API and evidence.
            #[must_use]
            pub fn id(self) -> &'static str { match self { $(State::$name => $id),+ } }
            /// The state with this word.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|s| s.id() == id)
            }
        }
    };
}

states! {
    /// 実施待ち: its owner acts.
    Open = "open",
    /// 確認待ち: reported, and a second person confirms it.
    Reported = "reported",
    /// 免除の承認待ち.
    WaiverAsked = "waiver-asked",
    /// 実施済. Final.
    Done = "done",
    /// 免除. Final.
    Waived = "waived",
    /// 対象終了: what it was about is no more. Final.
    Dropped = "dropped",
}

impl State {
    /// Whether nothing more happens to it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, State::Done | State::Waived | State::Dropped)
    }
}

/// For whom a task is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// The whole body.
    Body,
    /// A section.
    Section(SectionId),
    /// A person, in the section he belonged to when the task was made.
    Person(UserId, SectionId),
    /// A row of a register.
    Row(RowScope),
}

/// A row of a register for which there is a task, and who answers for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowScope {
    /// The row.
    pub row: RowKey,
    /// The section it belongs to; none in a register of the whole body.
    pub section: Option<SectionId>,
    /// Whom the row names; without one the duty's owner does it.
    pub person: Option<UserId>,
}

impl Scope {
    /// The section it is counted to; the body's own tasks to none.
    #[must_use]
    pub fn section(&self) -> Option<&SectionId> {
        match self {
            Scope::Body => None,
            Scope::Section(section) | Scope::Person(_, section) => Some(section),
            Scope::Row(of) => of.section.as_ref(),
        }
    }

    /// The person who does it, where it is one's own.
    #[must_use]
    pub fn person(&self) -> Option<&UserId> {
        match self {
            Scope::Body | Scope::Section(_) => None,
            Scope::Person(user, _) => Some(user),
            Scope::Row(of) => of.person.as_ref(),
        }
    }

    /// The row that it is about.
    #[must_use]
    pub fn row(&self) -> Option<&RowKey> {
        match self {
            Scope::Row(of) => Some(&of.row),
            Scope::Body | Scope::Section(_) | Scope::Person(..) => None,
        }
    }

    /// A part of the task's id.
    fn key(&self) -> String {
        match self {
            Scope::Body => "body".to_owned(),
            Scope::Section(section) => format!("s-{section}"),
            Scope::Person(user, _) => format!("p-{user}"),
            Scope::Row(of) => format!("r-{}-{}", of.row.register, of.row.number),
        }
    }
}

/// What a task covers. That is another thing than the day on which it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covers {
    /// A time.
    Period(Period),
    /// Something that happened.
    Event {
        /// Names it: the same event gives the same task.
        key: String,
        /// What it was, in words.
        what: String,
        /// The day.
        on: Date,
        /// The zone in which somebody wrote that; none for what the house itself says.
        zone: Option<ZoneId>,
    },
}

impl Covers {
    /// A part of the task's id.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Covers::Period(period) => &period.key,
            Covers::Event { key, .. } => key,
        }
    }

    /// The first day of it.
    #[must_use]
    pub fn first(&self) -> Date {
        match self {
            Covers::Period(period) => period.first,
            Covers::Event { on, .. } => *on,
        }
    }

    /// The last day of it.
    #[must_use]
    pub fn last(&self) -> Date {
        match self {
            Covers::Period(period) => period.last,
            Covers::Event { on, .. } => *on,
        }
    }
}

/// What the pack said when the task was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The role that does it.
    pub owner: String,
    /// The role that confirms it.
    pub confirm_by: Option<String>,
    /// The role that may let it go.
    pub waiver_by: Option<String>,
    /// Of these roles, those that are held for the whole body: they have one desk for all sections.
    pub wide: Vec<String>,
    /// How many days before it is due its owner is reminded, the most first.
    pub remind_days: Vec<u32>,
    /// How many days after it is due which role is told, the earliest first.
    pub escalations: Vec<(u32, String)>,
}

/// What was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Who reported it.
    pub by: UserId,
    /// When.
    pub at: Millis,
    /// The day on which it was done.
    pub done_on: Date,
    /// The listener's zone: what is written in it stays there.
    pub zone: ZoneId,
    /// The answers, as whoever confirms reads them.
    pub answers: Vec<Answer>,
    /// What else is said.
    pub note: String,
    /// Files.
    pub attachments: Vec<Attachment>,
}

impl Report {
    /// What a confirmation signs: everything that was shown.
    #[must_use]
    pub fn hash(&self) -> String {
        // A report is plain data; were it ever not, no hash would fit and nothing could be confirmed.
        serde_json::to_vec(self).map(|bytes| hex::encode(Sha256::digest(bytes))).unwrap_or_default()
    }
}

/// A word about a report or a wish, and who gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Who.
    pub by: UserId,
    /// When.
    pub at: Millis,
    /// The listener's zone: what was said stays there.
    pub zone: ZoneId,
    /// What was said.
    pub comment: String,
}

/// A wish to let a task go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Who asked and why.
    pub asked: Word,
    /// Who accepted it.
    pub granted: Option<Word>,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Id.
    pub id: TaskId,
    /// The duty, by its id in the pack.
    pub duty: String,
    /// Its title when the task was made.
    pub title: String,
    /// For whom.
    pub scope: Scope,
    /// What it covers.
    pub covers: Covers,
    /// Which of the times in the period, from 1.
    pub nth: u32,
    /// Of how many.
    pub times: u32,
    /// The day on which it is due.
    pub due_on: Date,
    /// What the pack said.
    pub terms: Terms,
    /// When it was made.
    pub made_at: Millis,
    /// State.
    pub state: State,
    /// What was reported last. Stays when it was sent back, until it is reported again.
    pub report: Option<Report>,
    /// Who sent the report back, and why.
    pub returned: Option<Word>,
    /// Who confirmed it.
    pub confirmed: Option<Word>,
    /// The wish to let it go; one that was refused is in evidence only.
    pub waiver: Option<Waiver>,
    /// Why it came to an end without being done, when what it was about is no more.
    pub dropped: Option<String>,
    /// When it came to its end.
    pub ended_at: Option<Millis>,
    /// Reminders that were given.
    pub reminded: u32,
    /// When it was noted that it is overdue.
    pub overdue_at: Option<Millis>,
    /// Escalations that were made.
    pub escalated: u32,
    /// Raised by every change.
    pub version: i64,
}

/// What happened to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was reported.
    Reported,
    /// A second person confirmed it.
    Confirmed,
    /// He did not, and said why.
    SentBack,
    /// Its owner asks to let it go.
    WaiverAsked,
    /// That was accepted.
    WaiverGranted,
    /// That was not.
    WaiverRefused {
        /// Why.
        comment: String,
    },
    /// What it was about is no more.
    Dropped,
    /// Somebody else answers for what it is about.
    Moved,
    /// Its owner was reminded.
    Reminded,
    /// It was due.
    Overdue,
    /// Who it was for left, so that nobody is asked for it any more.
    Released,
    /// Somebody above was told that it is overdue.
    Escalated {
        /// The role.
        to: String,
    },
}

/// Why a command was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The state does not allow it.
    #[error("not possible while the task is `{}`", .0.id())]
    State(State),
    /// Nobody confirms his own report or grants his own wish.
    #[error("a second person is needed")]
    OwnReport,
    /// What is confirmed is not what was seen.
    #[error("the report was changed since it was seen")]
    Changed,
    /// It was done before what it covers began.
    #[error("the day lies before what the task covers")]
    TooEarly,
    /// It was done tomorrow.
    #[error("the day is still to come")]
    Future,
    /// Reason or comment absent or too long.
    #[error("a reason of 1 to {COMMENT_CHARS_MAX} characters is needed")]
    Comment,
    /// The note is too long, or there are too many files.
    #[error("too much in one report")]
    TooMuch,
    /// The pack lets nobody let it go.
    #[error("the policy lets nobody waive it")]
    NoWaiver,
}

type Done = Result<Vec<Event>, Refusal>;

/// Characters of a note at most.
pub const NOTE_CHARS_MAX: usize = 4_000;

/// What a new task is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// The duty.
    pub duty: String,
    /// Its title.
    pub title: String,
    /// For whom.
    pub scope: Scope,
    /// What it covers.
    pub covers: Covers,
    /// Which of the times in the period.
    pub nth: u32,
    /// Of how many.
    pub times: u32,
    /// The day on which it is due.
    pub due_on: Date,
    /// What the pack says.
    pub terms: Terms,
}

impl Task {
    /// The id that such a task has.
    #[must_use]
    pub fn id_of(duty: &str, covers: &Covers, nth: u32, scope: &Scope) -> TaskId {
        TaskId::new(format!("{duty}.{}.{nth}.{}", covers.key(), scope.key()))
    }

    /// A new task.
    #[must_use]
    pub fn new(new: NewTask, now: Millis) -> Self {
        let mut task = Self {
            id: Self::id_of(&new.duty, &new.covers, new.nth, &new.scope),
            duty: new.duty,
            title: new.title,
            scope: new.scope,
            covers: new.covers,
            nth: new.nth,
            times: new.times,
            due_on: new.due_on,
            terms: new.terms,
            made_at: now,
            state: State::Open,
            report: None,
            returned: None,
            confirmed: None,
            waiver: None,
            dropped: None,
            ended_at: None,
            reminded: 0,
            overdue_at: None,
            escalated: 0,
            version: 0,
        };
        // What would have been said before it existed is not said.
        task.reminded = task.passed_reminders(now);
        task
    }

    /// The moment from which it is overdue: the end of the day on which it is due.
    #[must_use]
    pub fn due_at(&self) -> Millis {
        begin_of(plus(self.due_on, 1))
    }

    /// Whether it should have been reported by now, and was not.
    #[must_use]
    pub fn is_overdue(&self, now: Millis) -> bool {
        matches!(self.state, State::Open | State::WaiverAsked) && now >= self.due_at()
    }

    /// Whether it was reported after it was due.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.report.as_ref().is_some_and(|r| r.at >= self.due_at())
    }

    /// The role that acts next, and the person when only he does.
    #[must_use]
    pub fn desk(&self) -> Option<Desk<'_>> {
        let role = match self.state {
            State::Open => match self.scope.person() {
                Some(user) => return Some(Desk::Person(user)),
                None => &self.terms.owner,
            },
            State::Reported => self.terms.confirm_by.as_ref()?,
            State::WaiverAsked => self.terms.waiver_by.as_ref()?,
            State::Done | State::Waived | State::Dropped => return None,
        };
        let wide = self.terms.wide.contains(role);
        Some(Desk::Role(role, self.scope.section().filter(|_| !wide)))
    }

    fn must_be(&self, state: State) -> Result<(), Refusal> {
        if self.state == state { Ok(()) } else { Err(Refusal::State(self.state)) }
    }

    fn end(&mut self, state: State, now: Millis) {
        self.state = state;
        self.ended_at = Some(now);
    }

    /// Reports that it was done.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn report(&mut self, report: Report, today: Date) -> Done {
        self.must_be(State::Open)?;
        if report.done_on > today {
            return Err(Refusal::Future);
        }
        if report.done_on < self.covers.first() {
            return Err(Refusal::TooEarly);
        }
        if report.note.chars().count() > NOTE_CHARS_MAX || report.attachments.len() > ATTACHMENTS_MAX {
            return Err(Refusal::TooMuch);
        }
        let at = report.at;
        self.report = Some(report);
        self.returned = None;
        if self.terms.confirm_by.is_some() {
            self.state = State::Reported;
        } else {
            self.end(State::Done, at);
        }
        Ok(vec![Event::Reported])
    }

    fn report_of_another(&self, by: &UserId) -> Result<&Report, Refusal> {
        self.must_be(State::Reported)?;
        match &self.report {
            Some(report) if report.by != *by => Ok(report),
            _ => Err(Refusal::OwnReport),
        }
    }

    /// A second person confirms exactly the report that he saw.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn confirm(&mut self, word: Word, seen_hash: &str) -> Done {
        if self.report_of_another(&word.by)?.hash() != seen_hash {
            return Err(Refusal::Changed);
        }
        fits(&word.comment, false)?;
        let at = word.at;
        self.confirmed = Some(word);
        self.end(State::Done, at);
        Ok(vec![Event::Confirmed])
    }

    /// A second person does not confirm it: it is open again.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn send_back(&mut self, word: Word, seen_hash: &str) -> Done {
        if self.report_of_another(&word.by)?.hash() != seen_hash {
            return Err(Refusal::Changed);
        }
        fits(&word.comment, true)?;
        self.returned = Some(word);
        self.state = State::Open;
        Ok(vec![Event::SentBack])
    }

    /// Its owner asks to let it go.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn ask_waiver(&mut self, word: Word) -> Done {
        self.must_be(State::Open)?;
        if self.terms.waiver_by.is_none() {
            return Err(Refusal::NoWaiver);
        }
        fits(&word.comment, true)?;
        self.waiver = Some(Waiver { asked: word, granted: None });
        self.state = State::WaiverAsked;
        Ok(vec![Event::WaiverAsked])
    }

    /// Another person accepts that or does not.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn decide_waiver(&mut self, word: Word, granted: bool) -> Done {
        self.must_be(State::WaiverAsked)?;
        let Some(waiver) = self.waiver.as_mut().filter(|w| w.asked.by != word.by) else {
            return Err(Refusal::OwnReport);
        };
        fits(&word.comment, !granted)?;
        if granted {
            let at = word.at;
            waiver.granted = Some(word);
            self.end(State::Waived, at);
            return Ok(vec![Event::WaiverGranted]);
        }
        let comment = word.comment.clone();
        self.returned = Some(word);
        self.waiver = None;
        self.state = State::Open;
        Ok(vec![Event::WaiverRefused { comment }])
    }

    /// Lets a person's own task go because he left. Whether there was anything to let go.
    pub fn release(&mut self, now: Millis) -> Vec<Event> {
        if self.state.is_final() || !matches!(self.scope, Scope::Person(..)) {
            return Vec::new();
        }
        self.end(State::Waived, now);
        vec![Event::Released]
    }

    /// Ends it because what it was about is no more. A report that waits to be confirmed still is.
    ///
    /// # Errors
    /// [`Refusal::State`] unless it is still to be done.
    pub fn drop_for(&mut self, reason: &str, now: Millis) -> Done {
        if !matches!(self.state, State::Open | State::WaiverAsked) {
            return Err(Refusal::State(self.state));
        }
        self.dropped = Some(reason.to_owned());
        self.end(State::Dropped, now);
        Ok(vec![Event::Dropped])
    }

    /// Gives it to whoever answers for the row now. Nothing happens when that is who does.
    ///
    /// # Errors
    /// [`Refusal::State`] unless it is still to be done, and about that row.
    pub fn move_to(&mut self, to: RowScope) -> Done {
        let is_open = matches!(self.state, State::Open | State::WaiverAsked);
        if !is_open || self.scope.row() != Some(&to.row) {
            return Err(Refusal::State(self.state));
        }
        let to = Scope::Row(to);
        if self.scope == to {
            return Ok(Vec::new());
        }
        self.scope = to;
        Ok(vec![Event::Moved])
    }

    fn passed_reminders(&self, now: Millis) -> u32 {
        let passed =
            self.terms.remind_days.iter().filter(|days| self.due_at() - Millis::from(**days) * DAY <= now);
        u32::try_from(passed.count()).unwrap_or(u32::MAX)
    }

    fn escalation(&self) -> Option<(Millis, &str)> {
        let next = self.terms.escalations.get(usize::try_from(self.escalated).ok()?)?;
        Some((self.due_at() + Millis::from(next.0) * DAY, &next.1))
    }

    /// What time brought since it was last asked.
    pub fn pass(&mut self, now: Millis) -> Vec<Event> {
        let mut events = Vec::new();
        if !matches!(self.state, State::Open | State::WaiverAsked) {
            return events;
        }
        let passed = self.passed_reminders(now);
        if passed > self.reminded {
            self.reminded = passed;
            if now < self.due_at() {
                events.push(Event::Reminded);
            }
        }
        if self.overdue_at.is_none() && self.is_overdue(now) {
            self.overdue_at = Some(now);
            events.push(Event::Overdue);
        }
        while let Some((_, to)) = self.escalation().filter(|(at, _)| *at <= now) {
            let to = to.to_owned();
            self.escalated += 1;
            events.push(Event::Escalated { to });
        }
        events
    }

    /// The next moment at which [`Task::pass`] has something to say; none when it never will.
    #[must_use]
    pub fn alarm_at(&self) -> Option<Millis> {
        if !matches!(self.state, State::Open | State::WaiverAsked) {
            return None;
        }
        let reminder = usize::try_from(self.reminded)
            .ok()
            .and_then(|n| self.terms.remind_days.get(n))
            .map(|days| self.due_at() - Millis::from(*days) * DAY);
        let overdue = self.overdue_at.is_none().then(|| self.due_at());
        let escalation = self.escalation().map(|(at, _)| at);
        [reminder, overdue, escalation].into_iter().flatten().min()
    }
}

/// Who acts next about a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk<'t> {
    /// One person.
    Person(&'t UserId),
    /// Whoever holds a role, for a section or for the whole body.
    Role(&'t str, Option<&'t SectionId>),
}

impl std::fmt::Display for Desk<'_> {
    /// The word in the store: no id can be taken for another kind of desk.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Desk::Person(user) => write!(f, "p:{user}"),
            Desk::Role(role, Some(section)) => write!(f, "r:{role}@s:{section}"),
            Desk::Role(role, None) => write!(f, "r:{role}@body"),
        }
    }
}

fn fits(comment: &str, needed: bool) -> Result<(), Refusal> {
    let chars = comment.trim().chars().count();
    if chars > COMMENT_CHARS_MAX || (needed && chars == 0) { Err(Refusal::Comment) } else { Ok(()) }
}
