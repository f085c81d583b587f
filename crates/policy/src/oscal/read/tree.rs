//! Groups and controls as the tree of a draft.
//!
//! Owns: which groups are documents, clauses or only folders, and what stands where.
//! Leaves to others: what a control says (`control`), parts of groups that are no text (`papers`).

use super::OscalError;
use super::context::{Context, is_free_id, nowhere};
use super::control::{self, Read};
use super::object::{LostKind, Object, Props};
use super::{papers, parameters};
use crate::import::structured::{Branch, Duty, GivenClause, Stand};
use crate::model::Clause;
use crate::oscal::names::{group as class, prop};
use crate::oscal::selection::same_clause;

/// What a catalog or a group holds.
#[derive(Default)]
pub(super) struct Content {
    pub(super) branches: Vec<Branch>,
    /// Statements of the part around.
    pub(super) statements: Vec<Duty>,
    /// Groups and controls that were met.
    pub(super) read: usize,
}

impl Content {
    fn add(&mut self, other: Content) {
        self.branches.extend(other.branches);
        self.statements.extend(other.statements);
        self.read += other.read;
    }
}

/// What stands around a part.
#[derive(Clone, Default)]
pub(super) struct Around {
    /// The clause around, if it is one of a pack.
    pub(super) clause: Option<String>,
    /// The document that it is in.
    document: Option<String>,
    /// A document group directly around, whose clauses must name it.
    enters: bool,
}

/// The groups and controls of the catalog.
pub(super) fn read(catalog: &Object<'_>, context: &mut Context<'_>) -> Result<Content, OscalError> {
    let mut content = inside(catalog, &Around::default(), context)?;
    // Statements of ours that no group holds stand in a part of their own.
    if !content.statements.is_empty() {
        let statements = std::mem::take(&mut content.statements);
        let title = Some("目録の直下".to_owned());
        content.branches.insert(0, Branch { title, statements, ..Branch::default() });
    }
    Ok(content)
}

fn inside(object: &Object<'_>, around: &Around, context: &mut Context<'_>) -> Result<Content, OscalError> {
    let mut content = Content::default();
    for inner in object.objects("groups")? {
        content.add(group(&inner, around, context)?);
        content.read += 1;
    }
    for inner in object.objects("controls")? {
        content.read += 1;
        match control::read(&inner, around, context)? {
            Read::Statement(duty) => content.statements.push(*duty),
            Read::Below => context.same_below += 1,
            Read::Clause(branch) => content.branches.push(*branch),
        }
    }
    Ok(content)
}

fn group(object: &Object<'_>, around: &Around, context: &mut Context<'_>) -> Result<Content, OscalError> {
    let props = Props::of(object, context.losses)?;
    let kind = object.text("class")?;
    object.pass(&["id"]);
    parameters::read(object, context)?;
    let content = match kind {
        Some(class::DOCUMENT) if props.one(prop::DOCUMENT).is_some() => {
            let document = papers::document(object, &props, context)?;
            let enters = document.is_some();
            let around = Around { document, enters, ..around.clone() };
            inside(object, &around, context)?
        }
        Some(class::CONTEXT) => {
            object.pass(&["title"]);
            parts(object, None, context)?;
            inside(object, around, context)?
        }
        Some(class::STATEMENTS) if around.clause.is_some() => {
            object.pass(&["title"]);
            inside(object, around, context)?
        }
        _ => clause(object, &props, around, context)?,
    };
    props.finish(context.losses);
    object.finish(context.losses);
    Ok(content)
}

