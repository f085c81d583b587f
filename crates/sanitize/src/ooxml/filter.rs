//! Every XML part is read and written anew through this filter.
//!
//! Owns: which namespaces, elements and attributes stay, and how a part stays valid when something inside it goes.
//! Leaves to others: which parts exist at all (`rules`), fields (`fields`), formulas (`formula`).
//!
//! The filter streams. Because the part is written to memory, an element can still be taken back when its end is
//! reached: each open element remembers where in the output it began.

use std::collections::{HashMap, HashSet};

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use worker_protocol::{Kind, LinkPolicy, Reason, Threat};

use super::{fields, formula, xml};
use crate::findings::Findings;
use crate::{Refusal, link};

/// What the filter has to know about the part.
pub(crate) struct PartContext<'a> {
    pub(crate) part: &'a str,
    pub(crate) kind: Kind,
    /// Identifiers of the part's relations that stay.
    pub(crate) kept_ids: &'a HashSet<String>,
    pub(crate) links: LinkPolicy,
    pub(crate) nesting_max: u32,
}

/// The families of namespaces that office documents are made of. Anything else is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Word,
    Sheet,
    Slide,
    Drawing,
    Chart,
    Relation,
    Vml,
    Office,
    /// VML's own extensions for Word, Excel and PowerPoint.
    VmlHost,
    Compatibility,
    /// Extensions by Microsoft and the rest of ECMA-376.
    Other,
    Unknown,
}

fn space(uri: &str) -> Space {
    let uri = uri.trim();
    let ecma = uri
        .strip_prefix("http://schemas.openxmlformats.org/")
        .or_else(|| uri.strip_prefix("http://purl.oclc.org/ooxml/"));
    if let Some(rest) = ecma {
        return match rest {
            "wordprocessingml/2006/main" | "wordprocessingml/main" => Space::Word,
            "spreadsheetml/2006/main" | "spreadsheetml/main" => Space::Sheet,
            "presentationml/2006/main" | "presentationml/main" => Space::Slide,
            "drawingml/2006/main" | "drawingml/main" => Space::Drawing,
            "drawingml/2006/chart" | "drawingml/chart" => Space::Chart,
            "officeDocument/2006/relationships" | "officeDocument/relationships" => Space::Relation,
            "markup-compatibility/2006" => Space::Compatibility,
            _ if rest.starts_with("drawingml/")
                || rest.starts_with("officeDocument/")
                || rest.starts_with("schemaLibrary/") =>
            {
                Space::Other
            }
            _ => Space::Unknown,
        };
    }
    match uri {
        "urn:schemas-microsoft-com:vml" => Space::Vml,
        "urn:schemas-microsoft-com:office:office" => Space::Office,
        "urn:schemas-microsoft-com:office:word"
        | "urn:schemas-microsoft-com:office:excel"
        | "urn:schemas-microsoft-com:office:powerpoint" => Space::VmlHost,
        "http://www.w3.org/XML/1998/namespace" => Space::Other,
        _ => match uri.strip_prefix("http://schemas.microsoft.com/office/") {
            Some(rest) => {
                let wanted = [
                    "word/",
                    "excel/",
                    "powerpoint/",
                    "drawing/",
                    "thememl/",
                    "spreadsheetml/",
                    "drawingml/",
                    "mac/",
                    "2019/",
                ];
                let unwanted =
                    rest.contains("activeX") || rest.contains("webextension") || rest.contains("model3d");
                if wanted.iter().any(|w| rest.starts_with(w)) && !unwanted {
                    Space::Other
                } else {
                    Space::Unknown
                }
            }
            None => Space::Unknown,
        },
    }
}

/// What becomes of an element.
enum Fate {
    Keep(Role),
    /// Its tags go, its children stay.
    Unwrap(Threat),
    Drop(Option<Threat>),
    /// It goes, and so does the nearest open element of this local name.
    DropAncestor(Threat, &'static str),
}

/// What has to be done when a kept element ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    /// A cell's formula: taken back when dangerous, its value stays. Carries the index of a shared formula.
    CellFormula,
    /// A formula of a rule: its parent goes with it.
    RuleFormula,
    DefinedName,
    ChartFormula,
    Frame,
    OlePicture,
}

