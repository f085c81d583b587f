//! Which notices a transfer asks for, and what is told of what happened to it.

use policy::NoticeKind;
use workflow::{
    Millis,
    route::Event as Approving,
    transfer::{self, Transfer},
};

use super::{Course, Wanted, himself, passed};
use crate::{
    App,
    error::Result,
    notices::store::{About, Told},
    ports::Tx,
};

impl App {
    /// The notices that a transfer asks for now, and those that tell what just happened to it.
    pub(in crate::notices) async fn wanted_by_transfer(
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

    /// Tells of a changed transfer, in its transaction.
    pub(crate) async fn tell_of_transfer(
        &self,
        tx: &mut dyn Tx,
        transfer: &Transfer,
        events: &[transfer::Event],
        now: Millis,
    ) -> Result<()> {
        let wanted = self.wanted_by_transfer(transfer, events, now).await?;
        self.put(tx, &wanted, now).await
    }
}
