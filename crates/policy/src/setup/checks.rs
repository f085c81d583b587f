//! What is wrong with answers, step by step.
//!
//! Owns: the rules of each answer and the words that say how to put it right.
//! Leaves to others: the roster's rows (`roster`), and the whole as a pack (`Pack::resolve`).

use std::collections::BTreeSet;

use super::{
    ADMINISTRATOR_ROLE, Answers, Municipality, Person, Problems, Roster, Step, date, plain, questions, short,
    unit_ja, value,
};
use crate::{GUIDELINE, Library, Pack, Severity};

/// Longest address of a database, in bytes.
const DATABASE_BYTES_MAX: usize = 400;

/// The pack that the own layer stands on.
pub(super) fn ground(answers: &Answers, library: &Library<'_>, problems: &mut Problems) -> Option<Pack> {
    let known: Vec<&str> = library.packs().collect();
    if !known.contains(&answers.pack.as_str()) {
        problems.add(
            Step::Pack,
            "pack",
            if answers.pack.is_empty() {
                "土台にする方針が選ばれていません。".to_owned()
            } else {
                format!("方針「{}」がありません。", short(&answers.pack))
            },
            format!("{} のどれかを選んでください。", known.join("、")),
        );
        return None;
    }
    let own = &answers.id;
    let sound = (1..=40).contains(&own.len())
        && own.starts_with(|c: char| c.is_ascii_lowercase())
        && own.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !sound {
        problems.add(
            Step::Pack,
            "id",
            format!("層の名前「{}」は使えません。", short(own)),
            "英小文字で始め、英小文字・数字・ハイフンだけの 40 文字以内にしてください(例: yukimi)。",
        );
    } else if known.contains(&own.as_str()) || own == GUIDELINE {
        problems.add(
            Step::Pack,
            "id",
            format!("層「{own}」はすでにあります。上書きはしません。"),
            "別の名前を付けてください。",
        );
    }
    match library.resolve(&answers.pack) {
        Ok(resolved) => Some(resolved.pack),
        Err(found) => {
            let first = found.iter().find(|p| p.severity == Severity::Error);
            problems.add(
                Step::Pack,
                "pack",
                format!(
                    "方針「{}」に誤りがあります。{}",
                    answers.pack,
                    first.map(|p| format!("{}:{}: {}", p.file, p.line, p.message)).unwrap_or_default()
                ),
                format!("sekisho policy check {} で調べて直してください。", answers.pack),
            );
            None
        }
    }
}

pub(super) fn body(answers: &Answers, problems: &mut Problems) {
    let Municipality { name, kana, code } = &answers.municipality;
    for (field, text, must) in [("name", name, true), ("kana", kana, false)] {
        if (must && text.trim().is_empty()) || text.chars().count() > 60 || text.chars().any(char::is_control)
        {
            problems.add(
                Step::Municipality,
                field,
                if field == "name" {
                    "団体の名前がないか、長すぎます。"
                } else {
                    "ふりがなが長すぎます。"
                },
                "60 文字以内で書いてください(例: 雪見市)。",
            );
        }
    }
    match crate::layers::check_digit(&plain(code)) {
        None => problems.add(
            Step::Municipality,
            "code",
            format!("団体コード「{}」が6桁の数字ではありません。", short(code)),
            "全国地方公共団体コード6桁(最後が検査数字)を書いてください。",
        ),
        Some(digit) if !plain(code).ends_with(digit) => problems.add(
            Step::Municipality,
            "code",
            format!("団体コード「{}」の検査数字が合いません。", plain(code)),
            format!("初めの5桁が正しければ、最後の桁は {digit} です。"),
        ),
        Some(_) => {}
    }
    if !answers.effective_from.trim().is_empty() && date(&answers.effective_from).is_none() {
        problems.add(
            Step::Municipality,
            "effective_from",
            format!("施行日「{}」は暦にありません。", short(&answers.effective_from)),
            "令和8年4月1日 か 2026-04-01 のように書いてください。",
        );
    }
    let ledger = &answers.ledger;
    let plain_name = (1..=120).contains(&ledger.len())
        && ledger.bytes().all(|b| b.is_ascii_graphic() && b != b'+' && b != b'"' && b != b'\\');
    if !plain_name {
        problems.add(
            Step::Municipality,
            "ledger",
            format!("台帳の名前「{}」は使えません。", short(ledger)),
            "空白と + のない英数字で、sekisho.city.example.lg.jp/ledger のように書いてください。後から変えられません。",
        );
    }
}

