//! Reading the policy: what somebody must do, finding words, clauses and the whole text.
//!
//! Owns who may read it (whoever may see clauses) and which roles somebody asks about by himself.
//! Leaves what the policy says to `policy`, and evidence to [`crate::clauses`] and [`crate::coverage`].

use std::collections::BTreeSet;

use authz::{Action, Resource};
use policy::{
    Clause, Role, Statement,
    duties::{Duties, Replacements, When},
    outline::Chapter,
    search::{Found, ItemKind, Query},
};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
};

/// What the policy asks of a role, in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSummary<'p> {
    /// The role; `None` for the body as a whole.
    pub role: Option<&'p Role>,
    /// Titles of the posts that bring it.
    pub posts: Vec<&'p str>,
    /// How many duties apply when, in the order of [`When::ALL`].
    pub counts: [usize; 4],
    /// Duties of others in which it has a part.
    pub parts: usize,
}

/// A clause and what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClausePage<'p> {
    /// The clause.
    pub clause: &'p Clause,
    /// Those above it, the outermost first.
    pub above: Vec<&'p Clause>,
    /// Those right below it.
    pub below: Vec<&'p Clause>,
    /// Its statements, each with what has replaced it.
    pub statements: Vec<(&'p Statement, Vec<&'p Statement>)>,
}

impl App {
    async fn reads(&self, actor: &Actor) -> Result<()> {
        let all = Resource::Clause { id: "all".to_owned() };
        self.permit(actor, Action::ViewClause, &all).await.map(|_allowed| ())
    }

    /// What the policy asks of somebody, by the roles that his posts bring today.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unavailable`].
    pub async fn own_duties(&self, actor: &Actor) -> Result<Duties<'_>> {
        self.reads(actor).await?;
        let held: BTreeSet<&str> = actor.roles().iter().map(|grant| grant.role.as_str()).collect();
        // In the order of the pack, the highest first.
        let roles: Vec<&str> =
            self.pack().roles().iter().map(|r| r.id.as_str()).filter(|id| held.contains(id)).collect();
        if roles.is_empty() {
            // Without a role nobody is asked for anything; an empty list would mean the body as a whole.
            return Ok(Duties { roles: Vec::new(), groups: Vec::new(), parts: Vec::new(), replaced: 0 });
        }
        Ok(self.pack().duties(&roles))
    }

    /// What the policy asks of a role, or of the body as a whole.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::Unavailable`].
    pub async fn duties_of(&self, actor: &Actor, role: Option<&str>) -> Result<Duties<'_>> {
        self.reads(actor).await?;
        match role {
            Some(role) if self.pack().role(role).is_none() => Err(Error::NotFound),
            Some(role) => Ok(self.pack().duties(&[role])),
            None => Ok(self.pack().duties(&[])),
        }
    }

    /// Every role with how much is asked of it; the body as a whole comes last.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unavailable`].
    pub async fn role_summaries(&self, actor: &Actor) -> Result<Vec<RoleSummary<'_>>> {
        self.reads(actor).await?;
        let pack = self.pack();
        let replacements = Replacements::of(pack);
        let summary = |role: Option<&'_ Role>| {
            let ids: Vec<&str> = role.iter().map(|r| r.id.as_str()).collect();
            let duties = pack.duties_with(&ids, &replacements);
            (When::ALL.map(|when| duties.count(when)), duties.parts.len())
        };
        let roles = pack.roles().iter().map(Some).chain(std::iter::once(None));
        Ok(roles
            .map(|role| {
                let (counts, parts) = summary(role);
                let posts = pack.posts().iter().filter(|p| role.is_some_and(|r| p.roles.contains(&r.id)));
                RoleSummary { role, posts: posts.map(|p| p.title.as_str()).collect(), counts, parts }
            })
            .collect())
    }

    /// Looks for words in the policy.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unavailable`].
    pub async fn search(
        &self,
        actor: &Actor,
        query: &Query,
        kind: Option<ItemKind>,
        limit: usize,
    ) -> Result<Found> {
        self.reads(actor).await?;
        Ok(self.index().find(query, kind, limit))
    }

    /// One clause with what hangs on it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::Unavailable`].
    pub async fn clause(&self, actor: &Actor, id: &str) -> Result<ClausePage<'_>> {
        self.reads(actor).await?;
        let pack = self.pack();
        let clause = pack.clause(id).ok_or(Error::NotFound)?;
        let replacements = Replacements::of(pack);
        Ok(ClausePage {
            clause,
            above: pack.clauses_above(clause),
            below: pack.clauses_below(&clause.id).collect(),
            statements: pack
                .statements_of(&clause.id)
                .map(|s| (s, replacements.for_statement(&s.id).to_vec()))
                .collect(),
        })
    }

    /// The whole text, chapter by chapter.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unavailable`].
    pub async fn policy_text(&self, actor: &Actor) -> Result<Vec<Chapter<'_>>> {
        self.reads(actor).await?;
        Ok(self.pack().chapters())
    }
}
