//! Every XML part is read and written anew through this filter.
//!
//! Owns: streaming over a part, writing known elements under the house's own prefixes, taking back what turns out to
//! have to go, telling the cell or slide of a finding.
//! Leaves to others: what is on the lists (`names`), what becomes of what acts (`rules`), pictures and documents in the
//! document (`mod`).
//!
//! A document may be spread over four parts or be one flat file. Both come out as sections, the children of the root,
//! from which `mod` puts parts together.

mod attributes;
mod ends;
mod output;
mod place;

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;
use rustc_hash::FxHashMap;
use worker_protocol::{Kind, Reason, Spot, Threat};

use super::names::Space;
use super::rules::{self, Fate};
use super::words::Counting;
use super::{Walk, names, words};
use crate::scopes::Scopes;
use crate::{Refusal, xml};
use attributes::{AttributeFacts, Spelled};
use output::Output;

/// What a part comes out as.
#[derive(Debug, Default)]
pub(super) struct Sections {
    /// The root's local name.
    pub(super) root: String,
    pub(super) version: String,
    /// What kind of body it has: `text`, `spreadsheet`, …; for a formula `math`.
    pub(super) body: String,
    /// Local name and XML of each child of the root, in order; for a formula the root itself.
    pub(super) sections: Vec<(String, String)>,
    /// Whether this says exactly what the part said, in the same words.
    pub(super) is_same: bool,
    /// What the part held.
    pub(super) counts: words::Counts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    /// A document in the document, or the root of the part.
    Document,
    /// Alternatives of one picture or object.
    Frame,
    Image,
    Object,
    /// Another element that may show a picture.
    Background,
    BinaryData,
    Setting,
    Row,
    Cell,
    Table,
    MasterPage,
}

struct Open<'t> {
    prefix: &'static str,
    local: &'t str,
    role: Role,
    is_written: bool,
    out_start: usize,
    content_start: usize,
    drop_at_end: bool,
    /// A picture or object was found for it.
    is_filled: bool,
    /// For a frame: places of pictures that could not be kept, and whether another alternative is there.
    failed: Vec<(usize, usize)>,
    has_alternative: bool,
    /// For a setting: its name and type.
    setting: (String, String),
    /// How often a row or cell is repeated.
    repeated: u64,
    /// How many prefixes were bound before its tag.
    scopes_before: usize,
}

/// What a prefix stands for.
#[derive(Debug, Clone, Copy)]
struct Bound {
    space: Option<&'static Space>,
    /// How elements and attributes of the namespace are called here. Two namespaces that are not written have names, so
    /// that it can be said what went.
    element: &'static str,
    attribute: &'static str,
}

/// What the name of an element says, whatever stands around it.
#[derive(Debug, Clone, Copy)]
struct Facts {
    prefix: &'static str,
    is_listed: bool,
    /// Its fate, unless its parent is one that has a say.
    fate: Fate,
    /// Whether it is spelled as it would be written.
    is_own_spelling: bool,
}

/// A document whose root is open.
struct Document {
    /// How many elements are open around its children.
    depth: usize,
    base: String,
    sections: Vec<(String, usize, usize)>,
    version: String,
    root: String,
    body: String,
}

pub(super) struct Pass<'t, 'p, 'a, 'w, 'j> {
    walk: &'p mut Walk<'a, 'w, 'j>,
    part: String,
    out: Output,
    open: Vec<Open<'t>>,
    scopes: Scopes<'t, Option<Bound>>,
    /// What is known of names since the last tag that bound a prefix.
    facts: FxHashMap<&'t str, Facts>,
    attribute_facts: FxHashMap<&'t str, AttributeFacts<'t>>,
    attributes: Vec<Attribute<'t>>,
    written: Vec<Written<'t>>,
    counting: Counting,
    documents: Vec<Document>,
    result: Option<Sections>,
    sheet: String,
    tables: u32,
    row: u64,
    column: u64,
    slide: u32,
    /// A cell's start tag is being read.
    is_at_cell: bool,
    paragraphs: u32,
    /// For each open mark of a field whether it stayed.
    fieldmarks: Vec<bool>,
}

