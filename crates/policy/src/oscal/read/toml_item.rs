//! An item of a pack as TOML, key by key.
//!
//! Owns: writing values so that the loader reads them back.
//! Leaves to others: which keys an item has.

use std::fmt::Write as _;

use crate::import::structured::{GivenItem, Place, Stand};
use crate::model::ParameterValue;
use crate::oscal::markup;
use crate::show::quoted;

/// The longest text of a pack, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 4_000;

/// Words as a pack takes them: one line, within its bound.
pub(super) fn within_pack(words: &str) -> String {
    markup::one_line(words).chars().take(TEXT_CHARS_MAX).collect()
}

/// An item that is being written.
pub(super) struct Item {
    file: &'static str,
    id: String,
    text: String,
}

impl Item {
    /// An item of a kind that goes to a file.
    pub(super) fn new(file: &'static str, kind: &str, id: &str, stand: Stand) -> Self {
        let mut text = format!("[[{kind}]]\nid = {}\n", quoted(id));
        if stand == Stand::Override {
            text.push_str("override = true\n");
        }
        Self { file, id: id.to_owned(), text }
    }

    fn raw(mut self, key: &str, value: &str) -> Self {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{key} = {value}");
        self
    }

    /// Words of one line within the bound of a pack.
    pub(super) fn text(self, key: &str, words: &str) -> Self {
        let value = quoted(&within_pack(words));
        self.raw(key, &value)
    }

    /// The same, unless there are none.
    pub(super) fn maybe(self, key: &str, words: Option<&str>) -> Self {
        match words.filter(|w| !within_pack(w).trim().is_empty()) {
            Some(words) => self.text(key, words),
            None => self,
        }
    }

    pub(super) fn date(self, key: &str, date: &str) -> Self {
        self.raw(key, date)
    }

    pub(super) fn flag(self, key: &str, flag: bool) -> Self {
        self.raw(key, if flag { "true" } else { "false" })
    }

    pub(super) fn number(self, key: &str, number: Option<u64>) -> Self {
        match number {
            Some(number) => self.raw(key, &number.to_string()),
            None => self,
        }
    }

    pub(super) fn list(self, key: &str, words: &[String]) -> Self {
        if words.is_empty() {
            return self;
        }
        let words: Vec<String> = words.iter().map(|w| quoted(&within_pack(w))).collect();
        self.raw(key, &format!("[{}]", words.join(", ")))
    }

    pub(super) fn value(self, key: &str, value: Option<&ParameterValue>) -> Self {
        match value {
            Some(ParameterValue::Number(number)) => self.raw(key, &number.to_string()),
            Some(ParameterValue::Flag(flag)) => self.flag(key, *flag),
            Some(ParameterValue::Text(text)) => self.text(key, text),
            None => self,
        }
    }

    /// The item, and the clause that it belongs to.
    pub(super) fn at(self, clause: Option<&str>) -> GivenItem {
        let place = clause.map(|id| Place::Id(id.to_owned()));
        GivenItem { file: self.file, id: self.id, text: self.text, place }
    }
}

impl Item {
    /// That an item of the layer below is not taken over.
    pub(super) fn removal(kind: &str, id: &str, reason: &str) -> GivenItem {
        let text = format!(
            "[[remove]]\nkind = {}\nid = {}\nreason = {}\n",
            quoted(kind),
            quoted(id),
            quoted(reason)
        );
        GivenItem { file: "removed", id: id.to_owned(), text, place: None }
    }
}
