//! Word 2003 XML.
//!
//! Owns: its paragraphs, tables, styles, headers, footers and pictures, and how the current format writes them.
//! Leaves to others: what the new document may hold (`ooxml`, which also encodes the pictures again).

use std::collections::HashMap;

use worker_protocol::{Kind, Reason, Threat};

use super::tree::{Element, Space};
use super::word_properties::{cell_properties, paragraph_properties, run_properties, styles, whole};
use crate::xml::{escape_attribute, push_text};
use crate::{Refusal, Work, link, transfer, zip_writer};

pub(super) const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
pub(super) const NAMESPACES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
    xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
    xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
    xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const CONTENT: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";

/// English metric units in a point.
const UNITS_PER_POINT: f64 = 12_700.0;

/// A part that is written: its name below `word/`, its text, its relations.
struct Part {
    name: String,
    content_type: &'static str,
    text: String,
    relations: String,
}

struct Writer<'w, 'j, 'e> {
    work: &'w mut Work<'j>,
    /// Pictures and other bytes by the name under which shapes refer to them.
    data: HashMap<&'e str, &'e Element>,
    /// Where those that were written stand.
    written: HashMap<&'e str, String>,
    out: String,
    relations: String,
    relation_count: u32,
    media: Vec<(String, Vec<u8>)>,
    parts: Vec<Part>,
    /// Notes of editors.
    comments: Vec<String>,
    /// Boxes of text that stand beside the paragraph that is being written.
    boxes: Vec<String>,
}

pub(super) fn package(root: &Element, work: &mut Work<'_>) -> Result<(Kind, Vec<u8>), Refusal> {
    let body = root.first(Space::Word, "body").ok_or(Refusal::held(Reason::Damaged))?;
    for element in root.elements() {
        match element.local.as_str() {
            "docSuppData" => work.findings.add(Threat::MacroVba, "docSuppData"),
            "docOleData" => work.findings.add(Threat::EmbeddedObject, "docOleData"),
            "DocumentProperties" | "CustomDocumentProperties" => {
                work.findings.add(Threat::Metadata, &element.local)
            }
            _ => {}
        }
    }
    let mut data = HashMap::new();
    collect_data(root, &mut data);
    let mut writer = Writer {
        work,
        data,
        written: HashMap::new(),
        out: String::new(),
        relations: String::new(),
        relation_count: 0,
        media: Vec::new(),
        parts: Vec::new(),
        comments: Vec::new(),
        boxes: Vec::new(),
    };
    let styles = styles(root);
    writer.relation("styles", "styles.xml", false);
    writer.blocks(body)?;
    let sections = std::mem::take(&mut writer.out);
    // The last section of a document is described after its paragraphs.
    let last = last_section(body);
    let section = match last {
        Some(section) => writer.section(section)?,
        None => String::new(),
    };
    if !writer.comments.is_empty() {
        let list = writer.comments.concat();
        writer.relation("comments", "comments.xml", false);
        writer.parts.push(Part {
            name: "comments.xml".to_owned(),
            content_type: "comments+xml",
            text: format!("{HEAD}<w:comments {NAMESPACES}>{list}</w:comments>"),
            relations: String::new(),
        });
    }
    let has_even = root
        .first(Space::Word, "docPr")
        .is_some_and(|settings| settings.first(Space::Word, "evenAndOddHeaders").is_some());
    if has_even {
        writer.relation("settings", "settings.xml", false);
        writer.parts.push(Part {
            name: "settings.xml".to_owned(),
            content_type: "settings+xml",
            text: format!("{HEAD}<w:settings {NAMESPACES}><w:evenAndOddHeaders/></w:settings>"),
            relations: String::new(),
        });
    }
    let document =
        format!("{HEAD}<w:document {NAMESPACES}><w:body>{sections}{section}</w:body></w:document>");
    writer.parts.push(Part {
        name: "styles.xml".to_owned(),
        content_type: "styles+xml",
        text: styles,
        relations: String::new(),
    });
    let relations = std::mem::take(&mut writer.relations);
    let (parts, media) = (writer.parts, writer.media);
    let mut types = format!(
        "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"png\" ContentType=\"image/png\"/><Default Extension=\"jpeg\" ContentType=\"image/jpeg\"/>\
         <Default Extension=\"gif\" ContentType=\"image/gif\"/><Default Extension=\"bmp\" ContentType=\"image/bmp\"/>\
         <Default Extension=\"tiff\" ContentType=\"image/tiff\"/><Default Extension=\"emf\" ContentType=\"image/x-emf\"/>\
         <Default Extension=\"wmf\" ContentType=\"image/x-wmf\"/>\
         <Override PartName=\"/word/document.xml\" ContentType=\"{CONTENT}.document.main+xml\"/>"
    );
    let mut members: Vec<(String, Vec<u8>)> = Vec::new();
    for part in parts {
        types.push_str(&format!(
            "<Override PartName=\"/word/{}\" ContentType=\"{CONTENT}.{}\"/>",
            part.name, part.content_type
        ));
        if !part.relations.is_empty() {
            members.push((
                format!("word/_rels/{}.rels", part.name),
                relations_part(&part.relations).into_bytes(),
            ));
        }
        members.push((format!("word/{}", part.name), part.text.into_bytes()));
    }
    types.push_str("</Types>");
    let root_relations = format!(
        "<Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" Target=\"word/document.xml\"/>"
    );
    members.push(("[Content_Types].xml".to_owned(), types.into_bytes()));
    members.push(("_rels/.rels".to_owned(), relations_part(&root_relations).into_bytes()));
    members.push(("word/document.xml".to_owned(), document.into_bytes()));
    members.push(("word/_rels/document.xml.rels".to_owned(), relations_part(&relations).into_bytes()));
    members.extend(media.into_iter().map(|(name, bytes)| (format!("word/{name}"), bytes)));
    let package = zip_writer::write(members.iter().map(|(name, bytes)| (name, bytes.as_slice())))?;
    Ok((Kind::Docx, package))
}

