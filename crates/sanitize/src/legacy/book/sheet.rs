//! The records of one sheet of a workbook of Excel 97 (MS-XLS 2.1.7.20.5).
//!
//! Owns: cells and their formulas, which records of a sheet are written anew.
//! Leaves to others: rules for input and for looks (`rules`), links (`hyperlink`), page headers (`page`), drawings (`drawing`),
//! judging formulas (`formula`), the records that stay as they are (`shapes`).

use worker_protocol::{LinkPolicy, Spot, Threat};

use super::super::bytes::{u16_at, u32_at};
use super::super::drawn::hyperlink;
use super::links::Links;
use super::page::Page;
use super::records::{self, Item, Part, Reader, Record};
use super::shapes::{self, Fate};
use super::strings::Strings;
use super::{Stop, drawing, formula, rules};
use crate::Work;
use crate::workbook::cell_name;

/// Records by number.
pub(super) mod record {
    pub(crate) const FORMULA: u16 = 0x0006;
    pub(crate) const NOTE: u16 = 0x001C;
    pub(crate) const COLUMNS: u16 = 0x007D;
    pub(crate) const SETTINGS: u16 = 0x0081;
    pub(crate) const FILTER: u16 = 0x009E;
    pub(crate) const NUMBERS: u16 = 0x00BD;
    pub(crate) const BLANKS: u16 = 0x00BE;
    pub(crate) const RICH_TEXT: u16 = 0x00D6;
    pub(crate) const DRAWING: u16 = 0x00EC;
    pub(crate) const SHARED_TEXT: u16 = 0x00FD;
    pub(crate) const VIEW_BEGIN: u16 = 0x01AA;
    pub(crate) const VIEW_END: u16 = 0x01AB;
    pub(crate) const LOOKS: u16 = 0x01B0;
    pub(crate) const LOOK: u16 = 0x01B1;
    pub(crate) const INPUTS: u16 = 0x01B2;
    pub(crate) const LINK: u16 = 0x01B8;
    pub(crate) const INPUT: u16 = 0x01BE;
    pub(crate) const BLANK: u16 = 0x0201;
    pub(crate) const NUMBER: u16 = 0x0203;
    pub(crate) const TEXT: u16 = 0x0204;
    pub(crate) const TRUTH: u16 = 0x0205;
    pub(crate) const RESULT: u16 = 0x0207;
    pub(crate) const ARRAY: u16 = 0x0221;
    pub(crate) const TABLE: u16 = 0x0236;
    pub(crate) const WINDOW: u16 = 0x023E;
    pub(crate) const SMALL_NUMBER: u16 = 0x027E;
    pub(crate) const SHARED_FORMULA: u16 = 0x04BC;
    pub(crate) const LINK_TIP: u16 = 0x0800;
    pub(crate) const PROTECTION: u16 = 0x0867;
}

/// Where the tokens of a formula are counted: in a cell, for several cells, for an array.
const TOKENS_OF_CELL: usize = 20;
const TOKENS_OF_SHARED: usize = 8;
const TOKENS_OF_ARRAY: usize = 12;

/// Formulas of one sheet that several cells share and that go. Each cell is looked for among them.
const GONE_MAX: usize = 2_000;

/// What is known of the workbook while its sheets are written.
#[derive(Debug)]
pub(super) struct Book<'a> {
    pub(super) links: Links<'a>,
    pub(super) strings: Strings,
    pub(super) fonts: usize,
    pub(super) formats: usize,
    /// Pictures that shapes may name, from one.
    pub(super) pictures: usize,
    pub(super) policy: LinkPolicy,
    /// Cells that hold something.
    pub(super) cells: u64,
    /// Shapes that went with what they were.
    pub(super) shapes_gone: u32,
    /// The mark, as people read it.
    pub(super) mark: Option<String>,
}

