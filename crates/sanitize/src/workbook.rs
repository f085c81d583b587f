//! Workbooks that are written from other formats.
//!
//! Owns: the package around sheets and their styles, how far a sheet reaches, words in a cell.
//! Leaves to others: what stands in the sheets (the module of the format that was read), and judging the workbook: it goes
//! the way of every other (`ooxml`).

use worker_protocol::Reason;

use crate::xml::{escape_attribute, push_text};
use crate::{Refusal, zip_writer};

/// The largest sheet that spreadsheets open.
pub(crate) const COLUMNS_MAX: u64 = 16_384;
pub(crate) const ROWS_MAX: u64 = 1_048_576;

/// The namespace of a workbook's parts.
pub(crate) const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const TYPES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// A sheet, written.
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) written: String,
}

/// The workbook of these sheets. Its days are counted from 1904 or, as nearly always, from 1900.
///
/// # Errors
/// Held when there is no sheet.
pub(crate) fn package(sheets: &[Sheet], styles: &str, is_from_1904: bool) -> Result<Vec<u8>, Refusal> {
    if sheets.is_empty() {
        return Err(Refusal::held(Reason::Damaged));
    }
    let (mut list, mut relations, mut types) = (String::new(), String::new(), String::new());
    for (at, sheet) in sheets.iter().enumerate() {
        let number = at + 1;
        list.push_str(&format!(
            "<sheet name=\"{}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>",
            escape_attribute(&sheet.name)
        ));
        relations.push_str(&format!(
            "<Relationship Id=\"rId{number}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        ));
        types.push_str(&format!(
            "<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"{TYPES}.worksheet+xml\"/>"
        ));
    }
    let style_relation = sheets.len() + 1;
    let epoch = if is_from_1904 { "<workbookPr date1904=\"1\"/>" } else { "" };
    let parts = [
        ("xl/styles.xml", format!("{HEAD}{styles}")),
        (
            "xl/workbook.xml",
            format!(
                "{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\">{epoch}<sheets>{list}</sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">{relations}\
                 <Relationship Id=\"rId{style_relation}\" Type=\"{RELATIONS}/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">\
                 <Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "[Content_Types].xml",
            format!(
                "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\">\
                 <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Override PartName=\"/xl/workbook.xml\" ContentType=\"{TYPES}.sheet.main+xml\"/>\
                 <Override PartName=\"/xl/styles.xml\" ContentType=\"{TYPES}.styles+xml\"/>{types}</Types>"
            ),
        ),
    ];
    let sheet_names: Vec<String> =
        (1..=sheets.len()).map(|number| format!("xl/worksheets/sheet{number}.xml")).collect();
    let written = sheet_names.iter().map(String::as_str).zip(sheets.iter().map(|s| s.written.as_bytes()));
    zip_writer::write(written.chain(parts.iter().map(|(name, text)| (*name, text.as_bytes()))))
}

/// A cell of words, whatever they look like; `start` is its tag as far as it goes without its type.
pub(crate) fn push_words(out: &mut String, start: &str, words: &str) {
    out.push_str(start);
    out.push_str(" t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    push_text(out, words);
    out.push_str("</t></is></c>");
}

/// The name of a cell by its column and row, both from 0; none for one that no program has.
pub(crate) fn cell_name(column: u64, row: u64) -> Option<String> {
    if column >= 16_384 || row >= 9_999_999 {
        return None;
    }
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).ok()?));
        rest /= 26;
    }
    Some(letters.iter().rev().collect::<String>() + &(row + 1).to_string())
}
