//! Who sees what, as exact words of an index: a first narrowing, never the decision.
//!
//! Owns the tokens of subjects and those that a person asks for. They follow from the same facts as the lists: the parts that
//! people have in a subject, the steps and desks at which it waits, its section and its zones. A token too many costs a
//! candidate that is then refused; one too few would hide what may be seen, so that when in doubt there is one more.

use authz::{Action, Reach, Resource};
use workflow::{
    id::{SectionId, UserId},
    route,
};

use super::FoundKind;
use crate::{App, actor::Actor, registers::store::RowSight};

/// The zone at whose listeners it is seen.
pub(super) fn zone(zone: &str) -> String {
    format!("z:{zone}")
}

/// Somebody who sees it because of his part in it.
pub(super) fn person(user: &str) -> String {
    format!("u:{user}")
}

/// Somebody whose own it is.
pub(super) fn mine(user: &UserId) -> String {
    format!("m:{user}")
}

/// Its section.
pub(super) fn section(section: &SectionId) -> String {
    format!("s:{section}")
}

/// A role at a place, at which it waits.
pub(super) fn step(role: &str, scope: &route::Scope) -> String {
    format!("g:{role}@{}", scope.column())
}

/// A post whose holders may stand in.
pub(super) fn post(post: &str) -> String {
    format!("p:{post}")
}

/// Of which fiscal year it is.
pub(super) fn year(year: i16) -> String {
    format!("y:{year}")
}

/// Whether something is still to come.
pub(super) fn open(open: bool) -> String {
    format!("o:{}", u8::from(open))
}

/// A register, and its rows of one section.
pub(super) fn register(register: &str, section: Option<&SectionId>) -> String {
    match section {
        Some(section) => format!("r:{register}@{section}"),
        None => format!("r:{register}"),
    }
}

/// What everybody sees.
pub(super) const EVERYBODY: &str = "everybody";

impl App {
    /// The lists of tokens of each of which a subject of this kind has one, if the person sees it. `None`: he sees none.
    pub(super) fn sight_of(&self, actor: &Actor, kind: FoundKind) -> Option<Vec<Vec<String>>> {
        let here = || vec![zone(actor.zone().as_str())];
        match kind {
            FoundKind::Transfer => {
                let reach = self.authorizer().visible_transfers(actor.principal()).reach;
                let mut any = self.reach_tokens(actor, &reach)?;
                any.push(here());
                Some(any)
            }
            FoundKind::Request => {
                let reach = self.authorizer().visible_requests(actor.principal());
                let mut any = self.reach_tokens(actor, &reach)?;
                any.push(here());
                Some(any)
            }
            FoundKind::Task => self.reach_tokens(actor, &self.authorizer().visible_tasks(actor.principal())),
            FoundKind::Row => {
                let mut tokens = Vec::new();
                for of in self.pack().registers() {
                    match self.sight(actor, of) {
                        Some(RowSight::All) => tokens.push(register(&of.id, None)),
                        Some(RowSight::Sections(sections)) => {
                            tokens.extend(sections.iter().map(|s| register(&of.id, Some(s))));
                        }
                        None => {}
                    }
                }
                (!tokens.is_empty()).then(|| vec![tokens])
            }
            FoundKind::Person => self.accounts_seen(actor),
            FoundKind::Edition if self.may(actor, Action::ViewEditions, &Resource::City) => Some(Vec::new()),
            FoundKind::Edition => Some(vec![vec![EVERYBODY.to_owned()]]),
            FoundKind::Form | FoundKind::Duty | FoundKind::Evidence => None,
        }
    }

    /// Everybody's accounts, or those of the sections in which he answers for somebody.
    fn accounts_seen(&self, actor: &Actor) -> Option<Vec<Vec<String>>> {
        let sees = |place| {
            let account = authz::Account { user: "list".to_owned(), place };
            self.may(actor, Action::ViewUsers, &Resource::Account(account))
        };
        if sees(authz::Place::City) {
            return Some(Vec::new());
        }
        let places = actor.roles().iter().flat_map(|grant| self.places_below(&grant.scope));
        let sections: std::collections::BTreeSet<SectionId> = places
            .filter_map(|place| match place {
                route::Scope::Section(id) => Some(id),
                route::Scope::City | route::Scope::Department(_) => None,
            })
            .collect();
        let tokens: Vec<String> = sections.iter().filter(|s| sees(self.place(s))).map(section).collect();
        (!tokens.is_empty()).then(|| vec![tokens])
    }

    fn reach_tokens(&self, actor: &Actor, reach: &Reach) -> Option<Vec<Vec<String>>> {
        let mut tokens = match reach {
            Reach::Nothing => return None,
            Reach::All => return Some(Vec::new()),
            Reach::Units { departments, sections } => self
                .pack()
                .sections()
                .iter()
                .filter(|s| departments.contains(&s.department) || sections.contains(&s.id))
                .map(|s| section(&SectionId::new(s.id.clone())))
                .collect(),
            Reach::OwnAndReceived => Vec::new(),
        };
        tokens.push(person(actor.id().as_str()));
        for grant in actor.roles() {
            tokens.extend(self.places_below(&grant.scope).iter().map(|place| step(&grant.role, place)));
        }
        tokens.extend(actor.posts().iter().map(|holding| post(&holding.post)));
        Some(vec![tokens])
    }
}
