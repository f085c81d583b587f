//! The resolved pack as text that people read and the loader reads again.
//!
//! Owns: writing merged items as TOML with origins as comments.
//! Leaves to others: everything about their meaning.

use std::fmt::Write as _;

use crate::FORMAT;
use crate::merged::{Merged, MergedItem};
use crate::model::{Pack, Parameter, PrintLook};
use crate::problem::Origin;
use crate::toml_text::{Table, Value};
use crate::written::Kind;

pub(crate) fn show(pack: &Pack, merged: &Merged) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_all(&mut text, pack, merged);
    text
}

fn write_all(out: &mut String, pack: &Pack, merged: &Merged) -> std::fmt::Result {
    let layers: Vec<String> = pack.layers.iter().map(|l| format!("{} {}", l.id, l.version)).collect();
    writeln!(out, "# 方針パック {}: 層 {} を重ねた結果", pack.id, layers.join(" ← "))?;
    writeln!(out, "format = {FORMAT}\n\n[pack]")?;
    writeln!(out, "id = {}", quoted(&pack.id))?;
    writeln!(out, "title = {}", quoted(&pack.title))?;
    writeln!(out, "version = {}", quoted(&pack.version))?;
    if let Some(date) = &pack.effective_from {
        writeln!(out, "effective_from = {date}")?;
    }
    if let Some(m) = &pack.municipality {
        let kana = m.kana.as_ref().map(|k| format!(", kana = {}", quoted(k))).unwrap_or_default();
        writeln!(out, "municipality = {{ name = {}{kana}, code = {} }}", quoted(&m.name), quoted(&m.code))?;
    }
    if !pack.revision_needs.is_empty() {
        let needs: Vec<String> = pack.revision_needs.iter().map(|n| quoted(n.id())).collect();
        writeln!(out, "revision_needs = [{}]", needs.join(", "))?;
    }
    if pack.public_page {
        writeln!(out, "public_page = true")?;
    }
    if let Some(namespace) = &pack.oscal_namespace {
        writeln!(out, "oscal_namespace = {}", quoted(namespace))?;
    }
    if let Some(single) = &merged.retention {
        writeln!(out, "\n[retention]  # {}", place(&single.at))?;
        write_keys(out, &single.table, &single.at)?;
    }
    if let Some(single) = &merged.notices {
        writeln!(out, "\n[notices]  # {}", place(&single.at))?;
        write_keys(out, &single.table, &single.at)?;
    }
    for removal in &merged.removals {
        writeln!(
            out,
            "\n# 外した {}「{}」: {}  # {}",
            removal.kind.key(),
            removal.id,
            one_line(&removal.reason),
            place(&removal.origin)
        )?;
    }
    for kind in Kind::ALL {
        for item in merged.items(*kind) {
            let parameter = if *kind == Kind::Parameter { pack.parameter(&item.id) } else { None };
            let template = match pack.print_form(&item.id).map(|form| &form.look) {
                Some(PrintLook::Template(text)) if *kind == Kind::PrintForm => Some(text.as_str()),
                _ => None,
            };
            write_item(out, *kind, item, parameter, template)?;
            for d in pack.divergences().filter(|d| parameter.is_some_and(|p| p.id == d.parameter.id)) {
                let (title, wanted) = (one_line(&d.guideline.title), one_line(&d.guideline.wanted_ja()));
                writeln!(out, "# 指針との違い: {title}({wanted})  # {}", one_line(&d.guideline.source))?;
            }
        }
    }
    Ok(())
}

fn write_item(
    out: &mut String,
    kind: Kind,
    item: &MergedItem,
    parameter: Option<&Parameter>,
    template: Option<&str>,
) -> std::fmt::Result {
    let overridden: String =
        item.overridden.iter().map(|origin| format!("、上書き {}", place(origin))).collect();
    writeln!(out, "\n[[{}]]  # {}{overridden}", kind.key(), place(&item.at))?;
    writeln!(out, "id = {}", quoted(&item.id))?;
    match template {
        // The file that it lies in is not part of what is shown, so its text stands here.
        Some(text) => {
            let mut table = (*item.table).clone();
            table.remove("template");
            write_keys(out, &table, &item.at)?;
            let lines: Vec<String> = text.trim_end_matches('\n').lines().map(quoted).collect();
            writeln!(out, "template = [{}]", lines.join(", "))?;
        }
        None => write_keys(out, &item.table, &item.at)?,
    }
    if parameter.is_some_and(|p| p.value.is_none()) {
        writeln!(out, "# value は定められていません")?;
    }
    Ok(())
}

/// Keys in one line each; a key of another layer than its item says where it is from.
fn write_keys(out: &mut String, table: &Table, item: &Origin) -> std::fmt::Result {
    for (key, entry) in table {
        write!(out, "{} = ", bare_or_quoted(key))?;
        write_value(out, &entry.node.value)?;
        if entry.key_at.layer != item.layer {
            write!(out, "  # {}", place(&entry.key_at))?;
        }
        out.push('\n');
    }
    Ok(())
}

fn write_value(out: &mut String, value: &Value) -> std::fmt::Result {
    match value {
        Value::Text(text) => out.push_str(&quoted(text)),
        Value::Integer(number) => write!(out, "{number}")?,
        Value::Bool(flag) => write!(out, "{flag}")?,
        Value::Date(date) => out.push_str(date),
        Value::List(list) => {
            out.push('[');
            for (number, node) in list.iter().enumerate() {
                if number > 0 {
                    out.push_str(", ");
                }
                write_value(out, &node.value)?;
            }
            out.push(']');
        }
        Value::Table(table) => {
            out.push_str("{ ");
            for (number, (key, entry)) in table.iter().enumerate() {
                if number > 0 {
                    out.push_str(", ");
                }
                write!(out, "{} = ", bare_or_quoted(key))?;
                write_value(out, &entry.node.value)?;
            }
            out.push_str(" }");
        }
        // No key of a resolved pack takes such a value, so none is left here.
        Value::Other(word) => out.push_str(&quoted(word)),
    }
    Ok(())
}

fn place(origin: &Origin) -> String {
    format!("{}:{}", one_line(&origin.file), origin.line)
}

/// Text that may stand in a comment.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn bare_or_quoted(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if bare { key.to_owned() } else { quoted(key) }
}

/// A TOML basic string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
