//! A table of the personnel office as a plan.
//!
//! Owns the road of the file, and keeping the plan as a draft. Nobody is changed; a table with a line that cannot be taken is kept as
//! nothing. Leaves looking up whom it names to [`super::reading`], reading lines to `workflow::roster`.

use serde_json::json;
use workflow::{
    Millis,
    id::{RosterPlanId, UserId},
    register_plan::Lines,
    roster::{
        Entry, Form, Kind, Plan, Vacancy,
        life::{Counts, Results, RosterPlan, Stage},
    },
};

use super::{
    sha256,
    store::{Choice, PlannedEntry},
};
use crate::{
    App,
    actor::Actor,
    arriving::Arriving,
    error::{Error, Result},
    evidence::{By, Kind as EvidenceKind},
    register_imports::{FILE_BYTES_MAX, TableInput, TableRefusal, source},
    sanitising::PASSWORD_BYTES_MAX,
};

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
        let reader = self.roster_reader();
        let (day, effective_at) = reader.day(&input.untrusted_day)?;
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
        let draft = match reader.draft(file, &table, input, (day, effective_at)).await? {
            Ok(draft) => draft,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let kept = match draft.plan.problems.is_empty() && !draft.plan.entries.is_empty() {
            false => None,
            true => {
                let source = source(&draft.file, &stored.sha256);
                let (day, plan) = (&draft.day, &draft.plan);
                Some(self.keep_roster(actor, input.form, day, effective_at, source, plan).await?)
            }
        };
        Ok(Ok(RosterDraft { kept, ..draft }))
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
            digest: super::choosing::digest(&lines_digest, &[], &[], &[]),
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
