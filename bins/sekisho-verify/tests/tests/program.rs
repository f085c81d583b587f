//! Exit codes, words and JSON of `sekisho-verify`.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::log::{Files, Log};

/// Writes the files of a bundle into a directory of their own.
fn write(files: &Files) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    directory
}

#[expect(clippy::disallowed_methods, reason = "the test starts the program under test")]
fn run(bundle: &Path, arguments: &[&str]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_sekisho-verify"))
        .arg(bundle)
        .args(arguments)
        .output()
        .unwrap()
}

/// Exit code and everything printed.
fn said(bundle: &Path, arguments: &[&str]) -> (i32, String) {
    let output = run(bundle, arguments);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn json(bundle: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = run(bundle, &[arguments, &["--json"]].concat());
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_good_bundle_is_explained() {
    let log = Log::new(300, &[4]);
    let bundle = write(&log.full(Some(256)));
    let key = log.key.verifier().to_string();
    let (code, text) = said(bundle.path(), &["--vkey", &key]);
    assert_eq!(code, 0, "{text}");
    for words in [
        "結果: 検証できました",
        "台帳: sekisho.example.lg.jp/ledger",
        "種類: 全件",
        "調べた記録: 300 件",
        "内容が消去された記録: 1 件(うち消去の記録が確かめられたもの 1 件)",
        "期間: 2026-11-18 20:06:40 から 2026-11-19 01:05:40 まで",
        "transfer-submitted: 200 件",
        "書き出しの中の前回の checkpoint(件数 256)の後、それまでの記録が変えられていないこと",
        "checkpoint ファイルを保管してください",
    ] {
        assert!(text.contains(words), "{words} is not in:\n{text}");
    }
    assert!(!text.contains("【注意】"), "{text}");
}

#[test]
fn an_unpinned_key_is_said_loudly() {
    let log = Log::new(3, &[]);
    let bundle = write(&log.selection(&[1], None));
    let (code, text) = said(bundle.path(), &[]);
    assert_eq!(code, 0, "{text}");
    for words in ["【注意】", "--vkey", "種類: 抜粋(載っていない記録については何も示しません)"]
    {
        assert!(text.contains(words), "{words} is not in:\n{text}");
    }
}

#[test]
fn a_key_and_a_checkpoint_come_from_files() {
    let log = Log::new(300, &[]);
    let bundle = write(&log.full(None));
    let kept = tempfile::tempdir().unwrap();
    let path = |name: &str, bytes: &[u8]| {
        let path = kept.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let vkey = path("vkey", format!("{}\r\n", log.key.verifier()).as_bytes());
    let good = path("good", &log.checkpoint(100));
    let forged = path("forged", &Log::new(100, &[3]).checkpoint(100));
    let (code, text) = said(bundle.path(), &["--vkey-file", &vkey, "--previous", &good]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("指定された前回の checkpoint(件数 100)の後"), "{text}");
    let (code, text) = said(bundle.path(), &["--vkey-file", &vkey, "--previous", &forged]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("指定された前回の checkpoint(件数 100)の後に、それまでの記録が変えられています"),
        "{text}"
    );
}

#[test]
fn json_has_its_schema() {
    let log = Log::new(3, &[0]);
    let bundle = write(&log.full(Some(1)));
    let key = log.key.verifier().to_string();
    let root = String::from_utf8(log.checkpoint(3)).unwrap().lines().nth(2).unwrap().to_owned();
    let good = json!({
        "schema": "sekisho-verify/v1",
        "verified": true,
        "complete": true,
        "kind": "full",
        "key": { "vkey": key, "pinned": true },
        "checkpoint": { "origin": "sekisho.example.lg.jp/ledger", "size": 3, "root": root },
        "continues": [{ "source": "bundled", "size": 1 }],
        "entries": 3,
        "payloads": 2,
        "erased": 1,
        "erased_explained": 1,
        "kinds": { "payload-erased": 1, "transfer-submitted": 2 },
        "time_first": "2026-11-18T11:06:40.000Z",
        "time_last": "2026-11-18T11:08:40.000Z",
        "times_backward": 0,
        "problems": [],
        "problems_total": 0,
    });
    assert_eq!(json(bundle.path(), &["--vkey", &key]), (0, good.clone()));

    let payload = bundle.path().join("payload/000.p/3");
    let mut bytes = fs::read(&payload).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&payload, bytes).unwrap();
    let mut bad = good;
    bad["verified"] = json!(false);
    bad["erased_explained"] = json!(0);
    bad["problems_total"] = json!(2);
    bad["problems"] = json!([
        {
            "code": "commitment",
            "path": null,
            "index": 2,
            "message": "2 番の内容が、記録されたときの内容と一致しません。",
        },
        {
            "code": "erased-unexplained",
            "path": null,
            "index": 0,
            "message": "0 番の内容がなく、消去したという記録もありません。",
        },
    ]);
    assert_eq!(json(bundle.path(), &["--vkey", &key]), (1, bad));
}

/// The ledger's own tests flip every bit in memory; here one bit of every eleventh byte goes through the program.
#[test]
fn flipped_bits_are_not_verified() {
    let log = Log::new(3, &[1]);
    for files in [log.full(Some(2)), log.selection(&[0, 1, 2], Some(2))] {
        let bundle = write(&files);
        assert_eq!(said(bundle.path(), &[]).0, 0);
        for (path, bytes) in files.iter().filter(|(path, _)| *path != "README.txt") {
            let file = bundle.path().join(path);
            for at in (0..bytes.len()).step_by(11) {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << (at % 8);
                fs::write(&file, changed).unwrap();
                let (code, text) = said(bundle.path(), &[]);
                assert_eq!(code, 1, "{path} byte {at}:\n{text}");
                assert!(text.starts_with("結果: 検証できません"), "{text}");
            }
            fs::write(&file, bytes).unwrap();
        }
        let readme = bundle.path().join("README.txt");
        fs::write(readme, "別の文").unwrap();
        assert_eq!(said(bundle.path(), &[]).0, 0);
    }
}

#[test]
fn wrong_usage_and_strange_directories_are_told_apart() {
    let log = Log::new(3, &[]);
    let bundle = write(&log.full(None));
    let missing = bundle.path().join("missing");
    let missing_text = missing.to_str().unwrap();
    for (path, arguments, code, words) in [
        (missing.as_path(), &[][..], 2, "読めません"),
        (&bundle.path().join("vkey"), &[], 2, "フォルダーではありません"),
        (bundle.path(), &["--vkey", "name+00+AA"], 2, "検証鍵が正しくありません"),
        (bundle.path(), &["--vkey-file", missing_text], 2, "検証鍵のファイルを読めません"),
        (bundle.path(), &["--previous", missing_text], 2, "前回の checkpoint のファイルを読めません"),
        (bundle.path(), &["--vkey", "a", "--vkey-file", "b"], 2, "--vkey"),
        (bundle.path(), &["--unknown"], 2, "--unknown"),
    ] {
        let (got, text) = said(path, arguments);
        assert_eq!(got, code, "{arguments:?}: {text}");
        assert!(text.contains(words), "{words} is not in:\n{text}");
    }
    let empty = tempfile::tempdir().unwrap();
    let (code, text) = said(empty.path(), &[]);
    assert_eq!(code, 1);
    assert!(text.contains("manifest.json がありません。"), "{text}");
}

#[test]
#[cfg(unix)]
fn links_are_not_followed() {
    let log = Log::new(3, &[]);
    let bundle = write(&log.full(None));
    let vkey = bundle.path().join("vkey");
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("vkey");
    fs::rename(&vkey, &target).unwrap();
    std::os::unix::fs::symlink(&target, &vkey).unwrap();
    let (code, text) = said(bundle.path(), &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("普通のファイルではありません"), "{text}");
}
