//! Catalogs of OSCAL as drafts: those of this software come back as they were, those of others with every statement.
//!
//! Owns: the way back and what is refused.

use policy::import::{Correction, Draft, Head, PackError};
use policy::oscal::{Imported, LostKind, Model, OscalError, export, import_catalog};
use policy::{CheckReport, Library, Modality, Pack, Parameter, ParameterType, SourceFile, Statement};
use serde_json::{Value, json};

use crate::oscal_outside::{PACKS, chain, options};
use crate::support::{everything, resolved};

fn head(id: &str, extends: &str) -> Head {
    Head { id: id.to_owned(), title: None, extends: extends.to_owned(), file: "x.json".to_owned() }
}

fn imported(text: &str, below: Option<&Pack>) -> Result<Imported, OscalError> {
    let files = everything();
    let library = Library::new(&files);
    import_catalog(text.as_bytes(), below, &[], &library)
}

fn base() -> Pack {
    resolved(&everything(), "base").pack
}

/// The draft as a pack over the shipped ones.
fn as_pack(draft: &Draft, head: &Head, known: Vec<SourceFile>) -> Pack {
    let mut files = known;
    files.extend(draft.pack(head).unwrap());
    match Pack::resolve(&files, &head.id) {
        Ok(resolved) => resolved.pack,
        Err(problems) => panic!("{}", CheckReport::new(&head.id, problems).to_text()),
    }
}

/// Without the places, which differ.
fn bare<T: Clone>(list: &[T], clear: impl Fn(&mut T)) -> Vec<T> {
    let mut list = list.to_vec();
    list.iter_mut().for_each(clear);
    list
}

fn same<T: std::fmt::Debug + PartialEq>(what: &str, mut a: Vec<T>, mut b: Vec<T>, id: fn(&T) -> &str) {
    a.sort_by(|x, y| id(x).cmp(id(y)));
    b.sort_by(|x, y| id(x).cmp(id(y)));
    for (a, b) in a.iter().zip(&b) {
        assert_eq!(a, b, "{what}");
    }
    assert_eq!(a.len(), b.len(), "{what}");
}

macro_rules! compare {
    ($a:expr, $b:expr; $($list:ident),+) => { $(
        let nowhere = $a.clauses()[0].origin.clone();
        same(
            stringify!($list),
            bare($a.$list(), |x| x.origin = nowhere.clone()),
            bare($b.$list(), |x| x.origin = nowhere.clone()),
            |x| &x.id,
        );
    )+ };
}

/// Everything that a catalog is there to carry.
fn same_text(a: &Pack, b: &Pack) {
    compare!(a, b; clauses, statements, roles, documents, makers, revisions, scope, terms, annotations);
    let nowhere = a.clauses()[0].origin.clone();
    let clear = |p: &mut Parameter| {
        p.origin = nowhere.clone();
        p.value_origin = None;
    };
    same("parameters", bare(a.parameters(), clear), bare(b.parameters(), clear), |p| &p.id);
    assert_eq!((a.title(), a.version()), (b.title(), b.version()));
    assert_eq!((a.effective_from(), a.municipality()), (b.effective_from(), b.municipality()));
    // And in each clause in the same order.
    for clause in a.clauses() {
        let ids = |p: &Pack| p.statements_of(&clause.id).map(|s| s.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(a), ids(b), "{}", clause.id);
    }
}

#[test]
fn every_pack_comes_back_from_its_catalog() {
    let base = base();
    for id in PACKS.into_iter().filter(|id| *id != "base") {
        let chain = chain(id);
        let pack = chain.last().unwrap();
        let text = export(pack, Some(&base), Model::Catalog, &options(false)).unwrap().text;
        let got = imported(&text, Some(&base)).unwrap();
        assert_eq!(got.pack.as_deref(), Some(id));
        assert_eq!(got.losses, [], "{id}");
        let own = pack.statements().iter().filter(|s| *s.origin.layer == *id).count();
        assert_eq!(got.draft.import().statements.len(), own, "{id}");
        assert_eq!(got.below, base.statements().len(), "{id}");
        let source = got.draft.source();
        assert_eq!(got.draft.import().glued(source), source);
        assert_eq!(got.draft.import().glued_nodes(source), source);
        // Beside itself under another name, and instead of itself: with the files that a catalog does not carry.
        let mut known = everything();
        let not_text = |f: &SourceFile| {
            ["posts", "sections", "zones", "channels", "classification", "requests"]
                .iter()
                .any(|name| f.path == format!("{id}/{name}.toml"))
        };
        known.retain(|f| !f.path.starts_with(&format!("{id}/")) || not_text(f));
        let back = as_pack(&got.draft, &head(id, "base"), known);
        same_text(pack, &back);
    }
}

