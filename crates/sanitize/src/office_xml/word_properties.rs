//! Properties of paragraphs, runs, cells and styles of Word 2003, as the current format writes them.
//!
//! Owns: the lists of properties that are known, in the order that the schema wants.
//! Leaves to others: where they stand (`word`).

use super::tree::{Element, Space};
use super::word::{HEAD, NAMESPACES};
use crate::xml::escape_attribute;

/// The part with the styles.
pub(super) fn styles(root: &Element) -> String {
    let mut out = format!("{HEAD}<w:styles {NAMESPACES}>");
    let list = root.first(Space::Word, "styles");
    for style in
        list.into_iter().flat_map(Element::elements).filter(|e| e.space == Space::Word && e.local == "style")
    {
        let (kind, Some(id)) = (style.attribute("type"), style.attribute("styleId")) else { continue };
        let kind = match kind {
            Some(kind @ ("paragraph" | "character")) => kind,
            _ => continue,
        };
        let default = if style.attribute("default") == Some("on") { " w:default=\"1\"" } else { "" };
        let name = style.first(Space::Word, "name").and_then(|n| n.attribute("val")).unwrap_or(id);
        out.push_str(&format!(
            "<w:style w:type=\"{kind}\"{default} w:styleId=\"{}\"><w:name w:val=\"{}\"/>",
            escape_attribute(id),
            escape_attribute(name)
        ));
        if let Some(base) = style.first(Space::Word, "basedOn").and_then(|base| base.attribute("val")) {
            out.push_str(&format!("<w:basedOn w:val=\"{}\"/>", escape_attribute(base)));
        }
        if kind == "paragraph"
            && let Some(properties) = style.first(Space::Word, "pPr")
        {
            out.push_str(&format!("<w:pPr>{}</w:pPr>", paragraph_properties(properties)));
        }
        if let Some(properties) = style.first(Space::Word, "rPr") {
            out.push_str(&format!("<w:rPr>{}</w:rPr>", run_properties(properties)));
        }
        out.push_str("</w:style>");
    }
    out.push_str("</w:styles>");
    out
}

/// Properties of a paragraph in the order that the schema wants.
pub(super) fn paragraph_properties(properties: &Element) -> String {
    let mut out = String::new();
    let value = |name: &str| properties.first(Space::Word, name).and_then(|e| e.attribute("val"));
    if let Some(style) = value("pStyle") {
        out.push_str(&format!("<w:pStyle w:val=\"{}\"/>", escape_attribute(style)));
    }
    for name in ["keepNext", "keepLines", "pageBreakBefore"] {
        out.push_str(&toggle(properties, name, name));
    }
    if let Some(spacing) = properties.first(Space::Word, "spacing") {
        let numbers = [("before", "before"), ("after", "after"), ("line", "line")];
        let mut written = numbers_of(spacing, &numbers);
        if let Some(rule @ ("auto" | "exact" | "at-least")) = spacing.attribute("line-rule") {
            written
                .push_str(&format!(" w:lineRule=\"{}\"", if rule == "at-least" { "atLeast" } else { rule }));
        }
        out.push_str(&format!("<w:spacing{written}/>"));
    }
    if let Some(indent) = properties.first(Space::Word, "ind") {
        let numbers =
            [("left", "left"), ("right", "right"), ("first-line", "firstLine"), ("hanging", "hanging")];
        out.push_str(&format!("<w:ind{}/>", numbers_of(indent, &numbers)));
    }
    if let Some(side @ ("left" | "center" | "right" | "both" | "distribute")) = value("jc") {
        out.push_str(&format!("<w:jc w:val=\"{side}\"/>"));
    }
    if let Some(level) = value("outlineLvl").and_then(whole).filter(|level| (0..=9).contains(level)) {
        out.push_str(&format!("<w:outlineLvl w:val=\"{level}\"/>"));
    }
    out
}

