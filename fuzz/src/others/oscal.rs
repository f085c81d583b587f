//! The importer of catalogs in OSCAL on any bytes.
//!
//! Holds: it ends; the pieces of a draft are its source, also after corrections; what is written is a pack, or refused with
//! problems; a catalog without props of ours always becomes a sound pack; what is refused says where or why.

use std::sync::LazyLock;

use policy::import::{Correction, Head};
use policy::oscal::{Links, Model, Options, export, import_catalog};
use policy::{Library, Pack, SourceFile};

static FILES: LazyLock<Vec<SourceFile>> = LazyLock::new(|| {
    let text = include_str!("../../../crates/policy/tests/tests/small.toml");
    vec![SourceFile { path: "small/all.toml".to_owned(), text: text.to_owned() }]
});

static BASE: LazyLock<Pack> =
    LazyLock::new(|| Pack::resolve(&FILES, "small").expect("the small pack is sound").pack);

/// Runs one input; a panic is the failure.
pub(crate) fn check(data: &[u8]) {
    let library = Library::new(&FILES);
    let imported = match import_catalog(data, Some(&BASE), &[&BASE], &library) {
        Ok(imported) => imported,
        Err(error) => {
            let (words, instead) = error.words_ja();
            assert!(!words.is_empty() && !instead.is_empty() && !error.to_string().is_empty());
            return;
        }
    };
    let mut draft = imported.draft;
    let source = draft.source().to_owned();
    let ours = String::from_utf8_lossy(data).contains("sekisho.example");
    // The bytes choose the corrections, too.
    let choices: Vec<usize> = data.iter().rev().take(9).map(|b| usize::from(*b)).collect();
    for round in 0..=choices.len() / 3 {
        assert_eq!(draft.import().glued(&source), source);
        assert_eq!(draft.import().glued_nodes(&source), source);
        assert!(imported.losses.iter().all(|loss| loss.count > 0));
        let head =
            Head { id: "draft".to_owned(), title: None, extends: "small".to_owned(), file: "x".to_owned() };
        if let Ok(files) = draft.pack(&head) {
            let all: Vec<SourceFile> = FILES.iter().cloned().chain(files).collect();
            match Pack::resolve(&all, "draft") {
                Ok(resolved) => assert!(!resolved.show().is_empty()),
                Err(problems) => assert!(ours && !problems.is_empty(), "{problems:?}"),
            }
        }
        let Some([what, number, at]) = choices.chunks_exact(3).nth(round) else { break };
        let correction = match what % 5 {
            0 => Correction::SplitNode { node: *number, at: *at, label: "x".to_owned() },
            1 => Correction::MergeNode { node: *number },
            2 => Correction::Move { node: *number, parent: *at },
            3 => Correction::SplitStatement { statement: number % 8, at: *at },
            _ => Correction::MergeStatements { statement: number % 8 },
        };
        // A refusal is an answer, too.
        let _ = draft.apply(correction);
    }
}

/// Catalogs to begin with: one of ours, and one of others.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let options = Options {
        public: false,
        last_modified: "2026-04-01T09:00:00+09:00",
        software: "0",
        links: Links::Relative,
    };
    let ours = export(&BASE, None, Model::Catalog, &options).expect("the small pack is exported").text;
    let others = r##"{"catalog": {"uuid": "u", "metadata": {"title": "t", "last-modified": "2020-01-01T00:00:00Z",
        "version": "1", "oscal-version": "1.1.2"}, "params": [{"id": "p_1", "select": {"how-many": "one", "choice":
        ["a", "b"]}}], "groups": [{"id": "g", "title": "G", "controls": [{"id": "c-1", "title": "C", "params": [{"id":
        "c-1_prm", "label": "l", "values": ["v"]}], "parts": [{"id": "c-1_smt", "name": "statement", "prose":
        "Do {{ insert: param, c-1_prm }}:", "parts": [{"id": "c-1_smt.a", "name": "item", "props": [{"name": "label",
        "value": "a."}], "prose": "this \\* and that"}]}, {"name": "guidance", "prose": "words"}], "controls": [{"id":
        "c-1.1", "title": "E"}]}]}]}}"##;
    vec![ours.into_bytes(), others.as_bytes().to_vec(), b"{\"catalog\": {}}".to_vec()]
}
