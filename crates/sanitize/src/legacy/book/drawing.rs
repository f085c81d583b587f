//! Drawings on sheets and charts of a workbook of Excel 97 (MS-ODRAW, MS-XLS 2.4.181).
//!
//! Owns: putting the pieces of a drawing together, which of its records and properties stay, cutting it into pieces again.
//! Leaves to others: what a shape is on a sheet (`object`), charts (`chart`), the pixels of pictures (`pictures`).
//!
//! A drawing is one tree that is cut behind each shape that has something to do with the sheet; what it has to do with it
//! stands between the pieces.

use std::collections::HashSet;

use worker_protocol::{LinkPolicy, Threat};

use super::super::bytes::{u16_at, u32_at};
use super::super::drawn;
use super::records::{self, Item, Items, Record};
use super::sheet::Book;
use super::{Stop, chart, hyperlink, object};
use crate::Work;

/// Records by number.
mod record {
    pub(super) const OBJECT: u16 = 0x005D;
    pub(super) const DRAWING: u16 = 0x00EC;
    pub(super) const TEXT: u16 = 0x01B6;
}

/// Records in records, and records of one drawing.
const DEPTH_MAX: usize = 24;
const NODES_MAX: usize = 400_000;

const HEAD_BYTES: usize = 8;

/// The head of a record that holds others.
const HOLDS_OTHERS: u16 = 0x0F;

/// A shape that shows a picture, and one in which a program shows itself.
const PICTURE_FRAME: u16 = 75;
const HOST_CONTROL: u16 = 201;

/// Flags of a shape: it is an object. The others say how it lies.
const IS_OBJECT: u32 = 0x10;
const SHAPE_FLAGS: u32 = 0x0FFF & !IS_OBJECT;

/// A record of a drawing.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) head: u16,
    pub(super) number: u16,
    pub(super) body: &'a [u8],
    pub(super) inside: Vec<Node<'a>>,
}

