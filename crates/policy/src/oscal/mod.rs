//! Packs in OSCAL, NIST's language for catalogs of controls: export and import (docs/format-oscal.md).
//!
//! Owns: the models that are written, for whom, and where the files of a folder lie; reading a catalog as a draft pack
//! ([`import_catalog`]).
//! Leaves to others: files, the clock (the time of an export is given), and who may export what.
//!
//! The road out: `selection` (which part of a pack) → `metadata`, `parameters`, `catalog`, `profile`, `component` → `json`.
//! The road in: `json` → `read` → [`crate::import::Draft`].

mod catalog;
mod component;
mod identity;
mod json;
mod markup;
mod metadata;
mod names;
mod parameters;
mod profile;
mod read;
mod selection;

pub use json::{INPUT_BYTES_MAX, JsonError, VALUES_MAX};
pub use read::{Imported, Loss, LostKind, OscalError, import_catalog, is_json};
pub use selection::LeftOut;

use crate::model::Pack;
use json::{Json, Writer};
use profile::{catalog_path, own_catalog_path, profile_path};
use selection::Selection;

/// The version of OSCAL that is written.
pub const OSCAL_VERSION: &str = "1.2.1";

/// A model of OSCAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Model {
    /// The text of a pack: documents, clauses, statements, parameters.
    Catalog,
    /// What a pack takes from the layers below and settles of them.
    Profile,
    /// The software's mechanisms and which statements they serve.
    Component,
}

impl Model {
    /// Every model with the word for it.
    pub const WORDS: &'static [(&'static str, Model)] =
        &[("catalog", Model::Catalog), ("profile", Model::Profile), ("component", Model::Component)];

    /// The word that commands and addresses use.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Model::Catalog => "catalog",
            Model::Profile => "profile",
            Model::Component => "component",
        }
    }

    /// The model with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(word, _)| *word == id).map(|(_, model)| *model)
    }

    /// OSCAL's own name, the key of the outer object.
    fn key(self) -> &'static str {
        match self {
            Model::Catalog => "catalog",
            Model::Profile => "profile",
            Model::Component => "component-definition",
        }
    }
}

/// How files point at each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// From where a file lies, as OSCAL has it.
    #[default]
    Relative,
    /// For the workspace of compliance-trestle, whose own links come first and the others behind them.
    Workspace,
}

impl Links {
    /// The addresses of a file of the folder, seen from another one of it.
    fn to(self, path: &str) -> Vec<String> {
        let relative = format!("../../{path}");
        match self {
            Links::Relative => vec![relative],
            Links::Workspace => vec![format!("trestle://{path}"), relative],
        }
    }
}

/// How an export is made.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// For everybody: only what stands in public documents, and of that only what they say.
    pub public: bool,
    /// When it is made, with its offset: `2026-04-01T09:00:00+09:00`.
    pub last_modified: &'a str,
    /// The version of the software.
    pub software: &'a str,
    /// How files point at each other.
    pub links: Links,
}

/// Why there is no export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The model tells how the house keeps its policy.
    #[error("this model is not for the public")]
    NotForPublic,
    /// The time is no day and time with an offset.
    #[error("the time is not written as 2026-04-01T09:00:00+09:00")]
    Time,
    /// A profile of a pack that stands on another one needs that one.
    #[error("the pack below is missing")]
    BelowMissing,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Where it lies below the folder, such as `catalogs/base/catalog.json`.
    pub path: String,
    /// The JSON.
    pub text: String,
    /// What is not in it because it is not public.
    pub left_out: LeftOut,
    /// Titles of the documents in it that are not public.
    pub internal: Vec<String>,
}

/// Writes one model of a pack. `below` is the pack that it stands on, if it stands on one; only a profile asks for it.
///
/// # Errors
/// When the time is none, the model is not for whom it is asked for, or the pack below is needed and missing.
pub fn export(
    pack: &Pack,
    below: Option<&Pack>,
    model: Model,
    options: &Options<'_>,
) -> Result<Export, ExportError> {
    if !is_time(options.last_modified) {
        return Err(ExportError::Time);
    }
    let whole = Selection::whole(pack, options.public);
    Ok(match model {
        Model::Catalog => {
            file(model, catalog_path(pack.id()), catalog::catalog(&whole, options), &whole, options)
        }
        Model::Profile => {
            if pack.layers().len() > 1 && below.is_none() {
                return Err(ExportError::BelowMissing);
            }
            let profile = profile::profile(pack, below, options);
            file(model, profile_path(pack.id()), profile, &whole, options)
        }
        Model::Component if options.public => return Err(ExportError::NotForPublic),
        Model::Component => {
            let path = format!("component-definitions/{}/component-definition.json", pack.id());
            file(model, path, component::component_definition(pack, options), &whole, options)
        }
    })
}

