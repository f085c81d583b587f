//! The allow-list: which relations lead to which parts, and what happens to everything that is not listed.
//!
//! Owns: one table of relation types. A part is kept only when a kept part refers to it through a relation in
//! this table and its content type is one that the table gives for that relation (ECMA-376 Part 1, §§ 11–15, and
//! the published Microsoft extensions MS-DOCX, MS-XLSX, MS-PPTX).
//! Leaves to others: what is inside a part (`filter`), pictures (`picture`).

use worker_protocol::{Kind, Threat};

/// What becomes of the target of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// An XML part, kept through the filter, with one of these content types.
    Xml(&'static [&'static str]),
    /// A drawing in VML, kept through the filter when it parses.
    Vml,
    /// A picture, kept by its pixels.
    Picture,
    /// A hyperlink, kept by policy.
    Hyperlink,
    /// The workbook behind a chart: a document of its own, rebuilt like one.
    ChartData,
    /// A sheet of Excel 4 macros, kept as a worksheet without its formulas.
    MacroSheet,
    /// Left out.
    Drop(Threat),
}

const W: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.";
const X: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.";
const P: &str = "application/vnd.openxmlformats-officedocument.presentationml.";
const D: &str = "application/vnd.openxmlformats-officedocument.drawingml.";

/// How a workbook refers to a plain sheet.
pub(crate) const WORKSHEET: &str =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet";

