//! The request that carries a plan: applied for, approved, sent back, given up.
//!
//! Owns what an approver is shown of a plan, and what becomes of the plan with its request. Leaves the route to the pack's form and
//! decisions to requests.

use policy::wareki;
use serde_json::json;
use workflow::{
    Millis,
    id::{RosterPlanId, UserId},
    request::{Event, Request, State},
    roster::life::{RosterPlan, Stage},
};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::{By, Kind},
    model::NewEvidence,
    ports::Tx,
    requests::days,
};

impl App {
    fn today(&self) -> Millis {
        let now = self.now();
        days::begin_of(&days::date_of(now)).unwrap_or(now)
    }

    /// What the approvers see of a plan: its day, its numbers, and the digest of exactly what it says. The hash of the request is
    /// made over this.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Roster`] when it cannot be applied for.
    pub(crate) async fn roster_shown(&self, id: &str) -> Result<String> {
        let plan = self.roster_plan(&RosterPlanId::new(id)).await?;
        plan.may_ask(self.today())?;
        Ok(shown(&plan))
    }

    /// What a request that was handed in, came back or ended means for the plan that it carries: in its transaction.
    ///
    /// # Errors
    /// [`Error::Roster`], [`Error::Conflict`] when the plan is another than was shown.
    pub(crate) async fn carry_roster(
        &self,
        tx: &mut dyn Tx,
        request: &Request,
        field: &str,
        events: &[Event],
    ) -> Result<Option<NewEvidence>> {
        let now = self.now();
        let Some(answer) = request.content.answers.iter().find(|a| a.field == field) else { return Ok(None) };
        let handed_in = events.iter().any(|e| matches!(e, Event::Submitted { .. }));
        let Some(mut plan) = tx.roster_plan(&RosterPlanId::new(answer.value.clone())).await? else {
            return if handed_in { Err(Error::NotFound) } else { Ok(None) };
        };
        let id = request.id.as_str();
        let kind = match request.state {
            State::Waiting if handed_in => {
                // What was shown is what is approved, and nothing else.
                if !answer.shown.contains(&plan.digest) {
                    return Err(Error::Conflict);
                }
                let digest = plan.digest.clone();
                plan.ask(id, &digest, self.today())?;
                Kind::PersonnelAsked
            }
            State::Waiting | State::Approved => return Ok(None),
            State::Returned | State::PulledBack | State::Rejected | State::Withdrawn | State::Expired => {
                if plan.send_back(id).is_err() {
                    return Ok(None);
                }
                Kind::PersonnelSentBack
            }
        };
        tx.update_roster_plan(&plan).await?;
        self.roster_entry(now, kind, By::System, &plan, json!({ "request": id })).map(Some)
    }

    /// The request that carries a plan was approved: inside its transaction.
    ///
    /// # Errors
    /// [`Error::Roster`].
    pub(crate) async fn roster_approved(
        &self,
        tx: &mut dyn Tx,
        id: &RosterPlanId,
        request: &str,
        by: By<'_>,
    ) -> Result<NewEvidence> {
        let now = self.now();
        let mut plan = tx.roster_plan(id).await?.ok_or(Error::NotFound)?;
        plan.approve(request, now)?;
        tx.update_roster_plan(&plan).await?;
        let details = json!({ "request": request, "made_by": UserId::as_str(&plan.made_by) });
        self.roster_entry(now, Kind::PersonnelApproved, by, &plan, details)
    }

    /// Gives a plan up: a draft, or an approved one until its day.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Roster`].
    pub async fn withdraw_roster(&self, actor: &Actor, id: &RosterPlanId) -> Result<()> {
        self.permit_preparing(actor).await?;
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let mut plan = tx.roster_plan(id).await?.ok_or(Error::NotFound)?;
        let was: Stage = plan.stage;
        plan.withdraw(now)?;
        tx.update_roster_plan(&plan).await?;
        let details = json!({ "was": was.id(), "request": plan.request });
        let entry = self.roster_entry(now, Kind::PersonnelWithdrawn, By::Actor(actor), &plan, details)?;
        self.commit(tx, vec![entry]).await
    }
}

fn shown(plan: &RosterPlan) -> String {
    let c = &plan.counts;
    let parts = [
        ("採用", c.join),
        ("異動", c.moved),
        ("退職", c.leave),
        ("休職", c.suspend),
        ("復職", c.resume),
        ("氏名変更", c.rename),
    ];
    let told: Vec<String> =
        parts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{word} {n} 人")).collect();
    format!("{}の人事異動({}、指紋 {})", wareki(&plan.day), told.join("、"), plan.digest)
}
