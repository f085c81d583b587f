//! From the approval to the day an edition comes into force.
//!
//! Owns what the end of a request does to the edition that it carries, and putting it into force: store, evidence, readers
//! and the running policy in this order, so that a crash in between is put right by the next start.

use std::collections::BTreeSet;

use policy::{Pack, role_changes};
use serde_json::json;
use workflow::{
    Millis,
    edition::{Edition, Stage},
    id::{EditionId, RequestId, SectionId, ZoneId},
    route::Verdict,
};

use super::{Running, in_use::zones_differ, text_of};
use crate::{
    App,
    duties::Happened,
    error::{Error, Result},
    evidence::{By, Kind},
    model::{NewEvidence, Section},
    ports::Tx,
    requests::store::ParameterChange,
};

const DAY: Millis = 86_400_000;

/// The parameter that says in how many days people are to read what changed.
const READING_DAYS: &str = "policy-reading-days";

impl App {
    /// The request that carries an edition was approved: inside its transaction.
    ///
    /// # Errors
    /// [`Error::Edition`] when something else came into force since the application.
    pub(crate) async fn edition_approved(
        &self,
        tx: &mut dyn Tx,
        id: &EditionId,
        request: &str,
    ) -> Result<NewEvidence> {
        let now = self.now();
        let mut edition = tx.edition(id).await?.ok_or(Error::NotFound)?;
        edition.approve(request, &self.running()?.digest, now)?;
        let details = json!({ "request": request, "effective_from": edition.effective_from });
        let entry = self.edition_entry(now, Kind::EditionApproved, By::System, &edition, details)?;
        tx.update_edition(&edition).await?;
        Ok(entry)
    }

