//! Words in the place of what goes: files taken in whole, controls without a picture.
//!
//! Owns: samples of both. Leaves to others: what a control says (`controls`).

use super::*;
use crate::ooxml::controls::tests::{check_box, description};

const CONTROL: &str = "application/vnd.ms-office.activeX+xml";
const CHECK_BOX: &str = "{8BD21D40-EC42-11CE-9E0D-00AA006002F3}";
const BUTTON: &str = "{D7053240-CE69-11CD-A777-00DD01143C57}";

fn button(caption: &str) -> String {
    description(BUTTON, &format!("<ax:ocxPr ax:name=\"Caption\" ax:value=\"{caption}\"/>"))
}

fn with_chunk(content_type: &str, name: &str, bytes: &[u8]) -> Vec<u8> {
    document("<w:p/><w:altChunk r:id=\"rA\"/><w:p/>", "document.main+xml")
        .part(name, content_type, bytes)
        .relation("word/document.xml", "rA", "aFChunk", name.trim_start_matches("word/"), false)
        .bytes()
}

#[test]
fn a_file_taken_in_whole_leaves_its_words() {
    let inner = document("<w:p><w:r><w:t>別紙</w:t></w:r></w:p>", "document.main+xml").bytes();
    let mail = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\
                Content-Location: a.html\r\n\r\n<p>別紙</p>\r\n--b--\r\n";
    let main = format!("{WORD}.document.main+xml");
    let rows: [(&str, &str, &[u8]); 6] = [
        (
            "text/html",
            "word/a.htm",
            "<p>別紙</p><script>alert(1)</script><img src=\"http://evil.example/\">".as_bytes(),
        ),
        (
            "application/xhtml+xml; charset=utf-8",
            "word/a.dat",
            "<html><body><p>別紙</p></body></html>".as_bytes(),
        ),
        ("application/rtf", "word/a.rtf", br"{\rtf1\ansi \u21029?\u32025?\par}"),
        ("message/rfc822", "word/a.mht", mail.as_bytes()),
        ("text/plain", "word/a.txt", "別紙\r\n".as_bytes()),
        (&main, "word/a.docx", &inner),
    ];
    for (content_type, name, bytes) in rows {
        let outcome = run("a.docx", with_chunk(content_type, name, bytes), LinkPolicy::Keep);
        let parts = parts(&outcome);
        let written = &parts["word/document.xml"];
        let paragraph = "<w:p/><w:p><w:r><w:t xml:space=\"preserve\">別紙</w:t></w:r></w:p><w:p/>";
        assert!(written.contains(paragraph), "{content_type}: {written}");
        assert!(!written.contains("altChunk") && parts.keys().all(|part| !part.starts_with("word/a")));
        assert!(threats(&outcome).contains(&Threat::EmbeddedObject), "{content_type}");
        let again = run("a.docx", outcome.clean.clone().unwrap(), LinkPolicy::Keep);
        assert_eq!(threats(&again), [], "{content_type}");
    }
}

#[test]
fn a_file_taken_in_that_says_nothing_goes_as_a_whole() {
    let workbook = workbook("<c r=\"A1\"><v>1</v></c>").bytes();
    let mut nested = document("<w:p/>", "document.main+xml").bytes();
    for _ in 0..12 {
        nested = with_chunk(&format!("{WORD}.document.main+xml"), "word/a.docx", &nested);
    }
    let rows: [(&str, &str, &[u8]); 6] = [
        ("text/html", "word/a.htm", b""),
        ("application/rtf", "word/a.rtf", b"{\\rtf1 a"),
        ("application/octet-stream", "word/a.exe", b"MZ\x90\0"),
        ("text/html", "word/a.htm", b"MZ\x90\0"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "word/a.xlsx", &workbook),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "word/a.docx", &nested),
    ];
    for (content_type, name, bytes) in rows {
        let outcome = run("a.docx", with_chunk(content_type, name, bytes), LinkPolicy::Keep);
        let written = &parts(&outcome)["word/document.xml"];
        assert!(written.contains("<w:body><w:p/><w:p/></w:body>"), "{content_type}: {written}");
        assert!(threats(&outcome).contains(&Threat::EmbeddedObject), "{content_type}");
    }
    // One that lies elsewhere is never fetched.
    let outside = document("<w:altChunk r:id=\"rA\"/>", "document.main+xml")
        .relation("word/document.xml", "rA", "aFChunk", "http://evil.example/a.htm", true)
        .bytes();
    let outcome = run("a.docx", outside, LinkPolicy::Keep);
    assert!(!parts(&outcome).values().any(|part| part.contains("evil.example") || part.contains("altChunk")));
}

