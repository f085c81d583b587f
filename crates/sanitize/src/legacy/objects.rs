//! The pictures that objects and controls show on the sheets of a workbook of Excel 97 (MS-XLS 2.4.181, MS-ODRAW).
//!
//! Owns: which shapes of a sheet are objects or controls, where they stand, and the picture that each of them keeps.
//! Leaves to others: putting the pictures onto the converted sheets (`ooxml::values`, `ooxml::objects`), and their pixels.
//!
//! LibreOffice writes no object and no control into the xlsx that it makes, so that a button and an inserted drawing would
//! leave a hole. What people saw of them is a picture in the old file. Pictures that are no more than that are carried over.

use std::collections::HashMap;

use super::bytes::{place_at, u16_at, u32_at};
use super::drawn;
use crate::bounded::Size;
use crate::ooxml::{Frame, KnownColumns, KnownObject, KnownSheet, PicturesLeft, Usual};
use crate::{Refusal, Work, picture};

/// Records by number.
mod record {
    pub(super) const CONTINUE: u16 = 0x003C;
    pub(super) const OBJECT: u16 = 0x005D;
    pub(super) const PICTURES: u16 = 0x00EB;
    pub(super) const DRAWING: u16 = 0x00EC;
    pub(super) const ROW: u16 = 0x0208;
    pub(super) const ROW_HEIGHT: u16 = 0x0225;
}

/// Properties of a shape by number (MS-ODRAW 2.3).
mod property {
    pub(super) const PICTURE: u16 = 0x0104;
    pub(super) const FILL: u16 = 0x0181;
    pub(super) const FILL_FLAGS: u16 = 0x01BF;
    pub(super) const LINE: u16 = 0x01C0;
    pub(super) const LINE_FLAGS: u16 = 0x01FF;
    pub(super) const GROUP_FLAGS: u16 = 0x03BF;
    /// All that are kept of a shape.
    pub(super) const ALL: [u16; 6] = [PICTURE, FILL, FILL_FLAGS, LINE, LINE_FLAGS, GROUP_FLAGS];
}

/// Shapes of one sheet that are looked at.
const SHAPES_MAX: usize = 20_000;

/// Groups in groups of shapes.
const DEPTH_MAX: u32 = 16;

/// The head of a record of a drawing, and of an entry in the list of pictures.
const HEAD_BYTES: usize = 8;
const ENTRY_BYTES: usize = 36;

/// The head of a drawing's record, and where in it stands whether the drawing is packed.
const METAFILE_BYTES: usize = 34;
const METAFILE_PACKED: usize = 32;

const INCH_EMU: u64 = 914_400;

/// Pixels of one digit, of the margin of a column, and of one inch.
const DIGIT_PIXELS: u32 = 7;
const MARGIN_PIXELS: u32 = 5;
const INCH_PIXELS: u32 = 96;
const INCH_TWIPS: u32 = 1_440;

/// Where pieces of the workbook lie that belong together.
type Pieces = Vec<(usize, usize)>;

/// What is read of a workbook, record by record.
#[derive(Default)]
pub(super) struct Objects {
    /// The pictures of all sheets.
    pictures: Pieces,
    sheets: HashMap<usize, Sheet>,
    /// Where a record that goes on belongs.
    open: Open,
}

#[derive(Default, Clone, Copy)]
enum Open {
    Pictures,
    Drawing,
    #[default]
    Other,
}

/// What is known of one sheet's drawing.
#[derive(Default)]
struct Sheet {
    drawing: Pieces,
    /// Whether each of its shapes is an object or a control, in the order of their records.
    is_object: Vec<bool>,
    row_pixels: HashMap<u16, u32>,
    usual_row_pixels: Option<u32>,
}

/// One shape of a drawing, as far as it matters here.
#[derive(Default)]
struct Shape<'a> {
    properties: HashMap<u16, u32>,
    anchor: Option<&'a [u8]>,
    is_on_sheet: bool,
}

