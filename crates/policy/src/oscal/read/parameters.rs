//! Parameters of a catalog as parameters of a pack.
//!
//! Owns: ours, which come back as they were, and those of others, which become texts and choices.
//! Leaves to others: their ids (`context`).

use super::OscalError;
use super::context::{Context, nowhere};
use super::object::{LostKind, Object, Props};
use super::toml_item::{Item, TEXT_CHARS_MAX};
use crate::import::structured::Stand;
use crate::model::{Parameter, ParameterType, ParameterValue};
use crate::oscal::names::prop;
use crate::oscal::selection::same_parameter;

/// Reads the parameters of the catalog, a group or a control.
pub(super) fn read(object: &Object<'_>, context: &mut Context<'_>) -> Result<(), OscalError> {
    for parameter in object.objects("params")? {
        one(&parameter, context)?;
    }
    Ok(())
}

fn one(object: &Object<'_>, context: &mut Context<'_>) -> Result<(), OscalError> {
    let token = object.must("id")?;
    let Some(named) = context.parameter(token).cloned() else { return Ok(()) };
    let place = object.place.as_str();
    let props = Props::of(object, context.losses)?;
    let own = context.word("type", props.one(prop::TYPE), ParameterType::from_id, place);
    let mut note: Vec<String> = Vec::new();
    note.extend(object.text("usage")?.and_then(|usage| context.text(usage, place)));
    object.pass(&["class"]);
    let label = object.text("label")?.and_then(|label| context.text(label, place));
    let (choices, how_many) = selection(object, context)?;
    let values = object.texts("values")?;
    let lower = context.below.and_then(|b| b.parameter(&named.id));
    // What the software asks for by this id is of the type that the layer below says.
    let kind = lower.map(|l| l.kind).or(own).unwrap_or(if choices.is_empty() {
        ParameterType::Text
    } else {
        ParameterType::Choice
    });
    let mut parameter = Parameter {
        id: named.id.clone(),
        title: label.unwrap_or_else(|| token.to_owned()),
        clause: context.clause(props.one(prop::CLAUSE), place),
        kind,
        min: props.one(prop::MIN).and_then(number),
        max: props.one(prop::MAX).and_then(number),
        choices: props.all(prop::CHOICE).map(|p| p.value.to_owned()).collect(),
        value: None,
        suggested: props.one(prop::SUGGESTED).and_then(|v| value(kind, v)),
        needed: props.one(prop::NEEDED) == Some("true"),
        decided: props.one(prop::DECIDED).map(str::to_owned),
        note: None,
        origin: nowhere(),
        value_origin: None,
    };
    // Layers are told by where an item is written.
    let _ = props.one(prop::LAYER);
    if own.is_some() {
        // Said by props already; the words are for others.
        object.pass(&["constraints", "guidelines"]);
    } else {
        parameter.choices = choices;
        note.extend(how_many);
        note.extend(remarks(object, context)?);
    }
    if kind == ParameterType::Choice && parameter.choices.is_empty() {
        match lower {
            Some(lower) => parameter.choices.clone_from(&lower.choices),
            None => parameter.kind = ParameterType::Text,
        }
    }
    if !parameter.kind.is_number() {
        (parameter.min, parameter.max) = (None, None);
    } else if let (Some(min), Some(max)) = (parameter.min, parameter.max)
        && min > max
    {
        context.losses.add(LostKind::Word, "min", place);
        (parameter.min, parameter.max) = (None, None);
    }
    if parameter.kind != ParameterType::Choice {
        parameter.choices.clear();
    }
    parameter.suggested = parameter.suggested.take().filter(|v| allowed(&parameter, v, lower));
    if let Some(first) = values.first() {
        // A pack's parameter has one value.
        let said = if values.len() == 1 { (*first).to_owned() } else { values.join("、") };
        parameter.value = value(parameter.kind, &said).filter(|v| allowed(&parameter, v, lower));
        if parameter.value.is_none() {
            context.losses.add(LostKind::Word, "value", place);
            note.push(format!("元の値: {said}"));
        }
    }
    parameter.note =
        (!note.is_empty()).then(|| note.join("。")).map(|n| n.chars().take(TEXT_CHARS_MAX).collect());
    if context.partial
        && let Some(lower) = lower
    {
        parameter.needed = lower.needed;
        parameter.decided = parameter.decided.or_else(|| lower.decided.clone());
        parameter.note = parameter.note.or_else(|| lower.note.clone());
        parameter.value = parameter.value.or_else(|| lower.value.clone());
    }
    props.finish(context.losses);
    object.finish(context.losses);
    let stand = Context::stand(lower, |lower| same_parameter(&parameter, lower));
    if stand == Stand::Below {
        return Ok(());
    }
    if let Some(lower) = lower.filter(|_| stand == Stand::Override) {
        for (key, kept) in [
            ("value", lower.value.is_some() && parameter.value.is_none()),
            ("clause", lower.clause.is_some() && parameter.clause.is_none()),
            ("note", lower.note.is_some() && parameter.note.is_none()),
            ("decided", lower.decided.is_some() && parameter.decided.is_none()),
            ("min", lower.min.is_some() && parameter.min.is_none()),
            ("max", lower.max.is_some() && parameter.max.is_none()),
        ] {
            if kept {
                context.losses.add(LostKind::Kept, key, place);
            }
        }
    }
    let mut item = Item::new("parameters", "parameter", &parameter.id, stand)
        .text("title", &parameter.title)
        .text("type", parameter.kind.id())
        .number("min", parameter.min)
        .number("max", parameter.max)
        .list("choices", &parameter.choices)
        .value("value", parameter.value.as_ref())
        .maybe("decided", parameter.decided.as_deref())
        .value("suggested", parameter.suggested.as_ref());
    if parameter.needed {
        item = item.flag("needed", true);
    }
    let item = item.maybe("note", parameter.note.as_deref());
    context.items.push(item.at(parameter.clause.as_deref()));
    Ok(())
}

