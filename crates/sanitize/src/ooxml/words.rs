//! Words that stand in the place of what goes: those of a control without a picture, and those of a file taken in whole.
//!
//! Owns: finding them before the parts go that hold them, and how they are written into a document, a sheet, a slide.
//! Leaves to others: what a control says (`controls`), reading the other file (the module of its kind), where in the part
//! they are put (`filter`).

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::Event;
use worker_protocol::{Kind, Mode, Reason};

use super::objects::{DRAWING, RELATIONS, SHEET_DRAWING, attribute};
use super::package::{self, Relation};
use super::{Walk, controls, rules, xml};
use crate::{Refusal, detect};

/// Files taken into one part, and controls on one, that are read.
const CHUNKS_MAX: usize = 64;
const CONTROLS_MAX: usize = 2_000;

/// The relation of what goes → its words, a line for each paragraph.
pub(crate) type Words = HashMap<String, String>;

impl Walk<'_, '_, '_> {
    /// Reads the words of what this part shows and will lose.
    pub(super) fn find_words(
        &mut self,
        place: usize,
        source: &str,
        relations: &[Relation],
    ) -> Result<(), Refusal> {
        let mut words = Words::new();
        let (mut chunks, mut controls) = (0, 0);
        for relation in relations {
            let is_chunk = rules::is_chunk(&relation.kind);
            if relation.is_external || !(is_chunk || rules::is_control(&relation.kind)) {
                continue;
            }
            let Some(part) = package::resolve(source, &relation.target).filter(|part| self.package.has(part))
            else {
                continue;
            };
            let (count, most) =
                if is_chunk { (&mut chunks, CHUNKS_MAX) } else { (&mut controls, CONTROLS_MAX) };
            *count += 1;
            if *count > most {
                continue;
            }
            // What goes in any case need not be sound; it says nothing then.
            let found = match if is_chunk { self.chunk(&part) } else { self.control(&part) } {
                Err(refusal) if refusal.reason != Reason::Bomb => None,
                found => found?,
            };
            words.extend(found.map(|found| (relation.id.clone(), found)));
        }
        if !words.is_empty() {
            self.words.insert(place, words);
        }
        Ok(())
    }

    fn control(&mut self, part: &str) -> Result<Option<String>, Refusal> {
        let description = self.package.read(part, self.work)?;
        let description = xml::decode_borrowed(&description)?;
        let is_data =
            |relation: &&Relation| !relation.is_external && relation.kind.ends_with("/activeXControlBinary");
        let relations = self.package.relations(part, self.work)?;
        let data = relations.iter().find(is_data).and_then(|data| package::resolve(part, &data.target));
        let data = match data.filter(|data| self.package.has(data)) {
            Some(data) => {
                // It goes with its control, which is told of.
                self.dropped.insert(data.to_ascii_lowercase());
                Some(self.package.read(&data, self.work)?)
            }
            None => None,
        };
        Ok(controls::words(&description, data.as_deref()))
    }

    /// The words of a file of another kind, through the reader of that kind. It is as untrusted as any.
    fn chunk(&mut self, part: &str) -> Result<Option<String>, Refusal> {
        let depth = self.work.depth + 1;
        if depth >= self.work.budget.limits.depth_max {
            return Ok(None);
        }
        let declared = self.package.content_type(part).to_ascii_lowercase();
        let name = match declared.split(';').next().unwrap_or_default().trim() {
            "text/html" | "application/xhtml+xml" => "a.html",
            "application/rtf" | "text/rtf" => "a.rtf",
            "message/rfc822" | "multipart/related" | "application/x-mimearchive" => "a.mht",
            "text/plain" => "a.txt",
            _ if rules::main_kind(&declared) == Some(Kind::Docx) => "a.docx",
            _ => part,
        };
        let untrusted = self.package.read(part, self.work)?;
        let kind = detect::detect(&untrusted, name, &self.work.budget.limits)?;
        let is_read =
            matches!(kind, Kind::Html | Kind::Mhtml | Kind::Rtf | Kind::Docx | Kind::Text | Kind::OfficeXml);
        if !is_read {
            return Ok(None);
        }
        self.work.depth = depth;
        let read = crate::rebuild(kind, Mode::TextOnly, &untrusted, name, self.work);
        self.work.depth -= 1;
        Ok(String::from_utf8(read?.clean).ok().filter(|words| !words.trim().is_empty()))
    }
}

