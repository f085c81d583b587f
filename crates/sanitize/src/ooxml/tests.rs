//! Office files made here, from harmless to hostile, through the whole road.

use std::collections::BTreeMap;

use worker_protocol::{
    FilePolicy, Hint, Job, Kind, Limits, LinkPolicy, Mark, Mode, Outcome, Preview, Reason, Road, Spot,
    TextBlock, Threat, Verdict,
};

mod words;

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

fn job(name: &str) -> Job {
    Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: vec!["p".to_owned()] },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: worker_protocol::Notes::default(),
    }
}

fn run(name: &str, bytes: Vec<u8>, links: LinkPolicy) -> Outcome {
    run_job(Job { policy: FilePolicy { links, ..FilePolicy::default() }, ..job(name) }, bytes)
}

fn run_mode(name: &str, bytes: Vec<u8>, mode: Mode) -> Outcome {
    let modes = Kind::ALL.iter().map(|kind| (*kind, mode)).collect();
    run_job(Job { policy: FilePolicy { modes, ..FilePolicy::default() }, ..job(name) }, bytes)
}

fn run_marked(name: &str, bytes: Vec<u8>, label: &str) -> Outcome {
    let mark = Mark { label: label.to_owned(), levels: vec!["c2".to_owned()] };
    run_job(Job { mark: Some(mark), ..job(name) }, bytes)
}

fn run_job(job: Job, bytes: Vec<u8>) -> Outcome {
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
fn a_document_says_which_program_it_is_from_and_no_more() {
    let properties = |said: &str| {
        let space = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties";
        let part = format!("<Properties xmlns=\"{space}\">{said}</Properties>");
        workbook("<c r=\"A1\"><v>1</v></c>")
            .part(
                "docProps/app.xml",
                "application/vnd.openxmlformats-officedocument.extended-properties+xml",
                part,
            )
            .relation("", "rA", "extended-properties", "docProps/app.xml", false)
            .bytes()
    };
    let excel = "<Application>Microsoft Excel</Application><AppVersion>12.0000</AppVersion>";
    let kept = run("a.xlsx", properties(&format!("{excel}<Company>市</Company>")), LinkPolicy::Keep);
    assert!(threats(&kept).contains(&Threat::Metadata), "{:?}", kept.report);
    let all = parts(&kept);
    assert!(all["docProps/app.xml"].contains(excel) && !all["docProps/app.xml"].contains('市'));
    assert!(
        all["_rels/.rels"].contains("docProps/app.xml")
            && all["[Content_Types].xml"].contains("/docProps/app.xml")
    );
    let again = run("a.xlsx", kept.clean.unwrap(), LinkPolicy::Keep);
    assert_eq!(again.report.verdict, Verdict::Clean, "{:?}", again.report);
    assert_eq!(parts(&again)["docProps/app.xml"], all["docProps/app.xml"]);
    let marked = run_marked("a.xlsx", properties(excel), "機密性2");
    assert!(
        parts(&marked).contains_key("docProps/app.xml") && parts(&marked).contains_key("docProps/custom.xml")
    );
    for (mode, said) in [(Mode::Rebuild, "<Application>tool of taro</Application>"), (Mode::Strict, excel)] {
        let outcome = run_mode("a.xlsx", properties(said), mode);
        assert!(threats(&outcome).contains(&Threat::Metadata), "{said}: {:?}", outcome.report);
        assert!(!parts(&outcome).contains_key("docProps/app.xml"), "{said}");
    }
}

#[test]
fn a_sheet_with_the_name_of_properties_is_not_written_in_their_place() {
    let sheet = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData/></worksheet>";
    let bytes = workbook("<c r=\"A1\"><v>1</v></c>")
        .part("docProps/custom.xml", &format!("{SHEET}.worksheet+xml"), sheet)
        .relation("xl/workbook.xml", "rX", "worksheet", "../docProps/custom.xml", false)
        .bytes();
    let outcome = run_marked("a.xlsx", bytes, "機密性2");
    let clean = outcome.clean.as_ref().unwrap();
    let names: Vec<_> = zip_reader::read(clean, &Limits::default())
        .unwrap()
        .entries
        .into_iter()
        .map(|e| e.untrusted_name)
        .collect();
    let unique: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len(), "{names:?}");
    let all = parts(&outcome);
    assert!(all["docProps/custom.xml"].contains("機密性2"), "{:?}", all.keys());
    assert!(all["docProps/custom_1.xml"].contains("<sheetData/>"), "{:?}", all.keys());
}

