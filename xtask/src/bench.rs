//! `cargo xtask bench`: runs the benches and prints medians and ratios, ready for a table in a document.
//!
//! Owns: reading what benches print (lines of JSON, or the table of divan) and rendering rows.
//! Leaves to others: which benches there are (`xtask/benches.toml`) and what they measure.
//!
//! A measure stands beside a peer from the same run wherever there is one: a ratio survives another
//! machine, a number of milliseconds does not.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;

use crate::shell::{self, Tool};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only the bench with this name.
    name: Option<String>,
    /// Name the benches and what each measures, and run none.
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    bench: Vec<Bench>,
}

/// One bench.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bench {
    name: String,
    about: String,
    command: Vec<String>,
    /// Row of a divan table → row that is its peer.
    #[serde(default)]
    peers: BTreeMap<String, String>,
}

/// One measured value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measure {
    name: String,
    /// The median.
    value: f64,
    unit: String,
    /// What the same run measured for the peer, in the same unit.
    peer: Option<f64>,
    peer_name: Option<String>,
}

/// Runs the benches and prints one table. True when every bench succeeded and measured something.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let text =
        std::fs::read_to_string(root.join("xtask/benches.toml")).context("cannot read xtask/benches.toml")?;
    let table: Table = toml::from_str(&text).context("cannot understand xtask/benches.toml")?;
    if options.list {
        for bench in &table.bench {
            shell::result(&format!("{:<20} {}", bench.name, bench.about));
        }
        return Ok(true);
    }
    let chosen: Vec<&Bench> =
        table.bench.iter().filter(|b| options.name.as_ref().is_none_or(|name| *name == b.name)).collect();
    if let (Some(name), true) = (&options.name, chosen.is_empty()) {
        let known: Vec<&str> = table.bench.iter().map(|b| b.name.as_str()).collect();
        bail!("there is no bench {name}; there are: {}", known.join(", "));
    }
    let mut rows = Vec::new();
    let mut good = true;
    for bench in chosen {
        shell::say(&format!("\n=== {}: {}", bench.name, bench.about));
        let (program, args) = bench.command.split_first().context("a bench has an empty command")?;
        let tool = if program == "cargo" { Tool::cargo(root) } else { Tool::new(program).dir(root) };
        let mut lines = Vec::new();
        let ok = tool.args(args).watch(&mut |line| lines.push(shell::plain(line)))?;
        let measures = measures(&lines, &bench.peers)?;
        if !ok || measures.is_empty() {
            shell::say(&format!("{} {}", bench.name, if ok { "measured nothing" } else { "failed" }));
            good = false;
        }
        rows.extend(measures.iter().map(|measure| row(&bench.name, measure)));
    }
    shell::say("");
    shell::result("| bench | measure | median | peer | peer's median | ratio |");
    shell::result("|---|---|---:|---|---:|---:|");
    for row in rows {
        shell::result(&row);
    }
    Ok(good)
}

fn row(bench: &str, measure: &Measure) -> String {
    let value = format!("{} {}", short(measure.value), measure.unit);
    let (peer_name, peer, ratio) = match measure.peer {
        Some(peer) => (
            measure.peer_name.clone().unwrap_or_default(),
            format!("{} {}", short(peer), measure.unit),
            if peer > 0.0 { format!("{:.2}", measure.value / peer) } else { "–".to_owned() },
        ),
        None => Default::default(),
    };
    format!("| {bench} | {} | {value} | {peer_name} | {peer} | {ratio} |", measure.name)
}

/// Four significant digits are more than a shared machine deserves.
fn short(value: f64) -> String {
    let digits = if value >= 1000.0 {
        0
    } else if value >= 100.0 {
        1
    } else if value >= 10.0 {
        2
    } else {
        3
    };
    format!("{value:.digits$}")
}

/// Reads lines of JSON, and tables of divan whose pairs become one measure each.
fn measures(lines: &[String], peers: &BTreeMap<String, String>) -> Result<Vec<Measure>> {
    let mut all = Vec::new();
    for line in lines.iter().filter(|line| line.trim_start().starts_with('{')) {
        let measure: Measure = serde_json::from_str(line.trim())
            .with_context(|| format!("cannot understand the measure {line}"))?;
        ensure!(measure.value.is_finite(), "the measure {} is no number", measure.name);
        all.push(measure);
    }
    let rows = divan(lines);
    for (name, nanoseconds) in &rows {
        // `verify/1000` is paired with `sha256/1000` by `verify = "sha256"`.
        let (head, arguments) =
            name.split_once('/').map_or((name.as_str(), None), |(head, rest)| (head, Some(rest)));
        if peers.values().any(|peer| peer == head) {
            continue;
        }
        let peer_name = peers.get(head).map(|peer| match arguments {
            Some(arguments) => format!("{peer}/{arguments}"),
            None => peer.clone(),
        });
        let peer =
            peer_name.as_ref().and_then(|peer| rows.iter().find(|(name, _)| name == peer)).map(|(_, v)| *v);
        if let (Some(name), None) = (&peer_name, peer) {
            bail!("the table has no row {name}, which xtask/benches.toml names as a peer");
        }
        let (unit, scale) = unit(*nanoseconds);
        all.push(Measure {
            name: name.clone(),
            value: nanoseconds / scale,
            unit: unit.into(),
            peer: peer.map(|peer| peer / scale),
            peer_name,
        });
    }
    Ok(all)
}

