//! TIFF: pages of every depth, among them what fax servers send (CCITT groups 3 and 4).
//!
//! Owns: decoding each page to samples. Sub-images, thumbnails and every tag that does not say what the pixels look
//! like stay behind.
//! Leaves to others: the walk along the directories (`directory`), the coding of fax (`fax`), writing (`writer`).

mod directory;
mod fax;
mod writer;

use std::io::Cursor;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult};
use worker_protocol::{Reason, Spot, Threat};

use super::raster::{Density, Layout, Raster, unpack};
use super::{Choices, colour, jpeg, take_bilevel_pixels, take_pixels};
use crate::{Refusal, Work};
use directory::{Directory, File};

/// One page and what of its coding is worth keeping.
pub(super) struct Page {
    pub(super) picture: Raster,
    /// JPEG pages stay JPEG: without loss they would become several times as large.
    jpeg_tables: Option<Vec<u8>>,
    sampling: (u8, u8),
    /// What a fax machine sent stays what one can print.
    was_fax: bool,
    is_alpha_premultiplied: bool,
    /// Where the picture lies on the map (GeoTIFF), as numbers.
    places: Vec<(u16, Vec<f64>)>,
    place_keys: Vec<u16>,
}

/// Bits of NewSubfileType.
const IS_REDUCED: u64 = 1;
const IS_MASK: u64 = 4;

pub(super) fn decode(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<Vec<Page>, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let pages_max = work.budget.limits.pages_max as usize;
    let file = File::read(untrusted, pages_max)?;
    let is_extra = |d: &Directory| d.number(untrusted, 254, 0).unwrap_or(0) & (IS_REDUCED | IS_MASK) != 0;
    let all_extra = file.directories.iter().all(is_extra);
    let patched = file.with_palettes_as_grey(untrusted);
    let limits = || {
        let mut limits = tiff::decoder::Limits::default();
        limits.decoding_buffer_size =
            usize::try_from(work.budget.bytes_left()).unwrap_or(usize::MAX).min(1 << 30);
        limits.intermediate_buffer_size = limits.decoding_buffer_size;
        limits.ifd_value_size = 16 << 20;
        limits
    };
    let mut decoder = None;
    let limits = limits();
    let mut pages = Vec::new();
    for (index, directory) in file.directories.iter().enumerate() {
        let number = u32::try_from(pages.len() + 1).unwrap_or(u32::MAX);
        report_tags(directory, place, number, work);
        if is_extra(directory) && !all_extra {
            work.findings.add_at(Threat::AuxiliaryPart, &format!("{place}#thumbnail"), Spot::Page { number });
            continue;
        }
        let one = |tag| directory.number(untrusted, tag, 0);
        let (Some(width), Some(height)) = (one(256), one(257)) else { return Err(damaged) };
        let (width, height) =
            (u32::try_from(width).map_err(|_| damaged)?, u32::try_from(height).map_err(|_| damaged)?);
        let samples = one(277).unwrap_or(1).clamp(1, 8);
        let bits = one(258).unwrap_or(1).clamp(1, 64);
        let pixels = u64::from(width).saturating_mul(u64::from(height));
        if samples * bits == 1 {
            take_bilevel_pixels(width, height, work)?;
        } else {
            take_pixels(width, height, pixels.saturating_mul(samples * bits.div_ceil(8)), work)?;
        }
        let compression = one(259).unwrap_or(1);
        let mut picture = if matches!(compression, 2..=4) {
            fax::decode(untrusted, directory, width, height)?
        } else {
            let decoder = match &mut decoder {
                Some(decoder) => decoder,
                empty => {
                    let new = Decoder::new(Cursor::new(patched.as_ref())).map_err(|_| damaged)?;
                    empty.insert(new.with_limits(limits.clone()))
                }
            };
            decoder.seek_to_image(index).map_err(held)?;
            let is_planar = one(284) == Some(2);
            read_page(decoder, directory, untrusted, (width, height), is_planar)?
        };
        if picture.layout == Layout::Index {
            picture.palette = directory.palette(untrusted, picture.depth).ok_or(damaged)?;
        }
        if !picture.is_sound() {
            return Err(damaged);
        }
        if let Some(profile) = directory.bytes(untrusted, 34675) {
            picture = colour::to_srgb(picture, profile);
        }
        picture.density = density(untrusted, directory);
        picture = picture.turned(one(274).and_then(|o| u8::try_from(o).ok()).unwrap_or(1));
        let keeps_jpeg = matches!(compression, 6 | 7)
            && picture.depth == 8
            && matches!(picture.layout, Layout::Gray | Layout::Rgb)
            && picture.width.max(picture.height) <= 65_000;
        let jpeg_tables = keeps_jpeg.then(|| directory.jpeg_tables(untrusted));
        let coarse =
            |index| directory.number(untrusted, 530, index).and_then(|v| u8::try_from(v).ok()).unwrap_or(2);
        let sampling = match (one(262), coarse(0), coarse(1)) {
            (Some(6), across @ 1..=2, down @ 1..=2) => (across, down),
            _ => (1, 1),
        };
        let was_fax = matches!(compression, 2..=4);
        // A turned picture lies elsewhere than its numbers say.
        let is_upright = one(274).unwrap_or(1) == 1;
        let places = if is_upright { map_places(untrusted, directory) } else { Vec::new() };
        let place_keys = if places.is_empty() { Vec::new() } else { map_keys(untrusted, directory) };
        pages.push(Page {
            picture,
            jpeg_tables,
            sampling,
            was_fax,
            places,
            place_keys,
            is_alpha_premultiplied: one(338) == Some(1),
        });
    }
    if pages.is_empty() {
        return Err(damaged);
    }
    Ok(pages)
}

