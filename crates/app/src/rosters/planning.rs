//! A table of the personnel office as a plan.
//!
//! Owns the road of the file, looking up whom it names, and keeping the plan as a draft. Nobody is changed; a table with a line
//! that cannot be taken is kept as nothing. Leaves reading lines to `workflow::roster`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use worker_protocol::table::Sheet;
use workflow::{
    Millis,
    id::{RosterPlanId, UserId},
    register_plan::Lines,
    roster::{
        self, Entry, Facts, Form, Held, Kind, Known, Plan, Post, Standing, Vacancy,
        life::{Counts, Results, RosterPlan, Stage},
    },
};

use super::{
    eve, sha256,
    store::{Choice, PlannedEntry},
};
use crate::{
    App,
    actor::Actor,
    arriving::Arriving,
    error::{Error, Result},
    evidence::{By, Kind as EvidenceKind},
    register_imports::{FILE_BYTES_MAX, TableInput, TableRefusal, chosen, source},
    requests::days,
    sanitising::PASSWORD_BYTES_MAX,
};

/// People of one question.
const PEOPLE_AT_ONCE: u32 = 1_000;
/// Most people of a body.
const PEOPLE_MAX: usize = 50_000;
/// How far ahead a plan may lie: two years.
const AHEAD_MAX: Millis = 731 * 86_400_000;

/// What a person says about the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterInput {
    /// What its lines are.
    pub form: Form,
    /// The day, as it was typed.
    pub untrusted_day: String,
    /// The sheet to read, by its name; without one the first that fits.
    pub sheet: Option<String>,
    /// The password of an encrypted workbook.
    pub password: Option<String>,
}

/// A table as a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterDraft {
    /// The name of the file.
    pub file: String,
    /// The sheet that was read.
    pub sheet: String,
    /// Sheets that were not read and hold something.
    pub other_sheets: Vec<String>,
    /// How its columns were understood.
    pub lines: Lines,
    /// The day.
    pub day: String,
    /// What would become of everybody.
    pub plan: Plan,
    /// What nobody would hold any more.
    pub vacancies: Vec<Vacancy>,
    /// The draft; none when a line cannot be taken, or nothing is different.
    pub kept: Option<RosterPlanId>,
}

impl App {
    /// Starts taking a table.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::StorageFull`].
    pub async fn begin_roster(&self, actor: &Actor, untrusted_name: &str) -> Result<Arriving> {
        self.permit_preparing(actor).await?;
        self.arrive(actor, untrusted_name, FILE_BYTES_MAX).await
    }

