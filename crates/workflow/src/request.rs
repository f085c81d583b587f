//! A request (申請): a filled form on its way through its route, and the permit that comes of it.
//!
//! Owns the states and every permitted change between them, what an approver is shown and signs, and the life of a
//! permit. Each command checks first and changes afterwards: a refused command leaves the request as it was.
//! Leaves to others: which form there is and whether it is filled rightly (`policy`, `app`), rights (`authz`), what else
//! an approval brings about (`app`), time, storage, evidence.

mod permit;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Millis,
    id::{FileId, RequestId, SectionId, UserId, ZoneId},
    register::RowKey,
    route::{self, Approval, COMMENT_CHARS_MAX, Route, Scope, Step, Term, Verdict, Vote},
    transfer::Stored,
};

pub use permit::{HandOver, Permit, Standing, Terms};

/// Where a request stands; each state says who acts next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// 承認待ち: the holder of the open step's role acts.
    Waiting,
    /// 差戻し: the applicant changes it and applies again, or withdraws it.
    Returned,
    /// 引戻し: the applicant took it back; as [`State::Returned`].
    PulledBack,
    /// 決裁済: approved. Its permit, if it has one, lives on. Final.
    Approved,
    /// 否認: an approver refused it. Final.
    Rejected,
    /// 取下げ: the applicant gave it up. Final.
    Withdrawn,
    /// 期限切れ: nobody decided or took it up again in time. Final.
    Expired,
}

impl State {
    /// Every state.
    pub const ALL: [State; 7] = [
        State::Waiting,
        State::Returned,
        State::PulledBack,
        State::Approved,
        State::Rejected,
        State::Withdrawn,
        State::Expired,
    ];

    /// The word used in storage, evidence and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Returned => "returned",
            State::PulledBack => "pulled-back",
            State::Approved => "approved",
            State::Rejected => "rejected",
            State::Withdrawn => "withdrawn",
            State::Expired => "expired",
        }
    }

    /// The state with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.id() == id)
    }

    /// Whether no decision can change it any more.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, State::Approved | State::Rejected | State::Withdrawn | State::Expired)
    }

    /// Whether the applicant may edit and apply again.
    #[must_use]
    pub fn is_with_applicant(self) -> bool {
        matches!(self, State::Returned | State::PulledBack)
    }
}

/// One answer, as it was shown when it was given: the form may have changed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The field's id.
    pub field: String,
    /// The field's label.
    pub title: String,
    /// What was answered, as programs read it: `2026-04-01`, `true`, an id.
    pub value: String,
    /// The same as people read it.
    pub shown: String,
    /// The row of a register that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<RowKey>,
}

/// Answers and characters of [`about`].
const ABOUT_ANSWERS: usize = 2;
const ABOUT_CHARS_MAX: usize = 60;

/// What a request is about, in one short line for lists: its first answers, as forms begin with what is asked for.
#[must_use]
pub fn about(answers: &[Answer]) -> String {
    let words = answers.iter().map(|answer| answer.shown.trim()).filter(|shown| !shown.is_empty());
    let line = words.take(ABOUT_ANSWERS).collect::<Vec<_>>().join("、");
    let mut line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(ABOUT_CHARS_MAX) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// A file that belongs to a request. It stays in the zone in which it was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Its id.
    pub id: FileId,
    /// The name as it was sent: shown escaped, never used as a path.
    pub untrusted_name: String,
    /// The bytes, in the store of the zone of the request.
    pub stored: Stored,
}

/// What an applicant hands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The answers in the order of the form, at most [`ANSWERS_MAX`].
    pub answers: Vec<Answer>,
    /// At most [`ATTACHMENTS_MAX`].
    pub attachments: Vec<Attachment>,
    /// What it asks to be permitted, if the form is for a permit.
    pub terms: Option<Terms>,
    /// By how much an emergency was reported too late, if it was.
    pub late_by: Option<Millis>,
}

