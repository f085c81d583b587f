//! Text that nobody wrote on purpose: never a panic, never an answer without a reason.

use policy::{CheckReport, PROBLEMS_MAX, Pack, Severity, SourceFile};
use proptest::prelude::*;

use crate::support::{SMALL, file};

/// A text as the only layer.
fn survive(text: &str) {
    survive_as("small", vec![file("small/pack.toml", text)]);
}

/// A text as a file of a city above the small pack.
fn survive_above(text: &str) {
    let head = "format = 1\n[pack]\nid = \"city\"\nextends = \"small\"\ntitle = \"市\"\nversion = \"1\"\n";
    survive_as(
        "city",
        vec![file("small/pack.toml", SMALL), file("city/pack.toml", head), file("city/own.toml", text)],
    );
}

/// Resolving ends with a pack or at least one error, every place lies inside its file, and all renderings work.
fn survive_as(id: &str, files: Vec<SourceFile>) {
    let problems = match Pack::resolve(&files, id) {
        Ok(resolved) => {
            let shown = resolved.show();
            assert!(Pack::resolve(&[file(&format!("{id}/pack.toml"), &shown)], id).is_ok(), "{shown}");
            assert!(resolved.warnings.iter().all(|p| p.severity == Severity::Warning));
            resolved.warnings
        }
        Err(problems) => {
            assert!(problems.iter().any(|p| p.severity == Severity::Error));
            problems
        }
    };
    assert!(problems.len() <= PROBLEMS_MAX);
    for problem in &problems {
        let text = files.iter().find(|f| f.path == problem.file).map_or("", |f| &f.text);
        let lines = u32::try_from(text.split('\n').count()).unwrap();
        assert!((1..=lines).contains(&problem.line), "{problem:?}");
        assert!(problem.column >= 1 && !problem.message.is_empty() && !problem.instead.is_empty());
    }
    let report = CheckReport::new(id, problems);
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(report.problems.len()));
    assert!(!report.to_text().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text(text in "\\PC{0,300}") {
        survive(&text);
    }

    #[test]
    fn text_of_toml_parts(parts in prop::collection::vec(
        prop::sample::select(vec![
            "[[", "]]", "[", "]", "{", "}", "=", ".", ",", "\"", "'''", "\"\"\"", "\n", " ", "#", "\\u0000", "\u{202e}",
            "zone", "channel", "pack", "id", "rule", "format", "1", "-9223372036854775809", "1e999", "2026-02-30",
            "07:30:00", "nan", "true", "\"small\"", "\"系\"", "\r\n", "\u{feff}",
        ]), 0..80)) {
        survive(&parts.concat());
    }

    /// Items of real kinds and ids with keys that may or may not fit, above a sound layer.
    #[test]
    fn a_layer_above(items in prop::collection::vec((
        prop::sample::select(vec!["zone", "channel", "role", "post", "level", "request", "parameter", "remove", "clause",
            "statement", "document", "maker", "revision", "scope", "term", "annotation", "guideline"]),
        prop::sample::select(vec!["inner", "in", "staff", "clerk", "c2", "ask", "keep", "how", "small/1", "new", "x-1"]),
        prop::collection::vec(prop::sample::select(vec![
            "override = true", "title = \"題\"", "label = \"新しい系\"", "kind = \"role\"", "reason = \"理由\"", "rank = 2",
            "value = 3", "value = \"乙\"", "roles = [\"staff\"]", "scope = \"city\"", "mode = \"deny\"", "order = 3",
            "step = []", "rule = [{ id = \"r\", at_least = [\"c1\"] }]", "section = \"general\"", "type = \"days\"",
            "parent = \"small/1/2\"", "date = \"令和元年13月\"", "date = 2026-04-01", "public = true", "word = \"無害化\"",
            "meaning = \"意味\"", "same_as = \"無害化\"", "clause = \"small/1\"", "note = \"注\"", "maker = \"mayor\"",
            "relations = [{ kind = \"same\", to = \"small/one\" }]", "counterparty = [{ act = \"report\" }, 3]",
        ]), 0..5),
    ), 0..6)) {
        let text: String = items
            .iter()
            .map(|(kind, id, keys)| format!("[[{kind}]]\nid = \"{id}\"\n{}\n", keys.join("\n")))
            .collect();
        survive_above(&format!("format = 1\n{text}"));
    }

    /// A real pack with a piece cut out, doubled or replaced.
    #[test]
    fn damaged_pack(start in 0..SMALL.len(), length in 0_usize..200, piece in "[\\[\\]\"=\n a-z0-9系]{0,20}", twice: bool) {
        let boundary = |from: usize| (0..=from.min(SMALL.len())).rev().find(|i| SMALL.is_char_boundary(*i)).unwrap();
        let (start, end) = (boundary(start), boundary(start + length));
        let (head, rest) = SMALL.split_at(start);
        let (cut, tail) = rest.split_at(end.max(start) - start);
        let cut = if twice { cut.repeat(2) } else { String::new() };
        survive(&format!("{head}{piece}{cut}{tail}"));
    }
}

#[test]
fn nested_as_deep_as_the_parser_goes() {
    let keys = vec!["a"; 79].join(".");
    let mut inline = "1".to_owned();
    for _ in 0..79 {
        inline = format!("{{ {keys} = {inline} }}");
    }
    for text in [
        format!("{} = 1", vec!["a"; 100_000].join(".")),
        format!("[{}]", vec!["a"; 100_000].join(".")),
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1{}", "[".repeat(79), "]".repeat(79)),
        format!("a = {inline}"),
        "[[a]]\n".repeat(100_000),
        "\n".repeat(500_000) + "x",
        "\u{feff}format = 1".to_owned(),
        String::new(),
    ] {
        survive(&text);
    }
}
