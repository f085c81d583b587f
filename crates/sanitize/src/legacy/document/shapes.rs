//! Shapes in and over the text (MS-DOC 2.9.171 to 2.9.173, MS-ODRAW 2.2.37).
//!
//! Owns: the numbers that tie a shape to the text, the drawings of a document and where their pictures stand.
//! Leaves to others: everything else of shapes (`drawn`), the places of shapes in the text (`places`).

use std::collections::HashSet;

use crate::Work;
use crate::legacy::Stop;
use crate::legacy::bytes::{place_at, u32_at};
use crate::legacy::drawn::pictures::{self, Home};
use crate::legacy::drawn::shapes::{Client, Was, Writer};
use crate::legacy::drawn::{self, HEAD_BYTES, KIND, Node, PICTURES, put_node};

/// The flag of a shape that is an object.
const IS_OBJECT: u32 = 0x10;

/// A shape in the text or over it: its place is in the document, and its words are in a story of their own.
pub(super) struct Inline;

impl Client for Inline {
    type With = ();

    fn begin(&mut self, shape: &Node<'_>) -> Result<(Was, ()), Stop> {
        let kind = shape.inside.iter().find(|node| node.number == KIND);
        let flags = kind.and_then(|kind| u32_at(kind.body, 4)).ok_or(Stop::Other)?;
        Ok((if flags & IS_OBJECT != 0 { Was::Object } else { Was::Drawn }, ()))
    }

    fn put(&mut self, (): &mut (), node: &Node<'_>, out: &mut Vec<u8>) -> Result<(), Stop> {
        // Which box of words it is, or that the text knows where it is.
        match node.body.len() {
            4 => put_node(out, node.head, node.number, node.body),
            _ => Err(Stop::Other),
        }
    }
}

/// The drawings of a document.
#[derive(Debug, Default)]
pub(super) struct Drawings {
    pub(super) written: Vec<u8>,
    /// The pictures that they show, which stand in the main stream.
    pub(super) pictures: Vec<u8>,
    /// How many of them are shown.
    pub(super) count: u64,
    /// Shapes that are no more, by number.
    pub(super) dropped: HashSet<u32>,
}

/// Rebuilds drawings, whose pictures will stand from `base` on.
pub(super) fn rebuilt(bytes: &[u8], main: &[u8], base: u32, work: &mut Work<'_>) -> Result<Drawings, Stop> {
    if bytes.is_empty() {
        return Ok(Drawings::default());
    }
    work.budget.spend(bytes.len() as u64)?;
    let (common, mut rest) = record(bytes)?;
    let common = drawn::parse(common)?;
    let [common] = common.as_slice() else { return Err(Stop::Other) };
    let entries = common.inside.iter().filter(|node| node.number == PICTURES).map(|node| node.inside.len());
    let mut writer = Writer::new(Inline, entries.sum(), work.job.policy.links);
    // The shapes of the text, and those of page headers; each says which it is.
    while let [label @ (0 | 1), behind @ ..] = rest {
        let (drawing, behind) = record(behind)?;
        let drawing = drawn::parse(drawing)?;
        let [drawing] = drawing.as_slice() else { return Err(Stop::Other) };
        writer.out.push(*label);
        writer.drawing(drawing)?;
        rest = behind;
    }
    let gone = u32::try_from(writer.gone()).map_err(|_| Stop::Other)?;
    for threat in writer.told {
        work.findings.add(threat, "WordDocument");
    }
    let home = Home::Stream { bytes: main, base, shown: &writer.shown };
    let pictures = pictures::rebuild_tree(common, home, "WordDocument", work)?;
    let mut written = pictures.written_without(gone);
    written.extend_from_slice(&writer.out);
    let count = writer.shown.len() as u64;
    Ok(Drawings { written, pictures: pictures.apart, count, dropped: writer.dropped })
}

/// One record with its head, and what follows it.
fn record(bytes: &[u8]) -> Result<(&[u8], &[u8]), Stop> {
    let length = place_at(bytes, 4).and_then(|length| length.checked_add(HEAD_BYTES)).ok_or(Stop::Other)?;
    bytes.split_at_checked(length).ok_or(Stop::Other)
}
