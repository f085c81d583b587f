//! The shapes of a drawing (MS-ODRAW 2.2.13 to 2.2.36).
//!
//! Owns: which records of a shape stay, which shapes go, rules about shapes, how many there are.
//! Leaves to others: what a program keeps with a shape (whoever has the drawing, through [`Client`]), properties (`properties`).

use std::collections::HashSet;

use worker_protocol::{LinkPolicy, Threat};

use super::properties::{self, is_properties, names_picture, without_frame};
use super::{
    ANCHOR, ANCHOR_IN_GROUP, ARC, CALLOUT, CONNECTION, COUNTS, DRAWING, GROUP, GROUP_FRAME, HEAD_BYTES, KIND,
    Node, OBJECT, PROPERTIES, RULES, SHAPE, TEXT, put_node,
};
use crate::legacy::Stop;
use crate::legacy::bytes::u32_at;

/// A shape that shows a picture, and one in which a program shows itself.
const PICTURE_FRAME: u16 = 75;
const HOST_CONTROL: u16 = 201;

/// Flags of a shape: it is an object. The others say how it lies.
const IS_OBJECT: u32 = 0x10;
const SHAPE_FLAGS: u32 = 0x0FFF & !IS_OBJECT;

/// What a shape was besides what can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::legacy) enum Was {
    Drawn,
    /// An object or a control; its picture stays.
    Object,
    /// Nothing that is wanted.
    Unwanted,
}

/// The program whose drawing it is.
pub(in crate::legacy) trait Client {
    /// What it keeps with one shape.
    type With;

