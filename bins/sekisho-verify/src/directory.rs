//! A bundle in a directory.
//!
//! Owns: listing and reading its files, within bounds and without following links out of it.
//! Leaves to others: which files there should be and what they mean (`ledger::bundle`).

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ledger::bundle::BundleSource;

/// Directories inside directories; the format needs nine at most.
const DEPTH_MAX: usize = 16;

/// Files of the largest bundle: three for each 256 entries of a log of a billion.
const FILES_MAX: usize = 12_000_000;

/// A directory that holds a bundle.
pub(crate) struct Directory {
    root: PathBuf,
}

/// Why the directory cannot be read.
#[derive(Debug)]
pub(crate) struct DirectoryError {
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Io(io::Error),
    NotADirectory,
    NotAFile,
    Name,
    TooDeep,
    TooMany,
}

impl std::fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let why = match &self.reason {
            Reason::Io(_) => "読めません",
            Reason::NotADirectory => "フォルダーではありません",
            Reason::NotAFile => "普通のファイルではありません(リンクなどは検証しません)",
            Reason::Name => "名前が UTF-8 ではありません",
            Reason::TooDeep => "フォルダーの入れ子が深すぎます",
            Reason::TooMany => "ファイルが多すぎます",
        };
        write!(f, "{}: {why}", self.path.display())
    }
}

impl std::error::Error for DirectoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            Reason::Io(error) => Some(error),
            _ => None,
        }
    }
}

fn at(path: &Path, reason: Reason) -> DirectoryError {
    DirectoryError { path: path.to_owned(), reason }
}

impl Directory {
    /// Takes the directory at this path.
    pub(crate) fn open(root: &Path) -> Result<Self, DirectoryError> {
        let metadata = fs::metadata(root).map_err(|error| at(root, Reason::Io(error)))?;
        if metadata.is_dir() {
            Ok(Self { root: root.to_owned() })
        } else {
            Err(at(root, Reason::NotADirectory))
        }
    }
}

impl BundleSource for Directory {
    type Error = DirectoryError;

    fn paths(&self) -> Result<Vec<String>, DirectoryError> {
        let mut files = Vec::new();
        let mut directories = vec![(self.root.clone(), String::new(), 0)];
        while let Some((directory, prefix, depth)) = directories.pop() {
            if depth > DEPTH_MAX {
                return Err(at(&directory, Reason::TooDeep));
            }
            let io = |error| at(&directory, Reason::Io(error));
            for child in fs::read_dir(&directory).map_err(io)? {
                let child = child.map_err(io)?;
                let path = child.path();
                let name = child.file_name().into_string().map_err(|_| at(&path, Reason::Name))?;
                // The type of the entry itself: a link is not followed but refused.
                let kind = child.file_type().map_err(|error| at(&path, Reason::Io(error)))?;
                if kind.is_dir() {
                    directories.push((path, format!("{prefix}{name}/"), depth + 1));
                } else if !kind.is_file() {
                    return Err(at(&path, Reason::NotAFile));
                } else if files.len() == FILES_MAX {
                    return Err(at(&self.root, Reason::TooMany));
                } else {
                    files.push(format!("{prefix}{name}"));
                }
            }
        }
        Ok(files)
    }

    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, DirectoryError> {
        let path = self.root.join(path);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(at(&path, Reason::Io(error))),
        };
        let mut bytes = Vec::new();
        let read = file.take(bytes_max as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| at(&path, Reason::Io(error)))?;
        Ok(Some(bytes))
    }
}
