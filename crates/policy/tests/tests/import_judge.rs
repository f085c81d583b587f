//! The published texts against their analysis, where both lie beside the checkout.
//!
//! A row of the analysis counts as found when the import has a statement at the row's label with the same modality and
//! the same roles. Several rows of one clause may be found in one sentence: the analysis parts duties that a text says in
//! one breath, the importer leaves that to a person. Where such rows name different roles, a sentence that names them all
//! counts for each. Labels are compared as they are, except:
//! - `0.n` of the analysis is the preface, which the text calls 序;
//! - the analysis gives rows of the classification tables names of its own (`C3`, `h1`); they are looked for at the part
//!   that the table stands in;
//! - a row for a range, `3(1)-(5)`, is found in the sentence that announces the list when all parts of it are there, or
//!   in statements at each of the parts.
//!
//! `strict` in the output counts each statement once: what would be left if every row needed a sentence of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use policy::Pack;
use policy::import::{Found, Import, NodeKind, import};

use crate::support::{resolved, shipped};

const TEXTS: [(&str, &str); 5] =
    [("asahi", "000"), ("narita", "001"), ("okayama", "002"), ("tama", "003"), ("kashiwa", "004")];

/// Rows of which this share must be found.
const FOUND_MIN: f64 = 0.95;

struct Row {
    id: String,
    label: String,
    roles: BTreeSet<String>,
    modality: String,
}

#[expect(clippy::disallowed_methods, reason = "tests learn about their surroundings")]
fn shared() -> Option<PathBuf> {
    let Some(shared) = std::env::var_os("SEKISHO_SHARED") else {
        eprintln!("skipped: SEKISHO_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(shared))
}

fn seeds(shared: &Path) -> Vec<(&'static str, String)> {
    let folder = shared.join("seeds");
    let files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    TEXTS
        .iter()
        .map(|(body, number)| {
            let is = |p: &&PathBuf| p.file_name().unwrap().to_string_lossy().starts_with(number);
            (*body, std::fs::read_to_string(files.iter().find(is).unwrap()).unwrap())
        })
        .collect()
}

fn role(code: &str) -> Option<&'static str> {
    Some(match code {
        "CITY" => return None,
        "CISO" => "ciso",
        "GISO" => "supervising-officer",
        "ISO" => "security-officer",
        "ISM" => "security-manager",
        "SYM" => "system-manager",
        "SYO" => "system-operator",
        "STAFF" => "staff",
        "VENDOR" => "contractor",
        other => panic!("a role that the comparison does not know: {other}"),
    })
}

fn rows(shared: &Path) -> BTreeMap<String, Vec<Row>> {
    let text = std::fs::read_to_string(shared.join("clauses.tsv")).unwrap();
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [id, _, _, body, _, roles, modality, ..] = cells.as_slice() else { panic!("{line}") };
        let label = id.split_once('/').unwrap().1.split('#').next().unwrap();
        let label = if label.starts_with("0.") { "序" } else { label };
        // Names that the analysis gives to rows of tables.
        let named = |c: char| matches!(c, 'C' | 'I' | 'A' | 'h');
        let label = match label.split_once(named) {
            Some((part, number)) if number.len() == 1 => part,
            _ => label,
        };
        rows.entry((*body).to_owned()).or_default().push(Row {
            id: (*id).to_owned(),
            label: label.to_owned(),
            roles: roles.split('/').filter_map(role).map(str::to_owned).collect(),
            modality: (*modality).to_owned(),
        });
    }
    rows
}

/// `3(1)-(5)` as `3` and its parts.
fn range(label: &str) -> Option<(String, Vec<String>)> {
    let (head, last) = label.split_once('-')?;
    let first = head.char_indices().rev().find(|(_, c)| matches!(c, '(' | '①'))?.0;
    let (parent, first) = head.split_at(first);
    let number = |s: &str| -> u32 {
        let c = s.chars().next().unwrap();
        if c == '(' {
            s.trim_matches(['(', ')']).parse().unwrap()
        } else {
            u32::from(c) - u32::from('①') + 1
        }
    };
    let parts = (number(first)..=number(last))
        .map(|n| {
            if first.starts_with('(') {
                format!("{parent}({n})")
            } else {
                format!("{parent}{}", char::from_u32(u32::from('①') + n - 1).unwrap())
            }
        })
        .collect();
    Some((parent.to_owned(), parts))
}

