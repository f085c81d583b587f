//! The words of a document in reading order, and how many of them there are.
//!
//! Owns: paragraphs, tables, sheets and slides of `content.xml`, and the counts for the report.
//! Leaves to others: looks, and anything that was not read by this crate's own filter before: `blocks` and `plain` see
//! clean parts only. `counts` sees both sides and must end on anything.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use worker_protocol::Kind;

use crate::xml;

/// What a document is made of, to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    Heading(String),
    Paragraph(String),
    Table(Vec<Vec<String>>),
}

/// Rows of one table that are read.
const ROWS_MAX: usize = 100_000;

/// Columns of one row that are read.
const COLUMNS_MAX: usize = 1_000;

/// Spaces that one element may stand for.
const SPACES_MAX: usize = 200;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) characters: u64,
    pub(super) cells: u64,
    pub(super) pages: u64,
    pub(super) pictures: u64,
}

fn attribute(start: &BytesStart<'_>, local: &str) -> Option<String> {
    start
        .attributes()
        .flatten()
        .find(|a| a.key.local_name().as_ref() == local)
        .and_then(|a| xml::attribute_value(&a).ok())
}

/// Counts what a reader sees. Works on local names, so that both sides of the filter are counted alike.
pub(super) fn counts(content: &str) -> Counts {
    let mut counts = Counts::default();
    let mut reader = Reader::from_str(content);
    let (mut paragraphs, mut tables, mut hidden) = (0u32, 0u32, 0u32);
    let (mut cell_has_text, mut in_body, mut is_binary) = (false, false, false);
    while let Ok(event) = reader.read_event() {
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let is_open = matches!(event, Event::Start(_));
                match start.name().as_ref() {
                    "office:body" => in_body = is_open,
                    "text:p" | "text:h" if in_body => paragraphs += u32::from(is_open),
                    "table:table" if in_body => {
                        counts.pages += u64::from(tables == 0 && hidden == 0);
                        tables += u32::from(is_open);
                    }
                    "draw:page" if in_body => counts.pages += 1,
                    "table:table-cell" => cell_has_text = false,
                    "draw:image" if in_body => counts.pictures += 1,
                    "text:tracked-changes" => hidden += u32::from(is_open),
                    "office:binary-data" => is_binary = is_open,
                    _ => {}
                }
            }
            Event::End(end) => match end.name().as_ref() {
                "text:p" | "text:h" => paragraphs = paragraphs.saturating_sub(1),
                "table:table" => tables = tables.saturating_sub(1),
                "table:table-cell" if cell_has_text => {
                    counts.cells += 1;
                    cell_has_text = false;
                }
                "text:tracked-changes" => hidden = hidden.saturating_sub(1),
                "office:binary-data" => is_binary = false,
                _ => {}
            },
            Event::Text(text) if paragraphs > 0 && !is_binary => {
                let characters = text.chars().filter(|c| !c.is_whitespace()).count() as u64;
                counts.characters += characters;
                cell_has_text |= characters > 0;
            }
            Event::GeneralRef(_) if paragraphs > 0 => {
                counts.characters += 1;
                cell_has_text = true;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    counts
}

/// What stands in a table that is open.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    cell: String,
    repeated: usize,
}