/// Most answers of one request.
pub const ANSWERS_MAX: usize = 100;
/// Longest answer, in characters.
pub const ANSWER_CHARS_MAX: usize = 10_000;
/// Most files of one request.
pub const ATTACHMENTS_MAX: usize = 20;
/// Longest title of a request, in characters.
pub const TITLE_CHARS_MAX: usize = 200;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// A short number that people say on the telephone, unique among requests.
    pub number: i64,
    /// The request type of the pack.
    pub form: String,
    /// Its title, as it was then.
    pub title: String,
    /// The zone of the listener at which it was handed in; it is seen and decided there.
    pub zone: ZoneId,
    /// Who applied.
    pub applicant: UserId,
    /// The section he belonged to at that time.
    pub section: SectionId,
    /// What he handed in.
    pub content: Content,
    /// Where it stands.
    pub state: State,
    /// How far its decisions have come; a step is open while the state is [`State::Waiting`].
    pub approval: Approval,
    /// Until when somebody is waited for: present while somebody is.
    pub term: Term,
    /// What came of it, once it was approved and the form is for a permit.
    pub permit: Option<Permit>,
    /// The version of the pack whose form and route apply.
    pub pack_version: String,
    /// When it was first handed in.
    pub submitted_at: Millis,
    /// When it last changed; a review afterwards (後閲) is no change.
    pub changed_at: Millis,
    /// Raised by every change; a writer that read an older one must read again.
    pub version: i64,
}

/// Why a command was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request is in a state in which this cannot be done.
    #[error("not possible while the request is {}", .0.id())]
    State(State),
    /// The rules of approvals do not let it be decided so.
    #[error(transparent)]
    Approval(#[from] route::Refusal),
    /// What was handed in is out of its bounds.
    #[error("the field `{0}` is out of bounds")]
    Field(&'static str),
    /// There is no permit, or it does not stand as this asks for.
    #[error("the permit does not allow this")]
    Permit,
    /// What was permitted begins on a later day: nothing was taken that could be given back.
    #[error("nothing was taken yet")]
    NotTaken,
    /// A reason is needed, or it is too long.
    #[error("a reason of 1 to {COMMENT_CHARS_MAX} characters is needed")]
    Reason,
}

/// What happened; `app` turns each into evidence and tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Handed in for the `round`-th time.
    Submitted {
        /// Which time.
        round: u32,
    },
    /// Something of its approval.
    Approval(route::Event),
    /// The last step approved it.
    Approved,
    /// The state changed without one of the above.
    Moved {
        /// From.
        from: State,
        /// To.
        to: State,
    },
    /// It goes on in somebody else's name.
    HandedOver {
        /// Who applied.
        from: UserId,
        /// Who takes it over.
        to: UserId,
    },
    /// What was permitted was given back.
    PermitReturned {
        /// By whom.
        by: UserId,
        /// Whether after its last day.
        late: bool,
    },
    /// The applicant does without what was permitted.
    PermitGivenUp {
        /// Who said so.
        by: UserId,
    },
    /// The permit was taken back before its end.
    PermitRevoked {
        /// By whom.
        by: UserId,
        /// Why.
        reason: String,
    },
    /// Whoever has it leaves its section, and somebody is to take it over.
    PermitOffered {
        /// Who has it.
        from: UserId,
        /// Who takes it over.
        to: UserId,
        /// Until when he says so.
        due_at: Option<Millis>,
    },
    /// Whoever has it leaves its section, and it is to be given back.
    PermitCalledIn {
        /// Who has it.
        from: UserId,
        /// Until when.
        due_at: Option<Millis>,
    },
    /// Who was named took it over.
    PermitTakenOver {
        /// Who had it.
        from: UserId,
        /// Who has it now.
        to: UserId,
    },
    /// Who was named did not.
    PermitDeclined {
        /// Who was named.
        by: UserId,
        /// Why.
        reason: String,
    },
    /// The last day passed and nothing was given back.
    PermitOverdue,
}