#[test]
fn a_sheet_of_macros_stays_as_a_plain_sheet() {
    let (space, macros) = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://schemas.microsoft.com/office/excel/2006/main",
    );
    let mut maker = workbook("<c r=\"A1\"><f>M!A2+1</f><v>8</v></c>");
    let sheet = maker.parts.iter_mut().find(|part| part.0 == "xl/macrosheets/m.xml").unwrap();
    sheet.2 = format!(
        "<xm:macrosheet xmlns=\"{space}\" xmlns:xm=\"{macros}\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"b\">\
         <f>EXEC(\"evil.exe\")</f><v>1</v></c></row><row r=\"2\"><c r=\"A2\"><f>7</f><v>7</v></c></row></sheetData>\
         </xm:macrosheet>"
    )
    .into_bytes();
    let outcome = run("a.xlsx", maker.bytes(), LinkPolicy::Keep);
    assert_eq!(threats(&outcome), [Threat::MacroXlm, Threat::MacroXlm]);
    let all = parts(&outcome);
    let book = &all["xl/workbook.xml"];
    assert!(book.contains("name=\"M\"") && !book.contains("Auto_Open"), "{book}");
    assert!(book.contains("localSheetId=\"1\">集計!$A$1<"), "{book}");
    let made = &all["xl/worksheets/plain-m.xml"];
    assert!(made.contains("<c r=\"A1\" t=\"b\"><v>1</v></c>") && !made.contains("<f>"), "{made}");
    // Whatever refers to its cells still finds them.
    assert!(all["xl/worksheets/sheet1.xml"].contains("<f>M!A2+1</f>"));
    let everything = all.iter().map(|(name, part)| name.clone() + part).collect::<String>().to_lowercase();
    assert!(!everything.contains("macrosheet") && !everything.contains("exec("), "{everything}");
    let pages = outcome.report.fidelity.unwrap().pages;
    assert_eq!((pages.before, pages.after), (2, 2));
    let again = run("a.xlsx", outcome.clean.unwrap(), LinkPolicy::Keep);
    assert_eq!(again.report.verdict, Verdict::Clean, "{:?}", again.report);
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

/// A show of one slide with an embedded object, an animation that runs it, and a control.
fn presentation() -> Vec<u8> {
    let space = "http://schemas.openxmlformats.org/presentationml/2006/main";
    let drawing = "http://schemas.openxmlformats.org/drawingml/2006/main";
    let pic = "<p:pic><p:blipFill><a:blip r:embed=\"rI\"/></p:blipFill></p:pic>";
    let slide = format!(
        "<p:sld xmlns:p=\"{space}\" xmlns:r=\"{REL}\"><p:cSld><p:spTree><p:sp><p:nvSpPr><p:cNvPr id=\"4\" name=\"n\"/></p:nvSpPr><p:txBody><a:p xmlns:a=\"{drawing}\"><a:r><a:t>議題</a:t></a:r></a:p></p:txBody></p:sp><p:graphicFrame><p:nvGraphicFramePr/><a:graphic xmlns:a=\"{drawing}\"><a:graphicData uri=\"o\"><p:oleObj r:id=\"rO\"><p:embed/>{pic}</p:oleObj></a:graphicData></a:graphic></p:graphicFrame></p:spTree><p:controls xmlns:a=\"{drawing}\"><p:control r:id=\"rX\">{pic}</p:control></p:controls></p:cSld><p:timing><p:tnLst><p:cmd type=\"verb\"/></p:tnLst></p:timing></p:sld>"
    );
    let presentation = "application/vnd.openxmlformats-officedocument.presentationml";
    Maker::default()
        .part("ppt/presentation.xml", &format!("{presentation}.slideshow.main+xml"), format!("<p:presentation xmlns:p=\"{space}\" xmlns:r=\"{REL}\"><p:sldIdLst><p:sldId id=\"256\" r:id=\"rS\"/></p:sldIdLst><p:sldSz cx=\"12192000\" cy=\"6858000\"/></p:presentation>"))
        .part("ppt/slides/slide1.xml", &format!("{presentation}.slide+xml"), slide)
        .part("ppt/media/i.emf", "image/x-emf", b"not a picture")
        .part("ppt/embeddings/o.bin", "application/vnd.openxmlformats-officedocument.oleObject", b"MZ")
        .relation("", "rId1", "officeDocument", "ppt/presentation.xml", false)
        .relation("ppt/presentation.xml", "rS", "slide", "slides/slide1.xml", false)
        .relation("ppt/slides/slide1.xml", "rO", "oleObject", "../embeddings/o.bin", false)
        .relation("ppt/slides/slide1.xml", "rI", "image", "../media/i.emf", false)
        .bytes()
}

