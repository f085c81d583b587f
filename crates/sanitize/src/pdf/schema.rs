//! What may be in a clean PDF: for each role that an object plays, the keys it may have and the roles behind them.
//!
//! Owns: the tables (ISO 32000-2). A key that is not in the table of its role is not written.
//! Leaves to others: walking (`copy`), what needs more than a table (pages, actions, streams), and the second look
//! at the result, which knows nothing of these tables (`check`).

use worker_protocol::Threat;

/// What an object is for. The same object in two roles is written twice, so that no role lends its keys to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    Annotation,
    AnnotationRef,
    Appearance,
    BorderStyle,
    CMap,
    CidSystemInfo,
    CidToGid,
    Colour,
    DeviceN,
    Data,
    Destination,
    DestinationTree,
    Encoding,
    ExtGState,
    Field,
    FontDict,
    FontDescriptor,
    FontProgram,
    Form,
    Function,
    Glyph,
    Group,
    IccProfile,
    Image,
    Look,
    Label,
    LabelTree,
    MarkInfo,
    Layers,
    Layer,
    LayerConfig,
    LayerUse,
    LayerUseApp,
    Outline,
    OutputIntent,
    PageRef,
    ParentTree,
    Panose,
    Pattern,
    Properties,
    Resources,
    Shading,
    SoftMask,
    Struct,
    StructAttribute,
    Transition,
    Viewer,
    XObject,
}

/// What stands behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    /// Numbers, names, strings, booleans, and lists of them.
    Plain,
    /// Numbers and lists of them, nothing else: places where programs calculate without asking.
    Numbers,
    /// Plain values, and dictionaries and streams in this role, also in lists of lists.
    Of(Role),
    /// A dictionary whose keys are names of the author's choice.
    Map(Role),
    /// An action, of which only harmless ones are kept.
    Action,
    /// Left behind, and said.
    Gone(Threat),
    /// Left behind: says nothing about the content, or is written anew.
    Quiet,
}

use Role as R;
use Shape::{Action, Gone, Map, Numbers, Of, Plain, Quiet};

type Rows = &'static [(&'static [u8], Shape)];

const CATALOG: Rows = &[
    (b"PageLabels", Of(R::LabelTree)),
    (b"Dests", Map(R::Destination)),
    (b"ViewerPreferences", Of(R::Viewer)),
    (b"PageLayout", Plain),
    (b"Outlines", Of(R::Outline)),
    (b"StructTreeRoot", Of(R::Struct)),
    (b"MarkInfo", Of(R::MarkInfo)),
    (b"Lang", Plain),
    (b"OCProperties", Of(R::Layers)),
    (b"OutputIntents", Of(R::OutputIntent)),
    (b"Type", Quiet),
    (b"Version", Quiet),
    (b"Extensions", Quiet),
    (b"NeedsRendering", Gone(Threat::DynamicForm)),
    (b"URI", Gone(Threat::ExternalContent)),
    (b"Threads", Gone(Threat::AuxiliaryPart)),
    (b"Legal", Gone(Threat::Signature)),
];

const FORM_FIELDS: Rows = &[
    (b"Fields", Of(R::Field)),
    (b"NeedAppearances", Plain),
    (b"DR", Of(R::Resources)),
    (b"DA", Plain),
    (b"Q", Plain),
    (b"CO", Gone(Threat::Script)),
    (b"SigFlags", Quiet),
];

const PAGE: Rows = &[
    (b"Resources", Of(R::Resources)),
    (b"MediaBox", Numbers),
    (b"CropBox", Numbers),
    (b"BleedBox", Numbers),
    (b"TrimBox", Numbers),
    (b"ArtBox", Numbers),
    (b"Rotate", Numbers),
    (b"Group", Of(R::Group)),
    (b"StructParents", Numbers),
    (b"Tabs", Plain),
    (b"UserUnit", Numbers),
    (b"Trans", Of(R::Transition)),
    (b"Dur", Numbers),
    (b"Type", Quiet),
    (b"Parent", Quiet),
    (b"Contents", Quiet),
    (b"Annots", Quiet),
    (b"LastModified", Quiet),
    (b"ID", Quiet),
    (b"B", Gone(Threat::AuxiliaryPart)),
];

