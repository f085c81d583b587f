//! First passwords of those who joined with a plan: made when the sheet is printed, shown once, kept nowhere.
//!
//! Owns making them for everybody of a plan who never signed in. Printing again makes new ones, so a lost sheet is worth nothing.

use futures::future::try_join_all;
use serde_json::json;
use workflow::{
    id::{RosterPlanId, SectionId, UserId},
    roster::{Kind as Change, life::Refusal, life::Stage},
};

use super::store::{EntryPart, PlannedEntry};
use crate::{
    App,
    actor::Actor,
    error::Result,
    evidence::{By, Kind},
    model::User,
};
use authz::Action;

/// Lines of one look.
const LINES_AT_ONCE: u32 = 200;
/// People of one transaction: as many as hashing works on in about a second.
const AT_ONCE: usize = 40;

/// What one person is handed on paper.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstLogin {
    /// His account.
    pub person: UserId,
    /// What he types.
    pub login: String,
    /// 氏名.
    pub name: String,
    /// His section.
    pub section: SectionId,
    /// The password for the first login.
    pub password: String,
}

impl std::fmt::Debug for FirstLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstLogin").field("login", &self.login).finish_non_exhaustive()
    }
}

impl App {
    /// Makes first passwords for everybody who joined with this plan and has not signed in yet.
    ///
    /// # Errors
    /// [`crate::Error::Denied`], [`crate::Error::NotFound`], [`crate::Error::Roster`] before the day of the plan.
    pub async fn first_logins(&self, actor: &Actor, id: &RosterPlanId) -> Result<Vec<FirstLogin>> {
        self.permit_preparing(actor).await?;
        let plan = self.roster_plan(id).await?;
        if !matches!(plan.stage, Stage::Running | Stage::Done) {
            return Err(Refusal::Stage(plan.stage).into());
        }
        let mut logins = Vec::new();
        let mut after = 0;
        loop {
            let joined = EntryPart::Kind(Change::Join);
            let lines = self.store().roster_entries(id, &joined, after, LINES_AT_ONCE).await?;
            let Some(last) = lines.last() else { break };
            after = last.place;
            let mut waiting = Vec::new();
            for PlannedEntry { entry, .. } in &lines {
                let Some(person) = &entry.person else { continue };
                let user = self.store().user(person).await?;
                // Whoever has a password of his own keeps it.
                let Some(user) = user.filter(|user| user.enabled && user.must_change_password) else {
                    continue;
                };
                let _allowed = self.permit(actor, Action::ManageUsers, &self.account(&user)).await?;
                waiting.push(user);
            }
            for part in waiting.chunks(AT_ONCE) {
                logins.extend(self.passwords_for(actor, id, part).await?);
            }
        }
        Ok(logins)
    }

    async fn passwords_for(
        &self,
        actor: &Actor,
        plan: &RosterPlanId,
        people: &[User],
    ) -> Result<Vec<FirstLogin>> {
        let now = self.now();
        let passwords: Vec<String> = people.iter().map(|_| self.first_password()).collect();
        let hashes = try_join_all(passwords.iter().map(|password| self.hash_password(password))).await?;
        let mut tx = self.store().begin().await?;
        let mut evidence = Vec::new();
        let mut logins = Vec::new();
        for ((user, password), password_hash) in people.iter().zip(passwords).zip(hashes) {
            let changed = User { password_hash, failures: 0, locked_until: None, ..user.clone() };
            tx.update_user(&changed).await?;
            tx.remove_sessions_of(&user.id).await?;
            let details = json!({ "login": user.login, "plan": plan.as_str() });
            evidence.push(self.user_entry(
                now,
                Kind::PersonnelPasswords,
                By::Actor(actor),
                &user.id,
                details,
            )?);
            logins.push(FirstLogin {
                person: user.id.clone(),
                login: user.login.clone(),
                name: user.name.clone(),
                section: user.section.clone(),
                password,
            });
        }
        self.commit(tx, evidence).await?;
        Ok(logins)
    }
}
