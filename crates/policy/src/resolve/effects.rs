//! Reading what a request brings about in registers.
//!
//! Owns: which keys these effects have, and that what they say of the form's own fields is true of them.
//! Leaves to others: the columns of the registers, which are read later (`check`).

use super::requests::{answer_is, field_named, unknown_field};
use crate::fields::Fields;
use crate::model::{Effect, EffectAt, EffectKind, FormField, FormFieldType, Taken};
use crate::problem::{Code, Sink};
use crate::toml_text::Value;
use crate::written::Kind;

/// One effect on a register. `returns`: whether the form asks for something to be given back.
pub(super) fn on_register(
    kind: EffectKind,
    f: &mut Fields<'_>,
    fields: &[FormField],
    returns: bool,
    s: &mut Sink,
) -> Effect {
    let only_when = if kind == EffectKind::SetColumn { None } else { f.table_opt("only_when", s) }
        .and_then(|t| answer_is(t, fields, s));
    if kind == EffectKind::AddRow {
        return Effect::AddRow {
            register: f.reference("register", Kind::Register, s),
            columns: columns(f, fields, s),
            only_when,
            origin: f.at.clone(),
        };
    }
    let at = f.word_opt("at", EffectAt::WORDS, s).unwrap_or(EffectAt::Approval);
    if at == EffectAt::Return && !returns {
        s.push(
            Code::WrongValue,
            &f.at_key("at"),
            format!("{}の at = \"return\" は、返却のない申請では起こりません。", f.what()),
            "period に return = true と書くか、at の行を消してください。",
        );
    }
    let row = field_named(f, "row", &[FormFieldType::Row], false, fields, s);
    if kind == EffectKind::EndRow {
        return Effect::EndRow { at, row, only_when };
    }
    let column = f.text("column", s);
    let value = match (f.has("field"), f.has("value")) {
        (true, false) => Taken::Field(any_field(f, "field", fields, s)),
        (false, true) => Taken::Value(constant(f, "value", s)),
        (both, _) => {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}に、値の決め方が{}。", f.what(), if both { "二つあります" } else { "ありません" }),
                "field = \"欄の id\" か value = \"…\" のどちらか一つを書いてください。",
            );
            f.any("field");
            f.any("value");
            Taken::Value(String::new())
        }
    };
    Effect::SetColumn { at, row, column, value }
}

/// The id of a field of the same form, of whatever type.
fn any_field(f: &mut Fields<'_>, key: &'static str, fields: &[FormField], s: &mut Sink) -> String {
    let id = f.text(key, s);
    if !id.is_empty() && !fields.iter().any(|field| field.id == id) {
        unknown_field(f, key, &id, fields, s);
    }
    id
}

/// What stands in a column always: empty clears it, so it is no missing text.
fn constant(f: &mut Fields<'_>, key: &'static str, s: &mut Sink) -> String {
    let at = f.at_key(key);
    match f.any(key).map(|node| &node.value) {
        Some(Value::Text(text)) => text.clone(),
        _ => {
            s.push(
                Code::WrongType,
                &at,
                format!("{}の「{key}」は文字列ではありません。", f.what()),
                format!("{key} = \"…\" のように、その欄に入力する文字を書いてください。"),
            );
            String::new()
        }
    }
}

/// `{ name = "field-id", kind = { value = "…" } }`, by the column's id.
fn columns(f: &mut Fields<'_>, fields: &[FormField], s: &mut Sink) -> Vec<(String, Taken)> {
    let at = f.at_key("columns");
    let what = f.what().to_owned();
    let mut columns = Vec::new();
    let Some(Value::Table(table)) = f.any("columns").map(|node| &node.value) else {
        s.push(
            Code::MissingKey,
            &at,
            format!("{what}に、台帳の欄と様式の欄の組がありません。"),
            "columns = { 台帳の欄の id = \"様式の欄の id\", … } を書いてください。",
        );
        return columns;
    };
    for (column, entry) in table {
        let taken = match &entry.node.value {
            Value::Text(id) => {
                if !fields.iter().any(|field| field.id == *id) {
                    s.push(
                        Code::UnknownReference,
                        &entry.node.at,
                        format!("{what}の columns が指す field「{id}」が、この申請の様式にありません。"),
                        "様式の欄の id を書くか、いつも同じ値なら { value = \"…\" } と書いてください。",
                    );
                }
                Some(Taken::Field(id.clone()))
            }
            Value::Table(inner) => match (inner.len(), inner.get("value").map(|e| &e.node.value)) {
                (1, Some(Value::Text(text))) => Some(Taken::Value(text.clone())),
                _ => None,
            },
            _ => None,
        };
        match taken {
            Some(taken) => columns.push((column.clone(), taken)),
            None => s.push(
                Code::WrongType,
                &entry.node.at,
                format!("{what}の columns の「{column}」は、様式の欄の id でも、決まった値でもありません。"),
                "\"様式の欄の id\" か { value = \"…\" } と書いてください。",
            ),
        }
    }
    columns
}