impl Objects {
    /// Reads a record whose contents begin at `at`, of the sheet with this number.
    pub(super) fn record(&mut self, at: usize, number: u16, body: &[u8], sheet: Option<usize>) {
        let piece = (at, at + body.len());
        if number == record::CONTINUE {
            match (self.open, sheet) {
                (Open::Pictures, _) => self.pictures.push(piece),
                (Open::Drawing, Some(sheet)) => self.sheets.entry(sheet).or_default().drawing.push(piece),
                _ => {}
            }
            return;
        }
        self.open = Open::Other;
        if number == record::PICTURES {
            self.open = Open::Pictures;
            self.pictures.push(piece);
        }
        let Some(sheet) = sheet else { return };
        match number {
            record::DRAWING => {
                self.open = Open::Drawing;
                self.sheets.entry(sheet).or_default().drawing.push(piece);
            }
            record::OBJECT => {
                let sheet = self.sheets.entry(sheet).or_default();
                sheet.is_object.push(shows_an_object(body).unwrap_or(false));
            }
            record::ROW | record::ROW_HEIGHT => {
                self.sheets.entry(sheet).or_default().measure(number, body);
            }
            _ => {}
        }
    }

    /// Gives each sheet the objects that stand on it.
    ///
    /// # Errors
    /// Blocked when the pictures expand to too much.
    pub(super) fn put(
        self,
        book: &[u8],
        sheets: &mut [KnownSheet],
        work: &mut Work<'_>,
    ) -> Result<(), Refusal> {
        let wanted = |sheet: &Sheet| sheet.is_object.contains(&true);
        if !self.sheets.values().any(wanted) {
            return Ok(());
        }
        let pictures = joined(book, &self.pictures, work)?;
        let pictures = listed(&pictures);
        let mut left = PicturesLeft::default();
        for (number, known) in sheets.iter_mut().enumerate() {
            let Some(sheet) = self.sheets.get(&number).filter(|sheet| wanted(sheet)) else { continue };
            let drawing = joined(book, &sheet.drawing, work)?;
            let mut shapes = Vec::new();
            each(&drawing, 0, &mut |_, number, body| {
                if number == drawn::SHAPE && shapes.len() < SHAPES_MAX {
                    shapes.push(Shape::read(body));
                }
            });
            let on_sheet = shapes.iter().filter(|shape| shape.is_on_sheet);
            for (shape, _) in on_sheet.zip(&sheet.is_object).filter(|(_, is_object)| **is_object) {
                let (Some(anchor), Some(entry)) =
                    (shape.standing(sheet, &known.columns), shape.picture(&pictures))
                else {
                    continue;
                };
                let Some(picture) = expanded(entry, work)? else { continue };
                if !left.take(picture.len()) {
                    return Ok(());
                }
                known.objects.push(KnownObject { anchor, picture, frame: shape.frame() });
            }
        }
        Ok(())
    }
}

impl Sheet {
    fn measure(&mut self, number: u16, body: &[u8]) {
        let at = |place| u16_at(body, place);
        match number {
            record::ROW => {
                if let (Some(row), Some(height)) = (at(0), at(6)) {
                    self.row_pixels.insert(row, pixels_of_twips(height & 0x7FFF));
                }
            }
            _ => self.usual_row_pixels = at(2).map(pixels_of_twips),
        }
    }

    fn row(&self, row: u16) -> u32 {
        self.row_pixels.get(&row).copied().or(self.usual_row_pixels).unwrap_or(pixels_of_twips(255))
    }
}

fn pixels_of_column(columns: &KnownColumns, column: u16) -> u32 {
    let of_parts = |parts: u32| parts * DIGIT_PIXELS / 256;
    let of_usual = || match columns.usual {
        Some(Usual::Parts(parts)) => of_parts(parts),
        Some(Usual::Digits(digits) | Usual::Base(digits)) => digits * DIGIT_PIXELS + MARGIN_PIXELS,
        None => 8 * DIGIT_PIXELS + MARGIN_PIXELS,
    };
    columns.own(column.into()).map_or_else(of_usual, of_parts)
}

fn pixels_of_twips(twips: u16) -> u32 {
    (u32::from(twips) * INCH_PIXELS).div_ceil(INCH_TWIPS)
}

