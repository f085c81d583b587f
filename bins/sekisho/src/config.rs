//! The configuration of a production house: what was written, checked and turned into what is used.
//!
//! Owns the TOML file of `sekisho serve`. Policy is not configuration: it lives in packs.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::mail::{self, MailConfig};

/// The file as written. Unknown keys are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Version of this format.
    format: u32,
    /// Folder of the files; keys are in `keys` below it unless said otherwise.
    data: PathBuf,
    /// Folder of the keys.
    keys: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://…`; an SQLite file in `data` unless said otherwise.
    database: Option<String>,
    /// Folder of the packs.
    policies: PathBuf,
    /// The body's pack.
    pack: String,
    /// The ledger's name: part of every checkpoint, never changed, such as `sekisho.city.example.lg.jp/ledger`.
    ledger: String,
    /// The sanitiser program; beside this one unless said otherwise.
    worker: Option<PathBuf>,
    /// The office program that converts old formats, or `none`; the one that is installed unless said otherwise.
    office: Option<String>,
    /// The program that prints forms, or `none`; the one beside this program unless said otherwise.
    report: Option<String>,
    /// Files with fonts to print with, in the order in which they stand in for each other; those of Debian unless said otherwise.
    #[serde(default)]
    fonts: Vec<PathBuf>,
    /// Cells at once.
    #[serde(default = "two")]
    cells: usize,
    /// A listener for each zone of the pack.
    listener: BTreeMap<String, WrittenListener>,
    /// Mails about notices; none without it.
    mail: Option<mail::Written>,
}

/// One listener as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenListener {
    address: SocketAddr,
    certificate: PathBuf,
    private_key: PathBuf,
}

fn two() -> usize {
    2
}

/// The configuration, resolved: paths are absolute or relative to the working directory.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) blobs: PathBuf,
    pub(crate) keys: PathBuf,
    pub(crate) database: String,
    pub(crate) policies: PathBuf,
    pub(crate) pack: String,
    pub(crate) ledger: String,
    pub(crate) worker: Option<PathBuf>,
    pub(crate) office: Option<String>,
    pub(crate) office_folder: PathBuf,
    pub(crate) report: Option<String>,
    pub(crate) fonts: Vec<PathBuf>,
    pub(crate) cells: usize,
    pub(crate) listeners: Vec<(String, SocketAddr, PathBuf, PathBuf)>,
    pub(crate) mail: Option<MailConfig>,
}

impl Config {
    /// The folder of the index of words, beside that of the files.
    pub(crate) fn words(&self) -> PathBuf {
        self.blobs.with_file_name("words")
    }

    /// Reads and checks a configuration. Paths in it are relative to the file.
    ///
    /// # Errors
    /// With what is wrong and where.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("設定ファイルを読めません: {}", path.display()))?;
        let here = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, here).with_context(|| format!("設定ファイルに誤りがあります: {}", path.display()))
    }

    fn parse(text: &str, here: &Path) -> anyhow::Result<Self> {
        let written: Written = toml::from_str(text)?;
        if written.format != 1 {
            bail!("format = {} は、この版では読めません。format = 1 にしてください", written.format);
        }
        if written.listener.is_empty() {
            bail!("[listener.<系>] がありません。系ごとに待受けを1つ書いてください");
        }
        if !(1..=64).contains(&written.cells) {
            bail!("cells は1から64までです");
        }
        let zones: Vec<&str> = written.listener.keys().map(String::as_str).collect();
        let mail = written.mail.map(|mail| MailConfig::new(mail, &zones, here)).transpose()?;
        let data = here.join(written.data);
        Ok(Self {
            blobs: data.join("files"),
            keys: written.keys.map_or_else(|| data.join("keys"), |k| here.join(k)),
            database: written
                .database
                .unwrap_or_else(|| format!("sqlite:{}", data.join("sekisho.db").display())),
            policies: here.join(written.policies),
            pack: written.pack,
            ledger: written.ledger,
            worker: written.worker.map(|w| here.join(w)),
            office: written.office,
            report: written.report,
            fonts: written.fonts.into_iter().map(|font| here.join(font)).collect(),
            office_folder: data.join("office"),
            cells: written.cells,
            mail,
            listeners: written
                .listener
                .into_iter()
                .map(|(zone, l)| (zone, l.address, here.join(l.certificate), here.join(l.private_key)))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
format = 1
data = "data"
policies = "policies"
pack = "hoshimi"
ledger = "sekisho.example/ledger"
[listener.internet]
address = "127.0.0.1:8441"
certificate = "tls/internet.pem"
private_key = "tls/internet.key"
"#;

    #[test]
    fn a_good_file_is_resolved_from_where_it_lies() {
        let config = Config::parse(GOOD, Path::new("/etc/sekisho")).unwrap();
        assert_eq!(config.database, "sqlite:/etc/sekisho/data/sekisho.db");
        assert_eq!(config.keys, Path::new("/etc/sekisho/data/keys"));
        assert_eq!(config.cells, 2);
        assert_eq!(config.office, None);
        assert_eq!((config.report, config.fonts.len()), (None, 0));
        assert_eq!(config.office_folder, Path::new("/etc/sekisho/data/office"));
        assert_eq!(config.listeners[0].2, Path::new("/etc/sekisho/tls/internet.pem"));
    }

    #[test]
    fn slips_are_refused() {
        for (from, to, says) in [
            ("format = 1", "format = 2", "format"),
            ("data = ", "dota = ", "dota"),
            ("address = ", "adress = ", "adress"),
            ("ledger = ", "cells = 0\nledger = ", "cells"),
            ("[listener.internet]", "[mail]\nfrom = \"a@b.example\"\n[listener.internet]", "folder"),
        ] {
            let error = Config::parse(&GOOD.replace(from, to), Path::new("/")).unwrap_err();
            assert!(format!("{error:#}").contains(says), "{error:#}");
        }
    }
}