/// Reads and writes one part. `base` is the folder of the document it belongs to.
pub(super) fn filter(
    walk: &mut Walk<'_, '_, '_>,
    base: &str,
    part: &str,
    text: &str,
) -> Result<Sections, Refusal> {
    let mut pass = Pass {
        walk,
        part: part.to_owned(),
        out: Output::with_capacity(text.len() + 64),
        open: Vec::new(),
        scopes: Scopes::default(),
        facts: FxHashMap::default(),
        attribute_facts: FxHashMap::default(),
        attributes: Vec::new(),
        written: Vec::new(),
        counting: Counting::default(),
        documents: Vec::new(),
        result: None,
        sheet: String::new(),
        tables: 0,
        row: 0,
        column: 0,
        slide: 0,
        is_at_cell: false,
        paragraphs: 0,
        fieldmarks: Vec::new(),
    };
    pass.run(text, base)?;
    let is_same = pass.out.is_same(text.len()) && xml::has_only_characters(text);
    let result = pass.result.ok_or(Refusal::held(Reason::Damaged))?;
    Ok(Sections { is_same, counts: pass.counting.counts, ..result })
}

/// An attribute as it came, with its namespace resolved.
struct Attribute<'t> {
    prefix: &'static str,
    local: &'t str,
    value: Cow<'t, str>,
    is_formula: bool,
    /// Whether its name and value would be written as they stand.
    is_own_spelling: bool,
}

/// An attribute as it is written.
type Written<'t> = (&'static str, &'t str, Cow<'t, str>);

impl<'t> Pass<'t, '_, '_, '_, '_> {
    fn run(&mut self, text: &'t str, base: &str) -> Result<(), Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let mut reader = Reader::from_str(text);
        let mut skipped = 0u32;
        let mut from = 0usize;
        loop {
            let event = reader.read_event().map_err(|_| damaged)?;
            let to = usize::try_from(reader.buffer_position()).map_err(|_| damaged)?;
            let raw = text.get(from..to).unwrap_or_default();
            let is_first = from == 0;
            from = to;
            self.counting.note(&event);
            match event {
                Event::Start(_) if skipped > 0 => {
                    skipped += 1;
                    if skipped > self.walk.nesting_max() {
                        return Err(Refusal::blocked(Reason::TooComplex));
                    }
                }
                Event::End(_) if skipped > 0 => skipped -= 1,
                Event::Eof if self.open.is_empty() && skipped == 0 && self.result.is_some() => return Ok(()),
                Event::Eof => return Err(damaged),
                // Old programs name a DTD. One that defines something itself is an attack; without a definition there
                // is no entity, and a reference to one is refused below.
                Event::DocType(dtd) if dtd.contains('[') => return Err(damaged),
                _ if skipped > 0 => {}
                Event::Start(start) | Event::Empty(start) => {
                    let is_empty = raw.ends_with("/>");
                    if !is_empty && self.open.len() >= self.walk.nesting_max() as usize {
                        return Err(Refusal::blocked(Reason::TooComplex));
                    }
                    let name = raw.get(1..1 + start.name().as_ref().len()).ok_or(damaged)?;
                    if self.start(raw, name, is_empty, base)? {
                        if is_empty {
                            self.end(0)?;
                        }
                    } else {
                        skipped = u32::from(!is_empty);
                    }
                }
                Event::End(_) => self.end(raw.len())?,
                Event::Text(t) => self.text(&t, Some(raw.len())),
                Event::CData(t) => self.text(&t, None),
                Event::GeneralRef(r) => {
                    let character = xml::reference(&r)?;
                    if !self.open.is_empty() {
                        // A character by its number is written as itself.
                        let read_bytes = (!raw.starts_with("&#")).then_some(raw.len());
                        self.text(character.encode_utf8(&mut [0; 4]), read_bytes);
                    }
                }
                // Its encoding was asked before.
                Event::Decl(_) if is_first => self.out.nothing(raw.len()),
                _ => {}
            }
        }
    }

