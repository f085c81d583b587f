//! Writing what was planned: everything or nothing.
//!
//! Owns the staging folder in which a house is prepared whole (packs, configuration, keys, database, accounts) before its
//! parts are moved to where they belong.
//! Leaves the plan to `policy::setup`, keys and store to their own files.

use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use app::{first_factor::FirstFactor, people::NewPerson};
use policy::setup::{Answers, BodyPlan};
use workflow::id::SectionId;

use super::Ground;
use crate::{config::Config, house, keys::Keys, serve, world};

/// What a first run makes in its folder.
pub(crate) const MADE: [&str; 4] = ["sekisho.toml", "policies", "data", "初期パスワード.csv"];

/// What the administrator chose where he could be asked: at the screen a password, there and at the terminal the proof of a
/// second factor.
pub(crate) struct Proven {
    pub(crate) password: Option<String>,
    pub(crate) factor: Option<FirstFactor>,
}

/// What was made.
pub(crate) struct Made {
    /// The ledger's public key.
    pub(crate) vkey: String,
    /// Login of the administrator.
    pub(crate) administrator: String,
    /// His first password, unless he chose one.
    pub(crate) password: Option<String>,
    /// Whether he has a second factor.
    pub(crate) has_factor: bool,
    /// How many accounts.
    pub(crate) people: usize,
    /// Certificates and keys of listeners that are not there yet.
    pub(crate) missing: Vec<PathBuf>,
}

impl Made {
    /// What to tell the operator.
    pub(crate) fn words(&self, folder: &Path) -> String {
        let mut lines = vec![
            format!("準備ができました: {}", folder.display()),
            format!("検証鍵(監査人に渡してください): {}", self.vkey),
        ];
        if let Some(password) = &self.password {
            lines.push(format!("ログイン名 {} の最初のパスワード: {password}", self.administrator));
            lines.push(
                if self.has_factor {
                    "最初のログインで、二要素認証の数字とパスワードの変更を求められます。"
                } else {
                    "最初のログインで変更を求められます。続けて二要素認証を登録してください。"
                }
                .to_owned(),
            );
        }
        lines.push(format!(
            "{} 人の最初のパスワードは {} にあります。本人に渡したら消してください。",
            self.people,
            folder.join("初期パスワード.csv").display()
        ));
        for path in &self.missing {
            lines.push(format!("まだないファイル(動かす前に置いてください): {}", path.display()));
        }
        lines.push(format!("動かすには: sekisho serve --config {}", folder.join("sekisho.toml").display()));
        lines.join("\n")
    }
}

/// Writes everything, or nothing.
///
/// # Errors
/// When the disk refuses or the house cannot be prepared; what was written goes again.
pub(crate) async fn write(
    ground: &Ground,
    answers: &Answers,
    plan: &BodyPlan,
    proven: Proven,
) -> anyhow::Result<Made> {
    ground.refuse_overwriting()?;
    let about = || format!("書けません: {}", ground.folder.display());
    std::fs::create_dir_all(&ground.folder).with_context(about)?;
    // On the same disk, so that moving is one step; it goes with everything in it when something fails.
    let stage =
        tempfile::Builder::new().prefix(".sekisho-setup-").tempdir_in(&ground.folder).with_context(about)?;
    write_packs(stage.path(), ground, plan).with_context(about)?;
    std::fs::create_dir(stage.path().join("data")).with_context(about)?;
    // It may hold the password of a database.
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(if answers.database.trim().is_empty() { 0o644 } else { 0o600 })
        .open(stage.path().join("sekisho.toml"))
        .with_context(about)?;
    file.write_all(config(answers).as_bytes()).with_context(about)?;
    file.sync_all().with_context(about)?;
    let made = prepare(stage.path(), answers, plan, proven).await?;
    // The configuration comes last: a house without one cannot be started by mistake.
    let mut moved: Vec<PathBuf> = Vec::new();
    for name in MADE.iter().rev() {
        let to = ground.folder.join(name);
        if let Err(error) = std::fs::rename(stage.path().join(name), &to) {
            for path in &moved {
                let gone =
                    if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
                gone.with_context(|| format!("消せません: {}", path.display()))?;
            }
            return Err(error).with_context(|| format!("書けません: {}", to.display()));
        }
        moved.push(to);
    }
    let missing = answers
        .listeners
        .values()
        .flat_map(|l| [&l.certificate, &l.private_key])
        .map(|path| ground.folder.join(path.trim()))
        .filter(|path| !path.is_file());
    Ok(Made { missing: missing.collect(), ..made })
}

