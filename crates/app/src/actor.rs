//! Who acts: a person whose identity was proven at a door, with the roles he holds today.
//!
//! Owns [`Door`], [`Actor`], gathering roles from posts, and asking `authz`.
//! Leaves proving identity to [`crate::accounts`], the rules themselves to `authz`.

use authz::{Account, Action, Allowed, Decision, Grant, Place, Principal, Resource, TokenScope};
use serde_json::json;
use workflow::id::{SectionId, UserId, ZoneId};

use crate::{
    App,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::{PostHolding, Strength, User},
};

/// Facts of a connection: the listener it came in on and the address it came from. Made by the listener only; no
/// form field or header can change them (invariant: the zone is a property of the connection).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The listener's zone.
    pub zone: ZoneId,
    /// The peer's address, for evidence.
    pub address: String,
}

/// Someone whose identity was proven at a door.
#[derive(Debug, Clone)]
pub struct Actor {
    door: Door,
    user: User,
    posts: Vec<PostHolding>,
    principal: Principal,
    strength: Strength,
    via_token: bool,
    awaits_code: bool,
    unread: u32,
}

impl Actor {
    /// The account.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// His id.
    #[must_use]
    pub fn id(&self) -> &UserId {
        &self.user.id
    }

    /// Where he stands.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// The zone he stands in.
    #[must_use]
    pub fn zone(&self) -> &ZoneId {
        &self.door.zone
    }

    /// The roles he holds today.
    #[must_use]
    pub fn roles(&self) -> &[Grant] {
        &self.principal.roles
    }

    /// The posts he holds today.
    #[must_use]
    pub fn posts(&self) -> &[PostHolding] {
        &self.posts
    }

    /// Whether the password was right and the one-time code is still to come. Nothing else is possible before.
    #[must_use]
    pub fn awaits_code(&self) -> bool {
        self.awaits_code
    }

    /// Whether a new password must be set before anything else.
    #[must_use]
    pub fn must_change_password(&self) -> bool {
        self.user.must_change_password && !self.via_token
    }

    /// Whether his roles ask for a second factor that he has not used.
    #[must_use]
    pub fn lacks_second_factor(&self) -> bool {
        self.principal.second_factor_required && self.strength != Strength::SecondFactor
    }

    /// Whether he came with an API token.
    #[must_use]
    pub fn via_token(&self) -> bool {
        self.via_token
    }

    /// How many of his notices he has not looked at, counted up to a hundred: as it was when he came in, and 0 for a token.
    #[must_use]
    pub fn unread_notices(&self) -> u32 {
        self.unread
    }

    pub(crate) fn principal(&self) -> &Principal {
        &self.principal
    }

    pub(crate) fn holds(&self, role: &str) -> bool {
        self.principal.roles.iter().any(|g| g.role == role)
    }
}

/// How an identity was proven.
pub(crate) enum Proof {
    Session { strength: Strength, awaits_code: bool, unread: u32 },
    Token { scopes: Vec<String> },
}

/// Whether a person may do something, told before he tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prospect {
    /// Yes.
    Now,
    /// Once he has proven himself with a second factor.
    AfterSecondFactor,
    /// His roles do not allow it.
    Never,
}

impl App {
    /// Puts together what is known of a person at this moment.
    pub(crate) fn actor(&self, door: &Door, user: User, posts: Vec<PostHolding>, proof: &Proof) -> Actor {
        let roles = self.grants(&posts);
        let needs_factor = roles.iter().any(|g| self.pack().role(&g.role).is_some_and(|r| r.second_factor))
            || self.pack().zone(door.zone.as_str()).is_some_and(|z| z.second_factor);
        let (strength, via_token, awaits_code, unread) = match proof {
            Proof::Session { strength, awaits_code, unread } => (*strength, false, *awaits_code, *unread),
            Proof::Token { .. } => (Strength::Password, true, false, 0),
        };
        let principal = Principal {
            user: user.id.as_str().to_owned(),
            roles,
            section: user.section.as_str().to_owned(),
            zone: door.zone.as_str().to_owned(),
            strength: match proof {
                Proof::Session { strength: Strength::SecondFactor, .. } => authz::Strength::SecondFactor,
                Proof::Session { strength: Strength::Password, .. } => authz::Strength::Password,
                Proof::Token { scopes } => authz::Strength::ApiToken {
                    scopes: scopes.iter().filter_map(|s| TokenScope::from_id(s)).collect(),
                },
            },
            second_factor_required: needs_factor,
            enabled: user.enabled,
        };
        Actor { door: door.clone(), user, posts, principal, strength, via_token, awaits_code, unread }
    }

