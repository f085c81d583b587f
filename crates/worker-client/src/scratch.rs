//! The folders in which office programs work.
//!
//! Owns: one folder for each pool, below a configured place and open to nobody else, a fresh one in it for each
//! conversion, and that none is left behind however a conversion, this process or an earlier one ended.
//! Leaves to others: what lies in them (`sekisho-worker`). It is unsanitised, and nothing of it is ever opened here.
//!
//! A pool holds a lock on its folder as long as it lives, and the kernel lets go of it when the process ends. So a folder
//! whose lock can be had belongs to nobody any more and is swept.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How the folder of a pool is called; its process and a number follow.
const PREFIX: &str = "sekisho-office-";

/// Names that are tried before the place is given up.
const NAMES_MAX: u32 = 1_000;

/// The folder of one pool.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    /// Holds the lock.
    _owned: File,
    next: AtomicU64,
    /// What could not be removed at once, because a program was still dying in it.
    left_over: Mutex<Vec<PathBuf>>,
}

/// The folder of one conversion. It goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Desk {
    path: PathBuf,
    scratch: Arc<Scratch>,
}

impl Scratch {
    /// Sweeps what others left in this place and makes a folder of one's own.
    pub(crate) fn open(place: &Path) -> io::Result<Self> {
        if !place.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(place)?;
        }
        sweep(place);
        for number in 0..NAMES_MAX {
            let path = place.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let Ok(owned) = File::open(&path) else { continue };
            // Another process may have swept it in between; then the lock is on a folder that has no name any more.
            if owned.try_lock().is_ok() && is_same(&owned, &path) {
                return Ok(Self {
                    path,
                    _owned: owned,
                    next: AtomicU64::new(0),
                    left_over: Mutex::default(),
                });
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "no folder could be made for office programs"))
    }

    /// A fresh folder.
    pub(crate) fn desk(self: &Arc<Self>) -> io::Result<Desk> {
        self.left_over().retain(|path| std::fs::remove_dir_all(path).is_err() && path.exists());
        let path = self.path.join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Desk { path, scratch: Arc::clone(self) })
    }

    fn left_over(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        // A panic while the lock was held leaves a list that is still a list.
        self.left_over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What resists is swept at the next start.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

impl Desk {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it now; whether it is gone.
    pub(crate) fn clear(&self) -> bool {
        std::fs::remove_dir_all(&self.path).is_ok() || !self.path.exists()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if !self.clear() {
            self.scratch.left_over().push(self.path.clone());
        }
    }
}

fn is_same(open: &File, path: &Path) -> bool {
    match (open.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => open.ino() == named.ino() && open.dev() == named.dev(),
        _ => false,
    }
}

/// Removes the folders of processes that have ended. One that cannot be removed belongs to another account.
fn sweep(place: &Path) {
    let Ok(entries) = std::fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_ours {
            continue;
        }
        let path = entry.path();
        let Ok(folder) = File::open(&path) else { continue };
        if folder.try_lock().is_ok() {
            match std::fs::remove_dir_all(&path) {
                Ok(()) => tracing::info!("a folder of an earlier office program was removed"),
                Err(error) => {
                    tracing::warn!(%error, "a folder of an earlier office program cannot be removed")
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_go_with_their_owners_and_the_dead_are_swept() {
        let place = std::env::temp_dir().join(format!("sekisho-scratch-test-{}", std::process::id()));
        std::fs::create_dir_all(place.join("sekisho-office-1-0/7/home")).unwrap();
        std::fs::create_dir_all(place.join("somebody-else")).unwrap();
        let living = Arc::new(Scratch::open(&place).unwrap());
        assert!(!place.join("sekisho-office-1-0").exists(), "nobody holds it");
        assert!(place.join("somebody-else").exists());
        let second = Scratch::open(&place).unwrap();
        assert!(living.path.exists() && second.path.exists() && living.path != second.path);
        let desk = living.desk().unwrap();
        let mode = std::fs::metadata(desk.path()).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(std::fs::metadata(&living.path).unwrap().mode() & 0o777, 0o700);
        std::fs::create_dir_all(desk.path().join("a/b")).unwrap();
        std::fs::write(desk.path().join("a/b/c"), b"unsanitised").unwrap();
        std::os::unix::fs::symlink(place.join("somebody-else"), desk.path().join("link")).unwrap();
        let (gone, kept) = (desk.path().to_owned(), living.path.clone());
        drop(desk);
        assert!(!gone.exists() && kept.exists());
        assert!(place.join("somebody-else").exists(), "a link is removed, not what it leads to");
        drop((living, second));
        let left: Vec<_> = std::fs::read_dir(&place).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["somebody-else"]);
        std::fs::remove_dir_all(&place).unwrap();
    }
}
