//! Sheets of Excel 4 macros, as the plain sheets that they are without their formulas.
//!
//! Owns: making a worksheet of one: every formula goes, what its cell showed stays (MS-XLSX, section 2.2.3; both sorts of sheet
//! list their elements in the same order).
//! Leaves to others: what may stay in a worksheet (`filter`), reporting that macros went (`mod`).

use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, Writer};

use super::xml;

const MACROS: &str = "http://schemas.microsoft.com/office/excel/2006/main";
const SHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// The part as a worksheet; nothing when it is no sheet of macros.
pub(super) fn as_worksheet(untrusted: &[u8]) -> Option<Vec<u8>> {
    let text = xml::decode(untrusted).ok()?;
    let mut reader = NsReader::from_str(&text);
    let mut out = Writer::new(Vec::with_capacity(text.len()));
    let (mut depth, mut skipped) = (0u32, 0u32);
    let mut is_whole = false;
    loop {
        let event = reader.read_event().ok()?;
        match &event {
            Event::DocType(_) => return None,
            Event::Eof => return is_whole.then(|| out.into_inner()),
            Event::Start(_) if skipped > 0 => skipped += 1,
            Event::End(_) if skipped > 0 => skipped -= 1,
            _ if skipped > 0 => {}
            Event::Start(start) if is_formula(start) => skipped = 1,
            Event::Empty(start) if is_formula(start) => {}
            Event::Start(start) if depth == 0 => {
                let space = reader.resolver().resolve_element(start.name()).0;
                let is_ours = matches!(space, ResolveResult::Bound(space) if space.as_ref() == MACROS);
                if is_whole || !is_ours || start.local_name().as_ref() != "macrosheet" {
                    return None;
                }
                depth = 1;
                out.write_event(Event::Start(root(start)?)).ok()?;
            }
            // A sheet is more than its name, and there is one.
            Event::Empty(_) if depth == 0 => return None,
            Event::Start(start) => {
                depth += 1;
                out.write_event(Event::Start(plain(start)?)).ok()?;
            }
            Event::Empty(start) => out.write_event(Event::Empty(plain(start)?)).ok()?,
            Event::End(_) if depth == 1 => {
                (depth, is_whole) = (0, true);
                out.write_event(Event::End(BytesEnd::new("worksheet"))).ok()?;
            }
            Event::End(_) => {
                depth = depth.checked_sub(1)?;
                out.write_event(event).ok()?;
            }
            _ => out.write_event(event).ok()?,
        }
    }
}

fn is_formula(start: &BytesStart<'_>) -> bool {
    start.local_name().as_ref() == "f"
}

/// The root of a worksheet with the namespaces that this one declares.
fn root(start: &BytesStart<'_>) -> Option<BytesStart<'static>> {
    let mut root = BytesStart::new("worksheet");
    root.push_attribute(("xmlns", SHEET));
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        if attribute.key.as_ref() != "xmlns" {
            root.push_attribute(attribute);
        }
    }
    Some(root)
}

/// An element as it was. The sheet shows what its cells hold: there are no formulas to show.
fn plain<'s>(start: &BytesStart<'s>) -> Option<BytesStart<'s>> {
    if start.local_name().as_ref() != "sheetView" {
        return Some(start.clone());
    }
    let attributes = start.attributes().collect::<Result<Vec<_>, _>>().ok()?;
    let mut view = start.to_owned();
    view.clear_attributes();
    view.extend_attributes(attributes.into_iter().filter(|a| a.key.as_ref() != "showFormulas"));
    Some(view.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(inside: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><xm:macrosheet xmlns=\"{SHEET}\" xmlns:xm=\"{MACROS}\" xmlns:a=\"b\">{inside}</xm:macrosheet>"
        )
    }

    #[test]
    fn formulas_go_and_what_they_showed_stays() {
        let given = sheet(
            "<sheetViews><sheetView showFormulas=\"1\" workbookViewId=\"0\"/></sheetViews><sheetData><row r=\"1\">\
             <c r=\"A1\" t=\"b\"><f>ALERT(\"語\")</f><v>1</v></c><c r=\"B1\"><f t=\"shared\" si=\"0\"/><v>7</v></c>\
             <c r=\"C1\" t=\"inlineStr\"><is><t>a &amp; b</t></is></c></row></sheetData>",
        );
        let made = String::from_utf8(as_worksheet(given.as_bytes()).unwrap()).unwrap();
        let expected = format!(
            "<?xml version=\"1.0\"?><worksheet xmlns=\"{SHEET}\" xmlns:xm=\"{MACROS}\" xmlns:a=\"b\"><sheetViews><sheetView \
             workbookViewId=\"0\"/></sheetViews><sheetData><row r=\"1\"><c r=\"A1\" t=\"b\"><v>1</v></c><c r=\"B1\"><v>7</v></c>\
             <c r=\"C1\" t=\"inlineStr\"><is><t>a &amp; b</t></is></c></row></sheetData></worksheet>"
        );
        assert_eq!(made, expected);
    }

    #[test]
    fn what_is_no_sheet_of_macros_is_not_one() {
        let rows = [
            "<x/>".to_owned(),
            "<x></x>".to_owned(),
            format!("<macrosheet xmlns=\"{SHEET}\"></macrosheet>"),
            format!("<xm:macrosheet xmlns:xm=\"{MACROS}\"/>"),
            format!("<!DOCTYPE a>{}", sheet("")),
            sheet("<f>"),
            sheet("<sheetData>"),
            sheet("").replace("</xm:macrosheet>", ""),
            sheet("") + &sheet("").replace("<?xml version=\"1.0\"?>", ""),
            String::new(),
        ];
        for given in rows {
            assert_eq!(as_worksheet(given.as_bytes()), None, "{given}");
        }
    }
}
