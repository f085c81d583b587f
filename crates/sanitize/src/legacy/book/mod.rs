//! Workbooks of Excel 97 to 2003, built anew as what they are (MS-XLS).
//!
//! Owns: the order of the parts, the sheets that there are, the file around them.
//! Leaves to others: passwords (`locked`), what the file carries besides the workbook (`compound`, `sheets`), and each sort of
//! record: cells (`sheet`), formulas, names and links (`formula`, `links`), shared texts (`strings`), drawings (`drawing`,
//! `object`, `pictures`), charts (`chart`), page headers (`page`), and what stays as it is (`shapes`).
//!
//! Every record that is written is on a list, has the form that the specification gives it, and leads to things that there
//! are. Where a workbook has what is not read here, or a record looks otherwise, nothing of it comes out on this road: the
//! office program converts it, as all other old files.

mod chart;
mod drawing;
mod formula;
mod links;
mod object;
mod page;
mod records;
mod rules;
mod shapes;
mod sheet;
pub(super) mod shown;
mod strings;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io::{Cursor, Write};

use worker_protocol::{Fidelity, Kept, Kind, Mark, Threat};

use super::bytes::{place_at, u16_at, u32_at};
use super::drawn::pictures::{self, Home, Pictures};
use super::sheets::SINCE_97;
use super::{Stop, properties};
use crate::{Rebuilt, Work, mark};
use links::Links;
use records::{Item, Part, Reader, Record};
use sheet::{Book, Sheet};
use strings::Strings;

/// Kinds of parts.
const BOOK: u16 = 0x0005;
const SHEET: u16 = 0x0010;
const CHART: u16 = 0x0020;
const MACROS: u16 = 0x0040;

/// Records by number that hold for all of the workbook and are written anew.
mod record {
    pub(super) const FONT: u16 = 0x0031;
    pub(super) const WINDOW: u16 = 0x003D;
    pub(super) const AUTHOR: u16 = 0x005C;
    pub(super) const SHEET: u16 = 0x0085;
    pub(super) const FORMAT: u16 = 0x00E0;
    pub(super) const PICTURES: u16 = 0x00EB;
    pub(super) const STRINGS: u16 = 0x00FC;
    pub(super) const REFRESH: u16 = 0x01B7;
    pub(super) const IGNORED: u16 = 0x01C0;
    pub(super) const STYLE: u16 = 0x0293;
    pub(super) const THEME: u16 = 0x0896;
    /// Looks that name the colours of a theme.
    pub(super) const OF_THEME: [u16; 4] = [0x087C, 0x087D, 0x088D, 0x0892];
}

/// The theme that Excel has without being told one.
const USUAL_THEME: u32 = 124_226;
const THEME_BYTES: usize = 16;

/// Streams shorter than this are stored in another way, which some programs do not expect of a workbook.
const STREAM_BYTES_MIN: usize = 4096;

/// Sheets of one workbook that are read.
const SHEETS_MAX: usize = 5_000;

/// A sheet as the list of them names it.
struct Listed {
    visibility: u8,
    kind: u16,
    name: Vec<u16>,
    written: Vec<u8>,
}

/// Rebuilds a workbook, with this mark. What it carries besides its records has been told.
///
/// # Errors
/// Another road when something is not read here; blocked beyond the bounds.
pub(super) fn rebuild(untrusted: Vec<u8>, mark: Option<&Mark>, work: &mut Work<'_>) -> Result<Rebuilt, Stop> {
    let (stream, fidelity) = rebuild_stream(&untrusted, mark, work)?;
    // A workbook is as large as what became of it, and there is one more of it to come.
    drop(untrusted);
    // What is not read again as it was written is no workbook.
    if records::read(&stream)?.len() as u64 != fidelity.pages.after + 1 {
        return Err(Stop::Other);
    }
    let clean = file(stream, mark).ok_or(Stop::Other)?;
    Ok(Rebuilt { fidelity: Some(fidelity), ..Rebuilt::same(clean, Kind::Xls) })
}

