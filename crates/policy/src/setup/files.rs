//! A new body's own layer as TOML.
//!
//! Owns: which file says what. Leaves to others: whether the whole is sound (`Pack::resolve`).

use std::fmt::Write as _;

use super::{Answers, Roster, date, plain, value};
use crate::show::quoted;
use crate::{FORMAT, Pack, ParameterValue, SourceFile};

/// The files, `<id>/<name>.toml`. The answers were checked.
pub(super) fn write(answers: &Answers, below: &Pack, roster: &Roster) -> Vec<SourceFile> {
    let mut files = vec![file(answers, "pack", &pack(answers))];
    let organisation = organisation(roster);
    if !organisation.is_empty() {
        files.push(file(answers, "sections", &organisation));
    }
    let zones = zones(answers, below);
    if !zones.is_empty() {
        files.push(file(answers, "zones", &zones));
    }
    let parameters = parameters(answers, below);
    if !parameters.is_empty() {
        files.push(file(answers, "parameters", &parameters));
    }
    files
}

fn file(answers: &Answers, name: &str, text: &str) -> SourceFile {
    SourceFile { path: format!("{}/{name}.toml", answers.id), text: format!("format = {FORMAT}\n{text}") }
}

fn pack(answers: &Answers) -> String {
    let municipality = &answers.municipality;
    let name = municipality.name.trim();
    let mut out = format!(
        "\n[pack]\nid = {}\nextends = {}\ntitle = {}\nversion = \"初版\"\n",
        quoted(&answers.id),
        quoted(&answers.pack),
        quoted(&format!("{name}情報セキュリティポリシー"))
    );
    if let Some(day) = date(&answers.effective_from) {
        let _ = writeln!(out, "effective_from = {day}");
    }
    let kana = match municipality.kana.trim() {
        "" => String::new(),
        kana => format!(", kana = {}", quoted(kana)),
    };
    let _ = writeln!(
        out,
        "municipality = {{ name = {}{kana}, code = {} }}",
        quoted(name),
        quoted(&plain(&municipality.code))
    );
    out
}

fn organisation(roster: &Roster) -> String {
    let mut out = String::new();
    for (id, name) in &roster.departments {
        let _ = write!(out, "\n[[department]]\nid = {}\nname = {}\n", quoted(id), quoted(name));
    }
    for (number, (id, name, department)) in roster.sections.iter().enumerate() {
        let _ = write!(
            out,
            "\n[[section]]\nid = {}\ncode = \"{:04}\"\nname = {}\nkana = {}\ndepartment = {}\n",
            quoted(id),
            number + 1,
            quoted(name),
            quoted(name),
            quoted(department)
        );
    }
    out
}

fn zones(answers: &Answers, below: &Pack) -> String {
    let mut out = String::new();
    for (id, label) in &answers.zones {
        let label = label.trim();
        if below.zone(id).is_some_and(|zone| zone.label != label) {
            let short: String = label.chars().take(8).collect();
            let _ = write!(
                out,
                "\n[[zone]]\nid = {}\noverride = true\nlabel = {}\nshort = {}\n",
                quoted(id),
                quoted(label),
                quoted(&short)
            );
        }
    }
    out
}

fn parameters(answers: &Answers, below: &Pack) -> String {
    let mut out = String::new();
    for (id, typed) in answers.parameters.iter().filter(|(_, typed)| !typed.trim().is_empty()) {
        let Some(Ok(value)) = below.parameter(id).map(|p| value(p, typed)) else { continue };
        let value = match value {
            ParameterValue::Number(number) => number.to_string(),
            ParameterValue::Text(text) => quoted(&text),
            ParameterValue::Flag(flag) => flag.to_string(),
        };
        let _ = write!(
            out,
            "\n[[parameter]]\nid = {}\noverride = true\nvalue = {value}\ndecided = {}\n",
            quoted(id),
            quoted(answers.decided.trim())
        );
    }
    out
}
