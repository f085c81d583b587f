//! XML of any vocabulary, as data: elements, attributes and text, and nothing that an XML program would do with them.
//!
//! Owns: encodings that the declaration names, references and declarations, style sheets, inclusions, elements of web
//! pages inside other vocabularies.
//! Leaves to others: XML of Office programs (`office_xml`), pictures (`picture`), web pages (`html`).

use std::borrow::Cow;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use worker_protocol::{Fidelity, Kept, Kind, Mode, Reason, Spot, Threat};

use crate::text::Dropped;
use crate::xml::{
    attribute_value, escape_attribute, known_characters, push_text, reference as xml_reference,
};
use crate::{Rebuilt, Refusal, Work, link, mark, text};

/// Builds an XML file anew.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if matches!(mode, Mode::ImagePdf | Mode::InspectOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let untrusted_text = decode(untrusted)?;
    let mut pass = Pass {
        mode,
        out: String::with_capacity(untrusted_text.len() + 64),
        words: String::new(),
        open: Vec::new(),
        dropped: Dropped::default(),
        characters: Kept::default(),
        source: &untrusted_text,
        counted: (0, 1),
    };
    pass.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if let Some(mark) = &work.job.mark {
        let line = mark::line(mark);
        // Two hyphens would end the comment for some readers.
        if line.contains("--") {
            work.findings.add(Threat::MarkNotPossible, "");
        } else {
            pass.out.push_str(&format!("<!--{line}-->\n"));
        }
    }
    pass.run(work)?;
    pass.dropped.report(work);
    if mode == Mode::TextOnly {
        return Ok(text::written_down(pass.words, work));
    }
    pass.out.push('\n');
    let fidelity = Some(Fidelity { characters: pass.characters, ..Fidelity::default() });
    Ok(Rebuilt { fidelity, ..Rebuilt::same(pass.out.into_bytes(), Kind::Xml) })
}

/// The words of a clean file, one line for each piece of text.
pub(crate) fn clean_words(clean: &[u8]) -> Option<String> {
    let text = text::decode(clean)?.text;
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut words = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Text(said) => push_words(&mut words, &said),
            Event::GeneralRef(reference) => words.push(xml_reference(&reference).ok()?),
            Event::End(_) => end_words(&mut words),
            Event::Eof => return Some(words),
            _ => {}
        }
    }
}

/// A file as text, in the encoding that its mark or its declaration names. Strict: what a program would refuse to read
/// is not guessed at.
pub(crate) fn decode(untrusted: &[u8]) -> Result<String, Refusal> {
    let head: String = untrusted.iter().take(200).map(|byte| char::from(*byte)).collect();
    let named = head
        .trim_start_matches(['\u{ef}', '\u{bb}', '\u{bf}'])
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split("?>").next())
        .and_then(|declaration| declaration.split_once("encoding"))
        .and_then(|(_, after)| after.split(['"', '\'']).nth(1));
    let decoded = text::decode_declared(untrusted, named.or(Some("utf-8")));
    if decoded.text.contains(char::REPLACEMENT_CHARACTER) && !is_in_source(untrusted) {
        return Err(Refusal::held(Reason::Damaged));
    }
    let text = known_characters(Cow::Owned(decoded.text)).into_owned();
    // For a reader of XML every end of a line is one sign (XML 1.0, 2.11). Written as it stands, the other sign of Windows would
    // become a character of the data.
    Ok(if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text })
}

/// Whether the sign for a character that could not be read stands in the file itself.
fn is_in_source(untrusted: &[u8]) -> bool {
    untrusted.windows(3).any(|w| w == "\u{FFFD}".as_bytes())
        || untrusted.windows(2).any(|w| matches!(w, [0xFD, 0xFF] | [0xFF, 0xFD]))
}

/// What an element belongs to, as far as that decides whether it acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    /// XHTML and SVG: a browser that opens the file runs them.
    Page,
    Inclusion,
    Transformation,
    Data,
}

fn space(uri: &str) -> Space {
    match uri {
        "http://www.w3.org/1999/xhtml" | "http://www.w3.org/2000/svg" => Space::Page,
        "http://www.w3.org/2001/XInclude" | "http://www.w3.org/2003/XInclude" => Space::Inclusion,
        "http://www.w3.org/1999/XSL/Transform"
        | "http://www.w3.org/TR/WD-xsl"
        | "urn:schemas-microsoft-com:xslt" => Space::Transformation,
        _ => Space::Data,
    }
}

struct Pass<'t> {
    mode: Mode,
    out: String,
    words: String,
    open: Vec<String>,
    dropped: Dropped,
    characters: Kept,
    source: &'t str,
    /// An offset and the line it is in: lines are counted once.
    counted: (usize, u32),
}

