//! The pictures that the drawings of a workbook of Excel 97 share (MS-ODRAW 2.2.20 to 2.2.32).
//!
//! Owns: the list of them, and how a picture stands in it.
//! Leaves to others: the pixels (`picture`), reading an entry (`objects`).

use md5::{Digest, Md5};

use super::super::bytes::u32_at;
use super::super::{drawn, objects};
use super::Stop;
use super::drawing::{self, Node};
use crate::bounded::Budget;
use crate::{Work, embedded};

const PLACE: &str = "Workbook/pictures";

/// Where an entry says how many shapes show it.
const SHOWN_AT: usize = 24;
const ENTRY_BYTES: usize = 36;

/// The head of a record of a drawing.
const HEAD_BYTES: usize = 8;

/// In the head of a drawing's record: its size, its corners, its size on paper, its packed size, how it is packed.
const METAFILE_BYTES: usize = 34;
const PACKED_AT: usize = 28;
const IS_DEFLATED: [u8; 2] = [0x00, 0xFE];

/// The head that says how large a drawing of Windows is stands apart.
const PLACEABLE_BYTES: usize = 22;

/// Formats by number, as an entry says them for both systems; and each record's number with what its head says.
struct Format {
    of_entry: [u8; 2],
    number: u16,
    sort: u16,
}

const EMF: Format = Format { of_entry: [2, 4], number: drawn::EMF, sort: 0x3D4 };
const WMF: Format = Format { of_entry: [3, 4], number: drawn::WMF, sort: 0x216 };
const JPEG: Format = Format { of_entry: [5, 5], number: 0xF01D, sort: 0x46A };
const PNG: Format = Format { of_entry: [6, 6], number: drawn::PNG, sort: 0x6E0 };

/// The pictures of a workbook, and what else holds for all of its drawings.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    /// As it is written, but for the number of shapes; nothing when there are no drawings.
    written: Vec<u8>,
    /// Where in it stands how many shapes there are.
    shapes_at: Option<usize>,
    /// Entries in the list.
    pub(super) count: usize,
}

impl Pictures {
    /// What is written when so many shapes are no more.
    pub(super) fn written_without(&self, shapes_gone: u32) -> Vec<u8> {
        let mut written = self.written.clone();
        let place = self.shapes_at.and_then(|at| written.get_mut(at..at + 4));
        if let Some(place) = place {
            let shapes = u32_at(place, 0).unwrap_or(0).saturating_sub(shapes_gone);
            place.copy_from_slice(&shapes.to_le_bytes());
        }
        written
    }
}

/// Rebuilds what all drawings share.
pub(super) fn rebuild(bytes: &[u8], work: &mut Work<'_>) -> Result<Pictures, Stop> {
    work.budget.spend(bytes.len() as u64).map_err(Stop::Refused)?;
    let nodes = drawing::parse(bytes)?;
    let [all] = nodes.as_slice() else { return Err(Stop::Other) };
    if all.number != drawn::ALL {
        return Err(Stop::Other);
    }
    let mut inside = Vec::new();
    let (mut count, mut shapes_at) = (0, None);
    for node in &all.inside {
        match node.number {
            drawn::CLUSTERS if is_clusters(node) => {
                // Behind both heads, the largest number of a shape and how many clusters there are.
                shapes_at = Some(HEAD_BYTES + inside.len() + HEAD_BYTES + 8);
                drawing::put_node(&mut inside, node.head, node.number, node.body)?;
            }
            drawn::PICTURES => {
                let mut entries = Vec::new();
                for entry in &node.inside {
                    if entry.number != drawn::PICTURE {
                        return Err(Stop::Other);
                    }
                    put_entry(&mut entries, entry, work)?;
                    count += 1;
                }
                let head = node.head & 0x0F | u16::try_from(count).map_err(|_| Stop::Other)? << 4;
                drawing::put_node(&mut inside, head, node.number, &entries)?;
            }
            drawn::COLOURS if node.body.len() == 16 => {
                drawing::put_node(&mut inside, node.head, node.number, node.body)?;
            }
            number if drawing::is_properties(number) => {
                // How shapes look that do not say so themselves. They show no pictures.
                let (head, body, _) = drawing::properties(node, 0, work.job.policy.links)?;
                drawing::put_node(&mut inside, head, number, &body)?;
            }
            drawn::CLUSTERS => return Err(Stop::Other),
            // Which colours were chosen last, and what nobody knows.
            _ => {}
        }
    }
    let mut written = Vec::new();
    drawing::put_node(&mut written, all.head, all.number, &inside)?;
    Ok(Pictures { written, shapes_at, count })
}

