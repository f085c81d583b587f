//! The text of clean Word, Excel and PowerPoint files in reading order.
//!
//! Owns: finding the parts that hold text and reading it out of them.
//! Leaves to others: looks. An approver reads here what would be released; the file itself shows how it looks.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use worker_protocol::{Limits, TextBlock};

use super::number_format::{DAYS_TO_1904, Format};
use super::{TextPreview, beside};
use crate::bounded::Budget;
use crate::xml::{attribute_value, decode as decode_xml, reference as xml_reference};
use crate::zip_reader;

/// Rows of one sheet that are shown.
const ROWS_MAX: usize = 200;

/// Columns of one row that are shown.
const COLUMNS_MAX: usize = 50;

/// Columns that a sheet can have.
const COLUMNS_OF_SHEET: usize = 16_384;

/// What a cell takes besides its words when all of them are held, in bytes.
const CELL_BYTES: usize = size_of::<String>();

/// What a cell takes besides its words in a preview, in bytes.
const SHOWN_CELL_BYTES: usize = 4;

/// A clean package, read within the bounds of its own.
pub(super) struct Parts<'a> {
    clean: &'a [u8],
    listing: zip_reader::Listing,
    budget: Budget,
}

impl<'a> Parts<'a> {
    fn open(clean: &'a [u8], limits: &Limits) -> Option<Self> {
        Some(Self { clean, listing: zip_reader::read(clean, limits).ok()?, budget: Budget::new(*limits) })
    }

    pub(super) fn read(&mut self, name: &str) -> Option<String> {
        let entry =
            self.listing.entries.iter().find(|e| e.untrusted_name.eq_ignore_ascii_case(name.as_bytes()))?;
        decode_xml(&entry.expand(self.clean, &mut self.budget).ok()?).ok()
    }

    /// The relations of a part: identifier → target part, and the type's last step → target part.
    fn targets(&mut self, part: &str) -> Option<(HashMap<String, String>, HashMap<String, String>)> {
        let text = self.read(&crate::ooxml::relations_path(part))?;
        let (mut by_id, mut by_kind) = (HashMap::new(), HashMap::new());
        each_relation(&text, part, |id, kind, target| {
            by_id.insert(id, target.clone());
            by_kind.insert(kind, target);
        });
        Some((by_id, by_kind))
    }

    /// The parts that a part leads to: the type's last step and the name, in the order of the file.
    pub(super) fn relations(&mut self, part: &str) -> Vec<(String, String)> {
        let mut relations = Vec::new();
        if let Some(text) = self.read(&crate::ooxml::relations_path(part)) {
            each_relation(&text, part, |_, kind, target| relations.push((kind, target)));
        }
        relations
    }

    fn main(&mut self) -> Option<String> {
        self.targets("")?.1.remove("officeDocument")
    }
}

/// Calls back for each relation of a part with its identifier, the last step of its type, and the part that it leads to.
fn each_relation(text: &str, part: &str, mut relation: impl FnMut(String, String, String)) {
    each(text, |event| {
        if let Event::Start(start) | Event::Empty(start) = event
            && let (Some(id), Some(kind), Some(target)) =
                (attribute(start, "Id"), attribute(start, "Type"), attribute(start, "Target"))
            && let Some(target) = crate::ooxml::resolve(part, &target)
        {
            relation(id, kind.rsplit('/').next().unwrap_or_default().to_owned(), target);
        }
        true
    });
}

fn attribute(start: &BytesStart<'_>, local: &str) -> Option<String> {
    start
        .attributes()
        .flatten()
        .find(|a| a.key.local_name().as_ref() == local)
        .and_then(|a| attribute_value(&a).ok())
}

/// An attribute with a prefix: `r:id` beside `id`.
fn prefixed_attribute(start: &BytesStart<'_>, local: &str) -> Option<String> {
    start
        .attributes()
        .flatten()
        .find(|a| a.key.local_name().as_ref() == local && a.key.prefix().is_some())
        .and_then(|a| attribute_value(&a).ok())
}

