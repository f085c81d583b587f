//! Pictures inside the newer records (MS-EMFPLUS 2.2.1.4).
//!
//! Owns: rows of pixels and their colours, and where a picture or a drawing lies.
//! Leaves to others: files of pictures (`picture`), drawings (`metafile`, as deep as it allows).

use super::{Reader, Rewriting, copy, copy_counted, copy_version, damaged, put, put_size};
use crate::Refusal;
use crate::picture::{Format, metafile, rebuild_raster, take_pixels};

/// Sorts of pixels (2.1.1.25). Eight bits of each say how many bits a pixel has.
const PIXELS: [u32; 14] = [
    0x0003_0101,
    0x0003_0402,
    0x0003_0803,
    0x0010_1004,
    0x0002_1005,
    0x0002_1006,
    0x0006_1007,
    0x0002_1808,
    RGB,
    0x0026_200A,
    0x000E_200B,
    0x0010_300C,
    0x0034_400D,
    0x001A_400E,
];

/// The one of them that has a byte to spare for each pixel.
const RGB: u32 = 0x0002_2009;

/// The head that some drawings of the oldest sort have. The length of the drawing does not count it, and it is filled up
/// as a file's is not.
const PLACEABLE: &[u8] = b"\xd7\xcd\xc6\x9a";
const PLACEABLE_BYTES: usize = 22;
const FILLING: [u8; 2] = [0; 2];

/// A picture. It reaches to the end of what holds it.
pub(super) fn image(
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    copy_version(input, out)?;
    let sort = input.long()?;
    put(sort, out);
    match sort {
        1 => bitmap(input, drawing, out),
        2 => inner_drawing(input, drawing, out),
        _ => Err(damaged()),
    }
}

fn bitmap(input: &mut Reader<'_>, drawing: &mut Rewriting<'_, '_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let (width, height, stride, format) = (input.long()?, input.long()?, input.size()?, input.long()?);
    if input.long()? == 0 {
        return pixels(width, height, stride, format, input, drawing, out);
    }
    let untrusted = without_filling(input.rest());
    let (clean, format) = rebuild_raster(untrusted, drawing.place, drawing.work)?;
    if !matches!(format, Format::Png | Format::Jpeg | Format::Gif) {
        return Err(damaged());
    }
    // The file says itself how large it is.
    out.extend_from_slice(&[0; 16]);
    put(1, out);
    out.extend_from_slice(&clean);
    Ok(())
}

/// How files of pictures begin and end.
const FILES: [(&[u8], &[u8]); 3] =
    [(b"\x89PNG", b"IEND\xaeB`\x82"), (b"\xff\xd8\xff", b"\xff\xd9"), (b"GIF8", b";")];

/// A file without what fills it up to the next whole number: zeros, or whatever was in memory.
fn without_filling(untrusted: &[u8]) -> &[u8] {
    let Some((_, end)) = FILES.iter().find(|(start, _)| untrusted.starts_with(start)) else {
        return untrusted;
    };
    let mut shorter = (0..4).filter_map(|filling| untrusted.get(..untrusted.len().checked_sub(filling)?));
    shorter.find(|file| file.ends_with(end)).unwrap_or(untrusted)
}

fn pixels(
    width: u32,
    height: u32,
    stride: usize,
    format: u32,
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    if !PIXELS.contains(&format) || width == 0 || height == 0 {
        return Err(damaged());
    }
    let depth = format >> 8 & 0xFF;
    let row = usize::try_from((u64::from(width) * u64::from(depth)).div_ceil(8)).map_err(|_| damaged())?;
    let new_stride = row.checked_next_multiple_of(4).ok_or_else(damaged)?;
    if stride < row || i32::try_from(new_stride).is_err() || i32::try_from(height).is_err() {
        return Err(damaged());
    }
    let bytes = u64::from(height).saturating_mul(new_stride as u64);
    take_pixels(width, height, bytes, drawing.work)?;
    for value in [width, height] {
        put(value, out);
    }
    put_size(new_stride, out)?;
    put(format, out);
    put(0, out);
    if depth <= 8 {
        put(input.long()? & 7, out);
        let colours = super::Fields(input.0).long(0).ok_or_else(damaged)?;
        if colours > 1 << depth {
            return Err(damaged());
        }
        copy_counted(input, 4, out)?;
    }
    for _ in 0..height {
        let start = out.len();
        copy(input, row, out)?;
        // What fills a row is often left out after the last one.
        input.take((stride - row).min(input.0.len()))?;
        if format == RGB {
            let spare = out.iter_mut().skip(start + 3).step_by(4);
            spare.for_each(|byte| *byte = 0xFF);
        }
        out.resize(start + new_stride, 0);
    }
    Ok(())
}

/// A drawing in the drawing, with the number that says of which sort it is.
fn inner_drawing(
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    const PLAIN: u32 = 1;
    const WITH_HEAD: u32 = 2;
    const ENHANCED: u32 = 3;
    const ALONE: u32 = 4;
    const BOTH: u32 = 5;
    let sort = input.long()?;
    input.long()?;
    let mut untrusted = std::borrow::Cow::Borrowed(input.rest());
    if untrusted.starts_with(PLACEABLE)
        && untrusted.get(PLACEABLE_BYTES..PLACEABLE_BYTES + 2) == Some(&FILLING)
    {
        untrusted.to_mut().drain(PLACEABLE_BYTES..PLACEABLE_BYTES + FILLING.len());
    }
    let inner = metafile::rebuild_inside(&untrusted, drawing.place, drawing.depth + 1, drawing.work)?;
    let has_head = inner.clean.starts_with(PLACEABLE);
    let (head, body) =
        inner.clean.split_at_checked(if has_head { PLACEABLE_BYTES } else { 0 }).ok_or_else(damaged)?;
    put(
        match (inner.format, inner.has_plus) {
            (Format::Wmf, _) if has_head => WITH_HEAD,
            (Format::Wmf, _) => PLAIN,
            (_, false) => ENHANCED,
            (_, true) if sort == ALONE => ALONE,
            (_, true) => BOTH,
        },
        out,
    );
    put_size(body.len(), out)?;
    out.extend_from_slice(head);
    if has_head {
        out.extend_from_slice(&FILLING);
    }
    out.extend_from_slice(body);
    drawing.plus.texts.extend(inner.texts);
    Ok(())
}
