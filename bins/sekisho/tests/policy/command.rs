//! `sekisho policy` as a person types it, over the shipped packs and over folders with something wrong.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

/// The command over a policies folder: exit code, and both outputs together.
#[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
fn run(policies: &Path, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .arg("policy")
        .args(arguments)
        .arg("--policies")
        .arg(policies)
        .output()
        .unwrap();
    let said = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (status.code().unwrap_or(-1), said)
}

fn json(policies: &Path, arguments: &[&str]) -> serde_json::Value {
    let (code, said) = run(policies, &[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{said}");
    serde_json::from_str(&said).unwrap()
}

/// The shipped packs in a folder of their own, to be changed.
fn copied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&shipped(), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, to).unwrap();
        }
    }
}

fn replace(path: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(old), "{old}");
    std::fs::write(path, text.replacen(old, new, 1)).unwrap();
}

#[test]
fn what_is_typed_and_what_comes_back() {
    let rows: &[(&[&str], i32, &str)] = &[
        (&["check", "hoshimi"], 0, "方針パック「hoshimi」に問題はありません"),
        (&["check", "hoshimi", "--ready"], 0, "問題はありません"),
        (&["check", "guideline"], 0, "方針パック「guideline」に問題はありません"),
        (&["check", "base"], 0, "方針パック「base」"),
        // base leaves every value to the body: it is right, and cannot be run.
        (&["check", "base", "--ready"], 1, "[parameter-needed]"),
        (&["check", "hosimi"], 1, "「hoshimi」ではありませんか"),
        (&["show", "hoshimi"], 0, "[[statement]]"),
        (&["show", "guideline"], 1, "[guideline-layer]"),
        (&["coverage"], 0, "合計: "),
        (&["coverage", "hoshimi", "--only", "kept"], 0, "[仕組みあり]"),
        (&["coverage", "hoshimi", "--only", "keept"], 2, "kept、partly、planned、defined、unbound"),
        (&["coverage", "hosimi"], 1, "「hoshimi」ではありませんか"),
        (&["diff", "base", "hoshimi"], 0, "hoshimi/links-removed"),
        (&["diff", "base", "hoshimi", "--role", "security-manager"], 0, "役割「情報セキュリティ管理者」"),
        (&["diff", "base", "hoshimi", "--role", "manager"], 1, "security-manager"),
        (&["diff", "base", "nowhere"], 1, "[layer-missing]"),
        (&["diff", "base", "./nowhere/hoshimi"], 1, "フォルダーがありません"),
        (&["diff", "base"], 2, "<B>"),
        (&["duties", "hoshimi"], 0, "■ 団体全体"),
        (&["duties", "hoshimi", "--role", "staff"], 0, "自分の利用者IDを他人に使わせない"),
        (&["duties", "narita", "--role", "staff"], 0, "団体の定めが代わりになっている"),
        (&["duties", "hoshimi", "--role", "manager"], 1, "security-manager"),
        (&["duties", "hosimi"], 1, "「hoshimi」ではありませんか"),
        (&["duties"], 2, "<ID>"),
        (&["search", "サーバー"], 0, "《サーバ》"),
        (&["search", "強靭性", "--pack", "asahi"], 0, "《強"),
        (&["search", "パスワド", "--pack", "hoshimi"], 3, "近いことば: パスワード"),
        (&["search", "パスワード", "変え", "--kind", "statement", "--limit", "1"], 0, "ほかに"),
        (&["search", "監査", "--kind", "staff"], 2, "term、statement、clause"),
        (&["search", "監査", "--pack", "nowhere"], 1, "[layer-missing]"),
        (&["search"], 2, "<WORDS>"),
    ];
    for (arguments, code, says) in rows {
        let (was, said) = run(&shipped(), arguments);
        assert_eq!(was, *code, "{arguments:?}\n{said}");
        assert!(said.contains(says), "{arguments:?} does not say {says}:\n{said}");
    }
    let (code, said) = run(Path::new("/nowhere/at/all"), &["coverage"]);
    assert_eq!((code, said.contains("フォルダーを読めません")), (1, true), "{said}");
    let empty = tempfile::tempdir().unwrap();
    let (code, said) = run(empty.path(), &["coverage"]);
    assert_eq!((code, said.contains("方針パックがありません")), (1, true), "{said}");
}

#[test]
fn reading_for_programs() {
    let duties = json(&shipped(), &["duties", "hoshimi", "--role", "auditor"]);
    assert_eq!((&duties["format"], &duties["pack"]), (&1.into(), &"hoshimi".into()));
    assert_eq!(duties["roles"][0]["role"]["id"], "auditor");
    let found = json(&shipped(), &["search", "無害化", "--pack", "hoshimi", "--limit", "2"]);
    assert_eq!((&found["format"], found["hits"].as_array().unwrap().len()), (&1.into(), 2));
    assert!(found["total"].as_u64().unwrap() > 2);
    assert_eq!(found["hits"][0]["heading"][0], serde_json::json!({ "text": "無害化", "found": true }));
}