fn relations_part(relations: &str) -> String {
    format!(
        "{HEAD}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{relations}</Relationships>"
    )
}

fn last_section(body: &Element) -> Option<&Element> {
    let mut found = None;
    for element in body.elements() {
        if element.space == Space::Word && element.local == "sectPr" {
            found = Some(element);
        } else if element.space == Space::Hint {
            found = last_section(element).or(found);
        }
    }
    found
}

impl<'e> Writer<'_, '_, 'e> {
    /// A relation of the part that is being written; its identifier.
    fn relation(&mut self, kind: &str, target: &str, is_external: bool) -> String {
        self.relation_count += 1;
        let id = format!("rId{}", self.relation_count);
        let mode = if is_external { " TargetMode=\"External\"" } else { "" };
        self.relations.push_str(&format!(
            "<Relationship Id=\"{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{}\"{mode}/>",
            escape_attribute(target)
        ));
        id
    }

    /// Paragraphs and tables, wherever hints and revisions stand around them.
    fn blocks(&mut self, parent: &'e Element) -> Result<(), Refusal> {
        for element in parent.elements() {
            match (element.space, element.local.as_str()) {
                (Space::Word, "p") => self.paragraph(element)?,
                (Space::Word, "tbl") => self.table(element)?,
                (Space::Word, "sectPr" | "binData" | "pPr" | "tcPr") => {}
                (Space::Annotation, "annotation") if is_gone(element) => {}
                _ => self.blocks(element)?,
            }
        }
        Ok(())
    }