    /// The roles that posts bring, by the pack. Everybody with a post is staff.
    pub(crate) fn grants(&self, posts: &[PostHolding]) -> Vec<Grant> {
        let mut grants: Vec<Grant> = posts
            .iter()
            .flat_map(|holding| {
                let scope = match (self.pack().post(&holding.post).map(|p| p.scope), &holding.unit) {
                    (Some(policy::Scope::Section), Some(unit)) => Some(authz::Scope::Section(unit.clone())),
                    (Some(policy::Scope::Department), Some(unit)) => {
                        Some(authz::Scope::Department(unit.clone()))
                    }
                    (Some(policy::Scope::City), _) => Some(authz::Scope::City),
                    // A post that the pack no longer has, or one without its unit, brings nothing.
                    _ => None,
                };
                scope.into_iter().flat_map(move |scope| {
                    self.pack().roles_of(&holding.post).map(move |role| Grant {
                        role: role.id.clone(),
                        scope: if role.city_wide { authz::Scope::City } else { scope.clone() },
                    })
                })
            })
            .collect();
        grants.sort();
        grants.dedup();
        grants
    }

    /// The section with its department. A section that the pack no longer has belongs to no department.
    pub(crate) fn place(&self, section: &SectionId) -> Place {
        let department =
            self.pack().section(section.as_str()).map(|s| s.department.clone()).unwrap_or_default();
        Place::Section { id: section.as_str().to_owned(), department }
    }

    pub(crate) fn account(&self, user: &User) -> Resource {
        Resource::Account(Account { user: user.id.as_str().to_owned(), place: self.place(&user.section) })
    }

    /// Whether the person has something to settle before this: a one-time code, a first password to change.
    fn must_settle_first(actor: &Actor, action: Action) -> bool {
        actor.awaits_code || (actor.must_change_password() && action != Action::ChangeOwnPassword)
    }

    /// Asks for a right without leaving a trace: for showing or hiding a button.
    pub(crate) fn may(&self, actor: &Actor, action: Action, resource: &Resource) -> bool {
        !Self::must_settle_first(actor, action)
            && self.authorizer().allows(actor.principal(), action, resource)
    }

    /// The same for a screen that says beforehand what a person would have to do first.
    pub(crate) fn prospect(&self, actor: &Actor, action: Action, resource: &Resource) -> Prospect {
        let proven =
            authz::Principal { strength: authz::Strength::SecondFactor, ..actor.principal().clone() };
        if self.may(actor, action, resource) {
            Prospect::Now
        } else if self.authorizer().allows(&proven, action, resource) {
            Prospect::AfterSecondFactor
        } else {
            Prospect::Never
        }
    }

    /// Decides a right. A refusal is evidence.
    pub(crate) async fn permit(&self, actor: &Actor, action: Action, resource: &Resource) -> Result<Allowed> {
        if Self::must_settle_first(actor, action) {
            return Err(Error::SessionEnded);
        }
        match self.authorizer().decide(actor.principal(), action, resource) {
            Decision::Allow(allowed) => Ok(allowed),
            Decision::Deny(denied) => {
                let details = json!({ "action": action.id(), "reason": denied.reason.id() });
                let act = Act {
                    kind: Kind::AccessDenied,
                    by: By::Actor(actor),
                    subject: (subject_word(resource), resource.id()),
                    details,
                    statements: &[],
                };
                self.note(self.now(), &act).await?;
                Err(Error::Denied { action: action.id(), reason: denied.reason.id() })
            }
        }
    }
}

fn subject_word(resource: &Resource) -> &'static str {
    match resource {
        Resource::Transfer(_) => "transfer",
        Resource::Request(_) => "request",
        Resource::DutyTask(_) => "task",
        Resource::Row(_) => "register-row",
        Resource::Record(_) => "record",
        Resource::Account(_) | Resource::OwnAccount { .. } => "user",
        Resource::City => "city",
        Resource::Evidence(_) => "evidence",
        Resource::Clause { .. } => "clause",
    }
}
