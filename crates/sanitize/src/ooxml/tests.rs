//! Office files made here, from harmless to hostile, through the whole road.

use std::collections::BTreeMap;

use worker_protocol::{
    FilePolicy, Hint, Job, Kind, Limits, LinkPolicy, Outcome, Preview, Reason, TextBlock, Threat, Verdict,
};

use crate::bounded::Budget;
use crate::{preview, sanitise, zip_reader, zip_writer};

const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// A package: its parts with their types, and the relations of each part.
#[derive(Default)]
struct Maker {
    parts: Vec<(String, String, Vec<u8>)>,
    relations: BTreeMap<String, String>,
}

impl Maker {
    fn part(mut self, name: &str, content_type: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.parts.push((name.to_owned(), content_type.to_owned(), bytes.as_ref().to_vec()));
        self
    }

    fn relation(mut self, from: &str, id: &str, kind: &str, target: &str, external: bool) -> Self {
        let kind = if kind.contains(':') { kind.to_owned() } else { format!("{REL}/{kind}") };
        let mode = if external { " TargetMode=\"External\"" } else { "" };
        *self.relations.entry(from.to_owned()).or_default() +=
            &format!("<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\"{mode}/>");
        self
    }

    fn bytes(self) -> Vec<u8> {
        let mut types =
            String::from("<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">");
        for (name, content_type, _) in &self.parts {
            types += &format!("<Override PartName=\"/{name}\" ContentType=\"{content_type}\"/>");
        }
        let mut members = vec![("[Content_Types].xml".to_owned(), format!("{types}</Types>").into_bytes())];
        for (from, relations) in &self.relations {
            let space = "http://schemas.openxmlformats.org/package/2006/relationships";
            let xml = format!("<Relationships xmlns=\"{space}\">{relations}</Relationships>");
            members.push((super::relations_path(from), xml.into_bytes()));
        }
        members.extend(self.parts.into_iter().map(|(name, _, bytes)| (name, bytes)));
        zip_writer::write(members.iter().map(|(name, bytes)| (name, bytes.as_slice()))).unwrap()
    }
}

fn document(body: &str, content_type: &str) -> Maker {
    let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let xml =
        format!("<w:document xmlns:w=\"{space}\" xmlns:r=\"{REL}\"><w:body>{body}</w:body></w:document>");
    Maker::default().part("word/document.xml", &format!("{WORD}.{content_type}"), xml).relation(
        "",
        "rId1",
        "officeDocument",
        "word/document.xml",
        false,
    )
}

fn workbook(cells: &str) -> Maker {
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    Maker::default()
        .part(
            "xl/workbook.xml",
            &format!("{SHEET}.sheet.main+xml"),
            format!("<workbook xmlns=\"{space}\" xmlns:r=\"{REL}\"><sheets><sheet name=\"M\" sheetId=\"1\" r:id=\"rM\"/><sheet name=\"集計\" sheetId=\"2\" r:id=\"rS\"/></sheets><definedNames><definedName name=\"a\" localSheetId=\"1\">集計!$A$1</definedName><definedName name=\"_xlnm.Auto_Open\">M!$A$1</definedName></definedNames></workbook>"),
        )
        .part(
            "xl/worksheets/sheet1.xml",
            &format!("{SHEET}.worksheet+xml"),
            format!("<worksheet xmlns=\"{space}\"><sheetData><row r=\"1\">{cells}</row></sheetData></worksheet>"),
        )
        .part("xl/macrosheets/m.xml", "application/vnd.ms-excel.macrosheet+xml", "<x/>")
        .relation("", "rId1", "officeDocument", "xl/workbook.xml", false)
        .relation("xl/workbook.xml", "rS", "worksheet", "worksheets/sheet1.xml", false)
        .relation("xl/workbook.xml", "rM", "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet", "macrosheets/m.xml", false)
}

fn run(name: &str, bytes: Vec<u8>, links: LinkPolicy) -> Outcome {
    let job = Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
        policy: FilePolicy { links, ..FilePolicy::default() },
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: worker_protocol::Notes::default(),
    };
    let outcome = sanitise(&job, bytes, &mut |_, _| ());
    assert!(outcome.report.is_consistent());
    outcome
}

fn threats(outcome: &Outcome) -> Vec<Threat> {
    outcome.report.removals.iter().map(|r| r.what).collect()
}

