//! Approvals: deciding a step, standing in for an absent person (代決), reviewing that afterwards (後閲).
//!
//! Owns who holds a step's role today, who may stand in, and the way up where nobody may decide.
//! Leaves the order of steps and what a decision changes to `workflow`, the rights to `authz`.

use std::collections::BTreeSet;

use authz::{Action, Principal, Resource, Scope as GrantScope, Strength};
use serde_json::json;
use workflow::{
    Millis,
    id::{SectionId, TransferId, UserId},
    route::{self, Approval, Route, Scope, Step, Verdict, Vouch},
    transfer::{Event, Transfer},
};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::PostHolding,
};

/// What a person says at a step.
#[derive(Debug, Clone, Copy)]
pub struct Ballot<'a> {
    /// 承認, 差戻し or 否認.
    pub verdict: Verdict,
    /// Why.
    pub comment: &'a str,
    /// 検査確認: his word for each file that passes unchanged. Asked for when approving only.
    pub vouches: &'a [Vouch],
    /// The hash of what he was shown.
    pub seen_hash: &'a str,
    /// 代決: for whom.
    pub stands_in_for: Option<&'a UserId>,
}

impl<'a> Ballot<'a> {
    /// In one's own right, about files that were all rebuilt.
    #[must_use]
    pub fn new(verdict: Verdict, comment: &'a str, seen_hash: &'a str) -> Self {
        Self { verdict, comment, vouches: &[], seen_hash, stands_in_for: None }
    }
}

/// What is decided about, as far as finding those who may decide goes.
#[derive(Debug, Clone)]
pub(crate) struct Matter<'a> {
    pub(crate) submitter: &'a UserId,
    pub(crate) section: &'a SectionId,
    pub(crate) approval: &'a Approval,
    /// The steps that wait for a decision, each with its place in the route; several are open side by side.
    pub(crate) open_steps: Vec<(usize, &'a Step)>,
}

impl Matter<'_> {
    pub(crate) fn is_free_to_decide(&self, user: &UserId) -> bool {
        self.approval.is_free_to_decide(self.submitter, user)
    }

    /// Ids of those who have decided in this round. Whoever was stood in for has decided too, through his deputy.
    pub(crate) fn decided_by(&self) -> Vec<String> {
        let of_round = self.approval.decisions.iter().filter(|d| d.round == self.approval.round);
        of_round
            .flat_map(|d| std::iter::once(&d.by).chain(&d.on_behalf_of))
            .map(|u| u.as_str().to_owned())
            .collect()
    }

    /// Ids of those who owe a review (後閲).
    pub(crate) fn reviewers(&self) -> Vec<String> {
        let owed = self.approval.decisions.iter().filter(|d| d.reviewed_at.is_none());
        owed.filter_map(|d| d.on_behalf_of.as_ref()).map(|u| u.as_str().to_owned()).collect()
    }

    /// Decisions of deputies that wait for this person's review.
    pub(crate) fn reviews_of(&self, user: &UserId) -> Vec<usize> {
        let owed = |d: &route::Decision| d.on_behalf_of.as_ref() == Some(user) && d.reviewed_at.is_none();
        self.approval.decisions.iter().enumerate().filter(|(_, d)| owed(d)).map(|(i, _)| i).collect()
    }
}

impl<'a> From<&'a Transfer> for Matter<'a> {
    fn from(transfer: &'a Transfer) -> Self {
        Self {
            submitter: &transfer.submitter,
            section: &transfer.section,
            approval: &transfer.approval,
            open_steps: transfer.open_step().map(|step| (transfer.approval.step, step)).into_iter().collect(),
        }
    }
}

/// Who decides the open step, when it opened or nobody decided it in time.
pub(crate) enum Approver {
    /// A holder of its own role.
    Holder,
    /// The role above, at that place: nobody in its own is free to.
    Above(String, Scope),
    /// Nobody up to the top.
    Nobody,
}

/// Who may stand in at a step now, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deputies {
    /// The absent person whose decision it would be.
    pub(crate) holder: UserId,
    /// Those who may stand in: the first post in line that anybody present holds.
    pub(crate) deputies: Vec<UserId>,
}