/// The choices of a selection, and a word when several may be chosen.
fn selection(
    object: &Object<'_>,
    context: &Context<'_>,
) -> Result<(Vec<String>, Option<String>), OscalError> {
    let Some(select) = object.object("select")? else { return Ok((Vec::new(), None)) };
    let mut choices: Vec<String> = Vec::new();
    for choice in select.texts("choice")? {
        if let Some(words) = context.text(choice, &select.place)
            && !choices.contains(&words)
        {
            choices.push(words);
        }
    }
    let several = select.text("how-many")? == Some("one-or-more");
    select.finish(context.losses);
    Ok((choices, several.then(|| "一つ以上を選ぶ".to_owned())))
}

/// Constraints and guidelines of others, in words.
fn remarks(object: &Object<'_>, context: &Context<'_>) -> Result<Vec<String>, OscalError> {
    let mut words = Vec::new();
    for constraint in object.objects("constraints")? {
        words.extend(constraint.text("description")?.and_then(|d| context.text(d, &constraint.place)));
        for test in constraint.objects("tests")? {
            words.push(test.must("expression")?.to_owned());
            words.extend(test.text("remarks")?.and_then(|r| context.text(r, &test.place)));
            test.finish(context.losses);
        }
        constraint.finish(context.losses);
    }
    for guideline in object.objects("guidelines")? {
        words.extend(context.text(guideline.must("prose")?, &guideline.place));
        guideline.finish(context.losses);
    }
    words.extend(object.text("remarks")?.and_then(|r| context.text(r, &object.place)));
    Ok(words)
}

/// A number that TOML can say.
fn number(words: &str) -> Option<u64> {
    words.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok())
}

fn value(kind: ParameterType, words: &str) -> Option<ParameterValue> {
    if kind.is_number() {
        // The loader takes what TOML can say.
        return number(words).map(ParameterValue::Number);
    }
    if kind == ParameterType::Flag {
        return words.parse().ok().map(ParameterValue::Flag);
    }
    let words = words.trim();
    (!words.is_empty()).then(|| ParameterValue::Text(words.chars().take(TEXT_CHARS_MAX).collect()))
}

/// Whether a pack would take the value.
fn allowed(parameter: &Parameter, value: &ParameterValue, lower: Option<&Parameter>) -> bool {
    // An override that does not say a bound leaves that of the layer below.
    let min = parameter.min.or(lower.and_then(|l| l.min));
    let max = parameter.max.or(lower.and_then(|l| l.max));
    match value {
        ParameterValue::Number(number) => {
            min.is_none_or(|min| *number >= min) && max.is_none_or(|max| *number <= max)
        }
        ParameterValue::Text(text) if parameter.kind == ParameterType::Choice => {
            parameter.choices.contains(text)
        }
        _ => true,
    }
}
