//! Documents of Word 97 to 2003, built anew as what they are (MS-DOC).
//!
//! Owns: the order of the steps, what holds for all of a document, the file around it.
//! Leaves to others: passwords (`locked`), what the file carries besides (`compound`, `words`), and each part: where it says that
//! parts stand (`header`), text (`text`), what goes of it (`fields`) and comes (`mark`), how it is written (`edit`, `pages`), how it
//! looks (`runs`, `looks`, `styles`, `strings`), what is tied to it (`places`, `shapes`, `data`).
//!
//! The text is put together from its pieces and written in one, so what older versions left between them stays behind. Every part
//! that is written is on a list and has the form that the specification gives it. Where a document has what is not read here,
//! nothing of it comes out on this road: the office program converts it.

mod data;
mod edit;
mod fields;
mod header;
mod looks;
mod mark;
mod pages;
mod places;
mod runs;
mod shapes;
pub(super) mod shown;
mod strings;
mod styles;
mod text;

#[cfg(test)]
mod tests;

use std::io::{Cursor, Write};

use worker_protocol::{Fidelity, Kept, Kind, Mark, Threat};

use super::{Stop, compound, properties};
use crate::{Rebuilt, Work};
use data::Data;
use edit::Edit;
use header::{Header, part, story};
use looks::Known;
use pages::Of;
use places::{Parts, Places, Sections};
use text::PAGE_BYTES;

/// Parts that go, and what is told of them: texts kept for later use, to whom it was sent, printers, merging of letters, windows of
/// earlier versions, documents taken in, variables, fonts, who saved it, names of files, messages, marks and trees of other programs.
const TOLD: [(usize, Threat); 18] = [
    (9, Threat::HiddenData),
    (27, Threat::AuxiliaryPart),
    (44, Threat::DataConnection),
    (54, Threat::ExternalContent),
    (60, Threat::HiddenData),
    (61, Threat::AuxiliaryPart),
    (70, Threat::Metadata),
    (71, Threat::Metadata),
    (72, Threat::ExternalContent),
    (77, Threat::HiddenData),
    (97, Threat::Metadata),
    (114, Threat::Extension),
    (119, Threat::HiddenData),
    (126, Threat::DataConnection),
    (127, Threat::DataConnection),
    (137, Threat::Extension),
    (140, Threat::Extension),
    (141, Threat::Unknown),
];

/// The part that says into which frames a page on the web is divided, and what is in them; programs write it without frames, too.
const FRAMES: usize = 99;

/// What the settings of a document may be long, and what of them is wiped: when it was made, saved and printed, how often and how long;
/// what happens when it is opened, keys and gaps.
const SETTINGS_BYTES: std::ops::RangeInclusive<usize> = 84..=720;
const WIPED: [std::ops::Range<usize>; 2] = [20..38, 434..472];

/// Flags of the settings by their byte: even pages differ; and what goes: it is the main part of letters, takes its styles from the
/// template, keeps macros locked, has fonts in it.
const EVEN_PAGES: (usize, u8) = (0, 0x01);
const UNWANTED: [(usize, u8); 4] = [(0, 0x04), (5, 0x40), (7, 0x20), (7, 0x80)];

/// Titles and names of a document: how many there are. All are empty.
const TITLES: usize = 18;

/// What a file takes besides its streams and the table of their sectors.
const FRAME_BYTES: usize = 12 << 10;

/// The streams of a document.
pub(super) struct Streams {
    header: Header,
    main: Vec<u8>,
    table: Vec<u8>,
    data: Vec<u8>,
}

impl Streams {
    /// The streams of a file that was read before.
    pub(super) fn read(untrusted: &[u8], work: &mut Work<'_>) -> Result<Self, Stop> {
        let mut stream = |path| compound::main_stream(untrusted, path, work);
        let main = stream("/WordDocument")?.ok_or(Stop::Other)?;
        let header = Header::read(&main)?;
        let table = stream(header.table_name())?.ok_or(Stop::Other)?;
        let data = stream("/Data")?.unwrap_or_default();
        Ok(Self { header, main, table, data })
    }
}

