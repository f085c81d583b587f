//! `sekisho policy import` as a person types it: texts in several encodings, documents through a cell, and what is no
//! policy.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

const TEXT: &str = "雪見町情報セキュリティ対策基準

第1条　職員は、情報資産を守らなければならない。
第2条　情報システム管理者は、記録を保存しなければならない。
第3条　職員は、端末を貸してはならない。

附　則
この基準は、令和８年４月１日から施行する。
";

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

/// Exit code and both outputs together.
#[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["policy", "import"])
        .args(arguments)
        .arg("--policies")
        .arg(policies())
        .current_dir(folder)
        .output()
        .unwrap();
    let said = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (status.code().unwrap_or(-1), said)
}

#[test]
fn texts_and_what_is_typed_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let utf_16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(TEXT.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    std::fs::write(root.join("基準.txt"), TEXT).unwrap();
    std::fs::write(root.join("utf16.txt"), utf_16).unwrap();
    std::fs::write(root.join("empty.txt"), "").unwrap();
    std::fs::write(root.join("story.txt"), "昔々、ある所に人がいた。山へ出かけた。").unwrap();
    std::fs::create_dir(root.join("taken")).unwrap();
    let rows: &[(&[&str], i32, &str)] = &[
        (&["基準.txt"], 0, "遵守事項: 4 件(義務 3、努力義務 0、禁止 1、許可 0)"),
        (&["基準.txt"], 0, "施行日: 令和8年4月1日"),
        (&["utf16.txt"], 0, "読み方: UTF-16LE"),
        (&["基準.txt", "--against", "hoshimi"], 0, "種類: 情報セキュリティの規程"),
        (&["empty.txt"], 3, "OCR"),
        (&["story.txt", "-o", "out"], 3, "規程の文書ではないようです"),
        (&["absent.txt"], 1, "読めません: absent.txt"),
        (&["taken"], 1, "フォルダーです"),
        (&["基準.txt", "-o", ".", "--name", "taken"], 1, "上書きはしません"),
        (&["基準.txt", "--name", "../up"], 2, "英小文字"),
        (&["基準.txt", "--against", "nobody"], 1, "「nobody」"),
        (&[], 2, "FILE"),
    ];
    for (arguments, code, words) in rows {
        let (exit, said) = run(root, arguments);
        assert_eq!(exit, *code, "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    assert!(!root.join("out").exists(), "nothing is written for what is no policy");
}

#[test]
fn a_draft_passes_its_check() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::write(root.join("a.txt"), TEXT).unwrap();
    let (exit, said) = run(root, &["a.txt", "-o", "packs", "--name", "yukimi"]);
    assert_eq!(exit, 0, "{said}");
    let names: Vec<String> = {
        let entries = std::fs::read_dir(root.join("packs")).unwrap();
        entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names, ["yukimi"], "nothing half-written stays");
    let pack = std::fs::read_to_string(root.join("packs/yukimi/pack.toml")).unwrap();
    assert!(pack.contains("effective_from = 2026-04-01") && pack.contains("雪見町"), "{pack}");
    for entry in std::fs::read_dir(policies().join("base")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::create_dir_all(root.join("packs/base")).unwrap();
        std::fs::copy(&path, root.join("packs/base").join(path.file_name().unwrap())).unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
    let check = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["policy", "check", "yukimi", "--policies", "packs"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));

    let (exit, said) = run(root, &["a.txt", "--json"]);
    assert_eq!(exit, 0);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(json["source"]["read_as"], "UTF-8");
    assert_eq!(json["import"]["totals"]["chars_accounted"], TEXT.chars().count() as u64);
    assert_eq!(json["import"]["statements"][1]["roles"][0], "system-manager");
}

/// A document of these paragraphs, as Word writes it in its smallest form.
fn docx(paragraphs: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let body: String = paragraphs
        .lines()
        .map(|line| format!("<w:p><w:r><w:t xml:space=\"preserve\">{line}</w:t></w:r></w:p>"))
        .collect();
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let rels = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>";
    let document = format!(
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}</w:body></w:document>"
    );
    for (name, text) in
        [("[Content_Types].xml", types), ("_rels/.rels", rels), ("word/document.xml", &document)]
    {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}").as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn documents_go_through_a_cell() {
    let program = Path::new(env!("CARGO_BIN_EXE_sekisho"));
    if !program.with_file_name("sekisho-worker").is_file() {
        eprintln!("skipped: sekisho-worker is not built; run `cargo build -p sekisho-worker` first");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    std::fs::write(root.join("基準.docx"), docx(TEXT)).unwrap();
    // A page without any text, as a scanner makes it: a drawing and nothing else.
    let pdf = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R>>endobj\n4 0 obj<</Length 17>>stream\n0 0 50 50 re f   \nendstream endobj\ntrailer<</Root 1 0 R/Size 5>>\n";
    std::fs::write(root.join("scan.pdf"), pdf).unwrap();
    std::fs::copy(samples.join("fake.pdf"), root.join("fake.pdf")).unwrap();
    std::fs::copy(samples.join("map.png"), root.join("map.png")).unwrap();
    let (exit, said) = run(root, &["基準.docx"]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("読み方: docx") && said.contains("遵守事項: 4 件"), "{said}");
    for name in ["scan.pdf", "fake.pdf", "map.png"] {
        let (exit, said) = run(root, &[name]);
        assert_eq!(exit, 3, "{name}: {said}");
        assert!(!said.trim().is_empty(), "{name}");
    }
    let (_, said) = run(root, &["scan.pdf"]);
    assert!(said.contains("OCR"), "{said}");
}
