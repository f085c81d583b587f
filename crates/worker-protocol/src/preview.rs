//! What an approver sees of the result, as it crosses the pipe.
//!
//! Owns: its two shapes. Leaves to others: making it (`sanitize`), and showing it (`web`).

use serde::{Deserialize, Serialize};

/// What the approver sees of the result. Built from the clean bytes inside the cell, never from the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "as")]
pub enum Preview {
    /// Pages as PNG; the bytes travel as separate frames in this order.
    Pages {
        /// Number of PNG frames that follow.
        shown: u32,
        /// Pages of the document.
        total: u32,
    },
    /// Running text.
    Text {
        /// At most 200 KiB; blocks in reading order.
        blocks: Vec<TextBlock>,
        /// Whether text beyond the bound was left out.
        truncated: bool,
    },
}

/// A piece of a text preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "block")]
pub enum TextBlock {
    /// Title of a sheet, slide or member.
    Heading {
        /// Its words.
        text: String,
    },
    /// One paragraph.
    Paragraph {
        /// Its words.
        text: String,
    },
    /// Rows of cells, as displayed.
    Table {
        /// Row by row.
        rows: Vec<Vec<String>>,
    },
}