/// Whether this says which numbers of shapes are used: a head, and two numbers for each cluster but one.
fn is_clusters(node: &Node<'_>) -> bool {
    let clusters = u32_at(node.body, 4).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    clusters > 0 && clusters < 1 << 16 && node.body.len() == 16 + (clusters - 1) * 8
}

/// Writes the entry of a picture. An entry without one keeps its place, because shapes count them.
fn put_entry(out: &mut Vec<u8>, entry: &Node<'_>, work: &mut Work<'_>) -> Result<(), Stop> {
    let shown = u32_at(entry.body, SHOWN_AT).ok_or(Stop::Other)?;
    let is_empty = entry.body.len() <= ENTRY_BYTES;
    if is_empty || shown == 0 {
        return drawing::put_node(out, 0x02, drawn::PICTURE, &[0; ENTRY_BYTES]);
    }
    let untrusted = objects::expanded(entry.body, work).map_err(Stop::Refused)?.ok_or(Stop::Other)?;
    let clean = embedded::rebuild(&untrusted, PLACE, work).map_err(Stop::Refused)?.ok_or(Stop::Other)?;
    let (format, body) = match clean.extension {
        "png" => (PNG, with_mark(&clean.bytes)),
        "jpg" => (JPEG, with_mark(&clean.bytes)),
        "emf" => (EMF, packed(&clean.bytes, entry.body)?),
        "wmf" => {
            let drawing = clean.bytes.get(PLACEABLE_BYTES..).filter(|_| clean.bytes.starts_with(b"\xd7\xcd"));
            (WMF, packed(drawing.unwrap_or(&clean.bytes), entry.body)?)
        }
        _ => return Err(Stop::Other),
    };
    let digest: [u8; 16] = Md5::digest(&clean.bytes).into();
    let mut picture = Vec::new();
    drawing::put_node(&mut picture, format.sort << 4, format.number, &[digest.as_slice(), &body].concat())?;
    let length = u32::try_from(picture.len()).map_err(|_| Stop::Other)?;
    let mut body = format.of_entry.to_vec();
    body.extend_from_slice(&digest);
    body.extend_from_slice(&[0xFF, 0]);
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(&shown.to_le_bytes());
    body.extend_from_slice(&[0; 8]);
    body.extend_from_slice(&picture);
    let [system, _] = format.of_entry;
    drawing::put_node(out, 0x02 | u16::from(system) << 4, drawn::PICTURE, &body)
}

/// A picture of pixels has one byte before it that says nothing.
fn with_mark(bytes: &[u8]) -> Vec<u8> {
    [&[0xFF], bytes].concat()
}

/// A drawing, packed, behind a head with the sizes that the old one had.
fn packed(drawing: &[u8], entry: &[u8]) -> Result<Vec<u8>, Stop> {
    let name = entry.get(33).copied().map_or(0, usize::from);
    let record = entry.get(ENTRY_BYTES + name..).ok_or(Stop::Other)?;
    let digests = if record.first().is_some_and(|head| head >> 4 & 1 == 1) { 32 } else { 16 };
    let head =
        record.get(HEAD_BYTES + digests..).and_then(|head| head.get(..METAFILE_BYTES)).ok_or(Stop::Other)?;
    let bytes = Budget::deflated(drawing);
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(|_| Stop::Other);
    let mut out = length(drawing)?.to_le_bytes().to_vec();
    out.extend_from_slice(head.get(4..PACKED_AT).ok_or(Stop::Other)?);
    out.extend_from_slice(&length(&bytes)?.to_le_bytes());
    out.extend_from_slice(&IS_DEFLATED);
    out.extend_from_slice(&bytes);
    Ok(out)
}