    /// Writes text. `read_bytes` of the part said so in plain words; none when they said it in others.
    fn text(&mut self, text: &str, read_bytes: Option<usize>) {
        let is_space = text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        let open = self.open.iter().rev().find(|open| open.is_written);
        if !open.is_some_and(|open| rules::holds_text(open.prefix, open.local)) {
            if is_space {
                self.out.nothing(read_bytes.unwrap_or(0));
            } else if open.is_some() {
                self.report(Threat::HiddenData);
            }
            return;
        }
        let (written, ends_data) = match xml::is_plain_text(text) {
            true => (Cow::Borrowed(text), false),
            false => {
                // As XML says a reader has to: otherwise a line break would come out as a character of its own.
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                let mut written = String::with_capacity(text.len() + 16);
                xml::push_text(&mut written, &text);
                (Cow::Owned(written), text.contains("]]>"))
            }
        };
        match read_bytes.filter(|_| !ends_data) {
            Some(read_bytes) => self.out.same(&written, read_bytes),
            None => self.out.edit().push_str(&written),
        }
    }

    fn report(&mut self, threat: Threat) {
        let spot = self.spot();
        match spot {
            Some(spot) => self.walk.work.findings.add_at(threat, &self.part, spot),
            None => self.walk.work.findings.add(threat, &self.part),
        }
    }

    fn spot(&self) -> Option<Spot> {
        match self.walk.kind {
            Kind::Odp if self.slide > 0 => Some(Spot::Slide { number: self.slide }),
            Kind::Odg if self.slide > 0 => Some(Spot::Page { number: self.slide }),
            Kind::Ods
                if self.tables == 1
                    && (self.is_at_cell || self.open.iter().any(|open| open.role == Role::Cell)) =>
            {
                let reference = crate::workbook::cell_name(self.column, self.row)?;
                Some(Spot::Cell { untrusted_sheet: self.sheet.clone(), reference })
            }
            _ => None,
        }
    }

    /// Writes a start tag. False when the element and all in it goes.
    fn start(&mut self, raw: &'t str, name: &'t str, is_empty: bool, base: &str) -> Result<bool, Refusal> {
        let scopes_before = self.scopes.len();
        let mut attributes = std::mem::take(&mut self.attributes);
        let spelled = self.read_attributes(raw, name, &mut attributes)?;
        let mut written = std::mem::take(&mut self.written);
        written.clear();
        let tag = Tag { raw, name, is_empty, spelled, scopes_before };
        let is_open = self.start_with(&tag, &attributes, &mut written, base)?;
        self.attributes = attributes;
        self.written = written;
        if !is_open {
            self.close_scopes(scopes_before);
        }
        Ok(is_open)
    }

