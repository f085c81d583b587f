//! What one folder wrote, before any other folder is laid over it.
//!
//! Owns: sorting the files of one layer into items by kind and id, `format`, `[pack]` and `[[remove]]`.
//! Leaves to others: laying layers over each other (`merged`) and the meaning of the items' keys (`resolve`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::problem::{Code, Origin, Sink, nearest};
use crate::toml_text::{Entry, Node, Table, Value, parse};
use crate::{FORMAT, GUIDELINE, ITEMS_MAX, SourceFile};

macro_rules! kinds {
    ($($variant:ident = $key:literal),+ $(,)?) => {
        /// The kinds of items; each is an array of tables of this name in the files.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Kind { $($variant),+ }
        impl Kind {
            /// In the order in which they are read and shown.
            pub(crate) const ALL: &'static [Kind] = &[$(Kind::$variant),+];
            pub(crate) fn key(self) -> &'static str { match self { $(Kind::$variant => $key),+ } }
            pub(crate) fn from_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|k| k.key() == key)
            }
        }
    };
}

kinds! {
    Maker = "maker",
    Document = "document",
    Revision = "revision",
    Scope = "scope",
    Term = "term",
    Annotation = "annotation",
    Guideline = "guideline",
    Clause = "clause",
    Statement = "statement",
    Parameter = "parameter",
    Role = "role",
    Department = "department",
    Section = "section",
    Post = "post",
    Level = "level",
    Zone = "zone",
    Request = "request",
    Register = "register",
    Classifier = "classifier",
    Duty = "duty",
    ClosedDay = "closed-day",
    Course = "course",
    Notice = "notice",
    Channel = "channel",
    PrintForm = "print-form",
    RecordClass = "record-class",
}

impl Kind {
    /// Clauses and statements carry the numbers of their own text, which are not plain words.
    fn has_free_ids(self) -> bool {
        matches!(self, Kind::Clause | Kind::Statement)
    }
}

/// One `[[kind]]` table.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) at: Origin,
    /// All keys but `id` and `override`. Shared: many packs stand on one layer.
    pub(crate) table: Arc<Table>,
    /// Whether the writer says that a lower layer's item is meant.
    pub(crate) overrides: bool,
}

/// One `[[remove]]` table.
#[derive(Debug, Clone)]
pub(crate) struct Removal {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) reason: String,
    pub(crate) origin: Origin,
}

/// A single table, such as `[pack]`.
#[derive(Debug, Clone)]
pub(crate) struct Single {
    pub(crate) at: Origin,
    pub(crate) table: Table,
}

/// One folder.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) layer: Arc<str>,
    pub(crate) pack: Option<Single>,
    pub(crate) retention: Option<Single>,
    pub(crate) notices: Option<Single>,
    pub(crate) items: BTreeMap<Kind, Items>,
    pub(crate) removals: Vec<Removal>,
}

/// The items of one kind, in the order of the files.
#[derive(Debug, Default)]
pub(crate) struct Items {
    pub(crate) list: Vec<Item>,
    index: HashMap<String, usize>,
}

impl Items {
    pub(crate) fn get(&self, id: &str) -> Option<&Item> {
        self.list.get(*self.index.get(id)?)
    }

    fn push(&mut self, item: Item) {
        self.index.insert(item.id.clone(), self.list.len());
        self.list.push(item);
    }
}

/// Reads the files of one layer.
pub(crate) fn read(layer: &Arc<str>, files: &[&SourceFile], sink: &mut Sink) -> Written {
    let mut written = Written {
        layer: Arc::clone(layer),
        pack: None,
        retention: None,
        notices: None,
        items: BTreeMap::new(),
        removals: Vec::new(),
    };
    for file in files.iter().filter(|file| !crate::is_template(&file.path)) {
        let Some(table) = parse(file, layer, sink) else { continue };
        let top = Origin { layer: Arc::clone(layer), file: file.path.as_str().into(), line: 1, column: 1 };
        check_format(&table, &top, sink);
        for (key, entry) in table {
            match key.as_str() {
                "format" => {}
                "pack" => single(&mut written.pack, &key, entry, sink),
                "retention" => single(&mut written.retention, &key, entry, sink),
                "notices" => single(&mut written.notices, &key, entry, sink),
                "remove" => {
                    for (at, table) in tables(&key, entry, sink) {
                        written.removals.extend(removal(at, &table, sink));
                    }
                }
                _ => match Kind::from_key(&key) {
                    Some(kind) if (kind == Kind::Guideline) != (&**layer == GUIDELINE) => {
                        misplaced(kind, &entry, sink);
                    }
                    Some(kind) => {
                        let items = written.items.entry(kind).or_default();
                        for (at, table) in tables(&key, entry, sink) {
                            add_item(items, kind, at, table, sink);
                        }
                    }
                    None => unknown_top(&key, &entry, sink),
                },
            }
        }
    }
    written
}

