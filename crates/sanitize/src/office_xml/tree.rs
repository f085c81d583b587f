//! The elements of an Office document in XML.
//!
//! Owns: reading them into a tree within the bound on nesting, knowing the vocabularies.
//! Leaves to others: what they mean.

use std::ops::Range;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use worker_protocol::Reason;

use crate::xml::{attribute_value, reference as xml_reference};
use crate::{Refusal, Work};

/// The vocabularies that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// A package in one file.
    Package,
    /// Word 2003.
    Word,
    /// Hints of Word 2003 that stand around its paragraphs.
    Hint,
    /// Revisions of Word 2003.
    Annotation,
    /// SpreadsheetML.
    Sheet,
    /// Drawings.
    Vml,
    Other,
}

fn space(uri: &str) -> Space {
    match uri {
        "http://schemas.microsoft.com/office/2006/xmlPackage" => Space::Package,
        "http://schemas.microsoft.com/office/word/2003/wordml" => Space::Word,
        "http://schemas.microsoft.com/office/word/2003/auxHint" => Space::Hint,
        "http://schemas.microsoft.com/aml/2001/core" => Space::Annotation,
        "urn:schemas-microsoft-com:office:spreadsheet" => Space::Sheet,
        "urn:schemas-microsoft-com:vml" => Space::Vml,
        _ => Space::Other,
    }
}

/// What stands in an element.
pub(super) enum Child {
    Element(Element),
    Text(String),
}

/// One element.
pub(super) struct Element {
    pub(super) space: Space,
    pub(super) local: String,
    /// Local names and values; none of these vocabularies uses one local name twice in an element.
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Child>,
    /// Where its content stands in the file.
    pub(super) content: Range<usize>,
}

impl Element {
    /// Reads a whole file.
    pub(super) fn read(text: &str, work: &mut Work<'_>) -> Result<Self, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let skipped = text.len() - text.trim_start_matches('\u{FEFF}').len();
        let mut reader = NsReader::from_str(text.get(skipped..).unwrap_or_default());
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        // Each node costs more memory than its bytes in the file.
        let mut nodes = 0u64;
        loop {
            let before = skipped + usize::try_from(reader.buffer_position()).unwrap_or_default();
            let event = reader.read_event().map_err(|_| damaged)?;
            let after = skipped + usize::try_from(reader.buffer_position()).unwrap_or_default();
            nodes += 1;
            if nodes.is_multiple_of(1024) {
                work.budget.spend(128 * 1024)?;
            }
            match event {
                Event::Start(start) => {
                    if open.len() >= work.budget.limits.nesting_max as usize {
                        return Err(Refusal::blocked(Reason::TooComplex));
                    }
                    open.push(Self::start(&start, reader.resolver(), after)?);
                }
                Event::Empty(start) => {
                    let element = Self::start(&start, reader.resolver(), after)?;
                    close(element, &mut open, &mut root)?;
                }
                Event::End(_) => {
                    let mut element = open.pop().ok_or(damaged)?;
                    element.content.end = before;
                    close(element, &mut open, &mut root)?;
                }
                Event::Text(said) => push(&said, &mut open),
                Event::CData(said) => push(&said, &mut open),
                Event::GeneralRef(reference) => {
                    push(xml_reference(&reference)?.encode_utf8(&mut [0; 4]), &mut open);
                }
                // Entities of its own are no part of any of these formats.
                Event::DocType(_) => return Err(damaged),
                Event::Eof => return root.filter(|_| open.is_empty()).ok_or(damaged),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            }
        }
    }

    fn start(start: &BytesStart<'_>, names: &NamespaceResolver, at: usize) -> Result<Self, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let space = match names.resolve_element(start.name()).0 {
            ResolveResult::Bound(namespace) => space(namespace.as_ref()),
            ResolveResult::Unbound => Space::Other,
            ResolveResult::Unknown(_) => return Err(damaged),
        };
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| damaged)?;
            attributes.push((attribute.key.local_name().as_ref().to_owned(), attribute_value(&attribute)?));
        }
        Ok(Self {
            space,
            local: start.local_name().as_ref().to_owned(),
            attributes,
            children: Vec::new(),
            content: at..at,
        })
    }

    pub(super) fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == local).map(|(_, value)| value.as_str())
    }

    /// The elements right inside.
    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        })
    }

    /// The first element of this name right inside.
    pub(super) fn first(&self, space: Space, local: &str) -> Option<&Element> {
        self.elements().find(|element| element.space == space && element.local == local)
    }

    /// The text in it and below it.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.push_text(&mut out);
        out
    }

    fn push_text(&self, out: &mut String) {
        for child in &self.children {
            match child {
                Child::Text(said) => out.push_str(said),
                Child::Element(element) => element.push_text(out),
            }
        }
    }
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), Refusal> {
    match open.last_mut() {
        Some(parent) => parent.children.push(Child::Element(element)),
        None if root.is_none() => *root = Some(element),
        None => return Err(Refusal::held(Reason::Damaged)),
    }
    Ok(())
}

fn push(said: &str, open: &mut [Element]) {
    let Some(parent) = open.last_mut() else { return };
    match parent.children.last_mut() {
        Some(Child::Text(known)) => known.push_str(said),
        _ => parent.children.push(Child::Text(said.to_owned())),
    }
}