impl App {
    /// Decides the open step of a transfer. Its `seen_hash` is the hash of what was shown; a decision about anything
    /// else is refused. A deputy names the person he stands in for.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Refused`], [`Error::NotFound`], [`Error::Conflict`] when another approver was
    /// faster.
    pub async fn decide(&self, actor: &Actor, id: &TransferId, ballot: &Ballot<'_>) -> Result<()> {
        let Ballot { verdict, comment, vouches, seen_hash, stands_in_for } = *ballot;
        let pick_up = self.rules().pick_up;
        let action = if stands_in_for.is_some() { Action::DecideAsDeputy } else { Action::DecideTransfer };
        if let Some(holder) = stands_in_for {
            let transfer = self.store().transfer(id).await?.ok_or(Error::NotFound)?;
            let found = self.deputised_holder(&(&transfer).into(), actor.id(), self.now()).await?;
            if found.map(|(_, found)| found).as_ref() != Some(holder) {
                return Err(Error::Invalid { field: "stands_in_for", problem: "unknown" });
            }
        }
        self.change(actor, id, action, |transfer, now| {
            transfer.decide(actor.id(), stands_in_for, verdict, comment, vouches, seen_hash, pick_up, now)
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

    /// Which open step this person may decide now for somebody else, and for whom, if any.
    pub(crate) async fn deputised_holder(
        &self,
        matter: &Matter<'_>,
        user: &UserId,
        now: Millis,
    ) -> Result<Option<(usize, UserId)>> {
        for (index, step) in &matter.open_steps {
            let found = self.deputies_at(matter, step, now).await?;
            if let Some(found) = found.filter(|d| d.deputies.contains(user)) {
                return Ok(Some((*index, found.holder)));
            }
        }
        Ok(None)
    }

    /// Ids of those who may stand in at one of the open steps now.
    pub(crate) async fn deputies_now(&self, matter: &Matter<'_>, now: Millis) -> Result<Vec<String>> {
        let mut ids = BTreeSet::new();
        for (_, step) in &matter.open_steps {
            let found = self.deputies_at(matter, step, now).await?;
            ids.extend(found.into_iter().flat_map(|d| d.deputies).map(|id| id.as_str().to_owned()));
        }
        Ok(ids.into_iter().collect())
    }

    /// Who may stand in at a step now. Nobody, unless everyone who could decide it himself is away.
    pub(crate) async fn deputies_at(
        &self,
        matter: &Matter<'_>,
        step: &Step,
        now: Millis,
    ) -> Result<Option<Deputies>> {
        if step.deputies.is_empty() {
            return Ok(None);
        }
        let mut holders = self.holders(&step.role, &step.scope, now).await?;
        holders.retain(|id| matter.is_free_to_decide(id));
        let Some(holder) = holders.first().cloned() else { return Ok(None) };
        for id in &holders {
            if !self.is_away(id, now).await? {
                return Ok(None);
            }
        }
        for post in &step.deputies {
            let section = matter.section;
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
                let free = matter.is_free_to_decide(&user.id) && !holders.contains(&user.id);
                if user.enabled && free && !self.is_away(&user.id, now).await? {
                    present.push(user.id);
                }
            }
            if !present.is_empty() {
                return Ok(Some(Deputies { holder, deputies: present }));
            }
        }
        Ok(None)
    }

    /// Who is told that a decision waits: those who may make it and are here; when all of them are away, their deputies, and
    /// without any they themselves, for when they are back.
    /// Each with the role that makes it his.
    pub(crate) async fn deciders(
        &self,
        matter: &Matter<'_>,
        step: &Step,
        now: Millis,
    ) -> Result<Vec<(UserId, String)>> {
        let (mut present, mut away) = (Vec::new(), Vec::new());
        for (role, scope) in step.desks() {
            for id in self.holders(role, scope, now).await? {
                if matter.is_free_to_decide(&id) {
                    let list = if self.is_away(&id, now).await? { &mut away } else { &mut present };
                    list.push((id, role.to_owned()));
                }
            }
        }
        if !present.is_empty() {
            return Ok(present);
        }
        let deputies = self.deputies_at(matter, step, now).await?.map(|d| d.deputies);
        Ok(deputies.map_or(away, |ids| ids.into_iter().map(|id| (id, step.role.clone())).collect()))
    }

    /// The people who hold a role at a place or above it today, by the posts that bring it: those whose grant `authz`
    /// takes for this step.
    pub(crate) async fn holders(&self, role: &str, scope: &Scope, now: Millis) -> Result<Vec<UserId>> {
        let pack = self.pack();
        let city_wide = pack.role(role).is_some_and(|r| r.city_wide);
        let mut ids = Vec::new();
        for post in pack.posts().iter().filter(|p| p.roles.iter().any(|r| r == role)) {
            let units: Vec<Option<String>> = match (post.scope, scope) {
                (policy::Scope::City, _) => vec![None],
                // Such a role answers for the whole body, wherever its post stands.
                (policy::Scope::Section, _) if city_wide => match &post.section {
                    Some(only) => vec![Some(only.clone())],
                    None => pack.sections().iter().map(|s| Some(s.id.clone())).collect(),
                },
                (policy::Scope::Department, _) if city_wide => match &post.department {
                    Some(only) => vec![Some(only.clone())],
                    None => pack.departments().iter().map(|d| Some(d.id.clone())).collect(),
                },
                (policy::Scope::Section, Scope::Section(s)) => vec![Some(s.as_str().to_owned())],
                (policy::Scope::Department, Scope::Department(d)) => vec![Some(d.clone())],
                (policy::Scope::Department, Scope::Section(s)) => match pack.section(s.as_str()) {
                    Some(section) => vec![Some(section.department.clone())],
                    None => continue,
                },
                (policy::Scope::Section | policy::Scope::Department, _) => continue,
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

    /// The role that a step is for, beginning with its own and going up, and where it is looked for: the first that
    /// somebody holds who is free to decide. `None` when nobody is left up to the top.
    async fn role_with_approver(
        &self,
        step: &Step,
        now: Millis,
        is_free: impl Fn(&UserId) -> bool,
    ) -> Result<Option<(String, Scope)>> {
        let above = self.pack().roles_above(&step.role);
        let rungs = std::iter::once((step.role.as_str(), step.scope.clone())).chain(
            above.iter().map(|r| (r.id.as_str(), if r.city_wide { Scope::City } else { step.scope.clone() })),
        );
        for (role, scope) in rungs {
            if self.holders(role, &scope, now).await?.iter().any(&is_free) {
                return Ok(Some((role.to_owned(), scope)));
            }
        }
        Ok(None)
    }

    /// Refuses a submission whose route has a step that nobody but the submitter could decide, up to the top. The
    /// vacancy is evidence: somebody must fill it.
    pub(crate) async fn check_approvers(
        &self,
        actor: &Actor,
        subject: (&'static str, &str),
        route: &Route,
    ) -> Result<()> {
        let now = self.now();
        for step in &route.steps {
            if self.role_with_approver(step, now, |id| id != actor.id()).await?.is_none() {
                let act = Act {
                    kind: Kind::ApproverMissing,
                    by: By::Actor(actor),
                    subject,
                    details: json!({ "step": step.id, "title": step.title, "role": step.role }),
                    statements: &step.statements,
                };
                self.note(now, &act).await?;
                return Err(Error::NoApprover { role: step.role.clone() });
            }
        }
        Ok(())
    }

    /// Who decides an open step of a matter now.
    pub(crate) async fn approver_at(
        &self,
        matter: &Matter<'_>,
        step: &Step,
        now: Millis,
    ) -> Result<Approver> {
        for (role, scope) in step.desks().skip(1) {
            // Who may decide it as well since it is overdue does; nobody else needs to be looked for.
            if self.holders(role, scope, now).await?.iter().any(|id| matter.is_free_to_decide(id)) {
                return Ok(Approver::Holder);
            }
        }
        Ok(match self.role_with_approver(step, now, |id| matter.is_free_to_decide(id)).await? {
            Some((role, _)) if role == step.role => Approver::Holder,
            Some((role, scope)) => Approver::Above(role, scope),
            None => Approver::Nobody,
        })
    }

    /// After a step opened, or nobody decided it in time: where nobody in its role is free to decide it, it is for the
    /// role above; where nobody is up to the top, the submitter has it back.
    pub(crate) async fn find_approver(
        &self,
        transfer: &mut Transfer,
        events: &mut Vec<Event>,
        now: Millis,
    ) -> Result<()> {
        let Some(at) = events.iter().position(|e| matches!(e, Event::Approval(of) if asks(of))) else {
            return Ok(());
        };
        let matter = Matter::from(&*transfer);
        let Some((_, step)) = matter.open_steps.first() else { return Ok(()) };
        match self.approver_at(&matter, step, now).await? {
            Approver::Holder => {}
            Approver::Above(role, scope) => events.insert(at, transfer.raise_step(role, scope, now)?),
            Approver::Nobody => {
                events.retain(|e| !matches!(e, Event::Approval(route::Event::StepOpened { .. })));
                events.extend(transfer.return_undecidable(self.rules().pick_up, now)?);
            }
        }
        Ok(())
    }

    pub(crate) async fn is_away(&self, user: &UserId, now: Millis) -> Result<bool> {
        Ok(self.store().absences_of(user, now).await?.iter().any(|a| a.from <= now && now < a.until))
    }

    /// Where the transfers are that this person may decide now, as (role, scope column) pairs of the index: those of
    /// his own roles, and those where he may stand in. More than that may be there; see [`App::awaits`].
    pub(crate) async fn decidable(&self, actor: &Actor, now: Millis) -> Result<Vec<(String, String)>> {
        let mut pairs = BTreeSet::new();
        let deciding = self.pack().deciding_roles();
        for grant in actor.roles().iter().filter(|g| deciding.contains(g.role.as_str())) {
            pairs.extend(
                self.places_below(&grant.scope).into_iter().map(|c| (grant.role.clone(), c.column())),
            );
        }
        let steps = self.pack().requests().iter().flat_map(|r| &r.steps);
        for step in steps.filter(|s| !s.deputies.is_empty()) {
            for holding in actor.posts().iter().filter(|h| step.deputies.contains(&h.post)) {
                for scope in self.deputised_scopes(step.scope, holding) {
                    // Nobody stands in where everyone is there.
                    if self.any_away(&self.holders(&step.approver, &scope, now).await?, now).await? {
                        pairs.insert((step.approver.clone(), scope.column()));
                    }
                }
            }
        }
        Ok(pairs.into_iter().collect())
    }

    /// Where steps of this scope stand for which a deputy with this post may be asked.
    fn deputised_scopes(&self, asked: policy::Scope, holding: &PostHolding) -> Vec<Scope> {
        let place = match (self.pack().post(&holding.post).map(|p| p.scope), &holding.unit) {
            (Some(policy::Scope::Section), Some(unit)) => GrantScope::Section(unit.clone()),
            (Some(policy::Scope::Department), Some(unit)) => GrantScope::Department(unit.clone()),
            (Some(policy::Scope::City), _) => GrantScope::City,
            _ => return Vec::new(),
        };
        if asked == policy::Scope::City {
            return vec![Scope::City];
        }
        if let (policy::Scope::Department, GrantScope::Section(unit)) = (asked, &place) {
            let department = self.pack().section(unit).map(|s| s.department.clone());
            return department.map(Scope::Department).into_iter().collect();
        }
        let mut scopes = self.places_below(&place);
        scopes.retain(|scope| match asked {
            policy::Scope::Section => matches!(scope, Scope::Section(_)),
            policy::Scope::Department | policy::Scope::City => matches!(scope, Scope::Department(_)),
        });
        scopes
    }

    /// Whether the open step of this transfer waits for this person, himself or as a deputy: exactly what `authz`
    /// says of him once he has proven himself as strongly as deciding asks for.
    pub(crate) async fn awaits(&self, actor: &Actor, id: &TransferId, now: Millis) -> Result<bool> {
        let Some(transfer) = self.store().transfer(id).await? else { return Ok(false) };
        let resource = Resource::Transfer(Box::new(self.facts(&transfer, now).await?));
        let proven = Principal { strength: Strength::SecondFactor, ..actor.principal().clone() };
        Ok([Action::DecideTransfer, Action::DecideAsDeputy]
            .into_iter()
            .any(|action| self.authorizer().allows(&proven, action, &resource)))
    }

    async fn any_away(&self, people: &[UserId], now: Millis) -> Result<bool> {
        for id in people {
            if self.is_away(id, now).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Every place that a grant covers: its own and all below.
    pub(crate) fn places_below(&self, scope: &GrantScope) -> Vec<Scope> {
        let section = |id: &str| Scope::Section(SectionId::new(id));
        match scope {
            GrantScope::Section(id) => vec![section(id)],
            GrantScope::Department(id) => std::iter::once(Scope::Department(id.clone()))
                .chain(self.pack().sections().iter().filter(|s| s.department == *id).map(|s| section(&s.id)))
                .collect(),
            GrantScope::City => std::iter::once(Scope::City)
                .chain(self.pack().departments().iter().map(|d| Scope::Department(d.id.clone())))
                .chain(self.pack().sections().iter().map(|s| section(&s.id)))
                .collect(),
        }
    }
}

/// Whether somebody was asked to decide.
pub(crate) fn asks(event: &route::Event) -> bool {
    matches!(
        event,
        route::Event::StepOpened { .. } | route::Event::Reminded { .. } | route::Event::Escalated { .. }
    )
}
