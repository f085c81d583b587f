//! Records of the newer sort (MS-EMFPLUS 2.3), but for those that hold objects.
//!
//! Owns: the list of records that may stay, the parts and flags of each, and that the objects they name are there.
//! Leaves to others: objects (`objects`), points (`paths`). Records that are reserved, of terminal servers or of several
//! formats at once are on no list.

use super::objects::Sort;
use super::{
    Reader, Rewriting, copy, copy_choice, copy_counted, copy_version, damaged, paths, put, put_part, put_size,
};
use crate::Refusal;
use crate::picture::metafile::{Fields, wide_text};

/// A brush is a colour and no object.
const COLOUR: u16 = 0x8000;
/// Places are whole numbers.
const SHORT: u16 = 0x4000;
/// Lines are closed, curves filled by winding, effects used, a matrix comes after the one before.
const OTHERWISE: u16 = 0x2000;
/// Each place counts from the one before.
const RELATIVE: u16 = 0x0800;

/// What stands where a number means no object.
const NO_OBJECT: u32 = u32::MAX;

/// Lists of units begin with nought.
const UNIT_HIGHEST: u32 = 7;

#[derive(Clone, Copy)]
enum Part {
    /// This many bytes: fractions, colours, numbers of states.
    Bytes(usize),
    Header,
    /// A colour, or the number of a brush.
    Brush,
    Pen,
    /// The number of an object that need not be there.
    Maybe(Sort),
    Unit,
    Rectangle,
    Rectangles,
    Points,
    /// Three points.
    Corners,
    /// From which point on a curve is drawn and how far; how many there are follows.
    Stretch,
    String,
    Glyphs,
    Effect,
}

/// What a record looks like.
struct Form {
    /// Flags that may be set or not.
    flags: u16,
    /// Flags that are one choice, and the highest.
    choice: (u16, u16),
    /// The sort of the object whose number the low flags are.
    object: Option<Sort>,
    parts: &'static [Part],
}

fn form(kind: u16) -> Option<Form> {
    use Part::{
        Brush, Bytes, Corners, Effect, Glyphs, Header, Maybe, Pen, Points, Rectangle, Rectangles, Stretch,
        String, Unit,
    };
    let plain = |flags, parts| Form { flags, choice: (0, 0), object: None, parts };
    let with = |flags, object, parts| Form { object: Some(object), ..plain(flags, parts) };
    let choice = |mask, highest, parts| Form { choice: (mask, highest), ..plain(0, parts) };
    Some(match kind {
        0x01 => plain(1, &[Header]),
        0x02 | 0x04 | 0x2B | 0x31 => plain(0, &[]),
        0x09 | 0x25 | 0x26 | 0x28 | 0x29 => plain(0, &[Bytes(4)]),
        0x0A => plain(COLOUR | SHORT, &[Brush, Rectangles]),
        0x0B => with(SHORT, Sort::Pen, &[Rectangles]),
        0x0C => plain(COLOUR | SHORT | RELATIVE, &[Brush, Points]),
        0x0D => with(SHORT | OTHERWISE | RELATIVE, Sort::Pen, &[Points]),
        0x0E => plain(COLOUR | SHORT, &[Brush, Rectangle]),
        0x0F => with(SHORT, Sort::Pen, &[Rectangle]),
        0x10 => plain(COLOUR | SHORT, &[Brush, Bytes(8), Rectangle]),
        0x11 | 0x12 => with(SHORT, Sort::Pen, &[Bytes(8), Rectangle]),
        0x13 => with(COLOUR, Sort::Region, &[Brush]),
        0x14 => with(COLOUR, Sort::Path, &[Brush]),
        0x15 => with(0, Sort::Path, &[Pen]),
        0x16 => plain(COLOUR | SHORT | OTHERWISE | RELATIVE, &[Brush, Bytes(4), Points]),
        0x17 => with(SHORT | RELATIVE, Sort::Pen, &[Bytes(4), Points]),
        0x18 => with(SHORT, Sort::Pen, &[Bytes(4), Stretch, Points]),
        0x19 => with(SHORT | RELATIVE, Sort::Pen, &[Points]),
        0x1A => with(SHORT, Sort::Image, &[Maybe(Sort::ImageAttributes), Unit, Bytes(16), Rectangle]),
        0x1B => with(
            SHORT | OTHERWISE | RELATIVE,
            Sort::Image,
            &[Maybe(Sort::ImageAttributes), Unit, Bytes(16), Corners],
        ),
        0x1C => with(COLOUR, Sort::Font, &[Brush, Maybe(Sort::StringFormat), String]),
        0x1D | 0x35 => plain(0, &[Bytes(8)]),
        0x1E => choice(0xFF, 11, &[]),
        0x1F | 0x24 => choice(0xFF, 5, &[]),
        0x20 => choice(0x0FFF, 0x0FFF, &[]),
        0x21 => choice(0xFF, 7, &[]),
        0x22 => choice(0xFF, 4, &[]),
        0x23 => choice(0xFF, 1, &[]),
        0x27 => choice(0xFF00, 0x0700, &[Bytes(36)]),
        0x2A => plain(0, &[Bytes(24)]),
        0x2C => plain(OTHERWISE, &[Bytes(24)]),
        0x2D | 0x2E => plain(OTHERWISE, &[Bytes(8)]),
        0x2F => plain(OTHERWISE, &[Bytes(4)]),
        0x30 => choice(0xFF, 7, &[Bytes(4)]),
        0x32 => choice(0x0F00, 0x0500, &[Bytes(16)]),
        0x33 => Form { object: Some(Sort::Path), ..choice(0x0F00, 0x0500, &[]) },
        0x34 => Form { object: Some(Sort::Region), ..choice(0x0F00, 0x0500, &[]) },
        0x36 => with(COLOUR, Sort::Font, &[Brush, Glyphs]),
        0x38 => plain(0, &[Effect]),
        _ => return None,
    })
}

