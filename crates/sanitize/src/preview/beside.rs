//! Words that stand beside the running text of a Word, Excel or PowerPoint file: in diagrams (SmartArt), in charts, in the
//! text boxes of a sheet, in the comments of its cells.
//!
//! Owns: which parts of a page, sheet or slide hold such words, and reading them.
//! Leaves to others: the parts themselves (`office`).

use std::collections::HashSet;

use quick_xml::events::Event;

use super::TextPreview;
use super::office::{Parts, each, push};
use worker_protocol::TextBlock;

/// Drawings, diagrams and charts of one page that are read.
const PARTS_MAX: usize = 500;

/// Adds the words that stand in what this part draws, and the remarks on its cells when they are asked for. False when there
/// is no more room.
pub(super) fn words(
    parts: &mut Parts<'_>,
    part: &str,
    wants_remarks: bool,
    preview: &mut TextPreview,
) -> bool {
    let mut waiting = parts.relations(part);
    waiting.sort_by(|a, b| a.1.cmp(&b.1));
    waiting.reverse();
    let mut seen = HashSet::new();
    while let Some((kind, target)) = waiting.pop() {
        if seen.len() >= PARTS_MAX {
            preview.truncated = true;
            return false;
        }
        let ends: &[&str] = match kind.as_str() {
            "drawing" | "diagramData" | "chartUserShapes" => &["p"],
            "chart" | "chartEx" => &["p", "v"],
            "comments" if wants_remarks => &["comment"],
            _ => continue,
        };
        if !seen.insert(target.clone()) {
            continue;
        }
        let Some(text) = parts.read(&target) else { continue };
        if !paragraphs(&text, ends, preview) {
            return false;
        }
        if matches!(kind.as_str(), "drawing" | "chart") {
            let mut inner = parts.relations(&target);
            inner.sort_by(|a, b| b.1.cmp(&a.1));
            waiting.extend(inner);
        }
    }
    true
}

/// One paragraph for each element that ends so. A chart names its series and its categories again and again; once is
/// enough, and its numbers are no words.
fn paragraphs(text: &str, ends: &[&str], preview: &mut TextPreview) -> bool {
    let (mut paragraph, mut in_text, mut in_numbers, mut has_room) = (String::new(), false, false, true);
    let mut named = HashSet::new();
    each(text, |event| {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "numCache" | "numLit" => in_numbers = true,
                "t" => in_text = true,
                "v" => in_text = ends.contains(&"v") && !in_numbers,
                _ => {}
            },
            Event::Empty(empty) if empty.local_name().as_ref() == "br" => paragraph.push(' '),
            Event::End(end) => {
                let name = end.local_name();
                match name.as_ref() {
                    "numCache" | "numLit" => in_numbers = false,
                    "t" | "v" => in_text = false,
                    _ => {}
                }
                if ends.contains(&name.as_ref()) {
                    let text = std::mem::take(&mut paragraph).trim().to_owned();
                    let is_new = name.as_ref() != "v" || named.insert(text.clone());
                    if !text.is_empty() && is_new {
                        has_room = preview.push(TextBlock::Paragraph { text });
                    }
                }
            }
            event if in_text => push(&mut paragraph, event),
            _ => {}
        }
        has_room
    });
    has_room
}

#[cfg(test)]
mod tests {
    use worker_protocol::{Kind, Limits};

    use crate::preview::whole_text;
    use crate::zip_writer;

    /// A part: its name, what it holds, and the parts that it leads to, each by the kind of its relation.
    type Sample<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

