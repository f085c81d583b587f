//! The pictures that the drawings of a file share (MS-ODRAW 2.2.12 to 2.2.32).
//!
//! Owns: the list of them, how a picture stands in it or in a stream of its own, and what else holds for all drawings.
//! Leaves to others: the pixels (`picture`), reading an entry (`objects`).

use std::collections::HashSet;

use md5::{Digest, Md5};
use worker_protocol::Threat;

use super::{ALL, CLUSTERS, COLOURS, HEAD_BYTES, Node, PICTURE, PICTURES, parse, properties, put_node};
use crate::bounded::Budget;
use crate::legacy::bytes::{place_at, u32_at};
use crate::legacy::{Stop, objects};
use crate::{Work, embedded};

/// Where an entry says how many shapes show it, where it stands, and how long its name is.
const SHOWN_AT: usize = 24;
const PLACE_AT: usize = 28;
const NAME_AT: usize = 33;
const ENTRY_BYTES: usize = 36;

/// What stands four times where a picture stands nowhere.
const NOWHERE: u8 = 0xFF;

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

const EMF: Format = Format { of_entry: [2, 4], number: super::EMF, sort: 0x3D4 };
const WMF: Format = Format { of_entry: [3, 4], number: super::WMF, sort: 0x216 };
const JPEG: Format = Format { of_entry: [5, 5], number: 0xF01D, sort: 0x46A };
const PNG: Format = Format { of_entry: [6, 6], number: super::PNG, sort: 0x6E0 };

/// The pictures of a file, and what else holds for all of its drawings.
#[derive(Debug, Default)]
pub(in crate::legacy) struct Pictures {
    /// As it is written, but for the number of shapes; nothing when there are no drawings.
    written: Vec<u8>,
    /// The pictures, where they do not stand in the list.
    pub(in crate::legacy) apart: Vec<u8>,
    /// Where in the list stands how many shapes there are.
    shapes_at: Option<usize>,
    /// Entries in the list.
    pub(in crate::legacy) count: usize,
}

/// Where the pictures of a list are.
#[derive(Debug, Clone, Copy)]
pub(in crate::legacy) enum Home<'a> {
    /// In the entries, each of which says how many shapes show its picture.
    List,
    /// In another stream, in which they will stand from `base` on; and which of them are shown, by number from 1.
    Stream { bytes: &'a [u8], base: u32, shown: &'a HashSet<u32> },
}

impl Pictures {
    /// What is written when so many shapes are no more.
    pub(in crate::legacy) fn written_without(&self, shapes_gone: u32) -> Vec<u8> {
        let mut written = self.written.clone();
        let place = self.shapes_at.and_then(|at| written.get_mut(at..at + 4));
        if let Some(place) = place {
            let shapes = u32_at(place, 0).unwrap_or(0).saturating_sub(shapes_gone);
            place.copy_from_slice(&shapes.to_le_bytes());
        }
        written
    }
}

/// Rebuilds what all drawings share; `place` is what a report calls it.
pub(in crate::legacy) fn rebuild(
    bytes: &[u8],
    home: Home<'_>,
    place: &str,
    work: &mut Work<'_>,
) -> Result<Pictures, Stop> {
    work.budget.spend(bytes.len() as u64).map_err(Stop::Refused)?;
    let nodes = parse(bytes)?;
    let [all] = nodes.as_slice() else { return Err(Stop::Other) };
    rebuild_tree(all, home, place, work)
}

