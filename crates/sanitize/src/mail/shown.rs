//! A clean message as a preview shows it.
//!
//! Owns: its envelope, its words and the names of what is attached.
//! Leaves to others: cleaning it (`mod`).

use worker_protocol::Limits;

use crate::bounded::Budget;
use crate::html;
use crate::mime::{Body, Part, field};

/// A clean message as a preview shows it.
pub(crate) struct Shown {
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) words: String,
    pub(crate) attachments: Vec<String>,
}

/// Reads a clean message for a preview.
pub(crate) fn clean_words(clean: &[u8], limits: &Limits) -> Option<Shown> {
    let message = Part::read(clean, &mut Budget::new(*limits)).ok()?;
    let mut shown = Shown { rows: Vec::new(), words: String::new(), attachments: Vec::new() };
    for name in ["From", "To", "Cc", "Date", "Subject"] {
        if let Some(value) = message.field(&name.to_ascii_lowercase()) {
            shown.rows.push(vec![name.to_owned(), field::words(value)]);
        }
    }
    show(&message, &mut shown);
    Some(shown)
}

fn show(part: &Part<'_>, shown: &mut Shown) {
    match &part.body {
        Body::Parts(parts) if part.content_type.value == "multipart/alternative" => {
            parts.iter().take(1).for_each(|part| show(part, shown));
        }
        Body::Parts(parts) => parts.iter().for_each(|part| show(part, shown)),
        Body::Bytes(bytes) => {
            if let Some(name) = part.file_name() {
                shown.attachments.push(name);
            } else if part.content_type.value == "text/html" {
                shown.words.push_str(&html::clean_words(bytes).unwrap_or_default());
            } else {
                shown.words.push_str(&String::from_utf8_lossy(bytes));
                shown.words.push('\n');
            }
        }
    }
}
