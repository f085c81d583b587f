//! Packages written as one XML file ("flat OPC").
//!
//! Owns: putting the parts back where they would stand in a package.
//! Leaves to others: everything about the parts themselves.

use worker_protocol::{Kind, Reason};

use super::tree::{Element, Space};
use crate::xml::escape_attribute;
use crate::{Refusal, Work, transfer, zip_writer};

pub(super) fn package(
    root: &Element,
    untrusted_text: &str,
    work: &mut Work<'_>,
) -> Result<(Kind, Vec<u8>), Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let mut types = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>",
    );
    let mut members: Vec<(String, Vec<u8>)> = Vec::new();
    let mut kind = None;
    for part in root.elements().filter(|part| part.space == Space::Package && part.local == "part") {
        let name = part.attribute("name").unwrap_or_default().trim_start_matches('/').to_owned();
        let content_type = part.attribute("contentType").unwrap_or_default();
        // Two parts of one name would be two readings of one file.
        if name.is_empty() || members.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            return Err(damaged);
        }
        let bytes = if let Some(data) = part.first(Space::Package, "xmlData") {
            untrusted_text.get(data.content.clone()).ok_or(damaged)?.trim().as_bytes().to_vec()
        } else if let Some(data) = part.first(Space::Package, "binaryData") {
            transfer::base64_decode(data.text().as_bytes())
        } else {
            Vec::new()
        };
        work.budget.spend(bytes.len() as u64)?;
        let lower = name.to_ascii_lowercase();
        for (folder, found) in [("word/", Kind::Docx), ("xl/", Kind::Xlsx), ("ppt/", Kind::Pptx)] {
            if kind.is_none() && lower.starts_with(folder) && content_type.contains("main+xml") {
                kind = Some(found);
            }
        }
        if !lower.ends_with(".rels") {
            types.push_str(&format!(
                "<Override PartName=\"/{}\" ContentType=\"{}\"/>",
                escape_attribute(&name),
                escape_attribute(content_type)
            ));
        }
        members.push((name, bytes));
    }
    types.push_str("</Types>");
    work.budget.take_entries(members.len())?;
    let all = std::iter::once(("[Content_Types].xml", types.as_bytes()))
        .chain(members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    Ok((kind.ok_or(Refusal::held(Reason::UnknownKind))?, zip_writer::write(all)?))
}
