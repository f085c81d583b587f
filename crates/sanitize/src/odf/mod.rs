//! OpenDocument: text, sheets, slides and drawings, as packages and as flat files.
//!
//! Owns: which members of a package are read, pictures and documents inside the document, putting the parts together.
//! What is written is a package with known members only, and a manifest that lists exactly these.
//! Leaves to others: the inside of XML parts (`filter`), pictures (`picture`), the ZIP around it.

mod crypt;
mod filter;
mod formula;
mod mark;
mod names;
mod package;
mod rules;
#[cfg(test)]
mod tests;
mod whole;
mod words;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use worker_protocol::frame::Stage;
use worker_protocol::{Fidelity, Kept, Kind, Mode, Reason, Road, Spot, Threat};

use crate::embedded::{self, Embedded};
use crate::zip_writer::Body;
use crate::{Rebuilt, Refusal, Work, picture, xml};
use filter::Sections;
use package::{Member, Package};
use whole::Whole;

pub(crate) use words::{Block, blocks};

/// The name of everything that belongs to a mark.
const MARK: &str = "SekishoMark";

/// What stands where a picture could not be kept.
const MISSING: &str = "Pictures/missing.png";

/// Base64 as documents hold it: padding is often wrong.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

struct Walk<'a, 'w, 'j> {
    package: Option<Package<'a>>,
    work: &'w mut Work<'j>,
    kind: Kind,
    strict: bool,
    /// Documents around this one, inside the package.
    depth: u32,
    members: Vec<Member<'a>>,
    folders: Vec<(String, &'static str)>,
    /// Source member → the picture made of it, as its document names it; nothing when it could not be kept.
    pictures: HashMap<String, Option<String>>,
    /// Source folder → the folder it became.
    objects: HashMap<String, Option<String>>,
    objects_count: usize,
    missing: HashSet<String>,
}

