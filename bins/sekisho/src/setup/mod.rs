//! `sekisho setup`: the guided first run of a new body.
//!
//! Owns the command line, the file of answers that lets every step be left and continued, and the order: ask, show the
//! plan, write.
//! Leaves what follows from answers to `policy::setup`, asking at a terminal to [`ask`], the screen to [`screen`], writing to
//! [`apply`].
//!
//! Exit codes: 0 prepared, or the plan was shown; 3 answers are missing or wrong, and nothing is written; 2 wrong usage;
//! 1 failure.

mod apply;
mod ask;
mod screen;

use std::{
    io::{BufReader, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use app::{
    first_factor::{FirstFactor, OfferedFactor},
    ports::Clock as _,
};
use clap::Args;
use policy::{
    SourceFile,
    import::decode,
    setup::{ANSWERS_FORMAT, Answers, BodyPlan, SetupProblem, plan},
};

use crate::{
    packs,
    world::{self, SystemClock, SystemEntropy},
};

/// `sekisho setup`.
#[derive(Args)]
pub(crate) struct Options {
    /// 作る場所。設定ファイル・方針パック・データを置くフォルダー(空か、まだないもの)
    #[arg(long)]
    folder: PathBuf,
    /// 土台になる方針パックのフォルダー
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
    /// 答えを書いたファイル(形式は docs/first-run.md)。質問せずに進めます
    #[arg(long)]
    answers: Option<PathBuf>,
    /// 計画を表示するだけで、何も書きません(--answers とともに)
    #[arg(long, requires = "answers")]
    plan: bool,
    /// 端末ではなく画面で進めます。ループバックだけで開き、一回限りの合言葉を表示します
    #[arg(long, conflicts_with = "answers")]
    screen: bool,
    /// 画面のポート
    #[arg(long, default_value_t = 8450, requires = "screen")]
    port: u16,
    /// 準備ができたら、そのまま関所を動かします(serve と同じ)
    #[arg(long, conflicts_with = "plan")]
    serve: bool,
}

/// The exit code when answers are missing or wrong.
const UNANSWERED: u8 = 3;
/// Largest file of answers or roster.
const FILE_BYTES_MAX: u64 = 8 << 20;
/// Where answers are kept between steps.
const KEPT: &str = "setup-answers.json";

/// What a first run works with.
pub(crate) struct Ground {
    pub(crate) folder: PathBuf,
    pub(crate) policies: Vec<SourceFile>,
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or written, or the house cannot be prepared.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let (folder, serve) = (options.folder.clone(), options.serve);
    let config = folder.join("sekisho.toml");
    let done = prepare(options).await?;
    if !serve || !config.is_file() {
        return Ok(done);
    }
    world::say("関所を動かします。")?;
    crate::serve::run(crate::serve::Options { config }).await
}

/// Asks and writes. Unless everything was written there is no configuration afterwards.
async fn prepare(options: Options) -> anyhow::Result<ExitCode> {
    let ground = Ground { policies: packs::load(&options.policies)?, folder: options.folder.clone() };
    ground.refuse_overwriting()?;
    if options.screen {
        return screen::run(ground, options.port).await;
    }
    let Some(path) = &options.answers else {
        if !std::io::stdin().is_terminal() {
            world::note(
                "端末がありません。--answers ファイル で答えを渡すか、--screen で画面を開いてください(docs/first-run.md)。",
            );
            return Ok(ExitCode::from(2));
        }
        return at_the_terminal(&ground).await;
    };
    let answers = match read_answers(path) {
        Ok(answers) => answers,
        Err(error) => {
            world::complain(&error);
            return Ok(ExitCode::from(UNANSWERED));
        }
    };
    let plan = match plan(&answers, &ground.policies) {
        Ok(plan) => plan,
        Err(problems) => {
            world::note(&told(&problems));
            return Ok(ExitCode::from(UNANSWERED));
        }
    };
    world::say(&summary(&answers, &plan, &ground.folder))?;
    if options.plan {
        return Ok(ExitCode::SUCCESS);
    }
    // A script cannot hold an authenticator; a person who is there proves his before anything is written.
    let factor = if std::io::stdin().is_terminal() {
        let stdin = std::io::stdin();
        let mut conversation = ask::Conversation::new(BufReader::new(stdin.lock()), std::io::stdout());
        match offered(&mut conversation)? {
            Some(factor) => Some(factor),
            None => {
                world::note("何も書いていません。");
                return Ok(ExitCode::from(UNANSWERED));
            }
        }
    } else {
        None
    };
    let made = apply::write(&ground, &answers, &plan, apply::Proven { password: None, factor }).await?;
    world::say(&made.words(&ground.folder))?;
    Ok(ExitCode::SUCCESS)
}

fn offered<R: std::io::BufRead, W: std::io::Write>(
    conversation: &mut ask::Conversation<R, W>,
) -> anyhow::Result<Option<FirstFactor>> {
    conversation.second_factor(&OfferedFactor::draw(&SystemEntropy), &|| SystemClock.now())
}

async fn at_the_terminal(ground: &Ground) -> anyhow::Result<ExitCode> {
    let mut answers = ground.kept()?;
    let stdin = std::io::stdin();
    let mut conversation = ask::Conversation::new(BufReader::new(stdin.lock()), std::io::stdout());
    let finished = conversation.all(&mut answers, &ground.policies, &|answers| ground.keep(answers))?;
    let Some(plan) = finished else {
        world::note("ここまでの答えを残しました。同じ命令で続きから始められます。");
        return Ok(ExitCode::from(UNANSWERED));
    };
    world::say(&summary(&answers, &plan, &ground.folder))?;
    if !conversation.yes("この内容で書き込みますか")? {
        world::note("何も書いていません。同じ命令で続きから始められます。");
        return Ok(ExitCode::from(UNANSWERED));
    }
    let Some(factor) = offered(&mut conversation)? else {
        world::note("何も書いていません。同じ命令で続きから始められます。");
        return Ok(ExitCode::from(UNANSWERED));
    };
    drop(conversation);
    let proven = apply::Proven { password: None, factor: Some(factor) };
    let made = apply::write(ground, &answers, &plan, proven).await?;
    ground.forget()?;
    world::say(&made.words(&ground.folder))?;
    Ok(ExitCode::SUCCESS)
}

impl Ground {
    /// What this run would write must not be there.
    pub(crate) fn refuse_overwriting(&self) -> anyhow::Result<()> {
        for name in apply::MADE {
            let path = self.folder.join(name);
            if path.symlink_metadata().is_ok() {
                bail!("{} がもうあります。準備は1度だけです。上書きはしません", path.display());
            }
        }
        Ok(())
    }

    /// The answers of an earlier sitting.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn kept(&self) -> anyhow::Result<Answers> {
        let path = self.folder.join(KEPT);
        if path.symlink_metadata().is_err() {
            return Ok(Answers { format: ANSWERS_FORMAT, ..Answers::default() });
        }
        let about = || format!("前の答えを読めません: {}。消すと初めから始められます", path.display());
        serde_json::from_str(&read_text(&path)?).with_context(about)
    }

    /// Keeps the answers so far. They hold no password.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn keep(&self, answers: &Answers) -> anyhow::Result<()> {
        let path = self.folder.join(KEPT);
        let about = || format!("答えを残せません: {}", path.display());
        std::fs::create_dir_all(&self.folder).with_context(about)?;
        let text = serde_json::to_string_pretty(answers).with_context(about)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).with_context(about)?;
        file.write_all(text.as_bytes()).with_context(about)?;
        file.persist(&path).with_context(about)?;
        Ok(())
    }

    /// Removes them once everything is written.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn forget(&self) -> anyhow::Result<()> {
        match std::fs::remove_file(self.folder.join(KEPT)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context("使い終わった答えのファイルを消せません")
            }
            _ => Ok(()),
        }
    }
}

