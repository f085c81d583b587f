//! Who takes what a person has in hand, said while the plan is a draft.
//!
//! Owns saying it by person, by row and by permit, and the digest that is approved.

use serde_json::json;
use workflow::{
    id::{RequestId, RosterPlanId, UserId},
    register::RowKey,
    roster::life::{Refusal, RosterPlan, Stage},
};

use super::{
    THINGS_MAX, sha256,
    store::{Choice, EntryPart, Keeper, OpenRequests, PermitKeeper, PlannedEntry, Thing, Wanted},
};
use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::{By, Kind},
    ports::Tx,
};

/// A row of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenKeeper {
    /// The row.
    pub row: RowKey,
    /// The column in which the person is named.
    pub column: String,
    /// Who takes it, as it was typed.
    pub untrusted_successor: String,
}

/// The digest of a plan: over its lines and over every choice.
pub(super) fn digest(
    lines_digest: &str,
    choices: &[(u32, Choice)],
    keepers: &[Keeper],
    permits: &[PermitKeeper],
) -> String {
    let choices: Vec<_> = choices
        .iter()
        .map(|(place, choice)| (*place, choice.successor.as_ref().map(UserId::as_str), choice.requests.id()))
        .collect();
    let keepers: Vec<_> = keepers
        .iter()
        .map(|k| (k.place, &k.row.register, k.row.number, &k.column, k.successor.as_str()))
        .collect();
    let permits: Vec<_> =
        permits.iter().map(|k| (k.place, k.request.as_str(), k.successor.as_str())).collect();
    // Texts and numbers only: writing it cannot fail, and an empty text would be no digest of any plan.
    sha256(&serde_json::to_vec(&(lines_digest, choices, keepers, permits)).unwrap_or_default())
}

impl App {
    /// Says who takes what the person of a line has in hand.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Roster`] once the plan is applied for, [`Error::Invalid`] for a successor who
    /// is not known, is the person himself or leaves with the same plan.
    pub async fn choose_successor(
        &self,
        actor: &Actor,
        id: &RosterPlanId,
        place: u32,
        untrusted_successor: &str,
        requests: OpenRequests,
    ) -> Result<()> {
        self.permit_preparing(actor).await?;
        let line = self.line_to_hand_over(id, place).await?;
        let successor = match untrusted_successor.trim() {
            "" => None,
            typed => Some(self.successor(id, &line, typed).await?),
        };
        if successor.is_none() && requests == OpenRequests::HandOver {
            return Err(Error::Invalid { field: "successor", problem: "empty" });
        }
        let told = successor.as_ref().map(|id| id.as_str().to_owned());
        let choice = Choice { successor, requests };
        let (mut tx, plan) = self.draft_to_change(id).await?;
        tx.choose_successor(id, place, &choice).await?;
        let details =
            json!({ "line": place, "login": line.entry.login, "successor": told, "requests": requests.id() });
        self.save_choice(actor, tx, plan, details).await
    }

    /// Says who takes one row of a register.
    ///
    /// # Errors
    /// As [`App::choose_successor`].
    pub async fn choose_keeper(
        &self,
        actor: &Actor,
        id: &RosterPlanId,
        place: u32,
        chosen: &ChosenKeeper,
    ) -> Result<()> {
        self.permit_preparing(actor).await?;
        let line = self.line_to_hand_over(id, place).await?;
        let successor = self.successor(id, &line, chosen.untrusted_successor.trim()).await?;
        let row = self.store().row(&chosen.row).await?.ok_or(Error::NotFound)?;
        let person = line.entry.person.as_ref().map(UserId::as_str);
        if row.end.is_some() || row.values.get(&chosen.column).and_then(|value| value.as_text()) != person {
            return Err(Error::Conflict);
        }
        let keeper = Keeper {
            place,
            row: chosen.row.clone(),
            column: chosen.column.clone(),
            successor: successor.clone(),
        };
        let (mut tx, plan) = self.draft_to_change(id).await?;
        tx.choose_keeper(id, &keeper).await?;
        let details = json!({
            "line": place,
            "login": line.entry.login,
            "row": chosen.row.to_string(),
            "column": chosen.column,
            "successor": successor.as_str(),
        });
        self.save_choice(actor, tx, plan, details).await
    }