/// The median column of divan's tables: name, with its group and arguments before it, and nanoseconds.
fn divan(lines: &[String]) -> Vec<(String, f64)> {
    let mut rows = Vec::new();
    let mut groups: Vec<String> = Vec::new();
    for line in lines {
        let Some((indent, rest)) = line.split_once("├─ ").or_else(|| line.split_once("╰─ ")) else {
            continue;
        };
        let depth = indent.chars().count() / 3;
        let columns: Vec<&str> = rest.split('│').collect();
        let first = columns.first().copied().unwrap_or_default();
        let name = first.split("  ").next().unwrap_or_default().trim().to_owned();
        groups.truncate(depth);
        groups.push(name);
        if let Some(median) = columns.get(2).and_then(|column| nanoseconds(column)) {
            rows.push((groups.join("/"), median));
        }
    }
    rows
}

fn nanoseconds(text: &str) -> Option<f64> {
    let (number, unit) = text.trim().split_once(' ')?;
    let scale = match unit {
        "ns" => 1.0,
        "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * scale)
}

fn unit(nanoseconds: f64) -> (&'static str, f64) {
    if nanoseconds >= 1e9 {
        ("s", 1e9)
    } else if nanoseconds >= 1e6 {
        ("ms", 1e6)
    } else if nanoseconds >= 1e3 {
        ("µs", 1e3)
    } else {
        ("ns", 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIVAN: &str = "
Timer precision: 20 ns
verify               fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ append                          │               │               │               │         │
│  ├─ 1              1.2 µs        │ 3 µs          │ 1.5 µs        │ 1.6 µs        │ 100     │ 100
│  ╰─ 1000           1 ms          │ 3 ms          │ 2 ms          │ 2 ms          │ 100     │ 100
├─ fsync                           │               │               │               │         │
│  ├─ 1              500 ns        │ 1 µs          │ 750 ns        │ 800 ns        │ 100     │ 100
│  ╰─ 1000           1 ms          │ 3 ms          │ 1 ms          │ 2 ms          │ 100     │ 100
╰─ alone             1.1 s         │ 1.4 s         │ 1.25 s        │ 1.2 s         │ 10      │ 10
";

    fn rows(text: &str, peers: &[(&str, &str)]) -> Vec<String> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let peers = peers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        measures(&lines, &peers).unwrap().iter().map(|m| row("b", m)).collect()
    }

    #[test]
    fn a_divan_table_becomes_rows_with_ratios() {
        assert_eq!(
            rows(DIVAN, &[("append", "fsync")]),
            [
                "| b | append/1 | 1.500 µs | fsync/1 | 0.750 µs | 2.00 |",
                "| b | append/1000 | 2.000 ms | fsync/1000 | 1.000 ms | 2.00 |",
                "| b | alone | 1.250 s |  |  |  |",
            ]
        );
    }

    #[test]
    fn lines_of_json_become_rows() {
        let text = r#"
            noise
            {"name": "p99", "value": 12.5, "unit": "ms"}
            {"name": "append", "value": 5000, "unit": "1/s", "peer": 10000, "peer_name": "raw fsync"}"#;
        assert_eq!(
            rows(text, &[]),
            ["| b | p99 | 12.50 ms |  |  |  |", "| b | append | 5000 1/s | raw fsync | 10000 1/s | 0.50 |",]
        );
    }

    #[test]
    fn a_broken_measure_or_a_missing_peer_is_an_error() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert!(measures(&lines("{\"name\": 1}"), &BTreeMap::new()).is_err());
        let peers = BTreeMap::from([("alone".to_owned(), "gone".to_owned())]);
        assert!(measures(&lines(DIVAN), &peers).is_err());
    }

    #[test]
    fn the_list_of_benches_can_be_read() {
        let table: Table = toml::from_str(include_str!("../benches.toml")).unwrap();
        for bench in table.bench {
            assert!(!bench.about.is_empty() && !bench.command.is_empty(), "{}", bench.name);
        }
    }
}
