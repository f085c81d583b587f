//! Drawings in old Office files (MS-ODRAW): records in records, which PowerPoint uses for all that it writes (MS-PPT 2.3.1).
//!
//! Owns: reading them as a tree and writing one, the numbers of those of drawings, and what is the same in every program:
//! properties of shapes, links, rules, entries of pictures.
//! Leaves to others: what a shape is in a workbook (`book`) or on a slide (`show`), reading shapes for what a converted workbook
//! lacks (`objects`).

pub(super) mod hyperlink;
pub(super) mod pictures;
pub(super) mod properties;
pub(super) mod shapes;

use super::Stop;
use super::bytes::{u16_at, u32_at};

pub(super) const ALL: u16 = 0xF000;
pub(super) const PICTURES: u16 = 0xF001;
pub(super) const DRAWING: u16 = 0xF002;
pub(super) const GROUP: u16 = 0xF003;
pub(super) const SHAPE: u16 = 0xF004;
pub(super) const RULES: u16 = 0xF005;
pub(super) const CLUSTERS: u16 = 0xF006;
pub(super) const PICTURE: u16 = 0xF007;
pub(super) const COUNTS: u16 = 0xF008;
pub(super) const GROUP_FRAME: u16 = 0xF009;
pub(super) const KIND: u16 = 0xF00A;
pub(super) const PROPERTIES: u16 = 0xF00B;
pub(super) const TEXT: u16 = 0xF00D;
pub(super) const ANCHOR_IN_GROUP: u16 = 0xF00F;
pub(super) const ANCHOR: u16 = 0xF010;
pub(super) const OBJECT: u16 = 0xF011;
pub(super) const CONNECTION: u16 = 0xF012;
pub(super) const ARC: u16 = 0xF014;
pub(super) const CALLOUT: u16 = 0xF017;
pub(super) const EMF: u16 = 0xF01A;
pub(super) const WMF: u16 = 0xF01B;
/// As programs of Windows write it, and with four inks.
pub(super) const JPEG: [u16; 2] = [0xF01D, 0xF02A];
pub(super) const PNG: u16 = 0xF01E;
pub(super) const DIB: u16 = 0xF01F;
pub(super) const TIFF: u16 = 0xF029;
pub(super) const COLOURS: u16 = 0xF11E;
pub(super) const MORE_PROPERTIES: [u16; 2] = [0xF121, 0xF122];

/// Records in records, and records of one drawing or stream.
const DEPTH_MAX: usize = 24;
const NODES_MAX: usize = 400_000;

pub(super) const HEAD_BYTES: usize = 8;

/// The head of a record that holds others.
pub(super) const HOLDS_OTHERS: u16 = 0x0F;

/// Packages in which PowerPoint 2007 keeps themes, layouts and styles of its own. Their heads may say that they hold records.
pub(super) const PACKAGES: [u16; 5] = [0x040E, 0x041E, 0x0423, 0x0427, 0x0428];

/// A record, and those in it.
#[derive(Debug)]
pub(in crate::legacy) struct Node<'a> {
    pub(in crate::legacy) head: u16,
    pub(in crate::legacy) number: u16,
    pub(in crate::legacy) body: &'a [u8],
    pub(in crate::legacy) inside: Vec<Node<'a>>,
}

/// Reads records to the end of the bytes.
pub(in crate::legacy) fn parse(bytes: &[u8]) -> Result<Vec<Node<'_>>, Stop> {
    let mut left = NODES_MAX;
    nodes(bytes, 0, &mut left)
}

fn nodes<'a>(bytes: &'a [u8], depth: usize, left: &mut usize) -> Result<Vec<Node<'a>>, Stop> {
    let mut all = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        *left = left.checked_sub(1).ok_or(Stop::Other)?;
        let (head, number) = u16_at(rest, 0).zip(u16_at(rest, 2)).ok_or(Stop::Other)?;
        let length = u32_at(rest, 4).and_then(|length| usize::try_from(length).ok()).ok_or(Stop::Other)?;
        let (body, behind) =
            rest.get(HEAD_BYTES..).and_then(|rest| rest.split_at_checked(length)).ok_or(Stop::Other)?;
        let inside = match head & 0x0F == HOLDS_OTHERS && !PACKAGES.contains(&number) {
            true if depth >= DEPTH_MAX => return Err(Stop::Other),
            // The pictures are read by whoever knows how an entry of theirs looks.
            true => nodes(body, depth + 1, left)?,
            false => Vec::new(),
        };
        all.push(Node { head, number, body, inside });
        rest = behind;
    }
    Ok(all)
}

/// Writes a record.
pub(in crate::legacy) fn put_node(
    out: &mut Vec<u8>,
    head: u16,
    number: u16,
    body: &[u8],
) -> Result<(), Stop> {
    out.extend_from_slice(&head.to_le_bytes());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&u32::try_from(body.len()).map_err(|_| Stop::Other)?.to_le_bytes());
    out.extend_from_slice(body);
    Ok(())
}