impl Book<'_> {
    /// What is told of a place that has no cell; without a sheet, of all of the workbook.
    pub(super) fn tell(work: &mut Work<'_>, threat: Threat, sheet: &str) {
        let place = if sheet.is_empty() { "Workbook".to_owned() } else { format!("Workbook/{sheet}") };
        work.findings.add(threat, &place);
    }

    /// What is done about a record that does not stay.
    pub(super) fn leave_out(work: &mut Work<'_>, number: u16, sheet: &str) -> Result<(), Stop> {
        match shapes::fate(number) {
            Fate::Goes => {}
            Fate::GoesAndIsTold(threat) => Self::tell(work, threat, sheet),
            Fate::IsUnknown => return Err(Stop::Other),
        }
        Ok(())
    }

    pub(super) fn tell_at(work: &mut Work<'_>, threat: Threat, sheet: &str, column: u16, row: u16) {
        match cell_name(column.into(), row.into()) {
            Some(reference) => {
                let spot = Spot::Cell { untrusted_sheet: sheet.to_owned(), reference };
                work.findings.add_at(threat, "Workbook", spot);
            }
            None => Self::tell(work, threat, sheet),
        }
    }
}

/// What the text that follows a formula is for.
enum Awaited {
    Nothing,
    /// The formula stays, and the text is its result.
    Result,
    /// The formula went, and the text is what this cell holds.
    Value([u8; 6]),
}

/// A sheet while it is written.
pub(super) struct Sheet<'b, 'a, 'w, 'j> {
    name: &'b str,
    /// Whether it was one of macros: then none of its formulas stays.
    has_macros: bool,
    book: &'b mut Book<'a>,
    work: &'w mut Work<'j>,
    out: Vec<u8>,
    page: Page,
    /// Cells whose shared formula went: first and last row, first and last column.
    gone: Vec<[u16; 4]>,
    awaited: Awaited,
    /// Whether the last link stayed.
    link_stayed: bool,
}

impl<'b, 'a, 'w, 'j> Sheet<'b, 'a, 'w, 'j> {
    pub(super) fn new(
        name: &'b str,
        has_macros: bool,
        book: &'b mut Book<'a>,
        work: &'w mut Work<'j>,
    ) -> Self {
        let page = Page::with(book.mark.clone());
        Self {
            name,
            has_macros,
            book,
            work,
            out: Vec::new(),
            page,
            gone: Vec::new(),
            awaited: Awaited::Nothing,
            link_stayed: false,
        }
    }

    /// Writes what stays of the sheet, from its beginning to its end.
    ///
    /// # Errors
    /// Another road is taken when something looks otherwise than it must, or is not rebuilt here.
    pub(super) fn write(mut self, part: &Part<'_>) -> Result<Vec<u8>, Stop> {
        part.put_begin(super::SHEET, &mut self.out)?;
        self.look_for_shared(part)?;
        let mut has_drawing = false;
        let mut is_in_view = false;
        self.out.reserve_exact(part.len() + part.len() / 64 + 4096);
        let mut items = part.items();
        loop {
            let here = items.clone();
            let Some(item) = items.next() else { break };
            let Item::Record(record) = item else { return Err(Stop::Other) };
            match record.number {
                record::VIEW_BEGIN => is_in_view = true,
                record::VIEW_END => is_in_view = false,
                // How another person saw the sheet.
                _ if is_in_view => {}
                record::DRAWING if has_drawing => return Err(Stop::Other),
                record::DRAWING => {
                    has_drawing = true;
                    let (written, behind) = drawing::rebuild(here, self.book, self.name, self.work)?;
                    self.out.extend_from_slice(&written);
                    items = behind;
                }
                record::LOOKS => {
                    rules::looks(&record, &mut items, self.book, self.name, self.work, &mut self.out)?;
                }
                record::INPUTS => {
                    rules::inputs(&record, &mut items, self.book, self.name, self.work, &mut self.out)?;
                }
                _ => self.record(&record)?,
            }
        }
        self.page.done()?;
        records::put(&mut self.out, records::END, &[]);
        Ok(self.out)
    }