#[test]
fn an_embedded_object_leaves_its_picture() {
    let outcome = run("a.ppsx", presentation(), LinkPolicy::Keep);
    assert_eq!(outcome.report.clean_name, "a.pptx");
    let parts = parts(&outcome);
    let slide = &parts["ppt/slides/slide1.xml"];
    let drawing = "http://schemas.openxmlformats.org/drawingml/2006/main";
    let picture =
        format!("<p:pic xmlns:a=\"{drawing}\"><p:blipFill><a:blip r:embed=\"rI\"/></p:blipFill></p:pic>");
    assert!(slide.contains(&format!("</p:sp>{picture}{picture}</p:spTree></p:cSld></p:sld>")), "{slide}");
    assert!(parts["ppt/slides/_rels/slide1.xml.rels"].contains("../media/i.png"));
    for threat in [Threat::EmbeddedObject, Threat::Action, Threat::ActiveX, Threat::Unknown] {
        assert!(threats(&outcome).contains(&threat), "{threat:?}");
    }
    let object = outcome.report.removals.iter().find(|r| r.what == Threat::EmbeddedObject).unwrap();
    assert_eq!(object.spot, Some(Spot::Slide { number: 1 }));
    let fidelity = outcome.report.fidelity.unwrap();
    assert_eq!((fidelity.characters.before, fidelity.characters.after), (2, 2));
    assert_eq!((fidelity.pages.before, fidelity.pictures.before, fidelity.pictures.after), (1, 1, 0));
}

#[test]
fn a_mark_is_written_once_and_replaced_by_another() {
    let header = |maker: Maker, name: &str| {
        maker
            .part(name, &format!("{WORD}.header+xml"), "<w:hdr xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:p/></w:hdr>")
            .relation("word/document.xml", "rH", "header", name.trim_start_matches("word/"), false)
    };
    let body = "<w:p><w:pPr><w:sectPr/></w:pPr></w:p><w:sectPr><w:headerReference w:type=\"default\" r:id=\"rH\"/></w:sectPr>";
    let cells = "<c r=\"A1\"><v>12</v></c>";
    let with_header = {
        let mut maker = workbook(cells);
        let sheet = String::from_utf8(maker.parts[1].2.clone()).unwrap();
        let sheet = sheet.replace(
            "</sheetData>",
            "</sheetData><headerFooter><oddHeader>&amp;R日計</oddHeader></headerFooter>",
        );
        maker.parts[1].2 = sheet.into_bytes();
        maker
    };
    let rows = [
        ("a.docx", document("<w:p/>", "document.main+xml").bytes(), 1),
        ("a.docx", header(document(body, "document.main+xml"), "word/header1.xml").bytes(), 2),
        ("a.xlsx", workbook(cells).bytes(), 1),
        ("a.xlsx", with_header.bytes(), 1),
        ("a.pptx", presentation(), 1),
    ];
    for (name, bytes, places) in rows {
        let count = |outcome: &Outcome, label: &str| {
            parts(outcome).values().map(|part| part.matches(label).count()).sum::<usize>()
        };
        let once = run_marked(name, bytes, "機密性2");
        // Once for programs and once for each place where a reader looks.
        assert_eq!(count(&once, "機密性2"), 1 + places, "{name}");
        assert!(parts(&once)["docProps/custom.xml"].contains("SekishoLevels"));
        let clean = once.clean.clone().unwrap();
        let again = run_marked(name, clean.clone(), "機密性2");
        assert_eq!(threats(&again), [], "{name}");
        assert_eq!(parts(&again), parts(&once), "{name}");
        let other = run_marked(name, clean.clone(), "完全性1");
        assert_eq!((count(&other, "機密性2"), count(&other, "完全性1")), (0, 1 + places), "{name}");
        let unmarked = run(name, clean, LinkPolicy::Keep);
        assert_eq!(parts(&unmarked), parts(&once), "{name}");
    }
}

