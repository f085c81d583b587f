//! The store on one disk, blocking: where files lie, and the order of steps that no power cut can break.
//!
//! Owns the layout, the fsync discipline, erasing and cleaning up. Leaves the async face to the crate root, the
//! bytes of a file to `format`.
//!
//! ```text
//! <root>/lock                 held by the running process
//! <root>/<zone>/tmp/<random>  files being written; removed at the next start
//! <root>/<zone>/<xx>/<id>     finished blobs; xx = first two digits of the id
//! ```

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use app::ports::{BlobError, BlobInfo, Entropy};
use sha2::{Digest as _, Sha256};
use workflow::{
    Millis,
    id::{BlobId, ZoneId},
};

use crate::disk::Disk;
use crate::format::{OpenError, Opener, Sealer, TooLong};
use crate::keys::{Addressing, MasterSecret};

const TMP: &str = "tmp";
const ZONE_CHARS_MAX: usize = 64;

pub(crate) struct Shelf<D: Disk> {
    disk: D,
    root: PathBuf,
    secret: MasterSecret,
    entropy: Arc<dyn Entropy>,
    /// Directories whose names this process has made safe; saves two calls for each blob. Only `ensure_dir` locks it,
    /// and never across a disk call.
    safe_dirs: Mutex<HashSet<PathBuf>>,
}

impl<D: Disk> Shelf<D> {
    /// Opens the store and removes what unfinished writers of an earlier run left.
    pub(crate) fn open(
        disk: D,
        root: PathBuf,
        secret: MasterSecret,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, BlobError> {
        for zone in disk.list(&root).map_err(blob_error)? {
            let tmp = root.join(zone).join(TMP);
            for name in present(disk.list(&tmp))?.unwrap_or_default() {
                present(disk.remove(&tmp.join(name)))?;
            }
        }
        Ok(Self { disk, root, secret, entropy, safe_dirs: Mutex::new(HashSet::new()) })
    }

    /// Starts a blob.
    pub(crate) fn create(shelf: &Arc<Self>, zone: &ZoneId) -> Result<Writer<D>, BlobError> {
        let dir = shelf.zone_dir(zone)?;
        shelf.ensure_dir(&dir, &shelf.root)?;
        let tmp = dir.join(TMP);
        shelf.ensure_dir(&tmp, &dir)?;
        let (mut salt, mut name) = ([0; 32], [0; 16]);
        shelf.entropy.fill(&mut salt);
        shelf.entropy.fill(&mut name);
        let path = tmp.join(hex::encode(name));
        let file = shelf.disk.create(&path).map_err(blob_error)?;
        let keys = shelf.secret.zone(zone.as_str());
        let mut ready = Vec::new();
        let sealer = Sealer::start(&keys, &salt, &mut ready);
        Ok(Writer {
            open: Some(Open { file, sealer, address: keys.addressing(), sha256: Sha256::new() }),
            shelf: Arc::clone(shelf),
            dir,
            tmp: Some(path),
            ready,
            bytes: 0,
        })
    }

    /// Opens a blob for reading.
    pub(crate) fn read(&self, zone: &ZoneId, id: &BlobId) -> Result<Reader<D>, BlobError> {
        let (_, path) = self.place(&self.zone_dir(zone)?, id)?;
        let file = present(self.disk.open(&path))?.ok_or(BlobError::Missing)?;
        let keys = self.secret.zone(zone.as_str());
        let address = Some(keys.addressing());
        Ok(Reader { opener: Opener::start(&keys, file).map_err(open_error)?, address, id: id.clone() })
    }

    /// Erases a blob. What the disk still holds of it afterwards is without its name and unreadable without the key.
    pub(crate) fn erase(&self, zone: &ZoneId, id: &BlobId) -> Result<(), BlobError> {
        let (shard, path) = match self.place(&self.zone_dir(zone)?, id) {
            Err(BlobError::Missing) => return Ok(()),
            other => other?,
        };
        // Also when it was gone already: an earlier try may have failed between removing and making that safe.
        present(self.disk.remove(&path))?;
        present(self.disk.sync_dir(&shard))?;
        Ok(())
    }

    /// The blobs whose address begins with this byte, and when each was written.
    pub(crate) fn list(&self, zone: &ZoneId, shard: u8) -> Result<Vec<(BlobId, Millis)>, BlobError> {
        let dir = self.zone_dir(zone)?.join(hex::encode([shard]));
        let mut blobs = Vec::new();
        for name in present(self.disk.list(&dir))?.unwrap_or_default() {
            if !is_address(&name) {
                continue;
            }
            // One that was erased since the directory was read is not there.
            if let Some(at) = present(self.disk.modified(&dir.join(&name)))? {
                blobs.push((BlobId::new(name), at));
            }
        }
        Ok(blobs)
    }

    /// Zone ids are checked by the pack; checked again here because this one becomes part of a path.
    fn zone_dir(&self, zone: &ZoneId) -> Result<PathBuf, BlobError> {
        let id = zone.as_str();
        let plain = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if id.is_empty() || id.len() > ZONE_CHARS_MAX || !plain {
            return Err(BlobError::Io(io::Error::new(io::ErrorKind::InvalidInput, "not a zone id")));
        }
        Ok(self.root.join(id))
    }

    /// Directory and path of a blob. Something that is no address names no blob.
    fn place(&self, zone_dir: &Path, id: &BlobId) -> Result<(PathBuf, PathBuf), BlobError> {
        let id = id.as_str();
        let shard = id.get(..2).filter(|_| is_address(id)).ok_or(BlobError::Missing)?;
        let dir = zone_dir.join(shard);
        let path = dir.join(id);
        Ok((dir, path))
    }

    /// Makes a directory whose name survives a power cut: without syncing the parent, everything in it could vanish,
    /// however well it was synced itself.
    fn ensure_dir(&self, dir: &Path, parent: &Path) -> Result<(), BlobError> {
        if self.safe_dirs.lock().unwrap_or_else(PoisonError::into_inner).contains(dir) {
            return Ok(());
        }
        self.disk.make_dir(dir).map_err(blob_error)?;
        self.disk.sync_dir(parent).map_err(blob_error)?;
        self.safe_dirs.lock().unwrap_or_else(PoisonError::into_inner).insert(dir.to_owned());
        Ok(())
    }
}

/// A blob being written. Dropping it removes the temporary file; that is one short call, so it is done where the drop
/// happens.
pub(crate) struct Writer<D: Disk> {
    shelf: Arc<Shelf<D>>,
    /// The zone's directory.
    dir: PathBuf,
    /// The temporary file, until it has its name.
    tmp: Option<PathBuf>,
    /// Gone after the first failure, and when finished.
    open: Option<Open<D>>,
    /// Sealed bytes on their way to the disk.
    ready: Vec<u8>,
    bytes: u64,
}

struct Open<D: Disk> {
    file: D::File,
    sealer: Sealer,
    address: Addressing,
    sha256: Sha256,
}

impl<D: Disk> Writer<D> {
    /// Adds bytes. After an error the blob is lost.
    pub(crate) fn write(&mut self, plain: &[u8]) -> Result<(), BlobError> {
        let mut open = self.open.take().ok_or_else(crate::spent)?;
        open.address.update(plain);
        open.sha256.update(plain);
        open.sealer.update(plain, &mut self.ready).map_err(|TooLong| BlobError::Full)?;
        self.shelf.disk.write(&mut open.file, &self.ready).map_err(blob_error)?;
        self.ready.clear();
        self.bytes = self.bytes.saturating_add(plain.len() as u64);
        self.open = Some(open);
        Ok(())
    }

