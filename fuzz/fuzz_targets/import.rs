//! The importer on any bytes.
//!
//! Holds: it ends, the pieces are the source, each correction keeps them so or changes nothing, and the draft resolves as a
//! pack on `base`.
//!
//! The first byte says how many of the next bytes choose corrections; the rest is the text.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use policy::import::{Correction, Draft, Head, decode, import};
use policy::{Pack, SourceFile};

static FILES: LazyLock<Vec<SourceFile>> = LazyLock::new(|| {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/base");
    let entries = std::fs::read_dir(folder).expect("the shipped layer lies beside this folder");
    entries
        .map(|entry| entry.expect("a file of the shipped layer"))
        .map(|entry| SourceFile {
            path: format!("base/{}", entry.file_name().to_string_lossy()),
            text: std::fs::read_to_string(entry.path()).expect("text"),
        })
        .collect()
});

static BASE: LazyLock<Pack> = LazyLock::new(|| Pack::resolve(&FILES, "base").expect("the shipped layer is sound").pack);

fuzz_target!(|bytes: &[u8]| {
    let Some((count, rest)) = bytes.split_first() else { return };
    let (choices, text) = rest.split_at(usize::from(*count % 32).min(rest.len()));
    let Ok(decoded) = decode(text) else { return };
    let source = decoded.text;
    let Ok(imported) = import(&source, &BASE, &[&BASE]) else { return };
    assert_eq!(imported.glued(&source), source);
    assert_eq!(imported.glued_nodes(&source), source);
    let mut draft = Draft::new(source.clone(), imported);
    for choice in choices.chunks_exact(3) {
        let [what, number, at] = [choice[0], choice[1], choice[2]].map(usize::from);
        let correction = match what % 6 {
            0 => Correction::SplitNode { node: number, at: at * 3, label: "x".to_owned() },
            1 => Correction::MergeNode { node: number },
            2 => Correction::Move { node: number, parent: at },
            3 => Correction::SplitStatement { statement: number, at: at * 3 },
            4 => Correction::MergeStatements { statement: number },
            _ => Correction::Drop { statement: number, reason: "x".to_owned() },
        };
        // A refusal is an answer, too.
        let _ = draft.apply(correction);
        assert_eq!(draft.import().glued(&source), source);
        assert_eq!(draft.import().glued_nodes(&source), source);
    }
    let head = Head { id: "draft".to_owned(), title: None, extends: "base".to_owned(), file: "x".to_owned() };
    if let Ok(files) = draft.pack(&head) {
        let all: Vec<SourceFile> = FILES.iter().cloned().chain(files).collect();
        if let Err(problems) = Pack::resolve(&all, "draft") {
            panic!("{problems:?}");
        }
    }
});
