//! From a text to an application: proposing, the analysis of the risks, giving up.
//!
//! Owns these acts and their evidence. The text is parsed as TOML within the bounds of `policy`, and as nothing else: it
//! comes as text, file by file, and no archive is opened.

use authz::{Action, Resource};
use policy::{EditionText, Pack, Problem, RefusedText, RevisionNeed, Severity, SourceFile};
use serde_json::json;
use workflow::{
    Millis,
    edition::{Analysis, Application, Edition, Stage, Standing},
    id::{EditionId, UserId},
};

use super::{in_use::zones_differ, text_inside, text_of};
use crate::{
    App,
    accounts::bounded,
    actor::Actor,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::NewEvidence,
    ports::Tx,
};

const NOTE_CHARS_MAX: usize = 2_000;
const ANALYSIS_TITLE_CHARS_MAX: usize = 100;
const ANALYSIS_CHARS_MAX: usize = 50_000;

/// A text that is proposed.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Its files: `folder/name.toml`, or `name.toml` for the pack's own folder. Folders that are absent are those of what
    /// runs.
    pub untrusted_files: Vec<SourceFile>,
    /// Why.
    pub note: String,
}

/// What became of a proposal.
#[derive(Debug, Clone)]
pub enum Proposed {
    /// It is a draft now.
    Draft {
        /// Its id.
        id: EditionId,
        /// What may be slips.
        findings: Vec<Problem>,
        /// Whether its zones are others than those of what runs: it comes into force only when the house is started
        /// again with listeners for them.
        needs_restart: bool,
    },
    /// It has errors, and nothing was kept.
    Refused(Vec<Problem>),
}

impl App {
    /// Proposes a text. One with errors is not kept: a draft is something that could run.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Invalid`] for a path that no pack has or a note that is absent, [`Error::TooLarge`],
    /// [`Error::TooMany`].
    pub async fn propose_edition(&self, actor: &Actor, proposal: Proposal) -> Result<Proposed> {
        let _allowed = self.permit(actor, Action::ProposeEdition, &Resource::City).await?;
        self.insert_proposal(Some(actor), proposal, json!({})).await
    }

    /// Proposes a text from outside the screens: the command beside the database, and the demo city.
    ///
    /// # Errors
    /// As [`App::propose_edition`].
    pub async fn install_proposal(&self, proposal: Proposal) -> Result<Proposed> {
        self.insert_proposal(None, proposal, json!({})).await
    }

    /// `origin` is what evidence says besides about where the text comes from.
    pub(crate) async fn insert_proposal(
        &self,
        actor: Option<&Actor>,
        proposal: Proposal,
        origin: serde_json::Value,
    ) -> Result<Proposed> {
        let now = self.now();
        let note = words("note", &proposal.note, NOTE_CHARS_MAX)?;
        let running = self.running()?;
        let pack = running.text.pack().to_owned();
        let text = whole(&pack, proposal.untrusted_files, running.text.files())?;
        let resolved = match text.resolve() {
            Ok(resolved) => resolved,
            Err(problems) => return Ok(Proposed::Refused(problems)),
        };
        let findings = resolved.findings_before_running();
        if findings.iter().any(|p| p.severity == Severity::Error) {
            return Ok(Proposed::Refused(findings));
        }
        // What the checkpoints of this version cannot do is told now and not on the first day.
        crate::rules::Rules::from_pack(&resolved.pack).map_err(|e| Error::CannotRun(e.to_string()))?;
        if resolved.pack.municipality().map(|m| &m.code) != self.pack().municipality().map(|m| &m.code) {
            return Err(Error::Invalid { field: "files", problem: "mismatch" });
        }
        let edition = Edition {
            id: EditionId::new(self.entropy().id(now)),
            pack,
            title: resolved.pack.title().to_owned(),
            label: resolved.pack.version().to_owned(),
            digest: text.digest(),
            note,
            needs_analysis: self.pack().revision_needs().contains(&RevisionNeed::RiskAnalysis),
            stage: Stage::Draft,
            proposed_by: actor.map(|a| a.id().clone()),
            proposed_at: now,
            before: None,
            analysis: None,
            application: None,
            approved_at: None,
            effective_from: None,
            adopted_at: None,
            superseded_at: None,
            published_at: None,
            withdrawn_at: None,
            version: 0,
        };
        let needs_restart = zones_differ(self.pack(), &resolved.pack);
        let mut details =
            json!({ "note": edition.note, "warnings": findings.len(), "files": text.files().len() });
        if let (Some(details), serde_json::Value::Object(origin)) = (details.as_object_mut(), origin) {
            details.extend(origin);
        }
        let by = actor.map_or(By::System, By::Actor);
        let entry = self.edition_entry(now, Kind::EditionProposed, by, &edition, details)?;
        let mut tx = self.store().begin().await?;
        tx.insert_edition(&edition, text.files()).await?;
        self.commit(tx, vec![entry]).await?;
        Ok(Proposed::Draft { id: edition.id, findings, needs_restart })
    }

