//! Presentations of PowerPoint 97 to 2003, built anew as what they are (MS-PPT).
//!
//! Owns: which objects of the file are parts of the presentation, their order, the mark on each slide, the file around them.
//! Leaves to others: passwords (`locked_slides`), what the file carries besides (`compound`, `slides`), and each sort of
//! record: what holds for all slides (`document`), slides (`pages`), words and how they look (`words`, `looks`), what later
//! versions added (`tags`), shapes and pictures (`drawn`).
//!
//! A file keeps each object as often as it was saved; the last of those that the document leads to are written, and nothing
//! else. Every record that is written is on a list and has the form that the specification gives it. Where a presentation
//! has what is not read here, nothing of it comes out on this road: the office program converts it.

mod document;
mod looks;
mod mark;
mod pages;
pub(super) mod shown;

mod tags;
mod words;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Write};

use worker_protocol::{Fidelity, Kept, Kind, Mark, Spot};

use super::bytes::{place_at, u32_at};
use super::drawn::pictures::Home;
use super::drawn::{self, HEAD_BYTES, Node, put_node};
use super::locked_slides::{LAST_EDIT, content, objects, record as edits};
use super::{Stop, compound, properties};
use crate::{Rebuilt, Work};
use document::{Named, list};
use pages::Pages;

/// Records by number.
mod record {
    use worker_protocol::Threat;

    use crate::legacy::drawn::PACKAGES;

    pub(super) const DOCUMENT: u16 = 0x03E8;
    pub(super) const DOCUMENT_ATOM: u16 = 0x03E9;
    pub(super) const END: u16 = 0x03EA;
    pub(super) const SLIDE: u16 = 0x03EE;
    pub(super) const SLIDE_ATOM: u16 = 0x03EF;
    pub(super) const NOTES: u16 = 0x03F0;
    pub(super) const NOTES_ATOM: u16 = 0x03F1;
    pub(super) const ENVIRONMENT: u16 = 0x03F2;
    pub(super) const LISTED: u16 = 0x03F3;
    pub(super) const MASTER: u16 = 0x03F8;
    pub(super) const CHANGE: u16 = 0x03F9;
    pub(super) const SHOW_ATOM: u16 = 0x0401;
    pub(super) const ROUTE: u16 = 0x0406;
    pub(super) const OBJECTS: u16 = 0x0409;
    pub(super) const OBJECTS_ATOM: u16 = 0x040A;
    pub(super) const DRAWINGS: u16 = 0x040B;
    pub(super) const DRAWING: u16 = 0x040C;
    pub(super) const SHOWS: u16 = 0x0410;
    pub(super) const SHOW: u16 = 0x0411;
    pub(super) const SHOW_SLIDES: u16 = 0x0412;
    pub(super) const LINE_PLACEHOLDER: u16 = 0x0420;
    pub(super) const INFO: u16 = 0x07D0;
    pub(super) const FONTS: u16 = 0x07D5;
    pub(super) const LATER_FONTS: u16 = 0x07D6;
    pub(super) const COLOURS: u16 = 0x07F0;
    pub(super) const BULLETS: u16 = 0x07F8;
    pub(super) const BULLET: u16 = 0x07F9;
    pub(super) const IS_OBJECT: u16 = 0x0BC1;
    pub(super) const PLACEHOLDER: u16 = 0x0BC3;
    pub(super) const SHAPE_FLAGS: u16 = 0x0BDB;
    pub(super) const NEW_PLACEHOLDER: u16 = 0x0BDD;
    pub(super) const OUTLINE: u16 = 0x0F9E;
    pub(super) const WORDS_HEADER: u16 = 0x0F9F;
    pub(super) const WORDS: u16 = 0x0FA0;
    pub(super) const LOOKS: u16 = 0x0FA1;
    pub(super) const INDENTS: u16 = 0x0FA2;
    pub(super) const LEVELS: u16 = 0x0FA3;
    pub(super) const USUAL_CHARACTERS: u16 = 0x0FA4;
    pub(super) const USUAL_PARAGRAPHS: u16 = 0x0FA5;
    pub(super) const RULER: u16 = 0x0FA6;
    pub(super) const NARROW_WORDS: u16 = 0x0FA8;
    pub(super) const USUAL_LANGUAGE: u16 = 0x0FA9;
    pub(super) const LANGUAGES: u16 = 0x0FAA;
    pub(super) const USUAL_RULER: u16 = 0x0FAB;
    pub(super) const FONT: u16 = 0x0FB7;
    pub(super) const PACKED_FONT: u16 = 0x0FB8;
    pub(super) const TEXT: u16 = 0x0FBA;
    pub(super) const LINE_BREAKS: u16 = 0x0FC8;
    pub(super) const HANDOUT: u16 = 0x0FC9;
    pub(super) const LINE_BREAKS_ATOM: u16 = 0x0FD2;
    pub(super) const LINK_ATOM: u16 = 0x0FD3;
    pub(super) const LINK: u16 = 0x0FD7;
    pub(super) const SLIDE_NUMBER: u16 = 0x0FD8;
    pub(super) const PAGE_LINES: u16 = 0x0FD9;
    pub(super) const PAGE_LINES_ATOM: u16 = 0x0FDA;
    pub(super) const CLICK_RANGE: u16 = 0x0FDF;
    pub(super) const RECOLOURED: u16 = 0x0FE7;
    pub(super) const LIST: u16 = 0x0FF0;
    pub(super) const ANIMATION_ATOM: u16 = 0x0FF1;
    pub(super) const CLICK: u16 = 0x0FF2;
    pub(super) const CLICK_ATOM: u16 = 0x0FF3;
    pub(super) const USER: u16 = 0x0FF6;
    pub(super) const DATE: u16 = 0x0FF7;
    pub(super) const USUAL_DATE: u16 = 0x0FF8;
    pub(super) const HEADER: u16 = 0x0FF9;
    pub(super) const FOOTER: u16 = 0x0FFA;
    pub(super) const ANIMATION: u16 = 0x1014;
    pub(super) const OWN_DATE: u16 = 0x1015;
    pub(super) const TAGS: u16 = 0x1388;
    pub(super) const TAG: u16 = 0x138A;
    pub(super) const TAG_DATA: u16 = 0x138B;