struct Open {
    name: String,
    local: String,
    out_start: usize,
    content_start: usize,
    is_written: bool,
    role: Role,
    drop_at_end: bool,
    /// For a frame: what to show instead of an embedded object, if it holds one.
    has_object: bool,
    picture: Option<String>,
    shared_index: Option<String>,
    declared: Vec<(String, String)>,
}

/// Writes a part anew without anything active.
///
/// # Errors
/// Damaged when the part is not well-formed XML or has a DTD; too complex when it nests too deeply.
pub(crate) fn filter(
    bytes: &[u8],
    context: &PartContext<'_>,
    findings: &mut Findings,
) -> Result<Vec<u8>, Refusal> {
    let text = xml::decode(bytes)?;
    let doomed = if context.kind == Kind::Docx && text.contains("fldChar") {
        fields::doomed_elements(&text, context.links)?
    } else {
        HashMap::new()
    };
    let mut pass = Pass {
        context,
        findings,
        doomed,
        out: String::with_capacity(text.len() + 64),
        open: Vec::new(),
        dropped_shared: HashSet::new(),
        sheets: Vec::new(),
    };
    pass.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n");
    pass.run(&text)?;
    if !pass.sheets.is_empty() && !pass.sheets.contains(&true) {
        // Every sheet was a macro sheet, and a workbook without sheets is none.
        return Err(Refusal::held(Reason::NothingLeft));
    }
    Ok(pass.out.into_bytes())
}

struct Pass<'a> {
    context: &'a PartContext<'a>,
    findings: &'a mut Findings,
    doomed: HashMap<u64, Option<Threat>>,
    out: String,
    open: Vec<Open>,
    /// Shared formulas whose master went: the others of the group cannot stay without it.
    dropped_shared: HashSet<String>,
    /// For each sheet of the workbook in the order it had, whether it stayed.
    sheets: Vec<bool>,
}

