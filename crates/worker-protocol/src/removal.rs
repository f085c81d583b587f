//! One thing that was removed: what it was, how much it matters, and where a reader finds the place.
//!
//! Owns: the closed list of what can be removed. Leaves to others: looking for it (`sanitize`), and the sentences for the
//! approver (`web`, `sekisho`).

use serde::{Deserialize, Serialize};

use crate::{closed_codes, report::PLACE_CHARS_MAX};

/// One thing that was removed or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// What it was.
    pub what: Threat,
    /// Where it was: a part name, a sheet, a page, an object number. At most 200 characters; untrusted.
    pub untrusted_place: String,
    /// The page, slide, cell or line, where it can be told.
    pub spot: Option<Spot>,
    /// How many of the same in the same place.
    pub count: u32,
}

impl Removal {
    pub(crate) fn is_bounded(&self) -> bool {
        let is_short = |text: &str| text.chars().count() <= PLACE_CHARS_MAX;
        is_short(&self.untrusted_place)
            && match &self.spot {
                Some(Spot::Cell { untrusted_sheet, reference }) => {
                    is_short(untrusted_sheet)
                        && (1..=10).contains(&reference.len())
                        && reference.chars().all(|c| c.is_ascii_alphanumeric())
                }
                _ => true,
            }
    }
}

/// Where a reader finds a place in the document. All numbers count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "in", deny_unknown_fields)]
pub enum Spot {
    /// A page of a PDF or of a picture with several.
    Page {
        /// Which.
        number: u32,
    },
    /// A slide, in the order they are shown.
    Slide {
        /// Which.
        number: u32,
    },
    /// A cell of a sheet.
    Cell {
        /// The sheet's name, untrusted. At most [`PLACE_CHARS_MAX`] characters; empty in a table without sheets.
        untrusted_sheet: String,
        /// Column letters and row number, such as `B12`.
        reference: String,
    },
    /// A line of text.
    Line {
        /// Which.
        number: u32,
    },
}

closed_codes! {
    /// How much it matters that something was found.
    Severity {
        /// Ordinary: metadata, printer settings, a name made safe.
        Low = "low",
        /// It could reach outside or hide something.
        Medium = "medium",
        /// It could run.
        High = "high",
    }
}

closed_codes! {
    /// What can be removed. Rows of the message catalogue give each its Japanese words.
    Threat {
        /// VBA project or its parts.
        MacroVba = "macro-vba",
        /// Excel 4 macro sheets and auto-run names.
        MacroXlm = "macro-xlm",
        /// ActiveX controls.
        ActiveX = "active-x",
        /// OLE objects and embedded packages.
        EmbeddedObject = "embedded-object",
        /// A template or other part loaded from outside.
        ExternalTemplate = "external-template",
        /// Pictures, workbooks, frames and other content loaded from outside.
        ExternalContent = "external-content",
        /// Data connections, query tables, mail-merge sources.
        DataConnection = "data-connection",
        /// DDE and other fields that fetch or run.
        DangerousField = "dangerous-field",
        /// Formulas that fetch or run.
        DangerousFormula = "dangerous-formula",
        /// Hyperlinks whose scheme the policy does not keep.
        Hyperlink = "hyperlink",
        /// Actions on click, hover or opening.
        Action = "action",
        /// JavaScript or another script.
        Script = "script",
        /// Files attached inside a document.
        Attachment = "attachment",
        /// Movies, sound, 3D.
        Multimedia = "multimedia",
        /// XFA and other form engines.
        DynamicForm = "dynamic-form",
        /// Parts, objects or bytes that nothing refers to, previous revisions, trailing data.
        HiddenData = "hidden-data",
        /// Custom XML, user-interface customisation, web extensions.
        Extension = "extension",
        /// Printer settings, thumbnails, embedded fonts that are not kept.
        AuxiliaryPart = "auxiliary-part",
        /// Signatures, which cannot hold after a rebuild.
        Signature = "signature",
        /// Author, GPS position and other metadata.
        Metadata = "metadata",
        /// A part or element that is not on the list of the known and wanted.
        Unknown = "unknown",
        /// A member of an archive or a message that may not pass: it is not in what comes out.
        ArchiveMember = "archive-member",
        /// Something inside a member of an archive or a message, which itself is kept; the member's report says what.
        MemberPart = "member-part",
        /// A name that was made safe.
        FileName = "file-name",
        /// Encryption that was undone with the user's password.
        Encryption = "encryption",
        /// Nothing was removed: the classification mark that the pack asks for could not be written into this file.
        MarkNotPossible = "mark-not-possible",
    }
}

impl Threat {
    /// How much it matters that this was found.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Threat::MacroVba
            | Threat::MacroXlm
            | Threat::ActiveX
            | Threat::EmbeddedObject
            | Threat::ExternalTemplate
            | Threat::DangerousField
            | Threat::DangerousFormula
            | Threat::Action
            | Threat::Script
            | Threat::Attachment => Severity::High,
            Threat::ExternalContent
            | Threat::DataConnection
            | Threat::Hyperlink
            | Threat::Multimedia
            | Threat::DynamicForm
            | Threat::HiddenData
            | Threat::Extension
            | Threat::Unknown
            | Threat::ArchiveMember
            | Threat::MemberPart
            | Threat::MarkNotPossible => Severity::Medium,
            Threat::AuxiliaryPart
            | Threat::Signature
            | Threat::Metadata
            | Threat::FileName
            | Threat::Encryption => Severity::Low,
        }
    }
}
