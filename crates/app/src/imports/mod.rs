//! 方針の取込み: a body's own text under review, from the file to the files of a draft pack.
//!
//! Owns the review as use cases: corrections in steps, taking steps back, confirming the whole, taking the draft out. Each
//! step is a row that is never changed and an entry of evidence, so the review can be made again and read by an auditor.
//! Leaves receiving the file to [`arrive`], what is kept to [`model`], what is still open to [`points`], making an edition of
//! it to [`propose`], and everything that is read in a text to `policy::import`.

pub mod arrive;
pub mod model;
pub mod points;
pub mod propose;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use authz::{Action, Resource};
use policy::{
    Library, Pack,
    import::{Correction, CorrectionError, Draft, Head, Import, ImportError, PackError, Review},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use worker_protocol::Reason;

use self::model::{ImportHead, ImportState, ImportStep, Step, must_be_open, standing};
use crate::{
    App,
    accounts::bounded,
    actor::{Actor, Prospect},
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::{Page, PageRequest},
};

/// The layer on which every draft stands and whose roles are looked for.
pub const BASE: &str = "base";
/// Most corrections of one step.
pub const CORRECTIONS_MAX: usize = 500;
/// Most steps of one review.
pub const STEPS_MAX: i64 = 20_000;
/// Longest step that evidence repeats, in bytes of JSON.
const TOLD_BYTES_MAX: usize = 16 << 10;
/// Reviews that are kept in memory as they are now.
const KEPT: usize = 4;

/// Why a text is not imported, or a review does not go on. Answers, not failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// The cell got no words out of the file.
    #[error("no words came out of the file")]
    Held(Reason),
    /// It is not one document: an archive, a mail with parts, a picture.
    #[error("the file is not one document")]
    NotOneDocument,
    /// The words are no text that can be imported.
    #[error(transparent)]
    Text(#[from] ImportError),
    /// It has parts and sentences, and hardly any of them is a rule.
    #[error("the text is no policy")]
    NoPolicy,
    /// The review is over.
    #[error("the review is over")]
    Closed,
    /// Statements that nobody decided are left.
    #[error("{0} statements are not decided")]
    Undecided(u32),
    /// The whole was not confirmed yet.
    #[error("the review is not confirmed")]
    NotConfirmed,
    /// The policy that runs cannot stand on the draft.
    #[error("the draft is no layer for what runs")]
    NoLayer,
    /// No step is left to take back.
    #[error("there is nothing to take back")]
    NothingToUndo,
    /// A correction that cannot be made.
    #[error("the correction cannot be made")]
    Correction(#[from] CorrectionError),
    /// More than a pack holds.
    #[error("the draft cannot be a pack")]
    Pack(#[from] PackError),
}

macro_rules! refuses {
    ($($type:ty),+) => {$(
        impl From<$type> for Error {
            fn from(refusal: $type) -> Self { ImportRefusal::from(refusal).into() }
        }
    )+};
}

refuses!(ImportError, CorrectionError, PackError);

impl ImportRefusal {
    /// The word in evidence and for programs.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Held(reason) => reason.id(),
            Self::NotOneDocument => "not-one-document",
            Self::Text(ImportError::Empty) => "empty",
            Self::Text(ImportError::NotText) => "not-text",
            Self::Text(ImportError::TooLong) => "too-long",
            Self::Text(ImportError::TooManyParts) => "too-many-parts",
            Self::NoPolicy => "no-policy",
            Self::Closed => "closed",
            Self::Undecided(_) => "undecided",
            Self::NotConfirmed => "not-confirmed",
            Self::NoLayer => "no-layer",
            Self::NothingToUndo => "nothing-to-undo",
            Self::Correction(CorrectionError::NoSuchNode) => "no-such-node",
            Self::Correction(CorrectionError::NoSuchStatement) => "no-such-statement",
            Self::Correction(CorrectionError::NotInside) => "not-inside",
            Self::Correction(CorrectionError::Circle) => "circle",
            Self::Correction(CorrectionError::NothingNext) => "nothing-next",
            Self::Correction(CorrectionError::Words) => "words",
            Self::Pack(_) => "too-many",
        }
    }
}

impl From<ImportRefusal> for Error {
    fn from(refusal: ImportRefusal) -> Self {
        Error::Import(refusal)
    }
}

/// A review as it is now.
#[derive(Debug, Clone)]
pub struct ImportReview {
    /// Its head.
    pub head: ImportHead,
    /// The text with what was read in it and made of it.
    pub draft: Arc<Draft>,
    /// The step that undoing would take back: who made it, when, and its corrections.
    pub last: Option<(ImportStep, Vec<Correction>)>,
}

impl ImportReview {
    /// The files that taking the draft out would give.
    ///
    /// # Errors
    /// [`Error::Import`] when there is more of it than a pack holds.
    pub fn file_names(&self) -> Result<Vec<String>> {
        Ok(files_of(self)?.into_iter().map(|(path, _)| path).collect())
    }
}

/// A file of a draft: its path below the folder of packs, and its text.
pub type DraftFile = (String, String);

/// What the reviews need beside the store: the packs compared with, and what was lately looked at.
pub(crate) struct Desk {
    /// Packs that texts were compared with, each read once.
    packs: Mutex<BTreeMap<String, Arc<Pack>>>,
    kept: Mutex<Vec<(String, i64, Arc<Draft>)>>,
    /// Reading a long text takes a processor for a second: one at a time.
    reading: Semaphore,
}

impl Default for Desk {
    fn default() -> Self {
        Self { packs: Mutex::default(), kept: Mutex::default(), reading: Semaphore::new(1) }
    }
}

impl Desk {
    fn find(&self, id: &str, version: i64) -> Option<Arc<Draft>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(i, v, _)| i == id && *v == version)?;
        let found = kept.remove(at);
        let draft = Arc::clone(&found.2);
        kept.push(found);
        Some(draft)
    }

    fn keep(&self, id: &str, version: i64, draft: &Arc<Draft>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(i, ..)| i != id);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((id.to_owned(), version, Arc::clone(draft)));
    }

    fn forget(&self, id: &str) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|(i, ..)| i != id);
    }
}

