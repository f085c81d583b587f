//! What the software has for a pack's statements, as a component definition.
//!
//! Owns: a component for each mechanism that some statement names, and what it implements of which controls.
//! Leaves to others: whether a mechanism works today (`app`).

use std::collections::BTreeMap;

use super::Options;
use super::identity::{NAMESPACE, uuid};
use super::json::{Json, Writer};
use super::markup;
use super::metadata::metadata;
use super::names::{own, prop};
use super::profile::profile_path;
use super::selection::Selection;
use crate::model::{Mechanism, Pack, Statement};

/// The words of OSCAL for what is there and what is not yet.
fn status(mechanism: Mechanism) -> &'static str {
    if mechanism.ships() { "implemented" } else { "planned" }
}

/// The component definition, without its outer object.
pub(super) fn component_definition(pack: &Pack, options: &Options<'_>) -> Writer {
    let whole = Selection::whole(pack, false);
    let mut used: BTreeMap<Mechanism, Vec<&Statement>> = BTreeMap::new();
    for statement in pack.statements() {
        for mechanism in &statement.mechanisms {
            used.entry(*mechanism).or_default().push(statement);
        }
    }
    let title = format!("Sekisho: {}に応える仕組み", pack.title());
    let components =
        used.iter().map(|(mechanism, statements)| component(pack, *mechanism, statements, options));
    Writer::new().put("metadata", metadata(&whole, &title, options)).list("components", components.collect())
}

fn component(pack: &Pack, mechanism: Mechanism, statements: &[&Statement], options: &Options<'_>) -> Json {
    let id = mechanism.id();
    let state = if mechanism.ships() {
        "この版にある仕組み"
    } else {
        "予定している仕組み。この版には、まだない"
    };
    let mut props: Vec<Json> = Vec::new();
    props.extend(own(prop::MECHANISM, id));
    props.extend(own(prop::STATUS, status(mechanism)));
    if let Some(version) = markup::value(options.software) {
        props.push(Writer::new().put("name", "software-version").put("value", version).object());
    }
    let requirements = statements.iter().map(|s| requirement(pack, mechanism, s));
    let source = options.links.to(&profile_path(pack.id())).into_iter().next().unwrap_or_default();
    let implementation = Writer::new()
        .put("uuid", uuid(&["control-implementation", pack.id(), id]))
        .put("source", source)
        .put(
            "description",
            markup::prose(&format!("{}の遵守事項のうち、この仕組みが応えるもの", pack.title())),
        )
        .list("implemented-requirements", requirements.collect())
        .object();
    Writer::new()
        .put("uuid", uuid(&["component", id]))
        .put("type", "software")
        .put("title", markup::line(mechanism.title_ja()))
        .put("description", markup::prose(&format!("{}({state})", mechanism.title_ja())))
        .list("props", props)
        .list("control-implementations", vec![implementation])
        .object()
}

fn requirement(pack: &Pack, mechanism: Mechanism, s: &Statement) -> Json {
    let mut props: Vec<Json> = Vec::new();
    props.push(
        Writer::new().put("name", prop::STATUS).put("ns", NAMESPACE).put("value", status(mechanism)).object(),
    );
    // What all its mechanisms together make of it.
    props.extend(own(prop::COVERAGE, s.coverage().id()));
    props.extend(own(prop::STATEMENT, &s.id));
    let mut seen = std::collections::BTreeSet::new();
    let roles = s.roles.iter().filter(|r| seen.insert(r.as_str()));
    Writer::new()
        .put("uuid", uuid(&["implemented-requirement", pack.id(), mechanism.id(), &s.id]))
        .put("control-id", s.ascii.as_str())
        .put("description", markup::prose(&s.gist_ja))
        .list("props", props)
        .list("responsible-roles", roles.map(|r| Writer::new().put("role-id", r.as_str()).object()).collect())
        .object()
}
