//! Writing the package from the parts that stay.
//!
//! Owns: filtering each part, copying those that say exactly what they said, the mark's own parts, the order.
//! Leaves to others: which parts stay (`mod`), what is in them (`filter`).

use std::collections::HashSet;

use worker_protocol::frame::Stage;
use worker_protocol::{Fidelity, Kept, Kind, Reason, Threat};

use super::filter::{self, PartContext, Place};
use super::mark::{self, Stamp};
use super::package::{self, Relation};
use super::{Form, Part, Walk, objects, program, rules};
use crate::Refusal;
use crate::zip_writer::{Body, Content, Writer};

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const HEADER_PART: &str = "word/sekisho-header.xml";
const PROPERTIES_PART: &str = "docProps/custom.xml";
const PROPERTIES_TYPE: &str = "application/vnd.openxmlformats-officedocument.custom-properties+xml";
/// Names that no part of the document gets.
pub(super) const OWN_NAMES: [&str; 2] = [PROPERTIES_PART, program::PART];
const EMPTY_VML: &[u8] = b"<xml xmlns:v=\"urn:schemas-microsoft-com:vml\"></xml>";

/// A part that is written here.
struct OwnPart {
    name: &'static str,
    content_type: &'static str,
    relation: &'static str,
    content: Vec<u8>,
}

impl<'a> Walk<'a, '_, '_> {
    /// The new package, and how much of the old one is in it.
    pub(super) fn write(mut self) -> Result<(Vec<u8>, Fidelity), Refusal> {
        self.settle();
        let header_id = self.add_header();
        let mut writer = Writer::default();
        self.write_package_parts(&mut writer)?;
        let mut gone_names = HashSet::new();
        // The main part is filtered first, because the others depend on what went in it. Members come in the order in
        // which they came, so that a reader of the archive finds what it expects.
        let stamp = self.stamp(0, header_id.as_deref());
        let mut main = Some(self.body(0, stamp.as_ref(), &mut gone_names)?);
        let mut order: Vec<usize> = (0..self.kept.len()).collect();
        order.sort_by_key(|index| {
            self.kept.get(*index).map(|part| (self.package.place(&part.source), *index))
        });
        for (done, index) in order.iter().copied().enumerate() {
            let body = match main.take_if(|_| index == 0) {
                Some(main) => main,
                None => {
                    let stamp = self.stamp(index, header_id.as_deref());
                    self.body(index, stamp.as_ref(), &mut gone_names)?
                }
            };
            self.write_part(&mut writer, index, &body)?;
            if self.work.depth == 0 {
                let permille = u16::try_from(500 + (done + 1) * 500 / order.len()).unwrap_or(1000);
                (self.work.progress)(Stage::Rebuild, permille);
            }
        }
        for own in self.own_parts() {
            writer.add(own.name, &Content::Plain(&own.content))?;
        }
        Ok((writer.finish()?, self.fidelity()))
    }

    /// Notes which sheets stay.
    fn settle(&mut self) {
        if let Some(main) = self.kept.first() {
            let kept: HashSet<&str> = main.relations.iter().map(|relation| relation.id.as_str()).collect();
            self.outline.settle(|id| kept.contains(id));
        }
    }

    fn fidelity(&self) -> Fidelity {
        let (sheets, slides) = (&self.outline.sheets, self.outline.slides);
        let kept_sheets = sheets.iter().filter(|sheet| sheet.is_kept).count() as u64;
        Fidelity {
            characters: Kept { before: self.before.characters, after: self.after.characters },
            cells: Kept { before: self.before.cells, after: self.after.cells },
            pages: Kept {
                before: sheets.len() as u64 + u64::from(slides),
                after: kept_sheets + u64::from(slides),
            },
            pictures: self.pictures,
        }
    }