/// Reads a clean part and hands over its blocks until told to stop.
pub(crate) fn blocks(content: &str, kind: Kind, take: &mut dyn FnMut(Block) -> bool) {
    let mut reader = Reader::from_str(content);
    let mut paragraphs: Vec<String> = Vec::new();
    let mut tables: Vec<Table> = Vec::new();
    let (mut slide, mut skipped) = (0u32, 0u32);
    while let Ok(event) = reader.read_event() {
        let mut going = true;
        match &event {
            Event::Start(start) if skipped > 0 || is_aside(start.name().as_ref()) => skipped += 1,
            Event::End(_) if skipped > 0 => skipped -= 1,
            _ if skipped > 0 => {}
            Event::Start(start) => match start.name().as_ref() {
                "text:p" | "text:h" => paragraphs.push(String::new()),
                "draw:page" => {
                    slide += 1;
                    going = take(Block::Heading(format!("スライド {slide}")));
                }
                "table:table" => {
                    if kind == Kind::Ods && tables.is_empty() {
                        going = take(Block::Heading(attribute(start, "name").unwrap_or_default()));
                    }
                    tables.push(Table::default());
                }
                "table:table-cell" | "table:covered-table-cell" => {
                    if let Some(table) = tables.last_mut() {
                        table.repeated = repeated(start);
                    }
                }
                _ => {}
            },
            Event::Empty(start) => match start.name().as_ref() {
                "table:table-cell" | "table:covered-table-cell" => {
                    if let Some(table) = tables.last_mut() {
                        let many = repeated(start).min(COLUMNS_MAX.saturating_sub(table.row.len()));
                        table.row.extend(std::iter::repeat_n(String::new(), many));
                    }
                }
                "draw:page" => {
                    slide += 1;
                    going = take(Block::Heading(format!("スライド {slide}")));
                }
                name => {
                    if let Some(paragraph) = paragraphs.last_mut() {
                        match name {
                            "text:s" => {
                                let many = attribute(start, "c").and_then(|c| c.parse().ok()).unwrap_or(1);
                                paragraph.extend(std::iter::repeat_n(' ', many.min(SPACES_MAX)));
                            }
                            "text:tab" => paragraph.push('\t'),
                            "text:line-break" => paragraph.push('\n'),
                            _ => {}
                        }
                    }
                }
            },
            Event::End(end) => match end.name().as_ref() {
                "text:p" | "text:h" => {
                    let text = paragraphs.pop().unwrap_or_default();
                    match tables.last_mut() {
                        Some(table) => {
                            if !table.cell.is_empty() {
                                table.cell.push('\n');
                            }
                            table.cell.push_str(&text);
                        }
                        None if !text.trim().is_empty() => going = take(Block::Paragraph(text)),
                        None => {}
                    }
                }
                "table:table-cell" | "table:covered-table-cell" => {
                    if let Some(table) = tables.last_mut() {
                        let cell = std::mem::take(&mut table.cell);
                        // A value that fills a row to its end is shown once.
                        let many = if cell.is_empty() { table.repeated } else { table.repeated.min(32) };
                        let many = many.min(COLUMNS_MAX.saturating_sub(table.row.len()));
                        table.row.extend(std::iter::repeat_n(cell, many));
                    }
                }
                "table:table-row" => {
                    if let Some(table) = tables.last_mut() {
                        let mut row = std::mem::take(&mut table.row);
                        while row.last().is_some_and(String::is_empty) {
                            row.pop();
                        }
                        // Most rows end in a thousand cells that hold nothing: their room would cost more than the words.
                        row.shrink_to_fit();
                        if !row.is_empty() && table.rows.len() < ROWS_MAX {
                            table.rows.push(row);
                        }
                    }
                }
                "table:table" => {
                    let rows = tables.pop().unwrap_or_default().rows;
                    match tables.last_mut() {
                        Some(outer) => {
                            for row in rows {
                                outer.cell.push_str(&row.join(" "));
                                outer.cell.push('\n');
                            }
                        }
                        None if !rows.is_empty() => going = take(Block::Table(rows)),
                        None => {}
                    }
                }
                _ => {}
            },
            Event::Text(text) => {
                if let Some(paragraph) = paragraphs.last_mut() {
                    paragraph.push_str(text);
                }
            }
            Event::GeneralRef(reference) => {
                if let (Some(paragraph), Ok(c)) = (paragraphs.last_mut(), xml::reference(reference)) {
                    paragraph.push(c);
                }
            }
            Event::Eof => return,
            _ => {}
        }
        if !going {
            return;
        }
    }
}

/// What is not part of the text as it reads now: deleted text, definitions.
fn is_aside(name: &str) -> bool {
    matches!(
        name,
        "text:tracked-changes"
            | "office:automatic-styles"
            | "office:styles"
            | "table:tracked-changes"
            | "office:forms"
    )
}

fn repeated(start: &BytesStart<'_>) -> usize {
    attribute(start, "number-columns-repeated")
        .and_then(|n| n.parse().ok())
        .unwrap_or(1)
        .clamp(1, COLUMNS_MAX)
}

/// The words as plain text: a line for each paragraph, tabs between cells. Headers and footers come last.
pub(super) fn plain(content: &str, styles: &str, kind: Kind) -> String {
    let mut out = String::new();
    for part in [content, styles] {
        blocks(part, kind, &mut |block| {
            match block {
                Block::Heading(text) | Block::Paragraph(text) => {
                    out.push_str(&text);
                    out.push('\n');
                }
                Block::Table(rows) => {
                    for row in rows {
                        let cells: Vec<String> =
                            row.iter().map(|cell| cell.replace(['\n', '\t'], " ")).collect();
                        out.push_str(&cells.join("\t"));
                        out.push('\n');
                    }
                }
            }
            true
        });
    }
    out
}
