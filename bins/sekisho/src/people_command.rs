//! `sekisho people`: personnel changes at the machine itself.
//!
//! Owns the commands and what they print. Works on the data of a house that runs or does not; it only reads: a plan is made, approved
//! and applied through the house alone. Leaves what a table means to `app` and `workflow`, opening it to a cell.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, bail};
use app::{
    model::{PAGE_ROWS_MAX, PageRequest},
    ports::Clock as _,
    register_imports::{FILE_BYTES_MAX, TableRefusal},
    rosters::{
        RosterDraft, RosterInput, RosterReader, post_shown,
        store::{EntryPart, Outcome, PlannedEntry, RosterStore as _},
    },
};
use clap::{Subcommand, ValueEnum};
use policy::{Pack, wareki};
use serde_json::{Value as Json, json};
use tokio::io::AsyncRead;
use web::words::{register_tables, rosters as words};
use worker_client::{CellConfig, CellPool};
use workflow::{
    id::{RosterPlanId, SectionId},
    roster::{self, Entry, Kind, Standing, Vacancy, life::RosterPlan},
};

use crate::{
    house,
    machine::{At, House},
    world::{self, SystemClock},
};

/// The exit code when a table cannot be taken as it is.
const NOT_TAKEN: u8 = 3;
/// Lines of one read.
const LINES: u32 = 1_000;

/// What the lines of a table are.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Form {
    /// 変わる人だけの表
    Changes,
    /// 全職員の名簿。載っていない人は退職になります
    Whole,
}

/// What can be done.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// 人事異動の表(xlsx、xls、ods、csv)を読み、だれがどう変わるかを表示します。何も保存せず、だれも変えません。
    /// 終了コード: 0 このまま取り込める、3 直すところがある、1 失敗
    Plan {
        #[command(flatten)]
        at: At,
        /// 表のファイル。「-」は標準入力(CSV)
        file: PathBuf,
        /// 異動の日(例: 2027-04-01、令和9年4月1日)。書かなければ今日
        #[arg(long)]
        date: Option<String>,
        /// 表の種類
        #[arg(long, value_enum, default_value = "changes")]
        form: Form,
        /// シートの名前。書かなければ、見出しが合う最初のシート
        #[arg(long)]
        sheet: Option<String>,
        /// 暗号化されたファイルのパスワード
        #[arg(long)]
        password: Option<String>,
        /// JSONで表示します(形式は docs/format-api.md)
        #[arg(long)]
        json: bool,
    },
    /// 計画の一覧を、新しい順に表示します
    List {
        #[command(flatten)]
        at: At,
        /// JSONで表示します
        #[arg(long)]
        json: bool,
    },
    /// 一つの計画を、一人ずつの結果とともに表示します
    Show {
        #[command(flatten)]
        at: At,
        /// 計画のid(一覧で見られます)
        plan: String,
        /// JSONで表示します
        #[arg(long)]
        json: bool,
    },
}

/// Runs a command.
///
/// # Errors
/// With what could not be read, and in which words that is wrong.
pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Plan { at, file, date, form, sheet, password, json } => {
            let input = RosterInput {
                form: match form {
                    Form::Changes => roster::Form::Changes,
                    Form::Whole => roster::Form::Whole,
                },
                untrusted_day: date
                    .unwrap_or_else(|| web::dates::iso(SystemClock.now()).chars().take(10).collect()),
                sheet,
                password,
            };
            plan(&House::open(&at).await?, &file, &input, json).await
        }
        Command::List { at, json } => list(&House::open(&at).await?, json).await,
        Command::Show { at, plan, json } => show(&House::open(&at).await?, &plan, json).await,
    }
}