    /// What goes without a word: what is told of before (objects, sounds), how windows lay and pages were printed, empty places,
    /// and what later versions note for themselves (numbers of shapes, colours of their themes, sums over what they wrote).
    const SILENT: [std::ops::RangeInclusive<u16>; 14] = [
        0x0000..=0x0000,
        0x03FA..=0x0400,
        0x0402..=0x0408,
        0x0413..=0x0415,
        0x040F..=0x040F,
        0x041C..=0x041F,
        0x0422..=0x0426,
        0x07E4..=0x07E7,
        0x0BC1..=0x0BC1,
        0x1019..=0x101D,
        0x1770..=0x1773,
        0x1788..=0x178E,
        0x2B0B..=0x2B0D,
        0x3714..=0x3715,
    ];

    /// What is told of a record that goes because nothing is known that it is wanted for.
    pub(super) fn threat(number: u16) -> Option<Threat> {
        let is_silent = SILENT.iter().any(|numbers| numbers.contains(&number));
        match number {
            _ if PACKAGES.contains(&number) => Some(Threat::AuxiliaryPart),
            _ => (!is_silent).then_some(Threat::Unknown),
        }
    }
}

/// What says to programs that the presentation is not locked, the version of its form, and the sorts of program that wrote it.
const TOKEN_OPEN: u32 = 0xE391_C05F;
const FORM: u16 = 0x03F4;
const VERSION: [u8; 4] = [3, 0, 0, 0];
const RELEASE: u32 = 8;
const EDIT_VERSION: u32 = 0x0300_0000;

/// Where an edit says which one was before, where its directory stands, and which object is the document.
const EARLIER: usize = 8;
const DIRECTORY: usize = 12;
const DOCUMENT: usize = 16;

