//! Which notices the state of a thing asks for, and telling the people.
//!
//! Owns the way from a transfer, a request, a task or an edition to its notices, and when time will change them. Leaves who holds a
//! role and who stands in to [`crate::deciding`], keeping them to the store.

use jiff::{civil::Date, tz::Offset};
use policy::{NoticeKind, NoticeRule};
use workflow::{
    Millis,
    calendar::{begin_of, day_of, plus},
    duty::{self, Covers, Task, task::Desk},
    id::{EditionId, SectionId, UserId},
    request::{self, Permit, Request, Standing},
    route::{Approval, Event as Approving, Scope, Term},
    transfer::{self, Transfer},
};

use super::store::{About, NewNotice, Told, Way};
use crate::{App, deciding::Matter, error::Result, ports::Tx};

const MINUTE: Millis = 60_000;
const HOUR: Millis = 3_600_000;
const DAY: Millis = 86_400_000;

/// How long a mail that goes at once waits for others to go with it.
pub(super) const BUNDLE: Millis = MINUTE;

/// The notices that a thing asks for, and when to look at it again.
#[derive(Debug)]
pub(super) struct Wanted {
    about: About,
    notices: Vec<NewNotice>,
    look_again: Option<Millis>,
}

impl Wanted {
    fn new(kind: &str, id: &str) -> Self {
        Self { about: About::new(kind, id), notices: Vec::new(), look_again: None }
    }

    fn look(&mut self, at: Option<Millis>) {
        self.look_again = [self.look_again, at].into_iter().flatten().min();
    }

    pub(super) fn about(&self) -> &About {
        &self.about
    }

    pub(super) fn notices(&self) -> &[NewNotice] {
        &self.notices
    }

    pub(super) fn look_again(&self) -> Option<Millis> {
        self.look_again
    }
}

/// Somebody who is told, and the role in which, if it is one.
type Addressee = (UserId, Option<String>);

fn in_role(people: Vec<UserId>, role: &str) -> Vec<Addressee> {
    people.into_iter().map(|person| (person, Some(role.to_owned()))).collect()
}

fn himself(person: &UserId) -> Vec<Addressee> {
    vec![(person.clone(), None)]
}

/// How many of the days before an end have come, and when the next does.
fn passed(days: &[u32], end: Millis, now: Millis) -> (usize, Option<Millis>) {
    let moments = || days.iter().map(|d| end.saturating_sub(Millis::from(*d) * DAY));
    (moments().filter(|at| *at <= now).count(), moments().filter(|at| *at > now).min())
}

/// What a matter with an approval is, for its notices.
struct Course<'a> {
    approval: &'a Approval,
    term: Term,
    submitter: &'a UserId,
}

impl App {
    /// The hour of the day in Japan.
    fn hour_of(at: Millis) -> u8 {
        const JAPAN: Offset = jiff::tz::offset(9);
        jiff::Timestamp::from_millisecond(at)
            .ok()
            .and_then(|t| u8::try_from(JAPAN.to_datetime(t).hour()).ok())
            .unwrap_or(0)
    }

    /// The first moment from this one on at which mails may go.
    pub(super) fn out_of_quiet(&self, at: Millis) -> Millis {
        let hours = self.pack().notice_hours();
        if !hours.is_quiet(Self::hour_of(at)) {
            return at;
        }
        let until = Millis::from(hours.quiet_until) * HOUR;
        let today = begin_of(day_of(at)).saturating_add(until);
        if today > at { today } else { begin_of(plus(day_of(at), 1)).saturating_add(until) }
    }

    /// The next moment after this one at which the digest goes: at its hour of an open day.
    pub(super) fn next_digest(&self, after: Millis) -> Millis {
        let at = |day: Date| {
            begin_of(day).saturating_add(Millis::from(self.pack().notice_hours().digest_hour) * HOUR)
        };
        let today = day_of(after);
        let first = if at(today) > after { today } else { plus(today, 1) };
        at(self.calendar().nth_open(first, 1))
    }

    /// How a notice reaches people by the rule for it; `None` where the body makes none.
    pub(super) fn way(&self, kind: NoticeKind, role: Option<&str>, now: Millis) -> Option<Way> {
        let rule: &NoticeRule = self.pack().notice_rule(kind, role)?;
        Some(Way {
            urgency: rule.urgency,
            least: if rule.binding { rule.urgency } else { policy::Urgency::ScreenOnly },
            at_once_at: self.out_of_quiet(now.saturating_add(BUNDLE)),
            digest_at: self.next_digest(now),
        })
    }