impl<'a> Shape<'a> {
    fn read(body: &'a [u8]) -> Self {
        let mut shape = Self::default();
        each(body, 0, &mut |instance, number, body: &'a [u8]| match number {
            drawn::PROPERTIES => {
                let all = body.chunks_exact(6).take(usize::from(instance));
                let all = all.filter_map(|one| Some((u16_at(one, 0)? & 0x3FFF, u32_at(one, 2)?)));
                shape.properties.extend(all.filter(|(number, _)| property::ALL.contains(number)));
            }
            drawn::ANCHOR => shape.anchor = Some(body),
            drawn::OBJECT => shape.is_on_sheet = true,
            _ => {}
        });
        shape
    }

    /// Column, pixels, row, pixels of the upper left corner, then of the lower right (MS-XLS 2.5.193): offsets are parts of a
    /// column's width in 1024, of a row's height in 256.
    fn standing(&self, sheet: &Sheet, columns: &KnownColumns) -> Option<[u32; 8]> {
        let at = |place| u16_at(self.anchor?, place);
        let across =
            |column: u16, part: u16| pixels_of_column(columns, column) * u32::from(part.min(1024)) / 1024;
        let down = |row: u16, part: u16| sheet.row(row) * u32::from(part.min(256)) / 256;
        let (left, top, right, bottom) = (at(2)?, at(6)?, at(10)?, at(14)?);
        Some([
            left.into(),
            across(left, at(4)?),
            top.into(),
            down(top, at(8)?),
            right.into(),
            across(right, at(12)?),
            bottom.into(),
            down(bottom, at(16)?),
        ])
    }

    /// Its entry in the list of pictures; none when it is hidden.
    fn picture<'p>(&self, pictures: &[&'p [u8]]) -> Option<&'p [u8]> {
        let is_hidden = self.flag(property::GROUP_FLAGS, 1).unwrap_or(false);
        let number = self.properties.get(&property::PICTURE).filter(|_| !is_hidden)?;
        pictures.get(usize::try_from(number.checked_sub(1)?).ok()?).copied()
    }

    /// One of the truths that share a property: the upper half says which of the lower half are set at all.
    fn flag(&self, flags: u16, bit: u32) -> Option<bool> {
        let flags = self.properties.get(&flags)?;
        (flags >> (16 + bit) & 1 == 1).then_some(flags >> bit & 1 == 1)
    }

    /// The colours behind the picture and of the line around it.
    fn frame(&self) -> Frame {
        let of = |number, otherwise| {
            let [red, green, blue] =
                match self.properties.get(&number).map_or(otherwise, |value| value.to_le_bytes()) {
                    [red, green, blue, 0] => [red, green, blue],
                    // Colours of the system: paper and ink of a window.
                    [65, 0, 0, 8] => [255; 3],
                    [64, 0, 0, 8] => [0; 3],
                    _ => return None,
                };
            Some(format!("{red:02x}{green:02x}{blue:02x}"))
        };
        let has_fill = self.flag(property::FILL_FLAGS, 4) == Some(true);
        let has_line = self.flag(property::LINE_FLAGS, 3) == Some(true);
        Frame {
            fill: if has_fill { of(property::FILL, [65, 0, 0, 8]) } else { None },
            line: if has_line { of(property::LINE, [64, 0, 0, 8]) } else { None },
        }
    }
}

/// Whether a shape is an object or a control: a picture whose formula leads to a storage or to another program.
fn shows_an_object(body: &[u8]) -> Option<bool> {
    const COMMON: u16 = 0x15;
    const FORMULA: u16 = 0x09;
    const PICTURE: u16 = 8;
    /// The tokens of a table and of names elsewhere (MS-XLS 2.5.198).
    const LEADS: [u8; 4] = [0x02, 0x39, 0x59, 0x79];
    let mut at = 0;
    let mut is_picture = false;
    loop {
        let (number, length) = (u16_at(body, at)?, usize::from(u16_at(body, at + 2)?));
        let part = body.get(at + 4..)?;
        match number {
            COMMON => is_picture = u16_at(part, 0)? == PICTURE,
            FORMULA => return Some(is_picture && LEADS.contains(part.get(8)?)),
            0 => return Some(false),
            _ => {}
        }
        at += 4 + length;
    }
}

/// Pieces of the workbook as one.
fn joined(book: &[u8], pieces: &Pieces, work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
    let pieces = || pieces.iter().filter_map(|(start, end)| book.get(*start..*end));
    work.budget.spend(pieces().map(|piece| piece.len() as u64).sum())?;
    Ok(pieces().flatten().copied().collect())
}