    /// What `policy check` says of a text, without keeping it.
    ///
    /// # Errors
    /// As [`App::propose_edition`].
    pub async fn check_edition(
        &self,
        actor: &Actor,
        untrusted_files: Vec<SourceFile>,
    ) -> Result<Vec<Problem>> {
        let _allowed = self.permit(actor, Action::ProposeEdition, &Resource::City).await?;
        let running = self.running()?;
        Ok(whole(running.text.pack(), untrusted_files, running.text.files())?.findings())
    }

    /// Attaches an analysis of the risks to a draft.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Invalid`], [`Error::Edition`].
    pub async fn attach_analysis(
        &self,
        actor: &Actor,
        id: &EditionId,
        title: &str,
        text: &str,
    ) -> Result<()> {
        let _allowed = self.permit(actor, Action::ProposeEdition, &Resource::City).await?;
        let now = self.now();
        let analysis = Analysis {
            title: words("analysis-title", title, ANALYSIS_TITLE_CHARS_MAX)?,
            text: words("analysis-text", text, ANALYSIS_CHARS_MAX)?,
            by: actor.id().clone(),
            at: now,
        };
        let mut tx = self.store().begin().await?;
        let mut edition = tx.edition(id).await?.ok_or(Error::NotFound)?;
        let details = json!({ "title": analysis.title, "sha256": sha256(&analysis.text) });
        edition.attach(analysis)?;
        let entry = self.edition_entry(now, Kind::EditionAnalysed, By::Actor(actor), &edition, details)?;
        tx.update_edition(&edition).await?;
        self.commit(tx, vec![entry]).await
    }

    /// Gives an edition up before its first day.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Edition`].
    pub async fn withdraw_edition(&self, actor: &Actor, id: &EditionId) -> Result<()> {
        let _allowed = self.permit(actor, Action::ProposeEdition, &Resource::City).await?;
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let mut edition = tx.edition(id).await?.ok_or(Error::NotFound)?;
        let stage = edition.stage;
        edition.withdraw(now)?;
        let details = json!({ "was": stage.id() });
        let entry = self.edition_entry(now, Kind::EditionWithdrawn, By::Actor(actor), &edition, details)?;
        tx.update_edition(&edition).await?;
        self.commit(tx, vec![entry]).await
    }

    /// Whether an edition could be applied for now, to be in force from that moment, and whether the house must be started
    /// again for it. What stands in its way by itself is checked again by the application, in its transaction.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Edition`] or [`Error::InUse`] with what stands in its way.
    pub(crate) async fn edition_to_apply(
        &self,
        id: &EditionId,
        effective_from: Millis,
    ) -> Result<(Edition, bool)> {
        let edition = self.store().edition(id).await?.ok_or(Error::NotFound)?;
        let under_way = self.under_way().await?;
        let (errors, after) = judged(&text_of(self.store(), &edition).await?)?;
        let running = self.running()?;
        let standing = Standing { errors, under_way: under_way.as_ref(), in_force: &running.digest };
        edition.may_apply(effective_from, &standing, self.now())?;
        let before = running.text.resolve().map_err(Error::BrokenText)?.pack;
        let Some(after) = after else { return Ok((edition, false)) };
        let taken = self.taken_away(&before, &after, self.now()).await?;
        if !taken.is_empty() {
            return Err(Error::InUse(taken));
        }
        Ok((edition, zones_differ(&before, &after)))
    }

    /// What the approvers see of an edition that is applied for: exactly which text, compared with which, and with which
    /// analysis. The hash of the request is made over this.
    ///
    /// # Errors
    /// As [`App::edition_to_apply`].
    pub(crate) async fn edition_shown(&self, id: &str, effective_from: Millis) -> Result<String> {
        let (edition, needs_restart) = self.edition_to_apply(&EditionId::new(id), effective_from).await?;
        let analysis = match &edition.analysis {
            Some(a) => format!("、リスク分析「{}」 {}", a.title, sha256(&a.text)),
            None => String::new(),
        };
        let restart =
            if needs_restart { "、系が変わるので施行には再起動が要る" } else { "" };
        Ok(format!(
            "{} {}(指紋 {}、比べる相手 {}{analysis}{restart})",
            edition.title,
            edition.label,
            edition.digest,
            self.running()?.digest
        ))
    }

