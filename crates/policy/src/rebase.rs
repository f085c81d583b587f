//! A pack's own folder on another layer, in the text as somebody wrote it.
//!
//! Owns: finding `extends` and `version` of `[pack]` and writing others in their place; everything else, comments too,
//! stays as it is.
//! Leaves to others: whether the whole is sound ([`crate::EditionText`]).

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::SourceFile;
use crate::show::quoted;
use crate::toml_text::dismantle;

/// Where a folder's `[pack]` says on what it stands and which version it is.
struct Head {
    /// The layer below.
    extends: String,
    extends_at: Range<usize>,
    version_at: Range<usize>,
}

fn head(text: &str) -> Option<Head> {
    let root = DeTable::parse(text).ok()?.into_inner();
    let found = find(&root);
    dismantle(root);
    found
}

fn find(root: &DeTable<'_>) -> Option<Head> {
    let (_, pack) = root.iter().find(|(key, _)| key.get_ref() == "pack")?;
    let DeValue::Table(pack) = pack.get_ref() else { return None };
    let text = |name: &str| {
        let (_, value) = pack.iter().find(|(key, _)| key.get_ref() == name)?;
        match value.get_ref() {
            DeValue::String(words) => Some((words.to_string(), value.span())),
            _ => None,
        }
    };
    let ((extends, extends_at), (_, version_at)) = (text("extends")?, text("version")?);
    Some(Head { extends, extends_at, version_at })
}

fn own<'f>(files: &'f [SourceFile], pack: &str) -> impl Iterator<Item = &'f SourceFile> {
    let folder = format!("{pack}/");
    files.iter().filter(move |file| file.path.starts_with(&folder))
}

/// The layer that a pack's own folder stands on, as it is written.
#[must_use]
pub fn layer_below(files: &[SourceFile], pack: &str) -> Option<String> {
    own(files, pack).find_map(|file| head(&file.text)).map(|head| head.extends)
}

/// The files of a pack's own folder, standing on `layer` as the version `version`. `None` when no file of it has a `[pack]`
/// that says both.
#[must_use]
pub fn rebase(files: &[SourceFile], pack: &str, layer: &str, version: &str) -> Option<Vec<SourceFile>> {
    let mut done = false;
    let files = own(files, pack)
        .map(|file| {
            let Some(head) = head(&file.text).filter(|_| !done) else { return file.clone() };
            done = true;
            let mut places = [(head.extends_at, layer), (head.version_at, version)];
            // From the end, so that the first place stays where it is.
            places.sort_by_key(|(at, _)| std::cmp::Reverse(at.start));
            let mut text = file.text.clone();
            for (at, words) in places {
                text.replace_range(at, &quoted(words));
            }
            SourceFile { path: file.path.clone(), text }
        })
        .collect();
    done.then_some(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn two_words_change_and_nothing_else() {
        for (text, expected) in [
            (
                "# 注記\nformat = 1\n[pack]\nid = \"a\" # 団体\nextends = \"base\" # 土台\nversion = '第1版'\ntitle = \"題\"\n",
                "# 注記\nformat = 1\n[pack]\nid = \"a\" # 団体\nextends = \"draft\" # 土台\nversion = \"第2版「\\\"」\"\ntitle = \"題\"\n",
            ),
            (
                "pack = { version = \"一\", extends = \"x\" }\n",
                "pack = { version = \"第2版「\\\"」\", extends = \"draft\" }\n",
            ),
        ] {
            let files =
                [file("a/pack.toml", text), file("a/z.toml", "format = 1\n"), file("b/pack.toml", text)];
            let moved = rebase(&files, "a", "draft", "第2版「\"」").unwrap();
            assert_eq!(moved, [file("a/pack.toml", expected), file("a/z.toml", "format = 1\n")]);
            assert_eq!(layer_below(&moved, "a").as_deref(), Some("draft"));
        }
    }

    #[test]
    fn a_folder_without_such_a_head_is_not_moved() {
        for text in [
            "",
            "format = 1\n",
            "[pack]\nid = \"a\"\nversion = \"1\"\n",
            "[pack]\nextends = \"base\"\n",
            "[pack]\nextends = 1\nversion = \"1\"\n",
            "pack = 1\n",
            "[pack\n",
        ] {
            assert_eq!(rebase(&[file("a/pack.toml", text)], "a", "b", "2"), None, "{text}");
            assert_eq!(layer_below(&[file("a/pack.toml", text)], "a"), None, "{text}");
        }
        assert_eq!(rebase(&[file("b/pack.toml", "")], "a", "b", "2"), None);
    }
}
