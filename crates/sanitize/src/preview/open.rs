//! The text of clean OpenDocument and RTF files in reading order.
//!
//! Owns: turning the words that `odf` and `rtf` read into blocks, each within its bound.
//! Leaves to others: finding the words (`odf`, `rtf`).

use worker_protocol::{Kind, Limits, TextBlock};

use super::TextPreview;
use crate::bounded::Budget;
use crate::odf::{self, Block};
use crate::{rtf, xml, zip_reader};

/// Rows of one table that are shown.
const ROWS_MAX: usize = 200;

/// Columns of one row that are shown.
const COLUMNS_MAX: usize = 50;

pub(super) fn document(kind: Kind, clean: &[u8], limits: &Limits) -> Option<TextPreview> {
    let listing = zip_reader::read(clean, limits).ok()?;
    let entry = listing.entries.iter().find(|entry| entry.untrusted_name == b"content.xml")?;
    let content = xml::decode(&entry.expand(clean, &mut Budget::new(*limits)).ok()?).ok()?;
    let mut preview = TextPreview::default();
    let mut is_cut = false;
    odf::blocks(&content, kind, &mut |block| {
        let block = match block {
            Block::Heading(text) => TextBlock::Heading { text },
            Block::Paragraph(text) => TextBlock::Paragraph { text },
            Block::Table(mut rows) => {
                is_cut |= rows.len() > ROWS_MAX || rows.iter().any(|row| row.len() > COLUMNS_MAX);
                rows.truncate(ROWS_MAX);
                rows.iter_mut().for_each(|row| row.truncate(COLUMNS_MAX));
                TextBlock::Table { rows }
            }
        };
        preview.push(block)
    });
    preview.truncated |= is_cut;
    Some(preview)
}

pub(super) fn rich_text(clean: &[u8]) -> TextPreview {
    let mut preview = TextPreview::default();
    for text in rtf::paragraphs(clean) {
        if !preview.push(TextBlock::Paragraph { text }) {
            break;
        }
    }
    preview
}
