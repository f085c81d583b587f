//! Receiving files before they are submitted.
//!
//! Owns streaming an original into the store of the sender's zone, bounded by the channel. Bytes are untrusted from
//! here on; they are not looked at outside the cell.
//! Leaves submitting to [`crate::transfers`]. An upload that is never submitted is erased by
//! [`crate::housekeeping`].

use workflow::{
    id::{FileId, TransferId, ZoneId},
    request::Attachment,
    transfer::Stored,
};

use crate::{
    App,
    actor::Actor,
    downloads::Download,
    error::{Error, Result},
    ports::BlobWriter,
};

/// A file on its way in.
pub struct Upload {
    file: FileId,
    zone: ZoneId,
    untrusted_name: String,
    untrusted_folder: String,
    writer: Box<dyn BlobWriter>,
    bytes: u64,
    bytes_max: u64,
}

/// A file that was stored and is not yet part of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    pub(crate) file: FileId,
    pub(crate) untrusted_name: String,
    pub(crate) untrusted_folder: String,
    pub(crate) stored: Stored,
}

impl UploadedFile {
    /// The id it will have in its transfer.
    #[must_use]
    pub fn id(&self) -> &FileId {
        &self.file
    }

    /// The same as a file that belongs to something and stays in its zone.
    pub(crate) fn into_attachment(self) -> Attachment {
        Attachment { id: self.file, untrusted_name: self.untrusted_name, stored: self.stored }
    }
}

/// Largest file of a request, a report or a course, in bytes.
pub const ATTACHMENT_BYTES_MAX: u64 = 20 << 20;
/// Longest file name taken, in characters. Longer ones are cut; the name is only shown.
const NAME_CHARS_MAX: usize = 255;

impl App {
    /// Starts taking a file for a channel that begins at this door.
    ///
    /// # Errors
    /// [`Error::ChannelDenied`], [`Error::Invalid`] when there is no such channel at this door,
    /// [`Error::Denied`], [`Error::SessionEnded`], [`Error::StorageFull`].
    pub async fn begin_file(
        &self,
        actor: &Actor,
        channel: &str,
        untrusted_name: &str,
        untrusted_folder: &str,
    ) -> Result<Upload> {
        let channel = self.open_channel(actor, channel)?;
        let now = self.now();
        // Asked before the first byte: who may not send must not fill the disk either.
        self.permit_sending(actor, &TransferId::new(self.entropy().id(now)), channel).await?;
        let bytes_max = channel.file_bytes_max.value.unwrap_or(0);
        let zone = actor.zone().clone();
        Ok(Upload {
            file: FileId::new(self.entropy().id(now)),
            writer: self.blobs().create(&zone).await?,
            zone,
            untrusted_name: untrusted_name.chars().take(NAME_CHARS_MAX).collect(),
            untrusted_folder: untrusted_folder.chars().take(NAME_CHARS_MAX).collect(),
            bytes: 0,
            bytes_max,
        })
    }

    /// Starts taking a file that belongs to a request; it stays in this zone.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`] when there is no such form, [`Error::SessionEnded`],
    /// [`Error::StorageFull`].
    pub async fn begin_attachment(&self, actor: &Actor, form: &str, untrusted_name: &str) -> Result<Upload> {
        // Asked before the first byte: who may not apply must not fill the disk either.
        let form = self.permit_applying(actor, form).await?;
        if form.attachments == policy::Attachments::None {
            return Err(Error::Invalid { field: "attachments", problem: "not-allowed" });
        }
        self.begin_upload(actor, untrusted_name).await
    }

    /// Starts taking a file that stays in this zone, for somebody who may hand it in.
    pub(crate) async fn begin_upload(&self, actor: &Actor, untrusted_name: &str) -> Result<Upload> {
        let zone = actor.zone().clone();
        Ok(Upload {
            file: FileId::new(self.entropy().id(self.now())),
            writer: self.blobs().create(&zone).await?,
            zone,
            untrusted_name: untrusted_name.chars().take(NAME_CHARS_MAX).collect(),
            untrusted_folder: String::new(),
            bytes: 0,
            bytes_max: ATTACHMENT_BYTES_MAX,
        })
    }

    /// Whether these files are still there: an upload that waited too long for its form may be gone.
    pub(crate) async fn check_stored(&self, files: &[Attachment]) -> Result<()> {
        for Attachment { stored: Stored { zone, blob, .. }, .. } in files {
            drop(self.blobs().open(zone, blob).await.map_err(|_| Error::Conflict)?);
        }
        Ok(())
    }

    /// Opens a file that belongs to something, for somebody who may see that: the bytes as they came.
    pub(crate) async fn open_attached(&self, file: Attachment) -> Result<Download> {
        let reader = self.blobs().open(&file.stored.zone, &file.stored.blob).await?;
        Ok(Download {
            name: file.untrusted_name,
            kind: None,
            bytes: file.stored.bytes,
            sha256: file.stored.sha256,
            reader,
        })
    }

    /// The channel with this id, if it begins at this door and the policy lets anything through.
    pub(crate) fn open_channel(&self, actor: &Actor, id: &str) -> Result<&policy::Channel> {
        let unknown = Error::Invalid { field: "channel", problem: "unknown" };
        let channel =
            self.pack().channel_by_id(id).filter(|c| c.from == actor.zone().as_str()).ok_or(unknown)?;
        if channel.mode == policy::ChannelMode::Deny {
            return Err(Error::ChannelDenied {
                channel: channel.id.clone(),
                statements: channel.statements.clone(),
            });
        }
        Ok(channel)
    }
}

impl App {
    /// Erases uploads that will not be submitted after all, as far as nothing else refers to their bytes.
    pub async fn abandon(&self, files: &[UploadedFile]) {
        for file in files {
            if let Err(error) = self.erase_unused(&file.stored).await {
                tracing::warn!(%error, "an upload that was given up could not be erased");
            }
        }
    }
}

impl Upload {
    /// Adds bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`] as soon as the channel's limit is passed, [`Error::StorageFull`].
    pub async fn write(&mut self, untrusted: &[u8]) -> Result<()> {
        self.bytes = self.bytes.saturating_add(u64::try_from(untrusted.len()).unwrap_or(u64::MAX));
        if self.bytes > self.bytes_max {
            return Err(Error::TooLarge { limit_bytes: self.bytes_max });
        }
        Ok(self.writer.write(untrusted).await?)
    }

    /// Ends it: the bytes are safe on disk when this returns. Dropping an upload instead leaves nothing behind.
    ///
    /// # Errors
    /// [`Error::StorageFull`].
    pub async fn finish(self) -> Result<UploadedFile> {
        let blob = self.writer.finish().await?;
        Ok(UploadedFile {
            file: self.file,
            untrusted_name: self.untrusted_name,
            untrusted_folder: self.untrusted_folder,
            stored: Stored { zone: self.zone, blob: blob.id, sha256: blob.sha256, bytes: blob.bytes },
        })
    }
}