    fn tell(&self, wanted: &mut Wanted, told: &Told, people: Vec<Addressee>) {
        for (person, role) in people {
            if let Some(way) = self.way(told.kind, role.as_deref(), told.made_at) {
                let notice = NewNotice { person, told: told.clone(), way };
                // Two roles of one person ask him once.
                if wanted.notices.iter().all(|n| n.id() != notice.id()) {
                    wanted.notices.push(notice);
                }
            }
        }
    }

    /// The roles that are told of a kind by the pack alone, for a section or the whole body.
    async fn told_by_rule(
        &self,
        kind: NoticeKind,
        section: Option<&SectionId>,
        now: Millis,
    ) -> Result<Vec<Addressee>> {
        let mut people = Vec::new();
        for rule in self.pack().notice_rules().iter().filter(|r| r.kind == kind) {
            for role in &rule.roles {
                let scope = section.map_or(Scope::City, |s| Scope::Section(s.clone()));
                people.extend(in_role(self.holders(role, &scope, now).await?, role));
            }
        }
        Ok(people)
    }

    /// What approvals have in common: the open steps, what deputies decided.
    async fn approval_notices(
        &self,
        wanted: &mut Wanted,
        told: &Told,
        matter: &Matter<'_>,
        course: &Course<'_>,
    ) -> Result<()> {
        let (approval, now) = (course.approval, told.made_at);
        for (index, step) in &matter.open_steps {
            let late = course.term.reminded_at.is_some();
            let told = Told {
                kind: if late { NoticeKind::DecideLate } else { NoticeKind::Decide },
                occasion: format!("{}.{index}", approval.round),
                due_at: course.term.due_at,
                ..told.clone()
            };
            let people = self.deciders(matter, step, now).await?;
            self.tell(wanted, &told, people.into_iter().map(|(id, role)| (id, Some(role))).collect());
        }
        for (index, decision) in approval.decisions.iter().enumerate() {
            if let (Some(holder), None) = (&decision.on_behalf_of, decision.reviewed_at) {
                let told = Told {
                    kind: NoticeKind::Review,
                    occasion: index.to_string(),
                    due_at: None,
                    ..told.clone()
                };
                self.tell(wanted, &told, himself(holder));
            }
        }
        Ok(())
    }

    /// What a step that nobody may decide tells those who fill posts.
    async fn vacancy_notice(&self, wanted: &mut Wanted, told: &Told, course: &Course<'_>) -> Result<()> {
        let told = Told {
            kind: NoticeKind::Vacancy,
            occasion: format!("{}.{}", course.approval.round, course.approval.step),
            // What was handed in is not theirs to see.
            title: String::new(),
            unnamed: true,
            ..told.clone()
        };
        let people = self.told_by_rule(NoticeKind::Vacancy, None, told.made_at).await?;
        self.tell(wanted, &told, people);
        Ok(())
    }

    /// The notices that a transfer asks for now, and those that tell what just happened to it.
    pub(super) async fn wanted_by_transfer(
        &self,
        transfer: &Transfer,
        events: &[transfer::Event],
        now: Millis,
    ) -> Result<Wanted> {
        use transfer::{Event, State};
        let mut wanted = Wanted::new("transfer", transfer.id.as_str());
        let (from, to) = (transfer.from_zone.as_str().to_owned(), transfer.to_zone.as_str().to_owned());
        let round = transfer.approval.round;
        let told = |kind, occasion: String| Told {
            kind,
            about: About::new("transfer", transfer.id.as_str()),
            occasion,
            zones: vec![from.clone(), to.clone()],
            title: transfer.subject.clone(),
            // What somebody wrote stays in its zones; a mail goes through others.
            unnamed: true,
            number: Some(transfer.number),
            due_at: None,
            made_at: now,
        };
        let of_sender = |kind, occasion: String| told(kind, occasion);
        let course =
            Course { approval: &transfer.approval, term: transfer.term, submitter: &transfer.submitter };
        let plain = told(NoticeKind::Decide, String::new());
        self.approval_notices(&mut wanted, &plain, &transfer.into(), &course).await?;
        match transfer.state {
            State::Returned => {
                let told = Told {
                    due_at: transfer.term.expires_at,
                    ..of_sender(NoticeKind::Returned, round.to_string())
                };
                self.tell(&mut wanted, &told, himself(course.submitter));
            }
            State::Held => {
                let tries: u32 = transfer.files.iter().map(|f| f.attempts).sum();
                let told = of_sender(NoticeKind::Held, format!("{round}.{tries}"));
                self.tell(&mut wanted, &told, himself(course.submitter));
            }
            State::Ready => {
                let end = transfer.term.due_at.or(transfer.term.expires_at);
                let days = self.pack().notice_rule(NoticeKind::Arrived, None).map(|r| r.remind_days.clone());
                let (so_far, next) =
                    end.map_or((0, None), |end| passed(days.as_deref().unwrap_or_default(), end, now));
                let told = Told {
                    zones: vec![to.clone()],
                    due_at: end,
                    ..told(NoticeKind::Arrived, format!("{round}.{so_far}"))
                };
                for recipient in transfer.recipients.iter().filter(|r| r.received_at.is_none()) {
                    self.tell(&mut wanted, &told, himself(&recipient.user));
                }
                wanted.look(next);
            }
            _ => {}
        }
        for event in events {
            match event {
                // Where nobody had to decide, it passed while its sender looked on.
                Event::Released { .. } if !transfer.approval.route.steps.is_empty() => {
                    let told = of_sender(NoticeKind::Approved, round.to_string());
                    self.tell(&mut wanted, &told, himself(course.submitter));
                }
                Event::Moved { to: State::Refused | State::Rejected, .. } => {
                    let told = of_sender(NoticeKind::Refused, round.to_string());
                    self.tell(&mut wanted, &told, himself(course.submitter));
                }
                Event::Moved { to: State::Expired, .. } => {
                    let told = of_sender(NoticeKind::Expired, round.to_string());
                    self.tell(&mut wanted, &told, himself(course.submitter));
                }
                Event::Received { by } if by != course.submitter => {
                    let told = of_sender(NoticeKind::Received, by.to_string());
                    self.tell(&mut wanted, &told, himself(course.submitter));
                }
                Event::Approval(Approving::ApproverMissing { .. }) => {
                    self.vacancy_notice(&mut wanted, &plain, &course).await?;
                }
                _ => {}
            }
        }
        Ok(wanted)
    }

