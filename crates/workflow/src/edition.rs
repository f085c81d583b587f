//! The life of one edition (版) of the policy: draft → applied → approved → in force → superseded, or withdrawn.
//!
//! Owns: which step may follow which and what each needs. Leaves to others: the text itself and its digest (`policy`), who
//! may act (`authz`), the route of the approval (the request that carries it), storing and evidence (`app`).
//!
//! One edition is on its way at a time, from the application to its first day: the differences that the approvers saw are
//! then those that come. The day from which it is in force is part of the application, and an approval holds for the
//! edition against which it was compared and for no other.

use crate::{
    Millis,
    id::{EditionId, UserId},
};

macro_rules! stages {
    ($($(#[$doc:meta])* $name:ident = $id:literal),+ $(,)?) => {
        /// How far an edition is.
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
    /// 案: may be looked at and applied for.
    Draft = "draft",
    /// 承認待ち: a request decides.
    Applied = "applied",
    /// 施行待ち: approved, its first day is still to come.
    Approved = "approved",
    /// 施行中.
    InForce = "in-force",
    /// 旧版: another one came into force.
    Superseded = "superseded",
    /// 取下げ.
    Withdrawn = "withdrawn",
}

impl Stage {
    /// Whether it keeps others from being applied for.
    #[must_use]
    pub fn is_under_way(self) -> bool {
        matches!(self, Stage::Applied | Stage::Approved)
    }
}

/// An analysis of the risks of what changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analysis {
    /// What it is called.
    pub title: String,
    /// What was found.
    pub text: String,
    /// Who attached it.
    pub by: UserId,
    /// When.
    pub at: Millis,
}

/// The application that is, or was, on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The request that carries it.
    pub request: String,
    /// Who applied.
    pub by: UserId,
    /// When.
    pub at: Millis,
    /// The moment from which it is to be in force.
    pub effective_from: Millis,
    /// The digest of the edition that it was compared with.
    pub against: String,
}

/// One edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Id.
    pub id: EditionId,
    /// Id of its pack.
    pub pack: String,
    /// Title of the policy in it.
    pub title: String,
    /// Its version in the body's words.
    pub label: String,
    /// The digest of its files.
    pub digest: String,
    /// Why it is proposed.
    pub note: String,
    /// Whether an analysis of the risks must be attached before it is applied for.
    pub needs_analysis: bool,
    /// How far it is.
    pub stage: Stage,
    /// Who proposed it; nobody did what was in force before the first proposal.
    pub proposed_by: Option<UserId>,
    /// When.
    pub proposed_at: Millis,
    /// The edition whose place it took.
    pub before: Option<EditionId>,
    /// The analysis of the risks.
    pub analysis: Option<Analysis>,
    /// The application.
    pub application: Option<Application>,
    /// When it was approved.
    pub approved_at: Option<Millis>,
    /// From when it is in force: set by the approval.
    pub effective_from: Option<Millis>,
    /// When it was put into force.
    pub adopted_at: Option<Millis>,
    /// When another one took its place.
    pub superseded_at: Option<Millis>,
    /// When its public part was published.
    pub published_at: Option<Millis>,
    /// When it was given up.
    pub withdrawn_at: Option<Millis>,
    /// Raised by every change.
    pub version: i64,
}

/// What is known of the world when an edition is applied for.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    /// Errors of the text: as many as there are.
    pub errors: usize,
    /// Another edition that is on its way.
    pub under_way: Option<&'a EditionId>,
    /// The digest of the edition in force.
    pub in_force: &'a str,
}

/// Why a step is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stage does not allow it.
    #[error("not possible while the edition is `{}`", .0.id())]
    Stage(Stage),
    /// The pack demands an analysis of the risks.
    #[error("an analysis of the risks must be attached")]
    NoAnalysis,
    /// The text has errors.
    #[error("the text has {0} errors")]
    Errors(usize),
    /// Another edition is on its way.
    #[error("the edition `{0}` is on its way")]
    UnderWay(EditionId),
    /// It is what is in force already.
    #[error("the text is the one in force")]
    Same,
    /// The day from which it is to be in force is over.
    #[error("the first day is over")]
    Past,
    /// Another request carries it.
    #[error("another request decides about it")]
    OtherRequest,
    /// What is in force is no longer what it was compared with.
    #[error("what is in force has changed since the application")]
    BaseChanged,
    /// Its first day is still to come.
    #[error("the first day is still to come")]
    Early,
}

type Done = Result<(), Refusal>;

impl Edition {
    fn must_be(&self, stages: &[Stage]) -> Done {
        if stages.contains(&self.stage) { Ok(()) } else { Err(Refusal::Stage(self.stage)) }
    }

