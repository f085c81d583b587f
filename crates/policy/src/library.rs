//! The folders of a policies folder.
//!
//! Owns: sorting files into folders, their bounds, and reading each folder once however many packs stand on it or
//! refer to it.
//! Leaves to others: which folders a pack is made of (`layers`) and what they mean (`resolve`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::guideline::{self, Guideline};
use crate::model::Pack;
use crate::problem::{Code, Origin, Problem, Sink};
use crate::written::{self, Kind, Written};
use crate::{FILES_BYTES_MAX, FILES_MAX, FOLDER_FILES_MAX, GUIDELINE, Resolved, SourceFile, resolve};

/// Every pack of a policies folder, for whoever asks for more than one. Nothing is parsed before it is asked for, and
/// nothing twice.
pub struct Library<'f> {
    folders: BTreeMap<&'f str, Folder<'f>>,
    /// What is wrong with the list of files itself.
    problems: Vec<Problem>,
    guidelines: OnceLock<(Vec<Guideline>, Vec<Problem>)>,
}

/// What one folder wrote, and what is wrong with it by itself.
type Read = (Written, Vec<Problem>);

#[derive(Default)]
struct Folder<'f> {
    files: Vec<&'f SourceFile>,
    read: OnceLock<Read>,
}

impl<'f> Library<'f> {
    /// Sorts files into their folders.
    #[must_use]
    pub fn new(files: &'f [SourceFile]) -> Self {
        let mut sink = Sink::default();
        let mut folders: BTreeMap<&str, Folder<'_>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut bytes: usize = 0;
        for (number, file) in files.iter().enumerate() {
            let at = Origin { layer: "".into(), file: file.path.as_str().into(), line: 1, column: 1 };
            let too_many = |sink: &mut Sink, bound: usize| {
                sink.push(
                    Code::TooLarge,
                    &at,
                    format!("ファイルが多すぎます(上限 {bound} 個)。"),
                    "一つのファイルにまとめてください。",
                );
            };
            if number >= FILES_MAX {
                too_many(&mut sink, FILES_MAX);
                break;
            }
            bytes = bytes.saturating_add(file.text.len());
            if bytes > FILES_BYTES_MAX {
                sink.push(
                    Code::TooLarge,
                    &at,
                    format!("ファイルを合わせると大きすぎます(上限 {} MiB)。", FILES_BYTES_MAX >> 20),
                    "要らない方針パックを別のフォルダに移してください。",
                );
                break;
            }
            match file.path.split_once('/') {
                Some((folder, name)) if !folder.is_empty() && !name.is_empty() => {
                    let folder = folders.entry(folder).or_default();
                    if !seen.insert(&file.path) {
                        sink.push(
                            Code::Path,
                            &at,
                            "同じファイルが2回渡されました。",
                            "一度だけ渡してください。",
                        );
                    } else if folder.files.len() >= FOLDER_FILES_MAX {
                        too_many(&mut sink, FOLDER_FILES_MAX);
                    } else {
                        folder.files.push(file);
                    }
                }
                _ => sink.push(
                    Code::Path,
                    &at,
                    "ファイルが層のフォルダの中にありません。",
                    "base/roles.toml のように、層の名前のフォルダに置いてください。",
                ),
            }
        }
        for folder in folders.values_mut() {
            folder.files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        Self { folders, problems: sink.into_problems(), guidelines: OnceLock::new() }
    }

    /// The names of the folders.
    pub fn folders(&self) -> impl Iterator<Item = &'f str> {
        self.folders.keys().copied()
    }

    /// The folders that are packs or layers of packs: all but the guideline layer.
    pub fn packs(&self) -> impl Iterator<Item = &'f str> {
        self.folders().filter(|folder| *folder != GUIDELINE)
    }

    /// The pack of this name: its layer, those below it, and the guideline layer beside it.
    ///
    /// # Errors
    /// As [`Pack::resolve`].
    pub fn resolve(&self, id: &str) -> Result<Resolved, Vec<Problem>> {
        resolve::resolve(self, id)
    }

    /// Everything that is wrong with a folder: a pack, or the guideline layer.
    #[must_use]
    pub fn check(&self, id: &str) -> (Option<Pack>, Vec<Problem>) {
        if id == GUIDELINE && self.folders.contains_key(GUIDELINE) {
            return (None, self.guidelines().1.to_vec());
        }
        match self.resolve(id) {
            Ok(resolved) => (Some(resolved.pack), resolved.warnings),
            Err(problems) => (None, problems),
        }
    }

    /// What is wrong with the list of files itself.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What a folder wrote and what is wrong with it by itself; `None` when there is no such folder.
    pub(crate) fn read(&self, folder: &str) -> Option<(&Written, &[Problem])> {
        let (name, folder) = self.folders.get_key_value(folder)?;
        let (written, problems) = folder.read.get_or_init(|| {
            let mut sink = Sink::default();
            let written = written::read(&Arc::from(*name), &folder.files, &mut sink);
            (written, sink.into_problems())
        });
        Some((written, problems))
    }

    /// The text of a template in a folder.
    pub(crate) fn template(&self, folder: &str, name: &str) -> Option<&'f str> {
        let is_it = |path: &str| path.split_once('/').is_some_and(|(_, of)| of == name);
        self.folders.get(folder)?.files.iter().find(|file| is_it(&file.path)).map(|file| file.text.as_str())
    }

    /// The names of the templates in a folder.
    pub(crate) fn templates(&self, folder: &str) -> impl Iterator<Item = &'f str> {
        let files = self.folders.get(folder).map_or(&[][..], |f| &f.files);
        let names = files.iter().filter_map(|file| file.path.split_once('/').map(|(_, name)| name));
        names.filter(|name| crate::is_template(name)).collect::<Vec<_>>().into_iter()
    }

    /// The recommendations beside the packs, and what is wrong with their folder.
    pub(crate) fn guidelines(&self) -> (&[Guideline], &[Problem]) {
        let (guidelines, problems) = self.guidelines.get_or_init(|| {
            let mut sink = Sink::default();
            let guidelines = guideline::read(self, &mut sink);
            (guidelines, sink.into_problems())
        });
        (guidelines, problems)
    }

    /// Every folder's items of a kind with this id.
    pub(crate) fn find(&self, kind: Kind, id: &str) -> impl Iterator<Item = &written::Item> {
        self.packs().filter_map(move |folder| self.read(folder)?.0.items.get(&kind)?.get(id))
    }
}