    /// The notices that a request asks for now, and those that tell what just happened to it.
    pub(super) async fn wanted_by_request(
        &self,
        request: &Request,
        events: &[request::Event],
        now: Millis,
    ) -> Result<Wanted> {
        use request::{Event, State};
        let mut wanted = Wanted::new("request", request.id.as_str());
        let round = request.approval.round;
        let told = |kind, occasion: String| Told {
            kind,
            about: About::new("request", request.id.as_str()),
            occasion,
            zones: vec![request.zone.as_str().to_owned()],
            title: request.title.clone(),
            unnamed: self.pack().notice_hours().unnamed.contains(&request.form),
            number: Some(request.number),
            due_at: None,
            made_at: now,
        };
        let course =
            Course { approval: &request.approval, term: request.term, submitter: &request.applicant };
        let plain = told(NoticeKind::Decide, String::new());
        self.approval_notices(&mut wanted, &plain, &request.into(), &course).await?;
        if request.state == State::Returned {
            let told =
                Told { due_at: request.term.expires_at, ..told(NoticeKind::Returned, round.to_string()) };
            self.tell(&mut wanted, &told, himself(course.submitter));
        }
        if let Some(permit) = &request.permit {
            self.handover_notice(&mut wanted, &plain, permit).await?;
            self.permit_notice(&mut wanted, &plain, permit, permit.holder(&request.applicant));
        }
        for event in events {
            let (kind, occasion) = match event {
                Event::Approved => (NoticeKind::Approved, round.to_string()),
                Event::Moved { to: State::Rejected, .. } => (NoticeKind::Refused, round.to_string()),
                Event::Moved { to: State::Expired, .. } => (NoticeKind::Expired, round.to_string()),
                Event::PermitRevoked { by, .. } if by != course.submitter => {
                    (NoticeKind::Revoked, String::new())
                }
                Event::Approval(Approving::ApproverMissing { .. }) => {
                    self.vacancy_notice(&mut wanted, &plain, &course).await?;
                    continue;
                }
                _ => continue,
            };
            self.tell(&mut wanted, &told(kind, occasion), himself(course.submitter));
        }
        Ok(wanted)
    }

    /// Who is to take over what was permitted, or to give it back because he leaves: unless he is gone.
    async fn handover_notice(&self, wanted: &mut Wanted, told: &Told, permit: &Permit) -> Result<()> {
        let Some(handover) = permit.open_handover().filter(|_| permit.is_in_hand(told.made_at)) else {
            return Ok(());
        };
        let person = handover.to.as_ref().unwrap_or(&handover.from);
        if self.store().user(person).await?.is_some_and(|user| user.enabled) {
            let told = Told {
                kind: NoticeKind::PermitHandOver,
                occasion: handover.asked_at.to_string(),
                due_at: handover.due_at,
                ..told.clone()
            };
            self.tell(wanted, &told, himself(person));
        }
        Ok(())
    }

