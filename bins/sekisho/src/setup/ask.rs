//! Asking at a terminal, line by line, so that it works over any connection and can be tested.
//!
//! Owns the questions, what is repeated when an answer cannot be taken, and leaving: an empty line keeps what is shown in
//! brackets, `!` leaves with everything kept.
//! Leaves what is right to `policy::setup`.

use std::io::{BufRead, Write};

use anyhow::Context as _;
use app::first_factor::{FirstFactor, OfferedFactor};
use policy::{
    Library, Pack, SourceFile,
    setup::{
        Answers, BodyPlan, Listener, ROSTER_HEAD, Roster, SetupProblem, Step, plan, questions, unit_ja, value,
    },
};
use workflow::Millis;

/// Longest line that is read, in bytes.
const LINE_BYTES_MAX: u64 = 1 << 20;
/// Errors of a roster that are shown at once.
const ERRORS_SHOWN: usize = 10;

/// Who leaves is told nothing is lost.
struct Left;

type Asked<T> = anyhow::Result<Result<T, Left>>;

/// A terminal, or what stands in for one.
pub(crate) struct Conversation<R, W> {
    input: R,
    output: W,
}

macro_rules! or_leave {
    ($asked:expr) => {
        match $asked? {
            Ok(answer) => answer,
            Err(Left) => return Ok(Err(Left)),
        }
    };
}

impl<R: BufRead, W: Write> Conversation<R, W> {
    pub(crate) fn new(input: R, output: W) -> Self {
        Self { input, output }
    }

    /// Asks step by step until the plan stands; `None` when the person left. `keep` is called after every step.
    ///
    /// # Errors
    /// When the terminal is gone, or the answers cannot be kept.
    pub(crate) fn all(
        &mut self,
        answers: &mut Answers,
        policies: &[SourceFile],
        keep: &dyn Fn(&Answers) -> anyhow::Result<()>,
    ) -> anyhow::Result<Option<BodyPlan>> {
        self.say("関所の準備を始めます。空の行は [ ] の中の値のまま、! で中断します(答えは残ります)。")?;
        let mut asked: Option<Step> = None;
        loop {
            let problems = match plan(answers, policies) {
                Ok(plan) => return Ok(Some(plan)),
                Err(problems) => problems,
            };
            let Some(step) = problems.first().map(|p| p.step) else { return Ok(None) };
            self.say(&format!(
                "\n[{}/{}] {}",
                Step::ALL.iter().position(|s| *s == step).map_or(0, |n| n + 1),
                Step::ALL.len(),
                step.title_ja()
            ))?;
            // What is wrong is said when the step comes again, or was answered in an earlier sitting.
            if asked == Some(step) || answered(answers, step) {
                for problem in problems.iter().filter(|p| p.step == step).take(ERRORS_SHOWN) {
                    self.say(&format!("  ✗ {} {}", problem.message, problem.instead))?;
                }
            }
            asked = Some(step);
            let outcome = self.step(step, answers, policies, &problems)?;
            keep(answers)?;
            if outcome.is_err() {
                return Ok(None);
            }
        }
    }

    fn step(
        &mut self,
        step: Step,
        answers: &mut Answers,
        policies: &[SourceFile],
        problems: &[SetupProblem],
    ) -> Asked<()> {
        let library = Library::new(policies);
        if step == Step::Pack {
            self.say("  選べる方針:")?;
            for id in library.packs() {
                let title = library.resolve(id).map(|r| r.pack.title().to_owned()).unwrap_or_default();
                self.say(&format!("    {id}  {title}"))?;
            }
            answers.pack = or_leave!(self.ask("土台にする方針", &or(&answers.pack, "base")));
            answers.id = or_leave!(self.ask("自団体の層の名前(英小文字。例: yukimi)", &answers.id));
            return Ok(Ok(()));
        }
        let below = library
            .resolve(&answers.pack)
            .map_err(|_| anyhow::anyhow!("方針「{}」に誤りがあります", answers.pack))?
            .pack;
        match step {
            Step::Pack => Ok(Ok(())),
            Step::Municipality => self.municipality(answers),
            Step::People => self.people(answers, &below),
            Step::Zones => self.zones(answers, &below),
            Step::Parameters => self.parameters(answers, &below, problems),
            Step::Administrator => {
                answers.administrator =
                    or_leave!(self.ask("最初の管理者のログインID(名簿の人)", &answers.administrator));
                Ok(Ok(()))
            }
        }
    }

