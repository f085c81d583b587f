//! The classification mark (分類の表示) in a document: what readers see and what programs read.
//!
//! Owns: the pieces of markup for headers of Word, headers of sheets, shapes on slides and the document's own
//! properties, and recognising those of an earlier pass so that there is never more than one.
//! Leaves to others: where in a part they are put (`filter`), which parts there are (`mod`).

use quick_xml::Reader;
use quick_xml::events::Event;
use worker_protocol::{MARK_CHARS_MAX, Mark};

use super::xml;

/// What is written into one part.
#[derive(Debug, Clone)]
pub(crate) enum Stamp {
    /// The main part of Word: the first section gets the header of this relation where it has none.
    Document {
        header_id: String,
    },
    Header {
        label: String,
    },
    /// A sheet, with the mark in the spelling of its page header.
    Sheet {
        header: String,
    },
    Slide {
        label: String,
        width: u64,
    },
}

/// The name of the shape that bears the mark on a slide.
pub(crate) const SHAPE_NAME: &str = "sekisho-mark";

/// The tag of the content control that bears the mark in a header of Word.
const CONTROL_TAG: &str = "sekisho-mark";

/// The names of the document's own properties.
pub(crate) const LABEL_PROPERTY: &str = "SekishoLabel";
pub(crate) const LEVELS_PROPERTY: &str = "SekishoLevels";

/// The longest page header that Excel reads, in characters.
const HEADER_CHARS_MAX: usize = 255;

const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const DRAWING: &str = "http://schemas.openxmlformats.org/drawingml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn escaped(text: &str) -> String {
    let mut out = String::new();
    xml::push_text(&mut out, text);
    out
}

/// A paragraph in a content control of its own, by which a later pass knows it.
pub(super) fn paragraph(prefix: &str, label: &str) -> String {
    let w = prefix;
    format!(
        "<{w}sdt><{w}sdtPr><{w}tag {w}val=\"{CONTROL_TAG}\"/></{w}sdtPr><{w}sdtContent><{w}p><{w}pPr>\
         <{w}jc {w}val=\"right\"/></{w}pPr><{w}r><{w}rPr><{w}b/><{w}color {w}val=\"C00000\"/></{w}rPr>\
         <{w}t xml:space=\"preserve\">{}</{w}t></{w}r></{w}p></{w}sdtContent></{w}sdt>",
        escaped(label)
    )
}

/// Whether the inside of a content control says that it bears a mark.
pub(super) fn is_marked_control(content: &str) -> bool {
    let properties = content.split("sdtContent").next().unwrap_or_default();
    properties.contains(&format!("val=\"{CONTROL_TAG}\""))
}

/// A header part that holds nothing but what [`Stamp::Header`] will put into it.
pub(super) fn empty_header() -> Vec<u8> {
    format!("<w:hdr xmlns:w=\"{WORD}\"></w:hdr>").into_bytes()
}

/// References to the mark's header for each sort of page that has none in this section.
pub(super) fn header_references(prefix: &str, section: &str, header_id: &str) -> String {
    // References come first in a section, and only they have these names.
    let own = section.split("headerReference ").skip(1);
    let has = |sort: &str| {
        own.clone().any(|reference| {
            let tag = reference.split('>').next().unwrap_or_default();
            tag.contains(&format!("type=\"{sort}\"")) || tag.contains(&format!("type='{sort}'"))
        })
    };
    ["default", "first", "even"]
        .into_iter()
        .filter(|sort| !has(sort))
        .map(|sort| {
            format!(
                "<{prefix}headerReference {prefix}type=\"{sort}\" xmlns:sekisho=\"{RELATIONS}\" sekisho:id=\"{}\"/>",
                xml::escape_attribute(header_id)
            )
        })
        .collect()
}

/// The mark as a page header of Excel spells it: bold, red, and back to what was.
pub(super) fn sheet_header(label: &str) -> String {
    format!("{HEADER_START}{}{HEADER_END}", label.replace('&', "&&"))
}

const HEADER_START: &str = "&\"-,Bold\"&KC00000";
const HEADER_END: &str = "&K000000&\"-,Regular\"";

/// What stands around the mark in workbooks whose readers know no colours in page headers: bold, and no longer bold.
const PLAIN_START: &str = "&B\u{3010}";
const PLAIN_END: &str = "\u{3011}&B";

/// A page header of Excel 97 with the mark, which is given as it is shown, in the place of an older one.
pub(crate) fn with_plain_mark(text: &str, shown: &str) -> String {
    marked_header(text, &format!("&B{}&B", shown.replace('&', "&&")), PLAIN_START, PLAIN_END)
}

