//! Windows bitmaps: as files, and without their file header as drawings hold them (`dib`).
//!
//! Owns: decoding through the library, and a small writer, because the library's writes no palette of 1 or 4 bits.
//! Leaves to others: which samples a picture needs (`raster`).

use std::borrow::Cow;
use std::io::Cursor;

use image::ImageDecoder;
use image::codecs::bmp::BmpDecoder;
use worker_protocol::{Reason, Threat};

use super::raster::{Density, Layout, Raster, index_depth, pack};
use super::{Choices, take_pixels};
use crate::{Refusal, Work};

const FILE_HEADER_BYTES: usize = 14;

fn damaged<E>(_: E) -> Refusal {
    Refusal::held(Reason::Damaged)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

pub(super) fn decode(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<Raster, Refusal> {
    let plain = with_plain_masks(untrusted, FILE_HEADER_BYTES);
    let decoder = BmpDecoder::new(Cursor::new(plain.as_ref())).map_err(damaged)?;
    let mut picture = read(decoder, work)?;
    let dib = untrusted.get(FILE_HEADER_BYTES..).unwrap_or_default();
    picture.density = density(dib);
    let claimed = number(untrusted, 2).unwrap_or(0) as usize;
    let rest = untrusted.get(claimed.max(54)..).unwrap_or_default();
    // The size in the header is often wrong by a few bytes of padding.
    if claimed >= 54 && rest.len() > 4 && rest.iter().any(|b| *b != 0) {
        work.findings.add(Threat::HiddenData, &format!("{place}#trailing"));
    }
    // Header version 5 may carry a profile or the name of a file with one.
    if number(dib, 0) == Some(124) && matches!(number(dib, 56), Some(0x4C49_4E4B | 0x4D42_4544)) {
        work.findings.add(Threat::Metadata, &format!("{place}#profile"));
    }
    Ok(picture)
}

/// A bitmap whose pixels follow right after its header and palette.
pub(super) fn decode_dib(untrusted: &[u8], work: &mut Work<'_>) -> Result<Raster, Refusal> {
    let plain = with_plain_masks(untrusted, 0);
    let decoder = BmpDecoder::new_without_file_header(Cursor::new(plain.as_ref())).map_err(damaged)?;
    let mut picture = read(decoder, work)?;
    picture.density = density(untrusted);
    Ok(picture)
}

/// Windows CE wrote four masks after the shortest header. The same bytes under the name of the next longer header are
/// what the library knows.
fn with_plain_masks(untrusted: &[u8], dib_at: usize) -> Cow<'_, [u8]> {
    let is_ce = number(untrusted, dib_at) == Some(40) && number(untrusted, dib_at + 16) == Some(6);
    let mut plain = Cow::Borrowed(untrusted);
    if is_ce {
        for (at, value) in [(dib_at, 56), (dib_at + 16, 3)] {
            if let Some(byte) = plain.to_mut().get_mut(at) {
                *byte = value;
            }
        }
    }
    plain
}

fn read(decoder: BmpDecoder<Cursor<&[u8]>>, work: &mut Work<'_>) -> Result<Raster, Refusal> {
    let (width, height) = decoder.dimensions();
    take_pixels(width, height, decoder.total_bytes(), work)?;
    let layout = match decoder.color_type() {
        image::ColorType::L8 => Layout::Gray,
        image::ColorType::Rgba8 => Layout::Rgba,
        image::ColorType::Rgb8 => Layout::Rgb,
        _ => return Err(Refusal::held(Reason::NotRebuilt)),
    };
    let mut samples = vec![0; usize::try_from(decoder.total_bytes()).map_err(damaged)?];
    decoder.read_image(&mut samples).map_err(damaged)?;
    let picture = Raster::new(width, height, layout, 8, samples);
    if picture.is_sound() { Ok(picture) } else { Err(Refusal::held(Reason::Damaged)) }
}

fn density(dib: &[u8]) -> Option<Density> {
    if number(dib, 0)? < 40 {
        return None;
    }
    Density::plausible(f64::from(number(dib, 24)?), f64::from(number(dib, 28)?), true)
}

pub(super) fn encode(mut picture: Raster, choices: &Choices<'_>) -> Vec<u8> {
    if choices.strict {
        picture = picture.rounded();
    }
    let (headers, pixels) = dib(picture);
    let offset = FILE_HEADER_BYTES + headers.len();
    let total = offset + pixels.len();
    let le = |v: usize| u32::try_from(v).unwrap_or(u32::MAX).to_le_bytes();
    [b"BM".as_slice(), &le(total), &[0; 4], &le(offset), &headers, &pixels].concat()
}

/// Header with palette, and pixels.
pub(super) fn dib(picture: Raster) -> (Vec<u8>, Vec<u8>) {
    let picture = picture.minimised();
    let density = picture.density.filter(|d| d.per_metre);
    // Two bits are no bitmap's depth, and shades of grey are a palette here.
    let (depth, palette) = match picture.layout {
        Layout::Gray => {
            let top = (1u16 << picture.depth) - 1;
            let shade = |i: u16| u8::try_from(i * 255 / top.max(1)).unwrap_or(255);
            (picture.depth, (0..=top).map(|i| [shade(i), shade(i), shade(i), 255]).collect())
        }
        Layout::Index if picture.palette.iter().all(|[.., a]| *a == 255) => {
            (index_depth(picture.palette.len()), picture.palette.clone())
        }
        _ => (0, Vec::new()),
    };
    let depth = if depth == 2 { 4 } else { depth };
    let mut pixels = Vec::new();
    let width = picture.width as usize;
    let (bits, has_alpha) = if depth > 0 {
        let packed = pack(&picture.samples, width, depth);
        let row = (width * usize::from(depth)).div_ceil(8).max(1);
        push_rows(&mut pixels, packed.chunks_exact(row));
        (u16::from(depth), false)
    } else {
        let rgba = picture.rgba8();
        let has_alpha = rgba.chunks_exact(4).any(|p| p.last() != Some(&255));
        let bytes = if has_alpha { 4 } else { 3 };
        let samples: Vec<u8> = rgba
            .chunks_exact(4)
            .flat_map(|p| {
                if let [r, g, b, a] = p { [*b, *g, *r, *a] } else { [0; 4] }.into_iter().take(bytes)
            })
            .collect();
        push_rows(&mut pixels, samples.chunks_exact((width * bytes).max(1)));
        (if has_alpha { 32 } else { 24 }, has_alpha)
    };
    let mut header = Vec::new();
    let word = |header: &mut Vec<u8>, v: u32| header.extend_from_slice(&v.to_le_bytes());
    word(&mut header, if has_alpha { 108 } else { 40 });
    word(&mut header, picture.width);
    word(&mut header, picture.height);
    header.extend_from_slice(&1u16.to_le_bytes());
    header.extend_from_slice(&bits.to_le_bytes());
    word(&mut header, if has_alpha { 3 } else { 0 });
    word(&mut header, u32::try_from(pixels.len()).unwrap_or(0));
    let (across, down) = density.map_or((0, 0), |d| d.whole());
    word(&mut header, across);
    word(&mut header, down);
    word(&mut header, u32::try_from(palette.len()).unwrap_or(0));
    word(&mut header, 0);
    if has_alpha {
        // Version 4: where red, green, blue and alpha lie, then sRGB and no gamma of its own.
        for mask in [0x00FF_0000, 0x0000_FF00, 0x0000_00FF, 0xFF00_0000, 0x7352_4742] {
            word(&mut header, mask);
        }
        header.resize(108, 0);
    }
    for [r, g, b, _] in palette {
        header.extend_from_slice(&[b, g, r, 0]);
    }
    (header, pixels)
}

/// Rows from the bottom up, each filled to four bytes.
fn push_rows<'a>(out: &mut Vec<u8>, rows: impl DoubleEndedIterator<Item = &'a [u8]>) {
    for row in rows.rev() {
        out.extend_from_slice(row);
        out.resize(out.len().next_multiple_of(4), 0);
    }
}

/// A device-independent bitmap as a file: fourteen bytes before it say where the pixels begin.
pub(crate) fn dib_as_file(dib: &[u8]) -> Vec<u8> {
    let u32_at =
        |at: usize| dib.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes).unwrap_or(0);
    let u16_at =
        |at: usize| dib.get(at..at + 2).and_then(|b| b.try_into().ok()).map(u16::from_le_bytes).unwrap_or(0);
    let header = u32_at(0);
    let (bits, colours) = if header >= 40 { (u16_at(14), u32_at(32)) } else { (u16_at(10), 0) };
    let entry = if header >= 40 { 4 } else { 3 };
    let colours = match (bits, colours) {
        (1..=8, 0) => 1u32 << bits,
        (_, stated) => stated.min(256),
    };
    let masks = if header == 40 && u32_at(16) == 3 { 12 } else { 0 };
    let pixels_at = 14u32.saturating_add(header).saturating_add(masks).saturating_add(colours * entry);
    let size = u32::try_from(dib.len()).unwrap_or(u32::MAX).saturating_add(14);
    let mut file = b"BM".to_vec();
    file.extend_from_slice(&size.to_le_bytes());
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&pixels_at.to_le_bytes());
    file.extend_from_slice(dib);
    file
}