fn rebuild_stream(
    untrusted: &[u8],
    mark: Option<&Mark>,
    work: &mut Work<'_>,
) -> Result<(Vec<u8>, Fidelity), Stop> {
    work.budget.spend(untrusted.len() as u64)?;
    let parts = records::read(untrusted)?;
    let (globals, sheets) = parts.split_first().ok_or(Stop::Other)?;
    if u16_at(globals.begin, 0) != Some(SINCE_97) || globals.kind() != Some(BOOK) {
        return Err(Stop::Other);
    }
    let of_number = |number: u16| globals.records().filter(move |record| record.number == number);
    let names: Vec<Record<'_>> = of_number(record::SHEET).collect();
    if names.is_empty() || names.len() > SHEETS_MAX {
        return Err(Stop::Other);
    }
    let policy = work.job.policy.links;
    let fonts = of_number(record::FONT).count();
    let strings = match of_number(record::STRINGS).next() {
        Some(strings) => Strings::read(&strings, fonts)?,
        None => Strings::default(),
    };
    let pictures = read_pictures(globals, work)?;
    let mut book = Book {
        links: Links::read(globals, names.len(), policy)?,
        strings,
        fonts,
        formats: of_number(record::FORMAT).count(),
        pictures: pictures.count,
        policy,
        cells: 0,
        shapes_gone: 0,
        mark: mark.map(mark::shown),
    };
    // A sheet that is named again and again would be written as often.
    let starts: HashSet<_> = names.iter().map(|name| place_at(name.body, 0)).collect();
    if starts.len() != names.len() {
        return Err(Stop::Other);
    }
    let mut listed = Vec::new();
    for name in &names {
        listed.push(read_sheet(name, sheets, &mut book, work)?);
    }
    let kept = |count: u64| Kept { before: count, after: count };
    let fidelity = Fidelity {
        characters: kept(book.strings.characters()),
        cells: kept(book.cells),
        pages: kept(listed.len() as u64),
        pictures: kept(pictures.count as u64),
    };
    Ok((put_book(globals, listed, &book, &pictures, work)?, fidelity))
}

fn read_pictures(globals: &Part<'_>, work: &mut Work<'_>) -> Result<Pictures, Stop> {
    let records = globals.records().filter(|record| record.number == record::PICTURES);
    let bytes: Vec<u8> =
        records.flat_map(|record| record.pieces().flatten().copied().collect::<Vec<u8>>()).collect();
    if bytes.is_empty() {
        Ok(Pictures::default())
    } else {
        pictures::rebuild(&bytes, Home::List, "Workbook/pictures", work)
    }
}

/// Writes the sheet that the list names here.
fn read_sheet(
    name: &Record<'_>,
    sheets: &[Part<'_>],
    book: &mut Book<'_>,
    work: &mut Work<'_>,
) -> Result<Listed, Stop> {
    let start = place_at(name.body, 0).ok_or(Stop::Other)?;
    let part = sheets.iter().find(|part| part.start == start).ok_or(Stop::Other)?;
    let mut reader = Reader::new(name.body.get(4..).unwrap_or_default());
    let (visibility, sort) = reader.u8().zip(reader.u8()).ok_or(Stop::Other)?;
    let name = reader.short_text().filter(|name| !name.is_empty()).ok_or(Stop::Other)?;
    let kind = part.kind().ok_or(Stop::Other)?;
    let shown_name = records::shown(&name);
    let (kind, written) = match (sort, kind) {
        (0, SHEET) | (1, MACROS) => {
            let written = Sheet::new(&shown_name, kind == MACROS, book, work).write(part)?;
            (SHEET, written)
        }
        (2, CHART) => (CHART, chart::rebuild(part, true, book, &shown_name, work)?),
        _ => return Err(Stop::Other),
    };
    Ok(Listed { visibility: visibility & 3, kind, name, written })
}

/// The stream: what holds for all of the workbook, then the sheets.
fn put_book(
    globals: &Part<'_>,
    sheets: Vec<Listed>,
    book: &Book<'_>,
    pictures: &Pictures,
    work: &mut Work<'_>,
) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    globals.put_begin(BOOK, &mut out)?;
    let has_theme =
        globals.records().any(|record| record.number == record::THEME && !is_usual_theme(&record));
    if has_theme {
        work.findings.add(Threat::Unknown, "Workbook/theme");
    }
    let mut places = Vec::new();
    let (mut has_links, mut has_sheets, mut has_pictures, mut has_strings) = (false, false, false, false);
    for item in globals.items() {
        let Item::Record(record) = item else { return Err(Stop::Other) };
        match record.number {
            record::SHEET => {
                if !std::mem::replace(&mut has_sheets, true) {
                    for sheet in &sheets {
                        places.push(out.len() + 4);
                        put_listed(&mut out, sheet)?;
                    }
                }
            }
            number if Links::owns(number) => {
                if !std::mem::replace(&mut has_links, true) {
                    book.links.put(&mut out, sheets.len(), book.policy);
                }
            }
            record::PICTURES => {
                if !std::mem::replace(&mut has_pictures, true) {
                    records::put(&mut out, record::PICTURES, &pictures.written_without(book.shapes_gone));
                }
            }
            record::STRINGS => {
                if !std::mem::replace(&mut has_strings, true) {
                    book.strings.put(&mut out);
                }
            }
            // Who had the file open: nobody. It is filled up with blanks.
            record::AUTHOR => {
                let body = [&[1, 0, 0], [b' '; 109].as_slice()].concat();
                records::put(&mut out, record::AUTHOR, &body);
            }
            record::WINDOW => {
                // Which sheet was seen last, and which is the first of the tabs.
                let is_sheet =
                    |at| u16_at(record.body, at).is_some_and(|sheet| usize::from(sheet) < sheets.len());
                if record.body.len() != 18 || !is_sheet(10) || !is_sheet(12) {
                    return Err(Stop::Other);
                }
                records::put(&mut out, record::WINDOW, record.body);
            }
            record::STYLE => {
                if !is_style(record.body, book.formats) {
                    return Err(Stop::Other);
                }
                records::put(&mut out, record::STYLE, record.body);
            }
            record::FORMAT => {
                let look = format(&record, book).ok_or(Stop::Other)?;
                records::put(&mut out, record::FORMAT, &look);
            }
            record::THEME if !has_theme => {
                records::put(&mut out, record::THEME, record.body.get(..THEME_BYTES).unwrap_or_default());
            }
            number if has_theme && record::OF_THEME.contains(&number) => {}
            // Nothing is fetched when it opens.
            record::REFRESH => records::put(&mut out, record::REFRESH, &[0, 0]),
            // Programs read past it whatever it holds; where a password was, that is what `locked` left.
            record::IGNORED => {}
            number => match shapes::of_book(number) {
                Some(shape) if shapes::fits(&record, shape) => records::put(&mut out, number, record.body),
                Some(_) if number < shapes::LATER && number != 0x105C => return Err(Stop::Other),
                _ => Book::leave_out(work, number, "")?,
            },
        }
    }
    // A workbook whose cells held their texts themselves, or whose macros left some, has a list of them now.
    if !has_strings && book.strings.len() > 0 {
        book.strings.put(&mut out);
    }
    records::put(&mut out, records::END, &[]);
    out.reserve_exact(sheets.iter().map(|sheet| sheet.written.len()).sum());
    for (sheet, place) in sheets.into_iter().zip(places) {
        let start = u32::try_from(out.len()).map_err(|_| Stop::Other)?;
        out.get_mut(place..place + 4).ok_or(Stop::Other)?.copy_from_slice(&start.to_le_bytes());
        out.extend_from_slice(&sheet.written);
    }
    Ok(out)
}

