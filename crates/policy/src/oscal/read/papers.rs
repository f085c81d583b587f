//! What stands around the text: metadata with roles and makers, documents, revisions, terms, scope, remarks.
//!
//! Owns: which element or part each is, and how it becomes an item of the pack.
//! Leaves to others: groups and controls (`tree`).

use std::collections::{BTreeMap, BTreeSet};

use super::OscalError;
use super::context::{Context, is_plain_id, nowhere};
use super::object::{LostKind, Object, Props};
use super::toml_item::Item;
use crate::import::structured::{GivenHead, Stand};
use crate::layers::check_digit;
use crate::model::{Annotation, Document, DocumentKind, Maker, Revision, Role, ScopeItem, ScopeKind, Term};
use crate::oscal::is_date;
use crate::oscal::names::{part, prop};
use crate::oscal::selection::{
    same_annotation, same_document, same_maker, same_revision, same_role, same_scope, same_term,
};

/// What the catalog says about itself and the body.
pub(super) fn metadata(
    object: &Object<'_>,
    props: &Props<'_>,
    context: &mut Context<'_>,
) -> Result<GivenHead, OscalError> {
    let place = object.place.clone();
    let title = context.text(object.must("title")?, &place);
    let version = object.text("version")?.and_then(|v| context.text(v, &place));
    let own = props.one(prop::PACK).is_some();
    // When the file was written says nothing about the pack; the rest of ours follows from props.
    object.pass(&["last-modified"]);
    if own {
        object.pass(&["published", "remarks", "responsible-parties"]);
        let _ = props.standard("marking");
    }
    roles(object, own, context)?;
    let name = parties(object, own, context)?;
    let code = props.one(prop::MUNICIPALITY_CODE);
    let kana = props.one(prop::MUNICIPALITY_KANA).map(str::to_owned);
    let sound = code.filter(|code| check_digit(code).is_some_and(|digit| code.ends_with(digit)));
    if code.is_some() && sound.is_none() {
        context.losses.add(LostKind::Word, "municipality-code", &place);
    }
    let date = props.one(prop::EFFECTIVE_FROM).filter(|date| is_date(date));
    object.finish(context.losses);
    Ok(GivenHead {
        title,
        version,
        effective_from: date.map(str::to_owned),
        municipality: name.zip(sound).map(|(name, code)| (name, kana, code.to_owned())),
    })
}

fn roles(object: &Object<'_>, own: bool, context: &mut Context<'_>) -> Result<(), OscalError> {
    let mut roles: Vec<(String, Role)> = Vec::new();
    for role in object.objects("roles")? {
        let props = Props::of(&role, context.losses)?;
        let Some(id) = props.one(prop::ROLE_ID) else {
            // Roles of others are those of the file: who made it, whom to ask. Ours of this kind says who the body is.
            if !own {
                context.losses.add(LostKind::Element, "role", &role.place);
            }
            continue;
        };
        if !context.claim("role", id, &role.place) {
            continue;
        }
        let lower = context.below.and_then(|b| b.role(id));
        let lower_says = |said: fn(&Role) -> bool| context.partial && lower.is_some_and(said);
        let read = Role {
            id: id.to_owned(),
            title: context.text(role.must("title")?, &role.place).unwrap_or_else(|| id.to_owned()),
            note: role.text("description")?.and_then(|d| context.text(d, &role.place)),
            city_wide: props.one(prop::ROLE_CITY_WIDE) == Some("true") || lower_says(|l| l.city_wide),
            second_factor: props.one(prop::ROLE_SECOND_FACTOR) == Some("true")
                || lower_says(|l| l.second_factor),
            above: props
                .one(prop::ROLE_ABOVE)
                .map(str::to_owned)
                .or_else(|| lower.filter(|_| context.partial).and_then(|l| l.above.clone())),
            outside: props.one(prop::ROLE_OUTSIDE) == Some("true") || lower_says(|l| l.outside),
            origin: nowhere(),
        };
        // Who holds a post is the organisation's, not the text's.
        let _ = props.all(prop::POST).count();
        role.pass(&["id"]);
        props.finish(context.losses);
        role.finish(context.losses);
        roles.push((role.place, read));
    }
    context.roles.extend(roles.iter().map(|(_, r)| r.id.clone()));
    let circle = circular(&roles, context);
    for (place, mut role) in roles {
        let above = role.above.take();
        role.above = above.filter(|above| {
            let sound = context.roles.contains(above) && !circle.contains(&role.id);
            if !sound {
                context.losses.add(LostKind::Reference, &format!("role {above}"), &place);
            }
            sound
        });
        let lower = context.below.and_then(|b| b.role(&role.id));
        let stand = Context::stand(lower, |l| same_role(&role, l));
        if stand == Stand::Below {
            continue;
        }
        let mut item = Item::new("roles", "role", &role.id, stand)
            .text("title", &role.title)
            .maybe("note", role.note.as_deref())
            .maybe("above", role.above.as_deref());
        for (key, flag, below) in [
            ("city_wide", role.city_wide, lower.is_some_and(|l| l.city_wide)),
            ("second_factor", role.second_factor, lower.is_some_and(|l| l.second_factor)),
            ("outside", role.outside, lower.is_some_and(|l| l.outside)),
        ] {
            if flag || below {
                item = item.flag(key, flag);
            }
        }
        context.items.push(item.at(None));
    }
    Ok(())
}