/// Annotations of all kinds, and form fields, which share their dictionaries.
const ANNOTATION: Rows = &[
    (b"Type", Plain),
    (b"Subtype", Plain),
    (b"Rect", Numbers),
    (b"Contents", Plain),
    (b"P", Of(R::PageRef)),
    (b"NM", Plain),
    (b"M", Plain),
    (b"F", Numbers),
    (b"AP", Map(R::Appearance)),
    (b"AS", Plain),
    (b"Border", Plain),
    (b"C", Numbers),
    (b"StructParent", Numbers),
    (b"OC", Of(R::Layer)),
    (b"CA", Plain),
    (b"ca", Numbers),
    (b"BM", Plain),
    (b"Lang", Plain),
    (b"T", Plain),
    (b"Popup", Of(R::AnnotationRef)),
    (b"CreationDate", Plain),
    (b"IRT", Of(R::AnnotationRef)),
    (b"Subj", Plain),
    (b"RT", Plain),
    (b"IT", Plain),
    (b"Open", Plain),
    (b"Name", Plain),
    (b"State", Plain),
    (b"StateModel", Plain),
    (b"A", Action),
    (b"Dest", Of(R::Destination)),
    (b"H", Plain),
    (b"QuadPoints", Numbers),
    (b"BS", Of(R::BorderStyle)),
    (b"BE", Of(R::BorderStyle)),
    (b"DA", Plain),
    (b"Q", Numbers),
    (b"DS", Plain),
    (b"CL", Numbers),
    (b"RD", Numbers),
    (b"LE", Plain),
    (b"L", Numbers),
    (b"IC", Numbers),
    (b"LL", Numbers),
    (b"LLE", Numbers),
    (b"LLO", Numbers),
    (b"Cap", Plain),
    (b"CP", Plain),
    (b"CO", Numbers),
    (b"Vertices", Numbers),
    (b"Path", Numbers),
    (b"Sy", Plain),
    (b"InkList", Numbers),
    (b"OverlayText", Plain),
    (b"Repeat", Plain),
    (b"RO", Of(R::Form)),
    (b"MK", Of(R::Look)),
    (b"FT", Plain),
    (b"Parent", Of(R::Field)),
    (b"Kids", Of(R::Field)),
    (b"TU", Plain),
    (b"TM", Plain),
    (b"Ff", Numbers),
    (b"V", Of(R::Data)),
    (b"DV", Of(R::Data)),
    (b"Opt", Plain),
    (b"TI", Numbers),
    (b"I", Numbers),
    (b"MaxLen", Numbers),
    (b"RC", Gone(Threat::AuxiliaryPart)),
    (b"RV", Gone(Threat::AuxiliaryPart)),
    (b"Lock", Gone(Threat::Signature)),
    (b"SV", Gone(Threat::Signature)),
];

const FONT: Rows = &[
    (b"Type", Plain),
    (b"Subtype", Plain),
    (b"Name", Plain),
    (b"BaseFont", Plain),
    (b"FirstChar", Numbers),
    (b"LastChar", Numbers),
    (b"Widths", Numbers),
    (b"FontDescriptor", Of(R::FontDescriptor)),
    (b"Encoding", Of(R::Encoding)),
    (b"ToUnicode", Of(R::CMap)),
    (b"FontBBox", Numbers),
    (b"FontMatrix", Numbers),
    (b"CharProcs", Map(R::Glyph)),
    (b"Resources", Of(R::Resources)),
    (b"DescendantFonts", Of(R::FontDict)),
    (b"CIDSystemInfo", Of(R::CidSystemInfo)),
    (b"DW", Numbers),
    (b"W", Numbers),
    (b"DW2", Numbers),
    (b"W2", Numbers),
    (b"CIDToGIDMap", Of(R::CidToGid)),
];

