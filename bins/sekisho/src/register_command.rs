//! `sekisho register`: looking at registers at the machine itself.
//!
//! Owns the commands and what they print. Works on the data of a house that runs or does not; it only reads: rows change through
//! the house alone, which takes what `import` prints. Leaves what may stand in a row to `workflow`.

use std::{
    collections::BTreeMap,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use app::registers::store::{RegisterStore as _, RowQuery, RowSight, RowStage};
use clap::{Subcommand, ValueEnum};
use policy::{Column, Pack, Register};
use serde::Serialize;
use serde_json::{Value as Json, json};
use workflow::register::{self, Linked, Row, RowKey, Value};

use crate::{
    machine::{At, House},
    world,
};

/// Rows of one read.
const PAGE: u32 = 200;
/// Longest file that `import` reads, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Which rows.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Stage {
    /// 使用中
    InUse,
    /// 分類待ち
    Waiting,
    /// 登録終了
    Ended,
}

/// What can be done.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// 台帳の一覧と件数を表示します
    List {
        #[command(flatten)]
        at: At,
        /// JSONで表示します(形式は docs/format-pack.md)
        #[arg(long)]
        json: bool,
    },
    /// 台帳の一件を、変更の履歴とともに表示します
    Show {
        #[command(flatten)]
        at: At,
        /// 台帳のid(例: equipment)
        register: String,
        /// 番号(例: E-0012)
        number: String,
        /// JSONで表示します
        #[arg(long)]
        json: bool,
    },
    /// 台帳をCSVで書き出します(UTF-8、BOM付き)
    Export {
        #[command(flatten)]
        at: At,
        /// 台帳のid
        register: String,
        /// どの行か
        #[arg(long, value_enum, default_value = "in-use")]
        stage: Stage,
        /// CSVの代わりにJSONで書き出します
        #[arg(long)]
        json: bool,
    },
    /// 行を並べたJSONを確かめ、POST /api/v1/registers/{id}/plan に送る本文を表示します。台帳は変えません
    Import {
        #[command(flatten)]
        at: At,
        /// 台帳のid
        register: String,
        /// 行を並べたJSONのファイル。「-」は標準入力
        file: PathBuf,
        /// 理由
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// いまの方針の規則に合わない行を表示します。終了コード: 0 なし、3 あり
    Check {
        #[command(flatten)]
        at: At,
        /// 台帳のid。書かなければすべて
        register: Option<String>,
        /// JSONで表示します
        #[arg(long)]
        json: bool,
    },
}

impl House {
    fn register(&self, id: &str) -> anyhow::Result<&Register> {
        let known = || self.pack.registers().iter().map(|r| r.id.as_str()).collect::<Vec<_>>().join("、");
        self.pack.register(id).with_context(|| format!("台帳「{id}」はありません。台帳: {}", known()))
    }

    async fn rows(&self, register: &str, stage: RowStage) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut query = RowQuery {
            register: register.to_owned(),
            sight: RowSight::All,
            stage,
            filters: Vec::new(),
            words: Vec::new(),
            after: None,
            limit: PAGE,
        };
        loop {
            let page = self.store.row_list(&query).await.context("台帳を読めません")?;
            rows.extend(page.rows);
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        rows.reverse();
        Ok(rows)
    }
}

/// Runs a command.
///
/// # Errors
/// With what could not be read, and in which words that is wrong.
pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List { at, json } => list(&House::open(&at).await?, json).await,
        Command::Show { at, register, number, json } => {
            show(&House::open(&at).await?, &register, &number, json).await
        }
        Command::Export { at, register, stage, json } => {
            export(&House::open(&at).await?, &register, stage, json).await
        }
        Command::Import { at, register, file, reason } => {
            import(&House::open(&at).await?, &register, &file, &reason)
        }
        Command::Check { at, register, json } => check(&House::open(&at).await?, register, json).await,
    }
}

/// What is printed of a register; docs/format-pack.md describes it, as the other shapes below.
#[derive(Serialize)]
struct RegisterLine {
    id: String,
    title: String,
    in_use: u32,
    waiting: u32,
    ended: u32,
}