/// Writes everything that a reader needs to resolve the profile of a pack: catalogs and profiles of all layers, the lowest
/// first in `chain` and the pack itself last, and the component definition unless it is for the public.
///
/// # Errors
/// As [`export`]; an empty chain has nothing to write and gives no files.
pub fn export_folder(chain: &[&Pack], options: &Options<'_>) -> Result<Vec<Export>, ExportError> {
    let mut files = Vec::new();
    let mut below: Option<&Pack> = None;
    for (number, pack) in chain.iter().enumerate() {
        let last = number + 1 == chain.len();
        if number == 0 || last {
            files.push(export(pack, below, Model::Catalog, options)?);
        }
        if let Some(below) = below {
            let own = Selection::own(pack, below, options.public);
            if own.statements().next().is_some() {
                let path = own_catalog_path(pack.id());
                files.push(file(Model::Catalog, path, catalog::catalog(&own, options), &own, options));
            }
        }
        if number > 0 || last {
            files.push(export(pack, below, Model::Profile, options)?);
        }
        below = Some(pack);
    }
    if let Some(pack) = chain.last().filter(|_| !options.public) {
        files.push(export(pack, None, Model::Component, options)?);
    }
    Ok(files)
}

/// The file around a model: its UUID follows from what it says, without the time at which it says so.
fn file(
    model: Model,
    path: String,
    body: Writer,
    selection: &Selection<'_>,
    options: &Options<'_>,
) -> Export {
    let mut body = body.object();
    if let Some(namespace) = selection.pack.oscal_namespace() {
        identity::rename(&mut body, identity::NAMESPACE, namespace);
    }
    let said = body.to_text().replacen(options.last_modified, "", 1);
    let uuid = identity::uuid(&["file", model.key(), selection.pack.id(), &said]);
    let mut entries = vec![("uuid".to_owned(), Json::Text(uuid))];
    if let Json::Object(body) = body {
        entries.extend(body);
    }
    let text = Writer::new().put(model.key(), Json::Object(entries)).object().to_text();
    Export {
        path,
        text,
        left_out: selection.left_out(),
        internal: selection.internal().into_iter().map(str::to_owned).collect(),
    }
}

/// Whether it is a day of the calendar, `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    text.len() == 10 && is_time(&format!("{text}T00:00:00+09:00"))
}

/// Whether it is a day, a time and an offset as OSCAL wants them.
fn is_time(text: &str) -> bool {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten()
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if !text.is_ascii() || !marks.iter().all(|(at, mark)| text.as_bytes().get(*at) == Some(mark)) {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    let (Some(hour), Some(minute), Some(second)) = (number(11, 13), number(14, 16), number(17, 19)) else {
        return false;
    };
    let sound =
        (1900..=2999).contains(&year) && (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60;
    let rest = text.get(19..).unwrap_or("");
    let fraction = rest.strip_prefix('.').map_or(Some(rest), |digits| {
        let behind = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        (behind.len() < digits.len()).then_some(behind)
    });
    sound && matches!(fraction, Some("Z" | "+09:00" | "+00:00" | "-00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_an_offset() {
        for (text, wanted) in [
            ("2026-04-01T09:00:00+09:00", true),
            ("2024-02-29T23:59:59.123+09:00", true),
            ("2026-04-01T00:00:00Z", true),
            ("2026-04-01T09:00:00", false),
            ("2026-02-29T09:00:00+09:00", false),
            ("2026-13-01T09:00:00+09:00", false),
            ("2026-04-01 09:00:00+09:00", false),
            ("2026-04-01T24:00:00+09:00", false),
            ("2026-04-01T09:00:00.+09:00", false),
            ("令和8年4月1日", false),
            ("", false),
        ] {
            assert_eq!(is_time(text), wanted, "{text}");
        }
    }

    #[test]
    fn models_have_one_word_each() {
        for (word, model) in Model::WORDS {
            assert_eq!(model.id(), *word);
            assert_eq!(Model::from_id(word), Some(*model));
        }
        assert_eq!(Model::from_id("ssp"), None);
    }
}
