//! The text of clean documents of Word 97 in reading order.
//!
//! Owns: turning their lines into blocks.
//! Leaves to others: reading the document (`legacy`).

use worker_protocol::{Limits, TextBlock};

use super::TextPreview;
use crate::legacy::{ShownLine, read_document};

pub(super) fn words(mut preview: TextPreview, clean: &[u8], limits: &Limits) -> Option<TextPreview> {
    let shown = read_document(clean, limits)?;
    let beside = if preview.is_whole { shown.beside } else { Vec::new() };
    let mut rows = Vec::new();
    for line in shown.text.into_iter().chain(beside) {
        match line {
            ShownLine::Row(row) => rows.push(row),
            ShownLine::Paragraph(text) => {
                if !push_table(&mut preview, &mut rows) || !preview.push(TextBlock::Paragraph { text }) {
                    return Some(preview);
                }
            }
        }
    }
    push_table(&mut preview, &mut rows);
    Some(preview)
}

/// Rows that follow each other are a table. False when there is no more room.
fn push_table(preview: &mut TextPreview, rows: &mut Vec<Vec<String>>) -> bool {
    rows.is_empty() || preview.push(TextBlock::Table { rows: std::mem::take(rows) })
}