/// As [`rebuild`], of what was read already.
pub(in crate::legacy) fn rebuild_tree(
    all: &Node<'_>,
    home: Home<'_>,
    place: &str,
    work: &mut Work<'_>,
) -> Result<Pictures, Stop> {
    if all.number != ALL {
        return Err(Stop::Other);
    }
    let mut apart = Vec::new();
    let mut inside = Vec::new();
    let (mut count, mut shapes_at) = (0u32, None);
    for node in &all.inside {
        match node.number {
            CLUSTERS if is_clusters(node) => {
                // Behind both heads, the largest number of a shape and how many clusters there are.
                shapes_at = Some(HEAD_BYTES + inside.len() + HEAD_BYTES + 8);
                put_node(&mut inside, node.head, node.number, node.body)?;
            }
            PICTURES => {
                let mut entries = Vec::new();
                for entry in &node.inside {
                    if entry.number != PICTURE {
                        return Err(Stop::Other);
                    }
                    count += 1;
                    match home {
                        Home::List => put_entry(&mut entries, None, entry.body, place, work)?,
                        Home::Stream { bytes, base, shown } => {
                            let body = with_picture(entry.body, count, bytes, shown);
                            put_entry(&mut entries, Some((&mut apart, base)), &body, place, work)?;
                        }
                    }
                }
                let head = node.head & 0x0F | u16::try_from(count).map_err(|_| Stop::Other)? << 4;
                put_node(&mut inside, head, node.number, &entries)?;
            }
            COLOURS if node.body.len() == 16 => {
                put_node(&mut inside, node.head, node.number, node.body)?;
            }
            number if properties::is_properties(number) => {
                // How shapes look that do not say so themselves. They show no pictures.
                let (head, body, _) = properties::rebuilt(node, 0, work.job.policy.links)?;
                put_node(&mut inside, head, number, &body)?;
            }
            CLUSTERS => return Err(Stop::Other),
            // Which colours were chosen last, and what nobody knows.
            _ => {}
        }
    }
    let mut written = Vec::new();
    put_node(&mut written, all.head, all.number, &inside)?;
    let count = usize::try_from(count).map_err(|_| Stop::Other)?;
    Ok(Pictures { written, apart, shapes_at, count })
}

/// Whether this says which numbers of shapes are used: a head, and two numbers for each cluster but one.
fn is_clusters(node: &Node<'_>) -> bool {
    let clusters = u32_at(node.body, 4).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    clusters > 0 && clusters < 1 << 16 && node.body.len() == 16 + (clusters - 1) * 8
}

/// An entry as if its picture stood in it; without one when no shape shows it.
fn with_picture(entry: &[u8], number: u32, stream: &[u8], shown: &HashSet<u32>) -> Vec<u8> {
    let picture = place_at(entry, PLACE_AT).filter(|_| shown.contains(&number)).and_then(|at| {
        let rest = stream.get(at..)?;
        rest.get(..HEAD_BYTES.checked_add(place_at(rest, 4)?)?)
    });
    let mut head = entry.get(..ENTRY_BYTES).unwrap_or_default().to_vec();
    head.resize(ENTRY_BYTES, 0);
    if let Some(count) = head.get_mut(SHOWN_AT..SHOWN_AT + 4) {
        count.copy_from_slice(&u32::from(picture.is_some()).to_le_bytes());
    }
    if let Some(name) = head.get_mut(NAME_AT) {
        *name = 0;
    }
    [&head, picture.unwrap_or_default()].concat()
}

