//! The usual font of a workbook and the widths of its columns, known better than the workbook tells them.
//!
//! Owns: writing them into styles and sheets. A width counts digits of the usual font (ECMA-376 part 1, section 18.3.1.13), so an
//! office program that puts another font there writes other widths.
//! Leaves to others: where both come from (`legacy`), and everything else of a sheet (`values`).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::objects::attribute;
use super::xml;

/// Parts of a digit in which widths are counted.
const PARTS: f64 = 256.0;

/// The margin of a column without a width of its own is five pixels and what is missing to a multiple of eight. In the middle
/// that is a digit of letters of ten points, and less of one the larger the letters are: this number by their height.
const MARGIN: u32 = 54_000;

/// The longest name of a font that Excel takes in units of UTF-16: what Windows has room for.
const NAME_MAX: usize = 31;

/// The last column of a sheet before 2007. A width that reaches up to it is that of all columns without another.
const LAST: u32 = 255;

/// The font that columns are measured by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownFont {
    pub(crate) untrusted_name: String,
    /// In twentieths of a point.
    pub(crate) height: u32,
}

/// How wide the columns of a sheet are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KnownColumns {
    /// The first and the last column, from 0, and their width in 256 parts of a digit, with the margin.
    pub(crate) own: Vec<(u32, u32, u32)>,
    /// The width of all others.
    pub(crate) usual: Option<Usual>,
}

/// The width of a column without one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usual {
    /// In digits, without the margin, for a workbook before 2007.
    Digits(u32),
    /// In digits, without the margin, for a workbook since then.
    Base(u32),
    /// In 256 parts of a digit, with the margin.
    Parts(u32),
}

impl KnownColumns {
    /// The width of a column, if it has one of its own.
    pub(crate) fn own(&self, column: u32) -> Option<u32> {
        let found = self.own.iter().find(|(first, last, _)| (*first..=*last).contains(&column));
        found.map(|(_, _, parts)| *parts)
    }
}

/// A sheet with these widths; nothing when none is known, or when it cannot be read.
pub(super) fn with_columns(text: &str, columns: &KnownColumns, font: &KnownFont) -> Option<String> {
    let default = |parts| ("defaultColWidth", width(parts));
    let usual = match (columns.own(LAST), columns.usual?) {
        (_, Usual::Base(digits)) => ("baseColWidth", digits.to_string()),
        (None, Usual::Digits(digits)) => {
            default(digits.saturating_mul(256).saturating_add(MARGIN.checked_div(font.height)?))
        }
        (Some(parts), Usual::Digits(_)) | (_, Usual::Parts(parts)) => default(parts),
    };
    rewritten(text, "sheetData", |tag| match tag.local_name().as_ref() {
        "sheetFormatPr" => without(tag, &["baseColWidth", "defaultColWidth"], Some(usual.clone())),
        "col" => {
            let first = attribute(tag, "min")?.trim().parse::<u32>().ok()?.checked_sub(1)?;
            let own = columns.own(first).map(|parts| ("width", width(parts)));
            let is_own = own.is_some();
            let tag = without(tag, &["width", "customWidth"], own)?;
            Some(if is_own { tag + " customWidth=\"1\"" } else { tag })
        }
        _ => None,
    })
}

/// Styles whose first font, which is the usual one, has this name; nothing when they cannot be read, or when the first font is
/// another one, which its height tells.
pub(super) fn with_font(text: &str, font: &KnownFont) -> Option<String> {
    let name = &font.untrusted_name;
    let is_name =
        !name.is_empty() && name.encode_utf16().count() <= NAME_MAX && !name.contains(char::is_control);
    if !is_name {
        return None;
    }
    let (mut height, mut is_first) = (None, true);
    let written = rewritten(text, "cellStyleXfs", |tag| match tag.local_name().as_ref() {
        "sz" if height.is_none() => {
            height = attribute(tag, "val").and_then(|points| points.trim().parse::<f64>().ok());
            None
        }
        "name" if std::mem::take(&mut is_first) => without(tag, &["val"], Some(("val", name.clone()))),
        _ => None,
    });
    let is_same = |points: f64| (points * 20.0 - f64::from(font.height)).abs() < 1.0;
    written.filter(|_| height.is_some_and(is_same))
}

fn width(parts: u32) -> String {
    (f64::from(parts) / PARTS).to_string()
}