    fn permit_notice(&self, wanted: &mut Wanted, told: &Told, permit: &Permit, person: &UserId) {
        let (now, until) = (told.made_at, permit.terms.until);
        if permit.owes_return() && permit.overdue_noted_at.is_some() {
            let told = Told { kind: NoticeKind::PermitOverdue, due_at: Some(until), ..told.clone() };
            self.tell(wanted, &told, himself(person));
            return;
        }
        let lives =
            matches!(permit.standing(now), Standing::NotYet | Standing::InForce | Standing::ReturnDue);
        if !lives {
            return;
        }
        let days = self.pack().notice_rule(NoticeKind::PermitEnding, None).map(|r| r.remind_days.clone());
        let (so_far, next) = passed(days.as_deref().unwrap_or_default(), until, now);
        // A permit that begins within those days says its end itself.
        if so_far > 0 && now >= permit.terms.from {
            let told = Told {
                kind: NoticeKind::PermitEnding,
                occasion: so_far.to_string(),
                due_at: Some(until),
                ..told.clone()
            };
            self.tell(wanted, &told, himself(person));
        }
        // At its end what was told of it ends too.
        wanted.look(next.or(Some(until)));
        if now < permit.terms.from {
            wanted.look(Some(permit.terms.from));
        }
    }

    /// The notices that a task asks for now, and those that tell what just happened to it.
    pub(super) async fn wanted_by_task(
        &self,
        task: &Task,
        events: &[duty::Event],
        now: Millis,
    ) -> Result<Wanted> {
        use duty::{Event, State};
        let mut wanted = Wanted::new("task", task.id.as_str());
        let told = |kind, occasion: String| Told {
            kind,
            about: About::new("task", task.id.as_str()),
            occasion,
            // Whoever may see a task sees it in every zone, without what was written in others.
            zones: Vec::new(),
            title: task.title.clone(),
            unnamed: false,
            number: None,
            due_at: Some(task.due_at()),
            made_at: now,
        };
        let reporter = task.report.as_ref().map(|r| &r.by);
        let (kind, occasion) = match task.state {
            State::Open => match (&task.returned, task.overdue_at, task.reminded, &task.covers) {
                (Some(word), ..) => (Some(NoticeKind::TaskReturned), word.at.to_string()),
                (None, Some(_), ..) => (Some(NoticeKind::TaskOverdue), String::new()),
                (None, None, 1.., _) => (Some(NoticeKind::TaskDue), task.reminded.to_string()),
                (None, None, 0, Covers::Event { .. }) => (Some(NoticeKind::TaskNew), String::new()),
                (None, None, 0, Covers::Period(_)) => (None, String::new()),
            },
            State::Reported => {
                let at = task.report.as_ref().map_or(0, |r| r.at);
                (Some(NoticeKind::TaskConfirm), at.to_string())
            }
            State::WaiverAsked => {
                let at = task.waiver.as_ref().map_or(0, |w| w.asked.at);
                (Some(NoticeKind::TaskWaiver), at.to_string())
            }
            State::Done | State::Waived | State::Dropped => (None, String::new()),
        };
        if let (Some(kind), Some(desk)) = (kind, task.desk()) {
            let mut people = match desk {
                Desk::Person(person) => himself(person),
                Desk::Role(role, section) => {
                    let scope = section.map_or(Scope::City, |s| Scope::Section(s.clone()));
                    in_role(self.holders(role, &scope, now).await?, role)
                }
            };
            let asker = match task.state {
                State::Reported => reporter,
                State::WaiverAsked => task.waiver.as_ref().map(|w| &w.asked.by),
                _ => None,
            };
            // Nobody confirms his own report.
            people.retain(|(person, _)| Some(person) != asker);
            self.tell(&mut wanted, &told(kind, occasion), people);
        }
        if matches!(task.state, State::Open | State::WaiverAsked) {
            let made = usize::try_from(task.escalated).unwrap_or(usize::MAX);
            for (index, (_, role)) in task.terms.escalations.iter().take(made).enumerate() {
                let scope = task.scope.section().map_or(Scope::City, |s| Scope::Section(s.clone()));
                let people = in_role(self.holders(role, &scope, now).await?, role);
                self.tell(&mut wanted, &told(NoticeKind::TaskEscalated, index.to_string()), people);
            }
        }
        for event in events {
            let person = match event {
                Event::Confirmed => reporter,
                Event::WaiverGranted => task.waiver.as_ref().map(|w| &w.asked.by),
                _ => None,
            };
            if let Some(person) = person {
                let told = Told { due_at: None, ..told(NoticeKind::TaskEnded, String::new()) };
                self.tell(&mut wanted, &told, himself(person));
            }
        }
        Ok(wanted)
    }

