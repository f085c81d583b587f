//! Elements and attributes that act, one by one.
//!
//! Owns: what becomes of an element whose name in the list (`names`) asks for a judgement, and of an attribute that can
//! reach out or run something.
//! Leaves to others: writing (`filter`), fields that are spread over runs (`fields`), formulas (`formula`).

use worker_protocol::Threat;

use super::filter::{PartContext, Role};
use super::names::Space;
use super::{fields, formula};
use crate::link;

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Keep(Role),
    /// Its tags go, its children stay.
    Unwrap(Option<Threat>),
    Drop(Option<Threat>),
    /// It goes, and so does the nearest open element of one of these names.
    DropAncestor(Threat, &'static [&'static str]),
}

/// What becomes of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Keep,
    Drop(Option<Threat>),
    /// It only counts differently now.
    Write(String),
    /// It acts, and the element cannot be without it.
    Replace(Threat, &'static str),
}

const KEEP: Fate = Fate::Keep(Role::Plain);

/// Judges an element by the value of its attributes.
pub(super) fn element<'v>(
    context: &PartContext<'_>,
    space: Space,
    local: &str,
    is_inside: &dyn Fn(&str) -> bool,
    value_of: &dyn Fn(&str) -> Option<std::borrow::Cow<'v, str>>,
) -> Fate {
    let drop = |threat| Fate::Drop(Some(threat));
    let strict = context.strict;
    match (space, local) {
        (Space::Word, "attachedTemplate" | "linkStyles") => drop(Threat::ExternalTemplate),
        (Space::Word, "mailMerge") => drop(Threat::DataConnection),
        (Space::Word, "altChunk" | "objectEmbed" | "objectLink") => drop(Threat::EmbeddedObject),
        (Space::Word, "subDoc" | "frameset") => drop(Threat::ExternalContent),
        (Space::Word, "control") => drop(Threat::ActiveX),
        (Space::Word, "movie") => drop(Threat::Multimedia),
        (Space::Word, "docVars") => drop(Threat::HiddenData),
        (
            Space::Word,
            "dataBinding" | "saveThroughXslt" | "attachedSchema" | "smartTagPr" | "smartTagType"
            | "customXmlPr",
        ) => drop(Threat::Extension),
        // The words inside stay; the tag only tells a program about them.
        (Space::Word, "smartTag" | "customXml") => Fate::Unwrap(Some(Threat::Extension)),
        (Space::Word, "entryMacro" | "exitMacro") => drop(Threat::MacroVba),
        (Space::Word, "updateFields") => Fate::Drop(None),
        (Space::Word, "embedRegular" | "embedBold" | "embedItalic" | "embedBoldItalic") => Fate::Drop(None),
        (Space::Word, "fldSimple") => {
            match fields::danger(&value_of("instr").unwrap_or_default(), context.links, strict) {
                Some(threat) => Fate::Unwrap(Some(threat)),
                None => KEEP,
            }
        }
        (Space::Word, "hyperlink") if strict => Fate::Unwrap(value_of("id").map(|_| Threat::Hyperlink)),
        (Space::Word, "sdt") => Fate::Keep(Role::ContentControl),
        (Space::Word, "commentRangeStart" | "commentRangeEnd" | "commentReference") if strict => {
            Fate::Drop(None)
        }
        (Space::Word, "ffData") if strict => drop(Threat::DynamicForm),
        (Space::Word, "sectPr") => Fate::Keep(Role::Section),
        (
            Space::WordMore,
            "mcds" | "vbaSuppData" | "docEvents" | "toolbars" | "keymaps" | "keymapsBad" | "acds",
        ) => drop(Threat::MacroVba),
        (Space::WordMore, "dataBinding") => drop(Threat::Extension),
        (Space::Sheet, "oleObjects") => drop(Threat::EmbeddedObject),
        (Space::Sheet, "externalReferences") => Fate::Drop(None),
        (Space::Sheet, "webPublishItems" | "webPublishObjects" | "webPublishing" | "functionGroups") => {
            drop(Threat::Extension)
        }
        (
            Space::Sheet,
            "smartTags" | "smartTagPr" | "smartTagTypes" | "cellSmartTags" | "customProperties",
        ) => drop(Threat::Extension),
        (Space::Sheet, "xmlColumnPr" | "dbPr" | "webPr" | "olapPr" | "textPr") => {
            drop(Threat::DataConnection)
        }
        (Space::Sheet, "f") if is_inside("c") => {
            if strict {
                Fate::Drop(Some(Threat::DangerousFormula))
            } else {
                Fate::Keep(Role::CellFormula)
            }
        }
        (Space::Sheet, "calculatedColumnFormula" | "totalsRowFormula") => {
            if strict {
                Fate::Drop(Some(Threat::DangerousFormula))
            } else {
                Fate::Keep(Role::CellFormula)
            }
        }
        (Space::Sheet, "f" | "formula" | "formula1" | "formula2") | (Space::SheetMore, "f") => {
            Fate::Keep(Role::RuleFormula)
        }
        (Space::Sheet, "definedName") => defined_name(context, value_of),
        (Space::Sheet, "hyperlinks") if strict => drop(Threat::Hyperlink),
        (Space::Sheet, "sheet") => Fate::Keep(Role::Plain),
        (
            Space::SheetMore,
            "connection" | "sourceConnection" | "dataModel" | "oledbPr" | "modelTextPr" | "dataFeedPr"
            | "rangePr",
        ) => drop(Threat::DataConnection),
        (Space::Chart, "f") => Fate::Keep(Role::ChartFormula),
        (Space::ChartMore, "f") => Fate::Keep(Role::ChartFormula),
        (Space::ChartMore, "externalData") | (Space::Chart, "externalData") if strict => {
            drop(Threat::EmbeddedObject)
        }
        (Space::Slide, "oleObj") => Fate::Keep(Role::Object),
        (Space::Slide, "graphicFrame") => Fate::Keep(Role::Frame),
        (Space::Slide, "pic") if is_inside("oleObj") || is_inside("control") => Fate::Keep(Role::OlePicture),
        (Space::Slide, "controls") => Fate::Keep(Role::Controls),
        (Space::Slide, "control") if is_inside("controls") => Fate::Keep(Role::Control),
        (Space::Slide, "control") => drop(Threat::ActiveX),
        (Space::Slide, "spTree") => Fate::Keep(Role::ShapeTree),
        // A timing tree that has lost a node is invalid, so the animation of this slide goes as a whole.
        (Space::Slide, "cmd") => Fate::DropAncestor(Threat::Action, &["timing"]),
        (Space::Slide, "audio" | "video") => Fate::DropAncestor(Threat::Multimedia, &["timing"]),
        (Space::Slide, "timing" | "transition") if strict => drop(Threat::Action),
        (Space::Slide, "sndAc") => drop(Threat::Multimedia),
        // Its only child names a sound; what is left would be an action without a target.
        (Space::Slide, "snd") => Fate::DropAncestor(Threat::Multimedia, &["timing", "sndAc"]),
        (Space::Slide, "custDataLst" | "smartTags" | "htmlPubPr" | "webPr") => drop(Threat::Extension),
        (Space::Slide, "embeddedFontLst") => drop(Threat::AuxiliaryPart),
        (Space::SlideMore, "media") => drop(Threat::Multimedia),
        (Space::Drawing, "hlinkMouseOver" | "hlinkHover") => drop(Threat::Action),
        (Space::Drawing, "hlinkClick") => {
            if strict {
                drop(Threat::Hyperlink)
            } else if is_kept_action(&value_of("action").unwrap_or_default()) {
                KEEP
            } else {
                drop(Threat::Action)
            }
        }
        (
            Space::Drawing,
            "audioCd" | "audioFile" | "videoFile" | "wavAudioFile" | "quickTimeFile" | "snd",
        ) => drop(Threat::Multimedia),
        (Space::Drawing, "graphicData") => Fate::Keep(Role::GraphicData),
        (Space::DrawingMore, "svgBlip") => KEEP,
        // The picture beside it is what is shown; the layer holds a copy in a codec that is not read here.
        (Space::DrawingMore, "imgProps") => drop(Threat::AuxiliaryPart),
        (Space::Office, "OLEObject") => drop(Threat::EmbeddedObject),
        (Space::Office, "signatureline") => drop(Threat::Signature),
        (Space::Office, "ink") => drop(Threat::AuxiliaryPart),
        // The shape of an object whose picture stands in the drawing now.
        (Space::Vml, "shape")
            if ["id", "spid"]
                .iter()
                .any(|name| value_of(name).is_some_and(|name| context.gone_shapes.contains(&*name))) =>
        {
            Fate::Drop(None)
        }
        (Space::DrawingMore, "compatExt")
            if value_of("spid").is_some_and(|spid| context.gone_shapes.contains(&*spid)) =>
        {
            Fate::DropAncestor(Threat::EmbeddedObject, &["twoCellAnchor", "oneCellAnchor", "absoluteAnchor"])
        }
        (Space::VmlHost, "FmlaMacro") => drop(Threat::MacroVba),
        (Space::VmlHost, local) if local.starts_with("Script") => drop(Threat::Script),
        (Space::VmlHost, local) if local.starts_with("Fmla") => Fate::Keep(Role::ControlFormula),
        (Space::Compatibility, "AlternateContent") => Fate::Keep(Role::Alternatives),
        (Space::Compatibility, "Choice") => Fate::Keep(Role::Choice),
        (Space::Compatibility, "Fallback") => Fate::Keep(Role::Fallback),
        (_, "contentPart") => drop(Threat::Multimedia),
        _ => KEEP,
    }
}

