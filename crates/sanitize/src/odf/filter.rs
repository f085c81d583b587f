//! Every XML part is read and written anew through this filter.
//!
//! Owns: streaming over a part, writing known elements under the house's own prefixes, taking back what turns out to
//! have to go, telling the cell or slide of a finding.
//! Leaves to others: what is on the lists (`names`), what becomes of what acts (`rules`), pictures and documents in the
//! document (`mod`).
//!
//! A document may be spread over four parts or be one flat file. Both come out as sections, the children of the root,
//! from which `mod` puts parts together.

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, QName, ResolveResult};
use worker_protocol::{Kind, Reason, Spot, Threat};

use super::rules::{self, Fate};
use super::{MARK, Walk, formula, names};
use crate::{Refusal, link, xml};

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
            xml::push_text(&mut self.out, text);
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

    /// The attributes of known namespaces.
    fn attributes(
        &mut self,
        start: &BytesStart<'_>,
        resolver: &NamespaceResolver,
    ) -> Result<Vec<Attribute>, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let mut attributes: Vec<Attribute> = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| damaged)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let local = attribute.key.local_name().as_ref().to_owned();
            let prefix = match resolver.resolve_attribute(attribute.key).0 {
                ResolveResult::Bound(namespace) => match names::space(namespace.as_ref()) {
                    Some(space) => space.prefix,
                    None if namespace.as_ref().ends_with(":script:1.0") => "script",
                    None => "foreign",
                },
                ResolveResult::Unbound => "",
                ResolveResult::Unknown(_) => return Err(damaged),
            };
            let is_plain = local.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if !is_plain || attributes.iter().any(|a| a.prefix == prefix && a.local == local) {
                continue;
            }
            attributes.push(Attribute { prefix, local, value: xml::attribute_value(&attribute)? });
        }
        Ok(attributes)
    }

    /// Keeps count of where in the document this element stands, and gives it its role.
    fn place<'v>(
        &mut self,
        prefix: &'static str,
        local: &str,
        value_of: &impl Fn(&str, &str) -> Option<&'v str>,
        open: &mut Open,
        fate: &mut Fate,
    ) {
        let repeated =
            |name| value_of("table", name).and_then(|n: &str| n.parse::<u64>().ok()).unwrap_or(1).max(1);
        match (prefix, local) {
            ("draw", "frame") => open.role = Role::Frame,
            ("draw", "image") => open.role = Role::Image,
            ("draw", "object") => open.role = Role::Object,
            ("draw", "fill-image")
            | ("style", "background-image")
            | ("text", "list-level-style-image")
            | ("chart", "symbol-image") => open.role = Role::Background,
            ("office", "binary-data") => open.role = Role::BinaryData,
            ("config", "config-item") => {
                open.role = Role::Setting;
                let of = |name| value_of("config", name).unwrap_or_default().to_owned();
                open.setting = (of("name"), of("type"));
            }
            ("style", "master-page") => open.role = Role::MasterPage,
            ("draw", "page") if self.documents.len() == 1 => self.slide += 1,
            ("table", "table") => {
                open.role = Role::Table;
                let name = value_of("table", "name").unwrap_or_default();
                if name.starts_with('\'') && name.contains("'#") && *fate == Fate::Keep {
                    // Cells of another file, kept by the program for its own use and shown to nobody.
                    *fate = Fate::Drop(Some(Threat::ExternalContent));
                    return;
                }
                self.tables += 1;
                if self.tables == 1 {
                    self.sheet = name.to_owned();
                    self.row = 0;
                }
            }
            ("table", "table-row") => {
                open.role = Role::Row;
                open.repeated = repeated("number-rows-repeated");
                if self.tables == 1 {
                    self.column = 0;
                }
            }
            ("table", "table-cell" | "covered-table-cell") => {
                open.role = Role::Cell;
                open.repeated = repeated("number-columns-repeated");
            }
            ("text", "p" | "h") => self.paragraphs += 1,
            ("meta", "user-defined") => {
                let name = value_of("meta", "name").unwrap_or_default();
                let is_mark = name == MARK || name.strip_prefix(MARK) == Some("-levels");
                if !is_mark {
                    *fate = Fate::Drop(Some(Threat::Metadata));
                } else if self.walk.work.job.mark.is_some() {
                    *fate = Fate::Drop(None);
                }
            }
            ("field", "fieldmark-start" | "fieldmark") => {
                let kind = value_of("field", "type").unwrap_or_default();
                let kind = kind.rsplit('.').next().unwrap_or_default();
                let is_form = matches!(kind, "FORMTEXT" | "FORMCHECKBOX" | "FORMDROPDOWN" | "FORMDATE");
                let is_kept = is_form && !self.walk.strict;
                if !is_kept {
                    let threat = if is_form { Threat::DynamicForm } else { Threat::DangerousField };
                    *fate = Fate::Drop(Some(threat));
                }
                if local == "fieldmark-start" {
                    self.fieldmarks.push(is_kept);
                }
            }
            ("field", "fieldmark-end") if self.fieldmarks.pop() != Some(true) => *fate = Fate::Drop(None),
            _ => {}
        }
        // What an earlier pass wrote as a mark is replaced, not added to.
        let is_own_mark = match (prefix, local) {
            ("style", "style") => value_of("style", "name") == Some(MARK),
            ("draw", "frame") => value_of("draw", "name") == Some(MARK),
            ("text", "p") => value_of("text", "style-name") == Some(MARK),
            _ => false,
        };
        if is_own_mark && self.walk.work.job.mark.is_some() {
            *fate = Fate::Drop(None);
        }
    }

    /// An element that goes after all takes its place in the count with it.
    fn undo_place(&mut self, open: &Open) {
        match open.role {
            Role::Cell if self.tables == 1 => self.column += open.repeated.max(1),
            Role::Row if self.tables == 1 => self.row += open.repeated.max(1),
            _ => {}
        }
        if open.prefix == "text" && matches!(open.local.as_str(), "p" | "h") {
            self.paragraphs = self.paragraphs.saturating_sub(1);
        }
    }

    /// The value an attribute is written with, or nothing when it goes.
    fn attribute(
        &mut self,
        element_prefix: &'static str,
        element: &str,
        attribute: &Attribute,
        resolver: &NamespaceResolver,
        open: &mut Open,
    ) -> Result<Option<String>, Refusal> {
        let Attribute { prefix, local, value } = attribute;
        let (prefix, local) = (*prefix, local.as_str());
        let kept = || Ok(Some(value.clone()));
        match (prefix, local) {
            ("script", _) => {
                self.report(Threat::Script);
                Ok(None)
            }
            ("foreign", _) => {
                self.report(Threat::Unknown);
                Ok(None)
            }
            ("", _) if element_prefix == "math" && rules::is_math_attribute(local) => kept(),
            ("" | "config" | "of" | "ooo" | "ooow" | "oooc" | "msoxl", _) if element_prefix != "config" => {
                Ok(None)
            }
            ("xlink", "href") => self.href(element_prefix, element, value, open),
            ("xlink", "type" | "show" | "actuate") => {
                let known = ["simple", "embed", "new", "replace", "none", "onLoad", "onRequest", "other"];
                Ok(known.contains(&value.as_str()).then(|| value.clone()))
            }
            ("xlink", _) => Ok(None),
            ("xml", "id" | "lang" | "space") => kept(),
            ("xml", _) => Ok(None),
            ("form", "control-implementation") => {
                let name = value.rsplit(':').next().unwrap_or_default();
                let is_plain = name
                    .strip_prefix("com.sun.star.form.component.")
                    .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_alphanumeric()));
                Ok(is_plain.then(|| format!("ooo:{name}")))
            }
            ("form", "image-data") => Ok(None),
            ("form", "button-type") if value != "push" => {
                self.report(Threat::Action);
                Ok(None)
            }
            _ if rules::is_data_source(prefix, local) => {
                if !value.is_empty()
                    && !matches!(local, "command-type" | "method" | "enctype" | "bound-column")
                {
                    self.report(Threat::DataConnection);
                }
                Ok(None)
            }
            ("draw" | "loext", "mime-type") | ("draw", "class-id" | "filter-name") => Ok(None),
            ("text", "fixed") if rules::shows_metadata(element) => Ok(Some("true".to_owned())),
            ("text", "c") => Ok(clamped(value, 10_000)),
            ("table", "number-columns-repeated" | "number-columns-spanned") => Ok(clamped(value, 16_384)),
            ("table", "number-rows-repeated" | "number-rows-spanned") => Ok(clamped(value, 1_048_576)),
            _ if rules::is_formula(prefix, local) => {
                Ok(self.formula(element_prefix, element, local, value, resolver))
            }
            ("office", "string-value") | ("table" | "draw" | "text", "name") | ("text", "string-value") => {
                kept()
            }
            _ if rules::is_dangerous_address(value) => {
                self.report(Threat::Script);
                Ok(None)
            }
            _ => kept(),
        }
    }

    /// A formula under the prefix its grammar has here; nothing when it may not stay.
    fn formula(
        &mut self,
        element_prefix: &str,
        element: &str,
        local: &str,
        value: &str,
        resolver: &NamespaceResolver,
    ) -> Option<String> {
        let is_cell = element_prefix == "table" && local == "formula";
        if self.walk.strict && is_cell && element != "database-range" {
            self.report(Threat::DangerousFormula);
            return None;
        }
        let (written, rest) = match value.split_once(':') {
            Some((before, rest))
                if !before.is_empty() && before.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') =>
            {
                let probe = format!("{before}:x");
                match resolver.resolve_element(QName(&probe)).0 {
                    ResolveResult::Bound(namespace) => {
                        (names::space(namespace.as_ref()).map(|s| s.prefix), rest)
                    }
                    // Whoever reads it guesses the grammar, and may guess another one.
                    _ if rest.starts_with('=') => {
                        self.report(Threat::Unknown);
                        return None;
                    }
                    _ => (None, value),
                }
            }
            _ => (None, value),
        };
        if let Some(threat) = formula::danger(written.unwrap_or("of"), rest, self.walk.work.job.policy.links)
        {
            self.report(threat);
            return None;
        }
        match written {
            Some(prefix) => Some(format!("{prefix}:{rest}")),
            None => Some(value.to_owned()),
        }
    }

    /// An address: of a picture, of a document in the package, or of a link.
    fn href(
        &mut self,
        prefix: &'static str,
        element: &str,
        value: &str,
        open: &mut Open,
    ) -> Result<Option<String>, Refusal> {
        let base = self.documents.last().map(|document| document.base.clone()).unwrap_or_default();
        match open.role {
            Role::Image | Role::Background => {
                let spot = self.spot();
                let found = self.walk.picture(&base, value, &self.part, spot)?;
                open.is_filled = found.is_some();
                // An image without a picture keeps its place; `end` decides whether something else is shown.
                if found.is_none() && open.role == Role::Image {
                    open.is_filled = false;
                    return Ok(None);
                }
                Ok(found)
            }
            Role::Object => {
                let found = self.walk.object(&base, value)?;
                open.is_filled = found.is_some();
                if found.is_none() {
                    self.report(Threat::EmbeddedObject);
                }
                Ok(found)
            }
            _ if matches!((prefix, element), ("text" | "draw", "a") | ("draw", _)) => {
                if value.starts_with('#') || link::is_kept(value, self.walk.work.job.policy.links) {
                    return Ok(Some(value.trim().to_owned()));
                }
                self.report(Threat::Hyperlink);
                Ok(None)
            }
            _ if prefix == "form" && (value.is_empty() || value == "#") => Ok(None),
            _ => {
                self.report(if prefix == "form" { Threat::Action } else { Threat::ExternalContent });
                Ok(None)
            }
        }
    }

    fn end(&mut self) -> Result<(), Refusal> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        if open.prefix == "text" && matches!(open.local.as_str(), "p" | "h") {
            self.paragraphs = self.paragraphs.saturating_sub(1);
        }
        match open.role {
            Role::Table => self.tables = self.tables.saturating_sub(1),
            Role::Row if self.tables == 1 => self.row += open.repeated,
            Role::Cell if self.tables == 1 => self.column += open.repeated,
            Role::Document => return self.end_document(open.out_start),
            _ => {}
        }
        if !open.is_written {
            return Ok(());
        }
        match open.role {
            Role::BinaryData => return self.end_binary(&open),
            Role::Setting => {
                let value = xml::unescape_own(self.out.get(open.content_start..).unwrap_or_default());
                if !rules::is_kept_setting(&open.setting.0, &open.setting.1, &value) {
                    open.drop_at_end = true;
                    if !value.is_empty() {
                        self.report(Threat::AuxiliaryPart);
                    }
                }
            }
            Role::Image
                if !open.is_filled && !self.open.last().is_some_and(|outer| outer.role == Role::Frame) =>
            {
                open.drop_at_end = true;
            }
            Role::Image if !open.is_filled => {
                let at = open.content_start - 1;
                self.insert_link(at, super::MISSING);
            }
            Role::Object if !open.is_filled => open.drop_at_end = true,
            Role::Background if !open.is_filled && open.local == "fill-image" => open.drop_at_end = true,
            Role::Frame => self.end_frame(&open)?,
            Role::MasterPage => self.mark_master_page(&open),
            _ => {}
        }
        if open.drop_at_end {
            self.out.truncate(open.out_start);
            return Ok(());
        }
        if self.out.ends_with('>') && self.is_empty_content(&open) {
            self.out.pop();
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(open.prefix);
            self.out.push(':');
            self.out.push_str(&open.local);
            self.out.push('>');
        }
        let is_alternative = matches!(
            (open.prefix, open.local.as_str()),
            ("draw", "text-box") | ("table", "table") | ("draw", "object") | ("draw", "image")
        );
        let end = self.out.len();
        if let Some(frame) = self.open.last_mut().filter(|frame| frame.role == Role::Frame && is_alternative)
        {
            if open.role == Role::Image && !open.is_filled {
                frame.failed.push((open.out_start, end));
            } else {
                frame.has_alternative = true;
            }
        }
        let depth = self.open.len();
        if let Some(document) = self.documents.last_mut().filter(|document| document.depth == depth) {
            document.sections.push((open.local, open.out_start, end));
        }
        if self.open.last().is_some_and(|root| root.role == Role::Document && root.local == "math") {
            // The root of a formula is its only section, and ends with it.
            return self.end();
        }
        Ok(())
    }

    /// Whether nothing was written since the start tag.
    fn is_empty_content(&self, open: &Open) -> bool {
        let written = self.out.get(open.out_start..).unwrap_or_default();
        // The start tag is the only one that ends here: values hold no such sign.
        written.find('>') == Some(written.len().saturating_sub(1))
    }

    /// Puts an address into the start tag that ends at `at`.
    fn insert_link(&mut self, at: usize, target: &str) {
        let link = format!(
            " xlink:href=\"{}\" xlink:type=\"simple\" xlink:show=\"embed\" xlink:actuate=\"onLoad\"",
            xml::escape_attribute(target)
        );
        let tail = self.out.split_off(at);
        // What the tag said of a link before is said again here.
        let head = self.out.rfind('<').unwrap_or(at);
        let tag = self.out.split_off(head);
        let tag = [" xlink:type=\"simple\"", " xlink:show=\"embed\"", " xlink:actuate=\"onLoad\""]
            .iter()
            .fold(tag, |tag, said| tag.replacen(said, "", 1));
        self.out.push_str(&tag);
        self.out.push_str(&link);
        self.out.push_str(&tail);
    }

    /// A picture that stands in the text as base64 becomes a member of the package.
    fn end_binary(&mut self, open: &Open) -> Result<(), Refusal> {
        let encoded = self.out.get(open.content_start..).unwrap_or_default().to_owned();
        self.out.truncate(open.out_start);
        let base = self.documents.last().map(|document| document.base.clone()).unwrap_or_default();
        let Some(parent) = self.open.last() else { return Ok(()) };
        if !matches!(parent.role, Role::Image | Role::Background) || parent.is_filled {
            self.report(Threat::EmbeddedObject);
            return Ok(());
        }
        let at = parent.content_start;
        let spot = self.spot();
        if let Some(target) = self.walk.binary_picture(&base, &encoded, &self.part, spot)? {
            self.fill_parent(at, &target);
        }
        Ok(())
    }

    /// Gives the element whose content starts at `at` the address of what stood in it.
    fn fill_parent(&mut self, at: usize, target: &str) {
        let before = self.out.len();
        self.insert_link(at - 1, target);
        let grown = self.out.len() - before;
        if let Some(parent) = self.open.last_mut() {
            parent.is_filled = true;
            parent.content_start += grown;
        }
    }

    /// Of the alternatives in a frame those that failed go; if all failed, one keeps the place.
    fn end_frame(&mut self, open: &Open) -> Result<(), Refusal> {
        let keep = usize::from(!open.has_alternative);
        for (start, end) in open.failed.iter().skip(keep).rev() {
            self.out.replace_range(*start..*end, "");
        }
        if !open.has_alternative && !open.failed.is_empty() {
            let base = self.documents.last().map(|document| document.base.clone()).unwrap_or_default();
            self.walk.add_missing(&base)?;
        }
        Ok(())
    }

    /// The label of a mark, where each page of this kind of document shows it.
    fn mark_master_page(&mut self, open: &Open) {
        let Some(mark) = self.walk.work.job.mark.as_ref() else { return };
        if self.documents.len() != 1 || self.walk.depth > 0 {
            return;
        }
        let label = xml::escape_attribute(&mark.label);
        let content = self.out.split_off(open.content_start);
        let marked = super::mark::master_page(self.walk.kind, &content, &label);
        self.out.push_str(&marked);
    }

    fn end_document(&mut self, out_start: usize) -> Result<(), Refusal> {
        let Some(document) = self.documents.pop() else { return Ok(()) };
        let mut sections: Vec<(String, String)> = document
            .sections
            .iter()
            .map(|(local, start, end)| {
                (local.clone(), self.out.get(*start..*end).unwrap_or_default().to_owned())
            })
            .collect();
        self.out.truncate(out_start);
        let result = Sections {
            root: document.root,
            version: document.version,
            body: document.body,
            sections: std::mem::take(&mut sections),
        };
        if self.documents.is_empty() {
            self.result = Some(result);
            return Ok(());
        }
        self.walk.add_document(&document.base, result)?;
        let base = self.documents.last().map(|outer| outer.base.as_str()).unwrap_or_default();
        let folder = super::address_of(base, &document.base);
        if let Some(at) =
            self.open.last().filter(|open| open.role == Role::Object).map(|open| open.content_start)
        {
            self.fill_parent(at, &folder);
        }
        Ok(())
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

fn clamped(value: &str, most: u64) -> Option<String> {
    value.trim().parse::<u64>().ok().map(|n| n.min(most).to_string())
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
