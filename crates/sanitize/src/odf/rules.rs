//! What becomes of each element and attribute that acts, reaches outside or says who wrote the file.
//!
//! Owns: the tables of exceptions to "what is on the lists of `names` stays".
//! Leaves to others: carrying them out (`filter`).

use worker_protocol::Threat;

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Keep,
    /// Its tags go, its children stay.
    Unwrap(Option<Threat>),
    /// It goes with all that is in it.
    Drop(Option<Threat>),
    /// It goes, and so does the element around it, which means nothing without it.
    DropWithParent(Threat),
}

/// The fate of an element by its prefix and name in the spelling of `names`. `parent` is the element around it.
pub(super) fn fate(prefix: &str, local: &str, parent: &str, strict: bool) -> Fate {
    let drop = |threat| Fate::Drop(Some(threat));
    match (prefix, local) {
        // Wrappers that every program writes, empty most of the time: only their content is worth a word.
        ("office", "scripts" | "event-listeners")
        | ("text", "dde-connection-decls")
        | ("table", "dde-links") => Fate::Unwrap(None),
        ("office", "script") | ("text", "script") | ("table", "error-macro") => drop(Threat::Script),
        ("text", "execute-macro") => Fate::Unwrap(Some(Threat::Script)),
        ("script" | "presentation", "event-listener") => drop(Threat::Action),
        ("anim", "command") => drop(Threat::Action),
        ("script", _) => drop(Threat::Script),
        ("office", "dde-source") | ("text", "dde-connection-decl") | ("table", "dde-link") => {
            drop(Threat::DangerousField)
        }
        ("text", "dde-connection") => Fate::Unwrap(Some(Threat::DangerousField)),
        ("text", "section-source" | "alphabetical-index-auto-mark-file")
        | ("table", "table-source" | "cell-range-source")
        | ("draw", "floating-frame") => drop(Threat::ExternalContent),
        (
            "table",
            "database-source-sql" | "database-source-query" | "database-source-table" | "source-service",
        ) => {
            if parent == "data-pilot-table" {
                Fate::DropWithParent(Threat::DataConnection)
            } else {
                drop(Threat::DataConnection)
            }
        }
        ("text", "database-display" | "database-name" | "database-row-number") => {
            Fate::Unwrap(Some(Threat::DataConnection))
        }
        ("text", "database-next" | "database-row-select") | ("form", "connection-resource") => {
            drop(Threat::DataConnection)
        }
        ("draw", "object-ole" | "applet") => drop(Threat::EmbeddedObject),
        ("draw", "plugin") | ("presentation", "sound") | ("anim", "audio") => drop(Threat::Multimedia),
        ("svg", "font-face-src" | "font-face-uri" | "definition-src") => drop(Threat::AuxiliaryPart),
        // Settings of the controls' implementation; among them are addresses and names of services.
        ("form", "properties") => drop(Threat::AuxiliaryPart),
        ("xforms", _) => drop(Threat::DynamicForm),
        ("loext", "signatureline") => drop(Threat::Signature),
        ("meta", "template") => drop(Threat::ExternalTemplate),
        ("meta", "auto-reload") => drop(Threat::ExternalContent),
        ("meta", "hyperlink-behaviour") => Fate::Drop(None),
        ("meta", "document-statistic") if parent == "meta" => Fate::Keep,
        ("meta", "keyword") | ("dc", "title" | "subject" | "description" | "language")
            if parent == "meta" =>
        {
            if strict {
                drop(Threat::Metadata)
            } else {
                Fate::Keep
            }
        }
        ("meta", "user-defined") => Fate::Keep,
        ("meta" | "dc", _) if parent == "meta" => drop(Threat::Metadata),
        ("office", "annotation" | "annotation-end")
        | ("text" | "table", "tracked-changes")
        | ("text", "change" | "change-start" | "change-end")
        | ("presentation", "notes")
            if strict =>
        {
            Fate::Drop(
                (!local.ends_with("-end") && !local.starts_with("change")).then_some(Threat::HiddenData),
            )
        }
        ("office", "forms") | ("draw", "control") if strict => drop(Threat::DynamicForm),
        ("text" | "draw", "a") if strict => Fate::Unwrap(Some(Threat::Hyperlink)),
        ("draw", "area-circle" | "area-polygon" | "area-rectangle") if strict => drop(Threat::Hyperlink),
        _ => Fate::Keep,
    }
}

/// Fields that show something about the document that is not kept: they are told to keep what they show.
pub(super) fn shows_metadata(local: &str) -> bool {
    matches!(
        local,
        "initial-creator"
            | "creation-date"
            | "creation-time"
            | "creator"
            | "modification-date"
            | "modification-time"
            | "print-date"
            | "print-time"
            | "printed-by"
            | "editing-cycles"
            | "editing-duration"
            | "user-defined"
            | "author-name"
            | "author-initials"
    )
}