/// Edits of one presentation that are looked at, and objects of one file.
const EDITS_MAX: usize = 1_000;
const OBJECTS_MAX: usize = 100_000;

/// Objects of one run in a directory.
const RUN_MAX: usize = 0xFFF;

/// The longest text that is not the words of a slide, in bytes.
const TEXT_BYTES_MAX: usize = 1 << 16;

/// What a file takes besides its streams and the table of their sectors.
const FRAME_BYTES: usize = 12 << 10;

/// The streams of a presentation.
pub(super) struct Streams {
    user: Vec<u8>,
    document: Vec<u8>,
    pictures: Vec<u8>,
}

impl Streams {
    /// The streams of a file that was read before.
    pub(super) fn read(untrusted: &[u8], work: &mut Work<'_>) -> Result<Self, Stop> {
        let mut stream = |path| compound::main_stream(untrusted, path, work);
        let (user, document) = (stream("/Current User")?, stream("/PowerPoint Document")?);
        let pictures = stream("/Pictures")?.unwrap_or_default();
        let (user, document) = user.zip(document).ok_or(Stop::Other)?;
        Ok(Self { user, document, pictures })
    }
}

/// Where the objects of a presentation stand, by number, and which of them is the document.
struct Objects {
    places: HashMap<u32, usize>,
    document: u32,
    /// How much may still be read: objects may lie over each other, but together they are no longer than the stream.
    left: usize,
}

impl Objects {
    /// Reads the directories of all edits, of which the last counts.
    fn read(streams: &Streams, work: &mut Work<'_>) -> Result<Self, Stop> {
        let stream = streams.document.as_slice();
        let mut at = place_at(&streams.user, LAST_EDIT).ok_or(Stop::Other)?;
        let mut places = HashMap::new();
        let mut document = None;
        for _ in 0..EDITS_MAX {
            let edit = content(stream, at, edits::EDIT).ok_or(Stop::Other)?;
            document = document.or(u32_at(edit, DOCUMENT));
            let directory = place_at(edit, DIRECTORY).and_then(|at| content(stream, at, edits::DIRECTORY));
            let directory = directory.ok_or(Stop::Other)?;
            // Edits may share one, so a small file has many.
            work.budget.spend(directory.len() as u64)?;
            for (number, place) in objects(directory) {
                places.entry(number).or_insert(place);
            }
            if places.len() > OBJECTS_MAX {
                return Err(Stop::Other);
            }
            match place_at(edit, EARLIER) {
                Some(earlier) if earlier != 0 && earlier < at => at = earlier,
                _ => break,
            }
        }
        Ok(Self { places, document: document.ok_or(Stop::Other)?, left: stream.len() })
    }

    /// The object of this number, if it is of one of these sorts.
    fn get<'a>(
        &mut self,
        stream: &'a [u8],
        number: u32,
        sorts: &[u16],
        work: &mut Work<'_>,
    ) -> Result<Node<'a>, Stop> {
        let at = *self.places.get(&number).ok_or(Stop::Other)?;
        let rest = stream.get(at..).ok_or(Stop::Other)?;
        let length =
            place_at(rest, 4).and_then(|length| length.checked_add(HEAD_BYTES)).ok_or(Stop::Other)?;
        let bytes = rest.get(..length).ok_or(Stop::Other)?;
        self.left = self.left.checked_sub(bytes.len()).ok_or(Stop::Other)?;
        work.budget.spend(bytes.len() as u64)?;
        let mut nodes = drawn::parse(bytes)?;
        match nodes.pop() {
            Some(node) if sorts.contains(&node.number) => Ok(node),
            _ => Err(Stop::Other),
        }
    }
}