fn held(error: tiff::TiffError) -> Refusal {
    match error {
        tiff::TiffError::UnsupportedError(_) => Refusal::held(Reason::NotRebuilt),
        tiff::TiffError::LimitsExceeded => Refusal::blocked(Reason::TooComplex),
        _ => Refusal::held(Reason::Damaged),
    }
}

fn read_page(
    decoder: &mut Decoder<Cursor<&[u8]>>,
    directory: &Directory,
    untrusted: &[u8],
    (width, height): (u32, u32),
    is_planar: bool,
) -> Result<Raster, Refusal> {
    let not_rebuilt = Refusal::held(Reason::NotRebuilt);
    let is_palette = directory.number(untrusted, 262, 0) == Some(3);
    let (layout, depth) = match decoder.colortype().map_err(held)? {
        ColorType::Gray(bits) if is_palette => (Layout::Index, bits),
        ColorType::Gray(bits) => (Layout::Gray, bits),
        ColorType::RGB(bits) | ColorType::YCbCr(bits) => (Layout::Rgb, bits),
        ColorType::RGBA(bits) => (Layout::Rgba, bits),
        ColorType::CMYK(bits) => (Layout::Cmyk, bits),
        ColorType::GrayA(bits) | ColorType::Multiband { bit_depth: bits, num_samples: 2 } => {
            (Layout::GrayAlpha, bits)
        }
        _ => return Err(not_rebuilt),
    };
    if !matches!(depth, 1 | 2 | 4 | 8 | 16) || (layout == Layout::Index && depth > 8) {
        return Err(not_rebuilt);
    }
    let mut read = DecodingResult::U8(Vec::new());
    let whole = decoder.read_image_to_buffer(&mut read).map_err(held)?;
    if read.as_buffer(0).as_bytes().len() < whole.complete_len {
        return Err(Refusal::held(Reason::Damaged));
    }
    let mut samples = match read {
        DecodingResult::U8(samples) => {
            let per_row = width as usize * if is_planar { 1 } else { layout.channels() };
            unpack(samples, (per_row * usize::from(depth)).div_ceil(8), per_row, depth)
        }
        DecodingResult::U16(samples) => samples.into_iter().flat_map(u16::to_be_bytes).collect(),
        _ => return Err(not_rebuilt),
    };
    if is_planar && layout.channels() > 1 {
        samples = interleaved(&samples, layout.channels(), if depth > 8 { 2 } else { 1 });
    }
    if matches!(decoder.colortype(), Ok(ColorType::YCbCr(_))) {
        samples = rgb_of_ycbcr(&samples);
    }
    Ok(Raster::new(width, height, layout, depth, samples))
}

/// Planes one after the other become pixels.
fn interleaved(planes: &[u8], channels: usize, sample_bytes: usize) -> Vec<u8> {
    let plane_bytes = planes.len() / channels;
    let mut out = Vec::with_capacity(planes.len());
    for at in (0..plane_bytes).step_by(sample_bytes) {
        for plane in planes.chunks_exact(plane_bytes) {
            out.extend_from_slice(plane.get(at..at + sample_bytes).unwrap_or_default());
        }
    }
    out
}

fn rgb_of_ycbcr(samples: &[u8]) -> Vec<u8> {
    let byte = |v: f32| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
        let byte = v.round().clamp(0.0, 255.0) as u8;
        byte
    };
    let mut out = Vec::with_capacity(samples.len());
    for pixel in samples.chunks_exact(3) {
        let [y, cb, cr] = pixel else { continue };
        let (y, cb, cr) = (f32::from(*y), f32::from(*cb) - 128.0, f32::from(*cr) - 128.0);
        out.extend_from_slice(&[
            byte(y + 1.402 * cr),
            byte(y - 0.344_136 * cb - 0.714_136 * cr),
            byte(y + 1.772 * cb),
        ]);
    }
    out
}

/// Tags that say where on the map a picture lies, and how many numbers each has at most.
const MAP_TAGS: [(u16, usize); 4] = [(33_550, 3), (33_922, 6_000), (34_264, 16), (34_736, 1_000)];

