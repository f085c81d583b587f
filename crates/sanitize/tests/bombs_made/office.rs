//! Office documents that repeat themselves.
//!
//! Owns: counts that stand for much, strings that are named often, parts that name each other.
//! Leaves to others: how they must end (`bombs`).

use std::io::Write;

use worker_protocol::Reason;

use super::{around, zip};
use crate::{Bomb, bomb};

const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const RELS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE: &str = "application/vnd.openxmlformats-officedocument";

/// A package: parts with the last words of their type, and relations (from, id, kind, target).
fn package(parts: &[(&str, &str, String)], relations: &[(&str, &str, &str, &str)]) -> Vec<u8> {
    let overrides: String = parts
        .iter()
        .map(|(name, kind, _)| {
            format!("<Override PartName=\"/{name}\" ContentType=\"{OFFICE}.{kind}+xml\"/>")
        })
        .collect();
    let mut members =
        vec![("[Content_Types].xml".to_owned(), format!("<Types xmlns=\"{TYPES}\">{overrides}</Types>"))];
    let mut sources: Vec<&str> = relations.iter().map(|(from, ..)| *from).collect();
    sources.dedup();
    for source in sources {
        let of: String = relations
            .iter()
            .filter(|(from, ..)| *from == source)
            .map(|(_, id, kind, target)| {
                format!("<Relationship Id=\"{id}\" Type=\"{REL}/{kind}\" Target=\"{target}\"/>")
            })
            .collect();
        let (folder, name) = source.rsplit_once('/').unwrap_or(("", source));
        let path = if folder.is_empty() {
            format!("_rels/{name}.rels")
        } else {
            format!("{folder}/_rels/{name}.rels")
        };
        members.push((path, format!("<Relationships xmlns=\"{RELS}\">{of}</Relationships>")));
    }
    members.extend(parts.iter().map(|(name, _, text)| ((*name).to_owned(), text.clone())));
    let members: Vec<(&str, &[u8])> =
        members.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zip(&members)
}

fn document(before: &str, body: &str) -> Vec<u8> {
    let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let text = format!(
        "{before}<w:document xmlns:w=\"{space}\" xmlns:r=\"{REL}\"><w:body>{body}</w:body></w:document>"
    );
    package(
        &[("word/document.xml", "wordprocessingml.document.main", text)],
        &[("", "rId1", "officeDocument", "word/document.xml")],
    )
}

fn workbook(strings: &str, sheet: &str) -> Vec<u8> {
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let book = format!(
        "<workbook xmlns=\"{space}\" xmlns:r=\"{REL}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    package(
        &[
            ("xl/workbook.xml", "spreadsheetml.sheet.main", book),
            (
                "xl/sharedStrings.xml",
                "spreadsheetml.sharedStrings",
                format!("<sst xmlns=\"{space}\">{strings}</sst>"),
            ),
            (
                "xl/worksheets/sheet1.xml",
                "spreadsheetml.worksheet",
                format!("<worksheet xmlns=\"{space}\">{sheet}</worksheet>"),
            ),
        ],
        &[
            ("", "rId1", "officeDocument", "xl/workbook.xml"),
            ("xl/workbook.xml", "rId1", "worksheet", "worksheets/sheet1.xml"),
            ("xl/workbook.xml", "rId2", "sharedStrings", "sharedStrings.xml"),
        ],
    )
}

const SPACES: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
    xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\"";

