//! The kinds of files, and which of them a person may vouch for.
//!
//! Owns: the closed list of kinds. Leaves to others: finding the kind from the content (`sanitize`), and its Japanese name
//! (`web`).

use serde::{Deserialize, Serialize};

use crate::closed_codes;

closed_codes! {
    /// The real type of a file, found from its content. Recognising a kind does not mean that it can be rebuilt; what
    /// was done with a file stands in [`crate::Report::road`].
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

    /// What [`crate::Mode::InspectOnly`] means for files of this kind. Asked by the pack's check and by the sanitiser alike.
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
