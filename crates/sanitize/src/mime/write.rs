//! Writing a message from its tree.

use super::field;
use crate::transfer;

/// A piece of a message that is to be written.
pub(crate) enum Entity {
    /// Words, `plain` or `html`.
    Text { subtype: &'static str, text: String },
    /// A file. Shown inside the message when it has an identifier that the words refer to.
    File { name: String, media_type: String, bytes: Vec<u8>, content_id: Option<String> },
    /// A message that is attached.
    Message { name: String, bytes: Vec<u8> },
    /// Several pieces: `mixed`, `alternative` or `related`.
    Parts { subtype: &'static str, parts: Vec<Entity> },
}

/// The longest line of a header that is written where it can be broken.
const LINE_BYTES: usize = 76;

/// A whole message. `depth` makes the boundaries of a message in a message differ from those around it.
pub(crate) fn write(fields: &[(String, String)], root: &Entity, depth: u32) -> Vec<u8> {
    let mut out = String::new();
    for (name, value) in fields {
        push_field(&mut out, name, value);
    }
    out.push_str("MIME-Version: 1.0\r\n");
    let mut writer = Writer { depth, number: 0, out: out.into_bytes() };
    writer.entity(root);
    writer.out
}

/// Breaks a field where it has blanks.
fn push_field(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push(':');
    let mut width = name.len() + 1;
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        if width + 1 + word.len() > LINE_BYTES && width > name.len() + 1 {
            out.push_str("\r\n");
            width = 0;
        }
        out.push(' ');
        out.push_str(word);
        width += 1 + word.len();
    }
    out.push_str("\r\n");
}

struct Writer {
    depth: u32,
    number: u32,
    out: Vec<u8>,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn entity(&mut self, entity: &Entity) {
        match entity {
            Entity::Text { subtype, text } => self.words(subtype, text),
            Entity::File { name, media_type, bytes, content_id } => {
                let disposition = if content_id.is_some() { "inline" } else { "attachment" };
                self.push(&format!("Content-Type: {media_type};\r\n name=\"{}\"\r\n", quotable(name)));
                self.push("Content-Transfer-Encoding: base64\r\n");
                self.push(&format!(
                    "Content-Disposition: {disposition};\r\n {}\r\n",
                    field::parameter("filename", name)
                ));
                if let Some(id) = content_id {
                    self.push(&format!("Content-ID: <{id}>\r\n"));
                }
                self.push("\r\n");
                self.push(&transfer::base64_lines(bytes));
            }
            Entity::Message { name, bytes } => {
                self.push("Content-Type: message/rfc822\r\n");
                self.push(&format!(
                    "Content-Disposition: attachment;\r\n {}\r\n\r\n",
                    field::parameter("filename", name)
                ));
                self.out.extend_from_slice(bytes);
                self.push("\r\n");
            }
            Entity::Parts { subtype, parts } => {
                // An equals sign before a line that is no digit stands in no encoding that is written here.
                let boundary = format!("=_{}_{}", self.depth, self.number);
                self.number += 1;
                self.push(&format!("Content-Type: multipart/{subtype};\r\n boundary=\"{boundary}\"\r\n\r\n"));
                for part in parts {
                    self.push(&format!("--{boundary}\r\n"));
                    self.entity(part);
                    self.push("\r\n");
                }
                self.push(&format!("--{boundary}--\r\n"));
            }
        }
    }

    fn words(&mut self, subtype: &str, text: &str) {
        self.push(&format!("Content-Type: text/{subtype}; charset=UTF-8\r\n"));
        let wide = text.chars().filter(|c| !c.is_ascii()).count();
        if wide * 6 > text.chars().count() {
            self.push("Content-Transfer-Encoding: base64\r\n\r\n");
            let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
            self.push(&transfer::base64_lines(lines.as_bytes()));
        } else {
            self.push("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
            self.push(&transfer::quoted_printable(text));
            self.push("\r\n");
        }
    }
}

/// A name as older programs want it: encoded words inside quotes.
fn quotable(name: &str) -> String {
    field::encoded(&name.replace(['"', '\\'], "_"))
}