/// Builds a document of this kind anew.
///
/// # Errors
/// Held when the file is damaged, is encrypted without a password that fits, or is another kind than it says; blocked
/// when it is a bomb.
pub(crate) fn rebuild(
    untrusted: &[u8],
    kind: Kind,
    mode: Mode,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    if !matches!(mode, Mode::Rebuild | Mode::Strict | Mode::TextOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let package = if untrusted.starts_with(b"PK") { Some(Package::open(untrusted, work)?) } else { None };
    if package.as_ref().is_some_and(|package| package.has_foreign_bytes) {
        work.findings.add(Threat::HiddenData, "package#outside");
    }
    let mut walk = Walk {
        package,
        work,
        kind,
        strict: mode != Mode::Rebuild,
        depth: 0,
        members: Vec::new(),
        folders: Vec::new(),
        pictures: HashMap::new(),
        objects: HashMap::new(),
        objects_count: 0,
        missing: HashSet::new(),
    };
    let (document, before) =
        if walk.package.is_some() { walk.read_package("")? } else { walk.read_flat(untrusted)? };
    if document.body() != Some(kind) {
        return Err(Refusal::held(if document.body.is_empty() {
            Reason::Damaged
        } else {
            Reason::NameMismatch
        }));
    }
    walk.progress(900);
    if mode == Mode::TextOnly {
        let text = words::plain(&document.content(), &document.styles(), kind);
        if text.is_empty() {
            return Err(Refusal::held(Reason::NoWords));
        }
        return Ok(Rebuilt { kind: Kind::Text, road: Road::Text, ..Rebuilt::same(text.into_bytes(), kind) });
    }
    // A part that is copied holds what it held.
    let content = document.packed_content.is_none().then(|| document.content());
    let after = content.as_deref().map_or(before, words::counts);
    let version = document.version.clone();
    walk.put("", document, content);
    walk.report_unread();
    let clean = package::write(media_type(kind), &version, &walk.folders, &walk.members)?;
    let kept = |before, after| Kept { before, after };
    let fidelity = Fidelity {
        characters: kept(before.characters, after.characters),
        cells: kept(before.cells, after.cells),
        pages: kept(before.pages, after.pages),
        pictures: kept(before.pictures, after.pictures),
    };
    Ok(Rebuilt { fidelity: Some(fidelity), ..Rebuilt::same(clean, kind) })
}

impl<'a> Walk<'a, '_, '_> {
    fn nesting_max(&self) -> u32 {
        self.work.budget.limits.nesting_max
    }

    fn progress(&mut self, permille: u16) {
        if self.work.depth == 0 && self.depth == 0 {
            (self.work.progress)(Stage::Rebuild, permille);
        }
    }

    /// Reads the parts of a document in this folder of the package.
    fn read_package(&mut self, base: &str) -> Result<(Whole<'a>, words::Counts), Refusal> {
        let mut whole = Whole::default();
        let mut before = words::Counts::default();
        for (part, permille) in
            [("content.xml", 500), ("styles.xml", 700), ("meta.xml", 800), ("settings.xml", 850)]
        {
            let name = format!("{base}{part}");
            let Some(package) = self.package.as_mut() else { break };
            if !package.has(&name) {
                if part == "content.xml" {
                    return Err(Refusal::held(Reason::Damaged));
                }
                continue;
            }
            let (bytes, packed) = package.read_packed(&name, self.work)?;
            if bytes.is_empty() && part != "content.xml" {
                continue;
            }
            let text = xml::decode_borrowed(&bytes)?;
            let sections = filter::filter(self, base, &name, &text)?;
            // What was turned into UTF-8 is not what was packed.
            let is_copied = sections.is_same
                && sections.sections.iter().all(|(section, _)| whole::belongs(part, section))
                && matches!(text, Cow::Borrowed(_));
            let packed = packed.filter(|_| is_copied);
            match part {
                "content.xml" => (before, whole.packed_content) = (sections.counts, packed),
                "styles.xml" => whole.packed_styles = packed,
                _ => {}
            }
            let is_expected = match part {
                "content.xml" => matches!(sections.root.as_str(), "document-content" | "math"),
                _ => {
                    part.strip_suffix(".xml").is_some_and(|stem| sections.root == format!("document-{stem}"))
                }
            };
            if !is_expected {
                return Err(Refusal::held(Reason::Damaged));
            }
            whole.take(part, sections);
            self.progress(permille);
        }
        if whole.body.is_empty() {
            return Err(Refusal::held(Reason::Damaged));
        }
        Ok((whole, before))
    }

    fn read_flat(&mut self, untrusted: &[u8]) -> Result<(Whole<'a>, words::Counts), Refusal> {
        self.work.budget.spend(untrusted.len() as u64)?;
        let text = xml::decode_borrowed(untrusted)?;
        let sections = filter::filter(self, "", "document", &text)?;
        if sections.root != "document" {
            return Err(Refusal::held(Reason::Damaged));
        }
        let before = sections.counts;
        let mut whole = Whole::default();
        whole.take("", sections);
        Ok((whole, before))
    }

    /// Puts a document's parts on the list of members. `content` is its content where it was put together before.
    fn put(&mut self, folder: &str, mut whole: Whole<'a>, content: Option<String>) {
        let mark = self.work.job.mark.as_ref().filter(|_| folder.is_empty());
        if mark.is_some() {
            let at = whole.styles.iter_mut().find(|(local, _)| local == "styles");
            match at {
                Some((_, text)) if text.ends_with("</office:styles>") => {
                    text.truncate(text.len() - "</office:styles>".len());
                    text.push_str(&mark::style());
                    text.push_str("</office:styles>");
                }
                Some((_, text)) => *text = format!("<office:styles>{}</office:styles>", mark::style()),
                None => {
                    let text = format!("<office:styles>{}</office:styles>", mark::style());
                    whole.styles.push(("styles".to_owned(), text));
                }
            }
        }
        let xml = |name: &str, text: String| Member {
            name: format!("{folder}{name}"),
            media_type: "text/xml",
            body: Body::Plain(text.into_bytes()),
        };
        let copied = |name: &str, packed| Member {
            name: format!("{folder}{name}"),
            media_type: "text/xml",
            body: Body::Packed(packed),
        };
        let mut parts = vec![match whole.packed_content {
            Some(packed) => copied("content.xml", packed),
            None => xml("content.xml", content.unwrap_or_else(|| whole.content())),
        }];
        match whole.packed_styles.filter(|_| mark.is_none()) {
            Some(packed) => parts.push(copied("styles.xml", packed)),
            None if whole.styles.is_empty() => {}
            None => parts.push(xml("styles.xml", whole.styles())),
        }
        let mut meta = whole.meta.strip_prefix("<office:meta>").unwrap_or_default();
        meta = meta.strip_suffix("</office:meta>").unwrap_or(meta);
        let properties = mark.map(mark::properties).unwrap_or_default();
        if !meta.is_empty() || !properties.is_empty() {
            parts.push(xml(
                "meta.xml",
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-meta{} office:version=\"{}\"><office:meta>{meta}{properties}</office:meta></office:document-meta>",
                    names::declarations(|prefix| matches!(prefix, "office" | "meta" | "dc")),
                    whole.version,
                ),
            ));
        }
        if whole.settings.contains("<config:config-item-set") {
            parts.push(xml(
                "settings.xml",
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-settings{} office:version=\"{}\">{}</office:document-settings>",
                    names::declarations(|prefix| matches!(prefix, "office" | "config" | "ooo")),
                    whole.version,
                    whole.settings,
                ),
            ));
        }
        if folder.is_empty() {
            parts.append(&mut self.members);
            self.members = parts;
        } else {
            self.folders.push((folder.to_owned(), whole.media_type()));
            self.members.append(&mut parts);
        }
    }

    /// The folder of the next document in the document, with a slash at its end.
    fn next_object(&mut self, base: &str) -> String {
        self.objects_count += 1;
        format!("{base}Object {}/", self.objects_count)
    }

    /// Takes a document that stood inside a flat file.
    fn add_document(&mut self, folder: &str, sections: Sections) -> Result<(), Refusal> {
        let mut whole = Whole::default();
        whole.take("", sections);
        if whole.body.is_empty() {
            return Err(Refusal::held(Reason::Damaged));
        }
        self.put(folder, whole, None);
        Ok(())
    }

    /// The address of a document in the package once it is rebuilt; nothing when it is none.
    fn object(&mut self, base: &str, href: &str) -> Result<Option<String>, Refusal> {
        let Some(source) =
            self.resolve(base, href, |package, name| package.has(&format!("{name}/content.xml")))
        else {
            return Ok(None);
        };
        if let Some(known) = self.objects.get(&source) {
            return Ok(known.clone());
        }
        if self.work.depth + self.depth + 1 >= self.work.budget.limits.depth_max {
            return Ok(None);
        }
        // Whoever contains itself ends here.
        self.objects.insert(source.clone(), None);
        let folder = self.next_object(base);
        let outer = (self.kind, self.depth);
        self.depth += 1;
        let read = self.read_nested(&source, &folder);
        (self.kind, self.depth) = outer;
        let address = match read {
            Ok(()) => Some(address_of(base, &folder)),
            Err(refusal) if matches!(refusal.reason, Reason::Damaged | Reason::UnknownKind) => None,
            Err(refusal) => return Err(refusal),
        };
        self.objects.insert(source, address.clone());
        Ok(address)
    }

    fn read_nested(&mut self, source: &str, folder: &str) -> Result<(), Refusal> {
        // Spots belong to the outer document.
        self.kind = Kind::Odt;
        // Its own pictures are looked for below its folder, and written below the new one.
        let (members, folders) = (self.members.len(), self.folders.len());
        let (whole, _) = self.read_package(&format!("{source}/"))?;
        if whole.media_type().is_empty() {
            return Err(Refusal::held(Reason::UnknownKind));
        }
        let names = self.members.iter_mut().skip(members).map(|member| &mut member.name);
        for name in names.chain(self.folders.iter_mut().skip(folders).map(|(name, _)| name)) {
            if let Some(rest) = name.strip_prefix(&format!("{source}/")) {
                *name = format!("{folder}{rest}");
            }
        }
        self.put(folder, whole, None);
        Ok(())
    }

    /// The member or folder that an address means, seen from a document's folder.
    fn resolve(
        &self,
        base: &str,
        href: &str,
        is_there: impl Fn(&Package<'_>, &str) -> bool,
    ) -> Option<String> {
        let package = self.package.as_ref()?;
        let plain = decode_percent(href.trim());
        let plain = plain.strip_prefix('#').unwrap_or(&plain);
        // A step of no name leads nowhere: some programs write `.//Object 1`.
        let plain = plain.strip_prefix("./").map_or(plain, |rest| rest.trim_start_matches('/'));
        let plain = plain.trim_end_matches('/');
        if plain.is_empty() || plain.contains(':') || plain.starts_with('/') || plain.contains("..") {
            return None;
        }
        [format!("{base}{plain}"), plain.to_owned()].into_iter().find(|name| is_there(package, name))
    }

    /// The address of a picture in the package once it is rebuilt; nothing, and a finding, when it cannot be kept.
    fn picture(
        &mut self,
        base: &str,
        href: &str,
        part: &str,
        spot: Option<Spot>,
    ) -> Result<Option<String>, Refusal> {
        let Some(source) = self.resolve(base, href, |package, name| package.has(name)) else {
            let is_replacement = href.contains("ObjectReplacements/");
            if !href.is_empty() && !is_replacement {
                self.note(Threat::ExternalContent, part, spot);
            }
            return Ok(None);
        };
        let key = format!("{base}\n{source}");
        if let Some(known) = self.pictures.get(&key) {
            return Ok(known.clone());
        }
        let Some(package) = self.package.as_mut() else { return Ok(None) };
        let bytes = package.read(&source, self.work)?;
        if source.ends_with(MISSING) && bytes == picture::placeholder()? {
            self.add_missing(base)?;
            return Ok(Some(MISSING.to_owned()));
        }
        let rebuilt = embedded::rebuild(&bytes, &source, self.work)?;
        let name = match rebuilt {
            Some(picture) => Some(self.add_picture(base, &source, picture)),
            None => {
                // Programs draw the replacement of a document anew, so the loss of one is none.
                let is_replacement = source.contains("ObjectReplacements/");
                let threat = if is_replacement { Threat::AuxiliaryPart } else { Threat::Unknown };
                self.note(threat, &source, spot);
                None
            }
        };
        self.pictures.insert(key, name.clone());
        Ok(name)
    }

    /// A picture that stood in the text.
    fn binary_picture(
        &mut self,
        base: &str,
        encoded: &str,
        part: &str,
        spot: Option<Spot>,
    ) -> Result<Option<String>, Refusal> {
        let packed: Vec<u8> = encoded.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let bytes = BASE64.decode(packed).unwrap_or_default();
        self.work.budget.spend(bytes.len() as u64)?;
        match embedded::rebuild(&bytes, part, self.work)? {
            Some(picture) => Ok(Some(self.add_picture(base, "", picture))),
            None => {
                self.note(Threat::Unknown, part, spot);
                Ok(None)
            }
        }
    }

    /// Puts a picture on the list of members, under its own name where that is plain: then the text that names it may stay
    /// as it is.
    fn add_picture(&mut self, base: &str, source: &str, picture: Embedded) -> String {
        let Embedded { bytes, extension, media_type } = picture;
        let is_taken = |local: &str| {
            self.members
                .iter()
                .any(|m| m.name.strip_prefix(base).is_some_and(|n| n.eq_ignore_ascii_case(local)))
        };
        let own = source.strip_prefix(base).filter(|own| is_plain_picture(own, extension) && !is_taken(own));
        let local = own.map(str::to_owned).unwrap_or_else(|| {
            let mut number = self.members.iter().filter(|m| m.name.contains("Pictures/")).count() + 1;
            loop {
                let local = format!("Pictures/{number}.{extension}");
                if !is_taken(&local) {
                    break local;
                }
                number += 1;
            }
        });
        let body = if media_type == "image/svg+xml" { Body::Plain(bytes) } else { Body::Dense(bytes) };
        self.members.push(Member { name: format!("{base}{local}"), media_type, body });
        local
    }

    /// Makes sure that there is something to show where a picture could not be kept.
    fn add_missing(&mut self, base: &str) -> Result<(), Refusal> {
        if self.missing.insert(base.to_owned()) {
            let bytes = picture::placeholder()?;
            self.members.push(Member {
                name: format!("{base}{MISSING}"),
                media_type: "image/png",
                body: Body::Dense(bytes),
            });
        }
        Ok(())
    }

    fn note(&mut self, threat: Threat, place: &str, spot: Option<Spot>) {
        match spot {
            Some(spot) => self.work.findings.add_at(threat, place, spot),
            None => self.work.findings.add(threat, place),
        }
    }

    /// Members that nothing asked for are not written; say so, because that is where payloads hide.
    fn report_unread(&mut self) {
        let unread = self.package.as_ref().map(Package::unread).unwrap_or_default();
        for (name, bytes) in unread {
            let lower = name.to_ascii_lowercase();
            let is_index = ["script-lc.xml", "script-lb.xml", "dialog-lc.xml", "dialog-lb.xml"]
                .iter()
                .any(|index| lower.ends_with(index));
            let starts = |folder: &str| lower.starts_with(folder) || lower.contains(&format!("/{folder}"));
            let threat = match lower.as_str() {
                "mimetype" => continue,
                _ if bytes == 0 => continue,
                "manifest.rdf" => Threat::Metadata,
                "layout-cache" => Threat::AuxiliaryPart,
                _ if is_index || starts("thumbnails/") => Threat::AuxiliaryPart,
                _ if starts("basic/") || starts("dialogs/") || starts("scripts/") => Threat::Script,
                _ if starts("configurations2/") => Threat::Extension,
                _ if lower.ends_with("signatures.xml") => Threat::Signature,
                _ if starts("objectreplacements/") => Threat::AuxiliaryPart,
                _ if starts("fonts/") => Threat::AuxiliaryPart,
                _ if starts("media/") => Threat::Multimedia,
                _ if starts("object ") => Threat::EmbeddedObject,
                _ => Threat::HiddenData,
            };
            self.work.findings.add(threat, &name);
        }
    }
}

