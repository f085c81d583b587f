//! The text of clean presentations of PowerPoint 97 in reading order.
//!
//! Owns: turning their slides into blocks.
//! Leaves to others: reading the presentation (`legacy`).

use worker_protocol::TextBlock;

use super::TextPreview;
use crate::legacy::read_show;

pub(super) fn slides(mut preview: TextPreview, clean: &[u8]) -> Option<TextPreview> {
    for (index, slide) in read_show(clean)?.into_iter().enumerate() {
        if !preview.push(TextBlock::Heading { text: format!("スライド {}", index + 1) }) {
            break;
        }
        let notes = if preview.is_whole { slide.notes } else { Vec::new() };
        for text in slide.words.into_iter().chain(notes) {
            if !preview.push(TextBlock::Paragraph { text }) {
                return Some(preview);
            }
        }
    }
    Some(preview)
}