/// What a new request starts from.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its id.
    pub id: RequestId,
    /// Its number.
    pub number: i64,
    /// The request type.
    pub form: String,
    /// Its title.
    pub title: String,
    /// Where it is handed in.
    pub zone: ZoneId,
    /// By whom.
    pub applicant: UserId,
    /// Of which section.
    pub section: SectionId,
    /// What he hands in.
    pub content: Content,
    /// The steps the pack asks for; at least one.
    pub route: Route,
    /// The version of the pack.
    pub pack_version: String,
}

/// Days that a request waits beyond a deadline, and with its applicant; comes from the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Days.
    pub days: u32,
}

impl Request {
    /// Hands in a request: its first step opens.
    ///
    /// # Errors
    /// [`Refusal::Field`] when the content is out of bounds or the route has no step: nothing is approved by nobody.
    pub fn apply(new: Application, patience: Patience, now: Millis) -> Result<(Self, Vec<Event>), Refusal> {
        check_content(&new.content, &new.route)?;
        if !(1..=TITLE_CHARS_MAX).contains(&new.title.chars().count()) {
            return Err(Refusal::Field("title"));
        }
        let mut request = Self {
            id: new.id,
            number: new.number,
            form: new.form,
            title: new.title,
            zone: new.zone,
            applicant: new.applicant,
            section: new.section,
            content: new.content,
            state: State::Waiting,
            approval: Approval::new(new.route),
            term: Term::default(),
            permit: None,
            pack_version: new.pack_version,
            submitted_at: now,
            changed_at: now,
            version: 0,
        };
        let mut events = vec![Event::Submitted { round: 1 }];
        request.open_or_approve(patience, now, &mut events);
        Ok((request, events))
    }

    /// The step that waits for a decision, if one does: the first of those that are open side by side.
    #[must_use]
    pub fn open_step(&self) -> Option<&Step> {
        (self.state == State::Waiting).then(|| self.approval.next_step()).flatten()
    }

    /// Every step that waits for a decision, with its place in the route.
    #[must_use]
    pub fn open_steps(&self) -> Vec<(usize, &Step)> {
        let open = if self.state == State::Waiting { self.approval.open_steps() } else { Vec::new() };
        open.into_iter().filter_map(|index| Some((index, self.approval.route.steps.get(index)?))).collect()
    }

    /// The rows of registers that its answers name, each once.
    #[must_use]
    pub fn rows(&self) -> std::collections::BTreeSet<&RowKey> {
        self.content.answers.iter().filter_map(|a| a.row.as_ref()).collect()
    }

    /// The answer to a field.
    #[must_use]
    pub fn answer(&self, field: &str) -> Option<&str> {
        self.content.answers.iter().find(|a| a.field == field).map(|a| a.value.as_str())
    }

