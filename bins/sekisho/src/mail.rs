//! Mails in the configuration, and `sekisho mail`.
//!
//! Owns the table `[mail]` of the configuration file, reading the files that it names, and the test of a mail server. Leaves
//! sending to `mailer`, what is sent when to `app`.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use app::{
    notices::{MailRoad, Mailer},
    ports::{Clock as _, Entropy as _},
};
use clap::{Args, Subcommand};
use mailer::{PER_MINUTE_MAX, Protection, Road, Server, Settings};
use serde::Deserialize;

use crate::{
    config::Config,
    world::{self, SystemClock, SystemEntropy},
};

/// `sekisho mail`.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// 設定のメールサーバーから、試しのメールを1通送ります
    Test(TestOptions),
}

/// `sekisho mail test`.
#[derive(Args)]
pub(crate) struct TestOptions {
    /// 設定ファイル(形式は docs/operations.md)
    #[arg(long)]
    config: PathBuf,
    /// 宛先のメールアドレス
    #[arg(long)]
    to: String,
}

/// The table as written. Unknown keys are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    /// Who mails are from.
    from: String,
    /// The mail server.
    host: Option<String>,
    /// Its port; that of the protection unless said otherwise.
    port: Option<u16>,
    /// `tls`, `starttls` or `none-on-closed-network`.
    tls: Option<String>,
    /// The certificates that are believed, in PEM, in place of those of the machine.
    ca: Option<PathBuf>,
    /// A file with login and password, one line each.
    login_file: Option<PathBuf>,
    /// A folder into which mails are written instead of being sent.
    folder: Option<PathBuf>,
    /// Mails in a minute at most.
    #[serde(default = "sixty")]
    per_minute: u32,
    /// The zone in which people are sent to what can be opened in all of them.
    home: Option<String>,
    /// The address of each zone's server.
    #[serde(default)]
    urls: BTreeMap<String, String>,
}

fn sixty() -> u32 {
    60
}

/// How long a mail server may take for one mail.
const PATIENCE: Duration = Duration::from_secs(60);
/// Largest file with certificates or a password.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The table, checked; the files that it names are read when mails are to be sent.
#[derive(Debug, Clone)]
pub(crate) struct MailConfig {
    from: String,
    road: WrittenRoad,
    per_minute: u32,
    home: Option<String>,
    urls: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
enum WrittenRoad {
    Folder(PathBuf),
    Server {
        host: String,
        port: u16,
        protection: Protection,
        ca: Option<PathBuf>,
        login_file: Option<PathBuf>,
    },
}

impl MailConfig {
    /// Checks what was written; paths are relative to the folder of the configuration file.
    ///
    /// # Errors
    /// With what is wrong and what to write.
    pub(crate) fn new(written: Written, zones: &[&str], here: &Path) -> anyhow::Result<Self> {
        let Written { from, host, port, tls, ca, login_file, folder, per_minute, home, urls } = written;
        if !(1..=PER_MINUTE_MAX).contains(&per_minute) {
            bail!("[mail] の per_minute は1から{PER_MINUTE_MAX}までです");
        }
        for (zone, url) in &urls {
            if !zones.contains(&zone.as_str()) {
                bail!("[mail.urls] の「{zone}」の待受け [listener.{zone}] がありません");
            }
            let rest = url.strip_prefix("https://").unwrap_or_default();
            if rest.is_empty() || url.ends_with('/') || !url.bytes().all(|b| b.is_ascii_graphic()) {
                bail!("[mail.urls] の「{zone}」は https:// で始まり / で終わらないURLにしてください");
            }
        }
        if let Some(home) = home.as_ref().filter(|h| !urls.contains_key(*h)) {
            bail!("[mail] の home「{home}」の行が [mail.urls] にありません");
        }
        let road = match (host, folder) {
            (Some(_), Some(_)) => bail!("[mail] には host か folder のどちらか一つを書いてください"),
            (None, None) => bail!("[mail] に host(メールサーバー)か folder(書き出すフォルダー)がありません"),
            (None, Some(folder)) => {
                if port.is_some() || tls.is_some() || ca.is_some() || login_file.is_some() {
                    bail!("[mail] の port、tls、ca、login_file は、folder のときは書けません");
                }
                WrittenRoad::Folder(here.join(folder))
            }
            (Some(host), None) => {
                let (protection, usual) = match tls.as_deref() {
                    Some("tls") => (Protection::Tls, 465),
                    Some("starttls") => (Protection::StartTls, 587),
                    Some("none-on-closed-network") => (Protection::NoneOnClosedNetwork, 25),
                    Some(other) => bail!(
                        "[mail] の tls に「{other}」は使えません。tls、starttls、none-on-closed-network のどれかです"
                    ),
                    None => bail!(
                        "[mail] に tls がありません。tls か starttls を書いてください。閉じたネットワークの中で暗号化しないなら none-on-closed-network です"
                    ),
                };
                if protection == Protection::NoneOnClosedNetwork && login_file.is_some() {
                    bail!("[mail] の login_file は、暗号化しないときは使えません。パスワードを読まれます");
                }
                if protection == Protection::NoneOnClosedNetwork && ca.is_some() {
                    bail!("[mail] の ca は、暗号化しないときは効き目がありません");
                }
                WrittenRoad::Server {
                    host,
                    port: port.unwrap_or(usual),
                    protection,
                    ca: ca.map(|p| here.join(p)),
                    login_file: login_file.map(|p| here.join(p)),
                }
            }
        };
        Ok(Self { from, road, per_minute, home, urls })
    }