fn check_format(table: &Table, top: &Origin, sink: &mut Sink) {
    let instead = format!("ファイルの先頭に format = {FORMAT} と書いてください。");
    match table.get("format").map(|e| &e.node) {
        None => sink.push(Code::Format, top, "format がありません。", instead),
        Some(Node { value: Value::Integer(1), .. }) => {}
        Some(node) => sink.push(
            Code::Format,
            &node.at,
            format!("この版が読める format は {FORMAT} だけです。"),
            instead,
        ),
    }
}

fn single(slot: &mut Option<Single>, key: &str, entry: Entry, sink: &mut Sink) {
    let Value::Table(table) = entry.node.value else {
        sink.push(
            Code::WrongType,
            &entry.node.at,
            format!("「{key}」は表で書きます({}になっています)。", entry.node.value.type_ja()),
            format!("[{key}] と書き、その下に キー = 値 を並べてください。"),
        );
        return;
    };
    match slot {
        Some(first) => sink.push(
            Code::DuplicateId,
            &entry.node.at,
            format!("[{key}] が2つあります(もう一つは {}:{})。", first.at.file, first.at.line),
            "一つにまとめてください。",
        ),
        None => *slot = Some(Single { at: entry.node.at, table }),
    }
}

/// The tables of an `[[array]]`.
fn tables(key: &str, entry: Entry, sink: &mut Sink) -> Vec<(Origin, Table)> {
    let wrong = |at: &Origin, type_ja: &str, sink: &mut Sink| {
        sink.push(
            Code::WrongType,
            at,
            format!("「{key}」は表の並びで書きます({type_ja}になっています)。"),
            format!("[[{key}]] と二重の括弧で書いてください。"),
        );
    };
    let Value::List(list) = entry.node.value else {
        wrong(&entry.node.at, entry.node.value.type_ja(), sink);
        return Vec::new();
    };
    let mut tables = Vec::new();
    for node in list {
        match node.value {
            Value::Table(table) => tables.push((node.at, table)),
            other => wrong(&node.at, other.type_ja(), sink),
        }
    }
    tables
}

fn add_item(items: &mut Items, kind: Kind, at: Origin, mut table: Table, sink: &mut Sink) {
    let key = kind.key();
    let id = match table.remove("id").map(|e| e.node) {
        Some(Node { value: Value::Text(id), at }) => {
            if !is_id(&id, kind.has_free_ids()) {
                sink.push(
                    Code::WrongId,
                    &at,
                    format!("[[{key}]] の id「{}」は使えません。", shortened(&id)),
                    if kind.has_free_ids() {
                        "空白を含まない 120 文字以内の id にしてください。"
                    } else {
                        "英小文字・数字・ハイフンだけで、英字から始まる 80 文字以内の id にしてください。"
                    },
                );
                return;
            }
            id
        }
        Some(node) => {
            sink.push(
                Code::WrongType,
                &node.at,
                format!("[[{key}]] の id は文字列で書きます({}になっています)。", node.value.type_ja()),
                "id = \"…\" のように書いてください。",
            );
            return;
        }
        None => {
            sink.push(
                Code::MissingKey,
                &at,
                format!("[[{key}]] に id がありません。"),
                "id = \"…\" を書き足してください。",
            );
            return;
        }
    };
    let overrides = match table.remove("override").map(|e| e.node) {
        None => false,
        Some(Node { value: Value::Bool(flag), .. }) => flag,
        Some(node) => {
            sink.push(
                Code::WrongType,
                &node.at,
                format!("{key}「{id}」の override は true か false で書きます。"),
                "override = true と書いてください。",
            );
            false
        }
    };
    if let Some(first) = items.get(&id) {
        sink.push(
            Code::DuplicateId,
            &at,
            format!("{key}「{id}」が2つあります(もう一つは {}:{})。", first.at.file, first.at.line),
            "どちらかを消すか、別の id にしてください。",
        );
    } else if items.list.len() >= ITEMS_MAX {
        sink.push(
            Code::TooLarge,
            &at,
            format!("[[{key}]] が多すぎます(上限 {ITEMS_MAX} 件)。"),
            "使わないものを消してください。",
        );
    } else {
        items.push(Item { id, at, table: Arc::new(table), overrides });
    }
}