/// The tag with keys of map projections, four numbers each.
const MAP_KEYS: u16 = 34_735;

fn map_places(untrusted: &[u8], directory: &Directory) -> Vec<(u16, Vec<f64>)> {
    let read = |tag, most| {
        directory
            .reals(untrusted, tag)
            .filter(|v| !v.is_empty() && v.len() <= most && v.iter().all(|n| n.is_finite()))
    };
    MAP_TAGS.iter().filter_map(|(tag, most)| Some((*tag, read(*tag, *most)?))).collect()
}

/// Keys with their number or their place among the real numbers; names in words stay behind.
fn map_keys(untrusted: &[u8], directory: &Directory) -> Vec<u16> {
    let count = directory.count(MAP_KEYS).min(4_000);
    let values: Vec<u16> = (0..count)
        .filter_map(|i| directory.number(untrusted, MAP_KEYS, i).and_then(|v| u16::try_from(v).ok()))
        .collect();
    let mut keys = Vec::new();
    for key in values.chunks_exact(4).skip(1) {
        if matches!(key, [_, 0 | 34_735 | 34_736, ..]) {
            keys.extend_from_slice(key);
        }
    }
    match (values.get(..3), u16::try_from(keys.len() / 4)) {
        (Some(version), Ok(number)) if number > 0 => [version, &[number], &keys].concat(),
        _ => Vec::new(),
    }
}

fn density(untrusted: &[u8], directory: &Directory) -> Option<Density> {
    let (x, y) = (directory.ratio(untrusted, 282)?, directory.ratio(untrusted, 283)?);
    match directory.number(untrusted, 296, 0).unwrap_or(2) {
        2 => Density::plausible(x / 0.0254, y / 0.0254, true),
        3 => Density::plausible(x * 100.0, y * 100.0, true),
        _ => Density::plausible(x, y, false),
    }
}

/// Says what is left behind.
fn report_tags(directory: &Directory, place: &str, number: u32, work: &mut Work<'_>) {
    for tag in directory.tags() {
        let (threat, what) = match tag {
            254..=269
            | 273..=284
            | 286..=304
            | 317..=329
            | 332..=347
            | 351
            | 512..=532
            | 32_946..=33_000
            | 34_675 => {
                continue;
            }
            33_550 | 33_922 | 34_264 | 34_735 | 34_736 => continue,
            330 => (Threat::HiddenData, "sub-image"),
            270..=272 | 285 | 305..=316 | 700 | 33_432 | 33_723 | 34_377 | 34_665 | 34_853 => {
                (Threat::Metadata, "metadata")
            }
            _ => (Threat::Metadata, "tag"),
        };
        work.findings.add_at(threat, &format!("{place}#{what}"), Spot::Page { number });
    }
}

pub(super) fn encode(pages: Vec<Page>, choices: &Choices<'_>) -> Result<Vec<u8>, Refusal> {
    let mut file = writer::Writer::new();
    let total = pages.len();
    for (index, page) in pages.into_iter().enumerate() {
        let picture = if choices.strict { page.picture.rounded() } else { page.picture };
        let coded = match page.jpeg_tables {
            Some(tables)
                if !picture.samples.is_empty() && matches!(picture.layout, Layout::Gray | Layout::Rgb) =>
            {
                let like = jpeg::Jpeg::like(picture.clone(), &tables, page.sampling);
                writer::Coded::jpeg(jpeg::encode(like, &choices.without_mark())?, page.sampling)
            }
            _ if picture.layout == Layout::Gray && picture.depth == 1 && picture.width <= 65_000 => {
                let fax = writer::Coded::fax(fax::encode(&picture)?);
                if page.was_fax {
                    fax
                } else {
                    let deflated = writer::Coded::deflated(&picture)?;
                    if deflated.bytes() < fax.bytes() { deflated } else { fax }
                }
            }
            _ => writer::Coded::deflated(&picture)?,
        };
        let places = page.places.into_iter().map(|(tag, reals)| (tag, writer::Value::Double(reals)));
        let keys = Some((MAP_KEYS, writer::Value::Short(page.place_keys))).filter(|(_, v)| !v.is_empty());
        let extra = places.chain(keys).collect();
        file.push(&picture, coded, page.is_alpha_premultiplied, (index, total), choices.mark, extra)?;
    }
    Ok(file.finish())
}

#[cfg(test)]
pub(super) fn page_of(picture: Raster) -> Page {
    Page {
        picture,
        jpeg_tables: None,
        sampling: (1, 1),
        was_fax: true,
        is_alpha_premultiplied: false,
        places: vec![(33_550, vec![0.5, 0.5, 0.0])],
        place_keys: vec![1, 1, 0, 1, 1024, 0, 1, 1],
    }
}

#[cfg(test)]
pub(super) fn lies_on_the_map(page: &Page) -> bool {
    let made = page_of(page.picture.clone());
    page.places == made.places && page.place_keys == made.place_keys
}