/// Roles that would stand above themselves.
fn circular(roles: &[(String, Role)], context: &Context<'_>) -> BTreeSet<String> {
    let lower = context.below.into_iter().flat_map(|b| b.roles());
    let mut above: BTreeMap<&str, &str> =
        lower.filter_map(|r| Some((r.id.as_str(), r.above.as_deref()?))).collect();
    above.extend(roles.iter().filter_map(|(_, r)| Some((r.id.as_str(), r.above.as_deref()?))));
    let mut circular = BTreeSet::new();
    for (_, role) in roles {
        let mut at = role.id.as_str();
        for _ in 0..=above.len() {
            let Some(next) = above.get(at) else { break };
            at = next;
            if at == role.id {
                circular.insert(role.id.clone());
                break;
            }
        }
    }
    circular
}

/// Makers, and the name of the body.
fn parties(object: &Object<'_>, own: bool, context: &mut Context<'_>) -> Result<Option<String>, OscalError> {
    let mut body = None;
    for party in object.objects("parties")? {
        if !own {
            context.losses.add(LostKind::Element, "party", &party.place);
            continue;
        }
        let props = Props::of(&party, context.losses)?;
        let name = party.text("name")?.and_then(|n| context.text(n, &party.place));
        party.pass(&["uuid", "type"]);
        match (props.one(prop::MAKER), name) {
            (Some(id), Some(title)) if context.claim("maker", id, &party.place) => {
                let note = party.text("remarks")?.and_then(|r| context.text(r, &party.place));
                let maker = Maker { id: id.to_owned(), title, note, origin: nowhere() };
                context.makers.insert(maker.id.clone());
                let lower = context.below.and_then(|b| b.maker(id));
                let stand = Context::stand(lower, |l| same_maker(&maker, l));
                if stand != Stand::Below {
                    let item = Item::new("documents", "maker", id, stand).text("title", &maker.title);
                    context.items.push(item.maybe("note", maker.note.as_deref()).at(None));
                }
            }
            (None, Some(name)) => body = body.or(Some(name)),
            _ => context.losses.add(LostKind::Element, "party", &party.place),
        }
        props.finish(context.losses);
        party.finish(context.losses);
    }
    Ok(body)
}

