//! 引継ぎ of permits: what becomes of what was permitted to somebody who leaves the section.
//!
//! Owns saying that one took it over or did not, until when that is to be said, and the tasks of whoever sees to it. Leaves who
//! leaves and who was named to [`crate::rosters`], the states to `workflow`.

use authz::Action;
use policy::{DutyTrigger, DutyType, Occurs, wareki};
use serde_json::json;
use workflow::{
    Millis,
    calendar::{begin_of, day_of, plus},
    duty::{Covers, Scope, Task},
    id::{RequestId, UserId},
    request::{Event, HandOver, Request},
};

use super::days;
use crate::{
    App,
    actor::Actor,
    duties::{Happened, within},
    error::Result,
    evidence::{By, Kind},
    model::NewEvidence,
    ports::Tx,
};

impl App {
    /// 受取り: says that one has what was permitted to another, who leaves the section.
    ///
    /// # Errors
    /// [`crate::Error::Denied`], [`crate::Error::RequestRefused`] unless it waits for his word, [`crate::Error::NotFound`].
    pub async fn take_over_permit(&self, actor: &Actor, id: &RequestId) -> Result<()> {
        self.change_request(actor, id, Action::ReturnPermit, |r, now| r.take_over(actor.id(), now)).await
    }

    /// Says that one does not have it, or does not take it: it is to be given back.
    ///
    /// # Errors
    /// As [`App::take_over_permit`]; a reason is needed.
    pub async fn decline_permit(&self, actor: &Actor, id: &RequestId, reason: &str) -> Result<()> {
        self.change_request(actor, id, Action::ReturnPermit, |r, now| r.decline(actor.id(), reason, now))
            .await
    }

    fn handover_duties(&self) -> impl Iterator<Item = &DutyType> {
        let is_one = |duty: &&DutyType| matches!(&duty.occurs, Occurs::On { on: DutyTrigger::HandOver, .. });
        self.pack().duty_types().iter().filter(is_one)
    }

    /// The moment from which it is too late to take over or give back what is handed over now; none where the policy has no duty
    /// that says so.
    pub(crate) fn handover_due(&self, now: Millis) -> Option<Millis> {
        let due = |duty: &DutyType| Some(within(&duty.occurs)?.due(day_of(now), &self.calendar()));
        self.handover_duties().filter_map(due).min().map(|day| begin_of(plus(day, 1)))
    }

    /// What handing over means for tasks, in the transaction of the request: whoever answers for the section sees to it, until it is
    /// taken over or given back.
    pub(crate) async fn handover_tasks(
        &self,
        tx: &mut dyn Tx,
        by: By<'_>,
        request: &Request,
        events: &[Event],
        now: Millis,
    ) -> Result<Vec<NewEvidence>> {
        let Some(handover) = request.permit.as_ref().and_then(|permit| permit.handover.as_ref()) else {
            return Ok(Vec::new());
        };
        let is_asked = |e: &Event| matches!(e, Event::PermitOffered { .. } | Event::PermitCalledIn { .. });
        if events.iter().any(is_asked) {
            let from = self.store().user(&handover.from).await?.map_or_else(String::new, |user| user.name);
            let to = match &handover.to {
                Some(to) => {
                    self.store().user(to).await?.map(|user| format!("から{}さんへの引継ぎ", user.name))
                }
                None => None,
            };
            let to = to.unwrap_or_else(|| "からの返却".to_owned());
            let happened = Happened {
                trigger: DutyTrigger::HandOver,
                subject: &subject(request, handover),
                what: format!("許可{}「{}」の{from}さん{to}", request.number, request.title),
                person: None,
                section: Some(&request.section),
            };
            return self.set_off(tx, by, &happened, now).await;
        }
        if handover.settled_at != Some(now) {
            return Ok(Vec::new());
        }
        let day = wareki(&days::date_of(now));
        let taken = events.iter().any(|e| matches!(e, Event::PermitTakenOver { .. }));
        let reason = if taken {
            format!("{day}に引き継がれました")
        } else {
            format!("{day}に返却されました")
        };
        let covers = Covers::Event {
            key: format!("{}-{}", DutyTrigger::HandOver.id(), subject(request, handover)),
            what: String::new(),
            on: day_of(handover.asked_at),
            zone: None,
        };
        let mut evidence = Vec::new();
        for duty in self.handover_duties() {
            // The tasks that were set off were for the section, whatever the duty says today.
            let id = Task::id_of(&duty.id, &covers, 1, &Scope::Section(request.section.clone()));
            let Some(mut task) = tx.task(&id).await? else { continue };
            // Somebody reported it, or let it go: that stands.
            let Ok(events) = task.drop_for(&reason, now) else { continue };
            tx.update_task(&task).await?;
            Box::pin(self.tell_of_task(tx, &task, &events, now)).await?;
            let details = json!({ "reason": reason, "tasks": [id.as_str()] });
            evidence.push(self.duty_entry(
                now,
                Kind::TasksDropped,
                by,
                ("duty", &duty.id, &duty.id),
                details,
            )?);
        }
        Ok(evidence)
    }
}

/// Names one handing over of one permit.
fn subject(request: &Request, handover: &HandOver) -> String {
    format!("{}-{}", request.id, handover.asked_at)
}

/// Who has what was permitted, or is to take it over.
pub(crate) fn people_of(request: &Request) -> Vec<&UserId> {
    let Some(permit) = &request.permit else { return Vec::new() };
    let handover = permit.handover.iter().flat_map(|h| std::iter::once(&h.from).chain(&h.to));
    permit.keeper.iter().chain(handover).collect()
}