async fn plan(house: &House, file: &PathBuf, input: &RosterInput, as_json: bool) -> anyhow::Result<ExitCode> {
    let (name, untrusted): (String, Box<dyn AsyncRead + Send + Unpin>) = if file.as_os_str() == "-" {
        ("標準入力.csv".to_owned(), Box::new(tokio::io::stdin()))
    } else {
        let opened =
            tokio::fs::File::open(file).await.with_context(|| format!("開けません: {}", file.display()))?;
        let bytes = opened.metadata().await.with_context(|| format!("読めません: {}", file.display()))?.len();
        if bytes > FILE_BYTES_MAX {
            bail!("{} が大きすぎます(上限 {} MiB)", file.display(), FILE_BYTES_MAX >> 20);
        }
        let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        (name, Box::new(opened))
    };
    let cells = CellPool::new(CellConfig {
        spare: 0,
        running_max: 1,
        notes: web::words::notes(),
        ..CellConfig::new(house::worker_beside()?)
    });
    let reader = RosterReader::new(&house.store, &house.pack, SystemClock.now());
    let read = match reader.read(&cells, &name, untrusted, input).await {
        Ok(read) => read,
        Err(app::Error::Invalid { field: "day", problem }) => {
            bail!("異動の日「{}」: {}", input.untrusted_day, day(problem))
        }
        Err(error) => return Err(error).context("表を確かめられません"),
    };
    match read {
        Ok(draft) => told(&house.pack, &draft, as_json),
        Err(refusal) => refused(&refusal, as_json),
    }
}

/// Why a day cannot be that of a plan.
fn day(problem: &str) -> &'static str {
    match problem {
        "past" => "過ぎた日です。今日からあとの日を書いてください。",
        "not-allowed" => "2年より先です。",
        _ => "暦にある日付を書いてください(例: 2027-04-01、令和9年4月1日)。",
    }
}

fn refused(refusal: &TableRefusal, as_json: bool) -> anyhow::Result<ExitCode> {
    let said = register_tables::refusal(refusal);
    let headings: Vec<String> = match refusal {
        TableRefusal::Headings { problems, .. } => problems.iter().map(register_tables::heading).collect(),
        _ => Vec::new(),
    };
    if as_json {
        let told = json!({ "format": 1, "refused": said.line(), "headings": headings });
        world::say(&serde_json::to_string_pretty(&told)?)?;
    } else {
        world::say(&said.line())?;
        for heading in &headings {
            world::say(&format!("  {heading}"))?;
        }
    }
    Ok(ExitCode::from(NOT_TAKEN))
}

fn told(pack: &Pack, draft: &RosterDraft, as_json: bool) -> anyhow::Result<ExitCode> {
    let problems = &draft.plan.problems;
    if as_json {
        let counts: serde_json::Map<String, Json> =
            Kind::ALL.iter().map(|kind| (kind.id().to_owned(), json!(draft.plan.count(*kind)))).collect();
        let told = json!({
            "format": 1,
            "file": draft.file,
            "sheet": draft.sheet,
            "other_sheets": draft.other_sheets,
            "unknown_headings": draft.lines.headings.iter().filter(|h| !h.is_known).map(|h| &h.untrusted_title).collect::<Vec<_>>(),
            "day": draft.day,
            "counts": counts,
            "unchanged": draft.plan.unchanged,
            "problems": problems.iter().map(|p| json!({
                "line": p.line,
                "column": p.title,
                "problem": p.what.id(),
                "words": words::line(&p.what),
            })).collect::<Vec<_>>(),
            "vacancies": draft.vacancies.iter().map(vacancy_json).collect::<Vec<_>>(),
            "people": draft.plan.entries.iter().map(entry_json).collect::<Vec<_>>(),
        });
        world::say(&serde_json::to_string_pretty(&told)?)?;
    } else {
        let sheet =
            if draft.sheet.is_empty() { String::new() } else { format!("のシート「{}」", draft.sheet) };
        world::say(&format!("{}{sheet} {}", draft.file, wareki(&draft.day)))?;
        for problem in problems {
            let column = match words::column(&problem.title) {
                "" => "行全体",
                title => title,
            };
            world::say(&format!("{}行目「{column}」: {}", problem.line, words::line(&problem.what)))?;
        }
        for entry in &draft.plan.entries {
            world::say(&entry_line(pack, entry))?;
        }
        for vacancy in &draft.vacancies {
            let role = vacancy.role.as_deref().map_or("代決", |role| pack.role_title(role));
            world::say(&format!("いなくなる職: {}({role})", post_shown(pack, &vacancy.post)))?;
        }
        let counted = Kind::ALL.iter().map(|kind| (words::kind(*kind).0, draft.plan.count(*kind)));
        let counted: Vec<String> = counted
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| format!("{word} {count}人"))
            .collect();
        world::say(&match (problems.is_empty(), counted.is_empty()) {
            (false, _) => format!("直すところが{}件あります。", problems.len()),
            (true, true) => "変わる人はいません。".to_owned(),
            (true, false) => format!("{}。このまま取り込めます。だれも変えていません。", counted.join("、")),
        })?;
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NOT_TAKEN) })
}

