//! The result for programs: schema `sekisho-verify/v1`, described in `docs/format-ledger.md`.
//!
//! Owns: the shape of that JSON.
//! Leaves to others: the result itself (`ledger::bundle`), the Japanese message in each problem (`words`).

use ledger::bundle::{Previous, Problem, Verification};
use serde_json::{Value, json};

use crate::words;

/// One JSON object, indented, with a newline at the end.
pub(crate) fn result(verification: &Verification) -> String {
    let checkpoint = verification.checkpoint.as_ref();
    let kinds: serde_json::Map<String, Value> =
        verification.kinds.iter().map(|(kind, count)| (kind.to_string(), json!(count))).collect();
    let problem = |problem: &Problem| {
        json!({
            "code": problem.code(),
            "path": problem.path(),
            "index": problem.index(),
            "message": words::problem(problem),
        })
    };
    let problems: Vec<_> = verification.problems.iter().map(problem).collect();
    let value = json!({
        "schema": "sekisho-verify/v1",
        "verified": verification.is_verified(),
        "complete": verification.is_complete,
        "kind": verification.kind.map(|kind| kind.id()),
        "key": {
            "vkey": verification.vkey.as_ref().map(ToString::to_string),
            "pinned": verification.key_is_pinned,
        },
        "checkpoint": checkpoint.map(|c| json!({
            "origin": c.origin,
            "size": c.size,
            "root": c.root.to_base64(),
        })),
        "continues": verification.continues.iter().map(|(which, size)| json!({
            "source": match which {
                Previous::Given => "given",
                Previous::Bundled => "bundled",
            },
            "size": size,
        })).collect::<Vec<_>>(),
        "entries": verification.entries,
        "payloads": verification.payloads,
        "erased": verification.erased,
        "erased_explained": verification.erased_explained,
        "kinds": kinds,
        "time_first": verification.times.map(|(first, _)| first.to_string()),
        "time_last": verification.times.map(|(_, last)| last.to_string()),
        "times_backward": verification.times_backward,
        "problems": problems,
        "problems_total": verification.problems_total,
    });
    format!("{value:#}\n")
}
