//! Which namespaces and elements are written.
//!
//! Owns: looking up a namespace by its name, in the transitional and the strict spelling, and an element in it.
//! Leaves to others: the lists (one file for each family), what becomes of an element that is judged on its own
//! (`judge`), attributes.

mod chart;
mod drawing;
mod sheet;
mod slide;
mod word;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// One namespace and its elements.
pub(super) struct Namespace {
    uri: &'static str,
    pub(super) space: Space,
    elements: &'static str,
}

/// The families of namespaces that office documents are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Word,
    WordMore,
    Sheet,
    SheetMore,
    SheetDrawing,
    Slide,
    SlideMore,
    Drawing,
    DrawingMore,
    Chart,
    ChartMore,
    Vml,
    Office,
    /// VML's own extensions for Word, Excel and PowerPoint.
    VmlHost,
    Compatibility,
    /// Attributes that name a relation.
    Relation,
    Other,
}

/// What the list says about an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    Plain,
    /// Written or not as `judge` decides.
    Judged,
    No,
}

/// Namespaces of no family, most of them only for attributes.
const MORE: [Namespace; 22] = [
    Namespace {
        uri: "http://schemas.openxmlformats.org/markup-compatibility/2006",
        space: Space::Compatibility,
        elements: "AlternateContent! Choice! Fallback!",
    },
    attributes("http://schemas.openxmlformats.org/officeDocument/2006/relationships", Space::Relation),
    attributes("http://www.w3.org/XML/1998/namespace", Space::Other),
    attributes("http://schemas.microsoft.com/office/spreadsheetml/2015/revision2", Space::Other),
    attributes("http://schemas.microsoft.com/office/spreadsheetml/2016/revision3", Space::Other),
    attributes("http://schemas.microsoft.com/office/spreadsheetml/2016/revision6", Space::Other),
    attributes("http://schemas.microsoft.com/office/spreadsheetml/2016/revision9", Space::Other),
    attributes("http://schemas.microsoft.com/office/spreadsheetml/2016/revision10", Space::Other),
    attributes("http://schemas.microsoft.com/office/word/2020/wordml/sdtdatahash", Space::Other),
    attributes("http://schemas.microsoft.com/office/word/2023/wordml/word16du", Space::Other),
    attributes("http://schemas.microsoft.com/office/mac/office/2008/main", Space::Other),
    attributes("http://schemas.microsoft.com/office/mac/drawingml/2011/main", Space::Other),
    attributes("http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac", Space::Other),
    // Charts that a program must know to show a branch.
    attributes("http://schemas.microsoft.com/office/drawing/2015/9/8/chartex", Space::Other),
    attributes("http://schemas.microsoft.com/office/drawing/2015/10/21/chartex", Space::Other),
    attributes("http://schemas.microsoft.com/office/drawing/2016/5/9/chartex", Space::Other),
    attributes("http://schemas.microsoft.com/office/drawing/2016/5/10/chartex", Space::Other),
    attributes("http://schemas.microsoft.com/office/drawing/2016/5/11/chartex", Space::Other),
    attributes("http://schemas.microsoft.com/office/drawing/2016/5/12/chartex", Space::Other),
    attributes("http://schemas.microsoft.com/office/drawing/2016/5/13/chartex", Space::Other),
    attributes("http://schemas.microsoft.com/office/drawing/2016/5/14/chartex", Space::Other),
    Namespace { uri: "http://schemas.libreoffice.org/", space: Space::Other, elements: "extCalcPr" },
];

const fn attributes(uri: &'static str, space: Space) -> Namespace {
    Namespace { uri, space, elements: "" }
}

type Elements = FxHashMap<&'static str, Listed>;

static NAMES: LazyLock<FxHashMap<&'static str, (Space, Elements)>> = LazyLock::new(|| {
    [&word::WORD[..], &sheet::SHEET, &slide::SLIDE, &drawing::DRAWING, &chart::CHART, &MORE]
        .into_iter()
        .flatten()
        .map(|namespace| {
            let elements =
                namespace.elements.split_ascii_whitespace().map(|name| match name.strip_suffix('!') {
                    Some(name) => (name, Listed::Judged),
                    None => (name, Listed::Plain),
                });
            (namespace.uri, (namespace.space, elements.collect()))
        })
        .collect()
});

/// A namespace that is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) space: Space,
    elements: &'static Elements,
}

impl Known {
    pub(super) fn element(self, local: &str) -> Listed {
        self.elements.get(local).copied().unwrap_or(Listed::No)
    }
}

/// The namespace of this name, if anything of it is written.
pub(super) fn known(uri: &str) -> Option<Known> {
    let uri = uri.trim();
    let found = match NAMES.get(uri) {
        Some(found) => found,
        None => {
            // The strict spelling (ISO/IEC 29500 Part 1) has no year and another host.
            let (family, rest) = uri.strip_prefix("http://purl.oclc.org/ooxml/")?.split_once('/')?;
            let spelling = format!("http://schemas.openxmlformats.org/{family}/2006/{rest}");
            NAMES.get(spelling.as_str())?
        }
    };
    Some(Known { space: found.0, elements: &found.1 })
}

/// Whether VML knows this attribute and it only says how a shape looks.
pub(super) fn is_vml_attribute(local: &str) -> bool {
    static ATTRIBUTES: LazyLock<rustc_hash::FxHashSet<&'static str>> =
        LazyLock::new(|| word::VML_ATTRIBUTES.split_ascii_whitespace().collect());
    ATTRIBUTES.contains(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_listed_plain_judged_or_not_at_all() {
        let word = known("http://schemas.openxmlformats.org/wordprocessingml/2006/main").unwrap();
        let strict = known(" http://purl.oclc.org/ooxml/wordprocessingml/main").unwrap();
        for names in [word, strict] {
            assert_eq!(names.space, Space::Word);
            assert_eq!(names.element("p"), Listed::Plain);
            assert_eq!(names.element("altChunk"), Listed::Judged);
            assert_eq!(names.element("script"), Listed::No);
        }
        for uri in
            ["", "urn:x", "http://schemas.microsoft.com/office/2006/activeX", "http://purl.oclc.org/ooxml/x"]
        {
            assert!(known(uri).is_none(), "{uri}");
        }
        assert!(is_vml_attribute("fillcolor") && !is_vml_attribute("onclick"));
    }
}