fn section_name(pack: &Pack, section: &SectionId) -> String {
    pack.section(section.as_str()).map_or_else(|| section.to_string(), |s| s.name.clone())
}

/// One person in one line: who, what becomes of him, and what is different.
fn entry_line(pack: &Pack, entry: &Entry) -> String {
    let posts = |standing: &Standing| {
        standing.posts.iter().map(|post| post_shown(pack, post)).collect::<Vec<_>>().join("、")
    };
    let mut changes = Vec::new();
    let mut change = |title: &str, old: String, new: String| {
        if old != new {
            changes.push(format!("{title} {} → {}", none(&old), none(&new)));
        }
    };
    let before = entry.before.as_ref();
    change("氏名", before.map(|b| b.name.clone()).unwrap_or_default(), entry.after.name.clone());
    let from = before.map(|b| section_name(pack, &b.section)).unwrap_or_default();
    change("所属", from, section_name(pack, &entry.after.section));
    change("職", before.map(&posts).unwrap_or_default(), posts(&entry.after));
    let mail_before = entry.mail_before.as_ref();
    change(
        words::mail_change(mail_before),
        mail_before.map(|before| before.address.clone()).unwrap_or_default(),
        entry.mail.clone().unwrap_or_default(),
    );
    let changes = if changes.is_empty() { String::new() } else { format!(": {}", changes.join("、")) };
    format!("{} {} {}{changes}", entry.login, entry.after.name, words::kind(entry.kind).0)
}

fn none(text: &str) -> &str {
    if text.is_empty() { "(なし)" } else { text }
}

fn standing_json(standing: &Standing) -> Json {
    json!({
        "name": standing.name,
        "section": standing.section.as_str(),
        "enabled": standing.enabled,
        "posts": standing.posts.iter().map(|p| json!({ "post": p.post, "unit": p.unit })).collect::<Vec<_>>(),
    })
}

fn entry_json(entry: &Entry) -> Json {
    json!({
        "login": entry.login,
        "kind": entry.kind.id(),
        "before": entry.before.as_ref().map(standing_json),
        "after": standing_json(&entry.after),
        "mail": entry.mail,
        "mail_before": entry.mail_before,
        "lines": entry.lines,
    })
}

fn vacancy_json(vacancy: &Vacancy) -> Json {
    json!({ "post": vacancy.post.post, "unit": vacancy.post.unit, "role": vacancy.role })
}

fn plan_json(plan: &RosterPlan) -> Json {
    json!({
        "id": plan.id.as_str(),
        "day": plan.day,
        "stage": plan.stage.id(),
        "form": plan.form.id(),
        "source": plan.source,
        "digest": plan.digest,
        "request": plan.request,
        "counts": plan.counts,
        "results": plan.results,
    })
}

fn plan_line(plan: &RosterPlan) -> String {
    let c = &plan.counts;
    let counts = [
        (Kind::Join, c.join),
        (Kind::Move, c.moved),
        (Kind::Leave, c.leave),
        (Kind::Suspend, c.suspend),
        (Kind::Resume, c.resume),
        (Kind::Rename, c.rename),
    ];
    let counts = counts.iter().filter(|(_, count)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(kind, count)| format!("{} {count}", words::kind(*kind).0)).collect();
    format!("{} {} {} {}", plan.id, plan.day, words::stage(plan.stage).0, counts.join("、"))
}

