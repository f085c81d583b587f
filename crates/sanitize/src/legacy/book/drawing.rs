//! Drawings on sheets and charts of a workbook of Excel 97 (MS-ODRAW, MS-XLS 2.4.181).
//!
//! Owns: putting the pieces of a drawing together, cutting it into pieces again.
//! Leaves to others: what a shape is on a sheet (`object`), charts (`chart`), shapes, properties and pictures (`drawn`).
//!
//! A drawing is one tree that is cut behind each shape that has something to do with the sheet; what it has to do with it
//! stands between the pieces.

use worker_protocol::LinkPolicy;

use super::super::drawn::properties::{self, is_properties};
use super::super::drawn::shapes::{Client, Was, Writer};
use super::super::drawn::{self, Node, parse, put_node};
use super::records::{self, Item, Items, Record};
use super::sheet::Book;
use super::{Stop, chart, object};
use crate::Work;

/// Records by number.
mod record {
    pub(super) const OBJECT: u16 = 0x005D;
    pub(super) const DRAWING: u16 = 0x00EC;
    pub(super) const TEXT: u16 = 0x01B6;
}

/// What stands between two pieces of a drawing.
enum Between {
    Object { kind: object::Object, chart: Option<Vec<u8>> },
    Text(Vec<u8>),
}

/// Rebuilds the drawing that begins these items; returns those behind it.
pub(super) fn rebuild<'a>(
    items: Items<'a>,
    book: &mut Book<'_>,
    sheet: &str,
    work: &mut Work<'_>,
) -> Result<(Vec<u8>, Items<'a>), Stop> {
    let mut bytes = Vec::new();
    let mut items = items;
    let mut between: Vec<Between> = Vec::new();
    loop {
        let here = items.clone();
        match items.next() {
            Some(Item::Record(record)) => match record.number {
                record::DRAWING | records::CONTINUE => {
                    record.pieces().for_each(|piece| bytes.extend_from_slice(piece));
                }
                record::OBJECT => {
                    let kind = object::read(record.body, book, sheet, work)?;
                    between.push(Between::Object { kind, chart: None });
                    // Where a drawing is long, its pieces go on as if they were those of this record.
                    record.more.iter().for_each(|piece| bytes.extend_from_slice(piece));
                }
                record::TEXT => {
                    let (text, rest) = object::text(&record, book.fonts)?;
                    between.push(Between::Text(text));
                    rest.iter().for_each(|piece| bytes.extend_from_slice(piece));
                }
                _ => {
                    items = here;
                    break;
                }
            },
            Some(Item::Part(part)) => {
                let Some(Between::Object { kind, chart }) = between.last_mut() else {
                    return Err(Stop::Other);
                };
                if !kind.is_chart() || chart.is_some() {
                    return Err(Stop::Other);
                }
                *chart = Some(chart::rebuild(&part, false, book, sheet, work)?);
            }
            None => break,
        }
    }
    work.budget.spend(bytes.len() as u64).map_err(Stop::Refused)?;
    let nodes = parse(&bytes)?;
    let sheet_drawing = Pieces { between: between.iter(), cuts: Vec::new() };
    let mut writer = Writer::new(sheet_drawing, book.pictures, book.policy);
    for node in &nodes {
        writer.drawing(node)?;
    }
    book.shapes_gone += u32::try_from(writer.gone()).map_err(|_| Stop::Other)?;
    let Writer { client: Pieces { mut between, cuts }, out: drawing, told, .. } = writer;
    if between.next().is_some() {
        return Err(Stop::Other);
    }
    told.into_iter().for_each(|threat| Book::tell(work, threat, sheet));
    let mut out = Vec::new();
    let mut start = 0;
    for (end, what) in cuts {
        records::put(&mut out, record::DRAWING, drawing.get(start..end).ok_or(Stop::Other)?);
        start = end;
        match what {
            Between::Object { kind, chart } => {
                records::put(&mut out, record::OBJECT, kind.bytes());
                out.extend_from_slice(chart.as_deref().unwrap_or_default());
            }
            Between::Text(text) => out.extend_from_slice(text),
        }
    }
    if let Some(rest) = drawing.get(start..).filter(|rest| !rest.is_empty()) {
        records::put(&mut out, record::DRAWING, rest);
    }
    Ok((out, items))
}

struct Pieces<'b> {
    between: std::slice::Iter<'b, Between>,
    /// Where a piece ends, and what comes then.
    cuts: Vec<(usize, &'b Between)>,
}

impl<'b> Client for Pieces<'b> {
    type With = std::vec::IntoIter<&'b Between>;

    /// What the shape has to do with the sheet, in the order of its records.
    fn begin(&mut self, shape: &Node<'_>) -> Result<(Was, Self::With), Stop> {
        let mut with = Vec::new();
        for inside in &shape.inside {
            if inside.number == drawn::OBJECT || inside.number == drawn::TEXT {
                with.push(self.between.next().ok_or(Stop::Other)?);
            }
        }
        let was_object =
            with.iter().any(|what| matches!(what, Between::Object { kind, .. } if kind.was_object()));
        Ok((if was_object { Was::Object } else { Was::Drawn }, with.into_iter()))
    }

    /// The piece ends with the record that says that something follows; what is around it ends later.
    fn put(&mut self, with: &mut Self::With, node: &Node<'_>, out: &mut Vec<u8>) -> Result<(), Stop> {
        put_node(out, node.head, node.number, &[])?;
        self.cuts.push((out.len(), with.next().ok_or(Stop::Other)?));
        Ok(())
    }
}

/// A picture that fills a chart's area, or a gradient: properties in a record of their own.
pub(super) fn of_chart(record: &Record<'_>, pictures: usize, policy: LinkPolicy) -> Result<Vec<u8>, Stop> {
    let bytes: Vec<u8> = record.pieces().flatten().copied().collect();
    let mut out = Vec::new();
    for node in &parse(&bytes)? {
        if !is_properties(node.number) {
            return Err(Stop::Other);
        }
        let (head, body, _) = properties::rebuilt(node, pictures, policy)?;
        put_node(&mut out, head, node.number, &body)?;
    }
    Ok(out)
}
