//! What holds for all of a presentation (MS-PPT 2.4): sizes, fonts, usual looks, links, the lists of slides.
//!
//! Owns: which of it stays, what the lists name.
//! Leaves to others: the slides themselves (`pages`), words in the lists (`words`), pictures (`drawn`).

use std::cell::Cell;
use std::collections::HashSet;

use worker_protocol::{LinkPolicy, Threat};

use super::super::Stop;
use super::super::bytes::{u32_at, wide};
use super::super::drawn::pictures::Pictures;
use super::super::drawn::{self, Node, put_node};
use super::looks::{self, Known, Sort};
use super::tags::Around;
use super::words::Common;
use super::{is_text, record, tags, words};
use crate::{Work, link};

/// Slides, masters or notes, by what the list of them says it is.
pub(super) mod list {
    pub(in super::super) const SLIDES: u16 = 0;
    pub(in super::super) const MASTERS: u16 = 1;
    pub(in super::super) const NOTES: u16 = 2;
}

/// In the record that says how large slides are: the objects of the masters of notes and handouts, and whether fonts are packed in.
const ATOM_BYTES: usize = 40;
const NOTES_MASTER_AT: usize = 24;
const HANDOUT_AT: usize = 28;
const FONTS_AT: usize = 36;

/// A slide in a list: the object that it is, and its own number.
const LISTED_BYTES: usize = 20;
const OWN_NUMBER_AT: usize = 12;

/// What a document names.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) notes_master: u32,
    pub(super) handout: u32,
    /// Objects and numbers, by what the list is of.
    pub(super) lists: Vec<(u16, Vec<(u32, u32)>)>,
    /// How wide a slide is, in 576 parts of an inch.
    pub(super) width: i32,
}

impl Named {
    pub(super) fn list(&self, of: u16) -> &[(u32, u32)] {
        self.lists.iter().find(|(sort, _)| *sort == of).map_or(&[], |(_, list)| list)
    }
}

/// Reads what a document names.
pub(super) fn named(document: &Node<'_>) -> Result<Named, Stop> {
    let atom = document.inside.iter().find(|node| node.number == record::DOCUMENT_ATOM).ok_or(Stop::Other)?;
    if atom.body.len() != ATOM_BYTES {
        return Err(Stop::Other);
    }
    // What is written for each of these does not come from it alone, so one that stands there again and again would be
    // written as often.
    for once in [record::ENVIRONMENT, record::OBJECTS, record::DRAWINGS, record::INFO] {
        if document.inside.iter().filter(|node| node.number == once).count() > 1 {
            return Err(Stop::Other);
        }
    }
    let at = |place| u32_at(atom.body, place).ok_or(Stop::Other);
    let mut named = Named {
        notes_master: at(NOTES_MASTER_AT)?,
        handout: at(HANDOUT_AT)?,
        lists: Vec::new(),
        width: at(0)?.cast_signed(),
    };
    for list in document.inside.iter().filter(|node| node.number == record::LIST) {
        let sort = list.head >> 4;
        if sort > list::NOTES || named.lists.iter().any(|(other, _)| *other == sort) {
            return Err(Stop::Other);
        }
        let mut all = Vec::new();
        for listed in list.inside.iter().filter(|node| node.number == record::LISTED) {
            if listed.body.len() != LISTED_BYTES {
                return Err(Stop::Other);
            }
            all.push(u32_at(listed.body, 0).zip(u32_at(listed.body, OWN_NUMBER_AT)).ok_or(Stop::Other)?);
        }
        named.lists.push((sort, all));
    }
    Ok(named)
}

/// What words and slides need to know of the document, and its pictures of bullets.
pub(super) fn common(document: &Node<'_>, work: &mut Work<'_>) -> Result<(Common, Vec<u8>), Stop> {
    let part = |number| document.inside.iter().find(move |node| node.number == number);
    let fonts_in = |node: &Node<'_>| {
        u16::try_from(node.inside.iter().filter(|font| font.number == record::FONT).count())
            .unwrap_or(u16::MAX)
    };
    let environment = part(record::ENVIRONMENT).ok_or(Stop::Other)?;
    let fonts = environment.inside.iter().find(|node| node.number == record::FONTS).map_or(0, fonts_in);
    let tags =
        part(record::INFO).and_then(|info| info.inside.iter().find(|node| node.number == record::TAGS));
    let later = tags.and_then(|tags| tags::find(tags, record::LATER_FONTS));
    let pictures = tags.and_then(|tags| tags::find(tags, record::BULLETS));
    let mut bullets = Vec::new();
    let mut known = Known { fonts, later_fonts: later.as_ref().map_or(0, fonts_in), ..Known::default() };
    if let Some(pictures) = pictures {
        for bullet in pictures.inside.iter().filter(|bullet| bullet.number == record::BULLET) {
            put_bullet(&mut bullets, bullet, known.bullets, work)?;
            known.bullets = known.bullets.checked_add(1).ok_or(Stop::Other)?;
        }
    }
    let links =
        part(record::OBJECTS).map(|objects| links(objects, work.job.policy.links)).unwrap_or_default();
    Ok((Common { known, links }, bullets))
}