/// The document of a group that is one. Its id, unless nothing can be made of it.
pub(super) fn document(
    group: &Object<'_>,
    props: &Props<'_>,
    context: &mut Context<'_>,
) -> Result<Option<String>, OscalError> {
    let place = group.place.clone();
    let Some(id) = props.one(prop::DOCUMENT) else { return Ok(None) };
    if !context.claim("document", id, &place) {
        return Ok(None);
    }
    let maker = props.one(prop::MAKER).map(str::to_owned);
    let maker = maker.filter(|maker| {
        let known = context.makers.contains(maker);
        if !known {
            context.losses.add(LostKind::Reference, &format!("maker {maker}"), &place);
        }
        known
    });
    for link in group.objects("links")? {
        // The maker again, for others.
        if link.text("rel")? != Some("maker") {
            context.losses.add(LostKind::Link, link.text("rel")?.unwrap_or("link"), &link.place);
        }
    }
    let mut document = Document {
        id: id.to_owned(),
        title: context.text(group.must("title")?, &place).unwrap_or_else(|| id.to_owned()),
        kind: context
            .word("kind", props.one(prop::KIND), DocumentKind::from_id, &place)
            .unwrap_or(DocumentKind::Other),
        // What does not say that it is public is not.
        public: props.one(prop::PUBLIC) == Some("true"),
        maker,
        legal_basis: None,
        note: None,
        origin: nowhere(),
    };
    for inner in group.objects("parts")? {
        let words = inner.text("prose")?.and_then(|p| context.text(p, &inner.place));
        match inner.must("name")? {
            part::LEGAL_BASIS => document.legal_basis = words,
            part::NOTE => document.note = words,
            part::REVISION => {
                revision(&inner, Some(id), context)?;
                continue;
            }
            other => context.losses.add(LostKind::Part, other, &inner.place),
        }
        inner.pass(&["id", "ns", "class"]);
        inner.finish(context.losses);
    }
    let lower = context.below.and_then(|b| b.document(id));
    if context.partial {
        document.note = document.note.or_else(|| lower.and_then(|l| l.note.clone()));
    }
    let stand = Context::stand(lower, |l| same_document(&document, l));
    if stand != Stand::Below {
        let item = Item::new("documents", "document", id, stand)
            .text("title", &document.title)
            .text("kind", document.kind.id())
            .flag("public", document.public)
            .maybe("maker", document.maker.as_deref())
            .maybe("legal_basis", document.legal_basis.as_deref())
            .maybe("note", document.note.as_deref());
        context.items.push(item.at(None));
    }
    Ok(Some(id.to_owned()))
}

