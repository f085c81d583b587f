//! Approvals: deciding a step, standing in for an absent person (代決), reviewing that afterwards (後閲).
//!
//! Owns who holds a step's role today and who may stand in.
//! Leaves the order of steps and what a decision changes to `workflow`, the rights to `authz`.

use authz::{Action, Scope as GrantScope};
use workflow::{
    Millis,
    id::{SectionId, TransferId, UserId},
    route::{Scope, Step, Verdict},
    transfer::Transfer,
};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
};

/// Who may stand in at a step now, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deputies {
    /// The absent person whose decision it would be.
    pub(crate) holder: UserId,
    /// Those who may stand in: the first post in line that anybody present holds.
    pub(crate) deputies: Vec<UserId>,
}

impl App {
    /// Decides the open step of a transfer. `seen_hash` is the hash of what was shown; a decision about anything
    /// else is refused. A deputy names the person he stands in for.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Refused`], [`Error::NotFound`], [`Error::Conflict`] when another approver was
    /// faster.
    pub async fn decide(
        &self,
        actor: &Actor,
        id: &TransferId,
        verdict: Verdict,
        comment: &str,
        seen_hash: &str,
        stands_in_for: Option<&UserId>,
    ) -> Result<()> {
        let pick_up = self.rules().pick_up;
        let action = if stands_in_for.is_some() { Action::DecideAsDeputy } else { Action::DecideTransfer };
        if let Some(holder) = stands_in_for {
            let transfer = self.store().transfer(id).await?.ok_or(Error::NotFound)?;
            if self.deputised_holder(&transfer, actor.id(), self.now()).await?.as_ref() != Some(holder) {
                return Err(Error::Invalid { field: "stands_in_for", problem: "unknown" });
            }
        }
        self.change(actor, id, action, |transfer, now| {
            transfer.decide(actor.id(), stands_in_for, verdict, comment, seen_hash, pick_up, now)
        })
        .await
    }

    /// 後閲: notes that the person stood in for has looked at the decision.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Refused`], [`Error::NotFound`].
    pub async fn review(&self, actor: &Actor, id: &TransferId, decision: usize) -> Result<()> {
        self.change(actor, id, Action::ReviewAfterwards, |t, now| t.review(decision, actor.id(), now)).await
    }

    /// For whom this person may decide the open step now, if for anybody.
    pub(crate) async fn deputised_holder(
        &self,
        transfer: &Transfer,
        user: &UserId,
        now: Millis,
    ) -> Result<Option<UserId>> {
        let Some(step) = transfer.open_step() else { return Ok(None) };
        let deputies = self.deputies_now(step, &transfer.section, now).await?;
        Ok(deputies.filter(|d| d.deputies.contains(user)).map(|d| d.holder))
    }

    /// Who may stand in at a step for a request of this section. Nobody, unless everyone who holds the step's role
    /// there is away.
    pub(crate) async fn deputies_now(
        &self,
        step: &Step,
        section: &SectionId,
        now: Millis,
    ) -> Result<Option<Deputies>> {
        if step.deputies.is_empty() {
            return Ok(None);
        }
        let holders = self.holders(&step.role, &step.scope, now).await?;
        let Some(holder) = holders.first().cloned() else { return Ok(None) };
        for id in &holders {
            if !self.is_away(id, now).await? {
                return Ok(None);
            }
        }
        for post in &step.deputies {
            let unit = match self.pack().post(post).map(|p| p.scope) {
                Some(policy::Scope::Section) => Some(section.as_str().to_owned()),
                Some(policy::Scope::Department) => {
                    self.pack().section(section.as_str()).map(|s| s.department.clone())
                }
                Some(policy::Scope::City) => None,
                None => continue,
            };
            let mut present = Vec::new();
            for user in self.store().holders_of(post, unit.as_deref(), now).await? {
                if user.enabled && !holders.contains(&user.id) && !self.is_away(&user.id, now).await? {
                    present.push(user.id);
                }
            }
            if !present.is_empty() {
                return Ok(Some(Deputies { holder, deputies: present }));
            }
        }
        Ok(None)
    }

