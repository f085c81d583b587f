//! A catalog of OSCAL as a draft pack.
//!
//! Owns: the door for bytes nobody vouches for, what is refused, and what is told about what found no place.
//! Leaves to others: JSON (`json`), groups and controls (`tree`, `control`), the rest of a pack (`papers`), reviewing and
//! writing the draft (`import`).
//!
//! A catalog that this software wrote comes back as it was; of another one the groups and controls become clauses, what a
//! control states becomes statements, and everything else is kept as a remark or named in the list of losses.

mod context;
mod control;
mod object;
mod papers;
mod parameters;
mod toml_item;
mod tree;

pub use object::{Loss, LostKind};

use super::identity::{NAMESPACE, namespace_of, rename};
use super::json::{self, Json, JsonError};
use super::names::prop;
use crate::import::structured::{Source, draft};
use crate::import::{Draft, ImportError};
use crate::library::Library;
use crate::model::Pack;
use context::Context;
use object::{Object, Props};

/// Names of OSCAL's other models, to say what a file is instead.
const OTHER_MODELS: [&str; 7] = [
    "profile",
    "component-definition",
    "system-security-plan",
    "assessment-plan",
    "assessment-results",
    "plan-of-action-and-milestones",
    "mapping-collection",
];

/// Why a file is not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OscalError {
    /// Not JSON, or more of it than is read.
    #[error("the file cannot be read")]
    Json(#[from] JsonError),
    /// JSON, but not of OSCAL.
    #[error("the file is no catalog of OSCAL")]
    NotOscal,
    /// A model that is no catalog.
    #[error("the file is a {0} of OSCAL, not a catalog")]
    OtherModel(String),
    /// Of a version that is not read.
    #[error("the file is of OSCAL {0:?}; 1.x is read")]
    Version(String),
    /// Something that every catalog has is missing, or is not what it should be.
    #[error("{place}: {what}")]
    Broken {
        /// As a JSON pointer.
        place: String,
        /// What is wanted.
        what: String,
    },
    /// Two things with one id, so that nobody can tell which is meant.
    #[error("the id {id:?} comes twice, the second time at {place}")]
    DuplicateId {
        /// The id.
        id: String,
        /// As a JSON pointer.
        place: String,
    },
    /// Neither a group nor a control.
    #[error("the catalog is empty")]
    Empty,
    /// More of it than a draft holds.
    #[error("the catalog is too large")]
    TooLarge(#[source] ImportError),
}

impl OscalError {
    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn words_ja(&self) -> (String, &'static str) {
        const WHOLE: &str = "書き出した側で、OSCAL の JSON として正しいかを確かめてください。";
        match self {
            OscalError::Json(JsonError::TooLarge) => (
                format!("大きすぎます(上限 {} MiB)。", json::INPUT_BYTES_MAX >> 20),
                "分野ごとの目録に分けて、一つずつ取り込んでください。",
            ),
            OscalError::Json(JsonError::TooMany) | OscalError::TooLarge(_) => {
                ("条や項目が多すぎます。".to_owned(), "分野ごとの目録に分けて、一つずつ取り込んでください。")
            }
            OscalError::Json(JsonError::TooDeep { line }) => {
                (format!("入れ子が深すぎます({line}行目)。"), WHOLE)
            }
            OscalError::Json(JsonError::Unsound { line, column, why }) => {
                (format!("JSON として読めません({line}行目{column}文字目: {why})。"), WHOLE)
            }
            OscalError::NotOscal => (
                "OSCAL の目録(catalog)ではありません。".to_owned(),
                "規程の本文なら、テキスト・Word・PDF のまま指定してください。",
            ),
            OscalError::OtherModel(model) => (
                format!("OSCAL の {model} です。取り込めるのは目録(catalog)だけです。"),
                "元になった目録か、解決済みの目録(resolved catalog)を指定してください。",
            ),
            OscalError::Version(version) => (
                format!("OSCAL の版「{version}」は読めません。"),
                "版 1 の目録(1.0 から)を指定してください。",
            ),
            OscalError::Broken { place, what } => (format!("目録の形が違います({place}: {what})。"), WHOLE),
            OscalError::DuplicateId { id, place } => {
                (format!("同じ id「{id}」が2度出てきます(2度目は {place})。"), WHOLE)
            }
            OscalError::Empty => {
                ("目録に何も入っていません。".to_owned(), "別のファイルではないかを確かめてください。")
            }
        }
    }
}

/// What an import gives.
#[derive(Debug)]
pub struct Imported {
    /// The draft, to be reviewed and written like that of a text.
    pub draft: Draft,
    /// The version of OSCAL that it was in.
    pub oscal_version: String,
    /// The id of the pack that this software wrote it from.
    pub pack: Option<String>,
    /// Statements that the layer below has just so; they stay there.
    pub below: usize,
    /// What found no place.
    pub losses: Vec<Loss>,
}

/// Whether bytes look like JSON, so that they are a catalog or nothing.
#[must_use]
pub fn is_json(untrusted: &[u8]) -> bool {
    let bytes = untrusted.strip_prefix(b"\xef\xbb\xbf").unwrap_or(untrusted);
    bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
}

/// Reads a catalog. What `below` has just so is left there, what it has otherwise becomes an override. Statements are
/// compared with those of `packs`; what they point at must be in `library`, where its folder is.
///
/// # Errors
/// When it is no sound catalog of OSCAL 1.x, or too large.
pub fn import_catalog(
    untrusted: &[u8],
    below: Option<&Pack>,
    packs: &[&Pack],
    library: &Library<'_>,
) -> Result<Imported, OscalError> {
    let mut json = json::read(untrusted)?;
    // A catalog of ours under a body's own namespace is read like any other of ours.
    if let Some(theirs) = namespace_of(&json).filter(|theirs| theirs != NAMESPACE) {
        rename(&mut json, &theirs, NAMESPACE);
    }
    let json = json;
    let Json::Object(entries) = &json else { return Err(OscalError::NotOscal) };
    let root = Object::of(&json, String::new())?;
    let Some(catalog) = root.object("catalog")? else {
        let model = entries.iter().map(|(key, _)| key.as_str()).find(|key| OTHER_MODELS.contains(key));
        return Err(model.map_or(OscalError::NotOscal, |m| OscalError::OtherModel(m.to_owned())));
    };
    root.pass(&["$schema"]);
    let metadata = catalog.object("metadata")?.ok_or_else(|| OscalError::Broken {
        place: "/catalog/metadata".to_owned(),
        what: "it is missing".to_owned(),
    })?;
    let oscal_version = metadata.must("oscal-version")?.to_owned();
    if !oscal_version.starts_with("1.") {
        return Err(OscalError::Version(oscal_version.chars().take(40).collect()));
    }
    let losses = object::Losses::default();
    root.finish(&losses);
    let props = Props::of(&metadata, &losses)?;
    let mut context =
        Context::new(&catalog, below, library, &losses, props.one(prop::PUBLICATION) == Some("public"))?;
    let pack = props.one(prop::PACK).map(str::to_owned);
    let head = papers::metadata(&metadata, &props, &mut context)?;
    let mut source = Source { head, ..Source::default() };
    parameters::read(&catalog, &mut context)?;
    let branches = tree::read(&catalog, &mut context)?;
    if branches.read == 0 {
        return Err(OscalError::Empty);
    }
    let whole = props.one(prop::WHOLE) == Some("true");
    let layers: Vec<&str> = props.all(prop::LAYER).map(|layer| layer.value).collect();
    let of_below = below.is_some_and(|b| layers.contains(&b.id()));
    if let Some(below) = below.filter(|_| whole && of_below) {
        context.remove_missing(below);
    }
    props.finish(&losses);
    catalog.pass(&["uuid"]);
    catalog.finish(&losses);
    source.branches = branches.branches;
    source.items = context.items;
    let below = context.same_below;
    let draft = draft(source, packs).map_err(OscalError::TooLarge)?;
    Ok(Imported { draft, oscal_version, pack, below, losses: losses.list() })
}
