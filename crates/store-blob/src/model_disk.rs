//! A disk in memory that forgets what was not synced, and fails or loses power at a chosen call.
//!
//! Owns the model of what a power cut may do: names of unsynced directories are kept or lost one by one; unsynced
//! bytes of a file arrive in full, in part, as zeros or not at all. Worse than any one real file system, on purpose.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::disk::Disk;

/// What happens at the chosen call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call fails with this error and does nothing; later ones work.
    Once(io::ErrorKind),
    /// As `Once`, but a write first writes half of its bytes.
    OnceHalfWritten(io::ErrorKind),
    /// The call and all later ones fail: the power is gone.
    PowerCut,
}

#[derive(Debug, Clone, Default)]
struct Bytes {
    now: Vec<u8>,
    safe: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Dir,
    File(usize),
}

type Names = BTreeMap<PathBuf, Node>;

#[derive(Debug, Clone, Default)]
struct State {
    files: Vec<Bytes>,
    /// All names as the running system sees them.
    now: Names,
    /// The names that a power cut leaves for sure.
    safe: Names,
    calls: usize,
    fault: Option<(usize, Fault)>,
    log: Vec<String>,
}

/// The disk. Clones are handles to the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelDisk(Arc<Mutex<State>>);

/// An open file.
pub(crate) struct ModelFile {
    disk: ModelDisk,
    file: usize,
    at: usize,
}

impl ModelDisk {
    /// Arms a fault at the n-th call from now, counted from 0.
    pub(crate) fn arm(&self, n: usize, fault: Fault) {
        let mut state = self.0.lock().unwrap();
        let at = state.calls + n;
        state.fault = Some((at, fault));
    }

    pub(crate) fn disarm(&self) {
        self.0.lock().unwrap().fault = None;
    }

    /// Calls so far.
    pub(crate) fn calls(&self) -> usize {
        self.0.lock().unwrap().calls
    }

    /// The calls so far, in words.
    pub(crate) fn log(&self) -> Vec<String> {
        self.0.lock().unwrap().log.clone()
    }

    /// Every file by path, as the running system sees it.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let state = self.0.lock().unwrap();
        state
            .now
            .iter()
            .filter(|(_, node)| matches!(node, Node::File(_)))
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// The bytes of a file.
    pub(crate) fn bytes(&self, path: &Path) -> Vec<u8> {
        let state = self.0.lock().unwrap();
        let Node::File(file) = state.now[path] else { panic!("{path:?} is a directory") };
        state.files[file].now.clone()
    }

    /// Replaces the bytes of a file, as someone with access to the disk could.
    pub(crate) fn tamper(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.0.lock().unwrap();
        let Node::File(file) = state.now[path] else { panic!("{path:?} is a directory") };
        state.files[file].now = bytes;
    }

    /// The disk as the next start may find it. `choose(n)` picks among n possibilities.
    pub(crate) fn after_power_cut(&self, mut choose: impl FnMut(usize) -> usize) -> ModelDisk {
        let state = self.0.lock().unwrap();
        let mut names = state.safe.clone();
        // Each change of a name that was not made safe may have arrived or not.
        let changed: Vec<&PathBuf> = state
            .now
            .keys()
            .chain(state.safe.keys())
            .filter(|path| state.now.get(*path) != state.safe.get(*path))
            .collect();
        for path in changed {
            if choose(2) == 1 {
                match state.now.get(path) {
                    Some(node) => names.insert(path.clone(), *node),
                    None => names.remove(path),
                };
            }
        }
        // What lies in a directory that is gone is gone.
        let reachable = |path: &Path| {
            path.ancestors().skip(1).all(|dir| dir == Path::new("/") || names.get(dir) == Some(&Node::Dir))
        };
        let names: Names = names
            .iter()
            .filter(|(path, _)| reachable(path))
            .map(|(path, node)| (path.clone(), *node))
            .collect();
        let files = state
            .files
            .iter()
            .map(|file| {
                let bytes = if file.now == file.safe {
                    file.safe.clone()
                } else {
                    match choose(4) {
                        0 => file.safe.clone(),
                        1 => vec![0; file.now.len()],
                        2 => file.now[..file.now.len() / 2].to_vec(),
                        _ => file.now.clone(),
                    }
                };
                Bytes { now: bytes.clone(), safe: bytes }
            })
            .collect();
        let state = State { files, now: names.clone(), safe: names, ..State::default() };
        ModelDisk(Arc::new(Mutex::new(state)))
    }