    fn municipality(&mut self, answers: &mut Answers) -> Asked<()> {
        let m = &mut answers.municipality;
        m.name = or_leave!(self.ask("団体の名前(例: 雪見市)", &m.name));
        m.kana = or_leave!(self.ask("ふりがな(なくてもよい)", &m.kana));
        m.code = or_leave!(self.ask("全国地方公共団体コード(6桁)", &m.code));
        answers.effective_from =
            or_leave!(self.ask("施行日(例: 令和8年4月1日。なくてもよい)", &answers.effective_from));
        let ledger = or(&answers.ledger, &format!("sekisho.{}/ledger", answers.id));
        answers.ledger = or_leave!(self.ask("台帳の名前(後から変えられません)", &ledger));
        Ok(Ok(()))
    }

    fn people(&mut self, answers: &mut Answers, below: &Pack) -> Asked<()> {
        let titles: Vec<&str> = below.posts().iter().map(|p| p.title.as_str()).collect();
        self.say(&format!("  見出しは {}。職は: {}", ROSTER_HEAD.join(","), titles.join("、")))?;
        let path = or_leave!(self.ask("名簿のCSVファイル(表計算ソフトで保存したもの)", ""));
        if path.is_empty() {
            return Ok(Ok(()));
        }
        match super::read_text(std::path::Path::new(&path)) {
            Ok(text) => {
                let roster = Roster::read(&text, below);
                self.say(&format!(
                    "  {} 人、部 {}、課 {} を読みました。誤りは {} 件です。",
                    roster.people.len(),
                    roster.departments.len(),
                    roster.sections.len(),
                    roster.errors.len()
                ))?;
                answers.roster = text;
            }
            Err(error) => self.say(&format!("  ✗ {error:#}"))?,
        }
        Ok(Ok(()))
    }

    fn zones(&mut self, answers: &mut Answers, below: &Pack) -> Asked<()> {
        for zone in below.zones() {
            self.say(&format!("  系 {}: {}", zone.id, zone.description))?;
            let label = answers.zones.get(&zone.id).unwrap_or(&zone.label).clone();
            let label = or_leave!(self.ask("  呼び名", &label));
            answers.zones.insert(zone.id.clone(), label);
            let before = answers.listeners.get(&zone.id).cloned().unwrap_or_default();
            let address =
                or_leave!(self.ask("  待受けのアドレスとポート(例: 192.0.2.10:443)", &before.address));
            let certificate = or(&before.certificate, &format!("tls/{}.pem", zone.id));
            let certificate = or_leave!(self.ask("  証明書(PEM)", &certificate));
            let key = or(&before.private_key, &format!("tls/{}.key", zone.id));
            let private_key = or_leave!(self.ask("  その鍵(PEM)", &key));
            answers.listeners.insert(zone.id.clone(), Listener { address, certificate, private_key });
        }
        answers.listeners.retain(|id, _| below.zone(id).is_some());
        answers.database =
            or_leave!(self.ask(
                "データベース(PostgreSQLなら postgres://…。空なら作る場所のファイル)",
                &answers.database
            ));
        Ok(Ok(()))
    }

