//! `sekisho policy import` of a catalog in OSCAL.
//!
//! Owns: recognising one, and what is said about it.
//! Leaves to others: reading it (`policy::oscal`), writing the draft (`import_command`).

use std::{fmt::Write as _, io::Read as _, path::Path};

use anyhow::Context as _;
use policy::import::Draft;
use policy::oscal::{INPUT_BYTES_MAX, Imported, LostKind, import_catalog, is_json};
use policy::{Library, Modality, Pack, SourceFile};
use serde_json::json;

use crate::world;

/// Losses that are named one by one; a program reads all of them.
const LOSSES_SHOWN_MAX: usize = 40;

/// The bytes of the file if they look like JSON, up to one more than is read.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn json(file: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let about = || format!("読めません: {}", file.display());
    let from = std::fs::File::open(file).with_context(about)?;
    if from.metadata().with_context(about)?.is_dir() {
        return Ok(None);
    }
    let mut untrusted = Vec::new();
    let mut from = from.take(1_024);
    from.read_to_end(&mut untrusted).with_context(about)?;
    let named = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    if !named && !is_json(&untrusted) {
        return Ok(None);
    }
    let rest = INPUT_BYTES_MAX as u64 + 1;
    let mut from = from.into_inner().take(rest);
    from.read_to_end(&mut untrusted).with_context(about)?;
    Ok(Some(untrusted))
}

/// Reads a catalog and says what it holds; the draft, or why there is none.
///
/// # Errors
/// When nothing can be printed.
pub(crate) fn read(
    untrusted: &[u8],
    files: &[SourceFile],
    others: &[Pack],
    as_json: bool,
) -> anyhow::Result<Result<Draft, String>> {
    let library = Library::new(files);
    let packs: Vec<&Pack> = others.iter().collect();
    let imported = match import_catalog(untrusted, others.first(), &packs, &library) {
        Ok(imported) => imported,
        Err(error) => {
            let (what, instead) = error.words_ja();
            return Ok(Err(format!("{what}\n{instead}")));
        }
    };
    if as_json {
        let losses: Vec<serde_json::Value> = imported
            .losses
            .iter()
            .map(|l| json!({ "kind": kind(l.kind), "what": l.what, "count": l.count, "first": l.first }))
            .collect();
        let report = json!({
            "format": imported.draft.import().format,
            "oscal_version": imported.oscal_version,
            "pack": imported.pack,
            "below": imported.below,
            "losses": losses,
            "import": imported.draft.import(),
        });
        world::say(&serde_json::to_string_pretty(&report)?)?;
    } else {
        world::say(&summary(&imported))?;
    }
    Ok(Ok(imported.draft))
}

/// The word that programs read.
fn kind(kind: LostKind) -> &'static str {
    match kind {
        LostKind::Element => "element",
        LostKind::Property => "property",
        LostKind::Part => "part",
        LostKind::Link => "link",
        LostKind::Reference => "reference",
        LostKind::Word => "word",
        LostKind::Shortened => "shortened",
        LostKind::Kept => "kept",
    }
}

fn summary(imported: &Imported) -> String {
    let import = imported.draft.import();
    let of = |modality: Modality| import.statements.iter().filter(|s| s.modality == modality).count();
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", import.title.as_deref().unwrap_or_default());
    let _ = write!(out, "  OSCAL {} の目録", imported.oscal_version);
    if let Some(pack) = &imported.pack {
        let _ = write!(out, "(方針パック {pack} から書き出したもの)");
    }
    let _ = write!(
        out,
        "\n  条項 {}、遵守事項 {}(義務 {}、努力義務 {}、禁止 {}、許可 {})",
        import.totals.nodes.saturating_sub(1),
        import.totals.statements,
        of(Modality::Must),
        of(Modality::Should),
        of(Modality::MustNot),
        of(Modality::May)
    );
    if imported.below > 0 {
        let _ =
            write!(out, "\n  下の層と同じ遵守事項 {} 件は、そのまま下の層のものを使います", imported.below);
    }
    let _ = write!(out, "\n  近い遵守事項があるもの {} 件", import.totals.matched);
    if !imported.losses.is_empty() {
        let _ = write!(out, "\n\n取り込まなかったもの(目録のほかの内容は、案の注記にあります)");
        for loss in imported.losses.iter().take(LOSSES_SHOWN_MAX) {
            let _ = write!(
                out,
                "\n  {}: {} {}件(初めは {})",
                loss.kind.title_ja(),
                loss.what,
                loss.count,
                loss.first
            );
        }
        if let Some(more) = imported.losses.len().checked_sub(LOSSES_SHOWN_MAX).filter(|more| *more > 0) {
            let _ = write!(out, "\n  ほか {more} 種類(--json ですべて)");
        }
    }
    out
}
