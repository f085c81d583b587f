//! Encrypted, content-addressed files on a local disk, behind `app`'s blob port.
//!
//! Owns: the async face ([`LocalBlobs`]), the keys (`keys`), the bytes of one file ([`format`]), the order of
//! writing, syncing and renaming that survives a power cut (`shelf`), and the disk below it (`disk`).
//! Leaves to others: which blobs exist and who still needs them (`store-sql`), when to erase (`app`), and where the
//! master secret comes from (the binary).
//!
//! Disk work runs on tokio's blocking threads, a batch at a time, so that a slow reader or writer holds no thread.
//! Memory per open blob is bounded by two batches.

mod disk;
mod format;
mod keys;
mod shelf;
mod vault;

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use app::ports::{BlobError, BlobInfo, BlobStore, BlobWriter, Entropy};
use async_trait::async_trait;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::{JoinHandle, spawn_blocking};
use workflow::{
    Millis,
    id::{BlobId, ZoneId},
};

pub use keys::MasterSecret;
pub use vault::SecretVault;

use disk::Posix;
use format::CHUNK_BYTES;
use shelf::{Reader, Shelf, Writer};

/// Bytes that go to or come from a blocking thread at once.
const BATCH_BYTES: usize = 4 * CHUNK_BYTES;

/// The blobs under one directory of this machine. One process at a time: a second one is refused.
pub struct LocalBlobs {
    shelf: Arc<Shelf<Posix>>,
}

impl LocalBlobs {
    /// Opens the store, making the directory when it is not there, and removes what unfinished writers of an earlier
    /// run left behind. Blocks; call it at start.
    ///
    /// # Errors
    /// [`BlobError::Io`] when the directory cannot be used, or another process uses it; [`BlobError::Full`].
    pub fn open(root: &Path, secret: MasterSecret, entropy: Arc<dyn Entropy>) -> Result<Self, BlobError> {
        let disk = Posix::claim(root).map_err(shelf::blob_error)?;
        let shelf = Shelf::open(disk, PathBuf::from(root), secret, entropy)?;
        Ok(Self { shelf: Arc::new(shelf) })
    }
}

#[async_trait]
impl BlobStore for LocalBlobs {
    async fn create(&self, zone: &ZoneId) -> Result<Box<dyn BlobWriter>, BlobError> {
        let (shelf, zone) = (Arc::clone(&self.shelf), zone.clone());
        let writer = blocking(move || Shelf::create(&shelf, &zone)).await?;
        Ok(Box::new(LocalWriter { writer: Some(writer), pending: Vec::new() }))
    }

    async fn open(&self, zone: &ZoneId, id: &BlobId) -> Result<Box<dyn AsyncRead + Send + Unpin>, BlobError> {
        let (shelf, zone, id) = (Arc::clone(&self.shelf), zone.clone(), id.clone());
        let reader = blocking(move || shelf.read(&zone, &id)).await?;
        Ok(Box::new(LocalReader { work: Work::Idle(Box::new(reader)), batch: Vec::new(), taken: 0 }))
    }

    async fn list(&self, zone: &ZoneId, shard: u8) -> Result<Vec<(BlobId, Millis)>, BlobError> {
        let (shelf, zone) = (Arc::clone(&self.shelf), zone.clone());
        blocking(move || shelf.list(&zone, shard)).await
    }

    async fn erase(&self, zone: &ZoneId, id: &BlobId) -> Result<(), BlobError> {
        let (shelf, zone, id) = (Arc::clone(&self.shelf), zone.clone(), id.clone());
        blocking(move || shelf.erase(&zone, &id)).await
    }
}

/// Runs disk work on a blocking thread.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(_stopped) => Err(BlobError::Io(io::Error::other("the disk task was stopped"))),
    }
}

/// A blob being written. The inner writer travels to the blocking thread and back; when the future is dropped on the
/// way it stays there and is dropped, which removes the temporary file.
struct LocalWriter {
    writer: Option<Writer<Posix>>,
    pending: Vec<u8>,
}

impl LocalWriter {
    async fn flush(&mut self) -> Result<(), BlobError> {
        let mut writer = self.writer.take().ok_or_else(spent)?;
        let mut batch = std::mem::take(&mut self.pending);
        let (writer, batch) = blocking(move || {
            writer.write(&batch)?;
            batch.clear();
            Ok((writer, batch))
        })
        .await?;
        self.writer = Some(writer);
        self.pending = batch;
        Ok(())
    }
}

#[async_trait]
impl BlobWriter for LocalWriter {
    async fn write(&mut self, chunk: &[u8]) -> Result<(), BlobError> {
        if self.writer.is_none() {
            return Err(spent());
        }
        for piece in chunk.chunks(BATCH_BYTES) {
            self.pending.extend_from_slice(piece);
            if self.pending.len() >= BATCH_BYTES {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<BlobInfo, BlobError> {
        let mut writer = self.writer.take().ok_or_else(spent)?;
        let batch = std::mem::take(&mut self.pending);
        blocking(move || {
            writer.write(&batch)?;
            writer.finish()
        })
        .await
    }
}

/// A writer that failed once stays failed: nobody can tell what reached the disk.
fn spent() -> BlobError {
    BlobError::Io(io::Error::other("the blob failed before and cannot be continued"))
}

/// A blob being read. Ends cleanly only after the last chunk was proven to be the last and the address was checked.
struct LocalReader {
    work: Work,
    batch: Vec<u8>,
    taken: usize,
}

/// What comes back from the blocking thread: the reader, the bytes, and how it went.
type Batch = (Box<Reader<Posix>>, Vec<u8>, Result<(), BlobError>);

enum Work {
    Idle(Box<Reader<Posix>>),
    Busy(JoinHandle<Batch>),
    Ended,
    Failed,
}

impl AsyncRead for LocalReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if let Some(left) = self.batch.get(self.taken..).filter(|left| !left.is_empty()) {
                let now = left.len().min(buffer.remaining());
                buffer.put_slice(left.get(..now).unwrap_or_default());
                self.taken = self.taken.saturating_add(now);
                return Poll::Ready(Ok(()));
            }
            match std::mem::replace(&mut self.work, Work::Failed) {
                Work::Idle(mut reader) => {
                    let mut batch = std::mem::take(&mut self.batch);
                    self.work = Work::Busy(spawn_blocking(move || {
                        batch.clear();
                        let result = reader.read_batch(&mut batch, BATCH_BYTES);
                        (reader, batch, result)
                    }));
                }
                Work::Busy(mut task) => {
                    let Poll::Ready(joined) = Pin::new(&mut task).poll(cx) else {
                        self.work = Work::Busy(task);
                        return Poll::Pending;
                    };
                    let Ok((reader, batch, result)) = joined else {
                        return Poll::Ready(Err(io::Error::other("the disk task was stopped")));
                    };
                    result.map_err(read_error)?;
                    self.work = if batch.is_empty() { Work::Ended } else { Work::Idle(reader) };
                    self.batch = batch;
                    self.taken = 0;
                }
                Work::Ended => {
                    self.work = Work::Ended;
                    return Poll::Ready(Ok(()));
                }
                Work::Failed => return Poll::Ready(Err(read_error(BlobError::Damaged))),
            }
        }
    }
}

/// How a failure reaches someone who only knows `AsyncRead`: the [`BlobError`] is the inner error.
fn read_error(error: BlobError) -> io::Error {
    match error {
        BlobError::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}

#[cfg(test)]
mod model_disk;
#[cfg(test)]
mod tests;