/// A picture of a bullet: which system it is for, and the picture as drawings have it.
fn put_bullet(out: &mut Vec<u8>, bullet: &Node<'_>, number: u16, work: &mut Work<'_>) -> Result<(), Stop> {
    let (head, picture) = bullet.body.split_at_checked(tags::BULLET_HEAD_BYTES).ok_or(Stop::Other)?;
    let picture = drawn::pictures::alone(picture, "PowerPoint Document/bullets", work)?;
    let system = tags::bullet_system(head).ok_or(Stop::Other)?;
    let body = [&system.to_le_bytes(), picture.as_slice()].concat();
    put_node(out, bullet.head & 0x0F | number << 4, bullet.number, &body)
}

/// The numbers of the links that stay.
fn links(objects: &Node<'_>, policy: LinkPolicy) -> HashSet<u32> {
    let all = objects.inside.iter().filter(|node| node.number == record::LINK);
    all.filter_map(|node| {
        let number =
            node.inside.iter().find(|atom| atom.number == record::LINK_ATOM && atom.body.len() == 4)?;
        leads_on(node, policy).then(|| u32_at(number.body, 0)).flatten()
    })
    .collect()
}

/// Whether a link leads to a slide of this file or to what the policy lets stand. It has one target at most.
fn leads_on(link: &Node<'_>, policy: LinkPolicy) -> bool {
    /// What the texts of a link are, by their instance.
    const TARGET: u16 = 1;
    const PLACE: u16 = 3;
    let texts = |sort: u16| {
        let texts = link.inside.iter().filter(|text| text.number == record::TEXT && text.head >> 4 == sort);
        texts.map(|text| wide(text.body)).filter(|text| !text.is_empty()).collect::<Vec<_>>()
    };
    match (texts(TARGET).as_slice(), texts(PLACE).as_slice()) {
        ([target], [] | [_]) => is_slide(target) || link::is_kept(target, policy),
        ([], [place]) => is_slide(place),
        _ => false,
    }
}

/// A slide as links write it: its number, its place, its title.
fn is_slide(target: &str) -> bool {
    let mut parts = target.splitn(3, ',');
    let is_number = |part: Option<&str>| part.is_some_and(|part| part.parse::<i32>().is_ok());
    is_number(parts.next())
        && is_number(parts.next())
        && parts.next().is_some_and(|title| !title.contains(['\\', ':']))
}

/// What is needed to write a document.
pub(super) struct Writing<'a> {
    pub(super) common: &'a Common,
    pub(super) bullets: &'a [u8],
    pub(super) pictures: &'a Pictures,
    pub(super) policy: LinkPolicy,
    /// The new number of each object that stays.
    pub(super) renumbered: &'a dyn Fn(u32) -> Option<u32>,
}

