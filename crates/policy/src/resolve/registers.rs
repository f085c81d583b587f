//! Reading registers: their columns, who keeps and who reads them.
//!
//! Owns: which keys they have, what each type of column needs, and that what a column says of its own table is true.
//! Leaves to others: typed keys and references (`fields`), what registers say of each other (`check`).

use super::{Reader, no_effect};
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{
    Axis, COLUMN_CHARS_MAX, COLUMNS_MAX, Column, ColumnType, Derivation, Derived, Mechanism, Readers,
    Register, RegisterScope,
};
use crate::problem::{Code, Sink, nearest};
use crate::toml_text::{Node, Value};
use crate::written::{Kind, is_id};

/// The word for readers that means whoever has an account.
const EVERYBODY: &str = "everybody";
/// The word for whoever classifies what nobody else could.
const MANAGER: &str = "manager";
/// The greatest number a column takes: beyond it programs that know only floating numbers would change it.
const NUMBER_MAX: u64 = 999_999_999_999_999;

impl Reader<'_> {
    pub(super) fn register(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Register {
        let s = &mut self.sink;
        let title = f.text("title", s);
        let description = f.text("description", s);
        let number = number_prefix(f, s);
        let scope = f.word("scope", RegisterScope::WORDS, RegisterScope::Section, s);
        let manager = f.reference("manager", Kind::Role, s);
        let editors = f.references("editors", Kind::Role, s);
        let readers = readers(f, s);
        let zones = f.references("zones", Kind::Zone, s);
        let mechanism = f.word_opt("mechanism", Mechanism::WORDS, s);
        let record_class = f.reference_opt("record_class", Kind::RecordClass, s);
        let statements = f.references("statements", Kind::Statement, s);
        let statements_unknown = f.references("statements_unknown", Kind::Statement, s);
        let order = if f.has("order") { f.number("order", s) } else { u32::MAX };
        let mut columns: Vec<Column> = Vec::new();
        for (id, table) in f.tables("column", s) {
            let column = column(id, table, s);
            columns.push(column);
        }
        for column in &columns {
            check_link_named(column, &columns, s);
        }
        if f.has("statements_unknown") && !columns.iter().any(|c| c.unknown_to_manager) {
            no_effect(f, "statements_unknown", "unknown = \"manager\" の欄がないので", s);
        }
        if columns.is_empty() {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}に欄がありません。", f.what()),
                "[[register.column]] を一つ以上書いてください。",
            );
        } else if !columns.iter().any(Column::names_rows) {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}に、行の名前になる欄がありません。", f.what()),
                "一つ以上の [[register.column]] に type = \"text\" と required = true を書いてください。",
            );
        }
        if columns.len() > COLUMNS_MAX {
            s.push(
                Code::TooLarge,
                &f.at,
                format!("{}の欄が多すぎます(上限 {COLUMNS_MAX} 欄)。", f.what()),
                "使わない欄を消すか、台帳を分けてください。",
            );
        }
        Register {
            id: item.id.clone(),
            title,
            description,
            number,
            scope,
            manager,
            editors,
            readers,
            zones,
            mechanism,
            record_class,
            statements,
            statements_unknown,
            order,
            columns,
            origin: item.at.clone(),
        }
    }
}

/// What stands before a row's number; people write it, so it is short and cannot be taken for a digit.
fn number_prefix(f: &mut Fields<'_>, s: &mut Sink) -> String {
    let at = f.at_key("number");
    let number = f.text("number", s);
    let well_made = number.len() <= 12
        && number.starts_with(|c: char| c.is_ascii_uppercase())
        && number.chars().all(|c| c.is_ascii_uppercase() || c == '-');
    if !number.is_empty() && !well_made {
        s.push(
            Code::WrongValue,
            &at,
            format!("{}の「number」に「{number}」は使えません。", f.what()),
            "英大文字で始まり、英大文字とハイフンだけの 12 文字以内で書いてください。例: \"A-\"",
        );
    }
    number
}

