//! A body's policy as a profile: which controls of which catalogs, and what it settles of their parameters.
//!
//! Owns: imports, the resources they point at, and set parameters.
//! Leaves to others: the catalogs themselves.
//!
//! A pack on one layer imports the catalog of that layer; one on more layers the profile of the pack below, so that each
//! profile says only what its own pack adds. What a pack says otherwise than the one below is left out there and taken from
//! its own catalog.

use std::collections::BTreeSet;

use super::identity::uuid;
use super::json::{Json, Writer};
use super::markup;
use super::metadata::metadata;
use super::parameters::set_parameter;
use super::selection::{Selection, same_statement};
use super::{Links, Options};
use crate::model::{Pack, Statement};

/// Where the catalog of a whole pack lies in the folder.
pub(super) fn catalog_path(id: &str) -> String {
    format!("catalogs/{id}/catalog.json")
}

/// Where the catalog of what a pack adds lies.
pub(super) fn own_catalog_path(id: &str) -> String {
    format!("catalogs/{id}-own/catalog.json")
}

/// Where the profile lies.
pub(super) fn profile_path(id: &str) -> String {
    format!("profiles/{id}/profile.json")
}

/// Where what a profile of this pack imports lies: of the lowest layer the catalog, of others the profile.
pub(super) fn imported_path(pack: &Pack) -> String {
    if pack.layers().len() > 1 { profile_path(pack.id()) } else { catalog_path(pack.id()) }
}

/// The profile, without its outer object. `below` is the pack that it stands on.
pub(super) fn profile(pack: &Pack, below: Option<&Pack>, options: &Options<'_>) -> Writer {
    let whole = Selection::whole(pack, options.public);
    let mut imports: Vec<Json> = Vec::new();
    let mut resources: Vec<Json> = Vec::new();
    let mut settled: Vec<Json> = Vec::new();
    match below {
        None => {
            let (link, resource) = resource(pack, &catalog_path(pack.id()), pack.title(), options.links);
            imports.push(link.put("include-all", Writer::new().object()).object());
            resources.push(resource);
        }
        Some(below) => {
            let own = Selection::own(pack, below, options.public);
            let added: BTreeSet<&str> = own.statements().map(|s| s.ascii.as_str()).collect();
            let (link, lower) = resource(pack, &imported_path(below), below.title(), options.links);
            let kept: Vec<&Statement> =
                whole.statements().filter(|s| !added.contains(s.ascii.as_str())).collect();
            if let Some(import) = selected(link, &kept, below) {
                imports.push(import);
                resources.push(lower);
            }
            if !added.is_empty() {
                let title = format!("{}(この層が加えるもの)", pack.title());
                let (link, resource) = resource(pack, &own_catalog_path(pack.id()), &title, options.links);
                imports.push(link.put("include-all", Writer::new().object()).object());
                resources.push(resource);
            }
            if imports.is_empty() {
                // Nothing may be shown, and a profile imports something: nothing of what lies below.
                let (link, resource) = resource(pack, &imported_path(below), below.title(), options.links);
                let none = Writer::new().put("include-controls", Json::List(vec![no_control()]));
                imports.push(joined(link, none));
                resources.push(resource);
            }
            settled = own.settled().into_iter().map(|p| set_parameter(&whole, p)).collect();
        }
    }
    let modify = Writer::new().list("set-parameters", settled);
    Writer::new()
        .put("metadata", metadata(&whole, pack.title(), options))
        .list("imports", imports)
        .put("merge", Writer::new().put("as-is", true))
        .maybe("modify", (!modify.is_empty()).then_some(modify))
        .put("back-matter", Writer::new().list("resources", resources))
}

/// Everything of the pack below, or the controls by their ids when some are not taken. `None` when none is.
fn selected(link: Writer, kept: &[&Statement], below: &Pack) -> Option<Json> {
    if kept.is_empty() {
        return None;
    }
    let same = |s: &Statement| below.statement(&s.id).is_some_and(|other| same_statement(s, other));
    if kept.len() == below.statements().len() && kept.iter().all(|s| same(s)) {
        return Some(link.put("include-all", Writer::new().object()).object());
    }
    let ids: Vec<Json> = kept.iter().map(|s| s.ascii.as_str().into()).collect();
    let controls = Writer::new().list("with-ids", ids).object();
    Some(link.list("include-controls", vec![controls]).object())
}

/// A selection that matches nothing.
fn no_control() -> Json {
    let pattern = Writer::new().put("pattern", "no-control-of-this-name");
    Writer::new().list("matching", vec![pattern.object()]).object()
}

fn joined(first: Writer, second: Writer) -> Json {
    match (first.object(), second.object()) {
        (Json::Object(mut first), Json::Object(second)) => {
            first.extend(second);
            Json::Object(first)
        }
        (first, _) => first,
    }
}

/// The beginning of an import, and the resource in the back matter that it points at.
fn resource(pack: &Pack, path: &str, title: &str, links: Links) -> (Writer, Json) {
    let id = uuid(&["resource", pack.id(), path]);
    let rlinks = links
        .to(path)
        .into_iter()
        .map(|href| Writer::new().put("href", href).put("media-type", "application/json").object());
    let resource = Writer::new()
        .put("uuid", id.as_str())
        .put("title", markup::line(title))
        .list("rlinks", rlinks.collect())
        .object();
    (Writer::new().put("href", format!("#{id}")), resource)
}
