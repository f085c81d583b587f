//! What crosses the pipe between the server and the sanitiser's cell.
//!
//! Owns: the job that goes in ([`Job`], [`Hint`], [`Limits`], [`FilePolicy`]), the report that comes back
//! ([`Report`], [`Verdict`], [`Removal`]), the error numbers, the framing ([`frame`]), what a cell may ask of its server
//! ([`conversion`]), tables written down as data ([`table`]), and what the cell that prints is asked ([`print`]).
//! Leaves to others: what sanitising means (`sanitize`), the process and its cell (`sekisho-worker`),
//! starting and supervising it (`worker-client`), and the words a person reads (`web`, `sekisho`): a report
//! carries codes and plain values, never a sentence.
//!
//! Types here have plain fields because they cross a process. The server treats everything in a report as
//! data from outside: codes are closed enums, strings are bounded on read.

pub mod conversion;
pub mod frame;
pub mod print;
pub mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

macro_rules! closed_codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $id:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $id)] $variant),+ }
        impl $name {
            /// Every code, for catalogues and tests that must cover them all.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The word used in reports, evidence and the API.
            #[must_use]
            pub fn id(self) -> &'static str { match self { $($name::$variant => $id),+ } }
        }
    };
}

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
    /// What is done with each kind that may pass; any other kind is [`Verdict::Blocked`]. Members of archives and of
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
        /// Only what stands in the cells of its tables, as data that a program reads ([`table::Table`]). For workbooks and
        /// files of values.
        Cells = "cells",
        /// Pictures of its pages in a PDF.
        ImagePdf = "image-pdf",
        /// The bytes as they came, once a person has looked at the file and vouches for it (検査確認). For kinds that cannot
        /// be rebuilt; the one mode in which nothing is removed. Not for every kind: see [`Kind::inspection`].
        InspectOnly = "inspect-only",
    }
}

