//! The disk: the few calls that durability is made of.
//!
//! Owns the trait, so that tests can fail or cut each call, and the real disk. Leaves their order to `shelf`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use workflow::Millis;

/// A disk that can lose power. Blocking.
///
/// What the callers rely on: bytes of a file are safe after [`Disk::sync`]; names in a directory (made, renamed,
/// removed) are safe after [`Disk::sync_dir`] on it; a rename is atomic, now and after a power cut.
pub(crate) trait Disk: Send + Sync + 'static {
    /// An open file.
    type File: Read + Send + 'static;

    /// Makes a directory, for the owner only; succeeds when it is there.
    fn make_dir(&self, path: &Path) -> io::Result<()>;
    /// Makes a file that must not exist yet, for the owner only.
    fn create(&self, path: &Path) -> io::Result<Self::File>;
    /// Adds bytes to a file made by [`Disk::create`]: all or an error.
    fn write(&self, file: &mut Self::File, bytes: &[u8]) -> io::Result<()>;
    /// Makes the bytes of a file safe.
    fn sync(&self, file: &mut Self::File) -> io::Result<()>;
    /// Gives a file another name in another directory, replacing what is there.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the names in a directory safe.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Opens a file for reading.
    fn open(&self, path: &Path) -> io::Result<Self::File>;
    /// The names in a directory.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
    /// When a file was last written, by the disk's clock.
    fn modified(&self, path: &Path) -> io::Result<Millis>;
}

/// The disk of this machine.
pub(crate) struct Posix {
    /// Held as long as the store: the lock goes with it, also when the process is killed.
    _claim: File,
}

impl Posix {
    /// Takes this directory for this process.
    pub(crate) fn claim(root: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(root)?;
        let claim = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(root.join("lock"))?;
        match claim.try_lock() {
            Ok(()) => Ok(Self { _claim: claim }),
            // Cleaning up at start would remove the other process's unfinished files.
            Err(TryLockError::WouldBlock) => {
                Err(io::Error::new(io::ErrorKind::ResourceBusy, "another process uses this blob directory"))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Disk for Posix {
    type File = File;

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            other => other,
        }
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, file: &mut File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        File::open(path)
    }

    fn modified(&self, path: &Path) -> io::Result<Millis> {
        let at = fs::metadata(path)?.modified()?;
        // Before 1970 is older than anything.
        let since = at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ok(Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }
}
