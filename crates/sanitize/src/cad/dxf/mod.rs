//! DXF in its text form: pairs of a group code and a value.
//!
//! Owns: reading pairs by the type that each code has, the sections, writing what stays, the words of a drawing.
//! Leaves to others: which sections, variables and records stay (`rules`), what stays inside a record (`record`).
//!
//! Everything is read to its end before anything is written: a record that goes takes the references to it along, or
//! programs would find a drawing that has to be repaired.

mod record;
mod rules;

use std::collections::HashSet;

use worker_protocol::{LinkPolicy, Mode, Reason, Spot, Threat};

use super::{Drawing, links, plain};
use crate::text::Dropped;
use crate::{Refusal, Work, mark, text};
use rules::{Sort, sort};

/// Whether this is the binary form, which is not rebuilt.
pub(super) fn is_binary(untrusted: &[u8]) -> bool {
    untrusted.starts_with(b"AutoCAD Binary DXF")
}

/// One code with its value as it is written.
#[derive(Debug, Clone, PartialEq)]
struct Pair {
    code: u16,
    value: String,
}

/// Pairs that belong together: they begin with code 0 (or, in the header, 9).
#[derive(Debug)]
struct Record {
    /// The line on which it begins.
    line: u32,
    pairs: Vec<Pair>,
}

impl Record {
    /// What it is, by its first pair.
    fn name(&self) -> &str {
        self.pairs.first().map_or("", |pair| pair.value.as_str())
    }

    /// The first value of a code, before the data of applications.
    fn value(&self, code: u16) -> Option<&str> {
        let own = self.pairs.iter().skip(1).take_while(|pair| pair.code < 1000);
        own.into_iter().find(|pair| pair.code == code).map(|pair| pair.value.as_str())
    }

    fn spot(&self) -> Spot {
        Spot::Line { number: self.line }
    }
}

/// A section and its records; in the header each variable is one.
struct Section {
    name: String,
    records: Vec<Record>,
}

/// Builds a drawing anew, with a line as its first comment.
pub(super) fn rebuild(
    untrusted_text: &str,
    line: Option<&str>,
    mode: Mode,
    work: &mut Work<'_>,
) -> Result<Drawing, Refusal> {
    let mut reader = Reader::new(untrusted_text);
    let file = reader.file(work).ok_or(Refusal::held(Reason::Damaged))?;
    let mut drawing = Drawing { dropped: reader.dropped, ..Drawing::default() };
    let mut pass = Pass { mode, links: links(mode, work), gone: HashSet::new(), work };
    let sections = pass.judged(file.sections, &mut drawing);
    let line_end = if untrusted_text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut writer = Writer { out: String::with_capacity(untrusted_text.len()), line_end };
    if let Some(line) = line.map(str::to_owned).or(file.mark.filter(|_| pass.work.job.mark.is_none())) {
        writer.pair(999, &line);
    }
    for comment in &file.comments {
        if mode == Mode::Strict {
            pass.work.findings.add(Threat::HiddenData, "comment");
        } else {
            writer.pair(999, comment);
        }
    }
    for section in sections {
        writer.pair(0, "SECTION");
        writer.pair(2, &section.name);
        for record in section.records {
            if let Some(words) = rules::words(&record) {
                drawing.characters.after += text::visible_characters(&words);
                drawing.words.push_str(&record::shown(&words));
                drawing.words.push('\n');
            }
            record.pairs.iter().for_each(|pair| writer.pair(pair.code, &pair.value));
        }
        writer.pair(0, "ENDSEC");
    }
    writer.pair(0, "EOF");
    drawing.out = writer.out;
    Ok(drawing)
}

struct Writer {
    out: String,
    line_end: &'static str,
}

impl Writer {
    /// Codes stand in three columns, as every writer puts them.
    fn pair(&mut self, code: u16, value: &str) {
        self.out.push_str(&format!("{code:>3}{end}{value}{end}", end = self.line_end));
    }
}

/// What was read of a drawing.
#[derive(Default)]
struct File {
    comments: Vec<String>,
    mark: Option<String>,
    sections: Vec<Section>,
}

struct Reader<'t> {
    lines: std::iter::Enumerate<std::str::Split<'t, char>>,
    dropped: Dropped,
    /// The line on which the pair that was read last begins.
    line: u32,
}

impl<'t> Reader<'t> {
    fn new(untrusted_text: &'t str) -> Self {
        Self { lines: untrusted_text.split('\n').enumerate(), dropped: Dropped::default(), line: 0 }
    }