impl Pass<'_> {
    fn run(&mut self, work: &mut Work<'_>) -> Result<(), Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let source = self.source;
        let mut reader = NsReader::from_str(source.trim_start_matches('\u{FEFF}'));
        let mut skipped = 0u32;
        let mut roots = 0u32;
        loop {
            let event = reader.read_event().map_err(|_| damaged)?;
            let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            if self.open.is_empty() && skipped == 0 {
                let is_second = matches!(event, Event::Start(_) | Event::Empty(_)) && roots > 0;
                let is_loose = match &event {
                    Event::Text(said) => !said.trim().is_empty(),
                    Event::CData(_) | Event::GeneralRef(_) => true,
                    _ => false,
                };
                if is_second || is_loose {
                    return Err(damaged);
                }
            }
            match event {
                Event::Eof if self.open.is_empty() && skipped == 0 && roots > 0 => return Ok(()),
                Event::Eof => return Err(damaged),
                Event::Start(_) if skipped > 0 => skipped += 1,
                Event::End(_) if skipped > 0 => skipped -= 1,
                Event::Text(said) if skipped > 0 => self.characters.before += text::visible_characters(&said),
                _ if skipped > 0 => {}
                Event::Start(start) => {
                    roots += 1;
                    if self.open.len() >= work.budget.limits.nesting_max as usize {
                        return Err(Refusal::blocked(Reason::TooComplex));
                    }
                    if self.start(&start, reader.resolver(), at, work)? {
                        self.out.push('>');
                        self.open.push(start.name().as_ref().to_owned());
                    } else if self.open.is_empty() {
                        return Err(Refusal::held(Reason::NotRebuilt));
                    } else {
                        skipped = 1;
                    }
                }
                Event::Empty(start) => {
                    roots += 1;
                    if self.start(&start, reader.resolver(), at, work)? {
                        self.out.push_str("/>");
                    } else if self.open.is_empty() {
                        return Err(Refusal::held(Reason::NotRebuilt));
                    }
                }
                Event::End(_) => {
                    if let Some(name) = self.open.pop() {
                        self.out.push_str("</");
                        self.out.push_str(&name);
                        self.out.push('>');
                    }
                    end_words(&mut self.words);
                }
                // White space around the root is laid out anew.
                Event::Text(_) if self.open.is_empty() => {}
                Event::Text(said) => self.text(&said),
                Event::CData(said) => self.text(&said),
                Event::GeneralRef(reference) => {
                    // Entities that the file declares itself are how a small file becomes a large one.
                    let character = xml_reference(&reference)?;
                    self.text(character.encode_utf8(&mut [0; 4]));
                }
                // The mark of an earlier pass gives way to the one that was written above, if there is one.
                Event::Comment(said) if roots == 0 && mark::is_line(&said) => {
                    if work.job.mark.is_none() && !said.contains("--") {
                        self.out.push_str(&format!("<!--{}-->\n", &*said));
                    }
                }
                Event::Comment(said) => {
                    if self.mode == Mode::Rebuild && !said.contains("--") && !said.ends_with('-') {
                        let (plain, dropped) = text::without_controls(&said);
                        self.dropped.join(dropped);
                        self.out.push_str("<!--");
                        self.out.push_str(&plain);
                        self.out.push_str("-->");
                    } else {
                        work.findings.add(Threat::HiddenData, "comment");
                    }
                }
                Event::PI(instruction) => {
                    if instruction.starts_with("xml-stylesheet") {
                        self.note(Threat::ExternalContent, "xml-stylesheet", at, work);
                    } else {
                        work.findings.add(Threat::Extension, "processing-instruction");
                    }
                }
                Event::DocType(_) => self.note(Threat::ExternalContent, "doctype", at, work),
                Event::Decl(_) => {}
            }
        }
    }

    fn text(&mut self, said: &str) {
        let (plain, dropped) = text::without_controls(said);
        self.dropped.join(dropped);
        self.characters.before += text::visible_characters(said);
        self.characters.after += text::visible_characters(&plain);
        push_text(&mut self.out, &plain);
        push_words(&mut self.words, &plain);
    }

    /// Writes a start tag up to its end. False when the element goes with all in it.
    fn start(
        &mut self,
        start: &BytesStart<'_>,
        names: &NamespaceResolver,
        at: usize,
        work: &mut Work<'_>,
    ) -> Result<bool, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let local = start.local_name().as_ref().to_owned();
        let space = match names.resolve_element(start.name()).0 {
            ResolveResult::Bound(namespace) => space(namespace.as_ref()),
            ResolveResult::Unbound => Space::Data,
            ResolveResult::Unknown(_) => return Err(damaged),
        };
        if !is_name(start.name().as_ref()) {
            return Err(damaged);
        }
        let lost = match space {
            Space::Inclusion => Some(Threat::ExternalContent),
            Space::Transformation => Some(Threat::Script),
            Space::Page if is_active(&local) => Some(Threat::Script),
            _ => None,
        };
        if let Some(threat) = lost {
            self.note(threat, &local, at, work);
            return Ok(false);
        }
        self.out.push('<');
        self.out.push_str(start.name().as_ref());
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| damaged)?;
            let raw = attribute.key.as_ref();
            if !is_name(raw) {
                return Err(damaged);
            }
            if let ResolveResult::Unknown(_) = names.resolve_attribute(attribute.key).0 {
                return Err(damaged);
            }
            let value = attribute_value(&attribute)?;
            let name = attribute.key.local_name().as_ref().to_ascii_lowercase();
            let lost = match name.as_str() {
                _ if attribute.key.as_namespace_binding().is_some() => None,
                _ if space == Space::Page && name.starts_with("on") => Some(Threat::Script),
                "style" if space == Space::Page && value.contains('(') => Some(Threat::ExternalContent),
                "src" | "href" | "action" | "data" | "background" | "poster" if space == Space::Page => {
                    let is_inside = value.starts_with('#');
                    let may_stay =
                        name == "href" && local == "a" && link::is_kept(&value, work.job.policy.links);
                    (!is_inside && !may_stay).then_some(Threat::Hyperlink)
                }
                "base" if raw == "xml:base" => Some(Threat::ExternalContent),
                "schemalocation" | "nonamespaceschemalocation" if self.mode == Mode::Strict => {
                    Some(Threat::ExternalContent)
                }
                _ if acts(&value) => Some(Threat::Hyperlink),
                _ => None,
            };
            if let Some(threat) = lost {
                self.note(threat, raw, at, work);
                continue;
            }
            let (plain, dropped) = text::without_controls(&value);
            self.dropped.join(dropped);
            self.out.push(' ');
            self.out.push_str(raw);
            self.out.push_str("=\"");
            self.out.push_str(&escape_attribute(&plain));
            self.out.push('"');
        }
        Ok(true)
    }

    fn note(&mut self, threat: Threat, place: &str, at: usize, work: &mut Work<'_>) {
        let (from, line) = self.counted;
        let newer = self.source.get(from..at).unwrap_or_default().matches('\n').count();
        self.counted = (at.max(from), line.saturating_add(u32::try_from(newer).unwrap_or(u32::MAX)));
        work.findings.add_at(threat, place, Spot::Line { number: self.counted.1 });
    }
}

