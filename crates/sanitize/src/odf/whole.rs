//! One document put together from its parts, and taken apart again.
//!
//! Owns: which section belongs into which part, and in which order.
//! Leaves to others: the sections' content (`filter`).

use worker_protocol::Kind;

use super::filter::Sections;
use super::{media_type, names};
use crate::zip_reader::Packed;

/// Whether programs look for this section in this part of a package.
pub(super) fn belongs(part: &str, section: &str) -> bool {
    matches!(
        (part, section),
        ("content.xml" | "styles.xml", "automatic-styles" | "font-face-decls")
            | ("content.xml", "body")
            | ("styles.xml", "styles" | "master-styles")
    )
}

/// All sections of one document, whatever parts they came in.
#[derive(Default)]
pub(super) struct Whole<'a> {
    pub(super) version: String,
    pub(super) body: String,
    pub(super) content: Vec<(String, String)>,
    pub(super) styles: Vec<(String, String)>,
    pub(super) meta: String,
    pub(super) settings: String,
    /// The parts of these names as they were packed, where they said exactly what is written.
    pub(super) packed_content: Option<Packed<'a>>,
    pub(super) packed_styles: Option<Packed<'a>>,
}

impl Whole<'_> {
    pub(super) fn take(&mut self, part: &str, sections: Sections) {
        if !sections.body.is_empty() && (part == "content.xml" || part.is_empty()) {
            self.body = sections.body;
            self.version = sections.version;
        }
        for (local, text) in sections.sections {
            match (part, local.as_str()) {
                ("content.xml", "math") => self.content.push((local, text)),
                ("", "automatic-styles" | "font-face-decls") => {
                    self.content.push((local.clone(), text.clone()));
                    self.styles.push((local, text));
                }
                ("content.xml", "automatic-styles" | "font-face-decls") | ("content.xml" | "", "body") => {
                    self.content.push((local, text));
                }
                ("styles.xml", "automatic-styles" | "font-face-decls")
                | ("styles.xml" | "", "styles" | "master-styles") => self.styles.push((local, text)),
                ("meta.xml" | "", "meta") => self.meta = text,
                ("settings.xml" | "", "settings") => self.settings = text,
                ("", "math") => self.content.push((local, text)),
                // A section in a part where no program looks for it.
                _ => {}
            }
        }
    }

    pub(super) fn body(&self) -> Option<Kind> {
        match self.body.as_str() {
            "text" => Some(Kind::Odt),
            "spreadsheet" => Some(Kind::Ods),
            "presentation" => Some(Kind::Odp),
            "drawing" => Some(Kind::Odg),
            _ => None,
        }
    }

    pub(super) fn media_type(&self) -> &'static str {
        match self.body.as_str() {
            "chart" => "application/vnd.oasis.opendocument.chart",
            "math" => "application/vnd.oasis.opendocument.formula",
            "image" => "application/vnd.oasis.opendocument.image",
            _ => self.body().map_or("", media_type),
        }
    }

    fn part(&self, root: &str, sections: &[(String, String)]) -> String {
        // Schemas ask for this order.
        const ORDER: [&str; 5] = ["font-face-decls", "styles", "automatic-styles", "master-styles", "body"];
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:{root}{} office:version=\"{}\">",
            names::declarations(|_| true),
            self.version
        );
        for wanted in ORDER {
            sections.iter().filter(|(local, _)| local == wanted).for_each(|(_, text)| out.push_str(text));
        }
        out + &format!("</office:{root}>")
    }

    pub(super) fn content(&self) -> String {
        match self.content.iter().find(|(local, _)| local == "math") {
            Some((_, text)) => {
                let declared = names::declarations(|prefix| prefix == "math");
                let text = text.replacen("<math:math", &format!("<math:math{declared}"), 1);
                format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}")
            }
            None => self.part("document-content", &self.content),
        }
    }

    pub(super) fn styles(&self) -> String {
        self.part("document-styles", &self.styles)
    }
}
