//! Messages in the MIME format (RFC 2045 to 2049), as a tree.
//!
//! Owns: splitting headers and parts, undoing transfer encodings, writing a tree as a message whose bytes depend on
//! nothing but its content.
//! Leaves to others: words inside header fields (`field`), what may stay of a message (`mail`, `mhtml`).
//!
//! Mail programs disagree on malformed messages. This reads what most of them would show, and what leaves is written
//! from the tree, so that there is nothing left to disagree on.

pub(crate) mod field;
mod write;

use std::borrow::Cow;

use worker_protocol::Reason;

use crate::bounded::Budget;
use crate::{Refusal, transfer};
use field::Valued;

pub(crate) use write::{Entity, write};

/// Parts in parts. Each level is a call, so this bounds the stack, too.
const NESTING_MAX: u32 = 32;

/// Bytes of the headers of one part.
const HEADERS_BYTES_MAX: usize = 512 << 10;

/// Names in lower case, and values without folds.
type Fields<'a> = Vec<(String, Cow<'a, [u8]>)>;

/// A part and what is in it.
pub(crate) struct Part<'a> {
    fields: Fields<'a>,
    pub(crate) content_type: Valued,
    pub(crate) disposition: Valued,
    pub(crate) body: Body<'a>,
}

/// The inside of a part.
pub(crate) enum Body<'a> {
    /// Its bytes, without their transfer encoding.
    Bytes(Cow<'a, [u8]>),
    Parts(Vec<Part<'a>>),
}

impl<'a> Part<'a> {
    /// Reads a message or a part of one.
    pub(crate) fn read(untrusted: &'a [u8], budget: &mut Budget) -> Result<Self, Refusal> {
        Self::read_at(untrusted, 0, false, budget)
    }

    fn read_at(
        untrusted: &'a [u8],
        depth: u32,
        in_digest: bool,
        budget: &mut Budget,
    ) -> Result<Self, Refusal> {
        if depth > NESTING_MAX {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        budget.take_entries(1)?;
        let (fields, content) = split_headers(untrusted)?;
        let value = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| &**value);
        let default: &[u8] = if in_digest { b"message/rfc822" } else { b"text/plain" };
        let mut content_type = Valued::read(value("content-type").unwrap_or(default));
        if !content_type.value.contains('/') {
            content_type.value = "text/plain".to_owned();
        }
        let disposition = value("content-disposition").map(Valued::read).unwrap_or_default();
        let encoding = value("content-transfer-encoding").map(Valued::read).unwrap_or_default().value;
        let is_multipart = content_type.value.starts_with("multipart/");
        let is_digest = content_type.value == "multipart/digest";
        let boundary =
            content_type.parameter("boundary").map(str::to_owned).filter(|b| is_multipart && !b.is_empty());
        let pieces = boundary.map(|boundary| split_parts(content, boundary.as_bytes())).unwrap_or_default();
        let body = if pieces.is_empty() {
            if is_multipart {
                content_type.value = "text/plain".to_owned();
            }
            Body::Bytes(undo(content, &encoding))
        } else {
            let read = |piece| Self::read_at(piece, depth + 1, is_digest, budget);
            Body::Parts(pieces.into_iter().map(read).collect::<Result<_, _>>()?)
        };
        Ok(Self { fields, content_type, disposition, body })
    }

    /// The first field of this name, which is given in lower case.
    pub(crate) fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// All fields in order, with names in lower case.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| (name.as_str(), &**value))
    }

    /// The encoding that its words name, or those of the first part that names one.
    pub(crate) fn alphabet(&self) -> Option<&str> {
        match &self.body {
            Body::Parts(parts) => parts.iter().find_map(Part::alphabet),
            Body::Bytes(_) => self.content_type.parameter("charset"),
        }
    }

    /// The name that the part is to have as a file.
    pub(crate) fn file_name(&self) -> Option<String> {
        let name = self.disposition.parameter("filename").or_else(|| self.content_type.parameter("name"));
        name.map(str::to_owned).filter(|name| !name.trim().is_empty())
    }

    /// What other parts call this one: its identifier without brackets.
    pub(crate) fn content_id(&self) -> Option<String> {
        let id = field::words(self.field("content-id")?);
        let id = id.trim().trim_start_matches('<').trim_end_matches('>').trim();
        (!id.is_empty()).then(|| id.to_owned())
    }
}

