//! What was found, added up: one row for each folder of the corpus and one for all.
//!
//! Owns: which number is computed from what.
//! Leaves to others: finding it out (`judge`, `super`).

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::Case;

/// The rows, and what is said below them about single files.
pub(super) struct Table {
    lines: Vec<String>,
    is_safe: bool,
}

/// Below this a file's recall is named.
pub(super) const RECALL_NAMED_BELOW: f64 = 0.95;
/// Below this a file's similarity is named.
const SIMILARITY_NAMED_BELOW: f64 = 0.8;

impl Table {
    pub(super) fn of(cases: &[Case], seconds: &HashMap<String, f64>) -> Self {
        let mut rows: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
        for case in cases {
            rows.entry(&case.row).or_default().push(case);
        }
        let mut lines = vec![
            "| format | files | cleaned | held | crashed | active left | recall mean / worst | counts kept | similar mean / worst | readers complain | second pass finds | size out/in | seconds | files/s |".to_owned(),
            "|---|---:|---:|---:|---:|---:|---|---:|---|---:|---:|---:|---:|---:|".to_owned(),
        ];
        for (row, cases) in &rows {
            lines.push(line_of(row, cases, seconds.get(*row).copied()));
        }
        let all: Vec<&Case> = cases.iter().collect();
        lines.push(line_of("all", &all, Some(seconds.values().sum())));
        lines.push(String::new());
        lines.extend(reasons(cases));
        lines.extend(named(cases));
        let is_safe = !cases.iter().any(|case| crashed(case) || leaks(case) > 0);
        Self { lines, is_safe }
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Whether no cell died and nothing active is left.
    pub(super) fn is_safe(&self) -> bool {
        self.is_safe
    }
}

/// Everything about one file, for a program.
pub(super) fn line(case: &Case) -> Value {
    json!({
        "row": case.row,
        "input": case.input,
        "output": case.output,
        "verdict": case.verdict(),
        "reason": case.reason(),
        "bytes_in": case.bytes_in,
        "bytes_out": case.bytes_out,
        "removals": case.report.get("removals"),
        "fidelity": case.report.get("fidelity"),
        "judged": case.judged,
        "drawn_recall": case.drawn_recall,
        "similarity": case.similarity,
        "complaints": case.complaints,
        "second_pass": found_again(case),
    })
}

fn line_of(name: &str, cases: &[&Case], seconds: Option<f64>) -> String {
    let passed = |case: &&&Case| case.output.is_some();
    let recalls: Vec<f64> = cases.iter().filter_map(|case| recall(case)).collect();
    let similar: Vec<f64> = cases.iter().filter_map(|case| case.similarity).collect();
    let counted: Vec<bool> = cases.iter().filter_map(|case| counts_kept(case)).collect();
    let mut ratios: Vec<f64> = cases
        .iter()
        .filter(passed)
        .filter(|case| case.bytes_in > 0)
        .map(|case| case.bytes_out as f64 / case.bytes_in as f64)
        .collect();
    ratios.sort_by(f64::total_cmp);
    let cells = [
        name.to_owned(),
        cases.len().to_string(),
        cases.iter().filter(passed).count().to_string(),
        cases.iter().filter(|case| case.output.is_none() && !crashed(case)).count().to_string(),
        cases.iter().filter(|case| crashed(case)).count().to_string(),
        cases.iter().filter(|case| leaks(case) > 0).count().to_string(),
        mean_and_worst(&recalls),
        match counted.len() {
            0 => "–".to_owned(),
            total => format!("{}/{total}", counted.iter().filter(|kept| **kept).count()),
        },
        mean_and_worst(&similar),
        cases.iter().filter(|case| !case.complaints.is_empty()).count().to_string(),
        cases.iter().filter(|case| !found_again(case).is_empty()).count().to_string(),
        ratios.get(ratios.len() / 2).map_or("–".to_owned(), |ratio| format!("{ratio:.2}")),
        seconds.map_or("–".to_owned(), |seconds| format!("{seconds:.1}")),
        match seconds {
            Some(seconds) if seconds > 0.0 => format!("{:.0}", cases.len() as f64 / seconds),
            _ => "–".to_owned(),
        },
    ];
    format!("| {} |", cells.join(" | "))
}

fn mean_and_worst(values: &[f64]) -> String {
    if values.is_empty() {
        return "–".to_owned();
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let worst = values.iter().copied().fold(f64::INFINITY, f64::min);
    format!("{mean:.4} / {worst:.3}")
}

fn crashed(case: &Case) -> bool {
    matches!(case.reason(), "worker-died" | "timed-out" | "out-of-memory")
}

fn leaks(case: &Case) -> usize {
    let left = case.judged.as_ref().and_then(|judged| judged.get("leak"));
    left.and_then(Value::as_array).map_or(0, Vec::len)
}

pub(super) fn recall(case: &Case) -> Option<f64> {
    case.judged.as_ref()?.get("text_recall")?.as_f64()
}

/// Whether every count of the checker (pages, sheets, slides, pictures) is at least what it was.
fn counts_kept(case: &Case) -> Option<bool> {
    let judged = case.judged.as_ref()?;
    let before = judged.get("counts_before")?.as_object()?;
    let after = judged.get("counts_after")?;
    let numbers: Vec<(u64, u64)> = before
        .iter()
        .filter_map(|(key, value)| {
            Some((value.as_u64()?, after.get(key).and_then(Value::as_u64).unwrap_or(0)))
        })
        .collect();
    (!numbers.is_empty()).then(|| numbers.iter().all(|(before, after)| after >= before))
}

/// Codes of what the second pass removed.
fn found_again(case: &Case) -> Vec<&str> {
    let removals = case.again.as_ref().and_then(|report| report.get("removals")).and_then(Value::as_array);
    removals.into_iter().flatten().filter_map(|removal| removal.get("what")?.as_str()).collect()
}

fn reasons(cases: &[Case]) -> Vec<String> {
    let mut tally: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.output.is_none()) {
        *tally.entry((&case.row, case.reason())).or_default() += 1;
    }
    tally.iter().map(|((row, reason), count)| format!("not passed: {row} {reason} {count}")).collect()
}

/// Files that somebody should look at.
fn named(cases: &[Case]) -> Vec<String> {
    let mut lines = Vec::new();
    for case in cases {
        let mut say = |what: String| lines.push(format!("look at {}/{}: {what}", case.row, case.input));
        if crashed(case) {
            say(format!("crashed: {}", case.reason()));
        }
        if leaks(case) > 0 {
            let left = case.judged.as_ref().and_then(|judged| judged.get("leak"));
            say(format!("active content left: {}", left.map(Value::to_string).unwrap_or_default()));
        }
        if let Some(recall) = recall(case).filter(|recall| *recall < RECALL_NAMED_BELOW) {
            let drawn =
                case.drawn_recall.map(|drawn| format!("; drawn by one program before and after {drawn:.3}"));
            say(format!("recall {recall:.3}{}", drawn.unwrap_or_default()));
        }
        if counts_kept(case) == Some(false) {
            say("counts differ".to_owned());
        }
        if let Some(similarity) = case.similarity.filter(|similarity| *similarity < SIMILARITY_NAMED_BELOW) {
            say(format!("similarity {similarity:.3}"));
        }
        if !case.complaints.is_empty() {
            say(format!("not read by {}", case.complaints.join(", ")));
        }
        let again = found_again(case);
        if !again.is_empty() {
            say(format!("second pass finds {}", again.join(", ")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(judged: Value, again: Value, reason: &str) -> Case {
        Case {
            row: "docx".to_owned(),
            input: "a.docx".to_owned(),
            output: reason.is_empty().then(|| "a.docx".to_owned()),
            bytes_in: 100,
            bytes_out: 80,
            report: json!({ "verdict": "clean", "reason": reason }),
            again: Some(again),
            judged: Some(judged),
            drawn_recall: Some(0.25),
            similarity: Some(0.5),
            complaints: Vec::new(),
        }
    }

    #[test]
    fn what_is_wrong_is_counted_and_named() {
        let good = json!({ "leak": [], "text_recall": 1.0, "counts_before": { "pages": 2 }, "counts_after": { "pages": 2 } });
        let bad = json!({ "leak": ["macro.vba"], "text_recall": 0.5, "counts_before": { "pages": 2 }, "counts_after": {} });
        let cases = [
            case(good.clone(), json!({ "removals": [] }), ""),
            case(bad, json!({ "removals": [{ "what": "metadata" }] }), ""),
            case(good, Value::Null, "worker-died"),
        ];
        let table = Table::of(&cases, &HashMap::from([("docx".to_owned(), 2.0)]));
        assert!(!table.is_safe());
        let text = table.lines().join("\n");
        assert!(text.contains("| docx | 3 | 2 | 0 | 1 | 1 | 0.8333 / 0.500 | 2/3 |"), "{text}");
        // Size, seconds and speed stand at the end.
        assert!(text.contains("| 0.80 | 2.0 | 2 |"), "{text}");
        for said in [
            "recall 0.500; drawn by one program before and after 0.250",
            "active content left",
            "counts differ",
            "second pass finds metadata",
            "crashed: worker-died",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(Table::of(&cases[..1], &HashMap::new()).is_safe());
    }
}