async fn list(house: &House, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut lines = Vec::new();
    for r in house.pack.registers() {
        let count = async |stage| {
            let counted = house.store.count_rows(&r.id, &RowSight::All, stage, u32::MAX / 2).await;
            counted.context("台帳を読めません")
        };
        lines.push(RegisterLine {
            id: r.id.clone(),
            title: r.title.clone(),
            in_use: count(RowStage::InUse).await?,
            waiting: count(RowStage::Waiting).await?,
            ended: count(RowStage::Ended).await?,
        });
    }
    if as_json {
        world::say(&serde_json::to_string_pretty(&json!({ "format": 1, "registers": lines }))?)?;
    } else {
        for l in &lines {
            let waiting =
                if l.waiting > 0 { format!("、分類待ち {}", l.waiting) } else { String::new() };
            world::say(&format!("{} {} {}件{waiting}、登録終了 {}件", l.id, l.title, l.in_use, l.ended))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A value as a file of values has it: what may be typed again.
fn typed(pack: &Pack, column: &Column, value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Rows(rows) => {
            let to = column.to.as_deref().and_then(|id| pack.register(id));
            let shown = rows.iter().map(|n| to.map_or_else(|| n.to_string(), |r| r.number_shown(*n)));
            shown.collect::<Vec<_>>().join(" ")
        }
    }
}

fn row_json(pack: &Pack, register: &Register, row: &Row) -> Json {
    let values: BTreeMap<&str, String> = register
        .columns
        .iter()
        .filter_map(|c| Some((c.id.as_str(), typed(pack, c, row.values.get(&c.id)?))))
        .collect();
    json!({
        "number": register.number_shown(row.key.number),
        "section": row.section.as_ref().map(|s| s.as_str()),
        "version": row.version,
        "waits": row.waits,
        "end": row.end.as_ref().map(|e| json!({ "on": e.on, "reason": e.reason })),
        "changed_at": web::dates::iso(row.changed_at),
        "values": values,
    })
}

async fn show(house: &House, register: &str, number: &str, as_json: bool) -> anyhow::Result<ExitCode> {
    let register = house.register(register)?;
    let Some(typed_number) = register.number_typed(number) else {
        bail!("「{number}」は番号ではありません(例: {})", register.number_shown(1));
    };
    let key = RowKey::new(register.id.clone(), typed_number);
    let row = house.store.row(&key).await.context("台帳を読めません")?;
    let Some(row) = row else {
        bail!("{} は台帳「{}」にありません", register.number_shown(typed_number), register.title)
    };
    let history = house.store.row_history(&key, None, PAGE).await.context("履歴を読めません")?;
    if as_json {
        let entries: Vec<Json> = history
            .iter()
            .map(|h| {
                json!({
                    "version": h.entry.version,
                    "at": web::dates::iso(h.entry.at),
                    "by": h.by_name,
                    "cause": h.entry.cause.id(),
                    "request": h.entry.request.as_ref().map(|id| id.as_str()),
                    "reason": h.entry.reason,
                    "changes": h.entry.changes,
                })
            })
            .collect();
        let mut told = row_json(&house.pack, register, &row);
        if let Some(told) = told.as_object_mut() {
            told.insert("format".to_owned(), json!(1));
            told.insert("history".to_owned(), json!(entries));
        }
        world::say(&serde_json::to_string_pretty(&told)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    world::say(&format!("{} {}(第{}版)", register.title, register.number_shown(key.number), row.version))?;
    for column in &register.columns {
        if let Some(value) = row.values.get(&column.id) {
            world::say(&format!("  {}: {}", column.title, typed(&house.pack, column, value)))?;
        }
    }
    if let Some(end) = &row.end {
        world::say(&format!("  登録の終わり: {} {}", end.on, end.reason))?;
    }
    for h in &history {
        let by = h.by_name.as_deref().unwrap_or("(自動)");
        world::say(&format!(
            "  第{}版 {} {by} {}",
            h.entry.version,
            web::dates::iso(h.entry.at),
            h.entry.reason
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn export(house: &House, register: &str, stage: Stage, as_json: bool) -> anyhow::Result<ExitCode> {
    let register = house.register(register)?;
    let stage = match stage {
        Stage::InUse => RowStage::InUse,
        Stage::Waiting => RowStage::Waiting,
        Stage::Ended => RowStage::Ended,
    };
    let rows = house.rows(&register.id, stage).await?;
    if as_json {
        let rows: Vec<Json> = rows.iter().map(|row| row_json(&house.pack, register, row)).collect();
        world::say(&serde_json::to_string_pretty(
            &json!({ "format": 1, "register": register.id, "rows": rows }),
        )?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut heads = vec!["番号".to_owned(), "課".to_owned()];
    heads.extend(register.columns.iter().map(|c| c.title.clone()));
    // Excel takes a file for UTF-8 by this mark only.
    world::say(&format!("\u{feff}{}", csv_line(&heads)))?;
    for row in &rows {
        let mut cells = vec![
            register.number_shown(row.key.number),
            row.section.as_ref().map_or_else(String::new, |s| s.as_str().to_owned()),
        ];
        let cell = |c: &Column| row.values.get(&c.id).map_or_else(String::new, |v| typed(&house.pack, c, v));
        cells.extend(register.columns.iter().map(cell));
        world::say(&csv_line(&cells))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A line of CSV. What a program of tables would take for a formula is marked as text.
fn csv_line(cells: &[String]) -> String {
    let cell = |text: &String| {
        let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            format!("'{text}")
        } else {
            text.clone()
        };
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",")
}

/// Reads rows, refuses what no register has, and prints what the house takes.
fn import(house: &House, register: &str, file: &Path, reason: &str) -> anyhow::Result<ExitCode> {
    let register = house.register(register)?;
    let mut untrusted = String::new();
    let name = file.display().to_string();
    if name == "-" {
        std::io::stdin()
            .take(FILE_BYTES_MAX + 1)
            .read_to_string(&mut untrusted)
            .context("標準入力を読めません")?;
    } else {
        let opened = std::fs::File::open(file).with_context(|| format!("開けません: {name}"))?;
        opened
            .take(FILE_BYTES_MAX + 1)
            .read_to_string(&mut untrusted)
            .with_context(|| format!("読めません: {name}"))?;
    }
    if untrusted.len() > usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX) {
        bail!("{name} が大きすぎます(上限 {} MiB)", FILE_BYTES_MAX >> 20);
    }
    let (lines, problems) = read_lines(register, &untrusted)?;
    if !problems.is_empty() {
        for problem in &problems {
            eprintln!("{problem}");
        }
        return Ok(ExitCode::FAILURE);
    }
    let source = file.file_name().map_or_else(|| "-".to_owned(), |n| n.to_string_lossy().into_owned());
    let body = json!({ "apply": false, "source": source, "reason": reason, "lines": lines });
    world::say(&serde_json::to_string_pretty(&body)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Lines of a plan from a list of objects: with `number` and `version` one that changes a row, without them one that adds one.
fn read_lines(register: &Register, untrusted: &str) -> anyhow::Result<(Vec<Json>, Vec<String>)> {
    let read: Json = serde_json::from_str(untrusted).context("JSONではありません")?;
    // What `export --json` wrote has them under `rows`.
    let rows = read.get("rows").unwrap_or(&read).as_array().context("行の並びではありません")?;
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    for (at, row) in (1..).zip(rows) {
        let values = row.get("values").unwrap_or(row);
        let Some(values) = values.as_object() else {
            problems.push(format!("{at}行目: 欄の並びではありません。"));
            continue;
        };
        let mut taken = BTreeMap::new();
        for (id, value) in
            values.iter().filter(|(id, _)| !["number", "version", "section"].contains(&id.as_str()))
        {
            let text = match value {
                Json::String(text) => text.clone(),
                Json::Number(number) => number.to_string(),
                Json::Bool(flag) => flag.to_string(),
                Json::Null => String::new(),
                Json::Array(_) | Json::Object(_) => {
                    problems.push(format!("{at}行目「{id}」: 文字か数を書いてください。"));
                    continue;
                }
            };
            match register.column(id) {
                None => {
                    problems.push(format!("{at}行目: 台帳「{}」に欄「{id}」はありません。", register.title))
                }
                Some(column) if column.is_computed() => {}
                Some(_) => {
                    taken.insert(id.clone(), text);
                }
            }
        }
        let text = |key: &str| row.get(key).and_then(Json::as_str).map(str::to_owned);
        let line = match (text("number"), row.get("version").and_then(Json::as_i64)) {
            (None, _) => json!({ "do": "add", "section": text("section"), "values": taken }),
            (Some(number), Some(seen)) => match register.number_typed(&number) {
                Some(number) => {
                    json!({ "do": "change", "number": number, "seen": seen, "section": text("section"), "values": taken })
                }
                None => {
                    problems.push(format!("{at}行目: 「{number}」は番号ではありません。"));
                    continue;
                }
            },
            (Some(number), None) => {
                problems.push(format!(
                    "{at}行目: {number} の version がありません。export --json のものを書いてください。"
                ));
                continue;
            }
        };
        lines.push(line);
    }
    Ok((lines, problems))
}

async fn check(house: &House, only: Option<String>, as_json: bool) -> anyhow::Result<ExitCode> {
    let registers: Vec<&Register> = match &only {
        Some(id) => vec![house.register(id)?],
        None => house.pack.registers().iter().collect(),
    };
    let mut broken = Vec::new();
    let mut looked = 0_usize;
    for register in registers {
        for row in house.rows(&register.id, RowStage::InUse).await? {
            looked += 1;
            let keys: Vec<RowKey> = register::reads(register, &row.values).collect();
            let linked = house.store.rows(&keys).await.context("台帳を読めません")?;
            let linked: BTreeMap<RowKey, Linked> =
                linked.iter().map(|row| (row.key.clone(), Linked::from(row))).collect();
            for problem in register::breaks(&house.pack, register, &row.key, &row.values, &linked) {
                let title = register.column(&problem.column).map(|c| c.title.clone());
                broken.push((register, row.key.number, problem, title));
            }
        }
    }
    if as_json {
        let lines: Vec<Json> = broken
            .iter()
            .map(|(register, number, problem, _)| {
                json!({
                    "register": register.id,
                    "number": register.number_shown(*number),
                    "column": problem.column,
                    "problem": problem.problem.id(),
                })
            })
            .collect();
        world::say(&serde_json::to_string_pretty(
            &json!({ "format": 1, "rows": looked, "problems": lines }),
        )?)?;
    } else {
        for (register, number, problem, title) in &broken {
            let said = app::FieldProblem {
                field: problem.column.clone(),
                title: title.clone().unwrap_or_else(|| problem.column.clone()),
                problem: problem.problem.id(),
                bounds: problem.problem.bounds(),
            };
            let words = web::words::requests::problem(&said);
            world::say(&format!("{} 「{}」: {words}", register.number_shown(*number), said.title))?;
        }
        let end = if broken.is_empty() {
            "規則に合わない行はありません。"
        } else {
            "直してください。"
        };
        world::say(&format!("{looked}件を確かめました。{end}"))?;
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register() -> Register {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let text = crate::packs::text(&root, "hoshimi").unwrap();
        text.resolve().unwrap().pack.register("equipment").unwrap().clone()
    }

    #[test]
    fn lines_of_a_plan_are_read_and_what_is_wrong_is_told_by_line() {
        let register = register();
        let good = r#"{ "rows": [
            { "section": "residents", "values": { "name": "PC", "kind": "ノートPC", "place": "1階", "confidentiality": "c2" } },
            { "number": "E-0003", "version": 2, "values": { "name": "PC 3" } }
        ] }"#;
        let (lines, problems) = read_lines(&register, good).unwrap();
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((&lines[0]["do"], &lines[1]["do"]), (&json!("add"), &json!("change")));
        assert_eq!(lines[1]["number"], json!(3));
        assert_eq!(lines[0]["values"].get("confidentiality"), None, "nobody types what is derived");
        for (text, wrong) in [
            (r#"[{ "colour": "赤" }]"#, "1行目: 台帳「機器台帳」に欄「colour」はありません。"),
            (r#"[{ "name": ["a"] }]"#, "1行目「name」: 文字か数を書いてください。"),
            (r#"[{ "number": "X", "version": 1 }]"#, "1行目: 「X」は番号ではありません。"),
            (r#"["a"]"#, "1行目: 欄の並びではありません。"),
        ] {
            assert_eq!(read_lines(&register, text).unwrap().1, [wrong], "{text}");
        }
        assert!(read_lines(&register, r#"[{ "number": "E-0001" }]"#).unwrap().1[0].contains("version"));
        for text in ["", "{", "3", "{ \"rows\": 3 }"] {
            assert!(read_lines(&register, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_line_of_values_is_no_formula() {
        let cells = ["a", "b,c", "d\"e", "=1+1", "@x", "f\ng"].map(str::to_owned);
        assert_eq!(csv_line(&cells), "a,\"b,c\",\"d\"\"e\",'=1+1,'@x,\"f\ng\"");
    }
}
