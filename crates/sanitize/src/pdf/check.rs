//! The second look: the written bytes read again, and searched for what should have stayed behind.
//!
//! Owns: a list of what never stands in a clean file, kept apart from the tables by which it was written, so that a
//! slip in one is found by the other.
//! Leaves to others: removing. Whatever is found here, the file is held.

use std::collections::HashSet;

use lopdf::{Dictionary, Document, Object, ObjectId};
use worker_protocol::Reason;

use super::mark;
use crate::Refusal;

/// Dictionaries whose keys are names of the author's choice; what is under them is looked at all the same.
const NAMED: [&[u8]; 17] = [
    b"Font",
    b"XObject",
    b"ExtGState",
    b"ColorSpace",
    b"Pattern",
    b"Shading",
    b"Properties",
    b"CharProcs",
    b"N",
    b"R",
    b"D",
    b"RoleMap",
    b"ClassMap",
    b"Dests",
    b"Colorants",
    b"Usage",
    b"Encoding",
];

/// Reads the result as a stranger would.
pub(super) fn verify(clean: &[u8], pages: u64) -> Result<(), Refusal> {
    let failed = Refusal::held(Reason::VerifyFailed);
    let document = Document::load_mem(clean).map_err(|_| failed)?;
    let is_whole = document.page_iter().take(usize::try_from(pages).unwrap_or(0) + 1).count() as u64 == pages;
    if is_whole && trailer_is_bare(&document) && is_free_of_danger(&document) { Ok(()) } else { Err(failed) }
}

fn trailer_is_bare(document: &Document) -> bool {
    document.trailer.iter().all(|(key, value)| match key.as_slice() {
        b"Root" | b"Size" | b"ID" | b"Type" | b"W" | b"Index" | b"Length" | b"Filter" => true,
        b"Info" => value
            .as_reference()
            .and_then(|id| document.get_dictionary(id))
            .is_ok_and(mark::is_own_information),
        _ => false,
    })
}

fn is_free_of_danger(document: &Document) -> bool {
    let mut seen: HashSet<ObjectId> = HashSet::new();
    let mut waiting: Vec<(&Object, bool)> =
        document.trailer.iter().map(|(_, value)| (value, false)).collect();
    while let Some((object, is_named)) = waiting.pop() {
        let dictionary = match object {
            Object::Reference(id) => {
                if seen.insert(*id)
                    && let Some(next) = document.objects.get(id)
                {
                    waiting.push((next, is_named));
                }
                continue;
            }
            Object::Array(items) => {
                waiting.extend(items.iter().map(|item| (item, false)));
                continue;
            }
            Object::Dictionary(dictionary) => dictionary,
            Object::Stream(stream) => {
                if [b"F".as_slice(), b"FFilter", b"FDecodeParms"].iter().any(|key| stream.dict.has(key)) {
                    return false;
                }
                if is_exploited_codec(&stream.dict) {
                    return false;
                }
                &stream.dict
            }
            _ => continue,
        };
        if is_forbidden(dictionary) {
            return false;
        }
        for (key, value) in dictionary.iter() {
            if !is_named
                && (is_forbidden_key(key) || key == b"OpenAction" && !matches!(value, Object::Array(_)))
            {
                return false;
            }
            waiting.push((value, !is_named && NAMED.contains(&key.as_slice())));
        }
    }
    true
}

fn is_exploited_codec(dictionary: &Dictionary) -> bool {
    let is_exploited = |name: &Object| matches!(name.as_name(), Ok(b"JBIG2Decode" | b"JPXDecode"));
    match dictionary.get(b"Filter") {
        Ok(Object::Array(names)) => names.iter().any(is_exploited),
        Ok(name) => is_exploited(name),
        Err(_) => false,
    }
}

fn is_forbidden_key(key: &[u8]) -> bool {
    matches!(
        key,
        b"JS"
            | b"JavaScript"
            | b"AA"
            | b"PA"
            | b"EmbeddedFiles"
            | b"EF"
            | b"RF"
            | b"AF"
            | b"Collection"
            | b"XFA"
            | b"XFAResources"
            | b"RichMediaContent"
            | b"RichMediaSettings"
            | b"3DD"
            | b"3DV"
            | b"3DA"
            | b"Renditions"
            | b"Movie"
            | b"OPI"
            | b"Alternates"
            | b"Ref"
            | b"PieceInfo"
            | b"SpiderInfo"
            | b"AlternatePresentations"
            | b"Templates"
            | b"Requirements"
            | b"Metadata"
            | b"Thumb"
            | b"Perms"
            | b"DSS"
            | b"SigFlags"
    )
}

/// An action that acts, an annotation or a stream of a kind that is never written, a file.
fn is_forbidden(dictionary: &Dictionary) -> bool {
    let name = |key: &[u8]| dictionary.get(key).and_then(Object::as_name).unwrap_or_default();
    // Structure elements have roles under the same key; they have parents, actions do not.
    let is_action = !dictionary.has(b"P") && !dictionary.has(b"Pg");
    let acts = matches!(
        name(b"S"),
        b"JavaScript"
            | b"Launch"
            | b"GoToR"
            | b"GoToE"
            | b"SubmitForm"
            | b"ImportData"
            | b"Rendition"
            | b"Movie"
            | b"Sound"
            | b"GoTo3DView"
            | b"RichMediaExecute"
            | b"Thread"
            | b"Hide"
            | b"SetOCGState"
            | b"ResetForm"
            | b"GoToDp"
    );
    let is_medium = matches!(
        name(b"Subtype"),
        b"FileAttachment" | b"Movie" | b"Screen" | b"3D" | b"RichMedia" | b"PS" | b"Sound"
    ) && (dictionary.has(b"Rect")
        || name(b"Subtype") == b"PS" && !dictionary.has(b"FontName"));
    let is_file = matches!(name(b"Type"), b"Filespec" | b"EmbeddedFile" | b"F")
        || dictionary.has(b"EF")
        || name(b"FS") == b"URL";
    (is_action && acts) || is_medium || is_file
}
