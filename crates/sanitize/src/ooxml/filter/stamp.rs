//! Where in a part the mark is put.
//!
//! Owns: the places. Leaves to others: the words and the markup (`mark`).

use super::super::mark::{self, Stamp};
use super::super::names::Space;
use super::super::objects::Insert;
use super::{Open, Pass, prefix_of};

impl<'t> Pass<'t, '_> {
    /// What the mark puts before this element, if anything.
    pub(super) fn stamp_before(&mut self, local: &str) -> Option<String> {
        let Some(Stamp::Sheet { header }) = self.context.stamp else { return None };
        if self.stamped || self.open.len() != 1 || !mark::follows_header(local) {
            return None;
        }
        self.stamped = true;
        let prefix = self.open.first().map_or("", |root| prefix_of(root.name));
        Some(mark::header_footer(prefix, header))
    }

    /// The drawing that a sheet gets, before the first element that stands behind it.
    pub(super) fn insert_before(&mut self, local: &str) -> Option<String> {
        let Some(Insert::Drawing { id }) = self.context.insert else { return None };
        if self.inserted || self.open.len() != 1 || !mark::follows_drawing(local) {
            return None;
        }
        self.inserted = true;
        let prefix = self.open.first().map_or("", |root| prefix_of(root.name));
        Some(mark::drawing_reference(prefix, id))
    }

    /// What is added at the end of the part.
    pub(super) fn insert_at_end(&mut self, open: &Open<'t>) {
        if !self.open.is_empty() || self.inserted {
            return;
        }
        match self.context.insert {
            Some(Insert::Anchors(anchors)) => self.out.push_str(anchors),
            Some(Insert::Drawing { id }) => {
                self.out.push_str(&mark::drawing_reference(prefix_of(open.name), id))
            }
            None => return,
        }
        self.changed = true;
    }

    /// What the mark puts into an element that ends.
    pub(super) fn stamp_at_end(&mut self, open: &mut Open<'t>) {
        let Some(stamp) = self.context.stamp else { return };
        if open.drop_at_end || !open.is_written {
            return;
        }
        let prefix = prefix_of(open.name);
        match (stamp, open.space, open.local) {
            (Stamp::Document { header_id }, Space::Word, "sectPr") if !self.is_inside("sectPrChange") => {
                self.sections += 1;
                if self.sections == 1 {
                    let content = self.out.get(open.content_start..).unwrap_or_default();
                    let insert = mark::header_references(prefix, content, header_id);
                    self.changed |= !insert.is_empty();
                    self.out.insert_str(open.content_start, &insert);
                }
            }
            (Stamp::Document { header_id }, Space::Word, "body") if self.sections == 0 => {
                self.changed = true;
                self.out.push_str(&format!(
                    "<{prefix}sectPr>{}</{prefix}sectPr>",
                    mark::header_references(prefix, "", header_id)
                ));
            }
            (Stamp::Header { label }, Space::Word, "hdr") => {
                self.changed = true;
                self.out.push_str(&mark::paragraph(prefix, label));
            }
            (Stamp::Sheet { header }, Space::Sheet, "headerFooter") if self.open.len() == 1 => {
                self.stamped = true;
                let content = self.out.get(open.content_start..).unwrap_or_default();
                let tag = self.out.get(open.out_start..open.content_start).unwrap_or_default();
                let written = mark::with_header(prefix, tag, content, header);
                if written != content {
                    self.changed = true;
                    self.out.truncate(open.content_start);
                    self.out.push_str(&written);
                }
            }
            (Stamp::Sheet { header }, Space::Sheet, _) if self.open.is_empty() && !self.stamped => {
                self.changed = true;
                self.out.push_str(&mark::header_footer(prefix, header));
            }
            (Stamp::Slide { label, width }, Space::Slide, "spTree") => {
                self.changed = true;
                let at = self.tree_end.unwrap_or(self.out.len()).min(self.out.len());
                self.out.insert_str(at, &mark::shape(prefix, label, self.shape_id_max + 1, *width));
            }
            _ => {}
        }
    }
}