#[test]
fn words_alone_and_security_first() {
    let bytes = document(
        "<w:p><w:hyperlink r:id=\"rL\"><w:r><w:t>本文</w:t></w:r></w:hyperlink></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        "document.main+xml",
    )
    .part("word/comments.xml", &format!("{WORD}.comments+xml"), "<w:comments xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:comment><w:p><w:r><w:t>意見</w:t></w:r></w:p></w:comment></w:comments>")
    .relation("word/document.xml", "rL", "hyperlink", "https://a.example/", true)
    .relation("word/document.xml", "rC", "comments", "comments.xml", false)
    .bytes();
    let text = run_mode("報告.docx", bytes.clone(), Mode::TextOnly);
    assert_eq!(text.report.clean_name, "報告.txt");
    assert_eq!((text.report.road, text.report.clean_kind), (Some(Road::Text), Some(Kind::Text)));
    assert_eq!(String::from_utf8(text.clean.unwrap()).unwrap(), "本文\r\na\tb\r\n意見\r\n");
    let strict = run_mode("報告.docx", bytes.clone(), Mode::Strict);
    let parts = parts(&strict);
    assert!(!parts.contains_key("word/comments.xml") && !parts.contains_key("word/_rels/document.xml.rels"));
    assert!(parts["word/document.xml"].contains("<w:p><w:r><w:t>本文</w:t></w:r></w:p>"));
    assert!(threats(&strict).contains(&Threat::Hyperlink));
    let sheet =
        run_mode("a.xlsx", workbook("<c r=\"A1\"><f>SUM(1,2)</f><v>3</v></c>").bytes(), Mode::TextOnly);
    assert_eq!(String::from_utf8(sheet.clean.unwrap()).unwrap(), "集計\r\n3\r\n");
    let pages = run_mode("報告.docx", bytes, Mode::ImagePdf);
    assert_eq!(pages.report.reason, Some(Reason::NotRebuilt));
}

#[test]
fn an_encrypted_document_is_opened_and_comes_out_plain() {
    let plain = document("<w:p><w:r><w:t>本文</w:t></w:r></w:p>", "document.main+xml").bytes();
    let outcome = run("a.docx", super::encrypted::tests::agile(&plain, "p", 10), LinkPolicy::Keep);
    assert_eq!(threats(&outcome), [Threat::Encryption]);
    assert!(parts(&outcome)["word/document.xml"].contains("本文"));
    let closed = run("a.docx", super::encrypted::tests::agile(&plain, "q", 10), LinkPolicy::Keep);
    assert_eq!((closed.report.verdict, closed.report.reason), (Verdict::Held, Some(Reason::PasswordNeeded)));
    let wrong = run("a.xlsx", super::encrypted::tests::agile(&plain, "p", 10), LinkPolicy::Keep);
    assert_eq!(wrong.report.reason, Some(Reason::NameMismatch));
}