/// Rebuilds a document, with this mark in the place of the one that it bears. What it carries besides has been told.
///
/// # Errors
/// Another road when something is not read here; blocked beyond the bounds.
pub(super) fn rebuild(
    streams: Streams,
    new: Option<&Mark>,
    old: Option<&Mark>,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Stop> {
    let (written, fidelity) = rebuild_streams(&streams, new, old, work)?;
    // A document is as large as what became of it, and there is one more of it to come.
    drop(streams);
    let clean = file(&written, new).ok_or(Stop::Other)?;
    Ok(Rebuilt { fidelity: Some(fidelity), ..Rebuilt::same(clean, Kind::Doc) })
}

/// The streams that are written.
struct Clean {
    main: Vec<u8>,
    table: Vec<u8>,
    data: Vec<u8>,
}

fn rebuild_streams(
    streams: &Streams,
    new: Option<&Mark>,
    old: Option<&Mark>,
    work: &mut Work<'_>,
) -> Result<(Clean, Fidelity), Stop> {
    let Streams { header, main, table, data } = streams;
    let part = |number| header.part(number, table);
    let mut text = text::read(header, main, table, work.budget)?;
    let sections = Sections::read(header, main, table)?;
    let (fonts, font_count) = strings::fonts(part(part::FONTS)?)?;
    let known = Known { fonts: font_count, styles: styles::count(part(part::STYLES)?)? };
    let settings = settings(part(part::SETTINGS)?)?;
    tell(header, table, work)?;

    // The pictures of drawings come right behind the head.
    let base = u32::try_from(header.bytes().next_multiple_of(PAGE_BYTES)).map_err(|_| Stop::Other)?;
    let drawings = shapes::rebuilt(part(part::DRAWINGS)?, main, base, work)?;

    let judged = fields::judge(&text, header, table, work)?;
    let mut data = Data::new(data);
    let (runs, without, mut is_unknown) = runs::of_text(&text, &judged, &mut data, known, work)?;
    let (headers, _) = text::plc(part(part::PAGE_HEADERS)?, 0)?;
    let has_even_pages = settings.get(EVEN_PAGES.0).is_some_and(|flags| flags & EVEN_PAGES.1 != 0);
    let change = mark::change(&headers, &text, &sections, has_even_pages, (old, new));
    let mut gone = judged.gone;
    gone.extend(without.into_iter().map(|at| at..at + 1));
    gone.extend(places::of_shapes(header, table, &text, &drawings.dropped)?.into_iter().map(|at| at..at + 1));
    let marked = change.gone;
    gone.extend(marked.iter().cloned());
    gone.sort_by_key(|range| (range.start, range.end));
    edit::merge(&mut gone);
    let mut edit = Edit::new(&gone, &change.added);
    // The end behind stories of other sorts goes with the last of them.
    let last = text.story(story::COUNT - 1).end;
    let is_alone = change.added.is_empty() && edit.kept(last) == edit.kept(text.story(story::MAIN).end);
    if is_alone && text.end() > last {
        gone.push(last..text.end());
        edit::merge(&mut gone);
        edit = Edit::new(&gone, &change.added);
    }
    let mut written = edit::write(&text, runs, &gone, &change.added);
    let places = Places { header, table, text: &text, edit: &edit };
    let lengths = places.lengths();
    let has_end = text.end() > last;
    written.end(!has_end && lengths.iter().skip(1).any(|length| *length > 0))?;
    // A mark is none of the content, neither the new one nor that before it.
    let (old, new): (u64, u64) = (
        marked.iter().map(|range| shown::count(text.slice(range))).sum(),
        change.added.iter().map(|paragraph| shown::count(&paragraph.units)).sum(),
    );
    let count = |units: &[u16], of_mark: u64| shown::count(units).saturating_sub(of_mark);
    let characters = Kept { before: count(&text.units, old), after: count(&written.units, new) };
    // A text is as long as the file, and there is one more of it already.
    text.units = Vec::new();

    let mut main = vec![0; usize::try_from(base).map_err(|_| Stop::Other)?];
    main.extend_from_slice(&drawings.pictures);
    main.resize(main.len().next_multiple_of(PAGE_BYTES), 0);
    let text_at = main.len();
    let count = written.units.len();
    let width = put_text(&mut main, &std::mem::take(&mut written.units), text.is_narrow);
    let text_end = main.len();
    let place = |at: u32| {
        let place = usize::try_from(at).ok().and_then(|at| at.checked_mul(width)?.checked_add(text_at));
        place.and_then(|place| u32::try_from(place).ok()).ok_or(Stop::Other)
    };
    let mut parts: Parts = Vec::new();
    parts.push((part::PIECES, one_piece(count, text_at, width)?));
    parts.push((part::CHARACTERS, pages::put(&mut main, &written, Of::Characters, place)?));
    runs::move_long(&mut written, &mut data)?;
    parts.push((part::PARAGRAPHS, pages::put(&mut main, &written, Of::Paragraphs, place)?));
    drop(written);
    let places = Places { header, table, text: &text, edit: &edit };
    is_unknown |= places.sections(&sections, known, &mut main, &mut parts)?;
    places.page_headers(&change.headers, &change.added, &mut parts);
    places.common(&judged.kept, &mut parts)?;
    places.shapes(&drawings.dropped, &mut parts)?;
    parts.push((part::DRAWINGS, drawings.written));
    parts.push((part::FONTS, fonts));
    parts.push((part::SETTINGS, settings));
    let (levels, some) = put_tables(header, table, known, &mut parts)?;
    if is_unknown || some {
        work.findings.add(Threat::Unknown, "WordDocument");
    }
    let (table, directory) = put_parts(parts, &levels);
    let head = header.written(&directory, lengths, (text_at, text_end), main.len())?;
    main.get_mut(..head.len()).ok_or(Stop::Other)?.copy_from_slice(&head);
    let pictures = drawings.count + data.count;
    let pictures = Kept { before: pictures, after: pictures };
    Ok((Clean { main, table, data: data.out }, Fidelity { characters, pictures, ..Fidelity::default() }))
}

/// Tells of parts that go.
fn tell(header: &Header, table: &[u8], work: &mut Work<'_>) -> Result<(), Stop> {
    for (_, threat) in TOLD.iter().filter(|(number, _)| header.has(*number)) {
        work.findings.add(*threat, "WordDocument");
    }
    if header.was_saved_fast() {
        work.findings.add(Threat::HiddenData, "WordDocument");
    }
    let frames = header.part(FRAMES, table)?;
    let names_place = |sign: [u8; 4]| frames.windows(4).any(|part| part == sign);
    if names_place(*b":\0/\0") || names_place(*b":\0\\\0") || names_place(*b"\\\0\\\0") {
        work.findings.add(Threat::ExternalContent, "WordDocument");
    }
    Ok(())
}

/// Writes what no place in the text is tied to: styles, lists and texts. Gives the levels of the lists, and whether something
/// went that is not known.
fn put_tables(
    header: &Header,
    table: &[u8],
    known: Known,
    parts: &mut Parts,
) -> Result<(Vec<u8>, bool), Stop> {
    let part = |number| header.part(number, table);
    let empty: [(&[u8], &[u8]); TITLES] = [(&[], &[]); TITLES];
    parts.push((part::TITLES, strings::written(&empty, 0)?));
    for number in [part::REVISERS, part::LIST_NAMES] {
        let all = strings::read(part(number)?, 0)?;
        if !all.is_empty() {
            parts.push((number, strings::written(&all, 0)?));
        }
    }
    let (sheet, mut is_unknown) = styles::rebuilt(part(part::STYLES)?, known)?;
    parts.push((part::STYLES, sheet));
    let mut levels = Vec::new();
    if header.has(part::LISTS) {
        let (own, more) = header.part_and_more(part::LISTS, table)?;
        let (own, of_levels, some) = styles::lists(own, more, known)?;
        is_unknown |= some;
        levels = of_levels;
        parts.push((part::LISTS, own));
    }
    if header.has(part::LIST_USES) {
        let (uses, some) = styles::list_uses(part(part::LIST_USES)?, known)?;
        is_unknown |= some;
        parts.push((part::LIST_USES, uses));
    }
    Ok((levels, is_unknown))
}

/// Writes the text; says how many bytes a character has. One as before, if all of them are the same in one byte and in two.
fn put_text(main: &mut Vec<u8>, units: &[u16], was_narrow: bool) -> usize {
    let is_narrow = |unit: &u16| matches!(unit, 0..=0x7F | 0xA0..=0xFF);
    if was_narrow && units.iter().all(is_narrow) {
        main.extend(units.iter().map(|unit| u8::try_from(*unit).unwrap_or(b'?')));
        return 1;
    }
    main.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    2
}

/// A list of pieces with one in it.
fn one_piece(count: usize, at: usize, width: usize) -> Result<Vec<u8>, Stop> {
    const IS_NARROW: u32 = 0x4000_0000;
    let count = u32::try_from(count).map_err(|_| Stop::Other)?;
    let at = u32::try_from(at).ok().filter(|at| *at < 1 << 29).ok_or(Stop::Other)?;
    let at = if width == 1 { (at * 2) | IS_NARROW } else { at };
    let list = [[0; 4], count.to_le_bytes(), [0x10, 0, 0, 0]].concat();
    let list = [list.get(..10).unwrap_or_default(), &at.to_le_bytes(), &[0; 2]].concat();
    let length = u32::try_from(list.len()).map_err(|_| Stop::Other)?;
    Ok([&[2], length.to_le_bytes().as_slice(), &list].concat())
}

/// Settings without what is told of nobody.
fn settings(old: &[u8]) -> Result<Vec<u8>, Stop> {
    if !SETTINGS_BYTES.contains(&old.len()) {
        return Err(Stop::Other);
    }
    let mut settings = old.to_vec();
    for range in WIPED {
        let end = range.end.min(settings.len());
        if let Some(wiped) = settings.get_mut(range.start..end) {
            wiped.fill(0);
        }
    }
    for (at, flag) in UNWANTED {
        if let Some(flags) = settings.get_mut(at) {
            *flags &= !flag;
        }
    }
    Ok(settings)
}

/// A part, and where it stands in the table stream with how long it is.
type Directory = Vec<(usize, (usize, usize))>;

/// The table stream: all parts, and the levels of lists right behind these.
fn put_parts(parts: Parts, levels: &[u8]) -> (Vec<u8>, Directory) {
    let mut table = Vec::new();
    let mut directory = Vec::new();
    for (number, bytes) in parts.into_iter().filter(|(_, bytes)| !bytes.is_empty()) {
        directory.push((number, (table.len(), bytes.len())));
        table.extend_from_slice(&bytes);
        if number == part::LISTS {
            table.extend_from_slice(levels);
        }
        table.resize(table.len().next_multiple_of(2), 0);
    }
    (table, directory)
}

fn file(clean: &Clean, mark: Option<&Mark>) -> Option<Vec<u8>> {
    let Clean { main, table, data } = clean;
    let length = main.len() + table.len() + data.len();
    // Each sector needs four bytes in a table.
    let bytes = Cursor::new(Vec::with_capacity(length + length / 64 + FRAME_BYTES));
    let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, bytes).ok()?;
    file.create_stream("/WordDocument").ok()?.write_all(main).ok()?;
    file.create_stream("/1Table").ok()?.write_all(table).ok()?;
    if !data.is_empty() {
        file.create_stream("/Data").ok()?.write_all(data).ok()?;
    }
    if let Some(mark) = mark {
        file.create_stream(properties::STREAM).ok()?.write_all(&properties::written(mark)).ok()?;
    }
    file.flush().ok()?;
    Some(file.into_inner().into_inner())
}