    /// The request that carries an edition ended otherwise, or came back: inside its transaction. `None` when it does not
    /// carry it any more.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(crate) async fn edition_sent_back(
        &self,
        tx: &mut dyn Tx,
        id: &EditionId,
        request: &str,
    ) -> Result<Option<NewEvidence>> {
        let now = self.now();
        let Some(mut edition) = tx.edition(id).await? else { return Ok(None) };
        if edition.send_back(request).is_err() {
            return Ok(None);
        }
        let details = json!({ "request": request });
        let entry = self.edition_entry(now, Kind::EditionSentBack, By::System, &edition, details)?;
        tx.update_edition(&edition).await?;
        Ok(Some(entry))
    }

    /// Puts the approved edition into force if its first day has come, and runs what is in force. True if one came into
    /// force.
    ///
    /// # Errors
    /// [`Error::BrokenText`], [`Error::CannotRun`] when this program cannot run it: then what runs goes on.
    pub(crate) async fn adopt_due(&self) -> Result<bool> {
        // Listeners are bound to zones when the house starts, so other zones wait for that.
        let adopted = self.adopt(|before, after| !zones_differ(before, after)).await?;
        self.catch_up().await?;
        Ok(adopted)
    }

    /// At the start of the house, before its listeners open: puts the approved edition into force if its first day has come
    /// and its zones are exactly those that have a listener now. True if one came into force; take [`App::current`] then.
    ///
    /// # Errors
    /// As a round of housekeeping.
    pub async fn adopt_at_start(&self, zones: &[ZoneId]) -> Result<bool> {
        let adopted = self
            .adopt(|_, after| {
                after.zones().len() == zones.len() && zones.iter().all(|z| after.zone(z.as_str()).is_some())
            })
            .await?;
        self.catch_up().await?;
        Ok(adopted)
    }

    /// Runs the edition in force by the store, if something else runs: it came into force just now, or another process
    /// put it there, or this one was interrupted between the two.
    async fn catch_up(&self) -> Result<()> {
        let Some(edition) = self.store().edition_at(Stage::InForce).await? else { return Ok(()) };
        if self.running()?.edition.as_ref() == Some(&edition.id) {
            return Ok(());
        }
        let text = text_of(self.store(), &edition).await?;
        let pack = text.resolve().map_err(Error::BrokenText)?.pack;
        self.replace_pack(pack).await?;
        self.runs(text, Some(edition.id));
        Ok(())
    }

    /// The same for a house that opens a listener for each zone, whatever zones there are.
    ///
    /// # Errors
    /// As a round of housekeeping.
    pub async fn adopt_due_with_its_zones(&self) -> Result<bool> {
        let adopted = self.adopt(|_, _| true).await?;
        self.catch_up().await?;
        Ok(adopted)
    }

    /// `fits` says whether the zones of the next policy can have their listeners, given those of what runs.
    async fn adopt(&self, fits: impl Fn(&Pack, &Pack) -> bool + Send) -> Result<bool> {
        let now = self.now();
        let Some(due) = self.store().edition_at(Stage::Approved).await? else { return Ok(false) };
        if due.effective_from.is_none_or(|from| from > now) {
            return Ok(false);
        }
        let text = text_of(self.store(), &due).await?;
        let resolved = text.resolve().map_err(Error::BrokenText)?;
        if !resolved.readiness().is_empty() {
            return Err(Error::BrokenText(resolved.readiness()));
        }
        crate::rules::Rules::from_pack(&resolved.pack).map_err(|e| Error::CannotRun(e.to_string()))?;
        let running = self.running()?;
        let before = running.text.resolve().map_err(Error::BrokenText)?.pack;
        if !fits(&before, &resolved.pack) {
            self.waits(&due, "its zones need a restart with listeners for them");
            return Ok(false);
        }
        let taken = self.taken_away(&before, &resolved.pack, now).await?;
        if !taken.is_empty() {
            let words: Vec<&str> = taken.iter().map(super::in_use::InUse::id).collect();
            self.waits(&due, &format!("it would take away what is in use: {}", words.join(", ")));
            return Ok(false);
        }

        let mut tx = self.store().begin().await?;
        let mut entries = Vec::new();
        let mut edition = tx.edition(&due.id).await?.ok_or(Error::NotFound)?;
        let mut last = tx.edition_at(Stage::InForce).await?;
        if last.is_none() {
            // What the folder held is kept whole as well: it was in force, and is what the new one is compared with.
            let folder = self.folder_edition(&running, &before, now);
            tx.insert_edition(&folder, running.text.files()).await?;
            last = Some(folder);
        }
        edition.adopt(last.as_mut(), now)?;
        if let Some(last) = &last {
            tx.update_edition(last).await?;
        }
        tx.update_edition(&edition).await?;
        let sections: Vec<Section> = resolved
            .pack
            .sections()
            .iter()
            .map(|s| Section {
                id: SectionId::new(s.id.clone()),
                name: s.name.clone(),
                department: s.department.clone(),
            })
            .collect();
        tx.put_sections(&sections).await?;
        let values = supersede_values(tx.as_mut(), &edition, &before, &resolved.pack, now).await?;
        let readers = self.add_readers(tx.as_mut(), &edition, &before, &resolved.pack, now).await?;
        let details = json!({
            "before": last.as_ref().map(|l| l.digest.clone()),
            "request": edition.application.as_ref().map(|a| a.request.clone()),
            "effective_from": edition.effective_from,
            "values": values,
            "readers": readers,
        });
        entries.push(self.edition_entry(now, Kind::PolicyAdopted, By::System, &edition, details)?);
        let happened = Happened {
            trigger: policy::DutyTrigger::Edition,
            subject: edition.id.as_str(),
            what: format!("方針の改定({})", edition.label),
            person: None,
            section: None,
        };
        entries.extend(self.set_off(tx.as_mut(), By::System, &happened, now).await?);
        self.commit(tx, entries).await?;
        Ok(true)
    }

    /// Says in the log, once for each reason, why an edition whose day has come is not in force.
    fn waits(&self, due: &Edition, why: &str) {
        let told = format!("{} {why}", due.id);
        let mut last = self.house.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *last != told {
            tracing::warn!(edition = %due.id, why, "the day of an edition has come and it is not in force");
            *last = told;
        }
    }

    /// What ran before the first edition of the store, as one.
    fn folder_edition(&self, running: &Running, pack: &Pack, now: Millis) -> Edition {
        Edition {
            id: EditionId::new(self.entropy().id(running.since.min(now))),
            pack: pack.id().to_owned(),
            title: pack.title().to_owned(),
            label: pack.version().to_owned(),
            digest: running.digest.clone(),
            note: String::new(),
            needs_analysis: false,
            stage: Stage::InForce,
            proposed_by: None,
            proposed_at: running.since,
            before: None,
            analysis: None,
            application: None,
            approved_at: None,
            effective_from: None,
            adopted_at: Some(running.since),
            superseded_at: None,
            published_at: None,
            withdrawn_at: None,
            version: 0,
        }
    }

    /// Notes everybody whose posts bring a role for which something changed.
    async fn add_readers(
        &self,
        tx: &mut dyn Tx,
        edition: &Edition,
        before: &Pack,
        after: &Pack,
        now: Millis,
    ) -> Result<u64> {
        let changed = changed_roles(before, after);
        let due = reading_ends(after, now);
        let mut readers = 0;
        for post in after.posts().iter().filter(|p| p.roles.iter().any(|r| changed.contains(r))) {
            readers += tx.add_readers(&edition.id, &post.id, now, due).await?;
        }
        if readers > 0 {
            self.tell_readers(tx, &edition.id, &edition.label, due, now).await?;
        }
        Ok(readers)
    }
}