closed_codes! {
    /// How a clean file was made.
    Road {
        /// Rebuilt as what it was.
        Rebuilt = "rebuilt",
        /// Converted to a current format by an office program in its own cell, then rebuilt.
        Converted = "converted",
        /// Written down as plain text.
        Text = "text",
        /// The cells of its tables, written down as data ([`table::Table`]).
        Cells = "cells",
        /// Drawn, page by page.
        Pictures = "pictures",
        /// Not changed; a person vouches for it.
        Inspected = "inspected",
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

closed_codes! {
    /// The real type of a file, found from its content. Recognising a kind does not mean that it can be rebuilt; what
    /// was done with a file stands in [`Report::road`].
    Kind {
        /// Word, also macro-enabled ones and templates.
        Docx = "docx",
        /// Excel, also macro-enabled ones and templates.
        Xlsx = "xlsx",
        /// PowerPoint, also macro-enabled ones, templates and shows.
        Pptx = "pptx",
        /// Excel's binary workbook.
        Xlsb = "xlsb",
        /// Word 97 and its forerunners.
        Doc = "doc",
        /// Excel 97 and its forerunners.
        Xls = "xls",
        /// PowerPoint 97.
        Ppt = "ppt",
        /// Rich Text Format.
        Rtf = "rtf",
        /// OpenDocument text.
        Odt = "odt",
        /// OpenDocument spreadsheet.
        Ods = "ods",
        /// OpenDocument presentation.
        Odp = "odp",
        /// OpenDocument drawing.
        Odg = "odg",
        /// Word or Excel as one XML file: flat OPC, Word 2003 XML, SpreadsheetML.
        OfficeXml = "office-xml",
        /// PDF.
        Pdf = "pdf",
        /// PNG, also animated.
        Png = "png",
        /// JPEG.
        Jpeg = "jpeg",
        /// GIF, also animated.
        Gif = "gif",
        /// Windows bitmap.
        Bmp = "bmp",
        /// TIFF, also with several pages.
        Tiff = "tiff",
        /// WebP, also animated.
        Webp = "webp",
        /// SVG, also gzipped.
        Svg = "svg",
        /// Plain text.
        Text = "text",
        /// Comma- or tab-separated values.
        Csv = "csv",
        /// HTML.
        Html = "html",
        /// A web page with its parts in one MIME file.
        Mhtml = "mhtml",
        /// Any other XML.
        Xml = "xml",
        /// JSON.
        Json = "json",
        /// iCalendar.
        Calendar = "calendar",
        /// vCard.
        Contact = "contact",
        /// One mail message (eml).
        Mail = "mail",
        /// One mail message as Outlook saves it (msg).
        OutlookMessage = "outlook-message",
        /// ZIP archive.
        Zip = "zip",
        /// 7z archive.
        SevenZip = "seven-zip",
        /// LHA archive.
        Lzh = "lzh",
        /// tar archive, also compressed.
        Tar = "tar",
        /// One gzipped file.
        Gzip = "gzip",
        /// RAR archive.
        Rar = "rar",
        /// Windows cabinet.
        Cab = "cab",
        /// HEIC and AVIF pictures.
        Heif = "heif",
        /// EMF and WMF drawings.
        Metafile = "metafile",
        /// 一太郎 (jtd, jtt, jtdc, jttc and older).
        Ichitaro = "ichitaro",
        /// 花子 (jhd and its relatives).
        Hanako = "hanako",
        /// DocuWorks (xdw, xbd).
        DocuWorks = "docuworks",
        /// Jw_cad drawing.
        Jww = "jww",
        /// CAD exchange file of AutoCAD.
        Dxf = "dxf",
        /// AutoCAD drawing.
        Dwg = "dwg",
        /// SXF drawings of Japanese public works (sfc, p21).
        Sxf = "sxf",
        /// Visio drawing.
        Visio = "visio",
        /// EPUB book.
        Epub = "epub",
        /// SYLK workbook, which Excel opens with its macros.
        Sylk = "sylk",
    }
}

impl Kind {
    /// The kind with this id, if there is one.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.id() == id)
    }

    /// What [`Mode::InspectOnly`] means for files of this kind. Asked by the pack's check and by the sanitiser alike.
    #[must_use]
    pub fn inspection(self) -> Inspection {
        match self {
            Kind::Zip | Kind::SevenZip | Kind::Lzh | Kind::Tar | Kind::Gzip => Inspection::ByMember,
            // They hold files of any kind, which nobody sees who looks at the whole; or the program that opens them runs
            // what they say, and no eye sees it. All but RAR and CAB can be rebuilt.
            Kind::Rar
            | Kind::Cab
            | Kind::Mail
            | Kind::OutlookMessage
            | Kind::Mhtml
            | Kind::Html
            | Kind::Xml
            | Kind::OfficeXml
            | Kind::Svg
            | Kind::Rtf
            | Kind::Csv
            | Kind::Sylk => Inspection::Never,
            Kind::Docx
            | Kind::Xlsx
            | Kind::Pptx
            | Kind::Xlsb
            | Kind::Doc
            | Kind::Xls
            | Kind::Ppt
            | Kind::Odt
            | Kind::Ods
            | Kind::Odp
            | Kind::Odg
            | Kind::Pdf
            | Kind::Png
            | Kind::Jpeg
            | Kind::Gif
            | Kind::Bmp
            | Kind::Tiff
            | Kind::Webp
            | Kind::Text
            | Kind::Json
            | Kind::Calendar
            | Kind::Contact
            | Kind::Heif
            | Kind::Metafile
            | Kind::Ichitaro
            | Kind::Hanako
            | Kind::DocuWorks
            | Kind::Jww
            | Kind::Dxf
            | Kind::Dwg
            | Kind::Sxf
            | Kind::Visio
            | Kind::Epub => Inspection::Whole,
        }
    }
}

/// How a kind goes by inspection (検査確認).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Inspection {
    /// The file passes unchanged.
    Whole,
    /// An archive: it is opened and packed anew, and each member goes by its own kind.
    ByMember,
    /// Not at all.
    Never,
}

/// How the passage of one file ends in the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// 無害化済: clean bytes came back and nothing a reader would miss was removed.
    Clean,
    /// 一部無害化: clean bytes came back; visible or working content was removed or members were dropped.
    Partial,
    /// 保留: the file may be fine but this version or this input cannot be decided; no bytes come back.
    Held,
    /// 遮断: the pack forbids it or it is hostile; no bytes come back.
    Blocked,
}

