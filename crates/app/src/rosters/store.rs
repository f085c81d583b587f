//! What personnel changes need from the store.
//!
//! Owns the contracts, whose comments are binding, and the shapes of lists. Leaves the implementation to `store-sql`.

use async_trait::async_trait;
use workflow::{
    Millis,
    id::{RequestId, RosterPlanId, SectionId, TaskId, TransferId, UserId, ZoneId},
    register::RowKey,
    request::Permit,
    roster::{Entry, Kind, Known, Post, life::RosterPlan},
};

use crate::{
    model::{Page, PageRequest, PostHolding},
    ports::StoreError,
};

/// What becomes of the open requests of somebody who leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OpenRequests {
    /// They are withdrawn.
    #[default]
    Withdraw,
    /// They go on in the name of the successor, and are decided anew.
    HandOver,
}

impl OpenRequests {
    /// Both.
    pub const ALL: [OpenRequests; 2] = [OpenRequests::Withdraw, OpenRequests::HandOver];

    /// The word in forms, the API and the store.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            OpenRequests::Withdraw => "withdraw",
            OpenRequests::HandOver => "hand-over",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.id() == id)
    }
}

/// Who takes what a person has in hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// His successor; none: rows stay in his name and are told.
    pub successor: Option<UserId>,
    /// What becomes of open requests.
    pub requests: OpenRequests,
}

/// A row of a register that goes to somebody of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keeper {
    /// The line of the plan.
    pub place: u32,
    /// The row.
    pub row: RowKey,
    /// The column in which he is named.
    pub column: String,
    /// Who takes it.
    pub successor: UserId,
}

/// A permit that somebody takes over; without one it is given back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PermitKeeper {
    /// The line of the plan.
    pub place: u32,
    /// The request that gave it.
    pub request: RequestId,
    /// Who takes it over.
    pub successor: UserId,
}

/// What became of a person on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Changed as planned, and read back so.
    Done,
    /// He stood so already.
    Already,
    /// Somebody changed him meanwhile: left as he was.
    Differs,
    /// It could not be done.
    Failed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 4] = [Outcome::Done, Outcome::Already, Outcome::Differs, Outcome::Failed];

    /// The word in the store, evidence and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Already => "already",
            Outcome::Differs => "differs",
            Outcome::Failed => "failed",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.id() == id)
    }
}

/// A line of a kept plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedEntry {
    /// Its place, from 1.
    pub place: u32,
    /// What is different. Of somebody new `person` is the id that he will have.
    pub entry: Entry,
    /// Who takes what he has in hand.
    pub choice: Choice,
    /// What became of him, once somebody looked.
    pub outcome: Option<Outcome>,
    /// Why it was not done, or what of it was not.
    pub why: String,
}

/// Which lines of a plan a list shows. Each is served by one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryPart {
    /// All.
    All,
    /// Of this kind.
    Kind(Kind),
    /// With this outcome.
    Outcome(Outcome),
    /// Who belongs to this section before.
    From(SectionId),
    /// Who belongs to this section afterwards.
    To(SectionId),
}

/// How many of a kind a section gives or gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionTally {
    /// The section.
    pub section: SectionId,
    /// The kind.
    pub kind: Kind,
    /// How many belonged to it before.
    pub from: u32,
    /// How many belong to it afterwards.
    pub to: u32,
}

/// What of the things that a person has in hand is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Requests of leavers that nobody has decided.
    Requests,
    /// Approved requests with a permit that a leaver, or a mover to another section, has or is to take over.
    Permits,
    /// Tasks of leavers' own that are to be done.
    Tasks,
    /// Transfers for leavers that they have not taken, to this zone.
    Transfers(ZoneId),
    /// Rows of this register in use that name a leaver or mover in this column.
    Rows(String, String),
}

/// One of these things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A request: id, number, title.
    Request(RequestId, i64, String),
    /// An approved one: id, the id of its form, number, title, permit.
    Permit(RequestId, String, i64, String, Box<Permit>),
    /// A task: id and title.
    Task(TaskId, String),
    /// A transfer: id, number, subject.
    Transfer(TransferId, i64, String),
    /// A row, and the column in which he is named.
    Row(RowKey, String),
}

/// What a person of a plan has in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InHand {
    /// The line of the plan.
    pub place: u32,
    /// The thing.
    pub thing: Thing,
}

