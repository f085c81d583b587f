//! Writes ZIP archives whose bytes depend on nothing but their content.
//!
//! Owns: one way to pack: deflate, UTF-8 names, no times, no extra fields.
//! Leaves to others: what is in it.

use std::io::{Cursor, Write};

use worker_protocol::Reason;
use zip::write::SimpleFileOptions;

use crate::Refusal;

/// Packs these members in this order, behind one that is stored as it is, so that it can be read at a fixed place.
pub(crate) fn write_after_stored<'a, N: AsRef<str>>(
    first: (&str, &[u8]),
    members: impl IntoIterator<Item = (N, &'a [u8])>,
) -> Result<Vec<u8>, Refusal> {
    let failed = |_| Refusal::held(Reason::VerifyFailed);
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default());
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(first.0, options).map_err(failed)?;
    writer.write_all(first.1).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
    write_members(writer, members)
}

/// Packs these members in this order.
pub(crate) fn write<'a, N: AsRef<str>>(
    members: impl IntoIterator<Item = (N, &'a [u8])>,
) -> Result<Vec<u8>, Refusal> {
    write_members(zip::ZipWriter::new(Cursor::new(Vec::new())), members)
}

fn write_members<'a, N: AsRef<str>>(
    mut writer: zip::ZipWriter<Cursor<Vec<u8>>>,
    members: impl IntoIterator<Item = (N, &'a [u8])>,
) -> Result<Vec<u8>, Refusal> {
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let failed = |_| Refusal::held(Reason::VerifyFailed);
    for (name, bytes) in members {
        writer.start_file(name.as_ref(), options).map_err(failed)?;
        writer.write_all(bytes).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
    }
    Ok(writer.finish().map_err(failed)?.into_inner())
}
