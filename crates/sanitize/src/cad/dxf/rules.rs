//! Which parts of a drawing are known.
//!
//! Owns: the type of each group code, the lists of sections, variables and records, where words stand.
//! Leaves to others: what stays inside a record (`record`).

use worker_protocol::{Mode, Threat};

use super::Record;

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Words,
    Real,
    Whole,
    Handle,
    Bytes,
}

/// The type that a group code gives its value; none for codes that there are not.
pub(super) fn sort(code: u16) -> Option<Sort> {
    Some(match code {
        5 | 105 | 320..=369 | 390..=399 | 480..=481 | 1005 => Sort::Handle,
        0..=9 | 100..=102 | 300..=309 | 410..=419 | 430..=439 | 470..=479 | 999..=1003 | 1006..=1009 => {
            Sort::Words
        }
        10..=59 | 110..=149 | 210..=239 | 460..=469 | 1010..=1059 => Sort::Real,
        60..=79
        | 90..=99
        | 160..=179
        | 270..=299
        | 370..=389
        | 400..=409
        | 420..=429
        | 440..=459
        | 1060..=1071 => Sort::Whole,
        310..=319 | 1004 => Sort::Bytes,
        _ => return None,
    })
}

/// Why a section goes.
pub(super) fn section(name: &str) -> Option<Threat> {
    match name {
        "HEADER" | "CLASSES" | "TABLES" | "BLOCKS" | "ENTITIES" | "OBJECTS" => None,
        "THUMBNAILIMAGE" => Some(Threat::AuxiliaryPart),
        // Bodies in the form of another program, and whatever comes after today.
        _ => Some(Threat::Unknown),
    }
}

/// Why a variable of the header goes. The others set how the drawing looks, each by values of a known type.
pub(super) fn variable(name: &str) -> Option<Threat> {
    let is_name = name.strip_prefix('$').is_some_and(|name| {
        (1..=40).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    match name {
        _ if !is_name => Some(Threat::Unknown),
        "$LASTSAVEDBY" | "$FINGERPRINTGUID" | "$VERSIONGUID" | "$PROJECTNAME" | "$CUSTOMPROPERTYTAG"
        | "$CUSTOMPROPERTY" | "$TITLE" | "$SUBJECT" | "$AUTHOR" | "$KEYWORDS" | "$COMMENTS"
        | "$REVISIONNUMBER" => Some(Threat::Metadata),
        // A file of menus, which a program loads with the macros in it.
        "$MENU" => Some(Threat::Extension),
        "$HYPERLINKBASE" => Some(Threat::Hyperlink),
        "$STYLESHEET" => Some(Threat::ExternalContent),
        _ => None,
    }
}

/// Why a record of this section goes.
pub(super) fn record(section: &str, name: &str, mode: Mode) -> Option<Threat> {
    match name {
        "OLEFRAME" | "OLE2FRAME" => return Some(Threat::EmbeddedObject),
        "VBA_PROJECT" => return Some(Threat::MacroVba),
        // Expressions that are evaluated, and words from another file; what a field said last stands in the text.
        "FIELD" | "FIELDLIST" | "RTEXT" => return Some(Threat::DangerousField),
        "DATALINK" | "DATATABLE" => return Some(Threat::DataConnection),
        "IMAGE" | "IMAGEDEF" | "IMAGEDEF_REACTOR" | "RASTERVARIABLES" | "PDFUNDERLAY" | "DWFUNDERLAY"
        | "DGNUNDERLAY" | "PDFDEFINITION" | "DWFDEFINITION" | "DGNDEFINITION" | "POINTCLOUD"
        | "POINTCLOUDDEF" | "POINTCLOUDEX" | "POINTCLOUDDEFEX" => return Some(Threat::ExternalContent),
        "XRECORD" if mode == Mode::Strict => return Some(Threat::Extension),
        _ => {}
    }
    let is_known = match section {
        "CLASSES" => name == "CLASS",
        "TABLES" => TABLES.contains(&name),
        "BLOCKS" => matches!(name, "BLOCK" | "ENDBLK") || ENTITIES.contains(&name),
        "ENTITIES" => ENTITIES.contains(&name),
        _ => OBJECTS.contains(&name),
    };
    (!is_known).then_some(match section {
        // Objects are what programs keep for themselves; nobody sees them.
        "OBJECTS" => Threat::Extension,
        _ => Threat::Unknown,
    })
}

const TABLES: [&str; 11] = [
    "TABLE",
    "ENDTAB",
    "APPID",
    "BLOCK_RECORD",
    "DIMSTYLE",
    "LAYER",
    "LTYPE",
    "STYLE",
    "UCS",
    "VIEW",
    "VPORT",
];

const ENTITIES: [&str; 39] = [
    "3DFACE",
    "ACAD_TABLE",
    "ARC",
    "ARC_DIMENSION",
    "ATTDEF",
    "ATTRIB",
    "CIRCLE",
    "DIMENSION",
    "ELLIPSE",
    "HATCH",
    "HELIX",
    "INSERT",
    "LARGE_RADIAL_DIMENSION",
    "LEADER",
    "LIGHT",
    "LINE",
    "LWPOLYLINE",
    "MESH",
    "MLEADER",
    "MLINE",
    "MTEXT",
    "MULTILEADER",
    "POINT",
    "POLYLINE",
    "RAY",
    "SEQEND",
    "SHAPE",
    "SOLID",
    "SPLINE",
    "SUN",
    "TEXT",
    "TOLERANCE",
    "TRACE",
    "VERTEX",
    "VIEWPORT",
    "WIPEOUT",
    "XLINE",
    "ARCALIGNEDTEXT",
    "3DLINE",
];

const OBJECTS: [&str; 20] = [
    "ACDBDICTIONARYWDFLT",
    "ACDBPLACEHOLDER",
    "DICTIONARY",
    "DICTIONARYVAR",
    "DIMASSOC",
    "GROUP",
    "LAYOUT",
    "MATERIAL",
    "MLEADERSTYLE",
    "MLINESTYLE",
    "PLOTSETTINGS",
    "SCALE",
    "SORTENTSTABLE",
    "SPATIAL_FILTER",
    "SUN",
    "TABLESTYLE",
    "CELLSTYLEMAP",
    "VISUALSTYLE",
    "WIPEOUTVARIABLES",
    "XRECORD",
];

/// The words that a record shows, if it is one that shows words.
pub(super) fn words(record: &Record) -> Option<String> {
    let codes: &[u16] = match record.name() {
        "TEXT" | "ATTRIB" | "ATTDEF" | "DIMENSION" | "TOLERANCE" | "ARCALIGNEDTEXT" => &[1],
        // A long text comes in pieces, of which the last is the first code.
        "MTEXT" => &[3, 1],
        "MULTILEADER" | "MLEADER" => &[304],
        "ACAD_TABLE" => &[1, 2, 3, 302],
        _ => return None,
    };
    let mut words = String::new();
    for pair in record
        .pairs
        .iter()
        .skip(1)
        .take_while(|pair| pair.code < 1000)
        .filter(|pair| codes.contains(&pair.code))
    {
        words.push_str(&pair.value);
        if record.name() == "ACAD_TABLE" {
            words.push('\t');
        }
    }
    (!words.trim().is_empty()).then_some(words)
}