    /// Which formulas that several cells share may not stay, before the first of these cells is met.
    fn look_for_shared(&mut self, part: &Part<'_>) -> Result<(), Stop> {
        if self.has_macros {
            return Ok(());
        }
        for record in part.records() {
            let at = match record.number {
                record::SHARED_FORMULA => TOKENS_OF_SHARED,
                record::ARRAY => TOKENS_OF_ARRAY,
                _ => continue,
            };
            let (tokens, extra) = tokens(record.body, at)?;
            if let Err(threat) = formula::judge(tokens, extra, &self.book.links, self.book.policy) {
                let cells = shared_cells(record.body)?;
                if self.gone.len() >= GONE_MAX {
                    return Err(Stop::Other);
                }
                self.gone.push(cells);
                Book::tell_at(self.work, threat, self.name, cells[2], cells[0]);
            }
        }
        Ok(())
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), Stop> {
        let body = record.body;
        match record.number {
            record::FORMULA => self.formula(body)?,
            record::RESULT => match std::mem::replace(&mut self.awaited, Awaited::Nothing) {
                Awaited::Nothing => {}
                Awaited::Result => {
                    let text = Reader::of(record).text().ok_or(Stop::Other)?;
                    rules::put_long_text(&mut self.out, record::RESULT, &text);
                }
                Awaited::Value(place) => {
                    let text = Reader::of(record).text().ok_or(Stop::Other)?;
                    self.put_text(place, text)?;
                }
            },
            record::SHARED_FORMULA => self.shared(record, TOKENS_OF_SHARED)?,
            record::ARRAY => self.shared(record, TOKENS_OF_ARRAY)?,
            record::TABLE => {
                if body.len() != 16 {
                    return Err(Stop::Other);
                }
                if !self.has_macros {
                    self.put(record);
                }
            }
            record::NUMBERS => self.cells(record, 6)?,
            record::BLANKS => self.cells(record, 2)?,
            record::SMALL_NUMBER => self.cell(record, 10)?,
            record::NUMBER => self.cell(record, 14)?,
            record::BLANK => self.cell(record, 6)?,
            record::TRUTH => {
                let is_known = matches!(
                    body.get(6..),
                    Some([0 | 1, 0] | [0x00 | 0x07 | 0x0F | 0x17 | 0x1D | 0x24 | 0x2A | 0x2B, 1])
                );
                if !is_known {
                    return Err(Stop::Other);
                }
                self.cell(record, 8)?;
            }
            record::SHARED_TEXT => {
                let number = u32_at(body, 6).and_then(|number| usize::try_from(number).ok());
                if number.is_none_or(|number| number >= self.book.strings.len()) {
                    return Err(Stop::Other);
                }
                self.cell(record, 10)?;
            }
            record::TEXT | record::RICH_TEXT => {
                let mut reader = Reader::of(record);
                let place = reader.take(6).and_then(|place| place.try_into().ok()).ok_or(Stop::Other)?;
                let text = reader.text().ok_or(Stop::Other)?;
                self.put_text(place, text)?;
            }
            record::COLUMNS => {
                // Some writers leave out the last two bytes, and some write more.
                let body = body.get(..12).or(body.get(..10)).ok_or(Stop::Other)?;
                self.known_format(u16_at(body, 6))?;
                // The last column may be told by the one behind it.
                let (first, last) = u16_at(body, 0).zip(u16_at(body, 2)).ok_or(Stop::Other)?;
                if first > last || last > 0x100 {
                    return Err(Stop::Other);
                }
                records::put(&mut self.out, record.number, body);
            }
            record::NOTE => {
                let mut reader = Reader::of(record);
                let author = reader.take(8).and_then(|_| reader.text());
                if author.is_none() || reader.left().len() > 2 {
                    return Err(Stop::Other);
                }
                self.put(record);
            }
            record::FILTER => {
                if !rules::is_filter(body) {
                    return Err(Stop::Other);
                }
                self.put(record);
            }
            record::LINK => {
                let written = hyperlink::of_cells(body, self.book.policy);
                self.link_stayed = written.is_some();
                match written {
                    Some(written) => records::put(&mut self.out, record::LINK, &written),
                    None => {
                        let at = |place| u16_at(body, place).unwrap_or(0);
                        Book::tell_at(self.work, Threat::Hyperlink, self.name, at(4), at(0));
                    }
                }
            }
            record::LINK_TIP => {
                if self.link_stayed && hyperlink::is_tip(body) {
                    self.put(record);
                }
            }
            record::PROTECTION => {
                // What is allowed on a protected sheet; other sorts say what a program recognised in the cells.
                if body.len() == 23 && u16_at(body, 12) == Some(2) && u32_at(body, 15) == Some(u32::MAX) {
                    self.put(record);
                }
            }
            record::WINDOW if self.has_macros => {
                // A sheet of macros shows its formulas, which are no more.
                let mut body = body.to_vec();
                if let Some(flags) = body.first_mut() {
                    *flags &= !1;
                }
                self.known(&Record::new(record.number, &body))?;
            }
            record::SETTINGS if body.first().is_some_and(|flags| flags & 0x10 != 0) => {
                // A box with controls, which only macros open.
                return Err(Stop::Other);
            }
            // Rules without their heads.
            record::LOOK | record::INPUT => return Err(Stop::Other),
            number if Page::owns(number) => self.page.put(record, &mut self.out)?,
            _ => self.known(record)?,
        }
        Ok(())
    }