/// The layers that the body's own stands on, as they are, and its own.
fn write_packs(stage: &Path, ground: &Ground, plan: &BodyPlan) -> anyhow::Result<()> {
    let below = ground.policies.iter().filter(|file| {
        let layer = file.path.split('/').next().unwrap_or_default();
        plan.layers.iter().any(|l| l == layer)
    });
    for file in below.chain(&plan.files) {
        let path = stage.join("policies").join(&file.path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, &file.text)?;
    }
    Ok(())
}

/// The configuration. Paths of certificates start at the folder of the house.
fn config(answers: &Answers) -> String {
    // What JSON writes of a text without control characters is what TOML reads.
    let quoted = |text: &str| serde_json::Value::from(text.trim()).to_string();
    let mut text = format!(
        "# sekisho setup が作りました。項目の説明は docs/operations.md にあります。\nformat = 1\ndata = \"data\"\npolicies = \"policies\"\npack = {}\nledger = {}\n",
        quoted(&answers.id),
        quoted(&answers.ledger)
    );
    if !answers.database.trim().is_empty() {
        text.push_str(&format!("database = {}\n", quoted(&answers.database)));
    }
    for (zone, listener) in &answers.listeners {
        text.push_str(&format!(
            "\n[listener.{zone}]\naddress = {}\ncertificate = {}\nprivate_key = {}\n",
            quoted(&listener.address),
            quoted(&listener.certificate),
            quoted(&listener.private_key)
        ));
    }
    text
}

/// Keys, database, people, in the staging folder.
async fn prepare(stage: &Path, answers: &Answers, plan: &BodyPlan, proven: Proven) -> anyhow::Result<Made> {
    let config = Config::read(&stage.join("sekisho.toml"))?;
    let keys = Keys::create(&config.keys)?;
    let store = Arc::new(serve::open_store(&config, true).await?);
    // A database on a server is no part of what goes again when something fails, and may be somebody's already.
    if !app::ports::Store::users(&*store, "", None, 1).await.context("データベースを読めません")?.is_empty()
    {
        bail!(
            "このデータベースには、もう利用者がいます: {}。別の関所のものでなければ、データベースを作り直してから、もう一度始めてください",
            super::database_words(&answers.database)
        );
    }
    let policy = house::policy(&store, &config.policies, &config.pack).await?;
    let app = house::open(serve::parts(config, policy, keys, store.clone())?)?;
    app.load_organisation().await.context("組織を読み込めません")?;
    let mut passwords = String::from("\u{feff}ログインID,氏名,最初のパスワード\r\n");
    let mut made = Made {
        vkey: app.vkey().to_string(),
        administrator: String::new(),
        password: None,
        has_factor: proven.factor.is_some(),
        people: 0,
        missing: Vec::new(),
    };
    // Before the first account: what is written to a server is not taken back by removing a folder.
    let administrator = plan.people.get(plan.administrator).map(|p| p.login.as_str()).unwrap_or_default();
    if let Some(password) = &proven.password
        && let Err(app::Error::Invalid { problem, .. }) = app.may_be_password(password, administrator)
    {
        bail!("このパスワードは使えません。{}", web::words::problem(problem));
    }
    for (number, person) in plan.people.iter().enumerate() {
        world::progress("職員を登録しています", number + 1, plan.people.len());
        let is_administrator = number == plan.administrator;
        let chosen = proven.password.as_ref().filter(|_| is_administrator);
        let password = chosen.cloned().unwrap_or_else(|| app.first_password());
        let new = NewPerson {
            login: person.login.clone(),
            name: person.name.clone(),
            kana: person.kana.clone(),
            section: SectionId::new(person.section.clone()),
        };
        let id = app
            .install_person(new, &password, chosen.is_none())
            .await
            .with_context(|| format!("「{}」を登録できません", person.login))?;
        for (post, unit) in &person.posts {
            app.install_post(&id, post, unit.as_deref())
                .await
                .with_context(|| format!("「{}」に職「{post}」を登録できません", person.login))?;
        }
        if is_administrator {
            if let Some(factor) = &proven.factor {
                app.install_second_factor(&id, factor).await.context("二要素認証を登録できません")?;
            }
            made.administrator.clone_from(&person.login);
            made.password = chosen.is_none().then(|| password.clone());
        } else {
            made.people += 1;
            passwords.push_str(&format!(
                "{},{},{password}\r\n",
                person.login,
                person.name.replace([',', '"'], " ")
            ));
        }
    }
    if made.administrator.is_empty() {
        bail!("最初の管理者が名簿にいません: {}", answers.administrator);
    }
    let path = stage.join("初期パスワード.csv");
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(passwords.as_bytes())?;
    file.sync_all()?;
    while app.seal().await? > 0 {}
    store.close().await;
    Ok(made)
}