    /// Looks at a shape before it is written.
    fn begin(&mut self, shape: &Node<'_>) -> Result<(Was, Self::With), Stop>;

    /// Writes what it keeps in this record ([`OBJECT`] or [`TEXT`]).
    fn put(&mut self, with: &mut Self::With, node: &Node<'_>, out: &mut Vec<u8>) -> Result<(), Stop>;
}

/// A shape of our own: what is written, and its number.
pub(in crate::legacy) struct Added {
    pub(in crate::legacy) written: Vec<u8>,
    pub(in crate::legacy) number: u32,
}

pub(in crate::legacy) struct Writer<C: Client> {
    pub(in crate::legacy) client: C,
    pub(in crate::legacy) out: Vec<u8>,
    pictures: usize,
    policy: LinkPolicy,
    /// A shape that lies over all others.
    added: Option<Added>,
    /// Shapes that went, by number.
    pub(in crate::legacy) dropped: HashSet<u32>,
    /// Pictures that are shown, by number.
    pub(in crate::legacy) shown: HashSet<u32>,
    /// Shapes of the drawing that is being written.
    shapes: u32,
    pub(in crate::legacy) told: Vec<Threat>,
}

impl<C: Client> Writer<C> {
    /// A writer of drawings that share so many pictures.
    pub(in crate::legacy) fn new(client: C, pictures: usize, policy: LinkPolicy) -> Self {
        Self {
            client,
            out: Vec::new(),
            pictures,
            policy,
            added: None,
            dropped: HashSet::new(),
            shown: HashSet::new(),
            shapes: 0,
            told: Vec::new(),
        }
    }

    /// Puts a shape over all others of the drawing that comes next.
    pub(in crate::legacy) fn add(&mut self, shape: Added) {
        self.added = Some(shape);
    }

    /// How many shapes are no more.
    pub(in crate::legacy) fn gone(&self) -> usize {
        self.dropped.len()
    }

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

    /// Writes a drawing.
    pub(in crate::legacy) fn drawing(&mut self, node: &Node<'_>) -> Result<(), Stop> {
        if node.number != DRAWING {
            return Err(Stop::Other);
        }
        self.shapes = 0;
        let last = self.added.as_ref().map(|added| added.number);
        let mut counted = None;
        self.around(node, |writer| {
            for node in &node.inside {
                match node.number {
                    COUNTS => {
                        counted = Some(writer.out.len() + HEAD_BYTES);
                        writer.copy(node, 8)?;
                    }
                    GROUP => writer.outermost(node)?,
                    SHAPE => writer.shape(node)?,
                    RULES => writer.rules(node)?,
                    // Which shapes were grouped before.
                    _ => {}
                }
            }
            Ok(())
        })?;
        let at = counted.ok_or(Stop::Other)?;
        if let Some(last) = last {
            self.set_u32(at + 4, last)?;
        }
        self.set_u32(at, self.shapes)
    }

    /// The group of all shapes, which has ours at its end.
    fn outermost(&mut self, node: &Node<'_>) -> Result<(), Stop> {
        let added = self.added.take();
        self.around(node, |writer| {
            writer.members(node)?;
            if let Some(added) = added {
                writer.out.extend_from_slice(&added.written);
                writer.shapes += 1;
            }
            Ok(())
        })
    }

    /// Writes a shape that stands in no drawing.
    pub(in crate::legacy) fn alone(&mut self, node: &Node<'_>) -> Result<(), Stop> {
        self.shape(node)
    }

    fn members(&mut self, node: &Node<'_>) -> Result<(), Stop> {
        for node in &node.inside {
            match node.number {
                GROUP => self.around(node, |writer| writer.members(node))?,
                SHAPE => self.shape(node)?,
                _ => return Err(Stop::Other),
            }
        }
        Ok(())
    }

    fn shape(&mut self, node: &Node<'_>) -> Result<(), Stop> {
        let (was, mut with) = self.client.begin(node)?;
        let shows_picture =
            |inside: &Node<'_>| inside.number == PROPERTIES && names_picture(inside, self.pictures);
        let can_be_seen = match was {
            Was::Drawn => true,
            Was::Object => node.inside.iter().any(shows_picture),
            Was::Unwanted => false,
        };
        if !can_be_seen {
            // Nothing of it can be seen without what it was. One that leads a group is none of what programs write.
            if node.inside.iter().any(|inside| inside.number == GROUP_FRAME) {
                return Err(Stop::Other);
            }
            let number = node.inside.iter().find(|inside| inside.number == KIND);
            self.dropped.extend(number.and_then(|kind| u32_at(kind.body, 0)));
            return Ok(());
        }
        // A control drew its own edges, and they are in its picture.
        let is_control = |inside: &Node<'_>| inside.number == KIND && inside.head >> 4 == HOST_CONTROL;
        let was_object = was == Was::Object;
        let was_control = was_object && node.inside.iter().any(is_control);
        self.shapes += 1;
        self.around(node, |writer| {
            for node in &node.inside {
                match node.number {
                    KIND => writer.kind(node, was_object)?,
                    GROUP_FRAME | ANCHOR_IN_GROUP => writer.copy(node, 16)?,
                    ANCHOR if matches!(node.body.len(), 4 | 8 | 16 | 18) => {
                        writer.copy(node, node.body.len())?
                    }
                    OBJECT | TEXT => writer.client.put(&mut with, node, &mut writer.out)?,
                    number if is_properties(number) => {
                        let (mut head, mut body, threats) =
                            properties::rebuilt(node, writer.pictures, writer.policy)?;
                        writer.told.extend(threats);
                        if was_control && number == PROPERTIES {
                            (head, body) = without_frame(head, &body)?;
                        }
                        writer.shown.extend(properties::pictures(head, &body));
                        put_node(&mut writer.out, head, node.number, &body)?;
                    }
                    // Where it lay before, and what nobody knows.
                    _ => {}
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
        let kept: Vec<&Node<'_>> = node
            .inside
            .iter()
            .filter(|rule| {
                let numbers = || (4..rule.body.len()).step_by(4).filter_map(|at| u32_at(rule.body, at));
                let length = match rule.number {
                    CONNECTION => 24,
                    ARC | CALLOUT => 8,
                    _ => return false,
                };
                rule.body.len() == length && !numbers().any(|number| self.dropped.contains(&number))
            })
            .collect();
        let count = u16::try_from(kept.len()).map_err(|_| Stop::Other)?;
        let head = node.head & 0x0F | count << 4;
        let counted = Node { head, number: node.number, body: node.body, inside: Vec::new() };
        self.around(&counted, |writer| kept.iter().try_for_each(|rule| writer.copy(rule, rule.body.len())))
    }
}
