//! What later versions keep with slides and shapes (MS-PPT 2.11.22 and further): numbered bullets, fonts, comments, animation.
//!
//! Owns: which of these stay.
//! Leaves to others: how words look (`looks`).

use std::cell::Cell;
use std::collections::HashSet;

use worker_protocol::Threat;

use super::super::Stop;
use super::super::bytes::{u16_at, u32_at};
use super::super::drawn::{self, Node, put_node};
use super::looks::{self, Known, Sort};
use super::{is_text, record};

/// The versions whose records are read, by the name of their tag.
const VERSIONS: [&str; 2] = ["___PPT9", "___PPT10"];

/// Records by number.
mod number {
    pub(super) const RUNS: u16 = 0x0FAC;
    pub(super) const LEVELS: u16 = 0x0FAD;
    pub(super) const OUTLINE: u16 = 0x0FAE;
    pub(super) const OUTLINE_HEADER: u16 = 0x0FAF;
    pub(super) const USUAL: u16 = 0x0FB0;
    pub(super) const FONTS: u16 = 0x0FB1;
    pub(super) const FONT_LEVELS: u16 = 0x0FB2;
    pub(super) const FONT_OUTLINE: u16 = 0x0FB3;
    pub(super) const USUAL_FONTS: u16 = 0x0FB4;
    pub(super) const COMMENT: u16 = 0x2EE0;
    pub(super) const COMMENT_ATOM: u16 = 0x2EE1;
    pub(super) const COMMENT_AUTHOR: u16 = 0x2EE4;
    pub(super) const COMMENT_AUTHOR_ATOM: u16 = 0x2EE5;
    pub(super) const SLIDE_FLAGS: u16 = 0x2EEA;
    pub(super) const SLIDE_TIME: u16 = 0x2EEB;
    pub(super) const ANIMATED: u16 = 0x2B00;
    pub(super) const BUILDS: u16 = 0x2B02;
    pub(super) const GRID: u16 = 0x040D;
    pub(super) const TIMING: u16 = 0xF144;
}

/// What stands around the tags of one slide or shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) known: Known,
    /// Shapes that went: what moves them goes with them.
    pub(super) dropped: &'a HashSet<u32>,
    /// The rebuilt pictures of bullets, for the first record that holds some.
    pub(super) bullets: &'a Cell<&'a [u8]>,
}

/// Writes the tags of a slide or shape that stay; nothing when none does. What goes is told.
pub(super) fn put(node: &Node<'_>, around: Around<'_>, told: &mut Vec<Threat>) -> Result<Vec<u8>, Stop> {
    let mut all = Vec::new();
    for tag in &node.inside {
        if tag.number != record::TAG {
            // Words of programs that nobody sees.
            told.push(Threat::HiddenData);
            continue;
        }
        let part = |number| tag.inside.iter().find(|inside| inside.number == number);
        let (Some(name), Some(data)) = (part(record::TEXT), part(record::TAG_DATA)) else { continue };
        let version = VERSIONS.iter().find(|version| is_named(name.body, version));
        if version.is_none() {
            continue;
        }
        let mut inside = Vec::new();
        records(&drawn::parse(data.body)?, around, told, &mut inside)?;
        if inside.is_empty() {
            continue;
        }
        let mut written = Vec::new();
        put_node(&mut written, name.head, name.number, name.body)?;
        put_node(&mut written, data.head, data.number, &inside)?;
        put_node(&mut all, tag.head, tag.number, &written)?;
    }
    let mut out = Vec::new();
    if !all.is_empty() {
        put_node(&mut out, node.head, node.number, &all)?;
    }
    Ok(out)
}

pub(super) fn is_named(body: &[u8], name: &str) -> bool {
    body.iter().copied().eq(name.encode_utf16().flat_map(u16::to_le_bytes))
}