/// Whether a picture may keep this name: one of letters and digits in the usual folder, and of the kind that it is.
fn is_plain_picture(name: &str, extension: &str) -> bool {
    let stem =
        name.strip_prefix("Pictures/").and_then(|file| file.strip_suffix(extension)?.strip_suffix('.'));
    name != MISSING
        && stem.is_some_and(|stem| {
            (1..=64).contains(&stem.len())
                && stem.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        })
}

/// How a document names a folder below its own.
fn address_of(base: &str, folder: &str) -> String {
    format!("./{}", folder.strip_prefix(base).unwrap_or(folder).trim_end_matches('/'))
}

fn media_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Ods => "application/vnd.oasis.opendocument.spreadsheet",
        Kind::Odp => "application/vnd.oasis.opendocument.presentation",
        Kind::Odg => "application/vnd.oasis.opendocument.graphics",
        _ => "application/vnd.oasis.opendocument.text",
    }
}

/// An address with its `%20` and the like resolved.
fn decode_percent(address: &str) -> String {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let code = code
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The kind of a flat file by its root element, if it is one.
pub(crate) fn flat_kind(untrusted: &[u8]) -> Option<Kind> {
    const HEAD_BYTES: usize = 16 << 10;
    let head = String::from_utf8_lossy(untrusted.get(..HEAD_BYTES).unwrap_or(untrusted));
    let root = head.find("office:document").and_then(|at| head.get(at..))?;
    let before = head.split("office:document").next().unwrap_or_default();
    let is_root = before.ends_with('<')
        && before.matches('<').count() == before.matches("<?").count() + before.matches("<!").count() + 1;
    let tag = root.split('>').next().unwrap_or_default();
    let kind = tag.split("application/vnd.oasis.opendocument.").nth(1)?;
    let kind = match kind.split(['"', '\'']).next().unwrap_or_default() {
        "text" | "text-template" | "text-master" => Kind::Odt,
        "spreadsheet" | "spreadsheet-template" => Kind::Ods,
        "presentation" | "presentation-template" => Kind::Odp,
        "graphics" | "graphics-template" => Kind::Odg,
        _ => return None,
    };
    is_root.then_some(kind)
}