/// Writes the data of a record anew, and gives its flags.
pub(super) fn write(
    kind: u16,
    flags: u16,
    mut data: Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<u16, Refusal> {
    let form = form(kind).ok_or_else(damaged)?;
    let (mask, highest) = form.choice;
    if flags & mask > highest {
        return Err(damaged());
    }
    let mut kept = flags & (form.flags | mask);
    if let Some(sort) = form.object {
        let number = flags & 0xFF;
        drawing.check_object(number.into(), sort)?;
        kept |= number;
    }
    for part in form.parts {
        write_part(*part, kept, &mut data, drawing, out)?;
    }
    drawing.leave(data);
    Ok(kept)
}

fn write_part(
    part: Part,
    flags: u16,
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let rectangle = if flags & SHORT != 0 { 8 } else { 16 };
    match part {
        Part::Bytes(length) => copy(input, length, out),
        Part::Header => {
            copy_version(input, out)?;
            // Whether it was drawn for a screen; the other bits mean nothing.
            put(input.long()? & 1, out);
            copy(input, 8, out)
        }
        Part::Brush if flags & COLOUR != 0 => copy(input, 4, out),
        Part::Brush => object(Sort::Brush, input, drawing, out),
        Part::Pen => object(Sort::Pen, input, drawing, out),
        Part::Maybe(sort) => {
            let number = input.long()?;
            let slot = usize::try_from(number).ok().and_then(|number| drawing.objects.get(number));
            match slot {
                Some(Some(other)) if *other != sort => return Err(damaged()),
                Some(_) => put(number, out),
                None => put(NO_OBJECT, out),
            }
            Ok(())
        }
        Part::Unit => copy_choice(input, UNIT_HIGHEST, out).map(drop),
        Part::Rectangle => copy(input, rectangle, out),
        Part::Rectangles => copy_counted(input, rectangle, out),
        Part::Points => {
            let count = input.size()?;
            put_size(count, out)?;
            paths::points(input, count, flags.into(), out)
        }
        Part::Corners => {
            if input.size()? != 3 {
                return Err(damaged());
            }
            put(3, out);
            paths::points(input, 3, flags.into(), out)
        }
        Part::Stretch => {
            let ahead = Fields(input.0);
            let [first, lines, points] = [0, 4, 8].map(|at| ahead.long(at).map(u64::from));
            let is_inside =
                first.zip(lines).zip(points).is_some_and(|((first, lines), points)| first + lines < points);
            if !is_inside {
                return Err(damaged());
            }
            copy(input, 8, out)
        }
        Part::String => string(input, drawing, out),
        Part::Glyphs => glyphs(input, drawing, out),
        Part::Effect => effect(input, drawing, out),
    }
}

fn object(
    sort: Sort,
    input: &mut Reader<'_>,
    drawing: &Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let number = input.long()?;
    drawing.check_object(number, sort)?;
    put(number, out);
    Ok(())
}

/// How many characters there are, the rectangle they are set in, and they.
fn string(input: &mut Reader<'_>, drawing: &mut Rewriting<'_, '_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let count = input.size()?;
    put_size(count, out)?;
    copy(input, 16, out)?;
    let characters = input.take(count.checked_mul(2).ok_or_else(damaged)?)?;
    out.extend_from_slice(characters);
    drawing.plus.texts.push(wide_text(characters));
    Ok(())
}

/// Characters, or numbers of glyphs, each with its place, and a matrix for them.
fn glyphs(input: &mut Reader<'_>, drawing: &mut Rewriting<'_, '_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    const IS_TEXT: u32 = 1;
    const ADVANCES: u32 = 4;
    let options = input.long()? & 0xF;
    let has_matrix = input.long()? != 0;
    let count = input.size()?;
    put(options, out);
    put(has_matrix.into(), out);
    put_size(count, out)?;
    let characters = input.take(count.checked_mul(2).ok_or_else(damaged)?)?;
    out.extend_from_slice(characters);
    if options & IS_TEXT != 0 {
        drawing.plus.texts.push(wide_text(characters));
    }
    let matrix = if has_matrix { 24 } else { 0 };
    let mut places = count.checked_mul(8).ok_or_else(damaged)?;
    // When the others follow from the first place, some programs write only that.
    if options & ADVANCES != 0 && count > 0 && input.0.len() < places.saturating_add(matrix) {
        places = 8;
    }
    copy(input, places, out)?;
    copy(input, matrix, out)
}

/// Effects on pictures (2.1.3.1), by name, and how many bytes of numbers each has.
const EFFECTS: [(u128, usize); 10] = [
    (0x633C80A4_1843_482B_9EF2_BE2834C5FDD4, 8),
    (0xD3A1DBE1_8EC4_4C17_9F4C_EA97AD1C343D, 8),
    (0x537E597D_251E_48DA_9664_29CA496B70F8, 12),
    (0xDD6A0022_58E4_4A67_9D9B_D48EB881A53D, 12),
    (0xA7CE72A9_0F7F_40D7_B3CC_D0C02D5C3212, 1024),
    (0x718F2615_7933_40E3_A511_5F68FE14DD74, 100),
    (0x8B2DD6C3_EB07_4D87_A5F0_7108E26A9C5F, 12),
    (0x99C354EC_2A31_4F3A_8C34_17A803B33A25, 12),
    (0x63CBF3EE_C526_402C_8F71_62C540BF5142, 8),
    (0x1077AF00_2848_4441_9489_44AD4C2D7A2C, 8),
];

/// The one effect whose length varies: rectangles in which eyes are red.
const RED_EYES: u128 = 0x74D29D05_69A4_4266_9549_3CC52836B632;

fn effect(input: &mut Reader<'_>, drawing: &mut Rewriting<'_, '_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let name = input.take(16)?;
    let mut numbers = input.part()?;
    out.extend_from_slice(name);
    // Three numbers of a name are written from their lowest byte, the rest from its first.
    let (long, shorts) = (Fields(name).long(0), [Fields(name).short(4), Fields(name).short(6)]);
    let (Some(first), [Some(second), Some(third)]) = (long, shorts) else { return Err(damaged()) };
    let head = u128::from(first) << 96 | u128::from(second) << 80 | u128::from(third) << 64;
    let name = name.iter().skip(8).fold(0, |tail, byte| tail << 8 | u128::from(*byte)) | head;
    put_part(out, |out| {
        if name == RED_EYES {
            return copy_counted(&mut numbers, 16, out);
        }
        let (_, length) = EFFECTS.iter().find(|(known, _)| *known == name).ok_or_else(damaged)?;
        copy(&mut numbers, *length, out)
    })?;
    drawing.leave(numbers);
    Ok(())
}
