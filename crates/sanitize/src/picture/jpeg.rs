//! JPEG: gray, colour and ink (CMYK), baseline and progressive.
//!
//! Owns: decoding to samples and encoding with the coarseness, subsampling and order that the file had, so that the
//! second encoding adds as little loss and as few bytes as possible; the walk along the markers.
//! Photographs inside documents are not encoded again where that is not needed (`copied`).
//! Leaves to others: profiles (`colour`), the words of a mark (`mark`).

mod copied;

use jpeg_encoder::{
    ChromaSubsamplingMethod, ColorType, Encoder, PixelDensity, PixelDensityUnit, QuantizationTableType,
    SamplingFactor,
};
use worker_protocol::{Reason, Threat};
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::raster::{Density, Layout, Orientation, Raster};
use super::{Choices, colour, mark, take_pixels};
use crate::{Refusal, Work};

/// Quality for pictures that were not JPEG before, but coded with loss all the same.
const QUALITY: u8 = 82;

/// The best quality when hidden data must not survive; above it the steps are too fine to move anything.
const STRICT_QUALITY_MAX: u8 = 85;

/// The best quality written at all. Above it files grow and nobody sees why.
const QUALITY_MAX: u8 = 98;

/// A decoded file and how it was encoded.
pub(super) struct Jpeg {
    pub(super) picture: Raster,
    style: Style,
}

/// How the samples were made coarse.
struct Style {
    /// For brightness and for colour, row by row.
    tables: [[u16; 64]; 2],
    sampling: (u8, u8),
    /// Ink turned into brightness and colour.
    is_ycck: bool,
}

/// What the markers say, found without decoding.
struct Markers {
    tables: [[u16; 64]; 2],
    sampling: (u8, u8),
    process: u8,
    components: u8,
    adobe: Option<u8>,
    density: Option<Density>,
    has_metadata: bool,
    /// Where the picture ends.
    end: usize,
}

impl Jpeg {
    pub(super) fn of_still(picture: Raster) -> Self {
        let table = |base: &[u16; 64]| base.map(|v| scaled(v, QUALITY));
        let tables = [table(&BRIGHTNESS), table(&COLOUR)];
        Self { picture, style: Style { tables, sampling: (2, 2), is_ycck: false } }
    }

    /// Coded as coarsely as these bytes say, which hold tables somewhere among other segments.
    pub(super) fn like(picture: Raster, untrusted_tables: &[u8], sampling: (u8, u8)) -> Self {
        let mut jpeg = Self::of_still(picture);
        jpeg.style.sampling = sampling;
        let mut tables = [[0u16; 64]; 4];
        let mut rest = untrusted_tables;
        while let Some(at) = rest.windows(2).position(|pair| pair == [0xFF, 0xDB]) {
            rest = rest.get(at + 2..).unwrap_or_default();
            let [high, low, ..] = rest else { break };
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            if let Some(body) = rest.get(2..length)
                && read_tables(body, &mut tables).is_none()
            {
                break;
            }
        }
        let [first, second, ..] = tables;
        let is_set = |table: &[u16; 64]| table.iter().all(|v| *v > 0);
        if is_set(&first) {
            jpeg.style.tables = [first, if is_set(&second) { second } else { first }];
        }
        jpeg
    }
}

