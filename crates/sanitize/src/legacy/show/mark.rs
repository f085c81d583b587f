//! The mark on the slides of a presentation of PowerPoint 97, and what all of its drawings share.
//!
//! Owns: the shape that shows it, and a number for each such shape.
//! Leaves to others: what programs read of it (`properties`), the pictures that drawings share (`drawn`).

use worker_protocol::Mark;

use super::super::Stop;
use super::super::bytes::u32_at;
use super::super::drawn::pictures::{self, Home, Pictures};
use super::super::drawn::shapes::Added;
use super::super::drawn::{self, HEAD_BYTES, HOLDS_OTHERS, Node, put_node};
use super::record;
use crate::Work;
use crate::ooxml::MARK_SHAPE;

/// A box of words with a place, on a slide.
const WORDS_BOX: u16 = 202;
const BOX_FLAGS: u32 = 0x0A00;

/// Its height and its greatest width, in 576 parts of an inch.
const HEIGHT: i16 = 213;
const WIDTH_MAX: i32 = 2268;

/// Words that are no title and no body.
const OTHER_WORDS: u32 = 4;

/// Properties: words in a square, nothing behind them and no line around, and what the shape is called.
const FILL: (u16, u32) = (0x01BF, 0x0010_0000);
const LINE: (u16, u32) = (0x01FF, 0x0008_0000);
const NAME: u16 = 0x8380;

/// To the right; bold, of a size, in red.
const ALIGNED: (u32, u16) = (0x0800, 2);
const LOOK: u32 = 0x0006_0001;
const POINTS: u16 = 14;
const RED: [u8; 4] = [0xC0, 0, 0, 0xFE];

/// Numbers of shapes come in clusters of so many, each of which belongs to one drawing.
const CLUSTER: u32 = 1024;

/// In the record of clusters: the highest number, how many clusters there are and one, shapes, drawings, the clusters.
const CLUSTERS_HEAD: usize = 16;

/// What all drawings of a presentation share.
pub(super) struct Drawings<'a> {
    all: Node<'a>,
    /// The record of clusters with those of our own.
    clusters: Vec<u8>,
    shapes_added: u32,
}

impl<'a> Drawings<'a> {
    pub(super) fn read(group: &Node<'a>) -> Result<Self, Stop> {
        let mut nodes = drawn::parse(group.body)?;
        let all =
            nodes.pop().filter(|all| all.number == drawn::ALL && nodes.is_empty()).ok_or(Stop::Other)?;
        let mut clusters = all.inside.iter().filter(|node| node.number == drawn::CLUSTERS);
        // A second one would be written as the first.
        let (Some(clusters), None) = (clusters.next(), clusters.next()) else { return Err(Stop::Other) };
        let clusters = clusters.body.to_vec();
        Ok(Self { all, clusters, shapes_added: 0 })
    }

    /// How many pictures the drawings share.
    pub(super) fn pictures(&self) -> usize {
        let list = self.all.inside.iter().find(|node| node.number == drawn::PICTURES);
        list.map_or(0, |list| list.inside.len())
    }

    /// The shape that shows the mark on this slide.
    pub(super) fn mark(&mut self, slide: &Node<'_>, mark: &Mark, width: i32) -> Result<Added, Stop> {
        let drawing = slide.inside.iter().find(|node| node.number == record::DRAWING);
        let counts = drawing
            .and_then(|drawing| drawing.inside.first())
            .and_then(|drawing| drawing.inside.iter().find(|node| node.number == drawn::COUNTS))
            .ok_or(Stop::Other)?;
        let number = self.number_in(u32::from(counts.head >> 4))?;
        Ok(Added { written: shape(number, mark, width)?, number })
    }

    /// A number for one more shape of this drawing, in a cluster of its own.
    fn number_in(&mut self, drawing: u32) -> Result<u32, Stop> {
        let clusters = self.clusters.len().checked_sub(CLUSTERS_HEAD).ok_or(Stop::Other)? / 8;
        let clusters = u32::try_from(clusters).map_err(|_| Stop::Other)? + 1;
        let number = clusters.checked_mul(CLUSTER).ok_or(Stop::Other)?;
        self.clusters.extend_from_slice(&[drawing, 2].map(u32::to_le_bytes).concat());
        let highest = u32_at(&self.clusters, 0).ok_or(Stop::Other)?.max(number + 2);
        self.set(0, highest)?;
        self.set(4, clusters + 1)?;
        self.shapes_added += 1;
        Ok(number)
    }

