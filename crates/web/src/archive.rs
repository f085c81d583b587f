//! A ZIP archive of files that we made ourselves, for taking a bundle home in one piece.
//!
//! Only writes. Nothing from outside is ever opened here: archives that people send are taken apart in the cell.

use std::io::{Cursor, Write as _};

use ledger::bundle::BundleFile;
use zip::{CompressionMethod, ZipWriter, result::ZipResult, write::SimpleFileOptions};

/// Puts the files into one archive, in their order, uncompressed: a bundle is hashes and short JSON.
///
/// # Errors
/// When the archive becomes larger than a ZIP can be.
pub(crate) fn write(files: &[BundleFile]) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        archive.start_file(file.path.as_str(), options)?;
        archive.write_all(&file.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let file = |path: &str, bytes: &[u8]| BundleFile { path: path.to_owned(), bytes: bytes.to_vec() };
        let files = [file("checkpoint", b"one\n"), file("tile/0/000.p/1", &[0; 32]), file("empty", b"")];
        let packed = write(&files).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        assert_eq!(archive.len(), files.len());
        for file in &files {
            let mut bytes = Vec::new();
            archive.by_name(&file.path).unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, file.bytes, "{}", file.path);
        }
    }
}
