//! What a reader sees in a clean document of Word 97: paragraphs and rows of tables.
//!
//! Owns: which characters of the text are shown, putting them into lines.
//! Leaves to others: reading the text (`text`), making the document clean (the modules beside this one).

use std::io::Read;
use std::ops::Range;

use worker_protocol::Limits;

use super::edit::merge;
use super::header::{Header, story};
use super::looks::{self, number};
use super::text::{self, Text, sign};
use crate::bounded::Budget;
use crate::compound;
use crate::legacy::fields::scan;

/// What stands in a line of its own.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ShownLine {
    Paragraph(String),
    Row(Vec<String>),
}

/// The lines of a document, and those that stand beside the text: page headers, notes and comments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ShownDocument {
    pub(crate) text: Vec<ShownLine>,
    pub(crate) beside: Vec<ShownLine>,
}

/// Reads a clean document.
pub(crate) fn read(clean: &[u8], limits: &Limits) -> Option<ShownDocument> {
    let mut file = compound::open(clean).ok()?;
    let mut stream = |name: &str| {
        let mut bytes = Vec::new();
        file.open_stream(name).ok()?.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let main = stream("/WordDocument")?;
    let header = Header::read(&main).ok()?;
    let table = stream(header.table_name())?;
    let text = text::read(&header, &main, &table, &mut Budget::new(*limits)).ok()?;
    let mut shown = ShownDocument::default();
    for which in [story::MAIN, story::BOXES] {
        put_lines(&text, which, &mut shown.text);
    }
    for which in [story::HEADERS, story::HEADER_BOXES, story::FOOTNOTES, story::ENDNOTES, story::COMMENTS] {
        put_lines(&text, which, &mut shown.beside);
    }
    Some(shown)
}

/// The lines of a story.
fn put_lines(text: &Text<'_>, which: usize, out: &mut Vec<ShownLine>) {
    let range = text.story(which);
    let hidden: Vec<Range<u32>> = hidden(text.slice(&range))
        .into_iter()
        .filter_map(|hidden| {
            let place = |at: usize| u32::try_from(at).ok().map(|at| range.start + at);
            Some(place(hidden.start)?..place(hidden.end)?)
        })
        .collect();
    let mut hidden = hidden.iter().peekable();
    let is_deleted = |list: &[u8]| looks::find(list, number::IS_DELETED) == Some(1);
    let mut looks = text.characters.iter().map(|(end, look)| (*end, is_deleted(look.list))).peekable();
    let mut paragraphs = text.paragraphs.iter().peekable();
    let mut line: Vec<u16> = Vec::new();
    let mut cells: Vec<String> = Vec::new();
    let mut cell = String::new();
    for at in range {
        while hidden.next_if(|hidden| hidden.end <= at).is_some() {}
        while looks.next_if(|(end, _)| *end <= at).is_some() {}
        while paragraphs.next_if(|(end, _)| *end <= at).is_some() {}
        let is_hidden = hidden.peek().is_some_and(|hidden| hidden.contains(&at))
            || looks.peek().is_some_and(|(_, is_deleted)| *is_deleted);
        let unit = text.unit(at).unwrap_or(0);
        let ends = paragraphs.peek().filter(|(end, _)| *end == at + 1);
        let ends_row = ends.is_some_and(|(_, look)| {
            look.list.get(2..).and_then(|list| looks::find(list, number::ENDS_ROW)) == Some(1)
        });
        match unit {
            sign::CELL if ends_row => out.push(ShownLine::Row(std::mem::take(&mut cells))),
            sign::CELL => {
                push_line(&mut cell, &std::mem::take(&mut line));
                cells.push(std::mem::take(&mut cell));
            }
            _ if ends.is_some() => {
                let is_in_table = ends.is_some_and(|(_, look)| {
                    look.list.get(2..).and_then(|list| looks::find(list, number::IS_IN_TABLE)) == Some(1)
                });
                let mut own = String::new();
                push_line(&mut own, &std::mem::take(&mut line));
                match is_in_table {
                    true if cell.is_empty() => cell = own,
                    true => cell = format!("{cell}\n{own}"),
                    false if own.trim().is_empty() => {}
                    false => out.push(ShownLine::Paragraph(own)),
                }
            }
            _ if is_hidden => {}
            sign::TAB | sign::LINE | sign::PAGE => line.push(u16::from(b' ')),
            sign::HYPHEN => line.push(u16::from(b'-')),
            unit if unit >= 0x20 => line.push(unit),
            _ => {}
        }
    }
    // What is not ended.
    let mut own = String::new();
    push_line(&mut own, &line);
    cells.extend([cell, own].into_iter().filter(|words| !words.is_empty()));
    out.extend(cells.into_iter().map(ShownLine::Paragraph));
}

/// Adds a line to what stands in a cell before it.
fn push_line(cell: &mut String, line: &[u16]) {
    if !cell.is_empty() && !line.is_empty() {
        cell.push('\n');
    }
    cell.push_str(&String::from_utf16_lossy(line));
}

/// How many characters can be seen.
pub(super) fn count(units: &[u16]) -> u64 {
    let hidden = hidden(units);
    let mut hidden = hidden.iter().peekable();
    let mut count = 0;
    for (at, unit) in units.iter().enumerate() {
        while hidden.next_if(|range| range.end <= at).is_some() {}
        let is_hidden = hidden.peek().is_some_and(|range| range.contains(&at));
        count += u64::from(*unit >= 0x20 && !is_hidden);
    }
    count
}

/// The instructions of fields, one range after the other.
fn hidden(units: &[u16]) -> Vec<Range<usize>> {
    let fields = scan(units).into_iter();
    let mut all: Vec<Range<usize>> =
        fields.map(|field| field.begin..field.result.unwrap_or(field.end) + 1).collect();
    all.sort_by_key(|range| (range.start, range.end));
    merge(&mut all);
    all
}