/// Reads a file of answers and the roster beside it.
fn read_answers(path: &Path) -> anyhow::Result<Answers> {
    let text = read_text(path)?;
    let mut answers: Answers = toml::from_str(&text)
        .map_err(|e| anyhow::anyhow!("{}", e.to_string().trim_end()))
        .with_context(|| format!("答えのファイルに誤りがあります: {}", path.display()))?;
    if !answers.roster_file.is_empty() {
        if !answers.roster.is_empty() {
            bail!("roster と roster_file は、どちらか一つだけを書いてください: {}", path.display());
        }
        let beside = path.parent().unwrap_or(Path::new(".")).join(&answers.roster_file);
        answers.roster = read_text(&beside)?;
        answers.roster_file.clear();
    }
    Ok(answers)
}

/// A text in any encoding that a spreadsheet or an editor writes.
fn read_text(path: &Path) -> anyhow::Result<String> {
    let about = || format!("読めません: {}", path.display());
    if std::fs::metadata(path).with_context(about)?.len() > FILE_BYTES_MAX {
        bail!("{}({} MiB を超えています)", about(), FILE_BYTES_MAX >> 20);
    }
    let bytes = std::fs::read(path).with_context(about)?;
    let decoded = decode(&bytes)
        .map_err(|e| anyhow::anyhow!("{}{}", e.words_ja().0, e.words_ja().1))
        .with_context(about)?;
    if decoded.damaged > 0 {
        bail!("{}(読めない文字が {} あります。UTF-8 で保存し直してください)", about(), decoded.damaged);
    }
    Ok(decoded.text)
}

