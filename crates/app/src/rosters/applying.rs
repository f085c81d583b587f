//! The day of a plan: everybody of it is changed, some at a time, and read back.
//!
//! Owns changing people so that it can be interrupted anywhere and goes on where it stopped: a line is ended in the transaction that
//! changes its person. Who is not as the plan found him is left as he is, and told. Leaves what people have in hand to `handing`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use workflow::{
    Millis,
    id::{RosterPlanId, UserId},
    roster::{
        Due, Entry, Kind as Change, Post, Standing,
        life::{Results, RosterPlan, Stage},
    },
};

use super::store::{EntryPart, Outcome, PlannedEntry};
use crate::{
    App,
    duties::Happened,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::{NewEvidence, PostHolding, User},
    ports::Tx,
};

/// People of one transaction.
const AT_ONCE: u32 = 100;
/// Plans of one round.
const PLANS_AT_ONCE: u32 = 10;
/// How often a part is tried when somebody else changes one of its people at that moment.
const TRIES: u32 = 5;
/// Lines of one look when everything is read back.
const LINES_AT_ONCE: u32 = 1_000;

/// The note of a line whose address was left as it was.
const MAIL_KEPT: &str = "mail-kept";

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AppliedRosters {
    /// Plans that were finished.
    pub plans: usize,
    /// People who were changed.
    pub people: usize,
}

impl App {
    /// Applies every plan whose day has come.
    ///
    /// # Errors
    /// The first failure; what was done before it stays done, and the next round goes on.
    pub async fn apply_due_rosters(&self) -> Result<AppliedRosters> {
        let mut applied = AppliedRosters::default();
        for id in self.store().rosters_due(self.now(), PLANS_AT_ONCE).await? {
            applied.people += self.apply_roster(&id).await?;
            applied.plans += 1;
        }
        Ok(applied)
    }