/// The parts of a clean file.
fn parts(outcome: &Outcome) -> BTreeMap<String, String> {
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    let mut budget = Budget::new(Limits::default());
    let listing = zip_reader::read(clean, &Limits::default()).unwrap();
    listing
        .entries
        .iter()
        .map(|e| {
            let bytes = e.expand(clean, &mut budget).unwrap();
            (
                String::from_utf8(e.untrusted_name.clone()).unwrap(),
                String::from_utf8_lossy(&bytes).into_owned(),
            )
        })
        .collect()
}

#[test]
fn macros_templates_and_orphans_stay_behind() {
    let bytes = document("<w:p><w:r><w:t>本文</w:t></w:r></w:p>", "x")
        .part("word/vbaProject.bin", "application/vnd.ms-office.vbaProject", b"\xd0\xcf\x11\xe0")
        .part("word/settings.xml", &format!("{WORD}.settings+xml"), format!("<w:settings xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"{REL}\"><w:attachedTemplate r:id=\"rT\"/><w:zoom w:percent=\"90\"/></w:settings>"))
        .part("word/hidden.bin", "application/octet-stream", b"payload")
        .relation("word/document.xml", "rV", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin", false)
        .relation("word/document.xml", "rSet", "settings", "settings.xml", false)
        .relation("word/settings.xml", "rT", "attachedTemplate", "http://evil.example/t.dotm", true);
    let mut bytes = bytes;
    bytes.parts[0].1 = "application/vnd.ms-word.document.macroEnabled.main+xml".to_owned();
    let outcome = run("報告.docm", bytes.bytes(), LinkPolicy::Keep);
    assert_eq!((outcome.report.verdict, outcome.report.kind), (Verdict::Partial, Some(Kind::Docx)));
    assert_eq!(outcome.report.clean_name, "報告.docx");
    for threat in [Threat::MacroVba, Threat::ExternalTemplate, Threat::HiddenData, Threat::FileName] {
        assert!(threats(&outcome).contains(&threat), "{threat:?}");
    }
    let parts = parts(&outcome);
    let names: Vec<&str> = parts.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "[Content_Types].xml",
            "_rels/.rels",
            "word/_rels/document.xml.rels",
            "word/document.xml",
            "word/settings.xml"
        ]
    );
    let all: String = parts.values().cloned().collect();
    assert!(all.contains("本文") && all.contains("w:percent=\"90\""));
    assert!(
        !all.contains("evil.example")
            && !all.to_lowercase().contains("macro")
            && !all.contains("attachedTemplate")
    );
}

#[test]
fn links_follow_the_policy() {
    let make = |target: &str| {
        document(
            "<w:p><w:hyperlink r:id=\"rL\"><w:r><w:t>link</w:t></w:r></w:hyperlink></w:p>",
            "document.main+xml",
        )
        .relation("word/document.xml", "rL", "hyperlink", target, true)
        .bytes()
    };
    let kept = run("a.docx", make("https://a.example/"), LinkPolicy::Keep);
    assert_eq!(kept.report.verdict, Verdict::Clean, "{:?}", kept.report);
    assert!(parts(&kept)["word/_rels/document.xml.rels"].contains("https://a.example/"));
    for (target, links) in [("https://a.example/", LinkPolicy::Remove), ("file://host/x", LinkPolicy::Keep)] {
        let outcome = run("a.docx", make(target), links);
        assert_eq!(threats(&outcome), [Threat::Hyperlink]);
        let parts = parts(&outcome);
        assert!(
            parts["word/document.xml"].contains("<w:t>link</w:t>")
                && !parts["word/document.xml"].contains("rL")
        );
        assert!(!parts.contains_key("word/_rels/document.xml.rels"));
    }
}

#[test]
fn a_workbook_keeps_its_values() {
    let cells = "<c r=\"A1\"><f>[1]S!A1</f><v>12</v></c><c r=\"B1\"><f>SUM(A1)</f><v>12</v></c><c r=\"C1\" t=\"inlineStr\"><is><t>東京</t><rPh><t>トウキョウ</t></rPh></is></c>";
    let outcome = run("a.xlsx", workbook(cells).bytes(), LinkPolicy::Keep);
    assert_eq!(threats(&outcome), [Threat::MacroXlm, Threat::MacroXlm, Threat::ExternalContent]);
    let parts = parts(&outcome);
    let book = &parts["xl/workbook.xml"];
    assert!(!book.contains("name=\"M\"") && !book.contains("Auto_Open"));
    assert!(book.contains("localSheetId=\"0\">集計!$A$1<"), "{book}");
    let sheet = &parts["xl/worksheets/sheet1.xml"];
    assert!(
        sheet.contains("<c r=\"A1\"><v>12</v></c>")
            && sheet.contains("<f>SUM(A1)</f>")
            && sheet.contains("トウキョウ")
    );
    let (shown, _) = preview(Kind::Xlsx, outcome.clean.as_ref().unwrap(), &Limits::default()).unwrap();
    let row = vec!["12".to_owned(), "12".to_owned(), "東京".to_owned()];
    let blocks = vec![TextBlock::Heading { text: "集計".to_owned() }, TextBlock::Table { rows: vec![row] }];
    assert_eq!(shown, Preview::Text { blocks, truncated: false });
}

