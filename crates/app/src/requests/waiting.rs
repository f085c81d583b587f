//! Who can decide a request now.
//!
//! Owns looking up the people behind the open steps, with who is away and who stands in, as the page of a request tells it. Leaves
//! the right to decide to `authz`.

use std::collections::{BTreeMap, BTreeSet};

use workflow::{
    Millis,
    id::UserId,
    request::Request,
    route::{Scope, Step},
};

use crate::{App, deciding::Matter, error::Result};

/// Most people that are named for one step.
const PEOPLE_MAX: usize = 20;

/// An open step and who can decide it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its place in the route.
    pub step: usize,
    /// Its title.
    pub title: String,
    /// Whether other steps are decided beside it (合議).
    pub together: bool,
    /// The title of its role, or of the one above that decides instead.
    pub role: String,
    /// The titles of the roles that may decide it as well because it is overdue.
    pub escalated: Vec<String>,
    /// Who can decide it, those who are there first; at most 20.
    pub people: Vec<WaitingPerson>,
    /// Who stands in while all of them are away (代決).
    pub deputies: Vec<String>,
}

/// Somebody who can decide a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPerson {
    /// His name.
    pub name: String,
    /// Until when he is away, if he is.
    pub away_until: Option<Millis>,
}

impl App {
    /// The open steps of a request, and who can decide each now.
    pub(crate) async fn waiting_for(&self, request: &Request, now: Millis) -> Result<Vec<Waiting>> {
        let matter = Matter::from(request);
        let mut all = Vec::new();
        for (index, step) in &matter.open_steps {
            let people = self.people_at(&matter, step, now).await?;
            let deputies =
                self.deputies_at(&matter, step, now).await?.map(|d| d.deputies).unwrap_or_default();
            let ids: BTreeSet<&UserId> = people.keys().chain(&deputies).collect();
            let names = self.names_of(ids).await?;
            let name = |id: &UserId| names.get(id).cloned().unwrap_or_default();
            let mut people: Vec<WaitingPerson> = people
                .into_iter()
                .map(|(id, away_until)| WaitingPerson { name: name(&id), away_until })
                .collect();
            people.sort_by_key(|p| p.away_until.is_some());
            all.push(Waiting {
                step: *index,
                title: step.title.clone(),
                together: matter.open_steps.len() > 1,
                role: self.pack().role_title(&step.role).to_owned(),
                escalated: step.desks().skip(1).map(|(r, _)| self.pack().role_title(r).to_owned()).collect(),
                people,
                deputies: deputies.iter().map(name).collect(),
            });
        }
        Ok(all)
    }

    /// Those who may decide a step in their own right, and until when each is away.
    async fn people_at(
        &self,
        matter: &Matter<'_>,
        step: &Step,
        now: Millis,
    ) -> Result<BTreeMap<UserId, Option<Millis>>> {
        let mut people = BTreeMap::new();
        let desks: Vec<(&str, &Scope)> = step.desks().collect();
        for (role, scope) in desks {
            for id in self.holders(role, scope, now).await? {
                if people.len() >= PEOPLE_MAX || !matter.is_free_to_decide(&id) {
                    continue;
                }
                let absences = self.store().absences_of(&id, now).await?;
                let away = absences.iter().find(|a| a.from <= now && now < a.until).map(|a| a.until);
                people.insert(id, away);
            }
        }
        Ok(people)
    }
}