    /// Says who takes a permit over; nobody: it is given back.
    ///
    /// # Errors
    /// As [`App::choose_successor`]; [`Error::Conflict`] when the person does not have it; [`Error::Invalid`] for somebody who is to
    /// ask for it himself.
    pub async fn choose_permit_keeper(
        &self,
        actor: &Actor,
        id: &RosterPlanId,
        place: u32,
        request: &RequestId,
        untrusted_successor: &str,
    ) -> Result<()> {
        self.permit_preparing(actor).await?;
        let line = self.line_to_hand_over(id, place).await?;
        let in_hand = self.store().in_hand(id, &Wanted::Permits, place, place, THINGS_MAX).await?;
        let form = in_hand.iter().find_map(|found| match &found.thing {
            Thing::Permit(of, form, ..) if of == request => Some(form),
            _ => None,
        });
        let form = form.ok_or(Error::Conflict)?;
        if !untrusted_successor.trim().is_empty() && !self.is_handed_over(form) {
            return Err(Error::Invalid { field: "successor", problem: "own-permit" });
        }
        let successor = match untrusted_successor.trim() {
            "" => None,
            typed => Some(self.successor(id, &line, typed).await?),
        };
        let (mut tx, plan) = self.draft_to_change(id).await?;
        tx.choose_permit_keeper(id, place, request, successor.as_ref()).await?;
        let details = json!({
            "line": place,
            "login": line.entry.login,
            "permit": request.as_str(),
            "successor": successor.as_ref().map(UserId::as_str),
        });
        self.save_choice(actor, tx, plan, details).await
    }

    /// Whether what this form permits may be taken over. What was permitted by a form that the body has no more ends.
    pub(crate) fn is_handed_over(&self, form: &str) -> bool {
        self.pack().request(form).and_then(|form| form.period.as_ref()).is_some_and(|period| period.hand_over)
    }

    async fn line_to_hand_over(&self, id: &RosterPlanId, place: u32) -> Result<PlannedEntry> {
        let before = place.checked_sub(1).ok_or(Error::NotFound)?;
        let lines = self.store().roster_entries(id, &EntryPart::All, before, 1).await?;
        let line = lines.into_iter().find(|line| line.place == place).ok_or(Error::NotFound)?;
        if line.entry.kind.hands_over() { Ok(line) } else { Err(Error::NotFound) }
    }

    async fn draft_to_change(&self, id: &RosterPlanId) -> Result<(Box<dyn Tx>, RosterPlan)> {
        let mut tx = self.store().begin().await?;
        let plan = tx.roster_plan(id).await?.ok_or(Error::NotFound)?;
        if plan.stage != Stage::Draft {
            return Err(Refusal::Stage(plan.stage).into());
        }
        Ok((tx, plan))
    }

    async fn save_choice(
        &self,
        actor: &Actor,
        mut tx: Box<dyn Tx>,
        mut plan: RosterPlan,
        details: serde_json::Value,
    ) -> Result<()> {
        let choices = tx.roster_choices(&plan.id).await?;
        let keepers = tx.roster_keepers(&plan.id, 0, u32::MAX).await?;
        let permits = tx.roster_permits(&plan.id, 0, u32::MAX).await?;
        plan.digest = digest(&plan.lines_digest, &choices, &keepers, &permits);
        tx.update_roster_plan(&plan).await?;
        let entry =
            self.roster_entry(self.now(), Kind::PersonnelSuccessor, By::Actor(actor), &plan, details)?;
        self.commit(tx, vec![entry]).await
    }

    /// Who is meant, if he will be there to take something.
    async fn successor(&self, id: &RosterPlanId, line: &PlannedEntry, untrusted: &str) -> Result<UserId> {
        let wrong = |problem| Error::Invalid { field: "successor", problem };
        if untrusted.is_empty() {
            return Err(wrong("empty"));
        }
        let found = match self.person_meant(untrusted).await? {
            super::Meant::One(user) => user,
            super::Meant::Nobody => return Err(wrong("unknown")),
            super::Meant::Several => return Err(wrong("several")),
        };
        if line.entry.person.as_ref() == Some(&found.id) {
            return Err(wrong("not-allowed"));
        }
        // Who leaves with the same plan takes nothing over.
        let lines = self.store().roster_entries_of(&found.id, 20).await?;
        let leaves = lines.iter().any(|(of, line)| of == id && !line.entry.after.enabled);
        if leaves || !found.enabled {
            return Err(wrong("not-allowed"));
        }
        Ok(found.id)
    }
}
