//! Slides, masters, notes and handouts (MS-PPT 2.5).
//!
//! Owns: which of their records stay, and what PowerPoint keeps with a shape.
//! Leaves to others: shapes (`drawn`), words (`words`), what later versions added (`tags`).

use std::cell::Cell;
use std::collections::HashSet;

use worker_protocol::Threat;

use super::super::Stop;
use super::super::bytes::u32_at;
use super::super::drawn::shapes::{Added, Client, Was, Writer};
use super::super::drawn::{self, Node, put_node};
use super::tags::Around;
use super::words::Common;
use super::{is_text, looks, record, tags, words};
use crate::ooxml::MARK_SHAPE;

/// What the slides share while they are written.
pub(super) struct Pages<'a> {
    pub(super) common: &'a Common,
    /// How many pictures the drawings share.
    pub(super) pictures: usize,
    pub(super) policy: worker_protocol::LinkPolicy,
    /// Numbers by which slides name their masters and notes.
    pub(super) masters: &'a HashSet<u32>,
    pub(super) notes: &'a HashSet<u32>,
    /// Whether shapes that bear a mark are ours.
    pub(super) is_marked: bool,
    /// Pictures that are shown, by number.
    pub(super) shown: HashSet<u32>,
    pub(super) characters: u64,
    /// Shapes that are no more.
    pub(super) gone: usize,
}

/// A rebuilt page, and what is told of it.
pub(super) struct Page {
    pub(super) written: Vec<u8>,
    pub(super) told: Vec<Threat>,
}

/// Sounds of a change of slides: it has one, which is repeated.
const SOUND_FLAGS: u8 = 0x50;

impl Pages<'_> {
    /// Rebuilds a page, with a shape of ours over the others.
    pub(super) fn rebuild(&mut self, node: &Node<'_>, added: Option<Added>) -> Result<Page, Stop> {
        let mut out = Vec::new();
        let mut told = Vec::new();
        let (mut added, mut dropped) = (added, HashSet::new());
        for inside in &node.inside {
            let body = inside.body;
            let of_bytes = |length: usize| (body.len() == length).then(|| body.to_vec());
            let written = match inside.number {
                record::SLIDE_ATOM => Some(self.slide_atom(body)?),
                record::NOTES_ATOM => of_bytes(8),
                record::CHANGE => {
                    let mut change = of_bytes(16).ok_or(Stop::Other)?;
                    if let Some(sound) = change.get_mut(4..8) {
                        sound.fill(0);
                    }
                    if let Some(flags) = change.get_mut(10) {
                        *flags &= !SOUND_FLAGS;
                    }
                    Some(change)
                }
                record::DRAWING => {
                    let drawing = inside.inside.iter().find(|drawing| drawing.number == drawn::DRAWING);
                    let written =
                        self.drawing(drawing.ok_or(Stop::Other)?, added.take(), &mut dropped, &mut told)?;
                    Some(written)
                }
                record::COLOURS => of_bytes(32),
                record::LEVELS => {
                    looks::of_levels(body, inside.head >> 4, looks::Sort::Levels, self.common.known)
                }
                record::PAGE_LINES => Some(tags::of_list(inside, &[(record::PAGE_LINES_ATOM, 4)])?),
                record::TEXT => is_text(body).then(|| body.to_vec()),
                record::TAGS => {
                    let around =
                        Around { known: self.common.known, dropped: &dropped, bullets: &Cell::default() };
                    out.extend_from_slice(&tags::put(inside, around, &mut told)?);
                    None
                }
                number => {
                    told.extend(record::threat(number));
                    None
                }
            };
            if let Some(written) = written {
                put_node(&mut out, inside.head, inside.number, &written)?;
            }
        }
        let mut written = Vec::new();
        put_node(&mut written, node.head, node.number, &out)?;
        Ok(Page { written, told })
    }

    /// How a slide is laid out, and the master and the notes that it has.
    fn slide_atom(&self, body: &[u8]) -> Result<Vec<u8>, Stop> {
        const BYTES: usize = 24;
        let (master, notes) = u32_at(body, 12).zip(u32_at(body, 16)).ok_or(Stop::Other)?;
        if body.len() != BYTES || master != 0 && !self.masters.contains(&master) {
            return Err(Stop::Other);
        }
        let notes = if self.notes.contains(&notes) { notes } else { 0 };
        let mut out = body.to_vec();
        out.get_mut(16..20).ok_or(Stop::Other)?.copy_from_slice(&notes.to_le_bytes());
        Ok(out)
    }

    fn drawing(
        &mut self,
        node: &Node<'_>,
        added: Option<Added>,
        dropped: &mut HashSet<u32>,
        told: &mut Vec<Threat>,
    ) -> Result<Vec<u8>, Stop> {
        let slide = Slide { common: self.common, is_marked: self.is_marked, characters: 0, told: Vec::new() };
        let mut writer = Writer::new(slide, self.pictures, self.policy);
        if let Some(added) = added {
            writer.add(added);
        }
        writer.drawing(node)?;
        self.gone += writer.gone();
        self.shown.extend(&writer.shown);
        self.characters += writer.client.characters;
        dropped.extend(&writer.dropped);
        told.append(&mut writer.client.told);
        told.append(&mut writer.told);
        Ok(writer.out)
    }
}

