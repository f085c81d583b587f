//! Who may do what: the one place where rights are decided.
//!
//! Owns: the actions of the system ([`Action`]), what a decision needs to know about the person ([`Principal`])
//! and about the thing acted on ([`Resource`]), the Cedar policies under `policies/`, and the proof that a decision
//! was made ([`Allowed`]).
//! Leaves to others: where the facts come from (`store-sql`, `policy`, the listener), the Japanese words for a
//! refusal (`web`), and what is done once it is allowed (`app`).
//!
//! Nothing here remembers anything: the same facts give the same decision. Anything that cannot be evaluated is
//! refused ([`Reason::Undecidable`]).

mod facts;
mod visibility;
mod words;

use std::str::FromStr;

use cedar_policy::{
    ActionConstraint, Authorizer as CedarAuthorizer, Context, Decision as CedarDecision, Effect, Entities,
    Entity, EntityUid, Policy, PolicySet, Request as CedarRequest, Response, Schema, ValidationMode,
    Validator,
};

pub use facts::{
    Account, DutyStage, DutyTask, Evidence, Grant, Need, Place, Principal, Record, Request, RequestStage,
    Resource, Row, Scope, Stage, Strength, Transfer,
};
pub use visibility::{Reach, Visibility};
pub use words::{Action, Reason, ResourceKind, TokenScope, role};

use facts::Names;

/// The schema that policies and facts conform to.
const SCHEMA: &str = include_str!("../policies/schema.cedarschema");
/// What people may do.
const PERMITS: &str = include_str!("../policies/permits.cedar");
/// What nobody may do, whatever his roles.
const REFUSALS: &str = include_str!("../policies/refusals.cedar");

/// Decides. Built once at start; cheap to share behind an `Arc`, needs no lock.
#[derive(Debug)]
pub struct Authorizer {
    cedar: CedarAuthorizer,
    /// What can apply to each action, in the order of [`Action::ALL`]: asking fewer saves about half the time.
    rules: Vec<Rules>,
    names: Names,
    /// The entity of each action, with the groups it belongs to, in the order of [`Action::ALL`].
    actions: Vec<Entity>,
}

/// The policies whose scope admits one action.
#[derive(Debug)]
struct Rules {
    all: PolicySet,
    /// The permits among them, for finding the reason of a refusal.
    permits: PolicySet,
}