/// The roles for which something changed.
pub(super) fn changed_roles(before: &Pack, after: &Pack) -> BTreeSet<String> {
    role_changes(before, after).into_iter().map(|c| c.role.id).collect()
}

/// Until when somebody is to read what changed who is told now; `None` where the body set no period.
pub(super) fn reading_ends(pack: &Pack, now: Millis) -> Option<Millis> {
    pack.days(READING_DAYS).ok().and_then(|days| i64::try_from(days).ok()).map(|d| now + d * DAY)
}

/// Where an edition writes another value than the one before it, values that were approved for the old text hold no longer:
/// what the edition writes stands behind them in the history. The parameters of which that is so.
async fn supersede_values(
    tx: &mut dyn Tx,
    edition: &Edition,
    before: &Pack,
    after: &Pack,
    now: Millis,
) -> Result<Vec<String>> {
    let changes = tx.parameter_values().await?;
    let was = |id: &str| before.parameter(id).map(|p| &p.value);
    let rewritten: Vec<_> = after
        .parameters()
        .iter()
        .filter(|p| {
            was(&p.id) != Some(&p.value) && changes.iter().any(|c| c.parameter == p.id && c.from <= now)
        })
        .collect();
    if rewritten.is_empty() {
        return Ok(Vec::new());
    }
    let carried = edition.application.as_ref().map(|a| RequestId::new(a.request.clone()));
    let carried = match carried {
        Some(id) => tx.request(&id).await?,
        None => None,
    };
    let approved = carried.as_ref().and_then(|request| {
        let decisions = &request.approval.decisions;
        Some((request, decisions.iter().rev().find(|d| d.verdict == Verdict::Approve)?))
    });
    let (request, approved) = approved.ok_or_else(|| {
        Error::Internal(format!("edition {} comes into force without an approval", edition.id))
    })?;
    for parameter in &rewritten {
        let change = ParameterChange {
            parameter: parameter.id.clone(),
            value: parameter.value.as_ref().map(policy::ParameterValue::typed),
            from: now,
            number: request.number,
            request: request.id.clone(),
            approved_by: approved.by.clone(),
            approved_by_name: String::new(),
            approved_at: approved.at,
        };
        tx.insert_parameter_value(&change).await?;
    }
    Ok(rewritten.into_iter().map(|p| p.id.clone()).collect())
}