/// The rule for a relation of this type, found in a part of a file of this kind.
pub(crate) fn rule(relation_type: &str) -> Rule {
    let Some(name) = known_name(relation_type) else { return Rule::Drop(Threat::Unknown) };
    match name {
        // shared
        "theme" | "themeOverride" => {
            Rule::Xml(&["drawing:theme+xml", "drawing:themeOverride+xml", "theme+xml", "themeOverride+xml"])
        }
        "image" => Rule::Picture,
        "hyperlink" => Rule::Hyperlink,
        "vmlDrawing" => Rule::Vml,
        "package" => Rule::ChartData,
        "chart" => Rule::Xml(&["drawing:chart+xml"]),
        "chartEx" => Rule::Xml(&["application/vnd.ms-office.chartex+xml"]),
        "chartStyle" => Rule::Xml(&["application/vnd.ms-office.chartstyle+xml"]),
        "chartColorStyle" => Rule::Xml(&["application/vnd.ms-office.chartcolorstyle+xml"]),
        "chartUserShapes" => Rule::Xml(&["drawing:chartshapes+xml"]),
        "diagramData" => Rule::Xml(&["drawing:diagramData+xml"]),
        "diagramLayout" => Rule::Xml(&["drawing:diagramLayout+xml"]),
        "diagramQuickStyle" => Rule::Xml(&["drawing:diagramStyle+xml"]),
        "diagramColors" => Rule::Xml(&["drawing:diagramColors+xml"]),
        "diagramDrawing" => Rule::Xml(&["application/vnd.ms-office.drawingml.diagramDrawing+xml"]),
        "styles" => Rule::Xml(&["word:styles+xml", "sheet:styles+xml"]),
        "comments" => Rule::Xml(&[
            "word:comments+xml",
            "sheet:comments+xml",
            "slide:comments+xml",
            "application/vnd.ms-powerpoint.comments+xml",
        ]),
        // words
        "stylesWithEffects" => Rule::Xml(&["application/vnd.ms-word.stylesWithEffects+xml"]),
        "numbering" => Rule::Xml(&["word:numbering+xml"]),
        "settings" => Rule::Xml(&["word:settings+xml"]),
        "webSettings" => Rule::Xml(&["word:webSettings+xml"]),
        "fontTable" => Rule::Xml(&["word:fontTable+xml"]),
        "header" => Rule::Xml(&["word:header+xml"]),
        "footer" => Rule::Xml(&["word:footer+xml"]),
        "footnotes" => Rule::Xml(&["word:footnotes+xml"]),
        "endnotes" => Rule::Xml(&["word:endnotes+xml"]),
        "glossaryDocument" => Rule::Xml(&["word:document.glossary+xml"]),
        "commentsExtended" => Rule::Xml(&["word:commentsExtended+xml"]),
        "commentsIds" => Rule::Xml(&["word:commentsIds+xml"]),
        "commentsExtensible" => Rule::Xml(&["word:commentsExtensible+xml"]),
        "people" => Rule::Xml(&["word:people+xml"]),
        // sheets
        "worksheet" => Rule::Xml(&["sheet:worksheet+xml"]),
        "chartsheet" => Rule::Xml(&["sheet:chartsheet+xml"]),
        "sharedStrings" => Rule::Xml(&["sheet:sharedStrings+xml"]),
        "table" => Rule::Xml(&["sheet:table+xml"]),
        "drawing" => {
            Rule::Xml(&["drawing:drawing+xml", "application/vnd.openxmlformats-officedocument.drawing+xml"])
        }
        "pivotTable" => Rule::Xml(&["sheet:pivotTable+xml"]),
        "pivotCacheDefinition" => Rule::Xml(&["sheet:pivotCacheDefinition+xml"]),
        "pivotCacheRecords" => Rule::Xml(&["sheet:pivotCacheRecords+xml"]),
        "sheetMetadata" => Rule::Xml(&["sheet:sheetMetadata+xml"]),
        "slicer" => Rule::Xml(&["application/vnd.ms-excel.slicer+xml"]),
        "slicerCache" => Rule::Xml(&["application/vnd.ms-excel.slicerCache+xml"]),
        "timeline" => Rule::Xml(&["application/vnd.ms-excel.timeline+xml"]),
        "timelineCache" => Rule::Xml(&["application/vnd.ms-excel.timelineCache+xml"]),
        "threadedComment" => Rule::Xml(&["application/vnd.ms-excel.threadedcomments+xml"]),
        "person" => Rule::Xml(&["application/vnd.ms-excel.person+xml"]),
        "ctrlProp" => Rule::Xml(&["application/vnd.ms-excel.controlproperties+xml"]),
        // Order of calculation only; a program makes its own, and this one may name formulas that are gone.
        "calcChain" => Rule::Drop(Threat::AuxiliaryPart),
        // slides
        "slide" => Rule::Xml(&["slide:slide+xml"]),
        "slideLayout" => Rule::Xml(&["slide:slideLayout+xml"]),
        "slideMaster" => Rule::Xml(&["slide:slideMaster+xml"]),
        "notesSlide" => Rule::Xml(&["slide:notesSlide+xml"]),
        "notesMaster" => Rule::Xml(&["slide:notesMaster+xml"]),
        "handoutMaster" => Rule::Xml(&["slide:handoutMaster+xml"]),
        "presProps" => Rule::Xml(&["slide:presProps+xml"]),
        "viewProps" => Rule::Xml(&["slide:viewProps+xml"]),
        "tableStyles" => Rule::Xml(&["slide:tableStyles+xml"]),
        "commentAuthors" => Rule::Xml(&["slide:commentAuthors+xml"]),
        "authors" => Rule::Xml(&["application/vnd.ms-powerpoint.authors+xml"]),
        // known and not wanted
        "vbaProject" | "wordVbaData" | "vbaProjectSignature" => Rule::Drop(Threat::MacroVba),
        "xlMacrosheet" | "xlIntlMacrosheet" => Rule::MacroSheet,
        "dialogsheet" => Rule::Drop(Threat::MacroXlm),
        "control" | "activeXControlBinary" => Rule::Drop(Threat::ActiveX),
        "oleObject" | "aFChunk" => Rule::Drop(Threat::EmbeddedObject),
        "attachedTemplate" => Rule::Drop(Threat::ExternalTemplate),
        "subDocument" | "frame" | "externalLink" | "externalLinkPath" | "xlExternalLinkPath"
        | "externalLinkLong" | "slideUpdateUrl" | "slideUpdateInfo" | "htmlPubSaveAs" | "transform" => {
            Rule::Drop(Threat::ExternalContent)
        }
        "connections"
        | "queryTable"
        | "xmlMaps"
        | "customData"
        | "customDataProps"
        | "powerPivotData"
        | "mailMergeSource"
        | "mailMergeHeaderSource"
        | "recipientData"
        | "mailMergeRecipientData"
        | "mailMergeRecipients"
        | "dataSource" => Rule::Drop(Threat::DataConnection),
        "audio" | "video" | "media" | "model3d" => Rule::Drop(Threat::Multimedia),
        "customXml"
        | "customXmlProps"
        | "extensibility"
        | "userCustomization"
        | "keyMapCustomizations"
        | "attachedToolbars"
        | "webextension"
        | "webextensiontaskpanes"
        | "taskpanes"
        | "classificationlabels"
        | "tags" => Rule::Drop(Threat::Extension),
        "printerSettings"
        | "thumbnail"
        | "font"
        | "hdphoto"
        | "wsSortMap"
        | "volatileDependencies"
        | "tableSingleCells"
        | "revisionInfo"
        | "revisionHeaders"
        | "revisionLog"
        | "usernames"
        | "legacyDiagramText"
        | "legacyDocTextInfo" => Rule::Drop(Threat::AuxiliaryPart),
        "core-properties"
        | "extended-properties"
        | "custom-properties"
        | "metadata"
        | "coreProperties"
        | "extendedProperties"
        | "customProperties" => Rule::Drop(Threat::Metadata),
        "origin" | "signature" | "certificate" => Rule::Drop(Threat::Signature),
        _ => Rule::Drop(Threat::Unknown),
    }
}