    fn paragraph(&mut self, paragraph: &'e Element) -> Result<(), Refusal> {
        let properties = paragraph.first(Space::Word, "pPr");
        self.out.push_str("<w:p>");
        let mut written = properties.map(paragraph_properties).unwrap_or_default();
        if let Some(section) = properties.and_then(|p| p.first(Space::Word, "sectPr")) {
            written.push_str(&self.section(section)?);
        }
        if !written.is_empty() {
            self.out.push_str(&format!("<w:pPr>{written}</w:pPr>"));
        }
        // The label of a list item stands in a hint, as it was shown.
        let label = properties
            .and_then(|p| p.first(Space::Word, "listPr"))
            .and_then(|list| list.first(Space::Hint, "t"));
        if let Some(label) = label.and_then(|label| label.attribute("val")).filter(|label| !label.is_empty())
        {
            self.out.push_str("<w:r><w:t xml:space=\"preserve\">");
            push_text(&mut self.out, label);
            self.out.push_str("</w:t><w:tab/></w:r>");
        }
        self.inline(paragraph)?;
        self.out.push_str("</w:p>");
        for text in std::mem::take(&mut self.boxes) {
            self.out.push_str(&text);
        }
        Ok(())
    }

    /// Runs, wherever fields, links, tags and revisions stand around them.
    fn inline(&mut self, parent: &'e Element) -> Result<(), Refusal> {
        for element in parent.elements() {
            match (element.space, element.local.as_str()) {
                (Space::Word, "r") => self.run(element)?,
                (Space::Word, "pPr") => {}
                (Space::Word, "hlink") => {
                    let target = element.attribute("dest").unwrap_or_default();
                    let kept = link::is_kept(target, self.work.job.policy.links);
                    if kept {
                        let id = self.relation("hyperlink", target.trim(), true);
                        self.out.push_str(&format!("<w:hyperlink r:id=\"{id}\">"));
                    } else if !target.is_empty() {
                        self.work.findings.add(Threat::Hyperlink, "hlink");
                    }
                    self.inline(element)?;
                    self.out.push_str(if kept { "</w:hyperlink>" } else { "" });
                }
                (Space::Annotation, "annotation") if element.attribute("type") == Some("Word.Comment") => {
                    self.comment(element)?;
                }
                (Space::Annotation, "annotation") if is_gone(element) => {
                    self.work.findings.add(Threat::HiddenData, "revision");
                }
                _ => self.inline(element)?,
            }
        }
        Ok(())
    }

    /// A note of an editor, as a note of the new document.
    fn comment(&mut self, annotation: &'e Element) -> Result<(), Refusal> {
        let (outer, relations) = (std::mem::take(&mut self.out), std::mem::take(&mut self.relations));
        self.blocks(annotation)?;
        let inner = std::mem::replace(&mut self.out, outer);
        // Links inside of it would be relations of another part.
        let links = std::mem::replace(&mut self.relations, relations);
        if inner.is_empty() || !links.is_empty() {
            self.work.findings.add(Threat::Unknown, "comment");
            return Ok(());
        }
        let id = self.comments.len();
        let author: String = annotation.attribute("author").unwrap_or_default().chars().take(100).collect();
        self.comments.push(format!(
            "<w:comment w:id=\"{id}\" w:author=\"{}\">{inner}</w:comment>",
            escape_attribute(&author)
        ));
        self.out.push_str(&format!("<w:r><w:commentReference w:id=\"{id}\"/></w:r>"));
        Ok(())
    }