/// Roles, or the word that means everybody.
fn readers(f: &mut Fields<'_>, s: &mut Sink) -> Readers {
    if let Some(Node { value: Value::Text(_), .. }) = f.written("readers").map(|e| &e.node) {
        f.word("readers", &[(EVERYBODY, ())], (), s);
        return Readers::Everybody;
    }
    if !f.has("readers") {
        f.missing("readers", "\"everybody\"(または役割の並び [\"…\"])");
    }
    Readers::Roles(f.references("readers", Kind::Role, s))
}

fn column(id: String, mut f: Fields<'_>, s: &mut Sink) -> Column {
    if !id.is_empty() && !is_id(&id, false) {
        s.push(
            Code::WrongId,
            &f.at_key("id"),
            format!("{}の id は使えません。", f.what()),
            "英小文字・数字・ハイフンだけで、英字から始まる 80 文字以内の id にしてください。",
        );
    }
    let title = f.text("title", s);
    let kind = f.word("type", ColumnType::WORDS, ColumnType::Text, s);
    // What follows from the type is not judged where there is none.
    let known = match f.written("type").map(|e| &e.node.value) {
        Some(Value::Text(word)) => ColumnType::from_id(word).is_some(),
        _ => false,
    };
    let column = Column {
        id,
        title,
        kind,
        required: f.flag("required", false, s),
        choices: f.texts("choices", s).into_iter().map(|(text, _)| text).collect(),
        chars_max: if f.has("chars_max") { f.number("chars_max", s) } else { 1_000 },
        min: f.number_opt("min", s).unwrap_or(0),
        max: f.number_opt("max", s).unwrap_or(NUMBER_MAX),
        axis: f.word_opt("axis", Axis::WORDS, s),
        to: f.reference_opt("to", Kind::Register, s),
        many: f.flag("many", false, s),
        filter: f.flag("filter", false, s),
        unique: f.flag("unique", false, s),
        shown_in_list: f.flag("shown_in_list", false, s),
        derived: derived(&mut f, s),
        unknown_to_manager: f.word_opt("unknown", &[(MANAGER, ())], s).is_some(),
        help: f.text_opt("help", s),
        origin: f.at.clone(),
    };
    if known {
        check_needs(&f, &column, s);
        check_superfluous(&f, &column, s);
    }
    f.finish(s);
    column
}

fn derived(f: &mut Fields<'_>, s: &mut Sink) -> Option<Derived> {
    let how = f.word_opt("derived", Derivation::WORDS, s);
    let over = f.text_opt("over", s);
    Some(Derived { how: how?, over })
}