/// Elements of a sheet that stand behind its page header.
pub(super) fn follows_header(local: &str) -> bool {
    matches!(
        local,
        "rowBreaks"
            | "colBreaks"
            | "customProperties"
            | "cellWatches"
            | "ignoredErrors"
            | "smartTags"
            | "drawing"
            | "drawingHF"
            | "legacyDrawing"
            | "legacyDrawingHF"
            | "picture"
            | "oleObjects"
            | "controls"
            | "AlternateContent"
            | "webPublishItems"
            | "tableParts"
            | "extLst"
    )
}

/// Elements of a sheet that stand behind its drawing.
pub(super) fn follows_drawing(local: &str) -> bool {
    follows_header(local)
        && !matches!(
            local,
            "rowBreaks"
                | "colBreaks"
                | "customProperties"
                | "cellWatches"
                | "ignoredErrors"
                | "smartTags"
                | "drawing"
        )
}

/// The element of a sheet that names its drawing.
pub(super) fn drawing_reference(prefix: &str, id: &str) -> String {
    format!("<{prefix}drawing xmlns:sekisho=\"{RELATIONS}\" sekisho:id=\"{}\"/>", xml::escape_attribute(id))
}

/// A page header for a sheet that has none.
pub(super) fn header_footer(prefix: &str, header: &str) -> String {
    format!(
        "<{prefix}headerFooter><{prefix}oddHeader>&amp;R{}</{prefix}oddHeader></{prefix}headerFooter>",
        escaped(header)
    )
}

/// The inside of a sheet's `headerFooter` with the mark in each header that it shows.
pub(super) fn with_header(prefix: &str, tag: &str, content: &str, header: &str) -> String {
    let is_set =
        |name: &str| tag.contains(&format!("{name}=\"1\"")) || tag.contains(&format!("{name}=\"true\""));
    let shown = [
        ("oddHeader", true),
        ("evenHeader", is_set("differentOddEven")),
        ("firstHeader", is_set("differentFirst")),
    ];
    let mut out = String::new();
    for name in ["oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"] {
        let start = format!("<{prefix}{name}");
        let old = content.split_once(&start).and_then(|(_, rest)| {
            let (attributes, rest) = rest.split_once('>')?;
            if attributes.ends_with('/') {
                return Some((attributes.trim_end_matches('/').to_owned(), String::new()));
            }
            let (text, _) = rest.split_once(&format!("</{prefix}{name}>"))?;
            Some((attributes.to_owned(), xml::unescape_own(text).into_owned()))
        });
        let is_shown = shown.iter().any(|(sort, is_shown)| *sort == name && *is_shown);
        let (attributes, text) = match old {
            Some(old) => old,
            None if is_shown => (String::new(), String::new()),
            None => continue,
        };
        let text = if is_shown { marked_header(&text, header, HEADER_START, HEADER_END) } else { text };
        out.push_str(&format!("{start}{attributes}>{}</{prefix}{name}>", escaped(&text)));
    }
    out
}

/// A page header with the mark first in its right part, and no older mark.
fn marked_header(text: &str, header: &str, old_start: &str, old_end: &str) -> String {
    let mut text = text.to_owned();
    while let Some(from) = text.find(old_start)
        && let Some(length) = text.get(from..).and_then(|rest| rest.find(old_end))
    {
        let end = from + length + old_end.len();
        let end = if text.get(end..).is_some_and(|rest| rest.starts_with('\n')) { end + 1 } else { end };
        text.replace_range(from..end, "");
    }
    let marked = match right_part(&text) {
        Some(at) => {
            let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
            let line = if after.is_empty()
                || after.starts_with('&') && after.get(1..2).is_some_and(|c| "LC".contains(c))
            {
                ""
            } else {
                "\n"
            };
            format!("{before}{header}{line}{after}")
        }
        None => format!("{text}&R{header}"),
    };
    // Excel calls a file damaged whose header is longer; the mark is what must be seen.
    if marked.chars().count() <= HEADER_CHARS_MAX { marked } else { format!("&R{header}") }
}

/// Where the right part of a page header begins: after its `&R` that is no doubled ampersand.
fn right_part(text: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    while let Some((_, c)) = characters.next() {
        if c == '&'
            && let Some((at, next)) = characters.next()
            && next == 'R'
        {
            return Some(at + 1);
        }
    }
    None
}

/// A box in the upper right corner of a slide this wide.
pub(super) fn shape(prefix: &str, label: &str, id: u64, slide_width: u64) -> String {
    let p = prefix;
    let width = (slide_width / 3).clamp(1, 3_600_000);
    let left = slide_width.saturating_sub(width);
    format!(
        "<{p}sp xmlns:a=\"{DRAWING}\"><{p}nvSpPr><{p}cNvPr id=\"{id}\" name=\"{SHAPE_NAME}\"/><{p}cNvSpPr txBox=\"1\"/>\
         <{p}nvPr userDrawn=\"1\"/></{p}nvSpPr><{p}spPr><a:xfrm><a:off x=\"{left}\" y=\"0\"/>\
         <a:ext cx=\"{width}\" cy=\"338554\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom><a:noFill/></{p}spPr>\
         <{p}txBody><a:bodyPr wrap=\"square\" rtlCol=\"0\"/><a:lstStyle/><a:p><a:pPr algn=\"r\"/><a:r>\
         <a:rPr lang=\"ja-JP\" sz=\"1400\" b=\"1\"><a:solidFill><a:srgbClr val=\"C00000\"/></a:solidFill></a:rPr>\
         <a:t>{}</a:t></a:r></a:p></{p}txBody></{p}sp>",
        escaped(label)
    )
}

