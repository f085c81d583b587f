//! Mail messages: words cleaned, every attachment on its own, the message written anew around what stays.
//!
//! Owns: which header fields stay, what becomes of each sort of part, the note about what was removed.
//! Leaves to others: the format around the parts (`mime`), web pages (`html`), the content of attachments
//! (`sanitise_one`, which comes back here for a message in a message), Outlook's own formats (`outlook`, `tnef`).

mod cms;
mod entries;
mod envelope;
pub(crate) mod outlook;
mod properties;
mod shown;
mod tnef;

use std::collections::HashSet;

use worker_protocol::frame::Stage;
use worker_protocol::{
    Fidelity, Kind, Member, Mode, Notes, PLACE_CHARS_MAX, Reason, Report, Road, Threat, Verdict,
};

use crate::mime::{Body, Entity, Part, write};
use crate::name::Names;
use crate::{Rebuilt, Refusal, Work, clean_name, detect, html, sanitise_one, text, transfer};
use envelope::Envelope;

pub(crate) use cms::is_envelope;
pub(crate) use properties::label as alphabet;
pub(crate) use shown::clean_words;

/// Uuencoded files around uuencoded files in the words of one message.
const UUENCODED_DEPTH_MAX: usize = 8;

/// Parts that the note names; an archive of archives may lose thousands.
const NOTED_MAX: usize = 100;

