//! Records (文書) and the end of their retention (保存期間): from when a record may be destroyed, and the steps until it is.
//!
//! Owns: how years are counted, and which step may follow which: listed (廃棄予定) → proposed → decided → destroyed, and held (保留)
//! in between. Two persons destroy: whoever proposes does not decide.
//! Leaves to others: which classes there are (`policy`), who may act (`authz`), finding records whose end comes, erasing and
//! evidence (`app`).
//!
//! Offices count from the 1 April after the day on which a matter ended: what ended in a fiscal year is kept whole years from the
//! first day of the next one, and may be destroyed on the day after the last. So every end is a 1 April, and no leap day or change of
//! year moves it.

use jiff::civil::Date;

use crate::{
    Millis,
    calendar::{fiscal_year, fiscal_year_begins},
    id::UserId,
};

/// The longest retention in years that is counted.
pub const YEARS_MAX: u16 = 100;

/// Longest reason of a hold, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// The first day on which a record may be destroyed that ended on `ended` and is kept for so many years. `None`: the calendar does
/// not reach that far, so never.
#[must_use]
pub fn destroyed_from(ended: Date, years: u16) -> Option<Date> {
    let years = i16::try_from(years.min(YEARS_MAX)).ok()?;
    let begins = fiscal_year(ended).checked_add(1)?;
    let ends = begins.checked_add(years)?;
    // Beyond the calendar the first day of a fiscal year is none.
    (ends < Date::MAX.year()).then(|| fiscal_year_begins(ends))
}

/// The first day on which a record stands on the list of what ends: so many months before, on the same day of the month.
#[must_use]
pub fn listed_from(destroyed_from: Date, months: u8) -> Date {
    let months = jiff::Span::new().months(i64::from(months));
    destroyed_from.checked_sub(months).unwrap_or(Date::MIN)
}

macro_rules! stages {
    ($($(#[$doc:meta])* $name:ident = $id:literal),+ $(,)?) => {
        /// How far a record is on its way out.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Stage { $($(#[$doc])* $name),+ }
        impl Stage {
            /// Every stage.
            pub const ALL: &'static [Stage] = &[$(Stage::$name),+];
            /// The word in the store, the API and evidence.
            #[must_use]
            pub fn id(self) -> &'static str { match self { $(Stage::$name => $id),+ } }
            /// The stage with this word.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|s| s.id() == id)
            }
        }
    };
}

stages! {
    /// 廃棄予定: its end comes or has come.
    Listed = "listed",
    /// 保留: kept longer, for a reason, until a day.
    Held = "held",
    /// 廃棄の決裁待ち: somebody proposed that it be destroyed.
    Proposed = "proposed",
    /// 廃棄決定: another one decided so; it is erased at the next round.
    Decided = "decided",
    /// 廃棄済.
    Destroyed = "destroyed",
}

/// Why a step was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is at a stage at which this cannot be done.
    #[error("not possible while the record is {}", .0.id())]
    Stage(Stage),
    /// Its retention has not ended yet.
    #[error("its retention has not ended")]
    Early,
    /// Whoever proposed it does not decide.
    #[error("whoever proposed it does not decide")]
    SamePerson,
    /// A reason is needed, or it is too long.
    #[error("a reason is needed")]
    Reason,
    /// The day until which it is to be kept is not in the future, or too far.
    #[error("the day is not possible")]
    Day,
}

/// Why and until when a record is kept longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Who said so.
    pub by: UserId,
    /// When.
    pub at: Millis,
    /// Why.
    pub reason: String,
    /// Until when: the first day on which it is listed again.
    pub until: Date,
}

/// A record on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposal {
    /// Its stage.
    pub stage: Stage,
    /// The first day on which it may be destroyed.
    pub destroyed_from: Date,
    /// The hold, while it is held.
    pub hold: Option<Hold>,
    /// Who proposed that it be destroyed, and when.
    pub proposed: Option<(UserId, Millis)>,
    /// Who decided so, and when.
    pub decided: Option<(UserId, Millis)>,
    /// When it was destroyed.
    pub destroyed_at: Option<Millis>,
}