/// Problems, one to a line, in the order of the steps.
pub(crate) fn told(problems: &[SetupProblem]) -> String {
    let mut lines = vec!["まだ始められません。".to_owned()];
    let mut step = None;
    for problem in problems {
        if step != Some(problem.step) {
            lines.push(format!("■ {}", problem.step.title_ja()));
            step = Some(problem.step);
        }
        lines.push(format!("  {} {}", problem.message, problem.instead));
    }
    lines.join("\n")
}

/// The plan in words: everything that will be written, before it is.
pub(crate) fn summary(answers: &Answers, plan: &BodyPlan, folder: &Path) -> String {
    let administrator = plan.people.get(plan.administrator).map(|p| p.login.as_str()).unwrap_or_default();
    let mut lines = vec![
        format!("{}({}) の計画", answers.municipality.name.trim(), answers.municipality.code.trim()),
        format!("  土台: {}。方針の層 {} を作ります", answers.pack, answers.id),
        format!("  遵守事項: {} 件", plan.pack.statements().len()),
        format!(
            "  職員: {} 人、部 {}、課 {}",
            plan.people.len(),
            plan.pack.departments().len(),
            plan.pack.sections().len()
        ),
    ];
    for zone in plan.pack.zones() {
        if let Some(listener) = answers.listeners.get(&zone.id) {
            lines.push(format!("  系「{}」: https://{}/", zone.label, listener.address.trim()));
        }
    }
    let set = answers.parameters.values().filter(|v| !v.trim().is_empty()).count();
    lines.push(format!(
        "  定める値: {set} 件を定め、{} 件は未設定のまま(画面に未設定と出ます)",
        plan.unset.len()
    ));
    lines.push(format!("  最初の管理者: {administrator}"));
    lines.push(format!("  台帳の名前: {}(後から変えられません)", answers.ledger));
    lines.push(format!("  データベース: {}", database_words(&answers.database)));
    lines.push(format!("  作るもの: {}", folder.display()));
    for name in apply::MADE {
        lines.push(format!("    {name}"));
    }
    lines.join("\n")
}

/// Where the database is, without the password that its address may hold.
fn database_words(address: &str) -> String {
    match address.trim().split_once("://") {
        None => "作る場所のファイル(SQLite)".to_owned(),
        Some((_, rest)) => {
            let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
            format!("PostgreSQL {}", place.split('?').next().unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_a_database_is_not_shown() {
        for (address, words) in [
            ("", "作る場所のファイル(SQLite)"),
            ("postgres://db.example/house", "PostgreSQL db.example/house"),
            ("postgres://u:p%40ss@db.example:5433/house?sslmode=require", "PostgreSQL db.example:5433/house"),
        ] {
            assert_eq!(database_words(address), words, "{address}");
        }
    }

    #[test]
    fn answers_are_kept_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let ground = Ground { folder: dir.path().join("new"), policies: Vec::new() };
        assert_eq!(ground.kept().unwrap().format, ANSWERS_FORMAT);
        let answers =
            Answers { format: 1, pack: "base".into(), roster: "a,b\n\"c\"\n".into(), ..Answers::default() };
        ground.keep(&answers).unwrap();
        assert_eq!(ground.kept().unwrap(), answers);
        ground.forget().unwrap();
        ground.forget().unwrap();
        assert_eq!(ground.kept().unwrap().pack, "");
    }

    #[test]
    fn what_is_there_is_never_overwritten() {
        for name in apply::MADE {
            let dir = tempfile::tempdir().unwrap();
            let ground = Ground { folder: dir.path().to_owned(), policies: Vec::new() };
            ground.refuse_overwriting().unwrap();
            std::fs::write(dir.path().join(name), "").unwrap();
            assert!(ground.refuse_overwriting().is_err(), "{name}");
        }
    }

    #[test]
    fn slips_in_the_file_of_answers_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("答え.toml");
        for (text, says) in [
            (&b"format = 1\npack = "[..], "答えのファイルに誤りがあります"),
            (b"format = 1\npuck = \"base\"\n", "puck"),
            (b"format = \"one\"\n", "format"),
            (b"format = 1\nroster = \"x\"\nroster_file = \"y\"\n", "どちらか一つ"),
            (b"format = 1\nroster_file = \"missing.csv\"\n", "missing.csv"),
            (&[0xff, 0xfe, 0x00], "読めません"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = format!("{:#}", read_answers(&path).unwrap_err());
            assert!(error.contains(says), "{error}, not {says}");
        }
        // CP932, as a spreadsheet saves it, is read.
        let (bytes, _) = ("format = 1\nroster_file = \"名簿.csv\"\n", ());
        std::fs::write(&path, bytes).unwrap();
        let cp932 = [0x8e, 0x81, 0x96, 0xbc, 0x0a];
        std::fs::write(dir.path().join("名簿.csv"), cp932).unwrap();
        assert_eq!(read_answers(&path).unwrap().roster, "氏名\n");
    }
}
