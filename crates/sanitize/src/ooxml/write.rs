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
use super::{Form, Part, Walk, rules};
use crate::Refusal;
use crate::zip_reader::Packed;
use crate::zip_writer::{Content, Writer};

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const HEADER_PART: &str = "word/sekisho-header.xml";
const PROPERTIES_PART: &str = "docProps/custom.xml";
const PROPERTIES_TYPE: &str = "application/vnd.openxmlformats-officedocument.custom-properties+xml";
const EMPTY_VML: &[u8] = b"<xml xmlns:v=\"urn:schemas-microsoft-com:vml\"></xml>";

/// What a member of the new package is written from.
enum Body<'a> {
    Bytes(Vec<u8>),
    Dense(Vec<u8>),
    Packed(Packed<'a>),
}

impl<'a> Walk<'a, '_, '_> {
    /// The new package, and how much of the old one is in it.
    pub(super) fn write(mut self) -> Result<(Vec<u8>, Fidelity), Refusal> {
        self.settle();
        let header_id = self.add_header();
        let total = self.kept.len().max(1);
        let mut order: Vec<(usize, usize, Body<'a>)> = Vec::with_capacity(total);
        let mut gone_names = HashSet::new();
        for index in 0..self.kept.len() {
            let stamp = self.stamp(index, header_id.as_deref());
            let body = self.body(index, stamp.as_ref(), &mut gone_names)?;
            let place = self.kept.get(index).map_or(usize::MAX, |part| self.package.place(&part.source));
            order.push((place, index, body));
            if self.work.depth == 0 {
                let permille = u16::try_from(500 + (index + 1) * 500 / total).unwrap_or(1000);
                (self.work.progress)(Stage::Rebuild, permille);
            }
        }
        // Members come in the order in which they came, so that a reader of the archive finds what it expects.
        order.sort_by_key(|(place, index, _)| (*place, *index));
        let clean = self.pack(order)?;
        Ok((clean, self.fidelity()))
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
        let (bytes, packed) = if part.source.is_empty() {
            (mark::empty_header(), None)
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
                    (Some(bytes), _) => Body::Bytes(bytes),
                    (None, Some(packed)) => Body::Packed(packed),
                    (None, None) => Body::Bytes(bytes),
                })
            }
            // VML is often not quite XML. It holds notes' outlines and old shapes, not text.
            Err(refusal) if part.form == Form::Vml && refusal.reason == Reason::Damaged => {
                self.work.findings.add(Threat::Unknown, &part.source);
                Ok(Body::Bytes(EMPTY_VML.to_vec()))
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

    fn pack(&self, order: Vec<(usize, usize, Body<'a>)>) -> Result<Vec<u8>, Refusal> {
        let properties = self.mark.as_ref().map(mark::properties);
        let own_types = properties.iter().map(|_| (PROPERTIES_PART, PROPERTIES_TYPE));
        let types = package::write_content_types(
            self.kept.iter().map(|part| (part.target.as_str(), part.content_type.as_str())).chain(own_types),
        );
        let main = self.kept.first().map(|part| part.target.clone()).unwrap_or_default();
        let relation = |id: &str, name: &str, target: &str| Relation {
            id: id.to_owned(),
            kind: format!("{RELATIONS}/{name}"),
            target: target.to_owned(),
            is_external: false,
        };
        // In the strict spelling where the document is written in it.
        let mut root = vec![Relation { kind: self.main_relation.clone(), ..relation("rId1", "", &main) }];
        if properties.is_some() {
            root.push(relation("rId2", "custom-properties", PROPERTIES_PART));
        }
        let mut writer = Writer::default();
        writer.add("[Content_Types].xml", &Content::Plain(&types))?;
        writer.add("_rels/.rels", &Content::Plain(&package::write_relations(&root)))?;
        for (_, index, body) in &order {
            let Some(part) = self.kept.get(*index) else { continue };
            if !part.relations.is_empty() && part.form != Form::Bytes {
                let relations = package::write_relations(&part.relations);
                writer.add(&package::relations_path(&part.target), &Content::Plain(&relations))?;
            }
            let content = match body {
                Body::Bytes(bytes) => Content::Plain(bytes),
                Body::Dense(bytes) => Content::Dense(bytes),
                Body::Packed(packed) => Content::Packed(*packed),
            };
            writer.add(&part.target, &content)?;
        }
        if let Some(properties) = &properties {
            writer.add(PROPERTIES_PART, &Content::Plain(properties))?;
        }
        writer.finish()
    }
}