#[test]
fn a_control_without_a_picture_leaves_its_words() {
    let space = "xmlns:v=\"urn:schemas-microsoft-com:vml\"";
    let shape = |inside: &str| {
        format!(
            "<w:p><w:r><w:object {space}><v:shape id=\"s\" style=\"width:9pt;height:9pt\">{inside}</v:shape>\
             <w:control r:id=\"rC\" w:name=\"a\" w:shapeid=\"s\"/></w:object></w:r></w:p>"
        )
    };
    let make = |body: &str| {
        document(body, "document.main+xml")
            .part("word/activeX/activeX1.xml", CONTROL, description(CHECK_BOX, ""))
            .part(
                "word/activeX/activeX1.bin",
                "application/vnd.ms-office.activeX",
                check_box("1", "同意 & 承諾"),
            )
            .part("word/media/i.png", "image/png", crate::picture::placeholder().unwrap())
            .relation("word/document.xml", "rC", "control", "activeX/activeX1.xml", false)
            .relation("word/document.xml", "rI", "image", "media/i.png", false)
            .relation(
                "word/activeX/activeX1.xml",
                "rId1",
                "http://schemas.microsoft.com/office/2006/relationships/activeXControlBinary",
                "activeX1.bin",
                false,
            )
            .bytes()
    };
    let words = "<w:p><w:r><w:t xml:space=\"preserve\">☑ 同意 &amp; 承諾</w:t></w:r></w:p>";
    for body in [
        shape(""),
        shape("<v:imagedata/>"),
        "<w:p><w:r><w:pict><w:control r:id=\"rC\"/></w:pict></w:r></w:p>".to_owned(),
    ] {
        let outcome = run("a.docx", make(&body), LinkPolicy::Keep);
        let written = &parts(&outcome)["word/document.xml"];
        assert!(written.contains(words), "{written}");
        assert!(threats(&outcome).contains(&Threat::ActiveX));
        let again = run("a.docx", outcome.clean.clone().unwrap(), LinkPolicy::Keep);
        assert_eq!(threats(&again), []);
    }
    let outcome = run("a.docx", make(&shape("<v:imagedata r:id=\"rI\"/>")), LinkPolicy::Keep);
    let written = &parts(&outcome)["word/document.xml"];
    assert!(written.contains("<v:imagedata r:id=\"rI\"/>") && !written.contains("同意"), "{written}");
}

#[test]
fn a_control_on_a_sheet_without_a_picture_leaves_its_words() {
    let vml = "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\">\
               <v:shape id=\"_x0000_s1025\"><x:ClientData ObjectType=\"Pict\"><x:Anchor>1,0,2,0,3,0,4,0</x:Anchor></x:ClientData></v:shape></xml>";
    let mut maker = workbook("<c r=\"A1\"><v>1</v></c>")
        .part("xl/drawings/v.vml", "application/vnd.openxmlformats-officedocument.vmlDrawing", vml)
        .part("xl/activeX/activeX1.xml", CONTROL, button("計算する"))
        .relation("xl/worksheets/sheet1.xml", "rV", "vmlDrawing", "../drawings/v.vml", false)
        .relation("xl/worksheets/sheet1.xml", "rC", "control", "../activeX/activeX1.xml", false);
    let sheet = String::from_utf8(maker.parts[1].2.clone()).unwrap().replace(
        "</sheetData>",
        &format!(
            "</sheetData><legacyDrawing xmlns:r=\"{REL}\" r:id=\"rV\"/><controls xmlns:r=\"{REL}\"><control shapeId=\"1025\" r:id=\"rC\" name=\"b\"/></controls>"
        ),
    );
    maker.parts[1].2 = sheet.into_bytes();
    let outcome = run("a.xlsx", maker.bytes(), LinkPolicy::Keep);
    let parts = parts(&outcome);
    let drawing = parts.iter().find(|(name, _)| name.starts_with("xl/drawings/drawing")).unwrap().1;
    assert!(drawing.contains("計算する") && drawing.contains("<xdr:col>1</xdr:col>"), "{drawing}");
    assert!(parts["xl/worksheets/sheet1.xml"].contains("<drawing "));
    assert!(threats(&outcome).contains(&Threat::ActiveX));
    let again = run("a.xlsx", outcome.clean.clone().unwrap(), LinkPolicy::Keep);
    assert_eq!(threats(&again), []);
}

