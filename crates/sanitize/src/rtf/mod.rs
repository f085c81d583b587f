//! Rich Text Format: read into tokens, and written anew from those that are known.
//!
//! Owns: which groups stay, objects and their result, fields and their result, properties, where text is put.
//! What is written is plain ASCII with one spelling for each thing, so that no two readers can cut it differently.
//! Leaves to others: cutting into tokens (`token`), the lists of control words (`vocabulary`), pictures (`pict`).

mod mark;
mod pict;
mod token;
mod vocabulary;
mod words;
mod writer;

#[cfg(test)]
mod tests;

use worker_protocol::{Fidelity, Kept, Kind, LinkPolicy, Mode, Reason, Road};

use crate::{Rebuilt, Refusal, Work};
use writer::Writer;

pub(crate) use words::{charset, paragraphs};

/// The name of everything that belongs to a mark.
const MARK: &str = "SekishoMark";

/// Fallback bytes that one character may have.
const FALLBACK_MAX: usize = 32;

/// Text of a field, name or property that is looked at.
const COLLECTED_CHARS_MAX: usize = 8_192;

/// Builds a document anew.
///
/// # Errors
/// Held when its groups do not close, when it ends inside a token, or when it is no RTF after all.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if !matches!(mode, Mode::Rebuild | Mode::Strict | Mode::TextOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    work.budget.spend(untrusted.len() as u64)?;
    let before = words::read(untrusted);
    let clean = {
        let strict = mode != Mode::Rebuild;
        let links = if strict { LinkPolicy::Remove } else { work.job.policy.links };
        let mut writer = Writer::new(work, strict, links);
        writer.run(untrusted)?;
        writer.finish()
    };
    let after = words::read(&clean);
    if mode == Mode::TextOnly {
        if after.paragraphs.is_empty() {
            return Err(Refusal::held(Reason::NoWords));
        }
        let text = after.paragraphs.join("\n") + "\n";
        return Ok(Rebuilt {
            kind: Kind::Text,
            road: Road::Text,
            ..Rebuilt::same(text.into_bytes(), Kind::Rtf)
        });
    }
    let fidelity = Fidelity {
        characters: Kept { before: before.characters, after: after.characters },
        pictures: Kept { before: before.pictures, after: after.pictures },
        ..Fidelity::default()
    };
    Ok(Rebuilt { fidelity: Some(fidelity), ..Rebuilt::same(clean, Kind::Rtf) })
}