/// Shows each record of a drawing, those inside others too: instance, number, contents.
fn each<'a>(bytes: &'a [u8], depth: u32, see: &mut dyn FnMut(u16, u16, &'a [u8])) {
    let mut at = 0;
    while let (Some(head), Some(number), Some(length)) =
        (u16_at(bytes, at), u16_at(bytes, at + 2), place_at(bytes, at + 4))
    {
        let start = at + HEAD_BYTES;
        // What was cut off counts as far as it goes: shapes before it are whole.
        let end = start.saturating_add(length).min(bytes.len());
        let Some(body) = bytes.get(start..end) else { return };
        see(head >> 4, number, body);
        if head & 0x0F == 0x0F && depth < DEPTH_MAX {
            each(body, depth + 1, see);
        }
        at = end;
    }
}

/// The entries of the list of pictures, in their order.
fn listed(pictures: &[u8]) -> Vec<&[u8]> {
    let mut entries = Vec::new();
    each(pictures, 0, &mut |_, number, body| {
        if number == drawn::PICTURES {
            each(body, DEPTH_MAX, &mut |_, number, body| {
                if number == drawn::PICTURE {
                    entries.push(body);
                }
            });
        }
    });
    entries
}

/// The picture in an entry as a file of its own; nothing when it is of a kind that is not known here.
///
/// # Errors
/// Blocked when it expands to too much.
pub(super) fn expanded(entry: &[u8], work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let Some((kind, inside)) = picture_of(entry) else { return Ok(None) };
    if kind != drawn::EMF && kind != drawn::WMF {
        // A mark of the program stands before the picture.
        if kind == drawn::DIB {
            return Ok(inside.get(1..).map(picture::dib_as_file));
        }
        let is_known = drawn::JPEG.contains(&kind) || kind == drawn::PNG || kind == drawn::TIFF;
        return inside.get(1..).filter(|_| is_known).map(|bytes| work.budget.copy(bytes)).transpose();
    }
    let (Some(head), Some(rest)) = (inside.get(..METAFILE_BYTES), inside.get(METAFILE_BYTES..)) else {
        return Ok(None);
    };
    let is_packed = head.get(METAFILE_PACKED) == Some(&0);
    let drawing = match is_packed {
        true => work.budget.zlib(rest, work.budget.bytes_left(), Size::Unknown)?.0,
        false => work.budget.copy(rest)?,
    };
    let size = if kind == drawn::WMF { placeable(head) } else { None };
    Ok(Some([size.unwrap_or_default(), drawing].concat()))
}

/// The record of a picture in an entry, without the digests before its contents (MS-ODRAW 2.2.23).
fn picture_of(entry: &[u8]) -> Option<(u16, &[u8])> {
    let name = usize::from(*entry.get(33)?);
    let record = entry.get(ENTRY_BYTES + name..)?;
    let (head, number, length) = (u16_at(record, 0)?, u16_at(record, 2)?, place_at(record, 4)?);
    let body = record.get(HEAD_BYTES..)?;
    let digests = if head >> 4 & 1 == 1 { 32 } else { 16 };
    Some((number, body.get(digests..length.min(body.len()))?))
}

/// The head that tells how large a drawing of Windows is; the record keeps it apart (MS-WMF 2.3.2.3).
fn placeable(head: &[u8]) -> Option<Vec<u8>> {
    let at = |place| Some(u32_at(head, place)?.cast_signed());
    let corners = [at(4)?, at(8)?, at(12)?, at(16)?];
    let [left, top, right, bottom] = corners.map(|corner| i16::try_from(corner).ok());
    let width = u64::try_from(right?.checked_sub(left?)?).ok().filter(|width| *width > 0)?;
    let units = width.checked_mul(INCH_EMU)?.checked_div(u64::from(u32_at(head, 20)?))?;
    let mut out = b"\xd7\xcd\xc6\x9a\0\0".to_vec();
    for corner in [left?, top?, right?, bottom?] {
        out.extend_from_slice(&corner.to_le_bytes());
    }
    out.extend_from_slice(&u16::try_from(units).ok().filter(|units| *units > 0)?.to_le_bytes());
    // Nothing, and a checksum that is calculated when the drawing is written anew.
    out.extend_from_slice(&[0; 6]);
    Some(out)
}

#[cfg(test)]
mod tests;
