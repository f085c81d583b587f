//! The world of a template: its own text, the fonts, and the given day.
//!
//! Owns: refusing everything else that a template asks for.
//! Leaves to others: where fonts lie (`sekisho-report` is told their bytes).

use std::collections::BTreeSet;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Dict, Duration};
use typst::syntax::{DiagSpan, FileId, Source};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};

/// Fonts that templates print with, in the order in which they stand in for each other.
#[derive(Debug)]
pub struct Fonts {
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

impl Fonts {
    /// Reads fonts from the bytes of their files. A file that is none gives none.
    #[must_use]
    pub fn read(files: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let (mut book, mut fonts) = (FontBook::new(), Vec::new());
        for bytes in files {
            for font in Font::iter(Bytes::new(bytes)) {
                book.push(font.info().clone());
                fonts.push(font);
            }
        }
        Self { book: LazyHash::new(book), fonts }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fonts.is_empty()
    }

    /// The names of the families, in alphabetical order.
    #[must_use]
    pub fn families(&self) -> BTreeSet<String> {
        self.fonts.iter().map(|font| font.info().family.as_str().to_owned()).collect()
    }

    /// Whether any of them has this character.
    pub(crate) fn have(&self, c: char) -> bool {
        self.fonts.iter().any(|font| font.info().coverage.contains(u32::from(c)))
    }
}

/// One template on its desk.
pub(crate) struct Desk<'a> {
    library: LazyHash<Library>,
    template: Source,
    today: Datetime,
    fonts: &'a Fonts,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(template: &str, inputs: Dict, today: Datetime, fonts: &'a Fonts) -> Self {
        let library = Library::builder().with_inputs(inputs).build();
        Self { library: LazyHash::new(library), template: Source::detached(template), today, fonts }
    }

    /// The line of the template at which something stands, from 1; 0 when it stands nowhere.
    pub(crate) fn line(&self, span: DiagSpan) -> u32 {
        let at = self.range(span).and_then(|range| self.template.lines().byte_to_line(range.start));
        at.and_then(|line| u32::try_from(line + 1).ok()).unwrap_or(0)
    }
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() { Ok(self.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        Some(self.today)
    }
}