/// What PowerPoint keeps with the shapes of one page.
struct Slide<'a> {
    common: &'a Common,
    is_marked: bool,
    characters: u64,
    told: Vec<Threat>,
}

impl Client for Slide<'_> {
    type With = ();

    fn begin(&mut self, shape: &Node<'_>) -> Result<(Was, ()), Stop> {
        let with = |number| shape.inside.iter().find(move |inside| inside.number == number);
        let is_object = with(drawn::OBJECT)
            .is_some_and(|with| with.inside.iter().any(|inside| inside.number == record::IS_OBJECT));
        let is_mark = self.is_marked
            && shape.inside.iter().any(|inside| drawn::properties::is_called(inside, MARK_SHAPE));
        let was = match (is_mark, is_object) {
            (true, _) => Was::Unwanted,
            (false, true) => Was::Object,
            (false, false) => Was::Drawn,
        };
        Ok((was, ()))
    }

    fn put(&mut self, (): &mut (), node: &Node<'_>, out: &mut Vec<u8>) -> Result<(), Stop> {
        let mut inside = Vec::new();
        if node.number == drawn::TEXT {
            self.characters += words::put(&node.inside, self.common, &mut inside)?;
            return put_node(out, node.head, node.number, &inside);
        }
        for with in &node.inside {
            let body = with.body;
            let of_bytes = |length: usize| (body.len() == length).then(|| body.to_vec());
            let written = match with.number {
                record::PLACEHOLDER => of_bytes(8),
                record::SHAPE_FLAGS | record::NEW_PLACEHOLDER | record::LINE_PLACEHOLDER => of_bytes(1),
                record::CLICK => words::click(with, self.common)?,
                record::ANIMATION => animation(with)?,
                record::RECOLOURED => is_recoloured(body).then(|| body.to_vec()),
                record::TAGS => {
                    let none = HashSet::new();
                    let around =
                        Around { known: self.common.known, dropped: &none, bullets: &Cell::default() };
                    inside.extend_from_slice(&tags::put(with, around, &mut self.told)?);
                    None
                }
                number => {
                    self.told.extend(record::threat(number));
                    None
                }
            };
            if let Some(written) = written {
                put_node(&mut inside, with.head, with.number, &written)?;
            }
        }
        if inside.is_empty() { Ok(()) } else { put_node(out, node.head, node.number, &inside) }
    }
}

/// How a shape comes onto the slide, without the sound that it makes.
fn animation(node: &Node<'_>) -> Result<Option<Vec<u8>>, Stop> {
    const BYTES: usize = 28;
    /// It makes a sound, it stops one, it is played.
    const SOUND_FLAGS: u8 = 0x10;
    const MORE_FLAGS: u8 = 0x01 | 0x10;
    /// What it does afterwards, what is done to an object.
    const VERB: usize = 25;
    let Some(atom) = node.inside.iter().find(|atom| atom.number == record::ANIMATION_ATOM) else {
        return Ok(None);
    };
    let mut body = atom.body.to_vec();
    if body.len() != BYTES {
        return Ok(None);
    }
    for (place, kept) in [(4, !SOUND_FLAGS), (5, !MORE_FLAGS), (8, 0), (9, 0), (10, 0), (11, 0), (VERB, 0)] {
        if let Some(byte) = body.get_mut(place) {
            *byte &= kept;
        }
    }
    let mut out = Vec::new();
    put_node(&mut out, atom.head, atom.number, &body)?;
    Ok(Some(out))
}

/// Other colours for a drawing: a head that counts them, then each with what it replaces.
fn is_recoloured(body: &[u8]) -> bool {
    let count = |place| super::super::bytes::u16_at(body, place).map_or(0, usize::from);
    body.len() == 12 + (count(2) + count(4)) * 44
}