#[test]
fn base_comes_back_without_a_layer_below() {
    let base = base();
    let text = export(&base, None, Model::Catalog, &options(false)).unwrap().text;
    let got = imported(&text, None).unwrap();
    assert_eq!(got.losses, []);
    assert_eq!(got.draft.import().statements.len(), base.statements().len());
    let mut known: Vec<SourceFile> = everything();
    let kept = ["posts", "zones", "channels", "classification", "requests"];
    known.retain(|f| !f.path.starts_with("base/") || kept.iter().any(|k| f.path == format!("base/{k}.toml")));
    let retention = "format = 1\n[retention]\noriginals_days = \"originals-retention\"\nresults_days = \"results-retention\"\nevidence_years = \"evidence-retention\"\n";
    known.push(SourceFile { path: "base/retention.toml".to_owned(), text: retention.to_owned() });
    let back = as_pack(&got.draft, &head("base", ""), known);
    same_text(&base, &back);
}

#[test]
fn a_public_catalog_brings_the_public_text_only() {
    let narita = resolved(&everything(), "narita").pack;
    let base = base();
    let text = export(&narita, Some(&base), Model::Catalog, &options(true)).unwrap().text;
    let got = imported(&text, Some(&base)).unwrap();
    let back = as_pack(&got.draft, &head("copy", "base"), everything());
    for statement in back.statements().iter().filter(|s| *s.origin.layer == *"copy") {
        let original = narita.statement(&statement.id).unwrap();
        assert_eq!((&statement.gist_ja, &statement.roles), (&original.gist_ja, &original.roles));
        assert_eq!((statement.modality, statement.kind), (original.modality, original.kind));
        assert!(statement.mechanisms.is_empty() && statement.note.is_none());
    }
    // What stands below unchanged is still there, mechanisms and all.
    for statement in base.statements() {
        assert_eq!(back.statement(&statement.id).unwrap().mechanisms, statement.mechanisms);
    }
}

#[test]
fn a_changed_statement_becomes_an_override_and_a_missing_one_is_removed() {
    let base = base();
    let narita = resolved(&everything(), "narita").pack;
    let text = export(&narita, Some(&base), Model::Catalog, &options(false)).unwrap().text;
    let mut value: Value = serde_json::from_str(&text).unwrap();
    let (changed, gone) = (&base.statements()[0], &base.statements()[1]);
    edit(&mut value, &mut |control| {
        if control["id"] == changed.ascii.as_str() {
            control["parts"][0]["prose"] = json!("言い直した定め");
        }
        control["id"] != gone.ascii.as_str()
    });
    // Nothing may point at what is gone.
    let got = imported(&value.to_string(), Some(&base)).unwrap();
    let mut known = everything();
    for file in &mut known {
        file.text = file.text.replace(&format!("statements = [\"{}\"]", gone.id), "statements = []");
    }
    let mut files = known;
    files.extend(got.draft.pack(&head("copy", "base")).unwrap());
    let removed = files.iter().find(|f| f.path == "copy/removed.toml").unwrap();
    assert!(removed.text.contains(&format!("id = \"{}\"", gone.id)), "{}", removed.text);
    let clauses: String =
        files.iter().filter(|f| f.path.starts_with("copy/clauses")).map(|f| f.text.as_str()).collect();
    assert!(clauses.contains("言い直した定め") && clauses.contains("override = true"));
    assert_eq!(got.below, base.statements().len() - 2);
}

fn edit(value: &mut Value, keep: &mut dyn FnMut(&mut Value) -> bool) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Array(controls)) = map.get_mut("controls") {
                controls.retain_mut(|c| keep(c));
                if controls.is_empty() {
                    map.remove("controls");
                }
            }
            map.values_mut().for_each(|v| edit(v, keep));
        }
        Value::Array(list) => list.iter_mut().for_each(|v| edit(v, keep)),
        _ => {}
    }
}

/// A catalog as others write them.
fn foreign() -> Value {
    serde_json::from_str(FOREIGN).unwrap()
}

