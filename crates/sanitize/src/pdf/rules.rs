//! What may be in a clean PDF and what may not.
//!
//! Owns: the tables of keys, actions and annotations. Used twice: while copying and, independently of how the
//! copy was made, when the result is checked.
//! Leaves to others: walking (`copy`, `mod`).

use lopdf::{Dictionary, Object};
use worker_protocol::Threat;

/// Keys of the catalog that are copied (ISO 32000-2, table 29).
pub(crate) const CATALOG_KEYS: [&[u8]; 17] = [
    b"Type",
    b"Version",
    b"Extensions",
    b"Pages",
    b"PageLabels",
    b"Names",
    b"Dests",
    b"ViewerPreferences",
    b"PageLayout",
    b"PageMode",
    b"Outlines",
    b"AcroForm",
    b"StructTreeRoot",
    b"MarkInfo",
    b"Lang",
    b"OCProperties",
    b"OutputIntents",
];

/// Keys of a page or a node of the page tree that are copied (table 31).
pub(crate) const PAGE_KEYS: [&[u8]; 22] = [
    b"Type",
    b"Parent",
    b"Kids",
    b"Count",
    b"Resources",
    b"MediaBox",
    b"CropBox",
    b"BleedBox",
    b"TrimBox",
    b"ArtBox",
    b"BoxColorInfo",
    b"Contents",
    b"Rotate",
    b"Group",
    b"Annots",
    b"StructParents",
    b"Tabs",
    b"UserUnit",
    b"Trans",
    b"Dur",
    b"VP",
    b"SeparationInfo",
];

/// Keys of the form that are copied (table 224).
pub(crate) const FORM_KEYS: [&[u8]; 5] = [b"Fields", b"NeedAppearances", b"DR", b"DA", b"Q"];

/// Annotations that show something and do nothing (table 171).
pub(crate) const ANNOTATIONS: [&[u8]; 19] = [
    b"Text",
    b"Link",
    b"FreeText",
    b"Line",
    b"Square",
    b"Circle",
    b"Polygon",
    b"PolyLine",
    b"Highlight",
    b"Underline",
    b"Squiggly",
    b"StrikeOut",
    b"Caret",
    b"Ink",
    b"Stamp",
    b"Popup",
    b"Widget",
    b"Watermark",
    b"Redact",
];

/// Why a key never stands in a clean file, wherever it is, if so.
pub(crate) fn danger_of_key(key: &[u8]) -> Option<Threat> {
    Some(match key {
        b"JS" | b"JavaScript" => Threat::Script,
        b"AA" | b"PA" | b"OpenAction" => Threat::Action,
        b"EmbeddedFiles" | b"EF" | b"RF" | b"AF" | b"Collection" => Threat::Attachment,
        b"XFA" | b"XFAResources" => Threat::DynamicForm,
        b"RichMediaContent" | b"RichMediaSettings" | b"RichMedia" | b"3DD" | b"3DV" | b"3DA"
        | b"Renditions" | b"Movie" => Threat::Multimedia,
        b"OPI" | b"Alternates" | b"Ref" => Threat::ExternalContent,
        b"PieceInfo" | b"SpiderInfo" | b"AlternatePresentations" | b"Templates" | b"Requirements" => {
            Threat::Extension
        }
        b"Metadata" => Threat::Metadata,
        b"Thumb" => Threat::AuxiliaryPart,
        b"Perms" | b"DSS" | b"SigFlags" => Threat::Signature,
        _ => return None,
    })
}

/// Actions by their type: which go, and as what (table 201). `None` for the harmless ones.
pub(crate) fn danger_of_action(action_type: &[u8]) -> Option<Threat> {
    match action_type {
        b"GoTo" | b"Named" | b"URI" => None,
        b"JavaScript" | b"Rendition" => Some(Threat::Script),
        b"Movie" | b"Sound" | b"GoTo3DView" | b"RichMediaExecute" => Some(Threat::Multimedia),
        b"GoToR" | b"GoToE" | b"Thread" | b"GoToDp" => Some(Threat::ExternalContent),
        _ => Some(Threat::Action),
    }
}

/// Whether a dictionary is something that must not be there at all: an action that acts, an annotation or a
/// stream of a kind that is never copied, a file.
pub(crate) fn is_forbidden(dictionary: &Dictionary) -> bool {
    let name = |key: &[u8]| dictionary.get(key).and_then(Object::as_name).unwrap_or_default();
    // Structure elements have roles under the same key; they have children, actions do not.
    let is_action = !dictionary.has(b"K") && !dictionary.has(b"Pg");
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
        || matches!(name(b"Subtype"), b"PS") && !dictionary.has(b"FontName"));
    let is_file = matches!(name(b"Type"), b"Filespec" | b"EmbeddedFile" | b"F")
        || (dictionary.has(b"EF"))
        || (name(b"FS") == b"URL");
    (is_action && acts) || is_medium || is_file
}
