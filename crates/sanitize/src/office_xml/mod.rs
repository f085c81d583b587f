//! Documents of Office as one XML file: flat packages, Word 2003 XML, SpreadsheetML.
//!
//! Owns: turning each into a package, which then goes the way of every package.
//! Leaves to others: what may stay in a package (`ooxml`), reading the XML (`tree`), writing parts of the older formats
//! (`word`, `word_properties`, `sheet`).
//!
//! Nothing is copied from the older formats: their words, cells and pictures are written into new parts.

mod flat;
mod sheet;
mod tree;
mod word;
mod word_properties;

use worker_protocol::{Mode, Reason, Road};

use crate::{Rebuilt, Refusal, Work, markup_file};
use tree::Element;

/// Turns a document into a package of the kind that Office writes today.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if mode == Mode::InspectOnly {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let untrusted_text = markup_file::decode(untrusted)?;
    let root = Element::read(&untrusted_text, work)?;
    let (kind, package) = match (root.space, root.local.as_str()) {
        (tree::Space::Package, "package") => flat::package(&root, &untrusted_text, work)?,
        (tree::Space::Word, "wordDocument") => word::package(&root, work)?,
        (tree::Space::Sheet, "Workbook") => sheet::package(&root, work)?,
        _ => return Err(Refusal::held(Reason::NotRebuilt)),
    };
    work.budget.spend(package.len() as u64)?;
    let rebuilt = crate::rebuild(kind, mode, &package, "", work)?;
    let road = if rebuilt.road == Road::Rebuilt { Road::Converted } else { rebuilt.road };
    Ok(Rebuilt { road, ..rebuilt })
}

#[cfg(test)]
mod tests;
