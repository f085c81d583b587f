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
mod place;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use worker_protocol::{Kind, Reason, Spot, Threat};

use super::rules::{self, Fate};
use super::{Walk, names};
use crate::{Refusal, xml};

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

struct Open {
    prefix: &'static str,
    local: String,
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

pub(super) struct Pass<'p, 'a, 'w, 'j> {
    walk: &'p mut Walk<'a, 'w, 'j>,
    part: String,
    out: String,
    open: Vec<Open>,
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
        out: String::with_capacity(text.len() + 64),
        open: Vec::new(),
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
    pass.result.ok_or(Refusal::held(Reason::Damaged))
}

/// An attribute as it came, with its namespace resolved.
struct Attribute {
    prefix: &'static str,
    local: String,
    value: String,
}

impl Pass<'_, '_, '_, '_> {
    fn run(&mut self, text: &str, base: &str) -> Result<(), Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let mut reader = NsReader::from_str(text);
        let mut skipped = 0u32;
        loop {
            let event = reader.read_event().map_err(|_| damaged)?;
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
                Event::Start(start) => {
                    if self.open.len() >= self.walk.nesting_max() as usize {
                        return Err(Refusal::blocked(Reason::TooComplex));
                    }
                    if !self.start(&start, reader.resolver(), base)? {
                        skipped = 1;
                    }
                }
                Event::Empty(start) => {
                    let is_open = self.start(&start, reader.resolver(), base)?;
                    if is_open {
                        self.end()?;
                    }
                }
                Event::End(_) => self.end()?,
                Event::Text(t) => self.text(&t),
                Event::CData(t) => self.text(&t),
                Event::GeneralRef(r) => {
                    let character = xml::reference(&r)?;
                    if !self.open.is_empty() {
                        self.text(character.encode_utf8(&mut [0; 4]));
                    }
                }
                _ => {}
            }
        }
    }

    fn text(&mut self, text: &str) {
        let Some(open) = self.open.iter().rev().find(|open| open.is_written) else { return };
        let is_space = text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        if rules::holds_text(open.prefix, &open.local) {
            if text.contains('\r') {
                // As XML says a reader has to: otherwise a line break would come out as a character of its own.
                xml::push_text(&mut self.out, &text.replace("\r\n", "\n").replace('\r', "\n"));
            } else {
                xml::push_text(&mut self.out, text);
            }
        } else if !is_space {
            self.report(Threat::HiddenData);
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
            Kind::Ods
                if self.tables == 1
                    && (self.is_at_cell || self.open.iter().any(|open| open.role == Role::Cell)) =>
            {
                let reference = cell_name(self.column, self.row)?;
                Some(Spot::Cell { untrusted_sheet: self.sheet.clone(), reference })
            }
            _ => None,
        }
    }

    /// Writes a start tag. False when the element and all in it goes.
    fn start(
        &mut self,
        start: &BytesStart<'_>,
        resolver: &NamespaceResolver,
        base: &str,
    ) -> Result<bool, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let local = start.local_name().as_ref().to_owned();
        let (space, foreign) = match resolver.resolve_element(start.name()).0 {
            ResolveResult::Bound(namespace) => {
                (names::space(namespace.as_ref()), namespace.as_ref().to_owned())
            }
            ResolveResult::Unbound => (None, String::new()),
            ResolveResult::Unknown(_) => return Err(damaged),
        };
        let prefix = match (space, foreign.as_str()) {
            (Some(space), _) => space.prefix,
            (None, "urn:oasis:names:tc:opendocument:xmlns:script:1.0") => "script",
            (None, "http://www.w3.org/2002/xforms") => "xforms",
            _ => "",
        };
        let is_listed = space.is_some_and(|space| space.has(&local));
        let attributes = self.attributes(start, resolver)?;
        let value_of = |prefix: &str, wanted: &str| {
            attributes.iter().find(|a| a.prefix == prefix && a.local == wanted).map(|a| a.value.as_str())
        };
        let is_root = prefix == "office" && local.starts_with("document") && is_listed;
        let is_formula = (prefix, local.as_str()) == ("math", "math");
        if self.documents.is_empty() && (self.result.is_some() || !(is_root || is_formula)) {
            return Err(damaged);
        }
        if is_root && (self.documents.is_empty() || (local == "document" && self.is_in_object())) {
            self.open_document(&local, value_of("office", "version").unwrap_or("1.2"), base);
            return Ok(true);
        }
        if is_formula && (self.documents.is_empty() || self.is_in_object()) {
            self.open_document("math", "1.2", base);
        } else if is_root {
            self.report(Threat::Unknown);
            return Ok(false);
        }
        let parent = self.open.last().map(|open| open.local.clone()).unwrap_or_default();
        if let Some(document) = self.documents.last_mut()
            && parent == "body"
            && document.body.is_empty()
        {
            document.body.clone_from(&local);
        }
        let mut fate = rules::fate(prefix, &local, &parent, self.walk.strict);
        if fate == Fate::Keep && !is_listed {
            // Text that a reader saw stays where it stood; anything else that is unknown goes.
            fate = if self.paragraphs > 0 {
                Fate::Unwrap(Some(Threat::Unknown))
            } else {
                Fate::Drop(Some(Threat::Unknown))
            };
        }
        let mut open = Open::new(prefix, &local, self.out.len());
        self.place(prefix, &local, &value_of, &mut open, &mut fate);
        self.is_at_cell = open.role == Role::Cell;
        let mut written: Vec<(&'static str, String, String)> = Vec::new();
        if fate == Fate::Keep {
            for attribute in &attributes {
                match self.attribute(prefix, &local, attribute, resolver, &mut open)? {
                    Some(value) => written.push((attribute.prefix, attribute.local.clone(), value)),
                    None if rules::is_required((prefix, &local), &attribute.local) => {
                        fate = Fate::Drop(None);
                    }
                    None => {}
                }
            }
            if (prefix, local.as_str()) == ("text", "a") && !written.iter().any(|a| a.1 == "href") {
                fate = Fate::Unwrap(None);
            }
            if (prefix, local.as_str()) == ("draw", "a") && !written.iter().any(|a| a.1 == "href") {
                fate = Fate::Unwrap(None);
            }
            if prefix == "text" && rules::shows_metadata(&local) && !written.iter().any(|a| a.1 == "fixed") {
                written.push(("text", "fixed".to_owned(), "true".to_owned()));
            }
        }
        self.is_at_cell = false;
        match fate {
            Fate::Keep => {}
            Fate::Unwrap(threat) => {
                if let Some(threat) = threat {
                    self.report(threat);
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
        self.out.push('<');
        self.out.push_str(prefix);
        self.out.push(':');
        self.out.push_str(&local);
        for (prefix, local, value) in &written {
            self.push_attribute(prefix, local, value);
        }
        self.out.push('>');
        open.content_start = self.out.len();
        open.repeated = open.repeated.max(1);
        self.open.push(open);
        Ok(true)
    }

    fn push_attribute(&mut self, prefix: &'static str, local: &str, value: &str) {
        self.out.push(' ');
        if !prefix.is_empty() {
            self.out.push_str(prefix);
            self.out.push(':');
        }
        self.out.push_str(local);
        self.out.push_str("=\"");
        self.out.push_str(&xml::escape_attribute(value));
        self.out.push('"');
    }

    fn is_in_object(&self) -> bool {
        self.open.last().is_some_and(|open| open.role == Role::Object)
    }

    fn open_document(&mut self, root: &str, version: &str, base: &str) {
        let base = match self.documents.last() {
            Some(outer) => self.walk.next_object(&outer.base),
            None => base.to_owned(),
        };
        let is_version = version.len() <= 4 && version.chars().all(|c| c.is_ascii_digit() || c == '.');
        let mut open = Open::new("", root, self.out.len());
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

impl Open {
    fn new(prefix: &'static str, local: &str, at: usize) -> Self {
        Self {
            prefix,
            local: local.to_owned(),
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

/// The name of a cell by its column and row, both from 0; none for one that no program has.
pub(super) fn cell_name(column: u64, row: u64) -> Option<String> {
    if column >= 16_384 || row >= 9_999_999 {
        return None;
    }
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).ok()?));
        rest /= 26;
    }
    Some(letters.iter().rev().collect::<String>() + &(row + 1).to_string())
}
