//! The facts that the rules judge: packages, files, what may be linked, forbidden words.
//!
//! Owns: reading them from `cargo metadata`, `cargo tree`, git and the two tables beside this crate.
//! Leaves to others: every judgement.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::shell::Tool;

/// The table of what may be linked, relative to the checkout.
pub(crate) const LINKS: &str = "xtask/links.toml";
/// The table of forbidden words, relative to the checkout.
pub(crate) const WORDS: &str = "xtask/words.toml";

/// Larger files are not read as text. The largest source of the house is far below.
const TEXT_BYTES_MAX: u64 = 4 << 20;

/// Everything the rules look at.
#[derive(Debug, Default)]
pub(crate) struct House {
    /// Packages of the workspace.
    pub(crate) packages: Vec<Package>,
    /// Files under version control or about to be: path relative to the checkout → text, if it is text.
    pub(crate) files: BTreeMap<String, Option<String>>,
    /// What may be linked.
    pub(crate) links: Links,
    /// Forbidden words.
    pub(crate) words: Vec<Word>,
    /// What each package of ring 1 and each binary links, however far down, itself left out.
    pub(crate) closures: BTreeMap<String, BTreeSet<String>>,
}

/// One package of the workspace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its folder, relative to the checkout.
    pub(crate) folder: String,
    /// Its manifest as written.
    pub(crate) manifest: toml::Table,
    /// Its dependencies.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One dependency of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// Name of the package depended on.
    pub(crate) name: String,
    /// For tests and benches only.
    pub(crate) dev: bool,
    /// Whether it is a package of this workspace.
    pub(crate) house: bool,
}

/// `xtask/links.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Links {
    /// Which package lives in which ring.
    pub(crate) rings: Rings,
    /// Arrows allowed inside a ring: from → to.
    #[serde(default)]
    pub(crate) arrows: BTreeMap<String, Vec<String>>,
    /// Libraries with exactly these users.
    #[serde(default)]
    pub(crate) only: BTreeMap<String, Vec<String>>,
    /// What ring 1 may not link.
    pub(crate) rules: RulesLimit,
    /// What each binary may link.
    #[serde(default)]
    pub(crate) binaries: BTreeMap<String, BinaryLimit>,
}

/// The rings, innermost first.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rings {
    /// Ring 1.
    pub(crate) rules: Vec<String>,
    /// Ring 2.
    pub(crate) use_cases: Vec<String>,
    /// Ring 3.
    pub(crate) edges: Vec<String>,
    /// Linked into tests only.
    #[serde(default)]
    pub(crate) tests: Vec<String>,
}

/// What ring 1 may not link.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesLimit {
    /// Libraries, however far down.
    pub(crate) deny: Vec<String>,
}

/// What one binary may link.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BinaryLimit {
    /// Packages of the house, however far down.
    pub(crate) house: Vec<String>,
    /// Libraries its own manifest may name; absent means any.
    pub(crate) direct: Option<Vec<String>>,
    /// Libraries it may not link, however far down.
    #[serde(default)]
    pub(crate) deny: Vec<String>,
}

/// One forbidden word.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Word {
    /// The word, matched with its case and as a whole.
    pub(crate) word: String,
    /// Only together with a number after it, as in a reference to a list kept elsewhere. Case is ignored.
    #[serde(default)]
    pub(crate) numbered: bool,
    /// In every text file; otherwise only in code.
    #[serde(default)]
    pub(crate) everywhere: bool,
    /// What to write instead.
    pub(crate) instead: String,
}

#[derive(Deserialize)]
struct Words {
    word: Vec<Word>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
}

#[derive(Deserialize)]
struct MetadataPackage {
    name: String,
    manifest_path: String,
    dependencies: Vec<MetadataDependency>,
}

#[derive(Deserialize)]
struct MetadataDependency {
    name: String,
    kind: Option<String>,
    path: Option<String>,
}

impl House {
    /// Reads the facts of this checkout.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let links: Links = read_toml(root, LINKS)?;
        let words: Words = read_toml(root, WORDS)?;
        let packages = packages(root)?;
        let mut closures = BTreeMap::new();
        let wanted = links.rings.rules.iter().chain(links.binaries.keys());
        for name in wanted.filter(|name| packages.iter().any(|p| &p.name == *name)) {
            closures.insert(name.clone(), closure(root, name)?);
        }
        Ok(Self { packages, files: files(root)?, links, words: words.word, closures })
    }
}

fn read_toml<T: for<'de> Deserialize<'de>>(root: &Path, file: &str) -> Result<T> {
    let text = std::fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))?;
    toml::from_str(&text).with_context(|| format!("cannot understand {file}"))
}

