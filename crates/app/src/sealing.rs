//! The ledger: sealing entries into it, proving that one is in it, taking evidence out.
//!
//! Owns the one writer of the tree. An entry is durable with the state it belongs to the moment its transaction
//! ends; sealing gives it its index shortly afterwards. Two writers cannot both win: the store compares the size
//! before it swaps the head.
//! Leaves hashes, proofs and bundle bytes to `ledger`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use authz::Action;
use ledger::{
    Checkpoint, Hash, Payload, Salt, TileId, TilePath, VerifierKey,
    bundle::{BundleFile, Content, FullExport, Head, Record, SelectedEntry, SelectionExport},
};
use serde_json::json;
use workflow::id::EvidenceId;

use crate::{
    App,
    actor::{Actor, Prospect},
    error::{Error, Result},
    evidence::{Act, By, EvidenceItem, Kind, city_evidence},
    model::{EvidenceRow, LedgerHead},
    ports::{Store, StoreError},
};

/// Entries sealed in one transaction.
const BATCH: u32 = 2_048;
/// How long to wait for entries of other processes.
const IDLE: Duration = Duration::from_secs(1);
/// How long entries gather before they are sealed together: a checkpoint costs a signature and a commit.
const GATHER: Duration = Duration::from_millis(100);
/// Entries read at once for an export.
const EXPORT_ROWS: u32 = 256;

/// One entry with everything that proves it.
#[derive(Debug, Clone)]
pub struct EvidenceEntry {
    /// As people read it.
    pub item: EvidenceItem,
    /// The leaf's text.
    pub leaf: String,
    /// The salt, lower-case hex; `None` once erased.
    pub salt: Option<String>,
    /// The payload's exact text; `None` once erased.
    pub payload: Option<String>,
    /// Where it is in the ledger and why that cannot be doubted; `None` until it is sealed.
    pub proof: Option<EntryProof>,
}

/// Why an entry is in the ledger.
#[derive(Debug, Clone)]
pub struct EntryProof {
    /// Its index.
    pub index: u64,
    /// The signed checkpoint the proof leads to.
    pub checkpoint: String,
    /// The sibling hashes, base64, as RFC 6962 orders them.
    pub hashes: Vec<String>,
}