    fn start_with(
        &mut self,
        tag: &Tag<'t>,
        attributes: &[Attribute<'t>],
        written: &mut Vec<Written<'t>>,
        base: &str,
    ) -> Result<bool, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let local = tag.name.split_once(':').map_or(tag.name, |(_, local)| local);
        let facts = self.facts_of(tag.name, local)?;
        let prefix = facts.prefix;
        let value_of = |prefix: &str, wanted: &str| {
            attributes.iter().find(|a| a.prefix == prefix && a.local == wanted).map(|a| &*a.value)
        };
        let is_root = prefix == "office" && local.starts_with("document") && facts.is_listed;
        let is_formula = prefix == "math" && local == "math";
        if self.documents.is_empty() && (self.result.is_some() || !(is_root || is_formula)) {
            return Err(damaged);
        }
        if is_root && (self.documents.is_empty() || (local == "document" && self.is_in_object())) {
            let version = value_of("office", "version").unwrap_or("1.2");
            let says_more = !tag.spelled.is_whole
                || attributes.iter().any(|a| (a.prefix, a.local) != ("office", "version"));
            self.open_document(local, version, base, tag.scopes_before);
            let is_kept = self.documents.last().is_some_and(|document| document.version == version);
            if self.documents.len() == 1 && is_kept && !says_more && facts.is_own_spelling {
                // Prefixes and the version, which stand in the root of what is written, too.
                self.out.nothing(tag.raw.len());
            }
            return Ok(true);
        }
        if is_formula && (self.documents.is_empty() || self.is_in_object()) {
            self.open_document("math", "1.2", base, tag.scopes_before);
        } else if is_root {
            self.report(Threat::Unknown);
            return Ok(false);
        }
        let parent = self.open.last().map_or("", |open| open.local);
        if let Some(document) = self.documents.last_mut()
            && parent == "body"
            && document.body.is_empty()
        {
            document.body.push_str(local);
        }
        let mut fate = match parent {
            "meta" | "data-pilot-table" => rules::fate(prefix, local, parent, self.walk.strict),
            _ => facts.fate,
        };
        if fate == Fate::Keep && !facts.is_listed {
            // Text that a reader saw stays where it stood; anything else that is unknown goes.
            fate = if self.paragraphs > 0 {
                Fate::Unwrap(Some(Threat::Unknown))
            } else {
                Fate::Drop(Some(Threat::Unknown))
            };
        }
        let mut open = Open::new(prefix, local, self.out.len(), tag.scopes_before);
        self.place(prefix, local, &value_of, &mut open, &mut fate);
        self.is_at_cell = open.role == Role::Cell;
        let mut is_own = facts.is_own_spelling && tag.spelled.is_plain;
        if fate == Fate::Keep {
            for attribute in attributes {
                let value = self.attribute(prefix, local, attribute, &mut open)?;
                is_own &= attribute.is_own_spelling && value.as_ref() == Some(&attribute.value);
                match value {
                    Some(value) => written.push((attribute.prefix, attribute.local, value)),
                    None if rules::is_required((prefix, local), attribute.local) => fate = Fate::Drop(None),
                    None => {}
                }
            }
            let is_link = matches!((prefix, local), ("text" | "draw", "a"));
            if is_link && !written.iter().any(|a| a.1 == "href") {
                fate = Fate::Unwrap(None);
            }
            if prefix == "text" && rules::shows_metadata(local) && !written.iter().any(|a| a.1 == "fixed") {
                written.push(("text", "fixed", Cow::Borrowed("true")));
                is_own = false;
            }
        }
        self.is_at_cell = false;
        match fate {
            Fate::Keep => {}
            Fate::Unwrap(threat) => {
                match threat {
                    Some(threat) => self.report(threat),
                    // Every program begins its content with this, and most have nothing to put into it.
                    None if tag.raw == "<office:scripts/>" && is_own && self.open.len() == 1 => {
                        self.out.nothing(tag.raw.len());
                    }
                    None => {}
                }
                open.is_written = false;
                self.open.push(open);
                return Ok(true);
            }
            Fate::Drop(threat) => {
                if let Some(threat) = threat {
                    self.report(threat);
                }
                self.undo_place(&open);
                return Ok(false);
            }
            Fate::DropWithParent(threat) => {
                self.report(threat);
                if let Some(parent) = self.open.last_mut() {
                    parent.drop_at_end = true;
                }
                return Ok(false);
            }
        }
        if is_own {
            let body = tag.raw.get(..tag.raw.len() - if tag.is_empty { 2 } else { 1 }).unwrap_or_default();
            self.out.same(body.trim_end(), tag.raw.len());
            self.out.same(">", 0);
        } else {
            let out = self.out.edit();
            out.push('<');
            out.push_str(prefix);
            out.push(':');
            out.push_str(local);
            for (prefix, local, value) in written.iter() {
                push_attribute(out, prefix, local, value);
            }
            out.push('>');
        }
        open.content_start = self.out.len();
        open.repeated = open.repeated.max(1);
        self.open.push(open);
        Ok(true)
    }

    /// What the name of an element says.
    fn facts_of(&mut self, name: &'t str, local: &'t str) -> Result<Facts, Refusal> {
        if let Some(facts) = self.facts.get(name) {
            return Ok(*facts);
        }
        let own_prefix = name.get(..name.len() - local.len()).unwrap_or_default().trim_end_matches(':');
        let bound = self.bound(own_prefix)?;
        let prefix = bound.map_or("", |bound| bound.element);
        let facts = Facts {
            prefix,
            is_listed: bound.and_then(|bound| bound.space).is_some_and(|space| space.has(local)),
            fate: rules::fate(prefix, local, "", self.walk.strict),
            is_own_spelling: own_prefix == prefix,
        };
        if self.facts.len() >= FACTS_MAX {
            self.facts.clear();
        }
        self.facts.insert(name, facts);
        Ok(facts)
    }

