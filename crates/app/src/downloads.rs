//! Taking what passed: clean files and previews; and opening an original to inspect it.
//!
//! Owns the only ways in which bytes leave the house. An original has one: to whoever may vouch for a file that passes
//! unchanged, at a listener of the zone it came from. No other use case opens one but the cell's.

use authz::{Action, Resource};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt};
use worker_protocol::{Kind as FileKind, Preview, Road};
use workflow::{
    id::{FileId, TransferId},
    transfer::{File, Stored, Transfer},
};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    ports::Tx,
    sanitising::PreviewHead,
};

/// A clean file on its way out.
pub struct Download {
    /// The name it carries: as it was, with the mark of its class in front if the pack has one.
    pub name: String,
    /// Its kind.
    pub kind: Option<FileKind>,
    /// Number of bytes.
    pub bytes: u64,
    /// SHA-256 of them, lower-case hex.
    pub sha256: String,
    /// The bytes. Ends with an error if the stored file is damaged.
    pub reader: Box<dyn AsyncRead + Send + Unpin>,
}

/// The name an original carries out: the safe one of its result, with the ending that it came with, which agreed with
/// its content.
fn original_name(file: &File) -> String {
    let Some(report) = &file.report else { return file.id.to_string() };
    if report.road == Some(Road::Inspected) {
        return report.clean_name.clone();
    }
    let stem = report.clean_name.rsplit_once('.').map_or(report.clean_name.as_str(), |(stem, _)| stem);
    let ending = file.untrusted_name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_plain = (1..=10).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_plain { format!("{stem}.{ending}") } else { report.clean_name.clone() }
}

/// Largest preview text read at once; the cell bounds it at a fifth of this.
const PREVIEW_HEAD_MAX: u64 = 4 << 20;

impl App {
    /// Takes a clean file. The first time counts as receipt; every time is evidence, written before the first byte
    /// leaves.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::Refused`] when the time is over.
    pub async fn download(&self, actor: &Actor, id: &TransferId, file: &FileId) -> Result<Download> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let mut transfer = tx.transfer(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::Transfer(Box::new(self.facts(&transfer, now).await?));
        if !self.may(actor, Action::ViewTransfer, &resource) {
            return Err(Error::NotFound);
        }
        if !self.may(actor, Action::DownloadClean, &resource) {
            drop(tx);
            let _refused = self.permit(actor, Action::DownloadClean, &resource).await?;
            return Err(Error::Conflict);
        }
        let entry =
            transfer.files.iter().find(|f| f.id == *file && f.state.passes()).ok_or(Error::NotFound)?;
        let clean = entry.clean.clone().ok_or(Error::NotFound)?;
        let name = self.marked_name(&transfer, entry);
        let kind = entry.report.as_ref().and_then(|r| r.kind);
        // Opened before anything is recorded: what cannot be given was not taken.
        let reader = self.blobs().open(&clean.zone, &clean.blob).await?;
        let events = transfer.receive(actor.id(), now)?;
        let taken = self.entry(
            now,
            &Act {
                kind: Kind::FileDownloaded,
                by: By::Actor(actor),
                subject: ("transfer", id.as_str()),
                details: json!({ "file": file.as_str(), "name": name, "clean_sha256": clean.sha256 }),
                statements: &[],
            },
        )?;
        self.record_taking(tx, actor, transfer, events, taken, now).await?;
        Ok(Download { name, kind, bytes: clean.bytes, sha256: clean.sha256, reader })
    }

    /// 検査: hands the original of a file that passes unchanged to somebody who may decide the open step, in the zone it
    /// came from. Each time is evidence, written before the first byte leaves; without it nobody can vouch for the file.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::Refused`] when the file does not pass unchanged or the time is
    /// over.
    pub async fn open_original(&self, actor: &Actor, id: &TransferId, file: &FileId) -> Result<Download> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let mut transfer = tx.transfer(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::Transfer(Box::new(self.facts(&transfer, now).await?));
        if !self.may(actor, Action::ViewTransfer, &resource) {
            return Err(Error::NotFound);
        }
        if !self.may(actor, Action::InspectOriginal, &resource) {
            drop(tx);
            let _refused = self.permit(actor, Action::InspectOriginal, &resource).await?;
            return Err(Error::Conflict);
        }
        let events = transfer.open_original(file, actor.id(), now)?;
        let entry = transfer.files.iter().find(|f| f.id == *file).ok_or(Error::NotFound)?;
        let original = entry.original.clone().ok_or(Error::NotFound)?;
        let name = original_name(entry);
        let kind = entry.report.as_ref().and_then(|r| r.kind);
        // Opened before anything is recorded: what cannot be given was not seen.
        let reader = self.blobs().open(&original.zone, &original.blob).await?;
        self.save(tx, By::Actor(actor), transfer, events, Vec::new(), now).await?;
        Ok(Download { name, kind, bytes: original.bytes, sha256: original.sha256, reader })
    }

