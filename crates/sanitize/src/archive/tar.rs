//! Members of a tar archive.
//!
//! Owns: which of its entries are files, and what follows the last one.
//! Leaves to others: the headers (the `tar` library), which also follows long names of both families.

use std::borrow::Cow;
use std::io::Cursor;

use ::tar::{Archive, EntryType};
use worker_protocol::{Reason, Threat};

use super::{Found, Packing, decode_name, permille};
use crate::{Refusal, Work};

/// Bytes of one block; everything in the archive begins at a multiple of it.
const BLOCK_BYTES: usize = 512;

pub(super) fn each(untrusted: &[u8], packing: &mut Packing, work: &mut Work<'_>) -> Result<(), Refusal> {
    let damaged = |_| Refusal::held(Reason::Damaged);
    let mut archive = Archive::new(Cursor::new(untrusted));
    let mut end = 0;
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        work.budget.take_entries(1)?;
        let start = usize::try_from(entry.raw_file_position()).map_err(|_| Refusal::held(Reason::Damaged))?;
        let packed_bytes = entry.header().entry_size().map_err(damaged)?;
        let expanded_bytes = entry.size();
        let kind = entry.header().entry_type();
        let untrusted_name = decode_name(&entry.path_bytes());
        let is_stored = matches!(kind, EntryType::Regular | EntryType::Continuous);
        // Links, devices and folders have no bytes, whatever their header says.
        let length = match kind {
            EntryType::GNUSparse | EntryType::XGlobalHeader => packed_bytes,
            _ if is_stored => expanded_bytes,
            _ => 0,
        };
        let stored = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
        end = end.max(stored.unwrap_or(usize::MAX));
        let bytes = match kind {
            EntryType::Directory => {
                packing.take_folder(&untrusted_name);
                continue;
            }
            // Times and the like for all that follows; the library heeds what matters of it.
            EntryType::XGlobalHeader => {
                work.findings.add(Threat::Metadata, "tar#pax");
                continue;
            }
            // Old archives mark a folder by its name alone.
            EntryType::Regular if untrusted_name.ends_with('/') && expanded_bytes == 0 => {
                packing.take_folder(&untrusted_name);
                continue;
            }
            _ if is_stored => untrusted
                .get(start..stored.unwrap_or(usize::MAX))
                .map(Cow::Borrowed)
                .ok_or(Refusal::held(Reason::Damaged)),
            // A file with holes: what is not there counts as expanded.
            EntryType::GNUSparse => {
                work.budget.take_all(&mut entry, packed_bytes, expanded_bytes).map(Cow::Owned)
            }
            _ => Err(Refusal::held(Reason::UnknownKind)),
        };
        let permille = permille(start, untrusted.len());
        packing.take(Found { untrusted_name, bytes, permille }, work)?;
    }
    let end = end.checked_next_multiple_of(BLOCK_BYTES).unwrap_or(usize::MAX);
    // Zeros fill the archive up.
    if untrusted.get(end..).unwrap_or_default().iter().any(|byte| *byte != 0) {
        work.findings.add(Threat::HiddenData, "tar#outside");
    }
    Ok(())
}
