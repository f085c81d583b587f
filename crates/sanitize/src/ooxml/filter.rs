//! Every XML part is read and written anew through this filter.
//!
//! Owns: writing what the list (`names`) knows, and keeping a part valid when something inside it goes.
//! Leaves to others: which parts exist at all (`rules`), what acts (`judge`), fields (`fields`), formulas (`formula`).
//!
//! The filter streams. Because the part is written to memory, an element can still be taken back when its end is
//! reached: each open element remembers where in the output it began.

mod finish;
mod stamp;
mod tag;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use worker_protocol::{Kind, LinkPolicy, Reason, Spot, Threat};

use super::judge::{self, Fate, Verdict};
use super::mark::{self, Stamp};
use super::names::{self, Known, Listed, Space};
use super::objects::Insert;
use super::words::{self, Box4, Words};
use super::{fields, xml};
use crate::Refusal;
use crate::findings::Findings;
use crate::scopes::Scopes;

/// What the filter has to know about the part.
pub(crate) struct PartContext<'a> {
    pub(crate) part: &'a str,
    pub(crate) kind: Kind,
    /// Identifiers of the part's relations that stay.
    pub(crate) kept_ids: &'a HashSet<String>,
    pub(crate) links: LinkPolicy,
    pub(crate) nesting_max: u32,
    /// Security first: links, formulas and forms go, too.
    pub(crate) strict: bool,
    /// Where a reader finds this part.
    pub(crate) place: &'a Place,
    /// The sheets of the workbook in their order.
    pub(crate) sheets: &'a [Sheet],
    /// Names whose definition went, in capitals: a formula that uses one has nothing to calculate with.
    pub(crate) gone_names: &'a HashSet<String>,
    /// What is to be written into the part as a mark.
    pub(crate) stamp: Option<&'a Stamp>,
    /// What is to be added to the part besides.
    pub(crate) insert: Option<&'a Insert>,
    /// Shapes that show objects on this slide → the relation of their picture.
    pub(crate) object_pictures: Option<&'a HashMap<String, String>>,
    /// Where the shapes on this slide stand.
    pub(crate) object_places: Option<&'a HashMap<String, Box4>>,
    /// The words of what goes from this part, by its relation.
    pub(crate) words: Option<&'a Words>,
    /// Names of the shapes whose objects went, and whose pictures stand elsewhere now.
    pub(crate) gone_shapes: &'a HashSet<String>,
}

/// Where a reader finds a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Elsewhere,
    /// Counted from 1.
    Slide(u32),
    /// By its name.
    Sheet(String),
}

/// A sheet as the workbook lists it.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    pub(crate) untrusted_name: String,
    pub(crate) is_kept: bool,
}

/// What a part held and holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) characters: u64,
    pub(crate) cells: u64,
}

/// A filtered part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filtered {
    /// The part written anew; nothing when it says exactly what it said before.
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) before: Counts,
    pub(crate) after: Counts,
    /// Defined names that went, in capitals.
    pub(crate) gone_names: Vec<String>,
}

/// What has to be done when a kept element ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    /// A cell's formula: taken back when dangerous, its value stays.
    CellFormula,
    /// A formula of a rule: the rule goes with it.
    RuleFormula,
    ControlFormula,
    DefinedName,
    ChartFormula,
    Frame,
    Object,
    OlePicture,
    Controls,
    Control,
    ShapeTree,
    GraphicData,
    ContentControl,
    Section,
    Alternatives,
    Choice,
    Fallback,
}

struct Open<'t> {
    name: &'t str,
    local: &'t str,
    space: Space,
    out_start: usize,
    content_start: usize,
    is_written: bool,
    role: Role,
    drop_at_end: bool,
    /// Whether something directly in it went.
    lost_child: bool,
    /// For a frame: whether it holds an embedded object. For alternatives: whether a choice stayed.
    has_object: bool,
    /// For a frame: what to show instead.
    shown: Option<Box<Shown>>,
    /// For alternatives and content controls: what stands inside when the tags around it go.
    inner: Option<(usize, usize)>,
    /// For a shared formula the number of its group, for a defined name the name, for an object that of its shape, for a
    /// control on a slide its relation, for what holds a control of a document the control's words.
    mention: Option<Box<str>>,
    scopes_before: usize,
    /// Whether its tag binds a prefix that its children may need.
    declares: bool,
    after: Counts,
}

/// What a frame shows once its object is gone.
#[derive(Default)]
struct Shown {
    picture: Option<String>,
    /// The relation of a picture that only the slide's VML shows.
    picture_id: Option<String>,
    /// What a control says, and where it stands.
    words: Option<String>,
    place: Option<Box4>,
}

