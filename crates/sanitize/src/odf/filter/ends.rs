//! What is decided when an element ends.
//!
//! Owns: taking back what turned out to have to go, pictures and documents that stood in the text, sections.
//! Leaves to others: rebuilding them (`Walk`).

use worker_protocol::Threat;

use super::super::{MISSING, address_of, mark, rules};
use super::{Open, Pass, Role, Sections};
use crate::{Refusal, xml};

impl<'t> Pass<'t, '_, '_, '_, '_> {
    /// Ends an element. `read_bytes` of the part said so; an element without content says it in its start tag.
    pub(super) fn end(&mut self, read_bytes: usize) -> Result<(), Refusal> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        self.close_scopes(open.scopes_before);
        if open.prefix == "text" && matches!(open.local, "p" | "h") {
            self.paragraphs = self.paragraphs.saturating_sub(1);
        }
        match open.role {
            Role::Table => self.tables = self.tables.saturating_sub(1),
            Role::Row if self.tables == 1 => self.row += open.repeated,
            Role::Cell if self.tables == 1 => self.column += open.repeated,
            Role::Document => {
                self.end_document(open.out_start)?;
                if self.documents.is_empty() {
                    self.out.nothing(read_bytes);
                }
                return Ok(());
            }
            _ => {}
        }
        if !open.is_written {
            return Ok(());
        }
        match open.role {
            Role::BinaryData => return self.end_binary(&open),
            Role::Setting => {
                let value = xml::unescape_own(self.out.text().get(open.content_start..).unwrap_or_default());
                if !rules::is_kept_setting(&open.setting.0, &open.setting.1, &value) {
                    open.drop_at_end = true;
                    if !value.is_empty() {
                        self.report(Threat::AuxiliaryPart);
                    }
                }
            }
            Role::Image
                if !open.is_filled && !self.open.last().is_some_and(|outer| outer.role == Role::Frame) =>
            {
                open.drop_at_end = true;
            }
            Role::Image if !open.is_filled => {
                let at = open.content_start - 1;
                self.insert_link(at, MISSING);
            }
            Role::Object if !open.is_filled => open.drop_at_end = true,
            Role::Background if !open.is_filled && open.local == "fill-image" => open.drop_at_end = true,
            Role::Frame => self.end_frame(&open)?,
            Role::MasterPage => self.mark_master_page(&open),
            _ => {}
        }
        if open.drop_at_end {
            self.out.edit().truncate(open.out_start);
            return Ok(());
        }
        if self.is_empty_content(&open) {
            self.out.close_empty();
            self.out.nothing(read_bytes);
        } else {
            for piece in ["</", open.prefix, ":", open.local] {
                self.out.same(piece, 0);
            }
            self.out.same(">", read_bytes);
        }
        let is_alternative = matches!(
            (open.prefix, open.local),
            ("draw", "text-box") | ("table", "table") | ("draw", "object") | ("draw", "image")
        );
        let end = self.out.len();
        if let Some(frame) = self.open.last_mut().filter(|frame| frame.role == Role::Frame && is_alternative)
        {
            if open.role == Role::Image && !open.is_filled {
                frame.failed.push((open.out_start, end));
            } else {
                frame.has_alternative = true;
            }
        }
        let depth = self.open.len();
        if let Some(document) = self.documents.last_mut().filter(|document| document.depth == depth) {
            document.sections.push((open.local.to_owned(), open.out_start, end));
        }
        if self.open.last().is_some_and(|root| root.role == Role::Document && root.local == "math") {
            // The root of a formula is its only section, and ends with it.
            return self.end(0);
        }
        Ok(())
    }

    /// Whether nothing was written since the start tag.
    pub(super) fn is_empty_content(&self, open: &Open<'t>) -> bool {
        let written = self.out.text().get(open.out_start..).unwrap_or_default();
        // The start tag is the only one that ends here: values hold no such sign.
        written.find('>') == Some(written.len().saturating_sub(1))
    }

    /// Puts an address into the start tag that ends at `at`.
    pub(super) fn insert_link(&mut self, at: usize, target: &str) {
        let link = format!(
            " xlink:href=\"{}\" xlink:type=\"simple\" xlink:show=\"embed\" xlink:actuate=\"onLoad\"",
            xml::escape_attribute(target)
        );
        let out = self.out.edit();
        let tail = out.split_off(at);
        // What the tag said of a link before is said again here.
        let head = out.rfind('<').unwrap_or(at);
        let tag = out.split_off(head);
        let tag = [" xlink:type=\"simple\"", " xlink:show=\"embed\"", " xlink:actuate=\"onLoad\""]
            .iter()
            .fold(tag, |tag, said| tag.replacen(said, "", 1));
        out.push_str(&tag);
        out.push_str(&link);
        out.push_str(&tail);
    }

    /// A picture that stands in the text as base64 becomes a member of the package.
    pub(super) fn end_binary(&mut self, open: &Open<'t>) -> Result<(), Refusal> {
        let encoded = self.out.text().get(open.content_start..).unwrap_or_default().to_owned();
        self.out.edit().truncate(open.out_start);
        let base = self.documents.last().map(|document| document.base.clone()).unwrap_or_default();
        let Some(parent) = self.open.last() else { return Ok(()) };
        if !matches!(parent.role, Role::Image | Role::Background) || parent.is_filled {
            self.report(Threat::EmbeddedObject);
            return Ok(());
        }
        let at = parent.content_start;
        let spot = self.spot();
        if let Some(target) = self.walk.binary_picture(&base, &encoded, &self.part, spot)? {
            self.fill_parent(at, &target);
        }
        Ok(())
    }

    /// Gives the element whose content starts at `at` the address of what stood in it.
    pub(super) fn fill_parent(&mut self, at: usize, target: &str) {
        let before = self.out.len();
        self.insert_link(at - 1, target);
        let grown = self.out.len() - before;
        if let Some(parent) = self.open.last_mut() {
            parent.is_filled = true;
            parent.content_start += grown;
        }
    }

    /// Of the alternatives in a frame those that failed go; if all failed, one keeps the place.
    pub(super) fn end_frame(&mut self, open: &Open<'t>) -> Result<(), Refusal> {
        let keep = usize::from(!open.has_alternative);
        for (start, end) in open.failed.iter().skip(keep).rev() {
            self.out.edit().replace_range(*start..*end, "");
        }
        if !open.has_alternative && !open.failed.is_empty() {
            let base = self.documents.last().map(|document| document.base.clone()).unwrap_or_default();
            self.walk.add_missing(&base)?;
        }
        Ok(())
    }

    /// The label of a mark, where each page of this kind of document shows it.
    pub(super) fn mark_master_page(&mut self, open: &Open<'t>) {
        let Some(mark) = self.walk.work.job.mark.as_ref() else { return };
        if self.documents.len() != 1 || self.walk.depth > 0 {
            return;
        }
        let label = xml::escape_attribute(&mark.label);
        let out = self.out.edit();
        let content = out.split_off(open.content_start);
        out.push_str(&mark::master_page(self.walk.kind, &content, &label));
    }

    pub(super) fn end_document(&mut self, out_start: usize) -> Result<(), Refusal> {
        let Some(document) = self.documents.pop() else { return Ok(()) };
        let written = self.out.text();
        let text_of = |start, end| written.get(start..end).unwrap_or_default().to_owned();
        let sections = document.sections.into_iter().map(|(local, start, end)| (local, text_of(start, end)));
        let result = Sections {
            root: document.root,
            version: document.version,
            body: document.body,
            sections: sections.collect(),
            ..Sections::default()
        };
        if self.documents.is_empty() {
            self.result = Some(result);
            return Ok(());
        }
        self.out.edit().truncate(out_start);
        self.walk.add_document(&document.base, result)?;
        let base = self.documents.last().map(|outer| outer.base.as_str()).unwrap_or_default();
        let folder = address_of(base, &document.base);
        if let Some(at) =
            self.open.last().filter(|open| open.role == Role::Object).map(|open| open.content_start)
        {
            self.fill_parent(at, &folder);
        }
        Ok(())
    }
}
