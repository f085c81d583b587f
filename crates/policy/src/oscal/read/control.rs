//! What a control says.
//!
//! Owns: controls of ours, which are one statement each, and those of others, whose statement part and its items become
//! statements and whose other parts become remarks.
//! Leaves to others: groups (`tree`), how a sentence binds (`import`).

use super::OscalError;
use super::context::{Context, is_free_id, nowhere};
use super::object::{LostKind, Object, Props};
use super::parameters;
use super::toml_item::within_pack;
use super::tree::Around;
use crate::import::structured::{Branch, Duty, GivenStatement, Stand};
use crate::model::{
    Assurance, Counterparty, CounterpartyAct, Mechanism, Modality, Relation, RelationKind, Statement,
    StatementType,
};
use crate::oscal::identity::{NAMESPACE, statement_of_uri};
use crate::oscal::names::{part, prop};
use crate::oscal::selection::same_statement;

/// What a control is in a draft.
pub(super) enum Read {
    /// A statement of ours.
    Statement(Box<Duty>),
    /// A statement of ours that the layer below has just so.
    Below,
    /// A control of others: a clause with its statements.
    Clause(Box<Branch>),
}

pub(super) fn read(
    object: &Object<'_>,
    around: &Around,
    context: &mut Context<'_>,
) -> Result<Read, OscalError> {
    let props = Props::of(object, context.losses)?;
    parameters::read(object, context)?;
    let own = props.one(prop::STATEMENT);
    if let Some(id) = own.filter(|id| is_free_id(id)) {
        return ours(object, &props, id, around, context);
    }
    if own.is_some() {
        context.losses.add(LostKind::Word, prop::STATEMENT, &object.place);
    }
    others(object, &props, around, context)
}

/// The parts of one of ours.
#[derive(Default)]
struct Parts {
    gist: Option<String>,
    gist_en: Option<String>,
    trigger: Option<String>,
    evidence: Option<String>,
    note: Option<String>,
}

fn ours(
    object: &Object<'_>,
    props: &Props<'_>,
    id: &str,
    around: &Around,
    context: &mut Context<'_>,
) -> Result<Read, OscalError> {
    let place = object.place.as_str();
    let token = object.must("id")?;
    let parts = parts_of_ours(object, context)?;
    let title = context.text(object.must("title")?, place).unwrap_or_else(|| token.to_owned());
    object.pass(&["class"]);
    let lower = context.below.and_then(|b| b.statement(id));
    let of_lower = lower.filter(|_| context.partial);
    let words = |name: &str| props.all(name).map(|p| within_pack(p.value)).collect::<Vec<String>>();
    let clause = props.one(prop::CLAUSE).map(str::to_owned);
    let _ = props.one(prop::LAYER);
    let assurance = context.word("assurance", props.one(prop::ASSURANCE), Assurance::from_id, place);
    let capability = props.one(prop::CAPABILITY).map(within_pack);
    let kind = context.word("type", props.one(prop::TYPE), StatementType::from_id, place);
    let modality = context.word("modality", props.one(prop::MODALITY), Modality::from_id, place);
    let label = props.standard("label").map_or_else(|| token.to_owned(), within_pack);
    let roles = context.known("role", words(prop::ROLE), place, &|r| context.roles.contains(r));
    let parameters =
        context.known("parameter", words(prop::PARAMETER), place, &|p| context.parameter_of_pack(p));
    let mut mechanisms: Vec<Mechanism> = Vec::new();
    for said in props.all(prop::MECHANISM) {
        mechanisms.extend(context.word("mechanism", Some(said.value), Mechanism::from_id, place));
    }
    let (mut acts, mut sources) = (words(prop::ACT), words(prop::SOURCE));
    let counterparties = counterparties(props, of_lower.map(|l| l.counterparties.as_slice()), context, place);
    let relations = relations(object, id, context)?;
    let mut note = parts.note;
    let mut evidence = parts.evidence;
    if let Some(lower) = of_lower {
        // An export for the public says nothing of these.
        mechanisms.clone_from(&lower.mechanisms);
        acts.clone_from(&lower.acts);
        sources.clone_from(&lower.sources);
        note = note.or_else(|| lower.note.clone());
        evidence = evidence.or_else(|| lower.evidence.clone());
    }
    let said_title = props.one(prop::TITLE).map(within_pack);
    let statement = Statement {
        id: id.to_owned(),
        clause: around.clause.clone().or(clause).unwrap_or_default(),
        label,
        ascii: token.to_owned(),
        kind: kind.or(lower.map(|l| l.kind)).unwrap_or(StatementType::OrganisationalRule),
        roles,
        modality: modality.or(lower.map(|l| l.modality)).unwrap_or(Modality::Must),
        title: said_title,
        gist_ja: parts.gist.unwrap_or(title),
        gist_en: parts
            .gist_en
            .or_else(|| lower.map(|l| l.gist_en.clone()))
            .unwrap_or_else(|| "Not said in English".to_owned()),
        trigger: parts.trigger,
        evidence,
        assurance: assurance.or(lower.map(|l| l.assurance)).unwrap_or(Assurance::Attest),
        capability: capability.clone().or_else(|| lower.map(|l| l.capability.clone())).unwrap_or_default(),
        parameters,
        mechanisms,
        acts,
        sources,
        counterparties,
        relations,
        note,
        origin: nowhere(),
    };
    props.finish(context.losses);
    object.finish(context.losses);
    let stand = Context::stand(lower, |l| same_statement(&statement, l));
    if stand == Stand::Below {
        return Ok(Read::Below);
    }
    if let Some(lower) = lower {
        kept(&statement, lower, context, place);
    }
    let known = lower.is_some();
    Ok(Read::Statement(Box::new(duty(
        statement,
        stand,
        assurance.is_some() || known,
        capability.is_some() || known,
        kind.is_some() || known,
    ))))
}