/// Reading personnel changes.
#[async_trait]
pub trait RosterStore: Send + Sync {
    /// Everybody behind this id, by id, with the posts of that moment: login first.
    async fn roster_people(
        &self,
        after: Option<&UserId>,
        at: Millis,
        limit: u32,
    ) -> Result<Vec<(String, Known)>, StoreError>;
    /// How many people with an open account hold this post for this unit at that moment.
    async fn count_holders(&self, post: &Post, at: Millis) -> Result<i64, StoreError>;
    /// Every post that a person ever held, the newest first.
    async fn post_history(&self, user: &UserId, limit: u32) -> Result<Vec<PostHolding>, StoreError>;
    /// A plan without its lines.
    async fn roster_plan(&self, id: &RosterPlanId) -> Result<Option<RosterPlan>, StoreError>;
    /// Plans by the time they were made, newest first.
    async fn roster_plans(&self, page: &PageRequest) -> Result<Page<RosterPlan>, StoreError>;
    /// Approved plans whose day has come, and those under way, the earliest first.
    async fn rosters_due(&self, now: Millis, limit: u32) -> Result<Vec<RosterPlanId>, StoreError>;
    /// Lines of a plan behind this place, in order.
    async fn roster_entries(
        &self,
        plan: &RosterPlanId,
        part: &EntryPart,
        after: u32,
        limit: u32,
    ) -> Result<Vec<PlannedEntry>, StoreError>;
    /// Plans in which this person is, the newest first, each with his line.
    async fn roster_entries_of(
        &self,
        user: &UserId,
        limit: u32,
    ) -> Result<Vec<(RosterPlanId, PlannedEntry)>, StoreError>;
    /// How many of each kind each section gives and gets.
    async fn roster_sections(&self, plan: &RosterPlanId) -> Result<Vec<SectionTally>, StoreError>;
    /// Rows that go to somebody of their own, of the lines from `first` to `last`.
    async fn roster_keepers(
        &self,
        plan: &RosterPlanId,
        first: u32,
        last: u32,
    ) -> Result<Vec<Keeper>, StoreError>;
    /// Permits that somebody takes over, of the lines from `first` to `last`.
    async fn roster_permits(
        &self,
        plan: &RosterPlanId,
        first: u32,
        last: u32,
    ) -> Result<Vec<PermitKeeper>, StoreError>;
    /// What the people of the lines from `first` to `last` have in hand, by place; one walk along the lines, and for each along an
    /// index.
    async fn in_hand(
        &self,
        plan: &RosterPlanId,
        wanted: &Wanted,
        first: u32,
        last: u32,
        limit: u32,
    ) -> Result<Vec<InHand>, StoreError>;
}

/// Changing personnel inside a transaction.
#[async_trait]
pub trait RosterTx: Send {
    /// As [`crate::ports::Store::posts_of`], inside the transaction.
    async fn posts_of(&mut self, user: &UserId, at: Millis) -> Result<Vec<PostHolding>, StoreError>;
    /// Takes every token of a person back that still works; how many.
    async fn revoke_tokens_of(&mut self, user: &UserId, at: Millis) -> Result<u64, StoreError>;
    /// Inserts a plan with its lines, in the order of their places from 1.
    async fn insert_roster_plan(
        &mut self,
        plan: &RosterPlan,
        lines: &[PlannedEntry],
    ) -> Result<(), StoreError>;
    /// A plan as it is now, to be changed: nobody else changes it before this transaction ends.
    async fn roster_plan(&mut self, id: &RosterPlanId) -> Result<Option<RosterPlan>, StoreError>;
    /// Replaces a plan without its lines; [`StoreError::Conflict`] unless the stored version is `plan.version`, which is raised.
    async fn update_roster_plan(&mut self, plan: &RosterPlan) -> Result<(), StoreError>;
    /// Says who takes what the person of a line has in hand.
    async fn choose_successor(
        &mut self,
        plan: &RosterPlanId,
        place: u32,
        choice: &Choice,
    ) -> Result<(), StoreError>;
    /// Says who takes one row, in place of what was said before.
    async fn choose_keeper(&mut self, plan: &RosterPlanId, keeper: &Keeper) -> Result<(), StoreError>;
    /// Says who takes a permit over, in place of what was said before; `None`: nobody does.
    async fn choose_permit_keeper(
        &mut self,
        plan: &RosterPlanId,
        place: u32,
        request: &RequestId,
        successor: Option<&UserId>,
    ) -> Result<(), StoreError>;
    /// As [`RosterStore::roster_permits`], inside the transaction.
    async fn roster_permits(
        &mut self,
        plan: &RosterPlanId,
        first: u32,
        last: u32,
    ) -> Result<Vec<PermitKeeper>, StoreError>;
    /// Lines with a successor, by place, inside the transaction: what a digest is made over.
    async fn roster_choices(&mut self, plan: &RosterPlanId) -> Result<Vec<(u32, Choice)>, StoreError>;
    /// As [`RosterStore::roster_keepers`], inside the transaction.
    async fn roster_keepers(
        &mut self,
        plan: &RosterPlanId,
        first: u32,
        last: u32,
    ) -> Result<Vec<Keeper>, StoreError>;
    /// Lines that nobody looked at yet, in order.
    async fn roster_open(&mut self, plan: &RosterPlanId, limit: u32)
    -> Result<Vec<PlannedEntry>, StoreError>;
    /// Says what became of the person of a line.
    async fn end_roster_line(
        &mut self,
        plan: &RosterPlanId,
        place: u32,
        outcome: Outcome,
        why: &str,
        at: Millis,
    ) -> Result<(), StoreError>;
    /// How many lines have each outcome.
    async fn roster_outcomes(&mut self, plan: &RosterPlanId) -> Result<Vec<(Outcome, u32)>, StoreError>;
    /// As [`RosterStore::in_hand`], inside the transaction.
    async fn in_hand(
        &mut self,
        plan: &RosterPlanId,
        wanted: &Wanted,
        first: u32,
        last: u32,
        limit: u32,
    ) -> Result<Vec<InHand>, StoreError>;
}