/// Where the types of relations begin that no standard has.
const EXTENSIONS: &str = "http://schemas.microsoft.com/office/";

/// Whether a relation of this type leads to a part that the standard does not know.
pub(crate) fn is_extension(relation_type: &str) -> bool {
    relation_type.starts_with(EXTENSIONS)
}

/// The last step of a relation type from one of the bodies that define them.
fn known_name(relation_type: &str) -> Option<&str> {
    const BODIES: [&str; 6] = [
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
        "http://purl.oclc.org/ooxml/officeDocument/relationships/",
        "http://schemas.openxmlformats.org/package/2006/relationships/",
        "http://purl.oclc.org/ooxml/package/relationships/",
        "http://schemas.openxmlformats.org/officedocument/2006/relationships/",
        EXTENSIONS,
    ];
    BODIES.iter().find_map(|body| relation_type.strip_prefix(body)).and_then(|rest| rest.rsplit('/').next())
}

/// Whether this relation type leads to the document's own properties.
pub(crate) fn is_properties(relation_type: &str) -> bool {
    matches!(known_name(relation_type), Some("custom-properties" | "customProperties"))
}

/// Whether this relation type leads to what the program said of the document.
pub(crate) fn is_program(relation_type: &str) -> bool {
    matches!(known_name(relation_type), Some("extended-properties" | "extendedProperties"))
}

/// What goes besides when security comes first, though it could be written cleanly: remarks beside the text, and data
/// behind what is drawn.
pub(crate) fn strict_drop(relation_type: &str) -> Option<Threat> {
    match known_name(relation_type)? {
        "comments" | "commentsExtended" | "commentsIds" | "commentsExtensible" | "people"
        | "threadedComment" | "person" | "commentAuthors" | "authors" | "notesSlide" | "notesMaster"
        | "handoutMaster" | "glossaryDocument" | "vmlDrawing" => Some(Threat::AuxiliaryPart),
        "package" => Some(Threat::EmbeddedObject),
        "ctrlProp" => Some(Threat::DynamicForm),
        _ => None,
    }
}

/// Whether this relation type leads from the package to its main part.
pub(crate) fn is_main(relation_type: &str) -> bool {
    known_name(relation_type) == Some("officeDocument")
}

/// The content type a part gets: the declared one when the rule lists it. Some producers declare every part as
/// plain XML; then the rule's own type for this kind of file.
pub(crate) fn content_type(listed: &[&str], declared: &str, kind: Kind) -> Option<String> {
    let full: Vec<String> = listed.iter().map(|short| expand(short)).collect();
    if let Some(found) = full.iter().find(|full| full.eq_ignore_ascii_case(declared)) {
        return Some(found.clone());
    }
    if !matches!(declared, "application/xml" | "text/xml") {
        return None;
    }
    let home = match kind {
        Kind::Docx => W,
        Kind::Xlsx => X,
        _ => P,
    };
    full.iter().find(|full| full.starts_with(home)).or(full.first()).cloned()
}

