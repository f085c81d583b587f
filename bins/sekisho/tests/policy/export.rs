//! `sekisho policy export`, and the way back, as a person types them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

/// Exit code, what was printed, and what was said beside it.
#[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .arg("policy")
        .args(arguments)
        .arg("--policies")
        .arg(policies())
        .current_dir(folder)
        .output()
        .unwrap();
    let [out, err] = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (status.code().unwrap_or(-1), out, err)
}

const AT: [&str; 2] = ["--last-modified", "2026-04-01T09:00:00+09:00"];

#[test]
fn what_is_typed_and_what_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::write(root.join("taken.json"), "mine").unwrap();
    let rows: &[(&[&str], i32, &str)] = &[
        (&["export", "narita", "--oscal", "catalog"], 0, "\"oscal-version\": \"1.2.1\""),
        (&["export", "hoshimi", "--oscal", "catalog"], 0, "公開していない文書の内容を含みます"),
        (&["export", "hoshimi", "--oscal", "catalog", "--public"], 0, "件は含めていません"),
        (&["export", "narita", "--oscal", "profile"], 0, "../../catalogs/base/catalog.json"),
        (&["export", "base", "--oscal", "profile"], 0, "\"include-all\""),
        (&["export", "narita", "--oscal", "component"], 0, "\"component-definition\""),
        (&["export", "narita", "--oscal", "component", "--public"], 2, "--public を外すか"),
        (&["export", "narita", "--oscal", "ssp"], 2, "catalog"),
        (&["export", "narita"], 2, "--oscal"),
        (&["export", "narita", "--oscal", "all"], 2, "フォルダー"),
        (
            &["export", "narita", "--oscal", "catalog", "--last-modified", "昨日"],
            2,
            "2026-04-01T09:00:00+09:00",
        ),
        (&["export", "narita", "--oscal", "catalog", "-o", "taken.json"], 1, "上書きはしません"),
        (&["export", "narita", "--oscal", "catalog", "-o", "no/such/x.json"], 1, "書けません"),
        (&["export", "nartia", "--oscal", "catalog"], 1, "「narita」ではありませんか"),
    ];
    for (arguments, code, says) in rows {
        let (was, out, err) = run(root, arguments);
        assert_eq!(was, *code, "{arguments:?}\n{err}");
        assert!(out.contains(says) || err.contains(says), "{arguments:?} does not say {says}:\n{err}");
    }
    assert_eq!(std::fs::read_to_string(root.join("taken.json")).unwrap(), "mine");
}

#[test]
fn what_is_printed_is_json_and_of_now() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(folder.path(), &["export", "tama", "--oscal", "catalog"]);
    assert_eq!(code, 0, "{err}");
    let value: Value = serde_json::from_str(&out).unwrap();
    let modified = value["catalog"]["metadata"]["last-modified"].as_str().unwrap();
    assert!(modified.ends_with("+09:00") && modified >= "2026", "{modified}");
}

#[test]
fn a_folder_holds_what_its_links_point_at() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&["export", "asahi", "--oscal", "all", "-o", "out"][..], &AT].concat();
    let (code, _, err) = run(folder.path(), &arguments);
    assert_eq!(code, 0, "{err}");
    let out = folder.path().join("out");
    let profile: Value =
        serde_json::from_slice(&std::fs::read(out.join("profiles/asahi/profile.json")).unwrap()).unwrap();
    let mut links = 0;
    for resource in profile["profile"]["back-matter"]["resources"].as_array().unwrap() {
        for link in resource["rlinks"].as_array().unwrap() {
            let href = link["href"].as_str().unwrap();
            let path = match href.strip_prefix("trestle://") {
                Some(path) => out.join(path),
                None => out.join("profiles/asahi").join(href),
            };
            assert!(path.is_file(), "{href}");
            links += 1;
        }
    }
    assert_eq!(links, 4);
    assert!(out.join("component-definitions/asahi/component-definition.json").is_file());
    let (code, _, err) = run(folder.path(), &arguments);
    assert_eq!((code, err.contains("上書きはしません")), (1, true), "{err}");
}

#[test]
fn a_catalog_comes_back_as_a_pack_that_passes_its_check() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let arguments = [&["export", "okayama", "--oscal", "catalog", "-o", "okayama.json"][..], &AT].concat();
    assert_eq!(run(root, &arguments).0, 0);
    let (code, out, err) = run(root, &["import", "okayama.json", "-o", "packs", "--name", "copy"]);
    assert_eq!(code, 0, "{err}");
    for says in [
        "OSCAL 1.2.1 の目録(方針パック okayama から書き出したもの)",
        "下の層のものを使います",
        "取込み案を書きました",
    ] {
        assert!(out.contains(says), "{says}\n{out}");
    }
    assert!(!out.contains("取り込まなかったもの"), "{out}");
    let text = std::fs::read_to_string(root.join("packs/copy/clauses.toml")).unwrap();
    let original = std::fs::read_to_string(policies().join("okayama/clauses.toml")).unwrap();
    let count = |text: &str| text.lines().filter(|l| *l == "[[statement]]").count();
    assert_eq!(count(&text), count(&original));
    let (code, out, err) = run(root, &["import", "okayama.json", "--json"]);
    assert_eq!(code, 0, "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (report["pack"].as_str(), report["losses"].as_array().map(Vec::len)),
        (Some("okayama"), Some(0))
    );
}

#[test]
fn what_is_no_catalog_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let rows: [(&str, &[u8], &str); 5] = [
        ("broken.json", b"{", "JSON として読めません"),
        ("text.json", "第1条 職員は、守らなければならない。".as_bytes(), "JSON として読めません"),
        ("other.json", b"{\"a\": 1}", "OSCAL の目録(catalog)ではありません"),
        ("profile.txt", b" {\"profile\": {}}", "OSCAL の profile です"),
        (
            "new.json",
            br#"{"catalog": {"metadata": {"title": "t", "oscal-version": "2.0"}}}"#,
            "版「2.0」は読めません",
        ),
    ];
    for (name, bytes, says) in rows {
        std::fs::write(root.join(name), bytes).unwrap();
        let (code, _, err) = run(root, &["import", name, "-o", "out"]);
        assert_eq!(code, 3, "{name}: {err}");
        assert!(err.contains(says), "{name}: {err}");
    }
    let large = std::fs::File::create(root.join("large.json")).unwrap();
    large.set_len(100 << 20).unwrap();
    let (code, _, err) = run(root, &["import", "large.json"]);
    assert_eq!((code, err.contains("大きすぎます(上限 32 MiB)")), (3, true), "{err}");
    assert!(!root.join("out").exists());
}