    fn run(&mut self, run: &'e Element) -> Result<(), Refusal> {
        let mut inside = String::new();
        let mut notes = Vec::new();
        let mut comments = Vec::new();
        for element in run.elements() {
            match (element.space, element.local.as_str()) {
                (Space::Word, "t") => {
                    inside.push_str("<w:t xml:space=\"preserve\">");
                    push_text(&mut inside, &element.text());
                    inside.push_str("</w:t>");
                }
                (Space::Word, "tab") => inside.push_str("<w:tab/>"),
                (Space::Word, "cr") => inside.push_str("<w:br/>"),
                (Space::Word, "br") => inside.push_str(match element.attribute("type") {
                    Some("page") => "<w:br w:type=\"page\"/>",
                    Some("column") => "<w:br w:type=\"column\"/>",
                    _ => "<w:br/>",
                }),
                (Space::Word, "noBreakHyphen") => inside.push_str("<w:noBreakHyphen/>"),
                (Space::Word, "softHyphen") => inside.push_str("<w:softHyphen/>"),
                (Space::Word, "instrText") => {
                    // What a field shows is kept; that it can be brought up to date is not.
                    let command = element.text().trim().to_ascii_uppercase();
                    let fetches = ["DDE", "INCLUDE", "LINK", "IMPORT", "MACRO", "DATABASE"];
                    let threat = if fetches.iter().any(|name| command.starts_with(name)) {
                        Threat::DangerousField
                    } else {
                        Threat::Extension
                    };
                    self.work.findings.add(threat, "field");
                }
                (Space::Word, "footnote" | "endnote") => notes.push(element),
                (Space::Annotation, "annotation") if element.attribute("type") == Some("Word.Comment") => {
                    comments.push(element);
                }
                (Space::Word, "pict") => inside.push_str(&self.picture(element)?),
                (Space::Word, "object") => {
                    self.work.findings.add(Threat::EmbeddedObject, "object");
                    inside.push_str(&self.picture(element)?);
                }
                _ => {}
            }
        }
        if !inside.is_empty() {
            let properties = run.first(Space::Word, "rPr").map(run_properties).unwrap_or_default();
            self.out.push_str("<w:r>");
            if !properties.is_empty() {
                self.out.push_str(&format!("<w:rPr>{properties}</w:rPr>"));
            }
            self.out.push_str(&inside);
            self.out.push_str("</w:r>");
        }
        for comment in comments {
            self.comment(comment)?;
        }
        for note in notes {
            // Notes stand where they are referred to: nothing of them is lost, and no other part is needed.
            self.out.push_str("<w:r><w:t xml:space=\"preserve\"> [</w:t></w:r>");
            for paragraph in note.elements() {
                self.inline(paragraph)?;
            }
            self.out.push_str("<w:r><w:t>]</w:t></w:r>");
        }
        Ok(())
    }

    /// The drawing of a picture, at the size it was shown; boxes of text are put after the paragraph.
    fn picture(&mut self, pict: &'e Element) -> Result<String, Refusal> {
        let mut out = String::new();
        let mut next = vec![(pict, None)];
        while let Some((element, mut size)) = next.pop() {
            match (element.space, element.local.as_str()) {
                (Space::Word, "txbxContent") => {
                    let outer = std::mem::take(&mut self.out);
                    let boxes = std::mem::take(&mut self.boxes);
                    self.blocks(element)?;
                    let text = std::mem::replace(&mut self.out, outer);
                    self.boxes = boxes;
                    self.boxes.push(text);
                    continue;
                }
                (Space::Vml, "shape" | "rect") => {
                    size = element.attribute("style").and_then(shape_size).or(size)
                }
                (Space::Vml, "imagedata") => {
                    let source = element.attribute("src").unwrap_or_default();
                    out.push_str(&self.drawing(source, size)?);
                }
                _ => {}
            }
            let inner: Vec<_> = element.elements().map(|element| (element, size)).collect();
            next.extend(inner.into_iter().rev());
        }
        Ok(out)
    }

