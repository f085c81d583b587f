//! Tests of Office documents in XML. The preview of the result says what came out.
//!
//! Owns: samples made here, good and bad. Leaves to others: real files (the worker's corpus test).

use super::*;
use proptest::prelude::*;
use worker_protocol::{FilePolicy, Hint, Job, Kind, Limits, Outcome, Preview, TextBlock, Threat};

fn run(text: &str, mode: Mode) -> Outcome {
    let mut policy = FilePolicy::default();
    policy.modes.insert(Kind::OfficeXml, mode);
    let hint = Hint { untrusted_name: "a.xml".to_owned(), passwords: Vec::new() };
    let job = Job {
        hint,
        policy,
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    };
    let outcome = crate::sanitise(&job, text.as_bytes().to_vec(), &mut |_, _| ());
    assert!(outcome.report.is_consistent());
    outcome
}

/// What a reader of the result sees: paragraphs, and rows of tables.
fn shown(outcome: &Outcome) -> Vec<String> {
    let kind = outcome.report.clean_kind.unwrap_or_else(|| panic!("{:?}", outcome.report));
    let clean = outcome.clean.as_ref().unwrap();
    let Some((Preview::Text { blocks, .. }, _)) = crate::preview(kind, clean, &Limits::default()) else {
        panic!("no preview")
    };
    blocks
        .into_iter()
        .flat_map(|block| match block {
            TextBlock::Heading { text } | TextBlock::Paragraph { text } => vec![text],
            TextBlock::Table { rows } => rows.into_iter().map(|row| row.join("|")).collect(),
        })
        .collect()
}

const WORD: &str = "<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?>\
    <w:wordDocument xmlns:w=\"http://schemas.microsoft.com/office/word/2003/wordml\" \
    xmlns:wx=\"http://schemas.microsoft.com/office/word/2003/auxHint\" xmlns:aml=\"http://schemas.microsoft.com/aml/2001/core\" \
    xmlns:v=\"urn:schemas-microsoft-com:vml\">";

#[test]
fn words_tables_and_pictures_of_word_2003_come_out() {
    let png = crate::transfer::base64(&crate::picture::placeholder().unwrap());
    let text = format!(
        "{WORD}<w:docSuppData><w:binData w:name=\"editdata.mso\">QWN0aXZlTWltZQ==</w:binData></w:docSuppData>\
         <w:styles><w:style w:type=\"paragraph\" w:default=\"on\" w:styleId=\"a\"><w:name w:val=\"Normal\"/></w:style></w:styles>\
         <w:body><wx:sect><w:p><w:pPr><w:listPr><wx:t wx:val=\"1.\"/></w:listPr><w:jc w:val=\"center\"/></w:pPr>\
         <w:r><w:rPr><w:b/><w:rFonts w:fareast=\"ＭＳ 明朝\"/></w:rPr><w:t>申請書</w:t></w:r>\
         <aml:annotation w:type=\"Word.Deletion\"><aml:content><w:r><w:t>消した</w:t></w:r></aml:content></aml:annotation>\
         <aml:annotation w:type=\"Word.Insertion\"><aml:content><w:r><w:t>足した</w:t></w:r></aml:content></aml:annotation>\
         <w:r><aml:annotation w:type=\"Word.Comment\" aml:author=\"係\"><aml:content><w:p><w:r><w:t>要確認</w:t></w:r></w:p></aml:content></aml:annotation></w:r>\
         <w:hlink w:dest=\"file:///c:/a.exe\"><w:r><w:t>鍵</w:t></w:r></w:hlink></w:p>\
         <w:p><w:r><w:pict><w:binData w:name=\"wordml://1.png\">{png}</w:binData><v:shape style=\"width:10pt;height:20pt\">\
         <v:imagedata src=\"wordml://1.png\"/></v:shape></w:pict></w:r></w:p>\
         <w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w=\"100\"/></w:tblGrid><w:tr><w:tc><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc>\
         <w:tc><w:tcPr><w:vmerge w:val=\"restart\"/></w:tcPr></w:tc></w:tr></w:tbl>\
         <w:sectPr><w:hdr w:type=\"odd\"><w:p><w:r><w:t>見出し</w:t></w:r></w:p></w:hdr><w:pgSz w:w=\"11906\" w:h=\"16838\"/></w:sectPr>\
         </wx:sect></w:body></w:wordDocument>"
    );
    let outcome = run(&text, Mode::Rebuild);
    assert_eq!((outcome.report.clean_kind, outcome.report.road), (Some(Kind::Docx), Some(Road::Converted)));
    assert_eq!(outcome.report.clean_name, "a.docx");
    let seen = shown(&outcome);
    assert_eq!(seen, ["1. 申請書足した鍵", "甲|"]);
    let threats: Vec<Threat> = outcome.report.removals.iter().map(|r| r.what).collect();
    assert!(threats.contains(&Threat::MacroVba) && threats.contains(&Threat::Hyperlink), "{threats:?}");
    let listing = crate::zip_reader::read(outcome.clean.as_ref().unwrap(), &Limits::default()).unwrap();
    let has = |part: &str| {
        listing.entries.iter().any(|e| String::from_utf8_lossy(&e.untrusted_name).contains(part))
    };
    for part in ["word/media/image1.png", "word/header", "word/comments.xml"] {
        assert!(has(part), "{part}: {:?}", outcome.report.removals);
    }
}