/// Writes the entry of a picture, with the picture or apart from it. An entry without one keeps its place, because shapes
/// count them.
fn put_entry(
    out: &mut Vec<u8>,
    apart: Option<(&mut Vec<u8>, u32)>,
    entry: &[u8],
    place: &str,
    work: &mut Work<'_>,
) -> Result<(), Stop> {
    let shown = u32_at(entry, SHOWN_AT).ok_or(Stop::Other)?;
    let is_empty = entry.len() <= ENTRY_BYTES;
    if is_empty || shown == 0 {
        let mut nothing = [0; ENTRY_BYTES];
        if apart.is_some()
            && let Some(place) = nothing.get_mut(PLACE_AT..PLACE_AT + 4)
        {
            place.fill(NOWHERE);
        }
        return put_node(out, 0x02, PICTURE, &nothing);
    }
    let Rebuilt { format, digest, record: picture } = rebuilt_record(entry, place, work)?;
    let length = u32::try_from(picture.len()).map_err(|_| Stop::Other)?;
    let mut body = format.of_entry.to_vec();
    body.extend_from_slice(&digest);
    body.extend_from_slice(&[0xFF, 0]);
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(&shown.to_le_bytes());
    let at = match &apart {
        Some((apart, base)) => {
            u32::try_from(apart.len()).ok().and_then(|at| at.checked_add(*base)).ok_or(Stop::Other)?
        }
        None => 0,
    };
    body.extend_from_slice(&at.to_le_bytes());
    body.extend_from_slice(&[0; 4]);
    match apart {
        Some((apart, _)) => apart.extend_from_slice(&picture),
        None => body.extend_from_slice(&picture),
    }
    let [system, _] = format.of_entry;
    put_node(out, 0x02 | u16::from(system) << 4, PICTURE, &body)
}

/// An entry with its picture in it that one shape shows, and no other.
pub(in crate::legacy) fn put_shown(
    out: &mut Vec<u8>,
    entry: &[u8],
    place: &str,
    work: &mut Work<'_>,
) -> Result<(), Stop> {
    let mut entry = entry.to_vec();
    entry.get_mut(SHOWN_AT..SHOWN_AT + 4).ok_or(Stop::Other)?.copy_from_slice(&1u32.to_le_bytes());
    put_entry(out, None, &entry, place, work)
}

/// A picture that stands in no list, as a record.
pub(in crate::legacy) fn alone(record: &[u8], place: &str, work: &mut Work<'_>) -> Result<Vec<u8>, Stop> {
    rebuilt_record(&[&[0; ENTRY_BYTES], record].concat(), place, work).map(|rebuilt| rebuilt.record)
}

/// A rebuilt picture as drawings keep it.
struct Rebuilt {
    format: Format,
    digest: [u8; 16],
    record: Vec<u8>,
}

fn rebuilt_record(entry: &[u8], place: &str, work: &mut Work<'_>) -> Result<Rebuilt, Stop> {
    let untrusted = objects::expanded(entry, work).map_err(Stop::Refused)?;
    let clean = match untrusted {
        Some(untrusted) => embedded::rebuild(&untrusted, place, work).map_err(Stop::Refused)?,
        None => None,
    };
    let clean = match clean {
        Some(clean) => clean,
        // Drawings of the Macintosh, and what is broken.
        None => {
            work.findings.add(Threat::Unknown, place);
            embedded::missing().map_err(Stop::Refused)?
        }
    };
    let (format, body) = match clean.extension {
        "png" => (PNG, with_mark(&clean.bytes)),
        "jpg" => (JPEG, with_mark(&clean.bytes)),
        "emf" => (EMF, packed(&clean.bytes, entry)?),
        "wmf" => {
            let drawing = clean.bytes.get(PLACEABLE_BYTES..).filter(|_| clean.bytes.starts_with(b"\xd7\xcd"));
            (WMF, packed(drawing.unwrap_or(&clean.bytes), entry)?)
        }
        _ => return Err(Stop::Other),
    };
    let digest: [u8; 16] = Md5::digest(&clean.bytes).into();
    let mut record = Vec::new();
    put_node(&mut record, format.sort << 4, format.number, &[digest.as_slice(), &body].concat())?;
    Ok(Rebuilt { format, digest, record })
}

/// A picture of pixels has one byte before it that says nothing.
fn with_mark(bytes: &[u8]) -> Vec<u8> {
    [&[0xFF], bytes].concat()
}

/// A drawing, packed, behind a head with the sizes that the old one had.
fn packed(drawing: &[u8], entry: &[u8]) -> Result<Vec<u8>, Stop> {
    let name = entry.get(NAME_AT).copied().map_or(0, usize::from);
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