pub(super) fn decode(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<Jpeg, Refusal> {
    let damaged = Refusal::held(Reason::Damaged);
    let markers = Markers::read(untrusted).ok_or(damaged)?;
    // Lossless and arithmetic JPEG are read by hardly any program.
    if !matches!(markers.process, 0xC0..=0xC2) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(false);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(untrusted), options);
    decoder.decode_headers().map_err(|_| damaged)?;
    let info = decoder.info().ok_or(damaged)?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    let input = decoder.input_colorspace().ok_or(damaged)?;
    let (wanted, layout) = match input {
        ColorSpace::Luma => (ColorSpace::Luma, Layout::Gray),
        ColorSpace::CMYK | ColorSpace::YCCK => (input, Layout::Cmyk),
        _ => (ColorSpace::RGB, Layout::Rgb),
    };
    let bytes = u64::from(width) * u64::from(height) * layout.channels() as u64;
    take_pixels(width, height, bytes, work)?;
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let samples = decoder.decode().map_err(|_| damaged)?;
    let orientation = decoder.exif().map_or(1, |exif| super::exif_orientation(exif));
    let profile = decoder.icc_profile();
    if markers.has_metadata {
        work.findings.add(Threat::Metadata, &format!("{place}#metadata"));
    }
    if markers.end < untrusted.len() {
        work.findings.add(Threat::HiddenData, &format!("{place}#trailing"));
    }
    let is_ycck = input == ColorSpace::YCCK;
    let samples =
        if layout == Layout::Cmyk { ink(samples, markers.adobe.is_some(), is_ycck) } else { samples };
    let mut picture = Raster::new(width, height, layout, 8, samples);
    picture.density = markers.density;
    if !picture.is_sound() {
        return Err(damaged);
    }
    if let Some(profile) = profile {
        picture = colour::to_srgb(picture, &profile);
    }
    let style = Style { tables: markers.tables, sampling: markers.sampling, is_ycck };
    Ok(Jpeg { picture: picture.turned(orientation), style: style.turned(orientation) })
}

/// A photograph as it was coded, without what draws nothing; nothing when it has to be decoded and encoded.
pub(super) fn copied(untrusted: &[u8], place: &str, work: &mut Work<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(copied) = copied::copied(untrusted, work.budget.limits.pixels_max) else { return Ok(None) };
    // What a viewer makes of it counts, as for any other picture.
    work.budget.spend(copied.pixels.saturating_mul(3))?;
    if copied.has_metadata {
        work.findings.add(Threat::Metadata, &format!("{place}#metadata"));
    }
    if copied.has_trailing_bytes {
        work.findings.add(Threat::HiddenData, &format!("{place}#trailing"));
    }
    Ok(Some(copied.bytes))
}

/// Ink as 0 to 255. Programs of Adobe store it the other way round, and mark that they did.
fn ink(mut stored: Vec<u8>, is_adobe: bool, is_ycck: bool) -> Vec<u8> {
    let byte = |v: f32| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
        let byte = v.round().clamp(0.0, 255.0) as u8;
        byte
    };
    for pixel in stored.chunks_exact_mut(4) {
        let [first, second, third, key] = pixel else { continue };
        if is_ycck {
            let (y, cb, cr) = (f32::from(*first), f32::from(*second) - 128.0, f32::from(*third) - 128.0);
            *first = byte(y + 1.402 * cr);
            *second = byte(y - 0.344_136 * cb - 0.714_136 * cr);
            *third = byte(y + 1.772 * cb);
        } else if is_adobe {
            (*first, *second, *third) = (255 - *first, 255 - *second, 255 - *third);
        }
        if is_adobe {
            *key = 255 - *key;
        }
    }
    stored
}

impl Style {
    fn turned(mut self, orientation: Orientation) -> Self {
        if orientation >= 5 {
            self.sampling = (self.sampling.1, self.sampling.0);
            for table in &mut self.tables {
                let before = *table;
                for (at, value) in table.iter_mut().enumerate() {
                    *value = before.get(at % 8 * 8 + at / 8).copied().unwrap_or(*value);
                }
            }
        }
        self
    }

    /// About which quality, in the common scale of 1 to 100, these tables stand for.
    fn quality(&self) -> u8 {
        let sum = |table: &[u16; 64]| table.iter().map(|v| u64::from(*v)).sum::<u64>();
        let [brightness, _] = &self.tables;
        let wanted = sum(brightness);
        (1..=100).rev().find(|quality| sum(&BRIGHTNESS.map(|v| scaled(v, *quality))) >= wanted).unwrap_or(1)
    }
}

