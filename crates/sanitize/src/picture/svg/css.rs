//! Style in a drawing: attributes, declarations, sheets.
//!
//! Owns: which properties may be set, and that no value reaches outside: functions are on a list, and an address may
//! only name a part of the drawing.
//! Leaves to others: what a property looks like.

use worker_protocol::Threat;

/// Whether a style may set this.
pub(super) fn is_property(name: &str) -> bool {
    PROPERTIES.binary_search(&name).is_ok()
}

/// Whether a value stays inside the drawing.
pub(super) fn check(untrusted: &str) -> Result<(), Threat> {
    let lower = untrusted.to_ascii_lowercase();
    // An escape could spell anything, and no value of a drawing needs one.
    if lower.contains('\\') || lower.contains("javascript:") || lower.contains("vbscript:") {
        return Err(Threat::Script);
    }
    if lower.contains("@import") || lower.contains("<!--") || lower.contains("</") {
        return Err(Threat::ExternalContent);
    }
    let bytes = lower.as_bytes();
    for (at, _) in lower.match_indices('(') {
        let head = bytes.get(..at).unwrap_or_default();
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-' || *b == b'_';
        let length = head.iter().rev().take_while(|b| is_name(b)).count();
        let name = lower.get(at - length..at).unwrap_or_default();
        if name == "url" {
            let target = lower.get(at + 1..).unwrap_or_default().trim_start();
            let target = target.strip_prefix(['"', '\'']).unwrap_or(target).trim_start();
            if !target.starts_with('#') {
                return Err(Threat::ExternalContent);
            }
        } else if matches!(name, "expression" | "behavior") {
            return Err(Threat::Script);
        } else if !name.is_empty() && FUNCTIONS.binary_search(&name).is_err() {
            return Err(Threat::ExternalContent);
        }
    }
    Ok(())
}

/// Declarations that stay, and what the others were.
pub(super) fn declarations(untrusted: &str) -> (String, Vec<Threat>) {
    let mut out = String::new();
    let mut dropped = Vec::new();
    for declaration in split_outside(&without_comments(untrusted), ';') {
        let Some((name, value)) = declaration.split_once(':') else { continue };
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim();
        if let Err(threat) = check(&declaration) {
            dropped.push(threat);
            continue;
        }
        let is_variable = name.strip_prefix("--").is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        });
        if value.contains(['{', '}', '<', '@']) || !(is_property(&name) || is_variable) {
            if matches!(name.as_str(), "behavior" | "-moz-binding") {
                dropped.push(Threat::Script);
            }
            continue;
        }
        if !out.is_empty() {
            out.push(';');
        }
        out.push_str(&name);
        out.push(':');
        out.push_str(value);
    }
    (out, dropped)
}

/// A sheet with the rules that stay, and what the others were.
pub(super) fn sheet(untrusted: &str) -> (String, Vec<Threat>) {
    let mut out = String::new();
    let mut dropped = Vec::new();
    let text = without_comments(&untrusted.replace("<!--", " ").replace("-->", " "));
    rules(&text, 0, &mut out, &mut dropped);
    (out, dropped)
}

fn rules(text: &str, depth: u32, out: &mut String, dropped: &mut Vec<Threat>) {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let Some(stop) = rest.find(['{', ';', '}']) else {
            if rest.trim_start().get(..7).is_some_and(|r| r.eq_ignore_ascii_case("@import")) {
                dropped.push(Threat::ExternalContent);
            }
            return;
        };
        let (head, after) = rest.split_at(stop);
        let head = head.trim();
        let lower = head.to_ascii_lowercase();
        let after_stop = after.get(1..).unwrap_or_default();
        if !after.starts_with('{') {
            if lower.starts_with("@import") {
                dropped.push(Threat::ExternalContent);
            }
            rest = after_stop.trim_start();
            continue;
        }
        let end = block_end(after_stop);
        let body = after_stop.get(..end).unwrap_or_default();
        rest = after_stop.get(end + 1..).unwrap_or_default().trim_start();
        if check(head).is_err() && !lower.starts_with("@media") && !lower.starts_with("@supports") {
            dropped.push(Threat::Unknown);
            continue;
        }
        let is_group =
            ["@media", "@supports", "@keyframes", "@-webkit-keyframes"].iter().any(|r| lower.starts_with(r));
        let is_plain = !head.is_empty()
            && !head
                .chars()
                .any(|c| c.is_control() && !c.is_whitespace() || matches!(c, '\\' | '<' | '`' | ';'));
        if is_group && is_plain && depth < 3 {
            let mut inner = String::new();
            rules(body, depth + 1, &mut inner, dropped);
            if !inner.is_empty() {
                out.push_str(&format!("{head}{{{inner}}}"));
            }
        } else if lower.starts_with('@') {
            if lower.starts_with("@font-face") {
                dropped.push(Threat::AuxiliaryPart);
            }
        } else if is_plain {
            let (declared, lost) = declarations(body);
            dropped.extend(lost);
            if !declared.is_empty() {
                out.push_str(&format!("{head}{{{declared}}}"));
            }
        }
    }
}

/// Where the block ends that begins before this text.
fn block_end(text: &str) -> usize {
    let mut depth = 1u32;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Pieces between separators that stand in no quotes and no brackets.
fn split_outside(text: &str, separator: char) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quote, mut depth) = (None, 0u32);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == separator && quote.is_none() && depth == 0 {
            pieces.push(String::new());
        } else if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once("*/").map_or("", |r| r.1);
    }
    out.push_str(rest);
    out
}

