//! Courses (研修): who takes one, the paper of a try and its marks, how far a person is, and the share of those who passed.
//!
//! Owns: drawing a paper from a seed, grading, when another try may begin, the state of a person's course, counting.
//! Leaves to others: the clocks, excuses and confirmations of a person's course, which is a task (`duty`); what a course is
//! (`policy`); who may do what (`authz`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use policy::{Audience, Course};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    Millis,
    calendar::plus,
    duty::{Covers, State},
    id::{SectionId, UserId},
};

/// What stands before a course's id where tasks name what they are of. No id of a duty has a full stop.
const MARK: &str = "course.";

/// What stands before the day in the key of an event that somebody opened a course for. What begins by itself is told by its
/// trigger, none of which has this word.
const OPENED: &str = "opened-";

/// Days that somebody has at least who comes when a course is under way already.
const LATECOMER_DAYS: i32 = 30;

/// The name under which the tasks of a course are kept.
#[must_use]
pub fn duty_of(course: &str) -> String {
    format!("{MARK}{course}")
}

/// The course whose task it is, when it is one's.
#[must_use]
pub fn course_of(duty: &str) -> Option<&str> {
    duty.strip_prefix(MARK)
}

/// The key of what a course covers that somebody opens on this day, because of something that happened.
#[must_use]
pub fn opened_key(today: Date) -> String {
    format!("{OPENED}{today}")
}

/// Whether a course that covers this was opened by somebody, for everybody it is for; otherwise it began by itself, for one person.
#[must_use]
pub fn is_of_run(covers: &Covers) -> bool {
    match covers {
        Covers::Period(_) => true,
        Covers::Event { key, .. } => key.starts_with(OPENED),
    }
}

/// A person as far as it matters who takes a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// The section he belongs to now.
    pub section: SectionId,
    /// The roles he holds now.
    pub roles: BTreeSet<String>,
    /// The day on which his account was opened.
    pub joined_on: Date,
}

/// Whether a course is for this person today.
#[must_use]
pub fn is_for(course: &Course, person: &Person, today: Date) -> bool {
    if !course.sections.is_empty() && !course.sections.iter().any(|s| s == person.section.as_str()) {
        return false;
    }
    match course.audience {
        Audience::Everyone => true,
        Audience::Roles | Audience::Managers => course.roles.iter().any(|r| person.roles.contains(r)),
        Audience::NewHires => course.joined_within_days.as_ref().is_none_or(|within| {
            // A number that nobody set yet: nobody came within it.
            let days = within.value.and_then(|n| i32::try_from(n).ok()).unwrap_or(0);
            person.joined_on >= plus(today, -days)
        }),
    }
}

/// The day on which it is due for somebody who comes today: not sooner than the others', and with time to take it.
#[must_use]
pub fn due_for_latecomer(due_on: Date, today: Date) -> Date {
    due_on.max(plus(today, LATECOMER_DAYS))
}

/// The questions of one try: which, and in which order their choices stand. Made of a seed, so that it can be shown again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// In the order in which they are asked.
    pub items: Vec<PaperItem>,
}

/// One question of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperItem {
    /// Its place in the course.
    pub question: usize,
    /// Places of its choices in the course, in the order in which they stand here.
    pub choices: Vec<usize>,
}

/// Numbers from a seed, the same for the same seed: SHA-256 over the seed and a counter.
struct Numbers<'s> {
    seed: &'s str,
    counter: u64,
}

impl Numbers<'_> {
    /// A number below `bound`. The bias of the remainder is below one in 2^50 for what a course can have.
    fn below(&mut self, bound: usize) -> usize {
        let mut hash = Sha256::new();
        hash.update(self.seed.as_bytes());
        hash.update(self.counter.to_be_bytes());
        self.counter += 1;
        let digest: [u8; 32] = hash.finalize().into();
        let number = digest.iter().take(8).fold(0_u64, |n, byte| (n << 8) | u64::from(*byte));
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        usize::try_from(number % bound).unwrap_or(0)
    }

    fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut places: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            let other = self.below(last + 1);
            places.swap(last, other);
        }
        places
    }
}

impl Paper {
    /// The paper of a seed.
    #[must_use]
    pub fn draw(course: &Course, seed: &str) -> Self {
        let mut numbers = Numbers { seed, counter: 0 };
        let mut order = numbers.shuffled(course.questions.len());
        order.truncate(usize::try_from(course.draw).unwrap_or(usize::MAX));
        let items = order
            .into_iter()
            .filter_map(|place| {
                let choices = numbers.shuffled(course.questions.get(place)?.choices.len());
                Some(PaperItem { question: place, choices })
            })
            .collect();
        Self { items }
    }