    /// What a prefix stands for here; nothing for none.
    fn bound(&self, prefix: &str) -> Result<Option<Bound>, Refusal> {
        match (self.scopes.find(prefix), prefix) {
            (Some(bound), _) => Ok(bound),
            (None, "") => Ok(None),
            (None, "xml") => Ok(Some(Bound::of(XML_NAMESPACE))),
            (None, _) => Err(Refusal::held(Reason::Damaged)),
        }
    }

    fn bind(&mut self, prefix: &'t str, written: &'t str) -> Result<(), Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let uri = xml::unescaped(written)?;
        // These two mean what they mean (Namespaces in XML 1.0, section 3).
        if matches!(prefix, "xml" | "xmlns") || matches!(&*uri, XML_NAMESPACE | XMLNS_NAMESPACE) {
            return if (prefix, &*uri) == ("xml", XML_NAMESPACE) { Ok(()) } else { Err(damaged) };
        }
        if uri.is_empty() && !prefix.is_empty() {
            return Err(damaged);
        }
        let bound = (!uri.is_empty()).then(|| Bound::of(&uri));
        self.scopes.push(prefix, written, bound);
        self.facts.clear();
        self.attribute_facts.clear();
        Ok(())
    }

    fn close_scopes(&mut self, len: usize) {
        if self.scopes.len() > len {
            self.scopes.truncate(len);
            self.facts.clear();
            self.attribute_facts.clear();
        }
    }

    fn is_in_object(&self) -> bool {
        self.open.last().is_some_and(|open| open.role == Role::Object)
    }

    fn open_document(&mut self, root: &'t str, version: &str, base: &str, scopes_before: usize) {
        let base = match self.documents.last() {
            Some(outer) => self.walk.next_object(&outer.base),
            None => base.to_owned(),
        };
        let is_version = version.len() <= 4 && version.chars().all(|c| c.is_ascii_digit() || c == '.');
        let mut open = Open::new("", root, self.out.len(), scopes_before);
        open.role = Role::Document;
        open.is_written = false;
        self.documents.push(Document {
            depth: self.open.len() + 1,
            base,
            sections: Vec::new(),
            version: if is_version { version.to_owned() } else { "1.2".to_owned() },
            root: root.to_owned(),
            body: if root == "math" { root.to_owned() } else { String::new() },
        });
        self.open.push(open);
    }
}

/// Names that are remembered. Documents use a hundred; whoever invents more, or names whose sums collide, gains nothing.
const FACTS_MAX: usize = 512;

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// A start tag as it stands in the part.
struct Tag<'t> {
    raw: &'t str,
    name: &'t str,
    is_empty: bool,
    spelled: Spelled,
    scopes_before: usize,
}

fn push_attribute(out: &mut String, prefix: &str, local: &str, value: &str) {
    out.push(' ');
    if !prefix.is_empty() {
        out.push_str(prefix);
        out.push(':');
    }
    out.push_str(local);
    out.push_str("=\"");
    out.push_str(&xml::escape_attribute(value));
    out.push('"');
}

impl Bound {
    fn of(uri: &str) -> Self {
        match (names::space(uri), uri) {
            (Some(space), _) => Self { space: Some(space), element: space.prefix, attribute: space.prefix },
            (None, "urn:oasis:names:tc:opendocument:xmlns:script:1.0") => {
                Self { space: None, element: "script", attribute: "script" }
            }
            (None, "http://www.w3.org/2002/xforms") => {
                Self { space: None, element: "xforms", attribute: "foreign" }
            }
            (None, uri) => {
                let attribute = if uri.ends_with(":script:1.0") { "script" } else { "foreign" };
                Self { space: None, element: "", attribute }
            }
        }
    }
}

impl<'t> Open<'t> {
    fn new(prefix: &'static str, local: &'t str, at: usize, scopes_before: usize) -> Self {
        Self {
            prefix,
            local,
            scopes_before,
            role: Role::Plain,
            is_written: true,
            out_start: at,
            content_start: at,
            drop_at_end: false,
            is_filled: false,
            failed: Vec::new(),
            has_alternative: false,
            setting: (String::new(), String::new()),
            repeated: 1,
        }
    }
}