    /// Attaches an analysis of the risks, in the place of an earlier one. What is on its way is not changed any more.
    ///
    /// # Errors
    /// [`Refusal::Stage`].
    pub fn attach(&mut self, analysis: Analysis) -> Done {
        self.must_be(&[Stage::Draft])?;
        self.analysis = Some(analysis);
        Ok(())
    }

    /// Whether it may be applied for, to be in force from `effective_from`, at the moment `now`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may_apply(&self, effective_from: Millis, standing: &Standing<'_>, now: Millis) -> Done {
        self.must_be(&[Stage::Draft])?;
        if standing.errors > 0 {
            return Err(Refusal::Errors(standing.errors));
        }
        if standing.in_force == self.digest {
            return Err(Refusal::Same);
        }
        if let Some(other) = standing.under_way {
            return Err(Refusal::UnderWay(other.clone()));
        }
        if self.needs_analysis && self.analysis.is_none() {
            return Err(Refusal::NoAnalysis);
        }
        // A day is chosen, and it has begun already when it is today.
        if effective_from <= now - DAY {
            return Err(Refusal::Past);
        }
        Ok(())
    }

    /// Puts it on its way: from here on the request decides.
    ///
    /// # Errors
    /// As [`Edition::may_apply`].
    pub fn apply(&mut self, application: Application, standing: &Standing<'_>) -> Done {
        self.may_apply(application.effective_from, standing, application.at)?;
        self.application = Some(application);
        self.stage = Stage::Applied;
        Ok(())
    }

    fn must_carry(&self, request: &str) -> Done {
        self.must_be(&[Stage::Applied])?;
        match &self.application {
            Some(application) if application.request == request => Ok(()),
            _ => Err(Refusal::OtherRequest),
        }
    }

    /// The request ended without an approval, or came back: the edition is a draft again.
    ///
    /// # Errors
    /// [`Refusal`] unless this request carries it.
    pub fn send_back(&mut self, request: &str) -> Done {
        self.must_carry(request)?;
        self.application = None;
        self.stage = Stage::Draft;
        Ok(())
    }

    /// The request was approved. A first day that passed meanwhile becomes this moment.
    ///
    /// # Errors
    /// [`Refusal`] unless this request carries it, or when something else came into force since the application.
    pub fn approve(&mut self, request: &str, in_force: &str, now: Millis) -> Done {
        self.must_carry(request)?;
        let Some(application) = &self.application else { return Err(Refusal::OtherRequest) };
        if application.against != in_force {
            return Err(Refusal::BaseChanged);
        }
        self.effective_from = Some(application.effective_from.max(now));
        self.approved_at = Some(now);
        self.stage = Stage::Approved;
        Ok(())
    }

    /// Puts it into force in the place of `before`.
    ///
    /// # Errors
    /// [`Refusal`] unless it is approved and its first day has come.
    pub fn adopt(&mut self, before: Option<&mut Edition>, now: Millis) -> Done {
        self.must_be(&[Stage::Approved])?;
        if self.effective_from.is_none_or(|from| from > now) {
            return Err(Refusal::Early);
        }
        if let Some(before) = before {
            before.must_be(&[Stage::InForce])?;
            before.stage = Stage::Superseded;
            before.superseded_at = Some(now);
            self.before = Some(before.id.clone());
        }
        self.stage = Stage::InForce;
        self.adopted_at = Some(now);
        Ok(())
    }

    /// Its public part is published. Once more is nothing new.
    ///
    /// # Errors
    /// [`Refusal::Stage`] unless it is in force.
    pub fn publish(&mut self, now: Millis) -> Done {
        self.must_be(&[Stage::InForce])?;
        self.published_at.get_or_insert(now);
        Ok(())
    }

    /// Gives it up: a draft, or an approved one before its first day. What is on its way is given up through its request.
    ///
    /// # Errors
    /// [`Refusal::Stage`].
    pub fn withdraw(&mut self, now: Millis) -> Done {
        self.must_be(&[Stage::Draft, Stage::Approved])?;
        self.stage = Stage::Withdrawn;
        self.withdrawn_at = Some(now);
        Ok(())
    }
}

const DAY: Millis = 86_400_000;

/// The edition that is in force at a moment, past or to come, as far as is known today: of those that were put into force
/// or are approved, the one whose time began last.
#[must_use]
pub fn in_force_at(editions: &[Edition], at: Millis) -> Option<&Edition> {
    editions.iter().filter(|e| began(e).is_some_and(|from| from <= at)).max_by_key(|e| (began(e), &e.id))
}

fn began(edition: &Edition) -> Option<Millis> {
    match edition.stage {
        Stage::Approved => edition.effective_from,
        Stage::InForce | Stage::Superseded => edition.adopted_at,
        Stage::Draft | Stage::Applied | Stage::Withdrawn => None,
    }
}