/// What the type of a column cannot do without.
fn check_needs(f: &Fields<'_>, c: &Column, s: &mut Sink) {
    let mut needs = |absent: bool, key: &str, example: &str| {
        if absent && !f.has(key) {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}は type が {} ですが {key} がありません。", f.what(), c.kind.id()),
                format!("{key} = {example} を書き足してください。"),
            );
        }
    };
    needs(c.kind == ColumnType::Choice && c.choices.is_empty(), "choices", "[\"…\", \"…\"]");
    needs(c.kind == ColumnType::Level && c.axis.is_none(), "axis", "\"confidentiality\"");
    needs(c.kind == ColumnType::Link && c.to.is_none(), "to", "\"台帳の id\"");
    if let Some(derived) = &c.derived {
        if derived.how != Derivation::Handling && derived.over.is_none() && !f.has("over") {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}は derived が {} ですが over がありません。", f.what(), derived.how.id()),
                "over = \"同じ台帳の、type が link の欄の id\" を書き足してください。",
            );
        }
        let fits = match derived.how {
            Derivation::Handling => matches!(c.kind, ColumnType::Text | ColumnType::LongText),
            Derivation::HighestLevel => c.kind == ColumnType::Level,
            Derivation::Inherited => c.kind != ColumnType::Link,
        };
        if !fits {
            let want = match derived.how {
                Derivation::Handling => "text か long-text",
                Derivation::HighestLevel => "level",
                Derivation::Inherited => "link でないもの",
            };
            s.push(
                Code::WrongValue,
                &f.at_key("derived"),
                format!(
                    "{}の derived「{}」は、type が {} の欄には使えません。",
                    f.what(),
                    derived.how.id(),
                    c.kind.id()
                ),
                format!("type を {want} にするか、derived の行を消してください。"),
            );
        }
    }
    if c.min > c.max {
        s.push(
            Code::OutOfBounds,
            &f.at_key("min"),
            format!("{}の min({})が max({})より大きくなっています。", f.what(), c.min, c.max),
            "min を max 以下にしてください。",
        );
    }
    if c.chars_max > COLUMN_CHARS_MAX {
        s.push(
            Code::TooLarge,
            &f.at_key("chars_max"),
            format!("{}の chars_max が大きすぎます。", f.what()),
            format!("{COLUMN_CHARS_MAX} 以下にしてください。"),
        );
    }
    let unusable = |key: &str, why: &str, s: &mut Sink| {
        s.push(
            Code::WrongValue,
            &f.at_key(key),
            format!("{}の「{key}」は、{why}使えません。", f.what()),
            "この行を消してください。",
        );
    };
    if c.filter && c.kind == ColumnType::LongText {
        unusable("filter", "複数行の文なので", s);
    }
    if c.filter && c.derived.as_ref().is_some_and(|d| d.how == Derivation::Handling) {
        unusable("filter", "分類から決まる文なので(分類の欄で絞り込めます)", s);
    }
    let can_be_unique = matches!(
        c.kind,
        ColumnType::Text | ColumnType::Number | ColumnType::Person | ColumnType::Section | ColumnType::Zone
    );
    if c.unique && !can_be_unique {
        unusable("unique", &format!("type が {} なので", c.kind.id()), s);
    } else if c.unique && c.derived.is_some() {
        unusable("unique", "人が書かない欄なので", s);
    }
    if c.required && c.is_computed() {
        unusable("required", "人が書かない欄なので", s);
    }
    if c.required && c.unknown_to_manager {
        unusable("required", "unknown = \"manager\" は空のままの行を待たせるものなので", s);
    }
}

/// Keys that belong to another type of column.
fn check_superfluous(f: &Fields<'_>, c: &Column, s: &mut Sink) {
    let typed_text = matches!(c.kind, ColumnType::Text | ColumnType::LongText);
    for (key, belongs) in [
        ("choices", c.kind == ColumnType::Choice),
        ("chars_max", typed_text),
        ("min", c.kind == ColumnType::Number),
        ("max", c.kind == ColumnType::Number),
        ("axis", c.kind == ColumnType::Level),
        ("to", c.kind == ColumnType::Link),
        ("many", c.kind == ColumnType::Link),
        ("unknown", c.kind == ColumnType::Level && !c.is_computed()),
        ("over", c.derived.as_ref().is_some_and(|d| d.how != Derivation::Handling)),
    ] {
        if f.has(key) && !belongs {
            no_effect(f, key, "この種類の欄では", s);
        }
    }
}

/// The column over which another looks must be a link of the same register.
fn check_link_named(column: &Column, columns: &[Column], s: &mut Sink) {
    let Some(over) = column.derived.as_ref().and_then(|d| d.over.as_deref()) else { return };
    match columns.iter().find(|c| c.id == over) {
        None => {
            let links = columns.iter().filter(|c| c.kind == ColumnType::Link).map(|c| c.id.as_str());
            let instead = match nearest(over, links) {
                Some(near) => format!("「{near}」ではありませんか。"),
                None => "同じ台帳の、type が link の欄の id を書いてください。".to_owned(),
            };
            s.push(
                Code::UnknownReference,
                &column.origin,
                format!("column「{}」の over が指す欄「{over}」が、この台帳にありません。", column.id),
                instead,
            );
        }
        Some(link) if link.kind != ColumnType::Link => s.push(
            Code::WrongValue,
            &column.origin,
            format!("column「{}」の over が指す欄「{over}」の type は {} です。", column.id, link.kind.id()),
            "type が link の欄を指してください。",
        ),
        Some(link)
            if link.many && column.derived.as_ref().is_some_and(|d| d.how == Derivation::Inherited) =>
        {
            s.push(
                Code::WrongValue,
                &column.origin,
                format!("column「{}」は、複数の行につながる欄「{over}」からは引き継げません。", column.id),
                "many の付いていない link の欄を指してください。",
            );
        }
        Some(_) => {}
    }
}