fn put_listed(out: &mut Vec<u8>, sheet: &Listed) -> Result<(), Stop> {
    let sort = if sheet.kind == CHART { 2 } else { 0 };
    let mut body = vec![0, 0, 0, 0, sheet.visibility, sort];
    body.push(u8::try_from(sheet.name.len()).map_err(|_| Stop::Other)?);
    records::put_characters(&mut body, &sheet.name);
    records::put(out, record::SHEET, &body);
    Ok(())
}

/// A theme of its own is a package; colours that name it go with it.
fn is_usual_theme(record: &Record<'_>) -> bool {
    record.body.len() == THEME_BYTES && u32_at(record.body, 12) == Some(USUAL_THEME)
}

/// How cells look: with a font that there is, and another look to begin with, unless it is one of styles. Where there is no
/// such font or look, the first one takes its place.
fn format(record: &Record<'_>, book: &Book<'_>) -> Option<Vec<u8>> {
    const IS_OF_STYLES: u16 = 0x0004;
    const FLAGS_AT: usize = 4;
    if !shapes::fits(record, shapes::Shape::Bytes(20, 20)) {
        return None;
    }
    let mut look = record.body.to_vec();
    let (font, flags) = u16_at(&look, 0).zip(u16_at(&look, FLAGS_AT))?;
    if usize::from(font) > book.fonts {
        look.get_mut(..2)?.fill(0);
    }
    if flags & IS_OF_STYLES == 0 && usize::from(flags >> 4) >= book.formats {
        look.get_mut(FLAGS_AT..FLAGS_AT + 2)?.copy_from_slice(&(flags & 0x0F).to_le_bytes());
    }
    Some(look)
}

/// A style: one of those that every workbook has, or one with a name.
fn is_style(body: &[u8], formats: usize) -> bool {
    let Some(format) = u16_at(body, 0) else { return false };
    let is_known = usize::from(format & 0x0FFF) < formats;
    let mut reader = Reader::new(body.get(2..).unwrap_or_default());
    let is_built_in = format & 0x8000 != 0;
    is_known
        && match is_built_in {
            true => body.len() == 4,
            false => reader.text().is_some() && reader.left().len() <= 2,
        }
}

/// The file around the stream, and the mark for programs.
fn file(stream: Vec<u8>, mark: Option<&Mark>) -> Option<Vec<u8>> {
    let mut padded = stream;
    padded.resize(padded.len().max(STREAM_BYTES_MIN), 0);
    // Each sector needs four bytes in a table, and the file a head and a directory.
    let room = padded.len() + padded.len() / 64 + 4096;
    let bytes = Cursor::new(Vec::with_capacity(room));
    let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, bytes).ok()?;
    file.create_stream("/Workbook").ok()?.write_all(&padded).ok()?;
    if let Some(mark) = mark {
        file.create_stream(properties::STREAM).ok()?.write_all(&properties::written(mark)).ok()?;
    }
    file.flush().ok()?;
    Some(file.into_inner().into_inner())
}