    /// The next pair. Nothing where the text ends or is none of DXF.
    fn pair(&mut self) -> Option<Pair> {
        let (at, code) = self.lines.next()?;
        let (_, value) = self.lines.next()?;
        self.line = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let code: u16 = code.trim().parse().ok()?;
        let value = value.strip_suffix('\r').unwrap_or(value);
        let value = match sort(code)? {
            Sort::Words => plain(value, &mut self.dropped).into_owned(),
            Sort::Real => {
                let value = value.trim();
                let is_plain = value
                    .bytes()
                    .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
                value.parse::<f64>().ok().filter(|number| is_plain && number.is_finite())?;
                value.to_owned()
            }
            Sort::Whole => whole(value.trim())?,
            Sort::Handle => {
                let value = value.trim();
                let is_handle =
                    (1..=16).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_hexdigit());
                is_handle.then(|| value.to_owned())?
            }
            Sort::Bytes => {
                let value = value.trim();
                value.bytes().all(|b| b.is_ascii_hexdigit()).then(|| value.to_owned())?
            }
        };
        Some(Pair { code, value })
    }

    fn file(&mut self, work: &mut Work<'_>) -> Option<File> {
        let mut file = File::default();
        loop {
            let pair = self.pair()?;
            match (pair.code, pair.value.trim()) {
                (999, comment) if mark::is_line(comment) => file.mark = Some(comment.to_owned()),
                (999, _) => file.comments.push(pair.value),
                (0, "SECTION") => file.sections.push(self.section(&mut file.comments)?),
                (0, "EOF") => break,
                _ => return None,
            }
        }
        if self
            .lines
            .by_ref()
            .any(|(_, line)| !line.trim_matches(['\r', ' ', '\t', '\u{1a}', '\0']).is_empty())
        {
            work.findings.add(Threat::HiddenData, "dxf#outside");
        }
        (!file.sections.is_empty()).then_some(file)
    }

    fn section(&mut self, comments: &mut Vec<String>) -> Option<Section> {
        let name = self.pair().filter(|pair| pair.code == 2)?.value.trim().to_owned();
        let first = if name == "HEADER" { 9 } else { 0 };
        let mut records: Vec<Record> = Vec::new();
        loop {
            let pair = self.pair()?;
            match pair.code {
                0 if pair.value.trim() == "ENDSEC" => return Some(Section { name, records }),
                // A section that does not end.
                0 if matches!(pair.value.trim(), "SECTION" | "EOF") => return None,
                0 if first == 9 => return None,
                999 => comments.push(pair.value),
                code if code == first => {
                    let value = pair.value.trim().to_owned();
                    records.push(Record { line: self.line, pairs: vec![Pair { code, value }] });
                }
                _ => records.last_mut()?.pairs.push(pair),
            }
        }
    }
}

/// A whole number. Some writers put a point behind it.
fn whole(value: &str) -> Option<String> {
    if let Ok(number) = value.parse::<i64>() {
        return Some(number.to_string());
    }
    let digits = value.split_once('.').filter(|(_, rest)| rest.bytes().all(|b| b == b'0'))?.0;
    digits.parse::<i64>().ok().map(|number| number.to_string())
}

struct Pass<'w, 'j> {
    mode: Mode,
    links: LinkPolicy,
    /// Handles of records that go.
    gone: HashSet<String>,
    work: &'w mut Work<'j>,
}

impl Pass<'_, '_> {
    /// What stays of all sections.
    fn judged(&mut self, sections: Vec<Section>, drawing: &mut Drawing) -> Vec<Section> {
        let mut kept = Vec::new();
        for section in sections {
            if let Some(threat) = rules::section(&section.name) {
                for record in section.records.iter().take(1) {
                    self.work.findings.add_at(threat, &section.name, record.spot());
                }
                self.gone.extend(section.records.iter().filter_map(handle));
                continue;
            }
            let mut records = Vec::new();
            for record in section.records {
                drawing.characters.before +=
                    rules::words(&record).map_or(0, |words| text::visible_characters(&words));
                let threat = match section.name.as_str() {
                    "HEADER" => rules::variable(record.name()),
                    name => rules::record(name, record.name(), self.mode),
                };
                match threat {
                    Some(threat) => {
                        self.work.findings.add_at(threat, record.name(), record.spot());
                        self.gone.extend(handle(&record));
                    }
                    None => records.push(record),
                }
            }
            kept.push(Section { name: section.name, records });
        }
        for section in &mut kept {
            let is_header = section.name == "HEADER";
            for record in &mut section.records {
                if is_header { self.variable(record) } else { self.record(record) }
            }
        }
        kept
    }
}

/// What a record is called by others.
fn handle(record: &Record) -> Option<String> {
    let code = if record.name() == "DIMSTYLE" { 105 } else { 5 };
    record.value(code).map(str::to_ascii_uppercase)
}

#[cfg(test)]
mod tests;