/// Builds a message anew.
pub(crate) fn rebuild(
    untrusted: &[u8],
    untrusted_name: &str,
    mode: Mode,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    if matches!(mode, Mode::ImagePdf | Mode::InspectOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    if work.depth >= work.budget.limits.depth_max {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    let signed = if cms::is_envelope(untrusted) { Some(unwrapped(untrusted, work)?) } else { None };
    let message = Part::read(signed.as_deref().unwrap_or(untrusted), work.budget)?;
    if let Some(inner) = &signed
        && message.field("content-type").is_none()
        && message.field("mime-version").is_none()
    {
        return signed_file(inner, envelope_name(untrusted_name).unwrap_or(untrusted_name), work);
    }
    let mut envelope = Envelope::read(&message, mode, work);
    envelope.mark(work.job.mark.as_ref());
    let mut sorter = Sorter::new(mode);
    let root = sorter.part(&message, work)?;
    if sorter.is_encrypted && sorter.members.is_empty() && root.is_none() {
        return Err(Refusal::held(Reason::PasswordNeeded));
    }
    sorter.finish(root, &envelope, Kind::Mail, Road::Rebuilt, work)
}

/// What was signed, of a message or a file that was saved in its envelope.
fn unwrapped(untrusted: &[u8], work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
    match cms::open(untrusted) {
        cms::Content::Signed(inner) => {
            work.findings.add(Threat::Signature, "p7m");
            Ok(inner)
        }
        cms::Content::Encrypted => Err(Refusal::held(Reason::PasswordNeeded)),
        cms::Content::OnlySignatures => Err(Refusal::held(Reason::NotRebuilt)),
        cms::Content::Unknown => Err(Refusal::held(Reason::Damaged)),
    }
}

/// Not a message was signed, but a file: it comes out as what it is, as if it had come without the envelope.
fn signed_file(untrusted: &[u8], untrusted_name: &str, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    let kind = detect::detect(untrusted, untrusted_name, &work.budget.limits)?;
    let mode = match work.job.policy.modes.get(&kind) {
        None => return Err(Refusal::blocked(Reason::KindNotAllowed)),
        // What a person vouches for is the file that came, which is another one.
        Some(Mode::InspectOnly) => return Err(Refusal::held(Reason::NotRebuilt)),
        Some(mode) => *mode,
    };
    work.depth += 1;
    let rebuilt = crate::rebuild(kind, mode, untrusted, untrusted_name, work);
    work.depth -= 1;
    let mut rebuilt = rebuilt?;
    if rebuilt.road == Road::Rebuilt {
        rebuilt.road = Road::Converted;
    }
    Ok(rebuilt)
}

/// The name of what is in a signed envelope: `a.xml` for `a.xml.p7m`.
pub(crate) fn envelope_name(untrusted_name: &str) -> Option<&str> {
    let (inner, ending) = untrusted_name.rsplit_once('.')?;
    ending.trim_end().eq_ignore_ascii_case("p7m").then_some(inner)
}

/// A piece of a message whose web pages are not cleaned yet: their pictures stand in other pieces.
enum Piece {
    Plain(String),
    Page(String),
    Done(Entity),
    Several(&'static str, Vec<Piece>),
}

/// Sorts the parts of a message into what stays and what goes.
struct Sorter {
    mode: Mode,
    members: Vec<Member>,
    /// Identifiers of pictures that stayed, which pages may show.
    shown: HashSet<String>,
    /// Names of attachments differ, so that saving all of them loses none.
    names: Names,
    /// What goes into the note: names of what was removed, and why.
    removed: Vec<(String, Reason)>,
    fidelity: Fidelity,
    /// Whether something in it could not be read for want of a key.
    is_encrypted: bool,
}

impl Sorter {
    fn new(mode: Mode) -> Self {
        Self {
            mode,
            members: Vec::new(),
            shown: HashSet::new(),
            names: Names::default(),
            removed: Vec::new(),
            fidelity: Fidelity::default(),
            is_encrypted: false,
        }
    }

    fn part(&mut self, part: &Part<'_>, work: &mut Work<'_>) -> Result<Option<Piece>, Refusal> {
        let media_type = part.content_type.value.as_str();
        let bytes = match &part.body {
            Body::Parts(parts) => return self.parts(media_type, parts, work),
            Body::Bytes(bytes) => bytes,
        };
        let name = part.file_name();
        let is_attached = part.disposition.value == "attachment";
        let charset = part.content_type.parameter("charset");
        match media_type {
            "text/plain"
            | "text/enriched"
            | "text/richtext"
            | "text/rfc822-headers"
            | "message/delivery-status"
            | "message/disposition-notification"
            | "message/feedback-report"
                if name.is_none() && !is_attached =>
            {
                self.plain(&text::decode_declared(bytes, charset).text, work)
            }
            "text/html" if name.is_none() && !is_attached => {
                let page = html::decode(bytes, charset);
                Ok((!page.trim().is_empty()).then_some(Piece::Page(page)))
            }
            "message/rfc822" | "message/global" | "message/news" => {
                let name = name.unwrap_or_else(|| "message.eml".to_owned());
                let name =
                    if name.to_ascii_lowercase().ends_with(".eml") { name } else { format!("{name}.eml") };
                self.file(&name, bytes, None, work)
            }
            "message/partial" | "message/external-body" => {
                // What is put together or fetched later was never looked at.
                self.lose(
                    &name.unwrap_or_else(|| media_type.to_owned()),
                    Reason::NotRebuilt,
                    Threat::ExternalContent,
                    work,
                );
                Ok(None)
            }
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => self.smime(bytes, name, work),
            "application/pkcs7-signature" | "application/x-pkcs7-signature" | "application/pgp-signature" => {
                work.findings.add(Threat::Signature, media_type);
                Ok(None)
            }
            "application/ms-tnef" | "application/vnd.ms-tnef" => self.tnef(bytes, work),
            _ if name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"))
                && tnef::is_tnef(bytes) =>
            {
                self.tnef(bytes, work)
            }
            // Words in a format that no reader knows are words.
            _ if media_type.starts_with("text/")
                && name.is_none()
                && !is_attached
                && !is_known_text(media_type) =>
            {
                self.plain(&text::decode_declared(bytes, charset).text, work)
            }
            _ => {
                let name = name.unwrap_or_else(|| default_name(media_type));
                // Programs save such a text by its label; what is judged here is what they show.
                let labelled = charset.filter(|_| is_labelled_text(media_type));
                let text = labelled.and_then(|label| text::only_by_label(bytes, label));
                let bytes = text.as_ref().map_or(&**bytes, String::as_bytes);
                self.file(&name, bytes, part.content_id(), work)
            }
        }
    }

    fn parts(
        &mut self,
        media_type: &str,
        parts: &[Part<'_>],
        work: &mut Work<'_>,
    ) -> Result<Option<Piece>, Refusal> {
        if media_type == "multipart/encrypted" {
            self.is_encrypted = true;
            self.lose(media_type, Reason::PasswordNeeded, Threat::ArchiveMember, work);
            return Ok(None);
        }
        let mut kept = Vec::new();
        for part in parts {
            kept.extend(self.part(part, work)?);
        }
        if media_type == "multipart/signed" {
            work.findings.add(Threat::Signature, media_type);
        }
        let subtype = match media_type {
            "multipart/alternative" => "alternative",
            "multipart/related" => "related",
            _ => "mixed",
        };
        if self.mode == Mode::Strict
            && subtype == "alternative"
            && kept.iter().any(|p| matches!(p, Piece::Plain(_)))
        {
            // The page says the same with more means.
            let before = kept.len();
            kept.retain(|piece| !matches!(piece, Piece::Page(_)));
            if kept.len() < before {
                work.findings.add(Threat::Extension, "text/html");
            }
        }
        Ok(match kept.len() {
            0 => None,
            1 => kept.pop(),
            _ => Some(Piece::Several(subtype, kept)),
        })
    }

    /// Words, and the files that old programs put between them.
    fn plain(&mut self, untrusted_text: &str, work: &mut Work<'_>) -> Result<Option<Piece>, Refusal> {
        // Controls go first: one of them in a line hides a file here that the next reader finds.
        let (mut plain, dropped) = text::without_controls(untrusted_text);
        dropped.report(work);
        let mut files = Vec::new();
        let mut passes = 0;
        loop {
            let mut words = String::with_capacity(plain.len());
            let mut rest = plain.as_str();
            let mut has_file = false;
            while let Some(file) = transfer::uudecode(rest) {
                has_file = true;
                work.budget.take_entries(1)?;
                words.push_str(rest.get(..file.before).unwrap_or_default());
                rest = rest.get(file.after..).unwrap_or_default();
                files.extend(self.file(&file.name, &file.bytes, None, work)?);
            }
            if !has_file {
                break;
            }
            words.push_str(rest);
            plain = words;
            // What is left may close up to another file around the one that went.
            passes += 1;
            if passes > UUENCODED_DEPTH_MAX {
                return Err(Refusal::blocked(Reason::TooComplex));
            }
        }
        let characters = text::visible_characters(&plain);
        self.fidelity.characters.before += characters;
        self.fidelity.characters.after += characters;
        let piece = Piece::Plain(plain);
        Ok(Some(if files.is_empty() {
            piece
        } else {
            Piece::Several("mixed", std::iter::once(piece).chain(files).collect())
        }))
    }

    /// An attachment, through the same door as any other file.
    fn file(
        &mut self,
        untrusted_name: &str,
        untrusted: &[u8],
        content_id: Option<String>,
        work: &mut Work<'_>,
    ) -> Result<Option<Piece>, Refusal> {
        let (report, clean) = sanitise_one(
            work.job,
            untrusted_name,
            untrusted,
            work.budget,
            work.depth + 1,
            work.converter,
            &mut |_, _| (),
        );
        // A bomb is no accident: the whole message goes.
        if report.reason == Some(Reason::Bomb) {
            return Err(Refusal::blocked(Reason::Bomb));
        }
        if report.verdict == Verdict::Partial {
            work.findings.add(Threat::MemberPart, untrusted_name);
        }
        let piece = match clean {
            Some(bytes) => {
                let kind = report.clean_kind.unwrap_or(Kind::Text);
                let name = self.names.file("", &report.clean_name);
                let media_type = match text_alphabet(kind, &bytes) {
                    Some(charset) => format!("{}; charset={charset}", media_type(kind, &bytes)),
                    None => media_type(kind, &bytes).to_owned(),
                };
                Some(Piece::Done(if kind == Kind::Mail {
                    Entity::Message { name, bytes }
                } else {
                    let content_id =
                        content_id.filter(|id| is_plain_id(id) && media_type.starts_with("image/"));
                    self.shown.extend(content_id.clone());
                    Entity::File { name, media_type, bytes, content_id }
                }))
            }
            None => {
                self.is_encrypted |= report.reason == Some(Reason::PasswordNeeded);
                let reason = report.reason.unwrap_or(Reason::NotRebuilt);
                self.lose(untrusted_name, reason, Threat::ArchiveMember, work);
                None
            }
        };
        self.member(untrusted_name, report);
        Ok(piece)
    }

    fn member(&mut self, untrusted_name: &str, report: Report) {
        let untrusted_name = untrusted_name.chars().take(PLACE_CHARS_MAX).collect();
        self.members.push(Member { untrusted_name, report });
    }

    fn lose(&mut self, untrusted_name: &str, reason: Reason, threat: Threat, work: &mut Work<'_>) {
        work.findings.add(threat, untrusted_name);
        self.removed.push((clean_name(untrusted_name, ""), reason));
    }

    /// A signed message is the message; an encrypted one cannot be looked into.
    fn smime(
        &mut self,
        bytes: &[u8],
        name: Option<String>,
        work: &mut Work<'_>,
    ) -> Result<Option<Piece>, Refusal> {
        let name = name.unwrap_or_else(|| "smime.p7m".to_owned());
        match cms::open(bytes) {
            cms::Content::Signed(inner) if work.depth + 1 < work.budget.limits.depth_max => {
                work.findings.add(Threat::Signature, &name);
                let part = Part::read(&inner, work.budget)?;
                work.depth += 1;
                let piece = self.part(&part, work);
                work.depth -= 1;
                piece
            }
            cms::Content::Signed(_) => Err(Refusal::blocked(Reason::TooComplex)),
            cms::Content::OnlySignatures => {
                work.findings.add(Threat::Signature, &name);
                Ok(None)
            }
            cms::Content::Encrypted => {
                self.is_encrypted = true;
                self.lose(&name, Reason::PasswordNeeded, Threat::ArchiveMember, work);
                Ok(None)
            }
            cms::Content::Unknown => {
                self.lose(&name, Reason::UnknownKind, Threat::ArchiveMember, work);
                Ok(None)
            }
        }
    }

    fn tnef(&mut self, bytes: &[u8], work: &mut Work<'_>) -> Result<Option<Piece>, Refusal> {
        let Some(opened) = tnef::open(bytes, work)? else {
            self.lose("winmail.dat", Reason::Damaged, Threat::ArchiveMember, work);
            return Ok(None);
        };
        work.findings.add(Threat::Extension, "winmail.dat");
        self.opened(opened, work)
    }

    /// What was in an envelope of Outlook.
    fn opened(&mut self, opened: tnef::Opened, work: &mut Work<'_>) -> Result<Option<Piece>, Refusal> {
        let mut pieces = Vec::new();
        if let Some(words) = opened.body {
            pieces.extend(self.plain(&words, work)?);
        }
        for (name, bytes) in opened.files {
            pieces.extend(self.file(&name, &bytes, None, work)?);
        }
        Ok((!pieces.is_empty()).then_some(Piece::Several("mixed", pieces)))
    }

    /// Cleans the pages, adds the note and writes the message.
    fn finish(
        mut self,
        root: Option<Piece>,
        envelope: &Envelope,
        kind: Kind,
        road: Road,
        work: &mut Work<'_>,
    ) -> Result<Rebuilt, Refusal> {
        if work.depth == 0 {
            (work.progress)(Stage::Rebuild, 700);
        }
        let root = match root {
            Some(root) => self.entity(root, work)?,
            None => Entity::Text { subtype: "plain", text: String::new() },
        };
        let count = envelope.characters();
        self.fidelity.characters.before += count;
        self.fidelity.characters.after += count;
        if self.mode == Mode::TextOnly {
            let mut words = envelope.as_text();
            push_words(&root, &mut words);
            let rebuilt = text::written_down(words, work);
            return Ok(Rebuilt { members: self.members, ..rebuilt });
        }
        let root = match self.note(&work.job.notes) {
            Some(note) => Entity::Parts { subtype: "mixed", parts: vec![root, note] },
            None => root,
        };
        let clean = write(&envelope.fields, &root, work.depth);
        // What was written must be a message to a reader that starts from its bytes.
        let again = Part::read(&clean, work.budget)?;
        if again.field("mime-version").is_none() {
            return Err(Refusal::held(Reason::VerifyFailed));
        }
        let kind_after = if kind == Kind::OutlookMessage { Kind::Mail } else { kind };
        Ok(Rebuilt { clean, kind: kind_after, road, members: self.members, fidelity: Some(self.fidelity) })
    }

    fn entity(&mut self, piece: Piece, work: &mut Work<'_>) -> Result<Entity, Refusal> {
        Ok(match piece {
            Piece::Done(entity) => entity,
            Piece::Plain(text) => Entity::Text { subtype: "plain", text },
            Piece::Page(page) => self.page(&page, work)?,
            Piece::Several(subtype, pieces) => {
                let parts =
                    pieces.into_iter().map(|piece| self.entity(piece, work)).collect::<Result<_, _>>()?;
                Entity::Parts { subtype, parts }
            }
        })
    }

    /// The pack may not let pages pass; then their words do.
    fn page(&mut self, page: &str, work: &mut Work<'_>) -> Result<Entity, Refusal> {
        let mode = work.job.policy.modes.get(&Kind::Html).copied();
        let as_page = matches!(mode, Some(Mode::Rebuild)) && self.mode == Mode::Rebuild;
        if !as_page {
            let text = html::words(page, work)?;
            let count = text::visible_characters(&text);
            self.fidelity.characters.before += count;
            self.fidelity.characters.after += count;
            return Ok(Entity::Text { subtype: "plain", text });
        }
        let shown = &self.shown;
        let mut pictures = |url: &str, work: &mut Work<'_>| match url.trim().split_at_checked(4) {
            Some((scheme, id)) if scheme.eq_ignore_ascii_case("cid:") => {
                Ok(shown.contains(id).then(|| format!("cid:{id}")))
            }
            _ => html::data_picture(url, work),
        };
        let page = html::clean(page, Mode::Rebuild, &mut pictures, work)?;
        self.fidelity.characters.before += page.fidelity.characters.before;
        self.fidelity.characters.after += page.fidelity.characters.after;
        Ok(Entity::Text { subtype: "html", text: page.html })
    }

    /// A text that stands where attachments were, in the words that came with the job; none without words.
    fn note(&self, notes: &Notes) -> Option<Entity> {
        let about = |(name, reason): &(String, Reason)| {
            Some(notes.reasons.get(reason)?.replace("{name}", name).replace("\r\n", "\n"))
        };
        let said: Vec<String> = self.removed.iter().take(NOTED_MAX).filter_map(about).collect();
        (!said.is_empty()).then(|| Entity::Text { subtype: "plain", text: said.join("\n") })
    }
}

/// The words of a message in order, with the names of what is attached.
fn push_words(entity: &Entity, words: &mut String) {
    match entity {
        Entity::Text { text, .. } => {
            words.push_str(text.trim_end());
            words.push('\n');
        }
        Entity::File { name, .. } | Entity::Message { name, .. } => {
            words.push_str(&format!("[{name}]\n"));
        }
        // Alternatives say the same; the first is the plainest.
        Entity::Parts { subtype: "alternative", parts } => {
            parts.iter().take(1).for_each(|part| push_words(part, words))
        }
        Entity::Parts { parts, .. } => parts.iter().for_each(|part| push_words(part, words)),
    }
}

/// Identifiers are written between brackets and in addresses.
fn is_plain_id(id: &str) -> bool {
    id.len() <= 200
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@' | b'$' | b'+'))
}

/// Texts that are files of a kind that is recognised.
fn is_known_text(media_type: &str) -> bool {
    matches!(
        media_type,
        "text/calendar"
            | "text/vcard"
            | "text/x-vcard"
            | "text/directory"
            | "text/csv"
            | "text/rtf"
            | "text/xml"
            | "text/json"
            | "text/html"
            | "text/tab-separated-values"
    )
}

/// The name of a part that has none. The extension only where the content does not say what it is.
fn default_name(media_type: &str) -> String {
    let extension = match media_type {
        "text/calendar" => ".ics",
        "text/vcard" | "text/x-vcard" | "text/directory" => ".vcf",
        "text/csv" => ".csv",
        "text/xml" | "application/xml" => ".xml",
        "text/json" | "application/json" => ".json",
        "text/html" => ".html",
        "text/plain" => ".txt",
        _ => "",
    };
    format!("attachment{extension}")
}

/// Texts whose label is all that says in which encoding they are.
fn is_labelled_text(media_type: &str) -> bool {
    media_type.starts_with("text/")
        && !matches!(media_type, "text/html" | "text/xml" | "text/rtf" | "text/richtext" | "text/enriched")
}

/// The encoding of an attached text that has to be named: programs that show it in the message take it for ASCII otherwise.
fn text_alphabet(kind: Kind, clean: &[u8]) -> Option<&'static str> {
    let found = text::decode(clean).filter(|found| !found.text.is_ascii())?;
    matches!(kind, Kind::Text | Kind::Csv).then(|| found.encoding_name())
}

/// The media type under which a clean file of this kind is attached.
fn media_type(kind: Kind, clean: &[u8]) -> &'static str {
    match kind {
        // Programs that show an invitation in the message itself do not guess its encoding.
        Kind::Calendar if std::str::from_utf8(clean).is_ok() => "text/calendar; charset=UTF-8",
        Kind::Contact if std::str::from_utf8(clean).is_ok() => "text/vcard; charset=UTF-8",
        Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Kind::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Kind::Doc => "application/msword",
        Kind::Xls => "application/vnd.ms-excel",
        Kind::Ppt => "application/vnd.ms-powerpoint",
        Kind::Rtf => "application/rtf",
        Kind::Odt => "application/vnd.oasis.opendocument.text",
        Kind::Ods => "application/vnd.oasis.opendocument.spreadsheet",
        Kind::Odp => "application/vnd.oasis.opendocument.presentation",
        Kind::Odg => "application/vnd.oasis.opendocument.graphics",
        Kind::Pdf => "application/pdf",
        Kind::Png => "image/png",
        Kind::Jpeg => "image/jpeg",
        Kind::Gif => "image/gif",
        Kind::Bmp => "image/bmp",
        Kind::Tiff => "image/tiff",
        Kind::Webp => "image/webp",
        Kind::Svg => "image/svg+xml",
        Kind::Text => "text/plain",
        Kind::Csv => "text/csv",
        Kind::Html => "text/html",
        Kind::Xml => "application/xml",
        Kind::Json => "application/json",
        Kind::Calendar => "text/calendar",
        Kind::Contact => "text/vcard",
        Kind::Mail => "message/rfc822",
        Kind::Zip => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