/// One attribute as it stands in the part.
struct Attribute<'t> {
    key: &'t str,
    local: &'t str,
    raw: &'t str,
    is_declaration: bool,
    verdict: Verdict,
}

/// Whether the root of a part is on the list, as far as its beginning can be read. A part of which nothing would stay can be
/// left out, where nothing else depends on it.
pub(crate) fn has_listed_root(bytes: &[u8]) -> bool {
    let Ok(text) = xml::decode_borrowed(bytes) else { return true };
    let mut reader = quick_xml::NsReader::from_str(&text);
    loop {
        return match reader.read_resolved_event() {
            Ok((space, Event::Start(start) | Event::Empty(start))) => match space {
                ResolveResult::Bound(space) => names::known(space.as_ref())
                    .is_some_and(|known| known.element(start.local_name().as_ref()) != Listed::No),
                _ => false,
            },
            Ok((_, Event::Eof)) | Err(_) => true,
            Ok(_) => continue,
        };
    }
}

/// Writes a part anew without anything active.
///
/// # Errors
/// Damaged when the part is not well-formed XML or has a DTD; too complex when it nests too deeply.
pub(crate) fn filter(
    bytes: &[u8],
    context: &PartContext<'_>,
    findings: &mut Findings,
) -> Result<Filtered, Refusal> {
    let text = xml::decode_borrowed(bytes)?;
    if xml::has_controls(&text) {
        // No reader of XML takes these; one that did would read another text than this filter.
        return Err(Refusal::held(Reason::Damaged));
    }
    let doomed = if context.kind == Kind::Docx && text.contains("fldChar") {
        fields::doomed_elements(&text, context.links, context.strict)?
    } else {
        HashMap::new()
    };
    let mut pass = Pass {
        text: &text,
        context,
        findings,
        doomed,
        out: String::with_capacity(text.len() + 256),
        changed: !bytes.starts_with(b"<") && !bytes.starts_with(b"\xef\xbb\xbf<"),
        open: Vec::new(),
        scopes: Scopes::default(),
        attributes: Vec::new(),
        dropped_shared: HashSet::new(),
        gone_names: Vec::new(),
        cell: None,
        cell_is_index: false,
        in_text: false,
        before: Counts::default(),
        after: Counts::default(),
        sheets: None,
        tree_end: None,
        control_pictures: String::new(),
        controls_drawn: HashSet::new(),
        controls_said: Vec::new(),
        shape_id_max: 0,
        stamped: false,
        inserted: false,
        sections: 0,
    };
    pass.out.push_str(XML_START);
    pass.run()?;
    if pass.sheets == Some(0) {
        // Every sheet was a macro sheet, and a workbook without sheets is none.
        return Err(Refusal::held(Reason::NothingLeft));
    }
    Ok(Filtered {
        bytes: pass.changed.then(|| pass.out.into_bytes()),
        before: pass.before,
        after: pass.after,
        gone_names: pass.gone_names,
    })
}

const XML_START: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

struct Pass<'t, 'a> {
    text: &'t str,
    context: &'a PartContext<'a>,
    findings: &'a mut Findings,
    doomed: HashMap<u64, Option<Threat>>,
    out: String,
    /// Whether the output says anything else than the part did.
    changed: bool,
    open: Vec<Open<'t>>,
    scopes: Scopes<'t, Option<Known>>,
    attributes: Vec<Attribute<'t>>,
    /// Shared formulas whose master went: the others of the group cannot stay without it.
    dropped_shared: HashSet<Box<str>>,
    gone_names: Vec<String>,
    cell: Option<&'t str>,
    cell_is_index: bool,
    in_text: bool,
    before: Counts,
    after: Counts,
    /// How many sheets of the workbook stay, once one was seen.
    sheets: Option<u32>,
    /// Where in the output the last shape of a slide ends.
    tree_end: Option<usize>,
    control_pictures: String,
    /// Relations of the controls whose own picture was found.
    controls_drawn: HashSet<Box<str>>,
    /// Relations of the others, with what stands in their place.
    controls_said: Vec<(Box<str>, Box<Shown>)>,
    shape_id_max: u64,
    stamped: bool,
    inserted: bool,
    sections: u32,
}