/// The objects that a document leads to, in the order in which they are written. Notes may be missing that are listed.
fn led_to(named: &Named, objects: &Objects) -> Result<Vec<(u32, &'static [u16])>, Stop> {
    const MASTERS: &[u16] = &[record::MASTER, record::SLIDE];
    let mut all: Vec<(u32, &'static [u16])> = Vec::new();
    let alone = [(named.notes_master, &[record::NOTES] as &[u16]), (named.handout, &[record::HANDOUT])];
    all.extend(alone);
    for (of, sorts) in
        [(list::MASTERS, MASTERS), (list::SLIDES, &[record::SLIDE]), (list::NOTES, &[record::NOTES])]
    {
        all.extend(named.list(of).iter().map(|(object, _)| (*object, sorts)));
    }
    all.retain(|(object, sorts)| {
        !sorts.contains(&record::NOTES) && !sorts.contains(&record::HANDOUT)
            || objects.places.contains_key(object)
    });
    // What is named again and again would be written as often.
    let different: HashSet<u32> = all.iter().map(|(object, _)| *object).collect();
    if different.len() == all.len() { Ok(all) } else { Err(Stop::Other) }
}

/// Rebuilds a presentation, with this mark in the place of the one that it bears. What it carries besides has been told.
///
/// # Errors
/// Another road when something is not read here; blocked beyond the bounds.
pub(super) fn rebuild(
    streams: Streams,
    mark: Option<&Mark>,
    is_marked: bool,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Stop> {
    let (clean, fidelity) = rebuild_streams(&streams, mark, is_marked, work)?;
    // A presentation is as large as what became of it, and there is one more of it to come.
    drop(streams);
    let clean = file(&clean, mark).ok_or(Stop::Other)?;
    Ok(Rebuilt { fidelity: Some(fidelity), ..Rebuilt::same(clean, Kind::Ppt) })
}

fn rebuild_streams(
    streams: &Streams,
    mark: Option<&Mark>,
    is_marked: bool,
    work: &mut Work<'_>,
) -> Result<(Streams, Fidelity), Stop> {
    work.budget.spend(streams.document.len() as u64)?;
    let mut objects = Objects::read(streams, work)?;
    let stream = streams.document.as_slice();
    let document = objects.get(stream, objects.document, &[record::DOCUMENT], work)?;
    let named = document::named(&document)?;
    let led_to = led_to(&named, &objects)?;
    let masters: HashSet<u32> = named.list(list::MASTERS).iter().map(|(_, own)| *own).collect();
    let notes = named.list(list::NOTES).iter().filter(|(object, _)| objects.places.contains_key(object));
    let notes: HashSet<u32> = notes.map(|(_, own)| *own).collect();
    let (common, bullets) = document::common(&document, work)?;
    let drawings = document.inside.iter().find(|node| node.number == record::DRAWINGS);
    let mut drawings = mark::Drawings::read(drawings.ok_or(Stop::Other)?)?;
    let mut pages = Pages {
        common: &common,
        pictures: drawings.pictures(),
        policy: work.job.policy.links,
        masters: &masters,
        notes: &notes,
        is_marked,
        shown: HashSet::new(),
        characters: 0,
        gone: 0,
    };
    let slides: HashMap<u32, u32> =
        named.list(list::SLIDES).iter().zip(1..).map(|((object, _), place)| (*object, place)).collect();
    let mut written = Vec::new();
    for (object, sorts) in &led_to {
        let node = objects.get(stream, *object, sorts, work)?;
        let added = match mark {
            Some(mark) if slides.contains_key(object) => Some(drawings.mark(&node, mark, named.width)?),
            _ => None,
        };
        let page = pages.rebuild(&node, added)?;
        for threat in page.told {
            match slides.get(object) {
                Some(number) => {
                    work.findings.add_at(threat, "PowerPoint Document", Spot::Slide { number: *number });
                }
                None => work.findings.add(threat, "PowerPoint Document/master"),
            }
        }
        written.push(page.written);
    }
    let Pages { shown, characters, gone, .. } = pages;
    let home = Home::Stream { bytes: &streams.pictures, base: 0, shown: &shown };
    let pictures = drawings.rebuild(home, gone, work)?;
    let renumbered: HashMap<u32, u32> =
        led_to.iter().zip(2u32..).map(|((object, _), number)| (*object, number)).collect();
    let writing = document::Writing {
        common: &common,
        bullets: &bullets,
        pictures: &pictures,
        policy: work.job.policy.links,
        renumbered: &|object| renumbered.get(&object).copied(),
    };
    let mut told = Vec::new();
    let first = writing.put(&document, &mut told)?;
    told.into_iter().for_each(|threat| work.findings.add(threat, "PowerPoint Document"));
    written.insert(0, first);
    let (user, stream) = put_edit(written)?;
    let kept = |count: u64| Kept { before: count, after: count };
    let fidelity = Fidelity {
        characters: kept(characters),
        pages: kept(slides.len() as u64),
        pictures: kept(shown.len() as u64),
        ..Fidelity::default()
    };
    Ok((Streams { user, document: stream, pictures: pictures.apart }, fidelity))
}

/// The objects one after the other, and behind them where each stands; and the stream that says where that is.
fn put_edit(objects: Vec<Vec<u8>>) -> Result<(Vec<u8>, Vec<u8>), Stop> {
    let count = u32::try_from(objects.len()).map_err(|_| Stop::Other)?;
    let number = |length: usize| u32::try_from(length).map_err(|_| Stop::Other);
    let mut stream = Vec::with_capacity(objects.iter().map(Vec::len).sum());
    let mut directory = Vec::new();
    let mut first = 1u32;
    let mut left = objects.into_iter();
    while left.len() > 0 {
        let run = left.len().min(RUN_MAX);
        directory.extend_from_slice(&(first | number(run)? << 20).to_le_bytes());
        for object in left.by_ref().take(run) {
            directory.extend_from_slice(&number(stream.len())?.to_le_bytes());
            stream.extend_from_slice(&object);
        }
        first += number(run)?;
    }
    let directory_at = number(stream.len())?;
    put_node(&mut stream, 0, edits::DIRECTORY, &directory)?;
    let edit_at = number(stream.len())?;
    // No slide was seen last, no edit was before; the document is the first object; the window shows slides.
    let edit = [0, EDIT_VERSION, 0, directory_at, 1, count, 1].map(u32::to_le_bytes).concat();
    put_node(&mut stream, 0, edits::EDIT, &edit)?;
    let mut body = 20u32.to_le_bytes().to_vec();
    body.extend_from_slice(&TOKEN_OPEN.to_le_bytes());
    body.extend_from_slice(&edit_at.to_le_bytes());
    body.extend_from_slice(&0u16.to_le_bytes());
    body.extend_from_slice(&FORM.to_le_bytes());
    body.extend_from_slice(&VERSION);
    body.extend_from_slice(&RELEASE.to_le_bytes());
    let mut user = Vec::new();
    put_node(&mut user, 0, record::USER, &body)?;
    Ok((user, stream))
}

/// The file around the streams, and the mark for programs.
fn file(streams: &Streams, mark: Option<&Mark>) -> Option<Vec<u8>> {
    let Streams { user, document, pictures } = streams;
    let length = user.len() + document.len() + pictures.len();
    // Each sector needs four bytes in a table.
    let bytes = Cursor::new(Vec::with_capacity(length + length / 64 + FRAME_BYTES));
    let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, bytes).ok()?;
    file.create_stream("/Current User").ok()?.write_all(user).ok()?;
    file.create_stream("/PowerPoint Document").ok()?.write_all(document).ok()?;
    if !pictures.is_empty() {
        file.create_stream("/Pictures").ok()?.write_all(pictures).ok()?;
    }
    if let Some(mark) = mark {
        file.create_stream(properties::STREAM).ok()?.write_all(&properties::written(mark)).ok()?;
    }
    file.flush().ok()?;
    Some(file.into_inner().into_inner())
}

/// Whether a text is one: characters of two bytes, and not too many.
fn is_text(body: &[u8]) -> bool {
    body.len().is_multiple_of(2) && (body.len() <= TEXT_BYTES_MAX)
}