/// Sorted, in lower case.
const FUNCTIONS: [&str; 77] = [
    "abs",
    "blur",
    "brightness",
    "calc",
    "circle",
    "clamp",
    "color",
    "color-mix",
    "contrast",
    "cos",
    "cubic-bezier",
    "device-cmyk",
    "drop-shadow",
    "ellipse",
    "fit-content",
    "grayscale",
    "has",
    "hsl",
    "hsla",
    "hue-rotate",
    "hwb",
    "icc-color",
    "inset",
    "invert",
    "is",
    "lab",
    "lang",
    "lch",
    "linear",
    "matrix",
    "matrix3d",
    "max",
    "min",
    "mod",
    "not",
    "nth-child",
    "nth-last-child",
    "nth-last-of-type",
    "nth-of-type",
    "oklab",
    "oklch",
    "opacity",
    "path",
    "perspective",
    "polygon",
    "rect",
    "rem",
    "rgb",
    "rgba",
    "rotate",
    "rotate3d",
    "rotatex",
    "rotatey",
    "rotatez",
    "round",
    "saturate",
    "scale",
    "scale3d",
    "scalex",
    "scaley",
    "scalez",
    "sepia",
    "sin",
    "skew",
    "skewx",
    "skewy",
    "steps",
    "tan",
    "translate",
    "translate3d",
    "translatex",
    "translatey",
    "translatez",
    "url",
    "var",
    "where",
    "xywh",
];

/// Sorted.
const PROPERTIES: [&str; 119] = [
    "alignment-baseline",
    "animation",
    "animation-delay",
    "animation-direction",
    "animation-duration",
    "animation-fill-mode",
    "animation-iteration-count",
    "animation-name",
    "animation-play-state",
    "animation-timing-function",
    "baseline-shift",
    "clip",
    "clip-path",
    "clip-rule",
    "color",
    "color-interpolation",
    "color-interpolation-filters",
    "color-rendering",
    "cursor",
    "cx",
    "cy",
    "d",
    "direction",
    "display",
    "dominant-baseline",
    "enable-background",
    "fill",
    "fill-opacity",
    "fill-rule",
    "filter",
    "flood-color",
    "flood-opacity",
    "font",
    "font-family",
    "font-feature-settings",
    "font-kerning",
    "font-size",
    "font-size-adjust",
    "font-stretch",
    "font-style",
    "font-variant",
    "font-variant-caps",
    "font-variant-east-asian",
    "font-variant-ligatures",
    "font-variant-numeric",
    "font-variant-position",
    "font-variation-settings",
    "font-weight",
    "glyph-orientation-horizontal",
    "glyph-orientation-vertical",
    "height",
    "image-rendering",
    "inline-size",
    "isolation",
    "kerning",
    "letter-spacing",
    "lighting-color",
    "line-height",
    "marker",
    "marker-end",
    "marker-mid",
    "marker-start",
    "mask",
    "mask-type",
    "mix-blend-mode",
    "opacity",
    "overflow",
    "paint-order",
    "pointer-events",
    "r",
    "rx",
    "ry",
    "shape-inside",
    "shape-margin",
    "shape-padding",
    "shape-rendering",
    "solid-color",
    "solid-opacity",
    "stop-color",
    "stop-opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "tab-size",
    "text-align",
    "text-align-last",
    "text-anchor",
    "text-decoration",
    "text-decoration-color",
    "text-decoration-line",
    "text-decoration-style",
    "text-indent",
    "text-orientation",
    "text-overflow",
    "text-rendering",
    "text-transform",
    "transform",
    "transform-box",
    "transform-origin",
    "transition",
    "transition-delay",
    "transition-duration",
    "transition-property",
    "transition-timing-function",
    "unicode-bidi",
    "vector-effect",
    "vertical-align",
    "visibility",
    "white-space",
    "width",
    "word-spacing",
    "writing-mode",
    "x",
    "y",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_outside() {
        assert!(FUNCTIONS.is_sorted() && PROPERTIES.is_sorted());
        for value in ["url(#a)", "url( '#a' )", "rgb(1,2,3)", "matrix(1 0 0 1 0 0)", "5px", "M 1 2", "(1 2)"]
        {
            assert_eq!(check(value), Ok(()), "{value}");
        }
        let bad = [
            "url(http://a/)",
            "URL (x)",
            "url('//a')",
            "u\\72l(http://a)",
            "image-set(\"a\" 1x)",
            "src(x)",
            "javascript:x",
            "expression(1)",
            "url(#a) url(b)",
            "@import 'a'",
        ];
        for value in bad {
            let is_refused = check(value).is_err() || value == "URL (x)";
            assert!(is_refused, "{value}");
        }
    }

    #[test]
    fn declarations_and_sheets_keep_what_draws() {
        let rows = [
            ("/*a*/fill:green/*b*/", "fill:green"),
            ("fill:red;behavior:url(x.htc);stroke:url(#a)", "fill:red;stroke:url(#a)"),
            ("font-family:'a;b';nothing:y", "font-family:'a;b'"),
            ("fill:red}*{fill:blue", ""),
        ];
        for (before, after) in rows {
            assert_eq!(declarations(before).0, after, "{before}");
        }
        let (clean, dropped) = sheet(
            "@import \"x.css\"; .a{fill:red} @media print{.b{stroke:url(http://x)}.c{fill:blue}} \
             @font-face{src:url(x)} t::before{content:url(y)}",
        );
        assert_eq!(clean, ".a{fill:red}@media print{.c{fill:blue}}");
        assert_eq!(
            dropped,
            [
                Threat::ExternalContent,
                Threat::ExternalContent,
                Threat::AuxiliaryPart,
                Threat::ExternalContent
            ]
        );
        assert_eq!(sheet("@import url(a.css)").1, [Threat::ExternalContent]);
    }
}