impl Writing<'_> {
    /// Writes the document. What goes is told.
    pub(super) fn put(&self, document: &Node<'_>, told: &mut Vec<Threat>) -> Result<Vec<u8>, Stop> {
        let mut out = Vec::new();
        for node in &document.inside {
            let body = node.body;
            let written = match node.number {
                record::DOCUMENT_ATOM => Some(self.atom(body)?),
                record::END if body.is_empty() => Some(Vec::new()),
                record::ENVIRONMENT => Some(self.environment(node, told)?),
                record::OBJECTS => self.objects(node, told)?,
                record::DRAWINGS => Some(self.pictures.written_without(0)),
                record::LIST => Some(self.list(node)?),
                record::INFO => Some(self.info(node, told)?),
                record::PAGE_LINES => Some(tags::of_list(node, &[(record::PAGE_LINES_ATOM, 4)])?),
                record::SHOW_ATOM => (body.len() == 80).then(|| body.to_vec()),
                record::SHOWS => Some(shows(node)?),
                // To whom it was sent.
                record::ROUTE => {
                    told.push(Threat::Metadata);
                    None
                }
                number => {
                    told.extend(record::threat(number));
                    None
                }
            };
            if let Some(written) = written {
                put_node(&mut out, node.head, node.number, &written)?;
            }
        }
        let mut written = Vec::new();
        put_node(&mut written, document.head, document.number, &out)?;
        Ok(written)
    }

    fn atom(&self, body: &[u8]) -> Result<Vec<u8>, Stop> {
        let mut out = body.to_vec();
        for place in [NOTES_MASTER_AT, HANDOUT_AT] {
            let object = u32_at(body, place).and_then(self.renumbered).unwrap_or(0);
            out.get_mut(place..place + 4).ok_or(Stop::Other)?.copy_from_slice(&object.to_le_bytes());
        }
        *out.get_mut(FONTS_AT).ok_or(Stop::Other)? = 0;
        Ok(out)
    }

    /// Fonts, usual looks, where lines may break.
    fn environment(&self, node: &Node<'_>, told: &mut Vec<Threat>) -> Result<Vec<u8>, Stop> {
        let known = self.common.known;
        let mut out = Vec::new();
        for inside in &node.inside {
            let body = inside.body;
            let written = match inside.number {
                record::LINE_BREAKS => Some(tags::of_list(inside, &[(record::LINE_BREAKS_ATOM, 4)])?),
                record::FONTS => {
                    if inside.inside.iter().any(|font| font.number == record::PACKED_FONT) {
                        told.push(Threat::AuxiliaryPart);
                    }
                    Some(tags::fonts(inside)?)
                }
                record::USUAL_CHARACTERS => looks::of_one(body, Sort::Characters, known),
                record::USUAL_PARAGRAPHS => looks::of_one(body, Sort::Paragraph, known),
                record::USUAL_RULER => looks::of_one(body, Sort::Ruler, known),
                record::USUAL_LANGUAGE => looks::of_one(body, Sort::Language, known),
                record::LEVELS => looks::of_levels(body, inside.head >> 4, Sort::Levels, known),
                _ => None,
            };
            if let Some(written) = written {
                put_node(&mut out, inside.head, inside.number, &written)?;
            }
        }
        Ok(out)
    }

    /// Links that stay; objects, films and sounds do not.
    fn objects(&self, node: &Node<'_>, told: &mut Vec<Threat>) -> Result<Option<Vec<u8>>, Stop> {
        let mut out = Vec::new();
        let mut stay = 0;
        for inside in &node.inside {
            match inside.number {
                record::OBJECTS_ATOM if inside.body.len() == 4 => {
                    put_node(&mut out, inside.head, inside.number, inside.body)?;
                }
                record::LINK => {
                    let number = inside.inside.iter().find(|atom| atom.number == record::LINK_ATOM);
                    let number = number.and_then(|atom| u32_at(atom.body, 0));
                    let is_known = number.is_some_and(|number| self.common.links.contains(&number));
                    // Another link may have the same number.
                    if is_known && leads_on(inside, self.policy) {
                        let written = tags::of_list(inside, &[(record::LINK_ATOM, 4)])?;
                        put_node(&mut out, inside.head, inside.number, &written)?;
                        stay += 1;
                    } else {
                        told.push(Threat::Hyperlink);
                    }
                }
                _ => {}
            }
        }
        Ok((stay > 0).then_some(out))
    }

    /// A list of slides, with the words of each.
    fn list(&self, node: &Node<'_>) -> Result<Vec<u8>, Stop> {
        let mut out = Vec::new();
        let mut rest = node.inside.as_slice();
        while let Some((first, behind)) = rest.split_first() {
            if first.number != record::LISTED {
                rest = behind;
                continue;
            }
            let words = behind.iter().take_while(|node| node.number != record::LISTED).count();
            let (words, others) = behind.split_at_checked(words).ok_or(Stop::Other)?;
            rest = others;
            let Some(object) = u32_at(first.body, 0).and_then(self.renumbered) else { continue };
            let mut body = first.body.to_vec();
            body.get_mut(..4).ok_or(Stop::Other)?.copy_from_slice(&object.to_le_bytes());
            put_node(&mut out, first.head, first.number, &body)?;
            words::put(words, self.common, &mut out)?;
        }
        Ok(out)
    }

    /// What later versions keep. How the windows of the program lay goes.
    fn info(&self, node: &Node<'_>, told: &mut Vec<Threat>) -> Result<Vec<u8>, Stop> {
        let mut out = Vec::new();
        let none = HashSet::new();
        let bullets = Cell::new(self.bullets);
        let around = Around { known: self.common.known, dropped: &none, bullets: &bullets };
        for tags in node.inside.iter().filter(|node| node.number == record::TAGS) {
            out.extend_from_slice(&tags::put(tags, around, told)?);
        }
        Ok(out)
    }
}

/// Shows of some of the slides: a name, and numbers of slides.
fn shows(node: &Node<'_>) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    for show in node.inside.iter().filter(|show| show.number == record::SHOW) {
        let mut inside = Vec::new();
        for part in &show.inside {
            let stays = match part.number {
                record::TEXT => is_text(part.body),
                record::SHOW_SLIDES => part.body.len().is_multiple_of(4),
                _ => false,
            };
            if stays {
                put_node(&mut inside, part.head, part.number, part.body)?;
            }
        }
        put_node(&mut out, show.head, show.number, &inside)?;
    }
    Ok(out)
}