    /// The notices of a section with so many overdue tasks.
    pub(super) async fn wanted_by_section(
        &self,
        section: &SectionId,
        overdue: u32,
        now: Millis,
    ) -> Result<Wanted> {
        let mut wanted = Wanted::new("section", section.as_str());
        if overdue > 0 {
            let week = workflow::calendar::Every::Week.period(day_of(now));
            let told = Told {
                kind: NoticeKind::SectionLate,
                about: About::new("section", section.as_str()),
                occasion: week.key,
                zones: Vec::new(),
                title: self.section_name(section),
                unnamed: false,
                number: Some(i64::from(overdue)),
                due_at: None,
                made_at: now,
            };
            let people = self.told_by_rule(NoticeKind::SectionLate, Some(section), now).await?;
            self.tell(&mut wanted, &told, people);
        }
        Ok(wanted)
    }

    async fn put(&self, tx: &mut dyn Tx, wanted: &Wanted, now: Millis) -> Result<Vec<UserId>> {
        Ok(tx.replace_notices(&wanted.about, &wanted.notices, wanted.look_again, now).await?)
    }

    /// Tells of a changed transfer, in its transaction. Whose notices are others now.
    pub(crate) async fn tell_of_transfer(
        &self,
        tx: &mut dyn Tx,
        transfer: &Transfer,
        events: &[transfer::Event],
        now: Millis,
    ) -> Result<Vec<UserId>> {
        let wanted = self.wanted_by_transfer(transfer, events, now).await?;
        self.put(tx, &wanted, now).await
    }

    /// The same of a request.
    pub(crate) async fn tell_of_request(
        &self,
        tx: &mut dyn Tx,
        request: &Request,
        events: &[request::Event],
        now: Millis,
    ) -> Result<Vec<UserId>> {
        let wanted = self.wanted_by_request(request, events, now).await?;
        self.put(tx, &wanted, now).await
    }

    /// The same of a task.
    pub(crate) async fn tell_of_task(
        &self,
        tx: &mut dyn Tx,
        task: &Task,
        events: &[duty::Event],
        now: Millis,
    ) -> Result<Vec<UserId>> {
        let wanted = self.wanted_by_task(task, events, now).await?;
        self.put(tx, &wanted, now).await
    }

    /// Tells those who are to read an edition and were not told, in the transaction that notes them.
    pub(crate) async fn tell_readers(
        &self,
        tx: &mut dyn Tx,
        edition: &EditionId,
        label: &str,
        due_at: Option<Millis>,
        now: Millis,
    ) -> Result<()> {
        let Some(way) = self.way(NoticeKind::ToRead, None, now) else { return Ok(()) };
        let told = Told {
            kind: NoticeKind::ToRead,
            about: About::new("edition", edition.as_str()),
            occasion: String::new(),
            zones: Vec::new(),
            title: label.to_owned(),
            unnamed: false,
            number: None,
            due_at,
            made_at: now,
        };
        tx.tell_readers(edition, &told, way).await?;
        Ok(())
    }

    /// Tells somebody that another person changed his account; `what` is the word of the evidence.
    pub(crate) async fn tell_of_account(
        &self,
        tx: &mut dyn Tx,
        person: &UserId,
        what: &'static str,
        now: Millis,
    ) -> Result<Vec<UserId>> {
        let mut wanted = Wanted::new("account", person.as_str());
        let told = Told {
            kind: NoticeKind::Account,
            about: wanted.about.clone(),
            occasion: format!("{what}.{now}"),
            zones: Vec::new(),
            title: String::new(),
            unnamed: true,
            number: None,
            due_at: None,
            made_at: now,
        };
        self.tell(&mut wanted, &told, himself(person));
        self.put(tx, &wanted, now).await
    }

    /// Says to open screens that these people have other notices now.
    pub(crate) fn noticed(&self, people: &[UserId]) {
        for person in people {
            self.live().told(person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, passed};

    #[test]
    fn days_before_an_end_come_one_after_the_other() {
        let end = 100 * DAY;
        for (now, wanted) in [
            (0, (0, Some(93 * DAY))),
            (93 * DAY - 1, (0, Some(93 * DAY))),
            (93 * DAY, (1, Some(99 * DAY))),
            (99 * DAY, (2, None)),
            (200 * DAY, (2, None)),
        ] {
            assert_eq!(passed(&[7, 1], end, now), wanted, "{now}");
        }
        assert_eq!(passed(&[], end, 0), (0, None));
    }
}
