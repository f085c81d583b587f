//! Opening a PDF: whole, damaged, or locked.
//!
//! Owns: passwords, repair within bounds, and what can be said about the bytes before anything is copied.
//! Leaves to others: parsing (lopdf), copying.

use std::collections::HashSet;

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};
use memchr::memmem;
use worker_protocol::{Reason, Threat};

use crate::{Refusal, Work};

/// The least and the most that one stream of objects may expand to.
const OBJECT_STREAM_BYTES: std::ops::RangeInclusive<u64> = (4 << 20)..=(128 << 20);

/// Objects for each page that may be; far above what drawings of machines have.
const OBJECTS_PER_PAGE: u64 = 400;

/// Opens the file with the passwords of the job, and says what lies around its content.
pub(super) fn open(untrusted: &[u8], work: &mut Work<'_>) -> Result<Document, Refusal> {
    if !untrusted.starts_with(b"%PDF-") {
        work.findings.add(Threat::HiddenData, "pdf#before");
    }
    let ends = ends(untrusted);
    let is_linearized =
        contains(untrusted.get(..untrusted.len().min(2048)).unwrap_or_default(), b"/Linearized");
    if ends.len() > if is_linearized { 2 } else { 1 } {
        work.findings.add(Threat::HiddenData, "pdf#revisions");
    }
    let behind = ends.last().and_then(|end| untrusted.get(end + 5..)).unwrap_or_default();
    if behind.iter().any(|byte| !super::lexer::is_space(*byte)) {
        work.findings.add(Threat::HiddenData, "pdf#after");
    }
    let document = load(untrusted, work)?;
    if document.objects.len() as u64
        > u64::from(work.budget.limits.pages_max).saturating_mul(OBJECTS_PER_PAGE)
    {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    if has_unreached(&document) {
        work.findings.add(Threat::HiddenData, "pdf#unreferenced");
    }
    Ok(document)
}

fn load(untrusted: &[u8], work: &mut Work<'_>) -> Result<Document, Refusal> {
    let streams = 1 + memmem::find_iter(untrusted, b"/ObjStm").count() as u64;
    let share =
        (work.budget.bytes_left() / streams).clamp(*OBJECT_STREAM_BYTES.start(), *OBJECT_STREAM_BYTES.end());
    let share = usize::try_from(share.min(work.budget.bytes_left())).unwrap_or(usize::MAX);
    let options = || LoadOptions { max_decompressed_size: Some(share), ..LoadOptions::default() };
    let first = match Document::load_mem_with_options(untrusted, options()) {
        Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. })) => {
            return Err(Refusal::blocked(Reason::Bomb));
        }
        other => other,
    };
    let is_locked = match &first {
        Ok(document) => document.trailer.has(b"Encrypt"),
        Err(error) => matches!(error, lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_)),
    };
    if !is_locked {
        // Without a password this also opened what is encrypted for everybody, with the empty one.
        if let Ok(document) = first
            && (document.page_iter().next().is_some() || has_pages(&document))
        {
            if document.was_encrypted() {
                work.findings.add(Threat::Encryption, "pdf");
            }
            return Ok(document);
        }
        // The table of objects may lead to the wrong ones although it can be read.
        let again = LoadOptions { force_reconstruct: true, ..options() };
        return match Document::load_mem_with_options(untrusted, again) {
            Ok(document) if !document.trailer.has(b"Encrypt") => Ok(document),
            _ => Err(Refusal::held(Reason::Damaged)),
        };
    }
    let with_identifier = with_identifier(untrusted);
    let empty = String::new();
    let passwords = std::iter::once(&empty).chain(work.job.hint.passwords.iter().take(10));
    for password in passwords {
        for bytes in std::iter::once(untrusted).chain(with_identifier.as_deref()) {
            let with_password = LoadOptions { password: Some(password.clone()), ..options() };
            if let Ok(document) = Document::load_mem_with_options(bytes, with_password)
                && !document.trailer.has(b"Encrypt")
            {
                work.findings.add(Threat::Encryption, "pdf");
                return Ok(document);
            }
        }
    }
    Err(Refusal::held(Reason::PasswordNeeded))
}

/// The same file with an identifier in its trailer. The key of an encrypted file is made from it too, as from nothing
/// when there is none, and the library asks for one.
fn with_identifier(untrusted: &[u8]) -> Option<Vec<u8>> {
    let trailer = memmem::rfind(untrusted, b"trailer")?;
    let rest = untrusted.get(trailer..)?;
    let until = memmem::find(rest, b"startxref").unwrap_or(rest.len());
    if contains(rest.get(..until)?, b"/ID") {
        return None;
    }
    let open = trailer + memmem::find(rest, b"<<")? + 2;
    let (before, after) = untrusted.split_at_checked(open)?;
    Some([before, b"/ID[<><>]", after].concat())
}

/// The catalog, or the best there is in its place.
pub(super) fn catalog(document: &Document) -> Dictionary {
    if let Ok(catalog) = document.catalog()
        && catalog.has(b"Pages")
    {
        return catalog.clone();
    }
    let by_type = document.objects.values().rev().find_map(|object| match object {
        Object::Dictionary(dictionary) if dictionary.has_type(b"Catalog") => Some(dictionary.clone()),
        _ => None,
    });
    by_type.or_else(|| document.catalog().ok().cloned()).unwrap_or_default()
}

fn has_pages(document: &Document) -> bool {
    document
        .objects
        .values()
        .any(|object| matches!(object, Object::Dictionary(dictionary) if dictionary.has_type(b"Page")))
}

/// All objects that something leads to.
pub(super) fn reached(document: &Document) -> HashSet<ObjectId> {
    let mut seen: HashSet<ObjectId> = HashSet::new();
    let mut waiting: Vec<&Object> = document.trailer.iter().map(|(_, value)| value).collect();
    while let Some(object) = waiting.pop() {
        match object {
            Object::Reference(id) => {
                if seen.insert(*id)
                    && let Some(next) = document.objects.get(id)
                {
                    waiting.push(next);
                }
            }
            Object::Array(items) => waiting.extend(items),
            Object::Dictionary(dictionary) => waiting.extend(dictionary.iter().map(|(_, value)| value)),
            Object::Stream(stream) => waiting.extend(stream.dict.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    seen
}

/// Whether there are objects that nothing leads to.
fn has_unreached(document: &Document) -> bool {
    let seen = reached(document);
    document.objects.iter().any(|(id, object)| {
        let is_scaffold = match object {
            // Containers of objects and tables of them; the note of a linearized file.
            Object::Stream(stream) => stream.dict.has_type(b"ObjStm") || stream.dict.has_type(b"XRef"),
            Object::Dictionary(dictionary) => dictionary.has(b"Linearized"),
            Object::Null => true,
            _ => false,
        };
        // The lengths of streams are numbers that the parser has used up.
        !is_scaffold && !matches!(object, Object::Integer(_)) && !seen.contains(id)
    })
}

fn ends(bytes: &[u8]) -> Vec<usize> {
    memmem::find_iter(bytes, b"%%EOF").collect()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memmem::find(bytes, wanted).is_some()
}