#[test]
fn coverage_for_programs_has_no_gap() {
    let all = json(&shipped(), &["coverage"]);
    let written: usize = walkdir::WalkDir::new(shipped())
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "toml"))
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            text.lines().filter(|l| l.trim_end() == "[[statement]]").count()
        })
        .sum();
    let count = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    assert_eq!(all["statements"].as_array().unwrap().len(), written);
    assert_eq!(count(&all["totals"]["statements"]), written);
    let parts: usize =
        ["kept", "planned", "defined", "unbound"].iter().map(|k| count(&all["totals"][k])).sum();
    assert_eq!(parts, written);
    assert!(all["mechanisms"].as_array().unwrap().iter().any(|m| m["ships"] == false));
    let kept = json(&shipped(), &["coverage", "--only", "kept"]);
    assert_eq!(kept["statements"].as_array().unwrap().len(), count(&all["totals"]["kept"]));
}

#[test]
fn one_pack_that_is_wrong_is_not_left_out() {
    let folder = copied();
    replace(&folder.path().join("hoshimi/pack.toml"), "format = 1", "format = 1\nfromat = 1");
    for arguments in
        [&["coverage"][..], &["coverage", "hoshimi"], &["diff", "base", "hoshimi"], &["show", "hoshimi"]]
    {
        let (code, said) = run(folder.path(), arguments);
        assert_eq!(code, 1, "{arguments:?}");
        assert!(said.contains("hoshimi/pack.toml:") && said.contains("[unknown-key]"), "{said}");
    }
}

#[test]
fn two_versions_of_a_body() {
    let (old, new) = (copied(), copied());
    let parameters = "hoshimi/parameters.toml";
    replace(
        &new.path().join(parameters),
        "id = \"originals-retention\"\noverride = true\nvalue = 14",
        "id = \"originals-retention\"\noverride = true\nvalue = 30",
    );
    let before = old.path().join("hoshimi");
    let diff = json(new.path(), &["diff", before.to_str().unwrap(), "hoshimi"]);
    let changed = diff["parameters"]["changed"].as_array().unwrap();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0]["id"], "originals-retention");
    assert_eq!(changed[0]["keys"][0], serde_json::json!({ "key": "value", "a": "14", "b": "30" }));
    for other in ["statements", "zones", "channels", "roles", "documents"] {
        assert_eq!(diff[other]["changed"].as_array().unwrap().len(), 0, "{other}");
    }
}

#[test]
fn a_value_that_nobody_set_is_told_and_stops_the_running() {
    let folder = copied();
    replace(
        &folder.path().join("hoshimi/parameters.toml"),
        "id = \"login-lock\"\noverride = true\nvalue = 15",
        "id = \"login-lock\"\noverride = true",
    );
    let (code, said) = run(folder.path(), &["check", "hoshimi"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("[parameter-unset]") && said.contains("login-lock"), "{said}");
    let (code, said) = run(folder.path(), &["check", "hoshimi", "--ready"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("[parameter-needed]") && !said.contains("[parameter-unset]"), "{said}");
}

#[test]
fn a_divergence_is_no_error() {
    let folder = copied();
    replace(
        &folder.path().join("hoshimi/parameters.toml"),
        "id = \"password-regular-change\"\noverride = true\nvalue = false",
        "id = \"password-regular-change\"\noverride = true\nvalue = true",
    );
    let (code, said) = run(folder.path(), &["check", "hoshimi", "--ready"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("指針との違い [password-regular-change]"), "{said}");
    let report = json(folder.path(), &["check", "hoshimi"]);
    assert_eq!(report["divergences"][0]["guideline"], "password-regular-change");
    let (_, said) = run(folder.path(), &["show", "hoshimi"]);
    assert!(said.contains("# 指針との違い: "), "{said}");
    let coverage = json(folder.path(), &["coverage", "hoshimi"]);
    let rows = coverage["statements"].as_array().unwrap();
    let told = rows
        .iter()
        .filter(|s| s["divergences"].as_array().unwrap().iter().any(|d| d == "password-regular-change"));
    assert_eq!(told.count(), 1);
}

#[test]
fn a_file_in_another_encoding_is_named_with_what_to_do() {
    let folder = copied();
    // 星見市 in CP932, on the second line.
    let mut text = b"format = 1\n# ".to_vec();
    text.extend([0x90, 0xaf, 0x8c, 0xa9, 0x8e, 0x73, b'\n']);
    std::fs::write(folder.path().join("hoshimi/notes.toml"), text).unwrap();
    for command in ["check", "show", "coverage"] {
        let (code, said) = run(folder.path(), &[command, "hoshimi"]);
        assert_eq!(code, 1, "{said}");
        for says in ["hoshimi/notes.toml", "2行目", "UTF-8", "CP932", "名前を付けて保存"] {
            assert!(said.contains(says), "{command} does not say {says}: {said}");
        }
    }
}
