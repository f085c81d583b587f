//! The parsers of the sanitiser that are fuzzed, each with a shell that leads straight to it.
//!
//! Owns: the table of targets and how the first byte of an input is read.
//! Leaves to others: the shells and seeds of each family (the modules below), what must hold (`judge`).
//!
//! Two programs read this folder: the fuzz targets, and the test of the sanitiser that runs every kept case again.
//! The first byte of an input chooses: its lowest two bits the mode (rebuild, rebuild, strict, words only), the third
//! whether a mark is written, the next three a variant of the shell. `@` chooses nothing of that. The rest is put into a
//! file that is sound but for this, so that nothing is spent on guessing magic numbers, checksums and packing.

mod any;
mod archives;
mod judge;
mod legacy;
mod mail;
mod old_book;
mod old_document;
mod old_show;
mod packages;
mod pdf;
mod pictures;
mod pieces;
mod plus;
mod texts;

pub(crate) use judge::check;

/// A file as a person would hand it in.
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl File {
    fn new(name: &'static str, bytes: Vec<u8>) -> Self {
        Self { name, bytes }
    }
}

/// A parser with its way in.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Puts the rest of an input into a file, in this variant.
    pub(crate) shell: fn(variant: u8, rest: &[u8]) -> File,
    /// Inputs to begin with. The first is harmless and must be handed over: it proves that the shell fits.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
    /// Words of the format.
    pub(crate) words: &'static [&'static str],
}

/// Every target, those first that are most likely to be aimed at.
pub(crate) const TARGETS: &[Target] = &[
    pdf::OBJECTS,
    pdf::CONTENT,
    pdf::STREAM,
    packages::OOXML,
    packages::ENCRYPTED,
    legacy::LEGACY,
    old_book::OLD_BOOK,
    old_show::OLD_SHOW,
    old_document::OLD_DOCUMENT,
    archives::ZIP,
    archives::SEVEN_ZIP,
    archives::LHA,
    archives::TAR,
    mail::MAIL,
    mail::TNEF,
    mail::CMS,
    mail::OUTLOOK,
    texts::RTF,
    pictures::SVG,
    pictures::EMF,
    pictures::WMF,
    pictures::PNG,
    pictures::JPEG,
    pictures::JPEG_COPIED,
    pictures::GIF,
    pictures::BMP,
    pictures::TIFF,
    pictures::WEBP,
    packages::ODF,
    packages::ODF_FLAT,
    texts::OFFICE_XML,
    texts::HTML,
    texts::MHTML,
    texts::CSS,
    texts::XML,
    texts::JSON,
    texts::VOBJECT,
    texts::TABLE,
    texts::PLAIN,
    any::ANY,
];

/// The target of this name.
pub(crate) fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).expect("a target of this name")
}
