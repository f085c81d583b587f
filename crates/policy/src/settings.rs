//! Numbers that are written in place or come from a parameter.
//!
//! Owns: reading a key that takes either, and what it asks of the parameter.
//! Leaves to others: what the number is for (`resolve`).

use std::collections::BTreeMap;

use crate::fields::Fields;
use crate::model::{ParameterType, Setting};
use crate::problem::{Code, Sink};
use crate::toml_text::{Entry, Node, Value};
use crate::written::Kind;

/// Type and number of each parameter, for settings that point at one.
pub(crate) type ParameterValues = BTreeMap<String, (ParameterType, Option<u64>)>;

impl Fields<'_> {
    /// A number written here, or the id of a parameter of the type `takes` that holds it.
    pub(crate) fn setting_opt(
        &mut self,
        key: &'static str,
        takes: ParameterType,
        values: &ParameterValues,
        sink: &mut Sink,
    ) -> Option<Setting> {
        let at = self.at_key(key);
        if let Some(Entry { node: Node { value: Value::Text(_), .. }, .. }) = self.written(key) {
            let id = self.reference(key, Kind::Parameter, sink);
            let (kind, value) = values.get(&id).copied()?;
            if kind != takes {
                sink.push(
                    Code::ParameterType,
                    &at,
                    format!(
                        "{}の「{key}」には {} のパラメータが要りますが、「{id}」は {} です。",
                        self.what(),
                        takes.id(),
                        kind.id()
                    ),
                    format!("type = \"{}\" のパラメータを指してください。", takes.id()),
                );
            }
            if value == Some(0) {
                sink.push(
                    Code::Zero,
                    &at,
                    format!("{}の「{key}」が指すパラメータ「{id}」の値が 0 です。", self.what()),
                    "パラメータの value に 1 以上の整数を書いてください。",
                );
            }
            return Some(Setting { parameter: Some(id), value });
        }
        let number = self.number_opt(key, sink)?;
        if number == 0 {
            self.zero(key, sink);
        }
        Some(Setting { parameter: None, value: Some(number) })
    }

    /// Like [`Fields::setting_opt`] for a key that must be there.
    pub(crate) fn setting(
        &mut self,
        key: &'static str,
        takes: ParameterType,
        values: &ParameterValues,
        sink: &mut Sink,
    ) -> Setting {
        if !self.has(key) {
            self.missing(key, "1(数)または \"パラメータの id\"");
        }
        self.setting_opt(key, takes, values, sink).unwrap_or(Setting { parameter: None, value: None })
    }
}