/// Reads records to the end of the bytes.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Node<'_>>, Stop> {
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
        let inside = match head & 0x0F == HOLDS_OTHERS {
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
pub(super) fn put_node(out: &mut Vec<u8>, head: u16, number: u16, body: &[u8]) -> Result<(), Stop> {
    out.extend_from_slice(&head.to_le_bytes());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&u32::try_from(body.len()).map_err(|_| Stop::Other)?.to_le_bytes());
    out.extend_from_slice(body);
    Ok(())
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
    let mut writer = Writer {
        out: Vec::with_capacity(bytes.len()),
        between: between.iter(),
        cuts: Vec::new(),
        pictures: book.pictures,
        policy: book.policy,
        dropped: HashSet::new(),
        shapes: 0,
        gone: 0,
        told: Vec::new(),
    };
    for node in &nodes {
        if node.number != drawn::DRAWING {
            return Err(Stop::Other);
        }
        writer.drawing(node)?;
    }
    if writer.between.next().is_some() {
        return Err(Stop::Other);
    }
    let Writer { out: drawing, cuts, told, gone, .. } = writer;
    book.shapes_gone += gone;
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

struct Writer<'b> {
    out: Vec<u8>,
    between: std::slice::Iter<'b, Between>,
    /// Where a piece ends, and what comes then.
    cuts: Vec<(usize, &'b Between)>,
    pictures: usize,
    policy: LinkPolicy,
    /// Shapes that went, by number.
    dropped: HashSet<u32>,
    shapes: u32,
    gone: u32,
    told: Vec<Threat>,
}

impl<'b> Writer<'b> {
    /// Writes the head of a record and what `inside` writes.
    fn around(
        &mut self,
        node: &Node<'_>,
        inside: impl FnOnce(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let start = self.out.len();
        put_node(&mut self.out, node.head, node.number, &[])?;
        inside(self)?;
        self.set_u32(start + 4, u32::try_from(self.out.len() - start - HEAD_BYTES).map_err(|_| Stop::Other)?)
    }

    fn set_u32(&mut self, at: usize, value: u32) -> Result<(), Stop> {
        self.out.get_mut(at..at + 4).ok_or(Stop::Other)?.copy_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn copy(&mut self, node: &Node<'_>, bytes: usize) -> Result<(), Stop> {
        if node.body.len() != bytes {
            return Err(Stop::Other);
        }
        put_node(&mut self.out, node.head, node.number, node.body)
    }

    fn drawing(&mut self, node: &Node<'_>) -> Result<(), Stop> {
        let mut counted = None;
        self.around(node, |writer| {
            for node in &node.inside {
                match node.number {
                    drawn::COUNTS => {
                        counted = Some(writer.out.len() + HEAD_BYTES);
                        writer.copy(node, 8)?;
                    }
                    drawn::GROUP => writer.group(node)?,
                    drawn::SHAPE => writer.shape(node)?,
                    drawn::RULES => writer.rules(node)?,
                    // Which shapes were grouped before.
                    _ => {}
                }
            }
            Ok(())
        })?;
        match counted {
            Some(at) => self.set_u32(at, self.shapes),
            None => Err(Stop::Other),
        }
    }

    fn group(&mut self, node: &Node<'_>) -> Result<(), Stop> {
        self.around(node, |writer| {
            for node in &node.inside {
                match node.number {
                    drawn::GROUP => writer.group(node)?,
                    drawn::SHAPE => writer.shape(node)?,
                    _ => return Err(Stop::Other),
                }
            }
            Ok(())
        })
    }

    fn shape(&mut self, node: &Node<'_>) -> Result<(), Stop> {
        // What the shape has to do with the sheet, in the order of its records.
        let mut with = Vec::new();
        for inside in &node.inside {
            if inside.number == drawn::OBJECT || inside.number == drawn::TEXT {
                with.push(self.between.next().ok_or(Stop::Other)?);
            }
        }
        let was_object =
            with.iter().any(|what| matches!(what, Between::Object { kind, .. } if kind.was_object()));
        let has_picture = node
            .inside
            .iter()
            .any(|inside| inside.number == drawn::PROPERTIES && names_picture(inside, self.pictures));
        if was_object && !has_picture {
            // Nothing of it can be seen without what it was. One that leads a group is none of what programs write.
            if node.inside.iter().any(|inside| inside.number == drawn::GROUP_FRAME) {
                return Err(Stop::Other);
            }
            let number = node.inside.iter().find(|inside| inside.number == drawn::KIND);
            self.gone += 1;
            self.dropped.extend(number.and_then(|kind| u32_at(kind.body, 0)));
            return Ok(());
        }
        // A control drew its own edges, and they are in its picture.
        let is_control = |inside: &Node<'_>| inside.number == drawn::KIND && inside.head >> 4 == HOST_CONTROL;
        let was_control = was_object && node.inside.iter().any(is_control);
        self.shapes += 1;
        let mut with = with.into_iter();
        self.around(node, |writer| {
            for node in &node.inside {
                match node.number {
                    drawn::KIND => writer.kind(node, was_object)?,
                    drawn::GROUP_FRAME | drawn::ANCHOR_IN_GROUP => writer.copy(node, 16)?,
                    drawn::ANCHOR if matches!(node.body.len(), 8 | 16 | 18) => {
                        writer.copy(node, node.body.len())?;
                    }
                    drawn::OBJECT | drawn::TEXT => put_node(&mut writer.out, node.head, node.number, &[])?,
                    number if is_properties(number) => {
                        let (mut head, mut body, threats) = properties(node, writer.pictures, writer.policy)?;
                        writer.told.extend(threats);
                        if was_control && number == drawn::PROPERTIES {
                            (head, body) = without_frame(head, &body)?;
                        }
                        put_node(&mut writer.out, head, node.number, &body)?;
                    }
                    // Where it lay before, and what nobody knows.
                    _ => {}
                }
                // The piece ends with the record that says that something follows; what is around it ends later.
                if let drawn::OBJECT | drawn::TEXT = node.number {
                    writer.cuts.push((writer.out.len(), with.next().ok_or(Stop::Other)?));
                }
            }
            Ok(())
        })
    }

    fn kind(&mut self, node: &Node<'_>, was_object: bool) -> Result<(), Stop> {
        let (number, flags) = u32_at(node.body, 0).zip(u32_at(node.body, 4)).ok_or(Stop::Other)?;
        let sort = node.head >> 4;
        let sort = if was_object { PICTURE_FRAME } else { sort };
        let body = [number.to_le_bytes(), (flags & SHAPE_FLAGS).to_le_bytes()].concat();
        if node.body.len() != 8 {
            return Err(Stop::Other);
        }
        put_node(&mut self.out, sort << 4 | node.head & 0x0F, node.number, &body)
    }

    /// Rules about shapes: those about shapes that went go with them.
    fn rules(&mut self, node: &Node<'_>) -> Result<(), Stop> {
        let dropped = std::mem::take(&mut self.dropped);
        let kept: Vec<&Node<'_>> = node
            .inside
            .iter()
            .filter(|rule| {
                let numbers = || (4..rule.body.len()).step_by(4).filter_map(|at| u32_at(rule.body, at));
                let length = match rule.number {
                    drawn::CONNECTION => 24,
                    drawn::ARC | drawn::CALLOUT => 8,
                    _ => return false,
                };
                rule.body.len() == length && !numbers().any(|number| dropped.contains(&number))
            })
            .collect();
        let count = u16::try_from(kept.len()).map_err(|_| Stop::Other)?;
        let head = node.head & 0x0F | count << 4;
        let counted = Node { head, number: node.number, body: node.body, inside: Vec::new() };
        self.around(&counted, |writer| kept.iter().try_for_each(|rule| writer.copy(rule, rule.body.len())))
    }
}

pub(super) fn is_properties(number: u16) -> bool {
    number == drawn::PROPERTIES || drawn::MORE_PROPERTIES.contains(&number)
}

/// Properties by number (MS-ODRAW 2.3).
mod property {
    /// A picture shown, one that fills, one that draws lines.
    pub(super) const PICTURES: [u16; 3] = [0x0104, 0x0186, 0x01C5];
    pub(super) const PICTURE: u16 = 0x0104;
    pub(super) const PICTURE_FLAGS: u16 = 0x0106;
    pub(super) const LINK: u16 = 0x0382;
    /// Words in a shape, their font, what the shape is called and what it shows.
    pub(super) const TEXTS: [u16; 4] = [0x00C0, 0x00C5, 0x0380, 0x0381];
    /// Lists of points, segments, places, colours: a count, another, the bytes of each, these.
    pub(super) const LISTS: [u16; 10] =
        [0x0145, 0x0146, 0x0151, 0x0152, 0x0155, 0x0156, 0x0157, 0x0197, 0x01CF, 0x0383];
    /// No colour behind, no line around: the upper half says what is set, the lower half how.
    pub(super) const FRAME: [(u16, u32); 2] = [(0x01BF, 0x0010_0000), (0x01FF, 0x0008_0000)];
    /// Numbers of looks, from and to. What is not in here names scripts, other files, objects, or nothing that is known.
    pub(super) const NUMBERS: [(u16, u16); 25] = [
        (0x0004, 0x0004),
        (0x0077, 0x007F),
        (0x0080, 0x008F),
        (0x00BF, 0x00C4),
        (0x00F0, 0x00FF),
        (0x0100, 0x0104),
        (0x0107, 0x010A),
        (0x010C, 0x0110),
        (0x0117, 0x0120),
        (0x0139, 0x013F),
        (0x0140, 0x0144),
        (0x0147, 0x0150),
        (0x0153, 0x0154),
        (0x0158, 0x015B),
        (0x0174, 0x0186),
        (0x0189, 0x0196),
        (0x0198, 0x01BF),
        (0x01C0, 0x01C5),
        (0x01C8, 0x01CE),
        (0x01D0, 0x01FF),
        (0x0200, 0x029F),
        (0x02A0, 0x033F),
        (0x0340, 0x037F),
        (0x0384, 0x0388),
        (0x03BF, 0x03BF),
    ];
}

/// Property numbers are flagged when they name a picture, or when bytes follow.
const NAMES_PICTURE: u16 = 0x4000;
const HAS_BYTES: u16 = 0x8000;
const NUMBER: u16 = 0x3FFF;
const PROPERTY_BYTES: usize = 6;

/// Whether the properties of a shape name a picture that there is.
fn names_picture(node: &Node<'_>, pictures: usize) -> bool {
    let count = usize::from(node.head >> 4);
    node.body.chunks_exact(PROPERTY_BYTES).take(count).any(|one| {
        u16_at(one, 0).is_some_and(|number| number & NUMBER == property::PICTURE && number & HAS_BYTES == 0)
            && u32_at(one, 2).is_some_and(|number| is_picture(number, pictures) && number > 0)
    })
}

fn is_picture(number: u32, pictures: usize) -> bool {
    usize::try_from(number).is_ok_and(|number| number <= pictures)
}

/// The properties that stay: the head with their number, the bytes, and what is told.
pub(super) fn properties(
    node: &Node<'_>,
    pictures: usize,
    policy: LinkPolicy,
) -> Result<(u16, Vec<u8>, Vec<Threat>), Stop> {
    let count = usize::from(node.head >> 4);
    let (fixed, mut more) = node.body.split_at_checked(count * PROPERTY_BYTES).ok_or(Stop::Other)?;
    let (mut kept, mut bytes, mut told) = (Vec::new(), Vec::new(), Vec::new());
    let mut number_kept = 0u16;
    for one in fixed.chunks_exact(PROPERTY_BYTES) {
        let (flags, value) = u16_at(one, 0).zip(u32_at(one, 2)).ok_or(Stop::Other)?;
        let number = flags & NUMBER;
        if flags & HAS_BYTES == 0 {
            let is_known = property::NUMBERS.iter().any(|(from, to)| (*from..=*to).contains(&number));
            let is_sound = !property::PICTURES.contains(&number) || is_picture(value, pictures);
            // Nothing says with these that the picture lies in another file.
            let value = if number == property::PICTURE_FLAGS { 0 } else { value };
            if is_known && is_sound {
                kept.extend_from_slice(&(flags & (NUMBER | NAMES_PICTURE)).to_le_bytes());
                kept.extend_from_slice(&value.to_le_bytes());
                number_kept += 1;
            }
            continue;
        }
        let length = usize::try_from(value).map_err(|_| Stop::Other)?;
        let own = more.get(..length.min(more.len())).unwrap_or_default();
        // The length of a list leaves out its head in some files.
        let own = match property::LISTS.contains(&number).then(|| list_bytes(own, more)).flatten() {
            Some(list) => list,
            None if own.len() == length => own,
            None => return Err(Stop::Other),
        };
        more = more.get(own.len()..).unwrap_or_default();
        let written = match number {
            _ if property::LISTS.contains(&number) => list_bytes(own, own).map(<[u8]>::to_vec),
            _ if property::TEXTS.contains(&number) => (own.len() % 2 == 0).then(|| own.to_vec()),
            property::LINK => {
                let link = hyperlink::of_shape(own, policy);
                if link.is_none() {
                    told.push(Threat::Hyperlink);
                }
                link
            }
            _ => None,
        };
        if let Some(written) = written.filter(|written| !written.is_empty()) {
            kept.extend_from_slice(&(number | HAS_BYTES).to_le_bytes());
            kept.extend_from_slice(&u32::try_from(written.len()).map_err(|_| Stop::Other)?.to_le_bytes());
            bytes.extend_from_slice(&written);
            number_kept += 1;
        }
    }
    Ok((node.head & 0x0F | number_kept << 4, [kept, bytes].concat(), told))
}

/// Properties with those that say that there is no line around the shape and no colour behind it.
fn without_frame(head: u16, properties: &[u8]) -> Result<(u16, Vec<u8>), Stop> {
    let count = usize::from(head >> 4);
    let (fixed, more) = properties.split_at_checked(count * PROPERTY_BYTES).ok_or(Stop::Other)?;
    let mut all: Vec<(u16, u32)> = fixed
        .chunks_exact(PROPERTY_BYTES)
        .filter_map(|one| u16_at(one, 0).zip(u32_at(one, 2)))
        .filter(|(number, _)| !property::FRAME.iter().any(|(frame, _)| number & NUMBER == *frame))
        .chain(property::FRAME)
        .collect();
    // Programs expect them in the order of their numbers; what follows them has the order of those that have it.
    all.sort_by_key(|(number, _)| number & NUMBER);
    let count = u16::try_from(all.len()).map_err(|_| Stop::Other)?;
    let fixed = all
        .iter()
        .flat_map(|(number, value)| [number.to_le_bytes().as_slice(), &value.to_le_bytes()].concat());
    let bytes: Vec<u8> = fixed.chain(more.iter().copied()).collect();
    Ok((head & 0x0F | count << 4, bytes))
}

/// The bytes of a list that begins here: its head and its elements. An element of -16 bytes has four, in halves.
fn list_bytes<'a>(own: &[u8], all: &'a [u8]) -> Option<&'a [u8]> {
    let (count, each) = (usize::from(u16_at(own, 0)?), u16_at(own, 4)?);
    let each = if each == 0xFFF0 { 4 } else { usize::from(each) };
    all.get(..6 + count * each)
}

/// A picture that fills a chart's area, or a gradient: properties in a record of their own.
pub(super) fn of_chart(record: &Record<'_>, pictures: usize, policy: LinkPolicy) -> Result<Vec<u8>, Stop> {
    let bytes: Vec<u8> = record.pieces().flatten().copied().collect();
    let mut out = Vec::new();
    for node in &parse(&bytes)? {
        if !is_properties(node.number) {
            return Err(Stop::Other);
        }
        let (head, body, _) = properties(node, pictures, policy)?;
        put_node(&mut out, head, node.number, &body)?;
    }
    Ok(out)
}
