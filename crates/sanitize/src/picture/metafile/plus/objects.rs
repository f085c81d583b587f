//! Objects of the newer records (MS-EMFPLUS 2.2.1).
//!
//! Owns: the list of them, and those that set words and pictures: fonts, how strings are set, how pictures end.
//! Leaves to others: `brushes`, `paths`, `images`.

use super::{
    Reader, Rewriting, brushes, copy, copy_choice, copy_version, damaged, images, paths, put, put_size,
};
use crate::Refusal;

/// The longest name of a font, in units of 16 bits. Windows knows none beyond 31.
const FONT_NAME_MAX: usize = 255;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Brush,
    Pen,
    Path,
    Region,
    Image,
    Font,
    StringFormat,
    ImageAttributes,
    LineCap,
}

impl Sort {
    pub(super) fn of_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Sort::Brush,
            2 => Sort::Pen,
            3 => Sort::Path,
            4 => Sort::Region,
            5 => Sort::Image,
            6 => Sort::Font,
            7 => Sort::StringFormat,
            8 => Sort::ImageAttributes,
            9 => Sort::LineCap,
            _ => return None,
        })
    }
}

/// Writes an object anew.
pub(super) fn write(
    sort: Sort,
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    match sort {
        Sort::Brush => brushes::brush(input, drawing, out),
        Sort::Pen => brushes::pen(input, drawing, out),
        Sort::Path => paths::path(input, drawing, out),
        Sort::Region => paths::region(input, drawing, out),
        Sort::Image => images::image(input, drawing, out),
        Sort::Font => font(input, out),
        Sort::StringFormat => string_format(input, out),
        Sort::ImageAttributes => image_attributes(input, out),
        Sort::LineCap => brushes::line_cap(input, drawing, out),
    }
}

/// Size, unit, style and name, up to the end of the name.
fn font(input: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    copy_version(input, out)?;
    copy(input, 4, out)?;
    copy_choice(input, 7, out)?;
    put(input.long()? & 0x0F, out);
    input.long()?;
    put(0, out);
    let count = input.size()?;
    if count > FONT_NAME_MAX {
        return Err(damaged());
    }
    let name: Vec<u8> = input
        .take(count * 2)?
        .chunks_exact(2)
        .take_while(|unit| *unit != [0, 0])
        .flatten()
        .copied()
        .collect();
    put_size(name.len() / 2, out)?;
    out.extend_from_slice(&name);
    Ok(())
}

/// Directions, places and margins; then stops of tabulators and ranges of characters.
fn string_format(input: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    copy_version(input, out)?;
    put(input.long()? & 0x8000_7C27, out);
    put(input.long()? & 0xFFFF, out);
    copy_choice(input, 2, out)?;
    copy_choice(input, 2, out)?;
    copy_choice(input, 3, out)?;
    put(input.long()? & 0xFFFF, out);
    copy(input, 4, out)?;
    copy_choice(input, 2, out)?;
    copy(input, 12, out)?;
    copy_choice(input, 5, out)?;
    let (stops, ranges) = (input.size()?, input.size()?);
    put_size(stops, out)?;
    put_size(ranges, out)?;
    copy(input, stops.checked_mul(4).ok_or_else(damaged)?, out)?;
    copy(input, ranges.checked_mul(8).ok_or_else(damaged)?, out)
}

/// What is seen beyond the edge of a picture.
fn image_attributes(input: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    copy_version(input, out)?;
    input.long()?;
    put(0, out);
    copy_choice(input, 4, out)?;
    copy(input, 4, out)?;
    copy_choice(input, 1, out)?;
    input.long()?;
    put(0, out);
    Ok(())
}
