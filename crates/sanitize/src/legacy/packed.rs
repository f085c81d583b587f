//! What Excel's binary workbook (MS-XLSB) carries, as far as the parts of its package tell.
//!
//! Owns: knowing parts by their names. They are asked for the report only.

use worker_protocol::{Reason, Threat};

use crate::{Refusal, Work, zip_reader};

/// Folders and names of parts, in small letters, and what stands there.
const PARTS: [(&str, Threat); 20] = [
    ("xl/vbaproject", Threat::MacroVba),
    ("xl/macrosheets/", Threat::MacroXlm),
    ("xl/intlmacrosheets/", Threat::MacroXlm),
    ("xl/dialogsheets/", Threat::MacroXlm),
    ("xl/activex/", Threat::ActiveX),
    ("xl/ctrlprops/", Threat::ActiveX),
    ("xl/embeddings/", Threat::EmbeddedObject),
    ("xl/externallinks/", Threat::ExternalContent),
    ("xl/connections", Threat::DataConnection),
    ("xl/querytables/", Threat::DataConnection),
    ("xl/model/", Threat::DataConnection),
    ("xl/customdata/", Threat::DataConnection),
    ("xl/webextensions/", Threat::Extension),
    ("xl/usernames", Threat::HiddenData),
    ("xl/revisions/", Threat::HiddenData),
    ("xl/printersettings/", Threat::AuxiliaryPart),
    ("customui/", Threat::Extension),
    ("customxml/", Threat::Extension),
    ("docprops/", Threat::Metadata),
    ("_xmlsignatures/", Threat::Signature),
];

pub(super) fn read(untrusted: &[u8], work: &mut Work<'_>) -> Result<(), Refusal> {
    let listing = zip_reader::read(untrusted, &work.budget.limits)?;
    work.budget.take_entries(listing.entries.len())?;
    let claimed: u64 = listing.entries.iter().map(zip_reader::Entry::expanded_bytes).sum();
    let packed: u64 = listing.entries.iter().map(zip_reader::Entry::packed_bytes).sum();
    // Another program expands it, so what it claims is held against the bounds before.
    let limits = work.budget.limits;
    if claimed > work.budget.bytes_left()
        || claimed > 10 << 20 && claimed / packed.max(1) > limits.expansion_ratio_max
    {
        return Err(Refusal::blocked(Reason::Bomb));
    }
    if listing.has_foreign_bytes {
        work.findings.add(Threat::HiddenData, "package#outside");
    }
    for entry in &listing.entries {
        let name = String::from_utf8_lossy(&entry.untrusted_name).replace('\\', "/");
        let lower = name.trim_start_matches('/').to_ascii_lowercase();
        if entry.is_folder() || lower.contains("/_rels/") {
            continue;
        }
        if let Some((_, threat)) = PARTS.iter().find(|(part, _)| lower.starts_with(part)) {
            work.findings.add(*threat, &name);
        }
    }
    Ok(())
}