/// The fields at the beginning and what follows them. A line that is no field ends them, too.
fn split_headers(untrusted: &[u8]) -> Result<(Fields<'_>, &[u8]), Refusal> {
    let mut fields: Fields<'_> = Vec::new();
    let mut rest = untrusted;
    let mut is_first = true;
    while !rest.is_empty() {
        let (line, after) = next_line(rest);
        if line.is_empty() {
            // Blank lines before the first field are not the end of the headers.
            if !fields.is_empty() || !is_first {
                return Ok((fields, after));
            }
            is_first = false;
            rest = after;
            if !looks_like_field(next_line(after).0) {
                return Ok((fields, after));
            }
            continue;
        }
        if untrusted.len() - after.len() > HEADERS_BYTES_MAX {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        let is_folded = matches!(line.first(), Some(b' ' | b'\t'));
        let is_envelope = fields.is_empty() && (line.starts_with(b"From ") || line.starts_with(b">From "));
        if is_folded {
            if let Some((_, value)) = fields.last_mut() {
                let value = value.to_mut();
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
        } else if looks_like_field(line) {
            let colon = line.iter().position(|byte| *byte == b':').unwrap_or_default();
            let (name, value) = line.split_at_checked(colon).unwrap_or((line, b""));
            let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
            fields.push((name, Cow::Borrowed(value.get(1..).unwrap_or_default().trim_ascii())));
        } else if !is_envelope {
            return Ok((fields, rest));
        }
        is_first = false;
        rest = after;
    }
    Ok((fields, rest))
}

fn looks_like_field(line: &[u8]) -> bool {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    !name.is_empty() && name.len() <= 200 && name.iter().all(|byte| byte.is_ascii_graphic())
}

/// A line without its end, and what follows.
fn next_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, rest) = bytes.split_at_checked(end).unwrap_or((bytes, b""));
    (line.strip_suffix(b"\r").unwrap_or(line), rest.get(1..).unwrap_or_default())
}

/// The parts between the lines that the boundary makes. Empty when there is no such line.
fn split_parts<'a>(content: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut start: Option<usize> = None;
    let mut at = 0;
    while at < content.len() {
        let rest = content.get(at..).unwrap_or_default();
        let (line, after) = next_line(rest);
        let next = content.len() - after.len();
        let tail = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary));
        if let Some(tail) = tail {
            let tail = tail.trim_ascii();
            let is_end = tail.starts_with(b"--");
            if tail.is_empty() || is_end {
                if let Some(start) = start {
                    // The line break before the boundary belongs to it.
                    let part = content.get(start..at).unwrap_or_default();
                    let part = part.strip_suffix(b"\n").unwrap_or(part);
                    parts.push(part.strip_suffix(b"\r").unwrap_or(part));
                }
                if is_end {
                    return parts;
                }
                start = Some(next);
            }
        }
        at = next;
    }
    if let Some(part) = start.and_then(|start| content.get(start..)).filter(|part| !part.is_empty()) {
        parts.push(part);
    }
    parts
}

fn undo<'a>(content: &'a [u8], encoding: &str) -> Cow<'a, [u8]> {
    match encoding {
        "base64" => Cow::Owned(transfer::base64_decode(content)),
        "quoted-printable" => Cow::Owned(transfer::quoted_printable_decode(content)),
        "x-uuencode" | "uuencode" | "x-uue" => match transfer::uudecode(&String::from_utf8_lossy(content)) {
            Some(file) => Cow::Owned(file.bytes),
            None => Cow::Borrowed(content),
        },
        _ => Cow::Borrowed(content),
    }
}

#[cfg(test)]
mod tests;
