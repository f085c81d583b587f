//! Reading print forms.
//!
//! Owns: which keys they have, finding a template beside the file that names it, and that a layout asks for fields that there are.
//! Leaves to others: typed keys and references (`fields`), compiling a template (`report`, asked for by `policy check --forms`).

use super::Reader;
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{
    CellAlign, CellSays, PrintForm, PrintFormat, PrintLook, PrintOf, SHEET_COLUMNS_MAX, SHEET_ROWS_MAX,
    Sheet, SheetCell,
};
use crate::problem::{Code, Sink, nearest};
use crate::toml_text::{Node, Value};
use crate::written::Kind;

const CELLS: &str = "[{ at = \"A1\", to = \"F1\", text = \"…\" }, { at = \"A2\", field = \"number\" }]";
const TEMPLATE: &str =
    "template = \"print-….typ\" のように、同じフォルダにある .typ ファイルの名前を書いてください。";

impl Reader<'_> {
    pub(super) fn print_form(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> PrintForm {
        let title = f.text("title", &mut self.sink);
        let number = f.text_opt("number", &mut self.sink);
        let of = f.word("for", PrintOf::WORDS, PrintOf::Request, &mut self.sink);
        let only = match of {
            PrintOf::Request => f.references("only", Kind::Request, &mut self.sink),
            PrintOf::RegisterList | PrintOf::RegisterRow => {
                f.references("only", Kind::Register, &mut self.sink)
            }
            PrintOf::Duty => f.references("only", Kind::Duty, &mut self.sink),
            PrintOf::Transfer | PrintOf::FiscalYear | PrintOf::RecordBook => Vec::new(),
        };
        let look = match f.word("format", PrintFormat::WORDS, PrintFormat::Pdf, &mut self.sink) {
            PrintFormat::Pdf => PrintLook::Template(self.template(f)),
            PrintFormat::Xlsx => PrintLook::Sheet(sheet(f, of, &mut self.sink)),
        };
        PrintForm { id: item.id.clone(), title, number, of, only, look, origin: item.at.clone() }
    }

    /// The text of the template: that of a file beside the one that names it, or the lines that are written here.
    fn template(&mut self, f: &mut Fields<'_>) -> String {
        // The same text, whether it stands in a file or here, line by line.
        let whole = |text: &str| format!("{}\n", text.trim_end_matches('\n'));
        let written = match f.any("template").map(|node| &node.value) {
            Some(Value::Text(name)) => name.clone(),
            Some(Value::List(lines)) => {
                let line = |node: &Node| match &node.value {
                    Value::Text(line) => Some(line.clone()),
                    _ => None,
                };
                match lines.iter().map(line).collect::<Option<Vec<String>>>() {
                    Some(lines) => return whole(&lines.join("\n")),
                    None => {
                        let message = format!("{}の template の行に、文字列でないものがあります。", f.what());
                        self.sink.push(Code::WrongType, &f.at_key("template"), message, TEMPLATE);
                        return String::new();
                    }
                }
            }
            Some(other) => {
                let message = format!(
                    "{}の template は文字列で書きます({}になっています)。",
                    f.what(),
                    other.type_ja()
                );
                self.sink.push(Code::WrongType, &f.at_key("template"), message, TEMPLATE);
                return String::new();
            }
            None => {
                f.missing("template", "\"print-….typ\"");
                return String::new();
            }
        };
        let at = f.at_key("template");
        if !written.ends_with(".typ") || written.contains(['/', '\\']) {
            let message =
                format!("{}の template「{written}」は様式のファイルの名前ではありません。", f.what());
            self.sink.push(Code::WrongValue, &at, message, TEMPLATE);
            return String::new();
        }
        match self.library.template(&at.layer, &written) {
            Some(text) => whole(text),
            None => {
                let message =
                    format!("{}の template「{written}」がフォルダ {} にありません。", f.what(), at.layer);
                let instead = match nearest(&written, self.library.templates(&at.layer)) {
                    Some(near) => format!("「{near}」ではありませんか。"),
                    None => TEMPLATE.to_owned(),
                };
                self.sink.push(Code::TemplateMissing, &at, message, instead);
                String::new()
            }
        }
    }
}

