//! Pictures inside OpenDocument and RTF files.
//!
//! Owns: what a rebuilt picture is called in a document, and what stands where one could not be kept.
//! Leaves to others: the pixels (`picture`).

use worker_protocol::Reason;

use crate::{Refusal, Work, picture};

/// A picture as it is put into a document.
pub(crate) struct Embedded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) extension: &'static str,
    pub(crate) media_type: &'static str,
}

/// Rebuilds a picture; nothing when it cannot be kept.
///
/// # Errors
/// Only what must stop the whole document: a bomb.
pub(crate) fn rebuild(
    untrusted: &[u8],
    place: &str,
    work: &mut Work<'_>,
) -> Result<Option<Embedded>, Refusal> {
    match picture::rebuild_any(untrusted, place, work) {
        Ok((bytes, _)) => Ok(named(bytes)),
        Err(refusal) if refusal.reason == Reason::Bomb => Err(refusal),
        Err(_) => Ok(None),
    }
}

/// What stands where a picture could not be kept.
///
/// # Errors
/// None that the bounds of a picture allow for.
pub(crate) fn missing() -> Result<Embedded, Refusal> {
    let bytes = picture::placeholder()?;
    Ok(Embedded { bytes, extension: "png", media_type: "image/png" })
}

/// What clean bytes are called, told from how they begin.
fn named(bytes: Vec<u8>) -> Option<Embedded> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let (extension, media_type) = if starts(b"\x89PNG") {
        ("png", "image/png")
    } else if starts(b"\xff\xd8") {
        ("jpg", "image/jpeg")
    } else if starts(b"GIF8") {
        ("gif", "image/gif")
    } else if starts(b"<svg") || starts(b"<?xml") {
        ("svg", "image/svg+xml")
    } else if bytes.get(40..44) == Some(b" EMF") {
        ("emf", "image/x-emf")
    } else if starts(b"\xd7\xcd\xc6\x9a") || starts(b"\x01\0\x09\0") {
        ("wmf", "image/x-wmf")
    } else {
        return None;
    };
    Some(Embedded { bytes, extension, media_type })
}