const FONT_DESCRIPTOR: Rows = &[
    (b"Type", Plain),
    (b"FontName", Plain),
    (b"FontFamily", Plain),
    (b"FontStretch", Plain),
    (b"FontWeight", Numbers),
    (b"Flags", Numbers),
    (b"FontBBox", Numbers),
    (b"ItalicAngle", Numbers),
    (b"Ascent", Numbers),
    (b"Descent", Numbers),
    (b"Leading", Numbers),
    (b"CapHeight", Numbers),
    (b"XHeight", Numbers),
    (b"StemV", Numbers),
    (b"StemH", Numbers),
    (b"AvgWidth", Numbers),
    (b"MaxWidth", Numbers),
    (b"MissingWidth", Numbers),
    (b"FontFile", Of(R::FontProgram)),
    (b"FontFile2", Of(R::FontProgram)),
    (b"FontFile3", Of(R::FontProgram)),
    (b"CharSet", Plain),
    (b"CIDSet", Of(R::Data)),
    (b"Style", Of(R::Panose)),
    (b"Lang", Plain),
    (b"FD", Map(R::FontDescriptor)),
];

const EXT_G_STATE: Rows = &[
    (b"Type", Plain),
    (b"LW", Numbers),
    (b"LC", Numbers),
    (b"LJ", Numbers),
    (b"ML", Numbers),
    (b"D", Numbers),
    (b"RI", Plain),
    (b"OP", Plain),
    (b"op", Plain),
    (b"OPM", Numbers),
    (b"Font", Of(R::FontDict)),
    (b"BG", Of(R::Function)),
    (b"BG2", Of(R::Function)),
    (b"UCR", Of(R::Function)),
    (b"UCR2", Of(R::Function)),
    (b"TR", Of(R::Function)),
    (b"TR2", Of(R::Function)),
    (b"HT", Gone(Threat::AuxiliaryPart)),
    (b"HTP", Quiet),
    (b"FL", Numbers),
    (b"SM", Numbers),
    (b"SA", Plain),
    (b"BM", Plain),
    (b"SMask", Of(R::SoftMask)),
    (b"CA", Numbers),
    (b"ca", Numbers),
    (b"AIS", Plain),
    (b"TK", Plain),
    (b"UseBlackPtComp", Plain),
];

const IMAGE: Rows = &[
    (b"Type", Plain),
    (b"Subtype", Plain),
    (b"Width", Numbers),
    (b"Height", Numbers),
    (b"ColorSpace", Of(R::Colour)),
    (b"BitsPerComponent", Numbers),
    (b"Intent", Plain),
    (b"ImageMask", Plain),
    (b"Mask", Of(R::Image)),
    (b"Decode", Numbers),
    (b"Interpolate", Plain),
    (b"SMask", Of(R::Image)),
    (b"SMaskInData", Numbers),
    (b"Matte", Numbers),
    (b"Name", Plain),
    (b"StructParent", Numbers),
    (b"OC", Of(R::Layer)),
    (b"ID", Quiet),
];

const FORM: Rows = &[
    (b"Type", Plain),
    (b"Subtype", Plain),
    (b"FormType", Numbers),
    (b"BBox", Numbers),
    (b"Matrix", Numbers),
    (b"Resources", Of(R::Resources)),
    (b"Group", Of(R::Group)),
    (b"StructParent", Numbers),
    (b"StructParents", Numbers),
    (b"OC", Of(R::Layer)),
    (b"Name", Plain),
    (b"LastModified", Quiet),
];

