//! The one file in a gzip file, or the members of the tar archive in it.
//!
//! Owns: what the file inside is called.
//! Leaves to others: expanding (`bounded`), tar (`tar`).
//!
//! A single file comes out in a ZIP, too: what came in as a container leaves as one, under one rule for all kinds.

use std::borrow::Cow;

use worker_protocol::{Kind, Threat};

use super::{Found, Packing, decode_name, tar};
use crate::detect::{self, extension_of};
use crate::{Refusal, Work};

pub(super) fn each(
    untrusted: &[u8],
    untrusted_name: &str,
    packing: &mut Packing,
    work: &mut Work<'_>,
) -> Result<(), Refusal> {
    let inside = work.budget.gunzip(untrusted)?;
    if inside.has_foreign_bytes {
        work.findings.add(Threat::HiddenData, "gzip#outside");
    }
    let name = inner_name(untrusted_name, inside.untrusted_name.as_deref());
    let is_tar = matches!(detect::detect(&inside.bytes, &name, &work.budget.limits), Ok(Kind::Tar));
    if is_tar && work.job.policy.modes.contains_key(&Kind::Tar) {
        return tar::each(&inside.bytes, packing, work);
    }
    work.budget.take_entries(1)?;
    let bytes = Ok(Cow::Borrowed(inside.bytes.as_slice()));
    packing.take(Found { untrusted_name: name, bytes, permille: 1000 }, work)
}

/// The name without what the packing added. The one in the header counts only where that leaves no extension: a reader
/// sees the outer one and must not be surprised by another.
fn inner_name(untrusted_name: &str, in_header: Option<&[u8]>) -> String {
    let (stem, ending) = untrusted_name.rsplit_once('.').unwrap_or((untrusted_name, ""));
    let stem = match ending.to_ascii_lowercase().as_str() {
        "tgz" => format!("{stem}.tar"),
        "gz" => stem.to_owned(),
        _ => untrusted_name.to_owned(),
    };
    match in_header {
        Some(name) if extension_of(&stem).is_none() && !name.is_empty() => decode_name(name),
        _ => stem,
    }
}