fn sheet(f: &mut Fields<'_>, of: PrintOf, s: &mut Sink) -> Sheet {
    let landscape = f.flag("landscape", false, s);
    let mut widths = Vec::new();
    for mut column in f.rows("columns", "[{ width = 12 }, { width = 30 }]", s) {
        widths.push(column.number("width", s).min(200));
        column.finish(s);
    }
    let mut cells: Vec<SheetCell> = Vec::new();
    for cell_fields in f.rows("cells", CELLS, s) {
        cells.extend(cell(cell_fields, of, s));
    }
    if cells.is_empty() {
        s.push(
            Code::MissingKey,
            &f.at_key("cells"),
            format!("{}に cells がありません。", f.what()),
            format!("例: cells = {CELLS}"),
        );
    }
    for (index, cell) in cells.iter().enumerate() {
        let earlier = cells.iter().take(index);
        let overlaps = |other: &&SheetCell| {
            cell.row <= other.row_last
                && other.row <= cell.row_last
                && cell.column <= other.column_last
                && other.column <= cell.column_last
        };
        let differs = |other: &&SheetCell| cell.row == other.row && cell.each != other.each;
        let wrong = if let Some(other) = earlier.clone().find(overlaps) {
            Some(format!("{}と重なるセルがあります", name_of(other.row, other.column)))
        } else if earlier.clone().any(|other| differs(&other)) {
            Some(format!("{}行目の each がそろっていません", cell.row + 1))
        } else {
            None
        };
        if let Some(wrong) = wrong {
            s.push(
                Code::WrongValue,
                &f.at_key("cells"),
                format!("{}のセル{}: {wrong}。", f.what(), name_of(cell.row, cell.column)),
                "セルが重ならず、1行の each がすべて同じになるように書いてください。",
            );
        }
    }
    Sheet { landscape, widths, cells }
}

fn cell(mut f: Fields<'_>, of: PrintOf, s: &mut Sink) -> Option<SheetCell> {
    let at = f.text("at", s);
    let to = f.text_opt("to", s);
    let words = f.text_opt("text", s);
    let field = f.text_opt("field", s);
    let each = f.text_opt("each", s);
    let bold = f.flag("bold", false, s);
    let border = f.flag("border", true, s);
    let label = f.flag("label", false, s);
    let size = f.number_opt("size", s).map(|n| u32::try_from(n).unwrap_or(u32::MAX).clamp(6, 36));
    let align = f.word_opt("align", CellAlign::WORDS, s).unwrap_or(CellAlign::Start);
    let height = f.number_opt("height", s).map(|n| u32::try_from(n).unwrap_or(u32::MAX).clamp(8, 400));
    let first = place(&at);
    let last = to.as_deref().map_or(first, place);
    let wrong = |s: &mut Sink, key: &str, message: String, instead: &str| {
        s.push(Code::WrongValue, &f.at_key(key), message, instead);
    };
    let says = match (words, field) {
        (None, Some(field)) => Some(CellSays::Field(field)),
        (words, None) => Some(CellSays::Words(words.unwrap_or_default())),
        (Some(_), Some(_)) => {
            wrong(
                s,
                "field",
                format!("{}に text と field があります。", f.what()),
                "どちらか一方にしてください。",
            );
            None
        }
    };
    let known: Vec<&str> = of.fields().map(|(field, _)| field).collect();
    if let Some(list) = each.as_deref().filter(|list| !of.has_list(list)) {
        wrong(
            s,
            "each",
            format!("{}の each「{list}」という並びはありません。", f.what()),
            &instead(list, &known),
        );
    } else if let Some(CellSays::Field(field)) = &says
        && !of.has_field(each.as_deref(), field)
        && !of.has_field(None, field)
    {
        let message = format!("{}の field「{field}」はありません。", f.what());
        s.push(Code::UnknownReference, &f.at_key("field"), message, instead(field, &known));
    }
    let ((row, column), (row_last, column_last)) = match (first, last) {
        (Some(first), Some(last)) if first.0 <= last.0 && first.1 <= last.1 => (first, last),
        _ => {
            let message =
                format!("{}の場所「{at}」から「{}」が正しくありません。", f.what(), to.unwrap_or_default());
            wrong(s, "at", message, "A1 のように、左上から右下へ書いてください。");
            f.finish(s);
            return None;
        }
    };
    if each.is_some() && row != row_last {
        wrong(
            s,
            "to",
            format!("{}は each の行なので、1行に収めます。", f.what()),
            "to を同じ行にしてください。",
        );
    }
    f.finish(s);
    Some(SheetCell {
        row,
        column,
        row_last,
        column_last,
        says: says?,
        each,
        bold,
        border,
        label,
        size,
        align,
        height,
    })
}

fn instead(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("「{near}」ではありませんか。"),
        None => format!("使える項目: {}", known.join("、")),
    }
}

/// `B3` as row and column from 0.
fn place(text: &str) -> Option<(u32, u32)> {
    let split = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = text.split_at_checked(split)?;
    let column = letters.chars().try_fold(0u32, |sum, c| {
        c.is_ascii_uppercase()
            .then(|| sum.saturating_mul(26).saturating_add(u32::from(c) - u32::from('A') + 1))
    })?;
    let row: u32 = digits.parse().ok()?;
    let is_inside = (1..=SHEET_COLUMNS_MAX).contains(&column) && (1..=SHEET_ROWS_MAX).contains(&row);
    is_inside.then(|| (row - 1, column - 1))
}

fn name_of(row: u32, column: u32) -> String {
    let letter = |n: u32| char::from(b'A' + u8::try_from(n % 26).unwrap_or(0));
    let name: String = if column < 26 {
        letter(column).to_string()
    } else {
        [letter(column / 26 - 1), letter(column)].into_iter().collect()
    };
    format!("{name}{}", row + 1)
}