    /// Needed values one by one; those that may stay open only when the person wants to.
    fn parameters(&mut self, answers: &mut Answers, below: &Pack, problems: &[SetupProblem]) -> Asked<()> {
        let wrong = |id: &str| problems.iter().any(|p| p.step == Step::Parameters && p.field == id);
        answers.decided = or_leave!(
            self.ask("値を誰がいつ決めたか(例: 令和8年3月24日 情報セキュリティ委員会)", &answers.decided)
        );
        for question in questions(below) {
            let parameter = &question.parameter;
            let known = answers.parameters.get(&parameter.id).filter(|v| !v.trim().is_empty());
            if question.needed_for.is_empty()
                || parameter.value.is_some()
                || (known.is_some() && !wrong(&parameter.id))
            {
                continue;
            }
            self.say(&format!("  {}({})", parameter.title, question.clause))?;
            self.say(&format!("    なぜ: {}に要ります。", question.needed_for))?;
            let suggested = parameter.suggested.as_ref().map(ToString::to_string).unwrap_or_default();
            let asked = format!("    値{}(括弧の中は目安)", unit_ja(parameter.kind));
            loop {
                let typed = or_leave!(self.ask(&asked, &suggested));
                match value(parameter, &typed) {
                    Ok(_) => {
                        answers.parameters.insert(parameter.id.clone(), typed);
                        break;
                    }
                    Err((message, instead)) => self.say(&format!("    ✗ {message} {instead}"))?,
                }
            }
        }
        Ok(Ok(()))
    }

    /// A yes or a no; anything else is a no.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(crate) fn yes(&mut self, question: &str) -> anyhow::Result<bool> {
        Ok(matches!(self.ask(&format!("{question}(はい/いいえ)"), "いいえ")?, Ok(answer) if answer == "はい"))
    }

    /// Shows a secret for an authenticator application and asks for a code of it, until one is right; `None` when the person
    /// left.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(crate) fn second_factor(
        &mut self,
        offered: &OfferedFactor,
        now: &dyn Fn() -> Millis,
    ) -> anyhow::Result<Option<FirstFactor>> {
        self.say("\n最初の管理者の二要素認証を登録します。認証アプリに、次の文字を入れてください。")?;
        let secret: Vec<char> = offered.secret_base32().chars().collect();
        let groups: Vec<String> = secret.chunks(4).map(|group| group.iter().collect()).collect();
        self.say(&format!("  {}", groups.join(" ")))?;
        loop {
            let Ok(code) = self.ask("認証アプリに出た6桁の数字", "")? else { return Ok(None) };
            match offered.prove(&code, now()) {
                Ok(proven) => return Ok(Some(proven)),
                Err(_) => {
                    self.say("  ✗ 数字が違います。この機械の時計が合っているかも確かめてください。! で中断します。")?;
                }
            }
        }
    }

    fn ask(&mut self, question: &str, now: &str) -> Asked<String> {
        if now.is_empty() {
            write!(self.output, "{question}: ")?;
        } else {
            write!(self.output, "{question} [{now}]: ")?;
        }
        self.output.flush()?;
        let mut line = String::new();
        let read = std::io::Read::take(&mut self.input, LINE_BYTES_MAX)
            .read_line(&mut line)
            .context("答えを読めません")?;
        let typed = line.trim();
        Ok(match typed {
            // The end of the input is leaving, too.
            _ if read == 0 => Err(Left),
            "!" | "！" => Err(Left),
            "" => Ok(now.to_owned()),
            typed => Ok(typed.to_owned()),
        })
    }

    fn say(&mut self, text: &str) -> anyhow::Result<()> {
        writeln!(self.output, "{text}").context("表示できません")
    }
}

/// Whether a step has any answer yet.
fn answered(answers: &Answers, step: Step) -> bool {
    match step {
        Step::Pack => !answers.pack.is_empty(),
        Step::Municipality => !answers.municipality.name.is_empty(),
        Step::People => !answers.roster.is_empty(),
        Step::Zones => !answers.listeners.is_empty(),
        Step::Parameters => !answers.parameters.is_empty(),
        Step::Administrator => !answers.administrator.is_empty(),
    }
}