    /// Counts a call; `Err` when the fault is due.
    fn call(&self, words: String) -> Result<(), (Fault, io::Error)> {
        let mut state = self.0.lock().unwrap();
        let n = state.calls;
        state.calls += 1;
        state.log.push(words);
        match state.fault {
            Some((at, fault @ (Fault::Once(kind) | Fault::OnceHalfWritten(kind)))) if n == at => {
                Err((fault, io::Error::from(kind)))
            }
            Some((at, Fault::PowerCut)) if n >= at => Err((Fault::PowerCut, io::Error::other("no power"))),
            _ => Ok(()),
        }
    }

    fn plain_call(&self, words: String) -> io::Result<()> {
        self.call(words).map_err(|(_, error)| error)
    }
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl State {
    fn need_dir(&self, path: &Path) -> io::Result<()> {
        let there = path == Path::new("/") || self.now.get(path) == Some(&Node::Dir);
        if there { Ok(()) } else { Err(not_found()) }
    }

    fn parent_of<'a>(&self, path: &'a Path) -> io::Result<&'a Path> {
        let parent = path.parent().ok_or_else(not_found)?;
        self.need_dir(parent)?;
        Ok(parent)
    }
}

impl Disk for ModelDisk {
    type File = ModelFile;

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.plain_call(format!("make_dir {}", path.display()))?;
        let mut state = self.0.lock().unwrap();
        state.parent_of(path)?;
        state.now.insert(path.to_owned(), Node::Dir);
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<ModelFile> {
        self.plain_call(format!("create {}", path.display()))?;
        let mut state = self.0.lock().unwrap();
        state.parent_of(path)?;
        if state.now.contains_key(path) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        state.files.push(Bytes::default());
        let file = state.files.len() - 1;
        state.now.insert(path.to_owned(), Node::File(file));
        Ok(ModelFile { disk: self.clone(), file, at: 0 })
    }

    fn write(&self, file: &mut ModelFile, bytes: &[u8]) -> io::Result<()> {
        let outcome = self.call(format!("write {} bytes", bytes.len()));
        let written = match &outcome {
            Ok(()) => bytes,
            Err((Fault::OnceHalfWritten(_) | Fault::PowerCut, _)) => &bytes[..bytes.len() / 2],
            Err(_) => &[],
        };
        self.0.lock().unwrap().files[file.file].now.extend_from_slice(written);
        outcome.map_err(|(_, error)| error)
    }

    fn sync(&self, file: &mut ModelFile) -> io::Result<()> {
        self.plain_call("sync".to_owned())?;
        let mut state = self.0.lock().unwrap();
        let bytes = &mut state.files[file.file];
        bytes.safe = bytes.now.clone();
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.plain_call(format!("rename {} {}", from.display(), to.display()))?;
        let mut state = self.0.lock().unwrap();
        state.parent_of(to)?;
        let node = state.now.remove(from).ok_or_else(not_found)?;
        state.now.insert(to.to_owned(), node);
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.plain_call(format!("sync_dir {}", path.display()))?;
        let mut state = self.0.lock().unwrap();
        state.need_dir(path)?;
        let State { now, safe, .. } = &mut *state;
        safe.retain(|name, _| name.parent() != Some(path));
        safe.extend(now.iter().filter(|(name, _)| name.parent() == Some(path)).map(|(n, k)| (n.clone(), *k)));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.plain_call(format!("remove {}", path.display()))?;
        let mut state = self.0.lock().unwrap();
        match state.now.get(path) {
            Some(Node::File(_)) => {
                state.now.remove(path);
                Ok(())
            }
            _ => Err(not_found()),
        }
    }

    fn open(&self, path: &Path) -> io::Result<ModelFile> {
        self.plain_call(format!("open {}", path.display()))?;
        match self.0.lock().unwrap().now.get(path) {
            Some(Node::File(file)) => Ok(ModelFile { disk: self.clone(), file: *file, at: 0 }),
            _ => Err(not_found()),
        }
    }

    fn modified(&self, path: &Path) -> io::Result<workflow::Millis> {
        self.plain_call(format!("modified {}", path.display()))?;
        let state = self.0.lock().unwrap();
        state.now.get(path).map(|_| 0).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.plain_call(format!("list {}", path.display()))?;
        let state = self.0.lock().unwrap();
        state.need_dir(path)?;
        let names = state.now.keys().filter(|name| name.parent() == Some(path));
        Ok(names.map(|name| name.file_name().unwrap().to_string_lossy().into_owned()).collect())
    }
}

impl Read for ModelFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.disk.plain_call("read".to_owned())?;
        let state = self.disk.0.lock().unwrap();
        let left = &state.files[self.file].now[self.at..];
        // Short reads, as a real disk may give them.
        let now = left.len().min(buffer.len()).min(50_000);
        buffer[..now].copy_from_slice(&left[..now]);
        self.at += now;
        Ok(now)
    }
}
