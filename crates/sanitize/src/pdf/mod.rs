//! PDF (ISO 32000-2), built anew from the objects that its pages need.
//!
//! Owns: opening (with a password if one was given), the order of the work, and the check of the result.
//! Leaves to others: which objects and keys are copied (`copy`), which of them are forbidden (`rules`).
//!
//! A PDF is not stripped in place. A new document is made, the catalog is copied into it by an allow-list, and
//! what is reached from there follows. Objects that nothing reaches, earlier revisions, object streams and
//! whatever stands between objects never come along. The written bytes are then read again and searched for
//! everything that should have stayed behind; if anything is found the file is held.

mod copy;
mod rules;

use lopdf::{Document, LoadOptions, Object};
use worker_protocol::frame::Stage;
use worker_protocol::{Reason, Threat};

use crate::{Refusal, Work};

pub(crate) fn rebuild(untrusted: &[u8], work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
    if !untrusted.starts_with(b"%PDF-") {
        work.findings.add(Threat::HiddenData, "pdf#before");
    }
    let revisions = count(untrusted, b"%%EOF");
    if revisions > 1 {
        work.findings.add(Threat::HiddenData, "pdf#revisions");
    }
    let source = open(untrusted, work)?;
    if source.objects.len() as u64 > u64::from(work.budget.limits.pages_max).saturating_mul(200) {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    if source.trailer.has(b"Info") {
        work.findings.add(Threat::Metadata, "pdf#info");
    }
    let mut clean = copy::copy(&source, work)?;
    drop(source);
    let pages = clean.page_iter().take(work.budget.limits.pages_max as usize + 1).count();
    if pages == 0 {
        return Err(Refusal::held(Reason::Damaged));
    }
    if pages > work.budget.limits.pages_max as usize {
        return Err(Refusal::blocked(Reason::TooComplex));
    }
    let mut bytes = Vec::new();
    clean.save_to(&mut bytes).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
    if work.depth == 0 {
        (work.progress)(Stage::Verify, 0);
    }
    verify(&bytes, pages)?;
    Ok(bytes)
}

fn open(untrusted: &[u8], work: &mut Work<'_>) -> Result<Document, Refusal> {
    let damaged = |_| Refusal::held(Reason::Damaged);
    let options = || LoadOptions {
        max_decompressed_size: Some(
            usize::try_from(work.budget.bytes_left()).unwrap_or(usize::MAX).min(256 << 20),
        ),
        ..LoadOptions::default()
    };
    // Without a password this also opens what is encrypted for everybody, with the empty one.
    let first = Document::load_mem_with_options(untrusted, options());
    match first {
        Ok(document) if !document.trailer.has(b"Encrypt") => {
            if document.was_encrypted() {
                work.findings.add(Threat::Encryption, "pdf");
            }
            return Ok(document);
        }
        Ok(_) => {}
        Err(lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_)) => {}
        Err(error) => return Err(damaged(error)),
    }
    for password in work.job.hint.passwords.iter().take(10) {
        let with_password = LoadOptions { password: Some(password.clone()), ..options() };
        if let Ok(document) = Document::load_mem_with_options(untrusted, with_password)
            && !document.trailer.has(b"Encrypt")
        {
            work.findings.add(Threat::Encryption, "pdf");
            return Ok(document);
        }
    }
    Err(Refusal::held(Reason::PasswordNeeded))
}

/// Reads the result as a stranger would and looks for what must not be there.
fn verify(clean: &[u8], pages: usize) -> Result<(), Refusal> {
    let failed = Refusal::held(Reason::VerifyFailed);
    let document = Document::load_mem(clean).map_err(|_| failed)?;
    let is_sound = document.page_iter().take(pages + 1).count() == pages
        && document.trailer.iter().all(|(key, _)| matches!(key.as_slice(), b"Root" | b"Size" | b"ID"))
        && document.objects.values().all(|object| is_free_of_danger(object, 0));
    if is_sound { Ok(()) } else { Err(failed) }
}

fn is_free_of_danger(object: &Object, depth: u32) -> bool {
    if depth > 300 {
        return false;
    }
    match object {
        Object::Array(items) => items.iter().all(|item| is_free_of_danger(item, depth + 1)),
        Object::Dictionary(dictionary) => {
            !rules::is_forbidden(dictionary)
                && dictionary.iter().all(|(key, value)| {
                    rules::danger_of_key(key).is_none() && is_free_of_danger(value, depth + 1)
                })
        }
        Object::Stream(stream) => {
            !rules::is_forbidden(&stream.dict)
                && stream.dict.iter().all(|(key, value)| {
                    rules::danger_of_key(key).is_none()
                        && !matches!(key.as_slice(), b"F" | b"FFilter" | b"FDecodeParms")
                        && is_free_of_danger(value, depth + 1)
                })
        }
        _ => true,
    }
}

fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).filter(|window| *window == wanted).count()
}

#[cfg(test)]
mod tests;