fn packages(root: &Path) -> Result<Vec<Package>> {
    let out =
        Tool::cargo(root).args(["metadata", "--format-version", "1", "--no-deps", "--locked"]).capture()?;
    ensure!(out.ok, "cargo metadata failed:\n{}", out.stderr);
    let metadata: Metadata = serde_json::from_str(&out.stdout).context("cannot understand cargo metadata")?;
    let mut packages = Vec::new();
    for package in metadata.packages {
        let manifest_path = Path::new(&package.manifest_path);
        let folder = manifest_path
            .parent()
            .and_then(|dir| dir.strip_prefix(root).ok())
            .with_context(|| format!("{} lies outside the checkout", package.manifest_path))?;
        let text = std::fs::read_to_string(manifest_path)
            .with_context(|| format!("cannot read {}", package.manifest_path))?;
        packages.push(Package {
            name: package.name,
            folder: folder.to_string_lossy().into_owned(),
            manifest: toml::from_str(&text)
                .with_context(|| format!("cannot understand {}", package.manifest_path))?,
            dependencies: package
                .dependencies
                .into_iter()
                .map(|d| Dependency {
                    name: d.name,
                    dev: d.kind.as_deref() == Some("dev"),
                    house: d.path.is_some(),
                })
                .collect(),
        });
    }
    Ok(packages)
}

/// What one package links on this machine. `cargo tree` resolves features for this package alone, as a
/// build of it does; `cargo metadata` would mix in what other packages switch on.
fn closure(root: &Path, package: &str) -> Result<BTreeSet<String>> {
    let out = Tool::cargo(root)
        .args([
            "tree",
            "--locked",
            "--package",
            package,
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
        ])
        .capture()?;
    ensure!(out.ok, "cargo tree for {package} failed:\n{}", out.stderr);
    Ok(out
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != package)
        .map(str::to_owned)
        .collect())
}

fn files(root: &Path) -> Result<BTreeMap<String, Option<String>>> {
    let mut paths = Vec::new();
    let git = Tool::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .dir(root)
        .capture();
    match git {
        Ok(out) if out.ok => {
            paths.extend(out.stdout.split('\0').filter(|p| !p.is_empty()).map(str::to_owned))
        }
        // An unpacked release has no git; then every file counts but what a build leaves behind.
        _ => walk(root, "", &mut paths)?,
    }
    let mut files = BTreeMap::new();
    for path in paths {
        let full = root.join(&path);
        let Ok(about) = std::fs::symlink_metadata(&full) else { continue };
        if !about.is_file() {
            continue;
        }
        let text = if about.len() <= TEXT_BYTES_MAX {
            String::from_utf8(std::fs::read(&full).with_context(|| format!("cannot read {path}"))?).ok()
        } else {
            None
        };
        files.insert(path, text);
    }
    Ok(files)
}

fn walk(root: &Path, below: &str, paths: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(root.join(below)).with_context(|| format!("cannot list {below:?}"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !["target", ".git", "node_modules"].contains(&name.as_str()) {
                walk(root, &path, paths)?;
            }
        } else if kind.is_file() {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod samples {
    //! Small houses for the tests of the rules.

    use super::*;

    /// A house of these files and nothing else.
    pub(crate) fn files(files: &[(&str, &str)]) -> House {
        House {
            files: files.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))).collect(),
            ..House::default()
        }
    }

    /// A package in this folder with these dependencies; `dev:` before a name makes it one for tests,
    /// `~` one from outside the house.
    pub(crate) fn package(name: &str, folder: &str, dependencies: &[&str]) -> Package {
        Package {
            name: name.into(),
            folder: folder.into(),
            manifest: toml::Table::new(),
            dependencies: dependencies
                .iter()
                .map(|written| {
                    let (dev, rest) = match written.strip_prefix("dev:") {
                        Some(rest) => (true, rest),
                        None => (false, *written),
                    };
                    let (house, name) = match rest.strip_prefix('~') {
                        Some(name) => (false, name),
                        None => (true, rest),
                    };
                    Dependency { name: name.into(), dev, house }
                })
                .collect(),
        }
    }

    /// The faults alone, for comparing.
    pub(crate) fn faults(problems: &[super::super::Problem]) -> Vec<String> {
        problems
            .iter()
            .map(|p| match p.line {
                Some(line) => format!("{}:{line}: {}", p.file, p.what),
                None => format!("{}: {}", p.file, p.what),
            })
            .collect()
    }
}
