//! The two secrets of a house: the master secret of its files and the signing key of its ledger.
//!
//! Owns their files. They are made once by `sekisho init` and never silently again: a house that lost its keys must
//! say so, not start anew.

use std::{
    fs::{OpenOptions, Permissions},
    io::{Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use ledger::SigningKey;
use store_blob::MasterSecret;

use crate::world;

/// The secrets, as bytes.
pub(crate) struct Keys {
    master: [u8; 32],
    signing: [u8; 32],
}

fn paths(folder: &Path) -> [PathBuf; 2] {
    [folder.join("master.key"), folder.join("ledger.key")]
}

impl Keys {
    /// Makes new secrets in a folder that has none.
    ///
    /// # Errors
    /// When one is there already, or the disk refuses.
    pub(crate) fn create(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("フォルダーを作れません: {}", folder.display()))?;
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))
            .with_context(|| format!("フォルダーの権限を変えられません: {}", folder.display()))?;
        let keys = Self { master: world::random_bytes(), signing: world::random_bytes() };
        for (path, bytes) in paths(folder).iter().zip([keys.master, keys.signing]) {
            let about = || format!("鍵のファイルを作れません: {}", path.display());
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(about)?;
            writeln!(file, "{}", hex::encode(bytes)).and_then(|()| file.sync_all()).with_context(about)?;
        }
        Ok(keys)
    }

    /// Reads the secrets of a folder.
    ///
    /// # Errors
    /// When one is missing, readable by others, or not 64 hexadecimal digits.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let [master, signing] = paths(folder);
        Ok(Self { master: read_key(&master)?, signing: read_key(&signing)? })
    }

    /// Takes back secrets that were just made and that nothing was written with.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn discard(folder: &Path) -> std::io::Result<()> {
        paths(folder).iter().try_for_each(std::fs::remove_file)
    }

    /// Whether a folder has secrets.
    pub(crate) fn exist(folder: &Path) -> bool {
        paths(folder).iter().any(|p| p.exists())
    }

    pub(crate) fn master(&self) -> MasterSecret {
        MasterSecret::new(self.master)
    }

    /// The signing key under the ledger's name.
    ///
    /// # Errors
    /// When the name cannot be one, such as a name with spaces.
    pub(crate) fn signing(&self, ledger_name: &str) -> anyhow::Result<SigningKey> {
        SigningKey::from_seed(ledger_name, &self.signing)
            .with_context(|| format!("台帳の名前として使えません: {ledger_name}"))
    }
}

fn read_key(path: &Path) -> anyhow::Result<[u8; 32]> {
    let about =
        || format!("鍵のファイルを読めません: {}。最初に sekisho init で作ってください", path.display());
    let file = std::fs::File::open(path).with_context(about)?;
    if file.metadata().with_context(about)?.permissions().mode() & 0o077 != 0 {
        bail!("鍵のファイルをほかの利用者も読めます。chmod 600 {} で直してください", path.display());
    }
    let mut text = String::new();
    file.take(256).read_to_string(&mut text).with_context(about)?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim(), &mut bytes)
        .with_context(|| format!("鍵のファイルが64桁の16進数ではありません: {}", path.display()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_and_are_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let made = Keys::create(folder.path()).unwrap();
        let read = Keys::read(folder.path()).unwrap();
        assert_eq!((made.master, made.signing), (read.master, read.signing));
        assert!(Keys::create(folder.path()).is_err(), "existing keys must stay");
        assert!(Keys::exist(folder.path()));
    }

    #[test]
    fn loose_or_broken_keys_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Keys::read(folder.path()).is_err());
        Keys::create(folder.path()).unwrap();
        let path = folder.path().join("ledger.key");
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(Keys::read(folder.path()).is_err());
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "not a key").unwrap();
        assert!(Keys::read(folder.path()).is_err());
    }
}