#[test]
fn a_control_on_a_slide_leaves_its_picture_or_its_words() {
    let space = "http://schemas.openxmlformats.org/presentationml/2006/main";
    let presentation = "application/vnd.openxmlformats-officedocument.presentationml";
    let slide = format!(
        "<p:sld xmlns:p=\"{space}\" xmlns:r=\"{REL}\"><p:cSld><p:spTree><p:sp><p:nvSpPr><p:cNvPr id=\"4\" name=\"n\"/></p:nvSpPr></p:sp></p:spTree>\
         <p:controls><p:control spid=\"_x0000_s1026\" r:id=\"rC\"/><p:control spid=\"_x0000_s1027\" r:id=\"rD\"/><p:control r:id=\"rE\"/>\
         </p:controls></p:cSld></p:sld>"
    );
    let vml = "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\">\
               <v:shape id=\"_x0000_s1026\" style=\"left:1pt;top:2pt;width:3pt;height:4pt\"/>\
               <v:shape id=\"_x0000_s1027\" style=\"left:5pt;top:6pt;width:7pt;height:8pt\"><v:imagedata o:relid=\"rI\"/></v:shape></xml>";
    let mut maker = Maker::default()
        .part("ppt/presentation.xml", &format!("{presentation}.presentation.main+xml"), format!("<p:presentation xmlns:p=\"{space}\" xmlns:r=\"{REL}\"><p:sldIdLst><p:sldId id=\"256\" r:id=\"rS\"/></p:sldIdLst></p:presentation>"))
        .part("ppt/slides/slide1.xml", &format!("{presentation}.slide+xml"), slide)
        .part("ppt/drawings/v.vml", "application/vnd.openxmlformats-officedocument.vmlDrawing", vml)
        .part("ppt/media/i.png", "image/png", crate::picture::placeholder().unwrap())
        .relation("", "rId1", "officeDocument", "ppt/presentation.xml", false)
        .relation("ppt/presentation.xml", "rS", "slide", "slides/slide1.xml", false)
        .relation("ppt/slides/slide1.xml", "rV", "vmlDrawing", "../drawings/v.vml", false)
        .relation("ppt/drawings/v.vml", "rI", "image", "../media/i.png", false);
    for (number, id) in [(1, "rC"), (2, "rD"), (3, "rE")] {
        let name = format!("ppt/activeX/activeX{number}.xml");
        maker = maker.part(&name, CONTROL, button(&format!("釦{number}"))).relation(
            "ppt/slides/slide1.xml",
            id,
            "control",
            &name.replace("ppt/", "../"),
            false,
        );
    }
    let outcome = run("a.pptx", maker.bytes(), LinkPolicy::Keep);
    let written = parts(&outcome)["ppt/slides/slide1.xml"].clone();
    assert!(written.contains("釦1") && written.contains("釦3") && !written.contains("釦2"), "{written}");
    assert!(written.contains("<sekisho:off x=\"12700\" y=\"25400\"/>"), "{written}");
    assert!(
        written.contains("<sekisho:off x=\"63500\" y=\"76200\"/>") && written.contains("r:embed="),
        "{written}"
    );
    assert!(!written.contains("control ") && threats(&outcome).contains(&Threat::ActiveX));
    let again = run("a.pptx", outcome.clean.clone().unwrap(), LinkPolicy::Keep);
    assert_eq!(threats(&again), []);
}
