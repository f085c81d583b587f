//! Drawings of construction that are plain text: DXF, and what is written in the form of STEP (SXF's p21 and sfc).
//!
//! Owns: which of them is rebuilt how, and what in their strings leads out of the drawing.
//! Leaves to others: the two grammars (`dxf`, `step`), encodings (`text`), drawings in binary forms, which are not rebuilt.

mod dxf;
mod step;

use std::borrow::Cow;

use worker_protocol::{Fidelity, Kept, Kind, LinkPolicy, Mode, Reason, Threat};

use crate::text::Dropped;
use crate::{Rebuilt, Refusal, Work, link, text};

/// What a grammar makes of a drawing.
#[derive(Default)]
struct Drawing {
    /// The drawing, written anew.
    out: String,
    /// Words that the drawing shows, one text to a line.
    words: String,
    /// Words in what came and in what was written.
    characters: Kept,
    dropped: Dropped,
}

/// Builds a drawing anew.
pub(crate) fn rebuild(
    untrusted: &[u8],
    kind: Kind,
    mode: Mode,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    if matches!(mode, Mode::ImagePdf | Mode::InspectOnly) || dxf::is_binary(untrusted) || is_packed(untrusted)
    {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let mut decoded = text::decode(untrusted).ok_or(Refusal::held(Reason::Damaged))?;
    work.budget.spend(decoded.text.len() as u64)?;
    // A comment on top would say the mark; a label that the encoding cannot write stays out.
    let line = work
        .job
        .mark
        .as_ref()
        .map(crate::mark::line)
        .filter(|line| mode != Mode::TextOnly && !line.is_empty());
    let line = match line {
        Some(line) if !decoded.can_say(&line) || line.contains("*/") => {
            work.findings.add(Threat::MarkNotPossible, "");
            None
        }
        line => line,
    };
    let drawing = match kind {
        Kind::Dxf => dxf::rebuild(&decoded.text, line.as_deref(), mode, work)?,
        _ => step::rebuild(&decoded.text, line.as_deref(), mode, work)?,
    };
    drawing.dropped.report(work);
    if mode == Mode::TextOnly {
        return Ok(text::written_down(drawing.words, work));
    }
    decoded.text = drawing.out;
    if !decoded.is_writable() {
        return Err(Refusal::held(Reason::VerifyFailed));
    }
    let fidelity = Some(Fidelity { characters: drawing.characters, ..Fidelity::default() });
    Ok(Rebuilt { fidelity, ..Rebuilt::same(decoded.encode(), kind) })
}

/// Several files of one drawing in a ZIP.
fn is_packed(untrusted: &[u8]) -> bool {
    untrusted.starts_with(b"PK\x03\x04") || untrusted.starts_with(b"PK\x05\x06")
}

/// The links that a mode and the pack keep.
fn links(mode: Mode, work: &Work<'_>) -> LinkPolicy {
    if mode == Mode::Strict { LinkPolicy::Remove } else { work.job.policy.links }
}

/// Why a string may not stay where programs look for something outside the drawing: it names a place on a network.
fn leads_out(value: &str, links: LinkPolicy) -> Option<Threat> {
    let value = value.trim();
    if value.starts_with("\\\\") || value.starts_with("//") {
        return Some(Threat::ExternalContent);
    }
    let (scheme, rest) = value.split_once(':')?;
    let is_scheme = (2..=30).contains(&scheme.len())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let acts = matches!(
        scheme.to_ascii_lowercase().as_str(),
        "javascript" | "vbscript" | "data" | "file" | "mailto"
    );
    (is_scheme && (acts || rest.starts_with("//")) && !link::is_kept(value, links))
        .then_some(Threat::Hyperlink)
}

/// The last part of a path: where files of drawings name others, programs look for them in folders of their own.
fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A string without controls; what was dropped is noted.
fn plain<'t>(value: &'t str, dropped: &mut Dropped) -> Cow<'t, str> {
    if !value.chars().any(|c| c.is_control() || crate::name::is_bidi_control(c)) {
        return Cow::Borrowed(value);
    }
    let (plain, gone) = text::without_controls(value);
    dropped.join(gone);
    Cow::Owned(plain.replace(['\r', '\n', '\u{c}'], " "))
}