async fn list(house: &House, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut plans = Vec::new();
    let mut page = PageRequest { after: None, limit: PAGE_ROWS_MAX };
    loop {
        let part = house.store.roster_plans(&page).await.context("計画を読めません")?;
        plans.extend(part.rows);
        page.after = part.next;
        if page.after.is_none() {
            break;
        }
    }
    if as_json {
        let plans: Vec<Json> = plans.iter().map(plan_json).collect();
        world::say(&serde_json::to_string_pretty(&json!({ "format": 1, "plans": plans }))?)?;
    } else if plans.is_empty() {
        world::say("人事異動の計画はまだありません。")?;
    } else {
        for plan in &plans {
            world::say(&plan_line(plan))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(house: &House, id: &str, as_json: bool) -> anyhow::Result<ExitCode> {
    let id = RosterPlanId::new(id);
    let found = house.store.roster_plan(&id).await.context("計画を読めません")?;
    let plan = found.with_context(|| format!("計画「{id}」はありません。計画は people list で見られます"))?;
    let mut lines: Vec<PlannedEntry> = Vec::new();
    loop {
        let after = lines.last().map(|line| line.place).unwrap_or_default();
        let part = house.store.roster_entries(&id, &EntryPart::All, after, LINES).await;
        let part = part.context("計画を読めません")?;
        if part.is_empty() {
            break;
        }
        lines.extend(part);
    }
    if as_json {
        let people = lines.iter().map(|line| {
            let mut told = entry_json(&line.entry);
            if let Some(told) = told.as_object_mut() {
                told.insert("outcome".to_owned(), json!(line.outcome.map(Outcome::id)));
                told.insert("why".to_owned(), json!(line.why.lines().collect::<Vec<_>>()));
            }
            told
        });
        let people: Vec<Json> = people.collect();
        let mut told = plan_json(&plan);
        if let Some(told) = told.as_object_mut() {
            told.insert("format".to_owned(), json!(1));
            told.insert("people".to_owned(), json!(people));
        }
        world::say(&serde_json::to_string_pretty(&told)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    world::say(&plan_line(&plan))?;
    world::say(&format!("  元の表: {}", plan.source))?;
    for line in &lines {
        let outcome = line.outcome.map_or_else(String::new, |o| format!(" [{}]", words::outcome(o).0));
        world::say(&format!("  {}{outcome}", entry_line(&house.pack, &line.entry)))?;
        for note in line.why.lines() {
            world::say(&format!("    {}", words::note(note)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use workflow::roster::{MailAddress, Post};

    use super::*;

    #[test]
    fn a_person_of_a_plan_is_one_line_with_what_is_different() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let pack = crate::packs::text(&root, "hoshimi").unwrap().resolve().unwrap().pack;
        let standing = |section: &str, post: &str| Standing {
            name: "柳 遼".to_owned(),
            kana: "やなぎ りょう".to_owned(),
            section: SectionId::new(section),
            enabled: true,
            posts: BTreeSet::from([Post { post: post.to_owned(), unit: Some(section.to_owned()) }]),
        };
        let moved = Entry {
            login: "yanagi".to_owned(),
            person: None,
            kind: Kind::Move,
            before: Some(standing("residents", "staff")),
            after: standing("welfare", "chief"),
            mail: None,
            mail_before: None,
            lines: vec![2],
        };
        assert_eq!(
            entry_line(&pack, &moved),
            "yanagi 柳 遼 異動: 所属 市民課 → 福祉課、職 市民課の課員 → 福祉課の係長"
        );
        let own = MailAddress { address: "own@city.example".to_owned(), own: Some(true) };
        let told_elsewhere = Entry {
            before: Some(moved.after.clone()),
            kind: Kind::Rename,
            mail: Some("y@city.example".to_owned()),
            mail_before: Some(own),
            ..moved.clone()
        };
        let line = entry_line(&pack, &told_elsewhere);
        assert!(
            line.ends_with(": メール(本人が登録した宛先を替えます) own@city.example → y@city.example"),
            "{line}"
        );
        assert_eq!(entry_json(&told_elsewhere)["mail_before"]["own"], json!(true));
        let joins =
            Entry { before: None, kind: Kind::Join, mail: Some("y@city.example".to_owned()), ..moved };
        assert_eq!(
            entry_line(&pack, &joins),
            "yanagi 柳 遼 採用: 氏名 (なし) → 柳 遼、所属 (なし) → 福祉課、職 (なし) → 福祉課の係長、メール (なし) → y@city.example"
        );
        let told = entry_json(&joins);
        assert_eq!(
            (&told["before"], &told["kind"], &told["lines"][0]),
            (&Json::Null, &json!("join"), &json!(2))
        );
    }

    #[test]
    fn a_day_that_cannot_be_is_told() {
        for problem in ["past", "not-allowed", "no-date", "empty"] {
            assert!(day(problem).ends_with('。'));
        }
    }
}