const FOREIGN: &str = r##"{ "catalog": {
        "uuid": "74c8ba1e-5cd4-4ad1-bbfd-d888e2f6c724",
        "metadata": {
            "title": "A *small* catalog", "last-modified": "2020-01-01T00:00:00Z", "version": "1",
            "oscal-version": "1.0.0", "roles": [{ "id": "creator", "title": "Creator" }],
            "links": [{ "href": "https://example.com" }]
        },
        "groups": [{
            "id": "s1", "class": "family", "title": "Organization of security",
            "props": [{ "name": "label", "value": "1" }, { "name": "colour", "value": "red" }],
            "parts": [{ "name": "overview", "prose": "What the family is about." }],
            "groups": [{
                "id": "s1.1", "title": "Internal organization",
                "controls": [{
                    "id": "s1.1.1", "title": "Roles and responsibilities",
                    "params": [
                        { "id": "s1.1.1-prm1", "label": "a period", "values": ["one year"],
                          "constraints": [{ "description": "at most a year" }] },
                        { "id": "s1.1.1_prm2", "select": { "how-many": "one-or-more", "choice": ["daily", "weekly"] } }
                    ],
                    "props": [{ "name": "label", "value": "1.1.1" }],
                    "links": [{ "href": "#s1.1.2", "rel": "related" }],
                    "parts": [
                        { "id": "s1.1.1-stm", "name": "statement", "prose": "The organization shall:", "parts": [
                            { "id": "s1.1.1-stm.a", "name": "item", "props": [{ "name": "label", "value": "a." }],
                              "prose": "define roles within {{ insert: param, s1.1.1-prm1 }};" },
                            { "id": "s1.1.1-stm.b", "name": "item", "props": [{ "name": "label", "value": "b." }],
                              "prose": "review them;", "parts": [
                                { "id": "s1.1.1-stm.b.1", "name": "item", "prose": "which must not be skipped" }] }] },
                        { "id": "s1.1.1-gdn", "name": "guidance", "prose": "Long words.", "parts": [
                            { "name": "item", "prose": "More of them." }] },
                        { "name": "assessment-objective", "prose": "Determine if." }
                    ],
                    "controls": [{ "id": "s1.1.1.e1", "title": "Enhancement without words" }]
                }, {
                    "id": "s1.1.2", "title": "Gone", "props": [{ "name": "status", "value": "withdrawn" }]
                }, {
                    "id": "s1.1.3", "title": "日本語", "parts": [
                        { "name": "statement", "prose": "職員は、許可なく持ち出してはならない。" }]
                }]
            }]
        }],
        "back-matter": { "resources": [{ "uuid": "74c8ba1e-5cd4-4ad1-bbfd-d888e2f6c725" }] }
    }}"##;

fn statement<'p>(pack: &'p Pack, ascii: &str) -> &'p Statement {
    pack.statements().iter().find(|s| s.ascii == ascii).unwrap_or_else(|| panic!("{ascii}"))
}

#[test]
fn a_catalog_of_others_keeps_every_statement() {
    let base = base();
    let got = imported(&foreign().to_string(), Some(&base)).unwrap();
    let source = got.draft.source().to_owned();
    assert_eq!(got.draft.import().glued(&source), source);
    let pack = as_pack(&got.draft, &head("foreign", "base"), everything());
    let own: Vec<&Statement> = pack.statements().iter().filter(|s| *s.origin.layer == *"foreign").collect();
    let told: Vec<(&str, &str, &str)> =
        own.iter().map(|s| (s.ascii.as_str(), s.label.as_str(), s.gist_ja.as_str())).collect();
    assert_eq!(
        told,
        [
            ("s1.1.1-stm", "1.1.1", "The organization shall:"),
            ("s1.1.1-stm.a", "1.1.1a.", "define roles within 〔a period〕;"),
            ("s1.1.1-stm.b", "1.1.1b.", "review them;"),
            ("s1.1.1-stm.b.1", "1.1.1b.(1)", "which must not be skipped"),
            ("s1.1.1.e1", "s1.1.1.e1", "Enhancement without words"),
            ("foreign-0_s1", "s1.1.3", "職員は、許可なく持ち出してはならない。"),
        ]
    );
    assert_eq!(statement(&pack, "s1.1.1-stm.b.1").modality, Modality::MustNot);
    assert_eq!(statement(&pack, "foreign-0_s1").modality, Modality::MustNot);
    assert_eq!(statement(&pack, "s1.1.1-stm.a").parameters, ["s1-1-1-prm1"]);
    let parameter = pack.parameter("s1-1-1-prm1").unwrap();
    assert_eq!(parameter.title, "a period");
    assert_eq!(parameter.value.as_ref().unwrap().to_string(), "one year");
    assert_eq!(parameter.note.as_deref(), Some("at most a year"));
    let choice = pack.parameter("s1-1-1-prm2").unwrap();
    assert_eq!((choice.kind, choice.choices.len()), (ParameterType::Choice, 2));
    let notes: Vec<&str> = pack.annotations().iter().map(|a| a.note.as_str()).collect();
    assert!(notes.contains(&"guidance: Long words. More of them."), "{notes:?}");
    assert!(notes.contains(&"overview: What the family is about."), "{notes:?}");
    assert!(notes.iter().any(|n| n.contains("withdrawn")), "{notes:?}");
    let lost: Vec<(LostKind, &str)> = got.losses.iter().map(|l| (l.kind, l.what.as_str())).collect();
    for wanted in [
        (LostKind::Element, "role"),
        (LostKind::Element, "links"),
        (LostKind::Element, "back-matter"),
        (LostKind::Property, "colour"),
        (LostKind::Part, "assessment-objective"),
        (LostKind::Link, "related"),
    ] {
        assert!(lost.contains(&wanted), "{wanted:?} {lost:?}");
    }
}

