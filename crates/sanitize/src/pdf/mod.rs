//! PDF (ISO 32000-2), built anew from the objects that its pages need.
//!
//! Owns: the order of the work for each mode, and writing.
//! Leaves to others: opening (`open`), what may be where (`schema`), copying (`copy` and its neighbours), what is in
//! streams (`content`, `image`, `font`), how much there is to draw (`weight`), the check of the result (`check`).
//!
//! A PDF is not stripped in place. A new document is made and the pages are copied into it; every object that follows
//! has a role, and only the keys of that role come along. Objects that nothing reaches, earlier revisions, object
//! streams and whatever stands between objects never do. The written bytes are then read again and searched for
//! everything that should have stayed behind; if anything is found the file is held.

mod action;
mod bilevel;
mod catalog;
mod check;
mod content;
mod copy;
mod drawn;
mod flatten;
mod font;
mod image;
mod jpeg;
mod lexer;
mod mark;
mod open;
mod pages;
mod schema;
mod stream;
mod weight;
mod words;

use lopdf::{Document, ObjectId, SaveOptions};
use worker_protocol::frame::Stage;
use worker_protocol::{Fidelity, Kept, Kind, Mark, Mode, Reason, Road, Threat};

use crate::{Rebuilt, Refusal, Work};

/// Objects in one packed container: enough that packing pays, few enough that a reader who wants one unpacks little.
const OBJECTS_PER_STREAM: usize = 200;

/// Sanitises a PDF in the mode that the pack asks for.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    let job = work.job;
    let mark = job.mark.as_ref();
    let (clean, fidelity) = match mode {
        Mode::Rebuild | Mode::Strict => clean(untrusted, mode, mark, work)?,
        // Words and pictures are taken from the clean file: what reads and draws sees nothing of the original.
        Mode::TextOnly => clean(untrusted, Mode::Rebuild, mark, work)?,
        Mode::ImagePdf => clean(untrusted, Mode::Rebuild, None, work)?,
        Mode::Cells | Mode::InspectOnly => return Err(Refusal::held(Reason::NotRebuilt)),
    };
    let (bytes, kind, road, fidelity) = match mode {
        Mode::TextOnly => {
            let words = words::read(&clean)?;
            for _ in 0..words.unreadable.min(1000) {
                work.findings.add(Threat::Unknown, "pdf#glyph");
            }
            let characters = Kept { before: words.characters + words.unreadable, after: words.characters };
            let pictures = Kept { after: 0, ..fidelity.pictures };
            (words.text.into_bytes(), Kind::Text, Road::Text, Fidelity { characters, pictures, ..fidelity })
        }
        Mode::ImagePdf => {
            let bytes = drawn::draw(&clean, work)?;
            check::verify(&bytes, fidelity.pages.after)?;
            let characters = Kept { after: 0, ..fidelity.characters };
            let fidelity = Fidelity { characters, ..fidelity };
            (bytes, Kind::Pdf, Road::Pictures, fidelity)
        }
        _ => (clean, Kind::Pdf, Road::Rebuilt, fidelity),
    };
    Ok(Rebuilt { clean: bytes, kind, road, members: Vec::new(), fidelity: Some(fidelity) })
}

fn clean(
    untrusted: &[u8],
    mode: Mode,
    mark: Option<&Mark>,
    work: &mut Work<'_>,
) -> Result<(Vec<u8>, Fidelity), Refusal> {
    let source = open::open(untrusted, work)?;
    let (mut document, fidelity) = catalog::document(&source, mode, mark, work)?;
    drop(source);
    weight::check(&document, work.budget)?;
    let bytes = write(&mut document)?;
    drop(document);
    if work.depth == 0 {
        (work.progress)(Stage::Verify, 0);
    }
    check::verify(&bytes, fidelity.pages.after)?;
    Ok((bytes, fidelity))
}

/// The bytes of a document that was made here.
pub(crate) fn write(document: &mut Document) -> Result<Vec<u8>, Refusal> {
    let options = SaveOptions::builder()
        .use_object_streams(true)
        .use_xref_streams(true)
        .max_objects_per_stream(OBJECTS_PER_STREAM)
        .compression_level(9)
        .build();
    let mut bytes = Vec::new();
    document.save_with_options(&mut bytes, options).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
    Ok(bytes)
}

/// Puts a mark on pages that were made elsewhere in this package.
pub(crate) fn mark_pages(document: &mut Document, pages: &[ObjectId], mark: &Mark) {
    let pages: Vec<_> = pages.iter().map(|id| pages::Written { id: *id, open_states: 0 }).collect();
    mark::write(document, &pages, mark);
}

#[cfg(test)]
mod tests;
