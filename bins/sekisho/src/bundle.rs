//! Writing a bundle of evidence to a folder.
//!
//! Owns the files on disk. Leaves their bytes to `ledger`.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use ledger::bundle::BundleFile;

/// Writes files below a folder that did not exist before.
pub(crate) struct BundleFolder {
    root: PathBuf,
}

impl BundleFolder {
    /// Makes the folder.
    ///
    /// # Errors
    /// When it exists already: two bundles must not mix.
    pub(crate) fn create(root: &Path) -> io::Result<Self> {
        std::fs::create_dir(root)?;
        Ok(Self { root: root.to_owned() })
    }

    /// Writes one file.
    ///
    /// # Errors
    /// When the disk refuses, or the path would leave the folder.
    pub(crate) fn put(&self, file: &BundleFile) -> io::Result<()> {
        let relative = Path::new(&file.path);
        if !relative.components().all(|c| matches!(c, Component::Normal(_))) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path leaves the bundle"));
        }
        let path = self.root.join(relative);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.bytes)
    }
}