fn records(
    nodes: &[Node<'_>],
    around: Around<'_>,
    told: &mut Vec<Threat>,
    out: &mut Vec<u8>,
) -> Result<(), Stop> {
    let known = around.known;
    let timing = nodes.iter().find(|node| node.number == number::TIMING);
    let moves = timing.map(|node| timed(node, around.dropped, 0));
    if let Some(Err(threat)) = moves {
        told.push(threat);
    }
    let moves = moves.is_some_and(|moves| moves.is_ok());
    for node in nodes {
        let body = node.body;
        let kind = node.head >> 4;
        let of_bytes = |length: usize| (body.len() == length).then(|| body.to_vec());
        let written = match node.number {
            number::RUNS => Some(looks::of_runs(body, Sort::Numbered, known)),
            number::FONTS => Some(looks::of_runs(body, Sort::LaterFonts, known)),
            number::LEVELS => looks::of_levels(body, kind, Sort::Numbered, known),
            number::FONT_LEVELS => looks::of_levels(body, kind, Sort::LaterFonts, known),
            number::USUAL => looks::of_one(body, Sort::NumberedUsual, known),
            number::USUAL_FONTS => looks::of_one(body, Sort::LaterFonts, known),
            number::OUTLINE | number::FONT_OUTLINE => Some(outline(node, known)?),
            record::LATER_FONTS => Some(fonts(node)?),
            record::BULLETS => Some(around.bullets.take().to_vec()).filter(|bullets| !bullets.is_empty()),
            record::LINE_BREAKS => Some(of_list(node, &[(record::LINE_BREAKS_ATOM, 4)])?),
            number::COMMENT => Some(of_list(node, &[(number::COMMENT_ATOM, 28)])?),
            number::COMMENT_AUTHOR => Some(of_list(node, &[(number::COMMENT_AUTHOR_ATOM, 8)])?),
            number::SLIDE_FLAGS => of_bytes(4),
            number::SLIDE_TIME | number::GRID => of_bytes(8),
            number::ANIMATED if moves => of_bytes(4),
            number::TIMING if moves => Some(body.to_vec()),
            number::BUILDS if moves => Some(builds(node, around.dropped)?),
            // What only the program that wrote it makes use of.
            _ => None,
        };
        if let Some(written) = written {
            put_node(out, node.head, node.number, &written)?;
        }
    }
    Ok(())
}

fn outline(node: &Node<'_>, known: Known) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    for inside in &node.inside {
        let written = match inside.number {
            number::OUTLINE_HEADER => (inside.body.len() == 8).then(|| inside.body.to_vec()),
            number::RUNS => Some(looks::of_runs(inside.body, Sort::Numbered, known)),
            number::FONTS => Some(looks::of_runs(inside.body, Sort::LaterFonts, known)),
            _ => None,
        };
        if let Some(written) = written {
            put_node(&mut out, inside.head, inside.number, &written)?;
        }
    }
    Ok(out)
}

/// Records of these lengths, and texts.
pub(super) fn of_list(node: &Node<'_>, atoms: &[(u16, usize)]) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    for inside in &node.inside {
        let is_atom = atoms.contains(&(inside.number, inside.body.len()));
        if is_atom || inside.number == record::TEXT && is_text(inside.body) {
            put_node(&mut out, inside.head, inside.number, inside.body)?;
        }
    }
    Ok(out)
}

/// Fonts: each with a name that ends, in the order of their numbers. Those that are packed into the file go.
pub(super) fn fonts(node: &Node<'_>) -> Result<Vec<u8>, Stop> {
    const NAME_BYTES: usize = 64;
    let mut out = Vec::new();
    let mut count = 0u16;
    for inside in node.inside.iter().filter(|inside| inside.number == record::FONT) {
        let (name, about) = inside.body.split_at_checked(NAME_BYTES).ok_or(Stop::Other)?;
        let end = name.chunks_exact(2).position(|character| character == [0, 0]).ok_or(Stop::Other)?;
        let mut name = name.to_vec();
        // Whatever stands behind the end of a name is no name.
        name.get_mut(end * 2..).ok_or(Stop::Other)?.fill(0);
        // How wide its characters are, and no longer that a part of it is in the file.
        let [set, flags, sort, family] = *about else { return Err(Stop::Other) };
        let body = [name.as_slice(), &[set, flags & !1, sort, family]].concat();
        put_node(&mut out, inside.head & 0x0F | count << 4, inside.number, &body)?;
        count = count.checked_add(1).filter(|count| *count < 1 << 12).ok_or(Stop::Other)?;
    }
    Ok(out)
}

