//! `sekisho setup`: from an empty folder to a server that takes a file through; and every slip that must leave nothing.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::{
    files,
    house::{can_run, inbound, sekisho, text},
    outage::Database,
    production::{Office, ZONES},
};

const ROSTER: &str = "ログインID,氏名,ふりがな,部,課,職
suzuki,鈴木 望,すずき のぞみ,総務部,情報課,情報システム主管課長
sakura,桜田 花,さくらだ はな,市民部,市民課,課員
momiji,紅葉 実,もみじ みのる,市民部,市民課,課員
wakaba,若葉 薫,わかば かおる,市民部,市民課,課長
";

/// Answers for a city of its own on `base`, at free ports.
fn answers() -> String {
    let mut text = "format = 1
pack = \"base\"
id = \"yukimi\"
ledger = \"sekisho.yukimi/ledger\"
effective_from = \"令和8年4月1日\"
decided = \"令和8年3月24日 情報セキュリティ委員会\"
administrator = \"suzuki\"
roster_file = \"名簿.csv\"

[municipality]
name = \"雪見市\"
code = \"992011\"

[zones]
lgwan = \"庁内系\"

[parameters]
"
    .to_owned();
    for (id, value) in [
        ("originals-retention", 14),
        ("results-retention", 14),
        ("evidence-retention", 5),
        ("transfer-file-bytes", 104_857_600),
        ("transfer-file-count", 100),
        ("approval-deadline", 24),
        ("deputy-review-deadline", 72),
        ("session-idle", 30),
        ("session-lifetime", 12),
        ("password-length", 12),
        ("login-attempts", 5),
        ("login-lock", 15),
        ("exception-period", 365),
        ("emergency-exception-deadline", 24),
    ] {
        text += &format!("{id} = \"{value}\"\n");
    }
    for zone in ZONES {
        text += &format!(
            "[listeners.{zone}]\naddress = \"127.0.0.1:0\"\ncertificate = \"tls/{zone}.pem\"\nprivate_key = \"tls/{zone}.key\"\n"
        );
    }
    text
}

/// Runs the command on these answers.
fn setup(office: &Office, answers: &str, more: &[&str]) -> Output {
    command(office, answers, more).output().unwrap()
}

fn command(office: &Office, answers: &str, more: &[&str]) -> Command {
    fs::write(office.path("答え.toml"), answers).unwrap();
    fs::write(office.path("名簿.csv"), ROSTER).unwrap();
    let mut command = sekisho();
    command
        .arg("setup")
        .arg("--folder")
        .arg(office.path("."))
        .arg("--policies")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies"))
        .arg("--answers")
        .arg(office.path("答え.toml"))
        .args(more);
    command
}

