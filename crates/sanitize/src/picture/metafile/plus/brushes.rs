//! Brushes, pens and the ends of lines of the newer records (MS-EMFPLUS 2.2.1.1, 2.2.1.2, 2.2.1.7).
//!
//! Owns: which optional parts each has, by its flags.
//! Leaves to others: the picture of a brush (`images`), outlines (`paths`).

use super::{
    Reader, Rewriting, copy, copy_choice, copy_counted, copy_version, damaged, images, paths, put, put_part,
};
use crate::Refusal;

/// How often a picture or gradient is repeated.
const WRAP_HIGHEST: u32 = 4;
const HATCH_HIGHEST: u32 = 52;
/// Ends of lines have numbers with gaps, up to the one for those that are made.
const CAP_HIGHEST: u32 = 0xFF;
const JOIN_HIGHEST: u32 = 3;

const MATRIX_BYTES: usize = 24;

/// Flags of brushes.
const OUTLINE: u32 = 0x01;
const MATRIX: u32 = 0x02;
const COLOURS: u32 = 0x04;
const ACROSS: u32 = 0x08;
const DOWN: u32 = 0x10;
const FOCUS: u32 = 0x40;
const GAMMA: u32 = 0x80;
const AS_IT_IS: u32 = 0x100;

pub(super) fn brush(
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    copy_version(input, out)?;
    match copy_choice(input, 4, out)? {
        0 => copy(input, 4, out),
        1 => {
            copy_choice(input, HATCH_HIGHEST, out)?;
            copy(input, 8, out)
        }
        2 => texture(input, drawing, out),
        3 => path_gradient(input, drawing, out),
        _ => linear_gradient(input, out),
    }
}

/// Hands on the flags of a brush. One that is not of this brush may mean parts that nobody knows.
fn brush_flags(input: &mut Reader<'_>, known: u32, out: &mut Vec<u8>) -> Result<u32, Refusal> {
    let flags = input.long()?;
    if flags & !known != 0 {
        return Err(damaged());
    }
    put(flags, out);
    copy_choice(input, WRAP_HIGHEST, out)?;
    Ok(flags)
}

fn texture(
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let flags = brush_flags(input, MATRIX | GAMMA | AS_IT_IS, out)?;
    if flags & MATRIX != 0 {
        copy(input, MATRIX_BYTES, out)?;
    }
    if input.0.is_empty() { Ok(()) } else { images::image(input, drawing, out) }
}

fn path_gradient(
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let flags = brush_flags(input, OUTLINE | MATRIX | COLOURS | ACROSS | FOCUS | GAMMA, out)?;
    copy(input, 12, out)?;
    copy_counted(input, 4, out)?;
    if flags & OUTLINE != 0 {
        paths::sized_path(input, drawing, out)?;
    } else {
        copy_counted(input, 8, out)?;
    }
    blend(flags, input, out)?;
    if flags & FOCUS != 0 {
        if input.long()? != 2 {
            return Err(damaged());
        }
        put(2, out);
        copy(input, 8, out)?;
    }
    Ok(())
}

fn linear_gradient(input: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let flags = brush_flags(input, MATRIX | COLOURS | ACROSS | DOWN | GAMMA, out)?;
    copy(input, 16, out)?;
    let colours = input.take(8)?;
    // Two fields that mean nothing; there are programs that look for the colours once more there.
    input.take(8)?;
    out.extend_from_slice(colours);
    out.extend_from_slice(colours);
    blend(flags, input, out)
}

/// How colours go over into each other: places with a colour or a part for each.
fn blend(flags: u32, input: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    if flags & MATRIX != 0 {
        copy(input, MATRIX_BYTES, out)?;
    }
    if flags & COLOURS != 0 && flags & (ACROSS | DOWN) != 0 {
        return Err(damaged());
    }
    for _ in 0..(flags & (COLOURS | ACROSS | DOWN)).count_ones() {
        copy_counted(input, 8, out)?;
    }
    Ok(())
}

/// A pen: what its flags say that there is, in their order, and the brush that fills its lines.
pub(super) fn pen(
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    copy_version(input, out)?;
    copy_choice(input, 0, out)?;
    let flags = copy_choice(input, 0x1FFF, out)?;
    copy_choice(input, 7, out)?;
    copy(input, 4, out)?;
    for flag in (0..13).map(|bit| 1 << bit).filter(|flag| flags & flag != 0) {
        match flag {
            0x01 => copy(input, MATRIX_BYTES, out)?,
            0x02 | 0x04 => copy_choice(input, CAP_HIGHEST, out).map(drop)?,
            0x08 => copy_choice(input, JOIN_HIGHEST, out).map(drop)?,
            // The dashes between solid and those that are made, how they end, where a line lies.
            0x20 => copy_choice(input, 5, out).map(drop)?,
            0x40 => copy_choice(input, 3, out).map(drop)?,
            0x200 => copy_choice(input, 4, out).map(drop)?,
            0x10 | 0x80 => copy(input, 4, out)?,
            0x100 | 0x400 => copy_counted(input, 4, out)?,
            _ => {
                let mut inside = input.part()?;
                put_part(out, |out| line_cap(&mut inside, drawing, out))?;
                drawing.leave(inside);
            }
        }
    }
    brush(input, drawing, out)
}

/// The end of a line that is drawn as an outline, or as an arrow.
pub(super) fn line_cap(
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    copy_version(input, out)?;
    let is_arrow = copy_choice(input, 1, out)? == 1;
    let outlines = if is_arrow {
        copy(input, 12, out)?;
        copy_choice(input, 1, out)?;
        0
    } else {
        let outlines = copy_choice(input, 3, out)?;
        copy_choice(input, CAP_HIGHEST, out)?;
        copy(input, 4, out)?;
        outlines
    };
    copy_choice(input, CAP_HIGHEST, out)?;
    copy_choice(input, CAP_HIGHEST, out)?;
    copy_choice(input, JOIN_HIGHEST, out)?;
    // How far corners reach, the scale, and two points.
    copy(input, 24, out)?;
    for _ in 0..outlines.count_ones() {
        paths::sized_path(input, drawing, out)?;
    }
    Ok(())
}