impl Pass<'_> {
    fn run(&mut self, text: &str) -> Result<(), Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let mut reader = NsReader::from_str(text);
        reader.config_mut().expand_empty_elements = false;
        let mut skipped = 0u32;
        let mut has_root = false;
        loop {
            let event = reader.read_event().map_err(|_| damaged)?;
            let position = reader.buffer_position();
            match event {
                Event::Start(_) if skipped > 0 => skipped += 1,
                Event::End(_) if skipped > 0 => skipped -= 1,
                Event::Eof if self.open.is_empty() && skipped == 0 && has_root => return Ok(()),
                Event::Eof => return Err(damaged),
                // A DTD has no place in a package (ECMA-376 Part 2, § 6.2.5).
                Event::DocType(_) => return Err(damaged),
                _ if skipped > 0 => {}
                Event::Start(start) => {
                    if self.open.len() >= self.context.nesting_max as usize {
                        return Err(Refusal::blocked(Reason::TooComplex));
                    }
                    has_root = true;
                    if !self.start(&start, reader.resolver(), position)? {
                        if self.open.is_empty() {
                            // The root itself is nothing known: there is no part left to write.
                            return Err(damaged);
                        }
                        skipped = 1;
                    }
                }
                Event::Empty(start) => {
                    has_root = true;
                    if self.start(&start, reader.resolver(), position)? {
                        self.end();
                    } else if self.open.is_empty() {
                        return Err(damaged);
                    }
                }
                Event::End(_) => self.end(),
                Event::Text(t) if !self.open.is_empty() => self.out.push_str(&t.replace('>', "&gt;")),
                Event::CData(t) if !self.open.is_empty() => xml::push_text(&mut self.out, &t),
                Event::GeneralRef(r) if !self.open.is_empty() => {
                    let character = xml::reference(&r)?;
                    xml::push_text(&mut self.out, character.encode_utf8(&mut [0; 4]));
                }
                // Comments and processing instructions say nothing to a reader.
                _ => {}
            }
        }
    }

    /// Writes a start tag. False when the element and all in it goes.
    fn start(
        &mut self,
        start: &BytesStart<'_>,
        names: &NamespaceResolver,
        position: u64,
    ) -> Result<bool, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let local = start.local_name().as_ref().to_owned();
        let element_space = match names.resolve_element(start.name()).0 {
            ResolveResult::Bound(namespace) => space(namespace.as_ref()),
            // Drawings in VML have a bare root and may hold bare elements that a browser would run; nothing else
            // has any.
            ResolveResult::Unbound if local == "xml" && self.open.is_empty() => Space::Other,
            ResolveResult::Unbound => Space::Unknown,
            ResolveResult::Unknown(_) => return Err(damaged),
        };
        let mut attributes: Vec<(String, Space, String, String)> = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| damaged)?;
            let value = xml::attribute_value(&attribute)?;
            let raw = attribute.key.as_ref().to_owned();
            let attribute_local = attribute.key.local_name().as_ref().to_owned();
            let attribute_space = if attribute.key.as_namespace_binding().is_some() {
                Space::Compatibility
            } else {
                match names.resolve_attribute(attribute.key).0 {
                    ResolveResult::Bound(namespace) => space(namespace.as_ref()),
                    ResolveResult::Unbound => element_space,
                    ResolveResult::Unknown(_) => return Err(damaged),
                }
            };
            attributes.push((raw, attribute_space, attribute_local, value));
        }
        let value_of = |wanted: &str| attributes.iter().find(|a| a.2 == wanted).map(|a| a.3.as_str());
        let mut fate = if element_space == Space::Unknown {
            Fate::Drop(Some(Threat::Unknown))
        } else {
            match self.doomed.get(&position) {
                Some(threat) => Fate::Drop(*threat),
                None => self.fate(element_space, &local, &value_of),
            }
        };
        if local == "Choice" && element_space == Space::Compatibility {
            // A branch for what is not kept would be chosen and found empty: leave it out so that the fallback
            // is shown.
            let requires = value_of("Requires").unwrap_or_default();
            let is_kept = requires.split_whitespace().all(|prefix| self.prefix_is_kept(names, prefix));
            if !is_kept {
                fate = Fate::Drop(None);
            }
        }
        let mut written = Vec::new();
        let mut declared = Vec::new();
        for (raw, attribute_space, attribute_local, value) in &attributes {
            if raw == "xmlns" || raw.starts_with("xmlns:") {
                declared.push((raw.clone(), value.clone()));
                written.push((raw.as_str(), value.clone()));
                continue;
            }
            let points_to_relation = *attribute_space == Space::Relation
                || (*attribute_space == Space::Office
                    && matches!(attribute_local.as_str(), "relid" | "title")
                    && attribute_local == "relid");
            if points_to_relation && !value.is_empty() && !self.context.kept_ids.contains(value) {
                if is_optional_relation(element_space, &local, attribute_local) {
                    continue;
                }
                // The relation was reported when it was dropped; without it this element is broken.
                if matches!(fate, Fate::Keep(_)) {
                    fate = Fate::Drop(None);
                }
                continue;
            }
            if let Some(value) =
                self.attribute(element_space, &local, *attribute_space, attribute_local, value)
            {
                written.push((raw.as_str(), value));
            }
        }
        if local == "sheet" && element_space == Space::Sheet {
            self.sheets.push(matches!(fate, Fate::Keep(_)));
        }
        let role = match fate {
            Fate::Keep(role) => role,
            Fate::Unwrap(threat) => {
                self.findings.add(threat, self.context.part);
                let at = self.out.len();
                self.open.push(Open::new(start, local, at, false, Role::Plain, declared));
                return Ok(true);
            }
            Fate::Drop(threat) => {
                if let Some(threat) = threat {
                    self.findings.add(threat, self.context.part);
                }
                return Ok(false);
            }
            Fate::DropAncestor(threat, ancestor) => {
                self.findings.add(threat, self.context.part);
                if let Some(open) = self.open.iter_mut().rev().find(|o| o.local == ancestor) {
                    open.drop_at_end = true;
                }
                return Ok(false);
            }
        };
        let out_start = self.out.len();
        self.out.push('<');
        self.out.push_str(start.name().as_ref());
        for (raw, value) in &written {
            self.out.push(' ');
            self.out.push_str(raw);
            self.out.push_str("=\"");
            self.out.push_str(&xml::escape_attribute(value));
            self.out.push('"');
        }
        self.out.push('>');
        let mut open = Open::new(start, local, out_start, true, role, declared);
        open.content_start = self.out.len();
        if role == Role::CellFormula {
            let is_shared = value_of("t") == Some("shared");
            open.shared_index = value_of("si").filter(|_| is_shared).map(str::to_owned);
            open.drop_at_end = open.shared_index.as_ref().is_some_and(|si| self.dropped_shared.contains(si));
        }
        self.open.push(open);
        Ok(true)
    }

    fn prefix_is_kept(&self, names: &NamespaceResolver, prefix: &str) -> bool {
        let probe = format!("{prefix}:x");
        match names.resolve_element(quick_xml::name::QName(&probe)).0 {
            ResolveResult::Bound(namespace) => space(namespace.as_ref()) != Space::Unknown,
            _ => false,
        }
    }

    /// Elements that act, by where they live. Everything else of a known namespace is kept.
    fn fate<'v>(&mut self, space: Space, local: &str, value_of: &impl Fn(&str) -> Option<&'v str>) -> Fate {
        let drop = |threat| Fate::Drop(Some(threat));
        match (space, local) {
            (Space::Word, "attachedTemplate" | "linkStyles") => drop(Threat::ExternalTemplate),
            (Space::Word, "mailMerge") => drop(Threat::DataConnection),
            (Space::Word, "altChunk" | "objectEmbed" | "objectLink") => drop(Threat::EmbeddedObject),
            (Space::Word, "subDoc" | "frameset") => drop(Threat::ExternalContent),
            (Space::Word, "control") => drop(Threat::ActiveX),
            (Space::Word, "movie") => drop(Threat::Multimedia),
            (Space::Word, "docVars") => drop(Threat::HiddenData),
            (Space::Word, "dataBinding" | "saveThroughXslt" | "attachedSchema") => drop(Threat::Extension),
            (Space::Word, "entryMacro" | "exitMacro") => drop(Threat::MacroVba),
            (Space::Word, "updateFields") => Fate::Drop(None),
            (Space::Word, "fldSimple") => {
                match fields::danger(value_of("instr").unwrap_or_default(), self.context.links) {
                    Some(threat) => Fate::Unwrap(threat),
                    None => Fate::Keep(Role::Plain),
                }
            }
            (Space::Other, "mcd" | "mcds" | "toolbars" | "keymaps") => drop(Threat::MacroVba),
            (Space::Other, "dataBinding") => drop(Threat::Extension),
            (Space::Sheet, "oleObjects") => drop(Threat::EmbeddedObject),
            (Space::Sheet, "externalReferences") => Fate::Drop(None),
            (
                Space::Sheet,
                "webPublishItems" | "webPublishObjects" | "webPublishing" | "smartTags" | "functionGroups",
            ) => drop(Threat::Extension),
            (Space::Sheet, "xmlColumnPr" | "dbPr" | "webPr" | "olapPr" | "textPr") => {
                drop(Threat::DataConnection)
            }
            (Space::Sheet, "f") => Fate::Keep(Role::CellFormula),
            (Space::Sheet, "formula" | "formula1" | "formula2") | (Space::Other, "f") => {
                Fate::Keep(Role::RuleFormula)
            }
            (Space::Sheet, "definedName") => self.defined_name(value_of),
            (Space::Chart, "f") => Fate::Keep(Role::ChartFormula),
            (Space::Slide, "oleObj") => {
                self.findings.add(Threat::EmbeddedObject, self.context.part);
                if let Some(frame) = self.open.iter_mut().rev().find(|o| o.role == Role::Frame) {
                    frame.has_object = true;
                }
                Fate::Keep(Role::Plain)
            }
            (Space::Slide, "graphicFrame") => Fate::Keep(Role::Frame),
            (Space::Slide, "pic") if self.open.iter().any(|o| o.local == "oleObj") => {
                Fate::Keep(Role::OlePicture)
            }
            (Space::Slide, "controls" | "control") => drop(Threat::ActiveX),
            // A timing tree that has lost a node is invalid, so the animation of this slide goes as a whole.
            (Space::Slide, "cmd") => Fate::DropAncestor(Threat::Action, "timing"),
            (Space::Slide, "audio" | "video") => Fate::DropAncestor(Threat::Multimedia, "timing"),
            (Space::Slide, "sndAc") => drop(Threat::Multimedia),
            (Space::Slide, "custDataLst" | "smartTags" | "htmlPubPr" | "webPr") => drop(Threat::Extension),
            (Space::Slide, "embeddedFontLst") => drop(Threat::AuxiliaryPart),
            (Space::Drawing, "hlinkMouseOver" | "hlinkHover") => drop(Threat::Action),
            (Space::Drawing, "hlinkClick") => {
                if is_kept_action(value_of("action").unwrap_or_default()) {
                    Fate::Keep(Role::Plain)
                } else {
                    drop(Threat::Action)
                }
            }
            (
                Space::Drawing,
                "audioCd" | "audioFile" | "videoFile" | "wavAudioFile" | "quickTimeFile" | "snd",
            ) => drop(Threat::Multimedia),
            (Space::Other, "media" | "model3d") => drop(Threat::Multimedia),
            (Space::Office, "OLEObject") => drop(Threat::EmbeddedObject),
            (Space::VmlHost, local) if local.starts_with("Fmla") || local.starts_with("Script") => {
                if local == "FmlaMacro" {
                    drop(Threat::MacroVba)
                } else if local.starts_with("Script") {
                    drop(Threat::Script)
                } else {
                    Fate::Keep(Role::Plain)
                }
            }
            (Space::Vml, "script") => drop(Threat::Script),
            _ => Fate::Keep(Role::Plain),
        }
    }

    fn defined_name<'v>(&mut self, value_of: &impl Fn(&str) -> Option<&'v str>) -> Fate {
        let is_set = |name| matches!(value_of(name), Some("1" | "true"));
        let name = value_of("name").unwrap_or_default().to_ascii_lowercase();
        let bare = name.strip_prefix("_xlnm.").unwrap_or(&name);
        let runs_itself = ["auto_open", "auto_close", "auto_activate", "auto_deactivate"]
            .iter()
            .any(|a| bare.starts_with(a));
        if is_set("function") || is_set("vbProcedure") || is_set("xlm") || is_set("macro") || runs_itself {
            return Fate::Drop(Some(Threat::MacroXlm));
        }
        if let Some(index) = value_of("localSheetId").and_then(|id| id.parse::<usize>().ok())
            && self.sheets.get(index) == Some(&false)
        {
            return Fate::Drop(None);
        }
        Fate::Keep(Role::DefinedName)
    }

    /// The value an attribute is written with, or nothing when it goes.
    fn attribute(
        &mut self,
        element_space: Space,
        element: &str,
        space: Space,
        local: &str,
        value: &str,
    ) -> Option<String> {
        let keep = || Some(value.to_owned());
        match (element_space, element, local) {
            _ if space == Space::Unknown => {
                self.findings.add(Threat::Unknown, self.context.part);
                None
            }
            (_, _, "macro") => {
                if !value.is_empty() {
                    self.findings.add(Threat::MacroVba, self.context.part);
                }
                None
            }
            (Space::Vml | Space::Office, _, "href" | "src" | "link" | "althref" | "target") => {
                if value.is_empty() || (local == "href" && link::is_kept(value, self.context.links)) {
                    return keep();
                }
                let threat = if local == "href" { Threat::Hyperlink } else { Threat::ExternalContent };
                self.findings.add(threat, self.context.part);
                None
            }
            (Space::Vml, _, local)
                if local.starts_with("on") && !matches!(local, "on" | "oned" | "onlayout") =>
            {
                self.findings.add(Threat::Script, self.context.part);
                None
            }
            (Space::Vml, _, "ole" | "oleicon") => None,
            (Space::Sheet, "table", "connectionId" | "queryTableFieldId")
            | (Space::Sheet, "tableColumn", "queryTableFieldId")
            | (Space::Sheet, "cacheSource", "connectionId")
            | (Space::Sheet, "pivotCacheDefinition", "refreshOnLoad" | "backgroundQuery") => None,
            (Space::Sheet, "table", "tableType") if value != "worksheet" => None,
            (Space::Sheet, "definedName", "localSheetId") => {
                let index: usize = value.parse().ok()?;
                Some(self.sheets.iter().take(index).filter(|kept| **kept).count().to_string())
            }
            (Space::Sheet, "workbookView", "activeTab" | "firstSheet") => {
                // Dropped sheets move the others; the first one is always there.
                (value.len() < 4 && !self.findings.has(Threat::MacroXlm)).then(|| value.to_owned())
            }
            _ => keep(),
        }
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if !open.is_written {
            return;
        }
        let mut taken_back = open.drop_at_end;
        match open.role {
            Role::CellFormula | Role::RuleFormula | Role::DefinedName => {
                let formula = xml::unescape_own(self.out.get(open.content_start..).unwrap_or_default());
                let found = if self.context.kind == Kind::Xlsx {
                    formula::danger(&formula, self.context.links)
                } else {
                    None
                };
                if let Some(threat) = found {
                    self.findings.add(threat, self.context.part);
                    taken_back = true;
                    self.dropped_shared.extend(open.shared_index.clone());
                    if open.role == Role::RuleFormula
                        && let Some(parent) = self.open.last_mut()
                    {
                        parent.drop_at_end = true;
                    }
                }
            }
            Role::ChartFormula => self.strip_book(open.content_start),
            Role::OlePicture => {
                let picture = self.out.get(open.out_start..).unwrap_or_default().to_owned();
                let mut declared: Vec<(String, String)> = Vec::new();
                for outer in self.open.iter().rev().take_while(|o| o.role != Role::Frame) {
                    for declaration in &outer.declared {
                        let is_known =
                            declared.iter().chain(&open.declared).any(|(name, _)| *name == declaration.0);
                        if !is_known {
                            declared.push(declaration.clone());
                        }
                    }
                }
                let insert: String = declared
                    .iter()
                    .map(|(name, value)| format!(" {name}=\"{}\"", xml::escape_attribute(value)))
                    .collect();
                let tag = format!("<{}", open.name);
                let picture = match picture.strip_prefix(&tag) {
                    Some(rest) => format!("{tag}{insert}{rest}</{}>", open.name),
                    None => String::new(),
                };
                if let Some(frame) = self.open.iter_mut().rev().find(|o| o.role == Role::Frame) {
                    frame.picture = Some(picture);
                }
            }
            Role::Frame if open.has_object => {
                // The picture of the object stands where the object was.
                self.out.truncate(open.out_start);
                self.out.push_str(open.picture.as_deref().unwrap_or_default());
                return;
            }
            Role::Frame | Role::Plain => {}
        }
        if taken_back {
            self.out.truncate(open.out_start);
        } else if self.out.len() == open.content_start {
            self.out.pop();
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(&open.name);
            self.out.push('>');
        }
    }

    /// `[1]Sheet1!A1` in a chart names a book that is no longer linked; the chart shows its stored values.
    fn strip_book(&mut self, content_start: usize) {
        let written = self.out.get(content_start..).unwrap_or_default();
        if let Some((before, rest)) = written.split_once('[')
            && let Some((_, after)) = rest.split_once(']')
            && before.trim_matches('\'').is_empty()
        {
            let stripped = format!("{before}{after}");
            self.out.truncate(content_start);
            self.out.push_str(&stripped);
        }
    }
}

