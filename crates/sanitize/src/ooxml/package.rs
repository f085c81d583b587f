//! The package around the parts: members by name, content types, relations (ECMA-376 Part 2).
//!
//! Owns: reading `[Content_Types].xml` and `.rels` parts strictly, resolving targets, writing both anew.
//! Leaves to others: which of them are kept (`rules`, `mod`).

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::Event;
use worker_protocol::Reason;

use super::xml;
use crate::zip_reader::{self, Entry, Packed};
use crate::zip_writer::{Content, Writer};
use crate::{Refusal, Work};

/// Writes a package anew in which some parts have another text; parts that are skipped can be added by the caller.
///
/// # Errors
/// Held when it is damaged; blocked when it is a bomb.
pub(super) fn changed(
    untrusted: &[u8],
    work: &mut Work<'_>,
    is_skipped: impl Fn(&str) -> bool,
    mut change: impl FnMut(&str, &[u8], &mut Work<'_>) -> Result<Option<String>, Refusal>,
) -> Result<Writer, Refusal> {
    let listing = zip_reader::read(untrusted, &work.budget.limits)?;
    let mut writer = Writer::default();
    for entry in listing.entries.iter().filter(|entry| !entry.is_folder()) {
        let name = std::str::from_utf8(&entry.untrusted_name).map_err(|_| Refusal::held(Reason::Damaged))?;
        if is_skipped(name) {
            continue;
        }
        let (bytes, packed) = entry.expand_exactly(untrusted, work.budget)?;
        let changed = change(name, &bytes, work)?;
        let content = match (&changed, packed) {
            (Some(changed), _) => Content::Plain(changed.as_bytes()),
            (None, Some(packed)) => Content::Packed(packed),
            (None, None) => Content::Dense(&bytes),
        };
        writer.add(name, &content)?;
    }
    Ok(writer)
}

/// An opened package.
pub(crate) struct Package<'a> {
    archive: &'a [u8],
    /// Lower-case part name without a leading slash → its member.
    members: HashMap<String, (usize, Entry)>,
    types_by_extension: HashMap<String, String>,
    types_by_part: HashMap<String, String>,
    pub(crate) has_foreign_bytes: bool,
}

/// One relation of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) target: String,
    pub(crate) is_external: bool,
}

impl<'a> Package<'a> {
    pub(crate) fn open(archive: &'a [u8], work: &mut Work<'_>) -> Result<Self, Refusal> {
        let listing = zip_reader::read(archive, &work.budget.limits)?;
        work.budget.take_entries(listing.entries.len())?;
        let mut members = HashMap::new();
        for (place, entry) in listing.entries.into_iter().enumerate() {
            // Names that are not UTF-8 are no part names; nothing can refer to them.
            let Ok(name) = std::str::from_utf8(&entry.untrusted_name) else { continue };
            let key = name.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase();
            if !entry.is_folder() && members.insert(key, (place, entry)).is_some() {
                return Err(Refusal::held(Reason::Damaged));
            }
        }
        let mut package = Self {
            archive,
            members,
            types_by_extension: HashMap::new(),
            types_by_part: HashMap::new(),
            has_foreign_bytes: listing.has_foreign_bytes,
        };
        package.read_content_types(work)?;
        Ok(package)
    }

    pub(crate) fn has(&self, part: &str) -> bool {
        self.members.contains_key(&part.to_ascii_lowercase())
    }

