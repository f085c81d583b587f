//! The words of our namespace in OSCAL, and those of OSCAL itself that are read and written here.
//!
//! Owns: one name for each thing, used by the export and the import alike, and making props and parts with them.
//! Leaves to others: what stands in them. The table for strangers is docs/format-oscal.md.

use super::identity::NAMESPACE;
use super::json::{Json, Writer};
use super::markup;

/// Props.
pub(super) mod prop {
    pub(in crate::oscal) const ACT: &str = "act";
    pub(in crate::oscal) const ANNOTATION: &str = "annotation-id";
    pub(in crate::oscal) const ASSURANCE: &str = "assurance";
    pub(in crate::oscal) const CAPABILITY: &str = "capability";
    pub(in crate::oscal) const CHOICE: &str = "choice";
    pub(in crate::oscal) const CLAUSE: &str = "clause-id";
    pub(in crate::oscal) const COUNTERPARTY: &str = "counterparty";
    pub(in crate::oscal) const COVERAGE: &str = "coverage";
    pub(in crate::oscal) const DATE: &str = "date";
    pub(in crate::oscal) const DECIDED: &str = "decided";
    pub(in crate::oscal) const DOCUMENT: &str = "document-id";
    pub(in crate::oscal) const EFFECTIVE_FROM: &str = "effective-from";
    pub(in crate::oscal) const EXCLUDED: &str = "excluded";
    pub(in crate::oscal) const KIND: &str = "kind";
    pub(in crate::oscal) const LAYER: &str = "layer";
    pub(in crate::oscal) const MAKER: &str = "maker-id";
    pub(in crate::oscal) const MAX: &str = "max";
    pub(in crate::oscal) const MECHANISM: &str = "mechanism";
    pub(in crate::oscal) const MIN: &str = "min";
    pub(in crate::oscal) const MODALITY: &str = "modality";
    pub(in crate::oscal) const MUNICIPALITY_CODE: &str = "municipality-code";
    pub(in crate::oscal) const MUNICIPALITY_KANA: &str = "municipality-kana";
    pub(in crate::oscal) const NEEDED: &str = "needed";
    pub(in crate::oscal) const PACK: &str = "pack-id";
    pub(in crate::oscal) const PARAMETER: &str = "parameter";
    pub(in crate::oscal) const POST: &str = "post";
    pub(in crate::oscal) const PUBLIC: &str = "public";
    pub(in crate::oscal) const PUBLICATION: &str = "publication";
    pub(in crate::oscal) const QUOTED: &str = "quoted";
    pub(in crate::oscal) const REVISION: &str = "revision-id";
    pub(in crate::oscal) const ROLE: &str = "role";
    pub(in crate::oscal) const ROLE_ABOVE: &str = "above";
    pub(in crate::oscal) const ROLE_CITY_WIDE: &str = "city-wide";
    pub(in crate::oscal) const ROLE_ID: &str = "role-id";
    pub(in crate::oscal) const ROLE_OUTSIDE: &str = "outside";
    pub(in crate::oscal) const ROLE_SECOND_FACTOR: &str = "second-factor";
    pub(in crate::oscal) const SAME_AS: &str = "same-as";
    pub(in crate::oscal) const SCOPE: &str = "scope-id";
    pub(in crate::oscal) const SOURCE: &str = "source";
    pub(in crate::oscal) const STATEMENT: &str = "statement-id";
    pub(in crate::oscal) const STATUS: &str = "implementation-status";
    pub(in crate::oscal) const SUGGESTED: &str = "suggested";
    pub(in crate::oscal) const TERM: &str = "term-id";
    pub(in crate::oscal) const TITLE: &str = "title";
    pub(in crate::oscal) const TYPE: &str = "type";
    pub(in crate::oscal) const WHOLE: &str = "whole";
}

/// Parts.
pub(super) mod part {
    pub(in crate::oscal) const ANNOTATION: &str = "annotation";
    pub(in crate::oscal) const EVIDENCE: &str = "evidence";
    pub(in crate::oscal) const GIST_EN: &str = "gist-en";
    pub(in crate::oscal) const LEGAL_BASIS: &str = "legal-basis";
    pub(in crate::oscal) const NOTE: &str = "note";
    pub(in crate::oscal) const PARAMETER: &str = "parameter";
    pub(in crate::oscal) const REASON: &str = "reason";
    pub(in crate::oscal) const REVISION: &str = "revision";
    pub(in crate::oscal) const SCOPE: &str = "scope";
    /// OSCAL's own: what a control asks for.
    pub(in crate::oscal) const STATEMENT: &str = "statement";
    pub(in crate::oscal) const TERM: &str = "term";
    pub(in crate::oscal) const TRIGGER: &str = "trigger";
}

/// Classes of groups.
pub(super) mod group {
    /// A document of the body.
    pub(in crate::oscal) const DOCUMENT: &str = "document";
    /// A clause.
    pub(in crate::oscal) const CLAUSE: &str = "clause";
    /// The statements of a clause that has clauses below it as well: OSCAL's groups hold groups or controls, not both.
    pub(in crate::oscal) const STATEMENTS: &str = "statements";
    /// Terms, scope and revisions that belong to no clause and no document.
    pub(in crate::oscal) const CONTEXT: &str = "context";
}

/// A property of ours. `None` when nothing is left of the value.
pub(super) fn own(name: &str, words: &str) -> Option<Json> {
    let value = markup::value(words)?;
    Some(Writer::new().put("name", name).put("ns", NAMESPACE).put("value", value).object())
}

/// A list of properties of ours with one name.
pub(super) fn owns<'w>(
    name: &'w str,
    words: impl IntoIterator<Item = &'w String> + 'w,
) -> impl Iterator<Item = Json> {
    words.into_iter().filter_map(move |word| own(name, word))
}

/// OSCAL's property for what people call the thing.
pub(super) fn label(words: &str) -> Option<Json> {
    let value = markup::value(words)?;
    Some(Writer::new().put("name", "label").put("value", value).object())
}

/// A part of ours with nothing but words.
pub(super) fn words(id: String, name: &str, words: &str) -> Json {
    Writer::new()
        .put("id", id)
        .put("name", name)
        .put("ns", NAMESPACE)
        .put("prose", markup::prose(words))
        .object()
}
