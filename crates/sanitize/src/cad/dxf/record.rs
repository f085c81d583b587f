//! What stays inside a record.
//!
//! Owns: groups and data of applications, references to what went, names of files and addresses, packed bytes; words without
//! the signs that lay them out.
//! Leaves to others: which records stay (`rules`, `mod`).

use worker_protocol::Threat;

use super::{Pair, Pass, Record};
use crate::cad::{last_part, leads_out};
use crate::link;

/// Bits of a block that say it is another drawing, or belongs to one.
const FROM_ELSEWHERE: i64 = 4 | 8 | 16 | 32;

/// Groups between code 102 that belong to the format itself.
const GROUPS: [&str; 3] = ["{ACAD_REACTORS", "{ACAD_XDICTIONARY", "{BLKREFS"];

/// Records whose strings name styles, files and devices, and none of whose strings is shown in the drawing.
const UNSEEN: [&str; 14] = [
    "BLOCK",
    "BLOCK_RECORD",
    "DICTIONARY",
    "DICTIONARYVAR",
    "GROUP",
    "LAYER",
    "LAYOUT",
    "LTYPE",
    "MATERIAL",
    "PLOTSETTINGS",
    "STYLE",
    "TABLESTYLE",
    "VISUALSTYLE",
    "XRECORD",
];

impl Pass<'_, '_> {
    /// A variable of the header.
    pub(super) fn variable(&mut self, record: &mut Record) {
        let line = record.spot();
        for pair in record.pairs.iter_mut().skip(1) {
            if let Some(threat) = leads_out(&pair.value, self.links) {
                pair.value.clear();
                self.work.findings.add_at(threat, "HEADER", line.clone());
            }
        }
    }

    /// Any other record.
    pub(super) fn record(&mut self, record: &mut Record) {
        let (name, spot) = (record.name().to_owned(), record.spot());
        let is_unseen = UNSEEN.contains(&name.as_str());
        // A block that is another drawing becomes an empty one of its own.
        let is_linked = name == "BLOCK" && record.value(1).is_some_and(|path| !path.trim().is_empty());
        if is_linked {
            self.work.findings.add_at(Threat::ExternalContent, &name, spot.clone());
        }
        let own = record.pairs.iter().position(|pair| pair.code >= 1000).unwrap_or(record.pairs.len());
        let of_programs = record.pairs.split_off(own);
        let mut kept: Vec<Pair> = Vec::with_capacity(record.pairs.len());
        let mut skips_group = false;
        for (at, mut pair) in std::mem::take(&mut record.pairs).into_iter().enumerate() {
            if pair.code == 102 && pair.value.starts_with('{') {
                skips_group = !GROUPS.contains(&pair.value.trim());
                if skips_group {
                    self.work.findings.add_at(
                        Threat::Extension,
                        pair.value.trim_start_matches('{'),
                        spot.clone(),
                    );
                }
            }
            if skips_group {
                skips_group = !(pair.code == 102 && pair.value.trim() == "}");
                continue;
            }
            match pair.code {
                // Pictures of things that another program draws, and small pictures of blocks. How many bytes there are stands before.
                310..=319 => {
                    if kept.last().is_some_and(|last| matches!(last.code, 92 | 160)) {
                        kept.pop();
                    }
                    self.work.findings.add_at(Threat::AuxiliaryPart, &name, spot.clone());
                    continue;
                }
                320..=369 | 390..=399 | 480..=481 if self.gone.contains(&pair.value.to_ascii_uppercase()) => {
                    // In a dictionary the name stands before.
                    if name.contains("DICTIONARY") && kept.last().is_some_and(|last| last.code == 3) {
                        kept.pop();
                    }
                    continue;
                }
                1 if is_linked => pair.value.clear(),
                70 if is_linked => {
                    let flags: i64 = pair.value.parse().unwrap_or_default();
                    pair.value = (flags & !FROM_ELSEWHERE).to_string();
                }
                // Files of characters lie in folders of the program; one with a path is another's.
                3 | 4 if name == "STYLE" => {
                    let last = last_part(&pair.value).to_owned();
                    if last.len() < pair.value.len() {
                        self.work.findings.add_at(Threat::ExternalContent, &name, spot.clone());
                        pair.value = last;
                    }
                }
                // Files of textures.
                3 if name == "MATERIAL" && !pair.value.trim().is_empty() => {
                    self.work.findings.add_at(Threat::ExternalContent, &name, spot.clone());
                    pair.value.clear();
                }
                _ if is_unseen && at > 0 => {
                    if let Some(threat) = leads_out(&pair.value, self.links) {
                        self.work.findings.add_at(threat, &name, spot.clone());
                        pair.value.clear();
                    }
                }
                _ => {}
            }
            kept.push(pair);
        }
        self.of_programs(of_programs, &name, &spot, &mut kept);
        record.pairs = kept;
    }