    /// A record that stays as it is, or goes.
    fn known(&mut self, record: &Record<'_>) -> Result<(), Stop> {
        match shapes::of_sheet(record.number) {
            Some(shape) if shapes::fits(record, shape) => self.put(record),
            Some(_) if record.number < shapes::LATER => return Err(Stop::Other),
            _ => Book::leave_out(self.work, record.number, self.name)?,
        }
        Ok(())
    }

    fn put(&mut self, record: &Record<'_>) {
        records::put(&mut self.out, record.number, record.body);
    }

    /// A cell of so many bytes: row, column, look, and what it holds.
    fn cell(&mut self, record: &Record<'_>, bytes: usize) -> Result<(), Stop> {
        if record.body.len() != bytes {
            return Err(Stop::Other);
        }
        self.known_place(record.body)?;
        self.book.cells += u64::from(bytes > 6);
        self.put(record);
        Ok(())
    }

    /// Cells side by side: row, first column, so many bytes each of which two say its look, last column.
    fn cells(&mut self, record: &Record<'_>, each: usize) -> Result<(), Stop> {
        let body = record.body;
        let inside = body.len().checked_sub(6).ok_or(Stop::Other)?;
        let at = |place| u16_at(body, place).map(usize::from).ok_or(Stop::Other);
        let (first, last) = (at(2)?, at(body.len() - 2)?);
        if inside % each != 0 || inside == 0 || last > 0xFF || last + 1 != first + inside / each {
            return Err(Stop::Other);
        }
        for cell in body.get(4..4 + inside).unwrap_or_default().chunks_exact(each) {
            self.known_format(u16_at(cell, 0))?;
        }
        if each > 2 {
            self.book.cells += (inside / each) as u64;
        }
        self.put(record);
        Ok(())
    }

    /// A cell begins here: a column that there is, and a look that there is.
    fn known_place(&self, body: &[u8]) -> Result<(), Stop> {
        match u16_at(body, 2) {
            Some(0..=0xFF) => self.known_format(u16_at(body, 4)),
            _ => Err(Stop::Other),
        }
    }

    fn known_format(&self, number: Option<u16>) -> Result<(), Stop> {
        let is_known = number.is_some_and(|number| usize::from(number) < self.book.formats);
        is_known.then_some(()).ok_or(Stop::Other)
    }

