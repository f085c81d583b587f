//! The least that any tool does that writes a package anew: unpack every member and pack it again.

use std::io::{Cursor, Read as _, Write as _};

/// The package unpacked and packed, with the library's own settings.
///
/// # Errors
/// As the library has them, when it cannot read the package.
pub(crate) fn repack(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut from = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut content = Vec::new();
    for index in 0..from.len() {
        let mut member = from.by_index(index)?;
        content.clear();
        member.read_to_end(&mut content)?;
        let name = member.name()?.into_owned();
        to.start_file(name, zip::write::SimpleFileOptions::default())?;
        to.write_all(&content)?;
    }
    Ok(to.finish()?.into_inner())
}