#[test]
fn a_part_that_says_the_same_is_copied_and_a_padded_stream_is_not() {
    let plain = document("<w:p><w:r><w:t>本文</w:t></w:r></w:p>", "document.main+xml").bytes();
    let outcome = run("a.docx", plain.clone(), LinkPolicy::Keep);
    let stream = |archive: &[u8]| {
        let listing = zip_reader::read(archive, &Limits::default()).unwrap();
        let entry = listing.entries.iter().find(|e| e.untrusted_name == b"word/document.xml").unwrap();
        let (_, packed) = entry.expand_exactly(archive, &mut Budget::new(Limits::default())).unwrap();
        packed.unwrap().deflated.to_vec()
    };
    assert_eq!(stream(outcome.clean.as_ref().unwrap()), stream(&plain));
}

#[test]
fn the_picture_of_an_object_on_a_sheet_moves_into_the_drawing() {
    let mut maker = workbook("<c r=\"A1\"><v>1</v></c>");
    let sheet = String::from_utf8(maker.parts[1].2.clone()).unwrap();
    maker.parts[1].2 = sheet
        .replace("<worksheet ", &format!("<worksheet xmlns:r=\"{REL}\" "))
        .replace("</sheetData>", "</sheetData><legacyDrawing r:id=\"rV\"/><oleObjects><oleObject shapeId=\"1025\" r:id=\"rO\"/></oleObjects>")
        .into_bytes();
    let vml = "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><v:shape id=\"_x0000_s1025\"><v:imagedata o:relid=\"rI\"/><x:ClientData ObjectType=\"Pict\"><x:Anchor>1, 2, 3, 4, 5, 6, 7, 8</x:Anchor></x:ClientData></v:shape><v:shape id=\"note\"><x:ClientData ObjectType=\"Note\"/></v:shape></xml>";
    let bytes = maker
        .part("xl/drawings/v.vml", "application/vnd.openxmlformats-officedocument.vmlDrawing", vml)
        .part("xl/media/i.emf", "image/x-emf", b"not a picture")
        .part("xl/embeddings/o.bin", "application/vnd.openxmlformats-officedocument.oleObject", b"MZ")
        .relation("xl/worksheets/sheet1.xml", "rV", "vmlDrawing", "../drawings/v.vml", false)
        .relation("xl/worksheets/sheet1.xml", "rO", "oleObject", "../embeddings/o.bin", false)
        .relation("xl/drawings/v.vml", "rI", "image", "../media/i.emf", false)
        .bytes();
    let outcome = run("a.xlsx", bytes, LinkPolicy::Keep);
    assert!(threats(&outcome).contains(&Threat::EmbeddedObject));
    let parts = parts(&outcome);
    let sheet = &parts["xl/worksheets/sheet1.xml"];
    assert!(sheet.contains("sekisho:id=\"rIdDrawing\"/><legacyDrawing r:id=\"rV\"/></worksheet>"), "{sheet}");
    let drawing = &parts["xl/drawings/drawing.xml"];
    assert!(
        drawing.contains("<xdr:col>1</xdr:col><xdr:colOff>19050</xdr:colOff>")
            && drawing.contains("r:embed=\"rIdObject\""),
        "{drawing}"
    );
    assert!(parts["xl/drawings/_rels/drawing.xml.rels"].contains("../media/i.png"));
    let vml = &parts["xl/drawings/v.vml"];
    assert!(vml.contains("note") && !vml.contains("_x0000_s1025"), "{vml}");
    let again = run("a.xlsx", outcome.clean.unwrap(), LinkPolicy::Keep);
    assert_eq!(threats(&again), []);
}