    fn package(parts: &[Sample<'_>]) -> Vec<u8> {
        let mut members = Vec::new();
        for (name, body, relations) in parts {
            let mut list = String::new();
            for (kind, target) in *relations {
                list += &format!("<Relationship Id=\"{kind}\" Type=\"x/{kind}\" Target=\"/{target}\"/>");
            }
            let list = format!("<Relationships>{list}</Relationships>");
            members.push((crate::ooxml::relations_path(name), list.into_bytes()));
            members.push(((*name).to_owned(), body.as_bytes().to_vec()));
        }
        members.retain(|(name, _)| !name.is_empty());
        zip_writer::write(members.iter().map(|(name, bytes)| (name, bytes.as_slice()))).unwrap()
    }

    const DIAGRAM: &str = "<d:dataModel><d:pt><d:t>\n<a:p><a:r><a:t>受付</a:t></a:r></a:p></d:t></d:pt><d:pt><d:t><a:p><a:r><a:t>審</a:t></a:r><a:r><a:t>査</a:t></a:r></a:p></d:t></d:pt></d:dataModel>";
    const CHART: &str = "<c:chart><c:title><a:p><a:t>件数</a:t></a:p></c:title><c:tx><c:strCache><c:v>本庁</c:v></c:strCache></c:tx><c:cat><c:strCache><c:v>4月</c:v><c:v>5月</c:v></c:strCache></c:cat><c:val><c:numCache><c:v>12</c:v></c:numCache></c:val><c:cat><c:strCache><c:v>4月</c:v></c:strCache></c:cat></c:chart>";

    fn text(kind: Kind, parts: &[Sample<'_>]) -> String {
        whole_text(kind, &package(parts), &Limits::default()).unwrap().replace("\r\n", "\n")
    }

    #[test]
    fn words_of_diagrams_charts_boxes_and_remarks_are_told_once() {
        let slides = text(
            Kind::Pptx,
            &[
                ("", "", &[("officeDocument", "p.xml")]),
                ("p.xml", "<p><sldId r:id=\"slide\"/></p>", &[("slide", "s.xml")]),
                (
                    "s.xml",
                    "<s><a:p><a:t>題</a:t></a:p></s>",
                    &[
                        ("chart", "c.xml"),
                        ("diagramData", "d.xml"),
                        ("image", "i.png"),
                        ("diagramLayout", "d.xml"),
                    ],
                ),
                ("c.xml", CHART, &[("chartUserShapes", "u.xml"), ("package", "b.xlsx")]),
                ("d.xml", DIAGRAM, &[]),
                ("u.xml", "<u><a:p><a:t>注</a:t></a:p></u>", &[]),
            ],
        );
        assert_eq!(slides, "スライド 1\n題\n件数\n本庁\n4月\n5月\n注\n受付\n審査\n");
        let sheet = "<w><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>表</t></is></c></row></sheetData></w>";
        let parts: [Sample<'_>; 6] = [
            ("", "", &[("officeDocument", "b.xml")]),
            ("b.xml", "<b><sheet name=\"集計\" r:id=\"worksheet\"/></b>", &[("worksheet", "s.xml")]),
            ("s.xml", sheet, &[("comments", "r.xml"), ("drawing", "d.xml")]),
            ("r.xml", "<r><comment><t>要</t><t>確認</t></comment></r>", &[]),
            // A drawing that leads back to itself is read once.
            ("d.xml", "<d><a:p><a:t>押印欄</a:t></a:p></d>", &[("chart", "c.xml"), ("drawing", "d.xml")]),
            ("c.xml", CHART, &[("drawing", "d.xml")]),
        ];
        assert_eq!(text(Kind::Xlsx, &parts), "集計\n表\n押印欄\n件数\n本庁\n4月\n5月\n要確認\n");
        let (shown, _) = crate::preview::preview(Kind::Xlsx, &package(&parts), &Limits::default()).unwrap();
        assert!(!format!("{shown:?}").contains("要確認"), "remarks are for colleagues");
        let body = "<d><w:p><w:t>本文</w:t></w:p></d>";
        let document = text(
            Kind::Docx,
            &[
                ("", "", &[("officeDocument", "d.xml")]),
                ("d.xml", body, &[("diagramData", "x.xml"), ("comments", "comments.xml")]),
                ("x.xml", DIAGRAM, &[]),
                ("comments.xml", "<c><comment><w:p><w:t>意見</w:t></w:p></comment></c>", &[]),
            ],
        );
        assert_eq!(document, "本文\n受付\n審査\n意見\n");
    }
}
