//! Bitmaps inside drawings, without a file header.
//!
//! Owns: a new header with nothing but size, depth, colours and masks, and exactly the bytes of the rows. Packed rows
//! are decoded and written plainly.
//! Leaves to others: decoding (`bmp`, and `jpeg` and `png` for the two formats that drawings may embed).

use worker_protocol::Reason;

use super::Fields;
use crate::picture::raster::Raster;
use crate::picture::{Format, Picture, bmp, take_pixels};
use crate::{Refusal, Work};

/// The header with colours, and the rows.
pub(super) struct Dib {
    pub(super) info: Vec<u8>,
    pub(super) bits: Vec<u8>,
}

/// How long header and colours are together, for bitmaps that lie in one piece.
pub(super) fn info_length(untrusted: &[u8], usage: u32) -> Option<usize> {
    let shape = Shape::read(untrusted, usage)?;
    shape.colours_at.checked_add(shape.colours.checked_mul(shape.colour_bytes)?)
}

/// Bytes of a listed colour: its own, its place in the palette in use, or none where brush and paper colour are used.
fn colour_bytes(usage: u32, own: usize) -> usize {
    match usage {
        1 => 2,
        2 => 0,
        _ => own,
    }
}

struct Shape {
    width: u32,
    height: u32,
    is_top_down: bool,
    depth: u16,
    compression: u32,
    density: [u32; 2],
    masks: Option<[u32; 3]>,
    colours_at: usize,
    colours: usize,
    colour_bytes: usize,
}

impl Shape {
    fn read(untrusted: &[u8], usage: u32) -> Option<Self> {
        let fields = Fields(untrusted);
        let header = fields.size(0)?;
        if header == 12 {
            let depth = fields.short(10)?;
            let colours = if depth <= 8 { 1usize << depth } else { 0 };
            return Some(Self {
                width: fields.short(4)?.into(),
                height: fields.short(6)?.into(),
                is_top_down: false,
                depth,
                compression: 0,
                density: [0; 2],
                masks: None,
                colours_at: 12,
                colours,
                colour_bytes: colour_bytes(usage, 3),
            });
        }
        if !(40..=124).contains(&header) {
            return None;
        }
        let height = fields.long(8)?.cast_signed();
        let (depth, compression) = (fields.short(14)?, fields.long(16)?);
        let has_masks = matches!(compression, 3 | 6);
        let masks_at = 40;
        let masks = match has_masks {
            true => Some([fields.long(masks_at)?, fields.long(masks_at + 4)?, fields.long(masks_at + 8)?]),
            false => None,
        };
        let after_masks = if header == 40 && has_masks { if compression == 6 { 16 } else { 12 } } else { 0 };
        let listed = fields.size(32)?;
        let colours = if depth > 8 || depth == 0 {
            0
        } else if listed == 0 {
            1usize << depth
        } else {
            listed.min(1 << depth)
        };
        // True colour may list colours as a hint; they are skipped.
        let skipped = if depth > 8 { listed.min(256) } else { 0 };
        let colour_bytes = colour_bytes(usage, 4);
        Some(Self {
            width: fields.long(4)?,
            height: height.unsigned_abs(),
            is_top_down: height < 0,
            depth,
            compression,
            density: [fields.long(24)?, fields.long(28)?],
            masks,
            colours_at: header + after_masks + skipped * colour_bytes,
            colours,
            colour_bytes,
        })
    }
}