#[test]
fn contradictions_are_held() {
    let plain = || document("<w:p/>", "document.main+xml");
    let with_dtd = {
        let mut maker = plain();
        maker.parts[0].2.splice(0..0, b"<!DOCTYPE x [<!ENTITY a \"b\">]>".iter().copied());
        maker
    };
    let no_main = Maker::default().part("word/document.xml", &format!("{WORD}.document.main+xml"), "<x/>");
    let wrong_type = document("<w:p/>", "styles+xml");
    let rows = [
        ("a.docx", with_dtd, Reason::Damaged),
        ("a.docx", no_main, Reason::Damaged),
        ("a.docx", wrong_type, Reason::UnknownKind),
        ("a.xlsx", plain(), Reason::NameMismatch),
    ];
    for (name, maker, reason) in rows {
        let outcome = run(name, maker.bytes(), LinkPolicy::Keep);
        assert_eq!((outcome.report.verdict, outcome.report.reason), (Verdict::Held, Some(reason)), "{name}");
        assert!(outcome.clean.is_none());
    }
}

#[test]
fn an_embedded_object_leaves_its_picture() {
    let space = "http://schemas.openxmlformats.org/presentationml/2006/main";
    let drawing = "http://schemas.openxmlformats.org/drawingml/2006/main";
    let slide = format!(
        "<p:sld xmlns:p=\"{space}\" xmlns:r=\"{REL}\"><p:cSld><p:spTree><p:graphicFrame><p:nv/><a:graphic xmlns:a=\"{drawing}\"><a:graphicData uri=\"o\"><p:oleObj r:id=\"rO\"><p:embed/><p:pic><p:blipFill><a:blip r:embed=\"rI\"/></p:blipFill></p:pic></p:oleObj></a:graphicData></a:graphic></p:graphicFrame></p:spTree></p:cSld><p:timing><p:tnLst><p:cmd type=\"verb\"/></p:tnLst></p:timing></p:sld>"
    );
    let presentation = "application/vnd.openxmlformats-officedocument.presentationml";
    let bytes = Maker::default()
        .part("ppt/presentation.xml", &format!("{presentation}.slideshow.main+xml"), format!("<p:presentation xmlns:p=\"{space}\" xmlns:r=\"{REL}\"><p:sldIdLst><p:sldId id=\"256\" r:id=\"rS\"/></p:sldIdLst></p:presentation>"))
        .part("ppt/slides/slide1.xml", &format!("{presentation}.slide+xml"), slide)
        .part("ppt/media/i.emf", "image/x-emf", b"not a picture")
        .part("ppt/embeddings/o.bin", "application/vnd.openxmlformats-officedocument.oleObject", b"MZ")
        .relation("", "rId1", "officeDocument", "ppt/presentation.xml", false)
        .relation("ppt/presentation.xml", "rS", "slide", "slides/slide1.xml", false)
        .relation("ppt/slides/slide1.xml", "rO", "oleObject", "../embeddings/o.bin", false)
        .relation("ppt/slides/slide1.xml", "rI", "image", "../media/i.emf", false)
        .bytes();
    let outcome = run("a.ppsx", bytes, LinkPolicy::Keep);
    assert_eq!(outcome.report.clean_name, "a.pptx");
    let parts = parts(&outcome);
    let slide = &parts["ppt/slides/slide1.xml"];
    assert!(
        slide.contains(&format!(
            "<p:spTree><p:pic xmlns:a=\"{drawing}\"><p:blipFill><a:blip r:embed=\"rI\"/>"
        )),
        "{slide}"
    );
    assert!(!slide.contains("oleObj") && !slide.contains("timing"));
    assert!(parts["ppt/slides/_rels/slide1.xml.rels"].contains("../media/i.png"));
    for threat in [Threat::EmbeddedObject, Threat::Action, Threat::Unknown] {
        assert!(threats(&outcome).contains(&threat), "{threat:?}");
    }
}
