//! TOML text into a tree in which every value knows its place.
//!
//! Owns: parsing with recovery, so that one slip does not hide the next, and the bounds of a file.
//! Leaves to others: what the keys mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::{Code, Origin, Sink};
use crate::{FILE_BYTES_MAX, SourceFile};

/// Tables and lists inside each other. A pack needs four.
const DEPTH_MAX: u32 = 8;
/// Characters of one text.
const TEXT_MAX: usize = 4_000;

/// What stands where a date was that no calendar has; the parser reported it.
pub(crate) const NO_DATE: &str = "暦にない日付";

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Origin,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Bool(bool),
    /// A date without time, `YYYY-MM-DD`.
    Date(String),
    List(Vec<Node>),
    Table(Table),
    /// Valid TOML that no key of a pack takes; the word names it.
    Other(&'static str),
}

impl Value {
    /// The Japanese name of the type, for messages.
    pub(crate) fn type_ja(&self) -> &'static str {
        match self {
            Value::Text(_) => "文字列",
            Value::Integer(_) => "整数",
            Value::Bool(_) => "真偽値",
            Value::Date(_) => "日付",
            Value::List(_) => "並び",
            Value::Table(_) => "表",
            Value::Other(word) => word,
        }
    }
}

/// Keys with their own places.
pub(crate) type Table = BTreeMap<String, Entry>;

/// A key of a table and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key_at: Origin,
    pub(crate) node: Node,
}

/// Parses one file; whatever can be read is returned, whatever cannot is reported. A file beyond the bound is
/// not read at all.
pub(crate) fn parse(file: &SourceFile, layer: &Arc<str>, sink: &mut Sink) -> Option<Table> {
    let places = Places::new(file, layer);
    if file.text.len() > FILE_BYTES_MAX {
        sink.push(
            Code::TooLarge,
            &places.at(0),
            format!("ファイルが大きすぎます(上限 {} KiB)。", FILE_BYTES_MAX >> 10),
            "内容をいくつかの .toml ファイルに分けてください。",
        );
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    for error in errors {
        let at = places.at(error.span().map_or(0, |s| s.start));
        let message = error.message();
        let (what, instead) = explain(message);
        sink.push(Code::Syntax, &at, format!("TOML として読めません: {what}"), instead);
    }
    let read = places.table(table.get_ref(), 0, sink);
    dismantle(table.into_inner());
    Some(read)
}

/// Drops a parsed tree without recursion. The parser bounds brackets and the parts of one dotted key, but not
/// their product: thousands of tables inside each other would use up the stack when dropped in the usual way.
pub(crate) fn dismantle(root: DeTable<'_>) {
    let mut left = vec![DeValue::Table(root)];
    while let Some(value) = left.pop() {
        match value {
            DeValue::Table(table) => left.extend(table.into_iter().map(|(_, v)| v.into_inner())),
            DeValue::Array(list) => left.extend(list.into_iter().map(Spanned::into_inner)),
            _ => {}
        }
    }
}

/// The commonest parse errors in the reader's language. The parser's own words stay visible for the rest.
fn explain(message: &str) -> (String, String) {
    let lower = message.to_lowercase();
    if lower.contains("invalid date") {
        (
            format!("暦にない日付です({message})。"),
            "正しい日付を確かめて、2026-04-01 のように西暦で、引用符なしで書いてください。".to_owned(),
        )
    } else if lower.contains("duplicate key") {
        ("同じキーが2回あります。".to_owned(), "どちらか一方を消してください。".to_owned())
    } else if lower.contains("basic string") || lower.contains("quote") {
        (
            format!("文字列の引用符が閉じていません({message})。"),
            "文字列の前後を \" で囲んでください。".to_owned(),
        )
    } else {
        (
            format!("{message}。"),
            "キー = 値 の形か、[表]・[[表]] の形で書いてください。文字列は \" で囲みます。".to_owned(),
        )
    }
}

/// Turns byte offsets into lines and columns.
struct Places<'f> {
    layer: Arc<str>,
    file: Arc<str>,
    text: &'f str,
    line_starts: Vec<usize>,
}

impl<'f> Places<'f> {
    fn new(file: &'f SourceFile, layer: &Arc<str>) -> Self {
        let line_starts =
            std::iter::once(0).chain(file.text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Self { layer: Arc::clone(layer), file: file.path.as_str().into(), text: &file.text, line_starts }
    }

    fn at(&self, offset: usize) -> Origin {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        Origin {
            layer: Arc::clone(&self.layer),
            file: Arc::clone(&self.file),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
        }
    }

    fn table(&self, table: &DeTable<'_>, depth: u32, sink: &mut Sink) -> Table {
        table
            .iter()
            .map(|(key, value)| {
                let key_at = self.at(key.span().start);
                (key.get_ref().to_string(), Entry { node: self.node(value, &key_at, depth, sink), key_at })
            })
            .collect()
    }

    fn node(&self, value: &Spanned<DeValue<'_>>, key_at: &Origin, depth: u32, sink: &mut Sink) -> Node {
        // A table made by dotted keys has no place of its own.
        let at = if value.span().is_empty() { key_at.clone() } else { self.at(value.span().start) };
        let deeper = depth + 1;
        let inside = match value.get_ref() {
            DeValue::Array(_) | DeValue::Table(_) if deeper > DEPTH_MAX => {
                sink.push(
                    Code::TooLarge,
                    &at,
                    format!("表や並びの入れ子が深すぎます(上限 {DEPTH_MAX} 段)。"),
                    "入れ子を減らしてください。",
                );
                Value::Other("深い入れ子")
            }
            DeValue::String(text) => {
                if text.chars().count() > TEXT_MAX {
                    sink.push(
                        Code::TooLarge,
                        &at,
                        format!("文字列が長すぎます(上限 {TEXT_MAX} 文字)。"),
                        "短く書き、全文は別の文書に置いてください。",
                    );
                }
                Value::Text(text.to_string())
            }
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::Other("大きすぎる整数"),
            },
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Datetime(when) => match (&when.date, &when.time) {
                (Some(date), None) => Value::Date(date.to_string()),
                (None, None) => Value::Other(NO_DATE),
                _ => Value::Other("時刻"),
            },
            DeValue::Float(_) => Value::Other("小数"),
            DeValue::Array(list) => {
                Value::List(list.iter().map(|v| self.node(v, key_at, deeper, sink)).collect())
            }
            DeValue::Table(table) => Value::Table(self.table(table, deeper, sink)),
        };
        Node { at, value: inside }
    }
}