    async fn apply_roster(&self, id: &RosterPlanId) -> Result<usize> {
        let mut people = 0;
        let mut tries = 0;
        loop {
            match self.apply_part(id).await {
                Ok(None) => break,
                Ok(Some(changed)) => {
                    people += changed;
                    tries = 0;
                }
                // Somebody logged in at that moment, for instance: look again.
                Err(Error::Conflict) if tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
        let plan = self.roster_plan(id).await?;
        if plan.stage != Stage::Running {
            return Ok(people);
        }
        let notes = self.hand_everything_over(&plan).await?;
        self.end_roster(&plan, &notes).await?;
        Ok(people)
    }

    /// Changes some people; how many. `None` when nobody is left.
    async fn apply_part(&self, id: &RosterPlanId) -> Result<Option<usize>> {
        let now = self.now();
        // Nobody ever learns this password: the sheet that is printed makes new ones.
        let mut unusable: Option<String> = None;
        let mut tx = self.store().begin().await?;
        let mut plan = tx.roster_plan(id).await?.ok_or(Error::NotFound)?;
        let is_first = plan.stage == Stage::Approved;
        if plan.begin(now).is_err() {
            // Given up, or finished by another process.
            return Ok(None);
        }
        let lines = tx.roster_open(id, AT_ONCE).await?;
        if lines.is_empty() && !is_first {
            return Ok(None);
        }
        let mut evidence = Vec::new();
        if is_first {
            evidence.push(self.roster_entry(now, Kind::PersonnelBegun, By::System, &plan, json!({}))?);
        }
        let mut changed = 0;
        for line in &lines {
            if line.entry.before.is_none() && unusable.is_none() {
                unusable = Some(self.hash_password(&self.secret()).await?);
            }
            let hash = unusable.clone().unwrap_or_default();
            let (outcome, why, told) = self.apply_line(tx.as_mut(), &plan, line, hash, now).await?;
            tx.end_roster_line(id, line.place, outcome, why, now).await?;
            evidence.extend(told);
            changed += usize::from(outcome == Outcome::Done);
        }
        if changed > 0 {
            // Who decides what waits may be another one now.
            self.presence_changes(tx.as_mut(), now).await?;
        }
        tx.update_roster_plan(&plan).await?;
        self.commit(tx, evidence).await?;
        Ok(Some(changed))
    }

    /// Changes one person, if he stands as the plan found him.
    async fn apply_line(
        &self,
        tx: &mut dyn Tx,
        plan: &RosterPlan,
        line: &PlannedEntry,
        hash: String,
        now: Millis,
    ) -> Result<(Outcome, &'static str, Vec<NewEvidence>)> {
        let entry = &line.entry;
        let id =
            entry.person.as_ref().ok_or_else(|| Error::Internal("a line without a person".to_owned()))?;
        let user = tx.user(id).await?;
        let held = tx.posts_of(id, now).await?;
        let standing = user.as_ref().map(|user| standing_of(user, &held));
        let untouched = |outcome: Outcome, why: &'static str| -> Result<_> {
            let details = json!({ "login": entry.login, "kind": entry.kind.id(), "outcome": outcome.id(), "why": why,
                "plan": plan.id.as_str(), "digest": plan.digest });
            Ok((outcome, why, vec![self.user_entry(now, Kind::PersonNotMoved, By::System, id, details)?]))
        };
        let mail = self.store().mail_address(id).await?.map(|written| written.address);
        match entry.due(standing.as_ref(), mail.as_deref()) {
            Due::Nothing => return untouched(Outcome::Already, ""),
            Due::Differs => return untouched(Outcome::Differs, "changed-meanwhile"),
            Due::Change => {}
        }
        if let Some(why) = self.unfit(entry) {
            return untouched(Outcome::Failed, why);
        }
        if user.is_none() && self.store().user_by_login(&entry.login).await?.is_some() {
            return untouched(Outcome::Differs, "login-taken");
        }
        // A plan that was approved after its day begins when it is applied.
        let since =
            if plan.approved_at.is_some_and(|at| at > plan.effective_at) { now } else { plan.effective_at };
        let roles = self.roles_gained(entry);
        match user {
            None => tx.insert_user(&new_user(id, entry, hash, now)).await?,
            Some(user) => {
                let Standing { name, kana, section, enabled, .. } = entry.after.clone();
                tx.update_user(&User { name, kana, section, enabled, ..user }).await?;
            }
        }
        let mail = self.apply_mail(tx, id, entry, mail.as_deref(), now).await?;
        for holding in held.iter().filter(|h| !entry.after.posts.contains(&post_of(h))) {
            tx.end_post(holding, since.max(holding.from)).await?;
        }
        for post in entry.gained() {
            let holding = PostHolding {
                user: id.clone(),
                post: post.post.clone(),
                unit: post.unit.clone(),
                from: since,
                until: None,
            };
            tx.insert_post(&holding).await?;
        }
        let mut tokens = 0;
        if !entry.after.enabled {
            tx.remove_sessions_of(id).await?;
            tokens = tx.revoke_tokens_of(id, now).await?;
        }
        let to_read = match roles.is_empty() || !entry.after.enabled {
            true => None,
            false => self.add_late_reader(tx, id, &roles, now).await?,
        };
        let mut details = told(plan, entry, since);
        if let Some(details) = details.as_object_mut() {
            details.insert("tokens_ended".to_owned(), json!(tokens));
            if mail == MailDone::Kept {
                details.insert("mail".to_owned(), Value::Null);
                details.insert("mail_kept".to_owned(), json!(true));
            }
            if let Some(edition) = to_read {
                details.insert("to_read".to_owned(), json!(edition.as_str()));
            }
        }
        let act = Act {
            kind: kind_of(entry.kind),
            by: By::System,
            subject: ("user", id.as_str()),
            details,
            statements: &[],
        };
        let mut evidence = vec![self.entry(now, &act)?];
        match entry.kind {
            Change::Leave => evidence.extend(self.release_courses(tx, By::System, id, now).await?),
            // What he still has to take counts where he is now.
            Change::Move => {
                tx.move_courses(id, &entry.after.section).await?;
            }
            _ => {}
        }
        if let Some(happened) = self.happened(plan, entry, id) {
            evidence.extend(self.set_off(tx, By::System, &happened.borrowed(id, &entry.after), now).await?);
        }
        Ok((Outcome::Done, if mail == MailDone::Kept { MAIL_KEPT } else { "" }, evidence))
    }

    /// Writes the address that the table says, unless another one is there than the plan showed: whoever wrote that one meant it. A
    /// person whose address goes, and did not come from a table, is told.
    async fn apply_mail(
        &self,
        tx: &mut dyn Tx,
        id: &UserId,
        entry: &Entry,
        there: Option<&str>,
        now: Millis,
    ) -> Result<MailDone> {
        let Some(mail) = entry.mail.as_deref().filter(|mail| there != Some(*mail)) else {
            return Ok(MailDone::AsSaid);
        };
        if !entry.replaces(there) {
            return Ok(MailDone::Kept);
        }
        tx.put_mail_address(id, mail).await?;
        if let Some(before) = entry.mail_before.as_ref().filter(|before| before.own != Some(false)) {
            self.tell_of_mail_address(tx, id, &before.address, mail, now).await?;
        }
        Ok(MailDone::AsSaid)
    }

    /// Why the policy in force has no room for what was planned under another one.
    fn unfit(&self, entry: &Entry) -> Option<&'static str> {
        if self.pack().section(entry.after.section.as_str()).is_none() {
            return Some("no-section");
        }
        entry.gained().iter().any(|post| self.pack().post(&post.post).is_none()).then_some("no-post")
    }