fn or(now: &str, otherwise: &str) -> String {
    if now.is_empty() { otherwise.to_owned() } else { now.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::packs;

    fn policies() -> Vec<SourceFile> {
        packs::load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")).unwrap()
    }

    /// Answers these lines; what was kept last, and whether the plan stood.
    fn talk(answers: &mut Answers, lines: &str) -> (String, Answers, bool) {
        let mut output = Vec::new();
        let kept = RefCell::new(Answers::default());
        let mut conversation = Conversation::new(lines.as_bytes(), &mut output);
        let plan = conversation
            .all(answers, &policies(), &|a| {
                kept.replace(a.clone());
                Ok(())
            })
            .unwrap();
        (String::from_utf8(output).unwrap(), kept.into_inner(), plan.is_some())
    }

    #[test]
    fn every_step_can_be_left_and_continued() {
        let dir = tempfile::tempdir().unwrap();
        let roster = dir.path().join("名簿.csv");
        std::fs::write(
            &roster,
            "ログインID,氏名,ふりがな,部,課,職\nsuzuki,鈴木 望,すずき のぞみ,総務部,情報課,情報システム主管課長\n",
        )
        .unwrap();
        let mut answers = Answers { format: 1, ..Answers::default() };
        // A wrong name of a layer is asked again; then the person leaves in the middle of the second step.
        let (said, kept, stood) = talk(&mut answers, "base\nYuki\n\nyukimi\n雪見市\n!\n");
        assert!(!stood && said.contains("層の名前「Yuki」は使えません"), "{said}");
        assert_eq!((kept.id.as_str(), kept.municipality.name.as_str()), ("yukimi", "雪見市"));
        // The next sitting goes on with that step. A wrong check digit comes back with the right one.
        let (said, kept, stood) =
            talk(&mut answers, "\n\n012345\n\n\n\n\n992011\n令和元年13月1日\n\n\n\n\n令和8年4月1日\n\n!\n");
        assert!(!stood && said.contains("検査数字が合いません") && said.contains("暦にありません"), "{said}");
        assert_eq!(kept.ledger, "sekisho.yukimi/ledger");
        let mut lines = format!("{}\n", roster.display());
        for port in [8441, 8442, 8443] {
            lines.push_str(&format!("\n127.0.0.1:{port}\n\n\n"));
        }
        // An address that is none of a database, then the same step once more with the file.
        lines.push_str("mysql://db/house\n");
        lines.push_str(&"\n".repeat(12));
        lines.push_str("postgres://sekisho@db.example/house\n");
        lines.push_str("令和8年3月24日 委員会\n9999999\n");
        lines.push_str(&"\n".repeat(60));
        let (said, _, stood) = talk(&mut answers, &lines);
        assert!(!stood && said.contains("なぜ: ") && said.contains("までの数で書いてください"), "{said}");
        let (said, kept, stood) = talk(&mut answers, "suzuki\n");
        assert!(stood, "{said}");
        assert_eq!(kept.administrator, "suzuki");
        assert_eq!(kept.database, "postgres://sekisho@db.example/house");
    }

    #[test]
    fn a_second_factor_is_proven_before_anything_is_written() {
        const NOW: Millis = 1_795_233_240_000;
        let offered = OfferedFactor::draw(&crate::world::SystemEntropy);
        let secret = totp_rs::Secret::try_from_base32(offered.secret_base32()).unwrap();
        let application = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        let code = application.generate(u64::try_from(NOW / 1_000).unwrap()).to_string();
        let prove = |lines: &str| {
            let mut output = Vec::new();
            let proven = Conversation::new(lines.as_bytes(), &mut output).second_factor(&offered, &|| NOW);
            (proven.unwrap().is_some(), String::from_utf8(output).unwrap())
        };
        let (proven, said) = prove(&format!("000\n{code}\n"));
        assert!(proven && said.contains("数字が違います"), "{said}");
        for left in ["!\n", "", "12\n!\n"] {
            assert!(!prove(left).0, "{left:?}");
        }
    }
}
