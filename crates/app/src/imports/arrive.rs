//! From a file to a review: received, handed to a cell that writes down its words, read, kept.
//!
//! The server opens no document: whatever the file is, a cell gives back its words or a reason, also for plain text. The
//! file itself is erased as soon as that is done; its hash stays in the evidence.

use authz::{Action, Resource};
use policy::{
    Library, Pack,
    import::{CHARS_MAX, Decoded, Import, Verdict, decode, import},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use worker_protocol::{FilePolicy, Hint, Job, Kind as FileKind, Limits, Mode, Notes, Reason, Road};
use workflow::transfer::Stored;

use super::{
    BASE, ImportRefusal,
    model::{ImportHead, ImportState, ImportText},
    number,
};
use crate::{
    App,
    actor::Actor,
    arriving::{Arriving, WrittenDown},
    error::{Error, Result},
    evidence::{Act, By, Kind},
    ports::SanitiseError,
    sanitising::PASSWORD_BYTES_MAX,
};

/// Largest file that is taken: a scanned standard of several hundred pages, were it one with words.
pub const FILE_BYTES_MAX: u64 = 64 << 20;
/// Bytes of words that a cell may write down.
const WORDS_BYTES_MAX: usize = CHARS_MAX * 4;
/// Other packs to compare with.
const AGAINST_MAX: usize = 8;

/// What a person says about the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewImport {
    /// The name of the layer that it becomes: lower-case letters, digits, hyphens.
    pub layer: String,
    /// Packs to compare with besides `base`.
    pub against: Vec<String>,
    /// The password of an encrypted document.
    pub password: Option<String>,
}

/// Whether a layer may have this name: that of a folder, and of every id in it.
#[must_use]
pub fn is_layer_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

impl App {
    /// Starts taking a file.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::StorageFull`].
    pub async fn begin_import(&self, actor: &Actor, untrusted_name: &str) -> Result<Arriving> {
        // Asked before the first byte: who may not import must not fill the disk either.
        let _allowed = self.permit(actor, Action::EditImports, &Resource::City).await?;
        self.arrive(actor, untrusted_name, FILE_BYTES_MAX).await
    }

    /// The packs that a text may be compared with besides `base`.
    #[must_use]
    pub fn packs_to_compare(&self) -> Vec<String> {
        let library = Library::new(&self.house.ports.policies);
        library.packs().filter(|id| *id != BASE).map(str::to_owned).collect()
    }