    /// One picture, from the bytes that stand somewhere in the document under this name.
    fn drawing(&mut self, source: &'e str, size: Option<(f64, f64)>) -> Result<String, Refusal> {
        let target = match self.written.get(source) {
            Some(target) => target.clone(),
            None => {
                let Some(data) = self.data.get(source).copied() else {
                    if !source.is_empty() {
                        self.work.findings.add(Threat::ExternalContent, "imagedata");
                    }
                    return Ok(String::new());
                };
                let mut bytes = transfer::base64_decode(data.text().as_bytes());
                if let Some(unpacked) = unpack(&bytes, self.work)? {
                    bytes = unpacked;
                }
                let Some(extension) = extension_of(&bytes) else {
                    self.work.findings.add(Threat::EmbeddedObject, "binData");
                    return Ok(String::new());
                };
                self.work.budget.spend(bytes.len() as u64)?;
                let target = format!("media/image{}.{extension}", self.media.len() + 1);
                self.media.push((target.clone(), bytes));
                self.written.insert(source, target.clone());
                target
            }
        };
        let id = self.relation("image", &target, false);
        let number = self.relation_count;
        let (width, height) = size.unwrap_or((200.0, 150.0));
        let (width, height) = ((width * UNITS_PER_POINT).round(), (height * UNITS_PER_POINT).round());
        Ok(format!(
            "<w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"{width}\" cy=\"{height}\"/>\
             <wp:docPr id=\"{number}\" name=\"Picture {number}\"/><a:graphic>\
             <a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:nvPicPr>\
             <pic:cNvPr id=\"{number}\" name=\"Picture {number}\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>\
             <a:blip r:embed=\"{id}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>\
             <a:off x=\"0\" y=\"0\"/><a:ext cx=\"{width}\" cy=\"{height}\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/>\
             </a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
        ))
    }

    fn table(&mut self, table: &'e Element) -> Result<(), Refusal> {
        let properties = table.first(Space::Word, "tblPr");
        self.out.push_str("<w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/>");
        let has_lines = properties.is_some_and(|p| {
            p.first(Space::Word, "tblBorders").is_some() || p.first(Space::Word, "tblStyle").is_some()
        });
        if has_lines {
            self.out.push_str("<w:tblBorders>");
            for side in ["top", "left", "bottom", "right", "insideH", "insideV"] {
                self.out.push_str(&format!(
                    "<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"auto\"/>"
                ));
            }
            self.out.push_str("</w:tblBorders>");
        }
        self.out.push_str("</w:tblPr><w:tblGrid>");
        let grid = table.first(Space::Word, "tblGrid");
        for column in grid.into_iter().flat_map(Element::elements) {
            let width = column.attribute("w").and_then(whole).unwrap_or(1_000);
            self.out.push_str(&format!("<w:gridCol w:w=\"{width}\"/>"));
        }
        self.out.push_str("</w:tblGrid>");
        self.rows(table)?;
        self.out.push_str("</w:tbl>");
        Ok(())
    }

    fn rows(&mut self, parent: &'e Element) -> Result<(), Refusal> {
        for element in parent.elements() {
            match (element.space, element.local.as_str()) {
                (Space::Word, "tr") => {
                    self.out.push_str("<w:tr>");
                    self.cells(element)?;
                    self.out.push_str("</w:tr>");
                }
                (Space::Word, _) => {}
                _ => self.rows(element)?,
            }
        }
        Ok(())
    }

    fn cells(&mut self, parent: &'e Element) -> Result<(), Refusal> {
        for element in parent.elements() {
            match (element.space, element.local.as_str()) {
                (Space::Word, "tc") => {
                    self.out.push_str("<w:tc>");
                    if let Some(properties) = element.first(Space::Word, "tcPr") {
                        self.out.push_str(&cell_properties(properties));
                    }
                    let before = self.out.len();
                    self.blocks(element)?;
                    // A cell ends with a paragraph.
                    if self.out.len() == before || self.out.ends_with("</w:tbl>") {
                        self.out.push_str("<w:p/>");
                    }
                    self.out.push_str("</w:tc>");
                }
                (Space::Word, _) => {}
                _ => self.cells(element)?,
            }
        }
        Ok(())
    }