/// The controls of a sheet by the number of their shape: the relation of each. What cannot be read holds none.
pub(super) fn sheet_controls(sheet: &str) -> HashMap<String, String> {
    let mut reader = Reader::from_str(sheet);
    let mut found = HashMap::new();
    while let Ok(event) = reader.read_event() {
        match &event {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "control" => {
                found.extend(attribute(start, "shapeId").zip(attribute(start, "id")));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found
}

/// Words inside a paragraph of a document, where a run may hold something.
pub(super) fn in_run(prefix: &str, words: &str) -> String {
    let mut out = String::new();
    for (at, line) in words.lines().enumerate() {
        if at > 0 {
            out.push_str(&format!("<{prefix}br/>"));
        }
        for (at, piece) in line.split('\t').enumerate() {
            if at > 0 {
                out.push_str(&format!("<{prefix}tab/>"));
            }
            out.push_str(&format!("<{prefix}t xml:space=\"preserve\">"));
            xml::push_text(&mut out, piece);
            out.push_str(&format!("</{prefix}t>"));
        }
    }
    out
}

/// A paragraph of a document for each line.
pub(super) fn paragraphs(prefix: &str, words: &str) -> String {
    let mut out = String::new();
    for line in words.lines().filter(|line| !line.trim().is_empty()) {
        out.push_str(&format!("<{prefix}p><{prefix}r>{}</{prefix}r></{prefix}p>", in_run(prefix, line)));
    }
    out
}

/// The lines of a box on a sheet or a slide.
fn lines(words: &str) -> String {
    let mut out = String::new();
    for line in words.lines() {
        out.push_str("<sekisho:p><sekisho:r><sekisho:t>");
        xml::push_text(&mut out, line);
        out.push_str("</sekisho:t></sekisho:r></sekisho:p>");
    }
    out
}

/// A box of words on a sheet, between the tags of its anchor.
pub(super) fn sheet_box(id: usize, number: usize, words: &str) -> String {
    format!(
        "<xdr:sp xmlns:xdr=\"{SHEET_DRAWING}\" xmlns:sekisho=\"{DRAWING}\" macro=\"\" textlink=\"\"><xdr:nvSpPr>\
         <xdr:cNvPr id=\"{id}\" name=\"Control {number}\"/><xdr:cNvSpPr txBox=\"1\"/></xdr:nvSpPr><xdr:spPr>\
         <sekisho:prstGeom prst=\"rect\"><sekisho:avLst/></sekisho:prstGeom><sekisho:noFill/></xdr:spPr><xdr:txBody>\
         <sekisho:bodyPr wrap=\"square\" lIns=\"0\" tIns=\"0\" rIns=\"0\" bIns=\"0\"/><sekisho:lstStyle/>{}</xdr:txBody></xdr:sp>",
        lines(words)
    )
}

/// Left, top, width and height on a slide, in EMU.
pub(crate) type Box4 = [u64; 4];

fn slide_frame(place: &Box4) -> String {
    let [x, y, width, height] = place;
    format!(
        "<sekisho:xfrm><sekisho:off x=\"{x}\" y=\"{y}\"/><sekisho:ext cx=\"{width}\" cy=\"{height}\"/></sekisho:xfrm>\
         <sekisho:prstGeom prst=\"rect\"><sekisho:avLst/></sekisho:prstGeom>"
    )
}

/// A box of words on a slide.
pub(super) fn slide_box(prefix: &str, id: u64, place: &Box4, words: &str) -> String {
    let p = prefix;
    format!(
        "<{p}sp xmlns:sekisho=\"{DRAWING}\"><{p}nvSpPr><{p}cNvPr id=\"{id}\" name=\"Control {id}\"/><{p}cNvSpPr txBox=\"1\"/>\
         <{p}nvPr/></{p}nvSpPr><{p}spPr>{}<sekisho:noFill/></{p}spPr><{p}txBody>\
         <sekisho:bodyPr wrap=\"square\" lIns=\"0\" tIns=\"0\" rIns=\"0\" bIns=\"0\"/><sekisho:lstStyle/>{}</{p}txBody></{p}sp>",
        slide_frame(place),
        lines(words)
    )
}

/// A picture on a slide.
pub(super) fn slide_picture(prefix: &str, id: u64, place: &Box4, relation_id: &str) -> String {
    let p = prefix;
    format!(
        "<{p}pic xmlns:sekisho=\"{DRAWING}\" xmlns:r=\"{RELATIONS}\"><{p}nvPicPr><{p}cNvPr id=\"{id}\" name=\"Control {id}\"/>\
         <{p}cNvPicPr/><{p}nvPr/></{p}nvPicPr><{p}blipFill><sekisho:blip r:embed=\"{}\"/><sekisho:stretch><sekisho:fillRect/>\
         </sekisho:stretch></{p}blipFill><{p}spPr>{}</{p}spPr></{p}pic>",
        xml::escape_attribute(relation_id),
        slide_frame(place)
    )
}

/// Where a shape of VML stands, by its style.
pub(super) fn place(style: &str) -> Option<Box4> {
    let length = |name: &str| {
        let said = style.split(';').find_map(|pair| {
            let (key, value) = pair.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
        })?;
        let at = said.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(said.len());
        let (number, unit) = said.split_at_checked(at)?;
        let emu = match unit {
            "pt" => 12_700.0,
            "px" | "" => 9_525.0,
            "in" => 914_400.0,
            "mm" => 36_000.0,
            "cm" => 360_000.0,
            _ => return None,
        };
        let length = number.parse::<f64>().ok()? * emu;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the length was just found to be a small one"
        )]
        (0.0..1e9).contains(&length).then_some(length as u64)
    };
    let margin = |name: &str, other: &str| length(name).or_else(|| length(other)).unwrap_or(0);
    Some([margin("left", "margin-left"), margin("top", "margin-top"), length("width")?, length("height")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_written_as_text_and_nothing_else() {
        assert_eq!(
            in_run("w:", "a<b\tc\n&"),
            "<w:t xml:space=\"preserve\">a&lt;b</w:t><w:tab/><w:t xml:space=\"preserve\">c</w:t><w:br/>\
             <w:t xml:space=\"preserve\">&amp;</w:t>"
        );
        assert_eq!(
            paragraphs("", "一\n \n二\n"),
            "<p><r><t xml:space=\"preserve\">一</t></r></p><p><r><t xml:space=\"preserve\">二</t></r></p>"
        );
    }

    #[test]
    fn places_are_lengths() {
        assert_eq!(
            place("position:absolute; left:1pt;top:2px;width:1in;height:10mm"),
            Some([12_700, 19_050, 914_400, 360_000])
        );
        for style in [
            "",
            "width:1pt",
            "width:1em;height:1pt",
            "width:-1pt;height:1pt",
            "width:1e30pt;height:1pt",
            "width:;height:1pt",
        ] {
            assert_eq!(place(style), None, "{style}");
        }
    }

    #[test]
    fn controls_of_a_sheet_are_found_by_their_shape() {
        let sheet = "<worksheet><controls><control shapeId=\"1025\" r:id=\"rId3\" name=\"a\"/><control name=\"b\"/></controls>";
        assert_eq!(sheet_controls(sheet), HashMap::from([("1025".to_owned(), "rId3".to_owned())]));
        assert!(sheet_controls("<a").is_empty());
    }
}