    /// The names of all members, for finding those that nothing refers to.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    pub(crate) fn read(&self, part: &str, work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
        self.read_packed(part, work).map(|(bytes, _)| bytes)
    }

    /// A part, and how it was packed if that can be written again.
    pub(crate) fn read_packed(
        &self,
        part: &str,
        work: &mut Work<'_>,
    ) -> Result<(Vec<u8>, Option<Packed<'a>>), Refusal> {
        let (_, entry) =
            self.members.get(&part.to_ascii_lowercase()).ok_or(Refusal::held(Reason::Damaged))?;
        entry.expand_exactly(self.archive, work.budget)
    }

    /// Where among the members of the archive a part stands.
    pub(crate) fn place(&self, part: &str) -> usize {
        self.members.get(&part.to_ascii_lowercase()).map_or(usize::MAX, |(place, _)| *place)
    }

    pub(crate) fn content_type(&self, part: &str) -> &str {
        let key = part.to_ascii_lowercase();
        let extension = key.rsplit_once('.').map(|(_, e)| e).unwrap_or_default();
        self.types_by_part
            .get(&key)
            .or_else(|| self.types_by_extension.get(extension))
            .map_or("", String::as_str)
    }

    fn read_content_types(&mut self, work: &mut Work<'_>) -> Result<(), Refusal> {
        let bytes = self.read("[content_types].xml", work)?;
        for_each_element(&bytes, |name, attribute| {
            let content_type = attribute("ContentType").unwrap_or_default();
            if let (b"Default", Some(extension)) = (name, attribute("Extension")) {
                self.types_by_extension.insert(extension.to_ascii_lowercase(), content_type);
            } else if let (b"Override", Some(part)) = (name, attribute("PartName")) {
                self.types_by_part.insert(part.trim_start_matches('/').to_ascii_lowercase(), content_type);
            }
        })
    }

    /// The relations of a part, or of the package itself for the empty name.
    pub(crate) fn relations(&self, part: &str, work: &mut Work<'_>) -> Result<Vec<Relation>, Refusal> {
        let path = relations_path(part);
        if !self.has(&path) {
            return Ok(Vec::new());
        }
        let bytes = self.read(&path, work)?;
        let mut relations = Vec::new();
        for_each_element(&bytes, |name, attribute| {
            if name == b"Relationship"
                && let (Some(id), Some(kind), Some(target)) =
                    (attribute("Id"), attribute("Type"), attribute("Target"))
            {
                let mode = attribute("TargetMode").unwrap_or_default();
                let is_external = !(mode.is_empty() || mode == "Internal") || looks_external(&target);
                relations.push(Relation { id, kind: kind.trim().to_owned(), target, is_external });
            }
        })?;
        Ok(relations)
    }
}

/// A target that a program would fetch from elsewhere even when the mode does not say so.
fn looks_external(target: &str) -> bool {
    let target = target.trim();
    let scheme = target.split(['/', '\\', '#', '?']).next().unwrap_or_default().contains(':');
    scheme || target.starts_with("//") || target.starts_with('\\')
}

/// Calls back for each element with its local name and a look-up of its attributes.
fn for_each_element(
    bytes: &[u8],
    mut element: impl FnMut(&[u8], &dyn Fn(&str) -> Option<String>),
) -> Result<(), Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let text = xml::decode(bytes)?;
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event().map_err(|_| damaged)? {
            Event::Start(start) | Event::Empty(start) => {
                let mut attributes = HashMap::new();
                for attribute in start.attributes() {
                    let attribute = attribute.map_err(|_| damaged)?;
                    attributes.insert(attribute.key.as_ref().to_owned(), xml::attribute_value(&attribute)?);
                }
                element(start.local_name().as_ref().as_bytes(), &|name| attributes.get(name).cloned());
            }
            Event::DocType(_) => return Err(damaged),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// Where the relations of a part are kept.
pub(crate) fn relations_path(part: &str) -> String {
    match part.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/_rels/{file}.rels"),
        None => format!("_rels/{part}.rels"),
    }
}

/// The part that a relation's target names, seen from a part; `None` when it leaves the package.
pub(crate) fn resolve(from: &str, target: &str) -> Option<String> {
    let target = target.split(['#', '?']).next().unwrap_or_default().replace('\\', "/");
    if target.is_empty() {
        return None;
    }
    let mut steps: Vec<&str> = Vec::new();
    if !target.starts_with('/') {
        steps.extend(from.rsplit_once('/').map(|(folder, _)| folder.split('/')).into_iter().flatten());
    }
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    (!steps.is_empty()).then(|| steps.join("/"))
}

