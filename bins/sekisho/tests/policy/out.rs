//! `sekisho policy publish` and `propose`: what leaves a folder, and what does not.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

#[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
fn run(arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_sekisho")).arg("policy").args(arguments).output().unwrap();
    let said = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (status.code().unwrap_or(-1), said)
}

fn publish(pack: &str, out: &Path, more: &[&str]) -> (i32, String) {
    let (policies, out) = (policies(), out.display().to_string());
    let policies = policies.display().to_string();
    run(&[&["publish", pack, "-o", &out, "--policies", &policies], more].concat())
}

#[test]
fn the_public_part_is_written_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("public");
    let (code, said) = publish("hoshimi", &out, &[]);
    assert!(code == 0 && said.contains("星見市情報セキュリティ基本方針"), "{said}");
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    for (name, text) in [("index.html", read("index.html")), ("policy.json", read("policy.json"))] {
        for there in ["市長", "教育委員会", "星見市立学校情報セキュリティ基本方針", "児童と生徒の記録"]
        {
            assert!(text.contains(there), "{name}: {there}");
        }
        for secret in ["対策基準", "外から取り込むファイルのリンク", "公開しないと決めた文書を外に出さない"]
        {
            let told = secret == "対策基準" && text.contains("対策基準と実施手順は公表しない");
            assert!(told || !text.contains(secret), "{name}: {secret}");
        }
        for outside in ["http://", "https://", "<script", " style="] {
            assert!(!text.contains(outside), "{name}: {outside}");
        }
    }
    assert!(read("policy.css").contains("size: A4"));
    // What is there already may hold what is no longer public.
    let (code, said) = publish("hoshimi", &out, &[]);
    assert!(code == 1 && said.contains("書き出せません"), "{said}");
}

#[test]
fn what_is_not_public_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    for (pack, document, reason) in [
        ("hoshimi", "model-standard", "公開しない文書です"),
        ("tama", "standard", "公開しない文書です"),
        ("hoshimi", "nowhere", "はありません"),
    ] {
        let out = folder.path().join("public");
        let (code, said) = publish(pack, &out, &["--document", document]);
        assert!(code == 1 && said.contains(reason), "{pack} {document}: {said}");
        assert!(!out.exists(), "{pack} {document}: nothing is written");
    }
}

#[test]
fn a_proposal_is_the_body_that_the_api_takes() {
    let hoshimi = policies().join("hoshimi").display().to_string();
    let (code, said) = run(&["propose", &hoshimi, "--note", "年次の見直し"]);
    assert_eq!(code, 0, "{said}");
    let body: serde_json::Value = serde_json::from_str(&said).unwrap();
    let paths: Vec<&str> =
        body["files"].as_array().unwrap().iter().filter_map(|f| f["path"].as_str()).collect();
    assert!(
        paths.contains(&"hoshimi/pack.toml") && paths.iter().all(|p| p.starts_with("hoshimi/")),
        "{paths:?}"
    );
    let (code, said) = run(&["propose", &hoshimi, "--note", "n", "--with", "base"]);
    assert!(code == 0 && said.contains("base/roles.toml"), "{code}");
    for (arguments, why) in [
        (&["propose", hoshimi.as_str(), "--note", " "][..], "改定の理由"),
        (&["propose", hoshimi.as_str(), "--note", "n", "--with", "asahi"][..], "の下にありません"),
        (&["propose", "nowhere/at-all", "--note", "n"][..], "フォルダーがありません"),
    ] {
        let (code, said) = run(arguments);
        assert!(code == 1 && said.contains(why), "{why}: {said}");
    }
}

#[test]
fn values_are_listed_with_what_is_not_set_first() {
    let folder = policies().display().to_string();
    let (code, said) = run(&["parameters", "base", "--policies", &folder]);
    assert_eq!(code, 0, "{said}");
    let (unset, set) = (said.find("■ 定めていない値"), said.find("■ 定めた値"));
    assert!(unset.is_some() && set.is_none_or(|set| unset.unwrap() < set), "{said}");
    assert!(said.contains("関所を動かすのに要ります") && said.contains("[password-length]"), "{said}");
    let (code, said) = run(&["parameters", "hoshimi", "--policies", &folder, "--json"]);
    assert_eq!(code, 0, "{said}");
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&report["format"], &report["pack"]), (&1.into(), &"hoshimi".into()));
    let all = report["parameters"].as_array().unwrap();
    let length = all.iter().find(|p| p["id"] == "password-length").unwrap();
    assert_eq!((&length["value"], &length["needed"]), (&"12".into(), &true.into()), "{length}");
    assert!(length["decided"].as_str().is_some_and(|d| d.contains("委員会")) && length["approval"].is_null());
    let nowhere = folder.clone() + "/nothing";
    for (arguments, why) in [
        (&["parameters", "nobody", "--policies", folder.as_str()][..], "nobody"),
        (&["parameters", "--data", nowhere.as_str()][..], "デモのデータがありません"),
        (&["parameters", "--config", nowhere.as_str()][..], "設定ファイルを読めません"),
    ] {
        let (code, said) = run(arguments);
        assert!(code == 1 && said.contains(why), "{why}: {code} {said}");
    }
    let (code, _) = run(&["parameters", "hoshimi", "--data", "x"]);
    assert_eq!(code, 2, "one or the other");
}