pub(super) fn encode(picture: Jpeg, choices: &Choices<'_>) -> Result<Vec<u8>, Refusal> {
    let failed = Refusal::held(Reason::VerifyFailed);
    let Jpeg { picture, style } = picture;
    let (Ok(width), Ok(height)) = (u16::try_from(picture.width), u16::try_from(picture.height)) else {
        return Err(Refusal::held(Reason::TooComplex));
    };
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, QUALITY);
    if choices.strict {
        // Tables of our own, coarser than those the file had: a payload in its coefficients is rounded away.
        let quality = style.quality().saturating_sub(4).clamp(30, STRICT_QUALITY_MAX);
        let table =
            |base: &[u16; 64]| QuantizationTableType::Custom(Box::new(base.map(|v| scaled(v, quality))));
        encoder.set_quantization_tables(table(&BRIGHTNESS), table(&COLOUR));
    } else {
        let finest = |base: &[u16; 64], own: &[u16; 64]| {
            let mut table = *own;
            for (value, base) in table.iter_mut().zip(base) {
                *value = (*value).clamp(scaled(*base, QUALITY_MAX), 255);
            }
            QuantizationTableType::Custom(Box::new(table))
        };
        let [brightness, colour] = &style.tables;
        encoder.set_quantization_tables(finest(&BRIGHTNESS, brightness), finest(&COLOUR, colour));
    }
    // The encoder makes the wrong inks coarse.
    let (across, down) = if picture.layout == Layout::Cmyk { (1, 1) } else { style.sampling };
    encoder.set_sampling_factor(SamplingFactor::from_factors(across, down).unwrap_or(SamplingFactor::F_1_1));
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    // One scan after the other with tables made for this picture: smaller than the encoder's progressive order.
    // Ink goes into one scan, because not every program reads it from several.
    encoder.set_optimized_huffman_tables(picture.layout != Layout::Cmyk);
    if let Some(density) = picture.density {
        encoder.set_density(match density.per_inch() {
            Some((x, y)) => PixelDensity { density: (whole(x), whole(y)), unit: PixelDensityUnit::Inches },
            None => PixelDensity {
                density: (whole(density.x), whole(density.y)),
                unit: PixelDensityUnit::PixelAspectRatio,
            },
        });
    }
    if let Some(mark) = choices.mark {
        let segment = [mark::JPEG_PREFIX, mark::packet(mark).as_bytes()].concat();
        encoder.add_app_segment(1, segment).map_err(|_| failed)?;
    }
    let colours = match picture.layout {
        Layout::Gray => ColorType::Luma,
        Layout::Rgb => ColorType::Rgb,
        Layout::Rgba => ColorType::Rgba,
        Layout::Cmyk if style.is_ycck => ColorType::CmykAsYcck,
        Layout::Cmyk => ColorType::Cmyk,
        Layout::GrayAlpha | Layout::Index => return Err(failed),
    };
    encoder.encode(&picture.samples, width, height, colours).map_err(|_| failed)?;
    Ok(out)
}

fn whole(value: f64) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to its range")]
    let whole = value.round().clamp(1.0, 65535.0) as u16;
    whole
}