/// Elements of pages that load or run something.
fn is_active(local: &str) -> bool {
    matches!(
        local.to_ascii_lowercase().as_str(),
        "script"
            | "iframe"
            | "frame"
            | "frameset"
            | "object"
            | "embed"
            | "applet"
            | "form"
            | "link"
            | "style"
            | "meta"
            | "base"
            | "foreignobject"
            | "handler"
            | "listener"
            | "set"
            | "animate"
            | "image"
            | "use"
            | "feimage"
            | "audio"
            | "video"
            | "source"
            | "img"
            | "input"
            | "button"
            | "portal"
    )
}

/// Whether a value is an address that a program would run when it is clicked.
fn acts(value: &str) -> bool {
    let start: String = value
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .take(12)
        .collect::<String>()
        .to_ascii_lowercase();
    ["javascript:", "vbscript:", "data:text/", "data:applic", "file:", "\\\\"]
        .iter()
        .any(|mark| start.starts_with(mark))
}

/// Names as XML allows them, as far as it matters for writing them again.
fn is_name(name: &str) -> bool {
    let begins = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == ':');
    begins
        && name.chars().all(|c| {
            c.is_alphanumeric()
                || matches!(c, '_' | ':' | '-' | '.' | '\u{b7}')
                || (!c.is_ascii() && !c.is_control() && !c.is_whitespace())
        })
}

fn push_words(words: &mut String, said: &str) {
    for c in said.chars() {
        if !c.is_whitespace() {
            words.push(c);
        } else if !words.is_empty() && !words.ends_with([' ', '\n']) {
            words.push(' ');
        }
    }
}

