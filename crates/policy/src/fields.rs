//! Typed reading of one table.
//!
//! Owns: taking each key once, as the type it must have, with a problem for what is absent, mistyped, not
//! allowed or never asked for.
//! Leaves to others: which keys a table has (`resolve`).
//!
//! A reader that found a problem goes on with a stand-in value, so that one run reports everything; `resolve`
//! gives no pack once there was an error, so no stand-in gets out.

use std::collections::{BTreeMap, BTreeSet};

use crate::merged::Merged;
use crate::problem::{Code, Origin, Sink, nearest};
use crate::toml_text::{Entry, NO_DATE, Node, Table, Value};
use crate::wareki::{self, NoDate};
use crate::written::Kind;

/// One table being read.
pub(crate) struct Fields<'t> {
    /// What the table is, for messages: `zone「lgwan」`.
    what: String,
    pub(crate) at: Origin,
    table: &'t Table,
    asked: Vec<&'static str>,
    /// Keys that must be there and are not, with an example. Told at the end, when it is known which of them
    /// are there under a misspelled name.
    missed: Vec<(&'static str, String)>,
    merged: &'t Merged,
}

impl<'t> Fields<'t> {
    pub(crate) fn new(what: String, at: Origin, table: &'t Table, merged: &'t Merged) -> Self {
        Self { what, at, table, asked: Vec::new(), missed: Vec::new(), merged }
    }

    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Whether the key is written at all; does not count as reading it.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The place of a key's value, or of the table when the key is absent.
    pub(crate) fn at_key(&self, key: &str) -> Origin {
        self.table.get(key).map_or_else(|| self.at.clone(), |e| e.node.at.clone())
    }