    fn roles_gained(&self, entry: &Entry) -> Vec<String> {
        let posts = entry.gained().into_iter().filter_map(|post| self.pack().post(&post.post));
        let mut roles: Vec<String> = posts.flat_map(|post| post.roles.iter().cloned()).collect();
        roles.sort();
        roles.dedup();
        roles
    }

    /// What sets off duties: somebody joined, came into another section, or left.
    fn happened(&self, plan: &RosterPlan, entry: &Entry, id: &UserId) -> Option<Happening> {
        let name = &entry.after.name;
        let moved = || entry.before.as_ref().is_some_and(|before| before.section != entry.after.section);
        let (trigger, what, is_there) = match entry.kind {
            Change::Join => (policy::DutyTrigger::Hire, format!("{name}さんの採用"), true),
            Change::Move if moved() => {
                let to = self.section_name(&entry.after.section);
                (policy::DutyTrigger::Transfer, format!("{name}さんの異動({to}へ)"), true)
            }
            // What is to be done is for the section: who left does nothing here any more.
            Change::Leave => (policy::DutyTrigger::Leaving, format!("{name}さんの退職"), false),
            _ => return None,
        };
        Some(Happening { trigger, what, subject: format!("{id}-{}", plan.id), is_there })
    }

    /// Reads back what was done, and ends the plan.
    async fn end_roster(&self, plan: &RosterPlan, notes: &BTreeMap<u32, String>) -> Result<()> {
        let now = self.now();
        let (not_so, kept) = self.read_back(plan).await?;
        let mut tx = self.store().begin().await?;
        let mut plan = tx.roster_plan(&plan.id).await?.ok_or(Error::NotFound)?;
        for place in &not_so {
            tx.end_roster_line(&plan.id, *place, Outcome::Differs, "read-back", now).await?;
        }
        for (place, note) in notes.iter().filter(|(place, _)| !not_so.contains(place)) {
            let note = match kept.contains(place) {
                true => format!("{MAIL_KEPT}\n{note}"),
                false => note.clone(),
            };
            tx.end_roster_line(&plan.id, *place, Outcome::Done, &note, now).await?;
        }
        let outcomes: BTreeMap<Outcome, u32> = tx.roster_outcomes(&plan.id).await?.into_iter().collect();
        let count = |outcome| outcomes.get(&outcome).copied().unwrap_or_default();
        let results = Results {
            done: count(Outcome::Done),
            already: count(Outcome::Already),
            differs: count(Outcome::Differs),
            failed: count(Outcome::Failed),
        };
        if plan.end(results, now).is_err() {
            // Another process was faster.
            return Ok(());
        }
        tx.update_roster_plan(&plan).await?;
        let details = json!({ "results": results, "still_in_hand": notes.len() });
        let entry = self.roster_entry(now, Kind::PersonnelApplied, By::System, &plan, details)?;
        self.commit(tx, vec![entry]).await
    }