fn expand(short: &str) -> String {
    for (prefix, full) in [("word:", W), ("sheet:", X), ("slide:", P), ("drawing:", D)] {
        if let Some(rest) = short.strip_prefix(prefix) {
            return format!("{full}{rest}");
        }
    }
    if matches!(short, "theme+xml" | "themeOverride+xml") {
        format!("application/vnd.openxmlformats-officedocument.{short}")
    } else {
        short.to_owned()
    }
}

/// The kind of a document whose main part has this content type, be it plain, a template or one that may hold macros.
pub(crate) fn main_kind(declared: &str) -> Option<Kind> {
    let declared = declared.to_ascii_lowercase();
    let plain = [
        (Kind::Docx, W, ["document.main+xml", "template.main+xml", ""]),
        (Kind::Xlsx, X, ["sheet.main+xml", "template.main+xml", ""]),
        (Kind::Pptx, P, ["presentation.main+xml", "template.main+xml", "slideshow.main+xml"]),
    ];
    for (kind, prefix, endings) in plain {
        if endings.iter().any(|e| !e.is_empty() && declared == format!("{prefix}{e}").to_ascii_lowercase()) {
            return Some(kind);
        }
    }
    match declared.as_str() {
        "application/vnd.ms-word.document.macroenabled.main+xml"
        | "application/vnd.ms-word.template.macroenabledtemplate.main+xml" => Some(Kind::Docx),
        "application/vnd.ms-excel.sheet.macroenabled.main+xml"
        | "application/vnd.ms-excel.template.macroenabled.main+xml" => Some(Kind::Xlsx),
        "application/vnd.ms-powerpoint.presentation.macroenabled.main+xml"
        | "application/vnd.ms-powerpoint.slideshow.macroenabled.main+xml"
        | "application/vnd.ms-powerpoint.template.macroenabled.main+xml" => Some(Kind::Pptx),
        _ => None,
    }
}

/// Whether this relation type leads to an ActiveX control.
pub(crate) fn is_control(relation_type: &str) -> bool {
    known_name(relation_type) == Some("control")
}

/// Whether this relation type leads to a file of another kind whose content is taken in when the document opens.
pub(crate) fn is_chunk(relation_type: &str) -> bool {
    known_name(relation_type) == Some("aFChunk")
}

/// Whether a part of this content type is a chart.
pub(crate) fn is_chart(content_type: &str) -> bool {
    let content_type = content_type.to_ascii_lowercase();
    content_type.ends_with("drawingml.chart+xml") || content_type == "application/vnd.ms-office.chartex+xml"
}

/// The content type every clean document of this kind carries.
pub(crate) fn clean_main_type(kind: Kind) -> String {
    match kind {
        Kind::Docx => format!("{W}document.main+xml"),
        Kind::Xlsx => format!("{X}sheet.main+xml"),
        _ => format!("{P}presentation.main+xml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_bodies_and_names_are_dropped() {
        let body = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
        assert_eq!(rule(&format!("{body}image")), Rule::Picture);
        assert_eq!(rule("http://evil.example/relationships/image"), Rule::Drop(Threat::Unknown));
        assert_eq!(rule(&format!("{body}somethingNew")), Rule::Drop(Threat::Unknown));
        assert_eq!(
            rule("http://schemas.microsoft.com/office/2006/relationships/vbaProject"),
            Rule::Drop(Threat::MacroVba)
        );
    }

    #[test]
    fn content_types_must_be_listed() {
        let Rule::Xml(listed) = rule("http://purl.oclc.org/ooxml/officeDocument/relationships/styles") else {
            panic!()
        };
        let sheet_styles = format!("{X}styles+xml");
        assert_eq!(content_type(listed, &sheet_styles, Kind::Xlsx), Some(sheet_styles.clone()));
        assert_eq!(content_type(listed, "application/xml", Kind::Xlsx), Some(sheet_styles));
        assert_eq!(content_type(listed, "application/vnd.ms-office.vbaProject", Kind::Xlsx), None);
    }
}