impl App {
    /// The pack on which drafts stand.
    ///
    /// # Errors
    /// [`Error::Internal`] when the folder of packs has none that is sound.
    pub fn base_pack(&self) -> Result<Arc<Pack>> {
        self.pack_named(BASE).ok_or_else(|| Error::Internal(format!("the pack `{BASE}` cannot be used")))
    }

    /// The pack of the folder with this name, if there is one and it is sound.
    #[must_use]
    pub fn pack_named(&self, id: &str) -> Option<Arc<Pack>> {
        let packs = || self.house.imports.packs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pack) = packs().get(id) {
            return Some(Arc::clone(pack));
        }
        let resolved = Library::new(&self.house.ports.policies).resolve(id).ok()?;
        Some(Arc::clone(packs().entry(id.to_owned()).or_insert_with(|| Arc::new(resolved.pack))))
    }

    /// Imports, the newest first.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn imports(&self, actor: &Actor, page: PageRequest) -> Result<Page<ImportHead>> {
        let _allowed = self.permit(actor, Action::ViewImports, &Resource::City).await?;
        Ok(self.store().imports(&page).await?)
    }

    /// Whether the person may change reviews: for showing or hiding buttons.
    #[must_use]
    pub fn may_edit_imports(&self, actor: &Actor) -> bool {
        self.may(actor, Action::EditImports, &Resource::City)
    }

    /// The same for a screen that says beforehand what stands in the way.
    #[must_use]
    pub fn editing_imports(&self, actor: &Actor) -> Prospect {
        self.prospect(actor, Action::EditImports, &Resource::City)
    }

    /// A review as it is now.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`] also for one that was given up.
    pub async fn import_review(&self, actor: &Actor, id: &str) -> Result<ImportReview> {
        let _allowed = self.permit(actor, Action::ViewImports, &Resource::City).await?;
        self.review_of(id).await
    }

    /// The steps of a review behind this version, in their order: what others did meanwhile.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`].
    pub async fn import_steps(&self, actor: &Actor, id: &str, behind: i64) -> Result<Vec<ImportStep>> {
        let _allowed = self.permit(actor, Action::ViewImports, &Resource::City).await?;
        let _there = self.store().import(id).await?.ok_or(Error::NotFound)?;
        Ok(self.store().import_steps(id, behind).await?)
    }

    async fn review_of(&self, id: &str) -> Result<ImportReview> {
        let head = self.store().import(id).await?.ok_or(Error::NotFound)?;
        if head.state == ImportState::Discarded {
            return Err(Error::NotFound);
        }
        let mut steps = self.store().import_steps(id, 1).await?;
        // Somebody may have gone on between the two reads: this is the review as its head says.
        steps.retain(|step| step.version <= head.version);
        let standing = standing(&steps)?;
        let last = standing
            .last()
            .and_then(|(version, corrections)| {
                Some((steps.iter().find(|s| s.version == *version)?, corrections))
            })
            .map(|(step, corrections)| (step.clone(), corrections.clone()));
        let draft = match self.house.imports.find(id, head.version) {
            Some(draft) => draft,
            None => {
                let corrections = standing.into_iter().flat_map(|(_, corrections)| corrections).collect();
                let draft = Arc::new(self.make_again(id, corrections).await?);
                self.house.imports.keep(id, head.version, &draft);
                draft
            }
        };
        Ok(ImportReview { head, draft, last })
    }

    /// What was read, with these corrections made.
    async fn make_again(&self, id: &str, corrections: Vec<Correction>) -> Result<Draft> {
        let text = self.store().import_text(id).await?.ok_or(Error::NotFound)?;
        let broken = |what: &str, e: &dyn std::fmt::Display| Error::Internal(format!("import: {what}: {e}"));
        self.at_the_desk(move || {
            let source = String::from_utf8(text.source).map_err(|e| broken("source", &e))?;
            let reading: Import = serde_json::from_slice(&text.reading).map_err(|e| broken("reading", &e))?;
            let mut draft = Draft::new(source, reading);
            for correction in corrections {
                draft.apply(correction).map_err(|e| broken("a step cannot be made again", &e))?;
            }
            Ok(draft)
        })
        .await
    }

    /// Runs long work on a text off the async threads, one at a time.
    async fn at_the_desk<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let stopped = |e: &dyn std::fmt::Display| Error::Internal(format!("reading a text stopped: {e}"));
        let _seat = self.house.imports.reading.acquire().await.map_err(|e| stopped(&e))?;
        tokio::task::spawn_blocking(work).await.map_err(|e| stopped(&e))?
    }

    /// Makes corrections together, all or none, on the review as the person saw it. The new version.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody else went on meanwhile, [`Error::Denied`], [`Error::NotFound`],
    /// [`Error::Invalid`] for a role or statement that no pack has, [`Error::Import`].
    pub async fn correct_import(
        &self,
        actor: &Actor,
        id: &str,
        seen: i64,
        corrections: Vec<Correction>,
    ) -> Result<i64> {
        if corrections.is_empty() {
            return Err(Error::Invalid { field: "correction", problem: "empty" });
        }
        if corrections.len() > CORRECTIONS_MAX {
            return Err(Error::TooMany { limit: u32::try_from(CORRECTIONS_MAX).unwrap_or(u32::MAX) });
        }
        self.go_on(actor, id, seen, Step::Correct { corrections }).await
    }

    /// Takes the last step of corrections back. The new version.
    ///
    /// # Errors
    /// As [`App::correct_import`].
    pub async fn undo_import(&self, actor: &Actor, id: &str, seen: i64) -> Result<i64> {
        self.go_on(actor, id, seen, Step::Undo).await
    }

    /// Stands by the whole: every statement was decided. The new version.
    ///
    /// # Errors
    /// As [`App::correct_import`]; [`ImportRefusal::Undecided`].
    pub async fn confirm_import(&self, actor: &Actor, id: &str, seen: i64) -> Result<i64> {
        self.go_on(actor, id, seen, Step::Confirm).await
    }

    /// Goes on with a review that was confirmed. The new version.
    ///
    /// # Errors
    /// As [`App::correct_import`].
    pub async fn reopen_import(&self, actor: &Actor, id: &str, seen: i64) -> Result<i64> {
        self.go_on(actor, id, seen, Step::Reopen).await
    }

    /// Gives a review up and erases its text; what was done stays as evidence.
    ///
    /// # Errors
    /// As [`App::correct_import`].
    pub async fn discard_import(&self, actor: &Actor, id: &str, seen: i64, reason: &str) -> Result<()> {
        let reason = bounded("reason", reason, 1, 400)?;
        self.go_on(actor, id, seen, Step::Discard { reason }).await.map(|_| ())
    }

    /// The one way on for a review: decides, then writes the step, the head and the evidence together.
    async fn go_on(&self, actor: &Actor, id: &str, seen: i64, step: Step) -> Result<i64> {
        let _allowed = self.permit(actor, Action::EditImports, &Resource::City).await?;
        let ImportReview { mut head, draft, last } = self.review_of(id).await?;
        if head.version != seen {
            return Err(Error::Conflict);
        }
        if head.version >= STEPS_MAX {
            return Err(Error::TooMany { limit: u32::try_from(STEPS_MAX).unwrap_or(u32::MAX) });
        }
        let mut draft = draft;
        let mut kind = Kind::ImportCorrected;
        match &step {
            Step::Correct { corrections } => {
                must_be_open(&head)?;
                self.check(&draft, corrections)?;
                let (mut changed, wanted) = (Draft::clone(&draft), corrections.clone());
                draft = self
                    .at_the_desk(move || {
                        wanted.into_iter().try_for_each(|c| changed.apply(c))?;
                        Ok(Arc::new(changed))
                    })
                    .await?;
            }
            Step::Undo => {
                must_be_open(&head)?;
                let (undone, _) = last.ok_or(ImportRefusal::NothingToUndo)?;
                let mut steps = self.store().import_steps(id, 1).await?;
                steps.retain(|s| s.version <= head.version);
                let rest = standing(&steps)?.into_iter().filter(|(v, _)| *v != undone.version);
                draft = Arc::new(self.make_again(id, rest.flat_map(|(_, c)| c).collect()).await?);
            }
            Step::Confirm => {
                must_be_open(&head)?;
                let open = undecided(&draft);
                if open > 0 {
                    return Err(ImportRefusal::Undecided(open).into());
                }
                head.state = ImportState::Confirmed;
                kind = Kind::ImportConfirmed;
            }
            Step::Reopen => {
                if head.state != ImportState::Confirmed {
                    return Err(ImportRefusal::Closed.into());
                }
                head.state = ImportState::Open;
                kind = Kind::ImportReopened;
            }
            Step::Discard { .. } => {
                head.state = ImportState::Discarded;
                kind = Kind::ImportDiscarded;
            }
        }
        let now = self.now();
        head.statements = number(draft.reviews().len());
        head.decided = head.statements.saturating_sub(undecided(&draft));
        head.changed_at = now;
        let row = ImportStep {
            import: id.to_owned(),
            version: head.version + 1,
            by: actor.id().clone(),
            by_name: None,
            at: now,
            step: step.json()?,
        };
        let entry = self.entry(
            now,
            &Act {
                kind,
                by: By::Actor(actor),
                subject: ("import", id),
                details: json!({
                    "layer": head.layer, "version": row.version, "did": told(&step, &row.step),
                    "statements": head.statements, "decided": head.decided,
                }),
                statements: &[],
            },
        )?;
        let mut tx = self.store().begin().await?;
        tx.update_import(&head).await?;
        tx.insert_import_step(&row).await?;
        if matches!(step, Step::Confirm | Step::Reopen | Step::Discard { .. }) {
            self.tell_of_import(&mut *tx, &head, now).await?;
        }
        if head.state == ImportState::Discarded {
            tx.erase_import_text(id).await?;
        }
        self.commit(tx, vec![entry]).await?;
        if head.state == ImportState::Discarded {
            self.house.imports.forget(id);
        } else {
            self.house.imports.keep(id, row.version, &draft);
        }
        Ok(row.version)
    }

    /// Whether what corrections name is there: a draft that speaks of an unknown role could never be a pack.
    fn check(&self, draft: &Draft, corrections: &[Correction]) -> Result<()> {
        let base = self.base_pack()?;
        for correction in corrections {
            match correction {
                Correction::Roles { roles, .. } => {
                    let known = |role: &String| {
                        base.role(role).is_some()
                            || draft.import().local_roles.iter().any(|local| local.id == *role)
                    };
                    if roles.len() > 20 || !roles.iter().all(known) {
                        return Err(Error::Invalid { field: "roles", problem: "unknown" });
                    }
                }
                Correction::Same { to: Some(to), .. } => {
                    let own = |pack: &Pack| pack.statement(to).is_some();
                    // The id of a statement begins with that of its layer.
                    let layer = to.split('/').next().unwrap_or_default();
                    if !own(&base) && !self.pack_named(layer).is_some_and(|pack| own(&pack)) {
                        return Err(Error::Invalid { field: "same", problem: "unknown" });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The files of the draft pack as the review stands, each with its path below the folder of packs.
    ///
    /// For use cases that go on with a draft; it decides no rights and leaves no evidence. People come by
    /// [`App::export_import`].
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Import`] when there is more of it than a pack holds.
    pub(crate) async fn draft_files(&self, id: &str) -> Result<Vec<DraftFile>> {
        let review = self.review_of(id).await?;
        files_of(&review)
    }

    /// Takes the draft pack out: its files, and what is still open about it.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`]; [`Error::Import`] when there is more of it than a pack holds.
    pub async fn export_import(&self, actor: &Actor, id: &str) -> Result<Vec<DraftFile>> {
        let _allowed = self.permit(actor, Action::ViewImports, &Resource::City).await?;
        let files = self.draft_files(id).await?;
        let head = self.store().import(id).await?.ok_or(Error::NotFound)?;
        let act = Act {
            kind: Kind::ImportExported,
            by: By::Actor(actor),
            subject: ("import", id),
            details: json!({
                "layer": head.layer, "version": head.version, "state": head.state.id(), "files": files.len(),
            }),
            statements: &[],
        };
        self.note(self.now(), &act).await?;
        Ok(files)
    }
}

/// A step as evidence tells it: itself, or the hash and number of what is too long for an entry.
fn told(step: &Step, json: &str) -> serde_json::Value {
    let count = if let Step::Correct { corrections } = step { corrections.len() } else { 0 };
    if json.len() <= TOLD_BYTES_MAX {
        json!(step)
    } else {
        json!({ "corrections": count, "sha256": hex::encode(Sha256::digest(json)) })
    }
}

pub(crate) fn files_of(review: &ImportReview) -> Result<Vec<DraftFile>> {
    let head = Head {
        id: review.head.layer.clone(),
        title: None,
        extends: BASE.to_owned(),
        file: review.head.file.clone(),
    };
    let files = review.draft.pack(&head)?;
    Ok(files.into_iter().map(|file| (file.path, file.text)).collect())
}

/// Statements that nobody decided.
pub(crate) fn undecided(draft: &Draft) -> u32 {
    number(draft.reviews().iter().filter(|r| **r == Review::Open).count())
}

pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