#[test]
fn a_draft_of_a_catalog_is_corrected_like_any_other() {
    let base = base();
    let mut draft = imported(&foreign().to_string(), Some(&base)).unwrap().draft;
    let source = draft.source().to_owned();
    let at = source.find("review them").unwrap() + "review".len();
    let number = draft.import().statements.iter().position(|s| s.span.start < at && at < s.span.end).unwrap();
    let nodes = draft.import().nodes.len();
    for correction in [
        Correction::SplitStatement { statement: number, at },
        Correction::Confirm { statement: 0 },
        Correction::MergeStatements { statement: number },
        Correction::MergeNode { node: nodes - 1 },
        Correction::MergeNode { node: 2 },
        Correction::Move { node: 3, parent: 0 },
        Correction::Gist { statement: 1, words: "役割を決める".to_owned() },
    ] {
        draft.apply(correction.clone()).unwrap_or_else(|e| panic!("{correction:?}: {e}"));
        assert_eq!(draft.import().glued(&source), source);
        as_pack(&draft, &head("foreign", "base"), everything());
    }
}

#[test]
fn what_is_no_catalog_is_refused() {
    let with = |path: &str, to: Value| {
        let mut value = foreign();
        *value.pointer_mut(path).unwrap() = to;
        value.to_string()
    };
    let control = "/catalog/groups/0/groups/0/controls";
    let deep = format!("{}{}", "{\"catalog\":".repeat(500), "}".repeat(500));
    let rows: Vec<(&str, String, &str)> = vec![
        ("not JSON", "第1条 目的".to_owned(), "the file cannot be read"),
        ("empty", String::new(), "the file cannot be read"),
        ("a list", "[]".to_owned(), "the file is no catalog of OSCAL"),
        ("something else", "{\"a\": 1}".to_owned(), "the file is no catalog of OSCAL"),
        ("a profile", "{\"profile\": {}}".to_owned(), "the file is a profile of OSCAL, not a catalog"),
        ("deep", deep, "the file cannot be read"),
        ("no metadata", "{\"catalog\": {}}".to_owned(), "/catalog/metadata: it is missing"),
        (
            "version",
            with("/catalog/metadata/oscal-version", json!("2.0.0")),
            "the file is of OSCAL \"2.0.0\"; 1.x is read",
        ),
        (
            "no version",
            with("/catalog/metadata/oscal-version", json!("")),
            "/catalog/metadata/oscal-version: a text is missing here",
        ),
        ("wrong type", with("/catalog/groups", json!({})), "/catalog/groups: a list is wanted here"),
        (
            "no id",
            with(&format!("{control}/0/id"), json!(1)),
            "/catalog/groups/0/groups/0/controls/0/id: a text is wanted here",
        ),
        (
            "same control",
            with(&format!("{control}/1/id"), json!("s1.1.1")),
            "the id \"s1.1.1\" comes twice, the second time at /catalog/groups/0/groups/0/controls/1",
        ),
        ("nothing in it", with("/catalog/groups", json!([])), "the catalog is empty"),
    ];
    let base = base();
    for (what, text, wanted) in rows {
        let error = imported(&text, Some(&base)).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), wanted, "{what}");
        let (words, instead) = error.words_ja();
        assert!(words.ends_with('。') && instead.ends_with('。'), "{what}: {words} {instead}");
    }
    let large = vec![b' '; 100 << 20];
    let files = everything();
    let library = Library::new(&files);
    let error = import_catalog(&large, None, &[], &library).map(|_| ()).unwrap_err();
    assert_eq!(error.words_ja().0, "大きすぎます(上限 32 MiB)。");
}

#[test]
fn a_catalog_beyond_a_pack_is_refused_when_it_is_written() {
    let controls: Vec<Value> = (0..6_000).map(|n| json!({ "id": format!("c-{n}"), "title": "t" })).collect();
    let mut value = foreign();
    value["catalog"]["groups"] = json!([{ "title": "g", "controls": controls }]);
    let got = imported(&value.to_string(), Some(&base())).unwrap();
    assert_eq!(got.draft.import().statements.len(), 6_000);
    assert_eq!(got.draft.pack(&head("large", "base")), Err(PackError::TooMany));
}