fn open_document(kind: &str, body: &str) -> Vec<u8> {
    let media = format!("application/vnd.oasis.opendocument.{kind}");
    let manifest = format!(
        "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{media}\"/><manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>"
    );
    let content = format!(
        "<office:document-content {SPACES} office:version=\"1.2\"><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    );
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, text) in
        [("mimetype", &media), ("META-INF/manifest.xml", &manifest), ("content.xml", &content)]
    {
        writer.start_file(name, stored).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn documents() -> Vec<Bomb> {
    let named_often: String =
        format!("<row r=\"1\">{}</row>", "<c t=\"s\"><v>0</v></c>".repeat(16_000)).repeat(6);
    let one_string = format!("<si><t>{}</t></si>", "ha".repeat(50_000));
    let cells_far_away = "<sheetData><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row><row r=\"4294967295\"><c r=\"ZZZZZZ4294967295\"><v>1</v></c></row></sheetData>";
    let merged = "<sheetData/><mergeCells><mergeCell ref=\"A1:XFD1048576\"/></mergeCells><dataValidations><dataValidation sqref=\"A1:XFD1048576\" type=\"list\"><formula1>A1</formula1></dataValidation></dataValidations>";
    let shared_formula: String = (1..20_000)
        .map(|n| format!("<row r=\"{n}\"><c r=\"A{n}\"><f t=\"shared\" si=\"0\"/><v>1</v></c></row>"))
        .collect();
    let shared_formula = format!(
        "<sheetData><row r=\"1\"><c r=\"B1\"><f t=\"shared\" ref=\"A1:A20000\" si=\"0\">{}</f><v>1</v></c></row>{shared_formula}</sheetData>",
        "1+".repeat(20_000) + "1"
    );
    let row = "<table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell table:number-columns-repeated=\"16384\" office:value-type=\"string\"><text:p>ha ha ha</text:p></table:table-cell></table:table-row>";
    let nested_rows = around("<table:table-row-group>", row, "</table:table-row-group>", 50);
    let flat = format!(
        "<office:document {SPACES} office:version=\"1.2\" office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet\"><office:body><office:spreadsheet><table:table table:name=\"S\">{row}</table:table></office:spreadsheet></office:body></office:document>"
    );
    let spaces = "<text:p><text:s text:c=\"2147483647\"/></text:p>".repeat(100);
    let book = "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet ss:Name=\"s\"><Table ss:ExpandedRowCount=\"99999999\"><Column ss:Span=\"999999999\"/><Row ss:Index=\"999999999\" ss:Span=\"999999999\"><Cell ss:Index=\"999999999\" ss:MergeAcross=\"999999999\" ss:MergeDown=\"999999999\"><Data ss:Type=\"Number\">1</Data></Cell></Row></Table></Worksheet></Workbook>";
    let circle = package(
        &[
            ("word/document.xml", "wordprocessingml.document.main", "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>words</w:t></w:r></w:p></w:body></w:document>".to_owned()),
            ("word/header1.xml", "wordprocessingml.header", "<w:hdr xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:p/></w:hdr>".to_owned()),
        ],
        &[
            ("", "rId1", "officeDocument", "word/document.xml"),
            ("word/document.xml", "rId1", "header", "header1.xml"),
            ("word/document.xml", "rId2", "document", "document.xml"),
            ("word/header1.xml", "rId1", "header", "header1.xml"),
            ("word/header1.xml", "rId2", "officeDocument", "document.xml"),
        ],
    );
    let paragraph = "<w:p><w:r><w:t>words</w:t></w:r></w:p>";
    let entities = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>";
    let many_parts: Vec<(String, String)> =
        (0..12_000).map(|n| (format!("word/media/{n}.xml"), "<x/>".to_owned())).collect();
    let many_parts: Vec<(&str, &[u8])> =
        many_parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let many_parts = zip(&[&[("[Content_Types].xml", b"<x/>".as_slice())], many_parts.as_slice()].concat());
    vec![
        bomb(
            "a long string that many cells name",
            "a.xlsx",
            workbook(&one_string, &format!("<sheetData>{named_often}</sheetData>")),
            None,
        ),
        bomb("cells far away", "a.xlsx", workbook("", cells_far_away), None),
        bomb("everything merged", "a.xlsx", workbook("", merged), None),
        bomb("a long formula that many cells share", "a.xlsx", workbook("", &shared_formula), None),
        bomb("many strings", "a.xlsx", workbook(&"<si><t/></si>".repeat(300_000), "<sheetData/>"), None),
        bomb(
            "rows and columns repeated",
            "a.ods",
            open_document("spreadsheet", &format!("<table:table table:name=\"S\">{row}</table:table>")),
            None,
        ),
        bomb(
            "rows repeated in groups",
            "a.ods",
            open_document(
                "spreadsheet",
                &format!("<table:table table:name=\"S\">{nested_rows}</table:table>"),
            ),
            None,
        ),
        bomb("rows repeated in a flat file", "a.fods", flat, None),
        bomb("spaces repeated", "a.odt", open_document("text", &spaces), None),
        bomb(
            "a deep text",
            "a.odt",
            open_document("text", &around("<text:section>", "", "</text:section>", 50_000)),
            Some(Reason::TooComplex),
        ),
        bomb(
            "a deep document",
            "a.docx",
            document("", &around("<w:tbl><w:tr><w:tc>", paragraph, "</w:tc></w:tr></w:tbl>", 20_000)),
            Some(Reason::TooComplex),
        ),
        bomb(
            "entities in a document",
            "a.docx",
            document(entities, "<w:p><w:r><w:t>&b;</w:t></w:r></w:p>"),
            Some(Reason::Damaged),
        ),
        bomb("parts that name each other", "a.docx", circle, None),
        bomb("more parts than may be", "a.docx", many_parts, Some(Reason::TooComplex)),
        bomb("an old workbook that reaches far", "a.xml", book, Some(Reason::Damaged)),
        bomb(
            "a deep old document",
            "a.xml",
            format!(
                "<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?><w:wordDocument xmlns:w=\"http://schemas.microsoft.com/office/word/2003/wordml\"><w:body>{}",
                "<w:p>".repeat(100_000)
            ),
            Some(Reason::TooComplex),
        ),
    ]
}