/// A tag, not yet closed, with one attribute anew and without some others.
fn without(tag: &BytesStart<'_>, others: &[&str], anew: Option<(&str, String)>) -> Option<String> {
    let mut out = format!("<{}", tag.name().as_ref());
    for attribute in tag.attributes() {
        let attribute = attribute.ok()?;
        if !others.contains(&attribute.key.as_ref()) {
            let value = xml::attribute_value(&attribute).ok()?;
            out.push_str(&format!(" {}=\"{}\"", attribute.key.as_ref(), xml::escape_attribute(&value)));
        }
    }
    if let Some((name, value)) = anew {
        out.push_str(&format!(" {name}=\"{}\"", xml::escape_attribute(&value)));
    }
    Some(out)
}

/// A part in which some tags before the element `end` are written anew, as `tag` says; nothing when none is.
fn rewritten(
    text: &str,
    end: &str,
    mut tag: impl FnMut(&BytesStart<'_>) -> Option<String>,
) -> Option<String> {
    let mut reader = Reader::from_str(text);
    let mut out = String::new();
    let (mut copied, mut before) = (0, 0);
    loop {
        let event = reader.read_event().ok()?;
        let after = usize::try_from(reader.buffer_position()).ok()?;
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                if start.local_name().as_ref() == end {
                    break;
                }
                if let Some(written) = tag(start) {
                    out.push_str(text.get(copied..before)?);
                    out.push_str(&written);
                    out.push_str(if matches!(event, Event::Empty(_)) { "/>" } else { ">" });
                    copied = after;
                }
            }
            Event::Eof => break,
            _ => {}
        }
        before = after;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(text.get(copied..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_were() {
        let font = KnownFont { untrusted_name: "A".to_owned(), height: 200 };
        let columns = KnownColumns { own: vec![(1, 3, 2816), (9, 9, 300)], usual: Some(Usual::Digits(8)) };
        let sheet = "<worksheet><sheetFormatPr defaultColWidth=\"12.6\" x=\"1\"></sheetFormatPr><cols>\
                     <col min=\"1\" max=\"1\" width=\"12.6\" customWidth=\"false\"/><col width=\"9\" min=\"2\" max=\"4\"/></cols>\
                     <sheetData><col min=\"2\"/></sheetData></worksheet>";
        let expected = "<worksheet><sheetFormatPr x=\"1\" defaultColWidth=\"9.0546875\"></sheetFormatPr><cols>\
                        <col min=\"1\" max=\"1\"/><col min=\"2\" max=\"4\" width=\"11\" customWidth=\"1\"/></cols>\
                        <sheetData><col min=\"2\"/></sheetData></worksheet>";
        assert_eq!(with_columns(sheet, &columns, &font).as_deref(), Some(expected));
        let usual = KnownColumns { usual: Some(Usual::Parts(2200)), ..columns.clone() };
        let to_the_end = KnownColumns { own: vec![(4, 255, 256)], usual: Some(Usual::Digits(8)) };
        let since = KnownColumns { usual: Some(Usual::Base(10)), ..usual.clone() };
        for (columns, expected) in [
            (&usual, "defaultColWidth=\"8.59375\""),
            (&to_the_end, "defaultColWidth=\"1\""),
            (&since, "baseColWidth=\"10\""),
        ] {
            let written = with_columns("<x><sheetFormatPr/>", columns, &font);
            assert_eq!(written, Some(format!("<x><sheetFormatPr {expected}/>")));
        }
        for (text, columns) in [(sheet, KnownColumns::default()), ("<x/>", usual.clone()), ("<x", usual)] {
            assert_eq!(with_columns(text, &columns, &font), None, "{text}");
        }
        assert_eq!(with_columns(sheet, &columns, &KnownFont { height: 0, ..font }), None);
    }

    #[test]
    fn the_usual_font_is_the_first() {
        let font = |name: &str, height| KnownFont { untrusted_name: name.to_owned(), height };
        let styles = "<s><fonts><font><sz val=\"10.5\"/><name val=\"A\"/></font><font><name val=\"A\"/></font></fonts><cellStyleXfs/><name val=\"A\"/></s>";
        let expected = "<s><fonts><font><sz val=\"10.5\"/><name val=\"ＭＳ &amp; &quot;\"/></font><font><name val=\"A\"/></font></fonts><cellStyleXfs/><name val=\"A\"/></s>";
        assert_eq!(with_font(styles, &font("ＭＳ & \"", 210)).as_deref(), Some(expected));
        for font in [font("B", 220), font("", 210), font("a\u{1}", 210), font(&"B".repeat(32), 210)] {
            assert_eq!(with_font(styles, &font), None, "{font:?}");
        }
        assert_eq!(with_font("<s><name val=\"A\"/>", &font("B", 210)), None, "without a height");
    }
}
