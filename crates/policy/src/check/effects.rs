//! What requests bring about in registers.
//!
//! Owns: that the columns are there, can be written, take what the form's fields give, and that a row that a request adds has all
//! that its register asks for.
//! Leaves to others: the keys of an effect and the fields it names (`resolve`), the values themselves (`workflow`).

use crate::model::{
    Column, ColumnType, Effect, FormField, FormFieldType, Pack, Register, RequestType, Taken,
};
use crate::problem::{Code, Origin, Sink};

pub(super) fn check(pack: &Pack, sink: &mut Sink) {
    for request in &pack.requests {
        for effect in &request.effects {
            match effect {
                Effect::SetColumn { row, column, value, .. } => {
                    let Some(register) =
                        request.field(row).and_then(|f| pack.register(f.register.as_deref()?))
                    else {
                        // A field that is not there, or of another type: that was reported where it was read.
                        continue;
                    };
                    check_value(request, &request.origin, register, column, value, sink);
                    if let (Some(column), Taken::Value(text)) = (register.column(column), value)
                        && column.required
                        && text.is_empty()
                    {
                        wrong(
                            &request.origin,
                            format!(
                                "{}が register「{}」の必須の欄「{}」を空にします。",
                                what(request),
                                register.id,
                                column.id
                            ),
                            "value に値を書いてください。",
                            sink,
                        );
                    }
                }
                Effect::AddRow { register, columns, only_when, origin } => {
                    let Some(register) = pack.register(register) else { continue };
                    for (column, value) in columns {
                        check_value(request, origin, register, column, value, sink);
                    }
                    let is_filled = |value: &Taken| match value {
                        Taken::Value(text) => !text.is_empty(),
                        Taken::Field(id) => request.field(id).is_some_and(|field| {
                            let asked = field.shown_when.is_none() || field.shown_when == *only_when;
                            field.required && asked
                        }),
                    };
                    for column in register.columns.iter().filter(|c| c.required && !c.is_computed()) {
                        if !columns.iter().any(|(id, value)| *id == column.id && is_filled(value)) {
                            wrong(
                                origin,
                                format!(
                                    "{}が加える register「{}」の一件には、必須の欄「{}」({})がないことがあります。",
                                    what(request),
                                    register.id,
                                    column.id,
                                    column.title
                                ),
                                "columns に、必ず答える様式の欄か { value = \"…\" } を書いてください。",
                                sink,
                            );
                        }
                    }
                }
                Effect::EndRow { .. }
                | Effect::SetParameter { .. }
                | Effect::AdoptRevision { .. }
                | Effect::Publish { .. }
                | Effect::ChangePersonnel { .. } => {}
            }
        }
    }
}

fn what(request: &RequestType) -> String {
    format!("request「{}」の effects", request.id)
}

fn wrong(at: &Origin, message: String, instead: &str, sink: &mut Sink) {
    sink.push(Code::WrongValue, at, message, instead);
}

fn check_value(
    request: &RequestType,
    at: &Origin,
    register: &Register,
    id: &str,
    value: &Taken,
    sink: &mut Sink,
) {
    let Some(column) = register.column(id) else {
        sink.push(
            Code::UnknownReference,
            at,
            format!("{}の欄「{id}」が register「{}」にありません。", what(request), register.id),
            "台帳の [[register.column]] の id を書いてください。",
        );
        return;
    };
    if column.is_computed() {
        wrong(
            at,
            format!("{}の欄「{id}」は、register「{}」では自動で決まります。", what(request), register.id),
            "この欄を除いてください。",
            sink,
        );
        return;
    }
    match value {
        Taken::Value(text) => {
            if column.kind == ColumnType::Choice && !text.is_empty() && !column.choices.contains(text) {
                wrong(
                    at,
                    format!(
                        "{}の「{text}」は、register「{}」の欄「{id}」にありません。",
                        what(request),
                        register.id
                    ),
                    &format!("次のどれかを書いてください: {}", column.choices.join("、")),
                    sink,
                );
            }
        }
        Taken::Field(field) => {
            let Some(field) = request.field(field) else { return };
            if !fits(field, column) {
                wrong(
                    at,
                    format!(
                        "{}の field「{}」({})の答えは、register「{}」の欄「{id}」({})に入りません。",
                        what(request),
                        field.id,
                        field.kind.title_ja(),
                        register.id,
                        column.kind.title_ja()
                    ),
                    "種類と選べる値が合う欄にしてください。",
                    sink,
                );
            }
        }
    }
}

/// Whether what is answered to a field can stand in a column, as far as the definitions tell.
fn fits(field: &FormField, column: &Column) -> bool {
    match (field.kind, column.kind) {
        (
            FormFieldType::Text | FormFieldType::Choice | FormFieldType::Number | FormFieldType::Row,
            ColumnType::Text | ColumnType::LongText,
        )
        | (FormFieldType::Zone, ColumnType::Zone | ColumnType::Text)
        | (FormFieldType::LongText, ColumnType::LongText)
        | (FormFieldType::Date, ColumnType::Date)
        | (FormFieldType::Number, ColumnType::Number)
        | (FormFieldType::Flag, ColumnType::Flag)
        | (FormFieldType::Person, ColumnType::Person)
        // Levels, zones and sections are known by their names.
        | (
            FormFieldType::Text | FormFieldType::Choice,
            ColumnType::Level | ColumnType::Zone | ColumnType::Section,
        ) => true,
        (FormFieldType::Choice, ColumnType::Choice) => {
            field.choices.iter().all(|choice| column.choices.contains(choice))
        }
        (FormFieldType::Row, ColumnType::Link) => field.register == column.to,
        _ => false,
    }
}