#[test]
fn an_object_of_an_old_slide_leaves_the_picture_of_its_shape() {
    let space = "http://schemas.openxmlformats.org/presentationml/2006/main";
    let drawing = "http://schemas.openxmlformats.org/drawingml/2006/main";
    let kind = "application/vnd.openxmlformats-officedocument.presentationml";
    let slide = format!(
        "<p:sld xmlns:p=\"{space}\" xmlns:r=\"{REL}\" xmlns:a=\"{drawing}\"><p:cSld><p:spTree><p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"4\" name=\"Object 3\"/></p:nvGraphicFramePr><p:xfrm><a:off x=\"1\" y=\"2\"/><a:ext cx=\"3\" cy=\"4\"/></p:xfrm><a:graphic><a:graphicData uri=\"o\"><p:oleObj spid=\"_x0000_s1026\" r:id=\"rO\"><p:link/></p:oleObj></a:graphicData></a:graphic></p:graphicFrame></p:spTree></p:cSld></p:sld>"
    );
    let vml = "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\"><v:shape id=\"_x0000_s1026\"><v:imagedata o:relid=\"rI\"/></v:shape></xml>";
    let bytes = Maker::default()
        .part("ppt/presentation.xml", &format!("{kind}.presentation.main+xml"), format!("<p:presentation xmlns:p=\"{space}\" xmlns:r=\"{REL}\"><p:sldIdLst><p:sldId id=\"256\" r:id=\"rS\"/></p:sldIdLst></p:presentation>"))
        .part("ppt/slides/slide1.xml", &format!("{kind}.slide+xml"), slide)
        .part("ppt/drawings/v.vml", "application/vnd.openxmlformats-officedocument.vmlDrawing", vml)
        .part("ppt/media/i.emf", "image/x-emf", b"not a picture")
        .relation("", "rId1", "officeDocument", "ppt/presentation.xml", false)
        .relation("ppt/presentation.xml", "rS", "slide", "slides/slide1.xml", false)
        .relation("ppt/slides/slide1.xml", "rV", "vmlDrawing", "../drawings/v.vml", false)
        .relation("ppt/slides/slide1.xml", "rO", "oleObject", "file:///c:/x.pptx", true)
        .relation("ppt/drawings/v.vml", "rI", "image", "../media/i.emf", false)
        .bytes();
    let outcome = run("a.pptx", bytes, LinkPolicy::Keep);
    let parts = parts(&outcome);
    let slide = &parts["ppt/slides/slide1.xml"];
    assert!(
        slide.contains("r:embed=\"rIdObject\"")
            && slide.contains("xfrm><a:off x=\"1\" y=\"2\"/><a:ext cx=\"3\" cy=\"4\"/></"),
        "{slide}"
    );
    assert!(
        !slide.contains("oleObj") && parts["ppt/slides/_rels/slide1.xml.rels"].contains("../media/i.png")
    );
    let again = run("a.pptx", outcome.clean.unwrap(), LinkPolicy::Keep);
    assert_eq!(threats(&again), []);
}

#[test]
fn an_extension_of_which_nothing_is_known_is_left_out() {
    const PEOPLE: &str = "http://schemas.microsoft.com/office/2011/relationships/people";
    let with = |kind: &str, content_type: &str, space: &str| {
        let people = format!("<?xml version=\"1.0\"?><w15:people xmlns:w15=\"{space}\"/>");
        let bytes = document("<w:p><w:r><w:t>本文</w:t></w:r></w:p>", "document.main+xml")
            .part("word/people.xml", &format!("{WORD}.{content_type}+xml"), people)
            .relation("word/document.xml", "rId2", kind, "people.xml", false);
        run("a.docx", bytes.bytes(), LinkPolicy::Keep)
    };
    let known = with(PEOPLE, "people", "http://schemas.microsoft.com/office/word/2012/wordml");
    assert!(parts(&known).contains_key("word/people.xml") && threats(&known).is_empty());
    // As versions before the first that was sold wrote it.
    let early = with(PEOPLE, "people", "http://schemas.microsoft.com/office/word/2010/11/wordml");
    let (parts, found) = (parts(&early), threats(&early));
    assert!(!parts.contains_key("word/people.xml") && parts["word/document.xml"].contains("本文"));
    assert_eq!(found, [Threat::Unknown]);
    // What the standard knows is no such thing: a document with other styles than its own would look otherwise.
    let styles = with("styles", "styles", "urn:x");
    assert_eq!(styles.report.reason, Some(Reason::Damaged));
}
