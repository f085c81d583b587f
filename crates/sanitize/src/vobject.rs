//! Calendars (iCalendar, RFC 5545) and address cards (vCard 2.1 to 4.0).
//!
//! Owns: unfolding lines, the components, properties and parameters that stay, pictures on cards, folding lines again.
//! Leaves to others: encodings (`text`, `transfer`), link targets (`link`), pictures (`picture`).

use worker_protocol::{Fidelity, Kind, LinkPolicy, Mode, Reason, Spot, Threat};

use crate::picture::{self, Format};
use crate::{Rebuilt, Refusal, Work, link, text, transfer};

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
    };
    let lines = unfold(&decoded.text);
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

/// Lines with what was folded put together again, each with the number of its first line.
fn unfold(text: &str) -> Vec<(u32, String)> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut is_soft = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_end_matches('\r');
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        match lines.last_mut() {
            // vCard 2.1 breaks quoted-printable values with an equals sign and no blank.
            Some((_, last)) if is_soft => {
                last.pop();
                last.push_str(line);
            }
            Some((_, last)) if line.starts_with([' ', '\t']) => {
                last.push_str(line.get(1..).unwrap_or_default())
            }
            _ => lines.push((number, line.to_owned())),
        }
        is_soft = lines.last().is_some_and(|(_, last)| {
            last.ends_with('=')
                && last
                    .split(':')
                    .next()
                    .is_some_and(|head| head.to_ascii_uppercase().contains("QUOTED-PRINTABLE"))
        });
    }
    lines
}

/// One property: a name, parameters, a value.
struct Property {
    /// Upper case, without its group.
    name: String,
    group: Option<String>,
    parameters: Vec<(String, String)>,
    value: String,
}

