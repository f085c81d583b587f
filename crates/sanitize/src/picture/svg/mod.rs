//! SVG drawings, element by element.
//!
//! Owns: which elements and attributes a drawing may have, and what may stand in their values: a reference leads into
//! the drawing itself or to a picture inside it that is rebuilt like any other. Text stays text.
//! Leaves to others: the lists of names (`lists`), style sheets (`css`), what a drawing declares (`entities`).

mod css;
mod entities;
mod lists;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use worker_protocol::{Mark, Reason, Threat};

use super::mark;
use crate::{Refusal, Work, link, xml};
use lists::{Place, place_of};

const SVG: &str = "http://www.w3.org/2000/svg";
const XLINK: &str = "http://www.w3.org/1999/xlink";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Pictures in pictures, deeper than which nothing is looked at.
const NESTED_MAX: u32 = 3;

/// Padding is often left out in data addresses.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What became of a drawing.
pub(super) struct Svg {
    pub(super) clean: Vec<u8>,
    /// Lines of text that a reader sees.
    pub(super) lines: Vec<String>,
    /// Characters of text in what came, without white space, and in what was written.
    pub(super) characters: (u64, u64),
}

/// Whether these bytes look like a drawing: the first element is `svg`.
pub(super) fn is_svg(untrusted: &[u8]) -> bool {
    let start = untrusted.get(..4096).unwrap_or(untrusted);
    let Ok(text) = std::str::from_utf8(start)
        .or_else(|e| std::str::from_utf8(start.get(..e.valid_up_to()).unwrap_or_default()))
    else {
        return false;
    };
    let mut rest = text.trim_start_matches('\u{FEFF}').trim_start();
    loop {
        let end = match () {
            () if rest.starts_with("<?") => rest.split_once("?>").map(|r| r.1),
            () if rest.starts_with("<!--") => rest.split_once("-->").map(|r| r.1),
            () if rest.starts_with("<!DOCTYPE svg") => return true,
            () => {
                let name = rest.strip_prefix('<').unwrap_or_default();
                let name = name
                    .split(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
                    .next()
                    .unwrap_or_default();
                return name == "svg" || name.ends_with(":svg");
            }
        };
        match end {
            Some(after) => rest = after.trim_start(),
            // A head of comments only: the content is told by what claims it.
            None => return false,
        }
    }
}

pub(super) fn rebuild(
    untrusted: &[u8],
    place: &str,
    strict: bool,
    mark: Option<&Mark>,
    work: &mut Work<'_>,
) -> Result<Svg, Refusal> {
    rebuild_nested(untrusted, place, strict, mark, 0, work)
}

fn rebuild_nested(
    untrusted: &[u8],
    place: &str,
    strict: bool,
    mark: Option<&Mark>,
    depth: u32,
    work: &mut Work<'_>,
) -> Result<Svg, Refusal> {
    let text = decode(untrusted)?;
    let text = entities::resolved(&text)?;
    work.budget.spend(text.len() as u64)?;
    let mut pass = Pass {
        place,
        strict,
        depth,
        work,
        out: String::with_capacity(text.len()),
        open: Vec::new(),
        line: String::new(),
        lines: Vec::new(),
        characters: (0, 0),
    };
    pass.run(&text, mark)?;
    let characters = pass.characters;
    Ok(Svg { clean: pass.out.into_bytes(), lines: pass.lines, characters })
}

/// The drawing as text. It is written as UTF-8, so what is filtered here is what a viewer will read.
fn decode(untrusted: &[u8]) -> Result<String, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    if let Ok(text) = xml::decode(untrusted) {
        return Ok(text);
    }
    let head = untrusted.get(..200).unwrap_or(untrusted);
    let head: String = head.iter().map(|b| char::from(*b)).collect();
    let label = head
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split("?>").next())
        .and_then(|declaration| declaration.split("encoding").nth(1))
        .and_then(|rest| rest.split(['"', '\'']).nth(1))
        .ok_or(damaged)?;
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).ok_or(damaged)?;
    let text = encoding.decode_without_bom_handling_and_without_replacement(untrusted).ok_or(damaged)?;
    Ok(xml::known_characters(text).into_owned())
}

