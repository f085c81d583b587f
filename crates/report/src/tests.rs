//! What a template can do and what it cannot, with the fonts of this machine.

use serde_json::json;

use super::*;

const FONTS: [&str; 3] = [
    "/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf",
    "/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Bold.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
];

/// The fonts; `None`, said aloud, where they are not installed.
fn fonts() -> Option<Fonts> {
    let files: Vec<Vec<u8>> = FONTS.iter().filter_map(|path| std::fs::read(path).ok()).collect();
    if files.len() < FONTS.len() {
        eprintln!("skipped: needs fonts-morisawa-bizud-gothic and fonts-noto-cjk");
        return None;
    }
    Some(Fonts::read(files))
}

const HEAD: &str =
    "#set document(title: \"t\")\n#set text(font: (\"BIZ UDPGothic\", \"Noto Sans CJK JP\"), lang: \"ja\")\n";

fn paper(body: &str, data: serde_json::Value) -> (String, serde_json::Map<String, serde_json::Value>) {
    (format!("{HEAD}{body}"), data.as_object().cloned().unwrap())
}

fn printed(body: &str, data: serde_json::Value, fonts: &Fonts) -> Result<Printed, PrintError> {
    let (template, data) = paper(body, data);
    print(Paper { template: &template, data, day: (2026, 11, 20) }, fonts)
}

#[test]
fn the_same_form_gives_the_same_bytes_and_keeps_to_both_standards() {
    let Some(fonts) = fonts() else { return };
    let body = "= 見出し\n#sys.inputs.name\n#datetime.today().display()\n#table(columns: 2, [あ], [い])";
    let data = || json!({ "name": "星見市役所" });
    let first = printed(body, data(), &fonts).unwrap();
    assert!(first.pdf.starts_with(b"%PDF-1.7"));
    assert_eq!((first.pages, first.standard), (1, Standard::ArchiveAccessible), "{:?}", first.warnings);
    assert_eq!(printed(body, data(), &fonts).unwrap(), first);
    assert_ne!(printed(body, json!({ "name": "別の市" }), &fonts).unwrap().pdf, first.pdf);
    // Without a title PDF/UA-1 cannot be kept to; it is printed all the same, and said.
    let plain =
        print(Paper { template: "あ", data: Default::default(), day: (2026, 11, 20) }, &fonts).unwrap();
    assert_eq!(plain.standard, Standard::Archive);
    assert!(!plain.warnings.is_empty());
}

#[test]
fn letters_of_names_never_stop_a_form() {
    let Some(fonts) = fonts() else { return };
    // Letters of names that the first font lacks, one with a selector, one that only the body's own fonts have, and controls.
    let names = "𠮷田 髙橋 山﨑 葛\u{E0100}城 \u{E001}\u{7}\u{202E}";
    let form = printed(
        "#sys.inputs.list.at(0).name #sys.inputs.unprintable.join()",
        json!({ "list": [{ "name": names }] }),
        &fonts,
    );
    let form = form.unwrap();
    assert_eq!(form.unprintable, ['\u{E001}']);
    assert_eq!(form.standard, Standard::ArchiveAccessible, "{:?}", form.warnings);
    // The template learns of them.
    let same = printed(
        "#assert.eq(sys.inputs.unprintable, (\"U+E001\",))\n#assert.eq(sys.inputs.a, \"〓\")",
        json!({ "a": "\u{E001}" }),
        &fonts,
    );
    assert!(same.is_ok(), "{same:?}");
}

#[test]
fn a_template_can_read_nothing_but_what_it_is_given() {
    let Some(fonts) = fonts() else { return };
    for body in [
        "#read(\"/etc/passwd\")",
        "#read(\"main.typ2\")",
        "#json(\"data.json\")",
        "#csv(\"/proc/self/environ\")",
        "#image(\"a.png\")",
        "#import \"other.typ\": x",
        "#include \"other.typ\"",
        "#import \"@preview/cetz:0.3.0\": canvas",
        "#plugin(\"a.wasm\")",
        "#bibliography(\"a.bib\")",
    ] {
        match printed(body, json!({}), &fonts) {
            Err(PrintError::Template(complaints)) => {
                assert_eq!(complaints[0].line, 3, "{body}: {complaints:?}")
            }
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn faults_are_told_with_their_line() {
    let Some(fonts) = fonts() else { return };
    for (body, line, says) in [
        ("\n#sys.inputs.nobody", 4, "nobody"),
        ("#let x = (", 3, "unclosed"),
        ("#panic(\"x\")", 3, "panicked"),
    ] {
        let Err(PrintError::Template(complaints)) = printed(body, json!({ "name": "" }), &fonts) else {
            panic!("{body}")
        };
        assert_eq!(complaints[0].line, line, "{body}: {complaints:?}");
        assert!(complaints[0].message.contains(says), "{complaints:?}");
    }
    let none = print(Paper { template: "x", data: Default::default(), day: (2026, 2, 30) }, &fonts);
    assert_eq!(none, Err(PrintError::Day));
}