    /// Marks the chosen places, as they stand on the paper, by the item's number.
    ///
    /// # Errors
    /// [`Refusal::Unanswered`] with the numbers of items that have no answer, or one that the paper does not offer.
    pub fn mark(&self, course: &Course, chosen: &BTreeMap<usize, BTreeSet<usize>>) -> Result<Mark, Refusal> {
        let mut rights = Vec::with_capacity(self.items.len());
        let mut missing = Vec::new();
        for (number, item) in self.items.iter().enumerate() {
            let places = chosen.get(&number).filter(|places| !places.is_empty());
            let meant: Option<BTreeSet<usize>> =
                places.and_then(|p| p.iter().map(|place| item.choices.get(*place).copied()).collect());
            match (meant, course.questions.get(item.question)) {
                (Some(meant), Some(question)) => rights.push(meant == question.answers),
                _ => missing.push(number),
            }
        }
        if missing.is_empty() { Ok(Mark { rights }) } else { Err(Refusal::Unanswered(missing)) }
    }
}

/// What a try was worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Of each item, whether exactly the right choices were chosen.
    pub rights: Vec<bool>,
}

impl Mark {
    /// How many are right.
    #[must_use]
    pub fn right(&self) -> u32 {
        u32::try_from(self.rights.iter().filter(|r| **r).count()).unwrap_or(u32::MAX)
    }

    /// Of how many.
    #[must_use]
    pub fn of(&self) -> u32 {
        u32::try_from(self.rights.len()).unwrap_or(u32::MAX)
    }

    /// Whether that is enough; a paper without questions is never passed.
    #[must_use]
    pub fn passes(&self, percent: u32) -> bool {
        self.of() > 0 && u64::from(self.right()) * 100 >= u64::from(self.of()) * u64::from(percent)
    }
}

/// A digest of all that a paper depends on: another text of the course makes another paper of the same seed.
#[must_use]
pub fn content_digest(course: &Course) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    };
    part(&format!("{} {}", course.draw, course.pass));
    for question in &course.questions {
        part(&question.id);
        part(&question.text);
        question.choices.iter().for_each(|choice| part(choice));
        part(&format!("{:?}", question.answers));
    }
    for page in &course.pages {
        part(&page.id);
        part(&format!("{page:?}"));
    }
    hex::encode(hash.finalize())
}

/// A try that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// What its paper is made of.
    pub seed: String,
    /// The course as it was then, see [`content_digest`].
    pub content: String,
    /// When.
    pub at: Millis,
}

/// How somebody came to his end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By reading all of it, where there is nothing to ask.
    Read,
    /// By a test.
    Test,
    /// By having been in the room.
    Lecture,
}

/// How far a person is, besides what his task says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The pages that he confirmed having read, by id.
    pub pages: BTreeSet<String>,
    /// When he had read all of them, or was in the room.
    pub read_at: Option<Millis>,
    /// Tries that were begun.
    pub attempts: u32,
    /// The try that is under way.
    pub begun: Option<Begun>,
    /// When the last try ended.
    pub ended_at: Option<Millis>,
    /// When he passed, and how.
    pub passed: Option<(Millis, How)>,
    /// When he was last told by somebody to take it.
    pub reminded_at: Option<Millis>,
}

/// Why something about a course is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The course has no such page.
    #[error("the course has no such page")]
    NoPage,
    /// First all of it is read.
    #[error("not every page was read")]
    ReadFirst,
    /// It is passed already.
    #[error("it is passed already")]
    Passed,
    /// No try is left.
    #[error("no try is left")]
    NoneLeft,
    /// The next try may begin then.
    #[error("the next try may begin later")]
    Wait(Millis),
    /// No try is under way.
    #[error("no try is under way")]
    NotBegun,
    /// The course was changed since the try began.
    #[error("the course was changed since the try began")]
    Changed,
    /// Items without an answer, by number.
    #[error("some questions have no answer")]
    Unanswered(Vec<usize>),
    /// There is nothing to ask.
    #[error("the course has no questions")]
    NoTest,
}

impl Progress {
    /// Notes that a page was read. Whether that was the last one that was missing.
    ///
    /// # Errors
    /// [`Refusal::NoPage`].
    pub fn read(&mut self, course: &Course, page: &str, now: Millis) -> Result<bool, Refusal> {
        if !course.pages.iter().any(|p| p.id == page) {
            return Err(Refusal::NoPage);
        }
        self.pages.insert(page.to_owned());
        let all = course.pages.iter().all(|p| self.pages.contains(&p.id));
        if !all || self.read_at.is_some() {
            return Ok(false);
        }
        self.read_at = Some(now);
        if course.questions.is_empty() && self.passed.is_none() {
            self.passed = Some((now, How::Read));
        }
        Ok(true)
    }

    /// Whether all of it was read, or heard in the room. Who has read it need not read it again when a page comes to it.
    #[must_use]
    pub fn has_read(&self, course: &Course) -> bool {
        self.read_at.is_some() || course.pages.is_empty()
    }

