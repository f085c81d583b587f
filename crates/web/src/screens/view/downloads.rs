//! Where a list is taken out, for every page that shows one.

/// The addresses of a list as a file, one for each format.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Downloads {
    /// CSV in UTF-8.
    pub csv: String,
    /// CSV in CP932.
    pub cp932: String,
    /// A workbook.
    pub workbook: String,
}
