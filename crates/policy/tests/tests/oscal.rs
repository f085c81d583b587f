//! Exports in OSCAL: what stands in them, and what does not.
//!
//! Owns: what an export holds. Leaves to others: whether outsiders read it (`oscal_outside`), the way back (`oscal_import`).

use std::collections::BTreeSet;

use policy::oscal::{Export, ExportError, Links, Model, Options, export, export_folder};
use policy::{Pack, SourceFile};
use serde_json::Value;

use crate::oscal_outside::{PACKS, chain, options};
use crate::support::{everything, resolved};

fn pack(id: &str) -> Pack {
    resolved(&everything(), id).pack
}

fn json(export: &Export) -> Value {
    serde_json::from_str(&export.text).unwrap()
}

fn catalog(pack: &Pack, public: bool) -> Value {
    json(&export(pack, None, Model::Catalog, &options(public)).unwrap())
}

/// Every object below, with the key of the list it is in.
fn each<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                if name == key {
                    found.extend(inner.as_array().unwrap());
                }
                each(inner, key, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| each(inner, key, found)),
        _ => {}
    }
}

fn all<'v>(value: &'v Value, key: &str) -> Vec<&'v Value> {
    let mut found = Vec::new();
    each(value, key, &mut found);
    found
}

fn prop<'v>(object: &'v Value, name: &str) -> Option<&'v str> {
    let props = object["props"].as_array()?;
    props.iter().find(|p| p["name"] == name).and_then(|p| p["value"].as_str())
}

#[test]
fn every_statement_is_a_control_and_every_clause_a_group() {
    for id in PACKS {
        let pack = pack(id);
        let catalog = catalog(&pack, false);
        let controls: BTreeSet<&str> =
            all(&catalog, "controls").iter().map(|c| prop(c, "statement-id").unwrap()).collect();
        let statements: BTreeSet<&str> = pack.statements().iter().map(|s| s.id.as_str()).collect();
        assert_eq!(controls, statements, "{id}");
        let groups: BTreeSet<&str> =
            all(&catalog, "groups").iter().filter_map(|g| prop(g, "clause-id")).collect();
        let clauses: BTreeSet<&str> = pack.clauses().iter().map(|c| c.id.as_str()).collect();
        assert_eq!(groups, clauses, "{id}");
        let parameters = catalog["catalog"]["params"].as_array().unwrap().len();
        assert_eq!(parameters, pack.parameters().len(), "{id}");
    }
}

#[test]
fn a_statement_is_told_as_it_is() {
    let (mut marked, mut related) = (0, 0);
    for id in PACKS {
        let pack = pack(id);
        let catalog = catalog(&pack, false);
        for control in all(&catalog, "controls") {
            let statement = pack.statement(prop(control, "statement-id").unwrap()).unwrap();
            assert_eq!(control["id"], statement.ascii.as_str());
            assert!(statement.ascii.is_ascii());
            assert_eq!(prop(control, "label"), Some(statement.label.as_str()));
            assert_eq!(prop(control, "modality"), Some(statement.modality.id()));
            assert_eq!(control["parts"][0]["name"], "statement");
            let links = control["links"].as_array().map_or(0, Vec::len);
            assert_eq!(links, statement.relations.len());
            marked += usize::from(statement.label.contains('①'));
            related += links;
        }
    }
    assert!(marked > 10 && related > 10, "{marked} {related}");
}

#[test]
fn two_exports_of_one_pack_are_one_but_for_their_time() {
    let chain = chain("hoshimi");
    let packs: Vec<&Pack> = chain.iter().collect();
    let early = options(false);
    let late = Options { last_modified: "2027-01-31T23:59:59+09:00", ..early };
    let first = export_folder(&packs, &early).unwrap();
    assert_eq!(first, export_folder(&packs, &early).unwrap());
    for (a, b) in first.iter().zip(export_folder(&packs, &late).unwrap()) {
        assert_ne!(a.text, b.text);
        assert_eq!(a.text.replacen(early.last_modified, late.last_modified, 1), b.text, "{}", a.path);
    }
    // Another value is another file.
    let mut files = everything();
    let file = files.iter_mut().find(|f| f.path == "hoshimi/parameters.toml").unwrap();
    assert!(file.text.contains("value = 24"));
    file.text = file.text.replacen("value = 24", "value = 25", 1);
    let other = resolved(&files, "hoshimi").pack;
    assert_ne!(catalog(&other, false)["catalog"]["uuid"], catalog(packs[1], false)["catalog"]["uuid"]);
}

