//! What goes into the cell: one file's claims, what the pack allows, and the bounds.
//!
//! Owns: the job and its defaults. Leaves to others: the bytes, which follow it on the pipe ([`crate::frame`]), and what of a
//! pack becomes a job (`app`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Kind, Reason, closed_codes};

/// One file to sanitise, as it is put on the pipe after its header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// What the sender claims about the bytes.
    pub hint: Hint,
    /// What the pack allows.
    pub policy: FilePolicy,
    /// The bounds the cell holds itself to, besides its rlimits.
    pub limits: Limits,
    /// Whether pages or text for the approver are wanted besides the clean bytes.
    pub want_preview: bool,
    /// The classification to write into the clean file, where its format has a place for it.
    pub mark: Option<Mark>,
    /// The words of notes that are left in an archive or a mail.
    pub notes: Notes,
}

/// The words of the notes that stand in an archive or a mail where a member was left out. They come in with the job because the
/// cell speaks in codes; a reason without words leaves no note.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// What is put behind the member's name, before `.txt`.
    pub name_ending: String,
    /// What a note says. `{name}` becomes the member's name.
    pub reasons: BTreeMap<Reason, String>,
}

/// A classification mark (分類の表示), seen by readers and by programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// What a reader sees, such as 機密性2. At most [`MARK_CHARS_MAX`] characters, no control characters.
    pub label: String,
    /// What a program reads: ids of the levels, such as `c2`, in the pack's order.
    pub levels: Vec<String>,
}

/// The longest label of a mark, in characters.
pub const MARK_CHARS_MAX: usize = 60;

/// What the sender claims: never trusted, only compared with the content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// The name as the browser sent it, already Unicode. May hold path parts, bidi controls, anything.
    pub untrusted_name: String,
    /// Passwords the user gave for encrypted files, tried in order. At most 10.
    pub passwords: Vec<String>,
}

/// The pack's choices that change what sanitising does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePolicy {
    /// What is done with each kind that may pass; any other kind is [`crate::Verdict::Blocked`]. Members of archives and of
    /// mail are asked here, too.
    pub modes: BTreeMap<Kind, Mode>,
    /// What becomes of hyperlinks to http, https and mailto. Every other scheme is always removed.
    pub links: LinkPolicy,
    /// How spreadsheet text that a program would run as a formula is treated in CSV.
    pub csv_formulas: CsvFormulaPolicy,
}

impl Default for FilePolicy {
    fn default() -> Self {
        Self {
            modes: Kind::ALL.iter().map(|kind| (*kind, Mode::Rebuild)).collect(),
            links: LinkPolicy::Keep,
            csv_formulas: CsvFormulaPolicy::Neutralise,
        }
    }
}

closed_codes! {
    /// What is done with a file that may pass. The pack chooses by channel, classification and kind.
    Mode {
        /// Rebuild it as what it is and keep all that is harmless: integrity first.
        Rebuild = "rebuild",
        /// Rebuild it and also drop what is merely not needed to read it: links, formulas, forms, notes. Security first.
        Strict = "strict",
        /// Only its words, as plain text.
        TextOnly = "text-only",
        /// Only what stands in the cells of its tables, as data that a program reads ([`crate::table::Table`]). For workbooks and
        /// files of values.
        Cells = "cells",
        /// Pictures of its pages in a PDF.
        ImagePdf = "image-pdf",
        /// The bytes as they came, once a person has looked at the file and vouches for it (検査確認). For kinds that cannot
        /// be rebuilt; the one mode in which nothing is removed. Not for every kind: see [`Kind::inspection`].
        InspectOnly = "inspect-only",
    }
}

/// What becomes of a hyperlink with a harmless scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkPolicy {
    /// Keep http, https and mailto.
    Keep,
    /// Remove the target, keep the text.
    Remove,
}

/// What becomes of CSV cells that start like a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CsvFormulaPolicy {
    /// Put an apostrophe before the cell, and report it. Plain numbers and telephone numbers stay.
    Neutralise,
    /// Keep the cell as it is.
    Keep,
}

/// Bounds inside the cell. The rlimits of the process stand behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of the file as it came.
    pub input_bytes_max: u64,
    /// Bytes after expanding, over all members together.
    pub expanded_bytes_max: u64,
    /// Expanded bytes per packed byte, once more than 10 MiB came out.
    pub expansion_ratio_max: u64,
    /// Members over all archives of one file together.
    pub entries_max: u64,
    /// Containers inside containers.
    pub depth_max: u32,
    /// Pages or sheets or slides of one document.
    pub pages_max: u32,
    /// Pixels of one picture.
    pub pixels_max: u64,
    /// Nesting of XML elements or PDF objects.
    pub nesting_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes_max: 256 << 20,
            expanded_bytes_max: 1 << 30,
            expansion_ratio_max: 200,
            entries_max: 10_000,
            depth_max: 5,
            pages_max: 5_000,
            pixels_max: 100_000_000,
            nesting_max: 256,
        }
    }
}