    /// SHA-256 over exactly what an approver is shown: the form and its version, the title, each answer with its label, and
    /// of each attachment its name and its bytes. A decision signs this hash, and any change makes another.
    #[must_use]
    pub fn content_hash(&self) -> String {
        #[derive(Serialize)]
        struct Seen<'a> {
            id: &'a RequestId,
            round: u32,
            form: &'a str,
            pack: &'a str,
            title: &'a str,
            applicant: &'a UserId,
            answers: &'a [Answer],
            attachments: Vec<(&'a str, &'a str)>,
            terms: Option<Terms>,
            late_by: Option<Millis>,
        }
        let seen = Seen {
            id: &self.id,
            round: self.approval.round,
            form: &self.form,
            pack: &self.pack_version,
            title: &self.title,
            applicant: &self.applicant,
            answers: &self.content.answers,
            attachments: self
                .content
                .attachments
                .iter()
                .map(|a| (a.untrusted_name.as_str(), a.stored.sha256.as_str()))
                .collect(),
            terms: self.content.terms,
            late_by: self.content.late_by,
        };
        // Plain structs of strings and numbers always serialise; an empty text would still only refuse decisions.
        let text = serde_json::to_vec(&seen).unwrap_or_default();
        hex::encode(Sha256::digest(&text))
    }

    /// Records a decision of the open step. The caller has made sure that the voter holds the role, or is the deputy of
    /// the one he stands in for.
    ///
    /// # Errors
    /// [`Refusal::State`] unless an approval is open, [`Refusal::Approval`].
    pub fn decide(
        &mut self,
        vote: &Vote<'_>,
        patience: Patience,
        now: Millis,
    ) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Waiting])?;
        let content_hash = self.content_hash();
        self.approval.check(vote, &self.applicant, &content_hash, self.term, now)?;
        let mut events: Vec<Event> =
            self.approval.record(vote, Vec::new(), now).into_iter().map(Event::Approval).collect();
        self.changed_at = now;
        match vote.verdict {
            Verdict::Approve => self.open_or_approve(patience, now, &mut events),
            Verdict::Return => self.hand_back(State::Returned, patience, now, &mut events),
            Verdict::Reject => self.move_to(State::Rejected, now, &mut events),
        }
        Ok(events)
    }

    /// Puts an open step before a role above its own; see [`Approval::raise`].
    ///
    /// # Errors
    /// [`Refusal::State`] unless an approval is open.
    pub fn raise_step(
        &mut self,
        step: usize,
        role: String,
        scope: Scope,
        now: Millis,
    ) -> Result<Event, Refusal> {
        self.expect_state(&[State::Waiting])?;
        let event = self.approval.raise(step, role, scope)?;
        self.changed_at = now;
        Ok(Event::Approval(event))
    }

    /// Hands the request back because nobody at all is free to decide an open step.
    ///
    /// # Errors
    /// [`Refusal::State`] unless an approval is open.
    pub fn return_undecidable(
        &mut self,
        step: usize,
        patience: Patience,
        now: Millis,
    ) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Waiting])?;
        let mut events = vec![Event::Approval(route::Event::ApproverMissing { step })];
        self.hand_back(State::Returned, patience, now, &mut events);
        Ok(events)
    }

    /// 後閲: the person deputised for has looked at the decision.
    ///
    /// # Errors
    /// [`Refusal::Approval`] unless that decision waits for the review of `by`.
    pub fn review(&mut self, decision: usize, by: &UserId, now: Millis) -> Result<Vec<Event>, Refusal> {
        Ok(vec![Event::Approval(self.approval.review(decision, by, now)?)])
    }

    /// 引戻し: the applicant takes it back while it waits.
    ///
    /// # Errors
    /// [`Refusal::State`].
    pub fn pull_back(&mut self, patience: Patience, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Waiting])?;
        let mut events = Vec::new();
        self.hand_back(State::PulledBack, patience, now, &mut events);
        Ok(events)
    }

    /// 取下げ: the applicant gives it up, before the last decision.
    ///
    /// # Errors
    /// [`Refusal::State`].
    pub fn withdraw(&mut self, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Waiting, State::Returned, State::PulledBack])?;
        let mut events = Vec::new();
        self.move_to(State::Withdrawn, now, &mut events);
        Ok(events)
    }

    /// Goes on in somebody else's name, because who applied has left. A route that is under way starts anew: what was signed named
    /// him.
    ///
    /// # Errors
    /// [`Refusal::State`] once it has ended, [`Refusal::Field`] when it is that person's already.
    pub fn hand_over(&mut self, to: &UserId, patience: Patience, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Waiting, State::Returned, State::PulledBack])?;
        if self.applicant == *to {
            return Err(Refusal::Field("applicant"));
        }
        let from = std::mem::replace(&mut self.applicant, to.clone());
        let mut events = vec![Event::HandedOver { from, to: to.clone() }];
        self.changed_at = now;
        if self.state == State::Waiting {
            let route = self.approval.route.clone();
            self.approval.restart(route);
            events.push(Event::Submitted { round: self.approval.round });
            self.open_or_approve(patience, now, &mut events);
        } else {
            // The days for taking it up again begin anew.
            self.term = Term::days(patience.days, now);
        }
        Ok(events)
    }

    /// Hands a returned or pulled-back request in again; its route starts anew.
    ///
    /// # Errors
    /// [`Refusal::State`], [`Refusal::Field`].
    pub fn resubmit(
        &mut self,
        content: Content,
        route: Route,
        pack_version: String,
        patience: Patience,
        now: Millis,
    ) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Returned, State::PulledBack])?;
        check_content(&content, &route)?;
        self.content = content;
        self.pack_version = pack_version;
        self.approval.restart(route);
        let mut events = vec![Event::Submitted { round: self.approval.round }];
        self.open_or_approve(patience, now, &mut events);
        Ok(events)
    }

    /// Ends a request whose time is up: a decision nobody made, a return nobody took up again.
    ///
    /// # Errors
    /// [`Refusal::State`] when it is not overdue.
    pub fn expire(&mut self, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Waiting, State::Returned, State::PulledBack])?;
        if !self.term.is_over(now) {
            return Err(Refusal::State(self.state));
        }
        let mut events = Vec::new();
        self.move_to(State::Expired, now, &mut events);
        Ok(events)
    }

    /// What time brought to the open steps: their approvers are reminded (督促), and other roles may decide as well.
    ///
    /// # Errors
    /// [`Refusal::State`] when it brought nothing.
    pub fn pass(&mut self, now: Millis) -> Result<Vec<Event>, Refusal> {
        self.expect_state(&[State::Waiting])?;
        let events = self.approval.pass(&mut self.term, now);
        if events.is_empty() {
            return Err(Refusal::State(self.state));
        }
        self.changed_at = now;
        Ok(events.into_iter().map(Event::Approval).collect())
    }

    /// The next moment after which [`Request::pass`], [`Request::expire`] or [`Request::note_overdue`] has something
    /// to do.
    #[must_use]
    pub fn alarm_at(&self) -> Option<Millis> {
        let end = self.term.expires_at;
        let step = (self.state == State::Waiting).then(|| self.approval.alarm_at(self.term)).flatten();
        let permit = self.permit.as_ref().and_then(Permit::overdue_from);
        [end, step, permit].into_iter().flatten().min()
    }

    fn expect_state(&self, allowed: &[State]) -> Result<(), Refusal> {
        if allowed.contains(&self.state) { Ok(()) } else { Err(Refusal::State(self.state)) }
    }

    fn move_to(&mut self, to: State, now: Millis, events: &mut Vec<Event>) {
        events.push(Event::Moved { from: self.state, to });
        self.state = to;
        self.term = Term::default();
        self.changed_at = now;
    }

    fn hand_back(&mut self, to: State, patience: Patience, now: Millis, events: &mut Vec<Event>) {
        self.move_to(to, now, events);
        self.term = Term::days(patience.days, now);
    }

    fn open_or_approve(&mut self, patience: Patience, now: Millis, events: &mut Vec<Event>) {
        self.changed_at = now;
        if let Some((term, opened)) = self.approval.open(patience.days, now) {
            if self.state != State::Waiting {
                self.move_to(State::Waiting, now, events);
            }
            // While others of a group are waited for, it stays noted that they were reminded.
            let reminded_at = self.term.reminded_at.filter(|_| opened.is_empty());
            self.term = Term { reminded_at, ..term };
            events.extend(opened.into_iter().map(Event::Approval));
        } else {
            self.move_to(State::Approved, now, events);
            self.permit = self.content.terms.map(Permit::new);
            events.push(Event::Approved);
        }
    }
}

fn check_content(content: &Content, route: &Route) -> Result<(), Refusal> {
    if route.steps.is_empty() {
        return Err(Refusal::Field("route"));
    }
    let mut seen = std::collections::BTreeSet::new();
    let fits = |a: &Answer| {
        [&a.title, &a.value, &a.shown].iter().all(|text| text.chars().count() <= ANSWER_CHARS_MAX)
    };
    if content.answers.len() > ANSWERS_MAX
        || !content.answers.iter().all(|a| fits(a) && seen.insert(a.field.as_str()))
    {
        return Err(Refusal::Field("answers"));
    }
    if content.attachments.len() > ATTACHMENTS_MAX {
        return Err(Refusal::Field("attachments"));
    }
    if content.terms.is_some_and(|terms| terms.until <= terms.from) {
        return Err(Refusal::Field("until"));
    }
    Ok(())
}