/// Calls back for each event until it says stop.
pub(super) fn each(text: &str, mut event: impl FnMut(&Event<'_>) -> bool) {
    let mut reader = Reader::from_str(text);
    while let Ok(next) = reader.read_event() {
        if matches!(next, Event::Eof) || !event(&next) {
            return;
        }
    }
}

/// Adds what a text event says.
pub(super) fn push(out: &mut String, event: &Event<'_>) {
    match event {
        Event::Text(text) => out.push_str(text),
        Event::GeneralRef(reference) => {
            if let Ok(c) = xml_reference(reference) {
                out.push(c);
            }
        }
        _ => {}
    }
}

pub(super) fn words(mut preview: TextPreview, clean: &[u8], limits: &Limits) -> Option<TextPreview> {
    let mut parts = Parts::open(clean, limits)?;
    let main = parts.main()?;
    let text = parts.read(&main)?;
    word_part(&text, &mut preview);
    beside::words(&mut parts, &main, false, &mut preview);
    if preview.is_whole {
        // What stands beside the running text comes after it.
        let mut beside: Vec<String> =
            parts.targets(&main).map_or(Vec::new(), |(by_id, _)| by_id.into_values().collect());
        beside.sort();
        let is_text = |part: &String| {
            ["header", "footer", "footnotes", "endnotes", "comments"].iter().any(|name| {
                part.rsplit('/').next().is_some_and(|file| {
                    file.trim_end_matches(".xml").trim_end_matches(|c: char| c.is_ascii_digit()) == *name
                })
            })
        };
        for part in beside.iter().filter(|part| is_text(part)) {
            if let Some(text) = parts.read(part) {
                word_part(&text, &mut preview);
            }
        }
    }
    Some(preview)
}

/// Paragraphs and tables of one part.
fn word_part(text: &str, preview: &mut TextPreview) {
    let mut paragraph = String::new();
    let mut in_text = false;
    // Tables inside cells are read as lines of the outer cell.
    let mut table_depth = 0u32;
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    each(text, |event| {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "t" => in_text = true,
                "tbl" => table_depth += 1,
                _ => {}
            },
            Event::Empty(start) if matches!(start.local_name().as_ref(), "tab" | "br" | "cr") => {
                paragraph.push(' ')
            }
            Event::End(end) => match end.local_name().as_ref() {
                "t" => in_text = false,
                "p" if table_depth > 0 => {
                    if !cell.is_empty() && !paragraph.is_empty() {
                        cell.push('\n');
                    }
                    cell.push_str(&std::mem::take(&mut paragraph));
                }
                "p" => {
                    let text = std::mem::take(&mut paragraph);
                    if !text.trim().is_empty() {
                        return preview.push(TextBlock::Paragraph { text });
                    }
                }
                "tc" if table_depth == 1 => row.push(std::mem::take(&mut cell)),
                "tr" if table_depth == 1 => rows.push(std::mem::take(&mut row)),
                "tbl" => {
                    table_depth = table_depth.saturating_sub(1);
                    if table_depth == 0 {
                        return preview.push(TextBlock::Table { rows: std::mem::take(&mut rows) });
                    }
                }
                _ => {}
            },
            event if in_text => push(&mut paragraph, event),
            _ => {}
        }
        true
    });
}

pub(super) fn slides(mut preview: TextPreview, clean: &[u8], limits: &Limits) -> Option<TextPreview> {
    let mut parts = Parts::open(clean, limits)?;
    let main = parts.main()?;
    let (targets, _) = parts.targets(&main)?;
    let mut order = Vec::new();
    each(&parts.read(&main)?, |event| {
        if let Event::Start(start) | Event::Empty(start) = event
            && start.local_name().as_ref() == "sldId"
            && let Some(target) = prefixed_attribute(start, "id").and_then(|id| targets.get(&id))
        {
            order.push(target.clone());
        }
        true
    });
    for (index, slide) in order.iter().enumerate() {
        let Some(text) = parts.read(slide) else { continue };
        if !preview.push(TextBlock::Heading { text: format!("スライド {}", index + 1) }) {
            break;
        }
        slide_part(&text, &mut preview);
        beside::words(&mut parts, slide, false, &mut preview);
        if preview.is_whole
            && let Some(notes) = parts.targets(slide).and_then(|(_, mut kinds)| kinds.remove("notesSlide"))
            && let Some(text) = parts.read(&notes)
        {
            slide_part(&text, &mut preview);
        }
    }
    Some(preview)
}

/// Paragraphs of a slide or of its notes.
fn slide_part(text: &str, preview: &mut TextPreview) {
    let (mut paragraph, mut in_text) = (String::new(), false);
    each(text, |event| {
        match event {
            Event::Start(start) if start.local_name().as_ref() == "t" => in_text = true,
            Event::End(end) if end.local_name().as_ref() == "t" => in_text = false,
            Event::End(end) if end.local_name().as_ref() == "p" => {
                let text = std::mem::take(&mut paragraph);
                if !text.trim().is_empty() {
                    return preview.push(TextBlock::Paragraph { text });
                }
            }
            event if in_text => push(&mut paragraph, event),
            _ => {}
        }
        true
    });
}

