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

/// Counts what a reader sees. Both sides of the filter are counted alike.
pub(super) fn counts(content: &str) -> Counts {
    let mut counting = Counting::default();
    let mut reader = Reader::from_str(content);
    while let Ok(event) = reader.read_event() {
        if matches!(event, Event::Eof) {
            break;
        }
        counting.note(&event);
    }
    counting.counts
}

/// Counts what a reader sees while a part passes by.
#[derive(Debug, Default)]
pub(super) struct Counting {
    pub(super) counts: Counts,
    paragraphs: u32,
    tables: u32,
    hidden: u32,
    cell_has_text: bool,
    in_body: bool,
    is_binary: bool,
}

impl Counting {
    pub(super) fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(start) => self.start(start.name().as_ref(), true),
            Event::Empty(start) => self.start(start.name().as_ref(), false),
            Event::End(end) => match end.name().as_ref() {
                "text:p" | "text:h" => self.paragraphs = self.paragraphs.saturating_sub(1),
                "table:table" => self.tables = self.tables.saturating_sub(1),
                "table:table-cell" if self.cell_has_text => {
                    self.counts.cells += 1;
                    self.cell_has_text = false;
                }
                "text:tracked-changes" => self.hidden = self.hidden.saturating_sub(1),
                "office:binary-data" => self.is_binary = false,
                _ => {}
            },
            Event::Text(text) if self.paragraphs > 0 && !self.is_binary => {
                let characters = text.chars().filter(|c| !c.is_whitespace()).count() as u64;
                self.counts.characters += characters;
                self.cell_has_text |= characters > 0;
            }
            Event::GeneralRef(_) if self.paragraphs > 0 => {
                self.counts.characters += 1;
                self.cell_has_text = true;
            }
            _ => {}
        }
    }

    fn start(&mut self, name: &str, is_open: bool) {
        match name {
            "office:body" => self.in_body = is_open,
            "text:p" | "text:h" if self.in_body => self.paragraphs += u32::from(is_open),
            "table:table" if self.in_body => {
                self.counts.pages += u64::from(self.tables == 0 && self.hidden == 0);
                self.tables += u32::from(is_open);
            }
            "draw:page" if self.in_body => self.counts.pages += 1,
            "table:table-cell" => self.cell_has_text = false,
            "draw:image" if self.in_body => self.counts.pictures += 1,
            "text:tracked-changes" => self.hidden += u32::from(is_open),
            "office:binary-data" => self.is_binary = is_open,
            _ => {}
        }
    }
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