/// What the cell says about one file. The clean bytes and previews travel beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// How it ended.
    pub verdict: Verdict,
    /// The type found from the content, if one was recognised.
    pub kind: Option<Kind>,
    /// What the clean bytes are: another kind when the file was converted. Set exactly when there are clean bytes.
    pub clean_kind: Option<Kind>,
    /// How the clean bytes were made. Set exactly when there are clean bytes.
    pub road: Option<Road>,
    /// The name the clean file should carry: one safe path part, NFC, extension agreeing with [`Report::clean_kind`].
    pub clean_name: String,
    /// Why no bytes came back. Set exactly when the verdict is [`Verdict::Held`] or [`Verdict::Blocked`].
    pub reason: Option<Reason>,
    /// Everything that was removed or changed, in document order, at most [`REMOVALS_MAX`].
    pub removals: Vec<Removal>,
    /// Removals beyond [`REMOVALS_MAX`] that were made but not listed.
    pub removals_unlisted: u64,
    /// Members of an archive, each with a report of its own.
    pub members: Vec<Member>,
    /// How much of the content came through, where it can be counted.
    pub fidelity: Option<Fidelity>,
    /// Version of the sanitiser's rules, so that a report can be read years later.
    pub rules_version: String,
}

/// The longest removal list of one report.
pub const REMOVALS_MAX: usize = 2_000;

/// The version of the rules that `sanitize` follows; raised whenever a rule changes.
pub const RULES_VERSION: &str = "2026.11.5";

impl Report {
    /// A report for a file from which no bytes come back.
    #[must_use]
    pub fn refused(verdict: Verdict, reason: Reason) -> Self {
        Self {
            verdict,
            kind: None,
            clean_kind: None,
            road: None,
            clean_name: String::new(),
            reason: Some(reason),
            removals: Vec::new(),
            removals_unlisted: 0,
            members: Vec::new(),
            fidelity: None,
            rules_version: RULES_VERSION.to_owned(),
        }
    }

    /// Whether clean bytes belong to this report.
    #[must_use]
    pub fn hands_over(&self) -> bool {
        matches!(self.verdict, Verdict::Clean | Verdict::Partial)
    }

    /// Whether the clean bytes hold something that passed unchanged, the file itself or a member: then a person must
    /// vouch for it (検査確認).
    #[must_use]
    pub fn is_inspected(&self) -> bool {
        self.road == Some(Road::Inspected) || self.members.iter().any(|m| m.report.is_inspected())
    }

    /// Whether exactly those kinds passed unchanged that the policy passes so, members included: what it wants inspected
    /// must not come back as if it had been rebuilt, nor the other way round.
    #[must_use]
    pub fn keeps_inspection(&self, policy: &FilePolicy) -> bool {
        let asked = self.kind.is_some_and(|kind| {
            kind.inspection() == Inspection::Whole && policy.modes.get(&kind) == Some(&Mode::InspectOnly)
        });
        (self.road.is_none() || asked == (self.road == Some(Road::Inspected)))
            && self.members.iter().all(|m| m.report.keeps_inspection(policy))
    }

    /// Whether the fields agree with each other and stay in their bounds. The server asks this before it
    /// believes anything in a report.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.is_consistent_at(0)
    }

    fn is_consistent_at(&self, depth: u32) -> bool {
        let name = &self.clean_name;
        let name_is_one_part = name.len() <= NAME_BYTES_MAX
            && !name.chars().any(|c| c.is_control() || c == '/' || c == '\\')
            && name != "."
            && name != "..";
        depth <= MEMBER_DEPTH_MAX
            && name_is_one_part
            && self.hands_over() == self.reason.is_none()
            && (!self.hands_over() || (!name.is_empty() && self.kind.is_some()))
            && self.hands_over() == self.road.is_some()
            && self.hands_over() == self.clean_kind.is_some()
            && (self.road != Some(Road::Inspected) || self.clean_kind == self.kind)
            && self.removals.len() <= REMOVALS_MAX
            && self.removals.iter().all(Removal::is_bounded)
            && self.rules_version.len() <= 40
            && self.members.iter().all(|m| {
                m.untrusted_name.chars().count() <= PLACE_CHARS_MAX && m.report.is_consistent_at(depth + 1)
            })
    }
}