fn removal(at: Origin, table: &Table, sink: &mut Sink) -> Option<Removal> {
    let mut text = |key: &str, example: &str| match table.get(key).map(|e| &e.node) {
        Some(Node { value: Value::Text(text), .. }) if !text.trim().is_empty() => Some(text.clone()),
        other => {
            sink.push(
                Code::MissingKey,
                other.map_or(&at, |n| &n.at),
                format!("[[remove]] に「{key}」が要ります。"),
                format!("{key} = \"{example}\" のように書いてください。"),
            );
            None
        }
    };
    let kind_text = text("kind", "channel");
    let id = text("id", "…");
    let reason = text("reason", "外す理由");
    for (key, entry) in table {
        if !matches!(key.as_str(), "kind" | "id" | "reason") {
            sink.push(
                Code::UnknownKey,
                &entry.key_at,
                format!("[[remove]] にキー「{key}」はありません。"),
                "使えるキー: kind、id、reason",
            );
        }
    }
    let kind_text = kind_text?;
    let Some(kind) = Kind::from_key(&kind_text) else {
        let keys: Vec<&str> = Kind::ALL.iter().map(|k| k.key()).collect();
        sink.push(
            Code::WrongValue,
            table.get("kind").map_or(&at, |e| &e.node.at),
            format!("[[remove]] の kind に「{kind_text}」は使えません。"),
            match nearest(&kind_text, keys.iter().copied()) {
                Some(near) => format!("「{near}」ではありませんか。"),
                None => format!("次のどれかを書いてください: {}", keys.join("、")),
            },
        );
        return None;
    };
    Some(Removal { kind, id: id?, reason: reason?, origin: at })
}

/// Recommendations stand beside the packs, and a layer of them holds nothing that a pack could be made of.
fn misplaced(kind: Kind, entry: &Entry, sink: &mut Sink) {
    let (message, instead) = if kind == Kind::Guideline {
        (
            format!("[[guideline]] は層「{GUIDELINE}」だけに書けます。"),
            format!("フォルダ {GUIDELINE} のファイルに移してください。"),
        )
    } else {
        (
            format!("層「{GUIDELINE}」に [[{}]] は書けません。", kind.key()),
            "指針の層には [[guideline]] だけを書き、ほかは団体のフォルダに移してください。".to_owned(),
        )
    };
    sink.push(Code::GuidelineLayer, &entry.key_at, message, instead);
}

fn unknown_top(key: &str, entry: &Entry, sink: &mut Sink) {
    let known: Vec<&str> = ["format", "pack", "retention", "notices", "remove"]
        .into_iter()
        .chain(Kind::ALL.iter().map(|k| k.key()))
        .collect();
    sink.push(
        Code::UnknownKey,
        &entry.key_at,
        format!("「{}」という表やキーはありません。", shortened(key)),
        match nearest(key, known.iter().copied()) {
            Some(near) => format!("「{near}」と書いてください。"),
            None => format!("使える表: {}", known.join("、")),
        },
    );
}

/// Whether an id is shaped like one; the free ones of clauses and statements carry the numbers of their text.
pub(crate) fn is_id(id: &str, free: bool) -> bool {
    if free {
        let length = id.chars().count();
        (1..=120).contains(&length) && !id.chars().any(|c| c.is_whitespace() || c.is_control())
    } else {
        id.len() <= 80
            && id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    }
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}
