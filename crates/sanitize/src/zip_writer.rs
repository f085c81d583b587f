//! Writes ZIP archives whose bytes depend on nothing but their content.
//!
//! Owns: one way to pack: deflate, UTF-8 names, no times, no extra fields.
//! Leaves to others: what is in it.

use std::io::{Cursor, Write};

use worker_protocol::Reason;
use zip::write::SimpleFileOptions;

use crate::Refusal;

/// Packs these members in this order.
pub(crate) fn write<'a, N: AsRef<str>>(
    members: impl IntoIterator<Item = (N, &'a [u8])>,
) -> Result<Vec<u8>, Refusal> {
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let failed = |_| Refusal::held(Reason::VerifyFailed);
    for (name, bytes) in members {
        writer.start_file(name.as_ref(), options).map_err(failed)?;
        writer.write_all(bytes).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
    }
    Ok(writer.finish().map_err(failed)?.into_inner())
}