const STRUCT: Rows = &[
    (b"Type", Plain),
    (b"S", Plain),
    (b"P", Of(R::Struct)),
    (b"ID", Plain),
    (b"Pg", Of(R::PageRef)),
    (b"K", Of(R::Struct)),
    (b"A", Of(R::StructAttribute)),
    (b"C", Plain),
    (b"R", Numbers),
    (b"T", Plain),
    (b"Lang", Plain),
    (b"Alt", Plain),
    (b"E", Plain),
    (b"ActualText", Plain),
    (b"Stm", Of(R::Form)),
    (b"MCID", Numbers),
    (b"Obj", Of(R::AnnotationRef)),
    (b"ParentTree", Of(R::ParentTree)),
    (b"ParentTreeNextKey", Numbers),
    (b"RoleMap", Map(R::Panose)),
    (b"ClassMap", Map(R::StructAttribute)),
    (b"PhoneticAlphabet", Plain),
    (b"Phoneme", Plain),
    (b"IDTree", Quiet),
    (b"StmOwn", Quiet),
    (b"NS", Quiet),
    (b"Namespaces", Quiet),
];

/// The keys that a dictionary in this role may have.
pub(super) fn rows(role: Role) -> Rows {
    match role {
        R::Annotation | R::Field => ANNOTATION,
        R::BorderStyle => {
            &[(b"Type", Plain), (b"W", Numbers), (b"S", Plain), (b"D", Numbers), (b"I", Numbers)]
        }
        R::CMap => &[
            (b"Type", Plain),
            (b"CMapName", Plain),
            (b"CIDSystemInfo", Of(R::CidSystemInfo)),
            (b"WMode", Numbers),
            (b"UseCMap", Of(R::CMap)),
        ],
        R::CidSystemInfo => &[(b"Registry", Plain), (b"Ordering", Plain), (b"Supplement", Numbers)],
        R::Colour => &[
            (b"WhitePoint", Numbers),
            (b"BlackPoint", Numbers),
            (b"Gamma", Numbers),
            (b"Matrix", Numbers),
            (b"Range", Numbers),
        ],
        R::DeviceN => &[
            (b"Subtype", Plain),
            (b"Colorants", Map(R::Colour)),
            (b"Process", Of(R::DeviceN)),
            (b"ColorSpace", Of(R::Colour)),
            (b"Components", Plain),
            (b"MixingHints", Quiet),
        ],
        R::Destination => &[(b"D", Of(R::Destination))],
        R::DestinationTree => {
            &[(b"Kids", Of(R::DestinationTree)), (b"Names", Of(R::Destination)), (b"Limits", Plain)]
        }
        R::Encoding => &[(b"Type", Plain), (b"BaseEncoding", Plain), (b"Differences", Plain)],
        R::ExtGState => EXT_G_STATE,
        R::FontDict => FONT,
        R::FontDescriptor => FONT_DESCRIPTOR,
        R::FontProgram => &[(b"Subtype", Plain)],
        R::Form | R::Appearance | R::XObject => FORM,
        R::Function => &[
            (b"FunctionType", Numbers),
            (b"Domain", Numbers),
            (b"Range", Numbers),
            (b"Size", Numbers),
            (b"BitsPerSample", Numbers),
            (b"Order", Numbers),
            (b"Encode", Numbers),
            (b"Decode", Numbers),
            (b"C0", Numbers),
            (b"C1", Numbers),
            (b"N", Numbers),
            (b"Functions", Of(R::Function)),
            (b"Bounds", Numbers),
        ],
        R::Group => &[(b"Type", Plain), (b"S", Plain), (b"CS", Of(R::Colour)), (b"I", Plain), (b"K", Plain)],
        R::IccProfile => &[(b"N", Numbers), (b"Alternate", Of(R::Colour)), (b"Range", Numbers)],
        R::Image => IMAGE,
        R::Look => &[
            (b"R", Numbers),
            (b"BC", Numbers),
            (b"BG", Numbers),
            (b"CA", Plain),
            (b"RC", Plain),
            (b"AC", Plain),
            (b"I", Of(R::Form)),
            (b"RI", Of(R::Form)),
            (b"IX", Of(R::Form)),
            (b"IF", Of(R::LayerUse)),
            (b"TP", Numbers),
        ],
        R::Label => &[(b"Type", Plain), (b"S", Plain), (b"P", Plain), (b"St", Numbers)],
        R::LabelTree => &[(b"Kids", Of(R::LabelTree)), (b"Nums", Of(R::Label)), (b"Limits", Numbers)],
        R::MarkInfo => &[(b"Marked", Plain), (b"UserProperties", Plain), (b"Suspects", Plain)],
        R::Layers => &[(b"OCGs", Of(R::Layer)), (b"D", Of(R::LayerConfig)), (b"Configs", Of(R::LayerConfig))],
        R::Layer => &[
            (b"Type", Plain),
            (b"Name", Plain),
            (b"Intent", Plain),
            (b"Usage", Map(R::LayerUse)),
            (b"OCGs", Of(R::Layer)),
            (b"P", Plain),
            (b"VE", Of(R::Layer)),
        ],
        R::LayerConfig => &[
            (b"Name", Plain),
            (b"Creator", Quiet),
            (b"BaseState", Plain),
            (b"ON", Of(R::Layer)),
            (b"OFF", Of(R::Layer)),
            (b"Intent", Plain),
            (b"AS", Of(R::LayerUseApp)),
            (b"Order", Of(R::Layer)),
            (b"ListMode", Plain),
            (b"RBGroups", Of(R::Layer)),
            (b"Locked", Of(R::Layer)),
        ],
        R::LayerUse => &[
            (b"Lang", Plain),
            (b"Preferred", Plain),
            (b"ExportState", Plain),
            (b"min", Numbers),
            (b"max", Numbers),
            (b"Subtype", Plain),
            (b"PrintState", Plain),
            (b"ViewState", Plain),
            (b"Type", Plain),
            (b"Name", Plain),
            (b"SW", Plain),
            (b"S", Plain),
            (b"A", Numbers),
            (b"FB", Plain),
            (b"Creator", Quiet),
        ],
        R::LayerUseApp => &[(b"Event", Plain), (b"OCGs", Of(R::Layer)), (b"Category", Plain)],
        R::Outline => &[
            (b"Type", Plain),
            (b"First", Of(R::Outline)),
            (b"Last", Of(R::Outline)),
            (b"Next", Of(R::Outline)),
            (b"Prev", Of(R::Outline)),
            (b"Parent", Of(R::Outline)),
            (b"Count", Numbers),
            (b"Title", Plain),
            (b"Dest", Of(R::Destination)),
            (b"A", Action),
            (b"SE", Of(R::Struct)),
            (b"C", Numbers),
            (b"F", Numbers),
        ],
        R::OutputIntent => &[
            (b"Type", Plain),
            (b"S", Plain),
            (b"OutputCondition", Plain),
            (b"OutputConditionIdentifier", Plain),
            (b"RegistryName", Plain),
            (b"Info", Plain),
            (b"DestOutputProfile", Of(R::IccProfile)),
            (b"DestOutputProfileRef", Gone(Threat::ExternalContent)),
        ],
        R::ParentTree => &[(b"Kids", Of(R::ParentTree)), (b"Nums", Of(R::Struct)), (b"Limits", Numbers)],
        R::Panose => &[(b"Panose", Plain)],
        R::Pattern => &[
            (b"Type", Plain),
            (b"PatternType", Numbers),
            (b"PaintType", Numbers),
            (b"TilingType", Numbers),
            (b"BBox", Numbers),
            (b"XStep", Numbers),
            (b"YStep", Numbers),
            (b"Resources", Of(R::Resources)),
            (b"Matrix", Numbers),
            (b"Shading", Of(R::Shading)),
            (b"ExtGState", Of(R::ExtGState)),
        ],
        R::Properties => &[
            (b"Type", Plain),
            (b"Subtype", Plain),
            (b"MCID", Numbers),
            (b"ActualText", Plain),
            (b"Alt", Plain),
            (b"E", Plain),
            (b"Lang", Plain),
            (b"BBox", Numbers),
            (b"Attached", Plain),
        ],
        R::Resources => &[
            (b"ExtGState", Map(R::ExtGState)),
            (b"ColorSpace", Map(R::Colour)),
            (b"Pattern", Map(R::Pattern)),
            (b"Shading", Map(R::Shading)),
            (b"XObject", Map(R::XObject)),
            (b"Font", Map(R::FontDict)),
            (b"ProcSet", Plain),
            (b"Properties", Map(R::Properties)),
            (b"Encoding", Map(R::Encoding)),
        ],
        R::Shading => &[
            (b"ShadingType", Numbers),
            (b"ColorSpace", Of(R::Colour)),
            (b"Background", Numbers),
            (b"BBox", Numbers),
            (b"AntiAlias", Plain),
            (b"Function", Of(R::Function)),
            (b"Coords", Numbers),
            (b"Domain", Numbers),
            (b"Matrix", Numbers),
            (b"Extend", Plain),
            (b"BitsPerCoordinate", Numbers),
            (b"BitsPerComponent", Numbers),
            (b"BitsPerFlag", Numbers),
            (b"Decode", Numbers),
            (b"VerticesPerRow", Numbers),
        ],
        R::SoftMask => &[
            (b"Type", Plain),
            (b"S", Plain),
            (b"G", Of(R::Form)),
            (b"BC", Numbers),
            (b"TR", Of(R::Function)),
        ],
        R::Struct => STRUCT,
        R::StructAttribute => STRUCT_ATTRIBUTE,
        R::Transition => &[
            (b"Type", Plain),
            (b"S", Plain),
            (b"D", Numbers),
            (b"Dm", Plain),
            (b"M", Plain),
            (b"Di", Plain),
            (b"SS", Numbers),
            (b"B", Plain),
        ],
        R::Viewer => VIEWER,
        R::Data | R::Glyph | R::CidToGid | R::PageRef | R::AnnotationRef => &[],
    }
}