fn defined_name<'v>(
    context: &PartContext<'_>,
    value_of: &dyn Fn(&str) -> Option<std::borrow::Cow<'v, str>>,
) -> Fate {
    let is_set = |name| matches!(value_of(name).as_deref(), Some("1" | "true"));
    let name = value_of("name").unwrap_or_default().to_ascii_lowercase();
    let bare = name.strip_prefix("_xlnm.").unwrap_or(&name);
    let runs_itself =
        ["auto_open", "auto_close", "auto_activate", "auto_deactivate"].iter().any(|a| bare.starts_with(a));
    if is_set("function") || is_set("vbProcedure") || is_set("xlm") || is_set("macro") || runs_itself {
        return Fate::Drop(Some(Threat::MacroXlm));
    }
    if let Some(index) = value_of("localSheetId").and_then(|id| id.parse::<usize>().ok())
        && context.sheets.get(index).is_none_or(|sheet| !sheet.is_kept)
    {
        return Fate::Drop(None);
    }
    Fate::Keep(Role::DefinedName)
}

/// Judges an attribute. Most are kept; asked are those that name something outside or something to run.
pub(super) fn attribute(
    context: &PartContext<'_>,
    element_space: Space,
    element: &str,
    space: Space,
    local: &str,
    value: &str,
) -> Verdict {
    let in_vml = matches!(element_space, Space::Vml | Space::Office);
    match (element_space, element, local) {
        (_, _, "macro") if value.is_empty() => Verdict::Keep,
        (_, _, "macro") => Verdict::Drop(Some(Threat::MacroVba)),
        (_, _, "href" | "src" | "link" | "althref" | "target") if in_vml => {
            if value.is_empty() || (local == "href" && link::is_kept(value, context.links)) {
                Verdict::Keep
            } else {
                let is_link = local == "href" || local == "target";
                Verdict::Drop(Some(if is_link { Threat::Hyperlink } else { Threat::ExternalContent }))
            }
        }
        (Space::Vml, _, "ole" | "oleicon" | "button") => Verdict::Drop(None),
        // Copies of the shape in other languages, packed so that no filter sees them.
        (Space::Vml, _, "gfxdata" | "equationxml") => Verdict::Drop(Some(Threat::Extension)),
        (Space::Vml, _, local)
            if space == Space::Vml && local.starts_with("on") && !matches!(local, "on") =>
        {
            Verdict::Drop(Some(Threat::Script))
        }
        (Space::Vml, _, local)
            if space == Space::Vml && !super::names::is_vml_attribute(local) && local != "ext" =>
        {
            Verdict::Drop(Some(Threat::Extension))
        }
        (Space::Sheet, "table", "connectionId")
        | (Space::Sheet, "tableColumn", "queryTableFieldId")
        | (Space::Sheet, "cacheSource", "connectionId")
        | (Space::Sheet, "pivotCacheDefinition", "refreshOnLoad" | "backgroundQuery") => Verdict::Drop(None),
        (Space::Sheet, "table", "tableType") if value != "worksheet" => {
            Verdict::Drop(Some(Threat::DataConnection))
        }
        (Space::Sheet, "cfvo", "val") => match formula::danger(value, context.links) {
            Some(threat) => Verdict::Replace(threat, "0"),
            None => Verdict::Keep,
        },
        (Space::SheetDrawing, _, "textlink")
        | (_, "formControlPr", "fmlaLink" | "fmlaRange" | "fmlaTxbx") => {
            match formula::danger(value, context.links) {
                Some(threat) => Verdict::Drop(Some(threat)),
                None => Verdict::Keep,
            }
        }
        (_, "formControlPr", "fmlaMacro") => Verdict::Drop(Some(Threat::MacroVba)),
        (Space::Sheet, "definedName", "localSheetId") => match value.parse::<usize>() {
            Ok(index) => Verdict::Write(kept_before(context, index).to_string()),
            Err(_) => Verdict::Drop(None),
        },
        (
            Space::Sheet,
            "workbookView" | "customWorkbookView",
            "activeTab" | "firstSheet" | "activeSheetId",
        ) if context.sheets.iter().any(|sheet| !sheet.is_kept) => {
            let index = value.parse::<usize>().unwrap_or(0);
            let last = context.sheets.iter().filter(|sheet| sheet.is_kept).count().saturating_sub(1);
            Verdict::Write(kept_before(context, index).min(last).to_string())
        }
        _ => Verdict::Keep,
    }
}

