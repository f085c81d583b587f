//! Charts of a workbook of Excel 97, on sheets and as sheets (MS-XLS 2.1.7.20.1).
//!
//! Owns: which cells their values come from, which of their records are written anew.
//! Leaves to others: the records that stay as they are (`shapes`), drawings on them (`drawing`).

use super::super::bytes::u16_at;
use super::page::Page;
use super::records::{self, Item, Items, Part, Record};
use super::sheet::Book;
use super::{CHART, Stop, drawing, formula, object, shapes};
use crate::Work;

/// Records by number.
mod record {
    pub(super) const DRAWING: u16 = 0x00EC;
    pub(super) const TEXT: u16 = 0x01B6;
    pub(super) const BEGIN: u16 = 0x1033;
    pub(super) const SOURCE: u16 = 0x1051;
    pub(super) const FILLING: u16 = 0x1066;
    /// Records of charts.
    pub(super) const OF_CHARTS: std::ops::RangeInclusive<u16> = 0x1000..=0x10FF;
}

/// Where a source says how many tokens it has, and that its values are written out.
const TOKENS_AT: usize = 6;
const WRITTEN_OUT: u8 = 1;

/// Writes what stays of a chart, from its beginning to its end.
pub(super) fn rebuild(
    part: &Part<'_>,
    is_sheet: bool,
    book: &mut Book<'_>,
    sheet: &str,
    work: &mut Work<'_>,
) -> Result<Vec<u8>, Stop> {
    if part.kind() != Some(CHART) {
        return Err(Stop::Other);
    }
    let mut out = Vec::new();
    part.put_begin(CHART, &mut out)?;
    let mut page = Page::with(book.mark.clone().filter(|_| is_sheet));
    let mut items = part.items();
    loop {
        let here = items.clone();
        let record = match items.next() {
            Some(Item::Record(record)) => record,
            Some(Item::Part(_)) => return Err(Stop::Other),
            None => break,
        };
        match record.number {
            record::DRAWING => {
                let (written, behind) = drawing::rebuild(here, book, sheet, work)?;
                out.extend_from_slice(&written);
                items = behind;
            }
            record::TEXT => {
                let (written, more) = object::text(&record, book.fonts)?;
                if !more.is_empty() {
                    return Err(Stop::Other);
                }
                out.extend_from_slice(&written);
            }
            record::SOURCE => {
                let written = source(record.body, book)?;
                records::put(&mut out, record.number, &written);
            }
            record::FILLING => {
                let written = drawing::of_chart(&record, book.pictures, book.policy)?;
                records::put(&mut out, record.number, &written);
            }
            number if Page::owns(number) => page.put(&record, &mut out)?,
            _ => known(&record, &items, sheet, work, &mut out)?,
        }
    }
    page.done()?;
    records::put(&mut out, records::END, &[]);
    Ok(out)
}

fn known(
    record: &Record<'_>,
    behind: &Items<'_>,
    sheet: &str,
    work: &mut Work<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Stop> {
    match shapes::of_chart(record.number) {
        Some(shape) if shapes::fits(record, shape) => records::put(out, record.number, record.body),
        Some(_) if !is_later(record.number) => return Err(Stop::Other),
        _ => {
            // What stands inside a record that goes would be taken for the inside of another.
            let next = behind.clone().next();
            let has_inside = matches!(next, Some(Item::Record(next)) if next.number == record::BEGIN);
            if has_inside || record::OF_CHARTS.contains(&record.number) {
                return Err(Stop::Other);
            }
            Book::leave_out(work, record.number, sheet)?;
        }
    }
    Ok(())
}

fn is_later(number: u16) -> bool {
    number >= shapes::LATER && !record::OF_CHARTS.contains(&number)
}

/// Where values come from. Those of another workbook are the ones that the chart keeps.
fn source(body: &[u8], book: &Book<'_>) -> Result<Vec<u8>, Stop> {
    let head = body.get(..TOKENS_AT).ok_or(Stop::Other)?;
    let count = u16_at(body, TOKENS_AT).map(usize::from).ok_or(Stop::Other)?;
    let tokens = body.get(TOKENS_AT + 2..).ok_or(Stop::Other)?;
    if tokens.len() != count {
        return Err(Stop::Other);
    }
    let mut out = head.to_vec();
    match formula::judge(tokens, &[], &book.links, book.policy) {
        Ok(formula) => formula.push(&mut out)?,
        Err(_) => {
            if let Some(sort) = out.get_mut(1) {
                *sort = WRITTEN_OUT;
            }
            out.extend_from_slice(&[0, 0]);
        }
    }
    Ok(out)
}