impl App {
    /// Seals entries until `stop` resolves. While the database is away it waits.
    pub async fn run_sealer(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            match self.seal().await {
                Ok(0) | Err(Error::Conflict) => {}
                Ok(_) => continue,
                Err(error) => tracing::warn!(%error, "evidence cannot be sealed now; waiting"),
            }
            tokio::select! {
                () = &mut stop => break,
                () = self.house.unsealed.notified() => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(IDLE) => {}
            }
        }
        // What is left is sealed at the next start; nothing is lost by stopping here.
    }

    /// Seals what is written and not yet sealed, at most one batch, and says how many.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another process sealed meanwhile, [`Error::Unavailable`].
    pub async fn seal(&self) -> Result<usize> {
        // The size first: if another process seals between the two, its size is not this one and the store says so.
        // The other way round these entries would have an index already, which looks like damage.
        let size = self.store().ledger_head().await?.map_or(0, |head| head.size);
        let waiting = self.store().unsealed(BATCH).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let tiles = self.ledger().tiles(&ledger::tiles_needed_for_append(size)).await?;
        let hashes: Vec<Hash> = waiting.iter().map(|(_, leaf)| ledger::leaf_hash(leaf)).collect();
        let appended = ledger::append(size, &tiles, &hashes).map_err(|e| broken("append", &e))?;
        let checkpoint = Checkpoint::new(self.key().verifier(), appended.size, appended.root)
            .sign(self.key())
            .map_err(|e| broken("checkpoint", &e))?;
        let entries: Vec<EvidenceId> = waiting.into_iter().map(|(id, _)| id).collect();
        let rows: Vec<_> =
            appended.tiles.into_iter().map(|(id, bytes)| ((id.level, id.index), bytes)).collect();
        let head = LedgerHead { size: appended.size, checkpoint };
        match self.store().seal(size, &entries, &rows, &head).await {
            Ok(()) => Ok(entries.len()),
            Err(StoreError::Conflict) => Err(Error::Conflict),
            Err(error) => Err(error.into()),
        }
    }

    /// Seals until nothing waits. Others may seal at the same time.
    pub(crate) async fn seal_all(&self) -> Result<()> {
        loop {
            match self.seal().await {
                Ok(0) => return Ok(()),
                Ok(_) | Err(Error::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The public key that checkpoints are signed with, as auditors pin it.
    #[must_use]
    pub fn vkey(&self) -> &VerifierKey {
        self.key().verifier()
    }

    /// The newest signed checkpoint. Public: it says nothing about contents.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn checkpoint(&self) -> Result<Option<String>> {
        self.ledger().checkpoint().await
    }

    /// The ledger for reading.
    fn ledger(&self) -> LedgerReader {
        LedgerReader { store: self.house.ports.store.clone(), vkey: self.vkey().clone() }
    }

    /// A tile or entry bundle by its C2SP path, for witnesses and mirrors. Public: leaves hold no contents.
    ///
    /// # Errors
    /// [`Error::NotFound`] for paths that are none and tiles that are not there (yet).
    pub async fn tile(&self, untrusted_path: &str) -> Result<Vec<u8>> {
        let path: TilePath = untrusted_path.parse().map_err(|_| Error::NotFound)?;
        let size = self.store().ledger_head().await?.map_or(0, |h| h.size);
        match path {
            TilePath::Hashes { id, width } => {
                let width = usize::from(width);
                if ledger::tile_width(id, size) < width {
                    return Err(Error::NotFound);
                }
                let mut bytes = self.ledger().tiles(&[id]).await?.remove(&id).ok_or(Error::NotFound)?;
                bytes.truncate(width * Hash::LEN);
                Ok(bytes)
            }
            TilePath::Entries { index, width } => {
                let first = index.checked_mul(256).ok_or(Error::NotFound)?;
                let last = first
                    .checked_add(u64::from(width))
                    .filter(|last| *last <= size)
                    .ok_or(Error::NotFound)?;
                let rows = self.store().evidence_range(first, u32::from(width)).await?;
                if u64::try_from(rows.len()).ok() != Some(last - first) {
                    return Err(broken("entries", &"rows are missing"));
                }
                let mut bytes = Vec::new();
                for row in rows {
                    let length = u16::try_from(row.entry.leaf.len()).map_err(|e| broken("leaf", &e))?;
                    bytes.extend(length.to_be_bytes());
                    bytes.extend(row.entry.leaf);
                }
                Ok(bytes)
            }
        }
    }

    /// Whether the person may take evidence out, for a screen that says so beforehand.
    #[must_use]
    pub fn taking_evidence(&self, actor: &Actor) -> Prospect {
        self.prospect(actor, authz::Action::ExportEvidence, &city_evidence("selection"))
    }

    /// One entry with its proof.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`].
    pub async fn evidence_entry(&self, actor: &Actor, id: &EvidenceId) -> Result<EvidenceEntry> {
        let _allowed = self.permit(actor, Action::ViewEvidence, &city_evidence(id.as_str())).await?;
        let row = self.store().evidence_by_id(id).await?.ok_or(Error::NotFound)?;
        let proof = self.proof_of(&row).await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let kept = row.payload_erased_at.is_none();
        Ok(EvidenceEntry {
            leaf: text(&row.entry.leaf),
            salt: kept.then(|| hex::encode(&row.entry.salt)),
            payload: kept.then(|| text(&row.entry.payload)),
            proof,
            item: row.into(),
        })
    }

    async fn proof_of(&self, row: &EvidenceRow) -> Result<Option<EntryProof>> {
        let Some(index) = row.index else { return Ok(None) };
        let head = self.store().ledger_head().await?.ok_or_else(|| broken("head", &"missing"))?;
        let hashes = self.ledger().inclusion(index, head.size).await?;
        Ok(Some(EntryProof {
            index,
            checkpoint: head.checkpoint,
            hashes: hashes.iter().map(Hash::to_base64).collect(),
        }))
    }

    /// The files of a bundle that proves these entries and no others; `sekisho-verify` checks it without us.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`] when one of them does not exist or is not sealed yet,
    /// [`Error::TooMany`].
    pub async fn export_selection(&self, actor: &Actor, ids: &[EvidenceId]) -> Result<Vec<BundleFile>> {
        const ENTRIES_MAX: usize = 1_000;
        if ids.len() > ENTRIES_MAX {
            return Err(Error::TooMany { limit: 1_000 });
        }
        let _allowed = self.permit(actor, Action::ExportEvidence, &city_evidence("selection")).await?;
        let files = self.ledger().prove(ids).await?;
        let ids: Vec<&str> = ids.iter().map(EvidenceId::as_str).collect();
        self.note_export(actor, "selection", json!({ "exported": ids })).await?;
        Ok(files)
    }

    /// Writes the whole ledger as a bundle, file by file, to `sink`; memory stays bounded by one tile.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`] when nothing is sealed yet, and whatever the sink says.
    pub async fn export_all(
        &self,
        actor: &Actor,
        sink: impl FnMut(BundleFile) -> std::io::Result<()> + Send,
    ) -> Result<u64> {
        let _allowed = self.permit(actor, Action::ExportEvidence, &city_evidence("all")).await?;
        let _unchanged = self.house.payload_gate.read().await;
        let size = self.ledger().export(sink).await?;
        self.note_export(actor, "all", json!({ "size": size })).await?;
        Ok(size)
    }

    async fn note_export(&self, actor: &Actor, what: &str, details: serde_json::Value) -> Result<()> {
        let act = Act {
            kind: Kind::EvidenceExported,
            by: By::Actor(actor),
            subject: ("ledger", what),
            details,
            statements: &[],
        };
        self.note(self.now(), &act).await
    }
}

/// The ledger as one who only reads sees it: screens, mirrors, and the operator at the machine, who needs no open house.
#[derive(Clone)]
pub struct LedgerReader {
    store: Arc<dyn Store>,
    vkey: VerifierKey,
}

impl LedgerReader {
    /// Reads the ledger of this store, whose checkpoints are signed with the key behind `vkey`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, vkey: VerifierKey) -> Self {
        Self { store, vkey }
    }

    /// The public key.
    #[must_use]
    pub fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// The newest signed checkpoint.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn checkpoint(&self) -> Result<Option<String>> {
        Ok(self.store.ledger_head().await?.map(|h| h.checkpoint))
    }

    async fn tiles(&self, wanted: &[TileId]) -> Result<BTreeMap<TileId, Vec<u8>>> {
        let ids: Vec<_> = wanted.iter().map(|t| (t.level, t.index)).collect();
        let rows = self.store.ledger_tiles(&ids).await?;
        Ok(rows.into_iter().map(|((level, index), bytes)| (TileId { level, index }, bytes)).collect())
    }

    async fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>> {
        let needed = ledger::tiles_needed_for_inclusion(index, size).map_err(|e| broken("proof", &e))?;
        let tiles = self.tiles(&needed).await?;
        ledger::inclusion_proof(index, size, &tiles).map_err(|e| broken("proof", &e))
    }

    /// The files of a bundle that proves these entries and no others.
    ///
    /// # Errors
    /// [`Error::NotFound`] when one of them does not exist or is not sealed yet.
    pub async fn prove(&self, ids: &[EvidenceId]) -> Result<Vec<BundleFile>> {
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            let row = self.store.evidence_by_id(id).await?.ok_or(Error::NotFound)?;
            rows.push((row.index.ok_or(Error::NotFound)?, row));
        }
        rows.sort_by_key(|(index, _)| *index);
        rows.dedup_by_key(|(index, _)| *index);
        let head = self.store.ledger_head().await?.ok_or(Error::NotFound)?;
        let indexes: Vec<u64> = rows.iter().map(|(index, _)| *index).collect();
        let (mut export, mut files) =
            SelectionExport::start(&self.bundle_head(&head), &indexes).map_err(|e| broken("export", &e))?;
        for (index, row) in rows {
            let proof = self.inclusion(index, head.size).await?;
            let selected = SelectedEntry { index, record: record(row)?, proof };
            files.push(export.push(&selected).map_err(|e| broken("export", &e))?);
        }
        export.finish().map_err(|e| broken("export", &e))?;
        Ok(files)
    }

    /// Writes the whole ledger as a bundle, file by file, to `sink`, and says how many entries it has. Memory stays
    /// bounded by one tile.
    ///
    /// Beside a running house a payload may be erased in the middle, by an entry that this bundle ends before; then
    /// verifying calls that payload unexplained, and taking the bundle again settles it. [`App::export_all`] waits.
    ///
    /// # Errors
    /// [`Error::NotFound`] when nothing is sealed yet, and whatever the sink says.
    pub async fn export(
        &self,
        mut sink: impl FnMut(BundleFile) -> std::io::Result<()> + Send,
    ) -> Result<u64> {
        let head = self.store.ledger_head().await?.ok_or(Error::NotFound)?;
        let mut put = |file: BundleFile| sink(file).map_err(|e| broken("export", &e));
        let (mut export, files) =
            FullExport::start(&self.bundle_head(&head)).map_err(|e| broken("export", &e))?;
        files.into_iter().try_for_each(&mut put)?;
        let mut next = 0;
        while next < head.size {
            let rows = self.store.evidence_range(next, EXPORT_ROWS).await?;
            if rows.is_empty() {
                return Err(broken("export", &format!("entry {next} is missing")));
            }
            for row in rows {
                if row.index != Some(next) {
                    return Err(broken("export", &format!("entry {next} is missing")));
                }
                if next == head.size {
                    break;
                }
                let files = export.push(&record(row)?).map_err(|e| broken("export", &e))?;
                files.into_iter().try_for_each(&mut put)?;
                next += 1;
            }
        }
        export.finish().map_err(|e| broken("export", &e))?.into_iter().try_for_each(&mut put)?;
        Ok(head.size)
    }

    fn bundle_head(&self, head: &LedgerHead) -> Head {
        Head { vkey: self.vkey.clone(), checkpoint: head.checkpoint.clone().into_bytes(), previous: None }
    }
}

fn record(row: EvidenceRow) -> Result<Record> {
    let content = if row.payload_erased_at.is_some() {
        Content::Erased
    } else {
        let salt: [u8; 32] = row.entry.salt.as_slice().try_into().map_err(|e| broken("salt", &e))?;
        let payload = Payload::new(row.entry.payload).map_err(|e| broken("payload", &e))?;
        Content::present(Salt::from_bytes(salt), payload)
    };
    Ok(Record { leaf: row.entry.leaf, content })
}

fn broken(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Internal(format!("ledger {what}: {error}"))
}