/// A part of ours in a group. Whether it was one.
pub(super) fn part_of_group(
    object: &Object<'_>,
    clause: Option<&str>,
    context: &mut Context<'_>,
) -> Result<bool, OscalError> {
    match object.must("name")? {
        part::TERM => term(object, clause, context)?,
        part::SCOPE => scope(object, clause, context)?,
        part::ANNOTATION => annotation(object, clause, context)?,
        part::REVISION => revision(object, None, context)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn revision(
    object: &Object<'_>,
    document: Option<&str>,
    context: &mut Context<'_>,
) -> Result<(), OscalError> {
    let props = Props::of(object, context.losses)?;
    let place = object.place.as_str();
    let id = props.one(prop::REVISION).unwrap_or_default();
    let date = props.one(prop::DATE).filter(|date| is_date(date));
    let note = note_of(object, part::NOTE, context)?;
    object.pass(&["id", "name", "ns", "prose"]);
    props.finish(context.losses);
    object.finish(context.losses);
    let Some(date) = date else {
        context.losses.add(LostKind::Part, part::REVISION, place);
        return Ok(());
    };
    if !context.claim("revision", id, place) {
        return Ok(());
    }
    let revision = Revision {
        id: id.to_owned(),
        date: date.to_owned(),
        document: document.map(str::to_owned),
        note,
        origin: nowhere(),
    };
    let lower = context.below.and_then(|b| b.revision(id));
    let stand = Context::stand(lower, |l| same_revision(&revision, l));
    if stand != Stand::Below {
        let item = Item::new("documents", "revision", id, stand)
            .date("date", &revision.date)
            .maybe("document", revision.document.as_deref())
            .maybe("note", revision.note.as_deref());
        context.items.push(item.at(None));
    }
    Ok(())
}

/// The words of the part inside of this name.
fn note_of(object: &Object<'_>, name: &str, context: &Context<'_>) -> Result<Option<String>, OscalError> {
    let mut words = None;
    for inner in object.objects("parts")? {
        if inner.must("name")? == name && words.is_none() {
            words = inner.text("prose")?.and_then(|p| context.text(p, &inner.place));
            inner.pass(&["id", "ns", "class"]);
            inner.finish(context.losses);
        } else {
            context.losses.add(LostKind::Part, inner.must("name")?, &inner.place);
        }
    }
    Ok(words)
}

fn term(object: &Object<'_>, clause: Option<&str>, context: &mut Context<'_>) -> Result<(), OscalError> {
    let props = Props::of(object, context.losses)?;
    let place = object.place.as_str();
    let id = props.one(prop::TERM).unwrap_or_default();
    let word = object.text("title")?.and_then(|t| context.text(t, place));
    let meaning = object.text("prose")?.and_then(|p| context.text(p, place));
    let same_as = props.one(prop::SAME_AS).filter(|word| {
        let known = context.below.is_some_and(|b| b.terms().iter().any(|t| t.word == *word));
        if !known {
            context.losses.add(LostKind::Reference, &format!("term {word}"), place);
        }
        known
    });
    object.pass(&["id", "name", "ns"]);
    props.finish(context.losses);
    object.finish(context.losses);
    let (Some(word), Some(meaning)) = (word, meaning) else {
        context.losses.add(LostKind::Part, part::TERM, place);
        return Ok(());
    };
    if !context.claim("term", id, place) {
        return Ok(());
    }
    let term = Term {
        id: id.to_owned(),
        word,
        meaning,
        same_as: same_as.map(str::to_owned),
        clause: clause.map(str::to_owned),
        origin: nowhere(),
    };
    let lower = context.below.and_then(|b| b.term(id));
    let stand = Context::stand(lower, |l| same_term(&term, l));
    if stand != Stand::Below {
        let item = Item::new("terms", "term", id, stand)
            .text("word", &term.word)
            .text("meaning", &term.meaning)
            .maybe("same_as", term.same_as.as_deref());
        context.items.push(item.at(clause));
    }
    Ok(())
}

fn scope(object: &Object<'_>, clause: Option<&str>, context: &mut Context<'_>) -> Result<(), OscalError> {
    let props = Props::of(object, context.losses)?;
    let place = object.place.as_str();
    let id = props.one(prop::SCOPE).unwrap_or_default();
    let title = object.text("title")?.and_then(|t| context.text(t, place));
    let kind = context.word("kind", props.one(prop::KIND), ScopeKind::from_id, place);
    let said = props.one(prop::EXCLUDED) == Some("true");
    let reason = note_of(object, part::REASON, context)?;
    object.pass(&["id", "name", "ns", "prose"]);
    props.finish(context.losses);
    object.finish(context.losses);
    let (Some(title), Some(kind)) = (title, kind) else {
        context.losses.add(LostKind::Part, part::SCOPE, place);
        return Ok(());
    };
    if !context.claim("scope", id, place) {
        return Ok(());
    }
    let reason = if said { reason.or_else(|| Some("理由の記載がない".to_owned())) } else { None };
    let item = ScopeItem {
        id: id.to_owned(),
        kind,
        title,
        excluded: said,
        reason,
        clause: clause.map(str::to_owned),
        origin: nowhere(),
    };
    let lower = context.below.and_then(|b| b.scope_item(id));
    let stand = Context::stand(lower, |l| same_scope(&item, l));
    if stand != Stand::Below {
        let mut toml =
            Item::new("scope", "scope", id, stand).text("kind", item.kind.id()).text("title", &item.title);
        if item.excluded {
            toml = toml.flag("excluded", true);
        }
        context.items.push(toml.maybe("reason", item.reason.as_deref()).at(clause));
    }
    Ok(())
}

fn annotation(
    object: &Object<'_>,
    clause: Option<&str>,
    context: &mut Context<'_>,
) -> Result<(), OscalError> {
    let props = Props::of(object, context.losses)?;
    let place = object.place.as_str();
    let id = props.one(prop::ANNOTATION).unwrap_or_default();
    let note = object.text("prose")?.and_then(|p| context.text(p, place));
    let quoted = props.one(prop::QUOTED).map(|q| q.chars().take(20).collect::<String>());
    object.pass(&["id", "name", "ns"]);
    props.finish(context.losses);
    object.finish(context.losses);
    let (Some(note), Some(clause)) = (note, clause) else {
        context.losses.add(LostKind::Part, part::ANNOTATION, place);
        return Ok(());
    };
    if !is_plain_id(id) || !context.claim("annotation", id, place) {
        return Ok(());
    }
    let annotation =
        Annotation { id: id.to_owned(), clause: clause.to_owned(), quoted, note, origin: nowhere() };
    let lower = context.below.and_then(|b| b.annotation(id));
    let stand = Context::stand(lower, |l| same_annotation(&annotation, l));
    if stand != Stand::Below {
        let item = Item::new("annotations", "annotation", id, stand)
            .maybe("quoted", annotation.quoted.as_deref())
            .text("note", &annotation.note);
        context.items.push(item.at(Some(clause)));
    }
    Ok(())
}