    /// Ends the upload and shows what it would do. What can be taken as a whole is kept as a draft.
    ///
    /// # Errors
    /// As [`App::begin_roster`]; [`Error::Invalid`] for what was typed.
    pub async fn finish_roster(
        &self,
        actor: &Actor,
        upload: Arriving,
        input: &RosterInput,
    ) -> Result<std::result::Result<RosterDraft, TableRefusal>> {
        self.permit_preparing(actor).await?;
        if input.password.as_ref().is_some_and(|p| p.len() > PASSWORD_BYTES_MAX) {
            return Err(Error::Invalid { field: "password", problem: "too-long" });
        }
        let now = self.now();
        let (day, effective_at) = self.day_of_roster(&input.untrusted_day, now)?;
        let (file, stored) = upload.finish().await?;
        let asked = TableInput {
            sheet: input.sheet.clone(),
            password: input.password.clone(),
            reason: String::new(),
        };
        let table = self.table_of(&stored, &file, &asked).await;
        if let Err(error) = self.erase_unused(&stored).await {
            tracing::warn!(%error, "a table could not be erased yet");
        }
        let table = match table? {
            Ok(table) => table,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let others = roster::other_titles();
        let (sheet, lines) = match chosen(&roster::table(), &others, &table, input.sheet.as_deref()) {
            Ok(chosen) => chosen,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let is_other = |other: &&Sheet| other.untrusted_name != sheet && !other.rows.is_empty();
        let other_sheets = table.sheets.iter().filter(is_other).map(|s| s.untrusted_name.clone()).collect();
        let plan = self.roster_of(input.form, &day, effective_at, &lines).await?;
        let vacancies = self.vacancies(&plan.entries, now).await?;
        let kept = match plan.problems.is_empty() && !plan.entries.is_empty() {
            false => None,
            true => {
                let source = source(&file, &stored.sha256);
                Some(self.keep_roster(actor, input.form, &day, effective_at, source, &plan).await?)
            }
        };
        Ok(Ok(RosterDraft { file, sheet, other_sheets, lines, day, plan, vacancies, kept }))
    }

    /// The day of a plan: today or later, and not years ahead.
    fn day_of_roster(&self, untrusted: &str, now: Millis) -> Result<(String, Millis)> {
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
    pub(crate) async fn roster_of(
        &self,
        form: Form,
        day: &str,
        effective_at: Millis,
        lines: &Lines,
    ) -> Result<Plan> {
        let (rows, unread) = roster::rows(self.pack(), form, day, &eve(effective_at), lines);
        let people = match form {
            Form::Whole => self.everybody().await?,
            Form::Changes => self.people_of(rows.iter().map(|row| row.login.as_str())).await?,
        };
        let mut plan = roster::plan(Facts { pack: self.pack(), form, people: &people }, &rows);
        if !unread.is_empty() {
            // A line that cannot be read names somebody all the same: nobody is said to leave because of it.
            plan.entries.retain(|entry| !entry.lines.is_empty());
            plan.problems.extend(unread);
            plan.problems.sort_by_key(|problem| problem.line);
        }
        Ok(plan)
    }

    async fn everybody(&self) -> Result<BTreeMap<String, Known>> {
        let now = self.now();
        let mut people = BTreeMap::new();
        let mut after: Option<UserId> = None;
        loop {
            let part = self.store().roster_people(after.as_ref(), now, PEOPLE_AT_ONCE).await?;
            let Some((_, last)) = part.last() else { return Ok(people) };
            after = Some(last.id.clone());
            people.extend(part);
            if people.len() > PEOPLE_MAX {
                return Err(Error::TooMany { limit: u32::try_from(PEOPLE_MAX).unwrap_or(u32::MAX) });
            }
        }
    }

    async fn people_of(&self, logins: impl Iterator<Item = &str>) -> Result<BTreeMap<String, Known>> {
        let now = self.now();
        let mut people = BTreeMap::new();
        for login in logins.collect::<BTreeSet<_>>() {
            let Some(user) = self.store().user_by_login(login).await? else { continue };
            let posts = self.store().posts_of(&user.id, now).await?;
            let posts = posts.into_iter().map(|h| Post { post: h.post, unit: h.unit }).collect();
            let standing = Standing {
                name: user.name,
                kana: user.kana,
                section: user.section,
                enabled: user.enabled,
                posts,
            };
            people.insert(login.to_owned(), Known { id: user.id, standing });
        }
        Ok(people)
    }

    /// What nobody would hold any more once these entries are applied, by what is held at that moment.
    pub(crate) async fn vacancies(&self, entries: &[Entry], now: Millis) -> Result<Vec<Vacancy>> {
        let mut asked: BTreeSet<Post> = BTreeSet::new();
        let given_up = entries.iter().filter_map(|entry| {
            let before = entry.before.as_ref().filter(|before| before.enabled)?;
            Some(before.posts.iter().filter(|post| !entry.after.enabled || !entry.after.posts.contains(post)))
        });
        let given_up: BTreeSet<&Post> = given_up.flatten().collect();
        let waited_for = roster::waited_for(self.pack());
        let mut everywhere: BTreeSet<&str> = BTreeSet::new();
        for post in &given_up {
            asked.insert((*post).clone());
            let roles = self.pack().post(&post.post).map(|p| p.roles.as_slice()).unwrap_or_default();
            let roles: Vec<&String> = roles.iter().filter(|r| waited_for.contains(r.as_str())).collect();
            for other in self.pack().posts() {
                let shared: Vec<&&String> = roles.iter().filter(|role| other.roles.contains(role)).collect();
                if !shared.is_empty() {
                    asked.insert(Post { post: other.id.clone(), unit: post.unit.clone() });
                }
                // Of a role for the whole body somebody anywhere else is enough.
                if shared.iter().any(|role| self.pack().role(role).is_some_and(|r| r.city_wide)) {
                    everywhere.insert(&other.id);
                }
            }
        }
        for post in everywhere {
            let units = self.store().post_units(post, now).await?;
            asked.extend(units.into_iter().map(|unit| Post { post: post.to_owned(), unit }));
        }
        let mut held = Held::new();
        for post in asked {
            let count = self.store().count_holders(&post, now).await?;
            held.insert(post, count);
        }
        Ok(roster::vacancies(self.pack(), &held, entries))
    }

    async fn keep_roster(
        &self,
        actor: &Actor,
        form: Form,
        day: &str,
        effective_at: Millis,
        source: String,
        plan: &Plan,
    ) -> Result<RosterPlanId> {
        let now = self.now();
        let id = RosterPlanId::new(self.entropy().id(now));
        let mut lines = Vec::with_capacity(plan.entries.len());
        for (place, entry) in (1_u32..).zip(&plan.entries) {
            let mut entry = entry.clone();
            // Somebody new has his id from now on, so that he is opened once whatever a program does.
            entry.person.get_or_insert_with(|| UserId::new(self.entropy().id(now)));
            lines.push(PlannedEntry {
                place,
                entry,
                choice: Choice::default(),
                outcome: None,
                why: String::new(),
            });
        }
        let entries: Vec<&Entry> = lines.iter().map(|line| &line.entry).collect();
        let bytes =
            serde_json::to_vec(&(form, day, &entries)).map_err(|e| Error::Internal(format!("plan: {e}")))?;
        let lines_digest = sha256(&bytes);
        let count = |kind| u32::try_from(plan.count(kind)).unwrap_or(u32::MAX);
        let kept = RosterPlan {
            id: id.clone(),
            source,
            form,
            day: day.to_owned(),
            effective_at,
            digest: super::choosing::digest(&lines_digest, &[], &[]),
            lines_digest,
            stage: Stage::Draft,
            made_by: actor.id().clone(),
            made_at: now,
            request: None,
            approved_at: None,
            started_at: None,
            ended_at: None,
            counts: Counts {
                join: count(Kind::Join),
                moved: count(Kind::Move),
                leave: count(Kind::Leave),
                suspend: count(Kind::Suspend),
                resume: count(Kind::Resume),
                rename: count(Kind::Rename),
                unchanged: u32::try_from(plan.unchanged).unwrap_or(u32::MAX),
            },
            results: Results::default(),
            version: 0,
        };
        let details = json!({ "source": kept.source, "form": form.id() });
        let entry =
            self.roster_entry(now, EvidenceKind::PersonnelPlanned, By::Actor(actor), &kept, details)?;
        let mut tx = self.store().begin().await?;
        tx.insert_roster_plan(&kept, &lines).await?;
        self.commit(tx, vec![entry]).await?;
        Ok(id)
    }
}