fn kept_before(context: &PartContext<'_>, index: usize) -> usize {
    context.sheets.iter().take(index).filter(|sheet| sheet.is_kept).count()
}

/// Whether an element can live without this relation: then only the attribute goes.
pub(super) fn is_optional_relation(space: Space, element: &str, attribute: &str) -> bool {
    matches!(
        (space, element, attribute),
        (Space::Word, "hyperlink", "id")
            | (Space::Sheet, "pageSetup", "id")
            | (Space::Sheet, "worksheetSource", "id")
            | (Space::Sheet, "pivotCacheDefinition", "id")
            | (Space::Drawing, "blip", "link" | "embed")
            | (Space::Slide, "oleObj" | "control", "id")
            | (Space::Slide, "embed" | "link", _)
            | (Space::Vml, _, _)
    )
}

/// Actions that stay inside the presentation (MS-OI29500 2.1.1287 lists the rest).
fn is_kept_action(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    action.is_empty()
        || action == "ppaction://noaction"
        || ["ppaction://hlinkshowjump?", "ppaction://hlinksldjump", "ppaction://customshow?"]
            .iter()
            .any(|kept| action.starts_with(kept))
}

/// Elements that say nothing, and break the rules of their format, once what was in them is gone.
pub(super) fn is_pruned_when_emptied(space: Space, local: &str) -> bool {
    match space {
        Space::Word => matches!(local, "pict" | "object" | "drawing" | "docParts" | "smartTagTypes"),
        Space::Sheet => matches!(
            local,
            "hyperlinks"
                | "mergeCells"
                | "conditionalFormatting"
                | "dataValidations"
                | "definedNames"
                | "tableParts"
                | "controls"
                | "customSheetViews"
                | "extLst"
                | "ext"
                | "protectedRanges"
                | "pivotCaches"
                | "customWorkbookViews"
                | "cellWatches"
                | "ignoredErrors"
                | "scenarios"
        ),
        Space::Slide => matches!(
            local,
            "extLst" | "ext" | "custDataLst" | "custShowLst" | "notesMasterIdLst" | "handoutMasterIdLst"
        ),
        Space::Drawing => matches!(local, "extLst" | "ext"),
        Space::Chart | Space::ChartMore => matches!(local, "extLst" | "ext"),
        Space::SheetMore => matches!(
            local,
            "conditionalFormattings"
                | "conditionalFormatting"
                | "dataValidations"
                | "sparklineGroups"
                | "sparklineGroup"
                | "sparklines"
                | "slicerList"
                | "slicerCaches"
                | "timelineRefs"
                | "timelineCacheRefs"
                | "pivotCaches"
                | "ignoredErrors"
        ),
        Space::SheetDrawing => matches!(local, "twoCellAnchor" | "oneCellAnchor" | "absoluteAnchor"),
        Space::Compatibility => matches!(local, "Choice" | "AlternateContent"),
        Space::WordMore | Space::SlideMore | Space::DrawingMore | Space::Other => {
            matches!(local, "extLst" | "ext")
        }
        Space::Vml | Space::Office | Space::VmlHost | Space::Relation => false,
    }
}
