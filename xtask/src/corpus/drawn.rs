//! A second opinion about words that the checker misses: one program draws both files, and what stands on the pages is compared.
//!
//! Owns: drawing, reading the drawn pages, and counting which words are still there.
//! Leaves to others: which files are asked about (`judge`). The checker reads an old format by one program and what became of
//! it by another; where those two spell alike things differently, this tells so.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::shell::{self, Tool};

/// The programs it takes.
pub(super) struct Drawing {
    office: PathBuf,
    reader: PathBuf,
}

impl Drawing {
    /// The programs, if this machine has them.
    pub(super) fn find() -> Option<Self> {
        Some(Self { office: shell::find("soffice")?, reader: shell::find("pdftotext")? })
    }

    /// Which part of the words that are drawn before is drawn after; nothing when one of the two cannot be drawn.
    ///
    /// # Errors
    /// When the disk or a program refuses.
    pub(super) fn recall(&self, before: &Path, after: &Path, desk: &Path) -> Result<Option<f64>> {
        let words = |file: &Path, name: &str| self.words(file, &desk.join(name));
        let both = words(before, "before").and_then(|before| Ok((before, words(after, "after")?)));
        if desk.exists() {
            std::fs::remove_dir_all(desk).with_context(|| format!("cannot remove {}", desk.display()))?;
        }
        let (before, after) = both?;
        Ok(before.zip(after).and_then(|(before, after)| recall(&before, &after)))
    }

    fn words(&self, file: &Path, desk: &Path) -> Result<Option<String>> {
        std::fs::create_dir_all(desk).with_context(|| format!("cannot make {}", desk.display()))?;
        // A name of our own: some endings in the wild are not those of the format.
        let input = desk.join(Path::new("in").with_extension(file.extension().unwrap_or_default()));
        std::fs::copy(file, &input).with_context(|| format!("cannot copy {}", file.display()))?;
        let profile = format!("-env:UserInstallation=file://{}", desk.join("profile").display());
        let drawn = Tool::new(&self.office)
            .args([profile.as_str(), "--headless", "--norestore", "--convert-to", "pdf", "--outdir"])
            .args([desk, &input])
            .capture()?;
        let pages = desk.join("in.pdf");
        if !drawn.ok || !pages.is_file() {
            return Ok(None);
        }
        let said =
            Tool::new(&self.reader).args(["-q", "-enc", "UTF-8"]).args([&pages]).args(["-"]).capture()?;
        Ok(said.ok.then_some(said.stdout))
    }
}

/// Which part of the runs of three characters is still there, blanks aside.
fn recall(before: &str, after: &str) -> Option<f64> {
    let mut left = runs(after);
    let before = runs(before);
    let total: usize = before.values().sum();
    let kept: usize = before
        .iter()
        .map(|(run, count)| left.get_mut(run).map_or(0, |there| std::mem::take(there).min(*count)))
        .sum();
    (total > 0).then(|| kept as f64 / total as f64)
}

fn runs(text: &str) -> HashMap<[char; 3], usize> {
    let characters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut runs = HashMap::new();
    for run in characters.windows(3) {
        if let Ok(run) = <[char; 3]>::try_from(run) {
            *runs.entry(run).or_insert(0) += 1;
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_still_there_are_counted() {
        for (before, after, expected) in [
            ("甲乙丙 丁", "甲乙 丙丁", Some(1.0)),
            ("abcd", "abc", Some(0.5)),
            ("abcabc", "abc", Some(0.25)),
            ("abc", "", Some(0.0)),
            ("ab", "ab", None),
        ] {
            assert_eq!(recall(before, after), expected, "{before} {after}");
        }
    }
}