    /// Ends the upload and makes a review of it. Its id.
    ///
    /// # Errors
    /// [`Error::Import`] when no policy came out of the file, which is evidence too; [`Error::Invalid`] for the name of
    /// the layer and the packs to compare with.
    pub async fn finish_import(&self, actor: &Actor, upload: Arriving, new: NewImport) -> Result<String> {
        let _allowed = self.permit(actor, Action::EditImports, &Resource::City).await?;
        let packs = self.compared(&new)?;
        if new.password.as_ref().is_some_and(|p| p.len() > PASSWORD_BYTES_MAX) {
            return Err(Error::Invalid { field: "password", problem: "too-long" });
        }
        let (name, file) = upload.finish().await?;
        let words = self.words_of(&file, &name, &new).await;
        if let Err(error) = self.erase_unused(&file).await {
            tracing::warn!(%error, "an imported file could not be erased yet");
        }
        match self.keep_import(actor, &file, name, words?, packs, new.layer).await? {
            Ok(id) => Ok(id),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// `base` and the packs asked for, each once, and whether the draft's name is free.
    fn compared(&self, new: &NewImport) -> Result<Vec<Pack>> {
        let library = Library::new(&self.house.ports.policies);
        if !is_layer_name(&new.layer) {
            return Err(Error::Invalid { field: "layer", problem: "not-allowed" });
        }
        if library.folders().any(|folder| folder == new.layer) {
            return Err(Error::Invalid { field: "layer", problem: "taken" });
        }
        let mut wanted: Vec<&str> = vec![BASE];
        for id in new.against.iter().map(String::as_str) {
            if !wanted.contains(&id) {
                wanted.push(id);
            }
        }
        if wanted.len() > AGAINST_MAX {
            return Err(Error::Invalid { field: "against", problem: "too-long" });
        }
        wanted
            .into_iter()
            .map(|id| {
                if id != BASE && !library.packs().any(|known| known == id) {
                    return Err(Error::Invalid { field: "against", problem: "unknown" });
                }
                let unsound = |_| Error::Internal(format!("the pack `{id}` cannot be used"));
                Ok(library.resolve(id).map_err(unsound)?.pack)
            })
            .collect()
    }

    /// The words of a file, or why there are none.
    async fn words_of(
        &self,
        file: &Stored,
        name: &str,
        new: &NewImport,
    ) -> Result<std::result::Result<(Decoded, String), ImportRefusal>> {
        let job = Job {
            hint: Hint {
                untrusted_name: name.to_owned(),
                passwords: new.password.iter().filter(|p| !p.is_empty()).cloned().collect(),
            },
            policy: FilePolicy {
                modes: FileKind::ALL.iter().map(|kind| (*kind, Mode::TextOnly)).collect(),
                ..FilePolicy::default()
            },
            limits: Limits { input_bytes_max: FILE_BYTES_MAX, ..Limits::default() },
            want_preview: false,
            mark: None,
            notes: Notes::default(),
        };
        let source = self.blobs().open(&file.zone, &file.blob).await?;
        let mut words = WrittenDown::new(WORDS_BYTES_MAX);
        let answer = match self.cell().sanitise(job, source, &mut words, &|_| {}).await {
            Ok(answer) => answer,
            Err(SanitiseError::Sink(_)) if words.too_much => {
                return Ok(Err(policy::import::ImportError::TooLong.into()));
            }
            Err(SanitiseError::Sink(error)) => return Err(error.into()),
            Err(SanitiseError::Source(error)) => return Err(Error::Internal(format!("import: {error}"))),
            Err(SanitiseError::Start(error)) => {
                return Err(Error::Internal(format!("no cell can be started: {error}")));
            }
        };
        let report = answer.report;
        if !report.hands_over() || !answer.clean_complete {
            let reason = report.reason.unwrap_or(Reason::WorkerDied);
            return Ok(Err(match reason {
                Reason::Empty | Reason::NothingLeft | Reason::NoWords => {
                    policy::import::ImportError::Empty.into()
                }
                reason => ImportRefusal::Held(reason),
            }));
        }
        if report.road != Some(Road::Text) {
            return Ok(Err(ImportRefusal::NotOneDocument));
        }
        let read_as = report.kind.map_or("document", FileKind::id).to_owned();
        Ok(decode(&words.untrusted).map(|decoded| (decoded, read_as)).map_err(Into::into))
    }

    /// Reads the words and keeps the review with its evidence; what was refused is evidence alone.
    async fn keep_import(
        &self,
        actor: &Actor,
        file: &Stored,
        name: String,
        words: std::result::Result<(Decoded, String), ImportRefusal>,
        packs: Vec<Pack>,
        layer: String,
    ) -> Result<std::result::Result<String, ImportRefusal>> {
        let now = self.now();
        let against: Vec<String> = packs.iter().map(|p| p.id().to_owned()).collect();
        let read = match words {
            Ok((decoded, read_as)) => self.read(decoded, packs).await?.map(|(d, i, j)| (d, i, j, read_as)),
            Err(refusal) => Err(refusal),
        };
        let id = self.entropy().id(now);
        let (decoded, reading, kept, read_as) = match read {
            Ok(read) => read,
            Err(refusal) => {
                let act = Act {
                    kind: Kind::ImportRefused,
                    by: By::Actor(actor),
                    subject: ("import", &id),
                    details: json!({
                        "file": name, "file_sha256": file.sha256, "bytes": file.bytes, "why": refusal.id(),
                    }),
                    statements: &[],
                };
                self.note(now, &act).await?;
                return Ok(Err(refusal));
            }
        };
        let source = decoded.text.into_bytes();
        let fallback = if name.is_empty() { layer.clone() } else { name.clone() };
        let head = ImportHead {
            title: reading.title.clone().unwrap_or(fallback),
            file: name,
            file_sha256: file.sha256.clone(),
            read_as,
            damaged: number(decoded.damaged),
            chars: number(reading.totals.chars),
            against,
            layer,
            state: ImportState::Open,
            statements: number(reading.statements.len()),
            decided: 0,
            by: actor.id().clone(),
            created_at: now,
            changed_at: now,
            version: 1,
            id,
        };
        let act = Act {
            kind: Kind::ImportMade,
            by: By::Actor(actor),
            subject: ("import", &head.id),
            details: json!({
                "layer": head.layer, "title": head.title, "file": head.file, "file_sha256": head.file_sha256,
                "bytes": file.bytes, "text_sha256": hex::encode(Sha256::digest(&source)),
                "read_as": head.read_as, "chars": head.chars, "chars_accounted": reading.totals.chars_accounted,
                "statements": head.statements, "against": head.against,
            }),
            statements: &[],
        };
        let entry = self.entry(now, &act)?;
        let mut tx = self.store().begin().await?;
        tx.insert_import(&head, &ImportText { source, reading: kept }).await?;
        self.tell_of_import(&mut *tx, &head, now).await?;
        self.commit(tx, vec![entry]).await?;
        Ok(Ok(head.id))
    }

    /// What is in the words, with its JSON.
    async fn read(
        &self,
        decoded: Decoded,
        packs: Vec<Pack>,
    ) -> Result<std::result::Result<(Decoded, Import, Vec<u8>), ImportRefusal>> {
        self.at_the_desk(move || {
            let all: Vec<&Pack> = packs.iter().collect();
            let Some(base) = packs.first() else {
                return Err(Error::Internal("no pack to compare with".into()));
            };
            let reading = match import(&decoded.text, base, &all) {
                Ok(reading) if reading.verdict == Verdict::NoRules => {
                    return Ok(Err(ImportRefusal::NoPolicy));
                }
                Ok(reading) => reading,
                Err(refusal) => return Ok(Err(refusal.into())),
            };
            let kept =
                serde_json::to_vec(&reading).map_err(|e| Error::Internal(format!("import: reading: {e}")))?;
            Ok(Ok((decoded, reading, kept)))
        })
        .await
    }
}