const VIEWER: Rows = &[
    (b"HideToolbar", Plain),
    (b"HideMenubar", Plain),
    (b"HideWindowUI", Plain),
    (b"FitWindow", Plain),
    (b"CenterWindow", Plain),
    (b"DisplayDocTitle", Plain),
    (b"NonFullScreenPageMode", Plain),
    (b"Direction", Plain),
    (b"ViewArea", Plain),
    (b"ViewClip", Plain),
    (b"PrintArea", Plain),
    (b"PrintClip", Plain),
    (b"PrintScaling", Plain),
    (b"Duplex", Plain),
    (b"PickTrayByPDFSize", Plain),
    (b"PrintPageRange", Numbers),
    (b"NumCopies", Numbers),
    (b"Enforce", Plain),
];

const STRUCT_ATTRIBUTE: Rows = &[
    (b"O", Plain),
    (b"Placement", Plain),
    (b"WritingMode", Plain),
    (b"BackgroundColor", Plain),
    (b"BorderColor", Plain),
    (b"BorderStyle", Plain),
    (b"BorderThickness", Plain),
    (b"Padding", Plain),
    (b"Color", Plain),
    (b"SpaceBefore", Numbers),
    (b"SpaceAfter", Numbers),
    (b"StartIndent", Numbers),
    (b"EndIndent", Numbers),
    (b"TextIndent", Numbers),
    (b"TextAlign", Plain),
    (b"BBox", Numbers),
    (b"Width", Plain),
    (b"Height", Plain),
    (b"BlockAlign", Plain),
    (b"InlineAlign", Plain),
    (b"TBorderStyle", Plain),
    (b"TPadding", Plain),
    (b"BaselineShift", Numbers),
    (b"LineHeight", Plain),
    (b"TextDecorationColor", Plain),
    (b"TextDecorationThickness", Numbers),
    (b"TextDecorationType", Plain),
    (b"RubyAlign", Plain),
    (b"RubyPosition", Plain),
    (b"GlyphOrientationVertical", Plain),
    (b"ColumnCount", Numbers),
    (b"ColumnGap", Plain),
    (b"ColumnWidths", Plain),
    (b"ListNumbering", Plain),
    (b"ContinuedList", Plain),
    (b"ContinuedFrom", Plain),
    (b"Role", Plain),
    (b"checked", Plain),
    (b"Checked", Plain),
    (b"Desc", Plain),
    (b"RowSpan", Numbers),
    (b"ColSpan", Numbers),
    (b"Headers", Plain),
    (b"Scope", Plain),
    (b"Summary", Plain),
    (b"Short", Plain),
    (b"Type", Plain),
    (b"Subtype", Plain),
    (b"Attached", Plain),
];

