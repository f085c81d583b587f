//! Which notices a request and its permit ask for, and what is told of what happened to it.

use policy::NoticeKind;
use workflow::{
    Millis,
    id::UserId,
    request::{self, Permit, Request, Standing},
    route::Event as Approving,
};

use super::{Course, Wanted, himself, passed};
use crate::{
    App,
    error::Result,
    notices::store::{About, Told},
    ports::Tx,
};

impl App {
    /// The notices that a request asks for now, and those that tell what just happened to it.
    pub(in crate::notices) async fn wanted_by_request(
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

    /// Tells of a changed request, in its transaction.
    pub(crate) async fn tell_of_request(
        &self,
        tx: &mut dyn Tx,
        request: &Request,
        events: &[request::Event],
        now: Millis,
    ) -> Result<()> {
        let wanted = self.wanted_by_request(request, events, now).await?;
        self.put(tx, &wanted, now).await
    }
}
