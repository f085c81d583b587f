//! What nobody would hold any more once a plan is applied.
//!
//! Owns: which roles routes and duties wait for, and whether somebody is left who has them in a unit.
//! Leaves to others: who holds what today (`app` counts).

use std::collections::{BTreeMap, BTreeSet};

use policy::Pack;

use super::{Entry, Post};

/// How many people with an open account hold each post: of all posts that bring a role for the units that entries touch.
pub type Held = BTreeMap<Post, i64>;

/// A role that a route or a duty waits for and that nobody has afterwards, or a deputy whose post nobody holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vacancy {
    /// The post that is given up last.
    pub post: Post,
    /// The role that is missing then; none where the post only stands in for others (代決).
    pub role: Option<String>,
}

/// What nobody holds once these entries are applied, though somebody does now.
#[must_use]
pub fn vacancies(pack: &Pack, held: &Held, entries: &[Entry]) -> Vec<Vacancy> {
    let mut after = held.clone();
    for entry in entries {
        let had = entry.before.iter().filter(|s| s.enabled).flat_map(|s| &s.posts);
        for post in had {
            *after.entry(post.clone()).or_default() -= 1;
        }
        let has = std::iter::once(&entry.after).filter(|s| s.enabled).flat_map(|s| &s.posts);
        for post in has {
            *after.entry(post.clone()).or_default() += 1;
        }
    }
    let waited_for = waited_for(pack);
    let deputies: BTreeSet<&str> =
        pack.requests().iter().flat_map(|r| &r.steps).flat_map(|s| &s.deputies).map(String::as_str).collect();
    let mut vacant = BTreeSet::new();
    for post in held.iter().filter(|(_, count)| **count > 0).map(|(post, _)| post) {
        if after.get(post).copied().unwrap_or_default() > 0 {
            continue;
        }
        let roles = pack.post(&post.post).map(|p| p.roles.as_slice()).unwrap_or_default();
        for role in roles.iter().filter(|role| waited_for.contains(role.as_str())) {
            let everywhere = pack.role(role).is_some_and(|r| r.city_wide);
            let is_left = after.iter().any(|(other, count)| {
                *count > 0
                    && (everywhere || other.unit == post.unit)
                    && pack.post(&other.post).is_some_and(|p| p.roles.contains(role))
            });
            if !is_left {
                vacant.insert(Vacancy { post: post.clone(), role: Some(role.clone()) });
            }
        }
        if deputies.contains(post.post.as_str()) {
            vacant.insert(Vacancy { post: post.clone(), role: None });
        }
    }
    vacant.into_iter().collect()
}

/// Roles without which a request stands still or a duty has no owner.
#[must_use]
pub fn waited_for(pack: &Pack) -> BTreeSet<&str> {
    let steps = pack.requests().iter().flat_map(|r| &r.steps).map(|s| s.approver.as_str());
    let duties = pack.duty_types().iter().map(|d| d.owner.as_str());
    // Everybody with a post is staff: nobody waits for one of them.
    steps.chain(duties).filter(|role| *role != "staff").collect()
}