    /// Whether a try may begin now.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may_begin(&self, course: &Course, now: Millis) -> Result<(), Refusal> {
        if course.questions.is_empty() {
            return Err(Refusal::NoTest);
        }
        if self.passed.is_some() {
            return Err(Refusal::Passed);
        }
        if !self.has_read(course) {
            return Err(Refusal::ReadFirst);
        }
        if course.attempts_max.is_some_and(|max| self.attempts >= max) {
            return Err(Refusal::NoneLeft);
        }
        let wait = Millis::from(course.wait_minutes) * 60_000;
        match self.ended_at.map(|at| at.saturating_add(wait)).filter(|next| now < *next) {
            Some(next) => Err(Refusal::Wait(next)),
            None => Ok(()),
        }
    }

    /// Begins a try. One that is under way is shown again instead: nobody looks for an easier paper.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn begin(&mut self, course: &Course, seed: String, now: Millis) -> Result<bool, Refusal> {
        let content = content_digest(course);
        match &self.begun {
            Some(begun) if begun.content == content => return Ok(false),
            // The course was changed meanwhile: that try counts for nothing.
            Some(_) => {
                self.begun = None;
                self.attempts = self.attempts.saturating_sub(1);
            }
            None => {}
        }
        self.may_begin(course, now)?;
        self.attempts = self.attempts.saturating_add(1);
        self.begun = Some(Begun { seed, content, at: now });
        Ok(true)
    }

    /// The paper of the try that is under way.
    ///
    /// # Errors
    /// [`Refusal::NotBegun`], [`Refusal::Changed`].
    pub fn paper(&self, course: &Course) -> Result<Paper, Refusal> {
        let begun = self.begun.as_ref().ok_or(Refusal::NotBegun)?;
        if begun.content != content_digest(course) {
            return Err(Refusal::Changed);
        }
        Ok(Paper::draw(course, &begun.seed))
    }

    /// Ends the try that is under way: its seed, its marks, and whether it was passed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn end(
        &mut self,
        course: &Course,
        chosen: &BTreeMap<usize, BTreeSet<usize>>,
        now: Millis,
    ) -> Result<(Begun, Mark, bool), Refusal> {
        let mark = self.paper(course)?.mark(course, chosen)?;
        let begun = self.begun.take().ok_or(Refusal::NotBegun)?;
        let passed = mark.passes(course.pass);
        self.ended_at = Some(now);
        if passed {
            self.passed = Some((now, How::Test));
        }
        Ok((begun, mark, passed))
    }

    /// He was in the room. Whether that was enough.
    pub fn attend(&mut self, course: &Course, now: Millis) -> bool {
        self.read_at.get_or_insert(now);
        let enough = course.lecture_suffices || course.questions.is_empty();
        if enough && self.passed.is_none() {
            self.passed = Some((now, How::Lecture));
        }
        enough
    }
}

macro_rules! standings {
    ($($(#[$doc:meta])* $name:ident = $id:literal),+ $(,)?) => {
        /// How far a person is with a course.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Standing { $($(#[$doc])* $name),+ }
        impl Standing {
            /// Every one.
            pub const ALL: &'static [Standing] = &[$(Standing::$name),+];
            /// The word in addresses, the API and lists.
            #[must_use]
            pub fn id(self) -> &'static str { match self { $(Standing::$name => $id),+ } }
        }
    };
}

standings! {
    /// Nothing was done yet.
    NotBegun = "not-begun",
    /// Some of it was read, or all.
    Reading = "reading",
    /// A try was begun or not passed.
    Tried = "tried",
    /// Not passed, and the day is over.
    Overdue = "overdue",
    /// Passed, and a second person is to confirm it.
    Confirming = "confirming",
    /// A wish to be let go waits.
    ExcuseAsked = "excuse-asked",
    /// Passed.
    Passed = "passed",
    /// Let go for a reason.
    Excused = "excused",
}

impl Standing {
    /// What the state of his task and his progress come to.
    #[must_use]
    pub fn of(state: State, overdue: bool, progress: &Progress) -> Self {
        match state {
            State::Done => Standing::Passed,
            // Let go, or what it was about is no more: nothing is asked of him.
            State::Waived | State::Dropped => Standing::Excused,
            State::Reported => Standing::Confirming,
            State::WaiverAsked => Standing::ExcuseAsked,
            State::Open if overdue => Standing::Overdue,
            State::Open if progress.attempts > 0 => Standing::Tried,
            State::Open if progress.read_at.is_some() || !progress.pages.is_empty() => Standing::Reading,
            State::Open => Standing::NotBegun,
        }
    }

    /// Whether nothing more is asked of him.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Standing::Passed | Standing::Excused)
    }
}

/// How many people are how far; each is counted once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    counts: BTreeMap<Standing, u32>,
}

impl Share {
    /// Counts one person.
    pub fn add(&mut self, standing: Standing) {
        let count = self.counts.entry(standing).or_default();
        *count = count.saturating_add(1);
    }

    /// How many stand there.
    #[must_use]
    pub fn of(&self, standing: Standing) -> u32 {
        self.counts.get(&standing).copied().unwrap_or(0)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> u32 {
        self.counts.values().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Those who have to take it: all but who was let go.
    #[must_use]
    pub fn subject(&self) -> u32 {
        self.all().saturating_sub(self.of(Standing::Excused))
    }

    /// Whether at least so many per cent of those who have to have passed. Of nobody, all have.
    #[must_use]
    pub fn reaches(&self, percent: u32) -> bool {
        u64::from(self.of(Standing::Passed)) * 100 >= u64::from(self.subject()) * u64::from(percent)
    }
}