    fn set(&mut self, at: usize, value: u32) -> Result<(), Stop> {
        self.clusters.get_mut(at..at + 4).ok_or(Stop::Other)?.copy_from_slice(&value.to_le_bytes());
        Ok(())
    }

    /// Rebuilds what is shared, when so many shapes are no more.
    pub(super) fn rebuild(self, home: Home<'_>, gone: usize, work: &mut Work<'_>) -> Result<Pictures, Stop> {
        let mut shared = self;
        let shapes = u32_at(&shared.clusters, 8).ok_or(Stop::Other)?;
        let gone = u32::try_from(gone).map_err(|_| Stop::Other)?;
        shared.set(8, shapes.saturating_add(shared.shapes_added).saturating_sub(gone))?;
        let Self { all, clusters, .. } = shared;
        let inside = all.inside.into_iter().map(|node| match node.number {
            drawn::CLUSTERS => Node { body: &clusters, ..node },
            _ => node,
        });
        let all = Node { head: all.head, number: all.number, body: all.body, inside: inside.collect() };
        pictures::rebuild_tree(&all, home, "Pictures", work)
    }
}

/// A box in the upper right corner of a slide this wide, with the mark's label.
fn shape(number: u32, mark: &Mark, slide_width: i32) -> Result<Vec<u8>, Stop> {
    let right = i16::try_from(slide_width).map_err(|_| Stop::Other)?;
    let width = i16::try_from((slide_width / 3).clamp(1, WIDTH_MAX)).map_err(|_| Stop::Other)?;
    let mut inside = Vec::new();
    let kind = [number.to_le_bytes(), BOX_FLAGS.to_le_bytes()].concat();
    put_node(&mut inside, WORDS_BOX << 4 | 2, drawn::KIND, &kind)?;
    let name: Vec<u8> = MARK_SHAPE.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let name_length = u32::try_from(name.len()).map_err(|_| Stop::Other)?;
    let properties: Vec<u8> = [FILL, LINE, (NAME, name_length)]
        .iter()
        .flat_map(|(number, value)| [number.to_le_bytes().as_slice(), &value.to_le_bytes()].concat())
        .chain(name)
        .collect();
    put_node(&mut inside, 3 << 4 | 3, drawn::PROPERTIES, &properties)?;
    let corners: Vec<u8> =
        [0, right.saturating_sub(width), right, HEIGHT].into_iter().flat_map(i16::to_le_bytes).collect();
    put_node(&mut inside, 0, drawn::ANCHOR, &corners)?;
    put_node(&mut inside, HOLDS_OTHERS, drawn::TEXT, &words(mark)?)?;
    let mut out = Vec::with_capacity(inside.len() + HEAD_BYTES);
    put_node(&mut out, HOLDS_OTHERS, drawn::SHAPE, &inside)?;
    Ok(out)
}

fn words(mark: &Mark) -> Result<Vec<u8>, Stop> {
    let label: Vec<u16> = mark.label.encode_utf16().collect();
    // The end of the words counts, too.
    let length = u32::try_from(label.len() + 1).map_err(|_| Stop::Other)?.to_le_bytes();
    let mut out = Vec::new();
    put_node(&mut out, 0, record::WORDS_HEADER, &OTHER_WORDS.to_le_bytes())?;
    let characters: Vec<u8> = label.into_iter().flat_map(u16::to_le_bytes).collect();
    put_node(&mut out, 0, record::WORDS, &characters)?;
    let (mask, right) = ALIGNED;
    let mut looks = length.to_vec();
    looks.extend_from_slice(&0u16.to_le_bytes());
    looks.extend_from_slice(&mask.to_le_bytes());
    looks.extend_from_slice(&right.to_le_bytes());
    looks.extend_from_slice(&length);
    looks.extend_from_slice(&LOOK.to_le_bytes());
    looks.extend_from_slice(&1u16.to_le_bytes());
    looks.extend_from_slice(&POINTS.to_le_bytes());
    looks.extend_from_slice(&RED);
    put_node(&mut out, 0, record::LOOKS, &looks)?;
    Ok(out)
}