impl Markers {
    fn read(untrusted: &[u8]) -> Option<Self> {
        let mut found = Self {
            tables: [BRIGHTNESS.map(|v| scaled(v, QUALITY)), COLOUR.map(|v| scaled(v, QUALITY))],
            sampling: (1, 1),
            process: 0,
            components: 0,
            adobe: None,
            density: None,
            has_metadata: false,
            end: 0,
        };
        let mut tables = [[0u16; 64]; 4];
        let mut used = [0usize, 0];
        let mut at = 2usize;
        loop {
            // Any number of fill bytes may stand before a marker.
            while untrusted.get(at) == Some(&0xFF) && untrusted.get(at + 1) == Some(&0xFF) {
                at += 1;
            }
            let (0xFF, marker) = (*untrusted.get(at)?, *untrusted.get(at + 1)?) else { return None };
            at += 2;
            if marker == 0xD9 {
                found.end = at;
                break;
            }
            if matches!(marker, 0x01 | 0xD0..=0xD8) {
                continue;
            }
            let length = usize::from(u16::from_be_bytes([*untrusted.get(at)?, *untrusted.get(at + 1)?]));
            let body = untrusted.get(at + 2..at.checked_add(length)?)?;
            at += length;
            match marker {
                0xDB => read_tables(body, &mut tables)?,
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    found.process = marker;
                    found.components = *body.get(5)?;
                    let mut components = body.get(6..)?.chunks_exact(3).filter_map(|c| match c {
                        [_, factors, table] => Some((factors >> 4, factors & 15, usize::from(*table))),
                        _ => None,
                    });
                    let first = components.next()?;
                    let second = components.next().unwrap_or(first);
                    used = [first.2, second.2];
                    found.sampling = (first.0 / second.0.max(1), first.1 / second.1.max(1));
                }
                0xE0 if body.starts_with(b"JFIF\0") => found.density = jfif_density(body),
                0xE0 => {}
                0xE2 if body.starts_with(b"ICC_PROFILE\0") => {}
                0xEE if body.starts_with(b"Adobe") => found.adobe = body.get(11).copied(),
                0xE1..=0xEF | 0xFE => found.has_metadata = true,
                0xDA => at = entropy_end(untrusted, at)?,
                _ => {}
            }
        }
        for (table, used) in found.tables.iter_mut().zip(used) {
            if let Some(own) = tables.get(used).filter(|t| t.iter().all(|v| *v > 0)) {
                *table = *own;
            }
        }
        (found.process != 0).then_some(found)
    }
}

/// The marker after the coded data: anything that is neither a stuffed byte nor a restart.
fn entropy_end(untrusted: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += untrusted.get(at..)?.iter().position(|b| *b == 0xFF)?;
        match untrusted.get(at + 1)? {
            0 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => return Some(at),
        }
    }
}

fn read_tables(mut body: &[u8], tables: &mut [[u16; 64]; 4]) -> Option<()> {
    while let [head, rest @ ..] = body {
        let wide = head >> 4 != 0;
        let bytes = if wide { 128 } else { 64 };
        let values = rest.get(..bytes)?;
        let table = tables.get_mut(usize::from(head & 15))?;
        let values = values.chunks_exact(if wide { 2 } else { 1 });
        for (value, place) in values.zip(ZIGZAG) {
            let value = value.iter().fold(0u16, |value, byte| (value << 8) | u16::from(*byte));
            if let Some(slot) = table.get_mut(usize::from(place)) {
                *slot = value.max(1);
            }
        }
        body = rest.get(bytes..)?;
    }
    Some(())
}

fn jfif_density(body: &[u8]) -> Option<Density> {
    let pair = |at: usize| Some(f64::from(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?])));
    let (x, y) = (pair(8)?, pair(10)?);
    match body.get(7)? {
        1 => Density::plausible(x / 0.0254, y / 0.0254, true),
        2 => Density::plausible(x * 100.0, y * 100.0, true),
        _ => Density::plausible(x, y, false),
    }
}

/// A step of the example tables at this quality, as the Independent JPEG Group's encoder scales them.
fn scaled(base: u16, quality: u8) -> u16 {
    let quality = u32::from(quality.clamp(1, 100));
    let scale = if quality < 50 { 5000 / quality } else { 200 - quality * 2 };
    u16::try_from((u32::from(base) * scale + 50) / 100).unwrap_or(255).clamp(1, 255)
}

/// Places of coefficients in the order in which they are written (T.81 figure A.6).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Example steps for brightness (T.81 table K.1).
const BRIGHTNESS: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17,
    22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78,
    87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/// Example steps for colour (T.81 table K.2).
const COLOUR: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];