    /// Data that programs hang on a record: for each its name, then values.
    fn of_programs(
        &mut self,
        pairs: Vec<Pair>,
        name: &str,
        spot: &worker_protocol::Spot,
        kept: &mut Vec<Pair>,
    ) {
        let mut applications: Vec<Vec<Pair>> = Vec::new();
        for pair in pairs {
            match applications.last_mut() {
                Some(application) if pair.code != 1001 => application.push(pair),
                _ => applications.push(vec![pair]),
            }
        }
        for application in applications {
            let program =
                application.first().filter(|pair| pair.code == 1001).map(|pair| pair.value.trim().to_owned());
            let threat = match program.as_deref() {
                // Values of no program.
                None => Some(Threat::Unknown),
                Some("PE_URL") => {
                    let address = application.iter().find(|pair| pair.code == 1000);
                    let may_stay = address.is_some_and(|address| link::is_kept(&address.value, self.links));
                    (!may_stay).then_some(Threat::Hyperlink)
                }
                Some(program)
                    if self.mode == worker_protocol::Mode::Strict && !program.starts_with("ACAD") =>
                {
                    Some(Threat::Extension)
                }
                Some(_) => None,
            };
            if let Some(threat) = threat {
                self.work.findings.add_at(threat, name, spot.clone());
                continue;
            }
            for mut pair in application {
                match pair.code {
                    1004 => {
                        self.work.findings.add_at(Threat::HiddenData, name, spot.clone());
                        continue;
                    }
                    1005 if self.gone.contains(&pair.value.to_ascii_uppercase()) => {
                        pair.value = "0".to_owned()
                    }
                    1000 if program.as_deref() != Some("PE_URL") => {
                        if let Some(threat) = leads_out(&pair.value, self.links) {
                            self.work.findings.add_at(threat, name, spot.clone());
                            pair.value.clear();
                        }
                    }
                    _ => {}
                }
                kept.push(pair);
            }
        }
    }
}

/// Words as a drawing shows them: without the signs of a long text that lay it out.
pub(super) fn shown(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words.chars();
    while let Some(c) = rest.next() {
        match c {
            '{' | '}' => {}
            '\\' => match rest.next() {
                Some('P' | 'N' | 'X') => out.push('\n'),
                Some('~') => out.push(' '),
                Some(c @ ('\\' | '{' | '}')) => out.push(c),
                // Font, height, width, slant, spacing, alignment, colour, tabs: up to a semicolon.
                Some('f' | 'F' | 'H' | 'W' | 'Q' | 'T' | 'A' | 'C' | 'c' | 'p') => {
                    rest.by_ref().find(|c| *c == ';');
                }
                // Fractions: both numbers stay.
                Some('S') => out.extend(
                    rest.by_ref()
                        .take_while(|c| *c != ';')
                        .map(|c| if matches!(c, '^' | '#') { '/' } else { c }),
                ),
                Some('U') => {
                    let digits: String = rest.clone().skip(1).take(4).collect();
                    match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                        Some(c) if rest.as_str().starts_with('+') && digits.len() == 4 => {
                            out.push(c);
                            rest.nth(4);
                        }
                        _ => out.push_str("\\U"),
                    }
                }
                Some('L' | 'l' | 'O' | 'o' | 'K' | 'k') => {}
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}