    /// The size of the paper, and headers and footers as parts of their own.
    fn section(&mut self, section: &'e Element) -> Result<String, Refusal> {
        let mut out = String::from("<w:sectPr>");
        let mut has_first = false;
        for element in section.elements().filter(|e| e.space == Space::Word) {
            let (kind, root) = match element.local.as_str() {
                "hdr" => ("header", "hdr"),
                "ftr" => ("footer", "ftr"),
                _ => continue,
            };
            let which = match element.attribute("type") {
                Some("first") => "first",
                Some("even") => "even",
                _ => "default",
            };
            has_first |= which == "first";
            let (outer, relations) = (std::mem::take(&mut self.out), std::mem::take(&mut self.relations));
            self.blocks(element)?;
            if self.out.is_empty() {
                self.out.push_str("<w:p/>");
            }
            let inner = std::mem::replace(&mut self.out, outer);
            let inner_relations = std::mem::replace(&mut self.relations, relations);
            let name = format!("{kind}{}.xml", self.parts.len() + 1);
            let id = self.relation(kind, &name, false);
            self.parts.push(Part {
                name,
                content_type: if kind == "header" { "header+xml" } else { "footer+xml" },
                text: format!("{HEAD}<w:{root} {NAMESPACES}>{inner}</w:{root}>"),
                relations: inner_relations,
            });
            out.push_str(&format!("<w:{kind}Reference w:type=\"{which}\" r:id=\"{id}\"/>"));
        }
        let sizes: [(&str, &[&str]); 2] = [
            ("pgSz", &["w", "h"]),
            ("pgMar", &["top", "right", "bottom", "left", "header", "footer", "gutter"]),
        ];
        for (name, attributes) in sizes {
            let Some(element) = section.first(Space::Word, name) else { continue };
            out.push_str(&format!("<w:{name}"));
            for attribute in attributes {
                if let Some(value) = element.attribute(attribute).and_then(whole) {
                    out.push_str(&format!(" w:{attribute}=\"{value}\""));
                }
            }
            if element.attribute("orient") == Some("landscape") {
                out.push_str(" w:orient=\"landscape\"");
            }
            out.push_str("/>");
        }
        if has_first {
            out.push_str("<w:titlePg/>");
        }
        out.push_str("</w:sectPr>");
        Ok(out)
    }
}

/// Whether a revision took its words away, or they are a note of an editor.
fn is_gone(annotation: &Element) -> bool {
    matches!(annotation.attribute("type"), Some("Word.Deletion" | "Word.Comment" | "Word.Formatting"))
}

fn collect_data<'e>(element: &'e Element, data: &mut HashMap<&'e str, &'e Element>) {
    for inner in element.elements() {
        if inner.space == Space::Word && inner.local == "binData" {
            data.entry(inner.attribute("name").unwrap_or_default()).or_insert(inner);
        } else {
            collect_data(inner, data);
        }
    }
}

/// The metafile in a gzip member (RFC 1952); nothing when it is no such member.
fn unpack(bytes: &[u8], work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return Ok(None);
    }
    match work.budget.gunzip(bytes) {
        Ok(unpacked) => Ok(Some(unpacked.bytes)),
        Err(refusal) if refusal.reason == Reason::Bomb => Err(refusal),
        Err(_) => Ok(None),
    }
}

/// Width and height of a shape in points.
fn shape_size(style: &str) -> Option<(f64, f64)> {
    let value = |wanted: &str| {
        let declaration =
            style.split(';').find_map(|d| d.split_once(':').filter(|(name, _)| name.trim() == wanted))?;
        let text = declaration.1.trim();
        let (digits, unit) =
            text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
        let points = match unit {
            "in" => 72.0,
            "cm" => 28.35,
            "mm" => 2.835,
            "px" => 0.75,
            _ => 1.0,
        };
        digits
            .trim()
            .parse::<f64>()
            .ok()
            .map(|number| number * points)
            .filter(|points| (1.0..=3_000.0).contains(points))
    };
    Some((value("width")?, value("height")?))
}

/// The extension under which a picture stands in a package.
fn extension_of(bytes: &[u8]) -> Option<&'static str> {
    let table: [(&[u8], &str); 9] = [
        (b"\x89PNG", "png"),
        (b"\xff\xd8\xff", "jpeg"),
        (b"GIF8", "gif"),
        (b"BM", "bmp"),
        (b"II*\0", "tiff"),
        (b"MM\0*", "tiff"),
        (b"\xd7\xcd\xc6\x9a", "wmf"),
        (b"\x01\0\x09\0", "wmf"),
        (b"\x01\0\0\0", "emf"),
    ];
    table.into_iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, extension)| extension)
}
