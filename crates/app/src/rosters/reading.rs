//! What a table would do, asked of a store, a policy and a cell: for the screens, and at the machine itself without a house.
//!
//! Owns the days that a plan may have, looking up whom a table names, and what nobody would hold any more. Keeps nothing and changes
//! nobody. Leaves reading lines to `workflow::roster`.

use std::collections::{BTreeMap, BTreeSet};

use policy::Pack;
use tokio::io::AsyncRead;
use worker_protocol::table::{Sheet, Table};
use workflow::{
    Millis,
    id::UserId,
    register_plan::Lines,
    roster::{self, Entry, Facts, Form, Held, Known, Plan, Post, Standing, Vacancy},
};

use super::{RosterDraft, RosterInput, eve};
use crate::{
    App,
    error::{Error, Result},
    ports::{Sanitiser, Store},
    register_imports::{TableRefusal, cells_of, chosen},
    requests::days,
};

/// People of one question.
const PEOPLE_AT_ONCE: u32 = 1_000;
/// Most people of a body.
const PEOPLE_MAX: usize = 50_000;
/// How far ahead a plan may lie: two years.
const AHEAD_MAX: Millis = 731 * 86_400_000;

/// Whoever asks what a table would do.
#[derive(Clone, Copy)]
pub struct RosterReader<'a> {
    store: &'a dyn Store,
    pack: &'a Pack,
    now: Millis,
}

impl<'a> RosterReader<'a> {
    /// Of these people, under this policy, at that moment.
    #[must_use]
    pub fn new(store: &'a dyn Store, pack: &'a Pack, now: Millis) -> Self {
        Self { store, pack, now }
    }