impl<'t> Pass<'t, '_> {
    fn run(&mut self) -> Result<(), Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let text = self.text;
        let mut reader = Reader::from_str(text);
        let mut skipped = 0u32;
        let mut has_root = false;
        let mut from = 0usize;
        loop {
            let event = reader.read_event().map_err(|_| damaged)?;
            let position = reader.buffer_position();
            let to = usize::try_from(position).map_err(|_| damaged)?;
            let raw = text.get(from..to).unwrap_or_default();
            from = to;
            match event {
                Event::Start(start) if skipped > 0 => {
                    skipped += 1;
                    self.count_skipped(start.local_name().as_ref());
                }
                Event::Empty(_) if skipped > 0 => {}
                Event::End(_) if skipped > 0 => {
                    skipped -= 1;
                    self.in_text = false;
                }
                Event::Text(_) if skipped > 0 => self.count_text(raw, false),
                Event::Eof if self.open.is_empty() && skipped == 0 && has_root => return Ok(()),
                Event::Eof => return Err(damaged),
                // A DTD has no place in a package (ECMA-376 Part 2, § 6.2.5).
                Event::DocType(_) => return Err(damaged),
                Event::Decl(_) if !has_root => {}
                _ if skipped > 0 => {}
                Event::Start(start) | Event::Empty(start) => {
                    if self.open.len() >= self.context.nesting_max as usize {
                        return Err(Refusal::blocked(Reason::TooComplex));
                    }
                    if has_root && self.open.is_empty() {
                        return Err(damaged);
                    }
                    has_root = true;
                    let is_empty = raw.ends_with("/>");
                    let name = raw.get(1..1 + start.name().as_ref().len()).ok_or(damaged)?;
                    let is_kept = self.start(raw, name, is_empty, position)?;
                    if !is_kept {
                        if self.open.is_empty() {
                            // The root itself is nothing known: there is no part left to write.
                            return Err(damaged);
                        }
                        skipped = u32::from(!is_empty);
                        if !is_empty {
                            self.count_skipped(local_of(name));
                        }
                    } else if is_empty {
                        self.end();
                    }
                }
                Event::End(_) => self.end(),
                Event::Text(_) if !self.open.is_empty() => {
                    self.count_text(raw, true);
                    if memchr::memchr(b'>', raw.as_bytes()).is_some() && raw.contains("]]>") {
                        return Err(damaged);
                    }
                    self.out.push_str(raw);
                }
                Event::CData(t) if !self.open.is_empty() => {
                    self.changed = true;
                    self.count_text(&t, true);
                    xml::push_text(&mut self.out, &t);
                }
                Event::GeneralRef(r) if !self.open.is_empty() => {
                    let character = xml::reference(&r)?;
                    self.count_text("x", true);
                    if raw.starts_with("&#") {
                        // One spelling for each character, so that nothing is read differently further on.
                        self.changed |= !matches!(character, '\r' | '\n' | '\t');
                        match character {
                            '\n' | '\t' => self.out.push_str(raw),
                            _ => xml::push_text(&mut self.out, character.encode_utf8(&mut [0; 4])),
                        }
                    } else {
                        self.out.push_str(raw);
                    }
                }
                Event::Text(_) if raw.trim().is_empty() => {}
                Event::Comment(_) | Event::PI(_) => {
                    // They say nothing to a reader, and may say much to a program.
                    self.changed = true;
                    self.findings.add(Threat::HiddenData, self.context.part);
                }
                _ => return Err(damaged),
            }
        }
    }

    fn count_skipped(&mut self, local: &str) {
        self.in_text = matches!(local, "t" | "v");
        if self.context.kind == Kind::Xlsx && matches!(local, "v" | "is") {
            self.before.cells += 1;
        }
    }

    fn count_text(&mut self, text: &str, is_kept: bool) {
        if self.in_text {
            let characters = text.chars().count() as u64;
            self.before.characters += characters;
            self.after.characters += if is_kept { characters } else { 0 };
        }
    }

    /// Reports what goes, with the place where a reader finds it.
    fn note(&mut self, threat: Threat) {
        let part = self.context.part;
        match (self.context.place, self.cell) {
            (Place::Slide(number), _) => self.findings.add_at(threat, part, Spot::Slide { number: *number }),
            (Place::Sheet(name), Some(cell)) => self.findings.add_at(
                threat,
                part,
                Spot::Cell { untrusted_sheet: name.clone(), reference: cell.to_owned() },
            ),
            _ => self.findings.add(threat, part),
        }
    }

    fn resolve(&self, prefix: &str) -> Result<Option<Known>, Refusal> {
        match (self.scopes.find(prefix), prefix) {
            (Some(known), _) => Ok(known),
            (None, "") => Ok(None),
            (None, "xml") => Ok(names::known("http://www.w3.org/XML/1998/namespace")),
            (None, _) => Err(Refusal::held(Reason::Damaged)),
        }
    }

    fn is_inside(&self, local: &str) -> bool {
        self.open.iter().any(|open| open.local == local)
    }

    /// Writes a start tag. False when the element and all in it goes.
    fn start(&mut self, raw: &'t str, name: &'t str, is_empty: bool, position: u64) -> Result<bool, Refusal> {
        let scopes_before = self.scopes.len();
        self.read_attributes(raw, name)?;
        let local = local_of(name);
        let prefix = name.get(..name.len() - local.len()).unwrap_or_default().trim_end_matches(':');
        let known = self.resolve(prefix)?;
        let (space, listed) = match known {
            Some(known) => (known.space, known.element(local)),
            None => (Space::Other, self.bare(local, prefix)),
        };
        let mut fate = match self.doomed.get(&position) {
            Some(threat) => Fate::Drop(*threat),
            None => match listed {
                Listed::Plain => Fate::Keep(Role::Plain),
                Listed::Judged => self.judge(space, local)?,
                Listed::No if self.is_inside("ext") => Fate::Drop(Some(Threat::Extension)),
                Listed::No => Fate::Drop(Some(Threat::Unknown)),
            },
        };
        let mut edited = false;
        for index in 0..self.attributes.len() {
            edited |= self.judge_attribute(index, space, local, known.is_some(), &mut fate)?;
        }
        self.observe(space, local, &fate);
        let role = match fate {
            Fate::Keep(role) => role,
            Fate::Unwrap(threat) => {
                if let Some(threat) = threat {
                    self.note(threat);
                }
                self.changed = true;
                let mut open = self.opened(name, local, space, scopes_before, Role::Plain);
                open.is_written = false;
                self.open.push(open);
                return Ok(true);
            }
            Fate::Drop(threat) => {
                if let Some(threat) = threat {
                    self.note(threat);
                }
                self.say(space, local, name);
                self.lose(local);
                self.scopes.truncate(scopes_before);
                return Ok(false);
            }
            Fate::DropAncestor(threat, ancestors) => {
                self.note(threat);
                if let Some(open) = self.open.iter_mut().rev().find(|o| ancestors.contains(&o.local)) {
                    open.drop_at_end = true;
                }
                self.lose(local);
                self.scopes.truncate(scopes_before);
                return Ok(false);
            }
        };
        for insert in [self.stamp_before(local), self.insert_before(local)].into_iter().flatten() {
            self.out.push_str(&insert);
            self.changed = true;
        }
        if local == "extLst" && self.open.last().is_some_and(|parent| parent.role == Role::ShapeTree) {
            // Shapes that are added must stand before it.
            self.tree_end = Some(self.out.len());
        }
        let mut open = self.opened(name, local, space, scopes_before, role);
        self.write_tag(raw, name, is_empty, edited);
        open.content_start = self.out.len();
        open.mention = match role {
            Role::CellFormula if self.value("t").as_deref() == Some("shared") => self.value("si"),
            Role::DefinedName => self.value("name"),
            Role::Object => self.value("spid"),
            Role::Control => self.value("id"),
            _ => None,
        }
        .map(|value| value.into_owned().into_boxed_str());
        if role == Role::CellFormula {
            open.drop_at_end = open.mention.as_ref().is_some_and(|group| self.dropped_shared.contains(group));
        }
        if role == Role::Control {
            open.shown = Some(Box::new(self.shown_of_control()));
        }
        self.open.push(open);
        Ok(true)
    }

    /// The words of what the element at hand refers to.
    fn words(&self) -> Option<&'_ String> {
        self.context.words?.get(&*self.value("id")?)
    }

    fn shown_of_control(&self) -> Shown {
        let shape = self.value("spid").unwrap_or_default();
        Shown {
            picture_id: self.context.object_pictures.and_then(|ids| ids.get(&*shape)).cloned(),
            words: self.words().cloned(),
            place: self.context.object_places.and_then(|places| places.get(&*shape)).copied(),
            ..Shown::default()
        }
    }

    /// Puts the words of an element that goes where it was, or hands them to the one around it that may have a picture.
    fn say(&mut self, space: Space, local: &str, name: &str) {
        if space != Space::Word || !matches!(local, "altChunk" | "control") {
            return;
        }
        let Some(words) = self.words().cloned() else { return };
        if local == "altChunk" {
            self.count_said(&words);
            self.out.push_str(&words::paragraphs(prefix_of(name), &words));
        } else if let Some(holder) = self.open.iter_mut().rev().find(|o| matches!(o.local, "object" | "pict"))
        {
            holder.mention = Some(words.into_boxed_str());
        }
    }

    /// Counts words that are written in another place than they stood in.
    fn count_said(&mut self, words: &str) {
        let characters = words.chars().filter(|c| !matches!(c, '\n' | '\t')).count() as u64;
        self.before.characters += characters;
        self.after.characters += characters;
    }

    /// Elements without a namespace: the root of a VML part, and the simple words of the text boxes in it.
    fn bare(&self, local: &str, prefix: &str) -> Listed {
        let in_box = self.is_inside("textbox");
        let is_simple = matches!(local, "div" | "font" | "span" | "p" | "br" | "b" | "i" | "u");
        let is_bound = !prefix.is_empty()
            || self.scopes.iter().any(|scope| scope.prefix.is_empty() && !scope.written.is_empty());
        if !is_bound && ((local == "xml" && self.open.is_empty()) || (in_box && is_simple)) {
            Listed::Plain
        } else {
            Listed::No
        }
    }

    fn value(&self, local: &str) -> Option<Cow<'t, str>> {
        let found = self.attributes.iter().find(|a| a.local == local && !a.is_declaration)?;
        xml::unescaped(found.raw).ok()
    }

    fn judge(&mut self, space: Space, local: &str) -> Result<Fate, Refusal> {
        if space == Space::Compatibility && local == "Choice" {
            // A branch for what is not written would be chosen and found empty: leave it out so that the fallback
            // is shown.
            let requires = self.value("Requires").unwrap_or_default();
            for prefix in requires.split_whitespace() {
                if self.resolve(prefix)?.is_none() {
                    return Ok(Fate::Drop(Some(Threat::Extension)));
                }
            }
        }
        let is_inside = |local: &str| self.is_inside(local);
        let value_of = |local: &str| self.value(local);
        Ok(judge::element(self.context, space, local, &is_inside, &value_of))
    }

    /// Keeps book of what passes: cells, sheets, shapes.
    fn observe(&mut self, space: Space, local: &'t str, fate: &Fate) {
        match (space, local) {
            (Space::Sheet, "c") => {
                (self.cell, self.cell_is_index) = (None, false);
                for attribute in &self.attributes {
                    match attribute.key {
                        "r" => self.cell = Some(attribute.raw),
                        "t" => self.cell_is_index = attribute.raw == "s",
                        _ => {}
                    }
                }
                let is_reference = |r: &&str| r.len() <= 10 && r.bytes().all(|b| b.is_ascii_alphanumeric());
                self.cell = self.cell.filter(is_reference);
            }
            (Space::Sheet, "v" | "is") => {
                self.before.cells += 1;
                self.after.cells += 1;
            }
            (Space::Sheet, "row" | "mergeCells" | "conditionalFormatting") => self.cell = None,
            (Space::Sheet, "sheet") => {
                *self.sheets.get_or_insert(0) += u32::from(matches!(fate, Fate::Keep(_)));
            }
            (Space::Slide, "cNvPr") => {
                let is_mark = self.value("name").as_deref() == Some(mark::SHAPE_NAME);
                if self.context.stamp.is_some() && is_mark {
                    // A mark of an earlier pass: the new one takes its place.
                    if let Some(shape) = self.open.iter_mut().rev().find(|open| open.local == "sp") {
                        shape.drop_at_end = true;
                    }
                } else {
                    let id = self.value("id").and_then(|id| id.parse().ok()).unwrap_or(0);
                    self.shape_id_max = self.shape_id_max.max(id);
                }
            }
            _ => {}
        }
        self.in_text = local == "t" || (local == "v" && !self.cell_is_index);
    }

    fn opened(
        &self,
        name: &'t str,
        local: &'t str,
        space: Space,
        scopes_before: usize,
        role: Role,
    ) -> Open<'t> {
        Open {
            name,
            local,
            space,
            out_start: self.out.len(),
            content_start: self.out.len(),
            is_written: true,
            role,
            drop_at_end: false,
            lost_child: false,
            has_object: false,
            shown: None,
            inner: None,
            mention: None,
            scopes_before,
            declares: self.scopes.len() > scopes_before,
            after: self.after,
        }
    }

    /// Notes that something in the innermost open element goes.
    fn lose(&mut self, local: &str) {
        self.changed = true;
        if let Some(parent) = self.open.iter_mut().rev().find(|open| open.is_written) {
            parent.lost_child = true;
            let is_anchor = parent.space == Space::SheetDrawing && parent.local.ends_with("Anchor");
            if is_anchor && !matches!(local, "from" | "to" | "ext" | "pos" | "clientData") {
                // An anchor is there for one shape.
                parent.drop_at_end = true;
            }
        }
    }
}

fn local_of(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The prefix of a name with its colon.
fn prefix_of(name: &str) -> &str {
    name.get(..name.len() - local_of(name).len()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