    /// Lines that were done and are not so now, and those whose address was left as it was.
    async fn read_back(&self, plan: &RosterPlan) -> Result<(Vec<u32>, Vec<u32>)> {
        let now = self.now();
        let (mut not_so, mut kept) = (Vec::new(), Vec::new());
        let mut after = 0;
        loop {
            let done = EntryPart::Outcome(Outcome::Done);
            let lines = self.store().roster_entries(&plan.id, &done, after, LINES_AT_ONCE).await?;
            let Some(last) = lines.last() else { return Ok((not_so, kept)) };
            after = last.place;
            for line in &lines {
                let Some(id) = &line.entry.person else { continue };
                let standing = match self.store().user(id).await? {
                    Some(user) => Some(standing_of(&user, &self.store().posts_of(id, now).await?)),
                    None => None,
                };
                let is_kept = line.why == MAIL_KEPT;
                if is_kept {
                    kept.push(line.place);
                }
                let is_there = match &line.entry.mail {
                    Some(mail) if !is_kept => {
                        self.store().mail_address(id).await?.is_some_and(|now| now.address == *mail)
                    }
                    _ => true,
                };
                if standing.as_ref() != Some(&line.entry.after) || !is_there {
                    not_so.push(line.place);
                }
            }
        }
    }
}

/// What became of the address that a table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MailDone {
    /// Mails go where the table says, or it says nothing.
    AsSaid,
    /// Another one than the plan showed was there, and stays.
    Kept,
}

/// Something that sets off duties, before it borrows.
struct Happening {
    trigger: policy::DutyTrigger,
    what: String,
    subject: String,
    is_there: bool,
}

impl Happening {
    fn borrowed<'h>(&'h self, id: &'h UserId, after: &'h Standing) -> Happened<'h> {
        Happened {
            trigger: self.trigger,
            subject: &self.subject,
            what: self.what.clone(),
            person: self.is_there.then_some(id),
            section: Some(&after.section),
        }
    }
}

fn post_of(holding: &PostHolding) -> Post {
    Post { post: holding.post.clone(), unit: holding.unit.clone() }
}

pub(super) fn standing_of(user: &User, held: &[PostHolding]) -> Standing {
    Standing {
        name: user.name.clone(),
        kana: user.kana.clone(),
        section: user.section.clone(),
        enabled: user.enabled,
        posts: held.iter().map(post_of).collect(),
    }
}

fn new_user(id: &UserId, entry: &Entry, hash: String, now: Millis) -> User {
    User {
        id: id.clone(),
        login: entry.login.clone(),
        name: entry.after.name.clone(),
        kana: entry.after.kana.clone(),
        section: entry.after.section.clone(),
        password_hash: hash,
        totp_sealed: None,
        totp_last_step: None,
        enabled: entry.after.enabled,
        must_change_password: true,
        failures: 0,
        locked_until: None,
        created_at: now,
        version: 0,
    }
}

fn kind_of(change: Change) -> Kind {
    match change {
        Change::Join => Kind::UserAdded,
        Change::Leave | Change::Suspend => Kind::UserDisabled,
        Change::Resume => Kind::UserEnabled,
        Change::Move | Change::Rename => Kind::PersonMoved,
    }
}

/// What evidence says of a person who was changed.
fn told(plan: &RosterPlan, entry: &Entry, since: Millis) -> Value {
    let posts = |posts: Vec<&Post>| -> Vec<Value> {
        posts.into_iter().map(|p| json!({ "post": p.post, "unit": p.unit })).collect()
    };
    json!({
        "login": entry.login,
        "kind": entry.kind.id(),
        "name": entry.after.name,
        "section": entry.after.section.as_str(),
        "name_before": entry.before.as_ref().map(|b| b.name.as_str()).filter(|name| *name != entry.after.name),
        "section_before": entry.before.as_ref().map(|b| b.section.as_str()),
        "mail": entry.mail,
        "mail_before": entry.mail_before,
        "posts_given": posts(entry.gained()),
        "posts_ended": posts(entry.lost()),
        "since": since,
        "plan": plan.id.as_str(),
        "digest": plan.digest,
        "request": plan.request,
    })
}