/// What moves on a slide, by number: records that hold others, and those of so many bytes.
const TIMED: [u16; 15] = [
    0xF125,
    0xF12A,
    0xF12B,
    0xF12C,
    0xF12D,
    0xF12E,
    0xF12F,
    0xF130,
    0xF131,
    0xF13C,
    0xF13D,
    0xF13E,
    0xF13F,
    number::TIMING,
    // What follows another effect.
    0xF145,
];
const TIMED_ATOMS: [(u16, usize); 19] = [
    (0xF127, 32),
    (0xF128, 16),
    (0xF129, 8),
    (0xF133, 16),
    (0xF134, 12),
    (0xF135, 52),
    (0xF136, 8),
    (0xF137, 20),
    (0xF137, 32),
    (0xF138, 20),
    (0xF139, 20),
    (0xF139, 32),
    (0xF13A, 8),
    (0xF140, 20),
    (0xF141, 20),
    (0xF143, 4),
    (VISUAL_PAGE, 4),
    (VISUAL_SHAPE, 20),
    (0xF138, 16),
];

/// A value: its sort, then one byte, four, or characters.
const VALUE: u16 = 0xF142;

/// What moves: the page, or a shape.
const VISUAL_PAGE: u16 = 0x2B01;
const VISUAL_SHAPE: u16 = 0x2AFB;
const IS_SHAPE: u32 = 1;

/// Records of an animation in others.
const TIMED_DEPTH_MAX: u32 = 20;

/// Whether what moves is all known. Commands, sounds and films go with the rest of the animation, and are told.
fn timed(node: &Node<'_>, dropped: &HashSet<u32>, depth: u32) -> Result<(), Threat> {
    const COMMAND: u16 = 0xF132;
    if depth > TIMED_DEPTH_MAX {
        return Err(Threat::Unknown);
    }
    for inside in &node.inside {
        let body = inside.body;
        match inside.number {
            number if TIMED.contains(&number) => timed(inside, dropped, depth + 1)?,
            COMMAND => return Err(Threat::Action),
            VALUE => {
                let is_sound = match body.split_first() {
                    Some((0, rest)) => rest.len() == 1,
                    Some((1 | 2, rest)) => rest.len() == 4,
                    Some((3, rest)) => rest.len().is_multiple_of(2),
                    _ => false,
                };
                if !is_sound {
                    return Err(Threat::Unknown);
                }
            }
            VISUAL_SHAPE => {
                let at = |place| u32_at(body, place);
                if at(4) != Some(IS_SHAPE) {
                    return Err(Threat::Multimedia);
                }
                if at(8).is_none_or(|shape| dropped.contains(&shape)) {
                    return Err(Threat::Multimedia);
                }
            }
            number if TIMED_ATOMS.contains(&(number, body.len())) => {}
            _ => return Err(Threat::Unknown),
        }
    }
    Ok(())
}

/// How words come paragraph by paragraph.
fn builds(node: &Node<'_>, dropped: &HashSet<u32>) -> Result<Vec<u8>, Stop> {
    const PARAGRAPHS: u16 = 0x2B08;
    const ATOMS: [(u16, usize); 3] = [(0x2B03, 16), (0x2B09, 16), (0x2B0A, 4)];
    let mut out = Vec::new();
    for build in node.inside.iter().filter(|build| build.number == PARAGRAPHS) {
        let is_known = build.inside.iter().all(|inside| match inside.number {
            number::TIMING => timed(inside, dropped, 0).is_ok(),
            number => ATOMS.contains(&(number, inside.body.len())),
        });
        let of_dropped = build
            .inside
            .iter()
            .any(|inside| u32_at(inside.body, 8).is_some_and(|shape| dropped.contains(&shape)));
        if is_known && !of_dropped {
            put_node(&mut out, build.head, build.number, build.body)?;
        }
    }
    Ok(out)
}

/// Whether the tags of a document hold pictures of bullets, and the record that does.
pub(super) fn find<'a>(node: &Node<'a>, number: u16) -> Option<Node<'a>> {
    node.inside.iter().filter(|tag| tag.number == record::TAG).find_map(|tag| {
        let data = tag.inside.iter().find(|inside| inside.number == record::TAG_DATA)?;
        drawn::parse(data.body).ok()?.into_iter().find(|inside| inside.number == number)
    })
}

/// How wide the head of a picture of a bullet is: which system it is for, and nothing.
pub(super) const BULLET_HEAD_BYTES: usize = 2;

/// The system that a picture of a bullet is for.
pub(super) fn bullet_system(body: &[u8]) -> Option<u16> {
    u16_at(body, 0)
}
