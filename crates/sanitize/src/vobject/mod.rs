//! Calendars (iCalendar, RFC 5545) and address cards (vCard 2.1 to 4.0).
//!
//! Owns: unfolding lines, the components, properties and parameters that stay, pictures on cards, folding lines again.
//! Leaves to others: encodings (`text`, `transfer`), link targets (`link`), pictures (`picture`), words as a page (`html`).

mod mark;
mod property;
mod rules;

use worker_protocol::{Fidelity, Kind, LinkPolicy, Mode, Reason, Spot, Threat};

use crate::{Rebuilt, Refusal, Work, html, link, picture, text, transfer};
use mark::Stamp;
use property::{Property, unfold};
use rules::{head, is_component, is_property};

/// Components in components.
const DEPTH_MAX: usize = 8;

/// Bytes of a line before it is folded (RFC 5545, section 3.1).
const LINE_BYTES_MAX: usize = 75;

/// Builds a calendar or an address card anew.
pub(crate) fn rebuild(
    untrusted: &[u8],
    kind: Kind,
    mode: Mode,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    if matches!(mode, Mode::ImagePdf | Mode::InspectOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let mut decoded = text::decode_declared(untrusted, None);
    decoded.drop_controls().report(work);
    let mut pass = Pass {
        kind,
        mode,
        links: if mode == Mode::Strict { LinkPolicy::Remove } else { work.job.policy.links },
        out: String::with_capacity(decoded.text.len() + 64),
        words: String::new(),
        open: Vec::new(),
        fidelity: Fidelity::default(),
        mark: None,
    };
    let lines = unfold(&decoded.text);
    if let Some(mark) = &work.job.mark {
        if decoded.can_say(&crate::mark::shown(mark)) {
            pass.mark = Some(Stamp::new(mark, &lines));
        } else if mode != Mode::TextOnly {
            work.findings.add(Threat::MarkNotPossible, "");
        }
    }
    let mut skipped: Option<String> = None;
    let mut alarm: Vec<(u32, String)> = Vec::new();
    for (number, line) in &lines {
        let Some(property) = Property::read(line) else {
            if !line.trim().is_empty() {
                work.findings.add_at(Threat::Unknown, "line", Spot::Line { number: *number });
            }
            continue;
        };
        if let Some(until) = &skipped {
            if property.name == "END" && property.value.trim().eq_ignore_ascii_case(until) {
                skipped = None;
            }
            continue;
        }
        // An alarm is read as a whole before it is known whether it runs something.
        if !alarm.is_empty()
            || (property.name == "BEGIN" && property.value.trim().eq_ignore_ascii_case("VALARM"))
        {
            alarm.push((*number, line.clone()));
            if property.name == "END" && property.value.trim().eq_ignore_ascii_case("VALARM") {
                pass.alarm(&std::mem::take(&mut alarm), work)?;
            }
            continue;
        }
        skipped = pass.line(&property, *number, work)?;
    }
    if !pass.open.is_empty() || skipped.is_some() || !alarm.is_empty() || pass.out.is_empty() {
        return Err(Refusal::held(Reason::Damaged));
    }
    if mode == Mode::TextOnly {
        return Ok(text::written_down(pass.words, work));
    }
    decoded.text = pass.out;
    if !decoded.is_writable() {
        return Err(Refusal::held(Reason::VerifyFailed));
    }
    let fidelity = Some(pass.fidelity);
    Ok(Rebuilt { fidelity, ..Rebuilt::same(decoded.encode(), kind) })
}

/// The properties of a clean file that a person reads, for a preview: name and value.
pub(crate) fn clean_rows(clean: &[u8]) -> Option<Vec<Vec<String>>> {
    let decoded = text::decode(clean)?;
    let rows = unfold(&decoded.text).into_iter().filter_map(|(_, line)| {
        let property = Property::read(&line)?;
        let is_binary = property
            .parameter("ENCODING")
            .is_some_and(|e| matches!(e.to_ascii_uppercase().as_str(), "B" | "BASE64"))
            || property.value.starts_with("data:");
        let value = if is_binary { String::new() } else { property.words() };
        (!matches!(property.name.as_str(), "BEGIN" | "END" | "VERSION" | "PRODID" | "CALSCALE"))
            .then(|| vec![property.name.clone(), value])
    });
    Some(rows.collect())
}

struct Pass {
    kind: Kind,
    mode: Mode,
    links: LinkPolicy,
    out: String,
    words: String,
    open: Vec<String>,
    fidelity: Fidelity,
    mark: Option<Stamp>,
}

impl Pass {
    /// Writes a line or leaves it out. The name of a component when all of it is to be left out.
    fn line(
        &mut self,
        property: &Property,
        number: u32,
        work: &mut Work<'_>,
    ) -> Result<Option<String>, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let spot = || Spot::Line { number };
        match property.name.as_str() {
            "BEGIN" => {
                let name = property.value.trim().to_ascii_uppercase();
                if self.open.is_empty() && name != self.root() || self.open.len() >= DEPTH_MAX {
                    return Err(damaged);
                }
                if !self.open.is_empty() && !is_component(&name) {
                    work.findings.add_at(Threat::Unknown, "component", spot());
                    return Ok(Some(name));
                }
                self.push_line(&format!("BEGIN:{name}"));
                if let Some(line) = self.mark.as_ref().and_then(|mark| mark.of_component(&name)) {
                    self.push_line(&line);
                }
                self.open.push(name);
                return Ok(None);
            }
            "END" => {
                let name = property.value.trim().to_ascii_uppercase();
                if self.open.pop().as_deref() != Some(name.as_str()) {
                    return Err(damaged);
                }
                if self.open.is_empty() {
                    self.put_mark();
                    self.mark.iter_mut().for_each(Stamp::end_root);
                }
                self.push_line(&format!("END:{name}"));
                if name == self.root() {
                    self.words.push('\n');
                }
                return Ok(None);
            }
            _ if self.open.is_empty() => return Err(damaged),
            _ => {}
        }
        if self.mark.as_ref().is_some_and(|mark| mark.is_older(property)) {
            return Ok(None);
        }
        if property.name == "X-ALT-DESC" && self.page(property, number, work)? {
            return Ok(None);
        }
        let count = text::visible_characters(&property.words());
        if let Some(threat) = self.threat(property) {
            if !matches!(
                threat,
                Threat::Attachment | Threat::ExternalContent | Threat::Extension | Threat::Multimedia
            ) {
                self.fidelity.characters.before += count;
            }
            work.findings.add_at(threat, &property.name, spot());
            return Ok(None);
        }
        if matches!(property.name.as_str(), "PHOTO" | "LOGO") {
            self.picture(property, number, work)?;
            return Ok(None);
        }
        self.fidelity.characters.before += count;
        self.fidelity.characters.after += count;
        self.write(property, work);
        if property.name == "VERSION" && self.open.len() == 1 {
            self.put_mark();
        }
        Ok(None)
    }

    /// Writes the mark for the whole of it: behind its version, which has to be first, and otherwise at its end.
    fn put_mark(&mut self) {
        let lines = self.mark.as_mut().map(|mark| mark.of_root(self.kind)).unwrap_or_default();
        lines.iter().for_each(|line| self.push_line(line));
    }

    fn root(&self) -> &'static str {
        if self.kind == Kind::Calendar { "VCALENDAR" } else { "VCARD" }
    }

    /// Why a property goes, if it does.
    fn threat(&self, property: &Property) -> Option<Threat> {
        let value = property.value.trim();
        match property.name.as_str() {
            "URL" | "CONFERENCE" | "SOURCE" | "FBURL" | "CALURI" | "CALADRURI" => {
                (!link::is_kept(&value.replace("\\:", ":"), self.links)).then_some(Threat::Hyperlink)
            }
            "ORGANIZER" | "ATTENDEE" => {
                let lower: String = value.chars().take(8).collect::<String>().to_ascii_lowercase();
                let is_mail =
                    lower.starts_with("mailto:") || !value.contains(':') || lower.starts_with("invalid:");
                (!is_mail).then_some(Threat::Hyperlink)
            }
            "ATTACH" => Some(if property.parameters.iter().any(|(_, v)| v.eq_ignore_ascii_case("BINARY")) {
                Threat::Attachment
            } else {
                Threat::ExternalContent
            }),
            "KEY" => Some(Threat::AuxiliaryPart),
            "AGENT" => Some(Threat::Attachment),
            // Japanese telephones keep the reading of a name here.
            "SOUND" => {
                let is_reading = property.parameters.iter().any(|(name, value)| {
                    name.eq_ignore_ascii_case("X-IRMC-N") || value.eq_ignore_ascii_case("X-IRMC-N")
                });
                (!is_reading).then_some(Threat::Multimedia)
            }
            "COMMENT" | "NOTE" if self.mode == Mode::Strict => Some(Threat::HiddenData),
            name => (!is_property(name)).then_some(Threat::Extension),
        }
    }

    fn write(&mut self, property: &Property, work: &mut Work<'_>) {
        let mut line = head(property, work);
        if property.is_quoted_printable() {
            let (plain, dropped) = text::without_controls(&property.raw());
            dropped.report(work);
            line.push_str(";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:");
            for byte in plain.bytes() {
                if byte.is_ascii_graphic() && byte != b'=' {
                    line.push(char::from(byte));
                } else {
                    line.push_str(&format!("={byte:02X}"));
                }
            }
            // Folding is not for these; telephones read them as they stand.
            self.out.push_str(&line);
            self.out.push_str("\r\n");
        } else {
            line.push(':');
            line.push_str(&property.value);
            self.push_line(&line);
        }
        if !matches!(
            property.name.as_str(),
            "VERSION" | "PRODID" | "CALSCALE" | "METHOD" | "UID" | "SEQUENCE" | "DTSTAMP"
        ) {
            self.words.push_str(&property.name);
            self.words.push_str(": ");
            self.words.push_str(property.words().trim());
            self.words.push('\n');
        }
    }

    /// A picture on a card, decoded and encoded again.
    fn picture(&mut self, property: &Property, number: u32, work: &mut Work<'_>) -> Result<(), Refusal> {
        self.fidelity.pictures.before += 1;
        let value = property.value.trim();
        let as_data = value.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"));
        let body = if as_data { value.split_once(',').map_or("", |(_, body)| body) } else { value };
        let is_inline = as_data || property.parameter("ENCODING").is_some();
        let rebuilt = match is_inline {
            true => picture::rebuild_any(&transfer::base64_decode(body.as_bytes()), &property.name, work),
            false => Err(Refusal::held(Reason::UnknownKind)),
        };
        let (clean, format) = match rebuilt {
            Ok(rebuilt) => rebuilt,
            Err(refusal) if refusal.reason == Reason::Bomb => return Err(refusal),
            Err(_) => {
                work.findings.add_at(Threat::ExternalContent, &property.name, Spot::Line { number });
                return Ok(());
            }
        };
        let group = property.group.as_ref().map(|group| format!("{group}.")).unwrap_or_default();
        let name = &property.name;
        let kind = format.content_type().trim_start_matches("image/").to_ascii_uppercase();
        let written = transfer::base64(&clean);
        self.fidelity.pictures.after += 1;
        self.push_line(&match property.parameter("ENCODING") {
            _ if as_data => {
                format!("{group}{name}:data:image/{};base64,{written}", kind.to_ascii_lowercase())
            }
            Some(encoding) if encoding.eq_ignore_ascii_case("b") => {
                format!("{group}{name};ENCODING=b;TYPE={kind}:{written}")
            }
            _ => format!("{group}{name};TYPE={kind};ENCODING=BASE64:{written}"),
        });
        // vCard 2.1 ends binary values with an empty line.
        if property.parameter("ENCODING").is_some_and(|encoding| encoding.eq_ignore_ascii_case("BASE64")) {
            self.out.push_str("\r\n");
        }
        Ok(())
    }

    /// The words of an entry as a page, which Outlook shows in their place, cleaned like any page. False when it is none.
    fn page(&mut self, property: &Property, number: u32, work: &mut Work<'_>) -> Result<bool, Refusal> {
        let is_page =
            property.parameter("FMTTYPE").is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
        let may_pass = work.job.policy.modes.get(&Kind::Html) == Some(&Mode::Rebuild);
        if !is_page || !may_pass || self.mode != Mode::Rebuild {
            return Ok(false);
        }
        let page = html::clean(&property.words(), Mode::Rebuild, &mut html::data_picture, work)?;
        let (counted, mine) = (page.fidelity.characters, &mut self.fidelity.characters);
        mine.before += counted.before;
        mine.after += counted.after;
        self.fidelity.pictures.before += page.fidelity.pictures.before;
        self.fidelity.pictures.after += page.fidelity.pictures.after;
        if counted.after == 0 && page.fidelity.pictures.after == 0 {
            work.findings.add_at(Threat::Extension, &property.name, Spot::Line { number });
            return Ok(true);
        }
        let mut line = String::from("X-ALT-DESC;FMTTYPE=text/html:");
        for c in page.html.chars() {
            match c {
                '\\' | ',' | ';' => line.extend(['\\', c]),
                '\n' => line.push_str("\\n"),
                '\r' => {}
                c => line.push(c),
            }
        }
        self.push_line(&line);
        Ok(true)
    }

    /// An alarm that shows or sounds stays; one that runs a program or sends mail goes.
    fn alarm(&mut self, lines: &[(u32, String)], work: &mut Work<'_>) -> Result<(), Refusal> {
        let properties: Vec<(u32, Property)> =
            lines.iter().filter_map(|(number, line)| Some((*number, Property::read(line)?))).collect();
        let action = properties
            .iter()
            .find(|(_, p)| p.name == "ACTION")
            .map(|(_, p)| p.value.trim().to_ascii_uppercase());
        let first = lines.first().map_or(1, |(number, _)| *number);
        if !matches!(action.as_deref(), Some("DISPLAY" | "AUDIO")) {
            work.findings.add_at(Threat::Action, "VALARM", Spot::Line { number: first });
            return Ok(());
        }
        for (number, property) in &properties {
            if self.line(property, *number, work)?.is_some() {
                return Err(Refusal::held(Reason::Damaged));
            }
        }
        Ok(())
    }

    /// Folds a line at the bound, between characters.
    fn push_line(&mut self, line: &str) {
        let mut width = 0;
        for c in line.chars() {
            if width + c.len_utf8() > LINE_BYTES_MAX {
                self.out.push_str("\r\n ");
                width = 1;
            }
            self.out.push(c);
            width += c.len_utf8();
        }
        self.out.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests;