/// A bitmap written anew. `rows` are those that are there when it is only a part.
pub(super) fn clean(
    untrusted_info: &[u8],
    untrusted_bits: &[u8],
    usage: u32,
    rows: Option<u32>,
    work: &mut Work<'_>,
) -> Result<Dib, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let shape = Shape::read(untrusted_info, usage).ok_or(damaged)?;
    let rows = rows.unwrap_or(shape.height).min(shape.height);
    let known_depth = matches!(shape.depth, 1 | 4 | 8 | 16 | 24 | 32);
    match shape.compression {
        0 | 3 | 6 if known_depth => {
            let row_bits = u64::from(shape.width) * u64::from(shape.depth);
            let stride = row_bits.div_ceil(32) * 4;
            take_pixels(shape.width, rows, stride.saturating_mul(rows.into()), work)?;
            let used = usize::try_from(row_bits.div_ceil(8)).map_err(|_| damaged)?;
            let stride = usize::try_from(stride).map_err(|_| damaged)?;
            if shape.width == 0 || shape.height == 0 {
                return Err(damaged);
            }
            let mut bits = Vec::with_capacity(stride * rows as usize);
            for row in 0..rows as usize {
                // The last row's padding is often left out.
                let pixels = untrusted_bits.get(row * stride..row * stride + used).ok_or(damaged)?;
                bits.extend_from_slice(pixels);
                bits.resize((row + 1) * stride, 0);
            }
            Ok(Dib { info: header(&shape, untrusted_info, bits.len()).ok_or(damaged)?, bits })
        }
        1 | 2 => {
            let whole = [untrusted_info, untrusted_bits].concat();
            Ok(plain(bmp::decode_dib(&whole, work)?, false))
        }
        4 | 5 => {
            let format =
                Format::of_content(untrusted_bits).filter(|f| matches!(f, Format::Jpeg | Format::Png));
            let picture = Picture::decode(untrusted_bits, format.ok_or(damaged)?, "", work)?;
            Ok(plain(picture.into_first().ok_or(damaged)?, shape.is_top_down))
        }
        _ => Err(damaged),
    }
}

fn plain(mut picture: Raster, is_top_down: bool) -> Dib {
    picture.density = None;
    let height = picture.height;
    let (mut info, mut bits) = bmp::dib(picture);
    if is_top_down {
        // Places in the picture count from where its rows begin.
        let stride = bits.len() / (height.max(1) as usize);
        bits = bits.chunks_exact(stride.max(1)).rev().flatten().copied().collect();
        if let Some(field) = info.get_mut(8..12) {
            field.copy_from_slice(&height.wrapping_neg().to_le_bytes());
        }
    }
    Dib { info, bits }
}

/// Whether red, green and blue lie where they lie without masks.
fn is_usual(depth: u16, masks: [u32; 3]) -> bool {
    match depth {
        16 => masks == [0x7C00, 0x03E0, 0x001F],
        32 => masks == [0x00FF_0000, 0xFF00, 0xFF],
        _ => false,
    }
}

fn header(shape: &Shape, untrusted_info: &[u8], bits: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut long = |v: u32| out.extend_from_slice(&v.to_le_bytes());
    long(40);
    long(shape.width);
    long(if shape.is_top_down { shape.height.wrapping_neg() } else { shape.height });
    long(1 | u32::from(shape.depth) << 16);
    // Masks that say where the colours are anyway are left out: some programs take a picture with masks for one without a
    // transparent edge, and draw the icon of an object in a black square.
    let masks = shape.masks.filter(|masks| !is_usual(shape.depth, *masks));
    long(if masks.is_some() { 3 } else { 0 });
    long(u32::try_from(bits).ok()?);
    let [across, down] = shape.density;
    let sane = |v: u32| if v <= 1_000_000 { v } else { 0 };
    long(sane(across));
    long(sane(down));
    long(if shape.colour_bytes == 0 { 0 } else { u32::try_from(shape.colours).ok()? });
    long(0);
    for mask in masks.into_iter().flatten() {
        long(mask);
    }
    let colours =
        untrusted_info.get(shape.colours_at..)?.get(..shape.colours.checked_mul(shape.colour_bytes)?)?;
    for colour in colours.chunks_exact(shape.colour_bytes.max(1)) {
        match colour {
            [b, g, r, ..] => out.extend_from_slice(&[*b, *g, *r, 0]),
            place => out.extend_from_slice(place),
        }
    }
    Some(out)
}