pub(super) fn sheets(mut preview: TextPreview, clean: &[u8], limits: &Limits) -> Option<TextPreview> {
    let mut parts = Parts::open(clean, limits)?;
    let main = parts.main()?;
    let (targets, kinds) = parts.targets(&main)?;
    let workbook = parts.read(&main)?;
    let order = sheet_parts(&workbook, &targets);
    let days_later = if is_from_1904(&workbook) { DAYS_TO_1904 } else { 0.0 };
    let shared = match kinds.get("sharedStrings") {
        Some(part) => shared_strings(&parts.read(part)?),
        None => Vec::new(),
    };
    let styles = kinds.get("styles").and_then(|part| parts.read(part));
    let look = Look { formats: styles.map(|text| formats(&text)).unwrap_or_default(), days_later };
    for (name, sheet) in order {
        let Some(text) = parts.read(&sheet) else { continue };
        if !preview.push(TextBlock::Heading { text: name }) {
            break;
        }
        let room = preview.bytes_max.saturating_sub(preview.bytes + 64);
        let (rows, all) = sheet_rows(&text, &shared, &look, room, preview.is_whole);
        preview.truncated |= !all;
        if !rows.is_empty() && !preview.push(TextBlock::Table { rows }) {
            break;
        }
        // Remarks are for colleagues: told where the whole is asked for, as those of a document are.
        let wants_remarks = preview.is_whole;
        if !beside::words(&mut parts, &sheet, wants_remarks, &mut preview) {
            break;
        }
    }
    Some(preview)
}

/// The sheets of a workbook in their order: name and part.
fn sheet_parts(workbook: &str, targets: &HashMap<String, String>) -> Vec<(String, String)> {
    let mut order = Vec::new();
    each(workbook, |event| {
        if let Event::Start(start) | Event::Empty(start) = event
            && start.local_name().as_ref() == "sheet"
            && let (Some(name), Some(target)) =
                (attribute(start, "name"), prefixed_attribute(start, "id").and_then(|id| targets.get(&id)))
        {
            order.push((name, target.clone()));
        }
        true
    });
    order
}

/// Whether the days of a workbook are counted from 1904.
fn is_from_1904(workbook: &str) -> bool {
    let mut found = false;
    each(workbook, |event| {
        if let Event::Start(start) | Event::Empty(start) = event
            && start.local_name().as_ref() == "workbookPr"
        {
            found = matches!(attribute(start, "date1904").as_deref(), Some("1" | "true"));
        }
        true
    });
    found
}

/// The rows of a clean workbook that a reader does not see, by the name of their sheet. Rows count from 1.
pub(crate) fn hidden_rows(clean: &[u8], limits: &Limits) -> HashMap<String, BTreeSet<u32>> {
    hidden_rows_of(clean, limits).unwrap_or_default()
}

fn hidden_rows_of(clean: &[u8], limits: &Limits) -> Option<HashMap<String, BTreeSet<u32>>> {
    let mut parts = Parts::open(clean, limits)?;
    let main = parts.main()?;
    let (targets, _) = parts.targets(&main)?;
    let mut hidden = HashMap::new();
    for (name, part) in sheet_parts(&parts.read(&main)?, &targets) {
        let (mut rows, mut last) = (BTreeSet::new(), 0u32);
        each(&parts.read(&part)?, |event| {
            if let Event::Start(start) | Event::Empty(start) = event
                && start.local_name().as_ref() == "row"
            {
                let said = attribute(start, "r").and_then(|number| number.parse().ok());
                last = said.unwrap_or(last.saturating_add(1));
                if attribute(start, "hidden").is_some_and(|hidden| hidden == "1" || hidden == "true") {
                    rows.insert(last);
                }
            }
            true
        });
        hidden.insert(name, rows);
    }
    Some(hidden)
}

/// The table of strings, without readings: those are not shown in a cell.
fn shared_strings(text: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let (mut current, mut in_text, mut in_reading) = (String::new(), false, false);
    each(text, |event| {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "t" => in_text = !in_reading,
                "rPh" => in_reading = true,
                _ => {}
            },
            Event::Empty(start) if start.local_name().as_ref() == "si" => strings.push(String::new()),
            Event::End(end) => match end.local_name().as_ref() {
                "t" => in_text = false,
                "rPh" => in_reading = false,
                "si" => strings.push(std::mem::take(&mut current)),
                _ => {}
            },
            event if in_text => push(&mut current, event),
            _ => {}
        }
        true
    });
    strings
}

