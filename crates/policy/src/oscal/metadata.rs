//! What every export says about itself.
//!
//! Owns: title, version, times with their offset, roles with posts, the body and its makers as parties, what layers it is of,
//! and whether it holds what is not public.
//! Leaves to others: what follows.

use super::identity::uuid;
use super::json::{Json, Writer};
use super::markup;
use super::names::{own, prop};
use super::selection::Selection;
use super::{OSCAL_VERSION, Options};
use crate::model::{Pack, Role};

/// OSCAL's role for who made the text.
const CREATOR: &str = "creator";

/// The UUID of the body.
pub(super) fn body(pack: &Pack) -> Option<String> {
    pack.municipality().map(|m| uuid(&["municipality", &m.code]))
}

/// The UUID of a maker.
pub(super) fn maker(pack: &Pack, id: &str) -> String {
    uuid(&["maker", pack.id(), id])
}

/// The metadata of an export that is about `selection`.
pub(super) fn metadata(selection: &Selection<'_>, title: &str, options: &Options<'_>) -> Json {
    let pack = selection.pack;
    let internal = selection.internal();
    let publication = if selection.public {
        "public"
    } else if internal.is_empty() {
        "unrestricted"
    } else {
        "internal"
    };
    let mut props: Vec<Json> = Vec::new();
    props.extend(own(prop::PACK, pack.id()));
    props.extend(own(prop::PUBLICATION, publication));
    // OSCAL's own word for how a paper may be passed on.
    if publication == "internal" {
        props.push(Writer::new().put("name", "marking").put("value", publication).object());
    }
    if selection.whole && !selection.public {
        props.extend(own(prop::WHOLE, "true"));
    }
    props.extend(pack.effective_from().and_then(|date| own(prop::EFFECTIVE_FROM, date)));
    for layer in pack.layers() {
        let remarks = format!("{} {}", layer.title, layer.version);
        props.push(
            Writer::new()
                .put("name", prop::LAYER)
                .put("ns", super::identity::NAMESPACE)
                .put("value", layer.id.as_str())
                .put("remarks", markup::prose(&remarks))
                .object(),
        );
    }
    if let Some(m) = pack.municipality() {
        props.extend(own(prop::MUNICIPALITY_CODE, &m.code));
        props.extend(m.kana.as_deref().and_then(|kana| own(prop::MUNICIPALITY_KANA, kana)));
    }
    let remarks = match publication {
        "internal" => Some(format!(
            "公開していない文書の内容を含みます: {}。外に出すときは公開用に書き出してください。",
            internal.join("、")
        )),
        "public" => {
            let left_out = selection.left_out();
            (left_out.statements > 0)
                .then(|| format!("公開していない文書の遵守事項 {} 件は含みません。", left_out.statements))
        }
        _ => None,
    };
    let mut roles: Vec<Json> = selection.roles().into_iter().map(|r| role(selection, r)).collect();
    let creator = body(pack);
    if creator.is_some() && !pack.roles().iter().any(|r| r.id == CREATOR) {
        roles.push(Writer::new().put("id", CREATOR).put("title", "文書を定めた団体").object());
    }
    let responsible = creator.iter().map(|body| {
        Writer::new()
            .put("role-id", CREATOR)
            .put("party-uuids", Json::List(vec![body.as_str().into()]))
            .object()
    });
    Writer::new()
        .put("title", markup::line(title))
        .maybe("published", pack.effective_from().map(|date| format!("{date}T00:00:00+09:00")))
        .put("last-modified", options.last_modified)
        .put("version", markup::value(pack.version()).unwrap_or_else(|| "0".to_owned()))
        .put("oscal-version", OSCAL_VERSION)
        .list("props", props)
        .list("roles", roles)
        .list("parties", parties(selection))
        .list("responsible-parties", responsible.collect())
        .maybe("remarks", remarks.map(|r| markup::prose(&r)))
        .object()
}

fn role(selection: &Selection<'_>, role: &Role) -> Json {
    let mut props: Vec<Json> = Vec::new();
    props.extend(own(prop::ROLE_ID, &role.id));
    for (name, said) in [
        (prop::ROLE_CITY_WIDE, role.city_wide),
        (prop::ROLE_SECOND_FACTOR, role.second_factor),
        (prop::ROLE_OUTSIDE, role.outside),
    ] {
        if said && !selection.public {
            props.extend(own(name, "true"));
        }
    }
    if !selection.public {
        props.extend(role.above.as_deref().and_then(|above| own(prop::ROLE_ABOVE, above)));
        let posts = selection.pack.posts().iter().filter(|p| p.roles.contains(&role.id));
        props.extend(posts.filter_map(|p| {
            let value = markup::value(&p.title)?;
            let place = p.section.as_ref().or(p.department.as_ref());
            Some(
                Writer::new()
                    .put("name", prop::POST)
                    .put("ns", super::identity::NAMESPACE)
                    .put("value", value)
                    .put("class", p.scope.id())
                    // Two posts of one title in different places are two.
                    .put("group", p.id.as_str())
                    .maybe("remarks", place.map(|place| markup::prose(place)))
                    .object(),
            )
        }));
    }
    Writer::new()
        .put("id", role.id.as_str())
        .put("title", markup::line(&role.title))
        .maybe("description", role.note.as_deref().map(markup::prose))
        .list("props", props)
        .object()
}

fn parties(selection: &Selection<'_>) -> Vec<Json> {
    let pack = selection.pack;
    let body = pack.municipality().zip(body(pack)).and_then(|(m, id)| {
        let name = markup::value(&m.name)?;
        Some(Writer::new().put("uuid", id).put("type", "organization").put("name", name).object())
    });
    let makers = selection.makers().into_iter().filter_map(|m| {
        let name = markup::value(&m.title)?;
        Some(
            Writer::new()
                .put("uuid", maker(pack, &m.id))
                .put("type", "organization")
                .put("name", name)
                .list("props", own(prop::MAKER, &m.id).into_iter().collect())
                .maybe("remarks", m.note.as_deref().filter(|_| !selection.public).map(markup::prose))
                .object(),
        )
    });
    body.into_iter().chain(makers).collect()
}