/// The longest clean name in UTF-8 bytes: what common file systems hold.
pub const NAME_BYTES_MAX: usize = 240;

/// The longest place of a removal or name of a member, in characters.
pub const PLACE_CHARS_MAX: usize = 200;

/// The deepest nesting of member reports that the server believes.
pub const MEMBER_DEPTH_MAX: u32 = 16;

/// One member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name inside the archive, decoded; still untrusted.
    pub untrusted_name: String,
    /// What became of it.
    pub report: Report,
}

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
    fn is_bounded(&self) -> bool {
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

/// How much of the content came through, counted on both sides by the same reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fidelity {
    /// Characters of text that a reader sees.
    pub characters: Kept,
    /// Cells that hold something.
    pub cells: Kept,
    /// Pages, sheets or slides.
    pub pages: Kept,
    /// Pictures.
    pub pictures: Kept,
}

/// A count before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// In the file as it came.
    pub before: u64,
    /// In the clean file.
    pub after: u64,
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

closed_codes! {
    /// Why no clean bytes came back. Rows of the message catalogue give each its Japanese words.
    Reason {
        /// Nothing in it.
        Empty = "empty",
        /// The content is not what the name says.
        NameMismatch = "name-mismatch",
        /// The content is of no kind that is known.
        UnknownKind = "unknown-kind",
        /// The kind is known, and there is no way to make it safe in the mode the pack asks for.
        NotRebuilt = "not-rebuilt",
        /// The content is two kinds of file at once.
        Ambiguous = "ambiguous",
        /// The kind is known, and the pack does not let it pass.
        KindNotAllowed = "kind-not-allowed",
        /// Cut off or damaged.
        Damaged = "damaged",
        /// Encrypted, and no password that was given opens it.
        PasswordNeeded = "password-needed",
        /// Larger than the limit as it came.
        TooLarge = "too-large",
        /// Expands beyond the limit.
        Bomb = "bomb",
        /// Containers too deep, too many members, pages, pixels or nested elements.
        TooComplex = "too-complex",
        /// An executable or another kind that never passes.
        Executable = "executable",
        /// Every member of the archive was dropped.
        NothingLeft = "nothing-left",
        /// The rebuilt file did not pass its own check.
        VerifyFailed = "verify-failed",
        /// The office program could not turn the file into a current format.
        ConversionFailed = "conversion-failed",
        /// The cell used more time than allowed.
        TimedOut = "timed-out",
        /// The cell used more memory than allowed.
        OutOfMemory = "out-of-memory",
        /// The cell died or broke the protocol.
        WorkerDied = "worker-died",
    }
}

impl Reason {
    /// Whether trying the same bytes again could end differently: failures of the cell, not of the file.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Reason::TimedOut | Reason::OutOfMemory | Reason::WorkerDied)
    }
}

/// What the approver sees of the result. Built from the clean bytes inside the cell, never from the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "as")]
pub enum Preview {
    /// Pages as PNG; the bytes travel as separate frames in this order.
    Pages {
        /// Number of PNG frames that follow.
        shown: u32,
        /// Pages of the document.
        total: u32,
    },
    /// Running text.
    Text {
        /// At most 200 KiB; blocks in reading order.
        blocks: Vec<TextBlock>,
        /// Whether text beyond the bound was left out.
        truncated: bool,
    },
}

/// A piece of a text preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "block")]
pub enum TextBlock {
    /// Title of a sheet, slide or member.
    Heading {
        /// Its words.
        text: String,
    },
    /// One paragraph.
    Paragraph {
        /// Its words.
        text: String,
    },
    /// Rows of cells, as displayed.
    Table {
        /// Row by row.
        rows: Vec<Vec<String>>,
    },
}

/// What comes back for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was found and done.
    pub report: Report,
    /// The clean bytes. Present exactly when the verdict is [`Verdict::Clean`] or [`Verdict::Partial`].
    pub clean: Option<Vec<u8>>,
    /// What the approver sees, when it was asked for and could be made.
    pub preview: Option<Preview>,
    /// PNG bytes of [`Preview::Pages`], in order.
    pub preview_pages: Vec<Vec<u8>>,
}