#[test]
fn an_export_says_whether_it_holds_what_is_not_public() {
    let hoshimi = pack("hoshimi");
    let inner = export(&hoshimi, None, Model::Catalog, &options(false)).unwrap();
    assert_eq!(inner.internal, ["星見市情報セキュリティ対策基準", "情報セキュリティ実施手順"]);
    // What stands in no document is not public either, and goes by the name of the whole.
    let mut files = everything();
    let clauses = files.iter_mut().find(|f| f.path == "hoshimi/clauses.toml").unwrap();
    assert!(clauses.text.contains("document = \"school-policy\"\n"));
    clauses.text = clauses.text.replacen("document = \"school-policy\"\n", "", 1);
    let loose = export(&resolved(&files, "hoshimi").pack, None, Model::Catalog, &options(false)).unwrap();
    assert_eq!(loose.internal.last().map(String::as_str), Some("星見市情報セキュリティポリシー"));
    let value = json(&inner);
    let metadata = &value["catalog"]["metadata"];
    assert_eq!(prop(metadata, "publication"), Some("internal"));
    assert_eq!(prop(metadata, "marking"), Some("internal"));
    assert!(metadata["remarks"].as_str().unwrap().contains("星見市情報セキュリティ対策基準"));
    assert_eq!(metadata["published"], "2026-04-01T00:00:00+09:00");

    let outer = export(&hoshimi, None, Model::Catalog, &options(true)).unwrap();
    assert!(outer.internal.is_empty());
    let told: Vec<&str> = hoshimi
        .statements()
        .iter()
        .filter(|s| outer.text.contains(&s.gist_ja))
        .map(|s| s.id.as_str())
        .collect();
    assert!(!told.is_empty() && told.iter().all(|id| id.starts_with("hoshimi/")), "{told:?}");
    assert!(!told.contains(&"hoshimi/links-removed"), "it stands in the standard, which is not public");
    assert_eq!(outer.left_out.statements, hoshimi.statements().len() - told.len());
    assert!(outer.left_out.documents.contains(&"星見市情報セキュリティ対策基準".to_owned()));
    assert_eq!(prop(&json(&outer)["catalog"]["metadata"], "publication"), Some("public"));
}

/// A pack with a public and a secret document, to look for what leaks.
fn two_tiers() -> Pack {
    let mut files: Vec<SourceFile> =
        everything().into_iter().filter(|f| !f.path.starts_with("hoshimi/cl")).collect();
    let text = r#"format = 1
[[clause]]
id = "hoshimi/open"
section = "1"
title = "公開の章"
document = "basic-policy"
[[clause]]
id = "hoshimi/shut"
section = "1の2"
title = "秘匿の章"
parent = "hoshimi/open"
document = "procedures"
[[statement]]
id = "hoshimi/a"
clause = "hoshimi/open"
label = "1"
ascii = "hoshimi-a"
type = "staff-rule"
modality = "must"
gist_ja = "公開の定め"
gist_en = "An open rule"
evidence = "秘匿の証拠"
assurance = "attest"
capability = "x"
mechanisms = ["login"]
parameters = ["open-value", "shut-value"]
note = "秘匿の注"
[[statement]]
id = "hoshimi/b"
clause = "hoshimi/shut"
label = "2"
ascii = "hoshimi-b"
type = "staff-rule"
modality = "must"
gist_ja = "秘匿の定め"
gist_en = "A secret rule"
assurance = "attest"
capability = "x"
[[parameter]]
id = "open-value"
title = "公開の値"
type = "count"
clause = "hoshimi/open"
value = 4711
decided = "秘匿の決定"
[[parameter]]
id = "shut-value"
title = "秘匿の値"
type = "count"
clause = "hoshimi/shut"
value = 4712
[[annotation]]
id = "slip"
clause = "hoshimi/open"
note = "秘匿の書き誤り"
[[term]]
id = "word"
word = "秘匿の語"
meaning = "秘匿の意味"
clause = "hoshimi/shut"
"#;
    files.push(SourceFile { path: "hoshimi/tiers.toml".to_owned(), text: text.to_owned() });
    resolved(&files, "hoshimi").pack
}

#[test]
fn nothing_secret_is_in_a_public_export() {
    let pack = two_tiers();
    let below = resolved(&everything(), "base").pack;
    let inner = export_folder(&[&below, &pack], &options(false)).unwrap();
    let outer = export_folder(&[&below, &pack], &options(true)).unwrap();
    let of_pack = |files: &[Export]| -> String {
        files.iter().filter(|f| f.path.contains("hoshimi")).map(|f| f.text.as_str()).collect()
    };
    let (inner, outer) = (of_pack(&inner), of_pack(&outer));
    for (words, open) in [
        ("公開の定め", true),
        ("公開の章", true),
        ("公開の値", true),
        ("4711", true),
        ("秘匿の定め", false),
        ("秘匿の章", false),
        ("秘匿の証拠", false),
        ("秘匿の注", false),
        ("秘匿の値", false),
        ("4712", false),
        ("秘匿の決定", false),
        ("秘匿の書き誤り", false),
        ("秘匿の語", false),
        ("\"login\"", false),
        ("A secret rule", false),
    ] {
        assert!(inner.contains(words), "{words}");
        assert_eq!(outer.contains(words), open, "{words}");
    }
    assert!(!outer.contains("component-definition"));
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let hoshimi = pack("hoshimi");
    let wrong = Options { last_modified: "2026-04-01", ..options(false) };
    assert_eq!(export(&hoshimi, None, Model::Catalog, &wrong), Err(ExportError::Time));
    assert_eq!(export(&hoshimi, None, Model::Component, &options(true)), Err(ExportError::NotForPublic));
    assert_eq!(export(&hoshimi, None, Model::Profile, &options(false)), Err(ExportError::BelowMissing));
    assert_eq!(export_folder(&[], &options(false)), Ok(Vec::new()));
}