    /// Reads the files and makes what sends mails.
    ///
    /// # Errors
    /// With the file that cannot be used.
    pub(crate) fn open(&self) -> anyhow::Result<Arc<dyn Mailer>> {
        let road = match &self.road {
            WrittenRoad::Folder(folder) => Road::Folder(folder.clone()),
            WrittenRoad::Server { host, port, protection, ca, login_file } => {
                Road::Server(Box::new(Server {
                    host: host.clone(),
                    port: *port,
                    protection: *protection,
                    ca_pem: ca.as_deref().map(file).transpose()?,
                    login: login_file.as_deref().map(login).transpose()?,
                    patience: PATIENCE,
                }))
            }
        };
        let settings = Settings {
            road,
            from: self.from.clone(),
            bases: self.urls.clone(),
            home: self.home.clone(),
            per_minute: self.per_minute,
        };
        mailer::open(settings).context("[mail] の設定でメールを送れません")
    }
}

/// Mails of the demo: as files, with the addresses of its own listeners.
///
/// # Errors
/// When the folder cannot be made.
pub(crate) fn into_folder(
    folder: PathBuf,
    urls: impl IntoIterator<Item = (String, String)>,
    home: Option<String>,
) -> anyhow::Result<Arc<dyn Mailer>> {
    let settings = Settings {
        road: Road::Folder(folder),
        from: "関所 <sekisho@city.hoshimi.example>".to_owned(),
        bases: urls.into_iter().collect(),
        home,
        per_minute: PER_MINUTE_MAX,
    };
    mailer::open(settings).context("メールのフォルダーを用意できません")
}

fn file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let about = || format!("[mail] のファイルを読めません: {}", path.display());
    if std::fs::metadata(path).with_context(about)?.len() > FILE_BYTES_MAX {
        bail!("[mail] のファイルが大きすぎます: {}", path.display());
    }
    std::fs::read(path).with_context(about)
}