/// The longest hold, in years: who needs more says so again.
const HOLD_YEARS_MAX: i16 = 10;

impl Disposal {
    /// A record that is put on the list.
    #[must_use]
    pub fn listed(destroyed_from: Date) -> Self {
        Self {
            stage: Stage::Listed,
            destroyed_from,
            hold: None,
            proposed: None,
            decided: None,
            destroyed_at: None,
        }
    }

    /// 保留. A proposal that nobody decided yet falls with it.
    ///
    /// # Errors
    /// [`Refusal::Stage`] once it was decided; [`Refusal::Reason`]; [`Refusal::Day`].
    pub fn hold(
        &mut self,
        by: UserId,
        reason: &str,
        until: Date,
        today: Date,
        now: Millis,
    ) -> Result<(), Refusal> {
        if !matches!(self.stage, Stage::Listed | Stage::Held | Stage::Proposed) {
            return Err(Refusal::Stage(self.stage));
        }
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
            return Err(Refusal::Reason);
        }
        if until <= today || until.year() > today.year().saturating_add(HOLD_YEARS_MAX) {
            return Err(Refusal::Day);
        }
        self.stage = Stage::Held;
        self.proposed = None;
        self.hold = Some(Hold { by, at: now, reason: reason.to_owned(), until });
        Ok(())
    }

    /// Ends a hold: by somebody, or because its day has come.
    ///
    /// # Errors
    /// [`Refusal::Stage`] when it is not held.
    pub fn release(&mut self) -> Result<(), Refusal> {
        if self.stage != Stage::Held {
            return Err(Refusal::Stage(self.stage));
        }
        self.stage = Stage::Listed;
        self.hold = None;
        Ok(())
    }

    /// Proposes that it be destroyed.
    ///
    /// # Errors
    /// [`Refusal::Stage`]; [`Refusal::Early`] before its end.
    pub fn propose(&mut self, by: UserId, today: Date, now: Millis) -> Result<(), Refusal> {
        if self.stage != Stage::Listed {
            return Err(Refusal::Stage(self.stage));
        }
        if today < self.destroyed_from {
            return Err(Refusal::Early);
        }
        self.stage = Stage::Proposed;
        self.proposed = Some((by, now));
        Ok(())
    }

    /// Decides that it be destroyed.
    ///
    /// # Errors
    /// [`Refusal::Stage`]; [`Refusal::SamePerson`]; [`Refusal::Early`], should its end have moved meanwhile.
    pub fn decide(&mut self, by: UserId, today: Date, now: Millis) -> Result<(), Refusal> {
        let (Stage::Proposed, Some((proposer, _))) = (self.stage, &self.proposed) else {
            return Err(Refusal::Stage(self.stage));
        };
        if *proposer == by {
            return Err(Refusal::SamePerson);
        }
        if today < self.destroyed_from {
            return Err(Refusal::Early);
        }
        self.stage = Stage::Decided;
        self.decided = Some((by, now));
        Ok(())
    }

    /// Puts a proposal back on the list.
    ///
    /// # Errors
    /// [`Refusal::Stage`] when nothing was proposed.
    pub fn decline(&mut self) -> Result<(), Refusal> {
        if self.stage != Stage::Proposed {
            return Err(Refusal::Stage(self.stage));
        }
        self.stage = Stage::Listed;
        self.proposed = None;
        Ok(())
    }

    /// Notes that it was erased.
    ///
    /// # Errors
    /// [`Refusal::Stage`] when nobody decided so.
    pub fn destroy(&mut self, now: Millis) -> Result<(), Refusal> {
        if self.stage != Stage::Decided {
            return Err(Refusal::Stage(self.stage));
        }
        self.stage = Stage::Destroyed;
        self.destroyed_at = Some(now);
        Ok(())
    }
}
