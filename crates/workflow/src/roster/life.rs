//! The life of a plan: drawn up, applied for, approved, waiting for its day, under way, done.
//!
//! Owns: the stages and every permitted step between them. A refused step leaves the plan as it was.
//! Leaves to others: who approves it (a request does), and what it does to people (the parent).

use serde::{Deserialize, Serialize};

use super::Form;
use crate::{
    Millis,
    id::{RosterPlanId, UserId},
};

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// 作成中: what is in hand may be given to others; nobody approves it yet.
    Draft,
    /// 申請中: a request carries it.
    Asked,
    /// 施行待ち: approved, and its day is still to come.
    Approved,
    /// 反映中: its day has come; people are changed one after the other.
    Running,
    /// 反映済: everybody was looked at. Final.
    Done,
    /// 取下げ: given up before its day. Final.
    Withdrawn,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Stage; 6] =
        [Stage::Draft, Stage::Asked, Stage::Approved, Stage::Running, Stage::Done, Stage::Withdrawn];

    /// The word in the store, evidence and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Stage::Draft => "draft",
            Stage::Asked => "asked",
            Stage::Approved => "approved",
            Stage::Running => "running",
            Stage::Done => "done",
            Stage::Withdrawn => "withdrawn",
        }
    }

    /// The stage with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.id() == id)
    }
}

/// How many of each kind a plan has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// 採用.
    pub join: u32,
    /// 異動.
    #[serde(rename = "move")]
    pub moved: u32,
    /// 退職.
    pub leave: u32,
    /// 休職.
    pub suspend: u32,
    /// 復職.
    pub resume: u32,
    /// 氏名変更.
    pub rename: u32,
    /// Those in the table for whom nothing is different.
    pub unchanged: u32,
}

impl Counts {
    /// Those for whom something is different.
    #[must_use]
    pub fn changed(&self) -> u32 {
        self.join + self.moved + self.leave + self.suspend + self.resume + self.rename
    }
}

/// What became of the people of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// Changed as planned, and read back so.
    pub done: u32,
    /// Who stood so already.
    pub already: u32,
    /// Who was changed by somebody meanwhile: left as he was.
    pub differs: u32,
    /// Who could not be changed.
    pub failed: u32,
}

/// A plan without its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterPlan {
    /// Its id.
    pub id: RosterPlanId,
    /// Where it comes from: the name of the file, and its hash.
    pub source: String,
    /// What the lines were.
    pub form: Form,
    /// Its day, as `YYYY-MM-DD`.
    pub day: String,
    /// The beginning of that day.
    pub effective_at: Millis,
    /// SHA-256 over every line.
    pub lines_digest: String,
    /// SHA-256 over that and over who takes what: what is approved.
    pub digest: String,
    /// Where it stands.
    pub stage: Stage,
    /// Who drew it up.
    pub made_by: UserId,
    /// When.
    pub made_at: Millis,
    /// The request that carries it.
    pub request: Option<String>,
    /// When it was approved.
    pub approved_at: Option<Millis>,
    /// When the first people were changed.
    pub started_at: Option<Millis>,
    /// When everybody had been looked at, or it was given up.
    pub ended_at: Option<Millis>,
    /// What it holds.
    pub counts: Counts,
    /// What became of it.
    pub results: Results,
    /// Raised by every change.
    pub version: i64,
}

/// Why a step was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The plan is at a stage at which this cannot be done.
    #[error("not possible while the plan is {}", .0.id())]
    Stage(Stage),
    /// Another request carries it, or it says something else than was applied for.
    #[error("the plan is not what was applied for")]
    OtherRequest,
    /// Its day is over.
    #[error("the day of the plan is over")]
    Late,
}

impl RosterPlan {
    fn expect(&self, allowed: &[Stage]) -> Result<(), Refusal> {
        if allowed.contains(&self.stage) { Ok(()) } else { Err(Refusal::Stage(self.stage)) }
    }

    /// Whether it could be applied for at that moment.
    ///
    /// # Errors
    /// [`Refusal::Stage`], [`Refusal::Late`] once its day has begun by a day.
    pub fn may_ask(&self, today: Millis) -> Result<(), Refusal> {
        self.expect(&[Stage::Draft])?;
        if self.effective_at < today { Err(Refusal::Late) } else { Ok(()) }
    }

    /// A request carries it.
    ///
    /// # Errors
    /// As [`RosterPlan::may_ask`]; [`Refusal::OtherRequest`] when it is not what the request names.
    pub fn ask(&mut self, request: &str, digest: &str, today: Millis) -> Result<(), Refusal> {
        self.may_ask(today)?;
        if self.digest != digest {
            return Err(Refusal::OtherRequest);
        }
        self.stage = Stage::Asked;
        self.request = Some(request.to_owned());
        Ok(())
    }

    /// The request came back or ended otherwise.
    ///
    /// # Errors
    /// [`Refusal`] when this request does not carry it any more.
    pub fn send_back(&mut self, request: &str) -> Result<(), Refusal> {
        self.expect(&[Stage::Asked])?;
        self.carried_by(request)?;
        self.stage = Stage::Draft;
        self.request = None;
        Ok(())
    }

    /// The request was approved.
    ///
    /// # Errors
    /// [`Refusal`] when this request does not carry it any more.
    pub fn approve(&mut self, request: &str, now: Millis) -> Result<(), Refusal> {
        self.expect(&[Stage::Asked])?;
        self.carried_by(request)?;
        self.stage = Stage::Approved;
        self.approved_at = Some(now);
        Ok(())
    }

    /// It is given up: until its day.
    ///
    /// # Errors
    /// [`Refusal::Stage`].
    pub fn withdraw(&mut self, now: Millis) -> Result<(), Refusal> {
        self.expect(&[Stage::Draft, Stage::Approved])?;
        if self.stage == Stage::Approved && self.effective_at <= now {
            return Err(Refusal::Late);
        }
        self.stage = Stage::Withdrawn;
        self.ended_at = Some(now);
        Ok(())
    }

    /// Its day has come. Nothing happens when it is under way already.
    ///
    /// # Errors
    /// [`Refusal::Stage`] before that day, and of a plan that nobody approved.
    pub fn begin(&mut self, now: Millis) -> Result<(), Refusal> {
        self.expect(&[Stage::Approved, Stage::Running])?;
        if now < self.effective_at {
            return Err(Refusal::Stage(self.stage));
        }
        self.stage = Stage::Running;
        self.started_at.get_or_insert(now);
        Ok(())
    }

    /// Everybody was looked at.
    ///
    /// # Errors
    /// [`Refusal::Stage`].
    pub fn end(&mut self, results: Results, now: Millis) -> Result<(), Refusal> {
        self.expect(&[Stage::Running])?;
        self.stage = Stage::Done;
        self.results = results;
        self.ended_at = Some(now);
        Ok(())
    }

    fn carried_by(&self, request: &str) -> Result<(), Refusal> {
        if self.request.as_deref() == Some(request) { Ok(()) } else { Err(Refusal::OtherRequest) }
    }
}