impl Authorizer {
    /// Reads the policies that are part of this program and validates them strictly against the schema.
    ///
    /// # Errors
    /// When the policies do not parse or do not validate. That is a mistake in this package, which its tests
    /// find; a program that meets it must not start.
    pub fn new() -> Result<Self, PolicyError> {
        let (schema, warnings) = Schema::from_cedarschema_str(SCHEMA).map_err(PolicyError::new)?;
        if let Some(warning) = warnings.into_iter().next() {
            return Err(PolicyError::new(warning));
        }
        let policies = policies()?;
        let validator = Validator::new(schema.clone());
        let found = validator.validate(&policies, ValidationMode::Strict);
        if let Some(error) = found.validation_errors().next() {
            return Err(PolicyError::new(error));
        }
        if let Some(warning) = found.validation_warnings().next() {
            return Err(PolicyError::new(warning));
        }
        let names = Names::new().map_err(PolicyError::new)?;
        let groups = schema.action_entities().map_err(PolicyError::new)?;
        let actions = Action::ALL
            .iter()
            .map(|action| {
                groups.get(&names.action(*action)).cloned().ok_or_else(|| PolicyError {
                    what: format!("action {} is not in the schema", action.id()),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let rules = actions
            .iter()
            .map(|action| rules(&policies, &groups, &action.uid()))
            .collect::<Result<_, _>>()?;
        Ok(Self { cedar: CedarAuthorizer::new(), rules, names, actions })
    }

    /// Whether this person may do this to that, now. Needs no I/O; `benches/decide.rs` measures it.
    pub fn decide(&self, principal: &Principal, action: Action, resource: &Resource) -> Decision {
        if resource.kind() != action.resource_kind() {
            return Decision::Deny(Denied { action, reason: Reason::NotApplicable });
        }
        let answer = self.rules(action).and_then(|rules| self.ask(&rules.all, principal, action, resource));
        match answer {
            Ok(response) => self.read(&response, principal, action, resource),
            Err(Undecidable) => Decision::Deny(Denied { action, reason: Reason::Undecidable }),
        }
    }

    /// The same as a word: yes or no, for lists and buttons. Spares finding the reason of a refusal, which costs more than
    /// the refusal. Acting needs the [`Allowed`] of [`Authorizer::decide`].
    #[must_use]
    pub fn allows(&self, principal: &Principal, action: Action, resource: &Resource) -> bool {
        resource.kind() == action.resource_kind()
            && self
                .rules(action)
                .and_then(|rules| self.ask(&rules.all, principal, action, resource))
                .is_ok_and(|response| {
                    // As in `read`: what cannot be evaluated refuses.
                    response.diagnostics().errors().next().is_none()
                        && response.decision() == CedarDecision::Allow
                })
    }

    /// Turns Cedar's answer into ours.
    fn read(
        &self,
        response: &Response,
        principal: &Principal,
        action: Action,
        resource: &Resource,
    ) -> Decision {
        // Cedar skips a policy that cannot be evaluated. A skipped refusal would be a hole, so any error refuses.
        if response.diagnostics().errors().next().is_some() {
            return Decision::Deny(Denied { action, reason: Reason::Undecidable });
        }
        if response.decision() == CedarDecision::Allow {
            return Decision::Allow(Allowed {
                user: principal.user.clone(),
                action,
                resource_id: resource.id().to_owned(),
            });
        }
        let refused = response
            .diagnostics()
            .reason()
            .filter_map(|id| self.rules(action).ok()?.all.annotation(id, "code"))
            .filter_map(Reason::from_id)
            .min();
        let reason = match refused {
            Some(reason) if reason <= Reason::Never => reason,
            // Stage, zone and the like are told only to those whom a role admits: a stranger learns nothing.
            Some(reason) if self.is_permitted(principal, action, resource) => reason,
            _ => self.why_not_permitted(principal, action, resource),
        };
        Decision::Deny(Denied { action, reason })
    }

    /// Whether a rule permits it, leaving the refusals aside. Serves the choice of a reason, never a decision.
    fn is_permitted(&self, principal: &Principal, action: Action, resource: &Resource) -> bool {
        self.rules(action)
            .and_then(|rules| self.ask(&rules.permits, principal, action, resource))
            .is_ok_and(|response| response.decision() == CedarDecision::Allow)
    }

    /// No rule permits it. Would one, if the same roles were held for the whole city? Then it is the section
    /// that does not fit, and saying so spares a call to the help desk.
    fn why_not_permitted(&self, principal: &Principal, action: Action, resource: &Resource) -> Reason {
        if principal.roles.iter().all(|grant| grant.scope == Scope::City) {
            return Reason::RoleMissing;
        }
        let mut widened = principal.clone();
        for grant in &mut widened.roles {
            grant.scope = Scope::City;
        }
        if self.is_permitted(&widened, action, resource) {
            Reason::NotYourSection
        } else {
            Reason::RoleMissing
        }
    }

    fn rules(&self, action: Action) -> Result<&Rules, Undecidable> {
        self.rules.get(action as usize).ok_or(Undecidable)
    }

    /// Puts the question to Cedar. The entities are built for this one question: three of them, nothing kept.
    fn ask(
        &self,
        policies: &PolicySet,
        principal: &Principal,
        action: Action,
        resource: &Resource,
    ) -> Result<Response, Undecidable> {
        let person = self.names.person(principal)?;
        let thing = self.names.resource(resource)?;
        let act = self.actions.get(action as usize).ok_or(Undecidable)?.clone();
        let request = CedarRequest::new(person.uid(), act.uid(), thing.uid(), Context::empty(), None)
            .map_err(|_| Undecidable)?;
        let entities = Entities::from_entities([person, thing, act], None).map_err(|_| Undecidable)?;
        Ok(self.cedar.is_authorized(&request, policies, &entities))
    }
}

/// Every policy, under the name it gives itself with `@id`.
fn policies() -> Result<PolicySet, PolicyError> {
    let mut all = PolicySet::new();
    for text in [PERMITS, REFUSALS] {
        let read = PolicySet::from_str(text).map_err(PolicyError::new)?;
        for policy in read.policies() {
            all.add(named(policy)?).map_err(PolicyError::new)?;
        }
    }
    Ok(all)
}

/// Those policies whose scope admits this action: it is named, in a named group, or every action is meant.
fn rules(policies: &PolicySet, groups: &Entities, action: &EntityUid) -> Result<Rules, PolicyError> {
    let mut rules = Rules { all: PolicySet::new(), permits: PolicySet::new() };
    for policy in policies.policies() {
        let admits = match policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(named) => named == *action,
            ActionConstraint::In(named) => {
                named.iter().any(|group| group == action || groups.is_ancestor_of(group, action))
            }
        };
        if admits {
            rules.all.add(policy.clone()).map_err(PolicyError::new)?;
            if policy.effect() == Effect::Permit {
                rules.permits.add(policy.clone()).map_err(PolicyError::new)?;
            }
        }
    }
    Ok(rules)
}

fn named(policy: &Policy) -> Result<Policy, PolicyError> {
    let id = policy
        .annotation("id")
        .ok_or_else(|| PolicyError { what: format!("a policy without @id: {policy}") })?;
    Ok(policy.new_id(cedar_policy::PolicyId::new(id)))
}

/// The outcome of a decision. A refusal is a result, not an error.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may be done; the value proves it.
    Allow(Allowed),
    /// It may not.
    Deny(Denied),
}

impl Decision {
    /// For use with `?` where a refusal ends the use case.
    ///
    /// # Errors
    /// The refusal.
    pub fn into_result(self) -> Result<Allowed, Denied> {
        match self {
            Decision::Allow(allowed) => Ok(allowed),
            Decision::Deny(denied) => Err(denied),
        }
    }

    /// Whether it may be done, for showing or hiding a button. Acting needs the [`Allowed`] itself.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Decision::Allow(_))
    }
}

/// Proof that rights were decided. Only [`Authorizer::decide`] makes one, and it holds for this user, this action
/// and this resource only; a use case compares all three before it acts. Not `Clone`: one proof, one act.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub struct Allowed {
    user: String,
    action: Action,
    resource_id: String,
}

impl Allowed {
    /// Who may do it.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// What may be done.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// To what; see [`Resource::id`].
    #[must_use]
    pub fn resource_id(&self) -> &str {
        &self.resource_id
    }

    /// Whether this proof is the one for that act. A use case that is handed another proof has a bug and refuses.
    #[must_use]
    pub fn is_for(&self, action: Action, resource_id: &str) -> bool {
        self.action == action && self.resource_id == resource_id
    }
}

/// A refusal and its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} refused: {}", action.id(), reason.id())]
pub struct Denied {
    /// What was asked for.
    pub action: Action,
    /// Why not. Where several reasons hold, the one a person can least do anything about.
    pub reason: Reason,
}

/// The policies that came with the program are broken.
#[derive(Debug, thiserror::Error)]
#[error("the rules of who may do what are broken: {what}")]
pub struct PolicyError {
    what: String,
}

impl PolicyError {
    fn new(cause: impl std::fmt::Display) -> Self {
        Self { what: cause.to_string() }
    }
}

/// The facts could not be put before Cedar; refused.
struct Undecidable;

#[cfg(test)]
mod tests;