    async fn under_way(&self) -> Result<Option<EditionId>> {
        for stage in Stage::ALL.iter().copied().filter(|s| s.is_under_way()) {
            if let Some(other) = self.store().edition_at(stage).await? {
                return Ok(Some(other.id));
            }
        }
        Ok(None)
    }

    /// Puts an edition on its way inside the transaction that makes the request which carries it. The evidence is written
    /// with that of the request.
    ///
    /// # Errors
    /// As [`App::edition_to_apply`]; [`Error::Conflict`] when another one was put on its way meanwhile.
    pub(crate) async fn edition_applied(
        &self,
        tx: &mut dyn Tx,
        id: &EditionId,
        request: &str,
        by: &UserId,
        effective_from: Millis,
    ) -> Result<NewEvidence> {
        let now = self.now();
        let mut edition = tx.edition(id).await?.ok_or(Error::NotFound)?;
        let (errors, _) = judged(&text_inside(tx, &edition).await?)?;
        let running = self.running()?;
        let mut under_way = None;
        for stage in Stage::ALL.iter().copied().filter(|s| s.is_under_way()) {
            if let Some(other) = tx.edition_at(stage).await? {
                under_way = Some(other.id);
            }
        }
        let standing = Standing { errors, under_way: under_way.as_ref(), in_force: &running.digest };
        let application = Application {
            request: request.to_owned(),
            by: by.clone(),
            at: now,
            effective_from,
            against: running.digest.clone(),
        };
        edition.apply(application, &standing)?;
        let details =
            json!({ "request": request, "effective_from": effective_from, "against": running.digest });
        let entry = self.edition_entry(now, Kind::EditionApplied, By::System, &edition, details)?;
        tx.update_edition(&edition).await?;
        Ok(entry)
    }

    pub(crate) fn edition_entry(
        &self,
        now: Millis,
        kind: Kind,
        by: By<'_>,
        edition: &Edition,
        details: serde_json::Value,
    ) -> Result<NewEvidence> {
        let mut told = json!({ "pack": edition.pack, "label": edition.label, "digest": edition.digest });
        if let (Some(told), serde_json::Value::Object(details)) = (told.as_object_mut(), details) {
            told.extend(details);
        }
        let act = Act { kind, by, subject: ("edition", edition.id.as_str()), details: told, statements: &[] };
        self.entry(now, &act)
    }
}

/// How many errors a text has for this version of the program, and the pack that it is if it can be read.
fn judged(text: &EditionText) -> Result<(usize, Option<Pack>)> {
    let count = |found: &[Problem]| found.iter().filter(|p| p.severity == Severity::Error).count();
    let resolved = match text.resolve() {
        Ok(resolved) => resolved,
        Err(problems) => return Ok((count(&problems), None)),
    };
    let errors = count(&resolved.findings_before_running());
    if errors == 0 {
        crate::rules::Rules::from_pack(&resolved.pack).map_err(|e| Error::CannotRun(e.to_string()))?;
    }
    Ok((errors, Some(resolved.pack)))
}

/// The whole text of a proposal: paths without a folder are of the pack's own.
fn whole(pack: &str, untrusted_files: Vec<SourceFile>, below: &[SourceFile]) -> Result<EditionText> {
    let files = untrusted_files
        .into_iter()
        .map(|f| {
            let path = f.path.replace('\\', "/");
            let path = if path.contains('/') { path } else { format!("{pack}/{path}") };
            // Editors of some systems begin a text with a mark that is no part of it.
            SourceFile { path, text: f.text.trim_start_matches('\u{feff}').to_owned() }
        })
        .collect();
    EditionText::new(pack, files, below).map_err(|refused| match refused {
        RefusedText::Empty => Error::Invalid { field: "files", problem: "empty" },
        RefusedText::Path(_) => Error::Invalid { field: "files", problem: "not-allowed" },
        RefusedText::TooLarge { limit, unit: "files" } => {
            Error::TooMany { limit: u32::try_from(limit).unwrap_or(u32::MAX) }
        }
        RefusedText::TooLarge { limit, .. } => {
            Error::TooLarge { limit_bytes: u64::try_from(limit).unwrap_or(u64::MAX) }
        }
    })
}

/// Words that somebody wrote, without what no database keeps.
fn words(field: &'static str, text: &str, chars_max: usize) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::Invalid { field, problem: "not-allowed" });
    }
    bounded(field, text, 1, chars_max)
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(text.as_bytes()))
}