/// How one part of the written package names another: up to the common folder, then down.
pub(crate) fn relative(from: &str, to: &str) -> String {
    let from_folders: Vec<&str> =
        from.rsplit_once('/').map_or(Vec::new(), |(folder, _)| folder.split('/').collect());
    let to_steps: Vec<&str> = to.split('/').collect();
    let folders = to_steps.len().saturating_sub(1);
    let common = from_folders.iter().zip(to_steps.iter().take(folders)).take_while(|(a, b)| a == b).count();
    let mut out = "../".repeat(from_folders.len() - common);
    out.push_str(&to_steps.iter().skip(common).copied().collect::<Vec<_>>().join("/"));
    out
}

/// A `.rels` part.
pub(crate) fn write_relations(relations: &[Relation]) -> Vec<u8> {
    let mut out = String::from(XML_START);
    out.push_str("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
    for relation in relations {
        let mode = if relation.is_external { " TargetMode=\"External\"" } else { "" };
        out.push_str(&format!(
            "<Relationship Id=\"{}\" Type=\"{}\" Target=\"{}\"{mode}/>",
            xml::escape_attribute(&relation.id),
            xml::escape_attribute(&relation.kind),
            xml::escape_attribute(&relation.target),
        ));
    }
    out.push_str("</Relationships>");
    out.into_bytes()
}

/// `[Content_Types].xml` for these parts.
pub(crate) fn write_content_types<'a>(parts: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut out = String::from(XML_START);
    out.push_str(concat!(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">",
        "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>",
        "<Default Extension=\"xml\" ContentType=\"application/xml\"/>",
        "<Default Extension=\"png\" ContentType=\"image/png\"/>",
        "<Default Extension=\"jpeg\" ContentType=\"image/jpeg\"/>",
        "<Default Extension=\"gif\" ContentType=\"image/gif\"/>",
        "<Default Extension=\"svg\" ContentType=\"image/svg+xml\"/>",
        "<Default Extension=\"emf\" ContentType=\"image/x-emf\"/>",
        "<Default Extension=\"wmf\" ContentType=\"image/x-wmf\"/>",
        "<Default Extension=\"vml\" ContentType=\"application/vnd.openxmlformats-officedocument.vmlDrawing\"/>",
        "<Default Extension=\"xlsx\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\"/>",
    ));
    for (part, content_type) in parts.filter(|(_, content_type)| !content_type.is_empty()) {
        out.push_str(&format!(
            "<Override PartName=\"/{}\" ContentType=\"{}\"/>",
            xml::escape_attribute(part),
            xml::escape_attribute(content_type)
        ));
    }
    out.push_str("</Types>");
    out.into_bytes()
}

const XML_START: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_resolve_and_come_back() {
        let rows = [
            ("word/document.xml", "media/a.png", Some("word/media/a.png")),
            ("ppt/slides/slide1.xml", "../media/a.png", Some("ppt/media/a.png")),
            ("xl/workbook.xml", "/xl/styles.xml", Some("xl/styles.xml")),
            ("word/document.xml", "../../../etc/passwd", None),
            ("", "word\\document.xml", Some("word/document.xml")),
            ("word/document.xml", "#bookmark", None),
        ];
        for (from, target, expected) in rows {
            let resolved = resolve(from, target);
            assert_eq!(resolved.as_deref(), expected, "{from} {target}");
            if let Some(to) = resolved {
                assert_eq!(resolve(from, &relative(from, &to)).as_deref(), Some(to.as_str()));
            }
        }
    }

    #[test]
    fn a_hidden_outside_is_seen() {
        for target in ["http://a/", " file:///c:/x", "\\\\host\\x", "//host/x", "mhtml:http://x!y"] {
            assert!(looks_external(target), "{target}");
        }
        for target in ["media/image1.png", "/word/a.xml", "../x.xml", "#Sheet1!A1:B2"] {
            assert!(!looks_external(target), "{target}");
        }
    }
}