fn end_words(words: &mut String) {
    while words.ends_with(' ') {
        words.pop();
    }
    if !words.is_empty() && !words.ends_with('\n') {
        words.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial;
    use proptest::prelude::*;
    use worker_protocol::{Outcome, Verdict};

    fn run(bytes: &[u8], mode: Mode) -> Outcome {
        trial::run(&trial::job_in("a.xml", mode), bytes)
    }

    fn clean(text: &str) -> (String, Vec<Threat>) {
        let outcome = run(text.as_bytes(), Mode::Rebuild);
        let clean =
            String::from_utf8(outcome.clean.unwrap_or_else(|| panic!("{text}: {:?}", outcome.report)))
                .unwrap();
        let inner = clean.split_once("?>\n").unwrap().1.trim_end().to_owned();
        (inner, outcome.report.removals.iter().map(|r| r.what).collect())
    }

    #[test]
    fn data_stays_and_instructions_go() {
        use Threat::{Extension, ExternalContent, Hyperlink, Script};
        let rows: [(&str, &str, &[Threat]); 13] = [
            // Ends of lines are no data; a reference to the same sign is.
            ("<a>\r\nb&#13;\rc</a>\r\n", "<a>\nb&#13;\nc</a>", &[]),
            (
                "<?xml version='1.0'?><a b='1'>住民 &amp; &#x7968;<c/></a>",
                "<a b=\"1\">住民 &amp; 票<c/></a>",
                &[],
            ),
            ("<a><![CDATA[<b>]]></a>", "<a>&lt;b&gt;</a>", &[]),
            ("<a><!-- 注 --></a>", "<a><!-- 注 --></a>", &[]),
            ("<?xml-stylesheet href='a.xsl'?><?x y?><a/>", "<a/>", &[ExternalContent, Extension]),
            ("<!DOCTYPE a SYSTEM 'http://x/a.dtd'><a/>", "<a/>", &[ExternalContent]),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "<a/>", &[ExternalContent]),
            (
                "<a xmlns:i='http://www.w3.org/2001/XInclude'><i:include href='/etc/passwd'/>b</a>",
                "<a xmlns:i=\"http://www.w3.org/2001/XInclude\">b</a>",
                &[ExternalContent],
            ),
            (
                "<a xmlns:h='http://www.w3.org/1999/xhtml'><h:script>x</h:script><h:p onclick='x'>b</h:p></a>",
                "<a xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:p>b</h:p></a>",
                &[Script, Script],
            ),
            ("<a b='java\nscript:x' c='urn:x'/>", "<a c=\"urn:x\"/>", &[Hyperlink]),
            ("<住所 番号='１'>東京</住所>", "<住所 番号=\"１\">東京</住所>", &[]),
            (
                "<a script='x'><script>only a name here</script></a>",
                "<a script=\"x\"><script>only a name here</script></a>",
                &[],
            ),
            ("<a>b\u{202E}c</a>", "<a>bc</a>", &[Threat::HiddenData]),
        ];
        for (given, expected, lost) in rows {
            assert_eq!(clean(given), (expected.to_owned(), lost.to_vec()), "{given}");
        }
    }

    #[test]
    fn the_encoding_that_is_declared_is_read() {
        for encoding in [encoding_rs::SHIFT_JIS, encoding_rs::EUC_JP, encoding_rs::UTF_8] {
            let given = format!("<?xml version=\"1.0\" encoding=\"{}\"?><表>ソ能力</表>", encoding.name());
            let outcome = run(&encoding.encode(&given).0, Mode::Rebuild);
            let clean = String::from_utf8(outcome.clean.unwrap()).unwrap();
            assert_eq!(clean, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<表>ソ能力</表>\n");
        }
        let text = run("<a><b>一</b><b>二</b></a>".as_bytes(), Mode::TextOnly);
        assert_eq!(String::from_utf8(text.clean.unwrap()).unwrap(), "一\n二\n");
    }

    #[test]
    fn bad_files_end() {
        let deep = "<a>".repeat(100_000);
        let rows = [
            ("<a>", Reason::Damaged),
            ("<a></b>", Reason::Damaged),
            ("<a/><b/>", Reason::Damaged),
            ("<a/>text", Reason::Damaged),
            ("<a b='1' b='2'/>", Reason::Damaged),
            ("<a b=1/>", Reason::Damaged),
            ("<x:a/>", Reason::Damaged),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", Reason::Damaged),
            ("<a>&#0;</a>", Reason::Damaged),
            ("<a>&nbsp;</a>", Reason::Damaged),
            (&deep, Reason::TooComplex),
            ("<t:stylesheet xmlns:t='http://www.w3.org/1999/XSL/Transform'/>", Reason::NotRebuilt),
        ];
        for (given, reason) in rows {
            assert_eq!(run(given.as_bytes(), Mode::Rebuild).report.reason, Some(reason), "{given:.40}");
        }
    }

    proptest! {
        #[test]
        fn a_second_pass_finds_nothing(given in "<r xmlns:x='http://www\\.w3\\.org/1999/xhtml'>(<x:a href='x'>|</x:a>|<b c='d'>|</b>|t|&amp;|<!--c-->|<\\?p q\\?>|<x:script/>|\\]\\]&gt;){0,12}</r>") {
            if let Some(clean) = run(given.as_bytes(), Mode::Rebuild).clean {
                let again = run(&clean, Mode::Rebuild);
                prop_assert_eq!(again.report.verdict, Verdict::Clean);
                prop_assert_eq!(again.clean.unwrap(), clean);
            }
        }
    }
}