    async fn record_taking(
        &self,
        tx: Box<dyn Tx>,
        actor: &Actor,
        transfer: Transfer,
        events: Vec<workflow::transfer::Event>,
        taken: crate::model::NewEvidence,
        now: workflow::Millis,
    ) -> Result<()> {
        if events.is_empty() {
            // Taken before: the transfer does not change, so only the taking is written.
            drop(tx);
            self.store().append(vec![taken]).await?;
            self.wake_sealer();
            Ok(())
        } else {
            self.save(tx, By::Actor(actor), transfer, events, vec![taken], now).await
        }
    }

    fn marked_name(&self, transfer: &Transfer, file: &File) -> String {
        let name = file.report.as_ref().map_or(file.untrusted_name.as_str(), |r| r.clean_name.as_str());
        match self.pack().level(&transfer.classification).and_then(|l| l.mark.as_deref()) {
            Some(mark) => format!("【{mark}】{name}"),
            None => name.to_owned(),
        }
    }

    /// What an approver or recipient sees of a clean file, if the cell could make a preview.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`].
    pub async fn preview(&self, actor: &Actor, id: &TransferId, file: &FileId) -> Result<Option<Preview>> {
        let Some(stored) = self.preview_blob(actor, id, file).await? else { return Ok(None) };
        Ok(Some(self.preview_head(&stored).await?.0.preview))
    }

    /// One page of it as PNG, from 0.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`].
    pub async fn preview_page(
        &self,
        actor: &Actor,
        id: &TransferId,
        file: &FileId,
        page: usize,
    ) -> Result<Vec<u8>> {
        let stored = self.preview_blob(actor, id, file).await?.ok_or(Error::NotFound)?;
        let (head, mut rest) = self.preview_head(&stored).await?;
        let damaged = |e: std::io::Error| Error::Internal(format!("preview: {e}"));
        let bytes = *head.page_bytes.get(page).ok_or(Error::NotFound)?;
        let before: u64 = head.page_bytes.iter().take(page).sum();
        tokio::io::copy(&mut (&mut rest).take(before), &mut tokio::io::sink()).await.map_err(damaged)?;
        let mut png = Vec::new();
        (&mut rest).take(bytes).read_to_end(&mut png).await.map_err(damaged)?;
        Ok(png)
    }

    async fn preview_blob(&self, actor: &Actor, id: &TransferId, file: &FileId) -> Result<Option<Stored>> {
        let transfer = self.store().transfer(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::Transfer(Box::new(self.facts(&transfer, self.now()).await?));
        if !self.may(actor, Action::ViewTransfer, &resource) {
            return Err(Error::NotFound);
        }
        let _allowed = self.permit(actor, Action::ViewPreview, &resource).await?;
        let entry = transfer.files.into_iter().find(|f| f.id == *file).ok_or(Error::NotFound)?;
        Ok(entry.preview)
    }

    /// A preview blob starts with four bytes of length and that much JSON; its pages follow.
    async fn preview_head(
        &self,
        stored: &Stored,
    ) -> Result<(PreviewHead, Box<dyn AsyncRead + Send + Unpin>)> {
        let damaged = |what: &dyn std::fmt::Display| Error::Internal(format!("preview: {what}"));
        let mut reader = self.blobs().open(&stored.zone, &stored.blob).await?;
        let length = u64::from(reader.read_u32().await.map_err(|e| damaged(&e))?);
        if length > PREVIEW_HEAD_MAX {
            return Err(damaged(&"head too long"));
        }
        let mut json = Vec::new();
        (&mut reader).take(length).read_to_end(&mut json).await.map_err(|e| damaged(&e))?;
        let head = serde_json::from_slice(&json).map_err(|e| damaged(&e))?;
        Ok((head, reader))
    }
}