/// The shape behind a key of a dictionary in this role.
pub(super) fn shape(role: Role, key: &[u8]) -> Shape {
    find(rows(role), key)
}

pub(super) fn catalog_shape(key: &[u8]) -> Shape {
    find(CATALOG, key)
}

pub(super) fn form_shape(key: &[u8]) -> Shape {
    find(FORM_FIELDS, key)
}

pub(super) fn page_shape(key: &[u8]) -> Shape {
    find(PAGE, key)
}

fn find(rows: Rows, key: &[u8]) -> Shape {
    rows.iter().find(|(name, _)| *name == key).map_or_else(|| Gone(threat_of_key(key)), |(_, shape)| *shape)
}

/// What a key that is not wanted is reported as.
fn threat_of_key(key: &[u8]) -> Threat {
    match key {
        b"JS" | b"JavaScript" => Threat::Script,
        b"AA" | b"PA" | b"OpenAction" | b"A" => Threat::Action,
        b"EmbeddedFiles" | b"EF" | b"RF" | b"AF" | b"Collection" => Threat::Attachment,
        b"XFA" | b"XFAResources" => Threat::DynamicForm,
        b"RichMediaContent" | b"RichMediaSettings" | b"RichMedia" | b"3DD" | b"3DV" | b"3DA"
        | b"Renditions" | b"Movie" | b"Sound" => Threat::Multimedia,
        b"OPI" | b"Alternates" | b"Ref" | b"FS" => Threat::ExternalContent,
        b"Metadata" => Threat::Metadata,
        b"Thumb" => Threat::AuxiliaryPart,
        b"Perms" | b"DSS" | b"SigFlags" => Threat::Signature,
        key if key.starts_with(b"PTEX.") => Threat::Metadata,
        _ => Threat::Extension,
    }
}