/// What an override cannot take away from the statement below.
fn kept(own: &Statement, lower: &Statement, context: &Context<'_>, place: &str) {
    for (key, kept) in [
        ("title", lower.title.is_some() && own.title.is_none()),
        ("trigger", lower.trigger.is_some() && own.trigger.is_none()),
        ("evidence", lower.evidence.is_some() && own.evidence.is_none()),
        ("note", lower.note.is_some() && own.note.is_none()),
        ("roles", !lower.roles.is_empty() && own.roles.is_empty()),
        ("parameters", !lower.parameters.is_empty() && own.parameters.is_empty()),
        ("mechanisms", !lower.mechanisms.is_empty() && own.mechanisms.is_empty()),
        ("acts", !lower.acts.is_empty() && own.acts.is_empty()),
        ("sources", !lower.sources.is_empty() && own.sources.is_empty()),
        ("counterparty", !lower.counterparties.is_empty() && own.counterparties.is_empty()),
        ("relations", !lower.relations.is_empty() && own.relations.is_empty()),
    ] {
        if kept {
            context.losses.add(LostKind::Kept, key, place);
        }
    }
}

fn duty(s: Statement, stand: Stand, assurance: bool, capability: bool, kind: bool) -> Duty {
    let ascii = is_ascii_id(&s.ascii).then(|| s.ascii.clone());
    Duty {
        text: s.gist_ja,
        label: s.label.clone(),
        lead: false,
        roles: s.roles,
        modality: Some(s.modality),
        trigger: s.trigger,
        counterparties: s.counterparties.iter().map(|c| (c.act, c.roles.clone())).collect(),
        given: GivenStatement {
            id: Some(s.id),
            ascii,
            label: Some(s.label),
            kind: kind.then_some(s.kind),
            title: s.title,
            gist_en: Some(s.gist_en),
            evidence: s.evidence,
            assurance: assurance.then_some(s.assurance),
            capability: capability.then_some(s.capability).filter(|c| !c.trim().is_empty()),
            parameters: s.parameters,
            mechanisms: s.mechanisms,
            acts: s.acts,
            sources: s.sources,
            counterparty_notes: s.counterparties.into_iter().map(|c| c.note).collect(),
            relations: s.relations,
            note: s.note,
            stand,
        },
    }
}