impl Property {
    fn read(line: &str) -> Option<Self> {
        let mut quoted = false;
        let colon = line.char_indices().find(|(_, c)| {
            quoted ^= *c == '"';
            *c == ':' && !quoted
        })?;
        let (head, value) = line.split_at_checked(colon.0)?;
        let mut pieces = Vec::new();
        let (mut start, mut quoted) = (0, false);
        for (at, c) in head.char_indices() {
            quoted ^= c == '"';
            if c == ';' && !quoted {
                pieces.push(head.get(start..at)?);
                start = at + 1;
            }
        }
        pieces.push(head.get(start..)?);
        let (full_name, parameters) = pieces.split_first()?;
        let (group, name) = match full_name.rsplit_once('.') {
            Some((group, name)) => (Some(group.to_owned()), name),
            None => (None, *full_name),
        };
        let is_token = |token: &str| {
            !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if !is_token(name.trim()) || !group.as_deref().is_none_or(is_token) {
            return None;
        }
        let parameters = parameters.iter().map(|parameter| match parameter.split_once('=') {
            Some((name, value)) => (name.trim().to_ascii_uppercase(), value.trim().to_owned()),
            // vCard 2.1 leaves the name of a parameter out.
            None => (String::new(), parameter.trim().to_owned()),
        });
        Some(Self {
            name: name.trim().to_ascii_uppercase(),
            group,
            parameters: parameters.collect(),
            value: value.strip_prefix(':').unwrap_or(value).to_owned(),
        })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let bare = |value: &str| match name {
            "ENCODING" => matches!(value.to_ascii_uppercase().as_str(), "QUOTED-PRINTABLE" | "BASE64" | "B"),
            _ => false,
        };
        self.parameters
            .iter()
            .find(|(known, value)| known == name || (known.is_empty() && bare(value)))
            .map(|(_, value)| value.trim_matches('"'))
    }

    fn is_quoted_printable(&self) -> bool {
        self.parameter("ENCODING").is_some_and(|encoding| encoding.eq_ignore_ascii_case("QUOTED-PRINTABLE"))
    }

    /// The value without its transfer encoding.
    fn raw(&self) -> String {
        if self.is_quoted_printable() {
            let bytes = transfer::quoted_printable_decode(self.value.as_bytes());
            text::decode_declared(&bytes, self.parameter("CHARSET")).text
        } else {
            self.value.clone()
        }
    }

    /// The value as a person reads it.
    fn words(&self) -> String {
        self.raw()
            .replace("\\n", "\n")
            .replace("\\N", "\n")
            .replace("\\,", ",")
            .replace("\\;", ";")
            .replace("\\\\", "\\")
    }
}

struct Pass {
    kind: Kind,
    mode: Mode,
    links: LinkPolicy,
    out: String,
    words: String,
    open: Vec<String>,
    fidelity: Fidelity,
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
                self.open.push(name);
                return Ok(None);
            }
            "END" => {
                let name = property.value.trim().to_ascii_uppercase();
                if self.open.pop().as_deref() != Some(name.as_str()) {
                    return Err(damaged);
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
        Ok(None)
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
        let kind = match format {
            Format::Png => "PNG",
            Format::Jpeg => "JPEG",
        };
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

/// Group, name and those parameters that stay.
fn head(property: &Property, work: &mut Work<'_>) -> String {
    let mut head = property.group.as_ref().map(|group| format!("{group}.")).unwrap_or_default();
    head.push_str(&property.name);
    for (name, value) in &property.parameters {
        let plain = value.trim_matches('"');
        let is_encoding = matches!(name.as_str(), "ENCODING")
            || (name.is_empty() && property.parameter("ENCODING") == Some(plain));
        match name.as_str() {
            // Written anew with the value.
            _ if is_encoding && property.is_quoted_printable() => {}
            "CHARSET" if property.is_quoted_printable() => {}
            "TZID" | "VALUE" | "LANGUAGE" | "CN" | "ROLE" | "PARTSTAT" | "RSVP" | "CUTYPE" | "RELATED"
            | "RANGE" | "FBTYPE" | "RELTYPE" | "TYPE" | "PREF" | "CHARSET" | "ENCODING" | "LABEL"
            | "SORT-AS" | "PID" | "ALTID" | "CALSCALE" | "EMAIL" | "X-IRMC-N" | "SENT-BY" | "MEMBER"
            | "DELEGATED-TO" | "DELEGATED-FROM" | "" => {
                head.push(';');
                if !name.is_empty() {
                    head.push_str(name);
                    head.push('=');
                }
                // Several values stand between commas, each in quotes of its own.
                let mut in_quotes = false;
                let values = value.split(|c| {
                    in_quotes ^= c == '"';
                    c == ',' && !in_quotes
                });
                for (at, value) in values.enumerate() {
                    let value = value.replace('"', "");
                    let quote = if value.contains([':', ';', ',']) { "\"" } else { "" };
                    head.push_str(if at > 0 { "," } else { "" });
                    head.push_str(&format!("{quote}{value}{quote}"));
                }
            }
            "ALTREP" | "DIR" | "FMTTYPE" => work.findings.add(Threat::ExternalContent, &property.name),
            _ => work.findings.add(Threat::Extension, &property.name),
        }
    }
    head
}

fn is_component(name: &str) -> bool {
    matches!(
        name,
        "VEVENT"
            | "VTODO"
            | "VJOURNAL"
            | "VFREEBUSY"
            | "VTIMEZONE"
            | "STANDARD"
            | "DAYLIGHT"
            | "VALARM"
            | "VAVAILABILITY"
            | "AVAILABLE"
    )
}

fn is_property(name: &str) -> bool {
    const CALENDAR: [&str; 48] = [
        "CALSCALE",
        "METHOD",
        "PRODID",
        "VERSION",
        "CATEGORIES",
        "CLASS",
        "COMMENT",
        "DESCRIPTION",
        "GEO",
        "LOCATION",
        "PERCENT-COMPLETE",
        "PRIORITY",
        "RESOURCES",
        "STATUS",
        "SUMMARY",
        "COMPLETED",
        "DTEND",
        "DUE",
        "DTSTART",
        "DURATION",
        "FREEBUSY",
        "TRANSP",
        "TZID",
        "TZNAME",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "CONTACT",
        "RECURRENCE-ID",
        "RELATED-TO",
        "UID",
        "EXDATE",
        "RDATE",
        "RRULE",
        "EXRULE",
        "ACTION",
        "REPEAT",
        "TRIGGER",
        "CREATED",
        "DTSTAMP",
        "LAST-MODIFIED",
        "SEQUENCE",
        "REQUEST-STATUS",
        "NAME",
        "REFRESH-INTERVAL",
        "COLOR",
        "ACKNOWLEDGED",
        "BUSYTYPE",
        "TZUNTIL",
    ];
    const CARD: [&str; 30] = [
        "FN",
        "N",
        "NICKNAME",
        "BDAY",
        "ANNIVERSARY",
        "GENDER",
        "ADR",
        "LABEL",
        "TEL",
        "EMAIL",
        "IMPP",
        "LANG",
        "MAILER",
        "TZ",
        "TITLE",
        "ROLE",
        "ORG",
        "MEMBER",
        "RELATED",
        "NOTE",
        "REV",
        "SORT-STRING",
        "KIND",
        "GEO",
        "PHOTO",
        "LOGO",
        "PROFILE",
        "CLIENTPIDMAP",
        "DEATHDATE",
        "BIRTHPLACE",
    ];
    const OTHERS: [&str; 12] = [
        "X-WR-CALNAME",
        "X-WR-CALDESC",
        "X-WR-TIMEZONE",
        "X-PHONETIC-FIRST-NAME",
        "X-PHONETIC-MIDDLE-NAME",
        "X-PHONETIC-LAST-NAME",
        "X-PHONETIC-ORG",
        "X-ABLABEL",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-MICROSOFT-CDO-ALLDAYEVENT",
        "X-MICROSOFT-CDO-IMPORTANCE",
        "X-GENDER",
    ];
    CALENDAR.contains(&name) || CARD.contains(&name) || OTHERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use worker_protocol::{FilePolicy, Hint, Job, Kept, Limits, Outcome, Verdict};

    fn run(bytes: &[u8], name: &str, mode: Mode) -> Outcome {
        let hint = Hint { untrusted_name: name.to_owned(), passwords: Vec::new() };
        let mut policy = FilePolicy::default();
        policy.modes.insert(Kind::Calendar, mode);
        policy.modes.insert(Kind::Contact, mode);
        let job = Job { hint, policy, limits: Limits::default(), want_preview: false, mark: None };
        let outcome = crate::sanitise(&job, bytes.to_vec(), &mut |_, _| ());
        assert!(outcome.report.is_consistent());
        outcome
    }

    fn event(lines: &str) -> (String, Vec<Threat>) {
        let lines = lines.replace('\n', "\r\n");
        let given = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let outcome = run(given.as_bytes(), "a.ics", Mode::Rebuild);
        let clean =
            String::from_utf8(outcome.clean.unwrap_or_else(|| panic!("{given} {:?}", outcome.report.reason)))
                .unwrap();
        let inner = clean.split_once("BEGIN:VEVENT\r\n").unwrap().1.split_once("END:VEVENT").unwrap().0;
        (
            inner.replace("\r\n", "\n").trim_end().to_owned(),
            outcome.report.removals.iter().map(|r| r.what).collect(),
        )
    }

    #[test]
    fn dates_stay_and_what_fetches_or_runs_goes() {
        use Threat::{Action, Attachment, Extension, ExternalContent, Hyperlink, Unknown};
        let alarm = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:会議\nEND:VALARM";
        let rows: [(&str, &str, &[Threat]); 12] = [
            ("SUMMARY:定例\n 会議", "SUMMARY:定例会議", &[]),
            ("DTSTART;TZID=Asia/Tokyo:20260401T090000", "DTSTART;TZID=Asia/Tokyo:20260401T090000", &[]),
            (
                "ATTENDEE;CN=\"山田; 太郎\";X-A=b:mailto:a@b.example",
                "ATTENDEE;CN=\"山田; 太郎\":mailto:a@b.example",
                &[Extension],
            ),
            ("URL:https://a.example/", "URL:https://a.example/", &[]),
            ("URL:file:///c:/a.exe", "", &[Hyperlink]),
            ("ATTACH:http://a/b.exe", "", &[ExternalContent]),
            ("ATTACH;VALUE=BINARY;ENCODING=BASE64:TVqQ", "", &[Attachment]),
            ("DESCRIPTION;ALTREP=\"cid:x\":a", "DESCRIPTION:a", &[ExternalContent]),
            ("X-ALT-DESC;FMTTYPE=text/html:<script>x</script>", "", &[Extension]),
            (alarm, alarm, &[]),
            (
                "BEGIN:VALARM\nACTION:PROCEDURE\nATTACH:file:calc.exe\nEND:VALARM\nSUMMARY:a",
                "SUMMARY:a",
                &[Action],
            ),
            ("BEGIN:X-COMP\nA:b\nEND:X-COMP\nnonsense\nSUMMARY:a", "SUMMARY:a", &[Unknown, Unknown]),
        ];
        for (given, expected, lost) in rows {
            assert_eq!(event(given), (expected.to_owned(), lost.to_vec()), "{given}");
        }
        let long = format!("DESCRIPTION:{}", "あ".repeat(60));
        let (folded, _) = event(&long);
        assert!(folded.lines().all(|line| line.len() <= 76));
        assert_eq!(folded.replace("\n ", ""), long);
    }

    #[test]
    fn cards_of_telephones_keep_names_and_pictures() {
        let photo = transfer::base64(&picture::placeholder().unwrap());
        let sjis: String =
            encoding_rs::SHIFT_JIS.encode("山田;太郎").0.iter().map(|b| format!("={b:02X}")).collect();
        let given = format!(
            "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{}=\r\n{}\r\n\
             SOUND;X-IRMC-N;CHARSET=SHIFT_JIS:ﾔﾏﾀﾞ;ﾀﾛｳ\r\nTEL;CELL:090-0000-0000\r\nPHOTO;TYPE=PNG;ENCODING=BASE64:\r\n {photo}\r\n\r\n\
             PHOTO;VALUE=URL:http://a/b.png\r\nKEY:x\r\nURL:javascript:x\r\nEND:VCARD\r\n",
            &sjis[..9],
            &sjis[9..]
        );
        let outcome = run(&encoding_rs::SHIFT_JIS.encode(&given).0, "a.vcf", Mode::Rebuild);
        let clean = text::decode(&outcome.clean.unwrap()).unwrap().text;
        let words = unfold(&clean)
            .iter()
            .find_map(|(_, line)| Property::read(line).filter(|p| p.name == "N"))
            .unwrap()
            .words();
        assert_eq!(words, "山田;太郎");
        assert!(
            clean.contains("SOUND;X-IRMC-N;CHARSET=SHIFT_JIS:ﾔﾏﾀﾞ;ﾀﾛｳ")
                && clean.contains("TEL;CELL:090-0000-0000"),
            "{clean}"
        );
        assert!(!clean.contains("javascript") && !clean.contains("http:") && !clean.contains("KEY"));
        let fidelity = outcome.report.fidelity.unwrap();
        assert_eq!(fidelity.pictures, Kept { before: 2, after: 1 });
        assert!(fidelity.characters.after <= fidelity.characters.before);
    }

    #[test]
    fn text_and_bad_input() {
        let given = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:会議\\, 午後\nEND:VEVENT\nEND:VCALENDAR\n";
        let text = run(given.as_bytes(), "a.ics", Mode::TextOnly);
        assert_eq!(String::from_utf8(text.clean.unwrap()).unwrap(), "SUMMARY: 会議, 午後\n\n");
        let rows = [
            "BEGIN:VCALENDAR\n",
            "BEGIN:VCALENDAR\nEND:VEVENT\n",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VALARM\n",
            "BEGIN:VCALENDAR\nEND:VCALENDAR\nSUMMARY:a\n",
            &format!("BEGIN:VCALENDAR\n{}", "BEGIN:VEVENT\n".repeat(50_000)),
        ];
        for given in rows {
            assert_eq!(
                run(given.as_bytes(), "a.ics", Mode::Rebuild).report.reason,
                Some(Reason::Damaged),
                "{given:.40}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_second_pass_finds_nothing(lines in "((SUMMARY|URL|ATTACH|X-A|N)(;[A-Z]{0,4}=?\"?[a-z:]{0,3}\"?){0,2}:?[a-zあ:/=\\\\]{0,8}\n| x\n|BEGIN:VALARM\n|END:VALARM\n){0,10}") {
            let given = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{lines}END:VEVENT\nEND:VCALENDAR\n");
            if let Some(clean) = run(given.as_bytes(), "a.ics", Mode::Rebuild).clean {
                let again = run(&clean, "a.ics", Mode::Rebuild);
                prop_assert_eq!(again.report.verdict, Verdict::Clean);
                prop_assert_eq!(again.clean.unwrap(), clean);
            }
        }
    }
}