    /// What a table would do. Nothing is kept.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what was typed, [`Error::Unavailable`].
    pub async fn read(
        &self,
        cell: &dyn Sanitiser,
        untrusted_name: &str,
        untrusted: Box<dyn AsyncRead + Send + Unpin>,
        input: &RosterInput,
    ) -> Result<std::result::Result<RosterDraft, TableRefusal>> {
        let day = self.day(&input.untrusted_day)?;
        match cells_of(cell, untrusted, untrusted_name, input.password.as_deref()).await? {
            Ok(table) => self.draft(untrusted_name.to_owned(), &table, input, day).await,
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// What the cells of a table come to.
    pub(crate) async fn draft(
        &self,
        file: String,
        table: &Table,
        input: &RosterInput,
        (day, effective_at): (String, Millis),
    ) -> Result<std::result::Result<RosterDraft, TableRefusal>> {
        let others = roster::other_titles();
        let (sheet, lines) = match chosen(&roster::table(), &others, table, input.sheet.as_deref()) {
            Ok(chosen) => chosen,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let is_other = |other: &&Sheet| other.untrusted_name != sheet && !other.rows.is_empty();
        let other_sheets = table.sheets.iter().filter(is_other).map(|s| s.untrusted_name.clone()).collect();
        let plan = self.plan(input.form, &day, effective_at, &lines).await?;
        let vacancies = self.vacancies(&plan.entries).await?;
        Ok(Ok(RosterDraft { file, sheet, other_sheets, lines, day, plan, vacancies, kept: None }))
    }

    /// The day of a plan: today or later, and not years ahead.
    pub(crate) fn day(&self, untrusted: &str) -> Result<(String, Millis)> {
        let now = self.now;
        let wrong = |problem| Error::Invalid { field: "day", problem };
        if untrusted.trim().is_empty() {
            return Err(wrong("empty"));
        }
        let day = policy::day_typed(untrusted).ok_or(wrong("no-date"))?;
        let effective_at = days::begin_of(&day).ok_or(wrong("no-date"))?;
        if day < days::date_of(now) {
            return Err(wrong("past"));
        }
        if effective_at > now.saturating_add(AHEAD_MAX) {
            return Err(wrong("not-allowed"));
        }
        Ok((day, effective_at))
    }

    /// What the lines come to.
    async fn plan(&self, form: Form, day: &str, effective_at: Millis, lines: &Lines) -> Result<Plan> {
        let (rows, unread) = roster::rows(self.pack, form, day, &eve(effective_at), lines);
        let people = match form {
            Form::Whole => self.everybody().await?,
            Form::Changes => self.people_of(rows.iter().map(|row| row.login.as_str())).await?,
        };
        let mut plan = roster::plan(Facts { pack: self.pack, form, people: &people }, &rows);
        if !unread.is_empty() {
            // A line that cannot be read names somebody all the same: nobody is said to leave because of it.
            plan.entries.retain(|entry| !entry.lines.is_empty());
            plan.problems.extend(unread);
            plan.problems.sort_by_key(|problem| problem.line);
        }
        Ok(plan)
    }

    async fn everybody(&self) -> Result<BTreeMap<String, Known>> {
        let now = self.now;
        let mut people = BTreeMap::new();
        let mut after: Option<UserId> = None;
        loop {
            let part = self.store.roster_people(after.as_ref(), now, PEOPLE_AT_ONCE).await?;
            let Some((_, last)) = part.last() else { return Ok(people) };
            after = Some(last.id.clone());
            people.extend(part);
            if people.len() > PEOPLE_MAX {
                return Err(Error::TooMany { limit: u32::try_from(PEOPLE_MAX).unwrap_or(u32::MAX) });
            }
        }
    }

    async fn people_of(&self, logins: impl Iterator<Item = &str>) -> Result<BTreeMap<String, Known>> {
        let now = self.now;
        let mut people = BTreeMap::new();
        for login in logins.collect::<BTreeSet<_>>() {
            let Some(user) = self.store.user_by_login(login).await? else { continue };
            let posts = self.store.posts_of(&user.id, now).await?;
            let mail = self.store.mail_address(&user.id).await?;
            let posts = posts.into_iter().map(|h| Post { post: h.post, unit: h.unit }).collect();
            let standing = Standing {
                name: user.name,
                kana: user.kana,
                section: user.section,
                enabled: user.enabled,
                posts,
            };
            people.insert(login.to_owned(), Known { id: user.id, standing, mail });
        }
        Ok(people)
    }

    /// What nobody would hold any more once these entries are applied, by what is held at that moment.
    pub(crate) async fn vacancies(&self, entries: &[Entry]) -> Result<Vec<Vacancy>> {
        let now = self.now;
        let mut asked: BTreeSet<Post> = BTreeSet::new();
        let given_up = entries.iter().filter_map(|entry| {
            let before = entry.before.as_ref().filter(|before| before.enabled)?;
            Some(before.posts.iter().filter(|post| !entry.after.enabled || !entry.after.posts.contains(post)))
        });
        let given_up: BTreeSet<&Post> = given_up.flatten().collect();
        let waited_for = roster::waited_for(self.pack);
        let mut everywhere: BTreeSet<&str> = BTreeSet::new();
        for post in &given_up {
            asked.insert((*post).clone());
            let roles = self.pack.post(&post.post).map(|p| p.roles.as_slice()).unwrap_or_default();
            let roles: Vec<&String> = roles.iter().filter(|r| waited_for.contains(r.as_str())).collect();
            for other in self.pack.posts() {
                let shared: Vec<&&String> = roles.iter().filter(|role| other.roles.contains(role)).collect();
                if !shared.is_empty() {
                    asked.insert(Post { post: other.id.clone(), unit: post.unit.clone() });
                }
                // Of a role for the whole body somebody anywhere else is enough.
                if shared.iter().any(|role| self.pack.role(role).is_some_and(|r| r.city_wide)) {
                    everywhere.insert(&other.id);
                }
            }
        }
        for post in everywhere {
            let units = self.store.post_units(post, now).await?;
            asked.extend(units.into_iter().map(|unit| Post { post: post.to_owned(), unit }));
        }
        let mut held = Held::new();
        for post in asked {
            let count = self.store.count_holders(&post, now).await?;
            held.insert(post, count);
        }
        Ok(roster::vacancies(self.pack, &held, entries))
    }
}

impl App {
    pub(crate) fn roster_reader(&self) -> RosterReader<'_> {
        RosterReader::new(self.store(), self.pack(), self.now())
    }
}