#[test]
fn cells_of_spreadsheet_ml_come_out() {
    let text = "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\
        <Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\
        <Styles><Style ss:ID=\"d\"><NumberFormat ss:Format=\"Short Date\"/><Font ss:Bold=\"1\" ss:Color=\"#FF0000\"/></Style></Styles>\
        <Worksheet ss:Name=\"一覧\"><Table><Column ss:Width=\"90\"/><Row ss:Index=\"2\"><Cell><Data ss:Type=\"String\">氏名 &amp; 住所</Data></Cell>\
        <Cell ss:Index=\"3\" ss:MergeAcross=\"1\"><Data ss:Type=\"Number\">12.5</Data></Cell></Row>\
        <Row><Cell ss:StyleID=\"d\"><Data ss:Type=\"DateTime\">2004-02-29T12:00:00.000</Data></Cell>\
        <Cell ss:Formula=\"=cmd|'/c calc'!A0\" ss:HRef=\"http://a\"><Data ss:Type=\"String\">=1</Data></Cell></Row></Table></Worksheet></Workbook>";
    let outcome = run(text, Mode::Rebuild);
    assert_eq!((outcome.report.clean_kind, outcome.report.road), (Some(Kind::Xlsx), Some(Road::Converted)));
    assert_eq!(shown(&outcome), ["一覧", "氏名 & 住所||12.5", "2004-02-29 12:00:00|=1"]);
    let threats: Vec<Threat> = outcome.report.removals.iter().map(|r| r.what).collect();
    assert!(
        threats.contains(&Threat::DangerousFormula) && threats.contains(&Threat::Hyperlink),
        "{threats:?}"
    );
}

#[test]
fn a_flat_package_becomes_a_package() {
    let part = |name: &str, content_type: &str, xml: &str| {
        format!(
            "<pkg:part pkg:name=\"{name}\" pkg:contentType=\"{content_type}\"><pkg:xmlData>{xml}</pkg:xmlData></pkg:part>"
        )
    };
    let relation = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" \
        Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>";
    let document = "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r>\
        <w:t>平らな文書</w:t></w:r></w:p></w:body></w:document>";
    let main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    let head = "<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?>\
        <pkg:package xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\">";
    let rels = part("/_rels/.rels", "application/vnd.openxmlformats-package.relationships+xml", relation);
    let body = part("/word/document.xml", main, document);
    let macros = "<pkg:part pkg:name=\"/word/vbaProject.bin\" pkg:contentType=\"application/vnd.ms-office.vbaProject\">\
        <pkg:binaryData>AAAA</pkg:binaryData></pkg:part>";
    let outcome = run(&format!("{head}{rels}{body}{macros}</pkg:package>"), Mode::Rebuild);
    assert_eq!(shown(&outcome), ["平らな文書"]);
    assert!(outcome.report.removals.iter().any(|r| r.what == Threat::MacroVba));
    let twice = run(&format!("{head}{rels}{body}{body}</pkg:package>"), Mode::Rebuild);
    assert_eq!(twice.report.reason, Some(Reason::Damaged));
}

#[test]
fn bad_documents_end() {
    let deep = format!("{WORD}<w:body>{}", "<w:p>".repeat(100_000));
    let far = "<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet><Table><Row Index=\"99999999\"><Cell/></Row></Table></Worksheet></Workbook>";
    let rows = [
        (format!("{WORD}</w:wordDocument>"), Reason::Damaged),
        (format!("{WORD}<w:body>"), Reason::Damaged),
        (deep, Reason::TooComplex),
        (far.to_owned(), Reason::Damaged),
        ("<?mso-application progid='Word.Document'?><other/>".to_owned(), Reason::NotRebuilt),
        (
            "<!DOCTYPE a [<!ENTITY b 'c'>]><?mso-application progid='Word.Document'?><a>&b;</a>".to_owned(),
            Reason::Damaged,
        ),
    ];
    for (text, reason) in rows {
        assert_eq!(run(&text, Mode::Rebuild).report.reason, Some(reason), "{text:.60}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_document_ends(inner in "(<w:p>|</w:p>|<w:r>|</w:r>|<w:t>a</w:t>|<w:tbl>|</w:tbl>|<w:tr>|</w:tr>|<w:tc>|</w:tc>|<w:pict/>|<w:hlink/>|<w:br/>){0,20}") {
        run(&format!("{WORD}<w:body>{inner}</w:body></w:wordDocument>"), Mode::Rebuild);
    }
}