    /// What stands at a key; does not count as reading it.
    pub(crate) fn written(&self, key: &str) -> Option<&'t Entry> {
        self.table.get(key)
    }

    fn take(&mut self, key: &'static str) -> Option<&'t Entry> {
        self.asked.push(key);
        self.table.get(key)
    }

    pub(crate) fn missing(&mut self, key: &'static str, example: &str) {
        self.missed.push((key, example.to_owned()));
    }

    fn wrong_type(&self, key: &str, node: &Node, want: &str, example: &str, sink: &mut Sink) {
        sink.push(
            Code::WrongType,
            &node.at,
            format!("{}の「{key}」は{want}で書きます({}になっています)。", self.what, node.value.type_ja()),
            format!("{key} = {example} のように書いてください。"),
        );
    }

    /// A text that may be absent. Empty texts are refused: an absent key says the same without doubt.
    pub(crate) fn text_opt(&mut self, key: &'static str, sink: &mut Sink) -> Option<String> {
        let entry = self.take(key)?;
        match &entry.node.value {
            Value::Text(text) if text.trim().is_empty() => {
                sink.push(
                    Code::WrongValue,
                    &entry.node.at,
                    format!("{}の「{key}」が空です。", self.what),
                    "内容を書くか、この行を消してください。",
                );
                None
            }
            Value::Text(text) => Some(text.clone()),
            _ => {
                self.wrong_type(key, &entry.node, "文字列", "\"…\"", sink);
                None
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, key: &'static str, sink: &mut Sink) -> String {
        if !self.has(key) {
            self.missing(key, "\"…\"");
        }
        self.text_opt(key, sink).unwrap_or_default()
    }

    pub(crate) fn flag(&mut self, key: &'static str, absent: bool, sink: &mut Sink) -> bool {
        match self.take(key).map(|e| &e.node) {
            None => absent,
            Some(Node { value: Value::Bool(flag), .. }) => *flag,
            Some(node) => {
                self.wrong_type(key, node, "true か false", "true", sink);
                absent
            }
        }
    }

    /// A flag that must be there, because either answer has consequences.
    pub(crate) fn flag_said(&mut self, key: &'static str, sink: &mut Sink) -> bool {
        if !self.has(key) {
            self.missing(key, "true");
        }
        self.flag(key, false, sink)
    }

    /// A whole number of zero or more that may be absent.
    pub(crate) fn number_opt(&mut self, key: &'static str, sink: &mut Sink) -> Option<u64> {
        let entry = self.take(key)?;
        match &entry.node.value {
            Value::Integer(number) => match u64::try_from(*number) {
                Ok(number) => Some(number),
                Err(_) => {
                    sink.push(
                        Code::WrongValue,
                        &entry.node.at,
                        format!("{}の「{key}」に負の数は使えません。", self.what),
                        "0 以上の整数を書いてください。",
                    );
                    None
                }
            },
            _ => {
                self.wrong_type(key, &entry.node, "整数", "1", sink);
                None
            }
        }
    }

    /// A whole number of one or more that must be there.
    pub(crate) fn number(&mut self, key: &'static str, sink: &mut Sink) -> u32 {
        if !self.has(key) {
            self.missing(key, "1");
        }
        let Some(number) = self.number_opt(key, sink) else { return 1 };
        if number == 0 {
            self.zero(key, sink);
        }
        u32::try_from(number).unwrap_or_else(|_| {
            sink.push(
                Code::WrongValue,
                &self.at_key(key),
                format!("{}の「{key}」が大きすぎます。", self.what),
                format!("{} 以下の整数を書いてください。", u32::MAX),
            );
            1
        })
    }

    pub(crate) fn zero(&self, key: &str, sink: &mut Sink) {
        sink.push(
            Code::Zero,
            &self.at_key(key),
            format!("{}の「{key}」が 0 です。", self.what),
            "1 以上の整数を書いてください。",
        );
    }

    /// A date that may be absent.
    pub(crate) fn date_opt(&mut self, key: &'static str, sink: &mut Sink) -> Option<String> {
        let entry = self.take(key)?;
        if let Value::Date(date) = &entry.node.value {
            return Some(date.clone());
        }
        let words = match &entry.node.value {
            Value::Other(NO_DATE) => return None,
            Value::Text(text) => wareki::read(text).map(|read| (text, read)),
            _ => None,
        };
        let no_date = |text: &str, why: String, sink: &mut Sink| {
            sink.push(
                Code::WrongValue,
                &entry.node.at,
                format!("{}の「{key}」の「{text}」は暦にない日付です({why})。", self.what),
                format!(
                    "正しい日付を確かめて、{key} = 2026-04-01 のように西暦で、引用符なしで書いてください。"
                ),
            );
        };
        match words {
            Some((text, Ok(date))) => sink.push(
                Code::WrongType,
                &entry.node.at,
                format!(
                    "{}の「{key}」は西暦の日付を引用符なしで書きます(「{text}」になっています)。",
                    self.what
                ),
                format!("{key} = {date} と書いてください。"),
            ),
            Some((text, Err(NoDate::Month(month)))) => no_date(text, format!("{month}月はありません"), sink),
            Some((text, Err(NoDate::Day(day)))) => no_date(text, format!("{day}日はありません"), sink),
            Some((text, Err(NoDate::Incomplete))) => no_date(text, "日までありません".to_owned(), sink),
            None => self.wrong_type(key, &entry.node, "日付(引用符なし)", "2026-04-01", sink),
        }
        None
    }

    /// A date that must be there.
    pub(crate) fn date(&mut self, key: &'static str, sink: &mut Sink) -> String {
        if !self.has(key) {
            self.missing(key, "2026-04-01");
        }
        self.date_opt(key, sink).unwrap_or_default()
    }

    /// One word of a closed list that may be absent.
    pub(crate) fn word_opt<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        sink: &mut Sink,
    ) -> Option<T> {
        let at = self.at_key(key);
        let text = self.text_opt(key, sink)?;
        self.word_of(key, &text, &at, words, sink)
    }

    /// One word of a closed list that must be there; the stand-in is the list's first.
    pub(crate) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        stand_in: T,
        sink: &mut Sink,
    ) -> T {
        if !self.has(key) {
            let example = words.first().map_or("…", |w| w.0);
            self.missing(key, &format!("\"{example}\""));
        }
        self.word_opt(key, words, sink).unwrap_or(stand_in)
    }

    fn word_of<T: Copy>(
        &self,
        key: &str,
        text: &str,
        at: &Origin,
        words: &[(&'static str, T)],
        sink: &mut Sink,
    ) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let instead = match nearest(text, words.iter().map(|w| w.0)) {
                Some(near) => format!("「{near}」ではありませんか。"),
                None => {
                    let all: Vec<&str> = words.iter().map(|w| w.0).collect();
                    format!("次のどれかを書いてください: {}", all.join("、"))
                }
            };
            sink.push(
                Code::WrongValue,
                at,
                format!("{}の「{key}」に「{text}」は使えません。", self.what),
                instead,
            );
        }
        found
    }

    /// Texts in order; absent is empty. Twice the same is refused.
    pub(crate) fn texts(&mut self, key: &'static str, sink: &mut Sink) -> Vec<(String, Origin)> {
        let Some(entry) = self.take(key) else { return Vec::new() };
        let Value::List(list) = &entry.node.value else {
            self.wrong_type(key, &entry.node, "文字列の並び", "[\"…\"]", sink);
            return Vec::new();
        };
        let mut texts: Vec<(String, Origin)> = Vec::new();
        let mut seen = BTreeSet::new();
        for node in list {
            match &node.value {
                Value::Text(text) if !seen.insert(text.clone()) => sink.push(
                    Code::WrongValue,
                    &node.at,
                    format!("{}の「{key}」に「{text}」が2回あります。", self.what),
                    "一方を消してください。",
                ),
                Value::Text(text) => texts.push((text.clone(), node.at.clone())),
                _ => self.wrong_type(key, node, "文字列の並び", "[\"…\"]", sink),
            }
        }
        texts
    }

    /// Words of a closed list in order; absent is empty.
    pub(crate) fn words<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        sink: &mut Sink,
    ) -> Vec<T> {
        let texts = self.texts(key, sink);
        texts.iter().filter_map(|(text, at)| self.word_of(key, text, at, words, sink)).collect()
    }

    /// The id of an item of another kind that must be there.
    pub(crate) fn reference(&mut self, key: &'static str, kind: Kind, sink: &mut Sink) -> String {
        if !self.has(key) {
            self.missing(key, "\"…\"");
        }
        self.reference_opt(key, kind, sink).unwrap_or_default()
    }

    /// The id of an item of another kind that may be absent.
    pub(crate) fn reference_opt(&mut self, key: &'static str, kind: Kind, sink: &mut Sink) -> Option<String> {
        let at = self.at_key(key);
        let id = self.text_opt(key, sink)?;
        self.check_reference(key, kind, &id, &at, sink);
        Some(id)
    }

    /// Ids of items of another kind; absent is empty.
    pub(crate) fn references(&mut self, key: &'static str, kind: Kind, sink: &mut Sink) -> Vec<String> {
        let texts = self.texts(key, sink);
        for (id, at) in &texts {
            self.check_reference(key, kind, id, at, sink);
        }
        texts.into_iter().map(|(id, _)| id).collect()
    }

    fn check_reference(&self, key: &str, kind: Kind, id: &str, at: &Origin, sink: &mut Sink) {
        if self.merged.item(kind, id).is_some() {
            return;
        }
        if let Some(removal) = self.merged.removal(kind, id) {
            sink.push(
                Code::RemovedReference,
                at,
                format!(
                    "{}の「{key}」が指す {}「{id}」は {}:{} で外されています。",
                    self.what,
                    kind.key(),
                    removal.origin.file,
                    removal.origin.line
                ),
                "この参照も外すか、[[remove]] をやめてください。",
            );
            return;
        }
        let instead = match nearest(id, self.merged.ids(kind)) {
            Some(near) => format!("「{near}」ではありませんか。"),
            None => format!("[[{}]] に id = \"{id}\" を書き足すか、ある id に直してください。", kind.key()),
        };
        sink.push(
            Code::UnknownReference,
            at,
            format!("{}の「{key}」が指す {}「{id}」がありません。", self.what, kind.key()),
            instead,
        );
    }

    /// A value whose type the caller decides: number, text or flag.
    pub(crate) fn any(&mut self, key: &'static str) -> Option<&'t Node> {
        self.take(key).map(|e| &e.node)
    }

    /// A table inside this one that may be absent.
    pub(crate) fn table_opt(&mut self, key: &'static str, sink: &mut Sink) -> Option<Fields<'t>> {
        let entry = self.take(key)?;
        match &entry.node.value {
            Value::Table(table) => {
                Some(Fields::new(format!("{}の {key}", self.what), entry.node.at.clone(), table, self.merged))
            }
            _ => {
                self.wrong_type(key, &entry.node, "表", "{ … }", sink);
                None
            }
        }
    }

    /// Tables inside this one, `[[outer.key]]`; absent is none. Their own `id`s must differ.
    pub(crate) fn tables(&mut self, key: &'static str, sink: &mut Sink) -> Vec<(String, Fields<'t>)> {
        let Some(entry) = self.take(key) else { return Vec::new() };
        let Value::List(list) = &entry.node.value else {
            self.wrong_type(key, &entry.node, "表の並び", "[{ id = \"…\" }]", sink);
            return Vec::new();
        };
        let mut ids: BTreeMap<String, u32> = BTreeMap::new();
        let mut tables = Vec::new();
        for node in list {
            let Value::Table(table) = &node.value else {
                self.wrong_type(key, node, "表の並び", "[{ id = \"…\" }]", sink);
                continue;
            };
            let mut fields =
                Fields::new(format!("{}の {key}", self.what), node.at.clone(), table, self.merged);
            let id = fields.text("id", sink);
            fields.what = format!("{}の {key}「{id}」", self.what);
            if let Some(line) = ids.insert(id.clone(), node.at.line) {
                sink.push(
                    Code::DuplicateId,
                    &node.at,
                    format!("{}に {key}「{id}」が2つあります(もう一つは {line} 行目)。", self.what),
                    "別の id にしてください。",
                );
            }
            tables.push((id, fields));
        }
        tables
    }

    /// Tables inside this one that have no ids, `key = [{ … }, { … }]`; absent is none.
    pub(crate) fn rows(&mut self, key: &'static str, example: &str, sink: &mut Sink) -> Vec<Fields<'t>> {
        let Some(entry) = self.take(key) else { return Vec::new() };
        let Value::List(list) = &entry.node.value else {
            self.wrong_type(key, &entry.node, "表の並び", example, sink);
            return Vec::new();
        };
        let mut rows = Vec::new();
        for node in list {
            match &node.value {
                Value::Table(table) => {
                    let what = format!("{}の {key}", self.what);
                    rows.push(Fields::new(what, node.at.clone(), table, self.merged));
                }
                _ => self.wrong_type(key, node, "表の並び", example, sink),
            }
        }
        rows
    }

    /// Reports every key that nobody asked for, and every key that must be there and is not.
    pub(crate) fn finish(mut self, sink: &mut Sink) {
        for (key, entry) in self.table {
            if self.asked.contains(&key.as_str()) {
                continue;
            }
            let instead = match nearest(key, self.asked.iter().copied()) {
                Some(near) => {
                    self.missed.retain(|(missed, _)| *missed != near);
                    format!("「{near}」と書いてください。")
                }
                None => {
                    let known: BTreeSet<&str> = self.asked.iter().copied().collect();
                    let known: Vec<&str> = known.into_iter().collect();
                    format!("この行を消してください。使えるキー: {}", known.join("、"))
                }
            };
            sink.push(
                Code::UnknownKey,
                &entry.key_at,
                format!("{}にキー「{key}」はありません。", self.what),
                instead,
            );
        }
        for (key, example) in &self.missed {
            sink.push(
                Code::MissingKey,
                &self.at,
                format!("{}に必要なキー「{key}」がありません。", self.what),
                format!("{key} = {example} のように書き足してください。"),
            );
        }
    }
}
