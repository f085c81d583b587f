//! What is written of a part, and whether it says all that the part said and nothing else.
//!
//! Owns: the bookkeeping by which a part may be copied as it was packed. Every byte of the part has to be accounted for:
//! either it was written as it stood, or it is known to say nothing. What is left out, for whatever reason, is not
//! accounted for, and what is put in counts as an edit; so nobody can forget to say that something went.
//! Leaves to others: what is written (`mod`), copying (`super::super::package`).

#[derive(Debug, Default)]
pub(super) struct Output {
    text: String,
    accounted_bytes: usize,
    is_edited: bool,
}

impl Output {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Writes what says the same as so many bytes of the part.
    pub(super) fn same(&mut self, written: &str, read_bytes: usize) {
        self.text.push_str(written);
        self.accounted_bytes += read_bytes;
    }

    /// So many bytes of the part say nothing to a reader, and are not written.
    pub(super) fn nothing(&mut self, read_bytes: usize) {
        self.accounted_bytes += read_bytes;
    }

    /// The text, for writing into it what the part did not say, or for taking something back.
    pub(super) fn edit(&mut self) -> &mut String {
        self.is_edited = true;
        &mut self.text
    }

    /// Closes the start tag that was written last as an element without content.
    pub(super) fn close_empty(&mut self) {
        self.text.pop();
        self.text.push_str("/>");
    }

    /// Whether a part of so many bytes says exactly what was written.
    pub(super) fn is_same(&self, part_bytes: usize) -> bool {
        !self.is_edited && self.accounted_bytes == part_bytes
    }
}