fn login(path: &Path) -> anyhow::Result<(String, String)> {
    let bytes = file(path)?;
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o007 != 0 {
        bail!(
            "メールサーバーのパスワードをほかの利用者も読めます。chmod o= {} で直してください",
            path.display()
        );
    }
    let text = String::from_utf8(bytes)
        .with_context(|| format!("{} は UTF-8 の文字列ではありません", path.display()))?;
    let mut lines = text.lines();
    match (lines.next(), lines.next(), lines.next()) {
        (Some(login), Some(password), None) if !login.is_empty() && !password.is_empty() => {
            Ok((login.to_owned(), password.to_owned()))
        }
        _ => bail!("{} には、1行目にログイン名、2行目にパスワードだけを書いてください", path.display()),
    }
}

/// Sends one mail and says what became of it.
///
/// # Errors
/// With what the mail server says.
pub(crate) async fn test(options: TestOptions) -> anyhow::Result<ExitCode> {
    world::prepare_tls()?;
    let config = Config::read(&options.config)?;
    let Some(mail) = &config.mail else { bail!("設定ファイルに [mail] がありません") };
    let mailer = mail.open()?;
    let now = SystemClock.now();
    let letter = mailer::test_letter(&options.to, "試し", &SystemEntropy.id(now), now);
    mailer.send(&letter).await.context("試しのメールを送れません")?;
    match mailer.road() {
        MailRoad::Server(place) => {
            world::say(&format!("{place} が {} 宛てのメールを受け取りました。", options.to))?;
        }
        MailRoad::Folder(place) => world::say(&format!("{place} に書きました。だれにも送っていません。"))?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
from = "関所 <sekisho@city.example.lg.jp>"
host = "mail.city.example.lg.jp"
tls = "starttls"
ca = "tls/authority.pem"
login_file = "mail-login"
home = "lgwan"
urls = { lgwan = "https://sekisho.lgwan.example" }
"#;

    fn read(text: &str) -> anyhow::Result<MailConfig> {
        MailConfig::new(toml::from_str(text)?, &["internet", "lgwan"], Path::new("/etc/sekisho"))
    }

    #[test]
    fn a_good_table_is_read() {
        let config = read(GOOD).unwrap();
        let WrittenRoad::Server { port, protection, ca, .. } = config.road else { panic!() };
        assert_eq!((port, protection), (587, Protection::StartTls));
        assert_eq!(ca.unwrap(), Path::new("/etc/sekisho/tls/authority.pem"));
        assert_eq!(config.per_minute, 60);
    }

    #[test]
    fn slips_are_refused() {
        for (from, to, says) in [
            ("tls = \"starttls\"\n", "", "none-on-closed-network"),
            ("starttls", "none", "none"),
            ("starttls", "none-on-closed-network", "login_file"),
            ("host = ", "hast = ", "hast"),
            ("host = ", "folder = \"x\"\nhost = ", "どちらか"),
            ("host = \"mail.city.example.lg.jp\"\n", "", "folder"),
            ("host = \"mail.city.example.lg.jp\"", "folder = \"x\"", "folder のときは"),
            ("home = \"lgwan\"", "home = \"internet\"", "home"),
            ("lgwan = \"https", "my-number = \"https", "listener.my-number"),
            ("https://sekisho.lgwan.example", "http://sekisho.lgwan.example", "https://"),
            ("https://sekisho.lgwan.example", "https://sekisho.lgwan.example/", "/ で終わらない"),
            ("home = ", "per_minute = 0\nhome = ", "per_minute"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let error = read(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(format!("{error:#}").contains(says), "{from} → {to}: {error:#}");
        }
    }

    #[test]
    fn a_password_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("login");
        for (text, mode, says) in [
            ("user\nsecret\n", 0o644, Some("chmod")),
            ("user\n", 0o600, Some("2行目")),
            ("user\nsecret\nmore\n", 0o600, Some("だけ")),
            ("user\nsecret\n", 0o600, None),
        ] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match (login(&path), says) {
                (Ok(read), None) => assert_eq!(read, ("user".to_owned(), "secret".to_owned())),
                (Err(error), Some(says)) => assert!(format!("{error:#}").contains(says), "{error:#}"),
                (other, _) => panic!("{text:?} {mode:o}: {other:?}"),
            }
        }
    }
}