/// How the numbers of a workbook are shown.
struct Look {
    /// What each style of cells shows.
    formats: Vec<Format>,
    days_later: f64,
}

impl Look {
    fn format(&self, style: Option<String>) -> Format {
        let style = style.map_or(Some(0), |style| style.parse::<usize>().ok());
        style.and_then(|style| self.formats.get(style)).copied().unwrap_or_default()
    }
}

/// What each style of cells shows, in their order.
fn formats(text: &str) -> Vec<Format> {
    let mut own = HashMap::new();
    let mut formats = Vec::new();
    let mut in_cells = false;
    each(text, |event| {
        match event {
            Event::Start(start) | Event::Empty(start) => {
                let number = || attribute(start, "numFmtId").and_then(|id| id.parse::<u32>().ok());
                match start.local_name().as_ref() {
                    "cellXfs" => in_cells = matches!(event, Event::Start(_)),
                    "numFmt" => {
                        let format = attribute(start, "formatCode").map(|code| Format::read(&code));
                        own.extend(number().zip(format));
                    }
                    "xf" if in_cells => {
                        let number = number().unwrap_or_default();
                        formats.push(own.get(&number).copied().unwrap_or_else(|| Format::built_in(number)));
                    }
                    _ => {}
                }
            }
            Event::End(end) if end.local_name().as_ref() == "cellXfs" => in_cells = false,
            _ => {}
        }
        true
    });
    formats
}

/// The rows that hold something, as many as have room, and whether these are all. A short sheet may name one long string
/// again and again, or cells far to the right.
fn sheet_rows(
    text: &str,
    shared: &[String],
    look: &Look,
    room: usize,
    is_whole: bool,
) -> (Vec<Vec<String>>, bool) {
    let mut room = room;
    let cell_bytes = if is_whole { CELL_BYTES } else { SHOWN_CELL_BYTES };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let (mut kind, mut column, mut value) = (String::new(), 0usize, String::new());
    let mut format = Format::Number;
    let (mut in_value, mut in_reading, mut all) = (false, false, true);
    each(text, |event| {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "c" => {
                    kind = attribute(start, "t").unwrap_or_default();
                    column = attribute(start, "r").map_or(row.len(), |r| column_of(&r));
                    format = look.format(attribute(start, "s"));
                    value.clear();
                }
                "v" | "t" => in_value = !in_reading,
                "rPh" => in_reading = true,
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "v" | "t" => in_value = false,
                "rPh" => in_reading = false,
                "c" if column < COLUMNS_MAX || (is_whole && column < COLUMNS_OF_SHEET) => {
                    let shown = match kind.as_str() {
                        "s" => value
                            .parse()
                            .ok()
                            .and_then(|i: usize| shared.get(i))
                            .map(|words| Cow::from(words.as_str()))
                            .unwrap_or_default(),
                        "" | "n" => match format.shown(&value, look.days_later) {
                            Some(day) => Cow::from(day),
                            None => Cow::from(value.as_str()),
                        },
                        _ => Cow::from(value.as_str()),
                    };
                    let cells = column.saturating_sub(row.len()) + 1;
                    let bytes = cells.saturating_mul(cell_bytes).saturating_add(shown.len());
                    let Some(left) = room.checked_sub(bytes) else {
                        rows.push(std::mem::take(&mut row));
                        all = false;
                        return false;
                    };
                    room = left;
                    while row.len() < column {
                        row.push(String::new());
                    }
                    row.push(shown.into_owned());
                }
                // No sheet has more columns, so nobody misses them.
                "c" => all &= is_whole,
                "row" => {
                    let row = std::mem::take(&mut row);
                    if row.iter().any(|cell| !cell.is_empty()) {
                        rows.push(row);
                    }
                    if rows.len() >= ROWS_MAX && !is_whole {
                        all = false;
                        return false;
                    }
                }
                _ => {}
            },
            event if in_value => push(&mut value, event),
            _ => {}
        }
        true
    });
    (rows, all)
}

/// The column of a cell's name, from 0: `AB12` is 27.
fn column_of(name: &str) -> usize {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).take(3);
    letters
        .fold(0, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1)
        .saturating_sub(1)
}
