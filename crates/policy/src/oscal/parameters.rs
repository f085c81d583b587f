//! Parameters as OSCAL has them.
//!
//! Owns: a parameter of a catalog, and what a profile sets of one.
//! Leaves to others: which ones (`selection`).

use super::json::{Json, Writer};
use super::markup;
use super::names::{own, owns, prop};
use super::selection::Selection;
use crate::model::{Pack, Parameter, ParameterType, ParameterValue};

/// A value as programs read it: numbers in digits, flags as `true` and `false`.
pub(super) fn value(value: &ParameterValue) -> Option<String> {
    match value {
        ParameterValue::Number(number) => Some(number.to_string()),
        ParameterValue::Flag(flag) => Some(flag.to_string()),
        ParameterValue::Text(text) => markup::value(text),
    }
}

/// A parameter of a catalog.
pub(super) fn parameter(selection: &Selection<'_>, p: &Parameter) -> Json {
    body(selection, p, Writer::new().put("id", p.id.as_str()))
}

/// What a profile sets of a parameter that a catalog below declares. Props and constraints come on top there, so that only
/// what is new is said.
pub(super) fn set_parameter(selection: &Selection<'_>, p: &Parameter) -> Json {
    let mut props: Vec<Json> = Vec::new();
    if !selection.public {
        props.extend(p.decided.as_deref().and_then(|d| own(prop::DECIDED, d)));
    }
    Writer::new()
        .put("param-id", p.id.as_str())
        .put("class", p.kind.id())
        .list("props", props)
        .put("label", markup::line(&p.title))
        .maybe("usage", p.note.as_deref().filter(|_| !selection.public).map(markup::prose))
        .list("values", values(p))
        .object()
}

fn values(p: &Parameter) -> Vec<Json> {
    p.value.as_ref().and_then(value).map(Json::Text).into_iter().collect()
}

fn body(selection: &Selection<'_>, p: &Parameter, head: Writer) -> Json {
    let mut props: Vec<Json> = Vec::new();
    props.extend(own(prop::TYPE, p.kind.id()));
    props.extend(p.clause.as_deref().and_then(|clause| own(prop::CLAUSE, clause)));
    props.extend(p.min.and_then(|min| own(prop::MIN, &min.to_string())));
    props.extend(p.max.and_then(|max| own(prop::MAX, &max.to_string())));
    props.extend(owns(prop::CHOICE, &p.choices));
    props.extend(p.suggested.as_ref().and_then(value).and_then(|v| own(prop::SUGGESTED, &v)));
    if !selection.public {
        if p.needed {
            props.extend(own(prop::NEEDED, "true"));
        }
        props.extend(p.decided.as_deref().and_then(|d| own(prop::DECIDED, d)));
        props.extend(own(prop::LAYER, &p.origin.layer));
    }
    let set = values(p);
    // A choice that is not made yet is OSCAL's selection; one that is made is a value. Both at once do not go.
    let choices: Vec<Json> = p.choices.iter().map(|c| Json::Text(markup::line(c))).collect();
    let select = (set.is_empty() && p.kind == ParameterType::Choice && !choices.is_empty())
        .then(|| Writer::new().put("how-many", "one").list("choice", choices).object());
    head.put("class", p.kind.id())
        .list("props", props)
        .put("label", markup::line(&p.title))
        .maybe("usage", p.note.as_deref().filter(|_| !selection.public).map(markup::prose))
        .list("constraints", constraint(p).into_iter().collect())
        .list("guidelines", guidelines(selection.pack, p))
        .list("values", set)
        .maybe("select", select)
        .object()
}

/// The bounds in words.
fn constraint(p: &Parameter) -> Option<Json> {
    let unit = p.kind.title_ja();
    let words = match (p.min, p.max) {
        (Some(min), Some(max)) => format!("{min} 以上 {max} 以下({unit})"),
        (Some(min), None) => format!("{min} 以上({unit})"),
        (None, Some(max)) => format!("{max} 以下({unit})"),
        (None, None) => return None,
    };
    Some(Writer::new().put("description", markup::prose(&words)).object())
}

/// What others use, and what national guidelines recommend.
fn guidelines(pack: &Pack, p: &Parameter) -> Vec<Json> {
    let suggested = p.suggested.as_ref().map(|v| format!("多くの団体の値: {v}"));
    let recommended = pack
        .guidelines()
        .iter()
        .filter(|g| g.parameter == p.id)
        .map(|g| format!("{}({}): {}", g.title, g.wanted_ja(), g.source));
    suggested
        .into_iter()
        .chain(recommended)
        .map(|words| Writer::new().put("prose", markup::prose(&words)).object())
        .collect()
}
