//! Reading the text of a policy: clauses, statements, parameters and their values.
//!
//! Owns: which keys they have. Leaves to others: typed keys and references (`fields`).

use super::{Reader, no_effect};
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{
    Assurance, Clause, Mechanism, Modality, Parameter, ParameterType, ParameterValue, Statement,
};
use crate::problem::{Code, Sink};
use crate::toml_text::{Node, Value};
use crate::written::Kind;

impl Reader<'_> {
    pub(super) fn clause(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Clause {
        let s = &mut self.sink;
        Clause {
            id: item.id.clone(),
            section: f.text("section", s),
            title: f.text("title", s),
            origin: item.at.clone(),
        }
    }

    pub(super) fn statement(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Statement {
        let s = &mut self.sink;
        Statement {
            id: item.id.clone(),
            clause: f.reference("clause", Kind::Clause, s),
            roles: f.references("roles", Kind::Role, s),
            modality: f.word("modality", Modality::WORDS, Modality::Must, s),
            title: f.text_opt("title", s),
            gist_ja: f.text("gist_ja", s),
            gist_en: f.text("gist_en", s),
            trigger: f.text_opt("trigger", s),
            evidence: f.text_opt("evidence", s),
            assurance: f.word("assurance", Assurance::WORDS, Assurance::Attest, s),
            capability: f.text("capability", s),
            parameters: f.references("parameters", Kind::Parameter, s),
            mechanisms: f.words("mechanisms", Mechanism::WORDS, s),
            acts: f.texts("acts", s).into_iter().map(|(text, _)| text).collect(),
            sources: f.texts("sources", s).into_iter().map(|(text, _)| text).collect(),
            origin: item.at.clone(),
        }
    }

    pub(super) fn parameter(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Parameter {
        let s = &mut self.sink;
        let kind = f.word("type", ParameterType::WORDS, ParameterType::Text, s);
        let mut parameter = Parameter {
            id: item.id.clone(),
            title: f.text("title", s),
            clause: f.reference_opt("clause", Kind::Clause, s),
            kind,
            min: f.number_opt("min", s),
            max: f.number_opt("max", s),
            choices: f.texts("choices", s).into_iter().map(|(text, _)| text).collect(),
            value: None,
            suggested: None,
            needed: f.flag("needed", false, s),
            decided: f.text_opt("decided", s),
            note: f.text_opt("note", s),
            origin: item.at.clone(),
            value_origin: None,
        };
        for key in ["min", "max"] {
            if f.has(key) && !kind.is_number() {
                no_effect(f, key, "数のパラメータではないので", s);
            }
        }
        if f.has("choices") && kind != ParameterType::Choice {
            no_effect(f, "choices", "type が choice ではないので", s);
        }
        if kind == ParameterType::Choice && parameter.choices.is_empty() {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}は選択ですが choices がありません。", f.what()),
                "choices = [\"…\", \"…\"] を書き足してください。",
            );
        }
        if let (Some(min), Some(max)) = (parameter.min, parameter.max)
            && min > max
        {
            s.push(
                Code::OutOfBounds,
                &f.at_key("min"),
                format!("{}の min({min})が max({max})より大きいです。", f.what()),
                "min を max 以下にしてください。",
            );
        }
        if let Some(node) = f.any("value") {
            parameter.value = value(f.what(), "value", node, &parameter, s);
            parameter.value_origin = Some(node.at.clone());
        }
        if let Some(node) = f.any("suggested") {
            parameter.suggested = value(f.what(), "suggested", node, &parameter, s);
        }
        parameter
    }
}

pub(super) fn number(value: Option<&ParameterValue>) -> Option<u64> {
    match value {
        Some(ParameterValue::Number(number)) => Some(*number),
        _ => None,
    }
}

/// A parameter's value, of its type and inside its bounds.
fn value(what: &str, key: &str, node: &Node, p: &Parameter, sink: &mut Sink) -> Option<ParameterValue> {
    match (&node.value, p.kind) {
        (Value::Text(text), ParameterType::Text) => Some(ParameterValue::Text(text.clone())),
        (Value::Bool(flag), ParameterType::Flag) => Some(ParameterValue::Flag(*flag)),
        (Value::Text(text), ParameterType::Choice) => {
            if !p.choices.contains(text) {
                sink.push(
                    Code::OutOfBounds,
                    &node.at,
                    format!("{what}の {key}「{text}」は選べる値ではありません。"),
                    format!("次のどれかを書いてください: {}", p.choices.join("、")),
                );
            }
            Some(ParameterValue::Text(text.clone()))
        }
        (Value::Integer(integer), kind) if kind.is_number() => {
            let (min, max) = (p.min.unwrap_or(0), p.max.unwrap_or(i64::MAX as u64));
            match u64::try_from(*integer) {
                Ok(number) if (min..=max).contains(&number) => Some(ParameterValue::Number(number)),
                _ => {
                    let bounds = match (p.min, p.max) {
                        (Some(min), Some(max)) => format!("{min} から {max} まで"),
                        (Some(min), None) => format!("{min} 以上"),
                        (None, Some(max)) => format!("{max} 以下"),
                        (None, None) => "0 以上".to_owned(),
                    };
                    sink.push(
                        Code::OutOfBounds,
                        &node.at,
                        format!("{what}の {key}({integer})が範囲の外です。"),
                        format!("{bounds}の整数を書いてください({})。", kind.title_ja()),
                    );
                    None
                }
            }
        }
        (other, kind) => {
            sink.push(
                Code::WrongType,
                &node.at,
                format!(
                    "{what}の {key} は {}({})で書きます({}になっています)。",
                    kind.id(),
                    kind.title_ja(),
                    other.type_ja()
                ),
                match kind {
                    ParameterType::Text | ParameterType::Choice => {
                        format!("{key} = \"…\" のように書いてください。")
                    }
                    ParameterType::Flag => format!("{key} = true か {key} = false と書いてください。"),
                    _ => format!("{key} = 1 のように、引用符なしの整数で書いてください。"),
                },
            );
            None
        }
    }
}