pub(super) fn zones(answers: &Answers, below: &Pack, problems: &mut Problems) {
    for (id, label) in &answers.zones {
        if below.zone(id).is_none() {
            problems.add(
                Step::Zones,
                id,
                format!("系「{}」は方針にありません。", short(id)),
                "方針にある系の名前だけを変えられます。",
            );
        } else if label.trim().is_empty() || label.chars().count() > 40 || label.chars().any(char::is_control)
        {
            problems.add(
                Step::Zones,
                id,
                format!("系「{id}」の名前が空か、長すぎます。"),
                "40 文字以内で書いてください。",
            );
        }
    }
    let mut addresses = BTreeSet::new();
    for zone in below.zones() {
        let Some(listener) = answers.listeners.get(&zone.id) else {
            problems.add(
                Step::Zones,
                &zone.id,
                format!("系「{}」の待受けがありません。", zone.label),
                "系ごとに、その系の網だけから届くアドレスとポート、証明書と鍵を書いてください。",
            );
            continue;
        };
        match listener.address.trim().parse::<std::net::SocketAddr>() {
            Err(_) => problems.add(
                Step::Zones,
                &zone.id,
                format!("系「{}」の待受け「{}」を読めません。", zone.label, short(&listener.address)),
                "192.0.2.10:443 のように、アドレスとポートを書いてください。",
            ),
            // Port 0 is any free one, so that two of them are not the same.
            Ok(address) if address.port() != 0 && !addresses.insert(address) => problems.add(
                Step::Zones,
                &zone.id,
                format!("待受け {address} が二つの系にあります。"),
                "どの系から来たかは待受けで決まります。系ごとに別のアドレスかポートにしてください。",
            ),
            Ok(_) => {}
        }
        for (name, path) in [("証明書", &listener.certificate), ("鍵", &listener.private_key)] {
            if path.trim().is_empty() || path.chars().any(char::is_control) {
                problems.add(
                    Step::Zones,
                    &zone.id,
                    format!("系「{}」の{name}のファイルが書かれていません。", zone.label),
                    "団体の認証局が出した PEM のファイルの場所を書いてください。",
                );
            }
        }
    }
    if !is_database(answers.database.trim()) {
        problems.add(
            Step::Zones,
            "database",
            "データベースの場所を読めません。".to_owned(),
            "PostgreSQL なら postgres://利用者:パスワード@ホスト/データベース名 の形で書いてください。空にすると、作る場所のファイル(SQLite)になります。",
        );
    }
    for id in answers.listeners.keys().filter(|id| below.zone(id).is_none()) {
        problems.add(
            Step::Zones,
            id,
            format!("待受けの系「{}」は方針にありません。", short(id)),
            "この待受けを消してください。",
        );
    }
}

/// Whether it names a database that a house can use: none for a file of its own, or a PostgreSQL server and a database there.
fn is_database(address: &str) -> bool {
    let rest = address.strip_prefix("postgres://").or_else(|| address.strip_prefix("postgresql://"));
    address.is_empty()
        || rest.is_some_and(|rest| {
            let plain = !rest.chars().any(|c| c.is_control() || c.is_whitespace());
            let (host, name) = rest.split_once('/').unwrap_or_default();
            plain && !host.is_empty() && !name.is_empty() && address.len() <= DATABASE_BYTES_MAX
        })
}

/// Checks what was decided. The values that stay open.
pub(super) fn parameters(answers: &Answers, below: &Pack, problems: &mut Problems) -> Vec<String> {
    for (id, typed) in &answers.parameters {
        match below.parameter(id) {
            None => problems.add(
                Step::Parameters,
                id,
                format!("定める値「{}」は方針にありません。", short(id)),
                "この行を消してください。",
            ),
            Some(_) if typed.trim().is_empty() => {}
            Some(parameter) => {
                if let Err((message, instead)) = value(parameter, typed) {
                    problems.add(Step::Parameters, id, message, instead);
                }
            }
        }
    }
    let is_set = |id: &str| answers.parameters.get(id).is_some_and(|t| !t.trim().is_empty());
    let mut unset = Vec::new();
    for question in questions(below) {
        let parameter = &question.parameter;
        if is_set(&parameter.id) || parameter.value.is_some() {
            continue;
        }
        if question.needed_for.is_empty() {
            unset.push(parameter.id.clone());
            continue;
        }
        let suggested = match &parameter.suggested {
            Some(value) => {
                let value = format!("{value} {}", unit_ja(parameter.kind));
                format!("目安は {} です。", value.trim_end())
            }
            None => String::new(),
        };
        problems.add(
            Step::Parameters,
            &parameter.id,
            format!(
                "{}に要る「{}」({})が定められていません。",
                question.needed_for, parameter.title, question.clause
            ),
            format!("値を決めて書いてください。{suggested}"),
        );
    }
    let any_set = answers.parameters.values().any(|t| !t.trim().is_empty());
    if any_set && (answers.decided.trim().is_empty() || answers.decided.chars().count() > 200) {
        problems.add(
            Step::Parameters,
            "decided",
            "値を誰がいつ決めたかが書かれていません。",
            "例: 令和8年3月24日 情報セキュリティ委員会",
        );
    }
    unset
}

pub(super) fn administrator(
    answers: &Answers,
    roster: &Roster,
    below: &Pack,
    problems: &mut Problems,
) -> Option<usize> {
    let login = answers.administrator.trim().to_ascii_lowercase();
    let at = roster.people.iter().position(|p| p.login == login);
    let manages = |person: &Person| {
        person.posts.iter().any(|(id, _)| {
            below.post(id).is_some_and(|post| post.roles.iter().any(|r| r == ADMINISTRATOR_ROLE))
        })
    };
    let posts: Vec<&str> = below
        .posts()
        .iter()
        .filter(|p| p.roles.iter().any(|r| r == ADMINISTRATOR_ROLE))
        .map(|p| p.title.as_str())
        .collect();
    match at.and_then(|at| roster.people.get(at)) {
        Some(person) if manages(person) => {}
        Some(_) => problems.add(
            Step::Administrator,
            "administrator",
            format!("「{}」の職には、情報システム管理者の役割がありません。", short(&login)),
            format!("名簿で次のどれかの職に就いている人にしてください: {}", posts.join("、")),
        ),
        None => problems.add(
            Step::Administrator,
            "administrator",
            if login.is_empty() {
                "最初の管理者が選ばれていません。".to_owned()
            } else {
                format!("最初の管理者「{}」が名簿にいません。", short(&login))
            },
            format!("名簿で次のどれかの職に就いている人のログインIDを書いてください: {}", posts.join("、")),
        ),
    }
    at
}
