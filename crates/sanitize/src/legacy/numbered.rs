//! Presentations whose objects have higher numbers than they say (MS-PPT 2.3.3), made whole for LibreOffice.
//!
//! Owns: that one number, in a copy that is handed to the conversion and to nobody else.
//! Leaves to others: where objects and edits stand (`locked_slides`), what the presentation carries (`slides`).
//!
//! An edit says which number the next object would get. Programs in Java wrote it without counting their own slides. For
//! PowerPoint it matters only when a slide is added, but LibreOffice makes a table of that size and opens nothing whose
//! slides do not fit into it.

use std::io::Cursor;

use worker_protocol::Reason;

use super::bytes::{place_at, u32_at};
use super::locked::{self, File};
use super::locked_slides::{CURRENT_USER, DOCUMENT, HEAD_BYTES, LAST_EDIT, content, objects, record};
use crate::{Refusal, Work, compound};

/// Where an edit says which edit was before, where its directory stands, and the number of the next object.
const EARLIER: usize = 8;
const DIRECTORY: usize = 12;
const NEXT_NUMBER: usize = 20;

/// Edits of one presentation that are looked at, and the longest directory of one. Numbers of objects have 20 bits.
const EDITS_MAX: usize = 1_000;
const DIRECTORY_BYTES_MAX: usize = 8 << 20;

/// The presentation with a number that all of its objects fit under; nothing when it has one, or when nothing can be told.
///
/// # Errors
/// Held when it is damaged, blocked when its edits take too much.
pub(super) fn mend(untrusted: &[u8], work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let damaged = |_| Refusal::held(Reason::Damaged);
    work.budget.spend(untrusted.len() as u64)?;
    let mut file = File::open(Cursor::new(compound::sound(untrusted).into_owned())).map_err(damaged)?;
    if !file.is_stream(CURRENT_USER) {
        return Ok(None);
    }
    let user = locked::whole(&mut file, CURRENT_USER, work)?;
    let mut document = locked::whole(&mut file, DOCUMENT, work)?;
    let Some(last) = place_at(&user, LAST_EDIT) else { return Ok(None) };
    let Some(said) = content(&document, last, record::EDIT).and_then(|edit| u32_at(edit, NEXT_NUMBER)) else {
        return Ok(None);
    };
    let Some(highest) = highest(&document, last, work)?.filter(|highest| *highest > said) else {
        return Ok(None);
    };
    let at = last + HEAD_BYTES + NEXT_NUMBER;
    if let Some(number) = document.get_mut(at..at + 4) {
        number.copy_from_slice(&highest.to_le_bytes());
    }
    locked::write(&mut file, DOCUMENT, &document)?;
    file.flush().map_err(damaged)?;
    Ok(Some(file.into_inner().into_inner()))
}

/// The highest number of an object, over this edit and those before it.
fn highest(document: &[u8], last: usize, work: &mut Work<'_>) -> Result<Option<u32>, Refusal> {
    let mut highest = None;
    let mut at = last;
    for _ in 0..EDITS_MAX {
        let Some(edit) = content(document, at, record::EDIT) else { break };
        let directory = place_at(edit, DIRECTORY).and_then(|at| content(document, at, record::DIRECTORY));
        let directory =
            directory.filter(|directory| directory.len() <= DIRECTORY_BYTES_MAX).unwrap_or_default();
        // Edits may share one, so a small file has many.
        work.budget.spend(directory.len() as u64)?;
        highest = highest.max(objects(directory).into_iter().map(|(number, _)| number).max());
        match place_at(edit, EARLIER) {
            Some(earlier) if earlier != 0 && earlier < at => at = earlier,
            _ => break,
        }
    }
    Ok(highest)
}