impl Open {
    fn new(
        start: &BytesStart<'_>,
        local: String,
        at: usize,
        is_written: bool,
        role: Role,
        declared: Vec<(String, String)>,
    ) -> Self {
        Self {
            name: start.name().as_ref().to_owned(),
            local,
            out_start: at,
            content_start: at,
            is_written,
            role,
            drop_at_end: false,
            has_object: false,
            picture: None,
            shared_index: None,
            declared,
        }
    }
}

/// Whether an element can live without this relation: then only the attribute goes.
fn is_optional_relation(space: Space, element: &str, attribute: &str) -> bool {
    matches!(
        (space, element, attribute),
        (Space::Word, "hyperlink", "id")
            | (Space::Sheet, "pageSetup", "id")
            | (Space::Sheet, "worksheetSource", "id")
            | (Space::Sheet, "pivotCacheDefinition", "id")
            | (Space::Drawing, "blip", "link" | "embed")
            | (Space::Slide, "oleObj", "id")
            | (Space::Slide, "embed" | "link", _)
            | (Space::Vml, _, _)
    )
}

/// Actions that stay inside the presentation (MS-OI29500 2.1.1287 lists the rest).
fn is_kept_action(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    action.is_empty()
        || action == "ppaction://noaction"
        || ["ppaction://hlinkshowjump?", "ppaction://hlinksldjump", "ppaction://customshow?"]
            .iter()
            .any(|kept| action.starts_with(kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(kind: Kind, part: &str) -> Result<(String, Vec<Threat>), Refusal> {
        let kept_ids = HashSet::from(["rIdKept".to_owned()]);
        let context =
            PartContext { part: "p", kind, kept_ids: &kept_ids, links: LinkPolicy::Keep, nesting_max: 64 };
        let mut findings = Findings::default();
        let bytes = filter(part.as_bytes(), &context, &mut findings)?;
        let text = String::from_utf8(bytes).unwrap();
        let body = text.split_once("?>\n").unwrap().1.to_owned();
        Ok((body, findings.into_list().0.into_iter().map(|r| r.what).collect()))
    }

    const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
    const X: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";

    fn check(kind: Kind, space: &str, inner: &str, expected: &str, threats: &[Threat]) {
        let root = if kind == Kind::Docx { "w:x" } else { "x" };
        let (body, found) = run(kind, &format!("<{root} {space}>{inner}</{root}>")).unwrap();
        let inside =
            body.strip_prefix(&format!("<{root} {space}>")).unwrap().strip_suffix(&format!("</{root}>"));
        assert_eq!(inside.unwrap_or_default(), expected, "{inner}");
        assert_eq!(found, threats, "{inner}");
    }

    #[test]
    fn what_acts_goes_and_what_is_read_stays() {
        let docx = |inner, expected, threats: &[Threat]| check(Kind::Docx, W, inner, expected, threats);
        docx("<w:t>a&amp;b &#x3042;</w:t>", "<w:t>a&amp;b あ</w:t>", &[]);
        docx("<w:t><![CDATA[<x>]]></w:t><!-- c --><?pi x?>", "<w:t>&lt;x&gt;</w:t>", &[]);
        docx("<w:t/><w:attachedTemplate r:id=\"rId9\"/>", "<w:t/>", &[Threat::ExternalTemplate]);
        docx(
            "<w:fldSimple w:instr=\"DDE x y\"><w:t>r</w:t></w:fldSimple>",
            "<w:t>r</w:t>",
            &[Threat::DangerousField],
        );
        docx(
            "<w:hyperlink r:id=\"gone\"><w:t>l</w:t></w:hyperlink>",
            "<w:hyperlink><w:t>l</w:t></w:hyperlink>",
            &[],
        );
        docx("<w:t/><w:headerReference r:id=\"gone\"/>", "<w:t/>", &[]);
        docx("<w:headerReference r:id=\"rIdKept\"/>", "<w:headerReference r:id=\"rIdKept\"/>", &[]);
        docx("<w:t/><z:evil xmlns:z=\"urn:evil\"><w:t>x</w:t></z:evil>", "<w:t/>", &[Threat::Unknown]);
        let xlsx = |inner, expected, threats: &[Threat]| check(Kind::Xlsx, X, inner, expected, threats);
        xlsx("<c><f>WEBSERVICE(A1)</f><v>1</v></c>", "<c><v>1</v></c>", &[Threat::DangerousFormula]);
        xlsx("<c><f>SUM(A1)</f><v>1</v></c>", "<c><f>SUM(A1)</f><v>1</v></c>", &[]);
        xlsx(
            "<f t=\"shared\" si=\"3\">[1]S!A1</f><f t=\"shared\" si=\"3\"/><f t=\"shared\" si=\"4\"/>",
            "<f t=\"shared\" si=\"4\"/>",
            &[Threat::ExternalContent],
        );
        xlsx(
            "<v>1</v><cfRule><formula>cmd|'/c'!A0</formula></cfRule>",
            "<v>1</v>",
            &[Threat::DangerousFormula],
        );
        xlsx("<v/><definedName name=\"_xlnm.Auto_Open\">A1</definedName>", "<v/>", &[Threat::MacroXlm]);
    }

    #[test]
    fn a_dtd_undefined_entity_or_broken_tree_is_refused() {
        for part in ["<!DOCTYPE x><x/>", "<x>&evil;</x>", "<x><y></x>", "<x>", "", "<a:x/>"] {
            assert_eq!(run(Kind::Docx, part), Err(Refusal::held(Reason::Damaged)), "{part}");
        }
        let deep = format!("<x {X}>{}{}</x>", "<x>".repeat(100), "</x>".repeat(100));
        assert_eq!(run(Kind::Xlsx, &deep), Err(Refusal::blocked(Reason::TooComplex)));
    }

    proptest! {
        #[test]
        fn output_is_a_fixed_point(inner in "(<w:(t|r|p|fldSimple w:instr=\"(PAGE|DDE)\")>|</w:(t|r|p|fldSimple)>|[a-z&;<]|<w:br/>){0,20}") {
            if let Ok((body, _)) = run(Kind::Docx, &format!("<w:x {W}>{inner}</w:x>")) {
                let (again, threats) = run(Kind::Docx, &body).unwrap();
                prop_assert_eq!(again, body);
                prop_assert!(threats.is_empty());
            }
        }
    }
}