    /// The people who hold a role at a place today, by the posts that bring it.
    async fn holders(&self, role: &str, scope: &Scope, now: Millis) -> Result<Vec<UserId>> {
        let mut ids = Vec::new();
        for post in self.pack().posts().iter().filter(|p| p.roles.iter().any(|r| r == role)) {
            let pack = self.pack();
            let units: Vec<Option<String>> = match (post.scope, scope) {
                (policy::Scope::Section, Scope::Section(s)) => vec![Some(s.as_str().to_owned())],
                (policy::Scope::Department, Scope::Department(d)) => vec![Some(d.clone())],
                (policy::Scope::City, _) => vec![None],
                // A step for the whole body is for whoever holds the role anywhere.
                (policy::Scope::Section, Scope::City) => {
                    pack.sections().iter().map(|s| Some(s.id.clone())).collect()
                }
                (policy::Scope::Department, Scope::City) => {
                    pack.departments().iter().map(|d| Some(d.id.clone())).collect()
                }
                _ => continue,
            };
            for unit in units {
                for user in self.store().holders_of(&post.id, unit.as_deref(), now).await? {
                    if user.enabled && !ids.contains(&user.id) {
                        ids.push(user.id);
                    }
                }
            }
        }
        Ok(ids)
    }

    async fn is_away(&self, user: &UserId, now: Millis) -> Result<bool> {
        Ok(self.store().absences_of(user, now).await?.iter().any(|a| a.from <= now && now < a.until))
    }

    /// The steps this person may decide now, as (role, scope column) pairs of the index: those of his own roles, and
    /// those where he may stand in.
    pub(crate) async fn decidable(&self, actor: &Actor, now: Millis) -> Result<Vec<(String, String)>> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for grant in actor.roles() {
            let decides =
                self.pack().requests().iter().flat_map(|r| &r.steps).any(|s| s.approver == grant.role);
            if decides {
                pairs.extend(self.columns(&grant.scope).into_iter().map(|c| (grant.role.clone(), c)));
            }
        }
        for request in self.pack().requests() {
            for step in request.steps.iter().filter(|s| !s.deputies.is_empty()) {
                for holding in actor.posts().iter().filter(|h| step.deputies.contains(&h.post)) {
                    let Some(unit) = &holding.unit else { continue };
                    let section = SectionId::new(unit.clone());
                    let scope = match step.scope {
                        policy::Scope::Section => Scope::Section(section.clone()),
                        policy::Scope::Department => match self.pack().section(unit) {
                            Some(s) => Scope::Department(s.department.clone()),
                            None => continue,
                        },
                        policy::Scope::City => Scope::City,
                    };
                    let asked = Step {
                        id: step.id.clone(),
                        title: String::new(),
                        role: step.approver.clone(),
                        scope,
                        deadline_hours: 0,
                        deputies: step.deputies.clone(),
                        statements: Vec::new(),
                    };
                    if self
                        .deputies_now(&asked, &section, now)
                        .await?
                        .is_some_and(|d| d.deputies.contains(actor.id()))
                    {
                        pairs.push((asked.role.clone(), asked.scope.column()));
                    }
                }
            }
        }
        pairs.sort();
        pairs.dedup();
        Ok(pairs)
    }

    /// Every scope column that a grant covers: its own place and all below.
    fn columns(&self, scope: &GrantScope) -> Vec<String> {
        let section = |id: &str| Scope::Section(SectionId::new(id)).column();
        match scope {
            GrantScope::Section(id) => vec![section(id)],
            GrantScope::Department(id) => std::iter::once(Scope::Department(id.clone()).column())
                .chain(self.pack().sections().iter().filter(|s| s.department == *id).map(|s| section(&s.id)))
                .collect(),
            GrantScope::City => std::iter::once(Scope::City.column())
                .chain(self.pack().departments().iter().map(|d| Scope::Department(d.id.clone()).column()))
                .chain(self.pack().sections().iter().map(|s| section(&s.id)))
                .collect(),
        }
    }
}
