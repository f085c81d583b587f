//! What the main part says about the order of things: sheets, slides, the size of a slide.
//!
//! Owns: reading that before anything is filtered, so that a removal can be reported with the slide or sheet where a
//! reader finds it.
//! Leaves to others: the main part itself, which is filtered like any other.

use std::collections::HashMap;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use worker_protocol::{Kind, Reason};

use super::filter::{Place, Sheet};
use super::names::{self, Space};
use super::package::{self, Package};
use super::xml;
use crate::{Refusal, Work};

/// The order of sheets or slides.
pub(crate) struct Outline {
    pub(crate) sheets: Vec<Sheet>,
    pub(crate) slides: u32,
    /// Width of a slide in EMU.
    pub(crate) slide_width: u64,
    /// The relation of each sheet, in their order.
    sheet_ids: Vec<String>,
    /// Part in lower case → where it is found.
    places: HashMap<String, Place>,
}

const ELSEWHERE: Place = Place::Elsewhere;

/// The usual width of a slide.
const SLIDE_WIDTH: u64 = 9_144_000;

impl Outline {
    pub(crate) fn place(&self, part: &str) -> &Place {
        self.places.get(&part.to_ascii_lowercase()).unwrap_or(&ELSEWHERE)
    }

    /// The parts that are sheets or slides, in lower case, and which.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.places.iter().map(|(part, place)| (part.as_str(), place))
    }

    /// Notes which sheets stay, once it is known which relations do.
    pub(crate) fn settle(&mut self, is_kept: impl Fn(&str) -> bool) {
        for (sheet, id) in self.sheets.iter_mut().zip(&self.sheet_ids) {
            sheet.is_kept = is_kept(id);
        }
    }
}

/// Reads the main part of a package.
pub(crate) fn read(
    package: &Package<'_>,
    main: &str,
    kind: Kind,
    work: &mut Work<'_>,
) -> Result<Outline, Refusal> {
    let mut outline = Outline {
        sheets: Vec::new(),
        slides: 0,
        slide_width: SLIDE_WIDTH,
        sheet_ids: Vec::new(),
        places: HashMap::new(),
    };
    if kind == Kind::Docx {
        return Ok(outline);
    }
    let targets: HashMap<String, String> = package
        .relations(main, work)?
        .into_iter()
        .filter_map(|relation| Some((relation.id, package::resolve(main, &relation.target)?)))
        .collect();
    let bytes = package.read(main, work)?;
    let text = xml::decode_borrowed(&bytes)?;
    let mut reader = NsReader::from_str(&text);
    loop {
        match reader.read_event().map_err(|_| Refusal::held(Reason::Damaged))? {
            Event::Start(start) | Event::Empty(start) => match start.local_name().as_ref() {
                "sheet" => {
                    let name = attribute(&reader, &start, false, "name").unwrap_or_default();
                    let id = attribute(&reader, &start, true, "id").unwrap_or_default();
                    if let Some(part) = targets.get(&id) {
                        outline.places.insert(part.to_ascii_lowercase(), Place::Sheet(name.clone()));
                    }
                    outline.sheets.push(Sheet { untrusted_name: name, is_kept: true });
                    outline.sheet_ids.push(id);
                }
                "sldId" => {
                    // Sections list the slides again, without relations.
                    let id = attribute(&reader, &start, true, "id").unwrap_or_default();
                    if let Some(part) = targets.get(&id) {
                        outline.slides += 1;
                        outline.places.insert(part.to_ascii_lowercase(), Place::Slide(outline.slides));
                    }
                }
                "sldSz" => {
                    let width = attribute(&reader, &start, false, "cx").and_then(|cx| cx.parse().ok());
                    outline.slide_width = width.unwrap_or(SLIDE_WIDTH);
                }
                _ => {}
            },
            Event::DocType(_) => return Err(Refusal::held(Reason::Damaged)),
            Event::Eof => break,
            _ => {}
        }
        if outline.sheets.len() + outline.slides as usize > work.budget.limits.pages_max as usize {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
    }
    Ok(outline)
}

fn attribute(
    reader: &NsReader<&[u8]>,
    start: &BytesStart<'_>,
    is_relation: bool,
    local: &str,
) -> Option<String> {
    let found = start.attributes().flatten().find(|attribute| {
        let space = match reader.resolver().resolve_attribute(attribute.key).0 {
            ResolveResult::Bound(space) => names::known(space.as_ref()).map(|known| known.space),
            _ => None,
        };
        attribute.key.local_name().as_ref() == local && (space == Some(Space::Relation)) == is_relation
    })?;
    xml::attribute_value(&found).ok()
}