/// Annotations that show something and do nothing (table 171).
pub(super) fn is_kept_annotation(subtype: &[u8]) -> bool {
    matches!(
        subtype,
        b"Text"
            | b"Link"
            | b"FreeText"
            | b"Line"
            | b"Square"
            | b"Circle"
            | b"Polygon"
            | b"PolyLine"
            | b"Highlight"
            | b"Underline"
            | b"Squiggly"
            | b"StrikeOut"
            | b"Caret"
            | b"Ink"
            | b"Stamp"
            | b"Popup"
            | b"Widget"
            | b"Watermark"
            | b"Redact"
    )
}

/// What an annotation of another kind is.
pub(super) fn threat_of_annotation(subtype: &[u8]) -> Threat {
    match subtype {
        b"FileAttachment" => Threat::Attachment,
        b"Movie" | b"Screen" | b"3D" | b"RichMedia" | b"Sound" | b"Projection" => Threat::Multimedia,
        b"PrinterMark" | b"TrapNet" => Threat::AuxiliaryPart,
        _ => Threat::Unknown,
    }
}

/// Actions by their type: which go, and as what (table 201). `None` for the harmless ones.
pub(super) fn threat_of_action(action_type: &[u8]) -> Option<Threat> {
    Some(match action_type {
        b"GoTo" | b"Named" | b"URI" => return None,
        b"JavaScript" | b"Rendition" => Threat::Script,
        b"Movie" | b"Sound" | b"GoTo3DView" | b"RichMediaExecute" => Threat::Multimedia,
        b"GoToR" | b"GoToE" | b"Thread" | b"GoToDp" => Threat::ExternalContent,
        _ => Threat::Action,
    })
}
