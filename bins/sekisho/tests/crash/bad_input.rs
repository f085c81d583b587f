//! What people and attackers send: each is taken or refused with words that help, and leaves nothing behind.

use serde_json::Value;

use crate::{
    files,
    house::{
        House, MULTIPART, Person, can_run, copy_of_a_city, file_head, first_part, inbound, stored_files,
    },
    http,
};

/// The limit of the demo's pack for one file.
const FILE_BYTES_MAX: u64 = 100 << 20;

/// Name, bytes, state of the file, reason, words on the screen.
type Row = (&'static str, Vec<u8>, &'static str, Option<&'static str>, &'static str);

/// A city, somebody who sends, and the id of somebody who receives.
fn open() -> (tempfile::TempDir, House, Person, String) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("city");
    copy_of_a_city(&data);
    let house = House::open(&data);
    let sender = house.log_in("sakura", "internet");
    let recipient = sender.candidate("momiji");
    (folder, house, sender, recipient)
}

#[test]
fn broken_and_hostile_files_are_held_with_a_reason_in_words() {
    if !can_run() {
        return;
    }
    let (_folder, house, sender, recipient) = open();
    let document = files::document();
    let truncated = document[..document.len() * 2 / 3].to_vec();
    #[rustfmt::skip]
    let rows: Vec<Row> = vec![
        ("途中で切れた.docx", truncated,                      "held", Some("damaged"),         "ファイルが壊れています"),
        ("空.txt",            Vec::new(),                     "held", Some("empty"),           "このファイルは空です"),
        ("偽.pdf",            files::text("偽"),              "held", Some("name-mismatch"),   "ファイル名と中身が合っていません"),
        ("写真.png",          files::document(),              "held", Some("name-mismatch"),   "ファイル名と中身が合っていません"),
        ("見積.zip",          files::locked(),                "held", Some("password-needed"), "パスワード"),
        ("爆弾.zip",          files::bomb(),                  "blocked", Some("bomb"),         "展開すると異常に大きくなる"),
        ("何か.bin",          vec![0, 1, 2, 0xFE, 0xFF, 7],   "held", Some("unknown-kind"),    "ファイルの種類を判別できません"),
        ("文書.docx",         document,                       "partial", None,                 "一部無害化"),
    ];
    let mut wrong = Vec::new();
    for (number, (name, bytes, state, reason, words)) in rows.into_iter().enumerate() {
        let form = inbound(&format!("bad-{number}"), "c1", &recipient);
        let made = sender.submit(&form, &[(name.into(), bytes)]).unwrap().with(201);
        let id = made["id"].as_str().unwrap();
        let transfer = sender.transfer_at_rest(id, 60);
        let file = &transfer["files"][0];
        let found = (file["state"].as_str().unwrap(), file["report"]["reason"].as_str());
        if found != (state, reason) {
            wrong.push(format!("{name}: expected {:?}, found {found:?}", (state, reason)));
        }
        assert_eq!(file["clean"].is_object(), reason.is_none(), "{name}: {file}");
        let page = sender.get(&format!("/transfers/{id}")).unwrap();
        assert_eq!(page.status, 200);
        if !page.text().contains(words) {
            wrong.push(format!("{name}: the page does not say {words}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), house.log());
}

#[test]
fn names_come_out_safe_whatever_came_in() {
    if !can_run() {
        return;
    }
    let (_folder, house, sender, recipient) = open();
    // 「報告.txt」 in CP932, which is no UTF-8.
    let cp932 = b"\x95\xF1\x8D\x90.txt".to_vec();
    let names: Vec<Vec<u8>> = vec![
        "請求書\u{202E}xcod.txt".into(),
        "../../etc/passwd.txt".into(),
        "..\\..\\Windows\\win.txt".into(),
        "CON.txt".into(),
        "a\u{0}b\u{7}.txt".into(),
        "長い".repeat(300).into_bytes(),
        Vec::new(),
        cp932,
    ];
    for (number, name) in names.into_iter().enumerate() {
        let shown = String::from_utf8_lossy(&name).into_owned();
        let form = inbound(&format!("name-{number}"), "c1", &recipient);
        let answer = sender.submit(&form, &[(name, files::text("名前"))]).unwrap();
        assert!([201, 400].contains(&answer.status), "{shown:?}: {} {}", answer.status, answer.text());
        if answer.status == 400 {
            assert_eq!(answer.json()["error"]["code"], "interrupted", "{shown:?}: {}", answer.text());
            continue;
        }
        let transfer = sender.transfer_at_rest(answer.json()["id"].as_str().unwrap(), 60);
        let Some(clean) = transfer["files"][0]["report"]["clean_name"].as_str() else {
            panic!("{shown:?}: {transfer}")
        };
        let is_safe = |c: char| !c.is_control() && !"/\\:\u{202E}\u{202D}\u{2066}".contains(c);
        assert!(!clean.is_empty() && clean.chars().all(is_safe), "{shown:?} became {clean:?}");
        assert!(!clean.starts_with('.') && clean.len() <= 255, "{shown:?} became {clean:?}");
        assert_ne!(clean.to_ascii_uppercase(), "CON.TXT");
    }
    assert!(!house.log().contains("panicked"), "{}", house.log());
}

#[test]
fn a_file_that_is_too_large_is_refused_while_it_comes() {
    if !can_run() {
        return;
    }
    let (folder, house, sender, recipient) = open();
    let data = folder.path().join("city");
    let before = stored_files(&data);
    for (claimed, name) in [(FILE_BYTES_MAX + (1 << 20), "少し大きい.txt"), (2 << 30, "とても大きい.txt")]
    {
        let form = inbound(&format!("large-{claimed}"), "c1", &recipient);
        let begin = [first_part(&form), file_head(name.as_bytes())].concat();
        let headers = [("cookie", sender.cookie()), ("content-type", MULTIPART)];
        // More than any socket buffer beyond the limit, and far less than the second file says it has.
        let sent_max = claimed.min(FILE_BYTES_MAX + (60 << 20));
        let (answer, sent) =
            http::pour(sender.address(), "/api/v1/transfers", &headers, &begin, claimed, sent_max).unwrap();
        let error = answer.with(413);
        assert_eq!(error["error"]["code"], "too-large");
        assert_eq!(error["error"]["limit_bytes"], Value::from(FILE_BYTES_MAX));
        assert!(error["error"]["message"].as_str().is_some_and(|m| !m.is_ascii()), "{error}");
        eprintln!("{name}: refused after {} MiB of {} MiB", sent >> 20, claimed >> 20);
    }
    assert_eq!(stored_files(&data), before, "something is left: {}", house.log());
    // The house still works.
    let form = inbound("after", "c1", &recipient);
    sender.submit(&form, &[("メモ.txt".into(), files::text("後"))]).unwrap().with(201);
}
