//! Files that somebody sends to be read, and what a cell writes down of them.
//!
//! Owns taking a file within its bound, and the bounded memory into which a cell's answer goes.
//! Leaves what is read to the use cases: the text of a policy (`imports`), the rows of a register (`register_imports`).

use async_trait::async_trait;
use workflow::{id::ZoneId, transfer::Stored};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    ports::{BlobError, BlobInfo, BlobWriter},
};

/// Longest name of a file that is kept, in characters.
const NAME_CHARS_MAX: usize = 255;

/// A file on its way in.
pub struct Arriving {
    zone: ZoneId,
    pub(crate) untrusted_name: String,
    writer: Box<dyn BlobWriter>,
    bytes: u64,
    bytes_max: u64,
}

impl Arriving {
    /// Adds bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::StorageFull`].
    pub async fn write(&mut self, untrusted: &[u8]) -> Result<()> {
        self.bytes = self.bytes.saturating_add(u64::try_from(untrusted.len()).unwrap_or(u64::MAX));
        if self.bytes > self.bytes_max {
            return Err(Error::TooLarge { limit_bytes: self.bytes_max });
        }
        Ok(self.writer.write(untrusted).await?)
    }

    /// Ends it: the name that was claimed, and where the bytes are.
    pub(crate) async fn finish(self) -> Result<(String, Stored)> {
        let blob = self.writer.finish().await?;
        let stored = Stored { zone: self.zone, blob: blob.id, sha256: blob.sha256, bytes: blob.bytes };
        Ok((self.untrusted_name, stored))
    }
}

impl App {
    /// Starts taking a file in the zone of the listener; the caller has asked for the right before.
    pub(crate) async fn arrive(
        &self,
        actor: &Actor,
        untrusted_name: &str,
        bytes_max: u64,
    ) -> Result<Arriving> {
        let zone = actor.zone().clone();
        Ok(Arriving {
            writer: self.blobs().create(&zone).await?,
            zone,
            untrusted_name: untrusted_name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect(),
            bytes: 0,
            bytes_max,
        })
    }
}

/// What a cell writes down, in memory and bounded.
pub(crate) struct WrittenDown {
    pub(crate) untrusted: Vec<u8>,
    pub(crate) too_much: bool,
    bytes_max: usize,
}

impl WrittenDown {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { untrusted: Vec::new(), too_much: false, bytes_max }
    }
}

#[async_trait]
impl BlobWriter for WrittenDown {
    async fn write(&mut self, chunk: &[u8]) -> std::result::Result<(), BlobError> {
        if self.untrusted.len().saturating_add(chunk.len()) > self.bytes_max {
            self.too_much = true;
            return Err(BlobError::Full);
        }
        self.untrusted.extend_from_slice(chunk);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> std::result::Result<BlobInfo, BlobError> {
        Err(BlobError::Missing)
    }
}