    /// Ends the blob. Each step is needed for the promise that a finished blob survives a power cut, and that an
    /// address never names anything but a whole blob.
    pub(crate) fn finish(mut self) -> Result<BlobInfo, BlobError> {
        let Open { mut file, sealer, address, sha256 } = self.open.take().ok_or_else(crate::spent)?;
        sealer.finish(&mut self.ready).map_err(|TooLong| BlobError::Full)?;
        let disk = &self.shelf.disk;
        disk.write(&mut file, &self.ready).map_err(blob_error)?;
        // 1. The bytes, before they get their name: after a power cut a name may point to a file whose bytes never
        //    arrived, and it would look finished. A failed sync is final, because the kernel may drop the bytes and
        //    report success the next time.
        disk.sync(&mut file).map_err(blob_error)?;
        drop(file);
        let id = BlobId::new(address.finish());
        let (shard, path) = self.shelf.place(&self.dir, &id)?;
        // 2. The directory that the name goes into.
        self.shelf.ensure_dir(&shard, &self.dir)?;
        // 3. The name. Atomic, within one file system. If the blob is there already it is replaced by its equal,
        //    which heals it if the disk has damaged it since, and leaves its readers undisturbed.
        disk.rename(self.tmp.as_ref().ok_or_else(crate::spent)?, &path).map_err(blob_error)?;
        self.tmp = None;
        // 4. The name again: a rename is only safe when its directory is. If this fails the blob stays, whole but
        //    perhaps not for ever; removing it could take away an older equal that somebody relies on. The old name
        //    in tmp need not be made safe: if it comes back it is removed at the next start.
        disk.sync_dir(&shard).map_err(blob_error)?;
        Ok(BlobInfo { id, sha256: hex::encode(sha256.finalize()), bytes: self.bytes })
    }
}

impl<D: Disk> Drop for Writer<D> {
    fn drop(&mut self) {
        if let Some(tmp) = &self.tmp {
            // If this fails, the next start removes the file.
            let _ = self.shelf.disk.remove(tmp);
        }
    }
}

/// A blob being read.
pub(crate) struct Reader<D: Disk> {
    opener: Opener<D::File>,
    /// Computed along the way: a whole and well-sealed file under a wrong name is found out at its end.
    address: Option<Addressing>,
    id: BlobId,
}

impl<D: Disk> Reader<D> {
    /// Adds about `wanted` bytes to `out`; none exactly when the blob has ended and its address was right.
    ///
    /// The last chunk is held back until the address is checked, so a blob under a wrong name never comes out whole.
    pub(crate) fn read_batch(&mut self, out: &mut Vec<u8>, wanted: usize) -> Result<(), BlobError> {
        let start = out.len();
        while out.len().saturating_sub(start) < wanted {
            let Some(chunk) = self.opener.chunk().map_err(open_error)? else { break };
            if let Some(address) = &mut self.address {
                address.update(&chunk);
            }
            if self.opener.is_at_end() {
                let right = self.address.take().is_some_and(|address| address.finish() == self.id.as_str());
                if !right {
                    return Err(BlobError::Damaged);
                }
            }
            out.extend_from_slice(&chunk);
        }
        Ok(())
    }
}

fn is_address(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Nothing there is an answer, not a failure.
fn present<T>(result: io::Result<T>) -> Result<Option<T>, BlobError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(blob_error(error)),
    }
}

fn open_error(error: OpenError) -> BlobError {
    match error {
        OpenError::Damaged => BlobError::Damaged,
        OpenError::Io(error) => blob_error(error),
    }
}

/// A full disk and a used-up quota are the same to the user: nothing more fits.
pub(crate) fn blob_error(error: io::Error) -> BlobError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => BlobError::Full,
        _ => BlobError::Io(error),
    }
}