/// Attributes of forms and controls that lead to a database or another address.
pub(super) fn is_data_source(prefix: &str, local: &str) -> bool {
    prefix == "form"
        && matches!(
            local,
            "datasource"
                | "command"
                | "command-type"
                | "data-field"
                | "list-source"
                | "method"
                | "enctype"
                | "master-fields"
                | "detail-fields"
                | "filter"
                | "order"
                | "bound-column"
        )
}

/// Whether this attribute holds a formula, a condition or a reference to cells.
pub(super) fn is_formula(prefix: &str, local: &str) -> bool {
    match prefix {
        "table" | "text" | "style" | "chart" | "form" | "loext" | "calcext" | "draw" | "tableooo" => {
            [
                "formula",
                "expression",
                "condition",
                "range-address",
                "range-addresses",
                "cell-range",
                "linked-cell",
            ]
            .iter()
            .any(|ending| local.ends_with(ending))
                || (prefix == "calcext" && local == "value")
        }
        _ => false,
    }
}

/// Whether an element means nothing without this attribute.
pub(super) fn is_required(element: (&str, &str), local: &str) -> bool {
    matches!(
        (element, local),
        (("table", "named-expression"), "expression")
            | (("table", "named-range"), "cell-range-address")
            | (("style", "map"), "condition")
            | (("calcext", "condition" | "formatting-entry" | "color-scale-entry"), "value")
            | (("text", "conditional-text" | "hidden-text" | "hidden-paragraph"), "condition")
    )
}

/// Attributes of formulas in MathML that are kept.
pub(super) fn is_math_attribute(local: &str) -> bool {
    const KEPT: [&str; 44] = [
        "accent",
        "accentunder",
        "align",
        "bevelled",
        "close",
        "color",
        "columnalign",
        "columnlines",
        "columnspacing",
        "columnspan",
        "depth",
        "display",
        "displaystyle",
        "encoding",
        "fence",
        "fontfamily",
        "fontsize",
        "fontstyle",
        "fontweight",
        "form",
        "frame",
        "height",
        "largeop",
        "linethickness",
        "lspace",
        "mathbackground",
        "mathcolor",
        "mathsize",
        "mathvariant",
        "maxsize",
        "minsize",
        "movablelimits",
        "notation",
        "open",
        "rowalign",
        "rowlines",
        "rowspacing",
        "rowspan",
        "rspace",
        "scriptlevel",
        "separators",
        "stretchy",
        "symmetric",
        "width",
    ];
    KEPT.contains(&local)
}

/// Whether a value would run something when a program takes it for an address.
pub(super) fn is_dangerous_address(value: &str) -> bool {
    const SCHEMES: [&str; 9] = [
        "macro:",
        "script:",
        "javascript:",
        "vbscript:",
        "service:",
        "slot:",
        "vnd.sun.star.",
        "private:",
        "data:text",
    ];
    let mut characters = value.chars().filter(|c| !c.is_whitespace() && !c.is_control());
    if !characters.next().is_some_and(|first| "msjvpdMSJVPD".contains(first)) {
        return false;
    }
    let start: String = value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(16).collect();
    let start = start.to_ascii_lowercase();
    SCHEMES.iter().any(|scheme| start.starts_with(scheme))
}

/// Whether text may stand directly in this element. Elsewhere nothing shows it.
pub(super) fn holds_text(prefix: &str, local: &str) -> bool {
    match prefix {
        "text" | "dc" | "meta" | "config" | "number" | "math" | "svg" | "presentation" | "loext" => true,
        "table" => matches!(local, "title" | "desc"),
        "office" => local == "binary-data",
        _ => false,
    }
}

/// Whether a setting is one that a file may bring: a switch or a number, the name of what is shown first, or how lines may
/// break. Other texts hold names of printers, data sources and paths.
pub(super) fn is_kept_setting(name: &str, kind: &str, value: &str) -> bool {
    let is_plain =
        !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_plain {
        return false;
    }
    match kind {
        // When links are fetched, and which editing session wrote which word.
        "short" | "int" | "long" if name == "LinkUpdateMode" || name.contains("Rsid") => false,
        "boolean" => matches!(value, "true" | "false"),
        "short" | "int" | "long" | "double" => {
            value.len() <= 24
                && value.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'E' | 'e'))
        }
        "string" => match name {
            "ActiveTable" | "ViewId" | "BeginLine" | "EndLine" => value.chars().count() <= 255,
            "Language" | "Country" | "Variant" | "PrinterIndependentLayout" => {
                value.len() <= 32 && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            }
            _ => false,
        },
        _ => false,
    }
}