#[test]
fn a_profile_takes_what_is_below_and_settles_values() {
    let chain = chain("narita");
    let relative = Options { links: Links::Relative, ..options(false) };
    let export = export(&chain[1], Some(&chain[0]), Model::Profile, &relative).unwrap();
    let profile = &json(&export)["profile"];
    let imports = profile["imports"].as_array().unwrap();
    assert_eq!(imports.len(), 2);
    for import in imports {
        assert_eq!(import["include-all"], serde_json::json!({}));
        let id = import["href"].as_str().unwrap().strip_prefix('#').unwrap();
        let resource =
            profile["back-matter"]["resources"].as_array().unwrap().iter().find(|r| r["uuid"] == id);
        let href = resource.unwrap()["rlinks"][0]["href"].as_str().unwrap();
        assert!(href.starts_with("../../catalogs/"), "{href}");
    }
    let set = profile["modify"]["set-parameters"].as_array().unwrap();
    let value = set.iter().find(|p| p["param-id"] == "handling-profile").unwrap();
    assert_eq!(value["values"], serde_json::json!(["分類ごとの表の取扱制限による"]));
}

#[test]
fn components_say_what_is_there_and_what_is_planned() {
    let pack = pack("narita");
    let export = export(&pack, None, Model::Component, &options(false)).unwrap();
    let value = json(&export);
    let components = value["component-definition"]["components"].as_array().unwrap();
    let used: BTreeSet<&str> = pack.statements().iter().flat_map(|s| &s.mechanisms).map(|m| m.id()).collect();
    assert_eq!(components.len(), used.len());
    let mut states = BTreeSet::new();
    for component in components {
        let mechanism = policy::Mechanism::from_id(prop(component, "mechanism").unwrap()).unwrap();
        let state = prop(component, "implementation-status").unwrap();
        assert_eq!(state, if mechanism.ships() { "implemented" } else { "planned" });
        states.insert(state);
        let requirements =
            component["control-implementations"][0]["implemented-requirements"].as_array().unwrap();
        let served = pack.served_by(mechanism).count();
        assert_eq!(requirements.len(), served);
    }
    assert_eq!(states.len(), 2);
}

#[test]
fn a_body_has_a_namespace_of_its_own() {
    const OURS: &str = "https://sekisho.example/ns/oscal";
    const THEIRS: &str = "https://www.city.hoshimi.example/ns/oscal";
    let with = |namespace: &str| {
        let mut files = everything();
        let head = files.iter_mut().find(|f| f.path == "hoshimi/pack.toml").unwrap();
        head.text =
            head.text.replacen("[pack]\n", &format!("[pack]\noscal_namespace = \"{namespace}\"\n"), 1);
        // What people wrote is not touched, though it reads like one.
        let notes = files.iter_mut().find(|f| f.path == "hoshimi/documents.toml").unwrap();
        notes.text = notes.text.replacen("共通の土台の章を", &format!("{OURS} 共通の土台の章を"), 1);
        files
    };
    let files = with(THEIRS);
    let pack = resolved(&files, "hoshimi").pack;
    assert_eq!(pack.oscal_namespace(), Some(THEIRS));
    let own = export(&pack, None, Model::Catalog, &options(false)).unwrap();
    assert!(own.text.contains(&format!("\"{THEIRS}\"")));
    assert!(!own.text.contains(&format!("\"{OURS}\"")) && !own.text.contains(&format!("\"{OURS}/")));
    // It is read back as what it is, and the default of the same pack says the same otherwise.
    let library = policy::Library::new(&files);
    let base = resolved(&files, "base").pack;
    let back = policy::oscal::import_catalog(own.text.as_bytes(), Some(&base), &[], &library).unwrap();
    let mut plain = everything();
    let notes = plain.iter_mut().find(|f| f.path == "hoshimi/documents.toml").unwrap();
    notes.text = notes.text.replacen("共通の土台の章を", &format!("{OURS} 共通の土台の章を"), 1);
    let default = export(&resolved(&plain, "hoshimi").pack, None, Model::Catalog, &options(false)).unwrap();
    let same = policy::oscal::import_catalog(default.text.as_bytes(), Some(&base), &[], &library).unwrap();
    let head = policy::import::Head {
        id: "back".to_owned(),
        title: None,
        extends: "base".to_owned(),
        file: "x.json".to_owned(),
    };
    assert_eq!(back.draft.pack(&head).unwrap(), same.draft.pack(&head).unwrap());
    assert!(!back.draft.import().statements.is_empty());
    assert_ne!(own.text, default.text);
    for wrong in [
        "ftp://a.example/ns",
        "https://",
        "https://a.example/",
        "https://a.example/?x",
        "https://a.example/名",
        "a",
    ] {
        let problems = policy::Library::new(&with(wrong)).resolve("hoshimi").unwrap_err();
        assert!(
            problems.iter().any(|p| p.code.id() == "wrong-value" && p.message.contains("oscal_namespace")),
            "{wrong}: {problems:?}"
        );
    }
}