/// Properties of a run in the order that the schema wants.
pub(super) fn run_properties(properties: &Element) -> String {
    let mut out = String::new();
    let value = |name: &str| properties.first(Space::Word, name).and_then(|e| e.attribute("val"));
    if let Some(style) = value("rStyle") {
        out.push_str(&format!("<w:rStyle w:val=\"{}\"/>", escape_attribute(style)));
    }
    if let Some(fonts) = properties.first(Space::Word, "rFonts") {
        out.push_str("<w:rFonts");
        for (old, new) in [("ascii", "ascii"), ("fareast", "eastAsia"), ("h-ansi", "hAnsi"), ("cs", "cs")] {
            if let Some(font) = fonts.attribute(old).filter(|font| font.chars().count() <= 60) {
                out.push_str(&format!(" w:{new}=\"{}\"", escape_attribute(font)));
            }
        }
        out.push_str("/>");
    }
    for (old, new) in [
        ("b", "b"),
        ("i", "i"),
        ("caps", "caps"),
        ("smallCaps", "smallCaps"),
        ("strike", "strike"),
        ("vanish", "vanish"),
    ] {
        out.push_str(&toggle(properties, old, new));
    }
    if let Some(color) =
        value("color").filter(|c| *c == "auto" || (c.len() == 6 && c.bytes().all(|b| b.is_ascii_hexdigit())))
    {
        out.push_str(&format!("<w:color w:val=\"{color}\"/>"));
    }
    for (old, new) in [("sz", "sz"), ("sz-cs", "szCs")] {
        if let Some(size) = value(old).and_then(whole).filter(|size| (2..=3_000).contains(size)) {
            out.push_str(&format!("<w:{new} w:val=\"{size}\"/>"));
        }
    }
    if let Some(line) = value("u").filter(|line| line.bytes().all(|b| b.is_ascii_lowercase())) {
        out.push_str(&format!("<w:u w:val=\"{}\"/>", if line == "none" { "none" } else { "single" }));
    }
    if let Some(position @ ("superscript" | "subscript")) = value("vertAlign") {
        out.push_str(&format!("<w:vertAlign w:val=\"{position}\"/>"));
    }
    out
}

pub(super) fn cell_properties(properties: &Element) -> String {
    let mut out = String::from("<w:tcPr>");
    if let Some(width) = properties.first(Space::Word, "tcW") {
        let kind = width
            .attribute("type")
            .filter(|kind| ["dxa", "pct", "auto", "nil"].contains(kind))
            .unwrap_or("dxa");
        let value = width.attribute("w").and_then(whole).unwrap_or(0);
        out.push_str(&format!("<w:tcW w:w=\"{value}\" w:type=\"{kind}\"/>"));
    }
    let span = properties.first(Space::Word, "gridSpan").and_then(|e| e.attribute("val")).and_then(whole);
    if let Some(span) = span.filter(|span| (1..=63).contains(span)) {
        out.push_str(&format!("<w:gridSpan w:val=\"{span}\"/>"));
    }
    if let Some(merge) = properties.first(Space::Word, "vmerge") {
        let begins = merge.attribute("val") == Some("restart");
        out.push_str(if begins { "<w:vMerge w:val=\"restart\"/>" } else { "<w:vMerge/>" });
    }
    let fill = properties.first(Space::Word, "shd").and_then(|e| e.attribute("fill"));
    if let Some(fill) = fill.filter(|fill| fill.len() == 6 && fill.bytes().all(|b| b.is_ascii_hexdigit())) {
        out.push_str(&format!("<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"{fill}\"/>"));
    }
    out.push_str("</w:tcPr>");
    out
}

fn toggle(properties: &Element, old: &str, new: &str) -> String {
    match properties.first(Space::Word, old) {
        Some(element) if matches!(element.attribute("val"), Some("off" | "0" | "false")) => {
            format!("<w:{new} w:val=\"0\"/>")
        }
        Some(_) => format!("<w:{new}/>"),
        None => String::new(),
    }
}

fn numbers_of(element: &Element, names: &[(&str, &str)]) -> String {
    let written = names
        .iter()
        .filter_map(|(old, new)| Some(format!(" w:{new}=\"{}\"", whole(element.attribute(old)?)?)));
    written.collect()
}

pub(super) fn whole(value: &str) -> Option<i64> {
    value.trim().parse().ok().filter(|number| (-100_000..=100_000).contains(number))
}
