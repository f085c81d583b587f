//! Names and what they claim.
//!
//! Owns: the table of which extensions go with which kind, and the extensions that never pass.
//! Leaves to others: what the content says (`mod`) and making a name safe (`name`).

use worker_protocol::Kind;

/// Extensions of each kind: those that a clean file may keep, first the one it gets when it needs one; then those
/// under which a file may come in besides. A kind may stand here that is only recognised.
const EXTENSIONS: &[(Kind, &[&str], &[&str])] = &[
    (Kind::Docx, &["docx"], &["docm", "dotx", "dotm"]),
    (Kind::Xlsx, &["xlsx"], &["xlsm", "xltx", "xltm"]),
    (Kind::Pptx, &["pptx"], &["pptm", "ppsx", "ppsm", "potx", "potm"]),
    (Kind::Xlsb, &["xlsb"], &[]),
    (Kind::Doc, &["doc"], &["dot", "wbk"]),
    (Kind::Xls, &["xls"], &["xlt", "xlw"]),
    (Kind::Ppt, &["ppt"], &["pps", "pot"]),
    // Word writes RTF under its old name when it is asked to.
    (Kind::Rtf, &["rtf"], &["doc"]),
    (Kind::Odt, &["odt"], &["ott", "odm", "oth", "fodt"]),
    (Kind::Ods, &["ods"], &["ots", "fods"]),
    (Kind::Odp, &["odp"], &["otp", "fodp"]),
    (Kind::Odg, &["odg"], &["otg", "fodg"]),
    (Kind::OfficeXml, &["xml"], &["doc", "xls", "ppt"]),
    (Kind::Pdf, &["pdf"], &[]),
    (Kind::Png, &["png"], &["apng"]),
    (Kind::Jpeg, &["jpg", "jpeg", "jpe", "jfif"], &[]),
    (Kind::Gif, &["gif"], &[]),
    (Kind::Bmp, &["bmp"], &["dib"]),
    (Kind::Tiff, &["tif", "tiff"], &[]),
    (Kind::Webp, &["webp"], &[]),
    (Kind::Svg, &["svg"], &["svgz"]),
    (Kind::Text, &["txt", "text", "log", "md"], &[]),
    // Old systems write tables of text under the name of a workbook.
    (Kind::Csv, &["csv", "tsv"], &["xls"]),
    // Saved web pages go by the names of Office documents, too.
    (Kind::Html, &["html", "htm"], &["xhtml", "xht", "doc", "xls"]),
    (Kind::Mhtml, &["mht", "mhtml"], &["doc", "xls"]),
    (Kind::Xml, &["xml", "xsd", "gml", "kml"], &[]),
    (Kind::Json, &["json", "geojson", "ndjson", "jsonl"], &[]),
    (Kind::Calendar, &["ics"], &["ical", "ifb", "vcs"]),
    (Kind::Contact, &["vcf"], &["vcard"]),
    (Kind::Mail, &["eml"], &["msg", "txt", "mht", "mhtml", "p7m"]),
    (Kind::OutlookMessage, &["msg"], &["oft", "dat", "tnef"]),
    (Kind::Zip, &["zip"], &[]),
    (Kind::SevenZip, &["7z"], &[]),
    (Kind::Lzh, &["lzh"], &["lha"]),
    (Kind::Tar, &["tar"], &["tgz", "gz"]),
    (Kind::Gzip, &["gz"], &["tgz", "svgz"]),
    (Kind::Rar, &["rar"], &[]),
    (Kind::Cab, &["cab"], &[]),
    (Kind::Heif, &["heic"], &["heif", "avif", "hif"]),
    (Kind::Metafile, &["emf", "wmf"], &["emz", "wmz"]),
    (Kind::Ichitaro, &["jtd"], &["jtt", "jtdc", "jttc", "jaw", "jbw", "juw", "jfw", "jvw"]),
    (Kind::Hanako, &["jhd"], &["jht", "jhp", "jah", "jbh", "juh"]),
    (Kind::DocuWorks, &["xdw"], &["xbd", "xct"]),
    (Kind::Jww, &["jww"], &["jwc", "jws"]),
    (Kind::Dxf, &["dxf"], &[]),
    (Kind::Dwg, &["dwg"], &["dwt"]),
    (Kind::Sxf, &["sfc", "p21", "stp", "step"], &["sfz", "p2z"]),
    (Kind::Visio, &["vsdx"], &["vsd", "vsdm", "vst", "vstx", "vssx"]),
    (Kind::Epub, &["epub"], &[]),
    (Kind::Sylk, &["slk"], &["csv", "txt", "tsv"]),
];