    /// The new content of one part.
    fn body(
        &mut self,
        index: usize,
        stamp: Option<&Stamp>,
        gone_names: &mut HashSet<String>,
    ) -> Result<Body<'a>, Refusal> {
        let Some(part) = self.kept.get(index) else { return Err(Refusal::held(Reason::VerifyFailed)) };
        if part.form == Form::Bytes {
            return Ok(Body::Dense(self.ready.remove(&part.target).unwrap_or_default()));
        }
        let (bytes, packed) = if let Some(made) = self.ready.remove(&part.target) {
            (made, None)
        } else if part.source.is_empty() {
            let is_drawing = part.content_type.ends_with("drawing+xml");
            (if is_drawing { objects::empty_drawing() } else { mark::empty_header() }, None)
        } else {
            self.package.read_packed(&part.source, self.work)?
        };
        let kept_ids: HashSet<String> = part.relations.iter().map(|r| r.id.clone()).collect();
        let context = PartContext {
            part: &part.source,
            kind: self.kind,
            kept_ids: &kept_ids,
            links: self.links(),
            nesting_max: self.work.budget.limits.nesting_max,
            strict: self.strict,
            place: if part.source.is_empty() { &Place::Elsewhere } else { self.outline.place(&part.source) },
            sheets: &self.outline.sheets,
            gone_names,
            stamp,
            insert: self.moved.inserts.get(&index),
            object_pictures: self.moved.ids.get(&index),
            object_places: self.moved.places.get(&index),
            words: self.words.get(&index),
            gone_shapes: &self.moved.shapes,
        };
        match filter::filter(&bytes, &context, &mut self.work.findings) {
            Ok(filtered) => {
                for (sum, counts) in [(&mut self.before, filtered.before), (&mut self.after, filtered.after)]
                {
                    sum.characters += counts.characters;
                    sum.cells += counts.cells;
                }
                gone_names.extend(filtered.gone_names);
                Ok(match (filtered.bytes, packed) {
                    (Some(bytes), _) => Body::Plain(bytes),
                    (None, Some(packed)) => Body::Packed(packed),
                    (None, None) => Body::Plain(bytes),
                })
            }
            // VML is often not quite XML. It holds notes' outlines and old shapes, not text.
            Err(refusal) if part.form == Form::Vml && refusal.reason == Reason::Damaged => {
                self.work.findings.add(Threat::Unknown, &part.source);
                Ok(Body::Plain(EMPTY_VML.to_vec()))
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Adds the header that pages without one of their own get. Its relation, when there is one.
    fn add_header(&mut self) -> Option<String> {
        if self.kind != Kind::Docx || !self.has_new_mark || self.mark.is_none() {
            return None;
        }
        let main = self.kept.first()?;
        let header = format!("{RELATIONS}/header");
        // One of an earlier pass serves again.
        let earlier = main.relations.iter().find(|relation| {
            relation.kind == header
                && package::resolve(&main.target, &relation.target).as_deref() == Some(HEADER_PART)
        });
        if let Some(earlier) = earlier {
            return Some(earlier.id.clone());
        }
        let target = self.free_name(HEADER_PART, "xml");
        let main = self.kept.first_mut()?;
        let mut number = 1u32;
        let mut id = "rIdSekisho".to_owned();
        while main.relations.iter().any(|relation| relation.id == id) {
            id = format!("rIdSekisho{number}");
            number += 1;
        }
        let new_target = package::relative(&main.target, &target);
        main.relations.push(Relation {
            id: id.clone(),
            kind: header,
            target: new_target,
            is_external: false,
        });
        let content_type = rules::content_type(&["word:header+xml"], "application/xml", Kind::Docx)?;
        self.kept.push(Part {
            source: String::new(),
            target,
            content_type,
            form: Form::Xml,
            relations: Vec::new(),
        });
        Some(id)
    }

    /// What is to be written into this part as a mark.
    fn stamp(&self, index: usize, header_id: Option<&str>) -> Option<Stamp> {
        let label = &self.mark.as_ref().filter(|_| self.has_new_mark)?.label;
        let part = self.kept.get(index)?;
        let is = |name: &str| part.content_type.ends_with(name);
        if self.kind == Kind::Docx && index == 0 {
            Some(Stamp::Document { header_id: header_id?.to_owned() })
        } else if is("wordprocessingml.header+xml") {
            Some(Stamp::Header { label: label.clone() })
        } else if is("spreadsheetml.worksheet+xml") || is("spreadsheetml.chartsheet+xml") {
            Some(Stamp::Sheet { header: mark::sheet_header(label) })
        } else if is("presentationml.slide+xml") {
            Some(Stamp::Slide { label: label.clone(), width: self.outline.slide_width })
        } else {
            None
        }
    }

    /// The parts that no part of the document refers to: what is said of it as a whole.
    fn own_parts(&self) -> Vec<OwnPart> {
        let mark = self.mark.as_ref().map(|mark| OwnPart {
            name: PROPERTIES_PART,
            content_type: PROPERTIES_TYPE,
            relation: "custom-properties",
            content: mark::properties(mark),
        });
        let program = self.program.as_ref().map(|program| OwnPart {
            name: program::PART,
            content_type: program::TYPE,
            relation: "extended-properties",
            content: program::written(program),
        });
        mark.into_iter().chain(program).collect()
    }

    /// What says where everything else is.
    fn write_package_parts(&self, writer: &mut Writer) -> Result<(), Refusal> {
        let own_parts = self.own_parts();
        let own_types = own_parts.iter().map(|own| (own.name, own.content_type));
        let types = package::write_content_types(
            self.kept.iter().map(|part| (part.target.as_str(), part.content_type.as_str())).chain(own_types),
        );
        let main = self.kept.first().map(|part| part.target.clone()).unwrap_or_default();
        let relation = |id: &str, kind: String, target: &str| Relation {
            id: id.to_owned(),
            kind,
            target: target.to_owned(),
            is_external: false,
        };
        // In the strict spelling where the document is written in it.
        let mut root = vec![relation("rId1", self.main_relation.clone(), &main)];
        root.extend(own_parts.iter().zip(2..).map(|(own, number)| {
            relation(&format!("rId{number}"), format!("{RELATIONS}/{}", own.relation), own.name)
        }));
        writer.add("[Content_Types].xml", &Content::Plain(&types))?;
        writer.add("_rels/.rels", &Content::Plain(&package::write_relations(&root)))
    }

    fn write_part(&self, writer: &mut Writer, index: usize, body: &Body<'_>) -> Result<(), Refusal> {
        let Some(part) = self.kept.get(index) else { return Err(Refusal::held(Reason::VerifyFailed)) };
        if !part.relations.is_empty() && part.form != Form::Bytes {
            let relations = package::write_relations(&part.relations);
            writer.add(&package::relations_path(&part.target), &Content::Plain(&relations))?;
        }
        writer.add(&part.target, &body.content())
    }
}