/// The part that holds the document's own properties.
pub(super) fn properties(mark: &Mark) -> Vec<u8> {
    let property = |pid: u32, name: &str, value: &str| {
        format!(
            "<property fmtid=\"{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}\" pid=\"{pid}\" name=\"{name}\"><vt:lpwstr>{}</vt:lpwstr></property>",
            escaped(value)
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/custom-properties\" \
         xmlns:vt=\"http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes\">{}{}</Properties>",
        property(2, LABEL_PROPERTY, &mark.label),
        property(3, LEVELS_PROPERTY, &mark.levels.join(" ")),
    )
    .into_bytes()
}

/// The mark that a document bears already, and whether its properties say anything else besides.
pub(super) fn read_properties(part: &str) -> (Option<Mark>, bool) {
    let mut reader = Reader::from_str(part);
    let (mut label, mut levels, mut has_more) = (None, None, false);
    let (mut name, mut text) = (String::new(), String::new());
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) if start.local_name().as_ref() == "property" => {
                let found = start.attributes().flatten().find(|a| a.key.as_ref() == "name");
                name = found.and_then(|a| xml::attribute_value(&a).ok()).unwrap_or_default();
                text.clear();
            }
            Event::Empty(start) if start.local_name().as_ref() == "property" => has_more = true,
            Event::Text(piece) => text.push_str(&piece),
            Event::GeneralRef(reference) => text.extend(xml::reference(&reference).ok()),
            Event::End(end) if end.local_name().as_ref() == "property" => match name.as_str() {
                LABEL_PROPERTY => label = Some(std::mem::take(&mut text)),
                LEVELS_PROPERTY => levels = Some(std::mem::take(&mut text)),
                _ => has_more = true,
            },
            Event::Eof => break,
            _ => {}
        }
    }
    let mark = label.zip(levels).map(|(label, levels)| Mark {
        label: label.trim().to_owned(),
        levels: levels.split_ascii_whitespace().map(str::to_owned).collect(),
    });
    match mark {
        Some(mark) if is_sound(&mark) => (Some(mark), has_more),
        Some(_) => (None, true),
        None => (None, has_more),
    }
}

/// Whether a mark that was read is one that could have been written.
pub(crate) fn is_sound(mark: &Mark) -> bool {
    mark.label.chars().count() <= MARK_CHARS_MAX
        && !mark.label.chars().any(char::is_control)
        && mark.levels.len() <= 10
        && mark.levels.iter().all(|level| level.len() <= 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_header_has_one_mark() {
        let (old, new) = (sheet_header("機密性1"), sheet_header("A&B"));
        let rows = [
            ("", format!("&R{new}")),
            ("&L左&R右", format!("&L左&R{new}\n右")),
            ("&&R", format!("&&R&R{new}")),
            ("&C中", format!("&C中&R{new}")),
        ];
        let marked_header =
            |text: &str, header: &str| super::marked_header(text, header, HEADER_START, HEADER_END);
        for (text, expected) in rows {
            let once = marked_header(text, &new);
            assert_eq!(once, expected);
            assert_eq!(marked_header(&once, &new), once, "{text}");
            assert_eq!(marked_header(&marked_header(text, &old), &new), once, "{text}");
        }
        assert_eq!(marked_header(&"x".repeat(250), &new), format!("&R{new}"));
        let content = "<oddFooter>&amp;P</oddFooter>";
        let marked = with_header("", "<headerFooter differentFirst=\"1\">", content, &new);
        let head = format!("&amp;R{}", escaped(&new));
        assert_eq!(
            marked,
            format!("<oddHeader>{head}</oddHeader>{content}<firstHeader>{head}</firstHeader>")
        );
    }

    #[test]
    fn properties_are_read_back() {
        let mark = Mark { label: "機密性<2>".to_owned(), levels: vec!["c2".to_owned(), "i1".to_owned()] };
        let part = String::from_utf8(properties(&mark)).unwrap();
        assert_eq!(read_properties(&part), (Some(mark), false));
        let more = part.replace("SekishoLevels", "Other");
        assert_eq!(read_properties(&more), (None, true));
        let long = part.replace("機密性", &"x".repeat(MARK_CHARS_MAX));
        assert_eq!(read_properties(&long), (None, true));
        assert_eq!(read_properties("<x"), (None, false));
    }
}