fn row(kind: Kind) -> Option<&'static (Kind, &'static [&'static str], &'static [&'static str])> {
    EXTENSIONS.iter().find(|(of, _, _)| *of == kind)
}

/// Whether a file of this kind may come in under this extension.
pub(super) fn agrees(extension: &str, kind: Kind) -> bool {
    row(kind).is_some_and(|(_, keeps, comes)| keeps.contains(&extension) || comes.contains(&extension))
}

/// Whether a clean file of this kind may keep this extension.
pub(crate) fn is_final_extension(extension: &str, kind: Kind) -> bool {
    row(kind).is_some_and(|(_, keeps, _)| keeps.contains(&extension))
}

/// The extension that a clean file of this kind gets when it cannot keep its own.
pub(crate) fn final_extension(kind: Kind) -> &'static str {
    row(kind).and_then(|(_, keeps, _)| keeps.first().copied()).unwrap_or("bin")
}

/// Whether any kind may come in under this extension.
pub(crate) fn is_known_extension(extension: &str) -> bool {
    kind_of_extension(&extension.to_ascii_lowercase()).is_some()
}

/// The kind that an extension belongs to first of all.
pub(super) fn kind_of_extension(extension: &str) -> Option<Kind> {
    EXTENSIONS.iter().find(|(kind, _, _)| agrees(extension, *kind)).map(|(kind, _, _)| *kind)
}

/// The kind of a text under this extension, when texts go by it.
pub(super) fn text_kind(extension: &str) -> Option<Kind> {
    const TEXTS: [Kind; 12] = [
        Kind::Text,
        Kind::Csv,
        Kind::Html,
        Kind::Mhtml,
        Kind::Xml,
        Kind::Json,
        Kind::Calendar,
        Kind::Contact,
        Kind::Mail,
        Kind::Svg,
        Kind::Dxf,
        Kind::Sxf,
    ];
    // Saved web pages go by the names of Office documents, too, and are told by their content; so is a signed message.
    TEXTS.into_iter().find(|kind| agrees(extension, *kind) && !matches!(extension, "doc" | "xls" | "p7m"))
}

/// The part of a name after its last dot, lower case, if there is one.
pub(crate) fn extension_of(untrusted_name: &str) -> Option<String> {
    let last = untrusted_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let last = last.trim_end_matches(|c: char| c.is_whitespace() || c == '.' || c.is_control());
    let visible: String = last.chars().filter(|c| !crate::name::is_bidi_control(*c)).collect();
    let (stem, extension) = visible.rsplit_once('.')?;
    // A sentence with a dot in it has no extension.
    let is_extension = !stem.is_empty()
        && (1..=20).contains(&extension.chars().count())
        && extension.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    is_extension.then(|| extension.to_ascii_lowercase())
}

/// Extensions that make Windows run a file. Text of this name never passes, whatever it says.
pub(super) const NEVER_EXTENSIONS: [&str; 63] = [
    "exe",
    "dll",
    "scr",
    "com",
    "pif",
    "bat",
    "cmd",
    "ps1",
    "psm1",
    "psd1",
    "vbs",
    "vbe",
    "js",
    "jse",
    "wsf",
    "wsh",
    "wsc",
    "sct",
    "hta",
    "lnk",
    "url",
    "cpl",
    "msi",
    "msp",
    "mst",
    "jar",
    "reg",
    "inf",
    "scf",
    "chm",
    "hlp",
    "iqy",
    "xll",
    "application",
    "gadget",
    "appref-ms",
    "settingcontent-ms",
    "library-ms",
    "search-ms",
    "iso",
    "img",
    "vhd",
    "vhdx",
    "one",
    "ppam",
    "xlam",
    "wll",
    "diagcab",
    "ws",
    "ocx",
    "sys",
    "drv",
    "apk",
    "desktop",
    "sh",
    "py",
    "pl",
    "rb",
    "php",
    "vb",
    "msc",
    "job",
    "theme",
];
