//! Catalogs of any shape: the keys and words of OSCAL and of ours, in any order and at any depth.
//!
//! Owns: making them. Leaves to others: what must hold (`fuzz/src/others/oscal.rs`).

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::kept_cases::oscal::check;

const OWN: &str = "https://sekisho.example/ns/oscal";

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "a-1",
        "c1",
        "①",
        "base/1",
        "small",
        "ciso",
        "x y",
        "\u{0}",
        "第1条",
        "must",
        "may",
        "true",
        "days",
        "2026-02-30",
        "2026-04-01",
        "login",
        "{{ insert: param, a }}",
        "*x*",
        "statement",
        "item",
        "guidance",
        "職員は、守らなければならない。",
        "https://sekisho.example/ns/oscal/statement/a/b",
        "#c1",
        "9",
        "-1",
        "a\nb",
        "withdrawn",
    ])
    .prop_map(str::to_owned)
}

fn own_name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "act",
        "annotation-id",
        "assurance",
        "capability",
        "choice",
        "clause-id",
        "counterparty",
        "date",
        "document-id",
        "effective-from",
        "excluded",
        "kind",
        "layer",
        "maker-id",
        "max",
        "mechanism",
        "min",
        "modality",
        "needed",
        "pack-id",
        "parameter",
        "public",
        "publication",
        "revision-id",
        "role",
        "above",
        "role-id",
        "same-as",
        "scope-id",
        "source",
        "statement-id",
        "suggested",
        "term-id",
        "title",
        "type",
        "whole",
        "label",
        "status",
    ])
    .prop_map(str::to_owned)
}

fn props() -> impl Strategy<Value = Value> {
    let value = (word(), any::<u16>(), any::<bool>())
        .prop_map(|(word, number, plain)| if plain { word } else { format!("{word}{number}") });
    let prop = (own_name(), value, any::<bool>()).prop_map(|(name, value, own)| {
        if own {
            json!({ "name": name, "ns": OWN, "value": value })
        } else {
            json!({ "name": name, "value": value })
        }
    });
    prop::collection::vec(prop, 0..4).prop_map(Value::Array)
}

fn part() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "statement",
        "item",
        "guidance",
        "term",
        "scope",
        "annotation",
        "revision",
        "note",
        "gist-en",
        "assessment-objective",
    ]);
    let leaf = (name, word(), word(), props()).prop_map(
        |(name, title, prose, props)| json!({ "name": name, "title": title, "prose": prose, "props": props }),
    );
    leaf.prop_recursive(3, 8, 3, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..3)).prop_map(|(mut part, parts)| {
            part["parts"] = Value::Array(parts);
            part
        })
    })
}

/// Ids that seldom come twice, because a catalog in which one does is refused.
fn id() -> impl Strategy<Value = String> {
    (word(), any::<u32>()).prop_map(|(word, number)| format!("{word}{number}"))
}

fn control() -> impl Strategy<Value = Value> {
    let leaf = (id(), word(), props(), prop::collection::vec(part(), 0..3), word()).prop_map(
        |(id, title, props, parts, href)| {
            json!({ "id": id, "title": title, "props": props, "parts": parts,
                "params": [{ "id": format!("{id}_p"), "label": title, "values": [href], "props": props }],
                "links": [{ "href": href, "rel": "same" }] })
        },
    );
    leaf.prop_recursive(2, 6, 2, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..2)).prop_map(|(mut control, controls)| {
            control["controls"] = Value::Array(controls);
            control
        })
    })
}

fn group() -> impl Strategy<Value = Value> {
    let class = prop::sample::select(vec!["document", "clause", "statements", "context", "family"]);
    let leaf = (word(), class, word(), props(), prop::collection::vec(control(), 0..3), part()).prop_map(
        |(id, class, title, props, controls, part)| {
            json!({ "id": id, "class": class, "title": title, "props": props, "controls": controls,
                "parts": [part] })
        },
    );
    leaf.prop_recursive(3, 8, 3, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..3)).prop_map(|(mut group, groups)| {
            group["groups"] = Value::Array(groups);
            group
        })
    })
}

fn catalog() -> impl Strategy<Value = Value> {
    (word(), props(), props(), prop::collection::vec(group(), 0..3), word()).prop_map(
        |(title, props, of_role, groups, name)| {
            json!({ "catalog": { "uuid": "u", "groups": groups, "metadata": {
                "title": title, "version": name, "oscal-version": "1.2.1", "props": props,
                "last-modified": "2026-04-01T09:00:00+09:00",
                "roles": [{ "id": "r", "title": title, "props": of_role }],
                "parties": [{ "uuid": "u", "type": "organization", "name": name, "props": of_role }] } } })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn holds(catalog in catalog()) {
        check(catalog.to_string().as_bytes());
    }

    #[test]
    fn holds_for_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }
}