/// Whether a pack takes it as the id of a statement for formats of plain letters.
fn is_ascii_id(id: &str) -> bool {
    id.len() <= 120
        && id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn parts_of_ours(object: &Object<'_>, context: &Context<'_>) -> Result<Parts, OscalError> {
    let mut parts = Parts::default();
    for inner in object.objects("parts")? {
        let words = inner.text("prose")?.and_then(|p| context.text(p, &inner.place));
        let own = inner.text("ns")? == Some(NAMESPACE);
        match (inner.must("name")?, own) {
            (part::STATEMENT, false) => parts.gist = words,
            (part::GIST_EN, true) => parts.gist_en = words,
            (part::TRIGGER, true) => parts.trigger = words,
            (part::EVIDENCE, true) => parts.evidence = words,
            (part::NOTE, true) => parts.note = words,
            // Said by a prop; the part is for readers of prose.
            (part::PARAMETER, true) => {}
            (other, _) => context.losses.add(LostKind::Part, other, &inner.place),
        }
        inner.pass(&["id", "class"]);
        inner.finish(context.losses);
    }
    Ok(parts)
}

/// Counterparties: those of one group act together.
fn counterparties(
    props: &Props<'_>,
    lower: Option<&[Counterparty]>,
    context: &Context<'_>,
    place: &str,
) -> Vec<Counterparty> {
    let mut list: Vec<(Option<&str>, Counterparty)> = Vec::new();
    for said in props.all(prop::COUNTERPARTY) {
        let Some(act) = context.word("act", said.class, CounterpartyAct::from_id, place) else { continue };
        let note = said.remarks.and_then(|r| context.text(r, place));
        let role = context.known("role", vec![said.value.to_owned()], place, &|r| context.roles.contains(r));
        let open = list.iter_mut().find(|(group, c)| group.is_some() && *group == said.group && c.act == act);
        match open {
            Some((_, open)) => {
                open.roles.extend(role);
                open.note = open.note.take().or(note);
            }
            None if role.is_empty() => {}
            None => list.push((said.group, Counterparty { act, roles: role, note })),
        }
    }
    for (number, (_, own)) in list.iter_mut().enumerate() {
        let below = lower.and_then(|l| l.get(number)).filter(|l| l.act == own.act && l.roles == own.roles);
        own.note = own.note.take().or_else(|| below.and_then(|l| l.note.clone()));
    }
    list.into_iter().map(|(_, c)| c).collect()
}

fn relations(object: &Object<'_>, own: &str, context: &Context<'_>) -> Result<Vec<Relation>, OscalError> {
    let mut relations = Vec::new();
    for link in object.objects("links")? {
        let href = link.must("href")?;
        let rel = link.text("rel")?;
        link.pass(&["text"]);
        let to = match href.strip_prefix('#') {
            Some(control) => context.statements.get(control).cloned(),
            None => statement_of_uri(href),
        };
        match (rel.and_then(RelationKind::from_id), to) {
            (Some(kind), Some(to)) if context.may_relate(own, &to) => relations.push(Relation { kind, to }),
            (Some(_), Some(to)) => {
                context.losses.add(LostKind::Reference, &format!("statement {to}"), &link.place)
            }
            _ => context.losses.add(LostKind::Link, rel.unwrap_or("link"), &link.place),
        }
        link.finish(context.losses);
    }
    Ok(relations)
}

fn others(
    object: &Object<'_>,
    props: &Props<'_>,
    around: &Around,
    context: &mut Context<'_>,
) -> Result<Read, OscalError> {
    let place = object.place.clone();
    let token = object.must("id")?;
    let title = context.text(object.must("title")?, &place);
    let said = props.standard("label").or_else(|| props.standard("alt-identifier"));
    let printed = said.map_or_else(|| token.to_owned(), within_pack);
    let _ = props.standard("sort-id");
    object.pass(&["class"]);
    let mut branch = Branch { label: printed.clone(), printed, title: title.clone(), ..Branch::default() };
    let withdrawn = props.standard("status").is_some_and(|s| s.eq_ignore_ascii_case("withdrawn"));
    if withdrawn {
        branch.notes.push("この管理策は取り下げられている(withdrawn)。".to_owned());
    }
    let mut stated = false;
    for inner in object.objects("parts")? {
        if inner.must("name")? == part::STATEMENT && inner.text("ns")? != Some(NAMESPACE) {
            stated = true;
            requirement(&inner, &mut branch, context)?;
        } else {
            remark(&inner, context, &mut branch.notes)?;
        }
    }
    for link in object.objects("links")? {
        context.losses.add(LostKind::Link, link.text("rel")?.unwrap_or("link"), &link.place);
    }
    let mut children = 0;
    for control in object.objects("controls")? {
        children += 1;
        match read(&control, around, context)? {
            Read::Statement(duty) => branch.statements.push(*duty),
            Read::Below => context.same_below += 1,
            Read::Clause(inner) => branch.branches.push(*inner),
        }
    }
    // A control without words of its own asks for what its title says.
    if let Some(title) = title.filter(|_| !stated && !withdrawn && children == 0) {
        branch.statements.push(foreign(title, branch.label.clone(), token, Vec::new(), false));
    }
    props.finish(context.losses);
    object.finish(context.losses);
    Ok(Read::Clause(Box::new(branch)))
}

/// A statement part of others, or an item of one.
fn requirement(
    object: &Object<'_>,
    branch: &mut Branch,
    context: &mut Context<'_>,
) -> Result<(), OscalError> {
    let place = object.place.clone();
    let props = Props::of(object, context.losses)?;
    let token = object.text("id")?.unwrap_or_default();
    object.pass(&["name", "ns", "class"]);
    // The number was read by whoever called.
    let _ = (props.standard("label"), props.standard("alt-identifier"), props.standard("sort-id"));
    let items = object.objects("parts")?;
    let title = object.text("title")?.and_then(|t| context.text(t, &place));
    let prose = object.text("prose")?.map(|p| context.words(p, &place));
    let words = prose.filter(|(words, _)| !words.trim().is_empty());
    let words = words.or_else(|| title.clone().filter(|_| items.is_empty()).map(|t| (t, Vec::new())));
    if let Some((words, parameters)) = words {
        let words: String = words.chars().take(super::toml_item::TEXT_CHARS_MAX).collect();
        branch.statements.push(foreign(words, branch.label.clone(), token, parameters, !items.is_empty()));
    }
    for (number, item) in items.iter().enumerate() {
        if item.must("name")? != "item" {
            remark(item, context, &mut branch.notes)?;
            continue;
        }
        let said = Props::of(item, &super::object::Losses::default())?
            .standard("label")
            .map_or_else(|| format!("({})", number + 1), within_pack);
        let title = item.text("title")?.and_then(|t| context.text(t, &item.place));
        let label = format!("{}{said}", branch.label);
        let mut inner = Branch { label, printed: said, item: true, title, ..Branch::default() };
        requirement(item, &mut inner, context)?;
        // Remarks stand with the clause.
        branch.notes.append(&mut inner.notes);
        branch.branches.push(inner);
    }
    for link in object.objects("links")? {
        context.losses.add(LostKind::Link, link.text("rel")?.unwrap_or("link"), &link.place);
    }
    props.finish(context.losses);
    object.finish(context.losses);
    Ok(())
}

fn foreign(text: String, label: String, token: &str, parameters: Vec<String>, lead: bool) -> Duty {
    Duty {
        text,
        label,
        lead,
        roles: Vec::new(),
        modality: None,
        trigger: None,
        counterparties: Vec::new(),
        given: GivenStatement {
            ascii: is_ascii_id(token).then(|| token.to_owned()),
            parameters,
            ..GivenStatement::default()
        },
    }
}

/// A part that states nothing: kept as a remark, unless it tells how to assess, which is an auditor's matter and long.
pub(super) fn remark(
    object: &Object<'_>,
    context: &Context<'_>,
    notes: &mut Vec<String>,
) -> Result<(), OscalError> {
    let name = object.must("name")?;
    if name.starts_with("assessment") || matches!(name, "objective" | "objects") {
        context.losses.add(LostKind::Part, name, &object.place);
        return Ok(());
    }
    let mut words = vec![format!("{name}:")];
    collect(object, context, &mut words)?;
    if words.len() > 1 {
        notes.push(words.join(" "));
    }
    Ok(())
}

fn collect(object: &Object<'_>, context: &Context<'_>, words: &mut Vec<String>) -> Result<(), OscalError> {
    let props = Props::of(object, context.losses)?;
    object.pass(&["id", "name", "ns", "class"]);
    words.extend(props.standard("label").map(within_pack));
    let _ = props.standard("sort-id");
    words.extend(object.text("title")?.and_then(|t| context.text(t, &object.place)));
    // The whole of it: long remarks become several.
    words.extend(
        object.text("prose")?.map(|p| context.prose(p, &object.place)).filter(|w| !w.trim().is_empty()),
    );
    for inner in object.objects("parts")? {
        collect(&inner, context, words)?;
    }
    for link in object.objects("links")? {
        context.losses.add(LostKind::Link, link.text("rel")?.unwrap_or("link"), &link.place);
    }
    props.finish(context.losses);
    object.finish(context.losses);
    Ok(())
}
