//! The classification mark: where a document of each kind shows it and where a program reads it.
//!
//! Owns: a line in the header of a text or sheet, a box on the master of slides and drawings, two fields of the properties. All carry
//! one name, by which a later pass finds and replaces them.
//! Leaves to others: taking an earlier mark out (`filter`).

use worker_protocol::{Kind, Mark};

use super::MARK;
use crate::xml;

/// The content of a master page with the label in it. `content` is what the filter wrote, under its prefixes.
pub(super) fn master_page(kind: Kind, content: &str, label: &str) -> String {
    let line = format!("<text:p text:style-name=\"{MARK}\">{label}</text:p>");
    if matches!(kind, Kind::Odp | Kind::Odg) {
        let frame = format!(
            "<draw:frame draw:name=\"{MARK}\" draw:layer=\"backgroundobjects\" svg:x=\"0.3cm\" svg:y=\"0.2cm\" svg:width=\"8cm\" svg:height=\"0.9cm\"><draw:text-box>{line}</draw:text-box></draw:frame>"
        );
        let at = content.find("<presentation:notes").unwrap_or(content.len());
        let (before, after) = content.split_at_checked(at).unwrap_or((content, ""));
        return format!("{before}{frame}{after}");
    }
    let mut out = content.to_owned();
    for (tag, is_needed) in [("header", true), ("header-left", false), ("header-first", false)] {
        for prefix in ["style", "loext"] {
            out = in_header(&out, &format!("{prefix}:{tag}"), &line, is_needed && prefix == "style");
        }
    }
    out
}

/// Puts the line first into this header; makes the header when it is needed and missing.
fn in_header(content: &str, tag: &str, line: &str, is_needed: bool) -> String {
    let empty = format!("<{tag}/>");
    let whole = format!("<{tag}>{line}</{tag}>");
    if content.contains(&empty) {
        return content.replacen(&empty, &whole, 1);
    }
    let start = content.match_indices(&format!("<{tag}")).map(|(at, _)| at).find(|at| {
        let next = content.get(at + 1 + tag.len()..).and_then(|rest| rest.chars().next());
        matches!(next, Some('>' | ' ' | '/'))
    });
    let Some(start) = start else {
        return if is_needed { format!("{whole}{content}") } else { content.to_owned() };
    };
    let (before, rest) = content.split_at_checked(start).unwrap_or((content, ""));
    let Some((opening, inside)) = rest.split_once('>') else { return content.to_owned() };
    if opening.contains("style:display=\"false\"") {
        // It was switched off, so what stands in it was not to be seen: the label takes its place.
        let after = inside.split_once(&format!("</{tag}>")).map_or(inside, |(_, after)| after);
        let after = if opening.ends_with('/') { inside } else { after };
        return format!("{before}{whole}{after}");
    }
    // Regions of a sheet's header stand side by side; the right one is the usual place.
    let region = "<style:region-right>";
    if inside.starts_with("<style:region-") {
        let (header, after) = inside.split_once(&format!("</{tag}>")).unwrap_or((inside, ""));
        let header = match header.split_once(region) {
            Some((left, right)) => format!("{left}{region}{line}{right}"),
            None => {
                format!("{}{region}{line}</style:region-right>", header.replace("<style:region-right/>", ""))
            }
        };
        return format!("{before}{opening}>{header}</{tag}>{after}");
    }
    format!("{before}{opening}>{line}{inside}")
}

/// The style of the label.
pub(super) fn style() -> String {
    format!(
        "<style:style style:name=\"{MARK}\" style:family=\"paragraph\"><style:paragraph-properties fo:text-align=\"end\"/><style:text-properties fo:color=\"#c00000\" fo:font-size=\"10pt\" fo:font-weight=\"bold\"/></style:style>"
    )
}

/// The fields of the properties: what a person reads and what a program reads.
pub(super) fn properties(mark: &Mark) -> String {
    let field = |name: &str, value: &str| {
        let mut text = String::new();
        xml::push_text(&mut text, value);
        format!(
            "<meta:user-defined meta:name=\"{name}\" meta:value-type=\"string\">{text}</meta:user-defined>"
        )
    };
    field(MARK, &mark.label) + &field(&format!("{MARK}-levels"), &mark.levels.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_finds_its_place() {
        let line = "<text:p text:style-name=\"SekishoMark\">機密性2</text:p>";
        let rows = [
            ("", format!("<style:header>{line}</style:header>")),
            ("<style:footer/>", format!("<style:header>{line}</style:header><style:footer/>")),
            ("<style:header/>", format!("<style:header>{line}</style:header>")),
            (
                "<style:header><text:p>a</text:p></style:header>",
                format!("<style:header>{line}<text:p>a</text:p></style:header>"),
            ),
            (
                "<style:header style:display=\"false\"><text:p>a</text:p></style:header><x/>",
                format!("<style:header>{line}</style:header><x/>"),
            ),
            (
                "<style:header><style:region-left><text:p/></style:region-left></style:header>",
                format!(
                    "<style:header><style:region-left><text:p/></style:region-left><style:region-right>{line}</style:region-right></style:header>"
                ),
            ),
        ];
        for (content, expected) in rows {
            assert_eq!(master_page(Kind::Ods, content, "機密性2"), expected, "{content}");
        }
    }
}