fn roles(found: &Found) -> BTreeSet<String> {
    found.roles.iter().cloned().collect()
}

/// Numbers of the statements that show a row.
fn shows(import: &Import, rows: &[Row], row: &Row) -> Vec<usize> {
    let fits = |found: &Found, label: &str| {
        let own = roles(found);
        let together: BTreeSet<String> = rows
            .iter()
            .filter(|r| r.label == row.label && r.modality == row.modality)
            .flat_map(|r| r.roles.iter().cloned())
            .collect();
        let same =
            own == row.roles || (own == together && !row.roles.is_empty() && row.roles.is_subset(&own));
        found.label == label && found.modality.id() == row.modality && same
    };
    let at = |label: &str| -> Vec<usize> {
        (0..import.statements.len()).filter(|n| fits(&import.statements[*n], label)).collect()
    };
    match range(&row.label) {
        None => at(&row.label),
        Some((parent, parts)) => {
            let labels: BTreeSet<&str> = import.nodes.iter().map(|n| n.label.as_str()).collect();
            let all_there = parts.iter().all(|p| labels.contains(p.as_str()));
            let announced: Vec<usize> =
                at(&parent).into_iter().filter(|n| all_there && import.statements[*n].lead).collect();
            if !announced.is_empty() {
                return announced;
            }
            let each: Vec<Vec<usize>> = parts.iter().map(|p| at(p)).collect();
            if each.iter().all(|e| !e.is_empty()) { each.concat() } else { Vec::new() }
        }
    }
}

#[test]
fn statements_of_the_published_texts() {
    let Some(shared) = shared() else { return };
    let base = resolved(&shipped(), "base").pack;
    let rows = rows(&shared);
    let (mut found, mut all, mut strict, mut shown, mut statements, mut beyond) = (0, 0, 0, 0, 0, 0);
    for (body, source) in seeds(&shared) {
        let import = import(&source, &base, &[&base]).unwrap();
        assert_eq!(import.glued(&source), source, "{body}");
        assert_eq!(import.glued_nodes(&source), source, "{body}");
        assert_eq!(import.totals.chars_accounted, source.chars().count(), "{body}");
        assert_eq!(import.verdict, policy::import::Verdict::Policy, "{body}");
        let of_body = &rows[body];
        let labels: BTreeSet<&str> = of_body.iter().map(|r| r.label.as_str()).collect();
        let (mut hits, mut used) = (0, BTreeSet::new());
        let mut once = BTreeSet::new();
        for row in of_body {
            let shows = shows(&import, of_body, row);
            if shows.is_empty() {
                let there: Vec<String> = import
                    .statements
                    .iter()
                    .filter(|s| s.label == row.label)
                    .map(|s| format!("{} {}", s.modality.id(), s.roles.join("/")))
                    .collect();
                eprintln!("  missed {} ({} {:?}); there: {there:?}", row.id, row.modality, row.roles);
            } else {
                hits += 1;
            }
            if let Some(free) = shows.iter().find(|n| !once.contains(*n)) {
                once.insert(*free);
            }
            used.extend(shows);
        }
        let outside: Vec<&Found> =
            import.statements.iter().enumerate().filter(|(n, _)| !used.contains(n)).map(|(_, s)| s).collect();
        let leads = outside.iter().filter(|s| s.lead).count();
        // Labels that the analysis left out: definitions and aims that are the same in all bodies.
        let elsewhere = outside.iter().filter(|s| !s.lead && !labels.contains(s.label.as_str())).count();
        for found in &outside {
            eprintln!("  beyond {} {} {:?} {:?}", found.label, found.modality.id(), found.roles, found.force);
        }
        let tables = import.nodes.iter().filter(|n| n.kind == NodeKind::Contents).count();
        eprintln!(
            "{body}: {hits}/{} rows, strict {}, {} statements of which {} show a row, beyond: {leads} announce lists, {elsewhere} at labels without rows; {} nodes, {tables} tables of contents",
            of_body.len(),
            once.len(),
            import.statements.len(),
            used.len(),
            import.nodes.len()
        );
        let matched = import.totals.matched;
        eprintln!("{body}: {matched} of {} statements have a match in base", import.statements.len());
        found += hits;
        strict += once.len();
        all += of_body.len();
        shown += used.len();
        statements += import.statements.len();
        beyond += leads + elsewhere;
    }
    let share = f64::from(found) / all as f64;
    eprintln!(
        "all: {found}/{all} rows found ({:.1} %), strict {strict}; precision {:.1} % ({shown}/{statements}), {:.1} % without lists announced and labels without rows",
        share * 100.0,
        shown as f64 / statements as f64 * 100.0,
        shown as f64 / (statements - beyond) as f64 * 100.0
    );
    assert!(share >= FOUND_MIN, "{share}");
}