/// An element that was written and is not yet closed.
struct Open {
    /// Nothing for an element of which only the content stays.
    name: Option<String>,
    place: Place,
    /// Where a style sheet is collected.
    sheet: Option<String>,
}

struct Pass<'a, 'w, 'j> {
    place: &'a str,
    strict: bool,
    depth: u32,
    work: &'w mut Work<'j>,
    out: String,
    open: Vec<Open>,
    line: String,
    lines: Vec<String>,
    characters: (u64, u64),
}

impl Pass<'_, '_, '_> {
    fn run(&mut self, text: &str, mark: Option<&Mark>) -> Result<(), Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let mut reader = NsReader::from_str(text);
        let mut skipped = 0u32;
        let mut has_root = false;
        let mut skips_shown = false;
        loop {
            let event = reader.read_event().map_err(|_| damaged)?;
            match event {
                Event::Start(_) if skipped > 0 => skipped += 1,
                Event::End(_) if skipped > 0 => skipped -= 1,
                Event::Eof if self.open.is_empty() && skipped == 0 && has_root => return Ok(()),
                Event::Eof => return Err(damaged),
                Event::DocType(declaration) => {
                    // The name of the standard is harmless; a subset of its own defines entities.
                    if declaration.contains('[') {
                        return Err(damaged);
                    }
                }
                Event::PI(instruction) => {
                    if instruction.starts_with("xml-stylesheet") {
                        self.note(Threat::ExternalContent, "xml-stylesheet");
                    }
                }
                Event::Text(t) if skipped > 0 && skips_shown => self.characters.0 += visible(&t),
                _ if skipped > 0 => {}
                Event::Start(start) => {
                    if self.open.len() >= self.work.budget.limits.nesting_max as usize {
                        return Err(Refusal::blocked(Reason::TooComplex));
                    }
                    let is_root = !has_root;
                    has_root = true;
                    if !self.start(&start, reader.resolver(), is_root)? {
                        skipped = 1;
                        // Scripts and what programs keep for themselves are no words of the drawing.
                        skips_shown =
                            matches!(place_of(start.local_name().as_ref()), Place::Page | Place::Unknown)
                                && start.name().prefix().is_none();
                    } else if is_root && let Some(mark) = mark {
                        self.out.push_str("<metadata>");
                        self.out.push_str(&mark::packet(mark));
                        self.out.push_str("</metadata>");
                    }
                }
                Event::Empty(start) => {
                    let is_root = !has_root;
                    has_root = true;
                    if self.start(&start, reader.resolver(), is_root)? {
                        self.end()?;
                    }
                }
                Event::End(_) => self.end()?,
                Event::Text(t) => self.text(&t.replace("\r\n", "\n")),
                Event::CData(t) => self.text(&t),
                Event::GeneralRef(r) => {
                    let character = xml::reference(&r)?;
                    self.text(character.encode_utf8(&mut [0; 4]));
                }
                Event::Comment(_) | Event::Decl(_) => {}
            }
        }
    }

    fn note(&mut self, threat: Threat, what: &str) {
        let place = format!("{}#{what}", self.place);
        self.work.findings.add(threat, &place);
    }

    /// Writes a start tag. False when the element and all in it goes.
    fn start(
        &mut self,
        start: &BytesStart<'_>,
        names: &NamespaceResolver,
        is_root: bool,
    ) -> Result<bool, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let local = start.local_name().as_ref().to_owned();
        let is_svg = match names.resolve_element(start.name()).0 {
            ResolveResult::Bound(namespace) => namespace.as_ref() == SVG,
            // Old drawings leave the namespace out; viewers of files refuse them and those in pages draw them.
            ResolveResult::Unbound => true,
            ResolveResult::Unknown(_) => false,
        };
        if is_root && (!is_svg || local != "svg") {
            return Err(Refusal::held(Reason::UnknownKind));
        }
        let place = if is_svg { place_of(&local) } else { Place::Foreign };
        match place {
            Place::Script => {
                self.note(Threat::Script, &local);
                return Ok(false);
            }
            // Pages inside a drawing. `switch` has a branch for viewers that cannot show them.
            Place::Page => {
                self.note(Threat::Unknown, &local);
                return Ok(false);
            }
            // What drawing programs write for themselves is never shown.
            Place::Foreign => return Ok(false),
            Place::Unknown => {
                self.note(Threat::Unknown, &local);
                return Ok(false);
            }
            _ => {}
        }
        let mut attributes: Vec<(String, String)> = Vec::new();
        let mut link_kept = false;
        let mut has_picture = false;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| damaged)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let value = xml::attribute_value(&attribute)?;
            let name = attribute.key.local_name().as_ref().to_owned();
            let space = match names.resolve_attribute(attribute.key).0 {
                ResolveResult::Unbound => "",
                ResolveResult::Bound(namespace) if namespace.as_ref() == XLINK => XLINK,
                ResolveResult::Bound(namespace) if namespace.as_ref() == XML => XML,
                ResolveResult::Bound(namespace) if namespace.as_ref() == SVG => "",
                _ => continue,
            };
            if name == "href" && (space.is_empty() || space == XLINK) {
                if let Some(value) = self.reference(place, &value)? {
                    link_kept |= place == Place::Link;
                    has_picture |= place == Place::Picture;
                    // Both spellings, because programs know one or the other.
                    attributes.retain(|(n, _)| n != "href" && n != "xlink:href");
                    attributes.push(("href".to_owned(), value.clone()));
                    attributes.push(("xlink:href".to_owned(), value));
                }
                continue;
            }
            if space == XML {
                if matches!(name.as_str(), "space" | "lang") {
                    attributes.push((format!("xml:{name}"), value));
                }
                continue;
            }
            if space == XLINK {
                continue;
            }
            if let Some(value) = self.attribute(place, &name, value) {
                attributes.push((name, value));
            }
        }
        if place == Place::Animation {
            let aims =
                attributes.iter().any(|(name, value)| name == "attributeName" && lists::is_animated(value));
            if !aims && !matches!(local.as_str(), "animateMotion") {
                self.note(Threat::Action, &local);
                return Ok(false);
            }
        }
        if place == Place::Picture && !has_picture {
            // A picture without its content would be drawn as a broken one.
            return Ok(false);
        }
        let name = (place != Place::Link || link_kept).then_some(local);
        if let Some(name) = &name {
            self.out.push('<');
            self.out.push_str(name);
            if is_root {
                self.out.push_str(&format!(" xmlns=\"{SVG}\" xmlns:xlink=\"{XLINK}\""));
            }
            for (key, value) in &attributes {
                self.out.push_str(&format!(" {key}=\"{}\"", xml::escape_attribute(value)));
            }
            self.out.push('>');
        }
        let sheet = (place == Place::Sheet).then(String::new);
        self.open.push(Open { name, place, sheet });
        Ok(true)
    }

    /// The value with which an attribute is written.
    fn attribute(&mut self, place: Place, name: &str, value: String) -> Option<String> {
        if name == "style" {
            let (clean, dropped) = css::declarations(&value);
            for threat in dropped {
                self.note(threat, "style");
            }
            return (!clean.is_empty()).then_some(clean);
        }
        if name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on")) {
            self.note(Threat::Script, name);
            return None;
        }
        if !lists::is_attribute(name, place == Place::Animation) {
            return None;
        }
        match css::check(&value) {
            Ok(()) => Some(value),
            Err(threat) => {
                self.note(threat, name);
                None
            }
        }
    }

    /// Where a reference may lead.
    fn reference(&mut self, place: Place, untrusted: &str) -> Result<Option<String>, Refusal> {
        let target: String = untrusted.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
        if let Some(id) = target.strip_prefix('#') {
            return Ok((!id.is_empty()).then(|| format!("#{id}")));
        }
        if place == Place::Link {
            let policy = self.work.job.policy.links;
            if !self.strict && link::is_kept(untrusted, policy) {
                return Ok(Some(untrusted.trim().to_owned()));
            }
            self.note(Threat::Hyperlink, "a");
            return Ok(None);
        }
        let is_data = target.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
        if place == Place::Picture && is_data {
            let picture = self.picture(untrusted)?;
            if picture.is_none() {
                self.note(Threat::Unknown, "image");
            }
            return Ok(picture);
        }
        if !target.is_empty() {
            let lower = target.to_ascii_lowercase();
            let runs = lower.starts_with("javascript:") || lower.starts_with("vbscript:") || is_data;
            self.note(if runs { Threat::Script } else { Threat::ExternalContent }, "href");
        }
        Ok(None)
    }

    /// A picture inside the drawing, rebuilt.
    fn picture(&mut self, untrusted: &str) -> Result<Option<String>, Refusal> {
        let Some((head, body)) = untrusted.split_once(',') else { return Ok(None) };
        let bytes = if head.to_ascii_lowercase().trim_end().ends_with(";base64") {
            let body: Vec<u8> =
                percent_decoded(body).into_iter().filter(|b| !b.is_ascii_whitespace()).collect();
            match LENIENT.decode(body) {
                Ok(bytes) => bytes,
                Err(_) => return Ok(None),
            }
        } else {
            percent_decoded(body)
        };
        self.work.budget.spend(bytes.len() as u64)?;
        let rebuilt = if is_svg(&bytes) {
            if self.depth >= NESTED_MAX {
                return Err(Refusal::blocked(Reason::TooComplex));
            }
            rebuild_nested(&bytes, self.place, self.strict, None, self.depth + 1, self.work)
                .map(|svg| (svg.clean, "image/svg+xml"))
        } else {
            super::rebuild_raster(&bytes, self.place, self.work)
                .map(|(clean, format)| (clean, format.content_type()))
        };
        match rebuilt {
            Ok((clean, media_type)) => {
                Ok(Some(format!("data:{media_type};base64,{}", STANDARD.encode(clean))))
            }
            Err(refusal) if matches!(refusal.reason, Reason::Bomb | Reason::TooComplex) => Err(refusal),
            Err(_) => Ok(None),
        }
    }

    fn text(&mut self, text: &str) {
        let Some(open) = self.open.last_mut() else { return };
        if let Some(sheet) = &mut open.sheet {
            sheet.push_str(text);
            return;
        }
        self.characters.0 += visible(text);
        // Between shapes text is not drawn, so nobody would miss it; white space there is only indentation.
        let is_shown = matches!(open.place, Place::Text)
            || (open.place == Place::Link && self.open.iter().any(|o| o.place == Place::Text));
        if is_shown || self.open.last().is_some_and(|o| o.place == Place::Label) {
            self.characters.1 += visible(text);
            xml::push_text(&mut self.out, text);
            if self.line.len() < 64 << 10 {
                self.line.push_str(text);
            }
        }
    }

    fn end(&mut self) -> Result<(), Refusal> {
        let Some(open) = self.open.pop() else { return Err(Refusal::held(Reason::Damaged)) };
        if let Some(sheet) = &open.sheet {
            let (clean, dropped) = css::sheet(sheet);
            for threat in dropped {
                self.note(threat, "style");
            }
            xml::push_text(&mut self.out, &clean);
        }
        if let Some(name) = &open.name {
            if self.out.ends_with('>') && self.out.rfind('<').is_some_and(|at| self.opens(at, name)) {
                self.out.pop();
                self.out.push_str("/>");
            } else {
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
        }
        let ends_line = matches!(open.place, Place::Text | Place::Label)
            && !self.open.iter().any(|o| matches!(o.place, Place::Text | Place::Label));
        if ends_line {
            let line = self.line.split_whitespace().collect::<Vec<_>>().join(" ");
            self.line.clear();
            if !line.is_empty() {
                self.lines.push(line);
            }
        }
        Ok(())
    }

    /// Whether the last tag written is the start of this element.
    fn opens(&self, at: usize, name: &str) -> bool {
        let tag = self.out.get(at + 1..).unwrap_or_default();
        tag.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '>'])) && !tag.ends_with("/>")
    }
}

fn visible(text: &str) -> u64 {
    text.chars().filter(|c| !c.is_whitespace()).count() as u64
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let pair = (byte == b'%').then(|| (ahead.next(), ahead.next()));
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        if let Some((Some(high), Some(low))) = pair
            && let (Some(high), Some(low)) = (digit(high), digit(low))
        {
            out.push(high << 4 | low);
            bytes = ahead;
        } else {
            out.push(byte);
        }
    }
    out
}

#[cfg(test)]
mod tests;