fn clause(
    object: &Object<'_>,
    props: &Props<'_>,
    around: &Around,
    context: &mut Context<'_>,
) -> Result<Content, OscalError> {
    let place = object.place.clone();
    let token = object.text("id")?.unwrap_or_default();
    let title = object.text("title")?.and_then(|t| context.text(t, &place));
    let id = id_of_pack(object, props, token, context)?;
    let said = props.standard("label").or(props.standard("alt-identifier"));
    let _ = (props.standard("sort-id"), props.one(prop::LAYER));
    let printed = said.map_or_else(|| token.to_owned(), str::to_owned);
    let label = if printed.is_empty() { title.clone().unwrap_or_default() } else { printed.clone() };
    let named = props.one(prop::DOCUMENT).filter(|d| context.documents.contains(*d)).map(str::to_owned);
    let document = named.clone().or_else(|| around.document.clone());
    let mut given = GivenClause { id: id.clone(), document: named, stand: Stand::New };
    if around.enters {
        given.document = given.document.or_else(|| around.document.clone());
    }
    if let Some(id) = &id {
        let lower = context.below.and_then(|b| b.clause(id));
        given.stand = Context::stand(lower, |l| {
            let own = Clause {
                id: id.clone(),
                // A catalog that lost our props says no more than its group's title.
                section: said.map_or_else(|| l.section.clone(), str::to_owned),
                title: title.clone().unwrap_or_default(),
                parent: if said.is_some() { around.clause.clone() } else { l.parent.clone() },
                document: if said.is_some() { document.clone() } else { l.document.clone() },
                origin: nowhere(),
            };
            same_clause(&own, l)
        });
        if given.stand == Stand::Override {
            given.stand = moved(id, around, context, &place);
        }
        if !context.first_of_clause(id) {
            // The same clause again: its statements go to a part of their own, unless the clause is below anyway.
            given = match given.stand {
                Stand::Below => given,
                _ => GivenClause { document: given.document, ..GivenClause::default() },
            };
        }
    }
    let inner = Around { clause: id.clone(), document: document.clone(), enters: false };
    let notes = parts(object, id.as_deref(), context)?;
    for link in object.objects("links")? {
        context.losses.add(LostKind::Link, link.text("rel")?.unwrap_or("link"), &link.place);
    }
    let content = inside(object, &inner, context)?;
    let branch = Branch {
        label,
        printed,
        item: false,
        title,
        given,
        statements: content.statements,
        notes,
        branches: content.branches,
    };
    let idle = branch.given.stand == Stand::Below
        && branch.statements.is_empty()
        && branch.notes.is_empty()
        && branch.branches.is_empty();
    let branches = if idle { Vec::new() } else { vec![branch] };
    Ok(Content { branches, statements: Vec::new(), read: content.read })
}

/// A clause of the layer below stays where it stands there; that its place differs is told.
fn moved(id: &str, around: &Around, context: &Context<'_>, place: &str) -> Stand {
    let lower = context.below.and_then(|b| b.clause(id));
    if lower.is_some_and(|l| l.parent != around.clause) {
        context.losses.add(LostKind::Kept, "parent", place);
    }
    Stand::Override
}

/// The clause of a pack that a group is: as it says, or, where our props were lost on the way, as its controls say or as the
/// layer below calls it.
fn id_of_pack(
    object: &Object<'_>,
    props: &Props<'_>,
    token: &str,
    context: &Context<'_>,
) -> Result<Option<String>, OscalError> {
    if let Some(id) = props.one(prop::CLAUSE) {
        if is_free_id(id) {
            return Ok(Some(id.to_owned()));
        }
        context.losses.add(LostKind::Word, prop::CLAUSE, &object.place);
        return Ok(None);
    }
    if let Some(id) = context.tokens.get(token) {
        return Ok(Some(id.clone()));
    }
    let mut said: Option<String> = None;
    for control in object.objects("controls")? {
        let unheard = super::object::Losses::default();
        let props = Props::of(&control, &unheard)?;
        match (props.one(prop::CLAUSE).filter(|id| is_free_id(id)), &said) {
            (Some(id), None) => said = Some(id.to_owned()),
            (Some(id), Some(other)) if id == other => {}
            _ => return Ok(None),
        }
    }
    Ok(said)
}

/// The parts of a group: ours go where they belong, those of others are remarks.
fn parts(
    object: &Object<'_>,
    clause: Option<&str>,
    context: &mut Context<'_>,
) -> Result<Vec<String>, OscalError> {
    let mut notes = Vec::new();
    for part in object.objects("parts")? {
        if !papers::part_of_group(&part, clause, context)? {
            control::remark(&part, context, &mut notes)?;
        }
    }
    Ok(notes)
}