/// Who else has a part: of the rows that name roles for an act, how many the import names at the row's label.
#[test]
fn counterparties_of_the_published_texts() {
    let Some(shared) = shared() else { return };
    let base = resolved(&shipped(), "base").pack;
    let texts = seeds(&shared);
    let table = std::fs::read_to_string(shared.join("clauses.tsv")).unwrap();
    let imports: BTreeMap<&str, Import> =
        texts.iter().map(|(body, source)| (*body, import(source, &base, &[&base]).unwrap())).collect();
    let (mut found, mut all, mut wanted) = (0, 0, BTreeSet::new());
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let Some((act, names)) = cells[13].split_once(':') else { continue };
        let roles: BTreeSet<String> = names
            .split([',', '+'])
            .filter(|n| !matches!(*n, "facility" | "HR") && !n.contains('('))
            .filter_map(role)
            .map(str::to_owned)
            .collect();
        if roles.is_empty() {
            continue;
        }
        let (body, label) = cells[0].split_once('/').unwrap();
        let label = label.split('#').next().unwrap();
        all += 1;
        wanted.insert((body, label.to_owned(), act.to_owned()));
        let at: Vec<&Found> = imports[body].statements.iter().filter(|s| s.label == label).collect();
        let names = |c: &policy::import::Counter| {
            c.act.id() == act && c.roles.iter().cloned().collect::<BTreeSet<_>>() == roles
        };
        if at.iter().any(|s| s.counterparties.iter().any(names)) {
            found += 1;
        } else {
            let there: Vec<String> = at
                .iter()
                .flat_map(|s| &s.counterparties)
                .map(|c| format!("{}:{}", c.act.id(), c.roles.join("+")))
                .collect();
            eprintln!("  missed {} {}; there: {there:?}", cells[0], cells[13]);
        }
    }
    let beyond = imports
        .iter()
        .flat_map(|(body, i)| i.statements.iter().map(move |s| (*body, s)))
        .flat_map(|(body, s)| {
            s.counterparties.iter().map(move |c| (body, s.label.clone(), c.act.id().to_owned()))
        })
        .filter(|key| !wanted.contains(key))
        .inspect(|key| eprintln!("  beyond {key:?}"))
        .count();
    eprintln!("counterparties: {found} of {all} found, {beyond} beyond");
    assert!(found * 4 >= all * 3);
}

/// The pack's own statements name the analysed rows that they generalise: how often the importer proposes them.
#[test]
fn matches_against_what_base_generalises() {
    let Some(shared) = shared() else { return };
    let base: Pack = resolved(&shipped(), "base").pack;
    let (mut first, mut any, mut all) = (0, 0, 0);
    for (body, source) in seeds(&shared) {
        let import = import(&source, &base, &[&base]).unwrap();
        for statement in base.statements() {
            for source in statement.sources.iter().filter_map(|s| s.strip_prefix(&format!("{body}/"))) {
                let label = source.split('#').next().unwrap();
                let at: Vec<&Found> = import.statements.iter().filter(|s| s.label == label).collect();
                if at.is_empty() {
                    continue;
                }
                all += 1;
                let place = |found: &Found| found.matches.iter().position(|m| m.statement == statement.id);
                first += usize::from(at.iter().any(|f| place(f) == Some(0)));
                any += usize::from(at.iter().any(|f| place(f).is_some()));
            }
        }
    }
    eprintln!("of {all} known likenesses {first} are proposed first, {any} among three");
    assert!(any * 2 > all, "the score is no better than a guess");
}