/// What lies in the folder besides what the test put there.
fn made(office: &Office) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(office.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["tls", "答え.toml", "名簿.csv"].contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

#[test]
fn an_empty_folder_becomes_a_city_that_takes_a_file_through() {
    if !can_run() {
        return;
    }
    let office = Office::bare();
    let planned = setup(&office, &answers(), &["--plan"]);
    assert_eq!((planned.status.code(), made(&office)), (Some(0), Vec::new()), "{}", text(&planned));
    assert!(text(&planned).contains("職員: 4 人、部 2、課 2") && text(&planned).contains("庁内系"));

    let output = setup(&office, &answers(), &[]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(made(&office), ["data", "policies", "sekisho.toml", "初期パスワード.csv"]);
    let csv = office.path("初期パスワード.csv");
    assert_eq!(
        fs::metadata(&csv).unwrap().permissions().mode() & 0o077,
        0,
        "nobody else reads the passwords"
    );
    let list = fs::read_to_string(&csv).unwrap();
    let passwords: BTreeMap<&str, &str> =
        list.lines().skip(1).map(|l| (l.split(',').next().unwrap(), l.rsplit(',').next().unwrap())).collect();
    assert_eq!(passwords.keys().copied().collect::<Vec<_>>(), ["momiji", "sakura", "wakaba"]);
    let line = said.lines().find(|line| line.contains("最初のパスワード:")).unwrap();
    let first = line.rsplit_once(": ").unwrap().1;
    assert!(said.contains("検証鍵") && said.contains("sekisho serve --config"), "{said}");
    // The pack that was written is one that can run.
    let check = sekisho()
        .args(["policy", "check", "yukimi", "--ready", "--policies"])
        .arg(office.path("policies"))
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", text(&check));

    let house = office.open();
    let administrator = Office::first_login(&house, "suzuki", first, "lgwan");
    Office::prove(&administrator);
    let sender = Office::first_login(&house, "sakura", passwords["sakura"], "internet");
    let recipient = Office::first_login(&house, "momiji", passwords["momiji"], "lgwan");
    let found = sender.api("/candidates?text=%E7%B4%85%E8%91%89").unwrap().with(200);
    let id = found["candidates"][0]["id"].as_str().unwrap().to_owned();
    let form = inbound("first", "c1", &id);
    let sent = [("調査票.docm".into(), files::with_macro("first-run"))];
    let transfer = sender.submit(&form, &sent).unwrap().with(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(sender.transfer_at_rest(&transfer, 60)["state"], "ready");
    let seen = recipient.api(&format!("/transfers/{transfer}")).unwrap().with(200);
    let file = seen["files"][0]["id"].as_str().unwrap();
    let taken = recipient.api(&format!("/transfers/{transfer}/files/{file}")).unwrap();
    assert_eq!((taken.status, files::unclean("調査票.docx", &taken.body)), (200, None));
    office.verify(&house.checkpoint());
    house.ask_to_end();
    assert_eq!(house.wait(), Some(0));

    // A second time is refused, and changes nothing.
    let keys = fs::read(office.path("data/keys/master.key")).unwrap();
    let again = setup(&office, &answers(), &[]);
    assert!(again.status.code() == Some(1) && text(&again).contains("上書きはしません"), "{}", text(&again));
    assert_eq!(fs::read(office.path("data/keys/master.key")).unwrap(), keys);
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_written() {
    if !can_run() {
        return;
    }
    let office = Office::bare();
    for (from, to, says) in [
        ("format = 1", "format = 1\npuck = 1", "puck"),
        ("pack = \"base\"", "pack = ", "答えのファイルに誤り"),
        ("\"992011\"", "\"992012\"", "最後の桁は 1"),
        ("令和8年4月1日", "令和元年13月1日", "暦にありません"),
        ("\"suzuki\"", "\"nobody\"", "名簿にいません"),
        ("session-idle = \"30\"\n", "", "定められていません"),
        ("名簿.csv\"", "ない.csv\"", "ない.csv"),
        ("[listeners.lgwan]", "[listeners.moon]", "「moon」は方針にありません"),
    ] {
        let text_of = answers();
        assert!(text_of.contains(from), "{from}");
        let output = setup(&office, &text_of.replacen(from, to, 1), &[]);
        assert_eq!((output.status.code(), made(&office)), (Some(3), Vec::new()), "{from}: {}", text(&output));
        assert!(text(&output).contains(says), "{says}: {}", text(&output));
    }
    // Without a terminal and without answers nobody is asked.
    let output = sekisho()
        .arg("setup")
        .arg("--folder")
        .arg(office.path("."))
        .arg("--policies")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies"))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.code() == Some(2) && text(&output).contains("--answers"), "{}", text(&output));
    // A ledger's name that no checkpoint could carry.
    let output = setup(&office, &answers().replace("sekisho.yukimi/ledger", "台帳 1"), &[]);
    assert_eq!((output.status.code(), made(&office)), (Some(3), Vec::new()), "{}", text(&output));
}

#[test]
fn a_database_on_a_server_is_prepared_and_never_taken_over() {
    if !can_run() {
        return;
    }
    let Some(database) = Database::create("setup") else { return };
    let address = database.address();
    let answers = answers().replacen("roster_file", &format!("database = \"{address}\"\nroster_file"), 1);
    let office = Office::bare();
    let output = setup(&office, &answers, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("データベース: PostgreSQL"), "{}", text(&output));
    let config = office.path("sekisho.toml");
    assert!(fs::read_to_string(&config).unwrap().contains(&format!("database = \"{address}\"")));
    assert_eq!(fs::metadata(&config).unwrap().permissions().mode() & 0o077, 0, "it may hold a password");
    assert!(!office.path("data/sekisho.db").exists());
    let house = office.open();
    house.ask_to_end();
    assert_eq!(house.wait(), Some(0));
    // Another folder does not take over what is somebody's already.
    let other = Office::bare();
    let refused = setup(&other, &answers, &[]);
    let said = text(&refused);
    assert!(refused.status.code() == Some(1) && said.contains("もう利用者がいます"), "{said}");
    assert!(!said.contains(&address), "the address may hold a password: {said}");
    assert_eq!(made(&other), Vec::<String>::new());
}

#[test]
fn the_house_is_run_at_the_end_when_asked_for() {
    if !can_run() {
        return;
    }
    let office = Office::bare();
    let mut running = command(&office, &answers(), &["--serve"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(running.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut said = Vec::new();
    for line in lines {
        let opened = line.contains("関所を開きました");
        said.push(line);
        if opened {
            break;
        }
    }
    running.kill().unwrap();
    running.wait().unwrap();
    let said = said.join("\n");
    let (prepared, opened) = (said.find("準備ができました"), said.find("関所を開きました"));
    assert!(prepared.is_some() && prepared < opened, "{said}");
}
