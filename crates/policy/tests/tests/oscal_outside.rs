//! Exports under the eyes of others: the official JSON schemas of OSCAL 1.2.1 and compliance-trestle.
//!
//! Owns: what is written for them, and what a resolved profile must hold.
//! Leaves to others: the judges (oscal_judge.py), getting them (`cargo xtask test` sets `SEKISHO_OSCAL_JUDGE`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use policy::oscal::{Links, Options, export_folder};
use policy::{Library, Pack, ParameterValue};

use crate::support::everything;

pub(crate) const PACKS: [&str; 7] =
    ["base", "hoshimi", "narita", "asahi", "okayama", "tama", "kashiwa-water"];

pub(crate) fn options(public: bool) -> Options<'static> {
    Options { public, last_modified: "2026-04-01T09:00:00+09:00", software: "0.0.0", links: Links::Workspace }
}

/// The packs of a chain of layers, the lowest first.
pub(crate) fn chain(id: &str) -> Vec<Pack> {
    let files = everything();
    let library = Library::new(&files);
    let top = library.resolve(id).unwrap().pack;
    let mut chain: Vec<Pack> = Vec::new();
    for layer in top.layers().iter().filter(|l| l.id != id) {
        chain.push(library.resolve(&layer.id).unwrap().pack);
    }
    chain.push(top);
    chain
}

fn judge() -> Option<(PathBuf, PathBuf)> {
    #[expect(clippy::disallowed_methods, reason = "tests learn of their surroundings from the environment")]
    let folder = std::env::var_os("SEKISHO_OSCAL_JUDGE").map(PathBuf::from)?;
    Some((folder.join("venv/bin/python"), folder.join("schemas")))
}

fn value(value: &ParameterValue) -> String {
    match value {
        ParameterValue::Number(number) => number.to_string(),
        ParameterValue::Text(text) => text.trim().to_owned(),
        ParameterValue::Flag(flag) => flag.to_string(),
    }
}

/// What the resolved profile must hold: every statement as a control, every set value.
fn expected(pack: &Pack, public: bool) -> serde_json::Value {
    let shown = |clause: Option<&str>| {
        !public
            || clause
                .and_then(|id| pack.clause(id))
                .and_then(|c| pack.document(c.document.as_deref()?))
                .is_some_and(|d| d.public)
    };
    let controls: Vec<&str> =
        pack.statements().iter().filter(|s| shown(Some(&s.clause))).map(|s| s.ascii.as_str()).collect();
    let values: BTreeMap<&str, String> = pack
        .parameters()
        .iter()
        .filter(|p| shown(p.clause.as_deref()))
        .filter_map(|p| Some((p.id.as_str(), value(p.value.as_ref()?))))
        .collect();
    serde_json::json!({ "controls": controls, "values": values })
}

fn write(folder: &Path, public: bool) -> usize {
    let mut expectations = serde_json::Map::new();
    let mut written = std::collections::BTreeSet::new();
    for id in PACKS {
        let chain = chain(id);
        let packs: Vec<&Pack> = chain.iter().collect();
        for file in export_folder(&packs, &options(public)).unwrap() {
            let path = folder.join(&file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            if written.insert(file.path.clone()) {
                std::fs::write(path, &file.text).unwrap();
            } else {
                assert_eq!(std::fs::read_to_string(path).unwrap(), file.text, "{}", file.path);
            }
        }
        let wanted = expected(packs.last().unwrap(), public);
        // A profile that shows nothing cannot be resolved to something.
        if !wanted["controls"].as_array().unwrap().is_empty() {
            expectations.insert(id.to_owned(), wanted);
        }
    }
    std::fs::write(folder.join("expected.json"), serde_json::Value::Object(expectations).to_string())
        .unwrap();
    written.len()
}

/// Whether the judges are content with a folder, and what they say; `None` when there are no judges.
#[expect(clippy::disallowed_methods, reason = "the judges are programs of others")]
fn ask(folder: &Path) -> Option<(bool, String)> {
    let Some((python, schemas)) = judge() else {
        eprintln!("skipped: SEKISHO_OSCAL_JUDGE is not set");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oscal_judge.py");
    let out = Command::new(python).arg(script).arg(schemas).arg(folder).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    Some((out.status.success(), said))
}

fn judged(public: bool) {
    let folder = tempfile::tempdir().unwrap();
    let files = write(folder.path(), public);
    let Some((content, said)) = ask(folder.path()) else { return };
    assert!(content, "{said}");
    assert!(said.contains(&format!("{files} files read")), "{said}");
    assert!(said.contains(" 0 complaints"), "{said}");
}

/// The judges are worth something only if they complain.
#[test]
fn outsiders_find_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let chain = chain("hoshimi");
    let packs: Vec<&Pack> = chain.iter().collect();
    for file in export_folder(&packs, &options(false)).unwrap() {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = match file.path.as_str() {
            // No token, an empty list, a time without its offset.
            "catalogs/hoshimi/catalog.json" => file.text.replacen("hoshimi-links-removed", "①", 1),
            "catalogs/base/catalog.json" => {
                file.text.replacen("\"props\": [", "\"links\": [], \"props\": [", 1)
            }
            "component-definitions/hoshimi/component-definition.json" => file.text.replacen("+09:00", "", 2),
            _ => file.text,
        };
        std::fs::write(path, text).unwrap();
    }
    let wanted = serde_json::json!({ "hoshimi": { "controls": ["not-there"], "values": {} } });
    std::fs::write(folder.path().join("expected.json"), wanted.to_string()).unwrap();
    let Some((content, said)) = ask(folder.path()) else { return };
    assert!(!content, "{said}");
    for wanted in [
        "catalogs/hoshimi/catalog.json: schema:",
        "catalogs/base/catalog.json: schema:",
        "component-definition.json: schema:",
        "catalogs/base/catalog.json: trestle:",
        "hoshimi: resolution:",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}

#[test]
fn outsiders_read_every_export() {
    judged(false);
}

#[test]
fn outsiders_read_every_public_export() {
    judged(true);
}