    fn formula(&mut self, body: &[u8]) -> Result<(), Stop> {
        let (tokens, extra) = tokens(body, TOKENS_OF_CELL)?;
        self.known_place(body)?;
        self.book.cells += 1;
        let head = body.get(..TOKENS_OF_CELL).ok_or(Stop::Other)?;
        let (place, result): ([u8; 6], [u8; 8]) = head
            .first_chunk::<6>()
            .zip(head.get(6..14).and_then(|result| result.try_into().ok()))
            .map(|(place, result)| (*place, result))
            .ok_or(Stop::Other)?;
        let at = |at| u16_at(body, at).unwrap_or(0);
        let (row, column) = (at(0), at(2));
        let judged = formula::judge(tokens, extra, &self.book.links, self.book.policy);
        let has_text = matches!(result, [0, _, _, _, _, _, 0xFF, 0xFF]);
        let formula = match judged {
            _ if self.has_macros => None,
            Ok(formula) if formula.is_shared && self.is_gone(row, column) => None,
            Ok(formula) => Some(formula),
            Err(threat) => {
                Book::tell_at(self.work, threat, self.name, column, row);
                None
            }
        };
        let Some(formula) = formula else {
            return self.put_value(place, result);
        };
        let mut out = head.get(..16).unwrap_or_default().to_vec();
        out.extend_from_slice(&[0; 4]);
        formula.push(&mut out)?;
        records::put(&mut self.out, record::FORMULA, &out);
        self.awaited = if has_text { Awaited::Result } else { Awaited::Nothing };
        Ok(())
    }

    /// What stands where a formula went: the value that it had.
    fn put_value(&mut self, place: [u8; 6], result: [u8; 8]) -> Result<(), Stop> {
        self.awaited = Awaited::Nothing;
        let (number, value) = match result {
            [0, _, _, _, _, _, 0xFF, 0xFF] => {
                self.awaited = Awaited::Value(place);
                return Ok(());
            }
            [1, _, truth, _, _, _, 0xFF, 0xFF] => (record::TRUTH, vec![u8::from(truth != 0), 0]),
            [2, _, error, _, _, _, 0xFF, 0xFF] => (record::TRUTH, vec![error, 1]),
            [_, _, _, _, _, _, 0xFF, 0xFF] => (record::BLANK, Vec::new()),
            number => (record::NUMBER, number.to_vec()),
        };
        records::put(&mut self.out, number, &[place.as_slice(), &value].concat());
        Ok(())
    }

    fn put_text(&mut self, place: [u8; 6], text: Vec<u16>) -> Result<(), Stop> {
        self.known_place(&place)?;
        let number = self.book.strings.add(text).ok_or(Stop::Other)?;
        self.book.cells += 1;
        records::put(&mut self.out, record::SHARED_TEXT, &[place.as_slice(), &number.to_le_bytes()].concat());
        Ok(())
    }

    /// The formula that several cells share, unless it went.
    fn shared(&mut self, record: &Record<'_>, at: usize) -> Result<(), Stop> {
        let (tokens, extra) = tokens(record.body, at)?;
        let cells = shared_cells(record.body)?;
        if self.has_macros || self.gone.contains(&cells) {
            return Ok(());
        }
        let judged = formula::judge(tokens, extra, &self.book.links, self.book.policy);
        let mut out = record.body.get(..at).ok_or(Stop::Other)?.to_vec();
        judged.map_err(|_| Stop::Other)?.push(&mut out)?;
        records::put(&mut self.out, record.number, &out);
        Ok(())
    }

    fn is_gone(&self, row: u16, column: u16) -> bool {
        let holds = |[top, bottom, left, right]: &[u16; 4]| {
            (*top..=*bottom).contains(&row) && (*left..=*right).contains(&column)
        };
        self.gone.iter().any(holds)
    }
}

/// The tokens that are counted here, and what stands behind them.
fn tokens(body: &[u8], at: usize) -> Result<(&[u8], &[u8]), Stop> {
    let count = u16_at(body, at).map(usize::from).ok_or(Stop::Other)?;
    body.get(at + 2..).and_then(|bytes| bytes.split_at_checked(count)).ok_or(Stop::Other)
}

/// First and last row, first and last column.
fn shared_cells(body: &[u8]) -> Result<[u16; 4], Stop> {
    let rows = u16_at(body, 0).zip(u16_at(body, 2)).ok_or(Stop::Other)?;
    let columns = body.get(4).zip(body.get(5)).ok_or(Stop::Other)?;
    Ok([rows.0, rows.1, (*columns.0).into(), (*columns.1).into()])
}
